package lang

import (
	"strings"
)

// Statements of Python that stand in a module or a class: the names that they bind, and what
// runs when the file is loaded.

// statements reads simple statements, and the header of a compound one before them, of
// a module or class.
func (r *pyReader) statements(at, end int) {
	if r.compound(at, end) {
		colon := r.colon(at, end)
		r.looseRow(row{at, colon})
		at = colon
	}
	for at < end {
		stop := at
		for stop < end && r.kind(stop) != ';' {
			stop = r.next(stop)
		}
		stop = min(stop, end)
		if at < stop {
			r.statement(row{at, stop})
		}
		at = stop + 1
	}
}

func (r *pyReader) compound(at, end int) bool {
	if r.kind(at) != tokenWord {
		return false
	}
	switch string(r.text(at)) {
	case "if", "elif", "else", "try", "except", "finally", "with", "for", "while", "async":
		return true
	case "match", "case": // names, too
		k := r.kind(at + 1)
		return at+2 < end && k != '=' && k != '.' && k != ':' && k != ',' && r.colon(at+1, end) < end || at+2 < end && k != '=' && k != ':' && r.kind(end-1) == ':'
	}
	return false
}

// looseRow takes in a statement that defines nothing. In a class it is a part of it.
func (r *pyReader) looseRow(s row) {
	if len(r.blocks) > 0 {
		return
	}
	r.indents = append(r.indents[:0], 0)
	r.seen.reset()
	rest := &r.rest
	if r.main.reading {
		rest = &r.main.texts
	}
	r.digest(rest, s, nil)
	rest.addSome(r.orderOf(nil, s))
	for i := s.from; i < s.to; i++ { // what it names may be something else behind it
		if r.kind(i) == tokenWord && (r.bindings[string(r.text(i))] > 0 || i == s.from && !r.keywords.has(NameHash(r.tok[i].value))) {
			r.bind(nil, string(r.text(i)))
		}
	}
	if r.word(s.from, "load_dotenv") {
		r.bind(nil, "os") // it alters what os.environ says
	}
	if r.main.reading {
		r.main.names = append(r.main.names, r.seen.names...)
		return
	}
	r.loose = append(r.loose, r.seen.names...)
}

func (r *pyReader) statement(s row) {
	first := ""
	if r.kind(s.from) == tokenWord {
		first = string(r.text(s.from))
	}
	switch {
	case first == "import", first == "from" && r.kind(s.from+1) != '=':
		r.importStatement(s)
		return
	case first == "type" && r.kind(s.from+1) == tokenWord && s.from+2 < s.to:
		r.variables(s, []int{s.from + 1}, s.to, Type)
		return
	}
	if !r.assignment(s) {
		r.looseRow(s)
	}
}

// assignment reads "a = b, c = value" and "name: type = value"; false when the statement
// binds no plain name.
func (r *pyReader) assignment(s row) bool {
	if r.kind(s.from) == tokenWord && r.kind(s.from+1) == ':' && !r.assigns(s.from+2) {
		value := s.from + 2
		for value < s.to && !r.equals(value) {
			value = r.next(value)
		}
		r.variables(s, []int{s.from}, min(value, s.to), Variable)
		return true
	}
	var targets []int
	value := s.from
	for i := s.from; i < s.to && !r.word(i, "lambda"); i = r.next(i) {
		if !r.equals(i) {
			continue
		}
		targets = r.targets(targets, row{value, i})
		value = i + 1
	}
	if len(targets) == 0 {
		return false
	}
	if len(targets) == 1 && r.lists(targets[0]) {
		r.allNames(row{value, s.to})
	}
	kind := Variable
	if r.word(value, "lambda") {
		kind = Function
	}
	r.variables(s, targets, value, kind)
	return true
}

// lists says that the name at i is that of the list of what stands for all names of the file.
func (r *pyReader) lists(i int) bool { return len(r.blocks) == 0 && r.word(i, "__all__") }

// equals says that token i is an "=" and no part of "==", "+=" or another operator.
func (r *pyReader) equals(i int) bool {
	if r.kind(i) != '=' || r.kind(i+1) == '=' && r.tok[i+1].start == r.tok[i].end {
		return false
	}
	if i == 0 || r.tok[i-1].end != r.tok[i].start {
		return true
	}
	switch r.kind(i - 1) {
	case '=', '!', '<', '>', '+', '-', '*', '/', '%', '&', '|', '^', '@', ':':
		return false
	}
	return true
}

// targets appends the plain names of "a", "a, *b", "(a, [b])".
func (r *pyReader) targets(names []int, t row) []int {
	for i := t.from; i < t.to; i++ {
		switch r.kind(i) {
		case tokenWord:
			switch k := r.kind(i + 1); {
			case i+1 < t.to && (k == '.' || k == '(' || k == '['): // a part of something that is there
				for i+1 < t.to && r.kind(i+1) != ',' {
					i = r.next(i+1) - 1
				}
			default:
				names = append(names, i)
			}
		case ',', '*', '(', ')', '[', ']':
		default:
			return names
		}
	}
	return names
}

// variables defines the names that a statement binds; its signature ends at value. One
// alone is no part of its signature.
func (r *pyReader) variables(s row, names []int, value int, kind DefinitionKind) {
	names = r.fits(names)
	d := Definition{Kind: kind, Runs: len(r.blocks) == 0 && !r.main.reading && r.evaluates(s, value)}
	if kind == Variable && !d.Runs {
		if r.kind(s.from+1) == ':' {
			r.need(row{s.from + 2, value}, false)
		}
		r.need(row{value, s.to}, !r.takesAll)
	}
	if kind == Function && len(r.blocks) > 0 {
		d.Kind = Method
	}
	d.Start = r.lines.at(int(r.tok[s.from].start))
	d.End = r.lines.span(d.Start, int(r.tok[s.from].start), int(r.tok[s.to-1].end))
	r.indents = append(r.indents[:0], 0)
	r.seen.reset()
	if len(names) == 1 {
		r.digest(&r.hash, row{s.from, names[0]}, nil)
		r.digest(&r.hash, row{names[0] + 1, value}, nil)
	} else {
		r.digest(&r.hash, row{s.from, value}, nil)
		r.seen.reset() // they do not use each other
	}
	d.Signature = r.hash.Sum()
	order := r.orderOf(nil, row{value, s.to})
	for _, name := range names {
		order = r.bind(order, r.scoped(string(r.text(name))))
	}
	r.digest(&r.hash, row{value, s.to}, nil)
	r.hash.addSome(order)
	if len(names) == 1 && r.lists(names[0]) {
		r.seen.reset()
		r.mentionListed(row{names[0] + 1, s.to})
	}
	if len(names) == 1 && r.word(names[0], "INSTALLED_APPS") {
		r.seen.add(uint32(PyUnsaid)) // Django loads what it lists for what that registers
	}
	d.Body, d.Mentions = r.hash.Sum(), r.take()
	for _, name := range names {
		word := string(r.text(name))
		one := d
		one.Name, one.Exported = word, pyPublic(word)
		if kind == Variable && pyConstant(word) {
			one.Kind = Constant
		}
		if n := len(r.blocks); n > 0 {
			one.Name = r.blocks[n-1].name + "." + word
			one.Exported = one.Exported && r.blocks[n-1].exported
		}
		r.facts.Definitions = append(r.facts.Definitions, one)
	}
}

// evaluates says that the value of a statement may run code that somebody wrote: of one that
// says that it is a type, as annotations do.
func (r *pyReader) evaluates(s row, value int) bool {
	if r.kind(s.from+1) == ':' && r.word(value-2, "TypeAlias") {
		return r.called(row{value, s.to})
	}
	return r.calls(row{value, s.to})
}

// calls says that evaluating a row of tokens may run code that somebody wrote.
func (r *pyReader) calls(s row) bool {
	named := false
	for i := s.from; i < s.to; i++ {
		switch r.kind(i) {
		case tokenWord:
			switch string(r.text(i)) {
			case "for", "await":
				return true
			case "lambda":
				return r.kind(i-1) == '(' || named // what takes it may call it
			case "True", "False", "None":
			default:
				named = true
			}
		case '(', '[':
			switch r.kind(i - 1) {
			case tokenWord, ')', ']', tokenString:
				if i > s.from {
					return true
				}
			}
		case '+', '-', '*', '/', '%', '&', '|', '^', '@', '<', '>':
			if named {
				return true
			}
		}
	}
	return false
}

// bodyRuns is calls for the body of a class, without what its methods do.
func (r *pyReader) bodyRuns(s row, holes []row) bool {
	for _, hole := range holes {
		if r.callsBesidesTypes(row{s.from, hole.from}) {
			return true
		}
		s.from = hole.to
	}
	return r.callsBesidesTypes(s)
}

// callsBesidesTypes is calls, but for brackets in annotations: a class that runs something for
// them says so (see __class_getitem__).
func (r *pyReader) callsBesidesTypes(s row) bool {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenLine || r.kind(i+1) != tokenWord || r.kind(i+2) != ':' || r.assigns(i+3) || r.keywords.has(NameHash(r.tok[i+1].value)) {
			continue
		}
		end := i + 3
		for end < s.to && r.kind(end) != tokenLine && r.kind(end) != '=' && r.kind(end) != ';' && r.kind(end) != '(' {
			if r.kind(end) == '[' && r.called(row{end, min(r.next(end), s.to)}) {
				break
			}
			end = r.next(end)
		}
		if end < s.to && (r.kind(end) == '(' || r.kind(end) == '[') {
			return true
		}
		if r.calls(row{s.from, i}) {
			return true
		}
		s.from, i = end, end-1
	}
	return r.calls(s)
}

// called says that a round bracket opens in a row.
func (r *pyReader) called(s row) bool {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) == '(' {
			return true
		}
	}
	return false
}

// pyPublic says that a name is not private by convention.
func pyPublic(name string) bool {
	return !strings.HasPrefix(name, "_") || len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// pyConstant says that a name is a constant's by convention.
func pyConstant(name string) bool {
	letter := false
	for i := range len(name) {
		switch c := name[i]; {
		case 'A' <= c && c <= 'Z':
			letter = true
		case c != '_' && !isDigit(c):
			return false
		}
	}
	return letter
}
