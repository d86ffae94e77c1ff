package impact

import (
	"strings"

	"custody/impact/lang"
)

// Classes of Python that run nothing when their file is loaded, though they have bases.

// isMade stands before the name of a class, of which is asked whether others can be made of it
// and nothing runs: then it "keeps nothing".
const isMade = "<"

// derivesOnly says that a class, which may run something when its file is loaded, only does so by
// its bases, and that these run nothing: no metaclass, no __init_subclass__ is among them. A class
// that others were made of runs when somebody says one of these.
func (s *spread) derivesOnly(f *spreadFile, d *lang.Definition) bool {
	if s.factsOf == nil || d.Kind != lang.Class || s.graph.Node(f.node).Language != "python" {
		return false
	}
	name := d.Name
	facts := s.askWrappers(f)
	if facts == nil {
		return false
	}
	only := lang.PyBase(name, "")
	for _, e := range facts.Exports {
		if e.Name == only {
			return s.wrappers.ask(f.node, isMade+name) == keepsNothing
		}
	}
	return false
}

// keepsClass says that somebody may keep a class when it is made: one of its bases, its metaclass
// or a decorator.
func (s *spread) keepsClass(f *spreadFile, class string) bool {
	if s.factsOf == nil {
		return true
	}
	facts := s.askWrappers(f)
	return facts == nil || !s.wrappers.basesMakeNothing(f.node, facts, class)
}

// findClass looks for a class of a file, or one that the file has from elsewhere.
func (w *pyWrappers) findClass(node int32, facts *lang.Facts, class string) answer {
	found := notThere
	for i := range facts.Definitions {
		if d := &facts.Definitions[i]; d.Name == class {
			if d.Kind != lang.Class {
				return mayKeep
			}
			found = keepsNothing
		}
	}
	if found == keepsNothing && !w.makesNothing(node, facts, class) {
		return mayKeep
	}
	for _, e := range facts.Exports {
		if e.As != class && e.As != "*" || e.Import >= len(facts.Imports) {
			continue
		}
		theirs := class
		if e.As == class {
			theirs = e.Name
		}
		switch w.imported(node, &facts.Imports[e.Import], theirs) {
		case keepsNothing:
			found = keepsNothing
		case mayKeep:
			return mayKeep
		case notThere:
			if e.As == class {
				return mayKeep // a value, or a module
			}
		}
	}
	return found
}

// imported is what a class is that a file has from an import.
func (w *pyWrappers) imported(node int32, imp *lang.Import, class string) answer {
	from, known := w.targets(node, imp)
	if !known {
		if imp.Level > 0 || !lang.PyMakesNothing(imp.Spec, class) {
			return mayKeep
		}
		return keepsNothing
	}
	found := notThere
	for _, target := range from {
		switch a := w.ask(target, isMade+class); a {
		case mayKeep:
			return mayKeep
		case keepsNothing:
			found = a
		case askedBefore:
			if found == notThere {
				found = a
			}
		}
	}
	return found
}

// makesNothing says that a class which the file defines has no member that runs when another one
// is made of it, and no base that has.
func (w *pyWrappers) makesNothing(node int32, facts *lang.Facts, class string) bool {
	for _, member := range lang.PyMakes {
		if defines(facts, class+"."+member) > 0 {
			return false
		}
	}
	return w.basesMakeNothing(node, facts, class)
}

func (w *pyWrappers) basesMakeNothing(node int32, facts *lang.Facts, class string) bool {
	for _, e := range facts.Exports {
		if base, ok := strings.CutPrefix(e.Name, lang.PyBase(class, "")+" "); ok && !w.baseMakesNothing(node, facts, class, base) {
			return false
		}
	}
	return true
}

// baseMakesNothing says so of a base of the class, by its name there.
func (w *pyWrappers) baseMakesNothing(node int32, facts *lang.Facts, class, base string) bool {
	first, rest, dotted := strings.Cut(base, ".")
	for around := class; strings.Contains(around, "."); { // the names of a class around it come first
		around = around[:strings.LastIndexByte(around, '.')]
		if defines(facts, around+"."+first) > 0 {
			return false
		}
	}
	if !dotted {
		switch w.ask(node, isMade+base) {
		case keepsNothing, askedBefore:
			return true
		case notThere:
			return lang.PyMakesNothing("", base)
		}
		return false
	}
	if defines(facts, first) > 0 {
		return w.ask(node, isMade+base) == keepsNothing
	}
	found := false
	local, last := lang.HashName(first), rest[strings.LastIndexByte(rest, '.')+1:]
	for _, b := range facts.Bound {
		if b.Local != local || b.Import >= len(facts.Imports) {
			continue
		}
		switch w.imported(node, &facts.Imports[b.Import], last) {
		case keepsNothing, askedBefore:
			found = true
		case mayKeep:
			return false
		}
	}
	return found
}
