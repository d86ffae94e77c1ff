package impact

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	process "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/impact/lang"
)

// TestStandardCallers holds the methods that libraries call against the source of the
// standard library: of each interface that others can implement, every method is known with
// its shape, and so is every package that may call it.
func TestStandardCallers(t *testing.T) {
	out, err := process.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,CgoFiles,Deps", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	type pkg struct {
		ImportPath, Dir         string
		GoFiles, CgoFiles, Deps []string
	}
	declares := map[string]map[shaped]bool{}
	var packages []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
		declares[p.ImportPath] = map[shaped]bool{}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if i, ok := n.(*ast.InterfaceType); ok {
					maps.Copy(declares[p.ImportPath], methodsOf(i))
				}
				return true
			})
		}
	}
	known := libraryMethods()
	methods := 0
	for _, p := range packages {
		if slices.Contains(strings.Split(p.ImportPath, "/"), "internal") || strings.HasPrefix(p.ImportPath, "vendor/") {
			continue
		}
		all := map[shaped]bool{{"Error", lang.ShapeOf(0, 1)}: true}
		for _, d := range append(p.Deps, p.ImportPath) {
			if !strings.HasPrefix(d, "vendor/") { // nobody can hand them a value
				maps.Copy(all, declares[d])
			}
		}
		for m := range all {
			switch k := known[m.name]; {
			case k == nil, k.packages != nil && !slices.Contains(k.packages, p.ImportPath):
				t.Errorf("%s may call %s, which no list says", p.ImportPath, m.name)
			case !k.has(m.shape):
				t.Errorf("%s may call %s of shape %o, which its list does not say", p.ImportPath, m.name, m.shape)
			}
			methods++
		}
	}
	if methods < 1000 {
		t.Errorf("only %d methods were found", methods)
	}
}

// methodsOf lists the exported methods of an interface that others can implement: one
// without a method of its package's own.
func methodsOf(i *ast.InterfaceType) map[shaped]bool {
	found := map[shaped]bool{}
	for _, f := range i.Methods.List {
		for _, name := range f.Names {
			if !name.IsExported() {
				return nil
			}
			call := f.Type.(*ast.FuncType)
			found[shaped{name.Name, lang.ShapeOf(call.Params.NumFields(), call.Results.NumFields())}] = true
		}
	}
	return found
}

// A shaped is a method with its shape.
type shaped struct {
	name  string
	shape lang.Shape
}
