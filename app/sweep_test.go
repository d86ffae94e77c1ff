package app_test

import (
	"context"
	"database/sql"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/store"
)

// Deliveries that GitHub made while nobody listened are asked for again.
func TestSweep(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newWorld(t, policy, func(w *world) {
		w.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	w.gh.DeliverTo("http://127.0.0.1:1/webhook")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.gh.Settle()
	w.gh.DeliverTo(w.url + "/webhook")
	if len(w.ours(p.HeadSHA)) != 0 {
		t.Fatal("it heard of the pull request")
	}
	sweep := func() {
		t.Helper()
		if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
			t.Fatal(err)
		}
	}
	sweep() // they may still be on their way
	later.Store(int64(2 * time.Minute))
	sweep()
	w.gh.Settle()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "success" {
		t.Errorf("%+v", run)
	}
	w.settled()
	redelivered := 0
	for _, d := range w.gh.Deliveries() {
		if d.Redelivery {
			redelivered++
			if !d.OK() {
				t.Errorf("%+v", d)
			}
		}
	}
	// create, push, check_suite and pull_request, each once however often it sweeps.
	later.Store(int64(10 * time.Minute))
	sweep()
	w.gh.Settle()
	again := 0
	for _, d := range w.gh.Deliveries() {
		if d.Redelivery {
			again++
		}
	}
	if redelivered < 3 || again != redelivered {
		t.Errorf("%d redeliveries, and %d after another sweep", redelivered, again)
	}
}

// What GitHub never delivered is found by looking.
func TestReconcile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.gh.Hold()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	if w.gh.Lose() == 0 {
		t.Fatal("nothing was lost")
	}
	w.gh.Release()
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	w.concluded(p.HeadSHA)
	w.settled()
	// The head moved without a word.
	w.gh.Hold()
	w.origin.Commit("topic", "worse", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "eval(1)\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.gh.Lose()
	w.gh.Release()
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	if run := w.concluded(w.origin.ID("topic")); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
	w.settled()
	// Where all is known, nothing is asked for.
	before, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	if after, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1"); err != nil || after.Turn != before.Turn {
		t.Errorf("turn %d became %d, %v", before.Turn, after.Turn, err)
	}
}

// A policy that changes on main judges the pull requests that are open.
func TestJudgeMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.repo.Commit("ben", "main", "Ask for approvals", gittest.By("Ben <ben@example.com>"), gittest.Write(".custody.yaml", approvals))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	// What judges nothing changes nothing.
	before, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	w.repo.Commit("ben", "main", "Beside", gittest.By("Ben <ben@example.com>"), gittest.Write("c.py", "z = 1\n"))
	w.settled()
	if after, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1"); err != nil || after.Turn != before.Turn {
		t.Errorf("turn %d became %d, %v", before.Turn, after.Turn, err)
	}
}

// A policy that nobody can read must not land; and where it has, the check says so.
func TestNoJudge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	p := w.pull("topic", gittest.Write(".custody.yaml", "version: 1\nrules: [{id: broken\n"))
	if run := w.concluded(p.HeadSHA); run.Conclusion == "success" {
		t.Errorf("it would land: %+v", run)
	}
	w.repo.Commit("ben", "main", "Break it", gittest.Write(".custody.yaml", "version: 1\nrules: [{id: broken\n"))
	other := w.pull("other", gittest.Write("a.py", "x = 2\n"))
	if run := w.concludedAs(other.HeadSHA, "action_required"); run.Title == "" || !strings.Contains(run.Summary, ".custody.yaml:2:") || strings.Contains(run.Summary, "{id: broken") {
		t.Errorf("%+v", run)
	}
}

// What operators watch.
func TestWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		resp, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// full has the store refuse deliveries until it is told that there is room, as a disk does
// that is full.
func (w *world) full() (room func()) {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(w.address, "sqlite://"))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { db.Close() })
	do := func(text string) {
		if _, err := db.Exec(text); err != nil {
			w.Error(err)
		}
	}
	do(`PRAGMA busy_timeout = 5000`)
	do(`CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`)
	return func() { do(`DROP TRIGGER full`) }
}

// What could not be stored is asked for as soon as it can be, and not minutes later; and
// not while it still can not be: GitHub delivers one a few times only.
func TestSweepSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.until("the sweep of the start is over", func() bool {
		mark, err := w.store.Mark(context.Background(), "sweep")
		return err == nil && mark != ""
	})
	room := w.full()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.gh.Settle()
	before := w.gh.Deliveries()
	if last := before[len(before)-1]; last.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("it was taken: %+v", last)
	}
	room()
	tries := map[string]int{}
	w.until("what was lost was asked for, and came", func() bool {
		clear(tries)
		came := map[string]bool{}
		for _, d := range w.gh.Deliveries() {
			tries[d.GUID]++
			came[d.GUID] = came[d.GUID] || d.OK()
		}
		return len(came) == len(tries) && !slices.Contains(slices.Collect(maps.Values(came)), false)
	})
	for guid, n := range tries {
		if n > 3 {
			t.Errorf("%s was delivered %d times", guid, n)
		}
	}
	if run := w.concluded(p.HeadSHA); run.Conclusion != "success" {
		t.Errorf("%+v", run)
	}
}

// A look around that runs nowhere any more, since its process is dead, keeps no other from
// coming: each tick gives up what the dead left.
func TestTickOfTheDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(w.address, "sqlite://")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const look = `kind = 'tick' AND args ->> 'what' = 'reconcile'`
	w.until("the look around at the start is over", func() bool {
		n := 0
		return db.QueryRow(`SELECT count(*) FROM river_job WHERE state = 'completed' AND `+look).Scan(&n) == nil && n > 0
	})
	if _, err := db.Exec(`UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_by = '["dead"]' WHERE ` + look); err != nil {
		t.Fatal(err)
	}
	if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := db.QueryRow(`SELECT count(*) FROM river_job WHERE state = 'running' AND ` + look).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d looks around of a dead process seem to run, %v", n, err)
	}
}
