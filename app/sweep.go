package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/event"
	"custody/app/hub"
	"custody/internal/store"
)

// sweepMark is the mark of the newest delivery that was looked at.
const sweepMark = "sweep"

// maxSweep bounds how many deliveries one sweep looks at.
const maxSweep = 5000

// sweep asks GitHub for the deliveries that it made, and asks again for those that never
// came: GitHub does not by itself. again says that some may only not have come yet.
func (a *App) sweep(ctx context.Context) (again bool, err error) {
	client := a.Hub.App()
	since := a.Now().Add(-3 * 24 * time.Hour)
	if mark, err := a.store.Mark(ctx, sweepMark); err != nil {
		return false, err
	} else if t, err := time.Parse(time.RFC3339, mark); err == nil && t.After(since) {
		since = t
	}
	began := a.Now()
	attempts := map[string][]*github.HookDelivery{}
	cursor := ""
	seen := 0
pages:
	for {
		list, resp, err := client.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: 100, Cursor: cursor})
		if err != nil {
			return false, a.later("sweeping deliveries", err)
		}
		for _, d := range list {
			if d.GetDeliveredAt().Before(since) || seen == maxSweep {
				break pages
			}
			seen++
			attempts[d.GetGUID()] = append(attempts[d.GetGUID()], d)
		}
		if cursor = resp.Cursor; cursor == "" {
			break
		}
	}
	known, err := a.store.Known(ctx, slices.Collect(keys(attempts)))
	if err != nil {
		return false, err
	}
	for guid, tries := range attempts {
		if known[guid] || slices.ContainsFunc(tries, ok) || len(tries) > maxRedeliveries {
			continue
		}
		// The attempts come newest first: one that was just made, and has no answer, may still be
		// on its way.
		if tries[0].GetStatusCode() == 0 && a.Now().Sub(tries[0].GetDeliveredAt().Time) < time.Minute {
			again = true
			began = minTime(began, tries[0].GetDeliveredAt().Time)
			continue
		}
		_, _, err := client.Apps.RedeliverHookDelivery(ctx, tries[0].GetID())
		if started := (*github.AcceptedError)(nil); err != nil && !errors.As(err, &started) { // 202 is what it should answer
			if class, _ := hub.Classify(err); class == hub.Gone || class == hub.Refused {
				continue
			}
			return false, a.later("asking for a delivery again", err)
		}
		a.metrics.lost.Inc()
		a.Log.WithField("delivery", guid).Info("asked for a delivery that never came")
	}
	// A little of the past is looked at again: deliveries are listed in no strict order,
	// and one that was asked for again may be lost again.
	return again, a.store.SetMark(ctx, sweepMark, began.Add(-30*time.Minute).UTC().Format(time.RFC3339))
}

// maxRedeliveries is how often one delivery is asked for.
const maxRedeliveries = 5

func ok(d *github.HookDelivery) bool { return d.GetStatusCode() >= 200 && d.GetStatusCode() < 300 }

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func keys(m map[string][]*github.HookDelivery) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// later makes an error of GitHub one that says when to come back.
func (a *App) later(doing string, err error) error {
	if class, after := hub.Classify(err); class == hub.Later {
		return &store.LaterError{After: after, Why: fmt.Errorf("%s: rate limit of GitHub", doing)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// overdue is after which time a review that was asked for and did not come is asked for
// again.
const overdue = 20 * time.Minute

// reconcile holds what we know against what GitHub says: installations, their
// repositories, open pull requests and their heads. What no delivery told is asked for;
// with again, or where an installation came back, so is what waits already: its review
// may have been given up.
func (a *App) reconcile(ctx context.Context, again bool) error {
	waiting, err := a.store.Waiting(ctx, a.Now().Add(-overdue).UnixMilli(), 100)
	if err != nil {
		return err
	}
	for _, s := range waiting {
		a.Log.WithFields(logrus.Fields{"repo": s.Repo, "subject": s.Name}).Warn("a review is overdue, and asked for again")
		if err := a.store.Ask(ctx, s.Request); err != nil {
			return err
		}
	}
	for page := 1; page > 0; {
		list, resp, err := a.Hub.App().Apps.ListInstallations(ctx, &github.ListOptions{PerPage: 100, Page: page})
		if err != nil {
			return a.later("listing installations", err)
		}
		for _, i := range list {
			if !i.GetSuspendedAt().IsZero() {
				if err := a.store.Installed(ctx, store.Installed{Installation: i.GetID(), State: store.Suspended}); err != nil {
					return err
				}
				continue
			}
			if err := a.reconcileInstallation(ctx, i.GetID(), again); err != nil {
				// One that is odd must not keep the others from being looked at.
				if class, _ := hub.Classify(err); class == hub.Later {
					return a.later("looking at an installation", err)
				}
				a.Hub.Forget(i.GetID())
				a.Log.WithError(err).WithField("installation", i.GetID()).Warn("an installation could not be looked at")
			}
		}
		page = resp.NextPage
	}
	return nil
}

func (a *App) reconcileInstallation(ctx context.Context, id int64, again bool) error {
	client := a.Hub.Installation(id)
	for page := 1; page > 0; {
		list, resp, err := client.Apps.ListRepos(ctx, &github.ListOptions{PerPage: 100, Page: page})
		if err != nil {
			return fmt.Errorf("listing repositories: %w", err)
		}
		for _, r := range list.Repositories {
			was, known, err := a.store.Repository(ctx, r.GetID())
			if err != nil {
				return err
			}
			back := known && (was.State != store.Active || was.Installation != id)
			if err := a.store.Installed(ctx, store.Installed{Repo: r.GetID(), Installation: id, FullName: r.GetFullName(), State: store.Active}); err != nil {
				return err
			}
			if r.GetArchived() || r.GetDisabled() {
				continue
			}
			if again || back {
				if err := a.askAgain(ctx, id, r.GetID()); err != nil {
					return err
				}
			}
			if err := a.judgedByThis(ctx, r.GetID()); err != nil {
				return err
			}
			if err := a.reconcileRepository(ctx, client, id, r); err != nil {
				return err
			}
		}
		page = resp.NextPage
	}
	return nil
}

// maxAgain bounds how many reviews of one repository are asked for again at a time.
const maxAgain = 1000

// askAgain asks for every review of a repository that waits, by the installation that
// leads there now.
func (a *App) askAgain(ctx context.Context, installation, repo int64) error {
	waiting, err := a.store.WaitingIn(ctx, repo, maxAgain)
	if err != nil {
		return err
	}
	for _, s := range waiting {
		r := s.Request
		r.Installation = installation
		if err := a.store.Ask(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// judgedByThis asks for a review of all that is open in a repository if what the operator judges
// it by is not what it was the last time: by another mode, floor or trusted keys, what was let
// through may not be.
func (a *App) judgedByThis(ctx context.Context, repo int64) error {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", a.Mode)
	for _, f := range []*File{a.Floor, a.Keys} {
		if f != nil {
			fmt.Fprintf(h, "%x", sha256.Sum256(f.Text))
		}
		fmt.Fprintln(h)
	}
	name, by := fmt.Sprintf("judged-by/%d", repo), hex.EncodeToString(h.Sum(nil))
	if was, err := a.store.Mark(ctx, name); err != nil || was == by {
		return err
	}
	for _, kind := range []string{"pull_request", "merge_group"} {
		open, err := a.store.Open(ctx, repo, kind, "")
		if err != nil {
			return err
		}
		for _, s := range open {
			if err := a.store.Ask(ctx, s.Request); err != nil {
				return err
			}
		}
	}
	return a.store.SetMark(ctx, name, by)
}

func (a *App) reconcileRepository(ctx context.Context, client *hub.Client, installation int64, r *github.Repository) error {
	for page := 1; page > 0; {
		list, resp, err := client.PullRequests.List(ctx, r.GetOwner().GetLogin(), r.GetName(), &github.PullRequestListOptions{State: "open", ListOptions: github.ListOptions{PerPage: 100, Page: page}})
		if err != nil {
			return fmt.Errorf("listing pull requests of %s: %w", r.GetFullName(), err)
		}
		for _, p := range list {
			name, head, ref := event.PullName(int64(p.GetNumber())), p.GetHead().GetSHA(), "refs/heads/"+p.GetBase().GetRef()
			s, err := a.store.Subject(ctx, r.GetID(), name)
			if err != nil && !store.IsNotFound(err) {
				return err
			}
			if err == nil && !s.Closed && s.Head == head && s.Ref == ref && s.Installation == installation {
				// Known; whether it is overdue was looked at before.
				if over, err := a.waiverEnded(ctx, r.GetID(), name); err != nil {
					return err
				} else if !over {
					continue
				}
			}
			err = a.store.Ask(ctx, store.Request{Repo: r.GetID(), Name: name, Installation: installation, Kind: "pull_request", Stage: "merge", Number: int64(p.GetNumber()), Head: head, Ref: ref, Delivery: s.Delivery})
			if err == nil {
				err = a.store.SetMark(ctx, untilMark(r.GetID(), name), "") // asked for once
			}
			if err != nil {
				return err
			}
		}
		page = resp.NextPage
	}
	return nil
}

// waiverEnded says whether a waiver was in force when a subject was judged last, and is not
// any more.
func (a *App) waiverEnded(ctx context.Context, repo int64, subject string) (bool, error) {
	last, err := a.store.Mark(ctx, untilMark(repo, subject))
	return last != "" && last < a.Now().UTC().Format(time.DateOnly), err
}
