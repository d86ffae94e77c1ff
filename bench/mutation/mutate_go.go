package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// goFunctions lists the functions of a file with their sites, by its syntax alone: what
// does not compile then is left out, and counted.
func goFunctions(path string, src []byte) ([]function, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	var all []function
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		fn := function{path: path, name: f.Name.Name, line: fset.Position(f.Pos()).Line}
		if f.Recv != nil && len(f.Recv.List) == 1 {
			fn.name = receiverName(f.Recv.List[0].Type) + "." + fn.name
		}
		s := &goSites{fset: fset, src: src}
		open := s.offset(f.Body.Lbrace) + 1
		s.add(opPanic, open, open, ` panic("mutant");`)
		ast.Inspect(f.Body, s.visit)
		fn.sites = s.sites
		all = append(all, fn)
	}
	return all, nil
}

func receiverName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return receiverName(x.X)
	case *ast.IndexExpr:
		return receiverName(x.X)
	case *ast.IndexListExpr:
		return receiverName(x.X)
	case *ast.Ident:
		return x.Name
	}
	return "?"
}

type goSites struct {
	fset  *token.FileSet
	src   []byte
	sites []site
}

func (s *goSites) offset(p token.Pos) int { return s.fset.Position(p).Offset }

func (s *goSites) add(operator string, start, end int, text string) {
	line := 1 + strings.Count(string(s.src[:start]), "\n")
	s.sites = append(s.sites, site{operator: operator, start: start, end: end, text: text, line: line})
}

func (s *goSites) replace(operator string, n ast.Node, text string) {
	s.add(operator, s.offset(n.Pos()), s.offset(n.End()), text)
}

func (s *goSites) text(n ast.Node) string {
	return string(s.src[s.offset(n.Pos()):s.offset(n.End())])
}

var goSwaps = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: ">=", token.GEQ: "<", token.GTR: "<=", token.LEQ: ">",
	token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "*",
	token.LAND: "||", token.LOR: "&&", token.AND: "|", token.OR: "&", token.SHL: ">>", token.SHR: "<<",
}

func (s *goSites) visit(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.IfStmt:
		s.replace(opNegate, x.Cond, "!("+s.text(x.Cond)+")")
	case *ast.ForStmt:
		if x.Cond != nil {
			s.replace(opNegate, x.Cond, "!("+s.text(x.Cond)+")")
		}
	case *ast.BinaryExpr:
		if to, ok := goSwaps[x.Op]; ok {
			at := s.offset(x.OpPos)
			s.add(opOperator, at, at+len(x.Op.String()), to)
		}
	case *ast.BasicLit:
		switch x.Kind {
		case token.INT:
			s.replace(opLiteral, x, "("+x.Value+"+1)")
		case token.STRING:
			if text, err := strconv.Unquote(x.Value); err == nil {
				s.replace(opLiteral, x, strconv.Quote(text+"~"))
			}
		}
	case *ast.Ident:
		switch x.Name {
		case "true":
			s.replace(opLiteral, x, "false")
		case "false":
			s.replace(opLiteral, x, "true")
		}
	case *ast.ExprStmt:
		s.replace(opStatement, x, "")
	case *ast.AssignStmt:
		if x.Tok != token.DEFINE {
			s.replace(opStatement, x, "")
		}
	case *ast.IncDecStmt:
		s.replace(opStatement, x, "")
	case *ast.ReturnStmt:
		for _, r := range x.Results {
			if id, ok := r.(*ast.Ident); ok && id.Name == "err" {
				s.replace(opReturn, r, "nil")
			}
		}
	}
	return true
}
