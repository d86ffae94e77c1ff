package impact

import (
	"cmp"
	"slices"
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
	Contains EdgeKind = "contains" // a package, its files
	Imports  EdgeKind = "imports"  // a file, a package or file
	Tests    EdgeKind = "tests"    // Go: x_test.go, its x.go
)

// A Node of the graph. Its id is derived: see ID.
type Node struct {
	Kind     Kind
	Path     change.Path // of a package: its folder, "." for the root
	Language string      // empty for what no extractor reads
	Name     string      // of a package: as declared
}

// ID is "package:<folder>" or "file:<path>", escaped. It does not depend on whether a
// file is taken for a test.
func (n *Node) ID() string {
	if n.Kind == KindPackage {
		return "package:" + n.Path.Escaped()
	}
	return "file:" + n.Path.Escaped()
}

// An Edge joins two nodes, given by their places in Graph.Nodes.
type Edge struct {
	From, To   int32
	Kind       EdgeKind
	Confidence Confidence // 1 to 1000
	Evidence   Evidence
}

// Evidence says where an edge was read.
type Evidence struct {
	Source string `json:"source"`           // "import", "dynamic-import", "type-import", "embed", "same-package", "folder", "name"
	Line   int    `json:"line,omitempty"`   // of the edge's From, 1-based
	Detail string `json:"detail,omitempty"` // the import as written, escaped, at most 200 bytes
}

// A Graph is what the files of one tree have to do with each other. It does not change
// once built, and may be read by several goroutines.
type Graph struct {
	Commit git.OID // as given to Build; may be zero
	Tree   git.OID
	Nodes  []Node    // sorted by ID
	Edges  []Edge    // sorted by From, To, Kind; at most one of each
	Skips  []Skipped // sorted by path, reason, detail

	files     map[change.Path]int32 // node of a file
	packages  map[change.Path]int32 // node of a folder
	into      adjacency
	gaps      []gap                      // what may hide an edge
	skipped   map[change.Path]skipReason // of files that are not in the graph, or not whole
	languages map[string]language        // what was read, by language
	folders   map[change.Path]int32      // number of Go files in a folder
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
	s := Summary{Nodes: len(g.Nodes), Edges: len(g.Edges), Skipped: map[string]int{}, Examples: []Skipped{}}
	for _, skip := range g.Skips {
		s.Skipped[skip.Reason]++
		if s.Skipped[skip.Reason] <= maxExamples {
			s.Examples = append(s.Examples, skip)
		}
	}
	slices.SortStableFunc(s.Examples, func(a, b Skipped) int { return strings.Compare(a.Reason, b.Reason) })
	return s
}

// maxExamples of each skip reason stand in a Summary; Graph.Skips has them all.
const maxExamples = 5

// node finds what stands for a file: -1 when it is not in the graph.
func (g *Graph) node(p change.Path) int32 {
	if i, ok := g.files[p]; ok {
		return i
	}
	return -1
}

// missing is why a file is not in the graph, or what it imports is not; that a folder
// above it could not be listed is such a reason, too.
func (g *Graph) missing(p change.Path) (skipReason, bool) {
	for {
		if why, ok := g.skipped[p]; ok || p == "." {
			return why, ok
		}
		p = folderOf(p)
	}
}

// assemble sorts nodes and edges, drops double edges and builds the lookups. Edges of
// equal ends and kind: the most confident one stays, then the one on the first line.
func (g *Graph) assemble() {
	ids := make([]string, len(g.Nodes))
	order := make([]int32, len(g.Nodes))
	for i := range g.Nodes {
		ids[i], order[i] = g.Nodes[i].ID(), int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(ids[a], ids[b]) })

	place := make([]int32, len(order))
	nodes := make([]Node, len(order))
	g.files = make(map[change.Path]int32, len(order))
	g.packages = make(map[change.Path]int32)
	for to, from := range order {
		n := g.Nodes[from]
		nodes[to], place[from] = n, int32(to)
		if n.Kind == KindPackage {
			g.packages[n.Path] = int32(to)
		} else {
			g.files[n.Path] = int32(to)
		}
	}
	g.Nodes = nodes

	g.sortEdges(place)
	g.into = newAdjacency(len(g.Nodes), g.Edges)

	slices.SortFunc(g.Skips, func(a, b Skipped) int {
		return cmp.Or(
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Reason, b.Reason),
			cmp.Compare(a.Detail, b.Detail),
		)
	})
	g.Skips = slices.Compact(g.Skips)
}

// sortEdges renumbers, sorts and compacts the edges. It moves small keys, not edges.
func (g *Graph) sortEdges(place []int32) {
	type key struct {
		ends uint64
		at   int32
	}
	keys := make([]key, len(g.Edges))
	for i := range g.Edges {
		e := &g.Edges[i]
		e.From, e.To = place[e.From], place[e.To]
		keys[i] = key{uint64(e.From)<<32 | uint64(e.To), int32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.ends != b.ends {
			return cmp.Compare(a.ends, b.ends)
		}
		x, y := &g.Edges[a.at], &g.Edges[b.at]
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
		if e := g.Edges[k.at]; i == 0 || k.ends != keys[i-1].ends || e.Kind != edges[len(edges)-1].Kind {
			edges = append(edges, e)
		}
	}
	g.Edges = edges
}

// adjacency lists the edges that end in each node, in order: edges[start[n]:start[n+1]].
type adjacency struct {
	start []int32
	edges []int32 // places in Graph.Edges
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
