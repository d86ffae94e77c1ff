package attestation

import (
	"cmp"
	"math"
	"slices"

	"custody/internal/change"
)

// A piece is evidence about some lines of one file, in one commit's version of it. Once
// it is bound to the commit, its lines are lines that the commit really added.
type piece struct {
	Evidence
	path  change.Path
	lines lineSet // nil: all that the commit added to the file
}

// A lineCell is a run of lines of which the same is known.
type lineCell struct {
	lineRange
	class Class
	by    *Evidence // what decided; nil where nothing did
	not   *Evidence // the strongest of what says otherwise
}

// cellsOf puts what is known of a file's lines into one row of cells, from line 1 to
// the last possible. wide is what is said of the commit as a whole. Over the budget there
// are no cells: then nothing is known of the lines.
func cellsOf(wide []Evidence, pieces []*piece, b *budget) []lineCell {
	type edge struct {
		at    int
		piece int
		end   bool
	}
	var edges []edge
	var sum tally
	for i := range wide {
		sum.add(&wide[i], 1)
	}
	for i, p := range pieces {
		for _, r := range p.lines {
			edges = append(edges, edge{r.from, i, false})
			if r.to < math.MaxInt {
				edges = append(edges, edge{r.to + 1, i, true})
			}
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	active := map[int]int{}
	var cells []lineCell
	for from, i := 1, 0; ; {
		for ; i < len(edges) && edges[i].at <= from; i++ {
			e := edges[i]
			n := 1
			if e.end {
				n = -1
			}
			sum.add(&pieces[e.piece].Evidence, n)
			if active[e.piece] += n; active[e.piece] == 0 {
				delete(active, e.piece)
			}
		}
		to := math.MaxInt
		if i < len(edges) {
			to = edges[i].at - 1
		}
		if !b.spend(&b.cells, 1+len(active)) {
			return nil
		}
		c := lineCell{lineRange: lineRange{from, to}, class: sum.class()}
		c.by, c.not = sides(c.class, wide, pieces, active)
		cells = append(cells, c)
		if to == math.MaxInt {
			return cells
		}
		from = to + 1
	}
}

// sides finds the evidence that decided for a class, and the strongest against it. What
// is said of the lines goes before what is said of the whole.
func sides(class Class, wide []Evidence, pieces []*piece, active map[int]int) (decided, against *Evidence) {
	if class == Unknown {
		return nil, nil
	}
	ai := class.IsAI() || class == Conflict
	var lineFor, lineNot bool
	see := func(e *Evidence, line bool) {
		if !e.speaks() {
			return
		}
		to, had := &decided, &lineFor
		if e.Class.IsAI() != ai {
			to, had = &against, &lineNot
		}
		switch {
		case *to == nil, e.Strength < (*to).Strength,
			e.Strength == (*to).Strength && (line && !*had || line == *had && compareEvidence(*e, **to) < 0):
			*to, *had = e, line
		}
	}
	for i := range wide {
		see(&wide[i], false)
	}
	for i := range active {
		see(&pieces[i].Evidence, true)
	}
	return decided, against
}

// speaks says whether evidence can decide anything.
func (e *Evidence) speaks() bool { return e.Strength >= "A" && e.Strength <= "E" && e.Class != Unknown }
