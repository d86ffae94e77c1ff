package gather

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
	"custody/internal/change"
)

// reviews reads who said what of which commit, and what they may do in the repository.
func (r *Reader) reviews(ctx context.Context, pr *github.PullRequest, known Known) error {
	number := pr.GetNumber()
	var all []*github.PullRequestReview
	err := r.read("reviews", r.path("pulls/%d/reviews", number), func() error {
		return pages(func(o github.ListOptions) (*github.Response, error) {
			list, resp, err := r.Client.PullRequests.ListReviews(ctx, r.Repo.Owner, r.Repo.Name, number, &o)
			for _, v := range list {
				v.Body = nil // nothing reads it, and strangers may write 3,000 of a quarter of a megabyte
			}
			all = append(all, list...)
			return resp, err
		})
	}, func() { all = nil }, func() any { return all })
	if err != nil || r.missing("reviews") {
		return err
	}
	reviews := []change.Review{}
	said := []*github.PullRequestReview{} // what reviews are made from
	for _, v := range all {
		by := Person(v.GetUser())
		state := strings.ToLower(v.GetState())
		if by == nil || state == "pending" {
			continue
		}
		reviews = append(reviews, change.Review{Reviewer: *by, State: state, Commit: v.GetCommitID(), At: stamp(v.GetSubmittedAt().Time)})
		said = append(said, v)
	}
	if ok, err := r.dismissals(ctx, pr, said, reviews); err != nil || !ok {
		return err // what stood when it landed is missing
	}
	seen := map[string]bool{}
	for _, v := range reviews {
		who := v.Reviewer
		if v.Said() == "commented" || seen[who.ID] || len(seen) == maxReviewer {
			continue
		}
		seen[who.ID] = true
		permission, err := r.permission(ctx, who)
		if err != nil {
			return err
		}
		teams, err := r.teams(ctx, who.Login)
		if err != nil {
			return err
		}
		for i := range reviews {
			if reviews[i].Reviewer.ID == who.ID {
				reviews[i].Permission, reviews[i].Teams = permission, teams
				if reviews[i].Said() == "approved" {
					target, ok, err := r.targetOf(ctx, fmt.Sprintf("target/%d/%d", r.Repo.ID, said[i].GetID()), "reviews", number, said[i].GetSubmittedAt().Time)
					if err != nil {
						return err
					}
					if !ok {
						return nil // whether they are of this change is missing
					}
					reviews[i].Target = target
					if reviews[i].Base, err = r.baseOf(ctx, pr, said[i], known); err != nil {
						return err
					}
				}
				if permission != "" && r.Remember != nil {
					if reviews[i].Permission, err = r.Remember(ctx, fmt.Sprintf("permission/%d/%d", r.Repo.ID, said[i].GetID()), permission); err != nil {
						return err
					}
				}
			}
		}
	}
	r.context.Reviews = reviews
	return nil
}

// dismissals reads of what has landed when reviews of it were dismissed, and what they were before:
// GitHub shows such a review as dismissed, with the time at which it was made. ok is false where it
// does not tell.
func (r *Reader) dismissals(ctx context.Context, pr *github.PullRequest, said []*github.PullRequestReview, reviews []change.Review) (ok bool, err error) {
	dismissed := func(v change.Review) bool { return v.State == "dismissed" }
	if !pr.GetMerged() || !slices.ContainsFunc(reviews, dismissed) {
		return true, nil
	}
	events, ok, err := r.happened(ctx, "reviews", pr.GetNumber())
	if err != nil || !ok {
		return false, err
	}
	for i := range reviews {
		for _, e := range events {
			was := e.GetDismissedReview()
			if dismissed(reviews[i]) && e.GetEvent() == "review_dismissed" && was.GetReviewID() == said[i].GetID() && slices.Contains(dismissable, was.GetState()) {
				reviews[i].Was, reviews[i].DismissedAt = was.GetState(), stamp(e.GetCreatedAt().Time)
			}
		}
	}
	return true, nil
}

// dismissable are the states in which a review may be dismissed, as events name them.
var dismissable = []string{"approved", "changes_requested", "commented"}

func (r *Reader) missing(what string) bool { return r.whyMissing(what) != "" }

func (r *Reader) whyMissing(what string) string {
	i := slices.IndexFunc(r.context.Sources, func(s change.Source) bool { return s.What == what && s.Missing != "" })
	if i < 0 {
		return ""
	}
	return r.context.Sources[i].Missing
}

// known permissions, the weakest first, as contexts name them.
var permissions = []string{"read", "triage", "write", "maintain", "admin"}

// errAnother says that a login, by which GitHub is asked what somebody may do, is no longer theirs.
var errAnother = errors.New("the login is another account's by now")

// permission is what somebody may do; empty when GitHub does not tell.
func (r *Reader) permission(ctx context.Context, who change.Person) (permission string, err error) {
	err = r.read("permission of "+who.Login, r.path("collaborators/%s/permission", who.Login), func() error {
		id, level, err := PermissionOf(ctx, r.Client, r.Repo, who.Login)
		if err == nil && hub.ID(id) != who.ID {
			return errAnother
		}
		permission = level
		return err
	}, func() { permission = "" }, func() any { return permission })
	return permission, err
}

// PermissionOf is what the account that has a login may do in a repository now, in the
// words of contexts, and the account's number.
func PermissionOf(ctx context.Context, client *hub.Client, repo *hub.Repository, login string) (id int64, permission string, err error) {
	level, _, err := client.Repositories.GetPermissionLevel(ctx, repo.Owner, repo.Name, login)
	if err != nil {
		return 0, "", hub.Unnamed(err)
	}
	// Roles of an organisation's own have any name; the permission that they stand on is
	// one of four words.
	if permission = level.GetUser().GetRoleName(); !slices.Contains(permissions, permission) {
		permission = level.GetPermission()
	}
	return level.GetUser().GetID(), permission, nil
}

// teams are those of the wanted teams that somebody is in; nil when GitHub does not tell
// of one of them.
func (r *Reader) teams(ctx context.Context, login string) ([]string, error) {
	if len(r.Want.Teams) == 0 {
		return nil, nil
	}
	in := []string{}
	for _, t := range r.Want.Teams {
		org, slug, ok := strings.Cut(t, "/")
		if !ok {
			org, slug = r.Repo.Owner, t
		}
		what := "membership of " + login + " in " + t
		err := r.read(what, "GET /orgs/"+org+"/teams/"+slug+"/memberships/"+login, func() error {
			m, resp, err := r.Client.Teams.GetTeamMembershipBySlug(ctx, org, slug, login)
			if resp != nil && resp.StatusCode == 404 && err != nil {
				// Nobody's member, or a team that the App can not see: ask for the team.
				if _, _, terr := r.Client.Teams.GetTeamBySlug(ctx, org, slug); terr != nil {
					return hub.Unnamed(terr)
				}
				return nil
			}
			if err == nil && m.GetState() == "active" {
				in = append(in, org+"/"+slug)
			}
			return hub.Unnamed(err)
		}, func() {}, func() any { return in })
		if err != nil {
			return nil, err
		}
		if r.missing(what) {
			return nil, nil
		}
	}
	return in, nil
}
