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
	"custody/internal/store"
)

// What GitHub does not let be written, or tells nothing of, costs few requests, and fewer as it goes on.

func (w *world) subject(name string) store.Subject {
	w.Helper()
	s, err := w.store.Subject(context.Background(), w.repo.ID, name)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// triedOnce waits until all was tried, and what failed is given up as after ten times.
func (w *world) triedOnce() {
	w.Helper()
	w.gh.Settle()
	w.until("all was tried", func() bool {
		w.sql(`UPDATE river_job SET state = 'discarded', finalized_at = CURRENT_TIMESTAMP WHERE kind = 'review' AND state = 'retryable'`)
		counts, err := w.store.CountDeliveries(context.Background())
		if err != nil {
			w.Fatal(err)
		}
		jobs, err := w.store.Jobs(context.Background())
		return err == nil && jobs == 0 && counts[store.Accepted] == 0
	})
}

// anHour lets one pass, in which the App looks around, and at what may come late, every ten minutes. It
// counts how often a subject was asked for, and requests of GitHub's API; each turn is tried once.
func (w *world) anHour(subject string) (turns int64, calls int) {
	w.Helper()
	turns = w.subject(subject).Turn
	w.gh.ResetCalls()
	for range 6 {
		w.pass(10 * time.Minute)
		for range 2 {
			if err := w.app.SetRight(context.Background()); err != nil {
				w.Logf("looking at what may come late: %v", err)
			}
			w.triedOnce()
		}
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			w.Fatal(err)
		}
		w.triedOnce()
	}
	return w.subject(subject).Turn - turns, len(w.gh.Calls())
}

// upgraded is an App of another version, which reviews what passes again.
func (w *world) upgraded() {
	w.Helper()
	w.stop()
	w.version = "upgraded"
	w.start()
}

// A verdict that can not be written is tried again after twenty minutes, and ever more seldom, whether
// GitHub shows the same already or something else, and written when it can be.
func TestFaultOfAllWrites(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		policy, shows string
		with          githubtest.Failure
		verdict       func(*world, *githubtest.PullRequest)
	}{
		"refused, the same":       {policy, "success", githubtest.Forbidden, func(w *world, _ *githubtest.PullRequest) { w.upgraded() }},
		"lost, something else":    {approvals, "failure", githubtest.BadGateway, func(_ *world, p *githubtest.PullRequest) { p.Review("ben", "APPROVED", "") }},
		"refused, nothing so far": {policy, "", githubtest.Forbidden, nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.policy, once)
			w.lookedAround()
			if c.verdict == nil {
				w.gh.Fail(githubtest.Fault{On: "POST /repos/{owner}/{repo}/check-runs", With: c.with, Times: -1})
			}
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			if c.verdict != nil {
				w.concludedAs(p.HeadSHA, c.shows)
				w.settled()
				w.gh.Fail(githubtest.Fault{On: patchRun, With: c.with, Times: -1})
				before := w.subject("pull/1").Turn
				c.verdict(w, p)
				w.until("it is asked for", func() bool { return w.subject("pull/1").Turn > before })
			}
			w.triedOnce()
			var turns []int64
			var calls []int
			for range 6 {
				n, requests := w.anHour("pull/1")
				turns, calls = append(turns, n), append(calls, requests)
			}
			if slices.Max(turns) > 3 || turns[5] > 1 || turns[0] == 0 {
				t.Errorf("it is asked for so often an hour: %d; requests: %d", turns, calls)
			}
			if slices.Max(calls) > 100 || calls[5] > 60 {
				t.Errorf("so many requests an hour: %d", calls)
			}
			w.gh.Heal()
			w.pass(6 * time.Hour)
			w.looks()
			w.concludedAs(p.HeadSHA, "success")
		})
	}
}

// Nothing is reviewed in a repository that is archived, whoever says so, and all that is open is when
// it is not any more.
func TestArchived(t *testing.T) {
	t.Parallel()
	for what, quiet := range map[string]bool{"told": false, "found": true} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, policy, once)
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			w.concludedAs(p.HeadSHA, "success")
			w.lookedAround()
			w.settled()
			archive := func(is bool) {
				w.repo.Archive(is)
				if !quiet {
					w.gh.Deliver("repository", fmt.Appendf(nil, `{"action":%q,"repository":{"id":%d,"full_name":"acme/shop"},"installation":{"id":%d},"sender":{"id":1,"login":"ada"}}`,
						map[bool]string{true: "archived", false: "unarchived"}[is], w.repo.ID, w.subject("pull/1").Installation))
					w.settled()
				}
			}
			archive(true)
			w.upgraded()
			w.lookedAround()
			w.settled()
			for range 2 {
				w.anHour("pull/1")
				for _, c := range w.gh.Calls() {
					if strings.Contains(c.Operation, "{repo}") || strings.HasPrefix(c.Operation, "git ") {
						t.Errorf("%s in an archived repository", c.Operation)
					}
				}
			}
			if strings.Contains(w.logged.String(), "a review could not be made") {
				t.Error("reviews were tried in vain")
			}
			if e, err := w.store.Effect(context.Background(), fmt.Sprintf("right/%d/%s/refs/heads/main", w.repo.ID, p.HeadSHA)); err != nil || e.Key != "" {
				t.Errorf("%+v, %v", e, err)
			}
			archive(false)
			if quiet {
				w.looks()
			}
			w.settled()
			if s := w.subject("pull/1"); s.DoneTurn != s.Turn {
				t.Errorf("it is not archived any more, and %+v", s)
			}
			w.concludedAs(p.HeadSHA, "success")
		})
	}
}

// A success that comes late, and that GitHub does not let be taken back, asks for few requests, and is
// taken back once it does.
func TestLateAndRefused(t *testing.T) {
	t.Parallel()
	w, q, p, approval, goOn := killedWriting(t, once)
	p.Dismiss("ada", approval)
	w.startsAgain(q.HeadSHA)
	w.lookedAround()
	w.gh.Fail(githubtest.Fault{On: patchRun, With: githubtest.Forbidden, Times: -1})
	close(goOn)
	w.until("the success came", func() bool { return w.ours(q.HeadSHA)[0].Conclusion == "success" })
	for hour := range 3 {
		turns := w.subject("pull/1").Turn
		turns2, calls := w.anHour("pull/2")
		if turns = w.subject("pull/1").Turn - turns; turns+turns2 > 8 || calls > 150 {
			t.Errorf("hour %d: %d and %d reviews, %d requests", hour, turns, turns2, calls)
		}
	}
	if !w.merges(q) {
		t.Error("it was taken back, although nobody may write")
	}
	w.gh.Heal()
	w.pass(11 * time.Minute)
	if err := w.app.SetRight(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.until("it does not stand", func() bool { return !w.merges(q) })
	w.merge("GitHub lets it be written", false, q, p)
}

// What was begun on a commit that GitHub has no more, or in a repository that is not ours any more, is
// looked for for a day.
func TestLateOnWhatIsGone(t *testing.T) {
	t.Parallel()
	for what, repo := range map[string]int64{"a commit": 0, "a repository": 1 << 40} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, policy)
			w.lookedAround()
			w.settled()
			if repo == 0 {
				repo = w.repo.ID
			}
			where := fmt.Sprintf("%d/%s/refs/heads/main", repo, strings.Repeat("d", 40))
			w.sql(`INSERT INTO effects (key, state, result, at) VALUES (?, 'begun', '{"id":5,"by":"pull/9","mark":"x success"}', ?)`, "run/"+where, w.now().UnixMilli())
			w.gh.ResetCalls()
			for range 26 {
				for range 4 {
					w.pass(15 * time.Minute)
					if err := w.app.SetRight(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
			}
			if n := len(w.gh.Calls()); repo == w.repo.ID && n < 24 || n > 300 {
				t.Errorf("%d requests in a day", n)
			}
			ctx := context.Background()
			run, err := w.store.Effect(ctx, "run/"+where)
			if err != nil || !run.Done || strings.Contains(run.Result, "pull/9") || !strings.Contains(run.Result, "overwritten success") {
				t.Errorf("%+v, %v", run, err)
			}
			if e, err := w.store.Effect(ctx, "right/"+where); err != nil || e.Key != "" {
				t.Errorf("it is looked for still: %+v, %v", e, err)
			}
			if begun, err := w.store.Begun(ctx, []string{"run/"}, w.now().UnixMilli(), 10); err != nil || len(begun) > 0 {
				t.Errorf("it is begun still: %q, %v", begun, err)
			}
		})
	}
}
