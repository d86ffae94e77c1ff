package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command explains itself with an example that parses, and refuses a flag that it
// does not know with a hint.
func TestHelp(t *testing.T) {
	execute := func(args ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		p := &process{in: strings.NewReader(""), out: &o, err: &e, env: func(string) string { return "" }}
		code = run(context.Background(), args, p)
		return code, o.String(), e.String()
	}
	count := 0
	var visit func(cmd *cobra.Command, path []string)
	visit = func(cmd *cobra.Command, path []string) {
		count++
		name := strings.Join(append([]string{"custody"}, path...), " ")
		code, out, errs := execute(append(path, "--help")...)
		if code != 0 || errs != "" || !strings.Contains(out, "Usage:\n  "+name) {
			t.Errorf("%s --help: exit code %d\n%s%s", name, code, out, errs)
		}
		ours := len(path) == 0 || path[0] != "completion" && path[0] != "help" // cobra's explain themselves otherwise
		if ours && !strings.Contains(out, "Examples:\n  custody") {
			t.Errorf("%s --help shows no example", name)
		}
		if code, out, errs = execute(append(path, "--no-such-flag")...); path == nil || path[0] != "help" {
			want := exitUsage
			if cmd.Annotations[hookMark] != "" {
				want = exitFail // a hook answers 0 or 1
			}
			if code != want || out != "" || !strings.Contains(errs, "see '"+name+" --help'") {
				t.Errorf("%s --no-such-flag: exit code %d\n%s%s", name, code, out, errs)
			}
		}
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				visit(sub, append(path[:len(path):len(path)], sub.Name()))
			}
		}
	}
	root := newRoot(&process{})
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	visit(root, nil)
	if count < 10 {
		t.Errorf("only %d commands were seen", count)
	}
}

// The commands in examples exist, with the flags that they are shown with.
func TestExamples(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			line, _, _ = strings.Cut(line, " #")
			for _, command := range strings.FieldsFunc(line, func(r rune) bool { return r == '|' || r == '&' || r == '>' }) {
				words := strings.Fields(command)
				if len(words) == 0 || words[0] != "custody" {
					continue
				}
				found, rest, err := newRoot(&process{}).Find(words[1:])
				if err == nil {
					err = found.ParseFlags(rest)
				}
				if err != nil || !found.Runnable() {
					t.Errorf("%s shows %q: %v", cmd.CommandPath(), strings.TrimSpace(command), err)
				}
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot(&process{}))
}
