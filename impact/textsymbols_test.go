package impact

import (
	"maps"
	"strings"
	"testing"
)

// TestSymbolsAreShown: what a change does to definitions, those first that break others.
func TestSymbolsAreShown(t *testing.T) {
	head := maps.Clone(storeModule)
	head["store/store.go"] = strings.NewReplacer(
		"func Unrelated() int { return limit }\n", "",
		"Fetch(key string) string {", "Fetch(key, more string) string {",
		"limit = 3", "limit = 4",
		"func New() *Store { return &Store{} }", "func New() *Store { return new(Store) }\n\nfunc a() {}\n\nfunc b() {}\n\nfunc c() {}",
	).Replace(storeModule["store/store.go"])
	r := assessTrees(t, storeModule, head)
	var text, markdown strings.Builder
	if err := WriteText(&text, r, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := WriteMarkdown(&markdown, r, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"modified      store/store.go\n                breaking: Store.Fetch (signature), Unrelated (removed)\n                New (body), a (added), b (added), c (added), 1 more\n",
	} {
		if !strings.HasPrefix(text.String(), want) {
			t.Errorf("text begins with\n%.300s\nwant\n%s", text.String(), want)
		}
	}
	const want = "modified; **breaking:** `Store.Fetch` (signature), `Unrelated` (removed); `New` (body), `a` (added), `b` (added), `c` (added), 1 more |"
	if !strings.Contains(markdown.String(), want) {
		t.Errorf("the comment is\n%.500s\nwant in it\n%s", markdown.String(), want)
	}
}
