package lang

import "slices"

// goLocals are the names that stand for something else in the body of a function than in
// its package: receiver, parameters, named results and type parameters, and those that
// statements declare.
type goLocals struct {
	names    []NameHash // of the head
	fixed    uint64     // a mask of them
	types    []NameHash // of them those that hide others in the signature, too
	declared []goDeclared
	mask     uint64 // of all that count where the definer stands, to say no quickly

	reading bool // the signature: each name is mentioned as often as it stands there
	lists   int  // in parentheses, that have begun
	params  bool // the last bracket that opened is that of type parameters
	inside  bool // it is that of a list
	scoped  bool // the names of the last list are those of the function itself
	found   []goLocal
}

// A goLocal is a word at the start of an element of a list: a name, or a type.
type goLocal struct {
	hash   NameHash
	at     int // place among the names mentioned; -1: it is the name of an import
	list   int // -1: type parameters
	scoped bool
}

func (l *goLocals) forget() {
	l.names, l.types, l.declared = l.names[:0], l.types[:0], l.declared[:0]
	l.fixed, l.mask = 0, 0
}

// addType adds a type parameter.
func (l *goLocals) addType(h NameHash) {
	l.types = append(l.types, h)
	l.add(h)
}

func (l *goLocals) add(h NameHash) {
	l.names = append(l.names, h)
	l.fixed |= 1 << (h % 64)
	l.mask |= l.fixed
}

func (l *goLocals) has(h NameHash) bool {
	return l.mask&(1<<(h%64)) != 0 && !l.reading && (slices.Contains(l.names, h) || l.isDeclared(h))
}

func (l *goLocals) open() {
	l.reading, l.lists, l.found = true, 0, l.found[:0]
}

func (l *goLocals) close() { l.reading = false }

// see looks at a token of the signature, depth brackets deep.
func (l *goLocals) see(d *goDefiner, before goToken, depth int) {
	switch {
	case depth != 1:
	case d.kind == '(':
		l.lists++
		l.params, l.inside = false, true
		l.scoped = before != goKeyword // "func(a int)" as a result has names of its own
	case d.kind == '[': // of an array where no type parameters can stand
		l.params = l.lists == 0
		l.inside = l.params
	case d.kind == goWord && l.inside && (before == '(' || before == ',' || before == '['):
		g := goLocal{hash: d.hash, at: -1, list: l.lists - 1, scoped: l.scoped}
		if d.fresh {
			g.at = len(d.names) - 1
		}
		if l.params {
			g.list, g.scoped = -1, true
		}
		l.found = append(l.found, g)
	}
}

// take drops the names of parameters from those mentioned; named has a bit for each list
// whose elements have names.
func (l *goLocals) take(names []NameHash, named uint64) []NameHash {
	for i := len(l.found) - 1; i >= 0; i-- {
		g := &l.found[i]
		if g.list >= 64 || g.list >= 0 && named&(1<<g.list) == 0 {
			continue
		}
		if g.at >= 0 {
			names = slices.Delete(names, g.at, g.at+1)
		}
		switch {
		case g.list < 0:
			l.addType(g.hash)
		case g.scoped:
			l.add(g.hash)
		}
	}
	if len(l.types) > 0 {
		names = slices.DeleteFunc(names, func(h NameHash) bool { return slices.Contains(l.types, h) })
	}
	return names
}
