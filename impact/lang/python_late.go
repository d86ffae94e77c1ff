package lang

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Modules of Python that are loaded by a name of which a part is known, or only when they are
// asked for.
//
// A module with a __getattr__ of its own loads others under names that its texts spell: with the
// dot of a relative import ({"Fast": ".fast"}), or without ({"fast": ["Fast"]}), as lazy_loader
// and the LazyModule of transformers have it. import_module(f"plugins.{name}") loads something of
// a folder. And a file that runs programs says their names, or the paths of scripts.

// A pyLate is a text that may name a module, or a program, if the file turns out to load some.
type pyLate struct {
	at   int
	text string
}

type pyLates struct {
	relative []pyLate // ".fast"
	bare     []pyLate // "fast"
	handed   []pyLate // "scripts/go.py", or the name of a program

	imports bool // something in the file imports by a name
	lazy    bool // the file gives names that it has loaded only then
	runs    bool // it runs programs
}

// late notes a text, without its quotes, for when all of the file was read.
func (p *pyScanner) late(at int, text []byte) {
	p.lateProgram(at, text)
	to := &p.lates.bare
	name := bytes.TrimLeft(text, ".")
	if len(name) < len(text) {
		to = &p.lates.relative
	}
	if len(*to) < maxPyNamed && len(name) > 0 && isIdentStart(name[0]) && isPyDotted(name) {
		*to = append(*to, pyLate{at, string(text)})
	}
}

// lateProgram notes the paths of scripts in a text, and the first word of a command.
func (p *pyScanner) lateProgram(at int, text []byte) {
	n := len(p.tok.list) - 2
	first := n >= 0 && (p.tok.list[n].kind == '(' || p.tok.list[n].kind == '[')
	module := false // behind "-m"
	for word := range bytes.FieldsSeq(text) {
		if name, ok := bytes.CutPrefix(word, []byte("-m")); ok && len(name) > 0 {
			word, module = name, true
		}
		if module && isPyDotted(word) && len(p.lates.handed) < maxPyNamed {
			p.lates.handed = append(p.lates.handed, pyLate{at, "-m " + string(word)})
		}
		module = string(word) == "-m"
		if script := bytes.HasSuffix(word, []byte(".py")) && len(word) > len(".py") || isPyPlainPath(word); (script || first) && len(p.lates.handed) < maxPyNamed && isPyProgram(word) {
			p.lates.handed = append(p.lates.handed, pyLate{at, string(word)})
		}
		first = false
	}
}

// isPyPlainPath says that a word is a path in folders, of a file without an extension: bin/tool.
func isPyPlainPath(word []byte) bool {
	slash := bytes.LastIndexByte(word, '/')
	return slash > 0 && slash+1 < len(word) && bytes.IndexByte(word[slash:], '.') < 0
}

// isPyProgram says that a word may be a path in the tree, or the name of a program.
func isPyProgram(word []byte) bool {
	for _, c := range word {
		if !isIdent(c) && c != '.' && c != '-' && c != '/' || c >= 0x80 {
			return false
		}
	}
	return word[0] != '/' && word[0] != '-'
}

// isPyDotted says that a text is a name, with dots in between or not.
func isPyDotted(name []byte) bool {
	for part := range bytes.SplitSeq(name, []byte{'.'}) {
		if len(part) == 0 || !isIdentStart(part[0]) || identEnd(part, 0) != len(part) {
			return false
		}
	}
	return true
}

// seeLazy looks at a word that was just added: what makes a module load others.
func (p *pyScanner) seeLazy(word []byte) {
	n := len(p.tok.list) - 1
	switch string(word) {
	case "__getattr__":
		p.lates.imports = true
		if n > 0 && p.isWord(n-1, "def") {
			n--
		}
		p.lates.lazy = p.lates.lazy || n > 0 && p.tok.list[n-1].kind == tokenLine && p.tok.list[n-1].value == 0
	case "import_module", "__import__":
		p.lates.imports = true
	case "subprocess", "runpy", "run_path", "pexpect", "create_subprocess_exec", "create_subprocess_shell", "system", "execv", "execvp", "popen", "spec_from_file_location", "SourceFileLoader":
		p.lates.runs = true
	default:
		if bytes.HasSuffix(word, []byte("LazyModule")) {
			p.lates.imports, p.lates.lazy = true, true
		}
	}
}

// addLate adds the modules that texts name, where the file loads some.
func (p *pyScanner) addLate() {
	if p.lates.imports {
		p.addRelative(p.lates.relative)
	}
	if p.lates.lazy {
		p.addRelative(p.lates.bare)
	}
	if p.lates.runs {
		seen := map[string]bool{}
		for _, late := range p.lates.handed {
			if !seen[late.text] {
				seen[late.text] = true
				p.facts.Imports = append(p.facts.Imports, Import{Spec: late.text, Line: p.lines.at(late.at), Kind: Handed})
			}
		}
	}
	p.sortImports()
}

// sortImports brings them into the order of their lines.
func (p *pyScanner) sortImports() {
	all := p.facts.Imports
	if slices.IsSortedFunc(all, compareLines) {
		return
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareLines(all[a], all[b]) })
	places := make([]int, len(all))
	sorted := make([]Import, len(all))
	for to, from := range order {
		sorted[to], places[from] = all[from], to
	}
	p.facts.Imports = sorted
	for i := range p.imported {
		p.imported[i].place = places[p.imported[i].place]
	}
}

func compareLines(a, b Import) int { return cmp.Compare(a.Line, b.Line) }

// addRelative adds modules beside the file, or below it.
func (p *pyScanner) addRelative(list []pyLate) {
	seen := map[string]bool{}
	for _, late := range list {
		if seen[late.text] {
			continue
		}
		seen[late.text] = true
		name := strings.TrimLeft(late.text, ".")
		p.facts.Imports = append(p.facts.Imports, Import{
			Spec: name, Level: max(len(late.text)-len(name), 1), Line: p.lines.at(late.at), Kind: Named,
		})
	}
}

// pyGlob reads an argument at i that spells the beginning of a module's name, behind which comes
// what is known only when it runs: f"a.{x}", "a." + x, "a.%s" % x, "a.{}".format(x).
func pyGlob(src []byte, i int) (spec string, level int, ok bool) {
	formatted := false
	for n := 0; i < len(src) && n < 2 && isPyPrefix(src[i:i+1]); n++ {
		formatted = formatted || src[i]|0x20 == 'f'
		i++
	}
	if i >= len(src) || src[i] != '"' && src[i] != '\'' || hasPrefixAt(src, i, `"""`) || hasPrefixAt(src, i, "'''") {
		return "", 0, false
	}
	var text []byte
	if formatted {
		end := i + 1
		for end < len(src) && src[end] != src[i] && src[end] != '{' && src[end] != '\n' {
			end++
		}
		if end >= len(src) || src[end] != '{' {
			return "", 0, false
		}
		text = src[i+1 : end]
	} else {
		end, closed := pyStringEnd(src, i)
		if !closed {
			return "", 0, false
		}
		text = src[i+1 : end-1]
		rest := bytes.TrimLeft(src[end:min(len(src), end+maxComputed)], " \t\r\n")
		cut := byte(0)
		switch {
		case bytes.HasPrefix(rest, []byte("+")):
		case bytes.HasPrefix(rest, []byte("%")):
			cut = '%'
		case bytes.HasPrefix(rest, []byte(".format(")):
			cut = '{'
		default:
			return "", 0, false
		}
		if cut != 0 {
			at := bytes.IndexByte(text, cut)
			if at < 0 {
				return "", 0, false
			}
			text = text[:at]
		}
	}
	name := bytes.TrimLeft(text, ".")
	level = len(text) - len(name)
	if len(name) > maxPyNamedText || level == 0 && bytes.IndexByte(name, '.') < 0 || !isPyDotted(append(bytes.Clone(name), 'x')) {
		return "", 0, false
	}
	return string(name) + "*", level, true
}

// globbed notes an import of what is written at i, if it says where the module is.
func (p *pyScanner) globbed(at, i int) bool {
	spec, level, ok := pyGlob(p.src, i)
	if !ok {
		return false
	}
	if level > 0 {
		call := p.src[i:min(len(p.src), i+4*maxComputed)]
		call, _, _ = bytes.Cut(call, []byte("\n\n"))
		if !bytes.Contains(call, []byte("__package__")) && !bytes.Contains(call, []byte("__name__")) {
			return false // it is relative to some other package
		}
	}
	p.facts.Imports = append(p.facts.Imports, Import{Spec: spec, Level: level, Line: p.lines.at(at), Kind: Glob})
	return true
}

const (
	pyFolder    = 400 // a module of the folder from which code loads one by a name that it puts together
	pyLateGuess = 600 // a text spells the name of a module that lies beside the file
)

// beside resolves a text of a file that loads modules when they are asked for.
func (r *pyResolver) beside(from string, imp Import) Resolution {
	base, ok := relativeBase(from, imp.Level)
	if !ok {
		return Resolution{External: true}
	}
	to := r.module(base, Import{Spec: imp.Spec, Kind: Dynamic}).resolution(from, pyLateGuess)
	to.External = len(to.Files) == 0
	return to
}

// relativeBase is the folder that so many dots mean in a file.
func relativeBase(from string, level int) (base string, ok bool) {
	base = folderOf(from)
	for range level - 1 {
		if base == "." {
			return "", false
		}
		base = folderOf(base)
	}
	return base, true
}

// folder resolves a name of which only the beginning is known: all modules that it could mean.
// Where that is too much, it is none: the import is unresolved.
func (r *pyResolver) folder(from string, imp Import) Resolution {
	head, begin := "", strings.TrimSuffix(imp.Spec, "*")
	if dot := strings.LastIndexByte(begin, '.'); dot >= 0 {
		head, begin = strings.ReplaceAll(begin[:dot], ".", "/"), begin[dot+1:]
	}
	var bases []string
	if imp.Level > 0 {
		base, ok := relativeBase(from, imp.Level)
		if !ok {
			return Resolution{External: true}
		}
		bases = []string{base}
	} else {
		first, _, _ := strings.Cut(head, "/")
		bases = append(bases, folderOf(from))
		for root := range r.above(folderOf(from)) {
			bases = append(bases, root)
		}
		bases = append(bases, r.names[first]...)
	}
	for _, base := range bases {
		folder := under(base, head)
		if !r.folders[folder] {
			continue
		}
		var files []string
		for _, path := range filesUnder(r.tree.Files(), folder) {
			rest := strings.TrimPrefix(path, under(folder, "")+"/")
			if !isPyModule(baseOf(path)) || !strings.HasPrefix(rest, begin) || path == from {
				continue
			}
			if len(files) == maxFolder {
				return Resolution{}
			}
			files = append(files, path)
		}
		if len(files) > 0 {
			return Resolution{Files: files, Confidence: pyFolder}
		}
	}
	return Resolution{External: true}
}
