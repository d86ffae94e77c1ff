package lang

import (
	"bytes"
	"testing"
)

// TestUnreadableProjectFile guards against the cheapest way to hide what a change
// reaches: a project file padded until it is not read. Then nothing that it might have
// named may count as external.
func TestUnreadableProjectFile(t *testing.T) {
	padding := bytes.Repeat([]byte(" "), 1<<20)
	tests := []struct {
		name    string
		tree    memTree
		from    string
		spec    string
		padded  string
		outside string // stays external: no project file can name it
	}{
		{"go.mod", memTree{"go.mod": []byte("module m"), "a/a.go": nil, "b/b.go": nil}, "a/a.go", "m/b", "go.mod", "fmt"},
		{"package.json", memTree{"p/package.json": []byte(`{"name":"p"}`), "p/index.ts": nil, "a.ts": nil}, "a.ts", "p", "p/package.json", "node:fs"},
		{"tsconfig.json", memTree{"tsconfig.json": []byte(`{"compilerOptions":{"paths":{"p":["./p"]}}}`), "p.ts": nil, "a.ts": nil}, "a.ts", "p", "tsconfig.json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resolve := func(spec string) Resolution {
				return ForPath(tt.from).NewResolver(tt.tree).Resolve(tt.from, Import{Spec: spec})
			}
			if to := resolve(tt.spec); to.Package == "" && len(to.Files) == 0 {
				t.Fatalf("%s is %+v before", tt.spec, to)
			}
			tt.tree[tt.padded] = append(tt.tree[tt.padded], padding...)
			if to := resolve(tt.spec); to.External {
				t.Errorf("%s is external: %s could not be read", tt.spec, tt.padded)
			}
			if tt.outside != "" && !resolve(tt.outside).External {
				t.Errorf("%s is not external", tt.outside)
			}
		})
	}
}

// TestForPath guards the table: no extension in two rows, and case does not matter.
func TestForPath(t *testing.T) {
	seen, names := map[string]string{}, map[string]bool{}
	for _, l := range All {
		if names[l.Name] {
			t.Errorf("two rows are called %s", l.Name)
		}
		names[l.Name] = true
		for _, ext := range l.Extensions {
			if other := seen[ext]; other != "" {
				t.Errorf("%s is in %s and %s", ext, other, l.Name)
			}
			seen[ext] = l.Name
			if got := ForPath("a.b/c" + ext); got != l {
				t.Errorf("%s is not found by %s", l.Name, ext)
			}
		}
	}
	for path, want := range map[string]string{"A.GO": "go", "x.d.ts": "typescript", ".py": "python", "go": "", "a.go/b": "", "": ""} {
		got := ""
		if l := ForPath(path); l != nil {
			got = l.Name
		}
		if got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}
