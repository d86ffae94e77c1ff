package main

import (
	"context"

	"github.com/spf13/cobra"

	"custody/internal/report"
)

func newMeasure(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "measure [REV]",
		Short: "Score the health of a commit, with reasons",
		Long: `Score a commit (default: HEAD) from 0 to 100: security requirements met, source files in
the dependency graph, source folders that a document names, a policy that stands. All
are rates, so the size of a repository does not decide. What is absent counts as
nothing; without a source file there is no score.`,
		Example: `  custody measure
  custody measure --format json v1.2`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runMeasure(cmd.Context(), p, &o)
		},
	}
	addStanding(cmd, &o)
	return cmd
}

func runMeasure(ctx context.Context, p *process, o *standingOptions) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	facts := openFacts(p, repo.CommonDir())
	graph, err := buildGraph(ctx, p, repo, commit.ID, facts)
	if err != nil {
		return err
	}
	facts.save(p)
	in := report.HealthInput{Commit: commit.ID, Policy: judge.Policy != nil}
	if in.Requirements, err = judge.VerifyRequirements(ctx, repo, commit); err != nil {
		return err
	}
	in.CountSources(graph)
	if in.Documented, err = report.Documented(ctx, repo, commit.Tree, in.Sources); err != nil {
		return err
	}
	return write(p, o.format, report.Measure(in))
}
