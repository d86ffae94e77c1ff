package review

import (
	"fmt"
	"slices"

	"custody/internal/change"
	"custody/internal/finding"
)

// Codes of the reasons for a decision.
const (
	ReasonNoPolicy     = "no-policy"     // neither a policy at base nor a floor
	ReasonNoRules      = "no-rules"      // a policy without a single rule
	ReasonNoBase       = "no-base"       // what was there before is gone
	ReasonNoMergeBase  = "no-merge-base" // unrelated histories
	ReasonManyBases    = "merge-bases"   // several, and no one difference shows the whole change
	ReasonLimit        = "limit"         // the change itself was not read whole
	ReasonShallow      = "shallow"       // history is cut
	ReasonNotSatisfied = "not-satisfied"
	ReasonNotAssessed  = "not-assessed"
	ReasonExcepted     = "excepted"
	ReasonNothingAsked = "nothing-asked" // no rule asks anything of this change at this stage
	ReasonSatisfied    = "satisfied"
)

// Decide turns the change and its checks into a decision. What speaks against the
// change always wins over what is missing, and what is missing over what is fine;
// so a check that is added can only make the decision worse. x is nil without a context.
func Decide(c *change.Change, x *change.Context, hasPolicy bool, checks []finding.Check) (Decision, []finding.Reason) {
	var failed, missing, excepted []finding.Reason
	rules, asked := 0, 0
	for _, check := range checks {
		if check.Kind != finding.Rule {
			continue // a requirement counts through the rule that asks for it
		}
		rules++
		if check.Level != finding.Error || check.Outcome == finding.NotApplicable {
			continue
		}
		asked++
		// The name says what should hold, so the outcome has to stand beside it.
		because := func(code, is string) finding.Reason {
			return finding.Reason{Code: code, Detail: fmt.Sprintf("%s (%s) %s.", check.ID, check.Name, is)}
		}
		switch check.Outcome {
		case finding.NotSatisfied:
			failed = append(failed, because(ReasonNotSatisfied, "is not satisfied"))
		case finding.Excepted:
			excepted = append(excepted, because(ReasonExcepted, exceptedBy(check)))
		case finding.Satisfied:
		default:
			missing = append(missing, because(ReasonNotAssessed, "was not assessed"))
		}
	}
	missing = slices.Concat(lost(x), whole(c), missing)
	switch {
	case !hasPolicy:
		missing = append([]finding.Reason{{Code: ReasonNoPolicy, Detail: "No policy stands at base and no floor was given, so nothing could be satisfied."}}, missing...)
	case rules == 0:
		missing = append([]finding.Reason{{Code: ReasonNoRules, Detail: "The policy has no rule, so nothing could be satisfied."}}, missing...)
	}
	switch {
	case len(failed) > 0:
		return Fail, append(failed, missing...)
	case len(missing) > 0:
		return Incomplete, missing
	case asked == 0:
		return Pass, []finding.Reason{{Code: ReasonNothingAsked, Detail: "No rule in force asks anything of this change at this stage."}}
	default:
		return Pass, append(excepted, finding.Reason{Code: ReasonSatisfied, Detail: satisfied(len(excepted))})
	}
}

// exceptedBy says why a check that is not satisfied does not stand in the way.
func exceptedBy(c finding.Check) string {
	all := c.Exceptions()
	if slices.Equal(all, []finding.Exception{finding.Emergency}) {
		return "waits, because of an emergency"
	}
	return "is not satisfied, and excepted by " + finding.AnyOf(all)
}

func satisfied(excepted int) string {
	if excepted > 0 {
		return "Every other rule that can block is satisfied."
	}
	return "Every rule that can block is satisfied."
}

// whole lists what kept the change itself from being read whole: then nothing that was
// concluded from it is certain.
func whole(c *change.Change) []finding.Reason {
	var rs []finding.Reason
	if len(c.MergeBases) == 0 && !c.FromNothing() {
		rs = append(rs, finding.Reason{Code: ReasonNoMergeBase, Detail: "Base and head have no common commit, so there is no difference to judge."})
	}
	if c.Shallow {
		rs = append(rs, finding.Reason{Code: ReasonShallow, Detail: "History is cut in this repository: fetch it whole ('git fetch --unshallow')."})
	}
	for _, l := range c.Limits {
		if l.What == change.ManyBases {
			rs = append(rs, finding.Reason{Code: ReasonManyBases, Detail: "Base and head have several merge bases, and the difference from one does not show all that merging would change: merge base into head, and review that."})
			continue
		}
		rs = append(rs, finding.Reason{Code: ReasonLimit, Detail: fmt.Sprintf("The change goes beyond the limit of %d %s, so it was not read whole.", l.Max, l.What)})
	}
	return rs
}

// lost says that what was there before a push is gone, as the context tells.
func lost(x *change.Context) []finding.Reason {
	if x == nil || x.Change == nil || x.Change.Lost == "" {
		return nil
	}
	return []finding.Reason{{Code: ReasonNoBase, Detail: fmt.Sprintf("Commit %.40s, at which the branch was before the push, is gone from the repository: what the push changed, and what judged it, is not known.", change.Printable(x.Change.Lost))}}
}
