package app_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"custody/internal/config"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// What is on its way to GitHub when a lock is lost arrives there behind what somebody else said. These
// hold the worst of it.

const patchRun = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"

// holdsRun names the session of PostgreSQL that has the lock of the run of a head on main.
func (w *world) holdsRun(head string) string {
	h := fnv.New64a()
	h.Write([]byte(fmt.Sprintf("custody run/%d/%s/refs/heads/main", w.repo.ID, head)))
	k := h.Sum64()
	return fmt.Sprintf(`pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %d AND objid = %d)`, uint32(k>>32), uint32(k))
}

// holds keeps the next request of an operation until goOn is closed; waits is closed when it came.
func (w *world) holds(operation string) (waits, goOn chan struct{}) {
	waits, goOn = make(chan struct{}), make(chan struct{})
	w.gh.Fail(githubtest.Fault{On: operation, Then: func() { close(waits); <-goOn }})
	return waits, goOn
}

// looksLater has the App look around when all that is done in a while was done.
func (w *world) looksLater() {
	w.Helper()
	w.pass(25 * time.Minute)
	w.looks()
}

// judgedTwice has a pull request judged again and again.
func (w *world) judgedTwice(subject string) {
	for range 2 {
		if err := w.store.Wake(context.Background(), store.Wake{Repo: w.repo.ID, Name: subject}); err != nil {
			w.Fatal(err)
		}
		w.until("it is judged", func() bool {
			s, err := w.store.Subject(context.Background(), w.repo.ID, subject)
			return err == nil && s.DoneTurn == s.Turn
		})
	}
}

// A success that comes late, over the failure of a twin that speaks by then.
func TestLateSuccess(t *testing.T) {
	t.Parallel()
	w, q, p := twins(t, onPostgres)
	waits, goOn := w.holds(patchRun)
	v := p.Review("ben", "APPROVED", "")
	<-waits
	w.lose(sessions["idle"])
	p.Dismiss("ada", v)
	w.until("it is judged again", func() bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/2")
		return err == nil && s.DoneTurn == s.Turn && s.Decision == "fail"
	})
	w.until("it speaks", func() bool { return strings.HasSuffix(w.ours(p.HeadSHA)[0].ExternalID, "/pull/2") })
	q.Label("ada", "looked at")
	w.until("the other one speaks", func() bool { return strings.HasSuffix(w.ours(p.HeadSHA)[0].ExternalID, "/pull/1") })
	close(goOn)
	w.merge("nobody approves", false, p, q)
	w.looksLater()
	w.merge("looked around", false, p, q)
}

// The same of one that was closed, or got another head, meanwhile.
func TestLateSuccessGone(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]func(w *world, p *githubtest.PullRequest){
		"closed": func(w *world, p *githubtest.PullRequest) { p.Close("ada") },
		"moved": func(w *world, p *githubtest.PullRequest) {
			w.origin.Commit("twin", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
			w.repo.Push("ada", w.origin, "twin")
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, q, p := twins(t, onPostgres)
			waits, goOn := w.holds(patchRun)
			p.Review("ben", "APPROVED", "")
			<-waits
			w.lose(sessions["idle"])
			leave(w, p)
			w.until("it is left, and the other one speaks", func() bool {
				r := w.ours(q.HeadSHA)[0]
				return strings.HasSuffix(r.ExternalID, "/pull/1") && r.Conclusion == "failure" && len(r.Concluded) >= 3
			})
			close(goOn)
			w.merge("nobody approves", false, q)
			w.looksLater()
			w.merge("looked around", false, q)
		})
	}
}

// A failure that comes late, over the success of a twin.
func TestLateFailure(t *testing.T) {
	t.Parallel()
	w, p, q := twins(t, onPostgres)
	waits, goOn := w.holds(patchRun)
	p.Review("ben", "CHANGES_REQUESTED", "no")
	<-waits
	w.lose(w.holdsRun(p.HeadSHA))
	q.Review("ben", "APPROVED", "")
	w.until("the twin says success", func() bool { return w.ours(p.HeadSHA)[0].Conclusion == "success" })
	w.judgedTwice("pull/2")
	close(goOn)
	w.merge("the twin is approved", true, q)
	for _, n := range []string{"pull/1", "pull/2"} {
		if err := w.store.Wake(context.Background(), store.Wake{Repo: w.repo.ID, Name: n}); err != nil {
			t.Fatal(err)
		}
		w.merge("woken: "+n, true, q)
	}
	w.looksLater()
	w.merge("looked around", true, q)
	q.Label("ada", "looked at")
	w.merge("the twin is approved, and something happens to it", true, q)
	p.Label("ada", "looked at")
	w.merge("and to the other", true, q)
	w.looks()
	w.looksLater()
	w.merge("after looks around", true, q)
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	w.merge("reviewed again", true, q)
}

// A success that is taken back late, over that of the twin that was asked to speak.
func TestLateTakeBack(t *testing.T) {
	t.Parallel()
	w, p, q := twins(t, onPostgres, func(w *world) { w.slowly = 20 * time.Millisecond })
	w.bothPass(p, q)
	w.judgedTwice("pull/2")
	goOn := w.holdsPackOf(p)
	waits, back := w.holds(patchRun)
	p.Label("ada", "looked at")
	<-waits
	w.lose(w.holdsRun(p.HeadSHA))
	w.until("the twin speaks for both", func() bool { return strings.HasSuffix(w.ours(p.HeadSHA)[0].ExternalID, "/pull/2") })
	close(back)
	w.until("it is taken back", func() bool { return w.ours(p.HeadSHA)[0].Conclusion == "cancelled" })
	close(goOn)
	w.merge("both pass", true, p, q)
	for _, n := range []string{"pull/1", "pull/2"} {
		if err := w.store.Wake(context.Background(), store.Wake{Repo: w.repo.ID, Name: n}); err != nil {
			t.Fatal(err)
		}
		w.merge("woken: "+n, true, q)
	}
	w.looksLater()
	w.merge("looked around", true, q)
	q.Label("ada", "looked at")
	w.merge("something happens to the twin", true, p, q)
	p.Label("ada", "looked at twice")
	w.merge("and to the other", true, p, q)
}

// The same where it is closed.
func TestLateLeave(t *testing.T) {
	t.Parallel()
	w, p, q := twins(t, onPostgres)
	w.bothPass(p, q)
	waits, goOn := w.holds(patchRun)
	p.Close("ada")
	<-waits
	w.lose(w.holdsRun(p.HeadSHA))
	q.Label("ada", "looked at")
	w.until("the twin speaks", func() bool { return strings.HasSuffix(w.ours(p.HeadSHA)[0].ExternalID, "/pull/2") })
	w.judgedTwice("pull/2")
	close(goOn)
	w.merge("the other passes", true, q)
	w.looksLater()
	w.merge("looked around", true, q)
}

// A run that is made late, beside that of a twin, is no second one that waits for ever.
func TestLateRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, onPostgres)
	waits, goOn := w.holds("POST /repos/{owner}/{repo}/check-runs")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	<-waits
	w.lose(w.holdsRun(p.HeadSHA))
	q := w.twin(p, "twin")
	q.Review("ben", "APPROVED", "")
	w.until("the twin passes", func() bool { all := w.ours(p.HeadSHA); return len(all) == 1 && all[0].Conclusion == "success" })
	close(goOn)
	w.merge("the twin is approved", true, q)
	q.Label("ada", "looked at")
	w.merge("something happens to it", true, q)
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	w.merge("reviewed again", true, q)
}

// What GitHub did not answer may not have been written: what said success before is not taken for a
// failure when the head moves on.
func TestNotAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, func(w *world) { w.slowly = 20 * time.Millisecond })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.merge("approved", true, p)
	old := p.HeadSHA
	w.origin.Git("branch", "-f", "kept", old)
	w.repo.Push("ada", w.origin, "kept")
	w.slowly = time.Hour
	w.stop()
	w.start()
	w.settled()
	w.gh.Fail(githubtest.Fault{On: patchRun, With: githubtest.BadGateway, Times: -1})
	p.Dismiss("ada", v)
	w.until("it can not be said", func() bool { return strings.Contains(w.logged.String(), "concluding the check run") })
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.until("it left", func() bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		return err == nil && s.DoneHead != old && s.DoneTurn == s.Turn
	})
	w.gh.Heal()
	w.settled()
	w.slowly = 20 * time.Millisecond
	w.stop()
	w.start()
	w.settled()
	goOn, waits := make(chan struct{}), make(chan struct{})
	w.keeping.Store(new(func([]byte) error { close(waits); <-goOn; return nil }))
	q := w.repo.OpenPullRequest(githubtest.NewPull{Title: "The same", Author: "ada", Head: "kept"})
	<-waits
	w.until("it may not merge before it was judged", func() bool { return !w.merges(q) })
	close(goOn)
	w.merge("judged", false, q)
}

// What was neutral in mode report lets nothing through once rules are enforced: of one that is closed,
func TestNeutralOfOneThatIsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, func(w *world) { w.mode = config.Report; w.slowly = 20 * time.Millisecond })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "neutral")
	p.Close("ada")
	w.settled()
	w.stop()
	w.mode = config.Enforce
	w.start()
	w.settled()
	goOn, waits := make(chan struct{}), make(chan struct{})
	w.keeping.Store(new(func([]byte) error { close(waits); <-goOn; return nil }))
	q := w.twin(p, "twin")
	<-waits
	w.until("it may not merge before it was judged", func() bool { return !w.merges(q) })
	w.keeping.Store(nil)
	close(goOn)
	w.merge("judged", false, q)
}

// and of one that is judged anew.
func TestNeutralWhileItIsJudged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, func(w *world) { w.mode = config.Report; w.slowly = 20 * time.Millisecond })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "neutral")
	w.settled()
	w.stop()
	goOn, waits := make(chan struct{}), make(chan struct{})
	w.keeping.Store(new(func([]byte) error { close(waits); <-goOn; return nil }))
	w.mode = config.Enforce
	w.start()
	<-waits
	w.until("it may not merge before it was judged", func() bool { return !w.merges(p) })
	close(goOn)
	w.merge("judged", false, p)
}

// The same while the database, or GitHub, does not answer for a moment.
func TestLateSuccessBesideFaults(t *testing.T) {
	t.Parallel()
	const list = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs"
	for _, what := range []string{"database", "502", "limit"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, q, p := twins(t, onPostgres)
			waits, goOn := w.holds(patchRun)
			p.Review("ben", "APPROVED", "")
			<-waits
			w.lose(sessions["idle"])
			p.Close("ada")
			w.until("it is left, and the other one speaks", func() bool {
				r := w.ours(q.HeadSHA)[0]
				return strings.HasSuffix(r.ExternalID, "/pull/1") && r.Conclusion == "failure" && len(r.Concluded) >= 3
			})
			switch what {
			case "database":
				w.sqlPostgres(`ALTER TABLE effects RENAME TO away`)
			case "502":
				w.gh.Fail(githubtest.Fault{On: list, With: githubtest.BadGateway, Times: 4})
			case "limit":
				w.gh.Fail(githubtest.Fault{On: list, With: githubtest.SecondaryLimit, In: 2 * time.Second, Times: 2})
			}
			close(goOn)
			time.Sleep(3 * time.Second) // so long it fails
			if what == "database" {
				w.sqlPostgres(`ALTER TABLE away RENAME TO effects`)
			}
			w.gh.Heal()
			w.pass(time.Minute)
			w.until("it does not stand", func() bool { return !w.merges(q) })
			w.merge("nobody approves", false, q)
			w.looksLater()
			w.merge("looked around", false, q)
		})
	}
}

func (w *world) sqlPostgres(text string) {
	w.Helper()
	c, err := pgx.Connect(context.Background(), w.address)
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(context.Background(), text); err != nil {
		w.Fatal(err)
	}
}

// A success that comes late over the failure of the same one does not stand until a review can be made.
func TestLateSuccessBeforeTheReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, onPostgres)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.settled()
	waits, goOn := w.holds(patchRun)
	v := p.Review("ben", "APPROVED", "")
	<-waits
	w.lose(sessions["idle"])
	p.Dismiss("ada", v)
	w.until("it is judged again", func() bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		r := w.ours(p.HeadSHA)[0]
		return err == nil && s.DoneTurn == s.Turn && s.Decision == "fail" && r.Conclusion == "failure" && len(r.Concluded) >= 2
	})
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}", With: githubtest.PrimaryLimit, In: time.Hour, Times: -1})
	close(goOn)
	w.until("the success came", func() bool { return slices.Contains(w.ours(p.HeadSHA)[0].Concluded, "success") })
	w.until("the review waits", func() bool { return strings.Contains(w.logged.String(), "GitHub's rate limit: later") })
	if w.merges(p) {
		t.Errorf("it is known that it does not hold: %s", w.runsOf(p.HeadSHA))
	}
	w.gh.Heal()
}
