// Package effect writes to GitHub, each thing once: it is written down what is about to
// happen, then it happens, then it is written down that it has. After a crash in between,
// GitHub is asked what became of it. Who finds that something else was intended meanwhile says
// so: the one that has the subject is right. What lets nothing through is not believed to be said
// because it was written down, since a store from before may have been put back: GitHub is asked.
//
// What an effect is keyed by:
//
//	check/REPO/SUBJECT/HEAD      the check run on a head: its id
//	conclude/REPO/SUBJECT/HEAD   what the run says: while begun, the whole of it as
//	                             JSON; when done, its mark
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
	"slices"
	"strconv"
	"strings"
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
	Forget(ctx context.Context, key string) error
	ForgetIf(ctx context.Context, key, result, other string) (ok bool, err error)
}

// A Check is the check run of a subject on a head.
type Check struct {
	Log     Log
	Client  *hub.Client
	Repo    *hub.Repository
	AppID   int64
	Subject string
	Head    string
	Name    string // "custody: main"
	Turns   bool   // the change may be turned to another branch, and Name with it
	Now     func() time.Time

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

// external ties a run to its subject: two pull requests may have one head.
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

// Ensure gives the id of the run, and makes one, in progress, if there is none.
func (c *Check) Ensure(ctx context.Context) (int64, error) {
	key := c.key("check")
	e, err := c.Log.Effect(ctx, key)
	if err != nil {
		return 0, err
	}
	if e.Done {
		return strconv.ParseInt(e.Result, 10, 64)
	}
	id := int64(0)
	if e.Key != "" { // begun: it may be there
		if id, err = c.find(ctx); err != nil {
			return 0, err
		}
	} else if err := c.Log.Begin(ctx, key, ""); err != nil {
		return 0, err
	}
	if id == 0 {
		run, _, err := c.Client.Checks.CreateCheckRun(toTheEnd(ctx), c.Repo.Owner, c.Repo.Name, github.CreateCheckRunOptions{
			Name: c.Name, HeadSHA: c.Head, ExternalID: github.String(c.external()),
			Status: github.String("in_progress"), StartedAt: &github.Timestamp{Time: c.Now().UTC()},
		})
		if err != nil {
			return 0, fmt.Errorf("creating the check run: %w", err)
		}
		id = run.GetID()
		c.made = id
	}
	return id, c.Log.Finish(ctx, key, strconv.FormatInt(id, 10))
}

// find looks for a run that was made before a crash. Nothing is said of a run before its id is kept,
// so one that is completed is an older one.
func (c *Check) find(ctx context.Context) (int64, error) {
	run, err := c.newest(ctx, func(r *github.CheckRun) bool { return r.GetStatus() != "completed" })
	return run.GetID(), err
}

// newest is the newest of our runs of this check, see Anew, of those that are meant; nil for none.
func (c *Check) newest(ctx context.Context, means func(*github.CheckRun) bool) (run *github.CheckRun, err error) {
	for page := 1; page > 0; {
		runs, resp, err := c.Client.Checks.ListCheckRunsForRef(ctx, c.Repo.Owner, c.Repo.Name, c.Head, &github.ListCheckRunsOptions{
			CheckName: github.String(c.Name), AppID: github.Int64(c.AppID), Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100, Page: page},
		})
		if err != nil {
			return nil, fmt.Errorf("looking for the check run: %w", err)
		}
		for _, r := range runs.CheckRuns {
			if r.GetExternalID() == c.external() && r.GetApp().GetID() == c.AppID && means(r) && r.GetID() > run.GetID() {
				run = r
			}
		}
		page = resp.NextPage
	}
	return run, nil
}

func every(*github.CheckRun) bool { return true }

// adopt takes a newer run of ours for the one that is known: a store that was put back does not know
// of it.
func (c *Check) adopt(ctx context.Context, id int64, run *github.CheckRun) (int64, error) {
	if run.GetID() <= id {
		return id, nil
	}
	return run.GetID(), c.Log.Finish(ctx, c.key("check"), strconv.FormatInt(run.GetID(), 10))
}

// Says is the mark of what the run says, or is about to: pending. Empty where that is nothing.
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

// Pending says whether something is intended that did not happen yet.
func (c *Check) Pending(ctx context.Context) (bool, error) {
	e, err := c.Log.Effect(ctx, c.Key())
	return err == nil && e.Key != "" && !e.Done, err
}

// Conclude makes the run say what is intended, if it does not say it yet. first says that it
// was intended just now: then nobody can have tried, and the run is not asked.
func (c *Check) Conclude(ctx context.Context, first bool) error {
	e, err := c.Log.Effect(ctx, c.Key())
	if err != nil || e.Key == "" || e.Done {
		return err
	}
	var intent Intent
	if err := json.Unmarshal([]byte(e.Result), &intent); err != nil {
		return fmt.Errorf("reading what the check run shall say: %w", err)
	}
	id, err := c.Ensure(ctx)
	if err != nil {
		return err
	}
	says := false
	switch {
	case id != c.made && intent.Output.Conclusion != checkrun.Success: // no success of ours may be newer, see adopt
		run, err := c.newest(ctx, every)
		if err != nil {
			return err
		}
		if id, err = c.adopt(ctx, id, run); err != nil {
			return err
		}
		says = !first && !intent.Again && run.GetID() == id && c.shows(run, intent.Output)
	case !first && !intent.Again:
		if says, err = c.saysAlready(ctx, id, intent.Output); err != nil {
			return err
		}
	}
	if !says {
		if err := c.write(ctx, id, intent.Output); err != nil {
			if class, _ := hub.Classify(err); class == hub.Gone {
				return c.lost(ctx, err)
			}
			return fmt.Errorf("concluding the check run: %w", err)
		}
	}
	if err := c.annotate(ctx, id, intent.Output); err != nil {
		if class, _ := hub.Classify(err); class == hub.Gone {
			return c.lost(ctx, err)
		}
		return fmt.Errorf("annotating the check run: %w", err)
	}
	ok, err := c.Log.FinishIf(ctx, c.Key(), e.Result, intent.Mark)
	if err != nil || ok {
		return err
	}
	switch e, err = c.Log.Effect(ctx, c.Key()); {
	case err != nil:
		return err
	case e.Key == "", e.Done && slices.Contains([]string{intent.Mark, pressed + Success, overwritten + Success}, e.Result):
		return nil // it is said again by who saw to that, or is what everybody says
	}
	return ErrOverwritten
}

// ErrOverwritten says that somebody else said something of the same head meanwhile, who had the
// subject to themselves: the run may show what was overtaken. See Holds.
var ErrOverwritten = errors.New("the check run was written by somebody else, too")

// Holds says whether the run shows what it was made to say last, or is about to be made to. If not,
// whoever comes to it says it: it is as if the run had said nothing, or nothing but a success.
func (c *Check) Holds(ctx context.Context) (bool, error) {
	e, err := c.Log.Effect(ctx, c.Key())
	if err != nil || !e.Done {
		return e.Key != "", err
	}
	id, err := c.Ensure(ctx)
	if err != nil {
		return false, err
	}
	run, err := c.newest(ctx, every)
	if err != nil {
		return false, err
	}
	if id, err = c.adopt(ctx, id, run); err != nil {
		return false, err
	}
	shows := " " + run.GetConclusion()
	switch {
	case run.GetID() == id && run.GetStatus() == "completed" && strings.HasSuffix(e.Result, shows):
		return true, nil
	case shows == Success:
		return false, c.Log.Finish(ctx, c.Key(), overwritten+Success)
	}
	return false, c.Log.Forget(ctx, c.Key())
}

// overwritten and pressed stand for what a run says of which only that is known.
const (
	overwritten = "overwritten"
	pressed     = "pressed"
)

// lost forgets a run that GitHub no longer has, so that the next try makes another.
func (c *Check) lost(ctx context.Context, err error) error {
	if ferr := c.Log.Forget(ctx, c.key("check")); ferr != nil {
		return ferr
	}
	return fmt.Errorf("the check run is gone: %w", err)
}

// saysAlready compares what a run shows with what it shall show: a try that did not end may
// have written it.
func (c *Check) saysAlready(ctx context.Context, id int64, o checkrun.Output) (bool, error) {
	run, _, err := c.Client.Checks.GetCheckRun(ctx, c.Repo.Owner, c.Repo.Name, id)
	if err != nil {
		if class, _ := hub.Classify(err); class == hub.Gone {
			return false, c.lost(ctx, err)
		}
		return false, fmt.Errorf("reading the check run: %w", err)
	}
	return c.shows(run, o), nil
}

func (c *Check) shows(run *github.CheckRun, o checkrun.Output) bool {
	return run.GetName() == c.Name && run.GetStatus() == "completed" && run.GetConclusion() == string(o.Conclusion) &&
		run.GetOutput().GetTitle() == o.Title && run.GetOutput().GetSummary() == o.Summary
}

// Success ends the mark of what a run says that lets a change through.
const Success = " " + string(checkrun.Success)

// Anew makes another run, in progress, beside one that lets a change through, which is judged
// anew: is says whether there was one. GitHub takes the newest of a name for what holds; the old one
// is cancelled all the same where the new one may take another name with the branch that the change
// is for, and would leave it the newest of its own. A merge queue throws out what has a run that is
// cancelled, be it for a moment.
func (c *Check) Anew(ctx context.Context) (is bool, err error) {
	e, err := c.Log.Effect(ctx, c.Key())
	if err != nil || !e.Done || !strings.HasSuffix(e.Result, Success) {
		return false, err
	}
	old, err := c.Log.Effect(ctx, c.key("check"))
	if err != nil {
		return false, err
	}
	var cancelled error
	if c.Turns {
		cancelled = c.cancel(ctx, old)
	}
	// Whoever comes to it from here on says what the run says, be it the same; and makes the run,
	// if that does not go well now.
	if ok, err := c.Log.ForgetIf(ctx, c.Key(), e.Result, c.key("check")); err != nil || !ok {
		return false, errors.Join(err, cancelled)
	}
	_, err = c.Ensure(ctx)
	return true, errors.Join(err, cancelled)
}

// cancel takes a success from a run that is over. One that is gone says nothing any more.
func (c *Check) cancel(ctx context.Context, run store.Effect) error {
	id, err := strconv.ParseInt(run.Result, 10, 64)
	if err != nil || !run.Done {
		return nil
	}
	_, _, err = c.Client.Checks.UpdateCheckRun(toTheEnd(ctx), c.Repo.Owner, c.Repo.Name, id, github.UpdateCheckRunOptions{
		Name: c.Name, ExternalID: github.String(c.external()), Status: github.String("completed"), Conclusion: github.String("cancelled"),
		CompletedAt: &github.Timestamp{Time: c.Now().UTC()},
		Output:      &github.CheckRunOutput{Title: github.String("It is judged again."), Summary: github.String("What comes out is said by the run that was made after this one.")},
	})
	if class, _ := hub.Classify(err); err == nil || class == hub.Gone {
		return nil
	}
	return fmt.Errorf("cancelling the check run from before: %w", err)
}

// Press has what a run says be said again, be it the same, since somebody asked. That it lets a
// change through stays known, see Anew.
func Press(ctx context.Context, log Log, repo int64, subject, head string) error {
	key := ConcludeKey(repo, subject, head)
	e, err := log.Effect(ctx, key)
	switch {
	case err != nil:
		return err
	case e.Done && strings.HasSuffix(e.Result, Success):
		return log.Finish(ctx, key, pressed+Success)
	}
	return log.Forget(ctx, key)
}

// Waits makes a run that said nothing yet say why.
func (c *Check) Waits(ctx context.Context, why string) error {
	if e, err := c.Log.Effect(ctx, c.Key()); err != nil || e.Key != "" {
		return err
	}
	id, err := c.Ensure(ctx)
	if err != nil {
		return err
	}
	_, _, err = c.Client.Checks.UpdateCheckRun(ctx, c.Repo.Owner, c.Repo.Name, id, github.UpdateCheckRunOptions{
		Name: c.Name, ExternalID: github.String(c.external()), Status: github.String("in_progress"),
		Output: &github.CheckRunOutput{Title: github.String("It waits for its turn."), Summary: github.String(why)},
	})
	if err != nil {
		return fmt.Errorf("saying that the check waits: %w", err)
	}
	return nil
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
