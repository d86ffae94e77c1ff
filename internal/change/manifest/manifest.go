// Package manifest reads the files in which projects say what they depend on: manifests,
// which people write, and lock files, which tools write.
//
// It takes bytes and answers with what stands there, with lines, and asks no registry.
// It reads as much of each format as names dependencies; a file that it does not
// understand is an error, never an empty list.
package manifest

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits of one file.
const (
	MaxBytes        = 8 << 20
	MaxDependencies = 100_000
	maxDepth        = 100 // of nested JSON and XML
)

// A Dependency is one entry.
type Dependency struct {
	Name    string
	Version string // as written: exact in a lock file, a range in most manifests
	// Source is where it comes from when that is not the registry of the language: an
	// address, or a path that begins with a dot.
	Source    string
	Integrity string // digest in a lock file
	Licence   string // where the file says it
	Indirect  bool   // somebody else's dependency
	Dev       bool   // for work on the project only
	Line      int
}

// A File is one manifest or lock file.
type File struct {
	Dependencies []Dependency
	// Registries are places that dependencies are fetched from, other than the default.
	Registries []Registry
}

// A Registry is one place that dependencies are fetched from.
type Registry struct {
	URL  string
	Line int
}

// A Format is one kind of file.
type Format struct {
	Name      string // as people know it: "go.mod"
	Ecosystem string // "go", "npm", "pypi", "cargo", "gem", "maven", "composer"
	Lock      bool
	matches   func(name string) bool
	parse     func(src []byte) (*File, error)
}

func named(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

// formats are all that are known. Nobody alters the list.
var formats = sync.OnceValue(func() []Format {
	return []Format{
		{"go.mod", "go", false, named("go.mod"), goMod},
		{"go.sum", "go", true, named("go.sum"), goSum},
		{"package.json", "npm", false, named("package.json"), packageJSON},
		{"package-lock.json", "npm", true, named("package-lock.json", "npm-shrinkwrap.json"), packageLock},
		{"yarn.lock", "npm", true, named("yarn.lock"), yarnLock},
		{"pnpm-lock.yaml", "npm", true, named("pnpm-lock.yaml"), pnpmLock},
		{".npmrc", "npm", false, named(".npmrc", ".yarnrc"), npmrc},
		{"requirements.txt", "pypi", false, nil, requirements}, // see IsRequirements
		{"pyproject.toml", "pypi", false, named("pyproject.toml"), pyproject},
		{"poetry.lock", "pypi", true, named("poetry.lock", "uv.lock", "pdm.lock"), tomlLock},
		{"pip.conf", "pypi", false, named("pip.conf", "pip.ini"), pipConf},
		{"Cargo.toml", "cargo", false, named("Cargo.toml"), cargoToml},
		{"Cargo.lock", "cargo", true, named("Cargo.lock"), cargoLock},
		{"Gemfile", "gem", false, named("Gemfile"), gemfile},
		{"Gemfile.lock", "gem", true, named("Gemfile.lock"), gemfileLock},
		{"pom.xml", "maven", false, named("pom.xml"), pom},
		{"build.gradle", "maven", false, func(n string) bool {
			return strings.HasSuffix(n, ".gradle") || strings.HasSuffix(n, ".gradle.kts")
		}, gradle},
		{"composer.json", "composer", false, named("composer.json"), composerJSON},
		{"composer.lock", "composer", true, named("composer.lock"), composerLock},
	}
})

// IsRequirements says whether a path is that of requirements or constraints for pip: called
// so, or in a folder that is.
func IsRequirements(p string) bool {
	name, ok := strings.CutSuffix(path.Base(p), ".txt")
	if !ok {
		return false
	}
	return strings.HasPrefix(name, "requirements") || strings.HasSuffix(name, "requirements") ||
		strings.HasPrefix(name, "constraints") || strings.HasSuffix(name, "constraints") ||
		slices.Contains([]string{"requirements", "constraints"}, path.Base(path.Dir(p)))
}

// FormatOf is the format of a path; false for a file that is none.
func FormatOf(p string) (Format, bool) {
	name := path.Base(p)
	for _, f := range formats() {
		if f.matches != nil && f.matches(name) || f.matches == nil && IsRequirements(p) {
			return f, true
		}
	}
	return Format{}, false
}

// Parse reads a file. Dependencies are in order of their lines.
func (f Format) Parse(src []byte) (*File, error) {
	switch {
	case len(src) > MaxBytes:
		return nil, fmt.Errorf("%d bytes, over the limit of %d", len(src), MaxBytes)
	case !utf8.Valid(src):
		return nil, errors.New("not UTF-8")
	}
	src = []byte(strings.TrimPrefix(string(src), "\uFEFF"))
	file, err := f.parse(src)
	if err != nil {
		return nil, err
	}
	if len(file.Dependencies) > MaxDependencies {
		return nil, fmt.Errorf("more than %d dependencies", MaxDependencies)
	}
	slices.SortStableFunc(file.Dependencies, func(a, b Dependency) int { return a.Line - b.Line })
	return file, nil
}

// source is the part of a version that is an address, if it is one.
func source(version string) string {
	low := strings.ToLower(version)
	for _, scheme := range []string{"git+", "git:", "git@", "http:", "https:", "ssh:", "github:", "gitlab:", "bitbucket:", "file:", "link:", "portal:"} {
		if strings.HasPrefix(low, scheme) {
			return version
		}
	}
	return ""
}

// lines calls fn for each line, with its number.
func lines(src []byte, fn func(n int, line string) error) error {
	n := 0
	for line := range strings.Lines(string(src)) {
		n++
		if err := fn(n, strings.TrimRight(line, "\r\n")); err != nil {
			return err
		}
	}
	return nil
}
