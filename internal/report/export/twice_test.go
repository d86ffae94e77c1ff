package export

import (
	"encoding/json"
	"strings"
	"testing"

	"custody/internal/finding"
	"custody/internal/pack/verify"
	"custody/internal/review"
)

// One id may stand in the floor's and in the repository's requirements: no importer may take the
// two for one.
func TestOneIDTwice(t *testing.T) {
	v := verdict(review.Fail)
	once := ids(t, v)
	for _, c := range []finding.Check{
		{Origin: "org/req.yaml", Name: "No exec", Outcome: finding.NotSatisfied, Level: finding.Warning},
		{Origin: "security_requirements.yaml", Name: "No eval", Outcome: finding.Satisfied, Level: finding.Error},
	} {
		c.ID, c.Kind, c.Reasons, c.Found = "NO-EVAL", finding.Requirement, []finding.Reason{}, []finding.Finding{}
		v.Checks = append(v.Checks, c)
	}
	twice := ids(t, v)
	if n := len(twice) - len(once); n != 6 { // two observations, two findings, two targets
		t.Errorf("two requirements of one id have %d ids, want 6 that differ", n)
	}

	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID    string
						Short struct{ Text string }  `json:"shortDescription"`
						Level struct{ Level string } `json:"defaultConfiguration"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal(open(t, v, nil).Members[verify.SARIF], &log); err != nil {
		t.Fatal(err)
	}
	for _, r := range log.Runs[0].Tool.Driver.Rules {
		if r.ID != "NO-EVAL" {
			continue
		}
		if want := "No exec (org/req.yaml); No eval (security_requirements.yaml)"; r.Short.Text != want || r.Level.Level != "error" {
			t.Errorf("the rule is %q at level %s, want %q at error", r.Short.Text, r.Level.Level, want)
		}
		return
	}
	t.Error("no rule has the id")
}

// ids are those that have to be unique in a document: of everything, and of what findings are about.
func ids(t *testing.T, v *review.Verdict) map[string]bool {
	t.Helper()
	text, err := json.Marshal(NewOSCAL(open(t, v, nil)))
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	walk(doc, "", func(key, value string) {
		if key == "uuid" || key == "target-id" {
			if all[value] {
				t.Errorf("%s %s stands twice", key, value)
			}
			all[value] = true
		}
		if key == "description" && strings.HasPrefix(value, "pack.json, check NO-EVAL") && !strings.Contains(value, ".yaml") {
			t.Errorf("%q does not say which one", value)
		}
	})
	return all
}
