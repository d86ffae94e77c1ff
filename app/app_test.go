package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/pack"
	"custody/internal/pack/verify"
	"custody/internal/sign"
)

// From a signed delivery to a concluded check run, and a pack that verifies.
func TestPullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.lookedAround() // else the look at the start may find it before the delivery does
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	run := w.concluded(p.HeadSHA)
	if run.Conclusion != "success" || run.Name != "custody: main" || len(run.Concluded) != 1 {
		t.Errorf("%+v", run)
	}
	reviews, err := w.store.Reviews(context.Background(), w.repo.ID, "pull/1", 10)
	if err != nil || len(reviews) != 1 {
		t.Fatalf("%v, %v", reviews, err)
	}
	r := reviews[0]
	if !strings.Contains(run.Summary, r.Pack) || !strings.Contains(run.Summary, r.Verdict) {
		t.Errorf("the summary does not name the pack:\n%s", run.Summary)
	}
	file, err := w.blobs.Get(context.Background(), r.Pack)
	if err != nil {
		t.Fatal(err)
	}
	if v := verify.Verify(file, sign.TrustedKeys{{Key: w.key.Public(), Name: "app"}}); !v.Good() {
		t.Errorf("the pack does not verify: %+v", v)
	}
	// The check run leads to the pack's page, and a digest alone does not.
	for address, want := range map[string]int{strings.Replace(run.DetailsURL, "http://custody.test", w.url, 1): 200, w.url + "/packs/" + strings.TrimPrefix(r.Pack, "sha256:"): 404} {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s answers %d, want %d", address, resp.StatusCode, want)
		}
	}
	if pack.Digest(file) != r.Pack {
		t.Error("it is another pack")
	}
	// The log tells of each review by which delivery it was asked for, and what it is about.
	w.settled()
	guids := map[string]bool{}
	for _, d := range w.gh.Deliveries() {
		guids[d.GUID] = true
	}
	found := false
	for line := range strings.Lines(w.logged.String()) {
		if !strings.Contains(line, "msg=judged ") {
			continue
		}
		found = true
		for _, field := range []string{"repo=acme/shop ", "pr=1 ", "head=" + p.HeadSHA + " ", "subject=pull/1 ", "decision=pass ", `pack="` + r.Pack + `"`} {
			if !strings.Contains(line, field) {
				t.Errorf("the log does not say %s: %s", field, line)
			}
		}
		_, guid, _ := strings.Cut(line, "delivery=")
		if guid, _, _ = strings.Cut(guid, " "); !guids[guid] {
			t.Errorf("the log names no delivery: %s", line)
		}
	}
	if !found {
		t.Error("the log does not say that it was judged")
	}
}

// An approval makes of an incomplete verdict a pass: the same run says so.
func TestApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	if run := w.concluded(p.HeadSHA); run.Conclusion == "success" {
		t.Errorf("nobody approved: %+v", run)
	}
	p.Review("ben", "APPROVED", "")
	run := w.concludedAs(p.HeadSHA, "success")
	if len(w.ours(p.HeadSHA)) != 1 || len(run.Concluded) != 2 {
		t.Errorf("%d runs, concluded %v", len(w.ours(p.HeadSHA)), run.Concluded)
	}

	// A newer head has no approval.
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	if run := w.concluded(w.origin.ID("topic")); run.Conclusion == "success" {
		t.Errorf("the approval of an older head counted: %+v", run)
	}
}

// A requirement that is not met fails the check, whatever else is known.
func TestFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	run := w.concluded(p.HeadSHA)
	if run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
	w.until("the line is marked", func() bool { return len(w.ours(p.HeadSHA)[0].Annotations) > 0 })
	marks := w.ours(p.HeadSHA)[0].Annotations
	if len(marks) != 1 || marks[0].Path != "a.py" || marks[0].StartLine != 1 || marks[0].AnnotationLevel != "failure" {
		t.Errorf("%+v", marks)
	}
	if !strings.Contains(run.Text, "NO-EVAL") {
		t.Errorf("the text does not say which requirement:\n%s", run.Text)
	}
	// Another verdict on the same head marks nothing twice.
	p.Review("ben", "APPROVED", "")
	w.until("it is said again", func() bool { return len(w.ours(p.HeadSHA)[0].Concluded) > 1 })
	if again := w.ours(p.HeadSHA)[0].Annotations; len(again) != 1 {
		t.Errorf("%+v", again)
	}
}

// Who presses a button, or asks GitHub to run the check again, gets another answer, be it
// the same: until then GitHub shows the check as queued.
func TestAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	run := w.concluded(p.HeadSHA)
	w.settled()
	for i, ask := range []func(){
		func() { w.repo.Rerequest("ada", run.ID) },
		func() { w.repo.RerequestSuite("ada", p.HeadSHA) },
		func() { w.repo.Press("ada", run.ID, "rerun") },
	} {
		ask()
		w.until("it is said again", func() bool { return len(w.ours(p.HeadSHA)[0].Concluded) == i+2 })
		w.settled()
	}
	if runs := w.ours(p.HeadSHA); len(runs) != 1 || len(runs[0].Concluded) != 4 {
		t.Errorf("%+v", runs)
	}
	// What others do, and what we do ourselves, says nothing again.
	w.repo.CheckRunBy("github-actions", "build", p.HeadSHA, "success")
	p.Label("ada", "ready")
	p.Unlabel("ada", "ready")
	w.settled()
	if runs := w.ours(p.HeadSHA); len(runs[0].Concluded) > 5 {
		t.Errorf("concluded %v", runs[0].Concluded)
	}
}
