package change

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// TestSameIsPatchID rebases generated changes, cleanly or not quite, and asks git
// whether the patch is still the same one.
func TestSameIsPatchID(t *testing.T) {
	w := rand.New(rand.NewPCG(7, 7))
	repo := gittest.New(t)
	word := func() string { return fmt.Sprintf("%c%c\n", 'a'+rune(w.IntN(3)), 'a'+rune(w.IntN(3))) }
	type edit struct {
		at, gone int
		lines    []string
	}
	some := func(n int) edit {
		e := edit{at: w.IntN(n), gone: w.IntN(3)}
		for range w.IntN(3) {
			e.lines = append(e.lines, word())
		}
		return e
	}
	apply := func(text []string, e edit) []string {
		at := min(max(e.at, 0), len(text))
		return slices.Concat(text[:at], e.lines, text[min(at+e.gone, len(text)):])
	}
	same, different := 0, 0
	for trial := range 70 {
		var base []string
		for range 5 + w.IntN(30) {
			base = append(base, word())
		}
		mine, theirs := some(len(base)), some(len(base))
		moved := theirs.at < mine.at
		again := mine
		if moved {
			again.at += len(theirs.lines) - theirs.gone
		}
		switch w.IntN(6) {
		case 0:
			again.at++
		case 1:
			again.lines = append(slices.Clone(again.lines), word())
		}
		file := func(lines []string) gittest.Edit { return gittest.Write("f", strings.Join(lines, "")) }
		branch := fmt.Sprint("t", trial)
		b1 := repo.Commit(branch, "base", gittest.Orphan(), file(base), gittest.Write("g", "x\n"))
		head1 := repo.Commit(branch+"a", "change", gittest.From(b1), file(apply(base, mine)))
		base2 := apply(base, theirs)
		b2 := repo.Commit(branch, "goes on", file(base2))
		head2 := repo.Commit(branch+"b", "rebased", gittest.From(b2), file(apply(base2, again)))
		r, err := git.Open(t.Context(), repo.Dir)
		if err != nil {
			t.Fatal(err)
		}
		read := func(head string) *Change {
			c, err := Read(t.Context(), r, parseOID(t, b2), parseOID(t, head), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		got, how, err := Same(t.Context(), r, read(head1), read(head2))
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		id := func(from, to string) string {
			patch := repo.Pipe(nil, "diff-tree", "-p", "--full-index", "--histogram", from, to)
			return strings.Fields(string(repo.Pipe(patch, "patch-id", "--verbatim")) + " none")[0]
		}
		one, two := id(b1, head1), id(b2, head2)
		want := one == two && one != "none"
		if got != want {
			t.Errorf("trial %d: same is %v (%s), git says %v\n%s\n%s", trial, got, how, want,
				repo.Git("diff-tree", "-p", b1, head1), repo.Git("diff-tree", "-p", b2, head2))
		}
		if want {
			same++
		} else {
			different++
		}
	}
	if same < 10 || different < 10 {
		t.Errorf("%d pairs are the same and %d are not: one side is hardly tried", same, different)
	}
}

// What is no line cannot be told apart by lines, and taking something back is another
// change than putting it in.
func TestSame(t *testing.T) {
	repo := gittest.New(t)
	b1 := repo.Commit("main", "base", gittest.Write("a", "1\n2\n3\n"), gittest.Write("x", "old\n"), gittest.Write("bin", "\x00\x01"))
	b2 := repo.Commit("main", "fix", gittest.Write("x", "fixed\n"), gittest.Write("bin", "\x00\x02"))
	r, err := git.Open(t.Context(), repo.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, c := range []struct {
		name     string
		one, two []gittest.Edit // on b1, on b2
		same     bool
		how      string
	}{
		{"the same", []gittest.Edit{gittest.Write("a", "1\n2\n4\n")}, []gittest.Edit{gittest.Write("a", "1\n2\n4\n")}, true, "makes the same change"},
		{"takes a fix back", []gittest.Edit{gittest.Write("x", "evil\n")}, []gittest.Edit{gittest.Write("x", "evil\n")}, false, "changes x otherwise"},
		{"one file more", []gittest.Edit{gittest.Write("a", "1\n2\n4\n")}, []gittest.Edit{gittest.Write("a", "1\n2\n4\n"), gittest.Write("n", "n\n")}, false, "other files"},
		{"executable", []gittest.Edit{gittest.Write("a", "1\n2\n4\n")}, []gittest.Edit{gittest.Exec("a", "1\n2\n4\n")}, false, "other files"},
		{"binary, over another version", []gittest.Edit{gittest.Write("bin", "\x00\x03")}, []gittest.Edit{gittest.Write("bin", "\x00\x03")}, false, "changes bin otherwise"},
		{"nothing", []gittest.Edit{}, []gittest.Edit{}, false, "changes no file"},
		{"moved alone", []gittest.Edit{gittest.Move("x", "y")}, []gittest.Edit{gittest.Move("x", "y")}, true, "makes the same change"},
		{"the same files, over another version", []gittest.Edit{gittest.Write("a", "1\n2\n4\n")}, []gittest.Edit{gittest.Write("a", "1\n2\n4\n"), gittest.Write("x", "old\n"), gittest.Write("bin", "\x00\x01")}, false, "other files"},
		{"submodule", []gittest.Edit{gittest.Gitlink("s", b1)}, []gittest.Edit{gittest.Gitlink("s", b2)}, false, "changes s otherwise"},
	} {
		read := func(from string, edits []gittest.Edit) *Change {
			head := repo.Commit(fmt.Sprint("c", i, from[:4]), c.name, append([]gittest.Edit{gittest.From(from)}, edits...)...)
			ch, err := Read(t.Context(), r, parseOID(t, b2), parseOID(t, head), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			return ch
		}
		one, two := read(b1, c.one), read(b2, c.two)
		same, how, err := Same(t.Context(), r, one, two)
		if err != nil || same != c.same || !strings.Contains(how, c.how) {
			t.Errorf("%s: %v, %s, %v", c.name, same, how, err)
		}
		two.Limits = []Limit{{What: "files", Max: 1}}
		if same, _, _ := Same(t.Context(), r, one, two); same {
			t.Errorf("%s: a change that was cut is the same", c.name)
		}
	}
}

// The same lines between the same lines are another change in another place.
func TestSamePlace(t *testing.T) {
	repo := gittest.New(t)
	const before, behind, run = "a\nb\nc\n", "d\ne\nf\n", "run\n"
	plain := before + behind
	with := before + run + behind
	for i, c := range []struct {
		name                       string
		base1, head1, base2, head2 string
		same                       bool
	}{
		{"of one base, the other", plain + plain, with + plain, plain + plain, plain + with, false},
		{"further down", plain + plain, with + plain, "1\n2\n" + plain + plain, "1\n2\n" + with + plain, true},
		{"further down, the other", plain + plain, with + plain, "1\n2\n" + plain + plain, "1\n2\n" + plain + with, false},
		{"one place more", plain + plain, with + plain, plain + plain + plain, plain + with + plain, false},
		{"at the end", "z\n" + plain, "z\n" + plain + run, "y\n" + plain, "y\n" + plain + run, true},
	} {
		file := func(text string) gittest.Edit { return gittest.Write("f", text) }
		branch := fmt.Sprint("p", i)
		b1 := repo.Commit(branch, "base", gittest.Orphan(), file(c.base1))
		head1 := repo.Commit(branch+"a", "change", gittest.From(b1), file(c.head1))
		b2 := repo.Commit(branch, "goes on", file(c.base2), gittest.Write("g", "x\n"))
		head2 := repo.Commit(branch+"b", "rebased", gittest.From(b2), file(c.head2))
		r, err := git.Open(t.Context(), repo.Dir)
		if err != nil {
			t.Fatal(err)
		}
		var all [2]*Change
		for i, head := range []string{head1, head2} {
			if all[i], err = Read(t.Context(), r, parseOID(t, b2), parseOID(t, head), DefaultLimits()); err != nil {
				t.Fatal(err)
			}
		}
		same, how, err := Same(t.Context(), r, all[0], all[1])
		r.Close()
		if err != nil || same != c.same {
			t.Errorf("%s: %v, %s, %v", c.name, same, how, err)
		}
	}
}

func parseOID(t *testing.T, s string) git.OID {
	t.Helper()
	id, err := git.ParseOID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
