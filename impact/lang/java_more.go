package lang

import (
	"slices"
	"strings"
)

// JavaTakesMore says whether whoever uses a member or type of Java as it was may use it as it
// is: but for annotations, names of "final" parameters and wider access nothing is another
// one. Both texts are whole files, with the line on which the declaration starts, behind its
// annotations. It is false wherever that is not certain.
func JavaTakesMore(name string, was []byte, wasLine int, is []byte, isLine int) bool {
	before, ok := javaHead(FromLine(was, wasLine))
	after, also := javaHead(FromLine(is, isLine))
	return ok && also && before.declares(name[strings.LastIndexByte(name, '.')+1:]) && before.access <= after.access && before.fixed == after.fixed && slices.Equal(before.rest, after.rest)
}

// javaHeader is a declaration up to its body.
type javaHeader struct {
	access int    // how many can use it
	fixed  string // the modifiers that others have to know
	rest   []string
}

// declares says that it is the declaration of that name, and not another one on its line.
func (h *javaHeader) declares(name string) bool {
	at := slices.Index(h.rest, name)
	if at < 0 {
		return false
	}
	if at+1 == len(h.rest) || h.rest[at+1] == "(" {
		return true
	}
	return at > 0 && slices.Contains([]string{"class", "interface", "enum", "record"}, h.rest[at-1])
}

// dropNames takes out the names of parameters, which mean nothing to who calls.
func (h *javaHeader) dropNames() {
	kept := h.rest[:0:0]
	open := slices.Index(h.rest, "(")
	for i, text := range h.rest {
		if open >= 0 && i > open && i+1 < len(h.rest) && (h.rest[i+1] == "," || h.rest[i+1] == ")") {
			before := h.rest[i-1]
			if before == "." && h.rest[i-2] == "." { // "int... a"
				before = ""
			}
			switch before {
			case "(", ",", "<", ".", "extends", "super":
			default:
				if isIdentStart(text[0]) {
					continue
				}
			}
		}
		kept = append(kept, text)
	}
	h.rest = kept
}

const (
	maxJavaHead     = 400      // tokens of a declaration that are looked at
	maxJavaHeadText = 64 << 10 // bytes
)

// javaHead reads a declaration up to the brace, the value or the semicolon that ends it.
func javaHead(src []byte) (h javaHeader, ok bool) {
	src = src[:min(len(src), maxJavaHeadText)]
	s := newJavaScanner(src)
	defer s.tok.free()
	h.access = 1 // of its package
	depth, modifiers := 0, true
	for s.i < len(src) && len(s.tok.list) < maxJavaHead {
		n := len(s.tok.list)
		if s.token(); len(s.tok.list) == n {
			continue
		}
		for _, t := range s.tok.list[n:] {
			text := string(src[t.start:t.end])
			switch {
			case t.kind == tokenString:
				return h, false
			case t.kind == '@': // what it is given may be anything
				if s.annotationEnd() {
					continue
				}
				return h, false
			case depth == 0 && (t.kind == '{' || t.kind == ';' || t.kind == '='):
				h.dropNames()
				return h, len(h.rest) > 0
			case t.kind == '(' || t.kind == '[':
				depth++
			case t.kind == ')' || t.kind == ']':
				depth--
			case text == "final" && depth > 0:
				continue
			}
			if modifiers && t.kind == tokenWord {
				switch text {
				case "private":
					h.access = 0
					continue
				case "protected":
					h.access = 2
					continue
				case "public":
					h.access = 3
					continue
				case "synchronized", "strictfp", "native", "transient", "volatile":
					continue
				case "static", "abstract", "final", "default", "sealed":
					h.fixed += text + " "
					continue
				}
			}
			modifiers = false
			h.rest = append(h.rest, text)
		}
	}
	return h, false
}

// annotationEnd moves behind the name of an annotation, of which the "@" was read; false where
// it is given something, or is the declaration of one.
func (s *javaScanner) annotationEnd() bool {
	n := len(s.tok.list)
	name := s.qualified()
	s.tok.list = s.tok.list[:n]
	s.space()
	return name != "" && name != "interface" && !strings.HasPrefix(string(s.src[s.i:min(len(s.src), s.i+1)]), "(")
}
