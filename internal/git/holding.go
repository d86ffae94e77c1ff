package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// maxHolding bounds the commits that Holding lists.
const maxHolding = 200_000

// Holding says of each head, the id of a commit, whether its history holds something that
// after has and before has not. So it does where a branch that moved from before to after
// took in a part of what was proposed for it. Of a head that is not there it is not known,
// and where there is too much to look at, of none: those are true.
func (r *Repository) Holding(ctx context.Context, heads []OID, before, after OID) (map[OID]bool, error) {
	holding := make(map[OID]bool, len(heads))
	all := func() map[OID]bool {
		for _, h := range heads {
			holding[h] = true
		}
		return holding
	}
	peeled, err := r.Peel(ctx, heads)
	if err != nil {
		return nil, err
	}
	var from strings.Builder
	for i, p := range peeled {
		holding[heads[i]] = true
		if p.Kind == "commit" && p.ID == heads[i] {
			holding[heads[i]] = false
			from.WriteString(heads[i].String() + "\n")
		}
	}
	if from.Len() == 0 {
		return holding, nil
	}
	holds := map[string]bool{} // the ids of what after has, and of what has that in its history
	for i, of := range []string{after.String() + "\n", from.String()} {
		err := r.historyOf(ctx, of+"^"+before.String()+"\n", func(ids []string) {
			holds[ids[0]] = i == 0 || slices.ContainsFunc(ids, func(id string) bool { return holds[id] })
		})
		if err == errEnough {
			return all(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("looking for what holds commits of %s..%s: %w: %w", before.Short(), after.Short(), ErrMissing, err)
		}
	}
	for _, h := range heads {
		holding[h] = holding[h] || holds[h.String()]
	}
	return holding, nil
}

// historyOf tells of commits, each behind its parents, by their ids: its own and those of its parents.
func (r *Repository) historyOf(ctx context.Context, revs string, fn func(ids []string)) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.git.isolated(run, r.iso, "rev-list", "--parents", "--topo-order", "--reverse", "--stdin")
	cmd.Stdin = strings.NewReader(revs)
	n := 0
	return eachLine(ctx, cmd, cancel, func(line string) error {
		ids := strings.Fields(line)
		if n++; n > maxHolding || len(ids) == 0 {
			return errEnough
		}
		fn(ids)
		return nil
	})
}
