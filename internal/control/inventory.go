package control

import (
	"custody/internal/change"
	"custody/internal/finding"
)

// inventory asks that the AI inventory at head lists every agent and model that wrote
// the change, and has no finding of level error. It is a claim that comes with the
// change and is no judge: that it is asked at all stands at base.
func (e *evaluation) inventory() answer {
	in := e.Inventory
	if in == nil {
		return answered(finding.NotAssessed, ReasonInventory, "the AI inventory was not looked at")
	}
	var a answer
	a.outcome = in.Outcome
	a.reasons = append(a.reasons, in.Reasons...)
	a.unsure = len(in.Reasons) > 0 || e.Attestation != nil && e.Attestation.Outcome != finding.Satisfied
	for _, f := range in.Findings {
		f.Rule = "" // the rule's own id, so that a waiver can name it
		a.found = append(a.found, scoped{Finding: f, files: []change.Path{change.Path(f.Place.Path)}})
	}
	switch {
	case in.Outcome == finding.NotSatisfied:
		a.because(ReasonInventory, "the AI inventory has %s", plural(len(in.Findings), "finding", "findings"))
	case in.Outcome == finding.Satisfied && len(in.Agents) == 0 && e.Attestation != nil && e.Attestation.Outcome != finding.Satisfied:
		// Commits that could not be read may be of agents.
		a.outcome = finding.NotAssessed
		a.because(ReasonNotAttested, "it is not known completely who wrote the change")
	case in.Outcome == finding.Satisfied && len(in.Agents) == 0:
		a.because(ReasonCounted, "no agent left a trace in the change")
	case in.Outcome == finding.Satisfied:
		a.because(ReasonCounted, "%s took part and the inventory lists them", plural(len(in.Agents), "agent", "agents"))
	}
	return a
}
