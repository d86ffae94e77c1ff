package app

import (
	"context"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/internal/store"
)

// A merge group is over when GitHub says that it is destroyed. That may be heard before it is
// heard of, or never: what the queue has no ref for any more nobody waits for.

// queueRefs begin the refs that merge queues make.
const queueRefs = "heads/gh-readonly-queue/"

// unqueued closes the merge groups that are gone. It takes a request for each repository that has
// open ones which nobody asked about lately.
func (a *App) unqueued(ctx context.Context) error {
	open, err := a.store.Queued(ctx, a.Now().Add(-overdue).UnixMilli())
	if err != nil {
		return err
	}
	there := map[int64]map[string]bool{} // by repository; nil: GitHub does not tell
	for _, s := range open {
		if s.Number == 0 { // it has no name of a queue
			continue
		}
		if _, asked := there[s.Repo]; !asked {
			if there[s.Repo], err = a.queuedHeads(ctx, &s); err != nil {
				if ctx.Err() != nil {
					return err
				}
				a.Log.WithError(err).WithField("repo", s.Repo).Warn("it is not known which merge groups are gone")
			}
		}
		if heads := there[s.Repo]; heads == nil || heads[s.Head] {
			continue
		}
		a.Log.WithField("subject", s.Name).WithField("repo", s.Repo).Info("the merge group is gone")
		// One that was closed before it may have asked for this one again.
		if s, err = a.store.Subject(ctx, s.Repo, s.Name); err != nil {
			return err
		}
		gone := s.Request
		gone.Closed = true
		if err := a.store.CloseSubject(ctx, s.Repo, s.Name, s.Turn, behindThem([]store.Request{gone})...); err != nil {
			return err
		}
	}
	return nil
}

// queuedHeads are the commits that merge queues of a group's repository have refs for.
func (a *App) queuedHeads(ctx context.Context, s *store.Subject) (map[string]bool, error) {
	at, known, err := a.store.Repository(ctx, s.Repo)
	owner, name, named := strings.Cut(at.FullName, "/")
	if err != nil || !known || !named || at.State != store.Active {
		return nil, err
	}
	refs, _, err := a.Hub.Installation(at.Installation).Git.ListMatchingRefs(ctx, owner, name, &github.ReferenceListOptions{Ref: queueRefs})
	if err != nil {
		return nil, err
	}
	heads := map[string]bool{}
	for _, r := range refs {
		heads[r.GetObject().GetSHA()] = true
	}
	return heads, nil
}
