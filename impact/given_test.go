package impact

import (
	"fmt"
	"maps"
	"testing"

	"custody/internal/finding"
)

// TestGiven: what files have without an import, and without anything in the tree that says so,
// makes a change not assessed.
func TestGiven(t *testing.T) {
	many := map[string]string{"use.js": "exports.u = (name) => require('./plug/' + name)\n", "far.js": "require('./use')\n"}
	for i := range 300 {
		many[fmt.Sprintf("plug/p%d.js", i)] = "exports.f = 1\n"
	}
	for _, test := range []struct {
		name  string
		tree  map[string]string
		path  string // changes
		text  string
		given string // empty: the change is assessed
	}{
		{
			"a composable of Nuxt, by what it uses",
			map[string]string{
				"nuxt.config.ts":           "export default defineNuxtConfig({})\n",
				"app/composables/use.ts":   "import { one } from '../../one'\nexport const useOne = () => one()\n",
				"one.ts":                   "export const one = () => 1\n",
				"app/pages/index.vue":      "<script setup>\nconst a = useOne()\n</script>\n",
				"other/composables/use.js": "export const far = 1\n",
			},
			"one.ts", "export const one = () => 2\n", "app/composables/use.ts",
		},
		{
			"a composable without Nuxt",
			map[string]string{"composables/use.ts": "export const useOne = () => 1\n", "a.ts": "import { useOne } from './composables/use'\nuseOne()\n"},
			"composables/use.ts", "export const useOne = () => 2\n", "",
		},
		{
			"a list of a plug-in",
			map[string]string{"src/components.d.ts": "export {}\ndeclare module 'vue' { interface GlobalComponents { A: typeof import('./A.vue')['default'] } }\n", "src/A.vue": "<template>1</template>\n"},
			"src/A.vue", "<template>2</template>\n", "src/components.d.ts",
		},
		{
			"declarations for all files",
			map[string]string{"env.d.ts": "declare const FOO: number\n", "a.ts": "import './b'\nexport const x = FOO\n", "b.ts": "export {}\n"},
			"env.d.ts", "declare const FOO: string\n", "env.d.ts",
		},
		{
			"one of many that are loaded by name",
			many,
			"plug/p7.js", "exports.f = 2\n", "use.js",
		},
		{
			"a patch of a package",
			map[string]string{"package.json": "{\"dependencies\": {\"l\": \"1\"}}\n", "patches/l@1.patch": "a\n", "a.ts": "import 'l'\nimport './b'\n", "b.ts": "export {}\n"},
			"patches/l@1.patch", "b\n", "patches/l@1.patch",
		},
		{
			"what a script is",
			map[string]string{"package.json": "{\"type\": \"commonjs\"}\n", "a.js": "require('./b')\n", "b.js": "exports.x = 1\n"},
			"package.json", "{\"type\": \"module\"}\n", "package.json",
		},
		{
			"declarations of a module",
			map[string]string{"a.d.ts": "export declare const FOO: number\n", "b.ts": "import { FOO } from './a'\nexport const x = FOO\n"},
			"a.d.ts", "export declare const FOO: string\n", "",
		},
		{
			"a script that declares nothing for others",
			map[string]string{"run.ts": "const a = require('./b')\na.f()\n", "b.ts": "export const f = () => 1\n"},
			"run.ts", "const a = require('./b')\na.f(1)\n", "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			head := maps.Clone(test.tree)
			head[test.path] = test.text
			r := assessTrees(t, test.tree, head)
			if (r.Outcome == finding.Satisfied) != (test.given == "") {
				t.Fatalf("%s, %v", r.Outcome, r.Reasons)
			}
			for _, reason := range r.Reasons {
				if reason.Path != test.given {
					t.Errorf("%+v", reason)
				}
			}
		})
	}
}
