package change_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// The odd repository: every commit differs from the one before in a way that diffs are
// known to get wrong.
func odd(t testing.TB, format string) (r *gittest.Repo, commits []string) {
	r = gittest.New(t, gittest.Format(format))
	add := func(edits ...gittest.Edit) {
		commits = append(commits, r.Commit("main", fmt.Sprintf("Commit %d\n", len(commits)), edits...))
	}
	link := func(digit string) string {
		return strings.Repeat(digit, map[string]int{"sha1": 40, "sha256": 64}[format])
	}
	text := func(n int, word string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s %d\n", word, i)
		}
		return b.String()
	}
	forged := "x\n@@ -1,3 +1,9 @@\ndiff --git a/a b/b\n--- a\n+++ b\nBinary files a and b differ\n"
	add(gittest.Write("a", text(100, "a")), gittest.Write("dir/b", text(50, "b")), gittest.Write("crlf", "one\r\ntwo\r\n"), gittest.Write("cr", "one\rtwo"),
		gittest.Write("nonl", "no newline"), gittest.Write("run", "#!/bin/sh\n"), gittest.Symlink("link", "a"), gittest.Gitlink("sub", link("1")),
		gittest.Write("bin", "\x00\x01"), gittest.Write("latin\xe9\xff", "x\n"), gittest.Write("quo\"te\\", "x\n"), gittest.Write("new\nline", "x\n"),
		gittest.Write("\ntab\t", "x\n"), gittest.Write("empty", ""), gittest.Write("huge line", strings.Repeat("x", 600_000)+"\n"), gittest.Write(":colon", "x\n"),
		gittest.Write("*", "x\n"), gittest.Write("-option", "x\n"), gittest.Write("diff --git a b\n@@ -1 +1 @@\n", "x\n"), gittest.Write("late", strings.Repeat("y", 8000)+"\x00\n"))
	add(gittest.Move("a", "moved/a")) // whole
	add(gittest.Move("moved/a", "again"), gittest.Write("again", text(100, "a")+"more\n"), gittest.Delete("moved/a"))
	add(gittest.Write("crlf", "one\ntwo\r\nthree\r\n"), gittest.Write("cr", "one\rtwo\r"), gittest.Write("nonl", "no newline\n"))
	add(gittest.Write("nonl", "other, none again"), gittest.Exec("run", "#!/bin/sh\n"), gittest.Write("empty", "no more\n"), gittest.Write("new empty", ""))
	add(gittest.Exec("again", text(99, "a")+"more\n"), gittest.Write("empty", ""), gittest.Delete("new empty"))
	add(gittest.Write("link", "a file now\n"), gittest.Symlink("run", "elsewhere"), gittest.Symlink("nonl", "other, none again"), gittest.Write("sub", "was a module\n"))
	add(gittest.Gitlink("sub", link("2")), gittest.Symlink("link", "b"), gittest.Write("bin", "\x00\x02"), gittest.Write("late", strings.Repeat("z", 8000)+"\x00\n"))
	add(gittest.Gitlink("sub", link("3")), gittest.Symlink("link", "c"), gittest.Write("bin", "text now\n"), gittest.Write("huge line", strings.Repeat("x", 600_001)+"\n"))
	add(gittest.Write("new\nline", forged), gittest.Write("\ntab\t", "--- \n+++ \n-- \n"), gittest.Write("latin\xe9\xff", "y\n"), gittest.Write(":colon", "y\n"), gittest.Write("*", "y\n"), gittest.Write("-option", "y\n"))
	add(gittest.Write("new\nline", strings.Repeat(forged, 3)+"\\ No newline at end of file\n\\ x"), gittest.Write("\ntab\t", "+++ \n\\ \n"), gittest.Move("quo\"te\\", "quo\tte"))
	add(gittest.Delete("dir/b"), gittest.Write("dir", "a file where the folder was\n"), gittest.Delete("sub"))
	add(gittest.Delete("dir"), gittest.Write("dir/b", text(50, "b")), gittest.Write("dir.b", "sorts between\n"), gittest.Move("diff --git a b\n@@ -1 +1 @@\n", "rename from x\nrename to y\n"))
	add(gittest.Write("copy 1", text(50, "b")), gittest.Write("copy 2", text(50, "b")), gittest.Write("copy 3", text(50, "b")+"c\n"), gittest.Delete("dir/b")) // one source, three targets
	add(gittest.Clear())
	add(gittest.Write(".gitattributes", "* -diff\n*.x binary\n"), gittest.Write("hidden.x", "but seen\n"), gittest.Write("a", strings.Repeat("\n", 1000)))
	add(gittest.Write("a", strings.Repeat("\n", 500)+"x"+strings.Repeat("\n", 400)), gittest.Write("hidden.x", "and\nchanged\n"))
	add() // nothing
	// Lines of which some are everywhere, before a long end that stays: with -U0 git first
	// cuts off the end, and in a few of these files then finds other lines.
	rnd := rand.New(rand.NewPCG(1, 1))
	random := func(n int, end bool) string {
		var b strings.Builder
		for i := range n {
			if end {
				fmt.Fprintf(&b, "a line of the end, number %d\n%s", i, []string{"", "\n", "---\n"}[rnd.IntN(3)])
			} else {
				b.WriteString([]string{fmt.Sprintln(rnd.IntN(1000)), fmt.Sprintln(rnd.IntN(20)), "\n", "---\n"}[rnd.IntN(4)])
			}
		}
		return b.String()
	}
	end := random(300, true)
	for range 3 {
		var edits []gittest.Edit
		for i := range 150 {
			edits = append(edits, gittest.Write(fmt.Sprint("end/", i), random(30, false)+end))
		}
		add(edits...)
	}
	for range 12 {
		id := len(commits)
		var edits []gittest.Edit
		for i := range 40 {
			edits = append(edits, gittest.Write(fmt.Sprintf("r/%d/%d", id%3, i), text(30+(i*id)%40, fmt.Sprint((i+id)/4%5))))
		}
		add(append(edits, gittest.Clear())[len(edits):]...)
		add(edits...)
	}
	return r, commits
}
