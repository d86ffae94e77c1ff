// Package tests tells whether a change brings or has tests for the code that it changes,
// and whether it weakens those that are there.
//
// Tests and what they assert are counted, not understood; nothing is run. A test covers
// code when the graph says that it reaches it, or where its name says so.
package tests

import (
	"context"
	"fmt"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/finding"
)

// Check is the built-in check tests.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	if err := weakened(ctx, in, out); err != nil {
		return err
	}
	if err := thresholds(ctx, in, out); err != nil {
		return err
	}
	return absent(ctx, in, out)
}

// A pair is one test file before and after the change.
type pair struct {
	file       *change.File
	old, new   tally
	had, has   bool
	understood bool
}

// weakened compares test files before and after.
func weakened(ctx context.Context, in *checks.Input, out *checks.Result) error {
	var counts counter
	pairs := map[*change.File]*pair{}
	var order []*pair
	var old []*change.File
	for i := range in.Files {
		f := &in.Files[i]
		was := f.Path
		if f.OldPath != "" {
			was = f.OldPath
		}
		isNew, isOld := f.Mode.IsRegular() && IsTest(f.Path), f.OldMode.IsRegular() && IsTest(was)
		if !isNew && !isOld || inFolder(f.Path, "vendor", "third_party", "node_modules") {
			continue
		}
		p := &pair{file: f, understood: true}
		pairs[f], order = p, append(order, p)
		out.Looked()
		if isOld && f.OldID != f.ID {
			old = append(old, f)
		}
	}
	err := in.Read(ctx, out, func(f *change.File) bool { return pairs[f] != nil && IsTest(f.Path) && f.OldID != f.ID }, func(t checks.Text) error {
		p := pairs[t.File]
		var ok bool
		if p.new, ok = counts.count(t.File.Path, t.Bytes); !ok {
			p.understood = false
			if _, known := langOf(t.File.Path); known {
				out.Unread(t.File.Path, "a test that is not understood to its end")
			}
		}
		p.has = true
		return nil
	})
	if err != nil {
		return err
	}
	err = in.ReadOld(ctx, out, old, func(f *change.File, text []byte) error {
		p := pairs[f]
		var ok bool
		if p.old, ok = counts.count(f.Path, text); !ok {
			p.understood = false
		}
		p.had = true
		return nil
	})
	if err != nil {
		return err
	}
	tell(in, out, order)
	return nil
}

// tell weighs what was counted: tests that moved from one file of the change to another
// are not lost, nor are those of code that goes with them.
func tell(in *checks.Input, out *checks.Result, order []*pair) {
	lost, lostAsserts := 0, 0
	for _, p := range order {
		if p.understood {
			lost += p.old.tests - p.new.tests
			lostAsserts += p.old.asserts - p.new.asserts
		}
	}
	gone := codeGone(in)
	for _, p := range order {
		f := p.file
		if f.Status == change.Deleted && p.had && p.old.tests+p.old.asserts > 0 {
			level := finding.Error
			if gone > 0 || lost <= 0 {
				level = finding.Note
			}
			message := "a file of tests is deleted" // of a kind that is not counted, or not to its end
			if p.understood && p.old.tests > 0 {
				message = fmt.Sprintf("the file is deleted, and %s with it", plural(p.old.tests, "test"))
			}
			out.Find(checks.Found{Rule: "deleted", Level: level, Path: f.Path, Message: message})
			continue
		}
		if !p.has || !p.had || !p.understood {
			told(out, p)
			continue
		}
		if n := p.old.tests - p.new.tests; n > 0 && lost > 0 && gone == 0 {
			out.Find(checks.Found{Rule: "fewer-tests", Path: f.Path, Message: fmt.Sprintf("%s fewer than before", plural(n, "test"))})
		} else if n := p.old.asserts - p.new.asserts; n > 0 && lostAsserts > 0 && gone == 0 && p.new.tests >= p.old.tests {
			out.Find(checks.Found{Rule: "fewer-asserts", Path: f.Path, Message: fmt.Sprintf("%s fewer than before (of the kinds that are known here), in as many tests", plural(n, "assertion"))})
		}
		told(out, p)
	}
}

// told tells of marks that are new.
func told(out *checks.Result, p *pair) {
	report := func(rule string, before, after []mark, says string) {
		if len(after) <= len(before) {
			return
		}
		seen := map[string]int{}
		for _, m := range before {
			seen[m.what]++
		}
		for _, m := range after {
			if seen[m.what]--; seen[m.what] >= 0 {
				continue
			}
			out.Find(checks.Found{Rule: rule, Path: p.file.Path, Start: m.line, Message: fmt.Sprintf(says, m.what)})
		}
	}
	report("skipped", p.old.skips, p.new.skips, "%s keeps a test from running, or lets it fail")
	report("focused", p.old.focused, p.new.focused, "%s keeps every other test from running")
}

// codeGone counts the files and lines of code that the change takes out more than in.
func codeGone(in *checks.Input) int {
	n := 0
	for _, f := range in.Files {
		if IsCode(f.Path) && (f.Status == change.Deleted || f.Deleted > f.Added+20) {
			n++
		}
	}
	return n
}

// thresholds compares what files ask of coverage.
func thresholds(ctx context.Context, in *checks.Input, out *checks.Result) error {
	after := map[*change.File][]gate{}
	err := in.Read(ctx, out, func(f *change.File) bool { return isGate(f.Path) && f.OldMode.IsRegular() && f.OldID != f.ID }, func(t checks.Text) error {
		after[t.File] = gates(t.File.Path, t.Bytes)
		return nil
	})
	if err != nil {
		return err
	}
	var old []*change.File
	for i := range in.Files {
		f := &in.Files[i]
		if _, ok := after[f]; ok || isGate(f.Path) && f.Status == change.Deleted && f.OldMode.IsRegular() {
			old = append(old, f)
		}
	}
	return in.ReadOld(ctx, out, old, func(f *change.File, text []byte) error {
		before := gates(f.Path, text)
		if len(before) > 0 {
			out.Looked()
		}
		for _, g := range lowered(before, after[f]) {
			message := fmt.Sprintf("the coverage that is asked for (%s) is lowered", g.key)
			if g.line == 0 {
				message = fmt.Sprintf("the coverage that was asked for (%s) is not asked for any more", g.key)
			}
			out.Find(checks.Found{Rule: "threshold", Path: f.Path, Start: g.line, Message: message})
		}
		return nil
	})
}

// absent finds code that the change edits and no test covers.
func absent(ctx context.Context, in *checks.Input, out *checks.Result) error {
	var code []*change.File
	touched := false
	for i := range in.Files {
		f := &in.Files[i]
		if f.Mode.IsRegular() && IsTest(f.Path) && (f.Added > 0 || f.Deleted > 0) {
			touched = true
		}
		if f.Mode.IsRegular() && IsCode(f.Path) && f.Added > 0 {
			code = append(code, f)
		}
	}
	for range code {
		out.Looked()
	}
	if len(code) == 0 || touched {
		return nil
	}
	reached := reaching(in.Impact)
	var uncovered []*change.File
	for _, f := range code {
		if !reached[f.Path.Escaped()] {
			uncovered = append(uncovered, f)
		}
	}
	if len(uncovered) == 0 {
		return nil
	}
	tests, whole, err := standing(ctx, in, out)
	if err != nil || !whole {
		return err
	}
	for _, f := range uncovered {
		covered := false
		for _, t := range tests[Family(f.Path)] {
			if covered = near(f.Path, t); covered {
				break
			}
		}
		switch {
		case covered:
		case in.Impact == nil || in.Impact.Outcome != finding.Satisfied || !inGraph(f.Path):
			out.Unread(f.Path, "no test has its name, and whether one reaches it is not known")
		case len(reached) > 0:
			// The graph shows one way to each test. Another may begin here.
			out.Find(checks.Found{Rule: "no-test", Level: finding.Warning, Path: f.Path, Message: "code changes, the change touches no test, and no test is seen to cover this file"})
		default:
			out.Find(checks.Found{Rule: "no-test", Path: f.Path, Message: "code changes, the change touches no test, and none reaches it"})
		}
	}
	return nil
}

// inGraph says whether the graph knows who uses a file, by its language.
func inGraph(p change.Path) bool {
	f := Family(p)
	return f == ".go" || f == ".py" || f == "script" && !strings.HasSuffix(string(p), ".svelte") || strings.HasSuffix(string(p), ".java")
}

// reaching are the changed files that a test reaches, as the graph says.
func reaching(r *impact.Report) map[string]bool {
	all := map[string]bool{}
	if r == nil {
		return all
	}
	for _, n := range r.Reached {
		p, err := change.Unescape(n.Path)
		if err != nil || p == "" || !IsTest(p) || len(n.Via) == 0 {
			continue
		}
		if path, ok := strings.CutPrefix(n.Via[0], "file:"); ok {
			all[path] = true
		}
	}
	return all
}

// standing are the test files of head, by family of languages.
func standing(ctx context.Context, in *checks.Input, out *checks.Result) (map[string][]change.Path, bool, error) {
	if in.Head == nil {
		out.Missing("the files of head were not given")
		return nil, false, nil
	}
	files, err := in.Head.Files(ctx)
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	if err != nil {
		out.Missing("the files of head could not be listed: %s", err)
		return nil, false, nil
	}
	all := map[string][]change.Path{}
	for _, f := range files {
		if f.Mode.IsRegular() && IsTest(f.Path) {
			all[Family(f.Path)] = append(all[Family(f.Path)], f.Path)
		}
	}
	return all, true, nil
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
