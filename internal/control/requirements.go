package control

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/control/grep"
	"custody/internal/finding"
)

// Requirements is a security_requirements.yaml, version 2.0, as it stands at base.
type Requirements struct {
	// Version is that of the format: `"2.0"`.
	Version formatVersion `yaml:"version,required"`
	// Controls are the requirements.
	Controls []Requirement `yaml:"controls,required"`

	// Path is where the file stands.
	Path string
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
	// Verification is one grep command; see below. Without one the requirement is not assessed.
	Verification string `yaml:"verification"`
	// Severity is `error`, `warning` or `note`: a rule of kind `requirements` asks for those of level `error`. Default: `error`.
	Severity finding.Level `yaml:"severity"`
	// Expect is `present` (something must be found) or `absent` (nothing may be). Default: `present`, and `absent` for a verification that begins with `!`.
	Expect Expect `yaml:"expect"`
	// Paths narrow the files that are searched, as globs with `**`, besides what the command says.
	Paths []config.Glob `yaml:"paths"`
	// Maps are the controls of outside frameworks to which the requirement gives evidence.
	Maps []config.Map `yaml:"maps"`

	command *grep.Command
	refused error // why command is nil; an *grep.Unsupported
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

// formatVersion accepts "2.0", with or without quotes.
type formatVersion string

func (v *formatVersion) UnmarshalText(b []byte) error {
	switch *v = formatVersion(b); *v {
	case "2.0":
		return nil
	case "2.1":
		return &yaml.ValueError{Message: `version "2.1" with its typed checks can not be read yet`, Hint: `write version: "2.0" and one grep command as verification`}
	}
	return &yaml.ValueError{Message: fmt.Sprintf("version %q of the requirements format is not known", b), Hint: `this program reads version: "2.0"`}
}

// ParseRequirements reads a requirements file. Every error is a *yaml.Error with file,
// line, column and what would be right. A verification that is not evaluated is no
// error of the file: its requirement is not assessed and says why.
func ParseRequirements(path string, src []byte) (*Requirements, error) {
	doc, err := yaml.Parse(path, src)
	if err != nil {
		return nil, err
	}
	if n := doc.Root.Get("requirements"); n != nil && doc.Root.Get("controls") == nil {
		return nil, doc.Errorf(n, `unknown key "requirements" in the file`).WithHint(`the list of requirements is called "controls"`)
	}
	r := &Requirements{Path: path}
	if err := doc.Decode(r); err != nil {
		return nil, err
	}
	seen := map[config.ID]bool{}
	for i := range r.Controls {
		c, n := &r.Controls[i], doc.Root.Get("controls").Item(i)
		if seen[c.ID] {
			return nil, doc.Errorf(n.Get("id"), "requirement id %q is used twice", c.ID)
		}
		seen[c.ID] = true
		if at := n.Get("paths"); at != nil && len(c.Paths) == 0 {
			return nil, doc.Errorf(at, "requirement %q would search no file", c.ID).WithHint(`name paths, such as ["src/**"], or take the key out`)
		}
		if err := config.CheckMaps(doc, n.Get("maps"), c.Maps); err != nil {
			return nil, err
		}
		if c.Verification == "" {
			continue
		}
		c.command, c.refused = grep.Parse(c.Verification)
		if c.command != nil && c.command.Negated {
			if c.Expect != "" {
				return nil, doc.Errorf(n.Get("expect"), "requirement %q says twice what is expected", c.ID).WithHint(`keep "expect", or the ! of the verification`)
			}
			c.Expect = Absent
		}
	}
	return r, nil
}

// title is what must hold, in one line.
func (r *Requirement) title() string { return strings.TrimSuffix(oneLine(r.Requirement), ".") }

// A requirementResult is one requirement, verified.
type requirementResult struct {
	*Requirement
	path string
	answer
}

// allRequirements is what a rule of kind requirements asks: that each requirement of
// level error is satisfied, or excepted by a waiver that this rule admits.
func (e *evaluation) allRequirements(r config.LayeredRule) answer {
	var a answer
	var outcomes []finding.Outcome
	for _, req := range e.requirements {
		if req.Severity != finding.Error {
			continue
		}
		outcome := req.outcome
		found := req.findings()
		if outcome == finding.NotSatisfied {
			outcome, found = e.exceptRequirement(r, req)
			var folded int
			if found, folded = fold(found, e.Limits.Places); folded > 0 {
				a.because(ReasonBaseline, "%s: and %s stood before", req.ID, plural(folded, "more finding", "more findings"))
			}
		}
		outcomes = append(outcomes, outcome)
		a.found = append(a.found, found...)
		if outcome == finding.NotAssessed || outcome == finding.NotSatisfied || outcome == finding.Excepted {
			a.because(ReasonRequirement, "%s (%s) is %s", req.ID, req.Name, outcome)
		}
	}
	if missing := e.missingFiles(); missing != "" {
		outcomes = append(outcomes, finding.NotAssessed)
		a.because(ReasonNoRequirements, "no requirements stand at base in %s", missing)
	}
	if len(outcomes) == 0 {
		a.because(ReasonNoRequirements, "there is no requirement of level error")
	}
	a.outcome = finding.Worst(outcomes...)
	if a.outcome == finding.Satisfied {
		a.because(ReasonCounted, "all %d requirements of level error are satisfied", len(outcomes))
	}
	return a
}

// missingFiles names a requirements file that the policy asks for and that is not there.
func (e *evaluation) missingFiles() string {
	for _, want := range e.Config.Requirements {
		found := false
		for _, r := range e.Input.Requirements {
			found = found || r.Path == string(want.Value)
		}
		if !found {
			return string(want.Value)
		}
	}
	return ""
}

// exceptRequirement looks for waivers of a requirement's findings, and for those that
// stood before.
func (e *evaluation) exceptRequirement(r config.LayeredRule, req requirementResult) (finding.Outcome, []scoped) {
	found := req.findings()
	open := len(found) == 0
	known := e.known(r, found)
	for i := range found {
		w := string(e.waiver(r, req.ID, found[i].files))
		if w == "" && known[i] {
			w = KnownBefore
		}
		found[i].WaivedBy = w
		open = open || w == ""
	}
	if open {
		return finding.NotSatisfied, found
	}
	return finding.Excepted, found
}

func (r requirementResult) findings() []scoped { return append([]scoped(nil), r.found...) }

// shownRequirement is the requirement's own check. A waiver shows there when every rule
// that asks for requirements admits it.
func (e *evaluation) shownRequirement(req requirementResult) finding.Check {
	check := finding.Check{ID: string(req.ID), Kind: finding.Requirement, Name: req.Name, Origin: req.path, Level: req.Severity, Outcome: req.outcome, Reasons: req.reasons}
	for _, m := range req.Maps {
		check.Maps = append(check.Maps, m.Control())
	}
	found := req.findings()
	if req.outcome == finding.NotSatisfied && e.Config != nil {
		outcomes := []finding.Outcome{}
		for _, r := range e.Config.Rules {
			if r.Kind == config.KindRequirements {
				var o finding.Outcome
				o, found = e.exceptRequirement(r, req)
				outcomes = append(outcomes, o)
			}
		}
		if len(outcomes) > 0 {
			check.Outcome = finding.Worst(outcomes...)
		}
		if check.Outcome != finding.Excepted {
			found = req.findings()
		}
	}
	found, folded := fold(found, e.Limits.Places)
	if folded > 0 {
		check.Reasons = append(slices.Clone(check.Reasons), finding.Reason{Code: ReasonBaseline, Detail: "and " + plural(folded, "more finding", "more findings") + " stood before"})
	}
	for _, f := range found {
		check.Found = append(check.Found, f.Finding)
	}
	return check
}
