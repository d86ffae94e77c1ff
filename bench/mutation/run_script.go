package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"custody/bench/registry"
)

var (
	//go:embed functions.mjs
	scriptFunctions string
	//go:embed watch_vitest.mjs
	scriptWatch string
)

const (
	scriptEnters = "globalThis.__mutationEnter?.(%d)"
	scriptThrows = `(()=>{throw new Error("mutant")})()`
)

// scriptRunner runs files of tests by vitest, each as a whole: their tests have no names that
// the language knows.
type scriptRunner struct {
	dir, modules string
	want         []string
	broken       map[string]bool
	files        map[string]string
}

// placeScript brings the project, and vitest beside it.
func placeScript(ctx context.Context, p project, o options, dir string) (*scriptRunner, error) {
	modules, err := registry.NPM(ctx, o.locks)
	if err != nil {
		return nil, err
	}
	if p.byHand {
		list := exec.CommandContext(ctx, "git", "-C", o.from, "archive", "--format=tar", p.version)
		tar := exec.CommandContext(ctx, "tar", "-x", "-C", dir)
		if tar.Stdin, err = list.StdoutPipe(); err != nil {
			return nil, err
		}
		if err := errors.Join(tar.Start(), list.Run(), tar.Wait()); err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", p.version, o.from, err)
		}
	}
	if p.folder != "" {
		if err := registry.CopyFolder(dir, p.folder); err != nil {
			return nil, err
		}
	}
	for folder, part := range p.parts {
		if err := registry.CopyFolder(filepath.Join(dir, folder), filepath.Join(modules, filepath.FromSlash(part))); err != nil {
			return nil, err
		}
	}
	r := &scriptRunner{dir: dir, modules: modules, want: p.tests}
	return r, r.find(ctx, p)
}

func (r *scriptRunner) find(ctx context.Context, p project) error {
	if err := os.Symlink(r.modules, filepath.Join(r.dir, "node_modules")); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(r.dir, scratch), 0o755); err != nil {
		return err
	}
	setup := append([]string{scratch + "/watch.mjs"}, p.setup...)
	test, err := json.Marshal(map[string]any{
		"globals": true, "setupFiles": setup, "watch": false, "pool": "forks", "exclude": append([]string{"**/node_modules/**"}, p.excluded...),
		"testTimeout": 120_000, "hookTimeout": 120_000, "typecheck": map[string]bool{"enabled": false},
		"poolOptions": map[string]any{"forks": map[string]any{"maxForks": 2, "minForks": 1}},
	})
	if err != nil {
		return err
	}
	config := p.config
	if config == "" {
		config = "{}"
	}
	for name, text := range map[string]string{
		"watch.mjs":         scriptWatch,
		"vitest.config.mjs": fmt.Sprintf("export default { ...%s, root: %q, test: %s };\n", config, r.dir, test),
		"functions.mjs":     scriptFunctions,
	} {
		if err := os.WriteFile(filepath.Join(r.dir, scratch, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	out, err := r.vitest(ctx, "list", "--filesOnly", "--json")
	if err != nil {
		return err
	}
	var list []struct{ File string }
	if at := bytes.IndexByte(out, '['); at < 0 || json.Unmarshal(out[at:], &list) != nil {
		return fmt.Errorf("vitest lists no files: %s", out)
	}
	r.files = map[string]string{}
	for _, f := range list {
		path, err := r.rel(f.File)
		if err != nil {
			return err
		}
		r.files[path] = path
	}
	if len(r.files) == 0 {
		return errors.New("vitest finds no test")
	}
	return nil
}

func (r *scriptRunner) rel(name string) (string, error) {
	rel, err := filepath.Rel(r.dir, name)
	return filepath.ToSlash(rel), err
}

// vitest runs it on the folders of the project, with all that it starts ended at the end.
func (r *scriptRunner) vitest(ctx context.Context, command string, args ...string) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, testMinutes*time.Minute)
	defer cancel()
	args = append([]string{"node_modules/vitest/vitest.mjs", command, "--config", scratch + "/vitest.config.mjs"}, args...)
	cmd := exec.CommandContext(within, "node", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "MUTATION_OUT="+r.said(), "NO_COLOR=1", "CI=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case within.Err() != nil:
		return nil, errEndless
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && command == "run" {
		err = nil // tests failed: the report says which
	}
	if err != nil {
		return nil, fmt.Errorf("vitest %s: %w: %s", command, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

func (r *scriptRunner) said() string { return filepath.Join(r.dir, scratch, "said") }

func (r *scriptRunner) run(ctx context.Context, files []string) (failed []string, err error) {
	if len(files) == 0 {
		files = r.want
	}
	report := filepath.Join(r.dir, scratch, "report.json")
	os.Remove(report)
	out, err := r.vitest(ctx, "run", append([]string{"--reporter=json", "--outputFile=" + report}, files...)...)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(report)
	if err != nil {
		return nil, fmt.Errorf("vitest made no report: %s", bytes.TrimSpace(out))
	}
	var said struct {
		TestResults []struct{ Name, Status string }
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return nil, err
	}
	for _, t := range said.TestResults {
		if t.Status == "passed" {
			continue
		}
		path, err := r.rel(t.Name)
		if err != nil {
			return nil, err
		}
		failed = append(failed, path)
	}
	slices.Sort(failed)
	return failed, nil
}

// test implements runner.
func (r *scriptRunner) test(ctx context.Context, files []string) ([]string, error) {
	failed, err := r.run(ctx, files)
	return slices.DeleteFunc(failed, func(t string) bool { return r.broken[t] }), err
}

// prepare runs all tests once with a call at the start of each function that says so.
func (r *scriptRunner) prepare(ctx context.Context, all []function) (*coverage, error) {
	restore, err := announce(r.dir, all, scriptEnters)
	if err != nil {
		return nil, err
	}
	defer restore()
	os.Remove(r.said())
	failed, err := r.run(ctx, nil)
	if err != nil {
		return nil, err
	}
	r.broken = map[string]bool{}
	for _, t := range failed {
		r.broken[t] = true
	}
	data, err := os.ReadFile(r.said())
	if err != nil {
		return nil, fmt.Errorf("no test ran: %w", err)
	}
	entered := make([]map[string]bool, len(all))
	for line := range bytes.Lines(data) {
		var said struct {
			File    string
			Entered []int
		}
		if err := json.Unmarshal(line, &said); err != nil {
			return nil, err
		}
		path, err := r.rel(said.File)
		if err != nil {
			return nil, err
		}
		for _, n := range said.Entered {
			if entered[n] == nil {
				entered[n] = map[string]bool{}
			}
			entered[n][path] = true
		}
	}
	return enteredBy(entered), nil
}

// functions implements runner, by TypeScript's own parser.
func (r *scriptRunner) functions(ctx context.Context, paths []string) ([]function, int, error) {
	var want []string
	for _, p := range paths {
		base := filepath.Base(p)
		test := strings.Contains("/"+p, "/tests/") || strings.Contains("/"+p, "/__tests__/") || strings.Contains(base, ".test.") || strings.Contains(base, ".spec.")
		code := slices.Contains([]string{".ts", ".tsx", ".mts", ".js", ".mjs", ".jsx"}, filepath.Ext(p)) && !strings.Contains(base, ".d.")
		if code && !test && (strings.HasPrefix(p, "src/") || strings.Contains(p, "/src/")) {
			want = append(want, p)
		}
	}
	cmd := exec.CommandContext(ctx, "node", scratch+"/functions.mjs", r.modules)
	cmd.Dir = r.dir
	return listFunctions(cmd, want, scriptThrows)
}

func (r *scriptRunner) tests() map[string]string { return r.files }

func (r *scriptRunner) symbol(string) string { return "" }
