package control

import (
	"testing"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// What landed of a pull request was committed by whoever pressed the button: they wrote
// none of it if it is what was approved, and all of it if it is not.
func TestLanded(t *testing.T) {
	old := oid("old").String()
	const one = "rules: [{id: r, kind: approvals, approvals: {humans: 1}, at: [record]}]\n"
	sign := func(email string) git.Signature { return git.Signature{Name: email, Email: email} }
	landed := func(author, committer string, parents ...git.OID) func(*Input) {
		return func(in *Input) {
			in.Stage = change.AtRecord
			in.Change.Commits = []change.Commit{{Commit: git.Commit{ID: in.Change.Head, Parents: parents, Author: sign(author), Committer: sign(committer)}}}
			in.Context.Commits = []change.CommitFacts{
				{SHA: in.Change.Head.String(), Author: whose(author), Committer: whose(committer)},
				{SHA: old, Author: person("1", "ann"), Committer: person("1", "ann")},
			}
			in.Context.Merge = &change.Merge{SHA: in.Change.Head.String(), By: person("2", "bob"), At: "2027-01-01T00:00:00Z"}
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, How: "it makes the same change", Commits: []change.Commit{{Commit: git.Commit{ID: oid("old"), Author: sign("ann@example.org"), Committer: sign("ann@example.org")}}}}}
		}
	}
	and := func(first func(*Input), then func(*Input)) func(*Input) {
		return func(in *Input) { first(in); then(in) }
	}
	two := []git.OID{oid("p"), oid("q")}
	rebased := landed("ann@example.org", "bob@example.org", oid("p"))
	merged := func(in *Input) {
		landed("bob@example.org", "bob@example.org", two...)(in)
		in.Change.Commits = append(in.Change.Commits, in.Approved[Seen{Commit: old}].Commits...)
	}
	for _, c := range []asked{
		{"rebased by who approved", one, rebased, finding.Satisfied, ""},
		{"pushed as it was proposed, which who approved had rebased", one, and(rebased, func(in *Input) {
			in.Context.Change.Proposed = in.Change.Head.String()
		}), finding.NotSatisfied, "bob does not count: wrote"},
		{"merged by who approved", one, merged, finding.Satisfied, ""},
		{"rebased, and another change", one, and(rebased, func(in *Input) { in.Approved = map[Seen]Approved{{Commit: old}: {How: "it changes x otherwise"}} }), finding.NotSatisfied, "It has landed, and an approval from now on does not count."},
		{"rebased, and somebody had asked for changes", one, and(rebased, func(in *Input) {
			in.Context.Reviews = append(in.Context.Reviews, review("4", "dan", "changes_requested", oid("old"), "write"))
		}), finding.NotSatisfied, "does not count. Settle what dan asked for all the same, and write down"},
		{"merged, and another change", one, and(merged, func(in *Input) { in.Approved = map[Seen]Approved{{Commit: old}: {How: "it changes x otherwise"}} }), finding.NotSatisfied, ""},
		{"the forge does not say who merged", one, and(rebased, func(in *Input) { in.Context.Merge.By = nil }), finding.NotSatisfied, ""},
		{"another commit was merged", one, and(rebased, func(in *Input) { in.Context.Merge.SHA = old }), finding.NotSatisfied, ""},
		{"before it landed", one, and(rebased, func(in *Input) { in.Stage = change.AtMerge }), finding.NotApplicable, ""},
		{"who approved had committed what was approved", one, and(rebased, func(in *Input) {
			a := in.Approved[Seen{Commit: old}]
			a.Commits[0].Committer = sign("bob@example.org")
			in.Context.Commits[1].Committer = person("2", "bob")
		}), finding.NotSatisfied, ""},
		{"who approved wrote what landed", one, and(rebased, func(in *Input) {
			in.Change.Commits = append(in.Change.Commits, change.Commit{Commit: git.Commit{ID: oid("more"), Author: sign("bob@example.org"), Committer: sign("ann@example.org")}})
			in.Context.Commits = append(in.Context.Commits, change.CommitFacts{SHA: oid("more").String(), Author: person("2", "bob"), Committer: person("1", "ann")})
		}), finding.NotSatisfied, ""},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("old"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

// A merge queue's commit is the forge's, too, and who pressed its button wrote none of it.
func TestQueued(t *testing.T) {
	old := oid("old").String()
	const one = "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"
	sign := func(email string) git.Signature { return git.Signature{Name: email, Email: email} }
	group := func(in *Input) {
		wrote := change.Commit{Commit: git.Commit{ID: oid("old"), Author: sign("ann@example.org"), Committer: sign("ann@example.org")}}
		in.Change.Commits = []change.Commit{{Commit: git.Commit{ID: in.Change.Head, Parents: []git.OID{oid("p"), oid("old")}, Author: sign("queue@example.org"), Committer: sign("bob@example.org")}}, wrote}
		in.Context.Commits = []change.CommitFacts{
			{SHA: in.Change.Head.String(), Author: &change.Person{Login: "queue[bot]", ID: "9", Type: change.Bot}, Committer: person("2", "bob")},
			{SHA: old, Author: person("1", "ann"), Committer: person("1", "ann")},
		}
		in.Context.Change.Kind, in.Context.Change.Head = "merge_group", in.Change.Head.String()
		in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, How: "it has the same files", Commits: []change.Commit{wrote}}}
	}
	rebase := func(in *Input, by string) {
		own := change.Commit{Commit: git.Commit{ID: oid("own"), Author: sign("ann@example.org"), Committer: sign(by)}}
		in.Context.Change.Proposed = oid("own").String()
		in.Context.Commits = append(in.Context.Commits, change.CommitFacts{SHA: oid("own").String(), Author: person("1", "ann"), Committer: whose(by)})
		in.Approved[Seen{Commit: oid("own").String()}] = Approved{Same: true, How: "it has the same files", Commits: []change.Commit{own}}
	}
	and := func(then func(*Input)) func(*Input) { return func(in *Input) { group(in); then(in) } }
	for _, c := range []asked{
		{"queued", one, group, finding.Satisfied, ""},
		{"a pull request with the same commits", one, and(func(in *Input) { in.Context.Change.Kind = "pull_request" }), finding.NotSatisfied, ""},
		{"rebased by who approved, after they had", one, and(func(in *Input) { rebase(in, "bob@example.org") }), finding.NotSatisfied, "bob does not count: wrote"},
		{"rebased by somebody else", one, and(func(in *Input) { rebase(in, "ann@example.org") }), finding.Satisfied, ""},
		{"of a commit that nobody looked at", one, and(func(in *Input) { in.Context.Change.Proposed = oid("own").String() }), finding.NotSatisfied, "of the pull request, and then queue it again"},
		{"a context of another group", one, and(func(in *Input) { in.Context.Change.Head = old }), finding.NotSatisfied, ""},
		{"the group makes another change", one, and(func(in *Input) { in.Approved = nil }), finding.NotSatisfied, ""},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("old"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

// What a context says of why a part is missing is said where the part is missed.
func TestNoPart(t *testing.T) {
	ch, x := pullRequest()
	x.Reviews, x.Sources = nil, []change.Source{{What: "reviews", Missing: "GitHub did not answer"}}
	asked{"missing", "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n", nil, finding.NotAssessed, "no part `reviews`: GitHub did not answer"}.check(t, Input{Change: ch, Context: x})
}

// What ran on the commit that was proposed ran on what landed of it, if that makes the same
// change: nothing else is scanned, or built, before a change lands.
func TestRanOnWhatWasProposed(t *testing.T) {
	own := oid("own").String()
	const rule = "rules: [{id: r, kind: check-runs, check_runs: [{name: build, app: ci}], at: [merge, record]}]\n"
	landed := func(then func(*Input)) func(*Input) {
		return func(in *Input) {
			landedNow(in)
			in.Context.Change.Proposed = own
			in.Context.Checks = []change.CheckRun{{Name: "build", App: "ci", Head: own, Conclusion: "success", At: "2026-11-20T10:00:00Z"}}
			in.Approved = map[Seen]Approved{{Commit: own}: {Same: true, How: "it has the same files"}}
			if then != nil {
				then(in)
			}
		}
	}
	for _, c := range []asked{
		{"on it", rule, landed(nil), finding.Satisfied, "which was proposed and makes the same change"},
		{"it failed there", rule, landed(func(in *Input) { in.Context.Checks[0].Conclusion = "failure" }), finding.NotSatisfied, "which was proposed"},
		{"it failed on what landed, and ran again on what was proposed", rule, landed(func(in *Input) {
			in.Context.Checks = append(in.Context.Checks, change.CheckRun{Name: "build", App: "ci", Head: in.Change.Head.String(), Conclusion: "failure", At: "2026-11-20T09:00:00Z"})
		}), finding.NotSatisfied, "ended on the head"},
		{"another change landed", rule, landed(func(in *Input) { in.Approved = nil }), finding.NotSatisfied, "did not run on the head"},
		{"before it landed", rule, landed(func(in *Input) { in.Stage = change.AtMerge }), finding.NotSatisfied, "did not run on the head"},
		{"on another commit", rule, landed(func(in *Input) { in.Context.Checks[0].Head = oid("old").String() }), finding.NotSatisfied, "did not run on the head"},
	} {
		ch, x := pullRequest()
		c.check(t, Input{Change: ch, Context: x})
	}
}

func whose(email string) *change.Person {
	if email == "bob@example.org" {
		return person("2", "bob")
	}
	return person("1", "ann")
}
