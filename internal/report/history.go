package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"

	"custody/attestation"
	"custody/internal/change"
)

//go:embed history.html
var historyHTML string

// Bounds of what the page of a history shows. The other formats have all of it.
const (
	pageMonths  = 60
	pageTools   = 6
	pageRows    = 50
	pageCommits = 300
)

// A HistoryPage is a history as one page for people: no script, nothing loaded.
type HistoryPage struct {
	w           io.Writer
	Title, Head string
	Commits     []attestation.HistoryEntry // the newest of agents
	More        int                        // of agents, not shown
	Files       bool                       // they were asked for
	*attestation.HistorySummary

	Style
}

// NewHistoryPage makes a page about a repository, and head: what was looked at.
func NewHistoryPage(w io.Writer, title, head string, files bool) *HistoryPage {
	return &HistoryPage{w: w, Title: title, Head: head, Files: files}
}

// Entry implements attestation.HistoryWriter.
func (p *HistoryPage) Entry(e *attestation.HistoryEntry) error {
	if !e.Class.IsAI() {
		return nil
	}
	if len(p.Commits) == pageCommits {
		p.More++
		return nil
	}
	kept := *e
	kept.Evidence = slices.Clone(kept.Evidence[:min(1, len(kept.Evidence))])
	p.Commits = append(p.Commits, kept)
	return nil
}

// Close implements attestation.HistoryWriter.
func (p *HistoryPage) Close(s *attestation.HistorySummary) error {
	p.HistorySummary = s
	t, err := template.New("history").Funcs(template.FuncMap{
		"count": change.Thousands, "share": share, "plural": pluralOf,
	}).Parse(historyHTML)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	p.Style = NewStyle("")
	if err := t.Execute(p.w, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func pluralOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return change.Thousands(n) + " " + noun + "s"
}

// share is n of all in per cent; 0 and 100 only if they are meant.
func share(n, all int) string {
	switch {
	case all == 0:
		return "–"
	case n > 0 && n*1000 < all:
		return "under 0.1 %"
	case n < all && (all-n)*1000 < all:
		return "over 99.9 %"
	}
	p := (n*1000 + all/2) / all
	return fmt.Sprintf("%d.%d %%", p/10, p%10)
}

// AIClass is the number of commits of a class.
func (p *HistoryPage) AIClass(c string) int { return p.Classes[attestation.Class(c)] }

// ShownFolders are those with most commits.
func (p *HistoryPage) ShownFolders() []attestation.HistoryFolder {
	return p.Folders[:min(len(p.Folders), pageRows)]
}

// MoreFolders is how many folders are not shown.
func (p *HistoryPage) MoreFolders() int { return max(0, len(p.Folders)-pageRows) }

// ShownFiles are those with most commits.
func (p *HistoryPage) ShownFiles() []attestation.HistoryPath {
	return p.HistorySummary.Files[:min(len(p.HistorySummary.Files), pageRows)]
}

// AllFiles is how many files there are.
func (p *HistoryPage) AllFiles() int { return len(p.HistorySummary.Files) }

// MoreFiles is how many of them are not shown.
func (p *HistoryPage) MoreFiles() int { return max(0, len(p.HistorySummary.Files)-pageRows) }

// A Chart is commits by agents month by month, a stack of tools each.
type Chart struct {
	Width, Height, Base int
	Bars                []ChartBar
	Ticks               []ChartTick
	Legend              []ChartTool
	Cut                 int // months before those that are shown
}

// A ChartBar is one month.
type ChartBar struct {
	Month    string
	X, Width int
	Label    string // below the bar; empty where there is no room
	Parts    []ChartPart
	Commits  int
	All      int
}

// A ChartPart is one tool in one month.
type ChartPart struct {
	Tool      int // 1 and up, as in the legend
	Y, Height string
}

// A ChartTick is a line of the scale.
type ChartTick struct {
	Y    string
	Text string
}

// A ChartTool is one entry of the legend.
type ChartTool struct {
	Tool    int
	Name    string
	Commits int
}

const (
	chartLeft, chartTop, chartHigh, chartWide = 52, 10, 180, 860
)

// Chart draws the months from the first to the last with commits by agents, the gaps
// between them too. A month that is not known has no place in it.
func (p *HistoryPage) Chart() *Chart {
	var months []attestation.HistoryMonth
	for _, m := range p.Months {
		if len(m.Month) == len("2006-01") && m.Month != "unknown" {
			months = append(months, m)
		}
	}
	if len(months) == 0 {
		return nil
	}
	months, cut := continuous(months)
	c := &Chart{Width: chartLeft + chartWide + 8, Height: chartTop + chartHigh + 24, Base: chartTop + chartHigh, Cut: cut}
	number := map[string]int{}
	for i, t := range p.Tools {
		if i == pageTools {
			c.Legend = append(c.Legend, ChartTool{pageTools + 1, "others", 0})
		}
		if i < pageTools {
			number[t.ID] = i + 1
			c.Legend = append(c.Legend, ChartTool{i + 1, t.Name, t.Commits})
		} else {
			number[t.ID] = pageTools + 1
			c.Legend[pageTools].Commits += t.Commits
		}
	}
	high := 0
	for _, m := range months {
		sum := 0
		for _, t := range m.Tools {
			sum += t.Commits
		}
		high = max(high, sum, m.Commits)
	}
	top := ceiling(high)
	y := func(n int) float64 { return chartTop + chartHigh - float64(n)*chartHigh/float64(top) }
	for i := range 5 {
		n := top / 4 * i
		c.Ticks = append(c.Ticks, ChartTick{fmt.Sprintf("%.1f", y(n)), change.Thousands(n)})
	}
	step := float64(chartWide) / float64(len(months))
	every := max(1, (len(months)+11)/12)
	for i, m := range months {
		b := ChartBar{Month: m.Month, Commits: m.Commits, All: m.All, X: chartLeft + int(float64(i)*step+0.5), Width: max(2, min(int(step*0.8), 64))}
		if i%every == 0 {
			b.Label = m.Month
		}
		by := map[int]int{}
		for _, t := range m.Tools {
			by[number[t.ID]] += t.Commits
		}
		at := 0
		for n := 1; n <= pageTools+1; n++ {
			if by[n] == 0 {
				continue
			}
			b.Parts = append(b.Parts, ChartPart{n, fmt.Sprintf("%.1f", y(at+by[n])), fmt.Sprintf("%.1f", y(at)-y(at+by[n]))})
			at += by[n]
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// continuous fills the gaps, and keeps the last months.
func continuous(months []attestation.HistoryMonth) ([]attestation.HistoryMonth, int) {
	by := map[string]attestation.HistoryMonth{}
	for _, m := range months {
		by[m.Month] = m
	}
	var out []attestation.HistoryMonth
	left := len(months)
	for at := months[len(months)-1].Month; left > 0 && len(out) < pageMonths; at = before(at) {
		m, ok := by[at]
		if ok {
			left--
		}
		m.Month = at
		out = append(out, m)
	}
	slices.Reverse(out)
	return out, left
}

// before is the month before one.
func before(m string) string {
	year, _ := strconv.Atoi(m[:4])
	month, _ := strconv.Atoi(m[5:])
	if month--; month < 1 {
		year, month = year-1, 12
	}
	return fmt.Sprintf("%04d-%02d", year, month)
}

// ceiling is the next number that four lines of a scale divide well.
func ceiling(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, k := range []int{4, 6, 8, 12, 16, 20, 24, 28, 32, 36} {
			if top := k * unit; top >= n && top%4 == 0 {
				return top
			}
		}
	}
}
