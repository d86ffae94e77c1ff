package lang

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestGoChanges tells what of a definition an edit changes. Nothing is what formatting,
// comments, the names of parameters and the order of definitions should change.
func TestGoChanges(t *testing.T) {
	for _, test := range []struct{ name, was, is, want string }{
		{"white space and comments", "func f(a int) { return a+1 }", "// f\nfunc f(a int) {\n\treturn /* x */ a+1 // y\n}", ""},
		{"body", "func f() { a() }", "func f() { b() }", "f:body,names"},
		{"a literal", `func f() { a("x") }`, `func f() { a("y") }`, "f:body"},
		{"an operator", "func f() { a(1+2) }", "func f() { a(1-2) }", "f:body"},
		{"two operators for one", "func f() { a(- -b) }", "func f() { a(--b) }", "f:body"},
		{"a line that returns", "func f() {\n\treturn\n\tg()\n}", "func f() {\n\treturn g()\n}", "f:body"},
		{"a call on two lines", "func f() { g(\n\t1,\n\t2,\n) }", "func f() { g(\n\t1, 2,\n) }", ""},
		{"parameter", "func f(a int) {}", "func f(a string) {}", "f:signature,names"},
		{"name of a parameter", "func f(a, b int) {}", "func f(x, y int) {}", "f:body"},
		{"one name less", "func f(a, b int) {}", "func f(a int) {}", "f:signature,body"},
		{"unnamed", "func f(int, ...string) {}", "func f(a int, b ...string) {}", "f:body"},
		{"generic type, or slice", "func f(List[int]) {}", "func f(a []int) {}", "f:signature,body,names"},
		{"result", "func f() (n int, err error) {}", "func f() (n int, err *error) {}", "f:signature"},
		{"results with braces", "func f() struct{ A int } { return x }", "func f() struct{ A int } { return y }", "f:body,names"},
		{"no body", "func f(a int)", "func f(a int) {}", "f:body,names"},
		{"receiver", "func (t T) m() {}", "func (t *T) m() {}", "T.m:signature"},
		{"name of the receiver", "func (t T) m() {}", "func (x T) m() {}", ""},
		{"generic receiver", "func (t *T[K, V]) m() {}", "func (t *T[A, B]) m() {}", ""},
		{"exported field", "type T struct {\n\tA int\n\tb int\n}", "type T struct {\n\tA string\n\tb int\n}", "T:signature,names"},
		{"other field", "type T struct {\n\tA int\n\tb int\n}", "type T struct {\n\tA int\n\tb string\n}", "T:body,names"},
		{"tag", "type T struct {\n\tA int\n}", "type T struct {\n\tA int `x`\n}", "T:signature"},
		{"embedded", "type T struct { *base }", "type T struct { base }", "T:signature"},
		{"embedded of a package", "type T struct { io.Reader; a int }", "type T struct { a int }", "T:signature,names"},
		{"fields on one line", "type T struct { A int; b int }", "type T struct {\n\tA int\n\tb int\n}", ""},
		{"interface", "type I interface { M() }", "type I interface { M(); N() }", "I:signature,names"},
		{"value", "var x = 1", "var x = 2", "x:body"},
		{"type of a variable", "var x int = 1", "var x uint = 1", "x:signature,names"},
		{"address", "var x = T{}", "var x = &T{}", "x:body"},
		{"several at once", "var a, b = 1, 2", "var b, a = 1, 2", "a:body b:body"},
		{"iota", "const (\n\tA = iota\n\tB\n\tC\n)", "const (\n\tA = iota\n\tX\n\tB\n\tC\n)", "B:body C:body X:added"},
		{"no iota", "const (\n\tA = 1\n\tC = 2\n)", "const (\n\tA = 1\n\tX = 9\n\tC = 2\n)", "X:added"},
		{"value taken over", "const (\n\tA = x\n\tB\n)", "const (\n\tA = y\n\tB\n)", "A:body,names B:body,names"},
		{"group or not", "const A = 1\nconst B = 2", "const (\n\tA = 1\n\tB = 2\n)", ""},
		{"embedded file", "//go:embed a.txt\nvar x string", "//go:embed b.txt\nvar x string", "x:body"},
		{"not inlined", "func f() {}", "//go:noinline\nfunc f() {}", "f:body"},
		{"generator", "func f() {}", "//go:generate x\nfunc f() {}", ""},
		{"order", "func f() {}\nfunc g() {}", "func g() {}\nfunc f() {}", ""},
		{"removed", "func f() {}\nfunc g() {}", "func g() {}", "f:removed"},
		{"import by the same name", "import \"text/template\"\nvar x = template.New", "import \"html/template\"\nvar x = template.New", "x:names"},
		{"import that its name does not tell", "import \"a/go-b\"\nvar x = b.New", "import \"c/go-b\"\nvar x = b.New", "rest"},
		{"import for its effect", "import \"a\"\nvar x = a.New", "import \"a\"\nimport _ \"b\"\nvar x = a.New", "rest"},
		{"import that is used", "var x = 1", "import \"a\"\nvar x = 1\nvar y = a.New", "y:added"},
		{"import renamed", "import \"a\"\nvar x = a.New", "import b \"a\"\nvar x = b.New", "x:body"},
		{"dot", "import . \"a\"\nvar x = New", "import . \"b\"\nvar x = New", "rest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			was, is := extractGo([]byte("package p\n"+test.was)), extractGo([]byte("package p\n"+test.is))
			if was.Partial || is.Partial {
				t.Fatal("not understood")
			}
			if got := goDifference(was, is); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	constrained := extractGo([]byte("//go:build linux\n\npackage p\n"))
	if got := goDifference(extractGo([]byte("package p\n")), constrained); got != "rest" {
		t.Errorf("a build constraint changes %q", got)
	}
}

func goDifference(was, is Facts) string {
	var diffs []string
	before := map[string]Definition{}
	for _, d := range was.Definitions {
		before[d.Name] = d
	}
	for _, d := range is.Definitions {
		w, ok := before[d.Name]
		delete(before, d.Name)
		if !ok {
			diffs = append(diffs, d.Name+":added")
			continue
		}
		var parts []string
		for what, changed := range map[string]bool{"1signature": d.Signature != w.Signature, "2body": d.Body != w.Body, "3names": !slices.Equal(d.Mentions, w.Mentions)} {
			if changed {
				parts = append(parts, what)
			}
		}
		if slices.Sort(parts); len(parts) > 0 {
			for i := range parts {
				parts[i] = parts[i][1:]
			}
			diffs = append(diffs, d.Name+":"+strings.Join(parts, ","))
		}
	}
	for name := range before {
		diffs = append(diffs, name+":removed")
	}
	if was.Rest != is.Rest {
		diffs = append(diffs, "rest")
	}
	slices.Sort(diffs)
	return strings.Join(diffs, " ")
}

// TestGoRuns finds what runs when a package is loaded.
func TestGoRuns(t *testing.T) {
	for src, want := range map[string]bool{
		"func init() {}":                               true,
		"func (t T) init() {}":                         false,
		"func main() {}":                               false,
		"var x = f()":                                  true,
		"var x = a.f(1)":                               true,
		"var x = f[int](1)":                            true,
		"var x int":                                    false,
		"var x = 1 + (2)":                              false,
		"var x = T{a: 1}":                              false,
		"var x = T{a: f()}":                            true,
		"var x = func() { f() }":                       false,
		"var x = func() int { return f() }()":          true,
		"var x = T{f: func(a int) { g(a) }, b: 2}":     false,
		"var x = T{f: func() { g() }, b: h()}":         true,
		"import \"errors\"\nvar x = errors.New(\"a\")": false,
		"var x = make(map[string]func())":              false,
		"var x = <-c":                                  true,
		"var x, y = 1, f()":                            true,
		"const x = len(y)":                             false,
	} {
		facts := extractGo([]byte("package p\n" + src + "\n"))
		if facts.Partial || len(facts.Definitions) == 0 {
			t.Errorf("%s: not understood", src)
		} else if got := facts.Definitions[0].Runs; got != want {
			t.Errorf("%s: runs is %v", src, got)
		}
	}
}

// TestGoPartial finds files of which the definitions say too little.
func TestGoPartial(t *testing.T) {
	for src, want := range map[string]bool{
		"package p":                             false,
		"package p\nfunc f() {}":                false,
		"package p\nimport \"C\"":               true,
		"package p\n//go:linkname a b\nvar a T": true,
		"package p\nfunc f() {":                 true,
		"package p\nfunc f() }":                 true,
		"package p\nx := 1":                     true,
		"package p\nvar x = \"a":                true,
		"package p\nfunc f() { /* }":            true,
		"package p\ntype T struct {":            true,
		"package p\nconst (\n\ta = 1":           true,
		"package p\nvar 1 = 2":                  true,
		"package p\nfunc (":                     true,
	} {
		if got := extractGo([]byte(src)).Partial; got != want {
			t.Errorf("%q: partial is %v", src, got)
		}
	}
}

func TestGoPackageName(t *testing.T) {
	for spec, want := range map[string]string{
		"fmt": "fmt", "net/http": "http", "a/b/v2": "b", "gopkg.in/yaml.v3": "yaml", "a/go-b": "", "v2": "v2",
		"k8s.io/api/apps/v1": "apps", "": "", "a/": "", "a/type": "", "a/é": "é", "a/2b": "",
	} {
		if got := GoPackageName(spec); got != want {
			t.Errorf("%q is called %q, want %q", spec, got, want)
		}
	}
	if fmt.Sprint(GoMember("A") == HashName("A"), GoQualified("p", "A") == HashName("A")) != "false false" {
		t.Error("kinds of names are one")
	}
}
