package cache_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"custody/impact"
	"custody/impact/cache"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// knownGraph builds the graph of a small tree.
func knownGraph(t *testing.T) (git.OID, *impact.Known) {
	t.Helper()
	r := gittest.New(t)
	r.Commit("main", "one", gittest.Write("a.py", "import b\n"), gittest.Write("b.py", "import os\n"))
	repo, err := git.Open(t.Context(), r.Dir, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	tree, err := git.ParseOID(r.ID("main^{tree}"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := impact.BuildKnown(t.Context(), impact.BuildInput{Source: impact.Objects(repo), Tree: tree})
	if err != nil || k == nil {
		t.Fatal(k, err)
	}
	return tree, k
}

func TestGraphs(t *testing.T) {
	tree, k := knownGraph(t)
	folder := filepath.Join(t.TempDir(), "cache")
	file := filepath.Join(folder, cache.GraphFileName)
	g := cache.OpenGraphs(file, "one")
	if _, ok := g.Graph(tree); ok || g.Refused() != nil {
		t.Errorf("a graph out of nothing: %v", g.Refused())
	}
	if err := g.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("nothing was kept, and a file was written")
	}
	g.KeepGraph(tree, k)
	if got, ok := g.Graph(tree); !ok || got != k {
		t.Error("what was just kept is not found")
	}
	if err := g.Save(); err != nil {
		t.Fatal(err)
	}
	got, ok := cache.OpenGraphs(file, "one").Graph(tree)
	if !ok || !bytes.Equal(slices.Concat(got.Encode()...), slices.Concat(k.Encode()...)) {
		t.Errorf("what was written is not found: %v", ok)
	}
	if _, ok := cache.OpenGraphs(file, "another").Graph(tree); ok {
		t.Error("another program believes it")
	}
	if _, ok := cache.OpenGraphs(file, "one").Graph(git.EmptyTree("sha1")); ok {
		t.Error("another tree has it")
	}
	// Written once: the same again changes nothing.
	before, _ := os.Stat(file)
	again := cache.OpenGraphs(file, "one")
	again.KeepGraph(tree, k)
	if err := again.Save(); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(file); !os.SameFile(before, after) {
		t.Error("the same graph was written again")
	}
}

// A file that is damaged in any byte is ignored, and replaced.
func TestGraphsDamaged(t *testing.T) {
	tree, k := knownGraph(t)
	folder := filepath.Join(t.TempDir(), "cache")
	file := filepath.Join(folder, cache.GraphFileName)
	g := cache.OpenGraphs(file, "one")
	g.KeepGraph(tree, k)
	if err := g.Save(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range whole {
		damaged := append([]byte{}, whole...)
		damaged[i] ^= 0x20
		write(damaged)
		g := cache.OpenGraphs(file, "one")
		if got, ok := g.Graph(tree); ok && len(slices.Concat(got.Encode()...)) > 0 && !got.Damaged() {
			t.Fatalf("byte %d is wrong, and nobody noticed", i)
		}
	}
	for _, n := range []int{0, 1, 19, 27, len(whole) - 1} {
		write(whole[:n])
		if _, ok := cache.OpenGraphs(file, "one").Graph(tree); ok {
			t.Errorf("cut to %d bytes, and used", n)
		}
	}
	g = cache.OpenGraphs(file, "one")
	g.KeepGraph(tree, k)
	if err := g.Save(); err != nil {
		t.Fatal(err)
	}
	if _, ok := cache.OpenGraphs(file, "one").Graph(tree); !ok {
		t.Error("the damaged file was not replaced")
	}
	os.Rename(file, file+".real")
	if err := os.Symlink(file+".real", file); err != nil {
		t.Fatal(err)
	}
	if _, ok := cache.OpenGraphs(file, "one").Graph(tree); ok {
		t.Error("a symbolic link was followed")
	}
}

// A graph that lies over the one in the file, with few files between, is not written: a review
// lays it there again. One with more files is.
func TestNearGraphs(t *testing.T) {
	for _, tt := range []struct {
		files   int
		written bool
	}{{1, false}, {100, false}, {101, true}} {
		r := gittest.New(t)
		r.Commit("main", "one", gittest.Write("go.mod", "module example.com/m\n"), gittest.Write("a.go", "package a\n"))
		var more []gittest.Edit
		for i := range tt.files {
			more = append(more, gittest.Write(fmt.Sprintf("b%d.go", i), "package a\n"))
		}
		r.Commit("main", "two", more...)
		repo, err := git.Open(t.Context(), r.Dir, git.WithEnviron(os.Environ()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { repo.Close() })
		know := func(g *cache.Graphs, rev string) git.OID {
			t.Helper()
			c, err := repo.Commit(t.Context(), mustResolve(t, repo, rev))
			if err != nil {
				t.Fatal(err)
			}
			if err := impact.Know(t.Context(), impact.BuildInput{Source: impact.Objects(repo), Commit: c.ID, Tree: c.Tree}, g); err != nil {
				t.Fatal(err)
			}
			if _, ok := g.Graph(c.Tree); !ok {
				t.Errorf("the graph of %s is not known", rev)
			}
			if err := g.Save(); err != nil {
				t.Fatal(err)
			}
			return c.Tree
		}
		file := filepath.Join(t.TempDir(), "cache", cache.GraphFileName)
		one := know(cache.OpenGraphs(file, "one"), "main~1")
		two := know(cache.OpenGraphs(file, "one"), "main")
		is, _, ok := cache.OpenGraphs(file, "one").Kept()
		if want := map[bool]git.OID{false: one, true: two}[tt.written]; !ok || is != want {
			t.Errorf("%d files: the graph of %s is kept, want %s", tt.files, is, want)
		}
	}
}

func mustResolve(t *testing.T, repo *git.Repository, rev string) git.OID {
	t.Helper()
	id, err := repo.Resolve(t.Context(), rev)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
