package control

import (
	"path"
	"slices"
	"strings"
	"sync"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
)

// kindsOf tells what kinds of file a changed file is, by its names and modes alone: it
// may be several, and what no table knows is code. Tests and migrations are code too,
// so that a rule for code is not passed by where a file is put.
func kindsOf(t touched) []config.ChangeKind {
	if t.SubmoduleChanged {
		return []config.ChangeKind{config.OfCode, config.OfDependencies}
	}
	var kinds []config.ChangeKind
	for _, p := range t.paths() {
		if t.OldMode != 0 {
			kinds = append(kinds, kindsByName(p, t.OldMode)...)
		}
		if t.Mode != 0 && t.Mode != t.OldMode {
			kinds = append(kinds, kindsByName(p, t.Mode)...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// FileKinds are the kinds of a changed file as a summary names it, for people: by its
// names and modes alone.
func FileKinds(p, old change.Path, mode, oldMode git.Mode) []config.ChangeKind {
	return kindsOf(touched{File: change.File{Path: p, OldPath: old, Mode: mode, OldMode: oldMode}})
}

func kindsByName(p change.Path, mode git.Mode) []config.ChangeKind {
	lower := strings.ToLower(string(p))
	name, ext := path.Base(lower), path.Ext(lower)
	folders := strings.Split(path.Dir(lower), "/")
	in := func(names ...string) bool {
		return slices.ContainsFunc(folders, func(f string) bool { return slices.Contains(names, f) })
	}
	if mode != git.ModeFile {
		return []config.ChangeKind{config.OfCode} // a link, or something that is run
	}
	var kinds []config.ChangeKind
	// No folder and no beginning of a name makes a program of something else.
	program := ext != "" && !knownNames().proseExtensions[ext] && !knownNames().dataExtensions[ext] && !knownNames().configExtensions[ext]
	add := func(k ...config.ChangeKind) { kinds = append(kinds, k...) }
	switch {
	case knownNames().dependencies[name], strings.HasPrefix(name, "requirements") && ext == ".txt", ext == ".csproj", ext == ".gemspec", ext == ".lockb":
		add(config.OfDependencies)
		if knownNames().programs[name] || ext == ".py" || ext == ".gradle" || ext == ".kts" || ext == ".exs" || ext == ".gemspec" || ext == ".csproj" {
			add(config.OfCode) // a program, or it names some that are run
		}
	case pipelineFile(lower, name):
		add(config.OfPipeline)
		if program && !knownNames().pipelines[name] && !isDockerfile(name) {
			add(config.OfCode)
		}
	case steersAgents(lower, name):
		add(config.OfConfig)
		if program && !knownNames().agents[name] {
			add(config.OfCode)
		}
	case knownNames().proseExtensions[ext] && name != "cmakelists.txt", ext == "" && knownNames().prose[name]:
		add(config.OfDocs)
	case knownNames().dataExtensions[ext]:
		add(config.OfData)
	case knownNames().configExtensions[ext], ext == "" && strings.HasPrefix(name, "."):
		add(config.OfConfig)
	default:
		add(config.OfCode)
	}
	if in("migrations", "migrate", "migration", "alembic", "liquibase", "flyway") || ext == ".sql" {
		add(config.OfMigration, config.OfCode)
	}
	if in("test", "tests", "__tests__", "spec", "specs", "testdata", "e2e") || isTestName(path.Base(string(p))) {
		add(config.OfTests)
	}
	return kinds
}

func isTestName(base string) bool {
	name := strings.ToLower(base)
	stem := strings.TrimSuffix(name, path.Ext(name))
	class, java := strings.CutSuffix(base, ".java")
	return strings.HasSuffix(stem, "_test") || strings.HasPrefix(name, "test_") || strings.HasSuffix(stem, ".test") ||
		strings.HasSuffix(stem, ".spec") || strings.HasSuffix(stem, "_spec") || java && (strings.HasSuffix(class, "Test") || strings.HasSuffix(class, "Tests")) // its capital tells it from Latest
}

func pipelineFile(lower, name string) bool {
	for _, folder := range []string{".github/workflows/", ".github/actions/", ".gitea/workflows/", ".forgejo/workflows/", ".gitlab/ci/", ".circleci/", ".buildkite/", ".woodpecker/"} {
		if strings.HasPrefix(lower, folder) {
			return true
		}
	}
	return knownNames().pipelines[name] || isDockerfile(name)
}

// isDockerfile knows Dockerfile, Dockerfile.dev and dev.dockerfile, and neither
// dockerfile_lint.py nor, since nobody can tell, Dockerfile.py.
func isDockerfile(name string) bool {
	tail, ok := strings.CutPrefix(name, "dockerfile")
	return ok && (tail == "" || tail[0] == '.' && lang.ForPath(name) == nil) || strings.HasSuffix(name, ".dockerfile")
}

// steersAgents says whether a file that looks like prose is what agents obey.
func steersAgents(lower, name string) bool {
	return knownNames().agents[name] || strings.HasPrefix(lower, ".cursor/") || strings.HasPrefix(lower, ".claude/") || strings.HasPrefix(lower, ".github/instructions/") || strings.HasPrefix(lower, ".github/prompts/")
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// A nameTable are the names and extensions that say what a file is.
type nameTable struct {
	dependencies, pipelines, agents,
	programs, // those of dependencies that are programs, or name some that are run
	proseExtensions, prose, dataExtensions, configExtensions map[string]bool
}

// knownNames are made at their first use: most commands use none.
var knownNames = sync.OnceValue(func() nameTable {
	return nameTable{
		dependencies: set(`go.mod go.sum go.work go.work.sum package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml
			bun.lock cargo.toml cargo.lock pom.xml build.gradle build.gradle.kts settings.gradle gradle.lockfile libs.versions.toml pyproject.toml
			poetry.lock pipfile pipfile.lock uv.lock setup.py setup.cfg constraints.txt gemfile gemfile.lock composer.json composer.lock mix.exs
			mix.lock packages.config packages.lock.json directory.packages.props paket.dependencies podfile podfile.lock pubspec.yaml pubspec.lock
			package.swift package.resolved deno.json deno.lock conanfile.txt vcpkg.json flake.nix flake.lock .gitmodules`),
		pipelines: set(`.gitlab-ci.yml jenkinsfile azure-pipelines.yml bitbucket-pipelines.yml .travis.yml .drone.yml .woodpecker.yml
			.pre-commit-config.yaml lefthook.yml .lefthook.yml action.yml action.yaml containerfile docker-compose.yml docker-compose.yaml compose.yaml`),
		programs:         set(`package.json gemfile podfile package.swift composer.json deno.json flake.nix pom.xml pyproject.toml setup.cfg directory.packages.props`),
		agents:           set(`agents.md claude.md gemini.md copilot-instructions.md skill.md .cursorrules .windsurfrules .clinerules llms.txt`),
		proseExtensions:  set(`.md .markdown .rst .adoc .asciidoc .txt .org`),
		prose:            set(`readme license licence copying notice authors contributors changelog changes news history`),
		dataExtensions:   set(`.csv .tsv .png .jpg .jpeg .gif .webp .ico .bmp .pdf .woff .woff2 .ttf .otf .mp3 .mp4 .webm .ogg .wav .parquet .avro`),
		configExtensions: set(`.yaml .yml .json .json5 .toml .ini .cfg .conf .properties .env .editorconfig .xml .plist .tfvars`),
	}
})
