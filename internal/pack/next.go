package pack

import (
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/review"
)

// An action is the one thing to do next.
type action struct {
	What string
	Who  string // empty when nobody in particular
	For  string // the check that asks for it
	At   string // the place that it is about, where it does not say it itself
}

// Text is the action with its place: the finding stands elsewhere.
func (a action) Text() string {
	if a.At == "" {
		return a.What
	}
	return strings.TrimSuffix(a.What, ".") + " (" + a.At + ")."
}

// nextAction picks what unblocks the change first: a finding that somebody can act on,
// then a check that lacks a fact, then the verdict's own reason.
func nextAction(v *review.Verdict) action {
	if v.Decision == review.Pass {
		for _, c := range v.Checks {
			if c.Level == finding.Error && c.Outcome == finding.Excepted && isPutOff(c) {
				return stillDue(v.Stage, c)
			}
		}
		if v.Stage == change.AtMerge {
			return action{What: "Nothing is left to do here: it can be merged."}
		}
		return action{What: "Nothing is left to do here."}
	}
	for _, outcome := range []finding.Outcome{finding.NotSatisfied, finding.NotAssessed} {
		for _, c := range v.Checks {
			if c.Level == finding.Error && c.Outcome == outcome {
				if a := remedy(c); a.What != "" {
					return a
				}
			}
		}
	}
	for _, f := range v.Findings {
		if f.Level == finding.Error && f.WaivedBy == "" && f.Remedy != "" {
			return placed(f, f.Remedy, f.Rule)
		}
	}
	for _, r := range v.Reasons {
		if r.Code == review.ReasonNoPolicy {
			if slices.ContainsFunc(v.Change.Files, func(f review.FileLine) bool { return f.Path == config.FileName && f.Status == change.Added }) {
				return action{What: "Read the policy that this change adds. It judges nothing until it stands on the target branch, and every change after that.", Who: "a maintainer of the repository"}
			}
			return action{What: "Write a policy: run “custody init”, read what it wrote, and commit it to the target branch.", Who: "a maintainer of the repository"}
		}
	}
	return action{What: "Read the reasons below and supply what is missing, then run the review again."}
}

// stillDue is what to do about a check that an emergency put off: what it asks for, before the
// day on which that is due.
func stillDue(stage change.Stage, c finding.Check) action {
	switch stage {
	case change.AtMerge:
		return action{What: "It can be merged now. What the emergency put off is due after that: see approvals.", For: c.ID}
	case change.AtPush:
		return action{What: "It can be pushed now. What the emergency put off is due after that: see the rules.", For: c.ID}
	}
	a := action{What: "Do what the emergency put off", For: c.ID}
	for _, f := range c.Found {
		if f.Remedy != "" {
			a.What, a.Who = strings.TrimSuffix(f.Remedy, "."), f.Who
			break
		}
	}
	for _, r := range c.Reasons {
		if r.Code == control.ReasonEmergency {
			a.What += " (" + reasonText(r) + ")"
		}
	}
	a.What += "."
	return a
}

// then counts the errors that are open besides the one that the next action is about.
func (w *view) then() string {
	for _, g := range w.Findings {
		if g.Level == finding.Error && g.Total > 1 && w.Next.For != "" {
			g.Total--
			return "After that, " + g.count("more error is", "more errors are") + " open: see the findings."
		}
	}
	return ""
}

func remedy(c finding.Check) action {
	blocks := func(f finding.Finding) bool { // a warning changes nothing about what was not assessed
		return f.WaivedBy == "" && (c.Outcome != finding.NotAssessed || f.Level == finding.Error)
	}
	for _, f := range c.Found {
		if blocks(f) && f.Remedy != "" {
			return placed(f, f.Remedy, c.ID)
		}
	}
	for _, f := range c.Found {
		if blocks(f) {
			return placed(f, "Resolve this: "+f.Message, c.ID)
		}
	}
	if c.Outcome == finding.NotAssessed && len(c.Reasons) > 0 {
		missing, others := c.Reasons[0], 0
		for _, r := range c.Reasons {
			switch {
			case r.Code == control.ReasonCounted: // that says what was found
			case missing.Code == control.ReasonCounted:
				missing = r
			case r.Code == missing.Code && r != missing:
				others++
			}
		}
		switch missing.Code {
		case control.ReasonRequirement: // the requirement itself says more
			return action{}
		case control.ReasonNoContext:
			return action{What: "This rule needs what the forge knows (reviews, checks, labels), and this review was made without it: review the change again where Custody is told, by the GitHub App, or by custody audit with a context file.", Who: runsCustody, For: c.ID}
		case control.ReasonContextPart:
			what := "Have the review made again with the fact that is missing: " + strings.TrimSuffix(reasonText(missing), ".") + "."
			if others > 0 {
				what += " " + capital(plural(others, "more fact is missing", "more facts are missing")) + ": see the rules."
			}
			return action{What: what, Who: runsCustody, For: c.ID}
		case control.ReasonRunning:
			return action{What: "Wait for it, and have the change reviewed again then, as the GitHub App does by itself: " + strings.TrimSuffix(reasonText(missing), ".") + ".", For: c.ID}
		case control.ReasonUnknownPeople:
			return action{What: "Add the addresses of these authors to their accounts on the forge, or to the people that the policy names: " + reasonText(missing), Who: "the authors, or a maintainer of the repository", For: c.ID}
		case control.ReasonNoVerification, control.ReasonUnsupported, control.ReasonNothingChosen, control.ReasonNoCheck:
			return action{What: "Mend how the requirement or rule is verified, on the target branch: " + reasonText(missing), Who: "a maintainer of the repository", For: c.ID}
		case control.ReasonLimit, control.ReasonUnread, control.ReasonChange:
			return action{What: "Look yourself at what was not read, or split the change: " + reasonText(missing), Who: "a reviewer; the authors can split it", For: c.ID}
		case control.ReasonNoRequirements:
			return action{What: "Write security requirements and commit them to the target branch (“custody init” drafts some): " + reasonText(missing), Who: "a maintainer of the repository", For: c.ID}
		case control.ReasonNotTraced:
			return action{What: "See under “What it reaches” what could not be followed. Imports that name nothing can be mended; where it is a language that is not read yet, the policy may let this rule warn instead (level: warning).", Who: "a maintainer of the repository", For: c.ID}
		}
		return action{What: "Supply what is missing: " + reasonText(missing), For: c.ID}
	}
	return action{}
}

// placed is what to do about a finding.
func placed(f finding.Finding, what, check string) action {
	a := action{What: what, Who: f.Who, For: check}
	if f.Place.Path != "" && !strings.Contains(what, f.Place.Path) {
		a.At = f.Place.String()
	}
	return a
}

// runsCustody is who can give a review what it lacks.
const runsCustody = "who runs Custody for this repository"
