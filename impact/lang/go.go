package lang

import (
	"bytes"
	"go/ast"
	"strconv"
)

// extractGo reads the package clause and the import declarations, which the language
// puts first, the patterns of "//go:embed", and then what the file defines. Every file
// counts, whatever it is built for: see GoTags.
func extractGo(src []byte) Facts { return readGo(src, false) }

// sketchGo is extractGo without digests.
func sketchGo(src []byte) Facts { return readGo(src, true) }

func readGo(src []byte, sketch bool) Facts {
	g := goScanner{src: src, lines: lineCounter{src: src}}
	g.facts.Sketched = sketch
	g.facts.Damaged = isBinary(src)
	if !g.header() {
		g.facts.Damaged = true
		return g.facts
	}
	if head := src[:g.head]; bytes.Contains(head, []byte("build")) {
		tags, built := goTags(head)
		g.facts.Tagged = len(tags) > 0 || !built
	}
	g.embeds()
	g.define()
	return g.facts
}

// define reads the definitions behind the imports, a second time where a name turned out
// to be that of an import and of something else.
func (g *goScanner) define() {
	if g.cgo || g.facts.Damaged {
		g.facts.Partial = true // C may call what it likes
		return
	}
	d := goDefiners.Get().(*goDefiner)
	defer d.release()
	uses := newGoImports(g.imports)
	for range 2 {
		d.open(g.src, g.body, uses, g.facts.Sketched)
		d.programs = g.programs()
		d.define()
		if d.broken {
			g.facts.Partial = true
			return
		}
		if uses = d.uses; !uses.unsure {
			break
		}
		uses.unsure = false
	}
	g.facts.Imports = append(g.facts.Imports, d.said...)
	g.facts.Definitions = d.definitions()
	g.rest(uses)
}

// rest digests what is no definition and changes what the file does: its package, its
// build constraints, and imports that are not seen in the names of what uses them.
func (g *goScanner) rest(uses goImports) {
	var h TokenHash
	h.Add([]byte(g.facts.Package))
	for line := range bytes.Lines(g.src[:g.head]) {
		if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("//go:build")) || bytes.HasPrefix(line, []byte("// +build")) || bytes.HasPrefix(line, []byte("//+build")) {
			h.Add(line)
		}
	}
	for _, m := range uses.all {
		if m.used {
			continue
		}
		h.Add([]byte(m.name))
		h.Add([]byte(m.spec))
		if m.name == "." {
			g.facts.Mentions = append(g.facts.Mentions, GoQualified(m.spec, "*"))
		}
	}
	g.facts.Mentions = SortNames(g.facts.Mentions)
	if !g.facts.Sketched {
		g.facts.Rest = h.Sum()
	}
}

type goScanner struct {
	src   []byte
	i     int
	lines lineCounter
	facts Facts
	embed bool // imports "embed"

	cgo     bool       // imports "C"
	head    int        // where the package clause starts
	body    int        // where what stands behind the imports starts
	imports []goImport // with the names that they have in the file
}

// header reads up to the first declaration that is no import; false when what is
// there can not be the head of a Go file.
func (g *goScanner) header() bool {
	g.i = skipBOM(g.src)
	if !g.skipSpace() {
		return false
	}
	g.facts.Generated = isGeneratedGo(g.src[:g.i])
	g.head = g.i
	if !g.keyword("package") || !g.skipSpace() {
		return false
	}
	end := identEnd(g.src, g.i)
	if end == g.i {
		return false
	}
	g.facts.Package = string(g.src[g.i:end])
	g.i = end
	for {
		g.body = g.i
		if !g.skipSpace() {
			return false
		}
		if !g.keyword("import") {
			return true
		}
		if !g.importDecl() {
			return false
		}
	}
}

func (g *goScanner) importDecl() bool {
	if !g.skipSpace() {
		return false
	}
	if !g.take('(') {
		return g.importSpec()
	}
	for {
		if !g.skipSpace() {
			return false
		}
		if g.take(')') {
			return true
		}
		if !g.importSpec() {
			return false
		}
	}
}

func (g *goScanner) importSpec() bool {
	at := g.i
	if !g.take('.') {
		g.i = identEnd(g.src, g.i)
	}
	name := string(g.src[at:g.i])
	if !g.skipSpace() || g.i >= len(g.src) {
		return false
	}
	lit := g.i
	end := goStringEnd(g.src, lit)
	if end < 0 {
		return false
	}
	g.i = end
	spec, err := strconv.Unquote(string(g.src[lit:end]))
	if err != nil {
		return false
	}
	g.embed = g.embed || spec == "embed"
	g.cgo = g.cgo || spec == "C"
	if name == "" {
		name = GoPackageName(spec)
	}
	g.imports = append(g.imports, goImport{name: name, spec: spec})
	g.facts.Imports = append(g.facts.Imports, Import{Spec: spec, Line: g.lines.at(at)})
	return true
}

// keyword moves behind word if it stands here.
func (g *goScanner) keyword(word string) bool {
	end := g.i + len(word)
	if !hasPrefixAt(g.src, g.i, word) || end < len(g.src) && isIdent(g.src[end]) {
		return false
	}
	g.i = end
	return true
}

func (g *goScanner) take(c byte) bool {
	if g.i < len(g.src) && g.src[g.i] == c {
		g.i++
		return true
	}
	return false
}

// skipSpace skips white space, semicolons and comments; false in an unterminated
// comment. Like go/build it takes semicolons for space: in this part of a file they
// decide nothing.
func (g *goScanner) skipSpace() bool {
	for g.i < len(g.src) {
		switch c := g.src[g.i]; {
		case isSpace(c), c == '\n', c == ';':
			g.i++
		case hasPrefixAt(g.src, g.i, "//"):
			g.i = lineEnd(g.src, g.i)
		case hasPrefixAt(g.src, g.i, "/*"):
			n := bytes.Index(g.src[g.i+2:], []byte("*/"))
			if n < 0 {
				g.i = len(g.src)
				return false
			}
			g.i += n + 4
		default:
			return true
		}
	}
	return true
}

// goStringEnd is the end of the string literal that opens at i, -1 if it has none.
func goStringEnd(src []byte, i int) int {
	quote := src[i]
	if quote != '"' && quote != '`' && quote != '\'' {
		return -1
	}
	for i++; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			return i + 1
		case quote == '`':
		case c == '\\':
			i++
		case c == '\n':
			return -1
		}
	}
	return -1
}

// embeds collects the patterns of the //go:embed comments of the whole file, strings
// and other comments skipped.
func (g *goScanner) embeds() {
	if !g.embed || !bytes.Contains(g.src, []byte("//go:embed")) {
		return
	}
	for i := 0; i < len(g.src); {
		switch c := g.src[i]; {
		case c == '"', c == '`', c == '\'':
			end := goStringEnd(g.src, i)
			if end < 0 {
				g.facts.Damaged = true
				return
			}
			i = end
		case c == '/' && hasPrefixAt(g.src, i, "//"):
			end := lineEnd(g.src, i)
			g.embedComment(i, end)
			i = end
		case c == '/' && hasPrefixAt(g.src, i, "/*"):
			n := bytes.Index(g.src[i+2:], []byte("*/"))
			if n < 0 {
				g.facts.Damaged = true
				return
			}
			i += n + 4
		default:
			i++
		}
	}
}

func (g *goScanner) embedComment(start, end int) {
	if !hasPrefixAt(g.src, start, "//go:embed") {
		return
	}
	text := bytes.ReplaceAll(g.src[start:end], []byte{'\r'}, nil)
	d, ok := ast.ParseDirective(0, string(text))
	if !ok || d.Tool != "go" || d.Name != "embed" {
		return
	}
	args, err := d.ParseArgs()
	if err != nil {
		g.facts.Damaged = true // the compiler refuses it: we can't know what it means
		return
	}
	for _, a := range args {
		g.facts.Imports = append(g.facts.Imports, Import{Spec: a.Arg, Line: g.lines.at(start), Kind: Embed})
	}
}

// isGeneratedGo applies the rule of https://go.dev/s/generatedcode as go/ast does, to
// what stands before the package clause: space and whole comments.
func isGeneratedGo(head []byte) bool {
	const prefix, suffix = "// Code generated ", " DO NOT EDIT."
	if !bytes.Contains(head, []byte(prefix)) {
		return false
	}
	for i := 0; i < len(head); {
		end := i + 1
		switch {
		case hasPrefixAt(head, i, "//"):
			end = lineEnd(head, i)
		case hasPrefixAt(head, i, "/*"):
			end = i + 2 + bytes.Index(head[i+2:], []byte("*/")) + 2
		}
		for line := range bytes.Lines(head[i:end]) {
			line = bytes.ReplaceAll(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'}, nil)
			if rest, ok := bytes.CutPrefix(line, []byte(prefix)); ok && bytes.HasSuffix(rest, []byte(suffix)) {
				return true
			}
		}
		i = end
	}
	return false
}
