package owners

import "strings"

// A pattern of gitignore's kind, without its negation and character classes, which
// GitHub refuses here.
type pattern struct {
	parts []string // "**" stands for any folders, also none
	// below says that a folder which matches owns everything in it.
	below bool
	// folder says that only a folder matches, so that there is something below.
	folder bool
}

// parsePattern reads a pattern; why says what is wrong with it.
func parsePattern(s string) (p pattern, why string) {
	switch {
	case s[0] == '!':
		return p, "a pattern can not be negated"
	case strings.ContainsAny(s, "[]"):
		return p, "character ranges are not supported"
	case len(s) > 4096:
		return p, "the pattern has more than 4096 bytes"
	case strings.HasPrefix(s, `\#`):
		return p, `a # at the beginning can not be escaped`
	case s == "/" || strings.Contains(s, "//"):
		return p, "the pattern matches nothing"
	}
	var folder bool
	s, folder = strings.CutSuffix(s, "/")
	rest, anchored := strings.CutPrefix(s, "/")
	if !anchored && !strings.Contains(rest, "/") {
		p.parts = append(p.parts, "**")
	}
	p.parts = append(p.parts, strings.Split(rest, "/")...)
	last := p.parts[len(p.parts)-1]
	p.folder = folder
	// "docs/*" are the files in docs and none further down; "*" alone is every file.
	p.below = folder || last != "*" || len(p.parts) == 2 && p.parts[0] == "**" && !strings.Contains(rest, "/")
	if last == "**" && folder {
		p.parts = append(p.parts, "*") // "docs/**/" is every folder below docs
	}
	if last == "**" && len(p.parts) > 1 && !folder {
		// "docs/**" is everything below docs, not docs itself.
		p.folder, p.parts = true, p.parts[:len(p.parts)-1]
		if len(p.parts) == 1 && p.parts[0] == "**" {
			p.folder = false // "**" alone: every file
		}
	}
	return p, ""
}

// match says whether the pattern is about a path, given by its parts.
func (p pattern) match(path []string) bool {
	// The pattern may end at the path itself, or at a folder on the way to it. Both
	// walks remember only the last "**": an earlier one can do nothing that it can not.
	star, mark := -1, 0
	i, j := 0, 0
	for {
		if i == len(p.parts) {
			switch {
			case j == len(path):
				if !p.folder {
					return true
				}
			case p.below:
				return true
			}
			// Too early or too late: let the last "**" take one part more.
		} else if p.parts[i] == "**" {
			star, mark = i, j
			i++
			continue
		} else if j < len(path) && matchPart(p.parts[i], path[j]) {
			i++
			j++
			continue
		}
		if star < 0 || mark >= len(path) {
			return false
		}
		mark++
		i, j = star+1, mark
	}
}

// matchPart matches one part of a path: * and ? within it, a backslash before a
// character that stands for itself.
func matchPart(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
			continue
		case i < len(pattern) && pattern[i] == '?':
			i++
			j++
			continue
		case i+1 < len(pattern) && pattern[i] == '\\' && pattern[i+1] == s[j]:
			i += 2
			j++
			continue
		case i < len(pattern) && pattern[i] != '\\' && pattern[i] == s[j]:
			i++
			j++
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	return strings.Trim(pattern[i:], "*") == ""
}
