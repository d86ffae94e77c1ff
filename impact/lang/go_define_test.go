package lang

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestGoDefinitionsAgreeWithParser holds the definitions and mentions of every file of
// the standard library against go/parser. CUSTODY_LANG_TREE names another tree.
func TestGoDefinitionsAgreeWithParser(t *testing.T) {
	root, every := filepath.Join(goRoot(t), "src"), 20
	if tree := os.Getenv("CUSTODY_LANG_TREE"); tree != "" {
		root, every = tree, 1
	} else if os.Getenv("CUSTODY_SLOW") != "" {
		every = 1
	}
	files, definitions, partial, wrong := 0, 0, 0, 0
	locals, told := 0, 0 // names that mean nothing of the package in their definition, and those told from it
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || !e.Type().IsRegular() {
			return err
		}
		if strings.Contains(path, "/internal/types/testdata/") { // does not compile
			return nil
		}
		if files++; files%every != 0 {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(sketchGo(src), extractGo(src).Sketch()) {
			t.Errorf("%s: the sketch says something else", path)
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, path, src, 0)
		if err != nil || slices.ContainsFunc(tree.Decls, hasNoReceiver) {
			return nil // no Go: what we say of it does not matter
		}
		facts := extractGo(src)
		if facts.Partial {
			partial++
			if !partialOnPurpose(tree, src) {
				t.Errorf("%s: not understood", path)
				wrong++
			}
			return nil
		}
		want := parsedDefinitions(fset, tree)
		definitions += len(want)
		for i, d := range facts.Definitions {
			for h := range want[min(i, len(want)-1)].locals {
				if want[min(i, len(want)-1)].mentions[h] == "" && h != HashName("_") {
					locals++
					if !Mentions(d.Mentions, h) {
						told++
					}
				}
			}
		}
		for _, diff := range diffDefinitions(facts.Definitions, want) {
			t.Errorf("%s: %s", path, diff)
			if wrong++; wrong > 20 {
				return fmt.Errorf("too many")
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d files, %d definitions, %d files as a whole; %d of %d local names told", files/every, definitions, partial, told, locals)
	if told*10 < locals*8 {
		t.Errorf("only %d of %d local names are told from those of the package", told, locals)
	}
	if definitions < 1000 {
		t.Errorf("only %d definitions were compared", definitions)
	}
}

// hasNoReceiver is true for "func () m()", which the parser lets pass.
func hasNoReceiver(d ast.Decl) bool {
	f, ok := d.(*ast.FuncDecl)
	return ok && f.Recv != nil && len(f.Recv.List) != 1
}

func partialOnPurpose(tree *ast.File, src []byte) bool {
	for _, imp := range tree.Imports {
		if imp.Path.Value == `"C"` {
			return true
		}
	}
	return strings.Contains(string(src), "//go:linkname")
}

// parsedDefinitions are those of go/parser, with only what a name alone can be: mentions
// are what their hashes stand for.
func parsedDefinitions(fset *token.FileSet, tree *ast.File) []parsedDefinition {
	imports := map[string][]string{}
	var scanned goScanner
	shared := map[string]bool{} // stands anywhere but before a dot, too
	for _, imp := range tree.Imports {
		spec, _ := strconv.Unquote(imp.Path.Value)
		name := GoPackageName(spec)
		if imp.Name != nil {
			name = imp.Name.Name
		}
		imports[name] = append(imports[name], spec)
		scanned.imports = append(scanned.imports, goImport{spec: spec})
		shared[name] = len(imports[name]) > 1
	}
	qualifiers := map[*ast.Ident]bool{}
	selected := map[*ast.Ident]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			selected[s.Sel] = true
			if x, ok := s.X.(*ast.Ident); ok {
				qualifiers[x] = true
			}
		}
		return true
	})
	ast.Inspect(tree, func(n ast.Node) bool {
		if _, ok := n.(*ast.ImportSpec); ok {
			return false
		}
		if id, ok := n.(*ast.Ident); ok && id != tree.Name && !qualifiers[id] && !selected[id] {
			shared[id.Name] = true
		}
		return true
	})
	names := func(own, types map[string]bool, declared map[*ast.Ident]bool, nodes ...ast.Node) parsedNames {
		all := parsedNames{map[NameHash]string{}, map[NameHash]string{}}
		add := func(name string, h NameHash) { all.mentions[h] = name }
		for _, n := range nodes {
			_, inBody := n.(*ast.BlockStmt)
			from, to := n.Pos(), n.End()
			ast.Inspect(n, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if n.Kind != token.STRING {
						break
					}
					if text := n.Value[1 : len(n.Value)-1]; len(text) <= maxGoProgram && scanned.programs().mayName([]byte(text)) {
						add(n.Value, GoProgram(text))
					}
				case *ast.SelectorExpr:
					x, ok := n.X.(*ast.Ident)
					if !ok || imports[x.Name] == nil || shared[x.Name] {
						add("."+n.Sel.Name, GoMember(n.Sel.Name))
					}
					if ok {
						for _, spec := range imports[x.Name] {
							add(spec+"."+n.Sel.Name, GoQualified(spec, n.Sel.Name))
						}
					}
				case *ast.Ident:
					if !declared[n] && !(own[n.Name] && (inBody || types[n.Name])) && !selected[n] && (!qualifiers[n] || imports[n.Name] == nil || shared[n.Name]) {
						if n.Obj != nil && from <= n.Obj.Pos() && n.Obj.Pos() < to {
							all.locals[HashName(n.Name)] = n.Name
						} else {
							add(n.Name, HashName(n.Name))
						}
					}
				}
				return true
			})
		}
		return all
	}
	var all []parsedDefinition
	add := func(name string, kind DefinitionKind, start, end token.Pos, mentions parsedNames) {
		all = append(all, parsedDefinition{
			Definition{Name: name, Kind: kind, Start: fset.PositionFor(start, false).Line, End: fset.PositionFor(end-1, false).Line,
				Exported: ast.IsExported(name[strings.LastIndexByte(name, '.')+1:])}, mentions})
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			nodes := []ast.Node{d.Type}
			if d.Body != nil {
				nodes = append(nodes, d.Body)
			}
			name, kind := d.Name.Name, Function
			if d.Recv != nil {
				name, kind = receiverType(d.Recv.List[0].Type)+"."+name, Method
			}
			own, types, declared := ownNames(d)
			mentions := names(own, types, declared, nodes...)
			if d.Body == nil {
				mentions.mentions[GoAssembly] = "assembly"
			}
			add(name, kind, d.Pos(), d.End(), mentions)
			if kind == Method {
				all[len(all)-1].Shape = ShapeOf(d.Type.Params.NumFields(), d.Type.Results.NumFields())
			}
		case *ast.GenDecl:
			var last []ast.Node
			for _, s := range d.Specs {
				start := s.Pos()
				if !d.Lparen.IsValid() {
					start = d.Pos()
				}
				switch s := s.(type) {
				case *ast.TypeSpec:
					kind := Type
					if _, ok := s.Type.(*ast.InterfaceType); ok {
						kind = Interface
					}
					nodes := []ast.Node{s.Type}
					if s.TypeParams != nil {
						nodes = append(nodes, s.TypeParams)
					}
					mentions := names(nil, nil, memberNames(s), nodes...)
					if i, ok := elementOf(s.Type).(*ast.InterfaceType); ok {
						for _, m := range i.Methods.List {
							for _, name := range m.Names {
								mentions.mentions[GoAsked(name.Name)] = "." + name.Name + "()"
							}
						}
					}
					add(s.Name.Name, kind, start, s.End(), mentions)
				case *ast.ValueSpec:
					var nodes []ast.Node
					if s.Type != nil {
						nodes = append(nodes, s.Type)
					}
					for _, v := range s.Values {
						nodes = append(nodes, v)
					}
					kind := Variable
					if d.Tok == token.CONST {
						if kind = Constant; nodes == nil {
							nodes = last
						}
						last = nodes
					}
					for _, name := range s.Names {
						add(name.Name, kind, start, s.End(), names(nil, nil, nil, nodes...))
					}
				}
			}
		}
	}
	return all
}

// ownNames are the names that the head of a function declares, which hide those of the
// package in its body; types, those that hide them in the head, too.
func ownNames(d *ast.FuncDecl) (own, types map[string]bool, declared map[*ast.Ident]bool) {
	own, types, declared = map[string]bool{}, map[string]bool{}, map[*ast.Ident]bool{}
	for _, list := range []*ast.FieldList{d.Recv, d.Type.TypeParams, d.Type.Params, d.Type.Results} {
		if list == nil {
			continue
		}
		for _, f := range list.List {
			for _, name := range f.Names {
				own[name.Name], declared[name] = true, true
				types[name.Name] = types[name.Name] || list == d.Type.TypeParams
			}
		}
	}
	if d.Recv != nil { // "(t *T[K])"
		ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.IndexExpr:
				own[fmt.Sprint(n.Index)], types[fmt.Sprint(n.Index)] = true, true
			case *ast.IndexListExpr:
				for _, x := range n.Indices {
					own[fmt.Sprint(x)], types[fmt.Sprint(x)] = true, true
				}
			}
			return true
		})
	}
	// The type of a result that is a function has parameters of its own.
	if r := d.Type.Results; r != nil && len(r.List) == 1 && !r.Opening.IsValid() {
		if f, ok := r.List[0].Type.(*ast.FuncType); ok {
			for _, p := range f.Params.List {
				for _, name := range p.Names {
					declared[name] = true
				}
			}
			if f.Results != nil && f.Results.Opening.IsValid() {
				for _, p := range f.Results.List {
					for _, name := range p.Names {
						declared[name] = true
					}
				}
			}
		}
	}
	return own, types, declared
}

// memberNames are the names of a struct's fields and an interface's methods.
func memberNames(s *ast.TypeSpec) map[*ast.Ident]bool {
	declared := map[*ast.Ident]bool{}
	var list *ast.FieldList
	switch t := elementOf(s.Type).(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return nil
	}
	for _, f := range list.List {
		for i, name := range f.Names {
			// "a [4]int" may be an embedded T[P].
			if a, ok := f.Type.(*ast.ArrayType); !ok || a.Len == nil || i > 0 || len(f.Names) > 1 {
				declared[name] = true
			}
		}
	}
	return declared
}

// elementOf is what stands at the end of "[]T", "map[K]T", "*T", "chan T", "func() T".
func elementOf(e ast.Expr) ast.Expr {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.ArrayType:
			e = x.Elt
		case *ast.MapType:
			e = x.Value
		case *ast.ChanType:
			e = x.Value
		case *ast.FuncType:
			if x.Results == nil || x.Results.Opening.IsValid() || len(x.Results.List) != 1 {
				return e
			}
			e = x.Results.List[0].Type
		default:
			return e
		}
	}
}

type parsedDefinition struct {
	Definition
	parsedNames
}

// parsedNames are those of the package or of others that a definition mentions, and those that
// it declares itself.
type parsedNames struct{ mentions, locals map[NameHash]string }

func receiverType(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "?"
		}
	}
}

func diffDefinitions(got []Definition, want []parsedDefinition) (diffs []string) {
	for i := range max(len(got), len(want)) {
		if i >= len(got) {
			return append(diffs, fmt.Sprintf("no %s %s", want[i].Kind, want[i].Name))
		} else if i >= len(want) {
			return append(diffs, fmt.Sprintf("%s %s is none", got[i].Kind, got[i].Name))
		}
		g, w := got[i], want[i].Definition
		names := g.Mentions
		g.Mentions, g.Signature, g.Body, g.Runs = nil, Digest{}, Digest{}, false
		if fmt.Sprint(g) != fmt.Sprint(w) {
			return append(diffs, fmt.Sprintf("got %+v, want %+v", g, w))
		}
		mentions := want[i].mentions
		for _, h := range slices.Sorted(maps.Keys(mentions)) {
			if !Mentions(names, h) {
				diffs = append(diffs, fmt.Sprintf("%s does not mention %s", g.Name, mentions[h]))
			}
		}
		for _, h := range names {
			if mentions[h] == "" && want[i].locals[h] == "" {
				diffs = append(diffs, fmt.Sprintf("%s mentions %x, which is not there (a name like %q)", g.Name, h, g.Name))
			}
		}
	}
	return diffs
}

// FuzzGoDefinitions holds it for whatever the parser takes for Go.
func FuzzGoDefinitions(f *testing.F) {
	for _, m := range goldenFiles(f) {
		if strings.HasSuffix(m.name, ".go") {
			f.Add(m.data)
		}
	}
	for _, src := range []string{
		"package p\ntype T[P *int | ~string, Q []P] struct { a, B int; *c; d.E `x` }\nfunc (t *T[_, Q]) m(a, b ...int) (x struct{}) {}",
		"package p\nconst (\n\ta, b = iota, 1 << iota /* x\n*/\n\tc, d\n)\nvar f = func() (a.B) { return <-c }()\n",
		"package p\nimport a \"b\"\nfunc a_(a a.T) { a.f(x...); a . b() }\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, "p.go", src, 0)
		if err != nil || slices.ContainsFunc(tree.Decls, hasNoReceiver) || len(src) > 10_000 {
			return
		}
		facts := extractGo(src)
		if facts.Partial || facts.Damaged {
			return
		}
		for _, diff := range diffDefinitions(facts.Definitions, parsedDefinitions(fset, tree)) {
			if !strings.Contains(diff, " mentions ") { // one too many, behind a comment, does no harm
				t.Error(diff)
			}
		}
	})
}

// goRoot is where the standard library is.
func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// A body that is read in one go is what it is token by token.
func FuzzGoBody(f *testing.F) {
	for _, seed := range []string{
		"a.b(c)\n}\nfunc", "return\n}", "x := 1 /* \n */ + y\n", "a /* one */ b // two\n}", "}\n\xc3", "fd//go:noinline\n, \"a\\\"\", `b\n`, 'c')}",
		"a..5 ... += <-b; c++\n}", "/* never", "'", "]", strings.Repeat("x", 3000) + "\n" + strings.Repeat(`"y", `, 900) + "}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if isBinary([]byte(body)) {
			return // nothing is defined by such a file
		}
		read := func(whole, muted bool) string {
			d := new(goDefiner)
			d.open([]byte("{"+body), 0, newGoImports([]goImport{{name: "a", spec: "x/a"}, {name: "y", spec: "x/y"}}), false)
			d.out, d.muted = &d.body, muted
			d.next()
			if whole {
				d.skipTo(0)
			}
			for d.depth > 0 && d.kind != goEOF {
				d.next()
			}
			d.broken = d.broken || d.kind == goEOF
			state := fmt.Sprint(d.i, d.start, d.kind, d.line, d.depth, d.broken, d.hash, d.fresh, d.names, d.uses, d.pragmas)
			if !whole && muted {
				return state
			}
			return state + fmt.Sprint(d.pending, d.body)
		}
		if got, want := read(true, false), read(false, false); got != want {
			t.Errorf("in one go:\n%s\ntoken by token:\n%s", got, want)
		}
		if got, want := read(true, true), read(false, true); !strings.HasPrefix(got, want) || !strings.HasPrefix(read(true, false), want) {
			t.Errorf("without tokens:\n%s\ntoken by token:\n%s", got, want)
		}
	})
}
