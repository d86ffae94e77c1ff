package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"custody/internal/store"
)

// Processes that share a store may be configured otherwise for a while: one after the other is
// started again with another mode, floor or trusted keys. What the process says that started
// last, counts: it asks for all that is open anew, and the others leave all reviews to it and
// its like. When none of these lives any more, who is left takes over again.

// judgedMark is the mark of what is judged by, and askedMark of that by which all that is open
// was asked for last.
const (
	judgedMark = "judged-by"
	askedMark  = "judged-by/asked"
)

// judgedBy is a digest of what the operator judges by.
func (a *App) judgedBy() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", a.Mode)
	for _, f := range []*File{a.Floor, a.Keys} {
		if f != nil {
			fmt.Fprintf(h, "%x", sha256.Sum256(f.Text))
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// judgedByThis says that reviews are made by what this process judges by. If that is not what
// all that is open was asked for last by, that is asked for again: by another mode, floor or
// trusted keys, what was let through may not be.
func (a *App) judgedByThis(ctx context.Context) error {
	if err := a.store.Works(ctx, a.by); err != nil {
		return err
	}
	// Before anything is asked for: who judges by something else leaves it to us from now on.
	if err := a.store.SetMark(ctx, judgedMark, a.by); err != nil {
		return err
	}
	a.overtaken.Store(false)
	asked, err := a.store.Mark(ctx, askedMark)
	if err != nil || asked == a.by {
		return err
	}
	n, err := a.allAgain(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		a.Log.WithField("subjects", n).Info("mode, floor or trusted keys are not what they were: all that is open is reviewed again")
	}
	return a.store.SetMark(ctx, askedMark, a.by)
}

// allAgain asks for a review of all that is open at merge, and says how much that is.
func (a *App) allAgain(ctx context.Context) (int, error) {
	open, err := a.store.OpenAtMerge(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range open {
		if err := a.store.Again(ctx, &s); err != nil {
			return 0, err
		}
	}
	return len(open), nil
}

// leaveWait is how long a process leaves a job that it must not do to the others.
const leaveWait = 5 * time.Second

// judges says whether this process may judge; if not, err leaves the job to those that may.
func (a *App) judges(ctx context.Context) error {
	by, err := a.store.Mark(ctx, judgedMark)
	if err != nil {
		return err
	}
	// Without a mark nobody serves: this is one review that somebody makes by hand.
	if was := a.overtaken.Swap(by != "" && by != a.by); was != a.overtaken.Load() {
		if was {
			a.Log.Info("this process judges again")
		} else {
			a.Log.Warn(overtakenText)
		}
	}
	if a.overtaken.Load() {
		return &store.LaterError{After: min(leaveWait, a.LookEvery), Why: errors.New(overtakenText)}
	}
	return nil
}

const overtakenText = "a process that was started later judges by another mode, floor or trusted keys: this one leaves reviews to it. Restart this one with what shall count, or stop it"

// Each process looks once in a minute whether it may judge. One that may not takes over when
// nobody who may was alive at so many looks: at one of them, the database may just have been
// started again, and who lives have said so anew.
const (
	lookEvery  = time.Minute
	looksAlone = 3
)

// watch keeps this process known to be alive, and takes over from those that are not, until
// ctx ends.
func (s *Server) watch(ctx context.Context) {
	tick := time.NewTicker(s.App.LookEvery)
	defer tick.Stop()
	for alone := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		is, err := s.App.alone(ctx)
		if err == nil && is {
			alone++
		} else {
			alone = 0
		}
		if alone >= looksAlone {
			s.Log.Warn("no process lives that judges by what counts: this one takes over")
			err, alone = s.App.judgedByThis(ctx), 0
		}
		if err != nil && ctx.Err() == nil {
			s.Log.WithError(err).Warn("who judges could not be looked at")
		}
	}
}

// alone says whether this process must not judge, and nobody lives who may.
func (a *App) alone(ctx context.Context) (bool, error) {
	if err := a.store.Live(ctx); err != nil {
		return false, err
	}
	if later := (*store.LaterError)(nil); !errors.As(a.judges(ctx), &later) {
		return false, nil
	}
	by, err := a.store.Mark(ctx, judgedMark)
	if err != nil {
		return false, err
	}
	others, err := a.store.Workers(ctx, by)
	return len(others) == 0, err
}
