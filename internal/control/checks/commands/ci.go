package commands

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"custody/internal/control/checks/yamltree"
)

// scriptKeys are those under which CI systems keep shell: GitLab's script, CircleCI's run,
// Azure's bash, Travis' phases, Buildkite's command. In a workflow of GitHub it is run
// alone: script is an input of actions, and often JavaScript.
var (
	scriptKeys = []string{"run", "script", "before_script", "after_script", "bash", "command", "commands", "install", "before_install", "after_success", "after_failure", "pre_build", "build", "post_build", "inlineScript", "cleanup_script"}
	runKeys    = []string{"run"}
)

// ciFile finds the scripts of a CI's file.
func ciFile(src []byte) ([]script, []problem) { return ciScripts(src, scriptKeys) }

// workflowFile finds those of a workflow or an action.
func workflowFile(src []byte) ([]script, []problem) { return ciScripts(src, runKeys) }

func ciScripts(src []byte, keys []string) ([]script, []problem) {
	docs, err := yamltree.Parse(src)
	if err != nil {
		return nil, []problem{{1, strings.Count(string(src), "\n") + 1, fmt.Sprintf("not YAML that can be read: %v", err)}}
	}
	c := &ciReader{keys: keys}
	for _, d := range docs {
		d.Walk(c.visit)
	}
	return c.scripts, c.problems
}

type ciReader struct {
	keys     []string
	scripts  []script
	problems []problem
	shell    string // the default of the file
}

func (c *ciReader) visit(keys []string, n *yamltree.Node) bool {
	if n.Kind != yamltree.Map {
		return true
	}
	if len(keys) == 0 {
		c.shell = n.Get("defaults").Get("run").Get("shell").Value()
	}
	shell := n.Get("shell").Value()
	if shell == "" {
		shell = c.shell
	}
	for _, f := range n.Fields {
		if !contains(c.keys, f.Key.Text) {
			continue
		}
		v := f.Value
		if v == nil {
			continue
		}
		switch v.Kind {
		case yamltree.Scalar:
			c.add(v, shell)
		case yamltree.List:
			for _, item := range v.Items {
				if item.Kind == yamltree.Scalar {
					c.add(item, shell)
				} else if item.Kind == yamltree.List {
					for _, inner := range item.Items {
						if inner.Kind == yamltree.Scalar {
							c.add(inner, shell)
						}
					}
				}
			}
		}
	}
	return true
}

// add takes a scalar for a script.
func (c *ciReader) add(n *yamltree.Node, shell string) {
	name := base(strings.TrimSpace(strings.SplitN(shell+" ", " ", 2)[0]))
	switch {
	case name == "", isShell(name), name == "wsl":
	case name == "pwsh", name == "powershell", name == "cmd":
		c.problems = append(c.problems, problem{n.Line, n.EndLine, "written for " + name + ", which is not read"})
		return
	default:
		if !strings.Contains(shell, "bash") && !strings.Contains(shell, "sh ") {
			return // a program in another language: no commands of a shell
		}
	}
	s := script{dialect: syntax.LangBash, exprs: map[string]string{}}
	var text string
	switch n.Style {
	case yamltree.Literal:
		text = strings.Join(n.Source, "\n")
		for i := range n.Source {
			s.lines = append(s.lines, n.SourceLine+i)
		}
	case yamltree.Quoted:
		text = n.Text
		lines := strings.Count(text, "\n") + 1
		for i := range lines {
			if lines == len(n.Source) {
				s.lines = append(s.lines, n.SourceLine+i)
			} else {
				s.lines = append(s.lines, n.SourceLine)
			}
		}
	default: // lines that YAML joins: a backslash joins them for the shell
		for i, l := range n.Source {
			if i > 0 {
				if l == "" || n.Source[i-1] == "" {
					text += "\n"
				} else {
					text += " \\\n"
				}
			}
			text += l
			s.lines = append(s.lines, n.SourceLine+i)
		}
	}
	if len(s.lines) == 0 {
		s.lines = []int{n.Line}
	}
	s.text = s.expressions(text)
	c.scripts = append(c.scripts, s)
}

// expressions puts a variable in the place of each ${{ ... }}, $( ... ) of Azure being
// shell already.
func (s *script) expressions(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "${{")
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		n := strings.Index(text[i:], "}}")
		if n < 0 {
			b.WriteString(text)
			return b.String()
		}
		name := fmt.Sprintf("__expr%d", len(s.exprs))
		expr := strings.TrimSpace(text[i+3 : i+n])
		s.exprs[name] = expr
		b.WriteString(text[:i] + "${" + name + "}" + strings.Repeat("\\\n", strings.Count(text[i:i+n], "\n")))
		text = text[i+n+2:]
	}
}
