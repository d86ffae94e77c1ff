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
	"custody/internal/parallel"
)

// How exactly it is known that a node is reached.
const (
	PrecisionSymbol = "symbol" // it mentions a changed or reached definition
	PrecisionFile   = "file"   // it depends on a changed or reached file
)

// A narrowing is what the symbols of a change make of the reach of its files.
type narrowing struct {
	diffs map[int]*fileDiff // by place in tracer.files
	sides []*symbolSide
}

// A symbolSide is one of the two graphs, with what the change reaches in it by name.
type symbolSide struct {
	*walk
	t      *tracer
	now    bool // head
	files  *reachable
	holds  *spread
	calls  *spread // nil: no method is reached, so names alone decide
	runs   *runs   // nil: what runs is not followed
	starts map[int32]*fileDiff
	begins map[int32]int32 // nodes reached straight from a changed file that is none -> place in origins
}

// narrow compares the definitions of the changed files and follows those that differ. It
// gives nil where nothing is known of any: then all files count as changed as a whole.
func (t *tracer) narrow(ctx context.Context) (*narrowing, error) {
	if t.symbols == nil || t.Change == nil {
		return nil, nil
	}
	n := &narrowing{diffs: map[int]*fileDiff{}}
	for _, w := range t.walks() {
		n.sides = append(n.sides, &symbolSide{walk: w, t: t, now: w == t.head, starts: map[int32]*fileDiff{}, begins: map[int32]int32{}})
	}
	if err := n.compare(ctx, t); err != nil {
		return nil, err
	}
	known := false
	for _, d := range n.diffs {
		known = known || !d.whole
	}
	if !known {
		return nil, nil
	}
	spread := n.sides[0].spread
	if len(n.sides) > 1 {
		spread = func(ctx context.Context) error {
			return parallel.Together(ctx, n.sides[0].spread, n.sides[1].spread)
		}
	}
	if err := spread(ctx); err != nil {
		return nil, err
	}
	for _, s := range n.sides {
		if s.holds.over || s.calls != nil && s.calls.over {
			return nil, nil
		}
	}
	for _, s := range n.sides {
		var err error
		if s.runs, err = s.findRuns(ctx); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// blobs are the contents of the changed files on one side.
func (s *symbolSide) blobs() map[change.Path]git.OID {
	all := map[change.Path]git.OID{}
	for i := range s.t.files {
		f := &s.t.files[i]
		if p := s.pathOf(f); p != "" {
			if all[p] = f.OldID; s.now {
				all[p] = f.ID
			}
		}
	}
	return all
}

func (s *symbolSide) pathOf(f *change.File) change.Path {
	if s.now {
		return newPath(f)
	}
	return oldPath(f)
}

// compare makes the diffs of all changed files that are nodes.
func (n *narrowing) compare(ctx context.Context, t *tracer) error {
	was, is := map[int]*lang.Facts{}, map[int]*lang.Facts{}
	embedded := map[int]bool{}
	for _, s := range n.sides {
		var nodes []int32
		var places []int
		for i := range t.files {
			if p := s.pathOf(&t.files[i]); p != "" {
				if node := s.graph.node(p); node >= 0 {
					nodes, places = append(nodes, node), append(places, i)
					embedded[i] = embedded[i] || isEmbedded(s.graph, node)
				}
			}
		}
		all, err := t.symbols.compared(ctx, s.graph, nodes, s.blobs())
		if err != nil {
			return err
		}
		facts := was
		if s.now {
			facts = is
		}
		for j, i := range places {
			facts[i] = all[j]
			if n.diffs[i] == nil {
				n.diffs[i] = &fileDiff{}
			}
			s.starts[nodes[j]] = n.diffs[i]
		}
	}
	renamed := map[change.Path]change.Path{}
	for i := range t.files {
		if was, is := oldPath(&t.files[i]), newPath(&t.files[i]); was != "" && is != "" && was != is {
			renamed[was] = is
		}
	}
	for i, d := range n.diffs {
		a, before := was[i]
		b, after := is[i]
		switch {
		case before && a == nil, after && b == nil:
			*d = fileDiff{whole: true}
		default:
			*d = *diffFile(a, b)
			if a != nil && b != nil && !isGo(&t.files[i]) {
				n.compareImports(d, &t.files[i], renamed)
			}
		}
		if f := &t.files[i]; before && after && oldPath(f) != newPath(f) && goBuilds(oldPath(f)) != goBuilds(newPath(f)) {
			d.whole = true // the same code, for other builds
		}
		d.rest = d.rest || d.repacked && oldPath(&t.files[i]) == newPath(&t.files[i])
		d.whole = d.whole || embedded[i] // what is embedded is text, comments and all
	}
	n.findMoved(t)
	return n.findCompatible(ctx, t)
}

// isGo says that a file is of Go on both sides: there each mention says what is imported.
func isGo(f *change.File) bool {
	return lang.Extension(string(oldPath(f))) == ".go" && lang.Extension(string(newPath(f))) == ".go"
}

// compareImports finds what a file on both sides has from elsewhere now.
func (n *narrowing) compareImports(d *fileDiff, f *change.File, renamed map[change.Path]change.Path) {
	var was, is importSide
	for _, s := range n.sides {
		node := s.graph.node(s.pathOf(f))
		d.python = s.graph.Node(node).Language == "python"
		if s.now {
			is = s.newImportSide(node, d.is, renamed)
		} else {
			was = s.newImportSide(node, d.was, renamed)
		}
	}
	d.compareImports(was, is)
}

// isEmbedded says that a file is embedded by another one, or imported as text.
func isEmbedded(g *Graph, node int32) bool {
	for _, e := range g.Into(node) {
		if g.Link(e).Kind != Imports {
			continue
		}
		if source := g.Edge(e).Evidence.Source; source == importSource[lang.Embed] || source == importSource[lang.Text] {
			return true
		}
	}
	return false
}

// findMoved takes out of the diffs what only stands elsewhere in the same Go package now:
// names there do not depend on files.
func (n *narrowing) findMoved(t *tracer) {
	type key struct {
		folder    change.Path
		builds    string
		around    lang.Digest // the build constraint, and what the file imports for its effect
		unit      string
		test      bool
		name      string
		kind      lang.DefinitionKind
		sign, own lang.Digest
	}
	keyOf := func(p change.Path, f *lang.Facts, d *lang.Definition) key {
		return key{folderOf(p), goBuilds(p), f.Rest, f.Package, isTest(p, "go"), d.Name, d.Kind, d.Signature, d.Body}
	}
	type place struct{ file, at int }
	gone := map[key][]place{}
	names := map[string]bool{} // of what is gone: most of what came has another one
	for _, i := range slices.Sorted(maps.Keys(n.diffs)) {
		d, p := n.diffs[i], oldPath(&t.files[i])
		if d.was == nil || lang.Extension(string(p)) != ".go" {
			continue
		}
		for at, def := range d.removed {
			k := keyOf(p, d.was, &d.was.Definitions[def])
			names[k.name] = true
			gone[k] = append(gone[k], place{i, at})
		}
	}
	for _, i := range slices.Sorted(maps.Keys(n.diffs)) {
		d, p := n.diffs[i], newPath(&t.files[i])
		if len(names) == 0 || d.is == nil || lang.Extension(string(p)) != ".go" {
			continue
		}
		d.added = slices.DeleteFunc(d.added, func(def int) bool {
			now := &d.is.Definitions[def]
			if !names[now.Name] {
				return false
			}
			k := keyOf(p, d.is, now)
			for j, from := range gone[k] {
				old := n.diffs[from.file]
				if before := old.removed[from.at]; before >= 0 && sameDefinition(&old.was.Definitions[before], now) {
					d.moved = append(d.moved, def)
					old.removed[from.at] = -1
					gone[k] = slices.Delete(gone[k], j, j+1)
					return true
				}
			}
			return false
		})
	}
	for _, d := range n.diffs {
		d.removed = slices.DeleteFunc(d.removed, func(at int) bool { return at < 0 })
	}
}

// goBuilds is what the name of a Go file says of the builds that have it: the system and
// machine behind its last underlines, and whether it is a test.
func goBuilds(p change.Path) string {
	name, ok := strings.CutSuffix(baseName(p), ".go")
	if !ok {
		return ""
	}
	parts := strings.Split(name, "_")[1:]
	builds := ""
	for n := len(parts) - 1; n >= 0; n-- {
		if parts[n] != "test" && !goPlatforms()[parts[n]] {
			break
		}
		builds += "_" + parts[n]
	}
	return builds
}

// goPlatforms are the systems and machines of Go that can end the name of a file.
var goPlatforms = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd
		plan9 solaris wasip1 windows zos 386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le
		mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`) {
		known[name] = true
	}
	return known
})

// spread follows names in one graph.
func (s *symbolSide) spread(ctx context.Context) error {
	var err error
	if s.files, err = s.reachable(ctx); err != nil {
		return err
	}
	s.files.factsOf, s.files.otherOf = s.factsOf(ctx), s.otherOf
	if s.now && s.breaksMethods() {
		if s.files.outsiders, err = s.t.symbols.lookOutside(ctx, s.graph, s.files, true); err != nil {
			return err
		}
	}
	s.holds = newSpread(s.graph, s.files, false)
	s.start(s.holds)
	if s.files.index.flat == nil || len(s.files.folders) == 0 {
		if err := s.holds.run(ctx); err != nil || s.holds.over || !s.holds.methods {
			return err
		}
		if err := s.prepareCalls(ctx); err != nil {
			return err
		}
		return s.calls.run(ctx)
	}
	// Nearly all code of Go reaches a method sooner or later, and nothing is read to prepare.
	if err := s.prepareCalls(ctx); err != nil {
		return err
	}
	err = parallel.Together(ctx, s.holds.run, s.calls.run)
	if !s.holds.methods {
		s.calls = nil
	}
	return err
}

// factsOf reads what one file says on this side, whether or not the change can reach it.
func (s *symbolSide) factsOf(ctx context.Context) func(int32) *lang.Facts {
	blobs := s.blobs()
	return func(node int32) *lang.Facts {
		all, err := s.t.symbols.facts(ctx, s.graph, []int32{node}, blobs)
		if err != nil {
			return nil // whoever asked takes it for a file that nobody understands
		}
		return all[0]
	}
}

// otherOf is what a changed file says on the other side.
func (s *symbolSide) otherOf(node int32) (facts *lang.Facts, changed bool) {
	d := s.starts[node]
	switch {
	case d == nil:
		return nil, false
	case s.now:
		return d.was, true
	}
	return d.is, true
}

func (s *symbolSide) prepareCalls(ctx context.Context) (err error) {
	if s.files.outsiders == nil {
		if s.files.outsiders, err = s.t.symbols.lookOutside(ctx, s.graph, s.files, false); err != nil {
			return err
		}
	}
	s.files.javaIn = s.files.javaTree(s.graph)
	s.calls = newSpread(s.graph, s.files, true)
	s.start(s.calls)
	return nil
}

// reachable lists the files that the change can reach at all: those that depend on changed
// ones, and all that stand in a reached package.
func (s *symbolSide) reachable(ctx context.Context) (*reachable, error) {
	g := s.graph
	r := &reachable{at: make([]int32, g.Len()), folders: map[int32]*spreadFolder{}, exports: map[lang.NameHash][]handed{}, came: map[atom]bool{}, broken: map[atom]bool{}, breaks: map[atom]bool{}}
	nodes := map[int32]bool{}
	packages := map[int32]bool{}
	add := func(n int32) {
		if g.Kind(n) == KindPackage {
			packages[n] = true
			return
		}
		nodes[n] = true
	}
	for _, n := range s.order {
		add(n)
	}
	for n := range s.starts {
		add(n)
		if node := g.Node(n); node.Language == "go" {
			packages[g.packageOf(folderOf(node.Path))] = true
		}
	}
	for p := range packages {
		if p < 0 {
			continue
		}
		for _, n := range g.filesOf(g.Node(p).Path) {
			nodes[n] = true
		}
	}
	s.addJava(nodes)
	return r, s.addFiles(ctx, r, slices.Sorted(maps.Keys(nodes)))
}

// addJava adds all files of Java where the change can reach one: who calls a method by the type that
// it has it from need not depend on what changed.
func (s *symbolSide) addJava(nodes map[int32]bool) {
	is := func(n int32) bool { return s.graph.Kind(n) != KindPackage && s.graph.Node(n).Language == "java" }
	if s.graph.byLanguage()["java"].files == 0 || !slices.ContainsFunc(slices.Collect(maps.Keys(nodes)), is) {
		return
	}
	for n := range int32(s.graph.Len()) {
		if is(n) {
			nodes[n] = true
		}
	}
}

// addFiles takes in what the files define: out of the graph's file where that has it,
// and the change does not touch it.
func (s *symbolSide) addFiles(ctx context.Context, r *reachable, list []int32) error {
	g := s.graph
	index := g.over.mentionsOf()
	var read []int32
	r.files = make([]spreadFile, len(list))
	for i, n := range list {
		r.at[n] = int32(i) + 1
		f := &r.files[i]
		d := s.starts[n]
		if index != nil && (d == nil || !s.now && !d.whole) && g.over.told(f, n) {
			if d == nil || f.known && d.was != nil && int(f.count) == len(d.was.Definitions) {
				continue // it knows what a changed file was, too
			}
			index.bad.Store(true)
		}
		*f = spreadFile{node: n, test: g.Kind(n) == KindTest, unit: n, folder: -1}
		read = append(read, n)
	}
	all, err := s.t.symbols.facts(ctx, g, read, s.blobs())
	if err != nil {
		return err
	}
	units := map[string]int32{}
	for i, n := range read {
		place := r.at[n] - 1
		f, node := &r.files[place], g.Node(n)
		f.facts = all[i]
		if d := s.starts[n]; d != nil && d.whole {
			f.facts = nil
		} else if d != nil && s.now && f.facts != nil {
			for _, gone := range d.removed {
				f.ghosts = append(f.ghosts, d.was.Definitions[gone])
			}
			for _, h := range d.handed {
				f.ghosts = append(f.ghosts, h.ghost())
			}
		}
		if f.known = f.facts != nil; f.known {
			f.count = int32(len(f.facts.Definitions))
		}
		if node.Language == "go" {
			f.folder = g.packageOf(folderOf(node.Path))
			f.unit = -2 - f.folder
			if f.known {
				f.hands = handsOf(f.facts, func(spec string) bool { return g.imports(n, spec) })
				f.unit = s.unit(r, units, f)
			}
		} else if f.known {
			for _, e := range f.facts.Exports {
				if e.OfDefinitions() {
					continue
				}
				h := lang.HashName(e.Name)
				r.exports[h] = append(r.exports[h], handed{place, e.As})
			}
		}
	}
	for i := range r.files {
		if f := &r.files[i]; f.folder >= 0 {
			if f.beside = r.folders[f.folder]; f.beside == nil {
				f.beside = &spreadFolder{node: f.folder, lowest: -1}
				r.folders[f.folder] = f.beside
			}
			f.beside.places = append(f.beside.places, int32(i))
			if f.index != nil {
				if f.beside.lowest < 0 {
					f.beside.lowest = f.place
				}
				f.beside.highest = f.place + f.count
			}
		}
	}
	r.index = newNameIndex(r.files, index, g.over)
	s.keep(r)
	return nil
}

// unit is that of a Go file that was read: of the others of its package in its folder.
func (s *symbolSide) unit(r *reachable, units map[string]int32, f *spreadFile) int32 {
	key := string(folderOf(s.graph.Node(f.node).Path)) + "\x00" + f.facts.Package
	if _, ok := units[key]; !ok {
		units[key] = int32(1<<30 + len(units)) // none of those in the graph's file
		for _, n := range s.graph.filesOf(folderOf(s.graph.Node(f.node).Path)) {
			if i, ok := r.place(n); ok && r.files[i].index != nil && r.files[i].known && s.graph.Node(n).pkg == f.facts.Package {
				units[key] = r.files[i].unit
				break
			}
		}
	}
	return units[key]
}

// start seeds a spread with what the change does on this side.
func (s *symbolSide) start(to *spread) {
	for i := range s.files.files {
		f := &s.files.files[i]
		d := s.starts[f.node]
		switch {
		case d == nil:
			continue
		case !f.known || d.rest: // also what is no source: data, documents
			to.seed(atom{f.node, whole})
			continue
		}
		if s.now {
			s.noteBreaks(to, f, d)
			for _, def := range d.added {
				to.came[atom{f.node, int32(def)}] = true
				to.seed(atom{f.node, int32(def)})
			}
			for _, pair := range d.altered {
				a := atom{f.node, int32(pair[1])}
				to.broken[a], to.came[a] = d.breaks(pair) || d.hides(pair), d.hides(pair)
				to.seed(a)
			}
			for ghost := range f.ghosts {
				a := atom{f.node, f.count + int32(ghost)}
				if h := ghost - len(d.removed); h >= 0 {
					s.seedHanded(to, f, a, d.handed[h])
					continue
				}
				to.came[a], to.broken[a] = true, true
				to.seed(a)
			}
			continue
		}
		for _, def := range d.removed {
			a := atom{f.node, int32(def)}
			to.came[a], to.broken[a] = true, true
			to.seed(a)
		}
		for _, pair := range d.altered {
			a := atom{f.node, int32(pair[0])}
			to.broken[a], to.came[a] = d.breaks(pair) || d.hides(pair), d.hides(pair)
			to.seed(a)
		}
	}
	s.startAtPlaces(to)
	for i := range s.origins {
		o := &s.origins[i]
		n := s.graph.find(nodeKey{o.isPackage, o.node})
		if n < 0 || s.t.isVendored(o) {
			continue
		}
		a := atom{n, whole}
		if old, ok := s.begins[n]; !ok || s.origins[old].confidence < o.confidence {
			s.begins[n] = int32(i)
		}
		to.reach(a, reach{distance: 1, confidence: o.confidence, prev: a, edge: -1})
	}
}

// isVendored says that a manifest moves a dependency of which this tree holds a copy, which
// the change renews: what changed in the copy is compared like other code.
func (t *tracer) isVendored(o *origin) bool {
	base := baseName(o.changed)
	if o.kind != Requires || base != "go.mod" && base != "go.sum" {
		return false
	}
	list := change.Path(strings.TrimSuffix(string(o.changed), base) + "vendor/modules.txt")
	f := t.changed[nodeKey{path: list}]
	return f != nil && f.Status == change.Modified
}

// startAtPlaces reaches those who import a file or package that is on this side only, and
// who did not change themselves: it is not where they look for it, or came to stand there.
func (s *symbolSide) startAtPlaces(to *spread) {
	other := s.t.Head
	if s.now {
		other = s.t.From
	}
	if other == nil {
		return
	}
	for i := range s.t.files {
		p := s.pathOf(&s.t.files[i])
		n := s.graph.node(p)
		if p == "" || n < 0 || other.node(p) >= 0 {
			continue
		}
		if s.graph.Node(n).Language == "go" {
			if n = s.graph.packageOf(folderOf(p)); other.packageOf(folderOf(p)) >= 0 {
				continue
			}
		}
		for _, e := range s.graph.Into(n) {
			link := s.graph.Link(e)
			from := s.graph.Node(link.From)
			if link.Kind != Imports && link.Kind != Requires && link.Kind != References || s.t.changed[from.key()] != nil {
				continue
			}
			a := atom{n, passed}
			to.seed(a)
			to.way = reach{confidence: 1000}
			if i, ok := to.place(link.From); ok && link.Kind == References && to.files[i].known {
				to.nameInText(a, &to.files[i], e, link)
				continue
			}
			to.edge(a, atom{link.From, whole}, e, link)
		}
	}
}

// A narrowed is a node that is reached, and how.
type narrowed struct {
	*symbolSide
	node      int32
	at        atom    // of holds: the best of those that count
	defs      []int32 // definitions that are reached, loose code among them; nil: all
	precision string
	others    []narrowed // the same node in the other graph
}

// nodes lists what is reached on this side.
func (s *symbolSide) nodes() []narrowed {
	found := map[int32]*narrowed{}
	add := func(n int32, at atom, precision string) *narrowed {
		x := found[n]
		if x == nil {
			x = &narrowed{symbolSide: s, node: n, at: at, precision: precision}
			found[n] = x
		} else if r, b := s.holds.best.of(at), s.holds.best.of(x.at); r.distance < b.distance || r.distance == b.distance && (r.confidence > b.confidence || r.confidence == b.confidence && compareAtoms(at, x.at) < 0) {
			x.at = at
		}
		if precision == PrecisionFile {
			x.precision = precision
		}
		return x
	}
	for _, a := range s.holds.best.atoms {
		switch {
		case a.def == passed:
		case a.def == whole && s.reachesWhole(s.calls, a.node):
			add(a.node, a, PrecisionFile)
		case a.def == whole:
			if defs := s.calls.definitionsOf(a.node); len(defs) > 0 {
				add(a.node, a, PrecisionSymbol).defs = defs
			}
		case s.reached(s.calls, a):
			x := add(a.node, a, PrecisionSymbol)
			x.defs = append(x.defs, a.def)
		}
	}
	// Files of a package that is reached as a whole by what holds changed code, and by
	// themselves by what calls it.
	if s.calls != nil {
		for _, a := range s.calls.atoms() {
			i, ok := s.files.place(a.node)
			if !ok || a.def == passed {
				continue
			}
			f := &s.files.files[i]
			if f.folder < 0 || !s.holds.best.has(atom{f.folder, whole}) || s.reachesWhole(s.calls, f.folder) {
				continue
			}
			if !s.holds.best.has(a) {
				at := atom{f.folder, whole}
				if x := found[a.node]; x == nil {
					x = &narrowed{symbolSide: s, node: a.node, at: at, precision: PrecisionSymbol}
					found[a.node] = x
				}
				if x := found[a.node]; a.def == whole {
					x.precision = PrecisionFile
				} else {
					x.defs = append(x.defs, a.def)
				}
			}
		}
	}
	s.addPackages(found)
	list := make([]narrowed, 0, len(found))
	for _, n := range slices.Sorted(maps.Keys(found)) {
		x := found[n]
		slices.Sort(x.defs)
		x.defs = slices.Compact(x.defs)
		list = append(list, *x)
	}
	if s.runs != nil {
		return s.runs.narrow(list)
	}
	return list
}

// addPackages adds the packages on the way to what is reached, and those of changed files.
func (s *symbolSide) addPackages(found map[int32]*narrowed) {
	seen := map[atom]bool{} // with all of its way
	for _, n := range slices.Sorted(maps.Keys(found)) {
		var back []atom
		for a := found[n].at; !seen[a]; {
			seen[a] = true
			back = append(back, a)
			r := s.holds.best.of(a)
			if r.prev == a {
				break
			}
			back = append(back, s.between(r.prev, a, r)...)
			a = r.prev
		}
		for _, a := range slices.Backward(back) {
			if found[a.node] == nil && s.graph.Kind(a.node) == KindPackage {
				found[a.node] = &narrowed{symbolSide: s, node: a.node, at: a, precision: PrecisionSymbol}
			}
		}
	}
}

// reached says whether the calls reach an atom, too.
func (s *symbolSide) reached(calls *spread, a atom) bool {
	if calls == nil {
		return true
	}
	return calls.has(a) || s.reachesWhole(calls, a.node)
}

// reachesWhole says whether a spread reaches a file or package as a whole.
func (s *symbolSide) reachesWhole(calls *spread, node int32) bool {
	if calls == nil {
		return true
	}
	if calls.has(atom{node, whole}) {
		return true
	}
	if i, ok := s.files.place(node); ok && s.files.files[i].folder >= 0 {
		return calls.has(atom{s.files.files[i].folder, whole})
	}
	return false
}

// definitionsOf are those of a file that a spread reaches.
func (s *spread) definitionsOf(node int32) []int32 {
	i, ok := s.place(node)
	if !ok || !s.files[i].known {
		return nil
	}
	var defs []int32
	for d := int32(loose); d < s.files[i].count; d++ {
		if s.has(atom{node, d}) {
			defs = append(defs, d)
		}
	}
	return defs
}

// path lists the nodes from a changed file to where a node is reached, each once in a row,
// with the packages in between.
func (s *symbolSide) path(at atom) []atom {
	var back []atom
	for a := at; ; {
		back = append(back, a)
		r := s.holds.best.of(a)
		if r.prev == a {
			break
		}
		back = append(back, s.between(r.prev, a, r)...)
		a = r.prev
	}
	slices.Reverse(back)
	return slices.CompactFunc(back, func(a, b atom) bool { return a.node == b.node })
}

// between lists the nodes that a step skips, from its end.
func (s *symbolSide) between(from, to atom, r reach) []atom {
	skipped := r.distance - s.holds.best.of(from).distance - 1
	if skipped < 1 {
		return nil
	}
	if i, ok := s.files.place(from.node); ok && s.files.files[i].folder >= 0 {
		return []atom{{s.files.files[i].folder, passed}}
	}
	// The way over files that import each other, from the far end.
	s.holds.lookingNear.Lock()
	near := s.holds.dependents(from.node)
	s.holds.lookingNear.Unlock()
	var nodes []atom
	for at := to.node; skipped > 0; skipped-- {
		next := int32(-1)
		for _, e := range s.graph.outOf(at) {
			n := s.graph.Link(e).To
			if d, ok := near[n]; ok && d == skipped && (next < 0 || n < next) {
				next = n
			}
		}
		if next < 0 {
			break
		}
		nodes = append(nodes, atom{next, passed})
		at = next
	}
	return nodes
}

// better orders what both sides reach: the shortest path, then the surest.
func (x *narrowed) better(y *narrowed) bool {
	a, b := x.holds.best.of(x.at), y.holds.best.of(y.at)
	return cmp.Or(cmp.Compare(a.distance, b.distance), -cmp.Compare(a.confidence, b.confidence)) < 0
}
