package lang

import (
	"math/bits"
	"slices"
	"strings"
)

// newScriptResolver reads every package.json of the tree, for the names of packages;
// tsconfig.json and jsconfig.json files are read when an import needs them.
func newScriptResolver(tree Tree) Resolver {
	r := &scriptResolver{
		tree:     tree,
		packages: map[string]*scriptPackage{},
		named:    map[string][]*scriptPackage{},
		stems:    map[string]scriptSuffixes{},
		modules:  map[string]bool{},
		configs:  map[string]*scriptConfig{},
		places:   map[string]*scriptPlace{},
		before:   map[string][]Preload{},
		bundlers: map[string][]string{},
		bundled:  map[string]*scriptBundler{},
	}
	for _, path := range tree.Files() {
		if i := strings.LastIndex("/"+path, "/node_modules/"); i >= 0 {
			r.modules[under(".", strings.TrimSuffix(path[:i], "/"))] = true
		}
		r.addStems(path)
		if folder, ok := bundlerFolder(path); ok && len(r.bundlers[folder]) < maxBundlers {
			r.bundlers[folder] = append(r.bundlers[folder], path)
		}
		if baseOf(path) != "package.json" {
			continue
		}
		src := tree.Read(path)
		p := parsePackage(folderOf(path), src)
		r.blind = r.blind || src == nil
		r.packages[p.folder] = p
		if p.name != "" && !strings.Contains("/"+path, "/node_modules/") && len(r.named[p.name]) < maxClaims {
			r.named[p.name] = append(r.named[p.name], p)
		}
	}
	return r
}

// scriptResolver follows the rules of Node.js (https://nodejs.org/api/esm.html,
// packages.html) and of TypeScript's bundler resolution where they differ: extensions
// may be missing, and x.js may mean x.ts.
type scriptResolver struct {
	tree     Tree
	packages map[string]*scriptPackage   // by folder
	named    map[string][]*scriptPackage // by name, those outside of node_modules
	stems    map[string]scriptSuffixes   // path without suffix -> those that are there
	blind    bool                        // a package.json could not be read: its name is not known
	modules  map[string]bool             // folders that hold a node_modules folder
	configs  map[string]*scriptConfig    // by path of the file
	places   map[string]*scriptPlace     // by folder, as asked for
	before   map[string][]Preload        // by folder, as asked for
	bundlers map[string][]string         // configurations of bundlers, by the folder that they are for
	bundled  map[string]*scriptBundler   // by path, as asked for
	ends     map[string][]string         // see indexEnds
	holds    map[string][]string         // see indexFolders
}

const (
	scriptWorkspace = 900 // a package of this tree; its version is not compared
	scriptTwins     = 500 // several packages bear the name: all of them count
	scriptSource    = 850 // the package names a built file; this is its likely source
	scriptAlias     = 700 // an alias that bundlers are told of where we do not look
	scriptHanded    = 700 // a path that code hands to a function, which may take it for something else
	scriptFolder    = 400 // a file of the folder from which code takes one by a name that it computes
	scriptEnds      = 400 // no package of that name is declared, and the path ends so
	maxScriptPacks  = 16  // package.json, tsconfig.json files above one folder
	// node_modules folders above one folder: npm nests a few
	maxScriptModules = 64
)

// A scriptPlace is what the folders above a folder mean to it.
type scriptPlace struct {
	packs   []*scriptPackage // of the package.json files above it, nearest first
	configs []string         // tsconfig.json or jsconfig.json files above it, nearest first
	modules []string         // node_modules folders it sees, nearest first
	// configurations of bundlers above it, nearest first
	bundlers []string
}

func (r *scriptResolver) place(folder string) *scriptPlace {
	if p := r.places[folder]; p != nil {
		return p
	}
	p := &scriptPlace{}
	r.places[folder] = p
	for dir := range ancestors(folder) {
		if pack := r.packages[dir]; pack != nil && len(p.packs) < maxScriptPacks {
			p.packs = append(p.packs, pack)
		}
		for _, name := range []string{"tsconfig.json", "jsconfig.json"} {
			if path := under(dir, name); r.tree.Has(path) && len(p.configs) < maxScriptPacks {
				p.configs = append(p.configs, path)
				break
			}
		}
		p.bundlers = append(p.bundlers, r.bundlers[dir][:min(len(r.bundlers[dir]), maxBundlers-len(p.bundlers))]...)
		if r.modules[dir] && len(p.modules) < maxScriptModules {
			p.modules = append(p.modules, under(dir, "node_modules"))
		}
	}
	return p
}

// nearest is the package that the folder belongs to; one without name or content when
// there is none.
func (p *scriptPlace) nearest() *scriptPackage {
	if len(p.packs) == 0 {
		return &scriptPackage{folder: "."}
	}
	return p.packs[0]
}

// foreign says that a package.json above the folder takes the package from a registry.
func (p *scriptPlace) foreign(name string) bool {
	return slices.ContainsFunc(p.packs, func(pack *scriptPackage) bool { return pack.foreign[name] })
}

// declares says that a package.json above the folder says where the package, or its types,
// come from.
func (p *scriptPlace) declares(name string) bool {
	typed := typesOf(name)
	return slices.ContainsFunc(p.packs, func(pack *scriptPackage) bool {
		return pack.foreign[name] || pack.linked[name] || pack.foreign[typed] || pack.linked[typed]
	})
}

// typesOf is the package that has the types of another one.
func typesOf(name string) string {
	return "@types/" + strings.ReplaceAll(strings.TrimPrefix(name, "@"), "/", "__")
}

func (r *scriptResolver) Resolve(from string, imp Import) Resolution {
	switch imp.Kind {
	case Handed:
		return r.handed(from, imp.Spec)
	case Glob:
		return r.glob(from, imp.Spec)
	}
	return r.means(from, imp.Spec)
}

// means answers for the name of a module, as an import says it.
func (r *scriptResolver) means(from, spec string) Resolution {
	folder := folderOf(from)
	spec = spec[strings.LastIndexByte(spec, '!')+1:] // loaders of webpack
	switch {
	case spec == "":
		return Resolution{}
	case len(spec) > maxSpec:
		return Resolution{External: hasScheme(spec)} // data:...
	case isRelative(spec):
		path, ok := joinPath(folder, spec)
		if !ok {
			return Resolution{}
		}
		if files := r.path(path, isFolder(spec)); files != nil {
			return exactly(r.swapped(r.place(folder), files))
		}
		return r.generated(r.place(folder), path)
	}
	place := r.place(folder)
	if spec[0] == '/' {
		return r.served(place, spec)
	}
	to, claimed := r.configured(place, spec)
	if len(to.Files) > 0 {
		return to
	}
	if path, ok := place.nearest().swaps[spec]; ok { // only in a bundle, so that it may be outside, too
		if files := r.file(path); files != nil {
			return Resolution{Files: targets(files...), Confidence: scriptAlias}
		}
	}
	if spec[0] == '#' {
		return r.private(place, spec, claimed)
	}
	if hasScheme(spec) {
		return Resolution{External: !claimed || scriptBuiltin(spec)}
	}
	aliased, ok := r.aliased(place, spec)
	if !ok {
		if to, ok := r.alias(place, spec); ok {
			return to
		}
	}
	to = r.fromPackage(place, spec, claimed)
	if len(aliased.Files) > 0 { // and not instead: a test's stand-in hides no package
		to.Files = targets(append(to.Files, aliased.Files...)...)
		to.Confidence = max(to.Confidence, aliased.Confidence)
	}
	to.External = len(to.Files) == 0 && (to.External || aliased.External)
	return to
}

// fromPackage answers for the name of a package, or of a file in one.
func (r *scriptResolver) fromPackage(place *scriptPlace, spec string, claimed bool) Resolution {
	name, sub := splitPackage(spec)
	to, known := r.bare(place, spec)
	if types, _ := r.bare(place, under(typesOf(name), sub)); len(types.Files) > 0 {
		to.Files = targets(append(to.Files, types.Files...)...)
		to.Confidence = max(to.Confidence, types.Confidence)
	}
	if len(to.Files) > 0 {
		return to
	}
	ours := false
	if !known {
		if to.Files, ours = r.undeclared(place, spec); len(to.Files) > 0 {
			return Resolution{Files: targets(to.Files...), Confidence: scriptEnds}
		}
	}
	to.External = !known && (!claimed && !r.blind && !ours || place.foreign(name) || scriptBuiltin(spec))
	return to
}

// generated guesses the source of a file that a relative path expects in a folder that
// builds write to.
func (r *scriptResolver) generated(place *scriptPlace, path string) Resolution {
	rel, ok := strings.CutPrefix("/"+path, strings.TrimSuffix("/"+place.nearest().folder, "/.")+"/")
	switch first, _, _ := strings.Cut(rel, "/"); {
	case !ok || first != "dist" && first != "build" && first != "out" && first != "lib":
		return Resolution{}
	default:
		return r.builtFrom(place.nearest(), rel)
	}
}

func exactly(files []string) Resolution {
	if len(files) == 0 {
		return Resolution{}
	}
	return Resolution{Files: targets(files...), Confidence: 1000}
}

func isRelative(spec string) bool {
	return spec == "." || spec == ".." || strings.HasPrefix(spec, "./") || strings.HasPrefix(spec, "../")
}

// isFolder says that a relative name can not be a file's.
func isFolder(spec string) bool {
	last := baseOf(spec)
	return last == "" || last == "." || last == ".."
}

// hasScheme recognises node:fs, https://..., data:..., virtual:x.
func hasScheme(spec string) bool {
	i := strings.IndexAny(spec, ":/")
	return i > 0 && spec[i] == ':'
}

// path looks for the file that a path without or with extension means: itself, with
// an extension added, its TypeScript source, a folder's index.
func (r *scriptResolver) path(path string, folderOnly bool) []string {
	if !folderOnly && path != "." {
		if files := r.file(path); files != nil {
			return files
		}
		if i := strings.IndexAny(path, "?#"); i > 0 { // ./x.svg?raw
			if files := r.file(path[:i]); files != nil {
				return files
			}
		}
	}
	if p := r.packages[path]; p != nil {
		if files := r.entries(p); files != nil {
			return files
		}
	}
	return r.file(under(path, "index"))
}

// scriptSuffixes is a set of indices of scriptExtensions.
type scriptSuffixes uint16

// scriptExtensions are tried in this order. Declarations come late, since one beside a
// script of the same name is a target too: the script is what runs, the declaration
// what the compiler reads.
var scriptExtensions = [...]string{".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs", ".cts", ".cjs", ".d.ts", ".d.mts", ".d.cts", ".json", ".vue", ".svelte"}

const (
	suffixTS scriptSuffixes = 1 << iota
	suffixTSX
	suffixJS
	suffixJSX
	suffixMTS
	suffixMJS
	suffixCTS
	suffixCJS
	suffixDTS
	suffixDMTS
	suffixDCTS

	suffixCode = suffixTS | suffixTSX | suffixJS | suffixJSX
)

var (
	// scriptPlatforms: React Native builds one of x.ios.js, x.android.js.
	scriptPlatforms = [...]string{".native", ".ios", ".android", ".web"}
	// scriptSources: what x.js may mean when there is no x.js.
	scriptSources = map[string]scriptSuffixes{
		".ts":  suffixDTS,
		".tsx": suffixDTS,
		".mts": suffixDMTS,
		".cts": suffixDCTS,
		".js":  suffixTS | suffixTSX | suffixJSX | suffixDTS,
		".jsx": suffixTSX | suffixDTS,
		".mjs": suffixMTS | suffixDMTS,
		".cjs": suffixCTS | suffixDCTS,
	}
	scriptDeclarations = map[string]scriptSuffixes{".js": suffixDTS, ".jsx": suffixDTS, ".mjs": suffixDMTS, ".cjs": suffixDCTS}
)

// addStems notes what can be named without its suffix.
func (r *scriptResolver) addStems(path string) {
	for i, suffix := range scriptExtensions {
		if stem, ok := strings.CutSuffix(path, suffix); ok {
			r.stems[stem] |= 1 << i
		}
	}
}

// file looks for one file: the path itself, its source, the path with a suffix.
func (r *scriptResolver) file(path string) []string {
	ext := Extension(path)
	stem := path[:len(path)-len(ext)]
	if r.tree.Has(path) {
		files := append(r.suffixed(stem, scriptDeclarations[ext]), path)
		if declared := stem + ".d" + ext + ".ts"; ext != "" && r.stems[stem+".d"+ext]&suffixTS != 0 {
			files = append(files, declared) // x.d.json.ts beside x.json
		}
		return files
	}
	if sources := scriptSources[ext]; sources != 0 {
		if files := r.suffixed(stem, sources); files != nil {
			return files
		}
	}
	if files := r.suffixed(path, ^scriptSuffixes(0)); files != nil {
		return files
	}
	var files []string
	for _, platform := range scriptPlatforms {
		files = append(files, r.suffixed(path+platform, suffixCode)...)
	}
	return files
}

// suffixed is the first of the suffixes with which the path is in the tree, and the
// declaration beside it.
func (r *scriptResolver) suffixed(path string, suffixes scriptSuffixes) []string {
	there := r.stems[path]
	if there&suffixes == 0 {
		return nil
	}
	ext := scriptExtensions[bits.TrailingZeros16(uint16(there&suffixes))]
	files := []string{path + ext}
	if declared := scriptDeclarations[ext] & there; declared != 0 {
		files = append(files, path+scriptExtensions[bits.TrailingZeros16(uint16(declared))])
	}
	return files
}

// served answers for "/x", which bundlers take from the root of the project or from
// its folder "public". What is not there is served by somebody else.
func (r *scriptResolver) served(place *scriptPlace, spec string) Resolution {
	for _, root := range slices.Compact([]string{place.nearest().folder, "."}) {
		for _, base := range []string{root, under(root, "public")} {
			if path, ok := joinPath(base, spec); ok && path != "." {
				if files := r.file(path); files != nil {
					return Resolution{Files: targets(files...), Confidence: scriptAlias}
				}
			}
		}
	}
	return Resolution{External: true}
}

// private answers for "#x" by the imports field of the nearest package.json, whose
// targets are files of the package or other packages.
func (r *scriptResolver) private(place *scriptPlace, spec string, claimed bool) Resolution {
	pack := place.nearest()
	if pack.imports == nil {
		return Resolution{External: !claimed}
	}
	all := Resolution{Confidence: 1000}
	add := func(to Resolution) {
		if len(to.Files) > 0 {
			all.Files = append(all.Files, to.Files...)
			all.Confidence = min(all.Confidence, to.Confidence)
		}
	}
	found, cut := pack.imports.match(spec)
	for _, target := range found {
		if isRelative(target) {
			direct, built := r.follow(pack, []string{target})
			add(exactly(direct))
			add(Resolution{Files: built, Confidence: scriptSource})
		} else if target[0] != '#' {
			to, known := r.bare(place, target)
			add(to)
			all.External = all.External || !known
		}
	}
	if all.Files = targets(all.Files...); len(all.Files) == 0 {
		return Resolution{External: all.External && !cut}
	}
	all.External = false
	return all
}

// Aliases that project templates set up in the bundler's configuration, a program that
// we do not run. No package can have these names.
var scriptAliases = []struct{ prefix, folder string }{
	{"@/", "src"}, {"~/", "src"}, {"@/", "."}, {"~/", "."}, {"~~/", "."}, {"@@/", "."}, {"$lib/", "src/lib"},
}

func (r *scriptResolver) alias(place *scriptPlace, spec string) (Resolution, bool) {
	root, ours := place.nearest().folder, false
	for _, a := range scriptAliases {
		rest, ok := strings.CutPrefix(spec, a.prefix)
		if !ok {
			continue
		}
		ours = true
		if path, ok := joinPath(under(root, a.folder), rest); ok {
			if files := r.path(path, false); files != nil {
				return Resolution{Files: targets(files...), Confidence: scriptAlias}, true
			}
		}
	}
	return Resolution{}, ours
}

// bare answers for "name", "name/sub", "@scope/name/sub": the own package, one in a
// node_modules folder that is part of the tree, and those that bear the name anywhere
// else, since an installer links these. known says that this tree holds the package,
// with or without what is asked for.
func (r *scriptResolver) bare(place *scriptPlace, spec string) (to Resolution, known bool) {
	name, sub := splitPackage(spec)
	pack, twins := place.nearest(), r.named[name]
	if pack.name == name {
		return r.inside(pack, sub, 1000), true
	}
	if len(twins) == maxClaims {
		return Resolution{}, true // too many to tell apart
	}
	add := func(p *scriptPackage, confidence int) {
		in := r.inside(p, sub, confidence)
		to.Files = append(to.Files, in.Files...)
		to.Confidence = max(to.Confidence, in.Confidence)
		known = true
	}
	for _, modules := range place.modules {
		if p := r.packages[under(modules, name)]; p != nil {
			add(p, 1000)
			break
		}
	}
	for _, twin := range twins {
		switch {
		case len(twins) > 1:
			add(twin, scriptTwins)
		case pack.linked[name]:
			add(twin, 1000)
		default:
			add(twin, scriptWorkspace)
		}
	}
	to.Files = targets(to.Files...)
	return to, known
}

func splitPackage(spec string) (name, sub string) {
	name, sub, _ = strings.Cut(spec, "/")
	if strings.HasPrefix(name, "@") {
		second, rest, _ := strings.Cut(sub, "/")
		return name + "/" + second, rest
	}
	return name, sub
}
