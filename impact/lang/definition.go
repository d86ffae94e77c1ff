package lang

import (
	"crypto/sha256"
	"slices"
)

// A Definition is one top-level definition of a file, or a method of one. What stands
// inside of a function belongs to that function.
//
// Two definitions with equal Signature, Body and Mentions do the same, whatever their
// comments and white space.
type Definition struct {
	Name     string // "Serve"; a method or member is "Server.Serve". A default export is "default"
	Kind     DefinitionKind
	Exported bool // other files (Go: other packages) can name it, by the language's rule
	// Runs says that some of it is executed when the file is loaded, before anybody asks
	// for it by name: Go's init functions and variables that are computed by a call.
	Runs  bool
	Shape Shape // of a method of Go; of a method or type of Java, see java_member.go; others have none
	Start int   // line, 1-based; doc comments and decorators stand before it
	End   int   // line, inclusive

	// Signature is the digest of the tokens that others have to know to use it, without its
	// own name, comments and white space; Body is that of the rest. What a signature reads
	// like is not kept: see SignatureText.
	Signature, Body Digest

	// Mentions are the names that signature and body (and decorators) mention, sorted,
	// each once.
	Mentions []NameHash
}

// A Shape is how many parameters and results a method of Go has. Only a method of the same
// shape can be one that an interface asks for.
type Shape uint8

// ShapeBits is how many of the lower bits a shape takes.
const ShapeBits = 6

// ShapeOf is that of so many parameters, of which one behind three dots is one, and results.
// What has seven of one or more is taken for the same.
func ShapeOf(parameters, results int) Shape {
	return Shape(min(parameters, 7)<<3 | min(results, 7))
}

// DefinitionKind says what a definition makes.
type DefinitionKind uint8

const (
	UnknownKind DefinitionKind = iota
	Function
	Method
	Type
	Class
	Interface
	Enum
	Variable
	Constant
	Namespace // TypeScript's: its members have its name before theirs
)

var kindNames = [...]string{"unknown", "function", "method", "type", "class", "interface", "enum", "variable", "constant", "namespace"}

// String is the kind as people read it: "function".
func (k DefinitionKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[0]
}

// An Export is a name that a file hands on from another one: TypeScript's
// "export {a as b} from './x'" and "export * from './x'"; for Python each name of a
// "from x import y", which others can import from here. Names that are imported for the file
// itself, by an import that fails without them, are listed, too, of ECMAScript and Java; and
// names that Python looks up when the file is loaded though nothing runs there.
type Export struct {
	Name   string // as the other file calls it; "*" for all of them
	As     string // as it is called here; "*" for all of them under their own names; empty: it is not handed on
	Import int    // place in Facts.Imports of the import that hands it on
}

// A Bound is a name that an import at the top of a file binds: "from x import g as h". Code
// that says h does something else when x becomes y, though not a token of it changed. Go has
// none: there each mention says what is imported. Of a star it is not known which names.
type Bound struct {
	Local  NameHash // as the file says it
	Name   NameHash // as it is called there; that of "" for the module itself
	Import int      // place in Facts.Imports
}

// OfDefinitions says that it is no name, but what a file says of its own definitions: how they
// decorate and what they keep (see python_wrapper.go), and of what classes are made (see
// python_class.go).
func (e *Export) OfDefinitions() bool { return len(e.Name) > 0 && e.Name[0] == '@' }

// A NameHash stands for a name that code mentions. Equal names have equal hashes; that
// two names may share one only makes more be reached, never less.
//
// What is hashed is an identifier ("Serve") as it stands, wherever it stands: as a
// variable, behind a dot, as a key. A name that stands for another one in the file
// mentions both: after "import {a as b}" the code that says b mentions a, too; a default
// import mentions "default". Go tells more apart: see go_mention.go.
type NameHash uint32

// Everything is mentioned by what may use any name of a file that its own one imports: a
// module that is handed on as a value, or imported for its effect.
var Everything = HashName("*")

// HashName hashes a name.
func HashName[S string | []byte](name S) NameHash {
	return hashMore(fnvOffset32, name)
}

// hashMore goes on from the hash of what stands before.
func hashMore[S string | []byte](before NameHash, name S) NameHash {
	h := uint32(before)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint32(name[i])) * fnvPrime32
	}
	return NameHash(h)
}

// FNV-1a.
const (
	fnvOffset32 = 2166136261
	fnvPrime32  = 16777619
)

// A Digest stands for a row of tokens. It is half a SHA-256: whoever writes both sides of
// a change must not be able to make two bodies that count as one.
type Digest [16]byte

// A TokenHash makes digests of tokens: where one ends and the next begins matters, what
// stands between them does not. The zero value is ready.
type TokenHash struct{ tokens []byte }

// Add appends a token.
func (h *TokenHash) Add(token []byte) {
	h.tokens = append(append(h.tokens, token...), 0) // no text has that byte: see isBinary
}

// grow is tokens with room for n bytes more at least, in its whole length.
func (h *TokenHash) grow(tokens []byte, n int) []byte {
	h.tokens = slices.Grow(tokens, max(n, 1<<10))
	return h.tokens[:cap(h.tokens)]
}

// addSome is Add for what may be nothing.
func (h *TokenHash) addSome(token []byte) {
	if len(token) > 0 {
		h.Add(token)
	}
}

// Sum is the digest of what was added since the last Sum; the zero Digest for nothing.
func (h *TokenHash) Sum() Digest {
	if len(h.tokens) == 0 {
		return Digest{}
	}
	sum := sha256.Sum256(h.tokens)
	h.tokens = h.tokens[:0]
	return Digest(sum[:16])
}

// SortNames sorts the names and drops doubles, in place.
func SortNames(names []NameHash) []NameHash {
	slices.Sort(names)
	return slices.Compact(names)
}

// Mentions says whether a sorted list holds a name.
func Mentions(names []NameHash, name NameHash) bool {
	_, found := slices.BinarySearch(names, name)
	return found
}
