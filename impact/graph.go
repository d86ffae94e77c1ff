package impact

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// A Kind says what a node is.
type Kind string

const (
	KindFile     Kind = "file"
	KindTest     Kind = "test"     // a file that holds tests; its id starts with "file:" all the same
	KindDocument Kind = "document" // prose that something embeds or imports
	KindPackage  Kind = "package"  // Go: a folder
)

// An EdgeKind says what an edge means. All of them point from what depends to what it
// depends on, so that impact runs against them; a package depends on its files.
type EdgeKind string

const (
	Contains   EdgeKind = "contains"   // a package, its files
	Imports    EdgeKind = "imports"    // a file, a package or file
	Tests      EdgeKind = "tests"      // Go: x_test.go, its x.go
	References EdgeKind = "references" // a file, another one that it names in a string; a Go file, another one of its package: that one in no graph
	Requires   EdgeKind = "requires"   // a Python file, the __init__.py that runs before it; a test, what its runner loads before it; a file, the manifest or project file that decides what it imports: that one in no graph
	Reads      EdgeKind = "reads"      // a test, a file of its testdata; in no graph

	DocumentsEdge EdgeKind = "documents" // a document, what it is about; in no graph
)

// A Node of the graph. Its id is derived: see ID.
type Node struct {
	Kind     Kind
	Path     change.Path // of a package: its folder, "." for the root
	Language string      // empty for what no extractor reads
	Name     string      // of a package: as declared
	Marks    Mark        // of a file

	pkg  string   // of a file: the package that it declares
	mode git.Mode // of a file
	blob git.OID  // the same
}

// ID is "package:<folder>" or "file:<path>", escaped. It does not depend on whether a
// file is taken for a test.
func (n *Node) ID() string {
	if n.Kind == KindPackage {
		return "package:" + n.Path.Escaped()
	}
	return "file:" + n.Path.Escaped()
}

// An Edge joins two nodes, given by their numbers.
type Edge struct {
	From, To   int32
	Kind       EdgeKind
	Confidence Confidence // 1 to 1000
	Evidence   Evidence
}

// Evidence says where an edge was read.
type Evidence struct {
	Source string `json:"source"`           // "import", "dynamic-import", "type-import", "embed", "same-package", "path-in-code", "folder-import", "text-import", "folder", "name", "conftest.py", "__init__.py", "test-configuration", "framework"
	Line   int    `json:"line,omitempty"`   // of the edge's From, 1-based
	Detail string `json:"detail,omitempty"` // the import as written, escaped, at most 200 bytes
}

// A Graph is what the files of one tree have to do with each other. It does not change
// once built, and may be read by several goroutines. It stands in memory, or in a file
// with what a change makes of it on top.
type Graph struct {
	Commit git.OID // as given to Build; may be zero
	Tree   git.OID

	over patched // instead of all that follows, if there is a flat graph

	nodes     []Node                // sorted by ID
	edges     []Edge                // sorted by From, To, Kind; at most one of each
	skips     []Skipped             // sorted by path, reason, detail
	files     map[change.Path]int32 // node of a file
	packages  map[change.Path]int32 // node of a folder
	into      adjacency
	gaps      []gap                      // what may hide an edge
	skipped   map[change.Path]skipReason // of files that are not in the graph, or not whole
	languages map[string]language        // what was read, by language
}

// NewGraph makes a graph of its parts, in any order.
func NewGraph(commit, tree git.OID, nodes []Node, edges []Edge, skips []Skipped) *Graph {
	g := &Graph{Commit: commit, Tree: tree, nodes: slices.Clone(nodes), edges: slices.Clone(edges), skips: slices.Clone(skips)}
	g.assemble()
	return g
}

// isFlat says whether the graph stands in a file.
func (g *Graph) isFlat() bool { return g.over.flat != nil }

// Len is the number of nodes: they are numbered from 0, in order of their IDs.
func (g *Graph) Len() int {
	if g.isFlat() {
		return g.over.len()
	}
	return len(g.nodes)
}

// Node is the node of a number.
func (g *Graph) Node(n int32) Node {
	if g.isFlat() {
		return g.over.node(n)
	}
	return g.nodes[n]
}

// Kind is Node(n).Kind, without the rest.
func (g *Graph) Kind(n int32) Kind {
	if g.isFlat() {
		return g.over.kind(n)
	}
	return g.nodes[n].Kind
}

// Edge is the edge of a number that Into gave.
func (g *Graph) Edge(e int32) Edge {
	if g.isFlat() {
		return g.over.edge(e)
	}
	return g.edges[e]
}

// Link is Edge without its evidence.
func (g *Graph) Link(e int32) Link {
	if g.isFlat() {
		return g.over.link(e)
	}
	edge := &g.edges[e]
	return Link{edge.From, edge.To, edge.Kind, edge.Confidence}
}

// A Link is an Edge without its evidence.
type Link struct {
	From, To   int32
	Kind       EdgeKind
	Confidence Confidence
}

// Into lists the edges that end in a node, in order of the nodes that they come from.
func (g *Graph) Into(n int32) []int32 {
	if g.isFlat() {
		return g.over.edgesInto(n)
	}
	return g.into.of(n)
}

// outOf lists the edges that start in a node.
func (g *Graph) outOf(n int32) []int32 {
	if g.isFlat() {
		return g.over.edgesOutOf(n)
	}
	var list []int32
	first := sort.Search(len(g.edges), func(i int) bool { return g.edges[i].From >= n })
	for e := first; e < len(g.edges) && g.edges[e].From == n; e++ {
		list = append(list, int32(e))
	}
	return list
}

// EachNode calls fn for every node, by number.
func (g *Graph) EachNode(fn func(n int32, node *Node)) {
	g = g.inMemory()
	for i := range g.nodes {
		fn(int32(i), &g.nodes[i])
	}
}

// EachEdge calls fn for every edge, by From, To and Kind.
func (g *Graph) EachEdge(fn func(*Edge)) {
	g = g.inMemory()
	for i := range g.edges {
		fn(&g.edges[i])
	}
}

// EachSkip calls fn for all that is not in the graph, by path, reason and detail.
func (g *Graph) EachSkip(fn func(*Skipped)) {
	g = g.inMemory()
	for i := range g.skips {
		fn(&g.skips[i])
	}
}

// inMemory is the same graph, read whole.
func (g *Graph) inMemory() *Graph {
	if !g.isFlat() {
		return g
	}
	m := g.over.memory()
	m.Commit, m.Tree = g.Commit, g.Tree
	return m
}

// eachGap calls fn for every place where an edge may be missing.
func (g *Graph) eachGap(fn func(*gap)) {
	if g.isFlat() {
		g.over.eachGap(fn)
		return
	}
	for i := range g.gaps {
		fn(&g.gaps[i])
	}
}

// byLanguage is what was read of each language.
func (g *Graph) byLanguage() map[string]language {
	if g.isFlat() {
		return g.over.patch.languages
	}
	return g.languages
}

// at is the same graph, for a tree that can not have another one.
func (g *Graph) at(commit, tree git.OID) *Graph {
	same := *g
	same.Commit, same.Tree = commit, tree
	return &same
}

// language counts what was read of one language.
type language struct {
	files   int // source files
	imports int // edges that come out of them
}

// skipReason is why a file is not in the graph, or what it imports is not.
type skipReason struct {
	reason, detail string
}

// Summary counts the graph.
func (g *Graph) Summary() Summary {
	if g.isFlat() {
		return g.over.summary()
	}
	s := Summary{Nodes: len(g.nodes), Edges: len(g.edges), Skipped: map[string]int{}, Examples: []Skipped{}}
	for _, skip := range g.skips {
		s.Skipped[skip.Reason]++
		if s.Skipped[skip.Reason] <= maxExamples {
			s.Examples = append(s.Examples, Skipped{Path: skip.Path, Reason: skip.Reason, Detail: skip.Detail})
		}
	}
	slices.SortStableFunc(s.Examples, compareReasons)
	return s
}

func compareReasons(a, b Skipped) int { return strings.Compare(a.Reason, b.Reason) }

// maxExamples of each skip reason stand in a Summary; EachSkip has them all.
const maxExamples = 5

// node finds what stands for a file: -1 when it is not in the graph.
func (g *Graph) node(p change.Path) int32 {
	if g.isFlat() {
		return g.over.find(false, p)
	}
	if i, ok := g.files[p]; ok {
		return i
	}
	return -1
}

// packageOf finds what stands for a folder: -1 when it is no package.
func (g *Graph) packageOf(folder change.Path) int32 {
	if g.isFlat() {
		return g.over.find(true, folder)
	}
	if i, ok := g.packages[folder]; ok {
		return i
	}
	return -1
}

// filesOf are the files of the package that a folder is, none if it is none.
func (g *Graph) filesOf(folder change.Path) []int32 {
	n := g.packageOf(folder)
	switch {
	case n < 0:
		return nil
	case g.isFlat():
		return g.over.filesOf(n)
	}
	var files []int32
	first := sort.Search(len(g.edges), func(i int) bool { return g.edges[i].From >= n })
	for _, e := range g.edges[first:] {
		if e.From != n {
			break
		}
		files = append(files, e.To)
	}
	return files
}

// goFiles is the number of Go files in the folder that a package stands for.
func (g *Graph) goFiles(folder change.Path) int { return len(g.filesOf(folder)) }

// missing is why a file is not in the graph, or what it imports is not; that a folder
// above it could not be listed is such a reason, too.
func (g *Graph) missing(p change.Path) (skipReason, bool) {
	for {
		why, ok := g.skipped[p]
		if g.isFlat() {
			why, ok = g.over.missingAt(p)
		}
		if ok || p == "." {
			return why, ok
		}
		p = folderOf(p)
	}
}

// assemble sorts nodes and edges, drops double edges and builds the lookups. Edges of
// equal ends and kind: the most confident one stays, then the one on the first line.
func (g *Graph) assemble() {
	ids := make([]string, len(g.nodes))
	order := make([]int32, len(g.nodes))
	for i := range g.nodes {
		ids[i], order[i] = g.nodes[i].ID(), int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(ids[a], ids[b]) })

	place := make([]int32, len(order))
	nodes := g.nodes
	g.nodes = make([]Node, 0, len(order))
	g.files = make(map[change.Path]int32, len(order))
	g.packages = make(map[change.Path]int32)
	for to, from := range order {
		place[from] = int32(to)
		g.addNode(nodes[from])
	}
	for i := range g.edges {
		e := &g.edges[i]
		e.From, e.To = place[e.From], place[e.To]
	}
	g.edges = sortEdges(g.edges)
	g.countImports()
	g.into = newAdjacency(len(g.nodes), g.edges)

	slices.SortFunc(g.skips, compareSkips)
	g.skips = slices.Compact(g.skips)
}

func (g *Graph) addNode(n Node) {
	at := int32(len(g.nodes))
	g.nodes = append(g.nodes, n)
	if n.Kind == KindPackage {
		g.packages[n.Path] = at
	} else {
		g.files[n.Path] = at
	}
}

// countImports counts by language the imports that lead somewhere.
func (g *Graph) countImports() {
	for i := range g.edges {
		if e := &g.edges[i]; e.Kind == Imports {
			name := g.nodes[e.From].Language
			l := g.languages[name]
			l.imports++
			if g.languages != nil {
				g.languages[name] = l
			}
		}
	}
}

func compareNodes(a, b Node) int { return strings.Compare(a.ID(), b.ID()) }

func compareSkips(a, b Skipped) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.Detail, b.Detail),
	)
}

// sortEdges sorts by From, To and Kind, and keeps one of each: the most confident, then
// the one on the first line. It moves small keys, not edges.
func sortEdges(unsorted []Edge) []Edge {
	type key struct {
		ends uint64
		at   int32
	}
	keys := make([]key, len(unsorted))
	for i := range unsorted {
		e := &unsorted[i]
		keys[i] = key{uint64(e.From)<<32 | uint64(e.To), int32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.ends != b.ends {
			return cmp.Compare(a.ends, b.ends)
		}
		x, y := &unsorted[a.at], &unsorted[b.at]
		return cmp.Or(
			cmp.Compare(x.Kind, y.Kind),
			cmp.Compare(y.Confidence, x.Confidence),
			cmp.Compare(x.Evidence.Line, y.Evidence.Line),
			cmp.Compare(x.Evidence.Source, y.Evidence.Source),
			cmp.Compare(x.Evidence.Detail, y.Evidence.Detail),
		)
	})
	edges := make([]Edge, 0, len(keys))
	for i, k := range keys {
		if e := unsorted[k.at]; i == 0 || k.ends != keys[i-1].ends || e.Kind != edges[len(edges)-1].Kind {
			edges = append(edges, e)
		}
	}
	return edges
}

// adjacency lists the edges that end in each node, in order: edges[start[n]:start[n+1]].
type adjacency struct {
	start []int32
	edges []int32 // places in Graph.edges
}

func newAdjacency(nodes int, edges []Edge) adjacency {
	a := adjacency{start: make([]int32, nodes+1), edges: make([]int32, len(edges))}
	for _, e := range edges {
		a.start[e.To+1]++
	}
	for i := range nodes {
		a.start[i+1] += a.start[i]
	}
	next := slices.Clone(a.start[:nodes])
	for i, e := range edges {
		a.edges[next[e.To]] = int32(i)
		next[e.To]++
	}
	return a
}

func (a adjacency) of(node int32) []int32 { return a.edges[a.start[node]:a.start[node+1]] }
