package review

import (
	"fmt"

	"custody/internal/change"
	"custody/internal/finding"
)

// Codes of the reasons for a decision.
const (
	ReasonNoPolicy     = "no-policy"     // neither a policy at base nor a floor
	ReasonNoRules      = "no-rules"      // a policy without a single rule
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

// decide turns the change and its checks into a decision. What speaks against the
// change always wins over what is missing, and what is missing over what is fine;
// so a check that is added can only make the decision worse.
func decide(c *change.Change, hasPolicy bool, checks []finding.Check) (Decision, []finding.Reason) {
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
		reason := finding.Reason{Detail: fmt.Sprintf("%s: %s", check.ID, check.Name)}
		switch check.Outcome {
		case finding.NotSatisfied:
			reason.Code = ReasonNotSatisfied
			failed = append(failed, reason)
		case finding.Excepted:
			reason.Code = ReasonExcepted
			excepted = append(excepted, reason)
		case finding.Satisfied:
		default:
			reason.Code = ReasonNotAssessed
			missing = append(missing, reason)
		}
	}
	missing = append(whole(c), missing...)
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
		return Pass, append(excepted, finding.Reason{Code: ReasonSatisfied, Detail: "Every rule in force is satisfied."})
	}
}

// whole lists what kept the change itself from being read whole: then nothing that was
// concluded from it is certain.
func whole(c *change.Change) []finding.Reason {
	var rs []finding.Reason
	if len(c.MergeBases) == 0 {
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
		rs = append(rs, finding.Reason{Code: ReasonLimit, Detail: fmt.Sprintf("Only the first %d %s of the change were read.", l.Max, l.What)})
	}
	return rs
}
