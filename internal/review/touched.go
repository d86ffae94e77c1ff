package review

import (
	"context"
	"fmt"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/git"
)

// Touched implements checks.Commits. It reads trees only where they differ.
func (h *head) Touched(ctx context.Context, c *change.Commit, most int) ([]change.Path, bool, error) {
	var before git.OID
	if len(c.Parents) > 0 {
		parent, err := h.repo.Commit(ctx, c.Parents[0])
		if err != nil {
			return nil, false, fmt.Errorf("reading the parent of %s: %w", c.ID.Short(), err)
		}
		before = parent.Tree
	}
	t := touching{repo: h.repo, most: most}
	err := t.compare(ctx, "", before, c.Tree, 0)
	return t.paths, t.more, err
}

// touching compares two trees.
type touching struct {
	repo  git.Reader
	most  int
	paths []change.Path
	more  bool
}

// deepest is how many folders in each other are looked into.
const deepest = 200

func (t *touching) compare(ctx context.Context, folder string, before, after git.OID, depth int) error {
	if t.more || before == after {
		return nil
	}
	if depth > deepest {
		t.more = true
		return nil
	}
	old, err := t.entries(ctx, before)
	if err != nil {
		return err
	}
	now, err := t.entries(ctx, after)
	if err != nil {
		return err
	}
	was := map[string]git.Entry{}
	for _, e := range old {
		was[e.Name] = e
	}
	for _, e := range now {
		o, known := was[e.Name]
		delete(was, e.Name)
		if known && o.ID == e.ID && o.Mode == e.Mode {
			continue
		}
		path := folder + e.Name
		isFolder, wasFolder := e.Mode == git.ModeTree, known && o.Mode == git.ModeTree
		if isFolder && known && !wasFolder {
			t.add(path) // the file that made room
		}
		if !isFolder {
			t.add(path)
		}
		if isFolder || wasFolder {
			was, is := git.OID{}, git.OID{}
			if wasFolder {
				was = o.ID
			}
			if isFolder {
				is = e.ID
			}
			if err := t.compare(ctx, path+"/", was, is, depth+1); err != nil {
				return err
			}
		}
	}
	for _, e := range old {
		if _, gone := was[e.Name]; !gone {
			continue
		}
		if e.Mode == git.ModeTree {
			if err := t.compare(ctx, folder+e.Name+"/", e.ID, git.OID{}, depth+1); err != nil {
				return err
			}
			continue
		}
		t.add(folder + e.Name)
	}
	return nil
}

func (t *touching) add(path string) {
	if len(t.paths) >= t.most {
		t.more = true
		return
	}
	t.paths = append(t.paths, change.Path(path))
}

func (t *touching) entries(ctx context.Context, tree git.OID) ([]git.Entry, error) {
	if tree == (git.OID{}) {
		return nil, nil
	}
	return t.repo.Tree(ctx, tree)
}

// Commits answers which files a commit touches, for whoever runs checks without a review.
func Commits(r git.Reader) checks.Commits { return &head{repo: r} }
