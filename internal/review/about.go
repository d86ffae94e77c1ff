package review

import (
	"strings"

	"custody/internal/change"
)

// About is what the context says the change is, for people who read the pack. It
// decides nothing.
type About struct {
	Repository string   `json:"repository,omitempty"` // "host/owner/name", as far as known
	Kind       string   `json:"kind,omitempty"`       // "pull_request", "merge_group", "push"
	Number     int64    `json:"number,omitempty"`
	Title      string   `json:"title,omitempty"`
	Author     string   `json:"author,omitempty"` // login
	Reason     string   `json:"reason,omitempty"`
	Tickets    []string `json:"tickets,omitzero"`
}

// AboutOf takes from a context what it says of the change; nil if it says nothing.
func AboutOf(c *change.Context) *About {
	if c == nil || c.Repository == nil && c.Change == nil {
		return nil
	}
	var a About
	if r := c.Repository; r != nil {
		known := []string{}
		for _, part := range []string{r.Host, r.Owner, r.Name} {
			if part != "" {
				known = append(known, part)
			}
		}
		a.Repository = strings.Join(known, "/")
	}
	if r := c.Change; r != nil {
		a.Kind, a.Number, a.Title = r.Kind, r.Number, r.Title
		if r.Author != nil {
			a.Author = r.Author.Login
		}
		if r.Reason != nil {
			if a.Tickets = r.Reason.Tickets; r.Reason.Text != nil {
				a.Reason = *r.Reason.Text
			}
		}
	}
	return &a
}
