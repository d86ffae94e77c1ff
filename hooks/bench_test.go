package hooks

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"custody/impact"
	"custody/impact/cache"
	"custody/internal/git"
)

// BenchmarkJudge answers a push of the last commit of a real repository's default branch,
// with a warm cache, as one process of the hook does.
func BenchmarkJudge(b *testing.B) {
	dir := os.Getenv("CUSTODY_BENCH_REPO")
	if dir == "" {
		b.Skip("set CUSTODY_BENCH_REPO to a repository")
	}
	ctx := context.Background()
	open := func() *git.Repository {
		repo, err := git.Open(ctx, dir, git.WithEnviron(os.Environ()))
		if err != nil {
			b.Fatal(err)
		}
		return repo
	}
	rev := os.Getenv("CUSTODY_BENCH_REV")
	if rev == "" {
		rev = "HEAD"
	}
	repo := open()
	head, err := repo.Resolve(ctx, rev)
	if err != nil {
		b.Fatal(err)
	}
	commit, err := repo.Commit(ctx, head)
	if err != nil {
		b.Fatal(err)
	}
	base := commit.Parents[0]
	folder := b.TempDir()
	os.Chmod(folder, 0o700)
	facts := filepath.Join(folder, cache.FileName)
	store := cache.Open(facts)
	if _, err := impact.Build(ctx, impact.BuildInput{Source: impact.Objects(repo), Tree: commit.Tree, Facts: store}); err != nil {
		b.Fatal(err)
	}
	if err := store.Save(); err != nil {
		b.Fatal(err)
	}
	repo.Close()
	key := newKey(b)
	for b.Loop() {
		repo := open()
		h := &Hook{Repository: repo, Day: "2026-11-23", Facts: cache.Open(facts), Signer: key}
		a := h.Judge(ctx, []Update{{"refs/heads/main", base, head}}, Said{})
		if a.Err != nil || len(a.Results) != 1 || a.Results[0].Verdict == nil {
			b.Fatalf("%+v", a)
		}
		repo.Close()
	}
}
