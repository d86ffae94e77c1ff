//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The test binary stands in for custody when it is called as custody is: what is
// tested here is the measuring, and that it notices a program that did not do its work.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "-timed" {
		syscall.Exit(runTimed(os.Args[2], os.Args[3:]))
	}
	if len(os.Args) > 2 && os.Args[1] == "hook" {
		syscall.Exit(hook(os.Args[2]))
	}
	if len(os.Args) > 3 && os.Args[1] == "-C" {
		// Not os.Exit: with -race it waits a second for reports.
		syscall.Exit(custody(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

func custody(repo string, args []string) int {
	if os.Getenv("CUSTODY_CACHE_DIR") == "" || os.Getenv("HOME") == "" {
		fmt.Fprintln(os.Stderr, "no folders of its own")
		return 2
	}
	broken, _ := os.ReadFile(filepath.Join(repo, "broken"))
	if string(broken) == args[0] {
		fmt.Fprintln(os.Stderr, "did nothing")
		return 2
	}
	switch args[0] {
	case "version", "verify":
	case "impact":
		if string(broken) == "answer" {
			fmt.Println(`{"schema":"custody/graph/v1"}`)
			return 0
		}
		fmt.Println(`{"schema":"custody/impact/v1","reached":[{"node":"file:a"},{"node":"file:b"}]}`)
	case "attest":
		if slices.Contains(args, "csv") {
			fmt.Println("sha,month,merge,class\n" + strings.Repeat("0", 40) + ",2026-11,false,unknown")
		}
	case "scan":
		if string(broken) == "graph" {
			fmt.Println(`{"schema":"custody/graph/v1","nodes":[]}`)
			return 0
		}
		fmt.Println(`{"schema":"custody/graph/v1","nodes":[
			{"kind":"package","path":"."},{"kind":"file","path":"a%25.go","language":"go"},{"kind":"file","path":"README"}]}`)
	case "audit":
		i := slices.Index(args, "-o")
		if _, err := os.Stat(args[i+1]); err == nil {
			fmt.Fprintln(os.Stderr, "there is a pack already")
			return 2
		}
		if err := os.WriteFile(args[i+1], packOf(repo, string(broken), args), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		return 3 // incomplete is an answer
	default:
		return 2
	}
	return 0
}

// repository has three commits: two files, one more, and a change of two and a
// deletion.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	for i, files := range []map[string]string{
		{"a%.go": "package a\n", "README": "one\n"},
		{"b.go": "package a\n\nvar B = 1\n"},
		{"a%.go": "package a\n\nvar A = 1\n", "README": "two\n"},
	} {
		for name, text := range files {
			write(name, text)
		}
		if i == 2 {
			git("rm", "-q", "b.go")
		}
		git("add", "-A")
		git("commit", "-q", "-m", fmt.Sprint("commit ", i))
	}
	return dir
}

func bench(t *testing.T, repo string, more ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	args := append([]string{"-custody", self, "-C", repo, "-rounds", "3", "-files", "3"}, more...)
	err = run(t.Context(), args, &out)
	return out.String(), err
}

func TestMeasure(t *testing.T) {
	repo, results := repository(t), t.TempDir()
	out, err := bench(t, repo, "-out", results, "-name", "small")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(results, "small.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), repo) || strings.Contains(string(text), os.TempDir()) {
		t.Errorf("a folder of this machine is in the result:\n%s", text)
	}
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Files != 3 || r.Blobs != 1 || len(r.Head) != 40 || !strings.HasPrefix(r.Git, "git version ") || r.Custody.Go == "" || r.Machine.Cores < 1 {
		t.Errorf("got %+v", r)
	}
	var names []string
	for _, c := range r.Comparisons {
		names = append(names, c.Name)
		if !strings.Contains(out, c.Name) {
			t.Errorf("%s is not on screen", c.Name)
		}
		for _, s := range []Sample{c.Custody, c.Git} {
			if s.Min <= 0 || s.Median < s.Min || s.CPU <= 0 || s.Peak < 100 || len(s.Commands) == 0 {
				t.Errorf("%s: %+v", c.Name, s)
			}
		}
		if is := strings.HasPrefix(c.Name, "warm impact"); is != (c.Change != nil) || is && (c.Change.Files != 3 || c.Change.Reached != 2 || c.Change.Head != r.Head || len(c.Change.Base) != 40) {
			t.Errorf("%s: %+v", c.Name, c.Change)
		}
		if c.Rounds != 3 || c.Ratio != ratio(c.Custody.Median, c.Git.Median) {
			t.Errorf("%s: %+v", c.Name, c)
		}
	}
	if want := []string{"start", "cold graph", "warm impact", "warm impact, widest", "audit", "history", "history files"}; !slices.Equal(names, want) {
		t.Errorf("compared %q, want %q", names, want)
	}
}

// TestNoTimeOfNothing: a command that fails, or a graph without files, is no result.
func TestNoTimeOfNothing(t *testing.T) {
	for _, broken := range []string{"version", "scan", "impact", "answer", "audit", "attest", "graph"} {
		t.Run(broken, func(t *testing.T) {
			repo, results := repository(t), t.TempDir()
			if err := os.WriteFile(filepath.Join(repo, "broken"), []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := bench(t, repo, "-out", results); err == nil {
				t.Error("measured all the same")
			} else {
				t.Log(err)
			}
			if left, _ := os.ReadDir(results); len(left) > 0 {
				t.Errorf("wrote %s", left[0].Name())
			}
		})
	}
	if _, err := bench(t, repository(t), "-only", "history graph"); err == nil {
		t.Error("a comparison that there is not was measured")
	}
	if _, err := bench(t, repository(t), "-files", "4"); err == nil {
		t.Error("no change has four files, yet one was measured")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []int64
		want   int64
	}{{[]int64{5}, 5}, {[]int64{9, 1, 5}, 5}, {[]int64{4, 1, 2, 100}, 3}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %d, want %d", c.values, got, c.want)
		}
	}
}

func TestMedianAndWidest(t *testing.T) {
	var all []Comparison
	for i, r := range []float64{9, 2, 4, 7, 3} {
		all = append(all, Comparison{Name: "n", Ratio: r, Change: &Change{Head: fmt.Sprint(i), Reached: []int{10, 30, 20, 25, 5}[i]}})
	}
	got := medianAndWidest(all)
	if len(got) != 2 || got[0].Name != "n" || got[0].Change.Head != "2" || !slices.Equal(got[0].Change.Ratios, []float64{2, 3, 4, 7, 9}) {
		t.Errorf("the median is %+v of %+v", got[0].Change, got)
	}
	if got[1].Name != "n, widest" || got[1].Change.Head != "1" || got[1].Change.Ratios != nil {
		t.Errorf("the widest is %+v of %+v", got[1].Change, got)
	}
}

func TestBlobsOf(t *testing.T) {
	raw := ":100644 000000 aa11 0000 D\x00gone\nname\x00" +
		":000000 100644 0000 bb22 A\x00:odd\x00" +
		":160000 160000 cc33 dd44 M\x00submodule\x00" +
		":100644 120000 aa11 ee55 T\x00link\x00"
	ids, files := blobsOf(raw)
	if want := []string{"aa11", "bb22", "ee55"}; files != 4 || !slices.Equal(ids, want) {
		t.Errorf("got %q of %d files, want %q of 4", ids, files, want)
	}
}
