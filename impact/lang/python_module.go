package lang

import (
	"bytes"
	"slices"
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

// PyUnsaid is mentioned, as a name from the module (see PyFrom), by a file that imports one and
// never says it: for what loading it registers, such as classes that their base finds. Plainly
// it is mentioned by the applications of Django.
var PyUnsaid = HashName("import *")

// PyHandedOn is mentioned so by a file that takes names "from" a module and says not all of them:
// they are there for others, or it is for what loading the module registers. Of a relative path it
// is mentioned plainly.
var PyHandedOn = HashName("from import")

// SameMentions says that two texts of a file mention the same outside of all definitions: which
// of the names that it imports it says nowhere is no difference in what it does.
func SameMentions(a, b *Facts) bool {
	if slices.Equal(a.Mentions, b.Mentions) {
		return true
	}
	unsaid := []NameHash{PyHandedOn}
	for _, f := range []*Facts{a, b} {
		for i := range f.Imports {
			unsaid = append(unsaid, PyFrom(f.Imports[i].Spec, PyHandedOn))
		}
	}
	slices.Sort(unsaid)
	without := func(f *Facts) []NameHash {
		return slices.DeleteFunc(slices.Clone(f.Mentions), func(name NameHash) bool {
			_, found := slices.BinarySearch(unsaid, name)
			return found
		})
	}
	return slices.Equal(without(a), without(b))
}

// pyLookups are the words by which Python finds a module, or a name of its own, that is put
// together at run time.
var pyLookups = sync.OnceValue(func() *keywordSet { return newKeywords(pyLookupWords) })

const pyLookupWords = `globals modules import_module __import__ importorskip getmodule module_from_spec load_module exec_module run_path import_deprecated import_fresh_module call_command`

// pyRouteLookups are those of a file that has Django's include, too.
var pyRouteLookups = sync.OnceValue(func() *keywordSet { return newKeywords(pyLookupWords + " include") })

// pyLooksUp says that the word at i, one of pyLookups, gives a module that is known only when
// it runs. One whose name is written out is mentioned.
func pyLooksUp(o *outline, i int) bool {
	open := i + 1
	switch string(o.text(i)) {
	case "globals":
		if o.isGlobals(i) {
			o.seen.add(uint32(PyOwnNames))
		}
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
	case "exec_module", "load_module":
		return true // of a file that spec_from_file_location was given
	case "call_command":
		if o.kind(open) == '(' && o.kind(open+1) == tokenString {
			_, name := pyModuleNames(o.text(open + 1))
			o.seen.add(uint32(PyValueOf(hashMore(HashName("commands."), name))))
		}
		return false
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
		if name < end {
			_, _, globbed := pyGlob(o.src, int(o.tok[name].start))
			return globbed || o.looksInto()
		}
		return false
	}
	first, last := pyModuleNames(o.text(name))
	o.seen.add(uint32(PyValueOf(HashName(last))))
	if o.word(i, "__import__") {
		o.seen.add(uint32(PyValueOf(HashName(first))))
	}
	return false
}

// isGlobals says that the word at i is the builtin, and no module, member or keyword of that name.
func (o *outline) isGlobals(i int) bool {
	if o.kind(i-1) == '.' && !o.word(i-2, "builtins") || o.isImported(i) {
		return false
	}
	switch o.kind(i + 1) {
	case '.', ':', '=', '[':
		return false // a name that stands for something else here
	}
	return true
}

// pyModuleNames are the first name of a module in a string, and the last two of it, or the
// only one.
func pyModuleNames(text []byte) (first, last []byte) {
	name := bytes.TrimLeft(bytes.Trim(text, "rRbBuUfF\"'"), ".")
	first, _, _ = bytes.Cut(name, []byte("."))
	if dot := bytes.LastIndexByte(name, '.'); dot > 0 {
		return first, name[bytes.LastIndexByte(name[:dot], '.')+1:]
	}
	return first, name
}

// looksInto says that somewhere in the file a name is put together at run time, or may be:
// else modules that are loaded by such names are none of those that are looked into here.
func (o *outline) looksInto() bool {
	if o.intoValues == 0 {
		o.intoValues = 1
		for i := range o.tok {
			if o.tok[i].kind == tokenWord && pyInto().has(NameHash(o.tok[i].value)) {
				o.intoValues = 2
				break
			}
		}
	}
	return o.intoValues == 2
}

var pyInto = sync.OnceValue(func() *keywordSet {
	return newKeywords("getattr attrgetter methodcaller vars __dict__ __getattribute__ getmembers")
})

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
	switch o.kind(last + 1) {
	case '(', '[':
		return
	}
	if o.kind(i-1) == '=' && o.kind(i-2) == ']' && o.isNamespace(i-3) {
		return // for examples of doctest, which say names
	}
	o.addValue(i, last)
}

// isNamespace says that the token at i is the key in pytest's doctest_namespace["key"].
func (o *outline) isNamespace(i int) bool {
	return o.kind(i) == tokenString && o.kind(i-1) == '[' && o.word(i-2, "doctest_namespace")
}

// isImported says that token i stands in an import statement.
func (o *outline) isImported(i int) bool {
	at := sort.Search(len(o.imports), func(n int) bool { return o.imports[n].to > i })
	return at < len(o.imports) && o.imports[at].from <= i
}

func (o *outline) addValue(first, last int) {
	name := NameHash(o.tok[last].value)
	o.sayValue(name)
	if first == last {
		for _, other := range o.names[name] {
			o.sayValue(other)
		}
	}
}

func (o *outline) sayValue(name NameHash) {
	o.seen.add(uint32(PyValueOf(name)))
	if o.python.tests {
		o.seen.add(uint32(PyTested(name)))
	}
}
