package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// differences makes a history in which every kind of difference occurs, and lists its
// commits, oldest first.
func differences(t *testing.T, format string) (*gittest.Repo, []OID) {
	r := gittest.New(t, gittest.Format(format))
	lines := strings.Repeat("a line\nand another\n", 20)
	var ids []OID
	for i, edits := range [][]gittest.Edit{
		{gittest.Write("a", lines), gittest.Write("dir/b", "1\n2\n3\n"), gittest.Write("bin", "x\x00y")},
		{gittest.Write("a", lines+"more\n"), gittest.Write("-- end of this difference --", "-- end of this difference --\n")},
		{gittest.Move("a", "moved"), gittest.Write("-- end of this difference --", endOfDiff+endOfDiff)},
		{gittest.Exec("dir/b", "1\n2\n3\n"), gittest.Write("bin", "y\x00z")},
		{}, // nothing
		{gittest.Delete("dir"), gittest.Symlink("dir", "moved"), gittest.Write("new\nline", "no end")},
		{gittest.Gitlink("sub", strings.Repeat("12", map[string]int{"sha1": 20, "sha256": 32}[format])), gittest.Delete("bin")},
		{gittest.Clear(), gittest.Write("a", endOfDiff)},
	} {
		ids = append(ids, mustID(t, r.Commit("main", strings.Repeat("x", i+1), edits...)))
	}
	return r, ids
}

// TestComparer: one process that goes on answers as a new one for each question does.
func TestComparer(t *testing.T) {
	ctx := context.Background()
	for _, format := range []string{"sha1", "sha256"} {
		r, ids := differences(t, format)
		repo := openRepo(t, r)
		type pair struct{ from, to OID }
		want := map[pair]*Diff{}
		for _, from := range ids {
			for _, to := range ids {
				d, err := openRepo(t, r).Diff(ctx, from, to, DefaultDiffLimits())
				if err != nil {
					t.Fatal(err)
				}
				want[pair{from, to}] = d
			}
		}
		check := func(p pair) {
			t.Helper()
			d, err := repo.Diff(ctx, p.from, p.to, DefaultDiffLimits())
			if err != nil || !reflect.DeepEqual(d, want[p]) {
				t.Errorf("%v: %+v, %v, want %+v", p, d, err, want[p])
			}
		}
		process := 0
		for p := range want {
			check(p)
			if c := repo.comparer; c != nil {
				if process != 0 && process != c.cmd.Process.Pid {
					t.Fatal("a process of its own for a difference")
				}
				process = c.cmd.Process.Pid
			}
		}
		if process == 0 {
			t.Fatal("nobody was asked")
		}

		// One that died meanwhile, one that a limit ended, one that is not to be waited for.
		some := pair{ids[0], ids[2]}
		repo.comparer.cmd.Process.Kill()
		repo.comparer.cmd.Process.Wait()
		check(some)
		lim := DefaultDiffLimits()
		lim.Lines = 3
		if d, err := repo.Diff(ctx, ids[0], ids[7], lim); err != nil || len(d.Limits) != 1 || d.Limits[0].What != "lines" {
			t.Errorf("over the limit: %+v, %v", d, err)
		}
		check(some)
		lim = DefaultDiffLimits()
		lim.FileBytes = 100 // of another process: git takes it from the command line
		if d, err := repo.Diff(ctx, ids[0], ids[1], lim); err != nil || d.Files[1].Path != "a" || d.Files[1].Content != ContentLimit {
			t.Errorf("over the limit of a file: %+v, %v", d, err)
		}
		check(pair{ids[0], ids[1]})
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := repo.Diff(cancelled, some.from, some.to, DefaultDiffLimits()); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range ids[1:] {
					check(pair{ids[i], ids[i+1]})
				}
			})
		}
		wg.Wait()
		c := repo.comparer
		if err := repo.Close(); err != nil {
			t.Errorf("closed: %v", err)
		}
		// It is killed, and cleared away by somebody else meanwhile.
		for tries := 0; !errors.Is(c.cmd.Process.Signal(syscall.Signal(0)), os.ErrProcessDone); tries++ {
			if tries == 1000 {
				t.Fatal("git has not ended")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := repo.Diff(ctx, some.from, some.to, DefaultDiffLimits()); err == nil {
			t.Error("a closed repository still compares")
		}
	}
}

// TestComparerAndDamage: a blob that kills git costs no other answer.
func TestComparerAndDamage(t *testing.T) {
	r := gittest.New(t)
	one := mustID(t, r.Commit("main", "one", gittest.Write("a", "1\n"), gittest.Write("b", "1\n")))
	two := mustID(t, r.Commit("main", "two", gittest.Write("a", "2\n"), gittest.Write("b", "two\n")))
	three := mustID(t, r.Commit("main", "three", gittest.Write("b", "3\n")))
	blob := r.ID("main:a")
	path := filepath.Join(r.Dir, "objects", blob[:2], blob[2:])
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, 0o600)
	if err := os.WriteFile(path, whole[:len(whole)-4], 0o600); err != nil { // its size can be read
		t.Fatal(err)
	}
	repo := openRepo(t, r)
	for range 2 {
		d, err := repo.Diff(context.Background(), one, two, DefaultDiffLimits())
		if err != nil || len(d.Files) != 2 || d.Files[0].Content != ContentMissing || d.Files[1].Content != ContentLines {
			t.Errorf("%+v, %v", d, err)
		}
		d, err = repo.Diff(context.Background(), two, three, DefaultDiffLimits())
		if err != nil || len(d.Files) != 1 || d.Files[0].Content != ContentLines || len(d.Files[0].Hunks) != 1 {
			t.Errorf("%+v, %v", d, err)
		}
	}
}
