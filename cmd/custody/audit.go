package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"custody/internal/config/yaml"
	"custody/internal/git"
	"custody/internal/pack"
	"custody/internal/program"
	"custody/internal/review"
	"custody/internal/sign"
)

// auditOptions are what `custody audit` needs.
type auditOptions struct {
	dir     string
	commits rangeFlags
	stage   string
	context string // file
	floor   string // file
	on      string // day
	output  string // file
	like    string // pack
	trusted string // file
	salt    string // file
	keys    keyFlags
}

func newAudit(p *process, dir *string) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit [--base A] [--head B]",
		Short: "Review a change and write its audit pack",
		Long: `Review the change from base to head: what it reaches, who or what wrote it, which
requirements and rules it meets. With -o the signed audit pack goes to a file and a
summary to the terminal; without, the verdict goes to standard output as JSON.

The policy is read at base. A change can not alter what it is judged by.`,
		Example: `  custody audit --base main --head feature -o change.zip
  custody audit > change_audit.json
  custody audit --like change.zip -o again.zip   # the same bytes`,
		Args: noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := exclude(cmd, "like", "base", "head", "stage", "on"); err != nil {
				return err
			}
			if (o.keys.key != "" || o.keys.signer != "") && o.output == "" {
				return hint(errors.New("a key was named, but no pack is written"), "add -o FILE")
			}
			return o.keys.check(cmd)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runAudit(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.commits.base, "base", "", "the `COMMIT`, branch or tag that the change is for (default: the branch that head would be merged into)")
	f.StringVar(&o.commits.head, "head", "", "the `COMMIT`, branch or tag of the change (default: HEAD)")
	f.StringVar(&o.stage, "stage", "merge", "`STAGE` to judge at: push, merge or record")
	_ = cmd.RegisterFlagCompletionFunc("stage", cobra.FixedCompletions([]string{"push", "merge", "record"}, cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&o.context, "context", "", "what is not in git (reviews, labels, checks ...): a custody/context/v1 `FILE`, as it is or signed by 'custody context sign'")
	f.StringVar(&o.trusted, "trusted-keys", "", "the keys under which signed contexts, waivers and statements count: a `FILE` (default: $CUSTODY_TRUSTED_KEYS, else trusted_keys in custody's configuration folder)")
	f.StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`; the repository's may only tighten it")
	f.StringVar(&o.salt, "salt", "", "what names are hashed with, if the policy says so (privacy.names: hashed): a `FILE` (default: custody/salt in the git directory, if it is there)")
	f.StringVar(&o.on, "on", "", "judge as of this UTC `DAY`, such as 2026-11-23 (default: today)")
	f.StringVarP(&o.output, "output", "o", "", "write the signed pack to `FILE`")
	f.StringVar(&o.like, "like", "", "replay the inputs of a `PACK`: base, head, stage, day and context (of one that names nobody, give the context again with --context)")
	o.keys.add(cmd)
	return cmd
}

func runAudit(ctx context.Context, p *process, o *auditOptions) error {
	repo, settled, err := openLarge(ctx, p, o.dir, collectReviewAt)
	defer settled.End()
	if err != nil {
		return err
	}
	defer repo.Close()
	in, was, err := o.input(ctx, p, repo)
	if err != nil {
		return err
	}
	in.Salt = saltFile(o.salt, repo.CommonDir())
	signer, err := o.signer(p)
	if err != nil {
		return err
	}
	facts := openFacts(p, repo.CommonDir())
	in.Repository, in.Facts, in.Graphs, in.KeepFrom = repo, facts, facts.graphs, true
	stop := progress(p, "reviewing")
	verdict, err := review.Run(ctx, in)
	stop()
	if err != nil {
		return explainSalt(explain(err, in), repo.CommonDir())
	}
	if err := was.sameNames(o.like, &verdict); err != nil {
		return err
	}
	if c := verdict.Inputs.Context; c != nil && c.Trust == review.Distrusted {
		fmt.Fprintf(p.err, "the context %s does not count: %s\n", in.ContextFile, c.Why)
	}
	saved := make(chan struct{}) // which takes as long as making the pack
	go func() {
		defer close(saved)
		facts.save(p)
	}()
	defer func() { <-saved }()
	if err := o.write(ctx, p, &verdict, signer); err != nil {
		return err
	}
	if o.commits.head == "" && verdict.Decision == review.Incomplete && verdict.Reasons[0].Code == review.ReasonNoPolicy {
		if head, err := repo.Commit(ctx, in.Head); err == nil {
			tellUncommitted(ctx, p, repo, head)
		}
	}
	return exitFor(verdict.Decision)
}

// exitFor is the exit code that stands for a decision.
func exitFor(d review.Decision) error {
	switch d {
	case review.Pass:
		return nil
	case review.Fail:
		return exitError(exitFail)
	default:
		return exitError(exitIncomplete)
	}
}

// input gathers what the review follows from: the flags, or what a pack says of itself.
func (o *auditOptions) input(ctx context.Context, p *process, repo git.Reader) (in review.Input, was *replayed, err error) {
	in = review.Input{FloorFile: o.floor, Door: review.Door{Name: "cli", Version: program.Version()}}
	if in.KeyRing, in.KeyRingFile, err = readKeyRing(p, o.trusted); err != nil {
		return in, nil, err
	}
	if o.context != "" {
		text, err := readContext(o.context)
		if err != nil {
			return in, nil, err
		}
		in.Context, in.ContextFile = text, o.context
	}
	if o.like != "" {
		if was, err = o.replay(ctx, p, repo, &in); err != nil {
			return in, nil, fmt.Errorf("replaying %s: %w", o.like, err)
		}
	} else if err := o.fresh(ctx, p, repo, &in); err != nil {
		return in, nil, err
	}
	in.Floor, err = readFloor(o.floor)
	return in, was, err
}

// readFloor reads the organisation's policy, nil when no file was named.
func readFloor(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readFile(file, yaml.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the floor: %w", err)
	}
	return text, nil
}

func (o *auditOptions) fresh(ctx context.Context, p *process, repo git.Reader, in *review.Input) error {
	if err := in.Stage.UnmarshalText([]byte(o.stage)); err != nil {
		return fmt.Errorf("--stage: %w", err)
	}
	in.Day = o.on
	if in.Day == "" {
		in.Day = p.today()
	}
	if !sign.IsDay(in.Day) {
		return fmt.Errorf("--on: %q is not a day: write it as 2026-11-23", in.Day)
	}
	commits, err := o.commits.resolve(ctx, repo)
	if err != nil {
		return err
	}
	if commits.why != "" {
		fmt.Fprintf(p.err, "base: %s (%s)\n", commits.base.Short(), commits.why)
	}
	in.Base, in.Head = commits.base, commits.head
	return nil
}

// signer finds who signs the pack, nil when there will be none. A review takes its
// time; what would stop the pack is better known before.
func (o *auditOptions) signer(p *process) (sign.Signer, error) {
	if o.output == "" {
		return nil, nil
	}
	if err := canWrite(o.output); err != nil {
		return nil, fmt.Errorf("writing the pack: %w", err)
	}
	return o.keys.load(p)
}

// write puts the pack into a file and a summary on the terminal, or the verdict on
// standard output.
func (o *auditOptions) write(ctx context.Context, p *process, v *review.Verdict, signer sign.Signer) error {
	if o.output == "" {
		doc, err := pack.Document(v)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.out, "%s\n", doc); err != nil {
			return err
		}
		if p.terminal {
			fmt.Fprintf(p.err, "%s: -o FILE writes the signed pack, and says here why\n", v.Decision)
		}
		return nil
	}
	file, err := pack.Build(ctx, pack.Input{Verdict: v, Context: v.Context, Signer: signer})
	if err != nil {
		return err
	}
	if err := writeFile(o.output, file); err != nil {
		return fmt.Errorf("writing the pack: %w", err)
	}
	path, err := filepath.Abs(o.output)
	if err != nil {
		path = o.output
	}
	return pack.WriteText(p.out, v, path, pack.Digest(file))
}

// explain adds what to do to the errors of a review that a user can mend.
func explain(err error, in review.Input) error {
	switch {
	case errors.Is(err, review.ErrNothing):
		return commitRange{base: in.Base, head: in.Head}.empty("audit")
	case errors.Is(err, git.ErrMissing):
		return hint(err, "the repository is partial or damaged: 'git fsck' says more, a full clone has everything")
	}
	return err
}
