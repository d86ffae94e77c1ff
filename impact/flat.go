package impact

import (
	"errors"
	"math"
	"slices"
	"sort"
	"strings"
	"sync/atomic"

	"custody/impact/lang"
	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// A flat graph is one that stands in a file and is read where it is asked. Tables have
// rows of one size, so a row is found by its number, and of equal things only what a
// change touches is ever read: a review costs what its change costs.
//
// All integers have four bytes, little-endian, unless said otherwise. The header is a row
// of integers (see the constants below), then come, without gaps:
//
//	strings     all texts; a reference to one is its place in here and its length
//	nodes       path, name, pkg (references), kind and language (words), marks, a free byte, mode
//	ids         of the blobs of nodes, zeros for packages
//	out         for each node and one more: its first edge
//	edges       to, from, confidence (2 bytes), kind and source (words), line, detail (reference)
//	into        for each node and one more: its first place in the next table
//	into edges  numbers of edges, by where they end
//	gap starts  for each gap and one more: its first byte in the next section
//	gaps        see appendGap
//	skips       path, detail (references), mode, flags, id; sorted by reason, path, detail
//	projects    path, text (references), id of its blob, zeros where there is none; sorted.
//	            The text is empty where it is not kept: see keepsText
//	embedders   nodes, sorted
//	words       hashes, sorted: see scriptWords
//	specs       text (reference), end in the next table; sorted by lower case, text
//	uses        node, line
//	others      nodes of files that are of no language
//	small       what is read whole: see flatWriter.small
//	mentions    see mentionIndex; may be missing
//
// A file that does not hold together, or that turns out to be unreadable, makes the graph
// bad: it then gives zeros, and whoever used it has to start again without it.
type flat struct {
	region    wire.Region
	head      [headerWords]uint32
	words     []string
	languages map[string]language
	claims    []string      // names that project files of the tree claim: see lang.SameProject
	vendors   []string      // see lang.GoFolders
	groups    []skipGroup   // of skips, by reason
	mentions  *mentionIndex // nil: there is none
	bad       atomic.Bool
}

const (
	headFormat = iota
	headIDSize
	headNodes
	headFiles // the nodes before the packages
	headEdges
	headGaps
	headSkips
	headProjects
	headEmbedders
	headWords
	headRaw // edges and gaps before doubles were dropped: what Limits.Edges counts
	headGuessed
	headLaid
	headStyles
	headSpecs
	headUses
	headOthers
	atStrings // sections: where they begin
	atNodes
	atIDs
	atOut
	atEdges
	atInto
	atIntoEdges
	atGapStarts
	atGaps
	atSkips
	atProjects
	atEmbedders
	atWords
	atSpecs
	atUses
	atOthers
	atSmall
	atMentions
	atEnd
	headerWords
)

const (
	nodeRow    = 32 // bytes
	edgeRow    = 24
	specRow    = 12
	skipRow    = 24 // and the id of the blob
	projectRow = 16 // the same

	isMissing = 1 // flag of a skip: it is what Graph.missing says of its path
)

// A skipGroup is the rows of one skip reason.
type skipGroup struct {
	reason     string
	start, end int
}

var errFlat = errors.New("the graph is malformed")

// openFlat checks that the tables fit into the region; what is in them is checked when it
// is asked for.
func openFlat(region wire.Region) (*flat, error) {
	f := &flat{region: region}
	head := region.Bytes(0, 4*headerWords)
	if head == nil {
		return nil, errFlat
	}
	for i := range f.head {
		f.head[i] = wire.Uint32(head[4*i:])
	}
	if f.head[headFormat] != graphFormat {
		return nil, errors.New("the graph is of another format")
	}
	h := &f.head
	if h[headIDSize] != 20 && h[headIDSize] != 32 || h[headFiles] > h[headNodes] || h[atEnd] != uint32(region.Len()) || h[atStrings] != 4*headerWords {
		return nil, errFlat
	}
	sizes := map[int][2]uint64{ // rows, bytes of one
		atNodes: {uint64(h[headNodes]), nodeRow}, atIDs: {uint64(h[headNodes]), uint64(h[headIDSize])},
		atOut: {uint64(h[headNodes]) + 1, 4}, atEdges: {uint64(h[headEdges]), edgeRow},
		atInto: {uint64(h[headNodes]) + 1, 4}, atIntoEdges: {uint64(h[headEdges]), 4},
		atGapStarts: {uint64(h[headGaps]) + 1, 4}, atSkips: {uint64(h[headSkips]), skipRow + uint64(h[headIDSize])},
		atProjects: {uint64(h[headProjects]), projectRow + uint64(h[headIDSize])}, atEmbedders: {uint64(h[headEmbedders]), 4}, atWords: {uint64(h[headWords]), 4},
		atSpecs: {uint64(h[headSpecs]), specRow}, atUses: {uint64(h[headUses]), 8}, atOthers: {uint64(h[headOthers]), 4},
	}
	for section := atStrings; section < atEnd; section++ {
		if h[section] > h[section+1] {
			return nil, errFlat
		}
		if want, ok := sizes[section]; ok && want[0]*want[1] != uint64(h[section+1]-h[section]) {
			return nil, errFlat
		}
	}
	if err := f.readSmall(); err != nil {
		return nil, err
	}
	f.mentions = f.openMentions()
	if f.bad.Load() {
		return nil, errFlat
	}
	return f, nil
}

func (f *flat) readSmall() error {
	small := f.region.Bytes(int(f.head[atSmall]), int(f.head[atMentions]-f.head[atSmall]))
	if small == nil {
		return errFlat
	}
	d := &wire.Decoder{Rest: string(small)}
	f.words, f.claims, f.vendors = d.Strings(), d.Strings(), d.Strings()
	f.languages = make(map[string]language)
	for range d.Count(3) {
		name := d.String()
		f.languages[name] = language{int(d.Uint(math.MaxInt32)), int(d.Uint(math.MaxInt32))}
	}
	start := 0
	for range d.Count(2) {
		g := skipGroup{reason: d.String(), start: start}
		start += int(d.Uint(uint64(f.head[headSkips])))
		g.end = start
		f.groups = append(f.groups, g)
	}
	if d.Bad || d.Rest != "" || start != int(f.head[headSkips]) {
		return errFlat
	}
	return nil
}

// row is one row of a table; zeros when it can not be read.
func (f *flat) row(section, n, size int) []byte {
	if b := f.region.Bytes(int(f.head[section])+n*size, size); b != nil && n >= 0 {
		return b
	}
	f.bad.Store(true)
	return make([]byte, size)
}

// index reads a number below limit.
func (f *flat) index(b []byte, limit int) int {
	n := wire.Uint32(b)
	if uint64(n) >= uint64(limit) {
		f.bad.Store(true)
		return 0
	}
	return int(n)
}

// text reads what a reference is about.
func (f *flat) text(ref []byte) string { return string(f.textBytes(ref)) }

// textBytes is text, for reading only.
func (f *flat) textBytes(ref []byte) []byte {
	at, n := wire.Uint32(ref), wire.Uint32(ref[4:])
	if uint64(at)+uint64(n) > uint64(f.head[atNodes]-f.head[atStrings]) {
		f.bad.Store(true)
		return nil
	}
	if n == 0 {
		return nil
	}
	b := f.region.Bytes(int(f.head[atStrings]+at), int(n))
	if b == nil {
		f.bad.Store(true)
	}
	return b
}

func (f *flat) word(n byte) string {
	if int(n) >= len(f.words) {
		f.bad.Store(true)
		return ""
	}
	return f.words[n]
}

func (f *flat) nodes() int    { return int(f.head[headNodes]) }
func (f *flat) edges() int    { return int(f.head[headEdges]) }
func (f *flat) guessed() bool { return f.head[headGuessed] != 0 }

// laid says that it was laid over other graphs, see Known.
func (f *flat) laid() bool { return f.head[headLaid] != 0 }

// node reads a node; its number is one that came from here.
func (f *flat) node(n int32) Node {
	row := f.row(atNodes, int(n), nodeRow)
	return Node{
		Kind: Kind(f.word(row[24])), Language: f.word(row[25]), Marks: Mark(row[26]),
		Path: change.Path(f.text(row)), Name: f.text(row[8:]), pkg: f.text(row[16:]),
		mode: git.Mode(wire.Uint32(row[28:])), blob: idOf(f.row(atIDs, int(n), int(f.head[headIDSize]))),
	}
}

func (f *flat) path(n int32) change.Path { return change.Path(f.text(f.row(atNodes, int(n), nodeRow))) }
func (f *flat) kind(n int32) Kind        { return Kind(f.word(f.row(atNodes, int(n), nodeRow)[24])) }

// link reads an edge without its evidence.
func (f *flat) link(e int32) Link {
	row := f.row(atEdges, int(e), edgeRow)
	confidence := Confidence(row[8]) | Confidence(row[9])<<8
	if confidence < 1 || confidence > 1000 {
		f.bad.Store(true)
		confidence = 1
	}
	return Link{
		From: int32(f.index(row[4:], f.nodes())), To: int32(f.index(row, f.nodes())),
		Kind: EdgeKind(f.word(row[10])), Confidence: confidence,
	}
}

func (f *flat) evidence(e int32) Evidence {
	row := f.row(atEdges, int(e), edgeRow)
	return Evidence{Source: f.word(row[11]), Line: f.index(row[12:], math.MaxInt32), Detail: f.text(row[16:])}
}

// span is the part of a table that belongs to a node, or a gap, by the table of starts.
func (f *flat) span(starts, n, limit int) (int, int) {
	row := f.region.Bytes(int(f.head[starts])+4*n, 8)
	if row == nil || n < 0 {
		f.bad.Store(true)
		return 0, 0
	}
	start, end := int(wire.Uint32(row)), int(wire.Uint32(row[4:]))
	if start > end || end > limit {
		f.bad.Store(true)
		return 0, 0
	}
	return start, end
}

// out are the edges that start in a node: first and one behind the last.
func (f *flat) out(n int32) (int32, int32) {
	start, end := f.span(atOut, int(n), f.edges())
	return int32(start), int32(end)
}

// into lists the edges that end in a node.
func (f *flat) into(n int32) []int32 {
	start, end := f.span(atInto, int(n), f.edges())
	if start == end {
		return nil
	}
	b := f.region.Bytes(int(f.head[atIntoEdges])+4*start, 4*(end-start))
	if b == nil {
		f.bad.Store(true)
		return nil
	}
	list := make([]int32, end-start)
	for i := range list {
		e := int32(f.index(b[4*i:], f.edges()))
		if f.index(f.row(atEdges, int(e), edgeRow), f.nodes()) != int(n) {
			f.bad.Store(true) // whoever follows it would go round in circles
			return nil
		}
		list[i] = e
	}
	return list
}

// place is where an id stands among the nodes, or would stand.
func (f *flat) place(isPackage bool, path change.Path) (n int32, found bool) {
	first, count := 0, int(f.head[headFiles])
	if isPackage {
		first, count = count, f.nodes()-count
	}
	at, found := sort.Find(count, func(i int) int {
		return path.CompareEscaped(f.textBytes(f.row(atNodes, first+i, nodeRow)))
	})
	return int32(first + at), found
}

// find is the number of a node, or -1.
func (f *flat) find(isPackage bool, path change.Path) int32 {
	if n, found := f.place(isPackage, path); found {
		return n
	}
	return -1
}

// A flatSkip is one row of the skips.
type flatSkip struct {
	path    string // escaped
	detail  string
	mode    git.Mode
	blob    git.OID
	missing bool
}

func (f *flat) skip(i int) flatSkip {
	row := f.row(atSkips, i, f.skipRow())
	return flatSkip{
		path: f.text(row), detail: f.text(row[8:]), missing: row[20]&isMissing != 0,
		mode: git.Mode(wire.Uint32(row[16:])), blob: idOf(row[skipRow:]),
	}
}

func (f *flat) skipRow() int { return skipRow + int(f.head[headIDSize]) }

// idOf reads an id; zeros are the zero value.
func idOf(b []byte) git.OID {
	id, err := git.OIDFromBytes(b)
	if err != nil || id.IsZero() {
		return git.OID{}
	}
	return id
}

// skipsOf calls fn for the skips of one path.
func (f *flat) skipsOf(path change.Path, fn func(reason string, s flatSkip)) {
	want := path.Escaped()
	for _, g := range f.groups {
		first := sort.Search(g.end-g.start, func(i int) bool {
			return string(f.textBytes(f.row(atSkips, g.start+i, f.skipRow()))) >= want
		})
		for i := g.start + first; i < g.end; i++ {
			s := f.skip(i)
			if s.path != want {
				break
			}
			fn(g.reason, s)
		}
	}
}

// missing is what Graph.missing says of one path.
func (f *flat) missing(path change.Path) (why skipReason, ok bool) {
	f.skipsOf(path, func(reason string, s flatSkip) {
		if s.missing {
			f.checkMissing(reason)
			why, ok = skipReason{reason, s.detail}, true
		}
	})
	return why, ok
}

// checkMissing notes that something about an import is said of a whole file.
func (f *flat) checkMissing(reason string) {
	if aboutImport(reason) {
		f.bad.Store(true)
	}
}

// gap reads one gap.
func (f *flat) gap(i int) gap {
	start, end := f.span(atGapStarts, i, int(f.head[atSkips]-f.head[atGaps]))
	b := f.region.Bytes(int(f.head[atGaps])+start, end-start)
	g, ok := f.readGap(b)
	if !ok {
		f.bad.Store(true)
	}
	return g
}

func (f *flat) readGap(b []byte) (gap, bool) {
	d := &wire.Decoder{Rest: string(b)}
	x := gap{file: change.Path(d.String()), family: f.word(d.Byte()), skip: skipReason{f.word(d.Byte()), d.String()}}
	x.line = int(d.Uint(math.MaxInt32))
	x.names = d.Strings()
	flags := d.Byte()
	x.exact, x.any = flags&1 != 0, flags&2 != 0
	return x, !d.Bad && d.Rest == "" && len(b) > 0
}

// A project is a file that a resolver asked for: it decides what imports mean.
type project struct {
	path string
	id   git.OID // zero: it is not in the tree
	text string  // empty: it is not kept
}

// keepsText says that what a project file says is kept: all of these are read whenever a
// file of their language changes.
func keepsText(path string, size int) bool {
	const most = 64 << 10
	name := baseName(change.Path(path))
	switch name {
	case "go.mod", "go.work", "pyproject.toml", "setup.cfg", "setup.py":
		return size <= most
	}
	return false
}

// project finds a project file, without its text.
func (f *flat) project(path change.Path) (project, bool) {
	i, found := f.projectPlace(path)
	if !found {
		return project{}, false
	}
	return f.projectAt(i), true
}

func (f *flat) projectPlace(path change.Path) (i int, found bool) {
	return sort.Find(int(f.head[headProjects]), func(i int) int {
		return strings.Compare(string(path), f.text(f.row(atProjects, i, f.projectRow())))
	})
}

func (f *flat) projectRow() int { return projectRow + int(f.head[headIDSize]) }

func (f *flat) projectAt(i int) project {
	row := f.row(atProjects, i, f.projectRow())
	return project{path: f.text(row), id: idOf(row[projectRow:])}
}

// projectText is what a project file says; empty where it is not kept.
func (f *flat) projectText(path change.Path) string {
	i, found := f.projectPlace(path)
	if !found {
		return ""
	}
	return f.text(f.row(atProjects, i, f.projectRow())[8:])
}

func (f *flat) projects() []project {
	var all []project
	for i := range int(f.head[headProjects]) {
		all = append(all, f.projectAt(i))
	}
	return all
}

// embedders are the files that embed others by pattern.
func (f *flat) embedders() []int32 {
	list := make([]int32, f.head[headEmbedders])
	for i := range list {
		list[i] = int32(f.index(f.row(atEmbedders, i, 4), f.nodes()))
	}
	return list
}

// hasWord says whether a script or its project files may spell the word.
func (f *flat) hasWord(word string) bool {
	want := uint32(lang.HashName(word))
	_, found := sort.Find(int(f.head[headWords]), func(i int) int {
		switch have := wire.Uint32(f.row(atWords, i, 4)); {
		case want < have:
			return -1
		case want > have:
			return 1
		}
		return 0
	})
	return found
}

func (f *flat) wordHashes() []uint32 {
	list := make([]uint32, f.head[headWords])
	for i := range list {
		list[i] = wire.Uint32(f.row(atWords, i, 4))
	}
	return list
}

// memory reads all of it.
func (f *flat) memory() *Graph {
	g := &Graph{files: map[change.Path]int32{}, packages: map[change.Path]int32{}, skipped: map[change.Path]skipReason{}, languages: f.languages}
	for i := range f.nodes() {
		g.addNode(f.node(int32(i)))
	}
	g.edges = make([]Edge, f.edges())
	for i := range g.edges {
		l := f.link(int32(i))
		g.edges[i] = Edge{l.From, l.To, l.Kind, l.Confidence, f.evidence(int32(i))}
	}
	for _, group := range f.groups {
		for i := group.start; i < group.end; i++ {
			s := f.skip(i)
			g.skips = append(g.skips, Skipped{Path: s.path, Reason: group.reason, Detail: s.detail, mode: s.mode, blob: s.blob})
			if s.missing {
				f.checkMissing(group.reason)
				p, err := change.Unescape(s.path)
				if err != nil {
					f.bad.Store(true)
				}
				g.skipped[p] = skipReason{group.reason, s.detail}
			}
		}
	}
	slices.SortFunc(g.skips, compareSkips)
	for i := range int(f.head[headGaps]) {
		g.gaps = append(g.gaps, f.gap(i))
	}
	g.into = newAdjacency(len(g.nodes), g.edges)
	return g
}
