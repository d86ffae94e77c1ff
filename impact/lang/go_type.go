package lang

import "bytes"

// typeSpec reads a type from its name. The signature of a struct are its exported and
// embedded fields; the others are its body. Of every other type all is signature.
func (d *goDefiner) typeSpec(start int) {
	if d.kind != goWord {
		d.broken = true
		return
	}
	level := d.depth
	def := Definition{Name: string(d.text()), Kind: Type, Start: start}
	def.Exported = isExportedGo(def.Name)
	d.names = d.names[:0]
	d.seen.round++
	d.out = &d.sign
	if d.pragma != (Digest{}) {
		d.body.Add(d.pragma[:])
	}
	var head typeHead
	for {
		before, beforeAt := d.kind, d.start
		d.next()
		if d.kind == goEOF && d.depth != level {
			d.broken = true
			return
		}
		if d.kind == goEOF || d.depth < level || d.kind == goEnd && d.depth == level {
			break
		}
		if d.kind != '{' || before != goKeyword || d.depth != level+1 {
			head.see(d.kind, d.depth-level)
			continue
		}
		switch {
		case hasPrefixAt(d.src, beforeAt, "interface"):
			if !head.other {
				def.Kind = Interface
			}
			d.methods()
		case hasPrefixAt(d.src, beforeAt, "struct"):
			d.fields()
		}
	}
	d.out = nil
	d.add(def, d.sum(&d.sign), d.sum(&d.body), d.taken())
}

// A typeHead tells "type T[P any] interface" from "type T [4]interface".
type typeHead struct {
	tokens int
	params bool // what stands in brackets are type parameters
	other  bool // part of another type stands in front
}

func (h *typeHead) see(kind goToken, depth int) {
	h.tokens++
	switch {
	case h.tokens == 1 && kind == '[':
		h.params = true
	case h.params && h.tokens == 2 && kind != goWord,
		h.params && h.tokens == 3 && (kind == ']' || kind == '.' || kind == '+' || kind == '-'):
		h.params, h.other = false, true
	case h.params && depth == 0: // "]"
		h.params = false
	case h.params || kind == '=' || kind == goKeyword:
	default:
		h.other = true
	}
}

// methods reads the methods of an interface from behind its brace, and the closing one.
// Their names are no mentions of what the package calls so: see GoAsked.
func (d *goDefiner) methods() {
	level := d.depth
	for first := true; d.depth >= level; {
		d.next()
		if d.kind == goEOF {
			d.broken = true
			return
		}
		if first && d.kind == goWord && d.depth == level && d.ahead() == '(' {
			d.unmention()
			d.mention(GoAsked(d.text()))
		}
		first = d.kind == goEnd
	}
}

// ahead is the byte of this line that the next token starts with; 0 before a comment.
func (d *goDefiner) ahead() byte {
	for i := d.i; i < len(d.src); i++ {
		switch c := d.src[i]; {
		case c == '\n' || !isSpace(c) && c != '/':
			return c
		case c == '/':
			return 0
		}
	}
	return 0
}

// fields reads the fields of a struct from behind its brace, and the closing one.
func (d *goDefiner) fields() {
	level := d.depth
	for d.depth >= level && !d.broken {
		d.scratch.tokens = d.scratch.tokens[:0]
		d.out, d.pending = &d.scratch, false
		exported, names, tokens := false, true, 0
		for {
			before := d.kind
			d.next()
			if d.kind == goEOF {
				d.broken = true
				return
			}
			if d.depth < level || d.kind == goEnd && d.depth == level {
				break
			}
			tokens++
			switch {
			case d.depth > level || !names:
			case d.kind == goWord && (tokens == 1 || before == ','):
				exported = exported || isExportedGo(string(d.text()))
				if before == ',' || d.isFieldName() {
					d.unmention()
				}
			case d.kind == ',':
			case d.kind == '.' && tokens == 2, tokens == 1: // embedded: "pkg.T", "*T"
				exported, names = true, false
			default:
				names = false
			}
		}
		if closed := d.depth < level; closed {
			d.scratch.tokens = bytes.TrimSuffix(d.scratch.tokens, []byte{'}', 0})
			if tokens > 0 {
				d.field(exported || tokens == 1)
			}
			d.sign.Add([]byte("}"))
			d.out, d.pending = &d.sign, false
			return
		}
		if tokens > 0 {
			d.field(exported || tokens == 1)
		}
	}
}

// isFieldName says that the word that was just read can only be the name of a field, and
// no type that is embedded: "T[int]" may be either.
func (d *goDefiner) isFieldName() bool {
	switch c := d.ahead(); {
	case c == ',', c == '*', c == '(', c == '<', isIdentStart(c):
		return true
	case c == '[':
		i := d.i + bytes.IndexByte(d.src[d.i:], '[') + 1
		return i < len(d.src) && d.src[i] == ']'
	}
	return false
}

func (d *goDefiner) field(exported bool) {
	to := &d.body
	if exported {
		to = &d.sign
	}
	to.tokens = append(to.tokens, d.scratch.tokens...)
	to.Add(semicolon)
}

// moveParameterNames copies the tokens of a function's signature to sign, without the
// names of its parameters and results, and those to body. Type parameters keep theirs.
// Of the lists in parentheses named has a bit for each of the first 64 that has names. The
// shape is that of a method, of which the first list are the parameters.
func moveParameterNames(sign, body *TokenHash, tokens []byte) (named uint64, shape Shape) {
	depth, parameters, between := 0, 0, false
	for list := 0; len(tokens) > 0; {
		end := bytes.IndexByte(tokens, 0)
		if depth == 0 && tokens[0] == '(' {
			n, elements, has := moveNamesOfList(sign, body, tokens)
			tokens = tokens[n:]
			switch {
			case list == 0:
				parameters = elements
				if shape = ShapeOf(parameters, 0); len(tokens) > 0 {
					shape = ShapeOf(parameters, 1)
				}
			case list == 1 && !between:
				shape = ShapeOf(parameters, elements)
			}
			if has {
				named |= 1 << list
			}
			list++
			continue
		}
		switch tokens[0] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		between = list == 1 // the result is no list, but a function, or has one in it
		sign.Add(tokens[:end])
		tokens = tokens[end+1:]
	}
	return named, shape
}

// moveNamesOfList does it for one list in parentheses; n is how many bytes that takes.
func moveNamesOfList(sign, body *TokenHash, tokens []byte) (n, elements int, named bool) {
	var few [8][]byte // as most functions have
	segments := few[:0]
	depth, start := 0, 2 // behind "("
	for n < len(tokens) {
		end := n + bytes.IndexByte(tokens[n:], 0)
		switch tokens[n] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if comma := tokens[n] == ',' && depth == 1; comma || depth == 0 {
			if n > start {
				segments = append(segments, tokens[start:n])
				named = named || isNamedParameter(tokens[start:n])
			}
			start = end + 1
		}
		if n = end + 1; depth == 0 {
			break
		}
	}
	var kind []byte // of the names before it, too
	var fewTypes [len(few)][]byte
	types := append(fewTypes[:0], segments...)
	for i := len(segments) - 1; i >= 0; i-- {
		s := segments[i]
		switch name := bytes.IndexByte(s, 0) + 1; {
		case !named:
			kind = s
		case name < len(s):
			kind = s[name:]
			fallthrough
		default:
			body.Add(s[:name-1])
		}
		types[i] = kind
	}
	sign.Add([]byte("("))
	for _, t := range types {
		sign.tokens = append(append(sign.tokens, t...), ',', 0)
	}
	sign.Add([]byte(")"))
	return n, len(segments), named
}

// isNamedParameter says whether "a T" can only be a name and its type, and no type.
func isNamedParameter(s []byte) bool {
	name := bytes.IndexByte(s, 0) + 1
	if name >= len(s) || !isIdentStart(s[0]) || isGoKeyword(s[:name-1]) {
		return false
	}
	rest := s[name:]
	switch rest[0] {
	case '.': // "pkg.T", or "a ...T"
		return bytes.HasPrefix(rest, []byte("..."))
	case '[': // "List[T]", or "a []T", "a [4]T"
		depth := 0
		for len(rest) > 0 {
			switch rest[0] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
			rest = rest[bytes.IndexByte(rest, 0)+1:]
			if depth == 0 {
				return len(rest) > 0
			}
		}
		return false
	}
	return true
}
