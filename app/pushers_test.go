package app_test

import (
	"slices"
	"testing"
	"time"

	"custody/app/event"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// pushedBy are the logins of who pushed what a review is about.
func (w *world) pushedBy(name string) []string {
	w.Helper()
	logins := []string{}
	for _, by := range w.facts(name).Change.Pushers {
		logins = append(logins, by.Login)
	}
	slices.Sort(logins)
	return logins
}

// Who pushed a commit pushed it, whoever makes a branch of it later: somebody's script, or a
// colleague who does them a favour. An approval of theirs is of their own work.
func TestPushedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.gh.Bot("github-actions[bot]")
	w.repo.Collaborator("github-actions[bot]", "write")
	w.repo.Collaborator("dan", "write")
	w.repo.Collaborator("eve", "write")
	for _, c := range []struct {
		branch, maker string
		on            bool // there is a commit of the maker's on top
		pushers       []string
	}{
		{"bots", "github-actions[bot]", false, []string{"ben", "github-actions[bot]"}},
		{"colleagues", "dan", false, []string{"ben", "dan"}},
		{"built-on", "github-actions[bot]", true, []string{"ben", "github-actions[bot]"}},
	} {
		w.origin.Commit("tmp-"+c.branch, "Ada's, they say", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write(c.branch+".py", "x = 'evil'\n"))
		w.repo.Push("ben", w.origin, "tmp-"+c.branch)
		w.settled()
		w.origin.Git("branch", c.branch, "tmp-"+c.branch)
		if c.on {
			w.origin.Commit(c.branch, "formatted", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 1\n"))
		}
		w.repo.Push(c.maker, w.origin, c.branch)
		p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: c.maker, Head: c.branch})
		p.Review("ben", "APPROVED", "")
		w.settled()
		if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
			t.Errorf("%s: who pushed it approved it: %s", c.branch, run.Conclusion)
		}
		if _, s := w.record(event.PullName(int64(p.Number))); s.outcome("seen") != "not-satisfied" {
			t.Errorf("%s: %s", c.branch, s.outcome("seen"))
		}
		if got := w.pushedBy(event.PullName(int64(p.Number))); !slices.Equal(got, c.pushers) {
			t.Errorf("%s: pushed by %q", c.branch, got)
		}
		p.Review("eve", "APPROVED", "")
		w.concludedAs(p.HeadSHA, "success")
		w.settled()
	}
}

// Of what only a workflow pushed nobody knows who did: anybody who may write starts one. When
// somebody pushes on, they are known.
func TestPushedByWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.gh.Bot("github-actions[bot]")
	w.repo.Collaborator("github-actions[bot]", "write")
	w.origin.Commit("topic", "Ada's, they say", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 'evil'\n"))
	w.repo.Push("github-actions[bot]", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "github-actions[bot]", Head: "topic"})
	p.Review("ben", "APPROVED", "")
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "action_required" {
		t.Errorf("nobody knows who pushed it: %s", run.Conclusion)
	}
	c := w.facts("pull/1")
	if c.Change.Pushers != nil || missing(c)["change.pushers"] == "" {
		t.Errorf("%v, %v", c.Change.Pushers, missing(c))
	}
	w.origin.Commit("topic", "and on", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	p.Review("ben", "APPROVED", "")
	w.settled()
	w.concludedAs(p.HeadSHA, "success")
	if got := w.pushedBy("pull/1"); !slices.Equal(got, []string{"ada", "github-actions[bot]"}) {
		t.Errorf("pushed by %q", got)
	}
}

// Who makes another branch of a commit that is there, to try it out, pushed none of it. Nor did who
// lands it by hand.
func TestPushedOnElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	w.pass(time.Hour)
	w.origin.Git("branch", "staging", "topic")
	w.repo.Push("ben", w.origin, "staging")
	w.settled()
	p.Review("ben", "APPROVED", "")
	w.settled()
	w.concludedAs(p.HeadSHA, "success")
	w.origin.Git("branch", "-f", "main", "topic")
	w.repo.Push("ben", w.origin, "main")
	w.settled()
	if got := w.pushedBy("pull/1"); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("pushed by %q", got)
	}
}
