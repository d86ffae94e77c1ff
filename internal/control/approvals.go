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
	"custody/internal/finding"
)

// A stand is what one reviewer's latest word on the change is worth.
type stand uint8

const (
	standNothing  stand = iota // no approval, and nothing against the change
	standStale                 // approved another commit than the head
	standAuthor                // approved what they wrote
	standMachine               // approved by a bot or app
	standLow                   // approved with too little permission
	standUnclear               // a fact is missing that decides whether it counts
	standApproved              // counts
	standAgainst               // asks for changes and has the permission to
)

// A voice is one reviewer and where they stand.
type voice struct {
	login  string
	stand  stand
	detail string // what is wrong with it, for people
}

// approvals asks for a number of people who approved the head commit and did not write
// any of it. files are those that make the rule apply, for waivers.
func (e *evaluation) approvals(want config.Approvals, files []touched) answer {
	switch {
	case e.Context == nil:
		return answered(finding.NotAssessed, ReasonNoContext, "who approved the change is not in git, and no context was given: pass --context FILE")
	case e.Context.Reviews == nil:
		return answered(finding.NotAssessed, ReasonContextPart, "the context has no part `reviews`")
	}
	if why, ok := commitsWhole(e.Change); !ok {
		return answered(finding.NotAssessed, ReasonChange, "%s, so it is not known who wrote the change", why)
	}
	wrote := authorsOf(e.Change, e.Context, e.Attestation)
	voices := e.voices(want, wrote)
	tally := map[stand]int{}
	for _, v := range voices {
		tally[v.stand]++
	}
	// Each identity that the forge does not know may be one of the approvers.
	certain := tally[standApproved] - len(wrote.unknown)
	var a answer
	switch {
	case tally[standAgainst] > 0:
		a.outcome = finding.NotSatisfied
	case certain >= want.Humans && !mayBeAgainst(voices):
		a.outcome = finding.Satisfied
	case tally[standApproved]+tally[standUnclear] >= want.Humans:
		a.outcome = finding.NotAssessed
	default:
		a.outcome = finding.NotSatisfied
	}
	a.explain(want, wrote, voices, tally, e.Change)
	if a.outcome == finding.NotSatisfied {
		f := e.missingApprovals(want, wrote, voices, tally)
		var paths []change.Path
		for _, t := range files {
			paths = append(paths, t.paths()...)
		}
		a.found = []scoped{{f, paths}}
	}
	return a
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
		key := r.Reviewer.ID
		if key == "" {
			key = "login " + r.Reviewer.Login // may be anybody: never counts, see stand
		}
		if r.State != "commented" {
			words[key] = append(words[key], r)
		}
	}
	var voices []voice
	for _, key := range slices.Sorted(maps.Keys(words)) {
		last, sure := lastWord(words[key])
		v := e.voice(last, want, wrote)
		if !sure && v.stand != standAgainst {
			v.stand, v.detail = standUnclear, unclearAgainst+" or not: the order of their reviews is not known"
		}
		voices = append(voices, v)
	}
	oneLoginEach(voices)
	slices.SortStableFunc(voices, func(a, b voice) int { return cmp.Compare(a.login, b.login) })
	return voices
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

// byWeight orders the reviews of one person from what speaks most against the change.
func byWeight(a, b change.Review) int {
	weight := func(r change.Review) int {
		return slices.Index([]string{"changes_requested", "dismissed", "approved"}, r.State)
	}
	return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.State, b.State),
		cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Permission, b.Permission), cmp.Compare(a.Reviewer.Type, b.Reviewer.Type))
}

// voice weighs one review.
func (e *evaluation) voice(r change.Review, want config.Approvals, wrote authors) voice {
	v := voice{login: r.Reviewer.Login}
	if v.login == "" {
		v.login = "somebody without a login"
	}
	set := func(s stand, format string, args ...any) voice {
		v.stand, v.detail = s, fmt.Sprintf(format, args...)
		return v
	}
	permission := config.Permission(r.Permission)
	known := slices.Contains(config.Permissions, permission) || permission == "none"
	_, author := wrote.known[r.Reviewer.ID]
	account := wrote.accounts[strings.ToLower(r.Reviewer.Login)]
	human := r.Reviewer.Type == change.User
	switch r.State {
	case "dismissed":
		return set(standNothing, "their review was dismissed")
	case "changes_requested":
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
	switch {
	case r.Commit != e.Change.Head.String():
		return set(standStale, "approved commit %s, not the head", shortCommit(r.Commit))
	case r.Reviewer.Type == change.Bot || r.Reviewer.Type == change.App || r.Reviewer.Type == change.Organization:
		return set(standMachine, "is of type %s, not a person", r.Reviewer.Type)
	case author:
		return set(standAuthor, "wrote some of it")
	case known && !permission.AtLeast(want.Permission):
		return set(standLow, "has permission %s", permission)
	case r.Reviewer.ID == "":
		return set(standUnclear, "approved, and the context does not give their numeric id")
	case account != "" && account != r.Reviewer.ID:
		return set(standUnclear, "has the login of an author, and another id")
	case !human:
		return set(standUnclear, "approved, and the context does not say that they are a person")
	case !known:
		return set(standUnclear, "approved, and the context does not say with which permission")
	}
	return set(standApproved, "approved")
}

// explain says how the approvals were counted.
func (a *answer) explain(want config.Approvals, wrote authors, voices []voice, tally map[stand]int, c *change.Change) {
	a.because(ReasonCounted, "%d of %s with permission %s or more approved commit %s",
		tally[standApproved], plural(want.Humans, "person", "people"), want.Permission, c.Head.Short())
	for _, v := range voices {
		if v.stand != standApproved {
			a.because(ReasonCounted, "%s does not count: %s", clip(v.login), v.detail)
		}
	}
	if n := len(wrote.unknown); n > 0 {
		a.because(ReasonUnknownPeople, "the forge does not know %s; each may be one of the approvers, so %s less: %s",
			plural(n, "of the authors", "of the authors"), plural(n, "approval counts", "approvals count"), clip(strings.Join(slices.Sorted(maps.Keys(wrote.unknown)), ", ")))
	}
}

// missingApprovals says what to do next, and who can.
func (e *evaluation) missingApprovals(want config.Approvals, wrote authors, voices []voice, tally map[stand]int) finding.Finding {
	missing := want.Humans - tally[standApproved]
	f := finding.Finding{
		Message: fmt.Sprintf("%d of %s approved the head commit", tally[standApproved], plural(want.Humans, "person", "people")),
		Remedy:  fmt.Sprintf("Ask %s to review and approve commit %s.", plural(missing, "more person", "more people"), e.Change.Head.Short()),
		Who:     fmt.Sprintf("people with permission %s or more", want.Permission),
	}
	if not := wrote.logins(); len(not) > 0 {
		f.Who += ", other than " + clip(strings.Join(not, ", "))
	}
	var against, stale []string
	for _, v := range voices {
		switch v.stand {
		case standAgainst:
			against = append(against, v.login)
		case standStale:
			stale = append(stale, v.login)
		}
	}
	if len(stale) > 0 {
		f.Message += fmt.Sprintf("; %s approved an older commit", clip(strings.Join(stale, ", ")))
		f.Remedy = fmt.Sprintf("Ask %s to look at commit %s again, or %s.", clip(strings.Join(stale, ", ")), e.Change.Head.Short(), plural(missing, "other person", "other people"))
	}
	if len(against) > 0 {
		names := clip(strings.Join(against, ", "))
		f.Message = fmt.Sprintf("%s asked for changes", names)
		f.Remedy = fmt.Sprintf("Settle what %s asked for, and ask for another review.", names)
		f.Who = names
	}
	return f
}

func shortCommit(s string) string {
	if len(s) > 12 {
		s = s[:12]
	}
	return clip(s)
}
