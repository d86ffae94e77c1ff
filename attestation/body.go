package attestation

import (
	"bytes"
	"strings"

	"custody/internal/change"
)

// A body finds attribution in the middle of a message, where a squash merge leaves the
// trailers of the commits that it joined and git's own parser sees none.
//
// Only whole paragraphs count that hold nothing but trailers and attribution lines,
// at column 0, after the subject. Quoted ("> "), indented and fenced text is an
// example, and what follows "This reverts commit" tells of another commit, up to the
// next item ("* ") of a squashed message.
type body struct {
	found    []attribution
	start    int    // of the paragraph at hand, in found
	lines    int    // of that paragraph
	plain    bool   // it holds something else too, or is the subject's
	fence    string // the open fence
	reverted bool
	cut      bool // there is more than maxAttributions
}

// An attribution is a trailer with a rule, or a whole line of the table.
type attribution struct {
	change.Trailer
	line string
}

// maxAttributions bounds what is taken from one message, like change.ParseTrailers
// bounds trailers.
const maxAttributions = 10_000

// attributions reads a message. Cut says that there are more than it returns.
func attributions(message []byte) (found []attribution, cut bool) {
	if end := bytes.IndexByte(message, 0); end >= 0 {
		message = message[:end] // as git, which shows no more of it
	}
	if !mayAttribute(message) {
		return nil, false
	}
	b := body{plain: true}
	for len(message) > 0 {
		line := message
		if i := bytes.IndexByte(message, '\n'); i >= 0 {
			line, message = message[:i], message[i+1:]
		} else {
			message = nil
		}
		if line = bytes.TrimRight(line, " \t\r"); len(line) > 0 {
			b.line(line)
			b.lines++
		} else if b.lines > 0 {
			b.paragraph()
		}
	}
	b.paragraph()
	return b.found, b.cut
}

// paragraph ends one: it counts as a whole or not at all.
func (b *body) paragraph() {
	if b.plain {
		b.found = b.found[:b.start]
	}
	b.start, b.lines, b.plain = len(b.found), 0, false
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
	case bytes.HasPrefix(line, []byte("* ")):
		b.reverted = false
	case bytes.HasPrefix(line, []byte("This reverts commit ")):
		b.reverted = true
	case b.reverted:
	case (line[0] == ' ' || line[0] == '\t') && b.lines > 0:
		return // a folded trailer goes on; of anything else the paragraph is plain already
	default:
		if b.attribution(line) {
			return
		}
	}
	b.plain = true
}

// attribution takes a line that may stand in a paragraph of attribution.
func (b *body) attribution(line []byte) bool {
	key, value, ok := trailerLine(line)
	if ok {
		if _, ruled := ruleOf(key); ruled {
			b.add(attribution{Trailer: change.Trailer{Key: string(key), Value: string(value)}})
		}
		return true
	}
	l, ok := wholeLine(line)
	if ok {
		b.add(attribution{line: l})
	}
	return ok
}

func (b *body) add(a attribution) {
	if b.plain {
		return
	}
	if len(b.found) == maxAttributions {
		b.cut = true
		return
	}
	b.found = append(b.found, a)
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
// as in git; a blank must follow the colon, so that an address of the web is none, but of
// a key that has a rule.
func trailerLine(line []byte) (key, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i+2 >= len(line) {
		return nil, nil, false
	}
	if line[i+1] != ' ' && line[i+1] != '\t' {
		if _, ruled := ruleOf(line[:i]); !ruled {
			return nil, nil, false
		}
	}
	for _, c := range line[:i] {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return nil, nil, false
		}
	}
	return line[:i], bytes.TrimLeft(line[i+1:], " \t"), true
}

// wholeLine takes the emoji off a line that may stand in the table.
func wholeLine(line []byte) (string, bool) {
	if line[0] != 'G' && line[0] != 'M' && line[0] != '#' && line[0] < 0x80 || len(line) > 200 {
		return "", false
	}
	s := strings.TrimSpace(strings.TrimLeft(string(line), "🤖💘 "))
	return s, known().lines[s] != nil
}

// body appends what the middle of a message says. Lines that git reads as trailers
// are in had, and are not counted twice.
func (t *table) body(to []Evidence, found []attribution, had map[change.Trailer]bool) []Evidence {
	for _, a := range found {
		if a.line != "" {
			to = append(to, Evidence{
				Source: "message", Strength: "E", Class: AIDeclared,
				Agent: t.lines[a.line].ID, Detail: change.Printable(a.line),
			})
			continue
		}
		if had[normal(a.Trailer)] {
			continue
		}
		n := len(to)
		to = t.trailer(to, a.Trailer, "E")
		for i := n; i < len(to); i++ {
			to[i].Source = "message"
			if to[i].Class == HumanDeclared {
				// One of the commits that were joined was written without an agent; that
				// says nothing about the others.
				to[i].Class, to[i].Strength = Unknown, "F"
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
				if _, ok := ruleOf(m[:j]); ok {
					return true
				}
			}
		}
		if m[0] == 'G' && bytes.HasPrefix(m, []byte("Generated ")) || m[0] == 'M' && bytes.HasPrefix(m, []byte("Made with [")) || m[0] == '#' && bytes.HasPrefix(m, []byte("# Aider ")) || m[0] >= 0x80 {
			return true
		}
	}
}
