package app

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/sirupsen/logrus"

	"custody/app/clone"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/owners"
	"custody/internal/git"
	"custody/internal/review"
	"custody/internal/store"
)

// targetMoved asks for new reviews of the open pull requests and merge groups for a branch when what judges
// them has changed there: what was let through by the old policy may not be by the new. Else
// only of those that hold something that the branch got: they change something else now. Of what
// landed, that is what this push brought, and what has no record yet: the others are judged by what
// stood before them, whatever came behind.
func (j *job) targetMoved(ctx context.Context, c *clone.Clone) error {
	moved := j.gone || j.lost != git.OID{} // then everything may have
	if !moved {
		if j.made { // nothing was open for it
			return nil
		}
		var err error
		if moved, err = j.judgeDiffers(ctx, c, j.base, j.head); err != nil {
			return err
		}
	}
	open, err := j.store.Open(ctx, j.task.Repo, "pull_request", j.ref)
	if err != nil {
		return err
	}
	landed, err := j.store.Recorded(ctx, j.task.Repo, j.ref, j.head.String())
	if err != nil {
		return err
	}
	open = append(open, landed...)
	if !moved {
		if open, err = j.holding(ctx, c, open); err != nil {
			return err
		}
	} else {
		groups, err := j.store.Open(ctx, j.task.Repo, "merge_group", j.ref)
		if err != nil {
			return err
		}
		open = append(open, groups...)
	}
	if err := j.wakeUp(ctx, open); err != nil {
		return err
	}
	if len(open) > 0 {
		j.log.WithFields(logrus.Fields{"ref": j.ref, "subjects": len(open)}).Info("the branch got what judges, or parts of what is open: that is reviewed again")
	}
	return nil
}

// wakeUp asks again for subjects: for what is open all at once, as there may be many, and for each
// record by itself.
func (j *job) wakeUp(ctx context.Context, all []store.Subject) error {
	names := map[string]map[string]bool{}
	for _, s := range all {
		if s.Stage == "record" {
			if err := j.store.Wake(ctx, store.Wake{Repo: s.Repo, Name: s.Name, Delivery: j.subject.Delivery}); err != nil {
				return err
			}
			continue
		}
		if names[s.Kind] == nil {
			names[s.Kind] = map[string]bool{}
		}
		names[s.Kind][s.Name] = true
	}
	for _, kind := range slices.Sorted(maps.Keys(names)) {
		which := func(o *store.Subject) bool { return names[kind][o.Name] }
		if err := j.store.Wake(ctx, store.Wake{Repo: j.task.Repo, Kind: kind, Stage: "merge", Ref: j.ref, Delivery: j.subject.Delivery, Which: which}); err != nil {
			return err
		}
	}
	return nil
}

// holding are those of open pull requests whose commits hold a part of what the push brought,
// or may. One that is being reviewed is among them: that may be of a commit that nobody has told
// us of yet, and have fetched before the push.
func (j *job) holding(ctx context.Context, c *clone.Clone, open []store.Subject) ([]store.Subject, error) {
	var heads []git.OID
	for _, s := range open {
		if id, err := git.ParseOID(s.DoneHead); err == nil {
			heads = append(heads, id)
		}
	}
	holds, err := c.Holding(ctx, heads, j.base, j.head)
	if ctx.Err() != nil {
		return nil, err
	}
	return slices.DeleteFunc(open, func(s store.Subject) bool {
		id, perr := git.ParseOID(s.DoneHead)
		return perr == nil && s.DoneTurn == s.Turn && err == nil && !holds[id] // the branch was rewritten: then all may
	}), nil
}

// judgeDiffers compares the files that judge at two commits.
func (j *job) judgeDiffers(ctx context.Context, c *clone.Clone, was, is git.OID) (bool, error) {
	if was.IsZero() {
		return false, nil
	}
	paths := append([]string{config.FileName, config.MatrixName, config.DefaultRequirements, control.BaselinePath}, owners.Places...)
	var trees [2]git.OID
	for i, id := range []git.OID{was, is} {
		commit, err := c.Commit(ctx, id)
		if err != nil {
			return false, err
		}
		trees[i] = commit.Tree
		var floor []byte
		var name string
		if j.Floor != nil {
			floor, name = j.Floor.Text, j.Floor.Name
		}
		judge, err := review.ReadJudge(ctx, c, commit.Tree, floor, name)
		if ctx.Err() != nil {
			return false, err
		}
		if err != nil || judge.Policy == nil {
			continue // that it can not be read is one of the differences, in its own file
		}
		for _, p := range judge.Policy.Requirements {
			if !slices.Contains(paths, string(p.Value)) {
				paths = append(paths, string(p.Value))
			}
		}
	}
	for _, p := range paths {
		var ids [2]git.OID
		for i := range trees {
			entry, err := git.Lookup(ctx, c, trees[i], p)
			if err != nil && !errors.Is(err, git.ErrNotFound) {
				return false, err
			}
			ids[i] = entry.ID
		}
		if ids[0] != ids[1] {
			return true, nil
		}
	}
	return false, nil
}
