package attestation

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// A history reads notes, too, and lets them speak only of lines that their commit added.
func TestHistoryNotes(t *testing.T) {
	const meta = `---
{"schema_version": "authorship/3.0.0", "prompts": {}, "sessions": {"s_1": {"agent_id": {"tool": "codex", "id": "x", "model": "gpt-5"}}}}`
	ctx := context.Background()
	r := gittest.New(t)
	annotate(r, NotesRef, r.Commit("main", "root", gittest.Write("a", "1\n2\n")), []byte("a\n  s_1::t_1 1-2\n"+meta))
	annotate(r, NotesRef, r.Commit("main", "inside", gittest.Write("a", "1\n2\n3\n")), []byte("a\n  s_1::t_1 3\n"+meta))
	annotate(r, NotesRef, r.Commit("main", "outside", gittest.Write("a", "1\n2\n3\n4\n")), []byte("a\n  s_1::t_1 1-3\n"+meta))
	annotate(r, NotesRef, r.Commit("main", "broken", gittest.Write("a", "1\n2\n3\n4\n5\n")), []byte("hello"))
	r.Commit("main", "bare", gittest.Write("a", "1\n"))
	repo, err := git.Open(ctx, r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	read, err := ReadNotes(ctx, repo, opened{repo})
	if err != nil || read == nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := NewHistoryCSV(&out)
	h := NewHistory(change.ParseTrailers, Window{}, w.Entry).WithNotes(read)
	if err := repo.Log(ctx, oid(t, r.Git("rev-parse", "main")), h.Add); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(h.Summary()); err != nil {
		t.Fatal(err)
	}
	if s := h.Summary(); s.AI != 2 || s.Commits != 5 || s.Cut != 1 || len(s.Tools) != 1 || s.Tools[0].ID != "codex" {
		t.Errorf("%+v", s)
	}
	if rows := strings.Count(out.String(), "ai-declared,codex,gpt-5"); rows != 2 {
		t.Errorf("%d rows:\n%s", rows, out.String())
	}
	r.Git("update-ref", "-d", NotesRef)
	if read, err := ReadNotes(ctx, repo, opened{repo}); read != nil || err != nil {
		t.Errorf("there are no notes: %v", err)
	}
}
