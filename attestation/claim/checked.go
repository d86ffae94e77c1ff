package claim

import (
	"fmt"
	"io"

	"custody/internal/finding"
)

// CheckSchema is the schema of a Document that attest check prints.
const CheckSchema = "custody/attestation-check/v1"

// A CheckDocument is everything that `attest check` says.
type CheckDocument struct {
	Schema   string            `json:"schema"`
	Outcome  finding.Outcome   `json:"outcome"`
	File     Report            `json:"file"`
	Findings []finding.Finding `json:"findings"`
	Diff     string            `json:"diff"` // what `attest write` would change, a line each with - or + before it
}

// Checked is Check with the difference to what Write would make of the file.
func Checked(existing []byte, f Facts) *CheckDocument {
	r, fs := Check(existing, f)
	d := &CheckDocument{Schema: CheckSchema, Outcome: r.Outcome, File: *r, Findings: fs}
	if d.Findings == nil {
		d.Findings = []finding.Finding{}
	}
	if diff, err := Diff(existing, f); err == nil {
		d.Diff = diff
	}
	return d
}

// WriteText writes it for a terminal.
func (d *CheckDocument) WriteText(w io.Writer) error {
	for _, f := range d.Findings {
		fmt.Fprintf(w, "%s: %s: %s\n  %s\n", f.Level, f.Place, f.Message, f.Remedy)
	}
	for _, r := range d.File.Reasons {
		fmt.Fprintf(w, "not assessed: %s\n", r.Detail)
	}
	if d.Diff != "" {
		fmt.Fprintf(w, "\n%s", d.Diff)
	}
	if d.Outcome == finding.Satisfied {
		_, err := fmt.Fprintf(w, "%s says what history holds\n", Path)
		return err
	}
	return nil
}
