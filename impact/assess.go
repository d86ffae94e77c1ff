package impact

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/parallel"
)

// AssessInput is a change and what reading its two trees takes. See BuildInput for the
// last three. Blobs of the Source may be called from two goroutines at once.
type AssessInput struct {
	Source    Source
	Change    *change.Change
	Languages []*lang.Language
	Facts     FactStore
	Limits    Limits
	Graphs    GraphStore // kept between reviews; nil: none
	// KeepFrom keeps the graph of the change's From, for its next version, and not that of
	// Head, for the next change.
	KeepFrom bool
	// Told gets the graph of head; nil: nobody asks.
	Told func(*Graph)

	// Prepared is what Prepare made of the same input, as soon as it could; nil: nothing.
	Prepared *Sides

	// WholeFiles takes every changed file as changed all over: what is reached then is what
	// the edges between files tell. For measurements.
	WholeFiles bool
}

// Assess builds the graphs of both sides of a change and traces it.
func Assess(ctx context.Context, in AssessInput) (*Report, error) {
	if in.Facts == nil {
		in.Facts = &Memory{} // most blobs are on both sides
	}
	s := in.Prepared
	if !s.fits(in.Change) {
		on, err := in.footing(ctx)
		if err != nil {
			return nil, err
		}
		if on != nil {
			if r, err := in.over(ctx, on); err != nil || r != nil {
				return r, err
			}
		}
		if s, err = in.sides(ctx); err != nil {
			return nil, err
		}
	}
	t := TraceInput{Change: in.Change, From: s.from, Head: s.head, symbols: in.symbols(s.now), told: in.Told}
	if s.then == nil {
		return t.traceWithPackages(ctx, in.Source, s.now, nil)
	}
	if t.symbols != nil {
		t.symbols.loaded = append(t.symbols.loaded, s.then)
	}
	return t.traceWithPackages(ctx, in.Source, s.now, s.then)
}

func (in AssessInput) builder(commit, tree git.OID) *builder {
	b := newBuilder(BuildInput{
		Source: in.Source, Commit: commit, Tree: tree,
		Languages: in.Languages, Facts: in.Facts, Limits: in.Limits,
	})
	if !in.WholeFiles {
		b.compared = make(map[git.OID]bool, 2*len(in.Change.Files))
		for i := range in.Change.Files {
			b.compared[in.Change.Files[i].OldID], b.compared[in.Change.Files[i].ID] = true, true
		}
	}
	return b
}

// Sides are the graphs of both sides of a change, and what made them.
type Sides struct {
	from, head *Graph
	then, now  *builder // then is nil, and from, where the change begins with nothing
	on         *footing // instead of all these
}

// fits says whether the graphs are those of a change of which all is known.
func (s *Sides) fits(c *change.Change) bool {
	return s != nil && s.then != nil && len(c.Limits) == 0 &&
		s.then.Commit == c.From && s.then.Tree == c.FromTree && s.now.Commit == c.Head && s.now.Tree == c.HeadTree
}

// Prepare makes the graphs of a change of which nothing but trees and paths has to be known
// yet: it needs neither renames nor lines. It makes none where Assess would not.
func Prepare(ctx context.Context, in AssessInput) (*Sides, error) {
	if in.Change.From.IsZero() || len(in.Change.Limits) > 0 {
		return nil, nil
	}
	if on, err := in.footing(ctx); err != nil || on != nil {
		return &Sides{on: on}, err
	}
	if in.Facts == nil {
		in.Facts = &Memory{}
	}
	return in.sides(ctx)
}

// sides makes the graphs, and keeps that of one side.
func (in AssessInput) sides(ctx context.Context) (*Sides, error) {
	s := &Sides{now: in.builder(in.Change.Head, in.Change.HeadTree)}
	var err error
	if err = s.now.load(ctx); err != nil {
		return nil, err
	}
	if in.Change.From.IsZero() {
		s.head, err = s.now.link(ctx)
		return s, err
	}
	s.then = in.builder(in.Change.From, in.Change.FromTree)
	s.then.files = s.now.filesBefore(in.Change)
	s.then.whole = s.then.files != nil
	if err = s.then.load(ctx); err != nil {
		return nil, err
	}
	if !in.KeepFrom && s.now.looksLike(s.then, in.Change) {
		if s.head, err = s.now.link(ctx); err != nil {
			return nil, err
		}
		in.keep(s.now, s.head, in.Change.HeadTree)
		if !s.now.readProject(in.Change) {
			s.from = s.head.at(s.then.Commit, s.then.Tree)
			return s, nil
		}
		s.from, err = s.then.link(ctx)
		return s, err
	}
	err = parallel.Together(ctx, func(ctx context.Context) (err error) {
		s.head, err = s.now.link(ctx)
		return err
	}, func(ctx context.Context) (err error) {
		s.from, err = s.then.link(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.KeepFrom {
		in.keep(s.then, s.from, in.Change.FromTree)
	} else {
		in.keep(s.now, s.head, in.Change.HeadTree)
	}
	return s, nil
}

// traceWithPackages traces the change with what its manifests and project files say.
// Both sides have their facts; from is nil where there is no such side.
func (t TraceInput) traceWithPackages(ctx context.Context, source Source, head, from importReader) (*Report, error) {
	var err error
	if t.packages, err = readPackages(ctx, t.Change, source, head, from); err != nil {
		return nil, fmt.Errorf("reading the manifests of the change: %w", err)
	}
	t.projects = t.packages.projectFiles(t.Change, head, from)
	if _, over := head.(*overlay); over {
		t.projects = nil // they mean the same: see sameProjects
	}
	if err := t.packages.readPlainData(ctx, t.Change, source); err != nil {
		return nil, fmt.Errorf("reading files of the change: %w", err)
	}
	if t.told != nil {
		t.told(t.Head)
	}
	return Trace(ctx, t)
}

// over traces with graphs that are laid over the one that is kept: that of head, and that of
// from unless it is the kept one. It is nil where that can not be done after all, as when what
// the store has turns out to be damaged.
func (in AssessInput) over(ctx context.Context, on *footing) (*Report, error) {
	head := in.builder(in.Change.Head, in.Change.HeadTree)
	t := TraceInput{Change: in.Change, symbols: in.symbols(head), told: in.Told, From: on.k.graph.at(in.Change.From, in.Change.FromTree)}
	var from importReader = on.k.graph.over.flat
	toHead := in.Change
	if len(on.between) > 0 {
		var ok bool
		if toHead, ok = on.toHead(in.Change); !ok {
			return nil, nil
		}
		o := in.newOverlay(in.builder(in.Change.From, in.Change.FromTree), on.k, on.toFrom(in.Change))
		g, ok, err := o.graph(ctx)
		if err != nil || !ok {
			return nil, err
		}
		t.From, from = g, o
		if t.symbols != nil {
			t.symbols.loaded = append(t.symbols.loaded, o.builder)
		}
	}
	o := in.newOverlay(in.builder(in.Change.Head, in.Change.HeadTree), on.k, toHead)
	if t.symbols != nil {
		t.symbols.loaded = append(t.symbols.loaded, o.builder)
	}
	g, ok, err := o.graph(ctx)
	if err != nil || !ok && len(on.between) > 0 {
		return nil, err
	}
	var known *Known
	var side importReader = o
	if t.Head = g; ok {
		known = &Known{graph: g, overlay: o}
	} else {
		side = head
		if err := head.load(ctx); err != nil {
			return nil, err
		}
		if t.Head, err = head.link(ctx); err != nil {
			return nil, err
		}
		known = head.known(t.Head)
	}
	r, err := t.traceWithPackages(ctx, in.Source, side, from)
	if on.k.Damaged() {
		return nil, ctx.Err()
	}
	if err == nil && known != nil && !in.KeepFrom {
		in.Graphs.KeepGraph(in.Change.HeadTree, known)
	}
	return r, err
}

func (in AssessInput) symbols(b *builder) *symbolReader {
	if in.WholeFiles {
		return nil
	}
	return newSymbolReader(b)
}

// keep remembers the graph of a tree, which is the base of what comes next.
func (in AssessInput) keep(b *builder, g *Graph, tree git.OID) {
	if in.Graphs == nil {
		return
	}
	if k, ok := in.Graphs.Graph(tree); ok && k.isWritten() {
		in.Graphs.KeepGraph(tree, k)
		return
	}
	if k := b.known(g); k != nil {
		in.Graphs.KeepGraph(tree, k)
	}
}

// looksLike says whether the two sides of a change can not differ in their graphs,
// project files aside: every changed file stands in the same place, is of the same kind,
// and says the same of itself. Most changes are of this kind: they alter what functions
// do, not what files import.
func (b *builder) looksLike(from *builder, c *change.Change) bool {
	if !from.whole {
		return false
	}
	for i := range c.Files {
		f := &c.Files[i]
		if f.Mode != f.OldMode || newPath(f) == "" || newPath(f) != oldPath(f) {
			return false
		}
		x, there := b.places[string(f.Path)]
		y, too := from.places[string(f.Path)]
		if !there || !too {
			return false
		}
		now, was := &b.files[x], &from.files[y]
		if now.class != was.class || !sameFact(now.fact, was.fact) || !sameFact(now.words, was.words) || now.language != nil && now.fact == nil {
			return false
		}
	}
	return true
}

// sameFact says whether two facts make the same nodes, edges and gaps. What is defined
// makes none.
func sameFact(a, b *Fact) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Package == b.Package && a.Generated == b.Generated && a.Tagged == b.Tagged && a.Damaged == b.Damaged &&
		slices.Equal(a.Types, b.Types) && slices.EqualFunc(a.Imports, b.Imports, lang.Import.Equal)
}

// readProject says whether a changed file is one of those that decide what names mean.
func (b *builder) readProject(c *change.Change) bool {
	return slices.ContainsFunc(c.Files, func(f change.File) bool {
		_, asked := b.projects[string(f.Path)]
		return asked
	})
}

// filesBefore takes a change back: what the tree of from holds, with what is known of
// the files that are the same. It is nil where that is not certain, and then the tree
// has to be walked.
func (b *builder) filesBefore(c *change.Change) []treeFile {
	if !b.whole || len(c.Limits) > 0 {
		return nil
	}
	gone := make(map[change.Path]git.OID, len(c.Files)) // came with the change
	before := make(map[change.Path]git.Entry, len(c.Files))
	for i := range c.Files {
		f := &c.Files[i]
		if p := newPath(f); p != "" {
			gone[p] = f.ID
		}
		if p := oldPath(f); p != "" {
			if f.OldMode == 0 || f.OldID.IsZero() {
				return nil
			}
			before[p] = git.Entry{Mode: f.OldMode, ID: f.OldID}
		}
	}
	files := make([]treeFile, 0, len(b.files)+len(before))
	for _, f := range b.files {
		id, changed := gone[f.path]
		_, both := before[f.path]
		switch {
		case !changed && both || changed && id != f.entry.ID:
			return nil // the change is not about this tree
		case changed:
			delete(gone, f.path)
		default:
			f.node = -1
			files = append(files, f)
		}
	}
	if len(gone) > 0 || len(files)+len(before) > b.Limits.Files {
		return nil
	}
	for p, e := range before {
		files = append(files, treeFile{path: p, entry: e, class: classify(p, e.Mode, b.Languages), node: -1})
	}
	slices.SortFunc(files, func(x, y treeFile) int { return cmp.Compare(x.path, y.path) })
	return files
}
