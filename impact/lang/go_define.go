package lang

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// goDefiner reads the declarations behind the imports of a Go file: one pass over its
// tokens, without a tree. It is held against go/parser in go_define_test.go.
//
// What it leaves out on purpose: build constraints (a definition counts on every
// platform), and some of the scopes: see goDeclared.
type goDefiner struct {
	goReading
	goBuffers
}

// goReading is where it stands in a file.
type goReading struct {
	src    []byte
	i      int
	lines  lineCounter
	uses   goImports
	depth  int  // open brackets of any kind
	line   bool // a newline here would end a statement
	broken bool // the rest is no Go that we understand

	kind  goToken // the last token
	start int     // where it starts
	hash  NameHash

	statement int     // where the last one starts that starts with a name, or the names that it declares
	before    goToken // that

	sketch  bool       // nobody asks for digests
	muted   bool       // tokens go nowhere, since nobody asks for their digest
	out     *TokenHash // where they go; nil: nowhere
	fresh   bool       // the last name was not mentioned before
	newAt   [4]int     // where the last names were that were not mentioned before, by their places
	pending bool       // a semicolon stands before the next token, unless that closes a bracket
	pragma  Digest
	runs    goRuns

	programs goPrograms
	said     []Import // texts that may name programs
}

// goToken is a token's kind: a byte of punctuation stands for itself.
type goToken byte

const (
	goEOF     goToken = 0
	goWord    goToken = 'a' // identifier
	goKeyword goToken = 'k'
	goLiteral goToken = '1'
	goEnd     goToken = ';' // semicolon or the newline that stands for one
	goDots    goToken = 'v' // "..."

	goOperators goToken = 'o' // of more than one byte
)

// define reads the whole rest of the file.
func (d *goDefiner) define() {
	for !d.broken {
		d.out = nil
		switch d.next(); {
		case d.kind == goEOF:
			return
		case d.kind == goEnd:
		case d.kind != goKeyword:
			d.broken = true
		default:
			switch string(d.text()) {
			case "func":
				d.function()
			case "type":
				d.group(d.typeSpec)
			case "var":
				d.group(d.variable)
			case "const":
				d.constants()
			default:
				d.broken = true
			}
		}
	}
}

func (d *goDefiner) text() []byte { return d.src[d.start:d.i] }

// begin starts a definition at the current token.
func (d *goDefiner) begin() {
	d.names = d.names[:0]
	d.seen.round++
	d.sign.tokens, d.body.tokens = d.sign.tokens[:0], d.body.tokens[:0]
	d.pending = false
	d.runs = goRuns{}
	d.muted = d.sketch
	d.locals.forget()
	d.statement = -1
}

// function reads a function or method from behind its keyword.
func (d *goDefiner) function() {
	start := d.lines.at(d.start)
	d.begin()
	if p := d.sum(&d.pragmas); p != (Digest{}) {
		d.body.Add(p[:])
	}
	def := Definition{Kind: Function, Start: start}
	d.next()
	receiver := ""
	if d.kind == '(' {
		receiver = d.receiver()
		def.Kind = Method
	}
	if d.kind != goWord {
		d.broken = true
		return
	}
	name := string(d.text())
	def.Exported = isExportedGo(name)
	if receiver != "" {
		def.Name = receiver + "." + name
	} else {
		def.Name = name
		def.Runs = def.Kind == Function && name == "init"
	}
	d.names = d.names[:0]
	d.seen.round++
	d.out, d.muted = &d.sign, false // the names of parameters are told by the tokens
	d.signature()
	d.muted = d.sketch
	body := d.kind == '{'
	if body {
		d.sign.tokens = bytes.TrimSuffix(d.sign.tokens, []byte("{\x00"))
	}
	if shape := d.addSignature(); def.Kind == Method {
		def.Shape = shape
	}
	if body {
		d.out = &d.body
		d.body.Add([]byte("{"))
		from := d.i
		d.skipTo(d.depth - 1)
		if def.Kind == Function && strings.HasPrefix(name, "Example") && !d.sketch && !d.broken {
			d.body.Add(goOutput(d.src[from:d.i]))
		}
	}
	if !body {
		d.names = append(d.names, GoAssembly)
	}
	d.out = nil
	d.add(def, d.sum(&d.sign), d.sum(&d.body), d.taken())
}

// goOutput is what go test compares the output of an example with: the last comment in its body,
// from "Output:" or "Unordered output:" on. It is no code, and changes what the test says.
func goOutput(body []byte) []byte {
	var output []byte
	found := false
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		text, comment := bytes.CutPrefix(line, []byte("//"))
		text = bytes.TrimSpace(text)
		first := bytes.ToLower(text[:min(len(text), len("unordered output:"))])
		switch {
		case !comment:
			found = found && len(line) == 0
		case bytes.HasPrefix(first, []byte("output:")), bytes.HasPrefix(first, []byte("unordered output:")):
			output, found = append(output[:0], text...), true
		case found:
			output = append(append(output, '\n'), text...)
		}
	}
	return output
}

// receiver reads "(t *T[K])" up to the name of the method. The type that it names is no
// mention: who calls the method has its receiver from somebody else.
func (d *goDefiner) receiver() (name string) {
	level := d.depth
	d.out = nil
	bracket := false
	first, own := NameHash(0), false
	for d.depth >= level && d.kind != goEOF {
		d.next()
		switch d.kind {
		case goWord:
			switch {
			case bracket:
				d.locals.addType(d.hash)
			case name == "" && !own:
				first = d.hash
				name = string(d.text())
			default:
				d.locals.add(first)
				name = string(d.text())
			}
		case '[':
			bracket = true
		case '*':
			if own = name != ""; own {
				d.locals.add(first)
			}
			d.sign.Add([]byte("*"))
		}
	}
	d.next()
	return name
}

// signature reads type parameters, parameters and results, up to the body or the end.
func (d *goDefiner) signature() {
	level := d.depth
	d.locals.open()
	defer d.locals.close()
	for {
		before, beforeText := d.kind, d.start
		d.next()
		d.locals.see(d, before, d.depth-level)
		switch {
		case d.kind == goEOF:
			return
		case d.depth > level && d.kind != '{', d.depth > level+1:
		case d.kind == '{':
			if before != goKeyword || !isTypeBrace(d.src, beforeText) {
				return
			}
			d.skipTo(d.depth - 1)
		case d.kind == goEnd && d.depth == level:
			return
		case d.depth < level:
			d.broken = true
			return
		}
	}
}

// isTypeBrace says that the keyword at i is one whose brace belongs to a type.
func isTypeBrace(src []byte, i int) bool {
	return hasPrefixAt(src, i, "struct") || hasPrefixAt(src, i, "interface")
}

// addSignature moves the names of parameters from the signature to the body, whose
// business they are.
func (d *goDefiner) addSignature() Shape {
	d.scratch.tokens = d.scratch.tokens[:0]
	named, shape := moveParameterNames(&d.scratch, &d.body, d.sign.tokens)
	d.sign.tokens, d.scratch.tokens = d.scratch.tokens, d.sign.tokens
	d.names = d.locals.take(d.names, named)
	d.seen.round++
	return shape
}

// group reads one specification, or several in parentheses.
func (d *goDefiner) group(spec func(start int)) {
	start := d.lines.at(d.start)
	d.begin()
	d.pragma = d.sum(&d.pragmas) // what "//go:" comments in front of it say
	d.next()
	if d.kind != '(' {
		spec(start)
		return
	}
	level := d.depth
	for {
		d.out = nil
		d.next()
		switch {
		case d.kind == goEOF:
			d.broken = true
			return
		case d.depth < level:
			return
		case d.kind == goEnd:
		default:
			d.begin()
			if p := d.sum(&d.pragmas); p != (Digest{}) {
				d.pragma = p
			}
			spec(d.lines.at(d.start))
			if d.broken || d.depth < level {
				return
			}
		}
	}
}

// nameList reads "a, b, c" from its first name, up to the token behind it.
func (d *goDefiner) nameList() []string {
	var names []string
	d.out = nil
	for {
		if d.kind != goWord {
			d.broken = true
			return nil
		}
		names = append(names, string(d.text()))
		d.next()
		if d.kind != ',' {
			break
		}
		d.next()
	}
	// The token behind the names was read with them, and may be a name itself.
	last := d.kind
	d.names = d.names[:0]
	d.seen.round++
	if q := d.uses.qualifier; last == goWord && (q < 0 || d.uses.all[q].shared) {
		d.mention(d.hash)
	}
	return names
}

// variable reads "a, b T = x, y" from its first name.
func (d *goDefiner) variable(start int) {
	level := d.depth
	names := d.nameList()
	if d.broken {
		return
	}
	d.out = &d.sign
	d.specTokens(level)
	def := Definition{Kind: Variable, Start: start, Runs: d.runs.found}
	d.addEach(def, names)
}

// specTokens reads type and values of a specification to its end. The current token is
// the first of them.
func (d *goDefiner) specTokens(level int) {
	first := true
	for {
		if !first {
			d.next()
		} else if d.kind != goEnd && d.kind != goEOF && d.kind != '=' {
			d.out.Add(d.text())
		}
		first = false
		switch {
		case d.kind == goEOF:
			d.broken = d.broken || d.depth != level
			return
		case d.depth < level, d.kind == goEnd && d.depth == level:
			return
		case d.kind == '=' && d.depth == level && d.out == &d.sign:
			d.out = &d.body
		case d.out == &d.body:
			if d.runs.see(d); d.runs.found && d.depth > level {
				d.skipTo(level) // it runs: nothing in these brackets can say more
			}
		}
	}
}

// addEach notes a definition for each name of a specification: all have all of it.
func (d *goDefiner) addEach(def Definition, names []string) {
	if d.pragma != (Digest{}) {
		d.body.Add(d.pragma[:])
	}
	sign, mentions := d.sum(&d.sign), d.taken()
	kept := len(d.body.tokens)
	for i, name := range names {
		if d.body.tokens = d.body.tokens[:kept]; len(names) > 1 {
			d.body.Add([]byte(strconv.Itoa(i)))
		}
		tokens := d.body.tokens
		def.Name, def.Exported = name, isExportedGo(name)
		d.add(def, sign, d.sum(&d.body), mentions)
		d.body.tokens = tokens
	}
	d.body.tokens = d.body.tokens[:0]
}

// constants reads a const declaration. A constant without a value has that of the one
// before it, at its own place in the group.
func (d *goDefiner) constants() {
	place := -1
	var last, lastType []byte
	var lastNames []NameHash
	d.group(func(start int) {
		place++
		level := d.depth
		names := d.nameList()
		if d.broken {
			return
		}
		d.out, d.muted = &d.sign, false // whether it has a value is told by the tokens
		d.specTokens(level)
		if len(d.body.tokens) > 0 || len(d.sign.tokens) > 0 {
			last = append(last[:0], d.body.tokens...)
			lastType = append(lastType[:0], d.sign.tokens...)
			lastNames = append(lastNames[:0], d.names...)
		} else {
			d.body.tokens = append(d.body.tokens, last...)
			d.sign.tokens = append(d.sign.tokens, lastType...)
			d.names = append(d.names, lastNames...)
		}
		if bytes.Contains(d.body.tokens, []byte("iota")) {
			d.body.Add([]byte(strconv.Itoa(place)))
		}
		d.addEach(Definition{Kind: Constant, Start: start}, names)
	})
}

func isExportedGo(name string) bool {
	if name == "" {
		return false
	}
	if c := name[0]; c < utf8.RuneSelf {
		return 'A' <= c && c <= 'Z'
	}
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}
