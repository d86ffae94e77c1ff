package git_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

func TestDefaultBranch(t *testing.T) {
	ctx := context.Background()
	r := gittest.New(t)
	repo := open(t, r)
	if b, err := repo.DefaultBranch(ctx); err != nil || b.Ref != "refs/heads/main" || !b.Tip.IsZero() {
		t.Errorf("of an empty repository: %+v, %v", b, err)
	}
	first := r.Commit("main", "one", gittest.Write("a", "1\n"))
	if b, err := repo.DefaultBranch(ctx); err != nil || b.Ref != "refs/heads/main" || b.Tip != oid(t, first) {
		t.Errorf("%+v, %v", b, err)
	}
	r.Git("symbolic-ref", "HEAD", "refs/heads/trunk")
	if b, err := repo.DefaultBranch(ctx); err != nil || b.Ref != "refs/heads/trunk" || !b.Tip.IsZero() {
		t.Errorf("unborn: %+v, %v", b, err)
	}
	r.Git("update-ref", "--no-deref", "HEAD", first)
	if b, err := repo.DefaultBranch(ctx); err != nil || b.Ref != "" || b.Tip != oid(t, first) {
		t.Errorf("detached: %+v, %v", b, err)
	}
}

func TestSymbolicTarget(t *testing.T) {
	ctx := context.Background()
	r := gittest.New(t)
	r.Commit("main", "one", gittest.Write("a", "1\n"))
	r.Git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
	r.Git("symbolic-ref", "refs/heads/far", "refs/heads/alias")
	r.Git("symbolic-ref", "refs/heads/dangling", "refs/heads/unborn")
	r.Git("symbolic-ref", "refs/heads/loop", "refs/heads/loop2")
	os.WriteFile(filepath.Join(r.Dir, "refs/heads/loop2"), []byte("ref: refs/heads/loop\n"), 0o600)
	os.Symlink("main", filepath.Join(r.Dir, "refs/heads/linked"))
	r.Commit("packed", "two", gittest.Write("b", "1\n"))
	r.Git("pack-refs", "--all")
	repo := open(t, r)
	for ref, want := range map[string]string{
		"refs/heads/alias": "refs/heads/main", "refs/heads/far": "refs/heads/main", "refs/heads/dangling": "refs/heads/unborn",
		"refs/heads/main": "", "refs/heads/packed": "", "refs/heads/none": "", "refs/heads": "", "refs/heads/packed/x": "",
	} {
		if got, err := repo.SymbolicTarget(ctx, ref); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", ref, got, err, want)
		}
	}
	if got, err := repo.SymbolicTarget(ctx, "refs/heads/loop"); err == nil {
		t.Errorf("a loop leads to %q", got)
	}
	// An old git wrote symbolic links: git itself says what one is.
	plain, _ := r.Try("symbolic-ref", "--quiet", "refs/heads/linked")
	if got, err := repo.SymbolicTarget(ctx, "refs/heads/linked"); err != nil || got != plain {
		t.Errorf("a symbolic link: %q, %v; git says %q", got, err, plain)
	}
}

func TestIsAncestorAndCount(t *testing.T) {
	ctx := context.Background()
	r := gittest.New(t)
	one := oid(t, r.Commit("main", "one", gittest.Write("a", "1\n")))
	two := oid(t, r.Commit("main", "two", gittest.Write("a", "2\n")))
	side := oid(t, r.Commit("side", "side", gittest.From(one.String()), gittest.Write("b", "1\n")))
	repo := open(t, r)
	for _, c := range []struct {
		a, b git.OID
		want bool
		n    int
	}{{one, two, true, 1}, {two, one, false, 0}, {one, one, true, 0}, {side, two, false, 1}} {
		if got, err := repo.IsAncestor(ctx, c.a, c.b); err != nil || got != c.want {
			t.Errorf("%s in %s: %v, %v", c.a.Short(), c.b.Short(), got, err)
		}
		if n, err := repo.CountCommits(ctx, c.a, c.b, 10); err != nil || n != c.n {
			t.Errorf("%s..%s: %d commits, %v", c.a.Short(), c.b.Short(), n, err)
		}
	}
	if _, err := repo.IsAncestor(ctx, one, oid(t, strings.Repeat("1", 40))); err == nil {
		t.Error("a commit that is not there is an answer")
	}
}

func TestNew(t *testing.T) {
	ctx := context.Background()
	for _, format := range []string{"sha1", "sha256"} {
		r := gittest.New(t, gittest.Format(format))
		one := r.Commit("main", "one", gittest.Write("a", "1\n"))
		two := r.Commit("gone", "two", gittest.From(one), gittest.Write("a", "2\n"))
		three := r.Commit("gone", "three", gittest.Write("a", "3\n"))
		r.Git("tag", "-a", "-m", "x", "v1", two)
		r.Git("tag", "blob", r.Object("blob", []byte("x")))
		r.Git("update-ref", "-d", "refs/heads/gone")
		r.Git("update-ref", "refs/notes/hidden", three)
		r.Git("update-ref", "refs/pull/1/head", three)
		repo := open(t, r)
		if got, err := repo.New(ctx, []git.OID{oid(t, one), oid(t, three), oid(t, two), oid(t, three)}); err != nil || len(got) != 3 || got[oid(t, one)] || got[oid(t, two)] || !got[oid(t, three)] {
			t.Errorf("%v, %v", got, err)
		}
		// A ref that leads nowhere makes nothing known.
		missing := strings.Repeat("1", len(one))
		os.WriteFile(filepath.Join(r.Dir, "refs/heads/broken"), []byte(missing+"\n"), 0o600)
		if got, err := repo.New(ctx, []git.OID{oid(t, three)}); err != nil || !got[oid(t, three)] {
			t.Errorf("beside a broken ref: %v, %v", got, err)
		}
		// A head that is not there is an error, never "nothing new".
		if got, err := repo.New(ctx, []git.OID{oid(t, three), oid(t, strings.Repeat("2", len(one)))}); err == nil {
			t.Errorf("a missing head: new is %v", got)
		}
	}
}

func TestPeel(t *testing.T) {
	ctx := context.Background()
	r := gittest.New(t)
	one := r.Commit("main", "one", gittest.Write("a", "1\n"))
	r.Git("tag", "-a", "-m", "x", "v1", one)
	r.Git("tag", "-a", "-m", "x", "v2", "v1")
	tree, blob := r.ID("main^{tree}"), r.ID("main:a")
	r.Git("tag", "-a", "-m", "x", "tree", tree)
	missing := strings.Repeat("1", 40)
	broken := r.Object("tag", []byte("nonsense\n"))
	lost := r.Object("tag", []byte(fmt.Sprintf("object %s\ntype commit\ntag lost\ntagger A <a@b> 1 +0000\n\nx\n", missing)))
	liar := r.Object("tag", []byte(fmt.Sprintf("object %s\ntype commit\ntag liar\ntagger A <a@b> 1 +0000\n\nx\n", blob)))
	repo := open(t, r)
	asked := []string{one, r.ID("v1"), r.ID("v2"), r.ID("tree"), tree, blob, missing, broken, lost, liar, one}
	want := []string{"commit " + one, "commit " + one, "commit " + one, "tree " + tree, "tree " + tree, "blob " + blob, " ", " ", " ", " ", "commit " + one}
	var ids []git.OID
	for _, a := range asked {
		ids = append(ids, oid(t, a))
	}
	got, err := repo.Peel(ctx, ids)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		if is := g.Kind + " " + g.ID.String(); is != want[i] {
			t.Errorf("%d: %s is %q, want %q", i, asked[i], is, want[i])
		}
	}
	for range 11 {
		ids = append(ids, ids...)
	}
	if got, err = repo.Peel(ctx, ids); err != nil || len(got) != len(ids) {
		t.Errorf("%d ids: %d answers, %v", len(ids), len(got), err)
	}
}
