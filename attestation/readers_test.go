package attestation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
)

func everyPath(change.Path) bool { return true }

const aNote = `src/a.go
  s_8d2579124116c6::t_013c07475d8e43 2,4-6,9
  h_31dd0e1f23c1aa 5
"with space.go"
  0123456789abcdef 1-3
---
{"schema_version": "authorship/3.0.0", "base_commit_sha": "x",
 "prompts": {"0123456789abcdef": {"agent_id": {"tool": "aider", "id": "p", "model": "default"}, "messages": [{"text": "secret"}]}},
 "sessions": {"s_8d2579124116c6": {"agent_id": {"tool": "claude", "id": "c-1", "model": "claude-opus-4-7"}, "human_author": "Grace <grace@example.com>"}},
 "humans": {"h_31dd0e1f23c1aa": {"author": "Ada <ada@example.com>"}}}`

func told(pieces []*piece) string {
	var s []string
	for _, p := range pieces {
		s = append(s, fmt.Sprintf("%s %s %s:%s %s", p.path, p.Class, p.Agent, p.Model, p.lines))
	}
	return strings.Join(s, "\n")
}

func TestParseNote(t *testing.T) {
	pieces, drivers, err := known().parseNote([]byte(aNote), everyPath, newBudget(DefaultLimits()))
	const want = `src/a.go ai-declared claude-code:claude-opus-4-7 lines 2, 4, 6, 9
src/a.go human-attested : line 5
with space.go ai-declared aider: lines 1-3`
	if err != nil || told(pieces) != want || !slices.Equal(drivers, []string{"Grace <grace@example.com>"}) {
		t.Errorf("%v %v\n%s", err, drivers, told(pieces))
	}
	for name, spoil := range map[string]func(string) string{
		"no dashes":         func(s string) string { return strings.Replace(s, "---\n", "--\n", 1) },
		"indented once":     func(s string) string { return strings.Replace(s, "  h_", " h_", 1) },
		"indented thrice":   func(s string) string { return strings.Replace(s, "  h_", "   h_", 1) },
		"space in ranges":   func(s string) string { return strings.Replace(s, "2,4-6", "2, 4-6", 1) },
		"no ranges":         func(s string) string { return strings.Replace(s, " 5\n", "\n", 1) },
		"a key of no kind":  func(s string) string { return strings.Replace(s, "h_31", "x?31", 1) },
		"open quote":        func(s string) string { return strings.Replace(s, "space.go\"", "space.go", 1) },
		"another version":   func(s string) string { return strings.Replace(s, "3.0.0", "2.0.0", 1) },
		"backwards":         func(s string) string { return strings.Replace(s, "4-6", "6-4", 1) },
		"signed number":     func(s string) string { return strings.Replace(s, "4-6", "4-+6", 1) },
		"a number too long": func(s string) string { return strings.Replace(s, "4-6", "4-"+strings.Repeat("9", 30), 1) },
		"not JSON":          func(s string) string { return s[:len(s)-1] },
		"more JSON":         func(s string) string { return s + "{}" },
		"nested for ever":   func(s string) string { return strings.Replace(s, `"x"`, strings.Repeat("[", 20_000), 1) },
	} {
		if pieces, _, err := known().parseNote([]byte(spoil(aNote)), everyPath, newBudget(DefaultLimits())); !errors.Is(err, errNote) && !errors.Is(err, errRange) || pieces != nil {
			t.Errorf("%s: %v, %d pieces", name, err, len(pieces))
		}
	}
	if _, _, err := known().parseNote([]byte(aNote), everyPath, &budget{ranges: 3, cut: map[string]bool{}}); !errors.Is(err, errNoteLimit) {
		t.Errorf("over the limit of ranges: %v", err)
	}
}

// Of two entries the later wins, line by line, however they overlap.
func TestResolve(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 9))
	for range 2000 {
		const lines, who = 30, 4
		var entries []noteEntry
		want := [lines + 1]int{}
		for range rnd.IntN(8) {
			e := noteEntry{who: rnd.IntN(who)}
			for range 1 + rnd.IntN(3) {
				from := 1 + rnd.IntN(lines)
				to := min(lines, from+rnd.IntN(8))
				e.ranges = append(e.ranges, lineRange{from, to})
				for l := from; l <= to; l++ {
					want[l] = e.who + 1
				}
			}
			entries = append(entries, e)
		}
		got := [lines + 1]int{}
		for w, set := range resolve(entries, who) {
			last := 0
			for _, r := range set {
				if r.from <= last || r.to < r.from {
					t.Fatalf("%v of %v is not in order", set, entries)
				}
				last = r.to
				for l := r.from; l <= r.to; l++ {
					if got[l] != 0 {
						t.Fatalf("line %d has two: %v", l, entries)
					}
					got[l] = w + 1
				}
			}
		}
		if got != want {
			t.Fatalf("%v\ngot  %v\nwant %v", entries, got, want)
		}
	}
}

// Sets of lines against sets of numbers.
func TestLineSet(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 9))
	set := func() (lineSet, [40]bool) {
		var s lineSet
		var in [40]bool
		for range rnd.IntN(6) {
			from := 1 + rnd.IntN(30)
			to := from + rnd.IntN(6)
			s = append(s, lineRange{from, to})
			for l := from; l <= to; l++ {
				in[l] = true
			}
		}
		return s.normal(), in
	}
	for range 5000 {
		a, inA := set()
		b, inB := set()
		both := a.and(b)
		n := 0
		for l := range 40 {
			one := lineSet{{l, l}}
			if l > 0 && (len(a.and(one)) == 1) != inA[l] || len(both.and(one)) == 1 != (inA[l] && inB[l]) {
				t.Fatalf("%v and %v: line %d", a, b, l)
			}
			if inA[l] && inB[l] {
				n++
			}
		}
		if both.count() != n {
			t.Fatalf("%v and %v: %d lines, want %d", a, b, both.count(), n)
		}
	}
}

func TestParseTraces(t *testing.T) {
	const record = `{"version":"0.1.0","vcs":{"type":"git","revision":"abc"},"tool":{"name":"cursor"},"files":[{"path":"a","conversations":[{"contributor":{"type":"ai","model_id":"openai/gpt-5"},"ranges":[{"start_line":1,"end_line":2},{"start_line":4,"end_line":4,"contributor":{"type":"human"}}]}]}]}`
	var spread bytes.Buffer
	if err := json.Indent(&spread, []byte(record), "", "  "); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		n    int
		err  error
	}{
		"a line":             {record + "\n", 2, nil},
		"two lines":          {record + "\n\n" + record, 4, nil},
		"a document":         {spread.String(), 2, nil},
		"a list":             {"[" + record + ",\n" + record + "]", 4, nil},
		"nothing":            {"", 0, nil},
		"one broken":         {"x\n" + record + "\n", 2, errTrace},
		"no version":         {`{"files":[]}`, 0, errTrace},
		"another version":    {strings.Replace(record, "0.1.0", "1.0.0", 1), 0, errTrace},
		"backwards":          {strings.Replace(record, `"start_line":1`, `"start_line":3`, 1), 0, errTrace},
		"line nought":        {strings.Replace(record, `"start_line":1`, `"start_line":0`, 1), 0, errTrace},
		"a number too large": {strings.Replace(record, `"end_line":2`, `"end_line":99999999999999999999`, 1), 0, errTrace},
	} {
		all, err := known().parseTraces([]byte(c.text), newBudget(DefaultLimits()))
		if len(all) != c.n || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %d ranges, %v", name, len(all), err)
		}
	}
}

// The vectors of MurmurHash3's own author, and of others.
func TestMurmur3(t *testing.T) {
	for text, want := range map[string]uint32{"": 0, "hello": 0x248bfa47, "hello, world": 0x149bbb7f, "The quick brown fox jumps over the lazy dog": 0x2e4ff723} {
		if got := murmur3([]byte(text)); got != want {
			t.Errorf("%q: %08x, want %08x", text, got, want)
		}
	}
}

// What anybody can push never panics, stays within the file's lines and is fit to be
// shown.
func FuzzNote(f *testing.F) {
	f.Add([]byte(aNote))
	f.Add([]byte("a\n  s_1 1-2,9\n  h_2 1\n---\n{\"schema_version\":\"authorship/3.0.0\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		pieces, _, err := known().parseNote(data, everyPath, newBudget(DefaultLimits()))
		checkPieces(t, pieces, err, "note")
	})
}

func FuzzTraces(f *testing.F) {
	f.Add([]byte(`{"version":"0.1.0","files":[{"path":"a","conversations":[{"contributor":{"type":"mixed"},"ranges":[{"start_line":1,"end_line":2,"content_hash":"murmur3:00"}]}]}]}`))
	f.Add([]byte("[\n]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, _ := known().parseTraces(data, newBudget(DefaultLimits()))
		for _, r := range all {
			checkPieces(t, []*piece{{Evidence: r.Evidence, path: r.path, lines: lineSet{r.lines}}}, nil, "trace")
			hashMatches(r.hash, data)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add("a.go", []byte("// Generated by Claude Code\n"))
	f.Add("a.py", []byte("#!/bin/sh\n\"\"\"\n * Generated with [Claude Code](https://claude.ai/code)\n"))
	f.Add("a.md", []byte("<!-- x -->\n<!-- made by GitHub Copilot on 2026-01-01\n"))
	f.Fuzz(func(t *testing.T, path string, data []byte) {
		for _, h := range known().headers(change.Path(path), data) {
			if h.line < 1 || h.line > headerLines {
				t.Fatalf("line %d", h.line)
			}
			checkPieces(t, []*piece{{Evidence: h.Evidence, path: change.Path(path)}}, nil, "header")
		}
	})
}

func checkPieces(t *testing.T, pieces []*piece, err error, source string) {
	if err != nil && len(pieces) > 0 {
		t.Fatalf("pieces beside %v", err)
	}
	for _, p := range pieces {
		if p.Source != source || !p.speaks() || p.Class.IsAI() == (p.Agent == "") {
			t.Fatalf("evidence %+v", p.Evidence)
		}
		last := 0
		for _, r := range p.lines {
			if r.from <= last || r.to < r.from {
				t.Fatalf("lines %v", p.lines)
			}
			last = r.to
		}
		p.place()
		shown(t, p.Detail)
		shown(t, p.Model)
		shown(t, p.Session)
	}
}
