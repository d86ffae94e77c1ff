package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// check is what custody-app check says, with more variables.
func (w *whole) check(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "check", "--config", filepath.Join(w.dir, "app.yaml"))
	cmd.Env = slices.Concat([]string{"CUSTODY_APP_IS_WHOLE=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, w.env, env)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// Who starts the server and then asks what is missing, as docs/app.md says, is told of nothing
// that is well; and of a folder that takes no packs.
func TestCheckWhileServing(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	w.start(t)
	said := w.check(t)
	for _, want := range []string{"ok        The store answers: a server has it open\n", "ok        Packs and copies of repositories can be kept\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if said := w.check(t, "CUSTODY_BLOBS=file:///proc"); !strings.Contains(said, "missing   Packs and copies of repositories can be kept: blobs: ") {
		t.Errorf("every pack would be lost:\n%s", said)
	}
}

// Who only asks what is missing sets up no store.
func TestCheckBeforeServing(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	if said := w.check(t); !strings.Contains(said, "ok        The store answers: there is nothing in it yet: serve sets it up\n") {
		t.Errorf("it does not say what is in the store:\n%s", said)
	}
	if said := w.check(t, "CUSTODY_STORE=sqlite:///proc/none/custody.db"); !strings.Contains(said, "missing   The store answers: store: ") {
		t.Errorf("no store can be made there:\n%s", said)
	}
	if made, err := filepath.Glob(filepath.Join(w.dir, "*.db*")); err != nil || len(made) > 0 {
		t.Errorf("it made %q, %v", made, err)
	}
}
