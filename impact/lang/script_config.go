package lang

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// A scriptConfig is what resolution needs of a tsconfig.json or jsconfig.json, with
// what it inherits.
type scriptConfig struct {
	folder     string // of the file itself
	paths      *patternTable
	pathsBase  string // what the targets of paths are relative to
	baseURL    string // folder; "" when not set
	references []string
	with       []*scriptConfig // itself, and those that it refers to which say something of names
	blind      bool            // it, or one that it extends, could not be read
}

const (
	maxExtends    = 16 // configurations that one inherits from, at any depth
	maxReferences = 256
	maxReferred   = 32 // of those that say something of names
)

// configured applies paths and baseUrl of the nearest configuration, and of those that
// it refers to; then paths of those further up, since a bundler may have aliases from
// there. claimed says that a pattern for the name is there, although what it leads to
// is not, or that a configuration could not be read.
func (r *scriptResolver) configured(place *scriptPlace, spec string) (to Resolution, claimed bool) {
	for i, path := range place.configs {
		c := r.config(path)
		if c.with == nil {
			c.with = []*scriptConfig{c}
			for _, path := range c.references {
				ref := r.config(path)
				switch {
				case !ref.blind && ref.paths == nil && ref.baseURL == "":
				case len(c.with) > maxReferred:
					c.blind = true
				default:
					c.with = append(c.with, ref)
				}
			}
		}
		for _, c := range c.with {
			claimed = claimed || c.blind
			files, ours := r.mapped(c, spec)
			if files == nil && i == 0 && c.baseURL != "" {
				if path, ok := joinPath(c.baseURL, spec); ok {
					files = r.path(path, false)
				}
			}
			if claimed = claimed || ours; files != nil {
				to = exactly(files)
				if i > 0 {
					to.Confidence = scriptAlias
				}
				return to, true
			}
		}
	}
	return Resolution{}, claimed
}

// mapped applies paths. ours says that a pattern other than "*" leads into the tree.
func (r *scriptResolver) mapped(c *scriptConfig, spec string) (files []string, ours bool) {
	if c.paths == nil {
		return nil, false
	}
	found, cut := c.paths.match(spec)
	ours, everything := cut, c.paths.everything()
	for _, target := range found {
		base := c.pathsBase
		if rest, ok := strings.CutPrefix(target, "${configDir}"); ok {
			base, target = c.folder, "."+rest
		}
		path, ok := joinPath(base, target)
		if !ok {
			continue
		}
		if files := r.path(path, false); files != nil {
			return files, true
		}
		ours = ours || !everything && !strings.Contains("/"+path+"/", "/node_modules/")
	}
	return nil, ours
}

// config reads a configuration once, with what it inherits.
func (r *scriptResolver) config(path string) *scriptConfig {
	if c := r.configs[path]; c != nil {
		return c
	}
	c := &scriptConfig{folder: folderOf(path)}
	r.configs[path] = c
	budget := maxExtends
	r.inherit(c, path, &budget)
	if c.baseURL != "" {
		c.pathsBase = c.baseURL
	}
	return c
}

// inherit fills in what c does not have yet from the file at path, then from what that
// extends: the nearest setting wins.
func (r *scriptResolver) inherit(c *scriptConfig, path string, budget *int) {
	var file struct {
		Extends         json.RawMessage `json:"extends"`
		CompilerOptions struct {
			BaseURL string              `json:"baseUrl"`
			Paths   map[string][]string `json:"paths"`
		} `json:"compilerOptions"`
		References []struct {
			Path string `json:"path"`
		} `json:"references"`
	}
	src := r.tree.Read(path)
	if len(src) == 0 {
		c.blind = c.blind || src == nil && r.tree.Has(path)
		return
	}
	var unexpected *json.UnmarshalTypeError // the rest was read
	if err := json.Unmarshal(stripJSON(src), &file); err != nil && !errors.As(err, &unexpected) {
		c.blind = true
		return
	}
	folder := folderOf(path)
	if c.baseURL == "" && file.CompilerOptions.BaseURL != "" {
		base := file.CompilerOptions.BaseURL
		if rest, ok := strings.CutPrefix(base, "${configDir}"); ok {
			base, folder = "."+rest, c.folder
		}
		if dir, ok := joinPath(folder, base); ok {
			c.baseURL = dir
		}
		folder = folderOf(path)
	}
	if c.paths == nil && file.CompilerOptions.Paths != nil {
		c.paths = newPatternTable()
		for _, pattern := range slices.Sorted(maps.Keys(file.CompilerOptions.Paths)) {
			to := file.CompilerOptions.Paths[pattern]
			c.paths.add(pattern, to[:min(len(to), maxTargets)])
			c.paths.cut = c.paths.cut || len(to) > maxTargets
		}
		c.pathsBase = folder
	}
	if path == under(c.folder, baseOf(path)) && c.references == nil {
		for _, ref := range file.References {
			to, ok := joinPath(folder, ref.Path)
			if len(c.references) == maxReferences {
				c.blind = true
				break
			}
			if ok {
				if !strings.HasSuffix(to, ".json") {
					to = under(to, "tsconfig.json")
				}
				c.references = append(c.references, to)
			}
		}
	}
	for _, spec := range extended(file.Extends) {
		if *budget--; *budget < 0 {
			c.blind = true
			return
		}
		if base := r.extendedPath(folder, spec); base != "" {
			r.inherit(c, base, budget)
		}
	}
}

// extended lists what is extended, the one that wins first: of several, the last.
func extended(field json.RawMessage) []string {
	var one string
	if json.Unmarshal(field, &one) == nil {
		return []string{one}
	}
	var many []string
	_ = json.Unmarshal(field, &many) // another type: nothing is extended
	slices.Reverse(many)
	return many
}

// extendedPath is the file that "extends" names: by path, or in a package of the tree.
func (r *scriptResolver) extendedPath(folder, spec string) string {
	var path string
	switch ok := false; {
	case len(spec) > maxSpec:
		return ""
	case isRelative(spec):
		if path, ok = joinPath(folder, spec); !ok {
			return ""
		}
	default:
		name, sub := splitPackage(spec)
		if len(r.named[name]) == 0 {
			return ""
		}
		if sub == "" {
			sub = "tsconfig.json"
		}
		if path, ok = joinPath(r.named[name][0].folder, sub); !ok {
			return ""
		}
	}
	for _, suffix := range []string{"", ".json", "/tsconfig.json"} {
		if r.tree.Has(path + suffix) {
			return path + suffix
		}
	}
	return ""
}

// stripJSON makes JSON of the JSON with comments and trailing commas that TypeScript
// reads: what is too much becomes white space.
func stripJSON(src []byte) []byte {
	out := slices.Clone(src[skipBOM(src):])
	comma := -1
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == '"':
			comma = -1
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case hasPrefixAt(out, i, "//"):
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case hasPrefixAt(out, i, "/*"):
			out[i], out[i+1] = ' ', ' '
			for i += 2; i < len(out) && !hasPrefixAt(out, i, "*/"); i++ {
				out[i] = ' '
			}
			if i < len(out) {
				out[i], out[i+1] = ' ', ' '
				i++
			}
		case c == ',':
			comma = i
		case c == '}' || c == ']':
			if comma >= 0 {
				out[comma] = ' '
			}
			comma = -1
		case !isSpace(c) && c != '\n':
			comma = -1
		}
	}
	return out
}
