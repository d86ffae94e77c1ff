package control

import (
	"fmt"
	"slices"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// checkRuns asks that others' checks succeeded on the head, told apart by name and App.
// Only success counts: what was skipped, or is neutral, has checked nothing.
func (e *evaluation) checkRuns(r config.LayeredRule) answer {
	switch {
	case e.Context == nil:
		return answered(finding.NotAssessed, ReasonNoContext, "which checks ran is not in git, and %s", noContext)
	case e.Context.Checks == nil:
		return answered(finding.NotAssessed, ReasonContextPart, "%s", e.noPart("checks"))
	}
	var a answer
	var outcomes []finding.Outcome
	for _, want := range r.CheckRuns {
		outcome, code, says := e.checkRun(want)
		outcomes = append(outcomes, outcome)
		a.because(code, "%s by %s %s", clip(want.Name), clip(want.App), says)
		if outcome == finding.NotSatisfied {
			a.found = append(a.found, scoped{Finding: finding.Finding{
				Message: fmt.Sprintf("the check %s by %s %s", clip(want.Name), clip(want.App), says),
				Remedy:  e.makeSucceed(),
				Who:     "the authors of the change",
			}})
		}
	}
	a.outcome, a.unsure = finding.Worst(outcomes...), slices.Contains(outcomes, finding.NotAssessed)
	return a
}

// makeSucceed is what to do about a check that did not succeed: on what the forge made, such as
// what has landed, nobody can push a mend.
func (e *evaluation) makeSucceed() string {
	switch c := e.Context.Change; {
	case e.Stage == change.AtRecord:
		return "It has landed without that: see why, and mend it in a change of its own."
	case c != nil && c.Kind == "merge_group":
		return "Make it succeed on " + e.approvable() + "."
	}
	return fmt.Sprintf("Make it succeed on commit %s.", e.Change.Head.Short())
}

// checkRun is the answer of one check: its last run on the head counts.
func (e *evaluation) checkRun(want config.CheckRun) (o finding.Outcome, code, says string) {
	var runs []change.CheckRun
	unclear := ""
	for _, c := range e.Context.Checks {
		switch {
		case c.Name != want.Name && c.Name != "":
		case c.App != want.App && c.App != "":
		case c.Head != "" && !e.ranOnIt(c.Head):
		case c.Name == "" || c.App == "" || c.Head == "":
			unclear = "may have run again: of some run the context does not say name, App and head"
		default:
			runs = append(runs, c)
		}
	}
	runs = e.onHead(runs)
	last, sure := lastRun(runs)
	at := e.ranAt(last.Head)
	switch {
	case len(runs) == 0 && unclear == "":
		return finding.NotSatisfied, ReasonCounted, "did not run on the head"
	case len(runs) == 0:
		return finding.NotAssessed, ReasonContextPart, unclear
	case last.Conclusion == "":
		return finding.NotAssessed, ReasonRunning, "has not ended on " + at
	case last.Conclusion != "success":
		if !sure {
			return finding.NotAssessed, ReasonContextPart, "ended on " + at + " more than once, and not always with success"
		}
		return finding.NotSatisfied, ReasonCounted, fmt.Sprintf("ended on %s with %q, not with success", at, clip(last.Conclusion))
	case unclear != "":
		return finding.NotAssessed, ReasonContextPart, unclear
	}
	return finding.Satisfied, ReasonCounted, "succeeded on " + at
}

// onHead are the runs on the head, if there is one; else those on what was proposed: a check of
// what landed is not taken back by another run of one before that.
func (e *evaluation) onHead(runs []change.CheckRun) []change.CheckRun {
	elsewhere := func(c change.CheckRun) bool { return c.Head != e.Change.Head.String() }
	if here := slices.DeleteFunc(slices.Clone(runs), elsewhere); len(here) > 0 {
		return here
	}
	return runs
}

// lastRun is the run that counts. sure is false when the times do not tell which of
// several is the last; then it is one that speaks most against the change.
func lastRun(runs []change.CheckRun) (last change.CheckRun, sure bool) {
	worst := func(runs []change.CheckRun) (change.CheckRun, bool) {
		w := runs[0]
		for _, r := range runs[1:] {
			if w.Conclusion == "success" || w.Conclusion != "" && r.Conclusion != "success" && r.Conclusion < w.Conclusion {
				w = r
			}
		}
		same := !slices.ContainsFunc(runs, func(r change.CheckRun) bool { return r.Conclusion != w.Conclusion })
		return w, same
	}
	if len(runs) < 2 {
		if len(runs) == 0 {
			return change.CheckRun{}, false
		}
		return runs[0], true
	}
	var newest time.Time
	times := make([]time.Time, len(runs))
	for i, r := range runs {
		at, err := time.Parse(time.RFC3339, r.At)
		if err != nil {
			return worst(runs)
		}
		times[i] = at
		if i == 0 || at.After(newest) {
			newest = at
		}
	}
	var latest []change.CheckRun
	for i, r := range runs {
		if times[i].Equal(newest) {
			latest = append(latest, r)
		}
	}
	return worst(latest)
}
