package impact

import (
	"fmt"
	"sort"

	"custody/impact/lang"
	"custody/internal/change"
)

// why says in one sentence what links a reached node to the change.
func (t *tracer) why(h hit) string {
	s := h.steps[h.node]
	if s.origin > 0 {
		return h.origins[s.origin-1].words
	}
	e := h.graph.Edge(s.edge)
	prev := h.walk.node(s.prev)
	words := t.verb(h, &e) + " "
	if before := h.steps[s.prev]; before.prev < 0 && before.origin == 0 { // a seed
		return words + t.nameSeed(prev) + t.neighbours(h, prev)
	}
	words += nameNode(prev) + ", "
	if o := h.originOf(h.node); o != nil {
		if before := h.steps[s.prev]; before.origin > 0 {
			return words + "which " + o.words
		}
		return fmt.Sprintf("%s%d steps from the changed %s", words, h.steps[s.prev].distance, o.changed.Escaped())
	}
	seed := t.nameSeed(h.walk.node(s.seed))
	if before := h.steps[s.prev]; before.distance == 1 {
		e := h.graph.Edge(before.edge)
		return words + "which " + t.verb(hit{h.walk, s.prev}, &e) + " " + seed
	}
	return fmt.Sprintf("%s%d steps from %s", words, h.steps[s.prev].distance, seed)
}

// verb is what an edge says of its start, in the past where only from has it.
func (t *tracer) verb(h hit, e *Edge) string {
	past := h.walk == t.from && !t.Head.has(h.graph, e)
	var now, then string
	switch {
	case e.Kind == Contains:
		now, then = "contains", "contained"
	case e.Kind == Tests:
		now, then = "tests", "tested"
	case e.Evidence.Source == "embed":
		now, then = "embeds", "embedded"
	case e.Evidence.Source == preload:
		now, then = "runs after", "ran after"
	case e.Evidence.Source == framework:
		now, then = "is run or shown with", "was run or shown with"
	case e.Kind == Requires:
		now, then = "is loaded after", "was loaded after"
	case e.Evidence.Source == fixtures:
		now, then = "has fixtures from", "had fixtures from"
	case e.Evidence.Source == serves:
		now, then = "may load the service", "loaded the service"
	case e.Evidence.Source == declaresModule:
		now, then = "is in the module of", "was in the module of"
	case e.Kind == References:
		now, then = "names", "named"
	case e.Evidence.Source == "same-package":
		now, then = "uses", "used"
	case e.Evidence.Source == importSource[lang.Handed]:
		now, then = "has the path of", "had the path of"
	case e.Evidence.Source == importSource[lang.Glob]:
		now, then = "may load", "may have loaded"
	case e.Evidence.Source == "type-import":
		now, then = "imports types of", "imported types of"
	default:
		now, then = "imports", "imported"
	}
	if past {
		return then
	}
	return now
}

// has says whether g has the same edge as another graph.
func (g *Graph) has(other *Graph, e *Edge) bool {
	start, end := other.Node(e.From), other.Node(e.To)
	from, to := g.find(start.key()), g.find(end.key())
	if from < 0 || to < 0 {
		return false
	}
	into := g.Into(to) // sorted by From, as the edges are
	for i := sort.Search(len(into), func(i int) bool { return g.Link(into[i]).From >= from }); i < len(into); i++ {
		if same := g.Link(into[i]); same.From != from {
			return false
		} else if same.Kind == e.Kind {
			return true
		}
	}
	return false
}

func (g *Graph) find(k nodeKey) int32 {
	if k.isPackage {
		return g.packageOf(k.path)
	}
	return g.node(k.path)
}

func nameNode(n *Node) string {
	switch {
	case n.Kind != KindPackage:
		return n.Path.Escaped()
	case n.Path == ".":
		return "the root package"
	}
	return "package " + n.Path.Escaped()
}

// nameSeed is a changed file with what happened to it.
func (t *tracer) nameSeed(n *Node) string {
	f := t.changed[n.key()]
	switch {
	case f == nil:
		return nameNode(n)
	case f.Status == change.Renamed && n.Path == f.OldPath:
		return fmt.Sprintf("%s, now %s", n.Path.Escaped(), f.Path.Escaped())
	case f.Status == change.Modified || f.Status == change.TypeChanged:
		return "the changed " + n.Path.Escaped()
	}
	return fmt.Sprintf("the %s %s", f.Status, n.Path.Escaped())
}

// neighbours says who else a package stands for: files of the same folder use the
// changed one without an import, and are not listed one by one.
func (t *tracer) neighbours(h hit, seed *Node) string {
	n := h.walk.node(h.node)
	if n.Kind != KindPackage {
		return ""
	}
	others := h.graph.goFiles(n.Path) - 1
	switch {
	case others < 1:
		return ""
	case seed.Kind == KindTest:
		return "; other tests in the folder can use it"
	case others == 1:
		return "; 1 other Go file in the folder can use it without an import"
	}
	return fmt.Sprintf("; %d other Go files in the folder can use it without an import", others)
}
