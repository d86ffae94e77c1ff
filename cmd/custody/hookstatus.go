package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"custody/hooks"
	"custody/hooks/install"
)

// everywhere are all places in which a hook of ours may be, whatever the server.
func everywhere(root string, places func(root, folder string, hooks []string) []install.Place) []install.Place {
	var all []install.Place
	seen := map[string]bool{}
	for _, a := range hooks.Servers {
		for _, place := range places(root, a.Folder, []string{"pre-receive", "update", "post-receive"}) {
			if !seen[place.File()] {
				seen[place.File()] = true
				all = append(all, place)
			}
		}
	}
	return all
}

func newHookUninstall(p *process, dir *string) *cobra.Command {
	var shared string
	cmd := &cobra.Command{
		Use:   "uninstall [DIR...]",
		Short: "Take the hooks away again",
		Long: `Take Custody's hooks out of a repository, or of every repository below a folder, and put
back what was there before. Packs are evidence: they and the floor stay in the folder
custody of each git directory.`,
		Example: `  custody hook uninstall /srv/git`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && shared == "" {
				args = []string{*dir}
			}
			if shared != "" {
				root, err := filepath.Abs(shared)
				if err != nil {
					return err
				}
				what, err := uninstall(everywhere(root, install.Shared))
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "%s %s\n", what, root)
			}
			return eachRepository(cmd.Context(), p, args, func(gitDir string) (string, error) {
				return uninstall(everywhere(gitDir, install.Places))
			})
		},
	}
	cmd.Flags().StringVar(&shared, "hooks-path", "", "take the hooks out of this `FOLDER`, which serves many repositories")
	return cmd
}

func uninstall(places []install.Place) (string, error) {
	what := "unchanged"
	for _, place := range slices.Backward(places) {
		changed, err := place.Uninstall()
		if err != nil {
			return "", err
		}
		if changed {
			what = "uninstalled"
		}
	}
	return what, nil
}

func newHookStatus(p *process, dir *string) *cobra.Command {
	var shared, format string
	cmd := &cobra.Command{
		Use:   "status [DIR...]",
		Short: "Say where the hooks are, and what is wrong with them",
		Long: `Say of a repository, or of every repository below a folder, which of Custody's hooks are
in place, what they run, and what keeps them from working.`,
		Example: `  custody hook status /srv/git`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && shared == "" {
				args = []string{*dir}
			}
			status, err := hookStatus(cmd.Context(), p, shared, args)
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(p.out, status)
			}
			return writeHookStatus(p, status)
		},
	}
	cmd.Flags().StringVar(&shared, "hooks-path", "", "look into this `FOLDER`, which serves many repositories")
	addFormat(cmd, &format, "text", "json")
	return cmd
}

func hookStatus(ctx context.Context, p *process, shared string, dirs []string) (*install.Status, error) {
	s := &install.Status{Schema: install.StatusSchema, Repositories: []install.Repository{}}
	if shared != "" {
		root, err := filepath.Abs(shared)
		if err != nil {
			return nil, err
		}
		s.Repositories = append(s.Repositories, install.StatusOf(root, everywhere(root, install.Shared)))
	}
	for _, dir := range dirs {
		found, unread, err := repositories(dir)
		if err != nil {
			return nil, err
		}
		if len(found)+len(unread) == 0 {
			return nil, fmt.Errorf("%s: there is no git repository here or in a folder below", dir)
		}
		for _, err := range unread {
			s.Repositories = append(s.Repositories, install.Repository{Path: dir, Hooks: []install.Standing{}, Problems: []string{err.Error()}})
		}
		for _, gitDir := range found {
			r := install.StatusOf(gitDir, everywhere(gitDir, install.Places))
			asGit(ctx, p, &r)
			s.Repositories = append(s.Repositories, r)
		}
	}
	return s, nil
}

// asGit adds what only git can tell: that it looks for hooks somewhere else.
func asGit(ctx context.Context, p *process, r *install.Repository) {
	if !slices.ContainsFunc(r.Hooks, func(h install.Standing) bool { return filepath.Dir(h.File) == filepath.Join(r.Path, "hooks") }) {
		return
	}
	repo, err := openRepository(ctx, p, r.Path)
	if err == nil {
		defer repo.Close()
		var folder string
		folder, err = repo.HooksFolder(ctx, p.environ)
		if err == nil && !sameFolder(folder, filepath.Join(r.Path, "hooks")) {
			err = errors.New("git takes its hooks from " + folder + " (core.hooksPath), so that those here do not run: install there with --hooks-path")
		}
	}
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
}

func writeHookStatus(p *process, s *install.Status) error {
	well := 0
	for _, r := range s.Repositories {
		fmt.Fprintf(p.out, "%s\n", r.Path)
		for _, h := range r.Hooks {
			fmt.Fprintf(p.out, "  %-12s %-9s %s\n", h.Name, h.State, h.Call)
		}
		for _, problem := range r.Problems {
			fmt.Fprintf(p.out, "  problem: %s\n", problem)
		}
		if len(r.Problems) == 0 {
			well++
		}
	}
	_, err := fmt.Fprintf(p.out, "\n%d of %d in order\n", well, len(s.Repositories))
	return err
}
