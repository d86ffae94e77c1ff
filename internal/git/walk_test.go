package git_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// entry is the raw form of a tree entry.
func entry(mode, name, id string) string {
	var raw []byte
	for i := 0; i < len(id); i += 2 {
		var b byte
		fmt.Sscanf(id[i:i+2], "%02x", &b)
		raw = append(raw, b)
	}
	return mode + " " + name + "\x00" + string(raw)
}

func testHostileTrees(t *testing.T, format string, open func(*gittest.Repo) git.Reader) {
	r := gittest.New(t, gittest.Format(format))
	id := r.Object("blob", []byte("x"))
	rd := open(r)
	ctx := context.Background()
	file := func(name string) string { return entry("100644", name, id) }
	empty := r.Object("tree", nil)
	trees := map[string]string{
		"no mode":            " a\x00",
		"no space":           "100644a",
		"no NUL":             "100644 a",
		"id cut":             file("a")[:len(file("a"))-1],
		"trailing byte":      file("a") + "1",
		"empty name":         file(""),
		"dot":                file("."),
		"dotdot":             file(".."),
		"dotgit":             file(".git"),
		"dotgit upper":       file(".GiT"),
		"slash":              file("a/b"),
		"twice":              file("a") + file("a"),
		"not sorted":         file("b") + file("a"),
		"file and folder":    file("a") + file("a.b") + entry("40000", "a", empty),
		"folder, sorted ill": entry("40000", "a", empty) + file("a.b"),
		"mode 0":             entry("0", "a", id),
		"mode of a device":   entry("20644", "a", id),
		"mode not octal":     entry("100648", "a", id),
		"mode too long":      entry("0000000000100644", "a", id),
		"no object":          entry("100644", "a", strings.Repeat("0", len(id))),
	}
	for name, content := range trees {
		tree := r.Object("tree", []byte(content))
		entries, err := rd.Tree(ctx, oid(t, tree))
		if !errors.Is(err, git.ErrMalformed) || entries != nil || !strings.Contains(err.Error(), tree) {
			t.Errorf("%s: %v, %v; want ErrMalformed that names the tree", name, entries, err)
		}
		outer := r.Object("tree", []byte(entry("40000", "in", r.Object("tree", []byte(entry("40000", "side", tree))))))
		var bad *git.TreeError
		err = git.Walk(ctx, rd, oid(t, outer), git.DefaultWalkLimits(), func(string, git.Entry) error { return nil })
		if !errors.As(err, &bad) || bad.Path != "in/side" || bad.ID.String() != tree || !errors.Is(err, git.ErrMalformed) {
			t.Errorf("walking to %s: %v; want a *TreeError", name, err)
		}
	}
	for name, content := range map[string]string{
		"historic modes": entry("100664", "a", id) + entry("040000", "b", empty),
		"odd names":      file("\n") + file(" ") + file("...") + file(".gita") + file("\xff"),
		"file, folder":   file("a") + file("a.b") + entry("40000", "b", empty),
	} {
		if _, err := rd.Tree(ctx, oid(t, r.Object("tree", []byte(content)))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func testWalk(t *testing.T, format string, open func(*gittest.Repo) git.Reader) {
	ctx := context.Background()
	r := gittest.New(t, gittest.Format(format))
	r.Generate(gittest.Spec{Files: 2000, Seed: 1})
	r.Commit("main", "names that sort oddly", gittest.Write("a", ""), gittest.Write("a.x", ""), gittest.Write("b/c", ""), gittest.Write("b.x", ""),
		gittest.Write("b-x", ""), gittest.Write("\xff/\n", ""), gittest.Symlink("l", "a"), gittest.Gitlink("b/sub", r.ID("main")))
	rd := open(r)
	tree := oid(t, r.Git("rev-parse", "main^{tree}"))
	walk := func(lim git.WalkLimits) (list []string, err error) {
		err = git.Walk(ctx, rd, tree, lim, func(path string, e git.Entry) error {
			list = append(list, e.Mode.String()+" "+e.ID.String()+"\t"+path)
			return nil
		})
		return list, err
	}
	list, err := walk(git.DefaultWalkLimits())
	if err != nil {
		t.Fatal(err)
	}
	want := r.Git("ls-tree", "-r", "-z", "main")
	for _, kind := range []string{" blob ", " commit "} {
		want = strings.ReplaceAll(want, kind, " ")
	}
	if !slices.Equal(list, strings.Split(strings.TrimSuffix(want, "\x00"), "\x00")) {
		t.Error("Walk and git ls-tree -r differ")
	}
	paths := make([]string, len(list))
	for i, l := range list {
		_, paths[i], _ = strings.Cut(l, "\t")
	}
	if !slices.IsSorted(paths) {
		t.Error("paths are not sorted")
	}

	longest := len(slices.MaxFunc(paths, func(a, b string) int { return len(a) - len(b) }))
	for _, x := range []struct {
		lim  git.WalkLimits
		what string // "" passes
	}{
		{git.WalkLimits{}, ""},
		{git.WalkLimits{Entries: len(list), Depth: 3, PathBytes: longest}, ""},
		{git.WalkLimits{Entries: len(list) - 1}, "entries"},
		{git.WalkLimits{Depth: 2}, "depth"},
		{git.WalkLimits{PathBytes: longest - 1}, "path bytes"},
	} {
		got, err := walk(x.lim)
		var limit *git.LimitError
		if x.what == "" && (err != nil || len(got) != len(list)) {
			t.Errorf("%+v: %d paths, %v", x.lim, len(got), err)
		}
		if x.what != "" && (!errors.As(err, &limit) || limit.What != x.what || len(got) != 0) {
			t.Errorf("%+v: %d paths, %v; want the limit of %s", x.lim, len(got), err, x.what)
		}
	}

	stop := errors.New("stop")
	n := 0
	err = git.Walk(ctx, rd, tree, git.WalkLimits{}, func(string, git.Entry) error {
		if n++; n == 5 {
			return stop
		}
		return nil
	})
	if err != stop || n != 5 {
		t.Errorf("an error of fn: %v after %d calls", err, n)
	}

	// Ten levels of the same ten folders, of files and of nothing; and a tower.
	for leaf, want := range map[string]string{"x": "entries", "": ""} {
		id := r.Object("blob", []byte("x"))
		level := r.Object("tree", nil)
		if leaf != "" {
			level = r.Object("tree", []byte(entry("100644", "x", id)))
		}
		for range 10 {
			var b strings.Builder
			for i := range 10 {
				b.WriteString(entry("40000", fmt.Sprint(i), level))
			}
			level = r.Object("tree", []byte(b.String()))
		}
		calls := 0
		err := git.Walk(ctx, rd, oid(t, level), git.DefaultWalkLimits(), func(string, git.Entry) error { calls++; return nil })
		var limit *git.LimitError
		if calls > 0 || want == "" && err != nil || want != "" && (!errors.As(err, &limit) || limit.What != want) {
			t.Errorf("a bomb of %q: %v after %d calls", leaf, err, calls)
		}
	}
	if format == "sha1" {
		level := r.Object("tree", []byte(entry("100644", "x", r.Object("blob", []byte("x")))))
		for range 300 {
			level = r.Object("tree", []byte(entry("40000", "d", level)))
		}
		var limit *git.LimitError
		err := git.Walk(ctx, rd, oid(t, level), git.DefaultWalkLimits(), func(string, git.Entry) error { return nil })
		if !errors.As(err, &limit) || limit.What != "depth" {
			t.Errorf("a tower: %v", err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	r := gittest.New(b)
	r.Generate(gittest.Spec{Files: 18_000, Lines: 3, Seed: 1})
	r.Git("repack", "-adq")
	repo := open(b, r)
	tree := oid(b, r.Git("rev-parse", "main^{tree}"))
	for b.Loop() {
		n := 0
		err := git.Walk(context.Background(), repo, tree, git.DefaultWalkLimits(), func(string, git.Entry) error { n++; return nil })
		if err != nil || n != 18_000 {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkLsTree(b *testing.B) {
	r := gittest.New(b)
	r.Generate(gittest.Spec{Files: 18_000, Lines: 3, Seed: 1})
	r.Git("repack", "-adq")
	for b.Loop() {
		r.Pipe(nil, "ls-tree", "-r", "-z", "main")
	}
}
