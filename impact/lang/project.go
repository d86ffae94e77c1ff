package lang

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Claimer is a Resolver whose project files say which names belong to the tree.
type Claimer interface {
	Claims() []string // in any order
}

// Vendors are the folders that GoFolders has.
func (r *goResolver) Vendors() []string { return slices.Sorted(maps.Keys(r.vendors)) }

// Claims are the paths of all modules of the tree, and those that folders of it stand in
// for.
func (r *goResolver) Claims() []string {
	all := slices.Concat(slices.Collect(maps.Keys(r.modules)), slices.Collect(maps.Keys(r.local)))
	for _, w := range r.works {
		all = slices.AppendSeq(all, maps.Keys(w.places))
	}
	return all
}

// ConfiguresNames says that a file, if it is there, may say what names of Python or Java mean
// that stand in no import.
func ConfiguresNames(path string) bool {
	return slices.Contains(pySettingsFiles[:], baseOf(path)) || strings.Contains("/"+path, "/"+ServiceFolder)
}

// SameProject says whether two texts of a project file at path mean the same for all
// imports of a tree with these claims: most changes to one move a version. What it does
// not know is not the same.
func SameProject(path string, a, b []byte, claims []string) bool {
	switch {
	case bytes.Equal(a, b):
		return true
	case a == nil || b == nil:
		return false
	case baseOf(path) == "go.mod":
		return sameGoMod(parseGoMod(folderOf(path), a), parseGoMod(folderOf(path), b), claims)
	case baseOf(path) == "package.json":
		return reflect.DeepEqual(parsePackage(folderOf(path), a), parsePackage(folderOf(path), b))
	case slices.Contains(pySettingsFiles[:], baseOf(path)):
		return samePySettings(path, a, b)
	}
	return false
}

// sameGoMod compares what resolution needs of a go.mod. That another module is required,
// or no more, means nothing if the tree holds no module of that path, below it or
// above it: its packages were and are somebody else's.
func sameGoMod(a, b *goModule, claims []string) bool {
	if a.path != b.path || !maps.Equal(a.replaced, b.replaced) {
		return false
	}
	for _, pair := range [][2]map[string]bool{{a.required, b.required}, {b.required, a.required}} {
		for path := range pair[0] {
			if pair[1][path] {
				continue
			}
			for _, claim := range append([]string{a.path}, claims...) {
				_, above := cutModule(path, claim)
				_, below := cutModule(claim, path)
				if above || below {
					return false
				}
			}
		}
	}
	return true
}
