package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

const listRuns = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs"

// killedWriting is a world of twins whose App was killed while a success of the second one was on its
// way to GitHub, which takes it once goOn is closed. Nobody hears of what happens before there is
// another App.
func killedWriting(t *testing.T, options ...func(*world)) (w *world, q, p *githubtest.PullRequest, approval *githubtest.Review, goOn chan struct{}) {
	t.Helper()
	w, q, p = twins(t, options...)
	s := newServer(w, program(t, "custody-app"))
	s.begin()
	w.until("what is open is reviewed again, as another server is at work", func() bool {
		return strings.Count(s.log.String(), `"nothing changed since the last verdict"`)+strings.Count(s.log.String(), `"judged"`) >= 2
	})
	waits, goOn := w.holds(patchRun)
	approval = p.Review("ben", "APPROVED", "")
	<-waits
	s.kill()
	return w, q, p, approval, goOn
}

// startsAgain has an App come that says something else of the head.
func (w *world) startsAgain(head string) {
	w.Helper()
	w.start()
	w.until("something else is said", func() bool { return len(w.ours(head)[0].Concluded) >= 2 })
	w.settled()
}

// arrives lets the success come, and holds that no success stands once as much time has passed as
// may be.
func (w *world) arrives(goOn chan struct{}, after time.Duration, fails ...*githubtest.PullRequest) {
	w.Helper()
	w.pass(after)
	before := len(w.ours(fails[0].HeadSHA)[0].Concluded)
	close(goOn)
	w.until("the success came", func() bool {
		return slices.Contains(w.ours(fails[0].HeadSHA)[0].Concluded[before:], "success")
	})
	w.pass(min(2*after, 10*time.Minute) + 15*time.Second)
	w.until("it does not stand", func() bool { return !slices.ContainsFunc(fails, w.merges) })
	w.merge("what came late", false, fails...)
}

// settles holds that nobody looks any more when nothing can come late.
func (w *world) settles(head string) {
	w.Helper()
	w.until("nobody looks for what comes late", func() bool {
		w.pass(time.Minute)
		if err := w.app.SetRight(context.Background()); err != nil {
			w.Fatal(err)
		}
		e, err := w.store.Effect(context.Background(), fmt.Sprintf("right/%d/%s/refs/heads/main", w.repo.ID, head))
		return err == nil && e.Key == ""
	})
}

// A success that was on its way when the process was killed, and arrives behind what another one said
// since, does not stand: whoever has the word by then, and however late it is.
func TestKilledWriting(t *testing.T) {
	t.Parallel()
	for database, options := range map[string][]func(*world){"SQLite": nil, "PostgreSQL": {onPostgres}} {
		for what, leave := range map[string]func(w *world, q, p *githubtest.PullRequest, approval *githubtest.Review){
			"dismissed": func(w *world, _, p *githubtest.PullRequest, approval *githubtest.Review) { p.Dismiss("ada", approval) },
			"closed":    func(w *world, _, p *githubtest.PullRequest, _ *githubtest.Review) { p.Close("ada") },
			"moved": func(w *world, _, p *githubtest.PullRequest, _ *githubtest.Review) {
				w.origin.Commit("twin", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
				w.repo.Push("ada", w.origin, "twin")
			},
			"all closed": func(w *world, q, p *githubtest.PullRequest, _ *githubtest.Review) { p.Close("ada"); q.Close("ada") },
			"its twin speaks": func(w *world, q, p *githubtest.PullRequest, approval *githubtest.Review) {
				p.Dismiss("ada", approval)
				q.Label("ada", "looked at")
			},
		} {
			if database == "PostgreSQL" && what != "dismissed" && what != "moved" { // what differs is how a lock ends
				continue
			}
			t.Run(database+"/"+what, func(t *testing.T) {
				t.Parallel()
				w, q, p, approval, goOn := killedWriting(t, options...)
				head := q.HeadSHA
				leave(w, q, p, approval)
				w.start()
				w.until("something else is said", func() bool {
					r := w.ours(head)[0]
					return len(r.Concluded) >= 2 && r.Conclusion != "success" && !slices.Contains(r.Concluded, "success")
				})
				w.settled()
				w.arrives(goOn, 4*time.Minute, q)
				for _, c := range w.gh.Calls() { // whoever presses a button of it is answered at the one that is open
					if strings.Contains(string(c.Body), "What came out does not hold.") && strings.Contains(string(c.Body), "/pull/2") && what != "dismissed" {
						t.Errorf("it is set right as the word of who was late: %s", c.Body)
					}
				}
				if what == "all closed" {
					w.noSuccess(head)
				}
				w.settles(head)
			})
		}
	}
}

// It does not stand either where another process was at work all the time, or none was when it came.
func TestKilledWritingBesideOthers(t *testing.T) {
	t.Parallel()
	t.Run("another one", func(t *testing.T) {
		t.Parallel()
		w, q, p, approval, goOn := killedWriting(t, onPostgres)
		w.start()
		stays, state, stop, url := w.app, w.store, w.stop, w.url
		w.dir = t.TempDir()
		w.start()
		p.Dismiss("ada", approval)
		w.until("the twins fail", func() bool {
			return w.ours(q.HeadSHA)[0].Conclusion == "failure" && len(w.ours(q.HeadSHA)[0].Concluded) > 2
		})
		w.settled()
		w.stop()
		w.app, w.store, w.stop, w.url = stays, state, stop, url
		w.gh.DeliverTo(url + "/webhook")
		w.arrives(goOn, time.Minute, q, p)
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		w, q, p, approval, goOn := killedWriting(t)
		p.Dismiss("ada", approval)
		w.startsAgain(q.HeadSHA)
		w.stop()
		close(goOn)
		w.until("the success came", func() bool { return w.ours(q.HeadSHA)[0].Conclusion == "success" })
		w.pass(3 * time.Hour)
		w.start()
		w.until("it does not stand", func() bool { return !w.merges(q) })
		w.merge("what came while none was at work", false, q, p)
	})
}

// It is looked for as long as GitHub does not say what a check shows, and seldom.
func TestKilledWritingAndSilence(t *testing.T) {
	t.Parallel()
	w, q, p, approval, goOn := killedWriting(t)
	p.Dismiss("ada", approval)
	w.startsAgain(q.HeadSHA)
	w.lookedAround()
	w.gh.ResetCalls()
	w.gh.Fail(githubtest.Fault{On: listRuns, With: githubtest.BadGateway, Times: -1})
	close(goOn)
	w.until("the success came", func() bool { return w.ours(q.HeadSHA)[0].Conclusion == "success" })
	looks := func() (n int) {
		for _, c := range w.gh.Calls() {
			if c.Operation == listRuns {
				n++
			}
		}
		return n
	}
	for range 30 {
		w.pass(2 * time.Minute)
		if err := w.app.SetRight(context.Background()); err != nil && !strings.Contains(err.Error(), "502") {
			t.Fatal(err)
		}
	}
	if n := looks(); n < 6 || n > 12 {
		t.Errorf("%d looks in an hour of silence", n)
	}
	w.gh.Heal()
	w.pass(11 * time.Minute)
	w.until("it does not stand", func() bool { return !w.merges(q) })
	w.merge("GitHub is back", false, q, p)
	w.settles(q.HeadSHA)
}
