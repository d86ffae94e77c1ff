package lang

import (
	"slices"
	"strings"
)

// newJavaResolver indexes the types that the Java files of the tree declare, by
// package. Where a file lies decides nothing, only what it declares; but of several
// types with one name that in the own module counts.
func newJavaResolver(tree Tree) Resolver {
	r := &javaResolver{
		tree: tree, packages: map[string]map[string][]string{}, others: map[string][]string{},
		modules: map[string]javaModuleInfo{}, provided: map[string][]string{}, loaders: map[string]bool{}, versions: map[string]map[string]javaVersions{},
	}
	for _, path := range tree.Files() {
		switch Extension(path) {
		case ".java":
			r.add(path)
		case ".kt", ".groovy", ".scala":
			stem := baseOf(path)
			stem = stem[:len(stem)-len(Extension(path))]
			r.others[stem] = append(r.others[stem], path)
		}
	}
	return r
}

type javaResolver struct {
	tree     Tree
	packages map[string]map[string][]string // package -> type -> files, sorted
	others   map[string][]string            // stem -> files of other languages of the JVM
	modules  map[string]javaModuleInfo      // by name
	provided map[string][]string            // by the name of a service: files that say that they provide it
	offered  []javaOffer
	loaders  map[string]bool // files that load services for others
	served   int             // see maxServed
	released bool            // some file is one of a later release of Java: see isRelease
	versions map[string]map[string]javaVersions
	services map[string][]string // see Serves; nil: not looked for yet
	looks    int                 // names looked up for wildcards
}

const (
	javaNearest = 900 // several files declare the type; this one is in the own module
	javaTies    = 600 // several do, and all of them count
	javaNamed   = 700 // a string spells the full name of a type
	javaOther   = 800 // a file of another JVM language has the name, in a matching folder

	maxTies = 16
	// maxWildcardLooks bounds the names looked up for the wildcard imports of one tree;
	// beyond it they are unresolved.
	maxWildcardLooks = 20_000_000
)

func (r *javaResolver) add(path string) {
	facts := r.tree.Facts(path)
	if facts == nil {
		return
	}
	r.released = r.released || isRelease(path)
	types := r.declare(path, facts.Types)
	if stem := strings.TrimSuffix(baseOf(path), ".java"); len(types) == 0 && !strings.Contains(stem, "-") {
		types = []string{stem} // damaged, or a compact source file
	}
	declared := r.packages[facts.Package]
	if declared == nil {
		declared = map[string][]string{}
		r.packages[facts.Package] = declared
	}
	for _, name := range types {
		if files := declared[name]; len(files) == 0 || files[len(files)-1] != path {
			declared[name] = append(files, path)
		}
	}
}

func (r *javaResolver) Resolve(from string, imp Import) Resolution {
	if imp.Kind == SamePackage || imp.Kind == Named {
		to := r.mentioned(from, imp.Spec)
		if to.External = len(to.Files) == 0; imp.Kind == Named {
			to.Confidence = min(to.Confidence, javaNamed)
		}
		return to
	}
	if len(imp.Spec) > maxSpec {
		return Resolution{}
	}
	if module, ok := strings.CutPrefix(imp.Spec, javaModule); ok {
		return r.importedModule(from, module)
	}
	if to := r.named(from, imp.Spec); len(to.Files) > 0 {
		return to
	}
	if len(imp.Names) > 0 {
		return r.wildcard(from, imp.Spec)
	}
	return Resolution{External: !r.claims(imp.Spec)}
}

// mentioned resolves a name used without import. A file's own types are none.
func (r *javaResolver) mentioned(from, name string) Resolution {
	to := Resolution{}
	if strings.IndexByte(name, '.') >= 0 {
		if len(name) > maxSpec {
			return to
		}
		to = r.named(from, name)
	} else if facts := r.tree.Facts(from); facts != nil {
		to = r.typeIn(from, facts.Package, name)
	}
	if slices.Contains(to.Files, from) {
		return Resolution{}
	}
	return to
}

// named finds the file of a full name: the longest package that declares the next
// element as a type. What stands behind it is a nested type or a member.
func (r *javaResolver) named(from, name string) Resolution {
	if strings.Count(name, ".") > maxElements {
		return Resolution{}
	}
	for end := strings.LastIndexByte(name, '.'); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		next, _, _ := strings.Cut(name[end+1:], ".")
		if to := r.typeIn(from, name[:end], next); len(to.Files) > 0 {
			return to
		}
	}
	return Resolution{}
}

// typeIn finds the file that declares the type: of several, those in the module of the
// importing file; without one there, all, or the nearest when they are too many.
func (r *javaResolver) typeIn(from, pkg, name string) Resolution {
	files := r.packages[pkg][name]
	switch len(files) {
	case 0:
		return r.otherLanguage(pkg, name)
	case 1:
		if pkg == "" && folderOf(files[0]) != folderOf(from) {
			return Resolution{} // each folder has an unnamed package of its own
		}
		return Resolution{Files: slices.Clone(files), Confidence: 1000}
	}
	near := nearest(files, from)
	home := javaHome(from)
	for _, file := range r.otherReleases(pkg, name, home, from) {
		if len(near) >= maxTies {
			break
		}
		if !slices.Contains(near, file) {
			near = append(near, file)
		}
	}
	slices.Sort(near)
	own := slices.DeleteFunc(slices.Clone(near), func(file string) bool {
		return javaHome(file) != home || pkg == "" && folderOf(file) != folderOf(from)
	})
	switch {
	case len(own) > 0:
		return Resolution{Files: own, Confidence: javaNearest}
	case pkg == "":
		return Resolution{}
	case len(files) <= maxTies:
		near = slices.Clone(files)
	}
	return Resolution{Files: near, Confidence: javaTies}
}

// javaHome is the module of a file by the layout that Maven and Gradle share: the
// folder that holds the innermost "src"; without one, its own folder.
func javaHome(path string) string {
	if i := strings.LastIndex("/"+path, "/src/"); i >= 0 {
		return path[:i]
	}
	return folderOf(path)
}

// nearest are the paths that share the most leading folders with from. In sorted paths
// they stand around the place where from would.
func nearest(files []string, from string) []string {
	at, _ := slices.BinarySearch(files, from)
	best := 0
	for _, i := range []int{at - 1, at} {
		if i >= 0 && i < len(files) {
			best = max(best, sharedFolders(files[i], from))
		}
	}
	lo, hi := at, at
	for lo > 0 && at-lo < maxTies && sharedFolders(files[lo-1], from) == best {
		lo--
	}
	for hi < len(files) && hi-at < maxTies && sharedFolders(files[hi], from) == best {
		hi++
	}
	return slices.Clone(files[lo:hi])
}

// otherLanguage finds a Kotlin, Groovy or Scala file named like the type, in folders
// named like the package.
func (r *javaResolver) otherLanguage(pkg, name string) Resolution {
	if pkg == "" {
		return Resolution{}
	}
	folder := "/" + strings.ReplaceAll(pkg, ".", "/")
	for i, path := range r.others[name] {
		if i == maxTies {
			break
		}
		if strings.HasSuffix("/"+folderOf(path), folder) {
			return Resolution{Files: []string{path}, Confidence: javaOther}
		}
	}
	return Resolution{}
}

// wildcard resolves "import a.b.*" to the types of the package that the importing file
// mentions and that its own package does not have. A wildcard of which nothing is used
// depends on nothing: then it counts as external, as one of a foreign package.
func (r *javaResolver) wildcard(from, pkg string) Resolution {
	facts := r.tree.Facts(from)
	declared := r.packages[pkg]
	if facts == nil || declared == nil {
		return Resolution{External: true}
	}
	own := r.packages[facts.Package]
	var files []string
	confidence := 1000
	for _, imp := range facts.Imports {
		if imp.Kind != SamePackage {
			continue
		}
		if r.looks++; r.looks > maxWildcardLooks {
			return Resolution{}
		}
		if len(own[imp.Spec]) > 0 || len(declared[imp.Spec]) == 0 {
			continue
		}
		to := r.typeIn(from, pkg, imp.Spec)
		files = append(files, to.Files...)
		confidence = min(confidence, to.Confidence)
	}
	if len(files) == 0 {
		return Resolution{External: true}
	}
	return Resolution{Files: targets(files...), Confidence: confidence}
}

// claims says that a name which was not found should be in this tree: its package is
// declared here. By convention the package ends before the first element that does not
// start in lower case; without such an element, before the last one.
func (r *javaResolver) claims(name string) bool {
	end := strings.LastIndexByte(name, '.')
	for i := 0; i < len(name); {
		next, _, _ := strings.Cut(name[i:], ".")
		if next != "" && isTypeName([]byte(next)) {
			end = i - 1
			break
		}
		i += len(next) + 1
	}
	return end > 0 && r.packages[name[:end]] != nil
}
