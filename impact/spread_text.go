package impact

import "custody/impact/lang"

// Names in strings: "a.b.C" in the settings of a framework, in a registry. Whoever says such a
// name in a function may load what it means there. A value only has the text, and what happens
// to it is not known: it is reached, and nobody by it.

// An end is reached, and nothing by it.
type end struct {
	at atom
	by reach
}

// onlyHasText says that an atom of g has nothing of a file but its name in a string, or is in
// a file that has it so, and does nothing with it itself.
func (s *spread) onlyHasText(node int32, g *spreadFile, to atom) bool {
	return g.node != node && s.holdsText(g, to) && s.onlyByText(node, g)
}

// onlyByText says that a file depends on another one only over names in strings.
func (s *spread) onlyByText(node int32, g *spreadFile) bool {
	if s.dependents(node); !s.nearTexts {
		return false
	}
	if s.codeOf != node {
		s.meetByCode(node)
	}
	return s.byCode[g.node] != s.round
}

// meetByCode marks the files that depend on one over code alone.
func (s *spread) meetByCode(node int32) {
	if s.byCode == nil {
		s.byCode = make([]uint32, s.graph.Len())
	}
	s.codeOf = node
	s.round++
	s.byCode[node] = s.round
	for rest := []int32{node}; len(rest) > 0; {
		n := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		for _, e := range s.graph.Into(n) {
			link := s.graph.Link(e)
			s.work++
			if s.byCode[link.From] != s.round && link.Kind != Requires && link.Kind != References {
				s.byCode[link.From] = s.round
				rest = append(rest, link.From)
			}
		}
	}
}

// holdsText says that an atom is a value, or code that is run when its file is loaded.
func (s *spread) holdsText(g *spreadFile, to atom) bool {
	if to.def < 0 {
		return to.def == loose
	}
	kind := g.kind(to.def)
	return kind == lang.Variable || kind == lang.Constant
}

// endAt notes that an atom is reached, if nothing better does.
func (s *spread) endAt(to atom, by reach) { s.ends = append(s.ends, end{to, by}) }

// takeEnds adds them when all others are known.
func (s *spread) takeEnds() {
	for _, e := range s.ends {
		if s.calls {
			s.only.add(e.at)
			continue
		}
		old := s.best.slot(e.at)
		if !old.known || !old.final && (e.by.distance < old.distance || e.by.distance == old.distance && e.by.confidence > old.confidence) {
			s.best.put(old, e.at, e.by)
		}
	}
}

// followServices goes to those who may have what a file of Java defines from a service loader.
func (s *spread) followServices(a atom, f *spreadFile) {
	for _, e := range s.graph.Into(f.node) {
		link := s.graph.Link(e)
		i, ok := s.place(link.From)
		if link.Kind != References || !ok || s.graph.Edge(e).Evidence.Source != serves {
			continue
		}
		here := false
		s.index.here(s.files, &s.files[i], lang.ServiceLoader, func(g *spreadFile, def int32) bool {
			here = true
			s.count()
			s.edge(a, atom{g.node, def}, e, link)
			return !s.over
		})
		if !here { // it has them from another file that does
			s.edge(a, atom{link.From, whole}, e, link)
		}
	}
}

// nameInText goes from a file as a whole to what names it in a string.
func (s *spread) nameInText(a atom, f *spreadFile, edge int32, link Link) {
	named := false
	s.index.here(s.files, f, lang.HashName(moduleNames(s.graph.Node(a.node).Path)[0]), func(_ *spreadFile, def int32) bool {
		s.count()
		s.nameFound(a, f, atom{f.node, def}, edge, link)
		named = true
		return !s.over
	})
	if !named { // the name is another one, such as that of a folder
		s.nameFound(a, f, atom{f.node, loose}, edge, link)
	}
}

func (s *spread) nameFound(a atom, f *spreadFile, to atom, edge int32, link Link) {
	if !s.holdsText(f, to) {
		s.edge(a, to, edge, link)
		return
	}
	s.endAt(to, reach{distance: s.way.distance + 1, confidence: max(s.way.confidence*link.Confidence/1000, 1), prev: a, edge: edge})
}
