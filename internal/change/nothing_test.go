package change_test

import (
	"context"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git/gittest"
)

// A base of zeros stands for nothing, in both kinds of repositories: everything at head
// is the change.
func TestReadFromNothing(t *testing.T) {
	for _, format := range formats {
		r := gittest.New(t, gittest.Format(format))
		r.Commit("main", "one", gittest.Write("a", "1\n2\n"), gittest.Write("b/c", "1\n"))
		head := r.Commit("main", "two", gittest.Write("a", "1\n2\n3\n"))
		repo := open(t, r)
		c := read(t, repo, strings.Repeat("0", len(head)), head)
		if !c.FromNothing() || len(c.Commits) != 2 || len(c.MergeBases) != 0 || len(c.Limits) != 0 {
			t.Errorf("%+v", c)
		}
		if len(c.Files) != 2 || c.Files[0].Path != "a" || c.Files[0].Added != 3 || c.Files[0].Status != change.Added || c.Files[1].Path != "b/c" {
			t.Errorf("%+v", c.Files)
		}
		if _, err := change.Read(context.Background(), repo, oid(t, head), oid(t, strings.Repeat("0", len(head))), change.DefaultLimits()); err == nil {
			t.Error("a head of zeros was read")
		}
	}
	if (&change.Change{}).FromNothing() {
		t.Error("a base that nobody set is nothing on purpose")
	}
}
