package lang

import (
	"strconv"
)

// What the header of a function or class looks up when the file is loaded.

// orderOf appends which of the names in a row, that is read when the file is loaded, were
// defined before it, and how often: they mean something else, or nothing, where their
// definitions come later.
func (r *pyReader) orderOf(order []byte, s row) []byte {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenWord || r.kind(i-1) == '.' {
			continue
		}
		times := r.bindings[string(r.text(i))]
		if len(r.blocks) > 0 { // a class has names of its own, and those of the module
			if own := r.bindings[r.scoped(string(r.text(i)))]; own > 0 {
				times = own
			}
		}
		if times > 0 {
			order = strconv.AppendInt(append(append(order, r.text(i)...), ' '), int64(times), 10)
		}
	}
	return order
}

// scoped is a name with that of the class around it.
func (r *pyReader) scoped(name string) string {
	if n := len(r.blocks); n > 0 {
		return r.blocks[n-1].name + "." + name
	}
	return name
}

// bind notes a definition, and appends which one of its name it is, but for the first.
func (r *pyReader) bind(order []byte, name string) []byte {
	if r.bindings == nil {
		r.bindings = map[string]int{}
	}
	if times := r.bindings[name]; times > 0 {
		order = strconv.AppendInt(append(order, '#'), int64(times), 10)
	}
	r.bindings[name]++
	return order
}

// looseHeader notes the names that are looked up when the file is loaded: in decorators,
// default values and, below a decorator, which may look at them, in annotations.
func (r *pyReader) looseHeader(b pyBlock) {
	if b.class {
		return // all of it is, and says so: see Definition.Runs
	}
	r.seen.reset()
	r.mention(row{b.header.from, b.keyword})
	params := b.own + 1
	for params < b.header.to && r.kind(params) != '(' {
		params = r.next(params)
	}
	value := false // or annotation
	for i := params + 1; i < r.next(params)-1; {
		end := r.next(i)
		switch r.kind(i) {
		case '=':
			value = true
		case ':':
			value = b.runs
		case ',':
			value = false
		}
		if value {
			r.mention(row{i, end})
		}
		i = end
	}
	if b.runs {
		r.mention(row{r.next(params), b.header.to})
	}
	r.loose = append(r.loose, r.seen.names...)
}

// needAnnotations notes the names in the annotations of a function: they are looked up when
// the file is loaded, before Python 3.14. That "from __future__ import annotations" puts it
// off counts for nothing, since dataclasses and validators look at once all the same.
func (r *pyReader) needAnnotations(b pyBlock) {
	if b.class {
		return
	}
	params := b.own + 1
	for params < b.header.to && r.kind(params) != '(' {
		params = r.next(params)
	}
	end := r.next(params) - 1
	for i := params + 1; i < end; {
		if r.kind(i) != ':' {
			i = r.next(i)
			continue
		}
		from := i + 1
		for i = from; i < end && r.kind(i) != ',' && r.kind(i) != '='; {
			i = r.next(i)
		}
		r.need(row{from, min(i, end)}, false)
	}
	r.need(row{end + 1, b.header.to}, false)
}

// need notes names that are looked up when the file is loaded, and of which nothing runs:
// one that is gone fails it. Those that an import names are noted there.
func (r *pyReader) need(s row, members bool) {
	for i := s.from; i < s.to; i++ {
		if r.kind(i) != tokenWord || members && r.kind(i-1) != '.' || r.keywords.has(NameHash(r.tok[i].value)) {
			continue
		}
		name := string(r.text(i))
		if r.needed == nil {
			r.needed = map[string]bool{}
		}
		if !r.needed[name] {
			r.needed[name] = true
			r.facts.Exports = append(r.facts.Exports, Export{Name: name})
		}
	}
}
