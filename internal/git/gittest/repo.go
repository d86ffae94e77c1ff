// Package gittest builds git repositories for tests: real ones, made by the git
// command line, the same ids on every machine.
//
// Commits go straight into the object store through fast-import, so a repository may
// hold names and modes that no file system would take, and thousands of files cost
// one process. Nothing but tests imports it.
package gittest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Author is who makes every commit unless By says otherwise.
const Author = "Ada Test <ada@example.com>"

// epoch is the date of the first commit; every later one is a minute younger.
const epoch = 1_700_000_000

// A Repo is a repository in a temporary folder, gone when the test ends.
type Repo struct {
	Dir string // what git.Open takes: the bare repository or the work tree
	tb  testing.TB

	commits int // made so far: the clock
}

// An Option of New.
type Option func(*options)

type options struct{ format string }

// SHA256 makes a repository whose ids have 64 digits.
func SHA256() Option { return func(o *options) { o.format = "sha256" } }

// Format makes a repository of the given object format, "sha1" or "sha256".
func Format(name string) Option { return func(o *options) { o.format = name } }

// New makes an empty repository whose HEAD points at the unborn branch main.
func New(tb testing.TB, opts ...Option) *Repo {
	tb.Helper()
	o := options{format: "sha1"}
	for _, f := range opts {
		f(&o)
	}
	r := &Repo{Dir: filepath.Join(tb.TempDir(), "repo"), tb: tb}
	mustRun(tb, filepath.Dir(r.Dir), nil, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--object-format="+o.format, r.Dir)
	return r
}

// At is a Repo for a repository that the test made in some other way.
func At(tb testing.TB, dir string) *Repo { return &Repo{Dir: dir, tb: tb} }

// Clone runs git clone with the given flags, from a file:// URL so that --depth and
// --filter mean something. The clone's origin stays configured.
func (r *Repo) Clone(flags ...string) *Repo {
	r.tb.Helper()
	dir := filepath.Join(r.tb.TempDir(), "clone")
	r.Git("config", "uploadpack.allowFilter", "true")
	r.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	args := append([]string{"clone", "--quiet"}, flags...)
	mustRun(r.tb, filepath.Dir(dir), nil, append(args, "file://"+r.Dir, dir)...)
	return &Repo{Dir: dir, tb: r.tb, commits: r.commits}
}

// Git runs git in the repository and gives its output without the last newline. The
// test fails when git does.
func (r *Repo) Git(args ...string) string {
	r.tb.Helper()
	return strings.TrimSuffix(string(mustRun(r.tb, r.Dir, nil, args...)), "\n")
}

// Pipe is Git with bytes on standard input, and the output as it is.
func (r *Repo) Pipe(stdin []byte, args ...string) []byte {
	r.tb.Helper()
	return mustRun(r.tb, r.Dir, stdin, args...)
}

// Try is Git for what may fail.
func (r *Repo) Try(args ...string) (string, error) {
	out, err := run(r.Dir, nil, nil, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// TryPipe is Pipe for what may fail.
func (r *Repo) TryPipe(stdin []byte, args ...string) ([]byte, error) {
	return run(r.Dir, nil, stdin, args...)
}

// TryEnv is TryPipe with more in the environment.
func (r *Repo) TryEnv(env []string, stdin []byte, args ...string) ([]byte, error) {
	return run(r.Dir, env, stdin, args...)
}

// Object writes a raw object, however broken, and gives its id.
func (r *Repo) Object(kind string, content []byte) string {
	r.tb.Helper()
	out := mustRun(r.tb, r.Dir, content, "hash-object", "-w", "--stdin", "--literally", "-t", kind)
	return strings.TrimSpace(string(out))
}

// Env is the environment for a git of a test: no configuration, fixed identity and
// dates.
func Env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/dev/null/home", "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada Test", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Ada Test", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
}

func mustRun(tb testing.TB, dir string, stdin []byte, args ...string) []byte {
	tb.Helper()
	out, err := run(dir, nil, stdin, args...)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func run(dir string, env []string, stdin []byte, args ...string) ([]byte, error) {
	args = append([]string{"-c", "protocol.file.allow=always", "-c", "gc.auto=0", "-c", "maintenance.auto=0"}, args...)
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, append(Env(), env...), bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("git %s: %w\n%s", strings.Join(args[6:], " "), err, stderr.Bytes())
	}
	return out, nil
}
