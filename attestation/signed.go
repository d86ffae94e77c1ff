package attestation

import (
	"context"
	"errors"

	"custody/attestation/signature"
	"custody/internal/change"
	"custody/internal/git"
)

// Signers are the keys whose signatures of commits are known, and whose they are.
type Signers struct {
	Keys   *signature.Keys
	Owners []Signer
	Day    string // UTC, on which keys must not have expired
}

// A Signer is an agent, by its id, or a person, by the address.
type Signer struct{ Agent, Person string }

// A RawReader gives a commit as it is stored.
type RawReader interface {
	RawCommit(ctx context.Context, id git.OID) ([]byte, error)
}

// readSignatures looks whose key signed each commit. Only an agent has its key, so what
// it signed is its work. That a person signed says nothing of who wrote it.
func (a *assessor) readSignatures(ctx context.Context) error {
	raw, ok := a.Source.(RawReader)
	if !a.Signers.Keys.Any() || !ok {
		return nil
	}
	for i := range a.r.Commits {
		k, c := &a.r.Commits[i], &a.Change.Commits[i]
		if !c.Signed {
			continue
		}
		data, err := raw.RawCommit(ctx, k.SHA)
		if err != nil {
			return err
		}
		payload, sig, err := signature.OfCommit(data, len(k.SHA.Bytes()) == 32)
		if err != nil {
			continue
		}
		owner, err := a.Signers.Keys.Verify(payload, sig, a.Signers.Day)
		e := Evidence{Source: "signature", Strength: "F", Class: Unknown, Scope: k.scope()}
		switch {
		case errors.Is(err, signature.ErrStranger):
			e.Detail = "signed with a key that is not configured"
		case err != nil:
			e.Detail = change.Printable("the signature does not count: " + err.Error())
		case a.Signers.Owners[owner].Agent != "":
			e.Strength, e.Class, e.Agent = "B", AIVerified, a.Signers.Owners[owner].Agent
			e.Detail = "signed with the key of " + e.Agent
		default:
			e.Detail = change.Printable("signed with the key of " + a.Signers.Owners[owner].Person)
		}
		k.wide = append(k.wide, e)
	}
	return nil
}
