// Package agentinstructions looks at what coding agents read and obey, and at what they
// are allowed: in the change, and in the whole repository at head.
package agentinstructions

import (
	"bytes"
	"context"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/agentfiles"
	hiddenunicode "custody/internal/control/checks/hidden-unicode"
	"custody/internal/finding"
)

// Check is the built-in check agent-instructions.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	touched := map[change.Path][]lines{} // files of agents, and which lines are added
	every := func(f *change.File) bool {
		if kind, _ := agentfiles.Of(f.Path, nil); kind == agentfiles.Instructions || kind == agentfiles.Settings {
			return true
		}
		return f.Added > 0
	}
	err := in.Read(ctx, out, every, func(t checks.Text) error {
		kind, _ := agentfiles.Of(t.File.Path, nil)
		if kind != agentfiles.Instructions && kind != agentfiles.Settings {
			elsewhere(t, kind, out)
			return nil
		}
		added := []lines{}
		for _, b := range t.Added { // whose bytes are gone later
			added = append(added, lines{b.Start, b.Start + b.Lines() - 1})
		}
		if was, _ := agentfiles.Of(t.File.OldPath, nil); t.File.Status == change.TypeChanged || t.File.Status == change.Renamed && was != kind {
			added = []lines{{1, math.MaxInt}} // an agent sees it for the first time
		}
		touched[t.File.Path] = added
		return nil
	})
	if err != nil {
		return err
	}
	wanted := func(f checks.TreeFile) bool {
		kind, _ := agentfiles.Of(f.Path, nil)
		return kind == agentfiles.Instructions || kind == agentfiles.Settings
	}
	return in.ReadTree(ctx, out, wanted, func(f checks.TreeFile, src []byte) error {
		out.Looked()
		added, ok := touched[f.Path]
		l := look{out: out, path: f.Path, added: added, touched: ok}
		if kind, tool := agentfiles.Of(f.Path, nil); kind == agentfiles.Settings {
			l.settings(tool, src)
		} else {
			l.instructions(checks.Plain(src))
		}
		return nil
	})
}

// lines are a run of lines.
type lines struct{ first, last int }

// A look is at one file of an agent.
type look struct {
	out     *checks.Result
	path    change.Path
	added   []lines
	touched bool
}

// find tells something of some lines. What the change did not add is shown and decides
// nothing. Line 0: nothing is known but the file.
func (l look) find(rule string, level finding.Level, start, end int, message string) {
	own := l.touched && start == 0
	for _, a := range l.added {
		own = own || start <= a.last && end >= a.first
	}
	if !own {
		level = max(level, finding.Warning)
		message += "; it stood there before the change"
	}
	l.out.Find(checks.Found{Rule: rule, Level: level, Path: l.path, Start: start, End: end, Message: message})
}

// settings looks at what an agent may do.
func (l look) settings(tool string, src []byte) {
	parse := parseJSON
	if strings.HasSuffix(strings.ToLower(string(l.path)), ".toml") {
		parse = parseTOML
	}
	root, err := parse(src)
	if err != nil {
		if l.touched {
			l.out.Unread(l.path, "settings of an agent that can not be read: %s", err)
		} else {
			l.out.Note("%s holds settings of an agent that can not be read: %s", l.path.Escaped(), err)
		}
		return
	}
	judge(tool, root, func(rule string, line int, message string) { l.find(rule, finding.Error, line, line, message) })
	l.hidden(src)
}

// instructions looks at what an agent is told.
func (l look) instructions(src []byte) {
	starts := lineStarts(src)
	for _, s := range listen(src) {
		level := finding.Error
		if s.rule == "no-questions" {
			level = finding.Warning // it may speak of it only
		}
		l.find(s.rule, level, lineOf(starts, s.start), lineOf(starts, s.end-1), s.says)
	}
	l.hidden(src)
}

// hidden looks for characters that nobody sees.
func (l look) hidden(src []byte) {
	n := 0
	for line := range bytes.Lines(src) {
		n++
		for _, h := range hiddenunicode.Scan(line, n == 1) {
			switch h.Rule {
			case "direction-mark":
			case "zero-width":
				l.find("zero-width", finding.Error, n, n, h.Message())
			default:
				l.find("hidden", finding.Error, n, n, h.Message())
			}
		}
	}
}

// starters are files in which an agent may be started without anybody to ask.
var starters = []string{"**/.github/workflows/*.{yml,yaml}", "**/.gitlab-ci.yml", "**/.gitlab/ci/**", "**/*.{sh,bash,zsh,fish,ps1}", "**/{dockerfile,containerfile,makefile,justfile,package.json,taskfile.yml,.aider.conf.yml}", "**/dockerfile.*", "**/*.dockerfile"}

// isStarter says whether a path is of one of them.
func isStarter(p change.Path) bool {
	lower := strings.ToLower(string(p))
	return slices.ContainsFunc(starters, func(g string) bool { return doublestar.MatchUnvalidated(g, lower) })
}

// elsewhere looks at lines added to other files, which an agent may read, too.
func elsewhere(t checks.Text, kind agentfiles.Kind, out *checks.Result) {
	rules := []string{"no-questions"}
	if kind == agentfiles.None {
		rules = append(rules, "override") // prompts and transcripts talk of such things
	}
	for _, b := range t.Added {
		found := listen(b.Text, rules...)
		found = slices.DeleteFunc(found, func(s said) bool { return s.rule == "no-questions" && !isStarter(t.File.Path) })
		if len(found) == 0 {
			continue
		}
		out.Looked()
		starts := lineStarts(b.Text)
		for _, s := range found {
			out.Find(checks.Found{Rule: s.rule, Level: finding.Warning, Path: t.File.Path, Start: b.Start + lineOf(starts, s.start) - 1, End: b.Start + lineOf(starts, s.end-1) - 1, Message: s.says})
		}
	}
}

// lineStarts are the places at which lines begin.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineOf is the line of a place, from 1.
func lineOf(starts []int, at int) int {
	return sort.SearchInts(starts, at+1)
}
