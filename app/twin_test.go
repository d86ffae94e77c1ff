package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// required has GitHub ask for our check of what is for main.
func required(w *world) {
	w.repo.AddRuleset(githubtest.Ruleset{Branches: []string{"main"}, Checks: []githubtest.RequiredCheck{{Context: "custody: main", App: w.gh.App.ID}}})
}

// merges says whether GitHub lets a pull request merge, which must not depend on how it reads
// several runs of one name.
func (w *world) merges(p *githubtest.PullRequest) bool {
	w.Helper()
	may := p.MayMerge(githubtest.Newest)
	for _, by := range githubtest.Readings {
		if p.MayMerge(by) != may {
			w.Errorf("#%d may merge by one reading and not by another (%s): %+v", p.Number, by, w.ours(p.HeadSHA))
		}
	}
	return may
}

// merge waits until all is done, and holds whether pull requests may merge.
func (w *world) merge(what string, may bool, all ...*githubtest.PullRequest) {
	w.Helper()
	w.settled()
	for _, p := range all {
		if w.merges(p) != may {
			w.Errorf("%s: #%d may merge: %t, want %t; %s", what, p.Number, !may, may, w.runsOf(p.HeadSHA))
		}
	}
}

func (w *world) runsOf(sha string) string {
	var b strings.Builder
	for _, r := range w.ours(sha) {
		b.WriteString(r.ExternalID + " " + r.Name + " " + r.Status + " " + r.Conclusion + " " + r.Title + "; ")
	}
	return b.String()
}

// twin opens a pull request of ada's with the head of another one, from a branch of its own.
func (w *world) twin(of *githubtest.PullRequest, branch string) *githubtest.PullRequest {
	w.Helper()
	w.origin.Git("branch", "-f", branch, of.HeadSHA)
	w.repo.Push("ada", w.origin, branch)
	return w.repo.OpenPullRequest(githubtest.NewPull{Title: "The same", Author: "ada", Head: branch})
}

// twins is a world with two pull requests of ada's that have one head, and that nobody approved.
func twins(t *testing.T, options ...func(*world)) (w *world, first, second *githubtest.PullRequest) {
	t.Helper()
	w = newWorld(t, approvals, append(options, required)...)
	first = w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.settled()
	second = w.twin(first, "twin")
	w.merge("at first", false, first, second)
	return w, first, second
}

// bothPass has one approved after the other.
func (w *world) bothPass(p, q *githubtest.PullRequest) {
	w.Helper()
	p.Review("ben", "APPROVED", "")
	w.merge("one is approved", true, p, q)
	q.Review("ben", "APPROVED", "")
	w.merge("both are", true, p, q)
}

// holdsPackOf keeps each review of a pull request before its verdict until goOn is closed.
func (w *world) holdsPackOf(p *githubtest.PullRequest) (goOn chan struct{}) {
	goOn = make(chan struct{})
	w.keeping.Store(new(func(file []byte) error {
		c, err := contextOf(file)
		if err == nil && int(c.Change.Number) == p.Number {
			<-goOn
		}
		return err
	}))
	return goOn
}

// stranger opens one from a fork.
func (w *world) stranger(of *githubtest.PullRequest, branch string) *githubtest.PullRequest {
	w.Helper()
	w.origin.Git("branch", "-f", branch, of.HeadSHA)
	fork := w.repo.Fork("eve")
	fork.Push("eve", w.origin, branch)
	return w.repo.OpenPullRequest(githubtest.NewPull{Title: "Mine", Author: "eve", Head: branch, From: fork})
}

// A stranger who opens a pull request with the head of an approved one keeps that from nothing, and
// changes no word of what its check says; nor does theirs pass for long than that does.
func TestTwinOfAStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.merge("at first", false, p)
	q := w.stranger(p, "theirs")
	w.merge("a twin of one that fails", false, p, q)
	v := p.Review("ben", "APPROVED", "")
	w.merge("approved", true, p, q)
	q.Close("eve")
	w.merge("the twin is closed", true, p)
	q.Reopen("eve")
	w.merge("the twin is open again", true, p)
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	w.merge("reviewed again", true, p)
	if all := w.ours(p.HeadSHA); len(all) != 1 || !strings.HasSuffix(all[0].ExternalID, "/pull/1") {
		t.Errorf("the run is another one's: %s", w.runsOf(p.HeadSHA))
	}
	p.Dismiss("ada", v)
	w.merge("dismissed", false, p, q)
	q.Close("eve")
	p.Review("ben", "APPROVED", "")
	w.merge("approved again", true, p)
}

// Of twins that fail, that of a fork does not speak where the other can, though it was judged first.
func TestTwinThatFailsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required)
	w.lookedAround() // it would find one that no delivery tells of
	var p *githubtest.PullRequest
	w.repo.Quietly(func() { p = w.pull("topic", gittest.Write("a.py", "x = 2\n")) })
	q := w.stranger(p, "theirs")
	w.merge("one fails", false, q)
	if all := w.ours(p.HeadSHA); len(all) != 1 || !strings.HasSuffix(all[0].ExternalID, "/pull/2") {
		t.Errorf("the run is none of the twin's: %s", w.runsOf(p.HeadSHA))
	}
	p.Edit("ada", "A change that is heard of late", "")
	w.merge("both fail", false, p, q)
	if all := w.ours(p.HeadSHA); len(all) != 1 || !strings.HasSuffix(all[0].ExternalID, "/pull/1") {
		t.Errorf("the run is another one's: %s", w.runsOf(p.HeadSHA))
	}
}

// An older pull request that is pushed to the head of another one later does not speak for it, be it a
// stranger's or one of the same repository; one of a fork does not for one that is none.
func TestTwinThatComesLater(t *testing.T) {
	t.Parallel()
	for what, stranger := range map[string]bool{"fork": true, "same repository": false} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, approvals, required)
			w.origin.Commit("older", "older", gittest.From(w.base), gittest.By("Eve <eve@example.com>"), gittest.Write("b.py", "y = 1\n"))
			from, by := w.repo, "ada"
			if stranger {
				w.repo.Public()
				from, by = w.repo.Fork("eve"), "eve"
			}
			from.Push(by, w.origin, "older")
			older := githubtest.NewPull{Title: "Older", Author: by, Head: "older"}
			if stranger {
				older.From = from
			}
			q := w.repo.OpenPullRequest(older)
			w.merge("alone", false, q)
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			w.merge("another one", false, p)
			if !stranger {
				w.pass(2 * time.Minute)
			}
			w.origin.Git("branch", "-f", "older", p.HeadSHA)
			from.ForcePush(by, w.origin, "older")
			w.merge("twins", false, p, q)
			q.Label("ben", "looked at")
			w.merge("the older one is looked at again", false, p, q)
			if all := w.ours(p.HeadSHA); len(all) != 1 || !strings.HasSuffix(all[0].ExternalID, "/pull/2") {
				t.Errorf("the run is of who came later: %s", w.runsOf(p.HeadSHA))
			}
		})
	}
}

// The success of a pull request that is closed, or turned, or got another head, or has landed,
// decides nothing on another one with the head that it had.
func TestTwinGone(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]func(w *world, q *githubtest.PullRequest){
		"closed": func(w *world, q *githubtest.PullRequest) { q.Close("ada") },
		"turned": func(w *world, q *githubtest.PullRequest) { q.Retarget("ada", "side") },
		"moved": func(w *world, q *githubtest.PullRequest) {
			w.origin.Commit("twin", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
			w.repo.Push("ada", w.origin, "twin")
		},
		"landed": func(w *world, q *githubtest.PullRequest) { q.Merge("ben", "squash") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, approvals, required)
			w.origin.Commit("side", "side", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "z = 1\n"))
			w.repo.Push("ada", w.origin, "side")
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			w.merge("at first", false, p)
			q := w.twin(p, "twin")
			q.Review("ben", "APPROVED", "")
			w.merge("its twin is approved", true, p, q)
			leave(w, q)
			w.merge("and gone", false, p)
			p.Review("ben", "CHANGES_REQUESTED", "no")
			w.merge("and changes are asked for", false, p)
			time.Sleep(1100 * time.Millisecond) // GitHub tells of reviews by the second
			p.Review("ben", "APPROVED", "")
			w.merge("approved itself", true, p)
		})
	}
}

// While one of them passes, all say so, and none when none does: whoever is judged last.
func TestTwinsPass(t *testing.T) {
	t.Parallel()
	for what, options := range map[string][]func(*world){"SQLite": {required}, "PostgreSQL": {required, onPostgres}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, approvals, options...)
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			q := w.twin(p, "twin")
			w.merge("at first", false, p, q)
			one := q.Review("ben", "APPROVED", "")
			w.merge("one is approved", true, p, q)
			w.repo.RerequestSuite("ada", p.HeadSHA)
			w.merge("reviewed again", true, p, q)
			two := p.Review("ben", "APPROVED", "")
			w.merge("both are", true, p, q)
			q.Dismiss("ada", one)
			w.merge("one is", true, p, q)
			p.Dismiss("ada", two)
			w.merge("none is", false, p, q)
			p.Review("ben", "APPROVED", "")
			q.Review("ben", "APPROVED", "")
			w.merge("both are again", true, p, q)
			p.Close("ada")
			w.merge("one is closed", true, q)
			q.Close("ada")
			w.settled()
			for _, r := range w.ours(p.HeadSHA) {
				if r.Conclusion == "success" {
					t.Errorf("a success of what is closed: %s", w.runsOf(p.HeadSHA))
				}
			}
			p.Reopen("ada")
			w.merge("one is open again", true, p)
			if all := w.ours(p.HeadSHA); len(all) != 1 {
				t.Errorf("%d runs: %s", len(all), w.runsOf(p.HeadSHA))
			}
		})
	}
}

// What stands on a commit that landed says nothing of a pull request that is opened with it, not even
// while that is judged for the first time.
func TestTwinOfWhatLanded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	p.Review("ben", "APPROVED", "")
	w.merge("approved", true, p)
	p.Merge("ben", "squash")
	w.settled()
	if got, _ := w.says(p.HeadSHA); got != "success" {
		t.Errorf("what landed says %s", got)
	}
	goOn := make(chan struct{})
	w.keeping.Store(new(func([]byte) error { <-goOn; return nil }))
	q := w.twin(p, "twin")
	w.until("the success is taken back", func() bool { return !w.merges(q) })
	close(goOn)
	w.merge("judged", false, q)
}

// GitHub may not take what is said when one is closed: it is said all the same, later.
func TestTwinGoneBesideFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.merge("at first", false, p)
	q := w.twin(p, "twin")
	q.Review("ben", "APPROVED", "")
	w.merge("its twin is approved", true, p, q)
	w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", With: githubtest.BadGateway, Times: 2})
	q.Close("ada")
	w.merge("and closed", false, p)
}

// Who opens a pull request with the commit that a merge queue made throws nothing out of the queue.
func TestTwinOfAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, queued, required)
	g := w.approved("one", gittest.Write("b.py", "y = 1\n")).Queue(nil, "merge")
	w.concludedAs(g.HeadSHA, "success")
	w.settled()
	w.origin.Git("fetch", "--quiet", w.repo.Dir, g.Ref)
	w.origin.Git("branch", "-f", "theirs", g.HeadSHA)
	fork := w.repo.Fork("eve")
	fork.Push("eve", w.origin, "theirs")
	q := w.repo.OpenPullRequest(githubtest.NewPull{Title: "Mine", Author: "eve", Head: "theirs", From: fork})
	w.settled()
	w.repo.Rerequest("ada", w.ours(g.HeadSHA)[0].ID)
	w.settled()
	all := w.ours(g.HeadSHA)
	if len(all) != 1 || all[0].Conclusion != "success" || len(all[0].Concluded) > 2 {
		t.Errorf("%s %v", w.runsOf(g.HeadSHA), all[0].Concluded)
	}
	g.Destroy("dequeued")
	w.merge("the group is gone", false, q)
}

// A delivery that a pull request was closed, and comes when it is open again, closes nothing.
func TestClosedLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "success")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.unheard(func() { p.Close("ada") })
	p.Reopen("ada")
	w.settled()
	for _, d := range w.gh.Deliveries() {
		if d.Event == "pull_request" && d.Action == "closed" {
			w.gh.Redeliver(d.GUID)
		}
	}
	w.settled()
	if s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1"); err != nil || s.Closed {
		t.Errorf("it is open, and taken for closed: %v", err)
	}
	w.repo.CheckRunBy("jenkins", "ci/build", p.HeadSHA, "failure")
	w.concludedAs(p.HeadSHA, "failure")
}

// A success that was taken back because the verdict takes long is given back in the same run, and by
// a twin that passes meanwhile.
func TestTwinTakesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, func(w *world) { w.slowly = 20 * time.Millisecond })
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	q := w.twin(p, "twin")
	w.settled()
	w.bothPass(p, q)
	goOn := w.holdsPackOf(p)
	p.Label("ada", "looked at")
	w.until("the twin speaks for both", func() bool {
		all := w.ours(p.HeadSHA)
		return len(all) == 1 && strings.HasSuffix(all[0].ExternalID, "/pull/2") && all[0].Conclusion == "success"
	})
	close(goOn)
	w.merge("both pass", true, p, q)
}

// A run that a version before made for its pull request alone is the one of its name from then on.
func TestRunOfBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.merge("approved", true, p)
	run := w.ours(p.HeadSHA)[0]
	w.stop()
	w.sql(`DELETE FROM effects WHERE key LIKE 'run/%' OR key LIKE 'spoke/%'`)
	w.sql(`INSERT INTO effects (key, state, result, at) VALUES (?, 'done', ?, 1)`, fmt.Sprintf("check/%d/pull/1/%s", w.repo.ID, p.HeadSHA), fmt.Sprint(run.ID))
	files, err := filepath.Glob("../internal/store/migrations/sqlite/*_runs.sql")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	w.sql(up)
	w.start()
	p.Dismiss("ada", v)
	w.merge("dismissed", false, p)
	p.Review("ben", "APPROVED", "")
	w.merge("approved again", true, p)
	p.Close("ada")
	w.settled()
	if all := w.ours(p.HeadSHA); len(all) != 1 || all[0].ID != run.ID || all[0].Conclusion != "cancelled" {
		t.Errorf("%s", w.runsOf(p.HeadSHA))
	}
}
