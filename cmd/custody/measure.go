package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"custody/internal/config/yaml"
	"custody/internal/git"
	"custody/internal/report"
	"custody/internal/review"
)

// measureOptions are what `custody measure` needs.
type measureOptions struct {
	standingOptions
	trend   int
	packs   []string // files and folders; none: a commit is measured
	trusted string
}

// maxTrend bounds a trend: each of its points is a graph of a whole tree.
const maxTrend = 100

// trendCommits is how far back a trend looks, in commits of the first-parent history.
const trendCommits = 100_000

func newMeasure(p *process, dir *string) *cobra.Command {
	var o measureOptions
	cmd := &cobra.Command{
		Use:   "measure [REV]",
		Short: "Score the health of a commit, with reasons",
		Long: `Score a commit (default: HEAD) from 0 to 100: security requirements met, source files in
the dependency graph, source folders that a document names, a policy that stands. All
are rates, so the size of a repository does not decide. What is absent counts as
nothing; without a source file there is no score. A waiver or a baseline counts for
nothing either: what a review excepts is a violation here.

--trend N adds the score at N commits of its history, spread evenly: what each commit
had by its own policy and requirements.

--packs looks at audit packs instead, at no repository: how reviews came out over time,
by what each pack itself says. Every pack is verified first, as custody report does.`,
		Example: `  custody measure
  custody measure --format json v1.2
  custody measure --trend 12 --format html > health.html
  custody measure --packs packs/ --format html > trend.html`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.dir = *dir; len(o.packs) > 0 {
				o.rev = strings.Join(args, "")
				return o.trendOfPacks(p)
			}
			o.rev = revArgument(args)
			if o.trend < 0 || o.trend > maxTrend {
				return fmt.Errorf("--trend %d: give a number from 1 to %d", o.trend, maxTrend)
			}
			return runMeasure(cmd.Context(), p, &o)
		},
	}
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	cmd.Flags().IntVar(&o.trend, "trend", 0, "also measure `N` commits of the history, the first and the last among them")
	cmd.Flags().StringArrayVar(&o.packs, "packs", nil, "follow what the packs in a `FOLDER` (or a file; again for more) say over time")
	cmd.Flags().StringVar(&o.trusted, "trusted-keys", "", "the keys that you trust, for --packs: a `FILE` (default: as in custody verify)")
	addFormat(cmd, &o.format, "text", "json", "html")
	return cmd
}

func runMeasure(ctx context.Context, p *process, o *measureOptions) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	facts := openFacts(p, repo.CommonDir())
	h, err := measure(ctx, p, repo, facts, commit, judge)
	if err != nil {
		return err
	}
	if o.trend > 0 {
		if h.Trend, h.TrendCut, err = o.history(ctx, p, repo, facts, commit); err != nil {
			return err
		}
	}
	facts.save(p)
	if o.format == "html" {
		title, err := repositoryTitle(ctx, repo, o.dir)
		if err != nil {
			return err
		}
		return h.WritePage(p.out, title)
	}
	return write(p, o.format, h)
}

// measure scores one commit by what judges there.
func measure(ctx context.Context, p *process, repo reader, facts factStore, commit *git.Commit, judge *review.Judge) (report.Health, error) {
	graph, err := buildGraph(ctx, p, repo, commit.ID, facts, nil)
	if err != nil {
		return report.Health{}, err
	}
	in := report.HealthInput{Commit: commit.ID, Policy: judge.HasPolicy()}
	if in.Requirements, err = judge.VerifyRequirements(ctx, repo, commit); err != nil {
		return report.Health{}, err
	}
	in.CountSources(graph)
	if in.Documented, err = report.Documented(ctx, repo, commit.Tree, in.Sources); err != nil {
		return report.Health{}, err
	}
	return report.Measure(in), nil
}

// history measures commits of the first-parent history, spread evenly. Where the history is
// cut, as in the clones of many a CI, it ends there, and cut is the last commit.
func (o *measureOptions) history(ctx context.Context, p *process, repo reader, facts factStore, tip *git.Commit) (points []report.TrendPoint, cut git.OID, err error) {
	line := []*git.Commit{tip}
	for c := tip; len(c.Parents) > 0 && len(line) < trendCommits; {
		before, err := repo.Commit(ctx, c.Parents[0])
		if errors.Is(err, git.ErrMissing) {
			cut = c.ID
			break
		}
		if err != nil {
			return nil, cut, fmt.Errorf("reading the history: %w", err)
		}
		c = before
		line = append(line, c)
	}
	n := min(o.trend, len(line))
	for i := range n {
		at := line[0]
		if n > 1 {
			at = line[(len(line)-1)*(n-1-i)/(n-1)]
		}
		one := o.standingOptions
		one.rev = at.ID.String()
		day := time.Unix(at.Committer.When, 0).UTC().Format(time.DateOnly)
		_, judge, err := one.read(ctx, repo)
		if _, malformed := errors.AsType[*yaml.Error](err); malformed {
			// By what was written there nothing could be judged: that is no score of 0.
			points = append(points, report.Health{Commit: at.ID}.Point(day))
			continue
		}
		if err != nil {
			return nil, cut, fmt.Errorf("commit %s: %w", at.ID.Short(), err)
		}
		h, err := measure(ctx, p, repo, facts, at, judge)
		if err != nil {
			return nil, cut, fmt.Errorf("commit %s: %w", at.ID.Short(), err)
		}
		points = append(points, h.Point(day))
	}
	return points, cut, nil
}
