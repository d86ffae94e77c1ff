package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
	"custody/app/effect"
	"custody/app/event"
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
	now, err := j.now(ctx)
	return now.GetHead().GetSHA() == j.head.String(), err
}

// now is what GitHub says of the pull request by now.
func (j *job) now(ctx context.Context) (*github.PullRequest, error) {
	now, _, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, int(j.subject.Number))
	if err != nil {
		return nil, fmt.Errorf("reading the pull request: %w", err)
	}
	return now, nil
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

// intend adds what is to be published of a conclusion.
func (j *job) intend(ctx context.Context, follows *store.Follows, r *store.Review, o checkrun.Output) error {
	if j.comments() {
		follows.Marks[j.commentMark()] = commentBody(j.check.Name, r.Head, o)
	}
	if r.Verdict == "" {
		return nil
	}
	p := effect.Pack{Verdict: r.Verdict, Digest: r.Pack}
	if a := j.attachment(); j.Publish.Refs {
		if there, err := a.Done(ctx, p.Verdict); err != nil {
			return err
		} else if !there {
			follows.Effects[a.Key()] = p.Text()
		}
	}
	if a := (&effect.Attestation{Place: j.place()}); j.Publish.Attestations {
		if there, err := a.Done(ctx, p.Verdict); err != nil {
			return err
		} else if !there {
			follows.Effects[a.Key()] = p.Text()
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

// commentMark is the mark that keeps what the comment says of the last verdict.
func (j *job) commentMark() string {
	return fmt.Sprintf("comment/%d/%d", j.repo.ID, j.subject.Number)
}

// shownAnswers is how many answers to commands the comment holds, the newest.
const shownAnswers = 3

// noRoom stands where an answer does not fit beside the verdict.
const noRoom = "\n---\n\nThere is no room here for more answers. Ask about one rule: `/custody explain RULE`; or read the pack.\n"

// sayComment brings the one comment up to date: the verdict, and the last answers.
func (j *job) sayComment(ctx context.Context) error {
	body, err := j.store.Mark(ctx, j.commentMark())
	if err != nil || body == "" {
		return err
	}
	commands, err := j.store.Commands(ctx, j.task.Repo, j.subject.Number)
	if err != nil {
		return err
	}
	answers := ""
	n := 0
	for _, c := range slices.Backward(commands) {
		if c.Answer == "" {
			continue
		}
		if n++; n > shownAnswers {
			break
		}
		answer := fmt.Sprintf("\n---\n\n**Answer to %s** %s\n", j.asked(&c), c.Answer)
		if len(body)+len(answers)+len(answer)+len(noRoom) >= effect.MaxComment {
			answers += noRoom
			break
		}
		answers += answer
	}
	body += answers
	c, mark := j.comment(), event.TextDigest(body)
	if said, err := c.Done(ctx, mark); err != nil || said {
		return err
	}
	if err := j.store.Begin(ctx, c.Key(), effect.Saying{Mark: mark, Body: body}.Text()); err != nil {
		return err
	}
	return c.Say(ctx)
}

// asked leads to a command, by no word of it.
func (j *job) asked(c *store.Command) string {
	if c.Comment == 0 {
		return "a button of the check"
	}
	return fmt.Sprintf("[a command](%s#issuecomment-%d)", j.pr.GetHTMLURL(), c.Comment)
}

// reply answers commands: by a reaction, and where there is no comment to hold them by
// answers of their own.
func (j *job) reply(ctx context.Context) error {
	if err := j.answerAsks(ctx); err != nil {
		return err
	}
	if quiet, err := j.quiet(ctx); err != nil || quiet {
		return err
	}
	commands, err := j.store.Commands(ctx, j.task.Repo, j.subject.Number)
	if err != nil {
		return err
	}
	place := j.place()
	place.Current = nil // an answer is to who asked, whatever the head is
	var failed error
	for _, c := range commands {
		content := map[store.CommandState]string{store.Answered: "+1", store.Refused: "confused", store.Revoked: "+1"}[c.State]
		if content == "" {
			continue
		}
		if c.Comment != 0 && c.State != store.Revoked {
			failed = errors.Join(failed, place.React(ctx, c.Comment, content))
		}
		if c.Answer == "" || j.Publish.Comment {
			continue
		}
		a := &effect.Comment{Place: place, AppID: j.Hub.AppID(), Number: int(j.subject.Number), Command: c.Name}
		mark := event.TextDigest(c.Answer)
		if said, err := a.Done(ctx, mark); err != nil {
			return err
		} else if said {
			continue
		}
		if err := j.store.Begin(ctx, a.Key(), effect.Saying{Mark: mark, Body: fmt.Sprintf("**Answer to %s** %s\n", j.asked(&c), c.Answer)}.Text()); err != nil {
			return err
		}
		if err := a.Say(ctx); err != nil {
			failed = errors.Join(failed, err, j.refused(ctx, a.Key(), err))
		}
	}
	return failed
}

// refused keeps that GitHub does not let an effect happen.
func (j *job) refused(ctx context.Context, key string, err error) error {
	if key == "" || !effect.Refused(err) {
		return nil
	}
	return j.store.Refuse(ctx, key)
}

// publish does what is intended. Only a limit of GitHub's, or an answer that may come
// yet, makes an error of it: then the review is taken up again, and finds all else done.
func (j *job) publish(ctx context.Context) error {
	var later error
	for _, o := range []struct {
		name string
		key  string
		is   bool
		do   func(context.Context) error
	}{
		{"answer", "", j.pr != nil && j.shows, j.reply},
		{"comment", j.comment().Key(), j.comments(), j.sayComment},
		{"ref", j.attachment().Key(), j.Publish.Refs, func(ctx context.Context) error { return j.attachment().Attach(ctx, j.Blobs.Get) }},
		{"attestation", (&effect.Attestation{Place: j.place()}).Key(), j.Publish.Attestations, func(ctx context.Context) error {
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
		if err := j.refused(ctx, o.key, err); err != nil {
			return err
		}
		j.metrics.published.WithLabelValues(o.name, "failed").Inc()
		j.log.WithError(err).WithField("what", o.name).Warn("it could not be published; the check run stands")
	}
	if later == nil && j.more > 0 {
		return &unpublishedError{&store.LaterError{After: j.more, Why: errors.New("there are more commands")}}
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
