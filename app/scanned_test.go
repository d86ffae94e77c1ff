package app_test

import (
	"fmt"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// cleanScan is a scanner that looked and found nothing.
var cleanScan = []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"semgrep"}},"results":[]}]}`)

// newScanned is a repository that requires a scan of each change.
func newScanned(t *testing.T) *world {
	return newWorld(t, policy, func(w *world) {
		w.base = w.origin.Commit("main", "scan", gittest.Write("security_requirements.yaml", scanned))
		w.repo.Quietly(func() { w.repo.Push("ada", w.origin, "main") })
	})
}

// scan uploads results for a commit of a ref, and GitHub shows them as a check.
func (w *world) scan(ref, sha string) {
	w.repo.Analyse(ref, sha, "semgrep", cleanScan)
	w.repo.CheckRunBy("github-advanced-security", "semgrep", sha, "success")
}

// A scan that ends behind the first review has the change reviewed again: its job is a check
// of another App, and so are the results that GitHub shows of it. In a merge queue it runs again,
// on the ref that the queue made.
func TestScanEndsLater(t *testing.T) {
	t.Parallel()
	w := newScanned(t)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "action_required")
	w.settled()
	w.scan("refs/heads/topic", p.HeadSHA)
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	g := p.Queue(nil, "merge")
	w.concludedAs(g.HeadSHA, "action_required")
	w.settled()
	w.repo.Analyse(g.Ref, g.HeadSHA, "semgrep", cleanScan)
	w.repo.CheckRunBy("github-actions", "scan", g.HeadSHA, "success")
	w.repo.CompleteSuite("github-actions", g.HeadSHA)
	w.settled()
	if run := w.concluded(g.HeadSHA); run.Conclusion != "success" {
		t.Errorf("the group's commit was scanned, and the check says %s: %s %s", run.Conclusion, run.Title, run.Summary)
	}
}

// The record of what landed has what ran on the pull request: nothing ran on what the forge
// made of it.
func TestRecordOfWhatRan(t *testing.T) {
	t.Parallel()
	w := newScanned(t)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.scan("refs/heads/topic", p.HeadSHA)
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	p.Merge("ben", "squash")
	if _, s := w.record("pull/1/record"); s.Decision != "pass" {
		t.Errorf("%s: %+v", s.Decision, s.Checks)
	}
}

// What was scanned on a branch that lives long costs nothing where it is asked to be merged.
func TestScannedBranchOfMany(t *testing.T) {
	t.Parallel()
	w := newScanned(t)
	w.repo.Quietly(func() {
		for i := range 20 {
			edits := []gittest.Edit{gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", fmt.Sprintf("x = %d\n", i))}
			if i == 0 {
				edits = append(edits, gittest.From(w.base))
			}
			sha := w.origin.Commit("develop", fmt.Sprint("change ", i), edits...)
			w.repo.Push("ada", w.origin, "develop")
			if i < 19 {
				w.repo.Analyse("refs/heads/develop", sha, "semgrep", cleanScan)
			}
		}
	})
	w.settled()
	w.gh.ResetCalls()
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "develop"})
	w.concluded(p.HeadSHA)
	w.settled()
	asked := 0
	for _, c := range w.gh.Calls() {
		if c.Operation == "GET /repos/{owner}/{repo}/commits/{ref}" {
			asked++
		}
	}
	if asked > 1 {
		t.Errorf("of 19 commits that were scanned before it asked for %d", asked)
	}
}

// The checks of others that no rule names cost no review.
func TestChecksOfOthersCost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `version: 1
rules:
  - {id: built, kind: check-runs, check_runs: [{name: ci/build, app: jenkins}]}
`)
	w.lookedAround()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "success")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.ResetCalls()
	for i := range 5 {
		w.repo.CheckRunBy("github-actions", fmt.Sprint("matrix ", i), p.HeadSHA, "success")
	}
	w.settled()
	if calls := w.gh.Calls(); len(calls) > 0 {
		t.Errorf("checks that no rule names cost %d requests: %v", len(calls), calls)
	}
	w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "failure")
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("the check that a rule names failed, and ours says %s", run.Conclusion)
	}
}
