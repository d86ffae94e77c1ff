package grep

import (
	"slices"
	"strings"
)

// A filter is one --include or --exclude.
type filter struct {
	pattern *fnmatch
	include bool
}

// filter adds --include, --exclude or --exclude-dir. GNU grep compares these with the
// last part of a path only, so a slash in one is refused instead of matching nothing.
func (c *Command) filter(flag, glob string) error {
	if flag == "exclude-dir" {
		glob = strings.TrimRight(glob, "/")
	}
	if strings.Contains(glob, "/") {
		return unsupported("name a folder after the pattern, or use the requirement's paths", "--%s=%s has a slash, and grep compares it with names without folders", flag, clip(glob))
	}
	p, err := parseFnmatch(glob)
	if err != nil {
		return err
	}
	if flag == "exclude-dir" {
		c.skipDirs = append(c.skipDirs, p)
	} else {
		c.filters = append(c.filters, filter{p, flag == "include"})
	}
	return nil
}

// Selects says whether the command would read the file at a path of the tree.
func (c *Command) Selects(path string) bool {
	if len(c.Paths) == 0 {
		return c.selectsBelow("", path)
	}
	for i, p := range c.Paths {
		switch {
		case p == ".":
			if c.Recursive && c.selectsBelow("", path) {
				return true
			}
		case p == path:
			if c.keeps(c.spelled[i], true) {
				return true
			}
		case strings.HasPrefix(path, p) && path[len(p)] == '/':
			if c.Recursive && c.selectsBelow(p, path) {
				return true
			}
		}
	}
	return false
}

// SelectsBelow says whether the command would descend into a folder and might read
// something there.
func (c *Command) SelectsBelow(folder string) bool {
	return c.Recursive && c.descends(folder) || slices.ContainsFunc(c.Paths, func(p string) bool { return Names(folder, p) })
}

// descends says whether a recursive search reaches a folder.
func (c *Command) descends(folder string) bool {
	below := func(from string) bool {
		for name := range strings.SplitSeq(strings.TrimPrefix(folder[len(from):], "/"), "/") {
			if c.skips(name) {
				return false
			}
		}
		return true
	}
	if len(c.Paths) == 0 {
		return below("")
	}
	for _, p := range c.Paths {
		switch {
		case p == ".":
			if below("") {
				return true
			}
		case p == folder, Names(p, folder) && below(p):
			return true
		}
	}
	return false
}

func (c *Command) skips(name string) bool {
	return slices.ContainsFunc(c.skipDirs, func(skip *fnmatch) bool { return skip.match(name) })
}

// Names says whether a path of the tree is an operand's, or lies below it: then the
// operand exists.
func Names(operand, path string) bool {
	return operand == "." || operand == path || strings.HasPrefix(path, operand) && path[len(operand)] == '/'
}

// selectsBelow decides for a file found by descending from a folder.
func (c *Command) selectsBelow(folder, path string) bool {
	rest := strings.TrimPrefix(path[len(folder):], "/")
	for {
		name, below, more := strings.Cut(rest, "/")
		if !more {
			return c.keeps(name, false)
		}
		if c.skips(name) {
			return false
		}
		rest = below
	}
}

// checkOperands refuses to exclude the very folder that is named: what grep does then
// depends on how the folder is spelled.
func (c *Command) checkOperands() error {
	for _, p := range c.spelled {
		for _, skip := range c.skipDirs {
			if skip.matchSuffix(p) {
				return unsupported("drop one of them", "--exclude-dir=%s excludes the folder %q that the command names", clip(skip.source), clip(p))
			}
		}
	}
	return nil
}

// keeps applies --include and --exclude: the last that matches decides; where none
// does, the opposite of the first. An operand also matches by what follows any of its
// slashes. (gnulib's exclude.c, excluded_file_name.)
func (c *Command) keeps(name string, operand bool) bool {
	for i := len(c.filters) - 1; i >= 0; i-- {
		f := c.filters[i]
		if f.pattern.match(name) || operand && f.pattern.matchSuffix(name) {
			return f.include
		}
	}
	return len(c.filters) == 0 || !c.filters[0].include
}

// Mistake explains the most likely reason for which a command selects nothing, or "".
func (c *Command) Mistake() string {
	for _, f := range c.filters {
		g := f.pattern.source
		if f.include && strings.HasPrefix(g, ".") && !strings.ContainsAny(g, "*?[") {
			return "--include='" + g + "' matches only a file of that very name: write --include='*" + g + "'"
		}
		if f.include && strings.Contains(g, "{") {
			return "--include='" + g + "' takes braces literally: write one --include for each"
		}
		if f.include && strings.Contains(g, ",") {
			return "--include='" + g + "' is one name: write one --include for each"
		}
	}
	return ""
}

// fnmatch is a shell pattern as GNU fnmatch reads it without flags, in the C locale:
// * and ? match slashes and leading dots too.
type fnmatch struct {
	source string
	parts  []fnPart
}

type fnPart struct {
	star bool
	set  byteSet
}

func parseFnmatch(s string) (*fnmatch, error) {
	if len(s) > maxPattern {
		return nil, unsupported("", "a file pattern has %d bytes, over the limit of %d", len(s), maxPattern)
	}
	f := &fnmatch{source: s}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			if n := len(f.parts); n == 0 || !f.parts[n-1].star {
				f.parts = append(f.parts, fnPart{star: true})
			}
		case '?':
			f.parts = append(f.parts, fnPart{set: anyByte})
		case '[':
			set, n, err := parseBracket(s[i+1:], "!^")
			if err != nil {
				return nil, err
			}
			f.parts = append(f.parts, fnPart{set: set})
			i += n
		case '\\':
			if i++; i == len(s) {
				return nil, unsupported("", "the file pattern %q ends in a backslash", clip(s))
			}
			f.parts = append(f.parts, fnPart{set: oneByte(s[i])})
		default:
			f.parts = append(f.parts, fnPart{set: oneByte(c)})
		}
	}
	return f, nil
}

// match compares the whole name; time is at most its length times the pattern's.
func (f *fnmatch) match(name string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(name) {
		switch {
		case p < len(f.parts) && f.parts[p].star:
			star, mark = p, i
			p++
		case p < len(f.parts) && f.parts[p].set.has(name[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(f.parts) && f.parts[p].star {
		p++
	}
	return p == len(f.parts)
}

func (f *fnmatch) matchSuffix(name string) bool {
	for {
		if f.match(name) {
			return true
		}
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return false
		}
		name = rest
	}
}
