package custody_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestHouse wants every folder that holds a file on the map of docs/architecture.md,
// with a reason.
func TestHouse(t *testing.T) {
	rooms := houseMap(t)
	folders := map[string]bool{}
	ourFiles(t, func(name string) {
		folder, _, _ := strings.Cut("/"+path.Dir(name)+"/", "/testdata/")
		folders[strings.Trim(folder, "/")] = true
	})
	if len(folders) < 5 {
		t.Fatalf("only %d folders seen", len(folders))
	}
	for folder := range folders {
		if folder != "" && folder != "." && rooms[folder] == "" {
			t.Errorf("%s has no line on the map of docs/architecture.md: what is it for?", folder)
		}
	}
}

// houseMap reads the folders and their reasons.
func houseMap(t *testing.T) map[string]string {
	t.Helper()
	_, section, ok := strings.Cut(readText(t, "docs/architecture.md"), "\n## The house\n")
	_, section, ok2 := strings.Cut(section, "```\n")
	section, _, ok3 := strings.Cut(section, "```")
	if !ok || !ok2 || !ok3 {
		t.Fatal(`docs/architecture.md has no section "The house" with a list`)
	}
	rooms := map[string]string{}
	for line := range strings.Lines(section) {
		folder, reason, _ := strings.Cut(strings.TrimSpace(line), " ")
		if reason = strings.TrimSpace(reason); len(reason) < 5 {
			t.Errorf("docs/architecture.md: %q has no reason", folder)
		}
		if rooms[folder] != "" {
			t.Errorf("docs/architecture.md: %s stands there twice", folder)
		}
		rooms[folder] = reason
	}
	return rooms
}

// ourFiles visits every file of the repository that somebody wrote, with its path
// from the root. What .gitignore names is nobody's.
func ourFiles(t *testing.T, visit func(name string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(p)
		switch {
		case name == ".git" || name == "bin" || name == "out" || d.Name() == "node_modules":
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir():
			visit(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNothingBuilt wants no file that is larger than what people write and look at: a program
// that somebody built in passing is kept for ever once it is committed.
func TestNothingBuilt(t *testing.T) {
	const most = 1 << 20
	ourFiles(t, func(name string) {
		if slices.Contains([]string{".test", ".prof"}, path.Ext(name)) || name == "pack.zip" { // .gitignore names these
			return
		}
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most {
			t.Errorf("%s has %d bytes: what is built does not belong here", name, info.Size())
		}
	})
}

// TestDependencies holds docs/dependencies.md against go.mod, and its column "in"
// against what is really linked.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}

	built, err := goList(".")
	if err != nil {
		t.Fatal(err)
	}
	in := map[string][]string{} // module: programs that link it
	for _, program := range []string{"custody", "custody-app"} {
		walk(built, "custody/cmd/"+program, func(_ []string, p listed) bool {
			if p.Module != nil && !slices.Contains(in[p.Module.Path], program) {
				in[p.Module.Path] = append(in[p.Module.Path], program)
			}
			return true
		})
	}

	var rows []string
	for line := range strings.Lines(readText(t, "docs/dependencies.md")) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 || !strings.Contains(cells[1], ".") {
			continue // the text around the table, and its head
		}
		module, where, reason := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])
		rows = append(rows, module)
		if len(reason) < 30 || !strings.HasSuffix(reason, ".") {
			t.Errorf("%s: the reason is no sentence: %q", module, reason)
		}
		want := "tests"
		if programs := in[module]; len(programs) > 0 {
			want = strings.Join(programs, ", ")
		}
		if where != want {
			t.Errorf("%s: docs/dependencies.md has it in %q, it is in %q", module, where, want)
		}
	}
	slices.Sort(direct)
	if !slices.IsSorted(rows) {
		t.Error("docs/dependencies.md: the table is not sorted by module")
	}
	slices.Sort(rows)
	if !slices.Equal(rows, direct) {
		t.Errorf("docs/dependencies.md lists\n\t%s\ngo.mod requires\n\t%s", strings.Join(rows, "\n\t"), strings.Join(direct, "\n\t"))
	}
}

// TestNoSilentSkips lets a test be skipped only where somebody has to ask for it, by
// "make slow" or a variable that CONTRIBUTING.md explains, where somebody asked for
// -short, or where it needs root: a tool that is missing is a failure.
func TestNoSilentSkips(t *testing.T) {
	explained := regexp.MustCompile("(?m)^\\| `(CUSTODY_[A-Z_]+)=").FindAllStringSubmatch(readText(t, "CONTRIBUTING.md"), -1)
	if len(explained) == 0 {
		t.Fatal("CONTRIBUTING.md explains no variable")
	}
	named := func(text string) bool {
		return strings.Contains(text, "make slow") || strings.Contains(text, "root") || slices.ContainsFunc(explained, func(m []string) bool { return strings.Contains(text, m[1]) })
	}
	fset := token.NewFileSet()
	ourFiles(t, func(name string) {
		if !strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			return
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if in, ok := n.(*ast.IfStmt); ok && isShort(in.Cond) {
				return false
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Skip" && sel.Sel.Name != "Skipf" && sel.Sel.Name != "SkipNow" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "t" && x.Name != "b" && x.Name != "f" && x.Name != "tb" {
				return true
			}
			if len(call.Args) > 0 {
				if lit, ok := call.Args[0].(*ast.BasicLit); ok && named(lit.Value) {
					return true
				}
			}
			t.Errorf("%s: skips without saying how to ask for it: 'make slow', a variable that CONTRIBUTING.md explains, or root", fset.Position(n.Pos()))
			return true
		})
	})
}

// isShort says whether a condition is testing.Short().
func isShort(cond ast.Expr) bool {
	call, ok := cond.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Short"
}

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// TestLinks wants what a page of the documentation points at to be there.
func TestLinks(t *testing.T) {
	seen := 0
	ourFiles(t, func(name string) {
		if !strings.HasSuffix(name, ".md") || strings.Contains(name, "testdata/") {
			return
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(readText(t, name), ""), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			seen++
			page := path.Join(path.Dir(name), target)
			if _, err := os.Stat(page); err != nil {
				t.Errorf("%s points at %s, which is not there", name, m[1])
			}
		}
	})
	if seen < 10 {
		t.Errorf("only %d links seen", seen)
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
