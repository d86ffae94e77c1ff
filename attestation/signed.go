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

// A RawReader gives commits and tags as they are stored.
type RawReader interface {
	RawCommit(ctx context.Context, id git.OID) ([]byte, error)
	TagsOf(ctx context.Context, wanted func(git.OID) bool, max int) (tags []git.Tag, more bool, err error)
}

// maxTags bounds how many tags of the change's commits are looked at.
const maxTags = 1_000

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
	return a.readTags(ctx, raw)
}

// readTags shows whose key signed the tags of a commit. Who names a release need not
// have written it: it decides nothing.
func (a *assessor) readTags(ctx context.Context, raw RawReader) error {
	tags, _, err := raw.TagsOf(ctx, func(id git.OID) bool { _, mine := a.index[id]; return mine }, maxTags)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return nil // a tag that can not be read decides nothing either
	}
	for _, tag := range tags {
		payload, sig, err := signature.OfTag(tag.Raw)
		if err != nil {
			continue
		}
		owner, err := a.Signers.Keys.Verify(payload, sig, a.Signers.Day)
		if err != nil {
			continue
		}
		k := &a.r.Commits[a.index[tag.Target]]
		o := a.Signers.Owners[owner]
		k.wide = append(k.wide, Evidence{
			Source: "signature", Strength: "F", Class: Unknown, Scope: k.scope(),
			Detail: change.Printable(tag.Ref + " signed with the key of " + or(o.Agent, o.Person)),
		})
	}
	return nil
}
