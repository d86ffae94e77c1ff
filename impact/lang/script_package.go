package lang

import (
	"cmp"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
)

// A scriptPackage is what resolution needs of one package.json.
type scriptPackage struct {
	name, folder string
	mains        []string        // main, module and the like
	defaults     []string        // what Node.js and TypeScript take where fields are missing
	exports      *patternTable   // nil without the field
	imports      *patternTable   // nil without the field
	linked       map[string]bool // dependencies that must be packages of this tree
	foreign      map[string]bool // dependencies that come from a registry
	setups       []string        // files that test runners load first
	bundler      *scriptBundler  // aliases in it; nil without any
	// swaps are files, and names of packages, in whose place bundlers take others.
	swaps map[string]string
}

// parsePackage reads a package.json. A field of an unexpected type is as good as none.
func parsePackage(folder string, src []byte) *scriptPackage {
	p := &scriptPackage{folder: folder, linked: map[string]bool{}, foreign: map[string]bool{}}
	var fields map[string]json.RawMessage
	if json.Unmarshal(src, &fields) != nil {
		return p
	}
	text := func(name string) (s string) {
		_ = json.Unmarshal(fields[name], &s) // another type: no text
		return s
	}
	p.name = text("name")
	if len(p.name) > maxSpec || isRelative(p.name) {
		p.name = ""
	}
	for _, name := range []string{"source", "svelte", "module", "main", "browser", "types", "typings", "react-native"} {
		if s := text(name); s != "" && len(s) <= maxSpec {
			p.mains = append(p.mains, s)
		}
	}
	if text("main") == "" {
		p.defaults = append(p.defaults, "index")
	}
	if text("types") == "" && text("typings") == "" {
		p.defaults = append(p.defaults, "index.d.ts")
	}
	for _, name := range []string{"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"} {
		var versions map[string]string
		_ = json.Unmarshal(fields[name], &versions) // another type: no dependencies
		for dep, version := range versions {
			if isLink(version) {
				p.linked[dep] = true
			} else {
				p.foreign[dep] = true
			}
		}
	}
	for _, name := range []string{"browser", "react-native"} {
		var swaps map[string]any
		_ = json.Unmarshal(fields[name], &swaps)               // another type: a path, which is one of the mains
		for _, from := range slices.Sorted(maps.Keys(swaps)) { // several may be one path
			text, ok := swaps[from].(string) // false: nothing
			if path, in := joinPath(folder, from); in && isRelative(from) {
				from = path
			}
			if path, in := joinPath(folder, text); ok && in && isRelative(text) && len(text) <= maxSpec {
				if p.swaps == nil {
					p.swaps = map[string]string{}
				}
				p.swaps[from] = path
			}
		}
	}
	p.setups = packageSetups(fields)
	p.bundler = packageAliases(folder, fields)
	p.exports = packageTable(fields["exports"], ".")
	p.imports = packageTable(fields["imports"], "#")
	return p
}

func isLink(version string) bool {
	return slices.ContainsFunc([]string{"workspace:", "link:", "file:", "portal:"}, func(scheme string) bool {
		return strings.HasPrefix(version, scheme)
	})
}

const (
	maxTargets    = 64 // of one pattern, over all conditions
	maxConditions = 16 // nested in each other
)

// packageTable reads an exports or imports field. Keys with the given first byte are
// subpaths; exports may also be one target for ".".
func packageTable(field json.RawMessage, first string) *patternTable {
	var value any
	if len(field) == 0 || json.Unmarshal(field, &value) != nil || value == nil {
		return nil
	}
	t := newPatternTable()
	object, _ := value.(map[string]any)
	subpaths := false
	for key := range object {
		subpaths = subpaths || strings.HasPrefix(key, first)
	}
	if !subpaths {
		t.add(".", packageTargets(value, nil, 0))
		return t
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(key, first) {
			t.add(key, packageTargets(object[key], nil, 0))
		}
	}
	return t
}

// packageTargets collects the targets of all conditions: which of them holds depends
// on who asks, and a change of any may reach the importer.
func packageTargets(value any, out []string, depth int) []string {
	if depth > maxConditions || len(out) >= maxTargets {
		return out
	}
	switch v := value.(type) {
	case string:
		if v != "" && len(v) <= maxSpec {
			out = append(out, v)
		}
	case []any:
		for _, item := range v {
			out = packageTargets(item, out, depth+1)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = packageTargets(v[key], out, depth+1)
		}
	}
	return out
}

// inside resolves a subpath of a package of this tree, "" for the package itself.
func (r *scriptResolver) inside(p *scriptPackage, sub string, confidence int) Resolution {
	var direct, built []string
	if p.exports != nil {
		key := "."
		if sub != "" {
			key = "./" + sub
		}
		found, _ := p.exports.match(key)
		direct, built = r.follow(p, found)
	} else if sub == "" {
		direct, built = r.follow(p, p.mains)
		for _, name := range p.defaults {
			direct = append(direct, r.file(under(p.folder, name))...)
		}
	}
	if len(direct)+len(built) == 0 {
		if path, ok := joinPath(p.folder, sub); ok {
			if direct = r.path(path, sub == ""); direct == nil {
				built = r.builtFrom(p, "dist/"+cmp.Or(sub, "index")).Files
			}
		}
	}
	if len(built) > 0 {
		confidence = min(confidence, scriptSource)
	}
	files := targets(slices.Concat(direct, built)...)
	if len(files) == 0 {
		return Resolution{}
	}
	return Resolution{Files: files, Confidence: confidence}
}

// follow looks up targets of a package: files that are here, and the likely sources of
// those that a build would make.
func (r *scriptResolver) follow(p *scriptPackage, list []string) (direct, built []string) {
	for _, target := range list {
		path, ok := joinPath(p.folder, target)
		if !ok || path == p.folder {
			continue
		}
		if files := r.path(path, strings.HasSuffix(target, "/")); files != nil {
			direct = append(direct, files...)
		} else {
			built = append(built, r.builtFrom(p, target).Files...)
		}
	}
	return direct, built
}

// swapped adds to files those that bundlers take in their place.
func (r *scriptResolver) swapped(place *scriptPlace, files []string) []string {
	swaps := place.nearest().swaps
	if len(swaps) == 0 {
		return files
	}
	for _, path := range files {
		to, ok := swaps[path]
		if !ok {
			to, ok = swaps[path[:len(path)-len(Extension(path))]]
		}
		if ok {
			files = append(files[:len(files):len(files)], r.file(to)...)
		}
	}
	return files
}

// entries are the files that a folder with a package.json means when it is imported
// by its path.
func (r *scriptResolver) entries(p *scriptPackage) []string {
	var files []string
	for _, main := range p.mains {
		if path, ok := joinPath(p.folder, main); ok && path != p.folder {
			if found := r.file(path); found != nil {
				files = append(files, found...)
			} else {
				files = append(files, r.file(under(path, "index"))...)
			}
		}
	}
	for _, name := range p.defaults {
		files = append(files, r.file(under(p.folder, name))...)
	}
	return files
}

// builtFrom guesses the source of a file that is not in the tree because a build makes
// it: of dist/esm/util.js, src/dist/esm/util.*, else src/esm/util.* and esm/util.*, else
// src/util.* and util.*; at last src/index.*. What is built beside package.json keeps its
// folders: v3/index.js is made of src/v3/index.*.
func (r *scriptResolver) builtFrom(p *scriptPackage, target string) Resolution {
	rel, ok := joinPath(".", target)
	if !ok || rel == "." {
		return Resolution{}
	}
	stem := builtStem(rel)
	for rest, more := stem, true; more; _, rest, more = strings.Cut(rest, "/") {
		var files []string // of several, nothing here says which one is built
		for _, base := range []string{"src", "lib", "."} {
			for _, guess := range []string{rest, under(rest, "index")} {
				if found := r.suffixed(under(under(p.folder, base), guess), ^scriptSuffixes(0)); found != nil {
					files = append(files, found...)
					break
				}
			}
		}
		if files != nil {
			return Resolution{Files: targets(files...), Confidence: scriptSource}
		}
	}
	name := path.Base(p.name)
	if !isEntry(p, builtStem(baseOf(rel))) {
		return Resolution{}
	}
	for _, guess := range []string{"src/index", "src/main", "index", "src/" + name} {
		if files := r.suffixed(under(p.folder, guess), ^scriptSuffixes(0)); files != nil {
			return Resolution{Files: files, Confidence: scriptSource}
		}
	}
	return Resolution{}
}

// isEntry says that a built file of that name is the package's entry, not a subpath of
// its own.
func isEntry(p *scriptPackage, stem string) bool {
	return stem == "index" || stem == "main" || stem == path.Base(p.name) ||
		slices.ContainsFunc(p.mains, func(main string) bool { return builtStem(baseOf(main)) == stem })
}

// builtStem cuts what builds add to a file's name: .d.mts, .min.js, .esm-bundler.js.
func builtStem(rel string) string {
	base := baseOf(rel)
	if i := strings.IndexByte(base, '.'); i > 0 {
		return rel[:len(rel)-len(base)+i]
	}
	return rel
}
