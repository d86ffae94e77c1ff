// Package lang reads source files: what a file imports, and which files of the tree an
// import names. One file per language, one line in All for each.
//
// Extract sees only the bytes of one blob, so its result may be cached by blob id for
// ever, under the language's Version. Resolve sees the names of a whole tree and the
// few project files that decide what a name means (go.mod, tsconfig.json,
// package.json). Neither runs anything, and neither panics on any input.
package lang

import "slices"

// All lists the languages, in the order in which they are tried.
var All = []*Language{
	{Name: "go", Extensions: []string{".go"}, Version: 12, Extract: extractGo, Sketch: sketchGo, NewResolver: newGoResolver, Defines: true, comments: goComments},
	{Name: "python", Extensions: []string{".py", ".pyi"}, Version: 17, Extract: extractPython, NewResolver: newPythonResolver, Defines: true, comments: pythonComments},
	{Name: "typescript", Extensions: []string{".ts", ".mts", ".cts"}, Version: 16, Extract: extractTypeScript, NewResolver: newScriptResolver, Defines: true, comments: typeScriptComments},
	{Name: "tsx", Extensions: []string{".tsx"}, Version: 16, Extract: extractJSX, NewResolver: newScriptResolver, Defines: true, comments: jsxComments},
	{Name: "javascript", Extensions: []string{".js", ".jsx", ".mjs", ".cjs"}, Version: 16, Extract: extractJSX, NewResolver: newScriptResolver, Defines: true, comments: jsxComments},
	{Name: "vue", Extensions: []string{".vue"}, Version: 16, Extract: extractVue, NewResolver: newScriptResolver, Defines: true},
	{Name: "svelte", Extensions: []string{".svelte"}, Version: 16, Extract: extractSvelte, NewResolver: newScriptResolver, Defines: true},
	{Name: "java", Extensions: []string{".java"}, Version: 15, Extract: extractJava, NewResolver: newJavaResolver, Defines: true, comments: javaComments},
}

// A Language is one row of All.
type Language struct {
	// Name is unique and shown to users: "go", "python", "java", and, because Extract
	// can not see a file's name and their syntax differs (JSX, casts, markup around
	// the script): "typescript", "tsx", "javascript", "vue", "svelte".
	Name       string
	Extensions []string // with the dot, lower case; no extension is in two rows
	Version    uint16   // raise it whenever Extract would answer differently

	// Extract reads one file. It takes any bytes, costs time and memory linear in
	// them, and returns what it understood.
	Extract func(src []byte) Facts

	// Sketch is Extract without any digest, in much less time; nil: there is no such thing.
	// Of the files of a tree nobody compares more than those that a change touches.
	Sketch func(src []byte) Facts

	// NewResolver prepares to resolve the imports of one tree. It costs one pass over
	// the names of the tree; for Java, and for Go without any go.mod, also over the
	// facts of its files.
	NewResolver func(Tree) Resolver

	// Defines says that Extract reports definitions, too. What it does not define then
	// does not exist, and impact may follow names instead of whole files.
	Defines bool

	comments func(src []byte) ([]Span, bool)
}

// ForPath finds the language of a file by its extension; nil when none knows it.
func ForPath(path string) *Language {
	ext := Extension(path)
	for _, l := range All {
		if slices.Contains(l.Extensions, ext) {
			return l
		}
	}
	return nil
}

// Facts is what one blob says of itself.
type Facts struct {
	Package   string   // declared: Go package name, Java package; of TypeScript ScriptGlobal; else empty
	Imports   []Import // in order of appearance; the same one may come twice
	Types     []string // Java: the top-level types that the file declares, in order, and what else it says to others: see java_module.go
	Generated bool     // carries its language's "generated, do not edit" mark
	Damaged   bool     // not understood to the end (unterminated string, binary bytes): imports may be missing

	// Partial says that Definitions do not show all that the file defines and mentions:
	// it was not understood there, or others reach into it under other names. Impact then
	// takes the file as a whole.
	Partial bool
	Tagged  bool // Go: built only where somebody sets a tag, or never; see GoTags

	Definitions []Definition // in order of appearance; see Language.Defines
	Exports     []Export     // what it hands on from other files, or fails without
	Bound       []Bound      // names that imports bind, in their order; see Bound
	// Mentions are the names mentioned outside of all definitions: statements that run
	// when the file is loaded. Sorted, each once.
	Mentions []NameHash
	// Rest is the digest of the tokens outside of all definitions which can change what the
	// file does: such statements, build constraints, imports for their effect. Imports that
	// are seen in the Mentions of what uses them are left out.
	Rest Digest
	// Sketched says that Rest, and the digests of the definitions, were not made.
	Sketched bool
}

// Sketch is what Language.Sketch would have said.
func (f Facts) Sketch() Facts {
	f.Rest, f.Sketched = Digest{}, true
	f.Definitions = slices.Clone(f.Definitions)
	for i := range f.Definitions {
		f.Definitions[i].Signature, f.Definitions[i].Body = Digest{}, Digest{}
	}
	return f
}

// An Import is one import as written.
type Import struct {
	Spec string // "fmt", "./util", "a.b", "java.util.List"
	// Names are the names taken from Spec where that can decide the file: Python's
	// "from Spec import Names". Static members of Java stay in Spec. "*" stands for all. Of a
	// script it says that any name may be used where the path stands.
	Names []string
	Level int // leading dots of a relative Python import
	Line  int // 1-based
	// Kind tells the forms apart where resolution or confidence differs.
	Kind ImportKind
}

// Equal says whether two imports are the same in every part.
func (i Import) Equal(other Import) bool {
	return i.Spec == other.Spec && i.Level == other.Level && i.Line == other.Line && i.Kind == other.Kind && slices.Equal(i.Names, other.Names)
}

// ImportKind is the form of an import.
type ImportKind uint8

const (
	Static   ImportKind = iota // an import statement
	Dynamic                    // import("x"), require("x"), importlib.import_module("x")
	TypeOnly                   // TypeScript's "import type"
	Embed                      // Go's //go:embed: Spec is a pattern
	// SamePackage is Java's use of a type without import: Spec is a simple name, which
	// may turn out to name nothing in this tree, or a full one ("a.b.C"). It is never
	// unresolved: what it does not find is External.
	SamePackage
	// Computed is a dynamic import of a name that is known only when it runs: Spec is how it
	// is written, and nobody can resolve it.
	Computed
	// Named is a string that spells the full name of something, as the settings of Django and
	// the registries of Java do: "a.b.C". Of Go it is the path of a package that a test may build
	// or run. It is no import by itself, and never unresolved: what it does not find is External.
	Named
	// Handed is a path that a script hands to a function, or a type that a comment of it names. It
	// is no import by itself, and never unresolved: what it does not find is External.
	Handed
	// Glob is a path of which a script computes a part: a star stands for that, two for folders. Of
	// Python it is the beginning of a module's name, with a star behind it.
	Glob
	// Text is an import of a file as it stands, or of what a bundler makes of it: none of its
	// names is said, and all of it is used.
	Text
)

// Tree is what a resolver may ask about the tree it resolves in. Paths are raw.
type Tree interface {
	// Files lists all paths of regular files, sorted.
	Files() []string
	Has(path string) bool
	// Read reads a small project file (at most 1 MiB); nil when it is absent, too
	// large or unreadable, but not when it is empty.
	Read(path string) []byte
	// Facts are those of a file of the same language; nil when it has none. Of a file other
	// than the one whose import is being resolved they are the package and the types that it
	// declares, no more (Go without any go.mod excepted): else one file of a change could alter
	// what all others import, and each review would have to resolve the whole tree.
	Facts(path string) *Facts
}

// A Resolver answers for one tree. It is used by one goroutine. An import costs time
// linear in its text and its targets, whatever the tree holds.
type Resolver interface {
	Resolve(from string, imp Import) Resolution
}

// A Resolution is what an import means.
type Resolution struct {
	// Files are the paths it names, all in the tree, sorted, without doubles. They may be
	// of any language or of none: a style sheet, a JSON document, an embedded image.
	Files   []string
	Package string // Go only, then without Files: folder of the package, "." for the root
	// Vendored is the folder with the copy of Package that is built in its stead, where a
	// vendor folder has one: the import names both.
	Vendored string
	// External says that it names something outside of the tree (the standard
	// library, a dependency). With neither targets nor External the import should
	// name something in this tree and does not: it is unresolved.
	External   bool
	Confidence int // per mille; 1000 for an exact match of the language's rules
	// Over says which limit was met, so that files may be missing; empty: none.
	Over string
}

// Extension is the last extension of the path, lower case, with the dot.
func Extension(path string) string {
	for i := len(path) - 1; i >= 0 && path[i] != '/'; i-- {
		if path[i] == '.' {
			return lowerASCII(path[i:])
		}
	}
	return ""
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
