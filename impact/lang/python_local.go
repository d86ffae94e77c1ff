package lang

import (
	"math"
	"slices"
)

// Names of Python that mean no definition of a file where they are said: what a function binds
// is its own from its first line to its last, and the keyword of a call is a parameter of what
// is called. Only what is certain counts. A name that is global or nonlocal, or that an import
// binds, is none of its own, and of a function with a class in it, of a comprehension and of a
// lambda none is told.

// pyMeaning is what a word means where it stands.
type pyMeaning uint32

const (
	pyAny          pyMeaning = iota // what the file, or the language, has under this name
	pyLocal                         // a name of the function around it, or a keyword
	pyImported                      // in a relative import
	pyImportedFrom                  // in one of an absolute path; with its PyTop added
)

const (
	maxPyScopes  = 8   // how deep in each other functions have names of their own
	maxPyLocals  = 64  // how many names of one function are known
	maxPyForeign = 256 // names in a function that are not its own; of one with more none is told
)

// A pyScope is a function with the names that it binds.
type pyScope struct {
	body     row
	mask     uint64
	names    []NameHash
	nonlocal []NameHash
	module   map[NameHash]bool // the names of a module, which has many; nil: it is a function
}

func (s *pyScope) bind(name uint32) {
	if s.module != nil {
		s.module[NameHash(name)] = true
	} else if h := NameHash(name); len(s.names) < maxPyLocals && !slices.Contains(s.names, h) {
		s.names = append(s.names, h)
		s.mask |= 1 << (h % 64)
	}
}

func (s *pyScope) has(h NameHash) bool {
	return s.mask&(1<<(h%64)) != 0 && slices.Contains(s.names, h) && !slices.Contains(s.nonlocal, h)
}

// pyScopes are a function that stands in no other one, and those in it, in order.
type pyScopes struct {
	all     []pyScope
	foreign []NameHash // never its own
	unclear bool
}

// tellNames finds out what the words of the file mean.
func (r *pyReader) tellNames() {
	for i := range r.tok {
		if r.kind(i) == '(' {
			r.tellKeywords(i)
		}
	}
	module := pyScope{module: map[NameHash]bool{}}
	class := uint32(math.MaxUint32) // the column of the class around the line
	for at := 0; at < len(r.tok); {
		if r.tok[at].value <= class {
			class = math.MaxUint32
		}
		name, end := r.functionName(at+1), r.lineEnd(at)
		switch {
		case name > 0:
			f := pyScopes{}
			end = r.tellFunction(&f, at, name, 1)
			if !f.unclear {
				r.hide(&f)
			}
			if class == math.MaxUint32 {
				module.bind(r.tok[name].value)
			}
		case class < math.MaxUint32:
		case r.word(at+1, "class") && r.kind(at+2) == tokenWord:
			class = r.tok[at].value
			module.bind(r.tok[at+2].value)
		default:
			r.bindLine(&pyScopes{}, &module, row{at + 1, end})
		}
		at = end
	}
	r.python.own = module.module
}

// lineEnd is where the logical line that starts at i ends.
func (r *pyReader) lineEnd(i int) int {
	for i++; i < len(r.tok) && r.tok[i].kind != tokenLine; i++ {
	}
	return i
}

// functionName is the token of the name of the function whose header begins at i; 0: it is none.
func (r *pyReader) functionName(i int) int {
	if r.word(i, "async") {
		i++
	}
	if r.word(i, "def") && r.kind(i+1) == tokenWord {
		return i + 1
	}
	return 0
}

// tellKeywords marks the names of the arguments of the call that opens at a bracket.
func (r *pyReader) tellKeywords(open int) {
	switch r.kind(open - 1) {
	case tokenWord, ')', ']':
	default:
		return
	}
	if r.word(open-1, "multiple") { // of mock.patch: its keywords are names of a module
		return
	}
	for i := open + 1; i < r.next(open)-1; i = r.next(i) {
		if r.kind(i) == tokenWord && (i == open+1 || r.kind(i-1) == ',') && r.equals(i+1) {
			r.python.meaning[i] = pyLocal
		}
	}
}

// tellFunction reads the function whose header is the line at start, and is the place behind it.
func (r *pyReader) tellFunction(f *pyScopes, start, name, depth int) int {
	n, at, column := len(f.all), r.lineEnd(start), r.tok[start].value
	s := pyScope{body: row{r.colon(name, at), at}}
	r.bindParameters(&s, name)
	r.bindLine(f, &s, s.body)
	f.all = append(f.all, pyScope{})
	for at < len(r.tok) && r.tok[at].value > column {
		if inner := r.functionName(at + 1); inner > 0 {
			s.bind(r.tok[inner].value)
			if depth < maxPyScopes {
				at = r.tellFunction(f, at, inner, depth+1)
				continue
			}
			f.unclear = true
		}
		end := r.lineEnd(at)
		r.bindLine(f, &s, row{at + 1, end})
		at = end
	}
	s.body.to = at
	f.all[n] = s
	return at
}

// bindParameters takes in those of the function whose name is at i.
func (r *pyReader) bindParameters(s *pyScope, i int) {
	for i < s.body.from && r.kind(i) != '(' {
		i = r.next(i)
	}
	if r.kind(i) != '(' {
		return
	}
	end := r.next(i) - 1
	for i++; i < end; i = r.next(i) {
		if k := r.kind(i - 1); r.kind(i) == tokenWord && (k == '(' || k == ',' || k == '*') {
			s.bind(r.tok[i].value)
			r.python.meaning[i] = pyLocal
		}
	}
}

// bindLine takes in what the statements of a logical line bind.
func (r *pyReader) bindLine(f *pyScopes, s *pyScope, line row) {
	at := line.from
	if r.word(at, "class") && r.kind(at+1) == tokenWord {
		f.unclear = true
		return
	}
	if r.compound(at, line.to) {
		colon := r.colon(at, line.to)
		r.bindHeader(s, row{at, colon})
		at = colon
	}
	for at < line.to {
		stop := at
		for stop < line.to && r.kind(stop) != ';' {
			stop = r.next(stop)
		}
		stop = min(stop, line.to)
		r.bindStatement(f, s, row{at, stop})
		at = stop + 1
	}
}

// bindHeader takes in what "for a in b", "with a as b" and their like bind.
func (r *pyReader) bindHeader(s *pyScope, h row) {
	first := h.from
	if r.word(first, "async") {
		first++
	}
	if r.word(first, "for") {
		end := first + 1
		for end < h.to && !r.word(end, "in") {
			end = r.next(end)
		}
		r.bindTargets(s, row{first + 1, min(end, h.to)})
		return
	}
	for i := first; i < h.to; i++ {
		if !r.word(i, "as") || r.kind(i+1) != tokenWord {
			continue
		}
		switch r.kind(i + 2) {
		case '.', '(', '[':
		default:
			s.bind(r.tok[i+1].value)
		}
	}
}

func (r *pyReader) bindStatement(f *pyScopes, s *pyScope, t row) {
	if r.kind(t.from) == tokenWord && r.kind(t.from+1) != '=' {
		switch string(r.text(t.from)) {
		case "nonlocal":
			for i := t.from + 1; i < t.to; i++ {
				s.nonlocal = append(s.nonlocal, NameHash(r.tok[i].value))
			}
			f.unclear = f.unclear || len(s.nonlocal) > maxPyForeign
			return
		case "import", "from", "global":
			for i := t.from + 1; i < t.to; i++ {
				if r.kind(i) == tokenWord {
					f.foreign = append(f.foreign, NameHash(r.tok[i].value))
				}
			}
			f.unclear = f.unclear || len(f.foreign) > maxPyForeign
			return
		}
	}
	if r.kind(t.from) == tokenWord && r.kind(t.from+1) == ':' && t.from+1 < t.to {
		s.bind(r.tok[t.from].value)
		return
	}
	value := t.from
	for i := t.from; i < t.to && !r.word(i, "lambda"); i = r.next(i) {
		if r.equals(i) {
			r.bindTargets(s, row{value, i})
			value = i + 1
		}
	}
}

// bindTargets takes in the plain names of "a", "a, *b", "(a, [b])"; parts of what is there,
// such as "a.b" and "a[0]", bind nothing.
func (r *pyReader) bindTargets(s *pyScope, t row) {
	for i := t.from; i < t.to; i++ {
		behind := r.kind(i + 1)
		if i+1 == t.to {
			behind = ','
		}
		switch r.kind(i) {
		case tokenWord:
			switch behind {
			case ',', ')', ']':
				s.bind(r.tok[i].value)
			case '.', '(', '[':
				for i+1 < t.to && r.kind(i+1) != ',' && r.kind(i+1) != ')' && r.kind(i+1) != ']' {
					i = r.next(i+1) - 1
				}
			default:
				return
			}
		case ')', ']':
			if behind != ',' && behind != ')' && behind != ']' {
				return
			}
		case '(', '[': // of a list of names, if nothing is done with it
			if end := r.next(i); end < t.to && r.kind(end) != ',' && r.kind(end) != ')' && r.kind(end) != ']' {
				return
			}
		case ',', '*':
		default:
			return
		}
	}
}

// hide marks what is said in a function and means its own names.
func (r *pyReader) hide(f *pyScopes) {
	next := 0
	var in []int // the functions around a token
	for i := f.all[0].body.from; i < f.all[0].body.to; i++ {
		for len(in) > 0 && f.all[in[len(in)-1]].body.to <= i {
			in = in[:len(in)-1]
		}
		for ; next < len(f.all) && f.all[next].body.from <= i; next++ {
			in = append(in, next)
		}
		if r.kind(i) != tokenWord || r.kind(i-1) == '.' || r.python.meaning[i] != pyAny {
			continue
		}
		h := NameHash(r.tok[i].value)
		for _, n := range in {
			if f.all[n].has(h) && !slices.Contains(f.foreign, h) {
				r.python.meaning[i] = pyLocal
				break
			}
		}
	}
}
