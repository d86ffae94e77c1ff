package app

import (
	"context"
	"errors"
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

// judgeMoved asks for new reviews of the open pull requests and merge groups for a branch when what judges
// them has changed there: what was let through by the old policy may not be by the new.
func (j *job) judgeMoved(ctx context.Context, c *clone.Clone) error {
	moved, err := j.judgeDiffers(ctx, c, j.base, j.head)
	if err != nil || !moved {
		return err
	}
	var open []store.Subject
	for _, kind := range []string{"pull_request", "merge_group"} {
		of, err := j.store.Open(ctx, j.task.Repo, kind, j.ref)
		if err != nil {
			return err
		}
		open = append(open, of...)
	}
	for _, s := range open {
		r := s.Request
		r.Delivery = j.subject.Delivery
		if err := j.store.Ask(ctx, r); err != nil {
			return err
		}
	}
	if len(open) > 0 {
		j.log.WithFields(logrus.Fields{"ref": j.ref, "subjects": len(open)}).Info("what judges has changed: what is open is reviewed again")
	}
	return nil
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
