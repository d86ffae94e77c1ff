package impact

import (
	"strings"

	"custody/impact/lang"
)

// How Go code can get at a definition. The rules follow from two observations about a
// test that runs changed code.
//
// The first piece of code of which we know by name that it holds the changed one was not
// called by name from outside of that knowledge, so it was called by somebody who got a
// value from us: a function value is mentioned where it is made, and a method needs a
// value of its type, which somebody made who mentions the type, a function that returns
// it, a variable or a field of a type that holds it, and so on. So a test is broken only
// if it is reached by following mentions where a reached method counts as its type
// (holds).
//
// And each call on the way spells the name of what it calls: of the function, or of the
// method, be it behind an interface (calls). Only code that we do not see may call a
// method without spelling its name anywhere here: then the type stands for the method
// again.
//
// Code that runs when its package is loaded is the exception to both: whoever imports the
// package runs it.

// followGo goes on from a definition of a Go file.
func (s *spread) followGo(a atom, f *spreadFile, d *lang.Definition) {
	s.followAssembly(a, f)
	name, member := cutMember(d.Name)
	switch {
	case member == "":
		if d.Name == "TestMain" && f.test {
			s.tests(a, f)
		}
		s.followGoName(a, f, name, byName, s.minders(a, d.Kind))
		return
	case !s.calls:
		s.methods = true
		s.followGoName(a, f, name, byType, s.minders(a, d.Kind))
		return
	}
	if s.broken[a] { // the type may not be what an interface asks for, though nobody calls it
		s.followGoName(a, f, name, byType, s.minders(a, d.Kind))
	}
	if !d.Exported {
		s.inUnit(a, f, lang.GoMember(member), byMember, code)
		return
	}
	if h := lang.GoMember(member); s.once(ask{-1, h, askEverywhere, code, 0}) && s.index.eachRead(s.files, h, s.callers(a)) && s.index.flat != nil {
		s.reachAmong(s.index.flat.list(h))
	}
	if s.outsiders.call(member, d.Shape) {
		s.followGoName(a, f, name, byType, holders)
	}
}

// followAssembly goes to the functions of the package that are written in assembly: it reads
// variables, calls functions and knows the fields of types by their names.
func (s *spread) followAssembly(a atom, f *spreadFile) {
	if s.lookAround(f.beside); f.beside.assembly {
		s.inUnit(a, f, lang.GoAssembly, byMember, code)
	}
}

// A minder says to whom it matters that something is reached.
type minder uint8

const (
	all     minder = iota
	builds         // all, and what did not change does not compile any more
	holders        // no interface: what only says that it takes or gives a type has no value of it
	code           // no type: none is made of functions
)

// minders says to whom it matters that a definition is reached. One that others have to
// write differently now is everybody's business: what names it may not compile.
func (s *spread) minders(a atom, kind lang.DefinitionKind) minder {
	switch changed := s.isSeed(a); {
	case changed && s.breaks[a]:
		return builds
	case changed && (s.broken[a] || s.came[a] || kind == lang.Type), kind == lang.Interface:
		return all
	case kind == lang.Function:
		return code
	}
	return holders
}

// isNews is false when nothing comes of reaching an atom, whoever minds: it is.
func (s *spread) isNews(who minder, to atom) bool {
	return !s.calls || who == builds || !s.only.has(to)
}

// marks are of what nothing comes of, whoever minds: see isNews.
func (s *spread) marks(who minder) *sparse[reachMark] {
	if !s.calls || who == builds {
		return nil
	}
	return &s.only.symbols
}

// callers goes to what spells the name of an exported method.
func (s *spread) callers(a atom) func(g *spreadFile, def int32) bool {
	return func(g *spreadFile, def int32) bool {
		if to := (atom{g.node, def}); s.isNews(code, to) {
			s.count()
			s.stepIn(g, a, to, 1, byMember)
		}
		return !s.over
	}
}

// breakBuild notes that what mentions a name does not compile: see symbols_build.go.
func (s *spread) breakBuild(who minder, to atom) {
	if who == builds && to.def >= 0 && !s.isSeed(to) {
		s.unbuilt[to] = true
	}
}

func (m minder) minds(g *spreadFile, to atom) bool {
	if m <= builds || to.def < 0 {
		return true
	}
	kind := g.kind(to.def)
	return kind != lang.Interface && (m != code || kind != lang.Type)
}

// followGoName goes to what mentions a name of a package: as it is in the package itself,
// behind the package elsewhere.
func (s *spread) followGoName(a atom, f *spreadFile, name string, confidence Confidence, to minder) {
	if !isGoSubject(name) {
		return
	}
	s.inUnit(a, f, lang.HashName(name), confidence, to)
	if isExportedGo(name) {
		s.outside(a, f, name, confidence, to)
	}
}

// outside goes to what mentions a name of a package elsewhere.
func (s *spread) outside(a atom, f *spreadFile, name string, confidence Confidence, to minder) {
	s.lookAround(f.beside)
	for _, as := range f.beside.imported {
		s.qualified(a, f, as.qualifier.Name(name), confidence, to)
		if as.otherwise {
			s.qualified(a, f, lang.GoMember(name), confidence, to)
		}
		if as.dotted {
			s.dotImported(a, f, as.qualifier.Name("*"), lang.HashName(name), confidence, to)
		}
	}
}

// inUnit goes to what mentions a name in the files of the same package. What stands in the
// same file is nearer than the rest; so who asks after another one did, who knew as good a
// way, or a better one, can only be better for its own file.
func (s *spread) inUnit(a atom, f *spreadFile, name lang.NameHash, confidence Confidence, who minder) {
	how := s.how(f, confidence)
	own := ask{f.node, name, askOwn, who, how}
	among := s.index.within
	if s.once(ask{f.unit, name, askUnit, who, how}) {
		if !s.calls {
			s.once(own)
		}
	} else {
		if s.calls || !s.once(own) {
			return
		}
		among = func(files []spreadFile, _ *spreadFolder, name lang.NameHash, fn func(*spreadFile, int32) bool) {
			s.index.here(files, f, name, fn)
		}
	}
	among(s.files, f.beside, name, func(g *spreadFile, def int32) bool {
		to := atom{g.node, def}
		if g.unit == f.unit && (!f.test || g.test) && s.isNews(who, to) && who.minds(g, to) {
			s.count()
			s.breakBuild(who, to)
			s.stepIn(g, a, to, b2i(g.node != f.node), confidence)
		}
		return !s.over
	})
}

// qualified goes to what mentions a name behind the name of an import.
func (s *spread) qualified(a atom, f *spreadFile, name lang.NameHash, confidence Confidence, who minder) {
	if !s.once(ask{f.folder, name, askImporters, who, s.how(f, confidence)}) {
		return
	}
	confidence = min(confidence*byQualified/byName, 1000)
	s.index.eachNews(s.files, name, s.marks(who), func(g *spreadFile, def int32) bool {
		s.takeOutside(a, f, g, atom{g.node, def}, confidence, who)
		return !s.over
	})
}

// takeOutside goes to what mentions a name behind that of its package.
func (s *spread) takeOutside(a atom, f, g *spreadFile, to atom, confidence Confidence, who minder) {
	if mayTake(f, g) && s.isNews(who, to) && who.minds(g, to) {
		s.takeMinding(a, f, g, to, confidence, who)
	}
}

// mayTake says whether g may import the package for what stands in f: nobody imports tests,
// but for the external ones beside them.
func mayTake(f, g *spreadFile) bool { return !f.test || g.folder == f.folder && g.test }

// takeMinding is takeOutside for what minds, and is not known to be reached.
func (s *spread) takeMinding(a atom, f, g *spreadFile, to atom, confidence Confidence, who minder) {
	s.count()
	s.breakBuild(who, to)
	s.throughPackage(a, f, g, to, confidence)
}

// dotImported goes to what mentions the plain name after a dot import.
func (s *spread) dotImported(a atom, f *spreadFile, dots, name lang.NameHash, confidence Confidence, who minder) {
	if !s.once(ask{f.folder, dots ^ name, askDotted, who, s.how(f, confidence)}) {
		return
	}
	files := map[int32]bool{}
	s.mentioning(dots, func(g *spreadFile, to atom) { files[g.node] = files[g.node] || to.def == loose })
	s.mentioning(name, func(g *spreadFile, to atom) {
		if files[g.node] && who.minds(g, to) {
			s.breakBuild(who, to)
			s.throughPackage(a, f, g, to, confidence)
		}
	})
}

// A goImported is one path of a package. One that is not kept as it is written makes its
// importer reached as a whole: see spreadFolder.unclear.
type goImported struct {
	qualifier lang.GoQualifier
	otherwise bool // the package has another name than the path suggests
	dotted    bool // somebody imports it with a dot
}

// lookAround finds out how others get at what stands in a folder, once.
func (s *spread) lookAround(in *spreadFolder) {
	if !in.looked.Load() { // nearly always, and then nothing is made to ask
		in.once.Do(func() { s.look(in) })
	}
}

func (s *spread) look(in *spreadFolder) {
	defer in.looked.Store(true)
	for _, i := range in.places {
		if !s.files[i].known {
			in.unknown = append(in.unknown, i)
		}
	}
	s.index.within(s.files, in, lang.GoAssembly, func(*spreadFile, int32) bool {
		in.assembly = true
		return false
	})
	name := s.graph.Node(in.node).Name
	in.program = name == "main"
	if s.lookAroundKept(in) {
		return
	}
	seen := map[string]bool{}
	for _, e := range s.graph.Into(in.node) {
		link := s.graph.Link(e)
		if link.Kind != Imports {
			continue
		}
		spec := s.graph.Edge(e).Evidence.Detail
		if i, ok := s.place(link.From); ok && (!s.files[i].known || unreadableSpec(spec)) {
			in.unclear = append(in.unclear, link.From)
		}
		if !seen[spec] {
			seen[spec] = true
			q := lang.GoQualifierOf(spec)
			in.imported = append(in.imported, goImported{q, lang.GoPackageName(spec) != name, s.mentioned(q.Name("*"))})
		}
	}
}

// unreadableSpec says that an import path is not the one that was written: clipped or
// escaped.
func unreadableSpec(spec string) bool { return len(spec) >= 200 || strings.ContainsRune(spec, '%') }
