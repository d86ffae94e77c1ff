package nearby

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
)

// RiskInput is what is known of a change. What is absent is not known, and counts as
// much as the worst that is likely.
type RiskInput struct {
	Report *impact.Report
	Change *change.Change // nil: its lines are not counted

	// Critical says which rule of the policy names a path, "" for none. It is nil where
	// there is no policy or none could be read.
	Critical      func(change.Path) string
	PolicyUnknown bool // a policy is there and could not be read

	Classes map[string]int // added lines by class; nil: not assessed
}

// Risk adds the points of every reason. The table is docs/impact.md; a test holds the two
// together.
func Risk(in RiskInput) *impact.Risk {
	r := &impact.Risk{Reasons: []impact.RiskReason{}}
	add := func(code string, points int, format string, args ...any) {
		if points > 0 {
			r.Reasons = append(r.Reasons, impact.RiskReason{Code: code, Points: points, Detail: fmt.Sprintf(format, args...)})
		}
	}
	reached, tests := 0, 0
	for i := range in.Report.Reached {
		switch in.Report.Reached[i].Kind {
		case impact.KindTest:
			tests++
		case impact.KindPackage:
			// Its files are what counts, and those that use it.
		default:
			reached++
		}
	}
	add("reach", step(reached, 1, 40, 10, 80, 50, 120, 200, 160), "%s reached", count(reached, "file"))
	if in.Report.Outcome != finding.Satisfied && touchesCode(in.Report) {
		add("incomplete", 120, "there may be more: what the change reaches is not known completely")
	}
	in.critical(add)
	in.untested(tests, add)
	in.size(add)
	in.breaking(add)
	in.packages(add)
	in.authorship(add)

	for _, x := range r.Reasons {
		r.Score += x.Points
	}
	r.Score = min(r.Score, 1000)
	switch {
	case r.Score >= 550:
		r.Level = "high"
	case r.Score >= 250:
		r.Level = "medium"
	default:
		r.Level = "low"
	}
	slices.SortStableFunc(r.Reasons, func(a, b impact.RiskReason) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), strings.Compare(a.Code, b.Code))
	})
	return r
}

// maxCritical bounds the reached nodes that are held against the policy's paths.
const maxCritical = 20_000

type adder func(code string, points int, format string, args ...any)

// step is the points of the highest of several bounds, given as bound and points.
func step(n int, steps ...int) (points int) {
	for i := 0; i+1 < len(steps); i += 2 {
		if n >= steps[i] {
			points = steps[i+1]
		}
	}
	return points
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return change.Thousands(n) + " " + word + "s"
}

// touchesCode says whether anything changed that could reach something: prose can not.
func touchesCode(r *impact.Report) bool {
	return slices.ContainsFunc(r.Changed, func(c impact.Changed) bool {
		return c.Language != "" || c.Skipped != "" && c.Skipped != impact.SkipOpaque
	})
}

// isCode says whether a changed file is code that tests could cover.
func isCode(c impact.Changed) bool {
	if c.Language == "" {
		return false
	}
	p, err := change.Unescape(c.Path)
	if err != nil {
		return true
	}
	_, isTest := impact.TestLanguage(p)
	return !isTest
}

func (in RiskInput) critical(add adder) {
	if in.PolicyUnknown {
		add("critical", 160, "the policy at base can not be read, so it is not known which paths it names")
		if len(in.Report.Reached) > 0 {
			add("critical-reached", 80, "nor which of the reached ones")
		}
		return
	}
	if in.Critical == nil {
		return
	}
	name := func(paths ...string) string {
		for _, escaped := range paths {
			if p, err := change.Unescape(escaped); err == nil && escaped != "" {
				if rule := in.Critical(p); rule != "" {
					return rule
				}
			}
		}
		return ""
	}
	changed, first, rule := 0, "", ""
	for _, c := range in.Report.Changed {
		if by := name(c.Path, c.OldPath); by != "" {
			if changed++; changed == 1 {
				first, rule = c.Path, by
			}
		}
	}
	if changed > 0 {
		add("critical", 160, "%s that the policy names changed, such as %s (rule %s)", count(changed, "file"), first, rule)
	}
	reached, looked := 0, 0
	for i := range in.Report.Reached {
		n := &in.Report.Reached[i]
		if looked == maxCritical {
			break // the nearest were looked at
		}
		looked++
		if n.Kind == impact.KindPackage || n.Kind == impact.KindTest {
			continue
		}
		if by := name(n.Path); by != "" {
			if reached++; reached == 1 {
				first, rule = n.Path, by
			}
		}
	}
	if reached > 0 {
		add("critical-reached", 80, "%s that the policy names reached, such as %s (rule %s)", count(reached, "file"), first, rule)
	} else if looked == maxCritical {
		add("critical-reached", 80, "only the nearest %d nodes were held against the policy's paths", maxCritical)
	}
}

func (in RiskInput) untested(tests int, add adder) {
	code, deleted := 0, 0
	for _, c := range in.Report.Changed {
		if isCode(c) {
			code++
		}
		p, err := change.Unescape(c.Path)
		if err != nil {
			continue
		}
		if _, isTest := impact.TestLanguage(p); isTest && c.Status == change.Deleted {
			deleted++
		} else if isTest {
			tests++
		}
	}
	if plan := in.Report.Tests; plan != nil { // it knows some by the settings of a project
		for _, run := range plan.Runs {
			if run.Runner == "pytest" {
				tests += len(run.Tests)
			}
		}
	}
	if code > 0 && tests == 0 {
		add("untested", 160, "no test reaches what changed")
	}
	if deleted > 0 {
		add("untested", 80, "%s of tests deleted", count(deleted, "file"))
	}
}

func (in RiskInput) size(add adder) {
	if in.Change == nil {
		return
	}
	lines, unread := 0, 0
	for i := range in.Change.Files {
		f := &in.Change.Files[i]
		lines += f.Added + f.Deleted
		if f.Unread == change.Unreadable || f.Unread == change.TooLarge {
			unread++
		}
	}
	if len(in.Change.Limits) > 0 {
		unread++
	}
	add("size", step(lines, 50, 30, 200, 80, 1000, 140), "%s added or deleted", count(lines, "line"))
	if unread > 0 {
		add("size", 80, "the change was not read whole")
	}
}

// breaking counts exported definitions that others can not use as they did. Where nobody
// knows which definitions changed, some may be among them.
func (in RiskInput) breaking(add adder) {
	broken, unknown, first := 0, 0, ""
	for _, c := range in.Report.Changed {
		if !isCode(c) || c.Status == change.Added {
			continue
		}
		if c.Symbols == nil {
			unknown++
		}
		for _, s := range c.Symbols {
			if s.Breaks() {
				if broken++; broken == 1 {
					first = s.Name
				}
			}
		}
	}
	if broken > 0 {
		add("breaking", step(broken, 1, 100, 5, 160), "%s gone or in another form, such as %s", count(broken, "exported definition"), first)
	} else if unknown > 0 {
		add("breaking", 100, "of %s it is not known which definitions changed", count(unknown, "file"))
	}
}

func (in RiskInput) packages(add adder) {
	added, other := 0, 0
	for _, p := range in.Report.Packages {
		switch {
		case p.Change == "added" && !p.Indirect:
			added++
		default:
			other++
		}
	}
	switch {
	case added > 0:
		add("packages", 60, "%s added", count(added, "package"))
	case other > 0:
		add("packages", 30, "%s removed, moved or added for others", count(other, "package"))
	}
}

func (in RiskInput) authorship(add adder) {
	lines := func(classes ...string) (n int) {
		for _, c := range classes {
			n += in.Classes[c]
		}
		return n
	}
	switch {
	case in.Classes == nil:
		add("authorship", 100, "who wrote the lines is not assessed")
	case lines("conflict") > 0:
		add("authorship", 140, "evidence of who wrote %s contradicts itself", count(lines("conflict"), "line"))
	case lines("unknown") > 0:
		add("authorship", 100, "nobody says who wrote %s", count(lines("unknown"), "line"))
	case lines("ai-verified", "ai-declared") > 0:
		add("authorship", 60, "an AI agent wrote %s", count(lines("ai-verified", "ai-declared"), "line"))
	case lines("mixed") > 0:
		add("authorship", 40, "an AI agent and a person wrote %s", count(lines("mixed"), "line"))
	}
}
