package pack

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/review"
)

// headline is the decision as a sentence of its stage, and of its door: where that only
// reports, nothing is kept from landing.
func headline(v *review.Verdict) string {
	d := v.Decision
	words := [...]string{review.Incomplete: "Undecided: ", review.Fail: "", review.Pass: ""}[d]
	only := v.Door.Mode == config.Report
	switch {
	case v.Stage == change.AtPush && only && d != review.Pass:
		return words + [...]string{
			review.Incomplete: "more has to be known of this push. It is accepted all the same: Custody only reports here.",
			review.Fail:       "This push does not meet its rules. It is accepted all the same: Custody only reports here.",
		}[d]
	case v.Stage == change.AtPush:
		return words + [...]string{
			review.Incomplete: "this push can not be accepted before more is known.",
			review.Fail:       "This push is not acceptable.",
			review.Pass:       "This push is acceptable.",
		}[d]
	case v.Stage == change.AtRecord && d == review.Pass && slices.ContainsFunc(v.Checks, func(c finding.Check) bool { return c.Level == finding.Error && isPutOff(c) }):
		return "This change landed in an emergency, and what that put off is still due."
	case v.Stage == change.AtRecord:
		return words + [...]string{
			review.Incomplete: "it is not known whether this change met its rules.",
			review.Fail:       "This change landed without meeting all of its rules.",
			review.Pass:       "This change met its rules.",
		}[d]
	case only && d != review.Pass:
		return words + [...]string{
			review.Incomplete: "more has to be known of this change. It may land all the same: Custody only reports here.",
			review.Fail:       "This change does not meet its rules. It may land all the same: Custody only reports here.",
		}[d]
	}
	return words + [...]string{
		review.Incomplete: "this change may not land before more is known.",
		review.Fail:       "This change may not land.",
		review.Pass:       "This change may land.",
	}[d]
}

// explain says why, in one sentence, from the verdict's own reasons or else from its
// checks.
func (w *view) explain() {
	for _, r := range w.v.Reasons {
		if text := strings.TrimSpace(w.decided(r)); text != "" {
			w.More = append(w.More, text)
		}
	}
	if len(w.More) > 0 {
		w.Why, w.More = w.More[0], w.More[1:]
		return
	}
	tally := map[finding.Outcome]int{}
	for _, c := range w.v.Checks {
		if c.Level == finding.Error {
			tally[c.Outcome]++
		}
	}
	inForce := tally[finding.Satisfied] + tally[finding.NotSatisfied] + tally[finding.NotAssessed] + tally[finding.Excepted]
	all := plural(inForce, "rule or requirement", "rules and requirements") + " in force here"
	switch w.v.Decision {
	case review.Pass:
		w.Why = fmt.Sprintf("Of %s, %d are met and %d are excepted.", all, tally[finding.Satisfied], tally[finding.Excepted])
		if tally[finding.Excepted] == 0 {
			w.Why = "Met: " + all + "."
		}
	case review.Fail:
		w.Why = fmt.Sprintf("Of %s, %d %s not met.", all, tally[finding.NotSatisfied], isAre(tally[finding.NotSatisfied]))
	default:
		w.Why = fmt.Sprintf("Of %s, %d could not be assessed.", all, tally[finding.NotAssessed])
		if inForce == 0 {
			w.Why = "No rule and no requirement is in force here, so nothing was judged."
		}
	}
}

// decided is a reason for the decision. The name of a check says what should be: that it
// is not, or not known to be, has to stand before it.
func (w *view) decided(r finding.Reason) string {
	words := map[string]string{
		review.ReasonNotSatisfied: "Not met: ", review.ReasonNotAssessed: "Not assessed: ", review.ReasonExcepted: "Excepted: ",
	}
	for _, c := range w.v.Checks {
		word := words[r.Code]
		if r.Code == review.ReasonExcepted {
			word = exceptedWord(c)
		}
		if word != "" && strings.HasPrefix(r.Detail, fmt.Sprintf("%s (%s) ", c.ID, c.Name)) {
			return word + c.Name + " (" + c.ID + ")"
		}
	}
	return reasonText(r)
}

// exceptedWord stands before the name of a check that is excepted.
func exceptedWord(c finding.Check) string {
	switch all := c.Exceptions(); {
	case len(all) == 0:
		return "Excepted: "
	case slices.Contains(all, finding.Emergency):
		return "Put off by an emergency: "
	}
	return "Excepted by " + finding.AnyOf(c.Exceptions()) + ": "
}

// isPutOff is whether what a check asks for is due later, because of an emergency.
func isPutOff(c finding.Check) bool { return slices.Contains(c.Exceptions(), finding.Emergency) }

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func reasonText(r finding.Reason) string {
	text := r.Detail
	if text == "" {
		text = r.Code
	}
	if r.Path != "" && !strings.Contains(text, r.Path) {
		text += " (" + r.Path + ")"
	}
	return text
}
