package attestation

import (
	"context"

	"custody/internal/git"
)

// A Source is the repository, for evidence that is not in the commits themselves.
type Source interface {
	git.Reader
}

// readEvidence reads everything that is said of a commit outside of it.
func (a *assessor) readEvidence(ctx context.Context) error {
	return nil
}
