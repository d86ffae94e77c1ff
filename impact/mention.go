package impact

import (
	"math"
	"sort"
	"sync"

	"custody/impact/lang"
	"custody/impact/wire"
)

// A mentionIndex says what the files of a flat graph define, and what mentions a name. It
// stands in a section of the graph's file, so that a change by which half of a tree is
// reached decodes the facts of the files that it changed, and no others.
//
// What a file defines has numbers in a row: first the code around its definitions, then
// these. The files have theirs in order of their nodes. The section is, of integers of four
// bytes:
//
//	head      see the constants below
//	files     for each node: number of the code around its definitions, unit (see
//	          spreadFile), node of its folder (-1: none), flags
//	rows      by number: name (its place in texts), length of the name (2 bytes), kind, flags and
//	          shape in one (1 each), line where it starts
//	texts     names
//	buckets   for each value of the upper bits of a hash and one more: its first name
//	names     hash, first place in mentions; sorted; one more at the end
//	mentions  numbers of what mentions a name, ascending, above bits that say how
//	exports   hash of the name that a file hands on, node of the file, name that it takes (its
//	          place in texts and its length); sorted by hash, node
//	Go        who takes which name: see mention_go.go; nothing where there is no Go
type mentionIndex struct {
	*flat
	at   int // where the section begins
	head [mentionHead]uint32

	once   sync.Once
	firsts []int32 // by node, and one more: its first number
	blocks []int32 // for each number that is a multiple of mentionBlock: the node to which it belongs
}

const (
	mentionNumbers = iota // how many there are
	mentionBits           // of a hash, that choose its bucket
	mentionNames
	mentionExports
	mentionFiles // sections: where they begin in this one
	mentionRows
	mentionTexts
	mentionBuckets
	mentionNameRows
	mentionList
	mentionExportRows
	mentionGoDefinitions // see mention_go.go
	mentionGoNames
	mentionGoTakers
	mentionGoMembers
	mentionEnd
	mentionHead
)

const (
	mentionFileRow   = 16 // bytes
	mentionRow       = 12
	mentionNameRow   = 8
	mentionExportRow = 16
	mentionFlagBits  = 2 // below a number in mentions; none has a meaning yet
	mentionBlock     = 64
	maxMentionNumber = math.MaxUint32>>mentionFlagBits - 1
)

// Flags of a file.
const (
	mentionKnown   = 1 << iota // its definitions are known
	handsToCode                // see reachable.handsOut
	handsByReflect             // it imports reflect
)

// openMentions finds the section; nil where there is none.
func (f *flat) openMentions() *mentionIndex {
	x := &mentionIndex{flat: f, at: int(f.head[atMentions])}
	length := int(f.head[atMentions+1]) - x.at
	if length == 0 {
		return nil
	}
	head := f.region.Bytes(x.at, 4*mentionHead)
	if head == nil || length < 4*mentionHead {
		f.bad.Store(true)
		return nil
	}
	for i := range x.head {
		x.head[i] = wire.Uint32(head[4*i:])
	}
	h := &x.head
	ok := h[mentionFiles] == 4*mentionHead && h[mentionEnd] == uint32(length) && h[mentionBits] <= 16 && h[mentionNumbers] <= maxMentionNumber
	for section := mentionFiles; section < mentionEnd; section++ {
		ok = ok && h[section] <= h[section+1]
	}
	for section, want := range map[int]uint64{
		mentionFiles: uint64(f.nodes()) * mentionFileRow, mentionRows: uint64(h[mentionNumbers]) * mentionRow,
		mentionBuckets: (1<<(h[mentionBits]&31) + 1) * 4, mentionNameRows: (uint64(h[mentionNames]) + 1) * mentionNameRow,
		mentionExportRows: uint64(h[mentionExports]) * mentionExportRow,
	} {
		ok = ok && want == uint64(h[section+1]-h[section])
	}
	size := h[mentionGoDefinitions+1] - h[mentionGoDefinitions]
	ok = ok && (size == 0 || uint64(size) == uint64(h[mentionNumbers])*goDefinitionRow)
	if !ok {
		f.bad.Store(true)
		return nil
	}
	return x
}

// row is one row of a table; zeros when it can not be read.
func (x *mentionIndex) row(section, n, size int) []byte { return x.rows(section, n, size, 1) }

// rows are some that stand behind each other.
func (x *mentionIndex) rows(section, n, size, count int) []byte {
	off := int(x.head[section]) + n*size
	if n >= 0 && off+count*size <= int(x.head[section+1]) {
		if b := x.region.Bytes(x.at+off, count*size); b != nil {
			return b
		}
	}
	x.bad.Store(true)
	return make([]byte, count*size)
}

// A mentionFile is a row of files.
type mentionFile struct {
	first  int32
	count  int32 // of definitions
	unit   int32
	folder int32
	flags  uint32
}

func (x *mentionIndex) file(n int32) mentionFile {
	x.once.Do(x.place)
	if x.bad.Load() {
		return mentionFile{folder: -1}
	}
	row := x.row(mentionFiles, int(n), mentionFileRow)
	f := mentionFile{first: x.firsts[n], unit: int32(wire.Uint32(row[4:])), folder: int32(wire.Uint32(row[8:])), flags: wire.Uint32(row[12:])}
	f.count = max(x.firsts[n+1]-f.first-1, 0)
	if int(f.folder) >= x.nodes() || f.folder < -1 {
		x.bad.Store(true)
		f.folder = -1
	}
	return f
}

// place reads which numbers belong to which file.
func (x *mentionIndex) place() {
	nodes, numbers := x.nodes(), int32(x.head[mentionNumbers])
	table := x.region.Bytes(x.at+int(x.head[mentionFiles]), nodes*mentionFileRow)
	if table == nil {
		x.bad.Store(true)
		return
	}
	x.firsts = make([]int32, nodes+1)
	x.blocks = make([]int32, numbers/mentionBlock+1)
	for n := range nodes {
		x.firsts[n] = int32(wire.Uint32(table[n*mentionFileRow:]))
	}
	x.firsts[nodes] = numbers
	for n := range nodes {
		first, end := x.firsts[n], x.firsts[n+1]
		if first < 0 || end < first || end > numbers {
			x.bad.Store(true)
			return
		}
		for b := (first + mentionBlock - 1) / mentionBlock; b*mentionBlock < end; b++ {
			x.blocks[b] = int32(n)
		}
	}
}

// owner is the node to which a number belongs.
func (x *mentionIndex) owner(number int32) int32 {
	n := x.blocks[number/mentionBlock]
	for x.firsts[n+1] <= number {
		n++
	}
	return n
}

// definition reads what has a number, as far as a spread asks for it.
func (x *mentionIndex) definition(number int32, d *lang.Definition) {
	row := x.row(mentionRows, int(number), mentionRow)
	d.Name = x.string(wire.Uint32(row), uint32(row[4])|uint32(row[5])<<8)
	if d.Name == "" { // none is written
		x.bad.Store(true)
		d.Name = "_"
	}
	d.Kind = lang.DefinitionKind(row[6])
	d.Exported, d.Runs, d.Shape = row[7]&definitionExported != 0, row[7]&definitionRuns != 0, lang.Shape(row[7]>>definitionShape)
	d.Start = int(wire.Uint32(row[8:]) & math.MaxInt32)
}

func (x *mentionIndex) kindOf(number int32) lang.DefinitionKind {
	return lang.DefinitionKind(x.row(mentionRows, int(number), mentionRow)[6])
}

const (
	definitionExported = 1 << iota
	definitionRuns
	definitionShape = iota // where it begins
)

func (x *mentionIndex) string(at, n uint32) string {
	if n == 0 {
		return ""
	}
	if uint64(at)+uint64(n) > uint64(x.head[mentionTexts+1]-x.head[mentionTexts]) {
		x.bad.Store(true)
		return ""
	}
	b := x.region.Bytes(x.at+int(x.head[mentionTexts]+at), int(n))
	if b == nil {
		x.bad.Store(true)
	}
	return string(b)
}

// bucket is where the names of which the hash begins as this one stand.
func (x *mentionIndex) bucket(name lang.NameHash) (first, end int) {
	row := x.rows(mentionBuckets, int(uint64(name)>>(32-x.head[mentionBits])), 4, 2)
	first, end = int(wire.Uint32(row)), int(wire.Uint32(row[4:]))
	if first > end || end > int(x.head[mentionNames]) {
		x.bad.Store(true)
		return 0, 0
	}
	return first, end
}

func (x *mentionIndex) hash(i int) lang.NameHash {
	return lang.NameHash(wire.Uint32(x.row(mentionNameRows, i, mentionNameRow)))
}

// list is where the mentions of a name stand.
func (x *mentionIndex) list(name lang.NameHash) (start, stop uint32) {
	x.once.Do(x.place)
	if x.bad.Load() {
		return 0, 0
	}
	first, end := x.bucket(name)
	rows := x.rows(mentionNameRows, first, mentionNameRow, end-first+1)
	for ; len(rows) >= 2*mentionNameRow; rows = rows[mentionNameRow:] {
		if h := lang.NameHash(wire.Uint32(rows)); h == name {
			return x.span(wire.Uint32(rows[4:]), wire.Uint32(rows[mentionNameRow+4:]))
		} else if h > name {
			break
		}
	}
	return 0, 0
}

// lists is where the mentions of the names from first to last stand.
func (x *mentionIndex) lists(first, last lang.NameHash) (start, stop uint32) {
	x.once.Do(x.place)
	if x.bad.Load() {
		return 0, 0
	}
	at, end := x.bucket(first)
	for at < end && x.hash(at) < first {
		at++
	}
	for end = at; end < int(x.head[mentionNames]) && x.hash(end) <= last; {
		end++
	}
	if end == at {
		return 0, 0
	}
	return x.span(wire.Uint32(x.row(mentionNameRows, at, mentionNameRow)[4:]), wire.Uint32(x.row(mentionNameRows, end, mentionNameRow)[4:]))
}

// span checks the ends of a part of mentions.
func (x *mentionIndex) span(start, stop uint32) (uint32, uint32) {
	if start > stop || uint64(stop)*4 > uint64(x.head[mentionList+1]-x.head[mentionList]) {
		x.bad.Store(true)
		return 0, 0
	}
	return start, stop
}

// from is where the numbers from lowest on begin in a part of mentions.
func (x *mentionIndex) from(start, stop uint32, lowest int32) uint32 {
	const few = 16 // are as soon looked through
	for stop-start > few {
		if middle := start + (stop-start)/2; x.mentionAt(middle) < lowest {
			start = middle + 1
		} else {
			stop = middle
		}
	}
	for start < stop && x.mentionAt(start) < lowest {
		start++
	}
	return start
}

// between calls fn for what mentions one of the names from first to last, until it says
// that it is enough.
func (x *mentionIndex) between(first, last lang.NameHash, fn func(number int32) (more bool)) {
	start, stop := x.lists(first, last)
	x.mentions(start, stop, fn)
}

// mentionAt is one number of the list.
func (x *mentionIndex) mentionAt(i uint32) int32 {
	return int32(wire.Uint32(x.row(mentionList, int(i), 4)) >> mentionFlagBits)
}

func (x *mentionIndex) mentions(start, stop uint32, fn func(number int32) (more bool)) {
	const most = 1024 // at once: a name that everybody mentions is in many pages
	for ; start < stop; start += most {
		n := min(most, stop-start)
		list := x.region.Bytes(x.at+int(x.head[mentionList])+4*int(start), 4*int(n))
		if list == nil {
			x.bad.Store(true)
			return
		}
		for ; len(list) >= 4; list = list[4:] {
			number := wire.Uint32(list) >> mentionFlagBits
			if number >= x.head[mentionNumbers] {
				x.bad.Store(true)
				return
			}
			if !fn(int32(number)) {
				return
			}
		}
	}
}

// exports calls fn for the files that hand on a name, with the name that it takes.
func (x *mentionIndex) exports(name lang.NameHash, fn func(node int32, as string)) {
	n := int(x.head[mentionExports])
	hash := func(i int) lang.NameHash {
		return lang.NameHash(wire.Uint32(x.row(mentionExportRows, i, mentionExportRow)))
	}
	for i := sort.Search(n, func(i int) bool { return hash(i) >= name }); i < n && hash(i) == name; i++ {
		row := x.row(mentionExportRows, i, mentionExportRow)
		fn(int32(x.index(row[4:], x.nodes())), x.string(wire.Uint32(row[8:]), wire.Uint32(row[12:])))
	}
}
