package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"custody/app/clone"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/store"
)

// maxPushes is how many commits that a branch was at are followed back.
const maxPushes = 200

// outOfOrder is by how much deliveries of pushes overtake each other. What came to another branch
// later than that brought nothing: the commit was here already.
const outOfOrder = 10 * time.Minute

// actsForOthers are the Apps that push whatever somebody who may write to a repository has them
// push: that one of them pushed does not tell who did. Others push what they made.
var actsForOthers = []string{"github-actions[bot]"}

// pushers are the accounts that pushed the commits of the change: those that moved its branch,
// followed back push by push from the head to a commit of the base, or to the branch's creation,
// by every way that led there, since who puts a branch back need not be who pushed what is on it;
// and those that brought a commit of it to this branch or any other before, since whoever makes a
// branch of what is there already need not be who put it there. A push that nobody told us of
// leaves a hole: then they are not known, and why says so.
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
	pushes, why, err := j.pushesBack(ctx, c, refs, at)
	if err != nil || why != "" {
		return nil, why, err
	}
	elsewhere, why, err := j.pushesElsewhere(ctx, c, refs, at, pushes)
	if err != nil || why != "" {
		return nil, why, err
	}
	all = []change.Pusher{}
	seen, forOthers := map[string]bool{}, 0
	for _, p := range slices.Concat(pushes, elsewhere) {
		if seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		all = append(all, change.Pusher{Login: p.Login, ID: p.ID, Type: change.PersonType(p.Type), From: "github"})
		if p.Type == "Bot" && slices.Contains(actsForOthers, strings.ToLower(p.Login)) {
			forOthers++
		}
	}
	if len(all) > 0 && forOthers == len(all) {
		return nil, "all of it was pushed by " + all[0].Login + ", which pushes for whoever starts a workflow", nil
	}
	return all, "", nil
}

// pushesBack follows the pushes of a branch back from a commit. Several may have led to one: the
// branch was forced away and back, or deleted and restored.
func (j *job) pushesBack(ctx context.Context, c *clone.Clone, refs []string, from string) (all []store.Push, why string, err error) {
	seen := map[string]bool{from: true}
	todo := []string{from}
	for followed := 0; len(todo) > 0; followed++ {
		if followed == maxPushes {
			return nil, "there are more pushes than are followed", nil
		}
		at := todo[0]
		todo = todo[1:]
		pushes, err := j.pushesTo(ctx, refs, at)
		if err != nil {
			return nil, "", err
		}
		if len(pushes) == 0 {
			return nil, "of the push that brought commit " + at + " no delivery came, and GitHub does not list it", nil
		}
		all = append(all, pushes...)
		for _, p := range pushes {
			if p.Before == "" || seen[p.Before] { // the branch was made by it
				continue
			}
			seen[p.Before] = true
			known, err := j.onBase(ctx, c, p.Before)
			if err != nil {
				return nil, "", err
			}
			if !known {
				todo = append(todo, p.Before)
			}
		}
	}
	return all, "", nil
}

// pushesElsewhere are those that brought a commit of the change, or one that was forced off its
// branch, by another way than the pushes given: to one of these refs, which are its own, whenever
// that was, or to another one before it came to its own. What came to another one behind that
// brought nothing: somebody built on it, tried it out or landed it.
func (j *job) pushesElsewhere(ctx context.Context, c *clone.Clone, refs []string, head string, own []store.Push) (all []store.Push, why string, err error) {
	id, err := git.ParseOID(head)
	if err != nil {
		return nil, "", fmt.Errorf("the head that was pushed: %w", err)
	}
	commits, more, err := c.Commits(ctx, j.base, id, maxCommits)
	switch {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, "the commits that were pushed can not be read", nil
	case more:
		return nil, fmt.Sprintf("of more than %d commits is not looked for who pushed them", maxCommits), nil
	}
	parents := map[string][]git.OID{}
	for _, k := range commits {
		parents[k.ID.String()] = k.Parents
	}
	if _, ok := parents[head]; !ok && j.subject.Kind == "push" {
		parents[head] = []git.OID{j.head} // a tag was pushed
	}
	came := map[string]int64{} // when each commit came to the branch
	for _, p := range slices.SortedStableFunc(slices.Values(own), func(a, b store.Push) int { return cmp.Compare(a.At, b.At) }) {
		if at, ok := came[p.After]; ok {
			came[p.After] = min(at, p.At) // the branch was moved there twice, or on from there
			continue
		}
		came[p.After] = p.At
		for next := slices.Clone(parents[p.After]); len(next) > 0; {
			at := next[len(next)-1].String()
			next = next[:len(next)-1]
			of, ours := parents[at]
			if _, there := came[at]; ours && !there {
				came[at] = p.At
				next = append(next, of...)
			}
		}
	}
	pushes, err := j.store.PushesOf(ctx, j.repo.ID, slices.Sorted(maps.Keys(came)))
	if err != nil {
		return nil, "", err
	}
	return slices.DeleteFunc(pushes, func(p store.Push) bool {
		switch behind := p.At - came[p.After]; {
		case slices.Contains(refs, p.Ref):
			return false
		case p.Ref == j.ref: // it landed by it, or else was taken off the base again
			return behind > -outOfOrder.Milliseconds()
		default:
			return behind > outOfOrder.Milliseconds()
		}
	}), "", nil
}

func (j *job) pushesTo(ctx context.Context, refs []string, after string) (all []store.Push, err error) {
	for _, ref := range refs {
		pushes, err := j.store.PushesTo(ctx, j.repo.ID, ref, after)
		if err != nil {
			return nil, err
		}
		all = append(all, pushes...)
	}
	if len(all) > 0 {
		return all, nil
	}
	if !strings.HasPrefix(refs[0], "refs/heads/") {
		return nil, nil // of a fork, which is not ours to ask about
	}
	known, err := j.activityOf(ctx, refs[0])
	if err != nil {
		return nil, err
	}
	for _, m := range known.moves {
		if m.After == after && m.ID != "" && m.ID != "0" { // else whoever it was is gone: the hole stays
			all = append(all, m.Push)
		}
	}
	return all, nil
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
