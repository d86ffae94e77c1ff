package impact

import (
	"slices"
	"strings"

	"custody/impact/lang"
)

// What a spread knows of types of Java. All that it does counts as work: a file can have many
// thousands of types, each the heir of another one.

// A javaRef is a type by its name in a file: "Outer.Inner".
type javaRef struct {
	node int32
	name string
}

// own is the last part of a type's name, and around the others.
func (t javaRef) own() string    { return t.name[strings.LastIndexByte(t.name, '.')+1:] }
func (t javaRef) around() string { return t.name[:max(strings.LastIndexByte(t.name, '.'), 0)] }

// A javaType is what is known of a type.
type javaType struct {
	javaRef
	looked  bool            // it is known, or being looked for
	looking bool            // it is being looked for
	bases   []*javaType     // the next ones that it is made of, in this tree
	outside []string        // the next ones from elsewhere, by their full names
	members map[string]bool // by name: those that are no types
	open    bool            // what it is made of is not known
	unread  bool            // nor what its file says
	found   bool            // others may make values of it, and look for methods
	asks    bool            // an interface: its heirs, and functions that stand for it, have its methods

	heirs *[]*javaType // of all types with its own name; nil: not asked for yet
	round uint32       // the last walk that met it
	place int32        // in the family that was asked for last
}

// javaTypes is what a spread knows of types.
type javaTypes struct {
	types    map[javaRef]*javaType
	heirs    map[string]*[]*javaType // by what they say that they are made of
	files    map[int32]*javaFile
	outlines map[int32]*javaOutline
	near     map[int32]nodeSet
	family   javaFamily // that was asked for last: who asks for it once asks again
	round    uint32
	depth    int // of types that are being looked for
}

// A javaFile is what a file says of its types.
type javaFile struct {
	facts *lang.Facts // nil: nobody understands it
	types map[string]*javaSaid
	on    []javaOn // files of Java on which it depends, by node
	named bool     // some text spells the name of a class in it
}

type javaSaid struct {
	members     map[string]bool
	bases       []string
	found, asks bool
}

// A javaOn is a file on which another one depends.
type javaOn struct {
	node      int32
	pkg, stem string
}

// A javaFamily is a type and its heirs, and behind them all that these are made of.
type javaFamily struct {
	all   []*javaType
	heirs int
}

func (s *spread) javaKnown() *javaTypes {
	if s.java == nil {
		s.java = &javaTypes{
			types: map[javaRef]*javaType{}, heirs: map[string]*[]*javaType{},
			files: map[int32]*javaFile{}, outlines: map[int32]*javaOutline{}, near: map[int32]nodeSet{},
		}
	}
	return s.java
}

func (s *spread) nextRound() uint32 {
	s.java.round++
	return s.java.round
}

// javaType is a type of which nothing need be known yet.
func (s *spread) javaType(ref javaRef) *javaType {
	known := s.javaKnown()
	t := known.types[ref]
	if t == nil {
		t = &javaType{javaRef: ref}
		known.types[ref] = t
	}
	return t
}

// familyOf is the family of a type.
func (s *spread) familyOf(ref javaRef) *javaFamily {
	t := s.lookAt(s.javaType(ref))
	family := &s.java.family
	if len(family.all) > 0 && family.all[0] == t {
		return family
	}
	family.all = family.all[:0]
	round := s.nextRound()
	meet := func(t *javaType) {
		if s.count(); t.round != round {
			t.round, t.place = round, int32(len(family.all))
			family.all = append(family.all, t)
		}
	}
	meet(t)
	for n := 0; n < len(family.all) && !s.over; n++ {
		s.eachHeir(family.all[n], meet)
	}
	family.heirs = len(family.all)
	for n := 0; n < len(family.all); n++ {
		for _, base := range s.lookAt(family.all[n]).bases {
			meet(base)
		}
	}
	return family
}

// eachHeir calls fn for what says that it is made of a type, or may mean it.
func (s *spread) eachHeir(t *javaType, fn func(heir *javaType)) {
	own := t.own()
	if t.heirs == nil {
		t.heirs = s.heirsNamed(own)
	}
	for _, heir := range *t.heirs {
		if s.count(); s.over {
			return
		}
		if own != t.name || heir.node == t.node || s.javaFile(heir.node).dependsOn(t.node) {
			fn(heir)
		}
	}
}

// heirsNamed are the types that say they are made of one with that name.
func (s *spread) heirsNamed(own string) *[]*javaType {
	known := s.javaKnown()
	if list := known.heirs[own]; list != nil {
		return list
	}
	list := &[]*javaType{}
	known.heirs[own] = list
	s.mentioning(lang.JavaHeir(own), func(g *spreadFile, to atom) {
		heir := javaRef{g.node, ""}
		if to.def >= 0 && to.def < g.count {
			if d := s.definition(g, to.def); d.Kind == lang.Class || d.Kind == lang.Interface || d.Kind == lang.Enum {
				heir.name = d.Name // else a type in the code of a definition
			}
		}
		*list = append(*list, s.javaType(heir))
	})
	return list
}

func (f *javaFile) dependsOn(node int32) bool {
	_, found := slices.BinarySearchFunc(f.on, node, func(on javaOn, node int32) int { return int(on.node) - int(node) })
	return found
}

// javaFile is what a file says on this side.
func (s *spread) javaFile(node int32) *javaFile {
	known := s.javaKnown()
	f := known.files[node]
	if f != nil {
		return f
	}
	f = &javaFile{types: map[string]*javaSaid{}}
	known.files[node] = f
	if i, is := s.place(node); is && s.files[i].facts != nil {
		f.facts = s.files[i].facts
	} else if s.graph.Node(node).Language == "java" {
		f.facts = s.factsOf(node)
	}
	for _, e := range s.graph.outOf(node) {
		to := s.graph.Link(e).To
		if n := s.graph.Node(to); n.Language == "java" {
			f.on = append(f.on, javaOn{to, n.pkg, strings.TrimSuffix(baseName(n.Path), ".java")})
		}
	}
	slices.SortFunc(f.on, func(a, b javaOn) int { return int(a.node) - int(b.node) })
	f.on = slices.CompactFunc(f.on, func(a, b javaOn) bool { return a.node == b.node })
	for _, e := range s.graph.Into(node) { // whoever says it in a text may make values of it
		s.work++
		f.named = f.named || s.graph.Edge(e).Evidence.Source == importSource[lang.Named]
	}
	if f.facts == nil {
		return f
	}
	s.work += len(f.on) + len(f.facts.Definitions) + len(f.facts.Exports)
	for i := range f.facts.Definitions {
		if d := &f.facts.Definitions[i]; d.Kind == lang.Class || d.Kind == lang.Interface || d.Kind == lang.Enum {
			t := f.types[d.Name]
			if t == nil {
				t = &javaSaid{members: map[string]bool{}}
				f.types[d.Name] = t
			}
			t.found = t.found || lang.JavaIsOpen(d.Shape)
			t.asks = t.asks || d.Kind == lang.Interface
		} else if t := f.types[javaRef{name: d.Name}.around()]; t != nil { // it stands before them
			t.members[javaRef{name: d.Name}.own()] = true
		}
	}
	for _, e := range f.facts.Exports {
		if class, base, ok := lang.CutJavaBase(e.Name); ok && f.types[class] != nil {
			f.types[class].bases = append(f.types[class].bases, base)
		}
	}
	return f
}

// A nodeSet is a set of nodes of one graph.
type nodeSet []uint64

func (n nodeSet) has(node int32) bool { return n[node/64]&(1<<(node%64)) != 0 }
func (n nodeSet) add(node int32)      { n[node/64] |= 1 << (node % 64) }

// javaNear are the dependents of a file: the methods of one type stand in several, so that those of
// many files are kept.
func (s *spread) javaNear(node int32) nodeSet {
	const kept = 256
	known := s.javaKnown()
	if near := known.near[node]; near != nil {
		return near
	}
	near := make(nodeSet, (s.graph.Len()+63)/64)
	s.eachDependent(node, func(link Link, _ int32) bool {
		is := near.has(link.From)
		near.add(link.From)
		return !is
	})
	if len(known.near) == kept {
		clear(known.near)
	}
	known.near[node] = near
	return near
}

// lookAt finds out what a type is made of. Types that need each other's members to be told apart can
// stand one behind the other in any number: of more than maxJavaDepth names are given up.
func (s *spread) lookAt(t *javaType) *javaType {
	const maxJavaDepth = 500
	if t.looked {
		return t
	}
	known := s.javaKnown()
	t.looked, t.looking = true, true
	known.depth++
	if s.count(); known.depth > maxJavaDepth {
		s.over = true
	}
	f := s.javaFile(t.node)
	said := f.types[t.name]
	t.unread = f.facts == nil
	if said == nil || s.over {
		t.open = true
	} else {
		t.found, t.asks, t.members = said.found || f.named, said.asks, said.members
		for _, base := range said.bases {
			s.addBase(t, f, base)
		}
	}
	known.depth--
	t.looking = false
	return t
}

// addBase finds what a type says that it is made of: among the members of the types around it, in
// its own file, by an import, in its package, behind a star, in the standard library.
func (s *spread) addBase(of *javaType, f *javaFile, base string) {
	first, rest, _ := strings.Cut(base, ".")
	if rest != "" {
		rest = "." + rest
	}
	for at := of.javaRef; at.name != ""; {
		at.name = at.around()
		name := first
		if at.name != "" {
			name = at.name + "." + first
		}
		if f.types[name] != nil {
			of.bases = append(of.bases, s.javaType(javaRef{of.node, name + rest}))
			return
		}
		if at.name != "" && s.addInherited(of, at, first, rest) {
			return
		}
	}
	if first[0] >= 'a' && first[0] <= 'z' && rest != "" { // a full name
		s.addFull(of, f, base)
		return
	}
	packages := []string{"java.lang", f.facts.Package}
	for _, imp := range f.facts.Imports {
		switch {
		case imp.Kind != lang.Static:
		case len(imp.Names) > 0:
			packages = append(packages, imp.Spec)
		case strings.HasSuffix(imp.Spec, "."+first):
			s.addFull(of, f, imp.Spec+rest)
			return
		}
	}
	found := s.addDeclared(of, f, func(pkg string) (string, bool) {
		return first + rest, slices.Contains(packages, pkg)
	})
	for _, pkg := range packages {
		if found {
			return
		}
		if _, known := lang.JavaStandardMethods(pkg + "." + first + rest); known {
			of.outside = append(of.outside, pkg+"."+first+rest)
			found = true
		}
	}
	of.open = of.open || !found
}

// addFull is addBase for a full name.
func (s *spread) addFull(of *javaType, f *javaFile, full string) {
	if !s.addDeclared(of, f, func(pkg string) (string, bool) { return strings.CutPrefix(full, pkg+".") }) {
		of.outside = append(of.outside, full)
	}
}

// addDeclared looks for a base at the top of the files on which one depends; called says what it
// would be called in a package. Most stand in a file of their name, so that no other is read.
func (s *spread) addDeclared(of *javaType, f *javaFile, called func(pkg string) (string, bool)) (found bool) {
	s.work += len(f.on)
	for _, own := range []bool{true, false} {
		for _, on := range f.on {
			name, ok := called(on.pkg)
			if first, _, _ := strings.Cut(name, "."); ok && (first == on.stem) == own {
				if there := s.javaFile(on.node); there.facts == nil || there.types[first] != nil {
					of.bases = append(of.bases, s.javaType(javaRef{on.node, name}))
					found = true
				}
			}
		}
		if found {
			return true
		}
	}
	return false
}

// addInherited looks for a base among the members that a type around has from what it is made of.
// Where not all of that is known, it may be one of these.
func (s *spread) addInherited(of *javaType, around javaRef, first, rest string) (found bool) {
	seen := map[*javaType]bool{}
	for list := []*javaType{s.javaType(around)}; len(list) > 0; list = list[1:] {
		t := s.lookAt(list[0])
		s.count()
		of.open = of.open || t.open || t.looking || slices.ContainsFunc(t.outside, func(full string) bool {
			_, known := lang.JavaStandardMethods(full)
			return !known
		})
		if len(seen) > 0 && s.javaFile(t.node).types[t.name+"."+first] != nil {
			of.bases = append(of.bases, s.javaType(javaRef{t.node, t.name + "." + first + rest}))
			found = true
			continue
		}
		seen[t] = true
		for _, base := range t.bases {
			if !seen[base] {
				seen[base] = true
				list = append(list, base)
			}
		}
	}
	return found
}

// mayCall says whether code that is not read may call a method of a type, by what that says that
// it is made of.
func (t *javaType) mayCall(name string) bool {
	return t.open || slices.ContainsFunc(t.outside, func(full string) bool {
		methods, known := lang.JavaStandardMethods(full)
		return !known || methods[name]
	})
}
