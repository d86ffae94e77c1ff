package app_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack"
	"custody/internal/pack/verify"
)

// The same change gives the same verdict through every door: the App's context, given to
// the command line and to a hook, leads to the digest that the App came to. For changes
// that pass, fail and are incomplete, with a rule about approvals.
func TestOneVerdictThroughEveryDoor(t *testing.T) {
	t.Parallel()
	custody := program(t, "custody")
	for _, c := range []struct {
		name, content string
		approved      bool
		decision      string
		exit          int
	}{
		{"pass", "x = 2\n", true, "pass", 0},
		{"fail", "eval(1)\n", true, "fail", 1},
		{"not approved", "x = 2\n", false, "fail", 1},
		{"incomplete", "x = 2\n", true, "incomplete", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			floor := "version: 1\nrules:\n  - {id: by-pull-request, kind: pull-request, at: [merge]}\n"
			w := newWorld(t, approvals, func(w *world) { w.floor = floor })
			var p *githubtest.PullRequest
			if c.decision == "incomplete" { // nobody tells of the push: who pushed is not known
				w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/activity", With: githubtest.Forbidden, Times: -1})
				w.repo.Quietly(func() { p = w.pull("topic", gittest.Write("a.py", c.content)) })
				p.Label("ada", "ready")
			} else {
				p = w.pull("topic", gittest.Write("a.py", c.content))
			}
			w.concluded(p.HeadSHA)
			if c.approved {
				p.Review("ben", "APPROVED", "")
			}
			w.settled()
			reviews, err := w.store.Reviews(context.Background(), w.repo.ID, "pull/1", 1)
			if err != nil || len(reviews) != 1 || reviews[0].Decision != c.decision {
				t.Fatalf("%+v, %v", reviews, err)
			}
			file, err := w.blobs.Get(context.Background(), reviews[0].Pack)
			if err != nil {
				t.Fatal(err)
			}
			members, err := verify.Decode(file)
			if err != nil {
				t.Fatal(err)
			}
			doc := members[verify.PackJSON]
			day := field(t, doc, `"day":"`)
			dir := t.TempDir()
			write := func(name string, text []byte) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			contextFile, floorFile := write("context.json", members[verify.Context]), write("floor.yaml", []byte(floor))
			key, err := w.key.MarshalPEM()
			if err != nil {
				t.Fatal(err)
			}
			keyFile := write("key.pem", key)
			if b, _ := pem.Decode(key); b == nil {
				t.Fatal("no key")
			}

			// The command line.
			out := filepath.Join(dir, "cli.zip")
			run(t, c.exit, nil, custody, "-C", w.repo.Dir, "audit", "--base", w.base, "--head", p.HeadSHA, "--stage", "merge",
				"--context", contextFile, "--floor", floorFile, "--on", day, "--key", keyFile, "-o", out)
			if got := digestOf(t, out); got != reviews[0].Verdict {
				t.Errorf("the command line came to %s, and the App to %s", got, reviews[0].Verdict)
			}

			// A hook, asked as git asks it, by a push of the head to main.
			if err := os.Mkdir(filepath.Join(w.repo.Dir, "custody"), 0o700); err != nil {
				t.Fatal(err)
			}
			exit := min(c.exit, 1)
			run(t, exit, []byte(w.base+" "+p.HeadSHA+" refs/heads/main\n"), custody, "-C", w.repo.Dir, "hook", "pre-receive",
				"--context", contextFile, "--floor", floorFile, "--key", keyFile, "--deadline", "1m")
			packs, err := filepath.Glob(filepath.Join(w.repo.Dir, "custody", "packs", "*.zip"))
			if err != nil || len(packs) != 1 {
				t.Fatalf("%v, %v", packs, err)
			}
			if got := digestOf(t, packs[0]); got != reviews[0].Verdict {
				t.Errorf("the hook came to %s, and the App to %s", got, reviews[0].Verdict)
			}

			// And the App's pack is replayed to the byte by the command line.
			run(t, c.exit, nil, custody, "-C", w.repo.Dir, "audit", "--like", write("app.zip", file), "--floor", floorFile, "--key", keyFile, "-o", out)
			if got := digestOf(t, out); got != reviews[0].Verdict {
				t.Errorf("the replay came to %s, and the App to %s", got, reviews[0].Verdict)
			}
		})
	}
}

// programs are the commands that were built, in a folder that TestMain takes away.
var programs struct {
	sync.Mutex
	dir string
}

// program builds one of the commands, once.
func program(t testing.TB, name string) string {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if programs.dir == "" {
		var err error
		if programs.dir, err = os.MkdirTemp("", "custody-programs"); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(programs.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, "custody/cmd/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func run(t *testing.T, want int, stdin []byte, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "CUSTODY_CACHE_DIR="+t.TempDir())
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if code != want {
		t.Fatalf("%s %s: exit code %d instead of %d\n%s", filepath.Base(name), strings.Join(args[:4], " "), code, want, out)
	}
}

func field(t *testing.T, doc []byte, name string) string {
	t.Helper()
	_, after, ok := strings.Cut(string(doc), name)
	value, _, _ := strings.Cut(after, `"`)
	if !ok {
		t.Fatalf("no %s in pack.json", name)
	}
	return value
}

func digestOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	members, err := verify.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := pack.VerdictDigest(members[verify.PackJSON])
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
