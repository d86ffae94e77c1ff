package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

func TestOpenFindsTheRepository(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		bare := gittest.New(t, gittest.Format(format))
		head := bare.Commit("main", "m", gittest.Write("sub/deep/file", "x"))
		tree := bare.Clone()
		tree.Git("worktree", "add", "-q", "-b", "other", "../linked")
		linked := filepath.Join(filepath.Dir(tree.Dir), "linked")
		nl := gittest.At(t, filepath.Join(t.TempDir(), "with space"))
		os.Rename(bare.Clone("--bare").Dir, nl.Dir)
		for _, dir := range []string{
			bare.Dir, filepath.Join(bare.Dir, "refs", "heads"), tree.Dir, filepath.Join(tree.Dir, "sub", "deep"), filepath.Join(tree.Dir, ".git"),
			linked, filepath.Join(linked, "sub"), nl.Dir,
		} {
			var places []string
			for _, opts := range [][]git.Option{nil, {git.WithComparing()}} {
				repo, err := git.Open(ctx, dir, opts...)
				if err != nil {
					t.Fatal(err)
				}
				id, err := repo.Resolve(ctx, "HEAD")
				if err != nil || id.String() != head {
					t.Errorf("%s: %v, %v", dir, id, err)
				}
				if repo.ObjectFormat() != format || repo.Shallow() {
					t.Errorf("%s: format %s, shallow %v", dir, repo.ObjectFormat(), repo.Shallow())
				}
				if _, err := repo.Commit(ctx, id); err != nil {
					t.Errorf("%s: %v", dir, err)
				}
				places = append(places, repo.GitDir()+" "+repo.CommonDir())
				if err := repo.Close(); err != nil {
					t.Error(err)
				}
			}
			if places[0] != places[1] {
				t.Errorf("%s is at %s, expected at %s", dir, places[0], places[1])
			}
		}
		if _, err := open(t, gittest.At(t, linked)).Resolve(ctx, "other"); err != nil {
			t.Error(err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	for dir, want := range map[string]string{
		t.TempDir(): "no git repository", file: "not a folder", filepath.Join(t.TempDir(), "gone", "x"): "no such file",
	} {
		_, err1 := git.Open(ctx, dir)
		_, err2 := git.OpenGoGit(dir)
		for _, err := range []error{err1, err2} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%s: %v; want %q", dir, err, want)
			}
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := git.Open(gone, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

// A place that looks like a repository is no repository before git says so: what was
// started there is asked nothing, and leaves nothing behind.
func TestExpectedElsewhere(t *testing.T) {
	ctx := context.Background()
	r := gittest.New(t)
	head := r.Commit("main", "m", gittest.Write("a", "x"))
	tree := r.Clone()
	for _, folder := range []string{"objects", "refs"} { // and no HEAD
		if err := os.MkdirAll(filepath.Join(tree.Dir, "inner", ".git", folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(tree.Dir, "inner", ".git", "config"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	repo, err := git.Open(ctx, filepath.Join(tree.Dir, "inner"), git.WithComparing(), git.WithEnviron([]string{"TMPDIR=" + temp, "PATH=" + os.Getenv("PATH")}))
	if err != nil {
		t.Fatal(err)
	}
	if repo.GitDir() != filepath.Join(tree.Dir, ".git") {
		t.Errorf("it is at %s", repo.GitDir())
	}
	if id, err := repo.Resolve(ctx, "HEAD"); err != nil || id.String() != head {
		t.Error(id, err)
	}
	left := func() int {
		list, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if n := left(); n != 1 {
		t.Errorf("%d folders to work in", n)
	}
	if err := repo.Close(); err != nil || left() != 0 {
		t.Errorf("%d folders stay, %v", left(), err)
	}
}

func TestGitVersion(t *testing.T) {
	r := gittest.New(t)
	first, second := r.Commit("main", "m", gittest.Write("a", "x")), r.Commit("main", "m", gittest.Write("a", "y"))
	for said, ok := range map[string]bool{
		"git version 2.37.9": false, "git version 1.99.0": false, "git version 2.9": false, "git version 2.38.0": true,
		"git version 2.51.0.windows.1": true, "git version 2.39.5 (Apple Git-154)": true, "git version 3.0.0-rc1": true,
		"hub version 1": false, "git version": false, "": false, "git version two.three": false,
	} {
		bin := t.TempDir()
		real, _ := exec.LookPath("git")
		script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = version ]; then echo %q; else exec %s \"$@\"; fi\n", said, real)
		if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		repo, err := git.Open(context.Background(), r.Dir, git.WithEnviron([]string{"PATH=" + bin + ":/usr/bin:/bin"}))
		var old *git.VersionError
		if ok != (err == nil) || !ok && strings.HasPrefix(said, "git version ") && !strings.Contains(said, "two") && !(errors.As(err, &old) && strings.Contains(old.Error(), "2.38")) {
			t.Errorf("%q: %v", said, err)
		}
		if err == nil {
			repo.Close()
		}
		if !errors.As(err, &old) {
			continue
		}
		// Who reads a change hears of it where git is needed.
		repo, err = git.Open(context.Background(), r.Dir, git.WithComparing(), git.WithEnviron([]string{"PATH=" + bin + ":/usr/bin:/bin"}))
		if err != nil {
			t.Errorf("%q: %v", said, err)
			continue
		}
		if _, err := repo.Diff(context.Background(), oid(t, first), oid(t, second), git.DefaultDiffLimits()); !errors.As(err, &old) {
			t.Errorf("%q: a difference, %v", said, err)
		}
		if _, err := repo.Resolve(context.Background(), "main"); !errors.As(err, &old) {
			t.Errorf("%q: a name is found, %v", said, err)
		}
		repo.Close()
	}
	_, err := git.Open(context.Background(), r.Dir, git.WithEnviron([]string{"PATH=/nonexistent:relative"}))
	if !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("no git: %v", err)
	}
}

// answers are everything that a Repository says about two commits.
func answers(t *testing.T, repo *git.Repository, base, head git.OID) map[string]any {
	t.Helper()
	ctx := context.Background()
	all := map[string]any{}
	keep := func(name string, value any, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all[name] = value
	}
	diff, err := repo.Diff(ctx, base, head, git.DefaultDiffLimits())
	keep("diff", diff, err)
	bases, err := repo.MergeBases(ctx, base, head)
	keep("merge bases", bases, err)
	commits, more, err := repo.Commits(ctx, base, head, 100)
	keep("commits", commits, err)
	keep("more", more, nil)
	var log []*git.Commit
	err = repo.Log(ctx, head, func(c *git.Commit) error { log = append(log, c); return nil })
	keep("log", log, err)
	commit, err := repo.Commit(ctx, head)
	keep("commit", commit, err)
	var files []string
	err = git.Walk(ctx, repo, commit.Tree, git.WalkLimits{}, func(path string, e git.Entry) error {
		files = append(files, path)
		if e.Mode != git.ModeGitlink {
			data, err := repo.Blob(ctx, e.ID, -1)
			keep("blob "+path, string(data), err)
		}
		return nil
	})
	keep("files", files, err)
	id, err := repo.Resolve(ctx, "main")
	keep("main", id, err)
	return all
}

// Whatever a repository's owner, or the owner of our process, has configured: nothing
// is run, and every answer is the same.
func TestNothingIsObeyed(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "executed")
	script := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $*\" >>"+marker+"\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, format := range formats {
		clean := gittest.New(t, gittest.Format(format))
		long := strings.Repeat("line\n", 200)
		clean.Commit("main", "one", gittest.Write("a.go", "package a\n"), gittest.Write("b.go", long), gittest.Write("c.txt", long+"c\n"), gittest.Write("gone.go", "1\n2\n3\n"))
		link := strings.Repeat("1", len(clean.ID("main")))
		base := clean.Commit("main", "two", gittest.Gitlink("sub", link), gittest.Write(".gitmodules", "[submodule \"sub\"]\n\tpath = sub\n\turl = x\n\tignore = all\n"))
		head := clean.Commit("main", "three", gittest.Write("a.go", "package a\n\nvar hidden = 1\n"), gittest.Move("c.txt", "d.txt"),
			gittest.Write("b.go", strings.Replace(long, "line", "changed", 1)+"end\n"), gittest.Delete("gone.go"), gittest.Write("new.bin", "\x00\x01"),
			gittest.Gitlink("sub", strings.Repeat("2", len(link))),
			gittest.Write(".gitattributes", "*.go -diff\n*.txt diff=evil\n*.bin diff text\n"), gittest.By("Eve <eve@example.com>"))
		want := answers(t, open(t, clean), oid(t, base), oid(t, head))
		if d := want["diff"].(*git.Diff); len(d.Files) != 7 {
			t.Fatalf("%d files: %+v", len(d.Files), d.Files)
		}

		evil := clean.Clone()
		tree := evil.ID(head + "^{tree}")
		for _, kv := range []string{
			"core.fsmonitor=" + script, "core.pager=" + script, "core.hooksPath=" + filepath.Dir(script), "core.alternateRefsCommand=" + script,
			"core.attributesFile=" + filepath.Join(evil.Dir, "attributes"), "core.worktree=" + t.TempDir(), "core.bigFileThreshold=1", "core.abbrev=4",
			"core.quotePath=false", "core.sshCommand=" + script, "core.gitProxy=" + script, "core.editor=" + script, "core.commentChar=:",
			"diff.external=" + script, "diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.orderFile=" + filepath.Join(evil.Dir, "order"),
			"diff.renames=false", "diff.renameLimit=1", "diff.context=99", "diff.interHunkContext=99", "diff.algorithm=patience", "diff.relative=true",
			"diff.ignoreSubmodules=all", "diff.submodule=log", "diff.suppressBlankEmpty=true", "diff.wsErrorHighlight=all", "diff.indentHeuristic=false",
			"diff.colorMoved=zebra", "diff.wordRegex=.", "submodule.sub.ignore=all", "submodule.sub.active=true",
			"diff.evil.textconv=" + script, "diff.evil.command=" + script, "diff.evil.binary=true", "diff.evil.xfuncname=(",
			"color.ui=always", "color.diff=always", "filter.evil.smudge=" + script, "filter.evil.clean=" + script, "filter.evil.process=" + script,
			"log.showSignature=true", "gpg.program=" + script, "i18n.logOutputEncoding=UTF-16", "trace2.normalTarget=" + marker, "trace2.eventTarget=" + marker,
			"uploadpack.packObjectsHook=" + script, "alias.diff-tree=!" + script, "alias.cat-file=!" + script, "protocol.allow=always", "protocol.ext.allow=always",
			"credential.helper=" + script, "core.useReplaceRefs=true", "core.disambiguate=tree", "feature.experimental=true", "gc.auto=1", "attr.tree=" + head,
		} {
			key, value, _ := strings.Cut(kv, "=")
			if _, err := evil.Try("config", key, value); err != nil {
				t.Fatal(err)
			}
		}
		write := func(name, content string) {
			path := filepath.Join(evil.Dir, name)
			os.MkdirAll(filepath.Dir(path), 0o700)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(".git/info/attributes", "* -diff\n*.bin diff\nd.txt filter=evil diff=evil\n")
		write(".gitattributes", "* diff=evil filter=evil\n")
		write("attributes", "* binary\n")
		write("order", "z\n")
		write(".git/hooks/post-index-change", "#!/bin/sh\n"+script)
		write(".git/info/grafts", head+"\n")
		replaced := strings.TrimSpace(string(evil.Pipe([]byte("tree "+tree+"\nauthor X <x> 1 +0000\ncommitter X <x> 1 +0000\n\nreplaced\n"), "hash-object", "-w", "-t", "commit", "--stdin")))
		for _, id := range []string{head, base} {
			write(".git/refs/replace/"+id, replaced+"\n")
		}
		blob := strings.TrimSpace(string(evil.Pipe([]byte("other"), "hash-object", "-w", "--stdin")))
		write(".git/refs/replace/"+clean.ID(head+":a.go"), blob+"\n")

		hostile := map[string]string{
			"GIT_DIR": "/nonexistent", "GIT_WORK_TREE": "/nonexistent", "GIT_EXTERNAL_DIFF": script, "GIT_DIFF_OPTS": "-u99",
			"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "diff.external", "GIT_CONFIG_VALUE_0": script, "GIT_CONFIG_PARAMETERS": "'diff.external'='" + script + "'",
			"GIT_TRACE": marker, "GIT_TRACE2": marker, "GIT_OBJECT_DIRECTORY": "/nonexistent", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nonexistent",
			"GIT_NAMESPACE": "x", "GIT_CEILING_DIRECTORIES": "/", "GIT_SSH_COMMAND": script, "GIT_ASKPASS": script, "GIT_PAGER": script, "PAGER": script,
			"GIT_EXEC_PATH": filepath.Dir(script), "GIT_ATTR_SOURCE": head, "GIT_LITERAL_PATHSPECS": "0", "GIT_SHALLOW_FILE": "/etc/passwd",
			"GIT_REPLACE_REF_BASE": "refs/heads/", "GIT_COMMON_DIR": "/nonexistent", "GIT_INDEX_FILE": "/etc/passwd", "LC_ALL": "de_DE.UTF-8", "HOME": evil.Dir,
		}
		var environ []string
		for k, v := range hostile {
			t.Setenv(k, v)
			environ = append(environ, k+"="+v)
		}
		write(".gitconfig", "[diff]\n\texternal = "+script+"\n")
		environ = append(environ, "PATH="+os.Getenv("PATH"))
		for name, opts := range map[string][]git.Option{"process": nil, "given": {git.WithEnviron(environ)}} {
			got := answers(t, open(t, evil, opts...), oid(t, base), oid(t, head))
			for key, value := range want {
				if !reflect.DeepEqual(got[key], value) {
					t.Errorf("%s, environment of the %s: %s is\n%+v\nwant\n%+v", format, name, key, got[key], value)
				}
			}
		}
		if b, err := os.ReadFile(marker); err == nil {
			t.Fatalf("something was run:\n%s", b)
		}
		for k := range hostile {
			os.Unsetenv(k)
		}
	}
}

func TestSomebodyElsesRepository(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a repository away")
	}
	bare := gittest.New(t)
	head := bare.Commit("main", "m", gittest.Write("f", "x"))
	for _, r := range []*gittest.Repo{bare, bare.Clone()} {
		err := filepath.WalkDir(r.Dir, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, 12345, 12345))
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Try("rev-parse", "HEAD"); err == nil {
			t.Fatal("git trusts the repository: the test proves nothing")
		}
		repo := open(t, r)
		if id, err := repo.Resolve(context.Background(), "main"); err != nil || id.String() != head {
			t.Errorf("%v, %v", id, err)
		}
		if _, err := repo.Commit(context.Background(), oid(t, head)); err != nil {
			t.Error(err)
		}
	}
}

// A missing object stays missing, even where the configuration says where and with
// which program to fetch it.
func TestPartialClone(t *testing.T) {
	ctx := context.Background()
	for _, format := range formats {
		full := gittest.New(t, gittest.Format(format))
		base := full.Commit("main", "one", gittest.Write("a", "1\n"), gittest.Write("b", "1\n"))
		full.Git("tag", "old")
		head := full.Commit("main", "two", gittest.Write("a", "2\n"))
		marker := filepath.Join(t.TempDir(), "executed")
		for _, filter := range []string{"blob:none", "tree:0"} {
			r := full.Clone("--bare", "--filter="+filter)
			r.Git("config", "protocol.file.allow", "always")
			r.Git("config", "remote.origin.uploadpack", "touch "+marker+"; git-upload-pack")
			repo := open(t, r)
			_, err := repo.Blob(ctx, oid(t, full.ID(head+":a")), -1)
			if !errors.Is(err, git.ErrMissing) {
				t.Errorf("blob: %v", err)
			}
			_, err = repo.Tree(ctx, oid(t, full.ID(head+"^{tree}")))
			if (filter == "tree:0") != errors.Is(err, git.ErrMissing) {
				t.Errorf("%s: tree: %v", filter, err)
			}
			d, err := repo.Diff(ctx, oid(t, base), oid(t, head), git.DefaultDiffLimits())
			if filter == "tree:0" {
				if !errors.Is(err, git.ErrMissing) {
					t.Errorf("diff without trees: %v", err)
				}
			} else if err != nil || len(d.Files) != 1 || d.Files[0].Content != git.ContentMissing {
				t.Errorf("diff: %+v, %v", d, err)
			}
			if _, err := repo.Resolve(ctx, full.ID(head+":a")); !errors.Is(err, git.ErrNotFound) {
				t.Errorf("a missing blob's id: %v", err)
			}
			if _, err := repo.Resolve(ctx, strings.Repeat("12", len(head)/2)); !errors.Is(err, git.ErrNotFound) {
				t.Errorf("an id of nothing: %v", err)
			}
			if id, err := repo.Resolve(ctx, "old"); err != nil || id.String() != base {
				t.Errorf("%v, %v", id, err)
			}
			if _, err := os.Stat(marker); err == nil {
				t.Fatal("a fetch was attempted")
			}
			if _, err := git.OpenGoGit(r.Dir); err == nil {
				t.Error("go-git opened a partial clone")
			}
		}
	}
}

func TestGoGitRefusals(t *testing.T) {
	full := gittest.New(t)
	full.Commit("main", "one", gittest.Write("a", "1\n"))
	full.Commit("main", "two", gittest.Write("a", "2\n"))
	sha256 := gittest.New(t, gittest.SHA256())
	tree := full.Clone()
	tree.Git("worktree", "add", "-q", "-b", "other", "../linked")
	alternate := gittest.New(t)
	if err := os.WriteFile(filepath.Join(alternate.Dir, "objects", "info", "alternates"), []byte(filepath.Join(full.Dir, "objects")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	alternate.Git("update-ref", "refs/heads/main", full.ID("main"))
	extension := full.Clone()
	extension.Git("config", "core.repositoryformatversion", "1")
	extension.Git("config", "extensions.refstorage", "reftable")
	for name, dir := range map[string]string{
		"SHA-256": sha256.Dir, "shallow": full.Clone("--depth=1").Dir, "partial": full.Clone("--filter=blob:none").Dir,
		"alternates": alternate.Dir, "linked": filepath.Join(tree.Dir, "..", "linked"), "reftable": extension.Dir,
	} {
		if _, err := git.OpenGoGit(dir); err == nil || !strings.Contains(err.Error(), "install git") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Git itself reads borrowed objects.
	if _, err := open(t, alternate).Resolve(context.Background(), "main~1"); err != nil {
		t.Error(err)
	}
}

// A pre-receive hook sees the objects of a push before they are accepted.
func TestQuarantine(t *testing.T) {
	ctx := context.Background()
	for _, limit := range []string{"1", "1000"} { // the push is kept packed, or unpacked
		r := gittest.New(t)
		base := r.Commit("main", "one", gittest.Write("a", "1\n"))
		r.Git("config", "receive.unpackLimit", limit)
		dir := t.TempDir()
		hook := "#!/bin/sh\nenv >" + dir + "/env\ncat >" + dir + "/stdin\ntouch " + dir + "/ready\nwhile [ ! -e " + dir + "/done ]; do sleep 0.02; done\nexit 1\n"
		if err := os.MkdirAll(filepath.Join(r.Dir, "hooks"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.Dir, "hooks", "pre-receive"), []byte(hook), 0o700); err != nil {
			t.Fatal(err)
		}
		c := r.Clone("--bare")
		head := c.Commit("main", "two", gittest.Write("a", "1\n2\n"), gittest.Write("b", "new\n"))
		pushed := make(chan error)
		go func() {
			_, err := c.Try("push", "-q", "origin", "main")
			pushed <- err
		}()
		for {
			if _, err := os.Stat(dir + "/ready"); err == nil {
				break
			}
			select {
			case err := <-pushed:
				t.Fatalf("the push ended early: %v", err)
			default:
			}
		}
		env, _ := os.ReadFile(dir + "/env")
		repo := open(t, r, git.WithEnviron(strings.Split(string(env), "\n")))
		d, err := repo.Diff(ctx, oid(t, base), oid(t, head), git.DefaultDiffLimits())
		if err != nil || len(d.Files) != 2 {
			t.Errorf("in quarantine: %+v, %v", d, err)
		}
		if id, err := repo.Resolve(ctx, head); err != nil || id.String() != head {
			t.Errorf("in quarantine: %v, %v", id, err)
		}
		if id, err := repo.Resolve(ctx, head[:12]); err != nil || id.String() != head {
			t.Errorf("in quarantine: %v, %v", id, err)
		}
		if cs, _, err := repo.Commits(ctx, oid(t, base), oid(t, head), 10); err != nil || len(cs) != 1 {
			t.Errorf("in quarantine: %v, %v", cs, err)
		}
		if _, err := open(t, r).Commit(ctx, oid(t, head)); !errors.Is(err, git.ErrMissing) {
			t.Errorf("outside of the quarantine: %v", err)
		}
		os.WriteFile(dir+"/done", nil, 0o600)
		if err := <-pushed; err == nil {
			t.Error("the push was accepted")
		}
	}
}
