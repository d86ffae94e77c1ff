package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"custody/internal/config"
	"custody/internal/git"
)

// tellUncommitted says which files that judge are in the work tree and not in the commit
// that is looked at: who has just written one, and not committed it, is asked to write one
// otherwise.
func tellUncommitted(ctx context.Context, p *process, r git.Reader, commit *git.Commit) {
	repo, ok := r.(*git.Repository)
	if !ok {
		return
	}
	root, err := repo.WorkTree(ctx)
	if err != nil || root == "" {
		return
	}
	var found []string
	for _, name := range []string{config.FileName, config.DefaultRequirements} {
		if _, err := os.Lstat(filepath.Join(root, name)); err != nil {
			continue
		}
		if _, err := git.Lookup(ctx, repo, commit.Tree, name); errors.Is(err, git.ErrNotFound) {
			found = append(found, name)
		}
	}
	if len(found) > 0 {
		verb := " is"
		if len(found) > 1 {
			verb = " are"
		}
		fmt.Fprintf(p.err, "%s%s in the work tree, and not in commit %s: commit first, only that counts\n", strings.Join(found, " and "), verb, commit.ID.Short())
	}
}
