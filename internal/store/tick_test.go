package store_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/store"
)

// A look around that takes far longer than the time between two keeps no sweep waiting, and
// looks do not add up behind it: with some thousand repositories they never came to an end.
func TestTicksDoNotPileUp(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		var looks, sweeps atomic.Int64
		looking, seen := make(chan bool, 1), make(chan bool)
		w := &worker{tick: func(ctx context.Context, what store.Tick) {
			switch what {
			case store.Sweep:
				sweeps.Add(1)
			case store.Reconcile:
				if looks.Add(1) > 1 {
					return
				}
				looking <- true
				select {
				case <-seen:
				case <-ctx.Done():
				}
			}
		}}
		s, err := store.Open(context.Background(), address, store.Options{Now: time.Now, ID: "one", Worker: w, Every: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		start(t, s)
		<-looking
		until(t, "sweeps go on beside a look around", func() bool { return sweeps.Load() > 2 })
		n, err := s.Ticks(context.Background())
		if err != nil || n > 3 { // one of a kind
			t.Errorf("%d ticks wait or run, %v", n, err)
		}
		if looks.Load() != 1 {
			t.Errorf("%d looks around at a time", looks.Load())
		}
		close(seen)
		until(t, "it looks around again", func() bool { return looks.Load() > 1 })
		stop(t, s)
	})
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited for a minute: %s", what)
		}
	}
}
