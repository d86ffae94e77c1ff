package attestation

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
)

func TestHistoryFiles(t *testing.T) {
	files := NewHistoryFiles()
	var b bytes.Buffer
	w := NewHistoryFilesCSV(&b)
	n := 0
	h := NewHistory(change.ParseTrailers, Window{}, func(e *HistoryEntry) error {
		if n++; e.AsksFiles() {
			switch n {
			case 2:
				files.Add(e, []git.FileLines{{Path: "z"}, {Path: "=cmd|'x'!A0", Added: 3}, {Path: "a/b/c/d.go", OldPath: "a/old.go", Added: 4, Deleted: 1}}, 0, nil)
			case 3:
				files.Add(e, []git.FileLines{{Path: "a/b/e.go", Added: 1}, {Path: "a/b/c/d.go", Added: 2}, {Path: "a/f", Binary: true}}, 7, nil)
			default:
				files.Add(e, nil, 0, errors.New("gone"))
			}
		} else if n == 2 || n == 3 || n == 5 {
			t.Errorf("commit %d does not ask for its files", n)
		}
		return w.Entry(e)
	})
	for i, c := range []struct {
		trailer string
		parents int
	}{
		{"Reviewed-by: Bob <b@example.com>", 1},
		{"Co-authored-by: Claude <noreply@anthropic.com>", 1},
		{"Co-authored-by: Cursor <cursoragent@cursor.com>", 1},
		{"Co-authored-by: Claude <noreply@anthropic.com>", 2},
		{"Co-authored-by: Claude <noreply@anthropic.com>", 1},
	} {
		s := git.Signature{Name: "Ada", Email: "ada@example.com", When: int64(1767225600 + i*40*86400)}
		commit := &git.Commit{Author: s, Committer: s, Message: []byte("S\n\n" + c.trailer + "\n"), Parents: make([]git.OID, c.parents)}
		if err := h.Add(commit); err != nil {
			t.Fatal(err)
		}
	}
	sum := h.Summary()
	files.Fill(sum)
	if err := w.Close(sum); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(sum.Folders, sum.Files, sum.FilesUnread, sum.FilesMore)
	const want = `[{a/b 2 2 7} {. 1 2 3} {a 1 1 0}] ` +
		`[{a/b/c/d.go 2 6 [claude-code cursor] 2026-02 2026-03} {=cmd|'x'!A0 1 3 [claude-code] 2026-02 2026-02} {a/b/e.go 1 1 [cursor] 2026-03 2026-03} {a/f 1 0 [cursor] 2026-03 2026-03} {z 1 0 [claude-code] 2026-02 2026-02}] 1 7`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range rows {
		paths = append(paths, strings.Join(r[11:], " "))
	}
	// The merge and the commit that could not be read have a row, too.
	if got := strings.Join(paths, "|"); got != "path added deleted|'=cmd|'x'!A0 3 0|a/b/c/d.go 4 1|z 0 0|a/b/c/d.go 2 0|a/b/e.go 1 0|a/f 0 0|  |  " {
		t.Errorf("rows %s", got)
	}
	var text bytes.Buffer
	if err := NewHistoryText(&text).Close(sum); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"folders", "a/b ", "not assessed: the files of 1 commit", "not listed: 7 files"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
}
