package git_test

import (
	"context"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// A subject is what git log shows of a commit.
func TestSubject(t *testing.T) {
	r := gittest.New(t)
	tree := r.Git("hash-object", "-t", "tree", "-w", "/dev/null")
	repo := open(t, r)
	for _, message := range []string{
		"Subject\n\nBody\n", "", "\n", "No end", "Two\nlines\n\nBody", "\n\n  \nLate \t\nand long\n \nBody\n",
		"Indented\n   like this\n", "carriage\r\n\r\nBody\r\n", "tab\tand\v\nmore\f\n", "x\n\n\n\ny", strings.Repeat("a line of text\n", 20),
	} {
		text := "tree " + tree + "\nauthor A <a@example.com> 1700000000 +0000\ncommitter A <a@example.com> 1700000000 +0000\n\n" + message
		id := strings.TrimSpace(string(r.Pipe([]byte(text), "hash-object", "-t", "commit", "-w", "--stdin", "--literally")))
		commit, err := repo.Commit(context.Background(), oid(t, id))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSuffix(string(r.Pipe(nil, "show", "-s", "--format=%s", id)), "\n")
		if got := commit.Subject(); got != want {
			t.Errorf("%q: %q, git says %q", message, got, want)
		}
	}
}
