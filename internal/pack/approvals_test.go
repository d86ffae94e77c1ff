package pack

import (
	"testing"

	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/review"
)

// What is not known is never called not met, nor the other way round.
func TestApprovalSentence(t *testing.T) {
	const met, not, unknown, excepted = finding.Satisfied, finding.NotSatisfied, finding.NotAssessed, finding.Excepted
	for _, c := range []struct {
		outcomes []finding.Outcome
		want     string
	}{
		{nil, "No rule in force here asks for one."},
		{[]finding.Outcome{met}, "1 rule asks for people to stand for the change: it is met."},
		{[]finding.Outcome{met, met}, "2 rules ask for people to stand for the change: all are met."},
		{[]finding.Outcome{not}, "Not met: a."},
		{[]finding.Outcome{not, not, met}, "Not met: a. 1 more is open."},
		{[]finding.Outcome{unknown, not}, "Not met: b. 1 more is open."},
		{[]finding.Outcome{unknown, unknown}, "Not assessed: a. 1 more is open."},
		{[]finding.Outcome{unknown, excepted}, "Not assessed: a."},
		{[]finding.Outcome{excepted, met}, "Excepted: a."},
		{[]finding.Outcome{excepted, excepted, excepted}, "Excepted: a. 2 more are excepted."},
	} {
		w := &view{v: &review.Verdict{}}
		for i, o := range c.outcomes {
			id := string(rune('a' + i))
			w.Checks = append(w.Checks, check{Check: finding.Check{ID: id, Name: id, Asks: string(config.KindApprovals), Outcome: o}})
		}
		if got := newApprovals(w).Sentence; got != c.want {
			t.Errorf("%v: %q, want %q", c.outcomes, got, c.want)
		}
	}
}

// Who approved is named only as far as a rule counted it.
func TestApprovedBy(t *testing.T) {
	by := func(certain int, against []string, logins ...string) finding.Check {
		a := &finding.Approvals{By: []finding.Approval{}, Certain: certain, Against: against}
		for _, l := range logins {
			a.By = append(a.By, finding.Approval{Login: l, Commit: "0123456789abcdef"})
		}
		return finding.Check{Approvals: a}
	}
	for _, c := range []struct {
		checks []finding.Check
		want   string
	}{
		{[]finding.Check{{}}, ""},
		{[]finding.Check{by(0, nil)}, "nobody whose approval counts"},
		{[]finding.Check{by(1, nil, "sam"), by(1, nil, "sam")}, "sam (commit 0123456789ab)"},
		{[]finding.Check{by(1, nil, "kim", "sam")}, "kim (commit 0123456789ab), sam (commit 0123456789ab), not certain: whoever wrote or pushed it is not known well enough"},
		{[]finding.Check{by(1, nil, "sam"), by(0, nil, "sam")}, "sam (commit 0123456789ab)"},
		{[]finding.Check{by(1, []string{"kim"}, "sam")}, "sam (commit 0123456789ab); changes are asked for by kim"},
		{[]finding.Check{{Approvals: &finding.Approvals{Unclear: []string{"kim"}}}}, "perhaps kim: a fact is missing that decides it"},
	} {
		if got := approvedBy(c.checks); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
