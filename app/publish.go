package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"custody/app/checkrun"
	"custody/app/effect"
	"custody/app/hub"
	"custody/internal/pack/verify"
	"custody/internal/store"
)

// What is published besides the check run is told from what was concluded, once for each
// verdict. That it can not be published is logged and counted, and changes nothing of the
// verdict: the check run stands.

// place is where this review writes.
func (j *job) place() effect.Place {
	p := effect.Place{Log: j.store, Client: j.client, Repo: j.repo, Subject: j.subject.Name, Head: j.head.String()}
	if j.pr != nil && j.subject.Stage != "record" {
		p.Current = j.current
	}
	return p
}

// current says whether the head that was judged is still that of the pull request.
func (j *job) current(ctx context.Context) (bool, error) {
	now, _, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, int(j.subject.Number))
	if err != nil {
		return false, fmt.Errorf("reading the pull request: %w", err)
	}
	return now.GetHead().GetSHA() == j.head.String(), nil
}

func (j *job) attachment() *effect.Attachment {
	return &effect.Attachment{Place: j.place(), Name: refName(&j.subject)}
}

// refName is a subject as a part of a ref.
func refName(s *store.Subject) string {
	switch s.Kind {
	case "merge_group":
		return "queue"
	case "push": // for a branch, whose name may be as long as a part of a ref may
		sum := sha256.Sum256([]byte(s.Ref))
		return "push-" + hex.EncodeToString(sum[:8])
	}
	return strings.ReplaceAll(s.Name, "/", "-") // "pull-7", "pull-7-record"
}

func (j *job) comment() *effect.Comment {
	return &effect.Comment{Place: j.place(), AppID: j.Hub.AppID(), Number: int(j.subject.Number)}
}

// comments says whether this review has a comment to write to.
func (j *job) comments() bool { return j.Publish.Comment && j.pr != nil && j.shows }

// intend adds to effects what is to be published of a conclusion.
func (j *job) intend(ctx context.Context, effects map[string]string, r *store.Review, mark string, o checkrun.Output) error {
	if j.comments() {
		c := j.comment()
		said, err := c.Done(ctx, mark+" "+r.Head)
		if err != nil {
			return err
		}
		if !said {
			effects[c.Key()] = effect.Saying{Mark: mark + " " + r.Head, Body: commentBody(j.check.Name, r.Head, o)}.Text()
		}
	}
	if r.Verdict == "" {
		return nil
	}
	p := effect.Pack{Verdict: r.Verdict, Digest: r.Pack}
	if a := j.attachment(); j.Publish.Refs {
		if there, err := a.Done(ctx, p.Verdict); err != nil {
			return err
		} else if !there {
			effects[a.Key()] = p.Text()
		}
	}
	if a := (&effect.Attestation{Place: j.place()}); j.Publish.Attestations {
		if there, err := a.Done(ctx, p.Verdict); err != nil {
			return err
		} else if !there {
			effects[a.Key()] = p.Text()
		}
	}
	return nil
}

// commentBody says what the check run says, and leads there for the rest: the link to the
// pack's page opens it for whoever has it, and comments go out as mail.
func commentBody(check, head string, o checkrun.Output) string {
	summary := strings.Replace(o.Summary, checkrun.DetailsHint, "", 1)
	return fmt.Sprintf("### %s\n\n%s\n\nThe check `%s` on commit `%s` says more.\n", o.Title, strings.TrimSpace(summary), strings.ReplaceAll(check, "`", "'"), head)
}

// An unpublishedError says that a review is to be taken up again for what was not
// published, and that nothing is wrong with its verdict.
type unpublishedError struct{ why error }

func (e *unpublishedError) Error() string { return "not all is published: " + e.why.Error() }
func (e *unpublishedError) Unwrap() error { return e.why }

// publish does what is intended. Only a limit of GitHub's, or an answer that may come
// yet, makes an error of it: then the review is taken up again, and finds all else done.
func (j *job) publish(ctx context.Context) error {
	var later error
	for _, o := range []struct {
		name string
		is   bool
		do   func(context.Context) error
	}{
		{"comment", j.comments(), func(ctx context.Context) error { return j.comment().Say(ctx) }},
		{"ref", j.Publish.Refs, func(ctx context.Context) error { return j.attachment().Attach(ctx, j.Blobs.Get) }},
		{"attestation", j.Publish.Attestations, func(ctx context.Context) error {
			return (&effect.Attestation{Place: j.place()}).Attest(ctx, j.statement)
		}},
	} {
		if !o.is {
			continue
		}
		err := o.do(ctx)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		switch class, after := hub.Classify(err); class {
		case hub.Later:
			later = &unpublishedError{&store.LaterError{After: after, Why: errors.New("rate limit of GitHub")}}
		case hub.Transient:
			later = &unpublishedError{errors.New("GitHub did not answer")}
		}
		j.metrics.published.WithLabelValues(o.name, "failed").Inc()
		j.log.WithError(err).WithField("what", o.name).Warn("it could not be published; the check run stands")
	}
	return later
}

// statement takes out of a pack what is handed over as an attestation.
func (j *job) statement(ctx context.Context, digest string) (bundle []byte, manifest string, err error) {
	file, err := j.Blobs.Get(ctx, digest)
	if err != nil {
		return nil, "", err
	}
	members, err := verify.Decode(file)
	if err != nil {
		return nil, "", err
	}
	return members[verify.Statement], verify.Digest(members[verify.Manifest]), nil
}
