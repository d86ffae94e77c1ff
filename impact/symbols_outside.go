package impact

import (
	"context"
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
	names    []uint64        // a bit for each name mentioned, by its upper bits
	standard map[string]bool // packages of the standard library that any Go file imports
}

const outsiderBits = 22

// call says whether code that does not depend on what changed may call an exported method:
// of this tree, or of a library.
func (o *outsiders) call(method string) bool {
	if o == nil || o.any || calledByOthers(method) {
		return true
	}
	for _, spec := range standardCalls()[method] {
		if o.standard[spec] {
			return true
		}
	}
	bit := uint32(lang.GoMember(method)) >> (32 - outsiderBits)
	return o.names[bit/64]&(1<<(bit%64)) != 0
}

func (o *outsiders) imports(f *lang.Facts) {
	for i := range f.Imports {
		if imp := &f.Imports[i]; imp.Kind != lang.Embed && isStandardGo(imp.Spec) {
			o.standard[imp.Spec] = true
		}
	}
}

// isStandardGo says that an import path is one of the standard library, as far as can be
// said: a module of such a name counts, too.
func isStandardGo(spec string) bool { return !strings.Contains(firstElement(spec), ".") }

// lookOutside finds out what outsiders call.
func (s *symbolReader) lookOutside(ctx context.Context, g *Graph, r *reachable) (*outsiders, error) {
	o := &outsiders{standard: map[string]bool{}}
	if r.handsOut(g) {
		o.any = true
		return o, nil
	}
	inside := 0
	for i := range r.files {
		if f := &r.files[i]; f.folder >= 0 {
			inside++
			o.imports(f.facts) // known: see handsOut
		}
	}
	if g.byLanguage()["go"].files-inside > maxOutsiders {
		o.any = true
		return o, nil
	}
	var nodes []int32
	for n := range int32(g.Len()) {
		if r.at[n] == 0 && g.Kind(n) != KindPackage && g.Node(n).Language == "go" {
			nodes = append(nodes, n)
		}
	}
	all, err := s.facts(ctx, g, nodes, nil)
	if err != nil {
		return nil, err
	}
	o.names = make([]uint64, 1<<outsiderBits/64)
	for _, f := range all {
		if f == nil {
			o.any = true
			break
		}
		o.imports(f)
		for i := range f.Definitions {
			for _, n := range f.Definitions[i].Mentions {
				bit := uint32(n) >> (32 - outsiderBits)
				o.names[bit/64] |= 1 << (bit % 64)
			}
		}
	}
	return o, nil
}

// handsOut says whether a file that can hold a changed value uses a library that is not in
// this tree, or one that calls methods by their names: templates, reflection.
func (r *reachable) handsOut(g *Graph) bool {
	for i := range r.files {
		f := &r.files[i]
		if f.folder < 0 {
			continue
		}
		if f.facts == nil {
			return true
		}
		for _, imp := range f.facts.Imports {
			switch spec := imp.Spec; {
			case imp.Kind == lang.Embed:
			case spec == "text/template", spec == "html/template", spec == "net/rpc", spec == "plugin":
				return true
			case spec == "reflect":
				if r.index.has(lang.GoMember("Method")) || r.index.has(lang.GoMember("MethodByName")) {
					return true
				}
			case isStandardGo(spec):
			case !g.imports(f.node, spec):
				return true
			}
		}
	}
	return false
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
