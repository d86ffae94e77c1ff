package lang

import "bytes"

// next reads the next token, mentions it if it is a name, and adds it to d.out.
//
// A newline is a token only where it stands for a semicolon. Operators are taken as they
// are written: "=-" is another token than "=" and "-", which costs nothing but that
// unformatted code seems to change when it is formatted.
func (d *goDefiner) next() {
	for {
		if d.i >= len(d.src) {
			if d.line { // a file may end without its last newline
				d.line = false
				d.start = d.i
				d.kind = goEnd
				return
			}
			d.start = d.i
			d.kind = goEOF
			return
		}
		c := d.src[d.i]
		switch {
		case c == '\n':
			if d.line {
				d.line = false
				d.start = d.i
				d.i++
				d.end()
				return
			}
			d.i++
		case isSpace(c):
			d.i++
		case c == '/' && d.i+1 < len(d.src) && (d.src[d.i+1] == '/' || d.src[d.i+1] == '*'):
			if !d.comment() {
				return
			}
		default:
			d.token(c)
			return
		}
	}
}

// end is a semicolon, written or not.
func (d *goDefiner) end() {
	d.kind = goEnd
	d.pending = d.out != nil
}

// comment skips a comment; false if it does not end. One over several lines counts as a
// newline.
func (d *goDefiner) comment() bool {
	if d.src[d.i+1] == '/' {
		end := lineEnd(d.src, d.i)
		if d.depth <= 1 && hasPrefixAt(d.src, d.i, "//go:") {
			d.directive(bytes.TrimRight(d.src[d.i:end], "\r"))
		}
		d.i = end
		return true
	}
	n := bytes.Index(d.src[d.i+2:], []byte("*/"))
	if n < 0 {
		d.broken = true
		d.i = len(d.src)
		d.start = d.i
		d.kind = goEOF
		return false
	}
	body := d.src[d.i : d.i+n+4]
	if d.line && bytes.IndexByte(body, '\n') >= 0 {
		// The newline in it ends the statement: read on from a newline of its own.
		d.line = false
		d.start = d.i
		d.i += n + 4
		d.end()
		return false
	}
	d.i += n + 4
	return true
}

// directive notes a comment that the compiler obeys.
func (d *goDefiner) directive(text []byte) {
	if bytes.HasPrefix(text, []byte("//go:linkname")) {
		d.broken = true // other packages reach it under any name
		return
	}
	if !bytes.HasPrefix(text, []byte("//go:generate")) {
		d.pragmas.Add(text)
	}
}

func (d *goDefiner) token(c byte) {
	d.start = d.i
	last := d.kind
	switch {
	case isIdentStart(c):
		d.word(last)
	case isDigit(c), c == '.' && d.i+1 < len(d.src) && isDigit(d.src[d.i+1]) && last != goWord:
		d.i = goNumberEnd(d.src, d.i)
		d.kind, d.line = goLiteral, true
	case c == '"', c == '`', c == '\'':
		end := goStringEnd(d.src, d.i)
		if end < 0 {
			d.broken = true
			d.i = len(d.src)
			d.kind = goEOF
			return
		}
		d.i = end
		d.kind, d.line = goLiteral, true
	case c == ';':
		d.i++
		d.line = false
		d.end()
		return
	case c == '(' || c == '[' || c == '{':
		d.i++
		d.depth++
		d.kind, d.line = goToken(c), false
	case c == ')' || c == ']' || c == '}':
		d.i++
		d.depth--
		d.pending = false
		d.kind, d.line = goToken(c), true
		if d.depth < 0 {
			d.broken = true
			d.i = len(d.src)
			d.kind = goEOF
			return
		}
	default:
		d.operator(c)
	}
	if d.out != nil {
		if d.pending {
			d.out.Add(semicolon)
			d.pending = false
		}
		d.out.Add(d.src[d.start:d.i])
	}
}

var semicolon = []byte{';'}

// operator reads a run of operator bytes. A comma, a dot, a lone "=" and a star stand for
// themselves, since declarations are read by them.
func (d *goDefiner) operator(c byte) {
	d.i++
	d.kind, d.line = goToken(c), false
	switch {
	case c == '.' && hasPrefixAt(d.src, d.i, ".."):
		d.i += 2
		d.kind = goDots
		return
	case c == ',', c == '.', c == '*', c == '=' && !hasPrefixAt(d.src, d.i, "="):
		return
	}
	for d.i < len(d.src) && isGoOperator(d.src[d.i]) && !hasPrefixAt(d.src, d.i, "//") && !hasPrefixAt(d.src, d.i, "/*") {
		d.i++
	}
	if op := d.src[d.start:d.i]; len(op) > 1 {
		d.kind = goOperator
		end := string(op[len(op)-2:])
		d.line = end == "++" || end == "--"
	}
}

func isGoOperator(c byte) bool {
	switch c {
	case '+', '-', '/', '%', '&', '|', '^', '<', '>', '=', '!', ':', '~':
		return true
	}
	return false
}

// goNumberEnd is the end of the number that starts at i.
func goNumberEnd(src []byte, i int) int {
	hex := hasPrefixAt(src, i, "0x") || hasPrefixAt(src, i, "0X")
	for i++; i < len(src); i++ {
		c := src[i]
		if c == '.' || isIdent(c) && c < 0x80 {
			continue
		}
		if e := src[i-1] | 0x20; (c == '+' || c == '-') && (e == 'e' && !hex || e == 'p') {
			continue
		}
		break
	}
	return i
}

// word reads an identifier or keyword.
func (d *goDefiner) word(last goToken) {
	h := uint32(fnvOffset32)
	i := d.i
	if last == '.' {
		h = (h ^ '.') * fnvPrime32 // a name behind a dot is another one
	}
	for i < len(d.src) && isIdent(d.src[i]) {
		h = (h ^ uint32(d.src[i])) * fnvPrime32
		i++
	}
	d.i = i
	if last != '.' && isGoKeyword(d.src[d.start:i]) {
		d.kind = goKeyword
		switch string(d.src[d.start:i]) {
		case "break", "continue", "fallthrough", "return":
			d.line = true
		default:
			d.line = false
		}
		return
	}
	d.kind, d.line = goWord, true
	d.hash = NameHash(h)
	d.fresh = false
	if last == '.' {
		q := d.uses.qualifier
		if q < 0 || d.uses.all[q].shared {
			d.mention(d.hash)
		}
		for ; q >= 0; q = d.uses.all[q].twin {
			d.hash = d.uses.all[q].qualified(d.src[d.start:i])
			d.mention(d.hash)
		}
		d.uses.qualifier = -1
		return
	}
	if d.uses.see(d.src, d.start, i) {
		return // the name of an import, not a name of this package
	}
	if d.locals.has(d.hash) {
		return
	}
	d.mention(d.hash)
}

func (d *goDefiner) mention(h NameHash) {
	if d.fresh = d.seen.new(h) || d.locals.reading; d.fresh {
		d.names = append(d.names, h)
	}
}

// unmention takes back the mention of the plain name that was just read, unless something
// else mentioned it before.
func (d *goDefiner) unmention() {
	if n := len(d.names) - 1; n >= 0 && d.names[n] == d.hash && d.fresh {
		d.names = d.names[:n]
		d.seen.forget(d.hash)
	}
	d.fresh = false
}

// recentNames keeps most doubles out of a list of names.
type recentNames struct {
	slots [512]struct{ round, name uint32 }
	round uint32
}

func (r *recentNames) new(h NameHash) bool {
	s := &r.slots[(uint32(h)^uint32(h)>>9)%uint32(len(r.slots))]
	if s.round == r.round && s.name == uint32(h) {
		return false
	}
	s.round, s.name = r.round, uint32(h)
	return true
}

// forget makes a name new again.
func (r *recentNames) forget(h NameHash) {
	if s := &r.slots[(uint32(h)^uint32(h)>>9)%uint32(len(r.slots))]; s.name == uint32(h) {
		s.round = 0
	}
}

func isGoKeyword(word []byte) bool {
	if len(word) < 2 || len(word) > 11 || word[0] < 'b' || word[0] > 'v' {
		return false
	}
	switch string(word) {
	case "break", "case", "chan", "const", "continue", "default", "defer", "else",
		"fallthrough", "for", "func", "go", "goto", "if", "import", "interface", "map",
		"package", "range", "return", "select", "struct", "switch", "type", "var":
		return true
	}
	return false
}
