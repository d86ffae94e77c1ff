package lang

import (
	"fmt"
	"slices"
	"testing"
)

// Two texts of one file, and what tells their definitions apart: "same" for nothing,
// else what changed, by name.
var sameTests = []struct {
	language, base, head, want string
}{
	{"python", "def f(a, b):\n    return a\n", "def f( a,b ): # why\n\n  return a # and\n", "same"},
	{"python", "def f(\n    a,\n):\n    if a:\n        b()\n    c()\n", "def f(a,):\n\tif a:\n\t\tb()\n\tc()\n", "same"},
	{"python", "def f(a):\n    if a:\n        b()\n    c()\n", "def f(a):\n    if a:\n        b()\n        c()\n", "body of f"},
	{"python", "def f(a):\n    b\n    (c)\n", "def f(a):\n    b(c)\n", "body of f"},
	{"python", "def f(a):\n    return a == b\n", "def f(a):\n    return a = = b\n", "body of f"},
	{"python", "def f(a):\n    return 1\n", "def f(a, b=1):\n    return 1\n", "signature of f"},
	{"python", "@a\ndef f():\n    return 1\n", "@b\ndef f():\n    return 1\n", "signature of f"},
	{"python", "class A:\n    x = 1\n    def f(self): return 1\n", "class A:\n    x = 1\n    def f(self): return 2\n", "body of A.f"},
	{"python", "class A:\n    x = 1\n    def f(self): return 1\n", "class A:\n    x = 2\n    def f(self): return 1\n", "body of A, body of A.x"},
	{"python", "class A:\n    def f(self): return 1\n", "class A(B):\n    def f(self): return 1\n", "signature of A"},
	{"python", "def f(): return f'{a}b'\n", "def f(): return f'{a} b'\n", "body of f"},
	{"python", "def f(): return f'{a}b'\n", "def f(): return f'{ a }b'\n", "same"},
	{"python", "x = 1\nmain()\n", "x = 1\nmain(1)\n", "rest"},
	{"python", "import os\nos.x()\n", "import os\nimport a\nos.x()\n", "rest"},
	{"python", "import os\nos.x()\n", "import os\nfrom a import b\nos.x()\n", "same"},
	{"python", "def f():\n    a()\n    # only this\n", "def f():\n    a()\n\n\n# only that\n", "same"},

	{"typescript", "export function f(a: A): B { return a }\n", "export function f( a:A ) : B {\n  return a // why\n}", "same"},
	{"typescript", "function f() { return a }", "function f() { return\n a }", "body of f"},
	{"typescript", "function f() { a++\nb }", "function f() { a\n++b }", "body of f"},
	{"typescript", "function f(a: A): B { return a }", "function f(a: A): C { return a }", "signature of f"},
	{"typescript", "const f = (a) => a + 1", "const f = (a) => a + 2", "body of f"},
	{"typescript", "const f = (a) => a + 1", "const f = (a, b) => a + 1", "signature of f"},
	{"typescript", "class A { x = 1; f() { return 1 } }", "class A { x = 1; f() { return 2 } }", "body of A.f"},
	{"typescript", "class A { x = 1; f() { return 1 } }", "class A { x = 2; f() { return 1 } }", "body of A, body of A.x"},
	{"typescript", "const a = `x${b}y`", "const a = `x${ b }y`", "same"},
	{"typescript", "const a = `x${b}y`", "const a = `x${b} y`", "body of a"},
	{"typescript", "import a from 'a'\na()", "import a from 'a'\na(1)", "rest"},
	{"typescript", "import 'a'\na()", "a()", "rest"},
	{"typescript", "import a from 'a'\nlet x = a", "import a from 'b'\nlet x = a", "same"}, // the edge goes elsewhere
	{"javascript", "exports.a = 1, exports.b = 2", "exports.a = 1, exports.b = 3", "rest"},
	{"javascript", "exports.a = exports.b = 2", "exports.a = exports.b = 3", "body of a, body of b"},
	{"typescript", "function f(): A<`${B}_${C}`> { return 1 }", "function f(): A<`${B}_${C}`> { return 2 }", "body of f"},
	{"tsx", "const A = () => <a b='x'>some text</a>", "const A = () => <a   b='x'>\n  some text\n</a>", "same"},
	{"tsx", "const A = () => <a b='x'>some text</a>", "const A = () => <a b='x'>some  text</a>", "body of A"},
	{"tsx", "const A = () => <a><b/> <c/></a>", "const A = () => <a><b/><c/></a>", "body of A"},
	{"java", "class A { int f(int a) { return a; } }", "class A {\n\tint f( int a ) {\n\t\treturn a; // why\n\t}\n}", "same"},
	{"java", "class A { int f(int a) { return a; } }", "class A { int f(int a) { return 1; } }", "body of A.f"},
	{"java", "class A { int f(int a) { return a; } }", "class A { long f(int a) { return a; } }", "signature of A.f"},
	{"java", "class A { int a = 1; int f() { return a; } }", "class A { int a = 2; int f() { return a; } }", "body of A, body of A.a"},
	{"java", "class A { @X int f() { return 1; } }", "class A { @Y int f() { return 1; } }", "signature of A.f"},
	{"java", "package a; import b.C; class A {}", "package a; import b.D; class A {}", "same"},
	{"java", "class A { static { f(); } }", "class A { static { g(); } }", "body of A"},
	{"java", "class A { String a = \"\"\"\n  x \"y\"\n  \"\"\"; }", "class A { String a = \"\"\"\n   x \"y\"\n  \"\"\"; }", "body of A, body of A.a"},
	{"vue", "<script setup>\nfunction f() { return 1 }\n</script>\n<template><a/></template>", "<script setup>\nfunction f() {\n  return 1 }\n</script>\n<template><b/></template>", "body of default"},
	{"vue", "<script setup>\nfunction f() { return 1 }\n</script>\n<template><a/></template>", "<script setup>\nfunction f() { return 2 }\n</script>\n\n<!-- x -->\n<template>\n<a/></template>", "body of f"},
}

// TestSame holds that comments and white space change no hash, and everything else does.
func TestSame(t *testing.T) {
	for _, test := range sameTests {
		l := byName(t, test.language)
		base, head := l.Extract([]byte(test.base)), l.Extract([]byte(test.head))
		got := difference(&base, &head)
		if got != test.want {
			t.Errorf("%s: %q, %q: got %s, want %s", test.language, test.base, test.head, got, test.want)
		}
	}
}

func byName(t *testing.T, name string) *Language {
	t.Helper()
	i := slices.IndexFunc(All, func(l *Language) bool { return l.Name == name })
	if i < 0 {
		t.Fatalf("no language %s", name)
	}
	return All[i]
}

// difference says what changed between two files that define the same names.
func difference(base, head *Facts) string {
	if len(base.Definitions) != len(head.Definitions) {
		return fmt.Sprintf("%d definitions, %d", len(base.Definitions), len(head.Definitions))
	}
	s := ""
	add := func(text string) {
		if s != "" {
			s += ", "
		}
		s += text
	}
	for i, b := range base.Definitions {
		h := head.Definitions[i]
		switch {
		case b.Name != h.Name || b.Kind != h.Kind:
			add("name of " + b.Name)
		case b.Signature != h.Signature:
			add("signature of " + b.Name)
		}
		if b.Body != h.Body {
			add("body of " + b.Name)
		}
	}
	if base.Rest != head.Rest {
		add("rest")
	}
	if s == "" {
		return "same"
	}
	return s
}
