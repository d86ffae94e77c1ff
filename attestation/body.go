package attestation

import (
	"bytes"
	"strings"

	"custody/internal/change"
)

// A body reader finds attribution in the middle of a message, where a squash merge
// leaves the trailers of the commits that it joined and git's own parser sees none.
//
// Only whole paragraphs count that hold nothing but trailers and attribution lines,
// at column 0, after the subject. Quoted ("> "), indented and fenced text is an
// example, and what follows "This reverts commit" tells of another commit, up to the
// next item ("* ") of a squashed message.
type body struct {
	rest      []byte
	title     bool // the subject's paragraph is not yet over
	fence     string
	reverted  bool
	paragraph []attribution
	plain     bool // the paragraph holds something else too
}

// An attribution is one trailer-shaped line, or a whole line of the table.
type attribution struct {
	change.Trailer
	line string
}

func newBody(message []byte) *body { return &body{rest: message, title: true} }

// next returns the attribution lines of the next paragraph that has some and nothing
// else; nil at the end. The slice is valid until the next call.
func (b *body) next() []attribution {
	for len(b.rest) > 0 {
		b.paragraph, b.plain = b.paragraph[:0], false
		b.scan()
		if b.title {
			b.title = false
		} else if len(b.paragraph) > 0 && !b.plain {
			return b.paragraph
		}
	}
	return nil
}

// scan reads up to the end of one paragraph.
func (b *body) scan() {
	started := false
	for len(b.rest) > 0 {
		line := b.rest
		if i := bytes.IndexByte(b.rest, '\n'); i >= 0 {
			line, b.rest = b.rest[:i], b.rest[i+1:]
		} else {
			b.rest = nil
		}
		if n := len(line); n > 0 && (line[n-1] == '\r' || line[n-1] == ' ' || line[n-1] == '\t') {
			line = bytes.TrimRight(line, " \t\r")
		}
		if len(line) == 0 {
			if started {
				return
			}
			continue
		}
		started = true
		b.line(line)
	}
}

func (b *body) line(line []byte) {
	if mark := fenceMark(line); mark != "" {
		switch {
		case b.fence == "":
			b.fence = mark
		case mark[0] == b.fence[0] && len(mark) >= len(b.fence):
			b.fence = ""
		}
		b.plain = true
		return
	}
	switch {
	case b.fence != "":
		b.plain = true
		return
	case line[0] == '*' && len(line) > 1 && line[1] == ' ':
		b.reverted, b.plain = false, true
		return
	case line[0] == 'T' && bytes.HasPrefix(line, []byte("This reverts commit ")):
		b.reverted, b.plain = true, true
		return
	case b.reverted:
		b.plain = true
		return
	case line[0] == ' ' || line[0] == '\t':
		// A folded trailer goes on; anything else that is indented is an example.
		b.plain = b.plain || len(b.paragraph) == 0
		return
	}
	if key, value, ok := trailerLine(line); ok {
		b.paragraph = append(b.paragraph, attribution{Trailer: change.Trailer{Key: key, Value: value}})
	} else if l, ok := wholeLine(line); ok {
		b.paragraph = append(b.paragraph, attribution{line: l})
	} else {
		b.plain = true
	}
}

// fenceMark is the run of back-ticks or tildes that opens or closes a fenced block.
func fenceMark(line []byte) string {
	s := bytes.TrimLeft(line, " ")
	if len(line)-len(s) > 3 || len(s) < 3 || s[0] != '`' && s[0] != '~' {
		return ""
	}
	n := 0
	for n < len(s) && s[n] == s[0] {
		n++
	}
	if n < 3 {
		return ""
	}
	return string(s[:n])
}

// trailerLine splits "Key: value" at column 0. Keys are letters, digits and hyphens,
// as in git; a space must follow the colon, so that an address of the web is none.
func trailerLine(line []byte) (key, value string, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i+2 >= len(line) || line[i+1] != ' ' {
		return "", "", false
	}
	for _, c := range line[:i] {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", "", false
		}
	}
	return string(line[:i]), string(bytes.TrimLeft(line[i+2:], " ")), true
}

// wholeLine takes the emoji off a line that may stand in the table.
func wholeLine(line []byte) (string, bool) {
	s := strings.TrimSpace(strings.TrimLeft(string(line), "🤖💘 "))
	return s, known().lines[s] != nil
}

// body appends what the middle of a message says. Lines that git reads as trailers
// are in had, and are not counted twice.
func (t *table) body(to []Evidence, message []byte, had map[change.Trailer]bool, scope string) []Evidence {
	if end := bytes.IndexByte(message, 0); end >= 0 {
		message = message[:end] // as git, which shows no more of it
	}
	if !mayAttribute(message) {
		return to
	}
	b := newBody(message)
	for p := b.next(); p != nil; p = b.next() {
		for _, a := range p {
			if a.line != "" {
				to = append(to, Evidence{
					Source: "message", Strength: "E", Class: AIDeclared,
					Agent: t.lines[a.line].ID, Scope: scope, Detail: printable(a.line),
				})
				continue
			}
			if had[normal(a.Trailer)] {
				continue
			}
			n := len(to)
			to = t.trailer(to, a.Trailer, "E", scope)
			for i := n; i < len(to); i++ {
				to[i].Source = "message"
				if to[i].Class == HumanDeclared {
					// One of the commits that were joined was written without an agent; that
					// says nothing about the others.
					to[i].Class, to[i].Strength = Unknown, "F"
				}
			}
		}
	}
	return to
}

// normal is a trailer in the form in which two spellings of it are equal.
func normal(t change.Trailer) change.Trailer {
	return change.Trailer{Key: strings.ToLower(t.Key), Value: strings.Join(strings.Fields(t.Value), " ")}
}

// mayAttribute is a quick look that spares most messages the whole scan.
func mayAttribute(message []byte) bool {
	for m := message; ; {
		i := bytes.IndexByte(m, '\n')
		if i < 0 {
			return false
		}
		m = m[i+1:]
		if len(m) == 0 {
			return false
		}
		if c := m[0] | 0x20; c >= 'a' && c <= 'z' {
			if j := bytes.IndexByte(m[:min(len(m), longestKey+1)], ':'); j > 0 {
				if _, ok := ruleOf(string(m[:j])); ok {
					return true
				}
			}
		}
		if bytes.HasPrefix(m, []byte("Generated with ")) || m[0] >= 0x80 {
			return true
		}
	}
}
