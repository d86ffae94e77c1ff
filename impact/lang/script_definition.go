package lang

import "sync"

// Definitions of ECMAScript and TypeScript: what the statements at the top of a file, and
// of its namespaces, declare. Everything in a function belongs to that function; every
// other statement is a part of what runs when the file is loaded.

// scriptOutline reads the tokens of one script.
type scriptOutline struct {
	outline
	spent   int // tokens read in looking for the end of type arguments
	pending []scriptPending
	called  struct { // the last answer of calls that may be asked for again
		row  row
		does bool
	}
	imports map[string]scriptBinding // by local name
	exports []scriptSpecifier        // "export {a as b}", resolved when all is known
	base    int                      // place of its first import among those of the whole file
	private map[int]bool             // definitions that stay hidden when what holds them is exported

	bindings map[string]scriptBound // what was defined so far: see order
	docs     []scriptDoc
}

// scriptPending is a definition that is still to be digested: what a name stands for is
// known when all imports are.
type scriptPending struct {
	place     int // in Facts.Definitions
	signature [2]row
	body      row
	holes     []row
	same      bool // as the one before: another name in the same pattern
}

// first is the token that it begins with.
func (p *scriptPending) first() int {
	if p.place < 0 {
		return p.body.from
	}
	return p.signature[0].from
}

// scriptScope is where a statement stands.
type scriptScope struct {
	prefix  string // "Space." in a namespace
	depth   int
	ambient bool // in "declare": all of it is visible
	hidden  bool // in a namespace that is not exported
}

// outline reads the definitions of what was scanned. base is the number of imports that
// the file has before.
func (s *scriptScanner) outline(base int) {
	s.sortImports()
	o := scriptOutline{outline: *newOutline(s.src, s.tok.list, &s.facts, scriptKeywords()), base: base, docs: s.docs}
	o.lookups, o.looksUp = scriptLookups(), scriptLooksUp
	o.script = &scriptNames{chain: -1, markup: s.markup, paths: o.handedPaths()}
	o.script.calls = o.loadsModule(row{0, len(o.tok)})
	for i := 0; i < len(o.tok) && !o.script.module; i = o.next(i) {
		o.script.module = o.word(i, "export") || o.word(i, "import") && o.kind(i+1) != '(' && o.kind(i+1) != '.'
	}
	o.statements(row{0, len(o.tok)}, scriptScope{})
	for _, comment := range s.pragmas {
		o.rest.Add(comment)
	}
	o.done()
	if !s.jsx && !s.markup && !o.script.module && len(s.facts.Definitions) > 0 {
		s.facts.Package = ScriptGlobal
	}
	s.bound = o.script.bound
	s.tok.free()
}

// ScriptGlobal is the package of a file of TypeScript that is no module: what it declares is
// there in all files.
const ScriptGlobal = "global"

// scriptLookups are the words that load a module and give it to whoever asked.
var scriptLookups = sync.OnceValue(func() *keywordSet { return newKeywords("import require eval") })

// scriptLooksUp says that the module that is loaded at i has no name from then on, or one
// that any of its names can stand behind. "const a = require()" makes a its name.
func scriptLooksUp(o *outline, i int) bool {
	if o.kind(i+1) != '(' || o.isDot(i-1) {
		return false
	}
	end := o.next(i + 1)
	if i > 1 && o.kind(i-1) == '=' && o.kind(i-2) == '}' { // a pattern takes parts of what the module is
		o.seen.add(uint32(ScriptTaken(HashName("default"))))
		for j := int(o.tok[i-2].value); j < i-2; j++ {
			if o.kind(j) == '.' { // "...rest"
				return true
			}
		}
	}
	if o.script.handed[i] {
		return false
	}
	named := o.word(i, "require") && i > 1 && o.kind(i-1) == '=' && o.isNamed(i-2) && (end >= len(o.tok) || o.kind(end) != '.' && o.kind(end) != '[' && o.kind(end) != '(')
	return !named
}

// isNamed says that what is assigned to token i has a name in this file from then on.
func (o *outline) isNamed(i int) bool {
	if o.kind(i) != tokenWord {
		return o.kind(i) == '}'
	}
	for o.isDot(i-1) && o.kind(i-2) == tokenWord {
		i -= 2
	}
	switch o.kind(i - 1) {
	case ',':
		return true
	case tokenWord:
		return o.word(i-1, "const") || o.word(i-1, "let") || o.word(i-1, "var") || o.word(i-1, "import")
	}
	return false
}

var scriptKeywords = sync.OnceValue(func() *keywordSet {
	return newKeywords(`await break case catch class const continue debugger delete do else enum export extends
		false finally for function if import in instanceof new null return super switch this throw true try typeof
		var void while with yield let static async of undefined`)
})

// statements reads a row of them.
func (o *scriptOutline) statements(r row, scope scriptScope) {
	for i := r.from; i < r.to; {
		i = max(o.statement(i, r.to, scope), i+1)
	}
}

// statement reads the one at i and is the place behind it.
func (o *scriptOutline) statement(i, to int, scope scriptScope) int {
	start := i
	i = o.decorators(i, to)
	visible := scope.ambient
	if o.word(i, "export") {
		if end := o.exportStatement(scope, start, i, to); end > 0 {
			return end
		}
		visible = true
		i = o.decorators(i+1, to)
	}
	first := i
	for o.kind(i) == tokenWord && o.modifies(i) {
		visible = visible || o.word(i, "declare") && !o.script.module && scope.depth == 0
		i++
	}
	d := scriptDeclaration{scope: scope, start: start, first: o.decorators(start, to), exported: visible && !scope.hidden, private: !visible}
	if o.kind(i) == tokenWord {
		if end := o.declaration(d, i, to); end > i {
			return end
		}
	}
	if o.word(first, "import") {
		if end := o.importStatement(scope, first, to); end > 0 {
			return end
		}
	}
	end := o.statementEnd(i, to)
	if scope.depth > 0 || o.commonJS(row{first, end}) {
		return end
	}
	o.looseRow(row{start, end})
	return end
}

// A scriptDeclaration is what is known of a declaration when its keyword is reached.
type scriptDeclaration struct {
	scope    scriptScope
	start    int // its first token
	first    int // the first one behind decorators
	exported bool
	private  bool   // whatever holds it
	name     string // when it is not the one that is written: "default"
}

// modifies says that the word at i is a modifier of the declaration behind it.
func (o *scriptOutline) modifies(i int) bool {
	if o.kind(i+1) != tokenWord {
		return false
	}
	next := string(o.text(i + 1))
	switch string(o.text(i)) {
	case "declare":
		switch next {
		case "function", "class", "const", "let", "var", "enum", "interface", "type", "namespace", "module", "global", "abstract", "async":
			return !o.tok[i+1].newline
		}
	case "abstract":
		return next == "class"
	case "async":
		return next == "function" && !o.tok[i+1].newline
	case "const":
		return next == "enum"
	}
	return false
}

// declaration reads on from the keyword at i; 0 when it declares nothing.
func (o *scriptOutline) declaration(d scriptDeclaration, i, to int) int {
	named := o.kind(i+1) == tokenWord
	switch string(o.text(i)) {
	case "function":
		return o.function(d, i, to)
	case "class":
		return o.class(d, i, to)
	case "interface":
		if named && !o.tok[i+1].newline {
			return o.block(d, i, to, Interface)
		}
	case "enum":
		if named {
			return o.block(d, i, to, Enum)
		}
	case "type":
		if k := o.kind(i + 2); named && !o.tok[i+1].newline && (k == '=' || k == '<') {
			return o.typeAlias(d, i, to)
		}
	case "namespace", "module":
		if (named || o.kind(i+1) == tokenString) && !o.tok[i+1].newline {
			return o.namespace(d, i, to)
		}
	case "global":
		if o.kind(i+1) == '{' && i > d.first {
			return o.namespace(d, i, to)
		}
	case "const", "let", "var", "using":
		if k := o.kind(i + 1); named && !o.word(i+1, "in") && !o.word(i+1, "of") || k == '{' || k == '[' {
			return o.variables(d, i, to)
		}
	}
	return 0
}

// define adds a definition of which the name stands at own; it is digested later.
func (o *scriptOutline) define(d scriptDeclaration, name string, kind DefinitionKind, own, from, body, end int, holes []row) int {
	end = min(end, len(o.tok))
	body = min(body, end)
	if own < from || own >= body {
		own = body
	}
	if d.name != "" {
		if name != "" {
			o.alias(HashName(name), HashName(d.name))
		}
		name = d.name
	}
	if name == "" || from >= end {
		return -1
	}
	place := len(o.facts.Definitions)
	if d.private && d.scope.prefix != "" {
		if o.private == nil {
			o.private = map[int]bool{}
		}
		o.private[place] = true
	}
	first := int(o.tok[min(max(d.first, from), end-1)].start)
	line := o.lines.at(first)
	o.facts.Definitions = append(o.facts.Definitions, Definition{
		Name: d.scope.prefix + name, Kind: kind, Exported: d.exported,
		Start: line, End: o.lines.span(line, first, int(o.tok[end-1].end)),
	})
	signature := [2]row{{from, own}, {min(own+1, body), body}} // its own name is no part of it
	o.pending = append(o.pending, scriptPending{place: place, signature: signature, body: row{body, end}, holes: holes})
	return place
}

// function reads a declaration of one: "function* name<T>(a: A): B { }", or without a
// body.
func (o *scriptOutline) function(d scriptDeclaration, i, to int) int {
	name := ""
	own := i
	j := i + 1
	if o.kind(j) == '*' {
		j++
	}
	if o.kind(j) == tokenWord {
		own, name = j, string(o.text(j))
		j++
	}
	if o.kind(j) == '<' {
		j = max(o.angles(j, to), j)
	}
	if o.kind(j) != '(' {
		return 0
	}
	params, signature := j, o.functionHead(j, to)
	end := signature
	if o.kind(end) == '{' {
		end = o.next(end)
	} else if o.kind(end) == ';' {
		end++
	}
	place := o.define(d, name, Function, own, d.start, signature, min(end, to), nil)
	o.runs(place, o.kind(d.start) == '@')
	if d.scope.depth == 0 && d.name == "" && own == i+1 && !o.word(i-1, "async") {
		o.keeper(name, params, row{signature, min(end, to)})
	}
	return end
}

// functionHead is the place behind "(a: A): B", of which the parenthesis is at i.
func (o *scriptOutline) functionHead(i, to int) int {
	i = o.next(i)
	if i < to && o.kind(i) == ':' {
		i = o.typeEnd(i+1, to)
	}
	return min(i, to)
}

// block reads an interface or an enum.
func (o *scriptOutline) block(d scriptDeclaration, i, to int, kind DefinitionKind) int {
	body := o.blockStart(i+1, to)
	if body < 0 {
		return 0
	}
	end := o.next(body)
	o.define(d, string(o.text(i+1)), kind, i+1, d.start, body, end, nil)
	return end
}

// blockStart is the brace that opens the body of a class or interface; -1 without one.
func (o *scriptOutline) blockStart(i, to int) int {
	for i < to {
		switch o.kind(i) {
		case '{':
			return i
		case ';', ')', ']', '}':
			return -1
		case '<':
			if end := o.angles(i, to); end > 0 {
				i = end
				continue
			}
		}
		i = o.next(i)
	}
	return -1
}

func (o *scriptOutline) typeAlias(d scriptDeclaration, i, to int) int {
	value := i + 2
	if o.kind(value) == '<' {
		value = o.angles(value, to)
	}
	if value < 0 || o.kind(value) != '=' {
		return 0
	}
	end := o.typeEnd(value+1, to)
	if end < to && o.kind(end) == ';' {
		end++
	}
	o.define(d, string(o.text(i+1)), Type, i+1, d.start, value, end, nil)
	return end
}

// namespace reads "namespace A.B { }", "declare module 'a' { }" and "declare global { }".
// What is declared for another module has its plain name, which that module gives it.
func (o *scriptOutline) namespace(d scriptDeclaration, i, to int) int {
	own := i + 1
	if o.word(i, "global") {
		own = i
	}
	name := string(o.text(own))
	inner := d.scope
	inner.depth++
	if o.kind(own) == tokenString {
		name, _ = scriptUnquote(o.text(own))
		inner.ambient, inner.hidden = true, false
	} else if own == i {
		inner.ambient, inner.hidden = true, false
	}
	body := own + 1
	for o.kind(body) == '.' && o.kind(body+1) == tokenWord {
		name += "." + string(o.text(body+1))
		body += 2
	}
	if o.kind(own) == tokenWord && own != i {
		inner.prefix += name + "."
		inner.hidden = !d.exported && o.script.module
		inner.ambient = d.scope.ambient || o.word(d.first, "declare") || o.word(d.first+1, "declare")
	}
	if body >= to || o.kind(body) != '{' {
		return o.statementEnd(i, to) // declare module "x";
	}
	end := o.next(body)
	place := o.define(d, name, Namespace, own, d.start, body, end, nil)
	if place < 0 || inner.depth > maxNesting {
		return end
	}
	at := len(o.pending)
	o.statements(row{body + 1, end - 1}, inner)
	for _, p := range o.pending[at:] {
		if p.place < 0 {
			continue
		}
		o.runs(p.place, own == i || o.kind(own) == tokenString) // others have it without naming this file
		hole := row{p.signature[0].from, p.body.to}
		if holes := &o.pending[at-1].holes; len(*holes) == 0 || hole.from >= (*holes)[len(*holes)-1].to {
			*holes = append(*holes, hole)
		}
	}
	return end
}

// runs notes that a definition does something when the file is loaded.
func (o *scriptOutline) runs(place int, does bool) {
	if place >= 0 && does {
		o.facts.Definitions[place].Runs = true
	}
}

// looseRow takes in a statement that defines nothing.
func (o *scriptOutline) looseRow(r row) {
	if r.from < r.to && !(r.to-r.from == 1 && o.kind(r.from) == ';') {
		o.pending = append(o.pending, scriptPending{place: -1, body: r})
	}
}

// done digests what was found.
func (o *scriptOutline) done() {
	written := len(o.pending) // the others are lists of what stands elsewhere
	o.resolveExports()
	docs := o.docsOf()
	var last *Definition
	for i, p := range o.pending {
		o.seen.reset()
		o.startNames(&p)
		var order []byte
		if i < written {
			order = o.order(&p)
		}
		o.sayDocs(docs[i])
		if p.place < 0 {
			o.digest(&o.rest, p.body, p.holes)
			o.rest.addSome(order)
			o.loose = append(o.loose, o.seen.names...)
			continue
		}
		d := &o.facts.Definitions[p.place]
		if p.same && last != nil {
			d.Signature, d.Body, d.Mentions = last.Signature, last.Body, last.Mentions
			continue
		}
		last = d
		o.digest(&o.hash, p.signature[0], nil)
		o.digest(&o.hash, p.signature[1], nil)
		d.Signature = o.hash.Sum()
		o.digest(&o.hash, p.body, p.holes)
		o.hash.addSome(order)
		d.Body, d.Mentions = o.hash.Sum(), o.take()
	}
	o.finish()
}

// decorators is the place behind "@a.b(c)", as many as there are.
func (o *scriptOutline) decorators(i, to int) int {
	for i < to && o.kind(i) == '@' {
		i++
		for o.kind(i) == tokenWord {
			i++
			if o.kind(i) != '.' {
				break
			}
			i++
		}
		if i < to && o.kind(i) == '(' {
			i = o.next(i)
		}
	}
	return min(i, to)
}
