package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"custody/bench/registry"
)

var (
	//go:embed functions.py
	pythonFunctions string
	//go:embed watch_pytest.py
	pythonWatch string
)

// scratch is a folder in the project's for what the measurement itself needs.
const scratch = ".mutation"

const (
	distPackages = "usr/lib/python3/dist-packages" // where Debian puts Python
	debianPython = "/usr/bin/python3"              // the one that Debian's packages are for

	pythonEnters = "__mutation_enter__(%d)"
	pythonRaises = `(_ for _ in ()).throw(RuntimeError("mutant"))`
)

// pytest is what runs the tests, as Debian has it.
var pytest = []string{"python3-pytest", "python3-attr", "python3-iniconfig", "python3-packaging", "python3-pluggy"}

// pythonRunner runs tests by pytest, in one process for all files.
type pythonRunner struct {
	dir    string
	path   []string // of modules
	want   []string // folders with tests
	broken map[string]bool
	files  map[string]string // "file::test_name" or "file::Class.test_name" -> file
}

// placePython brings the project, and pytest beside it.
func placePython(ctx context.Context, p project, dir string) (*pythonRunner, error) {
	from, err := "", error(nil)
	switch {
	case p.folder != "":
		from = p.folder
	case p.source != "":
		from, err = registry.DebianSource(ctx, p.source)
	default:
		from, err = registry.DebianPackage(ctx, p.name, distPackages)
	}
	if err != nil {
		return nil, err
	}
	if err := registry.CopyFolder(dir, from); err != nil {
		return nil, err
	}
	r := &pythonRunner{dir: dir, want: p.tests, path: []string{filepath.Join(dir, p.path), filepath.Join(dir, scratch)}}
	for _, name := range append(slices.Clone(pytest), p.needs...) {
		root, err := registry.DebianPackage(ctx, name, distPackages)
		if err != nil {
			return nil, err
		}
		r.path = append(r.path, root)
	}
	return r, r.find(ctx)
}

// find lists the tests.
func (r *pythonRunner) find(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(r.dir, scratch), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.dir, scratch, "mutation_watch.py"), []byte(pythonWatch), 0o644); err != nil {
		return err
	}
	// A file that is compiled again only when its bytes differ: mutants come faster than
	// clocks tick.
	cmd := r.command(ctx, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", ".")
	cmd.Run() // what does not compile is no matter of ours
	lines, err := r.run(ctx, []string{"--collect-only"}, nil)
	if err != nil {
		return err
	}
	r.files = map[string]string{}
	for _, line := range lines {
		if line.Test != "" {
			name := pythonTest(line.Test)
			r.files[name], _, _ = strings.Cut(name, "::")
		}
	}
	if len(r.files) == 0 {
		return fmt.Errorf("pytest finds no test")
	}
	return nil
}

func (r *pythonRunner) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, debianPython, args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "PYTHONPATH="+strings.Join(r.path, ":"), "PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1", "PYTHONHASHSEED=0")
	return cmd
}

// A pytestLine is what mutation_watch.py says of a run.
type pytestLine struct {
	Test, Failed, File string
	Entered            *int
	Finished           bool
}

// testMinutes end a run that neither passes nor fails. It is no limit of anything that is
// measured: what reaches it is left out, and counted.
const testMinutes = 90

func (r *pythonRunner) run(ctx context.Context, args, files []string) ([]pytestLine, error) {
	within, cancel := context.WithTimeout(ctx, testMinutes*time.Minute)
	defer cancel()
	if len(files) == 0 {
		files = r.want
	}
	said := filepath.Join(r.dir, scratch, "said")
	defer os.Remove(said)
	args = append([]string{"-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "mutation_watch"}, args...)
	cmd := r.command(within, append(args, files...)...)
	cmd.Env = append(cmd.Env, "MUTATION_OUT="+said)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	runErr := cmd.Run()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(said)
	if err != nil {
		return nil, fmt.Errorf("pytest: %w: %s", runErr, bytes.TrimSpace(printed.Bytes()))
	}
	var lines []pytestLine
	finished := false
	for scan := bufio.NewScanner(bytes.NewReader(data)); scan.Scan(); {
		var line pytestLine
		if json.Unmarshal(scan.Bytes(), &line) == nil {
			lines = append(lines, line)
			finished = finished || line.Finished
		}
	}
	if !finished {
		return lines, errEndless
	}
	return lines, nil
}

// pythonTest is the function or the method that pytest means, without its parameters; a file
// that can not be loaded is a test without a name.
func pythonTest(id string) string {
	id, _, _ = strings.Cut(id, "[")
	file, rest, _ := strings.Cut(id, "::")
	return file + "::" + strings.ReplaceAll(rest, "::", ".")
}

// test implements runner.
func (r *pythonRunner) test(ctx context.Context, files []string) ([]string, error) {
	lines, err := r.run(ctx, nil, files)
	if err != nil {
		return nil, err
	}
	failed := r.failed(lines)
	return slices.DeleteFunc(failed, func(t string) bool { return r.broken[t] }), nil
}

func (r *pythonRunner) failed(lines []pytestLine) []string {
	set := map[string]bool{}
	for _, line := range lines {
		if line.Failed == "" {
			continue
		}
		name := pythonTest(line.Failed)
		if file, _, _ := strings.Cut(name, "::"); r.files[name] == "" && strings.HasSuffix(file, ".py") {
			r.files[name] = file
		}
		set[name] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// prepare runs all tests once with a call at the start of each function that says so.
func (r *pythonRunner) prepare(ctx context.Context, all []function) (*coverage, error) {
	restore, err := announce(r.dir, all, pythonEnters)
	if err != nil {
		return nil, err
	}
	defer restore()
	lines, err := r.run(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	r.broken = map[string]bool{}
	for _, t := range r.failed(lines) {
		r.broken[t] = true
	}
	entered := make([]map[string]bool, len(all))
	for _, line := range lines {
		if line.Entered != nil {
			if entered[*line.Entered] == nil {
				entered[*line.Entered] = map[string]bool{}
			}
			entered[*line.Entered][line.File] = true
		}
	}
	return enteredBy(entered), nil
}

// enteredBy makes the coverage of functions by files of tests; the file "" stands for all
// that load what runs it.
func enteredBy(entered []map[string]bool) *coverage {
	return &coverage{
		site: func(f *function, _ site) bool { return entered[f.number] != nil },
		files: func(f *function) map[string]bool {
			if entered[f.number][""] {
				return nil
			}
			return entered[f.number]
		},
	}
}

// announce changes all files so that each function runs code with its number. restore takes
// it back.
func announce(dir string, all []function, code string) (restore func(), err error) {
	before := map[string][]byte{}
	restore = func() {
		for name, src := range before {
			os.WriteFile(name, src, 0o644)
		}
	}
	byFile := map[string][]function{}
	for _, f := range all {
		byFile[f.path] = append(byFile[f.path], f)
	}
	for path, list := range byFile {
		name := filepath.Join(dir, filepath.FromSlash(path))
		src, err := os.ReadFile(name)
		if err != nil {
			restore()
			return nil, err
		}
		before[name] = src
		slices.SortFunc(list, func(a, b function) int { return b.enter.start - a.enter.start })
		for _, f := range list {
			src = f.enterBy("", fmt.Sprintf(code, f.number)).apply(src)
		}
		if err := os.WriteFile(name, src, 0o644); err != nil {
			restore()
			return nil, err
		}
	}
	return restore, nil
}

// functions implements runner, by Python's own parser.
func (r *pythonRunner) functions(ctx context.Context, paths []string) ([]function, int, error) {
	var want []string
	for _, p := range paths {
		base := filepath.Base(p)
		if strings.HasSuffix(p, ".py") && !strings.Contains("/"+p, "/tests/") && !strings.HasPrefix(base, "test_") && base != "conftest.py" && base != "setup.py" {
			want = append(want, p)
		}
	}
	cmd := r.command(ctx, "-c", pythonFunctions)
	return listFunctions(cmd, want, pythonRaises)
}

// listFunctions asks a program for the functions of files. One more place of each is where
// it begins: there it raises.
func listFunctions(cmd *exec.Cmd, paths []string, raises string) (all []function, unread int, err error) {
	input, err := json.Marshal(paths)
	if err != nil {
		return nil, 0, err
	}
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("listing functions: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	type place struct {
		Operator         string
		Start, End, Line int
		Text             string
	}
	of := func(p place) site { return site{p.Operator, p.Start, p.End, p.Text, p.Line} }
	var answer map[string][]struct {
		Name  string
		Line  int
		Enter place
		Sites []place
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, 0, err
	}
	for _, path := range paths {
		list, ok := answer[path]
		if !ok || list == nil {
			unread++
			continue
		}
		for _, each := range list {
			f := function{path: path, name: each.Name, line: each.Line, enter: of(each.Enter)}
			f.sites = append(f.sites, f.enterBy(opPanic, raises))
			for _, p := range each.Sites {
				f.sites = append(f.sites, of(p))
			}
			all = append(all, f)
		}
	}
	return all, unread, nil
}

func (r *pythonRunner) tests() map[string]string { return r.files }

func (r *pythonRunner) symbol(test string) string {
	_, name, _ := strings.Cut(test, "::")
	return name
}
