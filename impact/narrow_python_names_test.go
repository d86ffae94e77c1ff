package impact

import (
	"maps"
	"strings"
	"testing"
)

// TestNarrowPythonNames: a name that is bound elsewhere is not the changed one.
func TestNarrowPythonNames(t *testing.T) {
	for _, test := range []struct {
		name, use, want string // what use.py says, and who is reached when f of k/a.py does something else
	}{
		{"from the file", "from k.a import f\n\ndef use():\n    return f()\n", "use.py: use"},
		{"from the file, relative to it", "from .k.a import f\n\ndef use():\n    return f()\n", "use.py: use"},
		{"under another name", "from k.a import f as g\n\ndef use():\n    return g()\n", "use.py: use"},
		{"behind the module", "import k.a\n\ndef use():\n    return k.a.f()\n", "use.py: use"},
		{"behind the module under another name", "import k.a as m\n\ndef use():\n    return m.f()\n", "use.py: use"},
		{"all names", "from k.a import *\n\ndef use():\n    return f()\n", "use.py: use"},
		{"a module that comes with all names", "from k import *\n\ndef use():\n    return a.f()\n", "use.py: use"},
		{"in a function", "import k.b\n\ndef use():\n    from k.a import f\n    return f()\n", "use.py: use"},
		{"a function that says what is global", "from k.a import f\n\ndef use():\n    global f\n    f = f()\n", "use.py: use"},
		{"one of two", "try:\n    from k.a import f\nexcept ImportError:\n    from lib import f\n\ndef use():\n    return f()\n", "use.py: use"},
		{"with one of its own besides", "try:\n    from k.a import f\nexcept ImportError:\n    def f():\n        return 0\n\ndef use():\n    return f()\n", "use.py: use"},
		{"a parameter's value", "from k.a import f\n\ndef use(g=f):\n    return g()\n", "use.py whole"},
		{"beside a comprehension", "from k.a import f\n\ndef use(x):\n    return [f for f in x], f()\n", "use.py: use"},
		{"beside a part that is set", "from k.a import f\n\ndef use(x):\n    f.x = x[f] = 1\n", "use.py: use"},
		{"beside a keyword", "from k.a import f\n\ndef use(g):\n    return g(f=f)\n", "use.py: use"},
		{"an annotation in quotes", "from k.a import f\n\ndef use(g: 'f'):\n    return g\n", "use.py: use"},
		{"what a mock takes away", "import k.a\nfrom unittest import mock\n\ndef use():\n    return mock.patch.multiple('k.a', f=1)\n", "use.py: use"},
		{"a method that says it", "from k.a import f\n\nclass C:\n    def f(self):\n        return f()\n", "use.py: C.f"},
		{"a class in a function", "from k.a import f\n\ndef use():\n    class C:\n        f = f\n    return C\n", "use.py: use"},

		{"from elsewhere", "import k.b\nfrom lib import f\n\ndef use():\n    return f()\n", ""},
		{"one of its own", "import k.a\n\ndef f():\n    return 1\n\ndef use():\n    return f()\n", ""},
		{"a value of its own", "import k.a\n\nif True:\n    f = len\n\ndef use():\n    return f('')\n", ""},
		{"a parameter", "import k.a\n\ndef use(f, *g, **h):\n    return f()\n", ""},
		{"a variable", "import k.a\n\ndef use(x):\n    a, (f, *b) = x\n    return f\n", ""},
		{"one with a type", "import k.a\n\ndef use(x):\n    f: int = x\n    return f\n", ""},
		{"in a loop", "import k.a\n\ndef use(x):\n    for f in x:\n        print(f)\n", ""},
		{"of a context", "import k.a\n\ndef use(x):\n    with open(x) as f:\n        return f\n", ""},
		{"in a function in it", "import k.a\n\ndef use(f):\n    def g():\n        return f\n    return g\n", ""},
		{"a keyword", "import k.a\n\ndef use(x):\n    return x(f=1)\n", ""},
		{"behind a value", "import k.a\n\ndef use(x):\n    return x.f() + x().f\n", ""},
		{"behind a module from elsewhere", "import k.a\nimport os\n\ndef use():\n    return os.f()\n", ""},
	} {
		from := map[string]string{
			"k/__init__.py": "from . import a, b\n",
			"k/a.py":        "def f():\n    return 1\n",
			"k/b.py":        "from . import a\n",
			"use.py":        test.use,
		}
		head := maps.Clone(from)
		head["k/a.py"] = strings.Replace(head["k/a.py"], "return 1", "return 2", 1)
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %q, want %q", test.name, got, test.want)
		}
	}
}

// TestNarrowPythonExamples: examples for doctest run when somebody looks for them, and not when
// their file is loaded.
func TestNarrowPythonExamples(t *testing.T) {
	for _, test := range []struct{ name, pack, want string }{
		{"of a module", "\"\"\"About k.\n\n>>> k.f()\n1\n\"\"\"\nfrom .a import f\n", "k/__init__.py: __doc__; test_k.py: test_k"},
		{"of a class with a base", "from .a import f\n\nclass C(Exception):\n    \"\"\"C.\n\n    >>> f()\n    1\n    \"\"\"\n", "k/__init__.py: __doc__; test_k.py: test_k"},
		{"of a function", "from .a import f\n\ndef g():\n    '''>>> f()'''\n    return 1\n", "k/__init__.py: __doc__; test_k.py: test_k"},
		{"whose text somebody takes", "from .a import f\n\ndef g():\n    '''>>> f()'''\n\ndef h():\n    return g.__doc__\n", "k/__init__.py: __doc__; test_k.py: test_k"},
		{"that the file runs", "import doctest\nfrom .a import f\n\ndef g():\n    '''>>> f()'''\n\ndef h():\n    doctest.testmod()\n", "k/__init__.py: __doc__ h; test_k.py: test_k"},
		{"in a string that is used", "from .a import f\n\ndef g(run):\n    run('''>>> f()''')\n", "k/__init__.py: g; test_k.py: test_k; use.py: use"},
	} {
		from := map[string]string{
			"k/__init__.py": test.pack,
			"k/a.py":        "def f():\n    return 1\n",
			"k/b.py":        "x = 1\n",
			"use.py":        "import k\n\ndef use():\n    return k.g()\n",
			"test_k.py":     "import doctest\nimport k\n\ndef test_k():\n    doctest.testmod(k)\n",
		}
		head := maps.Clone(from)
		head["k/a.py"] = strings.Replace(head["k/a.py"], "return 1", "return 2", 1)
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %q, want %q", test.name, got, test.want)
		}
	}
}

// TestNarrowPythonMain: what a file does as a program is nothing to who imports it.
func TestNarrowPythonMain(t *testing.T) {
	for _, test := range []struct{ name, tool, other, want string }{
		{"who imports it", "from a import f\n\nif __name__ == '__main__':\n    print(f())\n", "import tool\n", "tool.py: __main__"},
		{"on one line", "from a import f\n\nif __name__ == \"__main__\": f()\n", "import tool\n", "tool.py: __main__"},
		{"who runs it", "from a import f\n\nif __name__ == '__main__':\n    print(f())\n", "import runpy\n\ndef test_it():\n    runpy.run_module('tool')\n", "tool.py: __main__; test_use.py whole"},
		{"behind it", "from a import f\n\nif __name__ == '__main__':\n    pass\nprint(f())\n", "import tool\n", "tool.py whole; test_use.py whole"},
		{"otherwise", "from a import f\n\nif __name__ == '__main__':\n    pass\nelse:\n    print(f())\n", "import tool\n", "tool.py whole; test_use.py whole"},
		{"another question", "from a import f\n\nif __name__ != '__main__':\n    print(f())\n", "import tool\n", "tool.py whole; test_use.py whole"},
	} {
		from := map[string]string{"a.py": "def f():\n    return 1\n", "tool.py": test.tool, "test_use.py": test.other}
		head := maps.Clone(from)
		head["a.py"] = "def f():\n    return 2\n"
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %q, want %q", test.name, got, test.want)
		}
	}
}

// TestNarrowPythonUnsaid: who imports a module and never says it gets what that one registers,
// and nothing of another one.
func TestNarrowPythonUnsaid(t *testing.T) {
	for _, test := range []struct{ name, use, want string }{
		{"of the module", "import k.c\n\ndef use():\n    return 1\n", "k/c.py: C.m; use.py whole"},
		{"of another one", "import socket\nfrom k.c import D\n\ndef use():\n    return D\n", "k/c.py: C.m"},
	} {
		from := map[string]string{
			"k/__init__.py": "",
			"k/a.py":        "def f():\n    return 1\n",
			"k/c.py":        "from lib import Base\nfrom .a import f\n\nclass C(Base):\n    def m(self):\n        return f()\n\nD = 1\n",
			"use.py":        test.use,
		}
		head := maps.Clone(from)
		head["k/a.py"] = "def f():\n    return 2\n"
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %q, want %q", test.name, got, test.want)
		}
	}
}
