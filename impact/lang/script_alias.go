package lang

import (
	"encoding/json"
	"strings"
	"sync"
)

// A scriptBundler is what one configuration of a bundler or a test runner says of names.
// Such a configuration is a program that we do not run: it is read as text, and what it
// computes is not known.
type scriptBundler struct {
	folder  string        // the configuration's
	aliases *patternTable // nil without any
	roots   []string      // folders in which a bare name is looked up
}

const (
	maxBundlers  = 16 // configurations of one folder, and of those above one
	maxAliases   = 256
	maxAliasText = 64 << 10 // bytes of the value of one setting
	maxLookups   = 64       // paths that end in the same word
)

// scriptBundlerNames are the configurations that may have aliases, by name up to the first
// dot that an extension begins with.
var scriptBundlerNames = wordSet(`vite.config vitest.config electron.vite.config jest.config
	webpack.config webpack.common webpack.base webpack.base.conf webpack.base.config webpack.config.base webpack.config.common webpack.common.config
	rspack.config rsbuild.config vue.config craco.config config-overrides next.config nuxt.config quasar.config svelte.config astro.config
	rollup.config metro.config babel.config .babelrc deno import_map importmap import-map`)

// wordSet makes a table of words when it is first asked for.
func wordSet(words string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := map[string]bool{}
		for word := range strings.FieldsSeq(words) {
			set[word] = true
		}
		return set
	})
}

// scriptBundlerFolders hold the configurations of the folder around them.
var scriptBundlerFolders = wordSet("config build webpack conf .config")

// bundlerFolder says for whose folder a file configures a bundler; ok is false when its
// name does not say so.
func bundlerFolder(path string) (folder string, ok bool) {
	base := baseOf(path)
	stem := base
	switch ext := Extension(base); ext {
	case ".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json", ".jsonc":
		if stem = base[:len(base)-len(ext)]; stem == "" {
			stem = base
		}
	default:
		if base != ".babelrc" {
			return "", false
		}
	}
	if !scriptBundlerNames()[stem] {
		return "", false
	}
	folder = folderOf(path)
	if folder != "." && scriptBundlerFolders()[baseOf(folder)] {
		folder = folderOf(folder)
	}
	return folder, true
}

// ConfiguresScripts says whether the name of a file is that of a configuration which decides
// what imports of JavaScript mean, or what runs before its tests.
func ConfiguresScripts(path string) bool {
	_, bundles := bundlerFolder(path)
	return bundles || strings.HasPrefix(baseOf(path), ".mocharc.")
}

// bundler reads a configuration once.
func (r *scriptResolver) bundler(path string) *scriptBundler {
	b, ok := r.bundled[path]
	if !ok {
		b = parseBundler(folderOf(path), string(r.tree.Read(path)))
		r.bundled[path] = b
	}
	return b
}

// parseBundler is nil where the text has neither aliases nor roots.
func parseBundler(folder, text string) *scriptBundler {
	b := &scriptBundler{folder: folder, aliases: newPatternTable()}
	left := maxAliases
	for _, setting := range settingsIn(text, []string{"alias", "moduleNameMapper", "_moduleAliases", "imports", "modules", "modulePaths", "moduleDirectories"}, maxAliasText) {
		switch setting.name {
		case "modules", "modulePaths", "moduleDirectories":
			for _, name := range stringsIn(nil, setting.value) {
				if name != "node_modules" && len(b.roots) < maxBundlers {
					b.roots = append(b.roots, strings.TrimPrefix(strings.TrimPrefix(name, "<rootDir>"), "/"))
				}
			}
		default:
			b.read(setting.value, &left)
		}
	}
	if len(b.aliases.exact)+len(b.aliases.heads) == 0 {
		b.aliases = nil
	}
	if b.aliases == nil && b.roots == nil {
		return nil
	}
	return b
}

// packageAliases are those that a package.json has, of Jest, Babel, Parcel or module-alias.
func packageAliases(folder string, fields map[string]json.RawMessage) *scriptBundler {
	var text strings.Builder
	for _, name := range []string{"jest", "babel"} {
		text.Write(fields[name])
		text.WriteByte(',')
	}
	for _, name := range []string{"alias", "_moduleAliases"} {
		if value := fields[name]; value != nil {
			text.WriteString(name + ":" + string(value) + ",")
		}
	}
	return parseBundler(folder, text.String())
}

// read takes in { "name": target } or [{ find: "name", replacement: target }].
func (b *scriptBundler) read(value string, left *int) {
	value = strings.TrimLeft(value, " \t\r\n")
	switch {
	case strings.HasPrefix(value, "{"):
		for _, entry := range entriesOf(value[1:]) {
			if key, n := entryName(entry); n > 0 {
				b.add(key, strings.TrimLeft(entry[n:], " \t\r\n"), left)
			}
		}
	case strings.HasPrefix(value, "["):
		for _, entry := range entriesOf(value[1:]) {
			entry = strings.TrimLeft(entry, " \t\r\n")
			if !strings.HasPrefix(entry, "{") {
				continue
			}
			find, replacement := "", ""
			for _, part := range entriesOf(entry[1:]) {
				key, n := entryName(part)
				rest := strings.TrimLeft(part[max(n, 0):], " \t\r\n")
				switch {
				case n == 0 || rest == "":
				case key == "find" && rest[0] == '/':
					find, _ = patternLiteral(rest)
				case key == "find" && isQuote(rest[0]):
					find, _ = literal(rest)
				case key == "replacement":
					replacement = rest
				}
			}
			b.add(find, replacement, left)
		}
	}
}

// add takes in one alias. A key that is a regular expression counts where it is one in form
// alone: a name, and anything behind it.
func (b *scriptBundler) add(key, value string, left *int) {
	pattern, exact, ok := aliasPattern(key)
	if !ok || value == "" {
		return
	}
	var to []string
	if strings.HasPrefix(value, "[") {
		for _, one := range entriesOf(value[1:]) {
			if target, ok := aliasTarget(one); ok && len(to) < maxTargets {
				to = append(to, target)
			}
		}
	} else if target, ok := aliasTarget(value); ok {
		to = []string{target}
	}
	if *left--; len(to) == 0 || *left < 0 {
		return
	}
	if strings.Contains(pattern, "*") || strings.HasSuffix(pattern, "/") {
		b.aliases.add(pattern, to)
		return
	}
	b.aliases.add(pattern, to)
	if !exact {
		below := make([]string, len(to))
		for i, target := range to {
			below[i] = strings.TrimSuffix(target, "/") + "/*"
		}
		b.aliases.add(pattern+"/*", below)
	}
}

// aliasPattern reads the key of an alias. exact says that it is no prefix of longer names.
func aliasPattern(key string) (pattern string, exact, ok bool) {
	text, anchored := strings.CutPrefix(key, "^")
	text, end := strings.CutSuffix(text, "$")
	exact = end
	var b strings.Builder
	stars := 0
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "(.*)"), strings.HasPrefix(text[i:], "(.+)"):
			b.WriteByte('*')
			stars++
			i += 4
		case text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`/.\-@~$#`, text[i+1]) >= 0:
			for i < len(text) && text[i] == '\\' { // twice in a string
				i++
			}
		case text[i] == '*' && !anchored && !end && i == len(text)-1: // SvelteKit: "lib/*"
			b.WriteByte('*')
			stars++
			i++
		case strings.IndexByte(`\()[]{}|+*?^`, text[i]) >= 0:
			return "", false, false
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	pattern = b.String()
	return pattern, exact, strings.Trim(pattern, "*") != "" && stars <= 1 && !isRelative(pattern) && len(pattern) <= maxSpec
}

// aliasTarget is the path that an expression spells: its strings, joined. What else stands
// in it is taken to be the folder of the configuration.
func aliasTarget(value string) (string, bool) {
	parts := stringsIn(nil, value)
	for i, part := range parts {
		part = strings.TrimPrefix(part, "<rootDir>")
		for _, here := range []string{"${__dirname}", "${import.meta.dirname}", "${process.cwd()}"} {
			part = strings.TrimPrefix(part, here)
		}
		if strings.Contains(part, "${") {
			return "", false
		}
		parts[i] = strings.ReplaceAll(part, "$1", "*")
	}
	if len(parts) == 0 {
		if word := strings.TrimSpace(value); word == "__dirname" || word == "import.meta.dirname" || word == "process.cwd()" {
			return ".", true
		}
		return "", false
	}
	target := strings.Join(parts, "/")
	return target, target != "" && len(target) <= maxSpec
}

// aliased answers for a name by the configurations above: what they lead to in the tree, or
// that they name a place outside of it.
func (r *scriptResolver) aliased(place *scriptPlace, spec string) (to Resolution, ok bool) {
	for _, path := range place.bundlers {
		b := r.bundler(path)
		if b == nil {
			continue
		}
		if to, ok := r.bundledBy(b, spec); ok {
			return to, true
		}
	}
	for _, pack := range place.packs {
		if pack.bundler != nil {
			if to, ok := r.bundledBy(pack.bundler, spec); ok {
				return to, true
			}
		}
	}
	return Resolution{}, false
}

func (r *scriptResolver) bundledBy(b *scriptBundler, spec string) (to Resolution, ok bool) {
	var targets []string
	if b.aliases != nil {
		targets, _ = b.aliases.match(spec)
	}
	for _, target := range targets {
		if hasScheme(target) {
			return Resolution{External: true}, true // an import map that names a registry
		}
		if files := r.setup(b.folder, target); files != nil {
			return Resolution{Files: files, Confidence: scriptAlias}, true
		}
	}
	for _, root := range b.roots {
		if files := r.setup(b.folder, under(root, spec)); files != nil {
			return Resolution{Files: files, Confidence: scriptAlias}, true
		}
	}
	return Resolution{}, false
}

// undeclared answers for a bare name that no package.json above declares and that is no
// module of Node.js. Where the path of a file ends as the name does, in whole or behind its
// first words, some configuration that is not read may have an alias for it, or a root: two
// words and more hardly agree by accident. ours says that one word does.
func (r *scriptResolver) undeclared(place *scriptPlace, spec string) (files []string, ours bool) {
	name, _ := splitPackage(spec)
	if scriptBuiltin(spec) || place.declares(name) {
		return nil, false
	}
	r.indexEnds()
	rest := builtStem(strings.Trim(spec, "/"))
	paths := r.ends[baseOf(rest)]
	more := true
	for cut := 0; cut <= maxAliasWords && more; cut++ {
		for _, path := range paths {
			switch {
			case path != rest && !strings.HasSuffix(path, "/"+rest):
			case !strings.Contains(rest, "/"):
				ours = true
			default:
				files = append(files, r.path(path, false)...)
			}
		}
		if len(files) > 0 {
			return files[:min(len(files), maxTargets)], true
		}
		_, rest, more = strings.Cut(rest, "/")
	}
	return nil, ours || len(paths) == maxLookups
}

// maxAliasWords are the words of a name that an alias may stand for: "lib", "@scope/lib".
const maxAliasWords = 2

// indexEnds notes what code could be called by the end of its path, when it is first asked.
func (r *scriptResolver) indexEnds() {
	if r.ends != nil {
		return
	}
	r.ends = map[string][]string{}
	for _, path := range r.tree.Files() {
		ext := Extension(path)
		if !scriptCode()[ext] || strings.Contains("/"+path, "/node_modules/") {
			continue
		}
		stem := builtStem(path)
		if baseOf(stem) == "index" {
			stem = folderOf(stem)
		}
		if last := baseOf(stem); len(r.ends[last]) < maxLookups {
			r.ends[last] = append(r.ends[last], stem)
		}
	}
}

var scriptCode = wordSet(".ts .tsx .mts .cts .js .jsx .mjs .cjs .vue .svelte")

// scriptBuiltin knows the modules of Node.js, which are there whatever a tree says.
func scriptBuiltin(spec string) bool {
	return strings.HasPrefix(spec, "node:") || scriptBuiltins()[spec]
}

var scriptBuiltins = wordSet(`assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram
	diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector inspector/promises module net os
	path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream stream/consumers
	stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty url util util/types v8 vm wasi
	worker_threads zlib`)
