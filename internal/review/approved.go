package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/git"
)

// maxApproved bounds the commits other than the head that are compared with it.
const maxApproved = 32

// readApproved compares every commit that somebody approved, or granted a waiver for, with
// the head. An approval holds over a rebase that changes nothing: the forge cannot tell, git can.
func (r *run) readApproved(ctx context.Context) error {
	if r.context == nil {
		return nil
	}
	commits := map[string]bool{}
	for _, g := range r.granted {
		if g.Waiver != nil && g.Waiver.Head != "" && g.Waiver.Head != r.change.Head.String() {
			commits[g.Waiver.Head] = true
		}
	}
	for _, review := range r.context.Reviews {
		if review.State == "approved" && review.Commit != r.change.Head.String() {
			commits[review.Commit] = true
		}
	}
	r.approved = map[string]control.Approved{}
	for i, name := range slices.Sorted(maps.Keys(commits)) {
		if i == maxApproved {
			r.approved[name] = control.Approved{How: fmt.Sprintf("it was not looked at: more than %d such commits", maxApproved)}
			continue
		}
		a, err := r.compareApproved(ctx, name)
		if err != nil {
			return fmt.Errorf("comparing the approved commit %.40q with the head: %w", name, err)
		}
		r.approved[name] = a
	}
	return nil
}

func (r *run) compareApproved(ctx context.Context, name string) (control.Approved, error) {
	absent := control.Approved{How: "it is not in this repository, so whether it makes the same change is not known"}
	id, err := git.ParseOID(name)
	if err != nil || len(id.Bytes()) != len(r.Head.Bytes()) {
		return absent, nil
	}
	c, err := change.Read(ctx, r.Repository, r.change.Base, id, change.DefaultLimits())
	switch {
	case ctx.Err() != nil:
		return absent, ctx.Err()
	case err != nil:
		// Missing or damaged, or no commit at all: the head itself was read without trouble.
		return absent, nil
	}
	same, how, err := change.Same(ctx, r.Repository, c, r.change)
	if errors.Is(err, git.ErrMissing) {
		return absent, nil
	}
	return control.Approved{Same: same, How: how, Commits: c.Commits}, err
}
