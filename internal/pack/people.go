package pack

import (
	"cmp"
	"slices"
	"strings"

	"custody/internal/config"
	"custody/internal/review"
)

// people are those who stand behind commits, and how many commits each.
type people struct {
	Shown []person
	Total int
	Left  int // not shown
	met   []met
	at    map[string]int // in met
}

// A person is one of them, or all who have no name here.
type person struct {
	Name    string
	Commits int
}

type met struct {
	name    string
	commits []int
}

// add takes the people of one more commit.
func (p *people) add(names ...string) {
	if p.at == nil {
		p.at = map[string]int{}
	}
	p.Total++ // commits, until it is ready
	for _, n := range names {
		i, ok := p.at[whose(n)]
		if !ok {
			i = len(p.met)
			p.at[whose(n)], p.met = i, append(p.met, met{name: n})
		}
		if all := p.met[i].commits; len(all) == 0 || all[len(all)-1] != p.Total {
			p.met[i].commits = append(all, p.Total)
		}
	}
}

// whose tells people apart by their address, of whatever case: one person spells their name in
// many ways. An address that nobody reads may be several people's.
func whose(name string) string {
	_, rest, _ := strings.Cut(name, "<")
	address, _, ok := strings.Cut(rest, ">")
	if address = strings.ToLower(strings.TrimSpace(address)); !ok || !strings.Contains(address, "@") || strings.HasPrefix(address, "noreply@") || strings.HasPrefix(address, "no-reply@") {
		return name
	}
	return address
}

// ready sorts them, who has most commits first, and keeps the first. Where people are named
// by their accounts, those without one are counted and not listed: a number that stands for
// somebody in one pack alone tells a reader nothing.
func (p *people) ready(how *review.Privacy, limit int) {
	nameless, theirs := 0, map[int]bool{}
	for _, m := range p.met {
		if how != nil && how.Names == config.NamesIDs && review.IsSomebody(m.name) {
			nameless++
			for _, c := range m.commits {
				theirs[c] = true
			}
			continue
		}
		p.Shown = append(p.Shown, person{m.name, len(m.commits)})
	}
	slices.SortFunc(p.Shown, func(a, b person) int { return cmp.Or(b.Commits-a.Commits, cmp.Compare(a.Name, b.Name)) })
	p.Total = len(p.met)
	p.Left = max(0, len(p.Shown)-limit)
	p.Shown = p.Shown[:len(p.Shown)-p.Left]
	if nameless > 0 {
		p.Shown = append(p.Shown, person{plural(nameless, "person", "people") + " without an account that the forge knows", len(theirs)})
	}
	p.met, p.at = nil, nil
}
