package impact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/parallel"
)

// addSymbols lists what the change does to the definitions of each file.
func (t *tracer) addSymbols(r *Report, n *narrowing) {
	for i := range t.files {
		if d := n.diffs[i]; d != nil && !d.whole {
			if f := &t.files[i]; f.Path != "" {
				if l := lang.ForPath(string(f.Path)); l != nil && isTest(f.Path, l.Name) {
					d.tests = l.Name
				}
			}
			list := d.symbols()
			r.Changed[i].Symbols = list[:min(len(list), maxSymbols)]
		}
	}
}

// narrowed lists what the change reaches when its definitions are followed, and what is reached
// in the changed files themselves with these.
func (t *tracer) narrowed(r *Report, n *narrowing) []Reached {
	sides := make([][]narrowed, len(n.sides))
	halves(len(sides), func(i, end int) {
		for ; i < end; i++ {
			sides[i] = n.sides[i].nodes()
		}
	})
	places := map[nodeKey]int{}
	changed := map[nodeKey][]narrowed{}
	var best []narrowed
	for i, side := range sides {
		for _, x := range side {
			node := n.sides[i].graph.Node(x.node)
			key := node.key()
			if t.changed[key] != nil {
				changed[key] = append(changed[key], x)
				continue
			}
			place, ok := places[key]
			if !ok {
				places[key] = len(best)
				best = append(best, x)
				continue
			}
			old := best[place]
			if x.better(&old) {
				x, old = old, x
			}
			if x.precision == PrecisionFile { // one side is enough
				old.precision = PrecisionFile
			}
			old.others = append(old.others, x)
			best[place] = old
		}
	}
	t.reachedInside(r, changed)
	list := make([]Reached, len(best))
	halves(len(best), func(i, end int) {
		ids := nodeIDs{}
		for ; i < end; i++ {
			list[i] = t.reachedBy(n, &best[i], ids)
		}
	})
	slices.SortFunc(list, func(a, b Reached) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.Node, b.Node))
	})
	left := maxVia
	for i := range list {
		if left -= len(list[i].Via); left < 0 {
			list[i].Via = []string{}
		}
	}
	return list
}

// reachedInside notes of each changed file what is reached in it.
func (t *tracer) reachedInside(r *Report, changed map[nodeKey][]narrowed) {
	for i := range t.files {
		c := &r.Changed[i]
		paths := []change.Path{newPath(&t.files[i])}
		if old := oldPath(&t.files[i]); old != paths[0] {
			paths = append(paths, old)
		}
		for _, p := range paths {
			for _, x := range changed[nodeKey{path: p}] {
				c.AllReached = c.AllReached || x.precision == PrecisionFile
				c.Reached = append(c.Reached, x.names()...)
			}
		}
		slices.Sort(c.Reached)
		c.Reached = slices.Compact(c.Reached)
	}
}

// halves does something with the first half of n things and with the rest, at the same time.
func halves(n int, do func(from, end int)) {
	parallel.Do(func() { do(0, n/2) }, func() { do(n/2, n) })
}

// nodeIDs are ids of nodes by graph and number: most paths begin with the same ones.
type nodeIDs map[*Graph]map[int32]string

func (ids nodeIDs) of(g *Graph, n int32) string {
	of := ids[g]
	if of == nil {
		of = map[int32]string{}
		ids[g] = of
	}
	id, ok := of[n]
	if !ok {
		node := g.Node(n)
		id = node.ID()
		of[n] = id
	}
	return id
}

func (t *tracer) reachedBy(n *narrowing, x *narrowed, ids nodeIDs) Reached {
	node := x.graph.Node(x.node)
	r := x.holds.best.of(x.at)
	to := Reached{
		Node: node.ID(), Kind: node.Kind, Path: node.Path.Escaped(),
		Distance: int(r.distance), Confidence: r.confidence, Precision: x.precision, Via: []string{},
		Tagged: node.Marks&MarkTagged != 0,
	}
	path := x.path(x.at)
	if x.at.node != x.node { // its package is reached
		path = append(path, atom{x.node, passed})
		to.Distance++
	}
	to.Via = slices.Grow(to.Via, len(path))
	for _, a := range path[:len(path)-1] {
		to.Via = append(to.Via, ids.of(x.graph, a.node))
	}
	if first := x.holds.best.of(path[0]); first.distance > 0 { // from a file that is no node
		to.Via = append([]string{"file:" + x.origins[x.begins[path[0].node]].changed.Escaped()}, to.Via...)
	}
	to.Edge = x.lastEdge(path, r)
	if x.precision == PrecisionSymbol {
		to.Symbols = x.names()
		for _, other := range x.others {
			to.Symbols = append(to.Symbols, other.names()...)
		}
		slices.Sort(to.Symbols)
		to.Symbols = slices.Compact(to.Symbols)
		to.Symbols = to.Symbols[:min(len(to.Symbols), maxSymbols)]
	}
	to.Reason = t.whyNarrowed(n, x, path)
	return to
}

// names are those of the reached definitions of a file.
func (x *narrowed) names() []string {
	var names []string
	i, ok := x.files.place(x.node)
	if !ok {
		return nil
	}
	for _, d := range x.defs {
		if f := &x.files.files[i]; d >= 0 && f.known && d < f.count {
			names = append(names, symbolText(f.definition(d).Name))
		}
	}
	return names
}

// lastEdge is what the node does with the one before it.
func (x *narrowed) lastEdge(path []atom, r reach) EdgeKind {
	switch {
	case x.at.node != x.node:
		return References
	case len(path) == 1 && r.distance > 0:
		return x.origins[x.begins[x.node]].kind
	case r.edge >= 0:
		return x.graph.Link(r.edge).Kind
	case x.graph.Kind(x.node) == KindPackage:
		return Contains
	case len(path) > 1 && x.graph.Kind(path[len(path)-2].node) != KindPackage && x.graph.Node(x.node).Language == "go":
		return References
	}
	return Imports
}

// whyNarrowed says in one sentence what links a node to the change.
func (t *tracer) whyNarrowed(n *narrowing, x *narrowed, path []atom) string {
	if x.at.node != x.node {
		node := x.graph.Node(x.at.node)
		return "uses " + nameNode(&node) + ", which is reached as a whole"
	}
	at := x.at
	r := x.holds.best.of(at)
	if r.prev == at {
		if o, ok := x.begins[at.node]; ok {
			return x.origins[o].words
		}
		return "all of its files came or went" // a package
	}
	words := x.stepWords(at, r) + x.name(r.prev)
	prev := x.holds.best.of(r.prev)
	if prev.prev == r.prev {
		return words + x.changeOf(r.prev)
	}
	first := r.prev
	for x.holds.best.of(first).prev != first {
		first = x.holds.best.of(first).prev
	}
	if prev.prev == first {
		return words + ", which " + x.stepWords(r.prev, prev) + x.name(first) + x.changeOf(first)
	}
	steps := 0
	for a := r.prev; a != first; a = x.holds.best.of(a).prev {
		steps++
	}
	return fmt.Sprintf("%s, %d steps from %s%s", words, steps, x.name(first), x.changeOf(first))
}

// stepWords is what an atom does with the one before it: "mentions".
func (x *narrowed) stepWords(at atom, r reach) string {
	subject := ""
	if i, ok := x.files.place(at.node); ok && at.def >= 0 && at == x.at {
		subject = symbolText(x.files.files[i].definition(at.def).Name) + " "
	}
	switch {
	case r.edge >= 0:
		e := x.graph.Edge(r.edge)
		return subject + x.t.verb(hit{x.walk, at.node}, &e) + " "
	case r.edge == anyName:
		return subject + "may use any name, and so "
	case r.edge == oneClass:
		return subject + "is in one class with "
	case x.graph.Kind(at.node) == KindPackage:
		return "contains "
	case at.def == whole && r.prev.node == at.node && (x.holds.unbuilt[r.prev] || x.calls != nil && x.calls.unbuilt[r.prev]):
		return "does not compile any more unless this is another name: "
	case at.def == whole && r.prev.node == at.node:
		return "runs when it is loaded: "
	case at.def == whole:
		return "is one program with "
	}
	if i, ok := x.files.place(r.prev.node); ok && r.prev.def >= 0 {
		if f := &x.files.files[i]; f.folder >= 0 && !f.test && x.graph.Kind(at.node) == KindTest && f.definition(r.prev.def).Name == "main" {
			return subject + "may run "
		}
		if base, member := cutMember(x.files.files[i].definition(r.prev.def).Name); member != "" {
			return subject + "uses " + symbolText(base) + ", and so maybe "
		}
	}
	return subject + "mentions "
}

// name is an atom as people call it: "Serve in pkg/server.go".
func (x *narrowed) name(a atom) string {
	node := x.graph.Node(a.node)
	i, ok := x.files.place(a.node)
	if !ok || a.def < 0 {
		return nameNode(&node)
	}
	name := symbolText(x.files.files[i].definition(a.def).Name)
	if a.node == x.node {
		return name
	}
	return name + " of " + node.Path.Escaped()
}

// changeOf says what happened to the start of a path.
func (x *narrowed) changeOf(a atom) string {
	if x.holds.best.of(a).distance > 0 { // from a file that is no node
		return ", which " + x.origins[x.begins[a.node]].words
	}
	i, ok := x.files.place(a.node)
	d := x.starts[a.node]
	if !ok || d == nil || a.def < 0 {
		node := x.graph.Node(a.node)
		if f := x.t.changed[node.key()]; f != nil && f.Status != change.Modified && f.Status != change.TypeChanged {
			return fmt.Sprintf(", which is %s", f.Status)
		}
		return ", which changed"
	}
	if f := &x.files.files[i]; a.def >= f.count {
		if handed := int(a.def-f.count) - len(d.removed); handed >= 0 {
			switch d.handed[handed].change {
			case SymbolAdded:
				return ", which is handed on now"
			case SymbolBody:
				return ", which comes from elsewhere now"
			}
		}
		return ", which is removed"
	}
	for _, pair := range d.altered {
		if place := pair[int(1-b2i(!x.now))]; place == int(a.def) {
			if d.was.Definitions[pair[0]].Signature != d.is.Definitions[pair[1]].Signature {
				return ", whose signature changed"
			}
			return ", whose body changed"
		}
	}
	if x.now {
		return ", which is new"
	}
	return ", which is removed"
}
