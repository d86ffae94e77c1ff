package gather

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/event"
	"custody/app/hub"
	"custody/internal/change"
)

// emergency reads who set the label, when, and what they might do when that was first
// seen. Why is for the pull request's text to say. Whether it counts is for the policy: a
// label of which GitHub does not tell who set it is declared by nobody.
func (r *Reader) emergency(ctx context.Context, pr *github.PullRequest, reason string) error {
	labeled := slices.ContainsFunc(pr.Labels, func(l *github.Label) bool { return event.IsEmergency(l.GetName()) })
	if !r.Want.Emergency || !labeled && !pr.GetMerged() {
		return nil
	}
	events, _, err := r.happened(ctx, "change.emergency", pr.GetNumber())
	if err != nil {
		return err
	}
	var set, landed *github.IssueEvent
	for _, e := range events { // the oldest first
		switch {
		case !event.IsEmergency(e.GetLabel().GetName()):
		case e.GetEvent() == "labeled":
			set = e
		case e.GetEvent() == "unlabeled":
			set = nil
		}
		if !e.GetCreatedAt().After(pr.GetMergedAt().Time) {
			landed = set
		}
	}
	if landed != nil { // whoever takes it off behind that, since it is over, takes nothing back
		set = landed
	} else if !labeled {
		return nil
	}
	u := &change.Urgency{Via: "label " + event.EmergencyLabel, Reason: reason}
	r.context.Change.Emergency = u
	if set == nil {
		return nil
	}
	if u.Commit, err = r.declaredOf(ctx, pr, set); err != nil {
		return err
	}
	if u.Reason, err = r.asBefore(ctx, pr, "reason", set, reason); err != nil {
		return err
	}
	u.By, u.At = Person(set.GetActor()), stamp(set.GetCreatedAt().Time)
	if via := set.GetPerformedViaGithubApp(); via != nil { // with somebody's token, and maybe behind their back
		u.By = &change.Person{Login: change.Printable(via.GetSlug()), ID: hub.ID(via.GetID()), Type: change.App}
	}
	if u.By == nil || u.By.Type != change.User {
		return nil
	}
	login := set.GetActor().GetLogin()
	if u.Permission, err = r.permission(ctx, *u.By); err != nil {
		return err
	}
	if u.Permission != "" && r.Remember != nil {
		if u.Permission, err = r.Remember(ctx, fmt.Sprintf("permission/%d/event/%d", r.Repo.ID, set.GetID()), u.Permission); err != nil {
			return err
		}
	}
	if u.Target, _, err = r.targetOf(ctx, fmt.Sprintf("target/%d/event/%d", r.Repo.ID, set.GetID()), "change.emergency", pr.GetNumber(), set.GetCreatedAt().Time); err != nil {
		return err
	}
	if u.Teams, err = r.teams(ctx, login); err != nil {
		return err
	}
	teams, err := r.asBefore(ctx, pr, "teams", set, strings.Join(u.Teams, " "))
	if teams != "" {
		u.Teams = strings.Fields(teams)
	}
	return err
}

// declaredOf is the head that an emergency was declared of: as GitHub told when the label was set,
// or where nobody was told, the one that the label was first seen with.
func (r *Reader) declaredOf(ctx context.Context, pr *github.PullRequest, set *github.IssueEvent) (string, error) {
	if r.Declared != nil {
		if head, err := r.Declared(ctx, pr.GetNumber(), set.GetCreatedAt().Time); err != nil || head != "" {
			return head, err
		}
	}
	if r.Remember == nil {
		return pr.GetHead().GetSHA(), nil
	}
	return r.Remember(ctx, fmt.Sprintf("commit/%d/event/%d", r.Repo.ID, set.GetID()), pr.GetHead().GetSHA())
}

// asBefore is what was said with an emergency's label before the change landed, if anything
// was: who tidies the text up behind that, or leaves the team, takes nothing back of what let
// it land, and least of all that it has to be reviewed. Where nobody here saw it before that, it
// is what was said when it was seen first.
func (r *Reader) asBefore(ctx context.Context, pr *github.PullRequest, what string, set *github.IssueEvent, now string) (string, error) {
	key := fmt.Sprintf("%s/%d/event/%d", what, r.Repo.ID, set.GetID())
	if r.Recall == nil || r.Remember == nil {
		return now, nil
	}
	if pr.GetMerged() {
		if was, err := r.Recall(ctx, key); err != nil || was != "" {
			return was, err
		}
	}
	if now != "" {
		_, err := r.Remember(ctx, key, now)
		return now, err
	}
	return now, nil
}
