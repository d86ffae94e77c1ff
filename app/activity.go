package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/clone"
	"custody/app/hub"
	"custody/internal/git"
	"custody/internal/store"
)

// activity is who moved a branch, as GitHub lists it: for pushes of which no delivery came,
// since they were made before the App was there, say. It holds the last hundred moves.
type activity struct {
	ref   string // of which; empty: nobody asked yet
	moves []move // the newest first

	unanswered bool // GitHub did not tell this time
}

type move struct {
	store.Push
	at time.Time
}

// activityOf asks GitHub once in a review.
func (j *job) activityOf(ctx context.Context, ref string) (*activity, error) {
	if j.activity.ref == ref {
		return &j.activity, nil
	}
	j.activity = activity{ref: ref}
	q := url.Values{"ref": {ref}, "per_page": {"100"}}
	req, err := j.client.NewRequest(http.MethodGet, "repos/"+j.repo.FullName()+"/activity?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	var list []struct {
		Before, After, Ref string
		Timestamp          time.Time
		Actor              *github.User
	}
	if _, err := j.client.Do(ctx, req, &list); err != nil {
		switch class, _ := hub.Classify(err); {
		case class == hub.Transient && j.task.Try >= patience: // another time it may tell
			j.unanswered, j.activity.unanswered = true, true
			return &j.activity, nil
		case class == hub.Forbidden, class == hub.Gone, class == hub.Refused:
			return &j.activity, nil
		}
		return nil, fmt.Errorf("asking who moved %s: %w", ref, err)
	}
	for _, m := range list {
		if m.Ref != ref {
			continue
		}
		if strings.Trim(m.Before, "0") == "" {
			m.Before = ""
		}
		j.activity.moves = append(j.activity.moves, move{store.Push{
			Repo: j.repo.ID, Ref: ref, Before: m.Before, After: m.After, Login: m.Actor.GetLogin(), ID: hub.ID(m.Actor.GetID()), Type: m.Actor.GetType(), At: m.Timestamp.UnixMilli(),
		}, m.Timestamp})
	}
	return &j.activity, nil
}

// targetAt is the commit that the branch which the change is for was at, at an instant: the
// one that GitHub lists last, but for what it lists as having moved it since; where it lists
// nothing, the one that was fetched. Of the same second it
// is not known which came first, so it is the older. Of what has landed it is never one that
// holds that: where GitHub does not list the landing, or not yet, it is what was before it.
func (j *job) targetAt(ctx context.Context, c *clone.Clone, at time.Time) (string, error) {
	known, err := j.activityOf(ctx, j.ref)
	if err != nil {
		return "", err
	}
	was := ""
	if len(known.moves) > 0 && strings.Trim(known.moves[0].After, "0") != "" {
		was = known.moves[0].After // it may have moved since it was fetched
	} else if tip, err := c.Resolve(ctx, j.ref); err == nil {
		was = tip.String()
	} else if !errors.Is(err, git.ErrNotFound) { // the branch is gone by now
		return "", err
	}
	for _, m := range known.moves {
		if m.Before != "" && !m.at.Before(at.Truncate(time.Second)) {
			was = m.Before
		}
	}
	if j.subject.Stage != "record" || j.base.IsZero() {
		return was, nil
	}
	if was == "" {
		return j.base.String(), nil
	}
	id, err := git.ParseOID(was)
	if err != nil {
		return "", err
	}
	switch holds, err := c.IsAncestor(ctx, j.head, id); {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil && holds: // else it was forced away, and may be gone
		return j.base.String(), nil
	}
	return was, nil
}
