package app_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// A look around costs next to nothing of GitHub's limit where nothing happens, hears of a head
// that no delivery told, and comes back to what waits for a waiver's end.
func TestReconcileCost(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newWorld(t, policy, func(w *world) {
		w.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
		for i := range 5 {
			w.gh.Repo(fmt.Sprint("acme/quiet-", i), w.origin)
		}
	})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concluded(p.HeadSHA)
	w.settled()
	look := func() (whole, same int) {
		t.Helper()
		w.gh.ResetCalls()
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			t.Fatal(err)
		}
		for _, c := range w.gh.Calls() {
			switch {
			case c.Operation != "GET /repos/{owner}/{repo}/pulls":
			case c.Status == 304:
				same++
			default:
				whole++
			}
		}
		w.settled()
		return whole, same
	}
	look() // whatever the one at the start saw of it
	if whole, same := look(); whole != 0 || same != 6 {
		t.Errorf("%d lists, and %d as they were, of 6 repositories in which nothing happened", whole, same)
	}
	w.gh.Hold()
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.gh.Lose()
	w.gh.Release()
	if whole, same := look(); whole != 1 || same != 5 {
		t.Errorf("%d lists, and %d as they were, of 6 repositories in one of which there is a new head", whole, same)
	}
	w.concluded(w.origin.ID("topic"))
	w.settled()
	// A waiver that ended while the list is as it was.
	look()
	turn := func() int64 {
		t.Helper()
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		if err != nil {
			t.Fatal(err)
		}
		return s.Turn
	}
	before := turn()
	if err := w.store.SetMark(context.Background(), fmt.Sprintf("until/%d/pull/1", w.repo.ID), "2020-01-01"); err != nil {
		t.Fatal(err)
	}
	look()
	look()
	if after := turn(); after != before+1 {
		t.Errorf("turn %d became %d", before, after)
	}
	later.Store(int64(time.Hour))
	if whole, _ := look(); whole != 6 {
		t.Errorf("%d lists are read whole after an hour", whole)
	}
}

// A list that could not be acted on is read whole the next time.
func TestReconcileCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.settled()
	w.gh.Hold()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.gh.Lose()
	w.gh.Release()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls", With: githubtest.BadGateway, Times: 1})
	for range 2 {
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			t.Fatal(err)
		}
	}
	w.concluded(p.HeadSHA)
}
