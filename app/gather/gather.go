// Package gather reads from GitHub what a review needs that is not in git, as a
// custody/context/v1 document.
//
// It promises that what could not be read is absent, with the reason among the sources:
// never an empty list, which would say that somebody looked and found nothing. It reads
// facts and judges none. Whoever wrote a pull request decides its title, text and labels
// as far as GitHub lets them, and nothing else of the document.
package gather

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/review"
)

// A Reader reads the facts of one change.
type Reader struct {
	Client *hub.Client
	Repo   *hub.Repository
	Host   string
	AppID  int64 // ours: our own checks are no facts about a change
	Now    func() time.Time
	Want   Want
	// Patient: an error that may go away ends the reading, so that it is tried again. Else
	// it makes a missing fact.
	Patient bool
	// Since is when GitHub said what the pull request is that is read about.
	Since time.Time
	// Remember gives what was kept under a name, or keeps and gives a value; nil: nothing is
	// kept. It makes of the permission that a reviewer has now the one that they had when
	// their review was first seen.
	Remember func(ctx context.Context, name, value string) (string, error)
	Recall   func(ctx context.Context, name string) (string, error) // what is kept; empty: nothing
	// Declared is the head of a pull request that an emergency was declared of, at an instant, as
	// GitHub told then; empty: it is not known. nil: nobody was told.
	Declared func(ctx context.Context, number int, at time.Time) (string, error)

	context change.Context
	events  []*github.IssueEvent // see happened
}

// Want is what a policy needs of what costs extra to read.
type Want struct {
	Checks bool              // results of other checks
	Named  []config.CheckRun // only these; nil: all
	Tools  []string          // scanners, by the name that their SARIF says
	Teams  []string          // "organisation/team": which of them reviewers are in

	Emergency bool // who declared an emergency
	Anybody   bool // reviews count of whoever may read the repository
}

// WantOf says what the rules and requirements of a judge need.
func WantOf(judge *review.Judge) Want {
	var w Want
	if judge == nil {
		return w
	}
	w.Tools = control.Scanners(judge.Requirements)
	policy := judge.Policy
	if policy == nil {
		return w
	}
	all := false
	for _, r := range policy.Rules {
		if r.Kind == config.KindCheckRuns || r.Kind == config.KindChangeRecord {
			w.Checks, all = true, all || r.Kind == config.KindChangeRecord
			w.Named = append(w.Named, r.CheckRuns...)
		}
		if r.Approvals != nil {
			w.Anybody = w.Anybody || r.Approvals.Permission == "read"
			for _, t := range r.Approvals.Teams {
				if !slices.Contains(w.Teams, string(t)) {
					w.Teams = append(w.Teams, string(t))
				}
			}
		}
	}
	for _, e := range policy.Emergencies {
		w.Emergency = true
		for _, t := range e.Teams {
			if !slices.Contains(w.Teams, string(t)) {
				w.Teams = append(w.Teams, string(t))
			}
		}
	}
	if all {
		w.Named = nil
	}
	slices.Sort(w.Teams)
	return w
}

// names says whether a rule needs what a check of an App says.
func (w *Want) names(name, app string) bool {
	return w.Named == nil || slices.Contains(w.Named, config.CheckRun{Name: name, App: app})
}

// Bounds of what is read of one change. What is more is missing, and said so.
const (
	maxPages    = 30 // of 100
	maxText     = 64 << 10
	maxCommits  = 1000
	maxReviewer = 200
)

// Known are facts that the door has of its own.
type Known struct {
	Commits []string        // of the change, by git
	Pushers []change.Pusher // nil: not known
	NoPush  string          // why Pushers are not known
	// NoReviews is why there are none of a change that no pull request asks for by itself;
	// empty where nobody would look for any.
	NoReviews string
	// Lost is the commit that a push moved the target from, where the forge has it no more.
	Lost string
	// Waivers that were granted by commands; nil: none ever were.
	Waivers   []change.Waiver
	NoWaivers string // why there may be more
	// TargetAt is the commit that the target was at, at an instant, and whether that is for
	// good: GitHub did not just fail to answer. nil: nobody knows.
	TargetAt func(ctx context.Context, at time.Time) (commit string, lasting bool, err error)
	// More gives further commits that count because somebody approved them or declared an
	// emergency of them, by what is known of the change so far, and those that could not be fetched
	// just now; nil: none.
	More func(ctx context.Context, c *change.Context) (ids, unfetched []string, err error)
}

// PullRequest reads everything about a pull request.
func (r *Reader) PullRequest(ctx context.Context, pr *github.PullRequest, head, target string, known Known) (*change.Context, error) {
	n := pr.GetNumber()
	refs := []scannedAt{{ref: fmt.Sprintf("refs/pull/%d/head", n)}, {ref: fmt.Sprintf("refs/pull/%d/merge", n), merges: true}}
	if pr.GetHead().GetRepo().GetID() == r.Repo.ID { // a fork's branch is none of this repository, whatever it is called
		refs = append(refs, scannedAt{ref: "refs/heads/" + pr.GetHead().GetRef()})
	}
	return r.pull(ctx, pr, "pull_request", head, target, pr.GetHead().GetSHA(), known, func(context.Context) ([]scannedAt, error) { return refs, nil })
}

// Queued reads everything about a merge group that adds a pull request: what people said
// is of that, and what ran is of the group's own commit.
func (r *Reader) Queued(ctx context.Context, pr *github.PullRequest, head, target string, known Known) (*change.Context, error) {
	return r.pull(ctx, pr, "merge_group", head, target, head, known, r.queuedAt(target, head, pr.GetNumber()))
}

// pull reads about a pull request and the change that it asks for, or that lands it. ran is
// the commit that checks ran on, and refs are where scanners tell of it.
func (r *Reader) pull(ctx context.Context, pr *github.PullRequest, kind, head, target, ran string, known Known, refs func(context.Context) ([]scannedAt, error)) (*change.Context, error) {
	r.begin()
	c := &change.Request{
		Kind: kind, Number: int64(pr.GetNumber()), Head: head, Target: target,
		Branch: pr.GetHead().GetRef(), Title: change.Printable(pr.GetTitle()), Author: Person(pr.GetUser()),
		Labels: []string{}, Draft: new(pr.GetDraft()),
	}
	if own := pr.GetHead().GetSHA(); own != head || pr.GetMerged() {
		c.Proposed = own
	}
	for _, l := range pr.Labels {
		c.Labels = append(c.Labels, change.Printable(l.GetName()))
	}
	slices.Sort(c.Labels)
	var urgent string
	c.Reason, c.AIStatement, urgent = statements(pr.GetTitle(), pr.GetBody())
	r.context.Change = c
	r.source("change", r.path("pulls/%d", pr.GetNumber()), c, "")
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return r.emergency(ctx, pr, urgent) },
		func(ctx context.Context) error { return r.reviews(ctx, pr, known) },
		func(ctx context.Context) error {
			ids := known.Commits
			if known.More != nil {
				more, unfetched, err := known.More(ctx, &r.context)
				if err != nil {
					return err
				}
				for _, id := range unfetched {
					r.source(change.FetchOf(id), "git fetch", nil, noAnswer)
				}
				for _, id := range more {
					if !slices.Contains(ids, id) {
						ids = append(ids, id)
					}
				}
			}
			return r.commits(ctx, head, ids)
		},
		func(ctx context.Context) error { return r.checks(ctx, ran) },
		func(ctx context.Context) error { return r.sarif(ctx, ran, refs) },
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.known(known)
	if pr.GetMerged() {
		r.context.Merge = &change.Merge{SHA: pr.GetMergeCommitSHA(), By: Person(pr.GetMergedBy()), At: stamp(pr.GetMergedAt().Time)}
	}
	return &r.context, nil
}

// Commits reads what GitHub knows of a change that no pull request asks for: kind is
// "merge_group" or "push".
func (r *Reader) Commits(ctx context.Context, kind, head, target string, known Known) (*change.Context, error) {
	r.begin()
	r.context.Change = &change.Request{Kind: kind, Head: head, Target: target, Lost: known.Lost}
	if known.Lost != "" {
		r.source("base", "git fetch "+known.Lost, nil, "the repository has that commit no more, so the change is all that is at the head")
	}
	if err := r.commits(ctx, head, known.Commits); err != nil {
		return nil, err
	}
	if err := r.checks(ctx, head); err != nil {
		return nil, err
	}
	refs := func(context.Context) ([]scannedAt, error) { return []scannedAt{{ref: target}}, nil }
	if kind == "merge_group" {
		refs = r.queuedAt(target, head, 0)
	}
	if err := r.sarif(ctx, head, refs); err != nil {
		return nil, err
	}
	if known.NoReviews != "" {
		r.source("reviews", "the pull request that a merge group adds", nil, known.NoReviews)
	}
	r.known(known)
	return &r.context, nil
}

func (r *Reader) begin() {
	r.events = nil
	r.context = change.Context{
		Schema:     change.ContextSchema,
		Repository: &change.Repository{Host: r.Host, Owner: r.Repo.Owner, Name: r.Repo.Name, ID: hub.ID(r.Repo.ID), Visibility: r.Repo.Visibility},
		Sources:    []change.Source{},
	}
}

func (r *Reader) known(k Known) {
	r.context.Change.Pushers = k.Pushers
	if r.context.Waivers = k.Waivers; k.Waivers != nil || k.NoWaivers != "" {
		r.source("waivers", "comments, granted there and signed by this server", k.Waivers, k.NoWaivers)
	}
	if k.Pushers != nil || k.NoPush != "" {
		r.source("change.pushers", "webhook deliveries of pushes", k.Pushers, k.NoPush)
	}
}

// read calls fn, which fills a part of the context. Where GitHub will not tell, the part
// is missing, and clear takes back what was filled of it.
func (r *Reader) read(what, from string, fn func() error, clear func(), value func() any) error {
	err := fn()
	if err == nil {
		r.source(what, from, value(), "")
		return nil
	}
	why, err := r.missed(err)
	if err != nil {
		return err
	}
	clear()
	r.source(what, from, nil, why)
	return nil
}

// missed says why GitHub did not tell something. An error is one that ends the reading: it
// is to be tried again, or nobody knows it.
func (r *Reader) missed(err error) (why string, _ error) {
	switch class, _ := hub.Classify(err); {
	case errors.Is(err, errAnother):
		return errAnother.Error(), nil
	case class == hub.Transient && !r.Patient:
		return noAnswer, nil
	case class == hub.Forbidden:
		return "GitHub refused: the App has no permission to read this", nil
	case class == hub.Gone:
		return "GitHub says that it is not there, or not for the App", nil
	case class == hub.Refused:
		return "GitHub refused to answer", nil
	}
	return "", err
}

// noAnswer is why something is missing that GitHub may well tell another time.
const noAnswer = "GitHub did not answer"

// Unanswered says whether something is missing from a context that GitHub may tell another time.
func Unanswered(c *change.Context) bool {
	return slices.ContainsFunc(c.Sources, func(s change.Source) bool { return s.Missing == noAnswer })
}

func (r *Reader) source(what, from string, value any, missing string) {
	s := change.Source{What: what, From: from, At: stamp(r.Now()), Missing: missing}
	if missing == "" {
		if text, err := json.Marshal(value); err == nil {
			sum := sha256.Sum256(text)
			s.Digest = "sha256:" + hex.EncodeToString(sum[:])
		}
	}
	r.context.Sources = append(r.context.Sources, s)
}

func (r *Reader) path(format string, a ...any) string {
	return "GET /repos/" + r.Repo.FullName() + "/" + fmt.Sprintf(format, a...)
}

// Fingerprint is what a context says, but for when it was read: two that are read one
// after the other, with nothing happening in between, have the same.
func Fingerprint(c *change.Context) string {
	plain := *c
	plain.Sources = slices.Clone(c.Sources)
	for i := range plain.Sources {
		s := &plain.Sources[i]
		if s.At = ""; c.Merge == nil && (s.What == "checks" || s.What == "statuses") {
			s.Digest = "" // of the times
		}
	}
	if c.Merge == nil {
		plain.Checks = inTurn(c.Checks)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// inTurn are checks in the order in which they ended, without when: that one says the same again
// says nothing. Of two that ended at once the time stays, since it is not known which is the last.
func inTurn(checks []change.CheckRun) []change.CheckRun {
	all := slices.Clone(checks)
	slices.SortStableFunc(all, func(a, b change.CheckRun) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.App, b.App), cmp.Compare(a.Head, b.Head), cmp.Compare(a.At, b.At), cmp.Compare(a.Conclusion, b.Conclusion))
	})
	same := func(a, b change.CheckRun) bool { return a.Name == b.Name && a.App == b.App && a.Head == b.Head }
	plain := slices.Clone(all)
	for i := range plain {
		if i > 0 && same(all[i-1], all[i]) && all[i-1].At == all[i].At || i+1 < len(all) && same(all[i], all[i+1]) && all[i].At == all[i+1].At {
			continue
		}
		plain[i].At = ""
	}
	return slices.Compact(plain)
}

// Person is an account, nil for none. GitHub has placeholder accounts for who is gone:
// they are the account that GitHub says they are.
func Person(u *github.User) *change.Person {
	if u == nil || u.GetID() <= 0 {
		return nil
	}
	return &change.Person{Login: change.Printable(u.GetLogin()), ID: hub.ID(u.GetID()), Type: change.PersonType(u.GetType())}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// pages calls fn for each page of a list.
func pages(fn func(o github.ListOptions) (*github.Response, error)) error {
	o := github.ListOptions{PerPage: 100}
	for range maxPages {
		resp, err := fn(o)
		if err != nil {
			return err
		}
		if resp.NextPage == 0 {
			return nil
		}
		o.Page = resp.NextPage
	}
	return errTooMany
}

// errTooMany makes a missing fact of a list that does not end.
var errTooMany = &github.ErrorResponse{Response: &http.Response{StatusCode: http.StatusUnprocessableEntity, Request: &http.Request{}}, Message: "more than we read"}

func clip(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return change.Printable(s)
}
