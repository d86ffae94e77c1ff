package pack

import (
	"fmt"
	"strings"

	"custody/internal/control"
	"custody/internal/control/frameworks"
)

// A controlGroup is one framework on the page.
type controlGroup struct {
	Name     string // "SOC 2, 2017, points of focus 2022"
	Shown    int    // controls that this review is evidence for
	Total    int    // of those that apply
	Controls []controlRow
	Aside    int // that do not apply, or not yet
}

// A controlRow is one control that applies.
type controlRow struct {
	ID, About string
	Evidence  bool
	Says      string // what there is, or what lacks
}

// controlGroups sorts the controls of a verdict by framework, in their order.
func controlGroups(all []control.Shown) []controlGroup {
	var groups []controlGroup
	for i, s := range all {
		if i == 0 || all[i-1].Framework != s.Framework {
			groups = append(groups, controlGroup{Name: framework(s.Framework) + " (" + s.Version + ")"})
		}
		g := &groups[len(groups)-1]
		if s.Status == control.ControlAside || s.Status == control.ControlLater {
			g.Aside++
			continue
		}
		g.Total++
		row := controlRow{ID: s.ID, About: s.About, Evidence: s.Status == control.EvidenceShown}
		var there, lacks []string
		for _, p := range s.Evidence {
			switch says := frameworks.Evidence(p.Type).Says(); {
			case p.Present && p.Says != "":
				there = append(there, says+" ("+p.Says+")")
			case p.Present:
				there = append(there, says)
			default:
				lacks = append(lacks, frameworks.Evidence(p.Type).Lacks())
			}
		}
		switch {
		case row.Evidence:
			g.Shown++
			row.Says = fmt.Sprintf("Evidence (%s): %s", s.Relation, strings.Join(there, "; "))
		default:
			row.Says = "Lacks: " + strings.Join(lacks, "; ")
		}
		g.Controls = append(g.Controls, row)
	}
	return groups
}
