package cel

import "math"

// A machine is one evaluation.
type machine struct {
	vars        []Value
	cost, limit int64
}

// pay counts steps, and ends the evaluation when there are too many. No macro and no
// operator of logic goes on after that.
func (m *machine) pay(n int64) *EvalError {
	if m.cost += n; m.cost > m.limit {
		return &EvalError{Why: TooMuch, Message: "the expression takes too many steps over this data"}
	}
	return nil
}

// textCost is what going through a text of so many bytes costs.
func textCost(n int) int64 { return (int64(n) + 9) / 10 }

func (m *machine) eval(n *node) (Value, *EvalError) {
	if err := m.pay(1); err != nil {
		return nil, err
	}
	switch n.op {
	case opLiteral:
		return n.value, nil
	case opIdent:
		return m.vars[n.slot], nil
	case opSelect, opHas:
		return m.selects(n)
	case opIndex:
		return m.index(n)
	case opAnd:
		return m.logic(n, false)
	case opOr:
		return m.logic(n, true)
	case opCond:
		v, err := m.boolean(n.args[0])
		if err != nil {
			return nil, err
		}
		if v {
			return m.eval(n.args[1])
		}
		return m.eval(n.args[2])
	case opLoop:
		return m.loop(n)
	case opNot:
		v, err := m.boolean(n.args[0])
		return !v, err
	}
	args := make([]Value, len(n.args))
	for i, a := range n.args {
		v, err := m.eval(a)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	switch n.op {
	case opList:
		return args, nil
	case opMap:
		var keys, values []Value
		for i := 0; i < len(args); i += 2 {
			keys, values = append(keys, args[i]), append(values, args[i+1])
		}
		v, err := NewMapping(keys, values)
		if err != nil {
			return nil, err.(*EvalError)
		}
		return v, nil
	}
	return m.call(n, args)
}

func (m *machine) boolean(n *node) (bool, *EvalError) {
	v, err := m.eval(n)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, failed("a %s stands where a bool is needed", typeOf(v))
	}
	return b, nil
}

// logic is && and ||: the operand that decides does so whether or not another one has a
// value, on either side of it. What does not decide is an error if one of them is.
func (m *machine) logic(n *node, decides bool) (Value, *EvalError) {
	return settle(len(n.args), decides, func(i int) (bool, *EvalError) { return m.boolean(n.args[i]) })
}

// settle asks n operands until one decides. It is used where an error counts only as long
// as no operand does.
func settle(n int, decides bool, ask func(i int) (bool, *EvalError)) (Value, *EvalError) {
	var failure *EvalError
	for i := range n {
		v, err := ask(i)
		switch {
		case err != nil && err.Why == TooMuch:
			return nil, err
		case err != nil && failure == nil:
			failure = err
		case err == nil && v == decides:
			return v, nil
		}
	}
	if failure != nil {
		return nil, failure
	}
	return !decides, nil
}

func (m *machine) selects(n *node) (Value, *EvalError) {
	of, err := m.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case *Mapping:
		v, ok := of.Get(n.name)
		if n.op == opHas {
			return ok, nil
		}
		if ok {
			return v, nil
		}
		return nil, failed("there is no key %q; ask has(...) before", n.name)
	case *Record:
		if v, ok := of.Known[n.name]; ok {
			if n.op == opHas {
				return true, nil
			}
			return v, nil
		}
		if why := of.Unknown[n.name]; why != "" {
			return nil, &EvalError{Why: Missing, Message: why}
		}
		return nil, failed("%s has no %q", of.Type, n.name)
	}
	return nil, failed("a %s has no key %q", typeOf(of), n.name)
}

func (m *machine) index(n *node) (Value, *EvalError) {
	of, err := m.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	at, err := m.eval(n.args[1])
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case *Mapping:
		if v, ok := of.Get(at); ok {
			return v, nil
		}
		return nil, failed("there is no such key; ask \"key\" in map before")
	case []Value:
		k, ok := mapKey(at)
		i, isInt := k.(int64)
		if !ok || !isInt {
			return nil, failed("a %s is no place in a list", typeOf(at))
		}
		if i < 0 || i >= int64(len(of)) {
			return nil, failed("the list has no item %d", i)
		}
		return of[i], nil
	}
	return nil, failed("a %s has no items", typeOf(of))
}

func (m *machine) call(n *node, args []Value) (Value, *EvalError) {
	switch n.name {
	case "_==_":
		v, err := m.equal(args[0], args[1])
		return v, err
	case "_!=_":
		v, err := m.equal(args[0], args[1])
		return !v, err
	case "_in_":
		return m.in(args[0], args[1])
	case "matches":
		s, ok := args[0].(string)
		if !ok {
			return nil, failed("matches does not take a %s", typeOf(args[0]))
		}
		if err := m.pay(textCost(len(s)) * n.pattern.steps); err != nil {
			return nil, err
		}
		return n.pattern.re.MatchString(s), nil
	}
	for _, o := range n.overs {
		if m.takes(o, args) {
			return o.call(m, args)
		}
	}
	// Numbers of different kinds have an order, known only now.
	if len(args) == 2 && (n.name == "_<_" || n.name == "_<=_" || n.name == "_>_" || n.name == "_>=_") {
		if isNumber(args[0]) && isNumber(args[1]) {
			return n.overs[0].call(m, args)
		}
	}
	return nil, failed("%s does not take a %s", shown(n.name), typeOf(args[0]))
}

func isNumber(v Value) bool {
	switch v.(type) {
	case int64, uint64, float64:
		return true
	}
	return false
}

// takes compares the kinds that an overload wants with those that came.
func (m *machine) takes(o *overload, args []Value) bool {
	for i, t := range o.args {
		ok := false
		switch args[i].(type) {
		case nil:
			ok = t.Kind == Null
		case bool:
			ok = t.Kind == Bool
		case int64:
			ok = t.Kind == Int
		case uint64:
			ok = t.Kind == Uint
		case float64:
			ok = t.Kind == Double
		case string:
			ok = t.Kind == String
		case []byte:
			ok = t.Kind == Bytes
		case []Value:
			ok = t.Kind == List
		case *Mapping:
			ok = t.Kind == Map
		}
		if !ok && t.Kind != Dyn {
			return false
		}
	}
	return true
}

func (m *machine) in(v, of Value) (Value, *EvalError) {
	switch of := of.(type) {
	case *Mapping:
		_, ok := of.Get(v)
		return ok, nil
	case []Value:
		for _, item := range of {
			same, err := m.equal(v, item)
			if err != nil || same {
				return same, err
			}
		}
		return false, nil
	}
	return nil, failed("in does not take a %s", typeOf(of))
}

// loop runs a macro. all and exists follow && and ||; the others need every answer.
func (m *machine) loop(n *node) (Value, *EvalError) {
	over, err := m.eval(n.args[0])
	if err != nil {
		return nil, err
	}
	var items []Value
	switch over := over.(type) {
	case []Value:
		items = over
	case *Mapping:
		items = over.keys
	default:
		return nil, failed("%s can not go through a %s", n.name, typeOf(over))
	}
	switch n.name {
	case "all":
		return m.any(n, items, false)
	case "exists":
		return m.any(n, items, true)
	}
	kept, count := []Value{}, 0
	for _, item := range items {
		m.vars[n.slot] = item
		holds := true
		if n.name != "map" || len(n.args) == 3 {
			if holds, err = m.boolean(n.args[1]); err != nil {
				return nil, err
			}
		}
		if !holds {
			continue
		}
		count++
		switch n.name {
		case "filter":
			kept = append(kept, item)
		case "map":
			if item, err = m.eval(n.args[len(n.args)-1]); err != nil {
				return nil, err
			}
			kept = append(kept, item)
		}
	}
	if n.name == "exists_one" {
		return count == 1, nil
	}
	return kept, nil
}

func (m *machine) any(n *node, items []Value, decides bool) (Value, *EvalError) {
	return settle(len(items), decides, func(i int) (bool, *EvalError) {
		m.vars[n.slot] = items[i]
		return m.boolean(n.args[1])
	})
}

// A need is what the estimate knows of a node: its steps and how many items it may have.
type need struct{ cost, items int64 }

// estimate is the most that a node may cost over lists of AssumedSize items.
func estimate(n *node) need {
	total, items := int64(1), int64(AssumedSize)
	add := func(c int64) { total = saturate(total, c) }
	if n.op == opLoop {
		over := estimate(n.args[0])
		add(over.cost)
		for _, body := range n.args[1:] {
			c := estimate(body).cost
			if c > 0 && over.items > math.MaxInt64/c {
				return need{math.MaxInt64, over.items}
			}
			add(c * over.items)
		}
		return need{total, over.items}
	}
	last := need{}
	for _, a := range n.args {
		e := estimate(a)
		last = e
		add(e.cost)
		if n.name == "_+_" && n.op == opCall {
			items = max(items, saturate(items, e.items))
		}
	}
	switch {
	case n.op == opList:
		items = int64(len(n.args))
	case n.op == opMap:
		items = int64(len(n.args) / 2)
	case n.op == opCall && (n.name == "_in_" || n.name == "_+_" || n.name == "_==_" || n.name == "_!=_"):
		if k := n.args[len(n.args)-1].typ.Kind; k == List || k == Map || k == Dyn {
			add(last.items)
		}
	case n.pattern != nil:
		add(10 * n.pattern.steps)
	}
	return need{total, items}
}

func saturate(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
