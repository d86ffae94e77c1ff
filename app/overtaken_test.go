package app_test

import (
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// Who decided on the delivery about an older head may be late to stop its review: the newest head
// is judged all the same.
func TestOvertakenByAnOlderHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.gh.Fail(githubtest.Fault{On: "git fetch", Then: func() { w.app.Overtake(w.repo.ID, "pull/1", strings.Repeat("1", 40)) }})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "success")
	if !strings.Contains(w.logged.String(), "a newer head came") {
		t.Error("the review was not stopped")
	}
}
