package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"custody/app/effect"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// A success does not stand while a change is judged anew, if that takes long: the check is
// cancelled. What comes out then is said there, be it the same.
func TestSuccessDoesNotStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, func(w *world) { w.slowly = 20 * time.Millisecond })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	slow := func(what string, happen func()) githubtest.CheckRun {
		t.Helper()
		goOn := make(chan struct{})
		w.keeping.Store(new(func([]byte) error { <-goOn; return nil }))
		happen()
		w.until(what+": the success is taken back", func() bool { return w.cancelled(p.HeadSHA) })
		close(goOn)
		w.settled()
		all := w.ours(p.HeadSHA)
		if len(all) != 1 {
			t.Errorf("%s: %d runs", what, len(all))
		}
		return all[0]
	}
	if run := slow("a label", func() { p.Label("ada", "looked at") }); run.Conclusion != "success" {
		t.Errorf("after a label: %s %s", run.Status, run.Conclusion)
	}
	if run := slow("a dismissal", func() { p.Dismiss("ada", v) }); run.Conclusion != "failure" {
		t.Errorf("after a dismissal: %s %s", run.Status, run.Conclusion)
	}
}

// Nor if the review has to be made again.
func TestSuccessDoesNotStandBesideFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, func(w *world) { w.pause = time.Second })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", With: githubtest.BadGateway, Times: -1})
	p.Dismiss("ada", v)
	w.until("the success is taken back", func() bool { return w.cancelled(p.HeadSHA) })
	w.gh.Heal()
	w.settled()
	if all := w.ours(p.HeadSHA); len(all) != 1 || all[0].Conclusion != "failure" {
		t.Errorf("%+v", all)
	}
}

// Nor once the run is about another branch, to which the change was turned, and back.
func TestSuccessDoesNotStandTurned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, func(w *world) { w.slowly = 20 * time.Millisecond })
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "z = 1\n"))
	w.repo.Push("ada", w.origin, "side")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.keeping.Store(new(func([]byte) error {
		w.until("the success is taken back", func() bool { return w.cancelled(p.HeadSHA) })
		return nil
	}))
	p.Dismiss("ada", v)
	w.settled()
	w.keeping.Store(nil)
	if got, _ := w.says(p.HeadSHA); got != "failure" {
		t.Errorf("dismissed: %s", got)
	}
	p.Retarget("ada", "side")
	w.settled()
	w.gh.Hold() // before anybody has judged it again
	p.Retarget("ada", "main")
	for _, run := range w.ours(p.HeadSHA) {
		if run.Conclusion == "success" {
			t.Errorf("%s: %s", run.Name, run.Conclusion)
		}
	}
	w.gh.Release()
	w.settled()
}

// newest is the run that GitHub takes for what holds.
func newest(runs []githubtest.CheckRun) (n githubtest.CheckRun) {
	for _, r := range runs {
		if r.ID >= n.ID {
			n = r
		}
	}
	return n
}

// cancelled says whether our check on a commit is taken back.
func (w *world) cancelled(sha string) bool {
	all := w.ours(sha)
	return len(all) == 1 && all[0].Conclusion == "cancelled"
}

// Nor if GitHub does not take that at first.
func TestSuccessDoesNotStandUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", With: githubtest.BadGateway, Times: -1})
	w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", With: githubtest.BadGateway, Times: 4})
	w.keeping.Store(new(func([]byte) error { return errors.New("the disk of the packs is full") })) // no verdict at all
	p.Dismiss("ada", v)
	w.until("the success is taken back", func() bool { return w.ours(p.HeadSHA)[0].Conclusion != "success" })
	w.gh.Heal()
	w.keeping.Store(nil)
	w.settled()
	w.concludedAs(p.HeadSHA, "failure")
}

// Nor where somebody presses a button meanwhile, after which whatever comes out is said again.
func TestSuccessDoesNotStandPressed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, func(w *world) { w.pause = time.Second })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", With: githubtest.BadGateway, Times: -1})
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	p.Dismiss("ada", v)
	w.until("the success is taken back", func() bool { return w.cancelled(p.HeadSHA) })
	w.gh.Heal()
	w.settled()
	if all := w.ours(p.HeadSHA); len(all) != 1 || all[0].Conclusion != "failure" {
		t.Errorf("%+v", all)
	}
}

// Of a merge group, a run is in progress beside the success, which would be thrown out of the queue
// if it was cancelled. GitHub may not take that run at first. Where the group does not pass then, no
// success stays beside that.
func TestSuccessOfAGroupDoesNotStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued, func(w *world) { w.slowly = 20 * time.Millisecond })
	p := w.pull("one", gittest.Write("b.py", "y = 1\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	g := p.Queue(nil, "merge")
	w.concludedAs(g.HeadSHA, "success")
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "POST /repos/{owner}/{repo}/check-runs", With: githubtest.BadGateway, Times: 1})
	w.keeping.Store(new(func([]byte) error { return errors.New("the disk of the packs is full") }))
	w.repo.Rerequest("ada", w.ours(g.HeadSHA)[0].ID)
	w.until("a run is in progress beside it", func() bool {
		all := w.ours(g.HeadSHA)
		return len(all) == 2 && all[1].Status == "in_progress" && all[0].Conclusion == "success"
	})
	w.keeping.Store(nil)
	w.settled()
	if all := w.ours(g.HeadSHA); len(all) != 2 || all[0].Conclusion != "success" || all[1].Conclusion != "success" {
		t.Errorf("it passes: %s", w.runsOf(g.HeadSHA))
	}
	p.Dismiss("ada", v)
	w.settled()
	for _, r := range w.ours(g.HeadSHA) {
		if r.Status != "completed" || r.Conclusion == "success" {
			t.Errorf("it does not pass: %s", w.runsOf(g.HeadSHA))
		}
	}
}

// Where a run beside which another one was made is gone, that says what came out all the same.
func TestRunBesideIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued, func(w *world) { w.slowly = 20 * time.Millisecond })
	g := w.approved("one", gittest.Write("b.py", "y = 1\n")).Queue(nil, "merge")
	w.concludedAs(g.HeadSHA, "success")
	w.settled()
	w.keeping.Store(new(func([]byte) error { return errors.New("the disk of the packs is full") }))
	w.repo.Rerequest("ada", w.ours(g.HeadSHA)[0].ID)
	w.until("a run is in progress beside it", func() bool { return len(w.ours(g.HeadSHA)) == 2 })
	w.gh.Fail(githubtest.Fault{On: patchRun, Skip: 1, With: githubtest.Missing, Times: -1})
	w.keeping.Store(nil)
	w.until("it says what came out", func() bool {
		s, err := w.store.Effect(context.Background(), effect.ConcludeKey(w.repo.ID, "queue/"+g.HeadSHA, g.HeadSHA))
		return err == nil && s.Done
	})
	if run := newest(w.ours(g.HeadSHA)); run.Conclusion != "success" {
		t.Errorf("%s", w.runsOf(g.HeadSHA))
	}
	w.gh.Heal()
}

// A group that lands while its success is taken back does not stay in progress.
func TestQueueLandsWhileTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	g := w.approved("one", gittest.Write("b.py", "y = 1\n")).Queue(nil, "merge")
	w.concludedAs(g.HeadSHA, "success")
	w.settled()
	taken := func() bool { return newest(w.ours(g.HeadSHA)).Status == "in_progress" }
	goOn := make(chan struct{})
	w.keeping.Store(new(func([]byte) error {
		if taken() {
			<-goOn
		}
		return errors.New("the disk of the packs is full")
	}))
	w.repo.Rerequest("ada", w.ours(g.HeadSHA)[0].ID)
	w.until("its success is taken back", taken)
	w.unheard(g.Merge)
	close(goOn)
	w.until("its check is over", func() bool { return !taken() })
	w.keeping.Store(nil)
	w.settled()
}
