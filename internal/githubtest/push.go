package githubtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/internal/git/gittest"
)

// Push brings a branch of another repository here, as somebody's push, and gives its
// new tip. What is no fast-forward fails the test; see ForcePush.
func (r *Repo) Push(by string, from *gittest.Repo, branch string) string {
	r.gh.tb.Helper()
	return r.push(by, from, "refs/heads/"+branch+":refs/heads/"+branch)
}

// ForcePush is Push for a branch that was rewritten.
func (r *Repo) ForcePush(by string, from *gittest.Repo, branch string) string {
	r.gh.tb.Helper()
	return r.push(by, from, "+refs/heads/"+branch+":refs/heads/"+branch)
}

// PushRef brings any ref, such as notes or a tag.
func (r *Repo) PushRef(by string, from *gittest.Repo, ref string) string {
	r.gh.tb.Helper()
	return r.push(by, from, ref+":"+ref)
}

func (r *Repo) push(by string, from *gittest.Repo, spec string) string {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	before := r.Refs()
	if _, err := r.store.Try("fetch", "--quiet", "--no-tags", "file://"+from.Dir, spec); err != nil {
		r.gh.tb.Fatal(err)
	}
	r.pushed(r.gh.person(by), before)
	_, ref, _ := strings.Cut(spec, ":")
	return r.at(ref)
}

// Commit adds a commit straight to a branch, as somebody's push or edit in the
// browser: Write and its like of gittest say what it does. It gives the commit.
func (r *Repo) Commit(by, branch, message string, edits ...gittest.Edit) string {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	before := r.Refs()
	id := r.store.Commit(branch, message, edits...)
	r.pushed(r.gh.person(by), before)
	return id
}

// DeleteBranch deletes one. Open pull requests from it or into it are closed.
func (r *Repo) DeleteBranch(by, branch string) {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	before := r.Refs()
	if _, err := r.store.Try("update-ref", "-d", "refs/heads/"+branch); err != nil {
		r.gh.tb.Fatal(err)
	}
	r.pushed(r.gh.person(by), before)
}

// pushed does what GitHub does after refs have moved: it tells, and brings pull
// requests up to date.
func (r *Repo) pushed(by *Account, before map[string]string) {
	after := r.Refs()
	names := map[string]bool{}
	for n := range before {
		names[n] = true
	}
	for n := range after {
		names[n] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if before[name] == after[name] || !strings.HasPrefix(name, "refs/heads/") && !strings.HasPrefix(name, "refs/tags/") {
			continue
		}
		r.sendPush(by, name, before[name], after[name])
		branch, isBranch := strings.CutPrefix(name, "refs/heads/")
		if !isBranch {
			continue
		}
		if after[name] != "" {
			r.suite(after[name], r, branch)
		}
		for _, in := range r.gh.repos {
			for _, p := range in.pulls {
				if p.State == "open" {
					p.afterPush(by, r, branch, before[name], after[name])
				}
			}
		}
	}
}

func (p *PullRequest) afterPush(by *Account, r *Repo, branch, before, after string) {
	isHead := p.HeadRepo == r && p.HeadBranch == branch
	isBase := p.Repo == r && p.Base == branch
	switch {
	case (isHead || isBase) && after == "":
		p.State, p.closed = "closed", p.Repo.gh.stamp()
		p.send("closed", by, nil)
	case isHead:
		p.HeadSHA = after
		if tip := p.Repo.tip(p.Base); tip != "" {
			p.BaseSHA = tip
		}
		p.follow()
		p.send("synchronize", by, object{"before": before, "after": after})
	case isBase:
		if _, err := r.store.Try("merge-base", "--is-ancestor", p.HeadSHA, after); err == nil {
			// Its commits came in by another way: that is merged, too.
			p.State, p.Merged, p.MergedBy, p.MergeSHA, p.closed = "closed", true, by, p.HeadSHA, p.Repo.gh.stamp()
			p.send("closed", by, nil)
		}
	}
}

// sendPush tells of one ref that moved.
func (r *Repo) sendPush(by *Account, name, before, after string) {
	zero := strings.Repeat("0", 40)
	r.moves = append(r.moves, move{r.gh.nextID(), by, name, cmp.Or(before, zero), cmp.Or(after, zero), r.gh.stamp()})
	kind, short := "branch", strings.TrimPrefix(name, "refs/heads/")
	if tag, isTag := strings.CutPrefix(name, "refs/tags/"); isTag {
		kind, short = "tag", tag
	}
	switch {
	case before == "":
		r.gh.send(r, "create", "", by, object{"ref": short, "ref_type": kind, "master_branch": r.DefaultBranch, "description": nil, "pusher_type": "user"})
	case after == "":
		r.gh.send(r, "delete", "", by, object{"ref": short, "ref_type": kind, "pusher_type": "user"})
	}
	payload := object{
		"ref": name, "before": before, "after": after, "created": before == "", "deleted": after == "", "forced": false, "base_ref": nil,
		"compare": r.gh.URL + "/" + r.FullName() + "/compare/" + short, "commits": []any{}, "head_commit": nil,
		"pusher": object{"name": by.Login, "email": by.Login + "@users.noreply.github.com"},
	}
	if before == "" {
		payload["before"] = zero
	}
	if after == "" {
		payload["after"] = zero
	} else {
		args := []string{"rev-list", "--reverse", "--max-count=20", after}
		if before != "" {
			args = append(args, "^"+before)
			_, err := r.store.Try("merge-base", "--is-ancestor", before, after)
			payload["forced"] = err != nil
		}
		if ids, err := r.store.Try(args...); err == nil {
			list, fresh := []any{}, r.onlyOn(name, after)
			for id := range strings.FieldsSeq(ids) {
				list = append(list, r.pushedCommit(id, fresh[id]))
			}
			payload["commits"] = list
		}
		if id, err := r.store.Try("rev-parse", "--verify", "--quiet", after+"^{commit}"); err == nil {
			payload["head_commit"] = r.pushedCommit(id, r.onlyOn(name, id)[id])
		}
	}
	r.gh.send(r, "push", "", by, payload)
}

// onlyOn are the commits of a ref that no other branch or tag has.
func (r *Repo) onlyOn(name, tip string) map[string]bool {
	out, _ := r.store.Try("rev-list", tip, "--not", "--exclude="+name, "--glob=refs/heads/*", "--exclude="+name, "--glob=refs/tags/*")
	only := map[string]bool{}
	for id := range strings.FieldsSeq(out) {
		only[id] = true
	}
	return only
}

func (r *Repo) pushedCommit(id string, distinct bool) any {
	p, err := r.parse(id)
	if err != nil {
		return nil
	}
	files := map[string][]string{"A": {}, "M": {}, "D": {}}
	out, _ := r.store.Try("diff-tree", "--root", "-r", "-z", "--no-commit-id", "--name-status", id)
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		kind := fields[i]
		if kind == "T" {
			kind = "M"
		}
		files[kind] = append(files[kind], fields[i+1])
	}
	return object{
		"id": id, "tree_id": p.tree, "distinct": distinct, "message": p.message, "timestamp": p.committerDate,
		"url":    r.gh.URL + "/" + r.FullName() + "/commit/" + id,
		"author": object{"name": p.author, "email": p.authorEmail}, "committer": object{"name": p.committer, "email": p.committerEmail},
		"added": files["A"], "modified": files["M"], "removed": files["D"],
	}
}

// A MergeGroup is what the merge queue wants to land: a commit of its own.
type MergeGroup struct {
	Repo             *Repo
	Pulls            []*PullRequest
	Ref              string // refs/heads/gh-readonly-queue/BASE/pr-N-SHA
	Base             string
	HeadSHA, BaseSHA string
}

// MergeGroup puts pull requests of one base into the queue and asks for checks of
// what they make together.
func (r *Repo) MergeGroup(pulls ...*PullRequest) *MergeGroup {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	return r.queue(r.tip(pulls[0].Base), "merge", pulls)
}

// Queue puts one pull request into the queue, to be merged by "merge", "squash" or
// "rebase": behind a group, or at the front without one.
func (p *PullRequest) Queue(behind *MergeGroup, method string) *MergeGroup {
	p.Repo.gh.tb.Helper()
	defer p.Repo.gh.lock()()
	base := p.Repo.tip(p.Base)
	if behind != nil {
		base = behind.HeadSHA
	}
	return p.Repo.queue(base, method, []*PullRequest{p})
}

func (r *Repo) queue(base, method string, pulls []*PullRequest) *MergeGroup {
	r.gh.tb.Helper()
	last := pulls[len(pulls)-1]
	g := &MergeGroup{Repo: r, Pulls: pulls, Base: last.Base, BaseSHA: base, HeadSHA: base}
	for _, p := range pulls {
		id, err := p.onto(g.HeadSHA, method, r.gh.account("github-merge-queue[bot]", "Bot"))
		if err != nil {
			r.gh.tb.Fatalf("queueing #%d: %v", p.Number, err)
		}
		g.HeadSHA = id
	}
	g.Ref = fmt.Sprintf("refs/heads/gh-readonly-queue/%s/pr-%d-%s", g.Base, last.Number, g.BaseSHA)
	g.ask()
	return g
}

// Ask sends what a queue never would, or what it does with a commit that somebody else
// made: a group as it is given.
func (r *Repo) Ask(g MergeGroup) *MergeGroup {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	g.Repo = r
	g.ask()
	return &g
}

func (g *MergeGroup) ask() {
	g.Repo.gh.tb.Helper()
	r := g.Repo
	before := r.Refs()
	if _, err := r.store.Try("update-ref", g.Ref, g.HeadSHA); err != nil {
		r.gh.tb.Fatal(err)
	}
	r.pushed(r.gh.account("github-merge-queue[bot]", "Bot"), before)
	g.send("checks_requested", nil)
}

func (g *MergeGroup) send(action string, more object) {
	payload := object{"merge_group": object{
		"head_sha": g.HeadSHA, "head_ref": g.Ref, "base_sha": g.BaseSHA, "base_ref": "refs/heads/" + g.Base, "head_commit": g.Repo.simpleCommit(g.HeadSHA),
	}}
	for k, v := range more {
		payload[k] = v
	}
	g.Repo.gh.send(g.Repo, "merge_group", action, g.Repo.gh.account("github-merge-queue[bot]", "Bot"), payload)
}

// Merge lands the group on its base.
func (g *MergeGroup) Merge() {
	defer g.Repo.gh.lock()()
	queue := g.Repo.gh.account("github-merge-queue[bot]", "Bot")
	before := g.Repo.Refs()
	g.Repo.store.Try("update-ref", "-d", g.Ref)
	if _, err := g.Repo.store.Try("update-ref", "refs/heads/"+g.Base, g.HeadSHA, g.BaseSHA); err != nil {
		g.Repo.gh.tb.Errorf("githubtest: the base moved under the queue: %v", err)
	}
	for _, p := range g.Pulls {
		p.State, p.Merged, p.MergedBy, p.MergeSHA, p.closed = "closed", true, queue, g.HeadSHA, p.Repo.gh.stamp()
		p.send("closed", queue, nil)
	}
	g.send("destroyed", object{"reason": "merged"})
	g.Repo.pushed(queue, before)
}

// Destroy takes the group out of the queue: "dequeued" or "invalidated".
func (g *MergeGroup) Destroy(reason string) {
	defer g.Repo.gh.lock()()
	before := g.Repo.Refs()
	g.Repo.store.Try("update-ref", "-d", g.Ref)
	g.send("destroyed", object{"reason": reason})
	g.Repo.pushed(g.Repo.gh.account("github-merge-queue[bot]", "Bot"), before)
}

// pushedAt is when a ref of the repository was moved last.
func (r *Repo) pushedAt() string {
	if len(r.moves) == 0 {
		return "2026-01-01T00:00:00Z"
	}
	return r.moves[len(r.moves)-1].at
}
