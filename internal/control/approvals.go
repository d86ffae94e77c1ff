package control

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// approvals asks for a number of people who approved the head commit, or one that makes
// the same change, and did not write any of it. files are those that make the rule
// apply, for code owners and waivers.
func (e *evaluation) approvals(r config.LayeredRule, files []touched) answer {
	want := *r.Approvals
	switch {
	case e.Context == nil:
		return answered(finding.NotAssessed, ReasonNoContext, "who approved the change is not in git, and %s; if it was pushed, propose it as a pull request", noContext)
	case e.Context.Reviews == nil:
		return answered(finding.NotAssessed, ReasonContextPart, "%s", e.noPart("reviews"))
	}
	if why, ok := commitsWhole(e.Change); !ok {
		return answered(finding.NotAssessed, ReasonChange, "%s, so it is not known who wrote the change", why)
	}
	wrote := authorsOf(e.Change, e.Context, e.Attestation, e.identities(), r.Origin, e.landing())
	voices := e.voices(want, wrote)
	tally := map[stand]int{}
	for _, v := range voices {
		tally[v.stand]++
	}
	// Each identity that the forge does not know may be one of the approvers.
	certain := tally[standApproved] - len(wrote.unknown)
	var a answer
	switch {
	case tally[standAgainst] > 0:
		a.outcome = finding.NotSatisfied
	case certain >= want.Humans && !mayBeAgainst(voices):
		a.outcome = finding.Satisfied
	case tally[standApproved]+tally[standUnclear] >= want.Humans:
		a.outcome = finding.NotAssessed
	default:
		a.outcome = finding.NotSatisfied
	}
	a.explain(want, wrote, voices, tally, e.Change)
	if a.outcome == finding.NotSatisfied {
		a.found = []scoped{{Finding: e.missingApprovals(want, wrote, voices, tally)}}
	}
	pusher := e.lastPusher(wrote, voices)
	a.counted = countedOf(voices, certain, pusher.outcome)
	a.and(pusher)
	if want.Owners {
		owners, some := e.codeOwners(wrote, voices, files)
		a.counted.Owners = some && owners.outcome == finding.Satisfied
		a.and(owners)
	}
	a.counted.Enough = a.outcome == finding.Satisfied
	var paths []change.Path
	for _, t := range files {
		paths = append(paths, t.paths()...)
	}
	for i := range a.found {
		if a.found[i].files == nil {
			a.found[i].files = paths
		}
	}
	if a.outcome == finding.NotAssessed { // what is missing is what there is to do: screens show the first
		slices.SortStableFunc(a.reasons, func(x, y finding.Reason) int {
			return cmp.Compare(counted(x), counted(y))
		})
	}
	return a
}

// countedOf says whose approvals a rule counted. Those of who pushed the change alone are none.
func countedOf(voices []voice, certain int, pusher finding.Outcome) *finding.Approvals {
	c := &finding.Approvals{By: []finding.Approval{}}
	for _, v := range voices {
		switch {
		case v.stand == standApproved && pusher != finding.NotSatisfied:
			c.By = append(c.By, finding.Approval{Login: clip(v.login), Commit: v.commit})
		case v.stand == standUnclear && !strings.HasPrefix(v.detail, unclearAgainst):
			c.Unclear = append(c.Unclear, clip(v.login))
		case v.stand == standAgainst:
			c.Against = append(c.Against, clip(v.login))
		}
	}
	if pusher == finding.Satisfied {
		c.Certain = max(0, min(certain, len(c.By)))
	}
	return c
}

// countBefore adds to the answer of a rule that was asked before the change landed, and is not
// any more, whose approvals it counts: the closing review says who approved, too. What it did
// not ask of this change, it says.
func (e *evaluation) countBefore(r config.LayeredRule, later answer) answer {
	if e.Stage != change.AtRecord || r.Approvals == nil {
		return later
	}
	w := e.applies(r)
	if w.outcome == finding.NotApplicable {
		return w.answer
	}
	a := e.asks(r, w)
	if a.outcome == finding.NotApplicable {
		return a
	}
	later.counted = a.counted
	return later
}

// noPart says that the context lacks a part, and why, as far as its writer tells.
func (e *evaluation) noPart(name string) string {
	says := "the context has no part `" + name + "`"
	for _, s := range e.Context.Sources {
		if s.What == name && s.Missing != "" {
			return says + ": " + clip(s.Missing)
		}
	}
	return says
}

// counted is 1 for a reason that tells how approvals were counted, and 0 for a fact that
// is missing.
func counted(r finding.Reason) int {
	if r.Code == ReasonCounted {
		return 1
	}
	return 0
}

// and adds what else is asked: the whole is as good as the worse of the two.
func (a *answer) and(b answer) {
	a.unsure = a.unsure || b.unsure || a.outcome == finding.NotAssessed || b.outcome == finding.NotAssessed
	a.outcome = finding.Worst(a.outcome, b.outcome)
	a.reasons = append(a.reasons, b.reasons...)
	a.found = append(a.found, b.found...)
}

// explain says how the approvals were counted.
func (a *answer) explain(want config.Approvals, wrote authors, voices []voice, tally map[stand]int, c *change.Change) {
	a.because(ReasonCounted, "%d of %s with permission %s or more approved commit %s",
		tally[standApproved], plural(want.Humans, "person", "people"), want.Permission, c.Head.Short())
	for _, v := range voices {
		switch {
		case v.stand == standUnclear: // a fact is missing: who supplies it may make it count
			a.because(ReasonContextPart, "%s does not count: %s", clip(v.login), v.detail)
		case v.stand != standApproved:
			a.because(ReasonCounted, "%s does not count: %s", clip(v.login), v.detail)
		case v.detail != "approved":
			a.because(ReasonCounted, "%s %s", clip(v.login), v.detail)
		}
	}
	if n := len(wrote.unknown); n > 0 {
		a.because(ReasonUnknownPeople, "the forge does not know %s; each may be one of the approvers, so %s less: %s",
			plural(n, "of the authors", "of the authors"), plural(n, "approval counts", "approvals count"), nameList(slices.Sorted(maps.Keys(wrote.unknown))))
	}
}

// missingApprovals says what to do next, and who can.
func (e *evaluation) missingApprovals(want config.Approvals, wrote authors, voices []voice, tally map[stand]int) finding.Finding {
	missing := want.Humans - tally[standApproved]
	f := finding.Finding{
		Message: fmt.Sprintf("%d of %s approved the head commit", tally[standApproved], plural(want.Humans, "person", "people")),
		Remedy:  fmt.Sprintf("Ask %s to review and approve %s.", plural(missing, "more person", "more people"), e.approvable()),
		Who:     fmt.Sprintf("people with permission %s or more", want.Permission),
	}
	if not := wrote.logins(); len(not) > 0 {
		f.Who += ", other than " + nameList(not)
	}
	var against, stale, moved []string
	for _, v := range voices {
		switch v.stand {
		case standAgainst:
			against = append(against, v.login)
		case standStale:
			stale = append(stale, v.login)
		case standMoved:
			moved = append(moved, v.login)
		}
	}
	if len(stale) > 0 {
		f.Message += fmt.Sprintf("; %s approved an older commit", nameList(stale))
	}
	if len(moved) > 0 {
		f.Message += fmt.Sprintf("; %s approved it before the branch that it is for moved on, by which it changes something else", nameList(moved))
	}
	if stale = append(stale, moved...); len(stale) > 0 {
		f.Remedy = fmt.Sprintf("Ask %s, or %s, to look again at %s.", nameList(stale), plural(missing, "other person", "other people"), e.approvable())
	}
	if len(against) > 0 {
		names := nameList(against)
		f.Message = fmt.Sprintf("%s asked for changes", names)
		f.Remedy = fmt.Sprintf("Settle what %s asked for, and ask for another review.", names)
		f.Who = names
	}
	if e.Stage == change.AtRecord && !e.deferring { // see late
		f.Remedy = fmt.Sprintf("It has landed, and an approval from now on does not count. Have %s look at it all the same, and write down why it landed without.", plural(missing, "more person", "more people"))
		if len(against) > 0 {
			f.Remedy = fmt.Sprintf("It has landed, and an approval from now on does not count. Settle what %s asked for all the same, and write down why it landed without.", f.Who)
		}
	}
	return f
}

func shortCommit(s string) string {
	if len(s) > 12 {
		s = s[:12]
	}
	return clip(s)
}
