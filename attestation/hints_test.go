package attestation

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"custody/internal/change"
)

// Every row of the hints is of a known agent, has a source, is found by its own examples
// and by no other's.
func TestHintTable(t *testing.T) {
	claimed := map[string]bool{}
	for i := range hints {
		h := &hints[i]
		if h.agent != "" && !IsAgent(h.agent) {
			t.Errorf("%q is no agent of the table", h.agent)
		}
		if h.source == "" || len(h.yes) == 0 || len(h.no) == 0 {
			t.Errorf("%s: a row needs a source and examples for and against", h.agent)
		}
		for _, what := range append(append([]string{}, h.branches...), h.files...) {
			if claimed[what] || what != strings.ToLower(what) {
				t.Errorf("%s: %q is claimed twice, or not in lower case", h.agent, what)
			}
		}
		for _, b := range h.branches {
			claimed[b] = true
		}
		for _, f := range h.files {
			claimed["file "+f] = true
		}
		find := func(example string) (*hint, bool) {
			if name, ok := strings.CutPrefix(example, "branch "); ok {
				return branchHint(name)
			}
			return fileHint(strings.TrimPrefix(example, "file "))
		}
		for _, example := range h.yes {
			if got, ok := find(example); !ok || got != h {
				t.Errorf("%s: %q is not found", h.agent, example)
			}
		}
		for _, example := range h.no {
			if got, ok := find(example); ok {
				t.Errorf("%s: %q is taken for %q", h.agent, example, got.agent)
			}
		}
	}
}

func TestHints(t *testing.T) {
	ch := changeOf(commitOf(2, person, nil))
	ch.Files = append(ch.Files,
		change.File{Path: "CLAUDE.md", Status: change.Modified},
		change.File{Path: "web/AGENTS.md", Status: change.Added},
		change.File{Path: ".cursor/rules/a.mdc", Status: change.Deleted})
	r := attest(t, Input{Change: ch, Context: &change.Context{Change: &change.Request{Branch: "devin/1-fix\x1b[2J"}}})
	var got []string
	for _, e := range r.Evidence {
		if e.Strength != "F" || len(e.Detail) > 300 || strings.Contains(e.Detail, "\x1b") {
			t.Errorf("%+v", e)
		}
		got = append(got, e.Source+" "+e.Agent+" "+e.Scope)
	}
	if want := "branch devin change|configuration claude-code file:CLAUDE.md|configuration  file:web/AGENTS.md"; strings.Join(got, "|") != want {
		t.Errorf("%s, want %s", strings.Join(got, "|"), want)
	}
	var text strings.Builder
	if err := WriteText(&text, r); err != nil || !strings.Contains(text.String(), "  F the change touches CLAUDE.md, which agents read\n") {
		t.Errorf("%v\n%s", err, text.String())
	}
	for i := range 200 {
		ch.Files = append(ch.Files, change.File{Path: change.Path(fmt.Sprintf(".claude/%d", i)), Status: change.Added})
	}
	if r := attest(t, Input{Change: ch}); len(r.Evidence) != maxShown+1 || r.Evidence[maxShown].Source != "limit" {
		t.Errorf("%d pieces", len(r.Evidence))
	}
}

// A branch's name and the paths of files change nothing that a report says but the
// hints themselves.
func TestHintsDecideNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 20))
	trailers := [][]change.Trailer{nil, byClaude, byHand, append(append([]change.Trailer{}, byClaude...), byHand...)}
	statements := []string{"", "none", "Claude Code", "HAL", "n/a"}
	var branches []string
	for _, h := range hints {
		for _, b := range h.branches {
			branches = append(branches, b+"x")
		}
	}
	hinted := 0
	for range 2000 {
		var commits []change.Commit
		for n := range 1 + rng.IntN(4) {
			commits = append(commits, commitOf(2+n, person, trailers[rng.IntN(len(trailers))]))
		}
		says := statements[rng.IntN(len(statements))]
		report := func(path, branch string) (string, int) {
			ch := changeOf(commits...)
			ch.Files[0].Path = change.Path(path)
			r := attest(t, Input{Change: ch, Context: &change.Context{Change: &change.Request{AIStatement: says, Branch: branch}}})
			n := len(r.Evidence)
			r.Evidence = nil
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(string(text), path, "PATH"), n
		}
		without, none := report("PLAIN.TXT", "")
		with, n := report([]string{"PLAIN.TXT", "CLAUDE.md", ".windsurf/x.md"}[rng.IntN(3)], branches[rng.IntN(len(branches))])
		if hinted += n; none != 0 || n == 0 {
			t.Fatalf("%d hints without, %d with", none, n)
		}
		if with != without {
			t.Fatalf("with hints\n%s\nwithout\n%s", with, without)
		}
	}
	if hinted < 3000 {
		t.Errorf("only %d hints", hinted)
	}
}
