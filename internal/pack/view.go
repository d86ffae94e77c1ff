package pack

import (
	"cmp"
	"fmt"
	"strings"

	"custody/internal/config"
	"custody/internal/review"
)

// A view is the verdict in the words and the order in which people read it. The page
// and the summary both show it, so that they can not disagree.
type view struct {
	v      *review.Verdict
	Digest string // of the verdict, once it is known

	Title    string // what the change is
	Range    string // base and head, when the title does not name them
	Where    string // repository and number
	Author   string
	Names    string // how people are named, when not as they are written
	Decision string
	Headline string   // the answer
	Why      string   // in one sentence
	More     []string // further reasons
	Next     action
	Then     string   // how much else is open
	Facts    []string // the size of the change

	Plan        plan
	Risk        risk
	Reach       reach
	Approvals   approvals
	Authorship  authorship
	Checks      []check // that say something
	Quiet       []check // that do not apply here
	Controls    []controlGroup
	Findings    []levelGroup
	Excepted    []exceptedGroup
	NotAssessed skips
}

// What a page shows at most of each list. pack.json has more.
const (
	maxFindings = 200 // entries of each level
	maxPlaces   = 10  // of one entry
	maxReached  = 60
	maxChecks   = 300
	maxFiles    = 300
	maxCommits  = 200
	maxPeople   = 30
	maxSkipped  = 150
	maxReasons  = 5 // of one check
)

func newView(v *review.Verdict) *view {
	w := newAnswer(v)
	w.Plan = newPlan(v)
	return w
}

// newAnswer is the view without the plan, which is most of the work.
func newAnswer(v *review.Verdict) *view {
	w := &view{v: v, Decision: v.Decision.String(), Controls: controlGroups(v.Controls)}
	w.about()
	w.Names = naming(v.Inputs.Privacy)
	w.splitChecks()
	w.splitFindings()
	w.Headline = headline(v)
	w.explain()
	w.Next = nextAction(v)
	w.Then = w.then()
	w.Facts = facts(v)
	w.Risk = newRisk(v.Impact)
	w.Reach = newReach(v.Impact)
	w.Approvals = newApprovals(w)
	w.Authorship = newAuthorship(v)
	w.NotAssessed = newSkips(v)
	return w
}

func facts(v *review.Verdict) []string {
	c := v.Change
	out := []string{
		plural(c.CountCommits(), "commit", "commits"),
		plural(c.CountFiles(), "file", "files"),
		plural(c.Added, "line added", "lines added"),
		plural(c.Deleted, "line deleted", "lines deleted"),
	}
	unread := 0
	for _, f := range c.Files {
		if f.Unread != "" {
			unread++
		}
	}
	if unread > 0 {
		out = append(out, plural(unread, "file", "files")+" whose lines were not read")
	}
	return out
}

func (w *view) about() {
	in := w.v.Inputs
	between := in.Base.Short() + ".." + in.Head.Short()
	w.Title = "Change " + between
	a := w.v.About
	switch commits := w.v.Change.Commits; {
	case a != nil && a.Title != "" && a.Title != review.Withheld:
		w.Title, w.Range = a.Title, between
	case len(commits) == 1 && strings.TrimSpace(commits[0].Subject) != "" && commits[0].Subject != review.Withheld:
		w.Title, w.Range = commits[0].Subject, between
	}
	if a == nil {
		return
	}
	w.Where, w.Author = a.Repository, a.Author
	if a.Number > 0 {
		kind := map[string]string{"pull_request": "pull request", "merge_group": "merge group"}[a.Kind]
		w.Where = strings.TrimSpace(fmt.Sprintf("%s %s %d", w.Where, cmp.Or(kind, "change"), a.Number))
	}
}

// naming tells a reader why nobody has a name here.
func naming(p *review.Privacy) string {
	if p == nil {
		return ""
	}
	s := map[config.Names]string{
		config.NamesIDs:    "People are named by the numbers of their accounts",
		config.NamesHashed: "People are named by pseudonyms",
	}[p.Names]
	if p.Texts == config.TextsWithheld {
		if s != "" {
			s += ", and "
		}
		s += "texts that people wrote are withheld"
	}
	return strings.ToUpper(s[:1]) + s[1:] + ", as the policy asks."
}
