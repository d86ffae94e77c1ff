package control

import (
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
)

// A Shown control is one identifier of a framework, and whether the review of this change
// is evidence for it. It is never a statement that somebody complies.
type Shown struct {
	Framework string `json:"framework"`
	Version   string `json:"version"` // the edition
	ID        string `json:"id"`
	About     string `json:"about"`
	Relation  string `json:"relation"` // "direct" or "supporting"
	Status    Status `json:"status"`
	// Why says why a control does not apply, or is not in force yet.
	Why string `json:"why,omitempty"`
	// Evidence are the types that the row asks for: all must be present.
	Evidence []Proof `json:"evidence"`
}

// Status of a control for one change.
type Status string

// Statuses.
const (
	EvidenceShown Status = "evidence"       // every type of evidence is present
	EvidenceLacks Status = "no-evidence"    // one is absent
	ControlAside  Status = "not-applicable" // it is not about this product
	ControlLater  Status = "not-yet"        // it applies from a later day
)

// A Proof is one type of evidence and the checks that gave it.
type Proof struct {
	Type    string   `json:"type"`
	Present bool     `json:"present"`
	From    []string `json:"from,omitempty"` // ids of rules
}

// proofs are the types of evidence that are present.
type proofs map[frameworks.Evidence][]string

// Controls says for the frameworks in scope what the review is evidence for: those that
// the requirements' context declares, and without any those that rules or requirements
// map to; a company's own matrix always is. checks are what Evaluate answered for the same input.
func Controls(in Input, checks []finding.Check) []Shown {
	d := declared(in.Requirements)
	present := in.present(checks)
	all := []Shown{}
	for _, f := range slices.Concat(frameworks.All, in.Own) {
		if _, known := frameworks.Get(f.ID); known && !inScope(f.ID, d, checks) {
			continue
		}
		for _, c := range f.Table {
			all = append(all, shownControl(f, c, d, in.Day, present))
		}
	}
	return all
}

func inScope(id string, d regulatory, checks []finding.Check) bool {
	if d.hasFrameworks {
		return slices.Contains(d.frameworks, config.ID(id))
	}
	return slices.ContainsFunc(checks, func(c finding.Check) bool {
		return slices.ContainsFunc(c.Maps, func(m finding.Control) bool { return m.Framework == id })
	})
}

func shownControl(f frameworks.Framework, c frameworks.Control, d regulatory, day config.Day, present proofs) Shown {
	s := Shown{Framework: f.ID, Version: f.Version, ID: c.ID, About: c.About, Relation: c.Relation, Status: EvidenceShown, Evidence: []Proof{}}
	for _, e := range c.Evidence {
		from, ok := present[e]
		slices.Sort(from)
		s.Evidence = append(s.Evidence, Proof{string(e), ok, slices.Compact(from)})
		if !ok {
			s.Status = EvidenceLacks
		}
	}
	if len(c.Evidence) == 0 {
		s.Status = EvidenceLacks
	}
	switch {
	case !fitsProduct(c.If, d):
		s.Status, s.Why = ControlAside, doesNotFit(c.If)
	case c.From != "" && string(day) < c.From:
		s.Status, s.Why = ControlLater, "it applies from "+c.From
	}
	return s
}

func doesNotFit(c frameworks.Condition) string {
	if len(c.Data) == 0 {
		return "no declared role and risk class of the EU AI Act makes it apply"
	}
	return "neither declared data nor a declared place in the EU AI Act makes it apply"
}

// fitsProduct says whether the declared place in the EU AI Act is one that a row is about.
// Nothing declared fits no condition: an assistant that writes ordinary software makes
// none of it apply.
func fitsProduct(c frameworks.Condition, d regulatory) bool {
	if len(c.Data) > 0 && !slices.ContainsFunc(d.data, func(id config.ID) bool { return slices.Contains(c.Data, string(id)) }) {
		return false
	}
	if len(c.Roles)+len(c.Risks) == 0 {
		return true
	}
	for i := range d.roles {
		role := len(c.Roles) == 0 || slices.Contains(c.Roles, string(d.roles[i]))
		risk := len(c.Risks) == 0 || slices.Contains(c.Risks, string(d.risks[i]))
		if role && risk {
			return true
		}
	}
	return false
}

// present finds the types of evidence. Each asks that something was observed: nothing
// follows from the absence of anything.
func (in Input) present(checks []finding.Check) proofs {
	p := proofs{}
	see := func(e frameworks.Evidence, seen bool, from ...string) {
		if seen {
			p[e] = append(p[e], from...)
		}
	}
	_, files := filesWhole(in.Change)
	_, commits := commitsWhole(in.Change)
	see(frameworks.Record, files && commits && len(in.Change.Commits) > 0)
	see(frameworks.Authorship, in.Attestation != nil && in.Attestation.Outcome == finding.Satisfied && len(in.Attestation.Commits) > 0)
	see(frameworks.Impact, in.Impact != nil && in.Impact.Outcome == finding.Satisfied && len(in.Impact.Changed) > 0)
	in.contextProofs(see)
	byID(see, checks, in.Config)
	if in.Config == nil {
		return p
	}
	see(frameworks.Policy, slices.ContainsFunc(in.Config.Rules, func(r config.LayeredRule) bool { return r.Level == finding.Error }))
	for _, r := range in.Config.Rules {
		if slices.ContainsFunc(checks, func(c finding.Check) bool {
			return c.Kind == finding.Rule && c.ID == r.CheckID && c.Origin == r.Origin && c.Outcome == finding.Satisfied
		}) {
			ruleProofs(see, r)
		}
	}
	return p
}

// byID are the answers of single rules and requirements, which only a company's own
// matrix asks for. An id may stand in floor and repository, or in two files: then all of
// them must be satisfied.
func byID(see func(frameworks.Evidence, bool, ...string), checks []finding.Check, policy *config.Effective) {
	met := map[frameworks.Evidence]bool{}
	for _, c := range checks {
		e := frameworks.OfRequirement(c.ID)
		switch {
		case c.Kind == finding.Rule && policy != nil:
			i := slices.IndexFunc(policy.Rules, func(r config.LayeredRule) bool { return r.CheckID == c.ID && r.Origin == c.Origin })
			if i < 0 {
				continue
			}
			e = frameworks.OfRule(string(policy.Rules[i].ID))
		case c.Kind != finding.Requirement:
			continue
		}
		before, seen := met[e]
		met[e] = c.Outcome == finding.Satisfied && (before || !seen)
	}
	for e, ok := range met {
		see(e, ok)
	}
}

// ruleProofs are what a satisfied rule is evidence of.
func ruleProofs(see func(frameworks.Evidence, bool, ...string), r config.LayeredRule) {
	switch r.Kind {
	case config.KindApprovals:
		see(frameworks.Review, true, r.CheckID)
		see(frameworks.TwoPeople, r.Approvals.Humans >= 2, r.CheckID)
		see(frameworks.OwnerReview, r.Approvals.Owners, r.CheckID)
	case config.KindJudge:
		see(frameworks.JudgeReview, true, r.CheckID)
	case config.KindRequirements:
		see(frameworks.Requirements, true, r.CheckID)
	case config.KindChecks:
		see(frameworks.Checks, true, r.CheckID)
	case config.KindReason:
		see(frameworks.Reason, true, r.CheckID)
	case config.KindCheckRuns:
		see(frameworks.Tests, true, r.CheckID)
	case config.KindChangeRecord:
		see(frameworks.ChangeRecord, len(r.Fields) == allFields, r.CheckID)
	case config.KindPullRequest:
		see(frameworks.PullRequest, true, r.CheckID)
	}
}

// allFields is how many fields PCI DSS 6.5.1 asks a change record for.
const allFields = 6

// contextProofs are those of what is not in git.
func (in Input) contextProofs(see func(frameworks.Evidence, bool, ...string)) {
	c := in.Context
	if c == nil {
		return
	}
	see(frameworks.Sources, len(c.Sources) > 0 && !slices.ContainsFunc(c.Sources, func(s change.Source) bool { return s.From == "" || s.At == "" }))
	head := in.Change.Head.String()
	see(frameworks.Scanner, slices.ContainsFunc(c.SARIF, func(s change.SARIF) bool { return s.Head == head && s.Tool != "" }))
	see(frameworks.Deployment, slices.ContainsFunc(c.Deployments, func(d change.Deployment) bool {
		return (d.SHA == head || c.Merge != nil && d.SHA == c.Merge.SHA) && d.Environment != ""
	}))
	_, whole := commitsWhole(in.Change)
	signed := whole && len(in.Change.Commits) > 0
	for _, commit := range in.Change.Commits {
		id, verified := commit.ID.String(), false
		for _, f := range c.Commits {
			if f.SHA == id && !f.Verified { // told twice, both must be
				verified = false
				break
			}
			verified = verified || f.SHA == id
		}
		signed = signed && verified
	}
	see(frameworks.Signatures, signed)
}
