package impact

import (
	"custody/impact/lang"
	"custody/internal/change"
)

// TestLanguage is the language of a file, and whether it is taken for a test by its name
// and place.
func TestLanguage(p change.Path) (language string, isATest bool) {
	l := lang.ForPath(string(p))
	if l == nil {
		return "", false
	}
	return l.Name, isTest(p, l.Name)
}

// MaxReachedSymbols is how many definitions a Reached lists; one with as many may have
// more.
const MaxReachedSymbols = maxSymbols

// What stands around the reached nodes. Package nearby fills these in; each is absent
// where nobody asked for it.

// A TestRun is one command that runs reached or changed tests. It is for people to run:
// Custody runs nothing of a repository.
type TestRun struct {
	Runner  string   `json:"runner"`  // "go", "pytest", "vitest" ...
	Folder  string   `json:"folder"`  // to run it in, escaped; "." is the root
	Command string   `json:"command"` // for a POSIX shell
	Tests   []string `json:"tests"`   // files that it runs, escaped, sorted; at most 50. Of Go: the folders of packages
	More    int      `json:"more_tests,omitempty"`
	Whole   bool     `json:"whole,omitempty"`   // it runs more than the tests: they are too many to name
	Assumed bool     `json:"assumed,omitempty"` // nothing in the tree names the runner
}

// A TestPlan is the commands, and the tests that no command is known for.
type TestPlan struct {
	Runs    []TestRun `json:"runs"`
	Unknown []string  `json:"unknown,omitempty"` // tests whose runner is not known, or whose name does not go into a command; escaped, at most 50
	More    int       `json:"more_unknown,omitempty"`
}

// Ownership says whom CODEOWNERS of the base names for what changed and what is reached.
type Ownership struct {
	File    string  `json:"file,omitempty"` // where it was read, escaped; empty: there is none
	Owners  []Owner `json:"owners"`         // those of changed files first, then by how much they own
	Unowned Count   `json:"unowned"`        // files that nobody owns
	Doubts  []Doubt `json:"doubts,omitempty"`
}

// An Owner with what it owns of changed and reached files.
type Owner struct {
	Node    string   `json:"node"` // "owner:@acme/billing"
	Name    string   `json:"name"` // as written: "@login", "@organisation/team" or an address
	Owns    Count    `json:"owns"`
	Changed []string `json:"changed"` // files, escaped, sorted; at most 20
	Reached []string `json:"reached"` // the same
}

// A Count of files.
type Count struct {
	Changed int `json:"changed"`
	Reached int `json:"reached"`
}

// A Doubt is a file whose owner is not known, and why.
type Doubt struct {
	Path string `json:"path"` // escaped
	Why  string `json:"why"`
}

// Together are files that usually change with the changed ones, and do not here.
type Together struct {
	Commits int         `json:"commits"` // that were looked at: the last 2,000 before the change that are no merges
	Huge    int         `json:"huge"`    // of those: left out, since they change more than 50 files
	Cut     bool        `json:"cut,omitempty"`
	Files   []Companion `json:"files"` // the most often first; at most 20
	More    int         `json:"more_files,omitempty"`
}

// A Companion is one file that is missing from the change, if habit is a guide.
type Companion struct {
	Path      string     `json:"path"`      // escaped
	With      string     `json:"with"`      // the changed file that it goes with most often, escaped
	Support   int        `json:"support"`   // commits that changed both
	Of        int        `json:"of"`        // commits that changed With
	Habit     Confidence `json:"habit"`     // Support of Of, per mille
	Companion int        `json:"companion"` // commits that changed Path
}

// Risk is how much attention a change asks for: reasons first, then their sum. What is
// not known adds to it, and nothing that is known takes from it.
type Risk struct {
	Level   string       `json:"level"`   // "low", "medium" from 250 on, "high" from 550 on
	Score   int          `json:"score"`   // the points of all reasons, 1000 at most
	Reasons []RiskReason `json:"reasons"` // the heaviest first
}

// A RiskReason is one of the table in docs/impact.md.
type RiskReason struct {
	Code   string `json:"code"` // "reach", "incomplete", "critical", "critical-reached", "untested", "size", "breaking", "packages", "authorship"
	Points int    `json:"points"`
	Detail string `json:"detail"`
}
