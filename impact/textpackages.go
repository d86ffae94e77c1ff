package impact

import (
	"fmt"
	"io"
	"strings"

	"custody/internal/change/markdown"
)

// writePackages lists the packages that somebody imports first: the others change what
// is fetched, and nothing that is seen here.
func writePackages(out io.Writer, packages []Package, o TextOptions) {
	if len(packages) == 0 {
		return
	}
	shown, rest := firstPackages(packages, o)
	fmt.Fprintf(out, "\nPackages: %s\n", countPackages(packages))
	for _, p := range shown {
		fmt.Fprintf(out, "  %s: %s\n", p.says(), p.importedBy())
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, "  And %d more: %s\n", len(rest), countPackages(rest))
	}
}

func markdownPackages(out io.Writer, packages []Package, o TextOptions) {
	if len(packages) == 0 {
		return
	}
	shown, rest := firstPackages(packages, o)
	fmt.Fprint(out, "\n#### Packages\n\n")
	for _, p := range shown {
		fmt.Fprintf(out, "- %s: %s\n", markdown.Prose(p.says()), markdown.Prose(p.importedBy()))
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, "- and %d more\n", len(rest))
	}
}

func firstPackages(packages []Package, o TextOptions) (shown, rest []Package) {
	most := o.some()
	for pass := range 3 {
		for _, p := range packages {
			rank := 2
			switch {
			case len(p.Importers) > 0:
				rank = 0
			case !p.Indirect:
				rank = 1
			}
			if rank != pass {
				continue
			}
			if len(shown) < most {
				shown = append(shown, p)
			} else {
				rest = append(rest, p)
			}
		}
	}
	return shown, rest
}

// says is "lodash (npm) moves from 4.17.20 to 4.17.21".
func (p *Package) says() string {
	s := fmt.Sprintf("%s (%s) is %s", p.Name, p.Ecosystem, p.Change)
	switch {
	case p.Change == "moved":
		s = fmt.Sprintf("%s (%s) moves from %s to %s", p.Name, p.Ecosystem, nothing(p.From), nothing(p.To))
	case p.To != "":
		s += " at " + p.To
	case p.From != "":
		s += ", was " + p.From
	}
	return s
}

func nothing(version string) string {
	if version == "" {
		return "no version"
	}
	return version
}

// importedBy says who imports it.
func (p *Package) importedBy() string {
	n := len(p.Importers) + p.More
	switch {
	case p.Unknown != "":
		return p.Unknown
	case n == 0 && p.Indirect:
		return "imported by nothing here, others need it"
	case n == 0:
		return "imported by nothing here"
	case n <= 3:
		var paths []string
		for _, i := range p.Importers {
			paths = append(paths, i.Path)
		}
		return "imported by " + strings.Join(paths, ", ")
	}
	return fmt.Sprintf("imported by %d files, such as %s", n, p.Importers[0].Path)
}

func countPackages(packages []Package) string {
	kinds := map[string]int{}
	for _, p := range packages {
		kinds[p.Change]++
	}
	var parts []string
	for _, k := range []string{"added", "removed", "moved"} {
		if kinds[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", kinds[k], k))
		}
	}
	return strings.Join(parts, ", ")
}
