package control

import (
	"slices"
	"strings"

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
	ControlAside  Status = "not-applicable" // it is not about this product, or the change has nothing of what it asks for
	ControlLater  Status = "not-yet"        // it applies from a later day
)

// A Proof is one type of evidence and the checks that gave it.
type Proof struct {
	Type    string   `json:"type"`
	Present bool     `json:"present"`
	From    []string `json:"from,omitempty"` // ids of rules
	// Says is what was looked for and found in this change.
	Says string `json:"says,omitempty"`
}

// Controls says for the frameworks in scope what the review is evidence for: those that
// the requirements' context declares, and without any those that rules or requirements
// map to; a company's own matrix always is. checks are what Evaluate answered for the same input.
func Controls(in Input, checks []finding.Check) []Shown {
	d := declared(in.Requirements)
	present := in.present(checks)
	all := []Shown{}
	for _, f := range slices.Concat(frameworks.All, in.Own) {
		if _, known := frameworks.Get(f.ID); known && !in.inScope(f.ID, d, checks) {
			continue
		}
		for _, c := range f.Table {
			all = append(all, shownControl(f, c, d, in.Day, present))
		}
	}
	return all
}

// inScope does not depend on what came out: a rule that maps to a framework asks for it.
func (in Input) inScope(id string, d regulatory, checks []finding.Check) bool {
	if d.hasFrameworks {
		return slices.Contains(d.frameworks, config.ID(id))
	}
	if in.Config != nil && slices.ContainsFunc(in.Config.Rules, func(r config.LayeredRule) bool {
		return slices.ContainsFunc(mapsOf(r, answer{}), func(m config.Map) bool { return m.Framework == id })
	}) {
		return true
	}
	return slices.ContainsFunc(checks, func(c finding.Check) bool {
		return slices.ContainsFunc(c.Maps, func(m finding.Control) bool { return m.Framework == id })
	})
}

func shownControl(f frameworks.Framework, c frameworks.Control, d regulatory, day config.Day, present proofs) Shown {
	s := Shown{Framework: f.ID, Version: f.Version, ID: c.ID, About: c.About, Relation: c.Relation, Status: EvidenceShown, Evidence: []Proof{}}
	for _, e := range c.Evidence {
		p, ok := present.there[e]
		proof := Proof{Type: string(e), Present: ok}
		if ok {
			proof.From, proof.Says = p.from, strings.Join(p.says, "; ")
		}
		s.Evidence = append(s.Evidence, proof)
		switch why := present.nothing[e]; {
		case ok:
		case why == "":
			s.Status = EvidenceLacks
		case s.Status == EvidenceShown:
			s.Status, s.Why = ControlAside, why
		}
	}
	if len(c.Evidence) == 0 {
		s.Status = EvidenceLacks
	}
	if s.Status == EvidenceLacks {
		s.Why = ""
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

// byID are the answers of single rules and requirements, which only a company's own
// matrix asks for. An id may stand in floor and repository, or in two files: then all of
// them must be satisfied.
func byID(see seen, checks []finding.Check, policy *config.Effective) {
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
		see(e, ok, "")
	}
}
