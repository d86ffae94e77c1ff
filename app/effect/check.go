// Package effect writes to GitHub, each thing once: it is written down what is about to
// happen, then it happens, then it is written down that it has. After a crash in between,
// GitHub is asked what became of it.
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
	Forget(ctx context.Context, key string) error
	ForgetBoth(ctx context.Context, one, other string) error
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
		run, _, err := c.Client.Checks.CreateCheckRun(ctx, c.Repo.Owner, c.Repo.Name, github.CreateCheckRunOptions{
			Name: c.Name, HeadSHA: c.Head, ExternalID: github.String(c.external()),
			Status: github.String("in_progress"), StartedAt: &github.Timestamp{Time: c.Now().UTC()},
		})
		if err != nil {
			return 0, fmt.Errorf("creating the check run: %w", err)
		}
		id = run.GetID()
	}
	return id, c.Log.Finish(ctx, key, strconv.FormatInt(id, 10))
}

// find looks for a run that was made before a crash: the newest, see Anew. Nothing is said of a run
// before its id is kept, so one that is completed is an older one.
func (c *Check) find(ctx context.Context) (id int64, err error) {
	for page := 1; page > 0; {
		runs, resp, err := c.Client.Checks.ListCheckRunsForRef(ctx, c.Repo.Owner, c.Repo.Name, c.Head, &github.ListCheckRunsOptions{
			CheckName: github.String(c.Name), AppID: github.Int64(c.AppID), Filter: github.String("all"), ListOptions: github.ListOptions{PerPage: 100, Page: page},
		})
		if err != nil {
			return 0, fmt.Errorf("looking for the check run: %w", err)
		}
		for _, r := range runs.CheckRuns {
			if r.GetExternalID() == c.external() && r.GetApp().GetID() == c.AppID && r.GetStatus() != "completed" {
				id = max(id, r.GetID())
			}
		}
		page = resp.NextPage
	}
	return id, nil
}

// Said says whether the run already says something, and nothing else is intended.
func (c *Check) Said(ctx context.Context, mark string) (bool, error) {
	e, err := c.Log.Effect(ctx, c.Key())
	return err == nil && e.Done && e.Result == mark, err
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
	if !first && !intent.Again {
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
	return c.Log.Finish(ctx, c.Key(), intent.Mark)
}

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
	return run.GetName() == c.Name && run.GetStatus() == "completed" && run.GetConclusion() == string(o.Conclusion) &&
		run.GetOutput().GetTitle() == o.Title && run.GetOutput().GetSummary() == o.Summary, nil
}

// Success ends the mark of what a run says that lets a change through.
const Success = " success"

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
	if err := c.Log.ForgetBoth(ctx, c.Key(), c.key("check")); err != nil {
		return false, err
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
	_, _, err = c.Client.Checks.UpdateCheckRun(ctx, c.Repo.Owner, c.Repo.Name, id, github.UpdateCheckRunOptions{
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
		return log.Finish(ctx, key, "pressed"+Success)
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
	_, _, err := c.Client.Checks.UpdateCheckRun(ctx, c.Repo.Owner, c.Repo.Name, id, update)
	return err
}
