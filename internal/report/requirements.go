package report

import (
	"fmt"
	"io"
	"strings"

	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
)

// Requirements is the document custody/requirements/v1: which security requirements
// apply at a commit, and why.
type Requirements struct {
	Schema       string     `json:"schema"`
	Commit       git.OID    `json:"commit"`
	Requirements []Resolved `json:"requirements"`
}

// RequirementsSchema is the value of Requirements.Schema.
const RequirementsSchema = "custody/requirements/v1"

// A Resolved requirement is one that applies.
type Resolved struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Requirement string            `json:"requirement"`
	Level       finding.Level     `json:"level"`
	Expect      control.Expect    `json:"expect"`
	VerifiedBy  string            `json:"verified_by,omitempty"`
	Unevaluated string            `json:"unevaluated,omitempty"` // why the verification can not be evaluated
	Origin      string            `json:"origin"`                // the file that it stands in
	Why         string            `json:"why"`
	Maps        []finding.Control `json:"maps"`
}

// Resolve lists the requirements of a commit's files.
func Resolve(commit git.OID, files []*control.Requirements) Requirements {
	return Requirements{Schema: RequirementsSchema, Commit: commit, Requirements: resolve(files, func(file string, _ *control.Requirement) string {
		return "it is in " + file + " and names no condition"
	})}
}

// resolve lists the requirements for which why has an answer.
func resolve(files []*control.Requirements, why func(file string, r *control.Requirement) string) []Resolved {
	out := []Resolved{}
	for _, file := range files {
		for i := range file.Controls {
			r := &file.Controls[i]
			because := why(file.Path, r)
			if because == "" {
				continue
			}
			row := Resolved{
				ID: string(r.ID), Name: r.Name, Requirement: r.Requirement, Level: r.Severity, Expect: r.Expects(),
				VerifiedBy: r.Verification, Unevaluated: r.Unevaluated(), Origin: file.Path, Why: because, Maps: []finding.Control{},
			}
			for _, m := range r.Maps {
				row.Maps = append(row.Maps, m.Control())
			}
			out = append(out, row)
		}
	}
	return out
}

// lookingAt says which of the paths a requirement's verification looks at, if any.
func lookingAt(paths []change.Path) func(string, *control.Requirement) string {
	return func(_ string, r *control.Requirement) string {
		for _, p := range paths {
			if r.Concerns(p) {
				return "its verification looks at " + p.Escaped()
			}
		}
		return ""
	}
}

// WriteText lists the requirements for people.
func (d Requirements) WriteText(w io.Writer) error {
	var b strings.Builder
	if len(d.Requirements) == 0 {
		b.WriteString("No security requirement stands at this commit. 'custody init' writes a first file.\n")
	}
	for _, r := range d.Requirements {
		fmt.Fprintf(&b, "%s  %s (%s)\n  %s\n  applies: %s\n", r.ID, r.Name, r.Level, r.Requirement, r.Why)
		if r.Unevaluated != "" {
			fmt.Fprintf(&b, "  not assessed: %s\n", r.Unevaluated)
		} else {
			fmt.Fprintf(&b, "  verified by: %s\n", r.VerifiedBy)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Verification is the document custody/requirements-check/v1: every requirement of a
// commit, answered on the commit's own files.
type Verification struct {
	Schema  string          `json:"schema"`
	Commit  git.OID         `json:"commit"`
	Outcome finding.Outcome `json:"outcome"` // of those of level error; not-assessed without any
	Checks  []finding.Check `json:"checks"`
}

// VerificationSchema is the value of Verification.Schema.
const VerificationSchema = "custody/requirements-check/v1"

// Verified puts the answers together.
func Verified(commit git.OID, checks []finding.Check) Verification {
	var blocking []finding.Outcome
	for _, c := range checks {
		if c.Level == finding.Error {
			blocking = append(blocking, c.Outcome)
		}
	}
	return Verification{Schema: VerificationSchema, Commit: commit, Outcome: finding.Worst(blocking...), Checks: append([]finding.Check{}, checks...)}
}

// findingsShown is how many findings of one requirement a terminal shows.
const findingsShown = 5

// WriteText lists the answers for people.
func (d Verification) WriteText(w io.Writer) error {
	var b strings.Builder
	if len(d.Checks) == 0 {
		b.WriteString("No security requirement stands at this commit, so nothing was verified. 'custody init' writes a first file.\n")
	}
	for _, c := range d.Checks {
		fmt.Fprintf(&b, "%-14s %s  %s (%s)\n", c.Outcome, c.ID, c.Name, c.Level)
		for _, r := range c.Reasons {
			fmt.Fprintf(&b, "               %s\n", r.Detail)
		}
		for i, f := range c.Found {
			if i == findingsShown {
				fmt.Fprintf(&b, "               and %d more\n", len(c.Found)-i)
				break
			}
			fmt.Fprintf(&b, "               %s: %s\n", f.Place, f.Message)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
