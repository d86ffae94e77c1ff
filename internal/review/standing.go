package review

import (
	"context"
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
)

// VerifyRequirements answers every requirement of the judge on a commit as it stands,
// without a change: what a health score and `requirements check` are about.
func (j *Judge) VerifyRequirements(ctx context.Context, r git.Reader, commit *git.Commit) ([]finding.Check, error) {
	checks, err := control.Evaluate(ctx, control.Input{
		Change:       &change.Change{Head: commit.ID, HeadTree: commit.Tree},
		Stage:        change.AtRecord,
		Requirements: j.Requirements,
		Head:         newHead(r, commit.Tree),
	})
	return slices.DeleteFunc(checks, func(c finding.Check) bool { return c.Kind != finding.Requirement }), err
}

// FindStanding lists what the judge's requirements and built-in checks find in a commit
// as it stands, for a baseline: whatever the rules that ask for them say besides.
func (j *Judge) FindStanding(ctx context.Context, r git.Reader, commit *git.Commit) (*control.Baseline, error) {
	checks, err := control.Evaluate(ctx, control.Input{
		Change:       &change.Change{Base: commit.ID, BaseTree: commit.Tree, Head: commit.ID, HeadTree: commit.Tree, MergeBases: []git.OID{commit.ID}, From: commit.ID, FromTree: commit.Tree},
		Stage:        change.AtMerge,
		Config:       j.standing(),
		Requirements: j.Requirements,
		Counting:     true,
		Head:         newHead(r, commit.Tree),
		Base:         newHead(r, commit.Tree),
	})
	if err != nil {
		return nil, err
	}
	return control.NewBaseline(slices.DeleteFunc(checks, func(c finding.Check) bool {
		return c.Kind == finding.Rule && !j.looksAround(c.ID) || c.Kind == finding.Notice
	})), nil
}

// standing is the policy with its built-in checks alone, asked of everything.
func (j *Judge) standing() *config.Effective {
	if j.Policy == nil {
		return nil
	}
	only := *j.Policy
	only.Rules = nil
	for _, r := range j.Policy.Rules {
		if r.Kind == config.KindChecks {
			r.When, r.At = config.When{}, []change.Stage{change.AtMerge}
			only.Rules = append(only.Rules, r)
		}
	}
	return &only
}

func (j *Judge) looksAround(id string) bool {
	return slices.ContainsFunc(j.Policy.Rules, func(r config.LayeredRule) bool { return r.CheckID == id && r.Kind == config.KindChecks })
}

// Applicable says which of the judge's requirements apply to a commit's tree, and why.
func (j *Judge) Applicable(ctx context.Context, r git.Reader, commit *git.Commit) ([]control.Applicability, error) {
	return control.Applicable(ctx, j.Requirements, newHead(r, commit.Tree))
}
