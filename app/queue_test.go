package app_test

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/app/event"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack/verify"
	"custody/internal/store"
)

// queued asks for approvals and for a pull request: what a merge queue has to bring.
const queued = approvals + "  - {id: by-pull-request, kind: pull-request}\n"

// approved opens a pull request of ada's that ben approves.
func (w *world) approved(branch string, edits ...gittest.Edit) *githubtest.PullRequest {
	w.Helper()
	p := w.pull(branch, edits...)
	p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	return p
}

// says waits until all is done, and gives what our check on a commit says: "in_progress"
// until it is concluded.
func (w *world) says(sha string) (conclusion, text string) {
	w.Helper()
	w.settled()
	runs := w.ours(sha)
	if len(runs) != 1 {
		w.Fatalf("%d runs on %s", len(runs), sha)
	}
	r := runs[0]
	return cmp.Or(r.Conclusion, r.Status), r.Title + "\n" + r.Summary + "\n" + r.Text
}

// What was approved lands by the queue, however it merges, one upon the other, and the
// command line comes to the same verdict by the group's context.
func TestQueue(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"merge", "squash", "rebase"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, queued)
			w.origin.Commit("one", "first", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
			one := w.approved("one", gittest.From("one"), gittest.Write("c.py", "z = 1\n"))
			two := w.approved("two", gittest.Write("d.py", "x = 2\n"))
			first := one.Queue(nil, method)
			second := two.Queue(first, method)
			for _, g := range []*githubtest.MergeGroup{first, second} {
				if got, text := w.says(g.HeadSHA); got != "success" {
					t.Fatalf("%s: %s", got, text)
				}
				r, s := w.record("queue/" + g.HeadSHA)
				if s.Inputs.Base != g.BaseSHA || s.Stage != "merge" {
					t.Errorf("it is about %s, and stands on %s", s.Inputs.Base, g.BaseSHA)
				}
				if method == "squash" {
					continue // once is enough for what comes
				}
				file, err := w.blobs.Get(t.Context(), r.Pack)
				if err != nil {
					t.Fatal(err)
				}
				members, err := verify.Decode(file)
				if err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				key, err := w.key.MarshalPEM()
				if err != nil {
					t.Fatal(err)
				}
				for name, text := range map[string][]byte{"context.json": members[verify.Context], "key.pem": key} {
					if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				out := filepath.Join(dir, "cli.zip")
				run(t, 0, nil, program(t, "custody"), "-C", w.repo.Dir, "audit", "--base", g.BaseSHA, "--head", g.HeadSHA, "--stage", "merge",
					"--context", filepath.Join(dir, "context.json"), "--on", field(t, members[verify.PackJSON], `"day":"`), "--key", filepath.Join(dir, "key.pem"), "-o", out)
				if got := digestOf(t, out); got != r.Verdict {
					t.Errorf("the command line came to %s, and the App to %s", got, r.Verdict)
				}
			}
			first.Merge()
			second.Merge()
			for _, subject := range []string{"pull/1/record", "pull/2/record"} {
				if r, _ := w.record(subject); r.Decision != "pass" {
					t.Errorf("%s: %+v", subject, r)
				}
			}
			w.settled()
			for _, g := range []*githubtest.MergeGroup{first, second} {
				if got, err := w.store.Reviews(t.Context(), w.repo.ID, "push/refs/heads/main@"+g.HeadSHA, 1); err != nil || len(got) != 0 {
					t.Errorf("the push of what landed was reviewed, too: %v %v", got, err)
				}
			}
		})
	}
}

// Nothing comes through the queue that nobody approved, or of which it is not certain that
// it is what they approved.
func TestQueueUnsure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	good := w.approved("good", gittest.Write("b.py", "y = 1\n"))
	also := w.approved("also", gittest.Write("c.py", "z = 1\n"))
	bad := w.pull("bad", gittest.Write("d.py", "x = 2\n"))
	closed := w.approved("closed", gittest.Write("e.py", "x = 2\n"))
	closed.Close("ada")
	turned := w.approved("turned", gittest.Write("f.py", "x = 2\n"))
	w.repo.Commit("ben", "side", "side", gittest.From("main"), gittest.Write("side.py", "x = 2\n"))
	turned.Retarget("ada", "side")
	w.settled()
	fork := w.repo.Fork("eve")
	w.origin.Commit("theirs", "Eve's", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("l.py", "x = 2\n"))
	fork.Push("eve", w.origin, "theirs")
	theirs := w.repo.OpenPullRequest(githubtest.NewPull{Author: "eve", Head: "theirs", From: fork})
	theirs.Review("ben", "APPROVED", "")
	w.settled()
	ref := func(name string) string {
		return "refs/heads/gh-readonly-queue/" + strings.ReplaceAll(name, "SHA", w.base)
	}
	// as is a group with what a pull request has, by a name.
	as := func(p *githubtest.PullRequest, name string, edits ...gittest.Edit) *githubtest.MergeGroup {
		at := w.repo.Commit("ben", "made", "made", append([]gittest.Edit{gittest.From(p.HeadSHA)}, edits...)...)
		return w.repo.Ask(githubtest.MergeGroup{Pulls: []*githubtest.PullRequest{p}, Base: "main", BaseSHA: w.base, HeadSHA: at, Ref: ref(name)})
	}
	for _, c := range []struct {
		name  string
		group func() *githubtest.MergeGroup
		want  string
		says  string
	}{
		{"not approved", func() *githubtest.MergeGroup { return bad.Queue(nil, "merge") }, "failure", "0 of 1 person approved"},
		{"two at once", func() *githubtest.MergeGroup { return w.repo.MergeGroup(good, also) }, "action_required", "makes another change than pull request 2"},
		{"resolved otherwise", func() *githubtest.MergeGroup { return as(good, "main/pr-1-SHA", gittest.Write("b.py", "y = 6\n")) }, "action_required", "makes another change than pull request 1"},
		{"named after another", func() *githubtest.MergeGroup { return as(bad, "main/pr-1-SHA", gittest.Write("g.py", "y = 6\n")) }, "action_required", "makes another change than pull request 1"},
		{"closed", func() *githubtest.MergeGroup { return closed.Queue(nil, "merge") }, "action_required", "pull request 4, which the merge group is named after, is closed"},
		{"turned to another branch", func() *githubtest.MergeGroup { return as(turned, "main/pr-5-SHA", gittest.Write("h.py", "y = 6\n")) }, "action_required", "is for another branch"},
		{"of no pull request", func() *githubtest.MergeGroup { return as(good, "main/pr-77-SHA", gittest.Write("i.py", "y = 6\n")) }, "action_required", "GitHub did not tell of pull request 77"},
		{"of a queue that is not this branch's", func() *githubtest.MergeGroup { return as(good, "side/pr-1-SHA", gittest.Write("j.py", "y = 6\n")) }, "action_required", "does not say which pull request"},
		{"of a fork, and who pushed there nobody tells", func() *githubtest.MergeGroup { return theirs.Queue(nil, "merge") }, "action_required", "does not say who pushed the change"},
		{"of a name within a name", func() *githubtest.MergeGroup {
			return as(good, "main/pr-1-SHA/main/pr-3-SHA", gittest.Write("k.py", "y = 6\n"))
		}, "action_required", "does not say which pull request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := c.group()
			if got, text := w.says(g.HeadSHA); got != c.want || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s", got, text)
			}
			g.Destroy("dequeued")
			w.settled()
		})
	}
	t.Run("the reviews are not told", func(t *testing.T) {
		w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", With: githubtest.Forbidden, Times: -1})
		if got, text := w.says(good.Queue(nil, "squash").HeadSHA); got != "action_required" || !strings.Contains(text, "no permission to read this") {
			t.Errorf("%s: %s", got, text)
		}
	})
}

// What is said of a pull request in the queue, its group follows, and so does what stands
// on that.
func TestQueueFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	one, two := w.pull("one", gittest.Write("b.py", "y = 1\n")), w.approved("two", gittest.Write("c.py", "z = 1\n"))
	v := one.Review("ben", "APPROVED", "")
	w.settled()
	first := one.Queue(nil, "merge")
	second := two.Queue(first, "merge")
	want := func(when, a, b string) {
		t.Helper()
		if got, text := w.says(first.HeadSHA); got != a {
			t.Errorf("%s the first is %s: %s", when, got, text)
		}
		if got, text := w.says(second.HeadSHA); got != b {
			t.Errorf("%s the second is %s: %s", when, got, text)
		}
	}
	want("at first", "success", "success")
	one.Dismiss("ada", v)
	want("after the approval was dismissed", "failure", "action_required")
	one.Review("ben", "APPROVED", "")
	want("approved again", "success", "success")
}

// A change of the judge ahead in the queue does not judge before it has landed, and is not
// passed by: what stands on it waits.
func TestQueueJudgeAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	one := w.approved("one", gittest.Write(".custody.yaml", strings.Replace(queued, "humans: 1", "humans: 2", 1)))
	two, three := w.approved("two", gittest.Write("b.py", "y = 1\n")), w.approved("three", gittest.Write("c.py", "y = 1\n"))
	first := one.Queue(nil, "merge")
	second := two.Queue(first, "merge")
	third := three.Queue(second, "merge")
	if got, text := w.says(first.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
	for _, g := range []*githubtest.MergeGroup{second, third} {
		if got, text := w.says(g.HeadSHA); got != "in_progress" || !strings.Contains(text, "changes what judges") {
			t.Errorf("%s: %s", got, text)
		}
	}
	first.Merge()
	if got, text := w.says(second.HeadSHA); got != "failure" || !strings.Contains(text, "1 of 2 people approved") {
		t.Errorf("%s: %s", got, text)
	}
	if got, text := w.says(third.HeadSHA); got != "action_required" || !strings.Contains(text, "ahead of it in the merge queue does not pass") {
		t.Errorf("%s: %s", got, text)
	}
}

// A waiver that was granted for the pull request holds in the queue, for as long as it
// holds there.
func TestQueueWaived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers)
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	w.concludedAs(p.HeadSHA, "success")
	g := p.Queue(nil, "squash")
	if got, text := w.says(g.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
	p.DeleteComment("eve", m)
	if got, text := w.says(g.HeadSHA); got != "failure" {
		t.Errorf("%s: %s", got, text)
	}
}

// What stands on a group that landed past its check is judged when that has landed: it is of
// no matter any more that it did not pass.
func TestQueueBehindLandedPast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	bad, good := w.pull("bad", gittest.Write("d.py", "x = 2\n")), w.approved("good", gittest.Write("b.py", "y = 1\n"))
	first := bad.Queue(nil, "merge")
	second := good.Queue(first, "merge")
	if got, text := w.says(second.HeadSHA); got != "action_required" {
		t.Fatalf("%s: %s", got, text)
	}
	first.Merge()
	if got, text := w.says(second.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
}

// A group that has landed is judged no more, though nobody told that it is gone: what its
// check says stays, on what is the branch's tip.
func TestQueueLandedUntold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	p := w.approved("one", gittest.Write("b.py", "y = 1\n"))
	g := p.Queue(nil, "merge")
	if got, text := w.says(g.HeadSHA); got != "success" {
		t.Fatalf("%s: %s", got, text)
	}
	w.gh.Hold()
	g.Merge()
	w.gh.Lose()
	w.gh.Release()
	w.repo.Rerequest("ada", w.ours(g.HeadSHA)[0].ID)
	if got, text := w.says(g.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
	if open, err := w.store.Open(t.Context(), w.repo.ID, "merge_group", ""); err != nil || len(open) != 0 {
		t.Errorf("it is waited for: %v %v", open, err)
	}
}

// Who rebased the change after they had approved it committed what the queue lands, though
// the queue's own commits do not say so.
func TestQueueRebasedByWhoApproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	p := w.approved("topic", gittest.Write("b.py", "y = 1\n"))
	w.origin.Commit("main", "other", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "z = 1\n"))
	w.repo.Push("ada", w.origin, "main")
	w.origin.Commit("topic", "change on topic", gittest.From("main"), gittest.By("Ada <ada@example.com>"), gittest.CommittedBy("Ben <ben@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.ForcePush("ada", w.origin, "topic")
	for _, method := range []string{"", "merge", "squash", "rebase"} {
		sha := p.HeadSHA
		if method != "" {
			sha = p.Queue(nil, method).HeadSHA
		}
		if got, text := w.says(sha); got != "failure" || !strings.Contains(text, "0 of 1 person") {
			t.Errorf("%s: %s: %s", method, got, text)
		}
	}
}

// Groups that can not be judged, for no fault of theirs, do not ask for each other without end.
func TestQueueOfWhatFails(t *testing.T) {
	t.Parallel()
	var inst *githubtest.Installation
	w := newWorld(t, queued, func(w *world) {
		w.installs = func() { inst = w.gh.Install("acme") }
	})
	one, two := w.approved("one", gittest.Write("b.py", "y = 1\n")), w.approved("two", gittest.Write("c.py", "z = 1\n"))
	whole := maps.Clone(inst.Permissions)
	less := maps.Clone(whole)
	delete(less, "contents")
	inst.Grant(less)
	w.gh.ExpireTokens()
	w.settled()
	first := one.Queue(nil, "merge")
	second := two.Queue(first, "merge")
	groups := []*githubtest.MergeGroup{first, second}
	for _, g := range groups {
		w.concludedAs(g.HeadSHA, "action_required")
	}
	w.until("nothing is under way", func() bool {
		for _, g := range groups {
			s, err := w.store.Subject(context.Background(), w.repo.ID, event.QueueName(g.HeadSHA))
			if err != nil || s.Turn > 10 {
				t.Fatalf("it is asked for %d times: %v", s.Turn, err)
			}
		}
		jobs, err := w.store.Jobs(context.Background())
		return err == nil && jobs == 0
	})
	inst.Grant(whole)
	for _, g := range groups {
		w.concludedAs(g.HeadSHA, "success")
	}
}

// A group that has to wait for what is ahead of it lets nothing through meanwhile, whatever its
// check said before.
func TestQueueWaitsWithoutSuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	one, two := w.approved("one", gittest.Write("b.py", "y = 1\n")), w.approved("two", gittest.Write("c.py", "z = 1\n"))
	first := one.Queue(nil, "merge")
	second := two.Queue(first, "merge")
	if got, text := w.says(second.HeadSHA); got != "success" {
		t.Fatalf("%s: %s", got, text)
	}
	w.sql(`UPDATE subjects SET turn = turn + 1 WHERE name = '` + event.QueueName(first.HeadSHA) + `'`) // its review does not come
	wake := func(g *githubtest.MergeGroup) (newest string) {
		t.Helper()
		if err := w.store.Wake(t.Context(), store.Wake{Repo: w.repo.ID, Name: event.QueueName(g.HeadSHA)}); err != nil {
			t.Fatal(err)
		}
		w.settled()
		id := int64(0)
		for _, r := range w.ours(second.HeadSHA) {
			if r.ID > id {
				id, newest = r.ID, cmp.Or(r.Conclusion, r.Status)
			}
		}
		return newest
	}
	if got := wake(second); got != "in_progress" {
		t.Errorf("what is ahead is being judged, and the check says %s", got)
	}
	if got := wake(first); got != "success" {
		t.Errorf("what is ahead passed again, and the check says %s", got)
	}
}
