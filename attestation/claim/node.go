package claim

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on what is parsed. A file as tools write it has some 2 kB.
const (
	MaxBytes = 256 << 10
	maxDepth = 32
	maxNodes = 20_000
)

// A Problem is one thing that is wrong with the file, and where.
type Problem struct {
	Line, Column int // from 1; 0 when the whole file is meant
	Path         string
	Message      string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
}

// A shape says what kind of YAML a node is.
type shape uint8

const (
	isNull shape = iota
	isString
	isInteger
	isFloat
	isBool
	isMapping
	isList
)

var shapeNames = [...]string{"null", "a string", "an integer", "a number", "true or false", "a mapping", "a list"}

// A node is YAML without its library: no anchors, aliases or tags.
type node struct {
	shape     shape
	text      string // of a scalar
	line, col int
	flow      bool // written in braces or brackets
	keys      []entry
	items     []*node
}

type entry struct {
	name      string
	line, col int
	value     *node
}

// get finds the value of a key, nil when it is not there.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, e := range n.keys {
		if e.name == name {
			return e.value
		}
	}
	return nil
}

// parse reads one document whose root is a mapping.
func parse(data []byte) (*node, error) {
	if len(data) > MaxBytes {
		return nil, Problem{Message: fmt.Sprintf("the file has %d bytes, more than the %d that are read", len(data), MaxBytes)}
	}
	if !utf8.Valid(data) {
		return nil, Problem{Message: "the file is not UTF-8"}
	}
	if i := strings.IndexFunc(string(data), func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }); i >= 0 {
		return nil, Problem{Line: 1 + strings.Count(string(data[:i]), "\n"), Column: 1, Message: "the file holds a control character"}
	}
	tokens := lexer.Tokenize(string(data))
	if err := checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, problemOf(err)
	}
	if len(file.Docs) > 1 {
		return nil, Problem{Message: "the file holds several documents: keep one"}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, Problem{Message: "the file is empty"}
	}
	c := converter{}
	root, err := c.convert(file.Docs[0].Body, 0)
	if err != nil {
		return nil, err
	}
	if root.shape != isMapping {
		return nil, Problem{Line: root.line, Column: root.col, Message: "the file must be a mapping of keys to values"}
	}
	return root, nil
}

// checkTokens refuses, before anything recurses, what this file has no use for:
// anchors, aliases and tags, from which bombs are built, and deep nesting.
func checkTokens(tokens token.Tokens) error {
	if len(tokens) > maxNodes {
		return Problem{Message: fmt.Sprintf("the file has more than %d tokens", maxNodes)}
	}
	flow, line, inLine := 0, 0, 0
	for _, t := range tokens {
		refuse := func(what string) error {
			return Problem{Line: t.Position.Line, Column: t.Position.Column, Message: what}
		}
		if t.Position.Line != line {
			line, inLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return refuse("anchors and aliases are not supported: write the value out")
		case token.TagType:
			return refuse("tags are not supported: write the plain value")
		case token.DirectiveType:
			return refuse("directives are not supported")
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			inLine++
		}
		if flow > maxDepth || flow == 0 && inLine > maxDepth || t.Position.Column > 20*maxDepth && flow == 0 && t.Type == token.SequenceEntryType {
			return refuse("the nesting is too deep")
		}
	}
	return nil
}

func problemOf(err error) error {
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		p := Problem{Message: oneLine(syntax.GetMessage())}
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
		return p
	}
	return Problem{Message: oneLine(err.Error())}
}

// oneLine keeps the first line of a message, printable and short.
func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}

type converter struct{ nodes int }

func (c *converter) convert(n ast.Node, depth int) (*node, error) {
	pos := &token.Position{}
	if t := n.GetToken(); t != nil && t.Position != nil {
		pos = t.Position
	}
	out := &node{line: pos.Line, col: pos.Column}
	if c.nodes++; c.nodes > maxNodes || depth > maxDepth {
		return nil, Problem{Line: pos.Line, Column: pos.Column, Message: "the nesting is too deep, or there is too much of it"}
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.shape, out.text = isString, n.Value
	case *ast.LiteralNode:
		out.shape, out.text = isString, n.Value.Value
	case *ast.IntegerNode:
		out.shape, out.text = isInteger, n.Token.Value
	case *ast.FloatNode:
		out.shape, out.text = isFloat, n.Token.Value
	case *ast.InfinityNode, *ast.NanNode:
		out.shape, out.text = isString, n.GetToken().Value
	case *ast.BoolNode:
		out.shape, out.text = isBool, n.Token.Value
	case *ast.CommentGroupNode:
	case *ast.MappingNode:
		out.shape, out.flow = isMapping, n.IsFlowStyle
		for _, v := range n.Values {
			if err := c.entry(out, v, depth); err != nil {
				return nil, err
			}
		}
	case *ast.MappingValueNode:
		out.shape = isMapping
		if err := c.entry(out, n, depth); err != nil {
			return nil, err
		}
	case *ast.SequenceNode:
		out.shape, out.flow = isList, n.IsFlowStyle
		for _, v := range n.Values {
			item, err := c.convert(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
	default:
		return nil, Problem{Line: pos.Line, Column: pos.Column, Message: "this kind of YAML is not supported here: write a plain value"}
	}
	return out, nil
}

func (c *converter) entry(to *node, v *ast.MappingValueNode, depth int) error {
	k := v.Key.GetToken()
	if _, complex := v.Key.(*ast.MappingKeyNode); complex || k == nil || k.Position == nil {
		return Problem{Line: to.line, Column: to.col, Message: "keys must be plain words"}
	}
	e := entry{name: k.Value, line: k.Position.Line, col: k.Position.Column}
	for _, had := range to.keys {
		if had.name == e.name {
			return Problem{Line: e.line, Column: e.col, Message: fmt.Sprintf("key %q is written twice", oneLine(e.name))}
		}
	}
	value, err := c.convert(v.Value, depth+1)
	if err != nil {
		return err
	}
	if len(to.keys) == 0 {
		to.line, to.col = e.line, e.col
	}
	e.value = value
	to.keys = append(to.keys, e)
	return nil
}
