package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"custody/impact/cache"
)

// trustedFolder says why a folder must not hold the cache of a repository: because
// others may write there, or because it lies in the work tree, where a change can put a
// file as well, which after a checkout belongs to us like every other.
func trustedFolder(dir, commonDir string) error {
	if err := cache.Private(dir); err != nil {
		return err
	}
	real, err := realFolder(dir)
	if err != nil {
		return err
	}
	if inWorkTree(real, commonDir) {
		return fmt.Errorf("folder %s is in the work tree, where a change can put files too: name one outside", dir)
	}
	return nil
}

// realFolder is where a folder is, or its deepest parent that exists already.
func realFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return real, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", err
		}
		dir = up
	}
}

// inWorkTree says whether a folder is in a work tree of the repository, linked ones
// too, and not in its git directory. Both are real paths.
func inWorkTree(dir, commonDir string) bool {
	if within(dir, commonDir) {
		return false
	}
	for {
		if within(gitDirOf(dir), commonDir) {
			return true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return false
		}
		dir = up
	}
}

// gitDirOf is the git directory that a folder's .git is or names; empty without one.
func gitDirOf(folder string) string {
	dot := filepath.Join(folder, ".git")
	if text, err := os.ReadFile(dot); err == nil {
		target, ok := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), "gitdir: ")
		if !ok {
			return ""
		}
		if dot = target; !filepath.IsAbs(dot) {
			dot = filepath.Join(folder, dot)
		}
	}
	real, err := filepath.EvalSymlinks(dot)
	if err != nil {
		return ""
	}
	return real
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}
