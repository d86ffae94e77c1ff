package attestation

import (
	"strings"

	"custody/internal/change"
)

// forge appends what the forge knows of a commit's author and committer.
//
// The forge finds an account by the address in the commit, and that is a claim. It is
// strength B only if the forge also verified the signature, and the committer is the
// same account or the forge itself: then the agent, or the forge for it, signed.
func (t *table) forge(to []Evidence, out *Commit, f change.CommitFacts) []Evidence {
	for _, p := range []struct {
		source string
		person *change.Person
	}{{"forge-author", f.Author}, {"forge-committer", f.Committer}} {
		if p.person == nil || p.person.Type != change.Bot {
			continue
		}
		r, sure := t.account(p.person.Login, p.person.ID)
		if r == nil || !sure && p.person.ID != "" {
			continue // nobody in the table, or somebody else under that login
		}
		e := Evidence{Source: p.source, Strength: "D", Class: AIDeclared, Agent: r.ID, Scope: out.scope(),
			Detail: change.Printable("account " + p.person.Login + " (" + p.person.ID + ")")}
		switch {
		case r.Kind == KindAutomation:
			if p.source == "forge-author" && out.Automation == "" {
				out.Automation = r.ID
			}
			continue
		case sure && f.Verified && t.vouches(f.Committer, r):
			e.Strength, e.Class = "B", AIVerified
			e.Detail = change.Printable(e.Detail + ", signature verified by the forge")
		}
		to = append(to, e)
	}
	return to
}

// vouches says whether a committer's signature speaks for the agent: its own, or the
// forge's.
func (t *table) vouches(committer *change.Person, agent *Identity) bool {
	if committer == nil {
		return false
	}
	r, sure := t.account(committer.Login, committer.ID)
	return sure && r != nil && (r.ID == agent.ID && committer.Type == change.Bot || r.ID == "web-flow")
}

// request reads the pull request's own statement: evidence for the change as a whole.
func (t *table) request(c *change.Context) []Evidence {
	if c == nil || c.Change == nil || strings.TrimSpace(c.Change.AIStatement) == "" {
		return nil
	}
	s := strings.TrimSpace(c.Change.AIStatement)
	return t.statement(nil, s, Evidence{
		Source: "statement", Strength: "D", Class: AIDeclared, Scope: "change",
		Detail: change.Printable("statement of the request: " + s),
	})
}

// state applies the request's statement to the commits: where a commit says nothing
// itself, the statement for the whole change stands. Automation wrote nothing by hand,
// so "none" does not make its commits human.
func state(commits []Commit, es []Evidence) {
	said, anyAI := decide(es), false
	for i := range commits {
		anyAI = anyAI || commits[i].Class.IsAI()
	}
	for i := range commits {
		c := &commits[i]
		switch {
		case said == AIDeclared && (c.Class == Unknown || c.Class == HumanDeclared && !anyAI):
			// If agents helped with the change and every commit denies it, one of the two
			// is wrong: the commits' own word stays, and makes it a conflict.
		case said == HumanDeclared && c.Class == Unknown && c.Automation == "":
		default:
			continue
		}
		c.wide = append(c.wide, es...)
		c.settle()
	}
}
