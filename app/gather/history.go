package gather

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/internal/change"
)

// happened are GitHub's events of a pull request, the oldest first, read once. ok is false
// where GitHub does not tell, which is said of what they were read for.
func (r *Reader) happened(ctx context.Context, what string, number int) (events []*github.IssueEvent, ok bool, err error) {
	if r.events != nil {
		return r.events, true, nil
	}
	all := []*github.IssueEvent{}
	err = r.read(what, r.path("issues/%d/events", number), func() error {
		all = []*github.IssueEvent{}
		return pages(func(o github.ListOptions) (*github.Response, error) {
			list, resp, err := r.Client.Issues.ListIssueEvents(ctx, r.Repo.Owner, r.Repo.Name, number, &o)
			all = append(all, list...)
			return resp, err
		})
	}, func() { all = nil }, func() any { return all })
	r.events = all
	return all, all != nil, err
}

// ErrTurned says that a pull request was turned to another branch while it was read: what was
// said of it is of a change that was not asked for.
var ErrTurned = errors.New("the pull request is turned to another branch")

// targetOf is the branch that a change was for when somebody said something of it, kept
// under a key: the one that it is for when that is seen first, unless it was turned to that
// only since. ok is false where GitHub does not tell whether it was.
func (r *Reader) targetOf(ctx context.Context, key, what string, number int, at time.Time) (target string, ok bool, err error) {
	if r.Recall == nil || r.Remember == nil {
		return "", true, nil
	}
	if target, err = r.Recall(ctx, key); err != nil || target != "" {
		return target, true, err
	}
	events, ok, err := r.happened(ctx, what, number)
	if err != nil || !ok {
		return "", false, err
	}
	target = r.context.Change.Target
	for _, e := range events {
		if e.GetEvent() != "base_ref_changed" && !strings.HasPrefix(e.GetEvent(), "automatic_base_change") {
			continue
		}
		// Of the same second it is not known which came first.
		if !e.GetCreatedAt().Before(r.Since.Truncate(time.Second)) {
			return "", false, ErrTurned
		}
		if !e.GetCreatedAt().Before(at.Truncate(time.Second)) {
			target = change.AnotherTarget
		}
	}
	target, err = r.Remember(ctx, key, target)
	return target, true, err
}

// baseOf is the commit that the target was at when somebody approved a change to it, kept
// when that is seen first: a commit changes something else when the target has got a part of
// its history meanwhile. Empty of what was said when the change had landed.
func (r *Reader) baseOf(ctx context.Context, pr *github.PullRequest, said *github.PullRequestReview, known Known) (string, error) {
	at := said.GetSubmittedAt().Time
	if r.Recall == nil || r.Remember == nil || known.TargetAt == nil || pr.GetMerged() && at.After(pr.GetMergedAt().Time) {
		return "", nil
	}
	key := fmt.Sprintf("base/%d/%d", r.Repo.ID, said.GetID())
	if base, err := r.Recall(ctx, key); err != nil || base != "" {
		return base, err
	}
	base, lasting, err := known.TargetAt(ctx, at)
	if err != nil || !lasting {
		return base, err
	}
	return r.Remember(ctx, key, base)
}
