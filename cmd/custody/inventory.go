package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"custody/attestation"
	"custody/attestation/inventory"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/program"
	"custody/internal/review"
)

func newInventory(p *process, dir *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "Keep the list of AI systems in use",
		Long: `Keep ai_inventory.yaml, the list of AI systems in use: draft it from the history, check
it against the agents that really took part, export it as a bill of materials.`,
		Example: `  custody inventory init
  custody inventory check --base main --head feature
  custody inventory export --format cyclonedx -o ai-bom.cdx.json`,
	}
	cmd.AddCommand(newInventoryInit(p, dir), newInventoryCheck(p, dir), newInventoryExport(p, dir))
	return cmd
}

func newInventoryInit(p *process, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Draft ai_inventory.yaml, or add the agents that it lacks",
		Long: `Write ai_inventory.yaml at the root of the work tree: a system for every agent in the
history of HEAD. To a file that is there, a system is added for every agent that it does
not list; nothing else of it changes.`,
		Example: `  custody inventory init && git diff ai_inventory.yaml`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInventoryInit(cmd.Context(), p, *dir)
		},
	}
}

func runInventoryInit(ctx context.Context, p *process, dir string) error {
	root, repo, err := openWorkTree(ctx, p, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	seen, err := seenAgents(ctx, repo)
	if err != nil {
		return err
	}
	agents := inventory.OfHistory(seen.Summary())
	file := filepath.Join(root, inventory.Path)
	existing, err := readOwn(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		self, err := repositoryName(ctx, repo, root)
		if err != nil {
			return err
		}
		if err := writeFile(file, inventory.Draft(self.Name, p.today(), agents)); err != nil {
			return fmt.Errorf("writing %s: %w", inventory.Path, err)
		}
		fmt.Fprintf(p.out, "wrote %s: %s; fill in what only you know\n", inventory.Path, counted(len(agents), "system"))
		return nil
	case err != nil:
		return fmt.Errorf("reading %s: %w", inventory.Path, err)
	}
	text, added, err := inventory.Add(existing, agents)
	if err != nil {
		return fmt.Errorf("adding to %s: %w", inventory.Path, err)
	}
	if bytes.Equal(text, existing) {
		fmt.Fprintf(p.out, "%s lists every agent of the history\n", inventory.Path)
		return nil
	}
	if err := writeFile(file, text); err != nil {
		return fmt.Errorf("writing %s: %w", inventory.Path, err)
	}
	fmt.Fprintf(p.out, "added %s to %s; fill in what only you know\n", counted(added, "system"), inventory.Path)
	return nil
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

type inventoryOptions struct {
	dir     string
	commits rangeFlags
	context string
	format  string
	out     string
	inventory.Options
}

func newInventoryCheck(p *process, dir *string) *cobra.Command {
	var o inventoryOptions
	cmd := &cobra.Command{
		Use:   "check [--base A] [--head B]",
		Short: "Is every agent and model that took part listed, owned, classified and tested?",
		Long: `Hold ai_inventory.yaml against the agents and models that took part: in the history of
HEAD, with the file in the work tree; or with --base, in one change, with the file at its
head. Exit code 1 with a finding of level error, 3 when not all commits were looked at.`,
		Example: `  custody inventory check
  custody inventory check --base main --head feature --bias-test-days 180`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runInventoryCheck(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.commits.base, "base", "", "the `COMMIT`, branch or tag that the change is for (default: check the history of HEAD)")
	f.StringVar(&o.commits.head, "head", "", "the `COMMIT`, branch or tag of the change (default: HEAD)")
	f.StringVar(&o.context, "context", "", "what the forge verified: a custody/context/v1 `FILE`")
	f.StringVar(&o.On, "on", "", "the `DAY` on which bias tests are old or not (default: today, UTC)")
	f.IntVar(&o.BiasTestDays, "bias-test-days", inventory.DefaultBiasTestDays, "how many days old a bias test may be: `N`")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runInventoryCheck(ctx context.Context, p *process, o *inventoryOptions) error {
	if o.On == "" {
		o.On = p.today()
	}
	if o.BiasTestDays < 1 {
		return hint(fmt.Errorf("--bias-test-days %d: a test is at least one day old on the day after it", o.BiasTestDays), "give 1 or more")
	}
	var report *inventory.Report
	var err error
	if o.commits.base != "" || o.commits.head != "" {
		report, err = o.checkChange(ctx, p)
	} else if o.context != "" {
		return hint(errors.New("--context is about a change"), "name it with --base and --head")
	} else {
		report, err = o.checkHistory(ctx, p)
	}
	if err != nil {
		return err
	}
	if err := write(p, o.format, report); err != nil {
		return err
	}
	return exitForOutcome(report.Outcome)
}

func (o *inventoryOptions) checkChange(ctx context.Context, p *process) (*inventory.Report, error) {
	repo, err := openRepository(ctx, p, o.dir)
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
	var doc []byte
	if o.context != "" {
		if doc, err = readContext(o.context); err != nil {
			return nil, err
		}
	}
	return review.CheckInventory(ctx, repo, commits.base, commits.head, doc, o.context, o.Options)
}

func (o *inventoryOptions) checkHistory(ctx context.Context, p *process) (*inventory.Report, error) {
	root, repo, err := openWorkTree(ctx, p, o.dir)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	seen, err := seenAgents(ctx, repo)
	if err != nil {
		return nil, err
	}
	text, err := readOwn(filepath.Join(root, inventory.Path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %s: %w", inventory.Path, err)
	}
	if err == nil && text == nil {
		text = []byte{}
	}
	h := seen.Summary()
	in := inventory.Input{Text: text, Agents: inventory.OfHistory(h), Cut: cut(repo), Options: o.Options}
	switch {
	case h.Cut > 0:
		in.Cut = "limit-trailers"
	case len(h.Models) >= attestation.MaxModels:
		in.Cut = "limit-models"
	}
	return inventory.Check(in)
}

func newInventoryExport(p *process, dir *string) *cobra.Command {
	var o inventoryOptions
	cmd := &cobra.Command{
		Use:   "export [REV]",
		Short: "Write the inventory as a CycloneDX ML-BOM or an SPDX 3 document",
		Long: `Write ai_inventory.yaml as a CycloneDX 1.6 ML-BOM or as an SPDX 3.0.1 document with AI
packages, in JSON. Every field of the file is in either. Without REV it is the file in
the work tree, with REV that of the commit.`,
		Example: `  custody inventory export > ai-bom.cdx.json
  custody inventory export --format spdx -o ai-bom.spdx.json v1.2`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = *dir
			return runInventoryExport(cmd.Context(), p, &o, args)
		},
	}
	cmd.Flags().StringVarP(&o.out, "output", "o", "", "write it to `FILE`")
	cmd.Flags().StringVar(&o.On, "on", "", "the `DAY` of creation where the file names none (default: today, UTC)")
	addFormat(cmd, &o.format, "cyclonedx", "spdx")
	return cmd
}

func runInventoryExport(ctx context.Context, p *process, o *inventoryOptions, args []string) error {
	text, err := o.inventory(ctx, p, args)
	if err != nil {
		return err
	}
	if o.On == "" {
		o.On = p.today()
	}
	by := inventory.Maker{Name: "custody", Version: program.Version()}
	var doc []byte
	if o.format == "spdx" {
		doc, err = inventory.SPDX(text, by, o.On)
	} else {
		doc, err = inventory.CycloneDX(text, by)
	}
	if err != nil {
		return err
	}
	if o.out != "" {
		return writeFile(o.out, doc)
	}
	_, err = p.out.Write(doc)
	return err
}

// inventory reads the file of a commit, or of the work tree.
func (o *inventoryOptions) inventory(ctx context.Context, p *process, args []string) ([]byte, error) {
	none := hint(fmt.Errorf("there is no %s", inventory.Path), "custody inventory init drafts one")
	if len(args) == 0 {
		root, repo, err := openWorkTree(ctx, p, o.dir)
		if err != nil {
			return nil, err
		}
		defer repo.Close()
		text, err := readOwn(filepath.Join(root, inventory.Path))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, none
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", inventory.Path, err)
		}
		return text, nil
	}
	repo, id, err := openAt(ctx, p, o.dir, args[0])
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	commit, err := repo.Commit(ctx, id)
	if err != nil {
		return nil, err
	}
	entry, err := git.Lookup(ctx, repo, commit.Tree, inventory.Path)
	if errors.Is(err, git.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	if !entry.Mode.IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", inventory.Path)
	}
	return repo.Blob(ctx, entry.ID, maxOwn)
}

// exitForOutcome is the exit code of a command that checks: only what is satisfied is 0.
func exitForOutcome(o finding.Outcome) error {
	switch o {
	case finding.Satisfied:
		return nil
	case finding.NotSatisfied:
		return exitError(exitFail)
	default:
		return exitError(exitIncomplete)
	}
}
