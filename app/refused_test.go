package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/store"
)

// refuses has GitHub find a door that takes nothing, until it is opened again.
func (w *world) refuses() (open func()) {
	w.Helper()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) }))
	w.Cleanup(busy.Close)
	w.gh.DeliverTo(busy.URL + "/webhook")
	return func() { w.gh.DeliverTo(w.url + "/webhook") }
}

func (w *world) sweeps() {
	w.Helper()
	if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
		w.Fatal(err)
	}
	w.gh.Settle()
}

// What was refused for half a minute, as often as it was asked for, is asked for again behind that.
func TestRefusedForHalfAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	open := w.refuses()
	p.Dismiss("ada", v)
	w.gh.Settle()
	for i := range 6 { // as catchUp does
		w.sweeps()
		w.pass(time.Second << i)
	}
	open()
	w.pass(5 * time.Minute)
	w.sweeps()
	w.concludedAs(p.HeadSHA, "failure")
}

// What is refused whatever happens costs a few requests, and what is open in its repository is
// reviewed again, once.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, func(w *world) { w.gh.DeliveryClock(w.now) })
	w.lookedAround()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.refuses()
	p.Dismiss("ada", v)
	w.gh.Settle()
	turns := func() (int64, int) {
		t.Helper()
		for range 12 * 2 {
			w.pass(5 * time.Minute)
			w.sweeps()
			w.looks()
		}
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		if err != nil {
			t.Fatal(err)
		}
		return s.Turn, len(w.gh.Deliveries())
	}
	w.until("it is reviewed for it", func() bool { // what is on its way at a sweep is left to the next
		w.pass(5 * time.Minute)
		w.sweeps()
		w.looks()
		return newest(w.ours(p.HeadSHA)).Conclusion == "failure"
	})
	turns()
	turn, tries := turns() // what tells of our own check is refused, too
	if again, more := turns(); again != turn || more != tries || tries > 40 {
		t.Errorf("turn %d became %d, %d deliveries became %d", turn, again, tries, more)
	}
}

// A new store, which has none of what another one answered, asks for a part of it only.
func TestAnsweredByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.until("the sweep of the start is over", func() bool {
		mark, err := w.store.Mark(context.Background(), "sweep")
		return err == nil && mark != ""
	})
	w.settled()
	another := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer another.Close()
	w.gh.DeliverTo(another.URL)
	w.gh.Senders(8)
	for i := range 150 {
		w.gh.Deliver("ping", fmt.Appendf(nil, `{"hook_id":%d}`, i))
	}
	w.gh.Settle()
	w.gh.DeliverTo(w.url + "/webhook")
	w.sweeps()
	redelivered := 0
	for _, d := range w.gh.Deliveries() {
		if d.Redelivery {
			redelivered++
		}
	}
	if heard, err := w.store.Mark(context.Background(), "sweep/unheard/last"); err != nil || heard == "" || redelivered != 100 {
		t.Errorf("%d redeliveries, all that is open was asked for at %q, %v", redelivered, heard, err)
	}
}
