package pack

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"custody/internal/config"
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
	view := newAnswer(v)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", strings.ToUpper(view.Decision), view.Headline)
	fmt.Fprintf(&b, "\n  %s\n", message(view.Why))
	fmt.Fprintf(&b, "  Next: %s\n", message(view.Next.Text()))
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

// writeOpen lists the checks that block because they are not met or not assessed, each
// with what to look at first, and names those that do not block.
func writeOpen(b *strings.Builder, view *view) {
	var blocking []check
	var others []string
	required := false // a rule blocks because of requirements
	for _, c := range view.Checks {
		if blocks(c) && config.Kind(c.Asks) == config.KindRequirements {
			required = true
		}
	}
	for _, c := range view.Checks {
		switch {
		case c.Outcome != finding.NotSatisfied && c.Outcome != finding.NotAssessed:
		case blocks(c):
			blocking = append(blocking, c)
		case required && c.Kind == finding.Requirement && c.Level == finding.Error:
			// It blocks, through the rule, which names it.
		default:
			others = append(others, name(c.ID)+" ("+c.Outcome.String()+")")
		}
	}
	if len(blocking)+len(others) > 0 {
		b.WriteString("\n")
	}
	for _, c := range blocking[:min(len(blocking), terminalChecks)] {
		fmt.Fprintf(b, "  %-13s  %s: %s\n", c.Outcome, name(c.ID), name(c.Name))
		if text := lookAt(c); text != "" && !strings.Contains(message(view.Next.What), text) {
			fmt.Fprintf(b, "                 %s\n", text)
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

// blocks says whether a check keeps the change from passing.
func blocks(c check) bool {
	return c.Kind == finding.Rule && c.Level == finding.Error && (c.Outcome == finding.NotSatisfied || c.Outcome == finding.NotAssessed)
}

// lookAt is the first place where a check is not met, or else why it has its outcome.
func lookAt(c check) string {
	open, first, rest, least := 0, "", "", false
	for _, f := range c.Found {
		if f.WaivedBy != "" || c.Outcome != finding.NotSatisfied {
			continue
		}
		open += f.Count()
		least = least || f.More > 0
		where := f.Place.String()
		switch {
		case where == "":
		case f.More > 0 && rest == "": // it stands for others, and says of none where it is
			rest = plain(where, nameLimit) + ": " + message(f.Message)
		case f.More == 0 && first == "":
			first = plain(where, nameLimit) + ": " + message(f.Message)
		}
	}
	first = cmp.Or(first, rest)
	if first == "" {
		if len(c.Why) == 0 {
			return ""
		}
		return plain(c.Why[0], nameLimit)
	}
	if open > 1 {
		first += " (and " + map[bool]string{true: "at least "}[least] + number(open-1) + " more)"
	}
	return first
}
