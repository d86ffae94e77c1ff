package impact

import (
	"sort"

	"custody/impact/lang"
	"custody/impact/wire"
)

// How a spread goes on from what the graph's file knows of Go: see mention_go.go. It asks
// the same questions as followGo and gets the same answers; but it follows numbers, and
// hashes no names. In folders of which the change may make something else, names are looked
// up as in symbols_go.go.

// A keptAsks is which questions about the names of the graph's file were put.
type keptAsks struct {
	names, memberCount int            // how many there are
	inside             sparse[uint16] // by name: see keptHow
	outside            sparse[uint16]
	first              sparse[uint32] // by name: who asked about it first: see keptFirst
	members            sparse[uint8]
}

const (
	memberAsked  = 1 << iota
	memberLooked // whether others may call it
	memberCalled // and they may
	memberShaped // a library may, if it has the shape
)

func newKeptAsks(x *mentionIndex, calls bool) (k keptAsks) {
	if x == nil {
		return k
	}
	k.names = x.goNames()
	k.inside, k.outside = newSparse[uint16](k.names), newSparse[uint16](k.names)
	if calls {
		k.memberCount = x.goMembers()
		k.members = newSparse[uint8](k.memberCount)
	} else {
		k.first = newSparse[uint32](k.names)
	}
	return k
}

// keptHow numbers who minds and how it is asked: a bit of what is kept of a name.
func keptHow(who minder, how uint8) uint32 {
	n := uint32(who)
	if how&askOfTest != 0 {
		n += 4
	}
	if how&askByType != 0 {
		n += 8
	}
	return n
}

// keptFirst is a file that asks in a way. Most names are asked about by one file.
func (s *spread) keptFirst(f *spreadFile, how uint32) uint32 { return uint32(s.at[f.node])<<4 | how }

// isKept says whether the graph's file knows who takes what a file defines.
func (s *spread) isKept(f *spreadFile, def int32) bool {
	return f.index != nil && f.beside != nil && f.beside.kept && def < f.count
}

// followKept is followGo for such a definition.
func (s *spread) followKept(a atom, f *spreadFile, d *goDefinition) {
	s.followAssembly(a, f)
	switch {
	case d.flags&goDefinitionMethod == 0:
		if d.flags&goDefinitionTestMain != 0 && f.test {
			s.tests(a, f)
		}
		s.followKeptName(a, f, d.name, byName, s.minders(a, d.kind))
		return
	case !s.calls:
		s.methods = true
		s.followKeptName(a, f, d.name, byType, s.minders(a, d.kind))
		return
	}
	if s.broken[a] { // the type may not be what an interface asks for, though nobody calls it
		s.followKeptName(a, f, d.name, byType, s.minders(a, d.kind))
	}
	if d.flags&definitionExported == 0 {
		name, ok := s.keptName(d.member)
		if ok {
			s.keptInside(a, f, d.member, &name, byMember, code)
		}
		return
	}
	if s.keptMember(a, f, d.member) {
		s.followKeptName(a, f, d.name, byType, holders)
	}
}

// keptName is a row of names.
func (s *spread) keptName(n int32) (name goName, ok bool) {
	if n == noGoName {
		return name, false
	}
	if n < 0 || int(n) >= s.kept.names {
		s.index.flat.bad.Store(true)
		return name, false
	}
	return s.index.flat.goName(n), true
}

// followKeptName is followGoName.
func (s *spread) followKeptName(a atom, f *spreadFile, n int32, confidence Confidence, who minder) {
	name, ok := s.keptName(n)
	if !ok {
		return
	}
	s.keptInside(a, f, n, &name, confidence, who)
	if name.flags&goNameExported == 0 {
		return
	}
	s.lookAround(f.beside)
	in := f.beside
	if in.listed && name.flags&goNameListed == 0 && len(in.imported) > 0 {
		s.index.flat.bad.Store(true)
		return
	}
	bit := uint16(1) << keptHow(who, s.how(f, confidence))
	outside := s.kept.outside.at(n)
	if *outside&bit != 0 {
		return
	}
	*outside |= bit
	if in.listed {
		s.keptOutside(a, f, &name, confidence, who)
		if len(in.imported) == 0 || !in.imported[0].otherwise {
			return
		}
	}
	text, _ := cutMember(s.definition(f, a.def).Name)
	if in.listed {
		s.qualified(a, f, lang.GoMember(text), confidence, who)
		return
	}
	s.outside(a, f, text, confidence, who)
}

// keptInside is inUnit.
func (s *spread) keptInside(a atom, f *spreadFile, n int32, name *goName, confidence Confidence, who minder) {
	if f.beside.mixed {
		s.mixedInside(a, f, name, confidence, who)
		return
	}
	first, end := int32(-1), int32(-1)
	how := s.how(f, confidence)
	asked := keptHow(who, how)
	bit := uint16(1) << asked
	own := ask{f.node, lang.NameHash(n), askOwn, who, how}
	switch inside := s.kept.inside.at(n); {
	case *inside&bit == 0:
		*inside |= bit
		if !s.calls && *inside == bit {
			*s.kept.first.at(n) = s.keptFirst(f, asked)
		} else if !s.calls {
			s.once(own)
		}
	case s.calls || s.kept.first.of(n) == s.keptFirst(f, asked) || !s.once(own):
		return
	default:
		first, end = f.first-1, f.first+f.count
	}
	s.keptTakers(name.first, name.inside, first, end, who, func(g *spreadFile, def int32) bool {
		if !f.test || g.test {
			to := atom{g.node, def}
			s.count()
			s.breakBuild(who, to)
			s.stepIn(g, a, to, b2i(g != f), confidence)
		}
		return !s.over
	})
}

// mixedInside is inUnit where files of the folder were read anew. What these define and take
// is asked for by its name, and a question is one question, whoever puts it.
func (s *spread) mixedInside(a atom, f *spreadFile, name *goName, confidence Confidence, who minder) {
	base, member := cutMember(s.definition(f, a.def).Name)
	h := lang.HashName(base)
	if confidence == byMember {
		h = lang.GoMember(member)
	}
	how := s.how(f, confidence)
	first, end := int32(-1), int32(-1)
	own := ask{f.node, h, askOwn, who, how}
	switch {
	case s.once(ask{f.unit, h, askUnit, who, how}):
		if !s.calls {
			s.once(own)
		}
	case s.calls || !s.once(own):
		return
	default:
		first, end = f.first-1, f.first+f.count
	}
	take := func(g *spreadFile, def int32) bool {
		to := atom{g.node, def}
		if g.unit == f.unit && (!f.test || g.test) && s.isNews(who, to) && who.minds(g, to) {
			s.count()
			s.breakBuild(who, to)
			s.stepIn(g, a, to, b2i(g != f), confidence)
		}
		return !s.over
	}
	if first >= 0 || s.index.withinRead(s.files, f.beside, h, take) {
		s.keptTakers(name.first, name.inside, first, end, who, take)
	}
}

// keptOutside is qualified.
func (s *spread) keptOutside(a atom, f *spreadFile, name *goName, confidence Confidence, who minder) {
	if len(f.beside.imported) == 0 || f.beside.mixed && !s.once(ask{f.folder, name.hash, askImporters, who, s.how(f, confidence)}) {
		return
	}
	confidence = min(confidence*byQualified/byName, 1000)
	if !s.index.eachRead(s.files, name.hash, func(g *spreadFile, def int32) bool {
		s.takeOutside(a, f, g, atom{g.node, def}, confidence, who)
		return !s.over
	}) {
		return
	}
	s.keptTakers(name.first+name.inside, name.outside, -1, -1, who, func(g *spreadFile, def int32) bool {
		if mayTake(f, g) {
			s.takeMinding(a, f, g, atom{g.node, def}, confidence, who)
		}
		return !s.over
	})
}

// keptTakers calls fn for takers that mind and can be reached; all of them, or those from first
// on, before end. Those of which it is known how they are reached count, too, since their
// package may not be.
func (s *spread) keptTakers(at, count uint32, first, end int32, who minder, fn func(g *spreadFile, def int32) (more bool)) {
	x := &s.index
	numbers, marks := int32(x.flat.head[mentionNumbers]), s.marks(who)
	if first >= 0 {
		at, count = s.keptFrom(at, count, first)
	}
	for count > 0 && !x.flat.bad.Load() {
		list := x.flat.goTakers(at, count)
		if len(list) == 0 {
			return
		}
		at, count = at+uint32(len(list)/4), count-uint32(len(list)/4)
		for ; len(list) >= 4; list = list[4:] {
			taker := wire.Uint32(list)
			n := int32(taker >> mentionFlagBits)
			if n >= numbers {
				x.flat.bad.Store(true)
				return
			}
			if end >= 0 && n >= end {
				return
			}
			if marks != nil && marks.of(n) != 0 {
				continue
			}
			if who > builds {
				if as := taker & (1<<mentionFlagBits - 1); as == takerInterface || as == takerType && who == code {
					continue
				}
			}
			place := x.places[x.flat.owner(n)]
			if place <= 0 {
				continue
			}
			g := &s.files[place-1]
			if !fn(g, n-g.first) {
				return
			}
		}
	}
}

// keptFrom leaves out the takers below a number.
func (s *spread) keptFrom(at, count uint32, lowest int32) (uint32, uint32) {
	n := sort.Search(int(count), func(i int) bool {
		row := s.index.flat.goTakers(at+uint32(i), 1)
		return len(row) < 4 || int32(wire.Uint32(row)>>mentionFlagBits) >= lowest
	})
	return at + uint32(n), count - uint32(n)
}

// keptMember goes to who calls an exported method, and says whether others may, too.
func (s *spread) keptMember(a atom, f *spreadFile, n int32) bool {
	if n < 0 || int(n) >= s.kept.memberCount || s.index.flat.bad.Load() {
		s.index.flat.bad.Store(true)
		return false
	}
	m := s.kept.members.at(n)
	if *m&memberAsked == 0 {
		*m |= memberAsked
		name, start, stop := s.index.flat.goMember(n)
		if s.index.eachRead(s.files, name, s.callers(a)) {
			s.reachAmong(start, stop)
		}
	}
	if *m&memberLooked == 0 {
		*m |= memberLooked
		if s.outsiders.callAny() {
			*m |= memberCalled
		} else if name := s.memberName(f, a.def); s.outsiders.mention(lang.GoMember(name)) {
			*m |= memberCalled
		} else if s.outsiders.byLibrary(name) {
			*m |= memberShaped
		}
	}
	if *m&memberShaped != 0 {
		d := s.definition(f, a.def)
		_, name := cutMember(d.Name)
		asked := libraryMethods()[name]
		return asked == nil || asked.has(d.Shape)
	}
	return *m&memberCalled != 0
}

// memberName is that of a method, without its type.
func (s *spread) memberName(f *spreadFile, def int32) string {
	_, member := cutMember(s.definition(f, def).Name)
	return member
}

// reachAmong reaches all of a part of the mentions in the graph's file: thousands call methods
// such as Close, and most are reached already.
func (s *spread) reachAmong(start, stop uint32) {
	x, marks := &s.index, &s.only.symbols
	var g *spreadFile // of the numbers below end; nil: it can not be reached
	end := int32(0)
	x.flat.mentions(start, stop, func(n int32) bool {
		if marks.of(n) != 0 {
			return true
		}
		if n >= end {
			owner := x.flat.owner(n)
			if g, end = nil, x.flat.firsts[owner+1]; x.places[owner] > 0 {
				g = &s.files[x.places[owner]-1]
			}
		}
		if g == nil {
			return true
		}
		s.count()
		s.only.addNumber(n, atom{g.node, n - g.first})
		return !s.over
	})
}

// keep marks the folders of which the graph's file knows what holds on this side: those of
// packages that are what they were, though some of their files may not be.
func (s *symbolSide) keep(r *reachable) {
	x := r.index.flat
	if x == nil || x.goNames() == 0 {
		return
	}
	p := s.graph.over.patch
	for _, in := range r.folders {
		in.kept = true
	}
	altered := func(n int32) { // a package that came, or is called otherwise
		if in := r.folders[n]; in != nil {
			in.kept = false
		}
	}
	for i := range p.added {
		altered(p.addedAt[i])
	}
	for n := range p.altered {
		if !p.isRemoved(n) {
			altered(p.number(n))
		}
	}
	relook := func(n int32) {
		if in := r.folders[n]; in != nil {
			in.relook = true
		}
	}
	// Who imports a package by another path now, or not any more.
	type imported struct{ from, to int32 }
	now := map[imported]bool{}
	for i := range p.extras {
		e := &p.extras[i]
		if e.Kind != Imports || s.graph.Kind(e.To) != KindPackage {
			continue
		}
		base, _ := s.graph.over.base(e.To)
		if base < 0 {
			continue
		}
		if spec, known := x.importedAs(base); !known || spec != e.Evidence.Detail || !r.isKnown(e.From) {
			relook(e.To)
		}
		now[imported{e.From, e.To}] = true
	}
	before := func(n int32) {
		start, stop := s.graph.over.out(n)
		for e := start; e < stop; e++ {
			l := s.graph.over.flat.link(e)
			if l.Kind != Imports || p.isRemoved(l.To) {
				continue
			}
			if to := p.number(l.To); p.isRemoved(n) || !now[imported{p.number(n), to}] {
				relook(to)
			}
		}
	}
	for n := range p.replaced {
		before(n)
	}
	for _, n := range p.removed {
		if !p.replaced[n] {
			before(n)
		}
	}
	for i := range r.files {
		f := &r.files[i]
		if f.index != nil {
			continue
		}
		if f.beside != nil {
			f.beside.mixed = true
		}
		if !f.known {
			for _, e := range s.graph.outOf(f.node) {
				relook(s.graph.Link(e).To)
			}
		}
	}
}

// isKnown says whether it is known what a file defines and mentions.
func (r *reachable) isKnown(n int32) bool {
	place, ok := r.place(n)
	return ok && r.files[place].known
}

// lookAroundKept is lookAround where the graph's file knows the answer.
func (s *spread) lookAroundKept(in *spreadFolder) bool {
	if !in.kept || in.relook {
		return false
	}
	base, _ := s.graph.over.base(in.node)
	if base < 0 {
		return false
	}
	spec, known := s.index.flat.importedAs(base)
	if !known {
		return false
	}
	if spec != "" {
		q := lang.GoQualifierOf(spec)
		if len(s.index.read(q.Name("*"))) > 0 {
			return false // what was read anew imports it with a dot, or another package of that path
		}
		in.imported = []goImported{{q, lang.GoPackageName(spec) != s.graph.Node(in.node).Name, false}}
	}
	in.listed = true
	return true
}
