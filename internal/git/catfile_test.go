package git

// These tests are inside the package to get at the process behind a Repository.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

func openRepo(t testing.TB, r *gittest.Repo, opts ...Option) *Repository {
	t.Helper()
	repo, err := Open(context.Background(), r.Dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

func mustID(t testing.TB, s string) OID {
	t.Helper()
	id, err := ParseOID(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// blobsOf lists every blob of a repository with its content.
func blobsOf(t testing.TB, r *gittest.Repo) (ids []OID, contents map[OID]string) {
	contents = map[OID]string{}
	for line := range strings.Lines(r.Git("cat-file", "--batch-all-objects", "--batch-check")) {
		if f := strings.Fields(line); f[1] == "blob" {
			ids = append(ids, mustID(t, f[0]))
		}
	}
	var in bytes.Buffer
	for _, id := range ids {
		fmt.Fprintln(&in, id)
	}
	out := string(r.Pipe(in.Bytes(), "cat-file", "--batch"))
	for _, id := range ids {
		head, rest, _ := strings.Cut(out, "\n")
		var size int
		fmt.Sscanf(strings.Fields(head)[2], "%d", &size)
		contents[id], out = rest[:size], rest[size+1:]
	}
	return ids, contents
}

func TestBlobs(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		r := gittest.New(t, gittest.Format(format))
		r.Generate(gittest.Spec{Files: 3000, Seed: 1})
		r.Commit("main", "sizes", gittest.Write("empty", ""), gittest.Write("big", strings.Repeat("x", 300_000)))
		repo := openRepo(t, r)
		ids, contents := blobsOf(t, r)
		tree := mustID(t, r.Git("rev-parse", "main^{tree}"))
		absent := tree
		absent.b[5] ^= 1
		ids = append([]OID{absent}, ids...)
		ids = append(ids, tree, OID{}, ids[7], absent)

		for _, limit := range []int64{-1, 0, 500, 1 << 20} {
			next := 0
			err := repo.Blobs(context.Background(), ids, limit, func(i int, data []byte, err error) error {
				if i != next {
					t.Fatalf("call %d is about %d", next, i)
				}
				next++
				want, there := contents[ids[i]]
				var large *TooLargeError
				switch {
				case !there && ids[i] == tree:
					if err == nil || errors.Is(err, ErrMissing) {
						t.Errorf("a tree: %v", err)
					}
				case !there:
					if !errors.Is(err, ErrMissing) {
						t.Errorf("an absent blob: %v", err)
					}
				case limit >= 0 && int64(len(want)) > limit:
					if !errors.As(err, &large) || large.Size != int64(len(want)) || data != nil {
						t.Errorf("over the limit: %d bytes, %v", len(data), err)
					}
				case err != nil || string(data) != want:
					t.Errorf("blob %s: %d bytes, %v; want %d bytes", ids[i], len(data), err, len(want))
				}
				return nil
			})
			if err != nil || next != len(ids) {
				t.Errorf("limit %d: %v after %d of %d", limit, err, next, len(ids))
			}
		}
		if err := repo.Blobs(context.Background(), nil, -1, nil); err != nil {
			t.Errorf("no ids: %v", err)
		}
	}
}

// However a conversation is broken off, the next one gets its own answers.
func TestInterruptions(t *testing.T) {
	r := gittest.New(t)
	r.Generate(gittest.Spec{Files: 3000, Seed: 2})
	repo := openRepo(t, r)
	repo.own = nil // it asks nobody
	ids, contents := blobsOf(t, r)
	check := func(what string) {
		t.Helper()
		for _, id := range ids[:3] {
			if data, err := repo.Blob(context.Background(), id, -1); err != nil || string(data) != contents[id] {
				t.Fatalf("after %s: %q, %v", what, data, err)
			}
		}
	}
	for _, at := range []int{0, 1, 100, 1023, 1024, 2000, 2999} {
		stop := errors.New("stop")
		err := repo.Blobs(context.Background(), ids, -1, func(i int, _ []byte, _ error) error {
			if i == at {
				return stop
			}
			return nil
		})
		if err != stop {
			t.Errorf("stopped at %d: %v", at, err)
		}
		check("an error of fn")

		ctx, cancel := context.WithCancelCause(context.Background())
		last := 0
		err = repo.Blobs(ctx, ids, 1<<20, func(i int, data []byte, err error) error {
			if last = i; i == at {
				cancel(stop)
			}
			if err != nil || string(data) != contents[ids[i]] {
				t.Errorf("blob %d: %v", i, err)
			}
			return nil
		})
		if err != stop {
			t.Errorf("cancelled at %d, last call %d: %v", at, last, err)
		}
		check("a cancelled context")

		killed := false
		n := 0
		err = repo.Blobs(context.Background(), ids, -1, func(i int, data []byte, err error) error {
			if !killed && i == at {
				killed = true
				killAll(t, repo)
			}
			if n++; err != nil || string(data) != contents[ids[i]] {
				t.Errorf("blob %d: %v", i, err)
			}
			return nil
		})
		if err != nil || n != len(ids) {
			t.Errorf("the process was killed at %d: %v after %d calls", at, err, n)
		}
		check("a killed process")
	}

	killIdle := func(want int) {
		t.Helper()
		repo.mu.Lock()
		defer repo.mu.Unlock()
		if len(repo.idle) != want {
			t.Errorf("%d idle processes, want %d", len(repo.idle), want)
		}
		for _, c := range repo.idle {
			c.cmd.Process.Kill()
			c.cmd.Process.Wait()
		}
	}
	killIdle(1)
	check("the idle process was killed")

	// A call within a call gets a process of its own.
	err := repo.Blobs(context.Background(), ids[:10], -1, func(i int, data []byte, _ error) error {
		other, err := repo.Blob(context.Background(), ids[i+1], -1)
		if err != nil || string(other) != contents[ids[i+1]] || string(data) != contents[ids[i]] {
			t.Errorf("nested: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	killIdle(2)
	check("both idle processes were killed")

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, id := range ids[:50] {
				if data, err := repo.Blob(context.Background(), id, -1); err != nil || string(data) != contents[id] {
					t.Errorf("concurrently: %v", err)
				}
			}
		})
	}
	wg.Wait()

	if err := repo.Close(); err != nil {
		t.Error(err)
	}
	if err := repo.Close(); err != nil {
		t.Error(err)
	}
	if _, err := repo.Blob(context.Background(), ids[0], -1); err == nil {
		t.Error("a closed repository still reads")
	}
	if _, err := os.Stat(repo.iso.dir); !os.IsNotExist(err) {
		t.Error("Close left its temporary folder behind")
	}
}

// killAll ends the cat-file processes that are children of this test.
func killAll(t *testing.T, repo *Repository) {
	t.Helper()
	dirs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	killed := 0
	for _, path := range dirs {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), repo.iso.dir) && strings.Contains(string(line), "--batch-command") {
			var pid int
			fmt.Sscanf(path, "/proc/%d/", &pid)
			if p, err := os.FindProcess(pid); err == nil && p.Kill() == nil {
				killed++
			}
		}
	}
	if killed == 0 {
		t.Fatal("found no cat-file process in /proc to kill")
	}
}

func TestDamagedObjects(t *testing.T) {
	r := gittest.New(t)
	r.Generate(gittest.Spec{Files: 20, Seed: 2}) // fewer than fast-import packs
	ids, contents := blobsOf(t, r)
	damaged := map[OID]bool{}
	for n, i := range []int{0, 7, 8, 12, len(ids) - 1} {
		hex := ids[i].String()
		path := filepath.Join(r.Dir, "objects", hex[:2], hex[2:])
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, 0o600)
		broken := [][]byte{nil, whole[:len(whole)/2], []byte("nonsense"), append(whole[:10:10], make([]byte, len(whole)-10)...), whole[:20]}[n]
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		damaged[ids[i]] = true
	}
	for _, rd := range []Reader{openRepo(t, r), openGo(t, r)} {
		for _, id := range ids {
			data, err := rd.Blob(context.Background(), id, -1)
			if damaged[id] != errors.Is(err, ErrMissing) || !damaged[id] && string(data) != contents[id] {
				t.Errorf("%T, damaged %v: %q, %v", rd, damaged[id], data, err)
			}
		}
	}
	for _, limit := range []int64{-1, 1 << 20} {
		n := 0
		err := openRepo(t, r).Blobs(context.Background(), ids, limit, func(i int, data []byte, err error) error {
			n++
			if damaged[ids[i]] != errors.Is(err, ErrMissing) || !damaged[ids[i]] && string(data) != contents[ids[i]] {
				t.Errorf("damaged %v: %q, %v", damaged[ids[i]], data, err)
			}
			return nil
		})
		if err != nil || n != len(ids) {
			t.Errorf("%v after %d of %d", err, n, len(ids))
		}
	}
}

func openGo(t testing.TB, r *gittest.Repo) *GoGit {
	g, err := OpenGoGit(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// hugeBlob writes a blob of zeros without holding it.
func hugeBlob(t testing.TB, r *gittest.Repo, size int64) OID {
	t.Helper()
	path := filepath.Join(t.TempDir(), "huge")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
	return mustID(t, r.Git("-c", "core.bigFileThreshold=1m", "-c", "core.compression=1", "hash-object", "-w", path))
}

func TestHugeBlob(t *testing.T) {
	size := int64(64 << 20)
	if os.Getenv("CUSTODY_SLOW") != "" {
		size = 2 << 30
	}
	r := gittest.New(t)
	id := hugeBlob(t, r, size)
	commit := mustID(t, r.Commit("main", "huge", gittest.Link("100644", "huge.bin", id.String())))
	empty := mustID(t, r.Commit("main", "gone", gittest.Delete("huge.bin")))
	repo := openRepo(t, r)
	start := time.Now()
	for _, rd := range []Reader{repo, openGo(t, r)} {
		var large *TooLargeError
		if _, err := rd.Blob(context.Background(), id, 1<<20); !errors.As(err, &large) || large.Size != size {
			t.Errorf("%T: %v", rd, err)
		}
	}
	// Asked for as something else, it is not read either.
	if _, err := repo.Tree(context.Background(), id); err == nil {
		t.Error("a blob is no tree")
	}
	d, err := repo.Diff(context.Background(), empty, commit, DefaultDiffLimits())
	if err != nil || len(d.Files) != 1 || d.Files[0].Content != ContentBinary {
		t.Errorf("%+v, %v", d, err)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("not reading it took %v", d)
	}
	repo.mu.Lock()
	c := repo.idle[0]
	repo.mu.Unlock()
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid)); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		var kb int64
		fmt.Sscan(rest, &kb)
		if kb > 48<<10 {
			t.Errorf("git used %d KiB", kb)
		}
	}
}

func BenchmarkBlobs(b *testing.B) {
	r := gittest.New(b)
	r.Generate(gittest.Spec{Files: 20_000, Lines: 100, Seed: 1})
	r.Git("repack", "-adq")
	ids, _ := blobsOf(b, r)
	repo := openRepo(b, r)
	for _, limit := range []int64{-1, 1 << 20} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			for b.Loop() {
				var n int64
				err := repo.Blobs(context.Background(), ids, limit, func(_ int, data []byte, err error) error {
					n += int64(len(data))
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(n)
			}
		})
	}
	b.Run("git", func(b *testing.B) {
		var in bytes.Buffer
		for _, id := range ids {
			fmt.Fprintln(&in, id)
		}
		path := filepath.Join(b.TempDir(), "ids")
		os.WriteFile(path, in.Bytes(), 0o600)
		for b.Loop() {
			r.Git("-c", "alias.all=!git cat-file --batch --buffer <"+path+" | cat >/dev/null", "all")
		}
	})
}
