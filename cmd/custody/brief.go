package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"custody/internal/change"
	"custody/internal/git"
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
	if err := tellNew(ctx, p, repo, commit, paths); err != nil {
		return err
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

// tellNew says of which paths the commit has no file: an agent may be about to write one,
// or somebody named it from another folder. What can be no file is refused.
func tellNew(ctx context.Context, p *process, repo reader, commit *git.Commit, paths []change.Path) error {
	fromRoot := "give paths of files from the root of the repository"
	for _, name := range paths {
		s := string(name)
		if s == "." || s == ".." || strings.HasPrefix(s, "../") {
			return hint(fmt.Errorf("%s is no file of the repository", name.Escaped()), fromRoot)
		}
		entry, err := git.Lookup(ctx, repo, commit.Tree, s)
		switch {
		case errors.Is(err, git.ErrNotFound):
			fmt.Fprintf(p.err, "no file %s in commit %s: this is what holds for a new one\n", name.Escaped(), commit.ID.Short())
			for _, other := range sameNames(ctx, repo, commit.ID, []change.Path{name}) {
				fmt.Fprintf(p.err, "  %s\n", other)
			}
		case err != nil:
			return err
		case entry.Mode == git.ModeTree:
			return hint(fmt.Errorf("%s is a folder", name.Escaped()), fromRoot)
		}
	}
	return nil
}
