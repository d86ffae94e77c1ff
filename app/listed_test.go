package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// A look around costs next to nothing of GitHub's limit where nothing happens, hears of a head
// that no delivery told, and comes back to what waits for a waiver's end.
func TestReconcileCost(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newWorld(t, policy, func(w *world) {
		w.now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
		for i := range 5 {
			w.gh.Repo(fmt.Sprint("acme/quiet-", i), w.origin)
		}
	})
	w.lookedAround()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concluded(p.HeadSHA)
	w.settled()
	look := func() (whole, same int) {
		t.Helper()
		w.gh.ResetCalls()
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			t.Fatal(err)
		}
		for _, c := range w.gh.Calls() {
			switch {
			case c.Operation != "GET /repos/{owner}/{repo}/pulls":
			case c.Status == 304:
				same++
			default:
				whole++
			}
		}
		w.settled()
		return whole, same
	}
	look() // the one at the start saw no pull request
	whole, same := look()
	for range 30 { // what the review says of it may change the list a while after
		if whole == 0 {
			break
		}
		whole, same = look()
	}
	if whole != 0 || same != 6 {
		t.Errorf("%d lists, and %d as they were, of 6 repositories in which nothing happened", whole, same)
	}
	w.gh.Hold()
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.gh.Lose()
	w.gh.Release()
	if whole, same := look(); whole != 1 || same != 5 {
		t.Errorf("%d lists, and %d as they were, of 6 repositories in one of which there is a new head", whole, same)
	}
	w.concluded(w.origin.ID("topic"))
	w.settled()
	// A waiver that ended while the list is as it was.
	look()
	turn := func() int64 {
		t.Helper()
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		if err != nil {
			t.Fatal(err)
		}
		return s.Turn
	}
	before := turn()
	w.sql(`UPDATE subjects SET holds = '2020-01-01' WHERE name = 'pull/1'`)
	look()
	look()
	if after := turn(); after != before+1 {
		t.Errorf("turn %d became %d", before, after)
	}
	later.Store(int64(time.Hour))
	if whole, _ := look(); whole != 6 {
		t.Errorf("%d lists are read whole after an hour", whole)
	}
}

// lookedAround waits until what the App does at its start is over.
func (w *world) lookedAround() {
	w.Helper()
	w.until("the look around at the start is over", func() (is bool) {
		w.sqlRow(`SELECT count(*) >= 3 FROM river_job WHERE kind = 'tick' AND state = 'completed'`, &is)
		return is
	})
}

// A list that could not be acted on is read whole the next time.
func TestReconcileCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.lookedAround()
	w.settled()
	w.gh.Hold()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.gh.Lose()
	w.gh.Release()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls", With: githubtest.BadGateway, Times: 1})
	for range 2 {
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			t.Fatal(err)
		}
	}
	w.concluded(p.HeadSHA)
}

// A look around that is cut goes on where it was: else what stands behind it in the list would
// never be looked at.
func TestLookIsCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.gh.Repo("zeta/shop", w.origin)
	w.gh.Install("zeta")
	w.settled()
	w.lookedAround()
	w.gh.ResetCalls()
	looked := func() (repos []string) {
		for _, c := range w.gh.Calls() {
			if c.Operation == "GET /repos/{owner}/{repo}/pulls" {
				repos = append(repos, strings.Split(c.Path, "/")[2])
			}
		}
		return repos
	}
	ctx, cut := context.WithCancel(context.Background())
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls", Repo: "zeta/shop", With: githubtest.Timeout, Then: cut})
	if err := w.app.Tick(ctx, store.Reconcile); err == nil {
		t.Error("the look was cut, and nothing says so")
	}
	w.gh.Heal()
	w.gh.ResetCalls()
	for range 2 {
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			t.Fatal(err)
		}
	}
	// The request that was cut may be told of late.
	if got := strings.Join(looked(), " "); !strings.HasSuffix(got, "zeta acme acme zeta") {
		t.Errorf("looked at %s", got)
	}
}

// What an installation missed while it was suspended is asked for once, also where GitHub answers
// badly when it is back, or never answers for one repository, so that no look comes to its end.
func TestBackAgainThroughABadGateway(t *testing.T) {
	t.Parallel()
	var inst *githubtest.Installation
	w := newWorld(t, approvals, func(w *world) {
		w.installs = func() { inst = w.gh.Install("acme") }
		w.gh.Repo("acme/zzz-blocked", w.origin)
	})
	w.lookedAround()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	inst.Suspend()
	w.settled()
	w.unheard(func() { p.Dismiss("ada", v) })
	w.gh.Fail(githubtest.Fault{On: "GET /installation/repositories", With: githubtest.BadGateway, Times: 1})
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls", Repo: "acme/zzz-blocked", With: githubtest.Forbidden, Times: -1})
	inst.Unsuspend()
	w.settled()
	look := func() int64 {
		w.pass(2 * time.Hour)
		if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
			t.Fatal(err)
		}
		w.settled()
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		if err != nil {
			t.Fatal(err)
		}
		return s.Turn
	}
	once := look()
	if run := w.concluded(p.HeadSHA); run.Conclusion == "success" {
		t.Error("the approval was dismissed meanwhile, and the check says success")
	}
	if again := look(); again != once {
		t.Errorf("asked for in turn %d, and in turn %d", once, again)
	}
	w.gh.Heal()
}

// Deliveries that tell at once of repositories that came back take no note of each other's away.
func TestMissedAtOnce(t *testing.T) {
	t.Parallel()
	const n = 40
	ctx := context.Background()
	w := newWorld(t, policy)
	w.lookedAround()
	w.gh.Senders(16)
	for i := range n {
		w.gh.Deliver("installation_repositories", fmt.Appendf(nil, `{"action":"added","installation":{"id":77},"repositories_added":[{"id":%d,"full_name":"acme/r%d"}]}`, 1000+i, i))
	}
	w.settled()
	mark, err := w.store.Mark(ctx, "missed/77")
	if words := strings.Fields(mark); err != nil || len(words) != n+1 {
		t.Errorf("of %d repositories %d are noted: %v", n, len(words)-1, err)
	}
}

// What is not a pull request goes over to another installation with its repository, too: a record
// that waits is made with the token that leads there now.
func TestRecordOfWhatChangedHands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded, func(w *world) {
		w.installs = func() { w.gh.Install("acme"); w.gh.Install("globex") }
	})
	w.approved("topic", gittest.Write("a.py", "x = 2\n")).Merge("ben", "merge")
	w.record("pull/1/record")
	w.settled()
	w.repo.Transfer("globex")
	w.looks()
	if err := w.store.Wake(t.Context(), store.Wake{Repo: w.repo.ID, Name: "pull/1/record"}); err != nil {
		t.Fatal(err)
	}
	w.settled()
	if w.waits("pull/1/record") {
		t.Error("the record is asked for where the repository is no more")
	}
}
