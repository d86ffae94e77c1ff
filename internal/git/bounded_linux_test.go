package git_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// A change of more files than anybody may bring is not asked for file by file.
func TestFilesBounded(t *testing.T) {
	ctx := context.Background()
	origin := gittest.New(t)
	base := origin.Commit("main", "base", gittest.Write("a.txt", "a\n"))
	url, _ := served(t, origin, "s3cret")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	m, err := git.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	from := git.Remote{URL: url, Token: "s3cret", Most: 1 << 30}
	if err := m.Fetch(ctx, from, git.Want{Refs: []string{"refs/heads/main"}}); err != nil {
		t.Fatal(err)
	}
	here := func(input []byte, args ...string) []string { // as if it had been fetched, without its files
		t.Helper()
		cmd := exec.Command("git", append([]string{"--git-dir=" + dir, "-c", "user.name=eve", "-c", "user.email=eve@example.com"}, args...)...)
		cmd.Stdin = bytes.NewReader(input)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	many := func(files int) git.OID {
		const each = 1000 // of a folder
		var folders, root bytes.Buffer
		for n := range files {
			if n > 0 && n%each == 0 {
				folders.WriteByte('\n')
			}
			fmt.Fprintf(&folders, "100644 blob %040x\t%04d\n", n+1, n%each)
		}
		for i, id := range here(folders.Bytes(), "mktree", "--missing", "--batch") {
			fmt.Fprintf(&root, "040000 tree %s\t%06d\n", id, i)
		}
		return oid(t, here(nil, "commit-tree", "-p", base, "-m", "many", here(root.Bytes(), "mktree", "--missing")[0])[0])
	}
	err = m.FetchMissing(ctx, from, many(git.MostFiles+1), []git.OID{oid(t, base)})
	if !errors.Is(err, git.ErrTooMuch) || !strings.Contains(err.Error(), "files") {
		t.Errorf("its files: %v", err)
	}
	if err := m.FetchMissing(ctx, from, many(100), []git.OID{oid(t, base)}); err == nil || errors.Is(err, git.ErrTooMuch) { // nobody has them
		t.Errorf("a hundred files: %v", err)
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
