package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"custody/impact"
	"custody/impact/nearby"
	"custody/impact/picture"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/review"
)

type impactOptions struct {
	dir     string
	commits rangeFlags
	paths   []string // instead of a range
	all     bool
	quick   bool
	format  string
}

func newImpact(p *process, dir *string) *cobra.Command {
	var o impactOptions
	cmd := &cobra.Command{
		Use:   "impact [--base A] [--head B] | --change PATH...",
		Short: "Show what a change reaches, and why",
		Long: `Show every file and package that a change reaches, nearest first, with the shortest
path to each. The change is a range of commits, or files of a commit that count as
modified.`,
		Example: `  custody impact --base main --head feature
  custody impact --change auth/service.py --change auth/token.py
  custody impact --change "modified: auth_service.py"
  custody impact --base main --format svg > impact.svg`,
		Args: noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return exclude(cmd, "change", "base")
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runImpact(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.commits.base, "base", "", "the `COMMIT`, branch or tag that the change is for (default: the branch that head would be merged into)")
	f.StringVar(&o.commits.head, "head", "", "the `COMMIT`, branch or tag of the change (default: HEAD)")
	f.StringArrayVar(&o.paths, "change", nil, "a `PATH` at head that counts as modified, also as git status prints it; may be repeated")
	f.BoolVar(&o.all, "all", false, "list all that is reached, not the first twenty")
	f.BoolVar(&o.quick, "quick", false, "leave out documents that may be out of date, files that usually change with these, and the risk")
	addFormat(cmd, &o.format, "text", "json", "markdown", "dot", "svg")
	return cmd
}

func runImpact(ctx context.Context, p *process, o *impactOptions) error {
	var report *impact.Report
	var err error
	if len(o.paths) > 0 {
		report, err = impactOfPaths(ctx, p, o)
	} else {
		report, err = impactOfRange(ctx, p, o)
	}
	if err != nil {
		return err
	}
	options := impact.TextOptions{}
	if o.all {
		options.Nodes = -1
	}
	switch o.format {
	case "json":
		return writeJSON(p.out, report)
	case "markdown":
		return impact.WriteMarkdown(p.out, report, options)
	case "dot":
		return picture.DOT(p.out, report)
	case "svg":
		return picture.SVG(p.out, report)
	}
	return impact.WriteText(p.out, report, options)
}

func impactOfRange(ctx context.Context, p *process, o *impactOptions) (*impact.Report, error) {
	repo, err := openLarge(ctx, p, o.dir, collectAt)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	commits, err := o.commits.resolve(ctx, repo)
	if err != nil {
		return nil, err
	}
	if commits.why != "" {
		fmt.Fprintf(p.err, "base: %s (%s)\n", commits.base.Short(), commits.why)
	}
	c, err := change.Read(ctx, repo, commits.base, commits.head, change.DefaultLimits())
	if err != nil {
		return nil, err
	}
	if len(c.Commits) == 0 {
		return nil, commits.empty("trace")
	}
	facts := openFacts(p, repo.CommonDir())
	stop := progress(p, "tracing")
	defer stop()
	var graph *impact.Graph
	report, err := impact.Assess(ctx, impact.AssessInput{
		Source: impact.Objects(repo), Change: c, Facts: facts, Graphs: facts.graphs, KeepFrom: true,
		Told: func(g *impact.Graph) { graph = g },
	})
	if err != nil {
		return nil, err
	}
	err = around(ctx, surroundings{repo, keptHistory{repo, facts.past}, c.Base, c.HeadTree, c.BaseTree, facts, graph, c}, report, o.quick)
	facts.save(p)
	if err != nil || o.quick {
		return report, err
	}
	return report, weigh(ctx, p, repo, c, report)
}

// weigh adds the risk, with who wrote the change as far as the repository says it. A
// policy that can not be read is no reason to say nothing of impact.
func weigh(ctx context.Context, p *process, repo *git.Repository, c *change.Change, report *impact.Report) error {
	who, err := review.Attest(ctx, review.Input{Repository: repo, Base: c.Base, Head: c.Head, Day: p.today()})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		who = nil // then it is not assessed
	}
	judge, err := review.ReadJudge(ctx, repo, c.BaseTree, nil, "")
	if err != nil {
		report.Risk = review.RiskUnderUnknownPolicy(c, report, who)
		return ctx.Err()
	}
	report.Risk = review.RiskOf(c, report, who, judge.Policy)
	return nil
}

// surroundings are where what stands around the reached nodes is read.
type surroundings struct {
	git.Reader
	history nearby.History // nil where there is no git
	base    git.OID        // commit
	head    git.OID        // tree
	judge   git.OID        // tree whose CODEOWNERS counts
	facts   factStore
	graph   *impact.Graph  // of head
	change  *change.Change // nil: files of head count as modified
}

// around adds what stands around the reached nodes.
func around(ctx context.Context, s surroundings, report *impact.Report, quick bool) (err error) {
	if report.Tests, err = nearby.Tests(ctx, s, s.head, report); err != nil {
		return err
	}
	file, err := review.OwnersAt(ctx, s, s.judge)
	if err != nil {
		return fmt.Errorf("reading CODEOWNERS: %w", err)
	}
	report.Owners = nearby.Owners(file, report)
	if quick {
		return nil
	}
	if report.Documents, err = impact.StaleDocuments(ctx, impact.DocumentsInput{
		Source: impact.Objects(s.Reader), Tree: s.head, Facts: s.facts, Graph: s.graph, Report: report, Change: s.change, Kept: s.facts.prose,
	}); err != nil {
		return err
	}
	if s.history != nil && !s.base.IsZero() {
		report.Together, err = nearby.Companions(ctx, s.history, s.base, s.head, report)
	}
	return err
}

func impactOfPaths(ctx context.Context, p *process, o *impactOptions) (*impact.Report, error) {
	repo, err := openReader(ctx, p, o.dir)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	rev := o.commits.head
	if rev == "" {
		rev = "HEAD"
	}
	head, err := resolveFlag(ctx, repo, "--head", rev)
	if err != nil {
		return nil, err
	}
	facts := openFacts(p, repo.CommonDir())
	graph, err := buildGraph(ctx, p, repo, head, facts)
	if err != nil {
		return nil, err
	}
	defer facts.save(p)
	var paths []change.Path
	for _, typed := range o.paths {
		paths = append(paths, cleanPath(typed))
	}
	report, err := impact.Trace(ctx, impact.TraceInput{Head: graph, Paths: paths})
	var unknown *impact.UnknownPathError
	if errors.As(err, &unknown) {
		return nil, hint(err, sameNames(ctx, repo, head, unknown.Paths)...)
	}
	if err != nil {
		return nil, err
	}
	history, told := repo.(nearby.History)
	if told {
		history = keptHistory{history, facts.past}
	}
	return report, around(ctx, surroundings{repo, history, head, graph.Tree, graph.Tree, facts, graph, nil}, report, o.quick)
}

// cleanPath takes a path as people have it: as git status prints it ("modified: a.py"),
// with a "./", with the other slash.
func cleanPath(typed string) change.Path {
	s := strings.TrimSpace(typed)
	for _, status := range []string{"modified:", "new file:", "deleted:", "renamed:", "typechange:"} {
		if rest, ok := strings.CutPrefix(s, status); ok {
			s = strings.TrimSpace(rest)
			break
		}
	}
	if _, to, renamed := strings.Cut(s, " -> "); renamed {
		s = to
	}
	return change.Path(strings.TrimPrefix(path.Clean(s), "/"))
}

// sameNames finds files that have the last component of the paths that are unknown.
func sameNames(ctx context.Context, r git.Reader, head git.OID, unknown []change.Path) []string {
	const most = 5
	names := map[string]bool{}
	for _, p := range unknown {
		names[path.Base(string(p))] = true
	}
	commit, err := r.Commit(ctx, head)
	if err != nil {
		return nil
	}
	var found []string
	err = git.Walk(ctx, r, commit.Tree, git.DefaultWalkLimits(), func(p string, _ git.Entry) error {
		if names[path.Base(p)] && len(found) < most {
			found = append(found, "did you mean "+change.Path(p).Escaped()+"?")
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return slices.Clip(found)
}
