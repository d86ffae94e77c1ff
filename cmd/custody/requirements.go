package main

import (
	"context"

	"github.com/spf13/cobra"

	"custody/internal/finding"
	"custody/internal/report"
)

func newRequirements(p *process, dir *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "requirements",
		Short: "Show or check the security requirements of a commit",
		Example: `  custody requirements resolve
  custody requirements check v1.2`,
	}
	cmd.AddCommand(newResolve(p, dir), newCheck(p, dir))
	return cmd
}

func newResolve(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "resolve [REV]",
		Short: "List the requirements that apply at a commit, and why",
		Example: `  custody requirements resolve
  custody requirements resolve --format json v1.2`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			repo, commit, judge, err := o.standing(cmd.Context(), p)
			if err != nil {
				return err
			}
			defer repo.Close()
			all, err := judge.Applicable(cmd.Context(), repo, commit)
			if err != nil {
				return err
			}
			return write(p, o.format, report.Resolve(commit.ID, all))
		},
	}
	addStanding(cmd, &o)
	return cmd
}

func newCheck(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "check [REV]",
		Short: "Verify the requirements of a commit on its own files",
		Long: `Verify every security requirement of a commit on the files of that commit. Exit code
0: all of level error are met. 1: one is not. 3: one could not be assessed, or there is
none.`,
		Example: `  custody requirements check
  custody requirements check v1.2`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runCheck(cmd.Context(), p, &o)
		},
	}
	addStanding(cmd, &o)
	return cmd
}

func runCheck(ctx context.Context, p *process, o *standingOptions) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	checks, err := judge.VerifyRequirements(ctx, repo, commit)
	if err != nil {
		return err
	}
	doc := report.Verified(commit.ID, checks)
	if err := write(p, o.format, doc); err != nil {
		return err
	}
	switch doc.Outcome {
	case finding.Satisfied, finding.Excepted:
		return nil
	case finding.NotSatisfied:
		return exitError(exitFail)
	default:
		return exitError(exitIncomplete)
	}
}
