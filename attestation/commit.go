package attestation

import (
	"cmp"
	"maps"
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
	out, found := t.read(c, trailers)
	out.People = t.people(c, trailers, found)
	return out
}

// read is classify without the people, which a history asks for few commits only, and
// with the attributions in the middle of the message.
func (t *table) read(c *git.Commit, trailers []change.Trailer) (Commit, []attribution) {
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
	out.wide = t.body(es, found, had)
	for i := range out.wide {
		out.wide[i].Scope = out.scope()
	}
	out.cut = cut
	return out, found
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
	slices.SortFunc(c.wide, compareEvidence)
	c.wide = slices.Compact(c.wide)
	c.Class = decide(c.wide)
	agents := c.wide // all of them, shown or not
	c.bound()
	c.cells = nil
	if len(c.pieces) > 0 {
		c.settleLines()
	}
	c.Agents, c.Sessions = []Agent{}, nil
	name := func(e *Evidence) {
		if e.Class.IsAI() && e.Strength != "F" && e.Agent != "" {
			c.Agents = addAgent(c.Agents, Agent{ID: e.Agent, Model: e.Model})
			c.Sessions = addSessions(c.Sessions, e.Session)
		}
	}
	for i := range agents {
		name(&agents[i])
	}
	for _, p := range c.pieces {
		name(&p.Evidence)
	}
	c.Agents = distinct(c.Agents)
	slices.Sort(c.Sessions)
}

// settleLines decides the class of a commit some of whose lines are told apart.
func (c *Commit) settleLines() {
	c.cells = map[change.Path][]lineCell{}
	byPath := map[change.Path][]*piece{}
	for _, p := range c.pieces {
		byPath[p.path] = append(byPath[p.path], p)
	}
	lines := map[Class]int{}
	covered := 0
	for _, path := range slices.Sorted(maps.Keys(byPath)) { // the budget may end on the way
		cells := cellsOf(c.wide, byPath[path], c.budget)
		c.cells[path] = cells
		for _, cell := range cells {
			n := c.own.of(path).and(lineSet{cell.lineRange}).count()
			if c.own.all {
				n = 1 // how many is not known, and all that can be there do not add up
			}
			lines[cell.class] += n
			covered += n
		}
	}
	if rest := c.own.total - covered; rest > 0 {
		lines[c.Class] += rest
	}
	c.Class = together(lines, c.Class == HumanDeclared)
}

// eachEvidence calls fn for what is said of the commit and of its lines.
func (c *Commit) eachEvidence(fn func(*Evidence)) {
	for i := range c.wide {
		fn(&c.wide[i])
	}
	for _, p := range c.pieces {
		fn(&p.Evidence)
	}
}

func addAgent(to []Agent, a Agent) []Agent {
	if len(to) == maxShown || slices.Contains(to, a) {
		return to
	}
	return append(to, a)
}

// addSessions adds what one piece of evidence names, which may be several with commas.
func addSessions(to []string, sessions string) []string {
	if sessions == "" {
		return to
	}
	for s := range strings.SplitSeq(sessions, ",") {
		if s = strings.TrimSpace(s); s != "" && len(to) < maxShown && !slices.Contains(to, s) {
			to = append(to, s)
		}
	}
	return to
}

// distinct sorts agents. One named once with its model and once without is one agent.
func distinct(as []Agent) []Agent {
	slices.SortFunc(as, func(a, b Agent) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Model, b.Model))
	})
	for i := len(as) - 2; i >= 0; i-- {
		if a := as[i]; a.Model == "" && as[i+1].ID == a.ID {
			as = slices.Delete(as, i, i+1)
		}
	}
	return as
}

// bound keeps the strongest of what is said of a settled commit as a whole, and at least
// one piece of each class and strength, so that what is kept says the same as all of it:
// messages of a change can hold millions of pieces.
func (c *Commit) bound() {
	if n := len(c.wide) - maxShown; n > 0 {
		c.wide, c.unshown = strongestOfEach(c.wide), c.unshown+n
	}
}

// strongestOfEach takes maxShown of sorted pieces: the first of each class and strength,
// of which there are fewer, and the strongest of the others.
func strongestOfEach(es []Evidence) []Evidence {
	type kind struct {
		class    Class
		strength Strength
	}
	firsts := map[kind]bool{}
	first := func(e *Evidence) bool {
		k := kind{e.Class, e.Strength}
		had := firsts[k]
		firsts[k] = true
		return !had
	}
	for i := range es {
		first(&es[i])
	}
	room := maxShown - len(firsts)
	clear(firsts)
	out := make([]Evidence, 0, maxShown)
	for i := range es {
		if !first(&es[i]) {
			if room <= 0 {
				continue
			}
			room--
		}
		out = append(out, es[i])
	}
	return out
}

// trim writes down what is shown of a settled commit. No slice of it is nil after this.
func (c *Commit) trim() {
	all := make([]Evidence, 0, min(len(c.wide)+len(c.pieces), 2*maxShown))
	c.eachEvidence(func(e *Evidence) {
		if all = append(all, *e); len(all) == 2*maxShown {
			slices.SortFunc(all, compareEvidence)
			all, c.unshown = strongestOfEach(all), c.unshown+maxShown
		}
	})
	slices.SortFunc(all, compareEvidence)
	if n := len(all) - maxShown; n > 0 {
		all, c.unshown = strongestOfEach(all), c.unshown+n
	}
	weigh(all, c.Class)
	if c.unshown > 0 {
		all = append(all, Evidence{
			Source: "limit", Strength: "F", Class: Unknown, Scope: all[0].Scope,
			Detail: plural(c.unshown, "more piece") + " of evidence, counted and not shown",
		})
	}
	c.Evidence = all
	if c.People == nil {
		c.People = []string{}
	}
}

// forget drops what only settling needed.
func (c *Commit) forget() {
	c.wide, c.pieces, c.cells, c.own, c.budget = nil, nil, nil, ownLines{}, nil
}

// weigh marks in sorted evidence what decided for the class and what speaks against it.
func weigh(es []Evidence, class Class) {
	if class == Unknown {
		return
	}
	ai := class.IsAI() || class == Conflict
	var decided [2]bool // for the class, and for the other half of what is mixed
	for i := range es {
		e := &es[i]
		if !e.speaks() {
			continue
		}
		side := 0
		if e.Class.IsAI() != ai {
			if side = 1; class != Mixed {
				e.Role = Contradicts
				continue
			}
		}
		if !decided[side] {
			e.Role, decided[side] = Decides, true
		}
	}
}

func compareEvidence(a, b Evidence) int {
	return cmp.Or(
		cmp.Compare(a.Strength, b.Strength), // "A" is strongest
		agentFirst(a.Class, b.Class),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Model, b.Model),
		cmp.Compare(a.Class, b.Class), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Detail, b.Detail), cmp.Compare(a.Session, b.Session),
	)
}

// agentFirst puts what speaks for an agent before what speaks against it.
func agentFirst(a, b Class) int {
	switch x, y := a.IsAI(), b.IsAI(); {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}
