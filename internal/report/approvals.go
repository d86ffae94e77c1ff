package report

import (
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
)

// Approval is what a pack says of whether somebody stands for its change besides those who
// wrote it. It is what the rules that ask for it counted: nothing is counted anew, since only
// the review knew everything by which an approval counts.
type Approval string

// Approvals of a change.
const (
	ApprovalCounted  Approval = "counted"     // that of somebody counts, for certain
	ApprovalUnsure   Approval = "not-certain" // somebody approved, and a fact is missing that decides whether it counts
	ApprovalObjected Approval = "objected"    // somebody asks for changes
	ApprovalNone     Approval = "none"        // a rule asks for some, and none counts
	ApprovalNotAsked Approval = "not-asked"   // no rule asks for any
	ApprovalNotSaid  Approval = "not-said"    // a rule asks for some, and the pack does not say what counted
)

// Words are what people read for it.
func (a Approval) Words() string {
	return map[Approval]string{
		ApprovalCounted: "counted", ApprovalUnsure: "not certain", ApprovalObjected: "somebody asks for changes",
		ApprovalNone: "nobody", ApprovalNotAsked: "no rule asks", ApprovalNotSaid: "not said by this pack",
	}[a]
}

// Approved is what the pack says of approvals, and the logins of those whose approval some
// rule counted.
func (p *VerifiedPack) Approved() (Approval, []string) {
	by, unclear, asked, unsaid, certain, objected := []string{}, []string{}, false, false, false, false
	for _, c := range p.Says.Checks {
		if c.Kind != finding.Rule {
			continue
		}
		n := c.Approvals
		if n == nil {
			unsaid = unsaid || p.shouldSay(c)
			continue
		}
		asked, certain, objected = true, certain || n.Certain > 0, objected || len(n.Against) > 0
		for _, a := range n.By {
			by = append(by, a.Login)
		}
		unclear = append(unclear, n.Unclear...)
	}
	if len(by) == 0 {
		by = unclear
	}
	slices.Sort(by)
	by = slices.Compact(by)
	switch {
	case objected:
		return ApprovalObjected, by
	case certain:
		return ApprovalCounted, by
	case len(by) > 0:
		return ApprovalUnsure, by
	case unsaid:
		return ApprovalNotSaid, by
	case asked:
		return ApprovalNone, by
	}
	return ApprovalNotAsked, by
}

// shouldSay says whether a rule asks for approvals of this change, or did before it landed.
func (p *VerifiedPack) shouldSay(c finding.Check) bool {
	switch config.Kind(c.Asks) {
	case config.KindApprovals, config.KindJudge:
	default:
		return false
	}
	before := p.Says.Stage == change.AtRecord.String() && slices.ContainsFunc(c.Reasons, func(r finding.Reason) bool { return r.Code == control.ReasonStage })
	return c.Outcome != finding.NotApplicable || before
}
