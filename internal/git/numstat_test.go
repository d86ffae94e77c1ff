package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

func TestNumstat(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		testNumstat(ctx, t, format)
	}
}

func testNumstat(ctx context.Context, t *testing.T, format string) {
	t.Helper()
	r := gittest.New(t, gittest.Format(format))
	long := strings.Repeat("line of text\n", 50)
	first := r.Commit("main", "root", gittest.Write("a.txt", "1\n2\n"), gittest.Write("dir/long.txt", long), gittest.Write("b\tin\n.txt", "x\n"))
	empty := r.Commit("main", "nothing")
	change := r.Commit("main", "change", gittest.Write("a.txt", "1\n3\n4\n"), gittest.Move("dir/long.txt", ". \n"), gittest.Write("image", "\x00\x01"), gittest.Delete("b\tin\n.txt"))
	r.Commit("side", "side", gittest.From(first), gittest.Write("side.txt", "s\n"))
	merge := r.Commit("main", "merge", gittest.Merge("side"))
	ids := []git.OID{oid(t, change), oid(t, merge), oid(t, empty), oid(t, first), oid(t, empty)}
	repo := open(t, r)
	var got []string
	err := repo.Numstat(ctx, ids, func(i int, files []git.FileLines, more int, err error) error {
		if err != nil || more != 0 {
			t.Errorf("%s: %d more, %v", ids[i], more, err)
		}
		s := []string{}
		for _, f := range files {
			s = append(s, fmt.Sprintf("%q %q +%d -%d %v", f.OldPath, f.Path, f.Added, f.Deleted, f.Binary))
		}
		slices.Sort(s)
		got = append(got, strings.Join(s, "; "))
		return nil
	})
	root := `"" "a.txt" +2 -0 false; "" "b\tin\n.txt" +1 -0 false; "" "dir/long.txt" +50 -0 false`
	want := []string{`"" "a.txt" +2 -1 false; "" "b\tin\n.txt" +0 -1 false; "" "image" +0 -0 true; "dir/long.txt" ". \n" +0 -0 false`, "", "", root, ""}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	stop := errors.New("stop")
	if err := repo.Numstat(ctx, ids, func(int, []git.FileLines, int, error) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of fn: %v", err)
	}

	// A blob that is missing costs its commit, not the others.
	blob := r.Git("rev-parse", change+":a.txt")
	if err := os.Remove(filepath.Join(r.Dir, "objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	var failed []int
	err = repo.Numstat(ctx, ids, func(i int, files []git.FileLines, _ int, err error) error {
		if err != nil {
			failed = append(failed, i)
			if !errors.Is(err, git.ErrMissing) {
				t.Error(err)
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(failed, []int{0}) {
		t.Errorf("%v failed, %v", failed, err)
	}
}
