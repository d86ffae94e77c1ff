package app_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"custody/app/event"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// A merge group that is gone without a word, or before it was heard of, is waited for no more;
// one that is in the queue is, however long that takes.
func TestQueueGone(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, queued, func(w *world) {
		w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	one, two := w.approved("one", gittest.Write("b.py", "y = 1\n")), w.approved("two", gittest.Write("c.py", "y = 1\n"))
	stays, untold := one.Queue(nil, "merge"), two.Queue(nil, "merge")
	for _, g := range []*githubtest.MergeGroup{stays, untold} {
		if got, text := w.says(g.HeadSHA); got != "success" {
			t.Fatalf("%s: %s", got, text)
		}
	}
	w.gh.Hold()
	untold.Destroy("dequeued")
	w.gh.Lose()
	early := two.Queue(nil, "squash")
	w.repo.Quietly(func() { early.Destroy("dequeued") }) // which came first
	w.gh.Release()
	closed := func(g *githubtest.MergeGroup) bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, event.QueueName(g.HeadSHA))
		return err == nil && s.Closed
	}
	w.until("the group is heard of", func() bool {
		_, err := w.store.Subject(context.Background(), w.repo.ID, event.QueueName(early.HeadSHA))
		return err == nil
	})
	ahead.Store(int64(30 * time.Minute))
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		t.Fatal(err)
	}
	for name, is := range map[string]struct {
		group *githubtest.MergeGroup
		over  bool
	}{"in the queue": {stays, false}, "gone without a word": {untold, true}, "gone before it was heard of": {early, true}} {
		if closed(is.group) != is.over {
			t.Errorf("%s: closed is %v", name, !is.over)
		}
	}
}
