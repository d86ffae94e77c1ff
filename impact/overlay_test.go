package impact

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// A tree of real languages, in which everything can name everything: modules, packages,
// embedded files, aliases, types of one package.
func realTree(r *rand.Rand) map[string]string {
	files := map[string]string{
		"go.mod":            "module example.com/m\n\nrequire example.com/sub v1.0.0\n\nreplace example.com/sub => ./sub\n",
		"sub/go.mod":        "module example.com/sub\n",
		"sub/util/u.go":     "package util\n",
		"web/package.json":  `{"name": "web", "exports": {".": "./src/index.ts", "./*": "./src/*.ts"}, "dependencies": {"left": "1"}}`,
		"web/tsconfig.json": `{"compilerOptions": {"paths": {"@app/*": ["./src/*"]}}}`,
		"web/src/index.ts":  "export * from './a'\n",
		"py/__init__.py":    "",
		"README.md":         "words",
		"linked":            linkTo + []string{"py", "web/src", "docs", "../x", "linked"}[r.IntN(5)],
	}
	for range 6 + r.IntN(25) {
		name := realName(r)
		files[name] = realText(r, name)
	}
	return files
}

func realName(r *rand.Rand) string {
	n := string(rune('a' + r.IntN(6)))
	switch r.IntN(16) {
	case 0, 1, 2, 3:
		return fmt.Sprintf("p%d/%s.go", r.IntN(4), n)
	case 4, 5:
		return fmt.Sprintf("p%d/%s_test.go", r.IntN(4), n)
	case 6:
		return fmt.Sprintf("vendor/example.com/v%d/%s.go", r.IntN(2), n)
	case 7, 8:
		return fmt.Sprintf("web/src/%s.ts", n)
	case 9:
		return fmt.Sprintf("py/%s.py", n)
	case 10:
		return fmt.Sprintf("java/src/q%d/%s.java", r.IntN(2), strings.ToUpper(n))
	case 11:
		return fmt.Sprintf("p%d/%s.txt", r.IntN(4), n)
	case 12:
		return fmt.Sprintf("web/src/%s.css", n)
	case 13:
		return fmt.Sprintf("py/q%d/test_%s.py", r.IntN(2), n)
	case 14:
		return []string{"", "py/", "py/q0/"}[r.IntN(3)] + "conftest.py"
	}
	return fmt.Sprintf("docs/%s%s", n, []string{".md", ".kt", ".sh", ".json", ""}[r.IntN(5)])
}

func realText(r *rand.Rand, name string) string {
	n := func() string { return string(rune('a' + r.IntN(6))) }
	var b strings.Builder
	if r.IntN(3) == 0 {
		b.WriteString(map[string]string{".py": "#", ".go": "//", ".ts": "//"}[name[max(0, len(name)-3):]] + "\n")
	}
	switch {
	case strings.HasSuffix(name, ".go"):
		fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"fmt\"\n", []string{"p", "p", "q", "main"}[r.IntN(4)])
		for range r.IntN(4) {
			fmt.Fprintf(&b, "\t%q\n", []string{"example.com/m/p" + fmt.Sprint(r.IntN(5)), "example.com/sub/util", "example.com/v" + fmt.Sprint(r.IntN(3)), "example.com/m/gone"}[r.IntN(4)])
		}
		text := ""
		if strings.HasSuffix(name, "_test.go") && r.IntN(2) == 0 {
			b.WriteString("\t\"os/exec\"\n\t\"testing\"\n")
			text = fmt.Sprintf("var path = %q\n", []string{"../p0", "example.com/m/p1", "example.com/v0", "example.com/sub/util"}[r.IntN(4)])
		}
		b.WriteString(")\n\n" + text)
		if r.IntN(4) == 0 {
			fmt.Fprintf(&b, "//go:embed %s\nvar x string\n", []string{"*.txt", "a.txt", "*.go"}[r.IntN(3)])
		}
		fmt.Fprintf(&b, "func F%d() { fmt.Println(%d) }\n", r.IntN(5), r.IntN(1000))
	case strings.HasSuffix(name, ".ts"):
		for range r.IntN(4) {
			fmt.Fprintf(&b, "import '%s'\n", []string{"./" + n(), "./" + n() + ".css", "@app/" + n(), "web", "web/" + n(), "left", "../../docs/" + n() + ".json", "./gone", "../../linked/" + n()}[r.IntN(9)])
		}
		fmt.Fprintf(&b, "export const v = %d\n", r.IntN(1000))
	case strings.HasSuffix(name, ".py"):
		for range r.IntN(4) {
			fmt.Fprintf(&b, "%s\n", []string{"import py." + n(), "from . import " + n(), "from py." + n() + " import x", "import os", "import linked." + n(), "from docs.d import " + n(), "import_module(f'py.{x}')", "def __getattr__(x): return '." + n() + "'"}[r.IntN(8)])
		}
		fmt.Fprintf(&b, "v = %d\n", r.IntN(1000))
	case strings.HasSuffix(name, ".java"):
		fmt.Fprintf(&b, "package q%d;\nimport q%d.%s;\nclass %s { %s x; int y = %d; }\n", r.IntN(2), r.IntN(2), strings.ToUpper(n()), strings.ToUpper(n()), strings.ToUpper(n()), r.IntN(1000))
	case !strings.Contains(name, ".") && r.IntN(2) == 0:
		interpreter := []string{"python3", "env python", "env -S deno run", "sh"}[r.IntN(4)]
		fmt.Fprintf(&b, "#!/usr/bin/%s\n", interpreter)
		for range r.IntN(4) {
			fmt.Fprintf(&b, "%s\n", []string{"import py." + n(), "import '../web/src/" + n() + "'", "x"}[r.IntN(3)])
		}
		return []string{program, program, ""}[r.IntN(3)] + b.String()
	default:
		fmt.Fprintf(&b, "%s %s %d\n", n(), n(), r.IntN(1000))
	}
	if r.IntN(12) == 0 {
		b.WriteString("\x00\"unterminated")
	}
	return b.String()
}

// realChange alters, adds, deletes and moves files, swaps some for symbolic links, and now
// and then touches what decides the meaning of imports.
func realChange(r *rand.Rand, from map[string]string) map[string]string {
	head := maps.Clone(from)
	names := slices.Sorted(maps.Keys(from))
	for range 1 + r.IntN(4) {
		name := names[r.IntN(len(names))]
		isProject := strings.HasSuffix(name, "go.mod") || strings.HasSuffix(name, ".json")
		switch what := r.IntN(16); {
		case what < 7 && !isProject:
			head[name] = realText(r, name)
		case what < 9 && strings.HasPrefix(head[name], "package"):
			head[name] += fmt.Sprintf("// %d\n", r.IntN(1000))
		case what < 10 && !isProject:
			delete(head, name)
		case what < 13:
			added := realName(r)
			head[added] = realText(r, added)
		case what < 14 && !isProject:
			if text, ok := head[name]; ok {
				delete(head, name)
				head[realName(r)] = text
			}
		case what < 15:
			head[name] = []string{symlink, linkTo + "../" + names[r.IntN(len(names))], linkTo + "../py", exec, submodule}[r.IntN(5)]
		default:
			switch r.IntN(5) {
			case 0:
				head["go.mod"] = strings.Replace(from["go.mod"], "require example.com/sub", fmt.Sprintf("require example.com/x%d v1.0.0\n\nrequire example.com/sub", r.IntN(9)), 1)
			case 1:
				head["go.mod"] = strings.Replace(from["go.mod"], "=> ./sub", "=> ./other", 1)
			case 2:
				head["web/package.json"] = strings.Replace(from["web/package.json"], `"left": "1"`, `"left": "2"`, 1)
			case 3:
				head["web/tsconfig.json"] = strings.Replace(from["web/tsconfig.json"], "./src", "./lib", 1)
			case 4:
				head["p1/go.mod"] = "module example.com/m/p1\n"
			}
		}
	}
	return head
}

// TestOverlay: a graph that was laid over that of base is the one that is built, and the
// report is the same, change after change.
func TestOverlay(t *testing.T) {
	trees := uint64(120)
	if os.Getenv("CUSTODY_SLOW") != "" {
		trees = 20_000
	}
	over, built, near := 0, 0, 0
	for seed := range trees + 1 {
		if seed == trees {
			seed = 11530 // settings that a resolver asked for, until what imports ceased to
		}
		r := rand.New(rand.NewPCG(seed, 7))
		m := &memory{}
		from := realTree(r)
		k := mustKnow(t, m, m.tree(from))
		first, kept := m.tree(from), mustWrite(t, k)
		for step := range 4 {
			head := realChange(r, from)
			c := changeOf(m, from, head)
			if len(c.Files) == 0 {
				continue
			}
			want, err := Assess(t.Context(), AssessInput{Source: m, Change: c})
			if err != nil {
				t.Fatal(err)
			}
			region, err := OpenKnown(wire.Memory(slices.Concat(k.Encode()...)))
			if err != nil {
				t.Fatal(err)
			}
			store := &graphs{tree: c.FromTree, known: region}
			got, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Graphs: store})
			if err != nil {
				t.Fatal(err)
			}
			fresh := mustKnow(t, m, c.HeadTree)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the report is another one:\n%+v\nwant\n%+v", got, want)
			}
			if region.Damaged() {
				t.Fatal("what was written can not be read")
			}
			if store.tree != c.HeadTree {
				t.Fatal("the graph of head was not kept")
			}
			if d := difference(store.known.graph.at(git.OID{}, c.HeadTree), fresh.graph); d != "" {
				t.Errorf("the graph is another one: %s", d)
			}
			near += assessNear(t, m, c, want, first, kept)
			if store.known.overlay != nil {
				listed := []string{}
				for _, f := range store.known.graph.over.otherFiles("", isDocument) {
					listed = append(listed, fmt.Sprint(f.path, f.entry.Mode, f.entry.ID))
				}
				var walked []string
				m.Walk(t.Context(), c.HeadTree, func(p string, e git.Entry, err error) error {
					if isDocument(change.Path(p)) {
						walked = append(walked, fmt.Sprint(p, e.Mode, e.ID))
					}
					return err
				})
				if !slices.Equal(listed, walked) {
					t.Errorf("documents %v, want %v", listed, walked)
				}
				checkHolds(t, m, store.known.graph, from, head)
				over++
			} else {
				built++
			}
			if t.Failed() {
				t.Fatalf("seed %d, step %d, overlay %t:\n%s", seed, step, store.known.overlay != nil, changeText(c, from, head))
			}
			from, k = head, store.known
		}
	}
	t.Logf("%d graphs laid over the one of base, %d built; %d laid over an earlier one on both sides", over, built, near)
	if over < int(trees) || built < int(trees)/4 || near < int(trees)/8 {
		t.Errorf("%d, %d and %d: the test proves less than it says", over, built, near)
	}
}

// checkHolds: what a graph says of files that stand in its tree is what the tree says.
func checkHolds(t *testing.T, m *memory, g *Graph, trees ...map[string]string) {
	t.Helper()
	modes := map[change.Path]git.Mode{}
	m.Walk(t.Context(), g.Tree, func(p string, e git.Entry, err error) error {
		modes[change.Path(p)] = e.Mode
		return err
	})
	folders := map[change.Path]bool{"p0": true, "web": true}
	for _, tree := range trees {
		for name := range tree {
			p := change.Path(name)
			folders[folderOf(p)] = true
			if is, known := g.Holds(p); !known || is != modes[p].IsRegular() {
				t.Errorf("of %s it says %t (%t)", p, is, known)
			}
		}
	}
	var modules []change.Path
	for p, mode := range modes {
		if baseName(p) == "go.mod" && mode.IsRegular() {
			modules = append(modules, folderOf(p))
		}
	}
	slices.Sort(modules)
	got, known := g.GoModules()
	if slices.Sort(got); !known || !slices.Equal(got, modules) {
		t.Errorf("modules %v (%t), want %v", got, known, modules)
	}
	for folder := range folders {
		var tests []string
		for p, mode := range modes {
			if folderOf(p) == folder && strings.HasSuffix(string(p), "_test.go") && mode.IsRegular() {
				tests = append(tests, baseName(p))
			}
		}
		slices.Sort(tests)
		if got := slices.Sorted(maps.Keys(g.GoTests(folder))); !slices.Equal(got, tests) {
			t.Errorf("tests in %s: %v, want %v", folder, got, tests)
		}
	}
}

// assessNear assesses a change with the graph of an earlier tree than it begins with. It says
// whether that could be done (1), and expects the report that is wanted, and the graph of head.
func assessNear(t *testing.T, m *memory, c *change.Change, want *Report, tree git.OID, kept *Known) int {
	t.Helper()
	if tree == c.FromTree {
		return 0
	}
	store := &graphs{tree: tree, known: kept}
	got, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Graphs: store})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with an earlier graph the report is another one:\n%+v\nwant\n%+v", got, want)
	}
	if kept.Damaged() {
		t.Error("an earlier graph is taken for damaged")
	}
	if store.tree != c.HeadTree {
		t.Fatal("the graph of head was not kept")
	}
	if !store.known.Near(kept) {
		return 0
	}
	if d := difference(mustWrite(t, store.known).graph.at(git.OID{}, c.HeadTree), mustKnow(t, m, c.HeadTree).graph); d != "" {
		t.Errorf("the graph over an earlier one is another one: %s", d)
	}
	return 1
}

func mustWrite(t testing.TB, k *Known) *Known {
	t.Helper()
	written, err := OpenKnown(wire.Memory(slices.Concat(k.Encode()...)))
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func mustKnow(t testing.TB, m *memory, tree git.OID) *Known {
	t.Helper()
	k, err := BuildKnown(t.Context(), BuildInput{Source: m, Tree: tree})
	if err != nil || k == nil {
		t.Fatal(k, err)
	}
	return k
}

func changeText(c *change.Change, from, head map[string]string) string {
	var b strings.Builder
	for _, f := range c.Files {
		fmt.Fprintf(&b, "%s %s %s\n--- %q\n+++ %q\n", f.Status, f.OldPath, f.Path, from[string(f.Path)], head[string(f.Path)])
	}
	return b.String()
}
