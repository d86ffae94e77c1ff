//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hook stands in for custody's hooks.
func hook(name string) int {
	pushed, _ := io.ReadAll(os.Stdin)
	if _, err := os.Stat(filepath.Join("custody", "floor.yaml")); err != nil {
		fmt.Fprintln(os.Stderr, "no floor")
		return 1
	}
	switch _, broken := os.Stat("broken-hook"); {
	case name == "post-receive":
		os.MkdirAll(filepath.Join("custody", "cache"), 0o700)
	case broken != nil && strings.HasSuffix(string(pushed), " refs/heads/main\n"):
		fmt.Fprintln(os.Stderr, "custody: accepted refs/heads/main: 1 commit; pack 0123")
	}
	return 0
}

func TestPushes(t *testing.T) {
	repo := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", repo, "-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	for i := range 12 {
		if err := os.WriteFile(filepath.Join(repo, fmt.Sprintf("f%02d.py", i)), fmt.Appendf(nil, "x = %d\n", i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("add", "-A")
	git("commit", "-q", "-m", "one")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := options{custody: self, repo: repo, rounds: 3, out: t.TempDir(), name: "small", sizes: []int{20}}
	var out bytes.Buffer
	if err := runPushes(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(o.out, "pushes-small.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), repo) || strings.Contains(string(text), os.TempDir()) {
		t.Errorf("a folder of this machine is in the result:\n%s", text)
	}
	var r Pushes
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.TreeFiles != 12 || len(r.Pushes) != 3+2*len(o.sizes) {
		t.Errorf("%+v", r)
	}
	for _, p := range r.Pushes {
		if p.Hook.Min <= 0 || p.Hook.Median < p.Hook.Min || p.ReceivePack.Min <= 0 || p.Whole.Median < p.Hook.Min || p.Ratio != ratio(p.Hook.Median, p.ReceivePack.Median) || p.Answer != "accepted refs/heads/main: 1 commit" {
			t.Errorf("%+v", p)
		}
		if !strings.Contains(out.String(), p.Name) {
			t.Errorf("%s is not on screen", p.Name)
		}
	}
}
