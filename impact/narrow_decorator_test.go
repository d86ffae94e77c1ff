package impact

import (
	"maps"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNarrowPythonDecorators: what a decorator keeps may be run without a name, so that
// whoever imports the file is reached; what one gives back is run by its name. Python says
// which of the two it is: app.py, which never says f, does something else or the same.
func TestNarrowPythonDecorators(t *testing.T) {
	const look = "\ndef look():\n    return [g() for g in KEPT]\n"
	tests := []struct {
		name  string
		deco  string // deco.py
		use   string // how m.py uses it
		keeps bool
	}{
		{"one that wraps", "import functools\nKEPT = []\ndef d(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner\n", "@d", false},
		{"one that marks", "KEPT = []\ndef d(f):\n    f.marked = True\n    return f\n", "@d", false},
		{"one that is called first", "KEPT = []\ndef d(*names):\n    if not set(names) < {'a', 'b'}:\n        raise ValueError(names)\n    def deco(f):\n        def inner(*a):\n            KEPT.append(1)\n            return f(*a)\n        return inner\n    return deco\n", "@d('a')", false},
		{"a class", "KEPT = []\nclass d:\n    def __init__(self, *names, deep=False):\n        self.names = names\n    def __call__(self, f):\n        def inner(*a):\n            return f(*a)\n        inner.__wrapped__ = f\n        inner.__dict__.update(f.__dict__)\n        return inner\n", "@d('a', deep=True)", false},
		{"one that leaves it to a class", "KEPT = []\nclass d2:\n    def __init__(self, check):\n        self.check = check\n    def __call__(self, f):\n        def inner(*a):\n            self.check(*a)\n            return f(*a)\n        return inner\ndef d(name):\n    def check(*a):\n        raise KeyError(name) if name in a else KeyError\n    return d2(check)\n", "@d('a')", false},
		{"two of them", "KEPT = []\ndef d(f):\n    return f\ndef e(f):\n    return f\n", "@d\n@e", false},

		{"one that keeps", "KEPT = []\ndef d(f):\n    KEPT.append(f)\n    return f\n", "@d", true},
		{"under a key", "STORE = {}\nKEPT = STORE.values()\ndef d(key):\n    def deco(f):\n        STORE[key] = f\n        return f\n    return deco\n", "@d('k')", true},
		{"under another name", "KEPT = []\ndef d(f):\n    kept = KEPT\n    kept.append(f)\n    return f\n", "@d", true},
		{"by what a call gives", "ALL = {'k': []}\nKEPT = ALL['k']\ndef d(f):\n    ALL.setdefault('k', []).append(f)\n    return f\n", "@d", true},
		{"in a variable", "KEPT = []\ndef d(f):\n    global KEPT\n    KEPT = [f]\n    return f\n", "@d", true},
		{"added up", "KEPT = []\ndef d(f):\n    global KEPT\n    KEPT += [f]\n    return f\n", "@d", true},
		{"in itself", "KEPT = []\ndef d(f):\n    d.kept = f\n    KEPT.append(0)\n    KEPT[0] = d.kept\n    return f\n", "@d", true},
		{"in a default value", "def d(f=None, kept=[]):\n    kept.append(f)\n    return f\nKEPT = d.__defaults__[1]\n", "@d", true},
		{"in its class", "class d:\n    kept = []\n    def __init__(self, f):\n        self.kept.append(f)\n    def __call__(self):\n        pass\nKEPT = d.kept\n", "@d", true},
		{"in its class, by its type", "KEPT = []\nclass d:\n    def __init__(self, f):\n        type(self).last = f\n        KEPT[:] = [f]\n    def __call__(self):\n        pass\n", "@d", true},
		{"when it is called", "KEPT = []\nclass d:\n    def __call__(self, f):\n        KEPT.append(f)\n        return f\n", "@d()", true},
		{"by somebody else", "KEPT = []\ndef keep(f):\n    KEPT.append(f)\n    return f\ndef d(f):\n    return keep(f)\n", "@d", true},
		{"by a method", "class Store:\n    def __init__(self):\n        self.all = []\n    def add(self, f):\n        self.all.append(f)\n        return f\nSTORE = Store()\nKEPT = STORE.all\ndef d(f):\n    return STORE.add(f)\n", "@d", true},
		{"by a name in a string", "KEPT = []\ndef d(f):\n    exec('KEPT.append(f)', globals(), {'f': f})\n    return f\n", "@d", true},
		{"by its globals", "KEPT = []\ndef d(f):\n    d.__globals__['KEPT'].append(f)\n    return f\n", "@d", true},
		{"in a loop over others", "LISTS = [[]]\nKEPT = LISTS[0]\ndef d(f):\n    for kept in LISTS:\n        kept.append(f)\n    return f\n", "@d", true},
		{"in the second round of a loop", "KEPT = []\ndef d(f):\n    kept = []\n    for _ in (1, 2):\n        kept.append(f)\n        kept = KEPT\n    return f\n", "@d", true},
		{"in one line", "KEPT = []\ndef d(f):\n    if f: KEPT.append(f)\n    return f\n", "@d", true},
		{"in a function of one line", "KEPT = []\ndef d(n):\n    def deco(f): KEPT.append(f); return f\n    return deco\n", "@d(1)", true},
		{"in a lambda", "KEPT = []\ndef d(n):\n    return lambda f: KEPT.append(f) or f\n", "@d(1)", true},
		{"in an expression", "class L(list):\n    def __lshift__(self, f):\n        self.append(f)\nKEPT = L()\ndef d(f):\n    KEPT << f\n    return f\n", "@d", true},
		{"what runs at once", "KEPT = []\ndef d(f):\n    KEPT.append(lambda n=f(): n)\n    return f\n", "@d", true},
		{"run at once for an answer", "KEPT = []\ndef d(f):\n    f.n = f()\n    n = f.n\n    STORE[0] = n\n    return f\nSTORE = [0]\nKEPT.append(lambda: STORE[0])\n", "@d", true},
		{"one of two", "KEPT = []\ndef d(f):\n    return f\nif KEPT == []:\n    def d(f):\n        KEPT.append(f)\n        return f\n", "@d", true},
		{"one that is replaced", "KEPT = []\ndef keep(f):\n    KEPT.append(f)\n    return f\ndef d(f):\n    return f\nd = keep\n", "@d", true},
		{"one that is decorated", "KEPT = []\ndef keep(g):\n    def deco(f):\n        KEPT.append(f)\n        return g(f)\n    return deco\n@keep\ndef d(f):\n    return f\n", "@d", true},
		{"one whose class has a base", "KEPT = []\nclass Base:\n    def __new__(cls, f):\n        KEPT.append(f)\n        return object.__new__(cls)\nclass d(Base):\n    def __init__(self, f):\n        self.f = f\n    def __call__(self):\n        return self.f()\n", "@d", true},
		{"the inner one of two", "KEPT = []\ndef d(f):\n    return f\ndef e(f):\n    KEPT.append(f)\n    return f\n", "@d\n@e", true},
		{"with what it is given", "KEPT = []\ndef d(keep):\n    def deco(f):\n        keep(f)\n        return f\n    return deco\n", "@d(KEPT.append)", true},
	}
	trees := make([]map[string]string, 0, 2*len(tests)) // before and after
	for _, test := range tests {
		from := map[string]string{
			"deco.py": test.deco + look,
			"m.py":    "from deco import *\n\n" + test.use + "\ndef f():\n    return 1\n",
			"app.py":  "import m\nimport deco\n\ndef run():\n    return m.__name__, deco.look()\n",
		}
		head := maps.Clone(from)
		head["m.py"] = strings.Replace(from["m.py"], "return 1", "return 2", 1)
		trees = append(trees, from, head)
	}
	said := runPython(t, trees)
	for i, test := range tests {
		if was, is := said[2*i], said[2*i+1]; (was != is) != test.keeps {
			t.Errorf("%s: Python says %q before and %q after", test.name, was, is)
		}
		got := narrowedLines(assessTrees(t, trees[2*i], trees[2*i+1]))
		if reached := strings.Contains(got, "app.py"); reached != test.keeps {
			t.Errorf("%s: reached %q", test.name, got)
		}
	}
}

// runPython gives what app.run() of each tree gives.
func runPython(t *testing.T, trees []map[string]string) []string {
	const program = `
import sys
had = set(sys.modules)
for tree in sys.argv[1:]:
    sys.path[0] = tree
    import app
    print(app.run())
    for name in set(sys.modules) - had:
        del sys.modules[name]
`
	args := []string{"-B", "-c", program}
	for _, files := range trees {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, dir)
	}
	out, err := osexec.Command("python3", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(trees) {
		t.Fatalf("Python says %q", lines)
	}
	return lines
}
