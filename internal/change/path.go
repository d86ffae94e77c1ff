package change

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Path is a file's path in a repository: raw bytes with slashes, never empty. It
// may hold anything but NUL: newlines, markup, bytes that are not UTF-8. Keys and
// comparisons use it as it is; everything that leaves the process uses Escaped.
type Path string

// Escaped is the path as it stands in ids, JSON and on screen: bytes that are not
// UTF-8, control and bidirectional formatting characters, "%" and "#" are
// percent-encoded; the rest stays.
func (p Path) Escaped() string {
	if p.isPlain() {
		return string(p)
	}
	var b strings.Builder
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRuneInString(string(p[i:]))
		if r == utf8.RuneError && n == 1 || r == '%' || r == '#' || !unicode.IsPrint(r) {
			for _, c := range []byte(p[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(string(p[i : i+n]))
		}
		i += n
	}
	return b.String()
}

// CompareEscaped compares paths as they are escaped, and escapes them only where that can make
// a difference. A path is searched for among tens of thousands.
func (p Path) CompareEscaped(with []byte) int {
	n := 0
	for n < len(p) && n < len(with) && p[n] == with[n] {
		n++
	}
	switch {
	case n == len(p) && n == len(with):
		return 0
	case n < len(p) && n < len(with) && isPlain(p[n]) && isPlain(with[n]):
		return cmp.Compare(p[n], with[n])
	}
	return cmp.Compare(p.Escaped(), Path(with).Escaped())
}

// isPlain says whether nothing needs escaping, as in nearly every path: a graph has tens
// of thousands.
func (p Path) isPlain() bool {
	for i := range len(p) {
		if !isPlain(p[i]) {
			return false
		}
	}
	return true
}

func isPlain(c byte) bool { return ' ' <= c && c <= '~' && c != '%' && c != '#' }

// Unescape reads what Escaped wrote.
func Unescape(s string) (Path, error) {
	if !strings.Contains(s, "%") {
		return Path(s), nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		hi, lo := unhex(s, i+1), unhex(s, i+2)
		if hi < 0 || lo < 0 {
			return "", fmt.Errorf("path %q: %% must be followed by two hex digits", s)
		}
		b = append(b, byte(hi<<4|lo))
		i += 2
	}
	return Path(b), nil
}

func unhex(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	return strings.IndexByte("0123456789ABCDEF", s[i])
}
