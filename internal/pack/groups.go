package pack

import (
	"slices"
	"strings"

	"custody/internal/control"
	"custody/internal/finding"
)

// A group of findings: those that say the same, but for numbers, are one entry, and only
// the first entries are shown.
type group struct {
	Shown []*entry
	Total int  // findings, those too for which one stands that is listed
	Least bool // there are more
	More  int  // findings in no entry that is shown
	seen  map[finding.Finding]*entry
}

// An entry is what one or many findings say, with their first places.
type entry struct {
	finding.Finding // the first
	Places          []place
	Count           int  // findings
	Least           bool // there are more
	Placed          int  // of them, those that have a place
	Varies          bool // not all of them have the same numbers
	Again           bool // to do, and by whom, is what the entry before says
}

// A place is where a finding is, and what it says when that varies.
type place struct{ Where, Message string }

// MorePlaces is how many places are not shown.
func (e *entry) MorePlaces() int { return e.Placed - len(e.Places) }

func (g *group) add(f finding.Finding) {
	g.Total += f.Count()
	g.Least = g.Least || f.More > 0
	same := f
	same.Place, same.Message, same.More = finding.Place{}, withoutNumbers(f.Message), 0
	e := g.seen[same]
	if e == nil {
		if len(g.Shown) == maxFindings {
			g.More += f.Count()
			return
		}
		e = &entry{Finding: f}
		if g.seen == nil {
			g.seen = map[finding.Finding]*entry{}
		}
		if n := len(g.Shown); n > 0 {
			e.Again = f.Remedy != "" && f.Remedy == g.Shown[n-1].Remedy && f.Who == g.Shown[n-1].Who
		}
		g.seen[same], g.Shown = e, append(g.Shown, e)
	}
	e.Count += f.Count()
	e.Least = e.Least || f.More > 0
	e.Varies = e.Varies || f.Message != e.Message
	where := f.Place.String()
	if where == "" {
		return
	}
	if e.Placed++; len(e.Places) < maxPlaces {
		e.Places = append(e.Places, place{where, f.Message})
	}
}

// withoutNumbers has one digit for each run of them.
func withoutNumbers(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < '0' || '9' < c {
			b.WriteByte(c)
		} else if i == 0 || s[i-1] < '0' || '9' < s[i-1] {
			b.WriteByte('0')
		}
	}
	return b.String()
}

// A levelGroup holds the findings of one level that nothing excepts.
type levelGroup struct {
	Level finding.Level
	group
}

// An exceptedGroup holds the findings that do not weigh, of one kind of exception.
type exceptedGroup struct {
	By finding.Exception
	group
}

// Sentence counts them.
func (g exceptedGroup) Sentence() string {
	return capital(g.count("finding is ", "findings are ")) + g.By.Says()
}

// count is how many findings there are, and "at least" where a check lists less than it found.
func (g *group) count(one, many string) string {
	s := plural(g.Total, one, many)
	if g.Least {
		s = "at least " + s
	}
	return s
}

// Heading is "3 errors", or "At least 1,500 errors".
func (g levelGroup) Heading() string {
	return capital(g.count(g.Level.String(), g.Level.String()+"s"))
}

// unlisted says whether a check found more than the pack lists of it, which says of no level.
func unlisted(checks []finding.Check) bool {
	return slices.ContainsFunc(checks, func(c finding.Check) bool { return slices.ContainsFunc(c.Reasons, control.IsUnlisted) })
}

func (w *view) splitFindings() {
	sorted := slices.Clone(w.v.Findings)
	finding.Sort(sorted)
	groups := make([]levelGroup, len(levels))
	var excepted [len(finding.Exceptions) + 1]group
	for i, l := range levels {
		groups[i].Level = l
	}
	for _, f := range sorted {
		g := &excepted[f.Exception()]
		if f.WaivedBy == "" {
			g = &groups[f.Level].group
		}
		g.add(f)
	}
	for _, e := range finding.Exceptions {
		if excepted[e].Total > 0 {
			w.Excepted = append(w.Excepted, exceptedGroup{e, excepted[e]})
		}
	}
	for _, g := range groups {
		if g.Least = g.Least || unlisted(w.v.Checks); g.Total > 0 {
			w.Findings = append(w.Findings, g)
		}
	}
}
