package config

import (
	"errors"
	"strings"
	"testing"

	"custody/internal/config/yaml"
	"custody/internal/control/frameworks"
)

const matrixHead = "version: 1\nid: acme\nname: Acme\nedition: \"1\"\ncontrols:\n"

// TestMatrixErrors: whatever makes no sense in a control matrix is an error with its place.
func TestMatrixErrors(t *testing.T) {
	row := func(keys string) string {
		return matrixHead + "  - { id: C-1, title: x, relation: direct, " + keys + " }\n"
	}
	for _, c := range []struct{ src, want string }{
		{strings.Replace(row("evidence: [record]"), "version: 1", "version: 2", 1), `m.yaml:1:10: version 2 of the control matrix`},
		{strings.Replace(row("evidence: [record]"), "acme", "soc2-2017", 1), `m.yaml:2:5: soc2-2017 is a framework that Custody knows`},
		{row("rules: []"), `names no evidence`},
		{row("evidence: [recrod]"), `m.yaml:6:55: an item of "evidence": unknown type of evidence "recrod"`},
		{row("evidence: [record, record]"), `m.yaml:6:63: record is named twice`},
		{row("rules: [a, a]"), `a is named twice`},
		{row("requirements: [a, a]"), `a is named twice`},
		{row("evidence: [record]") + "  - { id: C-1, title: y, relation: direct, evidence: [record] }\n", `m.yaml:7:11: control "C-1" stands twice`},
		{strings.Replace(row("evidence: [record]"), "direct", "proof", 1), `unknown relation "proof"`},
		{row("evidence: [record], applies_if: {}"), `applies_if`},
		{row("evidence: [record], applies_if: { data: [] }"), `data is empty`},
		{row("evidence: [record], applies_if: { ai_role: [maker] }"), `unknown value "maker"`},
		{row("evidence: [record], applies_if: { ai_risk: [huge] }"), `unknown value "huge"`},
		{row("evidence: [record], applies_from: 2027-13-01"), `applies_from`},
		{row("evidence: [record], applies_form: 2027-12-01"), `unknown key "applies_form"`},
		{matrixHead + strings.Repeat("  - { id: C, title: x, relation: direct, evidence: [record] }\n", maxMatrixRows+1), `at most 1000 controls`},
		{strings.Replace(row("evidence: [record]"), "id: C-1", `id: " C"`, 1), `is not an id of a control`},
	} {
		_, err := ParseMatrix("m.yaml", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot %v, want %s", c.src[:min(len(c.src), 300)], err, c.want)
		}
	}
}

// TestMapsToMatrix: a policy maps to the company's controls as to those that Custody
// knows, and to no others; a floor brings its own.
func TestMapsToMatrix(t *testing.T) {
	m, err := ParseMatrix(MatrixName, []byte(matrixHead+"  - { id: CHG 3, title: x, relation: supporting, rules: [r], requirements: [q] }\n"))
	if err != nil {
		t.Fatal(err)
	}
	policy := func(framework, id string) []byte {
		return []byte("version: 1\nrules:\n  - { id: r, kind: impact, maps: [{ framework: " + framework + ", id: " + id + " }] }\n")
	}
	p, err := ParsePolicy(FileName, policy("acme", "CHG 3"), m.Framework())
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Rules[0].Maps[0].Control().Relation; got != frameworks.Supporting {
		t.Errorf("relation %q", got)
	}
	for _, c := range []struct {
		framework, id, want string
	}{
		{"acme", "CHG-4", `.custody.yaml:3:58: acme has no control "CHG-4" in the table`},
		{"acem", "CHG 3", `.custody.yaml:3:48: unknown framework "acem"`},
	} {
		if _, err := ParsePolicy(FileName, policy(c.framework, c.id), m.Framework()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %s", c.framework, c.id, err, c.want)
		}
	}
	if _, err := ParsePolicy(FileName, policy("acme", "CHG 3")); err == nil {
		t.Error("without the matrix its controls are known")
	}
	if err := m.CheckNames([]ID{"r"}, []ID{"q"}); err != nil {
		t.Error(err)
	}
	for want, err := range map[string]error{
		`control_matrix.yaml:6:58: there is no rule "r"`: m.CheckNames(nil, []ID{"q"}),
		`there is no requirement "q"`:                    m.CheckNames([]ID{"r"}, []ID{"other"}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}

	floor := string(policy("acme", "C-1")) + "control_matrix:\n  version: 1\n  id: acme\n  name: Acme\n  edition: \"1\"\n  controls:\n    - { id: C-1, title: x, relation: direct, rules: [r] }\n"
	f, err := ParseFloor("floor.yaml", []byte(floor))
	if err != nil {
		t.Fatal(err)
	}
	if own, err := Matrices(f, nil); err != nil || len(own) != 1 || own[0].ID != "acme" {
		t.Errorf("%v %v", own, err)
	}
	if _, err := Matrices(f, m); err == nil || !strings.Contains(err.Error(), "control_matrix.yaml:2:5: acme is the matrix of the organisation's floor") {
		t.Errorf("a repository replaces the floor's matrix: %v", err)
	}
	if _, err := ParseFloor("floor.yaml", []byte(strings.Replace(floor, "rules: [r]", "rules: [s]", 1))); err == nil || !strings.Contains(err.Error(), `there is no rule "s"`) {
		t.Errorf("a row of the floor's matrix names a rule that the floor has not: %v", err)
	}
	if _, err := ParsePolicy(FileName, []byte(floor)); err == nil || !strings.Contains(err.Error(), "belongs into the organisation's floor") {
		t.Errorf("a policy holds a matrix: %v", err)
	}
}

// FuzzParseMatrix: whatever a control matrix holds, its error has a place, and one that
// is read names its evidence.
func FuzzParseMatrix(f *testing.F) {
	f.Add([]byte(matrixHead + "  - { id: C-1, title: x, relation: direct, evidence: [record] }\n"))
	f.Add([]byte(matrixHead + "  - { id: C-2, title: x, relation: supporting, rules: [a], requirements: [b], applies_if: { data: [pii] }, applies_from: 2027-12-01 }\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := ParseMatrix("m.yaml", src)
		var e *yaml.Error
		switch {
		case err != nil && !errors.As(err, &e):
			t.Fatalf("error is a %T: %v", err, err)
		case err != nil:
			return
		case len(m.Controls) > maxMatrixRows:
			t.Fatalf("%d controls", len(m.Controls))
		}
		for _, c := range m.Controls {
			if c.ID == "" || len(c.Evidence)+len(c.Rules)+len(c.Requirements) == 0 {
				t.Errorf("control %q names no evidence", c.ID)
			}
		}
		if _, err := Matrices(nil, m); err != nil {
			t.Errorf("what was read is refused: %v", err)
		}
	})
}
