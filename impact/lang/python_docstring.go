package lang

import (
	"bytes"
)

// What Python code says of itself: for who asks for it, and no more.

// docstring defines __doc__, for who asks for it: what a file says of itself runs nothing,
// unless doctest may find examples in it.
func (r *pyReader) docstring(s row) bool {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenString || !bytes.ContainsRune([]byte(`"'rRuU`), rune(r.text(i)[0])) || bytes.Contains(r.text(i), []byte(">>>")) {
			return false
		}
	}
	if s.from == s.to {
		return false
	}
	d := Definition{Name: "__doc__", Kind: Variable, Start: r.lines.at(int(r.tok[s.from].start))}
	d.End = r.lines.span(d.Start, int(r.tok[s.from].start), int(r.tok[s.to-1].end))
	r.indents = append(r.indents[:0], 0)
	r.digest(&r.hash, s, nil)
	d.Body = r.hash.Sum()
	r.facts.Definitions = append(r.facts.Definitions, d)
	return true
}

// saysOfItself is the docstring of a function or class that nobody can be seen to ask for.
// Decorators and bases may (commands are described by it), and so may a file that says
// __doc__; examples for doctest are code.
func (r *pyReader) saysOfItself(b *pyBlock, body row) (says row, ok bool) {
	for _, around := range append(r.blocks[:len(r.blocks):len(r.blocks)], *b) {
		if around.first != around.start || around.class && r.kind(around.own+1) == '(' {
			return row{}, false
		}
	}
	if r.asksForDocs() {
		return row{}, false
	}
	says = row{body.from, body.from}
	if r.kind(says.to) == tokenLine {
		says.to++
	}
	text := says.to
	for ; says.to < body.to && r.kind(says.to) == tokenString; says.to++ {
		if t := r.text(says.to); !bytes.ContainsRune([]byte(`"'rRuU`), rune(t[0])) || bytes.Contains(t, []byte(">>>")) {
			return row{}, false
		}
	}
	return says, says.to > text && (says.to == body.to || r.kind(says.to) == tokenLine)
}

// asksForDocs says whether the file mentions __doc__.
func (r *pyReader) asksForDocs() bool {
	if r.docs == 0 {
		r.docs = 1
		for i := range r.tok {
			if r.tok[i].kind == tokenWord && r.word(i, "__doc__") {
				r.docs = 2
				break
			}
		}
	}
	return r.docs == 2
}
