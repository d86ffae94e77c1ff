package commands

import (
	"encoding/json"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// dockerfile finds what RUN, CMD, ENTRYPOINT and HEALTHCHECK run, and the variables that
// ENV sets. All of it is one build: a value that ENV or ARG gives is known below it.
func dockerfile(src []byte) ([]script, []problem) {
	d := &dockerReader{escape: '\\', vars: map[string]string{}}
	text := strings.Split(string(src), "\n")
	directives := true
	for d.at = 0; d.at < len(text); {
		trimmed := strings.TrimSpace(text[d.at])
		if directives && strings.HasPrefix(trimmed, "#") {
			if name, value, ok := strings.Cut(strings.TrimPrefix(trimmed, "#"), "="); ok && strings.EqualFold(strings.TrimSpace(name), "escape") && strings.TrimSpace(value) == "`" {
				d.escape = '`'
			}
		} else {
			directives = false
		}
		if trimmed == "" || trimmed[0] == '#' {
			d.at++
			continue
		}
		d.instruction(text)
	}
	return d.scripts, d.problems
}

type dockerReader struct {
	at       int
	escape   byte
	windows  bool // SHELL says that what follows is not a shell of ours
	vars     map[string]string
	scripts  []script
	problems []problem
}

// instruction reads one, with the lines that it goes on over and its here-documents.
func (d *dockerReader) instruction(text []string) {
	first := d.at
	var lines []string // as written
	var body strings.Builder
	var from []int
	for d.at < len(text) {
		l := strings.TrimSuffix(text[d.at], "\r")
		trimmed := strings.TrimSpace(l)
		d.at++
		if len(lines) > 0 && (trimmed == "" || trimmed[0] == '#') {
			continue // Docker takes comments and empty lines out of a continued line
		}
		lines = append(lines, l)
		from = append(from, d.at)
		cut := strings.TrimRight(l, " \t")
		if !strings.HasSuffix(cut, string(d.escape)) {
			body.WriteString(l)
			break
		}
		body.WriteString(cut[:len(cut)-1])
		body.WriteString("\\\n")
	}
	name, rest, _ := strings.Cut(strings.TrimLeft(body.String(), " \t"), " ")
	name = strings.ToUpper(strings.TrimSpace(name))
	for name == "ONBUILD" || name == "HEALTHCHECK" {
		rest = strings.TrimLeft(rest, " \t")
		for name == "HEALTHCHECK" && strings.HasPrefix(rest, "--") {
			_, rest, _ = strings.Cut(rest, " ")
			rest = strings.TrimLeft(rest, " \t")
		}
		name, rest, _ = strings.Cut(rest, " ")
		name = strings.ToUpper(name)
	}
	switch name {
	case "RUN", "CMD", "ENTRYPOINT":
		d.run(name, rest, from, text)
	case "ENV", "ARG":
		d.env(name, rest, from)
	case "SHELL":
		low := strings.ToLower(rest)
		d.windows = strings.Contains(low, "powershell") || strings.Contains(low, "pwsh") || strings.Contains(low, "cmd")
	case "COPY", "ADD":
		d.skipDocuments(rest, text)
	case "FROM":
		d.windows = false
	}
	_ = first
}

// run adds what an instruction runs: a list in JSON, or shell, perhaps with documents.
func (d *dockerReader) run(name, rest string, from []int, text []string) {
	rest = strings.TrimLeft(rest, " \t\\\n")
	for strings.HasPrefix(rest, "--") { // --mount=..., --network=...
		i := strings.IndexAny(rest, " \t\n")
		if i < 0 {
			return
		}
		rest = strings.TrimLeft(rest[i:], " \t\\\n")
	}
	lines := from
	// Lines that stood in front of what is left.
	if n := strings.Count(rest, "\n") + 1; n < len(lines) {
		lines = lines[len(lines)-n:]
	}
	var documents []string
	if name == "RUN" {
		documents = heredocs(rest)
	}
	for _, word := range documents {
		for d.at < len(text) {
			l := strings.TrimSuffix(text[d.at], "\r")
			d.at++
			rest += "\n" + l
			lines = append(lines[:len(lines):len(lines)], d.at)
			if strings.TrimLeft(l, "\t") == word {
				break
			}
		}
	}
	if d.windows {
		d.problems = append(d.problems, problem{lines[0], lines[len(lines)-1], "written for a shell that is not read (PowerShell or cmd)"})
		return
	}
	if strings.HasPrefix(rest, "[") {
		var argv []string
		if json.Unmarshal([]byte(strings.ReplaceAll(rest, "\\\n", "")), &argv) == nil {
			var quoted []string
			for _, a := range argv {
				q, err := syntax.Quote(a, syntax.LangBash)
				if err != nil {
					q = "''"
				}
				quoted = append(quoted, q)
			}
			d.scripts = append(d.scripts, script{text: strings.Join(quoted, " "), lines: []int{lines[0], lines[len(lines)-1]}, vars: d.vars, dialect: syntax.LangBash})
			return
		}
	}
	if len(documents) > 0 && strings.HasPrefix(rest, "<<") {
		// RUN <<EOF: the document is the script, for the shell or what its first line calls.
		first, body, _ := strings.Cut(rest, "\n")
		if strings.TrimSpace(first) == first && len(strings.Fields(first)) == 1 {
			if i := strings.LastIndex(body, "\n"); i >= 0 {
				body = body[:i]
			} else {
				body = ""
			}
			if strings.HasPrefix(body, "#!") {
				if _, ok := shebang([]byte(body)); !ok {
					d.problems = append(d.problems, problem{lines[0], lines[len(lines)-1], "written for a program that is not a shell"})
					return
				}
			}
			d.scripts = append(d.scripts, script{text: body, lines: lines[1:], vars: d.vars, dialect: syntax.LangBash})
			return
		}
	}
	d.scripts = append(d.scripts, script{text: rest, lines: lines, vars: d.vars, dialect: syntax.LangBash})
}

// heredocs lists the words that end here-documents of a line.
func heredocs(s string) []string {
	var words []string
	for i := 0; i+2 < len(s); i++ {
		if s[i] != '<' || s[i+1] != '<' || s[i+2] == '<' || i > 0 && s[i-1] == '<' {
			continue
		}
		rest := strings.TrimLeft(strings.TrimPrefix(s[i+2:], "-"), " \t")
		quote := byte(0)
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			quote, rest = rest[0], rest[1:]
		}
		n := 0
		for n < len(rest) && (rest[n] == '_' || rest[n] >= '0' && rest[n] <= '9' || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z') {
			n++
		}
		if n == 0 || quote != 0 && (n >= len(rest) || rest[n] != quote) || rest[0] >= '0' && rest[0] <= '9' {
			continue
		}
		words = append(words, rest[:n])
	}
	return words
}

func (d *dockerReader) skipDocuments(rest string, text []string) {
	for _, word := range heredocs(rest) {
		for d.at < len(text) {
			l := strings.TrimSuffix(text[d.at], "\r")
			d.at++
			if strings.TrimLeft(l, "\t") == word {
				break
			}
		}
	}
}

// env keeps the values that ENV and ARG give, and looks at them as a shell would at
// export.
func (d *dockerReader) env(name, rest string, from []int) {
	rest = strings.TrimLeft(rest, " \t")
	first, value, spaced := strings.Cut(rest, " ")
	if name == "ENV" && !strings.Contains(first, "=") && spaced {
		q, err := syntax.Quote(strings.TrimSpace(value), syntax.LangBash)
		if err != nil {
			return
		}
		rest = first + "=" + q
	}
	if !strings.Contains(rest, "=") {
		return
	}
	if name == "ENV" {
		d.scripts = append(d.scripts, script{text: "export " + rest, lines: from, vars: d.vars, dialect: syntax.LangBash})
	}
	for _, pair := range strings.Fields(rest) {
		if k, v, ok := strings.Cut(pair, "="); ok && isName(k) {
			vars := make(map[string]string, len(d.vars)+1)
			for a, b := range d.vars {
				vars[a] = b
			}
			vars[k] = strings.Trim(v, `"'`)
			d.vars = vars
		}
	}
}
