package gather

import (
	"context"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/internal/change"
	"custody/internal/config"
)

// checks reads what other Apps say of the head, if a rule asks.
func (r *Reader) checks(ctx context.Context, head string) error {
	if !r.Want.Checks {
		return nil
	}
	runs := []change.CheckRun{}
	err := r.read("checks", r.path("commits/%s/check-runs", head), func() error {
		return pages(func(o github.ListOptions) (*github.Response, error) {
			list, resp, err := r.Client.Checks.ListCheckRunsForRef(ctx, r.Repo.Owner, r.Repo.Name, head, &github.ListCheckRunsOptions{ListOptions: o})
			if err != nil {
				return resp, err
			}
			for _, c := range list.CheckRuns {
				if c.GetApp().GetID() != r.AppID && r.Want.names(change.Printable(c.GetName()), c.GetApp().GetSlug()) {
					runs = append(runs, change.CheckRun{
						Name: change.Printable(c.GetName()), App: c.GetApp().GetSlug(), Head: c.GetHeadSHA(), Conclusion: c.GetConclusion(), At: stamp(c.GetCompletedAt().Time),
					})
				}
			}
			return resp, nil
		})
	}, func() { runs = nil }, func() any { return runs })
	if err != nil || r.missing("checks") {
		return err
	}
	statuses, err := r.statuses(ctx, head)
	if err != nil {
		return err
	}
	if why := r.whyMissing("statuses"); why != "" && !r.Want.ran(runs) { // what did not run may have said so there
		r.source("checks", r.path("commits/%s/statuses", head), nil, why)
		return nil
	}
	r.context.Checks = append(runs, statuses...)
	return nil
}

// ran says whether all checks that rules name are among some.
func (w Want) ran(runs []change.CheckRun) bool {
	return w.Named != nil && !slices.ContainsFunc(w.Named, func(want config.CheckRun) bool {
		return !slices.ContainsFunc(runs, func(r change.CheckRun) bool { return r.Name == want.Name && (want.App == "" || r.App == want.App) })
	})
}

// statuses are what Apps posted as commit statuses, the older kind of check. What people
// posted is theirs to say, and no check: anybody with write access may, under any name.
func (r *Reader) statuses(ctx context.Context, head string) ([]change.CheckRun, error) {
	var all []change.CheckRun
	seen := map[[2]string]bool{}
	err := r.read("statuses", r.path("commits/%s/statuses", head), func() error {
		return pages(func(o github.ListOptions) (*github.Response, error) {
			list, resp, err := r.Client.Repositories.ListStatuses(ctx, r.Repo.Owner, r.Repo.Name, head, &o)
			if err != nil {
				return resp, err
			}
			for _, s := range list { // the newest first: it is the one that counts
				app, ok := strings.CutSuffix(s.GetCreator().GetLogin(), "[bot]")
				key := [2]string{app, s.GetContext()}
				if !ok || s.GetCreator().GetType() != "Bot" || seen[key] || !r.Want.names(change.Printable(s.GetContext()), app) {
					continue
				}
				seen[key] = true
				all = append(all, change.CheckRun{
					Name: change.Printable(s.GetContext()), App: app, Head: head, Conclusion: concluded(s.GetState()), At: stamp(s.GetUpdatedAt().Time),
				})
			}
			return resp, nil
		})
	}, func() { all = nil }, func() any { return all })
	return all, err
}

// concluded is a status in the words of check runs.
func concluded(state string) string {
	switch state {
	case "pending":
		return ""
	case "error":
		return "failure"
	}
	return state
}
