package gather

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"
)

// What one ref has first is not newer than what another one has.
func TestNewest(t *testing.T) {
	analysis := func(id int64, tool, category string, minute int, failed string) *github.ScanningAnalysis {
		at := github.Timestamp{Time: time.Date(2026, 11, 26, 12, minute, 0, 0, time.UTC)}
		return &github.ScanningAnalysis{ID: &id, Tool: &github.Tool{Name: &tool}, Category: &category, CreatedAt: &at, Error: &failed}
	}
	got := ""
	for _, a := range newest([]*github.ScanningAnalysis{
		analysis(1, "CodeQL", "go", 2, ""), analysis(2, "CodeQL", "js", 2, ""), // of refs/pull/7/head
		analysis(3, "CodeQL", "go", 5, ""), analysis(4, "CodeQL", "js", 6, "too many results"), analysis(5, "CodeQL", "js", 1, ""), analysis(6, "semgrep", "go", 0, ""), // of refs/pull/7/merge
	}) {
		got += fmt.Sprint(" ", a.GetID())
	}
	if got != " 3 2 6" {
		t.Errorf("these count:%s", got)
	}
}

// Levels of results, as SARIF 2.1.0 says in 3.27.10: the result's own, its rule's, "warning".
// The rules of CodeQL are those of its packs, which are extensions, and its results have no
// level of their own.
func TestCount(t *testing.T) {
	const driver = `"driver":{"name":"s","rules":[{"id":"a","defaultConfiguration":{"level":"note"}},{"id":"plain"}]}`
	const extensions = `"extensions":[{"name":"p","rules":[{"id":"b","defaultConfiguration":{"level":"error"}}]},{"name":"q","rules":[{"id":"c","defaultConfiguration":{"level":"note"}},{"id":"d","defaultConfiguration":{"level":"error"}}]}]`
	for result, want := range map[string]string{
		`{"ruleId":"a"}`:                 "a note",
		`{"ruleId":"a","level":"error"}`: "a error",
		`{"ruleIndex":0}`:                "a note",
		`{"ruleId":"plain"}`:             "plain warning",
		`{"ruleId":"a","kind":"pass"}`:   "a none",
		`{"ruleId":"a","kind":"fail"}`:   "a note",
		`{"ruleId":"none of them"}`:      "none of them warning",
		`{"message":{"text":"no rule"}}`: " warning",
		`{"ruleId":"b"}`:                 "b error",
		`{"ruleId":"d","rule":{"id":"d","index":1,"toolComponent":{"index":1}}}`: "d error",
		`{"rule":{"index":1,"toolComponent":{"index":1}}}`:                       "d error",
		`{"rule":{"id":"c"}}`: "c note",
		`{"ruleId":"a","ruleIndex":-1,"rule":{"index":-1,"toolComponent":{"index":-1}}}`:      "a note",
		`{"ruleId":"d","rule":{"index":7,"toolComponent":{"index":1}}}`:                       "d ",
		`{"ruleId":"d","rule":{"index":0,"toolComponent":{"index":9}}}`:                       "d ",
		`{"ruleId":"d","level":"warning","rule":{"index":0,"toolComponent":{"index":9}}}`:     "d warning",
		`{"ruleId":"a","ruleIndex":99}`:                                                       "a ",
		`{"ruleId":"a","ruleIndex":-7,"rule":{"index":0,"toolComponent":{"name":"not one"}}}`: "a ",
	} {
		all, err := count([]byte(`{"version":"2.1.0","runs":[{"tool":{`+driver+`,`+extensions+`},"results":[`+result+`]}]}`), "head")
		if err != nil || len(all) != 1 || all[0].Tool != "s" || all[0].Results != 1 || len(all[0].Counts) != 1 {
			t.Fatalf("%s: %+v, %v", result, all, err)
		}
		if c := all[0].Counts[0]; fmt.Sprintf("%s %s", c.Rule, c.Level) != want || c.Results != 1 {
			t.Errorf("%s: %+v, want %s", result, c, want)
		}
	}
}
