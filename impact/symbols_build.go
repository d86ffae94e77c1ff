package impact

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// What does not compile takes others with it: all of its package, and whoever imports that,
// tests too. A change breaks the build where something is gone or has another signature,
// and code that did not change still mentions it. That can be told by name for functions,
// variables and whole types. A method that an interface asks for is missed where its type
// is mentioned; of more than maxOutsiders files that do not depend on the change it is not
// known what theirs ask for. A field that is gone, and a method that an interface asks for
// now and its types do not have, are reached by name only.

// maxFits bounds the definitions of a change that are read to find out whether what uses them
// needs to change; of the others it is taken to.
const maxFits = 1_000

// findCompatible notes which functions take nothing but more: of Go behind three dots, of
// Python and scripts what need not be given; and which signatures only say more: annotations of Python's
// values, annotations and access of Java, types of TypeScript that were inferred before.
func (n *narrowing) findCompatible(ctx context.Context, t *tracer) error {
	type pair struct {
		d       *fileDiff
		altered [2]int
		ext     string
	}
	var pairs []pair
	var ids []git.OID // two for each
	for _, i := range slices.Sorted(maps.Keys(n.diffs)) {
		d, f := n.diffs[i], &t.files[i]
		ext := lang.Extension(string(f.Path))
		if script := isScriptFile(f.Path) && isScriptFile(oldPath(f)); d.whole || ext != ".go" && ext != ".py" && ext != ".java" && !script {
			continue
		}
		for _, altered := range d.altered {
			if k := d.is.Definitions[altered[1]].Kind; len(pairs) < maxFits && d.breaks(altered) && (ext != ".go" || k == lang.Function || k == lang.Method) {
				pairs = append(pairs, pair{d, altered, ext})
				ids = append(ids, f.OldID, f.ID)
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	unique := slices.Clone(ids)
	slices.SortFunc(unique, func(a, b git.OID) int { return bytes.Compare([]byte(a.String()), []byte(b.String())) })
	unique = slices.Compact(unique)
	texts := map[git.OID][]byte{}
	err := t.symbols.reader.source.Blobs(ctx, unique, t.symbols.reader.limits.FileBytes, func(i int, data []byte, err error) error {
		if err == nil {
			texts[unique[i]] = bytes.Clone(data)
		}
		return nil // what can not be read does not fit
	})
	if err != nil {
		return err
	}
	for i, p := range pairs {
		was, is := texts[ids[2*i]], texts[ids[2*i+1]]
		wasLine, isLine := p.d.was.Definitions[p.altered[0]].Start, p.d.is.Definitions[p.altered[1]].Start
		fits := false
		switch def := &p.d.is.Definitions[p.altered[1]]; {
		case p.d.python && (def.Kind == lang.Variable || def.Kind == lang.Constant):
			fits = lang.PythonAnnotates(was, wasLine, is, isLine, strings.Contains(def.Name, "."))
		case p.d.python:
			fits = lang.PythonTakesMore(was, wasLine, is, isLine)
		case p.ext == ".java":
			fits = lang.JavaTakesMore(def.Name, was, wasLine, is, isLine)
		case p.ext != ".go":
			before := &p.d.was.Definitions[p.altered[0]]
			fits = lang.ScriptTakesMore(def.Name, p.ext != ".ts" && p.ext != ".mts" && p.ext != ".cts", before.Body == def.Body, was, wasLine, is, isLine)
		default:
			fits = lang.GoTakesMore(lang.FromLine(was, wasLine), lang.FromLine(is, isLine))
		}
		if fits {
			p.d.fits = append(p.d.fits, p.altered)
		}
	}
	return nil
}

// isScriptFile says that a file is all script, by its name.
func isScriptFile(p change.Path) bool {
	l := lang.ForPath(string(p))
	return l != nil && l.Name != "vue" && l.Name != "svelte" && family(l.Name) == "script"
}

// noteBreaks notes what of a Go file others can not be compiled with as they are.
func (s *symbolSide) noteBreaks(to *spread, f *spreadFile, d *fileDiff) {
	if f.folder < 0 {
		return
	}
	for _, pair := range d.altered {
		def := &d.is.Definitions[pair[1]]
		if !d.breaks(pair) || slices.Contains(d.fits, pair) {
			continue
		}
		switch def.Kind {
		case lang.Function, lang.Variable, lang.Constant:
			to.breaks[atom{f.node, int32(pair[1])}] = true
		case lang.Method:
			to.breaks[atom{f.node, int32(pair[1])}] = s.isAsked(to, def.Name)
		}
	}
	for _, added := range d.added { // its type may be what somebody asks for at run time now
		if def := &d.is.Definitions[added]; def.Kind == lang.Method && s.isAsked(to, def.Name) {
			to.broken[atom{f.node, int32(added)}] = true
		}
	}
	for i := range f.ghosts {
		a := atom{f.node, f.count + int32(i)}
		switch ghost := &f.ghosts[i]; {
		case s.standsElsewhere(f, ghost):
		case ghost.Kind == lang.Method:
			to.breaks[a] = s.isAsked(to, ghost.Name)
		default:
			to.breaks[a] = true
		}
	}
}

// breaksMethods says whether methods of Go came, are gone or have another signature.
func (s *symbolSide) breaksMethods() bool {
	for _, d := range s.starts {
		if d.is == nil || d.whole {
			continue
		}
		for _, i := range d.added {
			if d.is.Definitions[i].Kind == lang.Method {
				return true
			}
		}
		if d.was == nil {
			continue
		}
		for _, i := range d.removed {
			if d.was.Definitions[i].Kind == lang.Method {
				return true
			}
		}
		for _, pair := range d.altered {
			if d.is.Definitions[pair[1]].Kind == lang.Method && d.breaks(pair) {
				return true
			}
		}
	}
	return false
}

// isAsked says whether an interface that did not change asks for a method.
func (s *symbolSide) isAsked(to *spread, name string) (asked bool) {
	_, member := cutMember(name)
	if m := libraryMethods()[member]; m != nil && m.standard && to.outsiders.byLibrary(member) || to.outsiders.mention(lang.GoAsked(member)) {
		return true
	}
	to.index.each(to.files, lang.GoAsked(member), func(g *spreadFile, def int32) bool {
		d := s.starts[g.node]
		asked = d == nil || !d.touches(int(def))
		return !asked
	})
	return asked
}

// touches says whether a definition of head was added or altered.
func (d *fileDiff) touches(is int) bool {
	return slices.Contains(d.added, is) || slices.ContainsFunc(d.altered, func(pair [2]int) bool { return pair[1] == is })
}

// standsElsewhere says whether what is gone from a file was written anew in another one of
// its package, by the same change and with the same signature.
func (s *symbolSide) standsElsewhere(f *spreadFile, ghost *lang.Definition) bool {
	for _, i := range f.beside.places {
		g := &s.files.files[i]
		d := s.starts[g.node]
		if g.unit != f.unit || d == nil || g.facts == nil {
			continue
		}
		for _, added := range d.added {
			if def := &g.facts.Definitions[added]; def.Name == ghost.Name && def.Kind == ghost.Kind && def.Signature == ghost.Signature {
				return true
			}
		}
	}
	return false
}
