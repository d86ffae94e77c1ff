package impact

import (
	"context"
	"slices"
	"strings"

	"custody/impact/lang"
)

// maxOutsiders bounds the Go files that are looked through for calls of a method, among
// those that the change can not reach. Where there are more, each of them may call it.
const maxOutsiders = 2_000

// outsiders are the Go files that do not depend on what changed. They may be handed a
// value, and call a method of it behind an interface of theirs.
type outsiders struct {
	any      bool            // they, or code that is not in this tree, may call any exported method
	names    []uint64        // a bit for each name mentioned, by its upper bits; nil: none
	standard map[string]bool // packages of the standard library that any Go file imports
	flat     *nameIndex      // of files that are as they are in the graph's file; the others are in names
}

const outsiderBits = 22

// callAny says that any exported method may be called, whatever its name.
func (o *outsiders) callAny() bool { return o == nil || o.any }

// call says whether code that does not depend on what changed may call an exported method of a
// shape: of this tree, or of a library.
func (o *outsiders) call(method string, shape lang.Shape) bool {
	return o.callAny() || o.mention(lang.GoMember(method)) || o.byLibrary(method) && libraryMethods()[method].has(shape)
}

// byLibrary says whether a library may call a method of this name.
func (o *outsiders) byLibrary(method string) bool {
	m := libraryMethods()[method]
	return m != nil && (m.packages == nil || o.importOne(m.packages))
}

// importOne says whether a package of the standard library is imported that may call a
// method as few do.
func (o *outsiders) importOne(packages []string) bool {
	return slices.ContainsFunc(packages, func(spec string) bool {
		return o.standard[spec] || o.flat != nil && o.flat.isImported(spec)
	})
}

// mention says whether one of them mentions a name, as far as that is known.
func (o *outsiders) mention(name lang.NameHash) bool {
	bit := uint32(name) >> (32 - outsiderBits)
	if o.flat != nil && o.flat.outside(lang.NameHash(bit<<(32-outsiderBits)), lang.NameHash((bit+1)<<(32-outsiderBits)-1)) {
		return true
	}
	return o.names != nil && o.names[bit/64]&(1<<(bit%64)) != 0
}

func (o *outsiders) imports(f *lang.Facts) {
	eachStandardImport(f, func(spec string) { o.standard[spec] = true })
}

func eachStandardImport(f *lang.Facts, fn func(spec string)) {
	for i := range f.Imports {
		if imp := &f.Imports[i]; isGoImport(imp) && isStandardGo(imp.Spec) {
			fn(imp.Spec)
		}
	}
}

// isGoImport says that code of a package is imported: no file is embedded, nor does a text only look
// like a path, as "192.168.0.0/16" does.
func isGoImport(imp *lang.Import) bool { return imp.Kind != lang.Embed && imp.Kind != lang.Named }

// isStandardGo says that an import path is one of the standard library, as far as can be
// said: a module of such a name counts, too.
func isStandardGo(spec string) bool { return !strings.Contains(firstElement(spec), ".") }

// lookOutside finds out what outsiders call. It reads them, if they are not too many, only
// where that can make a difference, or where asked to for their interfaces.
func (s *symbolReader) lookOutside(ctx context.Context, g *Graph, r *reachable, interfaces bool) (*outsiders, error) {
	o := &outsiders{standard: map[string]bool{}}
	if o.any = r.handsOut(); o.any && !interfaces {
		return o, nil
	}
	if !o.any {
		var err error
		if o.any, err = s.handsOn(ctx, g, r); err != nil || o.any && !interfaces {
			return o, err
		}
	}
	inside := 0
	for i := range r.files {
		if f := &r.files[i]; f.folder >= 0 {
			inside++
			if f.facts != nil { // else it stands in the index
				o.imports(f.facts)
			}
		}
	}
	if g.byLanguage()["go"].files-inside > maxOutsiders {
		o.any = true
		return o, nil
	}
	var nodes []int32
	if x := &r.index; x.flat != nil {
		o.flat, o.any = x, o.any || x.unknownOutside()
		nodes = g.over.newOutside(r)
	} else {
		for n := range int32(g.Len()) {
			if r.at[n] == 0 && g.Kind(n) != KindPackage && g.Node(n).Language == "go" {
				nodes = append(nodes, n)
			}
		}
	}
	return o, s.readOutside(ctx, g, nodes, o)
}

// readOutside takes in what files mention.
func (s *symbolReader) readOutside(ctx context.Context, g *Graph, nodes []int32, o *outsiders) error {
	if len(nodes) == 0 {
		return nil
	}
	all, err := s.facts(ctx, g, nodes, nil)
	if err != nil {
		return err
	}
	o.names = make([]uint64, 1<<outsiderBits/64)
	for _, f := range all {
		if f == nil {
			o.any = true
			continue
		}
		o.imports(f)
		for i := range f.Definitions {
			for _, n := range f.Definitions[i].Mentions {
				bit := uint32(n) >> (32 - outsiderBits)
				o.names[bit/64] |= 1 << (bit % 64)
			}
		}
	}
	return nil
}

// newOutside lists the Go files that are not among those that the change can reach, and not as
// they are in the graph's file: they changed before it, see footing.
func (g patched) newOutside(r *reachable) (nodes []int32) {
	add := func(n int32) {
		if r.at[n] == 0 && g.kind(n) != KindPackage && g.node(n).Language == "go" {
			nodes = append(nodes, n)
		}
	}
	for base := range g.altered {
		if g.rewritten(base) && !g.isRemoved(base) {
			add(g.number(base))
		}
	}
	for _, n := range g.addedAt {
		add(n)
	}
	slices.Sort(nodes)
	return nodes
}

// handsOut says whether a file that can hold a changed value uses a library that is not in
// this tree, or one that calls methods by their names: templates, reflection.
func (r *reachable) handsOut() bool {
	reflects := false
	for i := range r.files {
		f := &r.files[i]
		if f.folder < 0 {
			continue
		}
		if !f.known || f.hands&handsToCode != 0 {
			return true
		}
		reflects = reflects || f.hands&handsByReflect != 0
	}
	return reflects && (r.mentioned(lang.GoMember("Method")) || r.mentioned(lang.GoMember("MethodByName")))
}

// handsOf are the flags that say whom a Go file may hand a value. leads says whether an
// import leads into the tree.
func handsOf(f *lang.Facts, leads func(spec string) bool) (flags uint32) {
	for i := range f.Imports {
		imp := &f.Imports[i]
		switch spec := imp.Spec; {
		case !isGoImport(imp):
		case spec == "text/template", spec == "html/template", spec == "net/rpc", spec == "plugin":
			flags |= handsToCode
		case spec == "reflect":
			flags |= handsByReflect
		case isStandardGo(spec):
		case !leads(spec):
			flags |= handsToCode
		}
	}
	return flags
}

func firstElement(spec string) string {
	first, _, _ := strings.Cut(spec, "/")
	return first
}

// imports says whether a file has an edge for an import: it leads into this tree.
func (g *Graph) imports(n int32, spec string) bool {
	detail := clip(spec)
	for _, e := range g.outOf(n) {
		if g.Edge(e).Evidence.Detail == detail {
			return true
		}
	}
	return false
}

// standardImport stands in an index of mentions for what imports a package of the standard
// library: the code around the definitions of its file does.
func standardImport(spec string) lang.NameHash { return lang.HashName("import " + spec) }

// isImported says whether a file that is as it is in the index imports a package of the
// standard library.
func (x *nameIndex) isImported(spec string) (found bool) {
	h := standardImport(spec)
	x.flat.between(h, h, func(n int32) bool {
		node := x.flat.owner(n)
		found = x.places[node] >= 0 && n == x.flat.firsts[node]
		return !found
	})
	return found
}

// unknownOutside says whether there is a Go file that is not among the files, and of which
// it is not known what it mentions.
func (x *nameIndex) unknownOutside() bool {
	for n := range x.places {
		if f := x.flat.file(int32(n)); x.places[n] == 0 && f.folder >= 0 && f.flags&mentionKnown == 0 {
			return true
		}
	}
	return false
}

// outside says whether a definition of a Go file that is not among the files mentions one
// of the names from first to last.
func (x *nameIndex) outside(first, last lang.NameHash) (found bool) {
	x.flat.between(first, last, func(n int32) bool {
		if node := x.flat.owner(n); x.places[node] == 0 {
			f := x.flat.file(node)
			found = f.folder >= 0 && n > f.first
		}
		return !found
	})
	return found
}
