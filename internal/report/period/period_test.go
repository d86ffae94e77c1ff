package period

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/report"
	"custody/internal/review"
)

func oid(n int) git.OID {
	id, err := git.ParseOID(fmt.Sprintf("%040x", n))
	if err != nil {
		panic(err)
	}
	return id
}

// packOf is a pack as it reads, of the change n: the builder is given what was verified.
func packOf(n int, stage, decision, day string, more ...func(*report.VerifiedPack)) *report.VerifiedPack {
	d := &report.Document{Stage: stage, Decision: decision, About: &review.About{Repository: "github.com/octo/shop", Kind: "pull_request", Number: int64(n), Title: "=HYPERLINK(1) <b>x</b>", Author: "mira"}}
	d.Inputs.Base, d.Inputs.Head, d.Inputs.Day = oid(1000+n), oid(2000+n), day
	d.Reasons = []finding.Reason{{Code: "x", Detail: "because <script>"}}
	d.Controls = []control.Shown{{Framework: "soc2-2017", Version: "2017", ID: "CC8.1", Relation: "direct", Status: control.EvidenceShown}}
	p := &report.VerifiedPack{Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(fmt.Append(nil, n, stage, decision, day))), VerdictDigest: "sha256:" + strings.Repeat("b", 64), Signer: "builds", Says: d}
	for _, m := range more {
		m(p)
	}
	return p
}

func reviewed(state, commit string) func(*report.VerifiedPack) {
	return func(p *report.VerifiedPack) {
		p.Context = &change.Context{
			Merge:   &change.Merge{At: "2026-02-28T12:00:00Z"},
			Reviews: []change.Review{{Reviewer: change.Person{Login: "sam", ID: "7", Type: change.User}, State: state, Commit: commit, Permission: "write", At: "2026-02-27T12:00:00Z"}},
		}
	}
}

func build(t testing.TB, framework string, packs ...*report.VerifiedPack) *Report {
	t.Helper()
	b := NewBuilder(framework, "2026-01-01", "2026-12-31")
	for _, p := range packs {
		b.Add(p)
	}
	return b.Report()
}

// TestCounts: the closing review of a change counts, else the latest, else the worse.
func TestCounts(t *testing.T) {
	r := build(t, "soc2-2017",
		packOf(1, "merge", "fail", "2026-03-01"), packOf(1, "record", "pass", "2026-03-01"),
		packOf(2, "merge", "fail", "2026-03-01"), packOf(2, "merge", "pass", "2026-03-02"),
		packOf(3, "merge", "pass", "2026-03-01"), packOf(3, "merge", "fail", "2026-03-01"),
		packOf(4, "record", "incomplete", "2026-04-01"),
		packOf(5, "record", "pass", "2025-12-31"), packOf(6, "record", "pass", "2027-01-01"),
	)
	want := Counts{Packs: 9, Outside: 2, Superseded: 3, Changes: 4, Pass: 2, Fail: 1, Incomplete: 1, Landed: 2}
	if r.Counts != want {
		t.Errorf("got  %+v\nwant %+v", r.Counts, want)
	}
	var got []string
	for _, e := range r.Exceptions {
		got = append(got, e.Kind+" "+e.Change)
	}
	if want := "not-passed github.com/octo/shop#1, not-passed github.com/octo/shop#4, open github.com/octo/shop#3"; strings.Join(got, ", ") != want {
		t.Errorf("exceptions %v, want %s", got, want)
	}
	if len(r.Months) != 12 || r.Months[2].Pass != 2 || r.Months[2].Fail != 1 || r.Months[3].Incomplete != 1 || r.Months[4] != (Month{Month: "2026-05"}) {
		t.Errorf("months %+v", r.Months)
	}
}

// A change that went through a merge queue is one: its group has the number of the pull
// request, and the closing review is of that.
func TestQueued(t *testing.T) {
	group := func(p *report.VerifiedPack) { p.Says.About.Kind = "merge_group" }
	r := build(t, "soc2-2017", packOf(5, "merge", "pass", "2026-03-01"), packOf(5, "merge", "pass", "2026-03-02", group), packOf(5, "record", "pass", "2026-03-02"))
	if want := (Counts{Packs: 3, Superseded: 2, Changes: 1, Pass: 1, Landed: 1}); r.Counts != want || len(r.Exceptions) != 0 {
		t.Errorf("%+v, exceptions %+v", r.Counts, r.Exceptions)
	}
	r = build(t, "soc2-2017", packOf(5, "merge", "fail", "2026-03-02", group), packOf(5, "record", "pass", "2026-03-02"))
	if len(r.Exceptions) != 1 || r.Exceptions[0].Kind != "not-passed" {
		t.Errorf("a group failed, and it landed: %+v", r.Exceptions)
	}
}

// A later review hides none that was worse, where it should not have taken its place: what
// has landed is judged once, and a review of the last commit alone is none of them all. On
// its way to a merge a change is reviewed many times, and the last one counts.
func TestReplaced(t *testing.T) {
	from := func(base int) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			p.Says.Inputs.MergeBases = []git.OID{oid(base)}
			p.Says.Reasons[0].Detail += "."
		}
	}
	at := func(head int, on ...int) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			p.Says.Inputs.Head = oid(head)
			for _, n := range append(on, head) {
				p.Says.Change.Commits = append(p.Says.Change.Commits, review.CommitLine{SHA: oid(n)})
			}
		}
	}
	adds := func(n int) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) { p.Says.Change.Added = n }
	}
	floor := func(p *report.VerifiedPack) {
		p.Says.Inputs.Files = map[string]review.Digest{"floor": "sha256:1"}
	}
	landed := func(day string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			p.Context = &change.Context{Merge: &change.Merge{At: day + "T23:50:00Z"}}
		}
	}
	numberless := func(p *report.VerifiedPack) { p.Says.About, p.Digest = nil, p.Digest+"1" }
	for name, c := range map[string]struct {
		packs []*report.VerifiedPack
		want  string
	}{
		"landed, and judged again": {
			[]*report.VerifiedPack{packOf(1, "record", "fail", "2026-03-01", from(1)), packOf(1, "record", "pass", "2026-03-02", from(1))},
			"replaced 2026-03-01: an earlier closing review said fail: because <script>; that of 2026-03-02, which counts, says pass",
		},
		"landed, and no better": {
			[]*report.VerifiedPack{packOf(1, "record", "incomplete", "2026-03-01", from(1)), packOf(1, "record", "fail", "2026-03-02", from(1))},
			"not-passed 2026-03-02: it landed, and the review says fail: because <script>.",
		},
		"the last commit alone": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-01", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(2))},
			"replaced 2026-03-01: a review of the same head from another base (000000000000) said fail: because <script>; that of 2026-03-02, which counts, says pass",
		},
		"on its way": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-01", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(1)), packOf(1, "record", "pass", "2026-03-02", from(1))}, "",
		},
		"landed past the last review": {
			[]*report.VerifiedPack{packOf(1, "push", "pass", "2026-03-03", from(1)), packOf(1, "merge", "pass", "2026-03-01", from(1)), packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "record", "pass", "2026-03-02", from(1))},
			"not-passed 2026-03-02: it landed, and the last review before that, at stage merge, says fail: because <script>.",
		},
		"passed on the day of a failure": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(1)), packOf(1, "record", "pass", "2026-03-02", from(1))}, "",
		},
		"another commit passed on the day of a failure": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(1), at(7)), packOf(1, "record", "pass", "2026-03-02", from(1))},
			"not-passed 2026-03-02: it landed, and the last review before that, at stage merge, says fail: because <script>.",
		},
		"what builds on it passed on the day of a failure": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(1), at(7, 2001)), packOf(1, "record", "pass", "2026-03-02", from(1), at(9))}, "",
		},
		"what was pushed over a failure landed": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(1), at(7)), packOf(1, "record", "pass", "2026-03-02", from(1), at(7))}, "",
		},
		"a push of what landed passed": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "push", "pass", "2026-03-02", from(1), at(7)), packOf(1, "record", "pass", "2026-03-02", from(1), at(7))},
			"not-passed 2026-03-02: it landed, and the last review before that, at stage merge, says fail: because <script>.",
		},
		"it was reviewed after it had landed alone": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "merge", "pass", "2026-03-03", from(1)), packOf(1, "record", "pass", "2026-03-03", from(1), landed("2026-03-01"))},
			"not-passed 2026-03-02: it landed before its first review, which says fail at stage merge: because <script>.",
		},
		"it was reviewed after its closing review alone": {
			[]*report.VerifiedPack{packOf(1, "merge", "incomplete", "2026-03-03", from(1)), packOf(1, "record", "pass", "2026-03-02", from(1), landed("2026-03-01"))}, "",
		},
		"the forge made of it what landed": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1)), packOf(1, "merge", "pass", "2026-03-02", from(1), at(7)), packOf(1, "record", "pass", "2026-03-02", from(1), at(9), func(p *report.VerifiedPack) {
				p.Context = &change.Context{Change: &change.Request{Proposed: oid(7).String()}}
			})}, "",
		},
		"the last commit alone shows less": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-01", from(1), adds(9)), packOf(1, "merge", "pass", "2026-03-02", from(2), adds(1))},
			"open 2026-03-01: the last review says fail: because <script>.",
		},
		"without the floor": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-01", from(1), floor), packOf(1, "merge", "pass", "2026-03-02", from(1))},
			"open 2026-03-01: the last review says fail: because <script>.",
		},
		"closed without the floor": {
			[]*report.VerifiedPack{packOf(1, "merge", "pass", "2026-03-01", from(1), floor), packOf(1, "record", "pass", "2026-03-02", from(1))},
			"replaced 2026-03-01: the review of 2026-03-02 at stage record, which counts, was made without the organisation's floor; that of 2026-03-01 at stage merge was under it, and said pass",
		},
		"one without a number": {
			[]*report.VerifiedPack{packOf(1, "merge", "fail", "2026-03-02", from(1), numberless), packOf(1, "record", "pass", "2026-03-02", from(1))},
			"not-passed 2026-03-02: it landed, and the last review before that, at stage merge, says fail: because <script>.",
		},
		"the same file twice": {
			[]*report.VerifiedPack{packOf(1, "record", "pass", "2026-03-02", from(1)), packOf(1, "record", "pass", "2026-03-02", from(1))}, "",
		},
	} {
		for range 2 {
			r := build(t, "soc2-2017", c.packs...)
			var got []string
			for _, e := range r.Exceptions {
				got = append(got, e.Kind+" "+e.Day+": "+e.Detail)
			}
			if strings.Join(got, " | ") != c.want {
				t.Errorf("%s:\ngot  %s\nwant %s", name, strings.Join(got, " | "), c.want)
			}
			if n := r.Counts; n.Packs != n.Refused+n.Outside+n.Superseded+n.Copies+n.Changes || (n.Copies == 1) != (name == "the same file twice") {
				t.Errorf("%s: the counts do not add up: %+v", name, n)
			}
			slices.Reverse(c.packs)
		}
	}
}

// What landed in a period against a review from before it is an exception of the period.
func TestAtTheEdge(t *testing.T) {
	packs := func() []*report.VerifiedPack {
		return []*report.VerifiedPack{packOf(1, "merge", "fail", "2026-01-31"), packOf(1, "record", "pass", "2026-02-01"), packOf(2, "record", "fail", "2026-01-31"), packOf(2, "record", "pass", "2026-02-01"), packOf(3, "merge", "fail", "2026-01-31")}
	}
	for _, c := range []struct{ from, to, want string }{
		{"", "", "not-passed 1, replaced 2, open 3"},
		{"2026-02-01", "", "not-passed 1, replaced 2"},
		{"", "2026-01-31", "not-passed 2, open 1, open 3"},
	} {
		b := NewBuilder("soc2-2017", c.from, c.to)
		for _, p := range packs() {
			b.Add(p)
		}
		r := b.Report()
		var got []string
		for _, e := range r.Exceptions {
			got = append(got, e.Kind+" "+strings.TrimPrefix(e.Change, "github.com/octo/shop#"))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s to %s: %v, want %s", c.from, c.to, got, c.want)
		}
		if n := r.Counts; n.Packs != 5 || n.Packs != n.Outside+n.Superseded+n.Changes {
			t.Errorf("%s to %s: the counts do not add up: %+v", c.from, c.to, n)
		}
	}
}

// TestOneChange: a push that a hook judged, which knows no repository, is the one that is recorded.
func TestOneChange(t *testing.T) {
	hook := packOf(1, "push", "fail", "2026-03-02", func(p *report.VerifiedPack) { p.Says.About = nil })
	record := packOf(1, "record", "pass", "2026-03-02", func(p *report.VerifiedPack) { p.Says.About.Number = 0 })
	for _, packs := range [][]*report.VerifiedPack{{hook, record}, {record, hook}, {hook, record, packOf(1, "merge", "pass", "2026-03-02")}} {
		r := build(t, "soc2-2017", packs...)
		if n := r.Counts; n.Changes != 1 || n.Landed != 1 || n.Superseded != len(packs)-1 || n.Fail != 0 {
			t.Errorf("%d packs: %+v", len(packs), n)
		}
	}
}

// TestOneRepository: GitHub takes a name in either case for the same; of other hosts nobody knows.
func TestOneRepository(t *testing.T) {
	named := func(name string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) { p.Says.About.Repository = name }
	}
	for name, want := range map[string]int{"github.com/Octo/Shop": 1, "GitHub.com/octo/shop": 1, "git.example.com/Octo/Shop": 2} {
		other := strings.ToLower(name)
		r := build(t, "soc2-2017", packOf(1, "merge", "pass", "2026-03-01", named(name)), packOf(1, "record", "pass", "2026-03-02", named(other)))
		if r.Counts.Changes != want {
			t.Errorf("%s and %s: %d changes", name, other, r.Counts.Changes)
		}
	}
}

// TestEditions: a company's matrix is reported in the words of its newest edition, whichever pack
// comes first, and no change is asked for a row that its edition had not.
func TestEditions(t *testing.T) {
	held := func(edition string, rows ...string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			p.Says.Controls = nil
			for _, row := range rows {
				id, about, _ := strings.Cut(row, " ")
				p.Says.Controls = append(p.Says.Controls, control.Shown{Framework: "acme", Version: edition, ID: id, About: about, Relation: "direct", Status: control.EvidenceShown})
			}
		}
	}
	packs := []*report.VerifiedPack{packOf(1, "record", "pass", "2026-03-01", held("2025-10", "C-1 two people agree", "C-OLD x")), packOf(2, "record", "pass", "2026-03-02", held("2026-02", "C-1 nobody has to agree", "C-NEW y"))}
	for range 2 {
		slices.Reverse(packs)
		r := build(t, "acme", packs...)
		got := r.Framework.Version
		for _, c := range r.Controls {
			got += fmt.Sprintf(" | %s %s %d+%d+%d %s", c.ID, c.About, c.With, c.Unasked, c.Aside, c.Why)
		}
		if want := "2025-10, 2026-02 | C-1 nobody has to agree 2+0+0  | C-NEW y 1+0+1 the edition of 2025-10 has no such row | C-OLD x 1+0+1 the edition of 2026-02 has no such row"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if says := strings.Join(r.Lacks, " "); !strings.Contains(says, `C-1 is shown in the words of edition 2026-02; edition 2025-10 asks otherwise, "two people agree" (direct)`) {
			t.Errorf("nothing says that the words differ: %s", says)
		}
	}
	b := NewBuilder("acme", "2026-03-02", "") // an edition that only changes before had is none of it
	for _, p := range packs {
		b.Add(p)
	}
	if r := b.Report(); r.Framework.Version != "2026-02" || len(r.Controls) != 2 || strings.Contains(strings.Join(r.Lacks, " "), "asks otherwise") {
		t.Errorf("%+v %v", r.Framework, r.Lacks)
	}
}

// TestKnown: a month in which nothing counts has a report of a company's own matrix, if some pack of
// before has a row of it.
func TestKnown(t *testing.T) {
	b := NewBuilder("acme", "2026-06-01", "")
	if b.Knows() {
		t.Error("it knows a framework of which nothing says anything")
	}
	b.Add(packOf(1, "record", "pass", "2026-03-01", func(p *report.VerifiedPack) {
		p.Says.Controls = []control.Shown{{Framework: "acme", ID: "C-1"}}
	}))
	if r := b.Report(); !b.Knows() || r.Counts.Changes != 0 {
		t.Errorf("%v %+v", b.Knows(), r.Counts)
	}
}

// TestLists: no list of the document is null, and what an emergency put off is asked about when its
// day is over.
func TestLists(t *testing.T) {
	text, err := json.Marshal(build(t, "soc2-2017", packOf(1, "record", "pass", "2026-03-01")))
	if err != nil || bytes.Contains(text, []byte("null")) {
		t.Errorf("%s %v", text, err)
	}
	due := "2026-03-03"
	put := func(p *report.VerifiedPack) {
		p.Says.Checks = append(p.Says.Checks, finding.Check{Kind: finding.Rule, Outcome: finding.Excepted, Due: due,
			Reasons: []finding.Reason{{Code: control.ReasonEmergency, Detail: "it waits, because of an emergency that ann declared"}}, Found: []finding.Finding{{WaivedBy: "emergency"}}})
	}
	for day, want := range map[string]bool{"2026-03-03": false, "2026-03-04": true} {
		b := NewBuilder("soc2-2017", "", "2026-12-31")
		b.Add(packOf(1, "record", "pass", "2026-03-01", put))
		b.Add(packOf(2, "record", "pass", day))
		if got := strings.Contains(strings.Join(b.Report().Lacks, " "), "For 1 change what an emergency put off was due on a day that is over"); got != want {
			t.Errorf("up to %s: %v", day, got)
		}
	}
	due = "" // as packs of earlier versions have it
	if says := strings.Join(build(t, "soc2-2017", packOf(1, "record", "pass", "2026-03-01", put), packOf(2, "record", "pass", "2026-04-01")).Lacks, " "); strings.Contains(says, "a day that is over") || !strings.Contains(says, "does not say whether that day is over") {
		t.Error(says)
	}
}

// TestMonths: a month without a change is one of the period, as far as anybody would read.
func TestMonths(t *testing.T) {
	for _, c := range []struct{ days, from, to, want string }{
		{"", "2026-01-01", "2026-12-31", ""},
		{"2025-11 2026-02", "", "", "2025-11 2025-12 2026-01 2026-02"},
		{"2026-02", "2026-01-15", "", "2026-01 2026-02"},
		{"2026-02", "", "2026-03-31", "2026-02 2026-03"},
		{"0001-01 2026-02", "", "", "0001-01 2026-02"},
	} {
		months := map[string]*Month{}
		for _, key := range strings.Fields(c.days) {
			months[key] = &Month{Month: key, Pass: 1}
		}
		var got []string
		for _, m := range fill(strings.Fields(c.days), months, c.from, c.to) {
			if got = append(got, m.Month); (m.Pass == 1) != (months[m.Month] != nil) {
				t.Errorf("%v: %+v", c, m)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: months %v", c, got)
		}
	}
}

// TestExceptions finds each kind, the gravest first.
func TestExceptions(t *testing.T) {
	check := func(id, kind string, o finding.Outcome, code string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			p.Says.Checks = append(p.Says.Checks, finding.Check{ID: id, Kind: kind, Outcome: o, Reasons: []finding.Reason{{Code: code, Detail: "of " + id}}})
		}
	}
	b := NewBuilder("soc2-2017", "", "")
	b.Add(packOf(1, "record", "pass", "2026-01-01", func(p *report.VerifiedPack) {
		p.Says.Findings = []finding.Finding{{Rule: "r", WaivedBy: "W-7"}, {Rule: "r", WaivedBy: "W-7"}, {Rule: "r", WaivedBy: "emergency"}, {Rule: "r", WaivedBy: "baseline"}}
	}))
	b.Add(packOf(2, "record", "fail", "2026-01-02", check("two-eyes", finding.Rule, finding.NotSatisfied, "emergency"), check("emergency", finding.Notice, finding.NotSatisfied, "x")))
	b.Add(packOf(3, "record", "pass", "2026-01-03", check("lint", finding.Rule, finding.NotAssessed, "x"), check("told", finding.Notice, finding.NotAssessed, "x")))
	b.Add(packOf(4, "record", "pass", "2026-01-04", func(p *report.VerifiedPack) { // before such names were refused
		p.Says.Inputs.Waivers = []string{"emergency"}
		p.Says.Findings = []finding.Finding{{Rule: "r", WaivedBy: "emergency"}}
	}))
	b.Add(packOf(5, "record", "pass", "2026-01-05", check("two-eyes", finding.Rule, finding.NotSatisfied, control.ReasonNoEmergency), func(p *report.VerifiedPack) {
		p.Says.Checks = append(p.Says.Checks, finding.Check{Kind: finding.Rule, Outcome: finding.NotSatisfied, Reasons: []finding.Reason{{Code: control.ReasonEmergency, Detail: "an emergency was declared, and does not count: it has no reason"}}})
	}))
	b.Add(packOf(6, "record", "pass", "2026-01-06", check("four-eyes", finding.Rule, finding.Satisfied, control.ReasonEmergency)))
	b.Refuse("bad.zip", fmt.Errorf("it is no pack"))
	r := b.Report()
	var got []string
	for _, e := range r.Exceptions {
		got = append(got, e.Kind+": "+e.Detail)
	}
	want := "refused: it is no pack | not-passed: it landed, and the review says fail: because <script> | overdue: two-eyes: of two-eyes | overdue: four-eyes: of four-eyes | emergency: of emergency | waived: the waiver W-7 covers findings | waived: the waiver emergency covers findings | baseline: findings stood before, and the baseline excepts them | not-assessed: lint: of lint"
	if strings.Join(got, " | ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " | "), want)
	}
	if !r.Changes[1].Emergency || r.Changes[0].Emergency {
		t.Error("the change that was declared an emergency is not known for one")
	}
}

// TestRecordedAgain: what came of a change since its closing review is asked about in the period in
// which it came, once, and only where a report of all of it says so, too.
func TestRecordedAgain(t *testing.T) {
	floor := func(p *report.VerifiedPack) {
		p.Says.Inputs.Files = map[string]review.Digest{"floor": "sha256:1"}
	}
	rule := func(o finding.Outcome, due, detail string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			p.Says.Checks = []finding.Check{{ID: "eyes", Kind: finding.Rule, Outcome: o, Due: due, Reasons: []finding.Reason{{Code: control.ReasonEmergency, Detail: detail}}}}
		}
	}
	late := rule(finding.NotSatisfied, "2026-01-15", "was due")
	is := func(packs ...*report.VerifiedPack) []*report.VerifiedPack { return packs }
	for name, c := range map[string]struct {
		packs      []*report.VerifiedPack
		want, lack string
	}{
		"the same answer":               {is(packOf(1, "record", "fail", "2026-01-12"), packOf(1, "record", "fail", "2026-02-20")), "", ""},
		"a worse one":                   {is(packOf(1, "record", "pass", "2026-01-12"), packOf(1, "record", "fail", "2026-02-20")), "not-passed", ""},
		"a better one":                  {is(packOf(1, "record", "fail", "2026-01-12"), packOf(1, "record", "pass", "2026-02-20")), "replaced", ""},
		"a better one, in January":      {is(packOf(1, "record", "fail", "2026-01-12"), packOf(1, "record", "pass", "2026-01-20"), packOf(1, "record", "pass", "2026-02-20")), "", ""},
		"a worse one, until it passed":  {is(packOf(1, "record", "pass", "2026-01-12"), packOf(1, "record", "fail", "2026-02-10"), packOf(1, "record", "pass", "2026-02-20")), "replaced", ""},
		"one before it lands":           {is(packOf(1, "record", "fail", "2026-01-12"), packOf(1, "merge", "pass", "2026-02-20")), "", ""},
		"one without the floor":         {is(packOf(1, "record", "pass", "2026-01-12", floor), packOf(1, "record", "fail", "2026-02-20")), "", ""},
		"overdue, as before":            {is(packOf(1, "record", "fail", "2026-01-18", late), packOf(1, "record", "fail", "2026-02-20", late)), "", ""},
		"overdue":                       {is(packOf(1, "record", "pass", "2026-01-12"), packOf(1, "record", "pass", "2026-02-20", late)), "overdue", ""},
		"still waiting":                 {is(packOf(1, "record", "pass", "2026-01-30", rule(finding.Excepted, "2026-02-03", "is due")), packOf(2, "record", "pass", "2026-02-20")), "", "1 change of before the period"},
		"waiting, and no other change":  {is(packOf(1, "record", "pass", "2026-01-30", rule(finding.Excepted, "2026-02-03", "is due")), packOf(2, "record", "pass", "2026-01-30"), packOf(2, "merge", "pass", "2026-02-20")), "", "1 change of before the period"},
		"waiting, as January could say": {is(packOf(1, "record", "pass", "2026-01-20", rule(finding.Excepted, "2026-01-22", "is due")), packOf(2, "record", "pass", "2026-01-30"), packOf(3, "record", "pass", "2026-02-20")), "", ""},
		"waiting no more":               {is(packOf(1, "record", "pass", "2026-01-30", rule(finding.Excepted, "2026-02-03", "is due")), packOf(1, "record", "pass", "2026-02-02"), packOf(3, "record", "pass", "2026-02-20")), "", ""},
		"waiting, and its day to come":  {is(packOf(1, "record", "pass", "2026-01-30", rule(finding.Excepted, "2026-03-03", "is due")), packOf(3, "record", "pass", "2026-02-20")), "", ""},
	} {
		b := NewBuilder("soc2-2017", "2026-02-01", "2026-02-28")
		for _, p := range c.packs {
			b.Add(p)
		}
		r := b.Report()
		var got []string
		for _, e := range r.Exceptions {
			got = append(got, e.Kind)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %s", name, r.Exceptions, c.want)
		}
		if lacks := strings.Join(r.Lacks, "|"); strings.Contains(lacks, "a day that is over") != (c.lack != "") || !strings.Contains(lacks, c.lack) {
			t.Errorf("%s: %s", name, lacks)
		}
		if n := r.Counts; n.Packs != n.Outside+n.Superseded+n.Changes {
			t.Errorf("%s: the counts do not add up: %+v", name, n)
		}
	}
}

// TestReviewedAgainAfterItLanded: what somebody reviews when it has landed kept nothing from that,
// and is no change of its own.
func TestReviewedAgainAfterItLanded(t *testing.T) {
	for _, c := range []struct{ before, after, from, want string }{
		{"fail", "pass", "", "not-passed 2026-01-10, 1 change"},
		{"pass", "fail", "", "1 change"},
		{"pass", "fail", "2026-02-01", "0 change"},
		{"fail", "pass", "2026-02-01", "0 change"},
	} {
		b := NewBuilder("soc2-2017", c.from, "")
		for _, p := range []*report.VerifiedPack{packOf(1, "merge", c.before, "2026-01-10"), packOf(1, "record", "pass", "2026-01-12"), packOf(1, "merge", c.after, "2026-02-20")} {
			b.Add(p)
		}
		r := b.Report()
		got := fmt.Sprintf("%d change", r.Counts.Changes)
		for _, e := range r.Exceptions {
			got = e.Kind + " " + e.Day + ", " + got
		}
		if got != c.want {
			t.Errorf("%v: %s", c, got)
		}
		if n := r.Counts; n.Packs != n.Outside+n.Superseded+n.Changes {
			t.Errorf("%v: the counts do not add up: %+v", c, n)
		}
	}
}

// TestExceptedBeforeItLanded: what let a change through is asked about, though the closing review
// has it no more.
func TestExceptedBeforeItLanded(t *testing.T) {
	excepted := func(by ...string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			for _, id := range by {
				p.Says.Findings = append(p.Says.Findings, finding.Finding{Rule: "r", WaivedBy: id})
			}
		}
	}
	urgent := func(p *report.VerifiedPack) {
		p.Says.Checks = append(p.Says.Checks, finding.Check{ID: control.NoticeEmergency, Kind: finding.Notice, Outcome: finding.NotSatisfied, Reasons: []finding.Reason{{Code: "x", Detail: "ann declared it"}}})
	}
	r := build(t, "soc2-2017",
		packOf(1, "merge", "pass", "2026-01-01", urgent, excepted("W-7", "W-8", "baseline")), packOf(1, "record", "pass", "2026-01-02", excepted("W-8", "baseline")),
		packOf(2, "merge", "pass", "2026-01-01", urgent), packOf(2, "merge", "pass", "2026-01-02"), packOf(2, "record", "pass", "2026-01-03"))
	var got []string
	for _, e := range r.Exceptions {
		got = append(got, e.Kind+" "+e.Day+": "+e.Detail)
	}
	want := "emergency 2026-01-01: ann declared it, says the last review before it landed, and the closing one does not | " +
		"waived 2026-01-01: the waiver W-7 covers findings, says the last review before it landed, and the closing one does not | " +
		"waived 2026-01-02: the waiver W-8 covers findings | baseline 2026-01-02: findings stood before, and the baseline excepts them"
	if strings.Join(got, " | ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " | "), want)
	}
}

// TestNothingIsEvidence: no pack, no change or no look at a framework shows nothing.
func TestNothingIsEvidence(t *testing.T) {
	for _, f := range frameworks.All {
		for name, r := range map[string]*Report{
			"no pack": build(t, f.ID),
			"no look": build(t, f.ID, packOf(1, "record", "pass", "2026-03-01", func(p *report.VerifiedPack) { p.Says.Controls = nil })),
		} {
			if len(r.Controls) != len(f.Table) || len(r.Lacks) == 0 {
				t.Errorf("%s, %s: %d controls of %d, %d lacks", f.ID, name, len(r.Controls), len(f.Table), len(r.Lacks))
			}
			for _, c := range r.Controls {
				if c.With != 0 || c.Permille != nil && *c.Permille != 0 || name == "no pack" && c.Permille != nil {
					t.Errorf("%s, %s: %s shows evidence: %+v", f.ID, name, c.ID, c)
				}
			}
		}
	}
}

// TestFrameworks reports on each, with and without evidence, and never says that anybody
// complies with one.
func TestFrameworks(t *testing.T) {
	for _, f := range frameworks.All {
		row := f.Table[0]
		shown := func(s control.Status) func(*report.VerifiedPack) {
			return func(p *report.VerifiedPack) {
				p.Says.Controls = []control.Shown{{Framework: f.ID, ID: row.ID, Status: s, Evidence: []control.Proof{{Type: "review", Present: s == control.EvidenceShown}}}}
			}
		}
		r := build(t, f.ID, packOf(1, "record", "pass", "2026-03-01", shown(control.EvidenceShown)), packOf(2, "record", "pass", "2026-03-01", shown(control.EvidenceLacks)), packOf(3, "record", "pass", "2026-03-01", shown(control.ControlAside)))
		for _, c := range r.Controls {
			if c.ID == row.ID && (c.With != 1 || c.Without != 1 || c.Aside != 1 || *c.Permille != 500 || len(c.Lacks) != 1 || len(c.Examples) != 1) {
				t.Errorf("%s: %+v", f.ID, c)
			}
		}
		var text bytes.Buffer
		if err := r.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		if err := r.WritePage(&page); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{text.String(), page.String()} {
			if strings.Contains(strings.ToLower(out), "compliant") || strings.Contains(strings.ToLower(out), "certified") {
				t.Errorf("%s: it claims what nobody has shown", f.ID)
			}
		}
	}
}

// TestOwnMatrix reports on a company's own controls, which only packs know.
func TestOwnMatrix(t *testing.T) {
	r := build(t, "acme", packOf(1, "record", "pass", "2026-03-01", func(p *report.VerifiedPack) {
		p.Says.Controls = []control.Shown{{Framework: "acme", Version: "3", ID: "CHG-1", About: "changes are seen by two", Status: control.EvidenceShown}}
	}))
	if len(r.Controls) != 1 || r.Controls[0].With != 1 || r.Framework.Version != "3" {
		t.Errorf("%+v", r)
	}
}

// TestApproved: what counts as an approval is what the rules counted, and nothing that the
// context says besides: a pack that does not say is not counted for.
func TestApproved(t *testing.T) {
	rule := func(asks config.Kind, o finding.Outcome, a *finding.Approvals, codes ...string) func(*report.VerifiedPack) {
		return func(p *report.VerifiedPack) {
			c := finding.Check{ID: "r", Kind: finding.Rule, Asks: string(asks), Outcome: o, Approvals: a}
			for _, code := range codes {
				c.Reasons = append(c.Reasons, finding.Reason{Code: code})
			}
			p.Says.Checks = append(p.Says.Checks, c)
		}
	}
	by := func(certain int, logins ...string) *finding.Approvals {
		a := &finding.Approvals{By: []finding.Approval{}, Certain: certain}
		for _, l := range logins {
			a.By = append(a.By, finding.Approval{Login: l})
		}
		return a
	}
	against := by(1, "sam")
	against.Against = []string{"kim"}
	with := func(all ...func(*report.VerifiedPack)) []func(*report.VerifiedPack) {
		// Whatever the context says: sam approved the head.
		return append([]func(*report.VerifiedPack){reviewed("approved", oid(2001).String())}, all...)
	}
	const satisfied, aside = finding.Satisfied, finding.NotApplicable
	for name, c := range map[string]struct {
		packs []func(*report.VerifiedPack)
		want  string
		count int
	}{
		"counted at merge":              {with(rule(config.KindApprovals, satisfied, by(1, "sam"))), "sam", 1},
		"counted before it landed":      {with(rule(config.KindApprovals, aside, by(1, "sam"), control.ReasonStage)), "sam", 1},
		"by two rules":                  {with(rule(config.KindApprovals, satisfied, by(1, "sam")), rule(config.KindJudge, satisfied, by(2, "kim", "sam"))), "kim, sam", 1},
		"one counts for one rule":       {with(rule(config.KindApprovals, finding.NotSatisfied, by(0)), rule(config.KindApprovals, satisfied, by(1, "sam"))), "sam", 1},
		"none counts":                   {with(rule(config.KindApprovals, finding.NotSatisfied, by(0))), "nobody", 0},
		"not certain":                   {with(rule(config.KindApprovals, finding.NotAssessed, by(0, "sam"))), "sam (not certain)", 0},
		"somebody objects":              {with(rule(config.KindApprovals, finding.NotSatisfied, against)), "sam (somebody asks for changes)", 0},
		"a fact is missing":             {with(rule(config.KindApprovals, finding.NotAssessed, &finding.Approvals{Unclear: []string{"sam"}})), "sam (not certain)", 0},
		"no rule":                       {with(), "no rule asks", 0},
		"a rule about other files":      {with(rule(config.KindApprovals, aside, nil, "elsewhere")), "no rule asks", 0},
		"a pack of before, satisfied":   {with(rule(config.KindApprovals, satisfied, nil)), "not said by this pack", 0},
		"a pack of before, that landed": {with(rule(config.KindApprovals, aside, nil, control.ReasonStage)), "not said by this pack", 0},
		"half of it says":               {with(rule(config.KindApprovals, satisfied, nil), rule(config.KindApprovals, finding.NotSatisfied, by(0))), "not said by this pack", 0},
		"without a context":             {[]func(*report.VerifiedPack){rule(config.KindApprovals, finding.NotAssessed, nil)}, "not said by this pack", 0},
	} {
		r := build(t, "soc2-2017", packOf(1, "record", "pass", "2026-03-01", c.packs...))
		if got := r.Changes[0].ApprovedBy(); got != c.want || r.Counts.Approved != c.count {
			t.Errorf("%s: %q and %d, want %q and %d", name, got, r.Counts.Approved, c.want, c.count)
		}
	}
	r := build(t, "soc2-2017", packOf(1, "record", "pass", "2026-03-01", with()...), packOf(2, "record", "pass", "2026-03-01", with(rule(config.KindApprovals, satisfied, nil))...))
	if all := strings.Join(r.Lacks, "|"); !strings.Contains(all, "1 change no rule asked") || !strings.Contains(all, "1 change has a pack that does not say whose approvals counted") {
		t.Errorf("it does not say what it lacks: %s", all)
	}
	// Beside the number of those that count, or it would read as if nobody had approved the others.
	for form, write := range map[string]func(io.Writer) error{"page": r.WritePage, "text": r.WriteText} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "with an approval that counts, not said by 1 pack") {
			t.Errorf("the %s does not say of how many changes nothing is said", form)
		}
	}
}

// The word of who ran the review is no more than that: the report says so.
func TestUnsignedContext(t *testing.T) {
	for trust, want := range map[review.Trust]bool{review.Unsigned: true, review.Signed: false} {
		r := build(t, "soc2-2017", packOf(1, "record", "pass", "2026-03-01", func(p *report.VerifiedPack) {
			p.Says.Inputs.Context = &review.ContextOrigin{Trust: trust}
		}))
		if got := strings.Contains(strings.Join(r.Lacks, "|"), "1 change has a context that nobody signed"); got != want {
			t.Errorf("%s: %v", trust, r.Lacks)
		}
	}
}

// TestOrder: in whatever order packs come, the report is the same bytes in every form.
func TestOrder(t *testing.T) {
	var packs []*report.VerifiedPack
	for i := range 40 {
		packs = append(packs, packOf(i/2+1, []string{"merge", "record"}[i%2], []string{"pass", "fail", "incomplete"}[i%3], fmt.Sprintf("2026-%02d-01", i%12+1)))
	}
	forms := func() string {
		r := build(t, "soc2-2017", packs...)
		var b bytes.Buffer
		_ = r.WriteText(&b)
		_ = r.WritePage(&b)
		rows, _ := r.CSV()
		book, _ := XLSX(r.Sheets())
		doc, _ := json.Marshal(r)
		return b.String() + string(rows) + string(book) + string(doc)
	}
	want := forms()
	for range 5 {
		rand.Shuffle(len(packs), func(i, j int) { packs[i], packs[j] = packs[j], packs[i] })
		if forms() != want {
			t.Fatal("another order of packs gives another report")
		}
	}
}

// TestXLSX has another program read the workbook: every cell is text, none a formula.
func TestXLSX(t *testing.T) {
	r := build(t, "soc2-2017", packOf(1, "record", "fail", "2026-03-01", reviewed("approved", oid(2001).String())), packOf(2, "merge", "pass", "2026-03-02"))
	book, err := XLSX(r.Sheets())
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, s := range r.Sheets() {
		rows, err := f.GetRows(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(s.Rows) {
			t.Fatalf("%s: %d rows, want %d", s.Name, len(rows), len(s.Rows))
		}
		for i, row := range rows {
			for j, cell := range row {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if formula, _ := f.GetCellFormula(s.Name, at); formula != "" {
					t.Errorf("%s!%s is the formula %s", s.Name, at, formula)
				}
				if want := s.Rows[i][j]; cell != want && cell != "'"+want {
					t.Errorf("%s!%s is %q, want %q", s.Name, at, cell, want)
				}
			}
		}
	}
	for _, c := range []struct{ sheet, at string }{{"Controls", "D2"}, {"Changes", "D2"}, {"Summary", "B5"}} {
		kind, err := f.GetCellType(c.sheet, c.at)
		if text, _ := f.GetCellValue(c.sheet, c.at); err != nil || kind != excelize.CellTypeUnset || text == "" {
			t.Errorf("%s!%s, %q, is of type %v and no number: %v", c.sheet, c.at, text, kind, err)
		}
	}
	if got := column(25) + column(26) + column(701) + column(702); got != "ZAAZZAAA" {
		t.Errorf("columns %s", got)
	}
}

// TestCSV: the table alone tells what an auditor asks about.
func TestCSV(t *testing.T) {
	b := NewBuilder("soc2-2017", "", "")
	b.Add(packOf(1, "merge", "fail", "2026-03-01"))
	b.Add(packOf(1, "record", "pass", "2026-03-01"))
	b.Refuse("=bad.zip", errors.New("it is no pack"))
	out, err := b.Report().CSV()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v %q", err, rows)
	}
	for _, c := range []struct {
		row          int
		column, want string
	}{
		{1, "title", "'=HYPERLINK(1) <b>x</b>"}, {1, "decision", "pass"}, {1, "exceptions", "not-passed"}, {1, "evidence for", "CC8.1"},
		{2, "title", "'=bad.zip"}, {2, "reason", "it is no pack"}, {2, "exceptions", "refused"},
	} {
		if got := rows[c.row][slices.Index(rows[0], c.column)]; got != c.want {
			t.Errorf("row %d, %s: %q, want %q", c.row, c.column, got, c.want)
		}
	}
}

// TestPage: what a stranger wrote is no markup, and nothing is loaded or run.
func TestPage(t *testing.T) {
	var b bytes.Buffer
	if err := build(t, "soc2-2017", packOf(1, "record", "fail", "2026-03-01")).WritePage(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<script", "<b>x", "http:", "https:", "url(", "ZgotmplZ", " style="} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !regexp.MustCompile(`content="default-src &#39;none&#39;; style-src &#39;sha256-[^"]+&#39;; base-uri`).MatchString(page) {
		t.Error("the page has no policy for the browser")
	}
}

// A row that applied to nothing says why: the day from which it does, or what is not declared.
func TestRowThatDoesNotApplySaysWhy(t *testing.T) {
	later := func(p *report.VerifiedPack) {
		p.Says.Controls = []control.Shown{{Framework: "eu-ai-act-2024-1689", ID: "Art. 17", Status: control.ControlLater, Why: "it applies from 2027-12-02"}}
	}
	r := build(t, "eu-ai-act-2024-1689", packOf(1, "record", "pass", "2026-03-01", later), packOf(2, "record", "pass", "2026-03-01", later))
	i := slices.IndexFunc(r.Controls, func(c Control) bool { return c.ID == "Art. 17" })
	if i < 0 || r.Controls[i].Why != "it applies from 2027-12-02" || r.Controls[i].AsideWords() != "for 2 changes: it applies from 2027-12-02" {
		t.Fatalf("%+v", r.Controls)
	}
	sheet := r.Sheets()[2]
	if got := sheet.Rows[1+i][slices.Index(sheet.Rows[0], "why not")]; sheet.Name != "Controls" || got != "it applies from 2027-12-02" {
		t.Errorf("the workbook says %q", got)
	}
	var text, page bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WritePage(&page)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{text.String(), page.String()} {
		if !strings.Contains(s, "for 2 changes: it applies from 2027-12-02") {
			t.Error("it is not said why a row applied to none")
		}
	}
}
