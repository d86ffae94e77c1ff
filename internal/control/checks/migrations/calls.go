package migrations

import (
	"strings"

	"custody/internal/control/checks/codetext"
)

// A call is a function that is called, with its arguments.
type call struct {
	name      string // the last part: drop_table of op.drop_table
	full      string
	args      []argument
	line, end int
	in        []string // the calls and keyword arguments that it stands in, outermost first
	function  string   // the function that it stands in
}

type argument struct {
	keyword string
	texts   []codetext.Token // the strings in it
	word    string           // the first token, if it is no string
}

// literal is the text of an argument that is one string.
func (a argument) literal() string {
	if len(a.texts) > 0 {
		return a.texts[0].Text
	}
	return ""
}

// arg is the i-th argument without keyword, or the one with it.
func (c *call) arg(i int, keyword string) (argument, bool) {
	n := 0
	for _, a := range c.args {
		switch {
		case a.keyword == keyword && keyword != "":
			return a, true
		case a.keyword == "":
			if n == i {
				return a, true
			}
			n++
		}
	}
	return argument{}, false
}

func (c *call) text(i int, keyword string) string {
	a, _ := c.arg(i, keyword)
	if t := a.literal(); t != "" {
		return t
	}
	return a.word
}

// is says whether an argument with a keyword is the given word.
func (c *call) is(keyword, word string) bool {
	a, ok := c.arg(-1, keyword)
	return ok && strings.EqualFold(a.word, word)
}

func (c *call) has(keyword string) bool {
	_, ok := c.arg(-1, keyword)
	return ok
}

// within says whether the call stands in another, or in an argument with that keyword.
func (c *call) within(name string) bool {
	for _, n := range c.in {
		if n == name {
			return true
		}
	}
	return false
}

// Bounds of how deep calls stand in each other, and how long they are.
const (
	maxOpen      = 200
	maxArguments = 2000 // tokens of one call that are looked at
)

// calls lists the calls of a file in order of where they begin.
func calls(ts []codetext.Token, lang codetext.Language) []call {
	r := &caller{ts: ts, lang: lang}
	for i := 0; i < len(ts); i++ {
		r.functions(i)
		r.brackets(i)
		if n := r.opens(i); n > 0 {
			r.add(i, n)
		}
	}
	return r.out
}

type caller struct {
	ts   []codetext.Token
	lang codetext.Language
	out  []call
	open []bracket // that are open at this token
	defs []def     // functions that it stands in
}

type bracket struct {
	char string
	name string // of the call or keyword in front of it
}

type def struct {
	name   string
	indent int // Python and Ruby: lines indented further belong to it
	depth  int // of brackets: code between braces belongs to it
	braces bool
}

// functions keeps track of the function that a token stands in.
func (r *caller) functions(i int) {
	t := r.ts[i]
	switch r.lang {
	case codetext.Python, codetext.Ruby:
		if t.First {
			for len(r.defs) > 0 && t.Indent <= r.defs[len(r.defs)-1].indent {
				r.defs = r.defs[:len(r.defs)-1]
			}
		}
		if t.Kind == codetext.Name && t.Text == "def" && i+1 < len(r.ts) {
			fn := r.ts[i+1].Text
			if k := strings.LastIndex(fn, "."); k >= 0 {
				fn = fn[k+1:]
			}
			r.defs = append(r.defs, def{name: fn, indent: t.Indent})
		}
		// dir.down do |x|
		if r.lang == codetext.Ruby && t.Kind == codetext.Name && (strings.HasSuffix(t.Text, ".down") || strings.HasSuffix(t.Text, ".up")) && i+1 < len(r.ts) && (r.ts[i+1].Text == "do" || r.ts[i+1].Text == "{") {
			r.defs = append(r.defs, def{name: t.Text[strings.LastIndex(t.Text, ".")+1:], indent: t.Indent})
		}
	default:
		for len(r.defs) > 0 && r.defs[len(r.defs)-1].braces && len(r.open) <= r.defs[len(r.defs)-1].depth {
			r.defs = r.defs[:len(r.defs)-1]
		}
		fn := t.Text[strings.LastIndex(t.Text, ".")+1:]
		if t.Kind == codetext.Name && (fn == "up" || fn == "down") && i+1 < len(r.ts) {
			// down(x) {, down = async () => {, down: function () {
			switch r.ts[i+1].Text {
			case "(", "=", ":":
				r.defs = append(r.defs, def{name: fn, depth: len(r.open)})
			}
		}
		if t.Text == "{" && len(r.defs) > 0 && !r.defs[len(r.defs)-1].braces && len(r.open) == r.defs[len(r.defs)-1].depth {
			r.defs[len(r.defs)-1].braces = true
		}
	}
}

func (r *caller) brackets(i int) {
	switch t := r.ts[i]; {
	case t.Kind != codetext.Other:
	case strings.Contains("([{", t.Text):
		b := bracket{char: t.Text}
		switch {
		case i > 0 && r.ts[i-1].Kind == codetext.Name && t.Text == "(":
			b.name = last(r.ts[i-1].Text)
		case i > 1 && r.ts[i-2].Kind == codetext.Name && (r.ts[i-1].Text == "=" || r.ts[i-1].Text == ":"):
			b.name = r.ts[i-2].Text
		}
		if len(r.open) < maxOpen {
			r.open = append(r.open, b)
		}
	case strings.Contains(")]}", t.Text):
		if len(r.open) > 0 {
			r.open = r.open[:len(r.open)-1]
		}
	}
}

func last(s string) string { return s[strings.LastIndexAny(s, ".")+1:] }

// opens says whether a call begins at a token, and how many tokens stand in front of its
// arguments: one of the name, and one of the bracket if there is one.
func (r *caller) opens(i int) int {
	t := r.ts[i]
	if t.Kind != codetext.Name || i > 0 && r.ts[i-1].Text == "def" || i+1 >= len(r.ts) {
		return 0
	}
	next := r.ts[i+1]
	switch {
	case next.Text == "(" && next.Kind == codetext.Other:
		return 2
	case r.lang == codetext.Ruby && next.Line >= t.Line && (next.Kind == codetext.Text && (next.Line == t.Line || strings.Contains(next.Text, "\n")) || next.Kind == codetext.Name && next.Line == t.Line && next.Text != "do" && next.Text != "if" && next.Text != "unless"):
		return 1
	}
	return 0
}

// add reads the arguments of the call at i.
func (r *caller) add(i, head int) {
	t := r.ts[i]
	c := call{full: t.Text, name: last(t.Text), line: t.Line, end: t.End}
	if r.lang == codetext.PHP && i > 1 && r.ts[i-1].Text == ">" {
		c.full = "->" + t.Text
	}
	for _, b := range r.open {
		if b.name != "" {
			c.in = append(c.in, b.name)
		}
	}
	if len(r.defs) > 0 {
		c.function = r.defs[len(r.defs)-1].name
		for _, d := range r.defs {
			if d.name == "down" || d.name == "downgrade" {
				c.function = d.name
			}
		}
	}
	depth := 0
	a := argument{}
	started := false
	flush := func() {
		if started {
			c.args = append(c.args, a)
		}
		a, started = argument{}, false
	}
	for k := i + head; k < len(r.ts) && k < i+maxArguments; k++ {
		x := r.ts[k]
		if head == 1 && depth == 0 && x.Line != c.end && x.Line != t.Line && !(k > 0 && r.ts[k-1].Text == ",") && x.First && !strings.Contains(x.Text, "\n") {
			break // without brackets a call ends with its line
		}
		if x.Kind == codetext.Other {
			switch x.Text {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			}
			if depth < 0 {
				c.end = max(c.end, x.End)
				break
			}
			if x.Text == "," && depth == 0 {
				flush()
				continue
			}
			if x.Text == ";" && depth == 0 {
				break
			}
		}
		if head == 1 && depth == 0 && x.Kind == codetext.Name && (x.Text == "do" || x.Text == "if" || x.Text == "unless") {
			break
		}
		c.end = max(c.end, x.End)
		switch {
		case !started && x.Kind == codetext.Name && k+1 < len(r.ts) && r.ts[k+1].Kind == codetext.Other && (r.ts[k+1].Text == "=" && r.lang == codetext.Python || r.ts[k+1].Text == ":" && r.lang != codetext.Python) && !(k+2 < len(r.ts) && (r.ts[k+2].Text == "=" || r.ts[k+2].Text == ":")):
			a.keyword, started = x.Text, true
			k++
		case x.Kind == codetext.Text:
			a.texts, started = append(a.texts, x), true
		default:
			if a.word == "" && len(a.texts) == 0 {
				a.word = x.Text
			}
			started = true
		}
	}
	flush()
	r.out = append(r.out, c)
}
