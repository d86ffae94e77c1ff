package impact

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
)

// A small module: store is used by server over an interface, server by main.
var storeModule = map[string]string{
	"go.mod": "module m.org\n",
	"store/store.go": `package store

type Store struct{ items map[string]string }

func New() *Store { return &Store{} }

func (s *Store) Pick(key string) string { return s.pick(key) }

func (s *Store) pick(key string) string { return s.items[key] }

func (s *Store) Fetch(key string) string { return key }

func Unrelated() int { return limit }

const limit = 3
`,
	"store/other.go": "package store\n\nvar Default = Unrelated\n\nfunc twice() int { return 2 * Unrelated() }\n",
	"store/store_test.go": `package store

import "testing"

func TestPick(t *testing.T) { New().Pick("a") }

func TestTwice(t *testing.T) { twice() }

func TestNothing(t *testing.T) {}
`,
	"server/server.go": `package server

type Fetcher interface{ Fetch(string) string }

func Serve(f Fetcher) string { return f.Fetch("x") }

func Ping() string { return "pong" }
`,
	"server/server_test.go": "package server\n\nimport \"testing\"\n\nfunc TestPing(t *testing.T) { Ping() }\n",
	"wire/wire.go":          "package wire\n\nimport (\n\t\"m.org/server\"\n\t\"m.org/store\"\n)\n\nfunc Run() string { return server.Serve(store.New()) }\n\nfunc Size() int { return store.Unrelated() }\n",
	"wire/wire_test.go":     "package wire\n\nimport \"testing\"\n\nfunc TestRun(t *testing.T) { Run() }\n\nfunc TestSize(t *testing.T) { Size() }\n",
	"plain/plain.go":        "package plain\n\nimport _ \"m.org/store\"\n",
}

// TestNarrow follows names in Go: what is edited, and which files with which definitions
// that reaches.
func TestNarrow(t *testing.T) {
	for _, test := range []struct {
		name          string
		path, was, is string
		want          string
	}{
		{"a comment", "store/store.go", "func New()", "// New makes one.\nfunc New()", ""},
		{"nothing but white space", "store/store.go", "return limit", "return  limit", ""},
		{
			"a function", "store/store.go", "return limit", "return limit + 1",
			"store/other.go: Default twice; package:store; store/store_test.go: TestTwice; wire/wire.go: Size; wire/wire_test.go: TestSize",
		},
		{
			"a constant", "store/store.go", "limit = 3", "limit = 4",
			"store/other.go: Default twice; package:store; store/store_test.go: TestTwice; wire/wire.go: Size; wire/wire_test.go: TestSize",
		},
		{
			"a method that only its own package can call", "store/store.go", "return s.items[key]", "return s.items[key+key]",
			"store/store_test.go: TestPick",
		},
		{
			"a method behind an interface of another package", "store/store.go", "return key }", "return key + key }",
			"store/store_test.go: TestPick; package:store; wire/wire.go: Run; wire/wire_test.go: TestRun",
		},
		{
			"a method that the standard library calls", "store/store.go", "const limit", "func (s *Store) String() string { return \"\" }\n\nconst limit",
			"store/store_test.go: TestPick; package:store; wire/wire.go: Run; wire/wire_test.go: TestRun",
		},
		{
			"a field", "store/store.go", "items map", "more int; items map",
			"store/store_test.go: TestPick; package:store; wire/wire.go: Run; wire/wire_test.go: TestRun",
		},
		{
			"what runs when the package is loaded", "store/store.go", "const limit", "func init() {}\n\nconst limit",
			"store/store_test.go whole; package:store whole; plain/plain.go whole; wire/wire.go whole; wire/wire_test.go whole; package:plain whole; package:wire whole",
		},
		{
			"an import for its effect", "store/store.go", "package store", "package store\n\nimport _ \"embed\"",
			"store/store_test.go whole; package:store whole; plain/plain.go whole; wire/wire.go whole; wire/wire_test.go whole; package:plain whole; package:wire whole",
		},
		{
			"a build constraint", "store/other.go", "package store", "//go:build linux\n\npackage store",
			"package:store whole; plain/plain.go whole; wire/wire.go whole; wire/wire_test.go whole; package:plain whole; package:wire whole",
		},
		{"a test", "store/store_test.go", `New().Pick("a")`, `New().Pick("b")`, ""},
		{
			"a test's main", "store/store_test.go", "func TestNothing", "func TestMain(m *testing.M) { m.Run() }\n\nfunc TestNothing",
			"",
		},
		{
			"what no longer is", "store/store.go", "func Unrelated() int { return limit }", "",
			"store/other.go whole; package:store whole; store/store_test.go: TestTwice; wire/wire.go whole; plain/plain.go whole; wire/wire_test.go whole; package:wire whole; package:plain whole",
		},
		{
			"what others have to call differently", "store/store.go", "Unrelated() int {", "Unrelated(n int) int {",
			"store/other.go whole; package:store whole; store/store_test.go: TestTwice; wire/wire.go whole; plain/plain.go whole; wire/wire_test.go whole; package:wire whole; package:plain whole",
		},
		{
			"what others can call as before", "store/store.go", "Unrelated() int {", "Unrelated(n ...int) int {",
			"store/other.go: Default twice; package:store; store/store_test.go: TestTwice; wire/wire.go: Size; wire/wire_test.go: TestSize",
		},
		{
			"a method that an interface asks for", "store/store.go", ") Fetch(key string) string {", ") Fetch(key, more string) string {",
			"store/store_test.go whole; package:store whole; plain/plain.go whole; wire/wire.go whole; wire/wire_test.go whole; package:plain whole; package:wire whole",
		},
		{
			"a method that no interface asks for", "store/store.go", ") Pick(key string) string {", ") Pick(key, more string) string {",
			"store/store_test.go: TestPick; package:store; wire/wire.go: Run; wire/wire_test.go: TestRun",
		},
		{
			"a file that is no Go any more", "store/other.go", "twice() int {", "twice() int {{",
			"package:store whole; plain/plain.go whole; wire/wire.go whole; wire/wire_test.go whole; package:plain whole; package:wire whole",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			head := maps.Clone(storeModule)
			if head[test.path] = strings.Replace(head[test.path], test.was, test.is, 1); head[test.path] == storeModule[test.path] {
				t.Fatal("nothing was edited")
			}
			r := assessTrees(t, storeModule, head)
			if got := narrowedLines(r); got != test.want {
				t.Errorf("reached\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func assessTrees(t *testing.T, from, head map[string]string) *Report {
	t.Helper()
	m := &memory{}
	r, err := Assess(t.Context(), AssessInput{Source: m, Change: changeOf(m, from, head)})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range r.Reached { // what is said of the way is of one way
		if to.Distance < 1 || len(to.Via) > 0 && to.Distance != len(to.Via) {
			t.Errorf("%s is %d steps away, by way of %q: %s", to.Node, to.Distance, to.Via, to.Reason)
		}
	}
	return r
}

// A name that a file hands on under another one is as far away as the way there is long.
func TestHandedOnIsAsFarAsItIs(t *testing.T) {
	for name, from := range map[string]map[string]string{
		"Python": {
			"a.py": "def made():\n    return 1\n", "b.py": "from a import made as given\n\ndef own():\n    return given()\n",
			"c.py": "from b import given\n\ndef use():\n    return given()\n", "d.py": "from c import use\n\ndef far():\n    return use()\n",
		},
		"TypeScript": {
			"a.ts": "export function made() {\n  return 1\n}\n", "b.ts": "export { made as given } from './a'\n",
			"c.ts": "import { given } from './b'\n\nexport function use() {\n  return given()\n}\n", "d.ts": "import { use } from './c'\n\nexport function far() {\n  return use()\n}\n",
		},
	} {
		head := maps.Clone(from)
		for path, text := range from {
			if strings.HasPrefix(path, "a.") {
				head[path] = strings.Replace(text, "1", "2", 1)
			}
		}
		got := map[string]int{}
		for _, to := range assessTrees(t, from, head).Reached {
			file, _, _ := strings.Cut(strings.TrimPrefix(to.Node, "file:"), ".")
			got[file] = to.Distance
		}
		delete(got, "b") // that it hands a name on is no code
		if want := map[string]int{"c": 2, "d": 3}; !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// narrowedLines is the reached nodes with what of them is reached, in order.
func narrowedLines(r *Report) string {
	var lines []string
	for _, n := range r.Reached {
		line := n.Path
		if n.Kind == KindPackage {
			line = n.Node
		}
		if n.Precision != PrecisionSymbol {
			line += " whole"
		}
		if len(n.Symbols) > 0 {
			line += ": " + strings.Join(n.Symbols, " ")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// TestNarrowTellsNamesApart: the same word, and not what changed.
func TestNarrowTellsNamesApart(t *testing.T) {
	from := map[string]string{
		"go.mod":      "module m\n",
		"x/x.go":      "package x\n\nfunc pick() int { return 1 }\n\nfunc Color() int { return 1 }\n",
		"x/field.go":  "package x\n\ntype a struct{ b, pick int }\n\ntype c struct {\n\tpick func()\n}\n",
		"x/method.go": "package x\n\ntype i interface{ pick() }\n",
		"x/given.go":  "package x\n\nfunc given(pick, b int) int { return pick }\n",
		"x/got.go":    "package x\n\nfunc got() (pick int) { pick++; return pick }\n",
		"x/on.go":     "package x\n\nfunc (pick *a) on() *a { return pick }\n",
		"x/kind.go":   "package x\n\nfunc kind[pick any](b pick) (c pick) { return b }\n",
		"x/of.go":     "package x\n\ntype l[K any] struct{}\n\nfunc (b l[pick]) of(c pick) pick { return c }\n",
		"x/used.go":   "package x\n\nfunc used(a int) int { return pick() }\n",
	}
	head := maps.Clone(from)
	head["x/x.go"] = strings.Replace(from["x/x.go"], "1", "2", 1)
	if got, want := narrowedLines(assessTrees(t, from, head)), "x/used.go: used"; got != want {
		t.Errorf("reached %s, want %s", got, want)
	}
}

// A definition that moves within its package is noticed by nobody.
func TestMovedDefinitionsDoNotSpread(t *testing.T) {
	head := maps.Clone(storeModule)
	const moved = "func Unrelated() int { return limit }\n"
	head["store/store.go"] = strings.Replace(head["store/store.go"], moved, "", 1)
	head["store/more.go"] = "package store\n\n" + moved
	if got := narrowedLines(assessTrees(t, storeModule, head)); got != "" {
		t.Errorf("reached %s", got)
	}
}

// TestNarrowIsWithin: what names reach, edges reach, too; and never is a file reached by
// name that mentions nothing.
func TestNarrowIsWithin(t *testing.T) {
	files := slices.Sorted(maps.Keys(storeModule))
	for _, path := range files {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		head := maps.Clone(storeModule)
		head[path] += "\nfunc added() {}\n"
		m := &memory{}
		in := AssessInput{Source: m, Change: changeOf(m, storeModule, head)}
		r, err := Assess(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in.WholeFiles = true
		wholly, err := Assess(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]bool{}
		for _, n := range wholly.Reached {
			all[n.Node] = true
			if n.Kind == KindPackage {
				for p := range storeModule {
					if string(folderOf(change.Path(p))) == n.Path {
						all["file:"+p] = true
					}
				}
			}
		}
		for _, n := range r.Reached {
			if !all[n.Node] {
				t.Errorf("%s reaches %s by name and not by file", path, n.Node)
			}
		}
		if fmt.Sprint(wholly.Outcome, wholly.Reasons, wholly.Graph) != fmt.Sprint(r.Outcome, r.Reasons, r.Graph) {
			t.Errorf("%s: outcomes differ: %v and %v", path, wholly.Reasons, r.Reasons)
		}
	}
}
