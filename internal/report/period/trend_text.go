package period

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"custody/internal/report"
)

// shownRefused bounds what a terminal and a page show of the files that do not verify.
const shownRefused = 10

// Sentence says what the trend is made of.
func (t *Trend) Sentence() string {
	n := t.Counts
	s := fmt.Sprintf("%s read: %d refused, %d of a change of which another review counts", plural(n.Packs, "file"), n.Refused, n.Superseded)
	if n.Copies > 0 {
		s += fmt.Sprintf(", %d the same as another", n.Copies)
	}
	return s
}

// Days are the first and the last day.
func (t *Trend) Days() string {
	if len(t.Changes) == 0 {
		return ""
	}
	first, last := t.Changes[0].Day, t.Changes[len(t.Changes)-1].Day
	if first == last {
		return first
	}
	return first + " to " + last
}

// WriteText writes the trend for a terminal: a line a day or month, a column a rate.
func (t *Trend) WriteText(w io.Writer) error {
	var b strings.Builder
	if len(t.Changes) == 0 {
		b.WriteString("Trend over packs: not assessed - no pack counts\n")
	} else {
		fmt.Fprintf(&b, "Trend over packs: %s, %s\n", plural(len(t.Changes), "change"), t.Days())
	}
	fmt.Fprintf(&b, "  %s\n", t.Sentence())
	for _, e := range t.Refused[:min(len(t.Refused), shownRefused)] {
		fmt.Fprintf(&b, "    %s\n", line(e.File+"  "+e.Detail))
	}
	if n := len(t.Refused) - shownRefused; n > 0 {
		fmt.Fprintf(&b, "    and %d more\n", n)
	}
	if len(t.Changes) > 0 {
		rates := Rates()
		fmt.Fprintf(&b, "\n  %-10s  changes", t.By)
		for _, r := range rates {
			fmt.Fprintf(&b, "  %12s", r.ID)
		}
		row := func(name string, p TrendPoint) {
			fmt.Fprintf(&b, "\n  %-10s  %7d", name, p.Changes)
			for _, m := range p.Rates {
				fmt.Fprintf(&b, "  %12s", m.Share())
			}
		}
		for _, p := range t.Points {
			row(p.When, p)
		}
		if len(t.Points) > 1 {
			row("all", t.All)
		}
		b.WriteString("\n\n")
		for _, r := range rates {
			fmt.Fprintf(&b, "  %-12s  %s\n", r.ID, r.About)
		}
		b.WriteString("  Each is the mean over changes, so that large ones do not decide. -: no pack says it.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Share is the rate for people, "93%"; of what no pack says there is none.
func (m MeanOfRate) Share() string {
	switch {
	case m.Permille == nil:
		return "-"
	case *m.Permille == 0 || *m.Permille == 1000:
		return strconv.Itoa(*m.Permille/10) + "%"
	}
	return strconv.Itoa(min(99, max(1, (*m.Permille+5)/10))) + "%" // 0 and 100 only if they are meant
}

//go:embed trend.html
var trendHTML string

const trendCSS = `
.lines { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: 1rem 1.4rem; }
.lines h3 { font-size: 1rem; margin: .2rem 0; } .lines p { margin: 0; font-size: .9rem; }
.lines svg.chart { min-width: 0; }
svg.chart polyline { fill: none; stroke: var(--t2); stroke-width: 2.5; }
svg.chart circle { fill: var(--t2); }
.latest { font-weight: 600; font-variant-numeric: tabular-nums; }
`

// A trendPage is what the template sees.
type trendPage struct {
	*Trend
	report.Style
	Lines []trendLine
	Names []Rate
}

// A trendLine is the chart of one rate.
type trendLine struct {
	Rate
	All    string
	Pieces []string // points of a polyline each: where no pack says the rate, the line has a gap
	Dots   []trendDot
	Labels []trendLabel
}

type trendDot struct {
	X, Y  int
	Tells string
}

type trendLabel struct {
	X      int
	Anchor string
	Text   string
}

// Bounds of one chart, in its units, and of the rows of the tables.
const (
	trendLeft, trendRight, trendTop, trendBottom = 40, 390, 10, 110

	trendRows = 500
)

// WritePage writes the trend as one page: no script, nothing loaded.
func (t *Trend) WritePage(w io.Writer) error {
	m := trendPage{Trend: t, Style: report.NewStyle(pageCSS + trendCSS), Names: Rates()}
	for i, r := range m.Names {
		m.Lines = append(m.Lines, t.line(i, r))
	}
	page, err := template.New("trend").Funcs(template.FuncMap{"plural": plural, "line": line, "less": func(all, shown int) int { return max(0, all-shown) }}).Parse(trendHTML)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	if err := page.Execute(w, m); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func (t *Trend) line(i int, r Rate) trendLine {
	out := trendLine{Rate: r, All: t.All.Rates[i].Share()}
	piece, n := "", len(t.Points)
	for k, p := range t.Points {
		x := (trendLeft + trendRight) / 2
		if n > 1 { // as far apart as they are in time
			first, last := dayNumber(t.Points[0].When), dayNumber(t.Points[n-1].When)
			x = trendLeft + 8 + (dayNumber(p.When)-first)*(trendRight-trendLeft-16)/max(1, last-first)
		}
		switch {
		case n == 1:
			out.Labels = append(out.Labels, trendLabel{x, "middle", p.When})
		case k == 0:
			out.Labels = append(out.Labels, trendLabel{trendLeft, "start", p.When})
		case k == n-1:
			out.Labels = append(out.Labels, trendLabel{trendRight, "end", p.When})
		}
		m := p.Rates[i]
		if m.Permille == nil {
			if piece != "" {
				out.Pieces, piece = append(out.Pieces, piece), ""
			}
			continue
		}
		y := trendBottom - *m.Permille*(trendBottom-trendTop)/1000
		piece += fmt.Sprintf("%d,%d ", x, y)
		out.Dots = append(out.Dots, trendDot{x, y, fmt.Sprintf("%s: %s of %s", p.When, m.Share(), plural(m.Changes, "change"))})
	}
	if piece != "" {
		out.Pieces = append(out.Pieces, piece)
	}
	return out
}

// dayNumber counts the days up to one, or up to the first of a month; both are well formed.
func dayNumber(when string) int {
	at, _ := time.Parse(time.DateOnly, (when + "-01")[:len(time.DateOnly)])
	return int(at.Unix() / (24 * 60 * 60))
}

// ShownRefused are the first files that do not verify.
func (t *Trend) ShownRefused() []Exception { return t.Refused[:min(len(t.Refused), shownRefused)] }

// ShownChanges are the newest changes, the newest first.
func (t *Trend) ShownChanges() []TrendChange {
	var out []TrendChange
	for i := len(t.Changes) - 1; i >= 0 && len(out) < trendRows; i-- {
		out = append(out, t.Changes[i])
	}
	return out
}

// Of is "3 of 4", or that the pack does not say.
func (r ChangeRate) Of() string {
	if r.All == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", r.Met, r.All)
}
