// Package event says what follows from a webhook delivery: which reviews it asks for, and
// what else is to be kept of it.
//
// It is pure. An event is a hint: that something happened, and where. What is true is read
// from the forge and from git when the review is made, so a delivery that is old, doubled
// or out of order does no harm. What it does not know asks for nothing; what it can not
// read is an error, and the delivery is kept to be looked at.
package event

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"custody/app/command"
	"custody/internal/store"
)

// Self is what has to be known of the App to read events.
type Self struct {
	AppID    int64
	Answers  []string                             // buttons that ask for an answer, and not for another review
	Protects func(ref, defaultBranch string) bool // whether pushes to a ref are reviewed
}

// An Outcome is what follows from a delivery.
type Outcome struct {
	store.Decision
	Heads     []Head // reviews of whatever is open with these heads
	Press     *Press // a button that asks for an answer, on the check run of one subject
	Reconcile int64  // look at all of an installation: pull requests became ours that we know nothing of
	// Missed are the repositories of it that were not ours for a while, or all: of what happened
	// there, nobody told.
	Missed    []int64
	MissedAll bool
}

// A Press is a button that somebody pressed.
type Press struct {
	Identifier string
	External   string // what the run says of its subject, see External
}

// External ties a check run to its subject: two pull requests may have one head.
func External(repo int64, subject string) string { return fmt.Sprintf("%d/%s", repo, subject) }

// A Head is a commit whose reviews may have to be made again.
type Head struct {
	Repo  int64
	SHA   string
	Ended *Ended // only those that need it; nil: all
	Again bool   // even if nothing has changed
	store.Pace
}

// Ended is what somebody else's check says of a commit.
type Ended struct {
	Name  string // of the check
	Suite bool   // all checks of an App, each of which was told of before
	Scans bool   // results of scanners may have come with it
	// Passed says that a check run succeeded, and brought no results of scanners.
	Passed bool
}

// Read says what follows from a delivery with this GUID.
func Read(self Self, guid, name string, body []byte) (Outcome, error) {
	read := readers[name]
	if read == nil {
		return ignore("no event that we need"), nil
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return Outcome{}, fmt.Errorf("it is not what an event %s looks like: %w", name, err)
	}
	o, err := read(self, &p)
	if err != nil {
		return Outcome{}, err
	}
	if o.State == "" {
		o.State = store.Done
	}
	if p.Repository != nil && p.Installation != nil && len(o.Requests)+len(o.Heads) > 0 {
		// What it is called now; that it is there does not say that we may work on it.
		o.Installs = append(o.Installs, each(p.Installation.ID, []repository{*p.Repository}, "")...)
	}
	pace(&o, name, &p)
	if err := plain(&o.Decision); err != nil {
		return Outcome{}, err
	}
	for i := range o.Requests {
		r := &o.Requests[i]
		r.Delivery = guid
		if r.Repo <= 0 || r.Installation <= 0 {
			return Outcome{}, errors.New("it does not say for which repository and installation it is")
		}
	}
	return o, nil
}

// maxName is more than any name of GitHub's has, in bytes.
const maxName = 1 << 10

// plain refuses names that can be none: GitHub sends no control characters, and not every
// database takes them.
func plain(d *store.Decision) error {
	var names []string
	for _, r := range d.Requests {
		names = append(names, r.Name, r.Ref, r.Base, r.Head, r.Asker)
	}
	for _, p := range d.Pushes {
		names = append(names, p.Ref, p.Before, p.After, p.Login, p.Type)
	}
	for _, c := range d.Commands {
		names = append(names, c.Author)
	}
	for _, i := range d.Installs {
		names = append(names, i.FullName)
	}
	for _, n := range names {
		if len(n) > maxName || !utf8.ValidString(n) || strings.ContainsFunc(n, unicode.IsControl) {
			return errors.New("a name in it can be none")
		}
	}
	return nil
}

func ignore(why string) Outcome {
	return Outcome{Decision: store.Decision{State: store.Ignored, Note: why}}
}

// readers has a function for each event that asks for something.
var readers = map[string]func(Self, *payload) (Outcome, error){
	"pull_request":              pullRequest,
	"pull_request_review":       pullRequestReview,
	"check_run":                 checkRun,
	"check_suite":               checkSuite,
	"status":                    status,
	"merge_group":               mergeGroup,
	"push":                      push,
	"issue_comment":             issueComment,
	"installation":              installed,
	"installation_repositories": installedRepositories,
	"repository":                repositoryChanged,
}

// pull is a request to review a pull request at stage merge.
func (p *payload) pull(number int64, head, branch string) store.Request {
	r := store.Request{Kind: "pull_request", Stage: "merge", Number: number, Name: PullName(number), Head: head}
	if branch != "" {
		r.Ref = "refs/heads/" + branch
	}
	p.place(&r)
	r.Fork = p.PullRequest != nil && (p.PullRequest.Head.Repo == nil || p.PullRequest.Head.Repo.ID != r.Repo)
	return r
}

func (p *payload) place(r *store.Request) {
	if p.Repository != nil {
		r.Repo = p.Repository.ID
	}
	if p.Installation != nil {
		r.Installation = p.Installation.ID
	}
}

// PullName is the name of a pull request's subject.
func PullName(number int64) string { return "pull/" + strconv.FormatInt(number, 10) }

// RecordName is the name of the subject that is what landed of a pull request.
func RecordName(number int64) string { return PullName(number) + "/record" }

func pullRequest(_ Self, p *payload) (Outcome, error) {
	pr := p.PullRequest
	if pr == nil || pr.Number <= 0 || !isCommit(pr.Head.SHA) {
		return Outcome{}, errors.New("an event pull_request without a pull request")
	}
	var o Outcome
	r := p.pull(pr.Number, pr.Head.SHA, pr.Base.Ref)
	switch p.Action {
	case "opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft", "edited", "labeled", "unlabeled":
		if p.Action == "synchronize" { // who opened it need not be who pushed
			o.Pushes = p.pushed(pullRef(pr.Number), p.Before, pr.Head.SHA)
		}
		if p.Action == "labeled" {
			o.Marks = p.declared()
		}
	case "closed": // by now it may be open again: what it is, the review finds
		if pr.Merged {
			record := r
			record.Name, record.Stage = RecordName(pr.Number), "record"
			if isCommit(pr.Landed) {
				record.Landed = pr.Landed
				o.Wakes = p.broughtPush(&record)
			}
			o.Requests = append(o.Requests, record)
		}
	default:
		return ignore("nothing that a verdict follows from"), nil
	}
	o.Requests = append(o.Requests, r)
	return o, nil
}

// broughtPush asks again for the push that a merge made, if it is being judged, or was, as one that
// nobody reviewed: GitHub tells of the two in any order.
func (p *payload) broughtPush(record *store.Request) []store.Wake {
	if p.Repository == nil || record.Ref == "" {
		return nil
	}
	return []store.Wake{{Repo: p.Repository.ID, Name: PushName(record.Ref, record.Landed)}}
}

func pullRef(number int64) string { return fmt.Sprintf("refs/pull/%d/head", number) }

func pullRequestReview(_ Self, p *payload) (Outcome, error) {
	pr := p.PullRequest
	if pr == nil || pr.Number <= 0 || !isCommit(pr.Head.SHA) {
		return Outcome{}, errors.New("an event pull_request_review without a pull request")
	}
	return Outcome{Decision: store.Decision{Requests: []store.Request{p.pull(pr.Number, pr.Head.SHA, pr.Base.Ref)}, Wakes: p.putOff(pr.Number)}}, nil
}

// putOff asks again for the record of what landed in an emergency, if there is one, and it waits
// for what that put off: people review it now.
func (p *payload) putOff(number int64) []store.Wake {
	if p.Repository == nil {
		return nil
	}
	return []store.Wake{{Repo: p.Repository.ID, Name: RecordName(number), Which: func(o *store.Subject) bool { return o.Holds != "" }}}
}

// checkRun is about our own run when somebody presses a button on it, and about one of
// others when it ended. Our own runs that end are our own doing.
func checkRun(self Self, p *payload) (Outcome, error) {
	c := p.CheckRun
	if c == nil || !isCommit(c.HeadSHA) || p.Repository == nil {
		return Outcome{}, errors.New("an event check_run without a check run")
	}
	ours := c.App.ID == self.AppID
	switch {
	case ours && p.Action == "requested_action" && p.RequestedAction != nil && slices.Contains(self.Answers, p.RequestedAction.Identifier):
		o := p.again(c.HeadSHA, c.PullRequests, false)
		o.Press = &Press{p.RequestedAction.Identifier, c.ExternalID}
		return o, nil
	case ours && (p.Action == "rerequested" || p.Action == "requested_action"):
		return p.again(c.HeadSHA, c.PullRequests, true), nil
	case ours:
		return ignore("our own check run"), nil
	case p.Action == "completed":
		ended := &Ended{Name: c.Name, Scans: slices.Contains(codeScanning, c.App.Slug)}
		ended.Passed = c.Conclusion == "success" && !ended.Scans
		return Outcome{Heads: []Head{{Repo: p.Repository.ID, SHA: c.HeadSHA, Ended: ended}}}, nil
	}
	return ignore("a check that has not ended"), nil
}

// codeScanning are the Apps by which GitHub shows what scanners found as a check.
var codeScanning = []string{"github-advanced-security", "github-code-scanning"}

func checkSuite(self Self, p *payload) (Outcome, error) {
	c := p.CheckSuite
	if c == nil || !isCommit(c.HeadSHA) || p.Repository == nil {
		return Outcome{}, errors.New("an event check_suite without a check suite")
	}
	switch {
	case c.App.ID != self.AppID && p.Action == "completed":
		// One of the jobs may have been a scanner's, which waits until its results are taken in.
		// That of its own is told of last, so that fifty jobs do not ask fifty times.
		return Outcome{Heads: []Head{{Repo: p.Repository.ID, SHA: c.HeadSHA, Ended: &Ended{Suite: true, Scans: true}}}}, nil
	case c.App.ID != self.AppID:
		return ignore("checks of another App that have not ended"), nil
	case p.Action == "rerequested", p.Action == "requested":
		return p.again(c.HeadSHA, c.PullRequests, p.Action == "rerequested"), nil
	}
	return ignore("our own check suite"), nil
}

// again asks for reviews of everything that has a head. Who presses a button expects that
// something happens: GitHub shows the checks as queued until we say something.
func (p *payload) again(head string, refs []pullReference, pressed bool) Outcome {
	o := Outcome{Heads: []Head{{Repo: p.Repository.ID, SHA: head, Again: pressed}}, Decision: store.Decision{Requests: p.pulls(refs)}}
	for i := range o.Requests {
		o.Requests[i].Again = pressed
	}
	return o
}

// pulls are the pull requests that a check names, of this repository. The commit of the check is
// no head of theirs: of a branch that moved on, GitHub names them beside checks of older ones, too.
func (p *payload) pulls(refs []pullReference) []store.Request {
	var all []store.Request
	for _, r := range refs {
		if r.Number > 0 && r.Base.Repo.ID == p.Repository.ID {
			all = append(all, p.pull(r.Number, "", r.Base.Ref))
		}
	}
	return all
}

func status(_ Self, p *payload) (Outcome, error) {
	if !isCommit(p.SHA) || p.Repository == nil {
		return Outcome{}, errors.New("an event status without a commit")
	}
	ended := &Ended{Name: p.Context, Scans: p.State != "pending"}
	return Outcome{Heads: []Head{{Repo: p.Repository.ID, SHA: p.SHA, Ended: ended}}}, nil
}

// QueueName is the name of a merge group's subject: each group is one of its own.
func QueueName(head string) string { return "queue/" + head }

func mergeGroup(_ Self, p *payload) (Outcome, error) {
	g := p.MergeGroup
	if g == nil || !isCommit(g.HeadSHA) || !strings.HasPrefix(g.BaseRef, "refs/") {
		return Outcome{}, errors.New("an event merge_group without a merge group")
	}
	r := store.Request{Kind: "merge_group", Stage: "merge", Number: queued(g.HeadRef, g.BaseRef), Name: QueueName(g.HeadSHA), Head: g.HeadSHA, Base: g.BaseSHA, Ref: g.BaseRef}
	p.place(&r)
	switch p.Action {
	case "checks_requested":
	case "destroyed":
		r.Closed = true
	default:
		return ignore("nothing that a merge group is judged for"), nil
	}
	return Outcome{Decision: store.Decision{Requests: []store.Request{r}}}, nil
}

// queued is the number of the pull request that a merge group adds, by the name that
// GitHub makes for its ref, "refs/heads/gh-readonly-queue/BRANCH/pr-7-COMMIT"; 0 for any
// other. Branches have names that look like anything, so the one in it is not looked for.
func queued(ref, base string) int64 {
	branch, isBranch := strings.CutPrefix(base, "refs/heads/")
	rest, isQueue := strings.CutPrefix(ref, "refs/heads/gh-readonly-queue/"+branch+"/pr-")
	digits, commit, ok := strings.Cut(rest, "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !isBranch || !isQueue || !ok || !isCommit(commit) || err != nil || n <= 0 || strconv.FormatInt(n, 10) != digits {
		return 0
	}
	return n
}

// PushName is the name of a push's subject: each push is one of its own.
func PushName(ref, after string) string { return "push/" + ref + "@" + after }

func push(self Self, p *payload) (Outcome, error) {
	if p.Repository == nil || !strings.HasPrefix(p.Ref, "refs/") || p.After == "" {
		return Outcome{}, errors.New("an event push without a ref")
	}
	if p.Deleted || strings.Trim(p.After, "0") == "" {
		return ignore("a ref was deleted"), nil
	}
	if !isCommit(p.After) {
		return Outcome{}, errors.New("an event push without a commit")
	}
	o := Outcome{Decision: store.Decision{Pushes: p.pushed(p.Ref, p.Before, p.After)}}
	for i := range o.Pushes {
		for _, c := range p.Commits {
			if c.Distinct && isCommit(c.ID) && c.ID != p.After {
				o.Pushes[i].Brought = append(o.Pushes[i].Brought, c.ID)
			}
		}
	}
	if self.Protects(p.Ref, p.Repository.DefaultBranch) {
		r := store.Request{Kind: "push", Stage: "record", Name: PushName(p.Ref, p.After), Head: p.After, Base: p.Before, Ref: p.Ref}
		p.place(&r)
		o.Requests = []store.Request{r}
	} else { // the review of a protected one says what it means for what is open for it
		o.Wakes = []store.Wake{{Repo: p.Repository.ID, Kind: "pull_request", Stage: "merge", Ref: p.Ref}}
	}
	return o, nil
}

// pushed keeps who moved a ref, for when somebody asks who pushed the commits of a change.
func (p *payload) pushed(ref, before, after string) []store.Push {
	if p.Repository == nil || p.Repository.ID <= 0 || p.Sender == nil || p.Sender.ID <= 0 {
		return nil
	}
	if !isCommit(before) {
		before = ""
	}
	return []store.Push{{Repo: p.Repository.ID, Ref: ref, Before: before, After: after, Login: p.Sender.Login, ID: strconv.FormatInt(p.Sender.ID, 10), Type: p.Sender.Type}}
}

// EmergencyLabel is the label by which somebody declares a change an emergency.
const EmergencyLabel = "emergency"

// IsEmergency says whether a label is that.
func IsEmergency(name string) bool { return strings.EqualFold(name, EmergencyLabel) }

// declared keeps which head an emergency was declared of: GitHub's list of events does not tell,
// and by the time that it is asked, another may have been pushed.
func (p *payload) declared() []store.Mark {
	pr := p.PullRequest
	at, err := time.Parse(time.RFC3339, pr.Updated)
	if err != nil || p.Repository == nil || p.Repository.ID <= 0 || p.Label == nil || !IsEmergency(p.Label.Name) {
		return nil
	}
	return []store.Mark{{Repo: p.Repository.ID, Name: DeclaredMark(p.Repository.ID, pr.Number, at), Value: pr.Head.SHA}}
}

// DeclaredMark is the name of the mark that holds the head of a pull request which an emergency
// was declared of, at an instant.
func DeclaredMark(repo, number int64, at time.Time) string {
	return fmt.Sprintf("declared/%d/%d/%d", repo, number, at.Unix())
}

// issueComment reads commands of people to us, on pull requests.
func issueComment(_ Self, p *payload) (Outcome, error) {
	if p.Issue == nil || p.Comment == nil || p.Issue.Number <= 0 {
		return Outcome{}, errors.New("an event issue_comment without a comment")
	}
	is := command.Is(p.Comment.Body)
	was := p.Changes != nil && p.Changes.Body != nil && command.Is(p.Changes.Body.From)
	o := Outcome{Decision: store.Decision{Requests: []store.Request{p.pull(p.Issue.Number, "", "")}}}
	switch by := p.Comment.User; {
	case p.Issue.PullRequest == nil || p.Comment.ID <= 0 || !is && !was:
		return ignore("no command to us"), nil
	case by == nil || by.Type != "User":
		return ignore("a command that no person wrote"), nil
	case p.Repository != nil && (p.Action == "created" || p.Action == "edited" || p.Action == "deleted"):
		c := store.Command{Repo: p.Repository.ID, Name: "comment/" + strconv.FormatInt(p.Comment.ID, 10), Pull: p.Issue.Number, Comment: p.Comment.ID, Author: by.Login}
		if p.Action == "created" {
			c.Asks = TextDigest(p.Comment.Body)
		} // else what was granted by it is over
		if p.Action != "edited" || was && p.Changes.Body.From != p.Comment.Body {
			o.Commands = []store.Command{c}
		}
	default:
		return ignore("no command to us"), nil
	}
	return o, nil
}

// TextDigest tells texts of comments apart, which are not kept.
func TextDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// isCommit says whether a text is the id of an object, and not zeros.
func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}
