package grep

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"custody/internal/control/keywords"
)

// maxProgram is how many instructions a compiled pattern may have: matching costs at
// most that many steps a byte.
const maxProgram = 1000

// A matcher finds lines.
type matcher struct {
	re      *regexp.Regexp
	program int
	runes   bool // characters are those of UTF-8, not bytes
	// hints are words of which every match holds one; nil: none are known.
	hints *keywords.Set
}

// compile turns the patterns of a command into one matcher.
func compile(o options) (*matcher, error) {
	total := 0
	alt := &node{op: opAlternate}
	for _, p := range o.patterns {
		if total += len(p); total > maxPattern {
			return nil, unsupported("", "the patterns have more than %d bytes", maxPattern)
		}
		n, err := parsePattern(p, o.dialect)
		if err != nil {
			return nil, err
		}
		if o.words && !o.lines && n.nullable() {
			return nil, unsupported("leave -w out, or require a character", "with -w the pattern matches the empty text")
		}
		alt.subs = append(alt.subs, n)
	}
	w := writer{fold: o.ignoreCase}
	w.buf.WriteString("(?m)")
	switch { // -x wins over -w
	case o.lines:
		w.group("^", alt, "$")
	case o.words:
		w.group("(?:^|"+notWord+")", alt, "(?:"+notWord+"|$)")
	default:
		w.write(alt)
	}
	if w.err != nil {
		return nil, w.err
	}
	return newMatcher(w.buf.String())
}

func newMatcher(expr string) (*matcher, error) {
	tooLarge := unsupported("write a shorter pattern", "the pattern grows over the limit of %d steps", maxProgram)
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, tooLarge // repetitions of repetitions: the syntax itself is ours
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > maxProgram {
		return nil, tooLarge
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, tooLarge
	}
	m := &matcher{re: re, program: len(prog.Inst)}
	if all := keywords.Needs(parsed); len(all) > 0 {
		m.hints = keywords.New(keywords.Best(all))
	}
	if m.find([]byte("~")) >= 0 && m.find([]byte{1}) >= 0 { // two lines with nothing in common
		return nil, unsupported("make the pattern say what must stand there", "the pattern matches any line, so it proves nothing")
	}
	return m, nil
}

// Cost is the most steps that searching so many bytes takes.
func (c *Command) Cost(size int) int64 { return int64(size) * int64(c.matcher.program) }

// A Line is one line with a match.
type Line struct {
	Number int // 1-based; 0 in a binary file
	Binary bool
}

// Find returns at most max lines with a match. Bytes are characters, as in the C
// locale. In a file with NUL bytes these end lines too, as in grep.
func (c *Command) Find(content []byte, max int) []Line {
	binary := bytes.IndexByte(content, 0) >= 0
	if binary {
		content = bytes.ReplaceAll(content, []byte{0}, []byte{'\n'})
	}
	var lines []Line
	content = c.matcher.widen(content) // once, or what has many matches would be widened as often
	if c.matcher.hints != nil && !keywords.Foreign(content) {
		return c.matcher.hinted(content, max, binary)
	}
	number, rest := 1, content
	for len(rest) > 0 && len(lines) < max {
		at := c.matcher.index(rest)
		if at < 0 {
			break
		}
		number += bytes.Count(rest[:at], []byte{'\n'})
		if binary {
			return append(lines, Line{Binary: true})
		}
		lines = append(lines, Line{Number: number})
		end := bytes.IndexByte(rest[at:], '\n')
		if end < 0 {
			break
		}
		rest = rest[at+end+1:]
		number++
	}
	return lines
}

// hinted is Find where words are known that every match holds: only lines with one of
// these are looked at.
func (m *matcher) hinted(content []byte, max int, binary bool) []Line {
	var lines []Line
	number, counted, done := 1, 0, 0 // the line of counted; what is before done was looked at
	m.hints.In(content, func(_, start, _ int) bool {
		if start < done {
			return true
		}
		from, to := bytes.LastIndexByte(content[:start], '\n')+1, len(content)
		if i := bytes.IndexByte(content[start:], '\n'); i >= 0 {
			to = start + i
		}
		done = to
		if m.re.Match(content[from:to]) {
			number += bytes.Count(content[counted:from], []byte{'\n'})
			counted = from
			lines = append(lines, Line{Number: number, Binary: binary})
		}
		return len(lines) < max && !(binary && len(lines) > 0)
	})
	if binary && len(lines) > 0 {
		lines[0].Number = 0
	}
	return lines
}

// find returns the offset of the first line-wise match, or -1.
func (m *matcher) find(text []byte) int {
	wide := m.widen(text)
	at := m.index(wide)
	if at > 0 && len(wide) > len(text) {
		at = utf8.RuneCount(wide[:at])
	}
	return at
}

// widen makes every byte the character of its number, so that one byte is one
// character. Ends of lines stay what they are.
func (m *matcher) widen(text []byte) []byte {
	if m.runes || bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return text
	}
	wide := make([]byte, 0, len(text)+len(text)/8)
	for _, c := range text {
		wide = utf8.AppendRune(wide, rune(c))
	}
	return wide
}

// index is the offset of the first line-wise match in a widened text, or -1.
func (m *matcher) index(wide []byte) int {
	if len(wide) == 0 {
		return -1 // no line at all
	}
	// A line end ends a line, it begins none.
	if at := m.re.FindIndex(bytes.TrimSuffix(wide, []byte{'\n'})); at != nil {
		return at[0]
	}
	return -1
}

// writer writes a parsed pattern in Go's syntax, from scratch: nothing of the text that
// was read is copied.
type writer struct {
	buf  strings.Builder
	fold bool
	err  error
}

var notWord = setSyntax(wordByte.not())

func (w *writer) group(before string, n *node, after string) {
	w.buf.WriteString(before)
	w.buf.WriteString("(?:")
	w.write(n)
	w.buf.WriteString(")")
	w.buf.WriteString(after)
}

func (w *writer) write(n *node) {
	switch n.op {
	case opEmpty:
		w.buf.WriteString("(?:)")
	case opByte:
		set := n.set
		if w.fold {
			// A negated bracket was negated when read; fold what it leaves out, not what it takes.
			if set.count() > 128 {
				set = set.not().folded().not()
			} else {
				set = set.folded()
			}
		}
		w.buf.WriteString(setSyntax(set))
	case opConcat:
		for i, sub := range n.subs {
			w.edge(n, i)
			if sub.op == opAlternate {
				w.group("", sub, "")
			} else {
				w.write(sub)
			}
		}
	case opAlternate:
		for i, sub := range n.subs {
			if i > 0 {
				w.buf.WriteString("|")
			}
			w.group("", sub, "")
		}
	case opRepeat:
		w.group("", n.subs[0], repeatSyntax(n))
	case opLineStart:
		w.buf.WriteString("^")
	case opLineEnd:
		w.buf.WriteString("$")
	case opBoundary, opWordStart, opWordEnd:
		w.buf.WriteString(`\b`)
	case opNotBoundary:
		w.buf.WriteString(`\B`)
	}
}

// edge accepts \< and \> only where a plain word boundary says the same: before what
// surely begins with, or behind what surely ends in, a character of a word.
func (w *writer) edge(cat *node, i int) {
	var set byteSet
	var empty bool
	switch cat.subs[i].op {
	case opWordStart:
		set, empty = edgeSet(cat.subs[i+1:], true)
	case opWordEnd:
		set, empty = edgeSet(cat.subs[:i], false)
	default:
		return
	}
	if w.fold {
		set = set.folded()
	}
	if empty || !set.within(wordByte) {
		w.err = unsupported(`write \b, or -w for the whole pattern`, `\< and \> are evaluated only beside a letter, digit or underscore`)
	}
}

// edgeSet is which bytes a sequence can begin with (or end in), and whether it can be
// empty.
func edgeSet(subs []*node, first bool) (byteSet, bool) {
	var set byteSet
	for i := range subs {
		n := subs[i]
		if !first {
			n = subs[len(subs)-1-i]
		}
		s, empty := n.edge(first)
		set = set.or(s)
		if !empty {
			return set, false
		}
	}
	return set, true
}

func (n *node) edge(first bool) (byteSet, bool) {
	switch n.op {
	case opByte:
		return n.set, false
	case opConcat:
		return edgeSet(n.subs, first)
	case opAlternate:
		var set byteSet
		anyEmpty := false
		for _, sub := range n.subs {
			s, empty := sub.edge(first)
			set, anyEmpty = set.or(s), anyEmpty || empty
		}
		return set, anyEmpty
	case opRepeat:
		set, empty := n.subs[0].edge(first)
		return set, empty || n.min == 0
	}
	return byteSet{}, true
}

// nullable says whether the node can match the empty text somewhere.
func (n *node) nullable() bool {
	_, empty := n.edge(true)
	return empty
}

func repeatSyntax(n *node) string {
	switch {
	case n.min == 0 && n.max < 0:
		return "*"
	case n.min == 1 && n.max < 0:
		return "+"
	case n.min == 0 && n.max == 1:
		return "?"
	case n.max < 0:
		return fmt.Sprintf("{%d,}", n.min)
	}
	return fmt.Sprintf("{%d,%d}", n.min, n.max)
}

// setSyntax writes a set without the newline: matches stay within a line.
func setSyntax(s byteSet) string {
	s = s.minus(oneByte('\n'))
	var b strings.Builder
	b.WriteByte('[')
	for lo := 0; lo < 256; lo++ {
		if !s.has(byte(lo)) {
			continue
		}
		hi := lo
		for hi < 255 && s.has(byte(hi+1)) {
			hi++
		}
		fmt.Fprintf(&b, `\x{%x}-\x{%x}`, lo, hi)
		lo = hi
	}
	b.WriteByte(']')
	if b.Len() == 2 {
		return `[^\x{0}-\x{10FFFF}]` // matches nothing
	}
	return b.String()
}
