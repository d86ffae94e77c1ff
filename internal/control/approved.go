package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// Seen is a change that somebody approved, or granted a waiver for: a commit, as it was a
// change to what the target was then. Where that is not known, it is one to the base.
type Seen struct {
	Commit string
	Base   string // "": not known
}

// Compare orders them.
func (s Seen) Compare(o Seen) int {
	return cmp.Or(cmp.Compare(s.Commit, o.Commit), cmp.Compare(s.Base, o.Base))
}

// Approved says what a change that somebody approved has to do with the one that is
// judged. The zero value says that it is another.
type Approved struct {
	Same bool
	// Unknown says that it could not be looked at now, and another time may: a fact is missing.
	Unknown bool
	How     string // "it has the same files", "it makes another change"
	// Commits are those of its change. Who wrote them must be among the authors of the
	// head: an approval of one's own work is none, whoever's name it lands under.
	Commits []change.Commit
}

func (a Approved) note() string {
	if a.How == "" {
		return ""
	}
	return " " + a.How
}

// sameChange says whether who approved a change approved this one.
func (e *evaluation) sameChange(seen Seen) Approved {
	head := seen.Commit == e.Change.Head.String()
	if head && seen.Base == "" {
		return Approved{Same: true}
	}
	a, known := e.Input.Approved[seen]
	switch {
	case !known:
		return Approved{How: "whether it makes the same change was not looked at"}
	case a.Same && head:
		return Approved{Same: true, Commits: a.Commits}
	case a.Same && !e.namesAuthors(a.Commits):
		return Approved{How: "its commits name other authors than those of the head"}
	case a.Same:
		a.How = fmt.Sprintf("commit %s: %s", shortCommit(seen.Commit), a.How)
	}
	return a
}

// approvable names what people can approve: of a commit that the forge made, the pull request's
// own.
func (e *evaluation) approvable() string {
	var c *change.Request
	if e.Context != nil {
		c = e.Context.Change
	}
	if c == nil || c.Proposed == "" && c.Kind != "merge_group" || c.Proposed == e.Change.Head.String() {
		return "commit " + e.Change.Head.Short()
	}
	own := "the pull requests that it adds"
	if c.Proposed != "" {
		own = "commit " + shortCommit(c.Proposed) + " of the pull request"
	}
	if c.Kind == "merge_group" {
		own += ", and then queue it again"
	}
	return own
}

// ranOnIt says whether what ran on a commit ran on this change: on its head, or, where it has
// landed, on the commit that was proposed, if that makes the same change.
func (in Input) ranOnIt(commit string) bool {
	if commit == in.Change.Head.String() {
		return true
	}
	c := in.Context
	return in.Stage == change.AtRecord && commit != "" && c != nil && c.Change != nil && c.Change.Proposed == commit && in.Approved[Seen{Commit: commit}].Same
}

// ranAt names the commit that something ran on.
func (in Input) ranAt(commit string) string {
	if commit == in.Change.Head.String() {
		return "the head"
	}
	return "commit " + shortCommit(commit) + ", which was proposed and makes the same change"
}

// namesAuthors says whether everybody whom the commits name as having written them is
// named by some commit of the change, too: by the address, or as an author by an account that
// the forge knows both by. A forge that makes one commit of many writes the address itself,
// and not always the one that somebody commits with.
func (e *evaluation) namesAuthors(commits []change.Commit) bool {
	accounts := e.authorAccounts()
	known := map[string]bool{}
	for _, c := range e.Change.Commits {
		for id := range accounts[c.ID.String()] {
			known[id] = true
		}
	}
	delete(known, "")
	named := map[string]bool{}
	for _, c := range e.Change.Commits {
		named[address(c.Author.Email)], named[address(c.Committer.Email)] = true, true
		for _, email := range coAuthors(c) {
			named[address(email)] = true
		}
	}
	for _, c := range commits {
		for _, email := range coAuthors(c) {
			if !named[address(email)] {
				return false
			}
		}
		if named[address(c.Author.Email)] {
			continue
		}
		wrote := accounts[c.ID.String()]
		if len(wrote) == 0 {
			return false
		}
		for id := range wrote {
			if !known[id] {
				return false
			}
		}
	}
	return true
}

// authorAccounts are the accounts, by id, that the forge tells as authors of commits; one that
// is nobody's account is "".
func (e *evaluation) authorAccounts() map[string]map[string]bool {
	accounts := map[string]map[string]bool{}
	if e.Context == nil {
		return accounts
	}
	for _, f := range e.Context.Commits {
		if accounts[f.SHA] == nil {
			accounts[f.SHA] = map[string]bool{}
		}
		if isPerson(f.Author) {
			accounts[f.SHA][f.Author.ID] = true
		} else {
			accounts[f.SHA][""] = true
		}
	}
	return accounts
}

// late says whether a review came after the change had landed. That can be asked only
// at stage record; known is false where a time is missing.
func (e *evaluation) late(r change.Review) (late, known bool) { return e.lateAt(r.At) }

// lateAt says it of an instant.
func (e *evaluation) lateAt(instant string) (late, known bool) {
	if e.Stage != change.AtRecord || e.deferring && e.dueBy == "" {
		return false, true
	}
	if e.deferring {
		at, err := time.Parse(time.RFC3339, instant)
		return err != nil || config.Day(at.UTC().Format(time.DateOnly)) > e.dueBy, err == nil
	}
	if e.Context.Merge == nil {
		return true, false
	}
	at, err := time.Parse(time.RFC3339, instant)
	merged, err2 := time.Parse(time.RFC3339, e.Context.Merge.At)
	if err != nil || err2 != nil {
		return true, false
	}
	return at.After(merged), true
}

// owner is the account or organisation to which the repository belongs, or "".
func (e *evaluation) owner() string {
	if e.Context == nil || e.Context.Repository == nil {
		return ""
	}
	return e.Context.Repository.Owner
}

// isMember says whether somebody of these teams is in one of the wanted ones. A team
// without an organisation is one of the repository's owner.
func isMember(wanted []config.TeamName, teams []string, owner string) (member, known bool) {
	if len(wanted) == 0 {
		return true, true
	}
	for _, t := range teams {
		if slices.Contains(wanted, config.TeamName(fullTeam(t, owner))) {
			return true, true
		}
	}
	return false, teams != nil
}

func fullTeam(team, owner string) string {
	team = strings.ToLower(strings.TrimPrefix(team, "@"))
	if !strings.Contains(team, "/") {
		team = strings.ToLower(owner) + "/" + team
	}
	return team
}

func teamList(teams []config.TeamName) string {
	names := make([]string, len(teams))
	for i, t := range teams {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// lastPusher is what the rule about the last pusher says: somebody approved who is not
// the one that pushed the head. Whoever pushed any of it counts as the one.
func (e *evaluation) lastPusher(wrote authors, voices []voice) answer {
	var pushers []change.Pusher
	if e.Context.Change != nil {
		pushers = e.Context.Change.Pushers
	}
	pushed, nameless := map[string]bool{}, 0 // nameless may each be one of the approvers
	logins := namedLogins(pushers, wrote, voices)
	for _, p := range pushers {
		// Some git servers know no ids. A login that the context names is the account of it.
		if p.ID == "" && !logins[strings.ToLower(p.Login)] {
			nameless++
		}
		pushed[wrote.ids.account(p.ID)] = true
		pushed["login "+strings.ToLower(p.Login)] = true
	}
	others, maybe := 0, 0
	for _, v := range voices {
		mine := pushed[v.person] || slices.ContainsFunc(v.logins, func(l string) bool { return pushed["login "+l] })
		switch {
		case mine:
		case v.stand == standApproved:
			others++
		case v.stand == standUnclear:
			maybe++
		}
	}
	switch {
	case others == 0 && maybe == 0 && !slices.ContainsFunc(voices, func(v voice) bool { return v.stand == standApproved }):
		return answer{outcome: finding.Satisfied} // nobody approved: that is said already
	case others == 0 && maybe == 0:
		a := answered(finding.NotSatisfied, ReasonCounted, "only who pushed the change approved it")
		a.found = []scoped{{Finding: finding.Finding{
			Message: "only who pushed the change approved it",
			Remedy:  "Ask somebody who pushed none of it to review and approve " + e.approvable() + ".",
			Who:     "people other than " + nameList(pusherLogins(pushers)),
		}}}
		return a
	case len(pushers) == 0:
		return answered(finding.NotAssessed, ReasonContextPart, "the context does not say who pushed the change (`change.pushers`), so every approval may be theirs")
	case others-len(wrote.unknown) > nameless:
		return answer{outcome: finding.Satisfied}
	case nameless > 0:
		return answered(finding.NotAssessed, ReasonContextPart, "the context does not say by id who pushed the change (`change.pushers`), so the approval may be theirs")
	}
	return answered(finding.NotAssessed, ReasonUnknownPeople, "it is not certain that somebody else than who pushed the change approved it")
}

// namedLogins are those that the context names together with an id, in lower case.
func namedLogins(pushers []change.Pusher, wrote authors, voices []voice) map[string]bool {
	known := map[string]bool{}
	for login := range wrote.accounts {
		known[login] = true
	}
	for _, v := range voices {
		for _, login := range v.logins {
			known[strings.ToLower(login)] = true
		}
	}
	for _, p := range pushers {
		known[strings.ToLower(p.Login)] = known[strings.ToLower(p.Login)] || p.ID != ""
	}
	delete(known, "")
	return known
}

func pusherLogins(pushers []change.Pusher) []string {
	var names []string
	for _, p := range pushers {
		names = append(names, p.Login)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
