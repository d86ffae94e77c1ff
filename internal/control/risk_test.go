package control

import (
	"testing"

	"custody/impact"
	"custody/internal/finding"
)

// A condition that asks for the risk or the reach of a change has an answer only where
// that is known.
func TestRiskCondition(t *testing.T) {
	low, high := &impact.Risk{Score: 100}, &impact.Risk{Score: 700}
	for name, c := range map[string]struct {
		report *impact.Report
		cel    string
		want   finding.Outcome
	}{
		"low":             {&impact.Report{Risk: low, Outcome: finding.Satisfied}, "change.risk < 550", finding.Satisfied},
		"high":            {&impact.Report{Risk: high, Outcome: finding.Satisfied}, "change.risk < 550", finding.NotSatisfied},
		"not looked at":   {&impact.Report{Outcome: finding.Satisfied}, "change.risk < 550", finding.NotAssessed},
		"not traced":      {nil, "change.risk < 550 || change.reach < 1", finding.NotAssessed},
		"reach":           {&impact.Report{Outcome: finding.Satisfied}, "change.reach < 1", finding.Satisfied},
		"reach, prose":    {&impact.Report{Changed: []impact.Changed{{Path: "a.md"}}, Reasons: []finding.Reason{{Code: impact.ReasonNothing}}}, "change.reach < 1", finding.Satisfied},
		"reach, not sure": {&impact.Report{Outcome: finding.NotAssessed}, "change.reach < 1", finding.NotAssessed},
	} {
		in := Input{Change: wholeChange("src/a.py"), Impact: c.report, Requirements: []*Requirements{typed(t, "{diff: {cel: '"+c.cel+"'}}")}, Head: newHead("src/a.py: a\n")}
		if got := evaluate(t, in)["SEC-1"]; got.Outcome != c.want {
			t.Errorf("%s: %swant %s", name, text(got), c.want)
		}
	}
}
