package app

import (
	"testing"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/review"
)

// A record waits for what an emergency put off until that is there, be it too late.
func TestRecordWaits(t *testing.T) {
	policy, err := config.ParsePolicy(".custody.yaml", []byte("version: 1\nrules:\n  - {id: seen, kind: approvals, approvals: {humans: 1}, emergency: defer}\nemergency: {permission: write, review_within_days: 2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	judge := &review.Judge{Policy: config.Layer(nil, policy)}
	declared := &change.Urgency{At: "2026-11-20T10:00:00Z"}
	for _, c := range []struct {
		day     string
		outcome finding.Outcome
		want    config.Day
	}{
		{"2026-11-21", finding.Excepted, "2026-11-22"}, {"2026-11-24", finding.NotSatisfied, openEnd}, {"2026-11-24", finding.Satisfied, ""},
	} {
		v := &review.Verdict{Stage: change.AtRecord, Checks: []finding.Check{{ID: "seen", Outcome: c.outcome, Reasons: []finding.Reason{{Code: control.ReasonEmergency}}}}}
		v.Inputs.Day = c.day
		if got := holdsUntil(v, judge, nil, declared, nil); got != c.want {
			t.Errorf("%v on %s: %q, want %q", c.outcome, c.day, got, c.want)
		}
	}
}
