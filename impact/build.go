package impact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
}

// Build makes the graph of a tree.
//
// Every source file of a known language is a node, and so is every Go package and every
// file that one of them names. All other files, and imports that lead nowhere, are in
// Graph.Skips with their reason. Only a source that fails as a whole, or the context,
// makes an error.
func Build(ctx context.Context, in BuildInput) (*Graph, error) {
	if in.Languages == nil {
		in.Languages = lang.All
	}
	if in.Facts == nil {
		in.Facts = &Memory{}
	}
	if in.Limits == (Limits{}) {
		in.Limits = DefaultLimits()
	}
	b := &builder{
		BuildInput: in,
		reader:     factReader{source: in.Source, store: in.Facts, limits: in.Limits},
		packages:   make(map[change.Path]int32),
		graph: &Graph{
			Commit:    in.Commit,
			Tree:      in.Tree,
			skipped:   make(map[change.Path]skipReason),
			languages: make(map[string]language),
			folders:   make(map[change.Path]int32),
		},
	}
	for _, step := range []func(context.Context) error{b.walk, b.read, b.readMentions, b.addFiles, b.resolve} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("building the graph of tree %s: %w", in.Tree.Short(), err)
		}
	}
	b.finish()
	return b.graph, nil
}

// A builder holds one graph in the making. Places in files and nodes are not yet those
// of the finished graph.
type builder struct {
	BuildInput
	reader   factReader
	files    []treeFile
	paths    []string              // of regular files, sorted: what resolvers see
	places   map[string]int32      // of regular files, in files
	packages map[change.Path]int32 // node of a folder
	graph    *Graph
}

// A treeFile is one entry of the tree.
type treeFile struct {
	path  change.Path
	entry git.Entry
	class
	fact *Fact // nil: of no language, or not read
	node int32 // -1: not in the graph
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
	b.places = make(map[string]int32, len(b.files))
	for i := range b.files {
		f := &b.files[i]
		f.class = classify(f.path, f.entry.Mode, b.Languages)
		if f.entry.Mode.IsRegular() {
			b.places[string(f.path)] = int32(i)
			b.paths = append(b.paths, string(f.path))
		}
	}
	return nil
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
		if f.language != nil {
			wants = append(wants, want{f.entry.ID, f.language})
		}
	}
	answers, err := b.reader.read(ctx, wants)
	if err != nil {
		return err
	}
	for i := range b.files {
		f := &b.files[i]
		if f.language == nil {
			continue
		}
		a := answers[want{f.entry.ID, f.language}]
		if f.fact = a.fact; f.fact == nil {
			b.gap(gap{file: f.path, family: family(f.language.Name), any: true, skip: a.skip})
		}
	}
	return nil
}

// readMentions gets the words of the files whose imports are not, or not all, known.
func (b *builder) readMentions(ctx context.Context) error {
	families := map[string]bool{}
	for _, f := range b.files {
		if f.language != nil {
			families[family(f.language.Name)] = true
		}
	}
	var wants []want
	var who []*treeFile
	for i := range b.files {
		f := &b.files[i]
		if f.fact != nil && f.fact.Damaged || families[f.kin] {
			wants, who = append(wants, want{f.entry.ID, mentions}), append(who, f)
		}
	}
	answers, err := b.reader.read(ctx, wants)
	if err != nil {
		return err
	}
	for i, f := range who {
		a := answers[wants[i]]
		g := gap{file: f.path, family: f.kin, skip: f.class.skip}
		if f.language != nil {
			g.family = family(f.language.Name)
			g.skip = skipReason{SkipUnreadable, "not understood to its end: imports may be missing"}
		}
		if a.fact == nil || a.fact.Damaged || len(a.fact.Imports) != 1 {
			g.any = true
		} else {
			g.names = a.fact.Imports[0].Names
		}
		b.gap(g)
	}
	return nil
}

// addFiles makes nodes of source files and their packages.
func (b *builder) addFiles(context.Context) error {
	for i := range b.files {
		f := &b.files[i]
		if f.language == nil {
			continue
		}
		b.addFile(f)
		if !foldersArePackages(f.language) {
			continue
		}
		folder := folderOf(f.path)
		p, ok := b.packages[folder]
		if !ok {
			p = b.addNode(Node{Kind: KindPackage, Path: folder, Language: f.language.Name})
			b.packages[folder] = p
		}
		if n := &b.graph.Nodes[p]; n.Name == "" && f.fact != nil && !isTest(f.path, f.language.Name) {
			n.Name = f.fact.Package
		}
		b.graph.folders[folder]++
		b.addEdge(Edge{From: p, To: f.node, Kind: Contains, Confidence: 1000, Evidence: Evidence{Source: "folder"}})
		b.addTestEdge(f)
	}
	return nil
}

// foldersArePackages says that files of the language import folders, not files.
func foldersArePackages(l *lang.Language) bool { return l.Name == "go" }

// addTestEdge joins x_test.go to its x.go. Other languages' tests import what they test.
func (b *builder) addTestEdge(f *treeFile) {
	stem, ok := strings.CutSuffix(string(f.path), "_test.go")
	if !ok {
		return
	}
	if i, ok := b.places[stem+".go"]; ok {
		to := &b.files[i]
		b.addFile(to)
		b.addEdge(Edge{From: f.node, To: to.node, Kind: Tests, Confidence: testByName, Evidence: Evidence{Source: "name"}})
	}
}

// testByName is how sure a test's name alone makes what it tests.
const testByName = 900

// addFile makes a node of the file unless it has one.
func (b *builder) addFile(f *treeFile) {
	if f.node >= 0 {
		return
	}
	n := Node{Kind: KindFile, Path: f.path}
	switch {
	case f.language != nil:
		n.Language = f.language.Name
		if isTest(f.path, n.Language) {
			n.Kind = KindTest
		}
	case isProse(f.path):
		n.Kind = KindDocument
	}
	f.node = b.addNode(n)
}

func (b *builder) addNode(n Node) int32 {
	b.graph.Nodes = append(b.graph.Nodes, n)
	return int32(len(b.graph.Nodes) - 1)
}

func (b *builder) addEdge(e Edge) { b.graph.Edges = append(b.graph.Edges, e) }

// gap notes that an edge may be missing, and the skip that it goes with.
func (b *builder) gap(g gap) {
	b.graph.gaps = append(b.graph.gaps, g)
	b.skip(g.file, g.skip)
}

// skip notes what is not in the graph.
func (b *builder) skip(path change.Path, why skipReason) {
	b.graph.Skips = append(b.graph.Skips, Skipped{Path: path.Escaped(), Reason: why.reason, Detail: why.detail})
	if why.reason != SkipUnresolved {
		b.graph.skipped[path] = why
	}
}

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
	b.graph.assemble()
}

// clip is text from a file as it may leave the process: escaped, of bounded length.
func clip(text string) string { return change.Path(change.Clip(text, 200)).Escaped() }
