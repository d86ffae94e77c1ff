package impact

import (
	"bufio"
	"fmt"
	"io"

	"custody/internal/change/markdown"
	"custody/internal/finding"
)

// WriteMarkdown prints a report as a comment on a pull request would have it: the answer
// first, then what is reached, nearest and surest first, then what is not known. Names
// are code, and nothing in them is markup.
func WriteMarkdown(w io.Writer, r *Report, o TextOptions) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "### %s\n\n", r.headline())
	if r.Outcome == finding.Satisfied {
		fmt.Fprint(out, "The list is complete: everything that the change meets was read and resolved.\n")
		if computed := computedWords(r.Graph); computed != "" {
			fmt.Fprintf(out, "\n%s\n", markdown.Prose(computed))
		}
	} else {
		fmt.Fprint(out, "**The list may be incomplete:** see the end.\n")
	}
	markdownChanged(out, r.Changed)
	markdownReached(out, r.Reached, o)
	markdownRisk(out, r.Risk)
	markdownPackages(out, r.Packages, o)
	markdownTests(out, r.Tests, o)
	markdownOwners(out, r.Owners, o)
	markdownDocuments(out, r.Documents, o)
	markdownTogether(out, r.Together, o)
	if r.Outcome != finding.Satisfied {
		fmt.Fprint(out, "\n#### Not assessed\n\n")
		for _, reason := range r.Reasons {
			fmt.Fprintf(out, "- %s: %s\n", markdown.Prose(reason.Code), markdownPlaced(reason))
		}
	}
	return out.Flush()
}

// headline is the answer in one line.
func (r *Report) headline() string {
	if len(r.Reached) == 0 {
		return fmt.Sprintf("%d changed %s, nothing else in the graph reached", len(r.Changed), plural(len(r.Changed), "file"))
	}
	verb := "reach"
	if len(r.Changed) == 1 {
		verb = "reaches"
	}
	return fmt.Sprintf("%d changed %s %s %s", len(r.Changed), plural(len(r.Changed), "file"), verb, countReached(r.Reached))
}

func markdownChanged(out io.Writer, changed []Changed) {
	fmt.Fprint(out, "\n| changed | |\n|---|---|\n")
	for i, c := range changed {
		if i == maxShown {
			fmt.Fprintf(out, "| and %d more | |\n", len(changed)-i)
			break
		}
		note := c.Status.String()
		if c.OldPath != "" {
			note += " from " + markdown.Cell(c.OldPath)
		}
		if c.Skipped != "" {
			note += ", " + markdown.Prose(c.Skipped)
		}
		breaking, others := c.symbolWords(markdown.Cell)
		if breaking != "" {
			note += "; **breaking:** " + breaking
		}
		if others != "" {
			note += "; " + others
		}
		fmt.Fprintf(out, "| %s | %s |\n", markdown.Cell(c.Path), note)
	}
}

func markdownReached(out io.Writer, reached []Reached, o TextOptions) {
	if len(reached) == 0 {
		return
	}
	shown, rest := mostImportant(reached, o)
	fmt.Fprint(out, "\n| reached | distance | confidence | why |\n|---|---:|---:|---|\n")
	for _, r := range shown {
		name := markdown.Cell(r.Path)
		switch {
		case r.Node == "package:.":
			name = "the root package"
		case r.Kind == KindPackage:
			name = "package " + name
		}
		fmt.Fprintf(out, "| %s | %d | %d | %s |\n", name, r.Distance, r.Confidence, markdown.Prose(r.Reason))
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, "\nAnd %s, up to distance %d.\n", countReached(rest), rest[len(rest)-1].Distance)
	}
}

func markdownPlaced(r finding.Reason) string {
	switch {
	case r.Path == "":
		return markdown.Prose(r.Detail)
	case r.Detail == "":
		return markdown.Code(r.Path)
	}
	return markdown.Code(r.Path) + ": " + markdown.Prose(r.Detail)
}
