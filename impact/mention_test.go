package impact

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"custody/impact/wire"
)

// mentioned is a tree, and a change that is followed by name through most of it.
func mentioned(t testing.TB) (m *memory, k *Known, in AssessInput) {
	m = &memory{}
	from := map[string]string{
		"go.mod":       "module m\n",
		"a/a.go":       "package a\n\ntype T struct{}\n\nfunc (T) Do() int { return help() }\n\nfunc help() int { return 1 }\n",
		"a/b.go":       "package a\n\nvar V = T{}.Do()\n",
		"a/a_test.go":  "package a\n\nfunc TestDo() { T{}.Do() }\n",
		"b/b.go":       "package b\n\nimport \"m/a\"\n\nfunc Use() int { return a.T{}.Do() }\n",
		"c/c.go":       "package c\n\nimport . \"m/b\"\n\nfunc Also() int { return Use() }\n",
		"d/d.go":       "package d\n\nfunc Do() {}\n",
		"w/index.ts":   "export { one as two } from './one'\n",
		"w/one.ts":     "export function one() { return 1 }\n",
		"w/three.ts":   "import { two } from './index'\nexport const three = () => two()\n",
		"w/skipped.ts": "export const four = 4\n",
	}
	head := map[string]string{}
	for name, text := range from {
		head[name] = text
	}
	head["a/a.go"] = "package a\n\ntype T struct{}\n\nfunc (T) Do() int { return help() }\n\nfunc help() int { return 2 }\n"
	head["w/one.ts"] = "export function one() { return 2 }\n"
	c := changeOf(m, from, head)
	return m, mustKnow(t, m, c.FromTree), AssessInput{Source: m, Change: c}
}

// TestMentionsAreRead: a change is followed through the index and through no facts of files
// that it does not touch.
func TestMentionsAreRead(t *testing.T) {
	m, k, in := mentioned(t)
	want, err := Assess(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Reached) < 6 {
		t.Fatalf("%+v", want.Reached)
	}
	known, err := OpenKnown(wire.Memory(slices.Concat(k.Encode()...)))
	if err != nil {
		t.Fatal(err)
	}
	if known.graph.over.mentions == nil {
		t.Fatal("no mentions were written")
	}
	m.read.Store(0)
	in.Graphs = &graphs{tree: in.Change.FromTree, known: known}
	got, err := Assess(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := itemsOf(reflect.ValueOf(got.Reached)), itemsOf(reflect.ValueOf(want.Reached)); !slices.Equal(a, b) {
		t.Errorf("%q\nwant\n%q", a, b)
	}
	if n := m.read.Load(); known.Damaged() || n != 4 { // two files, before and after
		t.Errorf("%t, and %d files were read", known.Damaged(), n)
	}
}

// TestDamagedMentions: whatever stands in the index, a review ends, and with the right
// answer where the damage is noticed.
func TestDamagedMentions(t *testing.T) {
	_, k, in := mentioned(t)
	whole := slices.Concat(k.Encode()...)
	clean, err := OpenKnown(wire.Memory(whole))
	if err != nil {
		t.Fatal(err)
	}
	at := int(clean.graph.over.flat.head[atMentions])
	r := rand.New(rand.NewPCG(3, 5))
	refused := 0
	for range 3000 {
		data := slices.Clone(whole)
		for range 1 + r.IntN(3) {
			place := at + r.IntN((len(data)-at)/4)*4
			binary.LittleEndian.PutUint32(data[place:], []uint32{0, 1, ^uint32(0), 1 << 31, r.Uint32(), r.Uint32N(64)}[r.IntN(6)])
		}
		known, err := OpenKnown(wire.Memory(data))
		if err != nil {
			refused++
			continue
		}
		in.Graphs = &graphs{tree: in.Change.FromTree, known: known}
		if _, err := Assess(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 || refused == 3000 {
		t.Errorf("%d were refused at once", refused)
	}
}
