package impact

import (
	"slices"
	"strings"

	"custody/impact/lang"
)

// How Java code can get at a member of a class: as in Go (see symbols_go.go) somebody on the way
// holds a value of the class, for which all of the class stands, and somebody says the name of the
// method that he calls, be it one that it takes the place of. Where code that is not read may
// call it, its type stands for it: an annotation may have a framework do so, or a type outside of
// the tree, or one that the change can not reach, of which it or an heir is made, declares such a
// method. What runs when a value is made, or a class is initialised, is the type itself: whoever
// makes one says its name, or that of an heir, which says it.

// A javaRef is a type by its name in a file: "Outer.Inner".
type javaRef struct {
	node int32
	name string
}

// A javaType is what is known of a type, over all that it is made of.
type javaType struct {
	bases   []javaRef // the next ones in this tree
	outside []string  // the next ones from elsewhere, by their full names
	open    bool      // what it is made of is not known
	found   bool      // others may make values of it, and look for methods
	asks    bool      // an interface: its heirs, and functions that stand for it, have its methods
}

// javaTypes is what a spread knows of types.
type javaTypes struct {
	types map[javaRef]*javaType
	above map[javaRef]*javaAbove
	heirs map[javaRef][]javaRef
	facts map[int32]*lang.Facts
	near  map[int32]nodeSet
}

// A javaAbove is all that a type is made of.
type javaAbove struct {
	outside []string
	bases   []javaRef // in this tree
	open    bool
	found   bool
}

// followJava goes on from a definition of Java.
func (s *spread) followJava(a atom, f *spreadFile, d *lang.Definition) {
	name, kind, shape, exported := d.Name, d.Kind, d.Shape, d.Exported
	base, member := cutMember(name)
	own := javaRef{f.node, name}.own()
	class := javaRef{f.node, javaRef{f.node, name}.around()}
	switch {
	case !s.calls && member == "":
		s.holdAll(a, f, base)
		s.followName(a, f, lang.HashName(base), byName)
	case !s.calls:
		s.methods = s.methods || kind == lang.Method
		s.holdAll(a, f, base)
		s.followName(a, f, lang.HashName(base), byType)
	case kind == lang.Class || kind == lang.Interface || kind == lang.Enum:
		s.followName(a, f, lang.HashName(own), byName)
		if s.broken[a] || s.came[a] {
			s.followName(a, f, lang.HashName(base), byType)
		}
	case member == "": // of a file without a class
		s.followName(a, f, lang.HashName(base), byName)
	case kind != lang.Method || own == class.own(): // fields, constructors
		s.standFor(a, class)
	default:
		s.callJava(class, own, shape, !exported && s.isExported(f, class.name))
		for _, t := range s.typesFor(a, class, own, shape) {
			s.standFor(a, t)
		}
	}
}

// isExported says whether other files can name a type.
func (s *spread) isExported(f *spreadFile, name string) bool {
	for n := range f.count + int32(len(f.ghosts)) {
		if d := s.definition(f, n); d.Name == name && d.Kind != lang.Method {
			return d.Exported
		}
	}
	return false
}

// holdAll reaches what stands in the same outermost type: who has a value of it may run any of it.
func (s *spread) holdAll(a atom, f *spreadFile, base string) {
	if !s.once(ask{scope: f.node, name: lang.HashName(base), kind: askTogether}) {
		return
	}
	for i := range f.count {
		if name, _ := cutMember(s.definition(f, i).Name); name == base && i != a.def {
			s.stepBy(a, atom{f.node, i}, 0, byType, oneClass)
		}
	}
}

// standFor goes to what says the name of a type, which stands for what is reached.
func (s *spread) standFor(a atom, t javaRef) {
	if i, ok := s.place(t.node); ok {
		s.followName(a, &s.files[i], lang.HashName(t.own()), byType)
	}
}

// own is the last part of a type's name, and around the others.
func (t javaRef) own() string    { return t.name[strings.LastIndexByte(t.name, '.')+1:] }
func (t javaRef) around() string { return t.name[:max(strings.LastIndexByte(t.name, '.'), 0)] }

// callJava goes to what calls a method of a type by its name, or hands it on: it depends on the
// file of the type, or of one that declares the method, of which the type or an heir is made. A
// private one is called in its own file, or by its name in a text.
func (s *spread) callJava(t javaRef, name string, shape lang.Shape, private bool) {
	files := []int32{t.node}
	if !lang.JavaIsFixed(shape) {
		for _, heir := range s.heirsOf(t) {
			for _, above := range s.aboveOf(heir).bases {
				if facts := s.javaFacts(above.node); !slices.Contains(files, above.node) && (facts == nil || defines(facts, above.name+"."+name) > 0) {
					files = append(files, above.node)
				}
			}
		}
	}
	for _, h := range lang.JavaCalls(name, shape) {
		for _, file := range files {
			if !s.once(ask{scope: file, name: h, kind: askCalls, how: uint8(b2i(private))}) {
				continue
			}
			near := s.javaNear(file)
			s.mentioning(h, func(g *spreadFile, to atom) {
				if near.has(g.node) && (!private || g.node == file || h == lang.JavaText(name)) {
					s.only.add(to)
				}
			})
		}
	}
}

// A nodeSet is a set of nodes of one graph.
type nodeSet []uint64

func (n nodeSet) has(node int32) bool { return n[node/64]&(1<<(node%64)) != 0 }
func (n nodeSet) add(node int32)      { n[node/64] |= 1 << (node % 64) }

// javaNear are the files that depend on one, and itself. Those that were asked for last are kept.
func (s *spread) javaNear(node int32) nodeSet {
	const kept = 256
	known := s.javaKnown()
	if near := known.near[node]; near != nil {
		return near
	}
	near := make(nodeSet, (s.graph.Len()+63)/64)
	near.add(node)
	for list := []int32{node}; len(list) > 0; {
		n := list[len(list)-1]
		list = list[:len(list)-1]
		for _, e := range s.graph.Into(n) {
			link := s.graph.Link(e)
			s.work++
			if link.Kind != Requires && !near.has(link.From) {
				near.add(link.From)
				list = append(list, link.From)
			}
		}
	}
	s.over = s.over || s.work > maxSymbolWork
	if len(known.near) == kept {
		clear(known.near)
	}
	known.near[node] = near
	return near
}

// typesFor are the types that stand for a method, since code that is not read may call it.
func (s *spread) typesFor(a atom, t javaRef, name string, shape lang.Shape) (types []javaRef) {
	switch {
	case s.javaIn == nil, s.javaIn.unknown, lang.JavaIsOpen(shape), lang.JavaObjectMethods(name):
		return []javaRef{t}
	case lang.JavaIsFixed(shape):
		return nil
	case s.javaIn.beans && isAccessor(name, shape):
		return []javaRef{t}
	}
	heirs := s.heirsOf(t)
	own := !s.declaredAbove(t, name)                                        // else who calls it has it from the type that asks for it
	if (s.came[a] || s.broken[a]) && (len(heirs) > 1 || s.typeOf(t).asks) { // they may not be what they have to be any more
		return []javaRef{t}
	}
	for _, heir := range heirs {
		above := s.aboveOf(heir)
		if s.broken[a] && len(above.outside)+len(above.bases) > 0 {
			return []javaRef{t}
		}
		switch {
		case !above.mayCall(name) && !(own && above.found):
		case heir.name == "": // whoever makes one says what it is made of
			types = append(types, t)
		default:
			types = append(types, heir)
		}
	}
	return types
}

// declaredAbove says whether a type of the tree, of which this one is made, declares a method.
func (s *spread) declaredAbove(t javaRef, name string) bool {
	return slices.ContainsFunc(s.aboveOf(t).bases, func(base javaRef) bool {
		facts := s.javaFacts(base.node)
		return facts != nil && defines(facts, base.name+"."+name) > 0
	})
}

// isAccessor says that a method reads or writes a property of a bean, which libraries do by the
// name of the property.
func isAccessor(name string, shape lang.Shape) bool {
	n, more := lang.JavaParameters(shape)
	for _, prefix := range []string{"get", "is", "set"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && (rest[0] < 'a' || rest[0] > 'z') {
			return more || n == int(b2i(prefix == "set"))
		}
	}
	return false
}

// mayCall says whether code that is not read may call a method of a type, by what that is made of.
func (above *javaAbove) mayCall(name string) bool {
	if above.open {
		return true
	}
	for _, full := range above.outside {
		if methods, known := lang.JavaStandardMethods(full); !known || methods[name] {
			return true
		}
	}
	return false
}

func (s *spread) javaKnown() *javaTypes {
	if s.java == nil {
		s.java = &javaTypes{types: map[javaRef]*javaType{}, above: map[javaRef]*javaAbove{}, heirs: map[javaRef][]javaRef{}, facts: map[int32]*lang.Facts{}, near: map[int32]nodeSet{}}
	}
	return s.java
}

// heirsOf are a type and all that are made of it.
func (s *spread) heirsOf(t javaRef) []javaRef {
	known := s.javaKnown()
	if list, ok := known.heirs[t]; ok {
		return list
	}
	list := []javaRef{t}
	seen := map[javaRef]bool{t: true}
	for n := 0; n < len(list); n++ {
		of := list[n]
		own := of.own()
		s.mentioning(lang.JavaHeir(own), func(g *spreadFile, to atom) {
			heir := javaRef{g.node, ""}
			if to.def >= 0 && to.def < g.count {
				if d := s.definition(g, to.def); d.Kind == lang.Class || d.Kind == lang.Interface || d.Kind == lang.Enum {
					heir.name = d.Name // else a type in the code of a definition
				}
			}
			if !seen[heir] && (own != of.name || g.node == of.node || s.leadsTo(g.node, of.node)) {
				seen[heir] = true
				list = append(list, heir)
			}
		})
	}
	known.heirs[t] = list
	return list
}

func (s *spread) leadsTo(from, to int32) bool {
	return slices.ContainsFunc(s.graph.outOf(from), func(e int32) bool { return s.graph.Link(e).To == to })
}

// aboveOf is all that a type is made of.
func (s *spread) aboveOf(t javaRef) *javaAbove {
	known := s.javaKnown()
	if above := known.above[t]; above != nil {
		return above
	}
	above := &javaAbove{}
	known.above[t] = above
	seen := map[javaRef]bool{t: true}
	for list := []javaRef{t}; len(list) > 0; list = list[1:] {
		of := s.typeOf(list[0])
		above.open, above.found = above.open || of.open, above.found || of.found
		above.outside = append(above.outside, of.outside...)
		for _, base := range of.bases {
			if !seen[base] {
				seen[base] = true
				list = append(list, base)
				above.bases = append(above.bases, base)
			}
		}
	}
	return above
}

// javaFacts are what a file says on this side; nil where nobody understands it.
func (s *spread) javaFacts(node int32) *lang.Facts {
	known := s.javaKnown()
	facts, ok := known.facts[node]
	if !ok {
		if i, is := s.place(node); is && s.files[i].facts != nil {
			facts = s.files[i].facts
		} else if s.graph.Node(node).Language == "java" {
			facts = s.factsOf(node)
		}
		known.facts[node] = facts
	}
	return facts
}

// typeOf is what is known of one type.
func (s *spread) typeOf(t javaRef) *javaType {
	known := s.javaKnown()
	if of := known.types[t]; of != nil {
		return of
	}
	of := &javaType{}
	known.types[t] = of
	if s.work++; t.name == "" {
		of.open = true
		return of
	}
	facts := s.javaFacts(t.node)
	if facts == nil || defines(facts, t.name)+declares(facts, t.name) == 0 {
		of.open = true
		return of
	}
	for i := range facts.Definitions {
		if d := &facts.Definitions[i]; d.Name == t.name && d.Kind != lang.Method {
			of.found = of.found || lang.JavaIsOpen(d.Shape)
			of.asks = of.asks || d.Kind == lang.Interface
		}
	}
	for _, e := range s.graph.Into(t.node) { // whoever says it in a text may make values of it
		of.found = of.found || s.graph.Edge(e).Evidence.Source == importSource[lang.Named]
	}
	for _, e := range facts.Exports {
		if base, ok := strings.CutPrefix(e.Name, lang.JavaBase(t.name)); ok {
			s.addBase(of, facts, t, base)
		}
	}
	return of
}

// declares counts the interfaces of a name in a file.
func declares(facts *lang.Facts, name string) (n int) {
	for i := range facts.Definitions {
		if d := &facts.Definitions[i]; d.Name == name && d.Kind == lang.Interface {
			n++
		}
	}
	return n
}

// addBase finds what a type says that it is made of: in its own file, by an import, in its package,
// behind a star, in the standard library.
func (s *spread) addBase(of *javaType, facts *lang.Facts, t javaRef, base string) {
	first, rest, _ := strings.Cut(base, ".")
	if rest != "" {
		rest = "." + rest
	}
	for around := t.name; around != ""; {
		around = around[:max(strings.LastIndexByte(around, '.'), 0)]
		name := first
		if around != "" {
			name = around + "." + first
		}
		if defines(facts, name)+declares(facts, name) > 0 {
			of.bases = append(of.bases, javaRef{t.node, name + rest})
			return
		}
	}
	if first[0] >= 'a' && first[0] <= 'z' && rest != "" { // a full name
		s.addFull(of, t.node, base)
		return
	}
	stars := []string{"java.lang"}
	for _, imp := range facts.Imports {
		switch {
		case imp.Kind != lang.Static:
		case len(imp.Names) > 0:
			stars = append(stars, imp.Spec)
		case strings.HasSuffix(imp.Spec, "."+first):
			s.addFull(of, t.node, imp.Spec+rest)
			return
		}
	}
	found := false
	for _, e := range s.graph.outOf(t.node) {
		to := s.graph.Link(e).To
		if baseName(s.graph.Node(to).Path) != first+".java" {
			continue
		}
		if there := s.javaFacts(to); there != nil && (there.Package == facts.Package || slices.Contains(stars, there.Package)) {
			of.bases = append(of.bases, javaRef{to, first + rest})
			found = true
		}
	}
	for _, star := range stars {
		if found {
			return
		}
		if _, known := lang.JavaStandardMethods(star + "." + first + rest); known {
			of.outside = append(of.outside, star+"."+first+rest)
			found = true
		}
	}
	of.open = of.open || !found
}

// addFull is addBase for a full name.
func (s *spread) addFull(of *javaType, node int32, full string) {
	found := false
	for _, e := range s.graph.outOf(node) {
		to := s.graph.Link(e).To
		n := s.graph.Node(to)
		class := strings.TrimSuffix(baseName(n.Path), ".java")
		if n.Language != "java" || !strings.HasPrefix(full, s.graph.Edge(e).Evidence.Detail) && !strings.Contains(full+".", "."+class+".") {
			continue
		}
		facts := s.javaFacts(to)
		if facts == nil {
			of.open = true
			found = true
			continue
		}
		if name, ok := strings.CutPrefix(full, facts.Package+"."); ok && slices.Contains(facts.Types, firstPart(name)) {
			of.bases = append(of.bases, javaRef{to, name})
			found = true
		}
	}
	if !found {
		of.outside = append(of.outside, full)
	}
}

func firstPart(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}

// A javaTree is what the calls of a change of Java depend on, over all files of Java.
type javaTree struct {
	unknown bool // of some file it is not known what it calls
	beans   bool // some may read and write properties by their names
}

// javaTree looks for that; nil where the change reaches no Java.
func (r *reachable) javaTree(g *Graph) *javaTree {
	if g.byLanguage()["java"].files == 0 {
		return nil
	}
	t := &javaTree{}
	found := false
	for i := range r.files {
		f := &r.files[i]
		if f.folder >= 0 || g.Node(f.node).Language != "java" {
			continue
		}
		found = true
		t.unknown = t.unknown || !f.known
		t.beans = t.beans || f.facts != nil && g.readsBeans(f.node, f.facts)
	}
	if !found {
		return nil
	}
	if x := &r.index; !t.beans && x.flat != nil {
		t.beans = x.readsBeans()
	}
	return t
}

// beanImport stands in an index of mentions for what imports a library that may read and write
// properties by their names: the code around the definitions of its file does.
var beanImport = lang.HashName("import beans")

// readsBeans says whether a file may read and write properties by their names.
func (g *Graph) readsBeans(n int32, f *lang.Facts) bool {
	return lang.JavaImportsBeans(f, func(spec string) bool { return g.imports(n, spec) }) || slices.ContainsFunc(f.Definitions, func(d lang.Definition) bool {
		return slices.ContainsFunc(lang.JavaMethodLists(), func(h lang.NameHash) bool { return lang.Mentions(d.Mentions, h) })
	})
}

// readsBeans says whether a file that is as it is in the index may.
func (x *nameIndex) readsBeans() (found bool) {
	for _, h := range append(lang.JavaMethodLists(), beanImport) {
		x.flat.between(h, h, func(n int32) bool {
			found = found || x.places[x.flat.owner(n)] >= 0
			return !found
		})
	}
	return found
}
