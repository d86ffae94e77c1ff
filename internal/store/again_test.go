package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"custody/internal/store"
)

// What nothing comes of is asked for more and more seldom, and as before when anybody asks.
func TestAskedInVain(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		if err := s.Ask(ctx, store.Request{Repo: 7, Name: "pull/1", Installation: 3, Kind: "pull_request", Stage: "merge", Number: 1}); err != nil {
			t.Fatal(err)
		}
		const patience = 1000
		waits := func() (n int64) { // of patience, until it is asked for again
			t.Helper()
			o, err := s.Subject(ctx, 7, "pull/1")
			if err != nil {
				t.Fatal(err)
			}
			for _, times := range []int64{1, 2, 4, 8, 16, 32} {
				now := o.Asked + times*patience
				n = times
				if o.Due(now, patience) || !o.Due(now+1, patience) && times == 32 {
					t.Errorf("due after %d", times)
				}
				if o.Due(now+1, patience) {
					break
				}
			}
			return n
		}
		for i, want := range []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 16, 16} {
			if got := waits(); got != want {
				t.Errorf("asked for in vain %d times, it waits %d, want %d", i, got, want)
			}
			if err := s.Wake(ctx, store.Wake{Repo: 7, Name: "pull/1", Vain: true}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Again(ctx, &store.Subject{Request: store.Request{Repo: 7, Name: "pull/1"}}); err != nil {
			t.Fatal(err)
		}
		if got := waits(); got != 1 {
			t.Errorf("somebody asked, and it waits %d", got)
		}
	})
}

// The database finds those that are due.
func TestWaitingInVain(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", &worker{
			decide: func(context.Context, string) error { return nil },
			review: func(context.Context, store.Task) error { return nil },
		})
		if err := s.Ask(ctx, store.Request{Repo: 7, Name: "pull/1", Installation: 3, Kind: "pull_request", Stage: "merge", Number: 1}); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if err := s.Wake(ctx, store.Wake{Repo: 7, Name: "pull/1", Vain: true}); err != nil {
				t.Fatal(err)
			}
		}
		start(t, s)
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if n, err := s.Jobs(ctx); err != nil || n == 0 || time.Now().After(deadline) {
				break
			}
		}
		o, err := s.Subject(ctx, 7, "pull/1")
		if err != nil || o.Vain != 10 {
			t.Fatalf("%+v, %v", o, err)
		}
		const patience = 60_000
		for _, late := range []int64{1, 2, 4, 5} {
			now := o.Asked + late*patience
			waiting, err := s.Waiting(ctx, now, patience, 10)
			if err != nil || (len(waiting) == 1) != o.Due(now, patience) || (late == 5) != (len(waiting) == 1) {
				t.Errorf("after %d: %d wait, %v, %v", late, len(waiting), o.Due(now, patience), err)
			}
		}
	})
}

// An effect that the forge refuses is not looked for, and is intended all the same.
func TestRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		for _, key := range []string{"conclude/7/pull/1/abc", "comment/7/1", "check/7/pull/1/abc"} {
			if err := s.Begin(ctx, key, "{}"); err != nil {
				t.Fatal(err)
			}
		}
		begun := func(want ...string) {
			t.Helper()
			got, err := s.Begun(ctx, []string{"conclude/", "comment/"}, time.Now().UnixMilli()+1000, 10)
			if slices.Sort(got); err != nil || !slices.Equal(got, want) {
				t.Errorf("%v, %v", got, err)
			}
		}
		begun("comment/7/1", "conclude/7/pull/1/abc")
		if err := s.Refuse(ctx, "comment/7/1"); err != nil {
			t.Fatal(err)
		}
		begun("conclude/7/pull/1/abc")
		if e, err := s.Effect(ctx, "comment/7/1"); err != nil || e.Done || e.Result != "{}" {
			t.Errorf("%+v, %v", e, err)
		}
		if err := s.Finish(ctx, "conclude/7/pull/1/abc", "x"); err != nil {
			t.Fatal(err)
		}
		if err := s.Refuse(ctx, "conclude/7/pull/1/abc"); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Effect(ctx, "conclude/7/pull/1/abc"); err != nil || !e.Done {
			t.Errorf("what was done is refused: %+v, %v", e, err)
		}
	})
}

// A verdict that a day ends is found behind it, once.
func TestEnded(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		if err := s.Ask(ctx, store.Request{Repo: 7, Name: "pull/1/record", Installation: 3, Kind: "pull_request", Stage: "record", Number: 1}); err != nil {
			t.Fatal(err)
		}
		if err := conclude(ctx, s, 1, store.Review{Repo: 7, Subject: "pull/1/record", Verdict: "v", Decision: "pass", Holds: "2026-01-31"}, store.Follows{}); err != nil {
			t.Fatal(err)
		}
		ended := func(day string, want int) {
			t.Helper()
			if got, err := s.Ended(ctx, day); err != nil || len(got) != want {
				t.Errorf("on %s: %v, %v", day, got, err)
			}
		}
		ended("2026-01-31", 0)
		if err := s.Wake(ctx, store.Wake{Repo: 7, Name: "pull/1/record"}); err != nil { // for another reason
			t.Fatal(err)
		}
		ended("2026-02-01", 1)
		if err := s.Wake(ctx, store.Wake{Repo: 7, Name: "pull/1/record", Over: true}); err != nil {
			t.Fatal(err)
		}
		ended("2026-02-01", 0)
	})
}

// Who works by what is known of those that live.
func TestWorkers(t *testing.T) {
	ctx := context.Background()
	address := cluster.Database(t)
	none := &worker{}
	one, two := open(t, address, "one", none), open(t, address, "two", none)
	for s, by := range map[*store.Store]string{one: "old", two: "new"} {
		if err := s.Works(ctx, by); err != nil {
			t.Fatal(err)
		}
	}
	is := func(by string, want, wantGone []string) {
		t.Helper()
		if got, gone, err := two.Workers(ctx, by); err != nil || !slices.Equal(got, want) || !slices.Equal(gone, wantGone) {
			t.Errorf("by %s work %v, and did %v: %v", by, got, gone, err)
		}
	}
	is("old", []string{"one"}, nil)
	is("new", []string{"two"}, nil)
	one.Close()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if left, _, err := two.Workers(ctx, "old"); err != nil || len(left) == 0 { // its connection ends behind it
			break
		}
	}
	is("old", nil, []string{"one"})
	if err := two.Works(ctx, "newer"); err != nil {
		t.Fatal(err)
	}
	is("new", nil, nil)
	is("newer", []string{"two"}, nil)
	if err := two.ForgetDead(ctx); err != nil {
		t.Fatal(err)
	}
	is("old", nil, nil)
	is("newer", []string{"two"}, nil)
	if err := two.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	is("newer", nil, nil)
}

// Who does not show what they said is asked to say it again, but for who is about to, or was asked in
// vain. How often that was stays counted.
func TestSayAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		const key = "conclude/7/pull/1/h"
		o := store.Subject{Request: store.Request{Repo: 7, Name: "pull/1", Installation: 3, Kind: "pull_request", Stage: "merge", Number: 1, Head: "h"}}
		if err := s.Ask(ctx, o.Request); err != nil {
			t.Fatal(err)
		}
		said := func(what string, turn, vain int64, known bool) {
			t.Helper()
			if err := s.SayAgain(ctx, &o, key); err != nil {
				t.Fatal(err)
			}
			got, err := s.Subject(ctx, 7, "pull/1")
			if err != nil || got.Turn != turn || got.Vain != vain {
				t.Errorf("%s: turn %d, in vain %d times, want %d, %d; %v", what, got.Turn, got.Vain, turn, vain, err)
			}
			if e, err := s.Effect(ctx, key); err != nil || (e.Key != "") != known {
				t.Errorf("%s: %+v, %v", what, e, err)
			}
		}
		is := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		done := store.Review{Repo: 7, Subject: "pull/1", Head: "h", Decision: "pass"}
		is(s.Finish(ctx, key, "mark"))
		said("its job is there", 1, 0, false)
		is(conclude(ctx, s, 1, done, store.Follows{Effects: map[string]string{key: "intent"}}))
		said("it is about to", 1, 0, true)
		is(s.Finish(ctx, key, "mark"))
		said("it said so", 2, 1, false)
		is(conclude(ctx, s, 2, done, store.Follows{}))
		is(s.Wake(ctx, store.Wake{Repo: 7, Name: "pull/1", Vain: true}))
		said("its job is there again", 3, 2, false)
		is(conclude(ctx, s, 3, done, store.Follows{}))
		said("it said so in vain before", 4, 3, false)
		is(s.CloseSubject(ctx, 7, "pull/1", 4))
		is(conclude(ctx, s, 4, done, store.Follows{}))
		said("nobody waits for it", 4, 3, false)
	})
}
