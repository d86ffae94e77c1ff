package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"custody/attestation"
	"custody/attestation/claim"
	"custody/attestation/inventory"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

type initOptions struct {
	dir          string
	project      string
	language     string
	requirements string
}

func newInit(p *process, dir *string) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first policy, requirements, AI inventory and attestation file",
		Long: `Write .custody.yaml, security_requirements.yaml, ai_inventory.yaml and
.ai-attestation.yaml into the work tree, derived from the repository: its languages and
the agents in its history. A file that is there already stays as it is.`,
		Example: `  custody init
  custody init --project-name "my-project" --language python --requirements security_requirements.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runInit(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.project, "project-name", "", "what the project is called: a `NAME` (default: from the remote, or the folder)")
	f.StringVar(&o.language, "language", "", "requirements for this `LANGUAGE` (default: every language of the repository)")
	f.StringVar(&o.requirements, "requirements", config.DefaultRequirements, "where the requirements stand: a `FILE` in the repository")
	return cmd
}

func runInit(ctx context.Context, p *process, o *initOptions) error {
	root, repo, err := openWorkTree(ctx, p, o.dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	var path config.RepoPath
	if err := path.UnmarshalText([]byte(o.requirements)); err != nil {
		return fmt.Errorf("--requirements %q: %w", o.requirements, err)
	}
	languages, err := o.languages(root)
	if err != nil {
		return err
	}
	self, err := repositoryName(ctx, repo, root)
	if err != nil {
		return err
	}
	if o.project != "" {
		self.Name = o.project
	}
	seen, err := seenAgents(ctx, repo)
	if err != nil {
		return err
	}
	attest, err := claim.Write(nil, seen.Facts(self, p.now().UTC().Format(time.RFC3339), cut(repo)))
	if err != nil {
		fmt.Fprintf(p.err, "%s is not written: %v\n", claim.Path, err)
		attest = nil
	}
	requirements := config.StarterRequirements(self.Name, languages)
	if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(o.requirements))); err != nil { // else it stays as it is
		if requirements, err = starterRequirements(ctx, p, repo, self.Name, languages); err != nil {
			return err
		}
	}
	files := []struct {
		name string
		text []byte
	}{
		{config.FileName, config.Starter(path)},
		{o.requirements, requirements},
		{inventory.Path, inventory.Draft(self.Name, p.today(), inventory.OfHistory(seen.Summary()))},
		{claim.Path, attest},
	}
	for _, f := range files {
		if f.text == nil {
			continue
		}
		if err := writeStarter(p, root, f.name, f.text); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.out, "\nRead them, check them with 'custody config validate', and commit them: only what is committed\n"+
		"counts, and a change is judged by what stands on the branch that it is for.\n"+
		"Then: custody requirements check, and in a branch with a change, custody audit -o change.zip\n")
	return nil
}

// openWorkTree opens a repository that has a work tree.
func openWorkTree(ctx context.Context, p *process, dir string) (root string, repo *git.Repository, err error) {
	if repo, err = openRepository(ctx, p, dir); err != nil {
		return "", nil, err
	}
	root, err = repo.WorkTree(ctx)
	if err == nil && root == "" {
		err = hint(errors.New("a bare repository has no work tree to write to"), "run this in a clone")
	}
	if err != nil {
		repo.Close()
		return "", nil, err
	}
	return root, repo, nil
}

// languages are those asked for, or those whose files are in the work tree.
func (o *initOptions) languages(root string) ([]string, error) {
	if o.language != "" {
		l := strings.ToLower(o.language)
		switch l {
		case "javascript", "js", "ts":
			l = "typescript"
		case "golang":
			l = "go"
		}
		if !slices.Contains(config.StarterLanguages(), l) {
			return nil, hint(fmt.Errorf("--language %q: there are no first requirements for it", o.language),
				"use one of "+strings.Join(config.StarterLanguages(), ", ")+", or leave it out and write your own")
		}
		return []string{l}, nil
	}
	return treeLanguages(root)
}

// maxListed bounds how many files init looks at: it only wants to know the languages.
const maxListed = 100_000

func treeLanguages(root string) ([]string, error) {
	extensions := map[string]string{
		".go": "go", ".java": "java", ".py": "python", ".ts": "typescript", ".tsx": "typescript",
		".js": "typescript", ".jsx": "typescript", ".vue": "typescript", ".mjs": "typescript",
	}
	found := map[string]bool{}
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // a folder that can not be read has no language
		case d.IsDir() && slices.Contains([]string{".git", "node_modules", "vendor"}, d.Name()):
			return filepath.SkipDir
		}
		if n++; n > maxListed {
			return filepath.SkipAll
		}
		if l := extensions[strings.ToLower(filepath.Ext(path))]; l != "" && d.Type().IsRegular() {
			found[l] = true
		}
		return nil
	})
	var out []string
	for _, l := range config.StarterLanguages() {
		if found[l] {
			out = append(out, l)
		}
	}
	return out, err
}

// seenAgents counts the history of HEAD; of a repository without a commit, nothing.
func seenAgents(ctx context.Context, repo *git.Repository) (*attestation.History, error) {
	head, err := repo.Resolve(ctx, "HEAD")
	if errors.Is(err, git.ErrNotFound) {
		return newHistory(attestation.Window{}, nil), nil
	}
	if err != nil {
		return nil, err
	}
	return history(ctx, repo, head, attestation.Window{}, func(*attestation.HistoryEntry) error { return nil })
}

// starterRequirements are the first requirements. Those that HEAD does not meet only
// warn at first, so that nobody is blocked by what was there before.
func starterRequirements(ctx context.Context, p *process, repo *git.Repository, project string, languages []string) ([]byte, error) {
	text := config.StarterRequirements(project, languages)
	id, err := repo.Resolve(ctx, "HEAD")
	if errors.Is(err, git.ErrNotFound) {
		return text, nil
	}
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit(ctx, id)
	if err != nil {
		return nil, err
	}
	parsed, err := control.ParseRequirements(config.DefaultRequirements, text)
	if err != nil {
		return nil, err
	}
	judge := review.Judge{Requirements: []*control.Requirements{parsed}}
	checks, err := judge.VerifyRequirements(ctx, repo, commit)
	if err != nil {
		return nil, err
	}
	var unmet []string
	for _, c := range checks {
		if c.Level == finding.Error && blocks(c) {
			unmet = append(unmet, c.ID)
			fmt.Fprintf(p.out, "%s (%s) is %s at HEAD: it only warns, until you raise its severity\n", c.ID, c.Name, c.Outcome)
		}
	}
	return config.StarterRequirements(project, languages, unmet...), nil
}

// blocks says whether a requirement would hold up the first change. One that selects no
// file yet may select those that init writes, and says something only then.
func blocks(c finding.Check) bool {
	waits := func(r finding.Reason) bool { return r.Code == control.ReasonNothingChosen }
	return c.Outcome == finding.NotSatisfied || c.Outcome == finding.NotAssessed && !slices.ContainsFunc(c.Reasons, waits)
}

// writeStarter writes one file that is not there yet.
func writeStarter(p *process, root, name string, text []byte) error {
	full := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	err := writeNew(full, text, 0o644)
	if errors.Is(err, fs.ErrExist) {
		fmt.Fprintf(p.out, "kept   %s (it is there already)\n", name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	fmt.Fprintf(p.out, "wrote  %s\n", name)
	return nil
}
