package grep

import (
	"strconv"
	"strings"
)

// maxPattern is how many bytes the patterns of a command may have together.
const maxPattern = 1 << 10

// op says what a node of a parsed pattern matches.
type op uint8

const (
	opEmpty     op = iota // the empty text
	opByte                // one byte of set
	opConcat              // subs one after the other
	opAlternate           // one of subs
	opRepeat              // subs[0], min to max times
	opLineStart
	opLineEnd
	opBoundary    // \b
	opNotBoundary // \B
	opWordStart   // \<
	opWordEnd     // \>
)

// A node is a part of a parsed pattern.
type node struct {
	op       op
	set      byteSet
	subs     []*node
	min, max int // max < 0: no upper end
}

// parsePattern reads one line of a pattern as grep reads it.
func parsePattern(s string, d dialect) (*node, error) {
	if d == fixed {
		return literal(s), nil
	}
	p := &parser{src: s, extended: d == extended}
	n, err := p.alternate()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.src) { // a closing parenthesis without an opening one
		return nil, unsupported("", "a closing parenthesis has no opening one")
	}
	return n, nil
}

func literal(s string) *node {
	n := &node{op: opConcat}
	for i := range len(s) {
		n.subs = append(n.subs, &node{op: opByte, set: oneByte(s[i])})
	}
	return n
}

type parser struct {
	src      string
	pos      int
	extended bool
	depth    int
}

// maxGroups is how deep parentheses may nest.
const maxGroups = 100

// special reports whether the operator c stands at the position: bare in an extended
// pattern, behind a backslash in a basic one.
func (p *parser) special(at int, c byte) bool {
	if p.extended {
		return at < len(p.src) && p.src[at] == c
	}
	return at+1 < len(p.src) && p.src[at] == '\\' && p.src[at+1] == c
}

// skip moves behind an operator.
func (p *parser) skip() {
	if p.pos++; !p.extended {
		p.pos++
	}
}

func (p *parser) alternate() (*node, error) {
	alt := &node{op: opAlternate}
	for {
		branch, err := p.branch()
		if err != nil {
			return nil, err
		}
		alt.subs = append(alt.subs, branch)
		if !p.special(p.pos, '|') {
			if len(alt.subs) == 1 {
				return branch, nil
			}
			return alt, nil
		}
		p.skip()
	}
}

func (p *parser) branch() (*node, error) {
	cat := &node{op: opConcat}
	for p.pos < len(p.src) && !p.special(p.pos, '|') && !p.special(p.pos, ')') {
		first := len(cat.subs) == 0
		// Behind a leading anchor a star of a basic pattern still stands for itself.
		opening := first || !p.extended && len(cat.subs) == 1 && cat.subs[0].op == opLineStart
		n, err := p.atom(first, opening)
		if err != nil {
			return nil, err
		}
		if n, err = p.repeats(n); err != nil {
			return nil, err
		}
		cat.subs = append(cat.subs, n)
	}
	return cat, nil
}

// atom reads one thing that may be repeated. first: nothing stands before it in its
// branch; opening: nothing or an anchor.
func (p *parser) atom(first, opening bool) (*node, error) {
	if p.special(p.pos, '(') {
		return p.group()
	}
	c := p.src[p.pos]
	switch {
	case c == '\\':
		return p.escape()
	case c == '[':
		set, n, err := parseBracket(p.src[p.pos+1:], "^")
		if err != nil {
			return nil, err
		}
		p.pos += n + 1
		return &node{op: opByte, set: set}, nil
	case c == '.':
		p.pos++
		return &node{op: opByte, set: anyByte}, nil
	case c == '^' && (p.extended || first):
		p.pos++
		return &node{op: opLineStart}, nil
	case c == '$' && (p.extended || p.endsBranch(p.pos+1)):
		p.pos++
		return &node{op: opLineEnd}, nil
	case c == '*' && !opening, p.extended && strings.IndexByte("*+?", c) >= 0, p.extended && c == '{' && p.looksLikeInterval(p.pos+1):
		return nil, unsupported(`for the character itself write \`+string(c), "%c has nothing before it to repeat", c)
	}
	p.pos++
	return &node{op: opByte, set: oneByte(c)}, nil
}

// endsBranch says whether a branch of a basic pattern ends here, so that a dollar
// before it is an anchor.
func (p *parser) endsBranch(at int) bool {
	return at == len(p.src) || p.special(at, '|') || p.special(at, ')')
}

func (p *parser) group() (*node, error) {
	if p.depth++; p.depth > maxGroups {
		return nil, unsupported("", "parentheses are nested more than %d deep", maxGroups)
	}
	p.skip()
	n, err := p.alternate()
	if err != nil {
		return nil, err
	}
	if !p.special(p.pos, ')') {
		hint := `for a parenthesis itself write \(`
		if !p.extended {
			hint = `for a parenthesis itself write ( without a backslash`
		}
		return nil, unsupported(hint, "a parenthesis is not closed")
	}
	p.skip()
	p.depth--
	// One sub keeps the group apart from what stands beside it.
	return &node{op: opConcat, subs: []*node{n}}, nil
}

// escape reads a backslash and what follows.
func (p *parser) escape() (*node, error) {
	if p.pos+1 == len(p.src) {
		return nil, unsupported(`for a backslash itself write \\`, "the pattern ends in a backslash")
	}
	c := p.src[p.pos+1]
	p.pos += 2
	switch c {
	case 'w':
		return &node{op: opByte, set: wordByte}, nil
	case 'W':
		return &node{op: opByte, set: wordByte.not()}, nil
	case 's':
		return &node{op: opByte, set: spaceByte}, nil
	case 'S':
		return &node{op: opByte, set: spaceByte.not()}, nil
	case 'b':
		return &node{op: opBoundary}, nil
	case 'B':
		return &node{op: opNotBoundary}, nil
	case '<':
		return &node{op: opWordStart}, nil
	case '>':
		return &node{op: opWordEnd}, nil
	}
	switch {
	case c == 'd', c == 'D':
		return nil, unsupported("write [0-9] or [[:digit:]]", `\%c means nothing to grep`, c)
	case c == 't' || c == 'n' || c == 'r':
		return nil, unsupported("write [[:space:]]", `\%c means nothing to grep`, c)
	case c >= '1' && c <= '9':
		return nil, unsupported("write the alternatives out", `a back-reference (\%c) is not evaluated`, c)
	case c == '`', c == '\'':
		return nil, unsupported("write ^ or $", `\%c is not evaluated`, c)
	case wordByte.has(c), c >= 0x80, c < ' ':
		return nil, unsupported("leave the backslash out, or write -E for an extended pattern", `\%c means nothing to grep`, printable(c))
	case !p.extended && strings.IndexByte("+?{}", c) >= 0:
		return nil, unsupported("for the character itself leave the backslash out", `\%c has nothing before it to repeat`, c)
	}
	return &node{op: opByte, set: oneByte(c)}, nil
}

// repeats reads what follows an atom and repeats it.
func (p *parser) repeats(n *node) (*node, error) {
	for p.pos < len(p.src) {
		r := &node{op: opRepeat, subs: []*node{n}, max: -1}
		switch {
		case p.src[p.pos] == '*':
			if n.op == opLineStart && !p.extended {
				return n, nil // the star stands for itself
			}
			p.pos++
		case p.special(p.pos, '+'):
			r.min = 1
			p.skip()
		case p.special(p.pos, '?'):
			r.max = 1
			p.skip()
		case p.special(p.pos, '{') && (!p.extended || p.looksLikeInterval(p.pos+1)):
			p.skip()
			if err := p.interval(r); err != nil {
				return nil, err
			}
		default:
			return n, nil
		}
		switch {
		case n.op >= opLineStart:
			return nil, unsupported("", "an anchor or word boundary is repeated")
		case n.op == opByte && n.set.count() == 1 && n.set.within(span(0x80, 0xff)):
			return nil, unsupported("put it into parentheses", "a character beyond ASCII is repeated")
		}
		n = r
	}
	return n, nil
}

// looksLikeInterval says whether a { of an extended pattern, which may stand for
// itself, begins a repetition, if perhaps a malformed one.
func (p *parser) looksLikeInterval(at int) bool {
	return at < len(p.src) && (p.src[at] == ',' || p.src[at] == '}' || p.src[at] >= '0' && p.src[at] <= '9')
}

// interval reads M, M,N M, or ,N and the closing brace.
func (p *parser) interval(r *node) error {
	end := p.pos
	for end < len(p.src) && (p.src[end] == ',' || p.src[end] >= '0' && p.src[end] <= '9') {
		end++
	}
	low, high, comma := strings.Cut(p.src[p.pos:end], ",")
	if !comma {
		high = low
	}
	ok := low+high != "" && p.special(end, '}')
	r.min, r.max = 0, -1
	var err error
	if low != "" {
		r.min, err = strconv.Atoi(low)
		ok = ok && err == nil
	}
	if high != "" {
		r.max, err = strconv.Atoi(high)
		ok = ok && err == nil && r.max >= r.min
	}
	if !ok || r.min > 1000 || r.max > 1000 {
		return unsupported(`write {2}, {2,} or {2,5}, at most 1000; in a pattern without -E \{2,5\}`, "the repetition {%s is not evaluated", clip(p.src[p.pos:]))
	}
	p.pos = end
	p.skip()
	return nil
}
