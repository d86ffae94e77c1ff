package lang

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzSettings reads any text as the configuration of a bundler and of a test runner: nothing
// panics, what it leads to is in the tree, twice the same, and no more than the limits say.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{
		"export default { resolve: { alias: { lib: path.resolve(__dirname, 'src/lib'), '@': '/src' } }, test: { setupFiles: ['./s.ts'] } }",
		"alias: [{ find: /^~(.*)$/, replacement: './src/$1' }, { find: 'a', replacement: fileURLToPath(new URL('./src', import.meta.url)) }]",
		`{"jest": {"moduleNameMapper": {"^src/(.*)$": "<rootDir>/src/$1"}, "setupFilesAfterEnv": ["<rootDir>/s"]}, "_moduleAliases": {"x": "src"}}`,
		`{"imports": {"lib/": "./src/lib/", "y": "https://x.y/z"}, "require": "./s.ts", "modules": ["src", "node_modules"]}`,
		"modulePaths: [`${__dirname}/src`, // a\n /* b */ \"c\\", "alias: {", "alias: [[[[", "setupFiles: '", "find: /", "/*", "preset:",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		tree := memTree{"src/lib/a.ts": nil, "src/index.ts": nil, "s.ts": nil, "x/y.test.ts": nil}
		for _, name := range []string{"vite.config.ts", "package.json", "x/.mocharc.json", "x/deno.json"} {
			tree[name] = []byte(text)
		}
		ask := func() (answers []any) {
			r := newScriptResolver(tree)
			list := r.(Preloader).Preloads("x/y.test.ts")
			if len(list) > maxPreloads {
				t.Fatalf("%d preloads", len(list))
			}
			for _, p := range list {
				if !tree.Has(p.File) || !tree.Has(p.Config) {
					t.Fatalf("not in the tree: %+v", p)
				}
			}
			answers = append(answers, list, r.(Joiner).Joins("x/y.test.ts"))
			for _, spec := range []string{"lib/a", "@/lib/a", "~/lib/a", "a/index", "src/lib/a", "x", "y", "#z", "./../s"} {
				to := r.Resolve("x/y.test.ts", Import{Spec: spec})
				if !slices.IsSorted(to.Files) || slices.ContainsFunc(to.Files, func(path string) bool { return !tree.Has(path) }) {
					t.Fatalf("%s: %+v", spec, to)
				}
				answers = append(answers, to)
			}
			return answers
		}
		if one, two := ask(), ask(); !reflect.DeepEqual(one, two) {
			t.Fatalf("answers differ:\n%+v\n%+v", one, two)
		}
		for _, s := range settingsIn(text, []string{"alias", "imports", "find"}, maxAliasText) {
			if !strings.Contains(text, s.value) || len(s.value) > maxAliasText {
				t.Fatalf("%q is not in the text", s.value)
			}
			for _, entry := range entriesOf(s.value) {
				if _, behind := entryName(entry); !strings.Contains(s.value, entry) || behind > len(entry) {
					t.Fatalf("%q, behind %d", entry, behind)
				}
			}
		}
	})
}
