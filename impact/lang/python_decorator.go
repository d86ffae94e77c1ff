package lang

import (
	"slices"
	"strings"
	"sync"
)

// Decorators of Python: whether what stands below one may be called without its name.

// decoratorsRun says whether a decorator stands in these lines that may keep what it is
// given, so that it is called without being named: a route, a receiver of signals.
func (r *pyReader) decoratorsRun(from, to int) bool {
	for i := from; i < to; i++ {
		if r.kind(i) != '@' || r.kind(i-1) != tokenLine {
			continue
		}
		last := i + 1
		for r.kind(last) == tokenWord && r.kind(last+1) == '.' {
			last += 2
		}
		if last >= to || r.kind(last) != tokenWord || !r.isPassive(i+1, last) {
			return true
		}
	}
	return false
}

// pyPassiveDecorators only change what the name below them stands for.
var pyPassiveDecorators = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`property staticmethod classmethod abstractmethod overload override final
		wraps lru_cache cache cached_property contextmanager asynccontextmanager setter getter deleter
		total_ordering no_type_check unique runtime_checkable skip skipIf skipUnless expectedFailure`) {
		m[name] = true
	}
	return m
})

// isPassive says that the decorator whose name stands from first to last only changes what
// the name below it stands for, and that it is the one that everybody knows: a builtin, or
// of a library. One of the repository may be called the same and keep what it is given.
func (r *pyReader) isPassive(first, last int) bool {
	name := string(r.text(last))
	if !pyPassiveDecorators()[name] {
		return false
	}
	switch name {
	case "setter", "getter", "deleter":
		return last == first+2 // of the property of that name
	case "property", "staticmethod", "classmethod":
		if first == last {
			return !r.binds(name) && !slices.ContainsFunc(r.facts.Definitions, func(d Definition) bool { return d.Name == name })
		}
	}
	return r.isOfLibrary(first)
}

// isOfLibrary says that the name at i can only come from pyPassiveLibraries.
func (r *pyReader) isOfLibrary(i int) bool {
	from := r.python.from[NameHash(r.tok[i].value)]
	return len(from) > 0 && !slices.ContainsFunc(from, func(b pyBinding) bool { return !b.passive })
}

// binds says that the file imports something of this name.
func (r *pyReader) binds(name string) bool {
	for i := range r.facts.Imports {
		if slices.Contains(r.facts.Imports[i].Names, name) {
			return true
		}
	}
	return false
}

// pyPassiveLibraries have decorators of pyPassiveDecorators.
var pyPassiveLibraries = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`abc asyncstdlib builtins contextlib dataclasses enum functools typing
		typing_extensions unittest django pytest werkzeug async_lru cachetools cached_property`) {
		m[name] = true
	}
	return m
})
