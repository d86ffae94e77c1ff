package git

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// What is plain to see is what git says; where it says something else, it is asked.
func TestKnown(t *testing.T) {
	p, err := newProgram(nil)
	if err != nil {
		t.Fatal(err)
	}
	// agree says whether it was plain to see.
	agree := func(t *testing.T, dir string) bool {
		t.Helper()
		loc, ok := known(dir)
		if !ok {
			return false
		}
		if said, err := p.locate(context.Background(), dir); err != nil || said != loc {
			t.Errorf("%s is plainly %+v; git says %+v, %v", dir, loc, said, err)
		}
		return true
	}
	bare := gittest.New(t)
	bare.Commit("main", "m", gittest.Write("sub/a", "x"))
	tree := bare.Clone()
	linked := filepath.Join(t.TempDir(), "linked")
	tree.Git("worktree", "add", "-q", linked)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(tree.Dir, link); err != nil {
		t.Fatal(err)
	}
	detached := bare.Clone()
	detached.Git("checkout", "-q", "--detach")
	shallow := gittest.At(t, filepath.Join(t.TempDir(), "shallow"))
	bare.Git("clone", "-q", "--depth=1", "file://"+bare.Dir, shallow.Dir)
	sha256 := gittest.New(t, gittest.Format("sha256"))
	for dir, plain := range map[string]bool{
		gittest.New(t).Dir: true, bare.Dir: false /* serves filters */, tree.Dir: true, link: true, filepath.Join(tree.Dir, ".git"): true, detached.Dir: true,
		linked: false, filepath.Join(tree.Dir, "sub"): false, filepath.Join(bare.Dir, "refs"): false, shallow.Dir: false, sha256.Dir: false, t.TempDir(): false,
	} {
		if agree(t, dir) != plain {
			t.Errorf("%s: plain to see: %v", dir, !plain)
		}
	}

	for _, c := range []struct {
		config, head string
		plain        bool
	}{
		{"", "ref: refs/heads/main\n", true},
		{"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n", "ref: refs/heads/none\n", true},
		{"# a\n\n[user]\n\tname = Zoë (\"Z\")\n", "ref: refs/heads/main\n", false},
		{"[user]\n\tname = Zoë\n[remote \"a b\"]\n\turl = https://example.com/x.git\n\tfetch = +refs/*:refs/*\n\tmirror = true\n", "ref: refs/heads/main\n", true},
		{"[core]\n\tbare = perhaps\n", "ref: refs/heads/main\n", false},
		{"[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n", "ref: refs/heads/main\n", false},
		{"[core]\n\trepositoryformatversion = 7\n", "ref: refs/heads/main\n", false},
		{"[core]\n\tworktree = /elsewhere\n", "ref: refs/heads/main\n", false},
		{"[include]\n\tpath = other\n", "ref: refs/heads/main\n", false},
		{"[core\n", "ref: refs/heads/main\n", false},
		{"[core]\n\tbare\n", "ref: refs/heads/main\n", false},
		{"bare = true\n", "ref: refs/heads/main\n", false},
		{"[remote]\n\turl = x\n", "ref: refs/heads/main\n", false},
		{"[remote \"a\\\"]\n\turl = x\n", "ref: refs/heads/main\n", false},
		{"[user]\n\tuseConfigOnly = neither\n", "ref: refs/heads/main\n", false},
		{"[user]\n\tname = a \\\n[core] = b\n", "ref: refs/heads/main\n", false},
		{"", "ref: refs/heads/main", false},
		{"", "refs/heads/main\n", false},
		{"", "ref: /etc/passwd\n", false},
		{"", strings.Repeat("a", 40) + "\n", true},
		{"", strings.Repeat("a", 64) + "\n", false},
		{"", "", false},
	} {
		r := gittest.New(t)
		writeFile(t, filepath.Join(r.Dir, "config"), c.config)
		writeFile(t, filepath.Join(r.Dir, "HEAD"), c.head)
		if agree(t, r.Dir) != c.plain {
			t.Errorf("config %q, HEAD %q: plain to see: %v", c.config, c.head, !c.plain)
		}
	}
	for _, name := range []string{"commondir", "shallow"} {
		r := gittest.New(t)
		writeFile(t, filepath.Join(r.Dir, name), "x\n")
		if agree(t, r.Dir) {
			t.Errorf("with a file %s: plain to see", name)
		}
	}
	moved := gittest.New(t)
	if err := os.Rename(filepath.Join(moved.Dir, "HEAD"), filepath.Join(moved.Dir, "OTHER")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("OTHER", filepath.Join(moved.Dir, "HEAD")); err != nil {
		t.Fatal(err)
	}
	if agree(t, moved.Dir) {
		t.Error("with a link for HEAD: plain to see")
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzKnown holds configurations and HEADs against git.
func FuzzKnown(f *testing.F) {
	f.Add("[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote \"x\"]\n\turl = y\n", "ref: refs/heads/main\n")
	f.Add("[user]\n\tname = a\n# b\n[branch \"m\"]\n\tremote = .\n\tmerge = refs/heads/m\n", strings.Repeat("1", 40)+"\n")
	p, err := newProgram(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, config, head string) {
		if !plainConfig(config) {
			return
		}
		dir := t.TempDir()
		for _, folder := range []string{"objects", "refs"} {
			if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		writeFile(t, filepath.Join(dir, "config"), config)
		writeFile(t, filepath.Join(dir, "HEAD"), head)
		loc, ok := known(dir)
		if !ok {
			return
		}
		if said, err := p.locate(context.Background(), dir); err != nil || said != loc {
			t.Errorf("plainly %+v; git says %+v, %v", loc, said, err)
		}
	})
}
