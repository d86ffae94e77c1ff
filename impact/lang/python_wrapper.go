package lang

import (
	"slices"
	"strings"
	"sync"
)

// Decorators of Python that keep nothing. What a decorator gets may be called later by whoever
// finds it where the decorator put it, and nobody says its name: a route, a receiver of
// signals. One that only gives back something else, with what it got in it, puts it nowhere:
// who runs that says the name that was decorated. Such a one can be told by its code. A file
// says of its own functions and classes which are of that kind, in Exports that nobody can
// mean: "@name" of one that is used as "@name", "@name()" of one that is called first, and
// behind a space each other one that it leaves its work to. Of a function that is decorated by
// others than those that everybody knows it says, as "@@name", which these are.

// pyWrapper reads the code that runs when something is decorated.
type pyWrapper struct {
	*pyReader
	called  bool            // it is called first: its result gets what is decorated
	class   bool            // its methods are read, and self is its own
	locals  map[string]bool // true: it may be something that was there before
	params  map[string]bool
	inner   map[string]bool // functions in it
	others  []string        // that it leaves its work to
	gives   bool            // what it gives may stand for what is decorated
	columns []uint32        // of the functions around the line that is read
}

// wrapper notes whether a definition at the top of the file is a decorator that keeps nothing.
func (r *pyReader) wrapper(b *pyBlock, end int) {
	if len(r.blocks) > 0 || b.first != b.keyword-1 { // decorated itself
		return
	}
	for _, called := range []bool{false, true} {
		w := pyWrapper{pyReader: r, called: called, class: b.class, locals: map[string]bool{}, params: map[string]bool{}, inner: map[string]bool{}}
		ok := false
		if b.class {
			ok = r.kind(b.own+1) != '(' && w.methods(row{b.header.to, end})
		} else {
			w.parameters(b.own)
			ok = w.body(row{b.header.to, end})
		}
		if !ok || !w.gives {
			continue
		}
		name := "@" + b.name
		if called {
			name += "()"
		}
		r.facts.Exports = append(r.facts.Exports, Export{Name: name})
		slices.Sort(w.others)
		for _, other := range slices.Compact(w.others) {
			r.facts.Exports = append(r.facts.Exports, Export{Name: name + " " + other})
		}
	}
}

// methods reads those of a class that run while something is decorated.
func (w *pyWrapper) methods(body row) bool {
	for i := body.from; i < body.to; {
		end := w.line(i, body.to)
		name := i + 2
		if !w.word(i+1, "def") {
			if w.kind(i+1) == tokenWord && pyMakers()[string(w.text(i+1))] || w.word(i+1, "async") || w.word(i+1, "class") || w.kind(i+1) == '@' && w.decoratesMaker(i, body.to) {
				return false
			}
			i = end
			continue
		}
		close := end
		for close < body.to && w.tok[close].value > w.tok[i].value {
			close = w.line(close, body.to)
		}
		switch method := string(w.text(name)); {
		case method == "__init__", method == "__call__":
			w.gives = w.gives || method == "__call__"
			if w.called || method == "__init__" {
				clear(w.locals)
				clear(w.params)
				w.parameters(name)
				if !w.body(row{w.colon(name, end), close}) {
					return false
				}
			}
		case pyMakers()[method]:
			return false
		}
		i = close
	}
	return true
}

// pyMakers are names in a class that decide what happens when one of it is made.
var pyMakers = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`__init__ __call__ __new__ __getattr__ __getattribute__ __setattr__ __set_name__ __init_subclass__`) {
		m[name] = true
	}
	return m
})

// decoratesMaker says that the decorator at i stands before a method that decorating runs.
func (w *pyWrapper) decoratesMaker(i, to int) bool {
	for i < to && w.kind(i+1) == '@' {
		i = w.line(i, to)
	}
	return w.word(i+1, "def") && (w.word(i+2, "__init__") || w.word(i+2, "__call__"))
}

// line is where the logical line that starts at i ends.
func (w *pyWrapper) line(i, to int) int {
	for i++; i < to && w.tok[i].kind != tokenLine; i++ {
	}
	return i
}

// parameters takes in those of the function whose name is at i.
func (w *pyWrapper) parameters(i int) {
	for i < len(w.tok) && w.kind(i) != '(' && w.kind(i) != tokenLine {
		i++
	}
	if w.kind(i) != '(' {
		return
	}
	end := w.next(i) - 1
	for i++; i < end; i = w.next(i) {
		k := w.kind(i - 1)
		if w.kind(i) != tokenWord || k != '(' && k != ',' && k != '*' {
			continue
		}
		value := i + 1
		for value < end && w.kind(value) != ',' && w.kind(value) != '=' {
			value = w.next(value)
		}
		// What is there by default is the same each time.
		lasts := w.kind(value) == '=' && value < end && !w.plainValues(row{value + 1, value + 2}) || w.kind(value) == '=' && w.kind(value+1) == '['
		w.locals[string(w.text(i))] = lasts || w.word(i, "cls")
		w.params[string(w.text(i))] = true
	}
}

// body reads that of a function; false when it may keep something. It does so twice: what a
// name stands for in the first round of a loop may come from the end of the round before.
func (w *pyWrapper) body(r row) bool {
	for range 2 {
		if !w.lines(r) {
			return false
		}
	}
	return true
}

func (w *pyWrapper) lines(body row) bool {
	w.columns = w.columns[:0]
	for i := body.from; i < body.to; {
		if w.tok[i].kind != tokenLine { // behind the colon of the header
			return false
		}
		end := w.line(i, body.to)
		for n := len(w.columns); n > 0 && w.tok[i].value <= w.columns[n-1]; n = len(w.columns) {
			w.columns = w.columns[:n-1]
		}
		most := 0 // functions in it whose code runs
		if w.called && !w.class {
			most = 1
		}
		if len(w.columns) <= most && !w.oneLine(i+1, end) {
			return false
		}
		name := i + 2
		if w.word(i+1, "async") {
			name++
		}
		if w.word(name-1, "def") {
			if len(w.columns) < most {
				w.parameters(name)
			}
			w.columns = append(w.columns, w.tok[i].value)
		}
		i = end
	}
	return true
}

func (w *pyWrapper) oneLine(at, end int) bool {
	if w.kind(at) == tokenWord {
		switch string(w.text(at)) {
		case "raise", "pass", "import", "from", "nonlocal":
			return !slices.ContainsFunc(w.tok[at:end], func(t lexeme) bool { return t.kind == ';' })
		case "global", "class", "async", "del", "match", "with", "await", "yield":
			return false
		case "def":
			if at+1 >= end {
				return false
			}
			w.inner[string(w.text(at+1))] = true
			w.gives = true
			w.locals[string(w.text(at+1))] = false
			return w.colon(at+1, end) == end && w.callsNobody(row{at + 2, end}, false)
		case "return":
			w.gives = w.gives || at+2 == end && w.params[string(w.text(at+1))]
		case "for":
			in := at
			for in < end && !w.word(in, "in") {
				in = w.next(in)
			}
			w.bindLocals(row{at + 1, in}, row{in + 1, end})
		}
	}
	if w.kind(at) == tokenString && at+1 == end {
		return true
	}
	value, assigns := at, false
	for i := at; i < end; i = w.next(i) {
		switch {
		case w.kind(i) == ';' || w.kind(i) == ':' && w.assigns(i+1):
			return false
		case w.kind(i) == '=' && i+1 < end && !w.equals(i) && w.augments(i):
			return false
		case w.equals(i):
			if !w.target(row{value, i}) {
				return false
			}
			value, assigns = i+1, true
		}
	}
	if assigns {
		w.bindLocals(row{at, value - 1}, row{value, end})
	} else if w.plainStatement(at, end) {
		return false
	}
	return w.callsNobody(row{at, end}, w.word(at, "return") && w.called)
}

// augments says that the "=" at i is the end of "+=" or its like, not of a comparison.
func (w *pyWrapper) augments(i int) bool {
	switch w.kind(i - 1) {
	case '=', '!', '<', '>':
		return w.kind(i-1) != '=' && w.kind(i-2) == w.kind(i-1) // "<<="
	}
	return w.kind(i+1) != '='
}

// plainStatement says that an expression stands alone that may call what overloads an operator.
func (w *pyWrapper) plainStatement(at, end int) bool {
	switch string(w.text(at)) {
	case "return", "if", "elif", "else", "for", "while", "try", "except", "finally", "assert", "continue", "break":
		return false
	}
	if w.kind(at) == '@' {
		return false
	}
	for i := at; i < end; i = w.next(i) {
		switch w.kind(i) {
		case tokenWord, '.', '(', '[', tokenLine:
		default:
			return true
		}
	}
	return false
}

// target says that what is assigned to is a local name, or a part of what one of them has.
func (w *pyWrapper) target(t row) bool {
	if t.from+1 == t.to {
		return w.kind(t.from) == tokenWord
	}
	foreign, known := w.locals[string(w.text(t.from))]
	if !known || foreign || w.kind(t.from) != tokenWord {
		return false
	}
	for i := t.from; i < t.to; i++ {
		if w.kind(i) == '(' || w.kind(i) == ',' || w.word(i, "__class__") || w.word(i, "__globals__") {
			return false
		}
	}
	own := w.word(t.from, "self") || w.word(t.from, "cls")
	return !own || t.to == t.from+3 // not what all of its class may have
}

// bindLocals takes in the names that a row binds to a value.
func (w *pyWrapper) bindLocals(names, value row) {
	foreign := false
	for i := value.from; i < value.to; i++ {
		own := w.word(i, "self")
		if w.kind(i) != tokenWord || w.kind(i-1) == '.' || !own && w.keywords.has(NameHash(w.tok[i].value)) {
			continue
		}
		was, known := w.locals[string(w.text(i))]
		foreign = foreign || own || was || !known && !pyHarmless()[string(w.text(i))]
	}
	for i := names.from; i < names.to; i++ {
		if k := w.kind(i + 1); w.kind(i) == tokenWord && w.kind(i-1) != '.' && k != '.' && k != '[' {
			name := string(w.text(i))
			w.locals[name] = w.locals[name] || foreign
		}
	}
}

// callsNobody says that no call in a row can put away what it is given, or run what is
// decorated. gives says that the row is what the decorator gives back.
func (w *pyWrapper) callsNobody(r row, gives bool) bool {
	for i := r.from; i < r.to; i++ {
		if w.word(i, "lambda") || w.word(i, "__class__") || w.word(i, "__globals__") || w.word(i, "await") {
			return false
		}
		if w.kind(i) != '(' || i == r.from {
			continue
		}
		switch w.kind(i - 1) {
		case ')':
			return false // what a call gives is called
		case ']', tokenString:
			return false
		case tokenWord:
		default:
			continue
		}
		if w.keywords.has(NameHash(w.tok[i-1].value)) && !w.word(i-1, "self") {
			continue // "if (a)"
		}
		first := i - 1
		for w.kind(first-1) == '.' && w.kind(first-2) == tokenWord {
			first -= 2
		}
		if w.word(i-1, "__call__") || w.word(i-1, "reduce") {
			return false
		}
		if w.kind(first-1) == '.' { // of a string, or of what a call gives
			if w.kind(first-2) != tokenString {
				return false
			}
			continue
		}
		name, alone, empty := string(w.text(first)), first == i-1, w.next(i) == i+2
		foreign, local := w.locals[name]
		switch {
		case local && alone:
			if w.params[name] || foreign || !w.called && w.inner[name] {
				return false
			}
		case local:
			if foreign || name == "self" {
				return false
			}
		case empty, alone && pyHarmless()[name], w.fromStandard(name):
		case alone && gives && first == r.from+1 && w.next(i) == r.to:
			w.others = append(w.others, name+"()")
			w.gives = true
		case alone:
			w.others = append(w.others, name)
		default:
			return false
		}
	}
	return true
}

// pyHarmless are builtins that keep nothing and run nothing that they are given.
var pyHarmless = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`isinstance issubclass len str repr int float bool getattr hasattr type tuple list dict set
		frozenset range enumerate zip callable id format ValueError TypeError KeyError AttributeError RuntimeError`) {
		m[name] = true
	}
	return m
})

// fromStandard says that a name is that of a module of the standard library, or imported from
// one, of which nothing keeps what it is given.
func (w *pyWrapper) fromStandard(name string) bool {
	found := false
	names := append([]NameHash{HashName(name)}, w.names[HashName(name)]...)
	is := func(name string) bool { return slices.Contains(names, HashName(name)) }
	for i := range w.facts.Imports {
		imp := &w.facts.Imports[i]
		top, _, _ := strings.Cut(imp.Spec, ".")
		if slices.ContainsFunc(imp.Names, is) || len(imp.Names) == 0 && is(top) {
			switch top {
			case "functools", "inspect", "typing", "itertools", "textwrap":
				found = imp.Level == 0
			default:
				return false
			}
		}
	}
	return found
}

// decorators notes by which decorators alone the function runs that starts at first, for those
// which are only names and plain values: "@name", "@name('a', b=1)".
func (r *pyReader) decorators(name string, first, end int) {
	var list []string
	for i := first; i < end; {
		last := i + 1
		for last < end && r.kind(last) != tokenLine {
			last++
		}
		from := i
		i = last
		if r.kind(from+1) != '@' {
			continue
		}
		word := from + 2
		for r.kind(word) == tokenWord && r.kind(word+1) == '.' {
			word += 2
		}
		if r.isPassive(from+2, word) {
			continue
		}
		switch {
		case word != from+2 || r.kind(word) != tokenWord:
			return
		case word+1 == last:
			list = append(list, string(r.text(word)))
		case r.kind(word+1) == '(' && r.next(word+1) == last && r.plainValues(row{word + 2, last - 1}):
			list = append(list, string(r.text(word))+"()")
		default:
			return
		}
	}
	for _, by := range list {
		r.facts.Exports = append(r.facts.Exports, Export{Name: "@@" + name + " " + by})
	}
}

// plainValues says that arguments are nothing but strings, numbers and lists of them.
func (r *pyReader) plainValues(s row) bool {
	for i := s.from; i < s.to; i++ {
		switch r.kind(i) {
		case tokenString, tokenNumber, ',', '=', '[', ']', '-':
		case '(', ')':
			if r.kind(i) == '(' && i > s.from && r.kind(i-1) == tokenWord {
				return false
			}
		case tokenWord:
			if k := string(r.text(i)); r.kind(i+1) != '=' && k != "None" && k != "True" && k != "False" {
				return false
			}
		default:
			return false
		}
	}
	return true
}
