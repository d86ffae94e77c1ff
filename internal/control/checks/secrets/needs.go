package secrets

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"custody/internal/control/checks/keywords"
)

// A need is texts, in lower case, of which each match of an expression holds one, in
// whatever case. It says nothing of what is not ASCII: there, letters fold to others.
type need []string

// shortest is the size under which a text rules out too little to look for.
const shortest = 3

// needs lists what every match of an expression holds.
func needs(re *syntax.Regexp) []need {
	if texts, ok := spell(re); ok {
		return useful(texts)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needs(re.Sub[0])
		}
	case syntax.OpAlternate:
		// One need of each part, together.
		var all need
		for _, sub := range re.Sub {
			of := needs(sub)
			if len(of) == 0 {
				return nil
			}
			all = append(all, best(of)...)
		}
		if len(all) <= spelled {
			return []need{all}
		}
	case syntax.OpConcat:
		var all []need
		run := []string{""} // what neighbours spell
		for _, sub := range re.Sub {
			if texts, ok := spell(sub); ok && len(run)*len(texts) <= spelled {
				run = cross(run, texts)
				continue
			}
			all, run = append(append(all, useful(run)...), needs(sub)...), []string{""}
		}
		return append(all, useful(run)...)
	}
	return nil
}

func useful(texts []string) []need {
	for _, t := range texts {
		if len(t) < shortest || !ascii(t) {
			return nil
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return []need{texts}
}

// best is the need whose shortest text is longest.
func best(of []need) need {
	most, at := 0, 0
	for i, n := range of {
		least := len(n[0])
		for _, t := range n {
			least = min(least, len(t))
		}
		if least > most {
			most, at = least, i
		}
	}
	return of[at]
}

// met says whether a text has something of every need, or is not known to lack it.
func met(all []need, text string) bool {
	if len(all) == 0 || !ascii(text) {
		return true
	}
	lower := strings.ToLower(text)
	for _, n := range all {
		found := false
		for _, t := range n {
			if found = strings.Contains(lower, t); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

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
		if of := needs(tree); len(of) > 0 {
			hints, hinted = append(hints, best(of)...), append(hinted, expr)
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
	return p.hinted != nil && (p.hints.Any(path) || !ascii(path)) && p.hinted.MatchString(path) || p.other != nil && p.other.MatchString(path)
}
