package git_test

import (
	"context"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// Which branches hold what another got, as `git merge-base` tells before and after.
func TestHolding(t *testing.T) {
	ctx := context.Background()
	r := gittest.New(t)
	r.Commit("main", "one", gittest.Write("a", "1\n"))
	before := r.Commit("main", "two", gittest.Write("a", "2\n"))
	fix := r.Commit("fix", "fix", gittest.From("main"), gittest.Write("b", "1\n"))
	names := []string{"apart", "on it", "merged it", "it", "old", "main itself"}
	heads := []string{
		r.Commit("apart", "apart", gittest.From("main"), gittest.Write("c", "1\n")),
		r.Commit("on", "on it", gittest.From("fix"), gittest.Write("b", "2\n")),
		r.Commit("merge", "merge it", gittest.From("apart"), gittest.Merge(fix)),
		fix,
		r.Commit("old", "old", gittest.From(before+"~1"), gittest.Write("d", "1\n")),
		before,
	}
	r.Commit("main", "three", gittest.Write("e", "1\n"))
	after := r.Commit("main", "Merge fix", gittest.Merge(fix))
	repo := open(t, r)
	var ids []git.OID
	for _, h := range heads {
		ids = append(ids, oid(t, h))
	}
	gone := oid(t, "00000000000000000000000000000000000000aa")
	got, err := repo.Holding(ctx, append(ids, gone), oid(t, before), oid(t, after))
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range heads {
		if want := r.Git("merge-base", "--all", before, h) != r.Git("merge-base", "--all", after, h); got[ids[i]] != want {
			t.Errorf("%s: %v", names[i], got[ids[i]])
		}
	}
	if !got[gone] {
		t.Error("of a commit that is not there it is known")
	}
	if _, err := repo.Holding(ctx, ids, gone, oid(t, after)); err == nil {
		t.Error("it is known since a commit that is not there")
	}
}
