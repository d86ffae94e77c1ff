package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"custody/app/effect"
	"custody/app/hub"
	"custody/internal/store"
)

// What was sent to GitHub and not answered may arrive late, over what was said since, and lets a
// change through that nobody approves. It is in the store which runs that may happen to, see
// effect.Late; and each process looks at those that are due, whoever left them.

// rightEvery is how often that is, and maxRight how many at a time.
const (
	rightEvery = 5 * time.Second
	maxRight   = 100
)

// setRight does so until ctx ends.
func (s *Server) setRight(ctx context.Context) {
	tick := time.NewTicker(s.App.RightEvery)
	defer tick.Stop()
	for {
		if err := s.App.setRight(ctx); err != nil && ctx.Err() == nil {
			s.Log.WithError(err).Warn("what check runs show could not be looked at: it is tried again")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// setRight looks at what is due once. The first that GitHub does not answer is the last: each may take
// half a minute, and the others are due still.
func (a *App) setRight(ctx context.Context) error {
	if err := a.judges(ctx); err != nil {
		if later := (*store.LaterError)(nil); errors.As(err, &later) { // others do
			return nil
		}
		return err
	}
	now := a.Now()
	begun, err := a.store.Begun(ctx, []string{effect.Runs}, now.Add(-effect.Unanswered).UnixMilli(), 10*maxRight)
	if err != nil {
		return err
	}
	for _, key := range begun {
		if repo, head, ref, ok := effect.RunOf(key); ok {
			if err := a.checkOf(nil, &hub.Repository{ID: repo}, head, ref).Doubt(ctx); err != nil {
				return err
			}
		}
	}
	due, err := a.store.Due(ctx, effect.Late, now.UnixMilli(), effect.Latest, maxRight)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := a.lookLate(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// lookLate looks at one of them.
func (a *App) lookLate(ctx context.Context, key string) error {
	id, head, ref, ok := effect.RunOf(key)
	if !ok {
		return nil
	}
	at, known, err := a.store.Repository(ctx, id)
	if err != nil {
		return err
	}
	repo := &hub.Repository{ID: id}
	var client *hub.Client
	if owner, name, named := strings.Cut(at.FullName, "/"); known && named && at.State == store.Active { // else it waits until it is ours again
		repo.Owner, repo.Name, client = owner, name, a.Hub.Installation(at.Installation)
	}
	right, err := a.checkOf(client, repo, head, ref).Look(ctx)
	if effect.Refused(err) { // each is looked at seldom, and must not keep others waiting
		a.Log.WithError(err).WithFields(logrus.Fields{"repo": id, "head": head}).Warn("GitHub does not let a check run be looked at, or set right, to which something may have come late")
		return nil
	}
	if err == nil && !right {
		a.Log.WithFields(logrus.Fields{"repo": id, "head": head}).Warn("the check run does not show what it was made to say last: it is set right")
	}
	return err
}
