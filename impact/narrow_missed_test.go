package impact

import (
	"maps"
	"slices"
	"testing"
)

// TestNarrowDoesNotMiss: names that are used without being said where they are used.
func TestNarrowDoesNotMiss(t *testing.T) {
	for _, test := range []struct {
		name       string
		from, head map[string]string // empty text: the file goes
		want       string            // reached
	}{
		{
			"a Java member that a static import with a star brings",
			map[string]string{
				"q/A.java":     "package q;\npublic class A { public static int f() { return 1; } }\n",
				"p/UseIt.java": "package p;\nimport static q.A.*;\nclass UseIt { int g() { return f(); } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public static int f() { return 2; } }\n"},
			"p/UseIt.java",
		},
		{
			"a test of Java that names where its arguments come from",
			map[string]string{
				"src/main/java/p/A.java":     "package p;\npublic class A { public int m() { return 1; } }\n",
				"src/test/java/q/Prov.java":  "package q;\nimport p.A;\nclass Prov { static int args() { return new A().m(); } }\n",
				"src/test/java/r/PTest.java": "package r;\nclass PTest { @ParameterizedTest @MethodSource(\"q.Prov#args\") void t(int n) {} }\n",
			},
			map[string]string{"src/main/java/p/A.java": "package p;\npublic class A { public int m() { return 2; } }\n"},
			"src/test/java/r/PTest.java",
		},
		{
			"a Java member that a static import names by an heir",
			map[string]string{
				"q/A.java":     "package q;\nclass A { public static int f() { return 1; } }\n",
				"q/B.java":     "package q;\npublic class B extends A {}\n",
				"p/UseIt.java": "package p;\nimport static q.B.f;\nclass UseIt { int g() { return f(); } }\n",
			},
			map[string]string{"q/A.java": "package q;\nclass A { public static int f() { return 2; } }\n"},
			"p/UseIt.java",
		},
		{
			"a nested class of Java that is imported by name",
			map[string]string{
				"q/A.java":     "package q;\npublic class A { public static class In { public int v() { return 1; } public static class Deep { public static int w() { return 1; } } } }\n",
				"p/UseIt.java": "package p;\nimport q.A.In;\nclass UseIt { int g() { return new In().v(); } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public static class In { public int v() { return 2; } public static class Deep { public static int w() { return 2; } } } }\n"},
			"p/UseIt.java",
		},
		{
			"a nested class of Java that a star brings",
			map[string]string{
				"q/A.java":     "package q;\npublic class A { public static class In { public int v() { return 1; } public static class Deep { public static int w() { return 1; } } } }\n",
				"p/UseIt.java": "package p;\nimport q.A.*;\nclass UseIt { int g() { return new In().v(); } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public static class In { public int v() { return 2; } public static class Deep { public static int w() { return 2; } } } }\n"},
			"p/UseIt.java",
		},
		{
			"a static member of a class of Java three deep",
			map[string]string{
				"q/A.java":     "package q;\npublic class A { public static class In { public int v() { return 1; } public static class Deep { public static int w() { return 1; } } } }\n",
				"p/UseIt.java": "package p;\nimport static q.A.In.Deep.w;\nclass UseIt { int g() { return w(); } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public static class In { public int v() { return 2; } public static class Deep { public static int w() { return 2; } } } }\n"},
			"p/UseIt.java",
		},
		{
			"a module of JavaScript that imports what is gone, and does not use it for another one",
			map[string]string{
				"x.js":   "export function a() { return 1 }\nexport function b() { return 1 }\n",
				"mid.js": "import { a as it } from './x.js'\nexport function other() { return 1 }\nexport function mine() { return it() }\n",
				"use.js": "import { other } from './mid.js'\nexport function g() { return other() }\n",
			},
			map[string]string{"x.js": "export function b() { return 1 }\n"},
			"use.js",
		},
		{
			"a module of JavaScript that imports what is not exported any more",
			map[string]string{
				"x.js":   "export function a() { return 1 }\nexport function b() { return a() }\n",
				"mid.js": "import { a } from './x.js'\nexport function other() { return 1 }\nexport function mine() { return a() }\n",
				"use.js": "import { other } from './mid.js'\nexport function g() { return other() }\n",
			},
			map[string]string{"x.js": "function a() { return 1 }\nexport function b() { return a() }\n"},
			"use.js",
		},
		{
			"a module of TypeScript whose default is gone, behind a star",
			map[string]string{
				"x.ts":     "export const a = 1\nexport const b = 2\n",
				"d.ts":     "export default function () { return 1 }\nexport const c = 1\n",
				"index.ts": "export * from './x'\n",
				"mid.ts":   "import { a } from './index'\nimport d from './d'\nexport const other = 1\n",
				"use.ts":   "import { other } from './mid'\nexport function g() { return other }\n",
			},
			map[string]string{"d.ts": "export const c = 1\n"},
			"use.ts",
		},
		{
			"a name of TypeScript that is gone behind a star",
			map[string]string{
				"x.ts":     "export const a = 1\nexport const b = 2\n",
				"index.ts": "export * from './x'\n",
				"mid.ts":   "import { a } from './index'\nexport const other = 1\n",
				"use.ts":   "import { other } from './mid'\nexport function g() { return other }\n",
			},
			map[string]string{"x.ts": "export const b = 2\n"},
			"use.ts",
		},
		{
			"an import of Java that is not used, of a nested class that is gone",
			map[string]string{
				"q/A.java":     "package q;\npublic class A { public static class In {} public static int n; }\n",
				"p/UseIt.java": "package p;\nimport q.A.In;\nclass UseIt { int g() { return 1; } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public static int n; }\n"},
			"p/UseIt.java",
		},
		{
			"a static import of Java that is not used, of a method that is gone",
			map[string]string{
				"q/A.java":     "package q;\npublic class A { public static int f() { return 1; } public static int n; }\n",
				"p/UseIt.java": "package p;\nimport static q.A.f;\nclass UseIt { int g() { return 1; } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public static int n; }\n"},
			"p/UseIt.java",
		},
		{
			"a name of JavaScript that is one of two now, behind stars",
			map[string]string{
				"a.js":   "export const p = 1\n",
				"b.js":   "export const q = 1\n",
				"i.js":   "export * from './a.js'\nexport * from './b.js'\n",
				"mid.js": "import { p } from './i.js'\nexport const mine = () => p\nexport const other = () => 1\n",
				"use.js": "import { other } from './mid.js'\nexport const g = () => other()\n",
			},
			map[string]string{"b.js": "export const q = 1\nexport const p = 2\n"},
			"use.js",
		},
		{
			"a value of JavaScript that stands before what it needs",
			map[string]string{
				"m.js":   "const A = 1\nconst B = A\nexport const f = () => 1\nexport const b = () => B\n",
				"use.js": "import { b } from './m.js'\nexport const g = () => b()\n",
			},
			map[string]string{"m.js": "const B = A\nconst A = 1\nexport const f = () => 1\nexport const b = () => B\n"},
			"use.js",
		},
		{
			"a value of JavaScript that is taken before a statement alters it",
			map[string]string{
				"m.js":   "export let A = 1\nexport let B = A\nA = 2\n",
				"use.js": "import { B } from './m.js'\nexport const g = () => B\n",
			},
			map[string]string{"m.js": "export let A = 1\nA = 2\nexport let B = A\n"},
			"use.js",
		},
		{
			"two functions of JavaScript of one name",
			map[string]string{
				"m.js":   "function f() { return 1 }\nfunction f() { return 2 }\nexports.f = f\n",
				"use.js": "const { f } = require('./m.js')\nexports.g = () => f()\n",
			},
			map[string]string{"m.js": "function f() { return 2 }\nfunction f() { return 1 }\nexports.f = f\n"},
			"use.js",
		},
		{
			"a class of TypeScript that its decorator registers",
			map[string]string{
				"el.ts":  "import { customElement } from 'lit'\n@customElement('my-el')\nexport class MyEl { render() { return 1 } }\n",
				"use.ts": "import './el'\nexport const page = () => '<my-el></my-el>'\n",
			},
			map[string]string{"el.ts": "import { customElement } from 'lit'\n@customElement('my-el')\nexport class MyEl { render() { return 2 } }\n"},
			"use.ts",
		},
		{
			"a store of Svelte",
			map[string]string{
				"s.ts":       "export const store = { x: 1 }\n",
				"App.svelte": "<script>\nimport { store } from './s'\n</script>\n<p>{$store.x}</p>\n",
			},
			map[string]string{"s.ts": "export const store = { x: 2 }\n"},
			"App.svelte",
		},
		{
			"what a template of Vue calls by another name",
			map[string]string{
				"f.ts":    "export const format = (a) => a\n",
				"App.vue": "<script setup>\nimport { format as f } from './f'\n</script>\n<template><p>{{ f(x) }}</p></template>\n",
			},
			map[string]string{"f.ts": "export const format = (a) => a + 1\n"},
			"App.vue",
		},
		{
			"a name that a file evaluates",
			map[string]string{
				"f.ts":   "export const format = (a) => a\n",
				"use.ts": "import * as f from './f'\nexport const run = (text) => eval(text)\n",
			},
			map[string]string{"f.ts": "export const format = (a) => a + 1\n"},
			"use.ts",
		},
		{
			"a module of JavaScript that is loaded into a variable",
			map[string]string{
				"f.js":   "exports.format = (a) => a\n",
				"use.js": "let f\nf = require('./f')\nexports.run = () => f.format(1)\n",
			},
			map[string]string{"f.js": "exports.format = (a) => a + 1\n"},
			"use.js",
		},
		{
			"two imports of one file, of which one is handed on as a value",
			map[string]string{
				"package.json": "{\"name\": \"me\", \"exports\": {\".\": \"./f.js\"}}",
				"f.js":         "export const format = (a) => a\nexport const one = 1\n",
				"use.js":       "import { one } from './f.js'\nimport * as f from 'me'\nexport const run = (look) => look(f)\n",
			},
			map[string]string{"f.js": "export const format = (a) => a + 1\nexport const one = 1\n"},
			"use.js",
		},
		{
			"what a file of TypeScript says of all files",
			map[string]string{
				"g.ts":   "declare global { interface Window { q: number } }\nexport {}\n",
				"use.ts": "import './g'\nexport const g = (w: unknown) => w\n",
			},
			map[string]string{"g.ts": "declare global { interface Window { q: string } }\nexport {}\n"},
			"use.ts",
		},
		{
			"a module of JavaScript that is handed on as a value",
			map[string]string{
				"a.js": "export function doIt() { return 1 }\n",
				"b.js": "import * as a from './a.js'\nexport const all = {...a}\n",
			},
			map[string]string{"a.js": "export function doIt() { return 2 }\n"},
			"b.js",
		},
		{
			"a Python module that is imported for the classes that it registers",
			map[string]string{
				"base.py": "class B:\n    pass\n",
				"h.py":    "from base import B\nclass H(B):\n    def go(self):\n        return 1\n",
				"app.py":  "import h\nfrom base import B\ndef run():\n    return B.__subclasses__()[0]().go()\n",
			},
			map[string]string{"h.py": "from base import B\nclass H(B):\n    def go(self):\n        return 2\n"},
			"app.py",
		},
		{
			"what a Python package runs before its modules",
			map[string]string{
				"k/__init__.py": "LEVEL = 1\nprint(LEVEL)\n",
				"k/m.py":        "def f():\n    return 1\n",
				"use.py":        "from k.m import f\n\ndef g():\n    return f()\n",
			},
			map[string]string{"k/__init__.py": "LEVEL = 1\nprint(LEVEL + None)\n"},
			"use.py",
		},
		{
			"a Python package around a package, which imports what is gone",
			map[string]string{
				"k/__init__.py":   "from .base import old\n",
				"k/base.py":       "def old():\n    return 1\n",
				"k/s/__init__.py": "",
				"k/s/m.py":        "def f():\n    return 1\n",
				"use.py":          "import k.s.m as m\n\ndef g():\n    return m.f()\n",
			},
			map[string]string{"k/base.py": "def new():\n    return 1\n"},
			"use.py",
		},
		{
			"a Python package around a folder that is none",
			map[string]string{
				"k/__init__.py": "print(1)\n",
				"k/s/m.py":      "def f():\n    return 1\n",
				"use.py":        "from k.s.m import f\n\ndef g():\n    return f()\n",
			},
			map[string]string{"k/__init__.py": "print(2)\n"},
			"use.py",
		},
		{
			"a name of a Python package of which a module is imported",
			map[string]string{
				"k/__init__.py": "def helper():\n    return 1\n",
				"k/m.py":        "def f():\n    return 1\n",
				"use.py":        "import k.m\n\ndef g():\n    return k.helper()\n",
			},
			map[string]string{"k/__init__.py": "def helper():\n    return 2\n"},
			"use.py",
		},
		{
			"tests of a Python package that came to be one",
			map[string]string{
				"k/m.py":      "def f():\n    return 1\n",
				"k/test_m.py": "def test_f():\n    pass\n",
			},
			map[string]string{"k/__init__.py": "print(1)\n"},
			"k/test_m.py",
		},
		{
			"a Python file with an annotation that names what is gone",
			map[string]string{
				"m.py":   "class Old:\n    pass\n\ndef f():\n    return 1\n",
				"mid.py": "import m\n\ndef mine(a: int, b: m.Old = None):\n    return a\n\ndef other():\n    return 1\n",
				"use.py": "from mid import other\n\ndef g():\n    return other()\n",
			},
			map[string]string{"m.py": "def f():\n    return 1\n"},
			"use.py",
		},
		{
			"a Python file with a result of what is gone, behind a star",
			map[string]string{
				"m.py":   "class Old:\n    pass\n\ndef f():\n    return 1\n",
				"mid.py": "from m import *\n\nclass Mine:\n    async def mine(self, *, a=(1, 2)) -> Old:\n        return a\n\ndef other():\n    return 1\n",
				"use.py": "from mid import other\n\ndef g():\n    return other()\n",
			},
			map[string]string{"m.py": "def f():\n    return 1\n"},
			"use.py",
		},
		{
			"a Python value that is one of an enumeration, and gone",
			map[string]string{
				"m.py":   "import enum\n\nclass Color(enum.Enum):\n    RED = 1\n    BLUE = 2\n",
				"mid.py": "from m import Color\n\nclass Mine:\n    color = Color.RED\n\ndef other():\n    return 1\n",
				"use.py": "from mid import other\n\ndef g():\n    return other()\n",
			},
			map[string]string{"m.py": "import enum\n\nclass Color(enum.Enum):\n    BLUE = 2\n"},
			"use.py",
		},
		{
			"a Python module that makes its names when they are asked for",
			map[string]string{
				"k/__init__.py": "def __getattr__(name):\n    return make(name)\n\ndef make(name):\n    return 1\n",
				"use.py":        "from k import lazy\n\ndef g():\n    return lazy\n",
			},
			map[string]string{"k/__init__.py": "def __getattr__(name):\n    return make(name)\n\ndef make(name):\n    return 2\n"},
			"use.py",
		},
		{
			"a Python package whose modules are elsewhere",
			map[string]string{
				"k/__init__.py": "__path__ = ['/a']\n",
				"k/m.py":        "def f():\n    return 1\n",
				"use.py":        "from k.m import f\n\ndef g():\n    return f()\n",
			},
			map[string]string{"k/__init__.py": "__path__ = ['/b']\n"},
			"use.py",
		},
		{
			"a fixture of pytest, which its tests name as a parameter",
			map[string]string{
				"app.py":               "def f():\n    return 1\n",
				"tests/conftest.py":    "import pytest\nimport app\n\n@pytest.fixture\ndef env():\n    return app.f()\n",
				"tests/unit/test_x.py": "def test_it(env):\n    pass\n",
			},
			map[string]string{"app.py": "def f():\n    return 2\n"},
			"tests/unit/test_x.py",
		},
		{
			"__all__ of Python, behind a star",
			map[string]string{
				"a.py": "__all__ = ['g']\ndef f():\n    return 1\ndef g():\n    pass\n",
				"b.py": "def f():\n    return 9\n",
				"q.py": "from b import *\nfrom a import *\n",
			},
			map[string]string{"a.py": "__all__ = ['g', 'f']\ndef f():\n    return 1\ndef g():\n    pass\n"},
			"q.py",
		},
		{
			"a Python name that is put together",
			map[string]string{
				"a.py": "def do_it():\n    return 1\n",
				"b.py": "import a\ndef run(x):\n    return getattr(a, 'do_' + x)()\n",
				"t.py": "from b import run\ndef test():\n    run('it')\n",
			},
			map[string]string{"a.py": "def do_it():\n    return 2\n"},
			"t.py",
		},
		{
			"a Python name that is put together, of what a method has",
			map[string]string{
				"a.py": "def do_it():\n    return 1\n",
				"b.py": "from a import *\nclass C:\n    def run(self, x):\n        return globals()['do_' + x]()\n",
			},
			map[string]string{"a.py": "def do_it():\n    return 2\n"},
			"b.py",
		},
		{
			"a Python decorator of the repository that is called like one of the library",
			map[string]string{
				"d.py":   "seen = []\ndef cache(f):\n    seen.append(f)\n    return f\n",
				"a.py":   "def one():\n    return 1\n",
				"b.py":   "from a import one\nfrom d import cache\n@cache\ndef use():\n    return one()\n",
				"app.py": "import b\nfrom d import seen\ndef run():\n    return seen[0](), b\n",
			},
			map[string]string{"a.py": "def one():\n    return 2\n"},
			"app.py",
		},
		{
			"a Java class that is loaded by its name",
			map[string]string{
				"q/A.java": "package q;\npublic class A { public String toString() { return \"a\"; } }\n",
				"p/B.java": "package p;\nclass B { Object f() throws Exception { return Class.forName(\"q.A\").newInstance(); } }\n",
			},
			map[string]string{"q/A.java": "package q;\npublic class A { public String toString() { return \"b\"; } }\n"},
			"p/B.java",
		},
		{
			"a default export that is loaded when it is needed",
			map[string]string{
				"a.js": "export default function () { return 1 }\n",
				"b.js": "export const A = lazy(() => import('./a.js'))\n",
			},
			map[string]string{
				"a.js": "export default function () { return 2 }\n",
			},
			"b.js",
		},
		{
			"a default export that is handed on as one",
			map[string]string{
				"a.js":     "export default function () { return 1 }\n",
				"index.js": "export { default } from './a.js'\n",
				"c.js":     "import A from './index.js'\nexport const x = () => A()\n",
			},
			map[string]string{
				"a.js": "export default function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"a default export that is handed on under a name",
			map[string]string{
				"a.js":     "export default function () { return 1 }\n",
				"index.js": "import A from './a.js'\nexport { A }\n",
				"c.js":     "import { A } from './index.js'\nexport const x = () => A()\n",
			},
			map[string]string{
				"a.js": "export default function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"a default export in a module that is handed on",
			map[string]string{
				"a.js":     "export default function () { return 1 }\n",
				"index.js": "export * as a from './a.js'\n",
				"c.js":     "import { a } from './index.js'\nexport const x = () => a.default()\n",
			},
			map[string]string{
				"a.js": "export default function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"the default export of a module that another one imports as a whole",
			map[string]string{
				"a.js": "export default function () { return 1 }\n",
				"c.js": "import * as a from './a.js'\nexport const x = () => a.default()\n",
			},
			map[string]string{
				"a.js": "export default function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"a module of CommonJS that is another one",
			map[string]string{
				"a.js": "module.exports = function () { return 1 }\n",
				"b.js": "module.exports = require('./a')\n",
				"c.js": "const b = require('./b')\nfunction go() { return b() }\nexports.go = go\n",
			},
			map[string]string{
				"a.js": "module.exports = function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"a module of CommonJS that is part of another one",
			map[string]string{
				"a.js": "module.exports = function () { return 1 }\n",
				"b.js": "module.exports = { a: require('./a') }\n",
				"c.js": "const b = require('./b')\nfunction go() { return b.a() }\nexports.go = go\n",
			},
			map[string]string{
				"a.js": "module.exports = function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"a module of CommonJS that another one has under a name",
			map[string]string{
				"a.js": "module.exports = function () { return 1 }\n",
				"b.js": "exports.a = require('./a')\n",
				"c.js": "const { a } = require('./b')\nfunction go() { return a() }\nexports.go = go\n",
			},
			map[string]string{
				"a.js": "module.exports = function () { return 2 }\n",
			},
			"c.js",
		},
		{
			"a component that another one shows",
			map[string]string{
				"A.vue": "<script setup>\nconst n = 1\n</script>\n<template><p>{{ n }}</p></template>\n",
				"B.vue": "<script setup>\nimport A from './A.vue'\n</script>\n<template><A /></template>\n",
				"c.js":  "import B from './B.vue'\nexport const x = () => mount(B)\n",
			},
			map[string]string{
				"A.vue": "<script setup>\nconst n = 2\n</script>\n<template><p>{{ n }}</p></template>\n",
			},
			"c.js",
		},
		{
			"a Go file below testdata",
			map[string]string{
				"go.mod":          "module m\n",
				"x/x.go":          "package x\n",
				"x/x_test.go":     "package x\n\nfunc TestX(t *testing.T) { read(\"testdata/a.go\") }\n",
				"x/testdata/a.go": "package a\n",
			},
			map[string]string{
				"x/testdata/a.go": "// New.\npackage a\n",
			},
			"x/x_test.go",
		},
		{
			"a part of what a module of CommonJS is",
			map[string]string{
				"b.js": "const obj = { a() { return 1 } }\nmodule.exports = obj\n",
				"c.js": "const { a } = require('./b')\nfunction go() { return a() }\nexports.go = go\n",
			},
			map[string]string{"b.js": "const obj = { a() { return 2 } }\nmodule.exports = obj\n"},
			"c.js",
		},
		{
			"a module of CommonJS whose parts are taken later",
			map[string]string{
				"b.js": "exports.a = function () { return 1 }\n",
				"c.js": "const b = require('./b')\nmodule.exports = { b }\n",
				"d.js": "const { b } = require('./c')\nfunction go() { return b['a']() }\nexports.go = go\n",
			},
			map[string]string{"b.js": "exports.a = function () { return 2 }\n"},
			"c.js",
		},
		{
			"a module of CommonJS that is handed on",
			map[string]string{
				"b.js": "exports.a = function () { return 1 }\n",
				"c.js": "const b = require('./b')\nfunction go() { return run(b) }\nexports.go = go\n",
			},
			map[string]string{"b.js": "exports.a = function () { return 2 }\n"},
			"c.js",
		},
		{
			"a Go file renamed for another system",
			map[string]string{
				"go.mod":       "module m\n",
				"a/a_linux.go": "package a\n\nfunc F() {}\n",
				"b/b.go":       "package b\n\nimport \"m/a\"\n\nfunc G() { a.F() }\n",
			},
			map[string]string{"a/a_linux.go": "", "a/a_darwin.go": "package a\n\nfunc F() {}\n"},
			"b/b.go",
		},
		{
			"a Go file renamed to a test",
			map[string]string{
				"go.mod": "module m\n",
				"a/a.go": "package a\n\nfunc F() {}\n",
				"a/z.go": "package a\n",
				"b/b.go": "package b\n\nimport \"m/a\"\n\nfunc G() { a.F() }\n",
			},
			map[string]string{"a/a.go": "", "a/a_test.go": "package a\n\nfunc F() {}\n"},
			"b/b.go",
		},
		{
			"a Go method whose signature an interface asks for, and nobody calls",
			map[string]string{
				"go.mod": "module m\n",
				"x/x.go": "package x\n\ntype T struct{}\n\nfunc (T) Act() {}\n",
				"b/b.go": "package b\n\ntype Actor interface{ Act() }\n",
				"c/c.go": "package c\n\nimport (\n\t\"m/b\"\n\t\"m/x\"\n)\n\nvar _ b.Actor = x.T{}\n",
			},
			map[string]string{"x/x.go": "package x\n\ntype T struct{}\n\nfunc (T) Act(int) {}\n"},
			"c/c.go",
		},
		{
			"a Go interface that embeds one that asks for more now",
			map[string]string{
				"go.mod": "module m\n",
				"b/b.go": "package b\n\ntype Actor interface{ Act() }\n\ntype Both interface{ Actor }\n\ntype All interface{ Both }\n",
				"c/c.go": "package c\n\nimport \"m/b\"\n\ntype T struct{}\n\nfunc (T) Act() {}\n\nvar _ b.All = T{}\n",
			},
			map[string]string{"b/b.go": "package b\n\ntype Actor interface{ Act(); More() }\n\ntype Both interface{ Actor }\n\ntype All interface{ Both }\n"},
			"c/c.go",
		},
		{
			"a Go method that a library calls, which is handed the value where nothing is known of its type",
			map[string]string{
				"go.mod": "module m\n",
				"x/x.go": "package x\n\nimport \"image/color\"\n\ntype T struct{}\n\nfunc (T) Convert(c color.Color) color.Color { return c }\n",
				"b/b.go": "package b\n\nimport \"image\"\n\nfunc Draw(v any) { image.NewPaletted(v) }\n",
				"c/c.go": "package c\n\nimport (\n\t\"m/b\"\n\t\"m/x\"\n)\n\nfunc F() { b.Draw(x.T{}) }\n",
			},
			map[string]string{"x/x.go": "package x\n\nimport \"image/color\"\n\ntype T struct{}\n\nfunc (T) Convert(c color.Color) color.Color { return nil }\n"},
			"c/c.go",
		},
		{
			"a Go array as long as a constant says",
			map[string]string{
				"go.mod": "module m\n",
				"x/x.go": "package x\n\nconst size = 1\n\ntype T struct{ size [size]int }\n",
				"c/c.go": "package c\n\nimport \"m/x\"\n\nfunc F(t x.T) int { return len(t.size) }\n",
			},
			map[string]string{"x/x.go": "package x\n\nconst size = 2\n\ntype T struct{ size [size]int }\n"},
			"c/c.go",
		},
		{
			"a Go type that is embedded and not named",
			map[string]string{
				"go.mod": "module m\n",
				"x/x.go": "package x\n\ntype base struct{}\n\nfunc (base) Run() int { return 1 }\n\ntype T struct {\n\tbase // the rest\n}\n",
				"c/c.go": "package c\n\nimport \"m/x\"\n\nfunc F() int { return x.T{}.Run() }\n",
			},
			map[string]string{"x/x.go": "package x\n\ntype base struct{}\n\nfunc (base) Run() int { return 2 }\n\ntype T struct {\n\tbase // the rest\n}\n"},
			"c/c.go",
		},
		{
			"a Go function whose name is that of a parameter elsewhere",
			map[string]string{
				"go.mod": "module m\n",
				"x/x.go": "package x\n\nfunc size() int { return 1 }\n\nfunc one(size int) int { return size }\n",
				"x/y.go": "package x\n\nfunc two(n func(size int) int) int { return size() }\n",
			},
			map[string]string{"x/x.go": "package x\n\nfunc size() int { return 2 }\n\nfunc one(size int) int { return size }\n"},
			"x/y.go",
		},
		{
			"a Go package beside one that does not compile any more",
			map[string]string{
				"go.mod":      "module m\n",
				"x/x.go":      "package x\n\nfunc F() {}\n\nfunc G() {}\n",
				"c/c.go":      "package c\n\nimport \"m/x\"\n\nfunc f() { x.F() }\n",
				"c/other.go":  "package c\n\nfunc H() {}\n",
				"d/d_test.go": "package d\n\nimport \"m/c\"\n\nfunc TestH(t *testing.T) { c.H() }\n",
			},
			map[string]string{"x/x.go": "package x\n\nfunc G() {}\n"},
			"d/d_test.go",
		},
		{
			"Go tests beside one that does not compile any more",
			map[string]string{
				"go.mod":      "module m\n",
				"x/x.go":      "package x\n\nfunc F() {}\n\nfunc G() {}\n",
				"x/f_test.go": "package x\n\nfunc TestF(t *testing.T) { F() }\n",
				"x/g_test.go": "package x\n\nfunc TestG(t *testing.T) { G() }\n",
			},
			map[string]string{"x/x.go": "package x\n\nfunc F(int) {}\n\nfunc G() {}\n"},
			"x/g_test.go",
		},
		{
			"a Go package where a type is no longer what an interface asks for",
			map[string]string{
				"go.mod":      "module m\n",
				"x/x.go":      "package x\n\ntype T struct{}\n\nfunc (T) Act() {}\n",
				"b/b.go":      "package b\n\ntype Actor interface{ Act() }\n",
				"c/c.go":      "package c\n\nimport (\n\t\"m/b\"\n\t\"m/x\"\n)\n\nvar _ b.Actor = x.T{}\n",
				"c/other.go":  "package c\n\nfunc H() {}\n",
				"d/d_test.go": "package d\n\nimport \"m/c\"\n\nfunc TestH(t *testing.T) { c.H() }\n",
			},
			map[string]string{"x/x.go": "package x\n\ntype T struct{}\n"},
			"d/d_test.go",
		},
		{
			"whoever uses a method of Go, when a test adds another one to its type",
			map[string]string{
				"go.mod":      "module m\n",
				"x/a_test.go": "package x\n\nfunc (T) Aid() int { return 1 }\n",
				"x/x.go":      "package x\n\ntype T struct{}\n\nfunc (T) Act() int { return 1 }\n",
				"y/y.go":      "package y\n\nimport \"m/x\"\n\nfunc Y() int { return x.T{}.Act() }\n",
			},
			map[string]string{
				"x/a_test.go": "package x\n\nfunc (T) Aid() int { return 2 }\n",
				"x/x.go":      "package x\n\ntype T struct{}\n\nfunc (T) Act() int { return 2 }\n",
			},
			"y/y.go",
		},
		{
			"a Go type that is what somebody asks for at run time now",
			map[string]string{
				"go.mod":      "module m\n",
				"x/x.go":      "package x\n\ntype T struct{}\n",
				"b/b.go":      "package b\n\nimport \"m/x\"\n\nfunc Make() any { return x.T{} }\n",
				"c/c.go":      "package c\n\ntype nice interface{ Nice() bool }\n\nfunc Is(x any) bool {\n\t_, ok := x.(nice)\n\treturn ok\n}\n",
				"d/d_test.go": "package d\n\nimport (\n\t\"m/b\"\n\t\"m/c\"\n)\n\nfunc TestD(t *testing.T) { c.Is(b.Make()) }\n",
			},
			map[string]string{"x/x.go": "package x\n\ntype T struct{}\n\nfunc (T) Nice() bool { return true }\n"},
			"d/d_test.go",
		},
		{
			"a Go test that runs main",
			map[string]string{
				"go.mod":             "module m\n",
				"lib/l.go":           "package lib\n\nfunc X() int { return 1 }\n",
				"app/main.go":        "package main\n\nimport \"m/lib\"\n\nfunc main() { println(lib.X()) }\n",
				"app/script_test.go": "package main\n\nimport (\n\t\"testing\"\n\n\t\"github.com/rogpeppe/go-internal/testscript\"\n)\n\nfunc TestMain(m *testing.M) { testscript.Main(m, map[string]func(){\"app\": main}) }\n\nfunc TestScripts(t *testing.T) {}\n",
			},
			map[string]string{"lib/l.go": "package lib\n\nfunc X() int { return 2 }\n"},
			"app/script_test.go",
		},
		{
			"what an alias of a bundler names",
			map[string]string{
				"package.json":   `{"dependencies": {"vue": "3"}}`,
				"vite.config.js": "import path from 'path'\nexport default { resolve: { alias: { lib: path.resolve(__dirname, 'src/lib') } } }\n",
				"src/lib/a.js":   "export const f = () => 1\n",
				"src/use.js":     "import { f } from 'lib/a'\nexport const g = () => f()\n",
			},
			map[string]string{"src/lib/a.js": "export const f = () => 2\n"},
			"src/use.js",
		},
		{
			"what vitest loads before a test",
			map[string]string{
				"vitest.config.ts": "import { defineConfig } from 'vitest/config'\nexport default defineConfig({ test: { setupFiles: ['./test/setup.ts'] } })\n",
				"test/setup.ts":    "import { beforeEach } from 'vitest'\nimport { reset } from './reset'\nbeforeEach(() => reset())\n",
				"test/reset.ts":    "export function reset() { return 1 }\n",
				"src/a.test.ts":    "import { it } from 'vitest'\nit('a', () => {})\n",
			},
			map[string]string{"test/reset.ts": "export function reset() { return 2 }\n"},
			"src/a.test.ts",
		},
		{
			"what vitest calls before all tests",
			map[string]string{
				"vitest.config.ts": "export default { test: { globalSetup: './test/all.ts' } }\n",
				"test/all.ts":      "export async function setup() { process.env.X = '1' }\n",
				"src/a.test.ts":    "it('a', () => {})\n",
			},
			map[string]string{"test/all.ts": "export async function setup() { process.env.X = '2' }\n"},
			"src/a.test.ts",
		},
		{
			"the configuration of jest",
			map[string]string{
				"package.json":   "{}\n",
				"jest.config.js": "module.exports = { testEnvironment: 'node' }\n",
				"src/a.test.js":  "test('a', () => {})\n",
			},
			map[string]string{"jest.config.js": "module.exports = { testEnvironment: 'jsdom' }\n"},
			"src/a.test.js",
		},
		{
			"a Python name that is imported from elsewhere",
			map[string]string{"a.py": "from x import g\ndef f(): return g()\n", "x.py": "def g(): return 1\n", "y.py": "def g(): return 2\n", "b.py": "from a import f\ndef h(): return f()\n"},
			map[string]string{"a.py": "from y import g\ndef f(): return g()\n"},
			"b.py",
		},
		{
			"a Python name that is imported from outside",
			map[string]string{"a.py": "from time import time\ndef f(): return time()\n", "b.py": "from a import f\ndef h(): return f()\n"},
			map[string]string{"a.py": "from mytime import time\ndef f(): return time()\n"},
			"b.py",
		},
		{
			"a Python module that is not imported any more",
			map[string]string{"a.py": "import json\ndef f(): return json.dumps(1)\n", "b.py": "from a import f\ndef h(): return f()\n"},
			map[string]string{"a.py": "def f(): return json.dumps(1)\n"},
			"b.py",
		},
		{
			"a Python module under another's name",
			map[string]string{"a.py": "import simplejson as json\ndef f(): return json.dumps(1)\n", "b.py": "from a import f\ndef h(): return f()\n"},
			map[string]string{"a.py": "import ujson as json\ndef f(): return json.dumps(1)\n"},
			"b.py",
		},
		{
			"all names of another Python module",
			map[string]string{"a.py": "from x import *\ndef f(): return g()\n", "x.py": "def g(): return 1\n", "y.py": "def g(): return 2\n", "b.py": "from a import f\ndef h(): return f()\n"},
			map[string]string{"a.py": "from y import *\ndef f(): return g()\n"},
			"b.py",
		},
		{
			"a Python package that hands a name on from elsewhere",
			map[string]string{"p/__init__.py": "from .x import f\n", "p/x.py": "def f(): return 1\n", "p/y.py": "def f(): return 2\n", "u.py": "from p import f\ndef h(): return f()\n"},
			map[string]string{"p/__init__.py": "from .y import f\n"},
			"u.py",
		},
		{
			"a Python package that hands all names on from elsewhere",
			map[string]string{"p/__init__.py": "from .x import *\n", "p/x.py": "def f(): return 1\n", "p/y.py": "def f(): return 2\n", "u.py": "from p import f\ndef h(): return f()\n"},
			map[string]string{"p/__init__.py": "from .y import *\n"},
			"u.py",
		},
		{
			"a TypeScript name that is imported from elsewhere",
			map[string]string{"x.ts": "export const g = () => 1\n", "y.ts": "export const g = () => 2\n", "a.ts": "import { g } from './x'\nexport function f() { return g() }\n", "b.ts": "import { f } from './a'\nexport function h() { return f() }\n"},
			map[string]string{"a.ts": "import { g } from './y'\nexport function f() { return g() }\n"},
			"b.ts",
		},
		{
			"a package of JavaScript under the same name",
			map[string]string{"a.ts": "import _ from 'lodash'\nexport function f() { return _.x() }\n", "b.ts": "import { f } from './a'\nexport function h() { return f() }\n"},
			map[string]string{"a.ts": "import _ from 'lodash-es'\nexport function f() { return _.x() }\n"},
			"b.ts",
		},
		{
			"a TypeScript file that imports what it says no more",
			map[string]string{"x.ts": "export const g = () => 1\n", "y.ts": "export const g = () => 2\n", "a.ts": "import { g } from './x'\nexport function f() { return g() }\n", "b.ts": "import { f } from './a'\nexport function h() { return f() }\n"},
			map[string]string{"a.ts": "export function f() { return g() }\n"},
			"b.ts",
		},
		{
			"a TypeScript file that hands a name on from elsewhere",
			map[string]string{"x.ts": "export const g = () => 1\n", "y.ts": "export const g = () => 2\n", "i.ts": "export { g } from './x'\n", "b.ts": "import { g } from './i'\nexport function h() { return g() }\n"},
			map[string]string{"i.ts": "export { g } from './y'\n"},
			"b.ts",
		},
		{
			"a TypeScript file that hands all names on from elsewhere",
			map[string]string{"x.ts": "export const g = () => 1\n", "y.ts": "export const g = () => 2\n", "i.ts": "export * from './x'\n", "b.ts": "import { g } from './i'\nexport function h() { return g() }\n"},
			map[string]string{"i.ts": "export * from './y'\n"},
			"b.ts",
		},
		{
			"a component of Vue that imports from elsewhere",
			map[string]string{"x.ts": "export const q = 1\n", "y.ts": "export const q = 2\n", "M.vue": "<template><p>{{ q }}</p></template>\n<script setup>\nimport { q } from './x'\n</script>\n", "U.vue": "<template><M/></template>\n<script setup>\nimport M from './M.vue'\n</script>\n"},
			map[string]string{"M.vue": "<template><p>{{ q }}</p></template>\n<script setup>\nimport { q } from './y'\n</script>\n"},
			"U.vue",
		},
		{
			"a Java type that is imported from elsewhere",
			map[string]string{"x/G.java": "package x;\npublic class G { public static int g() { return 1; } }\n", "y/G.java": "package y;\npublic class G { public static int g() { return 2; } }\n", "a/A.java": "package a;\nimport x.G;\npublic class A { public int f() { return G.g(); } }\n", "b/B.java": "package b;\nimport a.A;\nclass B { int h() { return new A().f(); } }\n"},
			map[string]string{"a/A.java": "package a;\nimport y.G;\npublic class A { public int f() { return G.g(); } }\n"},
			"b/B.java",
		},
		{
			"a Java package that is imported from elsewhere",
			map[string]string{"x/G.java": "package x;\npublic class G { public static int g() { return 1; } }\n", "y/G.java": "package y;\npublic class G { public static int g() { return 2; } }\n", "a/A.java": "package a;\nimport x.*;\npublic class A { public int f() { return G.g(); } }\n", "b/B.java": "package b;\nimport a.A;\nclass B { int h() { return new A().f(); } }\n"},
			map[string]string{"a/A.java": "package a;\nimport y.*;\npublic class A { public int f() { return G.g(); } }\n"},
			"b/B.java",
		},
		{
			"a Java member that is imported from elsewhere",
			map[string]string{"x/G.java": "package x;\npublic class G { public static int g() { return 1; } }\n", "y/G.java": "package y;\npublic class G { public static int g() { return 2; } }\n", "a/A.java": "package a;\nimport static x.G.g;\npublic class A { public int f() { return g(); } }\n", "b/B.java": "package b;\nimport a.A;\nclass B { int h() { return new A().f(); } }\n"},
			map[string]string{"a/A.java": "package a;\nimport static y.G.g;\npublic class A { public int f() { return g(); } }\n"},
			"b/B.java",
		},
		{
			"a global name that a file of declarations has",
			map[string]string{
				"a.d.ts": "declare const FOO: number\n",
				"u.ts":   "/// <reference path=\"./a.d.ts\" />\nexport const x = FOO\n",
				"v.ts":   "import './u'\n",
			},
			map[string]string{"a.d.ts": "declare const FOO: string\n"},
			"u.ts",
		},
		{
			"a Python file of which all code means something else",
			map[string]string{
				"a.py": "from __future__ import annotations\nclass A:\n    x: int = 1\n",
				"b.py": "from a import A\ndef g(): return A.__annotations__\n",
			},
			map[string]string{"a.py": "class A:\n    x: int = 1\n"},
			"b.py",
		},
		{
			"the order of init functions of Go",
			map[string]string{
				"go.mod": "module m\n",
				"x/x.go": "package x\n\nvar N = 0\n\nfunc init() { N += 1 }\n\nfunc init() { N *= 3 }\n",
				"b/b.go": "package b\n\nimport \"m/x\"\n\nfunc F() int { return x.N }\n",
			},
			map[string]string{"x/x.go": "package x\n\nvar N = 0\n\nfunc init() { N *= 3 }\n\nfunc init() { N += 1 }\n"},
			"b/b.go",
		},
		{
			"a comment in a Go file that is embedded",
			map[string]string{
				"go.mod":      "module m\n",
				"a/a.go":      "package a\n\nimport \"embed\"\n\n//go:embed data\nvar FS embed.FS\n",
				"a/data/x.go": "package d\n",
			},
			map[string]string{"a/data/x.go": "// New.\npackage d\n"},
			"a/a.go",
		},
	} {
		checkReached(t, test.name, test.from, test.head, test.want)
	}
}

// checkReached says that a change reaches a file: the files of head stand in place of those of
// from, and one with an empty text is gone.
func checkReached(t *testing.T, name string, from, head map[string]string, want string) {
	t.Helper()
	all := maps.Clone(from)
	for p, text := range head {
		if all[p] = text; text == "" {
			delete(all, p)
		}
	}
	r := assessTrees(t, from, all)
	if !slices.ContainsFunc(r.Reached, func(n Reached) bool { return string(n.Path) == want }) {
		t.Errorf("%s: %s is not reached, but %s", name, want, narrowedLines(r))
	}
}
