package grep

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// gnuGrep runs the real thing: an argument vector, never a shell, an empty environment
// (which is the C locale), a folder of its own.
func gnuGrep(t *testing.T, dir string, args ...string) (out string, code int) {
	t.Helper()
	path, err := exec.LookPath("grep")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = dir, []string{}
	b, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return string(b), code
}

// TestAgainstGNU compares which lines match, over generated patterns and texts.
// CUSTODY_SLOW=1 makes it 20,000 pairs.
func TestAgainstGNU(t *testing.T) {
	pairs := 1000
	if os.Getenv("CUSTODY_SLOW") != "" {
		pairs = 20_000
	}
	if v, _, _ := strings.Cut(version(t), "\n"); !strings.Contains(v, "GNU grep") {
		t.Fatalf("not GNU grep: %s", v)
	}
	dir := t.TempDir()
	g := generator{rand.New(rand.NewPCG(7, 11))}
	refused, tried, matched, binary := 0, 0, 0, 0
	for tried < pairs {
		flags, pattern := g.flags(), ""
		pattern = g.pattern(strings.Contains(flags, "E"), strings.Contains(flags, "F"))
		c, err := Parse("grep " + flags + " -e " + quote(pattern) + " file")
		if err != nil {
			refused++
			continue
		}
		tried++
		text := g.text()
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, code := gnuGrep(t, dir, flags, "-n", "-e", pattern, "file")
		if code > 1 {
			t.Fatalf("grep %s -e %q: accepted here, refused by grep (exit %d)", flags, pattern, code)
		}
		got := c.Find([]byte(text), 1<<20)
		if strings.Contains(text, "\x00") {
			binary++
			if (len(got) > 0) != (code == 0) {
				t.Errorf("grep %s -e %q on binary %q: found %v, grep exits with %d", flags, pattern, text, got, code)
			}
			continue
		}
		var want []int
		for line := range strings.Lines(out) {
			n, _, _ := strings.Cut(line, ":")
			i, err := strconv.Atoi(n)
			if err != nil {
				t.Fatalf("grep %s -n -e %q printed %q", flags, pattern, line)
			}
			want = append(want, i)
		}
		var numbers []int
		for _, l := range got {
			numbers = append(numbers, l.Number)
		}
		if !slices.Equal(numbers, want) {
			t.Errorf("grep %s -e %q on %q:\n lines %v, grep says %v (as %s)", flags, pattern, text, numbers, want, c.matcher.re)
		}
		if len(want) > 0 {
			matched++
		}
	}
	t.Logf("%d pairs, %d with a match, %d binary; %d generated patterns refused", tried, matched, binary, refused)
	if matched < tried/5 {
		t.Errorf("only %d of %d pairs match: the comparison is too easy", matched, tried)
	}
}

func version(t *testing.T) string {
	out, _ := gnuGrep(t, t.TempDir(), "--version")
	return out
}

// quote writes a word for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) flags() string {
	f := "-" + g.pick("G", "E", "E", "G", "F")
	if g.IntN(4) == 0 {
		f += "i"
	}
	switch g.IntN(6) {
	case 0:
		f += "w"
	case 1:
		f += "x"
	}
	return f
}

// pattern is made of what people write and of what they get wrong.
func (g generator) pattern(extended, fixed bool) string {
	var b strings.Builder
	n := 1 + g.IntN(1+g.IntN(5))
	for range n {
		if fixed {
			b.WriteString(g.pick("a", "b", "ab", "B", "_", "1", " ", ".", "*", "-", "\\", "\n", "é", "[", "foo"))
			continue
		}
		b.WriteString(g.pick("a", "b", "c", "ab", "A", "foo", "_", "1", "-", " ", ".", "é",
			"[ab]", "[^a]", "[a-c]", "[]a]", "[^]a]", "[a-]", "[[:alpha:]]", "[[:digit:]_]", "[^[:space:]]", "[.*]", `[\w]`, "[[.a.]]", "[[=b=]]",
			`\w`, `\W`, `\s`, `\S`, `\b`, `\B`, `\<`, `\>`, "^", "$", `\.`, `\*`, `\[`, `\$`, `\^`, `\\`, `\/`, `\-`,
			"(", ")", "|", "{", "}", "+", "?", `\(`, `\)`, `\|`, `\{`, `\}`, `\+`, `\?`, "]", "\n"))
		if g.IntN(3) == 0 {
			if extended {
				b.WriteString(g.pick("*", "+", "?", "{2}", "{1,2}", "{,2}", "{0,1}", "{2,}", "{1", "{x", "{}", "**", "+?", "{0}"))
			} else {
				b.WriteString(g.pick("*", `\+`, `\?`, `\{2\}`, `\{1,2\}`, `\{,2\}`, `\{2,\}`, "{2}", "**", `\{0\}`, "+"))
			}
		}
	}
	s := b.String()
	if g.IntN(3) == 0 {
		open, alt, end := `\(`, `\|`, `\)`
		if extended {
			open, alt, end = "(", "|", ")"
		}
		s = g.pick("", "a", "^", `\<`) + open + s + alt + g.pick("b", "^a", "a$", "foo", "*", "") + end + g.pick("", "*", "c", "$", `\>`)
	}
	return s
}

func (g generator) text() string {
	var b strings.Builder
	for range g.IntN(40) {
		for range g.IntN(1 + g.IntN(10)) {
			b.WriteString(g.pick("a", "b", "c", "A", "B", "ab", "foo", "_", "1", " ", "-", ".", "*", "[", "]", "é", "\xff", "\t", "(", ")", "|", "{", "}", "+", "?", "^", "$", `\`, "/", "\r", "{2}", "{x"))
		}
		b.WriteByte('\n')
	}
	if g.IntN(3) == 0 {
		b.WriteString(g.pick("a", "foo", "\x00", "b\x00a", "\x00\x00"))
	}
	return b.String()
}

// TestSelectionAgainstGNU compares which files are read, over generated trees and
// command lines.
func TestSelectionAgainstGNU(t *testing.T) {
	rounds := 150
	if os.Getenv("CUSTODY_SLOW") != "" {
		rounds = 3000
	}
	g := generator{rand.New(rand.NewPCG(3, 5))}
	names := []string{"a.py", "b.py", ".h.py", "a.go", "a.py.txt", "Makefile", ".py", "x[1].py", "*.py"}
	folders := []string{"", "src/", "src/lib/", "vendor/", ".git2/", "src/vendor/", "a.py.d/"}
	dir := t.TempDir()
	var paths []string
	for _, f := range folders {
		for _, n := range names {
			p := f + n
			if err := os.MkdirAll(filepath.Join(dir, f), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, p), []byte("x\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, p)
		}
	}
	if err := os.Symlink("src", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	compared, some := 0, 0
	for range rounds {
		args := []string{"-l", "-s"}
		if g.IntN(5) > 0 {
			args = append(args, "-r")
		}
		for range g.IntN(3) {
			args = append(args, g.pick("--include=", "--exclude=")+g.pick("*.py", "*.go", ".py", "*", "?.py", "[ab].py", `\*.py`, "x[[]1].py", "[!a].*", "src", "vendor"))
		}
		for range g.IntN(2) {
			args = append(args, "--exclude-dir="+g.pick("vendor", "src", ".*", "*", "lib", "vendor/", "."))
		}
		args = append(args, "-e", "x")
		for range g.IntN(3) {
			args = append(args, g.pick("src", ".", "./src/", "a.py", "src/a.py", "vendor", "src/lib", "missing", "src//lib", "link"))
		}
		quoted := make([]string, len(args))
		for i, a := range args {
			quoted[i] = quote(a)
		}
		c, err := Parse("grep " + strings.Join(quoted, " "))
		if err != nil {
			continue
		}
		out, _ := gnuGrep(t, dir, args...)
		var want, got []string
		for line := range strings.Lines(out) {
			p := filepath.Clean(strings.TrimSuffix(line, "\n"))
			if p = strings.TrimPrefix(p, "./"); !strings.HasPrefix(p, "link/") {
				want = append(want, p)
			}
		}
		for _, p := range paths {
			if c.Selects(p) {
				got = append(got, p)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		slices.Sort(got)
		if compared++; len(want) > 0 {
			some++
		}
		if !slices.Equal(got, want) {
			t.Errorf("grep %s:\n selects %q\n grep  %q", strings.Join(args, " "), got, want)
		}
	}
	t.Logf("%d command lines, %d of them select something", compared, some)
	if some < compared/4 {
		t.Errorf("only %d of %d command lines select anything", some, compared)
	}
}

func TestFindCountsLines(t *testing.T) {
	c, err := Parse("grep -r x")
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("..\nx\n"), 1000)
	got := fmt.Sprint(c.Find(text, 3))
	if want := fmt.Sprint([]Line{{Number: 2}, {Number: 4}, {Number: 6}}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
