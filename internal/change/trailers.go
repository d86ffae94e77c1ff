package change

import (
	"bytes"
	"strings"
)

// maxTrailers bounds the trailers of one message. Git has no limit.
const maxTrailers = 10_000

// maxAllTrailers bounds those of all commits of a change, which are held at once.
const maxAllTrailers = 1_000_000

// ParseTrailers finds the trailers of a commit message as git does for
// "%(trailers:only,unfold)" without any configuration. The rules are those of
// git-interpret-trailers(1): a last paragraph, not the first, that is all trailers, or
// that has at least one line which git itself writes and is a quarter trailers; lines
// that begin with white space go on; a "---" divides nothing, since a commit message is
// no patch. Lines of the paragraph that are no trailers are left out. more says that
// there were more than 10,000.
func ParseTrailers(message []byte) (trailers []Trailer, more bool) {
	if end := bytes.IndexByte(message, 0); end >= 0 {
		message = message[:end] // git reads messages as C strings
	}
	for len(message) > 0 { // empty lines before the subject are none of its paragraphs
		line := firstLine(message)
		if !blank(line) {
			break
		}
		message = message[len(line):]
	}
	message = message[:trailersEnd(message)]
	block := message[trailersStart(message):]

	var value strings.Builder
	open := false // the last line was a trailer, which may go on
	finish := func() {
		if open {
			trailers[len(trailers)-1].Value = unfold(value.String())
		}
		open = false
	}
	for len(block) > 0 {
		line := firstLine(block)
		block = block[len(line):]
		if open && space(line[0]) {
			value.Write(line)
			continue
		}
		finish()
		sep := separator(line)
		if sep < 1 {
			continue
		}
		if len(trailers) == maxTrailers {
			return trailers, true
		}
		trailers = append(trailers, Trailer{Key: strings.Trim(string(line[:sep]), whitespace)})
		value.Reset()
		value.Write(line[sep+1:])
		open = true
	}
	finish()
	return trailers, false
}

// trailersStart is where the block of trailers begins in a message that ends with it;
// the length of the message if it has none. It goes backwards by lines.
func trailersStart(message []byte) int {
	title := 0 // where the first paragraph ends
	for title < len(message) {
		line := firstLine(message[title:])
		if line[0] != '#' && blank(line) {
			break
		}
		title += len(line)
	}
	var (
		generated             bool // a line that git writes was seen
		yes, no, continuation int  // lines
		onlySpace             = true
	)
	for end := len(message); ; {
		start := lastLine(message[:end])
		if start < title {
			return len(message)
		}
		line := message[start:end]
		end = start
		switch {
		case line[0] == '#':
			no += continuation
			continuation = 0
		case blank(line):
			if onlySpace {
				continue
			}
			no += continuation
			if generated && yes*3 >= no || yes > 0 && no == 0 {
				return start + len(line)
			}
			return len(message)
		default:
			onlySpace = false
			switch {
			case bytes.HasPrefix(line, []byte("Signed-off-by: ")), bytes.HasPrefix(line, []byte("(cherry picked from commit ")):
				yes++
				continuation = 0
				generated = true
			case separator(line) >= 1 && !space(line[0]):
				yes++
				continuation = 0
			case space(line[0]):
				continuation++
			default:
				no += 1 + continuation
				continuation = 0
			}
		}
	}
}

// scissors is the line below which git commit ignores everything.
const scissors = "# ------------------------ >8 ------------------------\n"

// trailersEnd leaves out what git takes for the end of an editor's buffer: comments,
// empty lines and an old-style list of conflicts.
func trailersEnd(message []byte) int {
	cut := len(message)
	if bytes.HasPrefix(message, []byte(scissors)) {
		cut = 0
	} else if i := bytes.Index(message, []byte("\n"+scissors)); i >= 0 {
		cut = i + 1
	}
	end, conflicts := -1, false
	for at := 0; at < cut; {
		line := firstLine(message[at:])
		switch {
		case line[0] == '#' || line[0] == '\n':
			if end < 0 {
				end = at
			}
		case string(line) == "Conflicts:\n":
			conflicts = true
			if end < 0 {
				end = at
			}
		case conflicts && line[0] == '\t':
		case end >= 0:
			end, conflicts = -1, false
		}
		at += len(line)
	}
	if end >= 0 {
		return end
	}
	return cut
}

// firstLine is the first line with its newline; the text is not empty.
func firstLine(text []byte) []byte {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[:i+1]
	}
	return text
}

// lastLine is where the last line begins, -1 in an empty text.
func lastLine(text []byte) int {
	if len(text) == 0 {
		return -1
	}
	return bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
}

// separator is the index of the colon behind a trailer's key: letters, digits and
// hyphens, then perhaps blanks. -1 if the line has no such thing.
func separator(line []byte) int {
	blanks := false
	for i, c := range line {
		switch {
		case c == ':':
			return i
		case !blanks && (c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'):
		case i > 0 && (c == ' ' || c == '\t'):
			blanks = true
		default:
			return -1
		}
	}
	return -1
}

// whitespace is what git's isspace accepts.
const whitespace = " \t\n\r"

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func blank(line []byte) bool { return len(bytes.Trim(line, whitespace)) == 0 }

// unfold joins a value's lines: each newline and the white space behind it become one
// space.
func unfold(s string) string {
	s = strings.Trim(s, whitespace)
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\n' {
			b.WriteByte(s[i])
			i++
			continue
		}
		for i < len(s) && space(s[i]) {
			i++
		}
		b.WriteByte(' ')
	}
	return strings.Trim(b.String(), whitespace)
}
