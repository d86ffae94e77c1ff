package yaml

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// A Pos is a place in a file, counted from 1 in lines and characters.
type Pos struct{ Line, Column int }

func position(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{1, 1}
	}
	return Pos{t.Position.Line, t.Position.Column}
}

// An Error says what is wrong with a file, where, and what would be right.
type Error struct {
	File         string
	Line, Column int    // 0 when it is about the whole file
	Message      string // one sentence
	Hint         string // what would be right; may be empty
	Excerpt      string // the line, printable and cut
	caret        int    // characters of Excerpt before the column
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	fmt.Fprintf(&b, ": %s", e.Message)
	if e.Excerpt != "" {
		margin := fmt.Sprintf("%5d | ", e.Line)
		fmt.Fprintf(&b, "\n%s%s\n%s^", margin, e.Excerpt, strings.Repeat(" ", len(margin)+e.caret))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "\n  %s", e.Hint)
	}
	return b.String()
}

// Errorf is an error at a node, or about the whole file when the node is nil.
func (d *Document) Errorf(n *Node, format string, args ...any) *Error {
	if n == nil {
		return &Error{File: d.Name, Message: fmt.Sprintf(format, args...)}
	}
	return d.at(Pos{n.Line, n.Column}, fmt.Sprintf(format, args...), "")
}

// WithHint says what would be right.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// excerptWidth is how many characters of a line an error shows.
const excerptWidth = 100

func (d *Document) at(p Pos, message, hint string) *Error {
	e := &Error{File: d.Name, Line: p.Line, Column: p.Column, Message: message, Hint: hint}
	line, ok := d.line(p.Line)
	if !ok {
		return e
	}
	runes := []rune(line)
	col := min(max(p.Column-1, 0), len(runes))
	start := 0
	if col > excerptWidth*3/4 {
		start = col - excerptWidth/2
	}
	shown := runes[start:min(len(runes), start+excerptWidth)]
	for i, r := range shown {
		if !unicode.IsPrint(r) {
			shown[i] = '?'
		}
	}
	if e.Excerpt = string(shown); e.Excerpt != "" {
		e.caret = col - start
	}
	return e
}

// line is the n-th line; line ends are LF, CR or both, as the scanner counts them.
func (d *Document) line(n int) (string, bool) {
	rest := string(d.src)
	for ; n > 1; n-- {
		i := strings.IndexAny(rest, "\r\n")
		if i < 0 {
			return "", false
		}
		if strings.HasPrefix(rest[i:], "\r\n") {
			i++
		}
		rest = rest[i+1:]
	}
	if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
		rest = rest[:i]
	}
	return rest, true
}

func (d *Document) atOffset(offset int, message, hint string) *Error {
	p := Pos{Line: 1, Column: 1}
	for i := 0; i < offset; {
		_, n := utf8.DecodeRune(d.src[i:])
		switch {
		case d.src[i] == '\n', d.src[i] == '\r' && !(i+1 < len(d.src) && d.src[i+1] == '\n'):
			p.Line, p.Column = p.Line+1, 1
		default:
			p.Column++
		}
		i += n
	}
	return d.at(p, message+" is not allowed in this file", hint)
}
