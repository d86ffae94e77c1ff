package agentfiles

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"custody/internal/change"
)

// TestPartsMissNothing holds the quick question against the globs themselves, on paths
// that are made from the globs and from ordinary names.
func TestPartsMissNothing(t *testing.T) {
	slow := func(p string) (Kind, string) {
		for _, pl := range places {
			if doublestar.MatchUnvalidated(pl.glob, strings.ToLower(p)) {
				return pl.kind, pl.tool
			}
		}
		return None, ""
	}
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "src", "x.md", "settings.json", ".claude", ".cursor", "b.txt", "prompts", "MCP.json", "hooks"}
	matched := map[string]bool{}
	for range 20_000 {
		pl := places[r.IntN(len(places))]
		all := spelled(pl.glob)
		p := all[r.IntN(len(all))]
		for strings.Contains(p, "**/") {
			folders := []string{"", "", "a/", "x/y/", ".claude/"}[r.IntN(5)]
			p = strings.Replace(p, "**/", folders, 1)
		}
		for strings.Contains(p, "*") {
			p = strings.Replace(p, "*", words[r.IntN(len(words))], 1)
		}
		switch r.IntN(6) {
		case 0:
			p = words[r.IntN(len(words))] + "/" + p
		case 1:
			p = p + "/" + words[r.IntN(len(words))]
		case 2:
			p = strings.ToUpper(p)
		case 3:
			i := r.IntN(len(p))
			p = p[:i] + p[i+1:]
		}
		kind, tool := Of(change.Path(p), nil)
		if wantKind, wantTool := slow(p); kind != wantKind || tool != wantTool {
			t.Fatalf("%q is %s of %q; the globs say %s of %q", p, kind, tool, wantKind, wantTool)
		}
		if kind != None {
			matched[pl.glob] = true
		}
	}
	if len(matched) != len(places) {
		t.Errorf("paths of %d places were made, of %d", len(matched), len(places))
	}
	for _, pl := range places {
		for _, g := range spelled(pl.glob) {
			if len(longest(g)) < 4 {
				t.Errorf("%q holds no text that rules paths out: %q", g, longest(g))
			}
		}
	}
}
