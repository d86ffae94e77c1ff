package attestation

import (
	"slices"
	"strings"

	"custody/internal/finding"
)

// Rules that Attest looks at by itself. Their findings say what to do; whether they
// block is the policy's matter.
const (
	RuleSignOff   = "attest-agent-signoff"        // an agent in Signed-off-by
	RuleConflict  = "attest-conflict"             // evidence contradicts itself
	RuleStatement = "attest-statement-denied"     // the request says "none", a commit says otherwise
	RuleNote      = "attest-note-against-trailer" // a note or trace says otherwise than the message
	RuleDriver    = "attest-driver-approves"      // who had the agent write it is the only one who approved
)

// find looks for what somebody should put right in the commits.
func (a *assessor) find(said []Evidence) {
	t, c, r := a.t, a.Change, a.r
	denied := decide(said) == HumanDeclared
	for i := range r.Commits {
		k := &r.Commits[i]
		who := "the author of the commit"
		if len(k.People) > 0 {
			who = k.People[0]
		}
		var signed []string // agents: thousands of trailers may name one
		for _, tr := range c.Commits[i].Trailers {
			if rule, ok := ruleOf(tr.Key); !ok || rule.form != isSignOff {
				continue
			}
			if m := t.coAuthor(tr.Value); m.agent != "" && m.kind != KindAutomation && !slices.Contains(signed, m.agent) {
				signed = append(signed, m.agent)
				r.Findings = append(r.Findings, finding.Finding{
					Rule: RuleSignOff, Place: finding.Place{Commit: k.SHA.String()}, Who: who,
					Message: "Signed-off-by names an agent (" + m.agent + "), which can not take responsibility",
					Remedy:  "sign off yourself, and name the agent in Assisted-by or Co-authored-by",
				})
			}
		}
		if k.Class == Conflict {
			r.Findings = append(r.Findings, finding.Finding{
				Rule: RuleConflict, Place: finding.Place{Commit: k.SHA.String()}, Who: who,
				Message: "the evidence contradicts itself: " + contradiction(k.Evidence),
				Remedy:  "correct the commit message or the request's statement, whichever is wrong",
			})
		}
		if what := t.noteAgainst(k); what != "" {
			r.Findings = append(r.Findings, finding.Finding{
				Rule: RuleNote, Level: finding.Warning, Place: finding.Place{Commit: k.SHA.String()}, Who: who,
				Message: what,
				Remedy:  "correct the message, or the note, whichever is wrong",
			})
		}
		if denied && k.Class.IsAI() {
			r.Findings = append(r.Findings, finding.Finding{
				Rule: RuleStatement, Place: finding.Place{Commit: k.SHA.String()}, Who: who,
				Message: "the request states that no agent helped, this commit says otherwise: " + strongest(k.Evidence, true),
				Remedy:  "correct the statement of the request, or the commit message",
			})
		}
	}
}

// noteAgainst says how a note or trace contradicts what the commit says of itself; empty
// where it does not.
func (t *table) noteAgainst(k *Commit) string {
	var said, noted []string // agents
	none := false
	for i := range k.wide {
		e := &k.wide[i]
		switch {
		case !e.speaks() || e.Source == "statement":
		case e.Class == HumanDeclared:
			none = true
		case e.Class.IsAI() && !slices.Contains(said, e.Agent):
			said = append(said, e.Agent)
		}
	}
	agents, humans := false, k.noted
	for _, p := range k.pieces {
		if p.Source != "note" && p.Source != "trace" {
			continue
		}
		humans = humans || p.Class == HumanAttested
		if p.Class.IsAI() {
			agents = true
			if !slices.Contains(noted, p.Agent) {
				noted = append(noted, p.Agent)
			}
		}
	}
	slices.Sort(said)
	slices.Sort(noted)
	switch {
	case agents && none:
		return "the message states that no agent helped, the note on the commit names " + strings.Join(noted, ", ")
	case humans && !agents && len(said) > 0:
		return "the message names " + strings.Join(said, ", ") + ", the note on the commit or the record of its lines has seen no agent at work"
	case agents && len(said) > 0 && !slices.Contains(said, Unlisted) && !slices.Contains(noted, Unlisted) &&
		!slices.ContainsFunc(noted, func(id string) bool { return slices.Contains(said, id) }):
		return "the message names " + strings.Join(said, ", ") + ", the note on the commit " + strings.Join(noted, ", ")
	}
	return ""
}

// strongest is the first evidence for an agent, or for a human.
func strongest(es []Evidence, ai bool) string {
	for _, e := range es {
		if e.Strength != "F" && e.Class != Unknown && e.Class.IsAI() == ai {
			return e.Detail
		}
	}
	return ""
}

func contradiction(es []Evidence) string {
	return strings.Join([]string{strongest(es, true), strongest(es, false)}, " against ")
}
