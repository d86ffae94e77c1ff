package control

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"custody/internal/change"
	"custody/internal/config"
)

// A stand is what one reviewer's latest word on the change is worth.
type stand uint8

const (
	standNothing   stand = iota // no approval, and nothing against the change
	standStale                  // approved another commit, which makes another change
	standMoved                  // approved the head, which was another change then
	standElsewhere              // approved it as a change to another ref
	standLate                   // approved after the change had landed
	standAuthor                 // approved what they wrote
	standMachine                // approved by a bot or app
	standLow                    // approved with too little permission
	standOutside                // approved by somebody outside the rule's teams
	standUnclear                // a fact is missing that decides whether it counts
	standApproved               // counts
	standAgainst                // asks for changes and has the permission to
)

// A voice is one person and where they stand.
type voice struct {
	person string // as identities name them
	login  string
	logins []string // lower case: of all their accounts that spoke
	teams  []string // nil: not known
	stand  stand
	commit string // that their last word is about
	detail string // what is wrong with it, or of note, for people
}

// mayBeAgainst says whether an unclear voice could speak against the change.
func mayBeAgainst(voices []voice) bool {
	return slices.ContainsFunc(voices, func(v voice) bool { return v.stand == standUnclear && strings.HasPrefix(v.detail, unclearAgainst) })
}

// unclearAgainst begins the detail of a voice that may speak against the change.
const unclearAgainst = "asks for changes"

// voices takes the last word of each reviewer, sorted by login and id.
func (e *evaluation) voices(want config.Approvals, wrote authors) []voice {
	words := map[string][]change.Review{}
	for _, r := range e.Context.Reviews {
		key := wrote.ids.account(r.Reviewer.ID)
		if key == "" {
			key = "login " + r.Reviewer.Login // may be anybody: never counts, see stand
		}
		if r.State = e.stood(r); r.State != "commented" {
			words[key] = append(words[key], r)
		}
	}
	var voices []voice
	for _, key := range slices.Sorted(maps.Keys(words)) {
		words[key] = e.inTimeAlone(words[key])
		last, sure := lastWord(words[key])
		if o, open := openObjection(words[key], last, wrote); open {
			last, sure = o, true
		}
		v := e.voice(last, want, wrote)
		v.person = key
		for _, r := range words[key] {
			v.logins = append(v.logins, strings.ToLower(r.Reviewer.Login))
		}
		switch {
		case sure || v.stand == standAgainst:
		case last.State == "approved": // the worst of those that may be the last
			v.stand, v.detail = standUnclear, "approved, and which of several approvals is their last is not known"
		default:
			v.stand, v.detail = standUnclear, unclearAgainst+" or not: the order of their reviews is not known"
		}
		voices = append(voices, v)
	}
	oneLoginEach(voices)
	slices.SortStableFunc(voices, func(a, b voice) int { return cmp.Compare(a.login, b.login) })
	return voices
}

// inTimeAlone leaves out what somebody said when it was too late, if they had said something
// before: it takes back nothing of what was there when the change landed.
func (e *evaluation) inTimeAlone(said []change.Review) []change.Review {
	before := slices.DeleteFunc(slices.Clone(said), func(r change.Review) bool {
		late, known := e.late(r)
		return late && known
	})
	if len(before) == 0 {
		return said
	}
	return before
}

// stood is the state of a review that counts: a dismissal that came too late takes nothing back,
// neither an approval nor an objection. Where it is not known whether it did, nobody's approval
// counts, and an objection does.
func (e *evaluation) stood(r change.Review) string {
	if r.State != "dismissed" || r.Was == "" || r.DismissedAt == "" {
		return r.State
	}
	late, known := e.lateAt(r.DismissedAt)
	if late && (known || r.Was == "changes_requested") {
		return r.Was
	}
	return r.State
}

// oneLoginEach makes approvals unclear whose reviewers have one login and several ids:
// they may be one person, told of twice.
func oneLoginEach(voices []voice) {
	logins := map[string]int{}
	for _, v := range voices {
		logins[strings.ToLower(v.login)]++
	}
	for i := range voices {
		if v := &voices[i]; v.stand == standApproved && logins[strings.ToLower(v.login)] > 1 {
			v.stand, v.detail = standUnclear, "approved, and another review of the login "+clip(strings.ToLower(v.login))+" has another id"
		}
	}
}

// lastWord is the review that counts. sure is false when the times do not tell which of
// two different words is the last; then it is the worst.
func lastWord(reviews []change.Review) (last change.Review, sure bool) {
	if len(reviews) == 1 {
		return reviews[0], true
	}
	times := make([]time.Time, len(reviews))
	for i, r := range reviews {
		at, err := time.Parse(time.RFC3339, r.At)
		if err != nil {
			return slices.MinFunc(reviews, byWeight), false
		}
		times[i] = at
	}
	newest := slices.MaxFunc(times, time.Time.Compare)
	var latest []change.Review
	for i, r := range reviews {
		if times[i].Equal(newest) {
			latest = append(latest, r)
		}
	}
	last = slices.MinFunc(latest, byWeight)
	return last, !slices.ContainsFunc(latest, func(r change.Review) bool { return byWeight(last, r) != 0 })
}

// openObjection is what another account of somebody asked for, and did not take back
// itself. That both are one person's, so that their last word counts, only a map that the
// rule relies on may say: a repository could silence whoever objects to a rule of the floor.
func openObjection(reviews []change.Review, last change.Review, wrote authors) (change.Review, bool) {
	vouched := func(id string) bool {
		return wrote.ids.vouches(accountName(config.AccountOn(wrote.ids.host, id)), wrote.origin)
	}
	by := map[string][]change.Review{}
	for _, r := range reviews {
		by[r.Reviewer.ID] = append(by[r.Reviewer.ID], r)
	}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if id == last.Reviewer.ID || vouched(id) && vouched(last.Reviewer.ID) {
			continue
		}
		if own, _ := lastWord(by[id]); own.State == "changes_requested" {
			return own, true
		}
	}
	return change.Review{}, false
}

// byWeight orders the reviews of one person from what speaks most against the change.
func byWeight(a, b change.Review) int {
	weight := func(r change.Review) int {
		return slices.Index([]string{"changes_requested", "dismissed", "approved"}, r.State)
	}
	return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.State, b.State),
		cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Base, b.Base), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Permission, b.Permission),
		slices.Compare(a.Teams, b.Teams), cmp.Compare(a.Reviewer.Type, b.Reviewer.Type), cmp.Compare(a.Reviewer.Login, b.Reviewer.Login))
}

// voice weighs one review.
func (e *evaluation) voice(r change.Review, want config.Approvals, wrote authors) voice {
	v := voice{login: r.Reviewer.Login, teams: r.Teams, commit: r.Commit}
	if v.login == "" {
		v.login = "somebody without a login"
	}
	set := func(s stand, format string, args ...any) voice {
		v.stand, v.detail = s, fmt.Sprintf(format, args...)
		return v
	}
	permission := config.Permission(r.Permission)
	known := slices.Contains(config.Permissions, permission) || permission == "none"
	_, author := wrote.known[wrote.ids.account(r.Reviewer.ID)]
	unsure := false
	account := wrote.accounts[strings.ToLower(r.Reviewer.Login)]
	human := r.Reviewer.Type == change.User
	switch r.State {
	case "dismissed":
		return set(standNothing, "their review was dismissed")
	case "changes_requested":
		if late, known := e.late(r); late && known {
			return set(standLate, "asked for changes after the change had landed")
		}
		// From an author too: who is named in a commit of somebody else's making would
		// otherwise have no objection any more.
		switch {
		case !known:
			return set(standUnclear, "%s, and the context does not say with which permission", unclearAgainst)
		case permission.AtLeast(want.Permission):
			return set(standAgainst, "asks for changes")
		}
		return set(standLow, "asks for changes, with permission %s", permission)
	case "approved":
	default:
		return set(standUnclear, "%s or not: the state %q of their review is not known", unclearAgainst, clip(r.State))
	}
	same := e.sameChange(Seen{r.Commit, r.Base})
	if !author && same.Same && len(same.Commits) > 0 {
		author, unsure = e.wroteSeen(same.Commits, r.Reviewer, wrote)
	}
	late, lateKnown := e.late(r)
	member, memberKnown := isMember(want.Teams, r.Teams, e.owner())
	switch {
	case same.Unknown:
		return set(standUnclear, "approved commit %s; %s", shortCommit(r.Commit), same.How)
	case r.Commit == e.Change.Head.String() && !same.Same:
		return set(standMoved, "approved it when the branch that it is for was at commit %s; %s", shortCommit(r.Base), same.How)
	case r.Commit != "" && !same.Same:
		return set(standStale, "approved commit %s, not the head; %s", shortCommit(r.Commit), same.How)
	case e.elsewhere(r):
		return set(standElsewhere, "approved it as a change to %s", clip(r.Target))
	case r.Reviewer.Type == change.Bot || r.Reviewer.Type == change.App || r.Reviewer.Type == change.Organization:
		return set(standMachine, "is of type %s, not a person", r.Reviewer.Type)
	case len(wrote.ids.drive(r.Reviewer.ID)) > 0:
		return set(standMachine, "writes at somebody's word, by the identity map: not a person of its own")
	case author:
		return set(standAuthor, "wrote some of it")
	case known && !permission.AtLeast(want.Permission):
		return set(standLow, "has permission %s", permission)
	case late && lateKnown:
		return set(standLate, "approved after the change had landed")
	case memberKnown && !member:
		return set(standOutside, "is in none of the teams %s", teamList(want.Teams))
	case r.Reviewer.ID == "":
		return set(standUnclear, "approved, and the context does not give their numeric id")
	case account != "" && account != r.Reviewer.ID && wrote.ids.account(account) != wrote.ids.account(r.Reviewer.ID):
		return set(standUnclear, "has the login of an author, and another id")
	case unsure:
		return set(standUnclear, "approved commit %s, and the forge does not know everybody who committed that", shortCommit(r.Commit))
	case r.Commit == "":
		return set(standUnclear, "approved, and the context does not say which commit")
	case !human:
		return set(standUnclear, "approved, and the context does not say that they are a person")
	case !known:
		return set(standUnclear, "approved, and the context does not say with which permission")
	case late:
		return set(standUnclear, "approved, and the context does not say whether before the change landed")
	case !memberKnown:
		return set(standUnclear, "approved, and the context does not say in which teams they are")
	}
	return set(standApproved, "approved%s", same.note())
}

// elsewhere says whether a review was of a change to another ref than this one: turned from
// one branch to another, a commit brings what nobody looked at.
func (e *evaluation) elsewhere(r change.Review) bool {
	c := e.Context.Change
	return r.Target != "" && (c == nil || c.Target != r.Target)
}

// wroteSeen says whether somebody took part in the commits that they approved: whoever did
// approved their own work, and another commit of the same change that names them no more makes
// no other approval of it. unsure says that somebody whom the forge does not know did, too.
func (e *evaluation) wroteSeen(commits []change.Commit, who change.Person, wrote authors) (author, unsure bool) {
	c := *e.Change
	c.Commits = slices.Concat(c.Commits, commits)
	also := authorsOf(&c, e.Context, e.Attestation, wrote.ids, wrote.origin, e.landing())
	_, author = also.known[wrote.ids.account(who.ID)]
	for email := range also.unknown {
		unsure = unsure || !wrote.unknown[email]
	}
	return author, unsure
}
