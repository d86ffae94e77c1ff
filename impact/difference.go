package impact

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"custody/internal/change"
	"custody/internal/change/manifest"
)

// knownDifference says whether all that differs in a manifest is known: dependencies,
// what resolvers read on both sides anyway, and what no import can depend on. Only then
// is it assessed through who imports what it changes.
func knownDifference(format manifest.Format, f *change.File, was, now []byte, before, after *manifest.File) bool {
	switch {
	case format.Lock:
		return true
	case format.Name == "package.json":
		return knownKeys(was, now)
	case f.Unread != "":
		return false
	}
	old := otherLines(format.Name, was, before)
	fresh := otherLines(format.Name, now, after)
	return strings.Join(old, "\n") == strings.Join(fresh, "\n")
}

// harmless are keys of package.json that decide what no import means, or that resolvers
// read on both sides.
var harmless = sync.OnceValue(func() map[string]bool { return byWord(harmlessKeys) })

const harmlessKeys = `dependencies devDependencies peerDependencies optionalDependencies peerDependenciesMeta
	bundledDependencies bundleDependencies dependenciesMeta overrides resolutions
	name main module types typings exports imports browser workspaces sideEffects typesVersions
	version description keywords homepage bugs license licenses author contributors maintainers funding files man
	directories scripts repository engines os cpu libc private publishConfig packageManager devEngines
	lint-staged simple-git-hooks husky volta eslintConfig eslintIgnore prettier browserslist stylelint commitlint
	config bin readme sponsor jsdelivr unpkg`

// knownKeys says whether two package.json differ in known keys alone.
func knownKeys(was, now []byte) bool {
	keys := func(src []byte) (map[string]json.RawMessage, bool) {
		m := map[string]json.RawMessage{}
		if len(src) == 0 {
			return m, true
		}
		return m, json.Unmarshal(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), &m) == nil
	}
	a, ok1 := keys(was)
	b, ok2 := keys(now)
	if !ok1 || !ok2 {
		return false
	}
	same := func(x, y map[string]json.RawMessage) bool {
		for k, v := range x {
			if bytes.Equal(v, y[k]) || k == "type" && len(y) == 0 { // of one that comes or goes
				continue
			}
			if !harmless()[k] {
				return false
			}
		}
		return true
	}
	return same(a, b) && same(b, a)
}

// otherLines are the lines of a manifest that are no dependency, no comment and nothing
// that is known not to matter, without what only groups or indents them.
func otherLines(format string, src []byte, f *manifest.File) []string {
	dependency := map[int]bool{}
	for _, d := range f.Dependencies {
		dependency[d.Line] = true
	}
	var other []string
	section, n := "", 0
	for text := range strings.Lines(string(src)) {
		n++
		text = strings.TrimSpace(text)
		comment := "#"
		if format == "go.mod" || format == "build.gradle" {
			comment = "//"
		}
		if i := strings.Index(text, comment); i == 0 || i > 0 && format == "go.mod" {
			text = strings.TrimSpace(text[:i])
		}
		if format == "pyproject.toml" && strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			section = strings.Trim(text, "[]")
		}
		switch {
		case text == "", dependency[n]:
		case format == "requirements.txt" && knownOption(text):
		case format == "go.mod" && knownDirective(text):
		case format == "pyproject.toml" && knownSetting(section, text):
		default:
			other = append(other, text)
		}
	}
	return other
}

// knownDirective knows the lines of a go.mod that only group others, and its module and
// replace, which the resolver reads on both sides.
func knownDirective(text string) bool {
	verb, _, _ := strings.Cut(text, " ")
	switch strings.TrimSuffix(verb, "(") {
	case "require", "replace", "exclude", "retract", "module", ")", "":
		return true
	}
	// The lines of the blocks of exclude and retract have no verb: a path or an interval.
	return strings.Contains(verb, "/") || strings.HasPrefix(verb, "[") || strings.HasPrefix(verb, "v")
}

// knownOption knows what a requirement goes on with on the next line. Whatever else begins
// with a dash takes in other files, or alters where all packages come from.
func knownOption(text string) bool { return strings.HasPrefix(text, "--hash=") }

// knownSetting knows settings of tools, and what a project says about itself.
func knownSetting(section, text string) bool {
	if text == "]" || text == "[" || text == "}," || text == "}" {
		return true
	}
	for _, tool := range []string{"black", "ruff", "isort", "mypy", "pyright", "pytest", "coverage", "flake8", "pylint", "codespell", "djlint", "curlylint", "commitizen", "towncrier", "tox", "bandit", "semantic_release", "interrogate"} {
		if section == "tool."+tool || strings.HasPrefix(section, "tool."+tool+".") {
			return true
		}
	}
	key, _, _ := strings.Cut(text, "=")
	if section == "project" || section == "tool.poetry" {
		switch strings.TrimSpace(key) {
		case "version", "description", "readme", "authors", "maintainers", "keywords", "classifiers", "license", "urls", "requires-python", "homepage", "repository", "documentation", "license-files", "dependencies":
			return true
		}
		// An item of a list, such as a classifier.
		return strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'") || strings.HasPrefix(text, "{")
	}
	return section == "project.urls" || section == "tool.poetry.urls"
}
