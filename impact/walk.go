package impact

import "slices"

// passesOn is how likely a reached file is to pass a change on to what uses it, in per
// mille. It is the decay along a path: every file between the changed one and the
// reached one costs it once. The changed file itself and packages cost nothing.
const passesOn = 900

// A walk holds, for every node of one graph that a change reaches, the last step of its
// best path: the shortest; of those the most confident; of those the one whose last but
// one node has the smallest id.
type walk struct {
	graph *Graph
	steps []step  // by node
	order []int32 // reached nodes without the seeds, nearest first

	origins []origin
	seen    map[int32]*seen // nodes that somebody looked at
}

// A seen node is read once, and often looked at.
type seen struct {
	Node
	id string
}

func (w *walk) look(n int32) *seen {
	s := w.seen[n]
	if s == nil {
		if w.seen == nil {
			w.seen = make(map[int32]*seen, len(w.order))
		}
		s = &seen{Node: w.graph.Node(n)}
		s.id = s.ID()
		w.seen[n] = s
	}
	return s
}

func (w *walk) node(n int32) *Node { return &w.look(n).Node }
func (w *walk) id(n int32) string  { return w.look(n).id }

type step struct {
	distance   int32 // -1: not reached
	confidence Confidence
	prev       int32 // the node before, nearer to the change; -1 for a seed
	seed       int32 // where the path starts
	edge       int32 // from this node to prev
	origin     int32 // place in origins, from 1: reached straight from a file that is no node; then prev and edge are -1
}

// walkBack goes from the seeds against the edges.
//
// A package is not reached over its tests: nobody who imports it gets them. What else
// stands in a test's folder can still use it, so such a package is added at the end, as a
// node from which the walk does not go on.
func walkBack(g *Graph, seeds []int32, origins []origin) *walk {
	w := &walk{graph: g, steps: make([]step, g.Len())}
	for i := range w.steps {
		w.steps[i] = step{distance: -1, prev: -1, edge: -1}
	}
	layer := slices.Compact(slices.Sorted(slices.Values(seeds)))
	for _, s := range layer {
		w.steps[s] = step{confidence: 1000, prev: -1, seed: s, edge: -1}
	}
	var behindTests []int32 // edges
	for distance := int32(1); len(layer) > 0 || distance == 1 && len(origins) > 0; distance++ {
		var next []int32
		for _, node := range layer {
			for _, edge := range g.Into(node) {
				e := g.Link(edge)
				if e.Kind == Contains && g.Kind(node) == KindTest {
					behindTests = append(behindTests, edge)
					continue
				}
				if w.take(e.From, edge, distance) {
					next = append(next, e.From)
				}
			}
		}
		if distance == 1 {
			next = append(next, w.begin(origins)...)
		}
		slices.Sort(next)
		w.order = append(w.order, next...)
		layer = next
	}
	for _, edge := range behindTests {
		e := g.Link(edge)
		if at := w.steps[e.From].distance; at < 0 || !w.passes(e.From) {
			if w.take(e.From, edge, w.steps[e.To].distance+1) {
				w.order = append(w.order, e.From)
			}
		}
	}
	return w
}

// take notes the step over an edge if it is the node's best; it says whether the node is
// new. Edges come in order of the node that they lead to, so the first of equals stays.
func (w *walk) take(node, edge, distance int32) bool {
	e := w.graph.Link(edge)
	s, before := &w.steps[node], w.steps[e.To]
	isNew := s.distance < 0
	if !isNew && s.distance < distance {
		return false
	}
	confidence := w.along(e, before)
	if !isNew && s.distance == distance && s.confidence >= confidence {
		return false
	}
	*s = step{distance: distance, confidence: confidence, prev: e.To, seed: before.seed, edge: edge}
	return isNew
}

// along is the confidence of a path that ends in prev and goes on over e. It never
// rises, and never falls to 0: a reached node stays reached.
func (w *walk) along(e Link, prev step) Confidence {
	c := prev.confidence * e.Confidence / 1000
	if prev.distance > 0 && w.graph.Kind(e.To) != KindPackage {
		c = c * passesOn / 1000
	}
	return max(c, 1)
}

// path lists the nodes from the seed up to, without, node.
func (w *walk) path(node int32) []int32 {
	var p []int32
	for at := w.steps[node].prev; at >= 0; at = w.steps[at].prev {
		p = append(p, at)
	}
	slices.Reverse(p)
	return p
}
