package git_test

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

func ids(commits []*git.Commit) []string {
	var list []string
	for _, c := range commits {
		list = append(list, c.ID.String())
	}
	return list
}

func TestHistory(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		r := gittest.New(t, gittest.Format(format))
		r.Generate(gittest.Spec{Files: 20, Commits: 95, Seed: 5})
		repo := open(t, r)
		head := oid(t, r.ID("main"))

		var log []*git.Commit
		if err := repo.Log(ctx, head, func(c *git.Commit) error { log = append(log, c); return nil }); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range log {
			var parents []string
			for _, p := range c.Parents {
				parents = append(parents, p.String())
			}
			got = append(got, strings.Join([]string{c.ID.String(), strings.Join(parents, " "), c.Author.Email, string(c.Message)}, "\n"))
		}
		want := strings.Split(strings.TrimSuffix(r.Git("log", "-z", "--format=%H%n%P%n%ae%n%B%-", "main"), "\x00"), "\x00")
		for i := range want {
			want[i] = strings.TrimSuffix(want[i], "\n")
			got[i] = strings.TrimRight(got[i], "\n")
			want[i] = strings.TrimRight(want[i], "\n")
		}
		if len(got) != 96 || !slices.Equal(got, want) {
			t.Errorf("Log and git log differ:\n%q\n%q", got, want)
		}
		stop := errors.New("stop")
		if err := repo.Log(ctx, head, func(*git.Commit) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("an error of fn: %v", err)
		}
		gone, cancel := context.WithCancel(ctx)
		if err := repo.Log(gone, head, func(*git.Commit) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if err := repo.Log(ctx, oid(t, strings.Repeat("ab", len(head.Bytes()))), nil); !errors.Is(err, git.ErrMissing) {
			t.Errorf("a missing head: %v", err)
		}

		r.Git("branch", "aside", "main~7")
		r.Git("tag", "-a", "-m", "x", "annotated", "main~2")
		r.Git("tag", "light", "main~3")
		r.Git("tag", "blob", "main:"+gittest.GeneratedPath(0))
		only := r.Commit("only", "reached by a tag of a tag", gittest.Write("only", ""))
		r.Git("tag", "-a", "-m", "x", "inner", "only")
		r.Git("tag", "-a", "-m", "x", "outer", "inner")
		r.Git("branch", "-D", "only")
		r.Git("tag", "-d", "inner")
		aside := r.Commit("aside", "aside", gittest.Write("aside", ""))
		tips, err := repo.Tips(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		if err := repo.LogAll(ctx, tips, func(c *git.Commit) error { all = append(all, c.ID.String()); return nil }); err != nil {
			t.Fatal(err)
		}
		wantAll := strings.Fields(r.Git("rev-list", "--branches", "--tags"))
		slices.Sort(all)
		slices.Sort(wantAll)
		if !slices.Equal(all, wantAll) || !slices.Contains(all, aside) || !slices.Contains(all, only) {
			t.Errorf("%d commits of all refs, want %d", len(all), len(wantAll))
		}
		if err := repo.LogAll(ctx, nil, func(*git.Commit) error { return stop }); err != nil {
			t.Errorf("of no refs: %v", err)
		}

		for _, base := range []string{"main~30", "main~1", "main", "main~5^2"} {
			list, more, err := repo.Commits(ctx, oid(t, r.ID(base)), head, 1000)
			if err != nil || more {
				t.Fatal(more, err)
			}
			want := strings.Fields(r.Git("rev-list", base+"..main"))
			got := ids(list)
			at := map[git.OID]int{}
			for i, c := range list {
				at[c.ID] = i
			}
			for i, c := range list {
				for _, p := range c.Parents {
					if j, in := at[p]; in && j > i {
						t.Errorf("%s stands before its parent", c.ID)
					}
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s..main: %q, want %q", base, got, want)
			}
			again, _, _ := repo.Commits(ctx, oid(t, r.ID(base)), head, 1000)
			if !slices.Equal(ids(again), ids(list)) {
				t.Error("another order the second time")
			}
		}
		list, more, err := repo.Commits(ctx, oid(t, r.ID("main~30")), head, 7)
		if err != nil || !more || len(list) != 7 || list[6].ID != head {
			t.Errorf("at most 7: %v, %v, %v", ids(list), more, err)
		}
		if _, _, err := repo.Commits(ctx, oid(t, strings.Repeat("ab", len(head.Bytes()))), head, 7); !errors.Is(err, git.ErrMissing) {
			t.Errorf("a missing base: %v", err)
		}
	}
}

// The order of commits comes from their parents, not from their dates.
func TestCommitOrderIgnoresDates(t *testing.T) {
	order := func(dates ...string) []string {
		r := gittest.New(t)
		var s strings.Builder
		commit := func(mark, date, rest string) {
			s.WriteString("commit refs/heads/main\nmark :" + mark + "\ncommitter A <a> " + date + " +0000\ndata 1\n" + mark + "\n" + rest + "\n")
		}
		commit("1", dates[0], "")
		commit("2", dates[1], "from :1\n")
		commit("3", dates[2], "from :1\n")
		commit("4", dates[3], "from :1\n")
		commit("5", dates[4], "from :3\nmerge :2\nmerge :4\n")
		r.FastImport([]byte(s.String()))
		list, _, err := open(t, r).Commits(context.Background(), oid(t, r.ID("main~2")), oid(t, r.ID("main")), 10)
		if err != nil {
			t.Fatal(err)
		}
		var messages []string
		for _, c := range list {
			messages = append(messages, string(c.Message))
		}
		return messages
	}
	for _, dates := range [][]string{{"1", "2", "3", "4", "5"}, {"5", "4", "3", "2", "1"}, {"9", "1", "9", "1", "1"}} {
		if got := order(dates...); !slices.Equal(got, []string{"3", "2", "4", "5"}) {
			t.Errorf("dates %v: order %v", dates, got)
		}
	}
}

func TestMergeBases(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		r := gittest.New(t, gittest.Format(format))
		r.Commit("main", "root", gittest.Write("f", ""))
		a := r.Commit("a", "a", gittest.From("main"), gittest.Write("a", ""))
		b := r.Commit("b", "b", gittest.From("main"), gittest.Write("b", ""))
		x := r.Commit("a", "x", gittest.Merge(b), gittest.Write("b", ""))
		y := r.Commit("b", "y", gittest.From(b), gittest.Merge(a), gittest.Write("a", ""))
		other := r.Commit("other", "unrelated", gittest.Orphan(), gittest.Write("o", ""))
		repo := open(t, r)
		for _, c := range []struct {
			a, b string
			want []string
		}{
			{x, y, []string{min(a, b), max(a, b)}}, {y, x, []string{min(a, b), max(a, b)}}, {x, x, []string{x}},
			{x, other, nil}, {r.ID("main"), y, []string{r.ID("main")}},
		} {
			bases, err := repo.MergeBases(ctx, oid(t, c.a), oid(t, c.b))
			var got []string
			for _, id := range bases {
				got = append(got, id.String())
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("merge bases of %s and %s: %v, %v; want %v", c.a, c.b, got, err, c.want)
			}
		}
		if _, err := repo.MergeBases(ctx, oid(t, x), oid(t, strings.Repeat("ab", len(x)/2))); !errors.Is(err, git.ErrMissing) {
			t.Errorf("a missing commit: %v", err)
		}
	}
}

func TestShallowClone(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		full := gittest.New(t, gittest.Format(format))
		full.Generate(gittest.Spec{Files: 5, Commits: 8, Seed: 1})
		for _, flags := range [][]string{{"--depth=3"}, {"--depth=3", "--bare"}} {
			r := full.Clone(flags...)
			repo := open(t, r)
			if !repo.Shallow() {
				t.Error("not shallow")
			}
			n := 0
			err := repo.Log(ctx, oid(t, full.ID("main")), func(*git.Commit) error { n++; return nil })
			if err != nil || n != 3 {
				t.Errorf("%d commits, %v", n, err)
			}
			if _, err := repo.Resolve(ctx, full.ID("main~5")); !errors.Is(err, git.ErrNotFound) {
				t.Errorf("beyond the cut: %v", err)
			}
			bases, err := repo.MergeBases(ctx, oid(t, full.ID("main~1")), oid(t, full.ID("main")))
			if err != nil || len(bases) != 1 {
				t.Errorf("%v, %v", bases, err)
			}
		}
		// History that is cut without git knowing is damage.
		r := full.Clone("--depth=3", "--bare")
		os.Remove(filepath.Join(r.Dir, "shallow"))
		err := open(t, r).Log(ctx, oid(t, full.ID("main")), func(*git.Commit) error { return nil })
		if !errors.Is(err, git.ErrMissing) {
			t.Errorf("cut: %v", err)
		}
	}
}

// A commit-graph file is no object: what it claims of parents counts for nothing.
func TestFalseCommitGraph(t *testing.T) {
	r := gittest.New(t)
	base := r.Commit("main", "base", gittest.Write("a", "1\n"))
	r.Commit("main", "hidden", gittest.Write("a", "2\n"))
	head := r.Commit("main", "head", gittest.Write("b", "1\n"))
	r.Git("commit-graph", "write", "--reachable")
	file := filepath.Join(r.Dir, "objects/info/commit-graph")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	chunks := map[string]int{}
	for i := range int(b[6]) {
		chunks[string(b[8+12*i:12+12*i])] = int(binary.BigEndian.Uint64(b[12+12*i:]))
	}
	for i := range 3 { // no commit has a parent
		binary.BigEndian.PutUint32(b[chunks["CDAT"]+36*i+20:], 0x70000000)
	}
	sum := sha1.Sum(b[:len(b)-20])
	copy(b[len(b)-20:], sum[:])
	if err := errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	if n := r.Git("rev-list", "--count", "main"); n != "1" {
		t.Fatalf("git counts %s commits: the test proves nothing", n)
	}
	repo := open(t, r)
	commits, _, err := repo.Commits(context.Background(), oid(t, base), oid(t, head), 9)
	if err != nil || len(commits) != 2 {
		t.Errorf("%d commits, %v", len(commits), err)
	}
	bases, err := repo.MergeBases(context.Background(), oid(t, base), oid(t, head))
	if err != nil || len(bases) != 1 || bases[0].String() != base {
		t.Errorf("merge bases %v, %v", bases, err)
	}
	if id, err := repo.Resolve(context.Background(), "main~2"); err != nil || id.String() != base {
		t.Errorf("main~2: %v, %v", id, err)
	}
}
