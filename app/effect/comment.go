package effect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
)

// A Comment is the one comment of ours on a pull request, or our answer to a command. It
// is edited and never written a second time; a comment that is not ours is never edited,
// whatever it holds.
type Comment struct {
	Place
	AppID   int64
	Number  int    // of the pull request
	Command string // whose answer it is, "comment/17"; empty: the one comment
}

// A Saying is what the comment is going to say.
type Saying struct {
	Mark string `json:"mark"` // tells it from any other
	Body string `json:"body"` // Markdown, without the marker
}

// Text is the form in which an intent is kept.
func (s Saying) Text() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "" // a struct of texts
	}
	return string(text)
}

// Key of what the comment says.
func (c *Comment) Key() string { return c.named("comment") }

func (c *Comment) named(what string) string {
	key := fmt.Sprintf("%s/%d/%d", what, c.Repo.ID, c.Number)
	if c.Command != "" {
		key += "/" + c.Command
	}
	return key
}

// idKey is that of the comment's number, once it is there.
func (c *Comment) idKey() string { return c.named("commented") }

// Done says whether the comment says something, and nothing else is intended.
func (c *Comment) Done(ctx context.Context, mark string) (bool, error) {
	return done(ctx, c.Log, c.Key(), mark)
}

// marker tells our comment from others of ours, where it was written and not noted.
func (c *Comment) marker() string {
	if c.Command != "" {
		return fmt.Sprintf("<!-- custody: answer to %s -->", c.Command)
	}
	return fmt.Sprintf("<!-- custody: pull %d -->", c.Number)
}

// MaxComment is how long the body of a comment may be. GitHub counts characters, and we
// bytes, which are never fewer.
const MaxComment = 65_000

// Say makes the comment say what is intended, if it does not yet.
func (c *Comment) Say(ctx context.Context) error {
	var s Saying
	intent, err := pending(ctx, c.Log, c.Key(), &s)
	if err != nil || intent == "" {
		return err
	}
	if moved, err := c.moved(ctx); err != nil || moved {
		return err
	}
	id, err := c.id(ctx)
	if err != nil {
		return err
	}
	body := &github.IssueComment{Body: github.String(c.marker() + "\n" + strings.ToValidUTF8(s.Body[:min(len(s.Body), MaxComment)], ""))}
	if id != 0 {
		_, _, err = c.Client.Issues.EditComment(ctx, c.Repo.Owner, c.Repo.Name, id, body)
		if class, _ := hub.Classify(err); err != nil && class == hub.Gone { // somebody deleted it
			if err := c.Log.Forget(ctx, c.idKey()); err != nil {
				return err
			}
			id = 0
		} else if err != nil {
			return fmt.Errorf("editing the comment: %w", err)
		}
	}
	if id == 0 {
		if err := c.Log.Begin(ctx, c.idKey(), ""); err != nil {
			return err
		}
		made, _, err := c.Client.Issues.CreateComment(ctx, c.Repo.Owner, c.Repo.Name, c.Number, body)
		if err != nil {
			return fmt.Errorf("writing the comment: %w", err)
		}
		if err := c.Log.Finish(ctx, c.idKey(), strconv.FormatInt(made.GetID(), 10)); err != nil {
			return err
		}
	}
	if ok, err := c.Log.FinishIf(ctx, c.Key(), intent, s.Mark); err != nil || ok {
		return err
	}
	return c.Log.Forget(ctx, c.Key()) // somebody else wrote it, too: what it says is said again by whoever comes next
}

// id is the number of our comment, 0 for none. One that was begun is looked for.
func (c *Comment) id(ctx context.Context) (int64, error) {
	e, err := c.Log.Effect(ctx, c.idKey())
	switch {
	case err != nil || e.Key == "":
		return 0, err
	case e.Done:
		return strconv.ParseInt(e.Result, 10, 64)
	}
	for page := 1; page > 0; {
		req, err := c.Client.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/issues/%d/comments?per_page=100&page=%d", c.Repo.FullName(), c.Number, page), nil)
		if err != nil {
			return 0, err
		}
		var list []struct { // go-github does not say which App wrote a comment
			ID   int64  `json:"id"`
			Body string `json:"body"`
			By   *struct {
				ID int64 `json:"id"`
			} `json:"performed_via_github_app"`
			User struct {
				Type string `json:"type"`
			} `json:"user"`
		}
		resp, err := c.Client.Do(ctx, req, &list)
		if err != nil {
			return 0, fmt.Errorf("looking for the comment: %w", err)
		}
		for _, m := range list {
			if m.By != nil && m.By.ID == c.AppID && m.User.Type == "Bot" && strings.HasPrefix(m.Body, c.marker()) {
				return m.ID, c.Log.Finish(ctx, c.idKey(), strconv.FormatInt(m.ID, 10))
			}
		}
		page = resp.NextPage
	}
	return 0, nil
}
