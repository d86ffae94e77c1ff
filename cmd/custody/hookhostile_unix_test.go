//go:build unix

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// entry is one line of a tree, whatever git would say of it.
func entry(mode, name, id string) []byte {
	raw, err := hex.DecodeString(id)
	if err != nil {
		panic(err)
	}
	return append(append([]byte(mode+" "+name), 0), raw...)
}

// A pusher who builds objects by hand: git accepts many of them, readers choke on some,
// and each hides a file that the policy refuses. Nothing gets through.
func TestHostileObjects(t *testing.T) {
	s := newGitServer(t, "1")
	c := s.client()
	evil := c.Object("blob", []byte("eval(1)\n"))
	fine := c.Object("blob", []byte("x = 1\n"))
	tree := func(entries ...[]byte) string { return c.Object("tree", bytes.Join(entries, nil)) }
	commit := func(tree, rest string) string {
		return c.Object("commit", []byte("tree "+tree+"\nparent "+s.base+"\n"+rest))
	}
	const by = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n"
	plain := tree(entry("100644", "evil.py", evil))
	deep := plain
	for range 600 {
		deep = tree(entry("40000", "d", deep))
	}
	wide := plain
	for range 9 { // 12^9 files in ten trees
		var all [][]byte
		for i := range 12 {
			all = append(all, entry("40000", fmt.Sprintf("d%02d", i), wide))
		}
		wide = tree(all...)
	}
	nested := func(n int) string {
		id, kind := commit(plain, by), "commit"
		for i := range n {
			id = c.Object("tag", fmt.Appendf(nil, "object %s\ntype %s\ntag t%d\ntagger A <a@b> 1 +0000\n\nx\n", id, kind, i))
			kind = "tag"
		}
		return id
	}
	huge := c.Object("blob", append(bytes.Repeat([]byte("x = 1\n"), 2<<20), "eval(1)\n"...))
	for i, h := range []struct{ name, id string }{
		{"nothing hidden", commit(plain, by)},
		{"a name twice, the bad one last", commit(tree(entry("100644", "evil.py", fine), entry("100644", "evil.py", evil)), by)},
		{"a name twice, the bad one first", commit(tree(entry("100644", "evil.py", evil), entry("100644", "evil.py", fine)), by)},
		{"a file and a folder of one name", commit(tree(entry("100644", "d", fine), entry("40000", "d", plain)), by)},
		{"a wrong order", commit(tree(entry("100644", "z.py", fine), entry("100644", "evil.py", evil)), by)},
		{"a name with a slash", commit(tree(entry("100644", "d/evil.py", evil)), by)},
		{"dots", commit(tree(entry("40000", "..", plain)), by)},
		{"one dot", commit(tree(entry("40000", ".", plain)), by)},
		{"a git directory", commit(tree(entry("40000", ".git", plain)), by)},
		{"a git directory in capitals", commit(tree(entry("40000", ".GIT", plain)), by)},
		{"no name", commit(tree(entry("40000", "", plain)), by)},
		{"a mode with a zero before it", commit(tree(entry("0100644", "evil.py", evil)), by)},
		{"a mode that nobody has", commit(tree(entry("100000", "evil.py", evil)), by)},
		{"a folder that is a file", commit(tree(entry("40000", "evil.py", evil)), by)},
		{"a file that is a folder", commit(tree(entry("100644", "evil.py", plain)), by)},
		{"a link of that name", commit(tree(entry("120000", "evil.py", evil), entry("100644", "x.py", evil)), by)},
		{"a name that lasts", commit(tree(entry("100644", strings.Repeat("n", 200_000)+".py", evil)), by)},
		{"newlines and colours in a name", commit(tree(entry("100644", "a\n\x1b[2J\r.py", evil)), by)},
		{"six hundred folders deep", commit(deep, by)},
		{"a bomb", commit(wide, by)},
		{"a cut tree", commit(c.Object("tree", append(entry("100644", "evil.py", evil), "100644 rest"...)), by)},
		{"no author", commit(plain, "\nm\n")},
		{"authors without end", commit(plain, strings.Repeat("author A <a@b> 1 +0000\n", 10_000)+by)},
		{"parents out of place", commit(plain, "author A <a@b> 1 +0000\nparent "+s.base+"\ncommitter A <a@b> 1 +0000\n\nm\n")},
		{"a thousand times the same parent", commit(plain, strings.Repeat("parent "+s.base+"\n", 1000)+by)},
		{"no date", commit(plain, "author A <a@b>\ncommitter A <a@b>\n\nm\n")},
		{"a date beyond all", commit(plain, "author A <a@b> 99999999999999999999 +0000\ncommitter A <a@b> -1 +9999\n\nm\n")},
		{"no message", commit(plain, "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n")},
		{"zeros in the message", commit(plain, by+"\x00\x00")},
		{"an encoding that nobody knows", commit(plain, "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding \xff\n\nm\n")},
		{"headers without end", commit(plain, "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n"+strings.Repeat("x y\n z\n", 20_000)+"\nm\n")},
		{"a hundred tags around it", nested(100)},
		{"a file over the limits, bad at its end", commit(tree(entry("100644", "evil.py", huge)), by)},
		{"a tree where a commit should be", plain},
	} {
		if !isSlow() && i%4 != 2 && h.name != "a bomb" {
			continue // one of four, to be quick
		}
		for _, ref := range []string{"refs/heads/main", "refs/heads/side", "refs/tags/side"} {
			if ref != "refs/heads/main" && h.name != "a name twice, the bad one first" && (h.name != "a bomb" || !isSlow()) && h.name != "a hundred tags around it" {
				continue // these are enough
			}
			p := s.push(c, nil, h.id+":"+ref)
			if p.accepted || ref == "refs/heads/main" && s.tip(ref) != s.base || ref != "refs/heads/main" && s.tip(ref) != "" {
				t.Errorf("%s went through to %s: %+v", h.name, ref, p)
			}
			if strings.ContainsAny(p.said, "\x1b\x07\x00") || strings.Contains(p.said, "panic") || strings.Contains(p.said, "bug of custody") {
				t.Errorf("%s: %q", h.name, p.said)
			}
		}
	}
	// The same server takes a good one.
	good := c.Commit("good", "good", gittest.From(s.base), gittest.Write("a.py", "import b\ny = 1\n"))
	if p := s.push(c, nil, "good:main"); !p.accepted || s.tip("main") != good {
		t.Errorf("a good push: %+v", p)
	}
}

// A thousand refs are answered; one bad one among them refuses all; and tags of what is
// known cost nothing.
func TestThousandRefs(t *testing.T) {
	s := newGitServer(t, "1")
	c := s.client()
	n := 200
	if isSlow() {
		n = 1000
	}
	bad := c.Commit("bad", "bad", gittest.From("main"), gittest.Write("a.py", "eval(1)\n"))
	var tags, among strings.Builder
	for i := range n {
		fmt.Fprintf(&tags, "create refs/tags/t%d %s\n", i, s.base)
		fmt.Fprintf(&among, "create refs/heads/b%d %s\n", i, s.base)
	}
	fmt.Fprintf(&among, "create refs/heads/b%d %s\n", n, bad)
	c.Pipe([]byte(tags.String()), "update-ref", "--stdin")
	c.Pipe([]byte(among.String()), "update-ref", "--stdin")
	s.hook("pre-receive", "exec custody hook pre-receive")
	if p := s.push(c, nil, "refs/tags/t*:refs/tags/t*"); !p.accepted || strings.Contains(p.said, "remote: custody") {
		t.Errorf("%d tags of a known commit: %.2000s", n, p.said)
	}
	s.hook("pre-receive", "exec custody hook pre-receive --deadline 60s")
	if p := s.push(c, nil, "refs/heads/b*:refs/heads/b*"); p.accepted || !strings.Contains(p.said, fmt.Sprintf("custody: refused refs/heads/b%d", n)) || s.tip("refs/heads/b0") != "" {
		t.Errorf("%d branches: %.2000s", n, p.said)
	}
}

// What reaches the hook from outside, apart from git's own words, changes no answer.
func TestHostileEnvironment(t *testing.T) {
	s := newGitServer(t, "1")
	c := s.client()
	bad := c.Commit("bad", "bad", gittest.From("main"), gittest.Write("a.py", "eval(1)\n"))
	good := c.Commit("good", "good", gittest.From("main"), gittest.Write("a.py", "import b\ny = 1\n"))
	s.Git("fetch", "-q", c.Dir, "bad", "good") // so that a hook can be run by hand
	foreign := gittest.New(t)
	foreign.Object("blob", []byte("x"))
	trap := t.TempDir()
	touched := filepath.Join(trap, "touched")
	script := filepath.Join(trap, "git")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+touched+"\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	lax := filepath.Join(trap, "lax.yaml")
	if err := os.WriteFile(lax, []byte("version: 1\nmode: report\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	quarantine := filepath.Join(foreign.Dir, "objects")
	inside := filepath.Join(s.Dir, "objects", "tmp_objdir-incoming-forged")
	if err := os.Symlink(quarantine, inside); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{
		nil,
		{"GIT_DIR=" + foreign.Dir}, {"GIT_WORK_TREE=" + trap}, {"GIT_COMMON_DIR=" + foreign.Dir}, {"GIT_CEILING_DIRECTORIES=" + filepath.Dir(s.Dir)},
		{"GIT_OBJECT_DIRECTORY=" + quarantine},
		{"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quarantine},
		{"GIT_QUARANTINE_PATH=" + quarantine, "GIT_OBJECT_DIRECTORY=" + quarantine},
		{"GIT_QUARANTINE_PATH=" + inside, "GIT_OBJECT_DIRECTORY=" + inside},
		{"GIT_QUARANTINE_PATH=/", "GIT_OBJECT_DIRECTORY=/"},
		{"GIT_QUARANTINE_PATH=x"},
		{"GIT_SHALLOW_FILE=" + lax}, {"GIT_GRAFT_FILE=" + lax}, {"GIT_REPLACE_REF_BASE=refs/heads/"},
		{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.fsmonitor", "GIT_CONFIG_VALUE_0=" + script},
		{"GIT_CONFIG_PARAMETERS='core.pager=" + script + "'"}, {"GIT_CONFIG_GLOBAL=" + lax}, {"GIT_CONFIG_SYSTEM=" + lax},
		{"GIT_EXTERNAL_DIFF=" + script, "GIT_PAGER=" + script, "GIT_EDITOR=" + script, "GIT_SSH_COMMAND=" + script, "GIT_ASKPASS=" + script, "GIT_PROXY_COMMAND=" + script},
		{"GIT_EXEC_PATH=" + trap}, {"GIT_TEMPLATE_DIR=" + trap}, {"GIT_NAMESPACE=x"}, {"GIT_DEFAULT_HASH=sha256"},
		{"GIT_TRACE=" + touched, "GIT_TRACE2=" + touched, "GIT_TRACE_PACKET=" + touched},
		{"CUSTODY_MODE=report"}, {"CUSTODY_FLOOR=" + lax}, {"CUSTODY_CACHE_DIR=" + trap}, {"CUSTODY_TRUSTED_KEYS=" + lax}, {"CUSTODY_SIGNING_KEY=/dev/zero"}, {"CUSTODY_SLOW=1"},
		{"HOME=" + trap, "XDG_CONFIG_HOME=" + trap, "XDG_CACHE_HOME=" + trap}, {"TMPDIR=" + trap}, {"TMPDIR=/nonexistent"}, {"LC_ALL=tr_TR.UTF-8", "LANG=x"}, {"TZ=" + lax},
		{"GOGC=1", "GODEBUG=gctrace=1"}, {"SSH_CONNECTION=1 2 3 4", "LOGNAME=\x1b[31mroot"}, {"GITHUB_VIA=pull request merge button", "GITEA_INTERNAL_PUSH=true", "GITEA_PUSH_TRIGGER=pr-merge-to-base", "GL_PROTOCOL=web"},
		{"GIT_PUSH_OPTION_COUNT=99999999999"}, {"GIT_PUSH_OPTION_COUNT=-1"}, {"GIT_PUSH_OPTION_COUNT=2", "GIT_PUSH_OPTION_0=custody.mode=report", "GIT_PUSH_OPTION_1=custody.context=../../lax"},
	} {
		code, said := s.run(env, line(s.base, bad, "refs/heads/main"), "pre-receive", "--deadline", "60s")
		if code != 1 || strings.ContainsAny(said, "\x1b\x00") {
			t.Errorf("%q: exit code %d\n%s", env, code, said)
		}
		if _, err := os.Lstat(touched); err == nil {
			t.Fatalf("%q: something was run or written", env)
		}
		if left, _ := os.ReadDir(trap); len(left) != 2 {
			t.Fatalf("%q: something was written: %v", env, left)
		}
		if len(env) > 0 && strings.HasPrefix(env[0], "GIT_") {
			continue // would rather stop the client's own git, or is not passed on by it
		}
		if p := s.push(c, env, "bad:main"); p.accepted {
			t.Errorf("pushed with %q: %+v", env, p)
		}
	}
	if code, said := s.run(nil, line(s.base, good, "refs/heads/main"), "pre-receive", "--deadline", "60s"); code != 0 {
		t.Errorf("a good one: %d\n%s", code, said)
	}
}

// What is no push is refused, with 1 and no other code.
func TestHostileInput(t *testing.T) {
	s := newGitServer(t, "1")
	none := strings.Repeat("0", 40)
	long := strings.Repeat("x", 1<<20)
	for _, in := range []string{
		"x\n", line(s.base, s.base[:39], "refs/heads/main"), line(s.base, strings.Repeat("1", 64), "refs/heads/main"),
		line(none, s.base, "refs/heads/../../config"), line(none, s.base, "refs/heads/a\x1b[31m"), line(none, s.base, "../x"), line(none, s.base, "refs/heads/"+long), long,
		line(none, s.base, "refs/heads/-rf"[:len("refs/heads/")]+"a..b"), line(none, s.base, "HEAD"), line(none, s.base, "refs/heads/a.lock"), "\n",
		line(none, strings.Repeat("1", 40), "refs/heads/missing"), line(strings.Repeat("1", 40), s.base, "refs/heads/main"),
		strings.Repeat(line(none, s.base, "refs/heads/x"), 20_000),
	} {
		code, said := s.run(nil, in, "pre-receive")
		if code != 1 || !strings.Contains(said, "custody: refused") || len(said) > 4000 || strings.ContainsAny(said, "\x1b\x00") {
			t.Errorf("%.100q: exit code %d\n%.500s", in, code, said)
		}
	}
	for _, args := range [][]string{
		{"pre-receive", "--no-such-flag"}, {"pre-receive", "--mode", "x"}, {"pre-receive", "--server", "x"}, {"pre-receive", "x"}, {"pre-receive", "--floor", "/nonexistent"},
		{"update"}, {"update", "refs/heads/main", "x", "y"}, {"update", "--deadline", "x"}, {"pre-receive", "--key", "/nonexistent"},
	} {
		if code, said := s.run(nil, line(s.base, s.base, "refs/heads/main"), args...); code != 1 {
			t.Errorf("%v: exit code %d\n%s", args, code, said)
		}
	}
	if code, said := s.run(nil, "x\n", "pre-receive", "--mode", "report"); code != 0 || !strings.Contains(said, "the mode is report") {
		t.Errorf("mode report: %d\n%s", code, said)
	}
}

// Folders that somebody may have put in the place of ours are not used.
func TestHostileFolders(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(s *gitServer, folder string)
		ok   bool
	}{
		{"as they should be", func(*gitServer, string) {}, true},
		{"a link to another folder", func(s *gitServer, f string) {
			os.Rename(f, f+".real")
			os.Symlink(f+".real", f)
		}, false},
		{"a folder of packs elsewhere", func(s *gitServer, f string) {
			os.Symlink(s.t.TempDir(), filepath.Join(f, "packs"))
		}, false},
		{"a spool elsewhere", func(s *gitServer, f string) { os.Symlink(s.t.TempDir(), filepath.Join(f, "spool")) }, false},
		{"a cache elsewhere", func(s *gitServer, f string) { os.Symlink(s.t.TempDir(), filepath.Join(f, "cache")) }, false},
		{"temporary files elsewhere", func(s *gitServer, f string) { os.Symlink(s.t.TempDir(), filepath.Join(f, "tmp")) }, false},
		{"a file in the place of a folder", func(s *gitServer, f string) { os.WriteFile(filepath.Join(f, "packs"), nil, 0o600) }, false},
		{"writable by others", func(s *gitServer, f string) { os.Chmod(f, 0o777) }, false},
		{"packs writable by others", func(s *gitServer, f string) {
			os.Mkdir(filepath.Join(f, "packs"), 0o700)
			os.Chmod(filepath.Join(f, "packs"), 0o777)
		}, false},
		{"a key that others read", func(s *gitServer, f string) { os.Chmod(filepath.Join(f, "signing.pem"), 0o644) }, false},
		{"a damaged cache", func(s *gitServer, f string) {
			os.Mkdir(filepath.Join(f, "cache"), 0o700)
			os.WriteFile(filepath.Join(f, "cache", "facts"), bytes.Repeat([]byte("x"), 1<<16), 0o600)
		}, true},
		{"a cache that is a link", func(s *gitServer, f string) {
			os.Mkdir(filepath.Join(f, "cache"), 0o700)
			os.Symlink("/dev/zero", filepath.Join(f, "cache", "facts"))
		}, true},
		{"a floor that can not be read", func(s *gitServer, f string) { os.Mkdir(filepath.Join(f, "floor.yaml"), 0o700) }, false},
		{"no room for packs", func(s *gitServer, f string) {
			os.Mkdir(filepath.Join(f, "packs"), 0o500)
		}, os.Geteuid() == 0}, // root writes anywhere
	} {
		s := newGitServer(t, "1")
		client := s.client()
		head := client.Commit("good", "good", gittest.From("main"), gittest.Write("a.py", "import b\ny = 1\n"))
		c.do(s, filepath.Join(s.Dir, "custody"))
		p := s.push(client, nil, "good:main")
		if p.accepted != c.ok || (s.tip("main") == head) != c.ok {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}
