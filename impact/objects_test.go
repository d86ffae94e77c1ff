package impact_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/impact"
	"custody/impact/cache"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

func openRepository(tb testing.TB, dir string) *git.Repository {
	tb.Helper()
	r, err := git.Open(tb.Context(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { r.Close() })
	return r
}

func assess(t *testing.T, repo *git.Repository, base, head string) *impact.Report {
	t.Helper()
	var ids [2]git.OID
	for i, rev := range []string{base, head} {
		id, err := repo.Resolve(t.Context(), rev)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = id
	}
	c, err := change.Read(t.Context(), repo, ids[0], ids[1], change.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	r, err := impact.Assess(t.Context(), impact.AssessInput{Source: impact.Objects(repo), Change: c})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func nodes(r *impact.Report) []string {
	var ids []string
	for _, n := range r.Reached {
		ids = append(ids, n.Node)
	}
	return ids
}

// A change of a real repository: renames found by git, two languages, SHA-1 and SHA-256.
func TestAssessRealRepository(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		r := gittest.New(t, gittest.Format(format))
		body := strings.Repeat("# a line of text\n", 30)
		r.Commit("main", "one",
			gittest.Write("go.mod", "module example.org/m\n"),
			gittest.Write("a/a.go", "package a\n"),
			gittest.Write("b/b.go", "package b\n\nimport _ \"example.org/m/a\"\n"),
			gittest.Write("main.go", "package main\n\nimport (\n\t_ \"fmt\"\n\t_ \"example.org/m/b\"\n)\n"),
			gittest.Write("py/old.py", body),
			gittest.Write("py/user.py", "from py import old\n"),
			gittest.Write("py/far.py", "import py.user\n"),
			gittest.Symlink("link", "a"))
		r.Commit("main", "two", gittest.Write("a/a.go", "package a\n\nfunc init() {}\n"), gittest.Move("py/old.py", "py/new.py"))
		rep := assess(t, openRepository(t, r.Dir), "main~1", "main")
		want := []string{"file:py/user.py", "package:a", "file:b/b.go", "file:py/far.py", "package:b", "file:main.go", "package:."}
		if got := nodes(rep); !slices.Equal(got, want) {
			t.Errorf("%s: reached %v, want %v", format, got, want)
		}
		if rep.Outcome != finding.Satisfied {
			t.Errorf("%s: %v", format, rep.Reasons)
		}
	}
}

// Objects that are not there are counted, not fetched, and no error.
func TestAssessDamagedRepository(t *testing.T) {
	r := gittest.New(t)
	r.Commit("main", "one", gittest.Write("a.py", "from b import x\n"), gittest.Write("b.py", ""), gittest.Write("c/c.py", "# lost\nimport b\n"), gittest.Write("LICENSE", "x"))
	r.Commit("main", "two", gittest.Write("b.py", "x = 1\n"))
	remove(t, r, "main:c/c.py")
	rep := assess(t, openRepository(t, r.Dir), "main~1", "main")
	if rep.Outcome != finding.NotAssessed || rep.Graph.Skipped[impact.SkipUnreadable] == 0 || !slices.Contains(nodes(rep), "file:a.py") {
		t.Errorf("%s %v %v", rep.Outcome, rep.Reasons, nodes(rep))
	}
}

// remove makes an object disappear, whatever it is stored in.
func remove(t *testing.T, r *gittest.Repo, rev string) {
	t.Helper()
	id := r.ID(rev)
	packs, err := filepath.Glob(filepath.Join(r.Dir, "objects/pack/*.pack"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packs {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{p, strings.TrimSuffix(p, "pack") + "idx"} {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		r.Pipe(data, "unpack-objects", "-q")
	}
	if err := os.Remove(filepath.Join(r.Dir, "objects", id[:2], id[2:])); err != nil {
		t.Fatal(err)
	}
}

// The benchmarks take a repository from CUSTODY_BENCH_REPO, or generate one.
func benchRepository(b *testing.B) (dir string, src impact.Source, commit *git.Commit) {
	b.Helper()
	dir = os.Getenv("CUSTODY_BENCH_REPO")
	if dir == "" {
		r := gittest.New(b)
		var edits []gittest.Edit
		for i := range 2000 {
			text := fmt.Sprintf("import p%d.m%d\n%s", i/2%100, i/2, strings.Repeat("# some words to read over\n", 400))
			edits = append(edits, gittest.Write(fmt.Sprintf("p%d/m%d.py", i%100, i), text))
		}
		r.Commit("main", "one", edits...)
		dir = r.Dir
	}
	repo := openRepository(b, dir)
	head, err := repo.Resolve(b.Context(), "HEAD")
	if err != nil {
		b.Fatal(err)
	}
	if commit, err = repo.Commit(b.Context(), head); err != nil {
		b.Fatal(err)
	}
	return dir, impact.Objects(repo), commit
}

func mustBuild(b *testing.B, src impact.Source, c *git.Commit, facts impact.FactStore) *impact.Graph {
	g, err := impact.Build(b.Context(), impact.BuildInput{Source: src, Commit: c.ID, Tree: c.Tree, Facts: facts})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// BenchmarkBuild compares with git reading the same blobs, and with git listing the tree.
func BenchmarkBuild(b *testing.B) {
	dir, src, commit := benchRepository(b)
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mustBuild(b, src, commit, nil)
		}
	})
	path := filepath.Join(b.TempDir(), cache.FileName)
	warm := cache.Open(path)
	g := mustBuild(b, src, commit, warm)
	if err := warm.Save(); err != nil {
		b.Fatal(err)
	}
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mustBuild(b, src, commit, cache.Open(path))
		}
	})
	var changed []change.Path
	g.EachNode(func(_ int32, n *impact.Node) {
		if n.Kind == impact.KindFile {
			changed = append(changed, n.Path)
		}
	})
	b.Run("trace", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			in := impact.TraceInput{Head: g, Paths: changed[i%len(changed):][:1]}
			if _, err := impact.Trace(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("git-ls-tree", func(b *testing.B) {
		for b.Loop() {
			runGit(b, dir, "", "ls-tree", "-r", commit.ID.String())
		}
	})
	ids := sourceBlobs(b, src, commit, g)
	b.Run("git-cat-file", func(b *testing.B) {
		for b.Loop() {
			runGit(b, dir, ids, "cat-file", "--batch", "--buffer")
		}
	})
}

func runGit(b *testing.B, dir, stdin string, args ...string) {
	cmd := exec.CommandContext(b.Context(), "git", append([]string{"--git-dir", dir}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
}

// sourceBlobs lists the blobs that a cold build reads, each once.
func sourceBlobs(b *testing.B, src impact.Source, commit *git.Commit, g *impact.Graph) string {
	source := map[string]bool{}
	g.EachNode(func(_ int32, n *impact.Node) {
		if n.Language != "" && n.Kind != impact.KindPackage {
			source[string(n.Path)] = true
		}
	})
	seen := map[git.OID]bool{}
	var ids strings.Builder
	err := src.Walk(b.Context(), commit.Tree, func(path string, e git.Entry, err error) error {
		if source[path] && !seen[e.ID] {
			seen[e.ID] = true
			fmt.Fprintln(&ids, e.ID)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return ids.String()
}

// A graph is the same, and so are the facts that it is made of, whether git reads the blobs or
// most of them are read without it: some are loose, too large, missing or no blobs here.
func TestBuildWithoutGit(t *testing.T) {
	r := gittest.New(t)
	files := []gittest.Edit{gittest.Write("go.mod", "module example.org/m\n"), gittest.Write("large/large.go", "package large\n\n//"+strings.Repeat("x", 5<<20)+"\n")}
	for i := range 300 {
		files = append(files, gittest.Write(fmt.Sprintf("p%d/a.go", i), fmt.Sprintf("package p%d\n\nimport _ \"example.org/m/p%d\"\n\nfunc F%d() {}\n%s", i, i/2, i, strings.Repeat("// a line\n", 50))))
	}
	r.Commit("main", "one", files...)
	r.Git("repack", "-q", "-a", "-d", "-f")
	for i := range 20 {
		files = append(files, gittest.Write(fmt.Sprintf("q%d/a.go", i), fmt.Sprintf("package q%d\n\nimport _ \"example.org/m/p%d\"\n", i, i)))
	}
	r.Commit("main", "two", files...)
	repo := openRepository(t, r.Dir)
	head, err := repo.Resolve(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := repo.Commit(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	var documents []string
	read := 0
	for _, source := range []impact.Source{struct{ impact.Source }{impact.Objects(repo)}, countedSource{impact.Objects(repo), &read}} {
		g, err := impact.Build(t.Context(), impact.BuildInput{Source: source, Commit: head, Tree: commit.Tree})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := g.WriteDocument(&b); err != nil {
			t.Fatal(err)
		}
		documents = append(documents, b.String())
	}
	if documents[0] != documents[1] || !strings.Contains(documents[0], "large/large.go") {
		t.Errorf("the documents differ: %d and %d bytes", len(documents[0]), len(documents[1]))
	}
	if read < 300 || read > 320 {
		t.Errorf("%d blobs were read without git", read)
	}
}

// A countedSource counts blobs that are read without git.
type countedSource struct {
	impact.Source
	read *int
}

func (c countedSource) BlobsAtOnce(ctx context.Context, ids []git.OID, limit int64, begin func() func(i int, data []byte)) ([]int, error) {
	left, err := c.Source.(interface {
		BlobsAtOnce(context.Context, []git.OID, int64, func() func(int, []byte)) ([]int, error)
	}).BlobsAtOnce(ctx, ids, limit, begin)
	*c.read += len(ids) - len(left)
	return left, err
}
