package review

import (
	"context"
	"fmt"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/git"
)

// differ is a repository as attestation wants it.
type differ struct{ Repository }

// DifferOf is a repository as attestation compares commits in it.
func DifferOf(r Repository) attestation.Differ { return differ{r} }

// Diff implements attestation.Differ.
func (d differ) Diff(ctx context.Context, from, to git.OID, wanted func(change.Path) bool) ([]change.File, error) {
	files, limits, err := change.DiffPart(ctx, d.Repository, from, to, wanted, change.DefaultLimits())
	if err == nil && len(limits) > 0 {
		err = fmt.Errorf("%w: %d %s", attestation.ErrDiffCut, limits[0].Max, limits[0].What)
	}
	return files, err
}
