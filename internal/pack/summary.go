package pack

import (
	"fmt"
	"strings"

	"custody/impact/picture"
	"custody/internal/finding"
	"custody/internal/review"
)

// maxSummary is the limit of a check run's summary and of a comment: GitHub counts
// 65,535 characters, we count bytes, of which there are never fewer.
const maxSummary = 65_535

// Rows of each list in the summary: it is a display, the page has more and pack.json
// has all.
const (
	summaryFindings = 50 // entries of each level
	summaryReached  = 25
	summaryChecks   = 100
	summaryFiles    = 50
)

// summary writes summary.md: blocks, the most important first, as many as fit. A
// block is never cut; what does not fit is counted at the end.
func summary(w *view) []byte {
	var blocks []string
	for _, section := range []func(*view) []string{
		headBlocks, checkBlocks, findingBlocks, planBlocks, reachBlocks, authorshipBlocks, skipBlocks, fileBlocks, inputBlocks,
	} {
		blocks = append(blocks, section(w)...)
	}
	return joinBlocks(blocks, maxSummary)
}

func joinBlocks(blocks []string, limit int) []byte {
	const reserve = 100 // for the last line
	var b strings.Builder
	left := 0
	for _, block := range blocks {
		switch {
		case block == "":
		case left > 0 || b.Len()+len(block)+2+reserve > limit:
			left++ // and all that follow: a gap in the middle would mislead
		default:
			b.WriteString(block)
			b.WriteString("\n\n")
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "*%s left out for length: the pack has all.*\n", plural(left, "more part is", "more parts are"))
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

func headBlocks(w *view) []string {
	mark := [...]string{review.Incomplete: "🟡", review.Fail: "🔴", review.Pass: "🟢"}[w.v.Decision]
	blocks := []string{
		fmt.Sprintf("## %s %s", mark, w.Headline),
		"**" + prose(w.Why) + "**",
	}
	next := "**Next:** " + prose(w.Next.Text())
	if w.Next.Who != "" {
		next += "\n**Who can do it:** " + prose(w.Next.Who)
	}
	if w.Then != "" {
		next += "\n" + w.Then
	}
	blocks = append(blocks, strings.ReplaceAll(next, "\n", "  \n"))
	if list := bullets(w.More, 10, prose); list != "" {
		blocks = append(blocks, "Also:\n\n"+list)
	}
	return append(blocks, strings.Join(w.Facts, " · ")+fmt.Sprintf(" · stage: %s · %s", w.v.Stage, w.v.Inputs.Day))
}

func checkBlocks(w *view) []string {
	if len(w.Checks) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("### Rules and requirements\n\n| Outcome | Rule or requirement | Why |\n|---|---|---|\n")
	for _, c := range w.Checks[:min(len(w.Checks), summaryChecks)] {
		what := prose(name(c.Name)) + " " + cell(name(c.ID))
		if c.Level != finding.Error {
			what += ", does not block"
		}
		if c.Controls != "" {
			what += "<br>" + prose(message(c.Controls))
		}
		why := ""
		if len(c.Why) > 0 {
			why = prose(plain(c.Why[0], nameLimit))
		}
		if n := len(c.Why) - 1 + c.MoreWhy; n > 0 {
			why += fmt.Sprintf(" … and %s more", number(n))
		}
		fmt.Fprintf(&b, "| **%s** | %s | %s |\n", outcomeWord(c.Outcome), what, why)
	}
	return []string{strings.TrimRight(b.String(), "\n"), more(len(w.Checks)-summaryChecks, "more rules and requirements")}
}

func findingBlocks(w *view) []string {
	var blocks []string
	for _, g := range w.Findings {
		blocks = append(blocks, "### "+g.Heading())
		shown := g.Shown[:min(len(g.Shown), summaryFindings)]
		left := g.Total
		for _, e := range shown {
			blocks = append(blocks, findingBlock(e))
			left -= e.Count
		}
		blocks = append(blocks, more(left, "more of this level"))
	}
	for _, g := range w.Excepted {
		blocks = append(blocks, g.Sentence()+".")
	}
	return blocks
}

func findingBlock(f *entry) string {
	line := "- "
	if len(f.Places) == 1 {
		line += code(name(f.Places[0].Where)) + " "
	}
	line += prose(plain(f.Message, messageLimit))
	switch {
	case f.Varies && f.Least:
		line += fmt.Sprintf(" **and at least %s more like it**", number(f.Count-1))
	case f.Varies:
		line += fmt.Sprintf(" **and %s more like it**", number(f.Count-1))
	case f.Least: // it says itself that it stands for others
	case f.Count > 1:
		line += fmt.Sprintf(" **%s times**", number(f.Count))
	}
	switch {
	case f.Again:
		line += " **To do:** as above."
	case f.Remedy != "":
		line += "  \n  **To do:** " + prose(plain(f.Remedy, messageLimit))
		if f.Who != "" {
			line += " (" + prose(name(f.Who)) + ")"
		}
	}
	line += " " + code(name(f.Rule))
	if len(f.Places) > 1 {
		places := make([]string, len(f.Places))
		for i, p := range f.Places {
			places[i] = code(name(p.Where))
		}
		line += "  \n  " + strings.Join(places, ", ")
		if n := f.MorePlaces(); n > 0 {
			line += fmt.Sprintf(" and %s more places", number(n))
		}
	}
	return line
}

// planBlocks say what to read first, as the page does.
func planBlocks(w *view) []string {
	var rows []string
	for _, f := range w.Plan.First {
		row := fmt.Sprintf("- %s %s", code(name(f.Path)), f.Size)
		for _, reason := range f.Reasons {
			row += "  \n  " + prose(plain(reason, nameLimit))
		}
		rows = append(rows, row)
	}
	var others []string
	for _, p := range w.Plan.Rest {
		others = append(others, plural(p.Count, "file", "files")+": "+p.What)
	}
	for _, p := range w.Plan.Skip {
		others = append(others, plural(p.Count, "file", "files")+", not to be read line by line: "+p.What)
	}
	if len(others) > 0 {
		rows = append(rows, bullets(others, len(others), prose)) // one list: two would have a gap between them
	}
	return []string{"### What to read first\n\n" + w.Plan.Sentence, strings.Join(rows, "\n")}
}

func reachBlocks(w *view) []string {
	blocks := []string{"### What it reaches\n\n" + prose(w.Reach.Sentence), bullets(w.Reach.Reasons, maxReasons, prose)}
	if w.Reach.Total == 0 {
		return blocks
	}
	// A private server can show no image, but letters.
	blocks = append(blocks, "```text\n"+picture.Text(w.v.Impact)+"```")

	shown := w.Reach.Nodes[:min(len(w.Reach.Nodes), summaryReached)]
	rows := make([]string, len(shown))
	for i, n := range shown {
		rows[i] = fmt.Sprintf("- %s %s, %s away, %s", code(name(n.Name)), prose(name(n.Kind)), plural(n.Distance, "step", "steps"), n.Sure)
	}
	if text := more(w.Reach.Total-len(shown), "more are reached"); text != "" {
		rows = append(rows, "", text)
	}
	list := "<details><summary>By name: the nearest first</summary>\n\n" + strings.Join(rows, "\n") + "\n\n</details>"
	return append(blocks, list)
}

func authorshipBlocks(w *view) []string {
	a := w.Authorship
	var rows []string
	for _, c := range a.Classes {
		rows = append(rows, fmt.Sprintf("- **%s**: %s, %s. %s", c.Label, plural(c.Lines, "line", "lines"), c.Share, c.Meaning))
	}
	for _, g := range a.Agents {
		row := fmt.Sprintf("- agent %s in %s", code(name(g.Name)), plural(g.Commits, "commit", "commits"))
		if g.Evidence != "" {
			row += "; best evidence: " + prose(name(g.Evidence))
		}
		if g.Sessions != "" {
			row += "; sessions: " + prose(message(g.Sessions))
		}
		rows = append(rows, row)
	}
	for _, against := range a.Against {
		rows = append(rows, "- contradicts: "+prose(message(against)))
	}
	return []string{"### Who or what wrote it\n\n" + prose(a.Sentence), bullets(a.Reasons, maxReasons, prose), strings.Join(rows, "\n")}
}

func skipBlocks(w *view) []string {
	if w.NotAssessed.Total == 0 {
		return nil
	}
	var kinds []string
	for _, k := range w.NotAssessed.Kinds[:min(len(w.NotAssessed.Kinds), 20)] {
		kinds = append(kinds, fmt.Sprintf("%s: %s", code(name(k.Label)), number(k.Count)))
	}
	return []string{"### What was not assessed\n\n" + strings.Join(kinds, " · ")}
}

func fileBlocks(w *view) []string {
	files := w.v.Change.Files
	if len(files) == 0 {
		return nil
	}
	rows := []string{"<details><summary>" + plural(w.v.Change.CountFiles(), "file", "files") + "</summary>\n"}
	for _, f := range files[:min(len(files), summaryFiles)] {
		rows = append(rows, fmt.Sprintf("- %s %s, +%d −%d", code(name(f.Path)), f.Status, f.Added, f.Deleted))
	}
	if text := more(w.v.Change.CountFiles()-min(len(files), summaryFiles), "more files"); text != "" {
		rows = append(rows, "\n"+text)
	}
	return []string{strings.Join(append(rows, "\n</details>"), "\n")}
}

func inputBlocks(w *view) []string {
	in := w.v.Inputs
	return []string{w.Names, fmt.Sprintf("Base %s · head %s · verdict %s", code(in.Base.String()), code(in.Head.String()), code(w.Digest))}
}

func more(n int, what string) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("*… and %s %s: see the pack.*", number(n), what)
}

func bullets(texts []string, limit int, show func(string) string) string {
	rows := make([]string, 0, len(texts))
	for i, t := range texts {
		if i == limit {
			rows = append(rows, fmt.Sprintf("- … and %s more", number(len(texts)-limit)))
			break
		}
		rows = append(rows, "- "+show(message(t)))
	}
	return strings.Join(rows, "\n")
}
