package lang

import (
	"maps"
	"slices"
	"strings"
)

// What pytest and Django are told by the settings of a project: plugins that are loaded before
// all tests, and the module of Django's settings.

// pySettings is what one file says.
type pySettings struct {
	plugins []string // modules
	django  []string // modules of settings
}

// pySettingsFiles have settings of pytest or Django, or entry points.
var pySettingsFiles = [...]string{"pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "setup.py", "manage.py"}

// Preloads implements Preloader: the plugins that pytest loads for the tests of a folder.
func (r *pyResolver) Preloads(from string) []Preload { return r.plugins(folderOf(from)) }

func (r *pyResolver) plugins(folder string) []Preload {
	if list, ok := r.pytest[folder]; ok {
		return list
	}
	var list []Preload
	for _, path := range r.settingsFiles(folder) {
		for _, name := range readPySettings(path, r.tree.Read(path)).plugins {
			for _, file := range r.exactly(path, Import{Spec: name, Kind: Named}).Files {
				list = append(list, Preload{file, path})
			}
		}
	}
	if folder != "." {
		list = append(list, r.plugins(folderOf(folder))...)
	}
	r.pytest[folder] = list
	return list
}

// settings are the files of Django's settings for code in a folder: those that are named
// nearest to it.
func (r *pyResolver) settings(folder string) []string {
	if files, ok := r.django[folder]; ok {
		return files
	}
	var files []string
	for _, path := range r.settingsFiles(folder) {
		for _, name := range readPySettings(path, r.tree.Read(path)).django {
			files = append(files, r.exactly(path, Import{Spec: name, Kind: Named}).Files...)
		}
	}
	if files = targets(files...); len(files) == 0 && folder != "." {
		files = r.settings(folderOf(folder))
	}
	r.django[folder] = files
	return files
}

func (r *pyResolver) settingsFiles(folder string) (paths []string) {
	for _, name := range pySettingsFiles {
		if path := under(folder, name); r.tree.Has(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// samePySettings says whether two texts of such a file mean the same for what is resolved.
func samePySettings(path string, a, b []byte) bool {
	x, y := readPySettings(path, a), readPySettings(path, b)
	if !slices.Equal(x.plugins, y.plugins) || !slices.Equal(x.django, y.django) {
		return false
	}
	before, had := versionFile(a)
	after, has := versionFile(b)
	return before == after && had == has && sameInstalled(path, a, b)
}

// readPySettings reads the lines of a file: settings of INI and TOML, or strings of Python.
func readPySettings(path string, text []byte) pySettings {
	plugins, django := map[string]bool{}, map[string]bool{}
	section, key := "", ""
	script := strings.HasSuffix(path, ".py")
	entries := false // of a setup.py: the list of pytest's entry points
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		if script {
			if at := strings.Index(line, "DJANGO_SETTINGS_MODULE"); at >= 0 {
				addNames(django, line[at:], false)
			}
			if strings.Contains(line, "pytest11") {
				entries = true
				line = line[strings.Index(line, "pytest11"):]
			}
			if entries {
				addNames(plugins, line, true)
				entries = !strings.Contains(line, "]")
			}
			continue
		}
		if line[0] == '[' {
			section, key = strings.NewReplacer(`"`, "", "'", "", " ", "").Replace(strings.Trim(strings.TrimSpace(line), "[]")), ""
			continue
		}
		value := line
		if !isSpace(line[0]) && line[0] != '"' && line[0] != ']' || strings.HasSuffix(section, "pytest11") {
			name, rest, found := strings.Cut(line, "=")
			if found {
				key, value = strings.Trim(strings.TrimSpace(name), `"'`), rest
			}
		}
		switch {
		case strings.HasSuffix(section, "entry-points.pytest11"), strings.HasSuffix(section, "plugins.pytest11"),
			section == "options.entry_points" && key == "pytest11":
			if _, rest, found := strings.Cut(value, "="); found {
				value = rest
			}
			addNames(plugins, value, true)
		case key == "DJANGO_SETTINGS_MODULE":
			addNames(django, value, true)
		case key == "addopts":
			addPlugins(plugins, value)
		}
	}
	return pySettings{sortedNames(plugins), sortedNames(django)}
}

func sortedNames(names map[string]bool) []string {
	return slices.Sorted(maps.Keys(names))
}

// words splits a value of a setting at white space, quotes, commas and brackets.
func words(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\"',[]()", r) })
}

// addNames adds the names of modules in a value; unless plain is set, only those of several
// parts.
func addNames(to map[string]bool, value string, plain bool) {
	for _, word := range words(value) {
		if _, name, found := strings.Cut(word, "="); found { // "name=module" of an entry point
			word = name
		}
		if isDotted(word) && (plain || strings.Contains(word, ".")) {
			to[word] = true
		}
	}
}

// addPlugins adds the modules behind "-p".
func addPlugins(to map[string]bool, value string) {
	all := words(value)
	for i, word := range all {
		name, found := strings.CutPrefix(word, "-p")
		if found && name == "" && i+1 < len(all) {
			name = all[i+1]
		}
		if found && isDotted(name) {
			to[name] = true
		}
	}
}

// isDotted says that a word is a name of Python, with dots in between or not.
func isDotted(word string) bool {
	for part := range strings.SplitSeq(word, ".") {
		if part == "" || isDigit(part[0]) || identEnd([]byte(part), 0) != len(part) {
			return false
		}
	}
	return len(word) <= maxSpec
}
