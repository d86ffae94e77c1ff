package impact

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"custody/internal/finding"
)

// TextOptions say how much a terminal shows.
type TextOptions struct {
	Nodes int // reached nodes that are listed; 0: twenty; below 0: all
}

// WriteText prints a report for people: what changed, what the change reaches with the
// nearest and surest first, what was not assessed and why. Everything from the
// repository is escaped, so that no name can steer a terminal.
func WriteText(w io.Writer, r *Report, o TextOptions) error {
	out := bufio.NewWriter(w)
	writeChanged(out, r.Changed)
	writeReached(out, r.Reached, o)
	writeRisk(out, r.Risk)
	writePackages(out, r.Packages, o)
	writeTests(out, r.Tests, o)
	writeOwners(out, r.Owners, o)
	writeDocuments(out, r.Documents, o)
	writeTogether(out, r.Together, o)
	fmt.Fprintln(out)
	writeSummary(out, r.Graph, false)
	fmt.Fprintln(out)
	if r.Outcome == finding.Satisfied {
		fmt.Fprintln(out, "The list is complete: everything that the change meets was read and resolved.")
		if computed := computedWords(r.Graph); computed != "" {
			fmt.Fprintln(out, computed)
		}
	} else {
		fmt.Fprintf(out, "The list may be incomplete (%s):\n", r.Outcome)
		for _, reason := range r.Reasons {
			fmt.Fprintf(out, "  %s: %s\n", reason.Code, placed(reason))
		}
	}
	return out.Flush()
}

// computedWords says what even a complete list can not have.
func computedWords(s Summary) string {
	n := s.Skipped[SkipComputed]
	if n == 0 {
		return ""
	}
	example := ""
	for _, e := range s.Examples {
		if e.Reason == SkipComputed {
			example = ", such as " + placed(finding.Reason{Path: e.Path, Detail: e.Detail})
			break
		}
	}
	return fmt.Sprintf("Not in it: what is loaded under a name that is known only when it runs, by %d %s%s.", n, plural(n, "import"), example)
}

// WriteGraphText prints the counts of a graph for people, with examples of what is not
// in it.
func WriteGraphText(w io.Writer, g *Graph) error {
	out := bufio.NewWriter(w)
	kinds := map[string]int{}
	g.EachNode(func(_ int32, n *Node) {
		language := n.Language
		if language == "" && n.Kind == KindFile {
			language = "other"
		}
		kinds[strings.TrimSpace(language+" "+string(n.Kind))]++
	})
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(out, "%8d  %s\n", kinds[kind], plural(kinds[kind], kind))
	}
	edges := map[EdgeKind]int{}
	g.EachEdge(func(e *Edge) { edges[e.Kind]++ })
	for _, kind := range slices.Sorted(maps.Keys(edges)) {
		fmt.Fprintf(out, "%8d  %s\n", edges[kind], plural(edges[kind], string(kind)+" edge"))
	}
	writeSummary(out, g.Summary(), true)
	return out.Flush()
}

func writeChanged(out io.Writer, changed []Changed) {
	for i, c := range changed {
		if i == maxShown {
			fmt.Fprintf(out, "And %d more changed files.\n", len(changed)-i)
			break
		}
		fmt.Fprintf(out, "%-12s  %s", c.Status, c.Path)
		if c.OldPath != "" {
			fmt.Fprintf(out, " (was %s)", c.OldPath)
		}
		if c.Skipped != "" {
			fmt.Fprintf(out, "  [%s]", c.Skipped)
		}
		fmt.Fprintln(out)
		breaking, others := c.symbolWords(func(name string) string { return name })
		if breaking != "" {
			fmt.Fprintf(out, "%-12s    breaking: %s\n", "", breaking)
		}
		if others != "" {
			fmt.Fprintf(out, "%-12s    %s\n", "", others)
		}
	}
}

// maxShown rows of a list stand on a screen, unless more are asked for.
const maxShown = 20

// writeReached lists the nodes that matter first: near before far, sure before unsure.
func writeReached(out io.Writer, reached []Reached, o TextOptions) {
	if len(reached) == 0 {
		fmt.Fprintln(out, "\nIt reaches nothing else in the graph.")
		return
	}
	shown, rest := mostImportant(reached, o)
	fmt.Fprintf(out, "\nIt reaches %s:\n", countReached(reached))
	for i, r := range shown {
		if i == 0 || r.Distance != shown[i-1].Distance {
			fmt.Fprintf(out, "  distance %d\n", r.Distance)
		}
		name := r.Path
		switch {
		case r.Node == "package:.":
			name = "the root package"
		case r.Kind == KindPackage:
			name = "package " + r.Path
		}
		why := r.Reason
		if i > 0 && why == shown[i-1].Reason {
			why = "likewise"
		}
		fmt.Fprintf(out, "    %4d  %s: %s\n", r.Confidence, name, why)
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, "  And %s, up to distance %d: --all lists them\n", countReached(rest), rest[len(rest)-1].Distance)
	}
}

// mostImportant parts the nodes that are shown, near before far and sure before unsure,
// from the rest.
func mostImportant(reached []Reached, o TextOptions) (shown, rest []Reached) {
	shown = slices.Clone(reached)
	slices.SortStableFunc(shown, func(a, b Reached) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Reason, b.Reason))
	})
	limit := cmp.Or(o.Nodes, maxShown)
	if limit < 0 {
		limit = len(shown)
	}
	limit = min(limit, len(shown))
	return shown[:limit], shown[limit:]
}

// countReached is "52 files, 3 packages, 7 tests".
func countReached(reached []Reached) string {
	kinds := map[Kind]int{}
	for _, r := range reached {
		kinds[r.Kind]++
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		parts = append(parts, fmt.Sprintf("%d %s", kinds[k], plural(kinds[k], string(k))))
	}
	return strings.Join(parts, ", ")
}

func writeSummary(out io.Writer, s Summary, examples bool) {
	fmt.Fprintf(out, "The graph has %d %s and %d %s.\n", s.Nodes, plural(s.Nodes, "node"), s.Edges, plural(s.Edges, "edge"))
	for _, reason := range slices.Sorted(maps.Keys(s.Skipped)) {
		fmt.Fprintf(out, "%8d  skipped: %s\n", s.Skipped[reason], reason)
		if !examples || reason == SkipOpaque {
			continue
		}
		for _, e := range s.Examples {
			if e.Reason == reason {
				fmt.Fprintf(out, "            %s\n", placed(finding.Reason{Path: e.Path, Detail: e.Detail}))
			}
		}
	}
}

func placed(r finding.Reason) string {
	switch {
	case r.Path == "":
		return r.Detail
	case r.Detail == "":
		return r.Path
	}
	return r.Path + ": " + r.Detail
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
