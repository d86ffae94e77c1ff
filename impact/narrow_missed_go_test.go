package impact

import (
	"maps"
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
