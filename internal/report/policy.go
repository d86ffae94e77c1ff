package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"custody/internal/config"
	"custody/internal/git"
)

// Policy is the document custody/config/v1: every key of the policy in effect at a
// commit, its value and who said it.
type Policy struct {
	Schema   string           `json:"schema"`
	Commit   git.OID          `json:"commit"`
	Settings []config.Setting `json:"settings"`
}

// PolicySchema is the value of Policy.Schema.
const PolicySchema = "custody/config/v1"

// Explain lists the keys of a policy.
func Explain(commit git.OID, policy *config.Effective) Policy {
	return Policy{Schema: PolicySchema, Commit: commit, Settings: append([]config.Setting{}, policy.Explain()...)}
}

// WriteText prints a key a line.
func (d Policy) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, s := range d.Settings {
		origin := s.Origin
		switch {
		case s.Default && origin != config.DefaultOrigin:
			origin += " (default)"
		case s.Line > 0:
			origin = fmt.Sprintf("%s:%d", origin, s.Line)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Key, s.Value, origin)
	}
	return t.Flush()
}
