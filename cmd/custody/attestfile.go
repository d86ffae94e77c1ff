package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"custody/attestation"
	"custody/attestation/claim"
	"custody/internal/git"
	"custody/internal/pack/verify"
	"custody/internal/report"
)

type attestFileOptions struct {
	dir    string
	packs  []string
	keys   string
	hook   string
	format string
}

func (o *attestFileOptions) addPacks(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.packs, "pack", nil, "a pack of a change in this history, for what governance says: a `FILE`; may be given again")
	f.StringVar(&o.keys, "trusted-keys", "", "the keys that you trust, one per line: a `FILE` (default: $CUSTODY_TRUSTED_KEYS, else trusted_keys in custody's configuration folder)")
}

func newAttestWrite(p *process, dir *string) *cobra.Command {
	var o attestFileOptions
	cmd := &cobra.Command{
		Use:   "write",
		Short: "Create or update .ai-attestation.yaml from the history of HEAD",
		Long: `Create or update .ai-attestation.yaml at the root of the work tree, so that it says
what the history of HEAD holds. The counts are computed anew each time; comments,
policy and radar stay as they are, and governance unless you give packs: then it says
what those say, after their signatures were verified.

Commits that change nothing but the file itself do not make it old, so that committing
it ends the matter. --hook is for hooks: it prints one line at most, does nothing during
a rebase, merge or cherry-pick, and never fails a commit.`,
		Example: `  custody attest write && git diff .ai-attestation.yaml
  custody attest write --pack change.zip`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			if o.hook != "" {
				return runAttestHook(cmd.Context(), p, &o)
			}
			_, err := runAttestWrite(cmd.Context(), p, &o)
			return err
		},
	}
	o.addPacks(cmd)
	cmd.Flags().Var(&choice{&o.hook, []string{"pre-commit", "post-commit"}}, "hook", "pre-commit or post-commit: called by a hook of that name")
	return cmd
}

// runAttestWrite says whether it wrote.
func runAttestWrite(ctx context.Context, p *process, o *attestFileOptions) (bool, error) {
	c, err := o.claimed(ctx, p, false)
	if err != nil {
		return false, err
	}
	text, err := claim.Write(c.existing, c.facts)
	if err != nil {
		return false, err
	}
	if c.current || bytes.Equal(text, c.existing) {
		fmt.Fprintf(p.out, "%s is up to date\n", claim.Path)
		return false, nil
	}
	if err := writeFile(c.file, text); err != nil {
		return false, fmt.Errorf("writing %s: %w", claim.Path, err)
	}
	fmt.Fprintf(p.out, "wrote %s: %d of %d commits by agents; commit it\n", claim.Path, c.facts.Assisted, c.facts.Commits)
	return true, nil
}

// runAttestHook never fails a commit: the next check tells what is wrong.
func runAttestHook(ctx context.Context, p *process, o *attestFileOptions) error {
	_, repo, err := openWorkTree(ctx, p, o.dir)
	if err == nil {
		busy := repo.Busy()
		repo.Close()
		if busy != "" {
			return nil
		}
		quiet := *p
		quiet.out = new(bytes.Buffer)
		var wrote bool
		if wrote, err = runAttestWrite(ctx, &quiet, o); wrote {
			what := "it is part of your next commit if you add it"
			if o.hook == "pre-commit" {
				what = "git add it to make it part of this commit"
			}
			fmt.Fprintf(p.err, "custody: %s says what history holds again; %s\n", claim.Path, what)
		}
	}
	if err != nil {
		fmt.Fprintf(p.err, "custody: %s was not updated: %v\n", claim.Path, err)
	}
	return nil
}

func newAttestCheck(p *process, dir *string) *cobra.Command {
	var o attestFileOptions
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Compare .ai-attestation.yaml with the history of HEAD",
		Long: `Count the history of HEAD again and compare .ai-attestation.yaml in the work tree with
it, and enforce the policy that the file itself holds. What governance says of a scan
counts for the policy only if you give the packs that show it.

Exit code 1 when the file says something else or its policy is not met, 3 when history
is not whole or only the file itself says that the policy is met.`,
		Example: `  custody attest check || custody attest write
  custody attest check --pack change.zip --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runAttestCheck(cmd.Context(), p, &o)
		},
	}
	o.addPacks(cmd)
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runAttestCheck(ctx context.Context, p *process, o *attestFileOptions) error {
	c, err := o.claimed(ctx, p, true)
	if err != nil {
		return err
	}
	doc := claim.Checked(c.existing, c.facts)
	if err := write(p, o.format, doc); err != nil {
		return err
	}
	return exitForOutcome(doc.Outcome)
}

// cut says why history is not whole, if it is not.
func cut(repo *git.Repository) string {
	if repo.Shallow() {
		return "shallow"
	}
	return ""
}

// A claimedFile is the file in the work tree, and the history that it is about.
type claimedFile struct {
	file     string
	existing []byte
	facts    claim.Facts
	current  bool // nothing came after it but its own update
}

// claimed reads the file in the work tree and counts the history that it is about: up to
// the end of its window, to check what it says, or up to now, to write it anew.
func (o *attestFileOptions) claimed(ctx context.Context, p *process, asWritten bool) (*claimedFile, error) {
	root, repo, err := openWorkTree(ctx, p, o.dir)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	head, err := resolveFlag(ctx, repo, "", "HEAD")
	if err != nil {
		return nil, err
	}
	c := &claimedFile{file: filepath.Join(root, claim.Path)}
	c.existing, err = readOwn(c.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %s: %w", claim.Path, err)
	}
	var window attestation.Window
	var end int64
	doc, _ := claim.Parse(c.existing)
	if doc != nil {
		if from, to, ok := doc.Window(); ok {
			window, end = attestation.Window{From: from}, to
			if asWritten {
				window.To = to
			}
		}
	}
	scan, err := o.scan(ctx, p, repo, head)
	if err != nil {
		return nil, err
	}
	self, err := repositoryName(ctx, repo, root)
	if err != nil {
		return nil, err
	}
	// count counts a window, and gives the commits that may be updates of the file itself:
	// those after its end, and those of the very second in which it ends.
	count := func(w attestation.Window) (f claim.Facts, newer, last []*attestation.HistoryEntry, err error) {
		h, err := history(ctx, repo, head, w, func(e *attestation.HistoryEntry) error {
			switch {
			case end != 0 && e.When > end && len(newer) <= maxOwnUpdates:
				newer = append(newer, e)
			case end != 0 && e.When == end && !e.Merge && !e.Class.IsAI() && len(last) < maxOwnUpdates:
				last = append(last, e)
			}
			return nil
		})
		if err != nil {
			return f, nil, nil, err
		}
		f = h.Facts(self, p.now().UTC().Format(time.RFC3339), cut(repo))
		f.Scan = scan
		return f, newer, last, nil
	}
	facts, newer, last, err := count(window)
	if err != nil {
		return nil, err
	}
	if !asWritten && facts.Commits == 0 && window.From != 0 {
		// A window that begins after all commits says nothing: begin anew.
		window.From = 0
		if facts, newer, last, err = count(window); err != nil {
			return nil, err
		}
	}
	c.facts = facts
	if asWritten {
		if doc != nil && doc.Commits < facts.Commits {
			n, err := ownUpdates(ctx, repo, last)
			if err != nil {
				return nil, err
			}
			if doc.Commits >= facts.Commits-n { // some of them it may have counted
				c.facts.Commits = doc.Commits
			}
		}
		return c, nil
	}
	if doc == nil || len(newer)+len(last) == 0 || len(newer) > maxOwnUpdates {
		return c, nil
	}
	// Nothing came after the file but its own updates: if it was right then, it is now.
	merges := int64(0)
	for _, e := range newer {
		if e.Merge && !e.Class.IsAI() {
			merges++
		}
	}
	if own, err := ownUpdates(ctx, repo, newer); err != nil || own+merges != int64(len(newer)) {
		return c, err
	}
	then, _, last, err := count(attestation.Window{From: window.From, To: end})
	if err != nil {
		return nil, err
	}
	if n, err := ownUpdates(ctx, repo, last); err != nil {
		return nil, err
	} else if doc.Commits < then.Commits && doc.Commits >= then.Commits-n {
		then.Commits = doc.Commits
	}
	text, err := claim.Write(c.existing, then)
	c.current = err == nil && bytes.Equal(text, c.existing)
	return c, nil
}

// maxOwnUpdates is more commits than committing the file takes.
const maxOwnUpdates = 50

// ownUpdates counts the commits that change nothing but .ai-attestation.yaml.
func ownUpdates(ctx context.Context, repo *git.Repository, commits []*attestation.HistoryEntry) (int64, error) {
	var ids []git.OID
	for _, e := range commits {
		if !e.Merge && !e.Class.IsAI() {
			ids = append(ids, e.SHA)
		}
	}
	own := int64(0)
	err := repo.Numstat(ctx, ids, func(_ int, files []git.FileLines, more int, err error) error {
		if err == nil && more == 0 && len(files) == 1 && files[0].Path == claim.Path {
			own++
		}
		return nil
	})
	return own, err
}

// scan reads the packs that were given; nil without any. Each must be about a change of
// this very history.
func (o *attestFileOptions) scan(ctx context.Context, p *process, repo *git.Repository, head git.OID) (*claim.Scan, error) {
	if len(o.packs) == 0 {
		return nil, nil
	}
	trusted, err := trustedKeys(p, o.keys)
	if err != nil {
		return nil, err
	}
	type dated struct {
		pack  *report.VerifiedPack
		newer []*git.Commit
	}
	var packs []dated
	for _, name := range o.packs {
		data, err := readPack(name)
		if err != nil {
			return nil, err
		}
		pack, err := report.OpenPack(name, data, func(b []byte) *verify.Result { return verify.Verify(b, trusted) })
		if err != nil {
			return nil, hint(err, "custody verify "+name+" says more")
		}
		bases, err := repo.MergeBases(ctx, pack.Says.Inputs.Head, head)
		if err != nil || len(bases) != 1 || bases[0] != pack.Says.Inputs.Head {
			return nil, hint(fmt.Errorf("the pack %s is about %s, which is not in the history of HEAD", name, pack.Says.Inputs.Head.Short()), "give packs of changes that have landed here")
		}
		newer, more, err := repo.Commits(ctx, pack.Says.Inputs.Head, head, 100_000)
		if err != nil {
			return nil, err
		}
		if more {
			return nil, fmt.Errorf("the pack %s is older than 100,000 commits", name)
		}
		packs = append(packs, dated{pack, newer})
	}
	slices.SortStableFunc(packs, func(a, b dated) int { return len(a.newer) - len(b.newer) })
	after := newHistory(attestation.Window{}, func(*attestation.HistoryEntry) error { return nil })
	for _, c := range packs[0].newer {
		if err := after.Add(c); err != nil {
			return nil, err
		}
	}
	var all []*report.VerifiedPack
	for _, d := range packs {
		all = append(all, d.pack)
	}
	return report.Governance(all, int64(after.Summary().AI)), nil
}
