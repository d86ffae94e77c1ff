package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"custody/internal/git"
)

// A commitRange is base..head as the user asked for it, resolved.
type commitRange struct {
	base, head git.OID
	why        string // how base was chosen when the user named none
}

// rangeFlags are --base and --head as given; both may be empty.
type rangeFlags struct{ base, head string }

// resolve turns the flags into commits. Without --head it is HEAD; without --base it
// is the tip of the branch that head would be merged into, or head's first parent
// when head is already there.
func (f rangeFlags) resolve(ctx context.Context, r git.Reader) (commitRange, error) {
	var c commitRange
	var err error
	headName := f.head
	if headName == "" {
		headName = "HEAD"
	}
	if c.head, err = resolveFlag(ctx, r, "--head", headName); err != nil {
		return c, err
	}
	if f.base != "" {
		c.base, err = resolveFlag(ctx, r, "--base", f.base)
		return c, err
	}
	c.base, c.why, err = defaultBase(ctx, r, c.head)
	return c, err
}

// empty is the error of a range that holds no commit.
func (c commitRange) empty(what string) error {
	return hint(fmt.Errorf("%s..%s: there is no commit between base and head: nothing to %s", c.base.Short(), c.head.Short(), what),
		"is base ahead of head? 'git log --oneline BASE..HEAD' lists the commits of a change")
}

// targets are the names of the branch that changes usually land on, best first.
var targets = []string{"refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"}

func defaultBase(ctx context.Context, r git.Reader, head git.OID) (git.OID, string, error) {
	for _, name := range targets {
		id, err := r.Resolve(ctx, name)
		if errors.Is(err, git.ErrNotFound) {
			continue
		}
		if err != nil {
			return git.OID{}, "", err
		}
		if id == head {
			break
		}
		short := strings.TrimPrefix(strings.TrimPrefix(name, "refs/heads/"), "refs/remotes/")
		return id, "the tip of " + short, nil
	}
	commit, err := r.Commit(ctx, head)
	if err != nil {
		return git.OID{}, "", err
	}
	if len(commit.Parents) == 0 {
		return git.OID{}, "", hint(fmt.Errorf("%s is the first commit: there is nothing to compare it with", head.Short()),
			"name two commits with --base and --head")
	}
	parent := commit.Parents[0]
	if _, err := r.Commit(ctx, parent); errors.Is(err, git.ErrMissing) {
		return git.OID{}, "", hint(fmt.Errorf("the parent of %s is not in this repository: its history is cut", head.Short()),
			"fetch it whole ('git fetch --unshallow'; 'fetch-depth: 0' for actions/checkout), or name two commits with --base and --head")
	} else if err != nil {
		return git.OID{}, "", err
	}
	return parent, "the first parent of head", nil
}

// resolveFlag resolves a revision that was given as the value of a flag, or as an
// argument when flag is empty.
func resolveFlag(ctx context.Context, r git.Reader, flag, rev string) (git.OID, error) {
	what := strings.TrimSpace(fmt.Sprintf("%s %q", flag, rev))
	id, err := r.Resolve(ctx, rev)
	var other *git.NotCommitError
	switch {
	case err == nil:
		return id, nil
	case errors.Is(err, git.ErrNotFound) && rev == "HEAD":
		return id, hint(fmt.Errorf("%s: it names a branch without a commit", what), "commit something first, or name a commit")
	case errors.Is(err, git.ErrNotFound):
		hints := []string{"is it fetched? 'git fetch origin' brings branches; 'git log --oneline' lists commits"}
		if repo, ok := r.(*git.Repository); ok && repo.Shallow() {
			hints = []string{"history is cut in this repository: fetch it whole ('git fetch --unshallow'; 'fetch-depth: 0' for actions/checkout)"}
		}
		return id, hint(fmt.Errorf("%s: no such commit, branch or tag", what), hints...)
	case errors.As(err, &other):
		return id, hint(fmt.Errorf("%s: %w", what, err), "name a commit, a branch or a tag of one")
	default:
		return id, fmt.Errorf("%s: %w", what, err)
	}
}
