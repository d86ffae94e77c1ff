//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
)

// packOf is the pack that the stand-in writes: what git says changed, all of it assessed
// but what broken says.
func packOf(repo, broken string, args []string) []byte {
	after := func(flag string) string { return args[slices.Index(args, flag)+1] }
	git := func(args ...string) []string {
		out, err := exec.Command("git", append([]string{"-C", repo}, args...)...).Output()
		if err != nil {
			panic(err)
		}
		return strings.Split(strings.TrimRight(string(out), "\x00\n"), "\x00")
	}
	type file struct {
		Path     string `json:"path"`
		Language string `json:"language,omitempty"`
		Skipped  string `json:"skipped,omitempty"`
	}
	var files []file
	base := git("merge-base", after("--base"), after("--head"))[0]
	for _, name := range git("diff-tree", "-r", "-z", "--name-only", base, after("--head")) {
		f := file{Path: change.Path(name).Escaped(), Skipped: "opaque"}
		if strings.HasSuffix(name, ".go") {
			f.Language, f.Skipped = "go", ""
		}
		switch {
		case broken == "skipped":
			f.Skipped = "unreadable"
		case broken == "silent":
			f.Language, f.Skipped = "", ""
		case broken == "lost" && f.Language != "":
			continue
		}
		files = append(files, f)
	}
	nodes := 3
	if broken == "empty" {
		nodes = 0
	}
	text, err := json.Marshal(map[string]any{
		"schema":      "custody/pack/v1",
		"decision":    "incomplete",
		"inputs":      map[string]any{"merge_bases": []string{base}},
		"change":      map[string]any{"commits": make([]struct{}, 2)},
		"attestation": map[string]any{"outcome": "satisfied"},
		"impact": map[string]any{
			"changed": files, "reached": []any{}, "outcome": "not-assessed", "graph": map[string]int{"nodes": nodes, "edges": nodes},
			"reasons": []any{map[string]string{"code": "unsupported", "detail": "shell"}, map[string]string{"code": "unsupported", "detail": "and 12 more"}},
		},
	})
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	names := []string{"pack.json", "index.html"}
	if broken == "warm" && strings.Contains(after("-o"), "warm") {
		names = append(names, "more")
	}
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := w.Write(text); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// tagged is the repository of the tests with two releases.
func tagged(t *testing.T) string {
	t.Helper()
	repo := repository(t)
	for name, commit := range map[string]string{"v1.0.0": "HEAD~2", "v1.1.0": "HEAD", "v1.1.1": "HEAD", "2.0-rc1": "HEAD"} {
		if out, err := exec.Command("git", "-C", repo, "tag", name, commit).CombinedOutput(); err != nil {
			t.Fatalf("git tag: %v\n%s", err, out)
		}
	}
	return repo
}

func TestRanges(t *testing.T) {
	repo, results := tagged(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(repo, "floor.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := bench(t, repo, "-out", results, "-name", "small", "-ranges", "3", "-floor", filepath.Join(repo, "floor.yaml"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(results, "ranges-small.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), repo) || strings.Contains(string(text), os.TempDir()) {
		t.Errorf("a folder of this machine is in the result:\n%s", text)
	}
	var r Ranges
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	// Newest first: a%.go changed and b.go deleted, then b.go added; and the release of both.
	if len(r.Ranges) != 3 || r.Code != 4 || r.Assessed != 4 || r.Permille != 1000 || r.Reasons["unsupported"] != 3 || !r.Floor {
		t.Fatalf("got %+v", r)
	}
	for i, files := range []int{3, 1, 2} {
		x := r.Ranges[i]
		if x.Kind != []string{"1 commit", "1 commit", "release"}[i] || x.Files != files || x.Commits != 2 || x.Exit != 3 || x.Decision != "incomplete" || x.Nodes != 3 || x.Pack == 0 || x.Page == 0 {
			t.Errorf("range %d: %+v", i, x)
		}
		if len(x.Reasons) != 1 || x.Reasons[0] != (Reason{"unsupported", 13}) {
			t.Errorf("reasons %v, want unsupported 13 times: one and twelve more", x.Reasons)
		}
		for _, a := range []Audit{x.Cold, x.Warm} {
			if a.Wall <= 0 || a.CPU <= 0 || a.Peak < 100 || x.Numstat <= 0 {
				t.Errorf("range %d was not measured: %+v", i, x)
			}
		}
		if !strings.Contains(out, x.Base[:9]) || !strings.Contains(out, x.Head[:9]) {
			t.Errorf("the table does not name %s and %s:\n%s", x.Base, x.Head, out)
		}
	}
}

// TestPick: ranges of each kind, the same ones each time.
func TestPick(t *testing.T) {
	w := &workplace{options: options{repo: tagged(t), head: "HEAD"}, temp: t.TempDir()}
	releases, err := w.pickReleases(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(releases) != 1 || releases[0].name != "v1.0.0..v1.1.0" || len(releases[0].base) != 40 || len(releases[0].head) != 40 {
		t.Errorf("releases %+v, want the one pair of first releases that are final", releases)
	}
	if some, err := pickSteps([]string{releases[0].head, releases[0].base}, 1, 4, w.changesCode(t.Context())); err != nil || len(some) != 1 {
		t.Errorf("picked %d ranges of a line of two commits, error %v", len(some), err)
	}
}

// TestFaults: what must not be is said, and makes the command fail, result or not.
func TestFaults(t *testing.T) {
	for broken, want := range map[string]string{
		"audit":   "exit 2: did nothing",
		"verify":  "custody verify exits with 2",
		"empty":   "the graph is empty",
		"skipped": "fewer than 95 %",
		"silent":  "is neither assessed nor listed",
		"lost":    "is in git's list of changed files, not in the pack's",
		"warm":    "the pack differs when the cache is warm",
	} {
		t.Run(broken, func(t *testing.T) {
			repo, results := tagged(t), t.TempDir()
			if err := os.WriteFile(filepath.Join(repo, "broken"), []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := bench(t, repo, "-out", results, "-ranges", "2")
			if err == nil || !strings.Contains(out, want) {
				t.Errorf("error %v, want a fault %q in\n%s", err, want, out)
			}
			if left, _ := os.ReadDir(results); len(left) != 1 {
				t.Error("the faults are in no result")
			}
		})
	}
	if _, err := bench(t, repository(t), "-ranges", "9"); err == nil || !strings.Contains(fmt.Sprint(err), "fewer -ranges") {
		t.Errorf("nine ranges of three commits: %v", err)
	}
}
