package lang

import (
	"bytes"
	"strings"
	"sync"
)

// Members of Java. Who runs a method says its name where he calls it, with so many arguments,
// or hands it on (C::m); where a framework does, its name stands in a text at most. So a
// definition mentions, besides names, what it calls. What may be called by nobody's name, and
// which types a type is made of, is said, too: package impact knows what that means.

// The Shape of a method of Java: how many parameters it has, seven for more, and the flags below.
// That of a type has flags alone.
const (
	javaParameters = 7
	javaVariable   = 1 << (iota + 2) // it takes more than it has parameters
	javaOpen                         // code that is not read may call it, or make values of the type
	javaFixed                        // private or static: nothing takes its place, and it takes none
)

// JavaIsOpen says that code which is not read may call a method of that shape, or make values of a
// type, because an annotation or the language says so.
func JavaIsOpen(s Shape) bool { return s&javaOpen != 0 }

// JavaIsFixed says that a method is private or static: it is called by its own name alone.
func JavaIsFixed(s Shape) bool { return s&javaFixed != 0 }

// JavaCalls are what who calls a method of that name and shape mentions one of.
func JavaCalls(name string, s Shape) []NameHash {
	h := HashName(name)
	least := int(s & javaParameters)
	calls := []NameHash{javaReference(h), JavaText(name)}
	if s&javaVariable == 0 {
		return append(calls, javaCall(h, least))
	}
	for n := max(least-1, 0); n <= javaParameters; n++ {
		calls = append(calls, javaCall(h, n))
	}
	return calls
}

// JavaParameters is how many a method has, and whether it may be called with others.
func JavaParameters(s Shape) (n int, more bool) {
	n = int(s & javaParameters)
	return n, s&javaVariable != 0 || n == javaParameters
}

func javaCall(name NameHash, arguments int) NameHash {
	return hashMore(name, "("+string(rune('0'+min(arguments, javaParameters))))
}

func javaReference(name NameHash) NameHash { return hashMore(name, "::") }

// JavaText is mentioned by what says the name in a text.
func JavaText(name string) NameHash { return javaText(HashName(name)) }

func javaText(name NameHash) NameHash { return hashMore(name, `"`) }

// JavaHeir is mentioned by a type that extends or implements one whose own name is that, and by
// what has such a type in its code.
func JavaHeir(name string) NameHash { return HashName("<" + name) }

// javaBase is the start of what a file hands on for each type that one of its own extends or
// implements: behind it stands that one as it is written, without type arguments.
func javaBase(class string) string { return "@" + class + " " }

// CutJavaBase splits what a file hands on into a type and what that says it is made of.
func CutJavaBase(export string) (class, base string, ok bool) {
	export, ok = strings.CutPrefix(export, "@")
	if ok {
		class, base, ok = strings.Cut(export, " ")
	}
	return class, base, ok
}

// sayJava collects the word at i, and what it calls.
func (o *javaOutline) sayJava(i int) {
	name := NameHash(o.tok[i].value)
	o.seen.add(uint32(name))
	if o.keywords.has(name) {
		if o.kind(i+1) == tokenWord && o.kind(i-1) != '.' && (o.word(i, "class") || o.word(i, "enum") || o.word(i, "interface")) {
			o.local(i + 1)
		}
		return
	}
	switch {
	case o.kind(i+1) == '(':
		least, most := o.arguments(i + 1)
		for n := least; n <= most; n++ {
			o.seen.add(uint32(javaCall(name, n)))
		}
	case o.kind(i-1) == ':' && o.kind(i-2) == ':', o.typed[i]:
		o.seen.add(uint32(javaReference(name)))
	case o.kind(i+1) == tokenWord && o.kind(i+2) == '(' && o.word(i, "record"):
		o.local(i + 1)
	}
}

// arguments is how many stand in the parentheses at open: of "a < b, c > d" nobody can tell.
func (o *javaOutline) arguments(open int) (least, most int) {
	last := o.next(open) - 1
	if last <= open+1 {
		return 0, 0
	}
	least, most = 1, 1
	generic := open // up to where commas may stand between type arguments
	for i := open + 1; i < last; i = o.next(i) {
		switch o.kind(i) {
		case '<':
			if i >= generic {
				generic = max(generic, o.angles(i, last))
			}
		case ',':
			most++
			if i >= generic {
				least++
			}
		}
	}
	return min(least, javaParameters), min(most, javaParameters)
}

// shape is that of a method of which the name is at own.
func (o *javaOutline) shape(t *javaType, d javaDeclaration, own, to int) (s Shape) {
	n, more := o.parameters(own+1, to)
	s = Shape(min(n, javaParameters))
	if more {
		s |= javaVariable
	}
	if d.noted || d.native || t.notes || t.record && n == 0 || o.notes(own+1, to) {
		s |= javaOpen
	}
	if d.private || d.static {
		s |= javaFixed
	}
	return s
}

// parameters is how many are declared in the parentheses at open, and whether it takes more.
func (o *javaOutline) parameters(open, to int) (n int, more bool) {
	if o.kind(open) != '(' { // the canonical constructor of a record
		return 0, true
	}
	last := min(o.next(open)-1, to)
	if last > open+1 {
		n = 1
	}
	for i := open + 1; i < last; {
		switch o.kind(i) {
		case '<':
			end := o.angles(i, last)
			if end == i+1 {
				return 0, true
			}
			i = end
			continue
		case ',':
			n++
		case '.':
			more = more || o.kind(i+1) == '.'
		case tokenWord:
			if o.word(i, "this") { // what it is called on
				n--
			}
		}
		i = o.next(i)
	}
	return n, more
}

// notes says that a parameter in the parentheses at open has an annotation that may make somebody
// call the method who does not say its name.
func (o *javaOutline) notes(open, to int) bool {
	if o.kind(open) != '(' {
		return false
	}
	last := min(o.next(open)-1, to)
	for i := open + 1; i < last; {
		if o.kind(i) != '@' {
			i++
			continue
		}
		end := o.annotation(i, last)
		if !o.isPassive(i, end) {
			return true
		}
		i = end
	}
	return false
}

// heirs says what a type is made of: between its name and its body.
func (o *javaOutline) heirs(d *Definition, i, body int) {
	o.eachBase(i, body, func(base string) {
		o.facts.Exports = append(o.facts.Exports, Export{Name: javaBase(d.Name) + base})
		d.Mentions = append(d.Mentions, JavaHeir(base[strings.LastIndexByte(base, '.')+1:]))
	})
	d.Mentions = SortNames(d.Mentions)
}

// local mentions what a type in the code of a definition is made of.
func (o *javaOutline) local(own int) {
	body := own + 1
	for body < len(o.tok) && o.kind(body) != '{' && o.kind(body) != ';' {
		body = o.next(body)
	}
	o.eachBase(own+1, body, func(base string) {
		o.seen.add(uint32(JavaHeir(base[strings.LastIndexByte(base, '.')+1:])))
	})
}

// eachBase calls fn for the types behind "extends" and "implements".
func (o *javaOutline) eachBase(i, body int, fn func(base string)) {
	listed := false
	for i < body {
		switch {
		case o.kind(i) == '<':
			i = o.angles(i, body)
		case o.kind(i) == '@':
			i = o.annotation(i, body)
		case o.word(i, "extends"), o.word(i, "implements"):
			listed = true
			i++
		case o.word(i, "permits"):
			return
		case listed && o.kind(i) == tokenWord:
			var parts []string
			for i < body {
				for i < body && o.kind(i) == '@' {
					i = o.annotation(i, body)
				}
				if i >= body || o.kind(i) != tokenWord {
					break
				}
				parts = append(parts, string(o.text(i)))
				if i++; i < body && o.kind(i) == '<' {
					i = o.angles(i, body)
				}
				if o.kind(i) != '.' {
					break
				}
				i++
			}
			fn(strings.Join(parts, "."))
		default:
			i = o.next(i)
		}
	}
}

// isPassive says that the annotation at i makes nobody use what it stands on.
func (o *javaOutline) isPassive(i, end int) bool {
	last := -1
	for i++; i < end && (o.kind(i) == tokenWord || o.kind(i) == '.'); i++ {
		if o.kind(i) == tokenWord {
			last = i
		}
	}
	return last >= 0 && (javaPassive()[string(o.text(last))] || bytes.HasPrefix(o.text(last), []byte("Suppress")))
}

// javaPassive are annotations that are there for compilers, for tools that look for faults and for
// readers.
var javaPassive = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(`Override Deprecated SafeVarargs FunctionalInterface Serial
		Nullable NonNull NotNull Nonnull CheckForNull NullMarked NullUnmarked ParametersAreNonnullByDefault
		CanIgnoreReturnValue CheckReturnValue DoNotCall DoNotMock ForOverride InlineMe InlineMeValidationDisabled
		OverridingMethodsMustInvokeSuper RestrictedApi Immutable ThreadSafe NotThreadSafe GuardedBy
		VisibleForTesting Contract Pure SideEffectFree Language
		GwtCompatible GwtIncompatible J2ktIncompatible API Beta Incubating NotExtensible Experimental
		IgnoreJRERequirement`) {
		all[name] = true
	}
	return all
})

// JavaMethodLists are what code mentions that asks a class for all its methods: it may look for some
// by their names.
func JavaMethodLists() []NameHash {
	return []NameHash{javaCall(HashName("getMethods"), 0), javaCall(HashName("getDeclaredMethods"), 0)}
}

// JavaImportsBeans says whether a file imports a library that may read and write the properties of
// what it is given by their names: any that is not known to do nothing of the kind. leads says
// whether an import leads into the tree; of two that lead to one file it need not know both.
func JavaImportsBeans(f *Facts, leads func(spec string) bool) bool {
	for i := range f.Imports {
		if imp := &f.Imports[i]; imp.Kind == Static && !javaPlain(imp.Spec) && javaProject(imp.Spec) != javaProject(f.Package) && !leads(imp.Spec) {
			return true
		}
	}
	return false
}

// javaProject are the first three parts of a package's name, which all of one project have in common.
func javaProject(name string) string {
	dots := 0
	for i := range len(name) {
		if name[i] == '.' {
			if dots++; dots == 3 {
				return name[:i]
			}
		}
	}
	return name
}

// javaPlain says that a name is that of something in a library that knows no properties of beans.
func javaPlain(spec string) bool {
	for _, library := range javaPlainLibraries {
		if strings.HasPrefix(spec, library) {
			return true
		}
	}
	return false
}

var javaPlainLibraries = [...]string{
	"java.io", "java.lang", "java.math", "java.net", "java.nio", "java.security", "java.text", "java.time", "java.util",
	"javax.annotation", "javax.crypto", "javax.inject", "javax.lang.model", "javax.net", "javax.tools", "jakarta.annotation", "jakarta.inject",
	"junit.", "org.junit.", "org.testng.", "org.hamcrest.", "org.assertj.", "org.opentest4j.", "org.mockito.", "com.google.common.",
	"com.google.errorprone.", "com.google.auto.", "com.google.protobuf.", "com.google.caliper.", "net.bytebuddy.", "org.objectweb.asm.",
	"org.objenesis.", "org.slf4j.", "org.apache.logging.", "org.jspecify.", "org.checkerframework.", "org.openjdk.", "org.osgi.", "kotlin.",
	"sun.", "jdk.",
}
