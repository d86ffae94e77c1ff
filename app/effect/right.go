package effect

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"custody/app/event"
	"custody/internal/store"
)

// What was sent to GitHub and not answered may be carried out there later: behind what somebody else
// said of the same commit meanwhile. Who sent it may be no more, or its subject be closed, or be about
// another commit. So whoever comes to a run that is only begun keeps that something may come late to
// it, before they write anything; and a run to which nobody comes is found by being begun. Until it
// can not come any more, what GitHub shows is held against what the run was made to say last, whoever's
// word that is: at first soon, and from then on after twice as long as it is since it was sent. So what
// came late stands for twice as long at most as it was on its way.

const (
	// Runs and Late are the beginnings of keys of runs, and of what may come late to one.
	Runs = "run/"
	Late = "right/"

	// Unanswered is for how long a run is only begun at most while somebody is at work on it.
	Unanswered = 45 * time.Second

	// soonest and Latest are how long one waits between two looks, and lateFor is how long something
	// may be on its way: a request has half a minute to be answered, and what is on the way to GitHub
	// when a process ends is given up by the system in some minutes.
	soonest = 10 * time.Second
	Latest  = 10 * time.Minute
	lateFor = 20 * time.Minute
	// goneFor is how long a repository is not ours, or GitHub says that a commit is not there, or lets
	// nobody write, until that is believed.
	goneFor = 24 * time.Hour

	// rightTime is how long it may take to set a run right.
	rightTime = time.Minute
)

// RunOf reads which run a key is about that begins with Runs or Late.
func RunOf(key string) (repo int64, head, ref string, ok bool) {
	_, rest, _ := strings.Cut(key, "/")
	digits, rest, _ := strings.Cut(rest, "/")
	head, ref, ok = strings.Cut(rest, "/")
	repo, err := strconv.ParseInt(digits, 10, 64)
	return repo, head, ref, ok && err == nil
}

func (c *Check) lateKey(at spot) string {
	return fmt.Sprintf("%s%d/%s/%s", Late, c.Repo.ID, at.Head, at.Ref)
}

// pause is how long to wait for the next look when something was sent a while ago, in milliseconds.
func pause(ago int64) int64 {
	if ago < 0 { // the clock was put back
		return Latest.Milliseconds()
	}
	return min(max(2*ago, soonest.Milliseconds()), Latest.Milliseconds())
}

// mayComeLate keeps that what was begun of a run may come late.
func (c *Check) mayComeLate(ctx context.Context, at spot, r *run) error {
	e, err := c.Log.Effect(ctx, c.lateKey(at))
	if err != nil {
		return err
	}
	if since, err := strconv.ParseInt(e.Result, 10, 64); err == nil && since >= r.at { // it is known
		return nil
	}
	now := c.Now().UnixMilli()
	return c.Log.Later(ctx, c.lateKey(at), strconv.FormatInt(r.at, 10), now+pause(now-r.at))
}

// Doubt keeps that something may come late to the run if it is only begun.
func (c *Check) Doubt(ctx context.Context) error {
	r, err := c.run(ctx, c.here())
	if err != nil || !r.there || r.done {
		return err
	}
	return c.mayComeLate(ctx, c.here(), r)
}

// Look holds the run against GitHub if something may come late to it, and nobody else does; and keeps
// when that is to be done again. right is false where the run showed something else than it should.
// Without a Client it is only put off. What may not be looked at, or set right, is given up after a
// day, see Refused: until then err says why.
func (c *Check) Look(ctx context.Context) (right bool, err error) {
	e, err := c.Log.Effect(ctx, c.lateKey(c.here()))
	if err != nil || e.Key == "" {
		return true, err
	}
	since, err := strconv.ParseInt(e.Result, 10, 64)
	if err != nil {
		return true, fmt.Errorf("reading since when something may come late: %w", err)
	}
	now := c.Now().UnixMilli()
	if ok, err := c.Log.Postpone(ctx, e, now+pause(now-since)); err != nil || !ok {
		return true, err
	}
	if c.Client == nil {
		if now-since >= goneFor.Milliseconds() {
			err = c.giveUp(ctx, &e)
		}
		return true, err
	}
	ctx, cancel := context.WithTimeout(ctx, rightTime)
	defer cancel()
	if right, err = c.setRight(ctx, c.here()); err == nil && now-since >= lateFor.Milliseconds() {
		_, err = c.Log.ForgetIf(ctx, e.Key, e.Result)
	} else if Refused(err) && now-since >= goneFor.Milliseconds() {
		err = c.giveUp(ctx, &e)
	}
	return right, err
}

// giveUp looks at a run no more that may not be looked at, or set right: its commit or its repository
// is gone, or nobody may write there. If it is only begun, it may say success, and is nobody's word
// from then on: whoever comes to it takes that back.
func (c *Check) giveUp(ctx context.Context, e *store.Effect) error {
	return c.locked(ctx, c.here(), func(r *run) error {
		if r.there && !r.done {
			if r.By, r.Mark = "", ""; r.ID != 0 {
				r.Mark = overwritten + Success
			}
			if err := c.finish(ctx, c.here(), r); err != nil {
				return err
			}
		}
		_, err := c.Log.ForgetIf(ctx, e.Key, e.Result)
		return err
	})
}

// setRight holds what GitHub shows against what the run was made to say last, whoever's word that is.
// If it differs, they are asked to say it again, unless they are about to; if nobody who is open says
// it, it lets nothing through. This subject is not asked: it is about to say it. right is false where
// it differed.
func (c *Check) setRight(ctx context.Context, at spot) (right bool, err error) {
	err = c.locked(ctx, at, func(r *run) error {
		if r.there && !r.done {
			if err := c.mayComeLate(ctx, at, r); err != nil {
				return err
			}
		}
		runs, err := c.list(ctx, at)
		if err != nil {
			return err
		}
		own, others, err := c.open(ctx, at)
		if err != nil {
			return err
		}
		by := named(others, r.By)
		if by == nil && r.By == c.Subject {
			by = own
		}
		shown := newest(runs)
		var let []int64 // runs that let through what they may not
		for _, s := range runs {
			if c.letsBy(s.GetConclusion()) && (s == shown || !c.letsBy(r.shows()) && (by == nil || by.Kind != "merge_group")) {
				let = append(let, s.GetID())
			}
		}
		says := shown.GetConclusion() == r.shows() && (r.By == "" || shown.GetExternalID() == event.External(c.Repo.ID, r.By))
		nothing := r.Mark == "" && len(let) == 0
		same := shown.GetID() == r.ID && (nothing || says && r.Mark != "" && (c.letsBy(r.shows()) || len(let) == 0))
		switch {
		case same && r.done, !r.there && len(let) == 0:
			right = true
			return nil
		case same && (by != nil || own == nil && len(others) == 0): // it is known now, and stands
			right = true
			return c.finish(ctx, at, r)
		}
		// Whoever is to speak is asked before anything is kept as settled.
		var asked []store.Subject
		switch {
		case by == nil:
			asked = speakers(others, true)
		case by == own:
			err = c.Log.Forget(ctx, c.Key())
		default:
			asked = []store.Subject{*by}
		}
		why, external := "", ""
		for _, s := range asked {
			err = errors.Join(err, c.Log.SayAgain(ctx, &s, ConcludeKey(c.Repo.ID, s.Name, at.Head)))
			external = event.External(c.Repo.ID, s.Name)
		}
		if err != nil {
			return err
		}
		switch {
		case len(let) == 0 || by != nil && by == own: // it says so itself, at once
		case by == nil:
			why = "The pull request that it came out for is closed, or has another commit by now."
		case c.Enforces && !c.letsBy(r.shows()) && by.Kind != "merge_group": // whose runs are not cancelled, see TakeBack
			why = "It came late: something else had come out by then. It is judged again."
		}
		c.adopt(r, shown)
		if r.Mark = ""; why == "" && c.letsBy(shown.GetConclusion()) {
			r.Mark = overwritten + " " + shown.GetConclusion()
		}
		if by == nil {
			r.By = ""
		}
		if why != "" {
			if err := c.begin(ctx, at, r); err != nil {
				return err
			}
			for _, id := range let {
				if err := c.complete(ctx, id, at, external, cancelled, "What came out does not hold.", why); err != nil {
					return err
				}
			}
		}
		return c.finish(ctx, at, r)
	})
	return right, err
}

// overwritten stands for what a run says of which only that is known.
const overwritten = "overwritten"
