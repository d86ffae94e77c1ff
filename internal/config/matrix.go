package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/internal/config/yaml"
	"custody/internal/control/frameworks"
)

// MatrixName is the path of a repository's control matrix.
const MatrixName = "control_matrix.yaml"

// maxMatrixRows bounds a matrix: each verdict shows every row.
const maxMatrixRows = 1000

// A Matrix is the company's own controls: a framework as those that Custody knows, in a
// control_matrix.yaml at base or in the floor.
type Matrix struct {
	// Version is that of the format: `1`.
	Version int `yaml:"version,required"`
	// ID is the framework's, for `maps`: letters, digits, `.`, `_` and `-`, such as `acme-controls`.
	ID ID `yaml:"id,required"`
	// Name is one line for people.
	Name string `yaml:"name,required"`
	// Edition is the matrix's own version, such as `2026-10`: verdicts show it. Raise it with every change.
	Edition string `yaml:"edition,required"`
	// Controls are the rows.
	Controls []MatrixRow `yaml:"controls,required"`

	doc *yaml.Document
}

// A MatrixRow is one control. Everything that it lists must be there, or it shows no
// evidence.
type MatrixRow struct {
	// ID is the control's, as the company writes it, such as `CHG-3`.
	ID ControlID `yaml:"id,required"`
	// Title is what it asks, in a line.
	Title string `yaml:"title,required"`
	// Relation is `direct` (the evidence is what the control asks to see) or `supporting` (it helps, with other evidence).
	Relation Relation `yaml:"relation,required"`
	// Evidence are types of evidence, such as `review`: docs/controls.md lists them.
	Evidence []EvidenceType `yaml:"evidence"`
	// Rules are ids of rules that must be satisfied: of the policy or the floor; in a floor's matrix, of the floor.
	Rules []ID `yaml:"rules"`
	// Requirements are ids of requirements that must be satisfied.
	Requirements []ID `yaml:"requirements"`
	// AppliesIf narrows the row to some products, by the declared `context` of the requirements. Default: it applies to all.
	AppliesIf *MatrixCondition `yaml:"applies_if"`
	// AppliesFrom is the day (UTC) from which it applies, such as `2027-01-01`; before, it shows nothing. Default: now.
	AppliesFrom Day `yaml:"applies_from"`
}

// A MatrixCondition narrows a row: every list that is there must hold what was declared.
// What is not declared does not fit.
type MatrixCondition struct {
	// Data: one of these classes of data is declared in `context`.
	Data []ID `yaml:"data"`
	// AIRole: the role declared in `context.ai_act` is one of these.
	AIRole []ID `yaml:"ai_role"`
	// AIRisk: the risk class declared in `context.ai_act` is one of these.
	AIRisk []ID `yaml:"ai_risk"`
}

// A ControlID is a control's identifier as a company writes it: one printable line.
type ControlID string

// UnmarshalText accepts up to 80 printable bytes without space around them.
func (c *ControlID) UnmarshalText(b []byte) error {
	s := string(b)
	if s == "" || len(s) > maxID || !utf8.ValidString(s) || strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return &yaml.ValueError{Message: fmt.Sprintf("%q is not an id of a control", clip(s)), Hint: fmt.Sprintf("use one printable line of at most %d bytes, such as CHG-3", maxID)}
	}
	*c = ControlID(s)
	return nil
}

// A Relation says how evidence relates to a control.
type Relation string

// UnmarshalText accepts direct and supporting.
func (r *Relation) UnmarshalText(b []byte) error {
	return oneOf(r, b, "relation", frameworks.Direct, frameworks.Supporting)
}

// An EvidenceType is one of frameworks.AllEvidence.
type EvidenceType string

// UnmarshalText accepts the types that there are.
func (e *EvidenceType) UnmarshalText(b []byte) error {
	var known []EvidenceType
	for _, a := range frameworks.AllEvidence {
		known = append(known, EvidenceType(a.Type))
	}
	return oneOf(e, b, "type of evidence", known...)
}

// ParseMatrix reads a control_matrix.yaml. Every error is a *yaml.Error. Whether the rules
// and requirements that it names are there, Names says: they stand in other files.
func ParseMatrix(path string, src []byte) (*Matrix, error) {
	doc, err := yaml.Parse(path, src)
	if err != nil {
		return nil, err
	}
	m := &Matrix{}
	if err := doc.Decode(m); err != nil {
		return nil, err
	}
	return m, m.check(doc, doc.Root)
}

// check finds what no single value can tell. n is the node of the matrix.
func (m *Matrix) check(doc *yaml.Document, n *yaml.Node) error {
	m.doc = doc
	if m.Version != 1 {
		return doc.Errorf(n.Get("version"), "version %d of the control matrix is not known", m.Version).WithHint("this program reads version: 1")
	}
	if _, taken := frameworks.Get(string(m.ID)); taken {
		return doc.Errorf(n.Get("id"), "%s is a framework that Custody knows", m.ID).WithHint("give the company's own another id, such as acme-controls")
	}
	m.Name, m.Edition = oneLine(m.Name), oneLine(m.Edition)
	if len(m.Controls) > maxMatrixRows {
		return doc.Errorf(n.Get("controls"), "a matrix has at most %d controls, not %d", maxMatrixRows, len(m.Controls))
	}
	seen := map[ControlID]bool{}
	for i := range m.Controls {
		r, at := &m.Controls[i], n.Get("controls").Item(i)
		if seen[r.ID] {
			return doc.Errorf(at.Get("id"), "control %q stands twice", r.ID)
		}
		seen[r.ID] = true
		r.Title = oneLine(r.Title)
		if err := r.check(doc, at); err != nil {
			return err
		}
	}
	return nil
}

func (r *MatrixRow) check(doc *yaml.Document, n *yaml.Node) error {
	if len(r.Evidence)+len(r.Rules)+len(r.Requirements) == 0 {
		return doc.Errorf(n, "control %q names no evidence, so nothing could ever be lacking", r.ID).
			WithHint("name types of evidence, rules or requirements, such as evidence: [record, review]")
	}
	if err := twice(doc, n.Get("evidence"), r.Evidence); err != nil {
		return err
	}
	if err := twice(doc, n.Get("rules"), r.Rules); err != nil {
		return err
	}
	if err := twice(doc, n.Get("requirements"), r.Requirements); err != nil {
		return err
	}
	if r.AppliesIf == nil {
		return nil
	}
	at := n.Get("applies_if")
	for _, list := range []struct {
		key   string
		ids   []ID
		known []ID // none: any
	}{
		{"data", r.AppliesIf.Data, nil},
		{"ai_role", r.AppliesIf.AIRole, []ID{"provider", "deployer", "importer", "distributor", "none"}},
		{"ai_risk", r.AppliesIf.AIRisk, []ID{"prohibited", "high", "limited", "minimal", "none"}},
	} {
		if at.Get(list.key) != nil && len(list.ids) == 0 {
			return doc.Errorf(at.Get(list.key), "%s is empty", list.key).WithHint("take it out, or name what the control is about")
		}
		for i, id := range list.ids {
			if list.known != nil && !slices.Contains(list.known, id) {
				return doc.Errorf(at.Get(list.key).Item(i), "unknown value %q", id).WithHint("use one of %s", joined(list.known))
			}
		}
	}
	if len(r.AppliesIf.Data)+len(r.AppliesIf.AIRole)+len(r.AppliesIf.AIRisk) == 0 {
		return doc.Errorf(at, "applies_if names no condition").WithHint("take it out: the control applies to everything")
	}
	return nil
}

func twice[T ~string](doc *yaml.Document, n *yaml.Node, list []T) error {
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return doc.Errorf(n.Item(i), "%s is named twice", v)
		}
	}
	return nil
}

func joined[T ~string](list []T) string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}

// CheckNames refuses rows that name a rule or requirement which is not there: nobody
// could ever show evidence for them, and most likely it is a slip of the pen. A matrix in
// the floor is checked against the floor's rules when that is read.
func (m *Matrix) CheckNames(rules, requirements []ID) error {
	for i, r := range m.Controls {
		n := m.doc.Root.Get("controls").Item(i)
		if err := m.named(n.Get("rules"), "rule", r.Rules, rules); err != nil {
			return err
		}
		if err := m.named(n.Get("requirements"), "requirement", r.Requirements, requirements); err != nil {
			return err
		}
	}
	return nil
}

func (m *Matrix) named(n *yaml.Node, what string, ids, known []ID) error {
	for i, id := range ids {
		if !slices.Contains(known, id) {
			e := m.doc.Errorf(n.Item(i), "there is no %s %q", what, id)
			if len(known) == 0 {
				return e
			}
			return e.WithHint("known: %s", joined(known))
		}
	}
	return nil
}

// Framework is the matrix as one of the frameworks.
func (m *Matrix) Framework() frameworks.Framework {
	f := frameworks.Framework{ID: string(m.ID), Name: m.Name, Version: m.Edition}
	for _, r := range m.Controls {
		c := frameworks.Control{ID: string(r.ID), About: r.Title, Relation: string(r.Relation), From: string(r.AppliesFrom)}
		for _, e := range r.Evidence {
			c.Evidence = append(c.Evidence, frameworks.Evidence(e))
		}
		for _, id := range r.Rules {
			c.Evidence = append(c.Evidence, frameworks.OfRule(string(id)))
		}
		for _, id := range r.Requirements {
			c.Evidence = append(c.Evidence, frameworks.OfRequirement(string(id)))
		}
		if a := r.AppliesIf; a != nil {
			c.If = frameworks.Condition{Roles: texts(a.AIRole), Risks: texts(a.AIRisk), Data: texts(a.Data)}
		}
		f.Table = append(f.Table, c)
	}
	return f
}

func texts(ids []ID) []string {
	var out []string
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}

// Matrices are the company's own frameworks: the floor's and a repository's, either of
// which may be nil. A repository can not put another in the place of the floor's.
func Matrices(floor *Policy, repo *Matrix) ([]frameworks.Framework, error) {
	var own []frameworks.Framework
	if floor != nil && floor.ControlMatrix != nil {
		own = append(own, floor.ControlMatrix.Framework())
		if repo != nil && repo.ID == floor.ControlMatrix.ID {
			return nil, repo.doc.Errorf(repo.doc.Root.Get("id"), "%s is the matrix of the organisation's floor", repo.ID).WithHint("give this one an id of its own")
		}
	}
	if repo != nil {
		own = append(own, repo.Framework())
	}
	return own, nil
}

// RuleIDs are the ids of all rules, of the floor and the repository.
func (e *Effective) RuleIDs() []ID {
	var ids []ID
	if e != nil {
		for _, r := range e.Rules {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
