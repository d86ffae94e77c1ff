package control

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/owners"
	"custody/internal/finding"
)

// size is a tenth of what is meant to hold, unless somebody asks for all of it.
func size(n int) int {
	if os.Getenv("CUSTODY_SLOW") != "" {
		return n
	}
	return n / 10
}

// Whatever is large is bounded by numbers, said, and no reason to pass.
func TestManyFindings(t *testing.T) {
	n := size(1_000_000)
	paths := make([]string, n)
	files := map[string]map[attestation.Class]int{}
	for i := range paths {
		paths[i] = fmt.Sprintf("src/%07d", i)
		files[paths[i]] = map[attestation.Class]int{attestation.Unknown: 10}
	}
	ch, x := pullRequest()
	ch.Files = wholeChange(paths...).Files
	var waivers strings.Builder
	for i := range 400 {
		fmt.Fprintf(&waivers, "- {id: w%d, covers: r, paths: ['legacy%d/**'], owner: a, approver: b, reason: c, last_day: 2026-12-31}\n", i, i)
	}
	in := Input{Change: ch, Context: x, Day: "2026-11-23", Attestation: attested(ch, attestation.Unknown, files),
		Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: authorship-limit, classes: [unknown], max_permille: 0, waivable: true}]\nwaivers:\n"+waivers.String()))}
	began := time.Now()
	checks := evaluate(t, in)
	t.Logf("%d findings and 400 waivers in %s", n, time.Since(began).Round(time.Millisecond))
	got := checks["r"]
	if got.Outcome != finding.NotSatisfied || len(got.Found) != maxOver+1 || !strings.Contains(text(got), change.Thousands(n-maxOver)+" more files") {
		t.Errorf("%s with %d findings", got.Outcome, len(got.Found))
	}
	if notice := text(checks[NoticeWaivers]); !strings.Contains(notice, "over the limit of 2000000 comparisons") {
		t.Errorf("the notice says %.300s", notice)
	}
}

// Of too many findings of all checks together each check lists as many, rules and
// requirements apart: the few of one are not pushed out by the thousands of another.
func TestListedOfAll(t *testing.T) {
	check := func(kind string, found, places int) finding.Check {
		c := finding.Check{ID: fmt.Sprint(kind, found), Kind: kind, Found: make([]finding.Finding, found)}
		for i := range places {
			c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonCounted, Path: fmt.Sprint(i)})
		}
		return c
	}
	e := evaluation{Input: Input{Limits: DefaultLimits()}}
	all := []finding.Check{check(finding.Rule, 100_000, 0), check(finding.Rule, 3, 0), check(finding.Notice, 0, 0)}
	for range 3000 {
		all = append(all, check(finding.Requirement, 20, 20))
	}
	all[50].Reasons = append(all[50].Reasons, finding.Reason{Code: ReasonUnread, Path: "a"})
	e.shorten(all)
	found, places := 0, 0
	for _, c := range all[3:] {
		found, places = found+len(c.Found), places+countPlaces(c.Reasons)
	}
	if len(all[0].Found) != 500 || len(all[1].Found) != 3 || found != 3000 || places != 3000 {
		t.Errorf("%d and %d of rules, %d of requirements and %d places", len(all[0].Found), len(all[1].Found), found, places)
	}
	if got := text(all[50]); !strings.Contains(got, ReasonUnread) || !strings.Contains(got, "19 findings more than the 1 ") || !strings.Contains(got, "19 places more than the 1 ") {
		t.Error(got)
	}
	few := []finding.Check{check(finding.Rule, 400, 0), check(finding.Requirement, 900, 900)}
	e.shorten(few)
	if len(few[0].Found) != 400 || len(few[1].Found) != 900 || len(few[1].Reasons) != 900 {
		t.Errorf("what is few was cut: %d, %d, %d", len(few[0].Found), len(few[1].Found), len(few[1].Reasons))
	}
}

// Of too many findings of one check those are listed that matter, and the others counted.
func TestListed(t *testing.T) {
	c := finding.Check{Outcome: finding.NotSatisfied}
	for i := range 100_000 {
		f := finding.Finding{Rule: "r", Level: finding.Warning, Place: finding.Place{Path: fmt.Sprintf("f%06d", i)}}
		switch {
		case i == 99_999:
			f.Level = finding.Error
		case i%2 == 0:
			f.WaivedBy = []string{"w", "v"}[min(1, i%1000)]
		}
		c.Found = append(c.Found, f)
	}
	tidy(&c, DefaultLimits().Listed)
	covered := ""
	for _, f := range c.Found {
		covered += f.WaivedBy
	}
	if len(c.Found) != 1000 || c.Found[0].Level != finding.Error || covered != "vw" {
		t.Errorf("%d are listed, the first is %+v, waivers of the list are %q", len(c.Found), c.Found[0], covered)
	}
	if got := text(c); !strings.Contains(got, "99,000 findings more than the 1000 that are listed") {
		t.Errorf("%.200s", got)
	}
}

// A large CODEOWNERS on a large change: last match wins, and the work has an end.
func TestManyOwners(t *testing.T) {
	var file strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&file, "/src/*%d*/**/x%d* @team%d\n", i, i, i%50)
	}
	file.WriteString("/src/ @dan\n")
	ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"))
	paths := make([]string, size(50_000))
	for i := range paths {
		paths[i] = fmt.Sprintf("doc/%d/a", i) // no line matches: each is tried
	}
	ch.Files = wholeChange(paths...).Files
	in := Input{Change: ch, Context: x, Owners: owners.Parse("CODEOWNERS", []byte(file.String())),
		Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: approvals, approvals: {humans: 1, owners: true}}]\n"))}
	began := time.Now()
	got := evaluate(t, in)["r"]
	t.Logf("%d files and 20001 lines in %s", len(paths), time.Since(began).Round(time.Millisecond))
	if got.Outcome != finding.NotAssessed || !strings.Contains(text(got), "over the limit of 50000000 patterns") {
		t.Errorf("%.500s", text(got))
	}
}

// 200,000 added lines, 10^5 reviews and commits with 10^5 co-authors.
func TestManyPeople(t *testing.T) {
	ch, x := pullRequest()
	for i := range size(100_000) {
		x.Reviews = append(x.Reviews, change.Review{Reviewer: change.Person{Login: fmt.Sprint("p", i), ID: fmt.Sprint(i + 10), Type: change.User}, State: "approved", Commit: oid("old").String(), At: "2026-11-20T10:00:00Z", Permission: "write"})
		ch.Commits[0].Trailers = append(ch.Commits[0].Trailers, change.Trailer{Key: "Co-authored-by", Value: fmt.Sprintf("P <%d+p@users.noreply.github.com>", i+10)})
	}
	ch.Files[0].Added = 200_000
	in := Input{Change: ch, Context: x, Config: config.Layer(nil, policy(t, twoHumans))}
	began := time.Now()
	got := evaluate(t, in)["r"]
	t.Logf("%d reviews in %s", len(x.Reviews), time.Since(began).Round(time.Millisecond))
	if got.Outcome != finding.NotSatisfied {
		t.Errorf("%s", got.Outcome)
	}
}

// What the messages and files of a change may hold without end is bounded.
func TestManyClaims(t *testing.T) {
	ch, x := pullRequest()
	value := "sha256:" + strings.Repeat("a", 64) + strings.Repeat(" src/a.go", maxBriefPaths/2)
	for range 100 {
		ch.Commits[0].Trailers = append(ch.Commits[0].Trailers, change.Trailer{Key: BriefTrailer, Value: value})
	}
	if all, more := claimedBriefs(ch.Commits); len(all) != 1 || !more {
		t.Errorf("%d claims are compared, more: %v", len(all), more)
	}
	ch.Commits[0].Trailers = ch.Commits[0].Trailers[:2]
	if got := evaluate(t, Input{Change: ch, Context: x})[NoticeBriefs]; got.Outcome == finding.Satisfied {
		t.Error(text(got))
	}
	values := "version: \"2.1\"\nvalues:\n"
	for i := range maxPrescribed + 1 {
		values += fmt.Sprintf("  v%d: 1\n", i)
	}
	_, err := ParseRequirements("r.yaml", []byte(values+"controls: [{id: a, name: n, requirement: r}]\n"))
	if err == nil || !strings.Contains(err.Error(), "over the limit of 200") {
		t.Errorf("too many values: %v", err)
	}
}
