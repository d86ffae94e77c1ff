package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"custody/app/event"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

const broughtBy = "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls"

// A merge by the button is no direct push, though GitHub's list of what brought a commit never
// knows it: the delivery that tells of the merge does, whichever comes first.
func TestPushNotListed(t *testing.T) {
	for name, address := range map[string]func(*world){"sqlite": func(*world) {}, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recorded, address)
			p := w.approved("topic", gittest.Write("a.py", "x = 2\n"))
			w.gh.Fail(githubtest.Fault{On: broughtBy, Times: -1, With: githubtest.Missing})
			landed := p.Merge("ben", "squash")
			if _, s := w.record("pull/1/record"); s.Decision != "pass" {
				t.Errorf("the record of the pull request: %+v", s)
			}
			w.settled()
			s, err := w.store.Subject(context.Background(), w.repo.ID, event.PushName("refs/heads/main", landed))
			if err != nil || !s.Closed {
				t.Errorf("the merge button is a direct push: %v %+v", err, s)
			}
			direct := w.repo.Commit("ben", "main", "straight to main", gittest.By("Ben <ben@example.com>"), gittest.Write("b.py", "x = 3\n"))
			if _, s := w.record(event.PushName("refs/heads/main", direct)); s.outcome("by-pull-request") != "not-satisfied" {
				t.Errorf("a direct push: %+v", s)
			}
		})
	}
}

// Nor is it where the list is behind and nobody told: it is asked again before it is believed.
func TestPushListedLate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, recorded, func(w *world) { w.lag = time.Hour })
	p := w.approved("topic", gittest.Write("a.py", "x = 2\n"))
	before, landed := w.base, ""
	w.unheard(func() { landed = p.Merge("ben", "squash") })
	of, err := w.store.Subject(ctx, w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	w.gh.Fail(githubtest.Fault{On: broughtBy, With: githubtest.Missing}) // once
	push := store.Request{Repo: w.repo.ID, Name: event.PushName("refs/heads/main", landed), Installation: of.Installation, Kind: "push", Stage: "record", Head: landed, Base: before, Ref: "refs/heads/main"}
	if err := w.store.Ask(ctx, push); err != nil {
		t.Fatal(err)
	}
	if _, s := w.record("pull/1/record"); s.Decision != "pass" {
		t.Errorf("the record of the pull request: %+v", s)
	}
	w.settled()
	if said, err := w.store.Reviews(ctx, w.repo.ID, push.Name, 1); err != nil || len(said) != 0 {
		t.Errorf("the merge button is a direct push: %v %+v", err, said)
	}
}

// Whoever runs the check of a merged pull request again, weeks later, changes nothing of what was
// recorded.
func TestRecordMadeAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, waivable, withWaivers)
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	p.Merge("ben", "squash")
	if _, s := w.record("pull/1/record"); s.outcome("NO-EVAL") != "excepted" {
		t.Fatalf("%+v", s)
	}
	w.settled()
	p.DeleteComment("eve", m)
	w.settled()
	w.pass(30 * 24 * time.Hour)
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	w.settled()
	s, err := w.store.Subject(ctx, w.repo.ID, "pull/1/record")
	if err != nil {
		t.Fatal(err)
	}
	if all, err := w.store.Reviews(ctx, w.repo.ID, s.Name, 2); err != nil || len(all) != 1 || s.Decision != "pass" {
		t.Errorf("the record was made again, and says %s: %v %+v", s.Decision, err, all)
	}
}

// One 404 does not take the record of a pull request away for good, nor a waiver whose comment is
// there, nor a command.
func TestMissingInAnIncident(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, waivable, withWaivers, func(w *world) { w.floor = "version: 1\nprotected_refs: [refs/heads/other]\n" })
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	comment := githubtest.Fault{On: "GET /repos/{owner}/{repo}/issues/comments/{comment_id}", With: githubtest.Missing}
	w.gh.Fail(comment) // behind the delivery that tells of it
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.Fail(comment)
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}", With: githubtest.Missing})
	p.Merge("ben", "squash")
	if _, s := w.record("pull/1/record"); s.outcome("NO-EVAL") != "excepted" {
		t.Errorf("%+v", s)
	}
	w.settled()
	if c := w.commanded(p, m); c.State != store.Answered {
		t.Errorf("%+v", c)
	}
	if s, err := w.store.Subject(ctx, w.repo.ID, "pull/1/record"); err != nil || s.Closed || s.DoneTurn == 0 {
		t.Errorf("%v %+v", err, s)
	}
}

// What was answered with 202, and is lost with the store (a copy is put back, another server takes
// over), is asked for again while GitHub lists it.
func TestStoreRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	landed := w.repo.Commit("ada", "main", "straight to main", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	name := event.PushName("refs/heads/main", landed)
	w.record(name)
	w.settled()
	w.stop()
	if err := os.RemoveAll(filepath.Join(w.dir, "db")); err != nil {
		t.Fatal(err)
	}
	w.start()
	if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
		t.Fatal(err)
	}
	w.settled()
	w.record(name)
	made := len(w.gh.Deliveries())
	if err := w.app.Tick(context.Background(), store.Sweep); err != nil {
		t.Fatal(err)
	}
	w.settled()
	if again := len(w.gh.Deliveries()); again != made {
		t.Errorf("what is known was asked for again: %d deliveries, then %d", made, again)
	}
}

// Who dismisses an approval behind the landing takes nothing back of it, and who did before it did,
// whenever the record is made.
func TestRecordDismissedBehind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, outcome string
		behind        bool
	}{{"before", "not-satisfied", false}, {"behind", "satisfied", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recorded)
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			v := p.Review("ben", "APPROVED", "")
			w.concludedAs(p.HeadSHA, "success")
			w.settled()
			w.gh.Hold()
			if !c.behind {
				p.Dismiss("ada", v)
			}
			p.Merge("ben", "squash")
			if landed := time.Now().Unix(); c.behind { // GitHub tells whole seconds
				w.until("the next second", func() bool { return time.Now().Unix() > landed })
				p.Dismiss("ada", v)
			}
			w.gh.Release()
			if _, s := w.record("pull/1/record"); s.outcome("seen") != c.outcome {
				t.Errorf("%s, %+v", s.outcome("seen"), s.Checks)
			}
		})
	}
}

// Where GitHub does not tell when it was dismissed, that is a missing fact, and asked for again.
func TestRecordDismissedUntold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	v := p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.gh.Hold()
	p.Merge("ben", "squash")
	p.Dismiss("ada", v)
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/issues/{issue_number}/events", With: githubtest.Forbidden, Times: -1})
	w.gh.Release()
	if r, s := w.record("pull/1/record"); r.Decision != "incomplete" || missing(w.facts("pull/1/record"))["reviews"] == "" {
		t.Errorf("%s, %+v", r.Decision, s.Checks)
	}
}

// A push is old enough to be believed however often checks end on its commit.
func TestPushBesideChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded, func(w *world) { w.lag = time.Hour })
	direct := w.repo.Commit("ben", "main", "straight to main", gittest.By("Ben <ben@example.com>"), gittest.Write("b.py", "x = 3\n"))
	name := event.PushName("refs/heads/main", direct)
	w.until("it is looked at", func() bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, name)
		return err == nil && s.Inputs != ""
	})
	w.pass(2 * time.Hour)
	w.repo.CheckRunBy("jenkins", "ci/build", direct, "success")
	if _, s := w.record(name); s.outcome("by-pull-request") != "not-satisfied" {
		t.Errorf("%+v", s)
	}
}

// What landed by a pull request that GitHub shows nobody any more, as it does with those of accounts
// that it takes for spam, has a record as a push.
func TestPushOfAHiddenPull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	p := w.approved("topic", gittest.Write("a.py", "x = 2\n"))
	w.gh.Fail(githubtest.Fault{On: broughtBy, Times: -1, With: githubtest.Missing})
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}", Times: -1, With: githubtest.Missing})
	landed := p.Merge("ben", "squash")
	if _, s := w.record(event.PushName("refs/heads/main", landed)); s.outcome("by-pull-request") != "not-satisfied" {
		t.Errorf("%+v", s)
	}
}
