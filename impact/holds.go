package impact

import (
	"sort"

	"custody/internal/change"
)

// Holds says whether a regular file stands at a path of the graph's tree. It knows where the
// graph stands in a file, which knows every file of its tree.
func (g *Graph) Holds(path change.Path) (is, known bool) {
	if g == nil || !g.isFlat() {
		return false, false
	}
	is = g.over.holds(path)
	return is, !g.over.bad.Load()
}

func (g patched) holds(path change.Path) (is bool) {
	if n := g.find(false, path); n >= 0 {
		return g.node(n).mode.IsRegular()
	}
	escaped := path.Escaped()
	at := sort.Search(len(g.skips), func(i int) bool { return g.skips[i].Path >= escaped })
	for ; at < len(g.skips) && g.skips[at].Path == escaped; at++ {
		is = is || g.skips[at].mode.IsRegular()
	}
	if !is && !g.gone[path] {
		g.skipsOf(path, func(_ string, s flatSkip) { is = is || s.mode.IsRegular() })
	}
	return is
}

// GoModules are the folders of the tree with a regular go.mod, as Holds knows it.
func (g *Graph) GoModules() (folders []change.Path, known bool) {
	if g == nil || !g.isFlat() {
		return nil, false
	}
	for _, f := range g.over.otherFiles("go.mod", func(p change.Path) bool { return baseName(p) == "go.mod" }) {
		if f.entry.Mode.IsRegular() {
			folders = append(folders, folderOf(f.path))
		}
	}
	return folders, !g.over.bad.Load()
}

// Tagged says whether somebody has to set a build tag to have a file of Go.
func (g *Graph) Tagged(path change.Path) bool {
	n := g.node(path)
	return n >= 0 && g.Node(n).Marks&MarkTagged != 0
}

// GoTests are the tests of Go right in a folder, by name, and whether somebody has to set a
// build tag to have them.
func (g *Graph) GoTests(folder change.Path) map[string]bool {
	tests := map[string]bool{}
	for _, n := range g.filesOf(folder) {
		if node := g.Node(n); node.Kind == KindTest && folderOf(node.Path) == folder {
			tests[baseName(node.Path)] = node.Marks&MarkTagged != 0
		}
	}
	return tests
}
