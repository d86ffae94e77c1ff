package attestation

import (
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
)

// drivers names who had an agent write a commit: its author; the human co-authors and
// the committer of a commit whose author is an agent or a workflow; and those whom a
// note names already.
func (a *assessor) drivers(i int) {
	k := &a.r.Commits[i]
	if len(k.Agents) == 0 {
		k.Drivers = nil
		return
	}
	author := a.Change.Commits[i].Author
	r, user := a.t.person(author.Name, author.Email)
	if r == nil && !isBotAddress(author.Email) || user != "" {
		for _, who := range k.People {
			if _, email := parsePerson(who); email == change.Printable(author.Email) {
				k.Drivers = addPerson(k.Drivers, who)
			}
		}
		return
	}
	for _, who := range k.People {
		k.Drivers = addPerson(k.Drivers, who)
	}
}

// driverApproves looks whether all who approved the head drove an agent themselves. It
// knows people by their accounts; of whom the forge says nothing, it says nothing.
func (a *assessor) driverApproves() {
	c := a.Context
	if c == nil || len(c.Reviews) == 0 {
		return
	}
	drivers := a.driverAccounts()
	state := map[string]string{} // by account: the last that is not a mere comment
	login := map[string]string{}
	at := map[string]string{}
	for _, v := range c.Reviews {
		id, said := v.Reviewer.ID, v.State
		if c.Merge != nil {
			said = v.StateAt(c.Merge.At)
		}
		if said == "commented" || id == "" || v.At < at[id] || v.Reviewer.Type == change.Bot || v.Reviewer.Type == change.App {
			continue // what an agent or a workflow approved, nobody did
		}
		at[id], login[id] = v.At, v.Reviewer.Login
		state[id] = said
		if v.Commit != a.Change.Head.String() {
			state[id] = "" // of another head
		}
	}
	var approved []string
	for id, s := range state {
		if s != "approved" {
			continue
		}
		if !drivers[id] {
			return
		}
		approved = append(approved, change.Printable(login[id]))
	}
	if len(approved) == 0 {
		return
	}
	slices.Sort(approved)
	a.r.Findings = append(a.r.Findings, finding.Finding{
		Rule: RuleDriver, Who: "a reviewer who did not drive the agent",
		Message: "only who had the agent write the change approved it: " + change.Clip(strings.Join(approved, ", "), 160),
		Remedy:  "ask somebody else to review it",
	})
}

// driverAccounts are the forge's accounts of the people who drove an agent: by what the
// forge says of the author, by the number in their address, and who opened the request.
func (a *assessor) driverAccounts() map[string]bool {
	ids := map[string]bool{}
	agents := false
	for i := range a.r.Commits {
		k := &a.r.Commits[i]
		if len(k.Agents) == 0 {
			continue
		}
		agents = true
		for _, who := range k.Drivers {
			_, email := parsePerson(who)
			if id, ok := accountOf(email); ok {
				ids[id] = true
			}
			commit := &a.Change.Commits[i]
			for _, f := range a.Context.Commits {
				if f.SHA != k.SHA.String() {
					continue
				}
				if isUser(f.Author) && email == change.Printable(commit.Author.Email) {
					ids[f.Author.ID] = true
				}
				if isUser(f.Committer) && email == change.Printable(commit.Committer.Email) {
					ids[f.Committer.ID] = true
				}
			}
		}
	}
	if r := a.Context.Change; agents && r != nil && isUser(r.Author) {
		ids[r.Author.ID] = true
	}
	return ids
}

func isUser(p *change.Person) bool { return p != nil && p.Type == change.User && p.ID != "" }

// accountOf reads the number out of an address that GitHub gives to an account, such as
// 1234+login@users.noreply.github.com.
func accountOf(email string) (id string, ok bool) {
	local, ok := strings.CutSuffix(strings.ToLower(email), noreply)
	if !ok {
		return "", false
	}
	id, _, ok = strings.Cut(local, "+")
	return id, ok && id != "" && strings.Trim(id, "0123456789") == ""
}
