package impact

import (
	"context"
	"maps"
	"slices"

	"custody/internal/change"
	"custody/internal/git"
)

// A footing is the kept graph, over which both sides of a change are laid. It need not be that
// of the tree where the change begins: a graph of everything takes a second to write, and a
// branch moves by a few files at a time, so it stays until more than maxNear files differ.
type footing struct {
	k       *Known
	tree    git.OID          // of k
	from    git.OID          // the tree where the change begins
	between []git.Difference // of these two
}

// maxNear is how many files may differ between the tree of the kept graph and the one where a
// change begins. All of them are read again.
const maxNear = 100

// A differ is a Source that compares trees.
type differ interface {
	// Differences lists where two trees differ, by path; ok is false where there are more
	// than most, or where that can not be told.
	Differences(ctx context.Context, from, to git.OID, most int) (list []git.Difference, ok bool, err error)
}

// footing is nil where the graphs have to be built.
func (in AssessInput) footing(ctx context.Context) (*footing, error) {
	c := in.Change
	if in.Graphs == nil || c.From.IsZero() || len(c.Limits) > 0 || len(c.Files) > maxOverlay {
		return nil, nil
	}
	if s := in.Prepared; s != nil && s.on != nil && s.on.from == c.FromTree {
		return s.on, nil
	}
	if k, ok := in.Graphs.Graph(c.FromTree); ok && k.isWritten() {
		on := &footing{k: k, tree: c.FromTree, from: c.FromTree}
		if on.mayAskNoMore(c) {
			return nil, nil
		}
		return on, nil
	}
	d, can := in.Source.(differ)
	tree, k, ok := in.Graphs.Kept()
	if !can || !ok || !k.isWritten() || k.Damaged() {
		return nil, nil
	}
	between, ok, err := d.Differences(ctx, tree, c.FromTree, maxNear)
	if err != nil || !ok {
		return nil, ctx.Err() // of a tree that can not be read, whoever lists it says so
	}
	on := &footing{k, tree, c.FromTree, between}
	if on.mayAskNoMore(c) {
		return nil, nil
	}
	return on, nil
}

// mayAskNoMore says that the change is about settings of a compiler that some resolver asked for
// once, and of which it is not known whether one does where the change begins: the last file that
// imports something may have ceased to, and then they decide nothing.
func (f *footing) mayAskNoMore(c *change.Change) bool {
	flat := f.k.graph.over.flat
	if len(f.between) == 0 && !flat.laid() {
		return false
	}
	return slices.ContainsFunc(c.Files, func(file change.File) bool {
		return slices.ContainsFunc([]change.Path{oldPath(&file), newPath(&file)}, func(p change.Path) bool {
			return p != "" && isCompilerSettings(baseName(p)) && flat.asked(p)
		})
	})
}

// Know sees to it that a store knows the graph of a tree to which changes will be made: laid over
// the kept one where that can be done, else built.
func Know(ctx context.Context, in BuildInput, graphs GraphStore) error {
	if _, ok := graphs.Graph(in.Tree); ok {
		return nil
	}
	none := &change.Change{From: in.Commit, FromTree: in.Tree, Head: in.Commit, HeadTree: in.Tree}
	a := AssessInput{Source: in.Source, Change: none, Languages: in.Languages, Facts: in.Facts, Limits: in.Limits, Graphs: graphs}
	on, err := a.footing(ctx)
	if err != nil {
		return err
	}
	if on != nil {
		o := a.newOverlay(a.builder(in.Commit, in.Tree), on.k, on.toFrom(none))
		g, ok, err := o.graph(ctx)
		if err != nil {
			return err
		}
		if ok {
			graphs.KeepGraph(in.Tree, &Known{graph: g, overlay: o})
			return nil
		}
	}
	k, err := BuildKnown(ctx, in)
	if err == nil && k != nil {
		graphs.KeepGraph(in.Tree, k)
	}
	return err
}

// toFrom is the change from the tree of the kept graph to the one where a change begins.
func (f *footing) toFrom(c *change.Change) *change.Change {
	all := &change.Change{From: c.From, FromTree: f.tree, Head: c.From, HeadTree: c.FromTree}
	for _, d := range f.between {
		all.Files = append(all.Files, fileOf(d))
	}
	return all
}

// toHead is the change from the tree of the kept graph to the one where a change ends; ok is
// false where the change does not begin where it says.
func (f *footing) toHead(c *change.Change) (_ *change.Change, ok bool) {
	paths := map[string]git.Difference{}
	for _, d := range f.between {
		paths[d.Path] = d
	}
	for i := range c.Files {
		file := &c.Files[i]
		path := string(oldPath(file))
		if path == "" {
			continue
		}
		d, differs := paths[path]
		switch {
		case !differs:
			d = git.Difference{Path: path, OldMode: file.OldMode, OldID: file.OldID}
		case d.Mode != file.OldMode || d.ID != file.OldID:
			return nil, false
		}
		d.Mode, d.ID = 0, git.OID{}
		paths[path] = d
	}
	for i := range c.Files {
		file := &c.Files[i]
		path := string(newPath(file))
		if path == "" {
			continue
		}
		d := paths[path]
		if d.Mode != 0 {
			return nil, false
		}
		d.Path, d.Mode, d.ID = path, file.Mode, file.ID
		paths[path] = d
	}
	all := &change.Change{From: c.From, FromTree: f.tree, Head: c.Head, HeadTree: c.HeadTree}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if d := paths[path]; d.OldMode != d.Mode || d.OldID != d.ID {
			all.Files = append(all.Files, fileOf(d))
		}
	}
	return all, true
}

func fileOf(d git.Difference) change.File {
	f := change.File{Path: change.Path(d.Path), Status: change.Modified, OldMode: d.OldMode, OldID: d.OldID, Mode: d.Mode, ID: d.ID}
	switch {
	case d.OldMode == 0:
		f.Status = change.Added
	case d.Mode == 0:
		f.Status = change.Deleted
	}
	return f
}
