package app

import (
	"context"
	"strings"

	"github.com/sirupsen/logrus"

	"custody/app/effect"
	"custody/app/hub"
	"custody/internal/config"
	"custody/internal/store"
)

// A subject is worked on by who has its lock. The database may lose that while the review goes on,
// and give it to somebody else: then nothing is kept of the review, and it ends within seconds. But
// what it was about to write to GitHub, and had the right to, may arrive there behind what was said
// since. So who notices that, or tries again what somebody did not come to the end of and a newer
// turn took over, holds what the check run shows against what we know of it.

// mend has a check run that shows something else than it was made to say last say it again.
func (a *App) mend(ctx context.Context, s store.Subject) error {
	ctx, _, leave, ok, err := a.enter(ctx, &s)
	if err != nil {
		return err
	}
	if !ok {
		return store.ErrBusy
	}
	defer leave()
	if s, err = a.store.Subject(ctx, s.Repo, s.Name); err != nil || s.Stage != "merge" || s.Kind == notesKind || s.DoneHead == "" {
		return err
	}
	at, known, err := a.store.Repository(ctx, s.Repo)
	owner, name, named := strings.Cut(at.FullName, "/")
	if err != nil || !known || !named || at.State != store.Active { // all of it is asked for when it comes back
		return err
	}
	check := a.checkOf(a.Hub.Installation(at.Installation), &hub.Repository{ID: s.Repo, Owner: owner, Name: name}, &s, s.DoneHead, s.Ref)
	holds := true
	if !s.Closed {
		holds, err = check.Holds(ctx)
	}
	if err == nil && holds { // also where it is for another one to say
		err = check.SetRight(ctx)
	}
	if class, _ := hub.Classify(err); err != nil && (class == hub.Gone || class == hub.Forbidden) {
		return nil // it is no longer ours to say
	}
	if err != nil {
		return a.later("reading check runs", err)
	}
	if holds || s.DoneTurn < s.Turn { // its newest turn says it
		return nil
	}
	a.Log.WithFields(logrus.Fields{"repo": s.Repo, "subject": s.Name}).Warn("the check run does not show what it was made to say last: it is said again")
	return a.store.Wake(ctx, store.Wake{Repo: s.Repo, Name: s.Name})
}

// checkOf is the check run of a subject on a head, for a ref.
func (a *App) checkOf(client *hub.Client, repo *hub.Repository, s *store.Subject, head, ref string) *effect.Check {
	return &effect.Check{
		Log: a.store, Client: client, Repo: repo, AppID: a.Hub.AppID(), Now: a.Now,
		Subject: s.Name, Head: head, Ref: ref, Name: CheckName(ref), Group: s.Kind == "merge_group", Enforces: a.Mode == config.Enforce,
	}
}
