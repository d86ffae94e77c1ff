package impact

import (
	"encoding/json"
	"slices"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
)

// Graphs that were made before all of a change was known serve if it turns out to be the
// change that they were made of, all of it: else others are made, and the answer is theirs.
func TestPrepared(t *testing.T) {
	m := &memory{}
	head := map[string]string{"new/new.go": "package new\n"}
	for name, text := range storeModule {
		head[name] = text + "\n// a line more\n"
	}
	c := changeOf(m, storeModule, head)
	in := AssessInput{Source: m, Change: c}
	sides, err := Prepare(t.Context(), in)
	if err != nil || sides == nil {
		t.Fatalf("prepared: %v, %v", sides, err)
	}
	for _, test := range []struct {
		name string
		turn func(*change.Change)
		used bool
	}{
		{"the same", func(*change.Change) {}, true},
		{"with other lines", func(c *change.Change) { c.Files = slices.Clone(c.Files); c.Files[0].Added += 2 }, true},
		{"cut by a limit", func(c *change.Change) { c.Limits = []change.Limit{{What: "lines", Max: 5}} }, false},
		{"with another head", func(c *change.Change) { c.Head = oid("other") }, false},
		{"with the tree of its beginning", func(c *change.Change) { c.HeadTree = c.FromTree }, false},
		{"from elsewhere", func(c *change.Change) { c.From = oid("elsewhere") }, false},
		{"from another tree", func(c *change.Change) { c.FromTree = c.HeadTree }, false},
		{"from nothing", func(c *change.Change) {
			c.From, c.FromTree, c.MergeBases = git.OID{}, m.tree(nil), nil
		}, false},
	} {
		other := *c
		test.turn(&other)
		without, with := in, in
		without.Change, with.Change, with.Prepared = &other, &other, sides
		want, err := Assess(t.Context(), without)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var told *Graph
		with.Told = func(g *Graph) { told = g }
		got, err := Assess(t.Context(), with)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if used := told == sides.head; used != test.used {
			t.Errorf("%s: the prepared graphs are used: %v, want %v", test.name, used, test.used)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("%s: the answer with prepared graphs is\n%s\nand without\n%s", test.name, a, b)
		}
	}
	if sides, err := Prepare(t.Context(), AssessInput{Source: m, Change: &change.Change{Head: c.Head, HeadTree: c.HeadTree}}); err != nil || sides != nil {
		t.Errorf("of a change from nothing: %v, %v", sides, err)
	}
	cut := *c
	cut.Limits = []change.Limit{{What: "commits", Max: 5}}
	if sides, err := Prepare(t.Context(), AssessInput{Source: m, Change: &cut}); err != nil || sides != nil {
		t.Errorf("of a change that a limit cut: %v, %v", sides, err)
	}
}
