package commands

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Limits of one script, so that no text is expensive: the parser needs stack for every
// level of nesting, and what runs in what is found by looking outwards.
const (
	maxScript   = 256 << 10     // bytes
	maxNesting  = 500           // brackets that are open at once, and words that open something
	maxCommands = 20_000        // of one script, with those inside of others
	maxInner    = 4 * maxScript // bytes of scripts inside of one, all together
	maxDepth    = 8             // scripts inside of scripts: sh -c "sh -c ..."
	maxOutwards = 64            // enclosing nodes that are looked at
)

// A command is one simple command with what is around it.
type command struct {
	argv       []word
	env        []assignment // in front of it, or with export
	first      int          // its lines in the file
	last       int
	feeds      []string // names of the commands whose output is piped into it; "" where not known
	input      bool     // something is piped or redirected into it
	hidden     bool     // its output goes into a file, a pipe or a variable
	writes     []word   // files that its output goes into
	background bool
	appends    bool // xargs adds words that are not known
}

type assignment struct {
	name  string
	value word
}

// A problem is a part of a script that was not understood.
type problem struct {
	first, last int // lines in the file
	why         string
}

// reader collects the commands of one script.
type reader struct {
	script   *script
	depth    int
	inner    int // bytes of scripts inside of it that were read
	values   map[string]value
	commands []command
	problems []problem
	bombs    []problem // fork bombs
	stack    []syntax.Node
}

type value struct {
	word  word
	after uint // offset from which on it holds
}

// errNested says that a script is nested too deep to be parsed.
var errNested = errors.New("nested too deep")

// read parses the text of a script and collects its commands.
func (s *script) read() ([]command, []problem, []problem) {
	r := &reader{script: s, values: map[string]value{}}
	for name, text := range s.vars {
		r.values[name] = value{word: r.given(text)}
	}
	r.parse(s.text, s.fileLine, s.dialect)
	r.name()
	return r.commands, r.problems, r.bombs
}

// name gives the expressions of a CI their names back.
func (r *reader) name() {
	if len(r.script.exprs) == 0 {
		return
	}
	rename := func(w word) {
		for i, v := range w.vars {
			if e, ok := r.script.exprs[v]; ok {
				w.vars[i] = e
			}
		}
	}
	for _, c := range r.commands {
		for _, w := range c.argv {
			rename(w)
		}
		for _, a := range c.env {
			rename(a.value)
		}
	}
}

// given is a value that stands outside of the script, such as a variable of make.
func (r *reader) given(text string) word {
	if strings.ContainsAny(text, "$`") {
		return word{text: unknown, vars: []string{""}}
	}
	return word{text: clean(text)}
}

// parse reads shell text; at maps its lines to lines of the file.
func (r *reader) parse(text string, at func(int) int, dialect syntax.LangVariant) {
	lines := strings.Count(text, "\n") + 1
	file, err := parseShell(text, dialect)
	if err != nil {
		first, last := at(1), at(lines)
		var pe syntax.ParseError
		if errors.As(err, &pe) {
			// What stands above the error was not read either.
			err = errors.New(pe.Text)
		}
		r.problems = append(r.problems, problem{first, last, fmt.Sprintf("not shell that can be read: %v", err)})
		return
	}
	if r.depth == 0 {
		r.assignments(file)
	}
	stack := r.stack
	r.stack = nil
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			r.stack = r.stack[:len(r.stack)-1]
			return true
		}
		r.stack = append(r.stack, n)
		if len(r.commands) >= maxCommands {
			return true
		}
		switch n := n.(type) {
		case *syntax.Stmt:
			r.statement(n, at)
		case *syntax.DeclClause:
			r.declaration(n, at)
		case *syntax.FuncDecl:
			if isBomb(n) {
				r.bombs = append(r.bombs, problem{at(int(n.Pos().Line())), at(int(n.End().Line())), ""})
			}
		}
		return true
	})
	r.stack = stack
	if len(r.commands) >= maxCommands && r.depth == 0 {
		r.problems = append(r.problems, problem{at(1), at(lines), fmt.Sprintf("more than %d commands", maxCommands)})
	}
}

// parseShell refuses what would be expensive, and turns a panic of the parser into an
// error of the file.
func parseShell(text string, dialect syntax.LangVariant) (file *syntax.File, err error) {
	if len(text) > maxScript {
		return nil, fmt.Errorf("%d bytes, over the limit of %d", len(text), maxScript)
	}
	if nested(text) {
		return nil, errNested
	}
	defer func() {
		if p := recover(); p != nil {
			file, err = nil, errors.New("the parser gave up")
		}
	}()
	return syntax.NewParser(syntax.Variant(dialect)).Parse(strings.NewReader(text), "")
}

// nested says whether a text may be nested deeper than is parsed. It counts every
// bracket and word that opens something, also inside of quotes, which only errs on the
// side of not reading.
func nested(text string) bool {
	depth, most, run := 0, 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth = max(0, depth-1)
		case '!', '`', '-', '~', '+': // operators of arithmetic and negation, one in the other
			run++
			if run > maxNesting {
				return true
			}
			continue
		case 'i', 'w', 'u', 'f', 'c', 's':
			if i > 0 && text[i-1] != ' ' && text[i-1] != '\t' && text[i-1] != '\n' && text[i-1] != ';' {
				break
			}
			for _, word := range [...]string{"if", "while", "until", "for", "case", "select"} {
				if strings.HasPrefix(text[i:], word) && i+len(word) < len(text) && strings.IndexByte(" \t\n", text[i+len(word)]) >= 0 {
					depth++
				}
			}
		case 'd', 'e':
			if i > 0 && strings.IndexByte(" \t\n;", text[i-1]) >= 0 {
				for _, word := range [...]string{"done", "esac"} {
					if strings.HasPrefix(text[i:], word) {
						depth = max(0, depth-1)
					}
				}
			}
		}
		if strings.HasPrefix(text[i:], "fi") && i > 0 && strings.IndexByte(" \t\n;", text[i-1]) >= 0 {
			depth = max(0, depth-1)
		}
		if text[i] != ' ' {
			run = 0
		}
		most = max(most, depth)
	}
	return most > maxNesting
}

// assignments learns the variables whose value is certain: assigned once in the whole
// script, by a statement that is not inside of anything.
func (r *reader) assignments(file *syntax.File) {
	count := map[string]int{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				count[n.Name.Value]++
			}
		case *syntax.WordIter:
			count[n.Name.Value]++
		case *syntax.CallExpr:
			if len(n.Args) > 1 {
				switch n.Args[0].Lit() {
				case "read", "getopts", "mapfile", "readarray", "unset":
					for _, a := range n.Args[1:] {
						count[a.Lit()] += 2
					}
				}
			}
		}
		return true
	})
	learn := func(a *syntax.Assign) {
		if a.Name == nil || a.Append || a.Naked || a.Index != nil || a.Array != nil || count[a.Name.Value] != 1 {
			return
		}
		r.values[a.Name.Value] = value{word: r.word(a.Value), after: a.End().Offset()}
	}
	for _, s := range file.Stmts {
		switch c := s.Cmd.(type) {
		case *syntax.CallExpr:
			if len(c.Args) == 0 {
				for _, a := range c.Assigns {
					learn(a)
				}
			}
		case *syntax.DeclClause:
			for _, a := range c.Args {
				learn(a)
			}
		}
	}
	for name, n := range count {
		if v, ok := r.values[name]; ok && (n > 1 || v.after == 0 && n > 0) {
			delete(r.values, name)
		}
	}
}

func (r *reader) value(name string, at syntax.Pos) (word, bool) {
	v, ok := r.values[name]
	if !ok || r.depth == 0 && at.Offset() < v.after {
		return word{}, false
	}
	if v.word.text == "" || strings.ContainsAny(v.word.text, " \t\n") {
		return word{}, false // no word, or several
	}
	return v.word, true
}

// statement collects the simple command that a statement is.
func (r *reader) statement(s *syntax.Stmt, at func(int) int) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok && s.Cmd != nil {
		return
	}
	c := command{first: at(int(s.Pos().Line())), last: at(int(s.End().Line())), background: s.Background}
	if call != nil {
		for _, a := range call.Args {
			c.argv = append(c.argv, r.word(a))
		}
		for _, a := range call.Assigns {
			if a.Name != nil {
				c.env = append(c.env, assignment{a.Name.Value, r.word(a.Value)})
			}
		}
	}
	r.around(&c)
	var documents []*syntax.Redirect
	for _, d := range s.Redirs {
		switch d.Op {
		case syntax.RdrIn, syntax.WordHdoc, syntax.DplIn, syntax.RdrInOut:
			c.input = true
		case syntax.Hdoc, syntax.DashHdoc:
			c.input = true
			documents = append(documents, d)
		}
	}
	if len(c.argv) == 0 && len(c.env) == 0 && len(c.writes) == 0 {
		return
	}
	for _, one := range r.unwrap(c, at) {
		r.commands = append(r.commands, one)
		// sh <<EOF: what stands there is run.
		if len(one.argv) > 0 && readsScript(one.argv) && len(documents) > 0 {
			last := documents[len(documents)-1]
			if last.Hdoc != nil {
				start := int(last.Hdoc.Pos().Line())
				body := r.word(last.Hdoc)
				if len(last.Word.Parts) > 0 && last.Word.Lit() == "" { // <<'EOF'
					body = word{text: clean(literal(last.Hdoc))}
				}
				r.inside(body, func(line int) int { return at(start + line - 1) }, c)
			}
		}
	}
}

func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, p := range w.Parts {
		if l, ok := p.(*syntax.Lit); ok {
			b.WriteString(l.Value)
		}
	}
	return b.String()
}

// declaration collects "export X=y" and the like.
func (r *reader) declaration(d *syntax.DeclClause, at func(int) int) {
	c := command{first: at(int(d.Pos().Line())), last: at(int(d.End().Line()))}
	for _, a := range d.Args {
		if a.Name != nil && !a.Naked {
			c.env = append(c.env, assignment{a.Name.Value, r.word(a.Value)})
		}
	}
	if len(c.env) > 0 {
		r.commands = append(r.commands, c)
	}
}

// around finds what is piped into a command, and where its output goes, by looking at
// the nodes that it stands in.
func (r *reader) around(c *command) {
	inner := len(r.stack) - 1
	pipes := 0
	for i := inner; i >= 0 && inner-i < maxOutwards; i-- {
		switch n := r.stack[i].(type) {
		case *syntax.Stmt:
			for _, d := range n.Redirs {
				switch d.Op {
				case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut, syntax.DplOut:
					to := r.word(d.Word)
					if d.Op == syntax.DplOut && strings.Trim(to.text, "0123456789-") == "" {
						continue
					}
					c.writes = append(c.writes, to)
					if (d.N == nil || d.N.Value == "1") && to.text != "/dev/stderr" && to.text != "/dev/stdout" && to.text != "/dev/tty" {
						c.hidden = true
					}
				case syntax.RdrIn, syntax.WordHdoc:
					if i != inner {
						c.input = true
					}
				}
			}
		case *syntax.BinaryCmd:
			if n.Op != syntax.Pipe && n.Op != syntax.PipeAll || i == inner {
				continue
			}
			if r.stack[i+1] == syntax.Node(n.X) {
				c.hidden = true
			} else {
				c.input = true
				if pipes++; pipes <= 2 { // what stands to the left of the nearest holds all in front of it
					c.feeds = append(c.feeds, calls([]*syntax.Stmt{n.X}, 32)...)
				}
			}
		case *syntax.CmdSubst, *syntax.ProcSubst:
			c.hidden = true
			return
		case *syntax.FuncDecl:
			return
		}
	}
}

// isBomb says whether a function calls itself twice at once, in a pipe or in the
// background.
func isBomb(f *syntax.FuncDecl) bool {
	if f.Name == nil || f.Body == nil {
		return false
	}
	self := func(s *syntax.Stmt) bool {
		c, ok := s.Cmd.(*syntax.CallExpr)
		return ok && len(c.Args) == 1 && c.Args[0].Lit() == f.Name.Value
	}
	bomb := false
	syntax.Walk(f.Body, func(n syntax.Node) bool {
		if b, ok := n.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) && self(b.X) && self(b.Y) {
			bomb = true
		}
		if s, ok := n.(*syntax.Stmt); ok && s.Background && self(s) {
			bomb = true
		}
		return !bomb
	})
	return bomb
}
