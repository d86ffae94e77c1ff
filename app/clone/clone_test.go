package clone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"custody/internal/git"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// A place is a repository on a GitHub that copies are made of.
type place struct {
	*githubtest.Repo
	t    *testing.T
	src  *gittest.Repo
	from git.Remote
}

func newPlace(t *testing.T, gh *githubtest.GitHub, name string) *place {
	src := gittest.New(t)
	src.Commit("main", "base", gittest.Write("a.txt", "one\n"), gittest.Write("b/c.txt", strings.Repeat("line\n", 200)))
	p := &place{t: t, src: src, Repo: gh.Repo("acme/"+name, src)}
	p.Private = false
	p.from = git.Remote{URL: gh.URL + "/" + p.FullName() + ".git"}
	return p
}

// change puts another commit on main.
func (p *place) change(n int) {
	p.src.Commit("main", fmt.Sprint("change ", n), gittest.Write("a.txt", fmt.Sprintf("change %d\n%s", n, strings.Repeat(fmt.Sprint(n), 500))))
	p.Push("ada", p.src, "main")
}

// use fetches main and reads every file of it.
func (p *place) use(c *Clones) error {
	k, err := p.open(c)
	if err != nil {
		return err
	}
	defer k.Close()
	return p.read(k)
}

func (p *place) open(c *Clones) (*Clone, error) {
	return c.Get(context.Background(), p.ID, p.from, git.Want{Refs: []string{"refs/heads/main"}})
}

func (p *place) read(k *Clone) error {
	ctx := context.Background()
	tip, err := k.Resolve(ctx, "refs/heads/main")
	if err == nil && tip.String() != p.src.ID("main") {
		p.t.Fatal("another commit was fetched")
	}
	if err == nil {
		if err = k.Complete(ctx, tip, tip); err != nil {
			return err // it says by itself whether the copy is to blame
		}
	}
	for _, path := range []string{"a.txt", "b/c.txt"} {
		if err != nil {
			break
		}
		var commit *git.Commit
		if commit, err = k.Commit(ctx, tip); err != nil {
			break
		}
		var e git.Entry
		if e, err = git.Lookup(ctx, k, commit.Tree, path); err != nil {
			break
		}
		var got []byte
		if got, err = k.Blob(ctx, e.ID, 1<<20); err == nil && strings.TrimSpace(string(got)) != p.src.Git("cat-file", "blob", "main:"+path) {
			p.t.Fatalf("%s holds %.50q", path, got)
		}
	}
	if err != nil {
		k.Suspect()
	} else {
		k.Trust()
	}
	return err
}

func open(t *testing.T, o Options) *Clones {
	t.Helper()
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	c, err := Open(filepath.Join(t.TempDir(), "clones"), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Who removes copies has to know which are in use, so a second process is told to take another
// folder.
func TestHold(t *testing.T) {
	c := open(t, Options{})
	held, err := c.Hold()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Hold(); err == nil || !strings.Contains(err.Error(), "is in use by another process: give each process one of its own") {
		t.Errorf("a second time: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if held, err = c.Hold(); err != nil {
		t.Fatal(err)
	}
	held.Close()
}

// files are those of a copy that match a pattern, the largest first.
func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(all) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	size := func(file string) int64 {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	slices.SortFunc(all, func(a, b string) int { return int(size(b) - size(a)) })
	return all
}

// Whatever happens to the files of a copy, a few tries later it is a good one again.
func TestDamaged(t *testing.T) {
	gh := githubtest.New(t)
	overwrite := func(t *testing.T, file string, fn func([]byte) []byte) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(file) // git makes packs that nobody may write to
		if err := os.WriteFile(file, fn(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, damage := range map[string]func(t *testing.T, dir string){
		"nothing":    func(*testing.T, string) {},
		"it is gone": func(t *testing.T, dir string) { os.RemoveAll(dir) },
		"no objects": func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "objects")) },
		"no packs":   func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "objects", "pack")) },
		"no HEAD":    func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "HEAD")) },
		"no config":  func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "config")) },
		"torn config": func(t *testing.T, dir string) {
			overwrite(t, filepath.Join(dir, "config"), func(b []byte) []byte { return b[:len(b)/3] })
		},
		"no refs": func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "refs")) },
		"ref of nothing": func(t *testing.T, dir string) {
			overwrite(t, filepath.Join(dir, "refs/heads/main"), func([]byte) []byte { return []byte(strings.Repeat("ab", 20) + "\n") })
		},
		"torn ref": func(t *testing.T, dir string) {
			overwrite(t, filepath.Join(dir, "refs/heads/main"), func(b []byte) []byte { return b[:9] })
		},
		"one pack is gone": func(t *testing.T, dir string) {
			os.Remove(files(t, dir, "objects/pack/*.pack")[0])
		},
		"the last pack is gone, with its index": func(t *testing.T, dir string) {
			all := files(t, dir, "objects/pack/*.pack")
			for _, f := range files(t, dir, strings.TrimSuffix(strings.TrimPrefix(all[len(all)-1], dir+"/"), "pack")+"*") {
				os.Remove(f)
			}
		},
		"short pack": func(t *testing.T, dir string) {
			overwrite(t, files(t, dir, "objects/pack/*.pack")[0], func(b []byte) []byte { return b[:len(b)/2] })
		},
		"empty index": func(t *testing.T, dir string) {
			overwrite(t, files(t, dir, "objects/pack/*.idx")[0], func([]byte) []byte { return nil })
		},
		"other bytes in every pack": func(t *testing.T, dir string) {
			for _, f := range files(t, dir, "objects/pack/*.pack") {
				overwrite(t, f, func(b []byte) []byte {
					return append(append(b[:12:12], bytes.Repeat([]byte{0xA5}, len(b)-32)...), b[len(b)-20:]...)
				})
			}
		},
		"a file where the folder was": func(t *testing.T, dir string) { os.RemoveAll(dir); os.WriteFile(dir, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for git most of the time
			p := newPlace(t, gh, strings.NewReplacer(" ", "-", ",", "").Replace(name))
			c := open(t, Options{})
			if err := p.use(c); err != nil {
				t.Fatal(err)
			}
			p.change(1)
			if err := p.use(c); err != nil {
				t.Fatal(err)
			}
			damage(t, c.dir(p.ID))
			var errs []error
			for range 3 {
				err := p.use(c)
				if errs = append(errs, err); err == nil {
					return
				}
			}
			t.Errorf("it stays damaged: %v", errs)
		})
	}
}

// A forge that does not answer is no reason to fetch everything anew.
func TestUnreachable(t *testing.T) {
	gh := githubtest.New(t)
	p := newPlace(t, gh, "shop")
	c := open(t, Options{})
	if err := p.use(c); err != nil {
		t.Fatal(err)
	}
	gh.Fail(githubtest.Fault{On: "git fetch", With: githubtest.BadGateway, Times: 12})
	before := files(t, c.dir(p.ID), "objects/pack/*.pack")
	for range 4 { // each fetches, and asks whether it is the forge that fails
		if err := p.use(c); err == nil {
			t.Fatal("it answered")
		}
	}
	gh.Heal()
	if err := p.use(c); err != nil {
		t.Fatal(err)
	}
	if after := files(t, c.dir(p.ID), "objects/pack/*.pack"); !slices.Equal(before, after) {
		t.Errorf("the copy was made anew: %v became %v", before, after)
	}
}

// A copy that fails for another reason is made anew once, and not again and again.
func TestNotTheCopy(t *testing.T) {
	p := newPlace(t, githubtest.New(t), "shop")
	c := open(t, Options{})
	made := map[int64]bool{}
	for range 7 {
		k, err := p.open(c)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(c.dir(p.ID), "config"))
		if err != nil {
			t.Fatal(err)
		}
		made[info.ModTime().UnixNano()] = true
		k.Suspect()
		k.Close()
	}
	if len(made) != 2 {
		t.Errorf("it was made %d times", len(made))
	}
}

// Those go first that were not used for longest, and one in use stays.
func TestRoom(t *testing.T) {
	gh := githubtest.New(t)
	c := open(t, Options{Bytes: 1})
	var places []*place
	for i := range 4 {
		p := newPlace(t, gh, fmt.Sprint("shop-", i))
		if err := p.use(c); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(c.dir(p.ID), usedFile), at, at); err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
	}
	all, err := c.copies()
	if err != nil || len(all) != 4 {
		t.Fatal(all, err)
	}
	ctx, any := context.Background(), func(int64) bool { return true }
	// Room for three: the oldest goes.
	if gone, err := c.evict(ctx, any, all[1].bytes+all[2].bytes+all[3].bytes); err != nil || !slices.Equal(gone, []int64{places[0].ID}) {
		t.Errorf("%v, %v", gone, err)
	}
	// What is not wanted goes, however new.
	if gone, err := c.evict(ctx, func(id int64) bool { return id != places[3].ID }, 0); err != nil || !slices.Equal(gone, []int64{places[3].ID}) {
		t.Errorf("%v, %v", gone, err)
	}
	// Used again, it is the newest; in use, it stays although there is room for none.
	k, err := places[1].open(c)
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := c.Tidy(ctx, any); err != nil || !slices.Equal(gone, []int64{places[2].ID}) {
		t.Errorf("%v, %v", gone, err)
	}
	if err := places[1].read(k); err != nil {
		t.Errorf("one in use: %v", err)
	}
	k.Close()
	k.Close()
	if gone, err := c.Tidy(ctx, any); err != nil || gone != nil {
		t.Errorf("it looked again at once: %v, %v", gone, err)
	}
	c.tidied = time.Time{}
	if gone, err := c.Tidy(ctx, any); err != nil || !slices.Equal(gone, []int64{places[1].ID}) {
		t.Errorf("%v, %v", gone, err)
	}
	if err := places[1].use(c); err != nil { // and it can be had again
		t.Error(err)
	}
}

// Many fetches leave one pack, and nothing is lost.
func TestPacked(t *testing.T) {
	p := newPlace(t, githubtest.New(t), "shop")
	c := open(t, Options{})
	c.packs = 4
	for i := range 5 {
		p.change(i)
		if err := p.use(c); err != nil {
			t.Fatal(err)
		}
	}
	temp := filepath.Join(c.dir(p.ID), "custody", "tmp", "custody-git-left")
	os.MkdirAll(temp, 0o700)
	old := time.Now().Add(-2 * oldTemp)
	os.Chtimes(temp, old, old)
	listed := func() string {
		var all []string
		for line := range strings.Lines(run(t, c.dir(p.ID), "cat-file", "--batch-check", "--batch-all-objects", "--unordered")) {
			all = append(all, line)
		}
		slices.Sort(all)
		return strings.Join(all, "")
	}
	before := listed()
	k, err := p.open(c) // one that reads all the while
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tidy(context.Background(), func(int64) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, c.dir(p.ID), "objects/pack/*.pack")); n < 4 {
		t.Errorf("one in use was packed: %d", n)
	}
	k.Close()
	c.tidied = time.Time{}
	if _, err := c.Tidy(context.Background(), func(int64) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, c.dir(p.ID), "objects/pack/*.pack")); n != 1 {
		t.Errorf("%d packs are left", n)
	}
	if after := listed(); after != before {
		t.Errorf("it holds\n%s\nand held\n%s", after, before)
	}
	if _, err := os.Stat(temp); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed process left is there: %v", err)
	}
	p.change(9)
	if err := p.use(c); err != nil {
		t.Error(err)
	}
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"--git-dir=" + dir}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// On a disk that is full, copies that nobody uses make room.
func TestFullDisk(t *testing.T) {
	gh := githubtest.New(t)
	old, p := newPlace(t, gh, "old"), newPlace(t, gh, "shop")
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	// A git whose disk is full for as long as the old copy is there.
	bin, folder := t.TempDir(), filepath.Join(t.TempDir(), "clones")
	script := fmt.Sprintf(`#!/bin/sh
case " $* " in *" fetch "*)
	if [ -e %[1]s/%[2]d.git ] && [ -e %[3]s/full ]; then
		echo "error: file write error: No space left on device" >&2
		exit 128
	fi
esac
exec %[4]s "$@"
`, folder, old.ID, bin, real)
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := Open(folder, Options{Environ: []string{"PATH=" + bin + ":" + os.Getenv("PATH")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.use(c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "full"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := c.Get(context.Background(), old.ID, old.from, git.Want{Refs: []string{"refs/heads/main"}})
	if err == nil {
		k.Close()
		t.Error("there was room where there is none")
	}
	if err := p.use(c); err != nil {
		t.Error(err)
	}
}
