package secrets

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"custody/internal/control/keywords"
)

// A pattern is a regular expression and what follows from its form: where in a text it
// can match at all, so that it need not be tried on the rest.
type pattern struct {
	*regexp.Regexp
	// at matches at a keyword if the whole expression does around it; nil: a match need
	// not have a keyword at its beginning, or behind what may be left out there.
	at *regexp.Regexp
	// behind is what must follow a keyword; nil: nothing is known.
	behind *behind
	// bound: every match holds one of the rule's keywords.
	bound bool
	// lines is how many line ends a match holds at most; many: no bound is known.
	lines int
	// needs are what every match holds besides.
	needs []keywords.Need
	// far: a match may end farther behind its keyword than at is tried.
	far bool
	// steps is what one byte of text costs, in instructions.
	steps int64
}

// many lines: the match may reach to the end.
const many = 1 << 20

// compile reads an expression as Go's regexp does, which takes time linear in the text
// whatever the expression.
func compile(expr string, words []string) (*pattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	p := &pattern{Regexp: re, bound: len(words) > 0 && holds(tree, words), lines: lineEnds(tree), needs: keywords.Needs(tree), far: longestMatch(tree) > longest}
	if prog, err := syntax.Compile(tree.Simplify()); err == nil {
		p.steps = int64(len(prog.Inst))
	}
	if p.bound && p.lines < many && anchored(tree) {
		p.bound = false
	}
	if !p.bound || p.lines >= many {
		return p, nil
	}
	if tree, err = syntax.Parse(expr, syntax.Perl); err != nil {
		return nil, err
	}
	if dropPrefix(tree); begins(tree, words) {
		if p.at, err = regexp.Compile("^(?:" + tree.String() + ")"); err != nil {
			return nil, err
		}
		p.behind = follows(tree)
	}
	return p, nil
}

// anchored says whether the expression asks for the beginning of the text, which is not
// that of a part of it.
func anchored(re *syntax.Regexp) bool {
	if re.Op == syntax.OpBeginText {
		return true
	}
	for _, sub := range re.Sub {
		if anchored(sub) {
			return true
		}
	}
	return false
}

// dropPrefix takes away what an expression may begin with but need not, such as
// [\w.-]{0,50}? before a keyword: it makes every byte a possible beginning. What it asks
// of the place before it goes, too: there is nothing before a keyword that stands first.
func dropPrefix(re *syntax.Regexp) {
	for re.Op == syntax.OpConcat && len(re.Sub) > 1 {
		switch first := re.Sub[0]; first.Op {
		case syntax.OpStar, syntax.OpQuest, syntax.OpBeginLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		case syntax.OpRepeat:
			if first.Min > 0 {
				return
			}
		default:
			return
		}
		re.Sub = re.Sub[1:]
	}
}

// begins says whether every match begins with one of the words.
func begins(re *syntax.Regexp, words []string) bool {
	if texts, ok := keywords.Spell(re); ok {
		for _, t := range texts {
			if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(t, strings.ToLower(w)) }) {
				return false
			}
		}
		return len(texts) > 0
	}
	switch re.Op {
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		return begins(re.Sub[0], words)
	case syntax.OpRepeat:
		return re.Min > 0 && begins(re.Sub[0], words)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !begins(sub, words) {
				return false
			}
		}
		return true
	}
	return false
}

// longestMatch bounds the bytes of a match; many: no bound is known.
func longestMatch(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = 4 * len(re.Rune) // a letter may fold to one of more bytes
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 4
		if re.Op == syntax.OpCharClass && len(re.Rune) > 0 && re.Rune[len(re.Rune)-1] < 0x80 {
			n = 1
		}
	case syntax.OpStar, syntax.OpPlus:
		n = many
	case syntax.OpRepeat:
		if re.Max < 0 {
			return many
		}
		n = re.Max * longestMatch(re.Sub[0])
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n = max(n, longestMatch(sub))
		}
	default:
		for _, sub := range re.Sub {
			n = min(many, n+longestMatch(sub))
		}
	}
	return min(many, n)
}

// behind says what follows the first part of an expression: at most most bytes between,
// then one of some.
type behind struct {
	first         []string // the texts of the first part, in lower case
	between, then [256]bool
	most          int
}

// follows finds out what must follow the first part of a sequence.
func follows(re *syntax.Regexp) *behind {
	if re.Op != syntax.OpConcat {
		return nil
	}
	b, ok := &behind{}, false
	if b.first, ok = keywords.Spell(re.Sub[0]); !ok {
		return nil
	}
	for c := 0x80; c < 256; c++ { // no more is known of other characters
		b.between[c], b.then[c] = true, true
	}
	for _, sub := range re.Sub[1:] {
		if sub.Op == syntax.OpRepeat && sub.Min == 0 && sub.Max > 0 && mark(sub.Sub[0], &b.between) {
			b.most += sub.Max
			continue
		}
		if mark(sub, &b.then) {
			return b
		}
		return nil
	}
	return nil
}

// mark sets the bytes with which the texts of an expression begin; false: not known.
func mark(re *syntax.Regexp, set *[256]bool) bool {
	switch re.Op {
	case syntax.OpLiteral:
		r := re.Rune[0]
		if r >= 0x80 {
			return true // set already
		}
		set[r] = true
		if re.Flags&syntax.FoldCase != 0 {
			set[keywords.Lower(byte(r))], set[unicode.ToUpper(r)] = true, true
		}
		return true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= min(re.Rune[i+1], 0x7f); r++ {
				set[r] = true
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !mark(sub, set) {
				return false
			}
		}
		return true
	case syntax.OpCapture, syntax.OpPlus:
		return mark(re.Sub[0], set)
	case syntax.OpRepeat:
		return re.Min > 0 && mark(re.Sub[0], set)
	case syntax.OpConcat:
		return mark(re.Sub[0], set)
	}
	return false
}

// may says whether what stands behind a keyword can belong to a match.
func (b *behind) may(text []byte, start int) bool {
	for _, t := range b.first {
		at := start + len(t)
		if at > len(text) || !strings.EqualFold(t, string(text[start:at])) {
			continue
		}
		for end := min(len(text), at+b.most+1); at < end; at++ {
			if b.then[text[at]] {
				return true
			}
			if !b.between[text[at]] {
				break
			}
		}
	}
	return false
}

// lineEnds bounds the line ends in a match.
func lineEnds(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		n := 0
		for _, r := range re.Rune {
			if r == '\n' {
				n++
			}
		}
		return n
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= '\n' && '\n' <= re.Rune[i+1] {
				return 1
			}
		}
		return 0
	case syntax.OpAnyChar:
		return 1
	case syntax.OpStar, syntax.OpPlus:
		if lineEnds(re.Sub[0]) > 0 {
			return many
		}
		return 0
	case syntax.OpRepeat:
		n := lineEnds(re.Sub[0])
		switch {
		case n == 0:
			return 0
		case re.Max < 0:
			return many
		}
		return min(many, n*re.Max)
	case syntax.OpAlternate:
		n := 0
		for _, sub := range re.Sub {
			n = max(n, lineEnds(sub))
		}
		return n
	}
	n := 0
	for _, sub := range re.Sub {
		n = min(many, n+lineEnds(sub))
	}
	return n
}

// holds says whether every match surely holds one of the words.
func holds(re *syntax.Regexp, words []string) bool {
	if texts, ok := keywords.Spell(re); ok {
		return all(texts, words)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return holds(re.Sub[0], words)
	case syntax.OpRepeat:
		return re.Min > 0 && holds(re.Sub[0], words)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !holds(sub, words) {
				return false
			}
		}
		return true
	case syntax.OpConcat:
		// A word may be spelled by several neighbours.
		run := []string{""}
		for _, sub := range re.Sub {
			texts, ok := keywords.Spell(sub)
			if ok && len(run)*len(texts) <= keywords.MaxTexts {
				run = keywords.Cross(run, texts)
				if all(run, words) {
					return true
				}
				continue
			}
			if holds(sub, words) {
				return true
			}
			run = []string{""}
			if ok {
				run = texts
			}
		}
	}
	return false
}

// all says whether each of the texts holds one of the words.
func all(texts, words []string) bool {
	if len(texts) == 0 {
		return false
	}
	for _, t := range texts {
		found := false
		for _, w := range words {
			found = found || strings.Contains(t, strings.ToLower(w))
		}
		if !found {
			return false
		}
	}
	return true
}
