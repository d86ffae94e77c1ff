package app_test

import (
	"testing"

	"custody/internal/git/gittest"
)

// A check of an older commit of the branch, beside which GitHub names the pull request, too, and
// a delivery that comes late, make nobody forget which the head is: what ends there is heard.
func TestOlderCommitIsNoHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	old := p.HeadSHA
	w.concluded(old)
	w.settled()
	w.origin.Commit("topic", "more", gittest.From("topic"), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "x = 2\n"))
	w.repo.Push("ada", w.origin, "topic")
	head := w.origin.ID("topic")
	w.repo.CheckRunBy("jenkins", "ci/build", head, "success")
	w.concludedAs(head, "success")
	w.settled()

	w.repo.Rerequest("ada", w.ours(old)[0].ID)
	w.settled()
	w.repo.CheckRunBy("jenkins", "ci/build", head, "failure")
	if got, _ := w.says(head); got != "failure" {
		t.Errorf("behind a button on an older commit the build of the head failed, and the check says %s", got)
	}

	for _, d := range w.gh.Deliveries() {
		if d.Event == "pull_request" && d.Action == "opened" { // which another GitHub would deliver now
			w.gh.Deliver(d.Event, d.Payload)
		}
	}
	w.settled()
	w.repo.CheckRunBy("jenkins", "ci/build", head, "success")
	if got, _ := w.says(head); got != "success" {
		t.Errorf("behind a late delivery the build of the head passed, and the check says %s", got)
	}
}
