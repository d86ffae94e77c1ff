// Package yaml reads the YAML files by which Custody judges, strictly: what a file
// says is either understood to the last key or refused, with file, line, column and
// the line itself.
//
// It reads a subset that leaves no doubt: one document of mappings, lists and scalars.
// Anchors, aliases, merge keys, tags, directives, complex keys, duplicate keys, tabs
// and bytes that are not UTF-8 are refused. Work and memory are bounded by the limits
// below before any nested structure is built, so no input is expensive.
package yaml

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of one file. The parser underneath takes time in the square of a mapping's
// keys and far worse than that in nesting, hence the token and depth limits.
const (
	MaxBytes  = 512 << 10
	MaxTokens = 40_000 // keys, values and punctuation together
	MaxDepth  = 32     // of nested lists and mappings
	maxIndent = 200    // columns before the first character of a line
)

// Kind says what a Node is. The zero value is Null: a key without a value.
type Kind uint8

const (
	Null Kind = iota
	Scalar
	List
	Map
)

var kindNames = [...]string{"nothing", "a value", "a list", "a mapping"}

func (k Kind) String() string { return kindNames[k] }

// A Node is one value and where it stands. Line and Column count from 1.
type Node struct {
	Kind         Kind
	Line, Column int

	Text   string // of a scalar, as written, without quotes
	IsText bool   // quoted, or nothing that YAML reads as a number, boolean or null

	Items  []*Node // of a list
	Fields []Field // of a mapping, as written; no key twice
}

// A Field is one key of a mapping and its value.
type Field struct {
	Key   *Node
	Value *Node
}

// Get is the value of a key, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if f.Key.Text == key {
			return f.Value
		}
	}
	return nil
}

// Item is the i-th item of a list, or nil.
func (n *Node) Item(i int) *Node {
	if n == nil || i < 0 || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}

// A Document is one parsed file.
type Document struct {
	Name string
	Root *Node // a mapping
	src  []byte

	foreign bool // another tool's file: more of YAML is read
}

// Parse reads a file. Every error is an *Error.
func Parse(name string, src []byte) (*Document, error) {
	d := &Document{Name: name, src: src}
	if err := d.checkBytes(); err != nil {
		return nil, err
	}
	tokens, err := d.tokens()
	if err != nil {
		return nil, err
	}
	file, err := d.parse(tokens)
	if err != nil {
		return nil, err
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case body != nil:
			return nil, d.at(position(doc.Body.GetToken()), "a second document", "a file holds one document: take the second one out")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		return nil, d.at(Pos{1, 1}, "the file is empty", "")
	}
	if d.Root, err = d.convert(body, 0); err != nil {
		return nil, err
	}
	if d.Root.Kind != Map {
		return nil, d.Errorf(d.Root, "the file holds %s where keys with values are expected", d.Root.Kind)
	}
	return d, nil
}

// checkBytes refuses what no later stage should meet.
func (d *Document) checkBytes() error {
	if len(d.src) > MaxBytes {
		return &Error{File: d.Name, Message: fmt.Sprintf("the file has %d bytes, over the limit of %d", len(d.src), MaxBytes)}
	}
	structural := 0
	for i := 0; i < len(d.src); {
		c := d.src[i]
		switch c {
		case '\t':
			if d.foreign {
				break // the parser knows where it may stand
			}
			return d.atOffset(i, "a tab", `use spaces, or "\t" inside of double quotes`)
		case '[', ']', '{', '}', ',', '\n', '\r':
			structural++
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return d.atOffset(i, fmt.Sprintf("a control character (0x%02x)", c), "")
		}
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(d.src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return d.atOffset(i, "a byte that is not UTF-8", "save the file as UTF-8")
		case r == 0xFEFF && i > 0, hidden(r) && !d.foreign:
			return d.atOffset(i, fmt.Sprintf("an invisible control character (U+%04X)", r), "")
		}
		i += n
	}
	if structural > 2*MaxTokens {
		return &Error{File: d.Name, Message: fmt.Sprintf("the file has more than %d keys, values and lines", 2*MaxTokens)}
	}
	d.src = bytes.TrimPrefix(d.src, []byte("\uFEFF"))
	return nil
}

// hidden are control characters and those that make text look other than it is read:
// bidirectional controls and odd line ends. Tabs and newlines are none.
func hidden(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xA0 ||
		r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 || r == 0x200E || r == 0x200F || r == 0x061C
}

// tokens splits the file and refuses everything outside of the subset, and too deep
// nesting, before the parser sees it.
func (d *Document) tokens() (token.Tokens, error) {
	tokens := lexer.Tokenize(string(d.src))
	if len(tokens) > MaxTokens {
		return nil, &Error{File: d.Name, Message: fmt.Sprintf("the file has %d keys, values and marks, over the limit of %d", len(tokens), MaxTokens)}
	}
	depth, line, chain := 0, 0, 0
	for _, t := range tokens {
		if t.Position == nil {
			return nil, &Error{File: d.Name, Message: "the file is not YAML that can be read"}
		}
		pos := position(t)
		if t.Type == token.InvalidType {
			return nil, d.at(pos, t.Error, "")
		}
		if refused, hint := d.outside(t); refused != "" {
			return nil, d.at(pos, refused+" is not supported here", hint)
		}
		if pos.Line != line {
			line, chain = pos.Line, 0
			if pos.Column > maxIndent && depth == 0 {
				return nil, d.at(pos, fmt.Sprintf("indented by more than %d columns", maxIndent), "")
			}
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			chain++
		}
		if depth > MaxDepth || chain > MaxDepth {
			return nil, d.at(pos, fmt.Sprintf("nested more than %d deep", MaxDepth), "")
		}
	}
	return tokens, nil
}

// outside names what the subset leaves out.
func (d *Document) outside(t *token.Token) (what, hint string) {
	switch t.Type {
	case token.DirectiveType, token.MappingKeyType:
	default:
		if d.foreign {
			return "", ""
		}
	}
	switch t.Type {
	case token.AnchorType:
		return "an anchor (&)", "write the value where it is used, or quote a text that begins with &"
	case token.AliasType:
		return "an alias (*)", `write the value where it is used, or quote a text that begins with *, such as "*.py"`
	case token.MergeKeyType:
		return "a merge key (<<)", "write the keys out"
	case token.TagType:
		return "a tag (!)", "quote a text that begins with !"
	case token.DirectiveType:
		return "a directive (%)", "take the line out, or quote a text that begins with %"
	case token.MappingKeyType:
		return "a complex key (?)", "quote a text that begins with ?"
	case token.DocumentEndType:
		return "an end of document (...)", "take the line out"
	}
	return "", ""
}

// parse runs the parser on tokens that passed. It was seen to panic on damaged input
// in earlier versions; a panic is an error of the file here, not of the program.
func (d *Document) parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, &Error{File: d.Name, Message: "the file is not YAML that can be read"}
		}
	}()
	file, err = parser.Parse(tokens, 0)
	if err == nil {
		return file, nil
	}
	if e, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	}); ok && e.GetToken() != nil && e.GetToken().Position != nil {
		return nil, d.at(position(e.GetToken()), e.GetMessage(), "")
	}
	return nil, &Error{File: d.Name, Message: strings.SplitN(err.Error(), "\n", 2)[0]}
}

// convert turns the parser's tree into ours.
func (d *Document) convert(n ast.Node, depth int) (*Node, error) {
	if depth > MaxDepth {
		return nil, d.at(position(n.GetToken()), fmt.Sprintf("nested more than %d deep", MaxDepth), "")
	}
	pos := position(n.GetToken())
	node := &Node{Line: pos.Line, Column: pos.Column}
	switch v := n.(type) {
	case *ast.MappingNode:
		node.Kind = Map
		seen := make(map[string]bool, len(v.Values))
		for _, pair := range v.Values {
			if err := d.addField(node, seen, pair, depth); err != nil {
				return nil, err
			}
		}
		if len(node.Fields) > 0 && !v.IsFlowStyle {
			node.Line, node.Column = node.Fields[0].Key.Line, node.Fields[0].Key.Column
		}
	case *ast.MappingValueNode:
		node.Kind = Map
		if err := d.addField(node, map[string]bool{}, v, depth); err != nil {
			return nil, err
		}
		node.Line, node.Column = node.Fields[0].Key.Line, node.Fields[0].Key.Column
	case *ast.SequenceNode:
		node.Kind = List
		for _, item := range v.Values {
			c, err := d.convert(item, depth+1)
			if err != nil {
				return nil, err
			}
			node.Items = append(node.Items, c)
		}
	case *ast.StringNode:
		node.Kind, node.Text, node.IsText = Scalar, v.Value, true
		if strings.ContainsFunc(v.Value, hidden) || !utf8.ValidString(v.Value) {
			return nil, d.at(pos, "an escape for a control character is not supported here", "")
		}
	case *ast.LiteralNode:
		node.Kind, node.Text, node.IsText = Scalar, v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		node.Kind, node.Text = Scalar, n.GetToken().Value
	case *ast.NullNode:
		node.Kind = Null
	default:
		return nil, d.at(pos, fmt.Sprintf("%s is not supported here", n.Type()), "")
	}
	return node, nil
}

func (d *Document) addField(m *Node, seen map[string]bool, pair *ast.MappingValueNode, depth int) error {
	key, err := d.convert(pair.Key, depth+1)
	if err != nil {
		return err
	}
	if key.Kind != Scalar {
		return d.Errorf(key, "a key must be a word")
	}
	if seen[key.Text] {
		return d.Errorf(key, "key %q stands twice in one mapping", key.Text)
	}
	seen[key.Text] = true
	value, err := d.convert(pair.Value, depth+1)
	if err != nil {
		return err
	}
	m.Fields = append(m.Fields, Field{key, value})
	return nil
}
