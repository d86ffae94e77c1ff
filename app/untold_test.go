package app_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// unheard has things happen of which no delivery ever tells.
func (w *world) unheard(happen func()) {
	w.Helper()
	w.gh.Hold()
	happen()
	w.gh.Lose()
	w.gh.Release()
}

// What happened while an installation was suspended, or a repository not ours, no delivery tells:
// all that is open is reviewed again, and what landed is recorded.
func TestBackAgain(t *testing.T) {
	for _, how := range []string{"suspended", "removed"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var inst *githubtest.Installation
			w := newWorld(t, recorded, func(w *world) { w.installs = func() { inst = w.gh.Install("acme") } })
			w.lookedAround()
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			v := p.Review("ben", "APPROVED", "")
			w.concludedAs(p.HeadSHA, "success")
			known := w.approved("known", gittest.Write("b.py", "x = 2\n"))
			w.settled()
			if how == "suspended" {
				inst.Suspend()
			} else {
				inst.Remove(w.repo)
			}
			w.settled()
			pushed := ""
			w.unheard(func() {
				p.Dismiss("ada", v)
				known.Merge("ben", "squash")
				new := w.pull("new", gittest.Write("c.py", "x = 2\n"))
				new.Merge("ben", "squash")
				if how == "suspended" {
					pushed = w.repo.Commit("ben", "main", "straight to main", gittest.By("Ben <ben@example.com>"), gittest.Write("d.py", "x = 3\n"))
				}
			})
			if how == "suspended" {
				inst.Unsuspend()
			} else {
				inst.Add(w.repo)
			}
			w.settled()
			w.looks()
			w.concludedAs(p.HeadSHA, "failure")
			if _, s := w.record("pull/2/record"); s.outcome("seen") != "satisfied" {
				t.Errorf("what landed is recorded as %s", s.outcome("seen"))
			}
			w.pass(20 * time.Minute)
			w.looks()
			if pushed != "" { // and all that came with it
				if _, s := w.record("push/refs/heads/main@" + pushed); s.Inputs.Base != w.base || len(s.Change.Commits) != 3 {
					t.Errorf("the record of the push is of %+v", s.Inputs)
				}
			} else if _, s := w.record("pull/3/record"); s.outcome("seen") != "not-satisfied" {
				t.Errorf("what was opened and landed is recorded as %s", s.outcome("seen"))
			}
		})
	}
}

// A push that GitHub tells nobody of, such as one with too many words for a delivery, is found:
// it has a record, and what it changes of what judges counts.
func TestPushThatIsNeverTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, onPostgres)
	w.looks()
	p := w.approved("topic", gittest.Write("a.py", "x = 2\n"))
	told := w.repo.Commit("ben", "main", "told", gittest.By("Ben <ben@example.com>"), gittest.Write("b.py", "x = 2\n"))
	w.settled()
	untold := ""
	w.unheard(func() {
		untold = w.repo.Commit("ben", "main", "straight to main", gittest.By("Ben <ben@example.com>"), gittest.Write("b.py", "x = 3\n"), gittest.Write(".custody.yaml", "version: 1\nrules:\n  - {id: must-hold, kind: requirements}\n  - {id: seen, kind: approvals, approvals: {humans: 2}}\n"))
	})
	last := w.repo.Commit("ben", "main", "told again", gittest.By("Ben <ben@example.com>"), gittest.Write("b.py", "x = 4\n"))
	w.settled()
	for range 2 { // it may still be on its way
		w.looks()
		if _, err := w.store.Subject(context.Background(), w.repo.ID, "push/refs/heads/main@"+untold); !store.IsNotFound(err) {
			t.Fatalf("asked for at once: %v", err)
		}
	}
	w.pass(20 * time.Minute)
	w.looks()
	if _, s := w.record("push/refs/heads/main@" + untold); s.Inputs.Base != told || s.Inputs.Head != untold {
		t.Errorf("the record is of %+v, between %s and %s", s.Inputs, told, last)
	}
	w.concludedAs(p.HeadSHA, "failure")

	// Where the branch is as it was, GitHub says so, and counts no request.
	w.looks()
	w.pull("other", gittest.Write("c.py", "x = 2\n"))
	w.settled()
	w.gh.ResetCalls()
	w.looks()
	var asked []int
	for _, c := range w.gh.Calls() {
		if c.Operation == "GET /repos/{owner}/{repo}/git/ref/{ref}" {
			asked = append(asked, c.Status)
		}
	}
	if !slices.Equal(asked, []int{http.StatusNotModified}) {
		t.Errorf("asked where the branch is: %v", asked)
	}
}

// So is what is older than GitHub tells of deliveries, when the server was down.
func TestDownForDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.until("the sweep of the start is over", func() bool {
		mark, err := w.store.Mark(context.Background(), "sweep")
		return err == nil && mark != ""
	})
	w.stop()
	w.unheard(func() { p.Dismiss("ada", v) })
	w.pass(4 * 24 * time.Hour)
	w.start()
	w.concludedAs(p.HeadSHA, "failure")
}
