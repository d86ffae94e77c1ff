package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/change"
	"custody/internal/git/gittest"
)

// TestGiteaItself pushes and merges through a Gitea or Forgejo whose program somebody
// names by CUSTODY_GITEA. What testGitea replays is held against the server here.
func TestGiteaItself(t *testing.T) {
	program := os.Getenv("CUSTODY_GITEA")
	if program == "" {
		t.Skip("CUSTODY_GITEA=PROGRAM names a gitea or forgejo to push through")
	}
	b := newBench(t)
	g := startGitea(t, program)
	g.call(t, "ada", "POST", "/user/repos", `{"name":"shop","default_branch":"main"}`, 201)
	g.call(t, "ada", "PUT", "/repos/ada/shop/collaborators/eve", `{"permission":"write"}`, 204)
	gitDir := g.work + "/repositories/ada/shop.git"
	url := "http://eve:" + g.password + "@" + g.address + "/ada/shop.git"
	c := b.seed(t, gitDir, url)
	if out := b.run(t, "hook", "install", "--deadline", "60s", "--key", b.key, "--trusted-keys", b.ring, g.work+"/repositories"); !strings.Contains(out, "installed") {
		t.Errorf("%s", out)
	}
	if text := mustRead(t, gitDir+"/hooks/pre-receive.d/custody"); !strings.Contains(text, "--server gitea") && !strings.Contains(text, "--server forgejo") {
		t.Errorf("the server was not recognised:\n%s", text)
	}
	c.through(t, scenario{push: c.pushWith(url), who: change.Pusher{Login: "eve", ID: "2", Type: change.User, From: "gitea"}})

	// The same over its own ssh server.
	key := t.TempDir() + "/key"
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	public, err := json.Marshal(map[string]string{"title": "key", "key": strings.TrimSpace(mustRead(t, key+".pub"))})
	if err != nil {
		t.Fatal(err)
	}
	g.call(t, "eve", "POST", "/user/keys", string(public), 201)
	ssh := (&sshServer{port: g.sshPort, dir: filepath.Dir(key)}).command("key", "-o SendEnv=GITEA_*")
	c.through(t, scenario{
		push: c.pushWith("ssh://git@127.0.0.1/ada/shop.git", ssh, "GITEA_PUSH_TRIGGER=pr-merge-to-base", "GITEA_INTERNAL_PUSH=true", "GITEA_PUSHER_NAME=ada", "GITEA_PUSHER_ID=1"),
		who:  change.Pusher{Login: "eve", ID: "2", Type: change.User, From: "gitea"},
	})

	// A merge by the button is refused until the floor trusts that way.
	c.Commit("feature", "Change", gittest.From("main"), gittest.Write("feature.py", "import os\n"))
	c.Git("push", "-q", url, "feature:refs/heads/feature")
	g.call(t, "eve", "POST", "/repos/ada/shop/pulls", `{"title":"Change","head":"feature","base":"main"}`, 201)
	merge := func() (code int, text string) {
		for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // it tries in the background whether it could
			code, text = g.try(t, "ada", "POST", "/repos/ada/shop/pulls/1/merge", `{"Do":"merge"}`)
			if code != 405 || !strings.Contains(text, "try again later") || time.Now().After(end) {
				return code, text
			}
		}
	}
	if code, text := merge(); code == 200 || !strings.Contains(text, "two-eyes") {
		t.Errorf("what nobody approved: %d\n%s", code, text)
	}
	floor := t.TempDir() + "/floor.yaml"
	put(t, floor, "version: 1\ntrusted_merge_paths: [pr-merge-to-base]\n", 0o644)
	b.install(t, "gitea", "--floor", floor, gitDir)
	if code, text := merge(); code != 200 {
		t.Errorf("on a way that the floor trusts: %d\n%s", code, text)
	}
	if out := gittest.At(t, gitDir).Git("log", "-1", "--format=%P", "main"); len(strings.Fields(out)) != 2 {
		t.Errorf("it was not merged: %s", out)
	}

	// Its wiki is another repository.
	g.call(t, "ada", "POST", "/repos/ada/shop/wiki/new", `{"title":"Home","content_base64":"aGVsbG8="}`, 201)
	b.install(t, "gitea", "--floor", floor, g.work+"/repositories/ada/shop.wiki.git")
	wiki := t.TempDir() + "/wiki"
	for _, args := range [][]string{{"clone", "-q", strings.Replace(url, "shop.git", "shop.wiki.git", 1), wiki}, {"-C", wiki, "commit", "-q", "--allow-empty", "-m", "Page"}} {
		c.Git(args...)
	}
	push := exec.Command("git", "-C", wiki, "push", "origin", "HEAD")
	push.Env = gittest.Env()
	if out, err := push.CombinedOutput(); err != nil || !strings.Contains(string(out), "it is a wiki") {
		t.Errorf("wiki: %v\n%s", err, out)
	}
}

// A gitea is a running server with two people, ada and eve.
type gitea struct {
	work, address, sshPort, password string
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func startGitea(t *testing.T, program string) *gitea {
	t.Helper()
	work := t.TempDir()
	port := freePort(t)
	g := &gitea{work: work, address: "127.0.0.1:" + port, sshPort: freePort(t), password: "correct-horse-7"}
	put(t, work+"/app.ini", fmt.Sprintf(`I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
RUN_USER = %s
WORK_PATH = %s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %s
ROOT_URL = http://%s/
STATIC_ROOT_PATH = %s
START_SSH_SERVER = true
SSH_LISTEN_HOST = 127.0.0.1
SSH_DOMAIN = 127.0.0.1
SSH_LISTEN_PORT = %s
BUILTIN_SSH_SERVER_USER = git
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = %s/gitea.db
[repository]
ROOT = %s/repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
SECRET_KEY = secret
[log]
LEVEL = warn
`, account(t), work, port, g.address, filepath.Dir(program), g.sshPort, work, work), 0o600)
	run := func(args ...string) {
		t.Helper()
		cmd := g.command(program, args...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gitea %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("migrate")
	for _, name := range []string{"ada", "eve"} {
		run("admin", "user", "create", "--username", name, "--password", g.password, "--email", name+"@example.com", "--must-change-password=false")
	}
	log, err := os.Create(work + "/web.log")
	if err != nil {
		t.Fatal(err)
	}
	web := g.command(program, "web")
	web.Stdout, web.Stderr = log, log
	if err := web.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		web.Process.Kill()
		web.Wait()
		log.Close()
		if t.Failed() {
			t.Logf("gitea: %s", mustRead(t, work+"/web.log"))
		}
	})
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) { // another program's port: there is nothing else to wait for
		r, err := http.Get("http://" + g.address + "/api/healthz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == 200 {
				return g
			}
		}
		if time.Now().After(end) {
			t.Fatalf("gitea does not answer: %v\n%s", err, mustRead(t, work+"/web.log"))
		}
	}
}

func (g *gitea) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, append([]string{"--config", g.work + "/app.ini", "--work-path", g.work}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.work, "USER=" + os.Getenv("USER")}
	cmd.Dir = g.work
	return cmd
}

func (g *gitea) try(t *testing.T, who, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+g.address+"/api/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(who, g.password)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (g *gitea) call(t *testing.T, who, method, path, body string, want int) {
	t.Helper()
	if code, text := g.try(t, who, method, path, body); code != want {
		t.Fatalf("%s %s: %d, want %d\n%s", method, path, code, want, text)
	}
}
