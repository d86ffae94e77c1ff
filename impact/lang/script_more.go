package lang

import (
	"slices"
	"strings"
)

// ScriptTakesMore says whether whoever uses a function, a method or a value of JavaScript or
// TypeScript as it was may use it as it is: parameters that need not be given have come, some
// need not be given any more or may be of more types, a type is written out. Both texts are
// whole files, with the line on which the declaration starts; sameBody says that what is behind
// the declaration did not change. It is false wherever that is not certain.
func ScriptTakesMore(name string, jsx, sameBody bool, was []byte, wasLine int, is []byte, isLine int) bool {
	name = name[strings.LastIndexByte(name, '.')+1:]
	before, ok := scriptHeader(name, jsx, FromLine(was, wasLine))
	after, also := scriptHeader(name, jsx, FromLine(is, isLine))
	return ok && also && before.fits(&after, sameBody)
}

// scriptSaid is a declaration up to its body or its value.
type scriptSaid struct {
	around   []string // words before the name
	function bool
	generic  string
	params   []scriptParam
	result   string // the type that it gives back; empty: not said
	typed    string // the type of the name; empty: not said
}

// A scriptParam is one parameter; its name means nothing to who calls.
type scriptParam struct {
	optional, rest bool
	types          []string // one of these; empty: not said
}

func (h *scriptSaid) fits(is *scriptSaid, sameBody bool) bool {
	switch {
	case !slices.Equal(h.around, is.around), h.function != is.function, h.generic != is.generic, len(is.params) < len(h.params):
		return false
	case h.typed != is.typed && !(h.typed == "" && sameBody && (h.function || scriptTypes().has(HashName(is.typed)))):
		return false
	case h.result != is.result && !(h.result == "" && sameBody):
		return false
	}
	for i, p := range is.params {
		switch {
		case i >= len(h.params):
			if !p.optional && !p.rest || i > 0 && is.params[i-1].rest {
				return false
			}
		case h.params[i].rest != p.rest, h.params[i].optional && !p.optional, !h.params[i].within(&p):
			return false
		}
	}
	return true
}

// within says that what a parameter took another one takes, too.
func (p *scriptParam) within(is *scriptParam) bool {
	if len(p.types) == 0 || len(is.types) == 0 {
		return len(p.types) == len(is.types)
	}
	return !slices.ContainsFunc(p.types, func(one string) bool { return !slices.Contains(is.types, one) })
}

const (
	maxScriptHeadText = 16 << 10 // bytes of a declaration
	maxScriptHead     = 12       // tokens before its name
)

// scriptHeader reads the declaration of a name.
func scriptHeader(name string, jsx bool, src []byte) (h scriptSaid, ok bool) {
	src = src[:min(len(src), maxScriptHeadText)]
	s := newScriptScanner(src, jsx)
	s.run()
	defer s.tok.free()
	o := scriptOutline{outline: *newOutline(src, s.tok.list, &Facts{}, scriptKeywords())}
	to := len(o.tok)
	i := 0
	for !o.word(i, name) {
		if i == to || i == maxScriptHead || o.kind(i) != tokenWord && o.kind(i) != '*' {
			return h, false
		}
		h.around = append(h.around, string(o.text(i)))
		i++
	}
	if i++; name == "default" {
		for ; o.kind(i) == tokenWord; i++ { // its own name says nothing to others
			if word := string(o.text(i)); word == "async" || word == "function" {
				h.around = append(h.around, word)
			}
		}
	}
	if o.kind(i) == '(' || o.kind(i) == '<' {
		return h, o.scriptCall(&h, i, to)
	}
	if o.kind(i) == ':' {
		end := o.typeEnd(i+1, to)
		h.typed, i = o.spelled(i+1, end), end
	}
	if o.kind(i) != '=' {
		return h, o.kind(i) == ';'
	}
	if value := i + 1; o.functionValue(value, to) > 0 {
		if o.word(value, "async") {
			h.around = append(h.around, "async")
			value++
		}
		if o.word(value, "function") {
			value++
		}
		if o.kind(value) == tokenWord {
			h.function, h.params = true, []scriptParam{{}}
			return h, o.kind(value+1) == tokenArrow
		}
		return h, o.scriptCall(&h, value, to)
	}
	return h, true
}

// scriptCall reads "<T>(a: A, b?: B): R", and says whether it is understood.
func (o *scriptOutline) scriptCall(h *scriptSaid, i, to int) bool {
	h.function = true
	if o.kind(i) == '<' {
		end := o.angles(i, to)
		if end <= i {
			return false
		}
		h.generic, i = o.spelled(i, end), end
	}
	if o.kind(i) != '(' || o.next(i) == i+1 {
		return false
	}
	end := o.next(i)
	for at := i + 1; at < end-1; {
		p, next, ok := o.scriptParam(at, end-1)
		if !ok || len(h.params) == maxNames {
			return false
		}
		h.params, at = append(h.params, p), next
	}
	if last := o.functionHead(i, to); last > end {
		h.result = o.spelled(end+1, last)
	}
	return true
}

// scriptParam reads one parameter, and the comma behind it.
func (o *scriptOutline) scriptParam(i, to int) (p scriptParam, next int, ok bool) {
	if o.kind(i) == '.' {
		p.rest = true
		i++
	}
	if k := o.kind(i); k != tokenWord && k != '{' && k != '[' {
		return p, 0, false
	}
	if i = o.next(i); o.kind(i) == '?' {
		p.optional = true
		i++
	}
	if i < to && o.kind(i) == ':' {
		end := o.typeEnd(i+1, to)
		p.types, i = o.union(i+1, end), end
	}
	if i < to && o.kind(i) == '=' {
		p.optional = true
		for i++; i < to && o.kind(i) != ','; {
			i = o.next(i)
		}
	}
	if i < to && o.kind(i) != ',' {
		return p, 0, false // a modifier, or what is not understood
	}
	return p, i + 1, true
}

// union are the types that stand between "|".
func (o *scriptOutline) union(i, to int) (types []string) {
	from := i
	for i < to {
		switch o.kind(i) {
		case tokenArrow, '?':
			return []string{o.spelled(from, to)}
		case '|':
			if i > from {
				types = append(types, o.spelled(from, i))
			}
			i++
			from = i
			continue
		case '<':
			if end := o.angles(i, to); end > i {
				i = end
				continue
			}
		}
		i = o.next(i)
	}
	return append(types, o.spelled(from, to))
}

// spelled is a row of tokens as text.
func (o *outline) spelled(from, to int) string {
	var b strings.Builder
	for i := from; i < min(to, len(o.tok)); i++ {
		b.Write(o.text(i))
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}
