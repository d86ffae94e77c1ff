package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"custody/internal/store"
)

// What waits for the next look is remembered by the store: how long it may wait, what it may mean,
// and who asked, until there is one; and when the head was looked at, until there is another head.
func TestPaced(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		now := time.UnixMilli(1_000_000_000)
		var s *store.Store
		reopen := func() {
			t.Helper()
			if s != nil {
				s.Close()
			}
			var err error
			if s, err = store.Open(ctx, address, store.Options{Now: func() time.Time { return now }, ID: "a"}); err != nil {
				t.Fatal(err)
			}
		}
		reopen()
		defer func() { s.Close() }()
		subject := func() store.Subject {
			t.Helper()
			o, err := s.Subject(ctx, 1, "pull/1")
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		request := store.Request{Repo: 1, Name: "pull/1", Kind: "pull_request", Stage: "merge", Number: 1, Head: "a", Installation: 1}
		ask := func(head string, p store.Pace) {
			t.Helper()
			r := request
			r.Head, r.Pace = head, p
			if err := s.Ask(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		look := func() {
			t.Helper()
			o := subject()
			if is, err := s.Look(ctx, &o); err != nil || !is {
				t.Fatal(is, err)
			}
		}
		by := func(login string, w store.Weight) store.Pace {
			return store.Pace{MayWait: time.Minute, Weighs: w, Asker: login}
		}
		ask("a", store.Pace{})
		look()
		ask("a", by("eve", store.Stricter))
		ask("", by("bob", store.Idle))
		ask("a", by("eve", store.Opinion))
		reopen()
		if o := subject(); o.Waits != 60_000 || o.Weighs != store.Stricter || !slices.Equal(o.Askers, []string{"bob", "eve"}) || o.Looked != 1 || o.Turn != 4 {
			t.Errorf("%+v", o.Paced)
		}
		// What may not wait takes the rest along; a wake from within is such.
		if err := s.Wake(ctx, store.Wake{Repo: 1, Name: "pull/1"}); err != nil {
			t.Fatal(err)
		}
		ask("a", by("eve", store.Opinion))
		if o := subject(); o.Waits != 0 || o.Weighs != store.Stricter {
			t.Errorf("%+v", o.Paced)
		}
		// A look at a turn that is not the newest any more is none.
		old := subject()
		ask("a", by("eve", store.Opinion))
		if is, err := s.Look(ctx, &old); is || err != nil {
			t.Error(is, err)
		}
		now = now.Add(time.Minute)
		look()
		ask("a", by("eve", store.Idle))
		if o := subject(); o.Waits != 60_000 || o.Weighs != store.Idle || !slices.Equal(o.Askers, []string{"eve"}) || len(o.Lately(now.UnixMilli())) != 2 {
			t.Errorf("%+v", o.Paced)
		}
		if o := subject(); len(o.Lately(now.Add(59*time.Minute).UnixMilli())) != 1 {
			t.Errorf("an hour after the first look: %v", o.Looks)
		}
		// Who asks is bounded: those who are likely to have a say are known before others, and of them the newest.
		for i := range 50 {
			ask("a", by(fmt.Sprint("u", i), store.Idle))
			if i%10 == 0 {
				likely := by(fmt.Sprint("m", i/10), store.Idle)
				likely.Likely = true
				ask("a", likely)
			}
		}
		if o := subject(); len(o.Askers) != 8 || !slices.Equal(o.Askers[3:], []string{"m0", "m1", "m2", "m3", "m4"}) {
			t.Errorf("%v", o.Askers)
		}
		// The clock may be put back: looks behind it count as of when somebody asks then.
		now = now.Add(-30 * time.Minute)
		ask("a", by("eve", store.Idle))
		if o := subject(); !slices.Equal(o.Looks, []int64{now.UnixMilli(), now.UnixMilli()}) {
			t.Errorf("%v at %d", o.Looks, now.UnixMilli())
		}
		if err := s.Wake(ctx, store.Wake{Repo: 1, Name: "pull/1"}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(-time.Minute)
		if err := s.Wake(ctx, store.Wake{Repo: 1, Name: "pull/1"}); err != nil {
			t.Fatal(err)
		}
		if o := subject(); !slices.Equal(o.Looks, []int64{now.UnixMilli(), now.UnixMilli()}) {
			t.Errorf("woken: %v at %d", o.Looks, now.UnixMilli())
		}
		// What needs no look is over only where everything before is.
		o := subject()
		if err := s.Pass(ctx, &o); err != nil {
			t.Fatal(err)
		}
		if o := subject(); o.DoneTurn == o.Turn {
			t.Error("a turn was passed over although the one before was not concluded")
		}
		look()
		o = subject()
		if err := conclude(ctx, s, o.Turn, store.Review{Repo: 1, Subject: "pull/1", Head: "a", Decision: "pass", Verdict: "v", Pack: "p"}, store.Follows{}); err != nil {
			t.Fatal(err)
		}
		ask("a", by("eve", store.Idle))
		o = subject()
		if err := s.Pass(ctx, &o); err != nil {
			t.Fatal(err)
		}
		if o := subject(); o.DoneTurn != o.Turn || o.Looked != o.Turn || o.Verdict != "v" {
			t.Errorf("%+v", o)
		}
		// A new head begins anew.
		ask("b", by("eve", store.Stricter))
		if o := subject(); o.Waits != 0 || len(o.Looks) != 0 || len(o.Askers) != 0 {
			t.Errorf("%+v", o.Paced)
		}
	})
}
