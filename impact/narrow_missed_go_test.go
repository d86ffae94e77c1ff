package impact

import (
	"maps"
	"slices"
	"testing"
)

// TestGoDoesNotMiss: each case was seen to break under the go command.
func TestGoDoesNotMiss(t *testing.T) {
	handed := map[string]string{
		"go.mod":   "module m\n\nrequire github.com/go-chi/render v1.0.0\n",
		"m/u.go":   "package models\n\ntype User struct{ ID int }\n\nfunc (u *User) Render() error { u.ID = 1; return nil }\n",
		"web/b.go": "package web\n\nimport \"github.com/go-chi/render\"\n\nfunc Reply(v render.Renderer) { render.Render(v) }\n",
		"h/h.go":   "package h\n\nimport (\n\t\"m/m\"\n\t\"m/web\"\n)\n\nfunc Handle() { web.Reply(&models.User{}) }\n",
	}
	other := map[string]string{"m/u.go": "package models\n\ntype User struct{ ID int }\n\nfunc (u *User) Render() error { u.ID = 2; return nil }\n"}
	with := func(files map[string]string, path, text string) map[string]string {
		files = maps.Clone(files)
		files[path] = text
		return files
	}
	for _, test := range []struct {
		name       string
		from, head map[string]string // head: what is other than in from; empty text: the file goes
		want       string
	}{
		{"a method that a library calls, to which a helper hands the value", handed, other, "h/h.go"},
		{
			"a method that a helper calls by a name that it is given",
			with(handed, "web/b.go", "package web\n\nimport \"reflect\"\n\nfunc Reply(v any) { reflect.ValueOf(v).MethodByName(Name()).Call(nil) }\n"),
			other, "h/h.go",
		},
		{
			"a method that templates call, behind two packages",
			with(with(handed, "web/b.go", "package web\n\nimport \"m/page\"\n\nfunc Reply(v any) { page.Show(v) }\n"),
				"page/p.go", "package page\n\nimport \"html/template\"\n\nfunc Show(v any) { template.Must(template.New(\"\").Parse(\"{{.Render}}\")).Execute(nil, v) }\n"),
			other, "h/h.go",
		},
		{
			"a function that moves to a file which other builds have",
			map[string]string{
				"go.mod": "module m\n",
				"a/a.go": "package a\n\nfunc F(a int) int { return a }\n\nfunc G() int { return 1 }\n",
				"b/b.go": "package b\n\nimport \"m/a\"\n\nfunc H() int { return a.F(1) }\n",
			},
			map[string]string{
				"a/a.go": "package a\n\nfunc G() int { return 1 }\n",
				"a/f.go": "//go:build special\n\npackage a\n\nfunc F(a int) int { return a }\n",
			},
			"b/b.go",
		},
	} {
		checkReached(t, test.name, test.from, test.head, test.want)
	}
}

// TestGoMethodOfAShape: a method is called by the standard library only where it takes and gives
// as much as one of its name does there.
func TestGoMethodOfAShape(t *testing.T) {
	for _, test := range []struct {
		name, imports, method string
		reached               bool
	}{
		{"as an interface asks for it", "", "String() string", true},
		{"with more parameters", "", "String(name string) string", false},
		{"with fewer results", "", "String()", false},
		{"with results that have names", "", "Write(p []byte) (n int, err error)", true},
		{"with one result less", "", "Write(p []byte) error", true}, // as crypto/internal has it
		{"with parameters of one type", "", "Less(i, j int) bool", true},
		{"with two results of one type", "", "Less(i, j int) (a, b bool)", false},
		{"with parameters that have no names", `import "fmt"`, "Format(fmt.State, rune)", true},
		{"with a function that takes more", "", "Len(less func(a, b int) bool) int", false},
		{"with a function for a result", "", "Len() func(int) (int, error)", true},
		{"with a result in parentheses", "", "Len() (int)", true},
		{"with a list over lines", "", "Less(\n\ti int,\n\tj int,\n) bool", true},
		{"of a name that a package asks for which is imported", `import _ "flag"`, "Set(string) error", true},
		{"of that name and another shape", `import _ "flag"`, "Set(key, value string) error", false},
		{"of a name that other libraries ask for, too", "", "Size(a, b, c int) (d, e, f int)", true},
		{"of the error that everybody knows", "", "Error() string", true},
		{"with more than there are digits for", "", "Open(a, b, c, d, e, f, g, h int) (a1, b1 int)", false},
	} {
		body := func(n string) string {
			return "package a\n\n" + test.imports + "\n\ntype T struct{}\n\nfunc (t *T) " + test.method + " { panic(" + n + ") }\n"
		}
		from := map[string]string{
			"go.mod": "module m\n",
			"a/a.go": body("1"),
			"b/b.go": "package b\n\nimport \"m/a\"\n\nfunc B() any { return &a.T{} }\n",
			"c/c.go": "package c\n\nimport \"m/a\"\n\ntype heir struct{ a.T }\n\nfunc C() any { return &heir{} }\n",
		}
		r := assessTrees(t, from, map[string]string{"go.mod": from["go.mod"], "a/a.go": body("2"), "b/b.go": from["b/b.go"], "c/c.go": from["c/c.go"]})
		for _, path := range []string{"b/b.go", "c/c.go"} {
			if reached := slices.ContainsFunc(r.Reached, func(n Reached) bool { return n.Path == path }); reached != test.reached {
				t.Errorf("a method %s: %s is reached: %v, %s", test.name, path, reached, narrowedLines(r))
			}
		}
	}
}

// TestGoMethodThatNobodyCalls: where no library is in reach, the type does not stand for it.
func TestGoMethodThatNobodyCalls(t *testing.T) {
	from := map[string]string{
		"go.mod":   "module m\n",
		"m/u.go":   "package models\n\ntype User struct{ ID int }\n\nfunc (u *User) Shake() error { u.ID = 1; return nil }\n",
		"web/b.go": "package web\n\nfunc Reply(v any) { println(v) }\n",
		"far/f.go": "package far\n\nimport \"github.com/go-chi/render\"\n\nfunc Far(v any) { render.Render(v) }\n",
		"h/h.go":   "package h\n\nimport (\n\t\"m/m\"\n\t\"m/web\"\n)\n\nfunc Handle() { web.Reply(&models.User{}) }\n",
	}
	head := maps.Clone(from)
	head["m/u.go"] = "package models\n\ntype User struct{ ID int }\n\nfunc (u *User) Shake() error { u.ID = 2; return nil }\n"
	if r := assessTrees(t, from, head); len(r.Reached) != 0 {
		t.Errorf("reached %s", narrowedLines(r))
	}
}
