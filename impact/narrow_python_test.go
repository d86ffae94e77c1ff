package impact

import (
	"maps"
	"strings"
	"testing"
)

// A package whose __init__.py runs before its modules.
var loadedPackage = map[string]string{
	"k/__init__.py":   "\"\"\"About k.\"\"\"\nfrom .base import VERSION\n\ndef helper():\n    return VERSION\n",
	"k/base.py":       "VERSION = 1\n\ndef old():\n    return 1\n",
	"k/m.py":          "def f():\n    return 1\n",
	"k/s/__init__.py": "",
	"k/s/n.py":        "from ..m import f\n\ndef g():\n    return f()\n",
	"use.py":          "from k.m import f\n\ndef g(helper):\n    return f() + helper\n",
	"named.py":        "import k.m\n\ndef g():\n    return k.helper()\n",
	"test_use.py":     "from use import g\n\ndef test_g():\n    assert g(0)\n",
}

// TestNarrowPythonPackages: what runs before a module reaches whoever imports it, and names
// only whom they can mean.
func TestNarrowPythonPackages(t *testing.T) {
	all := "k/m.py whole; k/s/__init__.py whole; named.py whole; k/s/n.py whole; use.py whole; test_use.py whole"
	for _, test := range []struct {
		name          string
		path, was, is string
		want          string
	}{
		{"a comment", "k/__init__.py", "def helper", "# Helps.\ndef helper", ""},
		{"a docstring", "k/__init__.py", "About k", "All about k", ""},
		{"what nobody runs before he asks for it", "k/__init__.py", "return VERSION", "return 2", "named.py: g"},
		{"a statement", "k/__init__.py", "def helper", "print(VERSION)\n\ndef helper", "k/base.py whole; " + all},
		{"an import", "k/__init__.py", "import VERSION", "import VERSION, old", ""},
		{"an import for what it does", "k/m.py", "def f", "from . import base\n\ndef f", "k/s/n.py whole; named.py whole; use.py whole; test_use.py whole"},
		{"an import for others", "k/s/__init__.py", "", "from ..m import f\n", ""},
		{"what it imports is gone", "k/base.py", "VERSION = 1\n", "", "k/__init__.py whole; " + all},
		{"what it imports and does not run", "k/base.py", "return 1", "return 2", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			head := maps.Clone(loadedPackage)
			if head[test.path] = strings.Replace(head[test.path], test.was, test.is, 1); head[test.path] == loadedPackage[test.path] {
				t.Fatal("nothing was edited")
			}
			if got := narrowedLines(assessTrees(t, loadedPackage, head)); got != test.want {
				t.Errorf("reached\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestNarrowPythonModules: a name that is put together at run time is found in a module, and
// whoever hands over the module is reached, not who only looks into what he is given.
func TestNarrowPythonModules(t *testing.T) {
	for _, test := range []struct {
		name string
		use  string // use.py
		want string // reached when the body of do_x of a.py is another one
	}{
		{"a module that is looked into", "import a\n\ndef run(x):\n    return getattr(a, 'do_' + x)()\n", "use.py: run"},
		{"under another name", "import a as m\n\ndef run(x):\n    return vars(m)['do_' + x]()\n", "use.py: run"},
		{"from a package", "from k import b\n\ndef run(x):\n    return b.__dict__['do_' + x]()\n", "k/b.py: do_x; use.py: run"},
		{"behind the name of a package", "import k.b\n\ndef run(x):\n    return getattr(k.b, 'do_' + x)()\n", "k/b.py: do_x; use.py: run"},
		{"that is handed over", "import a\nimport look\n\ndef run(x):\n    return look.up(a, 'do_' + x)()\n", "use.py: run"},
		{"all of it", "import a\nimport inspect\n\ndef run():\n    return inspect.getmembers(a)\n", "use.py: run"},
		{"that is loaded by its name", "from importlib import import_module\n\ndef run(x):\n    return getattr(import_module('a'), 'do_' + x)()\n", "use.py: run"},
		{"that was loaded before", "import a\nimport sys\n\ndef run(x):\n    return getattr(sys.modules['a'], a.PREFIX + x)()\n", "use.py: run"},
		{"names of its own", "from a import *\n\ndef run(x):\n    return globals()['do_' + x]()\n", "use.py: run"},
		{"an object that is looked into", "import a\n\ndef run(x, n):\n    return getattr(x, n)(a.PREFIX)\n", ""},
		{"what an object has", "import a\n\ndef run(x):\n    x.__dict__['p'] = a.PREFIX\n", ""},
		{"a module that nobody says", "import a\n\ndef run(x):\n    return x\n", ""},
		{"a list of all names", "from a import *\n\ndef run():\n    return PREFIX\n", ""},
	} {
		from := map[string]string{
			"a.py":          "__all__ = ['do_x', 'PREFIX']\n\nPREFIX = 'do_'\n\ndef do_x():\n    return 1\n",
			"k/__init__.py": "",
			"k/b.py":        "from a import do_x as real\n\ndef do_x():\n    return real()\n",
			"look.py":       "import a\n\ndef up(m, n):\n    return getattr(m, n)\n",
			"use.py":        test.use,
		}
		head := maps.Clone(from)
		head["a.py"] = strings.Replace(head["a.py"], "return 1", "return 2", 1)
		got := strings.TrimPrefix(strings.ReplaceAll(narrowedLines(assessTrees(t, from, head)), "k/b.py: do_x; ", ""), "k/b.py: do_x")
		if want := strings.ReplaceAll(test.want, "k/b.py: do_x; ", ""); got != want {
			t.Errorf("%s: reached %q, want %q", test.name, got, want)
		}
	}
}

// TestNarrowPythonLists: a list of all names is the same whatever they do, and can not be had
// without one of them.
func TestNarrowPythonLists(t *testing.T) {
	from := map[string]string{
		"a.py":    "__all__ = ('f', 'g')\n\ndef f():\n    return 1\n\ndef g():\n    return 1\n",
		"star.py": "from a import *\n\ndef h():\n    return g()\n",
		"more.py": "import a\n\n__all__ = a.__all__ + ['h']\n\ndef h():\n    return 1\n",
	}
	for _, test := range []struct{ name, was, is, want string }{
		{"what one does", "f():\n    return 1", "f():\n    return 2", ""},
		{"one is gone", "def f():\n    return 1\n", "", "star.py whole"},
		{"one has another name", "def f()", "def e()", "star.py whole"},
		{"the list is another one", "('f', 'g')", "('g',)", "more.py whole; star.py whole"},
	} {
		head := maps.Clone(from)
		head["a.py"] = strings.Replace(head["a.py"], test.was, test.is, 1)
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %q, want %q", test.name, got, test.want)
		}
	}
}

// TestNarrowPythonGlobals: what is called globals, and is not the builtin, means no other name.
func TestNarrowPythonGlobals(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"a module", "from .a import f\n\ndef g():\n    from .globals import x\n    return x\n", ""},
		{"a member", "from .a import f\n\ndef g(env):\n    return env.globals\n", ""},
		{"a keyword", "from .a import f\n\ndef g(env):\n    return env(globals=1)\n", ""},
		{"the builtin", "from .a import f\n\ndef g(n):\n    return globals()[n]()\n", "k/b.py: g"},
		{"the builtin of its module", "import builtins\nfrom .a import f\n\ndef g(n):\n    return builtins.globals()[n]()\n", "k/b.py: g"},
		{"the builtin, handed on", "from .a import f\n\ndef g(n, h):\n    return h(globals)\n", "k/b.py: g"},
	} {
		from := map[string]string{"k/__init__.py": "", "k/globals.py": "x = 1\n", "k/a.py": "def f():\n    return 1\n", "k/b.py": test.file}
		head := maps.Clone(from)
		head["k/a.py"] = "def f():\n    return 2\n"
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %q, want %q", test.name, got, test.want)
		}
	}
}

// TestReasonOfNamesFromElsewhere: a name that a file has from another one is not removed when it
// comes from elsewhere, or comes at all.
func TestReasonOfNamesFromElsewhere(t *testing.T) {
	for _, test := range []struct{ name, was, is, want string }{
		{"from elsewhere", "from .a import f\n", "from .b import f\n", "use mentions f of k/__init__.py, which comes from elsewhere now"},
		{"at all", "", "from .a import f\n", "use may use any name, and so f of k/__init__.py, which is handed on now"},
		{"no more", "from .a import f\n", "", "use mentions f of k/__init__.py, which is removed"},
	} {
		from := map[string]string{
			"k/__init__.py": test.was, "k/a.py": "def f():\n    return 1\n", "k/b.py": "def f():\n    return 2\n",
			"use.py": "import k\n\ndef use(n):\n    return k.f()\n",
		}
		if test.was == "" {
			from["use.py"] = "import k\n\ndef use(n):\n    return getattr(k, n)()\n"
		}
		head := maps.Clone(from)
		head["k/__init__.py"] = test.is
		reason := ""
		for _, r := range assessTrees(t, from, head).Reached {
			if r.Path == "use.py" {
				reason = r.Reason
			}
		}
		if reason != test.want {
			t.Errorf("%s: %q, want %q", test.name, reason, test.want)
		}
	}
}
