// Package yamltree reads the YAML that other tools read, such as workflows of a CI,
// into a tree that knows the line of everything.
//
// It is for looking at files of a change, not for believing them: it takes what those
// tools take (anchors, aliases, merge keys, tags, several documents), resolves nothing
// on its own account, and runs in time and memory proportional to the file. What it
// does not understand is an error with a line, and then nothing of the file is known.
// The files by which Custody judges are read by internal/config/yaml, which is strict.
package yamltree

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of one file.
const (
	MaxBytes = 1 << 20
	MaxNodes = 100_000
	MaxDepth = 100
)

// Kind says what a Node is. The zero value is Null: a key without a value.
type Kind uint8

const (
	Null Kind = iota
	Scalar
	List
	Map
	Alias // stands for Target, which is elsewhere in the tree
)

// A Style says how a scalar is written.
type Style uint8

const (
	Plain Style = iota
	Quoted
	Literal // |
	Folded  // >
)

// A Node is one value. Lines count from 1.
type Node struct {
	Kind          Kind
	Line, EndLine int
	Style         Style  // of a scalar
	Text          string // of a scalar, as its reader gets it
	// Source are the lines of the file that a scalar is written on, without indentation
	// and without the head of a block scalar; Source[i] stands on line SourceLine+i.
	Source     []string
	SourceLine int

	Items  []*Node
	Fields []Field
	Target *Node // of an alias; nil: its anchor does not exist
}

// A Field is one key of a mapping and its value.
type Field struct {
	Key   *Node
	Value *Node
}

// Resolve is the node that an alias stands for, or the node itself; nil for an alias
// of nothing. An alias never stands for another.
func (n *Node) Resolve() *Node {
	if n != nil && n.Kind == Alias {
		return n.Target
	}
	return n
}

// Get is the value of a key, its own or merged in (<<), or nil. Of a key that stands
// there twice it is the last value, as most readers have it. Merges of merges are looked
// through up to a limit, behind which there is nothing.
func (n *Node) Get(key string) *Node {
	left := maxMerges
	return n.get(key, &left)
}

// maxMerges is how many mappings one Get looks into: a few lines can merge millions.
const maxMerges = 200

func (n *Node) get(key string, left *int) *Node {
	n = n.Resolve()
	if n == nil || n.Kind != Map || *left == 0 {
		return nil
	}
	*left--
	for i := len(n.Fields) - 1; i >= 0; i-- {
		if n.Fields[i].Key.Text == key {
			return n.Fields[i].Value.Resolve()
		}
	}
	for _, f := range n.Fields {
		if f.Key.Text != "<<" {
			continue
		}
		from := f.Value.Resolve()
		if from != nil && from.Kind == List {
			for _, one := range from.Items {
				if v := one.get(key, left); v != nil {
					return v
				}
			}
		} else if v := from.get(key, left); v != nil {
			return v
		}
	}
	return nil
}

// Value is the text of a scalar, else empty.
func (n *Node) Value() string {
	if n = n.Resolve(); n == nil || n.Kind != Scalar {
		return ""
	}
	return n.Text
}

// Walk visits every node below n once, with the keys that lead to it: an item of a list
// has the key of the list. It does not follow aliases: what they stand for is visited
// where it stands. A visit that answers false goes no deeper.
func (n *Node) Walk(visit func(keys []string, n *Node) bool) { n.walk(nil, visit) }

func (n *Node) walk(keys []string, visit func([]string, *Node) bool) {
	if n == nil || !visit(keys, n) {
		return
	}
	for _, item := range n.Items {
		item.walk(keys, visit)
	}
	for _, f := range n.Fields {
		f.Value.walk(append(keys[:len(keys):len(keys)], f.Key.Text), visit)
	}
}

// An Error says where a file is not understood, and why.
type Error struct {
	Line    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// A line of the file: where its text begins, and the text without line end.
type line struct {
	text   string
	indent int  // spaces in front; -1 of a line without content
	tabbed bool // a tab stands in the indentation
}

type parser struct {
	lines   []line
	at      int // the line that is read
	nodes   int
	anchors map[string]*Node
	pending string // anchor of the node to come
}

// Parse reads every document of a file.
func Parse(src []byte) (docs []*Node, err error) {
	switch {
	case len(src) > MaxBytes:
		return nil, &Error{1, fmt.Sprintf("the file has %d bytes, over the limit of %d", len(src), MaxBytes)}
	case !utf8.Valid(src):
		return nil, &Error{1, "the file is not UTF-8"}
	}
	p := &parser{anchors: map[string]*Node{}}
	p.split(strings.TrimPrefix(string(src), "\uFEFF"))
	for p.skip(); p.at < len(p.lines); p.skip() {
		text := p.lines[p.at].text
		if marker(text) {
			if strings.HasPrefix(text, "---") && strings.TrimSpace(strings.TrimPrefix(text, "---")) != "" && !strings.HasPrefix(strings.TrimSpace(text[3:]), "#") {
				// "--- value": the value goes on as if it stood on a line of its own.
				p.lines[p.at].text = "   " + text[3:]
				p.lines[p.at].indent = 3 + indentOf(text[3:])
				p.anchors = map[string]*Node{}
			} else {
				p.at++
				p.anchors = map[string]*Node{}
				continue
			}
		} else if strings.HasPrefix(text, "%") {
			p.at++
			continue
		}
		n, err := p.block(-1, 0)
		if err != nil {
			return nil, err
		}
		docs = append(docs, n)
		if p.skip(); p.at < len(p.lines) && !marker(p.lines[p.at].text) {
			return nil, p.fail("this line belongs to nothing above it")
		}
	}
	return docs, nil
}

func (p *parser) split(src string) {
	for src != "" {
		text, rest, _ := strings.Cut(src, "\n")
		src = rest
		text = strings.TrimSuffix(text, "\r")
		l := line{text: text, indent: indentOf(text)}
		trimmed := strings.TrimLeft(text, " \t")
		l.tabbed = trimmed != "" && len(text)-len(trimmed) > l.indent
		if trimmed == "" {
			l.indent = -1
		}
		p.lines = append(p.lines, l)
	}
}

func indentOf(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// marker says whether a line is the start or end of a document.
func marker(s string) bool {
	return (strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...")) && (len(s) == 3 || s[3] == ' ' || s[3] == '\t')
}

func (p *parser) fail(format string, args ...any) error {
	return &Error{min(p.at+1, max(len(p.lines), 1)), fmt.Sprintf(format, args...)}
}

// skip goes to the next line with content that is no comment.
func (p *parser) skip() {
	for p.at < len(p.lines) {
		l := p.lines[p.at]
		if l.indent >= 0 && !strings.HasPrefix(strings.TrimLeft(l.text, " \t"), "#") {
			return
		}
		p.at++
	}
}

// node makes one at the line that is read and gives it the anchor that was met.
func (p *parser) node(k Kind) (*Node, error) {
	if p.nodes++; p.nodes > MaxNodes {
		return nil, p.fail("more than %d keys and values", MaxNodes)
	}
	line := max(1, min(p.at+1, len(p.lines))) // behind the last line there is none
	n := &Node{Kind: k, Line: line, EndLine: line}
	if p.pending != "" {
		p.anchors[p.pending] = n
		p.pending = ""
	}
	return n, nil
}

// block reads the node that begins on the next line with content, if that is indented
// by more than parent; otherwise there is none, which is Null.
func (p *parser) block(parent, depth int) (*Node, error) {
	p.skip()
	if p.at >= len(p.lines) || p.lines[p.at].indent <= parent || marker(p.lines[p.at].text) {
		return p.node(Null)
	}
	if p.lines[p.at].tabbed {
		return nil, p.fail("a tab in the indentation")
	}
	return p.inline(p.lines[p.at].indent, parent, depth)
}

// inline reads the node that begins at column col of the line that is read.
func (p *parser) inline(col, parent, depth int) (*Node, error) {
	if depth > MaxDepth {
		return nil, p.fail("nested more than %d deep", MaxDepth)
	}
	text := p.lines[p.at].text[col:]
	switch {
	case isEntry(text):
		return p.sequence(col, depth)
	case strings.HasPrefix(text, "? ") || text == "?":
		return nil, p.fail("a complex key (?)")
	}
	if _, _, ok := p.key(col); ok {
		return p.mapping(col, depth)
	}
	return p.value(col, parent, depth)
}

func isEntry(s string) bool {
	return s == "-" || strings.HasPrefix(s, "- ") || strings.HasPrefix(s, "-\t")
}

// sequence reads "- item" lines at column col.
func (p *parser) sequence(col, depth int) (*Node, error) {
	n, err := p.node(List)
	if err != nil {
		return nil, err
	}
	for {
		text := p.lines[p.at].text
		next := col + 1
		for next < len(text) && (text[next] == ' ' || text[next] == '\t') {
			next++
		}
		var item *Node
		if next >= len(text) || text[next] == '#' {
			p.at++
			item, err = p.block(col, depth+1)
		} else {
			item, err = p.inline(next, col, depth+1)
		}
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, item)
		n.EndLine = max(n.EndLine, item.EndLine)
		if p.skip(); p.at >= len(p.lines) || p.lines[p.at].indent != col || p.lines[p.at].tabbed || marker(p.lines[p.at].text) || !isEntry(p.lines[p.at].text[col:]) {
			return n, p.outdented(col)
		}
	}
}

// outdented refuses a line that is indented deeper than the collection at col which
// has just ended: it belongs to nothing.
func (p *parser) outdented(col int) error {
	if p.at < len(p.lines) && p.lines[p.at].indent > col {
		return p.fail("this line is indented like nothing above it")
	}
	return nil
}

// mapping reads "key: value" lines at column col.
func (p *parser) mapping(col, depth int) (*Node, error) {
	n, err := p.node(Map)
	if err != nil {
		return nil, err
	}
	for {
		name, next, ok := p.key(col)
		if !ok {
			return nil, p.fail("a key with a colon is expected")
		}
		key, err := p.node(Scalar)
		if err != nil {
			return nil, err
		}
		key.Text = name
		var value *Node
		text := p.lines[p.at].text
		for next < len(text) && (text[next] == ' ' || text[next] == '\t') {
			next++
		}
		value, err = p.valueOfKey(next, col, depth)
		if err != nil {
			return nil, err
		}
		n.Fields = append(n.Fields, Field{key, value})
		n.EndLine = max(n.EndLine, value.EndLine)
		p.skip()
		if p.at >= len(p.lines) || p.lines[p.at].indent != col || marker(p.lines[p.at].text) {
			return n, p.outdented(col)
		}
		if p.lines[p.at].tabbed {
			return nil, p.fail("a tab in the indentation")
		}
		if isEntry(p.lines[p.at].text[col:]) {
			return n, nil
		}
	}
}

// valueOfKey reads what stands behind "key:", from column next of the line.
func (p *parser) valueOfKey(next, col, depth int) (*Node, error) {
	text := p.lines[p.at].text
	if next, ok, err := p.properties(next); err != nil {
		return nil, err
	} else if ok && (next >= len(text) || text[next] == '#') || next >= len(text) || text[next] == '#' {
		line := p.at + 1
		p.at++
		p.skip()
		if p.at < len(p.lines) && p.lines[p.at].indent == col && isEntry(p.lines[p.at].text[col:]) && !p.lines[p.at].tabbed {
			return p.sequence(col, depth+1)
		}
		n, err := p.block(col, depth+1)
		if err == nil && n.Kind == Null {
			n.Line, n.EndLine = line, line
		}
		return n, err
	}
	return p.value(next, col, depth+1)
}

// properties steps over tags, and keeps an anchor for the node to come.
func (p *parser) properties(at int) (next int, some bool, err error) {
	text := p.lines[p.at].text
	for at < len(text) && (text[at] == '!' || text[at] == '&') {
		word := text[at:]
		if i := strings.IndexAny(word, " \t"); i >= 0 {
			word = word[:i]
		}
		if word[0] == '&' {
			if len(word) == 1 {
				return at, some, p.fail("an anchor without a name")
			}
			p.pending = word[1:]
		}
		at += len(word)
		for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
			at++
		}
		some = true
	}
	return at, some, nil
}

// key finds the key that begins at column col, and where its value may begin.
func (p *parser) key(col int) (name string, next int, ok bool) {
	text := p.lines[p.at].text
	if col >= len(text) {
		return "", 0, false
	}
	if c := text[col]; c == '"' || c == '\'' {
		name, end, closed := quotedOnLine(text, col)
		if !closed {
			return "", 0, false
		}
		i := end
		for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
			i++
		}
		if i < len(text) && text[i] == ':' && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t') {
			return name, i + 1, true
		}
		return "", 0, false
	}
	if strings.IndexByte("[{|>%@`#,]}", text[col]) >= 0 {
		return "", 0, false
	}
	for i := col; i < len(text); i++ {
		switch {
		case text[i] == ':' && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t'):
			name = strings.TrimRight(text[col:i], " \t")
			for strings.HasPrefix(name, "&") || strings.HasPrefix(name, "!") { // an anchor or a tag of the key itself
				_, rest, found := strings.Cut(name, " ")
				if !found {
					return "", 0, false
				}
				name = strings.TrimLeft(rest, " \t")
			}
			return name, i + 1, true
		case text[i] == '#' && i > col && (text[i-1] == ' ' || text[i-1] == '\t'):
			return "", 0, false
		}
	}
	return "", 0, false
}
