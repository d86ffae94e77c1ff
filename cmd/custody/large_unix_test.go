//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git/gittest"
)

// A file of 2 GB and 100,000 files in one commit are read within bounds, what was not
// read is said, and nothing passes because of it. Without CUSTODY_SLOW=1 the file is
// just over the limits, and the files are fewer.
func TestLarge(t *testing.T) {
	size, files, most := int64(9<<20), 3000, int64(250<<20)
	if os.Getenv("CUSTODY_SLOW") != "" {
		size, files, most = 2<<30, 100_000, 1000<<20
	}
	r := gittest.New(t)
	base := r.Commit("main", "base", gittest.Write(".custody.yaml", `version: 1
authorship: {unknown: human}
rules:
  - {id: few-agents, kind: authorship-limit, classes: [ai-declared], max_permille: 500}
  - {id: security, kind: requirements}
  - {id: reach, kind: impact}
`), gittest.Write("security_requirements.yaml", `version: "2.0"
controls:
  - {id: NO-EVAL, name: n, requirement: r, verification: "! grep -r 'eval(' --include='*.py' --include='*.bin'"}
`), gittest.Write("a.py", "import b\n"), gittest.Write("b.py", "import os\n"))
	zeros := blob(t, r, fmt.Sprintf("head -c %d /dev/zero", size))
	text := blob(t, r, fmt.Sprintf("yes 'x = 1' | head -c %d", size))
	small := r.Object("blob", []byte("import b\n"))
	tip := func(name string, lines *bytes.Buffer) {
		r.Git("read-tree", "main")
		r.Pipe(lines.Bytes(), "update-index", "--add", "--index-info")
		r.Git("update-ref", "refs/heads/"+name, r.Git("commit-tree", "-p", base, "-m", name, r.Git("write-tree")))
	}
	tip("binary", bytes.NewBufferString("100644 "+zeros+"\tbig.bin\n"))
	tip("source", bytes.NewBufferString("100644 "+text+"\tbig.py\n"))
	var many bytes.Buffer
	for i := range files {
		fmt.Fprintf(&many, "100644 %s\td%d/f%d.py\n", small, i%331, i)
	}
	tip("many", &many)

	type verdict struct {
		Decision string `json:"decision"`
		Change   struct {
			Files []struct {
				Path   string        `json:"path"`
				Unread change.Unread `json:"unread"`
			} `json:"files"`
			MoreFiles int `json:"more_files"` // counted, and not listed
		} `json:"change"`
		Checks []struct {
			ID      string          `json:"id"`
			Outcome finding.Outcome `json:"outcome"`
		} `json:"checks"`
	}
	for _, c := range []struct {
		head   string
		checks map[string]finding.Outcome
		unread change.Unread
		files  int
	}{
		// A picture has no lines and reaches nothing; a requirement's search has to leave it out.
		{"binary", map[string]finding.Outcome{"few-agents": finding.Satisfied, "security": finding.NotAssessed, "reach": finding.NotApplicable}, change.Opaque, 1},
		{"source", map[string]finding.Outcome{"few-agents": finding.NotAssessed, "security": finding.NotAssessed, "reach": finding.NotAssessed}, change.TooLarge, 1},
		{"many", map[string]finding.Outcome{"few-agents": finding.Satisfied, "security": finding.Satisfied, "reach": finding.Satisfied}, "", files},
	} {
		for _, cache := range []string{"cold", "warm"} {
			cmd := exec.Command("custody", "-C", r.Dir, "audit", "--base", base, "--head", c.head, "--on", "2026-11-23")
			cmd.Env = append(gittest.Env(), noWait, "CUSTODY_CACHE_DIR="+filepath.Join(t.TempDir(), c.head))
			start := time.Now()
			var said bytes.Buffer
			cmd.Stderr = &said
			out, err := cmd.Output()
			took := time.Since(start)
			code := 0
			if err != nil {
				code = cmd.ProcessState.ExitCode()
			}
			var v verdict
			if err := json.Unmarshal(out, &v); err != nil {
				t.Fatalf("%s: exit code %d, %v\n%s", c.head, code, err, said.String())
			}
			want := exitPass
			for _, check := range v.Checks {
				if o, ok := c.checks[check.ID]; ok && o != check.Outcome {
					t.Errorf("%s: %s is %s, want %s", c.head, check.ID, check.Outcome, o)
				}
			}
			for _, o := range c.checks {
				if o == finding.NotAssessed {
					want = exitIncomplete
				}
			}
			if code != want || len(v.Change.Files)+v.Change.MoreFiles != c.files || v.Change.Files[0].Unread != c.unread {
				t.Errorf("%s: exit code %d, want %d; %d files, the first one %+v", c.head, code, want, len(v.Change.Files)+v.Change.MoreFiles, v.Change.Files[0])
			}
			memory := peak(cmd)
			t.Logf("%s, %s cache: %v, at most %d MB in one process, git's among them", c.head, cache, took.Round(time.Millisecond), memory>>20)
			// On Linux a child's figure begins with what this process had when it started it.
			if most := max(most, ownPeak(t)); memory > most {
				t.Errorf("%s: %d MB, at most %d MB", c.head, memory>>20, most>>20)
			}
		}
	}
}

// peak is the largest memory that one process of the command had, in bytes.
func peak(cmd *exec.Cmd) int64 {
	return inBytes(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
}

// ownPeak is the largest memory that this process had, in bytes.
func ownPeak(t *testing.T) int64 {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		t.Fatal(err)
	}
	return inBytes(own.Maxrss)
}

func inBytes(maxrss int64) int64 {
	if runtime.GOOS == "darwin" {
		return maxrss
	}
	return maxrss << 10
}

// blob writes what a command prints as an object, without holding it.
func blob(t *testing.T, r *gittest.Repo, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command+" | git -c core.compression=1 hash-object -w --stdin")
	cmd.Dir, cmd.Env = r.Dir, gittest.Env()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(out))
}
