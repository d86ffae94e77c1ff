package cel

import (
	"fmt"
	"slices"
	"strings"
)

// A checker gives every node its type, its variables and its meanings.
type checker struct {
	env    Env
	slots  map[string]int
	next   int // free slot
	most   int
	locals []local

	functions []function
}

// A local is the item of a loop.
type local struct {
	name string
	slot int
	typ  *Type
}

func (c *checker) errorf(n *node, hint, format string, args ...any) error {
	return &Error{At: n.at, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (c *checker) check(n *node) error {
	switch n.op {
	case opLoop:
		return c.loop(n)
	case opLiteral:
		n.typ = literalType(n.value)
		return nil
	case opIdent:
		return c.ident(n)
	}
	for _, a := range n.args {
		if err := c.check(a); err != nil {
			return err
		}
	}
	switch n.op {
	case opSelect, opHas:
		return c.selects(n)
	case opIndex:
		return c.index(n)
	case opList:
		n.typ = ListOf(common(n.args))
	case opMap:
		var keys, values []*node
		for i := 0; i < len(n.args); i += 2 {
			keys, values = append(keys, n.args[i]), append(values, n.args[i+1])
		}
		for _, k := range keys {
			if !slices.Contains([]Kind{Dyn, Bool, Int, Uint, String}, k.typ.Kind) {
				return c.errorf(k, "", "a key can not be a %s", k.typ)
			}
		}
		n.typ = MapOf(common(keys), common(values))
	case opAnd, opOr, opNot:
		n.typ = BoolType
		for _, a := range n.args {
			if !fits(a.typ, BoolType) {
				return c.errorf(a, "compare it with something", "%s is not a bool", a.typ)
			}
		}
	case opCond:
		if !fits(n.args[0].typ, BoolType) {
			return c.errorf(n.args[0], "", "%s is not a bool", n.args[0].typ)
		}
		if !fits(n.args[1].typ, n.args[2].typ) {
			return c.errorf(n, "", "one answer is a %s, the other a %s", n.args[1].typ, n.args[2].typ)
		}
		n.typ = join(n.args[1].typ, n.args[2].typ)
	case opCall:
		return c.call(n)
	}
	return nil
}

func literalType(v Value) *Type {
	switch v.(type) {
	case nil:
		return NullType
	case bool:
		return BoolType
	case int64:
		return IntType
	case uint64:
		return UintType
	case float64:
		return DoubleType
	case string:
		return StringType
	}
	return BytesType
}

// common is the type of the items of a list that is written out.
func common(items []*node) *Type {
	t := freeType
	for _, n := range items {
		if !fits(t, n.typ) {
			return DynType
		}
		t = join(t, n.typ)
	}
	return t
}

func (c *checker) ident(n *node) error {
	for _, l := range slices.Backward(c.locals) {
		if l.name == n.name {
			n.slot, n.typ = l.slot, l.typ
			return nil
		}
	}
	if slot, ok := c.slots[n.name]; ok {
		n.slot, n.typ = slot, c.env.Variables[slot].Type
		return nil
	}
	if slices.Contains([]string{"bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"}, n.name) {
		n.op, n.value, n.typ = opLiteral, TypeName(n.name), typeType
		return nil
	}
	var names []string
	for _, v := range c.env.Variables {
		names = append(names, v.Name)
	}
	return c.errorf(n, "known here: "+strings.Join(names, ", "), "%q is not known", n.name)
}

func (c *checker) selects(n *node) error {
	switch t := n.args[0].typ; t.Kind {
	case Dyn:
		n.typ = DynType
	case Map:
		n.typ = t.Elem
	case Object:
		f, ok := t.field(n.name)
		if !ok {
			return c.errorf(n, "it has "+t.fieldNames(), "%s has no %q", t, n.name)
		}
		n.typ = f
	default:
		return c.errorf(n, "", "a %s has no %q", t, n.name)
	}
	if n.op == opHas {
		n.typ = BoolType
	}
	return nil
}

func (c *checker) index(n *node) error {
	of, at := n.args[0].typ, n.args[1].typ
	switch {
	case of.Kind == Dyn:
		n.typ = DynType
	case of.Kind == List && fits(at, IntType):
		n.typ = of.Elem
	case of.Kind == Map && fits(at, of.Key):
		n.typ = of.Elem
	default:
		return c.errorf(n, "", "a %s has no item at a %s", of, at)
	}
	if n.typ.Kind == Free {
		n.typ = DynType
	}
	return nil
}

// call chooses the meanings of a function that the types allow.
func (c *checker) call(n *node) error {
	switch n.name {
	case "_==_", "_!=_":
		a, b := n.args[0].typ, n.args[1].typ
		if !fits(a, b) {
			return c.errorf(n, "convert one of them", "a %s is never equal to a %s", a, b)
		}
		if !a.comparable() || !b.comparable() {
			return c.errorf(n, "compare one of its fields", "a %s can not be compared", a)
		}
		n.typ = BoolType
		return nil
	case "_in_":
		a, b := n.args[0].typ, n.args[1].typ
		if b.Kind != Dyn && !(b.Kind == List && fits(a, b.Elem)) && !(b.Kind == Map && fits(a, b.Key)) {
			return c.errorf(n, "", "a %s is never in a %s", a, b)
		}
		if !a.comparable() || b.Elem != nil && b.Kind == List && !b.comparable() {
			return c.errorf(n, "use exists", "a %s can not be compared", a)
		}
		n.typ = BoolType
		return nil
	}
	all := c.find(n.name, n.method)
	if len(all) == 0 {
		what := "function"
		if n.method {
			what = "method"
		}
		return c.errorf(n, "", "the %s %q is not known", what, n.name)
	}
	for _, o := range all {
		if len(o.args) == len(n.args) && slices.EqualFunc(o.args, n.args, func(t *Type, a *node) bool { return fits(t, a.typ) }) {
			n.overs = append(n.overs, o)
		}
	}
	if len(n.overs) == 0 || n.name == "_+_" && !fits(n.args[0].typ, n.args[1].typ) {
		var types []string
		for _, a := range n.args {
			types = append(types, a.typ.String())
		}
		return c.errorf(n, "", "%s does not take (%s)", shown(n.name), strings.Join(types, ", "))
	}
	n.typ = c.result(n)
	if n.name == "matches" {
		return c.matches(n)
	}
	return nil
}

// shown is a function's name as it is written.
func shown(name string) string {
	if len(name) > 1 {
		return strings.Trim(name, "_")
	}
	return name
}

func (c *checker) result(n *node) *Type {
	var t *Type
	for _, o := range n.overs {
		r := o.result
		if r == nil { // of lists, or of one list and something that must be one
			r = anyList
			switch a, b := n.args[0].typ, n.args[1].typ; {
			case a.Kind == List && b.Kind == List:
				r = join(a, b)
			case a.Kind == List:
				r = a
			case b.Kind == List:
				r = b
			}
		}
		if t != nil && t.String() != r.String() {
			return DynType
		}
		t = r
	}
	return t
}

// matches needs its pattern now.
func (c *checker) matches(n *node) error {
	at := n.args[1]
	text, ok := at.value.(string)
	if at.op != opLiteral || !ok {
		if text, ok = c.constant(at).(string); !ok {
			return c.errorf(at, "write it as a quoted text, or name one of the values", "the pattern of matches is not known before the evaluation")
		}
	}
	p, err := compilePattern(text)
	if err != nil {
		return c.errorf(at, "", "the pattern of matches: %s", err)
	}
	n.pattern = p
	return nil
}

// constant is the value of a name, or a field of a name, that is known now.
func (c *checker) constant(n *node) Value {
	switch n.op {
	case opIdent:
		if slot, ok := c.slots[n.name]; ok && slot == n.slot {
			return c.env.Constants[n.name]
		}
	case opSelect:
		if r, ok := c.constant(n.args[0]).(*Record); ok {
			return r.Known[n.name]
		}
	}
	return nil
}

func (c *checker) loop(n *node) error {
	over := n.args[0]
	if err := c.check(over); err != nil {
		return err
	}
	item := DynType
	switch over.typ.Kind {
	case Dyn:
	case List:
		item = over.typ.Elem
	case Map:
		item = over.typ.Key
	default:
		return c.errorf(n, "", "%s can not go through a %s", n.name, over.typ)
	}
	n.slot = c.next
	c.next++
	c.most = max(c.most, c.next)
	c.locals = append(c.locals, local{n.variable, n.slot, item})
	for _, body := range n.args[1:] {
		if err := c.check(body); err != nil {
			return err
		}
	}
	c.locals = c.locals[:len(c.locals)-1]
	c.next--
	if !(n.name == "map" && len(n.args) == 2) && !fits(n.args[1].typ, BoolType) {
		return c.errorf(n.args[1], "", "the condition of %s is a %s, not a bool", n.name, n.args[1].typ)
	}
	switch n.name {
	case "filter":
		n.typ = ListOf(item)
	case "map":
		n.typ = ListOf(n.args[len(n.args)-1].typ)
	default:
		n.typ = BoolType
	}
	return nil
}
