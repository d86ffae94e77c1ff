package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

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
	if !waits.IsZero() && waits.Before(began) {
		began = waits
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
	if _, err := a.allAgain(ctx, store.Wake{}); err != nil {
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
	attempts := map[string][]*github.HookDelivery{} // the newest first
	var order []string
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
			if seen++; attempts[d.GetGUID()] == nil {
				order = append(order, d.GetGUID())
			}
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
	known, err := a.store.Known(ctx, order)
	if err != nil {
		return "", waits, false, err
	}
	wait := func(since time.Time) { // but not for so long that GitHub may not list it any more
		if reach := a.Now().Add(time.Hour - told); since.Before(reach) {
			since = reach
		}
		if waits.IsZero() || since.Before(waits) {
			waits = since
		}
	}
	answered := 0
	for _, guid := range order {
		tries := attempts[guid]
		// One that was answered, and of which the store has no row, was answered by a store that is
		// gone: a copy of it from before was put back, or another server took over.
		lost := slices.ContainsFunc(tries, ok)
		if known, here := known[guid]; known || here && lost {
			continue
		}
		// One that was just made, and has no answer, may still be on its way.
		if at := tries[0].GetDeliveredAt().Time; tries[0].GetStatusCode() == 0 && a.Now().Sub(at) < time.Minute {
			again = true
			wait(at)
			continue
		}
		switch next := nextTry(tries, a.Now()); {
		case next == tryNever:
			if err := a.giveUp(ctx, tries); err != nil {
				return "", waits, false, err
			}
			continue
		case next == tryLater:
			wait(tries[len(tries)-1].GetDeliveredAt().Time)
			continue
		}
		if lost {
			if answered++; answered > maxAnswered {
				continue
			}
		}
		_, _, err := client.Apps.RedeliverHookDelivery(ctx, tries[0].GetID())
		if started := (*github.AcceptedError)(nil); err != nil && !errors.As(err, &started) { // 202 is what it should answer
			if class, _ := hub.Classify(err); class == hub.Gone || class == hub.Refused {
				if err := a.giveUp(ctx, tries); err != nil {
					return "", waits, false, err
				}
				continue
			}
			return "", waits, false, a.later("asking for a delivery again", err)
		}
		if !lost { // else there may be three days of them
			wait(tries[len(tries)-1].GetDeliveredAt().Time)
		}
		a.metrics.lost.Inc()
		a.Log.WithField("delivery", guid).Info("asked for a delivery that never came, or is not in the store any more")
	}
	if answered > maxAnswered {
		if err := a.unheard(ctx, since); err != nil {
			return "", waits, false, err
		}
	}
	return next, waits, again, nil
}

func ok(d *github.HookDelivery) bool { return d.GetStatusCode() >= 200 && d.GetStatusCode() < 300 }

// later makes an error of GitHub one that says when to come back.
func (a *App) later(doing string, err error) error {
	if class, after := hub.Classify(err); class == hub.Later {
		return &store.LaterError{After: after, Why: fmt.Errorf("%s: rate limit of GitHub", doing)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
