package lang

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Preloader is a Resolver that knows what a test runner loads before a test, without an
// import that says so.
type Preloader interface {
	// Preloads are what the configurations in the folder of a file and above load before
	// the tests below, nearest first: the configuration itself, and the files that it names.
	Preloads(from string) []Preload
}

// A Preload is one file that runs before tests.
type Preload struct {
	File   string
	Config string // the file that says so; the same one, where it runs itself
}

const (
	maxSetups    = 32      // that one configuration names
	maxPreloads  = 64      // of one folder
	maxSetupText = 8 << 10 // bytes of the value of one setting
)

// setupConfigs are the configurations of test runners, by name without extension. That of
// Vite counts where it configures tests.
var setupConfigs = [...]string{"vitest.config", "vite.config", "jest.config", ".mocharc", "karma.conf", "ava.config"}

var setupExtensions = [...]string{".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json", ".jsonc"}

// Settings that name the files which are loaded before tests, or around them: those of Jest
// and Vitest; those of Mocha, AVA and tap, whose words mean something else elsewhere.
var (
	setupSettings      = []string{"setupFiles", "setupFilesAfterEnv", "setupTestFrameworkScriptFile", "globalSetup", "globalTeardown", "testEnvironment", "environment", "preset"}
	setupSettingsShort = []string{"require", "import", "file"}
)

// Preloads implements Preloader.
func (r *scriptResolver) Preloads(from string) []Preload { return r.preloads(folderOf(from)) }

func (r *scriptResolver) preloads(folder string) []Preload {
	if list, ok := r.before[folder]; ok {
		return list
	}
	var list []Preload
	for _, name := range setupConfigs {
		for _, ext := range setupExtensions {
			path := under(folder, name+ext)
			if !r.tree.Has(path) {
				continue
			}
			text := string(r.tree.Read(path))
			if name == "vite.config" && !strings.Contains(text, "test") {
				continue
			}
			if ext != ".json" && ext != ".jsonc" {
				list = append(list, Preload{path, path})
			}
			settings := setupSettings
			if name == ".mocharc" || name == "ava.config" {
				settings = setupSettingsShort
			}
			list = r.setups(list, path, setupNames(text, settings))
		}
	}
	if p := r.packages[folder]; p != nil {
		list = r.setups(list, under(folder, "package.json"), p.setups)
	}
	if up := folderOf(folder); folder != "." {
		list = append(list, r.preloads(up)...)
	}
	list = list[:min(len(list), maxPreloads)]
	r.before[folder] = list
	return list
}

// setups adds the files of the tree that a configuration names.
func (r *scriptResolver) setups(list []Preload, config string, names []string) []Preload {
	for _, name := range names {
		for _, file := range r.setup(folderOf(config), name) {
			p := Preload{file, config}
			if file != config && !slices.Contains(list, p) && Extension(file) != ".json" {
				list = append(list, p)
			}
		}
	}
	return list
}

// setup is the file that a name means: below the folder of the configuration, or, since it
// may set a root elsewhere, below one of those above.
func (r *scriptResolver) setup(folder, name string) []string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "<rootDir>"), "/")
	for dir := range ancestors(folder) {
		if path, ok := joinPath(dir, name); ok && path != "." {
			if files := r.path(path, false); files != nil {
				return files
			}
		}
	}
	return nil
}

// packageSetups are the files that the configurations of test runners in a package.json name.
func packageSetups(fields map[string]json.RawMessage) (names []string) {
	for _, name := range []string{"jest", "vitest"} {
		names = append(names, setupNames(string(fields[name]), setupSettings)...)
	}
	for _, name := range []string{"mocha", "ava", "tap"} {
		names = append(names, setupNames(string(fields[name]), setupSettingsShort)...)
	}
	return names
}

// setupNames are the strings in the values of settings.
func setupNames(text string, settings []string) (names []string) {
	for _, s := range settingsIn(text, settings, maxSetupText) {
		names = stringsIn(names, s.value)
	}
	return names[:min(len(names), maxSetups)]
}
