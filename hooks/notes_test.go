package hooks

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"custody/attestation"
	"custody/internal/git/gittest"
)

// A note that is pushed along with its commit is evidence for it, and one that the same
// push takes away is none.
func TestNotesOfTheSamePush(t *testing.T) {
	s, h, main := judged(t, "")
	h.Packs = nil
	head := s.pushed("next", gittest.From(main), gittest.Write("a.py", "x = 1\ny = 1\nz = 1\n"))
	note := filepath.Join(t.TempDir(), "note")
	text := "a.py\n  s_8d2579124116c6::t_013c07475d8e43 2-3\n---\n" +
		`{"schema_version": "authorship/3.0.0", "sessions": {"s_8d2579124116c6": {"agent_id": {"tool": "claude", "id": "x", "model": "claude-opus-4-7"}}}}`
	if err := os.WriteFile(note, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Git("notes", "--ref=ai", "add", "-F", note, head)
	notes := s.ID("refs/notes/ai")
	code := s.update("refs/heads/main", main, head)
	lines := func(updates ...Update) map[attestation.Class]int {
		t.Helper()
		a := h.Judge(context.Background(), updates, Said{})
		for _, r := range a.Results {
			if r.Verdict != nil {
				return r.Verdict.Attestation.Summary.Lines
			}
		}
		t.Fatalf("%+v", a)
		return nil
	}
	if got := lines(code); got[attestation.AIDeclared] != 2 {
		t.Errorf("a note that is there: %v", got)
	}
	if got := lines(s.update("refs/notes/ai", notes, s.none), code); got[attestation.Unknown] != 2 {
		t.Errorf("a note that goes away: %v", got)
	}
	s.Git("update-ref", "-d", "refs/notes/ai")
	if got := lines(code); got[attestation.Unknown] != 2 {
		t.Errorf("no note: %v", got)
	}
	if got := lines(code, s.update("refs/notes/ai", s.none, notes)); got[attestation.AIDeclared] != 2 {
		t.Errorf("a note that comes along: %v", got)
	}
	// What is no note is a missing fact, and no reason to fall over.
	if got := lines(code, s.update("refs/notes/ai", s.none, s.ID("main:a.py"))); got[attestation.Unknown] != 2 {
		t.Errorf("a file in the place of notes: %v", got)
	}
}
