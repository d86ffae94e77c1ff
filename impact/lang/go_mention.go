package lang

import (
	"strings"
	"sync"
)

// Go tells four kinds of names apart, since they can not mean the same:
//
//	Serve          a name of the own package, a local one, a key
//	.Serve         a field or method of something
//	.Serve()       a method that an interface asks for
//	net/http.Serve what package "net/http" calls Serve, by the path in the import
//
// A path stands for the name of the import where nothing else in the file can have that
// name: otherwise "url.Parse" mentions url and .Parse as well. An import whose name does
// not follow from its path (go-yaml calls itself yaml) is taken for something unknown:
// it mentions yaml and .Parse. After a dot import of "net/http" the file mentions
// "net/http.*", and its plain names may be of that package.

// GoMember is how Go code mentions a field or method.
func GoMember(name string) NameHash { return hashMore(HashName("."), name) }

// GoAsked is how an interface mentions a method that it asks for.
func GoAsked[S string | []byte](name S) NameHash { return HashName("." + string(name) + "()") }

// GoAssembly is mentioned by a function without a body: it is written in assembly, which may
// mean any name of the package.
var GoAssembly = HashName("·")

// GoQualified is how Go code mentions what the package of an import path defines.
func GoQualified(spec, name string) NameHash { return GoQualifierOf(spec).Name(name) }

// A GoQualifier is an import path, to mention many names that its package defines.
type GoQualifier NameHash

// GoQualifierOf is that of a path.
func GoQualifierOf(spec string) GoQualifier { return GoQualifier(hashMore(HashName(spec), ".")) }

// Name is the mention of a name.
func (q GoQualifier) Name(name string) NameHash { return hashMore(NameHash(q), name) }

// GoPackageName is the name that an import path suggests: its last element, or the one
// before a version. It is empty where that is no name.
func GoPackageName(spec string) string {
	name := baseOf(spec)
	if isGoVersion(name) {
		if i := strings.LastIndexByte(spec, '/'); i > 0 {
			name = baseOf(spec[:i])
		}
	}
	if i := strings.LastIndex(name, ".v"); i > 0 && isGoVersion(name[i+1:]) {
		name = name[:i]
	}
	for i := range len(name) {
		if !isIdent(name[i]) {
			return ""
		}
	}
	if name == "" || !isIdentStart(name[0]) || isGoKeyword([]byte(name)) {
		return ""
	}
	return name
}

func isGoVersion(s string) bool {
	if len(s) < 2 || s[0] != 'v' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// goImports knows the names that imports have in one file.
type goImports struct {
	all       []goImport
	mask      uint64 // of their names' hashes, to say no quickly
	qualifier int    // the import whose name was just read, before its dot; -1: none
	unsure    bool   // a name turned out to be something else, too
}

type goImport struct {
	name   string
	spec   string
	hash   NameHash // of name
	state  uint32   // of the hash of "spec."
	used   bool     // something is qualified by it
	shared bool     // something else in the file has its name
	twin   int      // another import of this name, which then is wrong for one of them; -1: none
}

func newGoImports(imports []goImport) goImports {
	u := goImports{qualifier: -1, all: imports}
	for i := range u.all {
		m := &u.all[i]
		m.hash = HashName(m.name)
		u.mask |= 1 << (m.hash % 64)
		m.state = uint32(HashName(m.spec + "."))
		m.twin = -1
		for j := i - 1; j >= 0 && m.name != "_" && m.name != "." && m.name != ""; j-- {
			if other := &u.all[j]; other.name == m.name {
				m.shared, other.shared, m.twin = true, true, j
				break
			}
		}
	}
	return u
}

// see looks at the name from start to end, which has the hash h, and says whether it can
// only be that of an import.
func (u *goImports) see(h NameHash, src []byte, start, end int) bool {
	u.qualifier = -1
	return u.mask&(1<<(h%64)) != 0 && u.isImport(h, src, start, end)
}

func (u *goImports) isImport(h NameHash, src []byte, start, end int) bool {
	for i := len(u.all) - 1; i >= 0; i-- {
		m := &u.all[i]
		if m.hash != h || m.name != string(src[start:end]) {
			continue
		}
		for end < len(src) && (isSpace(src[end]) || src[end] == '\n') {
			end++
		}
		if end < len(src) && src[end] == '.' && !hasPrefixAt(src, end, "...") {
			u.qualifier = i
			return !m.shared
		}
		u.unsure = u.unsure || !m.shared
		m.shared = true
		return false
	}
	return false
}

// qualified is the hash of a name behind that of an import.
func (m *goImport) qualified(name []byte) NameHash {
	m.used = true
	h := m.state
	for _, c := range name {
		h = (h ^ uint32(c)) * fnvPrime32
	}
	return NameHash(h)
}

// goRuns looks whether the value of a variable calls something, outside of the function
// literals in it.
type goRuns struct {
	found  bool
	header int // depth of "func" before its body; 0: none
	before goToken
	callee NameHash
}

// harmless are the calls that do nothing but make a value.
var harmless = sync.OnceValue(func() map[NameHash]bool {
	m := map[NameHash]bool{GoQualified("errors", "New"): true, GoQualified("fmt", "Errorf"): true}
	for _, name := range []string{
		"new", "make", "len", "cap", "string", "byte", "rune", "bool", "float64", "float32", "uintptr",
		"int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
	} {
		m[HashName(name)] = true
	}
	return m
})

func (r *goRuns) see(d *goDefiner) {
	before := r.before
	r.before = d.kind
	switch d.kind {
	case goKeyword:
		if hasPrefixAt(d.src, d.start, "func") {
			r.header = d.depth + 1
		}
	case '(':
		if r.header > 0 && d.depth >= r.header {
			return
		}
		switch before {
		case goWord:
			r.found = r.found || !harmless()[r.callee]
		case ')', ']', '}', goLiteral:
			r.found = true
		}
	case '{':
		if r.header > 0 && d.depth == r.header && before != goKeyword {
			r.header = 0
			d.skipTo(d.depth - 1) // what stands in it does not run
			r.before = d.kind
		}
	case goWord:
		r.callee = d.hash
	case goOperators:
		r.found = r.found || bytesContainArrow(d.text())
	}
}

func bytesContainArrow(op []byte) bool { return strings.Contains(string(op), "<-") }
