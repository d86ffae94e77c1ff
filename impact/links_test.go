package impact

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"custody/internal/finding"
)

// TestLinks: a change of what a symbolic link stands for is not assessed, since nobody knows
// who uses it by the name of the link; other changes are.
func TestLinks(t *testing.T) {
	tree := map[string]string{
		"go.mod":       "module m\n",
		"lib/a.py":     "def f():\n    return 1\n",
		"link.py":      linkTo + "lib/a.py",
		"b.py":         "from link import f\nimport lib.c\n",
		"lib/c.py":     "def a():\n    return 1\n",
		"other/a.py":   "def f():\n    return 1\n",
		"use.py":       "from other.a import f\n",
		"away.py":      linkTo + "../lib/a.py",
		"pk/l.ts":      linkTo + "./../src/a.ts",
		"pk/b.ts":      "import { f } from './l'\nimport { g } from '../src/g'\n",
		"src/a.ts":     "import { g } from './g'\nexport const f = () => g()\n",
		"src/g.ts":     "export const g = () => 1\n",
		"s/f.go":       "package s\n\nfunc F() int { return 1 }\n",
		"s/t.go":       "package s\n\nimport \"m/x\"\n\nfunc T() int { return x.X() }\n",
		"x/x.go":       "package x\n\nfunc X() int { return 1 }\n",
		"a/f.go":       linkTo + "../s/f.go",
		"b/b.go":       "package b\n\nimport \"m/a\"\n\nfunc B() int { return a.F() }\n",
		"data/x.json":  linkTo + "../lib/a.py",
		"docs/read.md": linkTo + "../lib/a.py",
	}
	for _, test := range []struct{ path, text, link string }{
		{"lib/a.py", "def f():\n    return 2\n", "link.py"},
		{"lib/c.py", "def a():\n    return 2\n", ""},
		{"other/a.py", "def f():\n    return 2\n", ""},
		{"src/a.ts", "import { g } from './g'\nexport const f = () => g() + 1\n", "pk/l.ts"},
		{"src/g.ts", "export const g = () => 2\n", "pk/l.ts"},
		{"s/f.go", "package s\n\nfunc F() int { return 2 }\n", "a/f.go"},
		{"s/t.go", "package s\n\nimport \"m/x\"\n\nfunc T() int { return 1 + x.X() }\n", ""},
	} {
		head := maps.Clone(tree)
		head[test.path] = test.text
		var got []string
		r := assessTrees(t, tree, head)
		for _, reason := range r.Reasons {
			got = append(got, reason.Path)
		}
		if strings.Join(got, " ") != test.link || test.link == "" != (r.Outcome == finding.Satisfied) {
			t.Errorf("%s: not known for %q, want %q: %+v", test.path, got, test.link, r.Reasons)
		}
	}
}

// TestTooManyLinks: links whose second paths are too many are not followed, and who may import
// through one is not known.
func TestTooManyLinks(t *testing.T) {
	tree := map[string]string{
		"pkg/a.py":   "def f():\n    return 1\n",
		"pkg/b.py":   "def g():\n    return 1\n",
		"lib":        linkTo + "pkg",
		"use.py":     "from lib.a import f\n\nf()\n",
		"outside.py": "import numpy.a\n",
		"o.py":       "from pkg.b import g\n",
	}
	for i := range 250 {
		tree[fmt.Sprintf("big/%d.txt", i)] = "x\n"
	}
	for _, test := range []struct {
		links int
		want  finding.Outcome
	}{{10, finding.Satisfied}, {201, finding.NotAssessed}} {
		base := maps.Clone(tree)
		for i := range test.links {
			base[fmt.Sprintf("a%d", i)] = linkTo + "big"
		}
		head := maps.Clone(base)
		head["pkg/a.py"] = "def f():\n    return 2\n"
		if r := assessTrees(t, base, head); r.Outcome != test.want {
			t.Errorf("%d links: %s, want %s: %+v", test.links, r.Outcome, test.want, r.Reasons)
		}
	}
}
