//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Another user of the same machine, to whom neither the repository nor the cache
// belongs, makes the same pack of it.
func TestPackOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	const nobody = 65534
	w := newWorkbench(t)
	want := w.pack()
	// The folders that go test makes are for us alone.
	dir, err := os.MkdirTemp("", "custody-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program, err := exec.LookPath("custody")
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, program, filepath.Join(dir, "custody"), 0o755)
	copyFile(t, filepath.Join(w.dir, "context.json"), filepath.Join(dir, "context.json"), 0o644)
	copyFile(t, filepath.Join(w.dir, ".config/custody/signing.pem"), filepath.Join(dir, "key.pem"), 0o600)
	if out, err := exec.Command("cp", "-r", w.repo.Dir, filepath.Join(dir, "repo.git")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, mode := range map[string]os.FileMode{"": 0o755, "home": 0o700, "tmp": 0o700} {
		if err := os.MkdirAll(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"home", "tmp", "key.pem"} {
		if err := os.Chown(filepath.Join(dir, name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, extra := range map[string][]string{
		"home":  {"HOME=" + filepath.Join(dir, "home")},
		"cache": {"HOME=" + filepath.Join(dir, "home")}, // a second time, now with a cache
		"alien": {"CUSTODY_CACHE_DIR=" + w.dir},         // that belongs to somebody else
	} {
		out := filepath.Join(dir, "home", name+".zip")
		cmd := exec.Command(filepath.Join(dir, "custody"), "-C", filepath.Join(dir, "repo.git"), "audit", "--base", "main", "--head", "feature",
			"--context", filepath.Join(dir, "context.json"), "--on", "2026-11-23", "--key", filepath.Join(dir, "key.pem"), "-o", out)
		cmd.Env = append([]string{noWait, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + filepath.Join(dir, "tmp")}, extra...)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		said, err := cmd.CombinedOutput()
		if code := exitCode(err); err == nil || code != "1" {
			t.Errorf("%s: %v\n%s", name, err, said)
			continue
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: another pack of %d bytes, want %d", name, len(got), len(want))
		}
	}
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, mode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, mode); err != nil {
		t.Fatal(err)
	}
}
