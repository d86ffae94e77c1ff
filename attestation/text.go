package attestation

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"custody/internal/finding"
)

// WriteText writes a report for a terminal. Everything that a stranger wrote was made
// printable when the report was made.
func WriteText(w io.Writer, r *Report) error {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 4, 2, ' ', 0)
	for i := range r.Commits {
		c := &r.Commits[i]
		by := agentList(c.Agents)
		if by == "" && c.Automation != "" {
			by = c.Automation + " (automation)"
		}
		detail := ""
		if len(c.Evidence) > 0 {
			detail = string(c.Evidence[0].Strength) + " " + c.Evidence[0].Detail
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.SHA.Short(), c.Class, by, detail)
	}
	fmt.Fprintf(t, "\n%s, %s in %s\n", plural(len(r.Commits), "commit"), plural(r.Summary.AddedLines, "added line"), plural(len(r.Files), "file"))
	for _, class := range Classes {
		if n := r.Summary.Lines[class]; n > 0 {
			fmt.Fprintf(t, "  %s\t%d\t%s\n", class, n, share(n, r.Summary.AddedLines))
		}
	}
	if len(r.Evidence) > 0 {
		fmt.Fprintf(t, "\nHints, which decide nothing:\n")
		for _, e := range r.Evidence {
			fmt.Fprintf(t, "  %s %s\n", e.Strength, e.Detail)
		}
	}
	if r.Claim != nil {
		fmt.Fprintf(t, "\n.ai-attestation.yaml: %s\n", r.Claim.Outcome)
		for _, why := range r.Claim.Reasons {
			fmt.Fprintf(t, "  %s\n", why.Detail)
		}
	}
	for _, f := range r.Findings {
		fmt.Fprintf(t, "\n%s: %s: %s\n", f.Level, f.Place, f.Message)
		if f.Remedy != "" {
			fmt.Fprintf(t, "  %s (%s)\n", f.Remedy, f.Who)
		}
	}
	if r.Outcome != finding.Satisfied {
		fmt.Fprintf(t, "\nNot all of the change was assessed:\n")
	} else if len(r.Reasons) > 0 {
		fmt.Fprintln(t)
	}
	for _, why := range r.Reasons {
		place := ""
		if why.Path != "" {
			place = why.Path + ": "
		}
		fmt.Fprintf(t, "  %s%s\n", place, why.Detail)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) { // a commit of which nothing is known leaves columns empty
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// agentList is "claude-code (claude-opus-4.7), copilot".
func agentList(as []Agent) string {
	var s []string
	for _, a := range as {
		if a.Model != "" {
			s = append(s, a.ID+" ("+a.Model+")")
		} else {
			s = append(s, a.ID)
		}
	}
	return strings.Join(s, ", ")
}

// share is n of all in per cent, with one decimal.
func share(n, all int) string {
	switch {
	case all == 0:
		return ""
	case n > 0 && n*1000 < all:
		return "under 0.1%"
	case n < all && (all-n)*1000 < all:
		return "over 99.9%"
	}
	p := permilleOf(n, all)
	return fmt.Sprintf("%d.%d%%", *p/10, *p%10)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
