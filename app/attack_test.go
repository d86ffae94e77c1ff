package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/change"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack/verify"
	"custody/internal/store"
)

// No login that the App met stands in a pack whose policy names nobody: not in what is
// said of where a fact came from, either.
func TestNoLoginInAPack(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"hashed", "ids"} {
		t.Run(names, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, approvals+"  - {id: team, kind: approvals, approvals: {humans: 1, teams: [acme/security]}}\nprivacy: {names: "+names+"}\n", withWaivers, func(w *world) { w.salts, w.publish.Comment = true, true })
			p := w.pull("topic", gittest.Write("b.py", "x = 2\n"))
			w.concludedAs(p.HeadSHA, "failure")
			w.settled()
			p.Review("ben", "APPROVED", "")
			p.Review("eve", "APPROVED", "")
			w.settled()
			r, _ := w.record("pull/1")
			file, err := w.blobs.Get(context.Background(), r.Pack)
			if err != nil {
				t.Fatal(err)
			}
			ms, err := verify.Decode(file)
			if err != nil {
				t.Fatal(err)
			}
			said := map[string][]byte{}
			for m, text := range ms {
				said[verify.Member(m).String()] = text
			}
			for _, run := range w.ours(p.HeadSHA) {
				said["the check run"] = []byte(run.Title + run.Summary + run.Text + fmt.Sprintf("%+v", run.Annotations))
			}
			for _, m := range p.Comments() {
				said["the comment"] = []byte(m.Body)
			}
			for m, text := range said {
				if found := regexp.MustCompile(`.{0,60}\b(ada|ben|eve)\b.{0,60}`).Find(text); found != nil {
					t.Errorf("%s: %s", m, found)
				}
			}
			if !bytes.Contains(ms[verify.Context], []byte("permission of ")) {
				t.Error("the context does not say whose permission was read")
			}
		})
	}
}

// A waiver is for what its author saw last. That there was a verdict on the head once,
// before they looked at another commit, does not count.
func TestWaiveSwappedBack(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, waivable, withWaivers, func(w *world) {
		w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"), gittest.Write("evil.py", "eval(2)\n"))
	evil := p.HeadSHA
	w.concludedAs(evil, "failure")
	w.settled()
	push := func(file string) string {
		w.origin.Commit("topic", "change", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", file))
		w.repo.ForcePush("ada", w.origin, "topic")
		return w.origin.ID("topic")
	}
	w.concludedAs(push("eval(1)\n"), "failure")
	w.settled()
	time.Sleep(1100 * time.Millisecond) // GitHub writes whole seconds
	w.gh.DeliverTo(w.url + "/nowhere")  // the delivery is late
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	w.gh.Settle()
	w.gh.DeliverTo(w.url + "/webhook")
	ahead.Store(int64(time.Minute))
	w.origin.Git("update-ref", "refs/heads/topic", evil)
	w.repo.ForcePush("ada", w.origin, "topic")
	w.settled()
	w.redeliverComments()
	if c := w.commanded(p, m); c.State != store.Refused || !strings.Contains(c.Answer, "no verdict yet") {
		t.Errorf("%+v", c)
	}
	if run := w.concluded(evil); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
}

// A waiver is for a change to one branch. Turned to another, the same commit brings what
// nobody looked at.
func TestWaiveRetargeted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers)
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("evil.py", "eval(2)\n"))
	side := w.origin.ID("side")
	w.repo.Push("ada", w.origin, "side")
	w.origin.Commit("topic", "change", gittest.From(side), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "eval(1)\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Base: "side"})
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	if c := w.commanded(p, m); c.State != store.Answered || c.Record == "" {
		t.Fatalf("%+v", c)
	}
	p.Retarget("ada", "main")
	w.settled()
	w.failsForMain(p.HeadSHA)
}

// A check does not stay green for longer than the waiver that made it so, whoever granted it.
func TestWaiverRunsOut(t *testing.T) {
	t.Parallel()
	const comment = ""
	for name, standing := range map[string]string{
		"by a comment":  comment,
		"in the policy": "waivers:\n  - {id: w, covers: NO-EVAL, paths: [\"**\"], owner: ben, approver: eve, reason: the parser is being replaced, last_day: " + soon() + "}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			w := newWorld(t, waivable+standing, withWaivers, func(w *world) {
				w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			})
			p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
			if standing == comment {
				w.concludedAs(p.HeadSHA, "failure")
				w.settled()
				p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
			}
			w.concludedAs(p.HeadSHA, "success")
			w.settled()
			for _, c := range []struct {
				days int
				want string
			}{{6, "success"}, {9, "failure"}} {
				ahead.Store(int64(time.Duration(c.days) * 24 * time.Hour))
				if err := w.app.Tick(context.Background(), store.Reconcile); err != nil { // every ten minutes
					t.Fatal(err)
				}
				w.settled()
				if run := w.concluded(p.HeadSHA); run.Conclusion != c.want {
					t.Errorf("after %d days: %s", c.days, run.Conclusion)
				}
			}
		})
	}
}

// Nor is an approval for another branch than it was given for.
func TestApprovalRetargeted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("evil.py", "print(2)\n"))
	side := w.origin.ID("side")
	w.repo.Push("ada", w.origin, "side")
	w.origin.Commit("topic", "change", gittest.From(side), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Base: "side"})
	w.settled()
	says := func() map[string]string {
		w.settled()
		all := map[string]string{}
		for _, run := range w.ours(p.HeadSHA) {
			all[run.Name] = run.Conclusion
		}
		return all
	}
	p.Review("ben", "APPROVED", "")
	if got := says(); got["custody: side"] != "success" {
		t.Errorf("%v", got)
	}
	p.Retarget("ada", "main")
	if got := says(); got["custody: main"] != "failure" {
		t.Errorf("%v", got)
	}
	time.Sleep(1100 * time.Millisecond) // GitHub writes whole seconds, and of two reviews in one the worse counts
	p.Review("ben", "APPROVED", "")
	if got := says(); got["custody: main"] != "success" {
		t.Errorf("%v", got)
	}
}

// turnedAway opens a pull request of ada's to a branch side, from there.
func (w *world) turnedAway(body string, edits ...gittest.Edit) *githubtest.PullRequest {
	w.Helper()
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("evil.py", "print(2)\n"))
	side := w.origin.ID("side")
	w.repo.Push("ada", w.origin, "side")
	w.origin.Commit("topic", "change", append([]gittest.Edit{gittest.From(side), gittest.By("Ada <ada@example.com>")}, edits...)...)
	w.repo.Push("ada", w.origin, "topic")
	return w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Base: "side", Body: body})
}

// onMain is what our check for main says of a commit.
func (w *world) onMain(sha string) string {
	w.Helper()
	w.settled()
	for _, run := range w.ours(sha) {
		if run.Name == "custody: main" {
			return run.Conclusion
		}
	}
	return ""
}

// What was said of a change to one branch does not count for another one either, if we did
// not hear of it until the change had been turned there.
func TestTurnedUnheard(t *testing.T) {
	t.Parallel()
	soon := soon()
	for _, c := range []struct {
		name, policy, says string
		edit               gittest.Edit
		speak              func(p *githubtest.PullRequest)
	}{
		{"an approval", approvals, "", gittest.Write("b.py", "y = 1\n"), func(p *githubtest.PullRequest) { p.Review("ben", "APPROVED", "") }},
		{"an emergency", urgent, "Emergency: customers can not pay", gittest.Write("b.py", "y = 1\n"), func(p *githubtest.PullRequest) { p.Label("eve", "emergency") }},
		{"a waiver", waivable, "", gittest.Write("b.py", "eval(1)\n"), func(p *githubtest.PullRequest) {
			p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.policy, withWaivers)
			p := w.turnedAway(c.says, c.edit)
			w.settled()
			w.gh.DeliverTo(w.url + "/nowhere") // we are down
			c.speak(p)
			p.Retarget("ada", "main")
			w.gh.Settle()
			missed := w.gh.Deliveries()
			w.gh.DeliverTo(w.url + "/webhook")
			for i := range missed { // the newest first, which is the worse
				if d := missed[len(missed)-1-i]; !d.OK() {
					w.gh.Redeliver(d.GUID)
				}
			}
			if got := w.onMain(p.HeadSHA); got != "failure" {
				t.Errorf("it is %s", got)
			}
			// Said again, of the change to main, it counts.
			time.Sleep(1100 * time.Millisecond) // GitHub writes whole seconds
			if c.name == "an emergency" {
				p.Unlabel("eve", "emergency")
			}
			c.speak(p)
			if got := w.onMain(p.HeadSHA); got != "success" {
				t.Errorf("said again it is %s", got)
			}
		})
	}
}

// An emergency that we heard of before the change was turned is none for the other branch.
func TestEmergencyRetargeted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	p := w.turnedAway("Emergency: customers can not pay", gittest.Write("b.py", "y = 1\n"))
	p.Label("eve", "emergency")
	w.settled()
	if _, s := w.record("pull/1"); s.outcome("seen") != "excepted" {
		t.Errorf("%+v", s)
	}
	p.Retarget("ada", "main")
	if got := w.onMain(p.HeadSHA); got != "failure" {
		t.Errorf("it is %s", got)
	}
}

// Where GitHub does not tell whether the change was turned since, its approvals are a
// missing fact.
func TestTurnedUntold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/issues/{issue_number}/events", With: githubtest.Forbidden, Times: -1})
	p := w.pull("topic", gittest.Write("b.py", "y = 1\n"))
	p.Review("ben", "APPROVED", "")
	if got, text := w.says(p.HeadSHA); got != "action_required" || !strings.Contains(text, "no part \\`reviews\\`: GitHub refused") {
		t.Errorf("%s: %s", got, text)
	}
}

// An App that acts with a maintainer's token grants nothing and declares nothing, whatever
// GitHub says of the account.
func TestBehindTheirBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent+"  - {id: no-eval, kind: requirements, waivable: true}\n", withWaivers)
	other := w.gh.OtherApp("helper")
	w.origin.Commit("topic", "change", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "eval(1)\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Body: "Emergency: customers can not pay"})
	w.settled()
	m := p.CommentVia("eve", other, "/custody waive NO-EVAL the parser is being replaced until "+soon())
	if c := w.commanded(p, m); c.State != store.Refused || c.Record != "" || !strings.Contains(c.Answer, "another App wrote the command") {
		t.Errorf("%+v", c)
	}
	p.LabelVia("eve", other, "emergency")
	w.settled()
	if _, s := w.record("pull/1"); s.outcome("seen") != "not-satisfied" {
		t.Errorf("%+v", s)
	}
	if by := w.facts("pull/1").Change.Emergency.By; by == nil || by.Type != change.App || by.Login != "helper" {
		t.Errorf("%+v", by)
	}
}

// An answer to a command names nobody, nor does the log where a permission can not be read.
func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable+"privacy: {names: hashed}\n", withWaivers, func(w *world) { w.salts = true })
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/collaborators/{username}/permission", With: githubtest.BadGateway, Times: 2})
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	if c := w.commanded(p, m); c.State != store.Answered || strings.Contains(c.Answer, "eve") {
		t.Errorf("%+v", c)
	}
	for line := range strings.Lines(w.logged.String()) {
		if regexp.MustCompile(`\b(ada|eve)\b`).MatchString(line) {
			t.Errorf("the log names somebody: %s", line)
		}
	}
	if !strings.Contains(w.logged.String(), "GitHub answered 502") {
		t.Error("the log does not say what failed")
	}
}

// A salt that can not be used is the operator's to put right. The copy of the repository is
// not to blame, and nothing is concluded with names.
func TestBadSalt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy+"privacy: {names: hashed}\n", func(w *world) { w.salts = true })
	file := filepath.Join(w.dir, "salts", fmt.Sprintf("%d.salt", w.repo.ID))
	if err := os.WriteFile(file, []byte("no salt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	copied := filepath.Join(w.dir, "clones", fmt.Sprintf("%d.git", w.repo.ID), "HEAD")
	var before os.FileInfo
	const says = "the salt for the names in packs can not be used: a salt is a line of 64"
	for i := range 5 { // more often than a copy may fail
		p.Label("ada", fmt.Sprint("try-", i))
		w.until("the log says it", func() bool { return strings.Count(w.logged.String(), says) > i })
		now, err := os.Stat(copied)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !os.SameFile(before, now) {
			t.Error("the copy was made anew")
		}
		before = now
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	p.Label("ada", "again")
	if run := w.concludedAs(p.HeadSHA, "success"); run.Conclusion != "success" {
		t.Errorf("%+v", run)
	}
}
