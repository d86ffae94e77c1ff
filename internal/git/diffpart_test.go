package git

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// wide makes two commits that differ in hundreds of files, in every way.
func wide(t *testing.T, seed uint64) (r *gittest.Repo, from, to OID) {
	rnd := rand.New(rand.NewPCG(seed, 5))
	text := func(i int) string {
		return strings.Repeat(fmt.Sprintf("line %d of %d\n", rnd.IntN(3), i), 5) + strings.Repeat("common\n", i%4)
	}
	var one, two []gittest.Edit
	for i := range 300 {
		path := fmt.Sprintf("d%d/f%d", i%17, i)
		one = append(one, gittest.Write(path, text(i)))
		switch rnd.IntN(8) {
		case 0:
			two = append(two, gittest.Delete(path))
		case 1:
			two = append(two, gittest.Move(path, fmt.Sprintf("moved%d/f%d", i%5, i)))
		case 2:
			two = append(two, gittest.Move(path, fmt.Sprintf("m%d", i)), gittest.Write(fmt.Sprintf("m%d", i), text(i)))
		case 3:
			two = append(two, gittest.Delete(path), gittest.Write(path+"/in", text(i))) // a file turns into a folder
		case 4:
			two = append(two, gittest.Symlink(path, "d0"))
		case 5:
			two = append(two, gittest.Write(fmt.Sprintf("new/f%d", i), text(i)))
		default:
			two = append(two, gittest.Write(path, text(i)+"more\n"))
		}
	}
	r = gittest.New(t)
	return r, mustID(t, r.Commit("main", "one", one...)), mustID(t, r.Commit("main", "two", two...))
}

// unpack makes a loose object of each.
func unpack(t *testing.T, r *gittest.Repo) {
	packs, _ := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "*.pack"))
	for _, pack := range packs {
		data, err := os.ReadFile(pack)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{pack, strings.TrimSuffix(pack, "pack") + "idx"} {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
		r.Pipe(data, "unpack-objects", "-q")
	}
}

// TestDiffPart: of every file that is wanted it says what Diff says, whether git is asked
// about all of them, some or none.
func TestDiffPart(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(4) {
		r, from, to := wide(t, seed)
		damaged := ""
		if seed == 3 { // one that can not be read costs the others nothing
			damaged = strings.Fields(r.Git("diff-tree", "-r", "--raw", "--no-abbrev", "--diff-filter=M", from.String(), to.String()))[3]
			unpack(t, r)
			if err := os.Remove(filepath.Join(r.Dir, "objects", damaged[:2], damaged[2:])); err != nil {
				t.Fatal(err)
			}
		}
		repo := openRepo(t, r)
		whole, err := repo.Diff(ctx, from, to, DefaultDiffLimits())
		if err != nil {
			t.Fatal(err)
		}
		status := map[string]byte{}
		for _, f := range whole.Files {
			status[f.Path] = f.Status
		}
		if len(whole.Files) < 200 {
			t.Fatalf("only %d files differ", len(whole.Files))
		}
		rnd := rand.New(rand.NewPCG(seed, 6))
		for name, wanted := range map[string]func(string) bool{
			"none":     func(string) bool { return false },
			"absent":   func(path string) bool { return path == "d0/f0/nowhere" },
			"all":      func(string) bool { return true },
			"modified": func(path string) bool { return status[path] == 'M' },
			"few":      func(path string) bool { return status[path] == 'M' && strings.HasSuffix(path, "7") },
			"renamed":  func(path string) bool { return status[path] == 'R' && strings.HasSuffix(path, "3") },
			"added":    func(path string) bool { return status[path] == 'A' && strings.HasSuffix(path, "5") },
			"type":     func(path string) bool { return status[path] == 'T' },
			"deleted":  func(path string) bool { return status[path] == 'D' },
			"random":   func() func(string) bool { s := rnd.IntN(9); return func(p string) bool { return len(p)%9 == s } }(),
		} {
			var want []FileDiff
			for _, f := range whole.Files {
				if wanted(f.Path) && f.Status != 'D' {
					want = append(want, f)
				}
			}
			part, err := repo.DiffPart(ctx, from, to, wanted, DefaultDiffLimits())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(part.Files) != len(want) || len(want) > 0 && !reflect.DeepEqual(part.Files, want) {
				t.Errorf("seed %d, %s: %+v, want %+v", seed, name, part.Files, want)
			}
		}
		if missing := slices.ContainsFunc(whole.Files, func(f FileDiff) bool { return f.Content == ContentMissing }); missing != (damaged != "") {
			t.Errorf("seed %d: a file is missing: %v", seed, missing)
		}
		lim := DefaultDiffLimits()
		lim.Files = 10
		if d, err := repo.DiffPart(ctx, from, to, func(string) bool { return true }, lim); err != nil || len(d.Limits) != 1 {
			t.Errorf("over the limit: %+v, %v", d, err)
		}
	}
}
