package review

import (
	"context"
	"fmt"

	"custody/attestation"
	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/git"
)

// Attest answers only who or what wrote a change. The context is as in Input.
func Attest(ctx context.Context, repo Repository, base, head git.OID, contextDoc []byte, contextFile string) (*attestation.Report, error) {
	_, report, err := attestRange(ctx, repo, base, head, contextDoc, contextFile)
	return report, err
}

func attestRange(ctx context.Context, repo Repository, base, head git.OID, contextDoc []byte, contextFile string) (*change.Change, *attestation.Report, error) {
	var facts *change.Context
	if contextDoc != nil {
		var err error
		if facts, _, err = parseContext(contextDoc); err != nil {
			return nil, nil, fmt.Errorf("the context %s: %w", contextFile, err)
		}
	}
	c, err := change.Read(ctx, repo, base, head, change.DefaultLimits())
	if err != nil {
		return nil, nil, fmt.Errorf("reading the change: %w", err)
	}
	report, err := attest(ctx, repo, c, facts)
	return c, report, err
}

// attest adds what .ai-attestation.yaml claims on both sides of the change. A file that
// can not be read is a claim that does not hold, and no reason to stop.
func attest(ctx context.Context, repo Repository, c *change.Change, facts *change.Context) (*attestation.Report, error) {
	in := attestation.Input{Change: c, Context: facts, Differ: differ{repo}, Source: repo}
	var err error
	if in.ClaimBase, err = readClaim(ctx, repo, c.BaseTree, claim.Path); err != nil {
		return nil, err
	}
	if in.ClaimHead, err = readClaim(ctx, repo, c.HeadTree, claim.Path); err != nil {
		return nil, err
	}
	return attestation.Attest(ctx, in)
}

// readClaim reads a file in which a repository speaks of itself. It comes with the
// change, so one that is no regular file, too large or missing is read as empty, which
// is malformed, instead of stopping the review.
func readClaim(ctx context.Context, repo Repository, tree git.OID, path string) ([]byte, error) {
	text, err := readSmall(ctx, repo, tree, path)
	if err != nil && ctx.Err() == nil {
		return []byte{}, nil
	}
	return text, err
}
