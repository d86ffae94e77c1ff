package impact

import "testing"

// TestPythonDoesNotMiss: what Python runs, or loads, without a name that says so. Each case
// was seen to break under Python 3.11 or pytest 7.2.
func TestPythonDoesNotMiss(t *testing.T) {
	for _, test := range []struct {
		name       string
		from       map[string]string
		path, head string
		want       string
	}{
		{
			"a hook of pytest", map[string]string{
				"conftest.py": "def pytest_generate_tests(metafunc):\n    metafunc.parametrize('n', values())\n\ndef values():\n    return [1]\n",
				"t/test_a.py": "def test_a(n):\n    assert n == 1\n",
			},
			"conftest.py", "def pytest_generate_tests(metafunc):\n    metafunc.parametrize('n', values())\n\ndef values():\n    return [2]\n",
			"t/test_a.py",
		},
		{
			"a module of fixtures that is named to pytest", map[string]string{
				"plug.py":     "import pytest\n\n@pytest.fixture\ndef val():\n    return 1\n",
				"conftest.py": "pytest_plugins = [\n    'other',  # first\n    'plug',\n]\n",
				"t/test_a.py": "def test_a(val):\n    assert val == 1\n",
			},
			"plug.py", "import pytest\n\n@pytest.fixture\ndef val():\n    return 2\n",
			"t/test_a.py",
		},
		{
			"a package that runs as a program", map[string]string{
				"k/__init__.py": "", "k/__main__.py": "from k.m import f\nprint(f())\n", "k/m.py": "def f():\n    return 1\n",
				"use.py": "import subprocess, sys\n\ndef run():\n    return subprocess.run([sys.executable, '-m', 'k'])\n",
			},
			"k/m.py", "def f():\n    return 2\n", "use.py",
		},
		{
			"a package that is run", map[string]string{
				"k/__init__.py": "", "k/__main__.py": "from k.m import f\nprint(f())\n", "k/m.py": "def f():\n    return 1\n",
				"use.py": "import runpy\nrunpy.run_module('k')\n",
			},
			"k/m.py", "def f():\n    return 2\n", "use.py",
		},
		{
			"a module of routes that Django loads by its name", map[string]string{
				"app/urls.py": "urlpatterns = [1]\n",
				"urls.py":     "from django.urls import include, path\n\nurlpatterns = [path('a', include('app.urls'))]\n",
			},
			"app/urls.py", "urlpatterns = [2]\n", "urls.py",
		},
		{
			"the order of two functions of one name", map[string]string{
				"m.py": "def f():\n    return 1\n\ndef f():\n    return 2\n", "use.py": "from m import f\n\ndef g():\n    return f()\n",
			},
			"m.py", "def f():\n    return 2\n\ndef f():\n    return 1\n", "use.py",
		},
		{
			"the order of values of which one takes the other", map[string]string{
				"m.py": "A = 1\nB = A\nA = 2\n", "use.py": "from m import B\n\ndef g():\n    return B\n",
			},
			"m.py", "A = 1\nA = 2\nB = A\n", "use.py",
		},
		{
			"a value that is taken before a statement alters it", map[string]string{
				"m.py": "A = [1]\nB = list(A)\nA.append(2)\n", "use.py": "from m import B\n\ndef g():\n    return B\n",
			},
			"m.py", "A = [1]\nA.append(2)\nB = list(A)\n", "use.py",
		},
		{
			"a class that stands before what it is one of", map[string]string{
				"m.py": "class Base:\n    pass\n\nclass Heir(Base):\n    pass\n\ndef f():\n    return 1\n", "use.py": "from m import f\n\ndef g():\n    return f()\n",
			},
			"m.py", "class Heir(Base):\n    pass\n\nclass Base:\n    pass\n\ndef f():\n    return 1\n", "use.py",
		},
		{
			"a statement that stands before what it calls", map[string]string{
				"m.py": "def f():\n    return 1\n\nprint(f())\n", "use.py": "import m\n\ndef g():\n    return m.f()\n",
			},
			"m.py", "print(f())\n\ndef f():\n    return 1\n", "use.py",
		},
	} {
		checkReached(t, test.name, test.from, map[string]string{test.path: test.head}, test.want)
	}
}

// TestPythonOrderThatDoesNotMatter: definitions that change places reach nobody.
func TestPythonOrderThatDoesNotMatter(t *testing.T) {
	from := map[string]string{
		"m.py":   "import os\n\ndef f():\n    return g() + A\n\ndef g():\n    return os.sep\n\nA = 1\n\nclass C:\n    def x(self):\n        return f()\n\n    def y(self):\n        return self.x()\n",
		"use.py": "from m import f\n\ndef h():\n    return f()\n",
	}
	head := map[string]string{
		"m.py":   "import os\n\nclass C:\n    def y(self):\n        return self.x()\n\n    def x(self):\n        return f()\n\nA = 1\n\ndef g():\n    return os.sep\n\ndef f():\n    return g() + A\n",
		"use.py": from["use.py"],
	}
	if r := assessTrees(t, from, head); len(r.Reached) != 0 {
		t.Errorf("reached %s", narrowedLines(r))
	}
}
