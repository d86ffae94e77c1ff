package git

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// TestDifferences: where two trees differ is what git's raw diff says, as long as that is not
// more than was asked for.
func TestDifferences(t *testing.T) {
	for seed := range uint64(3) {
		r, from, to := wide(t, seed)
		repo := openRepo(t, r)
		trees := make([]OID, 2)
		for i, id := range []OID{from, to} {
			c, err := repo.Commit(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			trees[i] = c.Tree
		}
		var want []string
		fields := strings.Split(r.Git("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", from.String(), to.String()), "\x00")
		for i := 0; i+1 < len(fields); i += 2 {
			f := strings.Fields(strings.TrimPrefix(fields[i], ":"))
			want = append(want, strings.Join([]string{fields[i+1], f[0], f[1], f[2], f[3]}, " "))
		}
		slices.Sort(want)
		list, ok, err := Differences(t.Context(), repo, trees[0], trees[1], len(want))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		none := OID{}.String()
		zeros := strings.Repeat("0", 40)
		var got []string
		for _, d := range list {
			ids := []string{d.OldID.String(), d.ID.String()}
			for i := range ids {
				if ids[i] == none {
					ids[i] = zeros
				}
			}
			got = append(got, fmt.Sprintf("%s %06o %06o %s %s", d.Path, uint32(d.OldMode), uint32(d.Mode), ids[0], ids[1]))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || len(want) < 200 {
			t.Errorf("%d differences:\n%s\nwant %d:\n%s", len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
		}
		if list, ok, err := Differences(t.Context(), repo, trees[0], trees[1], len(want)-1); ok || err != nil || list != nil {
			t.Errorf("one more than asked for: %d, %t, %v", len(list), ok, err)
		}
		if list, ok, err := Differences(t.Context(), repo, trees[0], trees[0], 0); !ok || err != nil || len(list) > 0 {
			t.Errorf("of one and the same tree: %v, %t, %v", list, ok, err)
		}
	}
}

// TestManyDifferences: no more is read than it takes to know that there are too many.
func TestManyDifferences(t *testing.T) {
	r := gittest.New(t)
	write := func(text string) (edits []gittest.Edit) {
		for i := range 20 {
			edits = append(edits, gittest.Write(fmt.Sprintf("d%d/deep/f", i), text))
		}
		return edits
	}
	r.Commit("main", "one", write("1\n")...)
	r.Commit("main", "two", write("2\n")...)
	from, to := mustID(t, strings.TrimSpace(r.ID("main~1^{tree}"))), mustID(t, strings.TrimSpace(r.ID("main^{tree}")))
	unpack(t, r)
	deep := strings.TrimSpace(r.ID("main:d0/deep"))
	if err := os.Remove(filepath.Join(r.Dir, "objects", deep[:2], deep[2:])); err != nil {
		t.Fatal(err)
	}
	repo := openRepo(t, r)
	if list, ok, err := Differences(t.Context(), repo, from, to, 10); ok || err != nil || list != nil {
		t.Errorf("20 where 10 are asked for: %v, %t, %v", list, ok, err)
	}
	if _, ok, err := Differences(t.Context(), repo, from, to, 20); ok || err == nil {
		t.Errorf("a folder that can not be read: %t, %v", ok, err)
	}
}
