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

// setupNames are the strings in the values of settings. The text is JavaScript, or
// JSON, which is nearly that: it is read as words, and what computes a name is not.
func setupNames(text string, settings []string) (names []string) {
	for i := 0; i < len(text) && len(names) < maxSetups; {
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "//"):
			i += lineLength(text[i:])
		case strings.HasPrefix(text[i:], "/*"):
			i += commentLength(text[i:])
		case c == '"' || c == '\'' || c == '`':
			word, n := literal(text[i:])
			i += n
			if value, ok := settingValue(text[i:], word, settings); ok {
				names = stringsIn(names, value)
			}
		case isIdent(c):
			n := 1
			for i+n < len(text) && isIdent(text[i+n]) {
				n++
			}
			word := text[i : i+n]
			i += n
			if value, ok := settingValue(text[i:], word, settings); ok {
				names = stringsIn(names, value)
			}
		default:
			i++
		}
	}
	return names[:min(len(names), maxSetups)]
}

// settingValue is what stands behind the name of a setting and a colon: up to the comma or
// the bracket that ends it.
func settingValue(text, name string, settings []string) (value string, ok bool) {
	if !slices.Contains(settings, name) {
		return "", false
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \t\r\n"), ":")
	if !ok {
		return "", false
	}
	rest = rest[:min(len(rest), maxSetupText)]
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth < 0 {
				return rest[:i], true
			}
		case ',':
			if depth == 0 {
				return rest[:i], true
			}
		case '"', '\'', '`':
			_, n := literal(rest[i:])
			i += n - 1
		}
	}
	return rest, true
}

// stringsIn adds the strings of a value.
func stringsIn(names []string, value string) []string {
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case strings.HasPrefix(value[i:], "//"):
			i += lineLength(value[i:])
		case strings.HasPrefix(value[i:], "/*"):
			i += commentLength(value[i:])
		case c == '"' || c == '\'' || c == '`':
			word, n := literal(value[i:])
			i += n
			if word != "" && len(word) <= maxSpec {
				names = append(names, word)
			}
		default:
			i++
		}
	}
	return names
}

// literal is the string at the start of a text, with its length there.
func literal(text string) (word string, length int) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n':
			if text[0] != '`' {
				return "", i
			}
		case text[0]:
			return text[1:i], i + 1
		}
	}
	return "", len(text)
}

func lineLength(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

func commentLength(text string) int {
	if i := strings.Index(text[2:], "*/"); i >= 0 {
		return i + 4
	}
	return len(text)
}
