package impact

import (
	"sort"

	"custody/impact/lang"
)

// A nameIndex finds what mentions a name: definitions, and the code around them, by
// number. It takes two passes over all mentions, without sorting them.
type nameIndex struct {
	starts []int32 // of each bucket in entries
	names  []lang.NameHash
	at     []int32
	firsts []int32 // number of the loose code of each file
	shift  uint
}

// newNameIndex numbers what the files define and indexes what that mentions.
func newNameIndex(files []spreadFile) nameIndex {
	var x nameIndex
	next, total := int32(0), 0
	for i := range files {
		f := &files[i]
		x.firsts = append(x.firsts, next)
		f.first = next + 1
		if f.facts == nil {
			next++
			continue
		}
		next += int32(len(f.facts.Definitions)+len(f.ghosts)) + 1
		total += len(f.facts.Mentions)
		for d := range f.facts.Definitions {
			total += len(f.facts.Definitions[d].Mentions)
		}
	}
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
	return x
}

// lookup lists what mentions a name, by number.
func (x *nameIndex) lookup(name lang.NameHash) []int32 {
	var found []int32
	b := name >> x.shift
	for i := x.starts[b]; i < x.starts[b+1]; i++ {
		if x.names[i] == name {
			found = append(found, x.at[i])
		}
	}
	return found
}

// file is the place of the file to which a number belongs.
func (x *nameIndex) file(n int32) int {
	return sort.Search(len(x.firsts), func(i int) bool { return x.firsts[i] > n }) - 1
}
