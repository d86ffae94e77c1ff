package impact_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"custody/impact"
	"custody/internal/git/gittest"
)

// TestGoList holds every import edge of a real module of a thousand files against what
// the go command says of it: none is missed, and each one more comes from a file that
// the go command leaves out (another platform, another build tag, testdata).
func TestGoList(t *testing.T) {
	const module = "golang.org/x/tools"
	dir := strings.TrimSpace(goCommand(t, ".", "list", "-m", "-f", "{{.Dir}}", module))
	if dir == "" {
		t.Fatalf("%s is not in the module cache: go mod download %s", module, module)
	}
	truth, ignored := listed(t, dir, module)

	r := gittest.New(t)
	head := r.Commit("main", "all", files(t, dir)...)
	repo := openRepository(t, r.Dir)
	id, err := repo.Resolve(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	commit, err := repo.Commit(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := impact.Build(t.Context(), impact.BuildInput{Source: impact.Objects(repo), Tree: commit.Tree})
	if err != nil {
		t.Fatal(err)
	}

	got := map[[2]string]bool{}
	graph.EachEdge(func(e *impact.Edge) {
		from, to := graph.Node(e.From), graph.Node(e.To)
		if e.Kind != impact.Imports || to.Kind != impact.KindPackage {
			return
		}
		edge := [2]string{path.Dir(string(from.Path)), string(to.Path)}
		got[edge] = true
		if !truth[edge] && !ignored[string(from.Path)] && !leftOut(string(from.Path)) {
			t.Errorf("%s imports %s, says the graph; go list does not", from.Path, to.Path)
		}
	})
	for edge := range truth {
		if !got[edge] {
			t.Errorf("package %s imports %s, says go list; the graph does not", edge[0], edge[1])
		}
	}
	if len(truth) < 500 {
		t.Errorf("go list knows only %d edges: was it able to read the module?", len(truth))
	}
	t.Logf("%d edges between packages by go list, %d in the graph", len(truth), len(got))
}

// listed are the edges between folders of the module by go list, and the files that it
// leaves out of a package.
func listed(t *testing.T, dir, module string) (edges map[[2]string]bool, ignored map[string]bool) {
	t.Helper()
	edges, ignored = map[[2]string]bool{}, map[string]bool{}
	out := goCommand(t, dir, "list", "-e", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,IgnoredGoFiles", "./...")
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir                    string
			Imports, TestImports, XTestImports []string
			IgnoredGoFiles                     []string
		}
		if err := dec.Decode(&p); err == io.EOF {
			return edges, ignored
		} else if err != nil {
			t.Fatal(err)
		}
		folder := folderOf(module, p.ImportPath)
		for _, list := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
			for _, imported := range list {
				if imported == module || strings.HasPrefix(imported, module+"/") {
					edges[[2]string{folder, folderOf(module, imported)}] = true
				}
			}
		}
		for _, name := range p.IgnoredGoFiles {
			ignored[path.Join(folder, name)] = true
		}
	}
}

func folderOf(module, importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// leftOut says whether "./..." passes over the file.
func leftOut(name string) bool {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		if part == "testdata" || part == "vendor" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") && part != "." {
			return true
		}
	}
	return strings.HasPrefix(path.Base(name), "_")
}

// files are edits that write everything below a folder.
func files(t *testing.T, dir string) []gittest.Edit {
	t.Helper()
	var edits []gittest.Edit
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		edits = append(edits, gittest.Write(filepath.ToSlash(rel), string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return edits
}

func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}
