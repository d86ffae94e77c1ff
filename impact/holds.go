package impact

import (
	"sort"
	"strings"

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
	for _, f := range g.over.otherFiles(func(p change.Path) bool { return baseName(p) == "go.mod" }) {
		if f.entry.Mode.IsRegular() {
			folders = append(folders, folderOf(f.path))
		}
	}
	return folders, !g.over.bad.Load()
}

// HoldsGoTest says whether a test of Go stands right in a folder, as Holds does. Where
// something else has the name of one, such as a link, it does not know.
func (g *Graph) HoldsGoTest(folder change.Path) (is, known bool) {
	if g == nil || !g.isFlat() {
		return false, false
	}
	const ends = "_test.go"
	for _, n := range g.filesOf(folder) {
		if path := g.Node(n).Path; strings.HasSuffix(string(path), ends) && folderOf(path) == folder {
			return true, !g.over.bad.Load()
		}
	}
	if folder == "." {
		return false, false
	}
	within := folder.Escaped() + "/"
	other := func(escaped string) bool {
		rest, in := strings.CutPrefix(escaped, within)
		return in && strings.HasSuffix(rest, ends) && !strings.Contains(rest, "/")
	}
	for i := range g.over.skips {
		if other(g.over.skips[i].Path) {
			return false, false
		}
	}
	for _, group := range g.over.groups {
		text := func(i int) string { return g.over.text(g.over.row(atSkips, i, g.over.skipRow())) }
		i := group.start + sort.Search(group.end-group.start, func(i int) bool { return text(group.start+i) >= within })
		for ; i < group.end; i++ {
			path := text(i)
			if other(path) {
				return false, false
			}
			if !strings.HasPrefix(path, within) {
				break
			}
		}
	}
	return false, !g.over.bad.Load()
}
