package impact

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// schemas is a library that is made like zod: constructors are values that a function keeps,
// and everything is handed on through one module, and once more under a name.
var schemas = map[string]string{
	"core.ts": `export function make<T>(name: string, init: (self: T) => void, more?: object): any {
	const proto: any = {}
	function made(this: any) { init(this) }
	made.prototype = proto
	Object.defineProperty(made, 'name', { value: name })
	return made
}

export const parse = (error: any) => (value: unknown) => check(value, error)

export function check(value: unknown, error: any) { return value === error }

export function register(name: string, init: () => void) { registry.push(init) }

export const registry: any[] = []
`,
	"text.ts": `import * as core from './core'
import { helper, far } from './helper'

export interface Text { far: string; text(a: string): Text }
export const Text: any = core.make<Text>('Text', (self) => { helper(self) }, { a: { far() { return 1 } } })
export function text() { return new Text() }
export function string() { return far() }
export function other(a: string, b: any) { return a.far + b?.string + 'far' }
`,
	"parse.ts":  "import { parse } from './core'\nclass E {}\nexport const safe = parse(E)\nexport const unsafe = 1\n",
	"helper.ts": "export function helper(a: any) { return 1 }\nexport function far() { return 1 }\n",
	"index.ts":  "export * from './text'\nexport * from './parse'\nexport * as inner from './text'\n",
	"z.ts":      "import * as z from './index'\nexport { z }\nexport default z\n",

	"text.test.ts":   "import * as z from './index'\nz.text()\n",
	"string.test.ts": "import * as z from './index'\nz.string()\n",
	"inner.test.ts":  "import { inner } from './index'\ninner.string()\n",
	"other.test.ts":  "import * as z from './index'\nconst a = { text: 1, string() { return 1 } }\nz.other(a.text, a.string)\n",
	"named.test.ts":  "import { z } from './z'\nz.string()\n",
	"handed.test.ts": "import { z } from './z'\nimport { look } from './look'\nlook(z)\n",
	"all.test.ts":    "import all from './z'\nimport { look } from './look'\nlook(all)\n",
	"look.ts":        "export const look = (a: any) => a['str' + 'ing']()\n",
	"safe.test.ts":   "import { safe } from './index'\nsafe(1)\n",
	"unsafe.test.ts": "import { unsafe } from './index'\nunsafe\n",
	"type.test.ts":   "import type { Text } from './index'\nexport type Mine = Text[]\n",
	"value.test.ts":  "import type { text } from './index'\nexport type Made = ReturnType<typeof text>\n",
}

// TestNarrowScriptNames: whom a name of a script can mean, and what runs when its file is
// loaded. Names of tests stand for their files.
func TestNarrowScriptNames(t *testing.T) {
	everything := "all handed inner named other safe string text type unsafe value"
	for _, test := range []struct {
		name          string
		path, was, is string
		want          string // tests that are reached
	}{
		{"a function that is named behind its module", "text.ts", "return far()", "return far() + 1", "all handed inner named string"},
		{"a name that is a member elsewhere", "helper.ts", "far() { return 1 }", "far() { return 2 }", "all handed inner named string"},
		{"what a constructor does later", "text.ts", "helper(self)", "helper(self, 1)", "all handed text value"},
		{"what a function does that a constructor calls later", "helper.ts", "helper(a: any) { return 1 }", "helper(a: any) { return 2 }", "all handed text value"},
		{"a value and no type", "text.ts", "return new Text()", "return new Text", "all handed text value"},
		{"a type", "text.ts", "far: string;", "far: number;", "all handed text type value"},
		{"what a function gives back", "core.ts", "=> check(value, error)", "=> check(value, 1)", "all handed safe"},
		{"what that calls", "core.ts", "return value === error", "return value !== error", "all handed safe"},
		{"what it does at once", "core.ts", "(error: any) =>", "(error: any, b: any) =>", everything},
		{"what keeps constructors runs them", "core.ts", "made.prototype = proto", "init({} as T)", everything},
		{"what keeps constructors registers them", "core.ts", "made.prototype = proto", "registry.push(init)", everything},
		{"a constructor that is made by another function", "text.ts", "core.make<Text>('Text'", "core.register('Text'", everything},
		{"a constructor that calls", "text.ts", "{ a: {", "{ b: core.register('b', () => {}), a: {", everything},
		{"a constructor that calls what does nothing else", "text.ts", "{ a: {", "{ b: helper(1), a: {", "all handed text value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			head := maps.Clone(schemas)
			if head[test.path] = strings.Replace(head[test.path], test.was, test.is, 1); head[test.path] == schemas[test.path] {
				t.Fatal("nothing was edited")
			}
			var got []string
			for _, n := range assessTrees(t, schemas, head).Reached {
				if name, ok := strings.CutSuffix(n.Path, ".test.ts"); ok {
					got = append(got, name)
				}
			}
			if got := strings.Join(slices.Sorted(slices.Values(got)), " "); got != test.want {
				t.Errorf("reached\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
