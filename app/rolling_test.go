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
	if got := page(t, oldURL+"/readyz"); !strings.Contains(got, "was started later") {
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
