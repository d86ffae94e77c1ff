package checkrun

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

func oid(n int) git.OID {
	id, err := git.ParseOID(fmt.Sprintf("%040x", n))
	if err != nil {
		panic(err)
	}
	return id
}

const hostile = "@octocat closes #1 GH-2 <img src=x onerror=alert(1)> [x](https://evil.example) `x` https://evil.example ![i](u) \u202e| a |\n\n# b"

func verdict(d review.Decision, findings int) *review.Verdict {
	v := &review.Verdict{
		Schema: review.Schema, Decision: d, Stage: change.AtMerge, Reasons: []finding.Reason{{Code: "rule", Detail: hostile}},
		Inputs: review.Inputs{Base: oid(1), Head: oid(2), Day: "2026-11-23", Stage: change.AtMerge, Files: map[string]review.Digest{}},
		Change: review.Summary{Files: []review.FileLine{{Path: "a.py"}, {Path: "gone.py", Status: change.Deleted}, {Path: "b%0A.py"}}},
	}
	for i := range findings {
		v.Findings = append(v.Findings, finding.Finding{Rule: "r", Level: finding.Level(i % 3), Place: finding.Place{Path: "a.py", StartLine: i + 1}, Message: fmt.Sprint(hostile, i), Remedy: hostile, Who: hostile})
	}
	return v
}

func render(v *review.Verdict, mode config.Mode) Output {
	return Render(Input{Verdict: v, Digest: "sha256:" + strings.Repeat("a", 64), Pack: "sha256:" + strings.Repeat("b", 64), Mode: mode, DetailsURL: "https://custody.example/packs/x"})
}

// TestConclusion: nothing but a pass is success, and what was not judged is never neutral
// when enforcing.
func TestConclusion(t *testing.T) {
	for _, c := range []struct {
		d    review.Decision
		mode config.Mode
		want Conclusion
	}{
		{review.Pass, config.Enforce, Success}, {review.Fail, config.Enforce, Failure}, {review.Incomplete, config.Enforce, ActionRequired},
		{review.Pass, config.Report, Success}, {review.Fail, config.Report, Neutral}, {review.Incomplete, config.Report, Neutral},
	} {
		if got := render(verdict(c.d, 0), c.mode).Conclusion; got != c.want {
			t.Errorf("%v in mode %s: %s, want %s", c.d, c.mode, got, c.want)
		}
	}
	// What a door that only reports made says so itself; what was made before it did is marked.
	v := verdict(review.Fail, 0)
	v.Door.Mode = config.Report
	if a, b := render(verdict(review.Fail, 0), config.Report).Title, render(v, config.Report).Title; a != "Report only: This change may not land." || b != "This change does not meet its rules. It may land all the same: Custody only reports here." {
		t.Errorf("in mode report the titles are %q and %q", a, b)
	}
	if o := Render(Input{Verdict: verdict(review.Pass, 0), Mode: config.Enforce, Landing: "broken"}); o.Conclusion != Failure || !strings.HasPrefix(o.Text, "The pack says that the change passes") {
		t.Errorf("a change that leaves no judge: %s, %q", o.Conclusion, o.Text)
	}
	if o := Undecided(config.Enforce, "t", "w", "n"); o.Conclusion != ActionRequired || o.Text == "" {
		t.Errorf("nothing judged: %s", o.Conclusion)
	}
}

// TestLimits: whatever a verdict holds, GitHub takes the run.
func TestLimits(t *testing.T) {
	for _, n := range []int{0, 1, 49, 151, 5000} {
		o := render(verdict(review.Fail, n), config.Enforce)
		if len(o.Title) > 255 || len(o.Summary) > MaxText || len(o.Text) > MaxText || len(o.Annotations) > MaxAnnotations || len(o.Actions) > 3 {
			t.Errorf("%d findings: %d, %d, %d bytes, %d annotations", n, len(o.Title), len(o.Summary), len(o.Text), len(o.Annotations))
		}
		for _, s := range []string{o.Title, o.Summary, o.Text} {
			if !utf8.ValidString(s) {
				t.Errorf("%d findings: text is cut within a character", n)
			}
		}
		for _, a := range o.Actions {
			if utf8.RuneCountInString(a.Label) > 20 || utf8.RuneCountInString(a.Identifier) > 20 || utf8.RuneCountInString(a.Description) > 40 {
				t.Errorf("the button %+v is too long", a)
			}
		}
		if n > MaxAnnotations && !strings.Contains(o.Summary, fmt.Sprint(n-MaxAnnotations)) {
			t.Errorf("%d findings: the summary does not count what is not marked", n)
		}
		if !strings.Contains(o.Summary, strings.Repeat("b", 64)) {
			t.Error("the summary does not name the pack")
		}
	}
}

// TestAnnotations are on files that the change leaves there, the heaviest first, each once.
func TestAnnotations(t *testing.T) {
	v := verdict(review.Fail, 0)
	at := func(level finding.Level, path string, line int, waiver string) {
		v.Findings = append(v.Findings, finding.Finding{Rule: "r", Level: level, Place: finding.Place{Path: path, StartLine: line}, Message: "m", WaivedBy: waiver})
	}
	at(finding.Note, "a.py", 9, "")
	at(finding.Error, "a.py", 2, "")
	at(finding.Error, "a.py", 2, "")     // the same, of another rule's check
	at(finding.Error, "a.py", 3, "W-1")  // waived
	at(finding.Error, "gone.py", 1, "")  // deleted
	at(finding.Error, "other.py", 1, "") // not of the change
	at(finding.Error, "a.py", 0, "")     // no line
	at(finding.Error, "b%0A.py", 1, "")  // no name that can be shown
	at(finding.Warning, "a.py", 1, "")
	all, more := annotations(v)
	var got []string
	for _, a := range all {
		got = append(got, fmt.Sprint(a.Path, ":", a.Start, " ", a.Level))
	}
	if want := "a.py:2 failure, a.py:1 warning, a.py:9 notice"; strings.Join(got, ", ") != want || more != 0 {
		t.Errorf("got %v and %d more, want %s", got, more, want)
	}
}

// TestNeutral: of what a change says nothing is markup, a link, a mention or a reference.
func TestNeutral(t *testing.T) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	o := render(verdict(review.Fail, 3), config.Enforce)
	doc, err := json.Marshal(map[string]any{"checks": []finding.Check{
		{ID: "r", Kind: finding.Rule, Name: hostile, Level: finding.Error, Outcome: finding.NotSatisfied, Reasons: []finding.Reason{{Code: "x", Detail: hostile}},
			Found: []finding.Finding{{Rule: "r", Place: finding.Place{Path: "@octocat #1"}, Message: hostile, Remedy: hostile, Who: hostile}, {Message: hostile, WaivedBy: hostile}}},
		{ID: hostile, Kind: finding.Requirement, Level: finding.Error, Outcome: finding.NotAssessed},
	}})
	if err != nil {
		t.Fatal(err)
	}
	say := func(text string, err error) string {
		if err != nil || text == "" {
			t.Fatalf("%q, %v", text, err)
		}
		return text
	}
	for name, s := range map[string]string{"summary": o.Summary, "text": o.Text, "undecided": Undecided(config.Enforce, hostile, hostile, hostile).Summary,
		"a rule": say(ExplainRule(doc, "r")), "no rule": say(ExplainRule(doc, "secret-word")), "all": say(ExplainAll(doc)), "how to waive": say(HowToWaive(doc))} {
		if strings.Contains(s, "secret-word") {
			t.Errorf("%s: what somebody wrote is repeated: %s", name, s)
		}
		var html bytes.Buffer
		if err := md.Convert([]byte(s), &html); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<a ", "<img", "<h1", "@octocat", "GH-2", " #1"} {
			if strings.Contains(html.String(), bad) {
				t.Errorf("%s: %q of the change is left:\n%s", name, bad, html.String())
			}
		}
	}
}

// TestExplain: a rule is told by what the pack says of it, within bounds.
func TestExplain(t *testing.T) {
	c := finding.Check{ID: "r", Kind: finding.Rule, Name: "Asked", Level: finding.Error, Outcome: finding.NotSatisfied}
	for i := range 200 {
		c.Found = append(c.Found, finding.Finding{Rule: "r", Place: finding.Place{Path: "a.py", StartLine: i + 1}, Message: strings.Repeat("long ", 1000), Remedy: "Mend it.", Who: "ada"})
	}
	other := finding.Check{ID: "passed", Kind: finding.Requirement, Outcome: finding.Satisfied}
	doc := func(n int) []byte {
		checks := []finding.Check{other}
		for range n {
			checks = append(checks, c)
		}
		text, err := json.Marshal(map[string]any{"checks": checks})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, got := range map[string]struct {
		says func() (string, error)
		want []string
	}{
		"one":            {func() (string, error) { return ExplainRule(doc(1), "r") }, []string{"**r** Asked: not-satisfied", "a.py:1: ", "**To do** Mend it.", "**Who** ada", "195 more findings"}},
		"all":            {func() (string, error) { return ExplainAll(doc(9)) }, []string{"And 4 more"}},
		"nothing":        {func() (string, error) { return ExplainAll(doc(0)) }, []string{"Nothing that was asked"}},
		"unknown":        {func() (string, error) { return ExplainRule(doc(1), "s") }, []string{"passed, r."}},
		"waiver":         {func() (string, error) { return HowToWaive(doc(1)) }, []string{"/custody waive RULE", "one of r,"}},
		"no waiver":      {func() (string, error) { return HowToWaive(doc(0)) }, []string{"no finding that a waiver could except"}},
		"no rule at all": {func() (string, error) { return ExplainRule([]byte("{}"), "r") }, []string{"No rule or requirement was asked"}},
	} {
		text, err := got.says()
		for _, w := range got.want {
			if err != nil || !strings.Contains(text, w) || len(text) > 30_000 {
				t.Errorf("%s: %d bytes lack %q: %.300s, %v", name, len(text), w, text, err)
			}
		}
	}
	if _, err := ExplainAll([]byte("{")); err == nil {
		t.Error("no pack is explained")
	}
}
