package impact

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
)

// randomTree has files of both toy languages that import at random, tests among them.
func randomTree(r *rand.Rand) map[string]string {
	files := map[string]string{}
	var names []string
	for range 2 + r.IntN(25) {
		name := fmt.Sprintf("d%d/f%d%s", r.IntN(4), r.IntN(8), []string{".toy", ".toy", ".go", "_test.go"}[r.IntN(4)])
		if _, ok := files[name]; !ok {
			names = append(names, name)
		}
		files[name] = ""
	}
	for range r.IntN(60) {
		from, to := names[r.IntN(len(names))], names[r.IntN(len(names))]
		files[from] += importLine(r, from, to)
	}
	return files
}

func importLine(r *rand.Rand, from, to string) string {
	verb := []string{"use ", "dyn ", "embed "}[r.IntN(3)]
	if strings.HasSuffix(from, ".go") && verb != "embed " {
		return verb + string(folderOf(change.Path(to))) + "\n"
	}
	return verb + to + "\n"
}

func somePaths(r *rand.Rand, files map[string]string) []change.Path {
	names := slices.Sorted(maps.Keys(files))
	var paths []change.Path
	for range 1 + r.IntN(3) {
		paths = append(paths, change.Path(names[r.IntN(len(names))]))
	}
	return paths
}

// everything is the changed and reached nodes of a report.
func everything(r *Report) map[string]int {
	all := map[string]int{}
	for _, c := range r.Changed {
		all["file:"+c.Path] = 0
	}
	for _, n := range r.Reached {
		all[n.Node] = n.Distance
	}
	return all
}

func eachTree(t *testing.T, fn func(r *rand.Rand, files map[string]string)) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 42))
		fn(r, randomTree(r))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestAnEdgeMoreRemovesNothing(t *testing.T) {
	eachTree(t, func(r *rand.Rand, files map[string]string) {
		paths := somePaths(r, files)
		before := everything(tracePaths(t, build(t, files), paths...))
		more := maps.Clone(files)
		names := slices.Sorted(maps.Keys(files))
		from, to := names[r.IntN(len(names))], names[r.IntN(len(names))]
		more[from] += importLine(r, from, to)
		after := everything(tracePaths(t, build(t, more), paths...))
		for n := range before {
			if _, ok := after[n]; !ok {
				t.Errorf("%s is lost when %s imports %s", n, from, to)
			}
		}
	})
}

func TestReachOfUnionIsUnionOfReaches(t *testing.T) {
	eachTree(t, func(r *rand.Rand, files map[string]string) {
		g := build(t, files)
		a, b := somePaths(r, files), somePaths(r, files)
		union := everything(tracePaths(t, g, a...))
		maps.Copy(union, everything(tracePaths(t, g, b...)))
		both := everything(tracePaths(t, g, append(slices.Clone(a), b...)...))
		if got, want := slices.Sorted(maps.Keys(both)), slices.Sorted(maps.Keys(union)); !slices.Equal(got, want) {
			t.Errorf("reached %v, want %v", got, want)
		}
	})
}

// Against the plainest possible computation: repeat until nothing is added.
func TestReachIsTheClosure(t *testing.T) {
	eachTree(t, func(r *rand.Rand, files map[string]string) {
		g := build(t, files)
		paths := somePaths(r, files)
		want := map[int32]bool{}
		for _, p := range paths {
			want[g.node(p)] = true
		}
		for grown := true; grown; {
			grown = false
			for _, e := range g.edges {
				overTest := e.Kind == Contains && g.nodes[e.To].Kind == KindTest
				if want[e.To] && !want[e.From] && !overTest {
					want[e.From], grown = true, true
				}
			}
		}
		closed := maps.Clone(want)
		for _, e := range g.edges {
			if closed[e.To] {
				want[e.From] = true
			}
		}
		ids := map[string]bool{}
		for n := range want {
			ids[g.nodes[n].ID()] = true
		}
		got := slices.Sorted(maps.Keys(everything(tracePaths(t, g, paths...))))
		if want := slices.Sorted(maps.Keys(ids)); !slices.Equal(got, want) {
			t.Errorf("%v reach %v, want %v", paths, got, want)
		}
	})
}

// Confidence never rises along a path, and a change of two trees reaches what a change of
// either would.
func TestChangesOfTwoTrees(t *testing.T) {
	eachTree(t, func(r *rand.Rand, from map[string]string) {
		head := maps.Clone(from)
		names := slices.Sorted(maps.Keys(from))
		deleted := names[r.IntN(len(names))]
		delete(head, deleted)
		head["new.toy"] = importLine(r, "new.toy", names[r.IntN(len(names))])
		modified := names[r.IntN(len(names))]
		files := []change.File{{Path: "new.toy", Status: change.Added}, {Path: change.Path(deleted), Status: change.Deleted}}
		if modified != deleted {
			head[modified] += importLine(r, modified, "new.toy")
			files = append(files, change.File{Path: change.Path(modified)})
		}
		rep := traceChange(t, from, head, files...)
		got := everything(rep)
		confidence := map[string]Confidence{}
		for _, n := range rep.Reached {
			confidence[n.Node] = n.Confidence
			if prev := n.Via[len(n.Via)-1]; confidence[prev] > 0 && got[prev] == n.Distance-1 && n.Confidence > confidence[prev] {
				t.Errorf("%s has confidence %d, after %d", n.Node, n.Confidence, confidence[prev])
			}
		}
		for n := range everything(tracePaths(t, build(t, from), change.Path(deleted))) {
			if _, ok := got[n]; !ok {
				t.Errorf("%s was reached by the deleted %s", n, deleted)
			}
		}
		for n := range everything(tracePaths(t, build(t, head), "new.toy")) {
			if _, ok := got[n]; !ok {
				t.Errorf("%s is reached by the added file", n)
			}
		}
	})
}

// A node is as sure as its path, however many others use it.
func TestPopularityIsNotSafety(t *testing.T) {
	files := map[string]string{"a.toy": "", "b.toy": "dyn a.toy"}
	before := tracePaths(t, build(t, files), "a.toy").Reached[0]
	for i := range 50 {
		files[fmt.Sprintf("user%d.toy", i)] = "use b.toy"
	}
	after := tracePaths(t, build(t, files), "a.toy").Reached[0]
	if before.Node != after.Node || before.Confidence != after.Confidence {
		t.Errorf("%v, then %v", before, after)
	}
}

func TestText(t *testing.T) {
	files := maps.Clone(goTree)
	files["web/we\x1b[31mird.toy"] = "use web/a.toy"
	files["web/a.toy"] = ""
	for i := range 30 {
		files[fmt.Sprintf("many/f%02d.go", i)] = "use pull"
	}
	g := build(t, files)
	for name, paths := range map[string][]change.Path{
		"many.txt":   {"pull/context.go", "web/a.toy"},
		"none.txt":   {"unrelated/unrelated.go"},
		"opaque.txt": {"go.mod"},
	} {
		var b bytes.Buffer
		if err := WriteText(&b, tracePaths(t, g, paths...), TextOptions{}); err != nil {
			t.Fatal(err)
		}
		compareGolden(t, name, b.Bytes())
		b.Reset()
		if err := WriteMarkdown(&b, tracePaths(t, g, paths...), TextOptions{}); err != nil {
			t.Fatal(err)
		}
		compareGolden(t, strings.TrimSuffix(name, ".txt")+".md", b.Bytes())
	}
}
