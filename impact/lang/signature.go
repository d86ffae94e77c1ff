package lang

import "unicode/utf8"

// maxSignature bounds the text of a signature, in bytes.
const maxSignature = 160

// SignatureText is how a definition begins, for people: the source from its first line to
// where its body opens, on one line, cut at 160 bytes. It is good enough to read in any
// language with braces or colons, and decides nothing.
func SignatureText(src []byte, d *Definition) string {
	i := lineStart(src, d.Start)
	var text []byte
	depth := 0
	for ; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == '{' && depth <= 0 && !hasPrefixAt(src, i, "{}"):
			return trimSignature(text)
		case c == '\n' && depth <= 0:
			return trimSignature(text)
		}
		if c == '\n' || isSpace(c) {
			if n := len(text); n > 0 && text[n-1] != ' ' && text[n-1] != '(' {
				text = append(text, ' ')
			}
			continue
		}
		if text = append(text, c); len(text) > maxSignature {
			for text = text[:maxSignature-3]; !utf8.Valid(text) && len(text) > maxSignature-6; {
				text = text[:len(text)-1]
			}
			return string(text) + "..."
		}
	}
	return trimSignature(text)
}

func trimSignature(text []byte) string {
	n := len(text)
	for n > 0 && (text[n-1] == ' ' || text[n-1] == ':' || text[n-1] == '=') {
		n--
	}
	return string(text[:n])
}

// FromLine is the source from a 1-based line on.
func FromLine(src []byte, line int) []byte { return src[lineStart(src, line):] }

// lineStart is the offset of a 1-based line, or the length of src.
func lineStart(src []byte, line int) int {
	i := 0
	for ; line > 1 && i < len(src); line-- {
		i = min(lineEnd(src, i)+1, len(src))
	}
	return i
}
