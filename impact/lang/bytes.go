package lang

import "bytes"

// What the scanners of all languages share: classes of bytes, and line numbers.

const (
	classIdent = 1 << iota // letter, digit, underscore, any byte of a non-ASCII rune
	classDigit
	classSpace // space, tab, vertical tab, form feed, carriage return; not newline
)

var byteClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9':
			t[c] = classIdent | classDigit
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c >= 0x80:
			t[c] = classIdent
		case c == ' ', c == '\t', c == '\v', c == '\f', c == '\r':
			t[c] = classSpace
		}
	}
	return t
}()

func isIdent(c byte) bool      { return byteClass[c]&classIdent != 0 }
func isDigit(c byte) bool      { return byteClass[c]&classDigit != 0 }
func isSpace(c byte) bool      { return byteClass[c]&classSpace != 0 }
func isIdentStart(c byte) bool { return byteClass[c]&(classIdent|classDigit) == classIdent }

// identEnd is the end of the identifier that runs from i; i itself if none does.
func identEnd(src []byte, i int) int {
	for i < len(src) && isIdent(src[i]) {
		i++
	}
	return i
}

// identHash is identEnd, and what HashName makes of the identifier.
func identHash(src []byte, i int) (end int, name uint32) {
	name = fnvOffset32
	for i < len(src) && isIdent(src[i]) {
		name = (name ^ uint32(src[i])) * fnvPrime32
		i++
	}
	return i, name
}

// lineEnd is the offset of the newline at or after i, or the length of src.
func lineEnd(src []byte, i int) int {
	if n := bytes.IndexByte(src[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(src)
}

// lineEndCR is lineEnd where a lone carriage return ends a line too.
func lineEndCR(src []byte, i int) int {
	for i < len(src) && src[i] != '\n' && src[i] != '\r' {
		i++
	}
	return i
}

// hasPrefixAt says whether src continues with s at i.
func hasPrefixAt(src []byte, i int, s string) bool {
	return len(src)-i >= len(s) && string(src[i:i+len(s)]) == s
}

// isBinary says that the bytes are not text of any encoding that the scanners know.
func isBinary(src []byte) bool { return bytes.IndexByte(src, 0) >= 0 }

// skipBOM is the offset of the text behind a UTF-8 byte order mark.
func skipBOM(src []byte) int {
	if hasPrefixAt(src, 0, "\uFEFF") {
		return len("\uFEFF")
	}
	return 0
}

// A lineCounter turns offsets into 1-based line numbers. Asked in ascending order it
// reads the source once, and only as far as asked.
type lineCounter struct {
	src       []byte
	off, line int
}

func (l *lineCounter) at(off int) int {
	if off < l.off {
		l.off, l.line = 0, 0
	}
	l.line += bytes.Count(l.src[l.off:off], []byte{'\n'})
	l.off = off
	return l.line + 1
}

// span is the line of the offset to, which comes behind the offset from on that line.
func (l *lineCounter) span(line, from, to int) int {
	return line + bytes.Count(l.src[from:to], []byte{'\n'})
}
