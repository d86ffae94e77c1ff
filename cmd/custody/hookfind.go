package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// eachRepository does something to every repository at or below the folders, and says
// what: a word for each, and why for those that were refused, which stop no other.
func eachRepository(ctx context.Context, p *process, dirs []string, do func(gitDir string) (string, error)) error {
	all, refused := 0, 0
	refuse := func(path string, err error) {
		refused++
		fmt.Fprintf(p.err, "refused %s: %v\n", path, err)
		var h *hintError
		if errors.As(err, &h) {
			for _, line := range h.hints {
				fmt.Fprintf(p.err, "  %s\n", line)
			}
		}
	}
	for _, dir := range dirs {
		found, unread, err := repositories(dir)
		if err != nil {
			return err
		}
		if len(found)+len(unread) == 0 {
			return hint(fmt.Errorf("%s: there is no git repository here or in a folder below", dir), "name a repository, or a folder that holds some")
		}
		for _, err := range unread {
			refuse(dir, err)
		}
		all += len(found) + len(unread)
		for _, gitDir := range found {
			what, err := do(gitDir)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				refuse(gitDir, err)
				continue
			}
			fmt.Fprintf(p.out, "%s %s\n", what, gitDir)
		}
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d were refused", refused, all)
	}
	return nil
}

// repositories finds the git directories at or below a folder, in order, and why it
// could not look into some folders. It follows no symbolic link, and does not look inside
// of a repository for more.
func repositories(dir string) (found []string, unread []error, err error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil { // the one that was named may be a link
		return nil, nil, err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			unread = append(unread, err)
			return nil
		}
		if !d.IsDir() {
			return nil
		}
		for _, gitDir := range []string{path, filepath.Join(path, ".git")} {
			if isGitDir(gitDir) {
				found = append(found, gitDir)
				return fs.SkipDir
			}
		}
		return nil
	})
	return found, unread, err
}

// isGitDir knows a git directory as git does: it has HEAD, objects and refs.
func isGitDir(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}
