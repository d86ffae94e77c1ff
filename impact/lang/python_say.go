package lang

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What a name of Python can mean where it is said: a definition of the file itself, or of
// another one from which an import has it. Behind a dot it can mean a definition only where
// what stands before the dot is a module, and modules have names: who has one as a value says
// so (see PyValueOf).

// PyOwn is mentioned where a file says a name that it defines itself, and has from nowhere else.
func PyOwn(name NameHash) NameHash { return (name ^ 0x1b873593) * fnvPrime32 }

// PyFrom is mentioned where a file says a name that it has from an import of an absolute path,
// or one behind it: who has it from another package of the tree, or from outside, means
// something else. The first part of the path alone decides; two may count as one.
func PyFrom(path string, name NameHash) NameHash {
	return PyFromTop(PyTopOf(path), name)
}

// A PyTop stands for the first part of the path of an import.
type PyTop uint16

// PyTopOf is that of a path. All that are not plain ASCII, which are not kept as they are
// written, have the same.
func PyTopOf(path string) PyTop {
	top, _, _ := strings.Cut(path, ".")
	for i := range len(top) {
		if !isIdent(top[i]) || top[i] >= utf8.RuneSelf {
			return 0
		}
	}
	h := HashName(top)
	return PyTop(h ^ h>>16)
}

// PyFromTop is PyFrom for what is known of the path.
func PyFromTop(top PyTop, name NameHash) NameHash {
	return (name ^ (NameHash(top)+1)*0x9e3779b1) * fnvPrime32
}

// pyNames are what the names of a file can mean.
type pyNames struct {
	meaning  []pyMeaning              // of each token
	own      map[NameHash]bool        // defined outside of functions and classes
	from     map[NameHash][]pyBinding // bound by imports
	tests    bool                     // it has doctest
	takesAll bool                     // some may come from another file of which all are imported
}

// isOwn says that the word at i is a name of the function around it.
func (n *pyNames) isOwn(i int) bool {
	return n.meaning[i] == pyLocal
}

// pyBinding is what an import binds to a name.
type pyBinding struct {
	name     NameHash // as it is called there
	top      PyTop
	relative bool
	passive  bool // of pyPassiveLibraries
}

func newPyBinding(path string, relative bool) pyBinding {
	top, _, _ := strings.Cut(path, ".")
	return pyBinding{top: PyTopOf(top), relative: relative, passive: !relative && pyPassiveLibraries()[top]}
}

// maxPyBindings is how many imports of one name are told apart.
const maxPyBindings = 16

// maxPyChain is how many names behind each other are followed back to the first one.
const maxPyChain = 8

// pyAnywhere are names that mean something behind whatever stands before the dot: the heirs of a
// class, and what anything says of itself.
var pyAnywhere = [...]NameHash{HashName("__subclasses__"), HashName("__doc__")}

// sayPython collects the word at i.
func (o *outline) sayPython(i int) {
	name := NameHash(o.tok[i].value)
	switch m := o.python.meaning[i]; {
	case m == pyAny:
	case m == pyImported:
		o.seen.add(uint32(name))
		return
	case m >= pyImportedFrom:
		if !o.keywords.has(name) {
			o.seen.add(uint32(PyFromTop(PyTop(m-pyImportedFrom), name)))
		}
		return
	default:
		return
	}
	first := i
	for n := 0; o.kind(first-1) == '.'; n++ {
		if o.kind(first-2) != tokenWord || n == maxPyChain {
			if slices.Contains(pyAnywhere[:], name) || n == maxPyChain {
				o.seen.add(uint32(name))
			}
			return
		}
		first -= 2
	}
	if first < i && slices.Contains(pyAnywhere[:], name) {
		o.seen.add(uint32(name))
		return
	}
	if o.python.meaning[first] != pyAny {
		return
	}
	root := NameHash(o.tok[first].value)
	from := o.python.from[root]
	for _, b := range from {
		if b.relative {
			o.seen.add(uint32(name))
			continue
		}
		o.seen.add(uint32(PyFromTop(b.top, name)))
		if first == i {
			o.seen.add(uint32(PyFromTop(b.top, b.name)))
		}
	}
	own := o.python.own[root]
	if own && first == i {
		o.seen.add(uint32(PyOwn(name)))
	}
	if o.python.takesAll || len(from) == 0 && !own {
		o.seen.add(uint32(name))
	}
}
