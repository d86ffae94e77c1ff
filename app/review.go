package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/checkrun"
	"custody/app/clone"
	"custody/app/effect"
	"custody/app/gather"
	"custody/app/hub"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/pack"
	"custody/internal/review"
	"custody/internal/sign"
	"custody/internal/store"
)

// patience is how many tries wait for an answer of GitHub before it becomes a missing
// fact, and for a review that fails before the check run says that it can not be made.
const patience = 4

// A job is one review on its way.
type job struct {
	*App
	task    store.Task
	subject store.Subject
	name    string // of the repository, as far as it is known
	client  *hub.Client
	repo    *hub.Repository
	log     *logrus.Entry

	pr      *github.PullRequest // nil for other kinds
	ref     string              // that the change is for
	head    git.OID
	base    git.OID
	hasBase bool // base is given, and not the tip of ref
	check   *effect.Check
	shows   bool // what comes out is shown as a check run
}

// Review implements store.Worker.
func (a *App) Review(ctx context.Context, t store.Task) (err error) {
	s, err := a.store.Subject(ctx, t.Repo, t.Subject)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.Turn < s.Turn || s.Closed {
		return nil // the job of a newer turn is there; or nobody waits
	}
	at, ok, err := a.store.Repository(ctx, t.Repo)
	if err != nil {
		return err
	}
	if ok && at.State != store.Active { // reconcile comes back to it
		a.Log.WithFields(logrus.Fields{"repo": t.Repo, "subject": s.Name}).Info("the review waits until the repository is ours again")
		return nil
	}
	ctx, leave, ok, err := a.enter(ctx, &s)
	if err != nil {
		return err
	}
	if !ok {
		return store.ErrBusy
	}
	defer leave()
	began := a.Now()
	j := &job{App: a, task: t, subject: s, name: at.FullName, log: a.Log.WithFields(logrus.Fields{"delivery": s.Delivery, "repo": t.Repo, "subject": s.Name, "pr": s.Number})}
	decision, err := j.run(ctx)
	if errors.Is(context.Cause(ctx), errOvertaken) {
		j.log.Info("stopped: a newer head came")
		return nil
	}
	if err == nil {
		if decision != "" {
			a.metrics.reviewed(decision, a.Now().Sub(began))
		}
		return nil
	}
	a.metrics.reviewed("error", a.Now().Sub(began))
	return j.failed(ctx, err)
}

// failed says what becomes of a review that could not be made.
func (j *job) failed(ctx context.Context, err error) error {
	class, after := hub.Classify(err)
	switch class {
	case hub.Later:
		j.log.WithField("after", after).Warn("GitHub's rate limit: later")
		return &store.LaterError{After: after, Why: errors.New("rate limit of GitHub")}
	case hub.Gone, hub.Forbidden:
		if j.repo == nil {
			j.log.WithError(err).Info("the repository is not for us any more")
			return j.store.Unreachable(ctx, j.task.Repo, j.subject.Installation)
		}
	}
	j.log.WithError(err).WithField("try", j.task.Try).Warn("a review could not be made")
	if j.task.Try >= patience && j.check != nil && j.shows && ctx.Err() == nil {
		o := checkrun.Undecided(j.Mode, "This change could not be judged.",
			"The review did not end: who runs Custody finds the reason in its log, by the delivery "+j.subject.Delivery+".",
			"Wait, it is tried again; or press Review again.")
		if serr := j.say(ctx, "undecided "+j.head.String(), o); serr != nil {
			j.log.WithError(serr).Warn("the check run could not be concluded")
		}
	}
	return err
}

func (j *job) run(ctx context.Context) (string, error) {
	j.client = j.Hub.Installation(j.subject.Installation)
	var err error
	if j.repo, err = j.client.Repository(ctx, j.task.Repo, j.name); err != nil {
		return "", err
	}
	j.log = j.log.WithField("repo", j.repo.FullName())
	if err := j.store.Installed(ctx, store.Installed{Repo: j.repo.ID, Installation: j.subject.Installation, FullName: j.repo.FullName(), State: store.Active}); err != nil {
		return "", err
	}
	for range 3 {
		wanted, err := j.locate(ctx)
		if err != nil || !wanted {
			return "", err
		}
		j.log = j.log.WithField("head", j.head.String())
		decision, err := j.judge(ctx)
		if errors.Is(err, errMoved) {
			continue
		}
		return decision, err
	}
	return "", &store.LaterError{After: 2 * time.Second, Why: errMoved}
}

// errMoved says that what GitHub said and what git fetched are not about the same head.
var errMoved = errors.New("the head moves")

// locate asks GitHub what the subject is now. wanted is false when nothing is to be done.
func (j *job) locate(ctx context.Context) (wanted bool, err error) {
	s := &j.subject
	switch s.Kind {
	case "pull_request":
		return j.locatePull(ctx)
	case "merge_group":
		j.ref, j.shows = s.Ref, true
		j.head, err = git.ParseOID(s.Head)
	case "push":
		if j.head, err = git.ParseOID(s.Head); err != nil {
			return false, err
		}
		j.ref, j.hasBase = s.Ref, true
		if j.base, err = git.ParseOID(s.Base); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("a subject of kind %q", s.Kind)
	}
	j.newCheck()
	return err == nil, err
}

func (j *job) locatePull(ctx context.Context) (bool, error) {
	pr, _, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, int(j.subject.Number))
	if class, _ := hub.Classify(err); err != nil && class == hub.Gone {
		return false, j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name)
	}
	if err != nil {
		return false, fmt.Errorf("reading the pull request: %w", err)
	}
	j.pr, j.ref = pr, "refs/heads/"+pr.GetBase().GetRef()
	if j.subject.Stage == "record" {
		return j.locateRecord()
	}
	if pr.GetState() != "open" {
		return false, j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name)
	}
	if j.head, err = git.ParseOID(pr.GetHead().GetSHA()); err != nil {
		return false, fmt.Errorf("the head of the pull request: %w", err)
	}
	j.shows = true
	j.newCheck()
	return true, nil
}

// locateRecord is about what landed: the commit that GitHub says the merge made, against
// what the branch was before it.
func (j *job) locateRecord() (bool, error) {
	if !j.pr.GetMerged() {
		return false, nil
	}
	var err error
	if j.head, err = git.ParseOID(j.pr.GetMergeCommitSHA()); err != nil {
		return false, fmt.Errorf("the commit of the merge: %w", err)
	}
	return true, nil
}

func (j *job) newCheck() {
	j.check = &effect.Check{
		Log: j.store, Client: j.client, Repo: j.repo, AppID: j.Hub.AppID(), Now: j.Now,
		Subject: j.subject.Name, Head: j.head.String(), Name: CheckName(j.ref),
	}
}

// CheckName is the name of the check run on changes for a ref. It holds the branch, since
// one commit may be the head of two pull requests, for two branches.
func CheckName(ref string) string { return "custody: " + strings.TrimPrefix(ref, "refs/heads/") }

// judge reviews j.head and says so.
func (j *job) judge(ctx context.Context) (string, error) {
	if j.shows {
		if pending, err := j.check.Pending(ctx); err != nil {
			return "", err
		} else if !pending {
			if _, err := j.check.Ensure(ctx); err != nil {
				return "", err
			}
		}
	}
	c, err := j.fetch(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if j.subject.Kind == "push" {
		if err := j.judgeMoved(ctx, c); err != nil {
			return "", err
		}
		if recorded, err := j.landedByPulls(ctx, c); err != nil || recorded {
			return "", err
		}
	}
	in, judge, undecided, err := j.input(ctx, c)
	if err != nil {
		return "", err
	}
	if undecided != nil {
		return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "undecided "+undecided.Summary, *undecided)
	}
	known, err := j.context(ctx, c, judge)
	if err != nil {
		return "", err
	}
	inputs := fingerprint(&in, gather.Fingerprint(known), j.Mode)
	if s := &j.subject; s.Inputs == inputs && s.DoneHead == j.head.String() {
		j.log.Info("nothing changed since the last verdict")
		if err := j.store.Conclude(ctx, j.task.Turn, lastReview(s), nil); err != nil {
			return "", err
		}
		return s.Decision, j.speak(ctx)
	}
	if in.Context, err = sign.Canonical(known); err != nil {
		return "", fmt.Errorf("writing the context: %w", err)
	}
	in.ContextFile = "that was read from GitHub"
	v, err := review.Run(ctx, in)
	if errors.Is(err, review.ErrNothing) {
		o := checkrun.Undecided(j.Mode, "There is nothing to judge.", "There is no commit between the base and the head of this change.", "Add a commit, or close it.")
		return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "nothing "+in.Base.String(), o)
	}
	if err != nil {
		return "", err
	}
	if err := c.Save(); err != nil {
		j.log.WithError(err).Info("what was read could not be kept")
	}
	landing := ""
	if v.Decision == review.Pass && in.Stage == change.AtMerge {
		if landing, err = review.LeavesNoJudge(ctx, in.Repository, in.Head, in.Floor, in.FloorFile); err != nil {
			return "", err
		}
	}
	decision, err := j.keep(ctx, &v, judge, inputs, landing)
	if err == nil {
		j.warm(ctx, c)
	}
	return decision, err
}

// warm keeps the graph of the default branch for the next review, once this one has been
// answered. That it can not costs time.
func (j *job) warm(ctx context.Context, c *clone.Clone) {
	at := j.base
	if j.subject.Stage == "record" {
		at = j.head // what the next change will be made to
	}
	if j.ref != "refs/heads/"+j.repo.DefaultBranch || at.IsZero() {
		return
	}
	err := func() error {
		commit, err := c.Commit(ctx, at)
		if err != nil {
			return err
		}
		if _, known := c.Graphs.Graph(commit.Tree); known {
			return nil
		}
		k, err := impact.BuildKnown(ctx, impact.BuildInput{Source: impact.Objects(c.Repository), Commit: commit.ID, Tree: commit.Tree, Facts: c.Facts})
		if err != nil || k == nil {
			return err
		}
		c.Graphs.KeepGraph(commit.Tree, k)
		return c.Save()
	}()
	if err != nil && ctx.Err() == nil {
		j.log.WithError(err).Info("the graph could not be kept")
	}
}

func lastReview(s *store.Subject) store.Review {
	return store.Review{Repo: s.Repo, Subject: s.Name, Head: s.DoneHead, Ref: s.Ref, Decision: s.Decision, Verdict: s.Verdict, Inputs: s.Inputs, Wants: s.Wants, Pack: s.Pack, Base: s.Base, Stage: s.Stage}
}

// keep makes the pack, stores it, and says what came out.
func (j *job) keep(ctx context.Context, v *review.Verdict, judge *review.Judge, inputs, landing string) (string, error) {
	file, err := pack.Build(ctx, pack.Input{Verdict: v, Context: v.Context, Signer: j.Signer})
	if err != nil {
		return "", err
	}
	doc, err := pack.Document(v)
	if err != nil {
		return "", err
	}
	verdict, err := pack.VerdictDigest(doc)
	if err != nil {
		return "", err
	}
	digest := pack.Digest(file)
	if err := j.Blobs.Put(ctx, digest, file); err != nil {
		return "", err
	}
	r := store.Review{
		Verdict: verdict, Pack: digest, Head: v.Inputs.Head.String(), Base: v.Inputs.Base.String(), Ref: j.ref,
		Stage: v.Stage.String(), Decision: v.Decision.String(), Inputs: inputs,
	}
	if gather.WantOf(judge).Checks {
		r.Wants = wantsChecks
	}
	if j.subject.Stage == "record" && j.head.String() != r.Head {
		r.Head = j.head.String()
	}
	o := checkrun.Render(checkrun.Input{Verdict: v, Digest: verdict, Pack: digest, Mode: j.Mode, Landing: landing, DetailsURL: j.Links.To(digest)})
	if err := j.conclude(ctx, r, verdict+landing, o); err != nil {
		return "", err
	}
	j.log.WithFields(logrus.Fields{"decision": v.Decision.String(), "verdict": verdict, "pack": digest}).Info("judged")
	return v.Decision.String(), nil
}

// wantsChecks is the value of store.Subject.Wants of a policy that asks for other checks.
const wantsChecks = "checks"

// conclude keeps a verdict together with what is to be said, and says it.
func (j *job) conclude(ctx context.Context, r store.Review, mark string, o checkrun.Output) error {
	r.Repo, r.Subject = j.task.Repo, j.subject.Name
	effects := map[string]string{}
	if j.shows {
		said, err := j.check.Said(ctx, mark)
		if err != nil {
			return err
		}
		if !said {
			effects[j.check.Key()] = effect.Intent{Mark: mark, Output: o, Again: j.subject.DoneTurn > 0 && j.subject.Inputs == ""}.Text()
		}
	}
	if err := j.store.Conclude(ctx, j.task.Turn, r, effects); err != nil {
		return err
	}
	return j.speak(ctx)
}

// say makes the check run say something that is no verdict.
func (j *job) say(ctx context.Context, mark string, o checkrun.Output) error {
	if said, err := j.check.Said(ctx, mark); err != nil || said {
		return err
	}
	if err := j.store.Begin(ctx, j.check.Key(), effect.Intent{Mark: mark, Output: o}.Text()); err != nil {
		return err
	}
	return j.speak(ctx)
}

// speak writes what is intended to the check run, if the head is still the newest.
func (j *job) speak(ctx context.Context) error {
	if !j.shows {
		return nil
	}
	pending, err := j.check.Pending(ctx)
	if err != nil || !pending {
		return err
	}
	if j.pr != nil {
		now, _, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, int(j.subject.Number))
		if err != nil {
			return fmt.Errorf("reading the pull request: %w", err)
		}
		if now.GetHead().GetSHA() != j.head.String() {
			j.log.Info("the head moved: nothing is said of the old one")
			return nil // the delivery about the newer head asks for its review
		}
	}
	return j.check.Conclude(ctx)
}

// fetch brings what the review reads, and finds base and head.
func (j *job) fetch(ctx context.Context) (*clone.Clone, error) {
	remote, err := j.client.Remote(ctx, j.repo)
	if err != nil {
		return nil, err
	}
	refs := []string{j.ref}
	var commits []git.OID
	head := ""
	switch {
	case j.pr != nil && j.subject.Stage != "record":
		head = pullRef(j.pr)
		refs = append(refs, head)
	case j.pr != nil:
		refs = append(refs, pullRef(j.pr)) // approvals are of commits that squashing left behind
	case j.subject.Kind == "merge_group":
		commits = append(commits, j.head)
	}
	c, err := j.Clones.Get(ctx, j.repo.ID, remote, refs, commits...)
	if err != nil {
		return nil, err
	}
	if err := j.ends(ctx, c, head); err != nil {
		c.Close()
		return nil, err
	}
	if err := c.Complete(ctx, j.base, j.head); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
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
		Facts: c.Facts, Graphs: c.Graphs,
		Door: review.Door{Name: "app", Version: j.Version, Delivery: j.subject.Delivery},
	}
	if j.subject.Stage == "record" {
		in.Stage = change.AtRecord
	}
	if j.pr != nil {
		in.Door.URL = j.pr.GetHTMLURL()
	}
	if j.Floor != nil {
		in.Floor, in.FloorFile = j.Floor.Text, j.Floor.Name
	}
	if j.Keys != nil {
		in.KeyRing, in.KeyRingFile = j.Keys.Text, j.Keys.Name
	}
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
		o := checkrun.Undecided(j.Mode, "Nothing can be judged: what judges it can not be read.", err.Error(),
			"Correct the file on "+strings.TrimPrefix(j.ref, "refs/heads/")+". Until then only somebody who may bypass the check can merge the repair.")
		return in, nil, &o, nil
	}
	return in, judge, nil, nil
}

// context gathers what is not in git.
func (j *job) context(ctx context.Context, c *clone.Clone, judge *review.Judge) (*change.Context, error) {
	r := &gather.Reader{
		Client: j.client, Repo: j.repo, Host: j.Hub.Host(), AppID: j.Hub.AppID(), Now: j.Now,
		Want: gather.WantOf(judge), Patient: j.task.Try < patience, Remember: j.store.Remember,
	}
	known := gather.Known{More: func(ctx context.Context, reviews []change.Review) ([]string, error) {
		return j.approvedCommits(ctx, c, reviews)
	}}
	commits, _, err := c.Commits(ctx, j.base, j.head, maxCommits)
	if err != nil {
		return nil, err
	}
	for _, k := range commits {
		known.Commits = append(known.Commits, k.ID.String())
	}
	if known.Pushers, known.NoPush, err = j.pushers(ctx, c); err != nil {
		return nil, err
	}
	if j.pr != nil {
		return r.PullRequest(ctx, j.pr, j.head.String(), j.ref, known)
	}
	return r.Commits(ctx, j.subject.Kind, j.head.String(), j.ref, known)
}

const maxCommits = 2000

// fingerprint tells apart what verdicts follow from. Another version of the program may
// judge otherwise.
func fingerprint(in *review.Input, context string, mode config.Mode) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%x\n%x\n", in.Base, in.Head, in.Stage, in.Day, in.Door.Version, context, mode, sha256.Sum256(in.Floor), sha256.Sum256(in.KeyRing))
	return hex.EncodeToString(h.Sum(nil))
}
