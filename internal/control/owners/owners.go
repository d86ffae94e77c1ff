// Package owners reads a CODEOWNERS file as GitHub does, and tells who owns a path.
//
// It promises that a line which it can not read never makes a path ownerless: who owns
// the path is then in doubt, and says so. It reads bytes that are given to it, follows
// nothing, and its matching is linear in pattern and path.
//
// Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
package owners

import (
	"fmt"
	"strings"

	"custody/internal/change"
)

// Places are where GitHub looks for the file; the first that is there counts.
var Places = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}

// MaxBytes is the size over which GitHub does not load the file.
const MaxBytes = 3 << 20

// maxLines bounds the lines that are matched; what stands behind them is in doubt.
const maxLines = 50_000

// A File is one CODEOWNERS. The nil *File says that there is none.
type File struct {
	Path  string
	lines []line // in the order written: the last that matches counts
	// broken says why nothing of the file can be relied on, or "".
	broken string
}

// A line of the file.
type line struct {
	number int
	pattern
	owners []Owner
	// doubt says why the line can not be read; its pattern may then match anything.
	doubt   string
	badName string // an owner that is none: the pattern holds, and who owns is in doubt
}

// An Owner is "@login", "@organisation/team" or an e-mail address, as written.
type Owner string

// Team is the "organisation/team" in lower case, or "".
func (o Owner) Team() string {
	name, ok := strings.CutPrefix(string(o), "@")
	if ok && strings.Contains(name, "/") {
		return strings.ToLower(name)
	}
	return ""
}

// Login is that of a person in lower case, or "".
func (o Owner) Login() string {
	name, ok := strings.CutPrefix(string(o), "@")
	if ok && !strings.Contains(name, "/") {
		return strings.ToLower(name)
	}
	return ""
}

// Email is the address in lower case, or "".
func (o Owner) Email() string {
	if strings.HasPrefix(string(o), "@") {
		return ""
	}
	return strings.ToLower(string(o))
}

// Broken is a file that is there and can not be read.
func Broken(path, why string) *File { return &File{Path: path, broken: why} }

// Parse reads the bytes of a file. There is no error: GitHub takes what it can read,
// and so does this, with the rest in doubt.
func Parse(path string, src []byte) *File {
	f := &File{Path: path}
	if len(src) > MaxBytes {
		return Broken(path, fmt.Sprintf("it has %d bytes, and over %d the forge does not load it", len(src), MaxBytes))
	}
	number := 0
	for text := range strings.SplitSeq(string(src), "\n") {
		number++
		text = strings.TrimSpace(strings.TrimSuffix(text, "\r"))
		if text == "" || text[0] == '#' {
			continue
		}
		if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "^[") {
			return Broken(path, fmt.Sprintf("line %d begins a section as GitLab has them, which are not read", number))
		}
		if len(f.lines) == maxLines {
			f.lines = append(f.lines, line{number: number, doubt: fmt.Sprintf("lines from %d on are over the limit of %d", number, maxLines)})
			break
		}
		f.lines = append(f.lines, parseLine(number, text))
	}
	return f
}

func parseLine(number int, text string) line {
	l := line{number: number}
	words := fields(text)
	var why string
	if l.pattern, why = parsePattern(words[0]); why != "" {
		l.doubt = fmt.Sprintf("line %d can not be read: %s", number, why)
		return l
	}
	for _, w := range words[1:] {
		if !isOwner(w) {
			l.badName = fmt.Sprintf("line %d names %q, which is no @login, @organisation/team or e-mail address", number, clip(w))
			continue
		}
		l.owners = append(l.owners, Owner(w))
	}
	return l
}

// fields splits at blanks that no backslash stands before, and ends at a word that
// begins a comment.
func fields(text string) []string {
	var words []string
	start := -1
	for i := 0; i <= len(text); i++ {
		end := i == len(text) || text[i] == ' ' || text[i] == '\t'
		switch {
		case !end && start < 0:
			if text[i] == '#' {
				return words
			}
			start = i
			if text[i] == '\\' {
				i++
			}
		case !end && text[i] == '\\':
			i++
		case end && start >= 0:
			words = append(words, text[start:min(i, len(text))])
			start = -1
		}
	}
	return words
}

func isOwner(w string) bool {
	if name, ok := strings.CutPrefix(w, "@"); ok {
		org, team, both := strings.Cut(name, "/")
		return isName(org) && (!both || isName(team))
	}
	local, host, ok := strings.Cut(w, "@")
	return ok && local != "" && strings.Contains(host, ".") && !strings.ContainsAny(w, "<>()/\\,;")
}

func isName(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// Owned says who owns a path.
type Owned struct {
	Owners []Owner // none: nobody owns it
	Line   int     // that decided; 0 for none
	Doubt  string  // why it is not known; then Owners are those of the last line that could be read
}

// Of looks a path up: the last line that matches counts, and one without owners takes
// the path from those before it. tries counts the patterns that were tried.
func (f *File) Of(p change.Path, tries *int) Owned {
	if f == nil {
		return Owned{}
	}
	if f.broken != "" {
		return Owned{Doubt: f.broken}
	}
	doubt := ""
	parts := strings.Split(string(p), "/")
	for i := len(f.lines) - 1; i >= 0; i-- {
		l := &f.lines[i]
		*tries++
		switch {
		case l.doubt != "":
			doubt = l.doubt
		case l.pattern.match(parts):
			if l.badName != "" {
				doubt = l.badName
			}
			return Owned{l.owners, l.number, doubt}
		}
	}
	return Owned{Doubt: doubt}
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}
