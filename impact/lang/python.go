package lang

import (
	"bytes"
	"strings"
)

// extractPython reads every import statement, wherever it stands: at the top, in a
// function, behind "if TYPE_CHECKING:" or in a try. The lexical rules are those of
// https://docs.python.org/3/reference/lexical_analysis.html (3.14, with nested
// f-strings), of which the older ones, and Python 2's, are a part as far as imports go.
func extractPython(src []byte) Facts {
	p := newPyScanner(src)
	defer p.tok.free()
	p.facts.Damaged = isBinary(src) || !pyEncoding(src)
	p.run()
	p.addLate()
	p.facts.Damaged = p.facts.Damaged || len(p.open) > 0
	p.facts.Generated = saysGenerated(src, p.comments, p.tok.code(src))
	p.outline()
	return p.facts
}

type pyScanner struct {
	src   []byte
	i     int
	open  []pyOpen // brackets and f-strings that are open
	start bool     // a statement may start here
	lines lineCounter
	facts Facts

	tok       tokens
	routes    bool // include is the one of Django, which loads the routes of a module
	apps      bool // in the list of Django's applications
	bol       bool // the next token starts a logical line
	lineStart int  // offset of the physical line
	imported  []pyImport
	comments  []Span
	inTexts   map[string]bool // names that strings spell, see named
	lates     pyLates
}

func newPyScanner(src []byte) *pyScanner {
	i := skipBOM(src)
	return &pyScanner{
		src: src, i: i, start: true, lines: lineCounter{src: src},
		tok: newTokens(src), bol: true, lineStart: i,
	}
}

// run scans to the end of src.
func (p *pyScanner) run() {
	for p.i < len(p.src) {
		p.token()
	}
}

// add adds a token that ends at p.i, and the start of its line if it is the first.
func (p *pyScanner) add(kind tokenKind, start int) {
	if p.bol {
		p.bol = false
		p.tok.list = append(p.tok.list, lexeme{
			start: uint32(start), end: uint32(start), kind: tokenLine, value: pyColumn(p.src[p.lineStart:start]),
		})
	}
	p.tok.add(kind, start, p.i)
}

// addWord adds the word that starts at p.i and moves behind it.
func (p *pyScanner) addWord() {
	at := p.i
	end, name := identHash(p.src, at)
	p.i = end
	p.add(tokenWord, at)
	p.tok.list[len(p.tok.list)-1].value = name
}

// pyColumn is how far a line is indented.
func pyColumn(white []byte) (column uint32) {
	for _, c := range white {
		switch c {
		case '\t':
			column = column/8*8 + 8
		case '\f':
			column = 0
		default:
			column++
		}
	}
	return column
}

// pyOpen is an open bracket, f-string or replacement field of an f-string.
type pyOpen struct {
	kind   byte // '(', '[', '{'; 'f' the text of an f-string; '=' its field, ':' the field's format
	quote  byte // of 'f' and inherited by its fields
	triple bool
	raw    bool
	token  int // its place
}

// token reads one token of code.
func (p *pyScanner) token() {
	c := p.src[p.i]
	switch {
	case isIdentStart(c):
		p.word()
		return
	case isSpace(c) && c != '\r':
		p.i++
		return // white space does not end the place where a statement may start
	case c == '\n' || c == '\r':
		p.i++
		p.start = len(p.open) == 0
		p.bol = p.start
		p.apps = p.apps && !p.start
		p.lineStart = p.i
		return
	case c == '#':
		p.comment()
		return
	case c == '\\' && p.i+1 < len(p.src):
		p.i = pySkipContinuation(p.src, p.i)
		return
	case c == '"' || c == '\'':
		p.text("")
	case isDigit(c):
		at := p.i
		for p.i < len(p.src) && (isIdent(p.src[p.i]) || p.src[p.i] == '.') {
			p.i++
		}
		p.add(tokenNumber, at)
	case c == ';':
		p.one()
		p.start = len(p.open) == 0
		return
	case c == ':':
		p.one()
		if len(p.open) == 0 {
			p.start = true
			return
		}
		if p.top().kind == '=' {
			p.top().kind = ':'
			p.resume()
		}
	case c == '(' || c == '[' || c == '{':
		p.one()
		p.push(pyOpen{kind: c})
	case c == ')' || c == ']' || c == '}':
		p.one()
		p.close(c)
	case c == '-' && hasPrefixAt(p.src, p.i, "->"):
		p.i += 2
		p.add(tokenArrow, p.i-2)
	default:
		p.one()
	}
	p.start = false
}

// one adds the byte at p.i as a token.
func (p *pyScanner) one() {
	p.i++
	p.add(tokenKind(p.src[p.i-1]), p.i-1)
}

func (p *pyScanner) comment() {
	start := p.i
	p.i = lineEndCR(p.src, p.i)
	p.comments = append(p.comments, Span{start, p.i})
}

func (p *pyScanner) top() *pyOpen { return &p.open[len(p.open)-1] }

// push opens what the token added last opens.
func (p *pyScanner) push(o pyOpen) {
	o.token = len(p.tok.list) - 1
	p.open = append(p.open, o)
}

func (p *pyScanner) pop() { p.open = p.open[:len(p.open)-1] }

func (p *pyScanner) close(c byte) {
	if len(p.open) == 0 {
		p.facts.Damaged = true
		return
	}
	switch top := p.top().kind; {
	case top == '(' && c == ')', top == '[' && c == ']', top == '{' && c == '}':
		p.tok.link(p.top().token)
		p.pop()
	case top == '=' && c == '}':
		p.tok.link(p.top().token)
		p.pop()
		p.resume()
	default:
		p.facts.Damaged = true
	}
}

// word reads an identifier, keyword or string prefix.
func (p *pyScanner) word() {
	at := p.i
	end, name := identHash(p.src, at)
	p.i = end
	word := p.src[at:end]
	if len(word) <= 2 && end < len(p.src) && (p.src[end] == '"' || p.src[end] == '\'') && isPyPrefix(word) {
		p.text(string(word))
		p.start = false
		return
	}
	p.add(tokenWord, at)
	p.tok.list[len(p.tok.list)-1].value = name
	start := p.start
	p.start = false
	p.seeLazy(word)
	switch string(word) {
	case "import":
		if start {
			p.importStatement(at)
		}
	case "from":
		if start {
			p.fromStatement(at)
		}
	case "__import__", "import_module":
		p.dynamic(at, true)
	case "importorskip":
		p.dynamic(at, false)
	case "run_module", "_run_module_as_main":
		had := len(p.facts.Imports)
		if p.dynamic(at, false); len(p.facts.Imports) > had {
			p.facts.Imports[had].Names = []string{runsAsProgram}
		}
	case "include":
		if p.routes {
			p.dynamic(at, false)
		}
	case "import_deprecated", "import_fresh_module": // of CPython's test.support
		p.dynamic(at, false)
	case "INSTALLED_APPS":
		p.apps = p.apps || start
	case "pytest_plugins":
		if start {
			p.plugins(at)
		}
	}
}

// runsAsProgram is the module of a package that runs for "python -m package".
const runsAsProgram = "__main__"

// program reads on behind "-m" in a list such as [sys.executable, "-m", "a.b"].
func (p *pyScanner) program(at int) {
	n := len(p.tok.list) - 1 // "-m"
	if n < 2 || p.tok.list[n-1].kind != ',' {
		return
	}
	t := p.tok.list[n-2]
	if before := p.src[t.start:t.end]; string(before) != "executable" && (t.kind != tokenString || !bytes.Contains(before, []byte("python"))) {
		return
	}
	i := p.i
	for i < len(p.src) && (isSpace(p.src[i]) || p.src[i] == '\n' || p.src[i] == ',') {
		i++
	}
	if i >= len(p.src) || p.src[i] != '"' && p.src[i] != '\'' {
		return
	}
	had := len(p.facts.Imports)
	if end, ok := pyStringEnd(p.src, i); ok && end-i > 2 {
		if p.addDynamic(at, string(p.src[i+1:end-1])); len(p.facts.Imports) > had {
			p.facts.Imports[had].Names = []string{runsAsProgram}
		}
	}
}

// plugins reads the names of the modules that pytest loads: "pytest_plugins = ['a.b', 'c']".
func (p *pyScanner) plugins(at int) {
	opened := false
	for i := p.i; i < len(p.src); {
		switch c := p.src[i]; {
		case c == '\n' && !opened, c == '#' && !opened, c == ')' || c == ']':
			return
		case c == '#':
			i = lineEndCR(p.src, i)
		case c == '(' || c == '[':
			opened = true
			i++
		case c == '"' || c == '\'':
			end, ok := pyStringEnd(p.src, i)
			if !ok || end-i < 2 {
				return
			}
			p.addDynamic(at, string(p.src[i+1:end-1]))
			i = end
		case isSpace(c) || c == '\n' || c == '=' || c == '+' || c == ',':
			i++
		default:
			return // a name, or more than we read
		}
	}
}

func isPyPrefix(word []byte) bool {
	for _, c := range word {
		switch c | 0x20 {
		case 'r', 'b', 'u', 'f', 't':
		default:
			return false
		}
	}
	return true
}

// importStatement reads "import a.b as c, d".
func (p *pyScanner) importStatement(at int) {
	line := p.lines.at(at)
	statement := len(p.tok.list) - 1
	for {
		name := p.dottedName()
		if name == "" {
			p.facts.Damaged = true
			return
		}
		p.imported = append(p.imported, pyImport{statement, len(p.facts.Imports)})
		p.facts.Imports = append(p.facts.Imports, Import{Spec: name, Line: line})
		p.alias(false)
		if p.skipSpace(false); !p.take(',') {
			return
		}
	}
}

// fromStatement reads "from ..a.b import c as d, e", with or without parentheses.
func (p *pyScanner) fromStatement(at int) {
	imp := Import{Line: p.lines.at(at)}
	p.imported = append(p.imported, pyImport{len(p.tok.list) - 1, len(p.facts.Imports)})
	for p.skipSpace(false); p.take('.'); p.skipSpace(false) {
		imp.Level++
	}
	if end := identEnd(p.src, p.i); string(p.src[p.i:end]) != "import" {
		imp.Spec = p.dottedName()
		p.skipSpace(false)
	}
	if p.ident() != "import" || imp.Spec == "" && imp.Level == 0 {
		p.facts.Damaged = true
		p.imported = p.imported[:len(p.imported)-1]
		return
	}
	p.skipSpace(false)
	parens := p.take('(')
	open := len(p.tok.list) - 1
	for {
		p.skipSpace(parens)
		if p.take('*') {
			imp.Names = append(imp.Names, "*")
			break
		}
		name := p.ident()
		if name == "" {
			break // behind a last comma
		}
		imp.Names = append(imp.Names, name)
		p.alias(parens)
		if p.skipSpace(parens); !p.take(',') {
			break
		}
	}
	p.skipSpace(parens)
	switch closed := parens && p.take(')'); {
	case closed:
		p.tok.link(open)
	case parens:
		p.facts.Damaged = true
	}
	p.facts.Damaged = p.facts.Damaged || len(imp.Names) == 0
	p.routes = p.routes || imp.Level == 0 && (imp.Spec == "django.urls" || imp.Spec == "django.conf.urls")
	p.facts.Imports = append(p.facts.Imports, imp)
}

// alias skips "as name".
func (p *pyScanner) alias(parens bool) {
	p.skipSpace(parens)
	if end := identEnd(p.src, p.i); string(p.src[p.i:end]) == "as" {
		p.addWord()
		p.skipSpace(parens)
		p.ident()
	}
}

func (p *pyScanner) dottedName() string {
	p.skipSpace(false)
	name := p.ident()
	if name == "" || p.i < len(p.src) && p.src[p.i] != '.' && !isSpace(p.src[p.i]) && p.src[p.i] != '\\' {
		return name
	}
	parts := []string{name}
	for {
		p.skipSpace(false)
		if !p.take('.') {
			return strings.Join(parts, ".")
		}
		p.skipSpace(false)
		part := p.ident()
		if part == "" {
			p.facts.Damaged = true
			return strings.Join(parts, ".")
		}
		parts = append(parts, part)
	}
}

func (p *pyScanner) ident() string {
	at := p.i
	if at < len(p.src) && isIdentStart(p.src[at]) {
		p.addWord()
	}
	return string(p.src[at:p.i])
}

func (p *pyScanner) take(c byte) bool {
	if p.i < len(p.src) && p.src[p.i] == c {
		p.one()
		return true
	}
	return false
}

// skipSpace skips white space and continued lines; in parentheses, newlines and
// comments too.
func (p *pyScanner) skipSpace(parens bool) {
	for p.i < len(p.src) {
		switch c := p.src[p.i]; {
		case isSpace(c) && c != '\r', parens && (c == '\n' || c == '\r'):
			p.i++
		case parens && c == '#':
			p.comment()
		case c == '\\':
			end := pySkipContinuation(p.src, p.i)
			if end == p.i+1 {
				return
			}
			p.i = end
		default:
			return
		}
	}
}

// dynamic reads the call behind __import__ or import_module, if its first argument is
// a plain string. It only looks ahead: the string is a token of its own. What is no string
// counts as computed where any name would be one of a module.
func (p *pyScanner) dynamic(at int, always bool) {
	i := p.i
	space := func() {
		for i < len(p.src) && (isSpace(p.src[i]) || p.src[i] == '\n') {
			i++
		}
	}
	if space(); i >= len(p.src) || p.src[i] != '(' {
		return
	}
	i++
	space()
	argument := i
	if i < len(p.src) && (p.src[i]|0x20 == 'u' || p.src[i]|0x20 == 'r') {
		i++
	}
	if i >= len(p.src) || p.src[i] != '"' && p.src[i] != '\'' {
		if always {
			p.computed(at, argument)
		}
		return
	}
	if hasPrefixAt(p.src, i, `"""`) || hasPrefixAt(p.src, i, "'''") {
		return
	}
	from := i + 1
	end, ok := pyStringEnd(p.src, i)
	if !ok {
		return
	}
	i = end
	if space(); i >= len(p.src) || p.src[i] != ')' && p.src[i] != ',' {
		if always {
			p.computed(at, argument)
		}
		return
	}
	p.addDynamic(at, string(p.src[from:end-1]))
}

func (p *pyScanner) addDynamic(at int, spec string) {
	name := strings.TrimLeft(spec, ".")
	if name == "" || len(name) > maxSpec || strings.ContainsAny(name, "\\/ ") {
		return
	}
	p.facts.Imports = append(p.facts.Imports, Import{
		Spec: name, Level: len(spec) - len(name), Line: p.lines.at(at), Kind: Dynamic,
	})
}

// computed notes an import of what is written at i, in parentheses: a name that is known
// only when it runs.
func (p *pyScanner) computed(at, i int) {
	if p.globbed(at, i) {
		return
	}
	if i >= len(p.src) || p.src[i] == ')' || bytes.HasSuffix(bytes.TrimRight(p.src[:at], " \t"), []byte("def")) {
		return
	}
	p.facts.Imports = append(p.facts.Imports, Import{Spec: "import of " + computedText(p.src[i:]), Line: p.lines.at(at), Kind: Computed})
}

// maxComputed bounds how much of an import's source is shown, in bytes.
const maxComputed = 40

// computedText is the beginning of an argument, up to the end of its line.
func computedText(src []byte) string {
	end, depth := 0, 0
	for end < len(src) && end < maxComputed && src[end] != '\n' && src[end] != '\r' {
		switch src[end] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth < 0 || src[end] == ',' && depth == 0 {
			break
		}
		end++
	}
	return strings.TrimSpace(string(src[:end]))
}

// pySkipContinuation is the offset behind the backslash at i and the newline that
// it joins.
func pySkipContinuation(src []byte, i int) int {
	switch {
	case hasPrefixAt(src, i+1, "\r\n"):
		return i + 3
	case hasPrefixAt(src, i+1, "\n"), hasPrefixAt(src, i+1, "\r"):
		return i + 2
	default:
		return i + 1
	}
}
