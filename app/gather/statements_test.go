package gather

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		title, body, tickets, ai, urgent string
	}{
		{"SHOP-12: Round prices", "Because.\r\n\r\nAI-Assistance: claude-code\r\nFixes #7", "SHOP-12 #7", "claude-code", ""},
		{"Round", "**AI-Assistance:** none\n- Ticket: OPS-7, OPS-8\n\nresolves acme/other#3", "OPS-7 OPS-8 acme/other#3", "none", ""},
		{"Round", "Emergency: customers can not pay\n\nEMERGENCY:", "", "", "customers can not pay"},
		{"Round", "<!-- AI-Assistance: none\nEmergency: no\nFixes #1 -->", "", "", ""},
		{"Round", "seen <!-- AI-Assistance: none", "", "", ""},
		{"", "", "", "", ""},
	} {
		why, ai, urgent := statements(c.title, c.body)
		if strings.Join(why.Tickets, " ") != c.tickets || ai != c.ai || urgent != c.urgent || why.Text == nil {
			t.Errorf("%q %q: %v, %q, %q", c.title, c.body, why.Tickets, ai, urgent)
		}
	}
}

// Whatever an author writes, what comes out is printable and bounded.
func FuzzStatements(f *testing.F) {
	f.Add("SHOP-1", "Fixes #1\nAI-Assistance: none\nEmergency: yes\n<!-- x -->")
	f.Add("\x00", "<!--<!---->-->Ticket: \u202ea,b")
	f.Fuzz(func(t *testing.T, title, body string) {
		why, ai, urgent := statements(title, body)
		if len(why.Tickets) > maxTickets || len(*why.Text) > 4*maxText {
			t.Errorf("%d tickets, %d bytes", len(why.Tickets), len(*why.Text))
		}
		for _, s := range append(slices.Clone(why.Tickets), ai, urgent) {
			if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
				t.Errorf("%q is not printable", s)
			}
		}
	})
}
