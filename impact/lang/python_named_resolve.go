package lang

import (
	"slices"
	"strings"
)

const (
	pyNamed = 700 // a string spells the full name of a module, or of something in one
	pyLabel = 500 // a string spells the label of an application of Django and one of its models

	maxPyLabels = 4 // applications of one label
)

// named resolves a name in a string: that of a module, of what a module defines, of a model by
// the label of its application, of a command.
func (r *pyResolver) named(from string, imp Import) Resolution {
	if command, ok := strings.CutPrefix(imp.Spec, pyCommands); ok {
		return r.labelled(from, under(pyCommandFolder, command+".py"))
	}
	to := r.exactly(from, imp)
	if len(to.Files) > 0 || len(imp.Names) > 0 {
		return to
	}
	dot := strings.LastIndexByte(imp.Spec, '.')
	if dot < 0 {
		return to
	}
	module, member := imp.Spec[:dot], imp.Spec[dot+1:]
	plain := strings.IndexByte(module, '.') < 0
	if plain && !isTypeName([]byte(member)) {
		return to // "user.name" is hardly what a module defines
	}
	to = r.exactly(from, Import{Spec: module, Names: []string{member}, Kind: Named})
	if plain {
		if models := r.labelled(from, under(module, "models.py"), under(module, "models/__init__.py")); len(models.Files) > 0 {
			to.External = false
			to.Files = targets(slices.Concat(to.Files, models.Files)...)
			to.Confidence = models.Confidence
		}
	}
	if len(to.Files) == 0 { // a class has members, too
		if outer := strings.LastIndexByte(module, '.'); outer > 0 && isTypeName([]byte(module[outer+1:])) {
			return r.exactly(from, Import{Spec: module[:outer], Names: []string{module[outer+1:]}, Kind: Named})
		}
	}
	return to
}

const pyCommandFolder = "management/commands"

// exactly finds a module by its full name.
func (r *pyResolver) exactly(from string, imp Import) Resolution {
	to := r.absolute(from, imp)
	if len(to.Files) == 0 {
		return Resolution{External: true}
	}
	to.Confidence = min(to.Confidence, pyNamed)
	return to
}

// labelled finds files by the end of their path: an application of Django has a label, which
// is the name of its folder, and no more.
func (r *pyResolver) labelled(from string, ends ...string) Resolution {
	r.indexLabels()
	var files []string
	for _, end := range ends {
		files = append(files, r.labels[end]...)
	}
	if len(files) == 0 || len(files) > maxPyLabels {
		return Resolution{External: true}
	}
	return Resolution{Files: targets(files...), Confidence: pyLabel}
}

// indexLabels lists the models and commands of applications, once it is asked for any.
func (r *pyResolver) indexLabels() {
	if r.labels != nil {
		return
	}
	r.labels = map[string][]string{}
	for _, path := range r.tree.Files() {
		base := baseOf(path)
		folder := folderOf(path)
		switch {
		case base == "models.py", base == "__init__.py" && baseOf(folder) == "models":
			end := base
			if base == "__init__.py" {
				end, folder = "models/__init__.py", folderOf(folder)
			}
			r.label(under(baseOf(folder), end), path)
		case strings.HasSuffix(base, ".py") && strings.HasSuffix("/"+folder, "/"+pyCommandFolder):
			r.label(under(pyCommandFolder, base), path)
		}
	}
}

func (r *pyResolver) label(end, path string) {
	if len(r.labels[end]) <= maxPyLabels {
		r.labels[end] = append(r.labels[end], path)
	}
}

const (
	pyStray      = 400 // a plain module in a folder that nothing names as one of the path
	maxPyStrays  = 4   // such modules of one name
	pyStrayShare = 300 // one of several
)

// stray finds a plain module by its name alone, wherever it lies: scripts, functions of a
// cloud and pytest's "pythonpath" put folders on the path that hold no package.
func (r *pyResolver) stray(from string, imp Import) Resolution {
	files := r.strays[imp.Spec]
	switch len(files) {
	case 0:
		return Resolution{}
	case 1:
		return Resolution{Files: slices.Clone(files), Confidence: pyStray}
	}
	if len(files) > maxPyStrays {
		return Resolution{}
	}
	return Resolution{Files: nearest(files, from), Confidence: pyStrayShare}
}
