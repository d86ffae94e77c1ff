package app_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// A server is custody-app as a whole process, as an operator starts it.
type server struct {
	*world
	program string
	config  string
	url     string
	cmd     *exec.Cmd
	ended   <-chan error
	log     *lockedBuffer
}

// lockedBuffer keeps what a process writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newServer writes the files that an operator would, for a world whose own App is stopped.
func newServer(w *world, program string) *server {
	w.Helper()
	w.stop()
	// It has to be free again at the next start: those that the system hands out to whoever wants
	// any, and to each connection, lie above.
	address := ""
	for address == "" {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(10_000)))
		if err != nil {
			continue
		}
		address = l.Addr().String()
		l.Close()
	}
	key, err := w.key.MarshalPEM()
	if err != nil {
		w.Fatal(err)
	}
	write := func(name string, text []byte) string {
		path := filepath.Join(w.dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			w.Fatal(err)
		}
		return path
	}
	config := fmt.Sprintf(`listen: %q
github:
  url: %s
  app_id: %d
  private_key_file: %s
  webhook_secret_file: %s
store: %q
blobs: file://%s
clones: %s
signing_key_file: %s
`, address, w.gh.API, w.gh.App.ID, write("app.pem", w.gh.App.PEM()), write("secret", []byte(w.gh.App.WebhookSecret+"\n")),
		w.address, filepath.Join(w.dir, "packs"), filepath.Join(w.dir, "clones"), write("signing.pem", key))
	version, err := exec.Command(program, "version").Output()
	if err != nil {
		w.Fatal(err)
	}
	// A review that waits when the process stops is taken up by the world's own App: as another
	// version it would judge anew what was said already.
	w.version = strings.TrimSpace(strings.TrimPrefix(string(version), "custody-app "))
	s := &server{world: w, program: program, config: write("app.yaml", []byte(config)), url: "http://" + address, log: &lockedBuffer{}}
	w.Cleanup(func() {
		s.kill()
		if w.Failed() {
			w.Log(s.log.String())
		}
	})
	w.gh.DeliverTo(s.url + "/webhook")
	return s
}

// begin starts the process, and waits until it is ready.
func (s *server) begin() {
	s.Helper()
	s.cmd = exec.Command(s.program, "serve", "--config", s.config)
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + s.dir}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	ended := make(chan error, 1)
	s.ended = ended
	go func(cmd *exec.Cmd) { ended <- cmd.Wait() }(s.cmd)
	s.until("custody-app is ready", func() bool {
		select {
		case err := <-ended:
			s.cmd = nil
			s.Fatalf("custody-app ended: %v", err)
		default:
		}
		resp, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// kill is kill -9.
func (s *server) kill() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

// A process that is killed at any moment after a delivery was accepted loses nothing and
// says nothing twice: its next start concludes the check of the newest head, once. This is
// PostgreSQL, where a lock tells that a process is no more; SQLite and moments in the
// middle of calls are tried in cmd/custody-app.
func TestKilledOnPostgres(t *testing.T) {
	t.Parallel()
	program := program(t, "custody-app")
	rounds := 3
	if os.Getenv("CUSTODY_SLOW") != "" {
		rounds = 50
	}
	s := newServer(newWorld(t, policy, onPostgres), program)
	rnd := rand.New(rand.NewPCG(3, 4))
	s.begin()
	for i := range rounds {
		content, want := "x = 2\n", "success"
		if i%2 == 1 {
			content, want = "eval(1)\n", "failure"
		}
		branch := fmt.Sprint("topic-", i)
		p := s.pull(branch, gittest.Write("a.py", content))
		if i%3 == 2 { // a newer head comes at once
			s.origin.Commit(branch, "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "y = 1\n"))
			s.repo.Push("ada", s.origin, branch)
		}
		s.gh.Settle()
		time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond) // the moment is what is tried
		s.kill()
		s.begin()
		run := s.concluded(p.HeadSHA)
		if run.Conclusion != want || len(run.Concluded) != 1 || len(s.ours(p.HeadSHA)) != 1 {
			t.Fatalf("round %d: %d runs, concluded %v instead of %s", i, len(s.ours(p.HeadSHA)), run.Concluded, want)
		}
	}
	// And when everything has come to rest, it still is so.
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("it did not stop in order: %v", err)
	}
	s.cmd = nil
	s.start()
	s.settled()
	for i := range rounds {
		head := s.repo.Git("rev-parse", fmt.Sprint("refs/heads/topic-", i))
		if runs := s.ours(head); len(runs) != 1 || len(runs[0].Concluded) != 1 {
			t.Errorf("round %d: in the end %+v", i, runs)
		}
	}
	waiting, err := s.store.Waiting(context.Background(), time.Now().Add(time.Hour).UnixMilli(), 0, 10)
	if err != nil || len(waiting) != 0 {
		t.Errorf("%v, %v", waiting, err)
	}
}
