package lang

import (
	"bytes"
	"strings"
)

// Imports of ECMAScript. What follows the words import, export and require is read
// ahead of the scanner by a scriptReader; if it is no import after all, the scanner
// goes on right behind the word.

// scriptReader reads ahead, over white space and comments.
type scriptReader struct {
	src []byte
	i   int
}

// peek is the next byte that is neither white space nor comment, 0 at the end.
func (r *scriptReader) peek() byte {
	for r.i < len(r.src) {
		switch c := r.src[r.i]; {
		case isSpace(c), c == '\n':
			r.i++
		case hasPrefixAt(r.src, r.i, "//"):
			r.i = scriptLineEnd(r.src, r.i)
		case hasPrefixAt(r.src, r.i, "/*"):
			n := bytes.Index(r.src[r.i+2:], []byte("*/"))
			if n < 0 {
				r.i = len(r.src)
				return 0
			}
			r.i += n + 4
		case scriptWideSpace(r.src, r.i) > 0:
			r.i += scriptWideSpace(r.src, r.i)
		default:
			return c
		}
	}
	return 0
}

func (r *scriptReader) take(c byte) bool {
	if r.peek() == c && c != 0 {
		r.i++
		return true
	}
	return false
}

func (r *scriptReader) word() string {
	if c := r.peek(); c == '$' || isIdentStart(c) {
		at := r.i
		r.i = scriptWordEnd(r.src, at)
		return string(r.src[at:r.i])
	}
	return ""
}

// literal reads a string, or a template without expressions where one may stand.
func (r *scriptReader) literal(template bool) (string, bool) {
	switch c := r.peek(); {
	case c == '"' || c == '\'':
		end, ok := scriptStringEnd(r.src, r.i)
		if !ok {
			return "", false
		}
		at := r.i
		r.i = end
		return scriptUnquote(r.src[at:end])
	case c == '`' && template:
		n := bytes.IndexByte(r.src[r.i+1:], '`')
		if n < 0 || n > maxSpec {
			return "", false
		}
		at := r.i
		r.i += n + 2
		if lit := r.src[at:r.i]; bytes.IndexByte(lit, '\\') < 0 && !bytes.Contains(lit, []byte("${")) {
			return scriptUnquote(lit)
		}
	}
	return "", false
}

func (s *scriptScanner) addImport(at int, spec string, kind ImportKind) {
	if spec != "" {
		if kind <= Dynamic && takesText(spec) {
			kind = Text
		}
		s.facts.Imports = append(s.facts.Imports, Import{Spec: spec, Line: at, Kind: kind})
	}
}

// importWord reads on behind "import".
func (s *scriptScanner) importWord(at int) {
	r := scriptReader{s.src, s.i}
	switch r.peek() {
	case '(':
		s.call(at, r)
		return
	case '.': // import.meta
		s.operand = true
		return
	}
	kind, spec, ok := r.importClause()
	if !ok {
		return
	}
	s.clause = r.i
	s.addImport(at, spec, kind)
}

// importClause reads what stands between "import" and the end of the module's name.
func (r *scriptReader) importClause() (ImportKind, string, bool) {
	if spec, ok := r.literal(false); ok {
		return Static, spec, true
	}
	kind := Static
	first := r.word()
	if first == "type" || first == "typeof" || first == "defer" || first == "source" {
		ahead := *r
		second := ahead.word()
		_, module := ahead.literal(false)
		binds := second != "" && !(second == "from" && module)
		if c := r.peek(); binds || c == '{' || c == '*' {
			if first == "type" || first == "typeof" {
				kind = TypeOnly
			}
			first = r.word()
		}
	}
	if first != "" && r.take('=') {
		spec, ok := r.requireCall()
		return kind, spec, ok
	}
	if first != "" && !r.take(',') {
		spec, ok := r.fromClause()
		return kind, spec, ok
	}
	return r.bindings(kind)
}

// bindings reads "* as ns from" or "{ a, b as c } from", and the module's name.
func (r *scriptReader) bindings(kind ImportKind) (ImportKind, string, bool) {
	switch {
	case r.take('*'):
		if ahead := *r; ahead.word() == "as" {
			*r = ahead
			if r.word() == "" {
				r.literal(false)
			}
		}
	case r.take('{'):
		for !r.take('}') {
			_, text := r.literal(false)
			if !text && r.word() == "" && !r.take(',') {
				return kind, "", false
			}
		}
	default:
		return kind, "", false
	}
	spec, ok := r.fromClause()
	return kind, spec, ok
}

func (r *scriptReader) fromClause() (string, bool) {
	if r.word() != "from" {
		return "", false
	}
	return r.literal(false)
}

// requireCall reads the right side of TypeScript's "import x = require('y')".
func (r *scriptReader) requireCall() (string, bool) {
	if r.word() != "require" || !r.take('(') {
		return "", false
	}
	spec, ok := r.literal(false)
	return spec, ok && r.take(')')
}

// exportWord reads on behind "export": it names a module in "export * from",
// "export { a } from", their type-only forms, and Babel's "export a from".
func (s *scriptScanner) exportWord(at int) {
	r := scriptReader{s.src, s.i}
	kind := Static
	if c := r.peek(); c != '*' && c != '{' {
		if word := r.word(); word != "type" {
			if spec, ok := r.fromClause(); ok && word != "" {
				s.addImport(at, spec, Static)
			}
			return
		}
		kind = TypeOnly
	}
	if _, spec, ok := r.bindings(kind); ok {
		s.clause = r.i
		s.addImport(at, spec, kind)
	}
}

// requireWord reads on behind "require".
func (s *scriptScanner) requireWord(at int) {
	r := scriptReader{s.src, s.i}
	if r.take('.') && r.word() != "resolve" {
		return
	}
	s.call(at, r)
}

// call reads the first argument of a call, if it is a literal. The scanner stays where
// it is and reads the call again as code.
func (s *scriptScanner) call(at int, r scriptReader) {
	if !r.take('(') {
		return
	}
	from := r
	spec, ok := r.literal(true)
	switch c := r.peek(); {
	case ok && (c == ')' || c == ','):
		s.addImport(at, spec, Dynamic)
	case from.peek() != 0 && from.peek() != ')':
		path := from
		if spec, ok := path.computedPath(); ok && (path.peek() == ')' || path.peek() == ',') {
			star := strings.IndexByte(spec, '*')
			if star < 0 {
				s.addImport(at, spec, Dynamic)
				return
			}
			if ext := Extension(spec[star:]); ext == "" || scriptCode()[ext] {
				s.addImport(at, spec, Glob)
				return
			}
		}
		text := computedText(s.src[from.i:])
		if after := (scriptReader{s.src, from.i + len(text)}); !after.take(')') || after.peek() != '{' { // else a method of that name
			s.addImport(at, "import of "+text, Computed)
		}
	}
}

// reference reads a line comment that may be a /// reference. They count only before
// the first token of the file.
func (s *scriptScanner) reference(start, end int) {
	if s.started || !hasPrefixAt(s.src, start, "///") {
		return
	}
	tag, ok := strings.CutPrefix(strings.TrimLeft(string(s.src[start+3:end]), " \t"), "<reference")
	if !ok {
		return
	}
	if path := attribute(tag, "path"); path != "" {
		if !strings.HasPrefix(path, ".") && !strings.HasPrefix(path, "/") {
			path = "./" + path // always relative to the file
		}
		s.addImport(start, path, Static)
	}
	s.addImport(start, attribute(tag, "types"), TypeOnly)
}

// attribute is the value of name="value" in the text of a tag.
func attribute(tag, name string) string {
	for {
		i := strings.Index(tag, name)
		if i < 0 {
			return ""
		}
		alone := i > 0 && (isSpace(tag[i-1]) || tag[i-1] == '\n' || tag[i-1] == '"' || tag[i-1] == '\'')
		tag = tag[i+len(name):]
		rest, ok := strings.CutPrefix(strings.TrimLeft(tag, " \t\r\n"), "=")
		if rest = strings.TrimLeft(rest, " \t\r\n"); !ok || !alone || rest == "" {
			continue
		}
		if quote := rest[0]; quote == '"' || quote == '\'' {
			if end := strings.IndexByte(rest[1:], quote); end >= 0 {
				return rest[1 : 1+end]
			}
			continue
		}
		return rest[:strings.IndexAny(rest+" ", " \t\r\n>")]
	}
}

// takesText says that a bundler gives a file as it stands to who imports it so, or makes
// something else of it that has none of its names: "./a.ts?raw", "raw-loader!./a".
func takesText(spec string) bool {
	path, query, _ := strings.Cut(spec, "?")
	for part := range strings.SplitSeq(query, "&") {
		switch part {
		case "raw", "url", "worker", "sharedworker", "inline", "source":
			return true
		}
	}
	for loader := range strings.SplitSeq(path, "!") {
		switch loader {
		case "raw-loader", "file-loader", "url-loader", "worker-loader":
			return true
		}
	}
	return false
}
