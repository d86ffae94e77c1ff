package lang

// Variables of ECMAScript, and what CommonJS exports.

// variables reads "const a = 1, {b, c: [d]} = x;", of which the keyword is at i.
func (o *scriptOutline) variables(d scriptDeclaration, i, to int) int {
	kind := Variable
	if o.word(i, "const") || o.word(i, "using") {
		kind = Constant
	}
	d.first = d.start
	for i++; i < to; i++ {
		from := i
		names := o.pattern(nil, i, to)
		if len(names) == 0 && o.kind(i) != '{' && o.kind(i) != '[' {
			return i
		}
		i = o.next(i)
		if i < to && o.kind(i) == '!' {
			i++
		}
		if i < to && o.kind(i) == ':' {
			i = o.typeEnd(i+1, to)
		}
		value, end := min(i, to), min(i, to)
		if i < to && o.kind(i) == '=' {
			end = o.valueEnd(i+1, to, true)
		}
		for n, name := range o.fits(names) {
			place := o.variable(d, kind, name, from, value, end, len(names) == 1)
			if place >= 0 && n > 0 {
				o.pending[len(o.pending)-1].same = true
			}
		}
		if i = end; i >= to || o.kind(i) != ',' {
			break
		}
	}
	if i < to && o.kind(i) == ';' {
		i++
	}
	return i
}

// variable defines one name of a declarator, which is from..end with its value behind
// the "=" at value.
func (o *scriptOutline) variable(d scriptDeclaration, kind DefinitionKind, name, from, value, end int, alone bool) (place int) {
	d.start, d.first = from, from
	body := value
	if alone && value < end {
		if b := o.functionValue(value+1, end); b > 0 {
			kind, body = Function, b
		}
		if from == name && o.word(value+1, "require") && o.kind(value+2) == '(' { // a pattern says what it takes
			o.bind(NameHash(o.tok[name].value), HashName("default"))
			if o.next(value+2) >= end { // not a part of it
				o.module(NameHash(o.tok[name].value), outlineModule{called: true, every: []NameHash{Everything}})
			}
		}
	}
	own := name
	if !alone || from != name { // a pattern says names of what it takes apart
		own = -1
	}
	place = o.define(d, string(o.text(name)), kind, own, from, body, end, nil)
	if kind != Function {
		runs := o.calls(row{value, end})
		if runs && alone && place >= 0 && d.scope.depth == 0 {
			runs = o.keep(place, row{value + 1, end})
		}
		o.runs(place, runs)
	} else if d.scope.depth == 0 && !o.word(value+1, "async") {
		params := value + 1
		if o.kind(params) == '<' {
			params = o.angles(params, end)
		}
		o.keeper(string(o.text(name)), params, row{body, end})
	}
	return place
}

// maxPatterns is how deep patterns in patterns are read.
const maxPatterns = 16

// pattern appends the tokens of the names that the one at i binds.
func (o *scriptOutline) pattern(names []int, i, to int) []int {
	if i >= to {
		return names
	}
	if o.kind(i) == tokenWord {
		return append(names, i)
	}
	if o.kind(i) != '{' && o.kind(i) != '[' {
		return names
	}
	// A name binds if it stands at the end of an element, before its default value.
	end := o.next(i) - 1
	for depth, j := 1, i+1; j < min(end, to) && depth <= maxPatterns; {
		switch o.kind(j) {
		case '{', '[':
			if o.kind(j-1) == ':' || o.kind(j-1) == ',' || j == i+1 || o.kind(j-1) == '.' || o.kind(j-1) == '{' || o.kind(j-1) == '[' {
				if o.kind(o.next(j)) == ':' { // a computed key
					j = o.next(j)
					continue
				}
				depth++
				j++
				continue
			}
			j = o.next(j)
		case '}', ']':
			depth--
			j++
		case '=': // a default value: up to the comma
			for j < end && o.kind(j) != ',' && o.kind(j) != '}' && o.kind(j) != ']' {
				j = o.next(j)
			}
		case tokenWord:
			if k := o.kind(j + 1); k != ':' {
				names = append(names, j)
			}
			j++
		default:
			j++
		}
	}
	return names
}

// valueEnd is expressionEnd for what stands behind "=": the type that a function with
// "=>" returns may hold commas.
func (o *scriptOutline) valueEnd(i, to int, declarators bool) int {
	if o.word(i, "function") {
		return o.expressionEnd(i, to, declarators)
	}
	body := o.functionValue(i, to)
	switch {
	case body == 0:
		return o.expressionEnd(i, to, declarators)
	case body < to && o.kind(body) == '{':
		return min(o.next(body), to)
	}
	return o.expressionEnd(body, to, declarators)
}

// functionValue is where the body of the function starts that the value at i is, behind
// "=>" or before its brace; 0 when it is none.
func (o *scriptOutline) functionValue(i, to int) int {
	if o.word(i, "async") && i+1 < to && !o.tok[i+1].newline && (o.kind(i+1) != tokenArrow) {
		i++
	}
	j := i
	switch {
	case j >= to:
		return 0
	case o.word(j, "function"):
		if j++; o.kind(j) == '*' {
			j++
		}
		if o.kind(j) == tokenWord {
			j++
		}
		if j < to && o.kind(j) == '<' {
			j = max(o.angles(j, to), j)
		}
		if j >= to || o.kind(j) != '(' {
			return 0
		}
		j = o.functionHead(j, to)
		if j < to && o.kind(j) == '{' && o.next(j) >= to {
			return j
		}
		return 0 // called at once, or a part of something else
	case o.kind(j) == tokenWord:
		j++
	default:
		if o.kind(j) == '<' {
			j = max(o.angles(j, to), j)
		}
		if j >= to || o.kind(j) != '(' {
			return 0
		}
		j = o.functionHead(j, to)
	}
	if j < to && o.kind(j) == tokenArrow {
		return j + 1
	}
	return 0
}

// calls says that evaluating a row of tokens may run code that somebody wrote. What
// stands in a function that is only made there does not run.
func (o *scriptOutline) calls(r row) bool {
	for i := r.from; i < r.to; i++ {
		switch o.kind(i) {
		case tokenWord:
			if string(o.text(i)) == "new" {
				return true
			}
		case tokenString: // a tag before a template
			if i > r.from && o.src[o.tok[i].start] == '`' && o.kind(i-1) == tokenWord && o.tok[i-1].end == o.tok[i].start {
				return true
			}
		case tokenElement:
			return true
		case tokenArrow: // its body runs later
			if o.kind(i+1) == '{' {
				i = o.next(i+1) - 1
				continue
			}
			for i+1 < r.to && o.kind(i+1) != ',' && o.kind(i+1) != ')' && o.kind(i+1) != ']' && o.kind(i+1) != '}' && o.kind(i+1) != ';' {
				i = o.next(i+1) - 1
			}
		case '(':
			end := o.next(i)
			switch k := o.kind(end); {
			case i == r.from, k == tokenArrow:
			case k == '{' && !o.word(i-1, "if"): // a method, or a function
				i = o.next(end) - 1
			case k == ':' && o.kind(o.typeEnd(end+1, r.to)) == tokenArrow && o.spend(end-i):
			default:
				switch o.kind(i - 1) {
				case tokenWord, ')', ']', '}', '>', '?':
					return true
				}
			}
		}
	}
	return false
}

// commonJS reads "exports.a = b", "module.exports = {a}": false when the statement is
// neither.
func (o *scriptOutline) commonJS(r row) bool {
	i := r.from
	name, value := o.exportsTarget(i, r.to)
	if value == 0 {
		return false
	}
	for j := value; j < r.to; j = o.next(j) {
		if o.kind(j) == ',' { // "exports.a = b, exports.c = d" of a minifier: it is all one
			return false
		}
	}
	names, at := []string{name}, []int{i}
	for {
		next, v := o.exportsTarget(value, r.to)
		if v == 0 {
			break
		}
		if len(names) == maxNames {
			o.facts.Damaged = true
			break
		}
		names, at, value = append(names, next), append(at, value), v
	}
	for n, name := range names {
		d := scriptDeclaration{start: r.from, first: at[n], exported: true}
		before := len(o.pending)
		o.exported(d, name, value, r.to)
		if len(o.pending) > before && before > 0 && n > 0 && o.pending[before-1].body == o.pending[before].body {
			o.pending[before].same = true
		}
	}
	return true
}

// exportsTarget reads "exports.name =", "module.exports.name =" and "module.exports =",
// of which the name is "default". value is the place behind the "="; 0 when none stands
// at i.
func (o *scriptOutline) exportsTarget(i, to int) (name string, value int) {
	if o.word(i, "module") && o.kind(i+1) == '.' && o.word(i+2, "exports") {
		i += 2
		name = "default"
	} else if !o.word(i, "exports") {
		return "", 0
	}
	i++
	if o.kind(i) == '.' && o.kind(i+1) == tokenWord {
		name = string(o.text(i + 1))
		i += 2
	}
	if name == "" {
		name = "default" // exports = module.exports = x
	}
	if i+1 >= to || o.kind(i) != '=' || o.kind(i+1) == '=' || o.kind(i+1) == tokenArrow {
		return "", 0
	}
	return name, i + 1
}

// exported defines the value that "exports.name =" names.
func (o *scriptOutline) exported(d scriptDeclaration, name string, value, to int) {
	from := d.start
	if o.word(value, "require") && o.kind(value+1) == '(' && o.next(value+1) >= to-1 {
		if place, ok := o.place(value); ok {
			as := name
			if name == "default" {
				as = "*"
			}
			o.facts.Exports = append(o.facts.Exports, Export{Name: "*", As: as, Import: place})
			if o.script.handed == nil {
				o.script.handed = map[int]bool{}
			}
			o.script.handed[value] = true
		}
	}
	if to > value && o.kind(to-1) == ';' {
		to--
	}
	if o.kind(value) == tokenWord && value+1 == to && string(o.text(value)) == name {
		o.exports = append(o.exports, scriptSpecifier{local: name, as: name, row: row{from, to}})
		return
	}
	kind, body := Variable, value
	if b := o.functionValue(value, to); b > 0 {
		kind, body = Function, b
	}
	place := o.define(d, name, kind, len(o.tok), from, body, to, nil)
	if kind == Variable {
		if r := (row{value, to}); o.called.row != r { // asked for each name of one value
			o.called.row, o.called.does = r, o.calls(r)
		}
		o.runs(place, o.called.does)
	}
	if o.kind(value) != '{' || name != "default" {
		return
	}
	end := o.next(value) - 1
	for i := value + 1; i < min(end, to); {
		next := i
		for next < end && o.kind(next) != ',' {
			next = o.next(next)
		}
		if o.kind(i) == tokenWord && (next == i+1 || next == i+3 && o.kind(i+1) == ':' && o.kind(i+2) == tokenWord) &&
			!o.keywords.has(NameHash(o.tok[next-1].value)) {
			o.exports = append(o.exports, scriptSpecifier{
				local: string(o.text(next - 1)), as: string(o.text(i)), row: row{i, next},
			})
		}
		i = next + 1
	}
}
