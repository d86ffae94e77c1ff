package impact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// BuildInput is one tree and what reading it takes.
type BuildInput struct {
	Source    Source
	Commit    git.OID          // stands in the graph document; may be zero
	Tree      git.OID          // of that commit
	Languages []*lang.Language // nil: lang.All
	Facts     FactStore        // nil: nothing is kept
	Limits    Limits           // zero: DefaultLimits

	// Loaded is called when all facts are in Facts, which is not used from then on; nil:
	// nobody asks.
	Loaded func()
}

// Build makes the graph of a tree.
//
// Every source file of a known language is a node, and so is every Go package and every
// file that one of them names. All other files, and imports that lead nowhere, are in
// Graph.EachSkip with their reason. Only a source that fails as a whole, or the context,
// makes an error.
func Build(ctx context.Context, in BuildInput) (*Graph, error) {
	b := newBuilder(in)
	if err := b.load(ctx); err != nil {
		return nil, err
	}
	return b.link(ctx)
}

func newBuilder(in BuildInput) *builder {
	if in.Languages == nil {
		in.Languages = lang.All
	}
	if in.Facts == nil {
		in.Facts = &Memory{}
	}
	if in.Limits == (Limits{}) {
		in.Limits = DefaultLimits()
	}
	return &builder{
		BuildInput:   in,
		reader:       factReader{source: in.Source, store: in.Facts, limits: in.Limits},
		packages:     make(map[change.Path]int32),
		fixtures:     make(map[change.Path]*fixtureFile),
		modules:      make(map[change.Path]int32),
		projects:     make(map[string]git.OID),
		projectTexts: make(map[string]string),
		graph: &Graph{
			Commit:    in.Commit,
			Tree:      in.Tree,
			skipped:   make(map[change.Path]skipReason),
			languages: make(map[string]language),
		},
	}
}

// load lists the tree, unless that is done, and gets what its files say. It alone uses
// the fact store.
func (b *builder) load(ctx context.Context) error {
	if b.files == nil {
		if err := b.walk(ctx); err != nil {
			return b.failed(err)
		}
		b.whole = len(b.graph.gaps) == 0
	}
	b.place()
	for _, step := range []func(context.Context) error{b.readInterpreters, b.read, b.readMentions, b.readLinks} {
		if err := step(ctx); err != nil {
			return b.failed(err)
		}
	}
	if b.Loaded != nil {
		b.Loaded()
	}
	return nil
}

// link makes the graph of what was loaded.
func (b *builder) link(ctx context.Context) (*Graph, error) {
	b.addFiles()
	if err := b.resolve(ctx); err != nil {
		return nil, b.failed(err)
	}
	b.finish()
	return b.graph, nil
}

func (b *builder) failed(err error) error {
	return fmt.Errorf("building the graph of tree %s: %w", b.Tree.Short(), err)
}

// A builder holds one graph in the making. Places in files and nodes are not yet those
// of the finished graph.
type builder struct {
	BuildInput
	reader   factReader
	compared map[git.OID]bool      // blobs of the change that is assessed; nil: there is none
	answers  map[want]gotten       // of the reader, of files in their languages
	files    []treeFile            // sorted by path
	whole    bool                  // files are all that the tree holds
	paths    []string              // of regular files, sorted: what resolvers see
	places   map[string]int32      // of regular files, in files
	packages map[change.Path]int32 // node of a folder
	fixtures map[change.Path]*fixtureFile
	modules  map[change.Path]int32 // by folder: see moduleOf
	graph    *Graph
	over     *overlay // the tree that the files belong to, where they are not all of it

	// What is learnt on the way, for those who make another graph of this one.
	projects       map[string]git.OID // project files that a resolver asked for, and their blobs
	projectTexts   map[string]string  // of those of which it is kept: see keepsText
	scriptProjects [][]byte           // what those say by which scripts are resolved
	claims         []string           // see lang.SameProject
	vendors        []string           // see lang.GoFolders
	guessed        bool               // a resolver looked at what other files import
	raw            int                // edges and gaps, doubles too
}

// A treeFile is one entry of the tree.
type treeFile struct {
	path  change.Path
	entry git.Entry
	class
	fact  *Fact // nil: of no language, or not read
	words *Fact // all that the file mentions; nil: not read, or not needed
	node  int32 // -1: not in the graph
}

// walk lists the tree. It stops at the limit, since a few small objects can describe a
// tree of any size.
func (b *builder) walk(ctx context.Context) error {
	err := b.Source.Walk(ctx, b.Tree, func(path string, e git.Entry, err error) error {
		switch {
		case err != nil:
			b.noFolder(path, err)
		case !isClean(path):
			b.gap(gap{file: change.Path(path), any: true, skip: skipReason{SkipUnreadable, "no file can have this name"}})
		case len(b.files) == b.Limits.Files:
			return errTooMany
		default:
			b.files = append(b.files, treeFile{path: change.Path(path), entry: e, node: -1})
		}
		return ctx.Err()
	})
	switch {
	case errors.Is(err, errTooMany):
		b.gap(gap{file: ".", any: true, skip: skipReason{SkipLimit, fmt.Sprintf("more than %d files: the others were not listed", b.Limits.Files)}})
	case err != nil:
		return err
	}
	slices.SortStableFunc(b.files, func(x, y treeFile) int { return strings.Compare(string(x.path), string(y.path)) })
	b.files = slices.CompactFunc(b.files, func(x, y treeFile) bool {
		if x.path != y.path {
			return false
		}
		b.gap(gap{file: y.path, any: true, skip: skipReason{SkipUnreadable, "stands twice in its folder"}})
		return true
	})
	for i := range b.files {
		f := &b.files[i]
		f.class = classify(f.path, f.entry.Mode, b.Languages)
	}
	return nil
}

// place makes the files findable.
func (b *builder) place() {
	b.places = make(map[string]int32, len(b.files))
	for i := range b.files {
		f := &b.files[i]
		if f.entry.Mode.IsRegular() {
			b.places[string(f.path)] = int32(i)
			b.paths = append(b.paths, string(f.path))
		}
	}
}

// noFolder notes a folder of which nothing is known; "." and "" are the whole tree.
func (b *builder) noFolder(path string, err error) {
	why := skipReason{SkipUnreadable, "folder can not be read"}
	if errors.Is(err, ErrLimit) {
		why = skipReason{SkipLimit, "folder is over a limit"}
	}
	b.gap(gap{file: change.Path(cmp.Or(path, ".")), any: true, skip: why})
}

var errTooMany = errors.New("too many files")

// isClean says whether a path could be checked out: git itself refuses others.
func isClean(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// read gets the facts of every file of a known language.
func (b *builder) read(ctx context.Context) error {
	var wants []want
	for _, f := range b.files {
		if f.language != nil && f.fact == nil {
			if w := b.want(f.entry.ID, f.language); !b.isAnswered(w) {
				wants = append(wants, w)
			}
		}
	}
	reader := b.reader
	reader.packs = b.over == nil
	answers, err := reader.read(ctx, wants)
	if err != nil {
		return err
	}
	b.learn(answers)
	for i := range b.files {
		f := &b.files[i]
		if f.language == nil || f.fact != nil {
			continue
		}
		a := b.answer(want{blob: f.entry.ID, language: f.language})
		if f.fact = a.fact; f.fact == nil {
			b.gap(gap{file: f.path, family: family(f.language.Name), any: true, skip: a.skip})
		}
	}
	return nil
}

// learn takes in what was read.
func (b *builder) learn(answers map[want]gotten) {
	if b.answers == nil {
		b.answers = answers
	} else {
		maps.Copy(b.answers, answers)
	}
}

// want asks for digests, too, of what will be compared.
func (b *builder) want(blob git.OID, l *lang.Language) want {
	w := want{blob: blob, language: l}
	if b.compared[blob] {
		return w.inFull()
	}
	return w
}

// answer is what was read, with digests if it was.
func (b *builder) answer(w want) gotten {
	if a, ok := b.answers[w.inFull()]; ok {
		return a
	}
	return b.answers[w]
}

func (b *builder) isAnswered(w want) bool {
	_, ok := b.answers[w]
	_, whole := b.answers[w.inFull()]
	return ok || whole
}

// readMentions gets the words of the files whose imports are not, or not all, known.
func (b *builder) readMentions(ctx context.Context) error {
	families := b.families()
	var wants []want
	var who []*treeFile
	for i := range b.files {
		f := &b.files[i]
		if f.fact != nil && f.fact.Damaged || families[f.kin] {
			who = append(who, f)
			if f.words == nil {
				wants = append(wants, want{blob: f.entry.ID, language: mentions})
			}
		}
	}
	answers, err := b.reader.read(ctx, wants)
	if err != nil {
		return err
	}
	for _, f := range who {
		if f.words == nil {
			f.words = answers[want{blob: f.entry.ID, language: mentions}].fact
		}
		g := gap{file: f.path, family: f.kin, skip: f.class.skip}
		if f.language != nil {
			g.family = family(f.language.Name)
			g.skip = skipReason{SkipUnreadable, "not understood to its end: imports may be missing"}
		}
		if f.words == nil || f.words.Damaged || len(f.words.Imports) != 1 {
			g.any = true
		} else {
			g.mentioned(f.words.Imports[0].Names)
		}
		b.gap(g)
	}
	return nil
}

// families are those of the languages that the tree has files of.
func (b *builder) families() map[string]bool {
	families := map[string]bool{}
	for _, f := range b.files {
		if f.language != nil {
			families[family(f.language.Name)] = true
		}
	}
	if b.over != nil {
		for name := range b.over.base.languages {
			families[family(name)] = true
		}
	}
	return families
}

// addFiles makes nodes of source files and their packages.
func (b *builder) addFiles() {
	b.expect()
	for i := range b.files {
		f := &b.files[i]
		if f.language == nil {
			continue
		}
		b.addFile(f)
		if !foldersArePackages(f.language) {
			continue
		}
		p := b.addPackage(folderOf(f.path), f.language.Name)
		if n := &b.graph.nodes[p]; n.Name == "" && f.fact != nil && !isTest(f.path, f.language.Name) {
			n.Name = f.fact.Package
		}
		b.addEdge(Edge{From: p, To: f.node, Kind: Contains, Confidence: 1000, Evidence: Evidence{Source: "folder"}})
		b.addTestEdge(f)
	}
}

// expect makes room for as many nodes and edges as there will most likely be.
func (b *builder) expect() {
	files, imports := 0, 0
	for i := range b.files {
		if f := &b.files[i]; f.language != nil {
			files++
			if f.fact != nil {
				imports += len(f.fact.Imports)
			}
		}
	}
	b.graph.nodes = slices.Grow(b.graph.nodes, files+files/8)
	b.graph.edges = slices.Grow(b.graph.edges, imports+2*files)
}

// addPackage makes a node of a folder unless it has one.
func (b *builder) addPackage(folder change.Path, language string) int32 {
	p, ok := b.packages[folder]
	if !ok {
		p = b.addNode(Node{Kind: KindPackage, Path: folder, Language: language})
		b.packages[folder] = p
	}
	return p
}

// packageNode is the node of a folder; -1 when it is no package.
func (b *builder) packageNode(folder change.Path) int32 {
	if p, ok := b.packages[folder]; ok {
		return p
	}
	if b.over != nil && b.over.base.find(true, folder) >= 0 && b.over.holds(string(folder)) {
		return b.addPackage(folder, b.over.base.node(b.over.base.find(true, folder)).Language)
	}
	return -1
}

// foldersArePackages says that files of the language import folders, not files.
func foldersArePackages(l *lang.Language) bool { return l.Name == "go" }

// addTestEdge joins x_test.go to its x.go. Other languages' tests import what they test.
func (b *builder) addTestEdge(f *treeFile) {
	stem, ok := strings.CutSuffix(string(f.path), "_test.go")
	if !ok {
		return
	}
	if to := b.nodeOf(stem + ".go"); to >= 0 {
		b.addEdge(Edge{From: f.node, To: to, Kind: Tests, Confidence: testByName, Evidence: Evidence{Source: "name"}})
	}
}

// nodeOf is the node of a regular file, made where it is missing; -1 when the tree has no
// such file.
func (b *builder) nodeOf(path string) int32 {
	if i, ok := b.places[path]; ok {
		b.addFile(&b.files[i])
		return b.files[i].node
	}
	if b.over != nil {
		return b.over.nodeOf(path)
	}
	return -1
}

// testByName is how sure a test's name alone makes what it tests.
const testByName = 900

// addFile makes a node of the file unless it has one.
func (b *builder) addFile(f *treeFile) {
	if f.node >= 0 {
		return
	}
	n := Node{Kind: KindFile, Path: f.path, mode: f.entry.Mode, blob: f.entry.ID}
	if f.fact != nil {
		n.pkg = f.fact.Package
	}
	switch {
	case f.language != nil:
		n.Language = f.language.Name
		if isTest(f.path, n.Language) {
			n.Kind = KindTest
		}
		n.Marks = marksOf(f.path, n.Language, f.fact != nil && f.fact.Generated)
		if f.fact != nil && f.fact.Tagged {
			n.Marks |= MarkTagged
		}
	case isProse(f.path):
		n.Kind = KindDocument
	}
	f.node = b.addNode(n)
}

func (b *builder) addNode(n Node) int32 {
	b.graph.nodes = append(b.graph.nodes, n)
	return int32(len(b.graph.nodes) - 1)
}

func (b *builder) addEdge(e Edge) { b.graph.edges = append(b.graph.edges, e) }

// gap notes that an edge may be missing, and the skip that it goes with.
func (b *builder) gap(g gap) {
	b.graph.gaps = append(b.graph.gaps, g)
	b.skip(g.file, g.skip)
}

// skip notes what is not in the graph.
func (b *builder) skip(path change.Path, why skipReason) {
	b.graph.skips = append(b.graph.skips, Skipped{Path: path.Escaped(), Reason: why.reason, Detail: why.detail})
	if !aboutImport(why.reason) {
		b.graph.skipped[path] = why
	}
}

// aboutImport says that a reason is about an import of a file, and not about the file.
func aboutImport(reason string) bool { return reason == SkipUnresolved || reason == SkipComputed }

// finish counts what became no node, and sorts.
func (b *builder) finish() {
	for i := range b.files {
		if f := &b.files[i]; f.language == nil {
			if f.node >= 0 && f.class.skip.reason == SkipOpaque {
				continue // imported, so no longer opaque
			}
			b.skip(f.path, f.class.skip)
		}
	}
	b.nameSkips()
	b.raw = len(b.graph.edges) + len(b.graph.gaps)
	b.graph.assemble()
}

// nameSkips says which files the skips are about.
func (b *builder) nameSkips() {
	entries := make(map[string]git.Entry, len(b.files))
	for i := range b.files {
		if f := &b.files[i]; f.language == nil { // else it is a node, and that knows
			entries[f.path.Escaped()] = f.entry
		}
	}
	for i := range b.graph.skips {
		s := &b.graph.skips[i]
		s.mode, s.blob = entries[s.Path].Mode, entries[s.Path].ID
	}
}

// clip is text from a file as it may leave the process: escaped, of bounded length.
func clip(text string) string { return change.Path(change.Clip(text, 200)).Escaped() }
