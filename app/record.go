package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/clone"
	"custody/app/hub"
	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/git"
	"custody/internal/store"
)

// What landed is a commit that nobody reviewed: GitHub made it of the pull request. Which
// commits it brought is told by git, by the trees and the lines that they change, and not
// by what messages say: whoever opens a pull request writes those.

// beforeMerge is what the branch was before a pull request landed as a commit. A merge has
// it as first parent. A single commit is the whole pull request if it makes the same
// change; else as many commits landed as the pull request had. Where neither fits, or
// somebody pushed its own commits, it is the push that brought it, as GitHub told it.
func (j *job) beforeMerge(ctx context.Context, c *clone.Clone, pr *github.PullRequest, landed git.OID) (git.OID, error) {
	commit, err := c.Commit(ctx, landed)
	if err != nil {
		return git.OID{}, fmt.Errorf("what landed: %w", err)
	}
	zero, err := git.ParseOID(strings.Repeat("0", 2*len(landed.Bytes())))
	if err != nil {
		return git.OID{}, err
	}
	if len(commit.Parents) == 0 {
		return zero, nil
	}
	head, err := git.ParseOID(pr.GetHead().GetSHA())
	if err != nil {
		return git.OID{}, fmt.Errorf("the head of the pull request: %w", err)
	}
	counts := []int{1, pr.GetCommits()}
	switch {
	case landed == head: // nobody made a commit of it: somebody pushed the ones that it has
		counts = nil
	case len(commit.Parents) > 1:
		return commit.Parents[0], nil
	}
	for _, n := range counts {
		base, err := firstParent(ctx, c, landed, n)
		if err != nil {
			continue
		}
		if same, err := j.sameChange(ctx, c, base, landed, head); err != nil {
			return git.OID{}, err
		} else if same {
			return base, nil
		}
	}
	pushes, err := j.pushesTo(ctx, []string{"refs/heads/" + pr.GetBase().GetRef()}, landed.String())
	if err != nil {
		return git.OID{}, err
	}
	if len(pushes) == 1 && pushes[0].Before != "" {
		return git.ParseOID(pushes[0].Before)
	}
	// More than it brought is better than less: what others landed is judged twice.
	if base, err := firstParent(ctx, c, landed, max(pr.GetCommits(), 1)); err == nil {
		return base, nil
	}
	return zero, nil
}

// firstParent goes back n commits.
func firstParent(ctx context.Context, c *clone.Clone, id git.OID, n int) (git.OID, error) {
	for range n {
		commit, err := c.Commit(ctx, id)
		if err != nil {
			return id, err
		}
		if len(commit.Parents) == 0 {
			return id, git.ErrNotFound
		}
		id = commit.Parents[0]
	}
	return id, nil
}

// sameChange compares what a landed range changes with what the pull request did.
func (j *job) sameChange(ctx context.Context, c *clone.Clone, base, landed, head git.OID) (bool, error) {
	for _, id := range []git.OID{landed, head} {
		if err := c.Complete(ctx, base, id); err != nil {
			return false, err
		}
	}
	a, err := change.Read(ctx, c, base, landed, change.DefaultLimits())
	if err != nil {
		return false, fmt.Errorf("what landed: %w", err)
	}
	b, err := change.Read(ctx, c, base, head, change.DefaultLimits())
	if err != nil {
		return false, fmt.Errorf("the pull request: %w", err)
	}
	same, _, err := change.Same(ctx, c, a, b)
	return same, err
}

// pushed looks at what a push means for others, and whether merged pull requests brought it:
// then it has no record of its own.
func (j *job) pushed(ctx context.Context, c *clone.Clone) (recorded bool, err error) {
	if j.subject.Inputs != branchTold {
		if err := j.targetMoved(ctx, c); err != nil || j.gone {
			return false, j.blame(ctx, c, err)
		}
	}
	if (j.lost != git.OID{}) {
		j.log.WithField("before", j.lost.String()).Warn("what a protected branch was before a push is gone from the repository")
		return false, nil
	}
	recorded, err = j.landedByPulls(ctx, c)
	if err != nil || recorded {
		return recorded, err
	}
	return false, j.mayLag(ctx)
}

// lag is how long GitHub's list of the pull requests that a commit came by may be behind a merge.
// Nor need the delivery that tells of the merge be here yet. lagStep is after which time it is
// asked again.
const (
	lag     = 20 * time.Second
	lagStep = 5 * time.Second
)

// branchTold stands in the place of what a verdict on a push was reached from while there is none:
// all that is open for its branch knows of it.
const branchTold = "its branch knows"

// mayLag has a push that no pull request seems to have brought looked at again, until it is old
// enough for that to be believed: since GitHub told of it, and not since somebody asked again, as
// each check that ends on its commit does.
func (j *job) mayLag(ctx context.Context) error {
	told, err := j.store.ToldOfPush(ctx, j.task.Repo, j.ref, j.subject.Base, j.subject.Head)
	if err != nil {
		return err
	}
	if told == 0 { // a look around found it
		told = j.subject.Asked
	}
	after := j.Lag - j.Now().Sub(time.UnixMilli(told))
	if after <= 0 || j.subject.DoneTurn > 0 && j.subject.Inputs != branchTold { // there is a record of it
		return nil
	}
	r := store.Review{Repo: j.task.Repo, Subject: j.subject.Name, Ref: j.ref, Inputs: branchTold, Unsettled: true}
	if err := j.held.Conclude(ctx, j.task.Turn, r, store.Follows{}); err != nil {
		return err
	}
	return &store.LaterError{After: min(after, lagStep), Why: errors.New("GitHub may not know yet which pull request brought a push")}
}

// maxLanded is how many pull requests one push is taken apart into.
const maxLanded = 50

// landedByPulls says whether a push brought nothing but merged pull requests, which have
// records of their own: from its end back to where the branch was. Anything else in it
// makes it a push that is reviewed whole.
func (j *job) landedByPulls(ctx context.Context, c *clone.Clone) (bool, error) {
	at := j.head
	var landed []*github.PullRequest
	for range maxLanded {
		pr, err := j.mergedAs(ctx, at)
		if err != nil || pr == nil {
			return false, err
		}
		landed = append(landed, pr.PullRequest)
		if err := c.Also(ctx, j.base, pr.head); err != nil {
			return false, nil // what can not be seen is not believed
		}
		if at, err = j.beforeMerge(ctx, c, pr.PullRequest, at); err != nil {
			return false, err
		}
		if at == j.base {
			for _, pr := range landed {
				if err := j.recorded(ctx, pr); err != nil {
					return false, err
				}
			}
			return true, nil
		}
	}
	return false, nil
}

type mergedPull struct {
	*github.PullRequest
	head git.OID
}

// mergedAs finds the pull request that GitHub merged into the ref as a commit: one of which a
// delivery told that it did, or of those that GitHub lists for the commit. That list is behind a
// merge for a while, and leaves out, on some servers, what was merged into other branches than the
// default one.
func (j *job) mergedAs(ctx context.Context, landed git.OID) (*mergedPull, error) {
	told, err := j.store.LandedAs(ctx, j.task.Repo, landed.String())
	if err != nil {
		return nil, err
	}
	for _, s := range told {
		pr, err := j.mergedPull(ctx, int(s.Number), landed)
		if class, _ := hub.Classify(err); err != nil && class == hub.Gone && j.task.Try >= patience {
			continue // GitHub hides those of accounts that it hides: then nobody knows of it
		}
		if err != nil || pr != nil {
			return pr, err
		}
	}
	pulls, _, err := j.client.PullRequests.ListPullRequestsWithCommit(ctx, j.repo.Owner, j.repo.Name, landed.String(), nil)
	if class, _ := hub.Classify(err); err != nil && (class == hub.Gone || class == hub.Refused) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("asking which pull request brought a commit: %w", err)
	}
	for _, p := range pulls {
		if j.mergedBy(p, landed) {
			return j.mergedPull(ctx, p.GetNumber(), landed) // lists leave out how many commits it has
		}
	}
	return nil, nil
}

// mergedBy says whether a pull request landed in the ref as a commit.
func (j *job) mergedBy(p *github.PullRequest, landed git.OID) bool {
	return !p.GetMergedAt().IsZero() && p.GetMergeCommitSHA() == landed.String() && "refs/heads/"+p.GetBase().GetRef() == j.ref
}

// mergedPull reads one that may have; nil if it has not.
func (j *job) mergedPull(ctx context.Context, number int, landed git.OID) (*mergedPull, error) {
	pr, _, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, number)
	if err != nil {
		return nil, fmt.Errorf("reading the pull request that brought a commit: %w", err)
	}
	head, err := git.ParseOID(pr.GetHead().GetSHA())
	if err != nil || !j.mergedBy(pr, landed) {
		return nil, nil
	}
	return &mergedPull{pr, head}, nil
}

// seenCommits brings the changes that were approved, or for which a waiver was granted, and
// that are not this one, with all that they hold, and gives the ids of their commits: whether
// they are the same, and who wrote them, is for the review to say. What is gone is gone; what
// can not be fetched just now is a missing fact, if it stays so.
func (j *job) seenCommits(ctx context.Context, c *clone.Clone, seen []control.Seen) (all, unfetched []string, err error) {
	for _, s := range seen {
		commits, err := j.seenChange(ctx, c, s)
		if ctx.Err() != nil {
			return nil, nil, err
		}
		if fetch := (*clone.FetchError)(nil); errors.As(err, &fetch) {
			if j.task.Try < patience {
				return nil, nil, err
			}
			unfetched = append(unfetched, fetch.Commit)
		}
		if err != nil {
			j.log.WithError(err).WithFields(logrus.Fields{"commit": s.Commit, "base": s.Base}).Info("a change that was approved can not be fetched")
			continue
		}
		for _, k := range commits {
			all = append(all, k.ID.String())
		}
	}
	return all, unfetched, nil
}

// seenChange brings one of them, and gives its commits.
func (j *job) seenChange(ctx context.Context, c *clone.Clone, s control.Seen) ([]*git.Commit, error) {
	id, err := git.ParseOID(s.Commit)
	if err != nil || id == j.head && s.Base == "" {
		return nil, err
	}
	base := j.base
	if s.Base != "" {
		if base, err = git.ParseOID(s.Base); err != nil {
			return nil, err
		}
		if err := c.Also(ctx, base, base); err != nil { // the branch may have been rewritten since
			return nil, err
		}
	}
	if id == j.head {
		then, err := c.MergeBases(ctx, base, id)
		if err != nil {
			return nil, err
		}
		if now, err := c.MergeBases(ctx, j.base, id); err != nil || slices.Equal(then, now) {
			return nil, err
		}
	}
	if err := c.Also(ctx, base, id); err != nil {
		return nil, err
	}
	commits, _, err := c.Commits(ctx, base, id, maxCommits)
	return commits, err
}
