package impact

import (
	"bytes"
	"maps"
	"slices"
	"sort"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// A patch is what a change makes of a flat graph: the nodes and edges that came and went.
// Nodes keep numbers in order of their ids, as in a graph that was built, so base
// numbers (of the flat graph) and numbers (of the patched one) are translated into each
// other; both directions keep the order.
//
// Edges below the number of edges of the flat graph are its own, those above are in
// extras.
type patch struct {
	removed  []int32        // base numbers, sorted
	added    []Node         // sorted by id
	addedAt  []int32        // their numbers
	before   []int32        // for each of added: how many nodes of the flat graph have a smaller id
	altered  map[int32]Node // by base number: nodes whose content, not whose id is another
	replaced map[int32]bool // base numbers of nodes whose edges are all among extras, if any
	extras   []Edge         // sorted by From, To, Kind
	into     map[int32][]int32
	dropped  int // edges of the flat graph that are gone

	gone      map[change.Path]bool // files whose gaps and skips of the flat graph are gone
	gaps      []gap
	skips     []Skipped // sorted
	missing   map[change.Path]skipReason
	languages map[string]language
}

// number is the number of a node of the flat graph that is not removed.
func (p *patch) number(base int32) int32 {
	less := sort.Search(len(p.removed), func(i int) bool { return p.removed[i] >= base })
	more := sort.Search(len(p.before), func(i int) bool { return p.before[i] > base })
	return base - int32(less) + int32(more)
}

// base is the node of the flat graph, or place in added, that has a number.
func (p *patch) base(n int32) (base int32, added int) {
	at, found := slices.BinarySearch(p.addedAt, n)
	if found {
		return -1, at
	}
	base = n - int32(at)
	for _, r := range p.removed {
		if r > base {
			break
		}
		base++
	}
	return base, -1
}

func (p *patch) isRemoved(base int32) bool {
	_, found := slices.BinarySearch(p.removed, base)
	return found
}

// keeps says whether an edge of the flat graph that starts in a node is still there,
// provided that its end is.
func (p *patch) keeps(from int32) bool { return !p.replaced[from] && !p.isRemoved(from) }

// seal computes numbers once removed and added are complete. flat says where a node
// would stand.
func (p *patch) seal(f *flat) {
	slices.Sort(p.removed)
	slices.SortFunc(p.added, compareNodes)
	for i := range p.added {
		n := &p.added[i]
		at, _ := f.place(n.Kind == KindPackage, n.Path)
		p.before = append(p.before, at)
		less := sort.Search(len(p.removed), func(i int) bool { return p.removed[i] >= at })
		p.addedAt = append(p.addedAt, at-int32(less)+int32(i))
	}
}

// index makes the extras findable.
func (p *patch) index() {
	p.extras = sortEdges(p.extras)
	p.into = map[int32][]int32{}
	for i := range p.extras {
		p.into[p.extras[i].To] = append(p.into[p.extras[i].To], int32(i))
	}
}

// patched answers for Graph.
type patched struct {
	*flat
	*patch
}

func (g patched) len() int { return g.nodes() - len(g.removed) + len(g.added) }

func (g patched) edgeCount() int { return g.edges() - g.dropped + len(g.extras) }

func (g patched) node(n int32) Node {
	base, added := g.base(n)
	if added >= 0 {
		return g.added[added]
	}
	if node, ok := g.altered[base]; ok {
		return node
	}
	return g.flat.node(base)
}

func (g patched) kind(n int32) Kind {
	base, added := g.base(n)
	if added >= 0 {
		return g.added[added].Kind
	}
	return g.flat.kind(base) // a kind follows from the path
}

func (g patched) link(e int32) Link {
	if extra := int(e) - g.edges(); extra >= 0 {
		x := &g.extras[extra]
		return Link{x.From, x.To, x.Kind, x.Confidence}
	}
	l := g.flat.link(e)
	l.From, l.To = g.number(l.From), g.number(l.To)
	return l
}

func (g patched) edge(e int32) Edge {
	if extra := int(e) - g.edges(); extra >= 0 {
		return g.extras[extra]
	}
	l := g.link(e)
	return Edge{l.From, l.To, l.Kind, l.Confidence, g.evidence(e)}
}

// edgesInto merges what is left of the flat graph's edges with the extras, in order of
// From.
func (g patched) edgesInto(n int32) []int32 {
	var kept []int32
	if base, _ := g.base(n); base >= 0 {
		kept = g.flat.into(base)
		if len(g.replaced) > 0 || len(g.removed) > 0 {
			kept = slices.DeleteFunc(kept, func(e int32) bool { return !g.keeps(g.flat.link(e).From) })
		}
	}
	extras := g.patch.into[n]
	if len(extras) == 0 {
		return kept
	}
	all := make([]int32, 0, len(kept)+len(extras))
	for _, x := range extras {
		from := g.extras[x].From
		for len(kept) > 0 && g.link(kept[0]).From < from {
			all, kept = append(all, kept[0]), kept[1:]
		}
		all = append(all, x+int32(g.edges()))
	}
	return append(all, kept...)
}

// edgesOutOf lists what is left of the flat graph's edges, and the extras.
func (g patched) edgesOutOf(n int32) []int32 {
	var list []int32
	if base, _ := g.base(n); base >= 0 && !g.replaced[base] {
		start, end := g.out(base)
		for e := start; e < end; e++ {
			if !g.isRemoved(g.flat.link(e).To) {
				list = append(list, e)
			}
		}
	}
	for i := range g.extras {
		if g.extras[i].From == n {
			list = append(list, int32(g.edges()+i))
		}
	}
	return list
}

func (g patched) find(isPackage bool, path change.Path) int32 {
	for i := range g.added {
		if n := &g.added[i]; n.Path == path && (n.Kind == KindPackage) == isPackage {
			return g.addedAt[i]
		}
	}
	base := g.flat.find(isPackage, path)
	if base < 0 || g.isRemoved(base) {
		return -1
	}
	return g.number(base)
}

func (g patched) missingAt(path change.Path) (skipReason, bool) {
	if why, ok := g.patch.missing[path]; ok || g.gone[path] {
		return why, ok
	}
	return g.flat.missing(path)
}

// filesOf are the files of a package.
func (g patched) filesOf(n int32) []int32 {
	var files []int32
	if base, _ := g.base(n); base >= 0 && !g.replaced[base] {
		start, end := g.out(base)
		for e := start; e < end; e++ {
			if to := g.flat.link(e).To; !g.isRemoved(to) {
				files = append(files, g.number(to))
			}
		}
	}
	for i := range g.extras {
		if g.extras[i].From == n {
			files = append(files, g.extras[i].To)
		}
	}
	slices.Sort(files)
	return files
}

// styles counts the style sheets that something imports.
func (g patched) styles() int {
	n := int(g.head[headStyles])
	for _, r := range g.removed {
		if isStyle(g.flat.path(r)) {
			n--
		}
	}
	for i := range g.added {
		if isStyle(g.added[i].Path) {
			n++
		}
	}
	return n
}

// An otherFile is a file of no language.
type otherFile struct {
	path  change.Path
	entry git.Entry
}

// otherFiles are the files of no language whose path ends in an end and is wanted, sorted. The
// end must not need escaping: most of what a tree skips is told by it before it is copied.
func (g patched) otherFiles(end string, wanted func(change.Path) bool) []otherFile {
	found := map[change.Path]git.Entry{}
	node := func(n Node) {
		if n.Kind != KindPackage && n.Language == "" && strings.HasSuffix(string(n.Path), end) && wanted(n.Path) {
			found[n.Path] = git.Entry{Mode: n.mode, ID: n.blob}
		}
	}
	skip := func(escaped string, mode git.Mode, blob git.OID) {
		if blob == (git.OID{}) || !strings.HasSuffix(escaped, end) || !wanted(change.Path(escaped)) {
			return
		}
		path, err := change.Unescape(escaped)
		if err != nil {
			g.bad.Store(true)
			return
		}
		found[path] = git.Entry{Mode: mode, ID: blob}
	}
	for i := range int(g.head[headOthers]) {
		n := int32(g.flat.index(g.row(atOthers, i, 4), g.nodes()))
		if !g.isRemoved(n) {
			node(g.node(g.number(n)))
		}
	}
	for i := range g.added {
		node(g.added[i])
	}
	for i := range int(g.head[headSkips]) {
		text := g.textBytes(g.row(atSkips, i, g.skipRow()))
		if end != "" && !bytes.HasSuffix(text, []byte(end)) {
			continue
		}
		path := string(text)
		if !wanted(change.Path(path)) {
			continue
		}
		if p, err := change.Unescape(path); err == nil && g.gone[p] {
			continue
		}
		s := g.skip(i)
		skip(s.path, s.mode, s.blob)
	}
	for i := range g.skips {
		s := &g.skips[i]
		skip(s.Path, s.mode, s.blob)
	}
	all := make([]otherFile, 0, len(found))
	for _, path := range slices.Sorted(maps.Keys(found)) {
		all = append(all, otherFile{path, found[path]})
	}
	return all
}

// memory reads the flat graph and changes it.
func (g patched) memory() *Graph {
	old := g.flat.memory()
	m := &Graph{files: map[change.Path]int32{}, packages: map[change.Path]int32{}, skipped: map[change.Path]skipReason{}, languages: g.patch.languages}
	for n := range g.len() {
		m.addNode(g.node(int32(n)))
	}
	for i := range old.edges {
		e := old.edges[i]
		if g.keeps(e.From) && !g.isRemoved(e.To) {
			e.From, e.To = g.number(e.From), g.number(e.To)
			m.edges = append(m.edges, e)
		}
	}
	m.edges = sortEdges(append(m.edges, g.extras...))
	for _, x := range old.gaps {
		if !g.gone[x.file] {
			m.gaps = append(m.gaps, x)
		}
	}
	m.gaps = append(m.gaps, g.gaps...)
	for _, s := range old.skips {
		if p, err := change.Unescape(s.Path); err != nil || !g.gone[p] {
			m.skips = append(m.skips, s)
		}
	}
	m.skips = append(m.skips, g.skips...)
	slices.SortFunc(m.skips, compareSkips)
	m.skips = slices.Compact(m.skips)
	for p, why := range old.skipped {
		if !g.gone[p] {
			m.skipped[p] = why
		}
	}
	for p, why := range g.patch.missing {
		m.skipped[p] = why
	}
	m.into = newAdjacency(len(m.nodes), m.edges)
	return m
}

// eachSkip calls fn for the skips of one reason, in order.
func (g patched) eachSkip(group skipGroup, fn func(*Skipped) bool) {
	mine := slices.DeleteFunc(slices.Clone(g.skips), func(s Skipped) bool { return s.Reason != group.reason })
	for i := group.start; i < group.end; i++ {
		f := g.skip(i)
		if p, err := change.Unescape(f.path); err == nil && g.gone[p] {
			continue
		}
		s := Skipped{Path: f.path, Reason: group.reason, Detail: f.detail, mode: f.mode, blob: f.blob}
		for len(mine) > 0 && compareSkips(mine[0], s) < 0 {
			if !fn(&mine[0]) {
				return
			}
			mine = mine[1:]
		}
		if !fn(&s) {
			return
		}
	}
	for i := range mine {
		if !fn(&mine[i]) {
			return
		}
	}
}

// summary counts without reading what is skipped: only as many as are shown, and those
// that are gone.
func (g patched) summary() Summary {
	s := Summary{Nodes: g.len(), Edges: g.edgeCount(), Skipped: map[string]int{}, Examples: []Skipped{}}
	groups := slices.Clone(g.groups)
	for i := range g.skips {
		reason := g.skips[i].Reason
		s.Skipped[reason]++
		if !slices.ContainsFunc(groups, func(x skipGroup) bool { return x.reason == reason }) {
			groups = append(groups, skipGroup{reason: reason})
		}
	}
	for path := range g.gone {
		g.skipsOf(path, func(reason string, _ flatSkip) { s.Skipped[reason]-- })
	}
	for _, group := range groups {
		if s.Skipped[group.reason] += group.end - group.start; s.Skipped[group.reason] == 0 {
			delete(s.Skipped, group.reason)
			continue
		}
		n := 0
		g.eachSkip(group, func(skip *Skipped) bool {
			s.Examples = append(s.Examples, Skipped{Path: skip.Path, Reason: skip.Reason, Detail: skip.Detail})
			n++
			return n < maxExamples
		})
	}
	slices.SortStableFunc(s.Examples, compareReasons)
	return s
}

// eachGap calls fn for the gaps that are left and those that came.
func (g patched) eachGap(fn func(*gap)) {
	for i := range int(g.head[headGaps]) {
		if x := g.gap(i); !g.gone[x.file] {
			fn(&x)
		}
	}
	for i := range g.gaps {
		fn(&g.gaps[i])
	}
}
