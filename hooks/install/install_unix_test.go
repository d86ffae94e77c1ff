//go:build unix

package install

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// listing is everything below a folder: names, kinds, modes, contents, times of files.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s", strings.TrimPrefix(path, dir), info.Mode())
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			fmt.Fprintf(&b, " -> %s %v", to, err)
		case !d.IsDir():
			text, err := os.ReadFile(path)
			fmt.Fprintf(&b, " %s %q %v", info.ModTime(), text, err)
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func write(t *testing.T, file, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// judge writes a program that says how it was called, in the place of custody.
func judge(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "it's custody")
	write(t, file, "#!/bin/sh\necho \"judge: $*, ring ${CUSTODY_TRUSTED_KEYS-unset}, input:\"; [ \"$2\" = update ] || cat\n[ ! -e \"$0.no\" ]\n", 0o755)
	return file
}

var both = []string{"pre-receive", "post-receive"}

// Pushes by the real git, through a hook of ours in front of each kind of hook that may
// have been there before.
func TestChain(t *testing.T) {
	const old = "#!/bin/sh\necho \"old: $0 $# $OLD\"; cat; [ ! -e \"$GIT_DIR/refuse\" ]\n"
	for name, before := range map[string]func(hooks string){
		"nothing": func(string) {},
		"a hook":  func(h string) { write(t, h+"/pre-receive", old, 0o755); write(t, h+"/post-receive", old, 0o755) },
		"a link": func(h string) {
			write(t, h+"/../common/pre-receive", old, 0o755)
			if err := os.Symlink("../common/pre-receive", h+"/pre-receive"); err != nil {
				t.Fatal(err)
			}
		},
		"not executable": func(h string) { write(t, h+"/pre-receive", old, 0o644) },
		"deaf": func(h string) {
			write(t, h+"/pre-receive", "#!/bin/sh\nexec <&-\necho old:\n[ ! -e \"$GIT_DIR/refuse\" ]\n", 0o755)
		},
		"no folder": func(h string) { os.RemoveAll(h) },
		"a sample":  func(h string) { write(t, h+"/pre-receive.sample", old, 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			server, program := gittest.New(t), judge(t)
			client := gittest.New(t)
			client.Commit("main", "one", gittest.Write("a", "a"))
			hooks := filepath.Join(server.Dir, "hooks")
			os.MkdirAll(hooks, 0o755)
			before(hooks)
			was := listing(t, server.Dir)

			for range 2 { // the second time changes nothing
				installed := listing(t, server.Dir)
				for _, p := range Places(server.Dir, "", both) {
					changed, err := p.Install(Script{Program: program, Args: []string{"--mode", "it's \"$HOME\" `x`"}})
					if err != nil || changed != (installed == was) && !strings.Contains(installed, "custody-hook") {
						t.Fatalf("changed %v, %v", changed, err)
					}
				}
				text, err := os.ReadFile(hooks + "/pre-receive")
				if words := wordsOf(CallOf(string(text))); err != nil || !slices.Equal(words, []string{program, "hook", "pre-receive", "--mode", "it's \"$HOME\" `x`"}) {
					t.Errorf("the script calls %q, %v", words, err)
				}
				if installed != was && listing(t, server.Dir) != installed {
					t.Error("installing again changed something")
				}
			}
			push := func(ref string) (string, error) {
				cmd := exec.Command("git", "-C", client.Dir, "push", server.Dir, "main:"+ref)
				cmd.Env = append(gittest.Env(), "CUSTODY_TRUSTED_KEYS=/tmp/evil", "OLD=x")
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			input := strings.Repeat("0", 40) + " " + client.ID("main") + " refs/heads/"
			out, err := push("refs/heads/a")
			if err != nil || !strings.Contains(out, "judge: hook pre-receive --mode it's \"$HOME\" `x`, ring unset, input:") || !strings.Contains(out, "remote: "+input+"a") {
				t.Errorf("%v\n%s", err, out)
			}
			runs := name == "a hook" || name == "a link" || name == "deaf"
			if strings.Contains(out, "old:") != runs || runs && name != "deaf" && strings.Count(out, input+"a") < 3 {
				t.Errorf("the old hook ran: %v\n%s", !runs, out)
			}
			write(t, server.Dir+"/refuse", "", 0o644)
			if out, err = push("refs/heads/b"); (err != nil) != runs {
				t.Errorf("the old hook refuses: %v\n%s", err, out)
			}
			os.Remove(server.Dir + "/refuse")
			write(t, program+".no", "", 0o644)
			if out, err = push("refs/heads/c"); err == nil || strings.Contains(out, "old: ") {
				t.Errorf("custody refuses: %v\n%s", err, out)
			}
			os.Rename(program, program+".away")
			if out, err = push("refs/heads/d"); err == nil {
				t.Errorf("custody is not there: %v\n%s", err, out)
			}
			for _, p := range slices.Backward(Places(server.Dir, "", both)) {
				if changed, err := p.Uninstall(); err != nil || !changed {
					t.Errorf("uninstall: %v, %v", changed, err)
				}
				if changed, err := p.Uninstall(); err != nil || changed {
					t.Errorf("uninstall again: %v, %v", changed, err)
				}
			}
			server.Git("update-ref", "-d", "refs/heads/a")
			if !runs {
				server.Git("update-ref", "-d", "refs/heads/b")
			}
			is := listing(t, server.Dir)
			hooksOf := func(l string) string {
				var lines []string
				for line := range strings.Lines(l) {
					if strings.HasPrefix(line, "/hooks") || strings.HasPrefix(line, "/common") {
						lines = append(lines, line)
					}
				}
				return strings.Join(lines, "")
			}
			if hooksOf(is) != hooksOf(was) {
				t.Errorf("not as it was:\n%s\nwas\n%s", hooksOf(is), hooksOf(was))
			}
		})
	}
}

// In mode report nothing of ours stops a push, even when custody is gone; the old hook
// still does.
func TestLenient(t *testing.T) {
	for _, old := range []string{"", "#!/bin/sh\ncat >/dev/null; exit 0\n", "#!/bin/sh\nexit 3\n"} {
		server, client := gittest.New(t), gittest.New(t)
		client.Commit("main", "one", gittest.Write("a", "a"))
		os.MkdirAll(server.Dir+"/hooks", 0o755)
		if old != "" {
			write(t, server.Dir+"/hooks/pre-receive", old, 0o755)
		}
		for _, p := range Places(server.Dir, "", both) {
			if _, err := p.Install(Script{Program: "/nowhere/custody", Lenient: true}); err != nil {
				t.Fatal(err)
			}
		}
		out, err := client.Try("push", server.Dir, "main")
		if (err == nil) != !strings.Contains(old, "exit 3") {
			t.Errorf("%q: %v\n%s", old, err, out)
		}
	}
}

// The update hook of gitolite and others is told by arguments.
func TestUpdate(t *testing.T) {
	dir, program := t.TempDir(), judge(t)
	write(t, dir+"/update", "#!/bin/sh\necho \"old: $*\"\n", 0o755)
	p := Shared(dir, "", []string{"update"})[0]
	if _, err := p.Install(Script{Program: program}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(dir+"/update", "refs/heads/a b", "1", "2").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "judge: hook update refs/heads/a b 1 2") || !strings.Contains(string(out), "old: refs/heads/a b 1 2") {
		t.Errorf("%v\n%s", err, out)
	}
	write(t, program+".no", "", 0o644)
	if out, err = exec.Command(dir+"/update", "a", "1", "2").CombinedOutput(); err == nil || strings.Contains(string(out), "old") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Servers that run many hooks get one file more, and are left as they were.
func TestFolders(t *testing.T) {
	for _, folder := range []string{"hooks", "custom_hooks"} {
		repo := t.TempDir()
		write(t, repo+"/hooks/pre-receive.d/gitea", "#!/bin/sh\n", 0o755)
		was := listing(t, repo)
		for _, p := range Places(repo, folder, both) {
			if _, err := p.Install(Script{Program: "/usr/bin/custody"}); err != nil {
				t.Fatal(err)
			}
			if state, _, err := p.Look(); err != nil || state != Installed || !strings.HasSuffix(p.File(), folder+"/"+p.Hook+".d/custody") {
				t.Errorf("%s: %s, %v", p.File(), state, err)
			}
		}
		for _, p := range slices.Backward(Places(repo, folder, both)) {
			if _, err := p.Uninstall(); err != nil {
				t.Error(err)
			}
		}
		if is := listing(t, repo); is != was {
			t.Errorf("%s: not as it was:\n%s\nwas\n%s", folder, is, was)
		}
		write(t, repo+"/"+folder+"/pre-receive.d/custody", "#!/bin/sh\n", 0o755)
		if _, err := Places(repo, folder, both)[0].Install(Script{}); err == nil || !strings.Contains(err.Error(), "somebody else's") {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	elsewhere := t.TempDir()
	for name, c := range map[string]struct {
		prepare func(repo string) error
		want    string
	}{
		"a linked folder of hooks":   {func(r string) error { return os.Symlink(elsewhere, r+"/hooks") }, "symbolic link"},
		"a folder that others write": {func(r string) error { return errIn(os.Mkdir(r+"/hooks", 0o755), os.Chmod(r+"/hooks", 0o775)) }, "writable by others"},
		"a repository, the same":     {func(r string) error { return os.Chmod(r, 0o757) }, "writable by others"},
		"a file":                     {func(r string) error { return os.WriteFile(r+"/hooks", nil, 0o644) }, "no folder"},
		"a folder for a hook":        {func(r string) error { return os.MkdirAll(r+"/hooks/pre-receive", 0o755) }, "no file"},
		"replaced since": {func(r string) error {
			write(t, r+"/hooks/pre-receive", "new", 0o755)
			write(t, r+"/hooks/pre-receive"+keptSuffix, "old", 0o755)
			return nil
		}, "was replaced"},
	} {
		repo := filepath.Join(t.TempDir(), "repo")
		if err := errIn(os.Mkdir(repo, 0o755), c.prepare(repo)); err != nil {
			t.Fatal(err)
		}
		was, wasElsewhere := listing(t, repo), listing(t, elsewhere)
		_, err := Places(repo, "", both)[0].Install(Script{Program: "x"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if is := listing(t, repo); is != was || listing(t, elsewhere) != wasElsewhere {
			t.Errorf("%s: something was written:\n%s", name, is)
		}
	}
	if os.Geteuid() == 0 { // else there is nobody to give it to
		repo := t.TempDir()
		if err := errIn(os.Mkdir(repo+"/hooks", 0o755), os.Chown(repo+"/hooks", 65534, 65534)); err != nil {
			t.Fatal(err)
		}
		if _, err := Places(repo, "", both)[0].Install(Script{Program: "x"}); err == nil || !strings.Contains(err.Error(), "is not ours") {
			t.Errorf("somebody else's folder: %v", err)
		}
	}
}

func errIn(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// What stands in a script is data: sh makes the same words of it.
func TestQuote(t *testing.T) {
	for _, s := range []string{"", "a", "a b", "it's", "$(touch x)", "`x`", "a\nb", "-n", "*", `\`, "ä", "'", "''"} {
		out, err := exec.Command("sh", "-c", "printf %s "+quote(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q became %q, %v", s, out, err)
		}
		if words := wordsOf("a " + quote(s) + " " + quote(s)); !slices.Equal(words, []string{"a", s, s}) {
			t.Errorf("%q is read as %q", s, words)
		}
	}
}
