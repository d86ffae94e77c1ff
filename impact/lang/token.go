package lang

import (
	"bytes"
	"strings"
	"sync"
)

// A lexeme, or token, is a piece of code, as the scanners of Python, ECMAScript and Java leave it to
// the readers of definitions: a scanner knows where strings and comments end, a reader
// knows what a row of tokens declares. Comments and white space are no tokens.
type lexeme struct {
	start, end uint32
	// value of a word is the hash of its name; of a bracket the place of its other half,
	// 0 when it has none; of the start of a Python line its column.
	value   uint32
	kind    tokenKind
	newline bool // the first one of its line
}

// tokenKind of a bracket or operator is its first byte; the letters below stand for what
// has no byte of its own.
type tokenKind byte

const (
	tokenWord       tokenKind = 'w'
	tokenNumber     tokenKind = 'n'
	tokenString     tokenKind = 's' // with its quotes, or the text between the fields of a template
	tokenPiece      tokenKind = 'p' // the text of a template behind an expression
	tokenRegexp     tokenKind = 'r'
	tokenText       tokenKind = 't' // of a JSX element, or a tag of one
	tokenElement    tokenKind = 'e' // JSX: "<" of an element; its other half is the end of it
	tokenElementEnd tokenKind = 'E'
	tokenLine       tokenKind = 'l' // Python: a logical line starts
	tokenArrow      tokenKind = 'a' // "=>" of ECMAScript, "->" of Java and Python
)

// maxTokenBuffer is the longest buffer that is kept for the next file, in tokens.
const maxTokenBuffer = 1 << 17

var tokenBuffers = sync.Pool{New: func() any { return new([]lexeme) }}

// tokens collects the tokens of one file.
type tokens struct {
	list   []lexeme
	buffer *[]lexeme
}

func newTokens(src []byte) tokens {
	buffer := tokenBuffers.Get().(*[]lexeme)
	if least := len(src) / 8; cap(*buffer) < least {
		*buffer = make([]lexeme, 0, least)
	}
	return tokens{list: (*buffer)[:0], buffer: buffer}
}

// free gives the buffer to the next file: the tokens are gone.
func (t *tokens) free() {
	if t.buffer != nil && cap(t.list) <= maxTokenBuffer {
		*t.buffer = t.list[:0]
		tokenBuffers.Put(t.buffer)
	}
	t.list, t.buffer = nil, nil
}

func (t *tokens) add(kind tokenKind, start, end int) {
	t.list = append(t.list, lexeme{start: uint32(start), end: uint32(end), kind: kind})
}

// link notes that the bracket at place open is closed by the token added last.
func (t *tokens) link(open int) {
	last := len(t.list) - 1
	t.list[open].value, t.list[last].value = uint32(last), uint32(open)
}

// An outline makes definitions of the tokens of a file.
type outline struct {
	src   []byte
	tok   []lexeme
	facts *Facts
	lines lineCounter
	names map[NameHash][]NameHash // what stands for another name: see alias
	seen  nameSet

	modules map[NameHash]outlineModule // names that stand for a whole file: see module
	always  []NameHash                 // what all code of the file may mean: Java's "import static a.B.*"

	script *scriptNames // ECMAScript: what a name can mean there
	java   *javaOutline // Java: it says which members are called

	examples pyExamples // Python: for doctest

	python  *pyNames    // Python: what a name can mean there; nil: another language
	values  *keywordSet // Python: names that an import binds, see mentionValue; nil: not looked for
	imports []row       // the statements that bind them, in order

	intoValues int8 // see looksInto; 0: not known yet

	lookups *keywordSet                  // words that may find any name at run time; nil: none
	looksUp func(o *outline, i int) bool // says that the one at token i does

	// keywords are the reserved words: no definition has such a name.
	keywords *keywordSet
	hash     TokenHash // of the definition that is being digested
	rest     TokenHash
	loose    []NameHash // mentioned outside of all definitions

	indents []uint32 // Python: the columns of the blocks around the token that is digested
}

// A row of tokens: from the first to the one before the second.
type row struct{ from, to int }

func newOutline(src []byte, tok []lexeme, facts *Facts, keywords *keywordSet) *outline {
	return &outline{src: src, tok: tok, facts: facts, keywords: keywords, lines: lineCounter{src: src}}
}

// text is the source of a token.
func (o *outline) text(i int) []byte { return o.src[o.tok[i].start:o.tok[i].end] }

// word says whether token i is that word.
func (o *outline) word(i int, word string) bool {
	return i >= 0 && i < len(o.tok) && o.tok[i].kind == tokenWord && string(o.text(i)) == word
}

// kind is that of token i; 0 behind the last one.
func (o *outline) kind(i int) tokenKind {
	if i >= 0 && i < len(o.tok) {
		return o.tok[i].kind
	}
	return 0
}

// code is where the first token starts; at the end of the file without one.
func (t *tokens) code(src []byte) int {
	for i := range t.list {
		if t.list[i].kind != tokenLine {
			return int(t.list[i].start)
		}
	}
	return len(src)
}

// next is the place behind token i and, if it opens a bracket, all that is in it.
func (o *outline) next(i int) int {
	if i >= len(o.tok) {
		return i + 1
	}
	switch t := o.tok[i]; t.kind {
	case '(', '[', '{', '$', tokenElement:
		if int(t.value) > i {
			return int(t.value) + 1
		}
	}
	return i + 1
}

// maxNames is how many names one statement may bind. All of them mention what the
// statement does; a file with more is not understood.
const maxNames = 256

// fits cuts a list of names, and says so.
func (o *outline) fits(names []int) []int {
	if len(names) > maxNames {
		o.facts.Damaged = true
		return names[:maxNames]
	}
	return names
}

// alias notes that name stands for another one in this file: who mentions the one
// mentions the other.
func (o *outline) alias(name, other NameHash) {
	if name == other {
		return
	}
	if o.names == nil {
		o.names = map[NameHash][]NameHash{}
	}
	o.names[name] = append(o.names[name], other)
}

// module notes that a name stands for a whole file: who says it without a dot behind it
// may use whatever is in there. What is called may be a function, as in CommonJS.
func (o *outline) module(name NameHash, m outlineModule) {
	if o.modules == nil {
		o.modules = map[NameHash]outlineModule{}
	}
	o.modules[name] = m
}

type outlineModule struct {
	called bool
	every  []NameHash // mentioned by who may use all names of it
}

// handsOn notes that the word at i is the name of a file and hands all of it on.
func (o *outline) handsOn(i int) {
	m, known := o.modules[NameHash(o.tok[i].value)]
	if k := o.kind(i + 1); !known || k == '.' || m.called && k == '(' {
		return
	}
	for _, name := range m.every {
		o.seen.add(uint32(name))
	}
}

// A nameSet holds the names of one definition until it is done.
type nameSet struct {
	slots [512]struct{ round, name uint32 }
	round uint32
	names []NameHash
}

func (s *nameSet) reset() {
	s.round++
	s.names = s.names[:0]
}

// add adds a name. When its place is taken it may come to stand in names twice.
func (s *nameSet) add(name uint32) {
	slot := &s.slots[(name^name>>9)%uint32(len(s.slots))]
	if slot.round == s.round && slot.name == name {
		return
	}
	slot.round, slot.name = s.round, name
	s.names = append(s.names, NameHash(name))
}

// take returns the names as they stay: sorted, each once, with those for which others
// of them stand.
func (o *outline) take() []NameHash {
	for _, name := range o.always {
		o.seen.add(uint32(name))
	}
	for i := 0; i < len(o.seen.names) && len(o.names) > 0; i++ {
		for _, other := range o.names[o.seen.names[i]] {
			o.seen.add(uint32(other))
		}
	}
	if len(o.seen.names) == 0 {
		return nil
	}
	names := o.seen.names[:0]
	for _, name := range o.seen.names {
		if !o.keywords.has(name) {
			names = append(names, name)
		}
	}
	names = SortNames(names)
	return append(make([]NameHash, 0, len(names)), names...)
}

// A keywordSet holds the hashes of words. Most names are told from them by one bit.
type keywordSet struct {
	bits [64]uint64
	all  map[NameHash]bool
}

func newKeywords(words string) *keywordSet {
	s := &keywordSet{all: map[NameHash]bool{}}
	for word := range strings.FieldsSeq(words) {
		s.add(HashName(word))
	}
	return s
}

// add adds the hash of a word.
func (s *keywordSet) add(h NameHash) {
	if s.has(h) {
		return
	}
	if s.all == nil {
		s.all = map[NameHash]bool{}
	}
	s.all[h] = true
	s.bits[h>>6%64] |= 1 << (h % 64)
}

func (s *keywordSet) has(name NameHash) bool {
	return s.bits[name>>6%64]&(1<<(name%64)) != 0 && s.all[name]
}

// digest hashes a row of tokens and collects the names in it. holes are the rows in it
// that are left out, in order.
func (o *outline) digest(h *TokenHash, r row, holes []row) {
	for i := r.from; i < r.to; i++ {
		for len(holes) > 0 && i >= holes[0].to {
			holes = holes[1:]
		}
		if len(holes) > 0 && i >= holes[0].from {
			i = holes[0].to - 1
			continue
		}
		o.digestToken(h, i)
	}
}

// say collects the word at i.
func (o *outline) say(i int) {
	switch {
	case o.python != nil:
		o.sayPython(i)
	case o.script != nil:
		o.sayScript(i)
	case o.java != nil:
		o.java.sayJava(i)
	default:
		o.seen.add(o.tok[i].value)
	}
}

// mention collects the names in a row of tokens.
func (o *outline) mention(r row) {
	for i := r.from; i < r.to; i++ {
		switch t := &o.tok[i]; t.kind {
		case tokenWord:
			o.say(i)
		case tokenString, tokenText, tokenPiece:
			o.digestText(o.text(i))
		}
	}
}

func (o *outline) digestToken(h *TokenHash, i int) {
	t := &o.tok[i]
	text := o.src[t.start:t.end]
	switch t.kind {
	case tokenLine:
		text = o.indent(t.value)
	case tokenWord:
		o.say(i)
		if o.python != nil && o.python.isOwn(i) {
			break
		}
		if len(o.modules) > 0 {
			o.handsOn(i)
		}
		if o.lookups != nil && o.lookups.has(NameHash(t.value)) && o.looksUp(o, i) {
			o.seen.add(uint32(Everything))
		}
		if o.values != nil && o.values.has(NameHash(t.value)) {
			o.mentionValue(i)
		}
	case tokenText:
		o.digestText(text)
		text = trimJSX(text)
	case tokenString, tokenPiece:
		if o.script == nil {
			o.digestText(text)
		} else if len(o.script.paths) > 0 {
			for _, name := range o.script.paths[t.start] {
				o.seen.add(uint32(name))
			}
		}
		if o.values != nil {
			o.mentionNamed(i)
		}
	}
	if t.newline && i > 0 && o.endsLine(i-1, i) {
		h.Add(newLine)
	}
	if i > 0 && t.start == o.tok[i-1].end && joins(o.tok[i-1].kind, t.kind) {
		h.Add(joined)
	}
	h.Add(text)
}

var (
	joined  = []byte{}
	newLine = []byte{'\n'}
)

// endsLine says that it counts for ECMAScript whether a line ends between two tokens:
// behind "return", before and behind "++".
func (o *outline) endsLine(before, behind int) bool {
	if t := &o.tok[before]; t.kind == tokenWord {
		switch string(o.text(before)) {
		case "return", "break", "continue", "throw", "yield", "async", "get", "set", "static", "type", "declare":
			return true
		}
	} else if (t.kind == '+' || t.kind == '-') && t.end-t.start == 2 {
		return true
	}
	t := &o.tok[behind]
	return (t.kind == '+' || t.kind == '-') && t.end-t.start == 2
}

// trimJSX drops the white space around the text of an element that holds a newline, as
// the language does.
func trimJSX(text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 {
		return text
	}
	trimmed := bytes.Trim(text, " \t\r\n")
	if at := bytes.Index(text, trimmed); len(trimmed) > 0 {
		if bytes.IndexByte(text[:at], '\n') < 0 {
			trimmed = text[:at+len(trimmed)]
			at = 0
		}
		if end := at + len(trimmed); bytes.IndexByte(text[end:], '\n') < 0 {
			trimmed = text[at:]
		}
	}
	return trimmed
}

// indent stands for the start of a line: how deep it is, in blocks, not in spaces.
func (o *outline) indent(column uint32) []byte {
	n := len(o.indents)
	for n > 1 && o.indents[n-1] > column {
		n--
	}
	o.indents = o.indents[:n]
	if o.indents[n-1] < column {
		o.indents = append(o.indents, column)
		n++
	}
	return []byte{'\n', byte(n), byte(n >> 8), byte(n >> 16)}
}

// finish sets the facts about what stands outside of all definitions.
func (o *outline) finish() {
	o.seen.names = append(o.seen.names[:0], o.loose...)
	o.facts.Mentions = o.take()
	o.facts.Rest = o.rest.Sum()
}

// joins says that two bytes make another operator when nothing stands between them:
// "a = =b" is not "a == b".
func joins(a, b tokenKind) bool {
	switch b {
	case '=', '>', '<', '&', '|', '?', '*', '+', '-', '/', ':', '.':
		switch a {
		case '=', '>', '<', '&', '|', '?', '*', '+', '-', '/', ':', '.', '!', '%', '^', '@', '~':
			return a != ':' || b == ':' || b == '='
		}
	}
	return false
}

// maxNameText is the longest string that is looked at for names, in bytes.
const maxNameText = 200

// digestText collects the names in a string that holds nothing else: getattr(x, "name"),
// patch("pkg.mod.name"), an annotation in quotes. A sentence is none.
func (o *outline) digestText(text []byte) {
	if len(text) > maxNameText {
		return
	}
	if end := identEnd(text, 0); end > 0 && end <= 2 && end < len(text) && (text[end] == '"' || text[end] == '\'') {
		text = text[end:] // the prefix of a Python string
	}
	for start := 0; start < len(text); {
		c := text[start]
		switch {
		case isIdent(c) || c == '$':
		case c == ' ' && start > 0 && start+1 < len(text) && isIdent(text[start-1]) && isIdent(text[start+1]), !isNameText[c]:
			return
		}
		start++
	}
	for i := 0; i < len(text); {
		end := i
		h := uint32(fnvOffset32)
		for end < len(text) && (isIdent(text[end]) || text[end] == '$') {
			h = (h ^ uint32(text[end])) * fnvPrime32
			end++
		}
		switch {
		case end == i || isDigit(text[i]):
		case o.script != nil:
			o.sayAny(NameHash(h))
		case o.java != nil:
			o.seen.add(h)
			o.seen.add(uint32(javaText(NameHash(h))))
		default:
			o.seen.add(h)
		}
		i = end + 1
	}
}

var isNameText = func() (t [256]bool) {
	for _, c := range `"'` + "`.:#[]|, " {
		t[c] = true
	}
	return t
}()
