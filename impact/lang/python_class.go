package lang

import (
	"slices"
	"strings"
	"sync"
)

// What runs when a class of Python is made. The class statement calls the metaclass, and of the
// bases __init_subclass__ and its like; their other methods it only takes over. So a file says of
// its classes what they are made of, in Exports that nobody can mean: "@<C base" for each base of
// C, "@<C ?" where that is not understood, and "@<C" where bases are all because of which C may
// run something. Whether they do is told by the files that define them: see PyMakes.

// pyUnclear stands for a base of which the name does not tell what it is.
const pyUnclear = "?"

// basesOf notes what a class is made of; others says that more of it runs than its bases.
func (r *pyReader) basesOf(b *pyBlock, others bool) {
	say := func(base string) { r.facts.Exports = append(r.facts.Exports, Export{Name: PyBase(b.name, base)}) }
	open := b.own + 1
	if r.kind(open) == '[' { // class C[T](Base)
		open = r.next(open)
	}
	if b.first < b.keyword && !r.keepsClass(b.first, b.keyword) {
		say(pyUnclear)
	}
	if r.kind(open) != '(' {
		return
	}
	found := false
	for i := open + 1; i < r.next(open)-1; {
		end := i
		for end < r.next(open)-1 && r.kind(end) != ',' {
			end = r.next(end)
		}
		base := r.baseOf(row{i, end})
		if base == "" {
			say(pyUnclear)
			return
		}
		if base != pyAbstract {
			say(base)
		}
		found = true
		i = end + 1
	}
	if !found {
		return
	}
	if !others {
		say("")
		r.need(row{open + 1, r.next(open) - 1}, !r.takesAll)
	}
}

// PyBase is handed on by a file whose class has a base: see python_class.go.
func PyBase(class, base string) string {
	if base == "" {
		return "@<" + class
	}
	return "@<" + class + " " + base
}

// pyAbstract stands for the metaclass of the standard library that makes abstract classes, and for
// a switch such as total=False: it makes nothing run that the other bases do not.
const pyAbstract = "metaclass=ABCMeta"

// baseOf is the dotted name of a base, behind which a type may stand in brackets; empty for
// anything else.
func (r *pyReader) baseOf(s row) string {
	i := s.from
	if r.word(i, "metaclass") && r.kind(i+1) == '=' {
		if s.to == i+3 && r.word(i+2, "ABCMeta") || s.to == i+5 && r.word(i+2, "abc") && r.word(i+4, "ABCMeta") {
			if r.isFromABC(string(r.text(i + 2))) {
				return pyAbstract
			}
		}
		return ""
	}
	if r.kind(i+1) == '=' && s.to == i+3 && (r.word(i+2, "True") || r.word(i+2, "False")) {
		return pyAbstract // it is for what the bases say about their heirs
	}
	name := ""
	for ; i < s.to && r.kind(i) == tokenWord; i += 2 {
		if r.keywords.has(NameHash(r.tok[i].value)) {
			return ""
		}
		if name += string(r.text(i)); i+1 >= s.to || r.kind(i+1) != '.' {
			i++
			break
		}
		name += "."
	}
	if name == "" || strings.HasSuffix(name, ".") || len(name) > maxSpec {
		return ""
	}
	switch {
	case i == s.to:
		return name
	case r.kind(i) == '[' && r.next(i) == s.to && !r.calls(row{i + 1, s.to - 1}):
		return name
	}
	return ""
}

// isFromABC says that a name can only be the module abc or what is imported from it.
func (r *pyReader) isFromABC(name string) bool {
	found := false
	for i := range r.facts.Imports {
		imp := &r.facts.Imports[i]
		if imp.Spec != name && !slices.Contains(imp.Names, name) && !slices.Contains(imp.Names, "*") {
			continue
		}
		if imp.Spec != "abc" || imp.Level != 0 {
			return false
		}
		found = true
	}
	return found && r.bindings[name] == 0 && len(r.names[HashName(name)]) == 0
}

// keepsClass says that each decorator of a class is one that gives back a class made as this one:
// those that everybody knows, and that of dataclasses.
func (r *pyReader) keepsClass(from, to int) bool {
	for i := from; i < to; i++ {
		if r.kind(i) != '@' || r.kind(i-1) != tokenLine {
			continue
		}
		last := i + 1
		for r.kind(last) == tokenWord && r.kind(last+1) == '.' {
			last += 2
		}
		if last >= to || r.kind(last) != tokenWord || !r.isPassive(i+1, last) && !(r.word(last, "dataclass") && r.isOfLibrary(i+1)) {
			return false
		}
	}
	return true
}

// PyMakes are the members of a class that run when another one is made of it.
var PyMakes = [...]string{"__init_subclass__", "__class_getitem__", "__mro_entries__", "__metaclass__"}

// PyMakesNothing says that no class of a module outside of the tree runs a method when another
// one is made of it, but by what PyMakes names: neither do the builtins, of which the module is "".
func PyMakesNothing(module string, name string) bool {
	top, _, _ := strings.Cut(module, ".")
	if top == "" {
		return pyBuiltinClasses()[name]
	}
	if _, standard := slices.BinarySearch(pyStandard[:], top); standard {
		return top != "enum" // which makes its members
	}
	return pyMakesNothing()[top]
}

// pyMakesNothing are libraries whose metaclasses, where they have any, call nothing of a class but
// what is made in its body.
var pyMakesNothing = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`_pytest click django docutils flask httpx itsdangerous jinja2 markupsafe pluggy pytest requests
		rest_framework setuptools simplejson sphinx starlette typing_extensions urllib3 werkzeug`) {
		m[name] = true
	}
	return m
})

// pyBuiltinClasses are those that others are made of.
var pyBuiltinClasses = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`object type bool int float complex str bytes bytearray list tuple dict set frozenset property
		staticmethod classmethod super
		BaseException BaseExceptionGroup GeneratorExit KeyboardInterrupt SystemExit Exception ExceptionGroup ArithmeticError
		AssertionError AttributeError BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
		ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError
		EncodingWarning EnvironmentError FileExistsError FileNotFoundError FloatingPointError FutureWarning IOError ImportError
		ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError LookupError MemoryError
		ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError PendingDeprecationWarning
		PermissionError ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning
		StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError TabError TimeoutError TypeError UnboundLocalError
		UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning
		ZeroDivisionError`) {
		m[name] = true
	}
	return m
})
