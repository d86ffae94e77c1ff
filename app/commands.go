package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
	"custody/app/command"
	"custody/app/event"
	"custody/app/gather"
	"custody/app/hub"
	"custody/internal/change"
	"custody/internal/change/markdown"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack/verify"
	"custody/internal/review"
	"custody/internal/sign"
	"custody/internal/store"
)

// A command is a comment, and a delivery only says that there is one. Who wrote it, what
// it says and what they may do is read from GitHub when the pull request is reviewed. It
// counts as it was delivered first: others can edit a comment in its author's name, so one
// that was edited is none, and a waiver that it granted is over.

const (
	// maxCommands is how many commands of a pull request one review looks at.
	maxCommands = 20
	// maxOwn is how many of an author with no say, and fewCommands are so few that who wrote them
	// is told of each by itself.
	maxOwn      = 5
	fewCommands = 2
	// MaxWaiverDays is how long a waiver that a comment grants may count.
	MaxWaiverDays = 90
)

// An ask is a command that was read, and not yet answered.
type ask struct {
	store.Command
	says       command.Command
	base       string // of the verdict that they saw, of a command that grants a waiver
	by         *github.User
	permission string
}

// granted gives the waivers that commands on this pull request granted and that stand, and
// the changes for which they were. missing says why there may be more of them.
func (j *job) granted(ctx context.Context) (all []change.Waiver, seen []control.Seen, missing string, err error) {
	if j.pull() == nil {
		return nil, nil, "", nil
	}
	commands, err := j.store.Commands(ctx, j.task.Repo, j.subject.Number)
	if err != nil {
		return nil, nil, "", err
	}
	for _, c := range commands {
		if c.Record == "" || c.State != store.Answered {
			continue
		}
		if all == nil {
			all = []change.Waiver{} // somebody looked, whatever comes of it
		}
		m, err := j.read(ctx, &c)
		if class, _ := hub.Classify(err); err != nil {
			passes := class == hub.Transient || class == hub.Gone
			if class == hub.Later || class == hub.Other || passes && j.task.Try < patience {
				return nil, nil, "", err
			}
			j.unanswered = j.unanswered || passes
			missing = "a comment that granted a waiver could not be read, so the waiver is not here"
			continue
		}
		if m == nil {
			c.State, c.Answer = store.Revoked, "The waiver is over: the comment that granted it was edited or deleted."
			if err := j.store.Settle(ctx, c); err != nil {
				return nil, nil, "", err
			}
			j.log.WithField("command", c.Name).Info("a waiver is over: its comment is gone, or says something else")
			continue
		}
		var w change.Waiver
		if err := json.Unmarshal([]byte(c.Record), &w); err != nil {
			return nil, nil, "", fmt.Errorf("reading the waiver of %s: %w", c.Name, err)
		}
		all = append(all, w)
		if payload, err := base64.StdEncoding.DecodeString(w.Record); err == nil {
			if r, err := control.ParseWaiver(payload); err == nil {
				seen = append(seen, control.Seen{Commit: r.Head, Base: r.Base})
			}
		}
	}
	return all, seen, missing, nil
}

// A comment is what go-github knows of one, and the App that wrote it with somebody's token.
type comment struct {
	github.IssueComment
	Via *github.App `json:"performed_via_github_app"`
}

// read reads the comment of a command; nil when somebody told that it is deleted or edited, or it
// is not what was delivered. That GitHub does not have it is no proof: its answers are behind
// sometimes, and an incident may hide what is there.
func (j *job) read(ctx context.Context, c *store.Command) (*comment, error) {
	if c.Asks == "" {
		return nil, nil
	}
	req, err := j.client.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/issues/comments/%d", j.repo.FullName(), c.Comment), nil)
	if err != nil {
		return nil, err
	}
	m := &comment{}
	if _, err = j.client.Do(ctx, req, m); err != nil {
		return nil, fmt.Errorf("reading a command: %w", err)
	}
	if event.TextDigest(m.GetBody()) != c.Asks {
		return nil, nil
	}
	return m, nil
}

// hear reads the commands that nobody looked at yet. Waivers that they grant are added to
// the context; what asks for an answer waits until there is a verdict.
func (j *job) hear(ctx context.Context, in *review.Input, known *change.Context) error {
	if j.pr == nil || !j.shows {
		return nil
	}
	commands, err := j.store.Commands(ctx, j.task.Repo, j.subject.Number)
	if err != nil {
		return err
	}
	waivers, err := j.heard(ctx, commands)
	if err != nil {
		return err
	}
	return j.grant(ctx, in, known, waivers)
}

// heard reads commands of which nobody knows yet what they say. It gives those that ask for a
// waiver; those that ask for an answer wait in j.asks.
func (j *job) heard(ctx context.Context, commands []store.Command) ([]ask, error) {
	j.asks, j.more = nil, 0 // of a head that moved
	commands = slices.DeleteFunc(slices.Clone(commands), func(c store.Command) bool { return c.State != store.Asked })
	var waivers []ask
	n, own := 0, 0
	for _, c := range commands {
		if n == maxCommands {
			j.more = time.Second
			break
		}
		if len(commands) > fewCommands && c.Author != "" {
			has, err := j.hasSay(ctx, c.Author)
			switch {
			case err != nil:
				return nil, err
			case has:
			case c.Author != j.pr.GetUser().GetLogin():
				c.State = store.Unheard // a stranger has no answer, and costs no request
				if err := j.store.Settle(ctx, c); err != nil {
					return nil, err
				}
				continue
			case own == maxOwn:
				if j.more == 0 {
					j.more = max(time.Second, j.wait(len(j.subject.Lately(j.Now().UnixMilli()))+1))
				}
				continue
			default:
				own++
			}
		}
		n++
		if c.Comment == 0 {
			j.asks = append(j.asks, ask{Command: c})
			continue
		}
		a, err := j.take(ctx, c)
		if err != nil {
			return nil, err
		}
		switch {
		case a == nil:
		case a.says.Kind == command.Waive:
			waivers = append(waivers, *a)
		default:
			j.asks = append(j.asks, *a)
		}
	}
	return waivers, nil
}

// lastWords answers commands on a pull request that is closed: what was judged last can still be
// explained.
func (j *job) lastWords(ctx context.Context) (err error) {
	commands, err := j.store.Commands(ctx, j.task.Repo, j.subject.Number)
	if err != nil || !slices.ContainsFunc(commands, func(c store.Command) bool { return c.State == store.Asked }) {
		return err
	}
	if j.head, err = git.ParseOID(j.pr.GetHead().GetSHA()); err != nil {
		return fmt.Errorf("the head of the pull request: %w", err)
	}
	j.shows = true // the answers
	if _, err := j.heard(ctx, commands); err != nil {
		return err
	}
	return j.publish(ctx)
}

// saw says whether who wrote a command could know the verdict on the head: it was the last
// one when the command came, and when it was written. Else somebody could push another
// commit behind a waiver that is about to be granted, or swap an older one back. base is what
// the verdict was of a change to; empty: no.
func (j *job) saw(ctx context.Context, c *store.Command, written time.Time) (base string, err error) {
	if c.Head != j.head.String() {
		return "", nil
	}
	all, err := j.store.Reviews(ctx, j.task.Repo, j.subject.Name, maxReviews)
	if err != nil {
		return "", err
	}
	latest := written.Add(time.Second).UnixMilli()                                  // GitHub writes whole seconds
	i := slices.IndexFunc(all, func(r store.Review) bool { return r.At <= latest }) // the newest first
	if i < 0 || all[i].Head != c.Head {
		return "", nil
	}
	// It was of a change to some branch, and may have been turned to another since.
	members, err := j.packOf(ctx, all[i].Pack)
	if err != nil {
		return "", err
	}
	var of struct {
		Change struct{ Target string }
	}
	if err := json.Unmarshal(members[verify.Context], &of); err != nil {
		return "", fmt.Errorf("reading the context of the last verdict: %w", err)
	}
	if of.Change.Target != j.ref {
		return "", nil
	}
	return all[i].Base, nil
}

// maxReviews is how many verdicts on a pull request are looked through.
const maxReviews = 1000

// take reads one command, and settles it if that is all there is to do.
func (j *job) take(ctx context.Context, c store.Command) (*ask, error) {
	settle := func(state store.CommandState, answer string) (*ask, error) {
		c.State, c.Answer = state, answer
		j.log.WithField("command", c.Name).WithField("state", state).Info("a command was read")
		return nil, j.store.Settle(ctx, c)
	}
	m, err := j.read(ctx, &c)
	if class, _ := hub.Classify(err); err != nil && class == hub.Gone && j.task.Try >= patience {
		return settle(store.Unheard, "")
	}
	if err != nil {
		return nil, err
	}
	if m == nil || m.GetUser().GetType() != "User" {
		return settle(store.Unheard, "")
	}
	a := &ask{Command: c, by: m.GetUser()}
	id, permission, err := gather.PermissionOf(ctx, j.client, j.repo, a.by.GetLogin())
	if class, _ := hub.Classify(err); err != nil && class != hub.Gone && class != hub.Forbidden {
		return nil, fmt.Errorf("asking what the author of a command may do: %w", err)
	}
	if id == a.by.GetID() { // else the login is somebody else's by now
		a.permission = permission
	}
	inside := config.Permission(a.permission).AtLeast("triage")
	if !inside && a.by.GetID() != j.pr.GetUser().GetID() {
		return settle(store.Unheard, "") // a stranger has no answer: it would be one for each comment
	}
	why := ""
	if a.says, why = command.Parse(m.GetBody()); why != "" {
		return settle(store.Refused, why)
	}
	if a.says.Kind != command.Explain && j.pr.GetState() != "open" {
		return settle(store.Refused, "This pull request is closed, and is not reviewed any more.")
	}
	if a.says.Kind != command.Waive {
		return a, nil
	}
	if m.Via != nil { // whoever the token is of need not know
		return settle(store.Refused, "No waiver is granted: another App wrote the command. Whoever grants one writes it themselves.")
	}
	if !config.Permission(a.permission).AtLeast("maintain") {
		return settle(store.Refused, "A waiver takes somebody with permission maintain or admin in this repository.")
	}
	if a.base, err = j.saw(ctx, &c, m.GetCreatedAt().Time); errors.Is(err, store.ErrNotFound) {
		j.log.WithError(err).Error("a pack is lost")
		return settle(store.Refused, "No waiver is granted: the pack of the verdict that it is about is lost. Press Review again on the check, read it, and write the command again.")
	} else if err != nil {
		return nil, err
	} else if a.base == "" {
		return settle(store.Refused, "No waiver is granted: when the command was written there was no verdict yet on what is the head now. Read the check of the newest commit, and write the command again.")
	}
	return a, nil
}

// grant makes waivers of commands, and tries them: one that would not count is refused,
// with the reason that the review itself gives, and is nowhere.
func (j *job) grant(ctx context.Context, in *review.Input, known *change.Context, asks []ask) error {
	var signed []change.Waiver
	var tried []ask
	for _, a := range asks {
		w, why, err := j.waiver(ctx, in, &a)
		if err != nil {
			return err
		}
		if why == "" {
			signed, tried = append(signed, w), append(tried, a)
		} else if err := j.settle(ctx, &a, store.Refused, why, nil); err != nil {
			return err
		}
	}
	if len(tried) == 0 {
		return nil
	}
	trial := *known
	trial.Waivers = append(slices.Clone(known.Waivers), signed...)
	text, err := sign.Canonical(trial)
	if err != nil {
		return fmt.Errorf("writing the context: %w", err)
	}
	with := *in
	with.Context, with.ContextFile = text, contextName
	v, err := review.Run(ctx, with)
	if errors.Is(err, review.ErrSalt) {
		return nil // nothing can be judged: that is said, and commands wait
	}
	if err != nil && !errors.Is(err, review.ErrNothing) {
		return err
	}
	before := len(known.Waivers)
	for i, a := range tried {
		if why := refusal(&v, a.waiverID(), before+i); why != "" {
			if err := j.settle(ctx, &a, store.Refused, why, nil); err != nil {
				return err
			}
			continue
		}
		says := fmt.Sprintf("Waiver %s: the findings of %s at commit %s are excepted until %s, by who wrote the command, with permission %s. It is over as soon as the comment that granted it is edited or deleted.",
			markdown.Code(string(a.waiverID())), markdown.Code(string(a.says.ID)), j.head, a.says.Until, a.permission)
		if err := j.settle(ctx, &a, store.Answered, says, &signed[i]); err != nil {
			return err
		}
		known.Waivers = append(known.Waivers, signed[i])
	}
	return nil
}

func prose(s string) string { return markdown.Prose(change.Printable(s)) }

// waiverID names a waiver by the comment that granted it.
func (a *ask) waiverID() config.ID { return config.ID(fmt.Sprintf("comment-%d", a.Comment)) }

// waiver is the signed record of what a command grants, or why there is none.
func (j *job) waiver(ctx context.Context, in *review.Input, a *ask) (w change.Waiver, why string, err error) {
	switch today := config.Day(in.Day); {
	case a.says.Until < today:
		return w, "That day is past: a waiver needs a day on which it ends, and counts until then.", nil
	case a.says.Until > today.Plus(MaxWaiverDays):
		return w, fmt.Sprintf("A waiver that a comment grants ends within %d days. A longer one stands in the policy, where it is reviewed.", MaxWaiverDays), nil
	}
	owner := change.Printable(j.pr.GetUser().GetLogin())
	record, err := json.Marshal(control.WaiverRecord{
		Schema: control.WaiverSchema, ID: a.waiverID(), Covers: a.says.ID, Paths: []config.Glob{"**"},
		Repository: change.Repository{Host: in.Place.Host, Owner: in.Place.Owner, Name: in.Place.Name},
		Head:       j.head.String(), Target: j.ref, Base: a.base, Owner: owner, Approver: *gather.Person(a.by), Permission: config.Permission(a.permission),
		Reason: a.says.Reason, LastDay: a.says.Until,
	})
	if err != nil {
		return w, "", fmt.Errorf("writing a waiver: %w", err)
	}
	w, err = review.SignWaiver(ctx, record, j.Signer)
	return w, "", err
}

// refusal says why the waiver at an index of the context has no effect on a verdict, or "".
func refusal(v *review.Verdict, id config.ID, index int) string {
	for _, c := range v.Checks {
		for _, f := range c.Found {
			if f.WaivedBy == string(id) {
				return ""
			}
		}
	}
	for _, c := range v.Checks {
		if c.ID != control.NoticeWaivers || c.Kind != finding.Notice {
			continue
		}
		for _, f := range c.Found {
			for _, name := range []string{string(id), control.UnnamedWaiver(index)} { // unnamed: nobody who is trusted signed it
				if rest, is := strings.CutPrefix(f.Message, fmt.Sprintf("waiver %s (%s) does not count: ", name, config.GrantedOrigin)); is {
					return "No waiver is granted: " + prose(rest) + "."
				}
			}
		}
	}
	return "No waiver is granted: at this commit there is no finding of that rule or requirement that it would except."
}

// settle keeps what became of a command.
func (j *job) settle(ctx context.Context, a *ask, state store.CommandState, answer string, w *change.Waiver) error {
	c := a.Command
	c.State, c.Answer = state, answer
	if w != nil {
		text, err := json.Marshal(w)
		if err != nil {
			return fmt.Errorf("keeping a waiver: %w", err)
		}
		c.Record = string(text)
	}
	j.log.WithField("command", c.Name).WithField("state", state).Info("a command was read")
	return j.store.Settle(ctx, c)
}

// answerAsks answers what waits for a verdict, by the pack of the last one.
func (j *job) answerAsks(ctx context.Context) error {
	if len(j.asks) == 0 {
		return nil
	}
	doc, err := j.lastPack(ctx)
	lost := errors.Is(err, store.ErrNotFound)
	if lost {
		j.log.WithError(err).Error("a pack is lost")
	} else if err != nil {
		return err
	}
	for _, a := range j.asks {
		says := ""
		switch {
		case a.says.Kind == command.Recheck: // the check run says it
		case lost:
			says, err = "The pack of the last verdict is lost. Press Review again on the check: it makes a new one.", nil
		case doc == nil:
			says = "Nothing was judged yet."
		case a.says.Kind == command.Explain:
			says, err = checkrun.ExplainRule(doc, string(a.says.ID))
		case a.Asks == checkrun.Explain:
			says, err = checkrun.ExplainAll(doc)
		case a.Asks == checkrun.AskWaiver:
			says, err = checkrun.HowToWaive(doc)
		}
		if err != nil {
			return err
		}
		if err := j.settle(ctx, &a, store.Answered, says, nil); err != nil {
			return err
		}
	}
	j.asks = nil
	return nil
}

// lastPack is the pack.json of the last verdict on the subject; nil when there is none.
func (j *job) lastPack(ctx context.Context) ([]byte, error) {
	s, err := j.store.Subject(ctx, j.task.Repo, j.subject.Name)
	if err != nil || s.Pack == "" {
		return nil, err
	}
	members, err := j.packOf(ctx, s.Pack)
	if err != nil {
		return nil, err
	}
	return members[verify.PackJSON], nil
}

// packOf reads the members of a stored pack.
func (j *job) packOf(ctx context.Context, digest string) (*verify.Members, error) {
	file, err := j.Blobs.Get(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("reading pack %s: %w", digest, err)
	}
	return verify.Decode(file)
}
