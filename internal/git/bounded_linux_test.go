package git_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// What a stranger's change brings is bounded, with files and without, and nothing is left of it;
// what the repository itself brings is not.
func TestFetchBounded(t *testing.T) {
	const size, most = 3 << 20, 1 << 20
	theirs := size
	if os.Getenv("CUSTODY_SLOW") == "1" {
		theirs = 500 << 20
	}
	noise := func(seed uint64, n int) string { // which nothing packs
		b := make([]byte, n)
		r := rand.New(rand.NewPCG(seed, 0))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	ctx := context.Background()
	origin := gittest.New(t)
	base := origin.Commit("main", "base", gittest.Write("a.bin", noise(1, size)))
	small := origin.Commit("small", "small", gittest.From(base), gittest.Write("b.txt", "x\n"))
	large := origin.Commit("large", "large", gittest.From(base), gittest.Write("c.bin", noise(2, theirs)))
	origin.Git("update-ref", "refs/pull/1/head", small)
	origin.Git("update-ref", "refs/pull/2/head", large)
	url, _ := served(t, origin, "s3cret")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m, err := git.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	free := git.Remote{URL: url, Token: "s3cret", Quiet: 10 * time.Minute} // it packs for long
	bounded := free
	bounded.Most = most
	want := func(ref string, near git.OID) git.Want {
		return git.Want{Refs: []string{"refs/heads/main"}, Foreign: []string{ref}, Near: near}
	}
	kept := func() (bytes int64) {
		files, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "*"))
		for _, f := range files {
			if info, err := os.Stat(f); err == nil {
				bytes += info.Size()
			}
		}
		return bytes
	}
	b, s, l := oid(t, base), oid(t, small), oid(t, large)

	// The first fetch of all: the repository's own file is large, the change is not.
	if err := errors.Join(m.Fetch(ctx, bounded, want("refs/pull/1/head", git.OID{})), m.FetchMissing(ctx, bounded, s, []git.OID{b})); err != nil {
		t.Fatal(err)
	}
	before := kept()
	// Near what is here, files come along.
	if err := m.Fetch(ctx, bounded, want("refs/pull/2/head", b)); !errors.Is(err, git.ErrTooMuch) {
		t.Errorf("with its files: %v", err)
	}
	if err := m.Fetch(ctx, bounded, want("refs/pull/2/head", git.OID{})); err != nil {
		t.Fatal(err)
	}
	if err := m.FetchMissing(ctx, bounded, l, []git.OID{b}); !errors.Is(err, git.ErrTooMuch) {
		t.Errorf("its files: %v", err)
	}
	if more := kept() - before; more > most {
		t.Errorf("%d bytes of it are kept", more)
	}
	// Main moves on by a large file, with a small change upon it, and by another behind that.
	for _, seed := range []uint64{3, 4} {
		b = oid(t, origin.Commit("main", "more", gittest.Write("d.bin", noise(seed, size))))
		next := origin.Commit("next", "next", gittest.From(b.String()), gittest.Write("b.txt", "y\n"))
		origin.Git("update-ref", "refs/pull/1/head", next)
		near := git.OID{}
		if seed == 4 {
			near = s
		}
		if err := errors.Join(m.Fetch(ctx, bounded, want("refs/pull/1/head", near)), m.FetchMissing(ctx, bounded, oid(t, next), []git.OID{b})); err != nil {
			t.Fatal(err)
		}
	}
	// Large notes are the repository's own, too.
	note := oid(t, origin.Commit("notes", "notes", gittest.Write("note", noise(5, size))))
	origin.Git("update-ref", "refs/notes/ai", note.String())
	next := oid(t, origin.Commit("next", "next", gittest.From(b.String()), gittest.Write("b.txt", "z\n")))
	origin.Git("update-ref", "refs/pull/1/head", next.String())
	noted := want("refs/pull/1/head", git.OID{})
	noted.Refs = append(noted.Refs, "refs/notes/ai*")
	if err := errors.Join(m.Fetch(ctx, bounded, noted), m.FetchMissing(ctx, bounded, next, []git.OID{b}, note)); err != nil {
		t.Error(err)
	}
	// And the large change comes where there is no bound.
	if err := errors.Join(m.Fetch(ctx, free, want("refs/pull/2/head", git.OID{})), m.FetchMissing(ctx, free, l, []git.OID{b})); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
}

// A change of more files than anybody may bring is not asked for file by file, however many the
// repository itself has.
func TestFilesBounded(t *testing.T) {
	ctx := context.Background()
	origin := gittest.New(t)
	files := func(n int, name string) (all []gittest.Edit) {
		for i := range n {
			all = append(all, gittest.Write(fmt.Sprintf("%s/%d.txt", name, i), fmt.Sprintf("%s %d\n", name, i)))
		}
		return all
	}
	base := origin.Commit("main", "base", files(60, "own")...)
	small := origin.Commit("small", "small", append(files(20, "small"), gittest.From(base))...)
	large := origin.Commit("large", "large", append(files(30, "large"), gittest.From(base))...)
	origin.Git("update-ref", "refs/pull/1/head", small)
	origin.Git("update-ref", "refs/pull/2/head", large)
	url, _ := served(t, origin, "s3cret")
	m, err := git.OpenMirror(filepath.Join(t.TempDir(), "mirror.git"))
	if err != nil {
		t.Fatal(err)
	}
	bring := func(n int, head string, from git.Remote) error {
		err := m.Fetch(ctx, from, git.Want{Refs: []string{"refs/heads/main"}, Foreign: []string{fmt.Sprintf("refs/pull/%d/head", n)}})
		if err == nil {
			err = m.FetchMissing(ctx, from, oid(t, head), []git.OID{oid(t, base)})
		}
		return err
	}
	from := git.Remote{URL: url, Token: "s3cret", Most: 1 << 30, MostFiles: 25}
	if err := bring(1, small, from); err != nil {
		t.Errorf("few files upon many of the repository's own: %v", err)
	}
	if err := bring(2, large, from); !errors.Is(err, git.ErrTooMuch) || !strings.Contains(err.Error(), "files") {
		t.Errorf("many files: %v", err)
	}
	from.Most = 0
	if err := bring(2, large, from); err != nil {
		t.Errorf("without a bound: %v", err)
	}
}

// What git takes of memory to look through a change of very many files is bounded: beyond that it is
// too much, and what the repository itself brings is looked through all the same.
func TestMemoryBounded(t *testing.T) {
	ctx := context.Background()
	origin := gittest.New(t)
	base := origin.Commit("main", "base", gittest.Write("a.txt", "x\n"))
	const files = 30_000
	edits := []gittest.Edit{gittest.From(base)}
	for i := range files {
		edits = append(edits, gittest.Write(fmt.Sprintf("%d.txt", i), fmt.Sprint(i)))
	}
	wide := origin.Commit("wide", "wide", edits...)
	small := origin.Commit("small", "small", gittest.From(base), gittest.Write("b.txt", "y\n"))
	origin.Git("update-ref", "refs/pull/1/head", small)
	origin.Git("update-ref", "refs/pull/2/head", wide)
	url, _ := served(t, origin, "s3cret")
	m, err := git.OpenMirror(filepath.Join(t.TempDir(), "mirror.git"))
	if err != nil {
		t.Fatal(err)
	}
	from := git.Remote{URL: url, Token: "s3cret", Most: 1 << 30, MostFiles: 10 * files}
	want := git.Want{Refs: []string{"refs/heads/main"}, Foreign: []string{"refs/pull/1/head", "refs/pull/2/head"}}
	if err := m.Fetch(ctx, from, want); err != nil {
		t.Fatal(err)
	}
	from.MostMemory = 64 << 20
	if err := m.FetchMissing(ctx, from, oid(t, small), []git.OID{oid(t, base)}); err != nil {
		t.Errorf("a small change: %v", err)
	}
	from.MostMemory = 6 << 20 // of two walks
	if err := m.FetchMissing(ctx, from, oid(t, wide), []git.OID{oid(t, base)}); !errors.Is(err, git.ErrTooMuch) || !strings.Contains(err.Error(), "memory") {
		t.Errorf("a change of %d files: %.300v", files, err)
	}
	from.MostMemory, from.MostFiles = 1<<30, files-1
	if err := m.FetchMissing(ctx, from, oid(t, wide), []git.OID{oid(t, base)}); !errors.Is(err, git.ErrTooMuch) || !strings.Contains(err.Error(), "files") {
		t.Errorf("with the memory for it: %.300v", err)
	}
}

// A fetch that is called off ends, and nothing of it goes on, while the server says nothing.
func TestCalledOff(t *testing.T) {
	ctx, callOff := context.WithCancel(context.Background())
	gone := make(chan bool)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		callOff()
		<-r.Context().Done()
		close(gone)
	}))
	defer silent.Close()
	m, err := git.OpenMirror(filepath.Join(t.TempDir(), "mirror.git"))
	if err != nil {
		t.Fatal(err)
	}
	err = m.Fetch(ctx, git.Remote{URL: silent.URL + "/x.git", Quiet: time.Hour}, git.Want{Refs: []string{"refs/heads/main"}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-gone
}
