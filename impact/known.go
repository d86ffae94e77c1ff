package impact

import (
	"context"
	"maps"
	"slices"

	"custody/impact/lang"
	"custody/impact/wire"
	"custody/internal/git"
)

// A Known is the graph of a whole tree, with what is needed to say what a change makes of
// it.
type Known struct {
	graph     *Graph
	projects  []project      // files that resolvers asked for, sorted
	embedders []int32        // nodes of files that embed others by pattern, sorted
	words     []uint32       // see scriptWords; sorted
	claims    []string       // sorted
	vendors   []string       // sorted
	uses      []use          // imports that could name packages of registries, sorted
	raw       int            // edges and gaps before doubles were dropped
	guessed   bool           // a resolver looked at what other files import
	laid      bool           // it was laid over others: projects holds what resolvers ask for, and may hold more
	overlay   *overlay       // instead of all these: of a change to a graph that had them
	symbols   *mentionWriter // of what its files define and mention; nil: that is not kept
}

// A GraphStore keeps graphs between reviews. What it gives must be what KeepGraph was
// given, by the same program: a graph follows from the tree and from how this program
// reads it.
type GraphStore interface {
	Graph(tree git.OID) (*Known, bool)
	KeepGraph(tree git.OID, k *Known)
	// Kept is the graph that was kept before, of whatever tree: see footing.
	Kept() (tree git.OID, k *Known, ok bool)
}

// known is what can be kept of a builder; nil for a tree that was not seen whole.
func (b *builder) known(g *Graph) *Known {
	if !b.whole {
		return nil
	}
	k := &Known{graph: g, projects: b.projectList(), raw: b.raw, guessed: b.guessed, vendors: b.vendors, claims: slices.Compact(slices.Sorted(slices.Values(b.claims)))}
	for i := range b.files {
		if f := &b.files[i]; f.embeds() {
			k.embedders = append(k.embedders, g.node(f.path))
		}
	}
	slices.Sort(k.embedders)
	k.words = b.scriptWords().list()
	k.uses = b.uses(g)
	k.symbols = &mentionWriter{graph: g, from: make([]mentionSource, len(g.nodes))}
	for n := range k.symbols.from {
		k.symbols.from[n].old = -1
	}
	for i := range b.files {
		b.files[i].tell(k.symbols)
	}
	return k
}

// projectList is the project files with their blobs.
func (b *builder) projectList() []project {
	var list []project
	for _, path := range slices.Sorted(maps.Keys(b.projects)) {
		list = append(list, project{path, b.projects[path], b.projectTexts[path]})
	}
	return list
}

func (f *treeFile) embeds() bool {
	return f.fact != nil && slices.ContainsFunc(f.fact.Imports, func(imp lang.Import) bool { return imp.Kind == lang.Embed })
}

// tell gives the writer what the file says of itself, if it is known whole.
func (f *treeFile) tell(w *mentionWriter) {
	if n := w.graph.node(f.path); n >= 0 {
		w.from[n] = mentionSource{old: -1}
		if f.language != nil && f.language.Defines && f.fact != nil && !f.fact.Damaged && !f.fact.Partial {
			w.from[n].fact = f.fact
		}
	}
}

// BuildKnown is Build for a tree that will be the base of changes; nil when it was not
// seen whole.
func BuildKnown(ctx context.Context, in BuildInput) (*Known, error) {
	_, k, err := BuildBoth(ctx, in)
	return k, err
}

// BuildBoth is Build and BuildKnown.
func BuildBoth(ctx context.Context, in BuildInput) (*Graph, *Known, error) {
	b := newBuilder(in)
	if err := b.load(ctx); err != nil {
		return nil, nil, err
	}
	g, err := b.link(ctx)
	if err != nil {
		return nil, nil, err
	}
	return g, b.known(g), nil
}

// Encode writes the graph down, without the ids of commit and tree, in parts that belong
// behind each other; nil if it can not.
func (k *Known) Encode() [][]byte {
	if k.isWritten() {
		region := k.graph.over.region
		return [][]byte{region.Bytes(0, region.Len())}
	}
	whole := *k
	g := k.graph.inMemory()
	if k.overlay != nil {
		whole = k.overlay.known(g)
	}
	whole.graph = g
	return whole.encode()
}

// OpenKnown reads what Encode wrote, as it is asked for. A graph that makes no sense is an
// error, or found out later: see Damaged. One that makes another sense than it had is for
// who keeps it to notice, by a checksum.
func OpenKnown(region wire.Region) (*Known, error) {
	f, err := openFlat(region)
	if err != nil {
		return nil, err
	}
	return &Known{graph: &Graph{over: patched{f, &patch{languages: f.languages}}}}, nil
}

// Graph is the graph, as one of a commit and its tree.
func (k *Known) Graph(commit, tree git.OID) *Graph { return k.graph.at(commit, tree) }

// Load reads the whole graph of the tree into memory; ok is false when it turns out to be
// damaged.
func (k *Known) Load(commit, tree git.OID) (g *Graph, ok bool) {
	g = k.graph.at(commit, tree).inMemory()
	return g, !k.Damaged()
}

// isWritten says whether the graph stands in a file, with nothing laid over it.
func (k *Known) isWritten() bool { return k.graph.isFlat() && k.overlay == nil }

// Near says that the graph is another one with few files laid over it: a review can do that
// again in less time than it takes to write all of it down.
func (k *Known) Near(other *Known) bool {
	return k.overlay != nil && k.overlay.k == other && len(k.overlay.change.Files) <= maxNear
}

// Damaged says that something of it could not be read: what it answered is not to be
// believed.
func (k *Known) Damaged() bool { return k.graph.isFlat() && k.graph.over.bad.Load() }
