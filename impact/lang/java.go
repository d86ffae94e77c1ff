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
	s := javaScanner{seen: map[string]bool{}}
	s.facts.Damaged = isBinary(src)
	if bytes.Contains(src, []byte(`\u`)) {
		var ok bool
		src, ok = javaUnescape(src)
		s.facts.Damaged = s.facts.Damaged || !ok
	}
	s.src, s.lines = src, lineCounter{src: src}
	s.i = skipBOM(src)
	for s.i < len(src) {
		s.token()
	}
	s.facts.Damaged = s.facts.Damaged || s.nested != 0
	s.dropImported()
	return s.facts
}

type javaScanner struct {
	src    []byte
	i      int
	nested int  // open braces, brackets and parentheses
	dot    bool // the token before was "."
	at     bool // the token before was "@"
	seen   map[string]bool
	lines  lineCounter
	facts  Facts

	comments []Span
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
	switch c {
	case '"', '\'':
		end, ok := javaLiteralEnd(s.src, s.i)
		s.i = end
		s.facts.Damaged = s.facts.Damaged || !ok
		return
	case '(', '{', '[':
		s.nested++
	case ')', '}', ']':
		if s.nested--; s.nested < 0 {
			s.nested = 0
			s.facts.Damaged = true
		}
	}
	if isDigit(c) {
		s.i = identEnd(s.src, s.i)
		return
	}
	s.i++
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
	s.i = javaIdentEnd(s.src, at)
	return string(s.src[at:s.i])
}

func javaIdentEnd(src []byte, i int) int {
	for i < len(src) && (isIdent(src[i]) || src[i] == '$') {
		i++
	}
	return i
}

// name reads an identifier or keyword and, from the start of a qualified name, what it
// names.
func (s *javaScanner) name() {
	at := s.i
	end := javaIdentEnd(s.src, at)
	word := s.src[at:end]
	s.i = end
	if s.dot {
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
	}
	if isTypeName(word) {
		s.mention(at, word)
		if s.at && s.nested == 0 && string(word) == "Generated" {
			s.facts.Generated = true
		}
		return
	}
	s.fullName(at)
}

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
		s.i++
	}
}

// importDeclaration reads on behind "import". "import module m", which names all the
// packages of a module, is left out: what it brings is mentioned where it is used.
func (s *javaScanner) importDeclaration(at int) {
	spec := s.qualified()
	if spec == "static" || spec == "module" {
		module := spec == "module"
		if spec = s.qualified(); module {
			return
		}
	}
	if spec == "" {
		s.facts.Damaged = true
		return
	}
	imp := Import{Spec: spec, Line: s.lines.at(at)}
	if s.i < len(s.src) && s.src[s.i] == '*' {
		s.i++
		imp.Names = []string{"*"}
	}
	s.facts.Imports = append(s.facts.Imports, imp)
}

// fullName reads on from a word in lower case: if a type follows behind dots, as in
// a.b.C, that is mentioned. Anything else between the dots ends it.
func (s *javaScanner) fullName(at int) {
	for s.i+1 < len(s.src) && s.src[s.i] == '.' && (s.src[s.i+1] == '$' || isIdentStart(s.src[s.i+1])) {
		from := s.i + 1
		s.i = javaIdentEnd(s.src, from)
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
