package git_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

func TestHooksFolder(t *testing.T) {
	repo := gittest.New(t)
	real, err := filepath.EvalSymlinks(repo.Dir)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := git.Open(context.Background(), real, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	home := t.TempDir()
	environ := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_DIR=/nowhere"}
	folder := func(want string) {
		t.Helper()
		got, err := opened.HooksFolder(context.Background(), environ)
		if err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	folder(filepath.Join(real, "hooks"))
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[core]\n\thooksPath = ~/shared hooks\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	folder(filepath.Join(home, "shared hooks"))
	repo.Git("config", "core.hooksPath", "/own/hooks")
	folder("/own/hooks")
}
