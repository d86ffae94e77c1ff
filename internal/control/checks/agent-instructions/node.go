package agentinstructions

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"custody/internal/change"
)

// A node is a value of a settings file and the line on which it begins.
type node struct {
	kind   kind
	line   int
	key    string  // under which it stands in an object
	text   string  // of a string or number; "true" or "false"
	items  []*node // of a list
	fields []field // of an object, as written: a key may stand twice, and an agent may take either
}

type field struct {
	key   string
	value *node
}

type kind uint8

const (
	null kind = iota
	text
	number
	boolean
	list
	object
)

// Limits of one settings file.
const (
	maxSettings = 1 << 20
	maxDepth    = 64
)

// parseJSON reads JSON with comments, trailing commas and a byte order mark, which is
// what agents and editors accept between them. What follows the value is an error.
func parseJSON(src []byte) (*node, error) {
	if len(src) > maxSettings {
		return nil, fmt.Errorf("%d bytes, over the limit of %d", len(src), maxSettings)
	}
	p := &parser{src: strings.TrimPrefix(string(src), "\ufeff"), line: 1}
	n, err := p.value(0)
	if err == nil {
		if p.space(); p.at < len(p.src) {
			err = errors.New("something follows the value")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line, err)
	}
	return n, nil
}

type parser struct {
	src  string
	at   int
	line int
}

// space skips white space and comments.
func (p *parser) space() {
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '\n':
			p.line++
			p.at++
		case c == ' ' || c == '\t' || c == '\r':
			p.at++
		case strings.HasPrefix(p.src[p.at:], "//"):
			if i := strings.IndexByte(p.src[p.at:], '\n'); i >= 0 {
				p.at += i
			} else {
				p.at = len(p.src)
			}
		case strings.HasPrefix(p.src[p.at:], "/*"):
			stop := len(p.src)
			if i := strings.Index(p.src[p.at+2:], "*/"); i >= 0 {
				stop = p.at + 2 + i + 2
			}
			p.line += strings.Count(p.src[p.at:stop], "\n")
			p.at = stop
		default:
			return
		}
	}
}

func (p *parser) peek() byte {
	if p.space(); p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

func (p *parser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels", maxDepth)
	}
	c := p.peek()
	n := &node{line: p.line}
	switch {
	case c == '{':
		n.kind = object
		p.at++
		for {
			if p.peek() == '}' {
				p.at++
				return n, nil
			}
			key, err := p.string()
			if err != nil {
				return nil, err
			}
			if p.peek() != ':' {
				return nil, errors.New("a key without a colon")
			}
			p.at++
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			v.key = key
			n.fields = append(n.fields, field{key, v})
			if err := p.comma('}'); err != nil {
				return nil, err
			}
		}
	case c == '[':
		n.kind = list
		p.at++
		for {
			if p.peek() == ']' {
				p.at++
				return n, nil
			}
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, v)
			if err := p.comma(']'); err != nil {
				return nil, err
			}
		}
	case c == '"':
		s, err := p.string()
		n.kind, n.text = text, s
		return n, err
	}
	end := p.at
	for end < len(p.src) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", p.src[end]) >= 0 {
		end++
	}
	word := p.src[p.at:end]
	switch word {
	case "true", "false":
		n.kind, n.text = boolean, word
	case "null":
	default:
		if _, err := strconv.ParseFloat(word, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, errors.New("no value of JSON")
		}
		n.kind, n.text = number, word
	}
	p.at = end
	return n, nil
}

func (p *parser) comma(closing byte) error {
	switch p.peek() {
	case ',':
		p.at++
		return nil
	case closing:
		return nil
	}
	return fmt.Errorf("neither a comma nor %c", closing)
}

func (p *parser) string() (string, error) {
	if p.peek() != '"' {
		return "", errors.New("no string")
	}
	var b strings.Builder
	for i := p.at + 1; i < len(p.src); i++ {
		switch c := p.src[i]; c {
		case '"':
			p.at = i + 1
			return b.String(), nil
		case '\n':
			return "", errors.New("a string over the end of the line")
		case '\\':
			i++
			if i >= len(p.src) {
				return "", errors.New("a string that does not end")
			}
			switch e := p.src[i]; e {
			case 'n', 't', 'r', 'b', 'f':
				b.WriteByte(map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}[e])
			case 'u':
				r, ok := hex4(p.src, i+1)
				if !ok {
					return "", errors.New("a bad \\u escape")
				}
				i += 4
				if utf16.IsSurrogate(r) {
					if low, ok := hex4(p.src, i+3); ok && strings.HasPrefix(p.src[i+1:], `\u`) {
						if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
							r = both
							i += 6
						}
					}
				}
				b.WriteRune(r)
			case '"', '\\', '/':
				b.WriteByte(e)
			default:
				return "", errors.New("a bad escape")
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("a string that does not end")
}

func hex4(s string, at int) (rune, bool) {
	if at+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+4], 16, 16)
	return rune(n), err == nil
}

// parseTOML reads TOML. Its values know no line.
func parseTOML(src []byte) (*node, error) {
	if len(src) > maxSettings {
		return nil, fmt.Errorf("%d bytes, over the limit of %d", len(src), maxSettings)
	}
	if n := strings.Count(string(src), "["); n > 20_000 { // nesting is recursion there
		return nil, fmt.Errorf("%d brackets", n)
	}
	var v map[string]any
	if err := toml.Unmarshal(src, &v); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return nil, fmt.Errorf("line %d: not TOML", at.Position.Line)
		}
		return nil, errors.New("not TOML")
	}
	return nodeOf(v, 0)
}

func nodeOf(v any, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels", maxDepth)
	}
	n := &node{}
	var items []any
	switch v := v.(type) {
	case map[string]any:
		n.kind = object
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			child, err := nodeOf(v[k], depth+1)
			if err != nil {
				return nil, err
			}
			child.key = k
			n.fields = append(n.fields, field{k, child})
		}
		return n, nil
	case []map[string]any:
		for _, item := range v {
			items = append(items, item)
		}
	case []any:
		items = v
	case string:
		n.kind, n.text = text, v
		return n, nil
	case bool:
		n.kind, n.text = boolean, strconv.FormatBool(v)
		return n, nil
	case int64:
		n.kind, n.text = number, strconv.FormatInt(v, 10)
		return n, nil
	case float64:
		n.kind, n.text = number, strconv.FormatFloat(v, 'g', -1, 64)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			n.text = "0"
		}
		return n, nil
	default: // a time
		n.kind, n.text = text, fmt.Sprint(v)
		return n, nil
	}
	n.kind = list
	for _, item := range items {
		child, err := nodeOf(item, depth+1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, child)
	}
	return n, nil
}

// at calls fn for every value at a path of keys; "*" is every key or item, and "**" any
// number of them. name is the path as it was met.
func (n *node) at(path []string, name string, fn func(name string, n *node)) {
	if n == nil {
		return
	}
	if len(path) == 0 {
		fn(name, n)
		return
	}
	if path[0] == "**" {
		n.at(path[1:], name, fn)
	}
	rest := path[1:]
	if path[0] == "**" {
		rest = path
	}
	for _, f := range n.fields {
		if path[0] == "*" || path[0] == "**" || path[0] == f.key {
			f.value.at(rest, join(name, f.key), fn)
		}
	}
	if path[0] == "*" || path[0] == "**" {
		for _, item := range n.items {
			item.at(rest, name, fn)
		}
	}
}

func join(a, b string) string {
	b = change.Clip(b, 60)
	if a == "" {
		return b
	}
	return a + "." + b
}

// get is the last value of a key, which most programs take; nil without one.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, f := range slices.Backward(n.fields) {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// texts are the strings of a list, or the one string.
func (n *node) texts() []string {
	if n == nil {
		return nil
	}
	if n.kind == text {
		return []string{n.text}
	}
	var out []string
	for _, item := range n.items {
		if item.kind == text {
			out = append(out, item.text)
		}
	}
	return out
}
