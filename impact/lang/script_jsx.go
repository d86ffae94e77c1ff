package lang

import (
	"bytes"
	"slices"
)

// JSX. The text of an element is no code: an apostrophe in it opens no string. What
// looks like an element may be a type parameter (const f = <T,>(x: T) => x) or a
// comparison; then reading it as an element fails soon, since its text may hold
// neither ">" nor "}", and the scanner goes back and takes "<" for an operator.

// opensElement pushes a tag if "<" at s.i can open an element.
func (s *scriptScanner) opensElement() bool {
	if s.i+1 >= len(s.src) {
		return false
	}
	if c := s.src[s.i+1]; c != '>' && c != '$' && !isIdentStart(c) || s.typeParameters() {
		return false
	}
	s.open = append(s.open, scriptOpen{
		kind: 't', value: true, root: true, at: s.i, imports: len(s.facts.Imports), damaged: s.facts.Damaged,
		token: len(s.tok.list),
	})
	at := s.i
	s.i++
	s.add(tokenElement, at)
	s.newline = false
	s.i = jsxNameEnd(s.src, s.i)
	s.add(tokenText, at+1)
	s.typeArguments()
	return true
}

// typeParameters says that "<T," or "<T extends X" stands at s.i: type parameters, as
// TypeScript itself decides.
func (s *scriptScanner) typeParameters() bool {
	r := scriptReader{s.src, s.i + 1}
	if word := r.word(); word == "" {
		return false
	} else if word == "const" && r.word() != "" {
		return true
	}
	if r.peek() == ',' {
		return true
	}
	if r.word() != "extends" {
		return false
	}
	c := r.peek()
	return c != '=' && c != '>' && c != '/'
}

func jsxNameEnd(src []byte, i int) int {
	for i < len(src) && (isIdent(src[i]) || src[i] == '$' || src[i] == '-' || src[i] == '.' || src[i] == ':') {
		i++
	}
	return i
}

// tag reads one piece of an opening tag: an attribute, a part of one, or its end.
func (s *scriptScanner) tag() {
	r := scriptReader{s.src, s.i}
	c := r.peek()
	s.i = r.i
	top := &s.open[len(s.open)-1]
	at := s.i
	switch {
	case c == '>':
		s.i++
		s.add(tokenText, at)
		top.kind = 'e'
	case c == '/' && hasPrefixAt(s.src, s.i, "/>"):
		s.i += 2
		s.closeElement(at)
	case c == '"' || c == '\'': // an attribute's text knows no escapes and may hold newlines
		n := bytes.IndexByte(s.src[s.i+1:], c)
		if n < 0 {
			s.i = len(s.src)
			return
		}
		s.i += n + 2
		s.add(tokenText, at)
	case c == '=':
		s.i++
		s.add(tokenText, at)
	case c == '{':
		s.i++
		s.add('{', at)
		s.push(scriptOpen{kind: 'x'})
	case c == '<' && s.opensTag(s.i):
		s.nested()
	case c == '$' || isIdentStart(c):
		s.i = jsxNameEnd(s.src, s.i)
		s.add(tokenText, at)
	case c == 0:
		s.i = len(s.src)
	default:
		s.failElement()
	}
}

// opensTag says that "<" at i, inside of an element, opens another one: a name follows,
// or the ">" of a fragment.
func (s *scriptScanner) opensTag(i int) bool {
	for i++; i < len(s.src) && isSpace(s.src[i]); i++ {
	}
	return i < len(s.src) && (s.src[i] == '>' || s.src[i] == '$' || isIdentStart(s.src[i]))
}

// nested pushes an element inside of another one.
func (s *scriptScanner) nested() {
	at := s.i
	s.i++
	s.add(tokenElement, at)
	s.push(scriptOpen{kind: 't', value: true})
	for s.i < len(s.src) && isSpace(s.src[s.i]) {
		s.i++
	}
	name := s.i
	s.i = jsxNameEnd(s.src, name)
	s.add(tokenText, name)
	s.typeArguments()
}

// maxTypeArguments is how far ahead their end is looked for, in bytes.
const maxTypeArguments = 256

// typeArguments skips those of a generic component: <List<string> items={x}/>.
func (s *scriptScanner) typeArguments() {
	if s.i >= len(s.src) || s.src[s.i] != '<' {
		return
	}
	depth := 0
	for i := s.i; i < min(len(s.src), s.i+maxTypeArguments); i++ {
		switch c := s.src[i]; {
		case c == '<':
			depth++
		case c == '>' && s.src[i-1] != '=':
			if depth--; depth == 0 {
				at := s.i
				s.i = i + 1
				s.add(tokenText, at)
				return
			}
		}
	}
}

// children reads the text of an element up to the next expression or tag.
func (s *scriptScanner) children() {
	n := bytes.IndexAny(s.src[s.i:], "<{>}")
	if n < 0 {
		s.i = len(s.src)
		return
	}
	at := s.i
	if s.i += n; n > 0 {
		s.add(tokenText, at)
		at = s.i
	}
	switch {
	case s.src[s.i] == '{':
		s.i++
		s.add('{', at)
		s.push(scriptOpen{kind: 'x'})
	case s.src[s.i] != '<':
		s.failElement()
	case hasPrefixAt(s.src, s.i, "</"):
		r := scriptReader{s.src, s.i + 2}
		r.peek()
		r.i = jsxNameEnd(s.src, r.i)
		if !r.take('>') {
			s.failElement()
			return
		}
		s.i = r.i
		s.closeElement(at)
	case s.opensTag(s.i):
		s.nested()
	default:
		s.failElement()
	}
}

// closeElement ends an element with the tag that starts at at: a value, if no other
// element is around it.
func (s *scriptScanner) closeElement(at int) {
	s.closing(tokenElementEnd, at, s.open[len(s.open)-1].token)
	s.open = s.open[:len(s.open)-1]
	s.after(true, scriptNone)
}

func (s *scriptScanner) failElement() {
	if !s.notAnElement() {
		s.facts.Damaged = true // can not be: every element has its root below it
		s.i = len(s.src)
	}
}

// notAnElement goes back to where the innermost element was opened and takes its "<"
// for an operator; false when none is open. Each time costs what was read since, so
// the sum is bounded: beyond it nothing is taken for an element any more.
func (s *scriptScanner) notAnElement() bool {
	n := len(s.open) - 1
	for n >= 0 && !s.open[n].root {
		n--
	}
	if n < 0 {
		return false
	}
	if s.spent += s.i - s.open[n].at; s.spent > 2*len(s.src)+4096 {
		s.jsx = false
		n = slices.IndexFunc(s.open, func(o scriptOpen) bool { return o.root })
	}
	o := s.open[n]
	s.facts.Damaged = o.damaged || !s.jsx || !s.looksGeneric(o.at)
	s.noRegexp = 0
	s.open = s.open[:n]
	s.facts.Imports = s.facts.Imports[:o.imports]
	s.tok.list = s.tok.list[:o.token]
	s.clause = 0
	for k := len(s.comments) - 1; k >= 0 && s.comments[k].Start > o.at; k-- {
		s.comments = s.comments[:k]
	}
	s.i = o.at + 1
	s.add('<', o.at)
	s.after(false, scriptNone)
	return true
}

// looksGeneric says that what stands at "<" reads like the type parameters of a
// function type: then nothing is wrong with the file.
func (s *scriptScanner) looksGeneric(at int) bool {
	r := scriptReader{s.src, at + 1}
	if r.word() == "" {
		return false
	}
	if c := r.peek(); c == '=' || c == ':' {
		return true
	}
	return r.take('>') && r.peek() == '('
}
