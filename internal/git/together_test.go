package git_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// TestEachTouched holds the answer against git log's own.
func TestEachTouched(t *testing.T) {
	r := gittest.New(t)
	odd := ":100644 odd\nname"
	r.Commit("main", "root", gittest.Write("a", "1"), gittest.Write("b/c", "1"), gittest.Write(strings.Repeat("0123456789", 4), "an id"))
	r.Commit("main", "odd", gittest.Write(odd, "x"), gittest.Delete("a"))
	r.Commit("side", "side", gittest.From("main"), gittest.Write("side", "x"))
	r.Commit("main", "move", gittest.Move("b/c", "b/d"))
	r.Commit("main", "merge", gittest.Merge("side"), gittest.Write("side", "x"))
	r.Commit("main", "empty")
	r.Commit("main", "many", gittest.Write("m/1", ""), gittest.Write("m/2", ""), gittest.Write("m/3", ""))

	repo, err := git.Open(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	head, err := repo.Resolve(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	more, err := repo.EachTouched(t.Context(), head, 100, 2, func(x git.Touched) error {
		got = append(got, fmt.Sprintf("%q %d", x.Paths, x.More))
		return nil
	})
	if err != nil || more {
		t.Fatal(more, err)
	}
	var want []string
	for id := range strings.FieldsSeq(r.Git("rev-list", "--no-merges", "main")) {
		var paths []string
		for p := range strings.SplitSeq(r.Git("diff-tree", "--root", "-r", "-z", "--name-only", "--no-renames", "--no-commit-id", id), "\x00") {
			if p = strings.TrimSuffix(p, "\n"); p != "" {
				paths = append(paths, p)
			}
		}
		if len(paths) > 0 { // a commit that changes nothing is not listed
			want = append(want, fmt.Sprintf("%q %d", paths[:min(2, len(paths))], max(0, len(paths)-2)))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	n := 0
	if _, err := repo.EachTouched(t.Context(), head, 2, 9, func(git.Touched) error { n++; return nil }); err != nil || n > 2 {
		t.Errorf("of two commits: %d, %v", n, err)
	}
	enough := errors.New("enough")
	if _, err := repo.EachTouched(t.Context(), head, 9, 9, func(git.Touched) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the error of fn is %v", err)
	}
	if _, err := repo.EachTouched(t.Context(), git.OID{}, 9, 9, func(git.Touched) error { return nil }); err == nil {
		t.Error("no error for a commit that is not there")
	}
}
