package impact

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// mutated adds, alters, moves and deletes some files.
func mutated(r *rand.Rand, from map[string]string) map[string]string {
	head := maps.Clone(from)
	for _, name := range slices.Sorted(maps.Keys(from)) {
		switch r.IntN(8) {
		case 0:
			delete(head, name)
		case 1:
			head[name] += importLine(r, name, "d0/f0.toy")
		case 2:
			head["moved/"+name] = head[name]
			delete(head, name)
		case 3:
			head[name] = []string{missing, symlink, submodule, exec, "broken"}[r.IntN(5)]
		case 4:
			head[fmt.Sprintf("new/%d.kt", r.IntN(100))] = "f0 moved"
		}
	}
	return head
}

func entryOf(content string) git.Entry {
	m := &memory{}
	var e git.Entry
	m.Walk(context.Background(), m.tree(map[string]string{"x": content}), func(_ string, got git.Entry, _ error) error {
		e = got
		return nil
	})
	return e
}

// changeOf is what git would say differs.
func changeOf(m *memory, from, head map[string]string) *change.Change {
	c := &change.Change{Base: oid("base"), Head: oid("head"), From: oid("base"), MergeBases: []git.OID{oid("base")}}
	c.FromTree, c.HeadTree = m.tree(from), m.tree(head)
	gone := map[string]string{} // content -> name
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if _, ok := head[name]; !ok {
			gone[from[name]] = name
		}
	}
	moved := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(head)) {
		now := entryOf(head[name])
		f := change.File{Path: change.Path(name), Mode: now.Mode, ID: now.ID}
		was, ok := from[name]
		source, renamed := gone[head[name]]
		switch {
		case ok && was == head[name]:
			continue
		case ok:
		case renamed: // two files may come from one
			f.Status, f.OldPath, was = change.Renamed, change.Path(source), head[name]
			moved[source], ok = true, true
		default:
			f.Status = change.Added
		}
		if ok {
			before := entryOf(was)
			f.OldMode, f.OldID = before.Mode, before.ID
		}
		c.Files = append(c.Files, f)
	}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if _, ok := head[name]; !ok && !moved[name] {
			e := entryOf(from[name])
			c.Files = append(c.Files, change.File{Path: change.Path(name), Status: change.Deleted, OldMode: e.Mode, OldID: e.ID})
		}
	}
	return c
}

// TestTheOtherSide: the graph of from that is made by taking the change back is the one
// that walking its tree gives, and so is the report.
func TestTheOtherSide(t *testing.T) {
	ctx := t.Context()
	eachTree(t, func(r *rand.Rand, from map[string]string) {
		head := mutated(r, from)
		m := &memory{}
		c := changeOf(m, from, head)
		facts := &Memory{}
		input := func(commit, tree git.OID) BuildInput {
			return BuildInput{Source: m, Commit: commit, Tree: tree, Languages: toys(), Facts: facts}
		}
		languages := toys()
		in := input(c.Head, c.HeadTree)
		in.Languages = languages
		one := newBuilder(in)
		if err := one.load(ctx); err != nil {
			t.Fatal(err)
		}
		in = input(c.From, c.FromTree)
		in.Languages = languages
		other := newBuilder(in)
		if other.files = one.filesBefore(c); other.files == nil {
			t.Fatal("the change could not be taken back")
		}
		if err := other.load(ctx); err != nil {
			t.Fatal(err)
		}
		got, err := other.link(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Build(ctx, input(c.From, c.FromTree))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\nwant\n%+v", got, want)
		}

		report, err := Assess(ctx, AssessInput{Source: m, Change: c, Languages: toys()})
		if err != nil {
			t.Fatal(err)
		}
		headGraph, err := Build(ctx, input(c.Head, c.HeadTree))
		if err != nil {
			t.Fatal(err)
		}
		traced, err := Trace(ctx, TraceInput{Change: c, From: want, Head: headGraph})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(report, traced) {
			t.Errorf("%+v\nwant\n%+v", report, traced)
		}
	})
}

// TestGentleChange: a change that alters no fact takes one graph for both sides, and the
// report is the one that two graphs give, also where a file decides what names mean.
func TestGentleChange(t *testing.T) {
	ctx := t.Context()
	over, built := 0, 0
	eachTree(t, func(r *rand.Rand, from map[string]string) {
		names := slices.Sorted(maps.Keys(from))
		from[names[r.IntN(len(names))]] += "\nuse alias"
		from["alias.map"] = names[r.IntN(len(names))]
		head := maps.Clone(from)
		for _, name := range names {
			if r.IntN(3) == 0 {
				head[name] += "\nnothing new"
			}
		}
		if r.IntN(3) == 0 {
			head["alias.map"] = names[r.IntN(len(names))]
		}
		if r.IntN(6) == 0 {
			head[names[r.IntN(len(names))]] += "\nuse " + names[0]
		}
		m := &memory{}
		c := changeOf(m, from, head)
		if len(c.Files) == 0 {
			return
		}
		report, err := Assess(ctx, AssessInput{Source: m, Change: c, Languages: toys()})
		if err != nil {
			t.Fatal(err)
		}
		graph := func(commit, tree git.OID) *Graph {
			g, err := Build(ctx, BuildInput{Source: m, Commit: commit, Tree: tree, Languages: toys()})
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		was, now := graph(c.From, c.FromTree), graph(c.Head, c.HeadTree)
		in := TraceInput{Change: c, From: was, Head: now, packages: &packages{}}
		for _, f := range c.Files {
			if f.Path == "alias.map" {
				in.projects = []change.Path{f.Path}
			}
		}
		want, err := Trace(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(report, want) {
			t.Errorf("%+v\nwant\n%+v", report, want)
		}
		// From a store that has the graph of base, as a file would have it.
		k, err := BuildKnown(ctx, BuildInput{Source: m, Tree: c.FromTree, Languages: toys()})
		if err != nil {
			t.Fatal(err)
		}
		if k, err = OpenKnown(wire.Memory(slices.Concat(k.Encode()...))); err != nil {
			t.Fatal(err)
		}
		if d := difference(k.graph.at(was.Commit, was.Tree), was); d != "" {
			t.Fatalf("written, and read as another one: %s", d)
		}
		store := &graphs{tree: c.FromTree, known: k}
		if report, err = Assess(ctx, AssessInput{Source: m, Change: c, Languages: toys(), Graphs: store}); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(report, want) {
			t.Errorf("from a store: %+v\nwant\n%+v", report, want)
		}
		if d := difference(store.known.graph.at(now.Commit, now.Tree), now); store.tree != c.HeadTree || d != "" {
			t.Errorf("kept for %s: %s", store.tree, d)
		}
		if store.known.overlay != nil {
			over++
		} else {
			built++
		}
	})
	t.Logf("%d graphs laid over the one of base, %d built", over, built)
	if over < 50 || built < 30 {
		t.Errorf("%d and %d: the test proves less than it says", over, built)
	}
}

// graphs is a store of one graph.
type graphs struct {
	tree  git.OID
	known *Known
}

func (g *graphs) Graph(tree git.OID) (*Known, bool) { return g.known, g.tree == tree }

func (g *graphs) Kept() (git.OID, *Known, bool) { return g.tree, g.known, g.known != nil }

func (g *graphs) KeepGraph(tree git.OID, k *Known) { g.tree, g.known = tree, k }

// difference says in what two graphs differ, wherever they stand.
func difference(a, b *Graph) string {
	plain := func(g *Graph) Graph {
		p := *g.inMemory()
		p.gaps = slices.Clone(p.gaps)
		slices.SortFunc(p.gaps, func(a, b gap) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return p
	}
	x, y := plain(a), plain(b)
	var out strings.Builder
	u, v := reflect.ValueOf(x), reflect.ValueOf(y)
	for i := range u.NumField() {
		name := u.Type().Field(i).Name
		one, other := itemsOf(u.Field(i)), itemsOf(v.Field(i))
		if slices.Equal(one, other) {
			continue
		}
		if len(one)+len(other) > 2 { // only what is not the same
			one, other = slices.DeleteFunc(slices.Clone(one), func(s string) bool { return slices.Contains(other, s) }),
				slices.DeleteFunc(slices.Clone(other), func(s string) bool { return slices.Contains(one, s) })
		}
		fmt.Fprintf(&out, "%s: %s\nwant %s\n", name, one, other)
	}
	return out.String()
}

func itemsOf(v reflect.Value) (items []string) {
	if v.Kind() != reflect.Slice {
		return []string{fmt.Sprintf("%+v", v)}
	}
	for i := range v.Len() {
		items = append(items, fmt.Sprintf("%+v", v.Index(i)))
	}
	return items
}

// FuzzOpenKnown: whatever stands in the file, nothing panics, and what can be read whole
// is what is written again.
func FuzzOpenKnown(f *testing.F) {
	m := &memory{}
	k, err := BuildKnown(f.Context(), BuildInput{Source: m, Tree: m.tree(map[string]string{"a.toy": "use b.toy\nuse gone\nembed x", "b.toy": "use alias", "c.go": "use d", "x.md": "words", "k.kt": "a"}), Languages: toys()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(slices.Concat(k.Encode()...))
	f.Add([]byte("\x02\x00"))
	names, named, in := mentioned(f)
	f.Add(slices.Concat(named.Encode()...))
	earlier := maps.Clone(names.trees[in.Change.FromTree])
	earlier["b/b.go"] += "\nfunc More() { Use() }\n"
	earlier["d/e.go"] = "package d\n\nimport \"m/a\"\n\nfunc E(t a.T) { t.Do() }\n"
	first := names.tree(earlier)
	f.Add(slices.Concat(mustKnow(f, names, first).Encode()...))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := OpenKnown(wire.Memory(data))
		if err != nil {
			return
		}
		for _, tree := range []git.OID{in.Change.FromTree, first} { // as if it were the graph of that
			known, _ := OpenKnown(wire.Memory(data))
			kept := in
			kept.Graphs = &graphs{tree: tree, known: known}
			if _, err := Assess(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Trace(t.Context(), TraceInput{Head: k.graph, Paths: []change.Path{"a.toy"}}); err != nil && !errors.As(err, new(*UnknownPathError)) {
			t.Fatal(err)
		}
		k.graph.Summary()
		g := k.graph.inMemory()
		if k.Damaged() {
			return
		}
		again, err := OpenKnown(wire.Memory(slices.Concat((&Known{graph: g}).encode()...)))
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(again.graph, g); d != "" {
			t.Errorf("%+v\nwas written, and read as another one: %s", g, d)
		}
	})
}

// TestNoOtherSide: what is not certain is walked.
func TestNoOtherSide(t *testing.T) {
	from := map[string]string{"a.toy": "use b.toy", "b.toy": "", "gone.toy": "use b.toy"}
	head := map[string]string{"a.toy": "use b.toy", "b.toy": "more", "new.toy": "use b.toy\n"}
	for name, spoil := range map[string]func(c *change.Change, head map[string]string){
		"nothing":            nil,
		"a limit":            func(c *change.Change, _ map[string]string) { c.Limits = []change.Limit{{What: "files", Max: 3}} },
		"another file":       func(c *change.Change, _ map[string]string) { c.Files[0].ID = oid("other") },
		"a file that is not": func(c *change.Change, _ map[string]string) { c.Files[1].Path = "nowhere.toy" },
		"one deleted that is there": func(c *change.Change, _ map[string]string) {
			c.Files[2].Path = "a.toy"
		},
		"no former file": func(c *change.Change, _ map[string]string) { c.Files[2].OldMode = 0 },
		"a folder that can not be listed": func(c *change.Change, head map[string]string) {
			head["folder"] = badFolder
		},
	} {
		m := &memory{}
		now := maps.Clone(head)
		c := changeOf(m, from, now)
		if len(c.Files) != 3 {
			t.Fatalf("%+v", c.Files)
		}
		if spoil != nil {
			spoil(c, now)
			c.HeadTree = m.tree(now)
		}
		b := newBuilder(BuildInput{Source: m, Tree: c.HeadTree, Languages: toys()})
		if err := b.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if files := b.filesBefore(c); (files != nil) != (spoil == nil) {
			t.Errorf("%s: %+v", name, files)
		}
	}
}
