// Package effect writes to GitHub, each thing once: it is written down what is about to
// happen, then it happens, then it is written down that it has. After a crash in between,
// GitHub is asked what became of it. Who finds that something else was intended meanwhile says
// so: the one that has the subject is right. What lets nothing through is not believed to be said
// because it was written down, since a store from before may have been put back: GitHub is asked.
//
// What an effect is keyed by:
//
//	run/REPO/HEAD/REF            the check run of a name on a commit: which, and whose word it
//	                             is, as JSON; while begun, it is being made or written
//	right/REPO/HEAD/REF          something that was begun may come late to that run: since when,
//	                             in Unix milliseconds; see Late
//	spoke/REPO/SUBJECT           where a subject spoke last, as JSON
//	conclude/REPO/SUBJECT/HEAD   what a subject has to say there: while begun, the whole of
//	                             it as JSON; when done, its mark
//	attach/REPO/SUBJECT/HEAD     the pack in the repository: as JSON which; when done,
//	                             the verdict's digest
//	attest/REPO/SUBJECT/HEAD     the same for GitHub's attestations
//	commented/REPO/NUMBER        the comment on a pull request: its id
//	comment/REPO/NUMBER          what it says: as JSON; when done, its mark
//	commented/.../COMMAND, comment/.../COMMAND   the same for the answer to a command
//	react/REPO/COMMENT           our reaction to a command: its content
package effect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
	"custody/app/event"
	"custody/app/hub"
	"custody/internal/store"
)

// A Log remembers effects.
type Log interface {
	Effect(ctx context.Context, key string) (store.Effect, error)
	Begin(ctx context.Context, key, intent string) error
	Finish(ctx context.Context, key, result string) error
	FinishIf(ctx context.Context, key, intent, result string) (ok bool, err error)
	Swap(ctx context.Context, was store.Effect, is string, done bool) (ok bool, err error)
	Later(ctx context.Context, key, intent string, at int64) error
	Postpone(ctx context.Context, e store.Effect, until int64) (ok bool, err error)
	Forget(ctx context.Context, key string) error
	ForgetIf(ctx context.Context, key, result string) (ok bool, err error)
	Lock(ctx context.Context, name string) (_ *store.Lock, ok bool, err error)
	AtHead(ctx context.Context, repo int64, head string) ([]store.Subject, error)
	Again(ctx context.Context, of *store.Subject) error
	SayAgain(ctx context.Context, of *store.Subject, key string) error
}

// A Check is what a subject has to say of a head, in the run that it shares with its twins.
type Check struct {
	Log     Log
	Client  *hub.Client
	Repo    *hub.Repository
	AppID   int64
	Subject string // empty: nobody's in particular, see Look
	Head    string
	Ref     string // that the change is for
	Name    string // "custody: main"
	Group   bool   // the subject is a merge group
	// Enforces says that a neutral run lets through what it should not; in mode report it should.
	Enforces bool
	Now      func() time.Time
	// Held says whether who writes has the subject still; nil: nobody has it.
	Held func(ctx context.Context) error

	made int64 // the run that it made itself, which is the newest
}

func key(what string, repo int64, subject, head string) string {
	return fmt.Sprintf("%s/%d/%s/%s", what, repo, subject, head)
}

func (c *Check) key(what string) string { return key(what, c.Repo.ID, c.Subject, c.Head) }

// Key of what the run says, see Intent.
func (c *Check) Key() string { return c.key("conclude") }

// ConcludeKey is the Key of the check run of a subject on a head.
func ConcludeKey(repo int64, subject, head string) string {
	return key("conclude", repo, subject, head)
}

// external ties a run to the subject whose word it is.
func (c *Check) external() string { return event.External(c.Repo.ID, c.Subject) }

// An Intent is what a run is going to say, and the mark that tells it from any other.
type Intent struct {
	Mark   string          `json:"mark"` // the verdict's digest, or what stands for one
	Output checkrun.Output `json:"output"`
	Again  bool            `json:"again,omitempty"` // somebody asked: it is said although the run says it
}

// Text is the form in which an intent is kept.
func (i Intent) Text() string {
	text, err := json.Marshal(i)
	if err != nil {
		return "" // a struct of texts
	}
	return string(text)
}

// Ensure makes a run, in progress, if there is none.
func (c *Check) Ensure(ctx context.Context) error {
	if r, err := c.run(ctx, c.here()); err != nil || r.ID != 0 {
		return err
	}
	return c.alone(ctx, c.here(), func(r *run) error {
		_, err := c.make(ctx, r)
		return err
	})
}

// Says is the mark of what this subject had to say last, or is about to: pending. Empty where that is
// nothing.
func (c *Check) Says(ctx context.Context) (mark string, pending bool, err error) {
	e, err := c.Log.Effect(ctx, c.Key())
	if err != nil || e.Key == "" {
		return "", false, err
	}
	if e.Done {
		return e.Result, false, nil
	}
	var intent Intent
	if err := json.Unmarshal([]byte(e.Result), &intent); err != nil {
		return "", false, fmt.Errorf("reading what the check run shall say: %w", err)
	}
	return intent.Mark, true, nil
}

// Spoke says whether the run says something that is the word of this subject, or is about to.
func (c *Check) Spoke(ctx context.Context) (bool, error) {
	r, err := c.run(ctx, c.here())
	if err != nil || r.By == c.Subject && r.Mark != "" {
		return err == nil, err
	}
	return c.Pending(ctx)
}

// Pending says whether something is intended that did not happen yet.
func (c *Check) Pending(ctx context.Context) (bool, error) {
	e, err := c.Log.Effect(ctx, c.Key())
	return err == nil && e.Key != "" && !e.Done, err
}

// Conclude makes the run say what is intended, if it does not say it yet, and it is for this subject
// to say it. first says that it was intended just now: then nobody can have tried, and the run is not
// asked.
func (c *Check) Conclude(ctx context.Context, first bool) error {
	e, err := c.Log.Effect(ctx, c.Key())
	if err != nil || e.Key == "" || e.Done {
		return err
	}
	var intent Intent
	if err := json.Unmarshal([]byte(e.Result), &intent); err != nil {
		return fmt.Errorf("reading what the check run shall say: %w", err)
	}
	return c.alone(ctx, c.here(), func(r *run) error {
		speaks, err := c.speaks(ctx, r, intent.Output.Conclusion == checkrun.Success)
		if err == nil && speaks {
			err = c.conclude(ctx, r, &intent, first)
		}
		if err != nil {
			return err
		}
		ok, err := c.Log.FinishIf(ctx, c.Key(), e.Result, intent.Mark)
		if err != nil || ok {
			return err
		}
		switch e, err := c.Log.Effect(ctx, c.Key()); {
		case err != nil:
			return err
		case e.Key == "", e.Done && e.Result == intent.Mark:
			return nil // it is said again by who saw to that, or is what everybody says
		}
		return ErrOverwritten
	})
}

func (c *Check) conclude(ctx context.Context, r *run, intent *Intent, first bool) error {
	id, err := c.make(ctx, r)
	if err != nil {
		return err
	}
	says := false
	switch {
	case id != c.made && intent.Output.Conclusion != checkrun.Success: // no success of ours may be newer, see adopt
		runs, err := c.list(ctx, c.here())
		if err != nil {
			return err
		}
		shown := newest(runs)
		id = c.adopt(r, shown)
		says = !first && !intent.Again && shown.GetID() == id && c.shows(shown, intent.Output)
	case !first && !intent.Again:
		if says, err = c.saysAlready(ctx, r, intent.Output); err != nil {
			return err
		}
	}
	spot, err := json.Marshal(c.here())
	if err != nil {
		return err
	}
	if err := c.Log.Finish(ctx, c.spokeKey(), string(spot)); err != nil {
		return err
	}
	r.By, r.Mark = c.Subject, intent.Mark
	if err := c.begin(ctx, c.here(), r); err != nil {
		return err
	}
	if !says {
		if err := c.write(ctx, id, intent.Output); err != nil {
			if gone(err) {
				return c.lost(ctx, r, err)
			}
			return fmt.Errorf("concluding the check run: %w", err)
		}
	}
	if err := c.annotate(ctx, id, intent.Output); err != nil {
		if gone(err) {
			return c.lost(ctx, r, err)
		}
		return fmt.Errorf("annotating the check run: %w", err)
	}
	for _, id := range r.Before {
		if r.success() {
			if err = c.write(ctx, id, intent.Output); gone(err) { // and says nothing that holds
				err = nil
			}
		} else {
			err = c.cancel(ctx, id, c.here(), "It was judged again.", "What came out is said by the run that was made after this one.")
		}
		if err != nil {
			return err
		}
	}
	return c.finish(ctx, c.here(), r)
}

// ErrOverwritten says that somebody else said something of the same head meanwhile, who had the
// subject, or the run, to themselves: nothing is kept of what was said behind that.
var ErrOverwritten = errors.New("the check run was written by somebody else, too")

// Holds says whether the run shows what it was made to say last, or is about to be made to, or it is
// not for this subject to say anything. If not, whoever comes to it says it: it is as if the run had
// said nothing, or nothing but a success.
func (c *Check) Holds(ctx context.Context) (holds bool, err error) {
	e, err := c.Log.Effect(ctx, c.Key())
	if err != nil || !e.Done {
		return e.Key != "", err
	}
	if heard, err := c.Heard(ctx, e.Result); err != nil || !heard {
		return false, err
	}
	return c.setRight(ctx, c.here())
}

// lost forgets a run that GitHub no longer has, so that the next try makes another; unless somebody
// else did by now.
func (c *Check) lost(ctx context.Context, r *run, err error) error {
	if _, ferr := c.Log.ForgetIf(ctx, c.runKey(c.here()), r.kept); ferr != nil {
		return ferr
	}
	return fmt.Errorf("the check run is gone: %w", err)
}

// saysAlready compares what a run shows with what it shall show: a try that did not end may
// have written it.
func (c *Check) saysAlready(ctx context.Context, r *run, o checkrun.Output) (bool, error) {
	run, _, err := c.Client.Checks.GetCheckRun(ctx, c.Repo.Owner, c.Repo.Name, r.ID)
	if err != nil {
		if gone(err) {
			return false, c.lost(ctx, r, err)
		}
		return false, fmt.Errorf("reading the check run: %w", err)
	}
	return c.shows(run, o), nil
}

func (c *Check) shows(run *github.CheckRun, o checkrun.Output) bool {
	return run.GetName() == c.Name && run.GetExternalID() == c.external() && run.GetStatus() == "completed" && run.GetConclusion() == string(o.Conclusion) &&
		run.GetOutput().GetTitle() == o.Title && run.GetOutput().GetSummary() == o.Summary
}

// Success ends the mark of what a run says that lets a change through.
const Success = " " + string(checkrun.Success)

// Press has what a run says be said again, be it the same, since somebody asked.
func Press(ctx context.Context, log Log, repo int64, subject, head string) error {
	return log.Forget(ctx, ConcludeKey(repo, subject, head))
}

// Waits makes a run that says nothing yet say why.
func (c *Check) Waits(ctx context.Context, why string) error {
	if e, err := c.Log.Effect(ctx, c.Key()); err != nil || e.Key != "" {
		return err
	}
	return c.alone(ctx, c.here(), func(r *run) error {
		if r.Mark != "" {
			return nil
		}
		id, err := c.make(ctx, r)
		if err != nil {
			return err
		}
		if err := c.begin(ctx, c.here(), r); err != nil {
			return err
		}
		_, _, err = c.Client.Checks.UpdateCheckRun(toTheEnd(ctx), c.Repo.Owner, c.Repo.Name, id, github.UpdateCheckRunOptions{
			Name: c.Name, ExternalID: github.String(c.external()), Status: github.String("in_progress"),
			Output: &github.CheckRunOutput{Title: github.String("It waits for its turn."), Summary: github.String(why)},
		})
		if err != nil {
			return fmt.Errorf("saying that the check waits: %w", err)
		}
		return c.finish(ctx, c.here(), r)
	})
}

func (c *Check) write(ctx context.Context, id int64, o checkrun.Output) error {
	update := github.UpdateCheckRunOptions{
		Name: c.Name, ExternalID: github.String(c.external()), Status: github.String("completed"), Conclusion: github.String(string(o.Conclusion)),
		CompletedAt: &github.Timestamp{Time: c.Now().UTC()},
		Output:      &github.CheckRunOutput{Title: github.String(o.Title), Summary: github.String(o.Summary)},
	}
	if o.Text != "" {
		update.Output.Text = github.String(o.Text)
	}
	if o.DetailsURL != "" {
		update.DetailsURL = github.String(o.DetailsURL)
	}
	for _, a := range o.Actions {
		update.Actions = append(update.Actions, &github.CheckRunAction{Label: a.Label, Description: a.Description, Identifier: a.Identifier})
	}
	_, _, err := c.Client.Checks.UpdateCheckRun(toTheEnd(ctx), c.Repo.Owner, c.Repo.Name, id, update)
	return err
}

// toTheEnd is for a request that is not given up with the review, only when GitHub does not answer
// in time: else nobody would know when it arrives there, and what was said by then.
func toTheEnd(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
