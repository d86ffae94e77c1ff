package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sirupsen/logrus"

	"custody/app/checkrun"
	"custody/app/clone"
	"custody/app/effect"
	"custody/app/gather"
	"custody/app/hub"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/pack"
	"custody/internal/parallel"
	"custody/internal/review"
	"custody/internal/sign"
	"custody/internal/store"
)

// contextName is what the context is called in errors.
const contextName = "that was read from GitHub"

// judge reviews j.head and says so.
func (j *job) judge(ctx context.Context) (string, error) {
	j.takeBack(ctx)
	defer j.concluding()
	begun := parallel.Begin(ctx, j.begun) // GitHub answers while git fetches
	defer begun.Drop()
	c, err := j.fetch(ctx)
	if berr := begun.End(); err == nil && berr != nil {
		c.Close()
		err = berr
	}
	if err != nil {
		return j.large(ctx, err)
	}
	defer j.tidy(ctx)
	defer c.Close()
	if j.subject.Kind == "push" {
		if recorded, err := j.pushed(ctx, c); err != nil {
			return "", err
		} else if recorded {
			return "", j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name, j.task.Turn)
		}
	}
	if j.gone {
		j.log.Warn("there is no record of what landed: it is gone from the repository")
		return "", j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name, j.task.Turn)
	}
	if j.landed {
		return j.over(ctx)
	}
	if waits, undecided, err := j.behind(ctx, c); err != nil {
		return "", j.blame(ctx, c, err)
	} else if waits != "" {
		j.log.WithField("why", waits).Info("the merge group waits")
		j.concluding()
		if _, err := j.check.TakeBack(ctx); err != nil { // nobody knows how long it waits
			return "", err
		}
		return "", j.check.Waits(ctx, waits)
	} else if undecided != nil {
		return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "behind "+j.base.String(), *undecided)
	}
	if err := j.holdsQueued(ctx, c); err != nil {
		return "", j.blame(ctx, c, err)
	}
	in, judge, undecided, err := j.input(ctx, c)
	if err != nil {
		return "", j.blame(ctx, c, err)
	}
	if undecided != nil {
		j.log.WithField("why", undecided.Title).Warn("nothing can be judged")
		return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "undecided "+undecided.Summary, *undecided)
	}
	known, err := j.context(ctx, c, judge)
	if errors.Is(err, gather.ErrTurned) {
		err = errMoved
	}
	if err != nil {
		return "", err
	}
	in.Salt = j.Salts.of(j.repo.ID)
	if err := j.hear(ctx, &in, known); err != nil {
		return "", err
	}
	noted, err := j.readNoted(ctx, c)
	if err != nil {
		return "", err
	}
	inputs := fingerprint(&in, gather.Fingerprint(known), noted, j.Mode)
	if s := &j.subject; s.Inputs == inputs && s.DoneHead == j.head.String() {
		j.concluding() // if the success was not taken back by now, it stands
	}
	told, err := j.told(ctx)
	if err != nil {
		return "", err
	}
	if s := &j.subject; told && s.Inputs == inputs && s.DoneHead == j.head.String() {
		j.log.Info("nothing changed since the last verdict")
		last := lastReview(s)
		last.Unsettled = j.unsettled(known, last.Decision)
		last.Wants = withNotes(last.Wants, j.notes.at, j.noted)
		if err := j.held.Conclude(ctx, j.task.Turn, last, store.Follows{Wakes: j.wakes(last.Decision)}); err != nil {
			return "", err
		}
		return s.Decision, j.tell(ctx, false)
	}
	if in.Context, err = sign.Canonical(known); err != nil {
		return "", fmt.Errorf("writing the context: %w", err)
	}
	in.ContextFile = contextName
	v, err := review.Run(ctx, in)
	if errors.Is(err, review.ErrNothing) {
		o := checkrun.Undecided(j.Mode, "There is nothing to judge.", "There is no commit between the base and the head of this change.", "Add a commit, or close it.")
		j.log.Info("there is nothing to judge")
		return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "nothing "+in.Base.String(), o)
	}
	if errors.Is(err, review.ErrSalt) {
		o := checkrun.Undecided(j.Mode, "This change could not be judged.", "Its policy says that packs name people by pseudonyms, and this server has no salts to make them with.",
			"Who runs Custody names a folder for them in its configuration: salts.")
		return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "salt "+in.Base.String(), o)
	}
	if err != nil {
		return "", j.blame(ctx, c, err)
	}
	c.Trust()
	defer j.learn(ctx, c) // who waits for the answer need not wait for this
	landing := ""
	if v.Decision == review.Pass && in.Stage == change.AtMerge {
		if landing, err = review.LeavesNoJudge(ctx, in.Repository, in.Head, in.Floor, in.FloorFile); err != nil {
			return "", err
		}
	}
	return j.keep(ctx, &v, judge, known, inputs, landing)
}

// told says whether the check run says what was concluded of the head, or is about to.
func (j *job) told(ctx context.Context) (bool, error) {
	if !j.shows {
		return true, nil
	}
	mark, pending, err := j.check.Says(ctx)
	s := &j.subject
	if err != nil || mark == "" || !strings.HasPrefix(mark, s.Verdict) || !strings.Contains(mark, " "+j.ref+" ") || strings.HasSuffix(mark, effect.Success) && s.Decision != review.Pass.String() {
		return false, err
	}
	return pending || j.stands(ctx, mark), nil
}

// stands says whether what the run was made to say last is what it shows. That it lets nothing
// through is held against GitHub: a store from before that was put back does not know of a success
// that came behind it. Where GitHub does not answer, it is said again.
func (j *job) stands(ctx context.Context, mark string) bool {
	heard, err := j.check.Heard(ctx, mark)
	if err != nil || !heard || strings.HasSuffix(mark, effect.Success) {
		return heard && err == nil
	}
	holds, err := j.check.Holds(ctx)
	if err != nil {
		j.log.WithError(err).Info("it is not known what the check run shows")
	} else if !holds {
		j.log.WithField("mark", mark).Warn("the check run does not show what it was made to say last: it is said again")
	}
	return holds && err == nil
}

// unsettled says whether a verdict that lets nothing through lacks what GitHub may tell another
// time: then it is asked for again.
func (j *job) unsettled(known *change.Context, decision string) bool {
	return decision != review.Pass.String() && (j.unanswered || gather.Unanswered(known))
}

// blame suspects a copy of a review that failed, if nobody else is to blame: what is
// asked of git alone does not fail where the copy is whole.
func (j *job) blame(ctx context.Context, c *clone.Clone, err error) error {
	if class, _ := hub.Classify(err); class == hub.Other && ctx.Err() == nil && !errors.Is(err, errMoved) && !errors.Is(err, review.ErrBadSalt) {
		c.Suspect()
	}
	return err
}

// learn keeps what was read for the next review, and with it the graph of the default
// branch. That it can not costs time.
func (j *job) learn(ctx context.Context, c *clone.Clone) {
	err := j.warm(ctx, c)
	if err = errors.Join(err, c.Save()); err != nil && ctx.Err() == nil {
		j.log.WithError(err).Info("what was read could not be kept for the next review")
	}
}

// warm makes the graph to which the next change will most likely be made.
func (j *job) warm(ctx context.Context, c *clone.Clone) error {
	at := j.base
	if j.subject.Stage == "record" {
		at = j.head
	}
	if j.ref != "refs/heads/"+j.repo.DefaultBranch || at.IsZero() {
		return nil
	}
	commit, err := c.Commit(ctx, at)
	if err != nil {
		return err
	}
	return impact.Know(ctx, impact.BuildInput{Source: impact.Objects(c.Repository), Commit: commit.ID, Tree: commit.Tree, Facts: c.Facts}, c.Graphs)
}

func lastReview(s *store.Subject) store.Review {
	return store.Review{Repo: s.Repo, Subject: s.Name, Head: s.DoneHead, Ref: s.Ref, Decision: s.Decision, Verdict: s.Verdict, Inputs: s.Inputs, Wants: s.Wants, Pack: s.Pack, Base: s.Base, Stage: s.Stage, Holds: s.Holds}
}

// keep makes the pack, stores it, and says what came out.
func (j *job) keep(ctx context.Context, v *review.Verdict, judge *review.Judge, known *change.Context, inputs, landing string) (string, error) {
	verdict, digest, err := j.kept(ctx, inputs)
	if err == nil && digest == "" {
		verdict, digest, err = j.pack(ctx, v)
	}
	if err != nil {
		return "", err
	}
	r := store.Review{
		Verdict: verdict, Pack: digest, Head: v.Inputs.Head.String(), Base: v.Inputs.Base.String(), Ref: j.ref,
		Stage: v.Stage.String(), Decision: v.Decision.String(), Inputs: inputs, Unsettled: j.unsettled(known, v.Decision.String()), Wants: withNotes(wantsOf(gather.WantOf(judge)), j.notes.at, j.noted),
	}
	var declared *change.Urgency
	if known.Change != nil {
		declared = known.Change.Emergency
	}
	var keys []byte
	if j.Keys != nil {
		keys = j.Keys.Text
	}
	r.Holds = string(holdsUntil(v, judge, known.Waivers, declared, keys))
	if j.subject.Stage == "record" && j.head.String() != r.Head {
		r.Head = j.head.String()
	}
	quiet, err := j.quiet(ctx)
	if err != nil {
		return "", err
	}
	o := checkrun.Render(checkrun.Input{Verdict: v, Digest: verdict, Pack: digest, Mode: j.Mode, Quiet: quiet, Landing: landing, DetailsURL: j.Links.To(digest)})
	if err := j.conclude(ctx, r, verdict+landing, o); err != nil {
		return "", err
	}
	j.log.WithFields(logrus.Fields{"decision": v.Decision.String(), "verdict": verdict, "pack": digest}).Info("judged")
	return v.Decision.String(), nil
}

// kept are the digests of the last verdict and its pack, if it was reached from the same, and the
// pack is there: another would differ in when it was read alone, and be kept for good.
func (j *job) kept(ctx context.Context, inputs string) (verdict, digest string, err error) {
	s := &j.subject
	if s.Pack == "" || s.Inputs != inputs || s.DoneHead != j.head.String() {
		return "", "", nil
	}
	if _, err := j.Blobs.Get(ctx, s.Pack); errors.Is(err, store.ErrNotFound) {
		return "", "", nil
	} else if err != nil {
		return "", "", fmt.Errorf("reading pack %s: %w", s.Pack, err)
	}
	return s.Verdict, s.Pack, nil
}

// pack makes the pack of a verdict, and stores it.
func (j *job) pack(ctx context.Context, v *review.Verdict) (verdict, digest string, err error) {
	file, err := pack.Build(ctx, pack.Input{Verdict: v, Context: v.Context, Signer: j.Signer})
	if err != nil {
		return "", "", err
	}
	doc, err := pack.Document(v)
	if err != nil {
		return "", "", err
	}
	if verdict, err = pack.VerdictDigest(doc); err != nil {
		return "", "", err
	}
	digest = pack.Digest(file)
	return verdict, digest, j.Blobs.Put(ctx, digest, file)
}

// conclude keeps a verdict together with what is to be said, and says it. mark stands for what
// was found: the same says something else under another mode.
func (j *job) conclude(ctx context.Context, r store.Review, mark string, o checkrun.Output) error {
	if r.Repo, r.Subject = j.task.Repo, j.subject.Name; j.concluding != nil {
		j.concluding()
	}
	if o.DetailsURL == "" { // a run keeps a link until it gets another: that of a verdict before
		o.DetailsURL = j.Links.Home()
	}
	mark += " " + j.ref + " " + string(o.Conclusion) // the run is named after the branch
	follows, first := store.Follows{Effects: map[string]string{}, Marks: map[string]string{}, Wakes: j.wakes(r.Decision)}, false
	if j.shows {
		was, pending, err := j.check.Says(ctx) // what is pending may be written by a try that did not end
		if err != nil {
			return err
		}
		first = !pending
		if pending || was != mark || !j.stands(ctx, was) {
			follows.Effects[j.check.Key()] = effect.Intent{Mark: mark, Output: o, Again: j.subject.DoneTurn > 0 && j.subject.Inputs == ""}.Text()
		}
	}
	if err := j.intend(ctx, &follows, &r, o); err != nil {
		return err
	}
	if err := j.held.Conclude(ctx, j.task.Turn, r, follows); err != nil {
		return err
	}
	return j.tell(ctx, first)
}

// tell says what was just concluded. Where what the check run says was forgotten by now, somebody
// found that GitHub does not show it, and left it to this review: its next try says it.
func (j *job) tell(ctx context.Context, first bool) error {
	if j.shows {
		if mark, _, err := j.check.Says(ctx); err != nil {
			return err
		} else if mark == "" {
			return effect.ErrOverwritten
		}
	}
	return j.answer(ctx, first)
}

// unable says that there is no verdict, for no fault of the change's: the review is not over. A
// verdict that there was before does not hold, nor does what stands on it in a merge queue.
func (j *job) unable(ctx context.Context, mark string, o checkrun.Output) error {
	return j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref, Decision: "undecided", Unsettled: true}, mark, o)
}

// answer says what was concluded: at first where people wait for it. first is speak's.
func (j *job) answer(ctx context.Context, first bool) error {
	if err := j.speak(ctx, first); err != nil {
		return err
	}
	return j.publish(ctx)
}

// speak writes what is intended to the check run, if the head is still the newest. first
// says that nothing was intended until just now.
func (j *job) speak(ctx context.Context, first bool) error {
	if !j.shows {
		return nil
	}
	pending, err := j.check.Pending(ctx)
	if err != nil || !pending {
		return err
	}
	if j.pr != nil {
		now, err := j.now(ctx)
		if err != nil {
			return err
		}
		if now.GetHead().GetSHA() != j.head.String() || now.GetState() != "open" {
			j.log.Info("the head moved, or it was closed: nothing is said of the old one")
			return nil // the delivery about that asks for its review
		}
	}
	return j.check.Conclude(ctx, first)
}
