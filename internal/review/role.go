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
	rule   string // the first rule that names its path
}

func roleOf(p change.Path, mode git.Mode, policy *config.Effective) role {
	r := role{}
	// SQL is taken for a migration anywhere: what its folder makes of any file tells more.
	for _, name := range []change.Path{p, change.Path(path.Join(path.Dir(string(p)), "any"))} {
		for _, k := range control.FileKinds(name, "", mode, 0) {
			r.kinds += string(k) + " "
		}
		r.kinds += "/ "
	}
	r.agents, _ = agentfiles.Of(p, nil)
	_, r.test = impact.TestLanguage(p)
	r.built = strings.Join(lang.GoNameTags(string(p)), " ")
	if base := path.Base(string(p)); path.Ext(base) == ".go" && strings.ContainsAny(base[:1], "_.") {
		r.built = "never"
	}
	if policy != nil {
		r.rule = critical(policy, p)
	}
	return r
}

// samePlace says whether a file that moved does at its new place what it did at the old one.
// A workflow that comes out of a folder of examples runs from now on, without a byte of it
// having changed.
func samePlace(f *change.File, policy *config.Effective) bool {
	return roleOf(f.OldPath, f.Mode, policy) == roleOf(f.Path, f.Mode, policy)
}

// hasPower says whether a file is run with rights that are not the program's: whoever says in
// its first line that a tool wrote it has read it nonetheless.
func hasPower(f *change.File) bool {
	kinds := control.FileKinds(f.Path, f.OldPath, f.Mode, f.OldMode)
	return slices.Contains(kinds, config.OfPipeline) || slices.Contains(kinds, config.OfMigration)
}
