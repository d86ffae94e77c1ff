package lang

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAliases: names that the configurations of bundlers give to files of the tree, as their
// documentation shows it.
func TestAliases(t *testing.T) {
	for _, test := range []struct {
		name  string
		files memTreeOf
		from  string
		specs string // spec=path, spec=external, spec=unresolved
	}{
		{"vite", memTreeOf{
			"package.json":   `{"dependencies": {"vue": "3"}}`,
			"vite.config.js": "import path from 'path'\nexport default defineConfig({ resolve: { alias: {\n // 'old': './old',\n lib: path.resolve(__dirname, 'src/lib'), '@c': fileURLToPath(new URL('./src/components', import.meta.url)),\n vue: 'vue/dist/vue.esm-bundler.js', here: __dirname, [x]: './no', ...more } } })",
			"src/lib/a.js":   "", "src/components/B.vue": "", "src/lib/index.ts": "",
		}, "src/use.js", "lib/a=src/lib/a.js lib=src/lib/index.ts @c/B.vue=src/components/B.vue vue=external here/src/lib/a.js=src/lib/a.js liba=external"},
		{"vite with a list", memTreeOf{
			"vite.config.ts": `export default { resolve: { alias: [{ find: 'lib', replacement: path.join(__dirname, "src", 'lib') }, { find: /^~~?\/?no/, replacement: './x' }, { find: /^#c\/(.*)$/, replacement: './src/c/$1' }] } }`,
			"src/lib/a.ts":   "", "src/c/b.ts": "",
		}, "x/use.ts", "lib/a=src/lib/a.ts #c/b=external"},
		{"vitest of a folder of the tree", memTreeOf{
			"web/package.json":      `{"name": "web", "type": "module"}`,
			"web/vitest.config.js":  "export default defineConfig({ resolve: { alias: { '@g8ed': __dirname, '@test': path.join(__dirname, 'test') } } })",
			"web/models/setting.js": "", "web/test/unit/a.test.js": "", "web/test/mocks/m.js": "",
		}, "web/test/unit/a.test.js", "@g8ed/models/setting.js=web/models/setting.js @test/mocks/m.js=web/test/mocks/m.js"},
		{"jest in package.json", memTreeOf{
			"package.json": `{"jest": {"moduleNameMapper": {"^src/(.*)$": "<rootDir>/src/$1", "\\.(css|less)$": "<rootDir>/css.js", "^one$": ["<rootDir>/gone", "<rootDir>/src/a"]}, "modulePaths": ["<rootDir>/more"]}}`,
			"src/a.js":     "", "css.js": "", "more/m/n.js": "",
		}, "test/a.test.js", "src/a=src/a.js one=src/a.js m/n=more/m/n.js"},
		{"webpack of a folder beside", memTreeOf{
			"config/webpack.config.js": "module.exports = { context: x, resolve: { modules: ['src', 'node_modules'], alias: { conf$: path.resolve(__dirname, '../src/conf.js') } } }",
			"src/lib/a.js":             "", "src/conf.js": "",
		}, "src/x/use.js", "lib/a=src/lib/a.js conf=src/conf.js"},
		{"deno", memTreeOf{
			"deno.json":    `{"imports": {"lib/": "./src/lib/", "std/": "https://deno.land/std/", "@std/path": "jsr:@std/path@1"}}`,
			"src/lib/a.ts": "", "path.ts": "",
		}, "use.ts", "lib/a.ts=src/lib/a.ts std/path=external @std/path=external"},
		{"what is computed", memTreeOf{
			"package.json":      `{"dependencies": {"declared": "1", "@types/typed": "1"}}`,
			"vite.config.js":    "export default { resolve: { alias: aliases, x: 1 } }",
			"src/lib/a.js":      "",
			"src/utils.ts":      "",
			"src/fs.ts":         "",
			"src/declared.ts":   "",
			"src/typed.ts":      "",
			"src/view/index.ts": "",
		}, "use.js", "lib/a=src/lib/a.js x/lib/a=src/lib/a.js x/y/lib/a=src/lib/a.js x/y/z/lib/a=external @/lib/a=src/lib/a.js @lib/utils=unresolved utils=unresolved my/view=unresolved fs=external node:fs=external declared=external typed=external rollup=external fs/x=external"},
		{"a stand-in for a package of the tree", memTreeOf{
			"vitest.config.ts":  "export default { test: { alias: { core: './test/stub.ts' } } }",
			"core/package.json": `{"name": "core", "main": "main.ts"}`,
			"core/main.ts":      "",
			"test/stub.ts":      "",
		}, "use.ts", "core=core/main.ts,test/stub.ts"},
		{"what never ends", memTreeOf{"vite.config.js": "x = { alias: { lib: './src", "src/a.js": ""}, "use.js", "lib/b=external"},
		{"out of the tree", memTreeOf{"vite.config.js": "x = { alias: { lib: '../../etc', '': './src', '*': './src' } }", "src/a.js": ""}, "use.js", "lib/b=external b=external"},
	} {
		r := newScriptResolver(test.files.tree())
		for pair := range strings.FieldsSeq(test.specs) {
			spec, want, _ := strings.Cut(pair, "=")
			to := r.Resolve(test.from, Import{Spec: spec})
			got := strings.Join(to.Files, ",")
			switch {
			case to.External:
				got = "external"
			case got == "":
				got = "unresolved"
			}
			if got != want {
				t.Errorf("%s: %s is %s, want %s", test.name, spec, got, want)
			}
		}
	}
}

// A configuration of a megabyte that opens a setting with every word costs no more than its
// limits allow.
func TestHostileAliases(t *testing.T) {
	for _, word := range []string{"alias:{", "alias:[{find:'a',replacement:", "alias:{a:[", "alias:`", "a:{alias:{'^a(.*)':'b$1',"} {
		start := time.Now()
		parseBundler(".", strings.Repeat(word, 1<<20/len(word)))
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: %v", word, d)
		}
	}
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, "a%d: './b', ", i)
	}
	if b := parseBundler(".", "x = { alias: {"+many.String()+"} }"); len(b.aliases.exact) > maxAliases {
		t.Errorf("%d aliases", len(b.aliases.exact))
	}
}

func FuzzBundler(f *testing.F) {
	f.Add("export default { resolve: { alias: { lib: path.resolve(__dirname, 'src/lib'), '@c$': [`${__dirname}/x`, \"y\"] } } }", "lib/a")
	f.Add(`{"moduleNameMapper": {"^src/(.*)$": "<rootDir>/src/$1"}, "modules": ["a"]}`, "src/x")
	f.Add(`x = { alias: [{ find: /^@\//, replacement: './src' }] }`, "@/x")
	f.Fuzz(func(t *testing.T, text, spec string) {
		tree := memTreeOf{"vite.config.js": text, "src/lib/a.js": "", "x.ts": "", "y/index.ts": ""}.tree()
		to := newScriptResolver(tree).Resolve("use.js", Import{Spec: spec})
		for _, file := range to.Files {
			if !tree.Has(file) {
				t.Errorf("%q leads to %q", spec, file)
			}
		}
		if to.External && to.Files != nil {
			t.Errorf("%q is in the tree and out of it", spec)
		}
	})
}
