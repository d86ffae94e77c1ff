package impact

import (
	"context"
	"maps"
	"slices"

	"custody/impact/lang"
)

// What runs in Go is followed forwards, too, where the tree has few files of it: in a large one
// the graph's file would have to say what each definition says, too. The two spreads of
// symbols_go.go say that somebody on the way holds a value of a changed type, and that somebody
// calls a method of that name, but not that one program does both: a test that calls String of
// one type, and makes a flag set that can hold another one, runs no String of the latter. So
// what they reach is asked from its own end, by what is known as rapid type analysis (Bacon and
// Sweeney 1996), on names: the names that a definition says lead to definitions; a type that one
// of these says can have values; a method runs once its type can have values and its name is
// said, or others may call it. What runs when the program is loaded is part of it. A definition
// that can not get at changed code so is not reached, and a file that a load reaches as a whole
// is where that load does.
//
// Values that come in from outside are the business of whoever made them, as for holds.

// Bounds of what is followed forwards. Beyond, what the two spreads reach is reached.
const (
	maxRunFiles = 256       // of Go, in the tree
	maxRunWork  = 2_000_000 // names looked at
)

// runs says what definitions of one graph can run.
type runs struct {
	*symbolSide
	facts   []*lang.Facts // by place; nil: no Go
	first   []int32       // by place: number of the first definition
	all     []atom        // by number
	plain   map[scopedName][]int32
	dotted  map[scopedName][]int32 // by folder
	behind  map[lang.NameHash][]int32
	methods map[lang.NameHash][]int32 // by ".name"
	dots    map[lang.NameHash]int32   // "path.*" -> folder
	mains   map[int32][]int32         // by folder: the functions main of programs
	types   [][]int32                 // of a method; of a type its methods
	says    []*runSays                // nil: not looked up yet
	goals   []bool                    // what is changed, or known to run that
	loads   map[loadOf]*loaded
	work    int
}

type scopedName struct {
	scope int32
	name  lang.NameHash
}

// A runSays is what a definition says.
type runSays struct {
	definitions []int32
	members     []lang.NameHash // of methods that there are
}

type loadOf struct {
	folder int32
	tests  bool
}

// A loaded is what runs when a program is loaded.
type loaded struct {
	roots []int32
	hits  bool
}

// findRuns prepares to follow what runs; nil where that is not known, or too much.
func (s *symbolSide) findRuns(ctx context.Context) (*runs, error) {
	files := s.files.files
	var nodes []int32
	var read []int
	if n := s.graph.byLanguage()["go"].files; n == 0 || n > maxRunFiles || !s.startsPlainly() {
		return nil, nil
	}
	for i := range files {
		f := &files[i]
		if f.folder < 0 {
			continue
		}
		if !f.known || len(f.ghosts) > 0 {
			return nil, nil
		}
		if f.facts == nil {
			nodes, read = append(nodes, f.node), append(read, i)
		}
	}
	r := &runs{symbolSide: s, facts: make([]*lang.Facts, len(files)), first: make([]int32, len(files)), loads: map[loadOf]*loaded{},
		plain: map[scopedName][]int32{}, dotted: map[scopedName][]int32{}, behind: map[lang.NameHash][]int32{}, methods: map[lang.NameHash][]int32{}, dots: map[lang.NameHash]int32{}, mains: map[int32][]int32{}}
	facts, err := s.t.symbols.facts(ctx, s.graph, nodes, s.blobs())
	if err != nil {
		return nil, err
	}
	for j, i := range read {
		if facts[j] == nil || int32(len(facts[j].Definitions)) != files[i].count {
			return nil, nil
		}
		r.facts[i] = facts[j]
	}
	for i := range files {
		if files[i].folder >= 0 && files[i].facts != nil {
			r.facts[i] = files[i].facts
		}
	}
	if !r.index() {
		return nil, nil
	}
	return r, nil
}

// startsPlainly says whether all that the change does is to definitions of Go that are still
// there and that others use as before.
func (s *symbolSide) startsPlainly() bool {
	if len(s.holds.unbuilt) > 0 || s.calls != nil && len(s.calls.unbuilt) > 0 {
		return false
	}
	for _, a := range s.holds.best.atoms {
		if !s.holds.isSeed(a) {
			continue
		}
		i, ok := s.files.place(a.node)
		if !ok || a.def < 0 || s.files.files[i].folder < 0 || s.files.broken[a] || s.files.breaks[a] {
			return false
		}
		if s.files.came[a] && s.files.files[i].kind(a.def) == lang.Method {
			return false
		}
	}
	return true
}

// index notes where names lead; false where it can not be known.
func (r *runs) index() bool {
	typesOf := map[scopedName][]int32{}
	for i, facts := range r.facts {
		if r.first[i] = int32(len(r.all)); facts == nil {
			continue
		}
		f := &r.files.files[i]
		r.holds.lookAround(f.beside)
		if len(f.beside.unknown) > 0 || len(f.beside.unclear) > 0 || f.beside.assembly {
			return false
		}
		for _, as := range f.beside.imported {
			if as.dotted {
				r.dots[as.qualifier.Name("*")] = f.folder
			}
		}
		for n := range facts.Definitions {
			d := &facts.Definitions[n]
			id := int32(len(r.all))
			r.all = append(r.all, atom{f.node, int32(n)})
			name, member := cutMember(d.Name)
			if member != "" {
				h := lang.GoMember(member)
				r.methods[h] = append(r.methods[h], id)
				continue
			}
			own := scopedName{f.unit, lang.HashName(name)}
			r.plain[own] = append(r.plain[own], id)
			if d.Kind == lang.Type || d.Kind == lang.Interface {
				typesOf[own] = append(typesOf[own], id)
			}
			if name == "main" && f.beside.program && !f.test {
				r.programs(id, f)
			}
			if !isExportedGo(name) {
				continue
			}
			r.dotted[scopedName{f.folder, own.name}] = append(r.dotted[scopedName{f.folder, own.name}], id)
			for _, as := range f.beside.imported {
				h := as.qualifier.Name(name)
				r.behind[h] = append(r.behind[h], id)
				if as.otherwise {
					r.behind[lang.GoMember(name)] = append(r.behind[lang.GoMember(name)], id)
				}
			}
		}
	}
	r.types, r.says, r.goals = make([][]int32, len(r.all)), make([]*runSays, len(r.all)), make([]bool, len(r.all))
	for _, list := range r.methods {
		for _, m := range list {
			f, d := r.definition(m)
			name, _ := cutMember(d.Name)
			for _, t := range typesOf[scopedName{f.unit, lang.HashName(name)}] {
				r.types[m] = append(r.types[m], t)
				r.types[t] = append(r.types[t], m)
			}
		}
	}
	for _, a := range r.holds.best.atoms {
		if r.holds.isSeed(a) {
			r.goals[r.number(a)] = true
		}
	}
	return true
}

func (r *runs) number(a atom) int32 {
	i, _ := r.files.place(a.node)
	return r.first[i] + a.def
}

func (r *runs) definition(id int32) (*spreadFile, *lang.Definition) {
	a := r.all[id]
	i, _ := r.files.place(a.node)
	return &r.files.files[i], &r.facts[i].Definitions[a.def]
}

// said looks up what a definition says.
func (r *runs) said(id int32) *runSays {
	if r.says[id] != nil {
		return r.says[id]
	}
	said := &runSays{}
	f, d := r.definition(id)
	i, _ := r.files.place(f.node)
	var dots []int32
	for _, h := range r.facts[i].Mentions {
		if folder, ok := r.dots[h]; ok {
			dots = append(dots, folder)
		}
	}
	for _, h := range d.Mentions {
		for _, to := range r.plain[scopedName{f.unit, h}] {
			if g, _ := r.definition(to); !g.test || f.test {
				said.definitions = append(said.definitions, to)
			}
		}
		for _, folder := range dots {
			said.definitions = append(said.definitions, r.dotted[scopedName{folder, h}]...)
		}
		said.definitions = append(said.definitions, r.behind[h]...)
		if len(r.methods[h]) > 0 {
			said.members = append(said.members, h)
		}
	}
	said.definitions = append(said.definitions, r.started(f, d)...)
	for _, to := range slices.Clone(said.definitions) {
		if g, main := r.definition(to); f.test && main.Name == "main" { // and what is loaded with the program
			said.definitions = append(said.definitions, r.load(loadOf{folder: g.folder}).roots...)
		}
	}
	r.work += len(d.Mentions)
	r.says[id] = said
	return said
}

// A run is what is found to run from some roots.
type run struct {
	*runs
	in     []bool
	called map[scopedName]bool // scope -1: exported
	queue  []int32
	hits   bool
}

// follow says whether what runs from the roots gets at a goal.
func (r *runs) follow(roots ...int32) bool {
	x := run{runs: r, in: make([]bool, len(r.all)), called: map[scopedName]bool{}}
	for _, id := range roots {
		x.add(id)
		if _, d := r.definition(id); d.Kind == lang.Method {
			for _, t := range r.types[id] {
				x.add(t)
			}
		}
	}
	for len(x.queue) > 0 && !x.hits && r.work <= maxRunWork {
		id := x.queue[len(x.queue)-1]
		x.queue = x.queue[:len(x.queue)-1]
		x.goOn(id)
	}
	return x.hits || r.work > maxRunWork
}

func (x *run) add(id int32) {
	if !x.in[id] {
		x.in[id] = true
		x.queue = append(x.queue, id)
		x.hits = x.hits || x.goals[id]
	}
}

func (x *run) goOn(id int32) {
	f, d := x.definition(id)
	said := x.said(id)
	x.work += 1 + len(said.definitions)
	for _, to := range said.definitions {
		x.add(to)
	}
	for _, h := range said.members {
		for _, scope := range []int32{-1, f.unit} {
			if call := (scopedName{scope, h}); !x.called[call] {
				x.called[call] = true
				x.call(call)
			}
		}
	}
	if d.Kind == lang.Method {
		return
	}
	for _, m := range x.types[id] {
		x.work++
		g, method := x.definition(m)
		_, member := cutMember(method.Name)
		scope := g.unit
		if method.Exported {
			scope = -1
		}
		if x.called[scopedName{scope, lang.GoMember(member)}] || method.Exported && x.othersCall(member, method.Shape) {
			x.add(m)
		}
	}
}

// call adds the methods of a name whose types can have values.
func (x *run) call(call scopedName) {
	for _, m := range x.methods[call.name] {
		x.work++
		g, d := x.definition(m)
		if x.in[m] || d.Exported != (call.scope == -1) || !d.Exported && g.unit != call.scope {
			continue
		}
		types := x.types[m]
		if len(types) == 0 || slices.ContainsFunc(types, func(t int32) bool { return x.in[t] }) {
			x.add(m)
		}
	}
}

// othersCall says whether code that is not followed may call an exported method.
func (r *runs) othersCall(member string, shape lang.Shape) bool {
	return r.files.outsiders.callAny() || r.files.outsiders.call(member, shape)
}

// load is what runs when a program with a package is loaded, or the one of its tests.
func (r *runs) load(of loadOf) *loaded {
	if l := r.loads[of]; l != nil {
		return l
	}
	l := &loaded{}
	seen := map[int32]bool{of.folder: true}
	for queue := []int32{of.folder}; len(queue) > 0; queue = queue[1:] {
		tests := of.tests && queue[0] == of.folder
		for _, n := range r.graph.filesOf(r.graph.Node(queue[0]).Path) {
			if r.graph.Kind(n) == KindTest && !tests {
				continue
			}
			l.roots = append(l.roots, r.loadsOf(n)...)
			for _, e := range r.graph.outOf(n) {
				if link := r.graph.Link(e); link.Kind == Imports && r.graph.Kind(link.To) == KindPackage && !seen[link.To] {
					seen[link.To] = true
					queue = append(queue, link.To)
				}
			}
		}
	}
	r.loads[of] = l // before it is followed, since a program may be run by what is loaded with it
	l.hits = r.follow(l.roots...)
	return l
}

// loadsOf are the definitions of a file that run when it is loaded.
func (r *runs) loadsOf(node int32) (list []int32) {
	i, ok := r.files.place(node)
	if !ok || r.facts[i] == nil {
		return nil
	}
	for n := range r.facts[i].Definitions {
		if d := &r.facts[i].Definitions[n]; d.Runs || d.Name == "TestMain" && r.files.files[i].test {
			list = append(list, r.first[i]+int32(n))
		}
	}
	return list
}

// gets says whether a definition can get at what changed.
func (r *runs) gets(a atom) bool {
	if a.def < 0 {
		return true
	}
	id := r.number(a)
	if r.goals[id] {
		return true
	}
	f, d := r.definition(id)
	roots := []int32{id}
	if d.Kind == lang.Type { // it may have any of its methods called
		roots = append(roots, r.types[id]...)
	}
	found := r.follow(append(roots, r.load(loadOf{f.folder, f.test}).roots...)...)
	if found && d.Kind != lang.Type && d.Kind != lang.Interface {
		r.goals[id] = true // whoever runs it does, too
	}
	return found
}

// narrow leaves what can get at the change. A package that is reached as a whole by what does
// not is its files, one by one.
func (r *runs) narrow(list []narrowed) []narrowed {
	found := map[int32]*narrowed{}
	for i := range list {
		found[list[i].node] = &list[i]
	}
	for i := range list {
		x := &list[i]
		if r.graph.Kind(x.node) != KindPackage || x.precision != PrecisionFile || r.load(loadOf{folder: x.node}).hits {
			continue
		}
		x.precision = PrecisionSymbol
		for _, n := range r.graph.filesOf(r.graph.Node(x.node).Path) {
			if found[n] == nil {
				found[n] = &narrowed{symbolSide: r.symbolSide, node: n, at: x.at, precision: PrecisionFile}
			}
		}
	}
	var left []narrowed
	for _, n := range slices.Sorted(maps.Keys(found)) {
		if x := found[n]; r.graph.Kind(n) == KindPackage || r.leaves(x) {
			left = append(left, *x)
		}
	}
	return left
}

// leaves says whether anything of a file can get at the change, and leaves that.
func (r *runs) leaves(x *narrowed) bool {
	i, ok := r.files.place(x.node)
	if !ok || r.facts[i] == nil {
		return true // no Go
	}
	f := &r.files.files[i]
	if x.precision == PrecisionFile {
		if r.load(loadOf{f.folder, f.test}).hits {
			return true
		}
		x.precision, x.defs = PrecisionSymbol, nil
		for n := range f.count {
			x.defs = append(x.defs, n)
		}
	}
	x.defs = slices.DeleteFunc(x.defs, func(n int32) bool { return !r.gets(atom{x.node, n}) })
	at, best := x.at, reach{}
	for _, n := range x.defs {
		a := atom{x.node, n}
		if way := r.holds.best.of(a); way.known && (!best.known || way.distance < best.distance || way.distance == best.distance && way.confidence > best.confidence) {
			at, best = a, way
		}
	}
	x.at = at
	return len(x.defs) > 0
}
