package impact

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"custody/impact/lang"
	"custody/impact/wire"
	"custody/internal/parallel"
)

// A mentionSource is where what a file of a graph defines and mentions comes from.
type mentionSource struct {
	fact *Fact // of a file that was read
	old  int32 // else its node in another index; -1: its definitions are not known
}

// A mentionWriter writes what a mentionIndex reads.
type mentionWriter struct {
	graph *Graph // in memory
	from  []mentionSource
	old   *mentionIndex // nil: no source is old

	firsts   []uint32 // by node, and one more
	files    []byte
	rows     []byte
	texts    []byte
	exports  []exportRow
	moved    []int64 // by node of old: what to add to its numbers; noNumber: they are gone
	buckets  []byte
	names    []byte
	mentions []byte
}

type exportRow struct {
	name     lang.NameHash
	node     int32
	text, of uint32
}

const noNumber = math.MinInt64

// write gives the parts of the section; nil when something is too large for it, and then
// the facts of files are read again for each change. Who takes which name of Go is left out
// where it takes more than what is left of room: names are looked up then.
func (w *mentionWriter) write(room int) [][]byte {
	mentions, ok := w.number()
	if !ok || w.old != nil && w.old.bad.Load() {
		return nil
	}
	var bits uint32
	parallel.Do(func() { bits = w.index(mentions) }, func() { ok = w.define() })
	if !ok {
		return nil
	}
	slices.SortFunc(w.exports, func(a, b exportRow) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.node, b.node))
	})
	var exports []byte
	for _, e := range w.exports {
		exports = wire.AppendUint32(wire.AppendUint32(exports, uint32(e.name)), uint32(e.node))
		exports = wire.AppendUint32(wire.AppendUint32(exports, e.text), e.of)
	}
	names, ok := w.goNames(bits)
	if !ok {
		return nil
	}
	room -= len(w.files) + len(w.rows) + len(w.texts) + len(w.buckets) + len(w.names) + len(w.mentions) + len(exports)
	if len(names.definitions)+len(names.names)+len(names.takers)+len(names.members) > room {
		names = &goNameWriter{}
	}
	sections := [][]byte{w.files, w.rows, w.texts, w.buckets, w.names, w.mentions, exports, names.definitions, names.names, names.takers, names.members}
	head := []uint32{w.firsts[len(w.from)], bits, uint32(len(w.names)/mentionNameRow - 1), uint32(len(w.exports))}
	at := uint64(4 * mentionHead)
	for _, s := range sections {
		head = append(head, uint32(at))
		at += uint64(len(s))
	}
	if at > math.MaxInt32 || w.old != nil && w.old.bad.Load() {
		return nil
	}
	var b []byte
	for _, n := range append(head, uint32(at)) {
		b = wire.AppendUint32(b, n)
	}
	return append([][]byte{b}, sections...)
}

// number gives what the files define its numbers; false when there are too many. It also
// counts what is mentioned by the files that were read.
func (w *mentionWriter) number() (mentions int, ok bool) {
	if w.old != nil {
		w.moved = slices.Repeat([]int64{noNumber}, w.old.nodes())
	}
	next := uint64(0)
	w.firsts = make([]uint32, 0, len(w.from)+1)
	for n, from := range w.from {
		w.firsts = append(w.firsts, uint32(next))
		switch {
		case w.graph.nodes[n].Kind == KindPackage:
		case from.fact != nil:
			definitions, names := from.fact.counts()
			next += 1 + uint64(definitions)
			mentions += names
		case from.old >= 0:
			f := w.old.file(from.old)
			w.moved[from.old] = int64(next) - int64(f.first)
			next += 1 + uint64(f.count)
		default:
			next++
		}
	}
	w.firsts = append(w.firsts, uint32(next))
	return mentions, next <= maxMentionNumber
}

// define writes the files and their definitions; false when something is too large.
func (w *mentionWriter) define() bool {
	g := w.graph
	units := map[string]uint32{}
	out := outEdges{graph: g}
	w.files = make([]byte, 0, mentionFileRow*len(g.nodes))
	w.rows = make([]byte, 0, mentionRow*int(w.firsts[len(w.from)]))
	w.texts = make([]byte, 0, 16*int(w.firsts[len(w.from)])) // a name has that many bytes or so
	for n := range g.nodes {
		node, from := &g.nodes[n], w.from[n]
		edges := out.of(int32(n))
		unit, folder, flags := uint32(0), int32(-1), uint32(0)
		if node.Kind != KindPackage && node.Language == "go" {
			folder = g.packageOf(folderOf(node.Path))
			key := string(folderOf(node.Path)) + "\x00" + node.pkg
			if _, ok := units[key]; !ok {
				units[key] = uint32(n)
			}
			unit = units[key]
		}
		switch {
		case node.Kind == KindPackage:
		case from.fact != nil:
			if folder >= 0 {
				flags = handsOf(&from.fact.Facts, func(spec string) bool { return leads(edges, spec) })
			}
			flags |= mentionKnown
			if !w.facts(int32(n), from.fact) {
				return false
			}
		case from.old >= 0:
			f := w.old.file(from.old)
			flags = f.flags
			w.copy(&f)
		default:
			w.rows = append(w.rows, make([]byte, mentionRow)...)
		}
		for _, v := range []uint32{w.firsts[n], unit, uint32(folder), flags} {
			w.files = wire.AppendUint32(w.files, v)
		}
	}
	w.copyExports()
	return len(w.texts) < math.MaxInt32
}

// facts writes the rows of a file that was read; false when one does not fit.
func (w *mentionWriter) facts(n int32, f *Fact) bool {
	w.rows = append(w.rows, make([]byte, mentionRow)...)
	fits := true
	f.eachDefinition(func(d *lang.Definition, name string) {
		if name == "" || len(name) > math.MaxUint16 || d.Start < 0 || d.Start > math.MaxInt32 {
			fits = false
			return
		}
		w.rows = wire.AppendUint32(w.rows, uint32(len(w.texts)))
		w.rows = binary.LittleEndian.AppendUint16(w.rows, uint16(len(name)))
		w.rows = append(w.rows, byte(d.Kind), bit(d.Exported)*definitionExported|bit(d.Runs)*definitionRuns|byte(d.Shape)<<definitionShape)
		w.rows = wire.AppendUint32(w.rows, uint32(d.Start))
		w.texts = append(w.texts, name...)
	})
	if !fits || w.graph.nodes[n].Language == "go" {
		return fits
	}
	for _, e := range f.Exports {
		if e.OfDefinitions() {
			continue
		}
		w.exports = append(w.exports, exportRow{lang.HashName(e.Name), n, uint32(len(w.texts)), uint32(len(e.As))})
		w.texts = append(w.texts, e.As...)
	}
	return true
}

// copy takes over the rows of a file.
func (w *mentionWriter) copy(f *mentionFile) {
	w.rows = append(w.rows, make([]byte, mentionRow)...)
	for i := range f.count {
		row := w.old.row(mentionRows, int(f.first+1+i), mentionRow)
		w.rows = wire.AppendUint32(w.rows, uint32(len(w.texts)))
		w.rows = append(w.rows, row[4:]...)
		w.texts = append(w.texts, w.old.string(wire.Uint32(row), uint32(row[4])|uint32(row[5])<<8)...)
	}
}

func (w *mentionWriter) copyExports() {
	if w.old == nil {
		return
	}
	now := slices.Repeat([]int32{-1}, w.old.nodes())
	for n, from := range w.from {
		if from.fact == nil && from.old >= 0 {
			now[from.old] = int32(n)
		}
	}
	for i := range int(w.old.head[mentionExports]) {
		row := w.old.row(mentionExportRows, i, mentionExportRow)
		if n := now[w.old.index(row[4:], w.old.nodes())]; n >= 0 {
			as := w.old.string(wire.Uint32(row[8:]), wire.Uint32(row[12:]))
			w.exports = append(w.exports, exportRow{lang.NameHash(wire.Uint32(row)), n, uint32(len(w.texts)), uint32(len(as))})
			w.texts = append(w.texts, as...)
		}
	}
}

// index sorts by name what mentions one: of all names as many at once as take bounded
// memory, the files halved between two cores, and then the names.
func (w *mentionWriter) index(mentions int) (bits uint32) {
	const most = 4 << 20 // pairs at once
	rounds := uint64(1)
	for uint64(mentions) > most*rounds {
		rounds *= 2
	}
	old := 0
	if w.old != nil {
		old = int(w.old.head[mentionList+1]-w.old.head[mentionList]) / 4
	}
	w.mentions = make([]byte, 0, 4*(mentions+old))
	next := 0 // name of old
	middle := w.middle()
	type half struct{ first, second, spare []uint64 } // of the names; by half of the files
	var parts [2]half
	for i := range parts {
		expected := mentions / int(2*rounds) * 17 / 16
		parts[i].first, parts[i].second = make([]uint64, 0, expected), make([]uint64, 0, expected/2)
	}
	for round := range rounds {
		collect := func(start, end int, to [2]*[]uint64) func() {
			return func() {
				*to[0], *to[1] = (*to[0])[:0], (*to[1])[:0]
				w.eachMention(start, end, func(name lang.NameHash, number uint32) {
					if part := uint64(name) * (2 * rounds) >> 32; part/2 == round {
						*to[part%2] = append(*to[part%2], uint64(name)<<32|uint64(number))
					}
				})
			}
		}
		sort := func(p *half) func() {
			return func() {
				pairs := append(p.first, p.second...)
				if cap(p.spare) < len(pairs) {
					p.spare = make([]uint64, len(pairs))
				}
				p.first, p.spare = sortPairs(pairs, p.spare)
			}
		}
		parallel.Do(collect(0, middle, [2]*[]uint64{&parts[0].first, &parts[1].first}),
			collect(middle, len(w.from), [2]*[]uint64{&parts[0].second, &parts[1].second}))
		parallel.Do(sort(&parts[0]), sort(&parts[1]))
		for i := range uint64(len(parts)) {
			next = w.merge(parts[i].first, next, lang.NameHash((2*round+i+1)<<32/(2*rounds)-1))
		}
	}
	count := len(w.names) / mentionNameRow
	w.names = wire.AppendUint32(wire.AppendUint32(w.names, math.MaxUint32), uint32(len(w.mentions)/4))
	for bits < 16 && 4<<bits < count {
		bits++
	}
	at := 0
	for b := range uint64(1) << bits {
		for at < count && uint64(wire.Uint32(w.names[at*mentionNameRow:]))>>(32-bits) < b {
			at++
		}
		w.buckets = wire.AppendUint32(w.buckets, uint32(at))
	}
	w.buckets = wire.AppendUint32(w.buckets, uint32(count))
	return bits
}

// middle is the file before which about half of all definitions stand.
func (w *mentionWriter) middle() int {
	n, _ := slices.BinarySearch(w.firsts, w.firsts[len(w.from)]/2)
	return min(n, len(w.from))
}

// eachMention calls fn for what those of some nodes that were read mention, with the number
// of what mentions it, ascending.
func (w *mentionWriter) eachMention(start, end int, fn func(name lang.NameHash, number uint32)) {
	for n := start; n < end; n++ {
		from := w.from[n]
		if from.fact == nil {
			continue
		}
		number := w.firsts[n]
		from.fact.eachMention(func() {
			switch w.graph.nodes[n].Language {
			case "go":
				eachStandardImport(&from.fact.Facts, func(spec string) { fn(standardImport(spec), number) })
			case "java":
				if lang.JavaImportsBeans(&from.fact.Facts, func(spec string) bool { return w.graph.imports(int32(n), spec) }) {
					fn(beanImport, number)
				}
			}
		}, func(name lang.NameHash, def uint32) { fn(name, number+def) })
	}
}

// sortPairs sorts pairs by their name, digit by digit, and leaves those of one name in
// order. spare has room for all of them; what is returned second is free again.
func sortPairs(pairs, spare []uint64) (sorted, free []uint64) {
	const digit = 11 // bits
	for shift := 32; shift < 64; shift += digit {
		var starts [1<<digit + 1]int
		for _, p := range pairs {
			starts[p>>shift&(1<<digit-1)+1]++
		}
		for d := range 1 << digit {
			starts[d+1] += starts[d]
		}
		spare = spare[:len(pairs)]
		for _, p := range pairs {
			d := p >> shift & (1<<digit - 1)
			spare[starts[d]] = p
			starts[d]++
		}
		pairs, spare = spare, pairs
	}
	return pairs, spare
}

// merge writes the names of sorted pairs, and those of the old index from next on, up to
// last. It gives the next one.
func (w *mentionWriter) merge(pairs []uint64, next int, last lang.NameHash) int {
	var kept []uint32
	for {
		name, more := lang.NameHash(0), false
		if len(pairs) > 0 {
			name, more = lang.NameHash(pairs[0]>>32), true
		}
		kept = kept[:0]
		if w.old != nil && next < int(w.old.head[mentionNames]) {
			if h := w.old.hash(next); h <= last && (!more || h <= name) {
				name, more = h, true
				kept = w.keep(kept, next)
				next++
			}
		}
		if !more {
			return next
		}
		before := len(w.mentions)
		for len(kept) > 0 || len(pairs) > 0 && lang.NameHash(pairs[0]>>32) == name {
			if len(kept) > 0 && (len(pairs) == 0 || lang.NameHash(pairs[0]>>32) != name || kept[0] < uint32(pairs[0])) {
				w.mentions = wire.AppendUint32(w.mentions, kept[0]<<mentionFlagBits)
				kept = kept[1:]
				continue
			}
			w.mentions = wire.AppendUint32(w.mentions, uint32(pairs[0])<<mentionFlagBits)
			pairs = pairs[1:]
		}
		if len(w.mentions) > before {
			w.names = wire.AppendUint32(wire.AppendUint32(w.names, uint32(name)), uint32(before/4))
		}
	}
}

// keep translates what mentioned a name of the old index.
func (w *mentionWriter) keep(kept []uint32, name int) []uint32 {
	h := w.old.hash(name)
	w.old.between(h, h, func(number int32) bool {
		if by := w.moved[w.old.owner(number)]; by != noNumber {
			kept = append(kept, uint32(int64(number)+by))
		}
		return true
	})
	return kept
}

// outEdges gives the edges of nodes that are asked for in order.
type outEdges struct {
	graph *Graph
	next  int
}

func (o *outEdges) of(n int32) []Edge {
	start := o.next
	for o.next < len(o.graph.edges) && o.graph.edges[o.next].From == n {
		o.next++
	}
	return o.graph.edges[start:o.next]
}

func leads(edges []Edge, spec string) bool {
	detail := clip(spec)
	return slices.ContainsFunc(edges, func(e Edge) bool { return e.Evidence.Detail == detail })
}
