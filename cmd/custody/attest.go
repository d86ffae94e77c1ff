package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"custody/attestation"
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
		if doc, err = readContext(o.context); err != nil {
			return err
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
