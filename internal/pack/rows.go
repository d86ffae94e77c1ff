package pack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"custody/internal/control"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
)

// A check is a row of the table of rules and requirements.
type check struct {
	finding.Check
	Controls string // "Evidence for SOC 2 CC8.1", or that there is none yet
	Why      []string
	MoreWhy  int
}

func newCheck(c finding.Check, all []control.Shown) check {
	row := check{Check: c}
	row.Controls = evidence(c, all)
	for _, r := range tellingFirst(c) {
		row.Why = append(row.Why, reasonText(r))
	}
	if len(c.Reasons) == 0 && c.Outcome != finding.Satisfied {
		row.Why = append(row.Why, distinct(c.Found)...)
	}
	if n := len(row.Why) - maxReasons; n > 0 {
		row.Why, row.MoreWhy = row.Why[:maxReasons], n
	}
	return row
}

// tellingFirst puts what the built-in checks say that found something before what the others
// do; of a check that was not assessed, what is missing before what was counted.
func tellingFirst(c finding.Check) []finding.Reason {
	found := func(r finding.Reason) int {
		if c.Outcome == finding.NotAssessed {
			if r.Code == control.ReasonCounted {
				return 1
			}
			return 0
		}
		for _, l := range c.Looked {
			if l.Found > 0 && strings.HasPrefix(r.Detail, l.Check+": ") {
				return 0
			}
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(c.Reasons), func(a, b finding.Reason) int { return found(a) - found(b) })
}

// evidence says for which controls the check is evidence: all that is asked of it, where the
// pack shows the control, or a part. One that is not met, was excepted or was not assessed is
// evidence for none.
func evidence(c finding.Check, all []control.Shown) string {
	var whole, part []string
	for _, m := range c.Maps {
		text := framework(m.Framework) + " " + m.ID
		if m.Relation != "" && m.Relation != frameworks.Direct {
			text += " (" + m.Relation + ")"
		}
		shown := slices.ContainsFunc(all, func(s control.Shown) bool {
			return s.Framework == m.Framework && s.ID == m.ID && s.Status == control.EvidenceShown
		})
		if shown {
			whole = append(whole, text)
		} else {
			part = append(part, text)
		}
	}
	switch {
	case len(whole)+len(part) == 0:
		return ""
	case c.Outcome != finding.Satisfied:
		return "Gives no evidence for " + strings.Join(append(whole, part...), ", ")
	}
	var says []string
	if len(whole) > 0 {
		says = append(says, "Evidence for "+strings.Join(whole, ", "))
	}
	if len(part) > 0 {
		says = append(says, "part of the evidence for "+strings.Join(part, ", "))
	}
	return capital(strings.Join(says, "; "))
}

// framework spells a framework as people write it: the first part of its name.
func framework(id string) string {
	f, ok := frameworks.Get(id)
	if !ok {
		return id
	}
	short, _, _ := strings.Cut(f.Name, ",")
	return short
}

// distinct are the messages of findings, each once, with how often it is there.
func distinct(fs []finding.Finding) []string {
	count := map[string]int{}
	var texts []string
	for _, f := range fs {
		if count[f.Message]++; count[f.Message] == 1 {
			texts = append(texts, f.Message)
		}
	}
	for i, text := range texts {
		if n := count[text]; n > 1 {
			texts[i] = fmt.Sprintf("%s (%s times)", text, number(n))
		}
	}
	return texts
}

// weight orders checks so that what blocks comes first, and what is open before what is
// not.
func weight(c finding.Check) int {
	switch c.Outcome {
	case finding.NotSatisfied:
		return 2 * int(c.Level)
	case finding.NotAssessed:
		return 2*int(c.Level) + 1
	}
	w := [...]int{finding.Excepted: 2, finding.Satisfied: 3, finding.NotApplicable: 4}[c.Outcome]
	return w*len(levels) + int(c.Level)
}

var levels = [...]finding.Level{finding.Error, finding.Warning, finding.Note}

func (w *view) splitChecks() {
	sorted := slices.Clone(w.v.Checks)
	slices.SortStableFunc(sorted, func(a, b finding.Check) int {
		return cmp.Or(weight(a)-weight(b), cmp.Compare(a.ID, b.ID))
	})
	for i := range sorted {
		sorted[i].Reasons = gather(sorted[i].Reasons)
	}
	for _, c := range sorted {
		if c.Kind == finding.Notice && c.Outcome == finding.Satisfied && c.ID != control.NoticeBriefs {
			continue // it had nothing to say
		}
		if c.Outcome == finding.NotApplicable {
			w.Quiet = append(w.Quiet, newCheck(c, w.v.Controls))
		} else {
			w.Checks = append(w.Checks, newCheck(c, w.v.Controls))
		}
	}
}
