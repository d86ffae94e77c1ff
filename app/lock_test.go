package app_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// lose ends sessions of the database, which says which: the locks that they hold are anybody's then.
func (w *world) lose(which string) {
	w.Helper()
	c, err := pgx.Connect(context.Background(), w.address)
	if err != nil {
		w.Error(err)
		return
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity a WHERE datname = current_database() AND pid <> pg_backend_pid() AND `+which); err != nil {
		w.Error(err)
	}
}

// sessions that are lost: all, as where the database is started anew; or those alone that hold a
// lock and do nothing, as where something between ends what is idle.
var sessions = map[string]string{
	"all":  "true",
	"idle": "state = 'idle' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
}

// judgedAs waits until all that was asked of the pull request is judged in a way.
func (w *world) judgedAs(decision string) {
	w.Helper()
	w.until("it is judged as "+decision, func() bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		return err == nil && s.DoneTurn == s.Turn && s.Decision == decision
	})
}

// A review that lost its lock, and ends behind a newer one, changes nothing of what that said.
func TestLockLostInReview(t *testing.T) {
	for name, which := range sessions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, approvals, onPostgres)
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			w.concludedAs(p.HeadSHA, "failure")
			w.settled()
			goOn, waits := make(chan struct{}), make(chan struct{})
			var n atomic.Int32
			w.keeping.Store(new(func([]byte) error {
				if n.Add(1) == 1 {
					close(waits)
					<-goOn
				}
				return nil
			}))
			v := p.Review("ben", "APPROVED", "")
			<-waits
			w.lose(which)
			p.Dismiss("ada", v)
			w.judgedAs("fail")
			close(goOn)
			w.settled()
			run := newest(w.ours(p.HeadSHA))
			if run.Conclusion != "failure" {
				t.Errorf("the approval is dismissed, and the check says %s", run.Conclusion)
			}
			for _, c := range run.Concluded {
				if c == "success" {
					t.Errorf("it said so for a while: %v", run.Concluded)
				}
			}
			w.judgedAs("fail")
		})
	}
}

// Nor if it is about to write to GitHub, and does so behind the newer one: that is noticed, and
// what the newer one found is said again.
func TestLockLostInWriting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, onPostgres)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	goOn, waits := make(chan struct{}), make(chan struct{})
	w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", Then: func() { close(waits); <-goOn }})
	v := p.Review("ben", "APPROVED", "")
	<-waits
	w.lose(sessions["idle"])
	p.Dismiss("ada", v)
	w.judgedAs("fail")
	w.until("that is said", func() bool { return len(w.ours(p.HeadSHA)[0].Concluded) == 2 })
	close(goOn)
	w.until("the older one is said, too, and then the newer one again", func() bool { return len(w.ours(p.HeadSHA)[0].Concluded) == 4 })
	w.settled()
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || len(w.ours(p.HeadSHA)) != 1 {
		t.Errorf("%d runs; the check says %s: %v", len(w.ours(p.HeadSHA)), run.Conclusion, run.Concluded)
	}
	w.judgedAs("fail")
}
