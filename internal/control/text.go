package control

import (
	"fmt"
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

// nameList is some people or owners in one line, whole: a name that is cut would not be
// found where packs have to replace it.
func nameList(names []string) string {
	const most = 120
	list := ""
	for i, name := range names {
		name = clip(name)
		switch {
		case i == 0:
			list = name
		case len(list)+len(name) > most:
			return fmt.Sprintf("%s and %d more", list, len(names)-i)
		default:
			list += ", " + name
		}
	}
	return list
}

// oneLine makes one printable line of any text.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
}
