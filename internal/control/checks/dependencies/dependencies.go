// Package dependencies tells which dependencies a change adds, moves or takes from
// somewhere else, from the manifests and lock files before and after it.
//
// It asks no registry: what is not in a file of the repository is not known.
package dependencies

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/change/manifest"
	"custody/internal/control/checks"
	"custody/internal/finding"
)

// Check is the built-in check dependencies.
type Check struct{}

// A Pair is a manifest or lock file before and after a change. Old is nil where the file
// was not there or was no such file.
type Pair struct {
	File     *change.File
	Format   manifest.Format
	Old, New *manifest.File // New is nil when the file was deleted
}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	pairs, err := Read(ctx, in, out)
	if err != nil {
		return err
	}
	declared := map[string]bool{} // names that a manifest of the same folder tells of
	for _, p := range pairs {
		out.Looked()
		if !p.Format.Lock {
			compareManifest(out, p, declared)
		}
	}
	for _, p := range pairs {
		if p.Format.Lock && p.New != nil {
			compareLock(out, p, declared, alone(p, pairs))
		}
	}
	return nil
}

// Read reads every manifest and lock file of the change, before and after.
func Read(ctx context.Context, in *checks.Input, out *checks.Result) ([]*Pair, error) {
	var pairs []*Pair
	byFile := map[*change.File]*Pair{}
	add := func(f *change.File) *Pair {
		format, _ := manifest.FormatOf(string(f.Path))
		p := &Pair{File: f, Format: format}
		byFile[f] = p
		pairs = append(pairs, p)
		return p
	}
	err := in.Read(ctx, out, func(f *change.File) bool { return isOurs(f.Path) }, func(t checks.Text) error {
		format, _ := manifest.FormatOf(string(t.File.Path))
		file, err := format.Parse(t.Bytes)
		if err != nil {
			out.Unread(t.File.Path, "not %s that can be read: %v", format.Name, err)
			return nil
		}
		add(t.File).New = file
		return nil
	})
	if err != nil {
		return nil, err
	}
	var old []*change.File
	for i := range in.Files {
		f := &in.Files[i]
		if f.Status == change.Deleted && isOurs(f.Path) && f.OldMode.IsRegular() {
			add(f)
		}
		if byFile[f] != nil && f.OldMode.IsRegular() {
			was := f.Path
			if f.OldPath != "" {
				was = f.OldPath
			}
			if format, ok := manifest.FormatOf(string(was)); ok && format.Name == byFile[f].Format.Name {
				old = append(old, f)
			}
		}
	}
	err = in.ReadOld(ctx, out, old, func(f *change.File, text []byte) error {
		file, err := byFile[f].Format.Parse(text)
		if err != nil {
			// What was not understood before excuses nothing: all of it counts as new.
			return nil
		}
		byFile[f].Old = file
		return nil
	})
	slices.SortFunc(pairs, func(a, b *Pair) int { return strings.Compare(string(a.File.Path), string(b.File.Path)) })
	return pairs, err
}

// isOurs says whether a path is a manifest of the project itself, not of an example that
// a test reads, nor of what was copied in.
func isOurs(p change.Path) bool {
	if _, ok := manifest.FormatOf(string(p)); !ok {
		return false
	}
	for _, folder := range strings.Split(path.Dir(string(p)), "/") {
		switch folder {
		case "testdata", "testsuite", "fixtures", "__fixtures__", "snapshots", "node_modules", "vendor", "third_party":
			return false
		}
	}
	return true
}

// alone says whether a lock file changed and no manifest beside it did.
func alone(lock *Pair, pairs []*Pair) bool {
	return !slices.ContainsFunc(pairs, func(p *Pair) bool {
		return !p.Format.Lock && p.Format.Ecosystem == lock.Format.Ecosystem && strings.HasPrefix(path.Dir(string(p.File.Path))+"/", strings.TrimPrefix(path.Dir(string(lock.File.Path))+"/", "./"))
	})
}

// byName are the entries of each name, which may stand in a manifest several times: for users and
// for tests, say.
func byName(f *manifest.File) (all map[string][]manifest.Dependency, order []string) {
	all = map[string][]manifest.Dependency{}
	if f != nil {
		for _, d := range f.Dependencies {
			if all[d.Name] == nil {
				order = append(order, d.Name)
			}
			all[d.Name] = append(all[d.Name], d)
		}
	}
	return all, order
}

func key(p *Pair, name string) string {
	return p.Format.Ecosystem + "\x00" + path.Dir(string(p.File.Path)) + "\x00" + name
}

// compareManifest tells what is new in what people declare.
func compareManifest(out *checks.Result, p *Pair, declared map[string]bool) {
	before, old := byName(p.Old)
	after, order := byName(p.New)
	where := p.File.Path
	for _, name := range order {
		compareEntries(out, p, before[name], after[name], declared)
	}
	if p.New != nil {
		registries(out, p)
	}
	for _, name := range old {
		direct := slices.ContainsFunc(before[name], func(d manifest.Dependency) bool { return !d.Indirect })
		if after[name] == nil && direct {
			out.Find(checks.Found{Rule: "removed", Path: where, Message: fmt.Sprintf("no longer depends on %s", checks.Clip(name))})
		}
	}
}

// compareEntries tells what is new in the entries of one name: the gravest alone.
func compareEntries(out *checks.Result, p *Pair, before, after []manifest.Dependency, declared map[string]bool) {
	say := func(rule string, level finding.Level, d manifest.Dependency, format string, args ...any) {
		out.Find(checks.Found{Rule: rule, Level: level, Path: p.File.Path, Start: d.Line, Message: fmt.Sprintf(format, args...)})
	}
	for _, d := range after {
		if remote(d.Source) && !slices.ContainsFunc(before, func(was manifest.Dependency) bool { return origin(was.Source) == origin(d.Source) }) {
			declared[key(p, d.Name)] = true
			say("source", 0, d, "%s comes from %s, not from the registry", checks.Clip(d.Name), checks.Clip(origin(d.Source)))
			return
		}
	}
	direct := slices.DeleteFunc(slices.Clone(after), func(d manifest.Dependency) bool { return d.Indirect })
	if len(direct) == 0 {
		return
	}
	if before == nil {
		direct = slices.DeleteFunc(direct, func(d manifest.Dependency) bool { return local(d.Source) })
		if len(direct) > 0 {
			d, level := direct[0], finding.Note
			if i := slices.IndexFunc(direct, func(d manifest.Dependency) bool { return !d.Dev }); i >= 0 {
				d, level = direct[i], finding.Warning
			}
			say("added", level, d, "adds dependency %s%s", checks.Clip(d.Name), version(d.Version))
		}
		return
	}
	gone, come := besides(before, direct), besides(direct, before)
	switch {
	case len(gone)+len(come) == 0:
		return
	case len(gone) == 0 || len(come) == 0: // one of several is as another was
		gone, come = besides(before, nil), besides(direct, nil)
	}
	at := direct[0]
	if i := slices.IndexFunc(direct, func(d manifest.Dependency) bool { return slices.Contains(come, entryVersion(d)) }); i >= 0 {
		at = direct[i]
	}
	from, to := manifest.PublicMove(strings.Join(gone, ", "), strings.Join(come, ", "), version)
	say("moved", 0, at, "moves %s from%s to%s", checks.Clip(at.Name), from, to)
}

// besides are the versions of some entries that others do not have, each once.
func besides(some, others []manifest.Dependency) (versions []string) {
	for _, d := range some {
		v := entryVersion(d)
		if !slices.Contains(versions, v) && !slices.ContainsFunc(others, func(o manifest.Dependency) bool { return entryVersion(o) == v }) {
			versions = append(versions, v)
		}
	}
	return versions
}

// entryVersion is what an entry asks for: a version, or an address that names one.
func entryVersion(d manifest.Dependency) string { return cmp.Or(d.Version, d.Source, "any version") }

// registries tells of places that nothing was fetched from before.
func registries(out *checks.Result, p *Pair) {
	before := map[string]bool{}
	if p.Old != nil {
		for _, r := range p.Old.Registries {
			before[origin(r.URL)] = true
		}
	}
	for _, r := range p.New.Registries {
		if o := origin(r.URL); !before[o] {
			before[o] = true
			out.Find(checks.Found{Rule: "registry", Path: p.File.Path, Start: r.Line, Message: fmt.Sprintf("dependencies may come from %s", checks.Clip(o))})
		}
	}
}

// locked is one version of a package in a lock file, which may stand there several times.
type locked struct{ name, version string }

// together joins what a lock file says of each version from the registry.
func together(f *manifest.File) (all map[locked]manifest.Dependency, origins map[string]bool) {
	all, origins = map[locked]manifest.Dependency{}, map[string]bool{}
	if f == nil {
		return all, origins
	}
	for _, d := range f.Dependencies {
		if remote(d.Source) {
			origins[origin(d.Source)] = true
		}
		if d.Source != "" {
			continue
		}
		e := locked{d.Name, d.Version}
		if other, ok := all[e]; ok {
			d.Integrity, d.Line = strings.TrimSpace(other.Integrity+" "+d.Integrity), other.Line
		}
		all[e] = d
	}
	return all, origins
}

// compareLock tells what a lock file lets in that nobody declares.
func compareLock(out *checks.Result, p *Pair, declared map[string]bool, alone bool) {
	before, origins := together(p.Old)
	after, _ := together(p.New)
	withDigest := 0
	for _, d := range before {
		if d.Integrity != "" {
			withDigest++
		}
	}
	moved := len(after) != len(before)
	told := map[locked]bool{}
	for _, d := range p.New.Dependencies {
		e := locked{d.Name, d.Version}
		if d.Source != "" || told[e] {
			continue
		}
		told[e] = true
		was, known := before[e]
		moved = moved || !known
		switch is := after[e]; {
		case known && was.Integrity != "" && is.Integrity == "":
			out.Find(checks.Found{Rule: "integrity", Path: p.File.Path, Start: d.Line, Message: fmt.Sprintf("the digest of %s%s was taken out", checks.Clip(d.Name), version(d.Version))})
		case known && otherDigest(was.Integrity, is.Integrity):
			out.Find(checks.Found{Rule: "integrity", Path: p.File.Path, Start: d.Line, Message: fmt.Sprintf("%s%s has another digest than before, under the same version", checks.Clip(d.Name), version(d.Version))})
		case !known && is.Integrity == "" && len(before) >= 10 && withDigest == len(before):
			out.Find(checks.Found{Rule: "integrity", Path: p.File.Path, Start: d.Line, Message: fmt.Sprintf("%s%s has no digest, as everything else here had", checks.Clip(d.Name), version(d.Version))})
		}
	}
	if p.Old != nil {
		newOrigins(out, p, declared, origins)
	}
	if alone && moved && p.Old != nil && p.Format.Name != "go.sum" {
		out.Find(checks.Found{Rule: "lock-alone", Path: p.File.Path, Message: "what is installed changes, and no manifest does"})
	}
}

// newOrigins tells of each address from which nothing came before, once.
func newOrigins(out *checks.Result, p *Pair, declared, known map[string]bool) {
	first, count := map[string]manifest.Dependency{}, map[string]int{}
	var order []string
	for _, d := range p.New.Dependencies {
		o := origin(d.Source)
		if !remote(d.Source) || known[o] || declared[key(p, d.Name)] {
			continue
		}
		if count[o]++; count[o] == 1 {
			first[o] = d
			order = append(order, o)
		}
	}
	for _, o := range order {
		d, more := first[o], ""
		if count[o] > 1 {
			more = fmt.Sprintf(" and %d more", count[o]-1)
		}
		out.Find(checks.Found{Rule: "source", Path: p.File.Path, Start: d.Line, Message: fmt.Sprintf("%s%s come from %s, from where nothing came before, and no manifest of the change says so", checks.Clip(d.Name), more, checks.Clip(o))})
	}
}

// otherDigest says whether two lists of digests have a kind in common and no digest.
func otherDigest(was, is string) bool {
	if was == "" || is == "" {
		return false
	}
	kind := func(s string) string {
		if i := strings.IndexAny(s, "-:="); i > 0 && i < 10 {
			return s[:i]
		}
		return fmt.Sprint(len(s))
	}
	comparable := false
	before := strings.Fields(was)
	for _, d := range strings.Fields(is) {
		if slices.Contains(before, d) {
			return false
		}
		comparable = comparable || slices.ContainsFunc(before, func(b string) bool { return kind(b) == kind(d) })
	}
	return comparable
}

// local says whether a source is a folder of the same checkout, as far as can be told.
func local(source string) bool {
	return strings.HasPrefix(source, ".") || strings.HasPrefix(source, "file:") || strings.HasPrefix(source, "link:") || strings.HasPrefix(source, "portal:")
}

func remote(source string) bool { return source != "" && !local(source) }

// origin is where an address leads: the host and the first folders, without what only
// names a version, and without a password.
func origin(source string) string {
	s := manifest.Public(source)
	for _, cut := range []string{"#", "?"} {
		s, _, _ = strings.Cut(s, cut)
	}
	u, err := url.Parse(strings.TrimPrefix(s, "git+"))
	if err != nil || u.Host == "" {
		if i := strings.LastIndex(s, "@"); i > 0 && !strings.Contains(s[:i], "/") {
			s = s[i+1:] // git@host:owner/name
		}
		return strings.TrimSuffix(s, ".git")
	}
	p := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(p) > 2 {
		p = p[:2]
	}
	return strings.TrimSuffix(u.Host+"/"+strings.Join(p, "/"), ".git")
}

func version(v string) string {
	if v == "" {
		return " any version"
	}
	return " " + checks.Clip(v)
}
