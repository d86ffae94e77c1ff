package main

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// Trees that no git would write, but that a push can bring where fsck is off: two files
// of one name, names that lead out of the tree, entries that are not what they say.
// None is ever taken for a change that is fine.
func TestMalformedTrees(t *testing.T) {
	r := gittest.New(t)
	base := r.Commit("main", "base", gittest.Write(".custody.yaml", "version: 1\nrules:\n  - {id: reach, kind: impact}\n"),
		gittest.Write("a.py", "import b\n"), gittest.Write("b.py", "import os\n"))
	policy, file, folder := r.ID("main:.custody.yaml"), r.Object("blob", []byte("import b\n")), r.ID("main^{tree}")
	entry := func(mode, name, id string) string {
		raw, err := hex.DecodeString(id)
		if err != nil {
			t.Fatal(err)
		}
		return mode + " " + name + "\x00" + string(raw)
	}
	judge := entry("100644", ".custody.yaml", policy)
	for name, tree := range map[string]string{
		"a name with a slash":      judge + entry("100644", "x/b.py", file),
		"the folder above":         entry("40000", "..", folder) + judge,
		"the folder itself":        entry("40000", ".", folder) + judge,
		"a git directory":          judge + entry("40000", ".git", folder),
		"one file twice":           judge + entry("100644", "x.py", file) + entry("100644", "x.py", file),
		"the policy twice":         judge + judge,
		"a file and a folder":      judge + entry("100644", "x", file) + entry("40000", "x", folder),
		"out of order":             judge + entry("100644", "z.py", file) + entry("100644", "x.py", file),
		"no mode":                  judge + entry("0", "x.py", file),
		"a mode out of range":      judge + entry("777777777", "x.py", file),
		"an empty name":            entry("100644", "", file) + judge,
		"nobody's id":              judge + entry("100644", "x.py", strings.Repeat("0", 40)),
		"an id that is not there":  judge + entry("40000", "x", strings.Repeat("1", 40)),
		"a folder that is a file":  judge + entry("40000", "x", file),
		"a file that is a folder":  judge + entry("100644", "x.py", folder),
		"cut short":                judge + "100644 x.py\x00abc",
		"a path of five kilobytes": judge + entry("100644", strings.Repeat("x", 5000)+".py", file),
	} {
		id := r.Object("tree", []byte(tree))
		head := r.Git("commit-tree", "-p", base, "-m", name, id)
		for _, args := range [][]string{
			{"audit", "--base", base, "--head", head, "--on", "2026-11-23"}, {"impact", "--base", base, "--head", head},
			{"attest", "--base", base, "--head", head}, {"scan", head},
		} {
			var out, errs bytes.Buffer
			cmd := exec.Command("custody", append([]string{"-C", r.Dir}, args...)...)
			cmd.Env, cmd.Stdout, cmd.Stderr = append(gittest.Env(), noWait), &out, &errs
			err := cmd.Run()
			code := cmd.ProcessState.ExitCode()
			switch {
			case strings.Contains(errs.String(), "goroutine "):
				t.Errorf("%s: custody %s: %s", name, args[0], errs.String())
			case args[0] == "audit" && code != exitUsage && code != exitIncomplete, code != exitUsage && code != exitIncomplete && code != 0:
				t.Errorf("%s: custody %s: %v\n%s%s", name, args[0], err, out.String(), errs.String())
			case code == exitUsage && (out.Len() > 0 || errs.Len() == 0):
				t.Errorf("%s: custody %s: exit code %d, %d bytes of output, %s", name, args[0], code, out.Len(), errs.String())
			}
		}
		// As the base it judges nothing either, unless it can be read.
		next := r.Git("commit-tree", "-p", head, "-m", "next", r.ID("main^{tree}"))
		cmd := exec.Command("custody", "-C", r.Dir, "audit", "--base", head, "--head", next, "--on", "2026-11-23")
		cmd.Env = append(gittest.Env(), noWait)
		if out, err := cmd.Output(); err == nil {
			t.Errorf("%s: as base: pass\n%s", name, out)
		}
	}
}
