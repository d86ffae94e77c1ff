package impact

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// graphFormat is raised whenever the encoding, or what is in a Graph, changes.
const graphFormat = 8

// maxFlat bounds what is kept for speed alone: a cache takes files of 256 MiB.
const maxFlat = 250 << 20

// A flatWriter writes what flat reads.
type flatWriter struct {
	k       *Known
	room    int // bytes: see maxFlat
	strings []byte
	places  map[string]uint32 // of texts that come up again and again
	numbers map[string]byte
	words   []string
}

// encode writes a graph in memory, in parts; nil when it has more kinds, languages and reasons than
// a byte can number, which no table of languages has.
func (k *Known) encode() [][]byte { return k.encodeWithin(maxFlat) }

func (k *Known) encodeWithin(room int) [][]byte {
	w := &flatWriter{k: k, room: room, places: map[string]uint32{}, numbers: map[string]byte{}}
	return w.write()
}

func (w *flatWriter) word(s string) byte {
	n, ok := w.numbers[s]
	if !ok {
		n = byte(len(w.words))
		w.numbers[s] = n
		w.words = append(w.words, s)
	}
	return n
}

// ref appends a reference to a text.
func (w *flatWriter) ref(b []byte, s string) []byte {
	if s == "" {
		return append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	at, ok := w.places[s]
	if !ok {
		at = uint32(len(w.strings))
		w.places[s] = at
		w.strings = append(w.strings, s...)
	}
	return wire.AppendUint32(wire.AppendUint32(b, at), uint32(len(s)))
}

func (w *flatWriter) write() [][]byte {
	g := w.k.graph
	var head [headerWords]uint32
	sections := make([][]byte, headerWords)
	head[headFormat], head[headIDSize] = graphFormat, 20
	head[headNodes], head[headEdges], head[headGaps] = uint32(len(g.nodes)), uint32(len(g.edges)), uint32(len(g.gaps))
	head[headSkips], head[headProjects] = uint32(len(g.skips)), uint32(len(w.k.projects))
	head[headEmbedders], head[headWords], head[headRaw] = uint32(len(w.k.embedders)), uint32(len(w.k.words)), uint32(w.k.raw)
	head[headGuessed], head[headLaid] = uint32(bit(w.k.guessed)), uint32(bit(w.k.laid))
	for i := range g.nodes {
		if g.nodes[i].Kind != KindPackage {
			head[headFiles]++
		}
		if n := &g.nodes[i]; n.Kind != KindPackage && n.Language == "" {
			sections[atOthers] = wire.AppendUint32(sections[atOthers], uint32(i))
			head[headOthers]++
		}
		if isStyle(g.nodes[i].Path) {
			head[headStyles]++
		}
		if len(g.nodes[i].blob.Bytes()) == 32 {
			head[headIDSize] = 32
		}
	}
	for i := range g.skips {
		if len(g.skips[i].blob.Bytes()) == 32 {
			head[headIDSize] = 32
		}
	}
	sections[atNodes], sections[atIDs] = w.nodes(int(head[headIDSize]))
	sections[atOut], sections[atEdges] = w.edges()
	for _, n := range g.into.start {
		sections[atInto] = wire.AppendUint32(sections[atInto], uint32(n))
	}
	for _, n := range g.into.edges {
		sections[atIntoEdges] = wire.AppendUint32(sections[atIntoEdges], uint32(n))
	}
	sections[atGapStarts], sections[atGaps] = w.gaps()
	var groups []byte
	sections[atSkips], groups = w.skips(int(head[headIDSize]))
	for _, p := range w.k.projects {
		sections[atProjects] = w.id(w.ref(w.ref(sections[atProjects], p.path), p.text), p.id, int(head[headIDSize]))
	}
	for _, n := range w.k.embedders {
		sections[atEmbedders] = wire.AppendUint32(sections[atEmbedders], uint32(n))
	}
	for _, n := range w.k.words {
		sections[atWords] = wire.AppendUint32(sections[atWords], n)
	}
	sections[atSpecs], sections[atUses] = w.specs()
	head[headSpecs], head[headUses] = uint32(len(sections[atSpecs])/specRow), uint32(len(sections[atUses])/8)
	if len(w.words) > 255 {
		return nil
	}
	sections[atSmall] = w.small(groups)
	sections[atStrings] = w.strings

	var mentions [][]byte
	if w.k.symbols != nil {
		symbols := *w.k.symbols // that one stays as it is
		room := w.room
		for _, s := range sections {
			room -= len(s)
		}
		mentions = symbols.write(room)
	}
	at := uint64(4 * headerWords)
	for section := atStrings; section < atEnd; section++ {
		head[section] = uint32(at)
		at += uint64(len(sections[section]))
	}
	for _, m := range mentions {
		at += uint64(len(m))
	}
	if head[atEnd] = uint32(at); at > math.MaxInt32 {
		return nil
	}
	var first []byte
	for _, n := range head {
		first = wire.AppendUint32(first, n)
	}
	return slices.Concat([][]byte{first}, sections[atStrings:], mentions)
}

// nodes writes paths in order, so that those that are looked up together stand together.
func (w *flatWriter) nodes(idSize int) (rows, ids []byte) {
	g := w.k.graph
	rows, ids = make([]byte, 0, nodeRow*len(g.nodes)), make([]byte, 0, idSize*len(g.nodes))
	for i := range g.nodes {
		n := &g.nodes[i]
		rows = w.ref(rows, string(n.Path))
		rows = w.ref(rows, n.Name)
		rows = w.ref(rows, n.pkg)
		rows = append(rows, w.word(string(n.Kind)), w.word(n.Language), byte(n.Marks), 0)
		rows = wire.AppendUint32(rows, uint32(n.mode))
		ids = w.id(ids, n.blob, idSize)
	}
	return rows, ids
}

func (w *flatWriter) id(b []byte, id git.OID, size int) []byte {
	if len(id.Bytes()) == size {
		return append(b, id.Bytes()...)
	}
	return append(b, make([]byte, size)...)
}

func (w *flatWriter) edges() (out, rows []byte) {
	g := w.k.graph
	rows = make([]byte, 0, edgeRow*len(g.edges))
	next := 0
	for n := range len(g.nodes) + 1 {
		for next < len(g.edges) && int(g.edges[next].From) < n {
			next++
		}
		out = wire.AppendUint32(out, uint32(next))
	}
	for i := range g.edges {
		e := &g.edges[i]
		rows = wire.AppendUint32(wire.AppendUint32(rows, uint32(e.To)), uint32(e.From))
		rows = binary.LittleEndian.AppendUint16(rows, uint16(e.Confidence))
		rows = append(rows, w.word(string(e.Kind)), w.word(e.Evidence.Source))
		rows = wire.AppendUint32(rows, uint32(e.Evidence.Line))
		rows = w.ref(rows, e.Evidence.Detail)
	}
	return out, rows
}

func (w *flatWriter) gaps() (starts, b []byte) {
	for i := range w.k.graph.gaps {
		starts = wire.AppendUint32(starts, uint32(len(b)))
		b = w.appendGap(b, &w.k.graph.gaps[i])
	}
	return wire.AppendUint32(starts, uint32(len(b))), b
}

// appendGap writes file, family and reason (words), detail, line, names, flags.
func (w *flatWriter) appendGap(b []byte, x *gap) []byte {
	b = wire.AppendString(b, string(x.file))
	b = append(b, w.word(x.family), w.word(x.skip.reason))
	b = wire.AppendString(b, x.skip.detail)
	b = wire.AppendUint(b, uint64(x.line))
	b = wire.AppendStrings(b, x.names)
	return append(b, bit(x.exact)|bit(x.any)<<1)
}

func (w *flatWriter) skips(idSize int) (rows, groups []byte) {
	g := w.k.graph
	byReason := map[string][]*Skipped{}
	for i := range g.skips {
		s := &g.skips[i]
		byReason[s.Reason] = append(byReason[s.Reason], s)
	}
	groups = wire.AppendUint(groups, uint64(len(byReason)))
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		groups = wire.AppendString(groups, reason)
		groups = wire.AppendUint(groups, uint64(len(byReason[reason])))
		for _, s := range byReason[reason] {
			rows = w.ref(w.ref(rows, s.Path), s.Detail)
			rows = wire.AppendUint32(rows, uint32(s.mode))
			rows = w.id(append(rows, bit(g.isMissing(s))*isMissing, 0, 0, 0), s.blob, idSize)
		}
	}
	return rows, groups
}

// isMissing says whether a skip is what missing says of its path.
func (g *Graph) isMissing(s *Skipped) bool {
	p, err := change.Unescape(s.Path)
	return err == nil && g.skipped[p] == skipReason{s.Reason, s.Detail} && !aboutImport(s.Reason)
}

// specs writes who imports what.
func (w *flatWriter) specs() (rows, uses []byte) {
	for i, u := range w.k.uses {
		uses = wire.AppendUint32(wire.AppendUint32(uses, uint32(u.node)), uint32(u.line))
		if i+1 == len(w.k.uses) || w.k.uses[i+1].spec != u.spec {
			rows = wire.AppendUint32(w.ref(rows, u.spec), uint32(i+1))
		}
	}
	return rows, uses
}

// small is the words, the claims, the vendors, what was read by language, and the skips by reason.
func (w *flatWriter) small(groups []byte) []byte {
	languages := w.k.graph.languages
	b := wire.AppendStrings(nil, w.words)
	b = wire.AppendStrings(b, w.k.claims)
	b = wire.AppendStrings(b, w.k.vendors)
	b = wire.AppendUint(b, uint64(len(languages)))
	for _, name := range slices.Sorted(maps.Keys(languages)) {
		b = wire.AppendString(b, name)
		b = wire.AppendUint(b, uint64(languages[name].files))
		b = wire.AppendUint(b, uint64(languages[name].imports))
	}
	return append(b, groups...)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
