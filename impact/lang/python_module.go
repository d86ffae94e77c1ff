package lang

import (
	"sort"
	"sync"
)

// Modules of Python as values. Whoever has a module can find any name in it by one that is
// put together at run time: getattr(m, "do_" + x), vars(m)[x], m.__dict__. He got it from
// somebody who says its name and neither a dot nor a call behind it, or from what loads
// modules by their names.

// PyValueOf is mentioned where a name that may be a module's stands for a value: by the
// definition that says it, not by the one that looks into the value.
func PyValueOf(name NameHash) NameHash { return (name ^ 0x5bd1e995) * fnvPrime32 }

// PyOwnNames is mentioned by what may use any name of its own file: globals()[x].
var PyOwnNames = HashName("globals()")

// PyUnsaid is mentioned by a file that imports a module and never says it: for what loading
// it registers, such as classes that their base finds.
var PyUnsaid = HashName("import *")

// pyLookups are the words by which Python finds a module, or a name of its own, that is put
// together at run time.
var pyLookups = sync.OnceValue(func() *keywordSet { return newKeywords(pyLookupWords) })

const pyLookupWords = `globals modules import_module __import__ importorskip getmodule module_from_spec load_module exec_module run_path`

// pyRouteLookups are those of a file that has Django's include, too.
var pyRouteLookups = sync.OnceValue(func() *keywordSet { return newKeywords(pyLookupWords + " include") })

// pyLooksUp says that the word at i, one of pyLookups, gives a module that is known only when
// it runs. One whose name is written out is mentioned.
func pyLooksUp(o *outline, i int) bool {
	open := i + 1
	switch string(o.text(i)) {
	case "globals":
		o.seen.add(uint32(PyOwnNames))
		return false
	case "modules": // sys.modules
		if o.kind(i-1) != '.' || !o.word(i-2, "sys") {
			return false
		}
		if o.kind(open) == '.' && o.word(open+1, "get") {
			open += 2
		}
		if o.kind(open) == '[' && o.word(open+1, "__name__") && o.kind(open+2) == ']' {
			o.seen.add(uint32(PyOwnNames))
			return false
		}
		if o.kind(open) != '[' && o.kind(open) != '(' {
			return true
		}
	case "include":
		if o.kind(open) != '(' || o.kind(open+1) != tokenString {
			return false // it takes a module, which has a name
		}
	}
	if o.kind(open) != '(' && o.kind(open) != '[' {
		return !o.isImported(i) // handed on as a value
	}
	name, end := open+1, o.next(open)-1
	if o.kind(name) != tokenString || name+1 != end && o.kind(name+1) != ',' {
		return name < end
	}
	for part := range pyNames(o.text(name)) {
		o.seen.add(uint32(PyValueOf(HashName(part))))
	}
	return false
}

// pyNames gives the names in a string, such as "a.b".
func pyNames(text []byte) func(yield func(name []byte) bool) {
	return func(yield func(name []byte) bool) {
		for i := 0; i < len(text); i++ {
			if end := identEnd(text, i); end > i {
				if !yield(text[i:end]) {
					return
				}
				i = end
			}
		}
	}
}

// mentionValue notes that the name at i, which an import binds, or the last one behind it,
// stands for a value: f(a), f(a.b), a.__dict__.
func (o *outline) mentionValue(i int) {
	if o.kind(i-1) == '.' {
		return
	}
	if o.isImported(i) {
		return
	}
	last := i
	for o.kind(last+1) == '.' && o.kind(last+2) == tokenWord {
		if o.word(last+2, "__dict__") || o.word(last+2, "__getattribute__") {
			o.addValue(i, last)
			return
		}
		last += 2
	}
	if o.kind(last+1) != '(' {
		o.addValue(i, last)
	}
}

// isImported says that token i stands in an import statement.
func (o *outline) isImported(i int) bool {
	at := sort.Search(len(o.imports), func(n int) bool { return o.imports[n].to > i })
	return at < len(o.imports) && o.imports[at].from <= i
}

func (o *outline) addValue(first, last int) {
	name := NameHash(o.tok[last].value)
	o.seen.add(uint32(PyValueOf(name)))
	if first == last {
		for _, other := range o.names[name] {
			o.seen.add(uint32(PyValueOf(other)))
		}
	}
}
