package lang

import (
	"path"
	"strings"
	"sync"
)

// What a name in a script can mean. In a module of ECMAScript code gets at what a file defines
// by the name alone: in the file itself as it stands, elsewhere by what an import binds. A key
// of an object, what stands behind the dot of a value and a string are something else: who has
// the value got it from somebody who said the name. So a mention is one of three:
//
//	the name          of what its own file defines
//	ScriptTaken       of what another file defines: a name that is imported, and each one behind
//	                  it: z.core.parse may be three of modules in each other
//	ScriptValueOf     the same, of a name that is no call and has no dot behind it: it may stand
//	                  for a whole module that some file hands on under that name
//
// In a type that has a name, where only types are named but behind "typeof", each is mentioned as
// ScriptTyped instead: no value that is another one makes another type.
//
// Where it can not be told, because the code around it loads modules by a call, or stands in
// the markup of a component, a name is all of them.

// scriptAny calls fn for all that a name may be mentioned as.
func scriptAny(name NameHash, fn func(uint32)) {
	fn(uint32(name))
	fn(uint32(ScriptTaken(name)))
	fn(uint32(ScriptValueOf(name)))
}

// ScriptTaken is mentioned by what says a name of another file.
func ScriptTaken(name NameHash) NameHash { return (name ^ 0x27d4eb2f) * fnvPrime32 }

// ScriptValueOf is mentioned by what says the name of another file as a value.
func ScriptValueOf(name NameHash) NameHash { return (name ^ 0x165667b1) * fnvPrime32 }

// ScriptEvery is mentioned by what may use any name of the file that its own one imports as
// spec.
func ScriptEvery(spec string) NameHash { return hashMore(Everything, spec) }

// maxEvery is how many imports of a file are told apart.
const maxEvery = 200

// everyOf is what who may use all names of an import mentions. The graph has one edge to a
// file, and may have it by another import.
func (o *scriptOutline) everyOf(place int, ok bool) []NameHash {
	all := o.facts.Imports
	if place -= o.base; !ok || place >= len(all) || len(all) > maxEvery {
		return []NameHash{Everything}
	}
	spec := all[place].Spec
	if len(spec) >= maxEvery || strings.ContainsFunc(spec, func(c rune) bool { return c <= ' ' || c > '~' || c == '%' || c == '#' }) {
		return []NameHash{Everything} // not as it stands in the graph
	}
	names := []NameHash{ScriptEvery(spec)}
	for i := range all {
		if other := all[i].Spec; other != spec && all[i].Kind != Computed && ScriptMayBeSame(spec, other) {
			names = append(names, ScriptEvery(other))
		}
	}
	return names
}

// ScriptMayBeSame says that two names that a file imports may lead to one file.
func ScriptMayBeSame(a, b string) bool {
	if !isRelative(a) || !isRelative(b) {
		return true
	}
	a, aFile := scriptStem(a)
	b, bFile := scriptStem(b)
	return a == b || !aFile && strings.HasPrefix(b, a+"/") || !bFile && strings.HasPrefix(a, b+"/")
}

// scriptStem cuts what may be missing at the end of a relative name, and says whether it can
// be no folder.
func scriptStem(spec string) (stem string, file bool) {
	stem = path.Clean(spec)
	if ext := path.Ext(stem); ext != "" && ext != "." && stem != ".." {
		stem, file = strings.TrimSuffix(stem, ext), true
	}
	if folder, index := strings.CutSuffix(stem, "/index"); index {
		return folder, file
	}
	if stem == "index" {
		return ".", file
	}
	return stem, file
}

// ScriptTyped is mentioned by a type that names another one, as one of the others.
func ScriptTyped(mention NameHash) NameHash { return (mention ^ 0x85ebca6b) * fnvPrime32 }

// scriptNames tells the names of one script apart.
type scriptNames struct {
	module bool                    // it imports or exports: its names are its own
	bound  map[NameHash][]NameHash // by local name, the names of what imports bind
	chain  int                     // the last token that was a name of another file
	markup bool                    // it stands in a component: other blocks and the markup share its names
	calls  bool                    // somewhere a module is loaded by a call
	every  bool                    // in what is read now each name may be anything
	types  bool                    // what is read now is a type
	paths  map[uint32][]NameHash   // what the string of a path mentions, by its offset
	handed map[int]bool            // calls that load a module which the file hands on under a name
	valued bool                    // the last name of another file stands behind "typeof"
}

// startNames begins with the names of a definition, or of what stands around them.
func (o *scriptOutline) startNames(p *scriptPending) {
	n := o.script
	n.types = false
	if p.place >= 0 {
		k := o.facts.Definitions[p.place].Kind
		n.types = k == Type || k == Interface
	}
	n.every = n.markup || n.calls && (o.loadsModule(p.signature[0]) || o.loadsModule(p.signature[1]) || o.loadsModule(p.body))
}

// bind notes that an import binds a name, as that of another file.
func (o *outline) bind(local, name NameHash) {
	if o.script.bound == nil {
		o.script.bound = map[NameHash][]NameHash{}
	}
	o.script.bound[local] = append(o.script.bound[local], name)
}

// sayScript notes what the word at i mentions.
func (o *outline) sayScript(i int) {
	n := o.script
	name := NameHash(o.tok[i].value)
	typed := n.types && !o.word(i-1, "typeof")
	value := !o.isDot(i+1) && o.kind(i+1) != '('
	switch {
	case n.every:
		o.sayAny(name)
		if n.markup && o.src[o.tok[i].start] == '$' { // Svelte: what the store of that name holds
			o.sayAny(HashName(o.text(i)[1:]))
		}
	case o.isDot(i - 1):
		if n.chain != i-2 || i < 2 {
			if !n.module { // "exports.a", "window.a"
				o.seen.add(uint32(name))
			}
			return
		}
		n.chain = i
		o.sayTaken(name, value, n.types && !n.valued)
	case scriptTypes().has(name) && o.isType(i), o.isKey(i):
	default:
		others, imported := n.bound[name]
		if imported {
			n.chain, n.valued = i, !typed
			for _, other := range others {
				o.sayTaken(other, value, typed)
			}
		}
		// What an import binds is mentioned as it is called here, too: it may come from elsewhere
		// on the other side of a change.
		if typed && !imported {
			name = ScriptTyped(name)
		}
		o.seen.add(uint32(name))
	}
}

func (o *outline) sayTaken(name NameHash, value, typed bool) {
	if typed {
		o.seen.add(uint32(ScriptTyped(ScriptTaken(name))))
		return
	}
	o.seen.add(uint32(ScriptTaken(name)))
	if value {
		o.seen.add(uint32(ScriptValueOf(name)))
	}
}

// sayAny mentions a name that can mean anything.
func (o *outline) sayAny(name NameHash) {
	scriptAny(name, o.seen.add)
	for _, other := range o.script.bound[name] {
		o.sayTaken(other, true, false)
	}
}

// isDot says that token i is "." or "?.", not "...".
func (o *outline) isDot(i int) bool {
	if i < 0 || i >= len(o.tok) {
		return false
	}
	t := &o.tok[i]
	return t.kind == '.' && t.end-t.start == 1 || t.kind == '?' && t.end-t.start == 2
}

// isKey says that the word at i can only be that of a property, a method or a parameter:
// "a: ", "a?: ", "a() {", "a(): ".
func (o *outline) isKey(i int) bool {
	before := o.kind(i - 1)
	starts := before == '{' || before == ',' || before == ';' || before == '}'
	line := false
	if o.tok[i].newline { // a member behind one without a semicolon
		switch before {
		case tokenWord:
			line = !scriptPrefixes().has(NameHash(o.tok[i-1].value))
		case tokenString, tokenNumber, '>', ']', ')':
			line = true
		}
	}
	switch next := i + 1; o.kind(next) {
	case ':':
		return starts || line || before == '('
	case '?', '!':
		return o.kind(next+1) == ':' && o.tok[next].end-o.tok[next].start == 1 && (starts || line || before == '(')
	case '(':
		switch end := o.next(next); o.kind(end) {
		case '{':
			return starts && !o.tok[end].newline
		case ':':
			return starts || line
		}
	}
	return false
}

// scriptPrefixes are words that a value follows.
var scriptPrefixes = sync.OnceValue(func() *keywordSet {
	return newKeywords(`await new typeof in of instanceof delete return case yield throw else do`)
})

// scriptTypes are TypeScript's own types, whose names functions may have, too.
var scriptTypes = sync.OnceValue(func() *keywordSet {
	return newKeywords(`string number boolean any unknown never object symbol bigint`)
})

// isType says that the word at i, one of scriptTypes, stands where a type does.
func (o *outline) isType(i int) bool {
	before, next := o.kind(i-1), o.kind(i+1)
	if before == tokenWord {
		switch string(o.text(i - 1)) {
		case "as", "extends", "keyof", "is", "infer", "readonly", "satisfies":
			return true
		case "typeof":
			return false
		}
	}
	switch {
	case o.script.types, next == '[' && o.kind(i+2) == ']', o.joinsTypes(i - 1), o.joinsTypes(i + 1),
		before == '<' && (next == '>' || next == ','), before == ',' && next == '>':
		return true
	case before != ':':
		return false
	}
	switch named := i - 2; o.kind(named) {
	case '?':
		return true
	case ')':
		return next == '{' || next == tokenArrow
	case tokenWord:
		switch first := named - 1; o.kind(first) {
		case '(':
			return true
		case ',':
			return o.inParenthesis(first)
		case tokenWord:
			return o.word(first, "const") || o.word(first, "let") || o.word(first, "var")
		}
	}
	return false
}

// joinsTypes says that token i is "|" or "&", not a part of "||" or "&&".
func (o *outline) joinsTypes(i int) bool {
	k := o.kind(i)
	if k != '|' && k != '&' {
		return false
	}
	return !(o.kind(i-1) == k && o.tok[i-1].end == o.tok[i].start || o.kind(i+1) == k && o.tok[i+1].start == o.tok[i].end)
}

// maxParameters is how many tokens before one are looked at for the bracket around it.
const maxParameters = 64

// inParenthesis says that the bracket around token i is "(".
func (o *outline) inParenthesis(i int) bool {
	for n := 0; i >= 0 && n < maxParameters; n++ {
		switch o.kind(i) {
		case '(':
			return true
		case '{', '[':
			return false
		case ')', ']', '}', tokenElementEnd:
			open := int(o.tok[i].value)
			if open >= i {
				return false
			}
			i = open
		}
		i--
	}
	return false
}

// loadsModule says that a row loads a module by a call, which may bind any name in it.
func (o *outline) loadsModule(r row) bool {
	for i := r.from; i < r.to; i++ {
		if o.tok[i].kind == tokenWord && o.lookups.has(NameHash(o.tok[i].value)) && o.kind(i+1) == '(' && !o.isDot(i-1) {
			return true
		}
	}
	return false
}
