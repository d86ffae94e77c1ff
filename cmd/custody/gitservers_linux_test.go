package main

import (
	"archive/zip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"net/http"

	"custody/internal/change"
	"custody/internal/git/gittest"
	"custody/internal/sign"
)

// TestServers pushes through real git servers: sshd, git http-backend and gitolite; and
// through what Gitea, GitLab and GitHub Enterprise Server document of theirs, which can
// not be had here. Each time the same happens: a change is refused because nobody
// approved it, a review tool signs that somebody did, and it is accepted.
func TestServers(t *testing.T) {
	bench := newBench(t)
	t.Run("ssh", func(t *testing.T) { testSSH(t, bench) })
	t.Run("http", func(t *testing.T) { testHTTP(t, bench) })
	t.Run("gitolite", func(t *testing.T) { testGitolite(t, bench) })
	t.Run("gitea", func(t *testing.T) { testGitea(t, bench) })
	t.Run("gitlab", func(t *testing.T) { testGitLab(t, bench) })
	t.Run("ghes", func(t *testing.T) { testGHES(t, bench) })
}

// A bench has what all servers need: the program, linked as it is released, and keys.
type bench struct {
	dir     string
	custody string
	key     string // signs packs
	review  string // signs contexts
	ring    string // trusts the second for contexts
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{dir: dir, custody: dir + "/bin/custody", key: dir + "/signing.pem", review: dir + "/review.pem", ring: dir + "/trusted_keys"}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", b.custody, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var keys [2]*sign.Key
	for i, file := range []string{b.key, b.review} {
		key, err := sign.GenerateKey(strings.NewReader(strings.Repeat(string(rune('a'+i)), 32)))
		if err != nil {
			t.Fatal(err)
		}
		pem, err := key.MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		put(t, file, string(pem), 0o600)
		keys[i] = key
	}
	put(t, b.ring, sign.TrustedKey{Key: keys[0].Public(), Name: "hook"}.String()+"\n"+
		sign.TrustedKey{Key: keys[1].Public(), Name: "review-tool", Purposes: sign.ForContext}.String()+"\n", 0o644)
	return b
}

func put(t *testing.T, file, text string, mode os.FileMode) {
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

// run runs custody and wants it to answer with 0.
func (b *bench) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(b.custody, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("custody %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// install puts the hooks into a repository.
func (b *bench) install(t *testing.T, server string, args ...string) string {
	t.Helper()
	return b.run(t, append([]string{"hook", "install", "--server", server, "--deadline", "60s", "--key", b.key, "--trusted-keys", b.ring}, args...)...)
}

const twoEyes = "version: 1\nrules:\n  - {id: two-eyes, kind: approvals, approvals: {humans: 1}}\n"

// A serverClone is a clone whose main has a policy, and what it pushes.
type serverClone struct {
	*gittest.Repo
	b      *bench
	server string // git directory
}

// seed makes a clone, and pushes its main to a server that has no hooks of ours yet.
func (b *bench) seed(t *testing.T, gitDir, url string, env ...string) *serverClone {
	t.Helper()
	c := &serverClone{gittest.New(t), b, gitDir}
	c.Commit("main", "Start", gittest.Write(".custody.yaml", twoEyes), gittest.Write("a.py", "import os\n"))
	if out, err := c.pushWith(url, env...)("refs/heads/main"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return c
}

// approve puts a context into the server's folder in which somebody approves the head,
// and which says whose account the pusher's is.
func (c *serverClone) approve(t *testing.T, folder, pusher string) {
	t.Helper()
	head := c.ID("main")
	facts := filepath.Join(t.TempDir(), "facts.json")
	put(t, facts, fmt.Sprintf(`{"schema":"custody/context/v1","change":{"author":{"login":"ada","id":"1","type":"User"},"pushers":[{"login":"%[2]s","id":"9","type":"User"}]},
		"commits":[{"sha":"%[1]s","verified":false,"author":{"login":"ada","id":"1","type":"User"},"committer":{"login":"ada","id":"1","type":"User"}}],
		"reviews":[{"reviewer":{"login":"ben","id":"1002","type":"User"},"state":"approved","commit":"%[1]s","at":"2026-11-23T09:30:00Z","permission":"write"}]}`, head, pusher), 0o644)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	c.b.run(t, "-C", c.Dir, "context", "sign", "--head", "main", "--target", "refs/heads/main", "--key", c.b.review, "-o", filepath.Join(folder, head+".json"), facts)
}

// A scenario is one push after the other through one server.
type scenario struct {
	push   func(ref string) (string, error) // main to this ref
	folder string                           // where contexts are; empty: the usual one
	prefix string                           // of the answer's lines
	who    change.Pusher                    // as the pack has them
}

func (c *serverClone) through(t *testing.T, s scenario) {
	t.Helper()
	if s.folder == "" {
		s.folder = filepath.Join(c.server, "custody", "contexts")
	}
	server := gittest.At(t, c.server)
	was := server.ID("refs/heads/main")
	head := c.Commit("main", "Change "+s.who.From+s.who.Login, gittest.Write("b.py", "import os # "+s.who.From+s.who.Login+"\n"))

	out, err := s.push("refs/heads/main")
	if err == nil || server.ID("refs/heads/main") != was || !strings.Contains(out, "two-eyes") {
		t.Fatalf("nobody approved it, and the answer was %v:\n%s", err, out)
	}
	if s.prefix != "" {
		for line := range strings.Lines(out) {
			if line, ours := strings.CutPrefix(strings.TrimPrefix(line, "remote: "), "custody: "); ours {
				t.Errorf("a line without the prefix: %q", line)
			}
		}
		if !strings.Contains(out, s.prefix) {
			t.Errorf("no line begins with %q:\n%s", s.prefix, out)
		}
	}
	c.approve(t, s.folder, s.who.Login)
	if out, err = s.push("refs/heads/main"); err != nil || server.ID("refs/heads/main") != head {
		t.Fatalf("it was approved, and the answer was %v:\n%s", err, out)
	}
	p := c.packOf(t, head)
	if p.Inputs.Context.Trust != "signed" || p.Inputs.Context.Signer != "review-tool" || p.Inputs.Ref != "refs/heads/main" || p.Stage != "merge" {
		t.Errorf("the pack says %+v", p)
	}
	if want := []change.Pusher{s.who}; !slices.Equal(p.Inputs.Pushers, want) {
		t.Errorf("the pack says that %+v pushed, want %+v", p.Inputs.Pushers, want)
	}
	if out, err = s.push("refs/heads/side/" + head[:7]); err != nil {
		t.Errorf("work in progress: %v\n%s", err, out)
	}
}

// hookPack is what these tests ask of a pack.json.
type hookPack struct {
	Decision string `json:"decision"`
	Stage    string `json:"stage"`
	Inputs   struct {
		Ref     string          `json:"ref"`
		Head    string          `json:"head"`
		Pushers []change.Pusher `json:"pushers"`
		Context struct {
			Trust  string `json:"trust"`
			Signer string `json:"signer"`
		} `json:"context"`
	} `json:"inputs"`
}

// packOf finds the pack that let a head land, and verifies it.
func (c *serverClone) packOf(t *testing.T, head string) hookPack {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.server, "custody", "packs", "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		z, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		var p hookPack
		f, err := z.Open("pack.json")
		if err == nil {
			var doc []byte
			if doc, err = io.ReadAll(f); err == nil {
				err = json.Unmarshal(doc, &p)
			}
		}
		z.Close()
		if err != nil {
			t.Fatal(err)
		}
		if p.Inputs.Head == head && p.Decision == "pass" && p.Stage == "merge" {
			c.b.run(t, "verify", "--trusted-keys", c.b.ring, file)
			return p
		}
	}
	t.Fatalf("none of %d packs is the one that let %s land", len(files), head)
	return hookPack{}
}

// pushWith is a push by the real git, with variables of its client.
func (c *serverClone) pushWith(url string, env ...string) func(string) (string, error) {
	return func(ref string) (string, error) {
		cmd := exec.Command("git", "-C", c.Dir, "push", "--force", url, "main:"+ref)
		cmd.Env = append(gittest.Env(), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// An sshServer is an sshd on a port of the loopback.
type sshServer struct {
	port string
	dir  string // with the client's keys
}

// startSSH starts sshd with more lines of configuration. authorized makes the lines of
// authorized_keys from public keys.
func startSSH(t *testing.T, config string, authorized func(name, public string) string, people ...string) *sshServer {
	t.Helper()
	dir := t.TempDir()
	s := &sshServer{dir: dir}
	keygen := func(name string) string {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", dir+"/"+name).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen (openssh-client must be installed): %v\n%s", err, out)
		}
		public, err := os.ReadFile(dir + "/" + name + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(public))
	}
	keygen("host")
	var lines []string
	for _, name := range people {
		lines = append(lines, authorized(name, keygen(name)))
	}
	put(t, dir+"/authorized_keys", strings.Join(lines, "\n")+"\n", 0o600)
	// Root's sshd wants this folder; it is empty, and made anew at each start of a system.
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	put(t, dir+"/sshd_config", "ListenAddress 127.0.0.1\nPort "+s.port+"\nHostKey "+dir+"/host\nAuthorizedKeysFile "+dir+"/authorized_keys\n"+
		"PermitRootLogin yes\nPasswordAuthentication no\nUsePAM no\nStrictModes no\nPidFile none\nLogLevel ERROR\n"+config+"\n", 0o600)
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		sshd = "/usr/sbin/sshd" // not in everybody's PATH
	}
	cmd := exec.Command(sshd, "-D", "-e", "-f", dir+"/sshd_config")
	log, err := os.Create(dir + "/log")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting sshd (openssh-server must be installed): %v", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		log.Close()
		if text, _ := os.ReadFile(dir + "/log"); t.Failed() && len(text) > 0 {
			t.Logf("sshd: %s", text)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			conn.Close()
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("sshd does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond) // another program's port: there is nothing else to wait for
	}
}

// command is GIT_SSH_COMMAND for one person.
func (s *sshServer) command(who string, options ...string) string {
	return "GIT_SSH_COMMAND=ssh -F none -o IdentitiesOnly=yes -o BatchMode=yes -o KexAlgorithms=curve25519-sha256 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p " + s.port + " -i " + s.dir + "/" + who + " " + strings.Join(options, " ")
}

func account(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("id", "-un").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// Over ssh the pusher is who logged in; a forced command tells people apart who share an
// account; and what a client sets is worth nothing, even where sshd lets everything in.
func testSSH(t *testing.T, b *bench) {
	me := account(t)
	server := gittest.New(t)
	c := b.seed(t, server.Dir, server.Dir)
	put(t, server.Dir+"/hooks/pre-receive", "#!/bin/sh\ncat >/dev/null; echo \"came along: $CUSTODY_PUSHER $GL_PROTOCOL $GITEA_REPO_IS_WIKI\"\n", 0o755)
	b.install(t, "git", server.Dir)
	_, script, _ := strings.Cut(mustRead(t, "../../docs/hooks/git.md"), "```sh\n#!/bin/sh")
	script, _, _ = strings.Cut(script, "```")
	gitAs := t.TempDir() + "/git-as"
	put(t, gitAs, "#!/bin/sh"+script, 0o755)
	sshd := startSSH(t, "AcceptEnv *", func(name, public string) string {
		if name == "own" {
			return public
		}
		return `command="` + gitAs + ` ` + name + `",restrict ` + public
	}, "own", "eve")
	url := "ssh://" + me + "@127.0.0.1" + server.Dir

	// The client offers variables that would choose another key ring, another server,
	// another identity, another quarantine, and a program to run.
	evil := c.Dir + "/evil_keys"
	put(t, evil, strings.Replace(mustRead(t, b.ring), " hook", " hook for=packs,context", 1), 0o644)
	env := []string{
		"CUSTODY_TRUSTED_KEYS=" + evil, "CUSTODY_SIGNING_KEY=" + b.review, "CUSTODY_PUSHER=ada", "REMOTE_USER=ada", "GATEWAY_INTERFACE=CGI/1.1", "LOGNAME=ada", "USER=ada",
		"XDG_CONFIG_HOME=" + c.Dir, "GITEA_PUSHER_NAME=ada", "GITEA_REPO_IS_WIKI=true", "GL_REPOSITORY=wiki-1", "GL_PROTOCOL=web", "GITHUB_VIA=pull request merge button",
		"GIT_REPLACE_REF_BASE=refs/evil/",
	}
	send := "-o SendEnv=CUSTODY_* -o SendEnv=REMOTE_USER -o SendEnv=GATEWAY_INTERFACE -o SendEnv=LOGNAME -o SendEnv=USER -o SendEnv=XDG_* -o SendEnv=GITEA_* -o SendEnv=GL_* -o SendEnv=GITHUB_* -o SendEnv=GIT_REPLACE_REF_BASE"
	var last string
	push := c.pushWith(url, append(env, sshd.command("own", send))...)
	c.through(t, scenario{
		push: func(ref string) (out string, err error) { out, err = push(ref); last = out; return },
		who:  change.Pusher{Login: me, From: "git"},
	})
	if !strings.Contains(last, "came along: ada web true") {
		t.Errorf("sshd let nothing in, so that this tried nothing:\n%s", last)
	}

	// The documented command keeps even those out by which git would run no hook. Git takes
	// them away from its own ssh; somebody who writes one can send them.
	send += ` -o "SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/nowhere"`
	c.Commit("main", "Around the hooks", gittest.Write("around.py", "import os\n"))
	if out, err := c.pushWith(url, append(env, sshd.command("own", send))...)("refs/heads/around"); err != nil || strings.Contains(out, "came along") {
		t.Errorf("without a forced command no hook runs, says the documentation: %v\n%s", err, out)
	}
	c.through(t, scenario{push: c.pushWith(url, append(env, sshd.command("eve", send))...), who: change.Pusher{Login: "eve", From: "git"}})
}

func mustRead(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Over http the pusher is whom the web server authenticated.
func testHTTP(t *testing.T, b *bench) {
	root := t.TempDir()
	server := gittest.New(t)
	if err := os.Rename(server.Dir, root+"/shop.git"); err != nil {
		t.Fatal(err)
	}
	server = gittest.At(t, root+"/shop.git")
	server.Git("config", "http.receivepack", "true")
	c := b.seed(t, server.Dir, server.Dir)
	b.install(t, "git", server.Dir)
	backend := strings.TrimSpace(gitOutput(t, "--exec-path")) + "/git-http-backend"
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, ok := r.BasicAuth()
		if !ok || password != "secret of "+name {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		(&cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + name}, InheritEnv: []string{"PATH"}}).ServeHTTP(w, r)
	}))
	defer web.Close()
	auth := base64.StdEncoding.EncodeToString([]byte("ada:secret of ada"))
	url := web.URL + "/shop.git"
	c.Git("config", "http.extraHeader", "Authorization: Basic "+auth)
	for _, header := range []string{"Remote-User: ben", "REMOTE_USER: ben", "Custody-Pusher: ben"} {
		c.Git("config", "--add", "http.extraHeader", header)
	}
	c.through(t, scenario{push: c.pushWith(url), who: change.Pusher{Login: "ada", From: "git"}})
}

func gitOutput(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
