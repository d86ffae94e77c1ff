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
		{"an import", "k/__init__.py", "import VERSION", "import VERSION, old", "k/base.py whole; " + all},
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
