package gather

import (
	"regexp"
	"slices"
	"strings"

	"custody/internal/change"
)

// statements takes out of a pull request's title and text what its author says: the
// reason, the tickets, whether agents helped, and why it is an emergency. All of it is the
// author's word.
func statements(title, body string) (why *change.Why, ai, urgent string) {
	why = &change.Why{Text: new(clip(body)), Tickets: []string{}}
	add := func(t string) {
		if t = change.Printable(t); !slices.Contains(why.Tickets, t) && len(why.Tickets) < maxTickets {
			why.Tickets = append(why.Tickets, t)
		}
	}
	if len(body) > maxText {
		body = body[:maxText]
	}
	for _, t := range ticketKey.FindAllString(title, maxTickets) {
		add(t)
	}
	for line := range strings.Lines(withoutComments(body)) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, ":")
		if name, value = strings.ToLower(strings.Trim(name, " *_#-")), strings.Trim(value, " *_"); ok && value != "" {
			switch name {
			case "ai-assistance", "ai assistance":
				ai = change.Printable(value)
			case "emergency":
				urgent = change.Printable(value)
			case "ticket", "tickets", "issue", "issues", "refs", "jira":
				for _, f := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
					add(f)
				}
			}
		}
		for _, m := range closes.FindAllStringSubmatch(line, maxTickets) {
			add(m[1])
		}
	}
	return why, ai, urgent
}

const maxTickets = 50

var (
	// ticketKey is a key of Jira, YouTrack and others in a title: "SHOP-12: Round prices".
	ticketKey = regexp.MustCompile(`\b[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,8}\b`)
	// closes are the words by which GitHub links an issue to a pull request.
	closes = regexp.MustCompile(`(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+((?:[\w.-]+/[\w.-]+)?#[1-9][0-9]{0,8}|https?://\S{1,200}/issues/[1-9][0-9]{0,8})`)
)

// withoutComments takes out what nobody sees: templates explain themselves in comments.
func withoutComments(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "<!--")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, rest, closed := strings.Cut(after, "-->")
		if !closed {
			return b.String()
		}
		s = rest
	}
}
