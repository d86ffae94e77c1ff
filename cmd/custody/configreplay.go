package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/git"
	"custody/internal/report"
	"custody/internal/review"
)

// configReplayOptions are what `custody config replay` needs.
type configReplayOptions struct {
	dir, rev, policy, floor, since, format string
	requirements                           bool
	max                                    int
}

func newConfigReplay(p *process, dir *string) *cobra.Command {
	var o configReplayOptions
	cmd := &cobra.Command{
		Use:   "replay [REV]",
		Short: "Judge changes that have landed, by a policy that nobody is judged by yet",
		Long: `Judge each change of a branch again, by a policy as it would be: each commit of the
branch against the one before it, which is what a merge, a squashed pull request or a
push brought. Says which would have failed, by rule and by team (the code owners at the
base), and what could not be judged: who approved, which checks ran and all else that is
not in git is not known of the past. Without REV: the branch that changes land on.`,
		Example: `  custody config replay --since 2026-01-01 --policy new.yaml
  custody config replay --policy .custody.yaml --floor floor.yaml main`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = *dir
			if len(args) > 0 {
				o.rev = args[0]
			}
			return runConfigReplay(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.policy, "policy", "", "the policy to try: a `FILE`")
	f.StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	f.StringVar(&o.since, "since", "", "leave out commits from before this `DAY`, such as 2026-01-01")
	f.IntVar(&o.max, "max", 0, "judge the newest `N` changes alone (default: all)")
	f.BoolVar(&o.requirements, "requirements", false, "verify the requirements at each base, too, on all files: slow")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runConfigReplay(ctx context.Context, p *process, o *configReplayOptions) error {
	policy, err := o.judge()
	if err != nil {
		return err
	}
	var since config.Day
	if o.since != "" {
		if since, err = config.ParseDay(o.since); err != nil {
			return fmt.Errorf("--since: %w", err)
		}
	}
	repo, err := openRepository(ctx, p, o.dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	tip, err := o.tip(ctx, repo)
	if err != nil {
		return err
	}
	facts := openFacts(p, repo.CommonDir())
	stop := progress(p, "replaying")
	began := time.Now()
	changes, err := review.Replay(ctx, review.ReplayInput{
		Repository: repo, Tip: tip, Since: since, Policy: policy, Requirements: o.requirements,
		Facts: facts, Workers: runtime.GOMAXPROCS(0), Max: max(0, o.max),
	})
	stop()
	if err != nil {
		return err
	}
	facts.save(p)
	if len(changes) == 0 {
		return hint(errors.New("no change has landed there since: nothing to replay"), "is --since too late, or is the branch another?")
	}
	if took := time.Since(began); took > 0 {
		fmt.Fprintf(p.err, "%d changes in %s: %.0f a second\n", len(changes), took.Round(time.Millisecond), float64(len(changes))/took.Seconds())
	}
	return write(p, o.format, report.NewReplay(tip, since, changes))
}

// judge reads the policy that is tried, on the floor.
func (o *configReplayOptions) judge() (*config.Effective, error) {
	if o.policy == "" {
		return nil, hint(errors.New("--policy FILE is missing"), "the policy at each base is not looked at: name the one to try")
	}
	text, err := readFile(o.policy, yaml.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	floor, err := readFloor(o.floor)
	if err != nil {
		return nil, err
	}
	var over *config.Policy
	if floor != nil {
		if over, err = config.ParseFloor(o.floor, floor); err != nil {
			return nil, err
		}
	}
	matrix, err := matrixBeside(os.DirFS(filepath.Dir(o.policy)))
	if err != nil {
		return nil, err
	}
	matrices, err := config.Matrices(over, matrix)
	if err != nil {
		return nil, err
	}
	own, err := config.ParsePolicy(o.policy, text, matrices...)
	if err != nil {
		return nil, err
	}
	return config.Layer(over, own), nil
}

// tip is the commit that was named, or that of the branch that changes land on.
func (o *configReplayOptions) tip(ctx context.Context, repo git.Reader) (git.OID, error) {
	if o.rev != "" {
		return resolveFlag(ctx, repo, "", o.rev)
	}
	for _, name := range targets {
		id, err := repo.Resolve(ctx, name)
		if err == nil || !errors.Is(err, git.ErrNotFound) {
			return id, err
		}
	}
	return resolveFlag(ctx, repo, "", "HEAD")
}
