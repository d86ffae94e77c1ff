package impact

import (
	"slices"

	"custody/impact/lang"
)

// Tests of Go that run a program of the tree, and do not import it: end-to-end tests. They
// say the path of its package, or stand beside it and run what they built.

// besideProgram is how sure it is that a test which runs some program beside a package main
// runs that one.
const besideProgram = 500

// followProgram goes from the function main of a program to the tests that run it.
func (s *spread) followProgram(a atom, f *spreadFile) {
	s.lookAround(f.beside)
	if !f.beside.program || f.test || s.definition(f, a.def).Name != "main" {
		return
	}
	for _, e := range s.graph.Into(f.folder) {
		link := s.graph.Link(e)
		i, ok := s.place(link.From)
		if link.Kind != References || !ok {
			continue
		}
		g := &s.files[i]
		s.index.here(s.files, g, s.programOf(e), s.counted(func(g *spreadFile, to atom) {
			s.throughPackage(a, f, g, to, link.Confidence)
		}))
		if !g.known {
			s.throughPackage(a, f, g, atom{g.node, whole}, min(link.Confidence, notRead))
		}
	}
	for _, i := range f.beside.places {
		if g := &s.files[i]; g.test && g.known {
			for _, runner := range lang.GoRunners {
				s.index.here(s.files, g, runner, s.counted(func(g *spreadFile, to atom) {
					s.step(a, to, 1, besideProgram)
				}))
			}
		}
	}
}

// programOf is what code mentions that says the text of an edge to a package.
func (s *spread) programOf(edge int32) lang.NameHash {
	return lang.GoProgram(s.graph.Edge(edge).Evidence.Detail)
}

// programInText goes from a package as a whole to what says its path in a text.
func (s *spread) programInText(a atom, f *spreadFile, edge int32, link Link) {
	s.index.here(s.files, f, s.programOf(edge), s.counted(func(_ *spreadFile, to atom) {
		s.edge(a, to, edge, link)
	}))
}

// programs notes who runs the function main of a package, for what runs.
func (r *runs) programs(id int32, f *spreadFile) {
	for _, e := range r.graph.Into(f.folder) {
		if r.graph.Link(e).Kind == References {
			h := r.holds.programOf(e)
			r.behind[h] = append(r.behind[h], id)
		}
	}
	r.mains[f.folder] = append(r.mains[f.folder], id)
}

// started are the programs that a definition runs beside which it stands.
func (r *runs) started(f *spreadFile, d *lang.Definition) []int32 {
	if !f.test || !slices.ContainsFunc(lang.GoRunners, func(h lang.NameHash) bool { return slices.Contains(d.Mentions, h) }) {
		return nil
	}
	return r.mains[f.folder]
}
