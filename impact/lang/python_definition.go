package lang

import (
	"slices"
	"strings"
	"sync"
)

// Definitions of Python. The tokens are read by logical lines. A block is what is
// indented more than the line that opens it; of the blocks only those of classes and
// functions count, since "if", "try" and their like put names into the same place as if
// they were not there.

// pyImport joins the first token of an import statement with an import that it makes.
type pyImport struct{ token, place int }

// pyBlock is a class or function that is being read.
type pyBlock struct {
	column   uint32
	class    bool
	exported bool
	name     string // with the names of the classes around it
	place    int    // in Facts.Definitions
	start    int    // the token of its line
	first    int    // that of the line on which its decorators start
	header   row    // from its decorators to its colon
	own      int    // the token of its name
	keyword  int    // the token of "def", "async" or "class"
	holes    []row  // in a class: its methods and classes
	order    []byte // see orderOf
	runs     bool
}

type pyReader struct {
	outline
	blocks    []pyBlock
	decorated int // the token of the line of the first decorator, -1 without one
	imported  []pyImport
	all       map[string]bool // the names in __all__
	plain     []row           // names that a plain import binds, outside of functions
	typing    []pyTyping      // see forTypes
	needed    map[string]bool // names among Exports without which the file does not load
	takesAll  bool            // it imports all names of another file
	bindings  map[string]int  // how often each name was defined so far
	main      pyMain
	docs      int8 // whether it mentions __doc__: 1 no, 2 yes, 0 not known
}

var pyKeywords = sync.OnceValue(func() *keywordSet {
	return newKeywords(`False None True and as assert async await break class continue def del elif else except
		finally for from global if import in is lambda nonlocal not or pass raise return try while with yield self`)
})

func (p *pyScanner) outline() {
	r := pyReader{outline: *newOutline(p.src, p.tok.list, &p.facts, pyKeywords()), imported: p.imported, decorated: -1}
	if r.lookups, r.looksUp = pyLookups(), pyLooksUp; p.routes {
		r.lookups = pyRouteLookups()
	}
	r.values = &keywordSet{}
	tests := false
	for i := range p.facts.Imports {
		tests = tests || p.facts.Imports[i].Spec == "doctest"
		r.takesAll = r.takesAll || slices.Contains(p.facts.Imports[i].Names, "*")
	}
	r.python = &pyNames{tests: tests, meaning: make([]pyMeaning, len(r.tok)), from: map[NameHash][]pyBinding{}, takesAll: r.takesAll}
	r.aliases()
	r.tellNames()
	for i := 0; i < len(r.tok); {
		end := i + 1
		for end < len(r.tok) && r.tok[end].kind != tokenLine {
			end++
		}
		r.line(i, end)
		i = end
	}
	r.dedent(0, len(r.tok))
	r.unsaidImports()
	r.defineExamples()
	r.defineMain()
	if code := pyEncodingName(p.src); code != "" && code != "utf-8" && code != "utf8" {
		r.rest.Add([]byte(code)) // the same bytes are other strings
	}
	r.finish()
	r.export()
}

// maxNesting is how deep in each other classes are told apart.
const maxNesting = 8

// line reads the logical line of which the tokens stand between start, its tokenLine,
// and end.
func (r *pyReader) line(start, end int) {
	r.noteTyping(start, end)
	r.dedent(r.tok[start].value, start)
	if n := len(r.blocks); n > 0 && (!r.blocks[n-1].class || n >= maxNesting) {
		return // inside of a function
	}
	at := start + 1
	if r.tok[start].value == 0 {
		r.main.reading = r.isMain(at)
	}
	if r.main.reading {
		r.main.note(r.lines.at(int(r.tok[at].start)))
	}
	if r.kind(at) == '@' {
		if r.decorated < 0 {
			r.decorated = start
		}
		return
	}
	keyword := at
	if r.word(at, "async") && r.word(at+1, "def") {
		keyword++
	}
	if name := keyword + 1; name < end && r.kind(name) == tokenWord && (r.word(keyword, "def") || r.word(keyword, "class")) {
		r.open(start, at, name, end)
		return
	}
	r.decorated = -1
	if start == 0 && r.docstring(row{at, end}) {
		return
	}
	r.statements(at, end)
}

// dedent closes the blocks that end where a line starts in that column.
func (r *pyReader) dedent(column uint32, at int) {
	for n := len(r.blocks) - 1; n >= 0 && r.blocks[n].column >= column; n-- {
		r.close(at)
	}
	if at == len(r.tok) {
		for len(r.blocks) > 0 {
			r.close(at)
		}
	}
}

// open starts a class or function; end is where its header's line ends.
func (r *pyReader) open(start, keyword, name, end int) {
	b := pyBlock{
		column: r.tok[start].value, class: r.word(name-1, "class"), own: name, keyword: keyword,
		start: start, first: start, name: string(r.text(name)), place: len(r.facts.Definitions),
	}
	b.exported = pyPublic(b.name)
	if r.decorated >= 0 {
		b.first = r.decorated
		b.runs = r.decoratorsRun(r.decorated, start)
	}
	r.decorated = -1
	if len(r.blocks) == 0 && !b.class && (strings.HasPrefix(b.name, "pytest_") || b.name == "load_tests") {
		b.runs = true // a hook: pytest and unittest call it for all tests around it
	}
	b.runs = b.runs || b.name == "__class_getitem__" // for brackets behind the class, as in annotations
	b.header = row{b.first, r.colon(name, end)}
	d := Definition{Kind: Function, Start: r.lines.at(int(r.tok[keyword].start))}
	if n := len(r.blocks); n > 0 {
		b.name = r.blocks[n-1].name + "." + b.name
		b.exported = b.exported && r.blocks[n-1].exported
		d.Kind = Method
	}
	if b.class {
		d.Kind = Class
	}
	d.Name, d.Exported = b.name, b.exported
	b.order = r.orderOf(nil, b.header)
	b.order = r.bind(b.order, b.name)
	r.facts.Definitions = append(r.facts.Definitions, d)
	r.blocks = append(r.blocks, b)
}

// colon is the place behind the colon that ends the header which at is in; end if it
// has none.
func (r *pyReader) colon(at, end int) int {
	for i := at; i < end; i = r.next(i) {
		if r.kind(i) == ':' && !r.assigns(i+1) {
			return i + 1
		}
	}
	return end
}

// assigns says that token i belongs to the operator before it: the "=" of ":=".
func (r *pyReader) assigns(i int) bool {
	return r.kind(i) == '=' && r.tok[i].start == r.tok[i-1].end
}

// close ends the innermost class or function before the token end.
func (r *pyReader) close(end int) {
	b := r.blocks[len(r.blocks)-1]
	r.blocks = r.blocks[:len(r.blocks)-1]
	d := &r.facts.Definitions[b.place]
	body := row{b.header.to, end}
	if says, ok := r.saysOfItself(&b, body); ok {
		b.holes = append([]row{says}, b.holes...)
		r.ownExamples(says)
	}
	r.indents = append(r.indents[:0], b.column)
	r.seen.reset()
	r.digest(&r.hash, row{b.header.from, b.own}, nil)
	r.digest(&r.hash, row{b.own + 1, b.header.to}, nil)
	d.Signature = r.hash.Sum()
	r.digest(&r.hash, body, b.holes)
	r.hash.addSome(b.order)
	d.Body, d.Mentions = r.hash.Sum(), r.take()
	d.End = r.lines.span(d.Start, int(r.tok[b.keyword].start), int(r.tok[end-1].end))
	d.Runs = b.runs
	if b.class {
		others := d.Runs || r.bodyRuns(body, b.holes)
		d.Runs = others || r.calls(row{b.own, b.header.to})
		r.basesOf(&b, others)
	}
	r.looseHeader(b)
	r.needAnnotations(b)
	r.wrapper(&b, end)
	if b.runs && !b.class && b.first < b.keyword-1 {
		r.decorators(b.name, b.first, b.keyword-1)
	}
	if n := len(r.blocks); n > 0 {
		r.blocks[n-1].holes = append(r.blocks[n-1].holes, row{b.first, end})
	}
}
