package impact

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
)

// What a change does to the names that a file has from others. A definition that says g does
// something else when "from x import g" becomes "from y import g", though not a token of it
// changed; and who takes g from this file gets something else.

// A handedName is one that a file hands on: "export {f} from './x'", and each name that a
// Python file imports.
type handedName struct {
	name   string
	change string // SymbolAdded, SymbolRemoved, SymbolBody: it comes from elsewhere
}

// An importSide says what the imports of one side of a file lead to.
type importSide struct {
	*lang.Facts
	meaning   []string // of each import
	isPackage bool     // it is the __init__.py of one
}

// inTree begins the meaning of an import of this tree.
const inTree = "file "

// newImportSide looks up where the imports of a file lead in a graph. A file that the change
// renames is the same on both sides.
func (s *symbolSide) newImportSide(node int32, f *lang.Facts, renamed map[change.Path]change.Path) importSide {
	type place struct {
		line int
		spec string
	}
	to := map[place][]string{}
	for _, e := range s.graph.outOf(node) {
		edge := s.graph.Edge(e)
		if edge.Kind != Imports {
			continue
		}
		target := s.graph.Node(edge.To).Path
		if now, ok := renamed[target]; ok && !s.now {
			target = now
		}
		at := place{edge.Evidence.Line, edge.Evidence.Detail}
		to[at] = append(to[at], string(target))
	}
	path := s.graph.Node(node).Path
	side := importSide{f, make([]string, len(f.Imports)), baseName(path) == runsFirst}
	for i := range f.Imports {
		imp := &f.Imports[i]
		files := to[place{imp.Line, clip(imp.Spec)}]
		if len(files) == 0 {
			side.meaning[i] = fmt.Sprintf("%s%s", strings.Repeat(".", min(imp.Level, maxLevel)), imp.Spec)
			continue
		}
		slices.Sort(files)
		side.meaning[i] = inTree + strings.Join(slices.Compact(files), " ")
	}
	return side
}

// maxLevel is more dots than folders lie above each other.
const maxLevel = 1 << 10

// of is what an import leads to.
func (s *importSide) of(n int) string {
	if n >= len(s.meaning) {
		return ""
	}
	return s.meaning[n]
}

// compareImports finds what the file has from elsewhere now.
func (d *fileDiff) compareImports(was, is importSide) {
	before, after := was.bound(), is.bound()
	changed := map[lang.NameHash]bool{}
	for local, from := range before {
		if !slices.Equal(from, after[local]) {
			changed[local] = true
		}
	}
	for local := range after {
		if before[local] == nil {
			changed[local] = true
		}
	}
	if slices.Equal(was.stars(), is.stars()) {
		if len(changed) > 0 {
			said := changed
			if d.python {
				said = was.said(is.said(maps.Clone(changed), changed), changed)
			}
			d.alter(func(mentions []lang.NameHash) bool {
				return slices.ContainsFunc(mentions, func(n lang.NameHash) bool { return said[n] })
			})
		}
	} else { // it may be any name
		d.alter(func([]lang.NameHash) bool { return true })
	}
	d.compareHanded(was.handed(), is.handed())
	if d.python && (was.loads(after) || is.loads(before) || was.future(changed) || is.future(changed)) {
		d.rest = true
	}
}

// said adds to some names of a Python file, which imports bind, how it says them.
func (s *importSide) said(how, names map[lang.NameHash]bool) map[lang.NameHash]bool {
	for _, b := range s.Bound {
		if names[b.Local] && b.Import < len(s.Imports) && s.Imports[b.Import].Level == 0 {
			how[lang.PyFrom(s.Imports[b.Import].Spec, b.Local)] = true
		}
	}
	return how
}

// future says whether one of some names is bound by an import from __future__, by which all
// code of a Python file means something else.
func (s *importSide) future(names map[lang.NameHash]bool) bool {
	return slices.ContainsFunc(s.Bound, func(b lang.Bound) bool { return names[b.Local] && s.of(b.Import) == "__future__" })
}

// loads says whether a file of Python imports something of this tree, as others do not,
// that it never mentions: then it is there for what loading it does. A package's own file
// imports for others.
func (s *importSide) loads(others map[lang.NameHash][]string) bool {
	if s.isPackage {
		return false
	}
	return slices.ContainsFunc(s.Bound, func(b lang.Bound) bool {
		return others[b.Local] == nil && strings.HasPrefix(s.of(b.Import), inTree) && !s.mentions(b.Local) &&
			(b.Import >= len(s.Imports) || !s.mentions(lang.PyFrom(s.Imports[b.Import].Spec, b.Local)))
	})
}

// mentions says whether anything in the file mentions a name.
func (s *importSide) mentions(name lang.NameHash) bool {
	has := func(names []lang.NameHash) bool {
		_, ok := slices.BinarySearch(names, name)
		return ok
	}
	return has(s.Mentions) || slices.ContainsFunc(s.Definitions, func(d lang.Definition) bool { return has(d.Mentions) })
}

// alter takes definitions for changed that are the same on both sides and mention what is
// not.
func (d *fileDiff) alter(has func(mentions []lang.NameHash) bool) {
	if len(d.is.Mentions) > 0 && has(d.is.Mentions) {
		d.rest = true
	}
	known := map[int]bool{}
	for _, pair := range d.altered {
		known[pair[1]] = true
	}
	for _, i := range d.added {
		known[i] = true
	}
	for _, pair := range d.same {
		if !known[pair[1]] && has(d.is.Definitions[pair[1]].Mentions) {
			d.altered = append(d.altered, pair)
		}
	}
}

// bound says of each name that imports bind what it is elsewhere; of one that several bind,
// in the order in which they do.
func (s *importSide) bound() map[lang.NameHash][]string {
	names := map[lang.NameHash][]string{}
	for _, b := range s.Bound {
		names[b.Local] = append(names[b.Local], fmt.Sprintf("%s %d", s.of(b.Import), b.Name))
	}
	return names
}

// stars are the imports of Python and Java that bind names which they do not say.
func (s *importSide) stars() (from []string) {
	for i := range s.Imports {
		if imp := &s.Imports[i]; imp.Kind == lang.Static && slices.Contains(imp.Names, everyName) {
			from = append(from, s.of(i))
		}
	}
	slices.Sort(from)
	return from
}

const everyName = "*"

// handed says of each name that is handed on what it is elsewhere.
func (s *importSide) handed() map[string][]string {
	names := map[string][]string{}
	for i := range s.Exports {
		if e := &s.Exports[i]; e.As != "" {
			names[e.As] = append(names[e.As], s.of(e.Import)+" "+e.Name)
		}
	}
	slices.Sort(names[everyName])
	return names
}

// compareHanded finds the names that are handed on otherwise. What all names of another file
// are, nobody knows here: where these come from elsewhere, all of this file changed.
func (d *fileDiff) compareHanded(was, is map[string][]string) {
	if !slices.Equal(was[everyName], is[everyName]) {
		d.rest = true
	}
	delete(was, everyName)
	delete(is, everyName)
	for _, name := range slices.Sorted(maps.Keys(was)) {
		switch from, still := is[name]; {
		case slices.Equal(from, was[name]):
		case still:
			d.handed = append(d.handed, handedName{name, SymbolBody})
		case !hasDefinition(d.is, name): // else a definition came in its place
			d.handed = append(d.handed, handedName{name, SymbolRemoved})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if was[name] == nil && !hasDefinition(d.was, name) {
			d.handed = append(d.handed, handedName{name, SymbolAdded})
		}
	}
}

func hasDefinition(f *lang.Facts, name string) bool {
	return slices.ContainsFunc(f.Definitions, func(d lang.Definition) bool { return d.Name == name })
}

// handedSymbols lists them. That a Python file imports one more name for itself, or one
// less, is no change of what it offers.
func (d *fileDiff) handedSymbols() []Symbol {
	var list []Symbol
	for _, h := range d.handed {
		if h.change == SymbolBody || !d.python {
			list = append(list, Symbol{Name: symbolText(h.name), Kind: "re-export", Change: h.change, Exported: true})
		}
	}
	return list
}

// ghost stands in a spread for a name that is handed on. It has no kind of its own.
func (h handedName) ghost() lang.Definition {
	return lang.Definition{Name: h.name, Kind: lang.UnknownKind, Exported: true}
}

// seedHanded starts at a name that is handed on otherwise. Of one more in a Python file only
// those hear who take all names of it, or ask the package for it whose own file it is.
func (s *symbolSide) seedHanded(to *spread, f *spreadFile, a atom, h handedName) {
	if h.change == SymbolAdded && s.graph.Node(f.node).Language == "python" && baseName(s.graph.Node(f.node).Path) != runsFirst && !to.takenWhole(f) {
		return
	}
	to.came[a], to.broken[a] = h.change != SymbolBody, h.change == SymbolRemoved
	to.seed(a)
}
