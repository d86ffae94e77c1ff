package githubtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"custody/internal/git/gittest"
)

// A PullRequest is one of a repository, from a branch of the same or of a fork.
type PullRequest struct {
	ID       int64
	Number   int
	Title    string
	Body     string
	Author   *Account
	Draft    bool
	State    string // open, closed
	Merged   bool
	MergedBy *Account
	MergeSHA string // the commit on the base branch once merged

	Repo       *Repo  // where it was opened
	Base       string // branch
	BaseSHA    string // its tip when last looked at
	HeadRepo   *Repo
	HeadBranch string
	HeadSHA    string

	trial           string // the commit that merging it would make, "" with conflicts
	created, closed string
	labels          []string
	events          []issueEvent
	reviews         []*Review
	requested       []*Account
}

// A NewPull says what OpenPullRequest opens.
type NewPull struct {
	Title, Body string
	Author      string
	Head        string // branch
	From        *Repo  // where the branch is; nil: in the same repository
	Base        string // branch; "": the default branch
	Draft       bool
	Labels      []string
}

// OpenPullRequest opens one.
func (r *Repo) OpenPullRequest(n NewPull) *PullRequest {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	if n.From == nil {
		n.From = r
	}
	if n.Base == "" {
		n.Base = r.DefaultBranch
	}
	p := &PullRequest{
		ID: r.gh.nextID(), Title: n.Title, Body: n.Body, Author: r.gh.person(n.Author), Draft: n.Draft, State: "open",
		Repo: r, Base: n.Base, BaseSHA: r.tip(n.Base), HeadRepo: n.From, HeadBranch: n.Head, HeadSHA: n.From.tip(n.Head),
		created: r.gh.stamp(), labels: n.Labels,
	}
	if p.BaseSHA == "" || p.HeadSHA == "" {
		r.gh.tb.Fatalf("a pull request from %s to %s: one of the branches is not there", n.Head, n.Base)
	}
	if p.Title == "" {
		p.Title = "Change " + n.Head
	}
	r.number++
	p.Number = r.number
	r.pulls = append(r.pulls, p)
	p.follow()
	r.suite(p.HeadSHA, p.HeadRepo, p.HeadBranch)
	p.send("opened", p.Author, nil)
	return p
}

// follow brings refs/pull/N/head and merge up to date.
func (p *PullRequest) follow() {
	r := p.Repo
	ref := fmt.Sprintf("refs/pull/%d/head", p.Number)
	from := "refs/heads/" + p.HeadBranch + ":" + ref
	if _, err := r.store.Try("fetch", "--quiet", "--no-tags", "file://"+p.HeadRepo.Dir, "+"+from); err != nil {
		r.gh.tb.Errorf("githubtest: %v", err)
	}
	merge := fmt.Sprintf("refs/pull/%d/merge", p.Number)
	var err error
	if p.trial, err = r.mergeCommit(p.BaseSHA, p.HeadSHA, "Merge "+p.HeadSHA+" into "+p.BaseSHA, "GitHub <noreply@github.com>"); err == nil {
		r.store.Try("update-ref", merge, p.trial)
	} else {
		r.store.Try("update-ref", "-d", merge)
	}
}

// mergeCommit merges two commits without a work tree; an error is a conflict.
func (r *Repo) mergeCommit(base, head, message, by string) (string, error) {
	out, err := r.store.Try("merge-tree", "--write-tree", "--messages", base, head)
	if err != nil {
		return "", err
	}
	tree, _, _ := strings.Cut(out, "\n")
	return r.commitTree(tree, message, by, base, head)
}

// commitTree writes a commit by somebody, "Name <address>".
func (r *Repo) commitTree(tree, message, by string, parents ...string) (string, error) {
	at := r.gh.now().Unix()
	tree, err := r.store.Try("rev-parse", "--verify", "--end-of-options", tree+"^{tree}")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %s %d +0000\ncommitter GitHub <noreply@github.com> %d +0000\n\n%s\n", by, at, at, message)
	return r.write("commit", b.String())
}

func (p *PullRequest) send(action string, by *Account, more object) {
	payload := object{"number": p.Number, "pull_request": p.object(nil)}
	for k, v := range more {
		payload[k] = v
	}
	p.Repo.gh.send(p.Repo, "pull_request", action, by, payload)
}

// Edit changes title and description.
func (p *PullRequest) Edit(by, title, body string) {
	defer p.Repo.gh.lock()()
	changes := object{}
	if title != p.Title {
		changes["title"] = object{"from": p.Title}
	}
	if body != p.Body {
		changes["body"] = object{"from": p.Body}
	}
	p.Title, p.Body = title, body
	p.send("edited", p.Repo.gh.person(by), object{"changes": changes})
}

// Retarget changes the base branch.
func (p *PullRequest) Retarget(by, base string) {
	p.Repo.gh.tb.Helper()
	defer p.Repo.gh.lock()()
	was, sha := p.Base, p.BaseSHA
	p.Base, p.BaseSHA = base, p.Repo.tip(base)
	if p.BaseSHA == "" {
		p.Repo.gh.tb.Fatalf("there is no branch %s", base)
	}
	p.events = append(p.events, issueEvent{id: p.Repo.gh.nextID(), by: p.Repo.gh.person(by), event: "base_ref_changed", at: p.Repo.gh.stamp()})
	p.follow()
	p.send("edited", p.Repo.gh.person(by), object{"changes": object{"base": object{"ref": object{"from": was}, "sha": object{"from": sha}}}})
}

// Ready ends a draft.
func (p *PullRequest) Ready(by string) {
	defer p.Repo.gh.lock()()
	p.Draft = false
	p.send("ready_for_review", p.Repo.gh.person(by), nil)
}

// ToDraft makes it one.
func (p *PullRequest) ToDraft(by string) {
	defer p.Repo.gh.lock()()
	p.Draft = true
	p.send("converted_to_draft", p.Repo.gh.person(by), nil)
}

// Close closes it unmerged.
func (p *PullRequest) Close(by string) {
	defer p.Repo.gh.lock()()
	p.State, p.closed = "closed", p.Repo.gh.stamp()
	p.send("closed", p.Repo.gh.person(by), nil)
}

// Reopen opens it again.
func (p *PullRequest) Reopen(by string) {
	defer p.Repo.gh.lock()()
	p.State, p.closed = "open", ""
	p.send("reopened", p.Repo.gh.person(by), nil)
}

// Label adds a label.
func (p *PullRequest) Label(by, name string) {
	defer p.Repo.gh.lock()()
	p.label(p.Repo.gh.person(by), nil, name)
}

// LabelVia adds a label by an App that acts with somebody's token.
func (p *PullRequest) LabelVia(by string, app *App, name string) {
	defer p.Repo.gh.lock()()
	p.label(p.Repo.gh.person(by), app, name)
}

func (p *PullRequest) label(by *Account, via *App, name string) {
	if !slices.Contains(p.labels, name) {
		p.labels = append(p.labels, name)
		p.events = append(p.events, issueEvent{id: p.Repo.gh.nextID(), by: by, via: via, event: "labeled", name: name, at: p.Repo.gh.stamp()})
		p.send("labeled", by, object{"label": p.Repo.label(name)})
	}
}

// Unlabel takes a label away.
func (p *PullRequest) Unlabel(by, name string) {
	defer p.Repo.gh.lock()()
	p.unlabel(p.Repo.gh.person(by), name)
}

func (p *PullRequest) unlabel(by *Account, name string) {
	if i := slices.Index(p.labels, name); i >= 0 {
		p.labels = slices.Delete(p.labels, i, i+1)
		p.events = append(p.events, issueEvent{id: p.Repo.gh.nextID(), by: by, event: "unlabeled", name: name, at: p.Repo.gh.stamp()})
		p.send("unlabeled", by, object{"label": p.Repo.label(name)})
	}
}

// Labels are those that it has.
func (p *PullRequest) Labels() []string {
	defer p.Repo.gh.lock()()
	return slices.Clone(p.labels)
}

// Request asks somebody for a review. No delivery tells: the App does not ask for it.
func (p *PullRequest) Request(login string) {
	defer p.Repo.gh.lock()()
	p.requested = append(p.requested, p.Repo.gh.person(login))
}

// Merge merges it by "merge", "squash" or "rebase", as git does it, moves the base
// branch, and gives the commit there.
func (p *PullRequest) Merge(by, method string) string {
	p.Repo.gh.tb.Helper()
	defer p.Repo.gh.lock()()
	r, who := p.Repo, p.Repo.gh.person(by)
	id, err := p.onto(r.tip(p.Base), method, who)
	if err != nil {
		r.gh.tb.Fatalf("merging #%d: %v", p.Number, err)
	}
	p.land(who, id)
	return id
}

// onto makes the commits that bring the pull request onto another one, and gives the last.
func (p *PullRequest) onto(base, method string, who *Account) (string, error) {
	r := p.Repo
	name := fmt.Sprintf("%s <%s@users.noreply.github.com>", who.Login, who.Login)
	switch method {
	case "merge":
		return r.mergeCommit(base, p.HeadSHA, fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", p.Number, p.HeadRepo.Owner.Login, p.HeadBranch, p.Title), name)
	case "squash":
		merged, err := r.mergeCommit(base, p.HeadSHA, "merge", name)
		if err != nil {
			return "", err
		}
		// Of an author who keeps their address to themselves GitHub writes its own, whatever
		// they commit with.
		author, _ := r.store.Try("log", "-1", "--format=%an <%ae>", p.HeadSHA)
		email, _ := r.store.Try("log", "-1", "--format=%ae", p.HeadSHA)
		if a := r.gh.byEmail(strings.TrimSpace(email)); a != nil {
			author = fmt.Sprintf("%s <%d+%s@users.noreply.github.com>", a.Login, a.ID, a.Login)
		}
		return r.commitTree(merged, fmt.Sprintf("%s (#%d)\n\n%s", p.Title, p.Number, r.squashed(base, p.HeadSHA)), author, base)
	case "rebase":
		return r.rebase(base, p.HeadSHA)
	}
	return "", fmt.Errorf("nobody merges by %q", method)
}

// land makes id the tip of the base branch and the pull request merged.
func (p *PullRequest) land(who *Account, id string) {
	before := p.Repo.Refs()
	if _, err := p.Repo.store.Try("update-ref", "refs/heads/"+p.Base, id); err != nil {
		p.Repo.gh.tb.Fatal(err)
	}
	p.State, p.Merged, p.MergedBy, p.MergeSHA, p.closed = "closed", true, who, id, p.Repo.gh.stamp()
	p.send("closed", who, nil)
	p.Repo.pushed(who, before)
}

// squashed are the messages that GitHub puts into a squashed commit: the subjects, and
// the trailers of co-authors.
func (r *Repo) squashed(base, head string) string {
	log, _ := r.store.Try("log", "--reverse", "--format=* %s%n%n%b", base+".."+head)
	return strings.TrimSpace(log)
}

// rebase copies the commits of head onto base.
func (r *Repo) rebase(base, head string) (string, error) {
	dir, err := os.MkdirTemp(r.gh.dir, "rebase-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	tree := filepath.Join(dir, "tree")
	if _, err := r.store.Try("worktree", "add", "--quiet", "--detach", tree, head); err != nil {
		return "", err
	}
	defer r.store.Try("worktree", "prune")
	defer os.RemoveAll(tree)
	work := gittest.At(r.gh.tb, tree)
	if _, err := work.Try("rebase", "--quiet", "--force-rebase", "--committer-date-is-author-date", base); err != nil {
		return "", err
	}
	return work.Try("rev-parse", "HEAD")
}

// object is the pull request as GitHub shows it.
func (p *PullRequest) object(*call) object {
	r, gh := p.Repo, p.Repo.gh
	url := fmt.Sprintf("%s/repos/%s/pulls/%d", gh.API, r.FullName(), p.Number)
	issue := fmt.Sprintf("%s/repos/%s/issues/%d", gh.API, r.FullName(), p.Number)
	web := fmt.Sprintf("%s/%s/pull/%d", gh.URL, r.FullName(), p.Number)
	labels := []any{}
	for _, l := range p.labels {
		labels = append(labels, r.label(l))
	}
	requested := []any{}
	for _, a := range p.requested {
		requested = append(requested, account(gh, a))
	}
	count := r.size(p.BaseSHA, p.HeadSHA)
	link := func(path string) object { return object{"href": url + path} }
	out := object{
		"id": p.ID, "node_id": node("PR", p.ID), "number": p.Number, "state": p.State, "locked": false, "title": p.Title, "body": nil,
		"user": account(gh, p.Author), "draft": p.Draft, "labels": labels, "milestone": nil, "assignee": nil, "assignees": []any{},
		"requested_reviewers": requested, "requested_teams": []any{}, "active_lock_reason": nil, "auto_merge": nil,
		"created_at": p.created, "updated_at": gh.stamp(), "closed_at": nil, "merged_at": nil, "merge_commit_sha": nil,
		"merged": p.Merged, "merged_by": nil, "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "maintainer_can_modify": false,
		"comments": len(r.commentsOn(p.Number)), "review_comments": 0, "commits": count.commits, "additions": count.added, "deletions": count.deleted, "changed_files": count.files,
		"author_association": p.association(), "head": p.side(p.HeadRepo, p.HeadBranch, p.HeadSHA), "base": p.side(r, p.Base, p.BaseSHA),
		"url": url, "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch", "issue_url": issue,
		"commits_url": url + "/commits", "comments_url": issue + "/comments", "review_comments_url": url + "/comments",
		"review_comment_url": gh.API + "/repos/" + r.FullName() + "/pulls/comments{/number}", "statuses_url": gh.API + "/repos/" + r.FullName() + "/statuses/" + p.HeadSHA,
		"_links": object{
			"self": link(""), "html": object{"href": web}, "issue": object{"href": issue}, "comments": object{"href": issue + "/comments"},
			"review_comments": link("/comments"), "review_comment": object{"href": gh.API + "/repos/" + r.FullName() + "/pulls/comments{/number}"},
			"commits": link("/commits"), "statuses": object{"href": gh.API + "/repos/" + r.FullName() + "/statuses/" + p.HeadSHA},
		},
	}
	if p.Body != "" {
		out["body"] = p.Body
	}
	if p.trial != "" && p.State == "open" {
		out["mergeable"], out["mergeable_state"], out["merge_commit_sha"] = true, "clean", p.trial
	} else if p.State == "open" {
		out["mergeable"], out["mergeable_state"] = false, "dirty"
	}
	if p.closed != "" {
		out["closed_at"] = p.closed
	}
	if p.Merged {
		out["merged_at"], out["merged_by"], out["merge_commit_sha"] = p.closed, account(gh, p.MergedBy), p.MergeSHA
	}
	return out
}

// side is head or base. The repository of a head may be gone, or not to be seen.
func (p *PullRequest) side(r *Repo, branch, sha string) object {
	out := object{"ref": branch, "sha": sha, "label": r.Owner.Login + ":" + branch, "user": account(p.Repo.gh, r.Owner), "repo": nil}
	if !r.Gone {
		out["repo"] = r.object(nil)
	}
	return out
}

// association is how the author stands to the repository.
func (p *PullRequest) association() string { return p.Repo.association(p.Author) }

func (r *Repo) association(a *Account) string {
	switch role := r.role(a); {
	case a == r.Owner:
		return "OWNER"
	case role == "":
		return "NONE"
	case slices.Index(roles, role) >= slices.Index(roles, "write") && r.Owner.Type == "Organization":
		return "MEMBER"
	}
	return "COLLABORATOR"
}

// A size is how much a pull request changes, from the merge base.
type size struct{ commits, added, deleted, files int64 }

func (r *Repo) size(base, head string) size {
	key := [2]string{base, head}
	if s, known := r.sizes[key]; known {
		return s
	}
	var s size
	if n, err := r.store.Try("rev-list", "--count", base+".."+head); err == nil {
		s.commits = number(n)
	}
	if out, err := r.store.Try("diff", "--numstat", base+"..."+head); err == nil {
		for line := range strings.Lines(out) {
			f := strings.Fields(line)
			s.added += number(f[0])
			s.deleted += number(f[1])
			s.files++
		}
	}
	r.sizes[key] = s
	return s
}

func (c *call) pull(name string) *PullRequest {
	for _, p := range c.repo.pulls {
		if int64(p.Number) == c.number(name) {
			return p
		}
	}
	return nil
}

func getPull(c *call) *answer {
	p := c.pull("pull_number")
	if p == nil {
		return notFound()
	}
	return ok(p.object(c))
}

func listPulls(c *call) *answer {
	state := c.query.Get("state")
	if state == "" {
		state = "open"
	}
	list := []any{}
	for _, p := range slices.Backward(c.repo.pulls) {
		head := c.query.Get("head")
		if state != "all" && p.State != state || head != "" && head != p.HeadRepo.Owner.Login+":"+p.HeadBranch || c.query.Get("base") != "" && c.query.Get("base") != p.Base {
			continue
		}
		list = append(list, p.object(c))
	}
	if c.query.Get("direction") == "asc" {
		slices.Reverse(list)
	}
	return c.list(list)
}

// listPullsOfCommit finds those whose head has the commit, or that made it.
func listPullsOfCommit(c *call) *answer {
	sha := c.params["commit_sha"]
	list := []any{}
	for _, p := range c.repo.pulls {
		_, err := c.repo.store.Try("merge-base", "--is-ancestor", sha, p.HeadSHA)
		_, inBase := c.repo.store.Try("merge-base", "--is-ancestor", sha, p.BaseSHA)
		if p.MergeSHA == sha || err == nil && inBase != nil {
			list = append(list, p.object(c))
		}
	}
	return c.list(list)
}

func listPullCommits(c *call) *answer {
	p := c.pull("pull_number")
	if p == nil {
		return notFound()
	}
	out, err := c.repo.store.Try("rev-list", "--reverse", "--topo-order", p.BaseSHA+".."+p.HeadSHA)
	if err != nil {
		return refused(500, "Server Error")
	}
	list := []any{}
	for id := range strings.FieldsSeq(out) {
		list = append(list, c.repo.commit(id))
	}
	return c.list(list[:min(len(list), 250)]) // no more, ever
}

func listRequestedReviewers(c *call) *answer {
	p := c.pull("pull_number")
	if p == nil {
		return notFound()
	}
	users := []any{}
	for _, a := range p.requested {
		users = append(users, account(c.gh, a))
	}
	return ok(object{"users": users, "teams": []any{}})
}
