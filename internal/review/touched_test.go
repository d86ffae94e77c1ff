package review

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// TestTouched holds the files of a commit against what git itself lists.
func TestTouched(t *testing.T) {
	r := gittest.New(t)
	write := func(files ...string) []gittest.Edit {
		edits := []gittest.Edit{gittest.Clear()}
		for i := 0; i < len(files); i += 2 {
			edits = append(edits, gittest.Write(files[i], files[i+1]))
		}
		return edits
	}
	r.Commit("main", "one", write("a", "1", "d/e/f", "1", "d/g", "1", "same/x", "1")...)
	r.Commit("main", "two", write("a", "2", "d/e", "now a file", "d/g", "1", "same/x", "1", "new/deep/er", "1")...)
	r.Commit("main", "three", write("a/b", "now a folder", "same/x", "1")...)
	repo, err := git.Open(t.Context(), r.Dir, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	for _, rev := range []string{"main", "main~1", "main~2"} {
		id, err := repo.Resolve(t.Context(), rev)
		if err != nil {
			t.Fatal(err)
		}
		c, err := repo.Commit(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		h := newHead(repo, c.Tree)
		paths, more, err := h.Touched(t.Context(), &change.Commit{Commit: *c}, 100)
		if err != nil || more {
			t.Fatal(err, more)
		}
		var got []string
		for _, p := range paths {
			got = append(got, string(p))
		}
		slices.Sort(got)
		out, err := exec.Command("git", "-C", r.Dir, "diff-tree", "--root", "-r", "--no-commit-id", "--name-only", "--no-renames", id.String()).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(string(out))
		slices.Sort(want)
		if want = slices.Compact(want); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, git lists %v", rev, got, want)
		}
		if paths, more, _ := h.Touched(t.Context(), &change.Commit{Commit: *c}, 1); len(want) > 1 && (len(paths) != 1 || !more) {
			t.Errorf("%s: %d of at most 1, more %v", rev, len(paths), more)
		}
	}
}
