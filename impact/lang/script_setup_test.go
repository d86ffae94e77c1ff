package lang

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A memTreeOf is a memTree with its text.
type memTreeOf map[string]string

func (m memTreeOf) tree() memTree {
	t := memTree{}
	for path, text := range m {
		t[path] = []byte(text)
	}
	return t
}

// TestPreloads: what test runners load before tests, as their documentation shows it.
func TestPreloads(t *testing.T) {
	for _, test := range []struct {
		name  string
		files memTreeOf
		from  string
		want  string
	}{
		{"vitest", memTreeOf{
			"vitest.config.ts": "import { defineConfig } from 'vitest/config'\nexport default defineConfig({\n  test: {\n    // setupFiles: './old.ts',\n    setupFiles: ['./test/setup.ts', \"test/second\"], globals: true,\n    globalSetup: path.resolve(__dirname, './test/global.ts') },\n})\n",
			"test/setup.ts":    "", "test/second.ts": "", "test/global.ts": "", "old.ts": "",
		}, "src/a.test.ts", "test/global.ts test/second.ts test/setup.ts vitest.config.ts"},
		{"vite that tests", memTreeOf{
			"vite.config.js": "export default { build: { rollupOptions: { input: './src/main.js' } }, test: { environment: 'jsdom', setupFiles: './s.js' } }", "s.js": "", "src/main.js": "",
		}, "src/a.test.js", "s.js vite.config.js"},
		{"vite that does not", memTreeOf{"vite.config.js": "export default { plugins: [] }"}, "a.test.js", ""},
		{"jest in package.json", memTreeOf{
			"package.json":  `{"exports": {"require": "./lib.js"}, "jest": {"setupFiles": ["<rootDir>/test/setup.js"], "setupFilesAfterEnv": ["jest-dom", "./after"]}}`,
			"test/setup.js": "", "after.js": "", "lib.js": "",
		}, "deep/down/a.test.js", "after.js test/setup.js"},
		{"jest with a root elsewhere", memTreeOf{
			"conf/jest.config.js": "module.exports = { rootDir: '..', preset: './mine', setupFiles: ['<rootDir>/setup.js'] }", "setup.js": "", "conf/mine/jest-preset.json": "",
		}, "conf/a.test.js", "conf/jest.config.js setup.js"},
		{"mocha", memTreeOf{
			".mocharc.json": `{"require": ["ts-node/register", "./test/hooks.ts"], "file": "test/first.ts", "spec": "test/x.spec.ts"}`, "test/hooks.ts": "", "test/first.ts": "", "test/x.spec.ts": "",
		}, "test/x.spec.ts", "test/first.ts test/hooks.ts"},
		{"of a folder and above", memTreeOf{
			"jest.config.ts": "export default {}", "web/vitest.config.mts": "export default {}", "api/vitest.config.mts": "",
		}, "web/a.test.ts", "jest.config.ts web/vitest.config.mts"},
		{"out of the tree", memTreeOf{"jest.config.js": "module.exports = { setupFiles: ['../../etc/passwd', '/etc/passwd', ''] }"}, "a.test.js", "jest.config.js"},
		{"what never ends", memTreeOf{"jest.config.js": "x = { setupFiles: ['./a.js', `"}, "a.test.js", "jest.config.js"},
	} {
		tree := test.files.tree()
		var got []string
		for _, p := range newScriptResolver(tree).(Preloader).Preloads(test.from) {
			got = append(got, p.File)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: %s, want %s", test.name, s, test.want)
		}
	}
}

// A configuration that names thousands of files costs no more than its limit.
func TestManyPreloads(t *testing.T) {
	files := memTreeOf{}
	var list []string
	for i := range 1000 {
		name := fmt.Sprintf("s%d.js", i)
		files[name] = ""
		list = append(list, "'./"+name+"'")
	}
	files["jest.config.js"] = "x = { setupFiles: [" + strings.Join(list, ",") + "] }"
	if n := len(newScriptResolver(files.tree()).(Preloader).Preloads("a.test.js")); n != maxSetups+1 {
		t.Errorf("%d", n)
	}
}

func FuzzSetupNames(f *testing.F) {
	f.Add(`export default { test: { setupFiles: ["./a", './b' ], globalSetup: x("c") } } // "`)
	f.Add("{\"require\": [`x\\`, /* ' */ 'y'}")
	f.Fuzz(func(t *testing.T, text string) {
		names := setupNames(text, setupSettings)
		if len(names) > maxSetups {
			t.Errorf("%d names", len(names))
		}
		for _, name := range names {
			if name == "" || len(name) > maxSpec || !strings.Contains(text, name) {
				t.Errorf("%q", name)
			}
		}
	})
}
