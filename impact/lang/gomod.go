package lang

import (
	"strconv"
	"strings"
)

// A goModule is what resolution needs of one go.mod.
type goModule struct {
	path     string            // as declared
	root     string            // folder, "." for the root of the tree
	replaced map[string]string // module path -> folder of this tree that replaces it
	required map[string]bool
	work     *goWork // the workspace that uses it; nil when none does
}

// parseGoMod reads a go.mod leniently: what it does not understand it skips, as the
// go command does for the go.mod of a dependency. The syntax is that of
// https://go.dev/ref/mod#go-mod-file-lexical.
func parseGoMod(root string, src []byte) *goModule {
	m := &goModule{root: root, replaced: map[string]string{}, required: map[string]bool{}}
	goModLines(src, m.directive)
	return m
}

// goModLines calls directive for every line that has a verb of its own or stands in the
// block of one.
func goModLines(src []byte, directive func(verb string, args []string)) {
	block := ""
	for line := range strings.Lines(string(src)) {
		f := goModFields(line)
		switch {
		case len(f) == 0:
			continue
		case block != "" && f[0] == ")":
			block = ""
			continue
		case block == "" && len(f) == 2 && f[1] == "(":
			block = f[0]
			continue
		case block == "":
			directive(f[0], f[1:])
		default:
			directive(block, f)
		}
	}
}

func (m *goModule) directive(verb string, args []string) {
	switch verb {
	case "module":
		if len(args) > 0 && m.path == "" {
			m.path = strings.Trim(args[0], "/")
		}
	case "require":
		if len(args) > 0 {
			m.required[args[0]] = true
		}
	case "replace":
		if path, to, ok := goReplacement(m.root, args); ok {
			m.replaced[path] = to
		}
	}
}

// goReplacement reads "path [version] => ./folder"; false for what is replaced by
// something outside of the tree.
func goReplacement(root string, args []string) (path, folder string, ok bool) {
	for i, a := range args {
		if a != "=>" || i == 0 || i+1 >= len(args) {
			continue
		}
		if to := args[i+1]; isGoFolder(to) {
			folder, ok = joinPath(root, to)
			return args[0], folder, ok
		}
	}
	return "", "", false
}

// isGoFolder says that a target is a path, not a module's name.
func isGoFolder(to string) bool {
	return strings.HasPrefix(to, "./") || strings.HasPrefix(to, "../") || to == "." || to == ".."
}

// goModFields splits a line into words, "=>" and parentheses; quotes are removed, a
// comment ends the line.
func goModFields(line string) []string {
	var out []string
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" || strings.HasPrefix(line, "//") {
			return out
		}
		end := 1
		switch line[0] {
		case '(', ')', ',':
		case '"', '`':
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return out
			}
			s, _ := strconv.Unquote(q)
			out, line = append(out, s), line[len(q):]
			continue
		default:
			for end < len(line) && !strings.ContainsRune(" \t\r\n(),", rune(line[end])) && !strings.HasPrefix(line[end:], "//") {
				end++
			}
		}
		out, line = append(out, line[:end]), line[end:]
	}
}
