package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed health.html
var healthHTML string

const healthCSS = `
.score { font-size: 3rem; font-weight: 700; line-height: 1; font-variant-numeric: tabular-nums; }
svg.meter { display: block; width: 100%; height: 12px; margin: .3rem 0; }
.f-met { fill: var(--t2); } .f-all { fill: var(--code); }
svg.chart polyline { fill: none; stroke: var(--t2); stroke-width: 2.5; }
svg.chart circle { fill: var(--t2); }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
`

// healthPage is what the template sees.
type healthPage struct {
	Health
	Style
	Title string
	Line  []point
	Parts []string // of the line: where a commit has no score, it has a gap
	Ticks []ChartTick
}

// A point of the chart: a commit whose score is known.
type point struct {
	TrendPoint
	X, Y  int
	Label bool
}

// WritePage writes the health of a repository as one page: no script, nothing loaded.
func (h Health) WritePage(w io.Writer, title string) error {
	m := healthPage{Health: h, Style: NewStyle(healthCSS), Title: title}
	y := func(score int) int { return chartTop + chartHigh - score*chartHigh/100 }
	for score := 0; score <= 100; score += 25 {
		m.Ticks = append(m.Ticks, ChartTick{fmt.Sprint(y(score)), fmt.Sprint(score)})
	}
	part := ""
	for i, t := range h.Trend {
		if t.Score == nil {
			if part != "" {
				m.Parts, part = append(m.Parts, part), ""
			}
			continue
		}
		m.Line = append(m.Line, point{
			TrendPoint: t, X: chartLeft + 30 + i*(chartWide-60)/max(1, len(h.Trend)-1), Y: y(*t.Score),
			Label: i%max(1, (len(h.Trend)+7)/8) == 0,
		})
		last := m.Line[len(m.Line)-1]
		part += fmt.Sprintf("%d,%d ", last.X, last.Y)
	}
	if part != "" {
		m.Parts = append(m.Parts, part)
	}
	t, err := template.New("health").Funcs(template.FuncMap{"plural": pluralOf, "percent": func(p int) string { return fmt.Sprintf("%d.%d", p/10, p%10) }}).Parse(healthHTML)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	if err := t.Execute(w, m); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
