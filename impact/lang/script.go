package lang

import (
	"bytes"
	"slices"
	"sync"
)

// The languages of the ECMAScript family share one scanner: javascript and tsx read
// JSX, typescript reads <T>x as a cast, vue and svelte hold scripts between markup.

func extractTypeScript(src []byte) Facts { return extractScript(src, false) }

func extractJSX(src []byte) Facts { return extractScript(src, true) }

// extractScript finds import and export declarations, require and import() of a
// literal, and /// references. Only what is code counts: strings, templates, comments,
// regular expressions and the text of JSX elements are told apart by the tokens that
// stand before them.
//
// Paths that are handed to other functions are found, too: see script_path.go. Not seen: names
// that are computed from their beginning.
func extractScript(src []byte, jsx bool) Facts {
	s := newScriptScanner(src, jsx)
	s.i = skipBOM(src)
	if hasPrefixAt(src, s.i, "#!") {
		s.i = scriptLineEnd(src, s.i)
	}
	s.run()
	s.facts.Generated = saysGenerated(src, s.comments, s.tok.code(src)) || isMinified(src)
	s.outline(0)
	return s.finish()
}

type scriptScanner struct {
	src  []byte
	i    int
	jsx  bool
	open []scriptOpen
	// operand: the token before ends a value, so that "/" divides and "<" compares.
	// Without one, they open a regular expression and an element.
	operand  bool
	newline  bool // between the token before and this one
	started  bool // a token was read
	before   scriptToken
	noRegexp int // up to here a slash was tried in vain: none is tried again
	spent    int // bytes read again after what looked like an element was none
	comments []Span
	docs     []scriptDoc // types that comments name
	pragmas  [][]byte    // comments that decide what code means
	facts    Facts       // while scanning, Line of an import is its offset
	tok      tokens
	clause   int // where the import or export declaration ends that is being read; else 0
	markup   bool
	bound    map[NameHash][]NameHash // see scriptNames; once the outline is made
}

// scriptToken is as much of the token before as decides what the next one means.
type scriptToken uint8

const (
	scriptNone      scriptToken = iota // an operator, or nothing
	scriptDot                          // "." or "?.": a word behind it is a property's name
	scriptStatement                    // ";", or a brace of a block: a statement may start
	scriptHead                         // if, while, for, with: a statement follows the parentheses
	scriptFor                          // for: as scriptHead, but "await" may come between
	scriptBody                         // else, do, try, finally, "=>", ">", ")": a brace opens a block
	scriptColon                        // ":"
)

// scriptOpen is an open bracket, template or JSX element.
type scriptOpen struct {
	kind byte // '(' '[' '{'; '`' template text, '$' its expression; 't' tag, 'e' children, 'x' expression of an element
	// value: when it closes, a value has ended: not so for blocks, nor for the
	// parentheses of "if (x)".
	value bool
	// root marks the outermost tag of an element, where the scanner had decided that
	// "<" opens one. If that turns out wrong, it goes back to at.
	root    bool
	at      int
	imports int
	damaged bool
	token   int // its place
}

func newScriptScanner(src []byte, jsx bool) *scriptScanner {
	return &scriptScanner{src: src, jsx: jsx, before: scriptStatement, tok: newTokens(src)}
}

// run scans to the end of src.
func (s *scriptScanner) run() {
	for {
		for s.i < len(s.src) {
			s.step()
		}
		if len(s.open) == 0 {
			return
		}
		if !s.notAnElement() {
			s.facts.Damaged = true
			return
		}
	}
}

func (s *scriptScanner) sortImports() {
	slices.SortStableFunc(s.facts.Imports, func(a, b Import) int { return a.Line - b.Line })
}

// finish turns offsets into line numbers.
func (s *scriptScanner) finish() Facts {
	s.facts.Damaged = s.facts.Damaged || isBinary(s.src)
	s.sortImports()
	lines := lineCounter{src: s.src}
	for i := range s.facts.Imports {
		s.facts.Imports[i].Line = lines.at(s.facts.Imports[i].Line)
	}
	return s.facts
}

func (s *scriptScanner) step() {
	if len(s.open) > 0 {
		switch s.open[len(s.open)-1].kind {
		case '`': // not closed: its text went to the end
			s.i = len(s.src)
			return
		case 't':
			s.tag()
			return
		case 'e':
			s.children()
			return
		}
	}
	s.token()
}

// token reads one token of code.
func (s *scriptScanner) token() {
	c := s.src[s.i]
	at := s.i
	switch {
	case c >= 0x80 && scriptWideSpace(s.src, s.i) > 0:
		s.i += scriptWideSpace(s.src, s.i)
		return
	case c == '$' || isIdentStart(c):
		s.word()
		return
	case isSpace(c) && c != '\r':
		s.i++
		return
	case c == '\n' || c == '\r':
		s.i++
		s.newline = true
		return
	case c == '/':
		s.slash()
		return
	case c == '"' || c == '\'':
		end, ok := scriptStringEnd(s.src, s.i)
		s.facts.Damaged = s.facts.Damaged || !ok
		s.i = end
		s.add(tokenString, at)
		s.handed(at)
		s.after(true, scriptNone)
	case c == '`':
		s.i++
		s.push(scriptOpen{kind: '`', value: true})
		s.templateText(at, tokenString)
	case isDigit(c), c == '.' && s.i+1 < len(s.src) && isDigit(s.src[s.i+1]):
		s.number()
		s.add(tokenNumber, at)
	case c == '(' || c == '[' || c == '{':
		s.openBracket(c)
	case c == ')' || c == ']' || c == '}':
		s.closeBracket(c)
	case c == '<' && s.jsx && !s.operand && s.opensElement():
	default:
		s.operator(c)
		kind := tokenKind(c)
		if c == '=' && s.src[s.i-1] == '>' {
			kind = tokenArrow
		}
		s.add(kind, at)
	}
	s.newline = false
	if s.clause > 0 && s.i >= s.clause {
		s.clause = 0
		s.after(false, scriptStatement)
	}
}

// add adds a token that ends at s.i.
func (s *scriptScanner) add(kind tokenKind, at int) {
	s.tok.list = append(s.tok.list, lexeme{start: uint32(at), end: uint32(s.i), kind: kind, newline: s.newline})
}

// closing adds the bracket that closes the one at a place.
func (s *scriptScanner) closing(kind tokenKind, at, open int) {
	s.add(kind, at)
	s.tok.link(open)
}

// after notes what the token just read means for the next one.
func (s *scriptScanner) after(operand bool, token scriptToken) {
	s.operand, s.before, s.started = operand, token, true
}

func (s *scriptScanner) push(o scriptOpen) {
	o.token = len(s.tok.list) - 1
	s.open = append(s.open, o)
	s.after(false, scriptNone)
}

func (s *scriptScanner) operator(c byte) {
	s.i++
	next := byte(0)
	if s.i < len(s.src) {
		next = s.src[s.i]
	}
	switch {
	case c == '.' && next == '.':
		for s.i < len(s.src) && s.src[s.i] == '.' {
			s.i++
		}
		s.after(false, scriptNone)
	case c == '.':
		s.after(false, scriptDot)
	case c == '?' && next == '.' && (s.i+1 >= len(s.src) || !isDigit(s.src[s.i+1])):
		s.i++
		s.after(false, scriptDot)
	case c == '#' || c == '@':
		s.after(false, scriptDot) // a private or decorator's name
	case c == '\\':
		s.after(true, scriptNone) // an escape in an identifier
	case c == ';':
		s.after(false, scriptStatement)
	case c == ':':
		s.after(false, scriptColon)
	case c == '=' && next == '>':
		s.i++
		s.after(false, scriptBody)
	case c == '<' && next == '<':
		s.i++ // a shift: the second one opens no element
		s.after(false, scriptNone)
	case c == '>':
		s.after(false, scriptBody) // f(): Promise<void> {
	case (c == '+' || c == '-') && next == c:
		s.i++ // a postfix operator leaves the value a value
		s.after(s.operand && !s.newline, scriptNone)
	case c == '!' && next != '=' && s.operand && !s.newline:
		s.after(true, scriptNone) // TypeScript's assertion that a value is there
	default:
		s.after(false, scriptNone)
	}
}

func (s *scriptScanner) number() {
	for s.i < len(s.src) && (isIdent(s.src[s.i]) || s.src[s.i] == '.') {
		if c := s.src[s.i] | 0x20; c == 'e' && s.i+1 < len(s.src) && (s.src[s.i+1] == '+' || s.src[s.i+1] == '-') && s.i > 0 && isDigit(s.src[s.i-1]) {
			s.i++
		}
		s.i++
	}
	s.after(true, scriptNone)
}

func (s *scriptScanner) openBracket(c byte) {
	s.i++
	o := scriptOpen{kind: c, value: true}
	statement := false
	switch {
	case c == '(':
		o.value = s.before != scriptHead && s.before != scriptFor
	case c == '{':
		statement = s.opensBlock()
		o.value = !statement
	}
	s.add(tokenKind(c), s.i-1)
	s.push(o)
	if statement {
		s.before = scriptStatement
	}
}

// opensBlock tells a block, a body of a function, class or interface, from an object
// literal. It only matters for a slash or an angle bracket behind its end.
func (s *scriptScanner) opensBlock() bool {
	switch s.before {
	case scriptStatement, scriptBody:
		return true
	case scriptColon: // a case, a label; else a property or the end of a condition
		return len(s.open) == 0 || s.open[len(s.open)-1].kind == '{' && !s.open[len(s.open)-1].value
	default:
		return s.operand // class Name {
	}
}

func (s *scriptScanner) closeBracket(c byte) {
	if len(s.open) == 0 {
		s.facts.Damaged = true
		s.i++
		s.add(tokenKind(c), s.i-1)
		s.after(c != '}', scriptStatement)
		return
	}
	top := s.open[len(s.open)-1]
	switch {
	case top.kind == '(' && c == ')', top.kind == '[' && c == ']', top.kind == '{' && c == '}':
		s.i++
		s.closing(tokenKind(c), s.i-1, top.token)
		s.open = s.open[:len(s.open)-1]
		s.after(top.value, scriptNone)
		switch {
		case c == ')':
			s.before = scriptBody
		case c == '}' && !top.value:
			s.before = scriptStatement
		}
	case (top.kind == '$' || top.kind == 'x') && c == '}':
		s.i++
		s.closing(tokenKind(c), s.i-1, top.token)
		s.open = s.open[:len(s.open)-1]
		if top.kind == '$' {
			s.newline = false
			s.templateText(s.i, tokenPiece)
		}
	case s.notAnElement():
	default:
		s.facts.Damaged = true
		s.i++
		s.add(tokenKind(c), s.i-1)
		s.after(c != '}', scriptNone)
	}
}

// slash reads a comment, a regular expression or a division.
func (s *scriptScanner) slash() {
	at := s.i
	switch {
	case hasPrefixAt(s.src, s.i, "//"):
		end := scriptLineEnd(s.src, s.i)
		s.reference(s.i, end)
		s.comments = append(s.comments, Span{s.i, end})
		s.pragma(s.src[s.i:end])
		s.i = end
		return
	case hasPrefixAt(s.src, s.i, "/*"):
		n := bytes.Index(s.src[s.i+2:], []byte("*/"))
		if n < 0 {
			s.facts.Damaged = true
			s.i = len(s.src)
			return
		}
		s.newline = s.newline || bytes.IndexByte(s.src[s.i:s.i+2+n], '\n') >= 0
		s.comments = append(s.comments, Span{s.i, s.i + n + 4})
		s.pragma(s.src[s.i : s.i+n+4])
		if s.jsx && n > 0 && s.src[s.i+2] == '*' {
			s.doc(s.i, s.i+n+2)
		}
		s.i += n + 4
		return
	case !s.operand && s.i >= s.noRegexp:
		end, ok := scriptRegexpEnd(s.src, s.i)
		if ok {
			s.i = end
			s.add(tokenRegexp, at)
			s.after(true, scriptNone)
			break
		}
		s.facts.Damaged = true
		s.noRegexp = end
		fallthrough
	default:
		s.i++
		s.add('/', at)
		s.after(false, scriptNone)
	}
	s.newline = false
}

// scriptPragmas are words of comments by which a compiler makes other code, or a bundler leaves
// out what is imported. Those for type checkers and linters change nothing that runs.
var scriptPragmas = sync.OnceValue(func() [][]byte {
	return [][]byte{[]byte("@jsx"), []byte("webpackIgnore"), []byte("@vite-ignore")}
})

// pragma notes a comment that decides what code means.
func (s *scriptScanner) pragma(comment []byte) {
	if slices.ContainsFunc(scriptPragmas(), func(word []byte) bool { return bytes.Contains(comment, word) }) {
		s.pragmas = append(s.pragmas, comment)
	}
}

// word reads an identifier or a keyword.
func (s *scriptScanner) word() {
	at := s.i
	end, name := scriptWordHash(s.src, at)
	s.i = end
	before := s.before
	s.add(tokenWord, at)
	s.tok.list[len(s.tok.list)-1].value = name
	s.after(true, scriptNone)
	s.newline = false
	if before == scriptDot || s.clause > 0 {
		return
	}
	switch string(s.src[at:s.i]) {
	case "import":
		s.operand = false
		s.importWord(at)
	case "export":
		s.operand = false
		s.exportWord(at)
	case "require":
		s.requireWord(at)
	case "if", "while", "with":
		s.after(false, scriptHead)
	case "for":
		s.after(false, scriptFor)
	case "await":
		s.operand = false
		if before == scriptFor {
			s.before = scriptFor
		}
	case "else", "do", "try", "finally":
		s.after(false, scriptBody)
	// Not "void": it is the type of many a function, with a body behind it.
	case "return", "typeof", "case", "in", "instanceof", "new", "delete", "throw", "yield", "default", "extends":
		s.operand = false
	}
}

// templateText reads the text of a template up to its end or its next expression. It is
// a token that starts at from.
func (s *scriptScanner) templateText(from int, kind tokenKind) {
	for s.i < len(s.src) {
		switch c := s.src[s.i]; {
		case c == '`':
			s.i++
			s.add(kind, from)
			s.open = s.open[:len(s.open)-1]
			s.after(true, scriptNone)
			return
		case c == '\\':
			s.i += 2
		case c == '$' && hasPrefixAt(s.src, s.i, "${"):
			if from < s.i {
				s.add(kind, from)
				s.newline = false
			}
			s.i += 2
			s.add('$', s.i-2)
			s.push(scriptOpen{kind: '$'})
			return
		default:
			s.i++
		}
	}
	s.i = len(s.src)
	s.add(kind, from)
}
