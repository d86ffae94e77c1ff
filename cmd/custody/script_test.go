package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"custody": func() { os.Exit(Main(nil)) },
	})
}

// noWait is the environment in which a program that the race detector watches does not
// wait for a second before it ends. A race is reported and fails the test all the same.
const noWait = "GORACE=atexit_sleep_ms=0"

// TestScripts runs what a person would type, with the real program, the real git and
// a home folder of its own.
func TestScripts(t *testing.T) { runScripts(t, "script") }

func runScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", dir),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		Setup: func(env *testscript.Env) error {
			program, err := exec.LookPath("custody")
			if err != nil {
				return err
			}
			signers, err := filepath.Abs("../../docs/signers")
			if err != nil {
				return err
			}
			home := filepath.Join(env.WorkDir, ".home")
			for k, v := range map[string]string{
				"HOME":                home,
				"XDG_CONFIG_HOME":     filepath.Join(home, ".config"),
				"XDG_CACHE_HOME":      filepath.Join(home, ".cache"),
				"GIT_CONFIG_NOSYSTEM": "1",
				"GIT_AUTHOR_NAME":     "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
				"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
				"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
				"DAY":     "2026-11-23",
				"CUSTODY": program, // for scripts that take PATH away
				"SIGNERS": signers, // the commands of docs/signers
				"GORACE":  strings.TrimPrefix(noWait, "GORACE="),
			} {
				env.Setenv(k, v)
			}
			return os.MkdirAll(home, 0o700)
		},
		Cmds: scriptWords,
	})
}

// exits CODE COMMAND... runs a command and wants exactly that exit code; 'exec' can
// only tell zero from the rest.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = exitCode(err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s\n%s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func exitCode(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err.Error()
	}
	return strconv.Itoa(exit.ExitCode())
}
