package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"custody/bench/registry"
	"custody/impact"
)

// The go command is the truth of Go: which packages the files of each package import,
// its tests and its external tests apart, and which files each of the three embeds.

// goPlatforms are what go list is asked for: one platform leaves out the files of the
// others.
var goPlatforms = [][]string{
	{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"},
	{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"},
	{"GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0"},
	{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"},
}

// The parts of a package. An edge goes out of "folder", "folder tests" or
// "folder external tests".
const (
	goCode     = ""
	goTests    = " tests"
	goExternal = " external tests"
)

type goPackage struct {
	Dir, ImportPath                              string
	Standard                                     bool
	Imports, TestImports, XTestImports           []string
	EmbedFiles, TestEmbedFiles, XTestEmbedFiles  []string
	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
	IgnoredGoFiles, InvalidGoFiles               []string
}

const goFields = "Dir,ImportPath,Standard,Imports,TestImports,XTestImports,EmbedFiles,TestEmbedFiles,XTestEmbedFiles," +
	"GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,InvalidGoFiles"

// goTruth asks go list about every module of the folder, on two platforms or, whole, on
// all. Nothing is downloaded.
func goTruth(ctx context.Context, root string, ask question) (*truth, error) {
	version, err := registry.Output(ctx, root, nil, "go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	l := goListing{root: root, scratch: scratch, edges: map[edge]string{}, parts: map[string]string{}, modules: map[string]bool{}, ignored: map[string]bool{}}
	modules, err := goModules(root)
	if err != nil {
		return nil, err
	}
	for dir := range modules {
		if folder, ok := l.folder(dir); ok {
			l.modules[folder] = true
		}
	}
	platforms := goPlatforms
	if !ask.whole {
		platforms = platforms[:2]
	}
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		for _, platform := range platforms {
			if err := l.module(ctx, module, modules[module], platform); err != nil {
				return nil, err
			}
		}
	}
	return &truth{
		tool:    "go list, " + strings.TrimSpace(string(version)),
		files:   len(l.parts),
		edges:   l.edges,
		ends:    l.ends,
		explain: l.explain,
		excuse:  l.excuse,
	}, nil
}

// goModules lists the modules of a corpus by folder, and the folders of Go files in each.
// They are named one by one: "./..." drops a folder of which no file is built.
func goModules(root string) (map[string][]string, error) {
	modules := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name != root && leftOutFolder(d.Name()) {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
			modules[name] = nil
		}
		if files, err := filepath.Glob(filepath.Join(name, "*.go")); err != nil || len(files) == 0 {
			return err
		}
		for dir := name; len(dir) >= len(root); dir = filepath.Dir(dir) {
			if folders, ok := modules[dir]; ok {
				rel, err := filepath.Rel(dir, name)
				modules[dir] = append(folders, "./"+filepath.ToSlash(rel))
				return err
			}
		}
		return nil
	})
	return modules, err
}

// leftOutFolder says that "./..." passes over a folder of that name.
func leftOutFolder(name string) bool {
	return name == "testdata" || name == "vendor" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") && name != "."
}

// goListing gathers what go list says.
type goListing struct {
	root       string
	scratch    string // folder for go.mod files, and how many there are
	reductions int
	modules    map[string]bool // folders of go.mod files
	edges      map[edge]string
	parts      map[string]string // file -> part of its package that it was built into
	ignored    map[string]bool   // file that some platform left out
}

// module asks about one module, on one platform: the folders wanted, and then whatever
// they import that lies in the corpus, too: vendored packages, modules that stand in for others.
func (l *goListing) module(ctx context.Context, dir string, wanted, platform []string) error {
	list, err := l.command(ctx, dir, platform)
	if err != nil {
		return err
	}
	folders := map[string]string{} // import path -> folder of the corpus, "" outside of it
	var packages []goPackage
	for len(wanted) > 0 {
		found, err := list("-json="+goFields, wanted, "-test")
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(p goPackage) bool { // made to run the tests
			return strings.HasSuffix(p.ImportPath, ".test") || strings.Contains(p.ImportPath, " [")
		})
		for i := range found {
			p := &found[i]
			if folder, ok := l.folder(p.Dir); ok {
				p.Dir = folder
				folders[p.ImportPath] = folder
				packages = append(packages, *p)
			}
		}
		wanted = nil
		for _, p := range found {
			for _, spec := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
				if _, asked := folders[spec]; !asked && spec != "C" {
					folders[spec] = ""
					wanted = append(wanted, spec)
				}
			}
		}
		if wanted == nil {
			break
		}
		places, err := list("-json=Dir,ImportPath", wanted, "-find")
		if err != nil {
			return err
		}
		wanted = nil
		for _, p := range places {
			if _, ok := l.folder(p.Dir); ok {
				wanted = append(wanted, p.ImportPath)
			}
		}
	}
	for _, p := range packages {
		l.add(p, folders)
	}
	return nil
}

type goLister func(fields string, patterns []string, flags ...string) ([]goPackage, error)

// command finds the way to ask about a module: as it stands; outside of a workspace that
// does not have it; at last with a go.mod that has lost what it requires from outside of
// the corpus, since nothing is downloaded. What is imported from there is no edge of ours.
func (l *goListing) command(ctx context.Context, dir string, platform []string) (goLister, error) {
	env := slices.Concat(os.Environ(), platform, []string{"GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=", "GOSUMDB=off"})
	reduced, err := l.reduced(ctx, dir, env)
	if err != nil {
		return nil, err
	}
	var failed error
	for _, way := range []struct {
		env   []string
		flags []string
	}{{env, nil}, {append(env, "GOWORK=off"), nil}, {append(env, "GOWORK=off"), []string{"-mod=mod", "-modfile=" + reduced}}} {
		list := func(fields string, patterns []string, flags ...string) ([]goPackage, error) {
			args := slices.Concat([]string{"go", "list", "-e", fields}, way.flags, flags, []string{"--"}, patterns)
			out, err := registry.Output(ctx, dir, way.env, args...)
			if err != nil {
				return nil, err
			}
			return decodePackages(out)
		}
		if _, failed = list("-json=Imports", []string{"./..."}); failed == nil {
			return list, nil
		}
	}
	return nil, failed
}

func decodePackages(out []byte) (packages []goPackage, err error) {
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading what go list says: %w", err)
		}
		packages = append(packages, p)
	}
}

// reduced writes the go.mod of a module without what it requires from outside.
func (l *goListing) reduced(ctx context.Context, dir string, env []string) (string, error) {
	text, err := registry.Output(ctx, dir, env, "go", "mod", "edit", "-json")
	if err != nil {
		return "", err
	}
	var m struct {
		Module  struct{ Path string }
		Go      string
		Replace []struct{ Old, New struct{ Path string } }
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return "", fmt.Errorf("reading go.mod in %s: %w", dir, err)
	}
	var mod strings.Builder
	fmt.Fprintf(&mod, "module %s\n", m.Module.Path)
	if m.Go != "" {
		fmt.Fprintf(&mod, "go %s\n", m.Go)
	}
	for _, r := range m.Replace {
		if to := filepath.Join(dir, r.New.Path); strings.HasPrefix(r.New.Path, ".") {
			fmt.Fprintf(&mod, "require %s v0.0.0\nreplace %[1]s => %s\n", r.Old.Path, to)
		}
	}
	l.reductions++
	name := filepath.Join(l.scratch, fmt.Sprintf("go%d.mod", l.reductions))
	return name, os.WriteFile(name, []byte(mod.String()), 0o600)
}

// folder is a folder as the graph names it; false outside of the corpus.
func (l *goListing) folder(dir string) (string, bool) {
	rel, err := filepath.Rel(l.root, dir)
	if dir == "" || err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

func (l *goListing) add(p goPackage, folders map[string]string) {
	for _, part := range []struct {
		name           string
		files          []string
		imports, embed []string
	}{
		{goCode, slices.Concat(p.GoFiles, p.CgoFiles), p.Imports, p.EmbedFiles},
		{goTests, p.TestGoFiles, p.TestImports, p.TestEmbedFiles},
		{goExternal, p.XTestGoFiles, p.XTestImports, p.XTestEmbedFiles},
	} {
		for _, name := range part.files {
			l.parts[path.Join(p.Dir, name)] = part.name
		}
		from := p.Dir + part.name
		for _, spec := range part.imports {
			if to := folders[spec]; to != "" {
				l.edges[edge{from, to}] = "import " + spec
			}
		}
		for _, name := range part.embed {
			l.edges[edge{from, path.Join(p.Dir, name)}] = "embed"
		}
	}
	for _, name := range slices.Concat(p.IgnoredGoFiles, p.InvalidGoFiles) {
		l.ignored[path.Join(p.Dir, name)] = true
	}
}

// ends implements truth. A file that no platform builds has its part by its name.
func (l *goListing) ends(g *impact.Graph, e *impact.Edge) (edge, bool) {
	from, to := g.Node(e.From), g.Node(e.To)
	if e.Kind != impact.Imports || from.Language != "go" {
		return edge{}, false
	}
	file := string(from.Path)
	part, built := l.parts[file]
	if !built {
		part = " " + path.Base(file)
	}
	return edge{path.Dir(file) + part, string(to.Path)}, true
}

func (l *goListing) explain(g *impact.Graph, e *impact.Edge) string {
	file := string(g.Node(e.From).Path)
	if part, built := l.parts[file]; built {
		return l.otherModule(path.Dir(file)+part, string(g.Node(e.To).Path), e.Evidence.Detail)
	}
	if strings.HasPrefix(path.Base(file), "_") || strings.HasPrefix(path.Base(file), ".") {
		return "a file whose name hides it from the go command"
	}
	for part := range strings.SplitSeq(path.Dir(file), "/") {
		switch {
		case part == "vendor":
			return "a vendored file that no package of the module needs"
		case leftOutFolder(part):
			return "a folder that ./... passes over: testdata, or named with _ or ."
		}
	}
	if l.ignored[file] {
		return "left out by build constraints on every platform asked for"
	}
	return ""
}

// otherModule explains an import that the go command takes from outside of the corpus, or
// from a copy, although the module is there.
func (l *goListing) otherModule(from, to, spec string) string {
	own, _, _ := strings.Cut(from, " ")
	if l.moduleOf(own) == l.moduleOf(to) && !strings.HasPrefix(own, "vendor/") {
		return ""
	}
	for vendor := own; ; vendor = path.Dir(vendor) {
		if _, ok := l.edges[edge{from, path.Join(vendor, "vendor", spec)}]; ok {
			return "the folder that a module is replaced by; its copy in vendor is an edge, too"
		}
		if vendor == "." {
			return "a module of the corpus that the go command takes from elsewhere, as published"
		}
	}
}

// moduleOf is the folder of the nearest go.mod.
func (l *goListing) moduleOf(folder string) string {
	for ; !l.modules[folder] && folder != "."; folder = path.Dir(folder) {
	}
	return folder
}

// excuse knows what Custody says itself that it has not read.
func (l *goListing) excuse(g *impact.Graph, e edge) string {
	folder, _, _ := strings.Cut(e.From, " ")
	if part, built := l.parts[e.To]; built && e.From == path.Dir(e.To)+part {
		return "a file that embeds itself"
	}
	why := ""
	g.EachSkip(func(skip *impact.Skipped) {
		if skip.Reason == impact.SkipLimit && path.Dir(skip.Path) == folder {
			why = "the graph says that a file is over its limit"
		}
	})
	return why
}
