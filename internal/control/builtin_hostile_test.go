package control_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/control/checks/checkstest"
	"custody/internal/finding"
)

// wide is UTF-16 with a byte order mark, little end first.
func wide(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

// TestChecksHostile gives the checks what hostile and careless people push. None
// panics, each ends, what was too much to read is not assessed, and nobody is told the
// bytes.
func TestChecksHostile(t *testing.T) {
	const canary = "x7Yz0Kq2LmN4oPr6StUvW8aB1cD3eF5gH9iJ"
	line := "\tif err := s.writeKey(ctx, request.Key, token); err != nil { return \"" + canary + "\" }\n"
	names := []string{"src/a.go", ".github/workflows/ci.yml", "migrations/001.sql", "CLAUDE.md", ".mcp.json", ".codex/config.toml", "prompts/a.jsonl", "run.sh", "Dockerfile", "package.json", "go.mod", "a_test.go"}
	lines, keys, open, files := 2_000, 100, 2_000, 1 // with the race detector each byte takes ten times as long
	if os.Getenv("CUSTODY_SLOW") != "" {
		lines, keys, open, files = 200_000, 10_000, 20_000, 4
	}
	texts := map[string]string{
		"many lines":     strings.Repeat(line[:19], lines),
		"one long line":  strings.Repeat("key=token:"+canary+" ", keys),
		"over the limit": strings.Repeat(line, 60_000),
		"NULs":           strings.Repeat("\x00key\x00\n", 1000),
		"UTF-16":         wide("token = '" + canary + "'\r\n"),
		"half of UTF-16": wide("token = 1")[:5],
		"not UTF-8":      strings.Repeat("\xff\xfe\xc3\x28 key=\"\xe2\x80\"\n", 1000),
		"open brackets":  strings.Repeat("[{(\"a\":", open),
		"open quotes":    strings.Repeat("'\"`$(", open),
		"a bomb":         "a: &a [x,x]\n" + strings.Repeat("b: &b [*a,*a,*a]\n", 1000),
		"empty":          "",
		"one newline":    "\n",
		"CRs":            strings.Repeat("a\rb\r\n", 1000),
	}
	builtin := control.Builtin()
	if os.Getenv("CUSTODY_SLOW") == "" { // those that look at every added line; all take minutes
		maps.DeleteFunc(builtin, func(id string, _ checks.Check) bool {
			return !slices.Contains([]string{"secrets", "hidden-unicode", "personal-data", "agent-instructions"}, id)
		})
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		t.Run(name, func(t *testing.T) {
			head := map[string]string{}
			for i, path := range names {
				if len(texts[name]) > 30_000 && i >= files {
					continue
				}
				head[path] = texts[name]
			}
			in := checkstest.Input(t, map[string]string{"README": "a\n"}, head)
			in = (*in).With(checks.NewCache(in.Limits))
			for _, id := range slices.Sorted(maps.Keys(builtin)) {
				out := checkstest.Answer(t, id, builtin[id], in)
				shown := checkstest.Show(out)
				if strings.Contains(shown, canary) || strings.ContainsRune(shown, 0) {
					t.Errorf("%s repeats what it found: %.300s", id, shown)
				}
				if n := len(out.Found()); n > in.Limits.Findings+1 {
					t.Errorf("%s lists %d findings", id, n)
				}
				if name == "over the limit" && slices.Contains([]string{"secrets", "hidden-unicode"}, id) && out.Outcome() != finding.NotAssessed {
					t.Errorf("%s: %s", id, shown)
				}
			}
		})
	}
}

// Whatever is taken from what a check is given, it never becomes satisfied or not its
// business.
func TestChecksNeedWhatTheyLookAt(t *testing.T) {
	head := map[string]string{"src/a.go": "package a\n", "CLAUDE.md": "Be kind.\n", ".github/workflows/ci.yml": "on: push\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n", "run.sh": "make\n", "migrations/1.sql": "CREATE TABLE a (b int);\n"}
	for id, check := range control.Builtin() {
		in := checkstest.Input(t, map[string]string{"README": "a\n"}, head)
		before := checkstest.Answer(t, id, check, in).Outcome()
		for what, less := range map[string]func(*checks.Input){
			"head":       func(in *checks.Input) { in.Head = nil },
			"whole list": func(in *checks.Input) { in.Incomplete = "the change has more files than are read" },
			"bytes":      func(in *checks.Input) { in.Limits.FileBytes = 1 },
			"all bytes":  func(in *checks.Input) { in.Limits.TotalBytes = 1 },
		} {
			in := checkstest.Input(t, map[string]string{"README": "a\n"}, head)
			less(in)
			after := checkstest.Answer(t, id, check, in).Outcome()
			if before == finding.Satisfied && after != finding.NotAssessed {
				t.Errorf("%s without %s: %s", id, what, after)
			}
			if what == "whole list" && after != finding.NotAssessed && after != finding.NotSatisfied {
				t.Errorf("%s without %s: %s", id, what, after)
			}
		}
	}
}
