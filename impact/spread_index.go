package impact

import "custody/impact/lang"

// A nameIndex finds what mentions a name: definitions, and the code around them, by
// number. It takes two passes over all mentions, without sorting them.
type nameIndex struct {
	starts []int32 // of each bucket in entries
	names  []lang.NameHash
	at     []int32
	files  []int32 // by number: the place of the file to which it belongs
	shift  uint
}

// newNameIndex numbers what the files define and indexes what that mentions.
func newNameIndex(files []spreadFile) nameIndex {
	var x nameIndex
	next, total := int32(0), 0
	for i := range files {
		f := &files[i]
		f.first = next + 1
		next++
		if f.facts == nil {
			continue
		}
		next += int32(len(f.facts.Definitions) + len(f.ghosts))
		total += len(f.facts.Mentions)
		for d := range f.facts.Definitions {
			total += len(f.facts.Definitions[d].Mentions)
		}
	}
	x.files = make([]int32, 0, next)
	for i := range files {
		end := next
		if i+1 < len(files) {
			end = files[i+1].first - 1
		}
		for int32(len(x.files)) < end {
			x.files = append(x.files, int32(i))
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

// each calls fn for what mentions a name, by number, until it says that it is enough.
func (x *nameIndex) each(name lang.NameHash, fn func(n int32) (more bool)) {
	b := name >> x.shift
	for i := x.starts[b]; i < x.starts[b+1]; i++ {
		if x.names[i] == name && !fn(x.at[i]) {
			return
		}
	}
}

// has says whether anything mentions a name.
func (x *nameIndex) has(name lang.NameHash) (found bool) {
	x.each(name, func(int32) bool {
		found = true
		return false
	})
	return found
}
