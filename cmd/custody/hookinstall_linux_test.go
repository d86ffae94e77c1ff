package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// TestInstallMany installs into a folder of a thousand repositories, of which some are
// refused, twice, and takes everything away again. Not asked for at full size it is a
// folder of twenty.
func TestInstallMany(t *testing.T) {
	count := 20
	if os.Getenv("CUSTODY_SLOW") != "" {
		count = 1000
	}
	program, err := exec.LookPath("custody")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir() // where the key is made
	model := gittest.New(t)
	model.Commit("main", "Start", gittest.Write(".custody.yaml", twoEyes), gittest.Write("a.py", "import os\n"))
	root := t.TempDir()
	for i := range count {
		dir := fmt.Sprintf("%s/%02d/%d.git", root, i%50, i)
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", "-r", model.Dir, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		switch i % 20 {
		case 3:
			put(t, dir+"/hooks/pre-receive", "#!/bin/sh\nexit 0\n", 0o755)
		case 7: // no policy
			gittest.At(t, dir).Git("symbolic-ref", "HEAD", "refs/heads/other")
		case 11: // somebody may write to it
			if err := os.Chmod(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	refused := 2 * count / 20
	was := treeOf(t, root)
	run := func(args ...string) (string, time.Duration, error) {
		start := time.Now()
		cmd := exec.Command(program, append(append([]string{"hook"}, args...), root)...)
		cmd.Env = append(gittest.Env(), "HOME="+home, noWait)
		out, err := cmd.CombinedOutput()
		return string(out), time.Since(start), err
	}
	for i, word := range []string{"installed", "unchanged"} {
		out, took, err := run("install")
		if err == nil || strings.Count(out, word+" ") != count-refused || !strings.Contains(out, fmt.Sprintf("%d of %d were refused", refused, count)) {
			t.Fatalf("%v, %d times %q\n%s", err, strings.Count(out, word+" "), word, out)
		}
		t.Logf("run %d of install: %d repositories in %v, %v each", i+1, count, took.Round(time.Millisecond), (took / time.Duration(count)).Round(10*time.Microsecond))
	}
	out, took, err := run("status")
	if err != nil || !strings.Contains(out, fmt.Sprintf("%d of %d in order", count-refused, count)) {
		t.Errorf("status: %v\n%s", err, out)
	}
	t.Logf("status: %v", took.Round(time.Millisecond))
	if out, _, err := run("uninstall"); err != nil || strings.Count(out, "uninstalled ") != count-refused {
		t.Errorf("uninstall: %v\n%s", err, out)
	}
	if is := treeOf(t, root); is != was {
		t.Error("the hooks are not as they were")
	}
}

// treeOf is everything below a folder but what Custody keeps in folders of its own.
func treeOf(t *testing.T, root string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `cd "$1" && find . -name custody -prune -o -type f -printf '%p %m %T@ ' -exec cat {} \;`, "sh", root).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
