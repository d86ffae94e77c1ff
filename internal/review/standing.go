package review

import (
	"context"
	"slices"

	"custody/internal/change"
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

// Applicable says which of the judge's requirements apply to a commit's tree, and why.
func (j *Judge) Applicable(ctx context.Context, r git.Reader, commit *git.Commit) ([]control.Applicability, error) {
	return control.Applicable(ctx, j.Requirements, newHead(r, commit.Tree))
}
