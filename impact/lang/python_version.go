package lang

import "strings"

// written says whether an import that finds nothing below base names the file that the
// build writes the version of the package into. Such a file is in no tree, and imports
// nothing of the package, so that nothing is missing with it.
func (r *pyResolver) written(base string, imp Import) bool {
	if imp.Spec == "" {
		return false
	}
	file := under(base, strings.ReplaceAll(imp.Spec, ".", "/")) + ".py"
	for dir := range ancestors(folderOf(file)) {
		settings := under(dir, "pyproject.toml")
		if !r.tree.Has(settings) {
			continue
		}
		target, ok := versionFile(r.tree.Read(settings))
		return ok && under(dir, target) == file
	}
	return false
}

// versionFile is the path, from the folder of a pyproject.toml, of the file that
// setuptools-scm or hatch-vcs writes when the package is built. With a template of the
// project's own nobody knows what it imports.
func versionFile(settings []byte) (path string, ok bool) {
	section := ""
	for line := range strings.Lines(string(settings)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[] \t")
			continue
		}
		if section != "tool.setuptools_scm" && section != "tool.hatch.build.hooks.vcs" {
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		switch key = strings.Trim(strings.TrimSpace(key), `"'`); {
		case strings.Contains(key, "template"):
			return "", false
		case key == "write_to", key == "version_file", key == "version-file":
			path = quoted(strings.TrimSpace(value))
		}
	}
	path = strings.TrimPrefix(path, "./")
	return path, strings.HasSuffix(path, ".py")
}

// quoted is what stands between the quotation marks that a value begins with.
func quoted(value string) string {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return ""
	}
	text, _, closed := strings.Cut(value[1:], value[:1])
	if !closed {
		return ""
	}
	return text
}
