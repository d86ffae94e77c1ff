package impact

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// An origin is a step from a changed file that is in no graph to a node: a manifest to
// who imports what it moves, a file of test data to the tests that can read it.
type origin struct {
	node       change.Path // reached
	isPackage  bool        // node is the folder of a package
	changed    change.Path
	kind       EdgeKind
	confidence Confidence
	words      string // what the node does: "requires lodash, which the changed package.json moves"
}

// place finds the nodes of origins, and keeps the surest of each node.
func (w *walk) place(origins []origin) map[int32]int32 {
	at := map[int32]int32{}
	for i, o := range origins {
		n := w.graph.find(nodeKey{o.isPackage, o.node})
		if n < 0 {
			continue
		}
		if old, ok := at[n]; !ok || origins[old].confidence < o.confidence {
			at[n] = int32(i)
		}
	}
	return at
}

// begin takes the steps from changed files that are no nodes, and returns the nodes that
// are new.
func (w *walk) begin(origins []origin) (fresh []int32) {
	w.origins = origins
	for n, o := range w.place(origins) {
		s := &w.steps[n]
		c := origins[o].confidence
		isNew := s.distance < 0
		if isNew || s.distance == 1 && s.confidence < c {
			*s = step{distance: 1, confidence: c, prev: -1, seed: n, edge: -1, origin: o + 1}
		}
		if isNew {
			fresh = append(fresh, n)
		}
	}
	return fresh
}

// originOf is where the path to a node begins, if that is no node; else nil.
func (w *walk) originOf(node int32) *origin {
	if s := w.steps[w.steps[node].seed]; s.origin > 0 {
		return &w.origins[s.origin-1]
	}
	return nil
}

// testData finds the Go tests that can read changed files below a folder "testdata",
// which Go leaves to the tests of the folder above it. Nothing else says who reads a
// file, so they are reached without much confidence.
func (t *tracer) testData(g *Graph, path func(*change.File) change.Path) []origin {
	byFolder := map[change.Path][]change.Path{}
	for i := range t.files {
		p := path(&t.files[i])
		// A node has edges of its own, but nobody imports the Go files there.
		if folder, ok := testDataFolder(p); ok && (g.node(p) < 0 || lang.Extension(string(p)) == ".go") {
			byFolder[folder] = append(byFolder[folder], p)
		}
	}
	if len(byFolder) == 0 {
		return nil
	}
	var tests []int32
	for folder := range byFolder {
		for _, n := range g.filesOf(folder) {
			if g.Kind(n) == KindTest {
				tests = append(tests, n)
			}
		}
	}
	slices.Sort(tests)
	var origins []origin
	for _, n := range tests {
		test := g.Node(n)
		data := byFolder[folderOf(test.Path)]
		what := "the changed " + data[0].Escaped()
		if len(data) > 1 {
			what += fmt.Sprintf(" and %d more of its folder", len(data)-1)
		}
		origins = append(origins, origin{node: test.Path, changed: data[0], kind: Reads, confidence: readsTestData, words: "can read " + what})
		for _, p := range data {
			t.understood[p] = true
		}
	}
	return origins
}

// native finds the Go packages that changed files of other languages are compiled into:
// assembly and C beside Go files.
func (t *tracer) native(g *Graph, path func(*change.File) change.Path) []origin {
	var origins []origin
	for i := range t.files {
		p := path(&t.files[i])
		if p == "" || !isNative(p) || g.node(p) >= 0 || g.packageOf(folderOf(p)) < 0 {
			continue
		}
		t.understood[p] = true
		origins = append(origins, origin{node: folderOf(p), isPackage: true, changed: p, kind: Contains, confidence: 1000, words: "contains the changed " + p.Escaped()})
	}
	return origins
}

// services finds the files of Java that load what a changed file below META-INF/services lists:
// those that have classes from a service loader, and use the type after which it is called.
func (t *tracer) services(g *Graph, path func(*change.File) change.Path) []origin {
	var origins []origin
	var loaders []int32
	looked := false
	for i := range t.files {
		p := path(&t.files[i])
		_, service, ok := strings.Cut("/"+string(p), "/"+lang.ServiceFolder)
		if !ok || g.node(p) >= 0 || strings.Contains(service, "/") {
			continue
		}
		if !looked {
			loaders, looked = g.loaders(), true
		}
		service, _, _ = strings.Cut(service, "$") // a nested type stands in the file of the outermost one
		end := "/" + strings.ReplaceAll(service, ".", "/") + ".java"
		for _, n := range loaders {
			if g.dependsOnEnd(n, end) {
				t.understood[p] = true
				origins = append(origins, origin{node: g.Node(n).Path, changed: p, kind: Reads, confidence: readsServices, words: "may load what the changed " + p.Escaped() + " lists"})
			}
		}
	}
	return origins
}

// loaders are the files that have classes from a service loader.
func (g *Graph) loaders() []int32 {
	var all []int32
	g.EachEdge(func(e *Edge) {
		if e.Evidence.Source == serves {
			all = append(all, e.From)
		}
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// dependsOnEnd says whether a file is one whose path ends so, or depends on one.
func (g *Graph) dependsOnEnd(n int32, end string) bool {
	ends := func(n int32) bool { return strings.HasSuffix("/"+string(g.Node(n).Path), end) }
	return ends(n) || slices.ContainsFunc(g.outOf(n), func(e int32) bool { return ends(g.Link(e).To) })
}

// readsServices is how sure it is that a file loads the services of a type that it uses.
const readsServices = 500

// isNative knows what the Go tool compiles into a package beside Go:
// https://pkg.go.dev/go/build#Package
func isNative(p change.Path) bool {
	switch lang.Extension(string(p)) {
	case ".s", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".f", ".f90", ".for", ".swig", ".swigcxx", ".sx", ".syso":
		return true
	}
	return false
}

// readsTestData is how sure it is that a test reads a file of its folder's testdata.
const readsTestData = 600

// testDataFolder is the folder whose tests a path below "testdata" belongs to.
func testDataFolder(p change.Path) (change.Path, bool) {
	if strings.HasPrefix(string(p), "testdata/") {
		return ".", true
	}
	i := strings.Index(string(p), "/testdata/")
	if i < 0 {
		return "", false
	}
	return p[:i], true
}

// resettled finds files that did not change and whose imports mean something else,
// since a project file did: their edges differ between the sides, and end in files that
// did not change either.
func (t *tracer) resettled(projects []change.Path) (head, from []origin) {
	if len(projects) == 0 || t.From == nil {
		return nil, nil
	}
	differing := func(in, other *Graph) []origin {
		type ends struct{ from, to change.Path }
		there := map[ends]bool{}
		other.EachEdge(func(e *Edge) {
			if e.Kind == Imports {
				there[ends{other.Node(e.From).Path, other.Node(e.To).Path}] = true
			}
		})
		var origins []origin
		in.EachEdge(func(e *Edge) {
			if e.Kind != Imports {
				return
			}
			f, to := in.Node(e.From), in.Node(e.To)
			if there[ends{f.Path, to.Path}] || t.changed[f.key()] != nil || t.changed[to.key()] != nil || other.node(f.Path) < 0 || other.find(to.key()) < 0 {
				return
			}
			by := nearest(projects, f.Path)
			origins = append(origins, origin{node: f.Path, changed: by, kind: Requires, confidence: 1000,
				words: "imports something else since " + by.Escaped() + " changed"})
		})
		return origins
	}
	return differing(t.Head, t.From), differing(t.From, t.Head)
}

// nearest is the project file in the deepest folder above a file, else the first.
func nearest(projects []change.Path, file change.Path) change.Path {
	best, depth := projects[0], -1
	for _, p := range projects {
		folder := folderOf(p)
		if d := len(folder); d > depth && (folder == "." || strings.HasPrefix(string(file), string(folder)+"/")) {
			best, depth = p, d
		}
	}
	return best
}

// projectFiles are the changed files that decide what names mean and that are no
// manifests of packages: what differs in them shows in the edges of the two sides.
func (p *packages) projectFiles(c *change.Change, head, from importReader) (projects []change.Path) {
	for i := range c.Files {
		f := &c.Files[i]
		read := false
		for _, p := range []change.Path{newPath(f), oldPath(f)} {
			if p == "" {
				continue
			}
			read = read || head.asked(p) || from != nil && from.asked(p)
		}
		if read {
			projects = append(projects, f.Path)
		}
		name := baseName(f.Path)
		if isCompilerSettings(name) || read && isWorkspace(name) {
			p.note(f, read)
		}
	}
	slices.Sort(projects)
	return projects
}

// readPlainData finds changed files without an extension that no interpreter is named in:
// they are data, such as a version or a list, and no code imports them.
func (p *packages) readPlainData(ctx context.Context, c *change.Change, source Source) error {
	var files []*change.File
	for i := range c.Files {
		f := &c.Files[i]
		if mayBeScript(f.Path, f.Mode) && (f.OldPath == "" || mayBeScript(f.OldPath, f.OldMode)) {
			files = append(files, f)
		}
	}
	if len(files) > maxManifests {
		return nil
	}
	sides, err := readSides(ctx, source, files, maxPlainData)
	if err != nil {
		return err
	}
	for i, f := range files {
		named := false
		for _, s := range sides[2*i : 2*i+2] {
			named = named || s.skip.reason != "" || strings.HasPrefix(string(s.data), "#!")
		}
		if !named {
			p.note(f, false)
		}
	}
	return nil
}

// maxPlainData bounds what is read of a file without an extension.
const maxPlainData = 1 << 20

func mayBeScript(p change.Path, mode git.Mode) bool {
	if mode == 0 {
		mode = 0o100644 // it is not there on this side
	}
	c := classify(p, mode, lang.All)
	return mode.IsRegular() && mode&0o111 == 0 && c.skip.detail == noExtension
}

// isCompilerSettings knows settings of the TypeScript compiler. What they say of names is
// read; one that nobody reads decides none.
func isCompilerSettings(name string) bool {
	return strings.HasPrefix(name, "tsconfig") && strings.HasSuffix(name, ".json") || name == "jsconfig.json"
}

// isWorkspace knows files that say which projects belong together.
func isWorkspace(name string) bool {
	return name == "go.work" || name == "pnpm-workspace.yaml" || name == "lerna.json"
}
