package app_test

import (
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

const urgent = `version: 1
emergency: {permission: maintain, review_within_days: 2}
rules:
  - {id: must-hold, kind: requirements}
  - {id: seen, kind: approvals, approvals: {humans: 1}, emergency: defer}
`

// An emergency is declared by who set the label, with the permission that they had then,
// as GitHub tells it; and for the reason that the pull request gives.
func TestEmergency(t *testing.T) {
	w := newWorld(t, urgent, withWaivers)
	w.gh.Bot("urgent[bot]")
	w.origin.Commit("topic", "change on topic", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Body: "It burns.\n\nEmergency: customers can not pay"})
	w.concludedAs(p.HeadSHA, "failure")
	for _, c := range []struct{ by, outcome string }{
		{"ada", "not-satisfied"}, {"ben", "not-satisfied"}, {"urgent[bot]", "not-satisfied"}, {"eve", "excepted"},
	} {
		p.Label(c.by, "Emergency")
		w.settled()
		_, s := w.record("pull/1")
		e := w.facts("pull/1").Change.Emergency
		if s.outcome("seen") != c.outcome || e == nil || e.By == nil || e.By.Login != c.by || e.At == "" || e.Reason != "customers can not pay" {
			t.Errorf("%s: %s, %+v", c.by, s.outcome("seen"), e)
		}
		if c.by != "eve" {
			p.Unlabel(c.by, "Emergency")
		}
	}
	w.concludedAs(p.HeadSHA, "success")

	// What she may do later changes nothing of it; without the label it is over.
	w.repo.Collaborator("eve", "read")
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	w.settled()
	if _, s := w.record("pull/1"); s.outcome("seen") != "excepted" {
		t.Errorf("%+v", s)
	}
	p.Unlabel("ada", "Emergency")
	w.settled()
	if _, s := w.record("pull/1"); s.outcome("seen") != "not-satisfied" || w.facts("pull/1").Change.Emergency != nil {
		t.Errorf("%+v", s)
	}

	// Of a label that GitHub does not tell about nobody knows who set it.
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/issues/{issue_number}/events", With: githubtest.Forbidden, Times: -1})
	p.Label("eve", "emergency")
	w.settled()
	if _, s := w.record("pull/1"); s.outcome("seen") != "not-satisfied" || missing(w.facts("pull/1"))["change.emergency"] == "" {
		t.Errorf("%+v", s)
	}
}
