package git

import (
	"context"
	"fmt"
	"slices"
)

// DiffPart is Diff without the files that nobody wants: those whose path in to is not
// wanted, and those that are not there. Of a merge of two long branches that is most of
// them. What it says of a file is what Diff says, also where it comes from: all that was
// added and deleted is compared as soon as one added file is wanted.
func (r *Repository) DiffPart(ctx context.Context, from, to OID, wanted func(path string) bool, lim DiffLimits) (*Diff, error) {
	d := differ{r: r, lim: lim, lines: lim.Lines, bytes: lim.Bytes, wanted: wanted}
	if err := d.diff(ctx, from, to); err != nil {
		return nil, fmt.Errorf("comparing %s with %s: %w", from.Short(), to.Short(), err)
	}
	out := d.result()
	out.Files = slices.DeleteFunc(out.Files, func(f FileDiff) bool { return f.Mode == 0 || !wanted(f.Path) })
	return out, nil
}

// manyMore is how many files it takes, beyond those that are needed, to make a git that
// looks at these alone faster than the one that is running and looks at all.
const manyMore = 100

// needed picks the changes that the wanted files can not be understood without, or all
// of them when they are not many more, or too many for a command line.
func (d *differ) needed(changes []treeChange) []treeChange {
	wantsAdded, wantsAny, anyDeleted := false, false, false
	isWanted := func(c treeChange) bool { return c.mode != 0 && d.wanted(c.path) }
	for _, c := range changes {
		anyDeleted = anyDeleted || c.mode == 0
		if isWanted(c) {
			wantsAny, wantsAdded = true, wantsAdded || c.oldMode == 0
		}
	}
	if !wantsAny {
		return nil
	}
	var part []treeChange
	var paths []string
	for _, c := range changes {
		perhapsRenamed := wantsAdded && anyDeleted && (c.oldMode == 0 || c.mode == 0)
		if isWanted(c) || perhapsRenamed {
			part, paths = append(part, c), append(paths, c.path)
		}
	}
	if len(changes)-len(part) < manyMore || len(chunks(paths)) > 1 {
		return changes
	}
	d.partly = true
	return part
}
