package app

import (
	"context"
	"time"

	"github.com/google/go-github/v62/github"
)

// A delivery that nobody took is asked for again: at once, and then whenever as much time has gone
// by again as since that. So a door that is busy for a minute, or a disk that is full for half an
// hour, keeps nothing out, and one that is refused whatever happens costs a few requests. What was
// refused for an hour is given up, and what happened in its repository taken for missed: what is
// open there is reviewed by what GitHub says now.

// giveUpAfter is for how long it is asked for.
const giveUpAfter = time.Hour

// maxAnswered bounds how many deliveries that were answered before, by a store that is gone, one
// sweep asks for: a new store has none of three days. When there are more, all that is open is
// reviewed again.
const maxAnswered = 100

type nextIs int

const (
	tryNow nextIs = iota
	tryLater
	tryNever
)

// nextTry says of the attempts at a delivery, the newest first, when it is asked for again. Where
// what GitHub made first is not among them, it was given up before.
func nextTry(tries []*github.HookDelivery, now time.Time) nextIs {
	last := len(tries) - 1
	if tries[last].GetRedelivery() {
		return tryNever
	}
	if last == 0 {
		return tryNow
	}
	newest := tries[0].GetDeliveredAt().Time
	tried := newest.Sub(tries[last-1].GetDeliveredAt().Time) // since it was asked for first
	switch {
	case tried >= giveUpAfter:
		return tryNever
	case now.Sub(newest) < tried:
		return tryLater
	}
	return tryNow
}

// givenUpMargin is more than a clock may be wrong.
const givenUpMargin = 5 * time.Minute

// giveUp has what is open in a delivery's repository reviewed again by the next look around, once,
// however often a sweep finds it given up.
func (a *App) giveUp(ctx context.Context, tries []*github.HookDelivery) error {
	d := tries[0]
	since := d.GetDeliveredAt().Add(givenUpMargin)
	if !tries[len(tries)-1].GetRedelivery() {
		a.Log.WithField("delivery", d.GetGUID()).WithField("repo", d.GetRepositoryID()).Warn("nobody took a delivery: what is open in its repository is reviewed again")
	}
	if d.GetInstallationID() == 0 {
		return a.unheard(ctx, since)
	}
	repos := []int64{d.GetRepositoryID()}
	return a.miss(ctx, d.GetInstallationID(), since.UnixMilli(), repos[0] == 0, repos)
}
