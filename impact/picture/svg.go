package picture

import (
	"bufio"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
)

const (
	letter    = 7  // width of a letter of a name, 12 pixels high
	lineStep  = 17 // from line to line
	padding   = 10
	maxCells  = 34 // letters in a line of a box
	maxNames  = 3  // names in a box; the others are counted
	maxCenter = 12 // changed files with a name
	margin    = 28
	titleStep = 24
	legend    = 46 // height
	minWidth  = 760
)

// SVG draws a report: what changed in the middle, what it reaches on rings around it by
// distance, a box for each folder. It is a whole document with its own style, light and
// dark as the reader has it, without script or anything to fetch; it may also stand
// inside of a page.
func SVG(w io.Writer, r *impact.Report) error { return draw(w, r, style) }

// Style is the style sheet of what Inline draws. No rule in it reaches beyond a picture.
const Style = style

// Inline draws the same for a page that has Style in a style sheet of its own: one whose
// content security policy admits no other.
func Inline(w io.Writer, r *impact.Report) error { return draw(w, r, "") }

func draw(w io.Writer, r *impact.Report, style string) error {
	rings := arrange(r)
	c := newCenter(r)
	for i := range rings {
		for _, g := range rings[i].groups {
			g.w, g.h = g.size()
		}
	}
	ellipses := place(c.box, rings)
	p := &painter{w: bufio.NewWriter(w), report: r, style: style, center: c, rings: rings, ellipses: ellipses}
	p.placeLabels()
	p.frame()
	p.open()
	p.paintRings()
	p.paintLines()
	p.paintCenter()
	for i := range rings {
		for _, g := range rings[i].groups {
			p.paintGroup(g)
		}
	}
	p.paintLabels()
	p.paintLegend()
	p.text("</svg>\n")
	return p.w.Flush()
}

// size of a group's box.
func (g *group) size() (w, h int) {
	lines := g.lines()
	most := 0
	for _, l := range lines {
		most = max(most, cells(l.text))
	}
	return (most*letter+2*padding+8)/2*2 + 2, (len(lines)*lineStep + padding + 2) / 2 * 2
}

// A line of a box.
type line struct {
	text, class string
	kind        impact.Kind // of a node; empty for other words
}

// lines are what a box says.
func (g *group) lines() []line {
	if len(g.members) == 1 && !g.collapsed {
		n := g.members[0]
		if n.Kind == impact.KindPackage {
			return []line{{g.called(maxCells), "t", n.Kind}, {"the package", "s", ""}}
		}
		return []line{{middle(g.name(n), maxCells), "t", n.Kind}, {g.called(maxCells), "s", ""}}
	}
	ls := []line{{g.called(maxCells), "t", ""}}
	shown := len(g.members)
	if shown > maxNames+1 {
		shown = maxNames
	}
	for _, n := range g.members[:shown] {
		ls = append(ls, line{middle(g.name(n), maxCells), "n", n.Kind})
	}
	if more := len(g.members) - shown; more > 0 {
		where := ""
		if at := base(g.folder); g.folder != "." && cells(at) < 17 {
			where = " in " + at
		}
		ls = append(ls, line{fmt.Sprintf("+ %s more%s", change.Thousands(more), where), "s", ""})
	}
	return ls
}

// A center is the box of the change itself.
type center struct {
	box
	lines []line
}

func newCenter(r *impact.Report) center {
	all, _, _ := counted(r)
	c := center{lines: []line{{count(all, "changed file"), "t", ""}}}
	before := ""
	changed := slices.Clone(r.Changed)
	slices.SortStableFunc(changed, func(a, b impact.Changed) int { return weight(a) - weight(b) })
	for i, f := range changed {
		if i == maxCenter && len(r.Changed) > maxCenter+1 {
			c.lines = append(c.lines, line{fmt.Sprintf("+ %s more", change.Thousands(all-i)), "s", ""})
			break
		}
		if at := folder(f.Path); i == 0 || at != before {
			before = at
			if at != "." {
				c.lines = append(c.lines, line{shorten(at, maxCells), "s", ""})
			}
		}
		class := "n"
		if f.Language == "" {
			class = "s"
		}
		c.lines = append(c.lines, line{mark(f) + " " + middle(base(f.Path), maxCells-2), class, ""})
	}
	most := 0
	for _, l := range c.lines {
		most = max(most, cells(l.text))
	}
	c.w, c.h = (most*letter+2*padding)/2*2+2, (len(c.lines)*lineStep+padding+4)/2*2
	return c
}

// weight puts what others can use first.
func weight(c impact.Changed) int {
	if c.Language == "" {
		return 1
	}
	return 0
}

// mark is what happened to a file, as git has it.
func mark(c impact.Changed) string {
	return strings.ToUpper(c.Status.String()[:1])
}

// A painter writes one picture.
type painter struct {
	w        *bufio.Writer
	report   *impact.Report
	center   center
	rings    []ring
	ellipses []ellipse
	labels   []label
	style    string // empty: the page has it

	left, top, width, height int // of the whole, in the rings' coordinates
}

func (p *painter) text(s string)                { p.w.WriteString(s) }
func (p *painter) printf(f string, args ...any) { fmt.Fprintf(p.w, f, args...) }

// say writes words that somebody else chose.
func (p *painter) say(x, y int, class, s string) {
	p.printf(`<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, escape(s))
}

// maxMarks is how many combining marks may stand on a letter: more paint over others.
const maxMarks = 4

// escape makes text of any bytes safe between tags and in quotes, and shows that there is
// something where nobody would see it or it would turn the rest around.
func escape(s string) string {
	var b strings.Builder
	marks := 0
	for _, r := range s {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks++; marks > maxMarks {
			continue
		}
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r != '\n' && !unicode.IsPrint(r): // invisible, or of no character
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// frame finds how large the picture is.
func (p *painter) frame() {
	right, bottom := p.center.right(), p.center.bottom()
	p.left, p.top = p.center.left(), p.center.top()
	grow := func(b box) {
		p.left, p.top = min(p.left, b.left()), min(p.top, b.top())
		right, bottom = max(right, b.right()), max(bottom, b.bottom())
	}
	for i, e := range p.ellipses {
		grow(box{w: 2 * e.rx, h: 2 * e.ry})
		for _, g := range p.rings[i].groups {
			grow(g.box)
		}
	}
	for _, l := range p.labels {
		grow(l.box)
	}
	if wide := right - p.left; wide < minWidth {
		p.left -= (minWidth - wide) / 2
		right += (minWidth - wide) / 2
	}
	p.left, p.top = p.left-margin, p.top-margin-titleStep*2-14
	p.width, p.height = right+margin-p.left, bottom+margin+legend-p.top
}

func (p *painter) open() {
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="custody-impact" role="img" viewBox="%d %d %d %d" width="%d" height="%d">`+"\n",
		p.left, p.top, p.width, p.height, p.width, p.height)
	p.printf("<title>%s</title>\n<desc>%s</desc>\n", escape(p.heading()), escape(p.summary()))
	if p.style != "" {
		p.printf("<style>%s</style>\n", p.style)
	}
	p.printf(`<rect x="%d" y="%d" width="%d" height="%d" class="page"/>`+"\n", p.left, p.top, p.width, p.height)
	p.say(p.left+margin, p.top+margin+4, "h", p.heading())
	class := "u"
	if p.report.Outcome != finding.Satisfied {
		class = "w"
	}
	p.say(p.left+margin, p.top+margin+4+titleStep, class, p.summary())
}

func (p *painter) heading() string {
	changed, kinds, _ := counted(p.report)
	h := count(changed, "changed file")
	if len(kinds) == 0 {
		return h + ", nothing else in the graph reached"
	}
	verb := "reach"
	if changed == 1 {
		verb = "reaches"
	}
	return h + " " + verb + " " + tellKinds(kinds)
}

// summary says which commits these are, and whether the list is complete.
func (p *painter) summary() string {
	s := ""
	if !p.report.Base.IsZero() {
		s = p.report.Base.Short() + ".." + p.report.Head.Short() + ": "
	} else if !p.report.Head.IsZero() {
		s = "at " + p.report.Head.Short() + ": "
	}
	more := ""
	if _, _, n := counted(p.report); n > 0 {
		more = " " + notListed(n) + "."
	}
	if p.report.Outcome == finding.Satisfied {
		return s + "everything that the change meets was read, so this is all." + more
	}
	seen, codes := map[string]bool{}, []string{}
	for _, reason := range p.report.Reasons {
		if !seen[reason.Code] {
			seen[reason.Code] = true
			codes = append(codes, reason.Code)
		}
	}
	if len(codes) > 4 {
		codes = append(codes[:4], "…")
	}
	return s + "there may be more (" + strings.Join(codes, ", ") + ")." + more
}

func (p *painter) paintRings() {
	for i := len(p.ellipses) - 1; i >= 0; i-- {
		p.printf(`<ellipse rx="%d" ry="%d" class="ring"/>`+"\n", p.ellipses[i].rx, p.ellipses[i].ry)
	}
}

// paintLines draws where paths come from: a thick line for many.
func (p *painter) paintLines() {
	for i := range p.rings {
		for _, g := range p.rings[i].groups {
			if n := g.from[nil]; n > 0 {
				p.line(p.center.box, g, n, false)
			}
			// The three that most paths come from, the first of them to be seen.
			all := g.sources()
			for k := range min(len(all), 3) {
				best := 0
				for j := range all {
					if g.from[all[j]] > g.from[all[best]] {
						best = j
					}
				}
				p.line(all[best].box, g, g.from[all[best]], k > 0)
				all = append(all[:best:best], all[best+1:]...)
			}
		}
	}
}

func (p *painter) line(from box, to *group, n int, faint bool) {
	class := fmt.Sprintf("l l%d", min(bits.Len(uint(n)), 5))
	if faint {
		class += " o"
	}
	// Bent towards the middle, so that lines between two rings don't cut the boxes
	// between them.
	mx, my := (from.x+to.x)*47/100, (from.y+to.y)*47/100
	p.printf(`<path d="M%d %dQ%d %d %d %d" class="%s"/>`+"\n", from.x, from.y, mx, my, to.x, to.y, class)
}

func (p *painter) paintCenter() {
	b := p.center
	p.printf(`<rect x="%d" y="%d" width="%d" height="%d" rx="10" class="c"/>`+"\n", b.left(), b.top(), b.w, b.h)
	y := b.top() + lineStep + 1
	for _, l := range b.lines {
		p.say(b.left()+padding, y, "c"+l.class, l.text)
		y += lineStep
	}
}

// stripes are the kinds of what stands in a box, in order.
var stripes = []impact.Kind{impact.KindPackage, impact.KindFile, impact.KindTest, impact.KindDocument}

func (p *painter) paintGroup(g *group) {
	class := "b"
	if g.surest < unsure {
		class = "b q"
	}
	p.printf("<g><title>%s</title>\n", escape(g.tip()))
	p.printf(`<rect x="%d" y="%d" width="%d" height="%d" rx="6" class="%s"/>`+"\n", g.left(), g.top(), g.w, g.h, class)
	// The stripe shows the shares of code, tests and documents.
	y, left := g.top()+5, g.h-10
	all := len(g.members)
	for _, k := range stripes {
		if g.kinds[k] == 0 {
			continue
		}
		h := left
		if all > g.kinds[k] {
			h = max(left*g.kinds[k]/all, 3)
		}
		p.printf(`<rect x="%d" y="%d" width="4" height="%d" class="k-%s"/>`+"\n", g.left()+5, y, h, k)
		y, left, all = y+h, left-h, all-g.kinds[k]
	}
	y = g.top() + lineStep - 1
	for _, l := range g.lines() {
		p.say(g.left()+padding+6, y, l.class+kindClass(l.kind), l.text)
		y += lineStep
	}
	p.text("</g>\n")
}

func kindClass(k impact.Kind) string {
	if k == impact.KindTest || k == impact.KindDocument {
		return " t-" + string(k)
	}
	return ""
}

// unsure is the confidence below which a box is dashed.
const unsure = 500

// tip is what a box says when somebody points at it.
func (g *group) tip() string {
	const most = 25
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s, confidence up to %d of 1000", g.called(200), tellKinds(g.kinds), distances(g.nearest, g.farthest), g.surest)
	for i, n := range g.members {
		if i == most {
			fmt.Fprintf(&b, "\nand %s more", change.Thousands(len(g.members)-i))
			break
		}
		fmt.Fprintf(&b, "\n%s: %s", head(n.Path, 200), head(n.Reason, 300))
	}
	return b.String()
}

// A label says what a ring is.
type label struct {
	box
	words string
}

// placeLabels finds a place on each ring where no box stands.
func (p *painter) placeLabels() {
	var taken []box
	for i := range p.rings {
		for _, g := range p.rings[i].groups {
			taken = append(taken, g.box)
		}
	}
	for i, e := range p.ellipses {
		words := distances(p.rings[i].first, p.rings[i].last)
		b := box{w: len(words)*letter + 12, h: 20}
		for a := 90; a < 450; a += 5 {
			b.x, b.y = e.rx*sine(a)/10000, -e.ry*sine(a+90)/10000
			if free(b, taken) {
				p.labels = append(p.labels, label{b, words})
				taken = append(taken, b)
				break
			}
		}
	}
}

func (p *painter) paintLabels() {
	for _, l := range p.labels {
		p.printf(`<rect x="%d" y="%d" width="%d" height="%d" rx="10" class="page"/>`+"\n", l.left(), l.top(), l.w, l.h)
		p.printf(`<text x="%d" y="%d" class="r">%s</text>`+"\n", l.x, l.y+4, l.words)
	}
}

func free(b box, taken []box) bool {
	for _, t := range taken {
		if b.near(t, 4) {
			return false
		}
	}
	return true
}

// paintLegend explains, in one row, what the picture uses.
func (p *painter) paintLegend() {
	x, y := p.left+margin, p.top+p.height-margin+4
	entry := func(class, words string) {
		p.printf(`<rect x="%d" y="%d" width="12" height="12" rx="3" class="%s"/>`+"\n", x, y-10, class)
		p.say(x+18, y, "r e", words)
		x += 18 + len(words)*letter + 16
	}
	entry("c", "changed")
	entry("k-file", "code")
	entry("k-test", "tests")
	if p.has(impact.KindDocument) {
		entry("k-document", "documents")
	}
	if p.unsure() {
		entry("b q", "unsure: under 50 %")
	}
	p.say(x, y, "r e", "A box is a folder, its place the distance; a thick line: many paths.")
}

func (p *painter) has(k impact.Kind) bool {
	for i := range p.rings {
		for _, g := range p.rings[i].groups {
			if g.kinds[k] > 0 {
				return true
			}
		}
	}
	return false
}

func (p *painter) unsure() bool {
	for i := range p.rings {
		for _, g := range p.rings[i].groups {
			if g.surest < unsure {
				return true
			}
		}
	}
	return false
}
