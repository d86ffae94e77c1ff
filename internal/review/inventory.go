package review

import (
	"context"

	"custody/attestation"
	"custody/attestation/inventory"
	"custody/internal/change"
	"custody/internal/git"
)

// CheckInventory holds the AI inventory of a change's head against the agents that
// wrote the change. It is read at head, as it is no judge but a claim: a change that
// brings an agent brings the entry for it, and reviewers see both. What the change takes
// out of the file at base is a finding.
func CheckInventory(ctx context.Context, repo Repository, base, head git.OID, contextDoc []byte, contextFile string, o inventory.Options) (*inventory.Report, error) {
	c, report, err := attestRange(ctx, Input{Repository: repo, Base: base, Head: head, Context: contextDoc, ContextFile: contextFile})
	if err != nil {
		return nil, err
	}
	return checkInventory(ctx, repo, c, report, o)
}

func checkInventory(ctx context.Context, repo Repository, c *change.Change, report *attestation.Report, o inventory.Options) (*inventory.Report, error) {
	in := inventory.Input{Agents: inventory.OfChange(report), Options: o}
	var err error
	if in.Text, err = readClaim(ctx, repo, c.HeadTree, inventory.Path); err != nil {
		return nil, err
	}
	if in.Base, err = readClaim(ctx, repo, c.BaseTree, inventory.Path); err != nil {
		return nil, err
	}
	// Commits that were not read may be of agents that are not known.
	for _, r := range whole(c) {
		in.Cut = r.Code
	}
	for _, r := range report.Reasons {
		if r.Code == "limit-message" {
			in.Cut = r.Code
		}
	}
	return inventory.Check(in)
}
