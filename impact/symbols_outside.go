package impact

import (
	"context"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
)

// maxOutsiders bounds the Go files that are looked through for calls of a method, among
// those that the change can not reach. Where there are more, each of them may call it.
const maxOutsiders = 2_000

// outsiders are the Go files that do not depend on what changed. They may be handed a
// value, and call a method of it behind an interface of theirs.
type outsiders struct {
	any   bool     // they, or code that is not in this tree, may call any exported method
	names []uint64 // a bit for each name mentioned, by its upper bits
}

const outsiderBits = 22

func (o *outsiders) call(name lang.NameHash) bool {
	bit := uint32(name) >> (32 - outsiderBits)
	return o == nil || o.any || o.names[bit/64]&(1<<(bit%64)) != 0
}

// lookOutside finds out what outsiders call.
func (s *symbolReader) lookOutside(ctx context.Context, g *Graph, r *reachable) (*outsiders, error) {
	o := &outsiders{}
	if r.handsOut(g) {
		o.any = true
		return o, nil
	}
	inside := 0
	for i := range r.files {
		inside += int(b2i(r.files[i].folder >= 0))
	}
	if g.languages["go"].files-inside > maxOutsiders {
		o.any = true
		return o, nil
	}
	var nodes []int32
	g.EachNode(func(n int32, node *Node) {
		if _, ok := r.at[n]; !ok && node.Language == "go" && node.Kind != KindPackage {
			nodes = append(nodes, n)
		}
	})
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
	modules := map[string]bool{}
	for folder := range r.folders {
		node := g.Node(folder)
		for _, spec := range r.importedAs(g, folder) {
			if node.Path == "." {
				modules[spec] = true
			} else if m, ok := strings.CutSuffix(spec, "/"+string(node.Path)); ok {
				modules[m] = true
			}
		}
	}
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
				if len(r.index.lookup(lang.GoMember("Method"))) > 0 || len(r.index.lookup(lang.GoMember("MethodByName"))) > 0 {
					return true
				}
			case !inTree(g, modules, spec):
				return true
			}
		}
	}
	return false
}

// inTree says whether a package is of the standard library, of a module of this tree, or
// vendored.
func inTree(g *Graph, modules map[string]bool, spec string) bool {
	if first, _, _ := strings.Cut(spec, "/"); !strings.Contains(first, ".") {
		return true // or of a module that nobody can fetch
	}
	if g.packageOf(change.Path("vendor/"+spec)) >= 0 {
		return true
	}
	for m := spec; !modules[m]; {
		i := strings.LastIndexByte(m, '/')
		if i < 0 {
			return false
		}
		m = m[:i]
	}
	return true
}
