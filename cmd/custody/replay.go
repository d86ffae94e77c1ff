package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack"
	"custody/internal/pack/verify"
	"custody/internal/review"
	"custody/internal/sign"
)

// A replayed pack is what one says of the inputs of its review.
type replayed struct {
	Door   review.Door `json:"door"`
	Inputs struct {
		Base    git.OID                  `json:"base"`
		Head    git.OID                  `json:"head"`
		Stage   change.Stage             `json:"stage"`
		Ref     string                   `json:"ref"`
		Judge   git.OID                  `json:"judge"`
		Notes   map[string]git.OID       `json:"notes"`
		Pushers []change.Pusher          `json:"pushers"`
		Claims  []change.Claim           `json:"claims"`
		Context *review.ContextOrigin    `json:"context"`
		Privacy *review.Privacy          `json:"privacy"`
		Day     string                   `json:"day"`
		Files   map[string]review.Digest `json:"files"`
	} `json:"inputs"`
}

// replay takes the inputs from a pack. Nothing of its answer is taken, and its floor is
// not in it: that has to be given again.
func (o *auditOptions) replay(ctx context.Context, p *process, repo git.Reader, in *review.Input) (*replayed, error) {
	file, err := readFile(o.like, verify.MaxPack)
	if err != nil {
		return nil, err
	}
	trusted, err := sign.ParseTrustedKeys(in.KeyRing)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.KeyRingFile, err)
	}
	checked := verify.Verify(file, trusted)
	if checked.Intact != finding.Satisfied {
		return nil, hint(errors.New("it is not intact: "+checked.Steps[len(checked.Steps)-1].Detail), "'custody verify "+o.like+"' says more")
	}
	if !checked.Good() {
		// Its context may be anybody's, and -o signs what follows from it.
		fmt.Fprintf(p.err, "%s is not signed by a key that you trust: what its context says counts as if you had given it\n", o.like)
	}
	members, err := verify.Decode(file)
	if err != nil {
		return nil, err
	}
	var was replayed
	if err := json.Unmarshal(members[verify.PackJSON], &was); err != nil {
		return nil, fmt.Errorf("reading its pack.json: %w", err)
	}
	if err := o.sameFloor(was.Inputs.Files["floor"]); err != nil {
		return nil, err
	}
	if err := was.context(in, members[verify.Context]); err != nil {
		return nil, err
	}
	if err := sameKeyRing(in, was.Inputs.Files["key_ring"]); err != nil {
		return nil, err
	}
	ref, err := change.Unescape(cmp.Or(was.Inputs.Ref, was.Door.Ref))
	if err != nil {
		return nil, fmt.Errorf("the ref in its pack.json: %w", err)
	}
	in.Ref, in.Pushers, in.Claims, in.Judge = string(ref), was.Inputs.Pushers, was.Inputs.Claims, was.Inputs.Judge
	in.Door.Name, in.Door.Delivery, in.Door.URL = was.Door.Name, was.Door.Delivery, was.Door.URL
	if in.Notes = was.Inputs.Notes; in.Notes == nil {
		in.Notes = map[string]git.OID{} // it read none
	}
	in.Base, in.Head, in.Stage, in.Day = was.Inputs.Base, was.Inputs.Head, was.Inputs.Stage, was.Inputs.Day
	for name, id := range map[string]git.OID{"base": in.Base, "head": in.Head} {
		if name == "base" && id.IsZero() {
			continue // there was nothing to compare with
		}
		if _, err := repo.Commit(ctx, id); err != nil {
			return nil, hint(fmt.Errorf("its %s %s is not in this repository: %w", name, id.Short(), err), "fetch it, or name the repository with -C")
		}
	}
	return &was, nil
}

// contextLike is the context as it was given when a pack was made.
func contextLike(member []byte, origin *review.ContextOrigin) ([]byte, error) {
	switch {
	case origin != nil && origin.Trust == review.Distrusted:
		return nil, errors.New("it was made with a context that did not count, and such a context is not in the pack: nobody can give it again")
	case string(member) == "null":
		return nil, nil
	case origin == nil || origin.Trust != review.Signed:
		return member, nil
	}
	signature, err := base64.StdEncoding.DecodeString(origin.Signature)
	if err != nil {
		return nil, fmt.Errorf("the signature of its context: %w", err)
	}
	return (&sign.Record{Type: sign.ContextRecord, Payload: member, KeyID: origin.KeyID, Signature: signature}).Marshal()
}

// sameKeyRing compares the trusted keys with those that a pack was made with, if
// anything was held against them.
func sameKeyRing(in *review.Input, was review.Digest) error {
	if was == "" || in.KeyRing != nil && review.Digest(pack.Digest(in.KeyRing)) == was {
		return nil
	}
	return hint(fmt.Errorf("it was made with other trusted keys: %s", was), "give the same file with --trusted-keys")
}

// sameFloor compares the floor with the one that a pack was made with, by its digest:
// with another, what comes out would be no replay.
func (o *auditOptions) sameFloor(was review.Digest) error {
	switch {
	case was == "" && o.floor == "":
		return nil
	case was == "":
		return hint(errors.New("it was made without a floor"), "leave --floor out")
	case o.floor == "":
		return hint(errors.New("it was made with a floor"), "give the same floor with --floor")
	}
	text, err := os.ReadFile(o.floor)
	if err != nil {
		return fmt.Errorf("reading the floor: %w", err)
	}
	if is := review.Digest(pack.Digest(text)); is != was {
		return hint(fmt.Errorf("it was made with another floor: %s, and %s has %s", was, o.floor, is), "give the same floor with --floor")
	}
	return nil
}

// context gives the review the context of the pack. One that names people otherwise than
// they are called can not be judged again: it has to be given as it was.
func (was *replayed) context(in *review.Input, member []byte) (err error) {
	origin, p := was.Inputs.Context, was.Inputs.Privacy
	if p == nil {
		if in.Context != nil {
			return hint(errors.New("its context is in it"), "leave --context out")
		}
		in.Context, err = contextLike(member, origin)
		return err
	}
	if p.Names != config.NamesFull && len(was.Inputs.Pushers) > 0 || p.Texts == config.TextsWithheld && len(was.Inputs.Claims) > 0 {
		return errors.New("who pushed it, or what they said, was seen by the server alone, and the pack does not name them: it can not be judged again from here")
	}
	switch {
	case origin == nil && in.Context != nil:
		return hint(errors.New("it was made without a context"), "leave --context out")
	case origin != nil && in.Context == nil:
		return hint(errors.New("the context in it does not name people as they are called, and was judged as it was before"), "give that context with --context FILE")
	}
	return nil
}

// sameNames refuses a verdict that is no replay because a context or a salt is another.
func (was *replayed) sameNames(pack string, v *review.Verdict) error {
	if was == nil || was.Inputs.Privacy == nil {
		return nil
	}
	no := func(what, do string) error {
		return hint(fmt.Errorf("replaying %s: it was made with another %s", pack, what), do)
	}
	if is := v.Inputs.Privacy; is != nil && is.Salt != was.Inputs.Privacy.Salt {
		return no("salt, so everybody has another name in it", "give the salt of that time with --salt; names of before can not be told without it")
	}
	if was.Inputs.Files["context"] != v.Inputs.Files["context"] {
		return no("context", "give the context of that time with --context")
	}
	return nil
}
