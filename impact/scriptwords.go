package impact

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"custody/impact/lang"
)

// scriptWords are hashes of all words by which scripts, and the project files by which
// their imports are resolved, could name a file that is no script: such a file is named
// with its extension, so its first word and its last one stand there. A file whose words are not here is
// nothing to any script of the tree, whether it is there or not.
type scriptWords map[uint32]bool

// namesFiles says whether the imports of a family may name files of any kind by their
// paths, as those of scripts do. Files of the others import modules, types and packages;
// what Go files embed is looked at by itself.
func namesFiles(family string) bool {
	return family != "go" && family != "python" && family != "java"
}

// everyWord stands for all of them.
const everyWord = ""

func (b *builder) scriptWords() scriptWords {
	words := scriptWords{}
	for i := range b.files {
		f := &b.files[i]
		if f.fact == nil || !namesFiles(family(f.language.Name)) {
			continue
		}
		for _, imp := range f.fact.Imports {
			words.add(imp.Spec)
		}
	}
	for _, text := range b.scriptProjects {
		words.addProject(text)
	}
	return words
}

func (s scriptWords) add(text string) {
	for w := range wordsIn(text) {
		for part := range strings.SplitSeq(lower(w), "-") {
			s[uint32(lang.HashName(part))] = true
		}
	}
}

// addProject adds the words of a package.json or tsconfig.json. Where a star stands for a
// part of a word, any word may be meant.
func (s scriptWords) addProject(text []byte) {
	s.add(string(text))
	if bytes.Contains(text, []byte(`\u`)) { // a word in disguise
		s[uint32(lang.HashName(everyWord))] = true
	}
	for i := 0; ; i++ {
		star := bytes.IndexByte(text[i:], '*')
		if star < 0 {
			return
		}
		i += star
		if i > 0 && isWord(text[i-1]) || i+1 < len(text) && isWord(text[i+1]) {
			s[uint32(lang.HashName(everyWord))] = true
		}
	}
}

func (s scriptWords) list() []uint32 { return slices.Sorted(maps.Keys(s)) }

// meantByScripts says whether a script could name the file, which is none.
func (f *flat) meantByScripts(base string) bool {
	for name := range f.languages {
		if !namesFiles(family(name)) {
			continue
		}
		first := ""
		for w := range wordsIn(base) {
			first = lower(w)
			break
		}
		if first == "" || f.hasWord(everyWord) {
			return true
		}
		if ext := strings.TrimPrefix(lang.Extension(base), "."); isPlainWord(ext) && !f.hasWord(ext) {
			return false
		}
		return slices.ContainsFunc(strings.Split(first, "-"), f.hasWord)
	}
	return false
}

func isPlainWord(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return s != ""
}
