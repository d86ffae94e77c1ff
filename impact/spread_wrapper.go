package impact

import (
	"strings"

	"custody/impact/lang"
)

// A pyWrappers finds out whether decorators of Python keep what they are given, and whether
// something runs when a class is made, which is told by the files that define them: see
// lang/python_wrapper.go and lang/python_class.go. Those need not be among the files that a
// change can reach.
type pyWrappers struct {
	graph *Graph
	facts func(node int32) *lang.Facts
	other func(node int32) (facts *lang.Facts, changed bool)
	known map[decorator]answer
	open  map[decorator]bool // asked, and not answered yet
	work  *int               // of the spread
	round bool               // what is open was asked again: what was found meanwhile holds there only
}

// A decorator is a name as it is used in a file: "name" or "name()"; behind isMade that of a class.
type decorator struct {
	node int32
	name string
}

// An answer says what is known of a name in a file.
type answer uint8

const (
	notThere answer = iota
	keepsNothing
	mayKeep
	askedBefore // it is what is being looked for
)

// wrapsOnly says that a function, which would run when its file is loaded, only does so by
// decorators that keep nothing: then who runs it says its name.
func (s *spread) wrapsOnly(f *spreadFile, d *lang.Definition) bool {
	if s.factsOf == nil || d.Kind != lang.Function && d.Kind != lang.Method || s.graph.Node(f.node).Language != "python" {
		return false
	}
	name := d.Name
	facts := s.askWrappers(f)
	if facts == nil {
		return false
	}
	class := name[:strings.LastIndexByte(name, '.')+1]
	found := false
	for _, e := range facts.Exports {
		by, ok := strings.CutPrefix(e.Name, "@@"+name+" ")
		if !ok {
			continue
		}
		if class != "" && defines(facts, class+strings.TrimSuffix(by, "()")) > 0 || s.wrappers.ask(f.node, by) != keepsNothing {
			return false
		}
		found = true
	}
	return found && defines(facts, name) == 1 // of two nobody knows which one is meant
}

// askWrappers makes ready to ask about what a file says, which it gives; nil: it is not known.
func (s *spread) askWrappers(f *spreadFile) *lang.Facts {
	if s.wrappers == nil {
		s.wrappers = &pyWrappers{graph: s.graph, facts: s.factsOf, other: s.otherOf, known: map[decorator]answer{}, open: map[decorator]bool{}, work: &s.work}
	}
	if f.facts != nil {
		return f.facts
	}
	return s.factsOf(f.node)
}

// defines counts the definitions of a name in a file, but for types that are nothing else.
func defines(facts *lang.Facts, name string) (n int) {
	for i := range facts.Definitions {
		if d := &facts.Definitions[i]; d.Name == name && d.Kind != lang.Interface && d.Kind != lang.Type {
			n++
		}
	}
	return n
}

// ask says what a decorator does that a file names.
func (w *pyWrappers) ask(node int32, name string) answer {
	key := decorator{node, name}
	if was, ok := w.known[key]; ok {
		return was
	}
	if w.open[key] {
		w.round = true
		return askedBefore // whoever comes back here finds nothing new
	}
	if *w.work++; *w.work > maxSymbolWork {
		return mayKeep
	}
	w.open[key] = true
	found := w.find(node, name)
	delete(w.open, key)
	if len(w.open) == 0 {
		w.round = false
	}
	if !w.round {
		w.known[key] = found
	}
	return found
}

func (w *pyWrappers) find(node int32, name string) answer {
	facts := w.facts(node)
	if facts == nil {
		return mayKeep
	}
	if class, ok := strings.CutPrefix(name, isMade); ok {
		return w.findClass(node, facts, class)
	}
	plain := strings.TrimSuffix(strings.TrimSuffix(name, "()"), "!")
	found := notThere
	switch defines(facts, plain) {
	case 0:
	case 1:
		if found = w.own(node, facts, name); found != keepsNothing {
			return mayKeep
		}
	default:
		return mayKeep
	}
	for _, e := range facts.Exports {
		if e.As != plain && e.As != "*" || e.Import >= len(facts.Imports) {
			continue
		}
		theirs := name
		if e.As == plain {
			theirs = e.Name + strings.TrimPrefix(name, plain)
		}
		from, known := w.targets(node, &facts.Imports[e.Import])
		if !known {
			return mayKeep // it may come from outside of the tree
		}
		there := notThere
		for _, target := range from {
			switch w.ask(target, theirs) {
			case mayKeep:
				return mayKeep
			case keepsNothing:
				there, found = keepsNothing, keepsNothing
			case askedBefore:
				there = keepsNothing
			}
		}
		if there == notThere && e.As == plain {
			return mayKeep
		}
	}
	return found
}

// own is what the file says of a definition of its own.
func (w *pyWrappers) own(node int32, facts *lang.Facts, name string) answer {
	found := notThere
	for _, e := range facts.Exports {
		if e.Name == "@"+name {
			found = keepsNothing
		}
		other, ok := strings.CutPrefix(e.Name, "@"+name+" ")
		if ok && w.ask(node, other) != keepsNothing {
			return mayKeep
		}
	}
	if found == keepsNothing && family(w.graph.Node(node).Language) == "script" {
		other, changed := w.other(node)
		if plain := strings.TrimSuffix(name, "!"); changed && (other == nil || keptCode(facts, plain) != keptCode(other, plain)) {
			return mayKeep // what it does at once is not what it did
		}
	}
	return found
}

// keptCode is the digest of what a function of a script runs at once, as text.
func keptCode(facts *lang.Facts, name string) string {
	for _, e := range facts.Exports {
		if code, ok := strings.CutPrefix(e.Name, "@#"+name+" "); ok {
			return code
		}
	}
	return ""
}

// targets are the files that an import of a file leads to.
func (w *pyWrappers) targets(node int32, imp *lang.Import) (list []int32, known bool) {
	detail := clip(imp.Spec)
	for _, e := range w.graph.outOf(node) {
		link := w.graph.Link(e)
		if link.Kind != Imports || family(w.graph.Node(link.To).Language) != family(w.graph.Node(node).Language) {
			continue
		}
		if edge := w.graph.Edge(e); (edge.Evidence.Line == imp.Line || !strings.HasPrefix(w.graph.Node(node).Language, "py")) && edge.Evidence.Detail == detail {
			list = append(list, link.To)
		}
	}
	return list, len(list) > 0
}
