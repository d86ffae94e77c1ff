package app_test

import (
	"context"
	"slices"
	"testing"

	"custody/internal/change"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack/verify"
)

// facts is the context of the last verdict on a subject.
func (w *world) facts(subject string) *change.Context {
	w.Helper()
	r, _ := w.record(subject)
	file, err := w.blobs.Get(context.Background(), r.Pack)
	if err != nil {
		w.Fatal(err)
	}
	c, err := contextOf(file)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// contextOf reads the context out of a pack.
func contextOf(file []byte) (*change.Context, error) {
	members, err := verify.Decode(file)
	if err != nil {
		return nil, err
	}
	return change.ParseContext(members[verify.Context])
}

func missing(c *change.Context) map[string]string {
	all := map[string]string{}
	for _, s := range c.Sources {
		if s.Missing != "" {
			all[s.What] = s.Missing
		}
	}
	return all
}

const scanned = `version: "2.1"
controls:
  - {id: SCAN, name: Scanned, requirement: The scanner finds nothing, check: {sarif: {tool: semgrep}}}
`

// What a scanner uploaded for the head counts, and nothing else that it uploaded.
func TestScanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, func(w *world) {
		w.base = w.origin.Commit("main", "scan", gittest.Write("security_requirements.yaml", scanned))
		w.repo.Quietly(func() { w.repo.Push("ada", w.origin, "main") })
	})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "action_required")
	w.settled()
	if c := w.facts("pull/1"); c.SARIF != nil || missing(c)["sarif"] == "" {
		t.Errorf("nobody scanned anything: %+v, %v", c.SARIF, missing(c))
	}
	clean := []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"semgrep"}},"results":[]}]}`)
	dirty := []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"semgrep","rules":[{"id":"py.eval","defaultConfiguration":{"level":"error"}}]}},"results":[{"ruleIndex":0,"message":{"text":"no"}},{"ruleId":"other","message":{"text":"no"}}]}]}`)
	again := func() {
		t.Helper()
		w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
		w.settled()
	}
	w.repo.Analyse("refs/heads/topic", w.base, "semgrep", clean) // of another commit
	w.repo.Analyse("refs/heads/topic", p.HeadSHA, "other", clean)
	again()
	if c := w.facts("pull/1"); c.SARIF == nil || len(c.SARIF) != 0 {
		t.Errorf("%+v", c.SARIF)
	}
	w.repo.Analyse("refs/heads/topic", p.HeadSHA, "semgrep", clean)
	again()
	w.concludedAs(p.HeadSHA, "success")
	w.repo.Analyse("refs/heads/topic", p.HeadSHA, "semgrep", dirty)
	again()
	w.concludedAs(p.HeadSHA, "failure")
	c := w.facts("pull/1")
	if len(c.SARIF) != 1 || c.SARIF[0].Results != 2 || len(c.SARIF[0].Counts) != 2 ||
		c.SARIF[0].Counts[0] != (change.SARIFCount{Rule: "other", Level: "warning", Results: 1}) || c.SARIF[0].Counts[1] != (change.SARIFCount{Rule: "py.eval", Level: "error", Results: 1}) {
		t.Errorf("%+v", c.SARIF)
	}
}

// A permission counts as it was when the review was first seen.
func TestPermissionThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.repo.Collaborator("cid", "read")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concluded(p.HeadSHA)
	p.Review("cid", "APPROVED", "")
	w.settled()
	w.repo.Collaborator("cid", "admin")
	p.Label("ada", "ready")
	w.settled()
	c := w.facts("pull/1")
	if len(c.Reviews) != 1 || c.Reviews[0].Permission != "read" {
		t.Errorf("%+v", c.Reviews)
	}
	if run := w.concluded(p.HeadSHA); run.Conclusion == "success" {
		t.Error("who could not approve then can now")
	}
}

// Pushes of which no delivery came, since they were made before the App was there, are
// found in GitHub's list; where it does not tell, who pushed is missing.
func TestPushedBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	open := func(branch string) *githubtest.PullRequest {
		w.gh.Hold()
		w.origin.Commit(branch, "one", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
		w.repo.Push("ada", w.origin, branch)
		w.origin.Commit(branch, "two", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 3\n"))
		w.repo.Push("ben", w.origin, branch)
		w.gh.Lose()
		w.gh.Release()
		return w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: branch})
	}
	p := open("topic")
	w.concluded(p.HeadSHA)
	w.settled()
	var logins []string
	for _, by := range w.facts("pull/1").Change.Pushers {
		logins = append(logins, by.Login)
	}
	if !slices.Equal(logins, []string{"ben", "ada"}) {
		t.Errorf("pushed by %q", logins)
	}
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/activity", With: githubtest.Forbidden, Times: -1})
	p = open("other")
	w.concluded(p.HeadSHA)
	w.settled()
	if c := w.facts("pull/2"); c.Change.Pushers != nil || missing(c)["change.pushers"] == "" {
		t.Errorf("%v, %v", c.Change.Pushers, missing(c))
	}
	w.gh.Heal()
}

// What GitHub will not tell is missing, and not empty.
func TestNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", With: githubtest.Forbidden, Times: -1})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	if run := w.concluded(p.HeadSHA); run.Conclusion != "action_required" {
		t.Errorf("%+v", run)
	}
	c := w.facts("pull/1")
	if c.Reviews != nil || missing(c)["reviews"] == "" {
		t.Errorf("%+v, %v", c.Reviews, missing(c))
	}
	w.gh.Heal()
}

// What somebody from outside writes into a pull request is their word: it names a reason,
// tickets and agents, and no more.
func TestFork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	fork := w.repo.Fork("eve")
	w.origin.Commit("topic", "Eve's", gittest.From(w.base), gittest.Write(".custody.yaml", "version: 1\n"), gittest.Write("a.py", "eval(1)\n"))
	fork.Push("eve", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "SHOP-7: mine", Author: "eve", Head: "topic", From: fork,
		Body: "<!-- AI-Assistance: hidden -->\nAI-Assistance: none\nFixes #3, closes acme/other#4\nTicket: OPS-1 OPS-2\nLabels: emergency\n"})
	p.Comment("eve", "/custody waive NO-EVAL please until 2099-01-01")
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
	w.settled()
	c := w.facts("pull/1")
	if c.Change.Author.Login != "eve" || c.Change.AIStatement != "none" || len(c.Change.Labels) != 0 || len(c.Waivers) != 0 || c.Change.Pushers != nil || missing(c)["change.pushers"] == "" {
		t.Errorf("%+v", c.Change)
	}
	if got := c.Change.Reason.Tickets; len(got) != 5 || got[0] != "SHOP-7" || got[1] != "#3" || got[2] != "acme/other#4" || got[3] != "OPS-1" {
		t.Errorf("%q", got)
	}
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
}

// A commit status counts as a check of the App that posted it; one that a person posted
// under the same name counts for nothing, and neither does one of another commit.
func TestStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `version: 1
rules:
  - {id: built, kind: check-runs, check_runs: [{name: ci/build, app: jenkins}]}
`)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "failure")
	again := func() {
		t.Helper()
		w.settled()
		w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
		w.settled()
	}
	w.repo.Status("ben", p.HeadSHA, "ci/build", "success")
	w.repo.Status("jenkins[bot]", w.base, "ci/build", "success")
	w.repo.Status("other[bot]", p.HeadSHA, "ci/build", "success")
	w.repo.Status("jenkins[bot]", p.HeadSHA, "ci/build", "success")
	w.repo.Status("jenkins[bot]", p.HeadSHA, "ci/build", "pending")
	again()
	w.concludedAs(p.HeadSHA, "action_required") // it has not ended
	w.repo.Status("jenkins[bot]", p.HeadSHA, "ci/build", "error")
	again()
	w.concludedAs(p.HeadSHA, "failure")
	w.repo.Status("jenkins[bot]", p.HeadSHA, "ci/build", "success")
	w.repo.Status("ben", p.HeadSHA, "ci/build", "failure")
	again()
	w.concludedAs(p.HeadSHA, "success")
}
