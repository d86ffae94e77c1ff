package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/git"
)

// maxApproved bounds the changes that are compared with this one.
const maxApproved = 32

// readApproved compares every change that somebody approved, granted a waiver for or declared
// an emergency, with this one. An approval holds over a rebase that changes nothing: the forge cannot tell, git
// can. And it holds no longer where the target has moved so that the same commit, merged into
// it, changes something else.
func (r *run) readApproved(ctx context.Context) error {
	if r.context == nil {
		return nil
	}
	r.approved = map[control.Seen]control.Approved{}
	for i, s := range r.seen() {
		if i >= maxApproved {
			r.approved[s] = control.Approved{How: fmt.Sprintf("it was not looked at: more than %d such commits", maxApproved)}
			continue
		}
		a, err := r.compareApproved(ctx, s)
		if err != nil {
			return fmt.Errorf("comparing the approved commit %.40q with the head: %w", s.Commit, err)
		}
		r.approved[s] = a
	}
	return nil
}

// seen are the changes to compare, each once. Those come first that most likely count, so
// that nobody's older approvals, and no stranger's, keep them from being looked at: waivers,
// what was proposed and what was declared an emergency, then what each who may write approved last.
func (r *run) seen() []control.Seen {
	rank := map[control.Seen]int{}
	add := func(s control.Seen, n int) {
		if had, ok := rank[s]; (!ok || n < had) && (s.Base != "" || s.Commit != r.change.Head.String()) {
			rank[s] = n
		}
	}
	for _, g := range r.granted {
		if g.Waiver != nil && g.Waiver.Head != "" {
			add(control.Seen{Commit: g.Waiver.Head, Base: g.Waiver.Base}, 0)
		}
	}
	if c := r.context.Change; c != nil && c.Proposed != "" {
		add(control.Seen{Commit: c.Proposed}, 0)
	}
	if c := r.context.Change; c != nil && c.Emergency != nil && c.Emergency.Commit != "" {
		add(control.Seen{Commit: c.Emergency.Commit}, 0)
	}
	last := map[change.Person]string{}
	for _, v := range r.context.Reviews {
		if v.Said() == "approved" {
			last[v.Reviewer] = max(last[v.Reviewer], v.At)
		}
	}
	for _, v := range r.context.Reviews {
		if v.Said() != "approved" {
			continue
		}
		n := 1
		if v.At != last[v.Reviewer] {
			n++
		}
		if !config.Permission(v.Permission).AtLeast("write") {
			n += 2
		}
		add(control.Seen{Commit: v.Commit, Base: v.Base}, n)
	}
	return slices.SortedFunc(maps.Keys(rank), func(a, b control.Seen) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), a.Compare(b))
	})
}

// unfetched says why it is not known what a change was that somebody approved, as the context
// tells: its commit, or the one that the target was at, could not be fetched. Empty: it could.
func (r *run) unfetched(s control.Seen) string {
	for _, of := range r.context.Sources {
		if of.Missing != "" && of.What != "" && (of.What == change.FetchOf(s.Commit) || s.Base != "" && of.What == change.FetchOf(s.Base)) {
			return "whether it makes the same change is not known: " + change.Printable(of.Missing)
		}
	}
	return ""
}

func (r *run) compareApproved(ctx context.Context, s control.Seen) (control.Approved, error) {
	if why := r.unfetched(s); why != "" {
		return control.Approved{Unknown: true, How: why}, nil
	}
	absent := control.Approved{How: "it is not in this repository, so whether it makes the same change is not known"}
	id, err := git.ParseOID(s.Commit)
	if err != nil || len(id.Bytes()) != len(r.Head.Bytes()) {
		return absent, nil
	}
	base := r.change.Base
	if s.Base != "" {
		gone := control.Approved{How: "that commit is not in this repository, so whether it was the same change is not known"}
		if base, err = git.ParseOID(s.Base); err != nil || len(base.Bytes()) != len(r.Head.Bytes()) {
			return gone, nil
		}
		bases, err := r.Repository.MergeBases(ctx, base, id)
		switch {
		case ctx.Err() != nil:
			return gone, ctx.Err()
		case err != nil:
			return gone, nil
		case id == r.change.Head && slices.Equal(bases, r.change.MergeBases):
			return control.Approved{Same: true}, nil // whatever the target got since, it is not of this history
		}
	}
	c, err := change.Read(ctx, r.Repository, base, id, change.DefaultLimits())
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
