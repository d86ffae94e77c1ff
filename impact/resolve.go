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

// resolve turns imports into edges, one language after the other.
func (b *builder) resolve(ctx context.Context) error {
	for _, l := range b.Languages {
		if err := b.resolveLanguage(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) resolveLanguage(ctx context.Context, l *lang.Language) error {
	var mine []*treeFile
	for i := range b.files {
		if f := &b.files[i]; f.language == l {
			mine = append(mine, f)
		}
	}
	if len(mine) == 0 && (b.over == nil || !foldersArePackages(l) || len(b.over.packages) == 0) {
		return nil
	}
	view := &treeView{b: b, ctx: ctx, language: l, projects: map[string][]byte{}}
	if foldersArePackages(l) {
		if folders := view.GoFolders(); folders != nil {
			view.read(folders.Projects) // the resolver asks for all of them, one after the other
		}
	}
	resolver := l.NewResolver(view)
	links := &linkResolver{view: view}
	for _, f := range mine {
		if f.fact == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		view.from = string(f.path)
		b.addImports(resolver, links, f)
		b.addFixtures(f)
		b.addPreloads(resolver, f)
		b.addJoined(resolver, f)
		b.addInit(f)
		b.addModule(resolver, f)
		b.addServices(resolver, f)
	}
	view.keep(resolver)
	b.graph.languages[l.Name] = language{files: len(mine)}
	return view.err
}

// addImports adds the edges out of one file.
func (b *builder) addImports(resolver lang.Resolver, links *linkResolver, f *treeFile) {
	imports := f.fact.Imports
	if len(imports) > b.Limits.ImportsPerFile {
		b.gap(gap{file: f.path, family: family(f.language.Name), any: true,
			skip: skipReason{SkipLimit, fmt.Sprintf("%d imports, over the limit of %d", len(imports), b.Limits.ImportsPerFile)}})
		imports = imports[:b.Limits.ImportsPerFile]
	}
	for _, imp := range imports {
		if imp.Kind == lang.Computed {
			b.gap(gap{file: f.path, family: family(f.language.Name), line: imp.Line,
				skip: skipReason{SkipComputed, fmt.Sprintf("line %d: %s", imp.Line, clip(imp.Spec))}})
			continue
		}
		to := resolver.Resolve(string(f.path), imp)
		targets := b.targets(to)
		if len(targets) == 0 {
			if behind, ok := links.resolve(string(f.path), imp); ok {
				to, targets = behind, b.targets(behind)
			}
		}
		if !b.roomFor(f, len(targets)) {
			return
		}
		if len(targets) == 0 && !to.External && imp.Kind != lang.SamePackage {
			b.unresolved(f, imp)
		}
		for _, t := range targets {
			if t == f.node {
				continue
			}
			kind := Imports
			if imp.Kind == lang.Named && imp.Level == 0 {
				kind = References
			}
			b.addEdge(Edge{
				From: f.node, To: t, Kind: kind,
				Confidence: Confidence(min(max(to.Confidence, 1), 1000)),
				Evidence:   Evidence{Source: importSource[imp.Kind], Line: imp.Line, Detail: clip(imp.Spec)},
			})
		}
	}
}

// roomFor says whether so many edges of a file are within the limit, and notes it if not.
func (b *builder) roomFor(f *treeFile, edges int) bool {
	if len(b.graph.edges)+len(b.graph.gaps)+edges <= b.Limits.Edges {
		return true
	}
	b.gap(gap{file: f.path, family: family(f.language.Name), any: true,
		skip: skipReason{SkipLimit, fmt.Sprintf("more than %d edges", b.Limits.Edges)}})
	return false
}

// addFixtures joins a file of tests to each conftest.py in its folder and above: pytest loads
// them first, and the tests take what these define by the names of their parameters, without
// an import.
func (b *builder) addFixtures(f *treeFile) {
	if !takesFixtures(f.path, f.language.Name) {
		return
	}
	for at := b.fixturesAbove(folderOf(f.path)); at != nil; at = at.above {
		if at.node == f.node {
			continue
		}
		if !b.roomFor(f, 1) {
			return
		}
		b.addEdge(Edge{From: f.node, To: at.node, Kind: Imports, Confidence: 1000, Evidence: Evidence{Source: fixtures}})
	}
}

// A fixtureFile is a conftest.py, with those in the folders above.
type fixtureFile struct {
	node  int32
	above *fixtureFile
}

// fixturesAbove is the conftest.py nearest to the files of a folder; nil when there is none.
// Each folder is looked at once.
func (b *builder) fixturesAbove(folder change.Path) *fixtureFile {
	if at, ok := b.fixtures[folder]; ok {
		return at
	}
	var at *fixtureFile
	name := fixtures
	if folder != "." {
		at = b.fixturesAbove(folderOf(folder))
		name = string(folder) + "/" + fixtures
	}
	if n := b.nodeOf(name); n >= 0 {
		at = &fixtureFile{n, at}
	}
	b.fixtures[folder] = at
	return at
}

// addPreloads joins a test to what its runner loads before it. What pytest loads, tests take by
// name, as from a conftest.py.
func (b *builder) addPreloads(resolver lang.Resolver, f *treeFile) {
	r, ok := resolver.(lang.Preloader)
	takes := takesFixtures(f.path, f.language.Name)
	if !ok || !takes && (family(f.language.Name) == "python" || !isTest(f.path, f.language.Name)) {
		return
	}
	kind, source := Requires, preload
	if takes {
		kind, source = Imports, fixtures
	}
	for _, p := range r.Preloads(string(f.path)) {
		n := b.nodeOf(p.File)
		if n < 0 || n == f.node {
			continue
		}
		if !b.roomFor(f, 1) {
			return
		}
		b.addEdge(Edge{From: f.node, To: n, Kind: kind, Confidence: 1000, Evidence: Evidence{Source: source, Detail: clip(p.Config)}})
	}
}

// addJoined joins a file to what its framework runs with it.
func (b *builder) addJoined(resolver lang.Resolver, f *treeFile) {
	r, ok := resolver.(lang.Joiner)
	if !ok {
		return
	}
	for _, path := range r.Joins(string(f.path)) {
		n := b.nodeOf(path)
		if n < 0 || n == f.node {
			continue
		}
		if !b.roomFor(f, 1) {
			return
		}
		b.addEdge(Edge{From: f.node, To: n, Kind: Requires, Confidence: byPlace, Evidence: Evidence{Source: framework}})
	}
}

const (
	framework = "framework" // source of an edge to what a framework joins by its place
	byPlace   = 600
)

// preload is the source of an edge from a test to what runs before it.
const preload = "test-configuration"

// addInit joins a module of Python to what runs before it when it is imported: the
// __init__.py of its package. That one has the edge to the package around it.
func (b *builder) addInit(f *treeFile) {
	if f.language.Name != "python" || lang.Extension(string(f.path)) != ".py" {
		return
	}
	folder := folderOf(f.path)
	if baseName(f.path) == runsFirst {
		if folder == "." {
			return
		}
		folder = folderOf(folder)
	}
	name := runsFirst
	if folder != "." {
		name = string(folder) + "/" + runsFirst
	}
	if n := b.nodeOf(name); n >= 0 && b.roomFor(f, 1) {
		b.addEdge(Edge{From: f.node, To: n, Kind: Requires, Confidence: 1000, Evidence: Evidence{Source: runsFirst}})
	}
}

// addModule joins a file of Java to the declaration of its module, which says what it may name, and
// such a declaration to those of the modules that it requires.
func (b *builder) addModule(resolver lang.Resolver, f *treeFile) {
	if f.language.Name != "java" {
		return
	}
	var to []int32
	if baseName(f.path) != declaresModule {
		to = append(to, b.moduleOf(folderOf(f.path)))
	} else if r, ok := resolver.(lang.Requirer); ok {
		for _, path := range r.Required(string(f.path)) {
			to = append(to, b.nodeOf(path))
		}
	}
	for _, n := range to {
		if n >= 0 && b.roomFor(f, 1) {
			b.addEdge(Edge{From: f.node, To: n, Kind: Requires, Confidence: 1000, Evidence: Evidence{Source: declaresModule}})
		}
	}
}

// moduleOf is the declaration of the module of a folder: the nearest one in it and above; -1
// when there is none.
func (b *builder) moduleOf(folder change.Path) int32 {
	if n, ok := b.modules[folder]; ok {
		return n
	}
	name := declaresModule
	if folder != "." {
		name = string(folder) + "/" + declaresModule
	}
	n := b.nodeOf(name)
	if n < 0 && folder != "." {
		n = b.moduleOf(folderOf(folder))
	}
	b.modules[folder] = n
	return n
}

// declaresModule is the file that says what a module of Java requires and exports.
const declaresModule = "module-info.java"

// addServices joins a file to what it may have from a registry.
func (b *builder) addServices(resolver lang.Resolver, f *treeFile) {
	r, ok := resolver.(lang.Server)
	if !ok {
		return
	}
	to := r.Serves(string(f.path))
	if to.Over != "" {
		b.gap(gap{file: f.path, family: family(f.language.Name), any: true, skip: skipReason{SkipLimit, to.Over}})
	}
	targets := b.targets(to)
	if !b.roomFor(f, len(targets)) {
		return
	}
	for _, t := range targets {
		if t != f.node {
			b.addEdge(Edge{From: f.node, To: t, Kind: References, Confidence: Confidence(to.Confidence), Evidence: Evidence{Source: serves}})
		}
	}
}

// serves is the source of an edge from a file to what a service loader may give to it.
const serves = "service"

// runsFirst is the file of a Python package that runs when it or a module of it is imported.
const runsFirst = "__init__.py"

// fixtures is the file from which pytest has what tests need.
const fixtures = "conftest.py"

// takesFixtures goes by the names that pytest looks for, and by that of Django's tests.
func takesFixtures(path change.Path, language string) bool {
	if family(language) != "python" {
		return false
	}
	name := baseName(path)
	if lang.Extension(name) == "" {
		return false
	}
	return strings.HasPrefix(name, "test_") || strings.HasSuffix(name, "_test.py") || name == "tests.py" || name == fixtures
}

// importSource names the import kinds in evidence.
var importSource = map[lang.ImportKind]string{
	lang.Static:      "import",
	lang.Dynamic:     "dynamic-import",
	lang.TypeOnly:    "type-import",
	lang.Embed:       "embed",
	lang.SamePackage: "same-package",
	lang.Named:       "name-in-text",
	lang.Handed:      "path-in-code",
	lang.Glob:        "folder-import",
	lang.Text:        "text-import",
}

// targets are the nodes that a resolution names, made where they are missing: what
// something imports is in the graph, even if nobody could read it.
func (b *builder) targets(r lang.Resolution) []int32 {
	var nodes []int32
	for _, folder := range []string{r.Package, r.Vendored} {
		if folder == "" {
			continue
		}
		if p := b.packageNode(change.Path(folder)); p >= 0 {
			nodes = append(nodes, p)
		}
	}
	for _, path := range r.Files {
		if n := b.nodeOf(path); n >= 0 {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (b *builder) unresolved(f *treeFile, imp lang.Import) {
	names := namesIn(imp)
	anything := len(names) == 0
	if family(f.language.Name) == "script" && imp.Kind != lang.Glob {
		if place := placeOf(f.path, imp.Spec); place != "" {
			names = append(names, place)
			slices.Sort(names)
		}
	}
	b.gap(gap{
		file:   f.path,
		family: importsFamily(f.language, imp),
		line:   imp.Line,
		names:  names,
		any:    anything,
		skip:   skipReason{SkipUnresolved, fmt.Sprintf("line %d: %s", imp.Line, importText(imp))},
	})
}

// importsFamily is what an import can lead to: what Go embeds may be of any language.
func importsFamily(l *lang.Language, imp lang.Import) string {
	if imp.Kind == lang.Embed {
		return ""
	}
	return family(l.Name)
}

// importText is an import as people know it from the file.
func importText(imp lang.Import) string {
	text := ""
	for range min(imp.Level, 20) {
		text += "."
	}
	text += imp.Spec
	if len(imp.Names) == 1 {
		text += " (" + imp.Names[0] + ")"
	}
	return clip(text)
}

// A treeView is what the resolver of one language sees of the tree.
type treeView struct {
	b        *builder
	ctx      context.Context // of the Build that the view lives in; lang.Tree has no room for one
	language *lang.Language
	from     string // the file whose imports are being resolved
	projects map[string][]byte
	err      error // the first that is not an answer
}

func (v *treeView) Files() []string {
	if v.b.over != nil {
		return v.b.over.paths()
	}
	return v.b.paths
}

// GoFolders implements lang.GoTree.
func (v *treeView) GoFolders() *lang.GoFolders {
	if v.b.over == nil || v.b.over.base.guessed() {
		return nil
	}
	return v.b.over.goFolders()
}

func (v *treeView) Has(path string) bool {
	if v.b.over != nil {
		return v.b.over.has(path)
	}
	_, ok := v.b.places[path]
	return ok
}

// Facts gives all facts of the file that is being resolved. Of others, what they import
// would make the graph of one file depend on the text of all: it is left out, or noted.
func (v *treeView) Facts(path string) *lang.Facts {
	var fact *Fact
	if i, ok := v.b.places[path]; ok {
		if v.b.files[i].language == v.language {
			fact = v.b.files[i].fact
		}
	} else if v.b.over != nil {
		fact = v.b.over.factOf(path, v.language)
	}
	switch {
	case fact == nil:
		return nil
	case path == v.from:
		return &fact.Facts
	case foldersArePackages(v.language):
		v.b.guessed = true
		return &fact.Facts
	}
	return &lang.Facts{Package: fact.Package, Types: fact.Types}
}

func (v *treeView) Read(path string) []byte {
	v.read([]string{path})
	return v.projects[path]
}

// read reads project files, all in one go: each question to git takes as long as several
// answers.
func (v *treeView) read(paths []string) {
	var asked []string
	var ids []git.OID
	for _, path := range paths {
		if _, ok := v.projects[path]; ok {
			continue
		}
		v.projects[path] = nil
		var id git.OID
		if i, ok := v.b.places[path]; ok {
			id = v.b.files[i].entry.ID
		} else if v.b.over != nil {
			id = v.b.over.projectOf(path)
		}
		if v.b.projects[path] = id; v.b.over != nil {
			if text := v.b.over.textOf(path, id); text != "" {
				v.projects[path] = []byte(text)
				continue
			}
		}
		if id != (git.OID{}) {
			asked, ids = append(asked, path), append(ids, id)
		}
	}
	if v.err != nil || len(ids) == 0 {
		return
	}
	v.err = v.b.Source.Blobs(v.ctx, ids, v.b.Limits.ProjectBytes, func(i int, blob []byte, err error) error {
		if err != nil {
			v.b.gap(gap{file: change.Path(asked[i]), family: family(v.language.Name), any: true, skip: unread(err)})
			return v.ctx.Err()
		}
		v.projects[asked[i]] = append([]byte{}, blob...)
		return nil
	})
}

// keep notes what was learnt while imports were resolved.
func (v *treeView) keep(resolver lang.Resolver) {
	for path, text := range v.projects {
		if keepsText(path, len(text)) {
			v.b.projectTexts[path] = string(text)
		}
	}
	if namesFiles(family(v.language.Name)) {
		for _, text := range v.projects {
			v.b.scriptProjects = append(v.b.scriptProjects, text)
		}
	}
	if r, ok := resolver.(lang.Claimer); ok {
		v.b.claims = append(v.b.claims, r.Claims()...)
	}
	if r, ok := resolver.(interface{ IsRoot(folder string) bool }); ok && v.b.over != nil {
		v.b.over.asRoots(r.IsRoot)
	}
	if r, ok := resolver.(interface{ Vendors() []string }); ok {
		v.b.vendors = r.Vendors()
	}
}
