package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
	"custody/app/clone"
	"custody/app/hub"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/store"
)

// A merge queue makes a commit for each pull request, on top of the one for the pull
// request before it, and asks for checks of each: a merge group. Nobody reviews it. What
// people said is of the pull request that it adds, and counts where git says that the
// group adds the same change.
//
// A group is judged by itself, from the head of the group ahead of it. So it lets nothing
// through that stands on what did not pass; and the judge is never one that has not landed:
// while what is ahead changes what judges, the group waits for it to land.

// maxAhead is how many commits a group may add, until the one ahead of it is not found.
const maxAhead = 300

// queuedPull reads the pull request that the queue named a group after. That there is none,
// or that it is not what the queue can have meant, is a missing fact, and notQueued says so.
func (j *job) queuedPull(ctx context.Context) error {
	j.queued, j.notQueued = nil, "the queue does not say which pull request the merge group adds"
	n := j.subject.Number
	if n <= 0 {
		return nil
	}
	pr, resp, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, int(n))
	if err != nil {
		switch class, _ := hub.Classify(err); {
		case class == hub.Gone, class == hub.Forbidden, class == hub.Refused, class == hub.Transient && j.task.Try >= patience:
			j.unanswered = j.unanswered || class == hub.Transient
			j.notQueued = fmt.Sprintf("GitHub did not tell of pull request %d, which the merge group is named after", n)
			return nil
		}
		return fmt.Errorf("reading the pull request of the merge group: %w", err)
	}
	switch {
	case pr.GetState() != "open":
		j.notQueued = fmt.Sprintf("pull request %d, which the merge group is named after, is closed", n)
	case pr.GetBase().GetRepo().GetID() != j.repo.ID || "refs/heads/"+pr.GetBase().GetRef() != j.ref:
		j.notQueued = fmt.Sprintf("pull request %d, which the merge group is named after, is for another branch", n)
	default:
		j.queued, j.at, j.notQueued = pr, j.saidAt(resp), ""
	}
	return nil
}

// groupEnds finds what a group stands on: the head of the group ahead, or the branch.
func (j *job) groupEnds(ctx context.Context, c *clone.Clone) error {
	if j.queued != nil {
		fetched, err := c.Resolve(ctx, pullRef(j.queued))
		if err != nil {
			return err
		}
		if fetched.String() != j.queued.GetHead().GetSHA() {
			return errMoved
		}
	}
	tip, err := c.Resolve(ctx, j.ref)
	if err != nil {
		return err
	}
	j.base, j.ahead = tip, nil
	if j.landed, err = c.IsAncestor(ctx, j.head, tip); err != nil || j.landed {
		return err
	}
	open, err := j.store.Open(ctx, j.task.Repo, "merge_group", j.ref)
	if err != nil {
		return err
	}
	groups := map[string]*store.Subject{}
	for i := range open {
		groups[open[i].Head] = &open[i]
	}
	at := j.head
	for range maxAhead {
		commit, err := c.Commit(ctx, at)
		if err != nil {
			return err
		}
		if len(commit.Parents) == 0 {
			return nil
		}
		if at = commit.Parents[0]; at == tip {
			return nil
		}
		if ahead := groups[at.String()]; ahead != nil {
			if landed, err := c.IsAncestor(ctx, at, tip); err != nil || landed {
				return err
			}
			j.tip, j.base, j.ahead = tip, at, ahead
			return nil
		}
	}
	return nil
}

// over is what there is to do about a group that has landed, and of which nobody told that it
// is gone: what was said of it stays, and what waited for it need not wait any more.
func (j *job) over(ctx context.Context) (string, error) {
	decision := ""
	j.concluding() // it may have made a run that is in progress
	spoke, err := j.check.Spoke(ctx)
	if err != nil {
		return "", err
	}
	if j.subject.DoneTurn == 0 || !spoke {
		decision = "undecided"
		o := checkrun.Undecided(j.Mode, "This merge group landed before it was judged.",
			"Commit "+j.head.String()+" is in "+strings.TrimPrefix(j.ref, "refs/heads/")+" already: there is nothing left to let through.",
			"Nothing: the review of what landed of the pull request tells what came of it.")
		if err := j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "landed", o); err != nil {
			return "", err
		}
	} else if err := j.answer(ctx, false); err != nil { // which a try that died may have left
		return "", err
	}
	j.log.Info("the merge group has landed")
	gone := j.subject.Request
	gone.Closed = true
	if err := j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name, j.task.Turn, behindThem([]store.Request{gone})...); err != nil {
		return "", err
	}
	return decision, nil
}

// behind says whether a group has to wait for what is ahead of it, and why it can not be
// judged, if what is ahead does not pass.
func (j *job) behind(ctx context.Context, c *clone.Clone) (waits string, undecided *checkrun.Output, err error) {
	s := j.ahead
	if s == nil {
		return "", nil, nil
	}
	moved, err := j.judgeDiffers(ctx, c, j.tip, j.base)
	switch {
	case err != nil:
		return "", nil, err
	case moved:
		return "What is ahead of it in the merge queue changes what judges: when that has landed, this is judged by it.", nil, nil
	case s.DoneTurn < s.Turn && (s.Decision == "" || s.Decision == "pass"):
		return "What is ahead of it in the merge queue is being judged.", nil, nil
	case s.Decision != "pass" && j.Mode != config.Report:
		o := checkrun.Undecided(j.Mode, "What is ahead of it in the merge queue does not pass.",
			"This merge group holds commit "+s.Head+" of the group ahead of it, which does not pass: what stands on it lands it, too.",
			"Take what does not pass out of the queue; GitHub makes a new group without it.")
		return "", &o, nil
	}
	return "", nil, nil
}

// holdsQueued forgets the pull request of a group that adds anything else than its change:
// that somebody resolved a conflict, or that there are several in it.
func (j *job) holdsQueued(ctx context.Context, c *clone.Clone) error {
	if j.queued == nil {
		return nil
	}
	head, err := git.ParseOID(j.queued.GetHead().GetSHA())
	if err != nil {
		return fmt.Errorf("the head of the pull request: %w", err)
	}
	same, err := j.sameChange(ctx, c, j.base, j.head, head)
	if err != nil {
		return err
	}
	if !same {
		j.notQueued = fmt.Sprintf("the merge group makes another change than pull request %d, which it is named after", j.queued.GetNumber())
		j.queued = nil
	}
	return nil
}

// wakes are the merge groups that a conclusion may be about. Of a pull request: those that add
// it. Of a group: those that wait for one, and where it was decided otherwise before, every
// other, since it may stand on it. Deliveries come in any order: what was judged before anybody
// heard of this one, and does not pass, may only have missed it. Nobody waits for a group that
// does not pass, see behind: that it still does not is no news, and groups that can not be judged
// would ask for each other without end.
func (j *job) wakes(decision string) []store.Wake {
	s := j.subject
	w := store.Wake{Repo: j.task.Repo, Kind: "merge_group", Stage: "merge", Ref: j.ref}
	switch {
	case s.Kind == "merge_group" && s.Decision == decision && decision != "" && decision != "pass":
		return nil
	case s.Kind == "merge_group":
		otherwise := s.DoneTurn == 0 || s.Decision != decision
		w.Which = func(o *store.Subject) bool {
			return o.Name != s.Name && (o.DoneTurn < o.Turn || otherwise && (s.DoneTurn > 0 || o.Decision != "pass"))
		}
	case j.pr != nil && s.Stage != "record":
		w.Which = func(o *store.Subject) bool { return o.Number == s.Number }
		if s.Decision == "pass" && decision != "pass" {
			return []store.Wake{w, twins(j.task.Repo, j.ref, j.head.String(), func(o *store.Subject) bool { return o.Name != s.Name && o.Decision == "pass" })}
		}
	default:
		return nil
	}
	return []store.Wake{w}
}

// twins are pull requests of one name on one commit, see effect.Check.
func twins(repo int64, ref, head string, which func(*store.Subject) bool) store.Wake {
	return store.Wake{Repo: repo, Kind: "pull_request", Stage: "merge", Ref: ref, Which: func(o *store.Subject) bool { return o.Head == head && which(o) }}
}

// behindThem are the groups that wait in the queues out of which groups went, and those that
// do not pass: they need not wait for those any more, or stand on what landed past its check.
func behindThem(gone []store.Request) (all []store.Wake) {
	for _, r := range gone {
		if r.Kind == "merge_group" && r.Closed {
			all = append(all, store.Wake{Repo: r.Repo, Kind: r.Kind, Stage: "merge", Ref: r.Ref, Delivery: r.Delivery, Which: func(o *store.Subject) bool {
				return (o.DoneTurn < o.Turn || o.Decision != "pass") && o.Name != r.Name
			}}, twins(r.Repo, r.Ref, r.Head, func(*store.Subject) bool { return true }))
		}
	}
	return all
}

// pull is the pull request that a review is about, or that a merge group adds; nil for
// none.
func (j *job) pull() *github.PullRequest {
	if j.pr != nil {
		return j.pr
	}
	return j.queued
}
