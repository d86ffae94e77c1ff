package review

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/git"
)

// BenchmarkJudge measures rules and requirements alone, on a change of a real repository:
// CUSTODY_BENCH_REPO=DIR, CUSTODY_BENCH_BASE=REV (default HEAD~1000). Its second result
// is the time of "git diff" of the same range; the goal is under twice that.
func BenchmarkJudge(b *testing.B) {
	dir := os.Getenv("CUSTODY_BENCH_REPO")
	if dir == "" {
		b.Skip("set CUSTODY_BENCH_REPO to a repository")
	}
	rev := os.Getenv("CUSTODY_BENCH_BASE")
	if rev == "" {
		rev = "HEAD~1000"
	}
	ctx := context.Background()
	repo, err := git.Open(ctx, dir)
	if err != nil {
		b.Fatal(err)
	}
	defer repo.Close()
	base, err := repo.Resolve(ctx, rev)
	if err != nil {
		b.Fatal(err)
	}
	head, err := repo.Resolve(ctx, "HEAD")
	if err != nil {
		b.Fatal(err)
	}
	c, authors, err := attestRange(ctx, Input{Repository: repo, Base: base, Head: head, Stage: change.AtMerge, Day: "2026-11-23"})
	if err != nil {
		b.Fatal(err)
	}
	policy, err := config.ParsePolicy(config.FileName, config.Starter(config.DefaultRequirements))
	if err != nil {
		b.Fatal(err)
	}
	requirements, err := control.ParseRequirements(config.DefaultRequirements, config.StarterRequirements("x", config.StarterLanguages()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(c.Files)), "files")
	b.Run("judge", func(b *testing.B) {
		for b.Loop() {
			in := control.Input{
				Change: c, Stage: change.AtMerge, Day: "2026-11-23", Config: config.Layer(nil, policy), Requirements: []*control.Requirements{requirements},
				Head: newHead(repo, c.HeadTree), Base: newHead(repo, c.BaseTree), Attestation: authors,
			}
			checks, err := control.Evaluate(ctx, in)
			if err != nil {
				b.Fatal(err)
			}
			control.Controls(in, checks)
		}
	})
	b.Run("git-diff", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("git", "-C", dir, "diff", base.String(), head.String()).Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
