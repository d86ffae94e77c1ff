package git_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// Whatever form a commit has, Log says of it what Commit says, but for what it leaves
// out.
func TestLogAgreesWithCommit(t *testing.T) {
	ctx := context.Background()
	idents := []string{
		"A U Thor <a@example.com> 1700000000 +0100", "  A  <  a@example.com > 1700000000 -0830",
		"<only@example.com> 1700000000 +0000", "no brackets at all", "Name <unclosed 1700000000 +0000", "Two <a@b> <c@d> 1700000000 +0000",
		"", "<> 1700000000 +0000", "Zero <z@example.com> 0 +0000", "Minus <m@example.com> -5 +0000", "Huge <h@example.com> 99999999999999999999 +0000",
		"No Date <n@example.com>", "No Zone <n@example.com> 1700000000", "Odd Zone <n@example.com> 1700000000 +5", "Long Zone <n@example.com> 1700000000 +051800",
		"Paul (aider) <p@example.com> 1700000000 +0000", "\xff\xfe <\xff@\xfe> 1700000000 +0000", strings.Repeat("n", 5000) + " <l@example.com> 1700000000 +0000",
		"\"quoted\" <q@example.com> 1700000000 +0000", "dot. <d@example.com>. 1700000000 +0000", "two  fields <t@example.com> 1700000000 +0000 extra",
	}
	messages := []string{
		"subject\n\nbody\n", "", "\n\n  \nlate subject \t\n\n\nAssisted-by: Claude \n\n\n", "no newline", "nul\x00Co-authored-by: Claude <noreply@anthropic.com>\n",
		"latin \xe4\xf6\xfc\n", "\n", strings.Repeat("line of text\n", 40_000), "commit " + strings.Repeat("a", 40) + "\nauthor A <a> 1 +0000\n", "tab\tand \r\n carriage\r\n",
	}
	for _, format := range formats {
		r := gittest.New(t, gittest.Format(format))
		tree := r.Git("hash-object", "-t", "tree", "-w", "/dev/null")
		parent := ""
		commit := func(headers, message string) {
			text := "tree " + tree + "\n" + parent + headers + "\n" + message
			id := strings.TrimSpace(string(r.Pipe([]byte(text), "hash-object", "-t", "commit", "-w", "--stdin", "--literally")))
			parent = "parent " + id + "\n"
		}
		good := "Good <g@example.com> 1700000001 +0000"
		for _, i := range idents {
			commit(fmt.Sprintf("author %s\ncommitter %s\n", i, good), "author")
			commit(fmt.Sprintf("author %s\ncommitter %s\n", good, i), "committer")
		}
		for _, m := range messages {
			commit(fmt.Sprintf("author %s\ncommitter %s\n", good, good), m)
			commit(fmt.Sprintf("author %s\ncommitter %s\nencoding ISO-8859-1\nmergetag object\n more\n\n x\n", good, good), m)
		}
		// Two parents, one of them twice.
		first := r.Commit("other", "other", gittest.Write("f", ""))
		parent += "parent " + first + "\n"
		commit(fmt.Sprintf("author %s\ncommitter %s\ngpgsig x\n y\n", good, good), "merge")

		repo := open(t, r)
		seen := 0
		err := repo.Log(ctx, oid(t, strings.Fields(parent)[1]), func(got *git.Commit) error {
			seen++
			want, err := repo.Commit(ctx, got.ID)
			if err != nil {
				return err
			}
			message, _, _ := bytes.Cut(want.Message, []byte{0})
			cut, _, _ := bytes.Cut(got.Message, []byte{0})
			if !bytes.Equal(cut, message) {
				t.Errorf("%s: message %q, want %q", got.ID, cut, message)
			}
			if fmt.Sprint(got.Parents) != fmt.Sprint(want.Parents) || got.Encoding != want.Encoding {
				t.Errorf("%s: %v %q, want %v %q", got.ID, got.Parents, got.Encoding, want.Parents, want.Encoding)
			}
			for _, s := range []struct{ got, want git.Signature }{{got.Author, want.Author}, {got.Committer, want.Committer}} {
				// git writes every zone as a sign and four digits.
				zone := func(z string) int { n, _ := strconv.Atoi(z); return n }
				if zone(s.got.Zone) == zone(s.want.Zone) {
					s.got.Zone = s.want.Zone
				}
				if s.got != s.want {
					t.Errorf("%s: %+v, want %+v", got.ID, s.got, s.want)
				}
			}
			return nil
		})
		if err != nil || seen != 2*len(idents)+2*len(messages)+2 {
			t.Errorf("%d commits, %v", seen, err)
		}
	}
}
