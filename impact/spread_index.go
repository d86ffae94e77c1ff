package impact

import (
	"sort"
	"sync"
	"sync/atomic"

	"custody/impact/lang"
)

// A nameIndex finds what mentions a name: definitions, and the code around them, by
// number. What files mention that were read is in memory; what the others do stands in the
// file of the graph.
type nameIndex struct {
	pairs  []uint64 // names with the numbers of what mentions them, sorted
	starts []int32  // of each bucket in pairs, by the upper bits
	shift  uint

	owners  []int32       // by number, of what was read: the place of its file
	numbers int32         // how many there are; those of the graph's file are the first
	flat    *mentionIndex // nil: all files were read
	fresh   int32         // the first number of what was read
	places  []int32       // by node in there: place of its file and one more; 0: not among them; -1: not as it is there
}

// newNameIndex numbers what the files define and indexes what that mentions.
func newNameIndex(files []spreadFile, flat *mentionIndex, over patched) nameIndex {
	x := nameIndex{flat: flat}
	if flat != nil {
		x.places = make([]int32, flat.nodes())
		for _, n := range over.removed {
			x.places[n] = -1
		}
		for n := range over.altered {
			if over.rewritten(n) {
				x.places[n] = -1
			}
		}
		x.fresh = int32(flat.head[mentionNumbers])
	}
	x.numbers = x.fresh
	total := 0
	for i := range files {
		f := &files[i]
		if f.index != nil {
			f.first = f.place + 1
		} else {
			f.first = x.numbers + 1
			x.numbers += 1 + f.count + int32(len(f.ghosts))
			for int32(len(x.owners)) < x.numbers-x.fresh {
				x.owners = append(x.owners, int32(i))
			}
			if in := f.beside; in != nil {
				if in.freshEnd == 0 {
					in.fresh = f.first - 1
				}
				in.freshEnd = x.numbers
			}
		}
		if flat != nil {
			base, _ := over.base(f.node)
			switch {
			case f.index != nil:
				x.places[base] = int32(i) + 1
			case base >= 0:
				x.places[base] = -1
			}
		}
		if f.facts == nil {
			continue
		}
		total += len(f.facts.Mentions)
		for d := range f.facts.Definitions {
			total += len(f.facts.Definitions[d].Mentions)
		}
	}
	x.fill(files, total)
	return x
}

// fill sorts what the files that were read mention.
func (x *nameIndex) fill(files []spreadFile, total int) {
	pairs, spare := make([]uint64, 0, total), make([]uint64, total)
	for i := range files {
		f := &files[i]
		if f.facts == nil {
			continue
		}
		for _, n := range f.facts.Mentions {
			pairs = append(pairs, uint64(n)<<32|uint64(f.first-1))
		}
		for d := range f.facts.Definitions {
			for _, n := range f.facts.Definitions[d].Mentions {
				pairs = append(pairs, uint64(n)<<32|uint64(f.first+int32(d)))
			}
		}
	}
	x.pairs, _ = sortPairs(pairs, spare)
	bits := uint(4)
	for bits < 18 && 1<<bits < total/4 {
		bits++
	}
	x.shift = 64 - bits
	x.starts = make([]int32, 1<<bits+1)
	for _, p := range x.pairs {
		x.starts[p>>x.shift+1]++
	}
	for i := 1; i < len(x.starts); i++ {
		x.starts[i] += x.starts[i-1]
	}
}

// read lists what mentions a name in the files that were read.
func (x *nameIndex) read(name lang.NameHash) []uint64 {
	if len(x.pairs) == 0 {
		return nil
	}
	b := uint64(name) << 32 >> x.shift
	list := x.pairs[x.starts[b]:x.starts[b+1]]
	list = list[sort.Search(len(list), func(i int) bool { return list[i]>>32 >= uint64(name) }):]
	return list[:sort.Search(len(list), func(i int) bool { return list[i]>>32 > uint64(name) })]
}

// each calls fn for what mentions a name, until it says that it is enough.
func (x *nameIndex) each(files []spreadFile, name lang.NameHash, fn func(f *spreadFile, def int32) (more bool)) {
	x.eachNews(files, name, nil, fn)
}

// eachNews is each but for numbers that have a mark.
func (x *nameIndex) eachNews(files []spreadFile, name lang.NameHash, marks *sparse[reachMark], fn func(f *spreadFile, def int32) (more bool)) {
	if !x.eachRead(files, name, fn) || x.flat == nil {
		return
	}
	start, stop := x.flat.list(name)
	x.among(files, start, stop, marks, fn)
}

// eachRead is each for the files that were read; false when it is enough.
func (x *nameIndex) eachRead(files []spreadFile, name lang.NameHash, fn func(f *spreadFile, def int32) (more bool)) bool {
	for _, p := range x.read(name) {
		n := int32(uint32(p))
		if f := &files[x.owner(n)]; !fn(f, n-f.first) {
			return false
		}
	}
	return true
}

// among is each for a part of the mentions in the graph's file, but for numbers that have a
// mark: most have been asked for before.
func (x *nameIndex) among(files []spreadFile, start, stop uint32, marks *sparse[reachMark], fn func(f *spreadFile, def int32) (more bool)) {
	x.flat.mentions(start, stop, func(n int32) bool {
		if marks != nil && marks.of(n) != 0 {
			return true
		}
		place := x.places[x.flat.owner(n)]
		if place <= 0 {
			return true
		}
		f := &files[place-1]
		return fn(f, n-f.first)
	})
}

// A spreadFolder is the files of one folder that is a package of Go.
type spreadFolder struct {
	node   int32
	places []int32 // of its files, ascending
	// The first and the last number in the graph's file of what its files define; files of
	// folders in this one may stand between them. lowest is -1 where none stands there.
	lowest, highest int32
	// The same of what was read, and the one behind it.
	fresh, freshEnd int32

	program bool // it is a package main
	kept    bool // the graph's file knows who takes what stands in it: see keep
	mixed   bool // some of its files were read anew: what these take is looked up
	relook  bool // others may import it otherwise than the graph's file says

	once     sync.Once
	looked   atomic.Bool
	imported []goImported // how others name it
	unclear  []int32      // files that import it, and of which it is not known what they name of it
	listed   bool         // the graph's file lists who takes which name of it
	assembly bool         // some of it is written in assembly
	unknown  []int32      // places of files of it of which it is not known what they define
}

// within is each for the files of one folder. Names such as New are mentioned by thousands
// of others, and the files of a folder stand together.
func (x *nameIndex) within(files []spreadFile, in *spreadFolder, name lang.NameHash, fn func(f *spreadFile, def int32) (more bool)) {
	if !x.withinRead(files, in, name, fn) || in.lowest < 0 {
		return
	}
	start, stop := x.flat.list(name)
	x.flat.mentions(x.flat.from(start, stop, in.lowest), stop, func(n int32) bool {
		if n > in.highest {
			return false
		}
		place := x.places[x.flat.owner(n)]
		if place <= 0 {
			return true
		}
		f := &files[place-1]
		return f.beside != in || fn(f, n-f.first)
	})
}

// withinRead is within for the files that were read; false when it is enough.
func (x *nameIndex) withinRead(files []spreadFile, in *spreadFolder, name lang.NameHash, fn func(f *spreadFile, def int32) (more bool)) bool {
	list := x.read(name)
	list = list[sort.Search(len(list), func(i int) bool { return int32(uint32(list[i])) >= in.fresh }):]
	for _, p := range list {
		n := int32(uint32(p))
		if n >= in.freshEnd {
			break
		}
		if f := &files[x.owner(n)]; f.beside == in && !fn(f, n-f.first) {
			return false
		}
	}
	return true
}

// here is each for one file.
func (x *nameIndex) here(files []spreadFile, f *spreadFile, name lang.NameHash, fn func(f *spreadFile, def int32) (more bool)) {
	if f.index == nil {
		list := x.read(name)
		list = list[sort.Search(len(list), func(i int) bool { return int32(uint32(list[i])) >= f.first-1 }):]
		for _, p := range list {
			if n := int32(uint32(p)); n >= f.first+f.count || !fn(f, n-f.first) {
				return
			}
		}
		return
	}
	start, stop := x.flat.list(name)
	x.flat.mentions(x.flat.from(start, stop, f.place), stop, func(n int32) bool {
		return n < f.first+f.count && fn(f, n-f.first)
	})
}

// owner is the place of the file to which a number belongs that was read.
func (x *nameIndex) owner(n int32) int32 { return x.owners[n-x.fresh] }

// mentioned says whether anything in the files mentions a name.
func (r *reachable) mentioned(name lang.NameHash) (found bool) {
	r.index.each(r.files, name, func(*spreadFile, int32) bool {
		found = true
		return false
	})
	return found
}

// handedOn lists the files that hand on a name.
func (r *reachable) handedOn(name lang.NameHash) []handed {
	list := r.exports[name]
	if x := r.index.flat; x != nil {
		list = list[:len(list):len(list)]
		x.exports(name, func(node int32, as string) {
			if place := r.index.places[node]; place > 0 {
				list = append(list, handed{place - 1, as})
			}
		})
	}
	return list
}

// mentionsOf is what the file of a graph knows of its files; nil where it does not, or
// where the graph stands in memory.
func (g patched) mentionsOf() *mentionIndex {
	if g.flat == nil {
		return nil
	}
	return g.mentions
}

// rewritten says whether a node of the flat graph is a file with other content now.
func (g patched) rewritten(base int32) bool {
	node, altered := g.altered[base]
	return altered && node.Kind != KindPackage && node.blob != g.flat.node(base).blob
}

// told fills in what the graph's file knows of a file; false when the change may have made
// something else of it.
func (g patched) told(f *spreadFile, n int32) bool {
	base, _ := g.base(n)
	if base < 0 || g.replaced[base] || g.rewritten(base) {
		return false
	}
	m := g.mentions.file(base)
	*f = spreadFile{
		node: n, test: g.flat.kind(base) == KindTest, known: m.flags&mentionKnown != 0, count: m.count,
		index: g.mentions, place: m.first, hands: m.flags, unit: n, folder: -1,
	}
	if m.folder < 0 {
		return true
	}
	if g.isRemoved(m.folder) {
		return false
	}
	f.folder = g.number(m.folder)
	if f.unit = m.unit; !f.known {
		f.unit = -2 - f.folder
	}
	return true
}
