package review

import (
	"path"
	"slices"
	"strings"

	"custody/impact"
	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks/agentfiles"
	"custody/internal/git"
)

// A role is what the place and name of a file make of it, whatever it holds.
type role struct {
	kinds  string          // pipeline, migration, tests ..., by its name and by its folder alone
	agents agentfiles.Kind // what agents take it for
	test   bool
	built  string // for which systems alone, or that the build leaves it out
	rules  string // those that name its path
}

func roleOf(p change.Path, mode git.Mode, policy *config.Effective) role {
	r := role{}
	// SQL is taken for a migration anywhere: what its folder makes of any file tells more.
	for _, name := range []change.Path{p, change.Path(path.Join(path.Dir(string(p)), "any"))} {
		for _, k := range control.FileKinds(name, "", mode, 0) {
			if r.kinds += string(k) + " "; k == config.OfMigration { // its version is in its name
				r.kinds += path.Base(string(p)) + " "
			}
		}
		r.kinds += "/ "
	}
	r.agents, _ = agentfiles.Of(p, nil)
	_, r.test = impact.TestLanguage(p)
	r.built = strings.Join(lang.GoNameTags(string(p)), " ")
	if path.Ext(string(p)) == ".go" && slices.ContainsFunc(strings.Split(string(p), "/"), goSkips) {
		r.built = "never"
	}
	if policy != nil {
		r.rules = strings.Join(criticalAll(policy, p), " ")
	}
	return r
}

// goSkips says whether the go command looks at no file or folder of that name.
func goSkips(name string) bool {
	return name == "testdata" || name == "vendor" || name != "" && strings.ContainsAny(name[:1], "_.")
}

// samePlace says whether a file that moved does at its new place what it did at the old one.
// A workflow that comes out of a folder of examples runs from now on, without a byte of it
// having changed; and what tools look for by its name does something else in each folder.
func samePlace(f *change.File, policy *config.Effective) bool {
	if path.Dir(string(f.OldPath)) != path.Dir(string(f.Path)) && (looksUp(f.OldPath, f.Mode) || looksUp(f.Path, f.Mode)) {
		return false
	}
	return roleOf(f.OldPath, f.Mode, policy) == roleOf(f.Path, f.Mode, policy)
}

// looksUp says whether some tool may look for a file by its name: a pipeline, a manifest, a
// configuration, what begins with a dot, and what has no extension, such as Makefile and
// CODEOWNERS. Prose and data, and code that others name, it is not.
func looksUp(p change.Path, mode git.Mode) bool {
	base := strings.ToLower(path.Base(string(p)))
	kinds := control.FileKinds(change.Path(base), "", mode, 0)
	for _, k := range []config.ChangeKind{config.OfPipeline, config.OfDependencies, config.OfConfig, config.OfMigration} {
		if slices.Contains(kinds, k) {
			return true
		}
	}
	return strings.HasPrefix(base, ".") || base == "conftest.py" || strings.Contains(base, ".config.") || path.Ext(base) == "" && !slices.Contains(kinds, config.OfDocs)
}

// hasPower says whether a file is run with rights that are not the program's, or tells tools,
// agents or reviewers what to do: whoever says in its first line that a tool wrote it has it read
// nonetheless. Configuration that is no more than that, such as a schema, is none.
func hasPower(f *change.File) bool {
	base := strings.ToLower(path.Base(string(f.Path)))
	kinds := control.FileKinds(f.Path, f.OldPath, f.Mode, f.OldMode)
	for _, k := range []config.ChangeKind{config.OfPipeline, config.OfMigration, config.OfDependencies} {
		if slices.Contains(kinds, k) {
			return true
		}
	}
	agents, _ := agentfiles.Of(f.Path, nil)
	return agents != agentfiles.None || f.Mode == git.ModeExecutable || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "security_requirements") ||
		slices.Contains([]string{".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd", ".mk"}, path.Ext(base)) || path.Ext(base) == "" && !slices.Contains(kinds, config.OfDocs)
}
