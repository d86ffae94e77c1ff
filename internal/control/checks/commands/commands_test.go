package commands

import (
	"fmt"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/checkstest"
	"custody/internal/finding"
)

func TestFiles(t *testing.T) { checkstest.Files(t, "commands", Check{}, "testdata/files") }

// TestRules: every pattern is a rule of the definition, and every rule has a pattern.
func TestRules(t *testing.T) {
	rules := map[string]finding.Level{}
	for _, r := range checks.Define("commands").Rules {
		rules[r.ID] = r.Level
	}
	used := map[string]bool{"fork-bomb": true}
	for _, p := range patterns() {
		used[p.id] = true
		if level, ok := rules[p.id]; !ok {
			t.Errorf("pattern %s is no rule", p.id)
		} else if p.decides() != (level == finding.Error) {
			t.Errorf("%s is of level %s, and not knowing it matters: %v", p.id, level, p.decides())
		}
	}
	for id := range rules {
		if !used[id] {
			t.Errorf("rule %s has no pattern", id)
		}
	}
}

// TestMore: whatever is added to a script, what was found stays found, and what could
// not be decided never becomes satisfied.
func TestMoreNeverRelaxes(t *testing.T) {
	severity := func(o finding.Outcome) int {
		return map[finding.Outcome]int{finding.NotApplicable: 0, finding.Satisfied: 1, finding.NotAssessed: 2, finding.NotSatisfied: 3}[o]
	}
	pieces := []string{"echo hi", "rm -rf /", `rm -rf "$1"`, `eval "$X"`, "if x", "chmod 777 x", "A=b", "cat <<EOF\nx\nEOF"}
	// A piece that is no shell makes the rest unread; then the answer is not assessed.
	for _, a := range pieces {
		for _, b := range pieces {
			one := answer(t, a+"\n")
			two := answer(t, a+"\n"+b+"\n")
			if severity(two) < severity(one) && !(two == finding.NotAssessed && one == finding.NotSatisfied && strings.Contains(b, "if x")) {
				t.Errorf("%q is %s, with %q it is %s", a, one, b, two)
			}
		}
	}
}

func answer(t *testing.T, script string) finding.Outcome {
	out := checks.NewResult(checks.Define("commands"), checks.DefaultLimits())
	p := change.Path("a.sh")
	scripts, problems, _ := scriptsOf(p, []byte(script))
	l := linesOf([]checks.Block{{Start: 1, Text: []byte(script)}})
	for _, x := range problems {
		l.problem(out, p, x)
	}
	for i := range scripts {
		l.look(out, p, &scripts[i])
	}
	return out.Outcome()
}

// TestHostile: text that is built to be expensive is refused or read, within bounds.
func TestHostile(t *testing.T) {
	for name, text := range map[string]string{
		"subshells":    strings.Repeat("(", 100_000),
		"braces":       strings.Repeat("{ ", 100_000),
		"ifs":          strings.Repeat("if ", 80_000),
		"substitution": strings.Repeat("$(", 100_000),
		"backquotes":   strings.Repeat("`", 100_000),
		"arithmetic":   "echo $((" + strings.Repeat("-", 100_000) + "1))",
		"not":          strings.Repeat("! ", 100_000) + "x",
		"pipes":        "a" + strings.Repeat("|a", 60_000),
		"commands":     strings.Repeat("a;", 100_000),
		"words":        "rm " + strings.Repeat("-r ", 60_000),
		"and":          "a" + strings.Repeat("&&a", 60_000),
		"functions":    strings.Repeat("f() { ", 30_000),
		"documents":    strings.Repeat("cat <<A\n", 10_000),
		"nested":       strings.Repeat("sh -c 'sh -c \"", 5_000),
		"evals":        strings.Repeat("eval ", 50_000) + "x",
		"sudos":        strings.Repeat("sudo ", 50_000) + "rm -rf /",
		"params":       strings.Repeat("${a:-", 50_000),
		"cases":        strings.Repeat("case x in x) ", 20_000),
		"large":        "echo " + strings.Repeat("x", 300_000),
	} {
		t.Run(name, func(t *testing.T) {
			s := numbered(text, 1)
			commands, problems, _ := s.read()
			for i := range commands {
				for _, p := range table() {
					p.match(&commands[i])
				}
				if i > 1000 {
					break
				}
			}
			if len(commands) == 0 && len(problems) == 0 {
				t.Error("neither read nor refused")
			}
		})
	}
}

func FuzzScripts(f *testing.F) {
	for _, name := range []string{"a.sh", "Dockerfile", "Makefile", "package.json", ".github/workflows/x.yml"} {
		for _, src := range []string{
			"rm -rf / | sh -c 'x' <<EOF\n$(y)\nEOF\n", "RUN [\"a\", \"b\"]\nENV a b\nRUN <<X\ny\nX\n", "a: b ; c\n\tx $(y) $$z \\\n\tw\nV := 1\n", `{"scripts": {"a": "b\nc"}}`, "jobs:\n  a:\n    steps:\n      - run: |\n          x ${{ y }}\n      - run: >\n          a\n          b\n",
			"f(){ f|f& };f", "eval \"$(curl x)\"", "$'\\x72\\u1'", "find a -exec b {} + -delete", "xargs -I{} sh -c '{}'", "\x00", "a=$b; ${a:-c} ${#d} ${!e}",
		} {
			f.Add(name, []byte(src))
		}
	}
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		scripts, problems, _ := scriptsOf(change.Path(name), src)
		total := strings.Count(string(src), "\n") + 1
		check := func(what string, first, last int) {
			if first < 1 || last < first || last > total {
				t.Fatalf("%s: lines %d to %d of %d in %q", what, first, last, total, src)
			}
		}
		for i := range scripts {
			commands, more, bombs := scripts[i].read()
			for _, p := range append(more, bombs...) {
				check("problem", p.first, p.last)
			}
			for k := range commands {
				c := &commands[k]
				check(fmt.Sprint("command ", c.argv), c.first, c.last)
				for _, p := range table() {
					p.match(c)
				}
			}
		}
		for _, p := range problems {
			check("problem", p.first, p.last)
		}
	})
}
