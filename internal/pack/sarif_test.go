package pack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/pack/verify"
	"custody/internal/review"
)

func sarifSchemaFile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSARIFValidates(t *testing.T) {
	schema := sarifSchemaFile(t)
	for n, v := range samples() {
		doc := membersOf(t, build(t, v, []byte(sampleContext)))[verify.SARIF]
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	bad, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"results":[]}]}`))
	if schema.Validate(bad) == nil {
		t.Error("the schema accepts a run without a tool: this test proves nothing")
	}
}

func TestSARIFContent(t *testing.T) {
	v := hostile()
	doc, err := sarif(v)
	if err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(doc, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != len(v.Findings) {
		t.Fatalf("%d results for %d findings", len(run.Results), len(v.Findings))
	}
	sorted := append([]finding.Finding{}, v.Findings...)
	finding.Sort(sorted)
	seen := map[string]bool{}
	for i, r := range run.Results {
		f := sorted[i]
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; rule.ID != f.Rule || r.RuleID != f.Rule {
			t.Errorf("ruleIndex %d is %q, not %q", r.RuleIndex, rule.ID, f.Rule)
		}
		if (len(r.Suppressions) == 1) != (f.WaivedBy != "") || r.Level != f.Level.String() {
			t.Errorf("%q: level %s, %d suppressions", f.Rule, r.Level, len(r.Suppressions))
		}
		if id := r.Fingerprints["primaryLocationLineHash"]; seen[id] || !strings.HasPrefix(id, f.Fingerprint()) {
			t.Errorf("fingerprint %s", id)
		} else {
			seen[id] = true
		}
		if f.Place.Path == "" {
			continue
		}
		raw, err := change.Unescape(f.Place.Path)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(r.Locations[0].Physical.Artifact.URI)
		if err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || u.Path != string(raw) {
			t.Errorf("path %q has the URI %+v, %v", raw, u, err)
		}
	}
	notAssessed := 0
	for _, c := range v.Checks {
		if c.Outcome == finding.NotAssessed {
			notAssessed++
		}
	}
	// The reasons of the verdict are of none of the checks here, so the change was not judged.
	if n := len(run.Invocations[0].Notifications); n != notAssessed+len(v.Reasons)-1 || notAssessed == 0 || run.Invocations[0].Successful {
		t.Errorf("%d notifications for %d checks that were not assessed, and %d reasons; successful: %t", n, notAssessed, len(v.Reasons), run.Invocations[0].Successful)
	}
}

// A run without a result is one that found nothing, unless it says that it did not end.
func TestSARIFOfWhatWasNotJudged(t *testing.T) {
	for name, c := range map[string]struct {
		v          *review.Verdict
		successful bool
		says       string
	}{
		"no policy":         {incomplete(), false, "There is no policy at the base and no floor, so no rule is in force and nothing was judged."},
		"passes":            {passing(), true, ""},
		"a rule is not met": {failing(), true, ""},
		"history is cut off": {func() *review.Verdict {
			v := passing()
			v.Decision, v.Reasons = review.Incomplete, []finding.Reason{{Code: review.ReasonShallow, Detail: "History is cut."}, {Code: review.ReasonNotAssessed, Detail: "x was not assessed."}}
			return v
		}(), false, "History is cut."},
	} {
		doc, err := sarif(c.v)
		if err != nil {
			t.Fatal(err)
		}
		var log sarifLog
		if err := json.Unmarshal(doc, &log); err != nil {
			t.Fatal(err)
		}
		run, said := log.Runs[0].Invocations[0], ""
		for _, n := range run.Notifications {
			if n.Level == "error" {
				said += n.Message.Text
			}
		}
		if run.Successful != c.successful || said != c.says {
			t.Errorf("%s: successful: %t, says %q", name, run.Successful, said)
		}
	}
}

func TestSARIFIsCapped(t *testing.T) {
	v := passing()
	for i := range maxResults + 10 {
		v.Findings = append(v.Findings, finding.Finding{Rule: "r", Level: finding.Level(i % 3), Message: fmt.Sprint("m", i%100)})
	}
	doc, err := sarif(v)
	if err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(doc, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != maxResults || run.Results[0].Level != "error" {
		t.Errorf("%d results, the first is %s", len(run.Results), run.Results[0].Level)
	}
	if n := run.Invocations[0].Notifications; len(n) != 1 || !strings.HasPrefix(n[0].Message.Text, "11 more findings") {
		t.Errorf("notifications %v", n)
	}
}

func TestSARIFText(t *testing.T) {
	for in, want := range map[string]string{"{0}": "{{0}}", "[a](https://x)": "[a] (https://x)", "plain": "plain"} {
		if got := sarifText(in).Text; got != want {
			t.Errorf("sarifText(%q) = %q", in, got)
		}
	}
}
