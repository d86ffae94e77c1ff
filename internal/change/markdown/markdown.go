// Package markdown writes text that a change may have chosen into Markdown, so that it
// shows exactly that text: no markup, no mention, no reference, no link. Invisible
// characters are for who calls it to replace.
package markdown

import "strings"

// GitHub looks for mentions, references and links after Markdown and entities are done,
// so a backslash does not help: an invisible zero-width space parts what would be
// recognised.
const part = "&#8203;"

// special is every ASCII character that can mean something to Markdown inside a line.
const special = "\\`*_{}[]<>()|~&$!^=@#"

// startsList says whether a line of Markdown that begins so would be an item of a list,
// or code.
func startsList(s string) bool {
	if s == "" {
		return false
	}
	if strings.IndexByte("-+ ", s[0]) >= 0 {
		return true
	}
	rest := strings.TrimLeft(s, "0123456789")
	return len(rest) < len(s) && rest != "" && (rest[0] == '.' || rest[0] == ')')
}

// Prose shows text inside a line of Markdown: @name, #1, GH-1, addresses and commit
// ids are parted.
func Prose(s string) string {
	var b strings.Builder
	if startsList(s) {
		b.WriteString(part) // it would begin a list, or code, behind a bullet
	}
	digits := 0 // hex digits in a row: seven are a commit id
	for i := range len(s) {
		c := s[i]
		if isHex(c) {
			if digits++; digits == 7 {
				b.WriteString(part)
				digits = 1
			}
		} else {
			digits = 0
		}
		switch {
		case c == '@' || c == '#':
			b.WriteString(`\` + string(c) + part)
		case c == ':' && strings.HasPrefix(s[i:], "://") || c == '-' && endsIn(s[:i], "gh"):
			b.WriteString(string(c) + part)
		case c == '.' && endsIn(s[:i], "www"):
			b.WriteString(part + ".")
		case strings.IndexByte(special, c) >= 0:
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func endsIn(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// Cell shows text as code in a cell of a table. There a bar can not be escaped in a
// code span for every text, so text with bars is shown as prose.
func Cell(s string) string {
	if strings.Contains(s, "|") {
		return Prose(s)
	}
	return Code(s)
}

// Code shows text as a code span, in which GitHub recognises nothing.
func Code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}
