package period

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"custody/internal/report"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// Bounds of what the page shows; the tables of the other formats have all of it.
const (
	pageExceptions = 200 // of one kind
	pageChanges    = 500
)

// pageModel is what the template sees.
type pageModel struct {
	*Report
	report.Style
	Groups []group
	Bars   []bar
}

// A group is the exceptions of one kind.
type group struct {
	Words string
	Total int
	Shown []Exception
}

func (g group) More() int { return g.Total - len(g.Shown) }

// A bar is one month of the chart: three parts of one column, in its units.
type bar struct {
	Month
	X, Width                     int
	PassY, FailY, OpenY          int
	PassHigh, FailHigh, OpenHigh int
	Label                        string
	Tells                        string // its numbers, where there is room beside it
	Beside, TopY                 int
}

const (
	chartHigh  = 120
	chartWide  = 860
	chartMonth = 60 // the last months that are drawn
)

// WritePage writes the report as one page: no script, nothing loaded.
func (r *Report) WritePage(w io.Writer) error {
	m := pageModel{Report: r, Style: report.NewStyle(pageCSS), Bars: bars(r.Months)}
	for _, kind := range kinds {
		g := group{Words: kindWords[kind]}
		for _, e := range r.Exceptions {
			if e.Kind != kind {
				continue
			}
			if g.Total++; g.Total <= pageExceptions {
				g.Shown = append(g.Shown, e)
			}
		}
		if g.Total > 0 {
			m.Groups = append(m.Groups, g)
		}
	}
	t, err := template.New("period").Funcs(template.FuncMap{
		"line": line, "says": says, "short": func(digest string) string {
			hex := strings.TrimPrefix(digest, "sha256:")
			return hex[:min(12, len(hex))]
		}, "plural": plural,
		"percent": func(p *int) string { return fmt.Sprintf("%d.%d %%", *p/10, *p%10) },
		"width":   func(n, of int) string { return strconv.FormatFloat(float64(n)*100/float64(max(1, of)), 'f', 2, 64) },
		"add": func(n ...int) int {
			sum := 0
			for _, x := range n {
				sum += x
			}
			return sum
		},
	}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	if err := t.Execute(w, m); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// Population is what the page lists, the newest first.
func (m pageModel) Population() []Change {
	var out []Change
	for i := len(m.Changes) - 1; i >= 0 && len(out) < pageChanges; i-- {
		out = append(out, m.Changes[i])
	}
	return out
}

// MoreChanges is how many are not listed.
func (m pageModel) MoreChanges() int { return max(0, len(m.Changes)-pageChanges) }

// MoreMonths is how many months have no bar.
func (m pageModel) MoreMonths() int { return len(m.Months) - len(m.Bars) }

func bars(months []Month) []bar {
	months = months[max(0, len(months)-chartMonth):]
	high := 1
	for _, m := range months {
		high = max(high, m.Pass+m.Fail+m.Incomplete)
	}
	var out []bar
	step := chartWide / max(len(months), 6)
	for i, m := range months {
		part := func(n int) int { // what is there is seen
			if n == 0 {
				return 0
			}
			return max(2, n*chartHigh/high)
		}
		b := bar{Month: m, X: 8 + i*step, Width: min(step*6/10, 48), PassHigh: part(m.Pass), FailHigh: part(m.Fail), OpenHigh: part(m.Incomplete)}
		b.PassY = 10 + chartHigh - b.PassHigh
		b.OpenY = b.PassY - b.OpenHigh
		b.FailY = b.OpenY - b.FailHigh
		if i%max(1, (len(months)+11)/12) == 0 {
			b.Label = m.Month
		}
		if b.Beside, b.TopY = b.X+b.Width+6, min(b.FailY+11, 10+chartHigh-3); len(months) <= 8 {
			b.Tells = strconv.Itoa(m.Pass + m.Incomplete + m.Fail)
			if n := m.Incomplete + m.Fail; n > 0 {
				b.Tells += fmt.Sprintf(", %d no pass", n)
			}
		}
		out = append(out, b)
	}
	return out
}
