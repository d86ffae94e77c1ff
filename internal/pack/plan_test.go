package pack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

// What can do harm comes first, with why; what both sides say is mechanical comes last,
// unless something is wrong in it.
func TestPlan(t *testing.T) {
	file := func(path string, lines int) review.FileLine {
		return review.FileLine{Path: path, Status: change.Modified, Mode: git.ModeFile, OldMode: git.ModeFile, Added: lines}
	}
	v := &review.Verdict{
		Change: review.Summary{Files: []review.FileLine{
			file("small.go", 2), file("a/large.go", 400), file("a/large_test.go", 900), file("README.md", 300), file(".github/workflows/ci.yml", 3),
			file("bad.go", 1), file("used.go", 1), file("agent.go", 30), file("run.sh", 1), file("paths/auth.go", 1), file("api.go", 1), file("gone.go", 0),
			file("moved.go", 0), file("made.pb.go", 800), file("made-bad.pb.go", 800), file("counted.go", 1),
		}},
		Checks: []finding.Check{{ID: "limit", Asks: "authorship-limit"}},
		Findings: []finding.Finding{
			{Rule: "secrets", Level: finding.Error, Place: finding.Place{Path: "bad.go", StartLine: 1}, Message: "a secret"},
			{Rule: "secrets", Level: finding.Warning, Place: finding.Place{Path: "made-bad.pb.go", StartLine: 7}, Message: "hidden text"},
			{Rule: "limit", Level: finding.Error, Place: finding.Place{Path: "counted.go"}, Message: "lines of no origin"},
			{Rule: "secrets", Level: finding.Error, Place: finding.Place{Path: "small.go", StartLine: 1}, Message: "waived", WaivedBy: "w"},
		},
		Impact:      &impact.Report{Changed: []impact.Changed{{Path: "api.go", Symbols: []impact.Symbol{{Name: "Old", Change: impact.SymbolRemoved, Exported: true}}}, {Path: "gone.go", Symbols: []impact.Symbol{{Name: "Gone", Change: impact.SymbolRemoved, Exported: true}}}}},
		Attestation: &attestation.Report{Summary: attestation.Summary{AddedLines: 100, Lines: map[attestation.Class]int{attestation.AIDeclared: 30}}, Files: []attestation.File{{Path: "agent.go", Added: 30, Lines: map[attestation.Class]int{attestation.AIDeclared: 30}}}},
	}
	for i := range v.Change.Files {
		switch f := &v.Change.Files[i]; f.Path {
		case "run.sh":
			f.Mode = git.ModeExecutable
		case "paths/auth.go":
			f.Critical = "auth"
		case "gone.go":
			f.Mode, f.Status = 0, change.Deleted
		case "moved.go":
			f.Mechanical = review.Moved
		case "made.pb.go", "made-bad.pb.go":
			f.Mechanical = review.Generated
		}
	}
	for i := range 40 {
		v.Impact.Reached = append(v.Impact.Reached, impact.Reached{Node: fmt.Sprint("file:x", i), Kind: impact.KindFile, Via: []string{"file:used.go"}})
	}
	p := newPlan(v)
	var first []string
	for _, f := range p.First {
		first = append(first, f.Path+": "+strings.Join(f.Reasons, "; "))
	}
	want := []string{
		"bad.go: finding: a secret",
		"made-bad.pb.go: finding: hidden text; much of it changed",
		".github/workflows/ci.yml: it runs in the pipeline, with its rights",
		"run.sh: what it is changed from a plain file to a program",
		"paths/auth.go: the rule auth asks more of this path than of others",
		"api.go: others that use Old have to follow",
		"used.go: at least 40 files depend on it",
		"agent.go: an AI agent wrote 30 of its 30 added lines",
		"a/large.go: much of it changed",
	}
	slices.Sort(first)
	slices.Sort(want)
	if !slices.Equal(first, want) {
		t.Errorf("first\n%s\nwant\n%s", strings.Join(first, "\n"), strings.Join(want, "\n"))
	}
	if p.First[0].Path != "bad.go" || p.First[1].Path != "made-bad.pb.go" {
		t.Errorf("begins with %s and %s", p.First[0].Path, p.First[1].Path)
	}
	n := len(p.First)
	for _, pile := range append(p.Rest, p.Skip...) {
		n += pile.Count
	}
	if n != len(v.Change.Files) || len(p.Skip) != 2 {
		t.Errorf("%d files of %d are in the plan, %d piles to skip", n, len(v.Change.Files), len(p.Skip))
	}
}

// Of a Go package the importers are counted once, and nobody depends on a file that is added.
func TestPlanCountsImportersOnce(t *testing.T) {
	v := passing()
	file := func(p string, s change.Status, lines int) review.FileLine {
		return review.FileLine{Path: p, Status: s, Mode: git.ModeFile, OldMode: git.ModeFile, Added: lines}
	}
	v.Change.Files = []review.FileLine{file("http/added.go", change.Added, 192), file("http/app.go", change.Modified, 3), file("http/server.go", change.Modified, 260), file("ui/a.ts", change.Modified, 3)}
	v.Impact.Changed, v.Impact.Reached = nil, nil
	reach := func(n int, via, precision string) {
		for i := range n {
			v.Impact.Reached = append(v.Impact.Reached, impact.Reached{Kind: impact.KindFile, Node: fmt.Sprint("file:", via, i), Via: []string{"file:" + via, "package:http"}, Precision: precision, Distance: 1})
		}
	}
	reach(60, "http/added.go", impact.PrecisionFile)
	reach(9, "http/server.go", impact.PrecisionSymbol)
	reach(7, "ui/a.ts", impact.PrecisionFile)
	said := map[string]string{}
	for _, f := range newPlan(v).First {
		said[f.Path] = strings.Join(f.Reasons, "; ")
	}
	if want := "at least 69 files depend on its package; much of it changed"; said["http/server.go"] != want || strings.Contains(said["http/added.go"], "depend") || said["http/app.go"] != "" {
		t.Errorf("%q", said)
	}
}

// What stands for something else is read first, though it has no line of code.
func TestPlanOfWhatStandsForOthers(t *testing.T) {
	v := passing()
	v.Impact, v.Attestation, v.Findings = nil, nil, nil
	v.Change.Files = []review.FileLine{
		{Path: "lib", Status: change.Modified, Mode: git.ModeGitlink, OldMode: git.ModeGitlink},
		{Path: "passwd", Status: change.Added, Mode: git.ModeSymlink, Added: 1},
		{Path: "gone", Status: change.Deleted, OldMode: git.ModeGitlink},
		{Path: "a.go", Status: change.Modified, Mode: git.ModeFile, OldMode: git.ModeFile, Added: 3},
	}
	var got []string
	for _, f := range newPlan(v).First {
		got = append(got, f.Path+": "+strings.Join(f.Reasons, "; "))
	}
	want := []string{"lib: it stands for a commit of another repository, of which nothing was read here", "passwd: it is a link: whoever reads it gets what it points to"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Where a language is not read, size alone tells: the largest files are named.
func TestPlanNamesTheLargest(t *testing.T) {
	v := passing()
	v.Impact, v.Attestation, v.Findings = nil, nil, nil
	v.Change.Files = nil
	for i, lines := range []int{5, 90, 30, 60, 40} {
		v.Change.Files = append(v.Change.Files, review.FileLine{Path: fmt.Sprintf("src/f%d.rs", i), Status: change.Modified, Mode: git.ModeFile, OldMode: git.ModeFile, Added: lines})
	}
	var got []string
	for _, f := range newPlan(v).First {
		got = append(got, f.Path)
	}
	if want := []string{"src/f1.rs", "src/f3.rs", "src/f4.rs"}; !slices.Equal(got, want) {
		t.Errorf("begin with %q, want %q", got, want)
	}
	v.Change.Files = v.Change.Files[:2]
	if p := newPlan(v); len(p.First) != 1 || p.First[0].Reasons[0] != "the largest change of code here" {
		t.Errorf("of one large file: %+v", p.First)
	}
	v.Change.Files = v.Change.Files[1:]
	if p := newPlan(v); len(p.First) > 0 {
		t.Errorf("of the only file: %+v", p.First)
	}
}

// Files with errors beyond those that the plan names are no code like any other.
func TestPlanOfManyErrors(t *testing.T) {
	v := failing()
	for i := range 26 {
		p := fmt.Sprintf("a/f%02d.py", i)
		v.Change.Files = append(v.Change.Files, review.FileLine{Path: p, Mode: git.ModeFile, OldMode: git.ModeFile, Added: 1})
		v.Findings = append(v.Findings, finding.Finding{Rule: "SEC-014", Level: finding.Error, Place: finding.Place{Path: p, StartLine: 1}, Message: "A password is hashed with md5."})
	}
	p := newPlan(v)
	if len(p.First) != maxFirst || p.Rest[0].What != withErrors || p.Rest[0].Count != 27-maxFirst {
		t.Errorf("%d files first, then %+v", len(p.First), p.Rest)
	}
}

// A finding that stands for others is counted for them, and named last.
func TestFindingsThatStandForOthers(t *testing.T) {
	v := failing()
	more := finding.Finding{Rule: "SEC-014", Level: finding.Error, Place: finding.Place{Path: "session/store.go"}, Message: "More lines match than are listed.", More: 300}
	v.Checks[1].Found = append([]finding.Finding{more}, v.Checks[1].Found...)
	v.Findings = append(v.Findings, more)
	w := newView(v)
	if got := w.Findings[0].Heading(); got != "At least 302 errors" || w.Then != "After that, at least 301 more errors are open: see the findings." {
		t.Errorf("the heading is %q, and then %q", got, w.Then)
	}
	if got := lookAt(newCheck(v.Checks[1], nil)); got != "session/store.go:41: A password is hashed with md5. (and at least 300 more)" {
		t.Errorf("look at %q", got)
	}
	if got := w.Plan.First[0].Reasons[0]; got != "2 findings, the first: A password is hashed with md5." {
		t.Errorf("read it because %q", got)
	}

	// So does a check whose list was cut.
	v = failing()
	v.Checks[1].Reasons = append(v.Checks[1].Reasons, finding.Reason{Code: control.ReasonLimit, Detail: "99 findings more than the 1000 that are listed"})
	if got := newView(v).Findings[0].Heading(); got != "At least 2 errors" {
		t.Errorf("the heading is %q", got)
	}
}

// However many there are, the plan stays short and holds each file once.
func TestPlanOfMany(t *testing.T) {
	v := huge(20_000)
	p := newPlan(v)
	n := len(p.First)
	for _, pile := range append(p.Rest, p.Skip...) {
		if n += pile.Count; len(pile.Files) > maxPileFile {
			t.Errorf("%d files are named of %s", len(pile.Files), pile.What)
		}
	}
	if n != len(v.Change.Files) || len(p.First) > maxFirst {
		t.Errorf("%d files of %d, %d of them first", n, len(v.Change.Files), len(p.First))
	}
}
