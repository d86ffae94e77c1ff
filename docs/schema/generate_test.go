package schema_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A node is one schema object, its keywords in the order in which they are written.
type node struct {
	Schema               string     `json:"$schema,omitempty"`
	ID                   string     `json:"$id,omitempty"`
	Title                string     `json:"title,omitempty"`
	Description          string     `json:"description,omitempty"`
	Ref                  string     `json:"$ref,omitempty"`
	Type                 string     `json:"type,omitempty"`
	Const                string     `json:"const,omitempty"`
	Enum                 []string   `json:"enum,omitempty"`
	Pattern              string     `json:"pattern,omitempty"`
	Minimum              *int       `json:"minimum,omitempty"`
	Maximum              *int       `json:"maximum,omitempty"`
	AnyOf                []*node    `json:"anyOf,omitempty"`
	Items                *node      `json:"items,omitempty"`
	Required             []string   `json:"required,omitempty"`
	Properties           properties `json:"properties,omitempty"`
	PropertyNames        *node      `json:"propertyNames,omitempty"`
	AdditionalProperties any        `json:"additionalProperties,omitempty"` // *node or bool
	Defs                 properties `json:"$defs,omitempty"`
}

// properties keep their order when written.
type properties []property

type property struct {
	name string
	node *node
}

func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		v, err := json.Marshal(p.node)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", p.name, v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// A generator turns Go types into one schema. What encoding/json will write of a type
// decides its shape, what its source says in comments becomes its descriptions.
type generator struct {
	contract
	defs   map[string]*node
	source sources
}

func (c contract) generate(source sources) ([]byte, error) {
	g := &generator{contract: c, defs: map[string]*node{}, source: source}
	root, err := g.object(c.typ)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.id, err)
	}
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.ID = "urn:" + strings.ReplaceAll(c.id, "/", ":")
	root.Title = c.title
	for name, def := range g.defs {
		root.Defs = append(root.Defs, property{name, def})
	}
	slices.SortFunc(root.Defs, func(a, b property) int { return strings.Compare(a.name, b.name) })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err = enc.Encode(root)
	return b.Bytes(), err
}

// of is the schema of a value of type t where it is used.
func (g *generator) of(t reflect.Type) (*node, error) {
	if t.Kind() == reflect.Pointer {
		inner, err := g.of(t.Elem())
		return &node{AnyOf: []*node{inner, {Type: "null"}}}, err
	}
	if t.PkgPath() == "" {
		return g.shape(t)
	}
	name := defName(t)
	if _, ok := g.defs[name]; !ok {
		g.defs[name] = nil // taken, should the type contain itself
		def, err := g.named(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		g.defs[name] = def
	}
	return &node{Ref: "#/$defs/" + name}, nil
}

// defName is the type as Go code outside of its package calls it: "finding.Finding".
// Types that are only declared here have no such name.
func defName(t reflect.Type) string {
	if strings.HasSuffix(t.PkgPath(), "docs/schema_test") {
		return t.Name()
	}
	return filepath.Base(t.PkgPath()) + "." + t.Name()
}

func (g *generator) named(t reflect.Type) (*node, error) {
	if known, ok := scalars[defName(t)]; ok {
		n := known
		doc, err := g.source.of(t)
		n.Description = doc.text
		return &n, err
	}
	if t.Kind() == reflect.Struct && !isText(t) {
		return g.object(t)
	}
	doc, err := g.source.of(t)
	if err != nil {
		return nil, err
	}
	values := doc.values
	if isText(t) {
		values = textValues(t)
	}
	n, err := g.shape(t)
	if err != nil {
		return nil, err
	}
	if n.Type == "string" || isText(t) {
		if len(values) == 0 {
			return nil, fmt.Errorf("a string type with no constants: say in scalars what it may hold")
		}
		n = &node{Type: "string", Enum: values}
	}
	n.Description = doc.text
	return n, nil
}

// shape is the schema of a type by its kind alone.
func (g *generator) shape(t reflect.Type) (*node, error) {
	switch t.Kind() {
	case reflect.String:
		return &node{Type: "string"}, nil
	case reflect.Bool:
		return &node{Type: "boolean"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &node{Type: "integer"}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &node{Type: "integer", Minimum: new(int)}, nil
	case reflect.Slice:
		items, err := g.of(t.Elem())
		return &node{Type: "array", Items: items}, err
	case reflect.Map:
		values, err := g.of(t.Elem())
		if err != nil {
			return nil, err
		}
		n := &node{Type: "object", AdditionalProperties: values}
		if t.Key() != reflect.TypeFor[string]() {
			n.PropertyNames, err = g.of(t.Key())
		}
		return n, err
	case reflect.Struct:
		return g.object(t)
	}
	// Among others floats: numbers in a contract are integers.
	return nil, fmt.Errorf("no schema for %s", t)
}

func (g *generator) object(t reflect.Type) (*node, error) {
	doc, err := g.source.of(t)
	if err != nil {
		return nil, err
	}
	n := &node{Description: doc.text, Type: "object"}
	if g.yaml {
		n.AdditionalProperties = false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _ := g.tag(f)
		switch {
		case name == "-" || !f.IsExported() || name == "" && g.yaml:
			continue
		case name == "":
			return nil, fmt.Errorf("%s.%s has no tag", t.Name(), f.Name)
		}
		must, ft := g.must(f), f.Type
		if ft.Kind() == reflect.Pointer && (g.yaml || !must) {
			ft = ft.Elem() // left out, never null
		}
		v, err := g.of(ft)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.Name(), f.Name, err)
		}
		if id := idOf(t); id != "" && name == "schema" {
			v = &node{Const: id}
		}
		if known, ok := fields[defName(t)+"."+f.Name]; ok {
			known(v)
		}
		v.Description = doc.fields[f.Name]
		n.Properties = append(n.Properties, property{name, v})
		if must {
			n.Required = append(n.Required, name)
		}
	}
	return n, nil
}

// idOf is the value of a document's "schema" key, wherever the document stands.
func idOf(t reflect.Type) string {
	i := slices.IndexFunc(contracts, func(c contract) bool { return c.typ == t })
	if i < 0 {
		return ""
	}
	return contracts[i].id
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

func isText(t reflect.Type) bool { return t.Implements(textMarshaler) }

// textValues are the names of a numeric type that writes itself as text: what it
// writes for 0, 1, 2 ... until it has no more names.
func textValues(t reflect.Type) []string {
	var names []string
	for i := range 64 {
		name, ok := textOf(t, i)
		if !ok {
			break
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

func textOf(t reflect.Type, i int) (name string, ok bool) {
	defer func() {
		if recover() != nil { // index out of the table of names
			name, ok = "", false
		}
	}()
	v := reflect.New(t).Elem()
	v.SetUint(uint64(i))
	b, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	return string(b), err == nil
}

// sources are the packages that types come from, by import path, read when the first
// of their types is met.
type sources map[string]*packageSource

// A packageSource is what the comments of one package say.
type packageSource struct{ types map[string]typeDoc }

type typeDoc struct {
	text   string
	fields map[string]string
	values []string // string constants of the type, in order
}

func (s sources) of(t reflect.Type) (typeDoc, error) {
	if t.Name() == "" {
		return typeDoc{}, nil
	}
	p := s[t.PkgPath()]
	if p == nil {
		var err error
		if p, err = readPackage(strings.TrimPrefix(t.PkgPath(), "custody/")); err != nil {
			return typeDoc{}, err
		}
		s[t.PkgPath()] = p
	}
	doc, ok := p.types[t.Name()]
	if !ok {
		return doc, fmt.Errorf("%s is not declared in %s", t.Name(), t.PkgPath())
	}
	return doc, nil
}

// readPackage parses the files of a folder.
func readPackage(folder string) (*packageSource, error) {
	folder, here := strings.CutSuffix(folder, "_test") // types that only this package has
	names, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*.go"))
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") != here })
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no Go files in %s: %v", folder, err)
	}
	p := &packageSource{types: map[string]typeDoc{}}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range f.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok {
				p.add(gen)
			}
		}
	}
	return p, nil
}

func (s *packageSource) add(gen *ast.GenDecl) {
	for _, spec := range gen.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			d := s.types[spec.Name.Name]
			d.text = oneLine(spec.Doc, gen.Doc)
			if st, ok := spec.Type.(*ast.StructType); ok {
				d.fields = map[string]string{}
				for _, f := range st.Fields.List {
					for _, name := range f.Names {
						d.fields[name.Name] = oneLine(f.Doc, f.Comment)
					}
				}
			}
			s.types[spec.Name.Name] = d
		case *ast.ValueSpec:
			if typ, ok := spec.Type.(*ast.Ident); ok && gen.Tok == token.CONST {
				d := s.types[typ.Name]
				for _, v := range spec.Values {
					if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						text, _ := strconv.Unquote(lit.Value) // parsed, so well quoted
						d.values = append(d.values, text)
					}
				}
				s.types[typ.Name] = d
			}
		}
	}
}

// oneLine is the first comment that there is, its lines joined, without an indented
// example at its end.
func oneLine(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if g == nil {
			continue
		}
		text, _, _ := strings.Cut(g.Text(), "\n\t")
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			return text
		}
	}
	return ""
}
