package control

import (
	"fmt"
	"slices"
	"strings"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
)

// proofs are the types of evidence that are present, and those of which the change has
// nothing, with why.
type proofs struct {
	there   map[frameworks.Evidence]*proved
	nothing map[frameworks.Evidence]string
}

// proved is one type of evidence: the rules that gave it, and what they found.
type proved struct{ from, says []string }

// seen notes a type of evidence, if it was seen: what was looked for and found, in the words
// that an auditor reads, and which rules did.
type seen func(e frameworks.Evidence, ok bool, says string, from ...string)

// present finds the types of evidence. Each asks that something was observed: nothing
// follows from the absence of anything. answers are those of Evaluate.
func (in Input) present(answers []finding.Check) proofs {
	p := proofs{map[frameworks.Evidence]*proved{}, map[frameworks.Evidence]string{}}
	see := func(e frameworks.Evidence, ok bool, says string, from ...string) {
		if !ok {
			return
		}
		if p.there[e] == nil {
			p.there[e] = &proved{}
		}
		it := p.there[e]
		if it.from = append(it.from, from...); says != "" {
			it.says = append(it.says, says)
		}
	}
	in.factProofs(see)
	in.contextProofs(see)
	byID(see, answers, in.Config)
	if in.Config != nil {
		policyProof(see, answers)
		for _, r := range in.Config.Rules {
			for _, c := range answers {
				if c.Kind == finding.Rule && c.ID == r.CheckID && c.Origin == r.Origin {
					ruleProofs(see, r, c)
					if c.Outcome == finding.NotApplicable && slices.ContainsFunc(c.Reasons, func(w finding.Reason) bool { return w.Code == ReasonNothingEdited }) {
						p.nothing[frameworks.JudgeReview] = "the change edits no file that judges"
					}
				}
			}
		}
		p.lookedProofs(see, answers)
	}
	for _, it := range p.there {
		slices.Sort(it.from)
		slices.Sort(it.says)
		it.from, it.says = slices.Compact(it.from), slices.Compact(it.says)
	}
	return p
}

// factProofs are those of the change itself.
func (in Input) factProofs(see seen) {
	_, files := filesWhole(in.Change)
	_, commits := commitsWhole(in.Change)
	see(frameworks.Record, files && commits && len(in.Change.Commits) > 0,
		plural(len(in.Change.Commits), "commit", "commits")+" and "+plural(len(in.Change.Files), "file", "files")+" were read whole")
	says, known := whoWrote(in.Attestation)
	see(frameworks.Authorship, known, says)
	if in.Impact != nil {
		see(frameworks.Impact, in.Impact.Outcome == finding.Satisfied && len(in.Impact.Changed) > 0, fmt.Sprintf("it reaches %s", plural(len(in.Impact.Reached), "node", "nodes")))
	}
}

// whoWrote says which classes of authorship the added lines have. Of a line of which nothing
// is known, or where evidence contradicts itself, it is not known who or what wrote it.
func whoWrote(at *attestation.Report) (says string, known bool) {
	if at == nil || at.Outcome != finding.Satisfied || len(at.Commits) == 0 {
		return "", false
	}
	lines := map[attestation.Class]int{}
	for _, f := range at.Files {
		for class, n := range f.Lines {
			lines[class] += n
		}
	}
	if len(lines) == 0 { // none was added: who made the commits is all there is to know
		for _, c := range at.Commits {
			if c.Class == attestation.Unknown || c.Class == attestation.Conflict || c.Class == "" {
				return "", false
			}
		}
		return plural(len(at.Commits), "commit adds", "commits add") + " no line, and who made them is known", true
	}
	var parts []string
	for _, class := range attestation.Classes {
		if n := lines[class]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", plural(n, "added line is", "added lines are"), class))
		}
	}
	return strings.Join(parts, ", "), lines[attestation.Unknown]+lines[attestation.Conflict]+lines[""] == 0
}

// policyProof asks that a rule which must be met was asked of this change: a policy whose
// rules are all about something else judged nothing.
func policyProof(see seen, answers []finding.Check) {
	asked := 0
	for _, c := range answers {
		if c.Kind == finding.Rule && c.Level == finding.Error && (c.Outcome == finding.Satisfied || c.Outcome == finding.NotSatisfied || c.Outcome == finding.Excepted) {
			asked++
		}
	}
	see(frameworks.Policy, asked > 0, plural(asked, "rule that must be met has an answer", "rules that must be met have an answer"))
}

// ruleProofs are what the answer of a rule is evidence of.
func ruleProofs(see seen, r config.LayeredRule, c finding.Check) {
	satisfied := c.Outcome == finding.Satisfied
	switch r.Kind {
	case config.KindApprovals:
		// The closing review counts, too, what was asked for before the landing.
		enough := c.Approvals != nil && c.Approvals.Enough && c.Outcome != finding.NotAssessed
		says := approvedSays(c)
		see(frameworks.Review, enough, says, r.CheckID)
		see(frameworks.TwoPeople, enough && r.Approvals.Humans >= 2, says, r.CheckID)
		see(frameworks.TeamReview, enough && len(r.Approvals.Teams) > 0, says+", of "+teamList(r.Approvals.Teams), r.CheckID)
		see(frameworks.OwnerReview, enough && r.Approvals.Owners && c.Approvals.Owners, says, r.CheckID)
	case config.KindJudge:
		see(frameworks.JudgeReview, satisfied, approvedSays(c), r.CheckID)
	case config.KindRequirements:
		see(frameworks.Requirements, satisfied, countedSays(c), r.CheckID)
	case config.KindReason:
		see(frameworks.Reason, satisfied, countedSays(c), r.CheckID)
	case config.KindCheckRuns:
		see(frameworks.Tests, satisfied, countedSays(c), r.CheckID)
	case config.KindChangeRecord:
		see(frameworks.ChangeRecord, satisfied && len(r.Fields) == allFields, countedSays(c), r.CheckID)
	case config.KindPullRequest:
		see(frameworks.PullRequest, satisfied, countedSays(c), r.CheckID)
	}
}

// allFields is how many fields PCI DSS 6.5.1 asks a change record for.
const allFields = 6

// shownProofs bounds what is said of one type of evidence.
const shownProofs = 6

// approvedSays names those whose approval a rule counted.
func approvedSays(c finding.Check) string {
	if c.Approvals == nil {
		return ""
	}
	var names []string
	for _, a := range c.Approvals.By {
		names = append(names, a.Login)
	}
	if n := len(names) - shownProofs; n > 0 {
		names = append(names[:shownProofs:shownProofs], fmt.Sprintf("%d more", n))
	}
	return "approved by " + strings.Join(names, ", ")
}

// countedSays is what a rule says that it found.
func countedSays(c finding.Check) string {
	var all []string
	for _, r := range c.Reasons {
		if r.Code == ReasonCounted && r.Path == "" && r.Detail != "" {
			all = append(all, r.Detail)
		}
	}
	if n := len(all) - shownProofs; n > 0 {
		all = append(all[:shownProofs:shownProofs], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(all, "; ")
}

// lookedProofs are those of the built-in checks: each is evidence of what it looks for, if it
// looked at all that the change has of it and found nothing, whatever else its rule asks for.
func (p proofs) lookedProofs(see seen, answers []finding.Check) {
	type look struct {
		finding.Looked
		rule string
	}
	by := map[string][]look{}
	clean, some := true, false
	for _, c := range answers {
		for _, l := range c.Looked {
			by[l.Check] = append(by[l.Check], look{l, c.ID})
			some = some || l.Outcome == finding.Satisfied
			clean = clean && l.Whole && l.Found == 0 && (l.Outcome == finding.Satisfied || l.Outcome == finding.NotApplicable)
		}
	}
	for id, all := range by {
		e, met, nothing := frameworks.OfCheck(id), false, true
		for _, l := range all {
			met = met || l.Outcome == finding.Satisfied && l.Whole
			nothing = nothing && l.Outcome == finding.NotApplicable && l.Whole
		}
		// Of several rules each may look at other files: one that found something is enough.
		met = met && !slices.ContainsFunc(all, func(l look) bool { return l.Found > 0 })
		for _, l := range all {
			if l.Outcome == finding.Satisfied && l.Whole {
				says := fmt.Sprintf("%s looked at %s and found nothing", id, plural(l.At, l.Unit, l.Unit+"s"))
				see(e, met, says, l.rule)
				see(frameworks.Checks, clean && some, says, l.rule)
			}
		}
		if def := checks.Define(id); nothing && def != nil {
			p.nothing[e] = def.Nothing
		}
	}
}

// contextProofs are those of what is not in git.
func (in Input) contextProofs(see seen) {
	c := in.Context
	if c == nil {
		return
	}
	see(frameworks.Sources, sourced(c), plural(len(c.Sources), "source of the context is named", "sources of the context are named"))
	head := in.Change.Head.String()
	for _, s := range c.SARIF {
		results := "how many results it has is not told"
		if s.Results >= 0 {
			results = plural(s.Results, "result", "results")
		}
		see(frameworks.Scanner, in.ranOnIt(s.Head) && s.Tool != "", fmt.Sprintf("%s, for %s: %s", clip(s.Tool), in.ranAt(s.Head), results))
	}
	for _, d := range c.Deployments {
		if d.By != nil && d.By.Login != "" {
			see(frameworks.Deployment, (d.SHA == head || c.Merge != nil && d.SHA == c.Merge.SHA) && d.Environment != "", fmt.Sprintf("to %s, by %s", clip(d.Environment), clip(d.By.Login)))
		}
	}
	see(frameworks.Signatures, in.signed(), plural(len(in.Change.Commits), "commit has a signature", "commits have signatures")+" that the forge verified")
}

// sourced says whether each part of a context is there with where it was read, and when.
func sourced(c *change.Context) bool {
	if len(c.Sources) == 0 || slices.ContainsFunc(c.Sources, func(s change.Source) bool { return s.From == "" || s.At == "" }) {
		return false
	}
	for part, there := range map[string]bool{"commit": c.Commits != nil, "reviews": c.Reviews != nil, "check": c.Checks != nil, "sarif": c.SARIF != nil, "waivers": c.Waivers != nil, "deployment": c.Deployments != nil} {
		if there && !slices.ContainsFunc(c.Sources, func(s change.Source) bool { return strings.HasPrefix(s.What, part) }) {
			return false
		}
	}
	return true
}

// signed says whether the forge verified the signature of each commit.
func (in Input) signed() bool {
	_, whole := commitsWhole(in.Change)
	signed := whole && len(in.Change.Commits) > 0
	for _, commit := range in.Change.Commits {
		id, verified := commit.ID.String(), false
		for _, f := range in.Context.Commits {
			if f.SHA == id && !f.Verified { // told twice, both must be
				verified = false
				break
			}
			verified = verified || f.SHA == id
		}
		signed = signed && verified
	}
	return signed
}
