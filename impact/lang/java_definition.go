package lang

import (
	"slices"
	"sync"
)

// Definitions of Java: the types of a file and their members. A type is all of its text
// but its methods and the types in it, which are definitions of their own; fields and the
// constants of enums are both.

type javaOutline struct {
	outline
	bound int          // imports whose names are bound
	typed map[int]bool // names behind "::" and type arguments
}

// javaType is a type of which the body is being read.
type javaType struct {
	prefix   string // "Outer.Inner."
	name     string // its own
	depth    int
	exported bool
	shared   bool  // an interface: its fields are constants
	record   bool  // its components are asked for without their names
	notes    bool  // an annotation: its members are
	holes    []row // its methods and types
}

var javaKeywords = sync.OnceValue(func() *keywordSet {
	return newKeywords(`abstract assert boolean break byte case catch char class const continue default do double else
		enum extends final finally float for goto if implements import instanceof int interface long native new
		package private protected public return short static strictfp super switch synchronized this throw throws
		transient try void volatile while true false null var`)
})

func (s *javaScanner) outline() {
	o := javaOutline{outline: *newOutline(s.src, s.tok.list, &s.facts, javaKeywords())}
	o.java = &o
	for _, open := range s.typed {
		if o.typed == nil {
			o.typed = map[int]bool{}
		}
		o.typed[o.angles(open, len(o.tok))] = true
	}
	top := javaType{exported: true}
	for i := 0; i < len(o.tok); {
		end := o.declaration(&top, i, len(o.tok))
		i = max(end, i+1)
	}
	o.finish()
}

// declaration reads one of a file or of the body of a type, and is the place behind it.
func (o *javaOutline) declaration(t *javaType, i, to int) int {
	if o.kind(i) == ';' {
		return i + 1
	}
	if t.prefix == "" && o.kind(i) == tokenWord && (o.word(i, "package") || o.word(i, "import")) {
		if static := o.word(i+1, "static"); o.word(i, "import") && static {
			o.imported(i+2, to, true)
		} else if o.word(i, "import") {
			o.imported(i+1, to, false)
		}
		for i < to && o.kind(i) != ';' {
			i = o.next(i)
		}
		return i + 1
	}
	d := javaDeclaration{start: i, first: -1}
	i = o.modifiers(&d, i, to)
	if i < to && o.kind(i) == '<' {
		i = o.modifiers(&d, o.angles(i, to), to)
	}
	switch {
	case i >= to:
	case t.prefix == "" && (o.word(i, "package") || o.kind(i+1) == tokenWord && (o.word(i, "module") || o.word(i, "open"))):
		for i < to && o.kind(i) != ';' && o.kind(i) != '{' {
			i = o.next(i)
		}
		return o.loose(t, d.start, o.next(i))
	case o.kind(i) == '{': // an initializer
		return o.loose(t, d.start, o.next(i))
	case o.kind(i) == '@': // @interface
		return o.typeDeclaration(t, d, i+1, to, Interface)
	case o.kind(i) != tokenWord:
	case o.word(i, "class"):
		return o.typeDeclaration(t, d, i, to, Class)
	case o.word(i, "interface"):
		return o.typeDeclaration(t, d, i, to, Interface)
	case o.word(i, "enum"):
		return o.typeDeclaration(t, d, i, to, Enum)
	case o.word(i, "record") && o.kind(i+1) == tokenWord && (o.kind(i+2) == '(' || o.kind(i+2) == '<'):
		return o.typeDeclaration(t, d, i, to, Class)
	case o.kind(i+1) == '(', o.kind(i+1) == '{' && t.name != "" && o.word(i, t.name): // a constructor
		return o.method(t, d, i, to)
	default:
		if name := o.typeEnd(i, to); name < to && o.kind(name) == tokenWord {
			if o.kind(name+1) == '(' {
				return o.method(t, d, name, to)
			}
			return o.fields(t, d, name, to)
		}
	}
	// Not understood: up to the end of what may be a statement.
	for i < to && o.kind(i) != ';' && o.kind(i) != '{' {
		i = o.next(i)
	}
	if i < to {
		i = o.next(i)
	}
	return o.loose(t, d.start, i)
}

// imported reads on behind "import" or "import static": who says the last name means each
// type before it, since a member counts as the outermost one and a nested type may have it
// from elsewhere; behind a star anybody may.
func (o *javaOutline) imported(i, to int, static bool) {
	var names []int
	star := false
	for ; i < to && o.kind(i) != ';'; i++ {
		switch o.kind(i) {
		case tokenWord:
			names = append(names, i)
		case '*':
			star = true
		}
	}
	o.bind(names, star)
	owners := names
	if !star && len(names) > 0 {
		owners = names[:len(names)-1]
		o.facts.Exports = append(o.facts.Exports, Export{Name: string(o.text(names[len(names)-1]))})
	}
	for n, owner := range owners {
		direct := static && n == len(owners)-1 // a type, whatever its name looks like
		switch {
		case !direct && !isTypeName(o.text(owner)):
		case star:
			o.always = append(o.always, NameHash(o.tok[owner].value))
		default:
			o.alias(NameHash(o.tok[names[len(names)-1]].value), NameHash(o.tok[owner].value))
		}
	}
}

// bind notes what an import of one type or member stands for.
func (o *javaOutline) bind(names []int, star bool) {
	if star || len(names) == 0 {
		return
	}
	var full []byte
	for i, n := range names {
		if i > 0 {
			full = append(full, '.')
		}
		full = append(full, o.text(n)...)
	}
	for ; o.bound < len(o.facts.Imports); o.bound++ { // both are in the order of the file
		if o.facts.Imports[o.bound].Spec == string(full) {
			last := names[len(names)-1]
			o.facts.Bound = append(o.facts.Bound, Bound{NameHash(o.tok[last].value), HashName(o.text(last)), o.bound})
			return
		}
	}
}

// loose takes in what declares nothing: in a type it is a part of that.
func (o *javaOutline) loose(t *javaType, from, to int) int {
	to = min(to, len(o.tok))
	if t.prefix == "" && from < to {
		o.seen.reset()
		o.digest(&o.rest, row{from, to}, nil)
		o.outline.loose = append(o.outline.loose, o.seen.names...)
	}
	return to
}

// javaDeclaration is what is known of a declaration before its name.
type javaDeclaration struct {
	start   int // its first token
	first   int // the first one behind its annotations; -1 until it is known
	private bool
	static  bool
	final   bool
	native  bool
	noted   bool // an annotation may make somebody use it who does not say its name
	sourced bool // an annotation without a value means a method of the same name
}

// modifiers reads them and the annotations between them; the place behind both. It goes
// on where it is called again, behind type parameters.
func (o *javaOutline) modifiers(d *javaDeclaration, i, to int) int {
	for i < to {
		if o.kind(i) == '@' {
			if o.word(i+1, "interface") {
				break
			}
			end := o.annotation(i, to)
			d.noted = d.noted || !o.isPassive(i, end)
			d.sourced = d.sourced || o.kind(end-1) != ')' && o.word(end-1, "MethodSource") || o.kind(end-2) == '(' && o.word(end-3, "MethodSource")
			i = end
			continue
		}
		if o.kind(i) != tokenWord || !o.modifier(i) {
			break
		}
		if d.first < 0 {
			d.first = i
		}
		switch string(o.text(i)) {
		case "private":
			d.private = true
		case "static":
			d.static = true
		case "final":
			d.final = true
		case "native":
			d.native = true
		case "non":
			i += 2
		}
		i++
	}
	if d.first < 0 {
		d.first = min(i, to)
	}
	return i
}

func (o *javaOutline) modifier(i int) bool {
	switch string(o.text(i)) {
	case "public", "protected", "private", "static", "final", "abstract", "native", "synchronized", "transient", "volatile", "strictfp", "default":
		return true
	case "sealed":
		return o.kind(i+1) == tokenWord
	case "non":
		return o.kind(i+1) == '-' && o.word(i+2, "sealed")
	}
	return false
}

// annotation reads "@a.B(c)". It makes nothing run when the file is loaded: whatever finds it
// then, a framework or a processor, is given the type, by its name or by that of its package.
func (o *javaOutline) annotation(i, to int) int {
	i++
	for i < to && o.kind(i) == tokenWord {
		if i++; i >= to || o.kind(i) != '.' {
			break
		}
		i++
	}
	if i < to && o.kind(i) == '(' {
		i = o.next(i)
	}
	return min(i, to)
}

// typeDeclaration reads a type of which the keyword is at i.
func (o *javaOutline) typeDeclaration(t *javaType, d javaDeclaration, i, to int, kind DefinitionKind) int {
	own := i + 1
	if o.kind(own) != tokenWord {
		return o.loose(t, d.start, own)
	}
	body := own + 1
	for body < to && o.kind(body) != '{' && o.kind(body) != ';' {
		body = o.next(body)
	}
	body = min(body, to)
	end := body
	if body < to {
		end = min(o.next(body), to)
	}
	name := string(o.text(own))
	inner := javaType{
		prefix: t.prefix + name + ".", name: name, depth: t.depth + 1,
		exported: t.exported && !d.private, shared: kind == Interface,
		record: o.word(i, "record"), notes: o.kind(i-1) == '@',
	}
	place := len(o.facts.Definitions)
	o.facts.Definitions = append(o.facts.Definitions, o.definition(t, d, name, kind, d.first, end))
	if d.noted {
		o.facts.Definitions[place].Shape = javaOpen
	}
	if body < end && t.depth < maxNesting {
		last := end
		if o.kind(end-1) == '}' {
			last--
		}
		j := body + 1
		if kind == Enum {
			j = o.enumConstants(&inner, j, last)
		}
		for j < last {
			j = max(o.declaration(&inner, j, last), j+1)
		}
	}
	o.digestInto(place, d.start, own, body, end, inner.holes)
	o.heirs(&o.facts.Definitions[place], own+1, body)
	t.holes = append(t.holes, row{d.start, end})
	return end
}

// definition is one that is still to be digested.
func (o *javaOutline) definition(t *javaType, d javaDeclaration, name string, kind DefinitionKind, first, end int) Definition {
	at := int(o.tok[min(first, end-1)].start)
	line := o.lines.at(at)
	return Definition{
		Name: t.prefix + name, Kind: kind, Exported: t.exported && !d.private,
		Start: line, End: o.lines.span(line, at, int(o.tok[end-1].end)),
	}
}

// digestInto fills in a definition: from its annotations, its name, its body and its end.
func (o *javaOutline) digestInto(place, from, own, body, end int, holes []row) {
	o.seen.reset()
	o.digest(&o.hash, row{from, own}, nil)
	o.digest(&o.hash, row{own + 1, body}, nil)
	d := &o.facts.Definitions[place]
	d.Signature = o.hash.Sum()
	o.digest(&o.hash, row{body, end}, holes)
	d.Body, d.Mentions = o.hash.Sum(), o.take()
}

// method reads a method or constructor of which the name is at own.
func (o *javaOutline) method(t *javaType, d javaDeclaration, own, to int) int {
	body := own + 1
	for body < to && o.kind(body) != '{' && o.kind(body) != ';' {
		if o.word(body, "default") { // of an annotation: its value may be in braces
			for body < to && o.kind(body) != ';' {
				body = o.next(body)
			}
			break
		}
		body = o.next(body)
	}
	body = min(body, to)
	end := body
	if body < to {
		end = min(o.next(body), to)
	}
	kind := Method
	if t.prefix == "" {
		kind = Function
	}
	place := len(o.facts.Definitions)
	o.facts.Definitions = append(o.facts.Definitions, o.definition(t, d, string(o.text(own)), kind, d.first, end))
	o.facts.Definitions[place].Shape = o.shape(t, d, own, to)
	o.digestInto(place, d.start, own, body, end, nil)
	if d.sourced {
		m := &o.facts.Definitions[place]
		m.Mentions = SortNames(append(m.Mentions, JavaText(string(o.text(own)))))
	}
	t.holes = append(t.holes, row{d.start, end})
	return end
}

// fields reads "type a = b, c[];", of which the first name is at name.
func (o *javaOutline) fields(t *javaType, d javaDeclaration, name, to int) int {
	kind := Variable
	if d.static && d.final || t.shared {
		kind = Constant
	}
	typeEnd := name
	for n := 0; ; n++ {
		value := name + 1
		for value < to && o.kind(value) == '[' {
			value = o.next(value)
		}
		end := value
		for end < to && o.kind(end) != ';' && !(o.kind(end) == ',' && o.declarator(end+1, to)) {
			if o.kind(end) == '<' && o.kind(end-1) == tokenWord {
				if skip := o.angles(end, to); o.opensCall(skip) {
					end = skip
					continue
				}
			}
			end = o.next(end)
		}
		end = min(end, to)
		last := end
		if end < to && o.kind(end) == ';' {
			last++
		}
		place := len(o.facts.Definitions)
		o.facts.Definitions = append(o.facts.Definitions, o.definition(t, d, string(o.text(name)), kind, d.first, last))
		o.seen.reset()
		o.digest(&o.hash, row{d.start, typeEnd}, nil)
		o.digest(&o.hash, row{name + 1, value}, nil)
		f := &o.facts.Definitions[place]
		f.Signature = o.hash.Sum()
		o.digest(&o.hash, row{value, end}, nil)
		f.Body, f.Mentions = o.hash.Sum(), o.take()
		if end >= to || o.kind(end) == ';' {
			return last
		}
		if n > maxNames {
			o.facts.Damaged = true
			for end < to && o.kind(end) != ';' {
				end = o.next(end)
			}
			return min(end, to)
		}
		name = end + 1
	}
}

// declarator says that at i, behind a comma, another field is declared.
func (o *javaOutline) declarator(i, to int) bool {
	if i+1 >= to || o.kind(i) != tokenWord {
		return false
	}
	switch o.kind(i + 1) {
	case '=', ',', ';', '[':
		return true
	}
	return false
}

// opensCall says that what stands at i makes type arguments of what stood before.
func (o *javaOutline) opensCall(i int) bool {
	switch o.kind(i) {
	case '(', '{', '[', ':', '.':
		return true
	}
	return false
}

// enumConstants reads "A, B(1) { }, C;" and is the place behind them.
func (o *javaOutline) enumConstants(t *javaType, i, to int) int {
	for i < to && o.kind(i) != ';' {
		d := javaDeclaration{start: i}
		for i < to && o.kind(i) == '@' {
			i = o.annotation(i, to)
		}
		if i >= to || o.kind(i) != tokenWord {
			if i < to && o.kind(i) == ',' {
				i++
				continue
			}
			return i
		}
		own := i
		for i++; i < to && (o.kind(i) == '(' || o.kind(i) == '{'); {
			i = o.next(i)
		}
		i = min(i, to)
		place := len(o.facts.Definitions)
		o.facts.Definitions = append(o.facts.Definitions, o.definition(t, d, string(o.text(own)), Constant, own, i))
		o.digestInto(place, d.start, own, own+1, i, nil)
	}
	return i
}

// typeEnd is the place behind the type at i.
func (o *javaOutline) typeEnd(i, to int) int {
	for i < to {
		switch o.kind(i) {
		case '@':
			i = o.annotation(i, to)
			continue
		case tokenWord:
			i++
		default:
			return i
		}
		for i < to {
			if o.kind(i) == '<' {
				i = o.angles(i, to)
			} else if o.kind(i) == '[' {
				i = o.next(i)
			} else if o.kind(i) == '@' {
				i = o.annotation(i, to)
			} else {
				break
			}
		}
		if i >= to || o.kind(i) != '.' {
			return min(i, to)
		}
		i++
	}
	return min(i, to)
}

// angles is the place behind the type arguments that "<" at i opens; i+1 where nothing
// closes them. They end before what can not stand in them, so that each try is short.
func (o *javaOutline) angles(i, to int) int {
	depth := 0
	for j := i; j < to && j-i <= maxAngles; {
		switch o.kind(j) {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				return j + 1
			}
		case tokenWord, ',', '.', '?', '&', '[', '@':
		case '(':
			if !slices.Contains(o.kindsBefore(j), '@') {
				return i + 1
			}
		default:
			return i + 1
		}
		j = o.next(j)
	}
	return i + 1
}

// kindsBefore are the kinds of the tokens of the qualified name before j and of the one
// before that: an annotation with arguments starts with "@".
func (o *javaOutline) kindsBefore(j int) []tokenKind {
	for n := 0; n < 8 && j > 0; n++ {
		j--
		if k := o.kind(j); k != tokenWord && k != '.' {
			return []tokenKind{k}
		}
	}
	return nil
}
