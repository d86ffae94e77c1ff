package lang

import (
	"fmt"
	"testing"
)

func TestReadPyInstalled(t *testing.T) {
	for _, test := range []struct{ path, text, want string }{
		{"pyproject.toml", "[tool.setuptools.package-dir]\n\"\" = \"src\"\npkg = \"code\"\n[project.scripts]\nx-cli = \"a.b:main\"\n[project.entry-points.\"x.y\"]\nz = 'c.d'\n[project.entry-points.pytest11]\np = \"q\"\n", "map[pkg:code] map[x-cli:a.b] [c.d] [src]"},
		{"lib/pyproject.toml", "[tool.hatch.build.targets.wheel]\nsources = {\"code\" = \"a/pkg\"}\n[tool.poetry.scripts]\nx = \"m:f\"\n[tool.poetry.plugins.\"g\"]\nn = \"o:p\"\n", "map[a.pkg:code] map[x:m] [o] []"},
		{"setup.cfg", "[options]\npackage_dir =\n    = src\n    pkg = code\n[options.entry_points]\nconsole_scripts =\n    x = m:f\nx.plugins =\n    a = n:g\npytest11 =\n    p = q\n[other]\nconsole_scripts =\n    y = m:f\n", "map[pkg:code] map[x:m] [n] [src]"},
		{"setup.py", "setup(\n  package_dir={'': 'src', \"pkg\": \"code\"},\n  entry_points={\n    'console_scripts': ['x = m:f', \"y=m.n:g\"],\n    'x.plugins': [\n      'a = n:g',\n    ],\n    'pytest11': ['p = q'],\n  },\n)\n", "map[pkg:code] map[x:m y:m.n] [n] [src]"},
		{"setup.py", "setup(entry_points=None, package_dir=dirs)", "map[] map[] [] []"},
		{"pytest.ini", "[pytest]\npythonpath = a b/c\n    d\naddopts = e\n", "map[] map[] [] [a b/c d]"},
		{"setup.cfg", "[options.packages.find]\nwhere = code\n[tool:pytest]\npythonpath =\n  x\n  y\n", "map[] map[] [] [code x y]"},
		{"pyproject.toml", "[tool.pytest.ini_options]\npythonpath = [\n  \"code\",\n  '.',\n]\n", "map[] map[] [] [code]"},
		{"other.ini", "[project.scripts]\nx = \"m:f\"\n", "map[] map[] [] []"},
	} {
		said := readPyInstalled(test.path, []byte(test.text))
		if got := fmt.Sprint(said.renamed, said.programs, said.points, said.paths); got != test.want {
			t.Errorf("%s: %s, want %s", test.path, got, test.want)
		}
		if !SameProject(test.path, []byte(test.text), []byte(test.text+"\n"), nil) && baseOf(test.path) != "other.ini" {
			t.Errorf("%s means something else with a line more", test.path)
		}
		other := append([]byte(test.text), "[project.scripts]\nother = \"m:f\"\n"...)
		if test.path == "pyproject.toml" && SameProject(test.path, []byte(test.text), other, nil) {
			t.Errorf("%s means the same with another program", test.path)
		}
	}
}
