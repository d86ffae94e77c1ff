package impact

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"

	"custody/impact/lang"
)

// A spread finds, in one graph, the definitions that a change of definitions reaches: those
// which mention a changed or reached one where they can mean it. Where names do not tell,
// it goes on over the edges between files, as walkBack does.
//
// It runs twice over Go files, since two things must hold for code that a change breaks.
// Whoever runs changed code has got hold of it: of the function by its name, of a method by
// a value of its type (holds). And somebody on the way calls it by its own name (calls).
// What only one of the two reaches is not reached: see symbols_go.go.
type spread struct {
	graph *Graph
	*reachable
	calls bool // which of the two

	asked   askSet
	met     []bool      // files that followFiles went on from, by place
	best    reachTable  // of holds
	way     reach       // to the atom from which it goes on
	now     int32       // the distance that is gone through
	near    [1001][]key // atoms of that distance, by how little sure they are
	far     [][]key     // of others, by distance
	only    reachSet    // of calls: that they reach something is all that is asked of them
	kept    keptAsks
	scratch lang.Definition
	unbuilt map[atom]bool // definitions that do not compile any more
	work    int           // matches looked at
	over    bool          // more than maxSymbolWork: names are given up
	methods bool          // a method of Go was reached

	wrappers *pyWrappers    // nil: not asked for yet
	java     *javaTypes     // nil: not asked for yet
	stars    map[int32]bool // see starsOf
	tops     []lang.PyTop   // see topsOf

	nearTo      int32 // see dependents
	nearby      map[int32]int32
	nearTexts   bool     // some of them by names in strings
	codeOf      int32    // see meetByCode
	byCode      []uint32 // by node: the last round in which it was met
	round       uint32
	ends        []end
	lookingNear sync.Mutex // once the spread is over: paths are told on two cores
}

// reachable is what both runs share: the files that can be reached at all.
type reachable struct {
	files     []spreadFile                                  // sorted by node
	at        []int32                                       // by node: place in files and one more; 0: not among them
	folders   map[int32]*spreadFolder                       // by node of a package
	index     nameIndex                                     // of the names in them
	exports   map[lang.NameHash][]handed                    // names that files that were read hand on, by the name that they take: see handedOn
	came      map[atom]bool                                 // definitions that are on one side of the change only
	broken    map[atom]bool                                 // methods that others have to call differently, or can not
	breaks    map[atom]bool                                 // what mentions it does not compile, unless it changed, too
	outsiders *outsiders                                    // nil: not looked for
	javaIn    *javaTree                                     // nil: there is no Java
	factsOf   func(int32) *lang.Facts                       // of any file; nil: not known
	otherOf   func(int32) (facts *lang.Facts, changed bool) // of a changed file, on the other side
}

// maxSymbolWork bounds the mentions that are looked at for one graph. Beyond, files are
// followed as a whole.
const maxSymbolWork = 50_000_000

// A handed is a name that a file hands on.
type handed struct {
	file int32 // place
	as   string
}

// A spreadFile is a file that a change can reach.
type spreadFile struct {
	node   int32
	known  bool          // what it defines; else it is taken as a whole
	count  int32         // of definitions, without ghosts
	facts  *lang.Facts   // nil: they stand in index, or are not known
	index  *mentionIndex // nil: they do not
	place  int32         // there: number of its loose code
	hands  uint32        // Go: see handsOf
	ghosts []lang.Definition
	test   bool
	unit   int32         // Go: files of one folder and one package clause have the same; others: its own
	folder int32         // Go: the node of its package; others -1
	beside *spreadFolder // Go: what stands there
	first  int32         // number of its first definition; its loose code has the one before
}

// An atom is the smallest thing that is reached: a definition of a file, or one of these.
type atom struct {
	node, def int32
}

const (
	loose  = -1 // what stands outside of all definitions
	whole  = -2 // the file as a whole; of a package: all of its files
	passed = -3 // a package on the way, which stands for itself only
)

// A reach is how an atom was reached: over the shortest path, of those the most confident.
type reach struct {
	distance   int32
	confidence Confidence
	prev       atom  // its own atom for a seed
	edge       int32 // of the graph, from here to prev; -1: none, or over the package of prev; or anyName, oneClass
	known      bool  // it is reached
	final      bool  // and there is no better way
}

// place is that of a node in files.
func (r *reachable) place(node int32) (int32, bool) { return r.at[node] - 1, r.at[node] > 0 }

func newSpread(g *Graph, files *reachable, calls bool) *spread {
	s := &spread{graph: g, reachable: files, calls: calls, met: make([]bool, len(files.files)), unbuilt: map[atom]bool{}, nearTo: -1, codeOf: -1, kept: newKeptAsks(files.index.flat, calls)}
	if calls {
		s.only = newReachSet(files)
	} else {
		s.best = newReachTable(files)
	}
	return s
}

// seed starts at an atom.
func (s *spread) seed(a atom) {
	if s.calls {
		s.only.seed(a)
		return
	}
	s.reach(a, reach{confidence: 1000, prev: a, edge: -1})
}

func (s *spread) isSeed(a atom) bool {
	if s.calls {
		return s.only.isSeed(a)
	}
	r := s.best.of(a)
	return r.known && r.prev == a
}

// has says whether an atom is reached.
func (s *spread) has(a atom) bool {
	if s.calls {
		return s.only.has(a)
	}
	return s.best.has(a)
}

// atoms are those that are reached.
func (s *spread) atoms() []atom {
	if s.calls {
		return s.only.atoms
	}
	return s.best.atoms
}

// reach notes a way to an atom if it is the best so far.
func (s *spread) reach(a atom, r reach) {
	if s.calls {
		s.only.add(a)
		return
	}
	s.improve(s.best.slot(a), a, r)
}

func (s *spread) improve(old *reach, a atom, r reach) {
	if old.known && (old.final || old.distance < r.distance ||
		old.distance == r.distance && (old.confidence > r.confidence || old.confidence == r.confidence && compareAtoms(old.prev, r.prev) <= 0)) {
		return
	}
	s.best.put(old, a, r)
	if r.distance == s.now {
		s.near[1000-r.confidence] = append(s.near[1000-r.confidence], a.key())
		return
	}
	for int(r.distance) >= len(s.far) {
		s.far = append(s.far, nil)
	}
	s.far[r.distance] = append(s.far[r.distance], a.key())
}

// A key is an atom as a number, in the order of compareAtoms.
type key uint64

func (a atom) key() key { return key(a.node)<<32 | key(a.def-passed) }

func (k key) atom() atom { return atom{int32(k >> 32), int32(uint32(k)) + passed} }

func compareAtoms(a, b atom) int {
	return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.def, b.def))
}

// run goes on from the seeds until nothing is left: the near before the far, and the sure
// before the unsure, so that whoever asks a question first knows the best way to its answers.
func (s *spread) run(ctx context.Context) error {
	defer s.takeEnds()
	for looked := 0; s.only.next < len(s.only.atoms); {
		if s.only.next%1024 == 0 || s.work-looked > 1<<16 {
			if looked = s.work; ctx.Err() != nil {
				return ctx.Err()
			}
		}
		a := s.only.atoms[s.only.next]
		s.only.next++
		if s.goOn(a); s.over {
			return nil
		}
	}
	for ; !s.calls; s.now++ {
		if int(s.now) < len(s.far) {
			for _, k := range s.far[s.now] {
				if r := s.best.slot(k.atom()); r.distance == s.now {
					s.near[1000-r.confidence] = append(s.near[1000-r.confidence], k)
				}
			}
			s.far[s.now] = nil
		}
		for unsure := range s.near {
			for len(s.near[unsure]) > 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
				batch := s.near[unsure]
				s.near[unsure] = nil
				slices.Sort(batch)
				for _, k := range slices.Compact(batch) {
					a := k.atom()
					r := s.best.slot(a)
					if r.final || r.distance != s.now || r.confidence != Confidence(1000-unsure) {
						continue
					}
					r.final = true
					s.way = *r
					s.goOn(a)
					if s.over {
						return nil
					}
				}
			}
		}
		if int(s.now) >= len(s.far) {
			return nil
		}
	}
	return ctx.Err()
}

// goOn follows one atom whose best path is known.
func (s *spread) goOn(a atom) {
	if a.def == passed {
		return
	}
	if a.def == whole {
		s.followEdges(a)
		return
	}
	f := &s.files[s.at[a.node]-1]
	s.followFiles(a, f)
	if a.def == loose {
		s.load(a, f)
		return
	}
	if f.folder >= 0 {
		s.followProgram(a, f)
	}
	if s.isKept(f, a.def) {
		d := f.index.goDefinition(f.first + a.def)
		if d.flags&definitionRuns != 0 || s.unbuilt[a] {
			s.load(a, f)
		}
		s.followKept(a, f, &d)
		return
	}
	d := s.definition(f, a.def)
	switch {
	case s.unbuilt[a]:
		s.load(a, f)
	case !d.Runs || s.wrapsOnly(f, d) || s.keepsOnly(f, d):
	case !s.isSeed(a) && s.derivesOnly(f, d): // a class that changed itself may not come to be
		s.followRegistered(a, f, d.Name)
	default:
		s.load(a, f)
	}
	if f.folder >= 0 {
		s.followGo(a, f, d)
	} else {
		s.followNames(a, f, d)
	}
}

// definition is one of the file, or one that the other side of the change has in it.
func (f *spreadFile) definition(n int32) *lang.Definition {
	switch {
	case n >= f.count:
		return &f.ghosts[n-f.count]
	case f.facts != nil:
		return &f.facts.Definitions[n]
	}
	d := &lang.Definition{}
	f.index.definition(f.place+1+n, d)
	return d
}

// definition is that of a file until the next one is asked for.
func (s *spread) definition(f *spreadFile, n int32) *lang.Definition {
	if n < f.count && f.facts == nil {
		f.index.definition(f.place+1+n, &s.scratch)
		return &s.scratch
	}
	return f.definition(n)
}

// kind is that of a definition.
func (f *spreadFile) kind(n int32) lang.DefinitionKind {
	if n < f.count && f.facts == nil {
		return f.index.kindOf(f.place + 1 + n)
	}
	return f.definition(n).Kind
}

// load follows what runs when a file or package is loaded: whoever imports it runs it.
func (s *spread) load(a atom, f *spreadFile) {
	if f.folder >= 0 && f.test {
		s.tests(a, f)
		return
	}
	confidence := Confidence(1000)
	if !s.isSeed(a) { // it mentions what is reached, and may do nothing with it yet
		confidence = byLoading
	}
	s.step(a, atom{a.node, whole}, 0, confidence)
}

// tests reaches all test files beside a Go test file: they are one program with it.
func (s *spread) tests(a atom, f *spreadFile) {
	if f.beside == nil { // the graph's file says that it is no Go, and has it in a package
		s.index.flat.bad.Store(true)
		return
	}
	for _, i := range f.beside.places {
		if g := &s.files[i]; g.test {
			s.step(a, atom{g.node, whole}, b2i(g.node != f.node), sameProgram)
		}
	}
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// anyName stands in place of an edge where an atom names nothing of the one before it, and
// may use it all the same, since it may use any name.
const anyName = -2

// oneClass stands there where an atom is in a class with the one before it.
const oneClass = -3

// step reaches an atom from another one that is final.
func (s *spread) step(from, to atom, edges int32, confidence Confidence) {
	s.stepBy(from, to, edges, confidence, -1)
}

func (s *spread) stepBy(from, to atom, edges int32, confidence Confidence, edge int32) {
	if s.calls {
		s.only.add(to)
		return
	}
	s.improve(s.best.slot(to), to, s.onward(from, edges, confidence, edge))
}

// stepIn is step to what stands in a file.
func (s *spread) stepIn(f *spreadFile, from, to atom, edges int32, confidence Confidence) {
	if s.calls {
		s.only.add(to)
		return
	}
	if old := s.best.slotIn(f, to); !old.final {
		s.improve(old, to, s.onward(from, edges, confidence, -1))
	}
}

func (s *spread) onward(from atom, edges int32, confidence Confidence, edge int32) reach {
	c := s.way.confidence * confidence / 1000
	if edges > 0 && s.way.distance > 0 {
		c = c * passesOn / 1000
	}
	return reach{distance: s.way.distance + edges, confidence: max(c, 1), prev: from, edge: edge}
}

// How sure a name makes that it means what it seems to.
const (
	byName      = 950 // the name of a definition in the same file or package
	byQualified = 1000
	byType      = 900 // uses the type of which a method is reached, maybe not that method
	byMember    = 700 // the name of a method behind a dot
	byLoading   = 500 // mentions it in code that runs when the file is loaded
	sameProgram = 900
	notRead     = 900 // uses the file; what of it is not known
)

// followEdges goes from a whole file or package to whoever depends on it.
func (s *spread) followEdges(a atom) {
	test := s.graph.Kind(a.node) == KindTest
	for _, e := range s.graph.Into(a.node) {
		link := s.graph.Link(e)
		if link.Kind == Contains && test {
			// Nobody who imports a package gets its tests; those beside it may use it.
			if i, ok := s.place(a.node); ok {
				s.tests(a, &s.files[i])
			}
			s.edge(a, atom{link.From, passed}, e, link)
			continue
		}
		if link.Kind == Requires && !s.begins(a.node) && s.isModule(a.node) && s.isModule(link.From) {
			continue // what a module may name is what the others say of themselves
		}
		to := atom{link.From, whole}
		if i, ok := s.place(link.From); ok && s.files[i].known && (link.Kind == Imports || link.Kind == References) {
			if link.Kind == References {
				if s.files[i].folder >= 0 {
					s.programInText(a, &s.files[i], e, link)
				} else {
					s.nameInText(a, &s.files[i], e, link)
				}
				continue
			}
			if n := s.embedder(&s.files[i], e); n >= 0 {
				to.def = n
			}
		}
		s.edge(a, to, e, link)
	}
}

// begins says that a file changed as a whole, or outside of its definitions.
func (s *spread) begins(node int32) bool {
	return s.isSeed(atom{node, whole}) || s.isSeed(atom{node, loose})
}

// isModule says that a node is the declaration of a module of Java.
func (s *spread) isModule(node int32) bool {
	return baseName(s.graph.Node(node).Path) == declaresModule
}

// embedder is the definition that embeds the file at the end of an edge; -1: another edge.
func (s *spread) embedder(f *spreadFile, edge int32) int32 {
	e := s.graph.Edge(edge).Evidence
	if e.Source != importSource[lang.Embed] {
		return -1
	}
	for i := range f.count {
		if d := f.definition(i); d.Kind == lang.Variable && d.Start >= e.Line {
			return i
		}
	}
	return -1
}

// edge is a step over one edge of the graph.
func (s *spread) edge(from, to atom, edge int32, link Link) {
	if s.calls {
		s.only.add(to)
		return
	}
	c := s.way.confidence * link.Confidence / 1000
	if s.way.distance > 0 && s.graph.Kind(from.node) != KindPackage {
		c = c * passesOn / 1000
	}
	s.reach(to, reach{distance: s.way.distance + 1, confidence: max(c, 1), prev: from, edge: edge})
}

// followFiles goes from a definition to the files that can use its file and whose names are
// not known.
func (s *spread) followFiles(a atom, f *spreadFile) {
	met := &s.met[s.at[f.node]-1]
	if *met {
		return
	}
	*met = true
	if f.folder < 0 {
		first := namesFiles(family(s.graph.Node(f.node).Language)) // a test runner loads it, and may take any name of it
		for _, e := range s.graph.Into(f.node) {
			link := s.graph.Link(e)
			if i, ok := s.place(link.From); ok && (!s.files[i].known || first && link.Kind == Requires) {
				s.edge(a, atom{link.From, whole}, e, link)
			}
		}
		return
	}
	s.lookAround(f.beside)
	for _, i := range f.beside.unknown {
		if g := &s.files[i]; !f.test || g.test {
			s.step(a, atom{g.node, whole}, 1, notRead)
		}
	}
	if f.test {
		return
	}
	for _, node := range f.beside.unclear {
		s.throughPackage(a, f, &s.files[s.at[node]-1], atom{node, whole}, notRead)
	}
}

// throughPackage goes from a file to what stands in one that imports its package.
func (s *spread) throughPackage(from atom, f, g *spreadFile, to atom, confidence Confidence) {
	if s.calls {
		s.only.add(to)
		return
	}
	c := s.way.confidence
	if s.way.distance > 0 {
		c = max(c*passesOn/1000, 1)
	}
	s.reach(atom{f.folder, passed}, reach{distance: s.way.distance + 1, confidence: c, prev: from, edge: -1})
	if old := s.best.slotIn(g, to); !old.final {
		s.improve(old, to, reach{distance: s.way.distance + 2, confidence: max(c*confidence/1000, 1), prev: from, edge: -1})
	}
}

// once says whether a question was not put before. Who puts one first knows the best way to
// its answers; so all that they depend on but this way is part of the question.
func (s *spread) once(q ask) bool { return s.asked.add(q) }

// how a question is put.
func (s *spread) how(f *spreadFile, confidence Confidence) (how uint8) {
	if f.test && f.folder >= 0 {
		how = askOfTest
	}
	if s.calls {
		return how
	}
	switch confidence {
	case byType:
		how |= askByType
	case byMember:
		how |= askByMember
	}
	return how
}

// fate is what happened to what is asked about, as far as it decides who minds.
func (s *spread) fate(a atom) (how uint8) {
	if s.came[a] {
		how |= askOfCome
	}
	if s.broken[a] {
		how |= askOfBroken
	}
	return how
}

// mentioning calls fn for everything that mentions a name.
func (s *spread) mentioning(name lang.NameHash, fn func(g *spreadFile, to atom)) {
	s.index.each(s.files, name, s.counted(fn))
}

func (s *spread) counted(fn func(g *spreadFile, to atom)) func(g *spreadFile, def int32) bool {
	return func(g *spreadFile, def int32) bool {
		if s.count(); s.over {
			return false
		}
		fn(g, atom{g.node, def})
		return true
	}
}

// count counts a match.
func (s *spread) count() {
	s.work++
	s.over = s.over || s.work > maxSymbolWork
}

// followNames goes on in languages whose files import files: to what mentions the name in
// the file itself and in all files that depend on it, however they do.
func (s *spread) followNames(a atom, f *spreadFile, d *lang.Definition) {
	switch {
	case d.Name == lang.PyMain:
		s.followPrograms(a, f)
		return
	case d.Name == lang.PyDoc && !s.isSeed(a): // its text is what it was
		s.followDoctests(a, f)
		return
	}
	name, member := cutMember(d.Name)
	if s.graph.Node(f.node).Language == "java" {
		s.followJava(a, f, d)
		s.followServices(a, f)
		s.failWithout(a, f, member)
		return
	}
	confidence := Confidence(byName)
	if member != "" {
		confidence = byType
	}
	s.followName(a, f, lang.HashName(name), confidence)
	switch {
	case s.isScript(f):
		s.followScript(a, f, name, member)
	case s.graph.Node(f.node).Language == "python":
		s.followEverything(a, f)
		s.followPython(a, f, name, member)
	}
	s.failWithout(a, f, member)
	switch d.Name {
	case "__all__":
		s.followStars(a, f)
	case "__getattr__":
		if !s.onlyLoads(a) {
			s.followImports(a, f)
		}
	case "__path__": // where the modules of a package are
		s.load(a, f)
	}
}

// failWithout goes to the files that need a member which is not there any more: an import of
// Java that names it does not compile, and Python does not load what looks it up at once.
func (s *spread) failWithout(a atom, f *spreadFile, member string) {
	if member == "" || !s.came[a] || !s.broken[a] {
		return
	}
	member = member[strings.LastIndexByte(member, '.')+1:]
	for _, e := range s.handedOn(lang.HashName(member)) {
		g := &s.files[e.file]
		if edges := s.dependents(f.node)[g.node]; edges > 0 && e.as == "" && !namesFiles(family(s.graph.Node(g.node).Language)) {
			s.step(a, atom{g.node, loose}, edges, byName)
		}
	}
}

// followEverything goes to what may use any name of the file.
func (s *spread) followEverything(a atom, f *spreadFile) {
	if !s.once(ask{scope: f.node, kind: askEverything}) {
		return
	}
	s.mentioning(lang.Everything, func(g *spreadFile, to atom) {
		if edges := s.dependents(f.node)[g.node]; edges > 0 && !s.onlyByText(f.node, g) {
			s.stepBy(a, to, edges, byLoading, anyName)
		}
	})
}

// followName goes to what says a name of a file.
func (s *spread) followName(a atom, f *spreadFile, name lang.NameHash, confidence Confidence) {
	s.followNameFrom(a, f, name, confidence, nil)
}

// followNameFrom does it for a name that a file hands on for another one: steps are as long as
// it is to there from the atom, whose file has the dependents from; nil: it is the same file.
func (s *spread) followNameFrom(a atom, f *spreadFile, name lang.NameHash, confidence Confidence, from map[int32]int32) {
	if !s.once(ask{scope: f.node, kind: askFile, name: name, how: s.how(f, confidence) | s.fate(a) | s.nature(a)}) {
		return
	}
	near := s.dependents(f.node)
	if from == nil {
		from = near
	}
	far := int32(math.MaxInt32)
	if name == defaultName || a.node == f.node && a.def >= f.count && f.definition(a.def).Kind == lang.UnknownKind {
		far = 1 // every file has its own, and many have a name from elsewhere: whoever says it means one that it imports
	}
	take := func(g *spreadFile, to atom) {
		edges, ok := near[g.node]
		switch {
		case !ok || edges > far:
		case s.onlyHasText(f.node, g, to):
			s.endAt(to, s.onward(a, from[g.node], confidence, -1))
		default:
			s.stepIn(g, a, to, from[g.node], confidence)
		}
	}
	switch {
	case s.isScript(f):
		s.followScriptName(a, f, name, take)
	case s.graph.Node(f.node).Language == "python":
		s.followPythonName(f, name, take)
	default:
		s.mentioning(name, take)
	}
	fails := s.came[a] && (s.broken[a] || s.takenWhole(f))
	for _, e := range s.handedOn(name) {
		g := &s.files[e.file]
		if edges := near[g.node]; edges == 0 || edges > far || name == defaultName && !s.handsDefault(g, f, e.as) {
			continue
		}
		if fails || s.came[a] && e.as != "" { // the import itself works or fails now
			s.step(a, atom{g.node, loose}, from[g.node], confidence)
		}
		if as := lang.HashName(e.as); e.as != "*" && e.as != "" && (as != name || name == defaultName) { // "export {a as b} from"
			s.followNameFrom(a, g, as, confidence, from)
		}
	}
	if name != defaultName {
		return
	}
	for _, e := range s.handedOn(lang.Everything) { // "module.exports = require('./a')"
		if g := &s.files[e.file]; near[g.node] == 1 {
			s.followNameFrom(a, g, name, confidence, from)
		}
	}
}

// takenWhole says that a file hands on all names of this one: a name that came may be one of
// two, then, and is none for who imports it.
func (s *spread) takenWhole(f *spreadFile) bool {
	for _, e := range s.handedOn(lang.Everything) {
		if s.dependents(f.node)[s.files[e.file].node] == 1 {
			return true
		}
	}
	return false
}

var defaultName = lang.HashName("default")

// dependents are the files that depend on a file and can have names of it, with the number
// of edges to it.
func (s *spread) dependents(node int32) map[int32]int32 {
	if s.nearTo == node {
		return s.nearby
	}
	near := map[int32]int32{}
	texts := false
	s.eachDependent(node, func(link Link, edges int32) bool {
		if _, ok := near[link.From]; ok {
			return false
		}
		near[link.From] = edges
		texts = texts || link.Kind == References
		return true
	})
	s.nearTo, s.nearby, s.nearTexts = node, near, texts
	return near
}

// eachDependent calls fn for the file itself and for the links from those that depend on it and can
// have names of it, near before far; fn says whether it meets the file at the end for the first time.
func (s *spread) eachDependent(node int32, fn func(link Link, edges int32) (first bool)) {
	fn(Link{From: node}, 0)
	layer := []int32{node}
	for d := int32(1); len(layer) > 0; d++ {
		var next []int32
		for _, n := range layer {
			for _, e := range s.graph.Into(n) {
				link := s.graph.Link(e)
				s.work++
				if link.Kind != Requires && fn(link, d) {
					next = append(next, link.From)
				}
			}
		}
		layer = next
	}
	s.over = s.over || s.work > maxSymbolWork
}

// cutMember splits "Server.Serve"; member is empty for what is no method.
func cutMember(name string) (base, member string) {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return name, ""
}
