package control

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// authors are the people who wrote a change, as far as they are known, and those who
// are not. Nobody among them may approve it.
type authors struct {
	ids    identities
	origin string            // of the rule that asks: which identity maps it relies on
	known  map[string]string // person, as identities name them -> login
	// unknown are identities in git, by lower-case e-mail address, that belong to nobody
	// the forge named. Each may be any person, so each may be one of the approvers.
	unknown map[string]bool
	// accounts are those that the forge named, by lower-case login: their ids.
	accounts map[string]string
}

// authorsOf collects everybody who took part: who opened the change, authors,
// committers and co-authors of its commits, and who drove an agent that wrote some of
// it. An agent is no person and approves nothing. Of what landed, see there, it is those
// who wrote what was approved, and not who landed it.
func authorsOf(c *change.Change, ctx *change.Context, at *attestation.Report, ids identities, origin string, in landing) authors {
	a := authors{ids, origin, map[string]string{}, map[string]bool{}, map[string]string{}}
	if ctx.Change == nil || !a.person(ctx.Change.Author) {
		a.unknown["who opened the change"] = true
	}
	facts := map[string][]change.CommitFacts{} // told twice, each counts
	for _, f := range ctx.Commits {
		facts[f.SHA] = append(facts[f.SHA], f)
	}
	emails := map[string]bool{} // that the forge gave a person to
	commits := in.commits(c.Commits)
	for _, commit := range commits {
		for _, f := range facts[commit.ID.String()] {
			if a.person(f.Author) {
				emails[address(commit.Author.Email)] = true
			}
			if !in.made(commit) && a.person(f.Committer) {
				emails[address(commit.Committer.Email)] = true
			}
		}
	}
	agents := agentAddresses(c, at)
	host := "github.com"
	if ctx.Repository != nil && ctx.Repository.Host != "" {
		host = strings.ToLower(ctx.Repository.Host)
	}
	for _, commit := range commits {
		known := facts[commit.ID.String()]
		a.mapped(commit.Author.Email)
		if !in.made(commit) {
			a.mapped(commit.Committer.Email)
		}
		if !slices.ContainsFunc(known, func(f change.CommitFacts) bool { return isPerson(f.Author) }) {
			a.unknownAddress(commit.Author.Email, emails, agents)
		}
		if !in.made(commit) && !slices.ContainsFunc(known, func(f change.CommitFacts) bool { return isPerson(f.Committer) }) {
			a.unknownAddress(commit.Committer.Email, emails, agents)
		}
		for _, email := range coAuthors(commit) {
			// The forge speaks of no co-authors; its own form of address is all there is.
			// An author or committer under such an address would be known to it.
			if id, login, ok := noreply(address(email), host); ok {
				a.known[ids.account(id)] = login
				continue
			}
			a.unknownAddress(email, emails, agents)
		}
	}
	a.drivers(ctx, at, in)
	if at != nil {
		for _, k := range at.Commits {
			for _, who := range k.Drivers { // a note on the commit may name one who is nowhere in it
				email := coAuthorAddress(who)
				if id, login, ok := noreply(address(email), host); ok {
					a.known[ids.account(id)] = login
					continue
				}
				a.unknownAddress(email, emails, agents)
			}
		}
	}
	return a
}

// drivers adds who drove the machines that wrote commits: whoever gave an agent its
// task is an author of what it wrote. Nobody drives automation, such as an updater of
// dependencies.
func (a authors) drivers(ctx *change.Context, at *attestation.Report, in landing) {
	of := map[string]attestation.Commit{}
	if at != nil && at.Outcome == finding.Satisfied {
		for _, c := range at.Commits {
			of[c.SHA.String()] = c
		}
	}
	byBot := map[string]*change.Person{}
	for _, f := range ctx.Commits {
		// Of which type the account is may be missing: then it may be a machine's.
		if f.Author != nil && f.Author.Type != change.User && !in.forges(f.SHA) {
			byBot[f.SHA] = f.Author
			if _, ok := of[f.SHA]; !ok {
				of[f.SHA] = attestation.Commit{}
			}
		}
	}
	for sha, c := range of {
		bot, name := byBot[sha], ""
		switch {
		case len(c.Agents) > 0:
			name = c.Agents[0].ID
		case bot != nil && c.Automation == "":
			name = bot.Login
		default:
			continue
		}
		sure := len(c.People) > 0
		if bot != nil {
			for range a.ids.drive(bot.ID) { // each is an author already, see person
				sure = sure || a.ids.vouches(accountName(config.AccountOn(a.ids.host, bot.ID)), a.origin)
			}
		}
		if !sure {
			a.unknown["who drove "+name] = true
		}
	}
}

func isPerson(p *change.Person) bool { return p != nil && p.ID != "" }

// person adds somebody the forge knows.
func (a authors) person(p *change.Person) bool {
	if !isPerson(p) {
		return false
	}
	a.known[a.ids.account(p.ID)] = p.Login
	for _, d := range a.ids.drive(p.ID) { // whatever the forge calls the account: it writes at their word
		if _, named := a.known[d]; !named {
			a.known[d] = strings.TrimPrefix(d, "person ")
		}
	}
	if p.Login != "" {
		a.accounts[strings.ToLower(p.Login)] = p.ID
	}
	return true
}

// mapped adds the person to whom an identity map gives an address, whoever the forge
// says it is.
func (a authors) mapped(email string) bool {
	email = address(email)
	person, ok := a.ids.email(email)
	if ok {
		if _, named := a.known[person]; !named {
			a.known[person] = email
		}
	}
	return ok && a.ids.vouches(emailName(email), a.origin)
}

// unknownAddress adds an identity of git that the forge gave no person to, for this
// commit or any other.
func (a authors) unknownAddress(email string, known, agents map[string]bool) {
	if a.mapped(email) {
		return
	}
	email = address(email)
	if !known[email] && !agents[email] {
		a.unknown[email] = true
	}
}

// coAuthors are the addresses that a commit names as having written it too: in its
// trailers, and in any line of its message of that form, since squashing leaves such
// lines in the middle.
func coAuthors(commit change.Commit) []string {
	var emails []string
	add := func(key, value string) {
		if strings.EqualFold(key, "Co-authored-by") || strings.EqualFold(key, "Co-developed-by") {
			emails = append(emails, coAuthorAddress(value))
		}
	}
	for _, t := range commit.Trailers {
		add(t.Key, t.Value)
	}
	for line := range bytes.Lines(commit.Message) {
		if key, value, ok := bytes.Cut(line, []byte(":")); ok && len(key) < 40 {
			add(string(bytes.TrimSpace(key)), string(value))
		}
	}
	return emails
}

// coAuthorAddress is what stands in the last angle brackets, or the whole value.
func coAuthorAddress(value string) string {
	if i := strings.LastIndexByte(value, '<'); i >= 0 {
		value, _, _ = strings.Cut(value[i+1:], ">")
	}
	return value
}

func address(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// noreply reads the numeric id out of an address such as
// 1234+login@users.noreply.github.com, which a GitHub at host gives to each account.
func noreply(email, host string) (id, login string, ok bool) {
	local, at, _ := strings.Cut(email, "@")
	id, login, plus := strings.Cut(local, "+")
	digits := id != "" && strings.Trim(id, "0123456789") == ""
	return id, login, plus && digits && at == "users.noreply."+host
}

// maxPeople is how many people of one commit can be relied on to be listed.
const maxPeople = 50

// agentAddresses are the co-authors that attestation knows to be agents: named in a
// commit's trailers, and not among its accountable people.
func agentAddresses(c *change.Change, at *attestation.Report) map[string]bool {
	agents := map[string]bool{}
	if at == nil || at.Outcome != finding.Satisfied {
		return agents // its list of people may be cut
	}
	people := map[string]bool{}
	withAgents := map[string]bool{}
	for _, commit := range at.Commits {
		withAgents[commit.SHA.String()] = len(commit.Agents) > 0 && len(commit.People) < maxPeople
		for _, p := range commit.People {
			if strings.Contains(p, "?") || !strings.HasSuffix(p, ">") {
				withAgents[commit.SHA.String()] = false // shown otherwise than it is written
			}
			people[address(coAuthorAddress(p))] = true
		}
	}
	for _, commit := range c.Commits {
		if !withAgents[commit.ID.String()] {
			continue
		}
		for _, e := range append(coAuthors(commit), commit.Author.Email, commit.Committer.Email) {
			if e = address(e); !people[e] {
				agents[e] = true
			}
		}
	}
	return agents
}

// logins lists the people whom the forge knows.
func (a authors) logins() []string {
	names := slices.Sorted(maps.Values(a.known))
	return slices.Compact(names)
}
