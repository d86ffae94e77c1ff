package export

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"custody/internal/finding"
	"custody/internal/pack"
	"custody/internal/pack/verify"
	"custody/internal/review"
)

// What an emergency puts off, and what the baseline has, no output calls covered by a waiver;
// and a waiver is called nothing else.
func TestExceptionsByName(t *testing.T) {
	for by, names := range map[string]struct{ own, others string }{
		finding.ByEmergency: {"emergency", "waiver baseline"},
		finding.ByBaseline:  {"baseline", "waiver emergency"},
		"W-1":               {"waiver", "emergency baseline"},
	} {
		v := verdict(review.Pass)
		v.Checks = v.Checks[4:5]
		v.Checks[0].Level, v.Checks[0].Found[0].WaivedBy = finding.Error, by
		v.Checks[0].ID, v.Checks[0].Name = "two-eyes", "Two people approve"
		v.Findings = v.Checks[0].Found
		if by != "W-1" {
			v.Inputs.Waivers = []string{}
		}
		v.Reasons = []finding.Reason{{Code: review.ReasonExcepted, Detail: "two-eyes (Two people approve) waits."}}
		p := open(t, v, nil)
		oscal, err := json.Marshal(NewOSCAL(p))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := NewCSV(p)
		if err != nil {
			t.Fatal(err)
		}
		rows = bytes.TrimPrefix(rows, rows[:bytes.IndexByte(rows, '\n')])
		var terminal bytes.Buffer
		if err := pack.WriteText(&terminal, v, "p.zip", ""); err != nil {
			t.Fatal(err)
		}
		for name, out := range map[string]string{
			"page": string(p.Members[verify.Page]), "summary": string(p.Members[verify.Summary]), "sarif": string(p.Members[verify.SARIF]),
			"oscal": string(oscal), "csv": string(rows), "terminal": terminal.String(),
		} {
			out = strings.ToLower(out)
			if !strings.Contains(out, names.own) {
				t.Errorf("%s: %s does not name it", by, name)
			}
			for _, other := range strings.Fields(names.others) {
				if i := strings.Index(out, other); i >= 0 {
					t.Errorf("%s: %s speaks of %s: %s", by, name, other, out[max(0, i-60):min(len(out), i+60)])
				}
			}
		}
	}
}

// Where no policy stood nothing was held against rules, and the document says so.
func TestOSCALWithoutPolicy(t *testing.T) {
	for _, policy := range []bool{false, true} {
		v := verdict(review.Incomplete)
		for i := range v.Checks {
			v.Checks[i].Maps = nil
		}
		v.Controls = nil
		if !policy {
			v.Checks, v.Findings = nil, nil
			delete(v.Inputs.Files, "policy")
		}
		oscal, err := json.Marshal(NewOSCAL(open(t, v, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if says := strings.Contains(string(oscal), "No policy stood at the base"); says == policy {
			t.Errorf("with a policy: %t: %s", policy, oscal)
		}
	}
}
