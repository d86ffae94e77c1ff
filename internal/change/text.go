package change

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine bounds what is shown of a line of somebody else's text, in bytes.
const maxLine = 200

// Printable makes what a stranger wrote safe to show: at most 200 bytes, one line,
// UTF-8, no controls and no bidirectional marks.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, Clip(s, maxLine))
}

// Clip cuts s to at most n bytes, between two characters, and shows that it did.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const dots = "..."
	n -= len(dots)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + dots
}

// Thousands writes a number as people read it: 12,345.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
