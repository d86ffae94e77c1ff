package lang

import (
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestBlank(t *testing.T) {
	for _, c := range []struct{ path, src, want string }{
		{"a.go", "x := \"// no\" // yes\n/* a\nb */y := `/* no */`", "x := \"// no\"       \n    \n    y := `/* no */`"},
		{"a.py", "x = '# no' # yes\n'''\n# no\n'''\nf(a, # yes\n  b)\nz = f\"{x['#']}\" # yes\n", "x = '# no'      \n'''\n# no\n'''\nf(a,      \n  b)\nz = f\"{x['#']}\"      \n"},
		{"a.java", "String s = \"// no\"; // yes\n/** yes */ char c = '\"'; // yes\n", "String s = \"// no\";       \n           char c = '\"';       \n"},
		{"a.java", "String s = \"\\u001b[\"; // yes \\u00e4\n", "String s = \"\\u001b[\";              \n"},
		{"a.ts", "const u = 'http://x' // yes\nconst r = /https?:\\/\\//.test(u) // yes\nconst t = `// no ${f(/* yes */ 1)} // no`\n", "const u = 'http://x'       \nconst r = /https?:\\/\\//.test(u)       \nconst t = `// no ${f(          1)} // no`\n"},
		{"a.jsx", "#!/usr/bin/env node\nconst a = <p>http://no {/* yes */}</p> // yes\n", strings.Repeat(" ", 19) + "\nconst a = <p>http://no {         }</p>       \n"},
	} {
		got, ok := ForPath(c.path).Blank([]byte(c.src))
		if !ok || string(got) != c.want {
			t.Errorf("%s %q: %v\n got %q\nwant %q", c.path, c.src, ok, got, c.want)
		}
	}
	for _, c := range []struct{ path, src string }{
		{"a.go", "/* open"}, {"a.go", "x := \"open"}, {"a.py", "x = '''open"}, {"a.py", "f("}, {"a.java", "/* open"}, {"a.java", "String s = \"\\u0022;"}, {"a.java", "// \\uuu000a x"}, {"a.java", "/* \\u002a/ x"}, {"a.java", "// \\u12"},
		{"a.ts", "const a = `open"}, {"a.vue", "<script>// x</script>"}, {"a.py", "x\x00"},
	} {
		if got, ok := ForPath(c.path).Blank([]byte(c.src)); ok {
			t.Errorf("%s %q: blanked to %q, though it is not understood", c.path, c.src, got)
		}
	}
}

// TestGoComments holds our comments of the Go tree's own files against go/scanner's.
func TestGoComments(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, folder := range []string{"go/scanner", "regexp/syntax", "net/http", "text/template/parse", "encoding/json"} {
		paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src", folder, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no Go files in %s: %v", folder, err)
		}
		for _, path := range paths {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := goScannerComments(src)
			got, ok := ForPath(path).Comments(src)
			if !ok || len(got) != len(want) {
				t.Errorf("%s: %d comments (%v), go/scanner finds %d", path, len(got), ok, len(want))
				continue
			}
			for i := range got {
				if got[i].Start != want[i] {
					t.Errorf("%s: comment %d begins at %d, for go/scanner at %d", path, i, got[i].Start, want[i])
					break
				}
			}
			files++
		}
	}
	if files < 50 {
		t.Errorf("only %d files were compared", files)
	}
}

func goScannerComments(src []byte) (starts []int) {
	var s scanner.Scanner
	f := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(f, src, func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, tok, _ := s.Scan()
		switch tok {
		case token.EOF:
			return starts
		case token.COMMENT:
			starts = append(starts, f.Offset(pos))
		}
	}
}

func FuzzBlank(f *testing.F) {
	for i := range All {
		f.Add(uint8(i), []byte("a // b\n/* c */ 'd' # e\n`f` \"g\" <h>/i/</h>"))
	}
	f.Fuzz(func(t *testing.T, i uint8, src []byte) {
		l := All[int(i)%len(All)]
		out, ok := l.Blank(src)
		if ok && (len(out) != len(src) || strings.Count(string(out), "\n") != strings.Count(string(src), "\n")) {
			t.Errorf("%s: %q became %q", l.Name, src, out)
		}
		if spans, ok := l.Comments(src); ok {
			for _, s := range spans {
				if s.Start < 0 || s.End > len(src) || s.Start >= s.End {
					t.Errorf("%s: %q has a comment at %v", l.Name, src, s)
				}
			}
		}
	})
}
