package claim

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// update edits the text of a file that Parse could read. Every step parses the text
// again, so that line numbers are always those of the text at hand; the file is small.
func update(text string, f Facts, stamp bool) (string, error) {
	steps := []func(*editor, Facts){(*editor).head, (*editor).span, (*editor).assisted, (*editor).moveUnlisted, (*editor).listed, (*editor).others, (*editor).governance}
	if stamp {
		steps = append(steps, (*editor).stamp)
	}
	for _, step := range steps {
		e, err := edit(text)
		if err != nil {
			return "", err
		}
		step(e, f)
		text = strings.Join(e.lines, "\n")
	}
	return text, nil
}

// An editor changes lines of one text; after a step that moves lines it is parsed anew.
type editor struct {
	root  *node
	lines []string
}

func edit(text string) (*editor, error) {
	root, err := parse([]byte(text))
	if err != nil {
		return nil, err
	}
	if root.flow {
		return nil, errors.New("the file is written in braces; write it with one key a line")
	}
	e := &editor{root, strings.Split(text, "\n")}
	if !e.placed(root) {
		return nil, errUnusual
	}
	return e, nil
}

var errUnusual = errors.New("its form is too unusual to be updated in place; delete it and run the command again")

// placed says whether every key is where the parser says it is. Lone carriage returns,
// multi-line flow and the like can put it off.
func (e *editor) placed(n *node) bool {
	for _, k := range n.keys {
		if k.line < 1 || k.line > len(e.lines) || !strings.Contains(e.lines[k.line-1], k.name) || k.value.lastLine() > len(e.lines) || !e.placed(k.value) {
			return false
		}
	}
	for _, i := range n.items {
		if i.line < 1 || i.lastLine() > len(e.lines) || !e.placed(i) {
			return false
		}
	}
	return true
}

func (e *editor) head(f Facts) {
	if v := e.root.get("version"); v == nil || v.text != "1.0" && v.text != "1.1" {
		e.put(e.root, nil, "version", `"1.1"`)
	}
	if v := e.root.get("schema"); v == nil || v.text != schemaID {
		e.put(e.root, nil, "schema", schemaID)
	}
	if u := e.root.get("repo").get("url"); u != nil && isURL(u.text) != "" {
		// A clone without a remote leaves an address that the schema refuses.
		if f.Repo.URL != "" {
			e.put(e.root.get("repo"), nil, "url", quote(f.Repo.URL))
		} else {
			e.drop(e.root.get("repo"), "url")
		}
	}
}

// span sets the window that the counts are for.
func (e *editor) span(f Facts) {
	r := e.root.get("range")
	if r == nil || r.shape != isMapping || r.flow || len(r.keys) == 0 {
		e.section("range", rangeSection(f))
		return
	}
	e.put(r, r.get("commits"), "commits", strconv.FormatInt(f.Commits, 10))
	if f.From != "" && !sameInstant(r.get("from"), f.From) {
		e.put(r, r.get("from"), "from", quote(f.From))
	}
	if f.To != "" && !sameInstant(r.get("to"), f.To) {
		e.put(r, r.get("to"), "to", quote(f.To))
	}
}

// sameInstant spares a date that only is written in another way.
func sameInstant(n *node, s string) bool {
	if n == nil || n.shape != isString {
		return false
	}
	a, ok := instant(n.text)
	b, ok2 := instant(s)
	return ok && ok2 && a == b
}

func (e *editor) assisted(f Facts) {
	ai := e.root.get("ai")
	if ai == nil || ai.shape != isMapping || ai.flow || len(ai.keys) == 0 || !plainList(ai.get("tools")) || !plainList(ai.get(extension)) {
		var methods []string
		if l := ai.get("detection_methods"); l != nil {
			for _, m := range l.items {
				if slices.Contains(detectionMethods, m.text) {
					methods = append(methods, m.text)
				}
			}
		}
		e.section("ai", aiSection(e.withOld(f), e.comments("ai"), methods))
		return
	}
	e.put(ai, ai.get("assisted_commits"), "assisted_commits", strconv.FormatInt(f.Assisted, 10))
	if p := ai.get("percentage"); p == nil || p.text != number(percentage(f.Assisted, f.Commits)) {
		e.put(ai, p, "percentage", number(percentage(f.Assisted, f.Commits)))
	}
}

// withOld adds the tools of the file that history does not show, without commits.
func (e *editor) withOld(f Facts) Facts {
	f.Tools = slices.Clone(f.Tools)
	for _, key := range []string{"tools", extension} {
		l := e.root.get("ai").get(key)
		if l == nil {
			continue
		}
		for _, item := range l.items {
			id, name := item.get("identifier"), item.get("name")
			if id == nil || name == nil || slices.ContainsFunc(f.Tools, func(t Tool) bool { return t.ID == id.text }) {
				continue
			}
			t := Tool{ToolName: ToolName{ID: id.text, Name: name.text, Listed: names[id.text] != ""}}
			for to, day := range map[*string]string{&t.First: "first_seen", &t.Last: "last_seen"} {
				if n := item.get(day); n != nil && n.shape == isString {
					*to = n.text
				}
			}
			f.Tools = append(f.Tools, t)
		}
	}
	return f
}

func (e *editor) stamp(f Facts) {
	e.put(e.root, e.root.get("generated"), "generated", quote(f.Generated))
}

// setExisting changes a scalar on its own line; elsewhere the last check finds it.
func (e *editor) setExisting(in *node, key, value string) {
	if k := e.key(in, key); k != nil && k.value.line <= k.line {
		e.lines[k.line-1] = setValue(e.lines[k.line-1], key, value)
	}
}

func (e *editor) key(in *node, name string) *entry {
	if in == nil {
		return nil
	}
	for i := range in.keys {
		if in.keys[i].name == name {
			return &in.keys[i]
		}
	}
	return nil
}

// put sets a scalar of a block mapping, or adds the key behind the mapping's first.
func (e *editor) put(in, had *node, key, value string) {
	k := e.key(in, key)
	if k != nil {
		if had == nil || had.text != value {
			e.setExisting(in, key, value)
		}
		return
	}
	first := in.keys[0]
	line := strings.Repeat(" ", first.col-1) + key + ": " + value
	e.lines = slices.Insert(e.lines, first.line-1, line)
}

// drop removes a key whose value is on its line.
func (e *editor) drop(in *node, key string) {
	if k := e.key(in, key); k != nil && k.value.line <= k.line && len(in.keys) > 1 && !in.flow {
		e.lines = slices.Delete(e.lines, k.line-1, k.line)
	}
}

// setValue replaces the value on a line "key: value # comment".
func setValue(line, key, value string) string {
	start := strings.Index(line, key)
	for start >= 0 {
		rest := line[start+len(key):]
		trimmed := strings.TrimLeft(rest, `"' `)
		if strings.HasPrefix(trimmed, ":") {
			head := line[:len(line)-len(trimmed)+1]
			return head + " " + value + comment(trimmed[1:])
		}
		next := strings.Index(rest, key)
		if next < 0 {
			break
		}
		start += len(key) + next
	}
	return line
}

// comment is the comment behind a value, with the space before it.
func comment(value string) string {
	var quote byte
	body := strings.TrimLeft(value, " \t")
	off := len(value) - len(body)
	for i := off; i < len(value); i++ {
		switch c := value[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case i == off && (c == '"' || c == '\''):
			quote = c
		case c == '#' && i > 0 && (value[i-1] == ' ' || value[i-1] == '\t'):
			j := i
			for j > 0 && (value[j-1] == ' ' || value[j-1] == '\t') {
				j--
			}
			return value[j:]
		}
	}
	return ""
}

// comments are those within a section, without their indentation.
func (e *editor) comments(key string) []string {
	from, to := e.sectionLines(key)
	var out []string
	for _, l := range e.lines[from:to] {
		if s := strings.TrimSpace(l); strings.HasPrefix(s, "#") {
			out = append(out, s)
		} else if c := strings.TrimSpace(comment(l)); c != "" {
			out = append(out, c)
		}
	}
	return out
}

// section replaces a whole section of the root, or appends it.
func (e *editor) section(key, text string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	from, to := e.sectionLines(key)
	if from == to {
		for len(e.lines) > 0 && e.lines[len(e.lines)-1] == "" {
			e.lines = e.lines[:len(e.lines)-1]
		}
		e.lines = append(append(e.lines, lines...), "")
		return
	}
	e.lines = slices.Replace(e.lines, from, to, lines...)
}

func (e *editor) sectionLines(key string) (from, to int) {
	k := e.key(e.root, key)
	if k == nil {
		return 0, 0
	}
	from, to = k.line-1, k.line
	for to < len(e.lines) && (strings.HasPrefix(e.lines[to], " ") || strings.HasPrefix(e.lines[to], "-") || strings.HasPrefix(e.lines[to], "\t")) {
		to++
	}
	return from, max(to, min(k.value.lastLine(), len(e.lines)))
}
