package gittest_test

import (
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

func TestSameIDsEveryTime(t *testing.T) {
	build := func() string {
		r := gittest.New(t)
		r.Commit("main", "first\n", gittest.Write("a", "1\n"), gittest.Exec("bin/run", "#!\n"), gittest.Symlink("l", "a"))
		side := r.Commit("side", "side\n", gittest.From("main"), gittest.Write("b \"q\"\n\xff", "2\n"))
		r.Commit("main", "second\n", gittest.Delete("l"), gittest.Gitlink("sub", strings.Repeat("1", 40)))
		return r.Commit("main", "merge\n", gittest.Merge(side), gittest.Move("a", "c"), gittest.By("Bo <bo@example.com>"))
	}
	a, b := build(), build()
	if a != b {
		t.Fatalf("two builds differ: %s and %s", a, b)
	}
	if want := "a70f45b4ea502333b0e50ff58c88f3e353c76005"; a != want {
		t.Errorf("the id is %s, it was %s", a, want)
	}
}

func TestGenerate(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		r := gittest.New(t, gittest.Format(format))
		r.Generate(gittest.Spec{Files: 200, Commits: 30, Seed: 7})
		if n := len(strings.Split(r.Git("ls-tree", "-r", "--name-only", "main"), "\n")); n != 200 {
			t.Errorf("%s: %d files, want 200", format, n)
		}
		if n := r.Git("rev-list", "--count", "main"); n != "31" {
			t.Errorf("%s: %s commits, want 31", format, n)
		}
		if n := r.Git("rev-list", "--count", "--merges", "main"); n != "3" {
			t.Errorf("%s: %s merges, want 3", format, n)
		}
		r.Git("fsck", "--strict")
	}
}

func TestOrphanAndFrom(t *testing.T) {
	r := gittest.New(t)
	a := r.Commit("main", "a", gittest.Write("a", ""))
	b := r.Commit("main", "b", gittest.Orphan(), gittest.Write("b", ""))
	c := r.Commit("main", "c", gittest.From(a), gittest.Write("c", ""))
	if got := r.Git("rev-list", "--parents", "--no-walk", b); got != b {
		t.Errorf("the orphan has parents: %s", got)
	}
	if got := r.Git("rev-list", "--parents", "--no-walk", c); got != c+" "+a {
		t.Errorf("parents of c: %s", got)
	}
}
