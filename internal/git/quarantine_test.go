package git_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// Whoever names a folder of objects chooses what an id stands for, so only those of the
// repository itself count.
func TestForgedQuarantine(t *testing.T) {
	r, other := gittest.New(t), gittest.New(t)
	objects := filepath.Join(r.Dir, "objects")
	good := filepath.Join(objects, "tmp_objdir-incoming-x1")
	foreign := filepath.Join(other.Dir, "objects", "tmp_objdir-incoming-x1")
	outside := t.TempDir()
	for _, dir := range []string{good, foreign} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(objects, "tmp_objdir-incoming-link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(objects, "tmp_objdir-incoming-gone")
	quoted := `"` + strings.ReplaceAll(objects, "o", `\157`) + `"`
	for _, c := range []struct {
		name, path, store, alternates string
		ok                            bool
	}{
		{"as git sets them", good, good, objects, true},
		{"twice the same", good, good, objects + ":" + objects + "/../objects", true},
		{"quoted", good, good, quoted + ":" + objects, true},
		{"without alternates", good, good, "", true},
		{"half of them", good, "", "", false},
		{"no quarantine", objects, objects, objects, false},
		{"two quarantines", good, objects, objects, false},
		{"of another repository", foreign, foreign, objects, false},
		{"objects of another repository", good, good, objects + ":" + filepath.Join(other.Dir, "objects"), false},
		{"objects of another repository, quoted", good, good, `"` + filepath.Join(other.Dir, "objects") + `":` + objects, false},
		{"outside", outside, outside, objects, false},
		{"a link that leads outside", link, link, objects, false},
		{"dots that lead outside", objects + "/../../..", objects + "/../../..", objects, false},
		{"not there", gone, gone, objects, false},
		{"alternates not there", good, good, gone, false},
		{"half a quote", good, good, `"` + objects, false},
		{"a quote that goes on", good, good, `"` + objects + `"x`, false},
	} {
		env := []string{"PATH=" + os.Getenv("PATH"), "GIT_QUARANTINE_PATH=" + c.path, "GIT_OBJECT_DIRECTORY=" + c.store, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + c.alternates}
		repo, err := git.Open(context.Background(), r.Dir, git.WithEnviron(env))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			repo.Close()
		}
	}

	// What the operator names counts, and nothing beside it.
	env := []string{"PATH=" + os.Getenv("PATH"), "GIT_QUARANTINE_PATH=" + foreign, "GIT_OBJECT_DIRECTORY=" + foreign, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + objects}
	repo, err := git.Open(context.Background(), r.Dir, git.WithEnviron(env), git.WithQuarantines(filepath.Join(other.Dir, "objects")))
	if err != nil {
		t.Fatal(err)
	}
	repo.Close()
	if _, err := git.Open(context.Background(), r.Dir, git.WithEnviron(env), git.WithQuarantines(filepath.Join(other.Dir, "refs"))); err == nil {
		t.Error("a quarantine outside of the named folder was accepted")
	}
}

// A server that leaves GIT_QUARANTINE_PATH out is believed only if its operator says that
// it does, and no more than others.
func TestUnmarkedQuarantine(t *testing.T) {
	r, other := gittest.New(t), gittest.New(t)
	r.Commit("main", "one", gittest.Write("a", "1\n"))
	objects := filepath.Join(r.Dir, "objects")
	quarantine := filepath.Join(objects, "incoming-x")
	blob := strings.TrimSpace(string(r.Pipe([]byte("new"), "hash-object", "--stdin", "-w")))
	if err := os.Mkdir(quarantine, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(objects, blob[:2]), filepath.Join(quarantine, blob[:2])); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		store    string
		opts     []git.Option
		ok, sees bool
	}{
		{quarantine, nil, true, false},
		{quarantine, []git.Option{git.WithUnmarkedQuarantine()}, true, true},
		{objects, []git.Option{git.WithUnmarkedQuarantine()}, true, false},
		{"", []git.Option{git.WithUnmarkedQuarantine()}, true, false},
		{quarantine, []git.Option{git.WithUnmarkedQuarantine(), git.WithQuarantines("/not/there")}, true, true},
		{filepath.Join(other.Dir, "objects"), []git.Option{git.WithUnmarkedQuarantine()}, false, false},
	} {
		env := []string{"PATH=" + os.Getenv("PATH"), "GIT_OBJECT_DIRECTORY=" + c.store, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + objects}
		repo, err := git.Open(context.Background(), r.Dir, append(c.opts, git.WithEnviron(env))...)
		if (err == nil) != c.ok {
			t.Errorf("%s, %d options: %v", c.store, len(c.opts), err)
		}
		if err != nil {
			continue
		}
		if _, err := repo.Blob(context.Background(), oid(t, blob), -1); (err == nil) != c.sees {
			t.Errorf("%s, %d options: sees what is in quarantine: %v", c.store, len(c.opts), err)
		}
		repo.Close()
	}
}

// A repository whose path git has to quote.
func TestQuarantineInOddPlace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `a:b"c`)
	plain := gittest.New(t)
	plain.Commit("main", "one", gittest.Write("a", "1\n"))
	plain.Git("clone", "-q", "--bare", plain.Dir, dir)
	r := gittest.At(t, dir)
	blob := strings.TrimSpace(string(r.Pipe([]byte("new"), "hash-object", "--stdin")))
	quarantine := filepath.Join(dir, "objects", "tmp_objdir-incoming-x")
	if err := os.MkdirAll(filepath.Join(quarantine, blob[:2]), 0o700); err != nil {
		t.Fatal(err)
	}
	r.Pipe([]byte("new"), "hash-object", "--stdin", "-w")
	if err := os.Rename(filepath.Join(dir, "objects", blob[:2], blob[2:]), filepath.Join(quarantine, blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "GIT_QUARANTINE_PATH=" + quarantine, "GIT_OBJECT_DIRECTORY=" + quarantine,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + `"` + strings.ReplaceAll(filepath.Join(dir, "objects"), `"`, `\"`) + `"`}
	repo := open(t, r, git.WithEnviron(env))
	ctx := context.Background()
	if b, err := repo.Blob(ctx, oid(t, blob), -1); err != nil || string(b) != "new" {
		t.Errorf("in quarantine: %q, %v", b, err)
	}
	if _, err := repo.Resolve(ctx, "main"); err != nil {
		t.Errorf("outside of it: %v", err)
	}
}
