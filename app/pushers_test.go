package app_test

import (
	"slices"
	"strings"
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

// Who pushed a commit to the very branch of the pull request pushed it, also where somebody else pushed
// on, and put the branch back: restored it, forced it away and back, or made it anew.
func TestPushedBeforePutBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.repo.Collaborator("dan", "write")
	w.repo.Collaborator("eve", "write")
	for what, putBack := range map[string]func(branch, head string) *githubtest.PullRequest{
		"restored": func(branch, _ string) *githubtest.PullRequest {
			w.repo.DeleteBranch("dan", branch)
			w.repo.Push("dan", w.origin, branch)
			return nil
		},
		"restored, opened before": func(branch, _ string) *githubtest.PullRequest {
			p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: branch})
			w.settled()
			p.Close("dan")
			w.repo.DeleteBranch("dan", branch)
			w.settled()
			w.repo.Push("dan", w.origin, branch)
			w.settled()
			p.Reopen("dan")
			return p
		},
		"forced away and back": func(branch, head string) *githubtest.PullRequest {
			w.origin.Git("branch", "-f", branch, w.base)
			w.repo.ForcePush("dan", w.origin, branch)
			w.origin.Git("branch", "-f", branch, head)
			w.repo.Push("dan", w.origin, branch)
			return nil
		},
		"made anew, with more": func(branch, head string) *githubtest.PullRequest {
			w.repo.DeleteBranch("dan", branch)
			w.settled()
			w.pass(time.Hour)
			w.origin.Commit(branch, "more", gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "x = 1\n"))
			w.repo.Push("dan", w.origin, branch)
			return nil
		},
		"under another name": func(branch, head string) *githubtest.PullRequest {
			w.origin.Git("branch", "other-"+branch, head)
			w.repo.Push("dan", w.origin, "other-"+branch)
			w.repo.DeleteBranch("dan", branch)
			return w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "other-" + branch})
		},
	} {
		branch := "topic-" + strings.NewReplacer(" ", "-", ",", "").Replace(what)
		w.origin.Commit(branch, "Ada's, they say", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write(branch+".py", "x = 'evil'\n"))
		w.repo.Push("ben", w.origin, branch)
		w.settled()
		head := w.origin.Commit(branch, "formatted", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 1\n"))
		w.repo.Push("dan", w.origin, branch)
		w.settled()
		p := putBack(branch, head)
		w.settled()
		if p == nil {
			p = w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: branch})
		}
		w.approvedByPusher(what, p, "ben", "dan")
	}
}

// So did who pushed it below a commit of theirs that nobody has any more.
func TestPushedBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.repo.Collaborator("dan", "write")
	w.repo.Collaborator("eve", "write")
	for _, what := range []string{"of another branch", "of the branch itself"} {
		branch := "topic-" + strings.ReplaceAll(what, " ", "-")
		first := branch
		if what == "of another branch" {
			first = "tmp"
		}
		below := w.origin.Commit(first, "Ada's, they say", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write(branch+".py", "x = 'evil'\n"))
		w.origin.Commit(first, "not needed", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 1\n"))
		w.repo.Push("ben", w.origin, first)
		w.settled()
		w.repo.DeleteBranch("dan", first)
		w.settled()
		w.origin.Git("branch", "-f", branch, below)
		w.repo.Push("dan", w.origin, branch)
		w.approvedByPusher(what, w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: branch}), "ben", "dan")
	}
}

// Two may push the very same, one behind the other.
func TestPushedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.repo.Collaborator("dan", "write")
	w.repo.Collaborator("eve", "write")
	w.origin.Commit("topic", "Ada's, they say", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 'evil'\n"))
	for _, by := range []string{"dan", "ben"} {
		w.repo.Push(by, w.origin, "topic")
		w.settled()
		w.pass(time.Hour)
		if by == "dan" {
			w.repo.DeleteBranch("ada", "topic")
		}
	}
	w.approvedByPusher("pushed again", w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic"}), "ben", "dan")
}

// A commit that was pushed to the base, and forced off it again, was pushed by who did.
func TestPushedToTheBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.repo.Collaborator("dan", "write")
	w.repo.Collaborator("eve", "write")
	head := w.origin.Commit("main", "Ada's, they say", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 'evil'\n"))
	w.repo.Push("ben", w.origin, "main")
	w.settled()
	w.origin.Git("branch", "-f", "main", w.base)
	w.repo.ForcePush("dan", w.origin, "main")
	w.settled()
	w.pass(time.Hour)
	w.origin.Git("branch", "topic", head)
	w.repo.Push("dan", w.origin, "topic")
	w.approvedByPusher("off the base", w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic"}), "ben", "dan")
}

// What is followed is bounded: behind that nobody knows who pushed.
func TestPushedTooOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.settled()
	w.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO pushes (repo, ref, before, after, login, person, type, at)
SELECT ?1, 'refs/heads/topic', printf('%040x', i), ?2, 'ada', '1', 'User', 0 FROM n UNION ALL
SELECT ?1, 'refs/heads/topic', '', printf('%040x', i), 'ada', '1', 'User', 0 FROM n`, w.repo.ID, p.HeadSHA)
	p.Review("ben", "APPROVED", "")
	w.settled()
	w.concludedAs(p.HeadSHA, "action_required")
	if c := w.facts("pull/1"); c.Change.Pushers != nil || missing(c)["change.pushers"] != "there are more pushes than are followed" {
		t.Errorf("%v, %v", c.Change.Pushers, missing(c))
	}
}

// approvedByPusher has somebody approve what they pushed, which does not count, and then somebody else.
func (w *world) approvedByPusher(what string, p *githubtest.PullRequest, who string, others ...string) {
	w.Helper()
	name := event.PullName(int64(p.Number))
	p.Review(who, "APPROVED", "")
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		w.Errorf("%s: who pushed it approved it: %s", what, run.Conclusion)
	}
	if got, want := w.pushedBy(name), append([]string{who}, others...); !slices.Equal(got, want) {
		w.Errorf("%s: pushed by %q, not %q", what, got, want)
	}
	p.Review("eve", "APPROVED", "")
	w.settled()
	w.concludedAs(p.HeadSHA, "success")
}
