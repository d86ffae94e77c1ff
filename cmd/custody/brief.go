package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"custody/internal/change"
	"custody/internal/report"
)

func newBrief(p *process, dir *string) *cobra.Command {
	o := standingOptions{rev: "HEAD"}
	cmd := &cobra.Command{
		Use:   "brief PATH...",
		Short: "Say what holds for some files, before an agent writes there",
		Long: `Print the requirements and rules that a change of the given paths will meet, as short
instructions to include into AGENTS.md, CLAUDE.md or a prompt. A commit that ends in the
trailer which they give claims that its writer was told: the review compares.`,
		Example: `  custody brief src/auth.py >> AGENTS.md`,
		Args:    needs(1, -1, "PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = *dir
			return runBrief(cmd.Context(), p, &o, args)
		},
	}
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	addFormat(cmd, &o.format, "markdown", "json")
	return cmd
}

func runBrief(ctx context.Context, p *process, o *standingOptions, args []string) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	var paths []change.Path
	for _, a := range args {
		paths = append(paths, cleanPath(a))
	}
	all, err := judge.Applicable(ctx, repo, commit)
	if err != nil {
		return err
	}
	brief, err := report.NewBrief(commit.ID, all, judge.Policy, paths)
	if err != nil {
		return err
	}
	if o.format == "json" {
		return writeJSON(p.out, brief)
	}
	_, err = io.WriteString(p.out, brief.Markdown())
	return err
}
