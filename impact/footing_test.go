package impact

import (
	"maps"
	"reflect"
	"testing"
)

// TestEarlierGraph: what changed between the tree of the kept graph and the one where a change
// begins counts, where the change can not reach it, too.
func TestEarlierGraph(t *testing.T) {
	kept := map[string]string{
		"go.mod": "module example.com/m\n",
		"a/a.go": "package a\n\ntype T struct{}\n\nfunc (T) Frob() { println(1) }\n",
		"u/u.go": "package u\n\nimport \"example.com/m/a\"\n\nfunc Make() { _ = a.T{} }\n",
		"b/b.go": "package b\n",
	}
	calls := "package b\n\ntype I interface{ Frob() }\n\nfunc Call(i I) { i.Frob() }\n"
	for _, tt := range []struct {
		name    string
		between map[string]string
		reached int
		before  string // of b/b.go
	}{
		{"nobody calls the method", nil, 0, ""},
		{"a file that was there calls it", map[string]string{"b/b.go": calls}, 2, ""},
		{"a file that came calls it", map[string]string{"b/c.go": calls}, 2, ""},
		{"a file of another package that came calls it", map[string]string{"d/d.go": calls}, 2, ""},
		{"a file that came is not understood", map[string]string{"b/c.go": "package b\n\nfunc ("}, 2, ""},
		{"a file that came uses it", map[string]string{"u/v.go": "package u\n\nimport \"example.com/m/a\"\n\nvar V a.T\n\nfunc Use() { V.Frob() }\n"}, 2, ""},
		{"a file does not call it any more", map[string]string{"b/b.go": "package b\n"}, 0, calls},
		{"a file is understood now", map[string]string{"b/b.go": "package b\n"}, 0, "package b\n\nfunc ("},
		{"a file that is gone called it", map[string]string{"b/b.go": ""}, 0, calls},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &memory{}
			kept := maps.Clone(kept)
			if tt.before != "" {
				kept["b/b.go"] = tt.before
			}
			from := maps.Clone(kept)
			maps.Copy(from, tt.between)
			maps.DeleteFunc(from, func(_, text string) bool { return text == "" })
			head := maps.Clone(from)
			head["a/a.go"] = "package a\n\ntype T struct{}\n\nfunc (T) Frob() { println(2) }\n"
			c := changeOf(m, from, head)
			want, err := Assess(t.Context(), AssessInput{Source: m, Change: c})
			if err != nil {
				t.Fatal(err)
			}
			if len(want.Reached) != tt.reached {
				t.Errorf("%d nodes are reached, want %d: %+v", len(want.Reached), tt.reached, want.Reached)
			}
			store := &graphs{tree: m.tree(kept), known: mustWrite(t, mustKnow(t, m, m.tree(kept)))}
			earlier := store.known
			got, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Graphs: store})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("with an earlier graph\n%+v\nwant\n%+v", got.Reached, want.Reached)
			}
			if !store.known.Near(earlier) {
				t.Error("the graphs were built")
			}
		})
	}
}
