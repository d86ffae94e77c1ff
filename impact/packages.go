package impact

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/change/manifest"
	"custody/internal/git"
)

// A Package is one that a manifest or lock file of the change adds, removes or moves to
// another version.
type Package struct {
	Ecosystem string     `json:"ecosystem"` // "go", "npm", "pypi", "maven", "cargo", "gem", "composer"
	Name      string     `json:"name"`      // escaped
	Change    string     `json:"change"`    // "added", "removed", "moved"
	From      string     `json:"from,omitempty"`
	To        string     `json:"to,omitempty"`       // exact where a lock file says so, else as a manifest has it
	Indirect  bool       `json:"indirect,omitempty"` // somebody else's dependency, as far as the files say
	Files     []string   `json:"files"`              // that say so, escaped
	Importers []Importer `json:"importers"`          // by path; at most 100
	More      int        `json:"more_importers,omitempty"`
	// Unknown says that who imports it can not be told: of its ecosystem no imports are
	// read, or its modules may be called otherwise.
	Unknown string `json:"unknown,omitempty"`
}

// An Importer is a file that imports a package.
type Importer struct {
	Path string `json:"path"` // escaped
	Line int    `json:"line"`
}

// Limits of what is read of manifests and lock files.
const (
	maxManifests = 1000 // changed ones that are read
	maxPackages  = 5000
	maxImporters = 100 // listed of one package; all of them are reached
)

// packages holds what the changed manifests and lock files say, and which of them were
// understood: then what they change is known.
type packages struct {
	list       []Package
	understood map[change.Path]bool // by the paths of either side
	quiet      map[change.Path]bool // what no import depends on: as prose, it is neither assessed nor missing
	origins    []origin             // who imports what changed, at head
	gone       []origin             // and on the other side
	reasons    []skipReasonAt
}

// A skipReasonAt is something about a manifest that is not known.
type skipReasonAt struct {
	path change.Path
	skipReason
}

// An entry is one package in one file, before and after.
type manifestEntry struct {
	file            *change.File
	lock, indirect  bool
	from, to        string // versions, several with a comma
	wasThere, there bool
}

type packageKey struct{ ecosystem, name string }

// readPackages reads the manifests and lock files that changed, and finds who imports
// what differs. head and from have their facts; from may be nil.
func readPackages(ctx context.Context, c *change.Change, source Source, head, from importReader) (*packages, error) {
	p := &packages{understood: map[change.Path]bool{}, quiet: map[change.Path]bool{}}
	files := changedManifests(c)
	if len(files) == 0 {
		return p, nil
	}
	if len(files) > maxManifests {
		p.reasons = append(p.reasons, skipReasonAt{files[maxManifests].Path, skipReason{SkipLimit, fmt.Sprintf("more than %d manifests changed: this one and those behind it were not read", maxManifests)}})
		files = files[:maxManifests]
	}
	texts, err := readSides(ctx, source, files, manifest.MaxBytes)
	if err != nil {
		return nil, err
	}
	entries := map[packageKey][]manifestEntry{}
	for i, f := range files {
		was, now := texts[2*i], texts[2*i+1]
		format, _ := manifest.FormatOf(string(f.Path))
		before, err1 := parseSide(format, was)
		after, err2 := parseSide(format, now)
		if err1 != nil || err2 != nil || was.skip.reason != "" || now.skip.reason != "" {
			continue // it stays unsupported
		}
		var differ []namedEntry
		if format.Name != "go.sum" { // it also holds versions that nobody chose
			differ = differences(before, after)
		}
		if knownDifference(format, f, was.data, now.data, before, after) && importsRead(format.Ecosystem) {
			p.note(f, len(differ) > 0)
		}
		for _, d := range differ {
			d.file, d.lock = f, format.Lock
			key := packageKey{format.Ecosystem, d.name}
			entries[key] = append(entries[key], d.manifestEntry)
		}
	}
	keys := slices.SortedFunc(maps.Keys(entries), func(a, b packageKey) int {
		return cmp.Or(cmp.Compare(a.ecosystem, b.ecosystem), cmp.Compare(a.name, b.name))
	})
	if len(keys) > maxPackages {
		p.understood = map[change.Path]bool{} // not all of it is known
		keys = keys[:maxPackages]
	}
	finder := newImporterFinder(head, from, keys)
	for _, k := range keys {
		p.add(k, entries[k], finder)
	}
	return p, nil
}

// note says that what differs in a file is known.
func (p *packages) note(f *change.File, tells bool) {
	set := p.quiet
	if tells {
		set = p.understood
	}
	for _, path := range []change.Path{f.Path, f.OldPath} {
		if path != "" {
			set[path] = true
		}
	}
}

// changedManifests are the regular files of known formats, in order.
func changedManifests(c *change.Change) []*change.File {
	var files []*change.File
	for i := range c.Files {
		f := &c.Files[i]
		if !isPackageFile(f.Path) || isVendored(f.Path) {
			continue
		}
		if f.Mode != 0 && !f.Mode.IsRegular() || f.OldMode != 0 && !f.OldMode.IsRegular() {
			continue
		}
		files = append(files, f)
	}
	return files
}

// isPackageFile says whether a file is a manifest or lock file.
func isPackageFile(p change.Path) bool {
	_, ok := manifest.FormatOf(string(p))
	return ok
}

// A side is a file before or after the change; the zero value is one that is not there.
type side struct {
	there bool
	data  []byte
	skip  skipReason
}

// readSides reads each file before and after.
func readSides(ctx context.Context, source Source, files []*change.File, limit int64) ([]side, error) {
	sides := make([]side, 2*len(files))
	var ids []git.OID
	var places []int
	for i, f := range files {
		if oldPath(f) != "" && !f.OldID.IsZero() {
			ids, places = append(ids, f.OldID), append(places, 2*i)
		}
		if newPath(f) != "" && !f.ID.IsZero() {
			ids, places = append(ids, f.ID), append(places, 2*i+1)
		}
	}
	err := source.Blobs(ctx, ids, limit, func(i int, data []byte, err error) error {
		s := &sides[places[i]]
		s.there = true
		if err != nil {
			s.skip = unread(err)
			return ctx.Err()
		}
		s.data = slices.Clone(data)
		return ctx.Err()
	})
	return sides, err
}

func parseSide(format manifest.Format, s side) (*manifest.File, error) {
	if !s.there || s.skip.reason != "" {
		return &manifest.File{}, nil
	}
	f, err := format.Parse(s.data)
	if err == nil && format.Name == "package.json" {
		addOverrides(f, s.data)
	}
	return f, err
}

type namedEntry struct {
	name string
	manifestEntry
}

// differences are the packages whose versions or sources differ.
func differences(before, after *manifest.File) []namedEntry {
	type versions struct {
		all      []string
		indirect bool
	}
	collect := func(f *manifest.File) map[string]*versions {
		m := map[string]*versions{}
		for _, d := range f.Dependencies {
			name := strings.TrimSuffix(d.Name, " (replace)")
			v := m[name]
			if v == nil {
				v = &versions{indirect: true}
				m[name] = v
			}
			version := d.Version
			if d.Source != "" {
				version = strings.TrimSpace(version + " from " + d.Source)
			}
			v.all = append(v.all, version)
			v.indirect = v.indirect && d.Indirect
		}
		for _, v := range m {
			slices.Sort(v.all)
			v.all = slices.Compact(v.all)
		}
		return m
	}
	was, now := collect(before), collect(after)
	names := map[string]bool{}
	for n := range was {
		names[n] = true
	}
	for n := range now {
		names[n] = true
	}
	var out []namedEntry
	for _, n := range slices.Sorted(maps.Keys(names)) {
		e := namedEntry{name: n}
		e.indirect = true
		if v := was[n]; v != nil {
			e.wasThere, e.from, e.indirect = true, strings.Join(v.all, ", "), v.indirect
		}
		if v := now[n]; v != nil {
			e.there, e.to, e.indirect = true, strings.Join(v.all, ", "), e.indirect && v.indirect
		}
		if e.wasThere != e.there || e.from != e.to {
			out = append(out, e)
		}
	}
	return out
}

// add joins what several files say of one package.
func (p *packages) add(k packageKey, entries []manifestEntry, finder *importerFinder) {
	name := public(k.name) // whatever is said of it says this
	pkg := Package{Ecosystem: k.ecosystem, Name: name, Indirect: true, Files: []string{}, Importers: []Importer{}}
	wasThere, there := false, false
	for _, e := range entries {
		wasThere, there = wasThere || e.wasThere, there || e.there
		pkg.Indirect = pkg.Indirect && e.indirect
		pkg.Files = append(pkg.Files, e.file.Path.Escaped())
		if pkg.From == "" || e.lock && e.from != "" {
			pkg.From = public(e.from)
		}
		if pkg.To == "" || e.lock && e.to != "" {
			_, pkg.To = manifest.PublicMove(e.from, e.to, public)
		}
	}
	slices.Sort(pkg.Files)
	pkg.Files = slices.Compact(pkg.Files)
	switch {
	case !wasThere:
		pkg.Change = "added"
	case !there:
		pkg.Change = "removed"
	default:
		pkg.Change = "moved"
	}
	how := finder.names(k)
	if how == nil {
		pkg.Unknown = "imports of this ecosystem are not read"
		p.list = append(p.list, pkg)
		return
	}
	all := map[change.Path]int{}
	for _, s := range []struct {
		side importReader
		into *[]origin
	}{{finder.head, &p.origins}, {finder.from, &p.gone}} {
		if s.side == nil {
			continue
		}
		for _, found := range finder.importers(s.side, k, entries) {
			file := found.by.file
			if _, ok := all[found.path]; !ok {
				all[found.path] = found.line
			}
			verb := map[string]string{"added": "adds", "removed": "removes", "moved": "moves"}[pkg.Change]
			*s.into = append(*s.into, origin{
				node: found.path, changed: file.Path, kind: Requires, confidence: how.confidence,
				words: fmt.Sprintf("requires %s, which the changed %s %s", name, file.Path.Escaped(), verb),
			})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if len(pkg.Importers) == maxImporters {
			pkg.More = len(all) - maxImporters
			break
		}
		pkg.Importers = append(pkg.Importers, Importer{path.Escaped(), all[path]})
	}
	if len(all) == 0 && !how.certain && !pkg.Indirect {
		pkg.Unknown = "nothing imports a module of its name, but its modules may be called otherwise"
		for _, e := range entries {
			if !p.understood[e.file.Path] {
				continue
			}
			p.reasons = append(p.reasons, skipReasonAt{e.file.Path, skipReason{SkipUnresolved, name + ": who imports it is not known, its modules may have other names"}})
		}
	}
	p.list = append(p.list, pkg)
}

// public is a text of a manifest as it may be said.
func public(s string) string { return clip(manifest.Public(s)) }

// importsRead says whether some language of the ecosystem is read.
func importsRead(ecosystem string) bool { return familyOf(ecosystem) != "" }

// familyOf an ecosystem are the languages whose files import its packages.
func familyOf(ecosystem string) string {
	switch ecosystem {
	case "go":
		return "go"
	case "npm":
		return "script"
	case "pypi":
		return "python"
	case "maven":
		return "java"
	}
	return ""
}
