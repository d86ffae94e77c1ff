package git

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// A treeChange is one path at which two trees differ: what git's raw diff says, before
// renames are looked for.
type treeChange struct {
	path          string
	oldMode, mode Mode // canonical; 0 where there is nothing
	oldID, id     OID
}

// canonical is the mode as git compares it: of a file's permissions, only whether the
// owner may execute it.
func (m Mode) canonical() Mode {
	switch {
	case !m.IsRegular():
		return m
	case m&0o100 != 0:
		return ModeExecutable
	}
	return ModeFile
}

// treeDiff compares two trees by reading them itself, level by level, only where they
// differ. Malformed trees, which git would compare after its own fashion, are errors
// here; and what a limit cuts off is known before git is asked to diff it.
func (r *Repository) treeDiff(ctx context.Context, from, to OID, maxFiles int) (changes []treeChange, limits []LimitError, err error) {
	return treeDiff(ctx, r, from, to, maxFiles, false)
}

// treeDiff is that of any reader; few gives up at the first limit, and as soon as so many
// folders differ that there must be too many files.
func treeDiff(ctx context.Context, r Reader, from, to OID, maxFiles int, few bool) (changes []treeChange, limits []LimitError, err error) {
	type pair struct {
		from, to OID // zero where there is no folder
		path     string
	}
	lim := DefaultWalkLimits()
	level := []pair{{from, to, ""}}
	over := func(what string, max int) {
		if e := (LimitError{what, max}); !slices.Contains(limits, e) {
			limits = append(limits, e)
		}
	}
	folders := 0
	for depth := 0; len(level) > 0; depth++ {
		if depth > lim.Depth {
			over("depth", lim.Depth)
			break
		}
		// Folders with no files below them at all can be as many as files.
		if folders += len(level); folders > lim.Entries {
			over("folders", lim.Entries)
			break
		}
		paths := map[OID]string{}
		for _, p := range level {
			for _, id := range [...]OID{p.from, p.to} {
				if !id.IsZero() {
					paths[id] = p.path
				}
			}
		}
		ids := slices.SortedFunc(maps.Keys(paths), OID.Compare)
		trees := make(map[OID][]Entry, len(ids))
		err := readTrees(ctx, r, ids, func(i int, entries []Entry, err error) error {
			if err != nil {
				return &TreeError{Path: paths[ids[i]], ID: ids[i], Err: err}
			}
			trees[ids[i]] = entries
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		var next []pair
		for _, p := range level {
			mergeEntries(trees[p.from], trees[p.to], func(a, b Entry) {
				path := join(p.path, cmp.Or(a.Name, b.Name))
				switch {
				case len(path) > lim.PathBytes:
					over("path bytes", lim.PathBytes)
				case a.Mode == ModeTree || b.Mode == ModeTree:
					next = append(next, pair{a.ID, b.ID, path})
				case len(changes) == maxFiles:
					over("files", maxFiles)
				default:
					changes = append(changes, treeChange{path, a.Mode.canonical(), b.Mode.canonical(), a.ID, b.ID})
				}
			})
			if len(next) > lim.Entries {
				break // the next round reports it
			}
		}
		if few && len(changes)+len(next) > maxFiles {
			over("files", maxFiles)
		}
		if few && len(limits) > 0 {
			return nil, limits, nil
		}
		level = next
	}
	slices.SortFunc(changes, func(a, b treeChange) int { return strings.Compare(a.path, b.path) })
	return changes, limits, nil
}

// A Difference is one path at which two trees differ, folders aside. Modes are as git compares
// them; mode and id are zero where there is nothing.
type Difference struct {
	Path      string
	OldMode   Mode
	Mode      Mode
	OldID, ID OID
}

// Differences lists where two trees differ, by path. ok is false where that is at more than
// most paths, of which it reads no more than it takes to know, or where a limit of a walk is
// met.
func Differences(ctx context.Context, r Reader, from, to OID, most int) (list []Difference, ok bool, err error) {
	changes, limits, err := treeDiff(ctx, r, from, to, most, true)
	if err != nil || len(limits) > 0 {
		return nil, false, err
	}
	for _, c := range changes {
		list = append(list, Difference{c.path, c.oldMode, c.mode, c.oldID, c.id})
	}
	return list, true, nil
}

// mergeEntries calls fn for every entry that is not the same on both sides; the zero
// Entry stands for none. A file and a folder of one name are two entries.
func mergeEntries(a, b []Entry, fn func(a, b Entry)) {
	for len(a) > 0 || len(b) > 0 {
		var c int
		switch {
		case len(a) == 0:
			c = 1
		case len(b) == 0:
			c = -1
		default:
			c = compareEntries(a[0], b[0])
		}
		switch {
		case c < 0:
			fn(a[0], Entry{})
			a = a[1:]
		case c > 0:
			fn(Entry{}, b[0])
			b = b[1:]
		default:
			if a[0].ID != b[0].ID || a[0].Mode.canonical() != b[0].Mode.canonical() {
				fn(a[0], b[0])
			}
			a, b = a[1:], b[1:]
		}
	}
}
