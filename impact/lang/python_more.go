package lang

import (
	"bytes"
	"strings"
)

// PythonTakesMore says whether whoever calls a function of Python as it was may call it as it
// is: its parameters are what they were, and those that came need no value. Annotations and
// default values do not matter. Both texts are whole files, with the line on which "def"
// stands. It is false wherever that is not certain.
func PythonTakesMore(was []byte, wasLine int, is []byte, isLine int) bool {
	before, ok := pyHead(was, wasLine)
	after, also := pyHead(is, isLine)
	if !ok || !also || before.start != after.start || len(after.places) < len(before.places) {
		return false
	}
	if before.rest && !after.rest || before.words && !after.words || before.rest && len(after.places) > len(before.places) {
		return false
	}
	for i, p := range after.places {
		switch {
		case i >= len(before.places):
			if !p.filled {
				return false
			}
		case p.name != before.places[i].name, before.places[i].filled && !p.filled:
			return false
		}
	}
	named := map[string]bool{} // by keyword alone, and whether there is a default value
	for _, p := range after.named {
		named[p.name] = p.filled
	}
	for _, p := range before.named {
		filled, there := named[p.name]
		if !there || p.filled && !filled {
			return false
		}
		delete(named, p.name)
	}
	for _, filled := range named {
		if !filled {
			return false
		}
	}
	return true
}

// pyParams are the parameters of a function.
type pyParams struct {
	start       string // what stands before them: decorators, "async", "def" and the name
	places      []pyParam
	named       []pyParam // behind a star
	rest, words bool      // *args, **kwargs
}

type pyParam struct {
	name   string
	filled bool // has a default value
}

// pyHead reads the head of a function. It gives up on what is hard to read: comments, strings
// with brackets, decorators of several lines, parameters without a name for callers.
func pyHead(src []byte, line int) (p pyParams, ok bool) {
	decorators, ok := pyDecoratorLines(src, line)
	if !ok {
		return p, false
	}
	head := FromLine(src, line)
	open := bytes.IndexByte(head, '(')
	if open < 0 {
		return p, false
	}
	start := strings.Join(strings.Fields(string(head[:open])), " ")
	if !strings.HasPrefix(start, "def ") && !strings.HasPrefix(start, "async def ") || strings.ContainsAny(start, "[#:") {
		return p, false
	}
	p.start = decorators + start
	depth, from := 0, open+1
	for i := open; i < len(head); i++ {
		switch c := head[i]; c {
		case '#', '"', '\'', '\\':
			end := i
			if c == '"' || c == '\'' {
				if end = bytes.IndexByte(head[i+1:], c) + i + 1; end > i+1 && end < len(head) && !bytes.ContainsAny(head[i:end], "\\\n") {
					i = end
					continue
				}
			}
			return p, false
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return p, p.add(head[from:i]) && c == ')'
			}
		case ',':
			if depth == 1 {
				if !p.add(head[from:i]) {
					return p, false
				}
				from = i + 1
			}
		}
	}
	return p, false
}

// add takes in the text between two commas.
func (p *pyParams) add(text []byte) bool {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return true // behind the last comma
	}
	n := 0
	for n < len(text) && (isIdent(text[n]) || text[n] >= 0x80) {
		n++
	}
	behind := bytes.TrimSpace(text[n:])
	switch {
	case bytes.Equal(text, []byte("*")):
		p.named = append(p.named, pyParam{"*", true})
	case bytes.HasPrefix(text, []byte("**")):
		p.words = true
	case text[0] == '*':
		p.rest = true
		p.named = append(p.named, pyParam{"*", true})
	case n == 0: // such as "/"
		return false
	case len(behind) > 0 && behind[0] != ':' && behind[0] != '=':
		return false
	case len(p.named) > 0:
		p.named = append(p.named, pyParam{string(text[:n]), pyFilled(behind)})
	default:
		p.places = append(p.places, pyParam{string(text[:n]), pyFilled(behind)})
	}
	return true
}

// pyFilled says whether a default value stands behind the name of a parameter.
func pyFilled(behind []byte) bool {
	depth := 0
	for _, c := range behind {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '=':
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// pyDecoratorLines are the lines above a function that begin with "@"; false where one may
// have several lines.
func pyDecoratorLines(src []byte, line int) (text string, ok bool) {
	const most = 20
	end := lineStart(src, line)
	for range most {
		if end == 0 {
			return text, true
		}
		start := bytes.LastIndexByte(src[:end-1], '\n') + 1
		above := bytes.TrimSpace(src[start:end])
		if !bytes.HasPrefix(above, []byte("@")) {
			return text, len(above) == 0 || !bytes.HasSuffix(above, []byte(")"))
		}
		text = string(above) + "\n" + text
		end = start
	}
	return "", false
}

// PythonAnnotates says that nothing but the annotation of a value is another one, for nobody
// who uses it: of a name of the module, or of one in a class which has one on both sides. One
// that comes in a class may make it a field.
func PythonAnnotates(was []byte, wasLine int, is []byte, isLine int, member bool) bool {
	before, had := pyAnnotated(FromLine(was, wasLine))
	after, has := pyAnnotated(FromLine(is, isLine))
	return before != "" && before == after && (!member || had && has)
}

// pyAnnotated is the name that a statement binds, and whether it has an annotation.
func pyAnnotated(line []byte) (name string, annotated bool) {
	line = bytes.TrimLeft(line, " \t")
	n := identEnd(line, 0)
	if n == 0 || isDigit(line[0]) {
		return "", false
	}
	behind := bytes.TrimLeft(line[n:], " \t")
	switch {
	case len(behind) > 0 && behind[0] == ':':
		return string(line[:n]), true
	case len(behind) > 1 && behind[0] == '=' && behind[1] != '=':
		return string(line[:n]), false
	}
	return "", false
}
