package yaml

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A Pair is one key of a mapping in another tool's file, and its value.
type Pair struct{ Key, Value any }

// ParseForeign reads the YAML of another tool: one or more documents, with anchors,
// aliases, merge keys and tags. A value is nil, bool, int64, uint64, float64, string,
// []any or []Pair; a key is a bool, an integer or a string, and none stands twice.
//
// Scalars follow the core schema of YAML 1.2: true, false, null, decimal, 0x and 0o
// numbers; anything else ("yes", "0777", a date) is text. A tag that is not YAML's own
// makes a mapping of the tag to the value, since what it stands for is not known. Aliases
// are copied, and all documents together have at most so many values.
func ParseForeign(src []byte, values int) ([]any, error) {
	whole := &Document{Name: "yaml", src: src, foreign: true}
	if err := whole.checkBytes(); err != nil {
		return nil, plain(err, 0)
	}
	var docs []any
	tokens := 0
	for _, part := range split(whole.src) {
		d := &Document{Name: "yaml", src: part.src, foreign: true}
		body, n, err := d.only()
		if tokens += n; err == nil && tokens > MaxTokens {
			err = d.Errorf(nil, "the file has more than %d keys, values and marks", MaxTokens)
		}
		if err != nil {
			return nil, plain(err, part.line)
		}
		if body == nil {
			continue
		}
		f := foreign{d: d, left: values, anchors: map[string]anchored{}}
		v, err := f.value(body, 0)
		if err != nil {
			return nil, plain(err, part.line)
		}
		if values = f.left; v != nil {
			docs = append(docs, v)
		}
	}
	return docs, nil
}

// A part is one document's text, and how many lines stand before it.
type part struct {
	src  []byte
	line int
}

// split cuts a file at the lines that begin or end a document. They do that wherever they
// stand, in a quoted text as well. The parser is given one document at a time: given all,
// it was seen to drop those behind an empty one.
func split(src []byte) []part {
	var all []part
	from, line, start := 0, 0, 0
	for at := 0; at < len(src); {
		end := bytes.IndexByte(src[at:], '\n')
		next := at + end + 1
		if end < 0 {
			next = len(src)
		}
		switch row := src[at:next]; {
		case marks(row, "---"):
			all = append(all, part{src[from:at], start})
			from, start = at, line
		case marks(row, "..."):
			all = append(all, part{src[from:at], start})
			from, start = next, line+1
		}
		at = next
		line++
	}
	return append(all, part{src[from:], start})
}

func marks(line []byte, mark string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(mark))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// only parses a text with at most one document; nil when there is none.
func (d *Document) only() (ast.Node, int, error) {
	tokens, err := d.tokens()
	if err != nil {
		return nil, 0, err
	}
	file, err := d.parse(tokens)
	if err != nil {
		return nil, 0, err
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case body != nil:
			return nil, 0, d.at(position(doc.Body.GetToken()), "a second document without a mark before it", "")
		default:
			body = doc.Body
		}
	}
	return body, len(tokens), nil
}

// plain is an error in one line: the file is known to who asked.
func plain(err error, before int) error {
	e, ok := err.(*Error)
	switch {
	case !ok:
		return err
	case e.Line > 0:
		return fmt.Errorf("it is not YAML that can be read: line %d: %s", before+e.Line, e.Message)
	}
	return fmt.Errorf("it is not YAML that can be read: %s", e.Message)
}

// foreign converts one document.
type foreign struct {
	d       *Document
	left    int // values that may come yet
	anchors map[string]anchored
}

// anchored is a value with a name, and how many values it is made of.
type anchored struct {
	value any
	size  int
}

func (f *foreign) errorf(n ast.Node, format string, args ...any) error {
	return f.d.at(position(n.GetToken()), fmt.Sprintf(format, args...), "")
}

func (f *foreign) take(n ast.Node, count int) error {
	if f.left -= count; f.left < 0 {
		return f.errorf(n, "the file holds too many values")
	}
	return nil
}

func (f *foreign) value(n ast.Node, depth int) (any, error) {
	if n == nil {
		return nil, nil
	}
	if depth > MaxDepth {
		return nil, f.errorf(n, "nested more than %d deep", MaxDepth)
	}
	if err := f.take(n, 1); err != nil {
		return nil, err
	}
	if t := n.GetToken(); t != nil && t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType && n.Type() != ast.LiteralType &&
		strings.Contains(strings.TrimSpace(t.Origin), "\t") {
		return nil, f.errorf(n, "a tab outside of quotes") // which the parser drops
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return f.mapping(v, v.Values, depth)
	case *ast.MappingValueNode:
		return f.mapping(v, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		list := []any{}
		for _, item := range v.Values {
			c, err := f.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	case *ast.AnchorNode:
		before := f.left
		c, err := f.value(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		f.anchors[v.Name.GetToken().Value] = anchored{c, before - f.left}
		return c, nil
	case *ast.AliasNode:
		a, ok := f.anchors[v.Value.GetToken().Value]
		if !ok {
			return nil, f.errorf(n, "the alias has no anchor before it")
		}
		return a.value, f.take(n, a.size)
	case *ast.TagNode:
		return f.tagged(v, depth)
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return v.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode, *ast.NullNode:
		return f.scalar(n)
	case *ast.CommentGroupNode:
		return nil, nil
	}
	return nil, f.errorf(n, "%s is not supported", n.Type())
}

// scalar reads what is written without quotes.
func (f *foreign) scalar(n ast.Node) (any, error) {
	s := n.GetToken().Value
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil, nil
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return math.Inf(1), nil
	case "-.inf", "-.Inf", "-.INF":
		return math.Inf(-1), nil
	case ".nan", ".NaN", ".NAN":
		return math.NaN(), nil
	}
	if n.GetToken().Type != token.IntegerType && n.GetToken().Type != token.FloatType && n.GetToken().Type != token.HexIntegerType && n.GetToken().Type != token.OctetIntegerType {
		return s, nil
	}
	digits := strings.TrimLeft(s, "+-")
	base := 10
	switch {
	case strings.HasPrefix(s, "0x"):
		base, digits = 16, s[2:]
	case strings.HasPrefix(s, "0o"):
		base, digits = 8, s[2:]
	case len(digits) > 1 && digits[0] == '0' && !strings.ContainsAny(digits, ".eE"), strings.Contains(s, "_"):
		return s, nil // octal to some readers, decimal to others
	default:
		digits = strings.TrimPrefix(s, "+")
	}
	if i, err := strconv.ParseInt(digits, base, 64); err == nil {
		return i, nil
	}
	if u, err := strconv.ParseUint(digits, base, 64); err == nil {
		return u, nil
	}
	if x, err := strconv.ParseFloat(digits, 64); err == nil && base == 10 {
		return x, nil
	}
	return s, nil
}

// tagged reads YAML's own tags, and keeps the names of others.
func (f *foreign) tagged(n *ast.TagNode, depth int) (any, error) {
	tag := n.Start.Value
	v, err := f.value(n.Value, depth+1)
	if err != nil {
		return nil, err
	}
	switch tag {
	case "!!str":
		if _, ok := v.(string); !ok && n.Value != nil {
			return n.Value.GetToken().Value, nil
		}
		return v, nil
	case "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!timestamp", "!!binary", "!!set", "!!omap":
		ok := true
		switch v.(type) {
		case int64, uint64:
			ok = tag == "!!int" || tag == "!!float"
		case float64:
			ok = tag == "!!float"
		case bool:
			ok = tag == "!!bool"
		case string:
			ok = tag == "!!timestamp" || tag == "!!binary"
		case nil:
			ok = tag == "!!null"
		case []any:
			ok = tag == "!!seq"
		case []Pair:
			ok = tag == "!!map"
		}
		if !ok {
			return nil, f.errorf(n, "%s does not fit its value", tag)
		}
		return v, nil
	}
	return []Pair{{tag, v}}, nil
}

// glued says that a value stands right behind the colon of a key without quotes.
func (f *foreign) glued(pair *ast.MappingValueNode) bool {
	key, colon := pair.Key.GetToken(), pair.Start
	if pair.Value == nil || colon == nil || key.Type == token.DoubleQuoteType || key.Type == token.SingleQuoteType {
		return false
	}
	at, of := position(colon), position(pair.Value.GetToken())
	return pair.Value.Type() != ast.NullType && at.Line == of.Line && at.Column+1 == of.Column
}

func (f *foreign) mapping(at ast.Node, fields []*ast.MappingValueNode, depth int) (any, error) {
	m := []Pair{}
	own := map[any]bool{}
	var merged []any
	for _, pair := range fields {
		if _, ok := pair.Key.(*ast.MergeKeyNode); ok {
			v, err := f.value(pair.Value, depth+1)
			if err != nil {
				return nil, err
			}
			if list, ok := v.([]any); ok {
				merged = append(merged, list...)
			} else {
				merged = append(merged, v)
			}
			continue
		}
		if f.glued(pair) {
			return nil, f.errorf(pair.Key, "no space behind the colon of a key") // to other readers no key at all
		}
		key, err := f.value(pair.Key, depth+1)
		if err != nil {
			return nil, err
		}
		switch key.(type) {
		case string, bool, int64, uint64:
		default:
			return nil, f.errorf(pair.Key, "a key that is no text, integer or boolean")
		}
		if own[key] {
			return nil, f.errorf(pair.Key, "key %q stands twice in one mapping", fmt.Sprint(key))
		}
		own[key] = true
		v, err := f.value(pair.Value, depth+1)
		if err != nil {
			return nil, err
		}
		m = append(m, Pair{key, v})
	}
	for _, v := range merged { // the mapping's own keys win, then the first
		fields, ok := v.([]Pair)
		if !ok {
			return nil, f.errorf(at, "a merge key (<<) of something that is no mapping")
		}
		if err := f.take(at, len(fields)); err != nil {
			return nil, err
		}
		for _, p := range fields {
			if !own[p.Key] {
				own[p.Key] = true
				m = append(m, p)
			}
		}
	}
	return m, nil
}
