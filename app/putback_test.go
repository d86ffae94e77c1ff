package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// putBack has happen what happens between the copy of a store and its being put back.
func (w *world) putBack(happens func()) {
	w.Helper()
	w.stop()
	db := filepath.Join(w.dir, "db")
	if err := os.CopyFS(db+".copy", os.DirFS(db)); err != nil {
		w.Fatal(err)
	}
	w.start()
	happens()
	w.settled()
	w.stop()
	if err := os.RemoveAll(db); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(db+".copy", db); err != nil {
		w.Fatal(err)
	}
	w.start()
	for range 2 { // what the store does not have any more is asked for
		w.pass(2 * time.Minute)
		if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
			w.Fatal(err)
		}
		w.settled()
	}
}

// A store from before that is put back says of a check what it said then. What it shows, a success
// that came behind that, is not taken for it: the check says what is so now.
func TestStorePutBack(t *testing.T) {
	for name, between := range map[string]func(w *world, p *githubtest.PullRequest){
		"the same run": func(*world, *githubtest.PullRequest) {},
		"taken back": func(w *world, p *githubtest.PullRequest) { // while it was judged anew
			w.keeping.Store(new(func([]byte) error {
				w.until("the success is taken back", func() bool { return w.cancelled(p.HeadSHA) })
				return nil
			}))
			p.Label("ada", "looked at")
			w.settled()
			w.keeping.Store(nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, built, func(w *world) { w.slowly = 20 * time.Millisecond })
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "failure")
			w.concludedAs(p.HeadSHA, "failure")
			w.settled()
			w.putBack(func() {
				w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "success")
				w.settled()
				between(w, p)
				if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "success" {
					t.Fatalf("%s %s", run.Status, run.Conclusion)
				}
			})
			w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "failure")
			w.settled()
			if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" {
				t.Errorf("the build failed, and the check says %s", run.Conclusion)
			}
		})
	}
}
