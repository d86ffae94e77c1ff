package impact

import (
	"context"
	"slices"

	"custody/impact/lang"
)

// handsOn says whether a Go file that those which can hold a changed value import, directly or
// through others, uses a library that is not in this tree, or one that calls methods by their
// names. It need not know the type: it takes an interface, and hands the value on.
func (s *symbolReader) handsOn(ctx context.Context, g *Graph, r *reachable) (bool, error) {
	seen := make([]bool, g.Len())
	var layer []int32
	for i := range r.files {
		if f := &r.files[i]; f.folder >= 0 {
			seen[f.node] = true
			layer = append(layer, f.node)
		}
	}
	for len(layer) > 0 {
		var next []int32
		for _, n := range layer {
			for _, e := range g.outOf(n) {
				link := g.Link(e)
				if link.Kind != Imports || seen[link.To] || g.Kind(link.To) != KindPackage {
					continue
				}
				seen[link.To] = true
				for _, file := range g.filesOf(g.Node(link.To).Path) {
					if !seen[file] && g.Kind(file) != KindTest && g.Node(file).Language == "go" {
						seen[file] = true
						next = append(next, file)
					}
				}
			}
		}
		if gives, err := s.give(ctx, g, next); gives || err != nil {
			return gives, err
		}
		layer = next
	}
	return false, nil
}

// give says whether one of the files gives what it has to code that is not in the tree, or to
// reflection that looks for methods.
func (s *symbolReader) give(ctx context.Context, g *Graph, nodes []int32) (bool, error) {
	index := g.over.mentionsOf()
	var unread []int32
	for _, n := range nodes {
		var f spreadFile
		if index == nil || !g.over.told(&f, n) {
			unread = append(unread, n)
			continue
		}
		if !f.known || f.hands&handsToCode != 0 || f.hands&handsByReflect != 0 && slices.ContainsFunc(methodsByName(), f.mentions) {
			return true, nil
		}
	}
	all, err := s.facts(ctx, g, unread, nil)
	if err != nil {
		return false, err
	}
	for i, facts := range all {
		if facts == nil {
			return true, nil
		}
		hands := handsOf(facts, func(spec string) bool { return g.imports(unread[i], spec) })
		if hands&handsToCode != 0 || hands&handsByReflect != 0 && slices.ContainsFunc(methodsByName(), func(name lang.NameHash) bool {
			return slices.ContainsFunc(facts.Definitions, func(d lang.Definition) bool { return slices.Contains(d.Mentions, name) })
		}) {
			return true, nil
		}
	}
	return false, nil
}

// methodsByName are what reflection is asked for by who calls a method of what he is given.
// The plain name Method is that of too much else.
func methodsByName() []lang.NameHash {
	return []lang.NameHash{lang.GoMember("MethodByName"), lang.GoMember("NumMethod")}
}

// mentions says whether a definition of a file that the graph's file knows mentions a name.
func (f *spreadFile) mentions(name lang.NameHash) (found bool) {
	f.index.between(name, name, func(n int32) bool {
		found = n > f.place && n <= f.place+f.count
		return !found
	})
	return found
}
