package lang

import (
	"maps"
	"slices"
)

// A goWork is a go.work file: modules that are built together, from this tree.
type goWork struct {
	folder string
	uses   []string          // folders of modules
	places map[string]string // module path -> folder, of what it uses and what stands in for others
}

// root is the folder of a module of the workspace.
func (w *goWork) root(path string) (folder string, ok bool) {
	if w == nil {
		return "", false
	}
	folder, ok = w.places[path]
	return folder, ok
}

// parseGoWork reads a go.work as leniently as parseGoMod reads a go.mod. Its syntax is
// that of https://go.dev/ref/mod#go-work-file.
func parseGoWork(folder string, src []byte) *goWork {
	w := &goWork{folder: folder, places: map[string]string{}}
	goModLines(src, func(verb string, args []string) {
		switch verb {
		case "use":
			if len(args) > 0 {
				if dir, ok := joinPath(folder, args[0]); ok {
					w.uses = append(w.uses, dir)
				}
			}
		case "replace":
			if path, to, ok := goReplacement(folder, args); ok {
				w.places[path] = to
			}
		}
	})
	return w
}

// maxReplaced are the replacements that all workspaces together take from their modules.
const maxReplaced = 1_000_000

// addWorkspaces tells the modules which workspace they belong to: that of the nearest
// go.work above them which names them. What its modules replace is replaced in all of
// them, and what they are wins over what replaces them.
func (r *goResolver) addWorkspaces() {
	budget := maxReplaced
	for _, folder := range slices.Sorted(maps.Keys(r.works)) { // those further down later
		w := r.works[folder]
		slices.Sort(w.uses)
		w.uses = slices.Compact(w.uses)
		for _, root := range w.uses {
			if m := r.roots[root]; m != nil {
				if budget -= len(m.replaced); budget < 0 {
					r.blind = true // what is replaced is not known
					break
				}
				for path, to := range m.replaced {
					if _, ok := w.places[path]; !ok {
						w.places[path] = to
					}
				}
			}
		}
		for _, root := range w.uses {
			if m := r.roots[root]; m != nil && (root == folder || folder == "." || len(root) > len(folder) && root[:len(folder)+1] == folder+"/") {
				m.work = w
			}
		}
		for _, root := range w.uses {
			if m := r.roots[root]; m != nil && m.path != "" {
				w.places[m.path] = root
			}
		}
	}
}
