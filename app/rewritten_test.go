package app_test

import (
	"context"
	"slices"
	"testing"

	"custody/internal/git/gittest"
)

// rewritten has somebody push to main, and rewrite that, before the App hears of either. then
// runs before it does.
func (w *world) rewritten(then func(one, two string)) (one, two string) {
	w.Helper()
	w.gh.Hold()
	one = w.origin.Commit("main", "one", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	w.repo.Push("ada", w.origin, "main")
	two = w.origin.Commit("main", "two", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "z = 1\n"))
	w.repo.ForcePush("ada", w.origin, "main")
	then(one, two)
	w.gh.Release()
	w.settled()
	return one, two
}

func pushOf(sha string) string { return "push/refs/heads/main@" + sha }

// waits says whether anybody waits for a review of a subject.
func (w *world) waits(subject string) bool {
	w.Helper()
	s, err := w.store.Subject(context.Background(), w.repo.ID, subject)
	if err != nil {
		w.Fatal(err)
	}
	return s.DoneTurn < s.Turn && !s.Closed
}

// Each push to a protected branch has a record, also when the branch has moved on by force
// and the App never saw what it was in between.
func TestRewrittenTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		then func(w *world)
	}{
		{"and it is there", func(w *world) {}},
		{"and it is gone", func(w *world) { w.repo.DeleteBranch("ada", "main") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recorded)
			one, two := w.rewritten(func(string, string) { c.then(w) })
			if _, s := w.record(pushOf(one)); s.Inputs.Base != w.base || s.Inputs.Head != one {
				t.Errorf("the first is about %s..%s", s.Inputs.Base, s.Inputs.Head)
			}
			if _, s := w.record(pushOf(two)); s.Inputs.Base != one || s.Inputs.Head != two {
				t.Errorf("the second is about %s..%s", s.Inputs.Base, s.Inputs.Head)
			}
		})
	}
}

// What the forge has no more can not be compared with. The push that took it away is recorded
// all the same, and says so; whatever is open for the branch is looked at again.
func TestRewrittenFromWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded, func(w *world) { w.floor = "version: 1\nrules:\n  - {id: must-hold, kind: requirements}\n" })
	p := w.approved("topic", gittest.Write("d.py", "x = 2\n"))
	before, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	one, two := w.rewritten(func(string, string) { w.repo.Git("prune", "--expire=now") })
	r, s := w.record(pushOf(two))
	if is := func(r reason) bool { return r.Code == "no-base" }; r.Decision != "incomplete" || !slices.ContainsFunc(s.Reasons, is) {
		t.Errorf("%s: %+v", r.Decision, s.Reasons)
	}
	if s.Inputs.Head != two {
		t.Errorf("it is about %s", s.Inputs.Head)
	}
	if after, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1"); err != nil || after.Turn <= before.Turn {
		t.Errorf("the open pull request was not reviewed again: %+v %v", after, err)
	}
	if got, text := w.says(p.HeadSHA); got != "success" {
		t.Errorf("%s: %s", got, text)
	}
	// Of the one that is gone itself there is nothing to judge.
	if all, err := w.store.Reviews(context.Background(), w.repo.ID, pushOf(one), 1); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
	for _, subject := range []string{pushOf(one), pushOf(two), "pull/1"} {
		if w.waits(subject) {
			t.Errorf("somebody waits for %s for ever", subject)
		}
	}
}

// A push that brought nothing but merged pull requests has no record of its own, and nobody
// waits for one.
func TestPushOfPullsIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	p := w.approved("topic", gittest.Write("d.py", "x = 2\n"))
	landed := p.Merge("ben", "squash")
	w.record("pull/1/record")
	w.settled()
	for _, subject := range []string{pushOf(landed), "pull/1/record", "pull/1"} {
		if w.waits(subject) {
			t.Errorf("somebody waits for %s for ever", subject)
		}
	}
}

// A protected branch that is made is judged as the design says: from the default branch.
func TestNewProtectedBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded, func(w *world) {
		w.floor = "version: 1\nprotected_refs: [\"refs/heads/main\", \"refs/heads/release/*\"]\nrules:\n  - {id: floor-holds, kind: requirements, at: [merge, record]}\n"
	})
	w.settled()
	w.origin.Git("branch", "release/1", w.base)
	w.repo.Push("ada", w.origin, "release/1") // nothing but what main is
	w.settled()
	name := "push/refs/heads/release/1@" + w.base
	if all, err := w.store.Reviews(context.Background(), w.repo.ID, name, 1); err != nil || len(all) > 0 || w.waits(name) {
		t.Errorf("of what main is there is a verdict: %v %v", all, err)
	}
	w.origin.Commit("release/2", "more", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.repo.Push("ada", w.origin, "release/2")
	_, said := w.record("push/refs/heads/release/2@" + w.origin.ID("release/2"))
	if said.Inputs.Base != w.base || len(said.Change.Commits) != 1 || said.outcome("by-pull-request") != "not-satisfied" {
		t.Errorf("%+v", said)
	}
}

// A protected tag with a message of its own is a push that is reviewed.
func TestProtectedTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded, func(w *world) {
		w.floor = "version: 1\nprotected_refs: [\"refs/heads/main\", \"refs/tags/**\"]\nrules:\n  - {id: floor-holds, kind: requirements, at: [merge, record]}\n"
	})
	w.settled()
	w.origin.Git("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "tag", "-a", "-m", "one", "v1", w.base)
	w.repo.PushRef("ada", w.origin, "refs/tags/v1")
	id := w.origin.Git("rev-parse", "refs/tags/v1")
	w.settled()
	if w.waits("push/refs/tags/v1@" + id) {
		t.Error("somebody waits for a verdict on what main is")
	}
	w.origin.Commit("aside", "more", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	w.origin.Git("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "tag", "-a", "-m", "two", "v2", "aside")
	w.repo.PushRef("ada", w.origin, "refs/tags/v2")
	if _, s := w.record("push/refs/tags/v2@" + w.origin.Git("rev-parse", "refs/tags/v2")); s.Inputs.Head != w.origin.ID("aside") || s.Inputs.Base != w.base {
		t.Errorf("%+v", s)
	}
}
