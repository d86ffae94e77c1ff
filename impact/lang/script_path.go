package lang

import (
	"bytes"
	"strings"
)

// Paths that code hands to a function instead of importing them: jest.requireActual('./a'),
// proxyquire('./b', {}), new Worker('./w.js'), define(['./a'], ...), import.meta.glob('./x/*.ts'),
// and those of require and import() that are written out, but not as one string:
// require(path.join(__dirname, 'a')), import(`./locales/${name}.ts`).

// every marks an import of which any name may be used where it stands.
var every = []string{"*"}

// scriptLoaders are functions that load the module they are given the name of, as require does.
var scriptLoaders = wordSet(`requireActual importActual requireMock importMock proxyquire rewire esmock importFresh importModule`)

// scriptMockers are told of a module that somebody else is to have in another form. Nothing of
// the module but its place, and what runs in it on load, matters to them.
var scriptMockers = wordSet(`mock doMock unmock doUnmock dontMock setMock deepUnmock mockModule unstable_mockModule unstable_unmockModule
	registerMock registerAllowable createMockFromModule genMockFromModule`)

// scriptReaders take a string for what it says, and no path.
var scriptReaders = wordSet(`startsWith endsWith includes indexOf lastIndexOf replace replaceAll split match test join concat relative
	toBe toEqual toStrictEqual toContain toMatch toThrow equal equals strictEqual deepEqual deepStrictEqual is eq same
	log info warn error debug describe it suite if while for switch with catch`)

// handed looks at the string that was read last, which begins at an offset: as an argument of a
// call it may be the path of a file.
func (s *scriptScanner) handed(at int) {
	n := len(s.open) - 1
	if n < 0 || s.clause > 0 || s.i-at > maxSpec {
		return
	}
	path := hasPrefixAt(s.src, at+1, "./") || hasPrefixAt(s.src, at+1, "../")
	before := s.tok.list[len(s.tok.list)-2].kind
	top := s.open[n]
	list := top.kind == '[' && n > 0 && s.open[n-1].kind == '(' && top.token == s.open[n-1].token+1
	switch {
	case list:
		top = s.open[n-1]
	case top.kind != '(':
		return
	}
	if top.token == 0 {
		return
	}
	// The function is the word before the parenthesis, or what another call gave back.
	callee := &s.tok.list[top.token-1]
	if callee.kind == ')' {
		if path && before == '(' {
			s.addPath(at, Handed, every)
		}
		return
	}
	if callee.kind != tokenWord {
		return
	}
	name := string(s.src[callee.start:callee.end])
	member := top.token > 1 && s.tok.list[top.token-2].kind == '.'
	switch first := before == '(' || list && (before == '[' || before == ','); {
	case !member && (name == "require" || name == "import"):
		if before == '?' || before == ':' || before == '|' || before == '&' {
			s.addPath(at, Dynamic, every) // require(x ? './a' : './b')
		} else if list && first && name == "require" {
			s.addPath(at, Handed, every)
		}
	case list && (name == "define" || name == "requirejs"):
		s.addPath(at, Handed, every)
	case member && s.isMeta(top.token-2) && (name == "glob" || name == "globEager"):
		if path && first {
			s.addPath(at, Glob, every)
		}
	case list || before != '(' && before != ',':
	case scriptLoaders()[name] && before == '(':
		s.addPath(at, Handed, every)
	case scriptMockers()[name] && before == '(' && (path || member && s.isTester(top.token-3)):
		s.addPath(at, Handed, nil)
	case path && member && name == "context" && top.token > 2 && s.spells(top.token-3, "require"): // of webpack
		s.addPath(at, Glob, every)
	case path && !scriptReaders()[name]:
		s.addPath(at, Handed, every)
	}
}

// isTester says that token i names a test runner that mocks modules.
func (s *scriptScanner) isTester(i int) bool {
	return s.spells(i, "jest") || s.spells(i, "vi") || s.spells(i, "vitest")
}

// isMeta says that "import.meta" stands before token i.
func (s *scriptScanner) isMeta(i int) bool { return s.spells(i-1, "meta") && s.spells(i-3, "import") }

func (s *scriptScanner) spells(i int, word string) bool {
	return i >= 0 && s.tok.list[i].kind == tokenWord && string(s.src[s.tok.list[i].start:s.tok.list[i].end]) == word
}

// scriptData are extensions of what is read, and never loaded as code.
var scriptData = wordSet(`.png .jpg .jpeg .gif .svg .webp .avif .ico .bmp .mp3 .mp4 .wav .ogg .webm .mov .pdf .txt .md .mdx .csv .tsv .xml
	.html .htm .css .scss .sass .less .woff .woff2 .ttf .otf .eot .zip .gz .tgz .tar .yaml .yml .toml .env .lock .log .snap .sql .db .sqlite
	.wasm .bin .dat .key .pem .crt .sh .py .rb .go .java .rs .graphql .gql .proto .hbs .ejs .pug .njk`)

// addPath adds the string from an offset to here, if it is a whole argument.
func (s *scriptScanner) addPath(at int, kind ImportKind, names []string) {
	spec, ok := scriptUnquote(s.src[at:s.i])
	r := scriptReader{s.src, s.i}
	switch c := r.peek(); {
	case !ok || c != ')' && c != ',' && c != ']' && c != ':' && c != '|' && c != '?':
		return
	case kind == Glob && !strings.Contains(spec, "*"):
		spec = strings.TrimSuffix(spec, "/") + "/**" // a folder, with all below it
	case isFolder(spec) || strings.ContainsAny(spec, "*\n"):
		if kind != Glob {
			return
		}
	case kind == Handed && scriptData()[Extension(spec)]:
		return
	}
	s.facts.Imports = append(s.facts.Imports, Import{Spec: spec, Line: at, Kind: kind, Names: names})
}

// handedPaths are the imports of a script of which any name may be meant where their string
// stands, by its offset.
func (o *scriptOutline) handedPaths() map[uint32][]NameHash {
	var paths map[uint32][]NameHash
	for place, imp := range o.facts.Imports {
		if len(imp.Names) != 1 || imp.Names[0] != "*" {
			continue
		}
		if paths == nil {
			paths = map[uint32][]NameHash{}
		}
		paths[uint32(imp.Line)] = o.everyOf(place+o.base, imp.Kind != Glob)
	}
	return paths
}

// computedPath reads an expression that spells a path, in parts. A star stands for what is
// known only when it runs.
func (r *scriptReader) computedPath() (spec string, ok bool) {
	var b strings.Builder
	for parts := 0; parts < maxPathParts; parts++ {
		if !r.pathPart(&b, parts == 0) {
			return "", false
		}
		if !r.take('+') {
			spec = pathPattern(b.String())
			return spec, spec != ""
		}
	}
	return "", false
}

// maxPathParts are those of one path.
const maxPathParts = 32

// pathPart reads one operand of "+". The first one has to say where the path begins.
func (r *scriptReader) pathPart(b *strings.Builder, first bool) bool {
	switch c := r.peek(); {
	case c == '"' || c == '\'':
		text, ok := r.literal(false)
		b.WriteString(text)
		return ok
	case c == '`':
		return r.pathTemplate(b)
	}
	at := *r
	if r.isHere() {
		b.WriteByte('.')
		return first
	}
	*r = at
	word := r.word()
	if r.take('.') && word == "path" {
		word = r.word()
	}
	if (word == "join" || word == "resolve") && r.take('(') {
		return first && r.joined(b)
	}
	if *r = at; first {
		return false
	}
	b.WriteByte('*')
	return r.skipOperand()
}

// isHere reads the name of the folder that the file lies in.
func (r *scriptReader) isHere() bool {
	switch r.word() {
	case "__dirname":
		return true
	case "import":
		return r.take('.') && r.word() == "meta" && r.take('.') && r.word() == "dirname"
	}
	return false
}

// joined reads the arguments of path.join, behind its parenthesis.
func (r *scriptReader) joined(b *strings.Builder) bool {
	for n := 0; n < maxPathParts; n++ {
		at := *r
		switch {
		case n > 0:
			b.WriteByte('/')
			if !r.pathPart(b, false) {
				return false
			}
		case r.isHere():
			b.WriteByte('.')
		default:
			*r = at
			text, ok := r.literal(false)
			if !ok || !isRelative(text) {
				return false
			}
			b.WriteString(text)
		}
		switch {
		case r.take(')'):
			return true
		case !r.take(','):
			return false
		}
	}
	return false
}

// pathTemplate reads a template: its text, and a star for each expression.
func (r *scriptReader) pathTemplate(b *strings.Builder) bool {
	end := min(len(r.src), r.i+maxSpec)
	for r.i++; r.i < end; r.i++ {
		switch c := r.src[r.i]; {
		case c == '`':
			r.i++
			return true
		case c == '\\' || c == '\n':
			return false
		case c == '$' && hasPrefixAt(r.src, r.i, "${"):
			n := bytes.IndexByte(r.src[r.i:end], '}')
			if n < 0 || bytes.IndexByte(r.src[r.i+2:r.i+n], '{') >= 0 {
				return false
			}
			switch strings.TrimSpace(string(r.src[r.i+2 : r.i+n])) {
			case "__dirname", "import.meta.dirname":
				b.WriteByte('.')
			default:
				b.WriteByte('*')
			}
			r.i += n
		default:
			b.WriteByte(c)
		}
	}
	return false
}

// skipOperand reads over what is computed, up to the operator, comma or bracket behind it.
func (r *scriptReader) skipOperand() bool {
	depth := 0
	for end := min(len(r.src), r.i+maxSpec); r.i < end; {
		switch c := r.src[r.i]; {
		case c == '"' || c == '\'' || c == '`':
			n := bytes.IndexByte(r.src[r.i+1:end], c)
			if n < 0 {
				return false
			}
			r.i += n + 1
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			if depth--; depth < 0 {
				return true
			}
		case (c == ',' || c == '+') && depth == 0:
			return true
		}
		r.i++
	}
	return false
}

// pathPattern is the path with one star at most: up to the folder of the first one, and what is
// behind the last one. It is empty where nothing before the first star says which folder that is.
func pathPattern(path string) string {
	switch {
	case len(path) > maxSpec || strings.ContainsAny(path, "?#\n"):
		return ""
	case strings.HasPrefix(path, "@/") || strings.HasPrefix(path, "~/"):
	case !isRelative(path):
		return ""
	}
	star := strings.IndexByte(path, '*')
	if star < 0 {
		return path
	}
	if !strings.Contains(path[:star], "/") {
		return ""
	}
	return path[:star] + "*" + path[strings.LastIndexByte(path, '*')+1:]
}

// A scriptDoc is a type of another file that a comment of JSDoc names.
type scriptDoc struct {
	token int // the one behind the comment
	name  NameHash
}

// maxDocs bounds the types that comments of one file name.
const maxDocs = 256

// doc reads a comment of JSDoc: "@type {import('./a').T}", "@import {T} from './a'". The type
// checker reads it in JavaScript.
func (s *scriptScanner) doc(at, end int) {
	text := s.src[at:end]
	for i := 0; len(s.docs) < maxDocs; {
		n := bytes.Index(text[i:], []byte("import"))
		if n < 0 {
			return
		}
		i += n + len("import")
		tag := text[:i-len("import")]
		r := scriptReader{text, i}
		switch {
		case bytes.HasSuffix(tag, []byte("@")):
			if _, spec, ok := r.importClause(); ok {
				for names := (scriptReader{text[:r.i], i}); names.peek() != 0; names.i++ {
					if word := names.word(); word != "" {
						s.addDoc(at, spec, word)
						names.i--
					}
				}
			}
		case r.take('('):
			if spec, ok := r.literal(false); ok && r.take(')') {
				name := ""
				if r.take('.') {
					name = r.word()
				}
				s.addDoc(at, spec, name)
			}
		}
	}
}

func (s *scriptScanner) addDoc(at int, spec, name string) {
	if last := len(s.facts.Imports) - 1; last < 0 || s.facts.Imports[last].Line != at || s.facts.Imports[last].Spec != spec {
		s.facts.Imports = append(s.facts.Imports, Import{Spec: spec, Line: at, Kind: Handed})
	}
	doc := scriptDoc{token: len(s.tok.list), name: HashName(name)}
	if name == "" {
		doc.name = HashName("default")
	}
	s.docs = append(s.docs, doc)
}

// docsOf says which of the definitions and statements each comment belongs to: those around it and
// the next one, or else the last one.
func (o *scriptOutline) docsOf() map[int][]NameHash {
	if len(o.docs) == 0 || len(o.pending) == 0 {
		return nil
	}
	of := map[int][]NameHash{}
	for _, doc := range o.docs {
		next := len(o.pending) - 1
		for i := range o.pending {
			p := &o.pending[i]
			if first := p.first(); first <= doc.token && doc.token < p.body.to {
				of[i] = append(of[i], doc.name)
			} else if first >= doc.token && first < o.pending[next].first() || o.pending[next].body.to <= doc.token {
				next = i
			}
		}
		of[next] = append(of[next], doc.name)
	}
	return of
}

// sayDocs mentions types that comments name.
func (o *scriptOutline) sayDocs(names []NameHash) {
	for _, name := range names {
		o.seen.add(uint32(ScriptTaken(name)))
		o.seen.add(uint32(ScriptTyped(ScriptTaken(name))))
	}
}
