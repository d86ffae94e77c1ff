package lang

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Definitions of Python. The tokens are read by logical lines. A block is what is
// indented more than the line that opens it; of the blocks only those of classes and
// functions count, since "if", "try" and their like put names into the same place as if
// they were not there.

// pyImport joins the first token of an import statement with an import that it makes.
type pyImport struct{ token, place int }

// pyBlock is a class or function that is being read.
type pyBlock struct {
	column   uint32
	class    bool
	exported bool
	name     string // with the names of the classes around it
	place    int    // in Facts.Definitions
	start    int    // the token of its line
	first    int    // that of the line on which its decorators start
	header   row    // from its decorators to its colon
	own      int    // the token of its name
	keyword  int    // the token of "def", "async" or "class"
	holes    []row  // in a class: its methods and classes
	order    []byte // see orderOf
	runs     bool
}

type pyReader struct {
	outline
	blocks    []pyBlock
	decorated int // the token of the line of the first decorator, -1 without one
	imported  []pyImport
	all       map[string]bool // the names in __all__
	known     map[string]bool // imported names: whether pyPassiveLibraries have them
	plain     []row           // names that a plain import binds, outside of functions
	needed    map[string]bool // names among Exports without which the file does not load
	takesAll  bool            // it imports all names of another file
	bindings  map[string]int  // how often each name was defined so far
	docs      int8            // whether it mentions __doc__: 1 no, 2 yes, 0 not known
}

var pyKeywords = sync.OnceValue(func() *keywordSet {
	return newKeywords(`False None True and as assert async await break class continue def del elif else except
		finally for from global if import in is lambda nonlocal not or pass raise return try while with yield self`)
})

func (p *pyScanner) outline() {
	r := pyReader{outline: *newOutline(p.src, p.tok.list, &p.facts, pyKeywords()), imported: p.imported, decorated: -1}
	if r.lookups, r.looksUp = pyLookups(), pyLooksUp; p.routes {
		r.lookups = pyRouteLookups()
	}
	r.values = &keywordSet{}
	for i := range p.facts.Imports {
		r.takesAll = r.takesAll || slices.Contains(p.facts.Imports[i].Names, "*")
	}
	r.aliases()
	for i := 0; i < len(r.tok); {
		end := i + 1
		for end < len(r.tok) && r.tok[end].kind != tokenLine {
			end++
		}
		r.line(i, end)
		i = end
	}
	r.dedent(0, len(r.tok))
	r.plainImports()
	if code := pyEncodingName(p.src); code != "" && code != "utf-8" && code != "utf8" {
		r.rest.Add([]byte(code)) // the same bytes are other strings
	}
	r.finish()
	r.export()
}

// maxNesting is how deep in each other classes are told apart.
const maxNesting = 8

// line reads the logical line of which the tokens stand between start, its tokenLine,
// and end.
func (r *pyReader) line(start, end int) {
	r.dedent(r.tok[start].value, start)
	if n := len(r.blocks); n > 0 && (!r.blocks[n-1].class || n >= maxNesting) {
		return // inside of a function
	}
	at := start + 1
	if r.kind(at) == '@' {
		if r.decorated < 0 {
			r.decorated = start
		}
		return
	}
	keyword := at
	if r.word(at, "async") && r.word(at+1, "def") {
		keyword++
	}
	if name := keyword + 1; name < end && r.kind(name) == tokenWord && (r.word(keyword, "def") || r.word(keyword, "class")) {
		r.open(start, at, name, end)
		return
	}
	r.decorated = -1
	if start == 0 && r.docstring(row{at, end}) {
		return
	}
	r.statements(at, end)
}

// docstring defines __doc__, for who asks for it: what a file says of itself runs nothing,
// unless doctest may find examples in it.
func (r *pyReader) docstring(s row) bool {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenString || !bytes.ContainsRune([]byte(`"'rRuU`), rune(r.text(i)[0])) || bytes.Contains(r.text(i), []byte(">>>")) {
			return false
		}
	}
	if s.from == s.to {
		return false
	}
	d := Definition{Name: "__doc__", Kind: Variable, Start: r.lines.at(int(r.tok[s.from].start))}
	d.End = r.lines.span(d.Start, int(r.tok[s.from].start), int(r.tok[s.to-1].end))
	r.indents = append(r.indents[:0], 0)
	r.digest(&r.hash, s, nil)
	d.Body = r.hash.Sum()
	r.facts.Definitions = append(r.facts.Definitions, d)
	return true
}

// saysOfItself is the docstring of a function or class that nobody can be seen to ask for.
// Decorators and bases may (commands are described by it), and so may a file that says
// __doc__; examples for doctest are code.
func (r *pyReader) saysOfItself(b *pyBlock, body row) (says row, ok bool) {
	for _, around := range append(r.blocks[:len(r.blocks):len(r.blocks)], *b) {
		if around.first != around.start || around.class && r.kind(around.own+1) == '(' {
			return row{}, false
		}
	}
	if r.asksForDocs() {
		return row{}, false
	}
	says = row{body.from, body.from}
	if r.kind(says.to) == tokenLine {
		says.to++
	}
	text := says.to
	for ; says.to < body.to && r.kind(says.to) == tokenString; says.to++ {
		if t := r.text(says.to); !bytes.ContainsRune([]byte(`"'rRuU`), rune(t[0])) || bytes.Contains(t, []byte(">>>")) {
			return row{}, false
		}
	}
	return says, says.to > text && (says.to == body.to || r.kind(says.to) == tokenLine)
}

// asksForDocs says whether the file mentions __doc__.
func (r *pyReader) asksForDocs() bool {
	if r.docs == 0 {
		r.docs = 1
		for i := range r.tok {
			if r.tok[i].kind == tokenWord && r.word(i, "__doc__") {
				r.docs = 2
				break
			}
		}
	}
	return r.docs == 2
}

// dedent closes the blocks that end where a line starts in that column.
func (r *pyReader) dedent(column uint32, at int) {
	for n := len(r.blocks) - 1; n >= 0 && r.blocks[n].column >= column; n-- {
		r.close(at)
	}
	if at == len(r.tok) {
		for len(r.blocks) > 0 {
			r.close(at)
		}
	}
}

// open starts a class or function; end is where its header's line ends.
func (r *pyReader) open(start, keyword, name, end int) {
	b := pyBlock{
		column: r.tok[start].value, class: r.word(name-1, "class"), own: name, keyword: keyword,
		start: start, first: start, name: string(r.text(name)), place: len(r.facts.Definitions),
	}
	b.exported = pyPublic(b.name)
	if r.decorated >= 0 {
		b.first = r.decorated
		b.runs = r.decoratorsRun(r.decorated, start)
	}
	r.decorated = -1
	if len(r.blocks) == 0 && !b.class && (strings.HasPrefix(b.name, "pytest_") || b.name == "load_tests") {
		b.runs = true // a hook: pytest and unittest call it for all tests around it
	}
	b.header = row{b.first, r.colon(name, end)}
	d := Definition{Kind: Function, Start: r.lines.at(int(r.tok[keyword].start))}
	if n := len(r.blocks); n > 0 {
		b.name = r.blocks[n-1].name + "." + b.name
		b.exported = b.exported && r.blocks[n-1].exported
		d.Kind = Method
	}
	if b.class {
		d.Kind = Class
	}
	d.Name, d.Exported = b.name, b.exported
	b.order = r.orderOf(nil, b.header)
	b.order = r.bind(b.order, b.name)
	r.facts.Definitions = append(r.facts.Definitions, d)
	r.blocks = append(r.blocks, b)
}

// colon is the place behind the colon that ends the header which at is in; end if it
// has none.
func (r *pyReader) colon(at, end int) int {
	for i := at; i < end; i = r.next(i) {
		if r.kind(i) == ':' && !r.assigns(i+1) {
			return i + 1
		}
	}
	return end
}

// assigns says that token i belongs to the operator before it: the "=" of ":=".
func (r *pyReader) assigns(i int) bool {
	return r.kind(i) == '=' && r.tok[i].start == r.tok[i-1].end
}

// close ends the innermost class or function before the token end.
func (r *pyReader) close(end int) {
	b := r.blocks[len(r.blocks)-1]
	r.blocks = r.blocks[:len(r.blocks)-1]
	d := &r.facts.Definitions[b.place]
	body := row{b.header.to, end}
	if says, ok := r.saysOfItself(&b, body); ok {
		b.holes = append([]row{says}, b.holes...)
	}
	r.indents = append(r.indents[:0], b.column)
	r.seen.reset()
	r.digest(&r.hash, row{b.header.from, b.own}, nil)
	r.digest(&r.hash, row{b.own + 1, b.header.to}, nil)
	d.Signature = r.hash.Sum()
	r.digest(&r.hash, body, b.holes)
	r.hash.addSome(b.order)
	d.Body, d.Mentions = r.hash.Sum(), r.take()
	d.End = r.lines.span(d.Start, int(r.tok[b.keyword].start), int(r.tok[end-1].end))
	d.Runs = b.runs
	if b.class {
		d.Runs = d.Runs || r.calls(row{b.own, b.header.to}) || r.bodyRuns(body, b.holes)
	}
	r.looseHeader(b)
	r.needAnnotations(b)
	r.wrapper(&b, end)
	if b.runs && !b.class && b.first < b.keyword-1 {
		r.decorators(b.name, b.first, b.keyword-1)
	}
	if n := len(r.blocks); n > 0 {
		r.blocks[n-1].holes = append(r.blocks[n-1].holes, row{b.first, end})
	}
}

// orderOf appends which of the names in a row, that is read when the file is loaded, were
// defined before it, and how often: they mean something else, or nothing, where their
// definitions come later.
func (r *pyReader) orderOf(order []byte, s row) []byte {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenWord || r.kind(i-1) == '.' {
			continue
		}
		times := r.bindings[string(r.text(i))]
		if len(r.blocks) > 0 { // a class has names of its own, and those of the module
			if own := r.bindings[r.scoped(string(r.text(i)))]; own > 0 {
				times = own
			}
		}
		if times > 0 {
			order = strconv.AppendInt(append(append(order, r.text(i)...), ' '), int64(times), 10)
		}
	}
	return order
}

// scoped is a name with that of the class around it.
func (r *pyReader) scoped(name string) string {
	if n := len(r.blocks); n > 0 {
		return r.blocks[n-1].name + "." + name
	}
	return name
}

// bind notes a definition, and appends which one of its name it is, but for the first.
func (r *pyReader) bind(order []byte, name string) []byte {
	if r.bindings == nil {
		r.bindings = map[string]int{}
	}
	if times := r.bindings[name]; times > 0 {
		order = strconv.AppendInt(append(order, '#'), int64(times), 10)
	}
	r.bindings[name]++
	return order
}

// looseHeader notes the names that are looked up when the file is loaded: in decorators,
// default values and, below a decorator, which may look at them, in annotations.
func (r *pyReader) looseHeader(b pyBlock) {
	if b.class {
		return // all of it is, and says so: see Definition.Runs
	}
	r.seen.reset()
	r.mention(row{b.header.from, b.keyword})
	params := b.own + 1
	for params < b.header.to && r.kind(params) != '(' {
		params = r.next(params)
	}
	value := false // or annotation
	for i := params + 1; i < r.next(params)-1; {
		end := r.next(i)
		switch r.kind(i) {
		case '=':
			value = true
		case ':':
			value = b.runs
		case ',':
			value = false
		}
		if value {
			r.mention(row{i, end})
		}
		i = end
	}
	if b.runs {
		r.mention(row{r.next(params), b.header.to})
	}
	r.loose = append(r.loose, r.seen.names...)
}

// needAnnotations notes the names in the annotations of a function: they are looked up when
// the file is loaded, before Python 3.14. That "from __future__ import annotations" puts it
// off counts for nothing, since dataclasses and validators look at once all the same.
func (r *pyReader) needAnnotations(b pyBlock) {
	if b.class {
		return
	}
	params := b.own + 1
	for params < b.header.to && r.kind(params) != '(' {
		params = r.next(params)
	}
	end := r.next(params) - 1
	for i := params + 1; i < end; {
		if r.kind(i) != ':' {
			i = r.next(i)
			continue
		}
		from := i + 1
		for i = from; i < end && r.kind(i) != ',' && r.kind(i) != '='; {
			i = r.next(i)
		}
		r.need(row{from, min(i, end)}, false)
	}
	r.need(row{end + 1, b.header.to}, false)
}

// need notes names that are looked up when the file is loaded, and of which nothing runs:
// one that is gone fails it. Those that an import names are noted there.
func (r *pyReader) need(s row, members bool) {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenWord || members && r.kind(i-1) != '.' || r.keywords.has(NameHash(r.tok[i].value)) {
			continue
		}
		name := string(r.text(i))
		if r.needed == nil {
			r.needed = map[string]bool{}
		}
		if !r.needed[name] {
			r.needed[name] = true
			r.facts.Exports = append(r.facts.Exports, Export{Name: name})
		}
	}
}

// decoratorsRun says whether a decorator stands in these lines that may keep what it is
// given, so that it is called without being named: a route, a receiver of signals.
func (r *pyReader) decoratorsRun(from, to int) bool {
	for i := from; i < to; i++ {
		if r.kind(i) != '@' || r.kind(i-1) != tokenLine {
			continue
		}
		last := i + 1
		for r.kind(last) == tokenWord && r.kind(last+1) == '.' {
			last += 2
		}
		if last >= to || r.kind(last) != tokenWord || !r.isPassive(i+1, last) {
			return true
		}
	}
	return false
}

// pyPassiveDecorators only change what the name below them stands for.
var pyPassiveDecorators = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`property staticmethod classmethod abstractmethod overload override final
		wraps lru_cache cache cached_property contextmanager asynccontextmanager setter getter deleter
		total_ordering no_type_check unique runtime_checkable skip skipIf skipUnless expectedFailure`) {
		m[name] = true
	}
	return m
})

// isPassive says that the decorator whose name stands from first to last only changes what
// the name below it stands for, and that it is the one that everybody knows: a builtin, or
// of a library. One of the repository may be called the same and keep what it is given.
func (r *pyReader) isPassive(first, last int) bool {
	name := string(r.text(last))
	if !pyPassiveDecorators()[name] {
		return false
	}
	switch name {
	case "setter", "getter", "deleter":
		return last == first+2 // of the property of that name
	case "property", "staticmethod", "classmethod":
		if first == last {
			return !r.binds(name) && !slices.ContainsFunc(r.facts.Definitions, func(d Definition) bool { return d.Name == name })
		}
	}
	if r.known == nil {
		r.known = map[string]bool{}
		for i := range r.facts.Imports {
			imp := &r.facts.Imports[i]
			top, _, _ := strings.Cut(imp.Spec, ".")
			library := imp.Level == 0 && pyPassiveLibraries()[top]
			if len(imp.Names) == 0 {
				r.known[top] = library
			}
			for _, name := range imp.Names {
				if was, ok := r.known[name]; ok {
					library = library && was
				}
				r.known[name] = library
			}
		}
	}
	return r.known[string(r.text(first))]
}

// binds says that the file imports something of this name.
func (r *pyReader) binds(name string) bool {
	for i := range r.facts.Imports {
		if slices.Contains(r.facts.Imports[i].Names, name) {
			return true
		}
	}
	return false
}

// pyPassiveLibraries have decorators of pyPassiveDecorators.
var pyPassiveLibraries = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`abc asyncstdlib builtins contextlib dataclasses enum functools typing
		typing_extensions unittest django pytest werkzeug async_lru cachetools cached_property`) {
		m[name] = true
	}
	return m
})

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
	r.digest(&r.rest, s, nil)
	r.rest.addSome(r.orderOf(nil, s))
	for i := s.from; i < s.to; i++ { // what it names may be something else behind it
		if r.kind(i) == tokenWord && (r.bindings[string(r.text(i))] > 0 || i == s.from && !r.keywords.has(NameHash(r.tok[i].value))) {
			r.bind(nil, string(r.text(i)))
		}
	}
	if r.word(s.from, "load_dotenv") {
		r.bind(nil, "os") // it alters what os.environ says
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
	d := Definition{Kind: kind, Runs: len(r.blocks) == 0 && r.calls(row{value, s.to})}
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
		if r.calls(row{s.from, hole.from}) {
			return true
		}
		s.from = hole.to
	}
	return r.calls(s)
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
