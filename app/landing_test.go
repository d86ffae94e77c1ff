package app_test

import (
	"context"
	"encoding/json"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack/verify"
	"custody/internal/store"
)

// record waits for the verdict on a subject and gives the verdict of its pack.
func (w *world) record(subject string) (store.Review, said) {
	w.Helper()
	var r store.Review
	w.until("a verdict on "+subject, func() bool {
		all, err := w.store.Reviews(context.Background(), w.repo.ID, subject, 1)
		if err != nil {
			w.Fatal(err)
		}
		if len(all) == 0 {
			return false
		}
		r = all[0]
		return true
	})
	file, err := w.blobs.Get(context.Background(), r.Pack)
	if err != nil {
		w.Fatal(err)
	}
	members, err := verify.Decode(file)
	if err != nil {
		w.Fatal(err)
	}
	var s said
	if err := json.Unmarshal(members[verify.PackJSON], &s); err != nil {
		w.Fatal(err)
	}
	return r, s
}

// said is what the tests read of a pack.
type said struct {
	Decision string `json:"decision"`
	Stage    string `json:"stage"`
	Inputs   struct {
		Base, Head string
	} `json:"inputs"`
	Change struct {
		Commits []struct{ SHA string } `json:"commits"`
	} `json:"change"`
	Checks []struct {
		ID, Outcome string
		Reasons     []reason
	} `json:"checks"`
	Reasons []reason `json:"reasons"`
}

type reason struct{ Code, Detail string }

func (s said) outcome(id string) string {
	for _, c := range s.Checks {
		if c.ID == id {
			return c.Outcome
		}
	}
	return ""
}

const recorded = `version: 1
rules:
  - {id: must-hold, kind: requirements, at: [merge, record]}
  - {id: seen, kind: approvals, approvals: {humans: 1}, at: [merge, record]}
  - {id: by-pull-request, kind: pull-request, at: [record]}
`

// What landed is recorded against what the branch was before, however it was merged, and
// the approval of the old head counts where it makes the same change.
func TestRecord(t *testing.T) {
	t.Parallel()
	for method, commits := range map[string]int{"merge": 3, "squash": 1, "rebase": 2} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recorded)
			w.origin.Commit("topic", "first (#1)", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
			p := w.pull("topic", gittest.From("topic"), gittest.Write("a.py", "x = 2\n"))
			w.concluded(p.HeadSHA)
			p.Review("ben", "APPROVED", "")
			w.concludedAs(p.HeadSHA, "success")
			// The branch moves on, so that what lands is another tree.
			w.repo.Quietly(func() { w.repo.Commit("ben", "main", "beside", gittest.Write("c.py", "z = 1\n")) })
			before := w.repo.Git("rev-parse", "refs/heads/main")
			landed := p.Merge("ben", method)
			r, s := w.record("pull/1/record")
			if s.Stage != "record" || s.Inputs.Head != landed || s.Inputs.Base != before {
				t.Errorf("it is about %s..%s at stage %s, and %s..%s landed", s.Inputs.Base, s.Inputs.Head, s.Stage, before, landed)
			}
			if len(s.Change.Commits) != commits {
				t.Errorf("%d commits instead of %d", len(s.Change.Commits), commits)
			}
			if s.outcome("seen") != "satisfied" || s.outcome("by-pull-request") != "satisfied" || r.Decision != "pass" {
				t.Errorf("%s: %+v", r.Decision, s.Checks)
			}
			// The push of the same landing has no record of its own.
			w.settled()
			if got, err := w.store.Reviews(context.Background(), w.repo.ID, "push/refs/heads/main@"+landed, 1); err != nil || len(got) != 0 {
				t.Errorf("the push was reviewed, too: %v %v", got, err)
			}
		})
	}
}

// A push past every pull request is a finding.
func TestDirectPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	landed := w.repo.Commit("ada", "main", "straight to main", gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "x = 3\n"))
	_, s := w.record("push/refs/heads/main@" + landed)
	if s.Stage != "record" || s.Inputs.Base != w.base || s.outcome("by-pull-request") != "not-satisfied" {
		t.Errorf("%+v", s)
	}
	// Nothing is said of side branches.
	w.repo.Commit("ada", "side", "aside", gittest.From("main"), gittest.Write("a.py", "x = 4\n"))
	w.settled()
	if len(w.ours(landed)) != 0 {
		t.Error("a check run on a push")
	}
}

// A merge group is judged as it is, on its own commit.
func TestMergeGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	one := w.pull("one", gittest.Write("b.py", "y = 1\n"))
	two := w.pull("two", gittest.Write("c.py", "eval(1)\n"))
	good := w.repo.MergeGroup(one)
	if run := w.concluded(good.HeadSHA); run.Conclusion != "success" || run.Name != "custody: main" {
		t.Errorf("%+v", run)
	}
	bad := w.repo.MergeGroup(one, two)
	if run := w.concluded(bad.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
	bad.Destroy("dequeued")
	good.Merge()
	w.record("pull/1/record")
}

// settled waits until every delivery was decided on and nothing is under way. Some tests cut the
// connections to the database: then it asks again.
func (w *world) settled() {
	w.Helper()
	w.gh.Settle()
	w.until("every delivery is decided on", func() bool {
		counts, err := w.store.CountDeliveries(context.Background())
		if err != nil {
			return false
		}
		jobs, err := w.store.Jobs(context.Background())
		return err == nil && counts[store.Accepted] == 0 && jobs == 0
	})
}

// An approval that is heard of with the landing is of what the change was before it, also
// where GitHub does not tell how the branch moved.
func TestRecordApprovedUnheard(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"merge", "squash", "rebase"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recorded)
			p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
			w.settled()
			w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/activity", With: githubtest.Forbidden, Times: -1})
			w.gh.Hold()
			p.Review("ben", "APPROVED", "")
			p.Merge("ben", method)
			w.gh.Release()
			if r, s := w.record("pull/1/record"); s.outcome("seen") != "satisfied" || r.Decision != "pass" {
				t.Errorf("%s: %+v", r.Decision, s.Checks)
			}
		})
	}
}

// Whoever pushes the commits of a pull request to the branch themselves lands all of them.
func TestRecordOfAPushedPull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	w.origin.Commit("topic", "first", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
	p := w.approved("topic", gittest.From("topic"), gittest.Write("a.py", "x = 2\n"))
	w.origin.Git("branch", "--force", "main", p.HeadSHA)
	w.repo.Push("ben", w.origin, "main")
	r, s := w.record("pull/1/record")
	if s.Inputs.Base != w.base || len(s.Change.Commits) != 2 || s.outcome("seen") != "satisfied" || r.Decision != "pass" {
		t.Errorf("%s of %s..%s: %+v", r.Decision, s.Inputs.Base, s.Inputs.Head, s.Checks)
	}
}

// Nor do they by that land what they rebased after they had approved it, as somebody else's.
func TestRecordOfAPushedPullRebasedByWhoApproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recorded)
	p := w.approved("topic", gittest.Write("b.py", "y = 1\n"))
	w.repo.Quietly(func() {
		main := w.repo.Commit("ada", "main", "beside", gittest.By("Ada <ada@example.com>"), gittest.Write("c.py", "z = 1\n"))
		if _, err := w.origin.Try("fetch", "--quiet", "file://"+w.repo.Dir, main); err != nil {
			t.Error(err)
		}
		w.origin.Commit("topic", "change on topic", gittest.From(main), gittest.By("Ada <ada@example.com>"), gittest.CommittedBy("Ben <ben@example.com>"), gittest.Write("b.py", "y = 1\n"))
	})
	w.repo.ForcePush("ada", w.origin, "topic")
	w.settled()
	w.origin.Git("branch", "--force", "main", p.HeadSHA)
	w.repo.Push("ada", w.origin, "main")
	if r, s := w.record("pull/1/record"); s.Inputs.Head != p.HeadSHA || s.outcome("seen") != "not-satisfied" || r.Decision != "fail" {
		t.Errorf("%s of %s..%s: %+v", r.Decision, s.Inputs.Base, s.Inputs.Head, s.Checks)
	}
}

// That GitHub does not get to tell how the branch moved keeps no review from its end.
func TestApprovedWhereNobodyTellsOfMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals)
	p := w.pull("topic", gittest.Write("b.py", "y = 1\n"))
	w.settled()
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/activity", With: githubtest.BadGateway, Times: -1})
	p.Review("ben", "APPROVED", "")
	if run := w.concludedAs(p.HeadSHA, "success"); run.Conclusion != "success" {
		t.Errorf("%+v", run)
	}
}
