package attestation

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable makes what a stranger wrote safe to show: at most 200 bytes, one line,
// UTF-8, no controls and no bidirectional marks.
func printable(s string) string {
	s = clip(s, 200)
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
}

// clip cuts s to at most n bytes, between two characters, and shows that it did.
func clip(s string, n int) string {
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

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
