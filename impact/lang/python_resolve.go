package lang

import (
	"cmp"
	"slices"
	"strings"
)

// newPythonResolver finds the folders that the interpreter may have on its path
// (roots) and which top-level names each of them offers.
//
// Roots are the root of the tree, every folder with a project file, "src" in both,
// and every folder that holds a top-level package: one with an __init__.py whose
// parent folder has none. Nothing in the tree says which of them are on the path when
// a file runs, so roots above the importing file come first and count fully.
func newPythonResolver(tree Tree) Resolver {
	r := &pyResolver{
		tree: tree, folders: map[string]bool{}, roots: map[string]pyRoot{}, names: map[string][]string{}, known: map[string]bool{},
		strays: map[string][]string{}, pytest: map[string][]Preload{}, django: map[string][]string{},
	}
	var modules []string
	for _, path := range tree.Files() {
		switch base := baseOf(path); {
		case isPyModule(base):
			modules = append(modules, path)
			for dir := range ancestors(folderOf(path)) {
				if r.folders[dir] {
					break
				}
				r.folders[dir] = true
			}
		case base == "pyproject.toml" || base == "setup.cfg":
			r.roots[folderOf(path)] = pyDeclared
		}
		if baseOf(path) == "setup.py" {
			r.roots[folderOf(path)] = pyDeclared
		}
		if slices.Contains(pyProjectFiles[:], baseOf(path)) {
			r.projects = append(r.projects, path)
		}
	}
	r.roots["."] = pyDeclared
	for root := range r.roots {
		if src := under(root, "src"); r.folders[src] && !r.isPackage(src) {
			r.roots[src] = pyDeclared
		}
	}
	for _, path := range modules {
		if !isPyInit(baseOf(path)) {
			continue
		}
		if parent := folderOf(folderOf(path)); folderOf(path) != "." && r.roots[parent] == 0 && !r.isPackage(parent) {
			r.roots[parent] = pyDerived
		}
	}
	r.nameTopLevel(modules)
	return r
}

type pyResolver struct {
	tree    Tree
	folders map[string]bool     // holds Python files, at any depth
	roots   map[string]pyRoot   // folders that may be on the interpreter's path
	names   map[string][]string // top-level name -> roots that offer it
	known   map[string]bool     // names of all modules and folders, wherever they are
	byBase  map[string][]string // see scripts
	strays  map[string][]string // names of plain modules in folders that are neither roots nor packages -> files
	labels  map[string][]string // see indexLabels; nil: not looked for yet
	pytest  map[string][]Preload
	django  map[string][]string // see settings

	projects  []string   // settings files of projects
	installed *pyProject // see project; nil: not read yet
}

// pyRoot says how a folder came to be a root.
type pyRoot uint8

const (
	pyDerived  pyRoot = iota + 1 // holds a top-level package
	pyDeclared                   // the root of the tree, a project file, "src"
)

const (
	pyElsewhere = 900 // in a declared root that is not above the importing file
	pyFixture   = 600 // in a derived root that is not above it, or in one that is a package itself
	pyAmbiguous = 500 // several roots elsewhere offer the name
	pyShadows   = 500 // a module of the standard library has the same name
	pyGuess     = 600 // a relative dynamic import: relative to what is not known
	maxPyRoots  = 16  // roots elsewhere that are asked for one name
	maxPyAbove  = 64  // folders above the importing file that are asked
)

func isPyModule(base string) bool {
	return strings.HasSuffix(base, ".py") || strings.HasSuffix(base, ".pyi") || strings.HasSuffix(base, ".pyx")
}

func isPyInit(base string) bool { return base == "__init__.py" || base == "__init__.pyi" }

func (r *pyResolver) isPackage(folder string) bool {
	return r.tree.Has(under(folder, "__init__.py")) || r.tree.Has(under(folder, "__init__.pyi"))
}

// nameTopLevel lists which roots offer which names: modules and folders right in them.
// Declared roots come first, then shallow ones: those are likeliest to be installed.
func (r *pyResolver) nameTopLevel(modules []string) {
	offer := func(root, name string) {
		if r.roots[root] != 0 {
			r.names[name] = append(r.names[name], root)
		}
	}
	for _, path := range modules {
		stem, _, _ := strings.Cut(baseOf(path), ".")
		r.known[stem] = true
		offer(folderOf(path), stem)
		if folder := folderOf(path); r.roots[folder] == 0 && strings.HasSuffix(path, ".py") && !r.isPackage(folder) && len(r.strays[stem]) <= maxPyStrays {
			r.strays[stem] = append(r.strays[stem], path)
		}
	}
	for folder := range r.folders {
		if folder != "." {
			r.known[baseOf(folder)] = true
			offer(folderOf(folder), baseOf(folder))
		}
	}
	for name, roots := range r.names {
		slices.SortFunc(roots, func(a, b string) int {
			return cmp.Or(
				cmp.Compare(r.roots[b], r.roots[a]),
				cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")),
				cmp.Compare(a, b),
			)
		})
		roots = slices.Compact(roots)
		r.names[name] = roots[:min(len(roots), maxPyRoots)]
	}
}

func (r *pyResolver) Resolve(from string, imp Import) Resolution {
	if len(imp.Spec) > maxSpec || strings.Count(imp.Spec, ".") > maxElements {
		return Resolution{}
	}
	switch {
	case imp.Kind == Glob:
		return r.folder(from, imp)
	case imp.Kind == Handed:
		return r.handed(from, imp.Spec)
	case imp.Kind == Named && imp.Level > 0:
		return r.beside(from, imp)
	case imp.Kind == Named:
		return r.named(from, imp)
	case imp.Level > 0:
		return r.relative(from, imp)
	case imp.Spec == "django.conf" && slices.Contains(imp.Names, "settings"):
		if files := r.settings(folderOf(from)); len(files) > 0 {
			return Resolution{Files: files, Confidence: pyNamed}
		}
	}
	to := r.absolute(from, imp)
	if len(to.Files) == 0 {
		if as := r.installedAs(from, imp); len(as.Files) > 0 {
			return as
		}
	}
	return to
}

func (r *pyResolver) relative(from string, imp Import) Resolution {
	base, ok := relativeBase(from, imp.Level)
	if !ok {
		return Resolution{}
	}
	found := r.module(base, imp)
	confidence := 1000
	if imp.Kind == Dynamic {
		confidence = pyGuess
	}
	to := found.resolution(from, confidence)
	to.External = len(to.Files) == 0 && (found.namespace || r.written(base, imp))
	return to
}

func (r *pyResolver) absolute(from string, imp Import) Resolution {
	first, _, _ := strings.Cut(imp.Spec, ".")
	if !r.known[first] {
		return Resolution{External: true}
	}
	folder := folderOf(from)
	_, standard := slices.BinarySearch(pyStandard[:], first)
	claimed := false
	if !r.isPackage(folder) { // a script: its own folder comes first on the path
		if found := r.module(folder, imp); found.regular || len(found.files) > 0 && !standard {
			return found.resolution(from, 1000)
		}
	}
	var best pyFound
	confidence := 1000
	for root := range r.above(folder) {
		found := r.module(root, imp)
		if found.namespace {
			return Resolution{External: true}
		}
		claimed = claimed || r.offers(root, first)
		if len(found.files) > 0 && (!standard || found.regular) {
			if best = found; root != "." && r.isPackage(root) {
				confidence = pyFixture
			}
			break
		}
	}
	if len(best.files) > 0 {
		if standard {
			confidence = min(confidence, pyShadows)
		}
		return best.resolution(from, confidence)
	}
	if standard {
		return Resolution{External: true}
	}
	to, known := r.elsewhere(folder, from, imp, first)
	if len(to.Files) > 0 {
		return to
	}
	if imp.Kind != Named && !claimed {
		if to := r.stray(from, imp); len(to.Files) > 0 {
			return to
		}
	}
	if !claimed && !known {
		return Resolution{External: true}
	}
	for root := range r.above(folder) {
		if r.written(root, imp) {
			return Resolution{External: true}
		}
	}
	return Resolution{}
}

// above yields the roots among the folder, those above it, and "src" in those.
func (r *pyResolver) above(folder string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		n := 0
		for dir := range ancestors(folder) {
			if n++; n > maxPyAbove {
				return
			}
			if r.roots[dir] != 0 && !yield(dir) {
				return
			}
			if src := under(dir, "src"); r.roots[src] != 0 && !yield(src) {
				return
			}
		}
	}
}

// offers says that a regular package or module of that name is right in root. A
// namespace package does not count: others outside of the tree may share its name.
func (r *pyResolver) offers(root, name string) bool {
	path := under(root, name)
	return r.isPackage(path) || len(r.moduleFiles(path)) > 0
}

// elsewhere asks the roots that are not above the importing file. known says that a
// declared one offers the first name, with or without the rest.
func (r *pyResolver) elsewhere(folder, from string, imp Import, first string) (to Resolution, known bool) {
	var all pyFound
	confidence := 0
	for _, root := range r.names[first] {
		if root == "." || strings.HasPrefix(folder+"/", root+"/") {
			continue // above the file: asked before
		}
		found := r.module(root, imp)
		known = known || r.roots[root] == pyDeclared && r.offers(root, first)
		if len(found.files) == 0 {
			continue
		}
		switch {
		case len(all.files) > 0:
			confidence = pyAmbiguous
		case r.roots[root] == pyDeclared:
			confidence = pyElsewhere
		default:
			confidence = pyFixture
		}
		all.files = append(all.files, found.files...)
	}
	if len(r.names[first]) == maxPyRoots {
		return Resolution{}, true // too many to tell apart
	}
	return all.resolution(from, confidence), known
}

// pyFound is what an import names below one folder.
type pyFound struct {
	files   []string
	regular bool // a module or a package with an __init__, not only a namespace
	// namespace: only a folder without __init__ has that name. It runs no code, so the
	// import depends on nothing; what is used of it some other import names.
	namespace bool
}

func (f pyFound) resolution(from string, confidence int) Resolution {
	files := targets(f.files...)
	if len(files) == 0 {
		return Resolution{}
	}
	if rest := slices.DeleteFunc(slices.Clone(files), func(s string) bool { return s == from }); len(rest) > 0 {
		files = rest // "from . import x" in an __init__.py names x, not itself
	}
	return Resolution{Files: files, Confidence: confidence}
}

// module looks for the dotted name below base, and for the submodules among Names.
func (r *pyResolver) module(base string, imp Import) pyFound {
	path := base
	if imp.Spec != "" {
		path = under(base, strings.ReplaceAll(imp.Spec, ".", "/"))
	}
	var found pyFound
	found.files = r.inits(path)
	if len(found.files) == 0 && imp.Spec != "" {
		found.files = r.moduleFiles(path)
	}
	found.regular = len(found.files) > 0
	if r.folders[path] {
		r.submodules(&found, path, imp)
	}
	if len(found.files) > 0 {
		found.files = append(found.files, r.packagesAbove(base, imp)...)
	}
	return found
}

// inits are the files of a package that run when it is imported.
func (r *pyResolver) inits(folder string) (files []string) {
	for _, init := range []string{"__init__.py", "__init__.pyi"} {
		if file := under(folder, init); r.tree.Has(file) {
			files = append(files, file)
		}
	}
	return files
}

// packagesAbove are the files of the packages around a module that an import of it needs for
// itself: after "import a.b.c" it has a and a.b, too, and where a/b has no __init__.py, c does
// not know of the one in a. (What knows of its own package has an edge to it: see
// addInit in impact.)
func (r *pyResolver) packagesAbove(base string, imp Import) (files []string) {
	binds := len(imp.Names) == 0 && imp.Kind == Static
	parts := strings.Split(imp.Spec, ".")
	path := base
	for i := range len(parts) - 1 {
		path = under(path, parts[i])
		if binds || r.folders[under(path, parts[i+1])] && !r.tree.Has(under(under(path, parts[i+1]), "__init__.py")) {
			files = append(files, r.inits(path)...)
		}
	}
	return files
}

// submodules looks for those among the names that an import takes from a package.
func (r *pyResolver) submodules(found *pyFound, path string, imp Import) {
	folders := len(imp.Names) == 0
	for _, name := range imp.Names {
		if len(name) > maxSpec {
			continue
		}
		sub := under(path, name)
		inits := r.inits(sub)
		if found.files = append(found.files, inits...); len(inits) == 0 {
			found.files = append(found.files, r.moduleFiles(sub)...)
		}
		folders = folders || name == "*" || r.folders[sub]
	}
	found.namespace = folders && len(found.files) == 0
}

// moduleFiles are the files of the module at path, without suffix: the source, its
// stub, or the source of an extension module.
func (r *pyResolver) moduleFiles(path string) (files []string) {
	for _, suffix := range []string{".py", ".pyi", ".pyx"} {
		if r.tree.Has(path + suffix) {
			files = append(files, path+suffix)
		}
	}
	return files
}
