package lang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzGo holds the header scanner against go/parser: whatever the parser accepts, we
// read the same; whatever it does not, we read without a panic.
func FuzzGo(f *testing.F) {
	for _, src := range []string{
		"package a\nimport \"fmt\"\n",
		"\ufeffpackage a;import(x \"a\";. `b`;_ \"c\\x41\");var x = 1",
		"// Code generated x. DO NOT EDIT.\r\npackage a\r\nimport \"embed\"\r\n//go:embed a b \"c d\"\r\nvar s = '\"'",
		"/*\n// Code generated x. DO NOT EDIT.\n*/package a /* b */ import /* c */ ( ) func",
		"package \xff import \"a\x00b\"",
		"package a\nimport \"embed\"\nvar _ = `//go:embed x`\n//go:embed `y`\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got := extractGo(src)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "", src, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return
		}
		if got.Package != file.Name.Name {
			t.Errorf("package %q, go/parser says %q", got.Package, file.Name.Name)
		}
		if generated := ast.IsGenerated(file); got.Generated != generated {
			t.Errorf("generated %t, go/ast says %t", got.Generated, generated)
		}
		var want, have []string
		for _, imp := range file.Imports {
			spec, _ := strconv.Unquote(imp.Path.Value)
			line := fset.PositionFor(imp.Pos(), false).Line
			want = append(want, strconv.Itoa(line)+" "+spec)
		}
		for _, imp := range got.Imports {
			if imp.Kind == Static {
				have = append(have, strconv.Itoa(imp.Line)+" "+imp.Spec)
			}
		}
		if !slices.Equal(want, have) {
			t.Errorf("imports %q, go/parser says %q", have, want)
		}
	})
}

// TestGoStandard keeps the table of the standard library's first elements complete.
func TestGoStandard(t *testing.T) {
	if !slices.IsSorted(goStandard[:]) {
		t.Error("goStandard is not sorted")
	}
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatalf("go list std: %v", err)
	}
	for _, path := range strings.Fields(string(out)) {
		first, _, _ := strings.Cut(path, "/")
		if _, ok := slices.BinarySearch(goStandard[:], first); !ok && first != "internal" && first != "vendor" {
			t.Errorf("%s is missing", first)
		}
	}
}
