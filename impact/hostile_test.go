//go:build unix

package impact

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A hostileTree is made to take long, or to lead nowhere. n is how hostile.
type hostileTree struct {
	name  string
	files func(n int) map[string]string
	// counted is a part of what stands among the skipped, since something is not known. None:
	// all of it is understood.
	counted string
	// edges are at least so many, for n.
	edges func(n int) int
}

func repeated(n int, format string, sep string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, sep)
}

var hostileTrees = []hostileTree{
	{
		name: "tsconfig that extend each other in a circle",
		files: func(n int) map[string]string {
			files := map[string]string{"a.ts": "import '@x/y'\n", "x/y.ts": ""}
			files["tsconfig.json"] = `{"extends": "./c0.json", "references": [{"path": "./c1.json"}]}`
			for i := range n {
				files[fmt.Sprintf("c%d.json", i)] = fmt.Sprintf(`{"extends": ["./c%d.json", "./tsconfig.json"], "references": [{"path": "./c%d.json"}]}`, (i+1)%n, (i+7)%n)
			}
			return files
		},
		counted: "@x/y",
	},
	{
		name: "an alias behind more configurations than are read",
		files: func(n int) map[string]string {
			files := map[string]string{"a.ts": "import '@x/y'\n", "x/y.ts": "", "tsconfig.json": `{"extends": "./c0.json"}`}
			for i := range n {
				files[fmt.Sprintf("c%d.json", i)] = fmt.Sprintf(`{"extends": "./c%d.json"}`, i+1)
			}
			files[fmt.Sprintf("c%d.json", n)] = `{"compilerOptions": {"paths": {"@x/*": ["./x/*"]}}}`
			return files
		},
		counted: "@x/y",
	},
	{
		name: "an alias behind more references than are followed",
		files: func(n int) map[string]string {
			files := map[string]string{"a.ts": "import '@x/y'\n", "x/y.ts": "", "last/tsconfig.json": `{"compilerOptions": {"paths": {"@x/*": ["../x/*"]}}}`}
			files["tsconfig.json"] = `{"references": [` + repeated(max(n, 256), `{"path": "./p%d"}`, ",") + `, {"path": "./last"}]}`
			return files
		},
		counted: "@x/y",
	},
	{
		name: "patterns of every length, in configurations that refer to each other",
		files: func(n int) map[string]string {
			files := map[string]string{}
			var patterns []string
			for i := range min(n, 1000) {
				patterns = append(patterns, `"`+strings.Repeat("1", i+1)+`*zz": ["./*"]`)
			}
			paths := `{"compilerOptions": {"paths": {` + strings.Join(patterns, ",") + `}}`
			dir := ""
			for i := range 16 {
				dir += fmt.Sprintf("d%d/", i)
				files[dir+"tsconfig.json"] = paths + `, "references": [` + repeated(32, `{"path": "./r%d.json"}`, ",") + `]}`
				for j := range 32 {
					files[fmt.Sprintf("%sr%d.json", dir, j)] = paths + "}"
				}
			}
			files[dir+"a.ts"] = repeated(n, "import '"+strings.Repeat("1", 900)+"%d'", "\n")
			return files
		},
	},
	{
		name: "a star that fits everywhere",
		files: func(n int) map[string]string {
			star := strings.Repeat("*", 500)
			return map[string]string{
				"package.json": `{"name": "p", "exports": {"./` + star + `": "./` + star + `", "./a*": "./*/` + star + `"}, "imports": {"#*": ["#*", "./` + star + `"]}}`,
				"a.js":         repeated(n, "import 'p/"+strings.Repeat("a", 500)+"%d'", "\n") + "\nimport '#" + strings.Repeat("a", 900) + "'\n",
			}
		},
		counted: "p/aaaa",
	},
	{
		name: "exports of a hundred thousand names, more than is read",
		files: func(n int) map[string]string {
			return map[string]string{
				"package.json": `{"name": "p", "exports": {` + repeated(max(60_000, 20*n), `"./a%d": "./b.js"`, ",") + `}}`,
				"b.js":         "", "a.js": "import 'p/a7'\nimport 'elsewhere'\n",
			}
		},
		counted: "package.json",
	},
	{
		name: "as many packages of a workspace as folders",
		files: func(n int) map[string]string {
			files := map[string]string{"package.json": `{"workspaces": ["**/*/**/*/**/*", "{a,b}{a,b}{a,b}{a,b}/**"]}`}
			for i := range n {
				files[fmt.Sprintf("p/%d/package.json", i)] = fmt.Sprintf(`{"name": "p%d"}`, i)
				files[fmt.Sprintf("p/%d/index.js", i)] = fmt.Sprintf("import 'p%d'\n", (i+1)%n)
			}
			return files
		},
		edges: func(n int) int { return n },
	},
	{
		name: "node_modules in each other, a thousand deep",
		files: func(n int) map[string]string {
			dir := strings.Repeat("node_modules/m/", 300)
			files := map[string]string{dir + "a.js": repeated(n, "import 'x%d'", "\n")}
			for i := range 300 {
				files[strings.Repeat("node_modules/m/", i)+"package.json"] = "{}"
			}
			return files
		},
	},
	{
		name: "a go.work that uses one module over and over, with what that replaces",
		files: func(n int) map[string]string {
			return map[string]string{
				"go.work":  "go 1.24\nuse (\n" + strings.Repeat("./a\n", 10*n) + ")\n",
				"a/go.mod": "module a\n" + repeated(10*n, "replace m%d => ./b", "\n"),
				"a/a.go":   "package a\nimport \"m7/c\"\n", "a/b/c/c.go": "package c\n",
			}
		},
		edges: func(int) int { return 1 },
	},
	{
		name: "more workspaces than there are modules",
		files: func(n int) map[string]string {
			files := map[string]string{"a/go.mod": "module a\n" + repeated(10*n, "replace m%d => ./b", "\n"), "a/a.go": "package a\nimport \"x.y/z\"\n"}
			for i := range n {
				files[fmt.Sprintf("w/%d/go.work", i)] = "use ../../a\n"
			}
			return files
		},
	},
	{
		name: "Python packages without an __init__, a thousand deep",
		files: func(n int) map[string]string {
			files := map[string]string{}
			dir := ""
			for i := range 1000 {
				dir += fmt.Sprintf("p%d/", i)
				files[dir+"m.py"] = "from . import n\nimport p0.p1.m\nimport p7.q\n"
			}
			files["a.py"] = "import " + strings.ReplaceAll(strings.TrimSuffix(dir, "/"), "/", ".") + ".m\n" + repeated(n, "import p1.p%d", "\n")
			return files
		},
		counted: "a.py",
	},
	{
		name: "conftest.py in a thousand folders above many tests",
		files: func(n int) map[string]string {
			files := map[string]string{}
			dir := ""
			for range 500 {
				dir += "d/"
				files[dir+"conftest.py"] = "import pytest\n"
			}
			for i := range n * 10 {
				files[fmt.Sprintf("%stest_%d.py", dir, i)] = "def test(): pass\n"
			}
			return files
		},
		counted: "edges",
	},
	{
		name: "a hundred thousand imports of Java",
		files: func(n int) map[string]string {
			files := map[string]string{"A.java": "package q;\n" + strings.Repeat("import p.*;\n", max(20_100, 35*n)) + "class A { B0 b; }\n"}
			for i := range n {
				files[fmt.Sprintf("p/B%d.java", i)] = fmt.Sprintf("package p; public class B%d {}\n", i)
			}
			return files
		},
		counted: "imports, over the limit",
	},
	{
		name: "service loaders, and a service with a hundred thousand classes",
		files: func(n int) map[string]string {
			files := map[string]string{"META-INF/services/p.S": strings.Repeat("p.I\n", 120_000), "p/S.java": "package p;\npublic interface S {}\n", "p/I.java": "package p;\npublic class I implements S {}\n"}
			for i := range n {
				files[fmt.Sprintf("q/L%d.java", i)] = fmt.Sprintf("package q;\nclass L%d { Object o = java.util.ServiceLoader.load(p.S.class); }\n", i)
			}
			return files
		},
		counted: "more classes that service loaders may give",
	},
	{
		name: "names that are no text, and folders that are called like files",
		files: func(n int) map[string]string {
			files := map[string]string{
				"\xff\xfe/\x80.py": "from . import \xff\nimport os\n", "\xff\xfe/__init__.py": "", "a.ts/index.ts": "import './\xff'\n",
				"package.json/package.json": `{"name": "` + "\xff" + `"}`, "tsconfig.json/tsconfig.json": `{"extends": "../tsconfig.json"}`,
				"loop": symlink + "loop", "d/loop.py": symlink + "../d", "go.work": symlink + ".",
				"go.mod/go.mod": "module \xff\n", "go.mod/x.go": "package x\nimport \"\xff/y\"\n", "b\n.java": "package b; class C { D d; }\n",
			}
			for i := range n {
				files[fmt.Sprintf("\xff%d\x01.js", i)] = fmt.Sprintf("import './\xff%d\x01.js'\n", i+1)
			}
			return files
		},
	},
}

// What a tree may take: processor time, which other load of the machine changes little, and
// memory besides a multiple of its own text. Both have room; what is not linear is far beyond.
const (
	hostileSeconds = 40
	hostileBytes   = 512 << 20
	hostileTimes   = 8
)

// TestHostileTrees builds graphs of trees that were made to stop it. It ends, within bounds,
// and says what is not known. With CUSTODY_SLOW the trees are large.
func TestHostileTrees(t *testing.T) {
	n := 150
	if os.Getenv("CUSTODY_SLOW") != "" {
		n = 3000
	}
	for _, test := range hostileTrees {
		t.Run(test.name, func(t *testing.T) {
			files := test.files(n)
			bytes := uint64(hostileBytes)
			for path, text := range files {
				bytes += uint64(len(path)+len(text)) * hostileTimes
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := processorTime(t)
			m := &memory{}
			limits := DefaultLimits()
			limits.Edges = min(limits.Edges, 1000*n)
			g, err := Build(t.Context(), BuildInput{Source: m, Tree: m.tree(files), Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			took := processorTime(t) - began
			runtime.ReadMemStats(&after)
			t.Logf("%d files, %d edges: %v, %d MiB allocated", len(files), g.Summary().Edges, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
			if took > hostileSeconds*time.Second || after.Sys > before.Sys+bytes {
				t.Errorf("takes %v, and %d MiB more of memory", took, (after.Sys-before.Sys)>>20)
			}
			if test.edges != nil && g.Summary().Edges < test.edges(n) {
				t.Errorf("%d edges, not %d", g.Summary().Edges, test.edges(n))
			}
			said := false
			g.EachSkip(func(s *Skipped) {
				said = said || s.Reason != SkipOpaque && (strings.Contains(s.Detail, test.counted) || strings.Contains(s.Path, test.counted))
			})
			if test.counted != "" && !said {
				t.Errorf("nothing is said of %s", test.counted)
			}
		})
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
