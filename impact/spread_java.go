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
		s.callJava(class, own, shape, !exported && s.outlineOf(f).exported[class.name])
		for _, t := range s.typesFor(a, class, own, shape) {
			s.standFor(a, t)
		}
	}
}

// A javaOutline is what a file of Java looks like from afar.
type javaOutline struct {
	together map[string][]int32 // its definitions, by the outermost type
	exported map[string]bool    // types: whether other files can name them
}

// outlineOf is that of a file.
func (s *spread) outlineOf(f *spreadFile) *javaOutline {
	known := s.javaKnown()
	o := known.outlines[f.node]
	if o != nil {
		return o
	}
	o = &javaOutline{map[string][]int32{}, map[string]bool{}}
	known.outlines[f.node] = o
	for i := range f.count + int32(len(f.ghosts)) {
		d := s.definition(f, i)
		base, _ := cutMember(d.Name)
		o.together[base] = append(o.together[base], i)
		if _, twice := o.exported[d.Name]; !twice && d.Kind != lang.Method {
			o.exported[d.Name] = d.Exported
		}
	}
	s.work += int(f.count) + len(f.ghosts)
	return o
}

// holdAll reaches what stands in the same outermost type: who has a value of it may run any of it.
func (s *spread) holdAll(a atom, f *spreadFile, base string) {
	if !s.once(ask{scope: f.node, name: lang.HashName(base), kind: askTogether}) {
		return
	}
	for _, i := range s.outlineOf(f).together[base] {
		if i != a.def && i < f.count {
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

// callJava goes to what calls a method of a type by its name, or hands it on: it depends on the
// file of the type, or of one that declares the method, of which the type or an heir is made. A
// private one is called in its own file, or by its name in a text.
func (s *spread) callJava(t javaRef, name string, shape lang.Shape, private bool) {
	files := []int32{t.node}
	if !lang.JavaIsFixed(shape) {
		for _, of := range s.familyOf(t).all {
			if s.count(); of.unread || of.members[name] {
				files = append(files, of.node)
			}
		}
		slices.Sort(files)
		files = slices.Compact(files)
	}
	for _, h := range lang.JavaCalls(name, shape) {
		for _, file := range files {
			if s.count(); s.over {
				return
			}
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

// typesFor are the types that stand for a method, since code that is not read may call it.
func (s *spread) typesFor(a atom, t javaRef, name string, shape lang.Shape) (types []javaRef) {
	switch {
	case s.javaIn == nil, s.javaIn.unknown, lang.JavaIsOpen(shape), lang.JavaObjectMethods(name):
		return []javaRef{t}
	case lang.JavaIsFixed(shape): // nobody has it from a type that asks for it, and no bean has properties that are static
		return nil
	case s.javaIn.beans && isAccessor(name, shape):
		return []javaRef{t}
	}
	family := s.familyOf(t)
	heirs := family.all[:family.heirs]
	if (s.came[a] || s.broken[a]) && (len(heirs) > 1 || heirs[0].asks) { // they may not be what they have to be any more
		return []javaRef{t}
	}
	if s.broken[a] && slices.ContainsFunc(heirs, func(heir *javaType) bool { return len(heir.outside)+len(heir.bases) > 0 }) {
		return []javaRef{t}
	}
	called := s.calledIn(family, name)
	for i, heir := range heirs {
		switch {
		case !called[i]:
		case heir.name == "": // whoever makes one says what it is made of
			types = append(types, t)
		default:
			types = append(types, heir.javaRef)
		}
	}
	return types
}

// calledIn says of each type of a family whether code that is not read may call a method on it: by
// what it is made of, or since others make values of that and look for methods. They look for none
// that the first one has from a type of the tree, where it is called by its name.
func (s *spread) calledIn(family *javaFamily, name string) []bool {
	own := !s.declaredAbove(family.all[0], name)
	called := make([]bool, len(family.all))
	made := make([][]int32, len(family.all)) // by place: who is made of it
	var next []int32
	for i, of := range family.all {
		s.work += 1 + len(of.bases) + len(of.outside)
		for _, base := range of.bases {
			made[base.place] = append(made[base.place], int32(i))
		}
		if called[i] = of.mayCall(name) || own && of.found; called[i] {
			next = append(next, int32(i))
		}
	}
	for ; len(next) > 0; next = next[1:] {
		for _, i := range made[next[0]] {
			if !called[i] {
				called[i] = true
				next = append(next, i)
			}
		}
	}
	s.over = s.over || s.work > maxSymbolWork
	return called
}

// declaredAbove says whether a type of the tree, of which this one is made, declares a method.
func (s *spread) declaredAbove(t *javaType, name string) bool {
	round := s.nextRound()
	list := []*javaType{t}
	for t.round = round; len(list) > 0; list = list[1:] {
		for _, base := range list[0].bases {
			if s.count(); base.members[name] {
				return true
			}
			if base.round != round {
				base.round = round
				list = append(list, base)
			}
		}
	}
	return false
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
