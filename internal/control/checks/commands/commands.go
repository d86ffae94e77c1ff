// Package commands finds dangerous commands in what a change tells machines to run: CI
// steps, Dockerfiles, shell scripts, recipes of make, scripts of packages.
//
// Text is parsed as shell, so that a command behind sudo, in a pipe or inside of sh -c
// is found, and the same words in a string or a comment are not. The answer about a
// command may be that it depends on what is not in the file; then it is not assessed.
// Nothing is run, and no value comes from the environment.
package commands

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"custody/internal/change"
	"custody/internal/control/checks"
)

// Check is the built-in check commands.
type Check struct{}

// table is the list of patterns, made when first needed.
var table = sync.OnceValue(patterns)

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	wanted := func(f *change.File) bool { return couldHold(f.Path) }
	return in.Read(ctx, out, wanted, func(t checks.Text) error {
		if old := t.File.OldPath; old != "" && !isRun(old, t.Bytes) {
			t.AllNew()
		}
		if len(t.Added) == 0 {
			return nil
		}
		scripts, problems, is := scriptsOf(t.File.Path, t.Bytes)
		if !is {
			return nil
		}
		lines := linesOf(t.Added)
		for _, p := range problems {
			lines.problem(out, t.File.Path, p)
		}
		for i := range scripts {
			if !lines.touch(scripts[i].fileLine(1), scripts[i].fileLine(1<<30)) {
				continue
			}
			lines.look(out, t.File.Path, &scripts[i])
		}
		return nil
	})
}

// isRun says whether a file at a path is one whose commands are run. What it said there does not
// matter: it is asked of one that moved.
func isRun(p change.Path, text []byte) bool {
	if !couldHold(p) {
		return false
	}
	_, _, is := scriptsOf(p, text)
	return is
}

// lines are the added ones of a file.
type lines struct {
	blocks []checks.Block
	ends   []int
	said   map[string]bool
}

func linesOf(added []checks.Block) *lines {
	l := &lines{blocks: added, said: map[string]bool{}}
	for _, b := range added {
		l.ends = append(l.ends, b.Start+strings.Count(strings.TrimSuffix(string(b.Text), "\n"), "\n"))
	}
	return l
}

// touch says whether one of the lines from first to last was added.
func (l *lines) touch(first, last int) bool {
	for i, b := range l.blocks {
		if b.Start <= last && l.ends[i] >= first {
			return true
		}
	}
	return false
}

func (l *lines) problem(out *checks.Result, p change.Path, x problem) {
	if l.touch(x.first, x.last) {
		out.Unread(p, "line %d: %s", x.first, x.why)
	}
}

// look judges the commands of a script whose lines were touched.
func (l *lines) look(out *checks.Result, p change.Path, s *script) {
	commands, problems, bombs := s.read()
	for _, x := range problems {
		l.problem(out, p, x)
	}
	for _, b := range bombs {
		if l.touch(b.first, b.last) {
			out.Find(checks.Found{Rule: "fork-bomb", Path: p, Start: b.first, End: b.last, Message: "a function calls itself twice at once, until the machine stops"})
		}
	}
	for i := range commands {
		c := &commands[i]
		if !l.touch(c.first, c.last) {
			continue
		}
		out.Looked()
		l.judge(out, p, c)
	}
}

// judge holds one command against every pattern.
func (l *lines) judge(out *checks.Result, p change.Path, c *command) {
	undecided, found := "", false
	if len(c.argv) > 0 && c.argv[0].text == unknown && c.argv[0].mayBeOptions() {
		undecided = "is one that should not be run" // "$@"
	}
	all := table()
	for i := range all {
		switch pattern := &all[i]; pattern.match(c) {
		case yes:
			found = true
			message := fmt.Sprintf("%s %s%s", c.name(), pattern.says, c.names(pattern.id))
			if key := fmt.Sprint(pattern.id, c.first, message); !l.said[key] {
				l.said[key] = true
				out.Find(checks.Found{Rule: pattern.id, Path: p, Start: c.first, End: c.last, Message: message})
			}
		case maybe:
			if undecided == "" && pattern.decides() {
				undecided = pattern.says
			}
		}
	}
	if undecided == "" || found {
		return
	}
	what := c.name()
	if len(c.argv) > 0 && !c.argv[0].known() {
		what = "a command whose name is not in the file"
	}
	if key := fmt.Sprint(c.first, what); !l.said[key] {
		l.said[key] = true
		out.Unread(p, "line %d: %s: whether it %s depends on what is not in the file", c.first, what, undecided)
	}
}

// decides says whether a match weighs enough that not knowing matters.
func (p *pattern) decides() bool {
	switch p.id {
	case "skip-hooks", "world-writable", "install-unpinned", "host-key", "gives-rights", "secret-argument", "machine-down", "privileged-container":
		return false
	}
	return true
}

// name is what people call a command by.
func (c *command) name() string {
	if len(c.argv) == 0 {
		if len(c.env) > 0 {
			return c.env[0].name
		}
		return "a redirection"
	}
	name := base(c.argv[0].text)
	if len(name) > 40 {
		name = name[:40]
	}
	return name
}

// names tells which variables a command shows, never their values.
func (c *command) names(id string) string {
	if id != "shows-secret" {
		return ""
	}
	for _, a := range c.argv {
		for _, v := range a.vars {
			if secretName(v) && len(v) < 100 {
				return " (" + v + ")"
			}
		}
	}
	return ""
}
