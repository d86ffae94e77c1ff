package lang

import (
	"bytes"
	"strings"
)

// Strings of Python. A prefix decides nothing about where a string ends, save that in
// an f-string or t-string code stands between braces, and that code may hold strings
// with the same quotes (PEP 701).

// text reads the string at p.i, of which the prefix was read.
func (p *pyScanner) text(prefix string) {
	if !strings.ContainsAny(prefix, "fFtT") {
		at := p.i - len(prefix)
		end, ok := pyStringEnd(p.src, p.i)
		p.i = end
		p.add(tokenString, at)
		p.facts.Damaged = p.facts.Damaged || !ok
		if end-at == 4 && string(p.src[at+1:end-1]) == "-m" {
			p.program(at)
		}
		if ok {
			p.named(at)
		}
		return
	}
	at := p.i - len(prefix)
	f := pyOpen{kind: 'f', quote: p.src[p.i], raw: strings.ContainsAny(prefix, "rR")}
	p.i++
	if p.i+1 < len(p.src) && p.src[p.i] == f.quote && p.src[p.i+1] == f.quote {
		f.triple = true
		p.i += 2
	}
	p.open = append(p.open, f)
	p.fText(at)
}

// pyStringEnd is the offset behind the plain string that opens at i. If it is not
// terminated, it is the end of the line, or of the file for a triple-quoted one.
func pyStringEnd(src []byte, i int) (end int, ok bool) {
	quote := src[i]
	if hasPrefixAt(src, i+1, string([]byte{quote, quote})) {
		for i += 3; i < len(src); i++ {
			switch src[i] {
			case '\\':
				i++
			case quote:
				if i+2 < len(src) && src[i+1] == quote && src[i+2] == quote {
					return i + 3, true
				}
			}
		}
		return len(src), false
	}
	for i++; i < len(src); i++ {
		switch src[i] {
		case quote:
			return i + 1, true
		case '\\':
			i = max(pySkipContinuation(src, i), i+2) - 1
		case '\n', '\r':
			return i, false
		}
	}
	return len(src), false
}

// fText reads the text of the innermost f-string up to its end or its next field. It is
// a token that starts at from.
func (p *pyScanner) fText(from int) {
	f := *p.top()
	for p.i < len(p.src) {
		switch c := p.src[p.i]; {
		case c == f.quote && p.closesText(f):
			p.piece(from)
			return
		case c == '{' && !hasPrefixAt(p.src, p.i, "{{"):
			p.piece(from)
			p.field(f)
			return
		case c == '{' || c == '}' && hasPrefixAt(p.src, p.i, "}}"):
			p.i += 2
		case c == '\\':
			p.i = pyTextEscape(p.src, p.i, f.raw)
		case (c == '\n' || c == '\r') && !f.triple:
			p.facts.Damaged = true
			p.piece(from)
			p.pop()
			return
		default:
			p.i++
		}
	}
	p.i = min(p.i, len(p.src))
	p.piece(from)
}

// piece adds the text from there to here, if there is any.
func (p *pyScanner) piece(from int) {
	if from < p.i {
		p.add(tokenString, from)
	}
}

// field opens a replacement field of the f-string.
func (p *pyScanner) field(f pyOpen) {
	p.one()
	p.push(pyOpen{kind: '=', quote: f.quote, triple: f.triple, raw: f.raw})
}

// resume goes on behind a colon or a closing brace of a replacement field: in the
// format of a field, or in the text of the f-string.
func (p *pyScanner) resume() {
	for p.top().kind == ':' {
		if !p.fieldFormat() {
			return
		}
	}
	p.fText(p.i)
}

// fieldFormat reads the format of a replacement field: text up to the closing brace,
// which may hold fields itself. True when the field was closed.
func (p *pyScanner) fieldFormat() bool {
	f := *p.top()
	from := p.i
	for p.i < len(p.src) {
		switch c := p.src[p.i]; {
		case c == '{':
			p.piece(from)
			p.field(f)
			return false
		case c == '}':
			p.piece(from)
			p.one()
			p.tok.link(p.top().token)
			p.pop()
			return true
		case c == '\\':
			p.i = pyTextEscape(p.src, p.i, f.raw)
		case (c == '\n' || c == '\r' || c == f.quote) && !f.triple, c == f.quote && p.tripleAt(f.quote):
			p.facts.Damaged = true // the string ends inside of its field
			p.piece(from)
			p.abandon()
			return false
		default:
			p.i++
		}
	}
	p.i = min(p.i, len(p.src))
	p.piece(from)
	return false
}

// abandon leaves the innermost f-string and all that is open in it.
func (p *pyScanner) abandon() {
	for len(p.open) > 0 {
		kind := p.top().kind
		p.pop()
		if kind == 'f' {
			return
		}
	}
}

func (p *pyScanner) tripleAt(quote byte) bool {
	return hasPrefixAt(p.src, p.i, string([]byte{quote, quote, quote}))
}

// closesText ends the f-string if its quotes stand here.
func (p *pyScanner) closesText(f pyOpen) bool {
	switch {
	case !f.triple:
		p.i++
	case p.tripleAt(f.quote):
		p.i += 3
	default:
		p.i++
		return false
	}
	p.pop()
	return true
}

// maxPyCharName is longer than any name of a character.
const maxPyCharName = 128

// pyTextEscape is the offset behind an escape in the text of an f-string. A backslash
// does not hide a brace, but the brace of \N{NAME} opens no field.
func pyTextEscape(src []byte, i int, raw bool) int {
	switch {
	case i+1 >= len(src) || src[i+1] == '{' || src[i+1] == '}':
		return i + 1
	case !raw && hasPrefixAt(src, i+1, "N{"):
		name := src[i:min(len(src), i+maxPyCharName)]
		if n := bytes.IndexByte(name[:lineEndCR(name, 0)], '}'); n >= 0 {
			return i + n + 1
		}
		return i + 2
	case src[i+1] == '\r' || src[i+1] == '\n':
		return pySkipContinuation(src, i)
	default:
		return i + 2
	}
}

// pyEncoding says whether the declared encoding (PEP 263) is one in which every ASCII
// byte means itself. In another one (UTF-7, Shift JIS) the bytes are not the code.
func pyEncoding(src []byte) bool {
	name := pyEncodingName(src)
	for _, prefix := range []string{"utf-8", "utf8", "latin", "iso-8859-", "iso8859-", "iso-latin", "ascii", "us-ascii", "cp125", "windows-125", "koi8", "euc-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == ""
}

// pyEncodingName is the declared encoding; empty without one.
func pyEncodingName(src []byte) string {
	i := skipBOM(src)
	for range 2 {
		end := lineEndCR(src, i)
		line := bytes.TrimLeft(src[i:end], " \t\f")
		if len(line) > 0 && line[0] != '#' {
			return ""
		}
		if name := pyCookie(line); name != "" {
			return name
		}
		if i = end + 1; i >= len(src) {
			return ""
		}
	}
	return ""
}

// pyCookie is the name behind "coding:" or "coding=" in a comment, normalised.
func pyCookie(comment []byte) string {
	for {
		_, rest, found := bytes.Cut(comment, []byte("coding"))
		if !found {
			return ""
		}
		if len(rest) > 0 && (rest[0] == ':' || rest[0] == '=') {
			name := bytes.TrimLeft(rest[1:], " \t")
			n := 0
			for n < len(name) && (isIdent(name[n]) || name[n] == '-' || name[n] == '.') {
				n++
			}
			if n > 0 {
				return strings.ReplaceAll(lowerASCII(string(name[:n])), "_", "-")
			}
		}
		comment = rest
	}
}
