package secrets

import (
	"regexp"
	"regexp/syntax"

	"custody/internal/control/keywords"
)

// passing are expressions of paths. Most paths match none, and hold no text that one of
// them needs.
type passing struct {
	hints  *keywords.Set  // a path that hinted matches holds one; nil: there is none
	hinted *regexp.Regexp // nil: none
	other  *regexp.Regexp // those of which nothing is known; nil: none
}

func newPassing(exprs []string) (passing, error) {
	var hints, hinted, other []string
	for _, expr := range exprs {
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			return passing{}, err
		}
		if of := keywords.Needs(tree); len(of) > 0 {
			hints, hinted = append(hints, keywords.Best(of)...), append(hinted, expr)
		} else {
			other = append(other, expr)
		}
	}
	var p passing
	var err error
	if p.hinted, err = either(hinted); err != nil {
		return p, err
	}
	if len(hints) > 0 {
		p.hints = keywords.New(hints)
	}
	p.other, err = either(other)
	return p, err
}

func (p passing) match(path string) bool {
	return p.hinted != nil && (p.hints.Any(path) || !keywords.ASCII(path)) && p.hinted.MatchString(path) || p.other != nil && p.other.MatchString(path)
}
