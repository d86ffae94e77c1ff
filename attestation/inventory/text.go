package inventory

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"custody/internal/finding"
)

// WriteText writes a report for a terminal.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if len(r.Systems) > 0 {
		fmt.Fprintln(t, "SYSTEM\tMODEL\tRISK\tOWNER")
	}
	for _, s := range r.Systems {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.Name, s.Model, s.Risk, s.Owner)
	}
	if len(r.Systems) > 0 && len(r.Agents) > 0 {
		fmt.Fprintln(t)
	}
	if len(r.Agents) > 0 {
		fmt.Fprintf(t, "AGENT\tCOMMITS\tMODELS\tLISTED AS\n")
	}
	for _, a := range r.Agents {
		listed := strings.Join(a.Systems, ", ")
		if listed == "" {
			listed = "not listed"
		}
		models := make([]string, 0, 4)
		for _, m := range a.Models {
			if len(models) == 3 {
				models = append(models, fmt.Sprintf("%d more", len(a.Models)-3))
				break
			}
			models = append(models, oneLine(m))
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", a.ID, a.Commits, strings.Join(models, ", "), listed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "\n%s: %s: %s\n  %s\n", f.Level, f.Place, f.Message, f.Remedy)
	}
	for _, why := range r.Reasons {
		fmt.Fprintf(w, "\nnot assessed: %s\n", why.Detail)
	}
	if len(r.Systems)+len(r.Agents) > 0 && r.Outcome == finding.Satisfied {
		fmt.Fprintln(w)
	}
	switch {
	case r.Outcome == finding.Satisfied && len(r.Findings) == 0 && len(r.Agents) == 0:
		fmt.Fprintf(w, "No agent was seen, and nothing in %s is missing or old on %s\n", Path, r.On)
	case r.Outcome == finding.Satisfied && len(r.Findings) == 0:
		fmt.Fprintf(w, "%s lists every agent that was seen, and nothing in it is missing or old on %s\n", Path, r.On)
	case r.Outcome == finding.Satisfied:
		fmt.Fprintf(w, "Nothing of level error\n")
	}
	return nil
}
