// Package sqltext tells what SQL does to data that is there: which tables, columns and
// rows a script drops, empties or rewrites.
//
// It splits text into tokens as databases do (strings, quoted names, comments, dollar
// quotes, data of COPY), so that a word in a string or a comment is nothing, and knows
// the statements that matter, not the grammar of SQL. It takes time and memory
// proportional to the text and never fails: what it does not know is no statement that
// it knows.
package sqltext

import "strings"

type kind uint8

const (
	ident kind = iota // a word or a quoted name
	str               // a string
	body              // a dollar-quoted string
	number
	mark // punctuation, one character
	end  // of a statement
)

type token struct {
	kind   kind
	text   string // of a word in upper case; of a quoted name as written
	raw    string
	quoted bool
	line   int
	down   bool // it stands in the part of a migration that takes it back
}

type lexer struct {
	src       string
	at        int
	line      int
	delimiter string
	mysql     bool // backslashes escape, # begins a comment
	down      bool
	out       []token
}

// maxTokens bounds one text; behind it nothing is known.
const maxTokens = 500_000

// lex splits src. Cut says that there is more than is read, or that a string or comment
// never ends.
func lex(src string, firstLine int) (tokens []token, cut bool) {
	l := &lexer{src: src, line: firstLine, delimiter: ";", mysql: strings.Contains(src, "`")}
	for l.at < len(l.src) {
		if len(l.out) > maxTokens {
			return l.out, true
		}
		if !l.next() {
			return l.out, true
		}
	}
	return l.out, false
}

func (l *lexer) add(k kind, text, raw string) {
	l.out = append(l.out, token{kind: k, text: text, raw: raw, line: l.line, down: l.down})
}

// take steps over n bytes.
func (l *lexer) take(n int) string {
	s := l.src[l.at : l.at+n]
	l.line += strings.Count(s, "\n")
	l.at += n
	return s
}

func (l *lexer) startsLine() bool {
	i := l.at - 1
	for i >= 0 && (l.src[i] == ' ' || l.src[i] == '\t' || l.src[i] == '\r') {
		i--
	}
	return i < 0 || l.src[i] == '\n'
}

func (l *lexer) restOfLine() string {
	if i := strings.IndexByte(l.src[l.at:], '\n'); i >= 0 {
		return l.src[l.at : l.at+i]
	}
	return l.src[l.at:]
}

// next reads one token; false: it never ends.
func (l *lexer) next() bool {
	rest := l.src[l.at:]
	c := rest[0]
	switch {
	case strings.HasPrefix(rest, l.delimiter):
		l.add(end, "", "")
		l.take(len(l.delimiter))
	case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v':
		l.take(1)
	case strings.HasPrefix(rest, "--"), c == '#' && l.mysql:
		comment := l.restOfLine()
		l.section(comment)
		l.take(len(comment))
	case strings.HasPrefix(rest, "/*"):
		return l.comment()
	case strings.HasPrefix(rest, "*/"): // of /*!50000 ... */, which MySQL runs
		l.take(2)
	case c == '\\' && l.startsLine():
		l.take(len(l.restOfLine())) // a command of psql
	case c == '\'':
		return l.quoted('\'', str, l.mysql)
	case (c == 'E' || c == 'e') && len(rest) > 1 && rest[1] == '\'':
		l.take(1)
		return l.quoted('\'', str, true)
	case c == '"':
		if l.mysql {
			return l.quoted('"', str, true)
		}
		return l.quoted('"', ident, false)
	case c == '`':
		return l.quoted('`', ident, false)
	case c == '[' && l.bracketed():
	case c == '$':
		return l.dollar()
	case c >= '0' && c <= '9':
		n := 1
		for n < len(rest) && (word(rest[n]) || rest[n] == '.') {
			n++
		}
		l.add(number, rest[:n], rest[:n])
		l.take(n)
	case word(c):
		return l.word()
	default:
		l.add(mark, rest[:1], rest[:1])
		l.take(1)
	}
	return true
}

func word(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func (l *lexer) word() bool {
	rest := l.src[l.at:]
	n := 1
	for n < len(rest) && (word(rest[n]) || rest[n] == '$') {
		n++
	}
	raw := rest[:n]
	upper := strings.ToUpper(raw)
	if l.startsLine() {
		line := strings.TrimSpace(l.restOfLine())
		if upper == "GO" && len(line) == 2 {
			l.add(end, "", "")
			l.take(n)
			return true
		}
		if fields := strings.Fields(line); upper == "DELIMITER" && len(fields) == 2 {
			l.delimiter = fields[1]
			l.add(end, "", "")
			l.take(len(l.restOfLine()))
			return true
		}
	}
	l.add(ident, upper, raw)
	l.take(n)
	if upper == "STDIN" && l.copies() {
		return l.data()
	}
	return true
}

// copies says whether the statement that is read is a COPY.
func (l *lexer) copies() bool {
	for i := len(l.out) - 1; i >= 0 && len(l.out)-i < 5000; i-- {
		if l.out[i].kind == end {
			return i+1 < len(l.out) && l.out[i+1].text == "COPY"
		}
	}
	return len(l.out) > 0 && l.out[0].text == "COPY"
}

// data steps over the lines behind COPY ... FROM stdin, up to a line with \. alone.
func (l *lexer) data() bool {
	rest := l.src[l.at:]
	i := strings.Index(rest, "\n\\.")
	l.add(end, "", "")
	if i < 0 {
		return true // the data stands elsewhere
	}
	l.take(i + 3)
	return true
}

// comment steps over one, which may hold others.
func (l *lexer) comment() bool {
	if strings.HasPrefix(l.src[l.at:], "/*!") {
		n := 3
		for l.at+n < len(l.src) && l.src[l.at+n] >= '0' && l.src[l.at+n] <= '9' {
			n++
		}
		l.take(n)
		return true
	}
	depth, i := 0, l.at
	for i < len(l.src) {
		switch {
		case strings.HasPrefix(l.src[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(l.src[i:], "*/"):
			depth--
			i += 2
		default:
			i++
		}
		if depth == 0 {
			l.take(i - l.at)
			return true
		}
	}
	return false
}

// section notices the comments by which migration tools part up from down.
func (l *lexer) section(comment string) {
	text := strings.ToLower(strings.TrimSpace(strings.TrimLeft(comment, "-# ")))
	switch {
	case strings.HasPrefix(text, "+goose down"), strings.HasPrefix(text, "+migrate down"), strings.HasPrefix(text, "migrate:down"), strings.HasPrefix(text, "//@undo"):
		l.down = true
	case strings.HasPrefix(text, "+goose up"), strings.HasPrefix(text, "+migrate up"), strings.HasPrefix(text, "migrate:up"), strings.HasPrefix(text, "changeset"):
		l.down = false
	}
}

func (l *lexer) quoted(quote byte, k kind, escapes bool) bool {
	i := l.at + 1
	for i < len(l.src) {
		switch {
		case escapes && l.src[i] == '\\':
			i++
		case l.src[i] == quote && i+1 < len(l.src) && l.src[i+1] == quote:
			i++
		case l.src[i] == quote:
			raw := l.src[l.at+1 : i]
			l.out = append(l.out, token{kind: k, text: raw, raw: raw, quoted: true, line: l.line, down: l.down})
			l.take(i + 1 - l.at)
			return true
		}
		i++
	}
	return false
}

// bracketed reads [a name], as SQL Server quotes it; an index or an array is none.
func (l *lexer) bracketed() bool {
	n := strings.IndexByte(l.src[l.at:], ']')
	if n < 2 || n > 128 || l.at > 0 && (word(l.src[l.at-1]) || l.src[l.at-1] == ']' || l.src[l.at-1] == ')') {
		l.add(mark, "[", "[")
		l.take(1)
		return true
	}
	name := l.src[l.at+1 : l.at+n]
	if strings.ContainsAny(name, "'\"\n,()") || !word(name[0]) {
		l.add(mark, "[", "[")
		l.take(1)
		return true
	}
	l.out = append(l.out, token{kind: ident, text: name, raw: name, quoted: true, line: l.line, down: l.down})
	l.take(n + 1)
	return true
}

// dollar reads $tag$ ... $tag$, or a parameter.
func (l *lexer) dollar() bool {
	rest := l.src[l.at:]
	n := 1
	for n < len(rest) && word(rest[n]) {
		n++
	}
	if n >= len(rest) || rest[n] != '$' || n > 1 && rest[1] >= '0' && rest[1] <= '9' {
		l.add(mark, "$", "$")
		l.take(1)
		return true
	}
	tag := rest[:n+1]
	i := strings.Index(rest[n+1:], tag)
	if i < 0 {
		return false
	}
	text := rest[n+1 : n+1+i]
	l.out = append(l.out, token{kind: body, text: text, raw: text, line: l.line, down: l.down})
	l.take(2*len(tag) + i)
	return true
}
