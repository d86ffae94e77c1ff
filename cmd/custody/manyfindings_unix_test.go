//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// TestManyFindings: of 140,000 findings, a hundred thousand of one check and twenty of each
// of 2,000 requirements, and three grave ones, every output has the three, is as large as
// somebody can use, and says that there are more.
func TestManyFindings(t *testing.T) {
	const many = 100_000
	r := gittest.New(t)
	var asked strings.Builder // each of which finds as many lines as are shown of one
	asked.WriteString("version: \"2.0\"\ncontrols:\n")
	for i := range 2000 {
		fmt.Fprintf(&asked, "  - {id: R-%d, name: n, requirement: r, verification: \"! grep -n 'bad' few.txt\"}\n", i)
	}
	r.Commit("main", "base", gittest.Write(".custody.yaml", `version: 1
authorship: {unknown: human}
rules:
  - {id: characters, kind: checks, checks: [hidden-unicode], level: warning, maps: [{framework: soc2-2017, id: CC6.1}]}
  - {id: keys, kind: checks, checks: [secrets], maps: [{framework: soc2-2017, id: CC8.1}]}
  - {id: asked, kind: requirements, level: warning}
`), gittest.Write("security_requirements.yaml", asked.String()))
	var lines strings.Builder
	for i := range many {
		fmt.Fprintf(&lines, "%d \u202e\n", i)
	}
	edits := []gittest.Edit{gittest.From("main"), gittest.Write("many.txt", lines.String()), gittest.Write("few.txt", strings.Repeat("bad\n", 50))}
	for i := range 3 {
		edits = append(edits, gittest.Write(fmt.Sprintf("z%d.py", i), fmt.Sprintf("KEY = 'AKIAZ3MGN5TRQ7WLP2X%c'\n", 'A'+i)))
	}
	r.Commit("head", "many", edits...)
	home := t.TempDir()
	custody := func(out string, want string, args ...string) []byte {
		t.Helper()
		cmd := exec.Command("custody", append([]string{"-C", r.Dir}, args...)...)
		cmd.Env = append(gittest.Env(), noWait, "HOME="+home, "XDG_CONFIG_HOME="+home, "CUSTODY_CACHE_DIR="+filepath.Join(home, "cache"))
		start := time.Now()
		text, err := cmd.Output()
		if err != nil {
			if code := exitCode(err); code != want {
				t.Fatalf("%v: exit code %s, want %s\n%s", args, code, want, err.(*exec.ExitError).Stderr)
			}
		}
		if out != "" {
			if text, err = os.ReadFile(out); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%-8s %-12s %8d bytes in %v, %d MB", args[0], args[len(args)-1], len(text), time.Since(start).Round(time.Millisecond), peak(cmd)>>20)
		return text
	}
	pack := filepath.Join(home, "change.zip")
	file := custody(pack, "1", "audit", "--base", "main", "--head", "head", "--on", "2026-11-23", "-o", pack)
	outputs := map[string][]byte{"pack": file}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		m, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if outputs[f.Name], err = io.ReadAll(m); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"csv", "oscal", "json", "sarif"} {
		outputs["export "+format] = custody("", "0", "export", pack, "--format", format)
	}
	outputs["evidence"] = custody("", "0", "export", "--evidence", "--format", "json", pack)
	for _, format := range []string{"html", "csv", "xlsx"} {
		to := filepath.Join(home, "report."+format)
		outputs["report "+format] = custody(to, "0", "report", "--framework", "soc2", "--format", format, "-o", to, pack)
	}
	for name, most := range map[string]int{
		"pack": 5_000_000, "pack.json": 2_500_000, "index.html": 500_000, "summary.md": 65_535, "findings.sarif": 2_000_000,
		"export csv": 2_000_000, "export oscal": 4_500_000, "export json": 2_500_000, "export sarif": 2_000_000, "evidence": 500_000,
		"report html": 200_000, "report csv": 200_000, "report xlsx": 200_000,
	} {
		if n := len(outputs[name]); n > most || n == 0 {
			t.Errorf("%s has %d bytes, at most %d are of use", name, n, most)
		}
	}
	for _, name := range []string{"pack.json", "index.html", "summary.md", "findings.sarif", "export csv", "export oscal", "export json"} {
		for i := range 3 {
			if !bytes.Contains(outputs[name], fmt.Appendf(nil, "z%d.py", i)) {
				t.Errorf("%s does not name z%d.py, which holds a key", name, i)
			}
		}
	}
	// How many there were stands where the answer of the check does.
	for _, name := range []string{"pack.json", "export oscal"} {
		if text := strings.ReplaceAll(string(outputs[name]), ",", ""); !strings.Contains(text, "found 100000") {
			t.Errorf("%s does not say how many there were", name)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(outputs["export csv"])).ReadAll()
	if err != nil || len(rows) > 2700 || len(rows) < 1000 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	var log struct {
		Runs []struct{ Results []struct{ Level string } }
	}
	if err := json.Unmarshal(outputs["findings.sarif"], &log); err != nil || len(log.Runs[0].Results) != len(rows)-1 || log.Runs[0].Results[0].Level != "error" {
		t.Errorf("%d results, %d rows, %v", len(log.Runs[0].Results), len(rows)-1, err)
	}
}
