package pack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
	"custody/internal/review"
)

// A view is the verdict in the words and the order in which people read it. The page
// and the summary both show it, so that they can not disagree.
type view struct {
	v      *review.Verdict
	Digest string // of the verdict, once it is known

	Title    string // what the change is
	Range    string // base and head, when the title does not name them
	Where    string // repository and number
	Author   string
	Names    string // how people are named, when not as they are written
	Decision string
	Headline string   // the answer
	Why      string   // in one sentence
	More     []string // further reasons
	Next     action
	Then     string   // how much else is open
	Facts    []string // the size of the change

	Plan        plan
	Risk        risk
	Reach       reach
	Approvals   approvals
	Authorship  authorship
	Checks      []check // that say something
	Quiet       []check // that do not apply here
	Controls    []controlGroup
	Findings    []levelGroup
	Excepted    []exceptedGroup
	NotAssessed skips
}

// An action is the one thing to do next.
type action struct {
	What string
	Who  string // empty when nobody in particular
	For  string // the check that asks for it
}

// A group of findings: those that say the same, but for numbers, are one entry, and only
// the first entries are shown.
type group struct {
	Shown []*entry
	Total int // findings
	More  int // findings in no entry that is shown
	seen  map[finding.Finding]*entry
}

// An entry is what one or many findings say, with their first places.
type entry struct {
	finding.Finding // the first
	Places          []place
	Count           int  // findings
	Placed          int  // of them, those that have a place
	Varies          bool // not all of them have the same numbers
}

// A place is where a finding is, and what it says when that varies.
type place struct{ Where, Message string }

// MorePlaces is how many places are not shown.
func (e *entry) MorePlaces() int { return e.Placed - len(e.Places) }

func (g *group) add(f finding.Finding) {
	g.Total++
	same := f
	same.Place, same.Message = finding.Place{}, withoutNumbers(f.Message)
	e := g.seen[same]
	if e == nil {
		if len(g.Shown) == maxFindings {
			g.More++
			return
		}
		e = &entry{Finding: f}
		if g.seen == nil {
			g.seen = map[finding.Finding]*entry{}
		}
		g.seen[same], g.Shown = e, append(g.Shown, e)
	}
	e.Count++
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
	return plural(g.Total, "finding is ", "findings are ") + g.By.Says()
}

// What a page shows at most of each list. pack.json has more.
const (
	maxFindings = 200 // entries of each level
	maxPlaces   = 10  // of one entry
	maxReached  = 60
	maxChecks   = 300
	maxFiles    = 300
	maxCommits  = 200
	maxPeople   = 30
	maxSkipped  = 150
	maxReasons  = 5 // of one check
)

func newView(v *review.Verdict) *view {
	w := newAnswer(v)
	w.Plan = newPlan(v)
	return w
}

// newAnswer is the view without the plan, which is most of the work.
func newAnswer(v *review.Verdict) *view {
	w := &view{v: v, Decision: v.Decision.String(), Controls: controlGroups(v.Controls)}
	w.about()
	w.Names = naming(v.Inputs.Privacy)
	w.splitChecks()
	w.splitFindings()
	w.Headline = headline(v.Stage, v.Decision)
	w.explain()
	w.Next = nextAction(v)
	w.Then = w.then()
	w.Facts = facts(v)
	w.Risk = newRisk(v.Impact)
	w.Reach = newReach(v.Impact)
	w.Approvals = newApprovals(w)
	w.Authorship = newAuthorship(v.Attestation)
	w.NotAssessed = newSkips(v)
	return w
}

func (w *view) about() {
	in := w.v.Inputs
	between := in.Base.Short() + ".." + in.Head.Short()
	w.Title = "Change " + between
	a := w.v.About
	switch commits := w.v.Change.Commits; {
	case a != nil && a.Title != "" && a.Title != review.Withheld:
		w.Title, w.Range = a.Title, between
	case len(commits) == 1 && strings.TrimSpace(commits[0].Subject) != "" && commits[0].Subject != review.Withheld:
		w.Title, w.Range = commits[0].Subject, between
	}
	if a == nil {
		return
	}
	w.Where, w.Author = a.Repository, a.Author
	if a.Number > 0 {
		kind := map[string]string{"pull_request": "pull request", "merge_group": "merge group"}[a.Kind]
		w.Where = strings.TrimSpace(fmt.Sprintf("%s %s %d", w.Where, cmp.Or(kind, "change"), a.Number))
	}
}

// naming tells a reader why nobody has a name here.
func naming(p *review.Privacy) string {
	if p == nil {
		return ""
	}
	s := map[config.Names]string{
		config.NamesIDs:    "People are named by the numbers of their accounts",
		config.NamesHashed: "People are named by pseudonyms",
	}[p.Names]
	if p.Texts == config.TextsWithheld {
		if s != "" {
			s += ", and "
		}
		s += "texts that people wrote are withheld"
	}
	return strings.ToUpper(s[:1]) + s[1:] + ", as the policy asks."
}

// headline is the decision as a sentence of its stage.
func headline(s change.Stage, d review.Decision) string {
	words := [...]string{review.Incomplete: "Undecided: ", review.Fail: "", review.Pass: ""}[d]
	switch s {
	case change.AtPush:
		return words + [...]string{
			review.Incomplete: "this push can not be accepted before more is known.",
			review.Fail:       "This push is not acceptable.",
			review.Pass:       "This push is acceptable.",
		}[d]
	case change.AtRecord:
		return words + [...]string{
			review.Incomplete: "it is not known whether this change met its rules.",
			review.Fail:       "This change landed without meeting all of its rules.",
			review.Pass:       "This change met its rules.",
		}[d]
	}
	return words + [...]string{
		review.Incomplete: "this change may not land before more is known.",
		review.Fail:       "This change may not land.",
		review.Pass:       "This change may land.",
	}[d]
}

// explain says why, in one sentence, from the verdict's own reasons or else from its
// checks.
func (w *view) explain() {
	for _, r := range w.v.Reasons {
		if text := strings.TrimSpace(w.decided(r)); text != "" {
			w.More = append(w.More, text)
		}
	}
	if len(w.More) > 0 {
		w.Why, w.More = w.More[0], w.More[1:]
		return
	}
	tally := map[finding.Outcome]int{}
	for _, c := range w.v.Checks {
		if c.Level == finding.Error {
			tally[c.Outcome]++
		}
	}
	inForce := tally[finding.Satisfied] + tally[finding.NotSatisfied] + tally[finding.NotAssessed] + tally[finding.Excepted]
	all := plural(inForce, "rule or requirement", "rules and requirements") + " in force here"
	switch w.v.Decision {
	case review.Pass:
		w.Why = fmt.Sprintf("Of %s, %d are met and %d are excepted.", all, tally[finding.Satisfied], tally[finding.Excepted])
		if tally[finding.Excepted] == 0 {
			w.Why = "Met: " + all + "."
		}
	case review.Fail:
		w.Why = fmt.Sprintf("Of %s, %d %s not met.", all, tally[finding.NotSatisfied], isAre(tally[finding.NotSatisfied]))
	default:
		w.Why = fmt.Sprintf("Of %s, %d could not be assessed.", all, tally[finding.NotAssessed])
		if inForce == 0 {
			w.Why = "No rule and no requirement is in force here, so nothing was judged."
		}
	}
}

// decided is a reason for the decision. The name of a check says what should be: that it
// is not, or not known to be, has to stand before it.
func (w *view) decided(r finding.Reason) string {
	words := map[string]string{
		review.ReasonNotSatisfied: "Not met: ", review.ReasonNotAssessed: "Not assessed: ", review.ReasonExcepted: "Excepted: ",
	}
	for _, c := range w.v.Checks {
		word := words[r.Code]
		if r.Code == review.ReasonExcepted {
			word = exceptedWord(c)
		}
		if word != "" && strings.HasPrefix(r.Detail, fmt.Sprintf("%s (%s) ", c.ID, c.Name)) {
			return word + c.Name + " (" + c.ID + ")"
		}
	}
	return reasonText(r)
}

// exceptedWord stands before the name of a check that is excepted.
func exceptedWord(c finding.Check) string {
	switch all := c.Exceptions(); {
	case len(all) == 0:
		return "Excepted: "
	case slices.Contains(all, finding.Emergency):
		return "Put off by an emergency: "
	}
	return "Excepted by " + finding.AnyOf(c.Exceptions()) + ": "
}

// isPutOff is whether what a check asks for is due later, because of an emergency.
func isPutOff(c finding.Check) bool { return slices.Contains(c.Exceptions(), finding.Emergency) }

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func reasonText(r finding.Reason) string {
	text := r.Detail
	if text == "" {
		text = r.Code
	}
	if r.Path != "" && !strings.Contains(text, r.Path) {
		text += " (" + r.Path + ")"
	}
	return text
}

// nextAction picks what unblocks the change first: a finding that somebody can act on,
// then a check that lacks a fact, then the verdict's own reason.
func nextAction(v *review.Verdict) action {
	if v.Decision == review.Pass {
		for _, c := range v.Checks {
			if c.Level == finding.Error && c.Outcome == finding.Excepted && isPutOff(c) {
				return action{What: "It can be merged now. What the emergency put off is due after that: see approvals.", For: c.ID}
			}
		}
		if v.Stage == change.AtMerge {
			return action{What: "Nothing is left to do here: it can be merged."}
		}
		return action{What: "Nothing is left to do here."}
	}
	for _, outcome := range []finding.Outcome{finding.NotSatisfied, finding.NotAssessed} {
		for _, c := range v.Checks {
			if c.Level == finding.Error && c.Outcome == outcome {
				if a := remedy(c); a.What != "" {
					return a
				}
			}
		}
	}
	for _, f := range v.Findings {
		if f.Level == finding.Error && f.WaivedBy == "" && f.Remedy != "" {
			return action{f.Remedy, f.Who, f.Rule}
		}
	}
	for _, r := range v.Reasons {
		if r.Code == review.ReasonNoPolicy {
			if slices.ContainsFunc(v.Change.Files, func(f review.FileLine) bool { return f.Path == config.FileName && f.Status == change.Added }) {
				return action{What: "Read the policy that this change adds. It judges nothing until it stands on the target branch, and every change after that.", Who: "a maintainer of the repository"}
			}
			return action{What: "Write a policy: run “custody init”, read what it wrote, and commit it to the target branch.", Who: "a maintainer of the repository"}
		}
	}
	return action{What: "Read the reasons below and supply what is missing, then run the review again."}
}

// then counts the errors that are open besides the one that the next action is about.
func (w *view) then() string {
	for _, g := range w.Findings {
		if g.Level == finding.Error && g.Total > 1 && w.Next.For != "" {
			return "After that, " + plural(g.Total-1, "more error is", "more errors are") + " open: see the findings."
		}
	}
	return ""
}

func remedy(c finding.Check) action {
	blocks := func(f finding.Finding) bool { // a warning changes nothing about what was not assessed
		return f.WaivedBy == "" && (c.Outcome != finding.NotAssessed || f.Level == finding.Error)
	}
	for _, f := range c.Found {
		if blocks(f) && f.Remedy != "" {
			return action{f.Remedy, f.Who, c.ID}
		}
	}
	for _, f := range c.Found {
		if blocks(f) {
			return action{"Resolve this: " + f.Message, f.Who, c.ID}
		}
	}
	if c.Outcome == finding.NotAssessed && len(c.Reasons) > 0 {
		missing, others := c.Reasons[0], 0
		for _, r := range c.Reasons {
			switch {
			case r.Code == control.ReasonCounted: // that says what was found
			case missing.Code == control.ReasonCounted:
				missing = r
			case r.Code == missing.Code && r != missing:
				others++
			}
		}
		switch missing.Code {
		case control.ReasonRequirement: // the requirement itself says more
			return action{}
		case control.ReasonNoContext:
			return action{What: "This rule needs what the forge knows (reviews, checks, labels), and this review was made without it: review the change again where Custody is told, by the GitHub App, or by custody audit with a context file.", Who: runsCustody, For: c.ID}
		case control.ReasonContextPart:
			what := "Have the review made again with the fact that is missing: " + strings.TrimSuffix(reasonText(missing), ".") + "."
			if others > 0 {
				what += " " + capital(plural(others, "more fact is missing", "more facts are missing")) + ": see the rules."
			}
			return action{What: what, Who: runsCustody, For: c.ID}
		case control.ReasonUnknownPeople:
			return action{What: "Add the addresses of these authors to their accounts on the forge, or to the people that the policy names: " + reasonText(missing), Who: "the authors, or a maintainer of the repository", For: c.ID}
		case control.ReasonNoVerification, control.ReasonUnsupported, control.ReasonNothingChosen, control.ReasonNoCheck:
			return action{What: "Mend how the requirement or rule is verified, on the target branch: " + reasonText(missing), Who: "a maintainer of the repository", For: c.ID}
		case control.ReasonLimit, control.ReasonUnread, control.ReasonChange:
			return action{What: "Look yourself at what was not read, or split the change: " + reasonText(missing), Who: "a reviewer; the authors can split it", For: c.ID}
		case control.ReasonNoRequirements:
			return action{What: "Write security requirements and commit them to the target branch (“custody init” drafts some): " + reasonText(missing), Who: "a maintainer of the repository", For: c.ID}
		case control.ReasonNotTraced:
			return action{What: "See under “What it reaches” what could not be followed. Imports that name nothing can be mended; where it is a language that is not read yet, the policy may let this rule warn instead (level: warning).", Who: "a maintainer of the repository", For: c.ID}
		}
		return action{What: "Supply what is missing: " + reasonText(missing), For: c.ID}
	}
	return action{}
}

// runsCustody is who can give a review what it lacks.
const runsCustody = "who runs Custody for this repository"

func facts(v *review.Verdict) []string {
	c := v.Change
	out := []string{
		plural(c.CountCommits(), "commit", "commits"),
		plural(c.CountFiles(), "file", "files"),
		plural(c.Added, "line added", "lines added"),
		plural(c.Deleted, "line deleted", "lines deleted"),
	}
	unread := 0
	for _, f := range c.Files {
		if f.Unread != "" {
			unread++
		}
	}
	if unread > 0 {
		out = append(out, plural(unread, "file", "files")+" whose lines were not read")
	}
	return out
}

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
		return "No evidence for " + strings.Join(append(whole, part...), ", ")
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
		if g.Total > 0 {
			w.Findings = append(w.Findings, g)
		}
	}
}
