// Package licences tells what a change does to licences: its own files and headers, and
// those of the dependencies that it adds, where a file of the repository says them.
package licences

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/dependencies"
	"custody/internal/finding"
)

// Check is the built-in check licences.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	if err := files(ctx, in, out); err != nil {
		return err
	}
	if err := headers(ctx, in, out); err != nil {
		return err
	}
	return added(ctx, in, out)
}

// isLicence says whether a path is of a licence's text, by its name.
func isLicence(p change.Path) bool {
	name := strings.ToUpper(path.Base(string(p)))
	ext := path.Ext(name)
	switch strings.TrimSuffix(name, ext) {
	case "LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT", "LICENSE-MIT", "LICENSE-APACHE", "COPYING.LESSER":
		return slices.Contains([]string{"", ".MD", ".TXT", ".RST", ".LESSER", ".MIT", ".APACHE"}, ext)
	}
	return false
}

// vendored says whether a path is of code that was copied in with its licence.
func vendored(p change.Path) bool {
	for _, folder := range strings.Split(path.Dir(string(p)), "/") {
		switch folder {
		case "vendor", "third_party", "node_modules", "external":
			return true
		}
	}
	return false
}

// files compares the texts of licences.
func files(ctx context.Context, in *checks.Input, out *checks.Result) error {
	now := map[*change.File][]byte{}
	err := in.Read(ctx, out, func(f *change.File) bool { return isLicence(f.Path) }, func(t checks.Text) error {
		out.Looked()
		now[t.File] = terms(t.Bytes)
		return nil
	})
	if err != nil {
		return err
	}
	var old []*change.File
	for i := range in.Files {
		f := &in.Files[i]
		was := f.Path
		if f.OldPath != "" {
			was = f.OldPath
		}
		switch {
		case !f.OldMode.IsRegular() || !isLicence(was):
		case vendored(was) && f.Status == change.Deleted: // with the dependency
		case f.Status == change.Deleted, !isLicence(f.Path):
			out.Looked()
			out.Find(checks.Found{Rule: "licence-removed", Path: f.Path, Message: fmt.Sprintf("the text of a licence, %s, goes away", was.Escaped())})
		case now[f] != nil && f.OldID != f.ID:
			old = append(old, f)
		}
	}
	return in.ReadOld(ctx, out, old, func(f *change.File, text []byte) error {
		if !bytes.Equal(terms(text), now[f]) {
			level := finding.Error
			if vendored(f.Path) {
				level = finding.Warning // whose it is decided so
			}
			out.Find(checks.Found{Rule: "licence-changed", Level: level, Path: f.Path, Start: 1, Message: "the terms of a licence change, not only the lines that say whose it is"})
		}
		return nil
	})
}

// terms is the text of a licence without the lines that name owners and years, and
// without differences in spaces.
func terms(text []byte) []byte {
	out := []byte{' '} // never nil
	for line := range bytes.Lines(text) {
		low := strings.ToLower(string(line))
		if strings.Contains(low, "copyright") && (strings.Contains(low, "(c)") || strings.Contains(low, "©") || strings.ContainsAny(low, "0123456789")) {
			continue
		}
		for _, word := range bytes.Fields(line) {
			out = append(append(out, word...), ' ')
		}
	}
	return out
}

// marker begins the line of a file's header that names its licence (SPDX 2.3, annex E).
var marker = []byte("SPDX-License-" + "Identifier:")

// headerLines is how far down a header is looked for.
const headerLines = 40

// headers finds files whose header named a licence and does so no longer.
func headers(ctx context.Context, in *checks.Input, out *checks.Result) error {
	var suspects []*change.File
	for i := range in.Files {
		f := &in.Files[i]
		if f.Mode.IsRegular() && f.OldMode.IsRegular() && f.OldID != f.ID && f.Unread == "" && !vendored(f.Path) && !isLicence(f.Path) && slices.ContainsFunc(f.Hunks, func(h change.Hunk) bool { return h.OldLines > 0 && h.OldStart <= headerLines }) {
			suspects = append(suspects, f)
		}
	}
	named := map[*change.File][]byte{}
	err := in.ReadOld(ctx, out, suspects, func(f *change.File, text []byte) error {
		if id := identifier(text); id != nil {
			named[f] = id
		}
		return nil
	})
	if err != nil || len(named) == 0 {
		return err
	}
	wanted := func(f *change.File) bool { return named[f] != nil }
	return in.Read(ctx, out, wanted, func(t checks.Text) error {
		out.Looked()
		switch is := identifier(t.Bytes); {
		case is == nil:
			out.Find(checks.Found{Rule: "header-removed", Path: t.File.Path, Start: 1, Message: "the header no longer names the licence of the file"})
		case !bytes.Equal(is, named[t.File]):
			out.Find(checks.Found{Rule: "header-changed", Path: t.File.Path, Start: 1, Message: "the header names another licence than before"})
		}
		return nil
	})
}

// identifier is the licence that a file's header names, or nil.
func identifier(text []byte) []byte {
	n := 0
	for line := range bytes.Lines(text) {
		if n++; n > headerLines {
			return nil
		}
		if _, id, ok := bytes.Cut(line, marker); ok {
			id = bytes.TrimRight(bytes.TrimSpace(id), "*/-> ")
			return append([]byte{}, id...)
		}
	}
	return nil
}

// added looks at the licences of new dependencies.
func added(ctx context.Context, in *checks.Input, out *checks.Result) error {
	pairs, err := dependencies.Read(ctx, in, out)
	if err != nil {
		return err
	}
	known := map[string]string{} // ecosystem and name: licence, as a lock file says
	for _, p := range pairs {
		if !p.Format.Lock || p.New == nil {
			continue
		}
		was := map[string]string{}
		if p.Old != nil {
			for _, d := range p.Old.Dependencies {
				was[d.Name] = d.Licence
			}
		}
		for _, d := range p.New.Dependencies {
			if d.Licence == "" {
				continue
			}
			known[p.Format.Ecosystem+"\x00"+d.Name] = d.Licence
			before, there := was[d.Name]
			if there && before == d.Licence || p.Old == nil {
				continue
			}
			if why := strict(d.Licence); why != "" && !(there && strict(before) != "") {
				out.Looked()
				was[d.Name] = d.Licence
				out.Find(checks.Found{Rule: "strict", Path: p.File.Path, Start: d.Line, Message: fmt.Sprintf("%s is under %s, %s", checks.Clip(d.Name), checks.Clip(d.Licence), why)})
			}
		}
	}
	for _, p := range pairs {
		if p.Format.Lock || p.New == nil {
			continue
		}
		was := map[string]bool{}
		if p.Old != nil {
			for _, d := range p.Old.Dependencies {
				was[d.Name] = true
			}
		}
		for _, d := range p.New.Dependencies {
			if was[d.Name] || d.Indirect || strings.HasSuffix(d.Name, ")") || strings.HasPrefix(d.Source, ".") {
				continue
			}
			was[d.Name] = true
			out.Looked()
			if known[p.Format.Ecosystem+"\x00"+d.Name] == "" {
				out.Unread(p.File.Path, "line %d: no file says under which licence %s is", d.Line, checks.Clip(d.Name))
			}
		}
	}
	return nil
}

// strict says what a licence asks that a product may not be able to give; empty for one
// that asks little. Of alternatives the one that asks least counts.
func strict(expression string) string {
	worst := ""
	e := strings.NewReplacer("(", " ", ")", " ").Replace(strings.ToUpper(expression))
	for _, alternative := range strings.Split(e, " OR ") {
		why := ""
		for _, id := range strings.Fields(strings.ReplaceAll(alternative, " AND ", " ")) {
			switch {
			case strings.HasPrefix(id, "AGPL"), strings.HasPrefix(id, "SSPL"):
				why = "which asks for the source of whatever offers it over a network"
			case strings.HasPrefix(id, "GPL"):
				why = "which asks for the source of whatever is shipped with it"
			case strings.HasPrefix(id, "BUSL"), strings.HasPrefix(id, "BSL-1.1"), strings.HasPrefix(id, "ELASTIC"), strings.HasPrefix(id, "CC-BY-NC"), strings.HasPrefix(id, "COMMONS-CLAUSE"), id == "UNLICENSED", strings.HasPrefix(id, "POLYFORM"):
				why = "which forbids some uses"
			}
		}
		if why == "" {
			return ""
		}
		worst = why
	}
	return worst
}
