// Package checkstest runs a built-in check on changes that stand in test files. Nothing
// but tests imports it.
package checkstest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// Update says that what the test files want is to be written anew.
var Update = flag.Bool("update", false, "rewrite what test files want")

// Files runs a check on every txtar file of a folder. "base/PATH" are the files before
// the change, "head/PATH" those after it, and "want" is what the check answers, as Show
// writes it. With -update, want is written anew.
func Files(t *testing.T, id string, check checks.Check, folder string) {
	names, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no test files in %s: %v", folder, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			base, head, want := map[string]string{}, map[string]string{}, -1
			for i, f := range archive.Files {
				switch folder, path, _ := strings.Cut(f.Name, "/"); folder {
				case "base":
					base[path] = string(f.Data)
				case "head":
					head[path] = string(f.Data)
				case "want":
					want = i
				default:
					t.Fatalf("%s: file %q is neither below base nor head", name, f.Name)
				}
			}
			if want < 0 {
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
				want = len(archive.Files) - 1
			}
			got := Show(Look(t, id, check, base, head))
			if got == string(archive.Files[want].Data) {
				return
			}
			if !*Update {
				t.Errorf("got\n%s\nwant\n%s", got, archive.Files[want].Data)
				return
			}
			archive.Files[want].Data = []byte(got)
			if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Look runs a check on the change from one set of files to another.
func Look(t testing.TB, id string, check checks.Check, base, head map[string]string, edits ...func(*checks.Input)) *checks.Result {
	t.Helper()
	in := Input(t, base, head)
	for _, edit := range edits {
		edit(in)
	}
	return Answer(t, id, check, in)
}

// Answer runs a check.
func Answer(t testing.TB, id string, check checks.Check, in *checks.Input) *checks.Result {
	t.Helper()
	def := checks.Define(id)
	if def == nil {
		t.Fatalf("no check %s is defined", id)
	}
	out := checks.NewResult(def, in.Limits)
	if err := check.Look(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Input is the change from one set of files to another, made by git.
func Input(t testing.TB, base, head map[string]string) *checks.Input {
	t.Helper()
	r := gittest.New(t)
	commit := func(message string, files map[string]string) string {
		edits := []gittest.Edit{gittest.Clear()}
		for _, path := range slices.Sorted(maps.Keys(files)) {
			edits = append(edits, gittest.Write(path, files[path]))
		}
		return r.Commit("main", message, edits...)
	}
	from := commit("base", base)
	return Between(t, r.Dir, from, commit("head", head))
}

// Between is the change between two commits of a repository.
func Between(t testing.TB, dir, base, head string) *checks.Input {
	t.Helper()
	repo, err := git.Open(t.Context(), dir, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	var ids [2]git.OID
	for i, rev := range []string{base, head} {
		if ids[i], err = repo.Resolve(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
	}
	c, err := change.Read(t.Context(), repo, ids[0], ids[1], change.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return &checks.Input{
		Change: c, Files: c.Files, Limits: checks.DefaultLimits(),
		Head: Tree{repo, c.HeadTree}, Base: Tree{repo, c.BaseTree},
	}
}

// A Tree is the tree of a commit.
type Tree struct {
	Repo git.Reader
	ID   git.OID
}

// Files implements checks.Tree.
func (t Tree) Files(ctx context.Context) ([]checks.TreeFile, error) {
	var files []checks.TreeFile
	err := git.Walk(ctx, t.Repo, t.ID, git.DefaultWalkLimits(), func(path string, e git.Entry) error {
		files = append(files, checks.TreeFile{Path: change.Path(path), Mode: e.Mode, ID: e.ID})
		return nil
	})
	return files, err
}

// Blobs implements checks.Tree.
func (t Tree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, t.Repo, ids, limit, fn)
}

// Show writes an answer as lines: the outcome, the reasons, the findings.
func Show(r *checks.Result) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, r.Outcome())
	for _, reason := range r.Reasons() {
		fmt.Fprintf(&b, "%s: %s", reason.Code, reason.Detail)
		if reason.Path != "" {
			fmt.Fprintf(&b, " (%s)", reason.Path)
		}
		fmt.Fprintln(&b)
	}
	for _, f := range r.Found() {
		where := f.Path.Escaped()
		if f.Start > 0 {
			where += fmt.Sprintf(":%d", f.Start)
		}
		if f.End > f.Start {
			where += fmt.Sprintf("-%d", f.End)
		}
		fmt.Fprintf(&b, "%s: %s %s: %s\n", where, f.Level, f.Rule, f.Message)
	}
	return b.String()
}
