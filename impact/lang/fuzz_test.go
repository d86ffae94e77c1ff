package lang

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// goldenFiles are the files of all golden cases, as seeds.
func goldenFiles(t testing.TB) (files []*member) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range archives {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, members := parseTxtar(src)
		files = append(files, members...)
	}
	return files
}

// FuzzExtract feeds any bytes to every language: none panics, and what each says obeys
// the contract.
func FuzzExtract(f *testing.F) {
	for _, m := range goldenFiles(f) {
		f.Add(m.data)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		before := slices.Clone(src)
		for _, l := range All {
			facts := l.Extract(src)
			if !bytes.Equal(src, before) {
				t.Fatalf("%s: wrote to its input", l.Name)
			}
			if again := l.Extract(src); !reflect.DeepEqual(facts, again) {
				t.Fatalf("%s: answers differ", l.Name)
			}
			if l.Sketch != nil {
				if sketch := l.Sketch(src); !reflect.DeepEqual(sketch, facts.Sketch()) {
					t.Fatalf("%s: the sketch is another one:\n%+v\nwant\n%+v", l.Name, sketch, facts.Sketch())
				}
			}
			if bytes.IndexByte(src, 0) >= 0 && !facts.Damaged {
				t.Errorf("%s: binary, but not damaged", l.Name)
			}
			line, lines := 1, bytes.Count(src, []byte{'\n'})+1
			for _, imp := range facts.Imports {
				if imp.Spec == "" && imp.Level == 0 && l.Name != "go" && imp.Kind != Embed {
					t.Errorf("%s: import of nothing: %+v", l.Name, imp)
				}
				if imp.Kind == Embed || bytes.Contains(src, []byte(`\u`)) {
					continue // found in a second pass; lines may come from escapes
				}
				if imp.Line < line || imp.Line > lines {
					t.Errorf("%s: line %d after %d of %d", l.Name, imp.Line, line, lines)
				}
				line = imp.Line
			}
			if bytes.Contains(src, []byte(`\u`)) {
				lines = math.MaxInt
			}
			checkDefinitions(t, l, &facts, lines)
		}
	})
}

// checkDefinitions holds what a file defines against the contract.
func checkDefinitions(t *testing.T, l *Language, facts *Facts, lines int) {
	t.Helper()
	ordered := func(names []NameHash) bool {
		return slices.IsSorted(names) && len(slices.Compact(slices.Clone(names))) == len(names)
	}
	start := 1
	for _, d := range facts.Definitions {
		switch {
		case d.Name == "" || d.Kind == UnknownKind || d.Kind.String() == UnknownKind.String():
			t.Errorf("%s: no name or kind: %+v", l.Name, d)
		case d.Start < start || d.End < d.Start || d.End > lines:
			t.Errorf("%s: %s: lines %d to %d of %d, behind %d", l.Name, d.Name, d.Start, d.End, lines, start)
		case !ordered(d.Mentions):
			t.Errorf("%s: %s: mentions are not sorted", l.Name, d.Name)
		}
		start = d.Start
	}
	if !ordered(facts.Mentions) {
		t.Errorf("%s: mentions are not sorted", l.Name)
	}
	for _, e := range facts.Exports {
		if e.Import < 0 || e.As != "" && e.Import >= len(facts.Imports) || e.Name == "" {
			t.Errorf("%s: export %+v of %d imports", l.Name, e, len(facts.Imports))
		}
	}
	if !l.Defines && (facts.Definitions != nil || facts.Exports != nil) {
		t.Errorf("%s: definitions of a language that has none", l.Name)
	}
}

// FuzzAppend holds that what stands behind a whole file changes nothing before it: an
// import statement on a line of its own is found behind any file that is not damaged.
func FuzzAppend(f *testing.F) {
	for _, m := range goldenFiles(f) {
		f.Add(m.data)
	}
	tails := map[string]string{
		"python": "\nimport appended\n", "java": "\nimport appended.Type;\n",
		"typescript": "\n;import 'appended'\n", "tsx": "\n;import 'appended'\n", "javascript": "\n;import 'appended'\n",
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.HasSuffix(bytes.TrimRight(src, "\r"), []byte(`\`)) {
			return // joins the lines
		}
		for _, l := range All {
			tail, ok := tails[l.Name]
			facts := l.Extract(src)
			if !ok || facts.Damaged {
				continue
			}
			whole := l.Extract(slices.Concat(src, []byte(tail)))
			if !slices.ContainsFunc(whole.Imports, func(imp Import) bool { return strings.HasPrefix(imp.Spec, "appended") }) {
				t.Errorf("%s: %q hides the import behind it", l.Name, src)
			}
		}
	})
}

// FuzzResolve feeds any project files and specs to every resolver: none panics, and
// every target is a file of the tree.
func FuzzResolve(f *testing.F) {
	f.Add([]byte("module m\nreplace x => ./x"), []byte(`{"name":"p","exports":{"./*":{"a":["./dist/*.js"]}},"imports":{"#*":"#*"}}`), []byte(`{"extends":"./tsconfig.json","compilerOptions":{"baseUrl":"..","paths":{"a*b":["*/*"],"*":["${configDir}/*"]}},"references":[{"path":"."}]}`), "a/b/c", "m/x", "*", uint8(0))
	f.Add([]byte("module (\n\"m\"\n)"), []byte(`{"name":"../..","main":"/"}`), []byte(`[]`), "src", "../..", "[", uint8(5))
	f.Add([]byte("replace => "), []byte(`{"exports":{"a":{"b":{"c":null}},"./":"./"}}`), []byte(`{"extends":[["x"],"."]}`), "..", "p/a/..//b?x", "all:.", uint8(8))
	f.Fuzz(func(t *testing.T, gomod, pack, config []byte, folder, spec, name string, form uint8) {
		tree := memTree{
			"go.mod": gomod, folder + "/go.mod": gomod, folder + "/x.go": []byte("package x"), "x.go": nil,
			"package.json": pack, folder + "/package.json": pack, folder + "/src/index.ts": nil, "node_modules/p/package.json": pack,
			"tsconfig.json": config, folder + "/tsconfig.json": config,
			folder + "/__init__.py": nil, folder + "/x.py": nil, "setup.py": nil, "src/" + folder + "/x.pyi": nil,
			folder + "/X.java": []byte("package a.b; class X { Y y; a.b.Y z; }"), "Y.java": []byte("package a.b; class Y {}"),
			spec: nil, name: nil, folder + "/" + name: nil,
		}
		for _, l := range All {
			r := l.NewResolver(tree)
			for _, from := range []string{"x" + l.Extensions[0], folder + "/x" + l.Extensions[0]} {
				imp := Import{Spec: spec, Level: int(form / 5 % 4), Names: []string{name}, Kind: ImportKind(form % 5)}
				to := r.Resolve(from, imp)
				if !reflect.DeepEqual(to, r.Resolve(from, imp)) {
					t.Fatalf("%s: %+v: answers differ", l.Name, imp)
				}
				checkResolution(t, l, tree, imp, to)
			}
		}
	})
}

func checkResolution(t *testing.T, l *Language, tree memTree, imp Import, to Resolution) {
	t.Helper()
	found := len(to.Files) > 0 || to.Package != ""
	switch {
	case found && to.External:
		t.Errorf("%s: %+v is external and found: %+v", l.Name, imp, to)
	case found && (to.Confidence <= 0 || to.Confidence > 1000):
		t.Errorf("%s: %+v has confidence %d", l.Name, imp, to.Confidence)
	case !slices.IsSorted(to.Files) || len(slices.Compact(slices.Clone(to.Files))) != len(to.Files):
		t.Errorf("%s: %+v: not sorted, or doubles: %q", l.Name, imp, to.Files)
	case imp.Kind == SamePackage && l.Name == "java" && !found && !to.External:
		t.Errorf("%s: %+v is unresolved", l.Name, imp)
	}
	for _, file := range to.Files {
		if !tree.Has(file) {
			t.Errorf("%s: %+v: %q is not in the tree", l.Name, imp, file)
		}
	}
}

// TestHostile feeds files made to be read again and again. Anything more than linear
// would take hours: the bound leaves room for a machine with other work to do.
func TestHostile(t *testing.T) {
	const size = 256 << 10
	for _, unit := range []string{
		"(", "{", "[", "}", "`${", "<a>{", "<a b={", "<a><", "<T>(x) => ", "</a>", "<a", "/", "/*", "//\r", "'", "\"", "\"\"\"", "'''",
		"f'{", "f\"{a:{", "f'''{a:", "f'{a:}", "import ", "import {", "import a,", "import type ", "export {a", "export * from", "from . import (",
		"import a.", "import a\\\n.", "require(", "require(`", "import(/*", "import_module('", "__import__ (", "import a.b.c;", "a.", "a.B ", "\\", "\\u",
		"\\u0022", "\\uuuu", "#", "\u2028", "<script>", "<script src='", "<!--", "</", "package ", "package a\nimport (\n", "import \"embed\"\n//go:embed ", "\x00", "\xff", "1", ".", "/[", "a/[", "f'\\N{", "///<reference path=", "<a<", "=<a>{'", "/**/", "import/**/",
		"class A{", "class A:\n ", "function f<", "function f(a:", "type A=B<", "type A=", "const a=<", "const [", "const {a:{", "x:a extends b?", "namespace A{", "a,b=", "(a=>", "@a(", "@a\n", "def f(a=(", "if a:\n", "export{a as b},", "exports.a=", "exports.a = [1,", "class A{int a=b<", "class A{@B(", "class A{<", "enum A{B,", "record A(int a){",
	} {
		src := []byte(strings.Repeat(unit, size/len(unit)))
		for _, l := range All {
			if l.Name == "go" {
				src = append([]byte("package a\nimport \"embed\"\n//go:embed x\n"), src...)
			}
			began := time.Now()
			l.Extract(src)
			if took := time.Since(began); took > time.Minute {
				t.Errorf("%s: %q takes %v for %d bytes", l.Name, unit, took, size)
			}
		}
	}
}

// TestHostileTrees asks resolvers of trees in which everything bears the same name, or
// lies very deep, many thousand questions.
func TestHostileTrees(t *testing.T) {
	const n = 1000
	deep := strings.Repeat("d/", 1000)
	long := strings.Repeat("a/", 500) + "a"
	dotted := strings.ReplaceAll(long, "/", ".")
	trees := map[string]memTree{"same": {}, "deep": {}, "releases": {}}
	for i := range n {
		at := fmt.Sprintf("p%d/", i)
		for path, src := range map[string]string{
			"go.mod": "module m\nrequire m v1\nreplace m => ./", "x.go": "package x", "vendor/x/x.go": "",
			"package.json": `{"name":"m","main":"dist/x.js","exports":{"./*":"./*"}}`, "src/x.ts": "",
			"tsconfig.json": `{"extends":["../tsconfig.json","./tsconfig.json"],"compilerOptions":{"baseUrl":".","paths":{"m*":["./*"]}}}`,
			"m/__init__.py": "", "setup.py": "", "X.java": "package m; class X { Y y; }", "Y.java": "package m; class Y {}", "Z.kt": "",
		} {
			trees["same"][at+path] = []byte(src)
		}
		trees["releases"][fmt.Sprintf("p%d/src/main/java%d/X.java", i%10, 9+i)] = []byte("package m; class X {}")
		if i < 200 {
			trees["deep"][deep+at+"x.go"] = nil
			trees["deep"][deep+at+"__init__.py"] = nil
			trees["deep"][deep+at+"src/package.json"] = []byte(`{"name":"m"}`)
			trees["deep"][deep+at+"X.java"] = []byte("package m; class X {}")
		}
	}
	for name, tree := range trees {
		cached := &cachedTree{memTree: tree, files: tree.Files(), facts: map[string]*Facts{}}
		for _, path := range cached.files {
			cached.facts[path] = tree.Facts(path)
		}
		for _, l := range All {
			if l.Name == "tsx" || l.Name == "vue" || l.Name == "svelte" {
				continue // resolve as typescript and javascript do
			}
			began := time.Now()
			r := l.NewResolver(cached)
			for i := range n {
				from := fmt.Sprintf("p%d/x", i)
				if name == "deep" {
					from = deep + fmt.Sprintf("p%d/x", i%200)
				}
				for _, spec := range []string{"m", "m/x", "m.X", "m.x", "./x", "#x", "@/x", long, dotted, "X", "Z"} {
					for _, kind := range []ImportKind{Static, Embed, SamePackage} {
						r.Resolve(from+l.Extensions[0], Import{Spec: spec, Kind: kind, Names: []string{"*"}})
					}
				}
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("%s: %s takes %v", l.Name, name, took)
			}
		}
	}
}
