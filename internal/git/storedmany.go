package git

import (
	"bytes"
	"cmp"
	"context"
	"math/bits"
	"runtime"
	"slices"
	"sync/atomic"

	"custody/internal/parallel"
)

// BlobsAtOnce reads the blobs of many ids that can be read without a process, on all cores, and
// gives the places in ids of those that are left, for Blobs. begin makes a function for each of
// the goroutines, which then calls it for one blob after the other, in any order; data is valid
// during the call only. What is over limit, or not what its id says, is left.
func BlobsAtOnce(ctx context.Context, r Reader, ids []OID, limit int64, begin func() func(i int, data []byte)) (left []int, err error) {
	done := make([]bool, len(ids))
	if repo, ok := r.(*Repository); ok && repo.own != nil && !repo.isClosed() {
		if err := repo.own.objects(ctx, ids, "blob", limit, done, begin); err != nil {
			return nil, err
		}
	}
	for i, ok := range done {
		if !ok {
			left = append(left, i)
		}
	}
	return left, nil
}

// What is left to git where many objects are read.
const (
	maxMany  = 16 << 20 // bytes of an object, or of what it is made of
	maxMade  = 64 << 20 // bytes of the objects that one is made of, and that are made of these
	maxIndex = 16 << 20 // bytes of the ids with the same first byte
)

// objects calls the functions that begin makes for those objects of a kind that lie in packs,
// and notes which these are, each place by one goroutine.
func (s *stored) objects(ctx context.Context, ids []OID, kind string, limit int64, done []bool, begin func() func(i int, data []byte)) error {
	s.once.Do(s.open)
	s.mu.Lock()
	packs := s.packs
	s.mu.Unlock()
	missing := make([]int32, 0, len(ids))
	for i, id := range ids {
		if len(id.Bytes()) == idBytes && !id.IsZero() {
			missing = append(missing, int32(i))
		}
	}
	slices.SortFunc(missing, func(a, b int32) int { return bytes.Compare(ids[a].Bytes(), ids[b].Bytes()) })
	workers := min(runtime.GOMAXPROCS(0), 8)
	for _, p := range packs {
		if len(missing) == 0 || ctx.Err() != nil {
			break
		}
		w := packWalk{pack: p, kind: kind, limit: int(min(limit, maxMany)), ids: ids, done: done}
		w.wanted, missing = p.index.findMany(ids, missing, workers)
		w.plan(workers)
		atOnce(workers, func(int) { w.work(ctx, begin()) })
	}
	return context.Cause(ctx)
}

// atOnce calls fn for 0 to n-1, at the same time.
func atOnce(n int, fn func(i int)) {
	all := make([]func(), n)
	for i := range all {
		all[i] = func() { fn(i) }
	}
	parallel.Do(all...)
}

// part is the i-th of n parts of a list.
func part[T any](list []T, i, n int) []T { return list[len(list)*i/n : len(list)*(i+1)/n] }

// A wantedObject is one of the ids asked for, and where in a pack it begins.
type wantedObject struct {
	at    int64
	place int32 // in ids
}

// findMany is find for ids that are sorted, given by their places.
func (x *packIndex) findMany(ids []OID, sorted []int32, workers int) (found []wantedObject, missing []int32) {
	all := make([][]wantedObject, workers)
	others := make([][]int32, workers)
	atOnce(workers, func(i int) { all[i], others[i] = x.findSome(ids, part(sorted, i, workers)) })
	return slices.Concat(all...), slices.Concat(others...)
}

// findSome reads whole parts of the index where that is less work.
func (x *packIndex) findSome(ids []OID, sorted []int32) (found []wantedObject, missing []int32) {
	var names, places []byte
	n := int64(x.first[256])
	for len(sorted) > 0 {
		first := ids[sorted[0]].Bytes()[0]
		same := 1
		for same < len(sorted) && ids[sorted[same]].Bytes()[0] == first {
			same++
		}
		from, count := int64(x.first[first]), int(x.first[int(first)+1]-x.first[first])
		whole := count <= nearIDs*same && count <= maxIndex/idBytes
		if whole {
			names = slices.Grow(names[:0], count*idBytes)[:count*idBytes]
			places = slices.Grow(places[:0], count*4)[:count*4]
			read, _ := x.file.ReadAt(names, indexHead+from*idBytes)
			more, _ := x.file.ReadAt(places, indexHead+n*(idBytes+4)+from*4)
			whole = read == len(names) && more == len(places)
		}
		for _, place := range sorted[:same] {
			id := ids[place].Bytes()
			at, ok := int64(0), false
			if !whole {
				at, ok = x.find(id)
			} else if k, is := findID(names, id); is {
				if at, ok = int64(be32(places[4*k:])), true; at >= 1<<31 {
					at, ok = x.place(int(from) + k)
				}
			}
			if ok {
				found = append(found, wantedObject{at, place})
			} else {
				missing = append(missing, place)
			}
		}
		sorted = sorted[same:]
	}
	return found, missing
}

// findID finds an id among sorted ones.
func findID(names, id []byte) (k int, ok bool) {
	low, high := 0, len(names)/idBytes
	for low < high {
		k = int(uint(low+high) / 2)
		switch c := bytes.Compare(id, names[k*idBytes:(k+1)*idBytes]); {
		case c == 0:
			return k, true
		case c < 0:
			high = k
		default:
			low = k + 1
		}
	}
	return 0, false
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// A packWalk reads many objects of a pack. They are made of others, and others of them: it goes
// through each of these trees from its root, the trees in the order in which they lie in the
// pack, so that nothing is read twice and little is kept.
type packWalk struct {
	pack   *pack
	kind   string
	limit  int
	ids    []OID
	done   []bool
	wanted []wantedObject // sorted by where they begin

	nodes []packNode
	roots []int32
	next  atomic.Int32 // of the roots that nobody took yet
}

// A packNode is an entry of the pack that is wanted, or that one is made of.
type packNode struct {
	packEntry
	end         int64 // its data do not reach farther
	first, next int32 // which is made of it; which else is made of what this is made of; -1: none
	from, to    int32 // in wanted
}

// plan finds the trees.
func (w *packWalk) plan(workers int) {
	slices.SortFunc(w.wanted, func(a, b wantedObject) int { return cmp.Compare(a.at, b.at) })
	places := make(map[int64]int32, len(w.wanted))
	node := func(at int64) int32 {
		n, ok := places[at]
		if !ok {
			n = int32(len(w.nodes))
			places[at] = n
			w.nodes = append(w.nodes, packNode{packEntry: packEntry{at: at}, first: -1, next: -1})
		}
		return n
	}
	w.nodes = make([]packNode, 0, len(w.wanted)+len(w.wanted)/4)
	for i, o := range w.wanted {
		n := &w.nodes[node(o.at)]
		if n.to == 0 {
			n.from = int32(i)
		}
		n.to = int32(i) + 1
	}
	atOnce(workers, func(i int) {
		some := part(w.nodes, i, workers)
		for i := range some {
			w.read(&some[i])
		}
	})
	most := 4*len(w.wanted) + maxDeltas
	for i := 0; i < len(w.nodes); i++ {
		base := w.nodes[i].base
		if _, known := places[base]; known || base <= 0 {
			continue
		}
		if len(w.nodes) == most {
			w.nodes[i].kind = 0
			continue
		}
		w.read(&w.nodes[node(base)])
	}
	order := make([]int32, len(w.nodes))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(w.nodes[b].at, w.nodes[a].at) })
	end := w.pack.size
	for _, i := range order {
		n := &w.nodes[i]
		n.end, end = end, min(n.at, end)
		switch n.kind {
		case entryNear, entryNamed:
			base := &w.nodes[places[n.base]]
			n.next, base.first = base.first, i
		case entryCommit, entryTree, entryBlob, entryTag:
			if entryKinds[n.kind] == w.kind {
				w.roots = append(w.roots, i)
			}
		}
	}
	slices.Reverse(w.roots)
}

// read reads how the entry of a node begins.
func (w *packWalk) read(n *packNode) {
	e, err := w.pack.entry(n.at, w.limit)
	if err != nil {
		e.kind, e.base = 0, 0 // it is left, and what is made of it
	}
	n.packEntry = e
}

// rootsAtOnce are so many as lie near to each other.
const rootsAtOnce = 8

// work goes through trees until none is left.
func (w *packWalk) work(ctx context.Context, fn func(i int, data []byte)) {
	r := packReader{packWalk: w, fn: fn}
	for ctx.Err() == nil {
		to := int(w.next.Add(rootsAtOnce))
		from := to - rootsAtOnce
		if from >= len(w.roots) {
			return
		}
		for _, root := range w.roots[from:min(to, len(w.roots))] {
			r.tree(root)
		}
	}
}

// A packReader is one of those who go through a packWalk.
type packReader struct {
	*packWalk
	fn     func(i int, data []byte)
	window []byte // of the pack
	at     int64  // where that begins
	delta  []byte
	free   [32][][]byte // memory for objects, by the length of the number of its bytes
	path   []madeObject
	held   int // bytes of what is on the path
}

// A madeObject is one with what is made of it.
type madeObject struct {
	data  []byte
	child int32 // next to be made of it
}

// tree reads a root and all that is made of it.
func (r *packReader) tree(root int32) {
	n := &r.nodes[root]
	data := r.room(n.size)
	if in, err := r.section(n); err != nil || inflateInto(in, data) != nil {
		return
	}
	r.enter(n, data)
	for len(r.path) > 0 {
		last := &r.path[len(r.path)-1]
		if last.child < 0 {
			r.leave()
			continue
		}
		n := &r.nodes[last.child]
		last.child = n.next
		if data, ok := r.made(n, last.data); ok {
			r.enter(n, data)
		}
	}
}

// enter says what an object is, and goes on with what is made of it.
func (r *packReader) enter(n *packNode, data []byte) {
	for _, o := range r.wanted[n.from:n.to] {
		if hashed(r.kind, data) == r.ids[o.place] {
			r.done[o.place] = true
			r.fn(int(o.place), data)
		}
	}
	r.path = append(r.path, madeObject{data, n.first})
	r.held += len(data)
}

func (r *packReader) leave() {
	data := r.path[len(r.path)-1].data
	r.path = r.path[:len(r.path)-1]
	r.held -= len(data)
	class := bits.Len(uint(cap(data)))
	r.free[class] = append(r.free[class], data[:0])
}

// made makes an object of another one.
func (r *packReader) made(n *packNode, base []byte) (data []byte, ok bool) {
	if n.kind == 0 || len(r.path) > maxDeltas {
		return nil, false
	}
	in, err := r.section(n)
	if err != nil {
		return nil, false
	}
	r.delta = slices.Grow(r.delta[:0], n.size)[:n.size]
	if inflateInto(in, r.delta) != nil {
		return nil, false
	}
	_, size, _, err := deltaSizes(r.delta)
	if err != nil || size > uint64(r.limit) || r.held+int(size) > maxMade {
		return nil, false
	}
	data = r.room(int(size))
	return data, applyDeltaTo(data, base, r.delta) == nil
}

// room is memory for so many bytes, in which anything may stand.
func (r *packReader) room(size int) []byte {
	class := max(bits.Len(uint(size)), 12)
	if n := len(r.free[class]); n > 0 {
		b := r.free[class][n-1]
		r.free[class] = r.free[class][:n-1]
		return b[:size]
	}
	return make([]byte, 1<<class-1)[:size]
}

// leastWindow are so many bytes of a pack as are read at once: what is wanted lies near.
const leastWindow = 64 << 10

// section is what the pack has from the data of an entry on, up to their end or beyond it.
func (r *packReader) section(n *packNode) ([]byte, error) {
	size := int(min(int64(mostDeflated(n.size)), n.end-n.data))
	if size <= 0 {
		return nil, errPack
	}
	if from := n.data - r.at; from >= 0 && from+int64(size) <= int64(len(r.window)) {
		return r.window[from : from+int64(size)], nil
	}
	whole := int(min(int64(max(size, leastWindow)), r.pack.size-n.data))
	r.at, r.window = n.data, slices.Grow(r.window[:0], whole)[:whole]
	if n, _ := r.pack.file.ReadAt(r.window, n.data); n < whole {
		r.window = r.window[:0]
		return nil, errPack
	}
	return r.window[:min(size, whole)], nil
}
