package app_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"custody/internal/config"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// In a rolling restart with another mode, the process that still runs with the old one judges
// nothing of what the new one asks for. When the new one is gone, it takes over.
func TestModeTurnedOnRolling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, onPostgres, func(w *world) { w.mode, w.look = config.Report, 300*time.Millisecond })
	var ps []*githubtest.PullRequest
	for _, name := range []string{"one", "two", "three"} {
		p := w.pull(name, gittest.Write("a.py", "eval("+name+")\n"))
		w.concludedAs(p.HeadSHA, "neutral")
		ps = append(ps, p)
	}
	w.settled()
	old, oldURL := w.app, w.url
	w.mode, w.dir = config.Enforce, t.TempDir() // copies of its own
	w.start()
	for _, p := range ps {
		w.concludedAs(p.HeadSHA, "failure")
	}

	s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	err = old.Review(context.Background(), store.Task{Repo: w.repo.ID, Subject: s.Name, Turn: s.Turn, Try: 1})
	if later := (*store.LaterError)(nil); !errors.As(err, &later) || later.After < w.look {
		t.Errorf("the old one judges: %v", err)
	}
	if got := page(t, oldURL+"/readyz"); !strings.Contains(got, "came later than what this one has") {
		t.Errorf("the old one says %q", got)
	}
	if got := page(t, oldURL+"/metrics"); !strings.Contains(got, "custody_overtaken 1") {
		t.Error("its metrics do not say so")
	}
	if got := page(t, w.url+"/readyz"); got != "ready\n" {
		t.Errorf("the new one says %q", got)
	}

	w.settled()
	w.stop()
	for _, p := range ps {
		w.concludedAs(p.HeadSHA, "neutral")
	}
	if got := page(t, oldURL+"/readyz"); got != "ready\n" {
		t.Errorf("the old one says %q when it is alone", got)
	}
}

// page is what a server says.
func page(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// enforcing adds a process in mode enforce.
func (w *world) enforcing(look time.Duration) {
	w.Helper()
	w.mode, w.dir, w.look = config.Enforce, w.TempDir(), look
	w.start()
}

// A process that enforces and can not reach the database for a while is not taken for one that
// stopped: who would let more through does not take over.
func TestEnforcingCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, onPostgres, func(w *world) { w.mode, w.look = config.Report, 100*time.Millisecond })
	p := w.pull("one", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "neutral")
	w.settled()
	w.enforcing(time.Hour) // it does not come to the database again
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	lost := time.Time{}
	w.until("the older one finds nobody alive", func() bool {
		if time.Since(lost) > 5*time.Second { // a tick may bring it back
			w.lose("true")
			lost = time.Now()
		}
		return strings.Contains(w.logged.String(), "would let through what they would not")
	})
	w.settled()
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" {
		t.Errorf("the check says %s", run.Conclusion)
	}
}

// Where the older one takes over, the newer one judges again when it is back.
func TestNewerIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, onPostgres, func(w *world) { w.look = 100 * time.Millisecond })
	w.settled()
	oldURL := w.url
	w.floor, w.dir, w.look = "version: 1\n", t.TempDir(), 5*time.Second
	w.start()
	is := func(url, text string) {
		t.Helper()
		w.until(url+" says "+text, func() bool { return strings.Contains(page(t, url+"/readyz"), text) })
	}
	is(oldURL, "reviews are left")
	w.lose("true")
	w.until("the older one takes over", func() bool { return strings.Contains(w.logged.String(), "this one takes over") })
	w.until("the newer one is back", func() bool { return strings.Contains(w.logged.String(), "it judges again") })
	is(oldURL, "reviews are left")
	if got := page(t, w.url+"/readyz"); got != "ready\n" {
		t.Errorf("the newer one says %q", got)
	}
}

// One that is configured as it was before, and is started again during a rollout, is not the newest
// for that; it is when those that came behind it have stopped.
func TestOldStartedAgainInARollout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, onPostgres, func(w *world) { w.mode, w.look = config.Report, 100*time.Millisecond })
	p := w.pull("one", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "neutral")
	w.settled()
	stopOld := w.stop
	w.enforcing(100 * time.Millisecond)
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	stopNew := w.stop
	stopOld()
	w.mode, w.dir = config.Report, t.TempDir()
	w.start()
	if got := page(t, w.url+"/readyz"); !strings.Contains(got, "reviews are left") {
		t.Errorf("it says %q", got)
	}
	stopNew()
	w.concludedAs(p.HeadSHA, "neutral")
}

// What another version of the program let through is reviewed again.
func TestAnotherVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	passes, fails := w.pull("one", gittest.Write("a.py", "x = 2\n")), w.pull("two", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(passes.HeadSHA, "success")
	w.concludedAs(fails.HeadSHA, "failure")
	w.settled()
	turns := func() (all [2]int64) {
		t.Helper()
		for i, name := range []string{"pull/1", "pull/2"} {
			s, err := w.store.Subject(context.Background(), w.repo.ID, name)
			if err != nil {
				t.Fatal(err)
			}
			all[i] = s.DoneTurn
		}
		return all
	}
	was := turns()
	for range 2 { // a restart asks for nothing
		w.stop()
		w.version = "next"
		w.start()
		w.settled()
		if is := turns(); is != [2]int64{was[0] + 1, was[1]} {
			t.Errorf("turns %v, then %v", was, is)
		}
	}
	w.stop()
	w.most = 1 << 30 // and what a change may bring is of all
	w.start()
	w.settled()
	if is := turns(); is != [2]int64{was[0] + 2, was[1] + 1} {
		t.Errorf("turns %v, then %v", was, is)
	}
}
