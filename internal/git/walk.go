package git

import (
	"context"
	"fmt"
	"math"
)

// WalkLimits bound a walk. They are about hostile trees: ten folders that each hold
// the same ten folders, ten levels deep, are a few hundred bytes and ten thousand
// million files. The zero value of a field means no limit but that of int.
type WalkLimits struct {
	Entries   int // files, symbolic links and submodules
	Depth     int // folders within folders; a file at the root has depth 0
	PathBytes int // of one path
}

// DefaultWalkLimits are those of a review.
func DefaultWalkLimits() WalkLimits {
	return WalkLimits{Entries: 1_000_000, Depth: 256, PathBytes: 4096}
}

// A LimitError says that something is larger than the caller allowed. None of it was
// used.
type LimitError struct {
	What string // "entries", "depth", "path bytes"
	Max  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("more than %d %s", e.Max, e.What)
}

// A TreeError says that a folder could not be listed, because its tree is missing or
// malformed. Path is empty for the root.
type TreeError struct {
	Path string
	ID   OID
	Err  error // wraps ErrMissing or ErrMalformed
}

func (e *TreeError) Error() string { return fmt.Sprintf("listing folder %q: %v", e.Path, e.Err) }
func (e *TreeError) Unwrap() error { return e.Err }

// treeBatcher is the fast path of Walk: many trees in one go.
type treeBatcher interface {
	trees(ctx context.Context, ids []OID, fn func(i int, entries []Entry, err error) error) error
}

// Walk calls fn for everything in a tree that is not a folder, in the order of the
// paths' bytes. An error of fn ends the walk and is returned. Limits are checked first:
// a tree over one is a *LimitError without any call, a folder that can not be listed a
// *TreeError without any call.
func Walk(ctx context.Context, r Reader, tree OID, lim WalkLimits, fn func(path string, e Entry) error) error {
	w := walk{lim: lim, trees: map[OID]*folder{}}
	if err := w.load(ctx, r, tree); err != nil {
		return err
	}
	if _, err := w.measure(tree); err != nil {
		return err
	}
	return w.emit(ctx, tree, make([]byte, 0, 256), fn)
}

type walk struct {
	lim   WalkLimits
	trees map[OID]*folder // every tree once, however often it occurs
}

type folder struct {
	entries []Entry
	path    string // of one occurrence, for errors
	files   int    // below it, counting every occurrence; -1 not yet known
	height  int    // folders below it
	length  int    // of the longest path below it
}

// load reads trees level by level, each level in one go.
func (w *walk) load(ctx context.Context, r Reader, root OID) error {
	level := []OID{root}
	w.trees[root] = &folder{files: -1}
	total := 0
	for depth := 0; len(level) > 0; depth++ {
		if w.lim.Depth > 0 && depth > w.lim.Depth {
			return &LimitError{"depth", w.lim.Depth}
		}
		var next []OID
		err := readTrees(ctx, r, level, func(i int, entries []Entry, err error) error {
			f := w.trees[level[i]]
			if err != nil {
				return &TreeError{Path: f.path, ID: level[i], Err: err}
			}
			f.entries = entries
			// Distinct trees of empty folders are not files; they count here.
			if total += len(entries); w.lim.Entries > 0 && total/2 > w.lim.Entries {
				return &LimitError{"entries", w.lim.Entries}
			}
			for _, e := range entries {
				if e.Mode == ModeTree && w.trees[e.ID] == nil {
					w.trees[e.ID] = &folder{files: -1, path: join(f.path, e.Name)}
					next = append(next, e.ID)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		level = next
	}
	return nil
}

func readTrees(ctx context.Context, r Reader, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	if b, ok := r.(treeBatcher); ok {
		return b.trees(ctx, ids, fn)
	}
	for i, id := range ids {
		entries, err := r.Tree(ctx, id)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := fn(i, entries, err); err != nil {
			return err
		}
	}
	return nil
}

// measure computes, once per tree, what the limits are about. The recursion is as deep
// as the folders are, which load has bounded by the number of levels.
func (w *walk) measure(id OID) (*folder, error) {
	f := w.trees[id]
	if f.files < 0 {
		f.files = 0
		for _, e := range f.entries {
			n, height, length := 1, 0, len(e.Name)
			if e.Mode == ModeTree {
				sub, err := w.measure(e.ID)
				if err != nil {
					return nil, err
				}
				n, height, length = sub.files, sub.height+1, len(e.Name)+1+sub.length
			}
			f.height, f.length = max(f.height, height), max(f.length, length)
			if f.files += n; f.files < 0 {
				f.files = math.MaxInt
			}
		}
	}
	switch {
	case w.lim.Entries > 0 && f.files > w.lim.Entries:
		return nil, &LimitError{"entries", w.lim.Entries}
	case w.lim.Depth > 0 && f.height > w.lim.Depth:
		return nil, &LimitError{"depth", w.lim.Depth}
	case w.lim.PathBytes > 0 && f.length > w.lim.PathBytes:
		return nil, &LimitError{"path bytes", w.lim.PathBytes}
	}
	return f, nil
}

func (w *walk) emit(ctx context.Context, id OID, prefix []byte, fn func(path string, e Entry) error) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	for _, e := range w.trees[id].entries {
		path := append(prefix, e.Name...)
		if e.Mode == ModeTree {
			if w.trees[e.ID].files == 0 {
				continue // and a tree of empty folders has no files either, however many folders
			}
			if err := w.emit(ctx, e.ID, append(path, '/'), fn); err != nil {
				return err
			}
		} else if err := fn(string(path), e); err != nil {
			return err
		}
	}
	return nil
}

func join(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}
