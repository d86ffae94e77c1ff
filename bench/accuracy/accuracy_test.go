package main

import (
	"fmt"
	"os"
	"testing"

	"custody/impact"
)

// TestCorpora holds what registries deliver against tools that are not ours. A miss fails
// it, and so does an edge too many that nothing explains.
func TestCorpora(t *testing.T) {
	for _, c := range corpora {
		t.Run(c.name, func(t *testing.T) {
			r, err := c.measure(t.Context(), "corpora", t.TempDir(), os.Getenv("CUSTODY_SLOW") != "")
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range r.lists.missed {
				t.Errorf("missed: %s", line)
			}
			for _, line := range r.Examples {
				t.Errorf("not explained: %s", line)
			}
			if r.Edges == 0 {
				t.Error("no edges at all")
			}
			t.Logf("%d files, %d edges: %d missed, %d extra %v, excused %v", r.Files, r.Edges, r.Missed, r.Extra, r.Extras, r.Excused)
		})
	}
}

// TestCompare shows that the comparison can fail: it knows a miss, an extra of a class,
// one of none, and what does not count.
func TestCompare(t *testing.T) {
	g, err := graphOf(t.Context(), "testdata/compare")
	if err != nil {
		t.Fatal(err)
	}
	r := compare(g, &truth{
		edges: map[edge]string{
			{"a.py", "b.py"}: "known to both",
			{"a.py", "d.py"}: "",
			{"a.py", "e.py"}: "",
		},
		ends: fileEnds("python"),
		explain: func(g *impact.Graph, e *impact.Edge) string {
			if g.Node(e.From).Path == "b.py" {
				return "b is special"
			}
			return ""
		},
		excuse: func(_ *impact.Graph, e edge) string {
			if e.To == "e.py" {
				return "nobody believes in e"
			}
			return ""
		},
	})
	got := fmt.Sprintf("%d edges, missed %v, excused %v, extras %v, unexplained %v, recall %d, precision %d",
		r.Edges, r.Misses, r.Excused, r.Extras, r.Examples, r.Recall, r.Precise)
	want := "2 edges, missed [a.py -> d.py], excused map[nobody believes in e:1], extras map[b is special:1], unexplained [a.py -> c.py], recall 500, precision 333"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
