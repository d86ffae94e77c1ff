package lang

import (
	"slices"
	"sort"
)

// What a Python file has from others, and what it hands on.

// aliases reads all import statements, wherever they stand: after "from x import y as z" who
// says z means y, and what is bound may be a module.
func (r *pyReader) aliases() {
	done := -1
	for _, imp := range r.imported {
		if imp.token == done {
			continue // "import a, b": one statement
		}
		done = imp.token
		from, plain := r.word(imp.token, "from"), r.word(imp.token, "import")
		r.bindFrom(imp, from)
		names := plain
		i := imp.token
		for ; i < len(r.tok) && r.tok[i].kind != tokenLine && r.kind(i) != ';'; i++ {
			if r.word(i, "as") && r.kind(i-1) == tokenWord && r.kind(i+1) == tokenWord {
				r.alias(NameHash(r.tok[i+1].value), NameHash(r.tok[i-1].value))
			}
			if names && r.kind(i) == tokenWord && r.kind(i-1) != '.' {
				r.values.add(NameHash(r.tok[i].value))
			}
			names = names || from && r.word(i, "import")
		}
		if from || plain {
			r.imports = append(r.imports, row{imp.token, i})
		}
	}
}

// bindFrom notes what the names that an import statement binds are elsewhere.
func (r *pyReader) bindFrom(imp pyImport, from bool) {
	b := pyBinding{}
	start := imp.token
	if from {
		spec := &r.facts.Imports[imp.place]
		b = newPyBinding(spec.Spec, spec.Level > 0)
		for start < len(r.tok) && r.tok[start].kind != tokenLine && !r.word(start, "import") {
			start++
		}
	}
	end := start + 1
	for end < len(r.tok) && r.tok[end].kind != tokenLine && r.kind(end) != ';' {
		end++
	}
	r.tellImported(row{imp.token, min(start, end)}, b)
	for i := start + 1; i < end; i++ {
		if r.kind(i) != tokenWord {
			continue
		}
		local, first := i, i
		if !from {
			b = newPyBinding(string(r.text(i)), false)
		}
		for !from && r.kind(i+1) == '.' && r.kind(i+2) == tokenWord {
			i += 2
		}
		if b.name = NameHash(r.tok[i].value); r.word(i+1, "as") && r.kind(i+2) == tokenWord {
			i += 2
			local = i
		}
		r.tellImported(row{first, i + 1}, b)
		name := NameHash(r.tok[local].value)
		switch from := r.python.from[name]; {
		case slices.Contains(from, b):
		case len(from) < maxPyBindings:
			r.python.from[name] = append(from, b)
		default:
			r.python.takesAll = true // names alone tell, then: see alias
		}
	}
}

// tellImported marks the words of an import.
func (r *pyReader) tellImported(s row, b pyBinding) {
	m := pyImported
	if !b.relative {
		m = pyImportedFrom + pyMeaning(b.top)
	}
	for i := s.from; i < s.to; i++ {
		r.python.meaning[i] = m
	}
}

// importStatement reads an import at the top of the module, or in a class.
func (r *pyReader) importStatement(s row) {
	for len(r.imported) > 0 && r.imported[0].token < s.from {
		r.imported = r.imported[1:]
	}
	if len(r.imported) == 0 || r.imported[0].token != s.from {
		r.looseRow(s) // not understood
		return
	}
	if len(r.blocks) > 0 {
		return
	}
	if r.word(s.from, "import") {
		r.plain = append(r.plain, s)
		r.bindModules(s)
		return
	}
	place := r.imported[0].place
	names := s.from
	for names < s.to && !r.word(names, "import") {
		names++
	}
	for i := names + 1; i < s.to; i++ {
		switch r.kind(i) {
		case '*':
			r.facts.Exports = append(r.facts.Exports, Export{Name: "*", As: "*", Import: place})
		case tokenWord:
			name := string(r.text(i))
			e := Export{Name: name, As: name, Import: place}
			if r.word(i+1, "as") && r.kind(i+2) == tokenWord && i+2 < s.to {
				i += 2
				e.As = string(r.text(i))
			}
			r.facts.Bound = append(r.facts.Bound, Bound{NameHash(r.tok[i].value), HashName(name), place})
			r.facts.Exports = append(r.facts.Exports, e)
		}
	}
}

// bindModules notes what "import a.b, c as d" binds: a, and d.
func (r *pyReader) bindModules(s row) {
	for n, name := range r.bound(s) {
		if n < len(r.imported) && r.imported[n].token == s.from {
			r.facts.Bound = append(r.facts.Bound, Bound{NameHash(r.tok[name].value), HashName(""), r.imported[n].place})
		}
	}
}

// unsaidImports looks for what imports bind and the file never says, by whatever statement it
// has it: then the import is there for its effect, or for others. A plain one that stands
// outside of functions is something that the file does.
func (r *pyReader) unsaidImports() {
	said := map[uint32]bool{}
	var some [64]uint64 // a bit for each name, to ask the map less often
	for _, s := range r.imports {
		for _, name := range r.boundBy(s) {
			h := r.tok[name].value
			said[h] = false
			some[h>>6%64] |= 1 << (h % 64)
		}
	}
	if len(said) == 0 {
		return
	}
	imports := r.imports
	for i := range r.tok {
		for len(imports) > 0 && i >= imports[0].to {
			imports = imports[1:]
		}
		if len(imports) > 0 && i >= imports[0].from {
			continue
		}
		if t := &r.tok[i]; t.kind == tokenWord && some[t.value>>6%64]&(1<<(t.value%64)) != 0 {
			if _, ok := said[t.value]; ok {
				said[t.value] = true
			}
		}
	}
	unsaid := func(s row) bool {
		return slices.ContainsFunc(r.boundBy(s), func(name int) bool { return !said[r.tok[name].value] })
	}
	for _, s := range r.plain {
		if unsaid(s) {
			r.looseRow(s)
		}
	}
	for _, s := range r.imports {
		switch {
		case !unsaid(s) || r.forTypes(s.from):
		case r.word(s.from, "import"):
			for i := s.from; i < s.to; i++ {
				if i == s.from || r.kind(i) == ',' {
					r.loose = append(r.loose, PyFrom(string(r.text(i+1)), PyUnsaid))
				}
			}
		case r.kind(s.from+1) == '.':
			r.loose = append(r.loose, PyHandedOn)
		case !r.word(s.from+1, "__future__"):
			r.loose = append(r.loose, PyFrom(string(r.text(s.from+1)), PyHandedOn))
		}
	}
}

// A pyTyping is what stands below "if TYPE_CHECKING:", and the column of that.
type pyTyping struct {
	row
	column uint32
}

func (r *pyReader) noteTyping(start, end int) {
	column := r.tok[start].value
	if n := len(r.typing); n > 0 && r.typing[n-1].to == start && r.typing[n-1].column < column {
		r.typing[n-1].to = end
	}
	if at := start + 1; r.word(at, "if") && (r.word(at+1, "TYPE_CHECKING") || r.kind(at+2) == '.' && r.word(at+3, "TYPE_CHECKING")) {
		r.typing = append(r.typing, pyTyping{row{end, end}, column})
	}
}

// forTypes says that the token i is there for type checkers alone, and never runs.
func (r *pyReader) forTypes(i int) bool {
	at := sort.Search(len(r.typing), func(n int) bool { return r.typing[n].to > i })
	return at < len(r.typing) && r.typing[at].from <= i
}

// boundBy are the tokens of the names that an import statement binds; of all names of a module
// it is the star.
func (r *pyReader) boundBy(s row) (names []int) {
	if r.word(s.from, "import") {
		return r.bound(s)
	}
	i := s.from
	for i < s.to && !r.word(i, "import") {
		i++
	}
	for i++; i < s.to; i++ {
		if r.word(i+1, "as") && i+2 < s.to {
			i += 2
		}
		if k := r.kind(i); k == tokenWord || k == '*' {
			names = append(names, i)
		}
	}
	return names
}

// bound are the tokens of the names that "import a.b, c as d" binds: a and d.
func (r *pyReader) bound(s row) (names []int) {
	for i := s.from; i < s.to; i++ {
		if i > s.from && r.kind(i) != ',' {
			continue
		}
		name := i + 1
		for i+1 < s.to && r.kind(i+1) != ',' {
			if i++; r.word(i, "as") && i+1 < s.to {
				name = i + 1
			}
		}
		if name < s.to && r.kind(name) == tokenWord {
			names = append(names, name)
		}
	}
	return names
}

// allNames reads the strings of __all__. What they name has to be there for who imports all
// names; what it does is nothing to the list.
func (r *pyReader) allNames(s row) {
	if r.all == nil {
		r.all = map[string]bool{}
	}
	for i := s.from; i < s.to; i++ {
		if text := r.text(i); r.kind(i) == tokenString && len(text) > 2 {
			name := string(text[1 : len(text)-1])
			if !r.all[name] {
				r.all[name] = true
				r.facts.Exports = append(r.facts.Exports, Export{Name: PyListed(name)})
			}
		}
	}
}

// PyListed is handed on by a file whose __all__ lists a name.
func PyListed(name string) string { return "__all__ " + name }

// mentionListed collects the names in the value of __all__: strings are none.
func (r *pyReader) mentionListed(s row) {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) == tokenWord {
			r.say(i)
		}
	}
}

// export makes public what __all__ lists.
func (r *pyReader) export() {
	if len(r.all) == 0 {
		return
	}
	for i := range r.facts.Definitions {
		if d := &r.facts.Definitions[i]; r.all[d.Name] {
			d.Exported = true
		}
	}
}
