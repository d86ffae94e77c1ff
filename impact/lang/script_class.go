package lang

// Classes of ECMAScript and TypeScript.

// class reads "class Name<T> extends X implements Y { }". The class is all of that but its
// methods, which are definitions of their own; its fields are both.
func (o *scriptOutline) class(d scriptDeclaration, i, to int) int {
	own, name := i, ""
	if o.kind(i+1) == tokenWord && !o.word(i+1, "extends") && !o.word(i+1, "implements") {
		own, name = i+1, string(o.text(i+1))
	}
	body := o.blockStart(own+1, to)
	if body < 0 {
		return 0
	}
	end := o.next(body)
	place := o.define(d, name, Class, own, d.start, body, end, nil)
	if place < 0 {
		return end
	}
	at := len(o.pending) - 1
	decorated := false
	for j := d.start; j < i; j++ {
		decorated = decorated || o.kind(j) == '@'
	}
	o.runs(place, decorated || o.calls(row{own, body}))
	inner := d
	inner.scope.prefix = o.facts.Definitions[place].Name + "."
	inner.name = ""
	for j := body + 1; j < end-1; {
		next, method := o.classMember(inner, place, j, end-1)
		if next = max(next, j+1); method {
			o.pending[at].holes = append(o.pending[at].holes, row{j, next})
		}
		j = next
	}
	return end
}

// scriptMember collects what stands before a member's name.
type scriptMember struct{ static, private bool }

// classMember reads the member at i and is the place behind it, and whether it is a method.
func (o *scriptOutline) classMember(d scriptDeclaration, class, i, to int) (end int, method bool) {
	d.start = i
	if o.kind(i) == ';' || o.kind(i) == ',' {
		return i + 1, false
	}
	i = o.decorators(i, to)
	o.runs(class, i > d.start)
	d.first = i
	var m scriptMember
	for i+1 < to && o.kind(i) == tokenWord && o.modifiesMember(i) {
		switch string(o.text(i)) {
		case "static":
			m.static = true
		case "private":
			m.private = true
		}
		i++
		i = o.decorators(i, to)
	}
	if i < to && o.kind(i) == '*' {
		i++
	}
	if i < to && o.kind(i) == '{' { // static { }
		o.runs(class, true)
		return o.next(i), false
	}
	own, name := i, ""
	switch o.kind(i) {
	case tokenWord:
		name = string(o.text(i))
	case tokenString:
		name, _ = scriptUnquote(o.text(i))
	case tokenNumber:
		name = string(o.text(i))
	case '#':
		if o.kind(i+1) == tokenWord {
			i++
			name, m.private = "#"+string(o.text(i)), true
		}
	case '[':
		i = o.next(i) - 1
		name = "[" + string(o.src[o.tok[own].start+1:o.tok[min(i, len(o.tok)-1)].start]) + "]"
		if len(name) > maxComputedName {
			name = name[:maxComputedName]
		}
	default:
		return o.next(i), false
	}
	if i++; i < to && (o.kind(i) == '?' || o.kind(i) == '!') {
		i++
	}
	d.exported, d.private = d.exported && !m.private, m.private
	if i < to && o.kind(i) == '<' {
		i = max(o.angles(i, to), i)
	}
	if i < to && o.kind(i) == '(' {
		return o.method(d, name, own, i, to), true
	}
	return o.field(d, m, class, name, own, i, to)
}

// maxComputedName bounds the name of a member that is computed, in bytes.
const maxComputedName = 80

func (o *scriptOutline) method(d scriptDeclaration, name string, own, params, to int) int {
	signature := o.functionHead(params, to)
	end := signature
	if end < to && o.kind(end) == '{' {
		end = o.next(end)
	}
	o.define(d, name, Method, own, d.start, signature, min(end, to), nil)
	return end
}

// field reads a field; one that holds a function is a method.
func (o *scriptOutline) field(d scriptDeclaration, m scriptMember, class int, name string, own, i, to int) (end int, method bool) {
	if i < to && o.kind(i) == ':' {
		i = o.typeEnd(i+1, to)
	}
	value, end := i, i
	if i < to && o.kind(i) == '=' {
		end = o.valueEnd(i+1, to, false)
		if body := o.functionValue(i+1, end); body > 0 {
			o.define(d, name, Method, own, d.start, body, end, nil)
			return end, true
		}
		o.runs(class, m.static && o.calls(row{i + 1, end}))
	}
	if end < to && o.kind(end) == ';' {
		end++
	}
	if o.tok[own].kind == '[' && value+1 >= end { // [key: string]: any
		return end, false
	}
	o.define(d, name, Variable, own, d.start, value, end, nil)
	return end, false
}

// modifiesMember says that the word at i is a modifier and no name.
func (o *scriptOutline) modifiesMember(i int) bool {
	switch string(o.text(i)) {
	case "static":
		if o.kind(i+1) == '{' {
			return true
		}
	case "public", "private", "protected", "abstract", "override", "readonly", "declare", "accessor", "export", "default":
	case "get", "set", "async":
		if o.kind(i+1) == '*' {
			return string(o.text(i)) == "async"
		}
	default:
		return false
	}
	next := o.tok[i+1]
	if next.newline && string(o.text(i)) != "static" && string(o.text(i)) != "public" && string(o.text(i)) != "private" && string(o.text(i)) != "protected" {
		return false
	}
	switch next.kind {
	case tokenWord, tokenString, tokenNumber, '#', '[', '@':
		return true
	case '*':
		return true
	}
	return false
}
