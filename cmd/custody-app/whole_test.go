package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// TestMain makes the test binary custody-app itself, for those who start it as a whole
// process, as an operator would.
func TestMain(m *testing.M) {
	if os.Getenv("CUSTODY_APP_IS_WHOLE") == "1" {
		main()
		return
	}
	flag.Parse()
	flag.Set("test.parallel", "8") // they wait for another process most of the time
	os.Exit(m.Run())
}

// A whole is custody-app as a process, on a GitHub of its own.
type whole struct {
	gh   *githubtest.GitHub
	inst *githubtest.Installation // on acme
	dir  string                   // configuration, store, packs, clones
	more string                   // configuration beyond what is needed
	env  []string                 // the same, as variables

	mu   sync.Mutex
	cmd  *exec.Cmd
	out  bytes.Buffer // everything that it ever said
	line *sync.Cond   // another line of it
	end  chan struct{}
}

// newWhole prepares one and a GitHub with the App on the organization "acme".
func newWhole(t *testing.T, more string, options ...githubtest.Option) *whole {
	t.Helper()
	w := &whole{gh: githubtest.New(t, options...), dir: t.TempDir(), more: more}
	w.line = sync.NewCond(&w.mu)
	w.gh.User("ada", "ada@example.com")
	w.gh.User("ben", "ben@example.com")
	w.inst = w.gh.Install("acme")
	key := exec.Command("openssl", "genpkey", "-algorithm", "ed25519", "-out", filepath.Join(w.dir, "signing.pem"))
	if out, err := key.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.write(t, "app.pem", string(w.gh.App.PEM()))
	w.write(t, "webhook.secret", w.gh.App.WebhookSecret+"\n")
	w.write(t, "app.yaml", fmt.Sprintf(`listen: "127.0.0.1:0"
public_url: https://custody.example.com
github:
  url: %s
  app_id: %d
  private_key_file: %[3]s/app.pem
  webhook_secret_file: %[3]s/webhook.secret
store: sqlite://%[3]s/custody.db
blobs: file://%[3]s/packs
clones: %[3]s/clones
signing_key_file: %[3]s/signing.pem
log_level: debug
%s`, w.gh.API, w.gh.App.ID, w.dir, more))
	t.Cleanup(func() { w.stop(t) })
	return w
}

// trustWaivers has the server's own key sign waivers.
func (w *whole) trustWaivers(t *testing.T) {
	t.Helper()
	der, err := exec.Command("openssl", "pkey", "-in", filepath.Join(w.dir, "signing.pem"), "-pubout", "-outform", "DER").Output()
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "trusted_keys", "ed25519 "+base64.StdEncoding.EncodeToString(der)+" app for=waivers\n")
	text, err := os.ReadFile(filepath.Join(w.dir, "app.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "app.yaml", string(text)+"trusted_keys_file: "+w.dir+"/trusted_keys\n")
}

func (w *whole) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// start starts the process, and sends deliveries there once it serves.
func (w *whole) start(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "serve", "--config", filepath.Join(w.dir, "app.yaml"))
	cmd.Env = append([]string{"CUSTODY_APP_IS_WHOLE=1", "PATH=" + os.Getenv("PATH"), "HOME=/dev/null/home", "GORACE=exitcode=66"}, w.env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	end := make(chan struct{})
	go func() {
		defer close(end)
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			w.mu.Lock()
			w.out.Write(lines.Bytes())
			w.out.WriteByte('\n')
			w.line.Broadcast()
			w.mu.Unlock()
			var said struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &said) == nil && said.Msg == "serving" {
				address <- said.Address
			}
		}
		cmd.Wait()
	}()
	w.cmd, w.end = cmd, end
	select {
	case a := <-address:
		w.gh.DeliverTo("http://" + a + "/webhook")
	case <-end:
		t.Fatalf("it does not serve:\n%s", w.said())
	}
}

// kill takes the process away between two instructions.
func (w *whole) kill() {
	w.cmd.Process.Kill()
	<-w.end
	w.cmd = nil
}

// stop tells the process to stop, and wants it to do so in good order.
func (w *whole) stop(t *testing.T) {
	if w.cmd == nil {
		return
	}
	if t.Failed() { // it may hang: then it says where
		w.cmd.Process.Signal(syscall.SIGQUIT)
		<-w.end
		w.cmd = nil
		t.Log(w.said())
		return
	}
	w.cmd.Process.Signal(syscall.SIGTERM)
	<-w.end
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, w.said())
	}
	w.cmd = nil
	for _, bad := range []string{"panic", "DATA RACE", "goroutine "} {
		if strings.Contains(w.said(), bad) {
			t.Errorf("it said %q:\n%s", bad, w.said())
		}
	}
}

// hears waits until the process has said something.
func (w *whole) hears(t *testing.T, text string) {
	t.Helper()
	late := time.AfterFunc(time.Minute, w.line.Broadcast)
	defer late.Stop()
	deadline := time.Now().Add(time.Minute)
	w.mu.Lock()
	defer w.mu.Unlock()
	for !strings.Contains(w.out.String(), text) {
		if !time.Now().Before(deadline) {
			t.Fatalf("for a minute it did not say %q:\n%s", text, w.out.String())
		}
		w.line.Wait()
	}
}

// said is everything that it ever wrote.
func (w *whole) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.String()
}

// A place is a repository on it, and where its commits are made.
type place struct {
	*githubtest.Repo
	t    *testing.T
	w    *whole
	src  *gittest.Repo
	base string
}

const wholePolicy = `version: 1
rules:
  - {id: must-hold, kind: requirements}
`

const wholeApprovals = wholePolicy + `  - {id: seen, kind: approvals, approvals: {humans: 1}}
`

const wholeRequirements = `version: "2.0"
controls:
  - {id: NO-EVAL, name: No eval, requirement: Nothing is evaluated, verification: "! grep -rn 'eval(' --include='*.py'"}
`

// Changes of which one passes and one fails.
var (
	good = gittest.Write("a.py", "x = 2\n")
	bad  = gittest.Write("a.py", "x = eval(input())\n")
)

// place makes a repository "acme/NAME" under a policy.
func (w *whole) place(t *testing.T, name, policy string) *place {
	t.Helper()
	p := &place{t: t, w: w, src: gittest.New(t)}
	p.base = p.src.Commit("main", "Begin", gittest.By("Ada <ada@example.com>"),
		gittest.Write(".custody.yaml", policy), gittest.Write("security_requirements.yaml", wholeRequirements), gittest.Write("a.py", "x = 1\n"))
	p.Repo = w.gh.Repo(name, p.src)
	p.Collaborator("ada", "write")
	p.Collaborator("ben", "write")
	return p
}

// pull opens a pull request of ada's with one commit on top of main.
func (p *place) pull(branch string, edits ...gittest.Edit) *githubtest.PullRequest {
	p.t.Helper()
	p.commit(branch, edits...)
	p.Push("ada", p.src, branch)
	return p.OpenPullRequest(githubtest.NewPull{Title: "Change " + branch, Author: "ada", Head: branch})
}

// commit makes a branch of one commit on top of main.
func (p *place) commit(branch string, edits ...gittest.Edit) string {
	p.t.Helper()
	return p.src.Commit(branch, "Change "+branch, append([]gittest.Edit{gittest.From(p.base), gittest.By("Ada <ada@example.com>")}, edits...)...)
}

// ours are the App's check runs on a commit.
func (p *place) ours(sha string) []githubtest.CheckRun {
	return slices.DeleteFunc(p.CheckRuns(sha), func(r githubtest.CheckRun) bool { return r.App != p.w.gh.App })
}

// concluded waits until the App's check run on a commit is, and gives it.
func (p *place) concluded(sha string) githubtest.CheckRun {
	p.t.Helper()
	var run githubtest.CheckRun
	p.w.gh.Until(p.t, "a check run on "+sha+" is concluded", func() bool {
		runs := p.ours(sha)
		for _, run = range runs {
			if run.Status == "completed" {
				return true
			}
		}
		return false
	})
	return run
}

// wants waits for the check run on a commit, and wants it to be concluded once, as said.
func (p *place) wants(sha, conclusion string) githubtest.CheckRun {
	p.t.Helper()
	run := p.concluded(sha)
	if len(p.ours(sha)) != 1 || len(run.Concluded) != 1 || run.Conclusion != conclusion {
		p.t.Errorf("%d check runs, concluded as %v, want %s once:\n%s\n%s", len(p.ours(sha)), run.Concluded, conclusion, run.Title, run.Summary)
	}
	return run
}
