package impact

import (
	"cmp"
	"maps"
	"slices"

	"custody/impact/lang"
)

// Most of what a change of Go reaches in the graph of from it reaches in that of head as well, over
// the same nodes: a change adds to what there is, or alters how it works. Where that holds for
// all of it, from has nothing to say that head does not say, and is not followed: names are followed
// in one graph instead of two.
//
// A covering finds out. Head has all that from has where nothing but what came is another: the
// same files can be reached, edges and names are the same, and what is gone is a ghost in head
// (see spreadFile). So a way in from is one in head, and what head's spread reaches over such a
// way, and not over a better one, it marks as old. If the way to each node that is listed is old,
// the list of from is a part of it. A node that from reaches next to a change adds nothing, however
// it is reached: what is added for standing on a way is packages, and there is none on that one.
type covering struct {
	head, from *symbolSide
	came       []int32        // nodes of files and packages that head has alone
	fresh      map[int32]bool // edges that head has alone
	lost       []int32        // nodes of head where edges end that from has alone
	origins    map[int]bool   // those of head that from has, too
	near       map[atom]bool  // from reaches them within a package, over whatever nodes
	entered    []bool         // by node: packages into which something comes from another one
}

// leastCovered is how many files a change has to be able to reach. Of fewer, both sides at the same time
// take no longer than one after the other where that turns out to be needed.
const leastCovered = 2_000

// covering is nil where head may lack something of from, or there is little to gain.
func (n *narrowing) covering() *covering {
	c := &covering{head: n.sides[0], from: n.sides[1], fresh: map[int32]bool{}, origins: map[int]bool{}, near: map[atom]bool{}, entered: make([]bool, n.sides[0].graph.Len())}
	for _, s := range n.sides {
		few := len(s.files.files) < leastCovered && !s.t.coverFew
		if few || !s.atOnce() || s.graph.byLanguage()["go"].files <= maxRunFiles {
			return nil
		}
	}
	if c.head.graph.over.flat != c.from.graph.over.flat || c.head.t.bothSides ||
		!c.sameFiles() || !c.samePackages() || !c.sameDefinitions() || !c.sameOrigins() || !c.sameEdges() || !c.sameOutside() {
		return nil
	}
	return c
}

// sameFiles says whether the change reaches the same files in both graphs, but for those that
// came, and all of them are of Go.
func (c *covering) sameFiles() bool {
	for i := range c.head.t.files {
		f := &c.head.t.files[i]
		was, is := int32(-1), int32(-1)
		if p := oldPath(f); p != "" {
			was = c.from.graph.node(p)
		}
		if p := newPath(f); p != "" {
			is = c.head.graph.node(p)
		}
		switch {
		case is < 0 && was < 0:
		case was < 0:
			c.came = append(c.came, is)
		case is < 0, oldPath(f) != newPath(f):
			return false
		}
	}
	before := c.from.files.files
	for i := range c.head.files.files {
		f := &c.head.files.files[i]
		switch {
		case f.folder < 0:
			return false
		case c.isNew(f.node):
			continue
		case len(before) == 0 || c.head.graph.twin(c.from.graph, before[0].node) != f.node:
			return false
		}
		before = before[1:]
	}
	return len(before) == 0
}

// samePackages says whether no package is called otherwise, and of one that came nobody but changed
// files knows.
func (c *covering) samePackages() bool {
	g := c.head.graph
	for i := range g.over.added {
		if g.over.added[i].Kind != KindPackage {
			continue
		}
		n := g.over.addedAt[i]
		c.came = append(c.came, n)
		for _, e := range g.Into(n) {
			if node := g.Node(g.Link(e).From); c.head.t.changed[node.key()] == nil {
				return false
			}
		}
	}
	for _, s := range []*symbolSide{c.head, c.from} {
		for _, node := range s.graph.over.altered {
			if node.Kind != KindPackage {
				continue
			}
			is, was := c.head.graph.packageOf(node.Path), c.from.graph.packageOf(node.Path)
			if is < 0 || was < 0 || c.head.graph.Node(is).Name != c.from.graph.Node(was).Name {
				return false
			}
		}
	}
	return true
}

// sameDefinitions says whether the changed files differ in nothing but definitions that came, are
// gone, or do something else.
func (c *covering) sameDefinitions() bool {
	for node, d := range c.head.starts {
		if d.whole || d.rest || d.repacked || d.is == nil || len(d.moved)+len(d.handed) > 0 {
			return false
		}
		if d.was == nil {
			if !c.isNew(node) || importsWithDot(d.is) {
				return false
			}
			continue
		}
		for _, pair := range d.altered {
			was, is := &d.was.Definitions[pair[0]], &d.is.Definitions[pair[1]]
			shaped := is.Kind == lang.Method && was.Shape != is.Shape && !c.head.files.outsiders.callAny()
			if was.Runs != is.Runs || was.Exported != is.Exported || shaped {
				return false
			}
		}
		pairs := slices.Concat(d.same, d.altered)
		slices.SortFunc(pairs, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
		if !slices.IsSortedFunc(pairs, func(a, b [2]int) int { return cmp.Compare(a[1], b[1]) }) {
			return false // of ways that are as good, the first is taken
		}
	}
	return true
}

// importsWithDot says whether a file of Go has names of a package as its own.
func importsWithDot(f *lang.Facts) bool {
	for i := range f.Imports {
		dot := lang.GoQualifierOf(f.Imports[i].Spec).Name("*")
		if slices.Contains(f.Mentions, dot) || slices.ContainsFunc(f.Definitions, func(d lang.Definition) bool { return slices.Contains(d.Mentions, dot) }) {
			return true
		}
	}
	return false
}

// sameOrigins says whether head has all steps from changed files that are no nodes.
func (c *covering) sameOrigins() bool {
	for i := range c.from.origins {
		o := &c.from.origins[i]
		if c.from.graph.find(nodeKey{o.isPackage, o.node}) < 0 || c.head.t.isVendored(o) {
			continue
		}
		at := slices.IndexFunc(c.head.origins, func(h origin) bool {
			return h.node == o.node && h.isPackage == o.isPackage && h.confidence == o.confidence
		})
		if at < 0 {
			return false
		}
		c.origins[at] = true
	}
	return true
}

// An edgeMark is what of an edge matters to a spread, in numbers of head.
type edgeMark struct {
	to         int32
	kind       EdgeKind
	confidence Confidence
	source     string
	detail     string
}

// sameEdges notes the edges that one graph has alone. It is false where they decide how others name
// a package.
func (c *covering) sameEdges() bool {
	again := map[int32]bool{} // nodes of head
	for _, s := range []*symbolSide{c.head, c.from} {
		for base := range s.graph.over.replaced {
			if c.head.graph.over.isRemoved(base) || c.from.graph.over.isRemoved(base) {
				return false
			}
			again[c.head.graph.over.number(base)] = true
		}
		for i := range s.graph.over.added {
			if n := &s.graph.over.added[i]; n.Kind != KindPackage {
				again[c.head.graph.node(n.Path)] = true
			}
		}
	}
	for n := range again {
		if n < 0 || !c.compareEdges(n) {
			return false
		}
	}
	return true
}

func (c *covering) compareEdges(n int32) bool {
	was := map[edgeMark]bool{}
	if old := c.from.graph.twin(c.head.graph, n); old >= 0 {
		for _, e := range c.from.graph.outOf(old) {
			edge := c.from.graph.Edge(e)
			was[edgeMark{c.head.graph.twin(c.from.graph, edge.To), edge.Kind, edge.Confidence, edge.Evidence.Source, edge.Evidence.Detail}] = true
		}
	}
	for _, e := range c.head.graph.outOf(n) {
		edge := c.head.graph.Edge(e)
		m := edgeMark{edge.To, edge.Kind, edge.Confidence, edge.Evidence.Source, edge.Evidence.Detail}
		if was[m] && m.source != importSource[lang.Embed] {
			delete(was, m)
			continue
		}
		if c.fresh[e] = true; !c.isNew(m.to) && !c.isNamedSo(m) {
			return false
		}
	}
	for m := range was {
		if m.to < 0 || !c.isNamedSo(m) {
			return false
		}
		c.lost = append(c.lost, m.to)
	}
	return true
}

// isNamedSo says that an edge which one graph has alone is no other way to name where it ends: in
// both graphs others import that package so.
func (c *covering) isNamedSo(m edgeMark) bool {
	if m.kind == Tests {
		return true
	}
	if m.kind != Imports || c.head.graph.Kind(m.to) != KindPackage {
		return false
	}
	same := func(g *Graph, n int32) bool {
		return n >= 0 && slices.ContainsFunc(g.Into(n), func(e int32) bool {
			edge := g.Edge(e)
			return edge.Kind == Imports && edge.Evidence.Detail == m.detail
		})
	}
	return same(c.head.graph, m.to) && same(c.from.graph, c.from.graph.twin(c.head.graph, m.to))
}

// sameOutside says whether on both sides the same methods may be called by others.
func (c *covering) sameOutside() bool {
	is, was := c.head.files.outsiders, c.from.files.outsiders
	if is.any || was.any {
		return is.any && was.any
	}
	before, after := map[string]bool{}, map[string]bool{}
	for _, d := range c.head.starts {
		eachStandardImport(d.is, func(spec string) { after[spec] = true })
		if d.was != nil {
			eachStandardImport(d.was, func(spec string) { before[spec] = true })
		}
	}
	return maps.Equal(before, after) && slices.Equal(is.names, was.names)
}

func (c *covering) isNew(node int32) bool { return slices.Contains(c.came, node) }

// isFresh and hasOrigin are for a spread with or without a covering.
func (c *covering) isFresh(edge int32) bool  { return c != nil && edge >= 0 && c.fresh[edge] }
func (c *covering) hasOrigin(place int) bool { return c == nil || c.origins[place] }

// holds says whether from lists nothing that head does not, nor over another way.
func (c *covering) holds(head *symbolSide) bool {
	if head.holds.methods != head.holds.oldMethods {
		return false
	}
	for _, n := range c.lost {
		if a := (atom{n, whole}); head.holds.has(a) || head.calls != nil && head.calls.has(a) {
			return false
		}
	}
	for folder := range head.files.folders { // from would list what stands in it one by one
		a := atom{folder, whole}
		if head.calls != nil && !c.isNew(folder) && head.holds.has(a) && head.calls.has(a) && !head.calls.only.early(a) {
			return false
		}
	}
	listed, unsure := map[int32]bool{}, map[int32]bool{} // nodes; those that may be listed for another way
	for i := range head.nodes() {
		x := &head.list[i]
		listed[x.node] = true
		if c.isOld(x) || c.isNew(x.node) {
			continue
		}
		if head.holds.has(atom{x.node, passed}) {
			return false // a package that from may list for standing on a way, and so as nearer
		}
		unsure[x.node] = true
	}
	for a := range c.near {
		if unsure[a.node] && c.counts(a) {
			delete(unsure, a.node)
		}
	}
	alone := map[int32]bool{} // by node of a package
	for n := range unsure {
		folder := n
		if i, ok := head.files.place(n); ok {
			folder = head.files.files[i].folder
		}
		if _, asked := alone[folder]; !asked {
			by := head.holds.has(atom{folder, whole}) || head.holds.has(atom{folder, passed})
			alone[folder] = (listed[folder] || !by) && !c.entered[folder] // no other package is on the way
		}
		if alone[folder] {
			delete(unsure, n)
		}
	}
	return len(unsure) == 0 || !c.listsAny(unsure)
}

// isOld says whether from lists a node over the same way, or not at all.
func (c *covering) isOld(x *narrowed) bool {
	r := c.head.holds.best.of(x.at)
	switch {
	case x.at.def == passed: // on the way to others
		return true
	case x.at.node != x.node: // with its package
		return r.old
	case r.distance == 0 && r.prev == x.at: // it changed
		d := c.head.starts[x.node]
		return r.old || d != nil && d.was != nil && len(d.altered)+len(d.removed) > 0
	}
	return r.old && c.counts(x.at)
}

// counts says whether what holds reach on the side of from is reached by calls there, too.
func (c *covering) counts(a atom) bool {
	if c.head.calls == nil {
		return true
	}
	early := &c.head.calls.only
	if early.early(atom{a.node, whole}) {
		return true
	}
	i, ok := c.head.files.place(a.node)
	if ok && early.early(atom{c.head.files.files[i].folder, whole}) {
		return true
	}
	if a.def != whole {
		return early.early(a)
	}
	for d := int32(loose); ok && c.head.files.files[i].known && d < c.head.files.files[i].count; d++ {
		if early.early(atom{a.node, d}) {
			return true
		}
	}
	return false
}

// listsAny says whether from may list one of the nodes.
func (c *covering) listsAny(nodes map[int32]bool) bool {
	holds := c.head.holds
	for _, a := range holds.best.atoms {
		if nodes[a.node] && a.def != passed && c.counts(a) {
			return true
		}
	}
	if c.head.calls == nil {
		return false
	}
	for _, a := range c.head.calls.only.atoms {
		if !nodes[a.node] || !c.head.calls.only.early(a) {
			continue
		}
		if i, ok := c.head.files.place(a.node); ok && holds.has(atom{c.head.files.files[i].folder, whole}) {
			return true
		}
	}
	return false
}

// What a spread does with a covering.

// weigh settles whether a way to an atom is one that from has, too. Of seeds in one file each is
// as good: the nodes on the way are the same.
func (s *spread) weigh(old *reach, a atom, r *reach) {
	if old.known && old.prev == a { // a seed
		return
	}
	r.old = r.old && !s.cover.isNew(a.node)
	if r.old && r.distance <= 1 && a.def != passed {
		s.cover.near[a] = true
	}
	if s.atSeeds && old.known && !old.final && old.prev.node == r.prev.node && old.distance == r.distance && old.confidence == r.confidence {
		r.old = r.old || old.old
		old.old = r.old
	}
}

// enter notes that something comes from one package into a file of another one.
func (c *covering) enter(from, to int32) {
	if c != nil && from != to {
		c.entered[to] = true
	}
}

// oldFirst puts seeds that from has before the others, and counts them. The others then ask again
// what was asked: that an atom is reached from both must be seen.
func (s *spread) oldFirst(seeds []key) int {
	slices.SortStableFunc(seeds, func(a, b key) int {
		return -cmp.Compare(b2i(s.best.slot(a.atom()).old), b2i(s.best.slot(b.atom()).old))
	})
	n := 0
	for n < len(seeds) && s.best.slot(seeds[n].atom()).old {
		n++
	}
	return n
}

// reachMethod notes that a method of Go was reached.
func (s *spread) reachMethod() {
	s.methods = true
	s.oldMethods = s.oldMethods || s.way.old
}

// loadBy is load of a definition that runs, or does not compile in head alone.
func (s *spread) loadBy(a atom, f *spreadFile, runs bool) {
	old := s.way.old
	s.way.old = old && runs
	s.load(a, f)
	s.way.old = old
}

// join reaches an atom by calls, at first only one that from has.
func (s *spread) join(a atom) {
	if s.first && s.cover.isNew(a.node) {
		s.late = append(s.late, a)
		return
	}
	s.only.add(a)
}

// isLate says that calls do not go over an edge yet, since head has it alone.
func (s *spread) isLate(a atom, edge int32) bool {
	if !s.first || !s.cover.isFresh(edge) {
		return false
	}
	s.repeat = append(s.repeat, a)
	return true
}

// goOnAlone ends what from reaches, too, and lets calls go on from what head has alone, and from
// what does not compile there.
func (s *spread) goOnAlone() {
	s.first, s.only.mark = false, markReached
	for _, a := range s.late {
		if s.only.isSeed(a) {
			s.only.atoms = append(s.only.atoms, a)
		} else {
			s.only.add(a)
		}
	}
	s.only.atoms = append(s.only.atoms, s.repeat...)
	for a, is := range s.breaks {
		if is && s.only.early(a) {
			s.only.atoms = append(s.only.atoms, a)
		}
	}
}
