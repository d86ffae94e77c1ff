// Package period reports on the changes of a period to an auditor: by control of one
// framework, exceptions first, from a folder of audit packs.
//
// It counts what packs say and judges nothing anew. Only packs that verify count; the
// others are exceptions of their own. What packs can not show, such as a change that has
// none, the report says it lacks. Evidence for a control is never a control that is met.
package period

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"custody/internal/control"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
	"custody/internal/report"
	"custody/internal/review"
)

// Schema is the value of Report.Schema.
const Schema = "custody/period/v1"

// A Report is the document custody/period/v1.
type Report struct {
	Schema    string    `json:"schema"`
	Framework Framework `json:"framework"`
	From      string    `json:"from,omitempty"` // first day; absent: from the first pack
	To        string    `json:"to,omitempty"`   // last day

	Counts     Counts      `json:"counts"`
	Exceptions []Exception `json:"exceptions"` // the gravest kind first
	Controls   []Control   `json:"controls"`   // those with least evidence first
	Months     []Month     `json:"months"`
	Changes    []Change    `json:"changes"` // the population: what an auditor samples from
	Lacks      []string    `json:"lacks"`   // what this report can not show, and what would

	otherWords []string // of which rows of a company's matrix the words differ between editions
}

// A Framework is the edition that was reported on.
type Framework struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Counts are of packs and changes.
type Counts struct {
	Packs      int `json:"packs"`            // that were read
	Refused    int `json:"refused"`          // of these: altered, unsigned, of an unknown signer, or no packs
	Outside    int `json:"outside"`          // of these: of a day outside of the period
	Superseded int `json:"superseded"`       // of these: of a change for which another review counts
	Copies     int `json:"copies,omitempty"` // of these: the same pack once more
	Changes    int `json:"changes"`
	Pass       int `json:"pass"`
	Fail       int `json:"fail"`
	Incomplete int `json:"incomplete"`
	Landed     int `json:"landed"`                      // changes whose closing review (stage record) is there
	Approved   int `json:"approved"`                    // changes of which an approval counts, by a rule that asks for one
	Unsaid     int `json:"approval_not_said,omitempty"` // changes whose pack does not say whether one does
}

// A Change is one of the population, as its pack says.
type Change struct {
	Pack       string   `json:"pack"`    // digest of the file
	Verdict    string   `json:"verdict"` // digest
	Signer     string   `json:"signer"`  // name of the trusted key
	Day        string   `json:"day"`
	Repository string   `json:"repository,omitempty"`
	Kind       string   `json:"kind,omitempty"`
	Number     int64    `json:"number,omitempty"`
	Title      string   `json:"title,omitempty"`
	Author     string   `json:"author,omitempty"`
	Base       string   `json:"base"`
	Head       string   `json:"head"`
	Stage      string   `json:"stage"`
	Decision   string   `json:"decision"`
	Reason     string   `json:"reason,omitempty"` // the first that led to the decision
	Approval   string   `json:"approval"`         // "counted", "not-certain", "objected", "none", "not-asked", "not-said"
	Approvers  []string `json:"approvers"`        // logins of people whose approval a rule counted, certain or not
	Added      int      `json:"added_lines"`
	AILines    int      `json:"ai_lines"` // added lines that an agent wrote, in whole or in part
	Context    bool     `json:"context"`  // the pack holds what is not in git
	Waivers    []string `json:"waivers"`
	Emergency  bool     `json:"emergency"`

	controls   map[string]status // of the framework
	rates      []ChangeRate      // of a trend
	exceptions []Exception
	before     bool     // its day is before the period
	floor      bool     // it was held against the organisation's floor
	unsigned   bool     // its context is the word of who ran the review
	from       string   // the merge bases: where the change begins
	commits    []string // of a change that has not landed
	merged     string   // the day on which it landed, where the context says
	proposed   string   // the pull request's own commit, of what the forge made of it
	due        string   // the last day on which something is due that an emergency put off, and that is not there
	unsaidDue  bool     // something is, and the pack does not say by which day: it is of an earlier version
	edition    string   // of the company's matrix that it was held against
	owns       bool     // it was held against one
	ownRows    []ownRow // of that
}

// An ownRow is one of a company's matrix, as an edition of it has it.
type ownRow struct{ ID, edition, About, Relation string }

// A status is what one change shows for one control.
type status struct {
	code  string
	why   string   // it does not apply, or not yet
	lacks []string // types of evidence
}

// Kinds of exceptions, the gravest first.
const (
	Refused     = "refused"      // a pack that does not verify
	Replaced    = "replaced"     // a review that was worse, and for which another counts
	NotPassed   = "not-passed"   // it landed, and its review is no pass
	Overdue     = "overdue"      // what an emergency put off was not done in time
	Emergency   = "emergency"    // an emergency was declared
	Waived      = "waived"       // a waiver covers findings
	Baseline    = "baseline"     // the baseline excepts findings
	NotAssessed = "not-assessed" // a check had no answer
	Open        = "open"         // the last review is no pass; whether it landed is not known
)

var kinds = []string{Refused, NotPassed, Replaced, Overdue, Emergency, Waived, Baseline, NotAssessed, Open}

// An Exception is what an auditor asks about.
type Exception struct {
	Kind   string `json:"kind"`
	Pack   string `json:"pack,omitempty"` // digest; of a refused one there is none to trust
	File   string `json:"file,omitempty"` // of a refused one
	Change string `json:"change,omitempty"`
	Day    string `json:"day,omitempty"`
	Detail string `json:"detail"`
}

// A Control is one row of the framework over all changes.
type Control struct {
	ID       string   `json:"id"`
	About    string   `json:"about"`
	Relation string   `json:"relation"`
	With     int      `json:"with_evidence"`    // changes whose pack shows all types of evidence
	Without  int      `json:"without_evidence"` // changes whose pack lacks one
	Aside    int      `json:"not_applicable"`   // changes to which it does not apply, or not yet
	Why      string   `json:"why,omitempty"`    // why it does not, as most of these say
	Unasked  int      `json:"not_asked"`        // changes whose review had the framework not in scope
	Permille *int     `json:"permille"`         // With of With, Without and Unasked; null: it applied to none
	Lacks    []string `json:"lacks"`            // types of evidence that were lacking, most often first
	Examples []string `json:"examples"`         // changes without evidence
}

// A Month counts changes by the month of their review.
type Month struct {
	Month      string `json:"month"`
	Pass       int    `json:"pass"`
	Fail       int    `json:"fail"`
	Incomplete int    `json:"incomplete"`
	Added      int    `json:"added_lines"`
	AILines    int    `json:"ai_lines"`
}

// shownExamples bounds what is listed of one row.
const shownExamples = 10

// A Builder takes packs one by one, and keeps of each only its row.
type Builder struct {
	framework frameworks.Framework
	known     bool // the framework is one of Custody's own table
	from, to  string
	counts    Counts
	refused   []Exception
	rows      []*Change       // of the period, and reviews from before it
	seen      map[string]bool // digests of packs
}

// NewBuilder reports on one framework from a day to a day, both inclusive, either empty
// for no bound. A framework that is not in Custody's table is a company's own matrix,
// and its rows are those that packs have.
func NewBuilder(framework, from, to string) *Builder {
	f, known := frameworks.Get(framework)
	if !known {
		f = frameworks.Framework{ID: framework, Name: framework}
	}
	return &Builder{framework: f, known: known, from: from, to: to, seen: map[string]bool{}}
}

// Knows says whether the framework is of Custody's own table, or some pack has a control of it: one
// from before the period, too, in which perhaps nothing counts.
func (b *Builder) Knows() bool {
	return b.known || slices.ContainsFunc(b.rows, func(c *Change) bool { return c.owns })
}

// Refuse notes a file that is no pack that counts.
func (b *Builder) Refuse(file string, err error) {
	b.counts.Packs++
	b.counts.Refused++
	b.refused = append(b.refused, Exception{Kind: Refused, File: file, Detail: err.Error()})
}

// Add takes a verified pack.
func (b *Builder) Add(p *report.VerifiedPack) {
	b.counts.Packs++
	day := p.Says.Inputs.Day
	if b.to != "" && day > b.to {
		b.counts.Outside++
		return
	}
	if b.seen[p.Digest] {
		b.counts.Copies++
		return
	}
	b.seen[p.Digest] = true
	c := b.read(p)
	if c.before = b.from != "" && day < b.from; c.before {
		// It counts for nothing here. But what landed in the period may have landed against it.
		b.counts.Outside++
	}
	b.rows = append(b.rows, c)
}

// read takes from a pack what its row says.
func (b *Builder) read(p *report.VerifiedPack) *Change {
	d := p.Says
	c := &Change{
		Pack: p.Digest, Verdict: p.VerdictDigest, Signer: p.Signer, Day: d.Inputs.Day,
		Base: d.Inputs.Base.String(), Head: d.Inputs.Head.String(), Stage: d.Stage, Decision: d.Decision,
		Added: d.Change.Added, Context: p.Context != nil,
		Waivers: []string{}, controls: map[string]status{},
	}
	said, by := p.Approved()
	c.Approval, c.Approvers = string(said), by
	if a := d.About; a != nil {
		c.Repository, c.Kind, c.Number, c.Title, c.Author = a.Repository, a.Kind, a.Number, a.Title, a.Author
	}
	for _, base := range d.Inputs.MergeBases {
		c.from += base.String()
	}
	_, c.floor = d.Inputs.Files["floor"]
	c.unsigned = d.Inputs.Context != nil && d.Inputs.Context.Trust == review.Unsigned
	if p.Context != nil && p.Context.Merge != nil && !c.unsigned {
		if at, err := time.Parse(time.RFC3339, p.Context.Merge.At); err == nil {
			c.merged = at.UTC().Format(time.DateOnly)
		}
	}
	if p.Context != nil && p.Context.Change != nil {
		c.proposed = p.Context.Change.Proposed
	}
	if c.Stage != "record" {
		for _, line := range d.Change.Commits {
			c.commits = append(c.commits, line.SHA.String())
		}
	}
	if len(d.Reasons) > 0 {
		c.Reason = cmp.Or(d.Reasons[0].Detail, d.Reasons[0].Code)
	}
	if d.Attestation != nil {
		for class, n := range d.Attestation.Summary.Lines {
			if class == "ai-verified" || class == "ai-declared" || class == "mixed" {
				c.AILines += n
			}
		}
	}
	for _, s := range d.Controls {
		if s.Framework != b.framework.ID {
			continue
		}
		st := status{code: string(s.Status), why: s.Why}
		for _, e := range s.Evidence {
			if !e.Present {
				st.lacks = append(st.lacks, e.Type)
			}
		}
		c.controls[s.ID] = st
		if !b.known {
			c.ownRows = append(c.ownRows, ownRow{s.ID, s.Version, s.About, s.Relation})
			c.owns, c.edition = true, s.Version
		}
	}
	c.rates = ratesOf(p)
	c.except(d)
	return c
}

// except finds what an auditor asks about.
func (c *Change) except(d *report.Document) {
	say := func(kind, format string, a ...any) {
		c.exceptions = append(c.exceptions, Exception{Kind: kind, Pack: c.Pack, Change: c.Name(), Day: c.Day, Detail: fmt.Sprintf(format, a...)})
	}
	if c.Decision != "pass" {
		kind, what := Open, "the last review says "
		if c.Stage == "record" {
			kind, what = NotPassed, "it landed, and the review says "
		}
		say(kind, "%s%s: %s", what, c.Decision, cmp.Or(c.Reason, "no reason is given"))
	}
	for _, k := range d.Checks {
		reason := why(k)
		if k.Outcome == finding.Excepted && isPutOff(k) {
			c.due, c.unsaidDue = max(c.due, k.Due), c.unsaidDue || k.Due == ""
		}
		switch {
		case k.ID == control.NoticeEmergency && k.Kind == finding.Notice:
			c.Emergency = true
			reason = cmp.Or(reason, "an emergency was declared")
			if c.Stage == "record" && c.Decision == "pass" && !slices.ContainsFunc(d.Checks, func(k finding.Check) bool { return isPutOff(k) || isLate(k) }) {
				reason += "; since then it was done, or nothing waited for it"
			}
			say(Emergency, "%s", reason)
		case k.Kind == finding.Notice:
		case isLate(k):
			say(Overdue, "%s: %s", k.ID, reason)
		case k.Outcome == finding.NotAssessed && k.Level == finding.Error:
			say(NotAssessed, "%s: %s", k.ID, cmp.Or(reason, "no reason is given"))
		}
	}
	baseline := false
	for _, f := range d.Findings {
		switch f.Exception(d.Inputs.Waivers...) {
		case finding.Waiver:
			c.Waivers = append(c.Waivers, f.WaivedBy)
		case finding.Baseline:
			baseline = true
		}
	}
	slices.Sort(c.Waivers)
	c.Waivers = slices.Compact(c.Waivers)
	for _, w := range c.Waivers {
		say(Waived, "the waiver %s covers findings", w)
	}
	if baseline {
		say(Baseline, "findings stood before, and the baseline excepts them")
	}
}

// isPutOff says whether a check still waits, because of an emergency.
func isPutOff(k finding.Check) bool { return slices.Contains(k.Exceptions(), finding.Emergency) }

// isLate says whether what an emergency put off was not there by the day on which it was due,
// whatever became of it since.
func isLate(k finding.Check) bool {
	return k.Kind != finding.Notice && k.Outcome != finding.NotAssessed && isOverdue(k) && !isPutOff(k)
}

// isOverdue says whether what an emergency put off was not done in time. One that was declared
// and does not count puts nothing off; before that had a code of its own, its words told.
func isOverdue(k finding.Check) bool {
	return slices.ContainsFunc(k.Reasons, func(r finding.Reason) bool {
		return r.Code == control.ReasonEmergency && !strings.HasPrefix(r.Detail, "an emergency was declared, and does not count")
	})
}

// why is what a check says of its outcome: its reasons, or else what it found.
func why(k finding.Check) string {
	var all []string
	for _, r := range k.Reasons[:min(len(k.Reasons), 3)] {
		all = append(all, cmp.Or(r.Detail, r.Code))
	}
	if len(all) == 0 && len(k.Found) > 0 {
		all = append(all, k.Found[0].Message)
	}
	return strings.Join(all, "; ")
}

// ApprovedBy is the list of those whose approval counts, or why there is none.
func (c *Change) ApprovedBy() string {
	a, who := report.Approval(c.Approval), strings.Join(c.Approvers, ", ")
	switch {
	case a == report.ApprovalCounted:
		return who
	case who == "":
		return a.Words()
	}
	return who + " (" + a.Words() + ")"
}

// Name is how people call the change.
func (c *Change) Name() string {
	if c.Number != 0 {
		return fmt.Sprintf("%s#%d", c.Repository, c.Number)
	}
	return strings.TrimLeft(c.Repository+"@"+c.Head[:12], "@")
}
