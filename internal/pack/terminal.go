package pack

import (
	"fmt"
	"io"
	"strings"

	"custody/internal/finding"
	"custody/internal/review"
)

// terminalChecks is how many checks that are not met a terminal shows: a summary is one
// screen, and the pack has all of them.
const terminalChecks = 8

// WriteText writes a verdict for a terminal: the answer, why, the next step, what is not
// met, what the change is, and where its pack lies. It uses no colours and stays within
// one screen.
func WriteText(w io.Writer, v *review.Verdict, path, digest string) error {
	view := newView(v, "") // no digest of the verdict is shown
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", strings.ToUpper(view.Decision), view.Headline)
	fmt.Fprintf(&b, "\n  %s\n", message(view.Why))
	fmt.Fprintf(&b, "  Next: %s\n", message(view.Next.What))
	if view.Next.Who != "" {
		fmt.Fprintf(&b, "  Who:  %s\n", message(view.Next.Who))
	}
	writeOpen(&b, view)
	fmt.Fprintf(&b, "\n  change      %s..%s at stage %s, as of %s\n", v.Inputs.Base.Short(), v.Inputs.Head.Short(), v.Stage, v.Inputs.Day)
	fmt.Fprintf(&b, "              %s\n", strings.Join(view.Facts, ", "))
	fmt.Fprintf(&b, "  impact      %s\n", message(view.Reach.Sentence))
	fmt.Fprintf(&b, "  authorship  %s\n", message(view.Authorship.Sentence))
	fmt.Fprintf(&b, "  pack        %s\n              %s\n", plain(path, 4*nameLimit), digest)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeOpen lists the checks that block because they are not met or not assessed, and
// names those that do not block.
func writeOpen(b *strings.Builder, view *view) {
	var blocking []check
	var others []string
	for _, c := range view.Checks {
		switch {
		case c.Outcome != finding.NotSatisfied && c.Outcome != finding.NotAssessed:
		case c.Kind == finding.Rule && c.Level == finding.Error:
			blocking = append(blocking, c)
		default:
			others = append(others, name(c.ID)+" ("+c.Outcome.String()+")")
		}
	}
	if len(blocking)+len(others) > 0 {
		b.WriteString("\n")
	}
	for _, c := range blocking[:min(len(blocking), terminalChecks)] {
		fmt.Fprintf(b, "  %-13s  %s: %s\n", c.Outcome, name(c.ID), name(c.Name))
		if len(c.Why) > 0 {
			fmt.Fprintf(b, "                 %s\n", plain(c.Why[0], nameLimit))
		}
	}
	if n := len(blocking) - terminalChecks; n > 0 {
		fmt.Fprintf(b, "  And %s in the pack.\n", plural(n, "more", "more"))
	}
	if n := len(others) - terminalChecks; n > 0 {
		others = append(others[:terminalChecks], plural(n, "more", "more"))
	}
	if len(others) > 0 {
		fmt.Fprintf(b, "  Open, but not blocking: %s\n", strings.Join(others, ", "))
	}
}
