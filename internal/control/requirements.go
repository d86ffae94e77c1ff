package control

import (
	"fmt"
	"slices"

	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/control/cel"
	"custody/internal/control/frameworks"
	"custody/internal/control/grep"
	"custody/internal/finding"
)

// Requirements is a security_requirements.yaml, version 2.0 or 2.1, as it stands at base.
type Requirements struct {
	// Version is that of the format: `"2.0"`, or `"2.1"` for everything marked 2.1 here.
	Version formatVersion `yaml:"version,required"`
	// Context is what the repository is subject to: `applies_when` asks for it. 2.1. Of several files, what all say together counts.
	Context *Regulatory `yaml:"context"`
	// Values are prescribed values (an algorithm, days until a key is rotated) by name, for the checks of this file: a change of one stands out in review. Texts, whole numbers, true, false and lists of them. 2.1.
	Values Values `yaml:"values"`
	// Controls are the requirements.
	Controls []Requirement `yaml:"controls,required"`

	// Path is where the file stands.
	Path string
}

// Regulatory is what the repository is subject to. What is not said excludes nothing: a
// requirement that asks for it applies.
type Regulatory struct {
	// Frameworks are the ids of those that are in scope, such as `pci-dss-4.0.1`.
	Frameworks []config.ID `yaml:"frameworks"`
	// AIAct is the product's place in the EU AI Act.
	AIAct *AIAct `yaml:"ai_act"`
	// Data are the classes of data that are handled, such as `pii` and `cardholder`.
	Data []config.ID `yaml:"data"`
}

// AIAct is a place in the EU AI Act (Regulation 2024/1689): of the product that the
// repository is, not of the assistant that writes it.
type AIAct struct {
	// Role is `provider`, `deployer`, `importer`, `distributor` or `none`.
	Role AIRole `yaml:"role,required"`
	// RiskClass is `prohibited`, `high`, `limited`, `minimal` or `none` (no AI system).
	RiskClass RiskClass `yaml:"risk_class,required"`
}

// A Requirement is one entry of `controls`.
type Requirement struct {
	// ID names it in findings and waivers: letters, digits, `.`, `_` and `-`.
	ID config.ID `yaml:"id,required"`
	// Name is one line for people.
	Name string `yaml:"name,required"`
	// Requirement is what must hold, in a sentence.
	Requirement string `yaml:"requirement,required"`
	// Implementation is how it is meant to be met.
	Implementation string `yaml:"implementation"`
	// Verification is one grep command; see below. Without one, and without `check`, the requirement is not assessed.
	Verification string `yaml:"verification"`
	// Check is a typed check, instead of a verification; see below. 2.1.
	Check *Check `yaml:"check"`
	// AppliesWhen says where the requirement applies; elsewhere it is not applicable. Default: everywhere. 2.1.
	AppliesWhen *AppliesWhen `yaml:"applies_when"`
	// Severity is `error`, `warning` or `note`: a rule of kind `requirements` asks for those of level `error`. Default: `error`.
	Severity finding.Level `yaml:"severity"`
	// Owner is who answers for the requirement. 2.1.
	Owner string `yaml:"owner"`
	// Values are prescribed values of this requirement alone. 2.1.
	Values Values `yaml:"values"`
	// Expect is `present` (something must be found) or `absent` (nothing may be), for `verification`. Default: `present`, and `absent` for a verification that begins with `!`.
	Expect Expect `yaml:"expect"`
	// Paths narrow the files that `verification` searches, as globs with `**`, besides what the command says.
	Paths []config.Glob `yaml:"paths"`
	// Maps are the controls of outside frameworks to which the requirement gives evidence.
	Maps []config.Map `yaml:"maps"`

	command *grep.Command
	refused error // why command is nil; an *grep.Unsupported
	values  constants
}

// AppliesWhen says where a requirement applies: every key that is there must fit. It is
// decided by the files of the tree and the declared context alone, so the same
// architecture and context give the same requirements. What is not known excludes nothing.
type AppliesWhen struct {
	// Languages: the tree has a file of one of these, such as `python`: the names that `custody impact` shows, or an extension such as `.tf`.
	Languages []Language `yaml:"languages"`
	// Paths: the tree has a file that one of these globs matches.
	Paths []config.Glob `yaml:"paths"`
	// Data: one of these classes of data is declared in `context`.
	Data []config.ID `yaml:"data"`
	// Frameworks: one of these is declared in `context`.
	Frameworks []config.ID `yaml:"frameworks"`
	// AIRole: the role declared in `context.ai_act` is one of these.
	AIRole []AIRole `yaml:"ai_role"`
	// AIRisk: the risk class declared in `context.ai_act` is one of these.
	AIRisk []RiskClass `yaml:"ai_risk"`
}

// A Check is one of `all`, `any`, `text`, `data`, `diff` and `sarif`.
type Check struct {
	// All are checks that must all be satisfied.
	All []Check `yaml:"all"`
	// Any are checks of which one must be satisfied.
	Any []Check `yaml:"any"`
	// Text searches the lines of files.
	Text *TextCheck `yaml:"text"`
	// Data asks a condition of every document in files of YAML, JSON, TOML or HCL.
	Data *DataCheck `yaml:"data"`
	// Diff asks a condition of the change.
	Diff *DiffCheck `yaml:"diff"`
	// SARIF asks what a scanner found on the head.
	SARIF *SARIFCheck `yaml:"sarif"`

	leaves int // how many checks it is made of, itself included
}

// A TextCheck searches the lines of files.
type TextCheck struct {
	// Regex is a regular expression (RE2) that a line must match. Or `value`.
	Regex string `yaml:"regex"`
	// Value is the name of a value whose text a line must hold. Or `regex`.
	Value config.ID `yaml:"value"`
	// Paths are the files, as globs with `**`.
	Paths []config.Glob `yaml:"paths,required"`
	// Exclude are files that are left out.
	Exclude []config.Glob `yaml:"exclude"`
	// StripComments leaves out comments, of Go, Python, Java, TypeScript and JavaScript; a file of another language is not searched then. Default: `false`.
	StripComments bool `yaml:"strip_comments"`
	// Expect is `present` or `absent`. Default: `present`.
	Expect Expect `yaml:"expect"`
	// MinCount is how many lines must be found, of what is `present`: 1 to 1000. Default: 1.
	MinCount int `yaml:"min_count"`

	command *grep.Command
}

// A DataCheck asks a condition of every document.
type DataCheck struct {
	// Files are the files, as globs with `**`.
	Files []config.Glob `yaml:"files,required"`
	// Exclude are files that are left out.
	Exclude []config.Glob `yaml:"exclude"`
	// When is a condition in CEL that says which documents the check is about. Default: all.
	When string `yaml:"when"`
	// CEL is the condition: `doc` is the document, `file` its path, `index` its place in the file, `values` the values.
	CEL string `yaml:"cel,required"`

	when, holds *cel.Program
	values      *cel.Record
}

// A DiffCheck asks a condition of the change.
type DiffCheck struct {
	// CEL is the condition: `change` is the change, `values` the values; see below.
	CEL string `yaml:"cel,required"`

	holds  *cel.Program
	values *cel.Record
}

// A SARIFCheck asks what a scanner found on the head, by the context's `sarif`.
type SARIFCheck struct {
	// Tool is the scanner's name, as its SARIF says it.
	Tool string `yaml:"tool,required"`
	// Rule narrows to rules, as a glob of their ids such as `py.crypto.*`. Default: all.
	Rule string `yaml:"rule"`
	// MaxLevel is the worst level that results may have: `none` (there may be none at all), `note` or `warning`. Default: `none`.
	MaxLevel MaxLevel `yaml:"max_level"`
}

// Expect says what a verification must find.
type Expect string

const (
	Present Expect = "present"
	Absent  Expect = "absent"
)

// UnmarshalText accepts present and absent.
func (e *Expect) UnmarshalText(b []byte) error {
	if *e = Expect(b); *e != Present && *e != Absent {
		return &yaml.ValueError{Message: fmt.Sprintf("unknown value %q", b), Hint: "use present or absent"}
	}
	return nil
}

// formatVersion accepts "2.0" and "2.1", with or without quotes.
type formatVersion string

func (v *formatVersion) UnmarshalText(b []byte) error {
	switch *v = formatVersion(b); *v {
	case "2.0", "2.1":
		return nil
	}
	return &yaml.ValueError{Message: fmt.Sprintf("version %q of the requirements format is not known", b), Hint: `this program reads version: "2.0" and "2.1"`}
}

// ParseRequirements reads a requirements file. Every error is a *yaml.Error with file,
// line, column and what would be right. A verification that is not evaluated is no
// error of the file: its requirement is not assessed and says why.
// Its requirements may map to the controls of own, besides those that Custody knows.
func ParseRequirements(path string, src []byte, own ...frameworks.Framework) (*Requirements, error) {
	r, doc, err := parseUnmapped(path, src)
	if err != nil {
		return nil, err
	}
	for i := range r.Controls {
		if err := config.CheckMaps(doc, doc.Root.Get("controls").Item(i).Get("maps"), r.Controls[i].Maps, own); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseUnmapped reads a file whatever its requirements map to.
func parseUnmapped(path string, src []byte) (*Requirements, *yaml.Document, error) {
	doc, err := yaml.Parse(path, src)
	if err != nil {
		return nil, nil, err
	}
	if n := doc.Root.Get("requirements"); n != nil && doc.Root.Get("controls") == nil {
		return nil, nil, doc.Errorf(n, `unknown key "requirements" in the file`).WithHint(`the list of requirements is called "controls"`)
	}
	r := &Requirements{Path: path}
	if err := doc.Decode(r); err != nil {
		return nil, nil, err
	}
	if err := r.onlyIn21(doc); err != nil {
		return nil, nil, err
	}
	seen := map[config.ID]bool{}
	for i := range r.Controls {
		c, n := &r.Controls[i], doc.Root.Get("controls").Item(i)
		if seen[c.ID] {
			return nil, nil, doc.Errorf(n.Get("id"), "requirement id %q is used twice", c.ID)
		}
		seen[c.ID] = true
		if at := n.Get("paths"); at != nil && len(c.Paths) == 0 {
			return nil, nil, doc.Errorf(at, "requirement %q would search no file", c.ID).WithHint(`name paths, such as ["src/**"], or take the key out`)
		}
		if err := c.prepare(doc, n, r.Values); err != nil {
			return nil, nil, err
		}
	}
	return r, doc, nil
}

// onlyIn21 refuses what a reader of version 2.0 would not know.
func (r *Requirements) onlyIn21(doc *yaml.Document) error {
	if r.Version != "2.0" {
		return nil
	}
	nodes := []*yaml.Node{doc.Root}
	for i := range r.Controls {
		nodes = append(nodes, doc.Root.Get("controls").Item(i))
	}
	for _, n := range nodes {
		for _, key := range []string{"context", "values", "check", "applies_when", "owner"} {
			if at := n.Get(key); at != nil {
				return doc.Errorf(at, "%q is not in version 2.0 of the format", key).WithHint(`write version: "2.1"`)
			}
		}
	}
	return nil
}

// prepare understands how a requirement is verified.
func (r *Requirement) prepare(doc *yaml.Document, n *yaml.Node, shared Values) error {
	if name := r.Values.both(shared); name != "" {
		return doc.Errorf(n.Get("values"), "value %q stands in the file's values, too", name).WithHint("give it another name")
	}
	r.values = append(slices.Clone(constants(shared)), r.Values...)
	if r.Check != nil {
		for _, key := range []string{"verification", "expect", "paths"} {
			if at := n.Get(key); at != nil {
				return doc.Errorf(at, "requirement %q has a check and %q", r.ID, key).WithHint("keep one; what a check searches and expects stands in it")
			}
		}
		return r.Check.prepare(doc, n.Get("check"), r.values)
	}
	if r.Verification == "" {
		return nil
	}
	r.command, r.refused = grep.Parse(r.Verification)
	if r.command != nil && r.command.Negated {
		if r.Expect != "" {
			return doc.Errorf(n.Get("expect"), "requirement %q says twice what is expected", r.ID).WithHint(`keep "expect", or the ! of the verification`)
		}
		r.Expect = Absent
	}
	return nil
}

// RequirementIDs are the ids of all requirements in files.
func RequirementIDs(files []*Requirements) []config.ID {
	var ids []config.ID
	for _, f := range files {
		for _, c := range f.Controls {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
