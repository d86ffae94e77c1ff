package impact

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// What a change does to a Symbol.
const (
	SymbolAdded     = "added"
	SymbolRemoved   = "removed"
	SymbolSignature = "signature" // others have to write it differently
	SymbolBody      = "body"      // it does something else, or the same with other names
	SymbolMoved     = "moved"     // the same stands in another file of its Go package
)

// maxSymbols bounds the symbols listed of one file, changed or reached.
const maxSymbols = 200

// A symbolReader gets the facts of files by their nodes.
type symbolReader struct {
	mu        sync.Mutex // the store is for one at a time, and both sides read
	reader    *factReader
	languages map[string]*lang.Language
	loaded    []*builder      // whose facts need not be asked for again
	known     map[want]gotten // most files are on both sides
}

func newSymbolReader(b *builder) *symbolReader {
	s := &symbolReader{reader: &b.reader, languages: map[string]*lang.Language{}, loaded: []*builder{b}, known: map[want]gotten{}}
	for _, l := range b.Languages {
		s.languages[l.Name] = l
	}
	return s
}

// facts answers for each node: nil for a file whose definitions are not known, which
// impact takes as a whole. A graph may stand for both sides of a change, so blobs says
// what changed files hold on the side that is meant. The facts may be without digests.
func (s *symbolReader) facts(ctx context.Context, g *Graph, nodes []int32, blobs map[change.Path]git.OID) ([]*lang.Facts, error) {
	return s.read(ctx, g, nodes, blobs, false)
}

// compared is facts with digests.
func (s *symbolReader) compared(ctx context.Context, g *Graph, nodes []int32, blobs map[change.Path]git.OID) ([]*lang.Facts, error) {
	return s.read(ctx, g, nodes, blobs, true)
}

func (s *symbolReader) read(ctx context.Context, g *Graph, nodes []int32, blobs map[change.Path]git.OID, whole bool) ([]*lang.Facts, error) {
	wants := make([]want, len(nodes))
	var asked []want
	for i, n := range nodes {
		node := g.Node(n)
		l := s.languages[node.Language]
		if changed, ok := blobs[node.Path]; ok {
			node.blob = changed
		}
		if node.Kind == KindPackage || l == nil || !l.Defines || node.blob.IsZero() {
			continue
		}
		wants[i] = want{blob: node.blob, language: l}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range wants {
		if w.language == nil {
			continue
		}
		full := w.inFull()
		if whole || s.isKnown(full) {
			w, wants[i] = full, full
		}
		if !s.isKnown(w) {
			asked = append(asked, w)
		}
	}
	answers, err := s.reader.read(ctx, asked)
	if err != nil {
		return nil, err
	}
	maps.Copy(s.known, answers)
	all := make([]*lang.Facts, len(nodes))
	for i, w := range wants {
		if f := s.known[w].fact; w.language != nil && f != nil && !f.Damaged && !f.Partial {
			all[i] = &f.Facts
		}
	}
	return all, nil
}

// isKnown says whether something was read, and takes over what the graph of a side was made of.
func (s *symbolReader) isKnown(w want) bool {
	if _, ok := s.known[w]; ok {
		return true
	}
	for _, b := range s.loaded {
		if got, ok := b.answers[w]; ok {
			if got.fact != nil {
				got.fact = got.fact.unpacked()
			}
			s.known[w] = got
			return true
		}
	}
	return false
}

// A fileDiff is what a change does to the definitions of one file. Places are those in
// the facts of their side.
type fileDiff struct {
	was, is *lang.Facts // nil: no such side, or its definitions are not known
	whole   bool        // the definitions do not tell: all of the file counts as changed
	rest    bool        // what stands outside of definitions changed
	// repacked says that it belongs to another package now. Where it stands in the same place
	// all the same, nobody finds it by its name any more.
	repacked bool

	removed []int    // in was
	added   []int    // in is
	same    [][2]int // in was, in is
	altered [][2]int // the same
	fits    [][2]int // of altered: another signature, and who uses it needs not change
	tests   string   // the language of a file of tests, else empty
	moved   []int    // in is, of Go: the same stood in another file of the package, and nobody notices
	handed  []handedName
	python  bool
}

// diffFile compares two sides. A definition is the same when name and kind are; of
// several of one name (init, _, twins in one file) those count as one that are equal.
func diffFile(was, is *lang.Facts) *fileDiff {
	d := &fileDiff{was: was, is: is}
	var before, after []lang.Definition
	if was != nil {
		before = was.Definitions
	}
	if is != nil {
		after = is.Definitions
	}
	if was != nil && is != nil {
		d.rest = was.Rest != is.Rest || !lang.SameMentions(was, is)
		d.repacked = was.Package != is.Package
	}
	old := newTwins(before)
	open := make([]int, 0, max(len(after)-len(before), 0)) // in after, without an equal
	d.same = make([][2]int, 0, min(len(before), len(after)))
	last := -1 // init function of Go, in before
	for i := range after {
		j := old.take(&after[i], func(j int) bool { return sameDefinition(&before[j], &after[i]) })
		if j < 0 {
			open = append(open, i)
			continue
		}
		if after[i].Name == "init" && after[i].Runs {
			if j < last { // they run in order
				d.altered = append(d.altered, [2]int{j, i})
			}
			last = max(last, j)
		}
		d.same = append(d.same, [2]int{j, i})
	}
	for n, i := range open {
		j := old.take(&after[i], func(int) bool { return true })
		if j < 0 {
			if d.added == nil {
				d.added = make([]int, 0, len(open)-n)
			}
			d.added = append(d.added, i)
			continue
		}
		d.altered = append(d.altered, [2]int{j, i})
	}
	d.removed = old.left()
	return d
}

// twins are the definitions of a side that have no counterpart yet, by name and kind.
type twins struct {
	first map[twinKey]int32 // of each: its place and one more
	next  []int32           // behind it, the same; negative: it was taken
}

type twinKey struct {
	name string
	kind lang.DefinitionKind
}

func newTwins(list []lang.Definition) twins {
	t := twins{make(map[twinKey]int32, len(list)), make([]int32, len(list))}
	for i := len(list) - 1; i >= 0; i-- {
		k := twinKey{list[i].Name, list[i].Kind}
		t.next[i] = t.first[k]
		t.first[k] = int32(i) + 1
	}
	return t
}

// take gives the place of the first one with a name and kind that is meant; -1 without one.
func (t *twins) take(d *lang.Definition, meant func(int) bool) int {
	if len(t.next) == 0 {
		return -1
	}
	k := twinKey{d.Name, d.Kind}
	first := t.first[k]
	for before, at := int32(0), first; at > 0; before, at = at, t.next[at-1] {
		if !meant(int(at) - 1) {
			continue
		}
		switch after := t.next[at-1]; {
		case before > 0:
			t.next[before-1] = after
		default:
			t.first[k] = after
		}
		t.next[at-1] = -1
		return int(at) - 1
	}
	return -1
}

// left lists those that were not taken, in order.
func (t *twins) left() (list []int) {
	for i, next := range t.next {
		if next >= 0 {
			list = append(list, i)
		}
	}
	return list
}

// hides says that an altered definition can not be imported any more.
func (d *fileDiff) hides(altered [2]int) bool {
	return d.was.Definitions[altered[0]].Exported && !d.is.Definitions[altered[1]].Exported
}

// breaks says that an altered definition has another signature.
func (d *fileDiff) breaks(altered [2]int) bool {
	return d.was.Definitions[altered[0]].Signature != d.is.Definitions[altered[1]].Signature
}

func sameDefinition(a, b *lang.Definition) bool {
	return a.Signature == b.Signature && a.Body == b.Body && a.Runs == b.Runs && a.Exported == b.Exported && slices.Equal(a.Mentions, b.Mentions)
}

// symbols lists what happened to the definitions of a file, breaking changes of exported
// names first, then by name.
func (d *fileDiff) symbols() []Symbol {
	list := make([]Symbol, 0, len(d.removed)+len(d.added)+len(d.moved)+len(d.handed)+len(d.altered))
	add := func(def *lang.Definition, change string) {
		list = append(list, Symbol{Name: symbolText(def.Name), Kind: def.Kind.String(), Change: change, Exported: def.Exported})
		if change == SymbolRemoved || change == SymbolSignature {
			list[len(list)-1].Fits = d.isTest(def)
		}
	}
	for _, i := range d.removed {
		add(&d.was.Definitions[i], SymbolRemoved)
	}
	for _, i := range d.added {
		add(&d.is.Definitions[i], SymbolAdded)
	}
	for _, i := range d.moved {
		add(&d.is.Definitions[i], SymbolMoved)
	}
	list = append(list, d.handedSymbols()...)
	for _, pair := range d.altered {
		what := SymbolBody
		if was := &d.was.Definitions[pair[0]]; was.Signature != d.is.Definitions[pair[1]].Signature {
			what = SymbolSignature
		}
		add(&d.is.Definitions[pair[1]], what)
		if slices.Contains(d.fits, pair) {
			list[len(list)-1].Fits = true
		}
	}
	slices.SortFunc(list, compareSymbols)
	return list
}

// isTest says whether a definition is a test by its name, in a file of tests. Its runner finds
// it, and nobody else uses it.
func (d *fileDiff) isTest(def *lang.Definition) bool {
	switch d.tests {
	case "go":
		return def.Kind == lang.Function && isGoTestName(def.Name)
	case "python":
		for part := range strings.SplitSeq(def.Name, ".") {
			if strings.HasPrefix(part, "test_") || def.Kind == lang.Class && strings.HasPrefix(part, "Test") {
				return true
			}
		}
	case "java":
		class, _ := cutMember(def.Name)
		return def.Kind == lang.Method && isJavaTestName(class)
	}
	return false
}

// isJavaTestName goes by how classes of tests are called. One whose name begins with Abstract
// is there for others.
func isJavaTestName(class string) bool {
	if strings.HasPrefix(class, "Abstract") {
		return false
	}
	for _, end := range []string{"Test", "Tests", "TestCase", "IT"} {
		if strings.HasSuffix(class, end) {
			return true
		}
	}
	return strings.HasPrefix(class, "Test")
}

func isGoTestName(name string) bool {
	for _, prefix := range []string{"Test", "Benchmark", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && name != "TestMain" && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
			return true
		}
	}
	return false
}

func symbolText(name string) string { return change.Path(change.Clip(name, 200)).Escaped() }

// Breaks says whether whoever uses the symbol from elsewhere may have to change.
func (s Symbol) Breaks() bool {
	return s.Exported && !s.Fits && (s.Change == SymbolRemoved || s.Change == SymbolSignature)
}

func compareSymbols(a, b Symbol) int {
	if a.Breaks() != b.Breaks() {
		if a.Breaks() {
			return -1
		}
		return 1
	}
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Change, b.Change))
}
