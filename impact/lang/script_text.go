package lang

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Ends of the literals and comments of ECMAScript.

// scriptWordEnd is the end of the identifier at i.
func scriptWordEnd(src []byte, i int) int {
	for i < len(src) && (isIdent(src[i]) || src[i] == '$') {
		if src[i] >= 0x80 && scriptWideSpace(src, i) > 0 {
			return i
		}
		i++
	}
	return i
}

// scriptWordHash is scriptWordEnd, and what HashName makes of the identifier.
func scriptWordHash(src []byte, i int) (end int, name uint32) {
	name = fnvOffset32
	for i < len(src) && (isIdent(src[i]) || src[i] == '$') {
		if src[i] >= 0x80 && scriptWideSpace(src, i) > 0 {
			break
		}
		name = (name ^ uint32(src[i])) * fnvPrime32
		i++
	}
	return i, name
}

// scriptWideSpace is the length of the white space or line terminator at i that is
// not ASCII; 0 if none is there.
func scriptWideSpace(src []byte, i int) int {
	if src[i] < 0x80 {
		return 0
	}
	r, size := utf8.DecodeRune(src[i:])
	if r == '\uFEFF' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Zs, r) {
		return size
	}
	return 0
}

// scriptLineEnd is the end of the line; the language has four line terminators.
func scriptLineEnd(src []byte, i int) int {
	for ; i < len(src); i++ {
		switch src[i] {
		case '\n', '\r':
			return i
		case 0xE2:
			if hasPrefixAt(src, i, "\u2028") || hasPrefixAt(src, i, "\u2029") {
				return i
			}
		}
	}
	return i
}

// scriptStringEnd is the offset behind the string that opens at i, or the end of the
// line if it is not terminated there.
func scriptStringEnd(src []byte, i int) (end int, ok bool) {
	quote := src[i]
	for i++; i < len(src); i++ {
		switch src[i] {
		case quote:
			return i + 1, true
		case '\\':
			if hasPrefixAt(src, i+1, "\r\n") {
				i++
			}
			i++
		case '\n', '\r':
			return i, false
		}
	}
	return len(src), false
}

// scriptRegexpEnd is the offset behind the regular expression at i and its flags; or
// the end of the line, which ends before it does.
func scriptRegexpEnd(src []byte, i int) (end int, ok bool) {
	class := false
	for i++; i < len(src); i++ {
		switch src[i] {
		case '\\':
			if i+1 < len(src) && src[i+1] != '\n' && src[i+1] != '\r' {
				i++
			}
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				return scriptWordEnd(src, i+1), true
			}
		case '\n', '\r':
			return i, false
		}
	}
	return len(src), false
}

// scriptUnquote is the value of a string or of a template without expressions, given
// with its quotes; false when an escape is malformed.
func scriptUnquote(lit []byte) (string, bool) {
	if len(lit) < 2 { // not closed
		return "", false
	}
	body := lit[1 : len(lit)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return string(body), true
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			out = append(out, body[i])
			i++
			continue
		}
		r, size := scriptEscape(body[i+1:])
		if size == 0 {
			return "", false
		}
		if r >= 0 {
			out = utf8.AppendRune(out, r)
		}
		i += 1 + size
	}
	return string(out), true
}

// scriptEscape reads an escape behind its backslash; r is -1 for a continued line,
// size 0 for a malformed one.
func scriptEscape(s []byte) (r rune, size int) {
	hex := func(digits []byte, size int) (rune, int) {
		n, err := strconv.ParseUint(string(digits), 16, 32)
		if err != nil || n > utf8.MaxRune {
			return 0, 0
		}
		return rune(n), size
	}
	if len(s) == 0 {
		return 0, 0
	}
	switch s[0] {
	case 'n':
		return '\n', 1
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case 'b':
		return '\b', 1
	case 'f':
		return '\f', 1
	case 'v':
		return '\v', 1
	case '\n':
		return -1, 1
	case '\r':
		if hasPrefixAt(s, 1, "\n") {
			return -1, 2
		}
		return -1, 1
	case 'x':
		if len(s) >= 3 {
			return hex(s[1:3], 3)
		}
		return 0, 0
	case 'u':
		if hasPrefixAt(s, 1, "{") {
			if n := bytes.IndexByte(s, '}'); n > 0 {
				return hex(s[2:n], n+1)
			}
			return 0, 0
		}
		if len(s) >= 5 {
			return hex(s[1:5], 5)
		}
		return 0, 0
	default:
		r, size := utf8.DecodeRune(s)
		return r, size
	}
}
