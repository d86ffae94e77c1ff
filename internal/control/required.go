package control

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/config"
	"custody/internal/finding"
)

// title is what must hold, in one line.
func (r *Requirement) title() string { return strings.TrimSuffix(oneLine(r.Requirement), ".") }

// A requirementResult is one requirement, verified.
type requirementResult struct {
	*Requirement
	path string
	answer
}

// allRequirements is what a rule of kind requirements asks: that each requirement of
// level error is satisfied, or excepted by a waiver that this rule admits.
func (e *evaluation) allRequirements(r config.LayeredRule) answer {
	var a answer
	var outcomes []finding.Outcome
	var excepted []finding.Reason // behind those that say what is left to do
	for _, req := range e.requirements {
		if req.Severity != finding.Error {
			continue
		}
		outcome := req.outcome
		found := req.findings()
		if outcome == finding.NotSatisfied {
			outcome, found = e.exceptRequirement(r, req)
			var folded int
			if found, folded = fold(found, e.Limits.Places); folded > 0 {
				a.because(ReasonBaseline, "%s: and %s stood before", req.ID, plural(folded, "more finding", "more findings"))
			}
		}
		outcomes = append(outcomes, outcome)
		a.found = append(a.found, found...)
		switch outcome {
		case finding.NotAssessed, finding.NotSatisfied:
			a.because(ReasonRequirement, "%s (%s) is %s", req.ID, req.Name, outcome)
		case finding.Excepted:
			excepted = append(excepted, finding.Reason{Code: ReasonRequirement, Detail: fmt.Sprintf("%s (%s) is %s", req.ID, req.Name, outcome)})
		}
	}
	if missing := e.missingFiles(); missing != "" {
		outcomes = append(outcomes, finding.NotAssessed)
		a.because(ReasonNoRequirements, "no requirements stand at base in %s", missing)
	}
	if len(outcomes) == 0 {
		a.because(ReasonNoRequirements, "there is no requirement of level error")
	}
	a.reasons = append(a.reasons, excepted...)
	a.outcome = finding.Worst(outcomes...)
	if a.outcome == finding.Satisfied {
		met := 0
		for _, o := range outcomes {
			if o == finding.Satisfied {
				met++
			}
		}
		if rest := len(outcomes) - met; rest == 0 {
			a.because(ReasonCounted, "%s of level error %s satisfied", map[bool]string{true: "the one requirement", false: "all " + plural(met, "requirement", "requirements")}[met == 1], map[bool]string{true: "is", false: "are"}[met == 1])
		} else {
			a.because(ReasonCounted, "%s of level error %s satisfied, %d more %s not apply", plural(met, "requirement", "requirements"), map[bool]string{true: "is", false: "are"}[met == 1], rest, map[bool]string{true: "does", false: "do"}[rest == 1])
		}
	}
	return a
}

// missingFiles names a requirements file that the policy asks for and that is not there.
func (e *evaluation) missingFiles() string {
	for _, want := range e.Config.Requirements {
		found := false
		for _, r := range e.Input.Requirements {
			found = found || r.Path == string(want.Value)
		}
		if !found {
			return string(want.Value)
		}
	}
	return ""
}

// exceptRequirement looks for waivers of a requirement's findings.
func (e *evaluation) exceptRequirement(r config.LayeredRule, req requirementResult) (finding.Outcome, []scoped) {
	found := req.findings()
	open := len(found) == 0
	known := e.known(r, found, req.searchesOnce())
	for i := range found {
		w := string(e.waiver(r, req.ID, found[i].files))
		if w == "" && known[i] {
			w = KnownBefore
		}
		found[i].WaivedBy = w
		open = open || w == ""
	}
	if open {
		return finding.NotSatisfied, found
	}
	if req.unsure { // what was not looked at may hold more than the waivers cover
		return finding.NotAssessed, found
	}
	return finding.Excepted, found
}

// searchesOnce says that one search is all there is to the requirement. Of several parts
// nobody could tell which one a baseline means that names the requirement alone.
func (r *Requirement) searchesOnce() bool { return r.Check == nil || r.Check.Text != nil }

func (r requirementResult) findings() []scoped { return append([]scoped(nil), r.found...) }

// shownRequirement is the requirement's own check. A waiver shows there when every rule
// that asks for requirements admits it.
func (e *evaluation) shownRequirement(req requirementResult) finding.Check {
	check := finding.Check{ID: string(req.ID), Kind: finding.Requirement, Name: req.Name, Origin: req.path, Level: req.Severity, Outcome: req.outcome, Reasons: req.reasons}
	for _, m := range req.Maps {
		check.Maps = append(check.Maps, m.Control())
	}
	found := req.findings()
	if req.outcome == finding.NotSatisfied && e.Config != nil {
		outcomes := []finding.Outcome{}
		for _, r := range e.Config.Rules {
			if r.Kind == config.KindRequirements {
				var o finding.Outcome
				o, found = e.exceptRequirement(r, req)
				outcomes = append(outcomes, o)
			}
		}
		if len(outcomes) > 0 {
			check.Outcome = finding.Worst(outcomes...)
		}
		if check.Outcome != finding.Excepted {
			found = req.findings()
		}
	}
	found, folded := fold(found, e.Limits.Places)
	if folded > 0 {
		check.Reasons = append(slices.Clone(check.Reasons), finding.Reason{Code: ReasonBaseline, Detail: "and " + plural(folded, "more finding", "more findings") + " stood before"})
	}
	for _, f := range found {
		check.Found = append(check.Found, f.Finding)
	}
	return check
}
