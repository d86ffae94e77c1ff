package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// An approval is of a change, and a commit with the same files may make another one: a merge
// of the branch that drops what was fixed there meanwhile has the files that were approved,
// and takes the fix back.
func TestApprovedFilesTakeAFixBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.approved("topic", gittest.Write("b.py", "y = 1\n"))
	fixed := w.repo.Commit("ben", "main", "fix", gittest.Write("a.py", "x = checked(1)\n"))
	w.settled()
	if _, err := w.origin.Try("fetch", "--quiet", "file://"+w.repo.Dir, fixed); err != nil {
		t.Fatal(err)
	}
	w.origin.Commit("topic", "Merge main", gittest.From(p.HeadSHA), gittest.Merge(fixed), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.settled()
	if got := w.repo.Git("diff", "--name-only", fixed, p.HeadSHA); got != "a.py\nb.py" {
		t.Fatalf("it changes %q", got)
	}
	if got, text := w.says(p.HeadSHA); got != "failure" || !strings.Contains(text, "ben approved an older commit") {
		t.Errorf("%s: %s", got, text)
	}
}

// Nor does it count for the same lines in another place of the file that was approved.
func TestApprovedLinesElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	const before, behind = "def f():\n    a = 1\n    b = 2\n    c = 3\n", "    d = 4\n    e = 5\n    g = 6\n"
	twice := func(one, two string) string {
		return "guarded = True\n" + before + one + behind + "guarded = False\n" + before + two + behind
	}
	w.base = w.repo.Commit("ben", "main", "twice", gittest.Write("c.py", twice("", "")))
	if _, err := w.origin.Try("fetch", "--quiet", "file://"+w.repo.Dir, w.base); err != nil {
		t.Fatal(err)
	}
	p := w.approved("topic", gittest.Write("c.py", twice("    run()\n", "")))
	w.origin.Commit("topic", "change on topic", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", twice("", "    run()\n")))
	w.repo.ForcePush("ada", w.origin, "topic")
	if got, text := w.says(p.HeadSHA); got != "failure" {
		t.Errorf("%s: %s", got, text)
	}
}

// An approval is for the branch that it was given for, whatever the order in which the App
// hears of it, and however late.
func TestApprovalRetargetedUnheard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("evil.py", "print(2)\n"))
	side := w.origin.ID("side")
	w.repo.Push("ada", w.origin, "side")
	w.origin.Commit("topic", "change", gittest.From(side), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Base: "side"})
	w.settled()
	w.gh.Hold()
	p.Review("ben", "APPROVED", "")
	p.Retarget("ada", "main")
	w.gh.Release()
	w.settled()
	w.failsForMain(p.HeadSHA)
}

// Deliveries come in any order: a group that is heard of before the one that it stands on
// is judged again when that is.
func TestQueueHeardBackwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	one, two := w.approved("one", gittest.Write("b.py", "y = 1\n")), w.approved("two", gittest.Write("c.py", "z = 1\n"))
	w.gh.Hold()
	first := one.Queue(nil, "merge")
	w.gh.Lose()
	w.gh.Release()
	second := two.Queue(first, "merge")
	if got, text := w.says(second.HeadSHA); got != "action_required" {
		t.Fatalf("%s: %s", got, text)
	}
	w.repo.Ask(*first) // it comes at last
	for _, g := range []*githubtest.MergeGroup{first, second} {
		if got, text := w.says(g.HeadSHA); got != "success" {
			t.Errorf("%s: %s", got, text)
		}
	}
}

// What somebody pushes to the branch out of the queue, past the check that failed, has a
// record: that the queue asked about a commit does not say that it landed it.
func TestQueuePushedPast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	bad := w.pull("bad", gittest.Write("d.py", "x = 2\n"))
	w.settled()
	g := bad.Queue(nil, "squash")
	if got, text := w.says(g.HeadSHA); got == "success" {
		t.Fatalf("%s: %s", got, text)
	}
	g.Destroy("dequeued")
	if _, err := w.origin.Try("fetch", "--quiet", "file://"+w.repo.Dir, g.HeadSHA+":refs/heads/main"); err != nil {
		t.Fatal(err)
	}
	w.repo.Push("ben", w.origin, "main")
	w.settled()
	if got, err := w.store.Reviews(context.Background(), w.repo.ID, "push/refs/heads/main@"+g.HeadSHA, 1); err != nil || len(got) != 1 {
		t.Errorf("the push has no record: %v %v", got, err)
	}
}

// What was approved is what the change was then. A branch that holds a fix which has not
// landed, and takes it back, changes neither; once the fix has landed, the same commit takes
// it back there, and nobody approved that.
func TestApprovedBeforeTheFixLanded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	fix := w.origin.Commit("fix", "fix", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = checked(1)\n"))
	p := w.approved("topic", gittest.From("fix"), gittest.Write("a.py", "x = 1\n"), gittest.Write("b.py", "y = 1\n"))
	w.origin.Commit("main", "other", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "z = 1\n"))
	w.repo.Push("ben", w.origin, "main")
	if got, text := w.says(p.HeadSHA); got != "success" { // this is of no matter to it
		t.Fatalf("%s: %s", got, text)
	}
	w.origin.Commit("main", "Merge fix", gittest.By("Ada <ada@example.com>"), gittest.Merge(fix), gittest.Write("a.py", "x = checked(1)\n"))
	w.repo.Push("ben", w.origin, "main")
	if got := w.repo.Git("diff", "--name-only", "main..."+p.HeadSHA); got != "a.py\nb.py" {
		t.Fatalf("it changes %q", got)
	}
	for _, sha := range []string{p.Queue(nil, "squash").HeadSHA, p.HeadSHA} {
		if got, text := w.says(sha); got != "failure" || !strings.Contains(text, "ben approved") {
			t.Errorf("%s: %s", got, text)
		}
	}
	p.Review("ben", "APPROVED", "") // who knows it now
	if got, text := w.says(p.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
}

// Nor does the order in which the App reads of a pull request what happens meanwhile make an
// approval of a change to one branch one of a change to another.
func TestApprovalRetargetedInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("evil.py", "print(2)\n"))
	w.repo.Push("ada", w.origin, "side")
	p := w.pull("topic", gittest.From("side"), gittest.Write("b.py", "y = 1\n"))
	w.settled()
	// While a review is on its way it is turned and approved, and later turned back.
	approved := make(chan bool)
	w.gh.Fail(githubtest.Fault{On: "git fetch", Then: func() {
		defer close(approved)
		w.gh.Hold()
		p.Retarget("ada", "side")
		time.Sleep(1100 * time.Millisecond) // GitHub tells whole seconds
		p.Review("ben", "APPROVED", "")
	}})
	p.Label("ada", "ready")
	<-approved
	w.until("the review is over", func() bool {
		jobs, err := w.store.Jobs(context.Background())
		return err == nil && jobs == 0
	})
	time.Sleep(1100 * time.Millisecond)
	p.Retarget("ada", "main")
	w.gh.Release()
	if got, text := w.says(p.HeadSHA); got != "failure" {
		t.Errorf("%s: %s", got, text)
	}
}

// A permission is read by login, and counts for the account that it was asked for: whoever has
// taken the login meanwhile has one of their own.
func TestApprovalOfARenamedAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("b.py", "y = 1\n"))
	w.settled()
	w.gh.User("mallory")
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/collaborators/{username}/permission", Then: func() {
		w.gh.RenameUser("mallory", "mallet")
		w.gh.RenameUser("ben", "mallory")
	}})
	p.Review("mallory", "APPROVED", "")
	if got, text := w.says(p.HeadSHA); got == "success" {
		t.Errorf("%s: %s", got, text)
	}
	if missing(w.facts("pull/1"))["permission of mallory"] == "" {
		t.Error("nobody says that it is not known")
	}
}

// Nor does one that is read while the fix lands: a review that fetched before that says
// nothing of what the commit changes now, be its head one of which the App heard or not.
func TestApprovedWhileTheFixLands(t *testing.T) {
	t.Parallel()
	for _, heard := range []bool{true, false} {
		t.Run(fmt.Sprint("heard: ", heard), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, approvals)
			p := w.approved("topic", gittest.Write("b.py", "y = 1\n"))
			fix := w.origin.Commit("fix", "fix", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = checked(1)\n"))
			w.origin.Git("branch", "--force", "main", fix)
			w.origin.Commit("topic", "change on topic", gittest.From(fix), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 1\n"), gittest.Write("b.py", "y = 1\n"))
			w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", Then: func() {
				w.repo.Push("ben", w.origin, "main")
				w.gh.Settle()
				w.until("the push was looked at", func() bool {
					counts, err := w.store.CountDeliveries(context.Background())
					return err == nil && counts[store.Accepted] == 0 && !w.waits(pushOf(fix))
				})
				if all, err := w.store.Reviews(context.Background(), w.repo.ID, pushOf(fix), 1); err != nil || len(all) != 1 {
					t.Errorf("the push is not recorded: %v", err)
				}
			}})
			if heard {
				w.repo.ForcePush("ada", w.origin, "topic")
			} else {
				w.gh.Hold()
				w.repo.ForcePush("ada", w.origin, "topic")
				w.gh.Lose()
				w.gh.Release()
				p.Comment("ada", "/custody recheck")
			}
			if got, text := w.says(p.HeadSHA); got != "failure" || !strings.Contains(text, "ben approved") {
				t.Errorf("%s: %s", got, text)
			}
		})
	}
}

// What is open for a branch that is not protected is judged by what that branch has become.
func TestAnotherBaseMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.origin.Git("branch", "side", w.base)
	w.repo.Push("ada", w.origin, "side")
	w.origin.Commit("topic", "change", gittest.From("side"), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Base: "side"})
	if got, text := w.says(p.HeadSHA); got != "success" {
		t.Fatalf("%s: %s", got, text)
	}
	w.origin.Commit("other", "change", gittest.From("side"), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "other")
	landed := w.repo.OpenPullRequest(githubtest.NewPull{Title: "Another", Author: "ada", Head: "other", Base: "side"})
	w.says(landed.HeadSHA)
	landed.Merge("ben", "merge")
	w.record("pull/2/record")
	w.settled()
	record, err := w.store.Subject(context.Background(), w.repo.ID, "pull/2/record")
	if err != nil {
		t.Fatal(err)
	}
	w.repo.Commit("ben", "side", "ask for approvals", gittest.Write(".custody.yaml", approvals))
	if got, text := w.says(p.HeadSHA); got != "failure" {
		t.Errorf("%s: %s", got, text)
	}
	if now, err := w.store.Subject(context.Background(), w.repo.ID, "pull/2/record"); err != nil || now.Turn != record.Turn {
		t.Errorf("what landed before is recorded again: %+v %v", now, err)
	}
}
