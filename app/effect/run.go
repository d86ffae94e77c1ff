package effect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
	"custody/app/hub"
	"custody/internal/store"
)

// Several pull requests may have one head and be for one branch: twins. GitHub holds a required
// check against a commit, by its name, and nowhere says which of several runs of one name counts:
// the newest, what ended last, or all. So a name on a commit has one run, whoever asks for it, and
// what it says is the word of one open subject:
//
//   - it lets the commit through while one of them passes: they bring the same commits to the same
//     branch, and who may merge that one may not be kept from it by another that anybody can open;
//   - of those that do not pass one speaks, where none passes: none of a fork where there is another,
//     and of those who came to the commit first, see ahead;
//   - where a merge queue made the commit, its group alone speaks.
//
// A subject speaks in one place. Before it leaves for another head or branch, or is closed, its
// success there is taken back, and another one is asked again, which speaks then.

// A run is the check run of a name on a commit.
type run struct {
	ID     int64   `json:"id,omitempty"`     // 0: it is being made
	By     string  `json:"by,omitempty"`     // the subject whose word it is; empty: nobody's
	Mark   string  `json:"mark,omitempty"`   // of what it says; empty: nothing came out yet, or it was taken back
	Before []int64 `json:"before,omitempty"` // runs beside which it was made: they say success as it does, else nothing that holds
	Writes int64   `json:"writes,omitempty"` // counts them, so that the same that was written again is told from what it was

	there bool   // it was begun at least
	done  bool   // else it is being made, or written: it may say what it said before
	kept  string // its text as the store has it; empty: nothing
	at    int64  // when it was kept, in Unix milliseconds
}

func (r *run) success() bool { return strings.HasSuffix(r.Mark, Success) }

// shows is the conclusion that GitHub shows, once it is written; empty: none, or "cancelled".
func (r *run) shows() string { return r.Mark[strings.LastIndexByte(r.Mark, ' ')+1:] }

// lets says whether the run may let through what it should not: by what it says, or by what it said
// before, since it is not known whether GitHub got what was written. In mode report only a success is
// such.
func (c *Check) lets(r *run) bool { return c.letsBy(r.shows()) || c.Enforces && r.ID != 0 && !r.done }

// letsBy says whether GitHub lets through what shows a conclusion. In mode report nothing else is
// wanted than that it lets through a failure, which is neutral there.
func (c *Check) letsBy(conclusion string) bool {
	return conclusion == string(checkrun.Success) || c.Enforces && conclusion == string(checkrun.Neutral)
}

// text is the form in which a run is kept.
func (r *run) text() string {
	text, err := json.Marshal(r)
	if err != nil {
		return "" // a struct of texts and numbers
	}
	return string(text)
}

// A spot is where a subject speaks.
type spot struct {
	Head string `json:"head"`
	Ref  string `json:"ref"`
	Name string `json:"name"` // of the check
}

func (c *Check) here() spot { return spot{c.Head, c.Ref, c.Name} }

func (c *Check) runKey(at spot) string {
	return fmt.Sprintf("run/%d/%s/%s", c.Repo.ID, at.Head, at.Ref)
}

func (c *Check) spokeKey() string { return fmt.Sprintf("spoke/%d/%s", c.Repo.ID, c.Subject) }

func (c *Check) run(ctx context.Context, at spot) (*run, error) {
	e, err := c.Log.Effect(ctx, c.runKey(at))
	if err != nil || e.Key == "" {
		return &run{}, err
	}
	r := &run{there: true, done: e.Done, kept: e.Result, at: e.At}
	if err := json.Unmarshal([]byte(e.Result), r); err != nil {
		return nil, fmt.Errorf("reading which check run is at %s: %w", at.Head, err)
	}
	return r, nil
}

// begin keeps what is about to be made or written, and finish that it is. Who holds the lock may have
// lost it, and what somebody else wrote since is not written over: that is ErrOverwritten.
func (c *Check) begin(ctx context.Context, at spot, r *run) error { return c.swap(ctx, at, r, false) }

func (c *Check) finish(ctx context.Context, at spot, r *run) error { return c.swap(ctx, at, r, true) }

func (c *Check) swap(ctx context.Context, at spot, r *run, done bool) error {
	r.Writes++
	text := r.text()
	ok, err := c.Log.Swap(ctx, store.Effect{Key: c.runKey(at), Done: r.done, Result: r.kept}, text, done)
	if err != nil {
		return err
	}
	if !ok {
		return ErrOverwritten
	}
	r.there, r.done, r.kept = true, done, text
	return nil
}

// betweenTries is how long one waits who comes while another one writes.
const betweenTries = 50 * time.Millisecond

// alone has nobody else write to the run of a name on a commit meanwhile, and only who has the
// subject. What do sends it begins before; what somebody else sent and did not come to the end of is
// kept as what may come late. If the database loses the lock, what do sent may come to GitHub behind
// what somebody else said: then the run is set right.
func (c *Check) alone(ctx context.Context, at spot, do func(*run) error) error {
	var r *run
	err := c.locked(ctx, at, func(is *run) error {
		if c.Held != nil {
			if err := c.Held(ctx); err != nil {
				return err
			}
		}
		if is.there && !is.done {
			if err := c.mayComeLate(ctx, at, is); err != nil {
				return err
			}
		}
		r = is
		return do(r)
	})
	if err == nil || r == nil || !errors.Is(err, ErrOverwritten) && ctx.Err() == nil {
		return err
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), rightTime)
	defer cancel()
	now, rerr := c.run(late, at)
	if rerr == nil && (now.kept != r.kept || now.done != r.done) { // else nobody else came to it
		anybody := *c
		anybody.Subject = ""
		_, rerr = anybody.setRight(late, at)
	}
	return errors.Join(err, rerr) // what fails is tried again, see Late
}

func (c *Check) locked(ctx context.Context, at spot, do func(*run) error) error {
	for {
		lock, ok, err := c.Log.Lock(ctx, c.runKey(at))
		if err != nil {
			return err
		}
		if ok {
			defer lock.Unlock()
			r, err := c.run(ctx, at)
			if err != nil {
				return err
			}
			return do(r)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(betweenTries):
		}
	}
}

// others are the other open subjects of a name on a commit.
func (c *Check) others(ctx context.Context, at spot) ([]store.Subject, error) {
	_, others, err := c.open(ctx, at)
	return others, err
}

// open are the open subjects of a name on a commit: this one, if it is there, and the others.
func (c *Check) open(ctx context.Context, at spot) (own *store.Subject, others []store.Subject, err error) {
	all, err := c.Log.AtHead(ctx, c.Repo.ID, at.Head)
	for _, s := range all {
		switch {
		case s.Stage != "merge" || s.Ref != at.Ref:
		case s.Name == c.Subject:
			own = &s
		default:
			others = append(others, s)
		}
	}
	return own, others, err
}

func named(all []store.Subject, name string) *store.Subject {
	if i := slices.IndexFunc(all, func(s store.Subject) bool { return s.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// ahead compares who speaks of two that do not pass. Who opened a pull request first may have pushed
// the commit of another one to it; of those who came to it within a minute, nobody knows better.
func ahead(a, b *store.Subject) int {
	minute := time.Minute.Milliseconds()
	return cmp.Or(cmp.Compare(fork(a), fork(b)), cmp.Compare(a.Came/minute, b.Came/minute), cmp.Compare(a.Number, b.Number))
}

func fork(s *store.Subject) int {
	if s.Fork {
		return 1
	}
	return 0
}

// speaks says whether it is for this subject to say what it found.
func (c *Check) speaks(ctx context.Context, r *run, passes bool) (bool, error) {
	own, others, err := c.open(ctx, c.here())
	if err != nil {
		return false, err
	}
	if !c.Group && slices.ContainsFunc(others, func(s store.Subject) bool { return s.Kind == "merge_group" }) {
		return false, nil
	}
	by := named(others, r.By)
	if by == nil || c.Group {
		return true, nil
	}
	if r.done && r.success() && by.Decision == "pass" && by.DoneHead == c.Head {
		return false, nil
	}
	return passes || own != nil && ahead(own, by) < 0, nil
}

// Heard says whether the run says what this subject found, or it is for another one to speak.
func (c *Check) Heard(ctx context.Context, mark string) (bool, error) {
	r, err := c.run(ctx, c.here())
	if err != nil {
		return false, err
	}
	if r.By == c.Subject {
		return r.done && r.Mark == mark, nil
	}
	speaks, err := c.speaks(ctx, r, strings.HasSuffix(mark, Success))
	return !speaks, err
}

// make gives the id of the run, and makes one, in progress, if there is none.
func (c *Check) make(ctx context.Context, r *run) (int64, error) {
	if r.ID != 0 {
		return r.ID, nil
	}
	if r.there { // begun: it may be there
		var err error
		if r.ID, err = c.find(ctx); err != nil {
			return 0, err
		}
	}
	if r.ID == 0 {
		if err := c.begin(ctx, c.here(), r); err != nil {
			return 0, err
		}
		made, _, err := c.Client.Checks.CreateCheckRun(toTheEnd(ctx), c.Repo.Owner, c.Repo.Name, github.CreateCheckRunOptions{
			Name: c.Name, HeadSHA: c.Head, ExternalID: github.String(c.external()),
			Status: github.String("in_progress"), StartedAt: &github.Timestamp{Time: c.Now().UTC()},
		})
		if err != nil {
			return 0, fmt.Errorf("creating the check run: %w", err)
		}
		r.ID, c.made = made.GetID(), made.GetID()
	}
	return r.ID, c.finish(ctx, c.here(), r)
}

// find looks for a run that was made before a crash. Nothing is said of a run before its id is kept,
// so one that is completed is an older one.
func (c *Check) find(ctx context.Context) (int64, error) {
	runs, err := c.list(ctx, c.here())
	return newest(slices.DeleteFunc(runs, func(r *github.CheckRun) bool { return r.GetStatus() == "completed" })).GetID(), err
}

// list are our runs of this name.
func (c *Check) list(ctx context.Context, at spot) (all []*github.CheckRun, err error) {
	for page := 1; page > 0; {
		runs, resp, err := c.Client.Checks.ListCheckRunsForRef(ctx, c.Repo.Owner, c.Repo.Name, at.Head, &github.ListCheckRunsOptions{
			CheckName: github.String(at.Name), AppID: github.Int64(c.AppID), Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100, Page: page},
		})
		if err != nil {
			return nil, fmt.Errorf("looking for the check run: %w", err)
		}
		for _, r := range runs.CheckRuns {
			if r.GetApp().GetID() == c.AppID {
				all = append(all, r)
			}
		}
		page = resp.NextPage
	}
	return all, nil
}

// newest of some runs; nil for none.
func newest(runs []*github.CheckRun) (run *github.CheckRun) {
	for _, r := range runs {
		if r.GetID() > run.GetID() {
			run = r
		}
	}
	return run
}

// adopt takes a newer run of ours for the one that is known: a store that was put back does not know
// of it, nor does who made another one meanwhile.
func (c *Check) adopt(r *run, newer *github.CheckRun) (id int64) {
	if newer.GetID() > r.ID {
		if r.ID != 0 {
			r.Before = append(r.Before, r.ID)
		}
		r.ID = newer.GetID()
	}
	return r.ID
}

// Stale says whether the check says success, and it is nobody's word any more, or that on another
// head of this subject.
func (c *Check) Stale(ctx context.Context, judged string) (bool, error) {
	r, err := c.run(ctx, c.here())
	if err != nil || !c.lets(r) {
		return false, err
	}
	if r.By == c.Subject {
		return judged != c.Head, nil
	}
	others, err := c.others(ctx, c.here())
	return named(others, r.By) == nil, err
}

// TakeBack takes a success back while the change is judged anew, if it is the word of this subject,
// or of none that is open: is says whether there was one. The run says so, and stays the only one of
// its name. A merge queue throws out what has a run that is cancelled, be it for a moment: for it,
// another run is made beside, in progress.
func (c *Check) TakeBack(ctx context.Context) (is bool, err error) {
	return c.takeBack(ctx, "It is judged again.", "Something happened to this change. What came out before does not hold until it is judged.")
}

func (c *Check) takeBack(ctx context.Context, title, why string) (is bool, err error) {
	if r, err := c.run(ctx, c.here()); err != nil || !c.lets(r) {
		return false, err
	}
	others, err := c.others(ctx, c.here())
	if err != nil {
		return false, err
	}
	err = c.alone(ctx, c.here(), func(r *run) error {
		if !c.lets(r) || r.By != c.Subject && named(others, r.By) != nil {
			return nil
		}
		is = true
		// From here on it does not hold, for the others that pass, too: they are asked to speak, whatever
		// happens before it is taken back.
		if err := c.begin(ctx, c.here(), r); err != nil {
			return err
		}
		if err := c.wake(ctx, c.here(), false); err != nil {
			return err
		}
		// Whoever comes to it says what came out, be it the same.
		if err := c.Log.Forget(ctx, c.Key()); err != nil {
			return err
		}
		if c.Group {
			*r = run{By: c.Subject, Before: append(r.Before, r.ID), Writes: r.Writes, kept: r.kept}
			_, err := c.make(ctx, r)
			return err
		}
		if err := c.cancelAll(ctx, r, c.here(), title, why); err != nil {
			return err
		}
		if r.Mark = ""; r.By != c.Subject {
			r.By = ""
		}
		return c.finish(ctx, c.here(), r)
	})
	return is, err
}

// PutOff has the run say that the change is judged again later, and why, if what it says is the word
// of this subject, or nobody's. A success does not hold meanwhile, nor does what may be written as one;
// what lets nothing through keeps its conclusion. Whoever judges the change says what came out, be it
// the same.
func (c *Check) PutOff(ctx context.Context, title, why string) error {
	if c.Enforces { // else nothing is to be kept from landing, not for a while either
		if is, err := c.takeBack(ctx, title, why); err != nil || is {
			return err
		}
	}
	return c.alone(ctx, c.here(), func(r *run) error {
		if r.ID == 0 || c.Enforces && c.lets(r) || r.By != "" && r.By != c.Subject {
			return nil
		}
		conclusion := cmp.Or(r.shows(), cancelled)
		if err := c.Log.Forget(ctx, c.Key()); err != nil {
			return err
		}
		if r.Mark = ""; conclusion != cancelled { // it is known still what GitHub shows, when it is put off once more
			r.Mark = overwritten + " " + conclusion
		}
		if err := c.begin(ctx, c.here(), r); err != nil {
			return err
		}
		if err := c.complete(ctx, r.ID, c.here(), c.external(), conclusion, title, why); err != nil {
			return err
		}
		return c.finish(ctx, c.here(), r)
	})
}

// wake asks those of the others of a name on a commit again that pass. Where none does, one speaks
// for all: that is asked, if it is wanted.
func (c *Check) wake(ctx context.Context, at spot, one bool) error {
	others, err := c.others(ctx, at)
	for _, s := range speakers(others, one) {
		err = errors.Join(err, c.Log.Again(ctx, &s))
	}
	return err
}

func speakers(others []store.Subject, one bool) []store.Subject {
	passes := slices.DeleteFunc(slices.Clone(others), func(s store.Subject) bool { return s.Decision != "pass" })
	if one && len(passes) == 0 && len(others) > 0 {
		return []store.Subject{slices.MinFunc(others, func(a, b store.Subject) int { return ahead(&a, &b) })}
	}
	return passes
}

// A Departure is why a subject speaks no more where it did.
type Departure int

const (
	Moves  Departure = iota // to another head, or branch
	Closes                  // without having landed
	Lands
)

// Leave takes back what this subject says elsewhere than here, or at all if it does not only move,
// and has the others speak there. Where there are none, a success stands on what landed, and on an
// older head: nothing that is open has it.
func (c *Check) Leave(ctx context.Context, why Departure) error {
	e, err := c.Log.Effect(ctx, c.spokeKey())
	if err != nil || e.Key == "" {
		return err
	}
	var at spot
	if err := json.Unmarshal([]byte(e.Result), &at); err != nil {
		return fmt.Errorf("reading where %s speaks: %w", c.Subject, err)
	}
	if why == Moves && at.Head == c.Head && at.Ref == c.Ref {
		return nil
	}
	turns := why == Moves && at.Head == c.Head
	title, text := "The pull request has another head.", "What came out for it does not hold for this commit any more."
	switch {
	case turns:
		title, text = "The pull request is for another branch.", "What came out for it does not hold for this one."
	case why == Closes:
		title, text = "The pull request is closed.", "What came out for it does not hold any more. If it is opened again, it is judged again."
	case why == Lands:
		title, text = "The pull request has landed.", "What came out for it does not hold for another one with this commit."
	}
	err = c.alone(ctx, at, func(r *run) error {
		others, err := c.others(ctx, at)
		if err != nil || r.By != c.Subject {
			return err
		}
		stands := len(others) == 0 && (why == Lands || why == Moves && !turns)
		if stands && !r.done { // it is not known what it says: whoever comes to the head takes that back
			return nil
		}
		says := r.Mark != "" && !strings.HasPrefix(r.Mark, overwritten) // else it may say when it is judged again
		switch {
		case r.ID == 0:
		case !stands && c.lets(r):
			if err := c.begin(ctx, at, r); err != nil {
				return err
			}
			if err := c.cancelAll(ctx, r, at, title, text); err != nil {
				return err
			}
		case r.done && !says && !c.lets(r):
			if err := c.begin(ctx, at, r); err != nil {
				return err
			}
			if err := c.complete(ctx, r.ID, at, c.external(), cmp.Or(r.shows(), cancelled), title, text); err != nil {
				return err
			}
		}
		if !stands {
			if r.By = ""; r.shows() != string(checkrun.Neutral) || c.Enforces {
				r.Mark = ""
			} // else it stays as it is, and is to be taken back once the mode is another
		}
		if turns && len(others) == 0 {
			return c.takeAlong(ctx, at, r)
		}
		return c.finish(ctx, at, r)
	})
	if err != nil {
		return err
	}
	if err := c.wake(ctx, at, true); err != nil {
		return err
	}
	return c.Log.Forget(ctx, c.spokeKey())
}

// takeAlong has a run that nobody else needs be about the branch that the change is for now, if
// there is none for that: what is said next names it.
func (c *Check) takeAlong(ctx context.Context, from spot, r *run) error {
	lock, ok, err := c.Log.Lock(ctx, c.runKey(c.here()))
	if err != nil {
		return err
	}
	if ok {
		defer lock.Unlock()
		there, err := c.run(ctx, c.here())
		if err != nil {
			return err
		}
		late, err := c.Log.Effect(ctx, c.lateKey(from))
		if err != nil {
			return err
		}
		if !there.there && late.Key == "" { // what comes late would have it be about the other branch again
			switch ok, err := c.Log.ForgetIf(ctx, c.runKey(from), r.kept); { // at first: it must not be in two places
			case err != nil:
				return err
			case !ok:
				return ErrOverwritten
			}
			return c.finish(ctx, c.here(), &run{ID: r.ID, Before: r.Before})
		}
	}
	return c.finish(ctx, from, r)
}

// cancelled is the conclusion of a run that says nothing that holds.
const cancelled = "cancelled"

// cancel makes a run that is over, or is not, say that nothing holds.
func (c *Check) cancel(ctx context.Context, id int64, at spot, title, why string) error {
	return c.complete(ctx, id, at, c.external(), cancelled, title, why)
}

// cancelAll cancels the run, and those beside which it was made.
func (c *Check) cancelAll(ctx context.Context, r *run, at spot, title, why string) error {
	for _, id := range append([]int64{r.ID}, r.Before...) {
		if err := c.cancel(ctx, id, at, title, why); err != nil {
			return err
		}
	}
	return nil
}

// complete makes a run say something else than a verdict. One that is gone says nothing any more.
// external says whose word it is; empty: as before.
func (c *Check) complete(ctx context.Context, id int64, at spot, external, conclusion, title, why string) error {
	_, _, err := c.Client.Checks.UpdateCheckRun(toTheEnd(ctx), c.Repo.Owner, c.Repo.Name, id, github.UpdateCheckRunOptions{
		Name: at.Name, ExternalID: text(external), Status: github.String("completed"), Conclusion: github.String(conclusion),
		CompletedAt: &github.Timestamp{Time: c.Now().UTC()},
		Output:      &github.CheckRunOutput{Title: github.String(title), Summary: github.String(why)},
	})
	if err == nil || gone(err) {
		return nil
	}
	return fmt.Errorf("making check run %d say %q: %w", id, title, err)
}

// gone says whether GitHub has a run no longer, by its error.
func gone(err error) bool {
	class, _ := hub.Classify(err)
	return class == hub.Gone
}
