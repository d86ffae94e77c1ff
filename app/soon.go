package app

import (
	"context"
	"time"

	"custody/app/hookin"
)

// GitHub does not try again by itself. A delivery that could not be stored is asked for as
// soon as the store takes anything again, and not with the next sweep: somebody waits for
// their check.

// How long to wait before it is tried, at first and at most: behind that, sweeps come
// round anyway.
const (
	soonest = time.Second
	latest  = 5 * time.Minute
)

// told is told what became of each delivery.
func (s *Server) told(outcome string) {
	s.App.metrics.seen(outcome)
	if outcome == hookin.NotStored || outcome == hookin.Busy { // it may have been GitHub's
		select {
		case s.missed <- struct{}{}:
		default: // somebody is about to look
		}
	}
}

// catchUp looks for missed deliveries when one could not be stored, until ctx ends. Where
// it happens again and again, it waits longer and longer: each is asked for a few times only.
func (s *Server) catchUp(ctx context.Context) {
	wait := soonest
	for {
		calm := time.NewTimer(latest)
		select {
		case <-ctx.Done():
			return
		case <-calm.C:
			wait = soonest
			continue
		case <-s.missed:
			calm.Stop()
		}
		for done := false; !done; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			wait = min(2*wait, latest)
			again, err := s.App.sweepNow(ctx)
			if err != nil && ctx.Err() == nil {
				s.Log.WithError(err).Warn("deliveries could not be stored, and can not be asked for yet")
			}
			done = err == nil && !again || wait == latest
		}
	}
}

// sweepNow is a sweep, if the store takes anything. again says that there was a delivery of
// which GitHub may still be waiting for the answer.
func (a *App) sweepNow(ctx context.Context) (again bool, err error) {
	if err := a.store.SetMark(ctx, sweepMark+"/soon", a.Now().UTC().Format(time.RFC3339)); err != nil {
		return false, err
	}
	return a.sweep(ctx)
}
