package control

import (
	"strings"
	"unicode"
)

// clip keeps a text of a file in a message short and printable.
func clip(s string) string {
	const most = 120
	s = oneLine(s)
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// oneLine makes one printable line of any text.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
}
