package nearby

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

// Limits of what is learned from history. A file that changes with another by chance
// should not be named: it takes three commits, and half of those that changed the other.
const (
	maxHistory    = 2000 // commits
	maxTogether   = 50   // files of a commit; with more it says nothing of what belongs together
	leastSupport  = 3
	leastHabit    = 500 // per mille
	maxCompanions = 20
)

// A History lists what the last commits changed; *git.Repository is one.
type History interface {
	git.Reader
	EachTouched(ctx context.Context, head git.OID, max, most int, fn func(git.Touched) error) (more bool, err error)
	Shallow() bool
}

// Companions finds the files that usually change together with the changed ones and do
// not here. It looks at the commits before the change, from base: what the change itself
// does is no habit.
func Companions(ctx context.Context, h History, base, headTree git.OID, files []impact.Changed) (*impact.Together, error) {
	changed := map[string]string{} // path at base: as the report has it
	here := map[string]bool{}
	for _, c := range files {
		for _, p := range []string{c.Path, c.OldPath} {
			if raw, err := change.Unescape(p); err == nil && p != "" {
				here[string(raw)] = true
				changed[string(raw)] = c.Path
			}
		}
	}
	t := &impact.Together{Cut: h.Shallow(), Files: []impact.Companion{}}
	type pair struct{ with, path string }
	together := map[pair]int{}
	alone := map[string]int{} // of the paths of pairs
	var all [][]string
	more, err := h.EachTouched(ctx, base, maxHistory, maxTogether, func(x git.Touched) error {
		t.Commits++
		if x.More > 0 {
			t.Huge++
			return nil
		}
		all = append(all, x.Paths)
		for _, p := range x.Paths {
			if !here[p] {
				continue
			}
			alone[p] = 0
			for _, q := range x.Paths {
				if !here[q] {
					together[pair{p, q}]++
					alone[q] = 0
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(alone) > 0 {
		for _, paths := range all {
			for _, p := range paths {
				if n, asked := alone[p]; asked {
					alone[p] = n + 1
				}
			}
		}
	}
	t.Cut = t.Cut || more

	best := map[string]impact.Companion{}
	for p, support := range together {
		c := impact.Companion{Path: escaped(p.path), With: changed[p.with], Support: support, Of: alone[p.with], Companion: alone[p.path]}
		c.Habit = impact.Confidence(1000 * support / c.Of)
		if support < leastSupport || c.Habit < leastHabit {
			continue
		}
		if old, ok := best[p.path]; !ok || less(c, old) < 0 {
			best[p.path] = c
		}
	}
	tree := newTree(h, headTree)
	for path, c := range best {
		folder, name := split(path)
		if tree.has(ctx, folder, name) { // it is still there
			t.Files = append(t.Files, c)
		}
	}
	slices.SortFunc(t.Files, less)
	if n := len(t.Files) - maxCompanions; n > 0 {
		t.Files, t.More = t.Files[:maxCompanions], n
	}
	return t, ctx.Err()
}

// less puts the strongest habit first.
func less(a, b impact.Companion) int {
	return cmp.Or(cmp.Compare(b.Habit, a.Habit), cmp.Compare(b.Support, a.Support), strings.Compare(a.Path, b.Path), strings.Compare(a.With, b.With))
}
