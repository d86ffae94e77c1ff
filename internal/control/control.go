// Package control judges a change by requirements and policy rules: a change in, one
// check for each rule and requirement out.
//
// It promises that a check is satisfied only by what was really looked at: a missing
// fact makes it not assessed, an unread file counts against "nothing was found", and no
// rule, floor or finding that is added makes an answer better. It never runs anything,
// and reads no clock, network or repository but the methods of Head.
package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"custody/attestation"
	"custody/attestation/inventory"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/cel"
	"custody/internal/control/checks"
	"custody/internal/control/frameworks"
	"custody/internal/control/owners"
	"custody/internal/finding"
	"custody/internal/git"
)

// Input is everything that is judged, and by what. All but Change and Stage may be
// absent: what is needed and absent is not assessed.
type Input struct {
	Change  *change.Change
	Context *change.Context
	Stage   change.Stage
	Day     config.Day        // decides which waivers count
	Config  *config.Effective // nil: no policy and no floor
	// Requirements are the parsed files of Config.Requirements that stand at base.
	Requirements []*Requirements
	// Own are the company's own control matrices.
	Own         []frameworks.Framework
	Head        Head        // nil: nothing of head can be read
	Base        checks.Tree // the tree at base, for built-in checks; may be nil
	Impact      *impact.Report
	Attestation *attestation.Report
	Inventory   *inventory.Report // the AI inventory at head, held against Attestation; nil: not looked at
	// Owners is the CODEOWNERS at base; nil when there is none.
	Owners *owners.File
	// Approved says, by commit, what those that somebody approved, or granted a waiver for,
	// have to do with the head.
	Approved map[Seen]Approved
	// Baseline lists findings that stood before; nil when there is none at base.
	Baseline *Baseline
	// Counting finds every line, for a new baseline.
	Counting bool
	// Looked is what LookAhead found, or ReadAhead read; nil when nobody looked.
	Looked *Looked
	// Granted are the waivers of the context, their signatures verified, in its order.
	Granted []Granted
	Limits  Limits // the zero value stands for DefaultLimits
}

// Head is the tree of the change's head. LookAhead asks it from two goroutines at once.
type Head interface {
	checks.Tree
	// Blob reads a blob of at most limit bytes; a longer one is a *git.TooLargeError.
	Blob(ctx context.Context, id git.OID, limit int64) ([]byte, error)
}

// A TreeFile is one file, symbolic link or submodule of a tree.
type TreeFile = checks.TreeFile

// Limits bound the search of requirements in head, and the built-in checks. What they
// cut off is not assessed.
type Limits struct {
	FileBytes  int64 // of one file
	TotalBytes int64 // of all files, each counted once
	Cost       int64 // steps of all patterns over all files, at worst
	Places     int   // lines shown of one requirement

	DocumentBytes int64 // of all files that conditions of requirements are asked of
	CheckCost     int64 // steps of the conditions of one check
	ConditionCost int64 // steps of the conditions of all checks

	ReasonBytes int64 // of the words that explain a change
	Findings    int   // listed of one check for a baseline; all of them count
	Listed      int   // listed of one check otherwise
	ListedAll   int   // listed of all checks together, then: half of it of rules, half of requirements
	WaiverTries int   // waivers tried on findings, over all of these
	OwnerTries  int   // patterns of CODEOWNERS, over all files
	Checks      checks.Limits
}

// DefaultLimits are those of a review.
func DefaultLimits() Limits {
	return Limits{FileBytes: 1 << 20, TotalBytes: 512 << 20, Cost: 40e9, Places: 20, DocumentBytes: 64 << 20, CheckCost: 10e6, ConditionCost: 200e6, OwnerTries: 50e6, WaiverTries: 2e6, Findings: 10_000, Listed: 1000, ListedAll: 2000, ReasonBytes: 16 << 20, Checks: checks.DefaultLimits()}
}

// Map is the table as a pack records it.
func (l Limits) Map() map[string]int64 {
	all := l.Checks.Map()
	all["control.file_bytes"] = l.FileBytes
	all["control.total_bytes"] = l.TotalBytes
	all["control.cost"] = l.Cost
	all["control.places"] = int64(l.Places)
	all["control.document_bytes"] = l.DocumentBytes
	all["control.check_cost"] = l.CheckCost
	all["control.condition_cost"] = l.ConditionCost
	all["control.findings"] = int64(l.Findings)
	all["control.listed"] = int64(l.Listed)
	all["control.listed_all"] = int64(l.ListedAll)
	all["control.waiver_tries"] = int64(l.WaiverTries)
	all["control.owner_tries"] = int64(l.OwnerTries)
	all["control.reason_bytes"] = l.ReasonBytes
	return all
}

// noContext says what is missing, and how each door is given it.
const noContext = "no context was given (--context FILE; a hook takes a signed one, the App makes its own: docs/context.md)"

// Codes of reasons.
const (
	ReasonStage          = "stage"           // not in force at this stage
	ReasonPaths          = "paths"           // the change touches none of the rule's paths
	ReasonAuthorship     = "authorship"      // the change has no author of the rule's classes
	ReasonNothingEdited  = "nothing-edited"  // no judge file was edited
	ReasonNoContext      = "no-context"      // no context document was given
	ReasonContextPart    = "context-part"    // a part of the context is absent or unusable
	ReasonRunning        = "running"         // a check of others has not ended yet
	ReasonUnknownPeople  = "unknown-people"  // the forge does not know who wrote some commit
	ReasonNoRequirements = "no-requirements" // no requirements file at base
	ReasonRequirement    = "requirement"     // a requirement that is not satisfied
	ReasonNoVerification = "no-verification" // a requirement does not say how it is verified
	ReasonUnsupported    = "unsupported"     // a verification that is not evaluated
	ReasonNothingChosen  = "nothing-selected"
	ReasonUnread         = "unread" // a selected file was not searched
	ReasonLimit          = "limit"
	ReasonCondition      = "condition"        // a condition that has no answer
	ReasonChange         = "change-not-whole" // the change itself was not read whole
	ReasonNotAttested    = "authorship-not-assessed"
	ReasonNotTraced      = "impact-not-assessed"
	ReasonWaiver         = "waiver"
	ReasonBaseline       = "baseline" // findings that stood before
	ReasonWaiverIgnored  = "waiver-ignored"
	ReasonCounted        = "counted"   // the figures of an answer
	ReasonInventory      = "inventory" // it has findings, or was not looked at
	ReasonNoCheck        = "no-check"  // a built-in check that this program does not have
)

// Evaluate answers every rule and requirement, in the order: rules of the floor, rules
// of the repository, requirements, then Custody's own notices. Without a policy it
// answers the requirements and notices alone.
//
// The error is that of the context, or of an Input that makes no sense; whatever can
// not be read or known is an outcome, not an error.
func Evaluate(ctx context.Context, in Input) ([]finding.Check, error) {
	if in.Change == nil {
		return nil, fmt.Errorf("evaluating rules: no change was given")
	}
	if in.Stage < change.AtPush || in.Stage > change.AtRecord {
		return nil, fmt.Errorf("evaluating rules: no stage was given")
	}
	if in.Limits == (Limits{}) {
		in.Limits = DefaultLimits()
	}
	e := evaluation{Input: in, touched: touchedFiles(in.Change, in.Config), lines: linesByFile(in.Attestation)}
	requirements, err := e.verify(ctx)
	if err != nil {
		return nil, err
	}
	e.requirements = requirements
	if err := e.briefs(ctx); err != nil {
		return nil, err
	}
	if err := e.editedRequirements(ctx); err != nil {
		return nil, err
	}
	if err := e.look(ctx); err != nil {
		return nil, fmt.Errorf("running the built-in checks: %w", err)
	}
	var all []finding.Check
	if in.Config != nil {
		for _, r := range in.Config.Rules {
			all = append(all, e.rule(r))
		}
	}
	for _, r := range requirements {
		all = append(all, e.shownRequirement(r))
	}
	all = append(all, e.notices()...)
	e.shorten(all)
	return all, nil
}

// shorten bounds the lists of all checks together: as many findings of each rule, as many
// of each requirement, and of the places where requirements were met or not, so that a
// check with thousands does not push out the few of another.
func (e *evaluation) shorten(all []finding.Check) {
	if e.Counting { // a baseline is made of them
		for i := range all {
			tidy(&all[i], e.Limits.Findings)
		}
		return
	}
	kind := func(requirement bool) []*finding.Check {
		var some []*finding.Check
		for i := range all {
			if (all[i].Kind == finding.Requirement) == requirement {
				some = append(some, &all[i])
			}
		}
		return some
	}
	for _, some := range [][]*finding.Check{kind(false), kind(true)} {
		most := share(some, e.Limits.Listed, e.Limits.ListedAll/2, func(c *finding.Check) int { return len(c.Found) })
		places := share(some, e.Limits.Listed, e.Limits.ListedAll/2, func(c *finding.Check) int { return countPlaces(c.Reasons) })
		for _, c := range some {
			tidy(c, most)
			listPlaces(c, places)
		}
	}
}

// share is how much each may list, so that all together list no more than total, or one
// each: most, or a half of it, or a quarter ...
func share(checks []*finding.Check, most, total int, has func(*finding.Check) int) int {
	for ; most > 1 && total > 0; most /= 2 {
		n := 0
		for _, c := range checks {
			n += min(has(c), most)
		}
		if n <= total {
			break
		}
	}
	return most
}

// isPlace says whether a reason is one of many places that were counted.
func isPlace(r finding.Reason) bool { return r.Code == ReasonCounted && r.Path != "" }

func countPlaces(rs []finding.Reason) (n int) {
	for _, r := range rs {
		if isPlace(r) {
			n++
		}
	}
	return n
}

// listPlaces keeps the first of the places among the reasons, and counts the others.
func listPlaces(c *finding.Check, most int) {
	n := countPlaces(c.Reasons) - most
	if most <= 0 || n <= 0 {
		return
	}
	seen := 0
	c.Reasons = slices.DeleteFunc(slices.Clone(c.Reasons), func(r finding.Reason) bool {
		if !isPlace(r) {
			return false
		}
		seen++
		return seen > most
	})
	c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonLimit, Detail: fmt.Sprintf("%s more than the %d that are listed", plural(n, "place", "places"), most)})
}

// tidy sorts findings and leaves no nil list, so that equal checks have equal bytes.
func tidy(c *finding.Check, most int) {
	finding.Sort(c.Found)
	if n := len(c.Found) - most; most > 0 && n > 0 {
		// The outcome was reached with all of them. Those that no waiver covers come
		// first, the heaviest of them before all; but none pushes out that a waiver was
		// used, which auditors ask for.
		slices.SortStableFunc(c.Found, func(a, b finding.Finding) int { return strings.Compare(a.WaivedBy, b.WaivedBy) })
		c.Found = firstOfWaivers(c.Found, most)
		c.Reasons = append(slices.Clone(c.Reasons), finding.Reason{Code: ReasonLimit, Detail: fmt.Sprintf("%s more than the %d%s", plural(n, "finding", "findings"), most, thatAreListed)})
		c.Found = c.Found[:most:most]
	}
	if c.Found == nil {
		c.Found = []finding.Finding{}
	}
	if c.Reasons == nil {
		c.Reasons = []finding.Reason{}
	}
}

const thatAreListed = " that are listed"

// IsUnlisted says whether a reason counts findings of its check that the pack does not list.
func IsUnlisted(r finding.Reason) bool {
	return r.Code == ReasonLimit && r.Path == "" && strings.Contains(r.Detail, "finding") && strings.HasSuffix(r.Detail, thatAreListed)
}

// firstOfWaivers moves the first finding of each waiver to the last of the places that are
// listed, as far as half of them go round.
func firstOfWaivers(found []finding.Finding, most int) []finding.Finding {
	var firsts, others []finding.Finding
	seen := map[string]bool{"": true}
	for i, f := range found {
		if !seen[f.WaivedBy] && (i < most || len(firsts) < most/2) {
			seen[f.WaivedBy] = true
			firsts = append(firsts, f)
			continue
		}
		others = append(others, f)
	}
	keep := min(len(others), max(0, most-len(firsts)))
	return slices.Concat(others[:keep], firsts, others[keep:])
}

// evaluation is one run: the input and what was derived from it once.
type evaluation struct {
	Input
	requirements []requirementResult
	touched      []touched
	lines        map[string]attestation.File // by escaped path
	people       *identities                 // see identities
	excepting    []config.LayeredWaiver      // see waivers
	waiverTries  int                         // see waiver
	granted      *grants                     // see grants
	owned        *ownership                  // see owners
	deferring    bool                        // what an emergency put off is asked again: reviews after the merge count
	dueBy        config.Day                  // those up to this day; empty: all
	waits        []string                    // origins of rules that an emergency puts off, and that are not met
	met          []string                    // of those that an emergency might put off, and that are met
	overdue      []string                    // of those that were met, and too late
	looked       map[string]answer           // by CheckID, of rules of kind checks
	delivered    *finding.Check              // what commits claim to have been told; nil when none does
	edited       *finding.Check              // what becomes of the requirements; nil when the change does not touch them
	record       *cel.Record                 // the change as conditions see it; made when one asks
}

// An answer is the outcome of a rule before waivers, with its findings.
type answer struct {
	outcome finding.Outcome
	reasons []finding.Reason
	found   []scoped
	unsure  bool // besides what was found, something was not assessed
	counted *finding.Approvals
	looked  []finding.Looked
	due     config.Day // see finding.Check
}

// A scoped finding knows the files that it is about; none: the change as a whole.
type scoped struct {
	finding.Finding
	files []change.Path
}

func (a *answer) because(code, format string, args ...any) {
	a.reasons = append(a.reasons, finding.Reason{Code: code, Detail: fmt.Sprintf(format, args...)})
}

func answered(o finding.Outcome, code, format string, args ...any) answer {
	a := answer{outcome: o}
	a.because(code, format, args...)
	return a
}

// rule evaluates one rule: stage, then whether it is about this change, then what it
// asks, then waivers.
func (e *evaluation) rule(r config.LayeredRule) finding.Check {
	check := finding.Check{ID: r.CheckID, Kind: finding.Rule, Name: r.Name, Origin: r.Origin, Level: r.Level, Asks: string(r.Kind)}
	a := e.answer(r)
	for _, m := range mapsOf(r, a) {
		check.Maps = append(check.Maps, m.Control())
	}
	for i := range a.found {
		f := &a.found[i]
		if f.Rule == "" {
			f.Rule = r.CheckID
		}
		f.Level = max(f.Level, r.Level)
	}
	a = e.except(r, a)
	check.Outcome, check.Reasons, check.Approvals = a.outcome, a.reasons, a.counted
	check.Looked, check.Due = a.looked, string(a.due)
	for _, f := range a.found {
		check.Found = append(check.Found, f.Finding)
	}
	return check
}

func (e *evaluation) answer(r config.LayeredRule) answer {
	if !e.inForce(r) {
		a := answered(finding.NotApplicable, ReasonStage, "the rule is not in force at stage %s", e.Stage)
		return e.countBefore(r, a)
	}
	w := e.applies(r)
	if w.outcome == finding.NotApplicable {
		return w.answer
	}
	e.deferring = r.Emergency == config.Defer && e.urgency(r.Origin).counts()
	a := e.asks(r, w)
	if e.deferring {
		a = e.inTime(r, func() answer { return e.asks(r, w) }, a)
	}
	e.deferring = false
	if w.outcome == finding.NotAssessed && a.outcome != finding.Satisfied {
		// It is not known whether the rule is about this change. What it asks would be
		// missing, so neither a pass nor a failure is certain.
		a.outcome = finding.NotAssessed
	}
	a.reasons = append(w.reasons, a.reasons...)
	return e.wait(r, a)
}

// inForce says whether a rule is asked at this stage. What an emergency put off at
// merge is asked again when the change has landed.
func (e *evaluation) inForce(r config.LayeredRule) bool {
	if slices.Contains(r.At, e.Stage) {
		return true
	}
	return e.Stage == change.AtRecord && r.Emergency == config.Defer && slices.Contains(r.At, change.AtMerge) && e.urgency(r.Origin).counts()
}

// asks is the answer to what the rule asks, for the files that it is about.
func (e *evaluation) asks(r config.LayeredRule, w whether) (a answer) {
	switch r.Kind {
	case config.KindApprovals:
		a = e.approvals(r, w.files)
	case config.KindAuthorshipLimit:
		a = e.authorshipLimit(r, w.files)
	case config.KindRequirements:
		a = e.allRequirements(r)
	case config.KindJudge:
		a = e.judge(r, w.files)
	case config.KindImpact:
		a = e.impact()
	case config.KindReason:
		a = e.reason(r)
	case config.KindCheckRuns:
		a = e.checkRuns(r)
	case config.KindChangeRecord:
		a = e.changeRecord(r, w.files)
	case config.KindPullRequest:
		a = e.pullRequest()
	case config.KindChecks:
		a = e.looked[r.CheckID]
	case config.KindInventory:
		a = e.inventory()
	}
	return a
}

// impact asks that what the change reaches is known.
func (e *evaluation) impact() answer {
	if e.Impact == nil {
		return answered(finding.NotAssessed, ReasonNotTraced, "what the change reaches was not traced")
	}
	if e.Impact.OpaqueAlone() {
		a := answer{outcome: finding.NotApplicable}
		a.reasons = append(a.reasons, e.Impact.Reasons...)
		return a
	}
	if e.Impact.Outcome != finding.Satisfied {
		a := answered(finding.NotAssessed, ReasonNotTraced, "what the change reaches is not known completely")
		a.reasons = append(a.reasons, e.Impact.Reasons...)
		return a
	}
	return answered(finding.Satisfied, ReasonCounted, "the change reaches %s", plural(len(e.Impact.Reached), "node", "nodes"))
}
