package app

import (
	"context"
	"strings"

	"custody/app/clone"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/store"
)

// maxPushes is how far back pushes are followed.
const maxPushes = 200

// pushers are the accounts that pushed the commits of the change, followed back push by
// push from the head to a commit of the base, or to the branch's creation. A push that
// nobody told us of leaves a hole: then they are not known, and why says so.
func (j *job) pushers(ctx context.Context, c *clone.Clone) (all []change.Pusher, why string, err error) {
	var refs []string
	pr := j.pull()
	switch {
	case pr != nil:
		if pr.GetHead().GetRepo().GetID() == j.repo.ID {
			refs = append(refs, "refs/heads/"+pr.GetHead().GetRef())
		}
		refs = append(refs, pullRef(pr))
	case j.subject.Kind == "push":
		refs = append(refs, j.ref)
	default:
		return nil, "", nil
	}
	at := j.subject.Head
	if pr != nil {
		at = pr.GetHead().GetSHA()
	}
	all = []change.Pusher{}
	seen := map[string]bool{}
	for range maxPushes {
		pushes, err := j.pushesTo(ctx, refs, at)
		if err != nil {
			return nil, "", err
		}
		if len(pushes) == 0 {
			return nil, "of the push that brought commit " + at + " no delivery came, and GitHub does not list it", nil
		}
		before := pushes[0].Before
		for _, p := range pushes {
			if !seen[p.ID] {
				seen[p.ID] = true
				all = append(all, change.Pusher{Login: p.Login, ID: p.ID, Type: change.PersonType(p.Type), From: "github"})
			}
		}
		if before == "" {
			return all, "", nil // the branch was made by this push
		}
		known, err := j.onBase(ctx, c, before)
		if err != nil {
			return nil, "", err
		}
		if known {
			return all, "", nil
		}
		at = before
	}
	return nil, "there are more pushes than are followed", nil
}

func (j *job) pushesTo(ctx context.Context, refs []string, after string) ([]store.Push, error) {
	for _, ref := range refs {
		pushes, err := j.store.PushesTo(ctx, j.repo.ID, ref, after)
		if err != nil || len(pushes) > 0 {
			return pushes, err
		}
	}
	if !strings.HasPrefix(refs[0], "refs/heads/") {
		return nil, nil // of a fork, which is not ours to ask about
	}
	known, err := j.activityOf(ctx, refs[0])
	if err != nil {
		return nil, err
	}
	var pushes []store.Push
	for _, m := range known.moves {
		if m.After == after && m.ID != "" && m.ID != "0" { // else whoever it was is gone: the hole stays
			pushes = append(pushes, m.Push)
		}
	}
	return pushes, nil
}

// onBase says whether a commit is part of the base already: who pushed it pushed nothing
// of the change.
func (j *job) onBase(ctx context.Context, c *clone.Clone, commit string) (bool, error) {
	id, err := git.ParseOID(commit)
	if err != nil || j.base.IsZero() || strings.Trim(commit, "0") == "" {
		return false, nil
	}
	if _, err := c.Commit(ctx, id); err != nil {
		return false, nil // a push that was forced away: it is followed on
	}
	return c.IsAncestor(ctx, id, j.base)
}
