package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"custody/internal/config"
	"custody/internal/review"
	"custody/internal/store"
)

// Processes that share a store may be configured otherwise for a while, or be another version of
// the program: one after the other is started again. What the process says whose configuration came
// last counts: it asks for what is open anew, and the others leave all reviews to it and its like.
// When none of these lives any more, who is left takes over; but the reviews are theirs again when
// they are back, such as after the database could not be reached from where they run. And who lets
// through what they would not takes over only from those that stopped in order: else a failure of
// the network would turn what is enforced into what is reported.

// judgedMark is the mark of what is judged by, see judging, and askedMark of that by which what is
// open was asked for last.
const (
	judgedMark = "judged-by"
	askedMark  = "judged-by/asked"
)

// judgedBy is what this process judges by: the mode, a digest of what else the operator says, and
// one of the version of the program.
func (a *App) judgedBy() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %v\n", a.MaxChange, a.Salts != nil)
	for _, f := range []*File{a.Floor, a.Keys} {
		if f != nil {
			fmt.Fprintf(h, "%x", sha256.Sum256(f.Text))
		}
		fmt.Fprintln(h)
	}
	version := sha256.Sum256([]byte(a.Version))
	return fmt.Sprintf("%s/%x/%x", a.Mode, h.Sum(nil), version[:8])
}

// configuredAs says whether two judge by the same but for the version of the program.
func configuredAs(by, other string) bool {
	last := strings.LastIndexByte(by, '/')
	return last > 0 && last == strings.LastIndexByte(other, '/') && by[:last] == other[:last]
}

// milder says whether a process in mode report would follow one that enforces.
func milder(by, than string) bool {
	return strings.HasPrefix(by, string(config.Report)+"/") && strings.HasPrefix(than, string(config.Enforce)+"/")
}

// A judging is what is judged by, and what was before that came, the newest last: who judges by one
// of these is not what was configured last.
type judging struct {
	by     string
	before []string
}

// maxBefore is how much of what was before is known.
const maxBefore = 20

func readJudging(mark string) (j judging) {
	if all := strings.Fields(mark); len(all) > 0 {
		j = judging{all[0], all[1:]}
	}
	return j
}

func (j judging) String() string { return strings.Join(append([]string{j.by}, j.before...), " ") }

// outdated says whether something else was configured behind that.
func (j judging) outdated(by string) bool { return slices.Contains(j.before, by) }

// started is what holds when a process was started that judges by that.
func (j judging) started(by string) judging {
	if j.by == by && !j.outdated(by) {
		return j
	}
	before := slices.DeleteFunc(append(slices.Clone(j.before), j.by), func(b string) bool { return b == by || b == "" })
	return judging{by, before[max(0, len(before)-maxBefore):]}
}

// judging reads what is judged by.
func (a *App) judging(ctx context.Context) (judging, string, error) {
	mark, err := a.store.Mark(ctx, judgedMark)
	return readJudging(mark), mark, err
}

// starting says that this process was started. One that is configured as was before leaves reviews
// to those that live and are configured as came behind that: it is one of the old ones that was
// started again.
func (a *App) starting(ctx context.Context) error {
	if err := a.store.Works(ctx, a.by); err != nil {
		return err
	}
	for {
		was, mark, err := a.judging(ctx)
		if err != nil {
			return err
		}
		if was.by != a.by && was.outdated(a.by) {
			if live, _, err := a.store.Workers(ctx, was.by); err != nil {
				return err
			} else if len(live) > 0 {
				a.overtaken.Store(true)
				a.Log.Warn(overtakenText)
				return nil
			}
		}
		if ok, err := a.store.SwapMark(ctx, judgedMark, mark, was.started(a.by).String()); err != nil {
			return err
		} else if ok {
			return a.judgedByThis(ctx)
		}
	}
}

// takeOver has this process judge, until those are back that are configured as came last.
func (a *App) takeOver(ctx context.Context) error {
	was, mark, err := a.judging(ctx)
	if err != nil {
		return err
	}
	if was.by != a.by && !was.outdated(a.by) { // this one is: it was away
		was = was.started(a.by)
	}
	was.by = a.by
	if ok, err := a.store.SwapMark(ctx, judgedMark, mark, was.String()); err != nil || !ok {
		return err
	}
	return a.judgedByThis(ctx)
}

// judgedByThis asks for what is open again, if it was asked for by something else last: by another
// mode, floor, keys or program, what was let through may not be. Another program alone has that
// reviewed again which passes or is being judged, behind all else that waits.
func (a *App) judgedByThis(ctx context.Context) error {
	a.overtaken.Store(false)
	if err := a.store.ForgetDead(ctx); err != nil {
		return err
	}
	asked, err := a.store.Mark(ctx, askedMark)
	if err != nil || asked == a.by {
		return err
	}
	again := store.Wake{}
	if configuredAs(asked, a.by) {
		again.Last = true
		again.Which = func(o *store.Subject) bool { return o.Decision == review.Pass.String() || o.DoneTurn < o.Turn }
	}
	n, err := a.allAgain(ctx, again)
	if err != nil {
		return err
	}
	if n > 0 {
		a.Log.WithField("subjects", n).Info("version, mode, floor, trusted keys, salts or change_mb are not what they were: what is open is reviewed again")
	}
	return a.store.SetMark(ctx, askedMark, a.by)
}

// allAgain asks for a review of all that is open at merge, or some of it, and says how much that is.
func (a *App) allAgain(ctx context.Context, again store.Wake) (n int, err error) {
	open, err := a.store.OpenAtMerge(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range open {
		if again.Which != nil && !again.Which(&s) {
			continue
		}
		again.Repo, again.Name = s.Repo, s.Name
		if err := a.store.Wake(ctx, again); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// leaveWait is how long a process leaves a job that it must not do to the others.
const leaveWait = 5 * time.Second

// judges says whether this process may judge; if not, err leaves the job to those that may.
func (a *App) judges(ctx context.Context) error {
	is, _, err := a.judging(ctx)
	if err != nil {
		return err
	}
	// Without a mark nobody serves: this is one review that somebody makes by hand.
	if was := a.overtaken.Swap(is.by != "" && is.by != a.by); was != a.overtaken.Load() {
		if was {
			a.Log.Info("this process judges again")
		} else {
			a.Log.Warn(overtakenText)
		}
	}
	if a.overtaken.Load() {
		// Both look for jobs once in a second: after a wait that is always the same, this process could
		// be the first to come to it each time.
		return &store.LaterError{After: min(leaveWait, a.LookEvery) + rand.N(time.Second), Why: errors.New(overtakenText)}
	}
	return nil
}

const overtakenText = "reviews are left to processes of another version, mode, floor, trusted keys, salts or change_mb, which came later than what this one has. Restart this one with what shall count, or stop it"

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
		next, err := s.App.look(ctx)
		switch {
		case err != nil || next == leaves:
			alone = 0
		case next == isNext:
			s.Log.Info("this process is configured as came last: it judges again")
			err, alone = s.App.takeOver(ctx), 0
		default:
			if alone++; alone < looksAlone {
				break
			}
			if alone = 0; next == mustNot {
				s.Log.Warn("no process lives any more that enforces, and none said that it stops: this one, in mode report, would let through what they would not. Start one of them again, or restart this one if its mode shall count")
				break
			}
			s.Log.Warn("no process lives that judges by what counts: this one takes over")
			err = s.App.takeOver(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.WithError(err).Warn("who judges could not be looked at")
		}
	}
}

type nextJudge int

const (
	leaves  nextJudge = iota // it judges, or others live who do
	isNext                   // others do who must not
	isLeft                   // nobody lives who may
	mustNot                  // nor is left who may
)

// look says whether this process must not judge, and is the one that should.
func (a *App) look(ctx context.Context) (nextJudge, error) {
	if err := a.store.Live(ctx); err != nil {
		return leaves, err
	}
	if err := a.store.Works(ctx, a.by); err != nil { // others may have taken it for dead
		return leaves, err
	}
	if later := (*store.LaterError)(nil); !errors.As(a.judges(ctx), &later) {
		return leaves, nil
	}
	is, _, err := a.judging(ctx)
	if err != nil {
		return leaves, err
	}
	if is.outdated(is.by) && !is.outdated(a.by) {
		return isNext, nil
	}
	live, gone, err := a.store.Workers(ctx, is.by)
	switch {
	case err != nil || len(live) > 0:
		return leaves, err
	case len(gone) > 0 && milder(a.by, is.by):
		return mustNot, nil
	}
	return isLeft, nil
}
