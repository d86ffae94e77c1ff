package review

import (
	"path"
	"slices"
	"strings"
	"sync"

	"custody/impact"
	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks/agentfiles"
	"custody/internal/control/checks/migrations"
	"custody/internal/git"
)

// A role is what the place and name of a file make of it, whatever it holds.
type role struct {
	kinds     string          // pipeline, migration, tests ..., by its name and by its folder alone
	agents    agentfiles.Kind // what agents take it for
	migration bool
	test      bool
	built     string // for which systems alone, or that the build leaves it out
	rules     string // those that name its path
}

func roleOf(p change.Path, policy *config.Effective) role {
	r := role{}
	// SQL is taken for a migration anywhere: what its folder makes of any file tells more.
	for _, name := range []change.Path{p, change.Path(path.Join(path.Dir(string(p)), "any"))} {
		for _, k := range control.FileKinds(name, "", git.ModeFile, 0) { // what a program is called tells as much as of another file
			r.kinds += string(k) + " "
			r.migration = r.migration || k == config.OfMigration
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
	for _, p := range []change.Path{f.OldPath, f.Path} {
		// Workflows may be called anything that ends so, and are looked for in their folder.
		inPlace := path.Dir(string(f.OldPath)) == path.Dir(string(f.Path)) && strings.HasPrefix(strings.ToLower(string(p)), ".github/workflows/") && isYAML(f.OldPath) && isYAML(f.Path)
		if !inPlace && (looksUp(p) || policy.JudgeFile(p) != "") {
			return false
		}
	}
	was, is := roleOf(f.OldPath, policy), roleOf(f.Path, policy)
	return was == is && (!is.migration || migrations.Same(f.OldPath, f.Path))
}

func isYAML(p change.Path) bool {
	return slices.Contains([]string{".yml", ".yaml"}, path.Ext(string(p)))
}

// looksUp says whether some tool may look for a file by its name: a pipeline, a manifest, what
// begins with a dot, and what has no extension, such as Makefile and CODEOWNERS. Prose, data,
// configuration and code that others name it is not.
func looksUp(p change.Path) bool {
	base := strings.ToLower(path.Base(string(p)))
	kinds := control.FileKinds(change.Path(base), "", git.ModeFile, 0)
	for _, k := range []config.ChangeKind{config.OfPipeline, config.OfDependencies, config.OfMigration} {
		if slices.Contains(kinds, k) {
			return true
		}
	}
	return byName(base) || path.Ext(base) == "" && !slices.Contains(kinds, config.OfDocs)
}

// byName says whether a tool runs or reads a file of that name, in lower case, though nobody
// names it.
func byName(base string) bool {
	return strings.HasPrefix(base, ".") && !harmless()[base] || strings.Contains(base, ".config.") || lookedUp()[base]
}

func words(text string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for word := range strings.FieldsSeq(text) {
			m[word] = true
		}
		return m
	})
}

var (
	harmless = words(".gitignore .gitkeep .keep .editorconfig .dockerignore .prettierignore .eslintignore .ds_store .mailmap")
	lookedUp = words(`conftest.py pytest.ini tox.ini setup.cfg mypy.ini noxfile.py fabfile.py build.rs gulpfile.js gruntfile.js cmakelists.txt
		compose.yml compose.yaml docker-compose.yml docker-compose.yaml action.yml action.yaml serverless.yml serverless.yaml skaffold.yaml app.yaml
		cloudbuild.yaml buildspec.yml netlify.toml vercel.json firebase.json tsconfig.json jsconfig.json lerna.json nx.json turbo.json pnpm-workspace.yaml`)
)

// hasPower says whether a file is run with rights that are not the program's, or tells tools,
// agents or reviewers what to do: whoever says in its first line that a tool wrote it has it read
// nonetheless. Configuration that is no more than that, such as a schema, is none.
func hasPower(f *change.File, policy *config.Effective) bool {
	base := strings.ToLower(path.Base(string(f.Path)))
	kinds := control.FileKinds(f.Path, f.OldPath, git.ModeFile, 0)
	for _, k := range []config.ChangeKind{config.OfPipeline, config.OfMigration, config.OfDependencies} {
		if slices.Contains(kinds, k) {
			return true
		}
	}
	agents, _ := agentfiles.Of(f.Path, nil)
	return agents != agentfiles.None || policy.JudgeFile(f.Path) != "" || f.Mode == git.ModeExecutable || byName(base) ||
		slices.Contains([]string{".sh", ".bash", ".zsh", ".fish", ".pl", ".ps1", ".bat", ".cmd", ".mk", ".tf"}, path.Ext(base)) || path.Ext(base) == "" && !slices.Contains(kinds, config.OfDocs)
}
