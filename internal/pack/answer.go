package pack

import (
	"strings"

	"custody/internal/finding"
	"custody/internal/review"
)

// An Answer is a verdict in the few lines that somebody reads who waits for it, as plain
// text that is safe to show. The page and the summary say the same at length.
type Answer struct {
	Headline string // "This change may not land."
	Why      string // the first reason
	More     int    // further reasons
	Next     string // what to do
	Who      string // who can; mostly empty
	Change   string // "2 commits, 3 files, ..."
	First    string // the first finding that blocks, with its place; empty without one
	Findings int    // that block
}

// AnswerOf takes the answer out of a verdict.
func AnswerOf(v *review.Verdict) Answer {
	w := newAnswer(v)
	a := Answer{
		Headline: w.Headline, Why: message(w.Why), More: len(w.More),
		Next: message(w.Next.What), Who: message(w.Next.Who), Change: strings.Join(w.Facts, ", "),
	}
	for _, f := range v.Findings {
		if f.Level != finding.Error || f.WaivedBy != "" {
			continue
		}
		if a.Findings++; a.Findings == 1 {
			a.First = message(f.Message)
			if where := f.Place.String(); where != "" {
				a.First = plain(where, nameLimit) + ": " + a.First
			}
		}
	}
	return a
}
