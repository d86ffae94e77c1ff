package change_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

var _ change.Repo = (*git.Repository)(nil)

var formats = []string{"sha1", "sha256"}

func open(t testing.TB, r *gittest.Repo) *git.Repository {
	t.Helper()
	repo, err := git.Open(context.Background(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

func oid(t testing.TB, s string) git.OID {
	t.Helper()
	id, err := git.ParseOID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func read(t testing.TB, repo change.Repo, base, head string) *change.Change {
	t.Helper()
	c, err := change.Read(context.Background(), repo, oid(t, base), oid(t, head), change.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numstat is what a plain git says of each file: "added deleted path", with "-" for
// binary files.
func numstat(r *gittest.Repo, base, head string) map[string]string {
	out := map[string]string{}
	fields := strings.Split(strings.TrimSuffix(string(r.Pipe(nil, "diff-tree", "-r", "-z", "--numstat", "-M", base, head)), "\x00"), "\x00")
	for i := 0; i < len(fields) && fields[i] != ""; i++ {
		f := strings.SplitN(fields[i], "\t", 3)
		path := f[2]
		if path == "" { // a rename: old and new path follow
			i += 2
			path = fields[i]
		}
		out[path] = f[0] + " " + f[1]
	}
	return out
}

// compare checks a change against numstat, and its hunks against the files themselves.
func compare(t *testing.T, r *gittest.Repo, c *change.Change) {
	t.Helper()
	plain := numstat(r, c.From.String(), c.Head.String())
	text := contents(r, c.Files)
	for _, f := range c.Files {
		got := fmt.Sprintf("%d %d", f.Added, f.Deleted)
		if f.Unread == change.Opaque {
			got = "- -"
		}
		want, there := plain[string(f.Path)]
		delete(plain, string(f.Path))
		switch {
		case f.SubmoduleChanged && f.Status != change.TypeChanged:
			want = "0 0" // git counts the line "Subproject commit"
		case f.Status == change.TypeChanged:
			// Git's numstat compares the target of a link with the text of a file as if
			// they were two versions of one; its patch does not, and nor do we.
			want = fmt.Sprintf("%d %d", len(text[f.ID]), len(text[f.OldID]))
		}
		if !there || got != want {
			t.Errorf("%s..%s: %s %q: %q, git says %q", c.From.Short(), c.Head.Short(), f.Status, f.Path, got, want)
		}
		checkHunks(t, f, text)
	}
	for path, stat := range plain {
		t.Errorf("%s..%s: %q (%s) is not in the change", c.From.Short(), c.Head.Short(), path, stat)
	}
	if !slices.IsSortedFunc(c.Files, func(a, b change.File) int { return strings.Compare(string(a.Path), string(b.Path)) }) {
		t.Errorf("files are not sorted")
	}
}

// contents are the lines of every blob of the files.
func contents(r *gittest.Repo, files []change.File) map[git.OID][]string {
	var in strings.Builder
	for _, f := range files {
		for _, side := range []struct {
			mode git.Mode
			id   git.OID
		}{{f.OldMode, f.OldID}, {f.Mode, f.ID}} {
			if side.mode != 0 && side.mode != git.ModeGitlink {
				fmt.Fprintln(&in, side.id)
			}
		}
	}
	text := map[git.OID][]string{}
	for out := string(r.Pipe([]byte(in.String()), "cat-file", "--batch")); out != ""; {
		head, rest, _ := strings.Cut(out, "\n")
		var hex, kind string
		var size int
		fmt.Sscan(head, &hex, &kind, &size)
		id, _ := git.ParseOID(hex)
		text[id], out = slices.Collect(strings.Lines(rest[:size])), rest[size+1:]
	}
	return text
}

// checkHunks replaces the hunks' lines in the old file by those of the new one and
// expects the new file.
func checkHunks(t *testing.T, f change.File, text map[git.OID][]string) {
	t.Helper()
	if f.Unread != "" || len(f.Hunks) == 0 || f.Status == change.TypeChanged {
		return
	}
	old, now := text[f.OldID], text[f.ID]
	var built []string
	at := 0
	for _, h := range f.Hunks {
		start, end := h.OldStart, h.Start
		if h.OldLines > 0 {
			start--
		}
		if h.Lines > 0 {
			end--
		}
		built = append(built, old[at:start]...)
		built = append(built, now[end:end+h.Lines]...)
		at = start + h.OldLines
	}
	if built = append(built, old[at:]...); !slices.Equal(built, now) {
		t.Errorf("%q: the hunks do not lead from the old file to the new one", f.Path)
	}
}

func TestReadAgainstNumstat(t *testing.T) {
	for _, format := range formats {
		r, commits := odd(t, format)
		repo := open(t, r)
		seen := map[change.Status]int{}
		for i := 1; i < len(commits); i++ {
			for _, pair := range [][2]string{{commits[i-1], commits[i]}, {commits[0], commits[i]}} {
				c := read(t, repo, pair[0], pair[1])
				compare(t, r, c)
				for _, f := range c.Files {
					seen[f.Status]++
				}
				if len(c.Limits) > 0 || c.From != c.Base || c.ObjectFormat != format {
					t.Errorf("%+v", c)
				}
			}
		}
		for s := change.Modified; s <= change.TypeChanged; s++ {
			if seen[s] == 0 {
				t.Errorf("no file was %s: the test proves less than it says", s)
			}
		}
	}
}

// CUSTODY_TEST_REPO names a real repository; make slow sets it.
func TestReadRealHistory(t *testing.T) {
	dir := os.Getenv("CUSTODY_TEST_REPO")
	if dir == "" {
		t.Skip("CUSTODY_TEST_REPO is not set")
	}
	r := gittest.At(t, dir)
	repo := open(t, r)
	n := 0
	for line := range strings.Lines(r.Git("rev-list", "--no-merges", "--max-parents=1", "--min-parents=1", "--parents", "--max-count=500", "--all")) {
		f := strings.Fields(line)
		compare(t, r, read(t, repo, f[1], f[0]))
		n++
	}
	if n < 100 {
		t.Errorf("only %d commits", n)
	}
}

func TestFields(t *testing.T) {
	r := gittest.New(t)
	old := strings.Repeat("a line of some length\n", 20)
	base := r.Commit("main", "base", gittest.Write("old name", old), gittest.Write("f", "1\n2\n3\n4\n"), gittest.Gitlink("sub", strings.Repeat("1", 40)), gittest.Write("x", "x"))
	r.Commit("main", "middle", gittest.Write("g", "g\n"))
	head := r.Commit("main", "head\n\nCo-authored-by: A <a@example.com>\nKey: folded\n value\n", gittest.Move("old name", "new name"), gittest.Write("new name", old+"end\n"), gittest.Delete("old name"),
		gittest.Write("f", "0\n1\n2\n4\n"), gittest.Gitlink("sub", strings.Repeat("2", 40)), gittest.Exec("x", "x"), gittest.Write("bin", "\x00"))
	c := read(t, open(t, r), base, head)
	if c.Base.String() != base || c.Head.String() != head || c.From.String() != base || c.BaseTree.String() != r.ID(base+"^{tree}") ||
		c.HeadTree.String() != r.ID(head+"^{tree}") || c.FromTree != c.BaseTree || len(c.MergeBases) != 1 || c.Shallow || c.Limits != nil {
		t.Errorf("%+v", c)
	}
	if len(c.Commits) != 2 || c.Commits[1].ID.String() != head || !slices.Equal(c.Commits[1].Trailers, []change.Trailer{{Key: "Co-authored-by", Value: "A <a@example.com>"}, {Key: "Key", Value: "folded value"}}) {
		t.Errorf("commits: %+v", c.Commits)
	}
	id := func(rev string) git.OID { return oid(t, r.Git("rev-parse", rev)) }
	want := []change.File{
		{Path: "bin", Status: change.Added, Mode: git.ModeFile, ID: id(head + ":bin"), Unread: change.Opaque},
		{Path: "f", Status: change.Modified, OldMode: git.ModeFile, Mode: git.ModeFile, OldID: id(base + ":f"), ID: id(head + ":f"), Added: 1, Deleted: 1,
			Hunks: []change.Hunk{{0, 0, 1, 1}, {3, 1, 3, 0}}},
		{Path: "g", Status: change.Added, Mode: git.ModeFile, ID: id(head + ":g"), Added: 1, Hunks: []change.Hunk{{0, 0, 1, 1}}},
		{Path: "new name", OldPath: "old name", Status: change.Renamed, OldMode: git.ModeFile, Mode: git.ModeFile, OldID: id(base + ":old name"), ID: id(head + ":new name"),
			Similarity: 99, Added: 1, Hunks: []change.Hunk{{20, 0, 21, 1}}},
		{Path: "sub", Status: change.Modified, OldMode: git.ModeGitlink, Mode: git.ModeGitlink, OldID: oid(t, strings.Repeat("1", 40)), ID: oid(t, strings.Repeat("2", 40)), SubmoduleChanged: true},
		{Path: "x", Status: change.Modified, OldMode: git.ModeFile, Mode: git.ModeExecutable, OldID: id(base + ":x"), ID: id(head + ":x")},
	}
	if !reflect.DeepEqual(c.Files, want) {
		t.Errorf("files:\n%+v\nwant\n%+v", c.Files, want)
	}
	// The same again is the same.
	if again := read(t, open(t, r), base, head); !reflect.DeepEqual(c, again) {
		t.Error("another answer the second time")
	}
}

func TestMergeBasesOfAChange(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		r := gittest.New(t, gittest.Format(format))
		r.Commit("main", "root", gittest.Write("f", "1\n"))
		a := r.Commit("a", "a", gittest.From("main"), gittest.Write("a", "a\n"))
		b := r.Commit("b", "b", gittest.From("main"), gittest.Write("b", "b\n"))
		x := r.Commit("a", "x", gittest.Merge(b), gittest.Write("b", "b\n"), gittest.Write("x", "x\n"))
		y := r.Commit("b", "y", gittest.From(b), gittest.Merge(a), gittest.Write("a", "a\n"), gittest.Write("y", "y\n"))
		repo := open(t, r)
		c := read(t, repo, x, y)
		if len(c.MergeBases) != 2 || c.MergeBases[0].String() != min(a, b) || c.From != c.MergeBases[0] || c.FromTree.String() != r.ID(min(a, b)+"^{tree}") {
			t.Errorf("criss-cross: %v, from %v", c.MergeBases, c.From)
		}
		if len(c.Commits) != 1 || len(c.Files) != 2 { // y, and what the smaller base lacks
			t.Errorf("criss-cross: %d commits, %+v", len(c.Commits), c.Files)
		}

		alone := r.Commit("alone", "unrelated", gittest.Orphan(), gittest.Write("o", "o\n"))
		c = read(t, repo, x, alone)
		if c.MergeBases != nil || !c.From.IsZero() || !c.FromTree.IsZero() || c.Files != nil || len(c.Commits) != 1 || c.BaseTree.IsZero() {
			t.Errorf("unrelated: %+v", c)
		}
		for _, head := range []string{x, a} { // the same, and an ancestor
			if c = read(t, repo, x, head); len(c.Commits) != 0 || len(c.Files) != 0 || len(c.MergeBases) != 1 {
				t.Errorf("nothing between: %+v", c)
			}
		}
		for _, pair := range [][2]string{{strings.Repeat("ab", len(x)/2), x}, {x, strings.Repeat("ab", len(x)/2)}} {
			if _, err := change.Read(ctx, repo, oid(t, pair[0]), oid(t, pair[1]), change.DefaultLimits()); !errors.Is(err, git.ErrMissing) {
				t.Errorf("a missing commit: %v", err)
			}
		}
		if _, err := change.Read(ctx, repo, git.OID{}, oid(t, x), change.DefaultLimits()); !errors.Is(err, git.ErrMissing) {
			t.Errorf("no base: %v", err)
		}
	}
	full := gittest.New(t)
	full.Generate(gittest.Spec{Files: 3, Commits: 6, Seed: 1})
	c := read(t, open(t, full.Clone("--depth=2", "--bare")), full.ID("main~1"), full.ID("main"))
	if !c.Shallow || len(c.Commits) != 1 {
		t.Errorf("shallow: %+v", c)
	}
}

// Of a partial clone, everything that is there is read, renames and all.
func TestMissingBlobs(t *testing.T) {
	for _, format := range formats {
		r, commits := odd(t, format)
		for _, i := range []int{1, 2, 6, 9, 11, 12, 13} {
			base, head := commits[i-1], commits[i]
			whole := read(t, open(t, r), base, head)
			part := r.Clone("--bare", "--filter=blob:none")
			missing := map[string]bool{}
			for k, f := range whole.Files {
				if k%2 == 0 { // fetch what this file needs
					for _, id := range []git.OID{f.OldID, f.ID} {
						if !id.IsZero() && f.Mode != git.ModeGitlink && f.OldMode != git.ModeGitlink {
							part.Git("cat-file", "-e", id.String())
						}
					}
				}
			}
			repo := open(t, part)
			for _, f := range whole.Files {
				for side, mode := range map[git.OID]git.Mode{f.OldID: f.OldMode, f.ID: f.Mode} {
					if mode == 0 || mode == git.ModeGitlink {
						continue
					}
					if _, err := repo.Blob(context.Background(), side, -1); errors.Is(err, git.ErrMissing) {
						missing[string(f.Path)] = true
						missing[string(f.OldPath)] = true
					}
				}
			}
			got := read(t, repo, base, head)
			byPath := map[change.Path]change.File{}
			for _, f := range got.Files {
				byPath[f.Path] = f
			}
			for _, f := range whole.Files {
				g, there := byPath[f.Path]
				delete(byPath, f.Path)
				switch {
				case !missing[string(f.Path)]:
					if !reflect.DeepEqual(f, g) {
						t.Errorf("commit %d, %q:\n%+v, of the whole repository\n%+v", i, f.Path, g, f)
					}
				case f.OldID != f.ID && f.Status != change.Renamed && (!there || g.Unread != change.Unreadable || g.Hunks != nil || g.Status != f.Status):
					t.Errorf("commit %d, %q, missing: %+v", i, f.Path, g)
				case f.Status == change.Renamed && (!there || g.Status != change.Added && g.Status != change.Renamed):
					t.Errorf("commit %d, %q, missing: %+v", i, f.Path, g)
				}
			}
			for path, f := range byPath { // halves of renames that could not be paired
				if f.Status != change.Deleted || !missing[string(path)] {
					t.Errorf("commit %d: %q is in excess: %+v", i, path, f)
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	r := gittest.New(t)
	base := r.Commit("main", "base", gittest.Write("a", "1\n"))
	var edits []gittest.Edit
	for i := range 20 {
		edits = append(edits, gittest.Write(fmt.Sprintf("d%d/f%02d", i%4, i), strings.Repeat("line\n", 10+i)))
	}
	r.Commit("main", "more", edits...)
	head := r.Commit("main", "head", gittest.Write("a", "2\n"), gittest.Write("large text", strings.Repeat("text\n", 3<<20)),
		gittest.Write("large binary", strings.Repeat("\x00\x01", 5<<20)), gittest.Write("large then binary", strings.Repeat("x", 9<<20)+"\x00"))
	repo := open(t, r)
	read := func(lim change.Limits) *change.Change {
		t.Helper()
		c, err := change.Read(context.Background(), repo, oid(t, base), oid(t, head), lim)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	limits := change.DefaultLimits()
	c := read(limits)
	unread := map[change.Path]change.Unread{}
	for _, f := range c.Files {
		if f.Unread != "" {
			unread[f.Path] = f.Unread
		}
	}
	if want := map[change.Path]change.Unread{"large text": change.TooLarge, "large binary": change.Opaque, "large then binary": change.TooLarge}; !reflect.DeepEqual(unread, want) || c.Limits != nil {
		t.Errorf("unread: %v, limits %v", unread, c.Limits)
	}
	for what, lim := range map[string]change.Limits{
		"commits": {Commits: 1, Diff: limits.Diff},
		"files":   {Commits: 9, Diff: git.DiffLimits{Files: 5, Lines: 1000, Bytes: 1 << 30, FileBytes: 1 << 20}},
		"lines":   {Commits: 9, Diff: git.DiffLimits{Files: 100, Lines: 100, Bytes: 1 << 30, FileBytes: 1 << 20}},
		"bytes":   {Commits: 9, Diff: git.DiffLimits{Files: 100, Lines: 1000, Bytes: 1000, FileBytes: 1 << 20}},
	} {
		c := read(lim)
		if len(c.Limits) != 1 || c.Limits[0].What != what || c.Limits[0].Max <= 0 {
			t.Errorf("%s: %+v", what, c.Limits)
		}
		whole, cut := 0, 0
		for _, f := range c.Files {
			if f.Unread == change.TooLarge {
				cut++
			} else {
				whole++
			}
			if f.Unread != "" && (f.Hunks != nil || f.Added != 0) {
				t.Errorf("%s: %+v", what, f)
			}
		}
		if what != "commits" && cut == 0 || what == "lines" && whole == 0 || what == "files" && len(c.Files) != 5 {
			t.Errorf("%s: %d files whole, %d cut", what, whole, cut)
		}
		if again := read(lim); !reflect.DeepEqual(c, again) {
			t.Errorf("%s: another answer the second time", what)
		}
		// What is told early is the list of files, unless that itself is cut.
		var told []*change.Change
		times := map[bool]int{}
		listed, err := change.ReadListed(context.Background(), repo, oid(t, base), oid(t, head), lim, func(c *change.Change, paired bool) {
			told = append(told, c)
			times[paired]++
		})
		if err != nil || !reflect.DeepEqual(c, listed) {
			t.Errorf("%s: another answer to who is told early: %v", what, err)
		}
		want := map[bool]int{}
		if what == "lines" || what == "bytes" {
			want = map[bool]int{false: 1} // of what is too large git is not asked, and so of parts
		}
		if !maps.Equal(times, want) {
			t.Errorf("%s: told how often: %v, want %v", what, times, want)
		}
		for _, c := range told {
			if len(c.Files) != 24 || c.Limits != nil || c.HeadTree.IsZero() || c.FromTree.IsZero() {
				t.Errorf("%s: told of %d files, limits %v", what, len(c.Files), c.Limits)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := change.Read(ctx, repo, oid(t, base), oid(t, head), limits); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Large files that look like renames of each other would be read whole, in pairs.
func TestLargeRenames(t *testing.T) {
	r := gittest.New(t)
	text := strings.Repeat("some text\n", 1<<20)
	base := r.Commit("main", "base", gittest.Write("a", text), gittest.Write("same", text+"same"), gittest.Write("small", strings.Repeat("small\n", 9)))
	head := r.Commit("main", "head", gittest.Delete("a"), gittest.Write("b", text+"more\n"), gittest.Move("same", "moved"), gittest.Move("small", "small too"))
	c := read(t, open(t, r), base, head)
	var got []string
	for _, f := range c.Files {
		got = append(got, fmt.Sprint(f.Path, " ", f.Status, " ", f.OldPath, " ", f.Unread))
	}
	if want := []string{"a deleted  limit", "b added  limit", "moved renamed same ", "small too renamed small "}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is told before the lines are read is the change without them: at first without renames,
// then with those that git found.
func TestListed(t *testing.T) {
	r := gittest.New(t)
	text := strings.Repeat("some text\n", 50)
	base := r.Commit("main", "base", gittest.Write("a", text), gittest.Write("b/c", text+"same"), gittest.Write("gone", "1\n2\n"), gittest.Write("stays", "here\n"))
	head := r.Commit("main", "head", gittest.Delete("a"), gittest.Write("z", text+"more\n"), gittest.Move("b/c", "moved"), gittest.Delete("gone"), gittest.Write("stays", "here\nand there\n"))
	bare := func(c *change.Change) (list []string) {
		for _, f := range c.Files {
			list = append(list, fmt.Sprint(f.Path, " ", f.Status, " ", f.OldPath, " ", f.Similarity, " ", f.OldMode, f.Mode, " ", f.OldID, f.ID))
		}
		return list
	}
	var told []*change.Change
	c, err := change.ReadListed(t.Context(), open(t, r), oid(t, base), oid(t, head), change.DefaultLimits(), func(c *change.Change, paired bool) {
		if paired != (len(told) == 1) {
			t.Errorf("told number %d is paired: %v", len(told), paired)
		}
		told = append(told, c)
	})
	if err != nil || len(told) != 2 {
		t.Fatalf("told %d times, %v", len(told), err)
	}
	if got, want := bare(told[1]), bare(c); !slices.Equal(got, want) || len(want) != 4 {
		t.Errorf("told of\n%q\nand read\n%q", got, want)
	}
	var paths []string
	for _, f := range told[0].Files {
		paths = append(paths, fmt.Sprint(f.Path, " ", f.Status))
	}
	if want := []string{"a deleted", "b/c deleted", "gone deleted", "moved added", "stays modified", "z added"}; !slices.Equal(paths, want) {
		t.Errorf("told at first of %q, want %q", paths, want)
	}
}

func TestManyFiles(t *testing.T) {
	n := 5000
	if os.Getenv("CUSTODY_SLOW") != "" {
		n = 100_000
	}
	r := gittest.New(t)
	base := r.Commit("main", "empty")
	r.Git("update-ref", "refs/heads/start", base)
	r.Generate(gittest.Spec{Files: n, Lines: 2, Seed: 1})
	// Generate starts a history of its own: put its tree on top of ours.
	head := strings.TrimSpace(string(r.Pipe(nil, "commit-tree", "-p", base, "-m", "many", r.ID("main^{tree}"))))
	c := read(t, open(t, r), base, head)
	if len(c.Files) != n || c.Limits != nil {
		t.Fatalf("%d files, limits %v", len(c.Files), c.Limits)
	}
	added := 0
	for _, f := range c.Files {
		added += f.Added
	}
	want := strings.Fields(r.Git("diff-tree", "--shortstat", base, head))
	if plus, _ := strconv.Atoi(want[3]); plus != added {
		t.Errorf("%d lines, git says %d", added, plus)
	}
}

// Trees that git would compare after its own fashion are refused, not compared.
func TestHostileTreesAreNotCompared(t *testing.T) {
	r := gittest.New(t)
	base := r.Commit("main", "base", gittest.Write("a", "1\n"))
	blob := oid(t, r.ID(base+":a"))
	line := func(name string) string { return "100644 " + name + "\x00" + string(blob.Bytes()) }
	for _, content := range []string{line("a") + line("a"), line("b") + line("a"), line("a/b"), line(".git"), "junk"} {
		tree := r.Object("tree", []byte(content))
		head := r.Object("commit", []byte("tree "+tree+"\nparent "+base+"\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n"))
		_, err := change.Read(context.Background(), open(t, r), oid(t, base), oid(t, head), change.DefaultLimits())
		var bad *git.TreeError
		if !errors.As(err, &bad) || !errors.Is(err, git.ErrMalformed) {
			t.Errorf("%q: %v", content, err)
		}
	}
	// Deeper than anybody builds, and many folders without a file.
	level := oid(t, r.Object("tree", []byte(line("x"))))
	for range 300 {
		level = oid(t, r.Object("tree", []byte("40000 d\x00"+string(level.Bytes()))))
	}
	empty := oid(t, r.Object("tree", nil))
	for range 8 {
		var b strings.Builder
		for i := range 10 {
			b.WriteString("40000 " + strconv.Itoa(i) + "\x00" + string(empty.Bytes()))
		}
		empty = oid(t, r.Object("tree", []byte(b.String())))
	}
	for what, tree := range map[string]git.OID{"depth": level, "folders": empty} {
		head := r.Object("commit", []byte("tree "+tree.String()+"\nparent "+base+"\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n"))
		c, err := change.Read(context.Background(), open(t, r), oid(t, base), oid(t, head), change.DefaultLimits())
		if err != nil || len(c.Limits) != 1 || c.Limits[0].What != what {
			t.Errorf("%s: %v, %v", what, c, err)
		}
	}
}

// A head that takes back what one of two merge bases did shows nothing of it in the
// difference from the other.
func TestSeveralMergeBasesHideNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		evil, x []gittest.Edit // in the merge at head, in the one at base
		hidden  bool
	}{
		{"takes back", []gittest.Edit{gittest.Write("f", "weak\n"), gittest.Write("a", "a\n"), gittest.Write("e", "e\n")}, []gittest.Edit{gittest.Write("a", "a\n")}, true},
		{"takes back, and base went on", []gittest.Edit{gittest.Write("f", "weak\n")}, []gittest.Edit{gittest.Write("f", "stronger\n")}, true},
		{"takes back by deleting", []gittest.Edit{gittest.Delete("new")}, nil, true},
		{"merges faithfully", []gittest.Edit{gittest.Write("f", "strong\n"), gittest.Write("new", "n\n"), gittest.Write("a", "a\n")}, []gittest.Edit{gittest.Write("a", "a\n")}, false},
		{"merges faithfully, and base went on", []gittest.Edit{gittest.Write("f", "strong\n"), gittest.Write("new", "n\n"), gittest.Write("a", "a\n")}, []gittest.Edit{gittest.Write("a", "b\n"), gittest.Write("f", "stronger\n")}, false},
	} {
		r := gittest.New(t)
		r.Commit("main", "root", gittest.Write("f", "weak\n"), gittest.Write("z", "z\n"))
		b := r.Commit("b", "b", gittest.From("main"), gittest.Write("f", "strong\n"), gittest.Write("new", "n\n"))
		a := ""
		for i := 0; a == "" || a > b; i++ { // the hostile one of two merge bases is the smallest: it is cheap to find
			a = r.Commit(fmt.Sprint("a", i), fmt.Sprint("a ", i), gittest.From("main"), gittest.Write("a", "a\n"))
		}
		base := r.Commit("base", "merge", append([]gittest.Edit{gittest.From(b), gittest.Merge(a)}, tt.x...)...)
		head := r.Commit("head", "merge", append([]gittest.Edit{gittest.From(a), gittest.Merge(b)}, tt.evil...)...)
		c := read(t, open(t, r), base, head)
		if len(c.MergeBases) != 2 || c.From.String() != a {
			t.Fatalf("%s: merge bases %v, from %v", tt.name, c.MergeBases, c.From)
		}
		if hidden := len(c.Limits) == 1 && c.Limits[0].What == change.ManyBases; hidden != tt.hidden || len(c.Limits) > 1 {
			t.Errorf("%s: limits %v, files %v", tt.name, c.Limits, c.Files)
		}
	}
}
