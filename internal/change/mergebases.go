package change

import (
	"context"
	"slices"

	"custody/internal/git"
)

// ManyBases is the Limit.What of a change whose difference from one merge base does
// not show all that merging it would change.
const ManyBases = "merge bases"

// maxBases bounds the merge bases that are compared.
const maxBases = 8

// hides says whether the difference from c.From leaves out something that merging head
// into base would change.
//
// With one merge base it never does. With several it does when head keeps a file as it
// is in From and thereby takes back what another merge base had made of it: then a git
// merge takes it back at the target, too. That is known not to be so where base has
// the file as head has it, and where the other merge base had only left the file as it
// was before the two parted, so that From's version is the newer one.
func (c *Change) hides(ctx context.Context, repo Repo, lim Limits) (bool, error) {
	if len(c.MergeBases) < 2 {
		return false, nil
	}
	if len(c.MergeBases) > maxBases {
		return true, nil
	}
	shown := paths(c.Files)
	fromBase, cut, err := Diff(ctx, repo, c.Base, c.Head, lim)
	if err != nil || len(cut) > 0 {
		return true, err
	}
	changes := paths(fromBase)
	for _, other := range c.MergeBases[1:] {
		files, cut, err := Diff(ctx, repo, other, c.Head, lim)
		if err != nil || len(cut) > 0 {
			return true, err
		}
		var suspects []Path
		for p := range paths(files) {
			if !shown[p] && changes[p] {
				suspects = append(suspects, p)
			}
		}
		if len(suspects) == 0 {
			continue
		}
		if kept, err := leftAlone(ctx, repo, c.From, other, suspects, lim); err != nil || !kept {
			return true, err
		}
	}
	return false, nil
}

// leftAlone says whether other has the files as every merge base of it and from had
// them.
func leftAlone(ctx context.Context, repo Repo, from, other git.OID, files []Path, lim Limits) (bool, error) {
	roots, err := repo.MergeBases(ctx, from, other)
	if err != nil || len(roots) == 0 || len(roots) > maxBases {
		return false, err
	}
	for _, root := range roots {
		diff, cut, err := Diff(ctx, repo, root, other, lim)
		if err != nil || len(cut) > 0 {
			return false, err
		}
		touched := paths(diff)
		if slices.ContainsFunc(files, func(p Path) bool { return touched[p] }) {
			return false, nil
		}
	}
	return true, nil
}

// paths are all places that a difference is about, old and new.
func paths(files []File) map[Path]bool {
	m := make(map[Path]bool, len(files))
	for _, f := range files {
		m[f.Path] = true
		if f.OldPath != "" {
			m[f.OldPath] = true
		}
	}
	return m
}
