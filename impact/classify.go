package impact

import (
	"slices"
	"strings"
	"sync"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/change/manifest"
	"custody/internal/git"
)

// class is what a file is taken for by its name and mode, before anybody reads it.
type class struct {
	language *lang.Language // nil for what no extractor reads
	skip     skipReason     // set when language is nil
	kin      string         // unsupported code that may import files of this family
}

// classify never reads a file, so it costs nothing for the thousands that do not
// matter. What it does not know and git does not call executable is opaque. What it calls
// executable may turn out to be of a language: see withInterpreter.
func classify(path change.Path, mode git.Mode, languages []*lang.Language) class {
	switch {
	case mode == git.ModeSymlink:
		return class{skip: skipReason{SkipOpaque, "symbolic link, not followed"}}
	case mode == git.ModeGitlink:
		return class{skip: skipReason{SkipUnsupported, "submodule: the code of another repository"}}
	case !mode.IsRegular():
		return class{skip: skipReason{SkipUnreadable, "unknown mode " + mode.String()}}
	}
	ext := lang.Extension(string(path))
	for _, l := range languages {
		if slices.Contains(l.Extensions, ext) {
			return class{language: l}
		}
	}
	name := baseName(path)
	if isManifest(name) || manifest.IsRequirements(string(path)) {
		return class{skip: skipReason{SkipUnsupported, ManifestDetail}}
	}
	if language, ok := codeNames[strings.ToLower(name)]; ok {
		return class{skip: skipReason{SkipUnsupported, language}}
	}
	if language, ok := codeExtensions()[ext]; ok && isPassive(language) {
		return class{skip: skipReason{SkipOpaque, language + ": only who imports or embeds it is traced"}}
	}
	if language, ok := codeExtensions()[ext]; ok {
		return class{skip: skipReason{SkipUnsupported, language}, kin: kinOf[language]}
	}
	if isProse(path) {
		return class{skip: skipReason{SkipOpaque, "prose"}}
	}
	if mode&0o111 != 0 && !opaqueExtensions()[ext] {
		return class{skip: skipReason{SkipUnsupported, executable}}
	}
	if ext == "" {
		// A script needs no extension, and no mode where something else runs it.
		return class{skip: skipReason{SkipUnsupported, noExtension}}
	}
	return class{skip: skipReason{SkipOpaque, ""}}
}

// ManifestDetail is the detail of a dependency manifest: it is read for what imports mean, and is
// no source file.
const ManifestDetail = "dependency manifest: it decides what imports mean"

const executable = "executable file of unknown language"

const noExtension = "file without an extension: it may be code"

// family groups languages whose files import each other: Go files import no Python.
func family(language string) string {
	switch language {
	case "typescript", "tsx", "javascript", "vue", "svelte":
		return "script"
	}
	return language
}

// isPassive knows files that no code can be reached over but by an import or an
// embedding, which make them nodes: what they are filled with or styled by imports
// nothing.
func isPassive(language string) bool {
	return language == "css" || language == "html" || language == "template"
}

func isStyle(path change.Path) bool { return codeExtensions()[lang.Extension(string(path))] == "css" }

// kinOf are languages without an extractor whose files import those of a family that
// has one.
var kinOf = map[string]string{
	"kotlin": "java", "scala": "java", "groovy": "java", "clojure": "java",
	"cython": "python", "jupyter notebook": "python",
	"astro": "script", "mdx": "script", "coffeescript": "script", "vue": "script", "svelte": "script",
}

// codeExtensions are code that no extractor reads yet: programming languages,
// templates, styles, and descriptions that steer or generate code. An extractor that
// knows the extension comes first.
var codeExtensions = sync.OnceValue(func() map[string]string { return byExtension(codeByLanguage) })

var codeByLanguage = map[string]string{
	"ada":              ".adb .ads",
	"apex":             ".cls .trigger",
	"assembly":         ".s .asm .nasm",
	"astro":            ".astro",
	"awk":              ".awk",
	"bazel":            ".bzl .bazel .star",
	"c":                ".c .h",
	"c#":               ".cs .csx",
	"c++":              ".cc .cpp .cxx .c++ .hh .hpp .hxx .h++ .inl .ipp .tpp",
	"clojure":          ".clj .cljs .cljc",
	"cmake":            ".cmake",
	"cobol":            ".cob .cbl .cpy",
	"coffeescript":     ".coffee",
	"common lisp":      ".lisp .lsp .cl",
	"crystal":          ".cr",
	"css":              ".css .scss .sass .less .styl",
	"cuda":             ".cu .cuh",
	"cue":              ".cue",
	"cython":           ".pyx .pxd .pxi",
	"d":                ".d",
	"dart":             ".dart",
	"dockerfile":       ".dockerfile",
	"elixir":           ".ex .exs",
	"elm":              ".elm",
	"emacs lisp":       ".el",
	"erlang":           ".erl .hrl",
	"f#":               ".fs .fsi .fsx",
	"fortran":          ".f .f90 .f95 .f03 .f08 .for",
	"gleam":            ".gleam",
	"go":               ".go",
	"graphql":          ".graphql .gql",
	"groovy":           ".groovy .gradle .gvy",
	"haskell":          ".hs .lhs",
	"hcl":              ".hcl .tf .tfvars",
	"html":             ".html .htm .xhtml",
	"java":             ".java",
	"javascript":       ".js .mjs .cjs .jsx",
	"jsonnet":          ".jsonnet .libsonnet",
	"julia":            ".jl",
	"jupyter notebook": ".ipynb",
	"kotlin":           ".kt .kts",
	"lua":              ".lua",
	"make":             ".mk .mak",
	"mdx":              ".mdx",
	"meson":            ".wrap",
	"nim":              ".nim",
	"nix":              ".nix",
	"objective-c":      ".m .mm",
	"ocaml":            ".ml .mli .mll .mly",
	"pascal":           ".pas .pp .dpr .lpr",
	"perl":             ".pl .pm .t .pod6 .raku",
	"php":              ".php .phtml .inc",
	"powershell":       ".ps1 .psm1 .psd1",
	"prisma":           ".prisma",
	"prolog":           ".pro .prolog",
	"protocol buffers": ".proto",
	"puppet":           ".epp",
	"python":           ".py .pyi .pyw",
	"r":                ".r .rmd",
	"racket":           ".rkt",
	"rego":             ".rego",
	"ruby":             ".rb .rake .gemspec .ru",
	"rust":             ".rs",
	"scala":            ".scala .sc .sbt",
	"scheme":           ".scm .ss .sld",
	"shell":            ".sh .bash .zsh .fish .ksh .csh .bats",
	"smalltalk":        ".st",
	"solidity":         ".sol",
	"sql":              ".sql .psql .plsql .ddl",
	"svelte":           ".svelte",
	"swift":            ".swift",
	"tcl":              ".tcl",
	"template":         ".tmpl .tpl .gotmpl .gohtml .hbs .handlebars .mustache .ejs .erb .haml .slim .pug .jade .jinja .jinja2 .j2 .liquid .njk .twig .ftl .jsp .jspx .tag .cshtml .razor .vm",
	"thrift":           ".thrift .avdl .capnp .fbs",
	"typescript":       ".ts .mts .cts .tsx",
	"v":                ".v .vsh",
	"vb":               ".vb .vbs .bas",
	"verilog":          ".sv .svh .vh",
	"vhdl":             ".vhd .vhdl",
	"vim script":       ".vim",
	"vue":              ".vue",
	"webassembly":      ".wat",
	"windows batch":    ".bat .cmd",
	"xslt":             ".xsl .xslt",
	"yacc, lex":        ".y .yy .l .ll .g4 .peg",
	"zig":              ".zig",
}

// codeNames are code whose name says so, lower case.
var codeNames = map[string]string{
	"brewfile": "ruby", "build": "bazel", "build.bazel": "bazel", "buck": "bazel",
	"cmakelists.txt": "cmake", "containerfile": "dockerfile", "dangerfile": "ruby",
	"dockerfile": "dockerfile", "fastfile": "ruby", "gnumakefile": "make",
	"jenkinsfile": "groovy", "justfile": "just", "makefile": "make",
	"meson.build": "meson", "podfile": "ruby", "procfile": "procfile",
	"rakefile": "ruby", "snakefile": "snakemake", "tiltfile": "bazel",
	"vagrantfile": "ruby", "workspace": "bazel",
}

// isManifest knows the files that decide which dependencies, and which files, the
// imports of a project name. What a change to one reaches is not traced yet.
func isManifest(name string) bool {
	switch name {
	case "go.mod", "go.work", "package.json", "package-lock.json", "npm-shrinkwrap.json",
		"yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml", "lerna.json", "deno.json", "jsconfig.json",
		"pyproject.toml", "setup.cfg", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock",
		"pom.xml", "gradle.properties", "libs.versions.toml",
		"Cargo.toml", "Cargo.lock", "Gemfile", "Gemfile.lock", "composer.json", "composer.lock":
		return true
	}
	return strings.HasPrefix(name, "tsconfig") && strings.HasSuffix(name, ".json")
}

// isProse says whether people read the file and programs do not.
func isProse(path change.Path) bool {
	switch lang.Extension(string(path)) {
	case ".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".txt", ".tex", ".org", ".rtf", ".pdf", ".docx", ".odt":
		return true
	case "":
		switch strings.ToUpper(baseName(path)) {
		case "README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS", "CONTRIBUTORS", "CHANGELOG", "CHANGES", "NEWS", "TODO", "INSTALL", "PATENTS", "MAINTAINERS", "VERSION", "CODEOWNERS":
			return true
		}
	}
	return false
}

// opaqueExtensions are data that often carry an executable bit by accident.
var opaqueExtensions = sync.OnceValue(func() map[string]bool { return byWord(opaqueData) })

const opaqueData = `.json .yaml .yml .toml .xml .ini .cfg .conf .csv .tsv
	.properties .lock .svg .png .jpg .jpeg .gif .webp .ico .bmp .tif .tiff .pdf .woff .woff2
	.ttf .otf .eot .mp3 .mp4 .wav .ogg .webm .mov .zip .gz .tgz .bz2 .xz .7z .jar .war .exe .dll
	.so .dylib .a .o .bin .dat .db .pem .crt .key .po .pot .mo .map .snap .golden .out .log .patch .diff`

// isTest goes by the conventions of each language's usual test runner.
func isTest(path change.Path, language string) bool {
	if lang.Extension(string(path)) == "" {
		return false // a program: test runners look for names with one
	}
	name := baseName(path)
	stem, _, _ := strings.Cut(name, ".")
	switch family(language) {
	case "go":
		return strings.HasSuffix(name, "_test.go")
	case "python":
		return strings.HasPrefix(name, "test_") || strings.HasSuffix(stem, "_test") || name == "tests.py" || name == fixtures ||
			inFolder(path, "tests") || inFolder(path, "test")
	case "script":
		return strings.Contains(name, ".test.") || strings.Contains(name, ".spec.") || strings.Contains(name, ".cy.") ||
			strings.HasSuffix(stem, "-test") || strings.HasSuffix(stem, "_test") || strings.HasSuffix(stem, "-spec") ||
			strings.HasSuffix(stem, "Spec") || strings.Contains(name, ".e2e-spec.") || inFolder(path, "__tests__") ||
			(inFolder(path, "test") || inFolder(path, "tests")) && !inFolder(path, "fixtures") && !inFolder(path, "fixture") && !inFolder(path, "testdata")
	case "java":
		return inFolder(path, "src/test") || inFolder(path, "src/intTest") || inFolder(path, "src/integrationTest") ||
			inFolder(path, "src/testFixtures") || inFolder(path, "src/androidTest") ||
			strings.HasSuffix(stem, "Test") || strings.HasSuffix(stem, "Tests") || strings.HasSuffix(stem, "TestCase") || strings.HasSuffix(stem, "IT")
	}
	return false
}

// inFolder says whether one of the folders above path is called folder, which may be
// several names.
func inFolder(path change.Path, folder string) bool {
	return strings.Contains("/"+string(path), "/"+folder+"/")
}

func baseName(path change.Path) string {
	return string(path[strings.LastIndexByte(string(path), '/')+1:])
}

// folderOf is the folder of a file, "." at the root.
func folderOf(path change.Path) change.Path {
	if i := strings.LastIndexByte(string(path), '/'); i >= 0 {
		return path[:i]
	}
	return "."
}

func byExtension(languages map[string]string) map[string]string {
	m := make(map[string]string, 256)
	for language, extensions := range languages {
		for ext := range strings.FieldsSeq(extensions) {
			m[ext] = language
		}
	}
	return m
}

func byWord(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
