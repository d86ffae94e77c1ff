package commands

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"custody/internal/change"
)

// A script is shell text in a file.
type script struct {
	text    string
	lines   []int             // the line of the file on which each line of text stands
	vars    map[string]string // values that stand elsewhere in the file
	exprs   map[string]string // what a stand-in variable stands for: an expression of the CI
	dialect syntax.LangVariant
}

func (s *script) fileLine(line int) int {
	switch {
	case len(s.lines) == 0:
		return 1
	case line < 1:
		line = 1
	case line > len(s.lines):
		line = len(s.lines)
	}
	return s.lines[line-1]
}

// numbered makes a script of text whose first line is the given one of the file.
func numbered(text string, first int) script {
	s := script{text: text, dialect: syntax.LangBash}
	for i := range strings.Count(text, "\n") + 1 {
		s.lines = append(s.lines, first+i)
	}
	return s
}

// A holder finds the scripts of one kind of file. Problems are parts of the file that
// were not understood.
type holder struct {
	holds func(change.Path) bool
	find  func(src []byte) ([]script, []problem)
}

var holders = []holder{
	{isDockerfile, dockerfile},
	{isMakefile, makefile},
	{func(p change.Path) bool { return path.Base(string(p)) == "package.json" }, packageJSON},
	{isWorkflow, workflowFile},
	{isCI, ciFile},
}

// holderOf is the holder of a path; nil for one that only its first line may make a script.
func holderOf(p change.Path) *holder {
	for i := range holders {
		if holders[i].holds(p) {
			return &holders[i]
		}
	}
	return nil
}

func isDockerfile(p change.Path) bool {
	name := strings.ToLower(path.Base(string(p)))
	return name == "dockerfile" || name == "containerfile" || strings.HasPrefix(name, "dockerfile.") || strings.HasSuffix(name, ".dockerfile") || strings.HasSuffix(name, ".containerfile")
}

func isMakefile(p change.Path) bool {
	name := path.Base(string(p))
	return name == "Makefile" || name == "makefile" || name == "GNUmakefile" || strings.HasSuffix(name, ".mk") || strings.HasPrefix(name, "Makefile.")
}

func isWorkflow(p change.Path) bool {
	name, dir := path.Base(string(p)), path.Dir(string(p))
	if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
		return false
	}
	return dir == ".github/workflows" || dir == ".gitea/workflows" || dir == ".forgejo/workflows" || name == "action.yml" || name == "action.yaml"
}

// isCI says whether a path is one where another CI looks for its instructions.
func isCI(p change.Path) bool {
	name, dir := path.Base(string(p)), path.Dir(string(p))
	if !strings.HasSuffix(name, ".yml") && !strings.HasSuffix(name, ".yaml") {
		return false
	}
	switch {
	case strings.HasSuffix(name, ".gitlab-ci.yml"), strings.HasPrefix(dir+"/", ".gitlab/"), name == ".travis.yml", name == "cloudbuild.yaml", name == "bitbucket-pipelines.yml", name == ".drone.yml", name == "appveyor.yml", name == ".appveyor.yml", name == ".cirrus.yml", name == "buildspec.yml":
		return true
	case strings.HasPrefix(name, "azure-pipelines"), strings.HasPrefix(dir+"/", ".circleci/"), strings.HasPrefix(dir+"/", ".buildkite/"), strings.HasPrefix(dir+"/", ".azure-pipelines/"), strings.HasPrefix(dir+"/", ".woodpecker/"):
		return true
	}
	return false
}

// shellName says in which dialect a file is written, by its name.
func shellName(p change.Path) (syntax.LangVariant, bool) {
	name := path.Base(string(p))
	switch path.Ext(name) {
	case ".sh", ".bash", ".ksh", ".command", ".envrc":
		return syntax.LangBash, true
	case ".zsh":
		return syntax.LangZsh, true
	case ".bats":
		return syntax.LangBats, true
	}
	switch name {
	case ".bashrc", ".bash_profile", ".profile", ".envrc", "PKGBUILD", "APKBUILD", "configure.sh":
		return syntax.LangBash, true
	case ".zshrc", ".zprofile":
		return syntax.LangZsh, true
	}
	return 0, false
}

// shebang says whether the first line calls a shell.
func shebang(src []byte) (syntax.LangVariant, bool) {
	if len(src) < 3 || src[0] != '#' || src[1] != '!' {
		return 0, false
	}
	line, _, _ := strings.Cut(string(src[2:min(len(src), 200)]), "\n")
	fields := strings.Fields(line)
	for i, f := range fields {
		name := base(f)
		if name == "env" || i > 0 && strings.HasPrefix(f, "-") {
			continue
		}
		switch name {
		case "sh", "bash", "dash", "ash", "ksh", "mksh":
			return syntax.LangBash, true
		case "zsh":
			return syntax.LangZsh, true
		case "bats":
			return syntax.LangBats, true
		}
		return 0, false
	}
	return 0, false
}

// couldHold says whether a file may hold a script, by its name: a name without an
// extension may have a first line that calls a shell.
func couldHold(p change.Path) bool {
	if holderOf(p) != nil {
		return true
	}
	if _, ok := shellName(p); ok {
		return true
	}
	return path.Ext(strings.TrimPrefix(path.Base(string(p)), ".")) == ""
}

// scriptsOf finds the scripts of a file; is says whether it is of a kind that holds any.
func scriptsOf(p change.Path, src []byte) (scripts []script, problems []problem, is bool) {
	if h := holderOf(p); h != nil {
		scripts, problems = h.find(src)
		return scripts, problems, true
	}
	dialect, ok := shellName(p)
	if by, called := shebang(src); called {
		dialect, ok = by, true
	}
	if !ok {
		return nil, nil, false
	}
	s := numbered(string(src), 1)
	s.dialect = dialect
	return []script{s}, nil, true
}
