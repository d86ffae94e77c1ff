package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"custody/internal/store"
)

// Who lost a lock concludes nothing, be it that nobody else has concluded anything yet, and hears of
// it.
func TestLockLost(t *testing.T) {
	ctx := context.Background()
	address := cluster.Database(t)
	s := open(t, address, "one", nil)
	if err := s.Ask(ctx, store.Request{Repo: 7, Name: "pull/1", Installation: 3, Kind: "pull_request", Stage: "merge", Number: 1}); err != nil {
		t.Fatal(err)
	}
	l, ok, err := s.Lock(ctx, "subject")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	defer l.Unlock()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	var other *store.Lock
	for deadline := time.Now().Add(time.Minute); other == nil; time.Sleep(5 * time.Millisecond) {
		if other, _, err = s.Lock(ctx, "subject"); err != nil || time.Now().After(deadline) {
			t.Fatal("nobody else gets the lock", err)
		}
	}
	defer other.Unlock()
	r := store.Review{Repo: 7, Subject: "pull/1", Head: "h", Decision: "pass"}
	if err := l.Conclude(ctx, 1, r, store.Follows{Effects: map[string]string{"e": "success"}}); !errors.Is(err, store.ErrLost) {
		t.Errorf("it concluded without its lock: %v", err)
	}
	if o, err := s.Subject(ctx, 7, "pull/1"); err != nil || o.Decision != "" {
		t.Errorf("%+v, %v", o, err)
	}
	if e, err := s.Effect(ctx, "e"); err != nil || e.Key != "" {
		t.Errorf("%+v, %v", e, err)
	}
	select {
	case <-l.Lost():
	case <-time.After(time.Minute):
		t.Error("nobody tells that the lock is lost")
	}
	if err := other.Conclude(ctx, 1, r, store.Follows{}); err != nil {
		t.Errorf("who has the lock can not conclude: %v", err)
	}
}

// What was intended is finished by who intended it, and what somebody else wrote is not written over.
func TestEffectsOfOthers(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		is := func(want store.Effect) {
			t.Helper()
			e, err := s.Effect(ctx, "k")
			if (e.At == 0) != (e.Key == "") {
				t.Errorf("at %d", e.At)
			}
			if e.At = 0; err != nil || e != want {
				t.Errorf("%+v, %v", e, err)
			}
		}
		began := func(intent string) {
			t.Helper()
			if err := s.Begin(ctx, "k", intent); err != nil {
				t.Fatal(err)
			}
		}
		finish := func(intent, result string, want bool) {
			t.Helper()
			if ok, err := s.FinishIf(ctx, "k", intent, result); err != nil || ok != want {
				t.Errorf("finished: %v, %v", ok, err)
			}
		}
		swap := func(was store.Effect, now string, done, want bool) {
			t.Helper()
			was.Key = "k"
			if ok, err := s.Swap(ctx, was, now, done); err != nil || ok != want {
				t.Errorf("swapped: %v, %v", ok, err)
			}
		}
		began("success")
		began("failure")
		finish("success", "1", false)
		is(store.Effect{Key: "k", Result: "failure"})
		finish("failure", "2", true)
		finish("failure", "3", false)
		is(store.Effect{Key: "k", Done: true, Result: "2"})
		swap(store.Effect{Done: true, Result: "1"}, "4", true, false)
		swap(store.Effect{Result: "2"}, "4", true, false)
		swap(store.Effect{}, "4", true, false)
		is(store.Effect{Key: "k", Done: true, Result: "2"})
		swap(store.Effect{Done: true, Result: "2"}, "4", false, true)
		is(store.Effect{Key: "k", Result: "4"})
		swap(store.Effect{Result: "4"}, "5", true, true)
		is(store.Effect{Key: "k", Done: true, Result: "5"})
		if err := s.Forget(ctx, "k"); err != nil {
			t.Fatal(err)
		}
		swap(store.Effect{Done: true, Result: "5"}, "6", true, false)
		is(store.Effect{})
		swap(store.Effect{}, "7", false, true)
		is(store.Effect{Key: "k", Result: "7"})
		for _, result := range []string{"6", "7"} {
			if ok, err := s.ForgetIf(ctx, "k", result); err != nil || ok != (result == "7") {
				t.Errorf("forgot %s: %v, %v", result, ok, err)
			}
		}
		is(store.Effect{})
	})
}

// What may be come back to later is due then, for one of those who come, and where the clock was put
// back.
func TestEffectsLater(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		for key, at := range map[string]int64{"right/1": 1000, "right/2": 2000, "right/3": 9000, "run/1": 1000} {
			if err := s.Later(ctx, key, "since", at); err != nil {
				t.Fatal(err)
			}
		}
		due := func(before int64, want ...string) {
			t.Helper()
			if keys, err := s.Due(ctx, "right/", before, 5*time.Second, 10); err != nil || !slices.Equal(keys, want) {
				t.Errorf("due before %d: %v, %v", before, keys, err)
			}
		}
		due(1000, "right/3")
		due(1001, "right/1", "right/3")
		due(4000, "right/1", "right/2")
		due(9001, "right/1", "right/2", "right/3")
		e, err := s.Effect(ctx, "right/1")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{true, false} {
			if ok, err := s.Postpone(ctx, e, 5000); err != nil || ok != want {
				t.Errorf("%d: put off: %v, %v", i, ok, err)
			}
		}
		due(4001, "right/2")
		if e, err := s.Effect(ctx, "right/1"); err != nil || e != (store.Effect{Key: "right/1", Result: "since", At: 5000}) {
			t.Errorf("%+v, %v", e, err)
		}
		if err := s.Later(ctx, "right/1", "since then", 3000); err != nil {
			t.Fatal(err)
		}
		due(4001, "right/2", "right/1")
	})
}
