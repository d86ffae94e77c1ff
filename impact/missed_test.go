package impact

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestMissed: small changes that reach what testdata/missed says they do, and not what stands
// behind a "!". Each was seen to be missed once, or reached for nothing. A file of head takes
// the place of the one of base; an empty one is deleted.
func TestMissed(t *testing.T) {
	names, err := filepath.Glob("testdata/missed/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		type tree = map[string]string
		cases := map[string]map[string]tree{}
		for _, f := range archive.Files {
			title, rest, _ := strings.Cut(f.Name, "/")
			side, path, _ := strings.Cut(rest, "/")
			if cases[title] == nil {
				cases[title] = map[string]tree{"base": {}, "head": {}, "want": {}}
			}
			if cases[title][side] == nil {
				t.Fatalf("%s: %s is of no side", name, f.Name)
			}
			cases[title][side][path] = string(f.Data)
		}
		for _, title := range slices.Sorted(maps.Keys(cases)) {
			t.Run(title, func(t *testing.T) {
				c := cases[title]
				head := maps.Clone(c["base"])
				for path, text := range c["head"] {
					if head[path] = text; text == "" {
						delete(head, path)
					}
				}
				r := assessTrees(t, c["base"], head)
				wants := strings.Fields(c["want"][""])
				if len(wants) == 0 {
					t.Fatal("it wants nothing")
				}
				for _, want := range wants {
					path, not := strings.CutPrefix(want, "!")
					reached := slices.ContainsFunc(r.Reached, func(n Reached) bool { return string(n.Path) == path })
					switch {
					case reached && not:
						t.Errorf("%s is reached: %s", path, narrowedLines(r))
					case !reached && !not:
						t.Errorf("%s is not reached, but %s", path, narrowedLines(r))
					}
				}
			})
		}
	}
}
