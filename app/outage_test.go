package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/config"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

const built = `version: 1
rules:
  - {id: built, kind: check-runs, check_runs: [{name: ci/build, app: jenkins}]}
`

// A check of another App that ends while the first review of a change is under way, behind
// where the review read the checks, is not lost.
func TestCheckEndsBehindTheReader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built)
	w.settled()
	w.origin.Commit("topic", "change", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
	sha := w.origin.ID("topic")
	w.keeping.Store(new(func([]byte) error {
		w.keeping.Store(nil)
		w.repo.CheckRunBy("jenkins", "ci/build", sha, "success")
		w.gh.Settle()
		w.until("the delivery of the status is decided on", func() bool {
			counts, err := w.store.CountDeliveries(context.Background())
			return err == nil && counts[store.Accepted] == 0
		})
		return nil
	}))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic"})
	w.concluded(p.HeadSHA)
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "success" {
		t.Errorf("ci/build passed on the head, every delivery was decided on, and the check says %s: %s", run.Conclusion, run.Title)
	}
}

// What landed on a branch that is gone since is recorded.
func TestRecordOfADeletedBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	w.origin.Commit("side", "side", gittest.From(w.base), gittest.Write(".custody.yaml", recorded), gittest.Write("c.py", "z = 1\n"))
	w.repo.Push("ada", w.origin, "side")
	w.origin.Commit("topic", "topic", gittest.From("side"), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "On top", Author: "ada", Head: "topic", Base: "side"})
	w.concluded(p.HeadSHA)
	w.settled()
	w.gh.Hold()
	p.Merge("ben", "merge")
	w.repo.DeleteBranch("ben", "side")
	w.gh.Release()
	if _, s := w.record("pull/1/record"); s.Inputs.Base != w.origin.ID("side") || s.outcome("by-pull-request") != "satisfied" {
		t.Errorf("%+v", s)
	}
}

// Who turns enforcement on, or tightens the floor, has what is open judged by it.
func TestModeTurnedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, func(w *world) { w.mode = config.Report })
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "neutral")
	w.settled()
	w.stop()
	w.mode = config.Enforce
	w.start()
	w.concludedAs(p.HeadSHA, "failure")
}

// The text of a run that says that nothing can be judged is not that of a verdict pass.
func TestTextOfUndecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	pass := w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.repo.Commit("ben", "main", "Break it", gittest.Write(".custody.yaml", "version: 1\nrules: [{id: broken\n"))
	run := w.concludedAs(p.HeadSHA, "action_required")
	if run.Text == pass.Text || run.DetailsURL == pass.DetailsURL {
		t.Errorf("%s says below: %.200s; details %s", run.Title, run.Text, run.DetailsURL)
	}
}

// What GitHub could not tell for a while is asked for again when it may.
func TestFactsComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", With: githubtest.BadGateway, Times: -1})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.gh.Hold()
	p.Review("ben", "APPROVED", "")
	w.gh.Lose()
	w.gh.Release()
	w.concludedAs(p.HeadSHA, "action_required")
	w.settled()
	w.gh.Heal()
	w.pass(30 * time.Minute)
	w.looks()
	if got, text := w.says(p.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
	if w.waits("pull/1") {
		t.Error("somebody waits for more")
	}
}

// Where GitHub does not tell for a while who moved a branch, that is asked for again, too.
func TestMovesComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/activity", With: githubtest.BadGateway, Times: -1})
	w.gh.Hold()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n")) // who pushed it is told by no delivery
	w.gh.Lose()
	p.Review("ben", "APPROVED", "")
	w.gh.Release()
	w.concludedAs(p.HeadSHA, "action_required")
	w.settled()
	w.gh.Heal()
	w.pass(30 * time.Minute)
	w.looks()
	if got, text := w.says(p.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
}

// A group that can not be judged, for no fault of its own, is none that others may stand on; and
// when it can, all is as it was.
func TestQueueBehindWhatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued)
	one, two := w.approved("one", gittest.Write("b.py", "y = 1\n")), w.approved("two", gittest.Write("c.py", "z = 1\n"))
	first := one.Queue(nil, "merge")
	second := two.Queue(first, "merge")
	for _, g := range []*githubtest.MergeGroup{first, second} {
		if got, text := w.says(g.HeadSHA); got != "success" {
			t.Fatalf("%s: %s", got, text)
		}
	}
	w.keeping.Store(new(func([]byte) error { return errors.New("the disk of the packs is full") }))
	w.repo.Rerequest("ada", w.ours(first.HeadSHA)[0].ID)
	w.concludedAs(first.HeadSHA, "action_required")
	w.concludedAs(second.HeadSHA, "action_required")
	w.keeping.Store(nil)
	for _, g := range []*githubtest.MergeGroup{first, second} {
		w.concludedAs(g.HeadSHA, "success")
	}
	w.settled()
}

// That an approved commit can not be fetched just now does not say that it is gone: whether it
// makes the same change is not known until it can.
func TestApprovedUnfetched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.approved("topic", gittest.Write("b.py", "y = 1\n"))
	old := p.HeadSHA
	w.stop()
	if err := os.RemoveAll(filepath.Join(w.dir, "clones")); err != nil { // or another process goes on
		t.Fatal(err)
	}
	w.repo.Quietly(func() {
		main := w.repo.Commit("ben", "main", "beside", gittest.Write("c.py", "z = 1\n"))
		if _, err := w.origin.Try("fetch", "--quiet", "file://"+w.repo.Dir, main); err != nil {
			t.Error(err)
		}
		w.origin.Commit("topic", "change on topic", gittest.From(main), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
		w.repo.ForcePush("ada", w.origin, "topic")
	})
	tree := w.repo.Git("rev-parse", old+"^{tree}")
	file := filepath.Join(w.repo.Dir, "objects", tree[:2], tree[2:])
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	w.start()
	if run := w.concludedAs(p.HeadSHA, "action_required"); !strings.Contains(run.Text, "whether it makes the same change is not known: GitHub did not answer") {
		t.Errorf("%+v", run)
	}
	w.settled()
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	w.pass(30 * time.Minute)
	w.looks()
	if got, text := w.says(p.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
}
