package cel

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

type op uint8

const (
	opLiteral op = iota
	opIdent
	opSelect // args[0].name
	opHas    // the macro has(args[0].name)
	opIndex
	opCall // name(args); a method's receiver is args[0]
	opList
	opMap // keys and values in turn
	opAnd
	opOr
	opNot
	opCond
	opLoop // a macro over args[0]: name is which, variable the item's name, args[1:] the body
)

// A node of the expression's tree. The checker fills in typ, slot and fn.
type node struct {
	op       op
	at       int
	name     string
	variable string
	method   bool
	value    Value
	args     []*node

	typ     *Type
	slot    int // of a variable, or of a loop's item
	overs   []*overload
	pattern *pattern // of matches
}

// loops are the macros that go through a list or the keys of a mapping.
var loops = map[string][]int{ // how many arguments each may have
	"all": {2}, "exists": {2}, "exists_one": {2}, "filter": {2}, "map": {2, 3},
}

var reserved = []string{"as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "package", "namespace", "return", "var", "void", "while"}

type parser struct {
	tokens []token
	pos    int
	nodes  int
	depth  int
}

func parse(src string) (*node, error) {
	all, err := tokens(src)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: all}
	if p.peek().kind == tokEnd {
		return nil, &Error{Message: "the expression is empty"}
	}
	n, err := p.expr()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, p.unexpected(t)
	}
	return n, nil
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) take() token {
	t := p.tokens[p.pos]
	if t.kind != tokEnd {
		p.pos++
	}
	return t
}

// is takes the operator if it comes next.
func (p *parser) is(op string) bool {
	if t := p.peek(); t.kind == tokOp && t.text == op {
		p.pos++
		return true
	}
	return false
}

func (p *parser) need(op string) error {
	if !p.is(op) {
		t := p.peek()
		if t.kind == tokEnd {
			return &Error{At: t.at, Message: fmt.Sprintf("%q is missing at the end", op)}
		}
		return &Error{At: t.at, Message: fmt.Sprintf("%q is missing before %s", op, t)}
	}
	return nil
}

func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokString, tokBytes:
		return "a quoted text"
	}
	return strconv.Quote(t.text)
}

func (p *parser) unexpected(t token) error {
	return &Error{At: t.at, Message: fmt.Sprintf("%s is not expected here", t)}
}

func (p *parser) node(n node) (*node, error) {
	if p.nodes++; p.nodes > maxNodes {
		return nil, &Error{At: n.at, Message: fmt.Sprintf("the expression has more than %d parts", maxNodes)}
	}
	return &n, nil
}

// enter counts nesting; every way down passes here.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return &Error{At: p.peek().at, Message: fmt.Sprintf("nested more than %d deep", maxDepth)}
	}
	return nil
}

func (p *parser) expr() (*node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	cond, err := p.or()
	if err != nil {
		return nil, err
	}
	at := p.peek().at
	if !p.is("?") {
		return cond, nil
	}
	yes, err := p.or()
	if err != nil {
		return nil, err
	}
	if err := p.need(":"); err != nil {
		return nil, err
	}
	no, err := p.expr()
	if err != nil {
		return nil, err
	}
	return p.node(node{op: opCond, at: at, args: []*node{cond, yes, no}})
}

func (p *parser) or() (*node, error)  { return p.logic("||", opOr, p.and) }
func (p *parser) and() (*node, error) { return p.logic("&&", opAnd, p.relation) }

// logic collects the operands of one operator in one flat node, so that a long chain is
// not deep.
func (p *parser) logic(sign string, o op, operand func() (*node, error)) (*node, error) {
	first, err := operand()
	if err != nil {
		return nil, err
	}
	all, at := []*node{first}, p.peek().at
	for p.is(sign) {
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	if len(all) == 1 {
		return first, nil
	}
	return p.node(node{op: o, at: at, args: all})
}

var precedence = [][]string{{"<", "<=", ">=", ">", "==", "!=", "in"}, {"+", "-"}, {"*", "/", "%"}}

func (p *parser) relation() (*node, error) { return p.binary(0) }

func (p *parser) binary(level int) (*node, error) {
	if level == len(precedence) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for height := 0; ; height++ {
		t := p.peek()
		if t.kind != tokOp && !(t.kind == tokIdent && t.text == "in") || !slices.Contains(precedence[level], t.text) {
			return left, nil
		}
		if height > maxDepth {
			return nil, &Error{At: t.at, Message: fmt.Sprintf("more than %d operators in a row", maxDepth), Hint: "group them, or use a list"}
		}
		p.take()
		right, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		if left, err = p.node(node{op: opCall, at: t.at, name: "_" + t.text + "_", args: []*node{left, right}}); err != nil {
			return nil, err
		}
	}
}

func (p *parser) unary() (*node, error) {
	t := p.peek()
	odd := false
	switch {
	case t.kind == tokOp && t.text == "!":
		for p.is("!") {
			odd = !odd
		}
		n, err := p.member()
		if err != nil {
			return nil, err
		}
		if !odd { // the reference implementation drops them, whatever follows
			return n, nil
		}
		return p.node(node{op: opNot, at: t.at, args: []*node{n}})
	case t.kind == tokOp && t.text == "-":
		p.take()
		if p.peek().kind == tokInt || p.peek().kind == tokDouble {
			p.pos--
			return p.member() // the sign is the number's
		}
		for odd = true; p.is("-"); {
			odd = !odd
		}
		n, err := p.member()
		if err != nil {
			return nil, err
		}
		if !odd {
			return n, nil
		}
		return p.node(node{op: opCall, at: t.at, name: "-_", args: []*node{n}})
	}
	return p.member()
}

func (p *parser) member() (*node, error) {
	n, err := p.primary()
	for height := 0; err == nil; height++ {
		t := p.peek()
		if height > maxDepth {
			return nil, &Error{At: t.at, Message: fmt.Sprintf("more than %d parts in a row", maxDepth)}
		}
		switch {
		case p.is("."):
			n, err = p.selection(n)
		case p.is("["):
			if t := p.peek(); t.kind == tokOp && t.text == "?" {
				return nil, &Error{At: t.at, Message: "optional values are not supported", Hint: "ask has(...) or \"key\" in map before"}
			}
			var index *node
			if index, err = p.expr(); err != nil {
				return nil, err
			}
			if err = p.need("]"); err != nil {
				return nil, err
			}
			n, err = p.node(node{op: opIndex, at: t.at, args: []*node{n, index}})
		case t.kind == tokOp && t.text == "{":
			return nil, &Error{At: t.at, Message: "messages are not supported"}
		default:
			return n, nil
		}
	}
	return nil, err
}

// selection reads what follows a dot: a key, a method or a macro.
func (p *parser) selection(of *node) (*node, error) {
	t := p.take()
	if t.kind == tokOp && t.text == "?" {
		return nil, &Error{At: t.at, Message: "optional values are not supported", Hint: "ask has(...) before"}
	}
	if t.kind != tokIdent || t.text == "true" || t.text == "false" || t.text == "null" || t.text == "in" {
		return nil, &Error{At: t.at, Message: fmt.Sprintf("%s is no name of a key", t), Hint: `write ["name"] for a key with other characters`}
	}
	if !p.is("(") {
		return p.node(node{op: opSelect, at: t.at, name: t.text, args: []*node{of}})
	}
	args, err := p.list(")")
	if err != nil {
		return nil, err
	}
	if counts, ok := loops[t.text]; ok && slices.Contains(counts, len(args)) {
		if args[0].op != opIdent {
			return nil, &Error{At: args[0].at, Message: fmt.Sprintf("%s needs a name for its item first", t.text), Hint: fmt.Sprintf("write .%s(x, ...)", t.text)}
		}
		return p.node(node{op: opLoop, at: t.at, name: t.text, variable: args[0].name, args: append([]*node{of}, args[1:]...)})
	}
	return p.node(node{op: opCall, at: t.at, name: t.text, method: true, args: append([]*node{of}, args...)})
}

// list reads expressions up to the closing bracket, which is taken.
func (p *parser) list(end string) ([]*node, error) {
	var all []*node
	for !p.is(end) {
		if len(all) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if end == "]" && p.is(end) { // a trailing comma
				return all, nil
			}
		}
		n, err := p.expr()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func (p *parser) primary() (*node, error) {
	t := p.take()
	switch t.kind {
	case tokInt, tokUint, tokDouble:
		return p.number(t, "")
	case tokString:
		return p.node(node{at: t.at, value: t.value})
	case tokBytes:
		return p.node(node{at: t.at, value: []byte(t.value)})
	case tokIdent:
		return p.name(t)
	case tokOp:
		switch t.text {
		case "-": // unary looked: a number follows
			return p.number(p.take(), "-")
		case "(":
			n, err := p.expr()
			if err != nil {
				return nil, err
			}
			return n, p.need(")")
		case "[":
			args, err := p.list("]")
			if err != nil {
				return nil, err
			}
			return p.node(node{op: opList, at: t.at, args: args})
		case "{":
			return p.mapping(t)
		case ".":
			return nil, &Error{At: t.at, Message: "a name that begins with a dot is not supported"}
		}
	}
	return nil, p.unexpected(t)
}

func (p *parser) mapping(t token) (*node, error) {
	n := node{op: opMap, at: t.at}
	for !p.is("}") {
		if len(n.args) > 0 {
			if err := p.need(","); err != nil {
				return nil, err
			}
			if p.is("}") {
				break
			}
		}
		key, err := p.expr()
		if err != nil {
			return nil, err
		}
		if err := p.need(":"); err != nil {
			return nil, err
		}
		value, err := p.expr()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, key, value)
	}
	return p.node(n)
}

func (p *parser) name(t token) (*node, error) {
	switch t.text {
	case "true", "false":
		return p.node(node{at: t.at, value: t.text == "true"})
	case "null":
		return p.node(node{at: t.at, value: nil})
	}
	if slices.Contains(reserved, t.text) {
		return nil, &Error{At: t.at, Message: fmt.Sprintf("%q is a reserved word", t.text)}
	}
	if !p.is("(") {
		return p.node(node{op: opIdent, at: t.at, name: t.text})
	}
	args, err := p.list(")")
	if err != nil {
		return nil, err
	}
	if t.text == "has" && len(args) == 1 {
		if args[0].op != opSelect {
			return nil, &Error{At: args[0].at, Message: "has(...) takes the name of a key, such as has(doc.spec)", Hint: `for a key with other characters write "name" in map`}
		}
		args[0].op = opHas
		return args[0], nil
	}
	return p.node(node{op: opCall, at: t.at, name: t.text, args: args})
}

func (p *parser) number(t token, sign string) (*node, error) {
	var v Value
	var err error
	base, digits := 10, t.text
	if len(digits) > 2 && digits[:2] == "0x" {
		base, digits = 16, digits[2:]
	}
	switch t.kind {
	case tokInt:
		v, err = strconv.ParseInt(sign+digits, base, 64)
	case tokUint:
		v, err = strconv.ParseUint(digits, base, 64)
	default:
		var f float64
		if f, err = strconv.ParseFloat(sign+digits, 64); math.IsInf(f, 0) {
			err = strconv.ErrRange
		}
		v = f
	}
	if err != nil {
		return nil, &Error{At: t.at, Message: fmt.Sprintf("the number %s is out of range", t.text)}
	}
	return p.node(node{at: t.at, value: v})
}
