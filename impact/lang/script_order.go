package lang

import (
	"strconv"
	"strings"
)

// A script runs from its beginning, so that the order of definitions can matter: a value or
// a class that is needed on load has to stand before, and of two of one name the last counts.

// order says which of the names that a definition or statement needs on load were defined
// before it, and how often, and which one of its name it is; empty where nothing is to be
// said. It is asked in order of the text.
func (o *scriptOutline) order(p *scriptPending) (order []byte) {
	if p.place < 0 {
		order = o.needed(nil, "", p.body, p.holes)
		o.touch(p.body)
		return order
	}
	d := &o.facts.Definitions[p.place]
	hoisted := false
	switch d.Kind {
	case Function:
		hoisted = o.word(p.signature[1].from-2, "function") || o.kind(p.signature[1].from-2) == '*'
	case Method, Type, Interface:
		hoisted = true
	default:
		class := d.Name[:strings.LastIndexByte(d.Name, '.')+1]
		order = o.needed(order, class, p.signature[0], nil)
		order = o.needed(order, class, p.signature[1], nil)
		order = o.needed(order, class, p.body, p.holes)
	}
	if o.bindings == nil {
		o.bindings = map[string]scriptBound{}
	}
	bound := o.bindings[d.Name]
	if bound.times > 0 {
		order = strconv.AppendInt(append(order, '#'), int64(bound.times), 10)
	}
	bound.times++
	if !hoisted {
		bound.values++
	}
	o.bindings[d.Name] = bound
	return order
}

// touch counts a statement as one more definition of the names in it: they may stand for
// something else behind it. So may the name that it begins with, whoever defines that:
// "process.env.A = 1".
func (o *scriptOutline) touch(r row) {
	for i := r.from; i < r.to; i++ {
		if o.kind(i) != tokenWord {
			continue
		}
		bound, ok := o.bindings[string(o.text(i))]
		if !ok && (i > r.from || o.keywords.has(NameHash(o.tok[i].value))) {
			continue
		}
		if o.bindings == nil {
			o.bindings = map[string]scriptBound{}
		}
		bound.values++
		o.bindings[string(o.text(i))] = bound
	}
}

// A scriptBound counts the definitions of one name so far, and those among them that are
// there from the beginning no less.
type scriptBound struct{ times, values int }

// needed appends the names in a row that were defined before. class is what stands before
// the names of fields.
func (o *scriptOutline) needed(order []byte, class string, r row, holes []row) []byte {
	if len(o.bindings) == 0 {
		return order
	}
	for i := r.from; i < r.to; i++ {
		for len(holes) > 0 && i >= holes[0].to {
			holes = holes[1:]
		}
		if len(holes) > 0 && i >= holes[0].from {
			i = holes[0].to - 1
			continue
		}
		if o.kind(i) != tokenWord {
			continue
		}
		name := o.text(i)
		values := 0
		switch {
		case i == 0 || o.kind(i-1) != '.':
			values = o.bindings[string(name)].values
		case class != "" && i > 1 && o.word(i-2, "this"):
			values = o.bindings[class+string(name)].values
		}
		if values > 0 {
			order = strconv.AppendInt(append(append(order, name...), ' '), int64(values), 10)
		}
	}
	return order
}
