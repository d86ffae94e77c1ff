package lang

import (
	"bytes"
	"slices"
)

// What Python code says of itself: for who asks for it, and no more.

// PyDoc is the name of what a file says of itself, with the examples of all that is in it.
const PyDoc = "__doc__"

// PyTested is mentioned where PyValueOf is, by a file that has doctest: it may run the examples
// of the module.
func PyTested(name NameHash) NameHash { return (name ^ 0x2545f491) * fnvPrime32 }

// docstring defines __doc__, for who asks for it: what a file says of itself runs nothing,
// and examples for doctest are run by who looks for them.
func (r *pyReader) docstring(s row) bool {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenString || !bytes.ContainsRune([]byte(`"'rRuU`), rune(r.text(i)[0])) {
			return false
		}
	}
	if s.from == s.to {
		return false
	}
	d := Definition{Name: PyDoc, Kind: Variable, Start: r.lines.at(int(r.tok[s.from].start))}
	d.End = r.lines.span(d.Start, int(r.tok[s.from].start), int(r.tok[s.to-1].end))
	r.indents = append(r.indents[:0], 0)
	r.digest(&r.hash, s, nil)
	d.Body = r.hash.Sum()
	r.facts.Definitions = append(r.facts.Definitions, d)
	return true
}

// saysOfItself is the docstring of a function or class that nobody can be seen to ask for.
// Decorators and bases may (commands are described by it), and so may a file that says
// __doc__.
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
		if t := r.text(says.to); !bytes.ContainsRune([]byte(`"'rRuU`), rune(t[0])) {
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
			if r.tok[i].kind == tokenWord && r.word(i, PyDoc) {
				r.docs = 2
				break
			}
		}
	}
	return r.docs == 2
}

// pyExamples are those for doctest in a file: code that nobody runs but who looks for them, in
// this file. So they belong to __doc__, which is reached by what they mention and by nobody
// passed on, and not to what they stand in.
type pyExamples struct {
	names []NameHash
	texts TokenHash // of those that count nowhere else
	line  int       // of the first
}

// maxPyStrings is how many strings one docstring is put together of.
const maxPyStrings = 16

// isStatement says that the string at i, with those around it, is a statement.
func (o *outline) isStatement(i int) bool {
	from, to := i-1, i+1
	for from > i-maxPyStrings && o.kind(from) == tokenString {
		from--
	}
	for to < i+maxPyStrings && o.kind(to) == tokenString {
		to++
	}
	return o.kind(from) == tokenLine && (o.kind(to) == tokenLine || o.kind(to) == 0)
}

// mentionExamples collects the names in the examples that the string at i holds. Of a string
// that is no statement it is not known what is done with it: they are those of the code around.
func (o *outline) mentionExamples(i int) {
	says := o.seen.add
	if o.isStatement(i) {
		says = func(name uint32) { o.examples.names = append(o.examples.names, NameHash(name)) }
		if o.examples.line == 0 {
			o.examples.line = o.lines.at(int(o.tok[i].start))
		}
	}
	for line := range bytes.Lines(o.text(i)) {
		line = bytes.TrimLeft(line, " \t\"'rRuU")
		if !bytes.HasPrefix(line, []byte(">>> ")) && !bytes.HasPrefix(line, []byte("... ")) {
			continue
		}
		for i := 0; i < len(line); {
			end, name := identHash(line, i)
			switch {
			case end == i:
				end++
			case !isDigit(line[i]):
				says(name)
			}
			i = end
		}
	}
}

// ownExamples takes in the examples of a docstring that is no part of what it says something of.
func (r *pyReader) ownExamples(says row) {
	for i := says.from; i < says.to; i++ {
		if r.kind(i) == tokenString && bytes.Contains(r.text(i), []byte(">>> ")) {
			r.mentionExamples(i)
			r.examples.texts.Add(r.text(i))
		}
	}
}

// defineExamples makes them a part of __doc__.
func (r *pyReader) defineExamples() {
	if len(r.examples.names) == 0 {
		return
	}
	all := r.facts.Definitions
	at := slices.IndexFunc(all, func(d Definition) bool { return d.Name == PyDoc })
	if at < 0 {
		at = len(all)
		all = append(all, Definition{Name: PyDoc, Kind: Variable, Start: r.examples.line, End: r.examples.line})
		r.facts.Definitions = all
	}
	d := &all[at]
	r.examples.texts.Add(d.Body[:])
	r.seen.reset()
	for _, name := range append(r.examples.names, d.Mentions...) {
		r.seen.add(uint32(name))
	}
	d.Body, d.Mentions = r.examples.texts.Sum(), r.take()
}
