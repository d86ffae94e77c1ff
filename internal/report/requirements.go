package report

import (
	"fmt"
	"io"
	"strings"

	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
)

// Requirements is the document custody/requirements/v1: which security requirements
// apply at a commit, and why.
type Requirements struct {
	Schema       string             `json:"schema"`
	Commit       git.OID            `json:"commit"`
	Requirements []control.Resolved `json:"requirements"`
	Elsewhere    []control.Resolved `json:"not_applicable"` // those that do not apply here, and why
}

// RequirementsSchema is the value of Requirements.Schema.
const RequirementsSchema = "custody/requirements/v1"

// Resolve sorts the requirements of a commit's files by whether they apply.
func Resolve(commit git.OID, all []control.Applicability) Requirements {
	d := Requirements{Schema: RequirementsSchema, Commit: commit, Requirements: []control.Resolved{}, Elsewhere: []control.Resolved{}}
	for _, a := range all {
		if a.Applies {
			d.Requirements = append(d.Requirements, control.Resolve(a))
		} else {
			d.Elsewhere = append(d.Elsewhere, control.Resolve(a))
		}
	}
	return d
}

// WriteText lists the requirements for people.
func (d Requirements) WriteText(w io.Writer) error {
	var b strings.Builder
	if len(d.Requirements)+len(d.Elsewhere) == 0 {
		b.WriteString("No security requirement stands at this commit. 'custody init' writes a first file.\n")
	}
	for _, r := range d.Requirements {
		fmt.Fprintf(&b, "%s  %s (%s)\n  %s\n  applies: %s\n", r.ID, r.Name, r.Level, r.Requirement, r.Why)
		for _, v := range r.Values {
			fmt.Fprintf(&b, "  value: %s\n", v)
		}
		switch {
		case r.Unevaluated != "":
			fmt.Fprintf(&b, "  not assessed: %s\n", r.Unevaluated)
		case r.VerifiedBy != "":
			fmt.Fprintf(&b, "  verified by: %s\n", r.VerifiedBy)
		}
		for _, c := range r.Checks {
			fmt.Fprintf(&b, "  checked: %s\n", c)
		}
	}
	for _, r := range d.Elsewhere {
		fmt.Fprintf(&b, "%s  %s (%s)\n  does not apply: %s\n", r.ID, r.Name, r.Level, r.Why)
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
