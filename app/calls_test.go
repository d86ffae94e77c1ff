package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// What a review asks of GitHub, as docs/app.md lists it: a review that begins to ask for
// more, or asks for each commit again, is noticed here.
func TestCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	w.concluded(w.pull("first", gittest.Write("a.py", "x = 2\n")).HeadSHA) // brings the token and the base
	w.settled()
	w.lookedAround()
	w.gh.Hold()
	var shas []string
	for i := range 4 {
		edits := []gittest.Edit{gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", fmt.Sprintf("x = %d\n", i))}
		if i == 0 {
			edits = append(edits, gittest.From(w.base))
		}
		shas = append(shas, w.origin.Commit("topic", fmt.Sprint("change ", i), edits...))
	}
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic"})
	p.Review("ben", "APPROVED", "")
	w.gh.ResetCalls()
	w.gh.Lose()
	w.gh.Release()
	p.Label("ada", "ready") // the one delivery that comes
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	var calls []string
	fetches := 0
	for _, c := range w.gh.Calls() {
		if strings.HasPrefix(c.Operation, "git ") {
			fetches++
			continue
		}
		if strings.Contains(c.Operation, "{repo}") {
			calls = append(calls, c.Operation)
		}
	}
	slices.Sort(calls)
	want := []string{
		"GET /repos/{owner}/{repo}",
		"GET /repos/{owner}/{repo}/activity",                            // of the push nobody told
		"GET /repos/{owner}/{repo}/activity",                            // of the base, for approvals that are new to us
		"GET /repos/{owner}/{repo}/collaborators/{username}/permission", // of each reviewer
		"GET /repos/{owner}/{repo}/commits",                             // of each hundred
		"GET /repos/{owner}/{repo}/issues/{issue_number}/events",        // of approvals that are new to us
		"GET /repos/{owner}/{repo}/pulls/{pull_number}",                 // at the beginning
		"GET /repos/{owner}/{repo}/pulls/{pull_number}",                 // before it is said
		"GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
		"PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
		"POST /repos/{owner}/{repo}/check-runs",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("it asks\n%s\nand not\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
	if fetches != 3 { // what there is, which of it, and all of it at once
		t.Errorf("%d requests of git", fetches)
	}
	var told []string
	for _, c := range w.facts("pull/2").Commits {
		told = append(told, c.SHA)
		if c.Author == nil || c.Author.Login != "ada" {
			t.Errorf("%+v", c)
		}
	}
	slices.Sort(told)
	slices.Sort(shas)
	if !slices.Equal(told, shas) {
		t.Errorf("of the commits %v it was told %v", shas, told)
	}
}
