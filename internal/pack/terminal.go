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
	fmt.Fprintf(&b, "\n  change   %s..%s at stage %s, as of %s\n", v.Inputs.Base.Short(), v.Inputs.Head.Short(), v.Stage, v.Inputs.Day)
	fmt.Fprintf(&b, "           %s\n", strings.Join(view.Facts, ", "))
	fmt.Fprintf(&b, "  reaches  %s\n", message(view.Reach.Sentence))
	fmt.Fprintf(&b, "  written  %s\n", message(view.Authorship.Sentence))
	fmt.Fprintf(&b, "  pack     %s\n           %s\n", plain(path, 4*nameLimit), digest)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeOpen lists the checks that are not met or not assessed, those that block first.
func writeOpen(b *strings.Builder, view *view) {
	shown, more := 0, 0
	for _, c := range view.Checks {
		if c.Outcome != finding.NotSatisfied && c.Outcome != finding.NotAssessed {
			continue
		}
		if shown == terminalChecks {
			more++
			continue
		}
		if shown == 0 {
			b.WriteString("\n")
		}
		shown++
		fmt.Fprintf(b, "  %-13s  %s: %s\n", c.Outcome, name(c.ID), name(c.Name))
		if len(c.Why) > 0 {
			fmt.Fprintf(b, "                 %s\n", plain(c.Why[0], nameLimit))
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "  and %s in the pack\n", plural(more, "more", "more"))
	}
}
