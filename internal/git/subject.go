package git

import "strings"

// maxSubject is more than anybody shows of a subject, in bytes.
const maxSubject = 1 << 10

// Subject is the first paragraph of the message in one line, as git's %s has it. Of one
// that is very long it is the beginning.
func (c *Commit) Subject() string {
	var subject strings.Builder
	for line := range strings.Lines(string(c.Message)) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "" && subject.Len() == 0:
			continue
		case line == "" || subject.Len() >= maxSubject:
			return subject.String()
		case subject.Len() > 0:
			subject.WriteByte(' ')
		}
		subject.WriteString(line[:min(len(line), maxSubject)])
	}
	return subject.String()
}
