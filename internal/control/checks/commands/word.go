package commands

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// unknown stands in a word for a part that is not in the file: the value of a variable,
// the output of a command.
const unknown = "\x00"

// A word is one argument as far as it is known.
type word struct {
	text string
	// vars has, for each unknown part, the name of the variable that it is, else "".
	vars []string
	// from are the commands whose output is an unknown part.
	from []string
}

func (w word) known() bool { return !strings.Contains(w.text, unknown) }

// mayBeFlag says whether what is unknown could be an option, or several words.
func (w word) mayBeFlag() bool { return strings.HasPrefix(w.text, unknown) }

// mayBeOptions says whether a word is all unknown and, by the name of the variable, likely
// holds options: a name or a path that is unknown is no reason to doubt.
func (w word) mayBeOptions() bool {
	if w.text != unknown || len(w.vars) != 1 {
		return false
	}
	name := strings.ToUpper(w.vars[0])
	if name == "@" || name == "*" {
		return true
	}
	for _, s := range []string{"ARGS", "OPTS", "OPTIONS", "FLAGS", "ARG", "OPT", "OPTION", "FLAG", "PARAMS"} {
		if name == s || strings.HasSuffix(name, "_"+s) || strings.HasSuffix(name, s) && len(s) > 3 {
			return true
		}
	}
	return false
}

// word evaluates one of the script.
func (r *reader) word(w *syntax.Word) word {
	var out word
	if w == nil {
		return out
	}
	r.parts(&out, w.Parts, false)
	return out
}

func (r *reader) parts(out *word, parts []syntax.WordPart, quoted bool) {
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			out.text += unescape(p.Value, quoted)
		case *syntax.SglQuoted:
			if p.Dollar {
				text, ok := ansi(p.Value)
				if !ok {
					out.unknown("")
				}
				out.text += text
				continue
			}
			out.text += clean(p.Value)
		case *syntax.DblQuoted:
			r.parts(out, p.Parts, true)
		case *syntax.ParamExp:
			r.param(out, p)
		case *syntax.CmdSubst:
			r.substitution(out, p.Stmts)
		case *syntax.ProcSubst:
			r.substitution(out, p.Stmts)
		case *syntax.ExtGlob:
			out.text += "*"
		default:
			out.unknown("")
		}
	}
}

func (w *word) unknown(name string) {
	w.text += unknown
	w.vars = append(w.vars, name)
}

// clean keeps a NUL that a file holds from looking like an unknown part.
func clean(s string) string { return strings.ReplaceAll(s, unknown, "\uFFFD") }

func (r *reader) param(out *word, p *syntax.ParamExp) {
	name := ""
	if p.Param != nil {
		name = p.Param.Value
	}
	switch {
	case p.Length || p.Width || p.IsSet:
		out.text += "0"
		return
	case p.Exp != nil && (p.Exp.Op == syntax.AlternateUnset || p.Exp.Op == syntax.AlternateUnsetOrNull):
		// ${X:+word} is the word or nothing: the value of X is not shown.
		out.unknown("")
		return
	}
	plain := !p.Excl && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Exp == nil && p.Names == 0 && p.NestedParam == nil
	if plain {
		switch name {
		case "HOME":
			if out.text == "" {
				out.text = "~"
				return
			}
		case "PWD":
			if out.text == "" {
				out.text = "."
				return
			}
		}
		if v, ok := r.value(name, p.Pos()); ok {
			out.vars = append(out.vars, v.vars...)
			out.text += v.text
			out.from = append(out.from, v.from...)
			return
		}
	}
	out.unknown(name)
}

// substitution adds the output of commands, which is known of very few.
func (r *reader) substitution(out *word, stmts []*syntax.Stmt) {
	names := calls(stmts, 16)
	if len(names) == 1 && len(stmts) == 1 {
		switch names[0] {
		case "mktemp":
			if out.text == "" {
				out.text = "/tmp/custody."
			}
			out.unknown("")
			return
		case "pwd":
			if out.text == "" {
				out.text = "."
				return
			}
		}
	}
	out.unknown("")
	out.from = append(out.from, names...)
}

// calls lists the names of commands in statements, the first most of them, among the
// first nodes. A name that is not known is empty.
func calls(stmts []*syntax.Stmt, most int) []string {
	var names []string
	nodes := 0
	for _, s := range stmts[:min(len(stmts), most)] {
		syntax.Walk(s, func(n syntax.Node) bool {
			if nodes++; nodes > 500 || len(names) >= most {
				return false
			}
			if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 {
				names = append(names, base(wrapped(c.Args)))
			}
			return true
		})
	}
	return names
}

// wrapped is the literal name of the command behind sudo and the like.
func wrapped(args []*syntax.Word) string {
	for _, a := range args {
		switch lit := a.Lit(); {
		case lit == "sudo", lit == "env", lit == "command", lit == "exec", lit == "nohup", lit == "time", strings.HasPrefix(lit, "-"):
		default:
			return lit
		}
	}
	return ""
}

// base is the name of a program without its folder.
func base(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return strings.TrimSuffix(name, ".exe")
}

// unescape takes the backslashes out of literal text.
func unescape(s string, quoted bool) string {
	s = clean(s)
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch next := s[i+1]; {
			case next == '\n':
				i++
				continue
			case !quoted, next == '$', next == '`', next == '"', next == '\\':
				i++
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ansi decodes the text of $'...'.
func ansi(s string) (string, bool) {
	s = clean(s)
	if !strings.Contains(s, `\`) {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		rest := s[i+1:]
		switch c := s[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'e', 'E', 'a', 'b', 'f', 'v', 'c':
			b.WriteByte(' ')
		case 'x', 'u', 'U':
			n := digits(rest, map[byte]int{'x': 2, 'u': 4, 'U': 8}[c], 16)
			v, err := strconv.ParseUint(rest[:n], 16, 32)
			if err != nil || v == 0 {
				return "", false
			}
			b.WriteRune(rune(v))
			i += n
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := digits(s[i:], 3, 8)
			v, err := strconv.ParseUint(s[i:i+n], 8, 16)
			if err != nil || v == 0 {
				return "", false
			}
			b.WriteByte(byte(v))
			i += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// digits counts those at the beginning of s, at most most.
func digits(s string, most int, radix byte) int {
	n := 0
	for n < len(s) && n < most {
		c := s[n] | 0x20
		if c >= '0' && c <= '9' && c-'0' < radix || radix == 16 && c >= 'a' && c <= 'f' {
			n++
			continue
		}
		break
	}
	return n
}
