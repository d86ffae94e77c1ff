package commands

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// makefile finds the recipes. Each line of one is a script of its own, as make runs it,
// with the lines that a backslash joins to it.
func makefile(src []byte) ([]script, []problem) {
	text := strings.Split(string(src), "\n")
	vars := makeVariables(text)
	var scripts []script
	inDefine, inRule := false, false
	for i := 0; i < len(text); i++ {
		l := strings.TrimSuffix(text[i], "\r")
		trimmed := strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(trimmed, "define "):
			inDefine = true
		case trimmed == "endef":
			inDefine = false
		case strings.HasPrefix(strings.TrimSpace(l), ".RECIPEPREFIX"):
			return nil, []problem{{1, len(text), "a Makefile that sets .RECIPEPREFIX"}}
		}
		switch {
		case trimmed == "" || trimmed[0] == '#' || strings.HasPrefix(l, "\t"):
		case conditional(trimmed):
		default:
			inRule = isRule(l)
		}
		// Before the first rule, and where it is make's own, a tab means nothing.
		recipe := strings.HasPrefix(l, "\t") && trimmed != "" && (inDefine || inRule && !conditional(trimmed))
		inline := ""
		if !recipe && !inDefine {
			inline = behindRule(l)
		}
		if !recipe && inline == "" {
			// A line that is continued is no recipe, whatever the next one begins with.
			for strings.HasSuffix(strings.TrimSuffix(text[i], "\r"), `\`) && i+1 < len(text) {
				i++
			}
			continue
		}
		if recipe {
			inline = l[1:]
		}
		var b strings.Builder
		var lines []int
		for {
			lines = append(lines, i+1)
			b.WriteString(inline)
			if !strings.HasSuffix(inline, `\`) || i+1 >= len(text) {
				break
			}
			b.WriteString("\n")
			i++
			inline = strings.TrimPrefix(strings.TrimSuffix(text[i], "\r"), "\t")
		}
		body := strings.TrimLeft(b.String(), "@-+ \t")
		if strings.HasPrefix(body, "#") || body == "" {
			continue
		}
		scripts = append(scripts, script{text: unmake(body), lines: lines, vars: vars, dialect: syntax.LangBash})
	}
	return scripts, nil
}

// conditional says whether a line is one of make's own.
func conditional(trimmed string) bool {
	word, _, _ := strings.Cut(trimmed, " ")
	word, _, _ = strings.Cut(word, "(")
	return contains([]string{"ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"}, word)
}

// isRule says whether a line names targets.
func isRule(l string) bool {
	colon := strings.Index(l, ":")
	if colon <= 0 {
		return false
	}
	equals := strings.IndexByte(l, '=')
	return equals < 0 || colon < equals && !strings.HasPrefix(l[colon:], ":=") && !strings.HasPrefix(l[colon:], "::=")
}

// behindRule is the command of "target: prerequisite ; command".
func behindRule(l string) string {
	colon := strings.Index(l, ":")
	semicolon := strings.Index(l, ";")
	if colon <= 0 || semicolon < colon || strings.ContainsAny(l[:colon], "=#\"'$") || strings.HasPrefix(l[colon:], ":=") || strings.HasPrefix(l[colon:], "::=") {
		return ""
	}
	if strings.ContainsAny(l[colon:semicolon], "=") {
		return ""
	}
	return l[semicolon+1:]
}

// makeVariables are those that are assigned once, to a text without variables.
func makeVariables(text []string) map[string]string {
	vars, count := map[string]string{}, map[string]int{}
	for _, l := range text {
		if strings.HasPrefix(l, "\t") {
			continue
		}
		l = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(l), "export "), "override ")
		i := strings.Index(l, "=")
		if i <= 0 {
			continue
		}
		name := strings.TrimRight(strings.TrimRight(l[:i], ":?+!"), " \t")
		if !isName(name) {
			continue
		}
		count[name]++
		if l[i-1] == '+' || l[i-1] == '!' {
			count[name]++
		}
		value, _, _ := strings.Cut(l[i+1:], " #")
		vars[name] = strings.TrimSpace(value)
	}
	for name, n := range count {
		if n > 1 || strings.ContainsAny(vars[name], "$\\`") {
			delete(vars, name)
		}
	}
	vars["MAKE"] = "make"
	return vars
}

// unmake turns make's variables into the shell's: $$ is a dollar, $(NAME) a variable,
// and what else stands in brackets is not known.
func unmake(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '$' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case '$':
			b.WriteByte('$')
		case '(', '{':
			closing := byte(')')
			if c == '{' {
				closing = '}'
			}
			depth, k := 0, i
			for ; k < len(s); k++ {
				if s[k] == c {
					depth++
				} else if s[k] == closing {
					if depth--; depth == 0 {
						break
					}
				}
			}
			if k >= len(s) {
				b.WriteString("${_}")
				return b.String()
			}
			inner := s[i+1 : k]
			if !isName(inner) {
				inner = "_"
			}
			// A call over several lines keeps its lines.
			b.WriteString("${" + inner + "}" + strings.Repeat("\\\n", strings.Count(s[i:k], "\n")))
			i = k
		default:
			b.WriteString("${_}") // $@, $<, $(
		}
	}
	return b.String()
}
