package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"custody/attestation"
	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

type attestOptions struct {
	dir     string
	commits rangeFlags
	context string
	floor   string // file
	trusted string // file
	history bool
	all     bool
	files   bool
	format  string
}

func newAttest(p *process, dir *string) *cobra.Command {
	var o attestOptions
	cmd := &cobra.Command{
		Use:   "attest [--base A] [--head B] | --history",
		Short: "Show who or what wrote a change, or each commit of a history",
		Long: `Show who or what wrote each commit and each added line of a change, with the evidence
that decided it.

--history classifies every commit reachable from head, merges too; with --all, from every
branch and tag. --files adds the files that agents' commits changed. The table, the page
(--format html) and the JSON sum up by agent, month and folder.`,
		Example: `  custody attest --base main --head feature
  custody attest --history --format csv > ai_commits.csv
  custody attest --history --all --files --format html > ai_history.html
  custody attest write    # create or update .ai-attestation.yaml
  custody attest check    # does it still say what history holds?`,
		Args: noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := exclude(cmd, "history", "base", "context", "floor", "trusted-keys"); err != nil {
				return err
			}
			return exclude(cmd, "all", "head")
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			if o.history {
				return runHistory(cmd.Context(), p, &o)
			}
			return runAttest(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.commits.base, "base", "", "the `COMMIT`, branch or tag that the change is for (default: the branch that head would be merged into)")
	f.StringVar(&o.commits.head, "head", "", "the `COMMIT`, branch or tag of the change (default: HEAD)")
	f.StringVar(&o.context, "context", "", "what the forge verified: a custody/context/v1 `FILE`")
	f.StringVar(&o.floor, "floor", "", "the organisation's policy, for its authorship.signers: a `FILE`")
	f.StringVar(&o.trusted, "trusted-keys", "", "the keys under which signed statements count: a `FILE` (default: $CUSTODY_TRUSTED_KEYS, else trusted_keys in custody's configuration folder)")
	f.BoolVar(&o.history, "history", false, "classify every commit reachable from head")
	f.BoolVar(&o.all, "all", false, "with --history: every commit reachable from any branch or tag")
	f.BoolVar(&o.files, "files", false, "with --history: the files that agents' commits changed, too")
	addFormat(cmd, &o.format, "text", "json", "csv", "html")
	cmd.AddCommand(newAttestWrite(p, dir), newAttestCheck(p, dir))
	return cmd
}

func runAttest(ctx context.Context, p *process, o *attestOptions) error {
	if o.format == "csv" || o.format == "html" || o.all || o.files {
		return hint(errors.New("--all, --files, --format csv and --format html are about a history"), "add --history")
	}
	repo, err := openRepository(ctx, p, o.dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	commits, err := o.commits.resolve(ctx, repo)
	if err != nil {
		return err
	}
	if commits.why != "" {
		fmt.Fprintf(p.err, "base: %s (%s)\n", commits.base.Short(), commits.why)
	}
	var doc []byte
	if o.context != "" {
		if doc, err = readFile(o.context, change.MaxContext); err != nil {
			return fmt.Errorf("reading the context: %w", err)
		}
	}
	in := review.Input{Repository: repo, Base: commits.base, Head: commits.head, Context: doc, ContextFile: o.context, FloorFile: o.floor, Day: p.today()}
	if in.KeyRing, in.KeyRingFile, err = readKeyRing(p, o.trusted); err != nil {
		return err
	}
	if in.Floor, err = readFloor(o.floor); err != nil {
		return err
	}
	report, err := review.Attest(ctx, in)
	if err != nil {
		return err
	}
	if len(report.Commits) == 0 {
		return commits.empty("attest")
	}
	if o.format == "json" {
		return writeJSON(p.out, report)
	}
	return attestation.WriteText(p.out, report)
}

// openAt opens the repository and resolves a commit of it, HEAD by default.
func openAt(ctx context.Context, p *process, dir, rev string) (*git.Repository, git.OID, error) {
	repo, err := openRepository(ctx, p, dir)
	if err != nil {
		return nil, git.OID{}, err
	}
	if rev == "" {
		rev = "HEAD"
	}
	id, err := resolveFlag(ctx, repo, "", rev)
	if err != nil {
		repo.Close()
		return nil, git.OID{}, err
	}
	return repo, id, nil
}

func newAttestWrite(p *process, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "write",
		Short: "Create or update .ai-attestation.yaml from the history of HEAD",
		Long: `Create or update .ai-attestation.yaml at the root of the work tree, so that it says
what the history of HEAD holds. The counts are computed anew each time; comments,
governance, policy and radar stay as they are.`,
		Example: `  custody attest write && git diff .ai-attestation.yaml`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAttestWrite(cmd.Context(), p, *dir)
		},
	}
}

func runAttestWrite(ctx context.Context, p *process, dir string) error {
	file, facts, existing, err := claimed(ctx, p, dir, false)
	if err != nil {
		return err
	}
	text, err := claim.Write(existing, facts)
	if err != nil {
		return err
	}
	if bytes.Equal(text, existing) {
		fmt.Fprintf(p.out, "%s is up to date\n", claim.Path)
		return nil
	}
	if err := writeFile(file, text); err != nil {
		return fmt.Errorf("writing %s: %w", claim.Path, err)
	}
	fmt.Fprintf(p.out, "wrote %s: %d of %d commits by agents; commit it\n", claim.Path, facts.Assisted, facts.Commits)
	return nil
}

func newAttestCheck(p *process, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Compare .ai-attestation.yaml with the history of HEAD",
		Long: `Count the history of HEAD again and compare .ai-attestation.yaml in the work tree with
it. Exit code 1 when the file says something else, 3 when history is not whole.`,
		Example: `  custody attest check || custody attest write`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAttestCheck(cmd.Context(), p, *dir)
		},
	}
}

func runAttestCheck(ctx context.Context, p *process, dir string) error {
	_, facts, existing, err := claimed(ctx, p, dir, true)
	if err != nil {
		return err
	}
	report, findings := claim.Check(existing, facts)
	for _, f := range findings {
		fmt.Fprintf(p.out, "%s: %s: %s\n  %s\n", f.Level, f.Place, f.Message, f.Remedy)
	}
	for _, r := range report.Reasons {
		fmt.Fprintf(p.out, "not assessed: %s\n", r.Detail)
	}
	if diff, err := claim.Diff(existing, facts); err == nil && diff != "" {
		fmt.Fprintf(p.out, "\n%s", diff)
	}
	switch report.Outcome {
	case finding.Satisfied:
		fmt.Fprintf(p.out, "%s says what history holds\n", claim.Path)
		return nil
	case finding.NotSatisfied:
		return exitError(exitFail)
	default:
		return exitError(exitIncomplete)
	}
}

// cut says why history is not whole, if it is not.
func cut(repo *git.Repository) string {
	if repo.Shallow() {
		return "shallow"
	}
	return ""
}

// claimed reads the file in the work tree and counts the history that it is about: up to
// the end of its window, to check what it says, or up to now, to write it anew.
func claimed(ctx context.Context, p *process, dir string, asWritten bool) (file string, facts claim.Facts, existing []byte, err error) {
	root, repo, err := openWorkTree(ctx, p, dir)
	if err != nil {
		return "", facts, nil, err
	}
	defer repo.Close()
	head, err := resolveFlag(ctx, repo, "", "HEAD")
	if err != nil {
		return "", facts, nil, err
	}
	file = filepath.Join(root, claim.Path)
	existing, err = readOwn(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", facts, nil, fmt.Errorf("reading %s: %w", claim.Path, err)
	}
	var window attestation.Window
	if doc, _ := claim.Parse(existing); doc != nil {
		if from, to, ok := doc.Window(); ok {
			window = attestation.Window{From: from}
			if asWritten {
				window.To = to
			}
		}
	}
	h, err := history(ctx, repo, head, window, func(*attestation.HistoryEntry) error { return nil })
	if err != nil {
		return "", facts, nil, err
	}
	self, err := repositoryName(ctx, repo, root)
	return file, h.Facts(self, p.now().UTC().Format(time.RFC3339), cut(repo)), existing, err
}
