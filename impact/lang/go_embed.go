package lang

import (
	"path"
	"strings"
)

const (
	maxEmbedPattern = 1024
	// maxEmbedLooks bounds the paths that the patterns of one tree are compared with,
	// so that many patterns over many files stay affordable. What is beyond it is
	// unresolved.
	maxEmbedLooks = 20_000_000
)

// embed follows a //go:embed pattern from the folder of its package, by the rules of
// package embed: a pattern names files or folders; of a folder all files count but
// those hidden by a leading dot or underscore, unless "all:" asks for them; nothing
// reaches into another module.
func (r *goResolver) embed(folder, pattern string) Resolution {
	pattern, all := strings.CutPrefix(pattern, "all:")
	if len(pattern) > maxEmbedPattern || strings.HasPrefix(pattern, "/") || strings.Contains(pattern, "//") {
		return Resolution{}
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return Resolution{}
	}
	fixed, glob := splitGlob(pattern)
	base := under(folder, fixed)
	if glob == "" && r.tree.Has(base) {
		return Resolution{Files: []string{base}, Confidence: 1000}
	}
	depth := 0
	if glob != "" {
		depth = strings.Count(glob, "/") + 1
	}
	var files []string
	for _, file := range filesUnder(r.tree.Files(), base) {
		if r.globbed++; r.globbed > maxEmbedLooks {
			return Resolution{}
		}
		rel := file
		if base != "." {
			rel = file[len(base)+1:]
		}
		matched, rest, ok := splitDepth(rel, depth)
		if !ok || !all && hidden(rest) {
			continue
		}
		if depth > 0 {
			if ok, err := path.Match(glob, matched); !ok || err != nil {
				continue
			}
		}
		if r.moduleOf(folderOf(file)) != r.moduleOf(folder) {
			continue
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return Resolution{}
	}
	return Resolution{Files: files, Confidence: 1000}
}

// splitGlob cuts a pattern before its first element that has a meta character.
func splitGlob(pattern string) (fixed, glob string) {
	i := strings.IndexAny(pattern, `*?[\`)
	if i < 0 {
		return pattern, ""
	}
	cut := strings.LastIndexByte(pattern[:i], '/')
	return pattern[:max(cut, 0)], pattern[cut+1:]
}

// splitDepth cuts a path behind its first n elements; false if it has fewer.
func splitDepth(rel string, n int) (head, rest string, ok bool) {
	end := 0
	for ; n > 0; n-- {
		if end > len(rel) {
			return "", "", false
		}
		if i := strings.IndexByte(rel[end:], '/'); i >= 0 {
			end += i + 1
		} else {
			end = len(rel) + 1
		}
	}
	if end > len(rel) {
		return rel, "", true
	}
	return strings.TrimSuffix(rel[:end], "/"), rel[end:], true
}

// hidden says whether an element of the path starts with a dot or an underscore.
func hidden(rel string) bool {
	for part := range strings.SplitSeq(rel, "/") {
		if strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_") {
			return true
		}
	}
	return false
}
