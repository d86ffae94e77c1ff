package grep

import (
	"fmt"
	"strings"
)

// maxCommand is how many bytes a command line may have.
const maxCommand = 4 << 10

// Unsupported says why a command is not evaluated, and what would be.
type Unsupported struct {
	Reason string // one sentence
	Hint   string // a spelling that works; may be empty
}

func (e *Unsupported) Error() string {
	if e.Hint == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Hint
}

func unsupported(hint, format string, args ...any) *Unsupported {
	return &Unsupported{fmt.Sprintf(format, args...), hint}
}

// A word of a command line. Bare says that no character of it was quoted.
type word struct {
	text string
	bare bool
}

// operators are what a shell does besides running one command, by their first byte.
var operators = map[byte][2]string{
	'|': {"a pipe (|)", "one grep must answer alone: its result is whether it found a line"},
	';': {"a second command (;)", "write one requirement for each command"},
	'&': {"&& or &", "write one requirement for each command"},
	'<': {"a redirection (<)", "name the files after the pattern"},
	'>': {"a redirection (>)", "leave it out: nothing is printed; -q says the same"},
	'(': {"a subshell", "write the grep alone"},
	')': {"a subshell", "write the grep alone"},
	'`': {"a command substitution (`)", "write the value itself, or put the pattern into single quotes"},
	'$': {"a variable or substitution ($)", "put the pattern into single quotes"},
}

// split reads a command line as a POSIX shell would, as far as one simple command of
// literal words goes. Everything that a shell would expand, run or connect is refused:
// nothing is guessed.
func split(s string) ([]word, error) {
	if len(s) > maxCommand {
		return nil, unsupported("", "the command has %d bytes, over the limit of %d", len(s), maxCommand)
	}
	if strings.ContainsRune(s, 0) {
		return nil, unsupported("", "the command has a NUL byte")
	}
	l := lexer{src: strings.TrimRight(s, " \t\r\n")}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.end()
	return l.words, nil
}

type lexer struct {
	src    string
	pos    int
	words  []word
	text   strings.Builder
	open   bool // a word has begun
	quoted bool // some of it was quoted
}

func (l *lexer) end() {
	if l.open {
		l.words = append(l.words, word{l.text.String(), !l.quoted})
	}
	l.text.Reset()
	l.open, l.quoted = false, false
}

func (l *lexer) add(s string, quoted bool) {
	l.text.WriteString(s)
	l.open, l.quoted = true, l.quoted || quoted
}

// next reads one character, or one quoted part.
func (l *lexer) next() error {
	c := l.src[l.pos]
	if op, ok := operators[c]; ok {
		return unsupported(op[1], "%s is not evaluated", op[0])
	}
	switch c {
	case ' ', '\t':
		l.end()
	case '\n', '\r':
		if len(l.words) == 0 && !l.open {
			break // an empty line before the command
		}
		return unsupported("write one requirement for each command", "a second line is not evaluated")
	case '\'':
		end := strings.IndexByte(l.src[l.pos+1:], '\'')
		if end < 0 {
			return unsupported("", "a single quote is not closed")
		}
		l.add(l.src[l.pos+1:l.pos+1+end], true)
		l.pos += end + 1
	case '"':
		return l.doubleQuoted()
	case '\\':
		if l.pos+1 == len(l.src) {
			return unsupported("", "the command ends in a backslash")
		}
		l.pos++
		if l.src[l.pos] != '\n' { // a continued line
			l.add(l.src[l.pos:l.pos+1], true)
		}
	case '*', '?', '[':
		if strings.HasPrefix(l.text.String(), "--") && strings.Contains(l.text.String(), "=") {
			// --include=*.py: a shell finds no file of such a name and leaves the word alone.
			l.add(string(c), false)
			break
		}
		return unsupported(`put a pattern into single quotes; for files write --include='*.py'`, "%c outside of quotes stands for files, which a shell would fill in", c)
	case '{', '}':
		return unsupported("put it into single quotes, or write several --include", "%c outside of quotes may be expanded by a shell", c)
	case '~', '#':
		if !l.open {
			return unsupported("put it into single quotes", "%c at the start of a word means something else to a shell", c)
		}
		l.add(string(c), false)
	default:
		l.add(l.src[l.pos:l.pos+1], false)
	}
	l.pos++
	return nil
}

// doubleQuoted reads "...": a backslash keeps its meaning only before $ ` " \ and a
// newline, everything else stands for itself.
func (l *lexer) doubleQuoted() error {
	l.add("", true)
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch c := l.src[l.pos]; c {
		case '"':
			l.pos++
			return nil
		case '$', '`':
			// A shell takes a dollar before the closing quote or a space as it is; one rule is
			// easier to hold than three.
			return unsupported(operators[c][1], "%s is not evaluated", operators[c][0])
		case '\\':
			if l.pos+1 < len(l.src) && strings.IndexByte("$`\"\\\n", l.src[l.pos+1]) >= 0 {
				l.pos++
				if l.src[l.pos] != '\n' {
					l.add(l.src[l.pos:l.pos+1], true)
				}
				continue
			}
			l.add(`\`, true)
		default:
			l.add(l.src[l.pos:l.pos+1], true)
		}
	}
	return unsupported("", "a double quote is not closed")
}
