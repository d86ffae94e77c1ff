//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/pack/verify"
	"custody/internal/sign"
)

// A gitServer is a bare repository whose hooks are Custody, and whose first commit on
// main has the policy that whatever calls eval is refused.
type gitServer struct {
	*gittest.Repo
	t    testing.TB
	base string
}

const serverPolicy = `version: 1
rules:
  - {id: must-hold, kind: requirements}
`

const serverRequirements = `version: "2.0"
controls:
  - {id: NO-EVAL, name: No eval, requirement: Nothing is evaluated, verification: "! grep -rn 'eval(' --include='*.py'"}
`

func newGitServer(t testing.TB, unpackLimit string, options ...gittest.Option) *gitServer {
	t.Helper()
	return serve(t, gittest.New(t, options...), unpackLimit)
}

// serve makes a server of an empty bare repository.
func serve(t testing.TB, r *gittest.Repo, unpackLimit string) *gitServer {
	t.Helper()
	s := &gitServer{Repo: r, t: t}
	s.base = s.Commit("main", "base", gittest.Write(".custody.yaml", serverPolicy),
		gittest.Write("security_requirements.yaml", serverRequirements), gittest.Write("a.py", "import b\n"), gittest.Write("b.py", "x = 1\n"))
	s.Git("config", "receive.unpackLimit", unpackLimit)
	s.Git("config", "receive.autogc", "false")
	// Whoever looks after a server may have more than one hook; a slow machine is no
	// hostile push.
	s.hook("pre-receive", "exec custody hook pre-receive --deadline 60s")
	s.hook("post-receive", "exec custody hook post-receive")
	folder := filepath.Join(s.Dir, "custody")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := sign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	pem, err := key.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "signing.pem"), pem, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *gitServer) hook(name, body string) {
	s.t.Helper()
	folder := filepath.Join(s.Dir, "hooks")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		s.t.Fatal(err)
	}
	// Written beside and renamed: another push may be running the old one.
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file+".new", []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		s.t.Fatal(err)
	}
}

// client is a repository that shares the server's objects, so that a test pushes just
// what it made.
func (s *gitServer) client() *gittest.Repo {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "client")
	s.Git("clone", "--quiet", "--bare", "--shared", "--template=", s.Dir, dir)
	return gittest.At(s.t, dir)
}

// A pushed is what became of a push.
type pushed struct {
	accepted bool
	said     string
}

// push pushes refspecs with more variables in the environment. A push that ends in any
// other way than accepted or refused fails the test.
func (s *gitServer) push(c *gittest.Repo, env []string, refspecs ...string) pushed {
	s.t.Helper()
	cmd := exec.CommandContext(context.Background(), "git", append([]string{"push", "--porcelain", "file://" + s.Dir}, refspecs...)...)
	cmd.Dir = c.Dir
	cmd.Env = append(append(gittest.Env(), noWait), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return pushed{err == nil, said.String()}
}

// verdicts gives the decisions of the packs for a head, by stage. Every pack must verify.
func (s *gitServer) verdicts(head string) map[string]string {
	s.t.Helper()
	found := map[string]string{}
	files, _ := filepath.Glob(filepath.Join(s.Dir, "custody", "packs", "*"))
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, ".tmp-") {
			continue // of a process that was killed
		}
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		r := verify.Verify(text, nil)
		if verify.Digest(text) != "sha256:"+strings.TrimSuffix(name, ".zip") || len(r.Steps) == 0 || r.Intact.String() != "satisfied" {
			s.t.Errorf("pack %s is damaged: %+v", name, r.Steps)
			continue
		}
		members, err := verify.Decode(text)
		if err != nil {
			s.t.Fatal(err)
		}
		var doc struct {
			Decision, Stage string
			Inputs          struct{ Head string }
		}
		if err := json.Unmarshal(members[verify.PackJSON], &doc); err != nil {
			s.t.Fatal(err)
		}
		if doc.Inputs.Head == head {
			found[doc.Stage] = doc.Decision
		}
	}
	return found
}

// tip is where a ref of the server points; empty when it is not there.
func (s *gitServer) tip(ref string) string {
	id, err := s.Try("rev-parse", "--verify", "--quiet", ref)
	if err != nil {
		return ""
	}
	return id
}

// runHookCommand runs a hook as git would, with a push on standard input.
func (s *gitServer) run(env []string, stdin string, args ...string) (code int, said string) {
	s.t.Helper()
	cmd := exec.Command("custody", append([]string{"hook"}, args...)...)
	cmd.Dir = s.Dir
	cmd.Env = append(append(gittest.Env(), noWait), env...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

func line(old, new, ref string) string { return fmt.Sprintf("%s %s %s\n", old, new, ref) }
