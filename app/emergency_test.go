package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/sign"
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
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	w.gh.Bot("urgent[bot]")
	p := w.burns()
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

// burns opens a pull request whose author says why it is urgent.
func (w *world) burns() *githubtest.PullRequest {
	w.Helper()
	w.origin.Commit("topic", "change on topic", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
	w.repo.Push("ada", w.origin, "topic")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic", Body: "It burns.\n\nEmergency: customers can not pay"})
	w.concludedAs(p.HeadSHA, "failure")
	return p
}

// An emergency that waited for too long is a change like any other: its check says so behind the
// day, though nothing happens to it. One that landed and nobody reviewed is late.
func TestEmergencyIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers, onPostgres)
	p := w.burns()
	p.Label("eve", "emergency")
	w.settled()
	w.concludedAs(p.HeadSHA, "success")
	w.pass(5 * 24 * time.Hour)
	w.looks()
	w.concludedAs(p.HeadSHA, "failure")
	s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	w.looks()
	if again, _ := w.store.Subject(context.Background(), w.repo.ID, "pull/1"); err != nil || again.Turn != s.Turn {
		t.Errorf("it is asked for again and again: %d, %d, %v", s.Turn, again.Turn, err)
	}
}

// What an emergency put off is asked again at record: when somebody reviews it, in time or not,
// and behind the day on which it was due.
func TestEmergencyReviewedAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	p := w.burns()
	p.Label("eve", "emergency")
	w.settled()
	p.Merge("eve", "merge")
	w.settled()
	said := func(when, outcome, decision string) {
		t.Helper()
		if r, s := w.record("pull/1/record"); s.outcome("seen") != outcome || r.Decision != decision {
			t.Errorf("%s: %s %s", when, r.Decision, s.outcome("seen"))
		}
	}
	said("landed", "excepted", "pass")
	v := p.Review("ben", "APPROVED", "")
	w.settled()
	said("reviewed", "satisfied", "pass")

	// Nothing waits any more.
	turn := func() int64 {
		t.Helper()
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1/record")
		if err != nil {
			t.Fatal(err)
		}
		return s.Turn
	}
	before := turn()
	p.Dismiss("eve", v)
	w.pass(5 * 24 * time.Hour)
	w.looks()
	if after := turn(); after != before {
		t.Errorf("turn %d became %d", before, after)
	}
}

// Nobody reviewed it until its day, and then somebody does.
func TestEmergencyIsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	p := w.burns()
	p.Label("eve", "emergency")
	w.settled()
	p.Merge("eve", "merge")
	w.settled()
	w.pass(5 * 24 * time.Hour)
	w.looks()
	r, s := w.record("pull/1/record")
	if s.outcome("seen") != "not-satisfied" || r.Decision != "fail" {
		t.Errorf("late: %s %s", r.Decision, s.outcome("seen"))
	}
	p.Review("ben", "APPROVED", "")
	w.settled()
	if r, s = w.record("pull/1/record"); s.outcome("seen") != "satisfied" || r.Decision != "pass" {
		t.Errorf("reviewed: %s %s", r.Decision, s.outcome("seen"))
	}
}

// What landed while the key that signed a waiver was trusted is recorded so, on whichever day the
// record is made. What has not landed by then is judged again behind its last day.
func TestWaivedRecordTheDayAfter(t *testing.T) {
	t.Parallel()
	today := time.Now().UTC()
	w := newWorld(t, waivable, withWaivers, func(w *world) {
		w.keys = sign.TrustedKey{Key: w.key.Public(), Name: "app", Purposes: sign.ForWaivers, ValidUntil: today.Format(time.DateOnly)}.String()
	})
	w.lookedAround()
	waived := func(branch string, days int) *githubtest.PullRequest {
		t.Helper()
		p := w.pull(branch, gittest.Write(branch+".py", "eval(1)\n"))
		w.concludedAs(p.HeadSHA, "failure")
		w.settled()
		p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+today.AddDate(0, 0, days).Format(time.DateOnly))
		w.concludedAs(p.HeadSHA, "success")
		w.settled()
		return p
	}
	landed, open := waived("landed", 0), waived("open", 5)
	w.gh.Hold()
	landed.Merge("ben", "squash")
	w.pass(24 * time.Hour)
	w.gh.Release()
	if _, s := w.record("pull/1/record"); s.outcome("NO-EVAL") != "excepted" {
		t.Errorf("%+v", s)
	}
	if got, _ := w.says(open.HeadSHA); got != "success" {
		t.Errorf("before anybody looked: %s", got)
	}
	w.looks()
	w.concludedAs(open.HeadSHA, "failure")
}

// Who takes the label off behind the landing, or its reason out of the text, takes nothing back:
// what was put off is due all the same.
func TestEmergencyTidiedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	p := w.burns()
	p.Label("eve", "emergency")
	w.settled()
	p.Merge("eve", "merge")
	w.settled()
	p.Unlabel("eve", "emergency")
	p.Edit("ada", "A change", "It burned.")
	w.settled()
	p.Review("ben", "COMMENTED", "looks fine so far")
	w.settled()
	if r, s := w.record("pull/1/record"); s.outcome("seen") != "excepted" || r.Decision != "pass" {
		t.Errorf("%s %s", r.Decision, s.outcome("seen"))
	}
}

// An objection against what landed in an emergency may be settled like what was put off: by the day
// on which that is due.
func TestEmergencyObjectionSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	w.repo.Collaborator("dan", "write")
	p := w.burns()
	v := p.Review("dan", "CHANGES_REQUESTED", "")
	w.settled()
	p.Label("eve", "emergency")
	w.settled()
	p.Merge("eve", "merge")
	landed := time.Now().Unix()
	w.settled()
	w.until("the next second", func() bool { return time.Now().Unix() > landed })
	p.Dismiss("ada", v)
	p.Review("ben", "APPROVED", "")
	w.settled()
	if r, s := w.record("pull/1/record"); s.outcome("seen") != "satisfied" || r.Decision != "pass" {
		t.Errorf("%s %s", r.Decision, s.outcome("seen"))
	}
}

// An emergency is declared of a commit: what somebody pushes behind the label is none before the
// label is set again, unless it makes the same change. What the record is of is compared, too.
func TestEmergencyPushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	p := w.burns()
	push := func(text string, edits ...gittest.Edit) {
		t.Helper()
		w.origin.Commit("topic", text, append(edits, gittest.By("Ada <ada@example.com>"))...)
		w.repo.Push("ada", w.origin, "topic")
		w.settled()
	}
	says := func(when, conclusion, outcome, of string) {
		t.Helper()
		_, s := w.record("pull/1")
		e := w.facts("pull/1").Change.Emergency
		if got, _ := w.says(p.HeadSHA); got != conclusion || s.outcome("seen") != outcome || e == nil || e.Commit != of {
			t.Errorf("%s: %s, %s, %+v, want it of %s", when, got, s.outcome("seen"), e, of)
		}
	}
	first := p.HeadSHA
	p.Label("eve", "emergency")
	w.settled()
	says("declared", "success", "excepted", first)

	push("something else altogether", gittest.Write("pay.py", "send(everything)\n"))
	says("pushed", "failure", "not-satisfied", first)
	_, text := w.says(p.HeadSHA)
	for _, want := range []string{"and not of what was pushed since", "Take the label emergency off and set it again"} {
		if !strings.Contains(text, want) {
			t.Errorf("the check does not say %q:\n%s", want, text)
		}
	}

	p.Unlabel("ada", "emergency")
	p.Label("eve", "emergency")
	w.settled()
	second := p.HeadSHA
	says("declared again", "success", "excepted", second)

	tip := w.origin.Commit("main", "elsewhere", gittest.By("Ben <ben@example.com>"), gittest.Write("other.py", "y = 1\n"))
	w.repo.Push("ben", w.origin, "main")
	w.origin.Git("branch", "-f", "topic", w.origin.Commit("again", "rebased", gittest.From(tip), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"), gittest.Write("pay.py", "send(everything)\n")))
	w.repo.ForcePush("ada", w.origin, "topic")
	w.settled()
	if p.HeadSHA == second {
		t.Fatal("nothing was rebased")
	}
	says("rebased", "success", "excepted", second)
	p.Merge("eve", "squash")
	w.settled()
	if r, s := w.record("pull/1/record"); s.outcome("seen") != "excepted" || r.Decision != "pass" {
		t.Errorf("landed: %s %s", r.Decision, s.outcome("seen"))
	}
}

// The commit is the one that GitHub named with the label, whenever it tells: also if another was
// pushed by the time that anybody looks, and if the App saw the label with that one first.
func TestEmergencyPushedAtOnce(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		w := newWorld(t, urgent, withWaivers)
		p := w.burns()
		w.settled()
		first := p.HeadSHA
		push := func() {
			w.origin.Commit("topic", "something else altogether", gittest.By("Ada <ada@example.com>"), gittest.Write("pay.py", "send(everything)\n"))
			w.repo.Push("ada", w.origin, "topic")
		}
		guid := ""
		if lost {
			w.gh.DeliverTo("http://127.0.0.1:1/webhook")
			p.Label("eve", "emergency")
			w.gh.Settle()
			for _, d := range w.gh.Deliveries() {
				if d.Action == "labeled" {
					guid = d.GUID
				}
			}
			w.gh.DeliverTo(w.url + "/webhook")
			push()
			w.settled()
			if e := w.facts("pull/1").Change.Emergency; e == nil || e.Commit != p.HeadSHA {
				t.Errorf("nobody told of the label: %+v", e)
			}
			w.gh.Redeliver(guid)
		} else {
			w.gh.Hold()
			p.Label("eve", "emergency")
			push()
			w.gh.Release()
		}
		w.settled()
		if e := w.facts("pull/1").Change.Emergency; e == nil || e.Commit != first {
			t.Errorf("lost %v: %+v, want it of %s", lost, e, first)
		}
		if got, _ := w.says(p.HeadSHA); got != "failure" {
			t.Errorf("lost %v: %s", lost, got)
		}
	}
}

// Nor where it landed before anybody here saw the label.
func TestEmergencyLandedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, urgent, withWaivers)
	p := w.burns()
	w.settled()
	w.gh.Hold()
	p.Label("eve", "emergency")
	p.Merge("eve", "merge")
	w.gh.Release()
	w.record("pull/1/record")
	w.settled()
	p.Edit("ada", "A change", "It burned.")
	w.settled()
	p.Review("ben", "COMMENTED", "looks fine so far")
	w.settled()
	if r, s := w.record("pull/1/record"); s.outcome("seen") != "excepted" || r.Decision != "pass" {
		t.Errorf("%s %s", r.Decision, s.outcome("seen"))
	}
}
