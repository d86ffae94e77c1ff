package impact

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"

	"custody/impact/lang"
	"custody/impact/wire"
	"custody/internal/change"
)

// A use is one import that could name a package of a registry.
type use struct {
	spec string
	node int32
	line int
}

// inText begins the spec of what is no import, but a text that may name a Go package.
const inText = "text/"

func compareUses(a, b use) int {
	return cmp.Or(compareSpecs(a.spec, b.spec), cmp.Compare(a.node, b.node), cmp.Compare(a.line, b.line))
}

func compareSpecs(a, b string) int {
	return cmp.Or(strings.Compare(lower(a), lower(b)), strings.Compare(a, b))
}

// uses lists the imports of the builder's files, sorted, by the nodes of g.
func (b *builder) uses(g *Graph) []use {
	bySpec := map[string][]use{} // few are many
	count := 0
	for i := range b.files {
		f := &b.files[i]
		if f.fact == nil {
			continue
		}
		n := g.node(f.path)
		for _, imp := range f.fact.Imports {
			spec := imp.Spec
			switch {
			case imp.Kind == lang.Named && foldersArePackages(f.language):
				spec = inText + spec // no registry has it, but packages that come may: see packagesMove
			case !namesPackage(imp):
				continue
			}
			bySpec[spec] = append(bySpec[spec], use{spec, n, imp.Line})
			count++
		}
	}
	all := make([]use, 0, count)
	for _, spec := range slices.SortedFunc(maps.Keys(bySpec), compareSpecs) {
		uses := bySpec[spec]
		slices.SortFunc(uses, func(a, b use) int { return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.line, b.line)) })
		all = append(all, uses...)
	}
	return all
}

// eachUse calls fn for the uses of a run of specs.
func (f *flat) eachUse(first, end int, fn func(use)) {
	for i := first; i < end; i++ {
		start := 0
		if i > 0 {
			start = f.index(f.row(atSpecs, i-1, specRow)[8:], int(f.head[headUses])+1)
		}
		row := f.row(atSpecs, i, specRow)
		spec := f.text(row)
		for at := start; at < f.index(row[8:], int(f.head[headUses])+1); at++ {
			u := f.row(atUses, at, 8)
			fn(use{spec, int32(f.index(u, f.nodes())), int(wire.Uint32(u[4:]))})
		}
	}
}

// eachNamed calls fn for the uses of a family whose specs begin with one of the names, or
// with what types of that name are for, in order of path and line.
func (f *flat) eachNamed(of string, names []string, fn func(path change.Path, spec string, line int)) {
	type found struct {
		path change.Path
		use
	}
	var all []found
	seen := map[string]bool{}
	for _, name := range names {
		starts := []string{lower(name)}
		if types, ok := strings.CutPrefix(starts[0], "@types/"); ok {
			scope, bare, _ := strings.Cut(types, "__")
			starts = append(starts, types, "@"+scope+"/"+bare)
		}
		for _, start := range starts {
			if seen[start] {
				continue
			}
			seen[start] = true
			count := int(f.head[headSpecs])
			first := sort.Search(count, func(i int) bool { return lower(f.spec(i)) >= start })
			last := first + sort.Search(count-first, func(i int) bool { return !strings.HasPrefix(lower(f.spec(first+i)), start) })
			f.eachUse(first, last, func(u use) {
				if row := f.row(atNodes, int(u.node), nodeRow); family(f.word(row[25])) == of {
					all = append(all, found{f.path(u.node), u})
				}
			})
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line), cmp.Compare(a.spec, b.spec))
	})
	for i, u := range all {
		if i == 0 || u != all[i-1] {
			fn(u.path, u.spec, u.line)
		}
	}
}

func (f *flat) spec(i int) string { return f.text(f.row(atSpecs, i, specRow)) }

// eachImport and asked implement importReader.
func (f *flat) eachImport(of string, names []string, fn func(path change.Path, spec string, line int)) {
	f.eachNamed(of, names, fn)
}

func (f *flat) asked(path change.Path) bool {
	_, ok := f.project(path)
	return ok
}

func (o *overlay) eachImport(of string, names []string, fn func(path change.Path, spec string, line int)) {
	type found struct {
		path change.Path
		spec string
		line int
	}
	var all []found
	o.base.eachNamed(of, names, func(path change.Path, spec string, line int) {
		if !o.again[path] && !o.left[path] {
			all = append(all, found{path, spec, line})
		}
	})
	o.builder.eachImport(of, names, func(path change.Path, spec string, line int) {
		all = append(all, found{path, spec, line})
	})
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line)) })
	for _, x := range all {
		fn(x.path, x.spec, x.line)
	}
}

func (o *overlay) asked(path change.Path) bool { return o.base.asked(path) || o.builder.asked(path) }
