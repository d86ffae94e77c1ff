package git_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

var formats = []string{"sha1", "sha256"}

func open(t testing.TB, r *gittest.Repo, opts ...git.Option) *git.Repository {
	t.Helper()
	// Expecting where it is changes no answer: see TestOpenFindsTheRepository.
	repo, err := git.Open(context.Background(), r.Dir, append(opts, git.WithComparing())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := repo.Close(); err != nil {
			t.Error(err)
		}
	})
	return repo
}

func openGoGit(t testing.TB, r *gittest.Repo) *git.GoGit {
	t.Helper()
	g, err := git.OpenGoGit(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func oid(t testing.TB, s string) git.OID {
	t.Helper()
	id, err := git.ParseOID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestReaders(t *testing.T) {
	for _, format := range formats {
		t.Run("Repository/"+format, func(t *testing.T) {
			testReader(t, format, func(r *gittest.Repo) git.Reader { return open(t, r) })
		})
	}
	t.Run("GoGit", func(t *testing.T) {
		testReader(t, "sha1", func(r *gittest.Repo) git.Reader { return openGoGit(t, r) })
	})
}

// testReader is what every Reader must do. Objects are read loose, then packed.
func testReader(t *testing.T, format string, open func(*gittest.Repo) git.Reader) {
	r := gittest.New(t, gittest.Format(format))
	r.Generate(gittest.Spec{Files: 25, Commits: 6, Seed: 3})
	first := r.Commit("main", "subject\n\nbody\xff\n", gittest.Write("a", "one\n"), gittest.Write("a.b", "x"), gittest.Write("a-/c", "y"),
		gittest.Exec("run", "#!/bin/sh\n"), gittest.Symlink("link", "a"), gittest.Gitlink("sub", strings.Repeat("1", len(r.ID("main")))),
		gittest.Write("odd \xff\n\"name", "z"), gittest.Write("empty", ""), gittest.By("Zoë <z@example.com>"))
	side := r.Commit("side", "side", gittest.From(first+"^"), gittest.Write("big", strings.Repeat("0123456789", 1000)))
	merge := r.Commit("main", "merge", gittest.Merge(side))
	r.Git("tag", "light", first)
	r.Git("tag", "-a", "-m", "a tag", "heavy", first)
	r.Git("tag", "-a", "-m", "a tag of a tag", "double", "heavy")
	blob := r.Git("rev-parse", first+":a")
	tree := r.Git("rev-parse", first+"^{tree}")
	r.Git("tag", "blobtag", blob)
	r.Git("tag", "-a", "-m", "x", "treetag", tree)
	r.Git("update-ref", "refs/remotes/origin/far", first)
	r.Git("update-ref", "refs/heads/--upload-pack=x", side)

	t.Run("loose", func(t *testing.T) { testObjects(t, r, open(r)) })
	r.Git("repack", "-adfq")
	r.Git("pack-refs", "--all")
	t.Run("packed", func(t *testing.T) { testObjects(t, r, open(r)) })

	rd := open(r)
	ctx := context.Background()
	t.Run("Resolve", func(t *testing.T) {
		for rev, want := range map[string]string{
			"HEAD": merge, "@": merge, "main": merge, "refs/heads/main": merge, "heads/main": merge,
			"light": first, "heavy": first, "double": first, "refs/tags/heavy": first, "origin/far": first,
			first: first, strings.ToUpper(first): first, first[:10]: first, merge + "^2": side, "main~1": first,
			"main^{commit}": merge, "heavy^{}": first, "main^0": merge, "main~2^0": r.ID("main~2"), "--upload-pack=x": side,
			"main~0": merge, r.Git("rev-parse", "double"): first,
		} {
			if got, err := rd.Resolve(ctx, rev); err != nil || got.String() != want {
				t.Errorf("Resolve(%q) = %v, %v; want %s", rev, got, err, want)
			}
		}
		for _, rev := range []string{
			"", "nothing", "--all", "-", "main..side", "main^9", "main~9999", "^main", "refs/heads", "main@{yesterday}",
			"@{-1}", "main@{0}", "@{u}", ":/subject", "HEAD^{/subject}", ":a", "a\nb", "main\x00", "../config", "config",
			"refs/heads/../../config", strings.Repeat("a", 40), strings.Repeat("0", len(first)), "main^{nonsense}", " main", "abcdef0123",
			strings.Repeat("long", 5000),
		} {
			if got, err := rd.Resolve(ctx, rev); !errors.Is(err, git.ErrNotFound) || !got.IsZero() {
				t.Errorf("Resolve(%.40q) = %v, %v; want ErrNotFound", rev, got, err)
			}
		}
		for rev, want := range map[string]string{"blobtag": "blob", "treetag": "tree", blob: "blob", tree: "tree", tree[:12]: "tree"} {
			var not *git.NotCommitError
			if got, err := rd.Resolve(ctx, rev); !errors.As(err, &not) || not.Type != want || !got.IsZero() {
				t.Errorf("Resolve(%q) = %v, %v; want a *NotCommitError of a %s", rev, got, err, want)
			}
		}
	})

	t.Run("one name, several things", func(t *testing.T) {
		r := gittest.New(t, gittest.Format(format))
		old := r.Commit("main", "old", gittest.Write("a", "a\n"))
		now := r.Commit("main", "now", gittest.Write("a", "b\n"))
		r.Git("tag", "main", old) // a pusher's
		r.Git("tag", "same", now) // says the same as the branch
		r.Git("branch", "same", now)
		r.Git("update-ref", "refs/heads/HEAD", old)
		r.Git("update-ref", "refs/heads/refs/heads/main", old)
		r.Git("update-ref", "refs/tags/origin/main", old)
		r.Git("update-ref", "refs/remotes/origin/main", now)
		r.Git("update-ref", "refs/heads/"+now[:9], old)
		r.Git("update-ref", "refs/heads/"+now, old)
		rd := open(r)
		for _, rev := range []string{"main", "main~0", "main^{commit}", "origin/main", now[:9]} {
			if got, err := rd.Resolve(ctx, rev); !errors.Is(err, git.ErrAmbiguousName) || !got.IsZero() {
				t.Errorf("Resolve(%q) = %v, %v; want ErrAmbiguousName", rev, got, err)
			}
		}
		for rev, want := range map[string]string{"refs/heads/main": now, "heads/main": now, "tags/main": old, "same": now, "HEAD": now, now: now, now[:12]: now} {
			if got, err := rd.Resolve(ctx, rev); err != nil || got.String() != want {
				t.Errorf("Resolve(%q) = %v, %v; want %s", rev, got, err, want)
			}
		}
	})

	t.Run("ambiguous", func(t *testing.T) {
		// Of 1,500 commits, two begin with the same four digits.
		r := gittest.New(t, gittest.Format(format))
		var s strings.Builder
		for i := range 1500 {
			s.WriteString("commit refs/heads/c\ncommitter A <a> 1 +0000\ndata <<E\n" + strings.Repeat("y", i) + "\nE\n\n")
		}
		r.FastImport([]byte(s.String()))
		prefix, count := "", map[string]int{}
		for id := range strings.Lines(r.Git("rev-list", "c")) {
			count[id[:4]]++
		}
		for p, n := range count {
			if n > 1 {
				prefix = p
			}
		}
		if prefix == "" {
			t.Fatal("no two commits begin alike")
		}
		if got, err := open(r).Resolve(ctx, prefix); !errors.Is(err, git.ErrAmbiguous) {
			t.Errorf("Resolve(%q) = %v, %v; want ErrAmbiguous", prefix, got, err)
		}
	})

	t.Run("empty repository", func(t *testing.T) {
		_, err := open(gittest.New(t, gittest.Format(format))).Resolve(ctx, "HEAD")
		if !errors.Is(err, git.ErrNotFound) || !strings.Contains(err.Error(), "empty") {
			t.Errorf("Resolve(HEAD): %v", err)
		}
	})

	t.Run("errors", func(t *testing.T) {
		absent, b, c, tr := oid(t, strings.Repeat("ab", len(first)/2)), oid(t, blob), oid(t, first), oid(t, tree)
		other := oid(t, strings.Repeat("cd", 52-len(first)/2)) // of the other hash
		for _, id := range []git.OID{absent, {}, other, oid(t, strings.Repeat("0", len(first)))} {
			_, err1 := rd.Commit(ctx, id)
			_, err2 := rd.Tree(ctx, id)
			_, err3 := rd.Blob(ctx, id, -1)
			for _, err := range []error{err1, err2, err3} {
				if !errors.Is(err, git.ErrMissing) {
					t.Errorf("%q: %v; want ErrMissing", id, err)
				}
			}
		}
		_, err1 := rd.Commit(ctx, tr)
		_, err2 := rd.Tree(ctx, c)
		_, err3 := rd.Blob(ctx, c, -1)
		_, err4 := rd.Tree(ctx, b)
		for _, err := range []error{err1, err2, err3, err4} {
			if err == nil || errors.Is(err, git.ErrMissing) || !strings.Contains(err.Error(), "not a ") {
				t.Errorf("the wrong kind of object: %v", err)
			}
		}
		big := oid(t, r.Git("rev-parse", "side:big"))
		var large *git.TooLargeError
		if data, err := rd.Blob(ctx, big, 9999); !errors.As(err, &large) || large.Size != 10000 || large.Limit != 9999 || data != nil {
			t.Errorf("a blob over the limit: %d bytes, %v", len(data), err)
		}
		if data, err := rd.Blob(ctx, big, 10000); err != nil || len(data) != 10000 {
			t.Errorf("a blob at the limit: %d bytes, %v", len(data), err)
		}
		if data, err := rd.Blob(ctx, oid(t, r.Git("rev-parse", "main:empty")), 0); err != nil || len(data) != 0 {
			t.Errorf("an empty blob, limit 0: %q, %v", data, err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := rd.Blob(gone, b, -1); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
		if data, err := rd.Blob(ctx, b, -1); err != nil || string(data) != "one\n" {
			t.Errorf("after all this: %q, %v", data, err)
		}
	})
	t.Run("hostile trees", func(t *testing.T) { testHostileTrees(t, format, open) })
	t.Run("walk", func(t *testing.T) { testWalk(t, format, open) })
}

// testObjects compares everything reachable with what git prints.
func testObjects(t *testing.T, r *gittest.Repo, rd git.Reader) {
	ctx := context.Background()
	for id := range strings.Lines(r.Git("rev-list", "--all")) {
		id = strings.TrimSpace(id)
		c, err := rd.Commit(ctx, oid(t, id))
		if err != nil {
			t.Fatal(err)
		}
		sign := func(s git.Signature) string { return s.Name + "|" + s.Email }
		var parents []string
		for _, p := range c.Parents {
			parents = append(parents, p.String())
		}
		got := []string{c.ID.String(), c.Tree.String(), strings.Join(parents, " "), sign(c.Author), sign(c.Committer)}
		want := strings.Split(r.Git("log", "-1", "--format=%H%n%T%n%P%n%an|%ae%n%cn|%ce", id), "\n")
		if !slices.Equal(got, want) {
			t.Errorf("commit %s: %q, git says %q", id, got, want)
		}
		raw := string(r.Pipe(nil, "cat-file", "commit", id))
		if _, message, _ := strings.Cut(raw, "\n\n"); message != string(c.Message) {
			t.Errorf("commit %s: message %q, want %q", id, c.Message, message)
		}
		var list []string
		walkTree(t, rd, c.Tree, "", &list)
		if tree := strings.Split(strings.TrimSuffix(r.Git("ls-tree", "-r", "-z", id), "\x00"), "\x00"); !slices.Equal(list, tree) {
			t.Errorf("tree of %s:\n%q\ngit says\n%q", id, list, tree)
		}
	}
	for line := range strings.Lines(r.Git("cat-file", "--batch-all-objects", "--batch-check")) {
		if f := strings.Fields(line); f[1] == "blob" {
			data, err := rd.Blob(ctx, oid(t, f[0]), -1)
			if want := string(r.Pipe(nil, "cat-file", "blob", f[0])); err != nil || string(data) != want {
				t.Errorf("blob %s: %q, %v; want %q", f[0], data, err, want)
			}
		}
	}
}

func walkTree(t *testing.T, rd git.Reader, id git.OID, prefix string, out *[]string) {
	entries, err := rd.Tree(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch e.Mode {
		case git.ModeTree:
			walkTree(t, rd, e.ID, prefix+e.Name+"/", out)
		case git.ModeGitlink:
			*out = append(*out, "160000 commit "+e.ID.String()+"\t"+prefix+e.Name)
		default:
			*out = append(*out, e.Mode.String()+" blob "+e.ID.String()+"\t"+prefix+e.Name)
		}
	}
}
