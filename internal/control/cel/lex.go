package cel

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokIdent
	tokInt
	tokUint
	tokDouble
	tokString
	tokBytes
	tokOp
)

type token struct {
	kind  tokenKind
	at    int
	text  string // of an identifier or operator; digits of a number as written
	value string // of a string or bytes, without quotes and escapes
}

type lexer struct {
	src string
	pos int
}

// operators, the longer ones first.
var operators = []string{"&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", "."}

func (l *lexer) errorf(at int, hint, format string, args ...any) error {
	return &Error{At: at, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func tokens(src string) ([]token, error) {
	if len(src) > MaxBytes {
		return nil, &Error{Message: fmt.Sprintf("the expression has %d bytes, over the limit of %d", len(src), MaxBytes)}
	}
	if !utf8.ValidString(src) {
		return nil, &Error{Message: "the expression is not UTF-8"}
	}
	l := &lexer{src: src}
	var all []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		if t.kind == tokEnd {
			return all, nil
		}
	}
}

func (l *lexer) next() (token, error) {
	l.space()
	at, rest := l.pos, l.src[l.pos:]
	if rest == "" {
		return token{kind: tokEnd, at: at}, nil
	}
	if n := stringPrefix(rest); n >= 0 {
		return l.quoted(n)
	}
	switch c := rest[0]; {
	case isLetter(c):
		n := 1
		for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n])) {
			n++
		}
		l.pos += n
		return token{kind: tokIdent, at: at, text: rest[:n]}, nil
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return l.number()
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.pos += len(op)
			return token{kind: tokOp, at: at, text: op}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	hint := ""
	switch r {
	case '=':
		hint = "write == to compare"
	case '&', '|':
		hint = "write " + strings.Repeat(string(r), 2)
	}
	return token{}, l.errorf(at, hint, "%q is not understood", r)
}

// space skips white space and comments.
func (l *lexer) space() {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == ' ', c == '\t', c == '\n', c == '\r', c == '\f':
			l.pos++
		case strings.HasPrefix(l.src[l.pos:], "//"):
			for l.pos < len(l.src) && l.src[l.pos] != '\n' {
				l.pos++
			}
		default:
			return
		}
	}
}

func isLetter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (l *lexer) number() (token, error) {
	at, s := l.pos, l.src[l.pos:]
	n, kind := 0, tokInt
	digits := func() {
		for n < len(s) && isDigit(s[n]) {
			n++
		}
	}
	if strings.HasPrefix(s, "0x") && len(s) > 2 && isHex(s[2]) {
		for n = 2; n < len(s) && isHex(s[n]); n++ {
		}
	} else {
		digits()
		if n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) {
			kind = tokDouble
			n++
			digits()
		}
		if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
			e := n + 1
			if e < len(s) && (s[e] == '+' || s[e] == '-') {
				e++
			}
			if e < len(s) && isDigit(s[e]) {
				kind, n = tokDouble, e
				digits()
			}
		}
	}
	text := s[:n]
	if kind == tokInt && n < len(s) && (s[n] == 'u' || s[n] == 'U') {
		kind = tokUint
		n++
	}
	if n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
		return token{}, l.errorf(at, "", "a number runs into %q", s[n])
	}
	l.pos += n
	return token{kind: kind, at: at, text: text}, nil
}

// stringPrefix is how many bytes stand before the quote of a literal; -1 when none
// begins here.
func stringPrefix(s string) int {
	n, raw, bytes := 0, false, false
	for n < len(s) && n < 3 {
		switch c := s[n]; {
		case c == '"' || c == '\'':
			return n
		case (c == 'r' || c == 'R') && !raw:
			raw = true
		case (c == 'b' || c == 'B') && !bytes && !raw:
			bytes = true
		default:
			return -1
		}
		n++
	}
	return -1
}

func (l *lexer) quoted(prefix int) (token, error) {
	at := l.pos
	flags := strings.ToLower(l.src[at : at+prefix])
	raw, isBytes := strings.Contains(flags, "r"), strings.Contains(flags, "b")
	rest := l.src[at+prefix:]
	quote := rest[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(rest, triple) {
		quote = triple
	}
	body := rest[len(quote):]
	var b strings.Builder
	for i := 0; ; {
		switch {
		case i >= len(body):
			return token{}, l.errorf(at, "", "a quote is not closed")
		case strings.HasPrefix(body[i:], quote):
			l.pos = at + prefix + len(quote) + i + len(quote)
			kind := tokString
			if isBytes {
				kind = tokBytes
			}
			return token{kind: kind, at: at, value: b.String()}, nil
		case len(quote) == 1 && (body[i] == '\n' || body[i] == '\r'):
			return token{}, l.errorf(at, `write \n, or three quotes`, "a quoted text is broken over lines")
		case body[i] == '\\' && !raw:
			n, err := escape(&b, body[i:], isBytes)
			if err != "" {
				return token{}, l.errorf(at+prefix+len(quote)+i, `for a backslash write \\, or put r before the quote`, "%s", err)
			}
			i += n
		default:
			b.WriteByte(body[i])
			i++
		}
	}
}

const simpleEscapes = "abfnrtv\\'\"`?"
const simpleValues = "\a\b\f\n\r\t\v\\'\"`?"

// escape reads one escape sequence and says how long it is, or what is wrong.
func escape(b *strings.Builder, s string, isBytes bool) (int, string) {
	if len(s) < 2 {
		return 0, "an escape is cut off"
	}
	if i := strings.IndexByte(simpleEscapes, s[1]); i >= 0 {
		b.WriteByte(simpleValues[i])
		return 2, ""
	}
	n, base, from := 0, 16, 2
	switch c := s[1]; {
	case c == 'x' || c == 'X':
		n = 2
	case c == 'u' && !isBytes:
		n = 4
	case c == 'U' && !isBytes:
		n = 8
	case '0' <= c && c <= '3':
		n, base, from = 3, 8, 1
	default:
		return 0, fmt.Sprintf("the escape \\%c is not known", c)
	}
	if len(s) < from+n {
		return 0, "an escape is cut off"
	}
	v, err := strconv.ParseUint(s[from:from+n], base, 32)
	if err != nil {
		return 0, fmt.Sprintf("the escape %q is not a number", s[:from+n])
	}
	switch {
	case isBytes:
		b.WriteByte(byte(v))
	case v > utf8.MaxRune, !utf8.ValidRune(rune(v)):
		return 0, fmt.Sprintf("the escape %q is no character", s[:from+n])
	default:
		b.WriteRune(rune(v))
	}
	return from + n, ""
}
