package app_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	for _, d := range w.gh.Deliveries() {
		if d.Event == "issue_comment" {
			w.gh.Redeliver(d.GUID)
		}
	}
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
	for _, run := range w.ours(p.HeadSHA) {
		if run.Name == "custody: main" && run.Conclusion != "failure" {
			t.Errorf("%s: %s", run.Name, run.Conclusion)
		}
	}
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
