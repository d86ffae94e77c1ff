package impact

import "custody/impact/lang"

// A sparse is a table of which most stays zero: memory comes where something is written. A
// spread has tables of a place for all that a tree defines, and reaches some of it.
type sparse[T any] struct {
	blocks []*[sparseBlock]T
	zero   T
}

const sparseBlock = 256

func newSparse[T any](n int) sparse[T] {
	return sparse[T]{blocks: make([]*[sparseBlock]T, (n+sparseBlock-1)/sparseBlock)}
}

// at is a place that may be written to.
func (t *sparse[T]) at(n int32) *T {
	b := t.blocks[n/sparseBlock]
	if b == nil {
		b = new([sparseBlock]T)
		t.blocks[n/sparseBlock] = b
	}
	return &b[n%sparseBlock]
}

// of is what stands in a place.
func (t *sparse[T]) of(n int32) T {
	if b := t.blocks[n/sparseBlock]; b != nil {
		return b[n%sparseBlock]
	}
	return t.zero
}

// An atomTable has a place for every atom that there can be, so that none is looked for: a
// spread asks for hundreds of thousands of them.
type atomTable[T any] struct {
	*reachable
	symbols sparse[T] // of definitions and of the code around them, by number
	wholes  sparse[T] // by node
	passes  sparse[T] // by node: see passed
}

func newAtomTable[T any](r *reachable) atomTable[T] {
	return atomTable[T]{r, newSparse[T](int(r.index.numbers)), newSparse[T](len(r.at)), newSparse[T](len(r.at))}
}

// place is that of an atom.
func (t *atomTable[T]) place(a atom) *T {
	switch a.def {
	case whole:
		return t.wholes.at(a.node)
	case passed:
		return t.passes.at(a.node)
	}
	return t.symbols.at(t.files[t.at[a.node]-1].first + a.def)
}

// of is what stands in its place.
func (t *atomTable[T]) of(a atom) T {
	switch a.def {
	case whole:
		return t.wholes.of(a.node)
	case passed:
		return t.passes.of(a.node)
	}
	return t.symbols.of(t.files[t.at[a.node]-1].first + a.def)
}

// A reachTable holds how each atom was reached. Most of them never are: the table is one of
// numbers, and what they stand for comes as it is needed.
type reachTable struct {
	table  atomTable[uint32] // numbers in blocks, and one more; 0: none yet
	blocks [][]reach
	count  uint32
	atoms  []atom // that are reached, as they came
}

const reachBlock = 1 << 10

func newReachTable(r *reachable) reachTable { return reachTable{table: newAtomTable[uint32](r)} }

// slot is where an atom has its place. It stays there.
func (t *reachTable) slot(a atom) *reach { return t.in(t.table.place(a)) }

// slotIn is slot for what stands in a file.
func (t *reachTable) slotIn(f *spreadFile, a atom) *reach {
	if a.def < loose {
		return t.slot(a)
	}
	return t.in(t.table.symbols.at(f.first + a.def))
}

func (t *reachTable) in(n *uint32) *reach {
	if *n == 0 {
		if t.count%reachBlock == 0 {
			t.blocks = append(t.blocks, make([]reach, reachBlock))
		}
		t.count++
		*n = t.count
	}
	return &t.blocks[(*n-1)/reachBlock][(*n-1)%reachBlock]
}

// of is the zero reach for an atom that is not reached.
func (t *reachTable) of(a atom) reach {
	if n := t.table.of(a); n != 0 {
		return *t.in(&n)
	}
	return reach{}
}

func (t *reachTable) has(a atom) bool { return t.of(a).known }

// put notes in its slot how an atom is reached.
func (t *reachTable) put(s *reach, a atom, r reach) {
	if !s.known {
		t.atoms = append(t.atoms, a)
	}
	r.known = true
	*s = r
}

// A reachSet holds which atoms were reached, and no more.
type reachSet struct {
	atomTable[reachMark]
	atoms []atom // that are reached, as they came
	next  int    // of them: the first that was not gone on from
}

type reachMark uint8

const (
	markReached reachMark = 1 << iota
	markSeed
)

func newReachSet(r *reachable) reachSet { return reachSet{atomTable: newAtomTable[reachMark](r)} }

func (t *reachSet) has(a atom) bool    { return t.of(a) != 0 }
func (t *reachSet) isSeed(a atom) bool { return t.of(a)&markSeed != 0 }

func (t *reachSet) add(a atom) {
	if m := t.place(a); *m == 0 {
		*m = markReached
		t.atoms = append(t.atoms, a)
	}
}

// addNumber is add for what has a number, and is not reached.
func (t *reachSet) addNumber(n int32, a atom) {
	*t.symbols.at(n) = markReached
	t.atoms = append(t.atoms, a)
}

func (t *reachSet) seed(a atom) {
	t.add(a)
	*t.place(a) |= markSeed
}

// An ask is a question that need not be put twice.
type ask struct {
	scope int32 // node or unit
	name  lang.NameHash
	kind  askKind
	who   minder
	how   uint8 // see the constants
}

type askKind uint8

const (
	askUnit askKind = iota + 1
	askOwn
	askEverywhere
	askImporters
	askDotted
	askFile
	askEverything
	askModule
	askRegistered
	askNamespace
	askTogether
	askCalls
)

const (
	askOfTest   = 1 << iota // a test file of Go: who is no test does not see it
	askByType               // how sure an answer is: see byType
	askByMember             // the same: see byMember
	askOfCome               // see reachable.came
	askOfBroken             // see reachable.broken
	askOfValue              // of a script: no type
)

// An askSet knows which questions were put: a hash table that probes the next places.
type askSet struct {
	places []ask // a power of two; the zero ask is a free one
	count  int
}

// add says whether the question is a new one.
func (t *askSet) add(q ask) bool {
	if 2*t.count >= len(t.places) {
		old := t.places
		t.places = make([]ask, max(1<<10, 4*len(old)))
		for _, q := range old {
			if q.kind != 0 {
				t.places[t.find(q)] = q
			}
		}
	}
	at := t.find(q)
	if t.places[at].kind != 0 {
		return false
	}
	t.places[at] = q
	t.count++
	return true
}

// find is where a question stands, or would stand.
func (t *askSet) find(q ask) int {
	h := (uint64(uint32(q.scope))<<32 | uint64(q.name)) + uint64(q.kind)<<16 + uint64(q.who)<<8 + uint64(q.how)
	h *= 0x9e3779b97f4a7c15 // spreads what differs in the lower bits over the upper ones
	at := int(h>>32) & (len(t.places) - 1)
	for t.places[at].kind != 0 && t.places[at] != q {
		at = (at + 1) & (len(t.places) - 1)
	}
	return at
}
