package report

import (
	"fmt"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
)

// Brief is the document custody/brief/v1: what holds for some paths, said before
// anything is written there.
type Brief struct {
	Schema       string             `json:"schema"`
	Commit       git.OID            `json:"commit"`
	Paths        []string           `json:"paths"` // escaped, sorted
	Requirements []control.Resolved `json:"requirements"`
	Rules        []control.Asked    `json:"rules"`
	// Digest is that of paths, requirements and rules.
	Digest string `json:"digest"`
	// Trailer is the line for the messages of commits that were written with the brief, by
	// which a later pack can tell what was delivered.
	Trailer string `json:"trailer"`
}

// BriefSchema is the value of Brief.Schema.
const BriefSchema = "custody/brief/v1"

// NewBrief says what will be asked of changes to the paths.
func NewBrief(commit git.OID, all []control.Applicability, policy *config.Effective, paths []change.Path) (Brief, error) {
	b, err := control.NewBrief(all, policy, paths)
	return Brief{BriefSchema, commit, b.Paths, b.Requirements, b.Rules, b.Digest, b.Trailer()}, err
}

// Markdown is the brief as instructions for an agent.
func (d Brief) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- custody brief %s -->\n## What holds for %s\n\n", d.Digest, strings.Join(d.Paths, ", "))
	if len(d.Requirements)+len(d.Rules) == 0 {
		b.WriteString("No requirement and no rule stands at this commit. 'custody init' writes first ones.\n")
	}
	for _, r := range d.Requirements {
		fmt.Fprintf(&b, "- **%s %s**: %s.", r.ID, r.Name, strings.TrimSuffix(r.Requirement, "."))
		for _, v := range r.Values {
			fmt.Fprintf(&b, " `%s`.", v)
		}
		if r.How != "" {
			fmt.Fprintf(&b, " %s.", strings.TrimSuffix(oneLine(r.How), "."))
		}
		switch {
		case r.Unevaluated != "":
		case len(r.Checks) == 1:
			fmt.Fprintf(&b, " Checked: %s.", r.Checks[0])
		case len(r.Checks) > 1:
			b.WriteString(" Checked:")
			for _, c := range r.Checks {
				fmt.Fprintf(&b, "\n  - %s", c)
			}
		case r.Expect == control.Absent:
			fmt.Fprintf(&b, " Checked by `%s`: nothing may be found.", r.VerifiedBy)
		default:
			fmt.Fprintf(&b, " Checked by `%s`: something must be found.", r.VerifiedBy)
		}
		b.WriteString("\n")
	}
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "- **%s**: %s", r.Name, r.Needs)
		if r.Level != finding.Error {
			b.WriteString(" It is shown and does not block.")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nEnd the message of each commit that you write by this with the line `%s`.\n", d.Trailer)
	return b.String()
}

// oneLine makes one line of a text that may have several.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
