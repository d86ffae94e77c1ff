package app_test

import (
	"context"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/store"
)

// A delivery that was answered with 202 is decided on when there is room on the disk again,
// also when that takes longer than its job is tried.
func TestAcceptedThenFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded, hasty)
	w.settled()
	w.sql(`CREATE TRIGGER full BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`)
	landed := w.repo.Commit("ada", "main", "straight to main", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.gh.Settle()
	w.until("its job is given up, and that of what comes with it", func() bool {
		n := 0
		w.sqlRow(`SELECT count(*) FROM river_job WHERE kind = 'delivery' AND state = 'discarded'`, &n)
		return n > 1
	})
	if err := w.app.Tick(context.Background(), store.Reconcile); err == nil {
		t.Error("the disk is full, and nobody heard of it")
	}
	w.sql(`DROP TRIGGER full`)
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	w.until("the push is recorded", func() bool {
		all, err := w.store.Reviews(context.Background(), w.repo.ID, "push/refs/heads/main@"+landed, 1)
		return err == nil && len(all) > 0
	})
}

// What another version could not read is read again.
func TestReadByTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.settled()
	unreadable := func(guid, body string) {
		t.Helper()
		if known, err := w.store.Accept(context.Background(), store.Delivery{GUID: guid, Event: "push", Body: []byte(body)}); err != nil || known {
			t.Fatal(known, err)
		}
		w.until("it is read", func() bool {
			n, err := w.store.Jobs(context.Background())
			return err == nil && n == 0
		})
		if d, err := w.store.Delivery(context.Background(), guid); err != nil || d.State != store.Unreadable || string(d.Body) != body {
			t.Errorf("%+v, %v", d, err)
		}
	}
	unreadable("form", "payload=%7B%7D")
	unreadable("form", "payload=") // a redelivery
	w.stop()
	w.logged = &lockedBuffer{}
	w.version = "next"
	w.start()
	w.until("it is read again", func() bool { return strings.Contains(w.logged.String(), "they are read again") })
	w.settled()
	if n := strings.Count(w.logged.String(), "a delivery can not be read"); n != 1 {
		t.Errorf("read %d times", n)
	}
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	w.settled()
	if n := strings.Count(w.logged.String(), "a delivery can not be read"); n != 1 {
		t.Errorf("the same version read it %d times", n)
	}
}
