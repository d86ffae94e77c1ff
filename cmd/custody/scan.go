package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"custody/impact"
	"custody/internal/git"
)

type scanOptions struct {
	dir, rev, format string
}

func newScan(p *process, dir *string) *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:   "scan [REV]",
		Short: "Build the dependency graph of a commit",
		Long: `Build the dependency graph of a commit (default: HEAD) and print what it holds, what was
skipped, and why. --format json prints the graph whole.`,
		Example: `  custody scan
  custody scan --format json v1.2 > graph.json`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runScan(cmd.Context(), p, &o)
		},
	}
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runScan(ctx context.Context, p *process, o *scanOptions) error {
	p.garbage.seldom()
	repo, err := openReader(ctx, p, o.dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	id, err := resolveFlag(ctx, repo, "", o.rev)
	if err != nil {
		return err
	}
	facts := openFacts(p, repo.CommonDir())
	var early keeping
	defer early.drop()
	graph, err := buildGraph(ctx, p, repo, id, facts, &early)
	if err != nil {
		return err
	}
	defer facts.keep(&early)(p)
	if o.format == "json" {
		return graph.WriteDocument(p.out)
	}
	fmt.Fprintf(p.out, "commit %s\n", id)
	return impact.WriteGraphText(p.out, graph)
}

// buildGraph makes the graph of a commit. The facts are written meanwhile, unless early is nil.
func buildGraph(ctx context.Context, p *process, repo reader, commit git.OID, facts factStore, early *keeping) (*impact.Graph, error) {
	c, err := repo.Commit(ctx, commit)
	if err != nil {
		return nil, err
	}
	if k, ok := facts.graphs.Graph(c.Tree); ok {
		if g, ok := k.Load(commit, c.Tree); ok {
			return g, nil
		}
	}
	defer progress(p, "reading imports")()
	in := impact.BuildInput{Source: impact.Objects(repo), Commit: commit, Tree: c.Tree, Facts: facts}
	if early != nil {
		in.Loaded = func() { facts.keepFacts(early) }
	}
	g, k, err := impact.BuildBoth(ctx, in)
	if k != nil {
		facts.graphs.KeepGraph(c.Tree, k)
	}
	return g, err
}
