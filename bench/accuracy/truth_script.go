package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"custody/bench/registry"
	"custody/impact"
)

// dependency-cruiser is the truth of TypeScript, JavaScript and Vue.
//
//go:embed truth_script.mjs
var scriptProgram string

var scriptLanguages = []string{"typescript", "tsx", "javascript", "vue"}

// scriptTruth asks dependency-cruiser. It links the packages of a workspace first, as an
// installer would, in node_modules of the folder: give it a copy.
func scriptTruth(ctx context.Context, root string, ask question) (*truth, error) {
	modules, err := registry.NPM(ctx, filepath.Join(ask.lists, "npm"))
	if err != nil {
		return nil, err
	}
	if err := linkPackages(root); err != nil {
		return nil, err
	}
	program, err := os.CreateTemp("", "truth*.mjs")
	if err != nil {
		return nil, err
	}
	defer os.Remove(program.Name())
	if _, err := program.WriteString(scriptProgram); err != nil {
		return nil, err
	}
	if err := program.Close(); err != nil {
		return nil, err
	}
	out, err := registry.Output(ctx, root, nil, "node", program.Name(), modules, root)
	if err != nil {
		return nil, err
	}
	var said struct {
		Version            string
		Files              int
		Read               []string
		Edges, Resolved    [][3]string
		Unresolved, Failed [][2]string
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return nil, fmt.Errorf("reading what dependency-cruiser says: %w", err)
	}
	t := scriptListing{root: root, resolved: map[[2]string]string{}, edges: map[edge]string{}, read: map[string]bool{}, unresolved: map[[2]string]bool{}}
	for _, name := range said.Read {
		t.read[name] = true
	}
	for _, e := range said.Edges {
		if e[0] != e[1] && !strings.Contains("/"+e[1], "/node_modules/") && !strings.HasPrefix(e[1], "../") {
			t.edges[edge{e[0], e[1]}] = e[2]
		}
	}
	for _, r := range said.Resolved {
		t.resolved[[2]string{r[0], r[1]}] = r[2]
	}
	for _, u := range said.Unresolved {
		t.unresolved[u] = true
	}
	return &truth{
		tool:    "dependency-cruiser " + said.Version,
		files:   said.Files,
		edges:   t.edges,
		ends:    fileEnds(scriptLanguages...),
		explain: t.explain,
		excuse:  t.excuse,
	}, nil
}

// linkPackages puts a link for every package of the folder whose name only one has into
// its node_modules.
func linkPackages(root string) error {
	places := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case d.Name() != "package.json":
			return nil
		}
		var p struct{ Name string }
		if text, err := os.ReadFile(name); err == nil && json.Unmarshal(text, &p) == nil && p.Name != "" {
			places[p.Name] = append(places[p.Name], filepath.Dir(name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, dirs := range places {
		link := filepath.Join(root, "node_modules", filepath.FromSlash(name))
		if len(dirs) > 1 || !filepath.IsLocal(name) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
			return err
		}
		if err := os.Symlink(dirs[0], link); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// scriptListing is what dependency-cruiser says.
type scriptListing struct {
	root       string
	edges      map[edge]string
	resolved   map[[2]string]string // file and name -> path
	read       map[string]bool
	unresolved map[[2]string]bool
}

func (t *scriptListing) explain(g *impact.Graph, e *impact.Edge) string {
	from, to, spec := string(g.Node(e.From).Path), string(g.Node(e.To).Path), e.Evidence.Detail
	other, resolved := t.resolved[[2]string{from, spec}]
	switch {
	case e.Evidence.Source == "framework":
		return "what a framework joins by its place, without an import"
	case e.Kind == impact.Requires:
		return "what a test runner loads before a test, without an import"
	case e.Evidence.Source == "path-in-code" || e.Evidence.Source == "folder-import":
		return "a path that code hands to a function, or of which it computes a part"
	case !t.read[from]:
		return "a file that the tool leaves out"
	case t.beside(from, to):
		return "the declaration beside a script, or the script beside a declaration"
	case resolved && (!strings.HasPrefix(spec, ".") || t.isPackage(path.Join(path.Dir(from), spec))):
		if strings.Contains("/"+other, "/node_modules/") {
			return "a name that the tool finds in a package from a registry, too"
		}
		return "another entry of the package: main, types, or another condition of its exports"
	case t.unresolved[[2]string{from, spec}]:
		return "an import that the tool can not resolve"
	case strings.HasPrefix(strings.TrimSpace(t.line(from, e.Evidence.Line)), "///"):
		return "a /// reference, of which the tool reads only some"
	case strings.HasSuffix(from, ".d.ts") && strings.TrimLeft(t.line(from, e.Evidence.Line), " \t") != t.line(from, e.Evidence.Line):
		return "an import inside of declare module, which the tool does not read"
	case e.Confidence < 1000:
		return "a guess, said to be one"
	}
	return ""
}

// excuse knows where the tool is wrong by TypeScript's own rules.
func (t *scriptListing) excuse(_ *impact.Graph, e edge) string {
	stem, ok := strings.CutSuffix(e.To, ".d.cts")
	if !ok || !strings.Contains(t.edges[e], ".mjs ") {
		return ""
	}
	if _, err := os.Stat(filepath.Join(t.root, filepath.FromSlash(stem+".d.mts"))); err != nil {
		return ""
	}
	return "x.d.cts for ./x.mjs, where TypeScript takes x.d.mts"
}

// isPackage says that a folder has a package.json, which may name several entries.
func (t *scriptListing) isPackage(folder string) bool {
	_, err := os.Stat(filepath.Join(t.root, filepath.FromSlash(folder), "package.json"))
	return err == nil
}

// line is one line of a file, from 1.
func (t *scriptListing) line(name string, n int) string {
	text, _ := os.ReadFile(filepath.Join(t.root, filepath.FromSlash(name))) // gone: no line
	for line := range strings.Lines(string(text)) {
		if n--; n == 0 {
			return line
		}
	}
	return ""
}

// beside says that the tool has the same edge to a file of another suffix: x.js, x.d.ts.
func (t *scriptListing) beside(from, to string) bool {
	stem := scriptStem(to)
	for _, suffix := range []string{".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".d.ts", ".d.mts", ".d.cts"} {
		if other := stem + suffix; other != to && has(t.edges, edge{from, other}) {
			return true
		}
	}
	return false
}

func scriptStem(name string) string {
	folder, base := path.Split(name)
	stem := strings.TrimSuffix(base, path.Ext(base))
	return folder + strings.TrimSuffix(stem, ".d")
}
