package cel

import (
	"slices"
	"strings"
)

// Kind is what a type is made of. The zero value is Dyn: known only when evaluated.
type Kind uint8

const (
	Dyn  Kind = iota
	Free      // of the items of []: any type will do
	Null
	Bool
	Int
	Uint
	Double
	String
	Bytes
	List
	Map
	Object
	TypeType // the type of a type, such as of string in type(x) == string
)

// A Type of a value.
type Type struct {
	Kind   Kind
	Name   string // of an Object
	Key    *Type  // of a Map
	Elem   *Type  // of a List or Map
	Fields []Field
}

// A Field of an Object.
type Field struct {
	Name string
	Type *Type
	Doc  string // for the reference
}

var (
	DynType    = &Type{Kind: Dyn}
	NullType   = &Type{Kind: Null}
	BoolType   = &Type{Kind: Bool}
	IntType    = &Type{Kind: Int}
	UintType   = &Type{Kind: Uint}
	DoubleType = &Type{Kind: Double}
	StringType = &Type{Kind: String}
	BytesType  = &Type{Kind: Bytes}
	freeType   = &Type{Kind: Free}
	typeType   = &Type{Kind: TypeType}
)

// ListOf is the type of lists.
func ListOf(elem *Type) *Type { return &Type{Kind: List, Elem: elem} }

// MapOf is the type of mappings.
func MapOf(key, elem *Type) *Type { return &Type{Kind: Map, Key: key, Elem: elem} }

var kindNames = [...]string{"dyn", "any", "null_type", "bool", "int", "uint", "double", "string", "bytes", "list", "map", "object", "type"}

func (t *Type) String() string {
	switch t.Kind {
	case List:
		return "list(" + t.Elem.String() + ")"
	case Map:
		return "map(" + t.Key.String() + ", " + t.Elem.String() + ")"
	case Object:
		return t.Name
	}
	return kindNames[t.Kind]
}

// field finds a field of an object.
func (t *Type) field(name string) (*Type, bool) {
	i := slices.IndexFunc(t.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return t.Fields[i].Type, true
}

func (t *Type) fieldNames() string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// fits says whether a value of one type may stand where the other is wanted, and the
// reverse: what is known only later fits everything now.
func fits(a, b *Type) bool {
	switch {
	case a.Kind == Dyn, b.Kind == Dyn, a.Kind == Free, b.Kind == Free:
		return true
	case a.Kind != b.Kind:
		return false
	case a.Kind == List:
		return fits(a.Elem, b.Elem)
	case a.Kind == Map:
		return fits(a.Key, b.Key) && fits(a.Elem, b.Elem)
	case a.Kind == Object:
		return a.Name == b.Name
	}
	return true
}

// join is the type of what may be either; the two fit.
func join(a, b *Type) *Type {
	switch {
	case a.Kind == Free:
		return b
	case b.Kind == Free:
		return a
	case a.Kind == Dyn, b.Kind == Dyn:
		return DynType
	case a.Kind == List:
		return ListOf(join(a.Elem, b.Elem))
	case a.Kind == Map:
		return MapOf(join(a.Key, b.Key), join(a.Elem, b.Elem))
	}
	return a
}

// comparable says whether values can be equal: objects may lack facts, so they can not.
func (t *Type) comparable() bool {
	switch t.Kind {
	case Object:
		return false
	case List:
		return t.Elem.comparable()
	case Map:
		return t.Elem.comparable()
	}
	return true
}
