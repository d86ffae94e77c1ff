package impact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/parallel"
)

// TraceInput is a change and the graphs of the trees on its two sides.
type TraceInput struct {
	// Change says what changed from the tree of From to the tree of Head.
	Change *change.Change
	// Paths, without a Change, are files of Head that count as modified.
	Paths []change.Path

	From *Graph // of Change.FromTree; nil without merge base, and with Paths
	Head *Graph

	told     func(*Graph)  // see AssessInput.Told
	symbols  *symbolReader // nil: files are followed as a whole
	packages *packages     // what manifests say; nil: not looked at
	projects []change.Path // changed files that decide what names mean, and that are read
}

// An UnknownPathError lists paths that were to be traced and are not in the tree.
type UnknownPathError struct {
	Commit git.OID
	Paths  []change.Path
}

func (e *UnknownPathError) Error() string {
	var names []string
	for _, p := range e.Paths {
		names = append(names, p.Escaped())
	}
	where := "the tree"
	if !e.Commit.IsZero() {
		where = "commit " + e.Commit.Short()
	}
	return fmt.Sprintf("no file %s in %s: give paths of files from the root of the repository", strings.Join(names, ", "), where)
}

// Trace follows the edges of both graphs backwards from what changed.
//
// A modified, added or renamed file starts at its path in the graph of head; a modified,
// deleted or renamed one, and one that is no regular file any more, also at its old path
// in the graph of from, since who used it there is affected. A node's path runs through
// one of the two graphs; head's is taken where both are as short and as confident.
func Trace(ctx context.Context, in TraceInput) (*Report, error) {
	t := &tracer{TraceInput: in, changed: map[nodeKey]*change.File{}, understood: map[change.Path]bool{}}
	if in.Head == nil {
		return nil, errors.New("tracing impact: there is no graph of head")
	}
	if err := t.listFiles(); err != nil {
		return nil, err
	}
	t.start()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := t.report()
	if t.packages != nil {
		r.Packages = t.packages.list
	}
	n, err := t.narrow(ctx)
	if err != nil {
		return nil, fmt.Errorf("comparing definitions: %w", err)
	}
	if n == nil {
		r.Reached = t.reached()
	} else {
		t.addSymbols(r, n)
		r.Reached = t.narrowed(r, n)
	}
	r.Outcome, r.Reasons = t.outcome()
	return r, ctx.Err()
}

// A tracer holds one trace.
type tracer struct {
	TraceInput
	files   []change.File
	changed map[nodeKey]*change.File // by the paths of either side
	head    *walk
	from    *walk // nil without a graph of from
	gone    bool  // a seed of from is not one of head
	hits    []hit

	understood map[change.Path]bool // changed files that are no nodes, and whose users are known
}

// A nodeKey names a node in either graph.
type nodeKey struct {
	isPackage bool
	path      change.Path
}

func (n *Node) key() nodeKey { return nodeKey{n.Kind == KindPackage, n.Path} }

// A hit is a reached node in the graph whose path to it is better.
type hit struct {
	*walk
	node int32
}

// listFiles takes the files from the change or the paths.
func (t *tracer) listFiles() error {
	if t.Change != nil {
		t.files = slices.Clone(t.Change.Files)
	} else {
		var unknown []change.Path
		for _, p := range slices.Compact(slices.Sorted(slices.Values(t.Paths))) {
			if _, skipped := t.Head.missing(p); !skipped && t.Head.node(p) < 0 {
				unknown = append(unknown, p)
			}
			t.files = append(t.files, change.File{Path: p, Status: change.Modified})
		}
		if unknown != nil {
			return &UnknownPathError{Commit: t.Head.Commit, Paths: unknown}
		}
	}
	slices.SortFunc(t.files, func(a, b change.File) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.OldPath, b.OldPath), cmp.Compare(a.Status, b.Status))
	})
	return nil
}

// oldPath is where the file is in the tree of from; empty where it is not.
func oldPath(f *change.File) change.Path {
	switch f.Status {
	case change.Added:
		return ""
	case change.Renamed:
		return f.OldPath
	}
	return f.Path
}

// newPath is where the file is in the tree of head; empty where it is not.
func newPath(f *change.File) change.Path {
	if f.Status == change.Deleted {
		return ""
	}
	return f.Path
}

// start finds the nodes that changed, and walks from them.
func (t *tracer) start() {
	var head, from []int32
	for i := range t.files {
		f := &t.files[i]
		added, removed := newPath(f), oldPath(f)
		for _, p := range []change.Path{added, removed} {
			if p != "" {
				t.changed[nodeKey{path: p}] = f
			}
		}
		at := int32(-1)
		if added != "" {
			if at = t.Head.node(added); at >= 0 {
				head = append(head, at)
			}
		}
		if removed != "" && t.From != nil {
			if was := t.From.node(removed); was >= 0 {
				from = append(from, was)
				t.gone = t.gone || at < 0 || added != removed
			}
		}
	}
	now, then := t.origins()
	if t.From == nil {
		t.head = walkBack(t.Head, head, now)
		return
	}
	parallel.Do(func() { t.head = walkBack(t.Head, head, now) }, func() { t.from = walkBack(t.From, from, then) })
}

// meet takes for each node that both walks reach the better path. What changed is listed
// elsewhere.
func (t *tracer) meet() {
	for _, n := range t.head.order {
		if t.changed[t.head.node(n).key()] == nil {
			t.hits = append(t.hits, hit{t.head, n})
		}
	}
	if t.from == nil {
		return
	}
	places := make(map[int32]int, len(t.hits)) // in hits, by number at head
	for i, h := range t.hits {
		places[h.node] = i
	}
	for _, n := range t.from.order {
		if at := t.Head.twin(t.From, n); at >= 0 {
			if i, ok := places[at]; ok {
				if t.from.better(n, t.hits[i]) {
					t.hits[i] = hit{t.from, n}
				}
				continue
			}
		}
		if t.changed[t.from.node(n).key()] == nil {
			t.hits = append(t.hits, hit{t.from, n})
		}
	}
}

// origins are the steps from changed files that are in no graph, on both sides.
func (t *tracer) origins() (head, from []origin) {
	head = append(t.testData(t.Head, newPath), t.native(t.Head, newPath)...)
	head = append(head, t.services(t.Head, newPath)...)
	if t.From != nil {
		from = append(t.testData(t.From, oldPath), t.native(t.From, oldPath)...)
		from = append(from, t.services(t.From, oldPath)...)
	}
	if t.packages == nil {
		return head, from
	}
	maps.Copy(t.understood, t.packages.understood)
	h, f := t.resettled(t.projects)
	return slices.Concat(head, t.packages.origins, h), slices.Concat(from, t.packages.gone, f)
}

// walks are those of head and, when there is one, of from.
func (t *tracer) walks() []*walk {
	if t.from == nil {
		return []*walk{t.head}
	}
	return []*walk{t.head, t.from}
}

// twin is the number in g of a node of another graph, -1 where g has none.
func (g *Graph) twin(other *Graph, n int32) int32 {
	if g.isFlat() && g.over.flat == other.over.flat && len(other.over.removed)+len(other.over.added) == 0 {
		if g.over.isRemoved(n) {
			return -1
		}
		return g.over.number(n)
	}
	node := other.Node(n)
	return g.find(node.key())
}

func (w *walk) better(node int32, than hit) bool {
	a, b := w.steps[node], than.steps[than.node]
	return a.distance < b.distance || a.distance == b.distance && a.confidence > b.confidence
}

// report fills what does not depend on the walks.
func (t *tracer) report() *Report {
	r := &Report{
		Schema:     ReportSchema,
		Head:       t.Head.Commit,
		MergeBases: []git.OID{},
		Changed:    []Changed{},
		Graph:      t.Head.Summary(),
	}
	if t.Change != nil {
		r.Base, r.Head = t.Change.Base, t.Change.Head
		r.MergeBases = append(r.MergeBases, t.Change.MergeBases...)
	}
	for i := range t.files {
		f := &t.files[i]
		c := Changed{Path: f.Path.Escaped(), OldPath: f.OldPath.Escaped(), Status: f.Status}
		g, path := t.Head, newPath(f)
		if path == "" {
			g, path = t.From, oldPath(f)
		}
		if g != nil {
			if n := g.node(path); n >= 0 {
				c.Language = g.Node(n).Language
			}
			if why, _ := g.missing(path); !t.understood[path] && (t.packages == nil || !t.packages.quiet[path]) {
				c.Skipped = why.reason
			}
		}
		r.Changed = append(r.Changed, c)
	}
	return r
}

// reached lists what the walks reach.
func (t *tracer) reached() []Reached {
	t.meet()
	type found struct {
		hit
		Reached
	}
	all := make([]found, 0, len(t.hits))
	for _, h := range t.hits {
		n := h.walk.node(h.node)
		s := h.steps[h.node]
		all = append(all, found{h, Reached{
			Node:       h.id(h.node),
			Kind:       n.Kind,
			Edge:       h.lastEdge(s),
			Path:       n.Path.Escaped(),
			Tagged:     n.Marks&MarkTagged != 0,
			Distance:   int(s.distance),
			Confidence: s.confidence,
			Reason:     t.why(h),
		}})
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.Node, b.Node))
	})
	list := make([]Reached, len(all))
	left := maxVia
	for i, f := range all {
		list[i] = f.Reached
		list[i].Via = make([]string, 0, f.Distance)
		if left -= f.Distance; left >= 0 {
			if o := f.originOf(f.node); o != nil {
				list[i].Via = append(list[i].Via, "file:"+o.changed.Escaped())
			}
			for _, via := range f.path(f.node) {
				list[i].Via = append(list[i].Via, f.id(via))
			}
		}
	}
	return list
}

func (w *walk) lastEdge(s step) EdgeKind {
	if s.origin > 0 {
		return w.origins[s.origin-1].kind
	}
	return w.graph.Link(s.edge).Kind
}

// maxVia bounds the nodes in all Via of a report: the paths along a chain of a hundred
// thousand files have five thousand million.
const maxVia = 2_000_000
