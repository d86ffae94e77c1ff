package lang

import (
	"slices"
	"strings"
)

// Configurations of bundlers and test runners are programs, which nobody runs here, or JSON, which
// is nearly one: they are read as words. What computes a value, or a name, is not known. Any text
// is read, in time linear in it.

// maxSettings are those of one configuration.
const maxSettings = 256

// A setting is one of a configuration, with what stands behind its colon.
type setting struct{ name, value string }

// settingsIn are the settings of these names. The text is JavaScript, or JSON, which is
// nearly that: it is read as words, and what computes a value is not.
func settingsIn(text string, names []string, limit int) (found []setting) {
	for i := 0; i < len(text) && len(found) < maxSettings; {
		var word string
		n := 1
		switch c := text[i]; {
		case c == '\\':
			n = 2
		case strings.HasPrefix(text[i:], "//"):
			n = lineLength(text[i:])
		case strings.HasPrefix(text[i:], "/*"):
			n = commentLength(text[i:])
		case isQuote(c):
			word, n = literal(text[i:])
		case isIdent(c):
			n = wordLength(text[i:])
			word = text[i : i+n]
		}
		i += n
		if word == "" || !slices.Contains(names, word) {
			continue
		}
		if value, ok := settingValue(text[i:], limit); ok {
			found = append(found, setting{word, value})
		}
	}
	return found
}

// settingValue is what stands behind a colon: up to the comma or the bracket that ends it.
func settingValue(text string, limit int) (value string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \t\r\n"), ":")
	if !ok {
		return "", false
	}
	rest = rest[:min(len(rest), limit)]
	return rest[:entryLength(rest)], true
}

// entryLength is how far it is to the comma or the bracket that ends an entry of a list or
// an object.
func entryLength(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case strings.HasPrefix(text[i:], "//"):
			i += lineLength(text[i:]) - 1
		case strings.HasPrefix(text[i:], "/*"):
			i += commentLength(text[i:]) - 1
		case c == '(', c == '[', c == '{':
			depth++
		case c == ')', c == ']', c == '}':
			if depth--; depth < 0 {
				return i
			}
		case c == ',' && depth == 0:
			return i
		case isQuote(c):
			_, n := literal(text[i:])
			i += n - 1
		}
	}
	return len(text)
}

// entriesOf are those of a list or an object, of which the text begins behind its bracket.
func entriesOf(text string) (entries []string) {
	for len(entries) < maxAliases {
		n := entryLength(text)
		if strings.TrimSpace(text[:n]) != "" {
			entries = append(entries, text[:n])
		}
		if n == len(text) || text[n] != ',' {
			break
		}
		text = text[n+1:]
	}
	return entries
}

// entryName is the name before the colon of an entry, and where what follows begins; 0 when
// it has none.
func entryName(entry string) (name string, behind int) {
	i := 0
	for i < len(entry) {
		switch c := entry[i]; {
		case isSpace(c), c == '\n':
			i++
			continue
		case strings.HasPrefix(entry[i:], "//"):
			i += lineLength(entry[i:])
			continue
		case strings.HasPrefix(entry[i:], "/*"):
			i += commentLength(entry[i:])
			continue
		case isQuote(c):
			word, n := literal(entry[i:])
			name, i = word, i+n
		case isIdent(c):
			n := wordLength(entry[i:])
			name, i = entry[i:i+n], i+n
		}
		break
	}
	rest := strings.TrimLeft(entry[i:], " \t\r\n")
	if name == "" || !strings.HasPrefix(rest, ":") {
		return "", 0
	}
	return name, len(entry) - len(rest) + 1
}

// patternLiteral is the regular expression at the start of a text.
func patternLiteral(text string) (pattern string, ok bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n':
			return "", false
		case '/':
			return text[1:i], true
		}
	}
	return "", false
}

// stringsIn adds the strings of a value.
func stringsIn(names []string, value string) []string {
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case strings.HasPrefix(value[i:], "//"):
			i += lineLength(value[i:])
		case strings.HasPrefix(value[i:], "/*"):
			i += commentLength(value[i:])
		case isQuote(c):
			word, n := literal(value[i:])
			i += n
			if word != "" && len(word) <= maxSpec {
				names = append(names, word)
			}
		default:
			i++
		}
	}
	return names
}

// literal is the string at the start of a text, with its length there.
func literal(text string) (word string, length int) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n':
			if text[0] != '`' {
				return "", i
			}
		case text[0]:
			return text[1:i], i + 1
		}
	}
	return "", len(text)
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func wordLength(text string) int {
	n := 1
	for n < len(text) && isIdent(text[n]) {
		n++
	}
	return n
}

func lineLength(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

func commentLength(text string) int {
	if i := strings.Index(text[2:], "*/"); i >= 0 {
		return i + 4
	}
	return len(text)
}
