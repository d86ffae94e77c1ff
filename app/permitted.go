package app

import (
	"context"
	"strings"

	"custody/app/checkrun"
	"custody/app/effect"
	"custody/internal/git"
)

// lacks names the permissions without which there is no review. What else an installation
// did not grant is a missing fact.
func (j *job) lacks(ctx context.Context) ([]string, error) {
	for again := false; ; again = true {
		have, err := j.client.Permissions(ctx)
		if err != nil {
			return nil, err
		}
		var lacks []string
		for _, p := range []struct{ name, level, have string }{
			{"checks", "write", have.GetChecks()},
			{"contents", "read", have.GetContents()},
			{"pull_requests", "read", have.GetPullRequests()},
		} {
			if p.have != "write" && (p.have == "" || p.level == "write") {
				lacks = append(lacks, p.name+": "+p.level)
			}
		}
		if len(lacks) == 0 || again {
			return lacks, nil
		}
		j.Hub.Forget(j.subject.Installation) // they may have been granted since the token was made
		j.client = j.Hub.Installation(j.subject.Installation)
	}
}

// quiet says that the installation lets us write no comment. Commands are obeyed in silence then.
func (j *job) quiet(ctx context.Context) (bool, error) {
	have, err := j.client.Permissions(ctx)
	return have.GetPullRequests() != "write" && have.GetIssues() != "write", err
}

// unpermitted says so, where it may. The review is not concluded: it is made when the
// permissions are granted, of which GitHub tells, and asked for again now and then.
func (j *job) unpermitted(ctx context.Context, lacks []string) error {
	what := strings.Join(lacks, ", ")
	j.log.WithField("lacks", what).Error("the installation does not grant what a review needs: an owner of " + j.repo.Owner + " has to accept the App's permissions")
	j.metrics.reviews.WithLabelValues("not-permitted").Inc()
	s := &j.subject
	if strings.Contains(what, "checks") || s.Kind == "push" || s.Stage == "record" || s.Ref == "" {
		return nil
	}
	var err error
	if j.head, err = git.ParseOID(s.Head); err != nil {
		return nil // who asked did not name it
	}
	j.ref, j.shows = s.Ref, true
	j.newCheck()
	if err := j.check.Leave(ctx, effect.Moves); err != nil {
		return err
	}
	return j.unable(ctx, "not permitted "+what, checkrun.Undecided(j.Mode, "This change can not be judged: a permission is missing.",
		"The installation on "+j.repo.Owner+" does not grant the App "+what+".",
		"An owner of "+j.repo.Owner+" accepts the App's permissions, in the settings of the installation. The review follows by itself."))
}
