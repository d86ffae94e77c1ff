package lang

import (
	"maps"
	"slices"
	"strings"
)

// newGoResolver reads every go.mod and go.work of the tree and notes which folders hold Go files.
func newGoResolver(tree Tree) Resolver {
	r := &goResolver{
		tree:    tree,
		folders: map[string]bool{},
		roots:   map[string]*goModule{},
		works:   map[string]*goWork{},
		modules: map[string][]*goModule{},
		local:   map[string]string{},
		vendors: map[string]bool{},
		places:  map[string]*goPlace{},
	}
	if known, ok := tree.(GoTree); ok && known.GoFolders() != nil {
		r.holds = known.GoFolders().Holds
		for _, folder := range known.GoFolders().Vendors {
			r.vendors[folder] = true
		}
		for _, path := range known.GoFolders().Projects {
			r.addProject(path)
		}
	} else {
		for _, path := range tree.Files() {
			if Extension(path) == ".go" {
				r.addFolder(folderOf(path))
			} else {
				r.addProject(path)
			}
		}
	}
	r.addWorkspaces()
	for _, root := range slices.Sorted(maps.Keys(r.roots)) {
		for path, folder := range r.roots[root].replaced {
			if _, ok := r.local[path]; !ok {
				r.local[path] = folder
			}
		}
	}
	if len(r.roots) == 0 {
		r.guessed = r.guessPrefix()
	}
	return r
}

// A GoTree is a Tree that knows already what the resolver for Go would look for in the
// list of its files.
type GoTree interface {
	GoFolders() *GoFolders // nil: it does not know
}

// GoFolders are where a tree has Go files.
type GoFolders struct {
	Holds    func(folder string) bool // a file with the extension .go
	Vendors  []string                 // folders with a folder "vendor" that has packages in it
	Projects []string                 // all go.mod and go.work, sorted
}

// addProject reads a go.mod or go.work.
func (r *goResolver) addProject(path string) {
	switch baseOf(path) {
	case "go.work":
		src := r.tree.Read(path)
		r.blind = r.blind || src == nil
		r.works[folderOf(path)] = parseGoWork(folderOf(path), src)
	case "go.mod":
		src := r.tree.Read(path)
		r.blind = r.blind || src == nil
		m := parseGoMod(folderOf(path), src)
		r.roots[m.root] = m
		if m.path != "" && len(r.modules[m.path]) < maxClaims {
			r.modules[m.path] = append(r.modules[m.path], m)
		}
	}
}

// has says whether a folder holds Go files.
func (r *goResolver) has(folder string) bool {
	if r.holds != nil {
		return r.holds(folder)
	}
	return r.folders[folder]
}

// IsRoot says whether project files name a folder as the root of a module, so that imports
// may mean it which do not end with its name.
func (r *goResolver) IsRoot(folder string) bool {
	if r.roots[folder] != nil {
		return true
	}
	for _, m := range r.roots {
		for _, to := range m.replaced {
			if to == folder {
				return true
			}
		}
	}
	for _, w := range r.works {
		if slices.Contains(w.uses, folder) {
			return true
		}
		for _, to := range w.places {
			if to == folder {
				return true
			}
		}
	}
	return false
}

type goResolver struct {
	tree    Tree
	holds   func(string) bool      // instead of folders, where the tree knows
	folders map[string]bool        // holds a .go file
	vendors map[string]bool        // holds a folder "vendor" with packages in it
	roots   map[string]*goModule   // by folder
	works   map[string]*goWork     // by folder
	modules map[string][]*goModule // by module path; several in trees with fixtures
	local   map[string]string      // module path -> folder, from the replace lines of all modules
	places  map[string]*goPlace    // by folder, as asked for
	guessed string                 // import path of the root, in a tree without go.mod
	blind   bool                   // a go.mod could not be read: what it names is not known
	globbed int                    // paths that embed patterns were compared with
}

const (
	goOtherModule = 900 // of this tree, but the importing module does not ask for it to be taken from here
	goCrossed     = 600 // the folder belongs to a nested module of another path
	goNoModule    = 700 // no go.mod: the import path of the root is guessed
)

func (r *goResolver) Resolve(from string, imp Import) Resolution {
	folder := folderOf(from)
	switch spec := imp.Spec; {
	case imp.Kind == Embed:
		return r.embed(folder, spec)
	case imp.Kind == Named:
		return r.program(from, spec)
	case spec == "C" || spec == "unsafe":
		return Resolution{External: true}
	case spec == "." || spec == ".." || strings.HasPrefix(spec, "./") || strings.HasPrefix(spec, "../"):
		if to, ok := joinPath(folder, spec); ok && r.has(to) {
			return Resolution{Package: to, Confidence: 1000}
		}
		return Resolution{}
	case spec == "" || spec[0] == '/' || len(spec) > maxSpec:
		return Resolution{}
	}
	own := r.moduleOf(folder)
	if own == nil && len(r.roots) == 0 {
		return r.withoutModules(folder, imp.Spec)
	}
	return r.withModules(folder, own, imp.Spec)
}

// maxClaims bounds how many modules of the same path are kept: as many count as too
// many to tell apart.
const maxClaims = 16

// What is looked up at all, in any language.
const (
	maxSpec     = 1024 // bytes of a name
	maxElements = 64   // of a dotted name
)

// addFolder notes a folder of Go files, and the vendor folders that it lies in.
func (r *goResolver) addFolder(folder string) {
	if r.folders[folder] {
		return
	}
	r.folders[folder] = true
	for rest := folder; ; {
		i := strings.LastIndex("/"+rest, "/vendor/")
		if i < 0 {
			return
		}
		rest = strings.TrimSuffix(rest[:i], "/")
		r.vendors[under(".", rest)] = true
	}
}

// A goPlace is what the folders above a folder mean to it.
type goPlace struct {
	module  *goModule // of the nearest go.mod; nil when there is none
	vendors []string  // folders whose vendor folder it sees, nearest first
	sources []string  // folders named src above it, nearest first
}

// place looks up the tree once per folder.
func (r *goResolver) place(folder string) *goPlace {
	if p := r.places[folder]; p != nil {
		return p
	}
	p := &goPlace{}
	r.places[folder] = p
	for dir := range ancestors(folder) {
		if r.vendors[dir] {
			p.vendors = append(p.vendors, under(dir, "vendor"))
		}
		if baseOf(dir) == "src" {
			p.sources = append(p.sources, dir)
		}
		if p.module = r.roots[dir]; p.module != nil {
			break
		}
	}
	if p.module != nil && p.module.work != nil && r.vendors[p.module.work.folder] {
		p.vendors = append(p.vendors, under(p.module.work.folder, "vendor")) // go work vendor
	}
	return p
}

func (r *goResolver) moduleOf(folder string) *goModule { return r.place(folder).module }

// withModules follows the order of the go command: the standard library, the own
// module, what go.mod replaces by a folder of this tree or requires of it, the vendor
// folder; at last any module of the tree. A module's own packages come before a nested module of the
// same path: the go command does not see one that nobody requires.
func (r *goResolver) withModules(folder string, own *goModule, spec string) Resolution {
	if to, ok := r.standard(own, spec); ok {
		return to
	}
	if own != nil {
		if rest, ok := cutModule(spec, own.path); ok {
			if to := under(own.root, rest); r.has(to) && r.moduleOf(to) == own {
				return Resolution{Package: to, Confidence: 1000}
			}
		}
	}
	to, confidence, claimed := r.asked(own, spec)
	vendored := r.inFolders(r.place(folder).vendors, spec)
	switch {
	case to != "":
		return Resolution{Package: to, Vendored: vendored, Confidence: confidence}
	case vendored != "":
		return Resolution{Package: vendored, Confidence: 1000}
	}
	to, confidence, several := r.unasked(spec)
	if to != "" {
		return Resolution{Package: to, Confidence: confidence}
	}
	return Resolution{External: !claimed && !several && !r.blind}
}

// cutModule is spec without the module's path, if it lies in the module.
func cutModule(spec, module string) (string, bool) {
	rest, ok := strings.CutPrefix(spec, module)
	if !ok || module == "" || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// asked looks in the modules of this tree that the own workspace or go.mod names: used
// together, replaced by a folder, or required. One that is only required the go command
// takes from elsewhere, in the version that it was published as: a change of the one here
// arrives with the next. claimed says that one of them, or the own module, should hold the
// package.
func (r *goResolver) asked(own *goModule, spec string) (folder string, confidence int, claimed bool) {
	if own == nil {
		return "", 0, false
	}
	for head, rest := range prefixes(spec) {
		if root, ok := own.work.root(head); ok {
			if to := under(root, rest); r.has(to) {
				return to, 1000, true
			}
			claimed = true
		}
		if root, ok := own.replaced[head]; ok {
			if to := under(root, rest); r.has(to) {
				return to, 1000, true
			}
			claimed = true
		}
		if own.required[head] {
			if m, several := r.holder(head, rest); m != nil && !several {
				return under(m.root, rest), goOtherModule, true
			}
			if claimed = claimed || len(r.modules[head]) > 0; !claimed {
				return "", 0, false // a dependency from outside of this tree
			}
		}
		claimed = claimed || head == own.path
	}
	return "", 0, claimed
}

// unasked looks in all modules of the tree, as a go.work file or another module's
// replace lines may ask for them.
func (r *goResolver) unasked(spec string) (folder string, confidence int, several bool) {
	for head, rest := range prefixes(spec) {
		m, several := r.holder(head, rest)
		switch {
		case several:
			return "", 0, true
		case m == nil:
			if root, ok := r.local[head]; ok && r.has(under(root, rest)) {
				return under(root, rest), goOtherModule, false
			}
		case r.moduleOf(under(m.root, rest)) != m:
			return under(m.root, rest), goCrossed, false
		default:
			return under(m.root, rest), goOtherModule, false
		}
	}
	return "", 0, false
}

// holder is the module of that path which has Go files in folder rest. With several
// of them nothing says which one is meant.
func (r *goResolver) holder(path, rest string) (holder *goModule, several bool) {
	for _, m := range r.modules[path] {
		if r.has(under(m.root, rest)) {
			several = several || holder != nil
			holder = m
		}
	}
	return holder, several || len(r.modules[path]) == maxClaims
}

// inFolders looks for package spec below the first of the roots that holds it.
func (r *goResolver) inFolders(roots []string, spec string) string {
	for _, root := range roots {
		if to := under(root, spec); r.has(to) {
			return to
		}
	}
	return ""
}

// standard answers for paths of the standard library; in Go's own tree they are
// packages of module "std".
func (r *goResolver) standard(own *goModule, spec string) (Resolution, bool) {
	first, _, _ := strings.Cut(spec, "/")
	if _, found := slices.BinarySearch(goStandard[:], first); !found {
		return Resolution{}, false
	}
	if own != nil {
		if rest, ok := cutModule(spec, own.path); ok && r.has(under(own.root, rest)) {
			return Resolution{}, false // a module that bears a name of the standard library
		}
		if own.path == "std" || own.path == "cmd" {
			for _, std := range r.modules["std"] {
				if to := under(std.root, spec); r.has(to) {
					return Resolution{Package: to, Confidence: 1000}, true
				}
			}
		}
	}
	return Resolution{External: true}, true
}

// goStandard are the first elements of the import paths of the standard library.
var goStandard = [...]string{
	"archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context",
	"crypto", "database", "debug", "embed", "encoding", "errors", "expvar", "flag",
	"fmt", "go", "hash", "html", "image", "index", "io", "iter", "log", "maps", "math",
	"mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "slices",
	"sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text",
	"time", "unicode", "unique", "unsafe", "weak",
}
