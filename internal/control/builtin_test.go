package control

import (
	"slices"
	"strings"
	"testing"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks"
	"custody/internal/finding"
)

// Each folder with a definition has its check, and each check a folder.
func TestBuiltinIsWhole(t *testing.T) {
	var have []string
	for _, b := range builtin {
		have = append(have, b.id)
	}
	slices.Sort(have)
	if want := checks.IDs(); !slices.Equal(have, want) {
		t.Errorf("checks %q are in the list, %q are defined", have, want)
	}
}

// added is a change that adds each of the files, whole, and head with them.
func added(files ...string) (*change.Change, *fakeHead) {
	c := wholeChange()
	h := newHead(files...)
	for _, f := range h.files {
		lines := strings.Count(h.blobs[f.ID], "\n")
		c.Files = append(c.Files, change.File{Path: f.Path, Status: change.Added, Mode: f.Mode, ID: f.ID, Added: lines, Hunks: []change.Hunk{{Start: 1, Lines: lines}}})
	}
	return c, h
}

func TestChecksRule(t *testing.T) {
	const waiver = "waivers: [{id: w, covers: r, paths: [src/**], owner: a, approver: b, reason: c, last_day: 2026-12-31}]\n"
	rule := func(more string) string {
		return "rules: [{id: r, kind: checks, checks: [hidden-unicode], waivable: true" + more + "}]\n"
	}
	for _, c := range []struct {
		name   string
		files  []string
		policy string
		edit   func(*Input)
		want   finding.Outcome
		says   string
	}{
		{"nothing found", []string{"src/a: x\n"}, rule(""), nil, finding.Satisfied, "hidden-unicode: looked at 1 added line, found 0"},
		{"found", []string{"src/a: x\n\u202e\n"}, rule(""), nil, finding.NotSatisfied, "src/a:2: the line holds a control"},
		{"found less", []string{"src/a: x\u200by\n"}, rule(""), nil, finding.Satisfied, "src/a:1: the line holds a character without width"},
		{"nothing of its kind", nil, rule(""), nil, finding.NotApplicable, "adds no line of text"},
		{"only a submodule", []string{"sub@"}, rule(""), nil, finding.NotApplicable, ""},
		{"elsewhere", []string{"doc/a: \u202e\n"}, rule(", when: {paths: [src/**]}"), nil, finding.NotApplicable, "no changed file"},
		{"elsewhere and here", []string{"doc/a: \u202e\n", "src/a: x\n"}, rule(", when: {paths: [src/**]}"), nil, finding.Satisfied, "looked at 1 added line"},
		{"another stage", []string{"src/a: \u202e\n"}, rule(", at: [push]"), nil, finding.NotApplicable, "not in force"},
		{"missing blob", []string{"src/a?: x\n"}, rule(""), nil, finding.NotAssessed, "could not be read"},
		{"missing blob beside a finding", []string{"src/a?: x\n", "src/b: \u202e\n"}, rule(""), nil, finding.NotSatisfied, "could not be read"},
		{"no head", []string{"src/a: x\n"}, rule(""), func(in *Input) { in.Head = nil }, finding.NotAssessed, "were not given"},
		{"too large", []string{"src/a: " + strings.Repeat("x", 100) + "\n"}, rule(""), func(in *Input) { in.Limits.Checks.FileBytes = 50 }, finding.NotAssessed, "over the limit of 50"},
		{"too large in the diff", []string{"src/a: x\n"}, rule(""), func(in *Input) { in.Change.Files[0].Unread = change.TooLarge }, finding.NotAssessed, "its lines are not known (limit)"},
		{"a lot altogether", []string{"src/a: xxx\n", "src/b: xxx\n"}, rule(""), func(in *Input) { in.Limits.Checks.TotalBytes = 5 }, finding.NotAssessed, "for all files"},
		{"binary", []string{"src/a: x\n"}, rule(""), func(in *Input) {
			in.Change.Files[0].Unread, in.Head.(*fakeHead).blobs[in.Change.Files[0].ID] = change.Opaque, "\x00"
		}, finding.NotApplicable, ""},
		{"in LFS", []string{"src/a: version https://git-lfs.github.com/spec/v1\noid sha256:0\n"}, rule(""), nil, finding.NotAssessed, "Git LFS"},
		{"change not whole", []string{"src/a: x\n"}, rule(""), func(in *Input) { in.Change.Limits = []change.Limit{{What: "files", Max: 1}} }, finding.NotAssessed, "more files than are read"},
		{"no merge base", nil, rule(""), func(in *Input) { in.Change.MergeBases = nil }, finding.NotAssessed, "no common commit"},
		{"waived", []string{"src/a: \u202e\n"}, rule("") + waiver, nil, finding.Excepted, "covered by a waiver"},
		{"waived, and not all was looked at", []string{"src/a?: x\n", "src/b: \u202e\n"}, rule("") + waiver, nil, finding.NotAssessed, "what was not assessed is not"},
		{"waived elsewhere", []string{"src/a: \u202e\n", "doc/a: \u202e\n"}, rule("") + waiver, nil, finding.NotSatisfied, ""},
		{"waived, and more than is listed", []string{"src/a: " + strings.Repeat("\u202e\n", 5)}, rule("") + waiver, func(in *Input) { in.Limits.Checks.Findings = 2 }, finding.NotSatisfied, "3 findings more than the 2 listed"},
		{"weaker by the rule", []string{"src/a: \u202e\n"}, rule(", level: warning"), nil, finding.NotSatisfied, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, head := added(c.files...)
			in := Input{Change: ch, Head: head, Day: "2026-11-23", Limits: DefaultLimits(), Config: config.Layer(nil, policy(t, c.policy))}
			if c.edit != nil {
				c.edit(&in)
			}
			got := evaluate(t, in)["r"]
			if got.Outcome != c.want || !strings.Contains(text(got), c.says) {
				t.Errorf("want %s and %q, got\n%s", c.want, c.says, text(got))
			}
			if again := evaluate(t, in)["r"]; text(again) != text(got) {
				t.Errorf("a second run says\n%s\nthe first\n%s", text(again), text(got))
			}
		})
	}
}

// One rule's checks read a blob once; what they read is kept for the next rule.
func TestChecksReadOnce(t *testing.T) {
	ch, head := added("src/a: x\n", "src/b: y\n")
	rules := "rules: [{id: a, kind: checks, checks: [hidden-unicode]}, {id: b, kind: checks, checks: [hidden-unicode]}]\n"
	checked := evaluate(t, Input{Change: ch, Head: head, Config: config.Layer(nil, policy(t, rules))})
	if checked["a"].Outcome != finding.Satisfied || checked["b"].Outcome != finding.Satisfied {
		t.Fatalf("%s%s", text(checked["a"]), text(checked["b"]))
	}
	for _, f := range head.files {
		if head.read[f.ID] != 1 {
			t.Errorf("%s was read %d times", f.Path, head.read[f.ID])
		}
	}
}

// What was looked for ahead changes no answer, and is not looked for again.
func TestLookAhead(t *testing.T) {
	rules := "rules: [{id: all, kind: checks, checks: [hidden-unicode, secrets, tests, workflows, commands]}," +
		" {id: some, kind: checks, checks: [hidden-unicode], when: {paths: [src/**]}}," +
		" {id: later, kind: checks, checks: [licences], at: [record]}]\n"
	build := func() Input {
		ch, head := added("doc/a.md: \u202e\n", "src/a.go: package a\n\nfunc F() int {\n\tpassword := \"hunter2-Zx81qRt9Lm\"\n\treturn len(password)\n}\n", ".github/workflows/x.yml: on: pull_request_target\n")
		return Input{Change: ch, Head: head, Stage: change.AtMerge, Config: config.Layer(nil, policy(t, rules)), Impact: &impact.Report{Outcome: finding.Satisfied, Reached: []impact.Reached{}}}
	}
	want := evaluate(t, build())
	in := build()
	var err error
	ahead := in
	ahead.Impact = nil // not known yet
	if in.Looked, err = LookAhead(t.Context(), ahead); err != nil {
		t.Fatal(err)
	}
	if len(in.Looked.results) != 4 {
		t.Errorf("%d checks were run ahead, not 4", len(in.Looked.results))
	}
	got := evaluate(t, in)
	for id := range want {
		if text(got[id]) != text(want[id]) {
			t.Errorf("%s after looking ahead:\n%s\nwithout:\n%s", id, text(got[id]), text(want[id]))
		}
	}
	for id, n := range in.Head.(*fakeHead).read {
		if n != 1 {
			t.Errorf("blob %s was read %d times", id, n)
		}
	}
}

// What one rule found of some files is no answer about all of them.
func TestChecksOfSomeFiles(t *testing.T) {
	ch, head := added("doc/a.md: x\n", "src/a.go: \u202e\n")
	rules := "rules: [{id: some, kind: checks, checks: [hidden-unicode], when: {kinds: [docs]}}, {id: all, kind: checks, checks: [hidden-unicode]}]\n"
	got := evaluate(t, Input{Change: ch, Head: head, Config: config.Layer(nil, policy(t, rules))})
	if got["some"].Outcome != finding.Satisfied || got["all"].Outcome != finding.NotSatisfied {
		t.Errorf("%s%s", text(got["some"]), text(got["all"]))
	}
}

// The controls of a check's definition are those of the rule that asks for it.
func TestChecksMaps(t *testing.T) {
	ch, head := added("src/a: x\n")
	got := evaluate(t, Input{Change: ch, Head: head, Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: checks, checks: [hidden-unicode], maps: [{framework: soc2-2017, id: CC8.1}, {framework: iso27001-2022, id: A.8.28}]}]\n"))})["r"]
	var ids []string
	for _, m := range got.Maps {
		ids = append(ids, m.Framework+" "+m.ID+" "+m.Relation)
	}
	want := []string{"soc2-2017 CC8.1 direct", "iso27001-2022 A.8.28 supporting", "nist-ssdf-1.1 PW.7.2 direct"}
	if !slices.Equal(ids, want) {
		t.Errorf("maps %q, want %q", ids, want)
	}
}
