package lang

import (
	"bytes"
	"strings"
)

// Names in strings of Python. The settings of Django list middleware and applications so,
// loggers and task queues their handlers, tests what they replace: "a.b.C". Such a string is
// no import, but code that is given it nearly always imports what it says.

const (
	maxPyNamed = 2_000 // names in strings of one file; of one with more it is said that they are not followed
	// maxPyNamedText is the longest string that is looked at, in bytes.
	maxPyNamedText = 160
)

// named notes the string token that was added last, if it spells a dotted name: "a.b.C", or
// "a.b:c" as programs are named.
func (p *pyScanner) named(at int) {
	text := p.src[at:p.i]
	if len(text) < 3 || len(text) > maxPyNamedText {
		return
	}
	if c := text[0] | 0x20; c == 'u' || c == 'r' {
		text = text[1:]
	}
	if text[0] != '"' && text[0] != '\'' || len(text) < 3 {
		return
	}
	text = text[1 : len(text)-1]
	p.late(at, text)
	n := len(p.tok.list)
	if command := n >= 3 && p.tok.list[n-2].kind == '(' && p.isWord(n-3, "call_command"); command || p.apps {
		p.label(at, text, command)
		return
	}
	module, member, ok := cutPyName(text)
	if !ok || n >= 3 && pyLogs(p.src, p.tok.list, n-1) {
		return
	}
	if all := p.facts.Imports; len(all) > 0 && all[len(all)-1].Kind == Dynamic && all[len(all)-1].Spec == module {
		return // import_module("a.b") says so by itself
	}
	p.addNamed(at, Import{Spec: module, Names: member})
}

// label notes a name of one part or more where only names of Django stand: an application, of
// which it loads some modules by their names, or a command.
func (p *pyScanner) label(at int, text []byte, command bool) {
	for part := range bytes.SplitSeq(text, []byte{'.'}) {
		if len(part) == 0 || !isIdentStart(part[0]) || identEnd(part, 0) != len(part) {
			return
		}
	}
	if command {
		p.addNamed(at, Import{Spec: pyCommands + string(text)})
		return
	}
	p.addNamed(at, Import{Spec: string(text)})
	p.addNamed(at, Import{Spec: string(text), Names: []string{"apps", "models", "admin"}})
}

// pyCommands is where an application of Django has its commands, each a module.
const pyCommands = "management.commands."

// addNamed adds a name of a string, once.
func (p *pyScanner) addNamed(at int, imp Import) {
	key := imp.Spec + ":" + strings.Join(imp.Names, ",")
	if p.inTexts[key] {
		return
	}
	if p.inTexts == nil {
		p.inTexts = map[string]bool{}
	}
	imp.Line, imp.Kind = p.lines.at(at), Named
	switch n := len(p.inTexts); {
	case n < maxPyNamed:
		p.facts.Imports = append(p.facts.Imports, imp)
	case n == maxPyNamed:
		p.facts.Imports = append(p.facts.Imports, Import{Spec: "names in more than 2,000 strings", Line: imp.Line, Kind: Computed})
	default:
		return
	}
	p.inTexts[key] = true
}

// isWord says whether the token at n is that word.
func (p *pyScanner) isWord(n int, word string) bool {
	t := p.tok.list[n]
	return t.kind == tokenWord && string(p.src[t.start:t.end]) == word
}

// cutPyName splits a dotted name of two parts at least: behind a colon stands a member for
// certain. Names of files ("a.py") are none.
func cutPyName(text []byte) (module string, member []string, ok bool) {
	dots, start := 0, 0
	colon := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isIdent(text[i]) {
			continue
		}
		if i == start || isDigit(text[start]) {
			return "", nil, false
		}
		if i < len(text) {
			switch {
			case text[i] == '.' && colon < 0:
				dots++
			case text[i] == ':' && colon < 0:
				colon = i
			default:
				return "", nil, false
			}
			start = i + 1
		}
	}
	if colon >= 0 {
		return string(text[:colon]), []string{string(text[colon+1:])}, true
	}
	if dots == 0 || dots == 1 && pyFileEndings[string(text[start:])] {
		return "", nil, false
	}
	return string(text), nil, true
}

// pyFileEndings end the names of files, which look like those of modules.
var pyFileEndings = map[string]bool{
	"py": true, "pyi": true, "pyc": true, "txt": true, "json": true, "md": true, "rst": true, "html": true, "xml": true,
	"css": true, "js": true, "ts": true, "csv": true, "yaml": true, "yml": true, "toml": true, "ini": true, "cfg": true,
	"log": true, "sh": true, "sql": true, "db": true, "zip": true, "gz": true, "com": true, "org": true, "png": true,
}

// pyLogs says that the string at n names a logger, which is called like a module and imports
// nothing.
func pyLogs(src []byte, tok []lexeme, n int) bool {
	if n < 2 || tok[n-2].kind != tokenWord {
		return false
	}
	switch word := string(src[tok[n-2].start:tok[n-2].end]); tok[n-1].kind {
	case '(':
		return word == "getLogger" || word == "get_logger" || word == "assertLogs"
	case '=':
		return word == "logger"
	}
	return false
}

// mentionNamed mentions the module that the string at i may name in full: as a value, for who
// is given a string like that loads it and takes what he finds.
func (o *outline) mentionNamed(i int) {
	text := bytes.TrimLeft(o.text(i), "uUrR")
	if bytes.Contains(text, []byte(">>> ")) {
		o.mentionExamples(i)
	}
	if len(text) < 5 || len(text) > maxPyNamedText {
		return
	}
	text = text[1 : len(text)-1]
	dot := bytes.LastIndexByte(text, '.')
	if dot < 0 {
		return
	}
	if _, member, ok := cutPyName(text); !ok || member != nil || pyLogs(o.src, o.tok, i) {
		return
	}
	o.seen.add(uint32(PyValueOf(HashName(text[bytes.LastIndexByte(text[:dot], '.')+1:]))))
}
