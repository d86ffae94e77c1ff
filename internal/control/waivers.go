package control

import (
	"fmt"
	"slices"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// except applies waivers to a rule's answer. Only findings can be waived: a rule that
// was not assessed stays so, since nobody can accept what is not known. The rule
// becomes excepted when every finding of level error is covered.
func (e *evaluation) except(r config.LayeredRule, a answer) answer {
	if a.outcome != finding.NotSatisfied || !r.Waivable || r.Kind == config.KindRequirements {
		return a // of kind requirements: each requirement has been looked at already
	}
	open := len(a.found) == 0
	known := e.known(r, a.found, false)
	for i := range a.found {
		f := &a.found[i]
		switch w := e.waiver(r, r.ID, f.files); {
		case w != "":
			f.WaivedBy = string(w)
		case known[i]:
			f.WaivedBy = KnownBefore
		default:
			open = true
		}
	}
	var folded int
	if a.found, folded = fold(a.found, e.Limits.Places); folded > 0 {
		a.because(ReasonBaseline, "and %s stood before", plural(folded, "more finding", "more findings"))
	}
	switch {
	case open:
	case a.unsure: // what was not looked at may hold more than the waivers cover
		a.outcome = finding.NotAssessed
		a.because(ReasonWaiver, "every finding is covered by %s; what was not assessed is not", a.coveredBy())
	default:
		a.outcome = finding.Excepted
		a.because(ReasonWaiver, "every finding is covered by %s", a.coveredBy())
	}
	return a
}

// coveredBy names what excepts the findings.
func (a *answer) coveredBy() string {
	c := finding.Check{Outcome: finding.Excepted}
	for _, f := range a.found {
		c.Found = append(c.Found, f.Finding)
	}
	return finding.AnyOf(c.Exceptions())
}

// known says of each finding whether it stood before and the rule lets that count:
// rules about what stands in the tree, if they are waivable. Without a path only whole
// says that a finding is about the tree, and always about the same of it.
func (e *evaluation) known(r config.LayeredRule, found []scoped, whole bool) []bool {
	if !r.Waivable || r.Kind != config.KindRequirements && r.Kind != config.KindChecks {
		return make([]bool, len(found))
	}
	known := e.Baseline.knows(found)
	for i := range found {
		known[i] = known[i] && (whole || found[i].Place.Path != "")
	}
	return known
}

// waiver finds one in force that covers findings of id (the rule itself, or a
// requirement that the rule asks for) about some files; none stands for the change as
// a whole, which only "**" covers.
func (e *evaluation) waiver(r config.LayeredRule, id config.ID, files []change.Path) config.ID {
	for _, w := range e.waivers() {
		if w.Covers != id || !w.InForce(InForceOn(e.Stage, e.Context, e.Day)) || !w.MayExcept(r) {
			continue
		}
		// Findings times waivers may be any number: what goes beyond is not excepted.
		if e.waiverTries += max(1, len(w.Paths)*len(files)); e.waiverTries > e.Limits.WaiverTries {
			return ""
		}
		if coversAll(w.Paths, files) {
			return w.ID
		}
	}
	return ""
}

// InForceOn is the day on which waivers have to be in force, and keys trusted: that of the review,
// and of what landed before it the day of the landing, whenever its record is made.
func InForceOn(stage change.Stage, c *change.Context, day config.Day) config.Day {
	if stage != change.AtRecord || c == nil {
		return day
	}
	if at, err := time.Parse(time.RFC3339, mergedAt(c)); err == nil && day != "" {
		day = min(day, config.Day(at.UTC().Format(time.DateOnly)))
	}
	return day
}

func coversAll(globs []config.Glob, files []change.Path) bool {
	if len(files) == 0 {
		return slices.Contains(globs, "**")
	}
	for _, f := range files {
		if !config.MatchAny(globs, f) {
			return false
		}
	}
	return true
}

// waiverNotice tells of waivers that do not count, and why.
func (e *evaluation) waiverNotice() finding.Check {
	c := finding.Check{ID: NoticeWaivers, Kind: finding.Notice, Name: "Waivers that do not count", Origin: "custody", Level: finding.Warning}
	say := func(id, origin, why, who string) {
		remedy := "Take it out, or put it right, in a change of its own."
		if origin == config.GrantedOrigin { // it stands in no file
			remedy = "Grant it anew as it should be, or leave it: nothing is excepted by it."
		}
		c.Found = append(c.Found, finding.Finding{
			Rule: c.ID, Level: c.Level, Place: finding.Place{},
			Message: fmt.Sprintf("waiver %s (%s) does not count: %s", id, origin, why),
			Remedy:  remedy,
			Who:     who,
		})
	}
	granted, refused := e.grants()
	if e.Config != nil {
		for _, w := range e.waivers() {
			if why := e.idle(w); why != "" {
				say(string(w.ID), w.Origin, why, w.Owner)
			}
		}
	}
	for i, why := range refused {
		if why != "" {
			say(e.Granted[i].name(i), config.GrantedOrigin, why, "who grants waivers")
		}
	}
	for _, w := range granted {
		c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonCounted, Detail: fmt.Sprintf("waiver %s was granted by %s outside of the repository, until %s: %s", w.ID, clip(w.Approver), w.LastDay, clip(w.Reason))})
	}
	if e.Context != nil && len(e.Context.Waivers) > len(e.Granted) {
		c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonWaiverIgnored, Detail: "the waivers of the context were not all read"})
	}
	if e.waiverTries > e.Limits.WaiverTries {
		c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonLimit, Detail: fmt.Sprintf("findings and waivers are over the limit of %d comparisons: what went beyond is not excepted", e.Limits.WaiverTries)})
	}
	c.Outcome = finding.Satisfied
	switch {
	case len(c.Found) > 0:
		c.Outcome = finding.NotSatisfied
	case e.Context != nil && len(e.Context.Waivers) > len(e.Granted):
		c.Outcome = finding.NotAssessed
	}
	return c
}

// idle says why a waiver can have no effect, or "".
func (e *evaluation) idle(w config.LayeredWaiver) string {
	switch {
	case e.Day == "":
		return "the review was given no day"
	case !w.InForce(InForceOn(e.Stage, e.Context, e.Day)):
		return fmt.Sprintf("its last day was %s", w.LastDay)
	}
	known := false
	for _, r := range e.Config.Rules {
		covers := r.ID == w.Covers || r.Kind == config.KindRequirements && e.isRequirement(w.Covers)
		known = known || covers
		if covers && w.MayExcept(r) {
			return ""
		}
	}
	if !known {
		return fmt.Sprintf("no rule or requirement in effect has the id %s", w.Covers)
	}
	return fmt.Sprintf("what asks for %s is not waivable here", w.Covers)
}

func (e *evaluation) isRequirement(id config.ID) bool {
	return slices.ContainsFunc(e.requirements, func(r requirementResult) bool { return r.ID == id })
}
