package impact

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"custody/internal/change/manifest"
)

const (
	maxOverrides    = 1000 // of one package.json
	overridesNested = 8    // npm's, in each other
)

// addOverrides adds to what a package.json depends on the packages that it moves for all who
// need them: the overrides of npm and the resolutions of yarn. Who has a package moved below it
// is another one, too.
func addOverrides(f *manifest.File, src []byte) {
	var fields struct {
		Overrides   map[string]any `json:"overrides"`
		Resolutions map[string]any `json:"resolutions"`
	}
	if json.Unmarshal(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), &fields) != nil {
		return // of other types: what differs in them is not known
	}
	var found []manifest.Dependency
	var read func(m map[string]any, above []string)
	read = func(m map[string]any, above []string) {
		for _, key := range sortedKeys(m) {
			names := append(slices.Clone(above), overridden(key)...)
			switch v := m[key].(type) {
			case string:
				for i, name := range names {
					version := v
					if last := names[len(names)-1]; i < len(names)-1 {
						version = "with " + last + " " + v // its own stays what it is
					}
					if len(found) < maxOverrides {
						found = append(found, manifest.Dependency{Name: name, Version: version})
					}
				}
			case map[string]any:
				if len(above) < overridesNested {
					read(v, names)
				}
			}
		}
	}
	read(fields.Overrides, nil)
	read(fields.Resolutions, nil)
	f.Dependencies = append(f.Dependencies[:len(f.Dependencies):len(f.Dependencies)], found...)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// overridden are the packages in the key of an override: "lodash", "lodash@^4", "**/lodash",
// "a/@b/c", "a>b". In npm "." is the package around it.
func overridden(key string) (names []string) {
	key = versionOfNpm().ReplaceAllString(key, "@$1")
	if i := strings.IndexByte(key, ':'); i >= 0 { // "g@https://host/g.tgz", "g@npm:h": what follows is no path of names
		name := 1 + strings.LastIndexAny(key[:i], "/>")
		if scope := strings.LastIndexByte(key[:max(name-1, 0)], '/') + 1; key[scope:name] != "" && key[scope] == '@' {
			name = scope
		}
		key = key[:name+behindName(key[name:i])]
	}
	scope := ""
	for _, part := range pathOfNames(key) {
		if strings.HasPrefix(part, "@") && scope == "" {
			scope = part + "/"
			continue
		}
		if i := strings.IndexByte(part, '@'); i >= 0 {
			part = part[:i]
		}
		if part != "" && part != "." && part != "**" && part != "*" {
			names = append(names, scope+part)
		}
		scope = ""
	}
	return names
}

// versionOfNpm is a version as yarn writes it, "a@npm:^1": what follows may be a path of names.
var versionOfNpm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`@npm:([0-9^~*])`) })

// behindName is where the version begins that stands behind the first name, at its "@"; 0 for none.
func behindName(key string) int {
	for i := 1; i < len(key); i++ {
		if key[i] == '@' && key[i-1] != '/' && key[i-1] != '>' {
			return i
		}
	}
	return 0
}

// pathOfNames splits at "/", and at ">" where that begins no range, as pnpm does: "a@>=7 <8" is one
// name with a range.
func pathOfNames(key string) (parts []string) {
	start := 0
	for i := range len(key) {
		if key[i] == '/' || key[i] == '>' && (i == 0 || !strings.ContainsRune(" |@", rune(key[i-1]))) {
			parts = append(parts, key[start:i])
			start = i + 1
		}
	}
	return append(parts, key[start:])
}
