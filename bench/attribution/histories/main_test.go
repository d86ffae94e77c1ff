//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The reference takes too much rather than too little.
func TestReference(t *testing.T) {
	for message, want := range map[string]bool{
		"Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>": true, "Fix\n\n> generated with copilot": true, "aider: x": true,
		"Fix\n\nCo-authored-by: Devin Jones <d@example.com>": true, "Fix (written by GPT-5)": true,
		"Fix the cursor": false, "Decline what Claude said": false, "Fix\n\nReported-by: Ann <a@example.com>": false,
	} {
		if got := len(reference("Ada", "ada@example.com", "Ada", "ada@example.com", message)) > 0; got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
	for who, want := range map[string]bool{"Copilot <198982749+Copilot@users.noreply.github.com>": true, "Ann (aider) <ann@example.com>": true, "Claude Monet <c@monet.example>": false} {
		name, email, _ := strings.Cut(strings.TrimSuffix(who, ">"), " <")
		if got := len(reference(name, email, "", "", "x")) > 0; got != want {
			t.Errorf("%s: %v", who, got)
		}
	}
}

// Known values of the Wilson interval.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		n, all int
		want   Share
	}{{0, 0, Share{}}, {8, 10, Share{80, 49.02, 94.33}}, {10, 10, Share{100, 72.25, 100}}, {0, 10, Share{0, 0, 27.75}}, {950, 1000, Share{95, 93.47, 96.19}}} {
		if got := wilson(c.n, c.all); got != c.want {
			t.Errorf("%d of %d: %v, want %v", c.n, c.all, got, c.want)
		}
	}
}

// A commit where the two differ has to be judged, and counts as judged.
func TestJudgements(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme+shop", "repo")
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	git("init", "-q")
	commit := func(message string) string {
		git("commit", "-q", "--allow-empty", "-m", message)
		return git("rev-parse", "HEAD")
	}
	commit("Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>")
	prose := commit("Fix\n\nMostly written by Claude.")
	person := commit("Fix\n\nCo-authored-by: Devin Jones <d@example.com>")

	program := filepath.Join(t.TempDir(), "custody")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "custody/cmd/custody")
	build.Env = append(build.Environ(), "CGO_ENABLED=0") // as make builds it, so that little is left to compile
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "judged.csv")
	var out bytes.Buffer
	if err := run([]string{"-custody", program, "-judged", file, dir}, &out); err == nil || !strings.Contains(out.String(), "acme+shop,"+prose+",reference,") {
		t.Errorf("%v\n%s", err, &out)
	}
	text := "repository,sha,side,what,judgement,why\nacme+shop," + prose + ",reference,x,attribution,prose\nacme+shop," + person + ",reference,x,none,a person\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := run([]string{"-custody", program, "-judged", file, dir}, &out); err != nil || !strings.Contains(out.String(), "recall 50.00 %") || !strings.Contains(out.String(), "precision 100.00 %") {
		t.Errorf("%v\n%s", err, &out)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(text, "a person", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-custody", program, "-judged", file, dir}, &out); err == nil {
		t.Error("a judgement without a why was taken")
	}
}
