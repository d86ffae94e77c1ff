package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/effect"
	"custody/app/event"
	"custody/app/hub"
	"custody/internal/store"
)

// sweepMark is the mark of the newest delivery that was looked at, and leftMark of what a sweep
// left behind it for the next ones: see gap.
const (
	sweepMark = "sweep"
	leftMark  = "sweep/left"
)

// maxSweep bounds how many deliveries one sweep looks at.
const maxSweep = 5000

// told is how long GitHub tells of deliveries.
const told = 3 * 24 * time.Hour

// sweep asks GitHub for the deliveries that it made, and asks again for those that never
// came: GitHub does not by itself. again says that some may only not have come yet.
func (a *App) sweep(ctx context.Context) (again bool, err error) {
	if err := a.hearAll(ctx); err != nil {
		return false, err
	}
	began := a.Now()
	since := began.Add(-told)
	if mark, err := a.store.Mark(ctx, sweepMark); err != nil {
		return false, err
	} else if t, err := time.Parse(time.RFC3339, mark); err == nil && t.After(since) {
		since = t
	} else if err == nil {
		if err := a.unheard(ctx, t); err != nil {
			return false, err
		}
	}
	left, err := a.sweepLeft(ctx)
	if err != nil {
		return false, err
	}
	next, waits, again, err := a.sweepFrom(ctx, "", since)
	if err != nil {
		return false, err
	}
	if next != "" {
		left = append(left, gap{since, next})
	}
	if err := a.leave(ctx, left); err != nil {
		return false, err
	}
	if !waits.IsZero() {
		began = minTime(began, waits)
	}
	// A little of the past is looked at again: deliveries are listed in no strict order,
	// and one that was asked for again may be lost again.
	return again, a.store.SetMark(ctx, sweepMark, began.Add(-30*time.Minute).UTC().Format(time.RFC3339))
}

// unheardMark is set while all that is open is to be asked for, and heardMark is when it was last.
const (
	unheardMark = "sweep/unheard"
	heardMark   = "sweep/unheard/last"
)

// unheard has all that is open asked for: of what happened to it since an instant GitHub does not
// tell any more.
func (a *App) unheard(ctx context.Context, since time.Time) error {
	a.Log.WithField("since", since).Error("deliveries that may not have come are out of reach: all that is open is reviewed again")
	if err := a.store.SetMark(ctx, unheardMark, "is"); err != nil {
		return err
	}
	return a.hearAll(ctx)
}

// hearAll asks for it, once in an hour: sweeps may fail again and again, or fall behind.
func (a *App) hearAll(ctx context.Context) error {
	if is, err := a.store.Mark(ctx, unheardMark); err != nil || is == "" {
		return err
	}
	last, err := a.store.Mark(ctx, heardMark)
	if err != nil {
		return err
	}
	if at, err := time.Parse(time.RFC3339, last); err == nil && a.Now().Sub(at) < time.Hour {
		return nil
	}
	if _, err := a.allAgain(ctx); err != nil {
		return err
	}
	if err := a.store.SetMark(ctx, heardMark, a.Now().UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	return a.store.SetMark(ctx, unheardMark, "")
}

// A gap is what a sweep did not come to: from a cursor of GitHub's list on, back to an instant.
type gap struct {
	since  time.Time
	cursor string
}

// maxGaps bounds how many are kept.
const maxGaps = 20

// sweepLeft goes on where sweeps before stopped, and gives what is left of that.
func (a *App) sweepLeft(ctx context.Context) (left []gap, err error) {
	mark, err := a.store.Mark(ctx, leftMark)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(mark) {
		at, cursor, _ := strings.Cut(strings.TrimSpace(line), " ")
		since, err := time.Parse(time.RFC3339, at)
		if err != nil || cursor == "" {
			continue
		}
		next, _, _, err := a.sweepFrom(ctx, cursor, since)
		if class, _ := hub.Classify(err); err != nil && (class == hub.Refused || class == hub.Gone) {
			if err := a.unheard(ctx, since); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if next != "" {
			left = append(left, gap{since, next})
		}
	}
	return left, nil
}

// leave keeps where the next sweep goes on.
func (a *App) leave(ctx context.Context, left []gap) error {
	if more := len(left) - maxGaps; more > 0 {
		if err := a.unheard(ctx, left[0].since); err != nil {
			return err
		}
		left = left[more:]
	}
	var mark strings.Builder
	for _, g := range left {
		fmt.Fprintf(&mark, "%s %s\n", g.since.UTC().Format(time.RFC3339), g.cursor)
	}
	if len(left) > 0 {
		a.Log.WithField("since", left[0].since).Warn("there are more deliveries than one sweep looks at: the next goes on")
	}
	return a.store.SetMark(ctx, leftMark, mark.String())
}

// sweepFrom looks at deliveries from a cursor on, or the newest, back to an instant. next is
// where to go on if there are more than one sweep looks at. waits is when the oldest was made
// that may still be on its way; zero for none.
func (a *App) sweepFrom(ctx context.Context, cursor string, since time.Time) (next string, waits time.Time, again bool, err error) {
	client := a.Hub.App()
	attempts := map[string][]*github.HookDelivery{}
	limit, seen := a.MaxSweep, 0
	if limit == 0 {
		limit = maxSweep
	}
pages:
	for {
		list, resp, err := client.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: 100, Cursor: cursor})
		if err != nil {
			return "", waits, false, a.later("sweeping deliveries", err)
		}
		for _, d := range list {
			if d.GetDeliveredAt().Before(since) {
				break pages
			}
			seen++
			attempts[d.GetGUID()] = append(attempts[d.GetGUID()], d)
		}
		if cursor = resp.Cursor; cursor == "" {
			break
		}
		if seen >= limit {
			next = cursor
			break
		}
	}
	known, err := a.store.Known(ctx, slices.Collect(keys(attempts)))
	if err != nil {
		return "", waits, false, err
	}
	for guid, tries := range attempts {
		// One that was answered, and of which the store has no row, was answered by a store that is
		// gone: a copy of it from before was put back, or another server took over.
		if known, here := known[guid]; known || here && slices.ContainsFunc(tries, ok) || len(tries) > maxRedeliveries {
			continue
		}
		// The attempts come newest first: one that was just made, and has no answer, may still be
		// on its way.
		if at := tries[0].GetDeliveredAt().Time; tries[0].GetStatusCode() == 0 && a.Now().Sub(at) < time.Minute {
			again = true
			if waits.IsZero() {
				waits = at
			}
			waits = minTime(waits, at)
			continue
		}
		_, _, err := client.Apps.RedeliverHookDelivery(ctx, tries[0].GetID())
		if started := (*github.AcceptedError)(nil); err != nil && !errors.As(err, &started) { // 202 is what it should answer
			if class, _ := hub.Classify(err); class == hub.Gone || class == hub.Refused {
				continue
			}
			return "", waits, false, a.later("asking for a delivery again", err)
		}
		a.metrics.lost.Inc()
		a.Log.WithField("delivery", guid).Info("asked for a delivery that never came, or is not in the store any more")
	}
	return next, waits, again, nil
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
	for page, around := first, first == 1; ; {
		next, err := a.reconcilePage(ctx, client, id, page, again, missed)
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
	if cut == "" {
		return nil
	}
	return a.store.SetMark(ctx, name, "")
}

// reconcilePage looks at a hundred repositories of an installation; next is the page behind them,
// 0 for none.
func (a *App) reconcilePage(ctx context.Context, client *hub.Client, id int64, page int, again bool, missed missed) (next int, err error) {
	list, resp, err := client.Apps.ListRepos(ctx, &github.ListOptions{PerPage: 100, Page: page})
	if err != nil {
		return 0, fmt.Errorf("listing repositories: %w", err)
	}
	for _, r := range list.Repositories {
		was, known, err := a.store.Repository(ctx, r.GetID())
		if err != nil {
			return 0, err
		}
		back := known && (was.State != store.Active || was.Installation != id)
		if err := a.store.Installed(ctx, store.Installed{Repo: r.GetID(), Installation: id, FullName: r.GetFullName(), State: store.Active}); err != nil {
			return 0, err
		}
		if r.GetArchived() || r.GetDisabled() {
			continue
		}
		since := missed.of(r.GetID())
		if back {
			since = max(since, a.Now().UnixMilli())
		}
		if again || since > 0 {
			if err := a.askAgain(ctx, id, r.GetID(), since, again || back); err != nil {
				return 0, err
			}
		}
		if again || back {
			a.listed.forget(r.GetID())
		}
		if err := a.reconcileRepository(ctx, client, id, r); err != nil {
			return 0, err
		}
		if err := a.untold(ctx, client, id, r); err != nil {
			return 0, err
		}
	}
	return resp.NextPage, nil
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
	return a.store.Ask(ctx, store.Request{Repo: repo, Name: name, Installation: installation, Kind: "pull_request", Stage: "merge", Number: int64(p.GetNumber()), Head: head, Ref: ref, Delivery: s.Delivery})
}
