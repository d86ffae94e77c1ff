package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"custody/attestation"
	"custody/impact"
	"custody/impact/nearby"
	"custody/impact/picture"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/owners"
	"custody/internal/git"
	"custody/internal/parallel"
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
		var closing *parallel.Task
		report, closing, err = impactOfRange(ctx, p, o)
		defer closing.End() // while the report is written
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

// impactOfRange goes on closing the repository when it returns.
func impactOfRange(ctx context.Context, p *process, o *impactOptions) (report *impact.Report, closing *parallel.Task, err error) {
	repo, settled, err := openLarge(ctx, p, o.dir, collectAt)
	defer settled.End()
	if err == nil {
		report, err = impactIn(ctx, p, o, repo)
	}
	return report, parallel.Begin(ctx, func(context.Context) error {
		if repo != nil {
			return repo.Close()
		}
		return nil
	}), err
}

func impactIn(ctx context.Context, p *process, o *impactOptions, repo *git.Repository) (*impact.Report, error) {
	commits, err := o.commits.resolve(ctx, repo)
	if err != nil {
		return nil, err
	}
	if commits.why != "" {
		fmt.Fprintf(p.err, "base: %s (%s)\n", commits.base.Short(), commits.why)
	}
	facts := openFacts(p, repo.CommonDir())
	s := surroundings{Reader: repo, history: keptHistory{repo, facts.past}, facts: facts, quick: o.quick}
	var graph *impact.Graph
	input := func(c *change.Change) impact.AssessInput {
		return impact.AssessInput{
			Source: impact.Objects(repo), Change: c, Facts: facts, Graphs: facts.graphs, KeepFrom: true,
			Told: func(g *impact.Graph) { graph = g },
		}
	}
	var ahead impact.Ahead
	defer ahead.Drop()
	c, err := change.ReadListed(ctx, repo, commits.base, commits.head, change.DefaultLimits(), func(c *change.Change, paired bool) { ahead.Begin(ctx, input(c), paired) })
	if err != nil {
		return nil, err
	}
	if len(c.Commits) == 0 {
		return nil, commits.empty("trace")
	}
	stop := progress(p, "tracing")
	defer stop()
	var report *impact.Report
	var with companions
	err = parallel.Together(ctx, func(ctx context.Context) (err error) {
		with, err = s.withoutGraph(ctx, p, repo, c)
		return err
	}, func(ctx context.Context) error {
		known, ok, err := ahead.End(c)
		if report = known; !ok {
			report, err = impact.Assess(ctx, input(c))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.base, s.head, s.change, s.graph = c.Base, c.HeadTree, c, graph
	err = s.around(ctx, report, with)
	facts.save(p)
	if err == nil && !o.quick {
		report.Risk = with.risk(c, report)
	}
	return report, err
}

// surroundings are where what stands around the reached nodes is read.
type surroundings struct {
	git.Reader
	history nearby.History // nil where there is no git
	base    git.OID        // commit
	head    git.OID        // tree
	facts   factStore
	graph   *impact.Graph  // of head
	change  *change.Change // nil: files of head count as modified
	quick   bool
}

// Companions are what is known of a change without its graph.
type companions struct {
	owners   *owners.File
	together *impact.Together
	who      *attestation.Report // nil: not assessed
	policy   *config.Effective
	unread   bool // the policy
}

// withoutGraph reads what does not depend on what the change reaches, while that is found
// out: who wrote it, as far as the repository says it, and what judges it. A policy that can
// not be read is no reason to say nothing of impact.
func (s surroundings) withoutGraph(ctx context.Context, p *process, repo *git.Repository, c *change.Change) (with companions, err error) {
	s.base, s.head = c.Base, c.HeadTree
	var changed []impact.Changed
	for _, f := range c.Files {
		changed = append(changed, impact.Changed{Path: f.Path.Escaped(), OldPath: f.OldPath.Escaped()})
	}
	if with, err = s.beside(ctx, c.BaseTree, changed); err != nil || s.quick {
		return with, err
	}
	with.who, err = review.AttestChange(ctx, review.Input{Repository: repo, Base: c.Base, Head: c.Head, Day: p.today()}, c)
	if err != nil {
		with.who = nil // then it is not assessed
	}
	judge, err := review.ReadJudge(ctx, repo, c.BaseTree, nil, "")
	if with.unread = err != nil; !with.unread {
		with.policy = judge.Policy
	}
	return with, ctx.Err()
}

// beside reads what stands around changed files. The CODEOWNERS that counts is that of the
// tree that judges.
func (s surroundings) beside(ctx context.Context, judge git.OID, changed []impact.Changed) (with companions, err error) {
	if with.owners, err = review.OwnersAt(ctx, s, judge); err != nil {
		return with, fmt.Errorf("reading CODEOWNERS: %w", err)
	}
	if s.history != nil && !s.base.IsZero() && !s.quick {
		with.together, err = nearby.Companions(ctx, s.history, s.base, s.head, changed)
	}
	return with, err
}

func (with companions) risk(c *change.Change, report *impact.Report) *impact.Risk {
	if with.unread {
		return review.RiskUnderUnknownPolicy(c, report, with.who)
	}
	return review.RiskOf(c, report, with.who, with.policy)
}

// around adds what stands around the reached nodes.
func (s surroundings) around(ctx context.Context, report *impact.Report, with companions) error {
	var tests *impact.TestPlan
	var documents *impact.Documents
	err := parallel.Together(ctx, func(ctx context.Context) (err error) {
		tests, err = nearby.Tests(ctx, s, s.head, s.graph, report)
		return err
	}, func(ctx context.Context) (err error) {
		if s.quick {
			return nil
		}
		documents, err = impact.StaleDocuments(ctx, impact.DocumentsInput{
			Source: impact.Objects(s.Reader), Tree: s.head, Facts: s.facts, Graph: s.graph, Report: report, Change: s.change, Kept: s.facts.prose,
		})
		return err
	})
	if err != nil {
		return err
	}
	report.Tests, report.Documents = tests, documents
	report.Owners, report.Together = nearby.Owners(with.owners, report), with.together
	return nil
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
	graph, err := buildGraph(ctx, p, repo, head, facts, nil)
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
	s := surroundings{Reader: repo, base: head, head: graph.Tree, facts: facts, graph: graph, quick: o.quick}
	if history, told := repo.(nearby.History); told {
		s.history = keptHistory{history, facts.past}
	}
	with, err := s.beside(ctx, graph.Tree, report.Changed)
	if err != nil {
		return nil, err
	}
	return report, s.around(ctx, report, with)
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
