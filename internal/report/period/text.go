package period

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"custody/internal/control/frameworks"
)

// shownExceptions bounds what a terminal shows of one kind.
const shownExceptions = 10

// kindWords are what people read for a kind of exception.
var kindWords = map[string]string{
	Refused:     "Files that do not verify",
	NotPassed:   "Landed without a pass",
	Replaced:    "Worse reviews in whose place another counts",
	Overdue:     "Overdue after an emergency",
	Emergency:   "Emergencies",
	Waived:      "Waivers in use",
	Baseline:    "Findings that the baseline excepts",
	NotAssessed: "Checks without an answer",
	Open:        "Open: the last review is no pass",
}

// Words is the heading of a kind of exception.
func (e Exception) Words() string { return kindWords[e.Kind] }

// WriteText writes the report for a terminal: what it counts, exceptions, controls, what
// it lacks. The other formats have the population.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Evidence for %s, %s\n", r.Framework.Name, r.Period())
	n := r.Counts
	unsaid := ""
	if n.Unsaid > 0 {
		unsaid = ", not said by " + plural(n.Unsaid, "pack")
	}
	fmt.Fprintf(&b, "\n  %s: %d pass, %d fail, %d incomplete; %d with a closing review, %d with an approval that counts%s\n", plural(n.Changes, "change"), n.Pass, n.Fail, n.Incomplete, n.Landed, n.Approved, unsaid)
	fmt.Fprintf(&b, "  %s read: %d refused, %d of other days, %d superseded by another review of the same change%s\n", plural(n.Packs, "file"), n.Refused, n.Outside, n.Superseded, n.copies())
	fmt.Fprintf(&b, "\nExceptions: %d\n", len(r.Exceptions))
	for start := 0; start < len(r.Exceptions); {
		end := start
		for end < len(r.Exceptions) && r.Exceptions[end].Kind == r.Exceptions[start].Kind {
			end++
		}
		fmt.Fprintf(&b, "  %s: %d\n", r.Exceptions[start].Words(), end-start)
		for _, e := range r.Exceptions[start:min(end, start+shownExceptions)] {
			fmt.Fprintf(&b, "    %s\n", line(strings.TrimSpace(e.Day+"  "+e.Change+e.File)+"  "+e.Detail))
		}
		if more := end - start - shownExceptions; more > 0 {
			fmt.Fprintf(&b, "    and %d more\n", more)
		}
		start = end
	}
	b.WriteString("\nControls, by changes that show evidence for them\n")
	for _, c := range r.Controls {
		fmt.Fprintf(&b, "  %-14s %s  %s (%s)\n", c.ID, c.Share(), c.About, c.Relation)
		if aside := c.AsideWords(); aside != "" {
			fmt.Fprintf(&b, "  %-14s %s\n", "", aside)
		}
		if len(c.Lacks) > 0 {
			fmt.Fprintf(&b, "  %-14s lacking: %s\n", "", strings.Join(saysAll(c.Lacks), ", "))
		}
	}
	b.WriteString("\nWhat this report lacks\n")
	for _, l := range r.Lacks {
		fmt.Fprintf(&b, "  - %s\n", l)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// copies says how many packs were there more than once; nothing if none was.
func (n Counts) copies() string {
	if n.Copies == 0 {
		return ""
	}
	return fmt.Sprintf(", %d the same as another", n.Copies)
}

// Period is the days in words: those that were asked for, else those of the changes.
func (r *Report) Period() string {
	from, to := r.From, r.To
	if len(r.Changes) > 0 {
		from, to = cmp.Or(from, r.Changes[0].Day), cmp.Or(to, r.Changes[len(r.Changes)-1].Day)
	}
	switch {
	case from == "" && to == "":
		return "all days"
	case from == "":
		return "until " + to
	case to == "":
		return "from " + from
	}
	return from + " to " + to
}

// Share is "23 of 25", or that it applied to none.
func (c Control) Share() string {
	if c.Permille == nil {
		return "applied to none"
	}
	return fmt.Sprintf("%d of %d", c.With, c.With+c.Without+c.Unasked)
}

// AsideWords say to how many changes it does not apply, and why.
func (c Control) AsideWords() string {
	if c.Aside == 0 || c.Why == "" {
		return ""
	}
	return line("for " + plural(c.Aside, "change") + ": " + c.Why)
}

// line is text of a pack on a line of its own: clipped, and without what a terminal obeys.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || 0x7f <= r && r < 0xa0 || 0x200b <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > 300 {
		return string(runes[:299]) + "…"
	}
	return s
}

// says is what lacks where a type of evidence is absent.
func says(evidence string) string {
	return line(cmp.Or(frameworks.Evidence(evidence).Lacks(), evidence))
}

func saysAll(evidence []string) []string {
	var all []string
	for _, e := range evidence {
		all = append(all, says(e))
	}
	return all
}
