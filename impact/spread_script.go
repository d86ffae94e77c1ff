package impact

import (
	"strings"

	"custody/impact/lang"
)

// What ECMAScript does with names: see lang/script_name.go.

func (s *spread) isScript(f *spreadFile) bool {
	return family(s.graph.Node(f.node).Language) == "script"
}

// nature says that an atom of a script is a value and no type.
func (s *spread) nature(a atom) uint8 {
	f := &s.files[s.at[a.node]-1]
	if !s.isScript(f) {
		return 0
	}
	switch f.kind(a.def) {
	case lang.Function, lang.Variable, lang.Constant:
		if _, member := cutMember(f.definition(a.def).Name); member == "" {
			return askOfValue
		}
	}
	return 0
}

// followScriptName goes to what says the name of an atom, in its own file and elsewhere. What
// a file of declarations says may hold for others that import no name of it.
func (s *spread) followScriptName(a atom, f *spreadFile, name lang.NameHash, take func(*spreadFile, atom)) {
	own, others := name, lang.ScriptTaken(name)
	here := func(name lang.NameHash) { s.index.here(s.files, f, name, s.counted(take)) }
	if strings.Contains(baseName(s.graph.Node(f.node).Path), ".d.") {
		here = func(name lang.NameHash) { s.mentioning(name, take) }
	}
	here(own)
	s.mentioning(others, take)
	if s.nature(a) == 0 {
		here(lang.ScriptTyped(own))
		s.mentioning(lang.ScriptTyped(others), take)
	}
}

// followScript goes on from a definition of a script: name is the one that its file has, of
// which it may be a member.
func (s *spread) followScript(a atom, f *spreadFile, name, member string) {
	near := s.dependents(f.node)
	s.followModule(a, f, f.node, near)
	for _, e := range s.handedOn(lang.HashName(name)) {
		if g := s.files[e.file].node; near[g] > 0 && e.as != "" {
			s.followModule(a, f, g, near)
		}
	}
	if member != "" && s.isRegistered(f, name) {
		s.load(a, f)
	}
}

// followModule goes to what may find a name of a file in a module that it has as a value: in
// that of the file, or in one that hands on names of it.
func (s *spread) followModule(a atom, f *spreadFile, module int32, near map[int32]int32) {
	if !s.once(ask{scope: f.node, name: lang.NameHash(module), kind: askModule}) {
		return
	}
	stars := s.starsOf()
	known := map[int32]bool{module: true}
	for list := []int32{module}; len(list) > 0; list = list[1:] {
		for _, e := range s.graph.Into(list[0]) {
			s.count()
			link := s.graph.Link(e)
			i, ok := s.place(link.From)
			edges := near[link.From]
			if !ok || edges == 0 || link.Kind != Imports {
				continue
			}
			g := &s.files[i]
			for _, every := range []lang.NameHash{lang.Everything, lang.ScriptEvery(s.graph.Edge(e).Evidence.Detail)} {
				s.index.here(s.files, g, every, s.counted(func(g *spreadFile, to atom) {
					s.stepBy(a, to, edges, byLoading, anyName)
				}))
			}
			if stars[link.From] && !known[link.From] {
				known[link.From] = true
				list = append(list, link.From)
			}
		}
	}
	for _, e := range s.handedOn(lang.Everything) {
		if g := &s.files[e.file]; known[g.node] && e.as != "" && e.as != "*" {
			s.followNamespace(a, f, g, e.as)
		}
	}
}

// starsOf are the files that hand on all names of others.
func (s *spread) starsOf() map[int32]bool {
	if s.stars == nil {
		s.stars = map[int32]bool{}
		for _, e := range s.handedOn(lang.Everything) {
			if e.as != "" {
				s.stars[s.files[e.file].node] = true
			}
		}
	}
	return s.stars
}

// followNamespace goes to what has all names of a file as the value that another one hands on
// under a name: "export * as z", "import * as z; export default z".
func (s *spread) followNamespace(a atom, f, g *spreadFile, as string) {
	name := lang.HashName(as)
	if !s.once(ask{scope: f.node, name: name ^ lang.NameHash(g.node), kind: askNamespace}) {
		return
	}
	near, from := s.dependents(f.node), map[int32]bool{}
	if name == defaultName { // whoever says it means one that it imports
		for _, e := range s.graph.Into(g.node) {
			from[s.graph.Link(e).From] = true
		}
	}
	s.mentioning(lang.ScriptValueOf(name), func(h *spreadFile, to atom) {
		if edges := near[h.node]; edges > 0 && (name != defaultName || from[h.node]) {
			s.stepBy(a, to, edges, byLoading, anyName)
		}
	})
	for _, e := range s.handedOn(name) {
		if h := &s.files[e.file]; near[h.node] > 0 && e.as != "" && e.as != "*" && (e.as != as || name == defaultName) && (name != defaultName || from[h.node]) {
			s.followNamespace(a, f, h, e.as)
		}
	}
}

// isRegistered says that something happens to a class when its file is loaded: a decorator
// may keep it, and whoever finds it there says no name of it.
func (s *spread) isRegistered(f *spreadFile, class string) bool {
	if !s.once(ask{scope: f.node, name: lang.HashName(class), kind: askRegistered}) {
		return false
	}
	for i := range f.count {
		if d := s.definition(f, i); d.Kind == lang.Class && d.Name == class {
			return d.Runs
		}
	}
	return false
}

// handsDefault says that the default that a file hands on under a name, or that it imports,
// may be that of another one, which it imports.
func (s *spread) handsDefault(g, f *spreadFile, as string) bool {
	facts := g.facts
	if facts == nil && s.factsOf != nil {
		facts = s.factsOf(g.node)
	}
	if facts == nil || as == "" || !s.isScript(g) {
		return true
	}
	known := false
	for _, e := range facts.Exports {
		if e.Name != "default" || e.As != as || e.Import >= len(facts.Imports) {
			continue
		}
		known = true
		for _, edge := range s.graph.outOf(g.node) {
			if s.graph.Link(edge).To == f.node && lang.ScriptMayBeSame(facts.Imports[e.Import].Spec, s.graph.Edge(edge).Evidence.Detail) {
				return true
			}
		}
	}
	return !known
}

// keepsOnly says that a value, which is made by calls when its file is loaded, is made by such
// alone that run nothing of what they are given, and put it nowhere else: see
// lang/script_keeper.go. Then who runs that says the name of the value.
func (s *spread) keepsOnly(f *spreadFile, d *lang.Definition) bool {
	if s.factsOf == nil || d.Kind != lang.Variable && d.Kind != lang.Constant || !s.isScript(f) {
		return false
	}
	name := d.Name
	facts := s.askWrappers(f)
	if facts == nil || defines(facts, name) != 1 {
		return false
	}
	found := false
	for _, e := range facts.Exports {
		by, ok := strings.CutPrefix(e.Name, "@@"+name+" ")
		if !ok {
			continue
		}
		from, known := []int32{f.node}, true
		if there, imported := strings.CutPrefix(by, "<"); imported {
			if from, by, known = s.keeperFiles(f.node, facts, e.Import, there); !known {
				return false
			}
		}
		for _, node := range from {
			if s.wrappers.ask(node, by) != keepsNothing {
				return false
			}
		}
		found = true
	}
	return found
}

// keeperFiles are those that a function may be defined in, and its name there, of an import
// and a name of it.
func (s *spread) keeperFiles(node int32, facts *lang.Facts, place int, name string) (from []int32, in string, known bool) {
	if place >= len(facts.Imports) {
		return nil, "", false
	}
	from, known = s.wrappers.targets(node, &facts.Imports[place])
	module, in, dotted := strings.Cut(name, ".")
	if !known || !dotted {
		return from, name, known
	}
	var inside []int32
	for _, node := range from {
		facts := s.factsOf(node)
		if facts == nil {
			return nil, "", false
		}
		found := false
		for _, e := range facts.Exports {
			if e.As != module || e.Name != "*" || e.Import >= len(facts.Imports) {
				continue
			}
			targets, known := s.wrappers.targets(node, &facts.Imports[e.Import])
			if !known {
				return nil, "", false
			}
			inside, found = append(inside, targets...), true
		}
		if !found {
			return nil, "", false
		}
	}
	return inside, in, true
}
