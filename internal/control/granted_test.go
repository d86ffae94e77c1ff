package control

import (
	"encoding/json"
	"strings"
	"testing"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

func grant() *WaiverRecord {
	return &WaiverRecord{Schema: WaiverSchema, ID: "W-9", Covers: "r", Paths: []config.Glob{"**"},
		Repository: change.Repository{Host: "github.com", Owner: "acme", Name: "shop"},
		Owner:      "dan", Approver: *person("5", "eve"), Permission: "admin", Reason: "imported", LastDay: "2026-11-30"}
}

// A change cannot grant its own waiver, and one that is not for it does not count.
func TestGranted(t *testing.T) {
	const rule = "rules: [{id: r, kind: authorship-limit, classes: [unknown], max_permille: 0, waivable: true}]\n"
	with := func(edit func(*Input, *WaiverRecord)) func(*Input) {
		return func(in *Input) {
			w := grant()
			in.Day = "2026-11-24"
			in.Granted = []Granted{{Waiver: w, Signer: "grants"}}
			in.Context.Waivers = make([]change.Waiver, 1)
			if edit != nil {
				edit(in, w)
			}
		}
	}
	for _, c := range []struct {
		asked
		notice string
	}{
		{asked{"granted", rule, with(nil), finding.Excepted, "W-9"}, "granted by eve outside of the repository, until 2026-11-30: imported"},
		{asked{"for a rule that is not waivable", strings.Replace(rule, ", waivable: true", "", 1), with(nil), finding.NotSatisfied, ""}, "not waivable here"},
		{asked{"of the floor", "", with(func(in *Input, _ *WaiverRecord) {
			in.Config = config.Layer(floorOf(t, "authorship: {unknown: ai}\n"+rule), nil)
		}), finding.Excepted, ""}, ""},
		{asked{"of the floor, not waivable", "", with(func(in *Input, _ *WaiverRecord) {
			in.Config = config.Layer(floorOf(t, "authorship: {unknown: ai}\n"+strings.Replace(rule, ", waivable: true", "", 1)), nil)
		}), finding.NotSatisfied, ""}, ""},
		{asked{"expired", rule, with(func(_ *Input, w *WaiverRecord) { w.LastDay = "2026-11-23" }), finding.NotSatisfied, ""}, "its last day was 2026-11-23"},
		{asked{"for other files", rule, with(func(_ *Input, w *WaiverRecord) { w.Paths = []config.Glob{"legacy/**"} }), finding.NotSatisfied, ""}, ""},
		{asked{"for another rule", rule, with(func(_ *Input, w *WaiverRecord) { w.Covers = "q" }), finding.NotSatisfied, ""}, "no rule or requirement in effect has the id q"},
		{asked{"for another repository", rule, with(func(_ *Input, w *WaiverRecord) { w.Repository.Name = "other" }), finding.NotSatisfied, ""}, "it is for the repository github.com/acme/other"},
		{asked{"which repository this is, is not known", rule, with(func(in *Input, _ *WaiverRecord) { in.Context.Repository = nil }), finding.NotSatisfied, ""}, "it is for the repository"},
		{asked{"for this commit", rule, with(func(in *Input, w *WaiverRecord) { w.Head = in.Change.Head.String() }), finding.Excepted, ""}, ""},
		{asked{"for this commit, when it was another change to the branch", rule, with(func(in *Input, w *WaiverRecord) {
			w.Head, w.Base = in.Change.Head.String(), oid("old").String()
			in.Approved = map[Seen]Approved{{w.Head, w.Base}: {How: "it changes x otherwise"}}
		}), finding.NotSatisfied, ""}, "when the branch that it is for was at"},
		{asked{"for another commit", rule, with(func(_ *Input, w *WaiverRecord) { w.Head = oid("old").String() }), finding.NotSatisfied, ""}, "was not looked at"},
		{asked{"for this target", rule, with(func(in *Input, w *WaiverRecord) {
			w.Target, in.Context.Change.Target = "refs/heads/main", "refs/heads/main"
		}), finding.Excepted, "W-9"}, ""},
		{asked{"for another target", rule, with(func(in *Input, w *WaiverRecord) {
			w.Target, in.Context.Change.Target = "refs/heads/side", "refs/heads/main"
		}), finding.NotSatisfied, ""}, "it is for a change to refs/heads/side"},
		{asked{"for a target, and this one is not known", rule, with(func(in *Input, w *WaiverRecord) { w.Target, in.Context.Change.Target = "refs/heads/main", "" }), finding.NotSatisfied, ""}, "it is for a change to refs/heads/main"},
		{asked{"granted by the author", rule, with(func(_ *Input, w *WaiverRecord) { w.Approver = *person("1", "ann") }), finding.NotSatisfied, ""}, "ann, who granted it, wrote some of the change"},
		{asked{"granted by who asked for the change", rule, with(func(in *Input, _ *WaiverRecord) { in.Context.Change.Author = person("5", "eve") }), finding.NotSatisfied, ""}, "wrote some of the change"},
		{asked{"granted by who pushed it", rule, with(func(in *Input, _ *WaiverRecord) {
			in.Context.Change.Pushers = []change.Pusher{{Login: "ann", ID: "1"}, {Login: "eve", ID: "5"}}
		}), finding.NotSatisfied, ""}, "pushed some of the change"},
		{asked{"granted by who pushed it, of whom no id is known", rule, with(func(in *Input, _ *WaiverRecord) {
			in.Context.Change.Pushers = []change.Pusher{{Login: "EVE"}}
		}), finding.NotSatisfied, ""}, "pushed some of the change"},
		{asked{"nobody knows who pushed it", rule, with(func(in *Input, _ *WaiverRecord) { in.Context.Change.Pushers = nil }), finding.NotSatisfied, ""}, "does not say who pushed the change"},
		{asked{"pushed with a key of no account", rule, with(func(in *Input, _ *WaiverRecord) {
			in.Context.Change.Pushers = []change.Pusher{{Login: "ann", ID: "1"}, {From: "ssh key"}}
		}), finding.NotSatisfied, ""}, "does not say by id who pushed the change"},
		{asked{"pushed by the author, by login", rule, with(func(in *Input, _ *WaiverRecord) {
			in.Context.Change.Pushers = []change.Pusher{{Login: "Ann", From: "gitolite"}}
		}), finding.Excepted, ""}, ""},
		{asked{"for a commit that makes the same change", rule, with(func(in *Input, w *WaiverRecord) {
			w.Head = oid("old").String()
			in.Approved = map[Seen]Approved{{Commit: w.Head}: {Same: true, How: "it has the same files", Commits: in.Change.Commits}}
		}), finding.Excepted, ""}, ""},
		{asked{"for a commit of other authors that makes the same change", rule, with(func(in *Input, w *WaiverRecord) {
			w.Head = oid("old").String()
			other := in.Change.Commits[0]
			other.ID, other.Author.Email = oid("old"), "somebody@else.example"
			in.Approved = map[Seen]Approved{{Commit: w.Head}: {Same: true, Commits: []change.Commit{other}}}
		}), finding.NotSatisfied, ""}, "its commits name other authors"},
		{asked{"granted with the author's other account", rule + "people: [{id: ann, accounts: ['github.com:1', 'github.com:5']}]\n", with(nil), finding.NotSatisfied, ""}, "wrote some of the change"},
		{asked{"an author whom nobody knows", rule, with(func(in *Input, _ *WaiverRecord) { in.Context.Commits = nil }), finding.NotSatisfied, ""}, "may have granted it"},
		{asked{"history cut", rule, with(func(in *Input, _ *WaiverRecord) { in.Change.Limits = []change.Limit{{What: "trailers", Max: 1}} }), finding.NotAssessed, ""}, "history"},
		{asked{"granted by its owner", rule, with(func(_ *Input, w *WaiverRecord) { w.Owner = "@Eve" }), finding.NotSatisfied, ""}, "its own owner granted it"},
		{asked{"granted by a bot", rule, with(func(_ *Input, w *WaiverRecord) { w.Approver.Type = change.Bot }), finding.NotSatisfied, ""}, "is not known to be a person"},
		{asked{"granted with too little permission", rule, with(func(_ *Input, w *WaiverRecord) { w.Permission = "write" }), finding.NotSatisfied, ""}, "and it takes maintain"},
		{asked{"not signed", rule, with(func(in *Input, _ *WaiverRecord) { in.Granted[0] = Granted{Why: "nobody signed it"} }), finding.NotSatisfied, ""}, "waiver number 1 of the context (context) does not count: nobody signed it"},
		{asked{"not read", rule, with(func(in *Input, _ *WaiverRecord) { in.Granted = nil }), finding.NotSatisfied, ""}, "were not all read"},
	} {
		ch, x := pullRequest()
		x.Repository = &change.Repository{Host: "GitHub.com", Owner: "acme", Name: "shop"}
		in := Input{Change: ch, Context: x, Attestation: attested(ch, attestation.Unknown, map[string]map[attestation.Class]int{"src/a.go": {attestation.Unknown: 10}})}
		c.check(t, in)
		c.edit(&in)
		if in.Config == nil {
			in.Config = config.Layer(nil, policy(t, c.rules))
		}
		for _, f := range evaluate(t, in)[NoticeWaivers].Found {
			if strings.Contains(f.Remedy, "Take it out") {
				t.Errorf("%s: %s: a record that is in no file can not be taken out", c.name, f.Remedy)
			}
		}
		if got := text(evaluate(t, in)[NoticeWaivers]); c.notice != "history" && !strings.Contains(got, c.notice) {
			t.Errorf("%s: the notice is %s", c.name, got)
		}
	}
}

func TestParseWaiver(t *testing.T) {
	doc, err := json.Marshal(grant())
	if err != nil {
		t.Fatal(err)
	}
	if w, err := ParseWaiver(doc); err != nil || w.Covers != "r" {
		t.Errorf("%v, %v", w, err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"custody/waiver/v1"`, `"custody/waiver/v2"`, "schema"},
		{`"2026-11-30"`, `"soon"`, "is not a day"},
		{`"r"`, `"r r"`, "is not an id"},
		{`"W-9"`, `"emergency"`, `it can not be called "emergency"`},
		{`["**"]`, `[]`, "lacks paths"},
		{`["**"]`, `["/x"]`, "can match nothing"},
		{`"imported"`, `" "`, "lacks reason"},
		{`"admin"`, `"owner"`, "unknown permission"},
		{`"id":"5"`, `"id":""`, "numeric id"},
		{`"id":"5"`, `"id":"05"`, "numeric id"},
		{`"reason"`, `"reasons"`, "unknown field"},
		{`"github.com"`, `""`, "repository"},
		{`"last_day":"2026-11-30"}`, `"last_day":"2026-11-30"} {}`, "behind"},
	} {
		bad := strings.Replace(string(doc), c.old, c.new, 1)
		if _, err := ParseWaiver([]byte(bad)); bad == string(doc) || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}
