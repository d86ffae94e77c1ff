package control

import (
	"fmt"
	"regexp"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// A spot is one text in which a reason may stand.
type spot struct {
	where string
	text  string
}

// reason asks that the words which explain the change match a pattern. What the change
// says of itself is a claim; that it says it is what is asked.
func (e *evaluation) reason(r config.LayeredRule) answer {
	want, re := r.Reason, r.Reason.Pattern.Compile()
	if want.EveryCommit {
		return e.everyCommit(re)
	}
	var a answer
	left := e.Limits.ReasonBytes
	for _, place := range want.In {
		spots, missing := e.spots(place)
		for _, s := range spots {
			if left -= int64(len(s.text)); left < 0 {
				a.because(ReasonLimit, "the words that explain the change are over the limit of %d bytes", e.Limits.ReasonBytes)
				return a
			}
			if m := re.FindString(s.text); m != "" {
				return answered(finding.Satisfied, ReasonCounted, "%s says %q", s.where, clip(m))
			}
		}
		if missing != "" {
			a.because(ReasonContextPart, "%s", missing)
		}
	}
	if len(a.reasons) > 0 {
		return a
	}
	a.outcome = finding.NotSatisfied
	a.found = []scoped{{Finding: finding.Finding{
		Message: fmt.Sprintf("%s %q", nothingMatches(want.In), clip(string(want.Pattern))),
		Remedy:  fmt.Sprintf("Give the reason in %s, and have the change reviewed again.", placeList(want.In, ", ", " or ")),
		Who:     "the author of the change",
	}}}
	return a
}

// everyCommit asks each commit's message, merges aside.
func (e *evaluation) everyCommit(re *regexp.Regexp) answer {
	if why, whole := commitsWhole(e.Change); !whole {
		return answered(finding.NotAssessed, ReasonChange, "%s", why)
	}
	var a answer
	left := e.Limits.ReasonBytes
	asked, without := 0, 0
	for _, c := range e.Change.Commits {
		if len(c.Parents) > 1 {
			continue
		}
		asked++
		if left -= int64(len(c.Message)); left < 0 {
			return answered(finding.NotAssessed, ReasonLimit, "the messages of the commits are over the limit of %d bytes", e.Limits.ReasonBytes)
		}
		if re.Match(c.Message) {
			continue
		}
		if without++; without <= shownGroups {
			a.found = append(a.found, scoped{Finding: finding.Finding{
				Place:   finding.Place{Commit: c.ID.String()},
				Message: fmt.Sprintf("the message of commit %s has nothing that matches %q", c.ID.Short(), clip(re.String())),
				Remedy:  "Name the reason or ticket in the message.",
				Who:     "the author of the commit",
			}})
		}
	}
	switch {
	case asked == 0:
		return answered(finding.NotAssessed, ReasonChange, "the change has no commit but merges, so no message says why")
	case without > 0:
		a.outcome = finding.NotSatisfied
		a.because(ReasonCounted, "%d of %s name no reason", without, plural(asked, "commit", "commits"))
	default:
		a.outcome = finding.Satisfied
		a.because(ReasonCounted, "%s a reason", plural(asked, "commit names", "commits name"))
	}
	return a
}

// spots are the texts at one place; missing says what is not known of it.
func (e *evaluation) spots(place config.ReasonPlace) (spots []spot, missing string) {
	if place == config.InCommits {
		for _, c := range e.Change.Commits {
			spots = append(spots, spot{"the message of commit " + c.ID.Short(), string(c.Message)})
		}
		if why, whole := commitsWhole(e.Change); !whole {
			missing = why
		}
		return spots, missing
	}
	var request change.Request
	if e.Context != nil && e.Context.Change != nil {
		request = *e.Context.Change
	}
	switch place {
	case config.InTitle:
		if request.Title == "" {
			return nil, "the context has no title of the change"
		}
		return []spot{{"the title", request.Title}}, ""
	case config.InText:
		if request.Reason == nil || request.Reason.Text == nil {
			return nil, "the context has no text of the change (`change.reason.text`)"
		}
		return []spot{{"the text of the change", *request.Reason.Text}}, ""
	}
	if request.Reason == nil || request.Reason.Tickets == nil {
		return nil, "the context has no tickets (`change.reason.tickets`)"
	}
	for _, t := range request.Reason.Tickets {
		spots = append(spots, spot{"ticket " + clip(t), t})
	}
	return spots, ""
}

func nothingMatches(places []config.ReasonPlace) string {
	if len(places) == 1 {
		return "nothing in " + placeList(places, "", "") + " matches"
	}
	return "neither " + placeList(places, " nor ", " nor ") + " says anything that matches"
}

func placeList(places []config.ReasonPlace, between, beforeLast string) string {
	names := map[config.ReasonPlace]string{
		config.InTickets: "the tickets", config.InTitle: "the title", config.InText: "the text of the change", config.InCommits: "any commit's message",
	}
	s := ""
	for i, p := range places {
		switch {
		case i == 0:
		case i == len(places)-1:
			s += beforeLast
		default:
			s += between
		}
		s += names[p]
	}
	return s
}
