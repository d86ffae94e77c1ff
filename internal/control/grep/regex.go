package grep

import (
	"regexp"
	"regexp/syntax"
)

// Regex is a search for the lines that a regular expression in Go's syntax matches, over
// characters of UTF-8. It selects no files by itself.
func Regex(expr string) (*Command, error) {
	if len(expr) > maxPattern {
		return nil, unsupported("", "the pattern has more than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(expr, syntax.Perl&^syntax.OneLine)
	if err != nil {
		return nil, unsupported("", "the pattern is not understood: %s", err)
	}
	if err := withinLines(parsed); err != nil {
		return nil, err
	}
	m, err := newMatcher(parsed.String())
	if err != nil {
		return nil, err
	}
	m.runes = true
	return &Command{matcher: m}, nil
}

// Literal is a search for the lines that hold a text.
func Literal(text string) (*Command, error) { return Regex(regexp.QuoteMeta(text)) }

// withinLines keeps every part of a pattern from matching a line's end, as if it were
// given one line at a time.
func withinLines(re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpBeginText, syntax.OpEndText:
		// ^ and $ without (?m), \A and \z: of a line, too.
		if re.Op == syntax.OpBeginText {
			re.Op = syntax.OpBeginLine
		} else {
			re.Op = syntax.OpEndLine
		}
	case syntax.OpAnyChar:
		re.Op = syntax.OpAnyCharNotNL
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r == '\n' {
				return unsupported("write one check for each line", "the pattern asks for a line break, and lines are searched one by one")
			}
		}
	case syntax.OpCharClass:
		var ranges []rune
		for i := 0; i < len(re.Rune); i += 2 {
			lo, hi := re.Rune[i], re.Rune[i+1]
			if lo <= '\n' && '\n' <= hi {
				if lo < '\n' {
					ranges = append(ranges, lo, '\n'-1)
				}
				if hi > '\n' {
					ranges = append(ranges, '\n'+1, hi)
				}
				continue
			}
			ranges = append(ranges, lo, hi)
		}
		if len(ranges) == 0 {
			return unsupported("write one check for each line", "the pattern asks for a line break, and lines are searched one by one")
		}
		re.Rune = ranges
	}
	for _, sub := range re.Sub {
		if err := withinLines(sub); err != nil {
			return err
		}
	}
	return nil
}
