package lang

import (
	"encoding/hex"
	"strings"
	"sync"
)

// Functions of scripts that only keep what they are given. A value that a call makes when its
// file is loaded may run functions that are handed to the call:
//
//	export const A = make("A", (inst) => { ... })
//
// Not so where make calls nothing of them itself, and puts them nowhere but into what it gives
// back: who runs them then says A. Which functions are of that kind is told by the code of
// theirs that runs at once, without that of functions in it, in Exports that nobody can mean:
// "@make" of one that does nothing to what it is given, "@make!" of one that may write to it,
// and "@#make" with the digest of that code. Of a value that only such functions make it is said,
// as "@@A", which these are: "make" of the file itself, "<make" of an import, "<a.make" of
// the module that an import calls a.

const (
	maxKeepers = 16 // calls that one value may be made by
	maxKept    = 64 // values in each other
)

// A scriptKept is what is known of the calls that make a value.
type scriptKept struct {
	by    []Export // names of functions, each with its import; without one: "<" does not stand before it
	named bool     // a name is given to one of them: what it stands for is there without them
	depth int
}

// keep says of the definition at a place, whose value stands in r, by which calls alone it is
// made. It is false where nothing but builtins that run nothing make it.
func (o *scriptOutline) keep(place int, r row) (runs bool) {
	var k scriptKept
	for r.to > r.from && o.kind(r.to-1) == ';' {
		r.to--
	}
	end := o.keptValue(r.from, r.to, &k)
	if end == 0 || end < r.to && !o.word(end, "as") && !o.word(end, "satisfies") || len(k.by) > maxKeepers {
		return true
	}
	if len(k.by) == 0 {
		return false
	}
	name := o.facts.Definitions[place].Name
	for _, by := range k.by {
		by.Name = "@@" + name + " " + by.Name
		if !k.named {
			by.Name += "!"
		}
		o.facts.Exports = append(o.facts.Exports, by)
	}
	return true
}

// scriptHarmless are builtins that run nothing of what they are given, but getters.
var scriptHarmless = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`Symbol Symbol.for Object.freeze Object.seal Object.create Object.defineProperty
		new:Set new:Map new:WeakSet new:WeakMap new:RegExp`) {
		m[name] = true
	}
	return m
})

// keptValue reads a value that is made of nothing but names, texts, functions and calls that may
// keep them, and is the place behind it; 0 when it is something else.
func (o *scriptOutline) keptValue(i, to int, k *scriptKept) int {
	if i >= to || k.depth == maxKept {
		return 0
	}
	k.depth++
	defer func() { k.depth-- }()
	if body := o.functionValue(i, to); body > 0 && !o.word(i, "function") {
		if o.kind(body) == '{' {
			return o.next(body)
		}
		return o.expressionEnd(body, to, false)
	}
	switch o.kind(i) {
	case tokenString:
		if end := i + 1; o.kind(end) != '$' && o.kind(end) != tokenPiece {
			return end
		}
	case tokenNumber, tokenRegexp:
		return i + 1
	case '-', '!':
		return o.keptValue(i+1, to, k)
	case '[':
		return o.keptList(i, k)
	case '{':
		return o.keptObject(i, k)
	case '(':
		if end := o.next(i); o.keptValue(i+1, end-1, k) == end-1 {
			return end
		}
	case tokenWord:
		return o.keptName(i, to, k)
	}
	return 0
}

// keptList reads "[a, b]" and "(a, b)".
func (o *scriptOutline) keptList(open int, k *scriptKept) int {
	end := o.next(open) - 1
	for i := open + 1; i < end; i++ {
		if i = o.keptValue(i, end, k); i == 0 || i < end && o.kind(i) != ',' {
			return 0
		}
	}
	return end + 1
}

// keptObject reads "{a: b, c, d() {}}".
func (o *scriptOutline) keptObject(open int, k *scriptKept) int {
	end := o.next(open) - 1
	for i := open + 1; i < end; i++ {
		if o.word(i, "async") && o.kind(i+1) == tokenWord {
			i++
		}
		switch o.kind(i) {
		case tokenWord:
			switch string(o.text(i)) {
			case "toString", "valueOf", "then", "get", "set": // run by who only looks at it
				return 0
			}
		case tokenString, tokenNumber:
		default:
			return 0
		}
		switch o.kind(i + 1) {
		case ':':
			i = o.keptValue(i+2, end, k)
		case '(':
			if i = o.functionHead(i+1, end); o.kind(i) != '{' {
				return 0
			}
			i = o.next(i)
		case ',', '}':
			i++
			k.named = true
		default:
			return 0
		}
		if i == 0 || i < end && o.kind(i) != ',' {
			return 0
		}
	}
	return end + 1
}

// keptName reads a name, or a call.
func (o *scriptOutline) keptName(i, to int, k *scriptKept) int {
	made := ""
	switch string(o.text(i)) {
	case "true", "false", "null", "undefined":
		return i + 1
	case "function":
		if body := o.functionValue(i, to); body > 0 {
			return o.next(body)
		}
		if end := o.plainFunction(i, to); end > 0 {
			return end
		}
		return 0
	case "new":
		made, i = "new:", i+1
	}
	if o.kind(i) != tokenWord || o.keywords.has(NameHash(o.tok[i].value)) {
		return 0
	}
	last := i
	for o.kind(last+1) == '.' && o.isDot(last+1) && o.kind(last+2) == tokenWord {
		last += 2
	}
	end := last + 1
	if o.kind(end) == '<' {
		if end = o.angles(end, to); end <= 0 {
			return 0
		}
	}
	if end >= to || o.kind(end) != '(' {
		if end != last+1 || made != "" || o.isTagged(last+1) {
			return 0
		}
		k.named = true
		return end
	}
	if o.kind(o.next(end)) == '(' || o.isDot(o.next(end)) || o.kind(o.next(end)) == '[' {
		return 0 // what it gives is called
	}
	if name := made + string(o.src[o.tok[i].start:o.tok[last].end]); !scriptHarmless()[name] {
		by, ok := o.keeperName(i, last)
		if made != "" || !ok {
			return 0
		}
		k.by = append(k.by, by)
	}
	if o.next(end) > to {
		return 0
	}
	return o.keptList(end, k)
}

// plainFunction is the place behind "function (a) { }" where something follows it.
func (o *scriptOutline) plainFunction(i, to int) int {
	for i++; i < to && o.kind(i) != '('; i++ {
		if o.kind(i) != tokenWord && o.kind(i) != '*' {
			return 0
		}
	}
	if i = o.functionHead(i, to); o.kind(i) != '{' || i >= to {
		return 0
	}
	return o.next(i)
}

// isTagged says that a template stands at i, which the name before it is called with.
func (o *scriptOutline) isTagged(i int) bool {
	return o.kind(i) == tokenString && o.src[o.tok[i].start] == '`'
}

// keeperName is the function that the name from first to last stands for.
func (o *scriptOutline) keeperName(first, last int) (Export, bool) {
	binding, imported := o.imports[string(o.text(first))]
	switch {
	case last == first && o.lookups.has(NameHash(o.tok[first].value)):
		return Export{}, false
	case last == first && !imported:
		return Export{Name: string(o.text(first))}, true
	case last == first && binding.name != "*":
		return Export{Name: "<" + binding.name, Import: binding.place}, true
	case last == first+2 && imported && binding.name == "*":
		return Export{Name: "<" + string(o.text(last)), Import: binding.place}, true
	case last == first+2 && imported:
		return Export{Name: "<" + binding.name + "." + string(o.text(last)), Import: binding.place}, true
	}
	return Export{}, false
}

// A scriptKeeper reads the code of a function that runs when it is called.
type scriptKeeper struct {
	*scriptOutline
	locals map[string]bool // true: made here
	params map[string]bool
	writes bool // to what it is given
}

// keeper notes whether the function of that name, whose parameters open at params, only keeps
// what it is given. body is its block, or what it gives back.
func (o *scriptOutline) keeper(name string, params int, body row) {
	if o.kind(params) == ';' || o.kind(body.from) == ';' { // an overload
		return
	}
	k := scriptKeeper{scriptOutline: o, locals: map[string]bool{}, params: map[string]bool{}}
	if body.from >= body.to || o.kind(params) != '(' || !k.parameters(params) {
		return
	}
	var own TokenHash
	own.Add([]byte(name))
	for i := params; i < o.next(params); i++ {
		own.Add(o.text(i))
	}
	if o.kind(body.from) == '{' {
		body = row{body.from + 1, o.next(body.from) - 1}
	}
	if !k.read(body, &own) {
		return
	}
	if !k.writes {
		o.facts.Exports = append(o.facts.Exports, Export{Name: "@" + name})
	}
	sum := own.Sum()
	o.facts.Exports = append(o.facts.Exports, Export{Name: "@" + name + "!"}, Export{Name: "@#" + name + " " + hex.EncodeToString(sum[:])})
}

// parameters takes in plain ones: what destructures or has a value of its own runs code.
func (k *scriptKeeper) parameters(open int) bool {
	end := k.next(open) - 1
	for i := open + 1; i < end; i++ {
		if k.kind(i) != tokenWord {
			return false
		}
		k.params[string(k.text(i))] = true
		if i++; k.kind(i) == '?' {
			i++
		}
		if i < end && k.kind(i) == ':' {
			i = k.typeEnd(i+1, end)
		}
		if i < end && k.kind(i) != ',' {
			return false
		}
	}
	return true
}

// scriptPlainWords are those of statements that run nothing by themselves.
var scriptPlainWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`if else return true false null undefined in for break continue
		Object Symbol WeakSet WeakMap Set Map Error Array new typeof`) {
		m[name] = true
	}
	return m
})

// read goes through a row of the code that runs, and adds it to own; false when it may call or
// keep something.
func (k *scriptKeeper) read(r row, own *TokenHash) bool {
	// Functions are there before the code that mentions them.
	for i := r.from; i < r.to; i = k.next(i) {
		if (k.word(i, "function") || k.word(i, "class")) && k.kind(i+1) == tokenWord {
			k.locals[string(k.text(i+1))] = true
		}
	}
	for i := r.from; i < r.to; {
		next := k.step(i, r.to)
		if next <= i {
			return false
		}
		if next > i+1 && (k.kind(i) == tokenArrow || k.word(i, "function")) { // not what stands in a function
			own.Add(k.text(i))
		} else {
			for ; i < next; i++ {
				own.Add(k.text(i))
			}
		}
		i = next
	}
	return true
}

// step is the place behind what stands at i; 0 when it may call or keep something.
func (k *scriptKeeper) step(i, to int) int {
	switch k.kind(i) {
	case tokenString:
		if k.kind(i-1) == tokenWord && k.src[k.tok[i].start] == '`' && !k.word(i-1, "return") {
			return 0
		}
	case tokenNumber, tokenRegexp, ',', ':', ';', ')', '}', ']', '?', '!', '&', '|', '{', '[':
	case '(':
		return k.parenthesis(i, to)
	case tokenArrow:
		if k.kind(i+1) == '{' {
			return k.next(i + 1)
		}
		end := i + 1
		for end < to && k.kind(end) != ',' && k.kind(end) != ')' && k.kind(end) != ']' && k.kind(end) != '}' && k.kind(end) != ';' {
			end = k.next(end)
		}
		return end
	case '=':
		if k.kind(i+1) == '=' || k.kind(i-1) == '=' || k.kind(i-1) == '!' { // "==="
			return i + 1
		}
		return k.assignment(i)
	case '.':
		if k.isDot(i) && k.kind(i+1) == tokenWord {
			return i + 2
		}
		return 0
	case tokenWord:
		return k.name(i, to)
	default:
		return 0
	}
	return i + 1
}

func (k *scriptKeeper) name(i, to int) int {
	switch word := string(k.text(i)); word {
	case "function":
		return k.plainFunction(i, to)
	case "class":
		return k.plainClass(i, to)
	case "const", "let", "var":
		return k.declare(i, to)
	case "as", "satisfies":
		return k.typeEnd(i+1, to)
	case "async":
		if k.kind(i+1) == '(' && k.kind(k.next(i+1)) == tokenArrow || k.word(i+1, "function") {
			return i + 1
		}
		return 0
	default:
		if k.isDot(i-1) || k.isKey(i) && k.kind(i+1) == ':' {
			return i + 1
		}
		if k.isKey(i) && k.kind(i+1) == '(' && !k.keywords.has(NameHash(k.tok[i].value)) { // a method
			if body := k.functionHead(i+1, to); k.kind(body) == '{' {
				return k.next(body)
			}
			return 0
		}
		_, local := k.locals[word]
		if !local && !k.params[word] && !scriptPlainWords()[word] {
			return 0
		}
		if k.kind(i+1) == '<' { // type arguments, or a comparison
			if end := k.angles(i+1, to); end > 0 && k.kind(end) == '(' {
				return k.call(i, end)
			}
		}
	}
	return i + 1
}

// plainClass is the place behind a class that runs nothing when it is made.
func (k *scriptKeeper) plainClass(i, to int) int {
	body := k.blockStart(i+1, to)
	if body < 0 {
		return 0
	}
	for j := i + 1; j < k.next(body); j++ {
		if k.kind(j) == '(' && j < body || k.word(j, "static") || k.kind(j) == '@' || k.kind(j) == '[' && k.kind(j-1) != tokenWord {
			return 0
		}
	}
	return k.next(body)
}

// declare takes in a name, and is the place where its value begins.
func (k *scriptKeeper) declare(i, to int) int {
	if k.kind(i+1) != tokenWord {
		return 0
	}
	value := i + 2
	if k.kind(value) == ':' {
		value = k.typeEnd(value+1, to)
	}
	own := false
	switch {
	case value >= to:
		return 0
	case k.word(value, "in"):
		value--
	case k.kind(value) != '=':
		return 0
	default:
		next := k.kind(value + 1)
		own = next == '{' || next == '[' || k.functionValue(value+1, to) > 0 || k.word(value+1, "new")
	}
	k.locals[string(k.text(i+1))] = own
	return value + 1
}

// assignment is the place behind the "=" at i.
func (k *scriptKeeper) assignment(i int) int {
	first := i - 1
	for first > 0 && k.isDot(first-1) && k.kind(first) == tokenWord {
		first -= 2
	}
	if k.kind(first) != tokenWord {
		return 0
	}
	name := string(k.text(first))
	own, local := k.locals[name]
	switch {
	case first == i-1 && (local || k.params[name]):
		k.locals[name] = false
		return i + 1
	case local && own:
		return i + 1
	case k.params[name] && !local:
		k.writes = true
		return i + 1
	}
	return 0
}

// parenthesis is the place behind the "(" at i, or behind what it opens.
func (k *scriptKeeper) parenthesis(i, to int) int {
	switch before := k.kind(i - 1); {
	case k.kind(k.next(i)) == tokenArrow:
		return k.next(i)
	case k.kind(k.next(i)) == ':' && k.kind(k.typeEnd(k.next(i)+1, to)) == tokenArrow && k.spend(k.next(i)-i):
		return k.typeEnd(k.next(i)+1, to)
	case before == tokenWord && (k.word(i-1, "if") || k.word(i-1, "for") || k.word(i-1, "return") || k.word(i-1, "in")):
		return i + 1
	case before == tokenWord, before == ')', before == ']', before == '}', before == '>', before == '!':
		return k.call(i-1, i)
	}
	return i + 1
}

// call is the place behind the parenthesis that opens at open, of the call of what ends at
// last; 0 where that is no builtin that is known.
func (k *scriptKeeper) call(last, open int) int {
	first := last
	for first > 1 && k.isDot(first-1) && k.kind(first-2) == tokenWord {
		first -= 2
	}
	name := string(k.src[k.tok[first].start:k.tok[last].end])
	if k.word(first-1, "new") {
		if name = "new:" + name; k.next(open) != open+2 {
			return 0
		}
	}
	if !scriptHarmless()[name] {
		return 0
	}
	if name == "Object.defineProperty" || name == "Object.freeze" || name == "Object.seal" {
		target := k.text(open + 1)
		if k.kind(open+2) != ',' && k.kind(open+2) != ')' {
			return 0
		}
		switch own, local := k.locals[string(target)]; {
		case local && own:
		case !local && k.params[string(target)]:
			k.writes = true
		default:
			return 0
		}
	}
	return open + 1
}
