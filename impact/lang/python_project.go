package lang

import (
	"maps"
	"slices"
	"strings"
)

// What the settings of a project of Python say about names when it is installed: packages that
// stand in a folder of another name, programs, and entry points, by which others load what they
// do not name.

// pyProject is what the settings files of a tree say together. Modules stand with the file that
// names them.
type pyProject struct {
	renamed  map[string]string // by the name of a package: its folder
	programs map[string]pyModuleOf
	points   []pyModuleOf // of pytest aside: see plugins
	paths    []string     // folders on the path of tests, or in which packages are looked for
	served   []string     // the files of points
}

// A pyModuleOf is a module as a settings file names it.
type pyModuleOf struct{ path, module string }

// pyInstalled is what one file says. Folders are as it writes them.
type pyInstalled struct {
	renamed, programs map[string]string
	points, paths     []string // sorted
}

// pyProjectFiles say how a project is installed.
var pyProjectFiles = [...]string{"pyproject.toml", "setup.cfg", "setup.py", "pytest.ini", ".pytest.ini", "tox.ini"}

const (
	pyEntry  = 500 // some entry point of the tree, of whatever group
	pyHanded = 700 // a text spells a path or a program, and the file runs some
)

// project reads the settings of the tree, once.
func (r *pyResolver) project() *pyProject {
	if r.installed != nil {
		return r.installed
	}
	r.installed = &pyProject{renamed: map[string]string{}, programs: map[string]pyModuleOf{}}
	onPath := map[string]bool{}
	for _, path := range r.projects {
		said := readPyInstalled(path, r.tree.Read(path))
		for _, name := range slices.Sorted(maps.Keys(said.renamed)) {
			folder, ok := joinPath(folderOf(path), said.renamed[name])
			if _, twice := r.installed.renamed[name]; ok && !twice {
				r.installed.renamed[name] = folder
			}
		}
		for name, module := range said.programs {
			if _, twice := r.installed.programs[name]; !twice {
				r.installed.programs[name] = pyModuleOf{path, module}
			}
		}
		for _, name := range said.paths {
			if folder, ok := joinPath(folderOf(path), name); ok && !onPath[folder] {
				onPath[folder] = true
				r.installed.paths = append(r.installed.paths, folder)
			}
		}
		for _, module := range said.points {
			r.installed.points = append(r.installed.points, pyModuleOf{path, module})
		}
	}
	for _, module := range r.installed.points {
		r.installed.served = append(r.installed.served, module.files(r)...)
	}
	r.installed.served = targets(r.installed.served...)
	return r.installed
}

// files are those of such a module.
func (m pyModuleOf) files(r *pyResolver) []string {
	return r.exactly(m.path, Import{Spec: m.module, Kind: Named}).Files
}

// installedAs finds what an import means by the name that a package has when it is installed, and
// in folders that only the settings put on the path: a package there need not have an __init__.py.
func (r *pyResolver) installedAs(from string, imp Import) Resolution {
	renamed := r.project().renamed
	for end := len(imp.Spec); end > 0; end = strings.LastIndexByte(imp.Spec[:end], '.') {
		folder, ok := renamed[imp.Spec[:end]]
		if !ok {
			continue
		}
		behind := imp
		behind.Spec = strings.TrimPrefix(imp.Spec[end:], ".")
		if to := r.module(folder, behind).resolution(from, pyElsewhere); len(to.Files) > 0 {
			return to
		}
	}
	for _, folder := range r.project().paths {
		if to := r.module(folder, imp).resolution(from, pyElsewhere); len(to.Files) > 0 {
			return to
		}
	}
	return Resolution{}
}

// handed answers for a text in a file that runs programs: the path of a script, or the name
// that a program of the tree is installed under.
func (r *pyResolver) handed(from, spec string) Resolution {
	if strings.Contains(spec, "/") || strings.HasSuffix(spec, ".py") {
		for dir := range ancestors(folderOf(from)) {
			if path, ok := joinPath(dir, spec); ok && path != from && r.tree.Has(path) {
				return Resolution{Files: []string{path}, Confidence: pyHanded}
			}
		}
		if found := r.scripts()[spec]; 0 < len(found) && len(found) <= maxPyScripts {
			return Resolution{Files: targets(found...), Confidence: pyScriptName}
		}
		return Resolution{External: true}
	}
	to := Resolution{Confidence: pyHanded}
	if module, ok := strings.CutPrefix(spec, "-m "); ok {
		for _, name := range []string{module, module + ".__main__"} {
			to.Files = append(to.Files, pyModuleOf{from, name}.files(r)...)
		}
		to.Files = targets(to.Files...)
		to.External = len(to.Files) == 0
		return to
	}
	if module, ok := r.project().programs[spec]; ok {
		to.Files = module.files(r)
	}
	to.External = len(to.Files) == 0
	return to
}

const (
	maxPyScripts = 4   // of one name
	pyScriptName = 300 // a text is the name of a file, and the file runs some: ROOT / "scripts" / "go.py"
)

// scripts are the files of Python by their names, but for those that every project has.
func (r *pyResolver) scripts() map[string][]string {
	if r.byBase == nil {
		r.byBase = map[string][]string{}
		for _, path := range r.tree.Files() {
			if base := baseOf(path); strings.HasSuffix(base, ".py") && len(r.byBase[base]) <= maxPyScripts {
				r.byBase[base] = append(r.byBase[base], path)
			}
		}
	}
	return r.byBase
}

// Serves implements Server: who asks for entry points may have any of the tree.
func (r *pyResolver) Serves(from string) Resolution {
	facts := r.tree.Facts(from)
	if facts == nil || !slices.ContainsFunc(facts.Imports, func(imp Import) bool {
		switch top, _, _ := strings.Cut(imp.Spec, "."); top {
		case "importlib_metadata", "pkg_resources", "stevedore":
			return imp.Kind == Static
		}
		return slices.ContainsFunc(imp.Names, func(name string) bool { return slices.Contains(pyEntryLoaders[:], name) }) || imp.Spec == "importlib.metadata" || imp.Spec == "importlib" && slices.Contains(imp.Names, "metadata")
	}) {
		return Resolution{}
	}
	return Resolution{Files: r.project().served, Confidence: pyEntry}
}

// PyEntryPoints are names that code says which loads entry points.
var PyEntryPoints = pyEntryNames()

// pyEntryLoaders are the functions and classes that load entry points, by whatever module a file
// has them from: many projects hand on the one that fits the version of Python.
var pyEntryLoaders = [...]string{"entry_points", "iter_entry_points", "load_entry_point", "ExtensionManager", "DriverManager", "NamedExtensionManager"}

func pyEntryNames() (names []NameHash) {
	for _, name := range pyEntryLoaders {
		h := HashName(name)
		names = append(names, h)
		for _, top := range []string{"importlib", "importlib_metadata", "pkg_resources", "stevedore"} {
			names = append(names, PyFrom(top, h))
		}
	}
	return names
}

// sameInstalled says whether two texts of a settings file say the same of names.
func sameInstalled(path string, a, b []byte) bool {
	x, y := readPyInstalled(path, a), readPyInstalled(path, b)
	return maps.Equal(x.renamed, y.renamed) && maps.Equal(x.programs, y.programs) && slices.Equal(x.points, y.points) && slices.Equal(x.paths, y.paths)
}

// readPyInstalled reads the lines of a file: settings of INI and TOML, or strings of a setup.py.
func readPyInstalled(path string, text []byte) pyInstalled {
	said := pyInstalled{renamed: map[string]string{}, programs: map[string]string{}}
	if !slices.Contains(pyProjectFiles[:], baseOf(path)) {
		return said
	}
	if strings.HasSuffix(path, ".py") {
		said.readSetup(string(text))
	} else {
		said.readSettings(string(text))
	}
	for _, list := range []*[]string{&said.points, &said.paths} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return said
}

func (p *pyInstalled) readSettings(text string) {
	section, key := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		if line[0] == '[' {
			section, key = strings.NewReplacer(`"`, "", "'", "", " ", "").Replace(strings.Trim(trimmed, "[]")), ""
			continue
		}
		name, value, found := strings.Cut(trimmed, "=")
		name = strings.Trim(strings.TrimSpace(name), `"'`)
		value = strings.TrimSpace(value)
		if !isSpace(line[0]) {
			key = name
		}
		if isPyPathKey(section, key) {
			if isSpace(line[0]) || !found {
				value = trimmed
			}
			for _, word := range words(value) {
				p.path(word)
			}
			continue
		}
		if !found {
			continue
		}
		switch {
		case strings.HasPrefix(value, "{") && (section == "project" || section == "tool.poetry") && (key == "scripts" || key == "gui-scripts"):
			for name, value := range pairs(value) {
				p.program(name, value)
			}
		case section == "project" && strings.HasPrefix(key, "scripts."):
			p.program(strings.TrimPrefix(key, "scripts."), value)
		case section == "project" && strings.HasPrefix(key, "entry-points."):
			p.point(value)
		case section == "project.entry-points" && strings.HasPrefix(value, "{"):
			for _, value := range pairs(value) {
				p.point(value)
			}
		case section == "project.scripts", section == "project.gui-scripts", section == "tool.poetry.scripts",
			section == "options.entry_points" && isSpace(line[0]) && (key == "console_scripts" || key == "gui_scripts"):
			p.program(name, value)
		case strings.HasPrefix(section, "project.entry-points.") || strings.HasPrefix(section, "tool.poetry.plugins."),
			section == "options.entry_points" && isSpace(line[0]):
			if !strings.HasSuffix(section, ".pytest11") && key != "pytest11" {
				p.point(value)
			}
		case section == "tool.setuptools.package-dir", section == "options" && isSpace(line[0]) && key == "package_dir":
			p.rename(name, unquoted(value))
		case section == "tool.setuptools" && key == "package-dir", section == "options" && key == "package_dir" && strings.HasPrefix(value, "{"):
			for name, folder := range pairs(value) {
				p.rename(name, folder)
			}
		case section == "tool.hatch.build.sources", strings.HasPrefix(section, "tool.hatch.build.targets.") && strings.HasSuffix(section, ".sources"):
			p.rename(strings.ReplaceAll(unquoted(value), "/", "."), name)
		case strings.HasPrefix(section, "tool.hatch.build") && key == "sources":
			for folder, name := range pairs(value) {
				p.rename(strings.ReplaceAll(name, "/", "."), folder)
			}
		}
	}
}

// readSetup reads the texts behind package_dir and entry_points.
func (p *pyInstalled) readSetup(text string) {
	if _, behind, found := strings.Cut(text, "package_dir"); found {
		behind, _, _ = strings.Cut(behind, "}")
		for name, folder := range pairs(behind) {
			p.rename(name, folder)
		}
	}
	_, behind, found := strings.Cut(text, "entry_points")
	if !found {
		return
	}
	group := ""
	for _, word := range strings.FieldsFunc(behind, func(c rune) bool { return c == '"' || c == '\'' || c == '\n' || c == '[' }) {
		name, value, found := strings.Cut(word, "=")
		switch name = strings.TrimSpace(name); {
		case !found && (strings.HasSuffix(name, "scripts") || strings.ContainsAny(name, ".") && isDotted(name) || name == "pytest11"):
			group = name
		case found && isSpaceless(name) && strings.HasSuffix(group, "scripts"):
			p.program(name, value)
		case found && isSpaceless(name) && group != "" && group != "pytest11":
			p.point(value)
		}
	}
}

// isPyPathKey says that a setting lists folders from which modules are imported.
func isPyPathKey(section, key string) bool {
	switch section {
	case "tool.pytest.ini_options", "tool.pytest", "pytest", "tool:pytest":
		return key == "pythonpath"
	case "tool.setuptools.packages.find", "options.packages.find":
		return key == "where"
	}
	return false
}

func (p *pyInstalled) path(folder string) {
	if folder != "" && folder != "." && !strings.Contains(folder, "=") {
		p.paths = append(p.paths, folder)
	}
}

func isSpaceless(name string) bool { return name != "" && !strings.ContainsAny(name, " \t(){},") }

// program notes the module of a program: "a.b:main".
func (p *pyInstalled) program(name, value string) {
	if module := pointsTo(value); module != "" && name != "" {
		p.programs[name] = module
	}
}

func (p *pyInstalled) point(value string) {
	if module := pointsTo(value); module != "" {
		p.points = append(p.points, module)
	}
}

// pointsTo is the module in the value of an entry point; empty if it is none.
func pointsTo(value string) string {
	module, _, _ := strings.Cut(unquoted(value), ":")
	if module = strings.TrimSpace(module); !isDotted(module) {
		return ""
	}
	return module
}

func (p *pyInstalled) rename(name, folder string) {
	switch {
	case name == "":
		p.path(folder)
	case isDotted(name) && folder != "":
		p.renamed[name] = folder
	}
}

// unquoted is a value without its quotation marks, and what stands behind them.
func unquoted(value string) string {
	value = strings.TrimSpace(value)
	if text := quoted(value); text != "" {
		return text
	}
	return strings.Trim(value, `"'`)
}

// pairs are the keys and values of a table that is written in one: {"a" = "b"}, {'a': 'b'}.
func pairs(table string) map[string]string {
	found := map[string]string{}
	for pair := range strings.SplitSeq(strings.Trim(table, " \t=(){}"), ",") {
		at := strings.IndexAny(pair, ":=")
		if at < 0 {
			continue
		}
		trim := func(s string) string { return strings.Trim(strings.TrimSpace(s), " \t\r\n\"'{}()=") }
		found[trim(pair[:at])] = trim(pair[at+1:])
	}
	return found
}
