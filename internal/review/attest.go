package review

import (
	"cmp"
	"context"
	"fmt"

	"custody/attestation"
	"custody/attestation/claim"
	"custody/attestation/signature"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/sign"
)

// Attest answers only who or what wrote a change. Of the input it needs the repository
// and the commits; the context, the floor and the key ring add evidence. The day decides
// which keys are in force.
func Attest(ctx context.Context, in Input) (*attestation.Report, error) {
	_, report, err := attestRange(ctx, in)
	return report, err
}

// AttestChange is Attest of a change that was read already.
func AttestChange(ctx context.Context, in Input, c *change.Change) (*attestation.Report, error) {
	_, report, err := attestChange(ctx, in, func() (*change.Change, error) { return c, nil })
	return report, err
}

func attestRange(ctx context.Context, in Input) (*change.Change, *attestation.Report, error) {
	return attestChange(ctx, in, func() (*change.Change, error) {
		return change.Read(ctx, in.Repository, in.Base, in.Head, change.DefaultLimits())
	})
}

func attestChange(ctx context.Context, in Input, read func() (*change.Change, error)) (*change.Change, *attestation.Report, error) {
	r := run{Input: in, ring: sign.NewKeyRing(in.KeyRing, in.Day)}
	// A report has no place to say that a context does not count.
	err := r.readContext(ctx)
	if err == nil && r.origin != nil && r.origin.Trust == Distrusted {
		err = cmp.Or(r.checkRing(ctx), fmt.Errorf("the context %s does not count: %s", in.ContextFile, r.origin.Why))
	}
	if err != nil {
		return nil, nil, err
	}
	if r.change, err = read(); err != nil {
		return nil, nil, fmt.Errorf("reading the change: %w", err)
	}
	policy, err := readPolicy(ctx, in.Repository, r.change.BaseTree, in.Floor, in.FloorFile)
	if err != nil {
		return nil, nil, err
	}
	report, err := r.attest(ctx, policy)
	if err == nil {
		err = r.checkRing(ctx)
	}
	return r.change, report, err
}

// attest adds what .ai-attestation.yaml claims on both sides of the change, and what
// signatures are held against. A file that can not be read is a claim that does not
// hold, and no reason to stop.
func (r *run) attest(ctx context.Context, policy *config.Effective) (*attestation.Report, error) {
	in := attestation.Input{Change: r.change, Context: r.context, Differ: differ{r.Repository}, Source: r.Repository, Verifier: r.ring, Notes: r.Notes}
	var err error
	if in.Signers, err = signersOf(policy, string(r.inForceOn())); err != nil {
		return nil, err
	}
	if in.ClaimBase, err = readClaim(ctx, r.Repository, r.change.BaseTree, claim.Path); err != nil {
		return nil, err
	}
	if in.ClaimHead, err = readClaim(ctx, r.Repository, r.change.HeadTree, claim.Path); err != nil {
		return nil, err
	}
	return attestation.Attest(ctx, in)
}

// signersOf are the keys that policy and floor name.
func signersOf(policy *config.Effective, day string) (attestation.Signers, error) {
	s := attestation.Signers{Day: day}
	if policy == nil || len(policy.Signers) == 0 {
		return s, nil
	}
	s.Keys = &signature.Keys{}
	for i, signer := range policy.Signers {
		s.Owners = append(s.Owners, attestation.Signer{Agent: signer.Agent, Person: signer.Person})
		err := error(nil)
		if signer.SSH != "" {
			err = s.Keys.AddSSH(signer.SSH, i)
		} else {
			err = s.Keys.AddOpenPGP(signer.OpenPGP, i)
		}
		if err != nil { // they were tried when the policy was read
			return s, fmt.Errorf("the key of signer %d: %w", i+1, err)
		}
	}
	return s, nil
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
