package nearby

import (
	"path"
	"slices"
	"strings"
)

// What pytest takes for a file of tests, where its settings say so: python_files.

// maxPatterns bounds the patterns of one file of settings.
const maxPatterns = 32

// pytestSettings are the files in which pytest looks for its settings, in its order, and the
// sections that it reads; without one, all of the file.
var pytestSettings = []struct {
	file     string
	sections []string
}{
	{"pytest.ini", nil}, {".pytest.ini", nil},
	{"pyproject.toml", []string{"tool.pytest.ini_options", "tool.pytest"}},
	{"tox.ini", []string{"pytest"}}, {"setup.cfg", []string{"tool:pytest"}},
}

// A pytestFolder is what the settings nearest to a folder say.
type pytestFolder struct {
	at       string   // the folder of the settings
	patterns []string // of python_files; nil: those that pytest has by itself
	recurses bool     // they say into which folders it looks
}

// pytest finds the settings of pytest for the files of a folder.
func (p *planner) pytest(folder string) pytestFolder {
	if known, ok := p.settings[folder]; ok {
		return known
	}
	found, ok := p.pytestOf(folder)
	if !ok && folder != "." {
		up, _ := split(folder)
		found = p.pytest(up)
	}
	if p.settings == nil {
		p.settings = map[string]pytestFolder{}
	}
	p.settings[folder] = found
	return found
}

// pytestOf reads the settings right in a folder, if some are there.
func (p *planner) pytestOf(folder string) (f pytestFolder, ok bool) {
	for _, s := range pytestSettings {
		if !p.tree.has(p.ctx, folder, s.file) {
			continue
		}
		f = pytestFolder{at: folder}
		section, key, inside := "", "", false
		for line := range strings.Lines(string(p.tree.read(p.ctx, folder, s.file))) {
			text := strings.TrimSpace(line)
			if text == "" || text[0] == '#' || text[0] == ';' {
				continue
			}
			if text[0] == '[' && line[0] == '[' {
				section, key = strings.Trim(text, "[] "), ""
				inside = inside || s.sections == nil || slices.Contains(s.sections, section)
				continue
			}
			if s.sections != nil && !slices.Contains(s.sections, section) {
				continue
			}
			if name, value, found := strings.Cut(text, "="); found && line[0] == text[0] {
				key, text = strings.Trim(strings.TrimSpace(name), `"'`), value
			}
			switch key {
			case "python_files":
				for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\"',", r) }) {
					if word = trimList(word); word != "" && len(f.patterns) < maxPatterns {
						f.patterns = append(f.patterns, word)
					}
				}
			case "norecursedirs":
				f.recurses = true
			}
		}
		if inside || s.sections == nil {
			return f, true
		}
	}
	return pytestFolder{}, false
}

// trimList takes the brackets of a list of TOML from around a pattern, in which they may stand
// for a set of letters, too.
func trimList(word string) string {
	if strings.HasPrefix(word, "[") && !strings.Contains(word, "]") {
		word = word[1:]
	}
	if strings.HasSuffix(word, "]") && !strings.Contains(word, "[") {
		word = word[:len(word)-1]
	}
	return word
}

// takesByName says that the settings of pytest take a file of Python for one of tests.
func (p *planner) takesByName(file string) bool {
	if !strings.HasSuffix(file, ".py") {
		return false
	}
	folder, name := split(file)
	f := p.pytest(folder)
	for _, pattern := range f.patterns {
		if strings.Contains(pattern, "/") {
			if matchesEnd(pattern, within(f.at, file)) {
				return true
			}
		} else if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches goes by the rules of a shell; a pattern that is none takes nothing.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// matchesEnd says that a pattern of several names matches the last ones of a path. A star of
// pytest takes folders, too: one that stands for a whole name may be any number of them.
func matchesEnd(pattern, file string) bool {
	names, parts := strings.Split(file, "/"), strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	for from := 0; from <= len(names)-len(parts); from++ {
		if folders(parts[:len(parts)-1], names[from:len(names)-1]) && matches(parts[len(parts)-1], names[len(names)-1]) {
			return true
		}
	}
	return false
}

// folders says that names of folders match a pattern from the first on; what stands below
// them only counts where a star could take it.
func folders(parts, names []string) bool {
	for i, part := range parts {
		if i >= len(names) || !matches(part, names[i]) {
			return false
		}
	}
	return true
}
