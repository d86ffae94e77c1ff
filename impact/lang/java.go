package lang

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// extractJava reads the package, the imports, the top-level types and, since types of
// the same package and full names need no import, the type names that the file
// mentions: identifiers that do not start with a lower-case letter, as the convention
// is. A type named against it, used from its own package, is not seen.
//
// The lexical rules are those of the Java Language Specification, chapter 3.
func extractJava(src []byte) Facts {
	damaged := isBinary(src)
	if bytes.Contains(src, []byte(`\u`)) {
		var ok bool
		src, ok = javaUnescape(src)
		damaged = damaged || !ok
	}
	s := newJavaScanner(src)
	defer s.tok.free()
	s.facts.Damaged = damaged
	s.run()
	s.facts.Damaged = s.facts.Damaged || s.nested != 0
	s.addProvided()
	s.dropImported()
	s.facts.Generated = s.facts.Generated || saysGenerated(src, s.comments, s.tok.code(src))
	s.outline()
	return s.facts
}

type javaScanner struct {
	src    []byte
	i      int
	nested int  // open braces, brackets and parentheses
	module bool // it declares one
	dot    bool // the token before was "."
	at     bool // the token before was "@"
	seen   map[string]bool
	texts  map[string]bool // names that strings spell, see named

	provides []string // types of services, as annotations say them
	lines    lineCounter
	facts    Facts

	comments []Span
	tok      tokens
	open     []int // the places of the brackets that are open
	typed    []int // the places of "<" behind "::"
}

func newJavaScanner(src []byte) *javaScanner {
	return &javaScanner{seen: map[string]bool{}, src: src, lines: lineCounter{src: src}, i: skipBOM(src), tok: newTokens(src)}
}

// run scans to the end of src.
func (s *javaScanner) run() {
	for s.i < len(s.src) {
		s.token()
	}
}

func (s *javaScanner) token() {
	s.space()
	if s.i >= len(s.src) {
		return
	}
	c := s.src[s.i]
	if c == '$' || isIdentStart(c) {
		s.name()
		s.dot, s.at = false, false
		return
	}
	s.dot, s.at = c == '.', c == '@'
	at := s.i
	switch {
	case c == '"', c == '\'':
		end, ok := javaLiteralEnd(s.src, s.i)
		s.i = end
		s.facts.Damaged = s.facts.Damaged || !ok
		if c == '"' && ok {
			s.named(at)
		}
		s.tok.add(tokenString, at, s.i)
	case isDigit(c):
		s.i = identEnd(s.src, s.i)
		s.tok.add(tokenNumber, at, s.i)
	case c == '-' && hasPrefixAt(s.src, at, "->"):
		s.i += 2
		s.tok.add(tokenArrow, at, s.i)
	default:
		s.one()
	}
	switch c {
	case '(', '{', '[':
		s.nested++
		s.open = append(s.open, len(s.tok.list)-1)
	case ')', '}', ']':
		s.close(c)
	}
}

// one adds the byte at s.i as a token.
func (s *javaScanner) one() {
	s.i++
	s.tok.add(tokenKind(s.src[s.i-1]), s.i-1, s.i)
	if n := len(s.tok.list); s.src[s.i-1] == '<' && n > 2 && s.tok.list[n-2].kind == ':' && s.tok.list[n-3].kind == ':' {
		s.typed = append(s.typed, n-1)
	}
}

// close closes the bracket that is open, whatever kind it is of.
func (s *javaScanner) close(c byte) {
	if s.nested--; s.nested < 0 {
		s.nested = 0
		s.facts.Damaged = true
		return
	}
	last := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	if opening := s.tok.list[last].kind; opening == '(' && c == ')' || opening == '{' && c == '}' || opening == '[' && c == ']' {
		s.tok.link(last)
	} else {
		s.facts.Damaged = true
	}
}

// space skips white space and comments.
func (s *javaScanner) space() {
	for s.i < len(s.src) {
		switch c := s.src[s.i]; {
		case isSpace(c) || c == '\n':
			s.i++
		case hasPrefixAt(s.src, s.i, "//"):
			end := lineEndCR(s.src, s.i)
			s.comments = append(s.comments, Span{s.i, end})
			s.i = end
		case hasPrefixAt(s.src, s.i, "/*"):
			n := bytes.Index(s.src[s.i+2:], []byte("*/"))
			if n < 0 {
				s.facts.Damaged = true
				s.i = len(s.src)
				return
			}
			s.comments = append(s.comments, Span{s.i, s.i + n + 4})
			s.i += n + 4
		default:
			return
		}
	}
}

// javaLiteralEnd is the offset behind the string, text block or character at i.
func javaLiteralEnd(src []byte, i int) (end int, ok bool) {
	if hasPrefixAt(src, i, `"""`) {
		for i += 3; i < len(src); i++ {
			switch {
			case src[i] == '\\':
				i++
			case hasPrefixAt(src, i, `"""`):
				return i + 3, true
			}
		}
		return len(src), false
	}
	quote := src[i]
	for i++; i < len(src); i++ {
		switch src[i] {
		case quote:
			return i + 1, true
		case '\\':
			i++
		case '\n', '\r':
			return i, false
		}
	}
	return len(src), false
}

func (s *javaScanner) ident() string {
	at := s.i
	s.word()
	return string(s.src[at:s.i])
}

// word adds the identifier at s.i, if there is one.
func (s *javaScanner) word() {
	at := s.i
	end, name := javaIdentHash(s.src, at)
	if s.i = end; end > at {
		s.tok.list = append(s.tok.list, lexeme{start: uint32(at), end: uint32(end), value: name, kind: tokenWord})
	}
}

// javaIdentHash is javaIdentEnd, and what HashName makes of the identifier.
func javaIdentHash(src []byte, i int) (end int, name uint32) {
	name = fnvOffset32
	for i < len(src) && (isIdent(src[i]) || src[i] == '$') {
		name = (name ^ uint32(src[i])) * fnvPrime32
		i++
	}
	return i, name
}

// name reads an identifier or keyword and, from the start of a qualified name, what it
// names.
func (s *javaScanner) name() {
	at := s.i
	s.word()
	word := s.src[at:s.i]
	if s.dot {
		if string(word) == "forName" {
			s.className(at)
		}
		return
	}
	switch string(word) {
	case "package":
		if s.nested == 0 && s.facts.Package == "" {
			s.facts.Package = s.qualified()
		}
		return
	case "import":
		if s.nested == 0 {
			s.importDeclaration(at)
		}
		return
	case "class", "interface", "enum", "record":
		if s.nested == 0 {
			s.declaredType()
		}
		return
	case "this", "super":
		return
	case "module":
		if s.nested == 0 && len(s.facts.Types) == 0 {
			s.declaredModule()
			return
		}
	case "exports", "requires", "provides":
		if s.nested == 1 && s.module {
			s.moduleDirective(string(word))
			return
		}
	}
	if isTypeName(word) {
		s.mention(at, word)
		if s.at && string(word) == "AutoService" {
			s.autoService()
		}
		if s.at && s.nested == 0 && string(word) == "Generated" {
			s.facts.Generated = true
		}
		return
	}
	s.fullName(at)
}

// className looks at what stands in parentheses behind "Class.forName": a name that is
// written out mentions its type, any other is known only when it runs. The scanner stays
// where it is and reads the call again as code.
func (s *javaScanner) className(at int) {
	i := s.i
	space := func() {
		for i < len(s.src) && (isSpace(s.src[i]) || s.src[i] == '\n') {
			i++
		}
	}
	if space(); i >= len(s.src) || s.src[i] != '(' {
		return
	}
	i++
	space()
	from := i
	if i < len(s.src) && s.src[i] == '"' {
		for i++; i < len(s.src) && (isIdent(s.src[i]) || s.src[i] == '.' || s.src[i] == '$'); i++ {
		}
		name := s.src[from+1 : min(i, len(s.src))]
		if i < len(s.src) && s.src[i] == '"' {
			i++
			if space(); i < len(s.src) && (s.src[i] == ')' || s.src[i] == ',') {
				if len(name) > 0 && len(name) <= maxSpec {
					s.mention(at, bytes.ReplaceAll(name, []byte{'$'}, []byte{'.'}))
				}
				return
			}
		}
	}
	if from < len(s.src) && s.src[from] != ')' {
		s.facts.Imports = append(s.facts.Imports, Import{Spec: "class of " + computedText(s.src[from:]), Line: s.lines.at(at), Kind: Computed})
	}
}

// named notes the string that ends here, if it spells the full name of a class: "a.b.C",
// "a.b.C$D", or "a.b.C#m(int)" for a member of it. It may stand for it where classes are loaded
// by their names.
func (s *javaScanner) named(at int) {
	text, _, _ := bytes.Cut(s.src[at+1:s.i-1], []byte("#"))
	if len(text) > maxSpec {
		return
	}
	start, class := 0, -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && (isIdent(text[i]) || text[i] == '$') {
			continue
		}
		if i == start || isDigit(text[start]) || i < len(text) && text[i] != '.' {
			return
		}
		class, start = start, i+1
	}
	if class <= 0 || !isTypeName(text[class:]) {
		return
	}
	name := strings.ReplaceAll(string(text), "$", ".")
	if s.texts == nil {
		s.texts = map[string]bool{}
	}
	if !s.texts[name] && len(s.texts) < maxJavaNamed {
		s.texts[name] = true
		s.facts.Imports = append(s.facts.Imports, Import{Spec: name, Line: s.lines.at(at), Kind: Named})
		if len(s.texts) == maxJavaNamed {
			s.facts.Imports = append(s.facts.Imports, Import{Spec: "names in more than 2,000 strings", Line: s.lines.at(at), Kind: Computed})
		}
	}
}

// maxJavaNamed bounds the names in strings of one file.
const maxJavaNamed = 2_000

// declaredType reads the name of a type at the top level. "record" is a keyword only
// there, before a name.
func (s *javaScanner) declaredType() {
	s.space()
	if name := s.ident(); name != "" && !isDigit(name[0]) {
		s.facts.Types = append(s.facts.Types, name)
	}
}

// qualified reads "a.b.C" with white space and comments in between.
func (s *javaScanner) qualified() string {
	var parts []string
	for {
		s.space()
		part := s.ident()
		if part == "" {
			return strings.Join(parts, ".")
		}
		parts = append(parts, part)
		if s.space(); s.i >= len(s.src) || s.src[s.i] != '.' {
			return strings.Join(parts, ".")
		}
		s.one()
	}
}

// importDeclaration reads on behind "import". "import module m" names all the packages that a
// module exports.
func (s *javaScanner) importDeclaration(at int) {
	spec := s.qualified()
	if spec == "static" || spec == "module" {
		module := spec == "module"
		if spec = s.qualified(); module && spec != "" {
			s.facts.Imports = append(s.facts.Imports, Import{Spec: javaModule + spec, Names: []string{"*"}, Line: s.lines.at(at)})
			return
		}
	}
	if spec == "" {
		s.facts.Damaged = true
		return
	}
	imp := Import{Spec: spec, Line: s.lines.at(at)}
	if s.i < len(s.src) && s.src[s.i] == '*' {
		s.one()
		imp.Names = []string{"*"}
	}
	s.facts.Imports = append(s.facts.Imports, imp)
}

// fullName reads on from a word in lower case: if a type follows behind dots, as in
// a.b.C, that is mentioned. Anything else between the dots ends it.
func (s *javaScanner) fullName(at int) {
	for s.i+1 < len(s.src) && s.src[s.i] == '.' && (s.src[s.i+1] == '$' || isIdentStart(s.src[s.i+1])) {
		from := s.i + 1
		s.one()
		s.word()
		if isTypeName(s.src[from:s.i]) {
			if s.i-at <= maxSpec {
				s.mention(at, s.src[at:s.i])
			}
			if s.at && s.nested == 0 && string(s.src[from:s.i]) == "Generated" {
				s.facts.Generated = true
			}
			return
		}
	}
}

// isTypeName says that a word does not start with a lower-case letter.
func isTypeName(word []byte) bool {
	if c := word[0]; c < utf8.RuneSelf {
		return c < 'a' || c > 'z'
	}
	r, _ := utf8.DecodeRune(word)
	return !unicode.IsLower(r)
}

func (s *javaScanner) mention(at int, name []byte) {
	if s.seen[string(name)] {
		return
	}
	s.seen[string(name)] = true
	s.facts.Imports = append(s.facts.Imports, Import{Spec: string(name), Line: s.lines.at(at), Kind: SamePackage})
}

// dropImported removes the mentions of types that are imported by name: that import
// says what they are.
func (s *javaScanner) dropImported() {
	imported := map[string]bool{}
	for _, imp := range s.facts.Imports {
		if imp.Kind == Static && imp.Names == nil {
			imported[imp.Spec[strings.LastIndexByte(imp.Spec, '.')+1:]] = true
		}
	}
	s.facts.Imports = slices.DeleteFunc(s.facts.Imports, func(imp Import) bool {
		return imp.Kind == SamePackage && imported[imp.Spec]
	})
}

// javaUnescape translates \uXXXX, which the language does before it reads tokens: an
// escape may be a quote or the end of a comment. False when one is malformed.
func javaUnescape(src []byte) (out []byte, ok bool) {
	out, ok = make([]byte, 0, len(src)), true
	for i := 0; i < len(src); {
		if src[i] != '\\' {
			out = append(out, src[i])
			i++
			continue
		}
		if i+1 >= len(src) || src[i+1] != 'u' { // the byte behind a backslash starts no escape
			end := min(i+2, len(src))
			out = append(out, src[i:end]...)
			i = end
			continue
		}
		digits := i + 1
		for digits < len(src) && src[digits] == 'u' {
			digits++
		}
		end := min(digits+4, len(src))
		n, err := strconv.ParseUint(string(src[digits:end]), 16, 16)
		if err != nil || end-digits < 4 {
			out = append(out, src[i])
			i++
			ok = false
			continue
		}
		out = utf8.AppendRune(out, rune(n))
		i = end
	}
	return out, ok
}
