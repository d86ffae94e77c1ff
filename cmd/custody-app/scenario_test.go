package main

import (
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// TestScenarios is what happens to pull requests while they are reviewed, each in a
// repository of its own, all of them at the same time on one process.
func TestScenarios(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "workers: 4\n")
	w.start(t)
	for _, s := range []struct {
		name string
		run  func(t *testing.T, w *whole, p *place)
	}{
		{"passes", func(t *testing.T, w *whole, p *place) {
			pull := p.pull("topic", good)
			if run := p.wants(pull.HeadSHA, "success"); run.Writes > 2 {
				t.Errorf("%d writes to the check run", run.Writes)
			}
		}},
		{"fails", func(t *testing.T, w *whole, p *place) {
			pull := p.pull("topic", bad)
			p.wants(pull.HeadSHA, "failure")
		}},
		{"from a fork that goes away", func(t *testing.T, w *whole, p *place) {
			fork := p.Fork("eve")
			p.commit("topic", bad)
			fork.Push("eve", p.src, "topic")
			w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), Then: fork.Delete})
			pull := p.OpenPullRequest(githubtest.NewPull{Title: "Eve's", Author: "eve", Head: "topic", From: fork})
			p.wants(pull.HeadSHA, "failure")
		}},
		{"the head is rewritten while it is read", func(t *testing.T, w *whole, p *place) {
			p.commit("later", bad)
			p.src.Git("branch", "topic", p.base)
			p.src.Git("branch", "-f", "topic", p.commit("topic2", good))
			w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), Then: func() {
				p.src.Git("branch", "-f", "topic", "later")
				p.ForcePush("ada", p.src, "topic")
			}})
			p.Push("ada", p.src, "topic")
			pull := p.OpenPullRequest(githubtest.NewPull{Title: "Rewritten", Author: "ada", Head: "topic"})
			old := pull.HeadSHA
			p.wants(p.src.ID("later"), "failure")
			for _, run := range p.ours(old) {
				if run.Conclusion == "success" {
					t.Error("the head that is gone was let through")
				}
			}
		}},
		{"the head is rewritten before it is said", func(t *testing.T, w *whole, p *place) {
			p.commit("later", bad)
			w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}", Repo: p.FullName(), Skip: 1, Then: func() {
				p.src.Git("branch", "-f", "topic", "later")
				p.ForcePush("ada", p.src, "topic")
			}})
			pull := p.pull("topic", good)
			old := p.src.ID("topic")
			_ = pull
			p.wants(p.src.ID("later"), "failure")
			for _, run := range p.ours(old) {
				if run.Conclusion == "success" && old != p.src.ID("later") {
					t.Error("the head that is gone was let through")
				}
			}
		}},
		{"the base is deleted", func(t *testing.T, w *whole, p *place) {
			p.Git("branch", "release", "main")
			p.commit("topic", good)
			p.Push("ada", p.src, "topic")
			w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), Then: func() { p.DeleteBranch("ben", "release") }})
			pull := p.OpenPullRequest(githubtest.NewPull{Author: "ada", Head: "topic", Base: "release"})
			// It is closed by that. The same commits for main are judged all the same.
			again := p.OpenPullRequest(githubtest.NewPull{Author: "ada", Head: "topic"})
			w.gh.Until(t, "the other one is judged", func() bool {
				for _, run := range p.ours(again.HeadSHA) {
					if run.Name == "custody: main" && run.Conclusion == "success" {
						return true
					}
				}
				return false
			})
			for _, run := range p.ours(pull.HeadSHA) {
				if run.Name != "custody: main" && run.Conclusion == "success" {
					t.Error("what was judged by a base that is gone was let through")
				}
			}
		}},
		{"the repository is renamed", func(t *testing.T, w *whole, p *place) {
			w.gh.Fail(githubtest.Fault{On: "POST /repos/{owner}/{repo}/check-runs", Repo: p.FullName(), Then: func() { p.Rename("renamed-since") }})
			pull := p.pull("topic", bad)
			p.wants(pull.HeadSHA, "failure")
			next := p.pull("next", good)
			p.wants(next.HeadSHA, "success")
		}},
		{"the repository is renamed between fetch and verdict", func(t *testing.T, w *whole, p *place) {
			w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), Then: func() { p.Rename("renamed-in-between") }})
			pull := p.pull("topic", good)
			p.wants(pull.HeadSHA, "success")
		}},
		{"one head in two pull requests", func(t *testing.T, w *whole, p *place) {
			p.Git("branch", "release", "main")
			pull := p.pull("topic", good)
			p.OpenPullRequest(githubtest.NewPull{Author: "ada", Head: "topic", Base: "release"})
			w.gh.Until(t, "both are concluded", func() bool {
				n := 0
				for _, run := range p.ours(pull.HeadSHA) {
					if run.Conclusion == "success" {
						n++
					}
				}
				return n == 2
			})
			if runs := p.ours(pull.HeadSHA); len(runs) != 2 || runs[0].Name == runs[1].Name || runs[0].ExternalID == runs[1].ExternalID {
				t.Errorf("%+v", runs)
			}
		}},
		{"retargeted", func(t *testing.T, w *whole, p *place) {
			p.src.Commit("lax", "No policy", gittest.From(p.base), gittest.Write(".custody.yaml", "version: 1\n"))
			p.Push("ada", p.src, "lax")
			pull := p.pull("topic", good)
			p.wants(pull.HeadSHA, "success")
			pull.Retarget("ada", "lax")
			w.gh.Until(t, "it is judged for the other base", func() bool {
				for _, run := range p.ours(pull.HeadSHA) {
					if run.Name == "custody: lax" && run.Status == "completed" {
						return true
					}
				}
				return false
			})
		}},
		{"merge queue", func(t *testing.T, w *whole, p *place) {
			one, two := p.pull("one", good), p.pull("two", gittest.Write("b.py", "y = eval('1')\n"))
			p.wants(one.HeadSHA, "success")
			p.wants(two.HeadSHA, "failure")
			p.wants(p.MergeGroup(one).HeadSHA, "success")
			p.wants(p.MergeGroup(one, two).HeadSHA, "failure")
		}},
		{"approved", func(t *testing.T, w *whole, p *place) {
			p.policy(wholeApprovals)
			pull := p.pull("topic", good)
			if run := p.concluded(pull.HeadSHA); run.Conclusion == "success" {
				t.Error("let through without an approval")
			}
			pull.Review("eve", "APPROVED", "") // who may not write
			pull.Review("ben", "COMMENTED", "hm")
			pull.Review("ben", "APPROVED", "")
			p.becomes(pull.HeadSHA, "success")
			pull.Review("ben", "CHANGES_REQUESTED", "wait")
			p.becomes(pull.HeadSHA, "failure")
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, w, w.place(t, "acme/"+slug(s.name), wholePolicy))
		})
	}
}

// slug makes a repository's name of a scenario's.
func slug(name string) string {
	out := []byte(name)
	for i, c := range out {
		if c < 'a' || c > 'z' {
			out[i] = '-'
		}
	}
	return string(out)
}

// policy puts another one on main.
func (p *place) policy(text string) {
	p.t.Helper()
	p.base = p.src.Commit("main", "Policy", gittest.By("Ada <ada@example.com>"), gittest.Write(".custody.yaml", text))
	p.Quietly(func() { p.Push("ada", p.src, "main") })
}

// becomes waits until the check run on a commit says something: the newest one, since a review
// that takes long makes another beside a success.
func (p *place) becomes(sha, conclusion string) {
	p.t.Helper()
	p.w.gh.Until(p.t, "the check run on "+sha+" becomes "+conclusion, func() bool {
		runs := p.ours(sha)
		return len(runs) > 0 && runs[len(runs)-1].Conclusion == conclusion
	})
}

// TestEnterpriseServer is one story on GitHub Enterprise Server, whose API is a folder of
// the host and which has no rate limits.
func TestEnterpriseServer(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "", githubtest.GHES())
	p := w.place(t, "acme/shop", wholeApprovals)
	w.start(t)
	pull := p.pull("topic", good)
	p.becomes(pull.HeadSHA, "failure")
	pull.Review("ben", "APPROVED", "")
	p.becomes(pull.HeadSHA, "success")
}
