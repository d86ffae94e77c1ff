package impact

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestRuns: what testdata/runs says runs changed code is reached, and not what stands behind a
// "!".
func TestRuns(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/runs/go.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]map[string]string{}
	for _, f := range archive.Files {
		title, path, _ := strings.Cut(f.Name, "/")
		if cases[title] == nil {
			cases[title] = map[string]string{"go.mod": "module m\n"}
		}
		cases[title][path] = string(f.Data)
	}
	for _, title := range slices.Sorted(maps.Keys(cases)) {
		t.Run(title, func(t *testing.T) {
			base := cases[title]
			wants := strings.Fields(base["want"])
			delete(base, "want")
			delete(base, "why")
			r := assessTrees(t, base, withReturn(base))
			for _, want := range wants {
				path, not := strings.CutPrefix(want, "!")
				if reached := slices.ContainsFunc(r.Reached, func(n Reached) bool { return n.Path == path }); reached == not {
					t.Errorf("%s is reached: %v, of %s", path, reached, narrowedLines(r))
				}
			}
			if len(wants) == 0 {
				t.Error("it wants nothing")
			}
		})
	}
}

func withReturn(base map[string]string) map[string]string {
	head := maps.Clone(base)
	head["a/a.go"] = strings.Replace(base["a/a.go"], "return 1", "return 2", 1)
	return head
}

// TestRunsBound: in more files than are followed, whoever holds a value and calls a method of
// that name is reached.
func TestRunsBound(t *testing.T) {
	base := map[string]string{
		"go.mod": "module m\n",
		"a/a.go": "package a\n\ntype V interface{ Text() int }\n\ntype One struct{}\n\nfunc (One) Text() int { return 1 }\n\ntype Two struct{}\n\nfunc (Two) Text() int { return 0 }\n\n" +
			"type Set struct{}\n\nfunc (s *Set) add(v V) { v.Text() }\n\nfunc (s *Set) One() { s.add(One{}) }\n\nfunc (s *Set) Two() { s.add(Two{}) }\n",
		"c/two.go": "package c\n\nimport \"m/a\"\n\nfunc C() { var s a.Set; s.Two() }\n",
	}
	for len(base) <= maxRunFiles { // go.mod is one of them
		base[fmt.Sprintf("c/f%d.go", len(base))] = fmt.Sprintf("package c\n\nfunc f%d() {}\n", len(base))
	}
	reaches := func() bool {
		r := assessTrees(t, base, withReturn(base))
		return slices.ContainsFunc(r.Reached, func(n Reached) bool { return n.Path == "c/two.go" })
	}
	if reaches() {
		t.Errorf("in %d files it is reached", len(base)-1)
	}
	base["c/more.go"] = "package c\n"
	if !reaches() {
		t.Errorf("in %d files it is not reached", len(base)-1)
	}
}
