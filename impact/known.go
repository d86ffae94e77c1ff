package impact

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// A Known is the graph of a whole tree, with what is needed to say that another tree must
// have the same one.
type Known struct {
	graph    *Graph
	projects []string // paths of project files that resolvers asked for, sorted
	encoded  string   // what Encode gives, where that is known
}

// A GraphStore keeps graphs between reviews. What it gives must be what KeepGraph was
// given, by the same program: a graph follows from the tree and from how this program
// reads it.
type GraphStore interface {
	Graph(tree git.OID) (*Known, bool)
	KeepGraph(tree git.OID, k *Known)
}

// known is what can be kept of a builder; nil for a tree that was not seen whole.
func (b *builder) known(g *Graph) *Known {
	if !b.whole {
		return nil
	}
	return &Known{graph: g, projects: slices.Sorted(maps.Keys(b.projects))}
}

// BuildKnown is Build for a tree that will be the base of changes; nil when it was not
// seen whole.
func BuildKnown(ctx context.Context, in BuildInput) (*Known, error) {
	b := newBuilder(in)
	if err := b.load(ctx); err != nil {
		return nil, err
	}
	g, err := b.link(ctx)
	if err != nil {
		return nil, err
	}
	return b.known(g), nil
}

// graphFormat is raised whenever the encoding, or what is in a Graph, changes.
const graphFormat = 2

// A table numbers the few words that come up in every line of a graph.
type table struct {
	places map[string]uint64
	words  []string
}

func (t *table) of(word string) uint64 {
	n, ok := t.places[word]
	if !ok {
		n = uint64(len(t.words))
		t.places[word] = n
		t.words = append(t.words, word)
	}
	return n
}

// Encode writes the graph down, without the ids of commit and tree.
func (k *Known) Encode() string {
	if k.encoded == "" {
		k.encoded = k.encode()
	}
	return k.encoded
}

func (k *Known) encode() string {
	g, t := k.graph, &table{places: map[string]uint64{}}
	var b []byte
	word := func(s string) { b = wire.AppendUint(b, t.of(s)) }
	number := func(n int) { b = wire.AppendUint(b, uint64(n)) }
	text := func(s string) { b = wire.AppendString(b, s) }

	number(len(g.nodes))
	for i := range g.nodes {
		n := &g.nodes[i]
		word(string(n.Kind))
		word(n.Language)
		text(string(n.Path))
		text(n.Name)
		text(string(n.blob.Bytes()))
	}
	number(len(g.edges))
	last := int32(0)
	for i := range g.edges {
		e := &g.edges[i]
		number(int(e.From - last))
		last = e.From
		number(int(e.To))
		word(string(e.Kind))
		number(int(e.Confidence))
		word(e.Evidence.Source)
		number(e.Evidence.Line)
		text(e.Evidence.Detail)
	}
	number(len(g.skips))
	for _, s := range g.skips {
		text(s.Path)
		word(s.Reason)
		text(s.Detail)
	}
	number(len(g.gaps))
	for i := range g.gaps {
		x := &g.gaps[i]
		text(string(x.file))
		word(x.family)
		word(x.skip.reason)
		text(x.skip.detail)
		number(x.line)
		b = wire.AppendStrings(b, x.names)
		b = append(b, bit(x.exact)|bit(x.any)<<1)
	}
	number(len(g.skipped))
	for _, p := range slices.Sorted(maps.Keys(g.skipped)) {
		text(string(p))
		word(g.skipped[p].reason)
		text(g.skipped[p].detail)
	}
	number(len(g.languages))
	for _, name := range slices.Sorted(maps.Keys(g.languages)) {
		text(name)
		number(g.languages[name].files)
		number(g.languages[name].imports)
	}
	number(len(g.folders))
	for _, p := range slices.Sorted(maps.Keys(g.folders)) {
		text(string(p))
		number(int(g.folders[p]))
	}
	b = wire.AppendStrings(b, k.projects)
	head := wire.AppendUint(nil, graphFormat)
	return string(append(wire.AppendStrings(head, t.words), b...))
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

var errKnown = errors.New("the graph is malformed")

// DecodeKnown reads what Encode wrote. Its strings are parts of data. A graph that makes
// no sense is an error; one that makes another sense than it had is for who keeps it to
// notice, by a checksum.
func DecodeKnown(data string) (*Known, error) {
	d := &wire.Decoder{Rest: data}
	if format := d.Uint(math.MaxInt32); format != graphFormat {
		return nil, fmt.Errorf("the graph is of format %d", format)
	}
	words := d.Strings()
	word := func() string {
		if n := d.Uint(math.MaxInt32); n < uint64(len(words)) {
			return words[n]
		}
		d.Fail()
		return ""
	}
	number := func() int { return int(d.Uint(math.MaxInt32)) }

	g := &Graph{}
	g.nodes = make([]Node, d.Count(4))
	g.files = make(map[change.Path]int32, len(g.nodes))
	g.packages = make(map[change.Path]int32)
	for i := range g.nodes {
		n := &g.nodes[i]
		*n = Node{Kind: Kind(word()), Language: word(), Path: change.Path(d.String()), Name: d.String()}
		if id := d.String(); id != "" {
			var err error
			if n.blob, err = git.OIDFromBytes([]byte(id)); err != nil {
				return nil, errKnown
			}
		}
		if n.Kind == KindPackage {
			g.packages[n.Path] = int32(i)
		} else {
			g.files[n.Path] = int32(i)
		}
	}
	g.edges = make([]Edge, d.Count(7))
	from := 0
	for i := range g.edges {
		from += number()
		e := Edge{From: int32(from), To: int32(number()), Kind: EdgeKind(word()), Confidence: Confidence(number())}
		e.Evidence = Evidence{Source: word(), Line: number(), Detail: d.String()}
		if from >= len(g.nodes) || int(e.To) >= len(g.nodes) {
			return nil, errKnown
		}
		g.edges[i] = e
	}
	if n := d.Count(3); n > 0 {
		g.skips = make([]Skipped, n)
	}
	for i := range g.skips {
		g.skips[i] = Skipped{Path: d.String(), Reason: word(), Detail: d.String()}
	}
	if n := d.Count(7); n > 0 {
		g.gaps = make([]gap, n)
	}
	for i := range g.gaps {
		x := gap{file: change.Path(d.String()), family: word(), skip: skipReason{word(), d.String()}, line: number(), names: d.Strings()}
		flags := d.Byte()
		x.exact, x.any = flags&1 != 0, flags&2 != 0
		g.gaps[i] = x
	}
	n := d.Count(3)
	g.skipped = make(map[change.Path]skipReason, n)
	for range n {
		p := change.Path(d.String())
		g.skipped[p] = skipReason{word(), d.String()}
	}
	g.languages = make(map[string]language)
	for range d.Count(3) {
		name := d.String()
		g.languages[name] = language{number(), number()}
	}
	n = d.Count(2)
	g.folders = make(map[change.Path]int32, n)
	for range n {
		p := change.Path(d.String())
		g.folders[p] = int32(number())
	}
	k := &Known{graph: g, projects: d.Strings(), encoded: data}
	if d.Bad || d.Rest != "" {
		return nil, errKnown
	}
	g.into = newAdjacency(len(g.nodes), g.edges)
	return k, nil
}

// sameFor says whether a change of the tree that k is about can not alter its graph: each
// changed file stays in its place and its kind, says the same of itself as before, and is
// none of those that decide what names mean. What needs a closer look is not the same.
func (k *Known) sameFor(r *builder, c *change.Change) (wants []want, ok bool) {
	if len(c.Limits) > 0 {
		return nil, false
	}
	for i := range c.Files {
		f := &c.Files[i]
		if f.Mode != f.OldMode || !f.Mode.IsRegular() || newPath(f) == "" || newPath(f) != oldPath(f) || !isClean(string(f.Path)) {
			return nil, false
		}
		if _, project := slices.BinarySearch(k.projects, string(f.Path)); project {
			return nil, false
		}
		switch is := classify(f.Path, f.Mode, r.Languages); {
		case is.language != nil:
			wants = append(wants, want{f.OldID, is.language}, want{f.ID, is.language})
		case is.skip.reason == SkipOpaque && isProse(f.Path) && !isPackageFile(f.Path):
			// Nobody reads it.
		default:
			return nil, false
		}
	}
	return wants, true
}

// lookup takes the graph of both sides from the store, if it has that of from and the
// change can not alter it. Then no tree is listed.
func (in AssessInput) lookup(b *builder) (*Known, []want, bool) {
	if in.Graphs == nil || in.Change.From.IsZero() {
		return nil, nil, false
	}
	k, ok := in.Graphs.Graph(in.Change.FromTree)
	if !ok {
		return nil, nil, false
	}
	wants, ok := k.sameFor(b, in.Change)
	return k, wants, ok
}

// sameFacts compares the facts of wants, two by two.
func sameFacts(answers map[want]gotten, wants []want) bool {
	for i := 0; i < len(wants); i += 2 {
		was, now := answers[wants[i]].fact, answers[wants[i+1]].fact
		if was == nil || now == nil || was.Damaged || now.Damaged || !sameFact(was, now) {
			return false
		}
	}
	return true
}
