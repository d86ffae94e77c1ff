package control

import (
	"fmt"
	"slices"
	"testing"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/git"
)

// The verdict says whose approvals a rule counted, as the rule counts them: whoever reads a
// pack later has not to count anew, and would count otherwise.
func TestCounted(t *testing.T) {
	head, old := oid("head"), oid("old")
	const one = "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"
	bob, cid := review("2", "bob", "approved", head, "write"), review("3", "cid", "approved", head, "write")
	landed := func(in *Input) {
		in.Stage = change.AtRecord
		in.Context.Merge = &change.Merge{SHA: head.String(), At: "2026-11-20T11:00:00Z", By: person("2", "bob")}
	}
	for _, c := range []struct {
		name  string
		rules string
		edit  func(*Input)
		want  string // whose, how many for certain, who is against it
	}{
		{"at merge", one, func(in *Input) { in.Context.Reviews = []change.Review{cid, bob} }, "bob cid 2"},
		{"nobody", one, nil, "0"},
		{"with too little permission", one, func(in *Input) { in.Context.Reviews = []change.Review{review("2", "bob", "approved", head, "read")} }, "0"},
		{"a co-author", one + "people: [{id: bob, accounts: ['github.com:2'], emails: [b@home.example]}]\n", func(in *Input) {
			in.Change.Commits[0].Trailers = []change.Trailer{{Key: "Co-authored-by", Value: "B <b@home.example>"}}
			in.Context.Reviews = []change.Review{bob}
			in.Context.Repository = &change.Repository{Host: "github.com", Owner: "acme", Name: "shop"}
		}, "0"},
		{"an author whom the forge does not know", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob, cid}
			in.Context.Commits = nil
		}, "bob cid 1"},
		{"of a change to another branch", one, func(in *Input) {
			other := bob
			other.Target, in.Context.Change.Target = "release", "main"
			in.Context.Reviews = []change.Review{other}
		}, "0"},
		{"one account under two logins", one, func(in *Input) {
			renamed := review("2", "robert", "approved", head, "write")
			renamed.At = "2026-11-21T10:00:00Z"
			in.Context.Reviews = []change.Review{bob, renamed}
		}, "robert 1"},
		{"who pushed it alone", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Change.Pushers = []change.Pusher{{Login: "bob", ID: "2", Type: change.User}}
		}, "0"},
		{"who pushed it is not known", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Change.Pushers = nil
		}, "bob 0"},
		{"somebody objects", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob, review("3", "cid", "changes_requested", head, "write")}
		}, "bob 1 against cid"},
		{"landed, and the rule is not asked any more", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			landed(in)
		}, "bob 1"},
		{"after it had landed", one, func(in *Input) {
			late := bob
			late.At = "2026-11-20T12:00:00Z"
			in.Context.Reviews = []change.Review{late}
			landed(in)
		}, "0"},
		{"nobody says when it landed", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			landed(in)
			in.Context.Merge.At = ""
		}, "perhaps bob 0"},
		{"squashed", one, func(in *Input) {
			wrote := change.Commit{Commit: git.Commit{ID: old, Author: in.Change.Commits[0].Author, Committer: in.Change.Commits[0].Author}}
			in.Context.Reviews = []change.Review{review("2", "bob", "approved", old, "write")}
			in.Context.Commits[0].Committer = &change.Person{Login: "web-flow", ID: "9", Type: change.User}
			in.Context.Commits = append(in.Context.Commits, change.CommitFacts{SHA: old.String(), Author: person("1", "ann"), Committer: person("1", "ann")})
			in.Approved = map[Seen]Approved{{Commit: old.String()}: {Same: true, How: "it has the same files", Commits: []change.Commit{wrote}}}
			landed(in)
		}, "bob of the approved commit 1"},
		{"for the change record alone", "rules: [{id: r, kind: change-record, fields: [approval], approvals: {humans: 1}}]\n", func(in *Input) { in.Context.Reviews = []change.Review{bob} }, "bob 1"},
		{"about other files", "rules: [{id: r, kind: approvals, approvals: {humans: 1}, when: {paths: ['docs/**']}}]\n", func(in *Input) { in.Context.Reviews = []change.Review{bob} }, "not counted"},
		{"nobody asked for any", "rules: [{id: r, kind: pull-request}]\n", func(in *Input) { in.Context.Reviews = []change.Review{bob} }, "not counted"},
		{"without a word about reviews", one, func(in *Input) { in.Context.Reviews = nil }, "not counted"},
		{"without a context", one, func(in *Input) { in.Context = nil }, "not counted"},
	} {
		ch, x := pullRequest()
		in := Input{Change: ch, Context: x, Config: config.Layer(nil, policy(t, c.rules))}
		if c.edit != nil {
			c.edit(&in)
		}
		if got := inWords(evaluate(t, in)["r"].Approvals, old); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func inWords(a *finding.Approvals, old git.OID) string {
	if a == nil {
		return "not counted"
	}
	s := ""
	for _, by := range a.By {
		s += by.Login + " "
		if by.Commit == old.String() {
			s += "of the approved commit "
		}
	}
	for _, who := range a.Unclear {
		s += "perhaps " + who + " "
	}
	s += fmt.Sprint(a.Certain)
	for _, who := range slices.Sorted(slices.Values(a.Against)) {
		s += " against " + who
	}
	return s
}
