package main

import (
	"context"

	"github.com/spf13/cobra"

	"custody/internal/git"
	"custody/internal/review"
)

// standingOptions name a commit, and by what it is judged.
type standingOptions struct {
	dir, rev, floor, format string
}

// standing opens what judges at a commit. The caller closes repo.
func (o *standingOptions) standing(ctx context.Context, p *process) (reader, *git.Commit, *review.Judge, error) {
	repo, err := openReader(ctx, p, o.dir)
	if err != nil {
		return nil, nil, nil, err
	}
	commit, judge, err := o.read(ctx, repo)
	if err != nil {
		repo.Close()
		return nil, nil, nil, err
	}
	if o.rev == "HEAD" && (judge.Policy == nil || len(judge.Requirements) == 0) {
		tellUncommitted(ctx, p, repo, commit)
	}
	return repo, commit, judge, nil
}

func (o *standingOptions) read(ctx context.Context, repo git.Reader) (*git.Commit, *review.Judge, error) {
	id, err := resolveFlag(ctx, repo, "", o.rev)
	if err != nil {
		return nil, nil, err
	}
	commit, err := repo.Commit(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	floor, err := readFloor(o.floor)
	if err != nil {
		return nil, nil, err
	}
	judge, err := review.ReadJudge(ctx, repo, commit.Tree, floor, o.floor)
	return commit, judge, err
}

func addStanding(cmd *cobra.Command, o *standingOptions) {
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	addFormat(cmd, &o.format, "text", "json")
}

// revArgument is the commit that a command is about.
func revArgument(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return "HEAD"
}
