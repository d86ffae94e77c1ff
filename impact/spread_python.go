package impact

import (
	"maps"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
)

// What Python does with names besides saying them.

// followPython goes on from a definition of a Python file: name is the one that its file has,
// of which it may be a member.
func (s *spread) followPython(a atom, f *spreadFile, name, member string) {
	s.followModules(a, f, name)
	s.followEntryPoints(a, f)
	if member == "" {
		s.followInstalled(a, f)
	}
	if member != "" {
		s.followRegistered(a, f, name)
	}
	if s.came[a] && s.lists(f, name) { // the file is there, and all its names can not be had
		s.followStars(a, f)
	}
}

// followPythonName goes to what says a name of a file: plainly in the file itself, and elsewhere
// where an import has it.
func (s *spread) followPythonName(f *spreadFile, name lang.NameHash, take func(g *spreadFile, to atom)) {
	s.index.here(s.files, f, lang.PyOwn(name), s.counted(take))
	s.mentioning(name, take)
	for _, top := range s.topsOf() {
		s.mentioning(lang.PyFromTop(top, name), take)
	}
}

// topsOf are the first parts of the paths by which files of Python import others here.
func (s *spread) topsOf() []lang.PyTop {
	if s.tops != nil {
		return s.tops
	}
	found := map[lang.PyTop]bool{}
	for i := range s.files {
		n := s.files[i].node
		if s.graph.Node(n).Language != "python" {
			continue
		}
		for _, e := range s.graph.outOf(n) {
			found[lang.PyTopOf(s.graph.Edge(e).Evidence.Detail)] = true
		}
	}
	s.tops = append([]lang.PyTop{}, slices.Sorted(maps.Keys(found))...)
	return s.tops
}

// followModules goes to what may find the name in a module by one that is put together at run
// time: in that of the file, or in one that hands the name on.
func (s *spread) followModules(a atom, f *spreadFile, name string) {
	near := s.dependents(f.node)
	s.followPyModule(a, f.node, f.node, near)
	for _, hash := range []lang.NameHash{lang.HashName(name), lang.Everything} {
		for _, e := range s.handedOn(hash) {
			if g := s.files[e.file].node; near[g] > 0 && e.as != "" {
				s.followPyModule(a, f.node, g, near)
			}
		}
	}
}

func (s *spread) followPyModule(a atom, from, module int32, near map[int32]int32) {
	if !s.once(ask{scope: from, name: lang.NameHash(module), kind: askModule}) {
		return
	}
	for _, name := range moduleNames(s.graph.Node(module).Path) {
		s.mentioning(lang.PyValueOf(lang.HashName(name)), func(g *spreadFile, to atom) {
			s.mayUse(a, from, near, g, to)
		})
	}
	s.mentioning(lang.PyOwnNames, func(g *spreadFile, to atom) {
		if g.node == module {
			s.stepBy(a, to, near[module], byLoading, anyName)
		}
	})
}

// subclasses is how Python finds the heirs of a class without their names.
var subclasses = lang.HashName("__subclasses__")

// mayUse goes to what may use any name of a file, if it depends on that.
func (s *spread) mayUse(a atom, from int32, near map[int32]int32, g *spreadFile, to atom) {
	edges := near[g.node]
	switch {
	case edges <= 0:
	case s.onlyHasText(from, g, to):
		s.endAt(to, s.onward(a, edges, byLoading, anyName))
	default:
		s.stepBy(a, to, edges, byLoading, anyName)
	}
}

// followRegistered goes to the files that import a module without ever saying so, for what
// loading it registers: a class, where its base or a decorator can keep it. So does who asks a
// class for its heirs. A file that only hands names of the module on is one of those where what
// keeps the class is not known to do nothing of the kind: else all packages were, whose
// __init__.py brings together what they have.
func (s *spread) followRegistered(a atom, f *spreadFile, class string) {
	if !s.once(ask{scope: f.node, name: lang.HashName(class), kind: askRegistered}) {
		return
	}
	for i := range f.count {
		if d := f.definition(i); d.Name == class && d.Runs {
			near := s.dependents(f.node)
			unsaid := []lang.NameHash{lang.PyUnsaid}
			if s.keepsClass(f, class) {
				unsaid = append(unsaid, lang.PyHandedOn)
			}
			names := append([]lang.NameHash{subclasses}, unsaid...)
			for _, top := range s.topsOf() {
				for _, name := range unsaid {
					names = append(names, lang.PyFromTop(top, name))
				}
			}
			for _, name := range names {
				s.mentioning(name, func(g *spreadFile, to atom) {
					s.mayUse(a, f.node, near, g, to)
				})
			}
			return
		}
	}
}

// moduleNames are what a file of Python is called behind the last dot, and behind the one
// before.
func moduleNames(p change.Path) []string {
	name, _, _ := strings.Cut(baseName(p), ".")
	if folder := folderOf(p); name == "__init__" && folder != "." {
		p = folder
		name = baseName(p)
	}
	if folder := folderOf(p); folder != "." {
		return []string{name, baseName(folder) + "." + name}
	}
	return []string{name}
}

// lists says that the __all__ of a file lists a name.
func (s *spread) lists(f *spreadFile, name string) bool {
	for _, e := range s.handedOn(lang.HashName(lang.PyListed(name))) {
		if &s.files[e.file] == f {
			return true
		}
	}
	return false
}

// followStars goes to the files that take all names of the file: others, now.
func (s *spread) followStars(a atom, f *spreadFile) {
	for _, e := range s.handedOn(lang.Everything) {
		if g := &s.files[e.file]; s.dependents(f.node)[g.node] > 0 {
			s.step(a, atom{g.node, whole}, s.dependents(f.node)[g.node], byLoading)
		}
	}
}

// followImports goes to the files that import the file itself: it is asked for any name there.
func (s *spread) followImports(a atom, f *spreadFile) {
	for _, e := range s.graph.Into(f.node) {
		if link := s.graph.Link(e); link.Kind == Imports {
			s.edge(a, atom{link.From, whole}, e, link)
		}
	}
}

// onlyLoads says that the __getattr__ of a module is reached since it loads another one when it
// is asked for a name: who asks for one that is reached says that. What it has otherwise it may
// use under a name that it puts together, which nobody says.
func (s *spread) onlyLoads(a atom) bool {
	r := s.way
	for r.edge != anyName && r.prev != a && r.prev.node == a.node {
		a = r.prev
		r = s.best.of(a)
	}
	return r.prev.node != a.node && s.loadsLate(a.node, r.prev.node)
}

// loadsLate says that a file has another one by its name in a text, and not otherwise.
func (s *spread) loadsLate(node, other int32) (late bool) {
	for _, e := range s.graph.outOf(node) {
		if s.graph.Link(e).To != other {
			continue
		}
		switch s.graph.Edge(e).Evidence.Source {
		case importSource[lang.Named], importSource[lang.Glob], importSource[lang.Dynamic]:
			late = true
		default:
			return false
		}
	}
	return late
}

// followPrograms goes to the files that may run the file as a program: python -m, runpy.
func (s *spread) followPrograms(a atom, f *spreadFile) {
	for _, e := range s.graph.Into(f.node) {
		if link := s.graph.Link(e); link.Kind == Imports {
			switch s.graph.Edge(e).Evidence.Source {
			case importSource[lang.Dynamic], importSource[lang.Handed]:
				s.edge(a, atom{link.From, whole}, e, link)
			}
		}
	}
}

// followInstalled goes to the files that run a program which is installed from the file: it calls
// a function of it, by which name only the settings tell.
func (s *spread) followInstalled(a atom, f *spreadFile) {
	for _, e := range s.graph.Into(f.node) {
		link := s.graph.Link(e)
		if evidence := s.graph.Edge(e).Evidence; evidence.Source == importSource[lang.Handed] && !strings.Contains(evidence.Detail, "/") && !strings.HasSuffix(evidence.Detail, ".py") {
			s.edge(a, atom{link.From, whole}, e, link)
		}
	}
}

// followEntryPoints goes to who may load what a file defines as an entry point.
func (s *spread) followEntryPoints(a atom, f *spreadFile) {
	for _, e := range s.graph.Into(f.node) {
		link := s.graph.Link(e)
		i, ok := s.place(link.From)
		if link.Kind != References || !ok || s.graph.Edge(e).Evidence.Source != serves {
			continue
		}
		names := slices.Clone(lang.PyEntryPoints)
		for _, top := range s.topsOf() {
			for _, name := range lang.PyEntryPoints {
				names = append(names, lang.PyFromTop(top, name))
			}
		}
		for _, name := range names {
			s.index.here(s.files, &s.files[i], name, s.counted(func(_ *spreadFile, to atom) {
				s.edge(a, to, e, link)
			}))
		}
	}
}

// followDoctests goes to what runs the examples of a file with doctest: what the file says of it
// itself, and who has the module as a value and doctest.
func (s *spread) followDoctests(a atom, f *spreadFile) {
	for _, name := range []string{"doctest", "testmod"} {
		s.index.here(s.files, f, lang.PyFrom("doctest", lang.HashName(name)), s.counted(func(g *spreadFile, to atom) {
			s.step(a, to, 0, byName)
		}))
	}
	near := s.dependents(f.node)
	for _, name := range moduleNames(s.graph.Node(f.node).Path) {
		s.mentioning(lang.PyTested(lang.HashName(name)), func(g *spreadFile, to atom) {
			s.mayUse(a, f.node, near, g, to)
		})
	}
}
