package impact

import (
	"fmt"
	"io"

	"custody/internal/change/markdown"
)

// writeTests prints the commands, each as it can be copied.
func writeTests(out io.Writer, p *TestPlan, o TextOptions) {
	if p == nil || len(p.Runs)+len(p.Unknown) == 0 {
		return
	}
	fmt.Fprint(out, "\nTests to run:\n")
	for i, run := range p.Runs {
		if i == o.some() {
			fmt.Fprintf(out, "  And %d more commands: --all lists them\n", len(p.Runs)-i)
			break
		}
		fmt.Fprintf(out, "  %s%s\n", run.in(), run.Command)
		if note := run.note(); note != "" {
			fmt.Fprintf(out, "      %s\n", note)
		}
	}
	if n := len(p.Unknown) + p.More; n > 0 {
		fmt.Fprintf(out, "  No command is known for %d %s, such as %s\n", n, plural(n, "test"), p.Unknown[0])
	}
}

func markdownTests(out io.Writer, p *TestPlan, o TextOptions) {
	if p == nil || len(p.Runs)+len(p.Unknown) == 0 {
		return
	}
	fmt.Fprint(out, "\n#### Tests to run\n\n")
	for i, run := range p.Runs {
		if i == o.some() {
			fmt.Fprintf(out, "- and %d more commands\n", len(p.Runs)-i)
			break
		}
		fmt.Fprintf(out, "- %s%s\n", markdown.Prose(run.in()), markdown.Code(run.Command))
		if note := run.note(); note != "" {
			fmt.Fprintf(out, "  (%s)\n", note)
		}
	}
	if n := len(p.Unknown) + p.More; n > 0 {
		fmt.Fprintf(out, "- no command is known for %d %s, such as %s\n", n, plural(n, "test"), markdown.Code(p.Unknown[0]))
	}
}

// in says where a command runs, if that is not the root.
func (r *TestRun) in() string {
	if r.Folder == "." {
		return ""
	}
	return "in " + r.Folder + ": "
}

func (r *TestRun) note() string {
	n := len(r.Tests) + r.More
	switch {
	case r.Whole:
		return fmt.Sprintf("all of them, since %d are reached", n)
	case r.Assumed:
		return "nothing in the tree names the runner"
	}
	return ""
}

// some is how many of a lesser list are shown.
func (o TextOptions) some() int {
	if o.Nodes < 0 {
		return 1 << 30
	}
	return maxShown / 2
}

// writeOwners prints whom to ask, those of changed files first.
func writeOwners(out io.Writer, o *Ownership, options TextOptions) {
	if o == nil || o.File == "" {
		return
	}
	fmt.Fprintf(out, "\nOwners to ask, by %s:\n", o.File)
	for i, w := range o.Owners {
		if i == options.some() {
			fmt.Fprintf(out, "  And %d more: --all lists them\n", len(o.Owners)-i)
			break
		}
		fmt.Fprintf(out, "  %s: %s\n", w.Name, w.Owns.owned())
	}
	if o.Unowned != (Count{}) {
		fmt.Fprintf(out, "  Nobody: %s\n", o.Unowned.owned())
	}
	for _, d := range o.Doubts {
		fmt.Fprintf(out, "  Not known for %s: %s\n", d.Path, d.Why)
	}
}

func markdownOwners(out io.Writer, o *Ownership, options TextOptions) {
	if o == nil || o.File == "" {
		return
	}
	fmt.Fprint(out, "\n#### Owners to ask\n\n")
	for i, w := range o.Owners {
		if i == options.some() {
			fmt.Fprintf(out, "- and %d more\n", len(o.Owners)-i)
			break
		}
		fmt.Fprintf(out, "- %s: %s\n", markdown.Code(w.Name), w.Owns.owned())
	}
	if o.Unowned != (Count{}) {
		fmt.Fprintf(out, "- nobody: %s\n", o.Unowned.owned())
	}
	for _, d := range o.Doubts {
		fmt.Fprintf(out, "- not known for %s: %s\n", markdown.Code(d.Path), markdown.Prose(d.Why))
	}
}

// owned is "2 changed and 14 reached files".
func (c Count) owned() string {
	switch {
	case c.Reached == 0:
		return fmt.Sprintf("%d changed %s", c.Changed, plural(c.Changed, "file"))
	case c.Changed == 0:
		return fmt.Sprintf("%d reached %s", c.Reached, plural(c.Reached, "file"))
	}
	return fmt.Sprintf("%d changed and %d reached %s", c.Changed, c.Reached, plural(c.Reached, "file"))
}

// writeDocuments prints the documents that may be out of date, with the surest reason.
func writeDocuments(out io.Writer, d *Documents, o TextOptions) {
	if d == nil || len(d.Stale) == 0 {
		return
	}
	fmt.Fprint(out, "\nDocuments that may be out of date:\n")
	for i, doc := range d.Stale {
		if i == o.some() {
			fmt.Fprintf(out, "  And %d more: --all lists them\n", len(d.Stale)-i+d.More)
			break
		}
		m := doc.Mentions[0]
		fmt.Fprintf(out, "    %4d  %s:%d: %s%s\n", doc.Confidence, doc.Path, m.Line, m.Reason, doc.others())
	}
}

func markdownDocuments(out io.Writer, d *Documents, o TextOptions) {
	if d == nil || len(d.Stale) == 0 {
		return
	}
	fmt.Fprint(out, "\n#### Documents that may be out of date\n\n")
	for i, doc := range d.Stale {
		if i == o.some() {
			fmt.Fprintf(out, "- and %d more\n", len(d.Stale)-i+d.More)
			break
		}
		m := doc.Mentions[0]
		fmt.Fprintf(out, "- %s, line %d: %s%s\n", markdown.Code(doc.Path), m.Line, markdown.Prose(m.Reason), doc.others())
	}
}

func (d *Document) others() string {
	if n := len(d.Mentions) - 1 + d.More; n > 0 {
		return fmt.Sprintf("; and %d more", n)
	}
	return ""
}

// writeTogether prints what is missing from the change, if habit is a guide.
func writeTogether(out io.Writer, t *Together, o TextOptions) {
	if t == nil || len(t.Files) == 0 {
		return
	}
	fmt.Fprintf(out, "\nFiles that usually change with these, in the last %d commits, and do not here:\n", t.Commits)
	for i, c := range t.Files {
		if i == o.some() {
			fmt.Fprintf(out, "  And %d more: --all lists them\n", len(t.Files)-i+t.More)
			break
		}
		fmt.Fprintf(out, "    %s: in %d of the %d commits that changed %s\n", c.Path, c.Support, c.Of, c.With)
	}
}

func markdownTogether(out io.Writer, t *Together, o TextOptions) {
	if t == nil || len(t.Files) == 0 {
		return
	}
	fmt.Fprintf(out, "\n#### Files that usually change with these, and do not here\n\n")
	for i, c := range t.Files {
		if i == o.some() {
			fmt.Fprintf(out, "- and %d more\n", len(t.Files)-i+t.More)
			break
		}
		fmt.Fprintf(out, "- %s: in %d of the %d commits that changed %s\n", markdown.Code(c.Path), c.Support, c.Of, markdown.Code(c.With))
	}
}

// writeRisk prints the reasons first: the number alone says nothing.
func writeRisk(out io.Writer, r *Risk) {
	if r == nil {
		return
	}
	fmt.Fprint(out, "\nRisk:\n")
	for _, x := range r.Reasons {
		fmt.Fprintf(out, "    %4d  %s\n", x.Points, x.Detail)
	}
	fmt.Fprintf(out, "  %s: %d of 1000\n", r.Level, r.Score)
}

func markdownRisk(out io.Writer, r *Risk) {
	if r == nil {
		return
	}
	fmt.Fprintf(out, "\n#### Risk: %s\n\n", r.Level)
	for _, x := range r.Reasons {
		fmt.Fprintf(out, "- %s (%d)\n", markdown.Prose(x.Detail), x.Points)
	}
	fmt.Fprintf(out, "\n%d of 1000\n", r.Score)
}
