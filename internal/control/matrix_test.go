package control

import (
	"fmt"
	"slices"
	"testing"

	"custody/internal/config"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
)

// TestOwnMatrix: a row of the company's own matrix shows evidence only with everything
// that it lists: without any one type, rule or requirement it does not.
func TestOwnMatrix(t *testing.T) {
	in, checks := everything(t)
	checks = append(checks,
		finding.Check{ID: "KEY", Kind: finding.Requirement, Origin: "a.yaml", Outcome: finding.Satisfied},
		finding.Check{ID: "KEY", Kind: finding.Requirement, Origin: "b.yaml", Outcome: finding.Satisfied})
	src := "version: 1\nid: acme\nname: Acme\nedition: \"7\"\ncontrols:\n"
	for _, a := range frameworks.AllEvidence {
		src += fmt.Sprintf("  - { id: %s, title: x, relation: direct, evidence: [%s] }\n", a.Type, a.Type)
	}
	src += `
  - { id: rule, title: x, relation: direct, evidence: [record], rules: [two, why] }
  - { id: requirement, title: x, relation: direct, requirements: [KEY] }
  - { id: cards, title: x, relation: supporting, evidence: [record], applies_if: { data: [cardholder] } }
  - { id: later, title: x, relation: direct, evidence: [record], applies_from: 2031-01-01 }
  - { id: high, title: x, relation: direct, evidence: [record], applies_if: { ai_role: [provider], ai_risk: [high] } }
`
	m, err := config.ParseMatrix(config.MatrixName, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	in.Own = []frameworks.Framework{m.Framework()}
	status := func(in Input, checks []finding.Check) map[string]Status {
		all := map[string]Status{}
		for _, s := range Controls(in, checks) {
			if s.Framework == "acme" {
				if all[s.ID] = s.Status; s.Version != "7" {
					t.Errorf("edition %q", s.Version)
				}
			}
		}
		return all
	}
	whole := status(in, checks)
	if len(whole) != len(frameworks.AllEvidence)+5 {
		t.Fatalf("%d rows are shown", len(whole))
	}
	for id, s := range whole {
		want := EvidenceShown
		switch id {
		case "cards":
			want = ControlAside
		case "later":
			want = ControlLater
		}
		if s != want {
			t.Errorf("%s: %s with everything there, want %s", id, s, want)
		}
	}
	for _, a := range frameworks.AllEvidence {
		less, answers, _ := without(a.Type, in, checks, finding.NotAssessed)
		if s := status(less, answers)[string(a.Type)]; s != EvidenceLacks {
			t.Errorf("without %s: %s", a.Type, s)
		}
	}
	for i, c := range checks {
		row := map[string]string{"two": "rule", "why": "rule", "KEY": "requirement"}[c.ID]
		if row == "" {
			continue
		}
		for _, o := range []finding.Outcome{finding.NotSatisfied, finding.NotAssessed, finding.NotApplicable, finding.Excepted} {
			answers := slices.Clone(checks)
			answers[i].Outcome = o
			if s := status(in, answers)[row]; s != EvidenceLacks {
				t.Errorf("%s %s of %s: %s shows %s", c.ID, o, c.Origin, row, s)
			}
		}
		without := slices.DeleteFunc(slices.Clone(checks), func(d finding.Check) bool { return d.ID == c.ID })
		if s := status(in, without)[row]; s != EvidenceLacks {
			t.Errorf("without %s: %s", c.ID, s)
		}
	}
	in.Requirements = []*Requirements{{Context: &Regulatory{Data: []config.ID{"cardholder"}}}}
	if got := status(in, checks); got["cards"] != EvidenceShown || got["high"] != ControlAside {
		t.Errorf("with cardholder data: %s; without a place in the AI Act: %s", got["cards"], got["high"])
	}
}
