package main

import (
	"cmp"
	"maps"
	"slices"

	"custody/impact"
)

// An edge is one dependency as both sides can state it: which file, or package and part
// of it, uses what. Paths are relative to the corpus.
type edge struct{ From, To string }

// A truth is what a tool that is not ours says of a corpus.
type truth struct {
	tool  string
	files int             // that the tool read
	edges map[edge]string // how each came about, for those who look at misses

	// ends turns an edge of the graph into what the tool would call it; false: it is of
	// a kind that the tool does not know (what a package contains).
	ends func(g *impact.Graph, e *impact.Edge) (edge, bool)

	// explain says why the graph has an edge that the tool has not; "" when nothing
	// does. It is only asked about those.
	explain func(g *impact.Graph, e *impact.Edge) string

	// excuse says why the graph may lack an edge that the tool has: where the tool is
	// wrong or speaks of something else. "" when nothing does. What is excused is counted
	// and shown, and is no part of recall.
	excuse func(g *impact.Graph, e edge) string
}

// A Result is one corpus held against one tool.
type Result struct {
	Corpus   string         `json:"corpus"`
	Language string         `json:"language"`
	Version  string         `json:"version"` // of the corpus
	Tool     string         `json:"tool"`
	Files    int            `json:"files"` // that the tool read
	Edges    int            `json:"edges"` // that the tool states, without those excused
	Missed   int            `json:"missed"`
	Extra    int            `json:"extra"`                // that the graph has and the tool has not
	Recall   int            `json:"recall_permille"`      // of the tool's edges, rounded down
	Precise  int            `json:"precision_permille"`   // of the graph's edges: those that the tool has, too
	Excused  map[string]int `json:"excused,omitempty"`    // edges of the tool, by why they do not count
	Extras   map[string]int `json:"extras,omitempty"`     // by class
	Odd      int            `json:"unexplained"`          // extras of no class
	Misses   []string       `json:"misses,omitempty"`     // the first hundred
	Examples []string       `json:"unexplained_examples"` // the first hundred
	lists    lists
}

// lists are the edges of a result by what became of them, for people to read.
type lists struct{ missed, excused, extra []string }

const unexplained = "unexplained"

// compare holds the graph against the truth.
func compare(g *impact.Graph, t *truth) Result {
	r := Result{Tool: t.tool, Files: t.files, Excused: map[string]int{}, Extras: map[string]int{}, Examples: []string{}}
	have := map[edge]string{} // "" or the class of the extra
	g.EachEdge(func(e *impact.Edge) {
		key, ok := t.ends(g, e)
		if !ok {
			return
		}
		class := ""
		if _, known := t.edges[key]; !known {
			class = cmp.Or(t.explain(g, e), unexplained)
		}
		if before, there := have[key]; !there || before != "" && class == unexplained {
			have[key] = class // one file that nothing explains is enough
		}
	})
	agreed := 0
	for _, key := range sorted(have) {
		class := have[key]
		if class == "" {
			agreed++
			continue
		}
		r.Extra++
		line := class + ": " + key.From + " -> " + key.To
		r.lists.extra = append(r.lists.extra, line)
		if class == unexplained {
			r.Odd++
			r.Examples = append(r.Examples, key.From+" -> "+key.To)
			continue
		}
		r.Extras[class]++
	}
	for _, key := range sorted(t.edges) {
		if _, ok := have[key]; ok {
			continue
		}
		line := key.From + " -> " + key.To
		if how := t.edges[key]; how != "" {
			line += " (" + how + ")"
		}
		if t.excuse != nil {
			if why := t.excuse(g, key); why != "" {
				r.Excused[why]++
				r.lists.excused = append(r.lists.excused, why+": "+line)
				continue
			}
		}
		r.Missed++
		r.lists.missed = append(r.lists.missed, line)
	}
	r.Edges = agreed + r.Missed
	r.Recall = permille(agreed, r.Edges)
	r.Precise = permille(agreed, agreed+r.Extra)
	r.Misses = r.lists.missed[:min(len(r.lists.missed), 100)]
	r.Examples = r.Examples[:min(len(r.Examples), 100)]
	return r
}

// permille rounds down, so that 1000 means all; of nothing it is 0.
func permille(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return part * 1000 / whole
}

func sorted[V any](m map[edge]V) []edge {
	return slices.SortedFunc(maps.Keys(m), func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}

// fileEnds makes edges between files, as tools of all languages but Go see them, of those
// out of files of the languages.
func fileEnds(languages ...string) func(g *impact.Graph, e *impact.Edge) (edge, bool) {
	return func(g *impact.Graph, e *impact.Edge) (edge, bool) {
		from, to := g.Node(e.From), g.Node(e.To)
		return edge{string(from.Path), string(to.Path)}, (e.Kind == impact.Imports || e.Kind == impact.Requires) && slices.Contains(languages, from.Language)
	}
}
