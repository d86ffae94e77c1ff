package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/sirupsen/logrus"

	"custody/app/checkrun"
	"custody/app/clone"
	"custody/app/effect"
	"custody/app/gather"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/pack"
	"custody/internal/review"
	"custody/internal/sign"
	"custody/internal/store"
)

// contextName is what the context is called in errors.
const contextName = "that was read from GitHub"

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
	if err := j.hear(ctx, &in, known); err != nil {
		return "", err
	}
	inputs := fingerprint(&in, gather.Fingerprint(known), j.Mode)
	if s := &j.subject; s.Inputs == inputs && s.DoneHead == j.head.String() {
		j.log.Info("nothing changed since the last verdict")
		if err := j.store.Conclude(ctx, j.task.Turn, lastReview(s), nil); err != nil {
			return "", err
		}
		return s.Decision, j.answer(ctx)
	}
	if in.Context, err = sign.Canonical(known); err != nil {
		return "", fmt.Errorf("writing the context: %w", err)
	}
	in.ContextFile = contextName
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
	if err := j.intend(ctx, effects, &r, o); err != nil {
		return err
	}
	if err := j.store.Conclude(ctx, j.task.Turn, r, effects); err != nil {
		return err
	}
	return j.answer(ctx)
}

// answer says what was concluded: first where people wait for it.
func (j *job) answer(ctx context.Context) error {
	if err := j.speak(ctx); err != nil {
		return err
	}
	return j.publish(ctx)
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
		current, err := j.current(ctx)
		if err != nil {
			return err
		}
		if !current {
			j.log.Info("the head moved: nothing is said of the old one")
			return nil // the delivery about the newer head asks for its review
		}
	}
	return j.check.Conclude(ctx)
}
