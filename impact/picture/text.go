package picture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"custody/impact"
	"custody/internal/change"
)

// How large the picture in letters is at most.
const (
	textRows = 8  // of the change, and of each ring; what has no row is counted in one
	textName = 34 // cells of a folder's name
	textBar  = 20 // cells of the longest bar
	textFrom = 22 // cells of the name of where paths come through
)

// Text draws what a change reaches in letters of one width, for where no image can be
// shown: the change, then what is one step away, two, and farther, each by folder, with
// bars in one scale. It is at most 40 lines of at most 100 cells, each ends with a line
// break, and none holds a back-quote, so that a fence of three holds it. It is empty if
// nothing is reached.
func Text(r *impact.Report) string {
	if r == nil || len(r.Reached) == 0 {
		return ""
	}
	blocks := []textBlock{changedBlock(r)}
	for _, ring := range arrange(r) {
		blocks = append(blocks, ring.block())
	}
	longest, wide := 1, 0
	for i := range blocks {
		blocks[i].bound()
		for _, row := range blocks[i].rows {
			longest, wide = max(longest, row.count), max(wide, cells(row.name))
		}
	}
	var b strings.Builder
	for i, block := range blocks {
		if i > 0 {
			b.WriteString("   ↓\n")
		}
		fmt.Fprintf(&b, "%s: %s\n", block.title, block.says)
		for _, row := range block.rows {
			bar := strings.Repeat("█", max(1, row.count*textBar/longest))
			line := fmt.Sprintf("   %s%s %7s  %s%s  %s", row.name, strings.Repeat(" ", wide-cells(row.name)), change.Thousands(row.count), bar, strings.Repeat(" ", textBar-cells(bar)), row.from)
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	if _, _, n := counted(r); n > 0 {
		b.WriteString("   " + notListed(n) + "\n")
	}
	return b.String()
}

// A textBlock is the change, or a ring.
type textBlock struct {
	title, says string
	rows        []textRow
}

type textRow struct {
	name  string
	count int
	from  string // where its paths come from, if not from the change
}

// bound puts the largest first, and counts what has no row of its own.
func (t *textBlock) bound() {
	slices.SortStableFunc(t.rows, func(a, b textRow) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name))
	})
	if len(t.rows) <= textRows {
		return
	}
	rest := textRow{}
	for _, row := range t.rows[textRows-1:] {
		rest.count += row.count
	}
	rest.name = "… " + count(len(t.rows)-textRows+1, "more folder")
	t.rows = append(t.rows[:textRows-1:textRows-1], rest)
}

func changedBlock(r *impact.Report) textBlock {
	all, _, _ := counted(r)
	block := textBlock{title: "changed", says: count(all, "file")}
	folders := map[string]int{}
	for i := range r.Changed {
		folders[folder(r.Changed[i].Path)]++
	}
	for _, f := range slices.Sorted(maps.Keys(folders)) {
		g := group{folder: f}
		block.rows = append(block.rows, textRow{name: letters(g.called(textName)), count: folders[f]})
	}
	return block
}

func (r ring) block() textBlock {
	kinds := map[impact.Kind]int{}
	var block textBlock
	for _, g := range r.groups {
		for k, n := range g.kinds {
			kinds[k] += n
		}
		block.rows = append(block.rows, textRow{letters(g.called(textName)), len(g.members), g.source()})
	}
	block.title = "from " + count(r.first, "step") + " away" // a folder stands at its nearest
	if r.last > r.first {
		block.title = fmt.Sprintf("from %d to %d steps away", r.first, r.last)
	}
	block.says = tellKinds(kinds)
	return block
}

// source names the box that most paths into this one come through, if it is not the
// change itself.
func (g *group) source() string {
	var most *group
	for _, from := range slices.SortedFunc(maps.Keys(g.from), func(a, b *group) int { return cmp.Compare(a.key(), b.key()) }) {
		if from != nil && (most == nil || g.from[from] > g.from[most]) {
			most = from
		}
	}
	if most == nil || g.from[nil] > g.from[most] {
		return ""
	}
	return "through " + letters(most.called(textFrom))
}

// key tells boxes apart and puts them in order.
func (g *group) key() string {
	if g == nil {
		return ""
	}
	return fmt.Sprintf("%d %s %v", g.ring, g.folder, g.rest)
}

// letters is a name in which nothing moves, hides or ends a fence.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '`':
			return '\''
		case !unicode.IsPrint(r) || unicode.In(r, unicode.Mn, unicode.Me):
			return '?'
		}
		return r
	}, s)
}
