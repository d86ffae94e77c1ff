package nearby

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
)

func TestRisk(t *testing.T) {
	who := map[string]int{"human-declared": 10}
	lines := func(n int) *change.Change { return &change.Change{Files: []change.File{{Path: "a.go", Added: n}}} }
	code := impact.Changed{Path: "a.go", Language: "go", Symbols: []impact.Symbol{}}
	test := impact.Reached{Node: "file:a_test.go", Kind: impact.KindTest, Path: "a_test.go"}
	named := func(p change.Path) string {
		if strings.HasPrefix(string(p), "pay/") {
			return "money"
		}
		return ""
	}
	for name, c := range map[string]struct {
		in   RiskInput
		want string
	}{
		"nothing":             {RiskInput{Report: report(finding.Satisfied, nil), Change: lines(1), Classes: who}, "low 0"},
		"prose, not assessed": {RiskInput{Report: report(finding.NotAssessed, []impact.Changed{{Path: "a.md", Skipped: "opaque"}}), Change: lines(1), Classes: who}, "low 0"},
		"tested code":         {RiskInput{Report: report(finding.Satisfied, []impact.Changed{code}, test), Change: lines(1), Classes: who}, "low 0"},
		"untested code":       {RiskInput{Report: report(finding.Satisfied, []impact.Changed{code}), Change: lines(1), Classes: who}, "low 160 untested"},
		"a deleted test":      {RiskInput{Report: report(finding.Satisfied, []impact.Changed{{Path: "a_test.go", Language: "go", Status: change.Deleted}}), Change: lines(1), Classes: who}, "low 80 untested"},
		"nobody knows":        {RiskInput{Report: report(finding.NotAssessed, []impact.Changed{{Path: "a.go", Language: "go"}})}, "medium 480 untested incomplete authorship breaking"},
		"all at once": {RiskInput{
			Report: &impact.Report{
				Changed:  []impact.Changed{{Path: "pay/a.go", Language: "go", Symbols: []impact.Symbol{{Name: "Pay", Exported: true, Change: "removed"}, {Name: "own", Change: "removed"}, {Name: "New", Exported: true, Change: "added"}}}},
				Reached:  []impact.Reached{{Kind: impact.KindFile, Path: "pay/b.go"}, {Kind: impact.KindPackage, Path: "pay"}},
				Packages: []impact.Package{{Change: "added"}},
			},
			Change: lines(300), Critical: named, Classes: map[string]int{"conflict": 1, "human-declared": 9},
		}, "high 940 critical untested authorship incomplete breaking critical-reached size packages reach"},
		"no more than 1000": {RiskInput{
			Report: func() *impact.Report {
				r := report(finding.NotAssessed, []impact.Changed{{Path: "pay/a.go", Language: "go"}})
				for i := range 300 {
					r.Reached = append(r.Reached, impact.Reached{Kind: impact.KindFile, Path: fmt.Sprintf("pay/%d.go", i)})
				}
				return r
			}(), Change: &change.Change{Files: []change.File{{Added: 5000}}, Limits: []change.Limit{{What: "files"}}}, Critical: named,
		}, "high 1000 critical reach untested size incomplete authorship breaking critical-reached size"},
		"policy unread": {RiskInput{Report: report(finding.Satisfied, nil), Change: lines(1), Classes: who, PolicyUnknown: true}, "low 160 critical"},
	} {
		r := Risk(c.in)
		got := fmt.Sprintf("%s %d", r.Level, r.Score)
		for _, x := range r.Reasons {
			got += " " + x.Code
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func report(o finding.Outcome, changed []impact.Changed, reached ...impact.Reached) *impact.Report {
	return &impact.Report{Changed: changed, Reached: reached, Outcome: o}
}

// Whatever more is known of a change, reached, or not known any more, the risk does not
// fall: nothing is safer for being used by many, or for being unknown.
func TestRiskNeverFalls(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		in := RiskInput{
			Report:   &impact.Report{Outcome: finding.Satisfied, Changed: []impact.Changed{{Path: "a/x.go", Language: "go", Symbols: []impact.Symbol{}}}},
			Change:   &change.Change{Files: []change.File{{Added: r.IntN(100)}}},
			Critical: func(p change.Path) string { return map[bool]string{true: "rule"}[strings.HasPrefix(string(p), "pay/")] },
			Classes:  map[string]int{"human-declared": 1},
		}
		before := Risk(in).Score
		for range 30 {
			what := r.IntN(9)
			switch what {
			case 0, 1:
				for range r.IntN(100) {
					in.Report.Reached = append(in.Report.Reached, impact.Reached{Kind: impact.KindFile, Path: []string{"pay/a.go", "b/c.go"}[r.IntN(2)]})
				}
			case 2:
				in.Report.Changed = append(in.Report.Changed, impact.Changed{Path: []string{"pay/n.go", "b/n.go", "n.md"}[r.IntN(3)], Language: "go"})
			case 3:
				in.Report.Outcome = finding.NotAssessed
			case 4:
				in.Classes = nil
			case 5:
				in.Change.Files[0].Added += r.IntN(500)
			case 6:
				in.Report.Packages = append(in.Report.Packages, impact.Package{Change: "added", Indirect: r.IntN(2) == 0})
			case 7:
				in.PolicyUnknown = true
			case 8:
				in.Report.Changed[0].Symbols = append(in.Report.Changed[0].Symbols, impact.Symbol{Name: "X", Exported: true, Change: "removed"})
			}
			after := Risk(in)
			if after.Score < before {
				t.Fatalf("seed %d: step %d takes the risk from %d to %d: %+v", seed, what, before, after.Score, after.Reasons)
			}
			before = after.Score
		}
	}
}

// TestRiskTable holds the documentation against the code: every reason and every number.
func TestRiskTable(t *testing.T) {
	doc, err := os.ReadFile("../../docs/impact.md")
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("risk.go")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)`: .* \\| ([^|]*) \\|$").FindAllStringSubmatch(string(doc), -1) {
		if documented[row[1]] == nil {
			documented[row[1]] = map[string]bool{}
		}
		for _, n := range regexp.MustCompile(`\d+`).FindAllString(row[2], -1) {
			documented[row[1]][n] = true
		}
	}
	calls := regexp.MustCompile(`add\("([a-z-]+)", (?:step\(\w+, ([^)]*)\)|(\d+)),`).FindAllStringSubmatch(string(src), -1)
	if len(calls) < 16 {
		t.Fatalf("only %d reasons were found", len(calls))
	}
	for _, call := range calls {
		for _, n := range regexp.MustCompile(`\d+`).FindAllString(call[2]+" "+call[3], -1) {
			if !documented[call[1]][n] {
				t.Errorf("docs/impact.md does not say %s of %s", n, call[1])
			}
		}
	}
}

// TestRiskOfTestsByTheirSettings: a test that only the settings of pytest call one is a test.
func TestRiskOfTestsByTheirSettings(t *testing.T) {
	r := &impact.Report{
		Changed: []impact.Changed{{Path: "a.py", Status: change.Modified, Language: "python"}},
		Reached: []impact.Reached{{Node: "file:checks/check_a.py", Kind: impact.KindFile, Path: "checks/check_a.py"}},
	}
	untested := func() bool {
		return slices.ContainsFunc(Risk(RiskInput{Report: r}).Reasons, func(x impact.RiskReason) bool { return x.Code == "untested" })
	}
	if !untested() {
		t.Error("without a test: nothing is said")
	}
	r.Tests = planOf(t, map[string]string{"pytest.ini": "[pytest]\npython_files = check_*.py\n", "checks/check_a.py": ""}, r)
	if untested() {
		t.Errorf("untested, with the tests %v", r.Tests.Runs)
	}
}
