package impact

import (
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
)

// A gap is a place where the graph may lack an edge out of a file: an import that names
// nothing, a file that was not read or not understood, code that no extractor reads but
// that can import what one reads. Whether it matters depends on the change: it does when
// the missing edge could end in a changed or reached node and its file is not reached
// anyway.
type gap struct {
	file   change.Path
	family string // the languages that a missing edge can lead to, beside none; empty: all
	skip   skipReason
	line   int
	names  []string // sorted; the missing edge leads to something of one of these names
	exact  bool     // names are as they are written: those of classes, or the path to which a link leads
	any    bool     // it may lead anywhere
}

// couldName says whether the missing edge could end in something of these names.
func (g *gap) couldName(n *names) bool {
	if g.skip.reason == SkipComputed { // it could mean anything, always: see the summary
		return false
	}
	if g.any || n.any && !g.isLink() {
		return true
	}
	few, many := g.names, n.lower
	if g.exact {
		many = n.exact
	}
	if len(few) > len(many) {
		few, many = many, few
	}
	for _, n := range few {
		if _, found := slices.BinarySearch(many, n); found {
			return true
		}
	}
	return false
}

// isLink says that the gap is a symbolic link, which leads to the one path that it names.
func (g *gap) isLink() bool { return g.skip.reason == SkipOpaque }

// namesOf lists the names by which an import could call a file or a folder: its base
// name up to the first dot, and the name of its folder, for "index", "__init__" and
// wildcards. Lower case, since some machines do not tell "A" from "a".
func namesOf(path change.Path, isFolder bool) []string {
	names := exactNamesOf(path, isFolder, "")
	for i, n := range names {
		names[i] = lower(n)
	}
	return names
}

// exactNamesOf is namesOf as it is written. Whoever uses a class of the JVM has to spell
// its name, with or without a wildcard; the last word of its package says nothing, since
// packages are called "build", "maven" or "web".
func exactNamesOf(path change.Path, isFolder bool, family string) []string {
	if isFolder {
		return longestWord(baseName(path))
	}
	stem, _, _ := strings.Cut(baseName(path), ".")
	names := longestWord(stem)
	if family != "java" {
		names = append(names, longestWord(baseName(folderOf(path)))...)
	}
	return names
}

// longestWord is the part of a name that an import has to spell out as one word: of
// "[id]" it is "id".
func longestWord(name string) []string {
	longest := ""
	for w := range wordsIn(name) {
		if len(w) > len(longest) {
			longest = w
		}
	}
	if longest == "" {
		return nil
	}
	return []string{longest}
}

// namesIn lists the names that an unresolved import could mean: the last two parts of
// what it spells, since the last may be a member, an extension or "index", and every
// name that it takes. None means that it could be anything.
func namesIn(imp lang.Import) []string {
	var parts []string
	for part := range wordsIn(imp.Spec) {
		parts = append(parts, lower(part))
	}
	names := slices.Clone(parts[max(0, len(parts)-2):])
	for _, n := range imp.Names {
		for w := range wordsIn(n) {
			names = append(names, lower(w))
		}
	}
	if last := strings.LastIndexByte(imp.Spec, '/'); last >= 0 {
		for w := range wordsIn(imp.Spec[last:]) { // all of "store.user.service.js"
			names = append(names, lower(w))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wordsIn yields the words of a text: letters, digits, "_", "$", any byte beyond ASCII,
// and "-" within.
func wordsIn[T string | []byte](text T) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); i++ {
			if !isWord(text[i]) {
				continue
			}
			start := i
			for i < len(text) && (isWord(text[i]) || text[i] == '-') {
				i++
			}
			if !yield(strings.TrimRight(string(text[start:i]), "-")) {
				return
			}
		}
	}
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

func lower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// mentions is read like a language, so that its facts are kept like any other: the words
// of a file that no extractor understands, as the Names of one import. A file can hardly
// import another without spelling its name.
var mentions = &lang.Language{Name: "mentions", Version: 2, Extract: extractWords}

// maxWords bounds the different words kept of one file. One with more may mean anything.
const maxWords = 20_000

func extractWords(src []byte) lang.Facts {
	seen := make(map[string]struct{})
	var words []string
	for w := range wordsIn(src) {
		if _, ok := seen[w]; ok {
			continue
		}
		if len(words) == maxWords {
			return lang.Facts{Damaged: true}
		}
		if len(w) > 255 { // no file is called that
			continue
		}
		seen[w] = struct{}{}
		words = append(words, w)
	}
	slices.Sort(words)
	return lang.Facts{Imports: []lang.Import{{Names: words}}}
}

// mentioned makes the names of a gap from the words of its file.
func (g *gap) mentioned(words []string) {
	if g.family == "java" {
		g.names, g.exact = words, true
		return
	}
	g.names = make([]string, len(words))
	for i, w := range words {
		g.names[i] = lower(w)
	}
	slices.Sort(g.names)
	g.names = slices.Compact(g.names)
}
