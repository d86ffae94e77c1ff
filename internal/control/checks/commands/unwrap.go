package commands

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A wrapper runs the command that its arguments are.
type wrapper struct {
	name     string
	values   string // its options of one letter that take a value
	long     string // its long options that take the next word, separated by spaces
	operands int    // of its own in front of the command
	env      bool   // NAME=value may stand in front of the command
}

var wrappers = []wrapper{
	{name: "sudo", values: "ughpCTrtDRU", long: "--user --group --host --prompt --chdir --role --type", env: true},
	{name: "doas", values: "uC"},
	{name: "env", values: "uC", long: "--unset --chdir", env: true},
	{name: "timeout", values: "sk", long: "--signal --kill-after", operands: 1},
	{name: "gtimeout", values: "sk", operands: 1},
	{name: "nice", values: "n", long: "--adjustment"},
	{name: "ionice", values: "cnp"},
	{name: "chrt", values: "TPD", operands: 1},
	{name: "nohup"}, {name: "setsid"}, {name: "builtin"}, {name: "catchsegv"}, {name: "fakeroot"}, {name: "unbuffer"}, {name: "caffeinate"},
	{name: "command"}, {name: "exec", values: "a"},
	{name: "stdbuf", values: "ioe"},
	{name: "time", values: "fo"},
	{name: "strace", values: "eopsaEIOPSu"},
	{name: "chroot", long: "--userspec --groups", operands: 1},
	{name: "flock", values: "wE", operands: 1},
	{name: "gosu", operands: 1}, {name: "su-exec", operands: 1}, {name: "setpriv"},
	{name: "tini", values: "pe"}, {name: "dumb-init"},
	{name: "busybox"}, {name: "xvfb-run", values: "efnpsw"},
	{name: "xargs", values: "adEeIiLlnPs", long: "--arg-file --delimiter --max-args --max-procs --max-lines --replace --max-chars"},
	{name: "parallel", values: "jNLISPX", long: "--jobs"},
	{name: "cross-env", env: true}, {name: "dotenv", values: "ef"},
	{name: "npx", values: "pw", long: "--package"},
	{name: "nsenter", values: "t"}, {name: "unshare"},
}

// shells read a script from -c, from a file, or from what is piped into them.
var shells = []string{"sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "busybox-sh", "fish"}

func isShell(name string) bool {
	for _, s := range shells {
		if s == name {
			return true
		}
	}
	return false
}

// unwrap turns a command into those that it runs: itself without what stands in front
// of it, and what a shell, eval or find is told to run.
func (r *reader) unwrap(c command, at func(int) int) []command {
	for range maxDepth {
		if len(c.argv) == 0 {
			break
		}
		name := base(c.argv[0].text)
		if !c.argv[0].known() {
			break
		}
		switch {
		case isShell(name):
			if text, ok := afterFlag(c.argv[1:], 'c'); ok {
				r.inside(text, r.sameLine(c), c)
			}
			return []command{c}
		case name == "eval":
			text := join(c.argv[1:])
			if text.known() || strings.Trim(text.text, unknown+" ") != "" {
				r.inside(text, r.sameLine(c), c)
				if text.known() {
					return nil
				}
			}
			return []command{c}
		case name == "su" || name == "runuser" || name == "script":
			for i, a := range c.argv[:len(c.argv)-1] {
				if a.text == "-c" || a.text == "--command" {
					r.inside(c.argv[i+1], r.sameLine(c), c)
				}
			}
			return []command{c}
		case name == "watch" || name == "ssh":
			if text := r.remote(name, c.argv[1:]); text.text != "" {
				r.inside(text, r.sameLine(c), c)
			}
			return []command{c}
		case name == "trap":
			if len(c.argv) > 2 && c.argv[1].known() && !strings.HasPrefix(c.argv[1].text, "-") {
				r.inside(c.argv[1], r.sameLine(c), c)
			}
			return []command{c}
		case name == "find" || name == "gfind" || name == "fd":
			return append([]command{c}, r.unwrapAll(found(c), at)...)
		}
		w := wrapperOf(name)
		if w == nil {
			break
		}
		inner, ok := w.strip(&c)
		if !ok || len(inner) == 0 {
			return []command{c}
		}
		if name == "xargs" || name == "parallel" {
			c.appends = true
			c.input, c.feeds = false, nil // it reads the input, not the command
			inner = append(inner[:len(inner):len(inner)], word{text: unknown, vars: []string{""}})
		}
		c.argv = inner
	}
	return []command{c}
}

func (r *reader) unwrapAll(cs []command, at func(int) int) []command {
	var out []command
	for _, c := range cs {
		out = append(out, r.unwrap(c, at)...)
	}
	return out
}

func wrapperOf(name string) *wrapper {
	for i := range wrappers {
		if wrappers[i].name == name {
			return &wrappers[i]
		}
	}
	return nil
}

// strip is the command behind a wrapper. It is not known when an option may be unknown.
func (w *wrapper) strip(c *command) ([]word, bool) {
	args := c.argv[1:]
	own := w.operands
	for len(args) > 0 {
		a := args[0]
		switch {
		case w.env && strings.Contains(a.text, "=") && !strings.HasPrefix(a.text, "-") && !a.mayBeFlag():
			name, text, _ := strings.Cut(a.text, "=")
			c.env = append(c.env, assignment{name, word{text: text, vars: a.vars, from: a.from}})
			args = args[1:]
		case a.text == "--":
			args = args[1:]
			for own > 0 && len(args) > 0 {
				args, own = args[1:], own-1
			}
			return args, true
		case w.name == "command" && (a.text == "-v" || a.text == "-V"):
			return nil, false
		case w.name == "env" && (a.text == "-S" || strings.HasPrefix(a.text, "--split-string")):
			return nil, false
		case strings.HasPrefix(a.text, "--"):
			args = args[1:]
			if strings.Contains(" "+w.long+" ", " "+a.text+" ") && len(args) > 0 {
				args = args[1:]
			}
		case strings.HasPrefix(a.text, "-") && len(a.text) > 1:
			args = args[1:]
			// A letter with a value takes the rest of the word, or the next one.
			for i := 1; i < len(a.text); i++ {
				if strings.IndexByte(w.values, a.text[i]) >= 0 {
					if i == len(a.text)-1 && len(args) > 0 && w.takesNext(a.text[i]) {
						args = args[1:]
					}
					break
				}
			}
		case own > 0:
			args, own = args[1:], own-1
		default:
			return args, true
		}
	}
	return nil, true
}

// takesNext says whether an option's value may be the next word; that of xargs -i and
// -l and -e is never.
func (w *wrapper) takesNext(letter byte) bool {
	return w.name != "xargs" || strings.IndexByte("ile", letter) < 0
}

// afterFlag is the word behind an option of one letter, which may stand among others: -xc.
func afterFlag(args []word, letter byte) (word, bool) {
	for i := 0; i < len(args); i++ {
		t := args[i].text
		switch {
		case strings.HasPrefix(t, "+"):
		case !strings.HasPrefix(t, "-"):
			return word{}, false
		case !strings.HasPrefix(t, "--") && strings.IndexByte(t, letter) > 0 && i+1 < len(args):
			return args[i+1], true
		case !strings.HasPrefix(t, "--") && (strings.HasSuffix(t, "o") || strings.HasSuffix(t, "O")):
			i++ // the name of a setting
		}
	}
	return word{}, false
}

// readsScript says whether a shell reads its script from its input.
func readsScript(argv []word) bool {
	if !argv[0].known() || !isShell(base(argv[0].text)) {
		return false
	}
	for _, a := range argv[1:] {
		switch {
		case a.text == "-s" || a.text == "-" || a.text == "/dev/stdin":
			return true
		case strings.HasPrefix(a.text, "-") && !strings.HasPrefix(a.text, "--") && strings.Contains(a.text, "c"):
			return false
		case strings.HasPrefix(a.text, "-") && strings.Contains(a.text, "s") && !strings.HasPrefix(a.text, "--"):
			return true
		case !strings.HasPrefix(a.text, "-"):
			return false
		}
	}
	return true
}

// remote is what ssh or watch is told to run.
func (r *reader) remote(name string, args []word) word {
	values := "bcDEeFIiJLlmOopQRSWw"
	if name == "watch" {
		values = "n"
	}
	for len(args) > 0 && strings.HasPrefix(args[0].text, "-") {
		a := args[0].text
		args = args[1:]
		if len(a) == 2 && strings.Contains(values, a[1:]) && len(args) > 0 {
			args = args[1:]
		}
	}
	if name == "ssh" && len(args) > 0 {
		args = args[1:]
	}
	return join(args)
}

func join(words []word) word {
	var out word
	var text strings.Builder
	for i, w := range words {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(w.text)
		out.vars = append(out.vars, w.vars...)
		out.from = append(out.from, w.from...)
	}
	out.text = text.String()
	return out
}

// found are the commands that find runs on what it finds, {} being something below
// where it looks.
func found(c command) []command {
	var roots []string
	args := c.argv[1:]
	for len(args) > 0 && !strings.HasPrefix(args[0].text, "-") && args[0].text != "(" && args[0].text != "!" {
		roots = append(roots, args[0].text)
		args = args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	var out []command
	for i := 0; i < len(args); i++ {
		switch args[i].text {
		case "-exec", "-execdir", "-ok", "-okdir":
			end := i + 1
			for end < len(args) && args[end].text != ";" && args[end].text != "+" {
				end++
			}
			inner := args[i+1 : end]
			i = end
			if len(inner) == 0 {
				continue
			}
			for _, root := range roots {
				one := c
				one.argv = nil
				for _, w := range inner {
					if strings.Contains(w.text, "{}") {
						below := strings.TrimSuffix(root, "/") + "/" + "found" + unknown
						if strings.Contains(root, unknown) {
							below = root + "/found" + unknown
						}
						w = word{text: strings.ReplaceAll(w.text, "{}", below), vars: append([]string{""}, w.vars...)}
					}
					one.argv = append(one.argv, w)
				}
				out = append(out, one)
			}
		}
	}
	return out
}

// sameLine maps every line of a script inside of a command to the command's lines, as
// near as is known.
func (r *reader) sameLine(c command) func(int) int {
	return func(line int) int { return min(c.first+line-1, c.last) }
}

// inside reads a script that stands in an argument.
func (r *reader) inside(w word, at func(int) int, c command) {
	if r.depth >= maxDepth {
		r.problems = append(r.problems, problem{c.first, c.last, fmt.Sprintf("scripts inside of scripts, more than %d deep", maxDepth)})
		return
	}
	if r.inner += len(w.text); r.inner > maxInner {
		r.problems = append(r.problems, problem{c.first, c.last, fmt.Sprintf("scripts inside of scripts, more than %d bytes", maxInner)})
		return
	}
	var b strings.Builder
	i := 0
	for _, part := range strings.SplitAfter(w.text, unknown) {
		text, more := strings.CutSuffix(part, unknown)
		b.WriteString(text)
		if !more {
			continue
		}
		name := "_"
		if i < len(w.vars) && isName(w.vars[i]) {
			name = w.vars[i]
		}
		i++
		b.WriteString("${" + name + "}")
	}
	r.depth++
	n := len(r.problems)
	r.parse(b.String(), at, syntax.LangBash)
	r.depth--
	if len(r.problems) > n && !w.known() {
		// What is not known may be what makes it no shell.
		r.problems[n].why = "a script that is put together when it runs"
	}
	for k := range r.problems[n:] {
		r.problems[n+k].first, r.problems[n+k].last = c.first, c.last
	}
}

func isName(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
