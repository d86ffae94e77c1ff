package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
	"custody/internal/store"
)

// activity is who moved a branch, as GitHub lists it: for pushes of which no delivery came,
// since they were made before the App was there, say. It holds the last hundred moves.
type activity struct {
	ref   string // of which; empty: nobody asked yet
	moves []store.Push
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
		Actor              *github.User
	}
	if _, err := j.client.Do(ctx, req, &list); err != nil {
		switch class, _ := hub.Classify(err); class {
		case hub.Forbidden, hub.Gone, hub.Refused:
			return &j.activity, nil
		}
		return nil, fmt.Errorf("asking who moved %s: %w", ref, err)
	}
	for _, m := range list {
		if m.Ref != ref || m.Actor.GetID() <= 0 {
			continue // whoever it was is gone: the hole stays
		}
		if strings.Trim(m.Before, "0") == "" {
			m.Before = ""
		}
		j.activity.moves = append(j.activity.moves, store.Push{
			Repo: j.repo.ID, Ref: ref, Before: m.Before, After: m.After, Login: m.Actor.GetLogin(), ID: hub.ID(m.Actor.GetID()), Type: m.Actor.GetType(),
		})
	}
	return &j.activity, nil
}
