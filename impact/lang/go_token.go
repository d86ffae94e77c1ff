package lang

import (
	"bytes"
	"encoding/binary"
	"math"
)

// next reads the next token, mentions it if it is a name, and adds it to d.out.
func (d *goDefiner) next() { d.scan(math.MaxInt) }

// skipTo reads up to the token that brings the depth down to level.
func (d *goDefiner) skipTo(level int) {
	if d.depth > level && d.kind != goEOF {
		d.scan(level)
	}
	if d.kind == goEOF {
		d.broken = true
	}
}

// scan reads tokens until one leaves the depth at most at level: the body of a function in
// one go, which is most of a file. What it is about stands in locals while it runs.
//
// A newline is a token only where it stands for a semicolon. Operators are taken as they
// are written: "=-" is another token than "=" and "-", which costs nothing but that
// unformatted code seems to change when it is formatted.
func (d *goDefiner) scan(level int) {
	src, i := d.src, d.i
	var start int
	kind, line, depth, pending := d.kind, d.line, d.depth, d.pending
	written := d.out != nil && !d.muted
	to := d.out
	var out []byte
	o := 0
	if written {
		o, out = len(to.tokens), to.tokens[:cap(to.tokens)]
	}
	const least = 20 // two tokens of one byte or a short name, with what is copied behind it

scan:
	for {
		if i >= len(src) {
			if start = i; !line {
				kind = goEOF
				break
			}
			if line, kind = false, goEnd; depth <= level { // a file may end without its last newline
				break
			}
			continue
		}
		c := src[i]
		class := goClass[c]
		switch {
		case class == goSpace:
			for i++; i < len(src) && goClass[src[i]] == goSpace; i++ {
			}
			continue
		case class == goNewline && !line:
			i++
			continue
		case class == goSlash:
			end, newline := d.comment(i, depth)
			if end < 0 {
				d.broken = true
				i = len(src)
				start, kind = i, goEOF
				break scan
			}
			if end > i && line && newline { // it ends the statement
				start, i = i, end
				line, kind, pending = false, goEnd, written
				if len(d.locals.declared) > 0 {
					d.locals.ended(depth)
				}
				if depth <= level {
					break scan
				}
				continue
			}
			if end > i {
				i = end
				continue
			}
		}

		if class == goDot && i+1 < len(src) && (src[i+1] == '.' || isDigit(src[i+1])) {
			class = goOther
		}
		last := kind
		start = i
		if written && len(out)-o < least {
			out = to.grow(out[:o], least)
		}
		if pending && written && class < goClose {
			out[o], out[o+1] = ';', 0
			o += 2
			pending = false
		}
		switch class {
		case goLetter:
			h := uint32(fnvOffset32)
			if last == '.' {
				h = (h ^ '.') * fnvPrime32 // a name behind a dot is another one
			}
			for i < len(src) && byteClass[src[i]]&classIdent != 0 {
				h = (h ^ uint32(src[i])) * fnvPrime32
				i++
			}
			switch n := i - start; {
			case !written:
			case n <= 16 && len(src)-start >= 16:
				// Most names are short: some bytes too many cost less than a call of copy.
				from, into := src[start:start+16], out[o:o+16]
				binary.LittleEndian.PutUint64(into, binary.LittleEndian.Uint64(from))
				binary.LittleEndian.PutUint64(into[8:], binary.LittleEndian.Uint64(from[8:]))
				out[o+n] = 0
				o += n + 1
			default:
				if len(out)-o <= n {
					out = to.grow(out[:o], n+1)
				}
				o += copy(out[o:], src[start:i])
				out[o] = 0
				o++
			}
			switch {
			case last == '.':
				kind, line = goWord, true
				d.member(NameHash(h), start, i)
			case isGoKeyword(src[start:i]):
				kind, line = goKeyword, endsStatement(src[start:i])
				if len(d.locals.declared) > 0 {
					d.locals.keyword(src[start:i], depth)
				}
			default:
				kind, line = goWord, true
				d.name(NameHash(h), start, i)
				if goStarts[last] {
					d.statement, d.before = start, last
					if last == goKeyword {
						d.declareVar(start, i, depth)
					}
				}
			}
		case goClose:
			i++
			depth--
			pending = false
			kind, line = goToken(c), true
			if len(d.locals.declared) > 0 {
				d.locals.closed(depth)
			}
			if depth < 0 {
				d.broken = true
				i, kind = len(src), goEOF
				break scan
			}
			if written {
				out[o], out[o+1] = c, 0
				o += 2
			}
		case goNewline, goSemicolon:
			i++
			line, kind, pending = false, goEnd, written
			if len(d.locals.declared) > 0 {
				d.locals.ended(depth)
			}
		case goOpen:
			depth++
			if c == '{' && len(d.locals.declared) > 0 {
				d.locals.opened(src, i, depth)
			}
			fallthrough
		case goSingle, goDot:
			i++
			kind, line = goToken(c), false
			if written {
				out[o], out[o+1] = c, 0
				o += 2
			}
		default:
			switch {
			case class == goQuote:
				if i = goStringEnd(src, i); i < 0 {
					d.broken = true
					i, kind = len(src), goEOF
					break scan
				}
				kind, line = goLiteral, true
				if d.programs != noPrograms {
					d.start, d.i = start, i
					d.program()
				}
			case class == goFigure, c == '.' && last != goWord && i+1 < len(src) && isDigit(src[i+1]):
				i = goNumberEnd(src, i)
				kind, line = goLiteral, true
			default:
				if i, kind, line = goOperator(src, i); kind == goOperators && c == ':' && src[start+1] == '=' {
					d.declare(start, depth)
				}
			}
			if !written {
				break
			}
			if len(out)-o <= i-start {
				out = to.grow(out[:o], i-start+1)
			}
			o += copy(out[o:], src[start:i])
			out[o] = 0
			o++
		}
		if depth <= level {
			break
		}
	}

	if written {
		to.tokens = out[:o]
	}
	d.i, d.start = i, start
	d.kind, d.line, d.depth, d.pending = kind, line, depth, pending
}

// comment is where the comment at i ends: at i if none is there, -1 if it does not end.
// newline says that it counts as one.
func (d *goDefiner) comment(i, depth int) (end int, newline bool) {
	switch {
	case hasPrefixAt(d.src, i, "//"):
		end = lineEnd(d.src, i)
		if depth <= 1 && hasPrefixAt(d.src, i, "//go:") {
			d.directive(bytes.TrimRight(d.src[i:end], "\r"))
		}
		return end, false
	case hasPrefixAt(d.src, i, "/*"):
		n := bytes.Index(d.src[i+2:], []byte("*/"))
		if n < 0 {
			return -1, false
		}
		end = i + n + 4
		return end, bytes.IndexByte(d.src[i:end], '\n') >= 0
	}
	return i, false
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

var semicolon = []byte{';'}

// goOperator reads a run of operator bytes. A comma, a dot, a lone "=" and a star stand for
// themselves, since declarations are read by them.
func goOperator(src []byte, i int) (end int, kind goToken, line bool) {
	start, c := i, src[i]
	i++
	switch {
	case c == '.' && hasPrefixAt(src, i, ".."):
		return i + 2, goDots, false
	case c == ',', c == '.', c == '*', c == '=' && !hasPrefixAt(src, i, "="):
		return i, goToken(c), false
	}
	for i < len(src) && isGoOperator(src[i]) && !hasPrefixAt(src, i, "//") && !hasPrefixAt(src, i, "/*") {
		i++
	}
	if i-start == 1 {
		return i, goToken(c), false
	}
	last := src[i-1]
	return i, goOperators, (last == '+' || last == '-') && src[i-2] == last
}

// What a byte of Go begins. Those from goClose on are no reason to write the semicolon that
// stands before them.
const (
	goOther = iota // operators, numbers that begin with a dot, and "..."
	goLetter
	goFigure
	goQuote
	goOpen
	goSingle // an operator of its own
	goDot
	goSlash
	goClose
	goSemicolon
	goSpace
	goNewline
)

var goClass = func() (t [256]uint8) {
	for i := range t {
		switch c := byte(i); {
		case c == '\n':
			t[i] = goNewline
		case isSpace(c):
			t[i] = goSpace
		case isDigit(c):
			t[i] = goFigure
		case isIdent(c):
			t[i] = goLetter
		case c == '"', c == '`', c == '\'':
			t[i] = goQuote
		case c == '(', c == '[', c == '{':
			t[i] = goOpen
		case c == ')', c == ']', c == '}':
			t[i] = goClose
		case c == ',', c == '*':
			t[i] = goSingle
		case c == '.':
			t[i] = goDot
		case c == '/':
			t[i] = goSlash
		case c == ';':
			t[i] = goSemicolon
		}
	}
	return t
}()

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

// member mentions a name behind a dot.
func (d *goDefiner) member(h NameHash, start, end int) {
	d.hash = h
	d.fresh = false
	q := d.uses.qualifier
	if q < 0 || d.uses.all[q].shared {
		d.mention(h)
	}
	for ; q >= 0; q = d.uses.all[q].twin {
		d.hash = d.uses.all[q].qualified(d.src[start:end])
		d.mention(d.hash)
	}
	d.uses.qualifier = -1
}

// name mentions a plain name, unless it can only be that of an import or of a local.
func (d *goDefiner) name(h NameHash, start, end int) {
	d.hash = h
	d.fresh = false
	if d.uses.see(h, d.src, start, end) || d.locals.has(h) {
		return
	}
	if d.mention(h); d.fresh {
		d.newAt[(len(d.names)-1)%len(d.newAt)] = start
	}
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

// endsStatement says that a newline behind a keyword ends a statement.
func endsStatement(keyword []byte) bool {
	switch string(keyword) {
	case "break", "continue", "fallthrough", "return":
		return true
	}
	return false
}

// goKeywordLengths has a bit for each length of the keywords that begin with a byte.
var goKeywordLengths = [128]uint16{
	'b': 1 << 5, 'c': 1<<4 | 1<<5 | 1<<8, 'd': 1<<5 | 1<<7, 'e': 1 << 4, 'f': 1<<3 | 1<<4 | 1<<11,
	'g': 1<<2 | 1<<4, 'i': 1<<2 | 1<<6 | 1<<9, 'm': 1 << 3, 'p': 1 << 7, 'r': 1<<5 | 1<<6,
	's': 1 << 6, 't': 1 << 4, 'v': 1 << 3,
}

func isGoKeyword(word []byte) bool {
	if len(word) == 0 || len(word) > 11 || goKeywordLengths[word[0]&127]>>len(word)&1 == 0 {
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
