package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/effect"
	"custody/app/event"
	"custody/app/hub"
	"custody/internal/store"
)

// A look around holds what we know against what GitHub says, every ten minutes: what waits for too
// long, what has ended, what could not be said, and where GitHub tells of something that nobody
// told us.

// overdue is after which time a review that was asked for and did not come is asked for
// again, see store.Subject.Due; and maxOverdue how many at a time.
const (
	overdue    = 20 * time.Minute
	maxOverdue = 100
)

// reconcile holds what we know against what GitHub says: installations, their
// repositories, open pull requests and their heads. What no delivery told is asked for.
func (a *App) reconcile(ctx context.Context) error {
	waiting, err := a.store.Waiting(ctx, a.Now().UnixMilli(), overdue.Milliseconds(), maxOverdue)
	if err != nil {
		return err
	}
	for _, s := range waiting {
		a.Log.WithFields(logrus.Fields{"repo": s.Repo, "subject": s.Name, "times": s.Vain}).Warn("a review is overdue, and asked for again")
		if err := a.store.Wake(ctx, store.Wake{Repo: s.Repo, Name: s.Name, Vain: true}); err != nil {
			return err
		}
	}
	if err := a.ended(ctx); err != nil {
		return err
	}
	if err := a.unsaid(ctx); err != nil {
		return err
	}
	if err := a.unqueued(ctx); err != nil {
		return err
	}
	var all []*github.Installation
	for page := 1; page > 0; {
		list, resp, err := a.Hub.App().Apps.ListInstallations(ctx, &github.ListOptions{PerPage: 100, Page: page})
		if err != nil {
			return a.later("listing installations", err)
		}
		all = append(all, list...)
		page = resp.NextPage
	}
	return a.lookAt(ctx, all)
}

// lookAt looks at installations, beginning with the one at which the last look was cut: a look
// ends after some minutes, and what came behind that would never be looked at.
func (a *App) lookAt(ctx context.Context, all []*github.Installation) error {
	cut, err := a.store.Mark(ctx, cutMark)
	if err != nil {
		return err
	}
	for _, i := range fromOn(all, cut) {
		if !i.GetSuspendedAt().IsZero() {
			if err := a.store.Installed(ctx, store.Installed{Installation: i.GetID(), State: store.Suspended}); err != nil {
				return err
			}
			continue
		}
		if err := a.reconcileMissed(ctx, i.GetID(), false); err != nil {
			// One that is odd, or out of its quota, must not keep the others from being looked at.
			if class, _ := hub.Classify(err); class != hub.Later {
				a.Hub.Forget(i.GetID())
			}
			if ctx.Err() != nil {
				return errors.Join(err, a.store.SetMark(context.WithoutCancel(ctx), cutMark, strconv.FormatInt(i.GetID(), 10)))
			}
			a.Log.WithError(err).WithField("installation", i.GetID()).Warn("an installation could not be looked at")
		}
	}
	if cut == "" {
		return nil
	}
	return a.store.SetMark(ctx, cutMark, "")
}

const cutMark = "look/cut"

// fromOn are the installations in order of their numbers, from one on and around.
func fromOn(all []*github.Installation, from string) []*github.Installation {
	first, _ := strconv.ParseInt(from, 10, 64)
	slices.SortFunc(all, func(x, y *github.Installation) int {
		return cmp.Or(cmp.Compare(before(x.GetID(), first), before(y.GetID(), first)), cmp.Compare(x.GetID(), y.GetID()))
	})
	return all
}

func before(id, first int64) int {
	if id < first {
		return 1
	}
	return 0
}

// reconcileInstallation does it for one. With again, or where a repository came back, what waits
// already is asked for, too: its review may have been given up. missed are the repositories that
// were not ours for a while.
func (a *App) reconcileInstallation(ctx context.Context, id int64, again bool, missed missed) error {
	client := a.Hub.Installation(id)
	name := fmt.Sprintf("%s/%d", cutMark, id)
	cut, err := a.store.Mark(ctx, name)
	if err != nil {
		return err
	}
	first, _ := strconv.Atoi(cut) // the page of its repositories at which the last look was cut
	first = max(first, 1)
	odd := 0
	for page, around := first, first == 1; ; {
		next, err := a.reconcilePage(ctx, client, id, page, again, missed, &odd)
		if err != nil {
			if ctx.Err() != nil {
				err = errors.Join(err, a.store.SetMark(context.WithoutCancel(ctx), name, strconv.Itoa(page)))
			}
			return err
		}
		if page = next; next == 0 && !around {
			page, around = 1, true
		}
		if page == 0 || around && page == first && first > 1 {
			break
		}
	}
	if cut != "" {
		err = a.store.SetMark(ctx, name, "")
	}
	if err == nil && odd > 0 {
		err = fmt.Errorf("%d repositories could not be looked at", odd)
	}
	return err
}

// reconcilePage looks at a hundred repositories of an installation; next is the page behind them,
// 0 for none. One that GitHub answers badly for keeps those behind it from nothing: odd counts them.
func (a *App) reconcilePage(ctx context.Context, client *hub.Client, id int64, page int, again bool, missed missed, odd *int) (next int, err error) {
	list, resp, err := client.Apps.ListRepos(ctx, &github.ListOptions{PerPage: 100, Page: page})
	if err != nil {
		return 0, fmt.Errorf("listing repositories: %w", err)
	}
	for _, r := range list.Repositories {
		err := a.lookAtOne(ctx, client, id, r, again, missed)
		if class, _ := hub.Classify(err); err != nil && ctx.Err() == nil && *odd < maxOdd && slices.Contains(ofOne, class) {
			*odd++
			a.Log.WithError(err).WithField("repo", r.GetFullName()).Warn("a repository could not be looked at")
			continue
		}
		if err != nil {
			return 0, err
		}
		if r.GetArchived() || r.GetDisabled() {
			continue
		}
		if err := a.notesMoved(ctx, client, id, r); err != nil {
			return 0, err
		}
	}
	return resp.NextPage, nil
}

// ofOne are the errors of GitHub's that may be of one repository alone, and maxOdd is for how many
// that is believed: each may take half a minute.
var ofOne = []hub.Class{hub.Forbidden, hub.Gone, hub.Refused, hub.Transient}

const maxOdd = 10

// lookAtOne looks at one repository.
func (a *App) lookAtOne(ctx context.Context, client *hub.Client, id int64, r *github.Repository, again bool, missed missed) error {
	was, known, err := a.store.Repository(ctx, r.GetID())
	if err != nil {
		return err
	}
	back := known && (was.State != store.Active || was.Installation != id)
	is := store.Installed{Repo: r.GetID(), Installation: id, FullName: r.GetFullName(), State: store.Active}
	if r.GetArchived() || r.GetDisabled() {
		is.State = store.Archived
	}
	if err := a.store.Installed(ctx, is); err != nil || is.State != store.Active {
		return err
	}
	since := missed.of(r.GetID())
	if back {
		since = max(since, a.Now().UnixMilli())
	}
	if again || since > 0 {
		if err := a.askAgain(ctx, id, r.GetID(), since, again || back); err != nil {
			return err
		}
	}
	if again || back {
		a.listed.forget(r.GetID())
	}
	if err := a.reconcileRepository(ctx, client, id, r); err != nil {
		return err
	}
	return a.untold(ctx, client, id, r)
}

// ended asks again for what was judged by something that has ended since: see holdsUntil.
func (a *App) ended(ctx context.Context) error {
	over, err := a.store.Ended(ctx, a.Now().UTC().Format(time.DateOnly))
	if err != nil {
		return err
	}
	for _, s := range over {
		a.Log.WithFields(logrus.Fields{"repo": s.Repo, "subject": s.Name, "until": s.Holds}).Info("what a verdict stands on has ended: it is reviewed again")
		err := a.store.Wake(ctx, store.Wake{Repo: s.Repo, Name: s.Name, Over: true, Which: func(o *store.Subject) bool { return o.Holds == s.Holds }})
		if err != nil {
			return err
		}
	}
	return nil
}

// unsaid asks again for reviews whose verdict is known, and could not be written to GitHub while
// anybody tried: to the check run, or where else it is published.
func (a *App) unsaid(ctx context.Context) error {
	now := a.Now()
	keys, err := a.store.Begun(ctx, effect.Said, now.Add(-overdue).UnixMilli(), 10*maxOverdue)
	if err != nil {
		return err
	}
	asked := 0
	for _, text := range keys {
		key, ok := effect.ParseKey(text)
		s, err := a.store.Subject(ctx, key.Repo, key.Subject)
		switch {
		case store.IsNotFound(err), err == nil && (!ok || s.Closed || key.Head != "" && s.DoneHead != key.Head): // nobody waits for it
			if key.Conclusion { // what comes to this head begins anew
				err = a.store.Forget(ctx, text)
			} else {
				err = a.store.Refuse(ctx, text)
			}
		case err == nil && s.DoneTurn == s.Turn && s.Due(now.UnixMilli(), overdue.Milliseconds()):
			if asked++; asked > maxOverdue {
				return nil
			}
			a.Log.WithFields(logrus.Fields{"repo": s.Repo, "subject": s.Name, "times": s.Vain}).Warn("what a verdict says could not be written to GitHub, and is tried again")
			err = a.store.Wake(ctx, store.Wake{Repo: s.Repo, Name: s.Name, Vain: true})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxAgain bounds how many reviews of one repository are asked for again at a time.
const maxAgain = 1000

// askAgain asks for every review of a repository that waits, by the installation that leads there
// now, and for all that is open at merge and was asked for last before since, where it was not
// ours up to then: what happened meanwhile, nobody told. Without anew, also what waits is asked
// for only then.
func (a *App) askAgain(ctx context.Context, installation, repo int64, since int64, anew bool) error {
	before := func(o *store.Subject) bool { return o.Asked < since }
	kinds := []string{}
	if since > 0 {
		kinds = []string{"pull_request", "merge_group"}
	}
	for _, kind := range kinds {
		if err := a.store.Wake(ctx, store.Wake{Repo: repo, Kind: kind, Stage: "merge", Installation: installation, Which: before}); err != nil {
			return err
		}
	}
	waiting, err := a.store.WaitingIn(ctx, repo, maxAgain)
	if err != nil {
		return err
	}
	for _, s := range waiting {
		if since > 0 && s.Stage == "merge" || !anew && !before(&s) {
			continue
		}
		if err := a.store.Wake(ctx, store.Wake{Repo: repo, Name: s.Name, Installation: installation}); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) reconcileRepository(ctx context.Context, client *hub.Client, installation int64, r *github.Repository) error {
	tag := a.listed.of(r.GetID(), a.Now())
	for page := 1; page > 0; {
		list, resp, err := openPulls(ctx, client, r, page, tag)
		if resp != nil && resp.StatusCode == http.StatusNotModified { // all are as they were
			return nil
		}
		if err != nil {
			return fmt.Errorf("listing pull requests of %s: %w", r.GetFullName(), err)
		}
		tag = ""
		for _, p := range list {
			if err := a.reconcilePull(ctx, installation, r.GetID(), p); err != nil {
				return err
			}
		}
		if page == 1 && resp.NextPage == 0 {
			a.listed.keep(r.GetID(), resp.Header.Get("ETag"), a.Now())
		}
		page = resp.NextPage
	}
	return nil
}

// openPulls lists open pull requests. With the tag of a list, one that has not changed since is
// an error with status 304, which GitHub counts against no limit.
func openPulls(ctx context.Context, client *hub.Client, r *github.Repository, page int, tag string) ([]*github.PullRequest, *github.Response, error) {
	req, err := client.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/pulls?state=open&per_page=100&page=%d", r.GetOwner().GetLogin(), r.GetName(), page), nil)
	if err != nil {
		return nil, nil, err
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	var list []*github.PullRequest
	resp, err := client.Do(ctx, req, &list)
	return list, resp, err
}

// reconcilePull asks for a review of an open pull request that is not what we know of it.
func (a *App) reconcilePull(ctx context.Context, installation, repo int64, p *github.PullRequest) error {
	name, head, ref := event.PullName(int64(p.GetNumber())), p.GetHead().GetSHA(), "refs/heads/"+p.GetBase().GetRef()
	s, err := a.store.Subject(ctx, repo, name)
	if err != nil && !store.IsNotFound(err) {
		return err
	}
	if err == nil && !s.Closed && s.Head == head && s.Ref == ref && s.Installation == installation {
		return nil // whether it is overdue was looked at before
	}
	return a.store.Ask(ctx, store.Request{Repo: repo, Name: name, Installation: installation, Kind: "pull_request", Stage: "merge", Number: int64(p.GetNumber()), Head: head, Ref: ref, Delivery: s.Delivery, Fork: p.GetHead().GetRepo().GetID() != repo})
}
