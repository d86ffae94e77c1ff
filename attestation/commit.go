package attestation

import (
	"cmp"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// maxShown bounds what one commit may put into a report: pieces of evidence, agents,
// people. The class is decided by all of it, shown or not.
const maxShown = 64

// classify reads everything that a commit says of itself.
func (t *table) classify(c *git.Commit, trailers []change.Trailer) Commit {
	out := Commit{SHA: c.ID}
	var es []Evidence
	es = t.identity(es, &out, "author", c.Author)
	if c.Committer != c.Author {
		es = t.identity(es, &out, "committer", c.Committer)
	}
	var had map[change.Trailer]bool
	for _, tr := range trailers {
		if _, ok := ruleOf(tr.Key); !ok {
			continue
		}
		if had == nil {
			had = make(map[change.Trailer]bool, len(trailers))
		}
		// A trailer said twice is one fact.
		if key := normal(tr); !had[key] {
			had[key] = true
			es = t.trailer(es, tr, "D")
		}
	}
	found, cut := attributions(c.Message)
	out.Evidence = t.body(es, found, had)
	for i := range out.Evidence {
		out.Evidence[i].Scope = out.scope()
	}
	out.People = t.people(c, trailers, found)
	out.cut = cut
	return out
}

// scope is how evidence for the commit names it.
func (c *Commit) scope() string { return "commit:" + c.SHA.String() }

// identity appends what an author or committer says. Strength D: anyone who commits
// can write any name.
func (t *table) identity(to []Evidence, out *Commit, source string, s git.Signature) []Evidence {
	r, _ := t.person(s.Name, s.Email)
	if r == nil {
		return to
	}
	e := Evidence{Source: source, Detail: change.Printable(s.Name + " <" + s.Email + ">")}
	switch {
	case r.Kind != KindAutomation:
		e.Strength, e.Class, e.Agent = "D", AIDeclared, r.ID
	case source == "author":
		out.Automation = r.ID
		e.Strength, e.Class = "F", Unknown
		e.Detail = change.Printable("automation: " + e.Detail)
	default:
		return to // the forge, or a bot, that only passed the commit on
	}
	return append(to, e)
}

// people lists who answers for a commit: author, committer and co-authors that are
// neither agent nor automation. Of an agent's commit it is the human co-author.
func (t *table) people(c *git.Commit, trailers []change.Trailer, found []attribution) []string {
	var out, seen []string
	add := func(name, email string) {
		r, user := t.person(name, email)
		if r != nil && user == "" || isBotAddress(email) || len(out) == maxShown {
			return
		}
		if user != "" {
			name = user
		}
		who := strings.ToLower(strings.TrimSpace(email))
		if who == "" {
			who = strings.ToLower(name)
		}
		if who == "" || slices.Contains(seen, who) {
			return
		}
		seen = append(seen, who)
		out = append(out, change.Printable(name+" <"+email+">"))
	}
	add(c.Author.Name, c.Author.Email)
	add(c.Committer.Name, c.Committer.Email)
	coAuthor := func(tr change.Trailer) {
		if rule, ok := ruleOf(tr.Key); !ok || rule.form != isCoAuthor {
			return
		}
		if m := t.coAuthor(tr.Value); m.agent == "" && m.email != "" {
			add(m.name, m.email)
		}
	}
	for _, tr := range trailers {
		coAuthor(tr)
	}
	for _, a := range found {
		coAuthor(a.Trailer)
	}
	return out
}

// settle decides the class of a commit by its evidence, and names the agents.
func (c *Commit) settle() {
	c.Class = decide(c.Evidence)
	slices.SortFunc(c.Evidence, compareEvidence)
	c.Evidence = slices.Compact(c.Evidence)
	c.Agents = []Agent{}
	for _, e := range c.Evidence {
		if e.Class != AIDeclared && e.Class != AIVerified || e.Strength == "F" || e.Agent == "" {
			continue
		}
		a := Agent{ID: e.Agent, Model: e.Model}
		if len(c.Agents) < maxShown && !slices.Contains(c.Agents, a) {
			c.Agents = append(c.Agents, a)
		}
	}
	slices.SortFunc(c.Agents, func(a, b Agent) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Model, b.Model))
	})
	// An agent named once with its model and once without is one agent.
	for i := len(c.Agents) - 2; i >= 0; i-- {
		if a := c.Agents[i]; a.Model == "" && c.Agents[i+1].ID == a.ID {
			c.Agents = slices.Delete(c.Agents, i, i+1)
		}
	}
}

// bound keeps the strongest evidence of a settled commit: messages of a change can hold
// millions of pieces. Those of one class and strength decide alike, and a request's
// statement is added only where no evidence is for an agent.
func (c *Commit) bound() {
	if n := len(c.Evidence) - maxShown; n > 0 {
		c.Evidence, c.unshown = slices.Clone(c.Evidence[:maxShown]), c.unshown+n
	}
}

// trim bounds what is shown of a settled commit. No slice of it is nil after this.
func (c *Commit) trim() {
	c.bound()
	if c.unshown > 0 {
		c.Evidence = append(c.Evidence, Evidence{
			Source: "limit", Strength: "F", Class: Unknown, Scope: c.Evidence[0].Scope,
			Detail: plural(c.unshown, "more piece") + " of evidence, counted and not shown",
		})
	}
	if c.Evidence == nil {
		c.Evidence = []Evidence{}
	}
	if c.People == nil {
		c.People = []string{}
	}
}

func compareEvidence(a, b Evidence) int {
	return cmp.Or(
		cmp.Compare(a.Strength, b.Strength), // "A" is strongest
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Model, b.Model),
		cmp.Compare(a.Class, b.Class), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Detail, b.Detail),
	)
}
