package pack

import (
	"regexp"
	"strings"
)

// What follows turns text that a change may have chosen into Markdown that shows
// exactly that text: no markup, no mention, no reference, no link. GitHub looks for
// the latter after Markdown and entities are done, so a backslash does not help: an
// invisible zero-width space parts what would be recognised.
const part = "&#8203;"

var (
	// special is every ASCII character that can mean something to Markdown inside a
	// line; "-", "+" and digits matter only where a line begins, where we never put text.
	special = regexp.MustCompile("[\\\\`*_{}\\[\\]<>()|~&$!^=]")
	// references are @name, #1, GH-1 and anything that would become a link by itself.
	mention   = regexp.MustCompile(`@`)
	issue     = regexp.MustCompile(`#`)
	ghIssue   = regexp.MustCompile(`(?i)(gh)-`)
	scheme    = regexp.MustCompile(`:`)
	wwwPrefix = regexp.MustCompile(`(?i)(www)\.`)
	hexRun    = regexp.MustCompile(`[0-9a-fA-F]{7,64}`)
)

// prose shows text inside a line of Markdown. Line breaks and other invisible
// characters are shown by their code points.
func prose(s string) string {
	s = plain(s, messageLimit)
	s = special.ReplaceAllString(s, `\$0`)
	s = mention.ReplaceAllString(s, "@"+part)
	s = issue.ReplaceAllString(s, `\#`+part)
	s = ghIssue.ReplaceAllString(s, "${1}-"+part)
	s = scheme.ReplaceAllString(s, ":"+part)
	s = wwwPrefix.ReplaceAllString(s, "${1}."+part)
	// A commit id in prose would become a link too: put a break into it.
	s = hexRun.ReplaceAllStringFunc(s, func(id string) string { return id[:6] + part + id[6:] })
	if s != "" && strings.IndexByte("+-0123456789 ", s[0]) >= 0 {
		s = part + s // it would begin a list, or code, behind a bullet
	}
	return s
}

// cell shows text as code in a cell of a table. There a bar can not be escaped in a
// code span for every text, so text with bars is shown as prose.
func cell(s string) string {
	if strings.Contains(s, "|") {
		return prose(s)
	}
	return code(s)
}

// code shows text as a code span, in which GitHub recognises nothing.
func code(s string) string {
	s = plain(s, messageLimit)
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
