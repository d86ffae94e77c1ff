package lang

import (
	"slices"
)

// What a script has from others, and what it hands on.

// scriptBinding is what a local name was imported as.
type scriptBinding struct {
	name  string // "default", "*" for the whole module
	place int    // of the import
}

// scriptSpecifier is one "a as b" of an export without a module's name.
type scriptSpecifier struct {
	local, as string
	row       row
}

// place finds the import that starts with the token at i.
func (o *scriptOutline) place(i int) (int, bool) {
	at := int(o.tok[i].start)
	n, ok := slices.BinarySearchFunc(o.facts.Imports, at, func(imp Import, at int) int { return imp.Line - at })
	return n + o.base, ok
}

// importStatement reads the one at i and is the place behind it; 0 when it is none, but
// a call or import.meta.
func (o *scriptOutline) importStatement(scope scriptScope, i, to int) int {
	j := i + 1
	switch o.kind(j) {
	case '(', '.':
		return 0
	case tokenString: // for its effect
		end := o.statementEnd(j, to)
		o.looseRow(row{i, end})
		return end
	}
	place, ok := o.place(i)
	if o.kind(j) == tokenWord && o.importKind(j) {
		j++
	}
	if o.kind(j) == tokenWord && o.kind(j+1) == '=' {
		return o.importEquals(scope, i, j, to)
	}
	bind := func(local int, name string) {
		word := string(o.text(local))
		if ok {
			o.facts.Bound = append(o.facts.Bound, Bound{NameHash(o.tok[local].value), HashName(name), place})
			if o.imports == nil {
				o.imports = map[string]scriptBinding{}
			}
			o.imports[word] = scriptBinding{name, place}
			if name != "*" {
				o.facts.Exports = append(o.facts.Exports, Export{Name: name})
			}
		}
		if name != "*" {
			o.bind(NameHash(o.tok[local].value), HashName(name))
		} else {
			o.bind(NameHash(o.tok[local].value), HashName("default"))
			o.module(NameHash(o.tok[local].value), outlineModule{every: o.everyOf(place, ok)})
		}
	}
	for j < to && o.kind(j) != tokenString && o.kind(j) != ';' {
		switch {
		case o.word(j, "from"):
			if o.kind(j+1) != tokenString {
				bind(j, "default")
			}
		case o.kind(j) == tokenWord:
			bind(j, "default")
		case o.kind(j) == '*' && o.word(j+1, "as") && o.kind(j+2) == tokenWord:
			bind(j+2, "*")
			j += 2
		case o.kind(j) == '{':
			o.specifiers(j, func(name string, local, _ int) { bind(local, name) })
		}
		j = o.next(j)
	}
	return o.statementEnd(j, to)
}

// importKind says that the word at i is "type" or its like and not what is imported.
func (o *scriptOutline) importKind(i int) bool {
	switch string(o.text(i)) {
	case "type", "typeof", "defer", "source":
	default:
		return false
	}
	switch k := o.kind(i + 1); {
	case k == '{', k == '*':
		return true
	case k == tokenWord:
		return !o.word(i+1, "from") || o.kind(i+2) != tokenString
	}
	return false
}

// importEquals reads "import a = require('x')" and "import a = b.c".
func (o *scriptOutline) importEquals(scope scriptScope, i, name, to int) int {
	end := o.statementEnd(name, to)
	last := end
	if last > 0 && o.kind(last-1) == ';' {
		last--
	}
	d := scriptDeclaration{scope: scope, start: i, first: i, exported: scope.ambient && !scope.hidden}
	o.bind(NameHash(o.tok[name].value), HashName("default"))
	o.define(d, string(o.text(name)), Constant, name, i, name+1, last, nil)
	return end
}

// specifiers reads "{ a, b as c, type d, 'e' as f }" and calls for each: the name, the
// token of the local name and of the first one.
func (o *scriptOutline) specifiers(open int, call func(name string, last, first int)) {
	end := o.next(open) - 1
	for i := open + 1; i < end; {
		next := i
		for next < end && o.kind(next) != ',' {
			next++
		}
		first := i
		if n := next - i; o.word(i, "type") && (n == 2 || n == 4 || n == 3 && !o.word(i+1, "as")) {
			first++
		}
		if first < next && (o.kind(first) == tokenWord || o.kind(first) == tokenString) {
			name := string(o.text(first))
			if o.kind(first) == tokenString {
				name, _ = scriptUnquote(o.text(first))
			}
			if name != "" {
				call(name, next-1, first)
			}
		}
		i = next + 1
	}
}

// specifierName is the name that a token of a specifier spells.
func (o *scriptOutline) specifierName(i int) string {
	if o.kind(i) == tokenString {
		name, _ := scriptUnquote(o.text(i))
		return name
	}
	return string(o.text(i))
}

// exportStatement reads an export that declares nothing itself; 0 when a declaration
// stands behind it. start is where its decorators are, i the word.
func (o *scriptOutline) exportStatement(scope scriptScope, start, i, to int) int {
	j := i + 1
	if o.word(j, "type") && (o.kind(j+1) == '{' || o.kind(j+1) == '*') {
		j++
	}
	switch {
	case o.kind(j) == '{':
		return o.exportList(i, j, to)
	case o.kind(j) == '*':
		end := o.statementEnd(j, to)
		if place, ok := o.place(i); ok {
			e := Export{Name: "*", As: "*", Import: place}
			if o.word(j+1, "as") {
				e.As = o.specifierName(j + 2)
			}
			if e.As != "" {
				o.facts.Exports = append(o.facts.Exports, e)
			}
		}
		return end
	case o.word(j, "default"):
		return o.exportDefault(start, i, to)
	case o.kind(j) == '=': // export = x
		return o.defaultValue(i, j+1, to)
	case o.word(j, "import") && o.kind(j+1) == tokenWord && o.kind(j+2) == '=':
		end := o.statementEnd(j+1, to)
		d := scriptDeclaration{scope: scope, start: i, first: i, exported: !scope.hidden}
		o.define(d, string(o.text(j+1)), Constant, j+1, i, j+2, end, nil)
		return end
	case o.word(j, "as") && o.word(j+1, "namespace"):
		return o.statementEnd(j, to)
	case o.kind(j) == tokenWord && o.word(j+1, "from") && o.kind(j+2) == tokenString: // Babel's
		if place, ok := o.place(i); ok {
			o.facts.Exports = append(o.facts.Exports, Export{Name: "default", As: string(o.text(j)), Import: place})
		}
		return o.statementEnd(j, to)
	}
	return 0
}

// exportList reads "export { a, b as c }", with or without "from 'x'".
func (o *scriptOutline) exportList(i, open, to int) int {
	end := o.next(open)
	from := o.word(end, "from") && o.kind(end+1) == tokenString
	place, ok := 0, false
	if from {
		place, ok = o.place(i)
	}
	o.specifiers(open, func(name string, last, first int) {
		as := o.specifierName(last)
		switch {
		case as == "":
		case ok:
			o.facts.Exports = append(o.facts.Exports, Export{Name: name, As: as, Import: place})
		case !from:
			o.exports = append(o.exports, scriptSpecifier{local: name, as: as, row: row{first, last + 1}})
		}
	})
	if from {
		return o.statementEnd(end, to)
	}
	if end < to && o.kind(end) == ';' {
		end++
	}
	return end
}

// exportDefault reads "export default ...".
func (o *scriptOutline) exportDefault(start, i, to int) int {
	j := o.decorators(i+2, to)
	d := scriptDeclaration{start: start, first: i, exported: true, name: "default"}
	k := j
	for o.kind(k) == tokenWord && (o.modifies(k) || o.word(k, "abstract") && o.word(k+1, "class")) {
		k++
	}
	end := 0
	if o.kind(k) == tokenWord {
		switch string(o.text(k)) {
		case "function":
			end = o.function(d, k, to)
		case "class":
			end = o.class(d, k, to)
		case "interface":
			if o.kind(k+1) == tokenWord {
				end = o.block(d, k, to, Interface)
			}
		}
	}
	if end > 0 {
		return end
	}
	return o.defaultValue(i, j, to)
}

// defaultValue defines what "export default value" exports; a plain name is one
// definition more, which mentions the one that it names.
func (o *scriptOutline) defaultValue(i, value, to int) int {
	last := o.valueEnd(value, to, false)
	end := last
	if end < to && o.kind(end) == ';' {
		end++
	}
	d := scriptDeclaration{start: i, first: i, exported: true}
	if value+1 == last && o.kind(value) == tokenWord {
		o.exports = append(o.exports, scriptSpecifier{local: string(o.text(value)), as: "default", row: row{i, end}})
	} else {
		kind, body := Variable, value
		if b := o.functionValue(value, last); b > 0 {
			kind, body = Function, b
		}
		place := o.define(d, "default", kind, len(o.tok), i, body, end, nil)
		o.runs(place, kind == Variable && o.calls(row{value, last}))
	}
	return end
}

// resolveExports says which definitions the lists of exports name.
func (o *scriptOutline) resolveExports() {
	if len(o.exports) == 0 {
		return
	}
	known := map[string][]int{}
	for place, d := range o.facts.Definitions {
		known[d.Name] = append(known[d.Name], place)
	}
	for _, e := range o.exports {
		binding, imported := o.imports[e.local]
		switch places := known[e.local]; {
		case imported:
			o.facts.Exports = append(o.facts.Exports, Export{Name: binding.name, As: e.as, Import: binding.place})
		case e.local == e.as && len(places) > 0:
			for _, place := range places {
				o.showAll(place)
			}
		default:
			d := scriptDeclaration{start: e.row.from, first: e.row.from, exported: true}
			o.define(d, e.as, Variable, len(o.tok), e.row.from, e.row.from, e.row.to, nil)
		}
	}
	o.sort()
}

// showAll exports a definition, and its members that are not private.
func (o *scriptOutline) showAll(place int) {
	name := o.facts.Definitions[place].Name
	o.facts.Definitions[place].Exported = true
	for i := place + 1; i < len(o.facts.Definitions); i++ {
		d := &o.facts.Definitions[i]
		if len(d.Name) <= len(name) || d.Name[:len(name)] != name || d.Name[len(name)] != '.' {
			break
		}
		d.Exported = !o.private[i]
	}
}

// sort brings definitions into the order in which they stand.
func (o *scriptOutline) sort() {
	order := make([]int, len(o.facts.Definitions))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return o.facts.Definitions[a].Start - o.facts.Definitions[b].Start
	})
	to := make([]int, len(order))
	sorted := make([]Definition, len(order))
	for i, from := range order {
		to[from], sorted[i] = i, o.facts.Definitions[from]
	}
	o.facts.Definitions = sorted
	for i := range o.pending {
		if p := &o.pending[i]; p.place >= 0 {
			p.place = to[p.place]
		}
	}
}
