package impact

import (
	"sort"

	"custody/impact/lang"
)

// A nameIndex finds what mentions a name: definitions, and the code around them, by
// number. Those of files that were read are in memory, in an index that takes two passes
// over all mentions and does not sort them; what the others mention stands in the file of
// the graph.
type nameIndex struct {
	starts []int32 // of each bucket in entries
	names  []lang.NameHash
	at     []int32
	shift  uint

	firsts  []int32       // number of the loose code of each file
	owners  []int32       // by number: the place of its file; nil where they are few: see owner
	numbers int32         // how many there are
	flat    *mentionIndex // nil: all files were read
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
	}
	total := 0
	for i := range files {
		f := &files[i]
		x.firsts = append(x.firsts, x.numbers)
		f.first = x.numbers + 1
		x.numbers += 1 + f.count + int32(len(f.ghosts))
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
	if flat == nil {
		x.owners = make([]int32, 0, x.numbers)
		for i := range files {
			for range 1 + files[i].count + int32(len(files[i].ghosts)) {
				x.owners = append(x.owners, int32(i))
			}
		}
	}
	x.fill(files, total)
	return x
}

func (x *nameIndex) fill(files []spreadFile, total int) {
	bits := uint(4)
	for bits < 18 && 1<<bits < total/4 {
		bits++
	}
	x.shift = 32 - bits
	x.starts = make([]int32, 1<<bits+1)
	each := func(fn func(name lang.NameHash, at int32)) {
		for i := range files {
			f := &files[i]
			if f.facts == nil {
				continue
			}
			for _, n := range f.facts.Mentions {
				fn(n, f.first-1)
			}
			for d := range f.facts.Definitions {
				for _, n := range f.facts.Definitions[d].Mentions {
					fn(n, f.first+int32(d))
				}
			}
		}
	}
	each(func(n lang.NameHash, _ int32) { x.starts[(n>>x.shift)+1]++ })
	for i := 1; i < len(x.starts); i++ {
		x.starts[i] += x.starts[i-1]
	}
	x.names, x.at = make([]lang.NameHash, total), make([]int32, total)
	fill := append([]int32(nil), x.starts[:len(x.starts)-1]...)
	each(func(n lang.NameHash, at int32) {
		b := n >> x.shift
		x.names[fill[b]], x.at[fill[b]] = n, at
		fill[b]++
	})
}

// each calls fn for what mentions a name, until it says that it is enough.
func (x *nameIndex) each(files []spreadFile, name lang.NameHash, fn func(f *spreadFile, def int32) (more bool)) {
	b := name >> x.shift
	for i := x.starts[b]; i < x.starts[b+1]; i++ {
		if x.names[i] == name {
			n := x.at[i]
			if f := &files[x.owner(n)]; !fn(f, n-f.first) {
				return
			}
		}
	}
	if x.flat == nil {
		return
	}
	x.flat.between(name, name, func(n int32) bool {
		place := x.places[x.flat.owner(n)]
		if place <= 0 {
			return true
		}
		f := &files[place-1]
		return fn(f, n-f.place-1)
	})
}

// owner is the place of the file to which a number belongs.
func (x *nameIndex) owner(n int32) int32 {
	if x.owners != nil {
		return x.owners[n]
	}
	return int32(sort.Search(len(x.firsts), func(i int) bool { return x.firsts[i] > n })) - 1
}

// has says whether anything in the files mentions a name.
func (r *reachable) has(name lang.NameHash) (found bool) {
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

// told fills in what the graph's file knows of a file; false when the change may have made
// something else of it.
func (g patched) told(f *spreadFile, n int32) bool {
	base, _ := g.base(n)
	if base < 0 || g.replaced[base] {
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
