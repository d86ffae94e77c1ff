package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
	"custody/app/clone"
	"custody/app/event"
	"custody/app/gather"
	"custody/app/hub"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/git"
	"custody/internal/review"
)

// begun makes sure that there is a check run in progress, unless it is about to say
// something.
func (j *job) begun(ctx context.Context) error {
	if !j.shows {
		return nil
	}
	j.telling.Lock()
	defer j.telling.Unlock()
	pending, err := j.check.Pending(ctx)
	if err != nil || pending {
		return err
	}
	return j.check.Ensure(ctx)
}

// fetch brings what the review reads, and finds base and head.
func (j *job) fetch(ctx context.Context) (*clone.Clone, error) {
	if large, err := j.tooLarge(ctx); err != nil || large {
		return nil, cmp.Or(err, git.ErrTooMuch)
	}
	remote, err := j.client.Remote(ctx, j.repo)
	if err != nil {
		return nil, err
	}
	want := git.Want{Refs: []string{j.ref}, Near: j.near()}
	head := ""
	switch {
	case j.pr != nil && j.subject.Stage != "record": // anybody may fill it; what landed, somebody let in
		head = pullRef(j.pr)
		want.Foreign, remote.Most, remote.MostFiles, remote.MostMemory = []string{head}, j.MaxChange, maxFiles, maxMemory
	case j.pr != nil:
		want.Refs = append(want.Refs, pullRef(j.pr)) // approvals are of commits that squashing left behind
	case j.subject.Kind == "push" && j.base.IsZero():
		if main := "refs/heads/" + j.repo.DefaultBranch; main != j.ref {
			want.Refs = append(want.Refs, main)
		}
	case j.subject.Kind == "merge_group":
		want.Commits = append(want.Commits, j.head)
		if j.queued != nil {
			want.Refs = append(want.Refs, pullRef(j.queued))
		}
	}
	c, err := j.Clones.Get(ctx, j.repo.ID, remote, want)
	if j.subject.Stage == "record" && errors.Is(err, git.ErrNoRemoteRef) { // the branch is gone by now: what landed is not
		want.Refs = slices.DeleteFunc(want.Refs, func(ref string) bool { return strings.HasPrefix(ref, "refs/heads/") || ref == j.ref })
		c, err = j.Clones.Get(ctx, j.repo.ID, remote, want)
	}
	if err != nil {
		return nil, err
	}
	if j.subject.Stage == "record" {
		if err := j.landedEnds(ctx, c); err != nil {
			c.Close()
			return nil, err
		}
		if j.gone {
			return c, nil
		}
	}
	if err := j.ends(ctx, c, head); err != nil {
		c.Close()
		return nil, j.blame(ctx, c, err)
	}
	if err := c.Complete(ctx, j.base, j.head); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// landedEnds brings what landed, and what a push was made on. The branch need not lead to
// either any more: somebody may have rewritten it since. What the forge has no more is not
// there to be compared with.
func (j *job) landedEnds(ctx context.Context, c *clone.Clone) error {
	j.gone, j.lost = false, git.OID{}
	err := c.Bring(ctx, j.head)
	if errors.Is(err, git.ErrNoRemoteRef) {
		j.gone = true
		return nil
	}
	if err != nil || j.subject.Kind != "push" {
		return err
	}
	// What was pushed may be a tag, which names a commit or something that is none.
	peeled, err := c.Peel(ctx, []git.OID{j.head})
	if err != nil {
		return err
	}
	if j.gone = peeled[0].Kind != "commit"; j.gone {
		return nil
	}
	j.head = peeled[0].ID
	if j.base.IsZero() {
		return j.branchedOff(ctx, c)
	}
	err = c.Bring(ctx, j.base)
	if err == nil {
		if peeled, err = c.Peel(ctx, []git.OID{j.base}); err != nil {
			return err
		}
		if j.base, err = peeled[0].ID, nil; peeled[0].Kind != "commit" {
			err = git.ErrNoRemoteRef
		}
	}
	if errors.Is(err, git.ErrNoRemoteRef) {
		j.lost = j.base
		j.base, err = git.ParseOID(strings.Repeat("0", 2*len(j.head.Bytes())))
	}
	return err
}

// branchedOff finds the base of a ref that was made: the tip of the default branch, by which it
// is judged, too. What has nothing in common with that is all new.
func (j *job) branchedOff(ctx context.Context, c *clone.Clone) error {
	j.made = true
	tip, err := c.Resolve(ctx, "refs/heads/"+j.repo.DefaultBranch)
	if j.ref == "refs/heads/"+j.repo.DefaultBranch || errors.Is(err, git.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	common, err := c.MergeBases(ctx, tip, j.head)
	if err == nil && len(common) > 0 {
		j.base = tip
	}
	return err
}

// near is a commit that the ends of the change are probably close to: where the forge said
// last that the branch was.
func (j *job) near() git.OID {
	text := j.subject.Base // of a merge group or a push
	if j.pr != nil {
		text = j.pr.GetBase().GetSHA()
	}
	id, err := git.ParseOID(text)
	if err != nil {
		return git.OID{}
	}
	return id
}

func pullRef(pr *github.PullRequest) string { return fmt.Sprintf("refs/pull/%d/head", pr.GetNumber()) }

// ends finds the ends of the change in what was fetched.
func (j *job) ends(ctx context.Context, c *clone.Clone, head string) error {
	if head != "" {
		fetched, err := c.Resolve(ctx, head)
		if err != nil {
			return err
		}
		if fetched != j.head {
			return errMoved
		}
	}
	switch {
	case j.hasBase:
	case j.subject.Kind == "merge_group":
		return j.groupEnds(ctx, c)
	case j.subject.Stage == "record":
		base, err := j.beforeMerge(ctx, c, j.pr, j.head)
		if err != nil {
			return err
		}
		j.base = base
	default:
		tip, err := c.Resolve(ctx, j.ref)
		if err != nil {
			return err
		}
		j.base = tip
	}
	return nil
}

// input is what the review follows from, without the context. undecided says why nothing
// can be judged, if what stands at the base can not judge.
func (j *job) input(ctx context.Context, c *clone.Clone) (in review.Input, judge *review.Judge, undecided *checkrun.Output, err error) {
	in = review.Input{
		Repository: c, Base: j.base, Head: j.head, Stage: change.AtMerge, Day: j.Now().UTC().Format(time.DateOnly),
		Ref: j.ref, Place: change.Repository{Host: j.Hub.Host(), Owner: j.repo.Owner, Name: j.repo.Name, ID: hub.ID(j.repo.ID)},
		Facts: c.Facts, Graphs: c.Graphs, KeepFrom: j.subject.Stage != "record", // the next change is made to the same base
		Door: review.Door{Name: "app", Version: j.Version, Delivery: j.subject.Delivery, Mode: j.Mode},
	}
	if j.subject.Stage == "record" {
		in.Stage = change.AtRecord
	}
	if pr := j.pull(); pr != nil {
		in.Door.URL = pr.GetHTMLURL()
	}
	if j.Floor != nil {
		in.Floor, in.FloorFile = j.Floor.Text, j.Floor.Name
	}
	if j.Keys != nil {
		in.KeyRing, in.KeyRingFile = j.Keys.Text, j.Keys.Name
	}
	if j.notes, err = readNotes(ctx, c); err != nil {
		return in, nil, nil, err
	}
	in.Notes = j.notes.refs // others may fetch newer ones meanwhile
	tree := git.EmptyTree(c.ObjectFormat())
	if !j.base.IsZero() {
		commit, err := c.Commit(ctx, j.base)
		if err != nil {
			return in, nil, nil, err
		}
		tree = commit.Tree
	}
	judge, err = review.ReadJudge(ctx, c, tree, in.Floor, in.FloorFile)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, git.ErrMissing) {
			return in, nil, nil, err
		}
		o := checkrun.Undecided(j.Mode, "Nothing can be judged: what judges it can not be read.", inOneLine(err),
			"Correct the file on "+strings.TrimPrefix(j.ref, "refs/heads/")+". Until then only somebody who may bypass the check can merge the repair.")
		return in, nil, &o, nil
	}
	return in, judge, nil, nil
}

// inOneLine is an error about a file without the lines of the file that it shows.
func inOneLine(err error) string {
	var says []string
	for i, line := range strings.Split(err.Error(), "\n") {
		line = strings.TrimSpace(line)
		number, _, shown := strings.Cut(line, " |")
		if _, nerr := strconv.Atoi(number); i > 0 && (line == "" || shown && nerr == nil || strings.Trim(line, "^~ ") == "") {
			continue
		}
		says = append(says, line)
	}
	return strings.Join(says, "; ")
}

// context gathers what is not in git.
func (j *job) context(ctx context.Context, c *clone.Clone, judge *review.Judge) (*change.Context, error) {
	r := &gather.Reader{
		Client: j.client, Repo: j.repo, Host: j.Hub.Host(), AppID: j.Hub.AppID(), Now: j.Now,
		Want: gather.WantOf(judge), Patient: j.task.Try < patience, Remember: j.store.Remember, Recall: j.store.Mark, Declared: j.declared, Since: j.at,
	}
	waivers, seen, noWaivers, err := j.granted(ctx)
	if err != nil {
		return nil, err
	}
	known := gather.Known{Waivers: waivers, NoWaivers: noWaivers, More: func(ctx context.Context, known *change.Context) (ids, unfetched []string, err error) {
		for _, r := range known.Reviews {
			if r.Said() == "approved" {
				seen = append(seen, control.Seen{Commit: r.Commit, Base: r.Base})
			}
		}
		if u := known.Change.Emergency; u != nil && u.Commit != "" {
			seen = append(seen, control.Seen{Commit: u.Commit})
		}
		if pr := j.pull(); pr != nil { // the forge may have made the head of it
			seen = append(seen, control.Seen{Commit: pr.GetHead().GetSHA()})
		}
		return j.seenCommits(ctx, c, seen)
	}, TargetAt: func(ctx context.Context, at time.Time) (string, bool, error) {
		target, err := j.targetAt(ctx, c, at)
		return target, !j.activity.unanswered, err
	}}
	j.activity = activity{} // of an earlier look
	if j.commits, _, err = c.Commits(ctx, j.base, j.head, maxCommits); err != nil {
		return nil, err
	}
	for _, k := range j.commits {
		known.Commits = append(known.Commits, k.ID.String())
	}
	if known.Pushers, known.NoPush, err = j.pushers(ctx, c); err != nil {
		return nil, err
	}
	switch {
	case j.pr != nil:
		return r.PullRequest(ctx, j.pr, j.head.String(), j.ref, known)
	case j.queued != nil:
		return r.Queued(ctx, j.queued, j.head.String(), j.ref, known)
	}
	known.NoReviews = j.notQueued
	if (j.lost != git.OID{}) {
		known.Lost = j.lost.String()
	}
	return r.Commits(ctx, j.subject.Kind, j.head.String(), j.ref, known)
}

const maxCommits = 2000

// declared is the head that an emergency was declared of, if a delivery told. GitHub makes that
// when it comes to it: what it says of when the pull request changed last may be a little later
// than the label, in its list of events.
func (j *job) declared(ctx context.Context, number int, at time.Time) (string, error) {
	for _, late := range []time.Duration{0, 1, -1, 2, 3, 4, 5} {
		head, err := j.store.Mark(ctx, event.DeclaredMark(j.repo.ID, int64(number), at.Add(late*time.Second)))
		if err != nil || head != "" {
			return head, err
		}
	}
	return "", nil
}

// fingerprint tells apart what verdicts follow from. Another version of the program may
// judge otherwise.
func fingerprint(in *review.Input, context, noted string, mode config.Mode) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%x\n%x\n", in.Base, in.Head, in.Stage, in.Day, in.Door.Version, context, noted, mode, sha256.Sum256(in.Floor), sha256.Sum256(in.KeyRing))
	return hex.EncodeToString(h.Sum(nil))
}
