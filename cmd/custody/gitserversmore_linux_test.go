package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git/gittest"
)

// Gitolite 3 itself, over ssh: as a hook beside its own, and as a virtual ref.
func testGitolite(t *testing.T, b *bench) {
	home := t.TempDir()
	me := account(t)
	sshd := startSSH(t, "SetEnv HOME="+home, func(name, public string) string {
		return `command="/usr/share/gitolite3/gitolite-shell ` + name + `",restrict ` + public
	}, "ada", "eve")
	put(t, home+"/.gitconfig", "[init]\n\tdefaultBranch = main\n", 0o644)
	setup := exec.Command("gitolite", "setup", "-pk", sshd.dir+"/ada.pub")
	setup.Env = append(gittest.Env(), "HOME="+home)
	if out, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("gitolite setup (gitolite3 must be installed): %v\n%s", err, out)
	}
	url := "ssh://" + me + "@127.0.0.1/"
	as := func(who string) string { return sshd.command(who) }

	// Repositories are made by a push to gitolite-admin, virtual refs found in LOCAL_CODE.
	rc := home + "/.gitolite.rc"
	put(t, rc, strings.Replace(mustRead(t, rc), "%RC = (", "%RC = (\n    LOCAL_CODE => \"$ENV{HOME}/local\",", 1), 0o600)
	put(t, home+"/local/VREF/custody", "#!/bin/sh\nexec "+b.custody+" hook update --server gitolite --deadline 60s --key "+b.key+" --trusted-keys "+b.ring+" \"$@\"\n", 0o755)
	admin := t.TempDir() + "/admin"
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Env = append(gittest.Env(), as("ada"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	git("clone", "-q", url+"gitolite-admin", admin)
	put(t, admin+"/conf/gitolite.conf", "repo gitolite-admin\n  RW+ = ada\nrepo team/shop\n  RW+ = ada eve\nrepo team/virtual\n  RW+ = ada eve\n  - VREF/custody = @all\nrepo team/late\n  RW+ = ada eve\n", 0o644)
	git("-C", admin, "commit", "-qam", "Add repositories")
	git("-C", admin, "push", "-q", "origin", "HEAD")

	shop := home + "/repositories/team/shop.git"
	c := b.seed(t, shop, url+"team/shop", as("ada"))
	put(t, shop+"/hooks/pre-receive", "#!/bin/sh\ncat >/dev/null; echo \"kept for $GL_USER\"\n", 0o755)
	if out := b.install(t, "gitolite", shop); !strings.Contains(out, "installed "+shop) {
		t.Errorf("%s", out)
	}
	var last string
	push := c.pushWith(url+"team/shop", as("ada"))
	c.through(t, scenario{
		push: func(ref string) (out string, err error) { out, err = push(ref); last = out; return },
		who:  change.Pusher{Login: "ada", From: "gitolite"},
	})
	if !strings.Contains(last, "kept for ada") {
		t.Errorf("the hook that was there before did not run:\n%s", last)
	}

	// As a virtual ref it is called for one ref after the other, after the quarantine.
	virtual := home + "/repositories/team/virtual.git"
	c = b.seed(t, virtual, virtual, "GL_BYPASS_ACCESS_CHECKS=1", "GL_LIBDIR=/usr/share/gitolite3/lib", "GL_BINDIR=/usr/share/gitolite3", "HOME="+home)
	c.through(t, scenario{push: c.pushWith(url+"team/virtual", as("eve")), who: change.Pusher{Login: "eve", From: "gitolite"}})

	// Gitolite puts a common hook into every repository, also those that come later.
	common := home + "/local/hooks/common"
	if err := os.MkdirAll(common, 0o755); err != nil {
		t.Fatal(err)
	}
	floor := home + "/floor.yaml"
	put(t, floor, twoEyes, 0o644)
	b.install(t, "gitolite", "--hooks-path", common, "--floor", floor)
	setup = exec.Command("gitolite", "setup", "--hooks-only")
	setup.Env = append(gittest.Env(), "HOME="+home)
	if out, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("gitolite setup --hooks-only: %v\n%s", err, out)
	}
	if out, err := c.pushWith(url+"team/late", as("eve"))("refs/heads/main"); err == nil || !strings.Contains(out, "two-eyes") {
		t.Errorf("a repository that has the common hook: %v\n%s", err, out)
	}
}

// Gitea and Forgejo run every file of hooks/pre-receive.d, each with the input, and the
// worst exit code counts. This is that delegate in our words, and the environment that
// their source sets (modules/repository/env.go, cmd/serv.go).
func testGitea(t *testing.T, b *bench) {
	server := gittest.New(t)
	const delegate = `#!/bin/sh
input=$(cat); worst=0
for hook in "$GIT_DIR/hooks/$(basename "$0").d"/*; do
	if [ -x "$hook" ] && [ -f "$hook" ]; then
		echo "$input" | "$hook" || worst=$?
	fi
done
exit $worst
`
	c := b.seed(t, server.Dir, server.Dir)
	for _, hook := range []string{"pre-receive", "post-receive"} {
		put(t, server.Dir+"/hooks/"+hook, delegate, 0o755)
		put(t, server.Dir+"/hooks/"+hook+".d/gitea", "#!/bin/sh\ncat >/dev/null; echo gitea ran\n", 0o755)
	}
	if out := b.run(t, "hook", "install", "--deadline", "60s", "--key", b.key, "--trusted-keys", b.ring, server.Dir); !strings.Contains(out, "installed") {
		t.Errorf("%s", out)
	}
	if text := mustRead(t, server.Dir+"/hooks/pre-receive.d/custody"); !strings.Contains(text, "--server gitea") {
		t.Errorf("gitea was not recognised:\n%s", text)
	}
	if text := mustRead(t, server.Dir+"/hooks/pre-receive"); text != delegate {
		t.Errorf("the delegate is another:\n%s", text)
	}
	ssh := []string{
		"GITEA_ROOT_URL=https://git.example.com/", "GITEA_REPO_NAME=shop", "GITEA_REPO_USER_NAME=acme", "GITEA_REPO_ID=12", "GITEA_REPO_IS_WIKI=false", "GITEA_PUSHER_NAME=ada",
		"GITEA_PUSHER_EMAIL=ada@example.com", "GITEA_PUSHER_ID=7", "GITEA_KEY_ID=3", "GITEA_DEPLOY_KEY_ID=0", "GITEA_PR_ID=0",
		"SSH_CONNECTION=203.0.113.7 50022 198.51.100.1 22", "SSH_ORIGINAL_COMMAND=git-receive-pack 'acme/shop.git'",
	}
	c.through(t, scenario{push: c.pushWith(server.Dir, ssh...), who: change.Pusher{Login: "ada", ID: "7", Type: change.User, From: "gitea"}})

	// Its own merges land on the way that the floor trusts; a client that says to be one
	// does not.
	floor := t.TempDir() + "/floor.yaml"
	put(t, floor, "version: 1\ntrusted_merge_paths: [pr-merge-to-base]\n", 0o644)
	b.install(t, "gitea", "--floor", floor, server.Dir)
	c.Commit("main", "Not approved", gittest.Write("c.py", "import os\n"))
	merge := func(env ...string) (string, error) {
		return c.pushWith(server.Dir, append(ssh, env...)...)("refs/heads/main")
	}
	if out, err := merge("GITEA_PUSH_TRIGGER=pr-merge-to-base", "GITEA_INTERNAL_PUSH=true", "GITEA_PR_ID=4"); err == nil {
		t.Errorf("a client said that it merges:\n%s", out)
	}
	if out, err := merge("SSH_ORIGINAL_COMMAND=gitea-internal", "GITEA_PUSH_TRIGGER=pr-update-with-base"); err == nil {
		t.Errorf("a way that the floor does not list:\n%s", out)
	}
	if out, err := merge("SSH_ORIGINAL_COMMAND=gitea-internal", "GITEA_PUSH_TRIGGER=pr-merge-to-base", "GITEA_PR_ID=4", "GITEA_PR_INDEX=2"); err != nil || !strings.Contains(out, "merged on a trusted path") {
		t.Errorf("a merge by the server: %v\n%s", err, out)
	}

	// A wiki is passed over, and it is said.
	c.Commit("wiki", "Page", gittest.Orphan(), gittest.Write("Home.md", "hello\n"))
	cmd := exec.Command("git", "-C", c.Dir, "push", server.Dir, "+wiki:refs/heads/main")
	cmd.Env = append(append(gittest.Env(), ssh...), "GITEA_REPO_IS_WIKI=true", "GITEA_REPO_NAME=shop.wiki")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "it is a wiki") {
		t.Errorf("%v\n%s", err, out)
	}
}

// GitLab's Gitaly runs custom_hooks/pre-receive.d in order, up to the first that fails,
// in an environment of its own making, and shows in the browser what begins with
// GL-HOOK-ERR: at the start of a line. This is that in our words, the environment that
// its source makes (internal/gitaly/hook/custom.go), and the layout of its storage.
func testGitLab(t *testing.T, b *bench) {
	storage := t.TempDir()
	server := gittest.New(t)
	gitDir := storage + "/@hashed/aa/bb/aabb.git"
	if err := os.MkdirAll(filepath.Dir(gitDir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(server.Dir, gitDir); err != nil {
		t.Fatal(err)
	}
	server = gittest.At(t, gitDir)
	c := b.seed(t, server.Dir, server.Dir)
	for _, hook := range []string{"pre-receive", "post-receive"} {
		put(t, server.Dir+"/hooks/"+hook, `#!/bin/sh
input=$(cat)
for hook in custom_hooks/`+hook+`.d/*; do
	if [ -x "$hook" ]; then
		echo "$input" | env -i PATH="$PATH" HOME="$HOME" GIT_DIR="$PWD" GIT_OBJECT_DIRECTORY="${GIT_OBJECT_DIRECTORY}" \
			GIT_ALTERNATE_OBJECT_DIRECTORIES="${GIT_ALTERNATE_OBJECT_DIRECTORIES}" GL_REPOSITORY="$GL_REPOSITORY" \
			GL_PROJECT_PATH="$GL_PROJECT_PATH" GL_ID="$GL_ID" GL_USERNAME="$GL_USERNAME" GL_PROTOCOL="$GL_PROTOCOL" \
			"$hook" >said 2>&1 || { cat said; exit 1; }
		cat said
	fi
done
`, 0o755)
	}
	b.install(t, "gitlab", server.Dir)
	env := func(more ...string) []string {
		return append([]string{"GL_ID=user-2234", "GL_USERNAME=ada", "GL_PROJECT_PATH=acme/web/shop", "GL_PROJECT_ID=1234", "GL_REPOSITORY=project-1234", "GL_PROTOCOL=ssh"}, more...)
	}
	c.through(t, scenario{push: c.pushWith(server.Dir, env()...), prefix: "GL-HOOK-ERR: ", who: change.Pusher{Login: "ada", ID: "2234", Type: change.User, From: "gitlab"}})
	for line := range strings.Lines(mustRead(t, server.Dir+"/said")) {
		if !strings.HasPrefix(line, "GL-HOOK-ERR:") {
			t.Errorf("GitLab would not show %q", line)
		}
	}
	// What is done in the browser has its objects elsewhere in the storage.
	c.Commit("main", "By a click", gittest.Write("click.py", "import os\n"))
	head, was := c.ID("main"), server.ID("refs/heads/main")
	quarantine := storage + "/+gitaly/tmp/quarantine-77"
	if err := os.MkdirAll(quarantine+"/pack", 0o755); err != nil {
		t.Fatal(err)
	}
	c.quarantined(t, quarantine, head, was)
	click := func() (string, error) {
		cmd := exec.Command(gitDir + "/custom_hooks/pre-receive.d/custody")
		cmd.Dir = gitDir
		cmd.Env = append(env("GL_PROTOCOL=web"), "PATH="+os.Getenv("PATH"), "GIT_DIR="+gitDir, "GIT_OBJECT_DIRECTORY="+quarantine, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+gitDir+"/objects")
		cmd.Stdin = strings.NewReader(was + " " + head + " refs/heads/main\n")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := click(); err == nil || !strings.Contains(out, "two-eyes") {
		t.Errorf("a change in the browser: %v\n%s", err, out)
	}
	c.approve(t, gitDir+"/custody/contexts", "ada")
	if out, err := click(); err != nil {
		t.Errorf("an approved change in the browser: %v\n%s", err, out)
	}

	for _, kind := range []string{"wiki-1234", "design-1234", "group-7-wiki"} {
		c.Commit("other", "Page "+kind, gittest.From("main"), gittest.Write("Home.md", kind))
		cmd := exec.Command("git", "-C", c.Dir, "push", server.Dir, "+other:refs/heads/main")
		cmd.Env = append(gittest.Env(), env("GL_REPOSITORY="+kind)...)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "nothing here is judged") {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
}

// GitHub Enterprise Server runs hooks in a chroot of an environment that its operator
// uploads, with /bin/sh, git and what else is in there, and with the objects of the push
// in objects/ghq_XXXX. This is the smallest such environment, and the variables that
// docs.github.com documents.
func testGHES(t *testing.T, b *bench) {
	root := newRootFS(t, b.custody)
	gitDir := root + "/data/repositories/shop.git"
	if err := os.MkdirAll(filepath.Dir(gitDir), 0o755); err != nil {
		t.Fatal(err)
	}
	server := gittest.New(t)
	if err := os.Rename(server.Dir, gitDir); err != nil {
		t.Fatal(err)
	}
	server = gittest.At(t, gitDir)
	c := b.seed(t, gitDir, gitDir)
	for from, to := range map[string]string{b.key: "signing.pem", b.ring: "trusted_keys"} {
		put(t, root+"/etc/custody/"+to, mustRead(t, from), 0o600)
	}
	put(t, root+"/hook", "#!/bin/sh\nexec custody hook pre-receive --server ghes --deadline 60s --key /etc/custody/signing.pem --trusted-keys /etc/custody/trusted_keys --contexts /contexts --floor /etc/custody/floor.yaml\n", 0o755)
	put(t, root+"/etc/custody/floor.yaml", "version: 1\ntrusted_merge_paths: [pull request merge button]\n", 0o644)

	via := ""
	push := func(ref string) (string, error) {
		// What receive-pack does, with GitHub's name for the quarantine.
		quarantine := gitDir + "/objects/ghq_x7f3a"
		if err := os.MkdirAll(quarantine+"/pack", 0o755); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(quarantine)
		head := c.ID("main")
		c.quarantined(t, quarantine, head, server.ID("refs/heads/main"))
		old, err := server.Try("rev-parse", "--verify", "-q", ref)
		if old = strings.TrimSpace(old); err != nil {
			old = strings.Repeat("0", 40)
		}
		const inside = "/data/repositories/shop.git"
		cmd := inRoot(root, inside, "/hook")
		cmd.Env = []string{
			"PATH=/bin:/usr/bin", "GIT_DIR=.", "GIT_QUARANTINE_PATH=" + inside + "/objects/ghq_x7f3a", "GIT_OBJECT_DIRECTORY=./objects/ghq_x7f3a",
			"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + inside + "/./objects", "GIT_PUSH_OPTION_COUNT=0", "GIT_USER_AGENT=git/2.39.5",
			"GITHUB_REPO_NAME=acme/shop", "GITHUB_REPO_PUBLIC=false", "GITHUB_USER_LOGIN=ada", "GITHUB_USER_IP=203.0.113.7",
			"GITHUB_PUBLIC_KEY_FINGERPRINT=SHA256:x", "GITHUB_PULL_REQUEST_AUTHOR_LOGIN=", "GITHUB_PULL_REQUEST_HEAD=", "GITHUB_PULL_REQUEST_BASE=",
			"GITHUB_VIA=" + via,
		}
		cmd.Stdin = strings.NewReader(old + " " + head + " " + ref + "\n")
		out, err := cmd.CombinedOutput()
		if err == nil { // accepted: the objects move, and then the ref
			moved, err := filepath.Glob(quarantine + "/pack/*")
			if err != nil || len(moved) == 0 {
				t.Fatalf("%d files in quarantine, %v", len(moved), err)
			}
			for _, file := range moved {
				if err := os.Rename(file, filepath.Join(gitDir, "objects/pack", filepath.Base(file))); err != nil {
					t.Fatal(err)
				}
			}
			server.Git("update-ref", ref, head)
		}
		return string(out), err
	}
	c.through(t, scenario{push: push, folder: root + "/contexts", who: change.Pusher{Login: "ada", Type: change.User, From: "ghes"}})

	c.Commit("main", "Not approved", gittest.Write("c.py", "import os\n"))
	for _, way := range []string{"", "blob edit", "pull request merge button"} {
		via = way
		if out, err := push("refs/heads/main"); (err == nil) != (way == "pull request merge button") {
			t.Errorf("via %q: %v\n%s", way, err, out)
		}
	}
}

// quarantined puts what head has beyond what the server has into a folder, as receive-pack
// does.
func (c *serverClone) quarantined(t *testing.T, folder, head, has string) {
	t.Helper()
	packed := c.Pipe([]byte(head+"\n^"+has+"\n"), "pack-objects", "--revs", "--thin", "--stdout", "-q")
	index := exec.Command("git", "-C", c.server, "index-pack", "--stdin", "--fix-thin")
	index.Env = append(gittest.Env(), "GIT_OBJECT_DIRECTORY="+folder, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+c.server+"/objects")
	index.Stdin = strings.NewReader(string(packed))
	if out, err := index.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// newRootFS is a root folder with a shell, git, custody, and the libraries that they need.
func newRootFS(t *testing.T, custody string) string {
	t.Helper()
	root := t.TempDir()
	copyIn := func(from, to string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(root+to), 0o755); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(root+to, text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for program, to := range map[string]string{"sh": "/bin/sh", "git": "/usr/bin/git"} {
		file, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		copyIn(file, to)
		libraries, err := exec.Command("ldd", file).Output()
		if err != nil {
			t.Fatalf("ldd %s: %v", file, err)
		}
		for _, word := range strings.Fields(string(libraries)) {
			if strings.HasPrefix(word, "/") {
				copyIn(word, word)
			}
		}
	}
	copyIn(custody, "/usr/bin/custody")
	for _, dir := range []string{"/tmp", "/dev"} {
		if err := os.Mkdir(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(root+"/dev/null", nil, 0o666); err != nil { // a device needs root; this is as empty
		t.Fatal(err)
	}
	return root
}

// inRoot runs a program in a root folder: as root, or as one in a user namespace.
func inRoot(root, dir string, argv ...string) *exec.Cmd {
	args := append([]string{root, "/bin/sh", "-c", `cd "$1" && shift && exec "$@"`, "sh", dir}, argv...)
	if os.Geteuid() == 0 {
		return exec.Command("/usr/sbin/chroot", args...)
	}
	return exec.Command("unshare", append([]string{"-r", "/usr/sbin/chroot"}, args...)...)
}
