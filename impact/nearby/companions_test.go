package nearby

import (
	"fmt"
	"testing"

	"custody/impact"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

func TestCompanions(t *testing.T) {
	r := gittest.New(t)
	content := 0
	commit := func(message string, paths ...string) {
		var edits []gittest.Edit
		for _, p := range paths {
			content++
			edits = append(edits, gittest.Write(p, fmt.Sprint(content)))
		}
		r.Commit("main", message, edits...)
	}
	var huge []string
	for i := range 60 {
		huge = append(huge, fmt.Sprintf("huge/%d", i))
	}
	commit("huge", append(huge, "api.go", "docs/api.md", "huge.go")...)
	for range 3 {
		commit("both", "api.go", "docs/api.md", "gone.md")
	}
	commit("one", "api.go", "chance.go")
	commit("one", "api.go", "chance.go")
	commit("other", "docs/api.md")
	for range 9 {
		commit("often", "busy.go", "api.go")
	}
	// busy.go goes with api.go in nine of fourteen commits; docs/api.md in three of
	// fourteen, which is less than half, but in three of four of docs/api.md's own.
	r.Commit("main", "gone", gittest.Delete("gone.md"))
	base := r.ID("main")
	commit("the change", "api.go", "never.go")

	repo, err := git.Open(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	from, err := repo.Resolve(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	head, err := repo.Resolve(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	c, err := repo.Commit(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		changed []impact.Changed
		want    string
	}{
		{[]impact.Changed{{Path: "api.go"}, {Path: "never.go"}}, "[{busy.go api.go 9 14 642 9}]"},
		{[]impact.Changed{{Path: "api.go"}, {Path: "busy.go"}}, "[]"},
		{[]impact.Changed{{Path: "docs/api.md"}}, "[{api.go docs/api.md 3 4 750 14}]"}, // and gone.md is gone
		{[]impact.Changed{{Path: "moved.md", OldPath: "docs/api.md"}}, "[{api.go moved.md 3 4 750 14}]"},
		{[]impact.Changed{{Path: "huge.go"}}, "[]"},
		{[]impact.Changed{{Path: "chance.go"}}, "[]"}, // two commits are chance
	} {
		got, err := Companions(t.Context(), repo, from, c.Tree, test.changed)
		if err != nil {
			t.Fatal(err)
		}
		if got.Commits != 17 || got.Huge != 1 || got.Cut {
			t.Errorf("looked at %+v", got)
		}
		if s := fmt.Sprint(got.Files); s != test.want {
			t.Errorf("%v: got %s, want %s", test.changed, s, test.want)
		}
	}
}
