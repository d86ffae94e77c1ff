package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// A review that brings the reviewer down is said to have failed, as any other that fails is.
func TestPanicIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.settled()
	w.keeping.Store(new(func([]byte) error { panic("a bug that a change brings out") }))
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	if run := w.concluded(p.HeadSHA); run.Conclusion != "action_required" || !strings.Contains(run.Title, "could not be judged") {
		t.Errorf("%+v", run)
	}
	if said := w.logged.String(); strings.Contains(said, "a change brings out") || !strings.Contains(said, "app_test.TestPanicIsSaid") {
		t.Errorf("the log does not name the place, or names the value: %s", said)
	}
	w.keeping.Store(nil)
	w.concludedAs(p.HeadSHA, "success")
}

// So is one that takes longer than a review may.
func TestDeadlineIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concluded(p.HeadSHA)
	w.settled()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(w.address, "sqlite://")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w.until("the App has looked around, and asks for nothing more", func() bool {
		ticks, left := 0, 0
		err := db.QueryRow(`SELECT count(*), count(CASE WHEN state <> 'completed' THEN 1 END) FROM river_job WHERE kind = 'tick'`).Scan(&ticks, &left)
		return err == nil && ticks >= 3 && left == 0
	})
	w.gh.Hold()
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.gh.Lose()
	head := w.origin.ID("topic")
	s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancelCause(context.Background())
	w.keeping.Store(new(func([]byte) error { end(context.DeadlineExceeded); return nil }))
	// The turn is one that was asked for, and that no job works on.
	if _, err := db.Exec(`UPDATE subjects SET turn = turn + 1 WHERE name = 'pull/1'`); err != nil {
		t.Fatal(err)
	}
	if err := w.app.Review(ctx, store.Task{Repo: w.repo.ID, Subject: "pull/1", Turn: s.Turn + 1, Try: 1}); err == nil {
		t.Error("it ended well")
	}
	if run := w.concluded(head); run.Conclusion != "action_required" || !strings.Contains(run.Summary, "took longer than one may") {
		t.Errorf("%+v", run)
	}
	w.gh.Release()
}

// A verdict that could not be written for a while is written when it can be.
func TestVerdictIsWrittenInTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", With: githubtest.BadGateway, Times: 4})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.settled()
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	w.settled()
	s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range w.ours(p.HeadSHA) {
		if r.Conclusion != "success" {
			t.Errorf("the verdict is %s, nothing is left to do, and the check says %s %s: %s", s.Decision, r.Status, r.Conclusion, r.Title)
		}
	}
}

// hasty has what fails be tried as often as it is without the breaks, of minutes; and once leaves
// the time to give it up before it is tried again, see givenUp.
func hasty(w *world) { w.pause = time.Millisecond }
func once(w *world)  { w.pause = 2 * time.Second }

// givenUp waits until reviews failed, and are tried no more, as after ten times.
func (w *world) givenUp() {
	w.Helper()
	w.gh.Settle()
	w.until("reviews failed, and none is left", func() bool {
		w.sql(`UPDATE river_job SET state = 'discarded', finalized_at = CURRENT_TIMESTAMP WHERE kind = 'review' AND state = 'retryable'`)
		failed := 0
		w.sqlRow(`SELECT count(*) FROM river_job WHERE kind = 'review' AND state = 'discarded'`, &failed)
		counts, err := w.store.CountDeliveries(context.Background())
		if err != nil {
			w.Fatal(err)
		}
		jobs, err := w.store.Jobs(context.Background())
		if err != nil {
			w.Fatal(err)
		}
		return failed > 0 && jobs == 0 && counts[store.Accepted] == 0
	})
}

// Nor is it given up when GitHub takes no check runs for longer than a job is tried.
func TestVerdictIsWrittenAfterALongTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, once)
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", With: githubtest.BadGateway, Times: -1})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.givenUp()
	w.gh.Heal()
	w.pass(30 * time.Minute)
	for range 3 {
		w.looks()
	}
	s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range w.ours(p.HeadSHA) {
		if r.Status != "completed" {
			t.Errorf("the verdict is %s (turn %d of %d), GitHub is well, half an hour went by, and the check is %s %s", s.Decision, s.DoneTurn, s.Turn, r.Status, r.Title)
		}
	}
}

// So it is with what is published besides; but what GitHub refuses is not asked for again, and
// waits for the next review.
func TestCommentIsWrittenAfterALongTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, once, func(w *world) { w.publish.Comment = true })
	w.settled()
	const comment = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
	w.gh.Fail(githubtest.Fault{On: comment, With: githubtest.BadGateway, Times: -1})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.givenUp()
	w.gh.Heal()
	w.looks()
	if n := len(p.Comments()); n != 0 {
		t.Errorf("%d comments at once", n)
	}
	w.pass(30 * time.Minute)
	w.looks()
	if n := len(p.Comments()); n != 1 {
		t.Errorf("%d comments after half an hour", n)
	}
	w.gh.Fail(githubtest.Fault{On: comment, With: githubtest.Forbidden, Times: -1}) // the conversation is locked
	locked := w.pull("locked", gittest.Write("b.py", "x = 2\n"))
	w.concludedAs(locked.HeadSHA, "success")
	w.settled()
	before, err := w.store.Subject(context.Background(), w.repo.ID, "pull/2")
	if err != nil {
		t.Fatal(err)
	}
	w.pass(30 * time.Minute)
	w.looks()
	if after, err := w.store.Subject(context.Background(), w.repo.ID, "pull/2"); err != nil || after.Turn != before.Turn {
		t.Errorf("what is refused is asked for again: turn %d became %d, %v", before.Turn, after.Turn, err)
	}
	w.gh.Heal()
	locked.Label("ada", "unlocked")
	w.settled()
	if n := len(locked.Comments()); n != 1 {
		t.Errorf("%d comments by the next review", n)
	}
}

// A delivery that never came is asked for, also where more came behind it than one sweep looks at.
func TestSweepFar(t *testing.T) {
	t.Parallel()
	for _, behind := range []int{100, 450} {
		t.Run(fmt.Sprint(behind), func(t *testing.T) { sweepFar(t, behind) })
	}
}

func sweepFar(t *testing.T, behind int) {
	t.Parallel()
	var later atomic.Int64
	w := newWorld(t, recorded, func(w *world) {
		w.maxSweep = 200
		w.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	w.until("the sweep of the start is over", func() bool { mark, err := w.store.Mark(context.Background(), "sweep"); return err == nil && mark != "" })
	w.settled()
	w.gh.DeliverTo("http://127.0.0.1:1/webhook")
	landed := w.repo.Commit("ada", "main", "straight to main", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.gh.Settle()
	fine := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer fine.Close()
	w.gh.DeliverTo(fine.URL)
	w.gh.Senders(8)
	for range behind {
		w.gh.Deliver("ping", []byte(`{}`))
	}
	w.gh.Settle()
	w.gh.DeliverTo(w.url + "/webhook")
	later.Store(int64(2 * time.Minute))
	for range 4 {
		if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
			t.Fatal(err)
		}
	}
	w.record(pushOf(landed))
}

// One installation that is out of its quota keeps no other from being looked at.
func TestReconcileBeyondALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.settled()
	other := w.gh.Repo("zeta/shop", w.origin)
	w.gh.Install("zeta")
	w.settled()
	w.gh.Hold()
	w.origin.Commit("topic", "change", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
	other.Push("ada", w.origin, "topic")
	p := other.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic"})
	w.gh.Lose()
	w.gh.Release()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls", Repo: "acme/shop", With: githubtest.PrimaryLimit, In: time.Hour, Times: -1})
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	w.until("the pull request of the other installation is heard of", func() bool { return len(other.CheckRuns(p.HeadSHA)) > 0 })
}

// A change whose approval is taken back while GitHub takes no check runs is not let through
// for ever.
func TestDismissedInAnIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, once)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", With: githubtest.BadGateway, Times: -1})
	p.Review("ben", "CHANGES_REQUESTED", "wait")
	w.givenUp()
	w.gh.Heal()
	w.pass(30 * time.Minute)
	for range 3 {
		w.looks()
	}
	s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	if run := w.concluded(p.HeadSHA); run.Conclusion == "success" {
		t.Errorf("the verdict is %s, GitHub is well for half an hour, and the check says %s: %s", s.Decision, run.Conclusion, run.Title)
	}
}

// That another App says the same again, later, changes nothing: else two Apps that listen to
// each other never come to an end.
func TestSameStatusAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "success")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	before := w.ours(p.HeadSHA)[0].Writes
	for range 3 {
		time.Sleep(1100 * time.Millisecond)
		w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "success")
		w.repo.CheckRunBy("other", "policy", p.HeadSHA, "success")
		w.settled()
	}
	if after := w.ours(p.HeadSHA)[0].Writes; after != before {
		t.Errorf("%d writes to the check run, in which nothing but digests changed", after-before)
	}
}

// Where refs/pull/N/head stays behind what the API says, as after incidents of GitHub's, the App
// asks less and less often, says why nothing is judged, and judges when it can.
func TestRefStaysBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, func(w *world) { w.pause = 300 * time.Millisecond })
	w.settled()
	w.gh.Hold()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.repo.Git("update-ref", "refs/pull/1/head", w.base)
	w.gh.ResetCalls()
	w.gh.Release()
	run := w.concluded(p.HeadSHA)
	if run.Conclusion != "action_required" || !strings.Contains(run.Summary, "two heads") {
		t.Errorf("%+v", run)
	}
	looks := 0
	for _, c := range w.gh.Calls() {
		if c.Operation == "GET /repos/{owner}/{repo}/pulls/{pull_number}" {
			looks++
		}
	}
	if looks < 6 || looks > 10 { // three, and one with each further try; and some before it is said
		t.Errorf("asked %d times in four tries", looks)
	}
	w.repo.Git("update-ref", "refs/pull/1/head", p.HeadSHA)
	w.concludedAs(p.HeadSHA, "success")
}

// What landed is judged by what stood before it: that what judges changes asks for no record
// again, of which there may be thousands.
func TestRecordsStayWhenTheJudgeMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	p := w.approved("topic", gittest.Write("a.py", "x = 2\n"))
	p.Merge("ben", "merge")
	w.record("pull/1/record")
	open := w.pull("open", gittest.Write("b.py", "y = 1\n"))
	w.concluded(open.HeadSHA)
	w.settled()
	turns := func() (record, pull int64) {
		r, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1/record")
		if err != nil {
			t.Fatal(err)
		}
		o, err := w.store.Subject(context.Background(), w.repo.ID, "pull/2")
		if err != nil {
			t.Fatal(err)
		}
		return r.Turn, o.Turn
	}
	record, pull := turns()
	w.repo.Commit("ben", "main", "Ask for less", gittest.Write(".custody.yaml", policy))
	w.settled()
	w.concludedAs(open.HeadSHA, "success")
	if r, o := turns(); r != record || o == pull {
		t.Errorf("the record was asked for %d times more, what is open %d times", r-record, o-pull)
	}
}

// Nor does it that the branch is taken back to before it landed, and forth again.
func TestRecordsStayWhenTheBranchIsForced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	p := w.approved("topic", gittest.Write("a.py", "x = 2\n"))
	p.Merge("ben", "merge")
	w.record("pull/1/record")
	w.repo.Commit("ben", "main", "behind it", gittest.Write("c.py", "z = 1\n"))
	w.settled()
	before, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1/record")
	if err != nil {
		t.Fatal(err)
	}
	w.origin.Git("fetch", "--quiet", w.repo.Dir, "+main:landed")
	for _, to := range []string{w.base, "landed"} {
		w.origin.Git("update-ref", "refs/heads/main", to)
		w.repo.ForcePush("ben", w.origin, "main")
		w.settled()
	}
	if s, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1/record"); err != nil || s.Turn != before.Turn {
		t.Errorf("it was asked for %d times more: %v", s.Turn-before.Turn, err)
	}
}

// What can not be judged is said of the branch that the change is for by now.
func TestUndecidedTurned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "version: none\n", func(w *world) {
		w.origin.Commit("release", "release", gittest.From(w.base))
		w.repo.Quietly(func() { w.repo.Push("ada", w.origin, "release") })
	})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	if run := w.concludedAs(p.HeadSHA, "action_required"); run.Name != "custody: main" {
		t.Errorf("%+v", run)
	}
	w.settled()
	p.Retarget("ada", "release")
	w.settled()
	if run := w.concludedAs(p.HeadSHA, "action_required"); run.Name != "custody: release" {
		t.Errorf("the run is named %s", run.Name)
	}
}

// Nor does a repository for which GitHub answers badly keep those behind it from being looked at.
func TestReconcileBeyondARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.settled()
	other := w.gh.Repo("acme/other", w.origin)
	w.settled()
	w.unheard(func() {
		w.origin.Commit("topic", "change", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 2\n"))
		other.Push("ada", w.origin, "topic")
		other.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: "topic"})
	})
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls", Repo: "acme/shop", With: githubtest.Forbidden, Times: -1})
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	w.until("the pull request of the other repository is heard of", func() bool { return len(other.CheckRuns(w.origin.ID("topic"))) > 0 })
}
