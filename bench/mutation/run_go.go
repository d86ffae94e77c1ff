package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"custody/bench/registry"
)

// goRunner runs the tests of a Go module that lies in a folder of ours.
type goRunner struct {
	dir    string
	module string
	skip   []string
	list   []string          // packages that are tested
	broken map[string]bool   // tests that fail without a mutant
	files  map[string]string // test -> file; tests are "folder.TestName"
}

// placeGo copies a module from where the go command keeps it.
func placeGo(ctx context.Context, p project, dir string) error {
	if p.folder != "" {
		return registry.CopyFolder(dir, p.folder)
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", p.name+"@"+p.version)
	cmd.Dir = os.TempDir()
	out, err := cmd.Output()
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil || info.Dir == "" {
		return fmt.Errorf("downloading %s@%s: %w %s", p.name, p.version, err, info.Error)
	}
	return registry.CopyFolder(dir, info.Dir)
}

func (r *goRunner) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	return cmd
}

// prepare finds what tests cover, and which tests fail as they are.
func (r *goRunner) prepare(ctx context.Context, _ []function) (*coverage, error) {
	out, err := r.command(ctx, "mod", "edit", "-json").Output()
	if err != nil {
		return nil, err
	}
	var edit struct{ Module struct{ Path string } }
	if err := json.Unmarshal(out, &edit); err != nil {
		return nil, err
	}
	r.module = edit.Module.Path
	if out, err = r.command(ctx, "list", "./...").Output(); err != nil {
		return nil, err
	}
	for _, pkg := range strings.Fields(string(out)) {
		if !slices.Contains(r.skip, strings.TrimPrefix(strings.TrimPrefix(pkg, r.module), "/")) {
			r.list = append(r.list, pkg)
		}
	}
	profile := filepath.Join(r.dir, ".cover")
	defer os.Remove(profile)
	// The first run may only be slow: its failures are those of the tests themselves.
	r.command(ctx, append([]string{"test", "-vet=off", "-coverpkg=./...", "-coverprofile=" + profile}, r.list...)...).Run()
	blocks, err := readProfile(profile, r.module)
	if err != nil {
		return nil, err
	}
	r.broken = map[string]bool{}
	failed, err := r.test(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, t := range failed {
		r.broken[t] = true
	}
	return &coverage{
		all:   true,
		files: func(*function) map[string]bool { return nil },
		site: func(f *function, s site) bool {
			return slices.ContainsFunc(blocks[f.path], func(b [2]int) bool { return b[0] <= s.line && s.line <= b[1] })
		},
	}, nil
}

// readProfile lists the blocks of lines that were run, by path.
func readProfile(name, module string) (map[string][][2]int, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("no test ran: %w", err)
	}
	blocks := map[string][][2]int{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		file, rest, ok := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if !ok || len(fields) != 3 || fields[2] == "0" {
			continue
		}
		from, to, _ := strings.Cut(fields[0], ",")
		start, err := strconv.Atoi(strings.Split(from, ".")[0])
		if err != nil {
			continue
		}
		end, err := strconv.Atoi(strings.Split(to, ".")[0])
		if err != nil {
			continue
		}
		path := strings.TrimPrefix(file, module+"/")
		blocks[path] = append(blocks[path], [2]int{start, end})
	}
	return blocks, nil
}

// findTests notes in which file each test stands.
func (r *goRunner) findTests() error {
	r.files = map[string]string{}
	return filepath.WalkDir(r.dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(r.dir, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // not compiled either: testdata
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && isGoTest(f.Name.Name) && !slices.Contains(r.skip, filepath.ToSlash(filepath.Dir(rel))) {
				r.files[testName(filepath.ToSlash(filepath.Dir(rel)), f.Name.Name)] = filepath.ToSlash(rel)
			}
		}
		return nil
	})
}

func isGoTest(name string) bool {
	return strings.HasPrefix(name, "Test") && name != "TestMain" || strings.HasPrefix(name, "Example") || strings.HasPrefix(name, "Fuzz")
}

func testName(folder, test string) string { return folder + "." + test }

// test runs all tests, whichever files are named, and lists those that fail. Of a program that dies, those that were
// running do: a panic or an endless loop takes others with it that had nothing to do with
// it. Where none had started, all do. One that does not build is errBuild.
func (r *goRunner) test(ctx context.Context, _ []string) ([]string, error) {
	cmd := r.command(ctx, append([]string{"test", "-json", "-vet=off", "-timeout", "60s"}, r.list...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	builds := true
	failed := map[string]bool{}
	perPackage, started, open := map[string]int{}, map[string]int{}, map[string]bool{}
	var dead []string // packages whose program died without a word about a test
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		folder := strings.TrimPrefix(strings.TrimPrefix(e.Package, r.module), "/")
		if folder == "" {
			folder = "."
		}
		top, _, _ := strings.Cut(e.Test, "/")
		test := testName(folder, top)
		switch {
		case e.Action == "build-fail":
			builds = false
		case e.Test == "" && e.Action == "fail" && perPackage[folder] == 0:
			dead = append(dead, folder)
		case e.Test == "":
		case e.Action == "run", e.Action == "cont":
			started[folder]++
			open[test] = true
		case e.Action == "pause" && top == e.Test:
			delete(open, test)
		case e.Action == "fail":
			failed[test] = true
			perPackage[folder]++
			delete(open, test)
		case (e.Action == "pass" || e.Action == "skip") && top == e.Test:
			delete(open, test)
		}
	}
	for _, folder := range dead {
		of := open
		if started[folder] == 0 {
			of = map[string]bool{}
			for t := range r.files {
				of[t] = true
			}
		}
		for t := range of {
			if folderOf(t) == folder {
				failed[t] = true
			}
		}
	}
	cmd.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !builds {
		return nil, errBuild
	}
	var list []string
	for t := range failed {
		if !r.broken[t] {
			list = append(list, t)
		}
	}
	slices.Sort(list)
	return list, nil
}

func (r *goRunner) tests() map[string]string { return r.files }

func (r *goRunner) symbol(test string) string { return test[strings.LastIndexByte(test, '.')+1:] }

// functions parses as little as the draw needs.
func (r *goRunner) functions(_ context.Context, paths []string) (all []function, unread int, err error) {
	for _, path := range paths {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata/") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(r.dir, filepath.FromSlash(path)))
		if err != nil {
			return nil, 0, err
		}
		list, err := goFunctions(path, src)
		if err != nil {
			unread++
			continue
		}
		all = append(all, list...)
	}
	return all, unread, nil
}

// folderOf is the folder of a test's name.
func folderOf(test string) string { return test[:strings.LastIndexByte(test, '.')] }
