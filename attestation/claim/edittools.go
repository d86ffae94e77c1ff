package claim

import (
	"slices"
	"strconv"
	"strings"
)

// plainList says whether a list can be edited line by line: absent, empty, or one
// entry after the other, each a mapping over lines of its own.
func plainList(n *node) bool {
	if n == nil || n.shape == isList && len(n.items) == 0 {
		return true
	}
	if n.shape != isList || n.flow {
		return false
	}
	for i, item := range n.items {
		if item.shape != isMapping || item.flow || len(item.keys) == 0 || i > 0 && item.line <= n.items[i-1].line {
			return false
		}
	}
	return true
}

// moveUnlisted puts entries whose identifier the schema does not allow under the
// extension key, with their comments.
func (e *editor) moveUnlisted(Facts) {
	ai := e.root.get("ai")
	tools := ai.get("tools")
	if tools == nil {
		return
	}
	var moved []string
	for i := len(tools.items) - 1; i >= 0; i-- {
		id := tools.items[i].get("identifier")
		if id != nil && names[id.text] != "" {
			continue
		}
		from, to := e.item(tools, i)
		moved = append(slices.Clone(e.lines[from:to]), moved...)
		e.lines = slices.Delete(e.lines, from, to)
		tools.items = slices.Delete(tools.items, i, i+1)
	}
	if moved == nil {
		return
	}
	if len(tools.items) == 0 {
		k := e.key(ai, "tools")
		e.lines[k.line-1] = setValue(e.lines[k.line-1], "tools", "[]")
	}
	text := strings.Join(e.lines, "\n")
	again, err := edit(text)
	if err != nil {
		return // the last check refuses what comes of it
	}
	again.add(extension, moved)
	e.lines = again.lines
}

func (e *editor) listed(f Facts) { e.tools("tools", true, f) }
func (e *editor) others(f Facts) { e.tools(extension, false, f) }

// tools updates one list: counts and days of its entries in place, new entries at its
// end.
func (e *editor) tools(key string, listed bool, f Facts) {
	l := e.root.get("ai").get(key)
	var missing []string
	indent := e.listIndent(l)
	seen := map[string]bool{}
	for _, t := range f.Tools {
		if t.Listed != listed {
			continue
		}
		seen[t.ID] = true
		if item := findTool(l, t.ID); item != nil {
			e.toolValues(item, t)
		} else {
			missing = append(missing, toolEntry(indent, t)...)
		}
	}
	if l != nil {
		for _, item := range l.items {
			if id := item.get("identifier"); id != nil && !seen[id.text] {
				e.setExisting(item, "commit_count", "0")
			} else if id != nil && findTool(l, id.text) != item {
				e.setExisting(item, "commit_count", "0") // the same tool a second time
			}
		}
	}
	if missing != nil {
		e.add(key, missing)
	} else if l == nil && listed {
		e.put(e.root.get("ai"), nil, key, "[]")
	}
}

func findTool(l *node, id string) *node {
	if l != nil {
		for _, item := range l.items {
			if n := item.get("identifier"); n != nil && n.text == id {
				return item
			}
		}
	}
	return nil
}

func (e *editor) toolValues(item *node, t Tool) {
	if c := item.get("commit_count"); c != nil && whole(c) != t.Commits {
		e.setExisting(item, "commit_count", strconv.FormatInt(t.Commits, 10))
	}
	for key, day := range map[string]string{"first_seen": t.First, "last_seen": t.Last} {
		if n := item.get(key); n != nil && n.text != day && day != "" {
			e.setExisting(item, key, dayOrNull(day))
		}
	}
}

// item is the range of lines of a list's i-th entry: from its dash, with the comments
// right above it, to the next entry or the end of the list's last line of text.
func (e *editor) item(l *node, i int) (from, to int) {
	from = e.above(l.items[i].line - 1)
	if i+1 < len(l.items) {
		return from, e.above(l.items[i+1].line - 1)
	}
	return from, e.after(l.items[i])
}

// above steps back over comments that stand right above a line, at its indentation.
func (e *editor) above(line int) int {
	indent := indentOf(e.lines[line])
	for line > 0 && indentOf(e.lines[line-1]) == indent && strings.HasPrefix(strings.TrimSpace(e.lines[line-1]), "#") {
		line--
	}
	return line
}

// after is the line behind the last line of a node, as far as its keys and their
// values tell, and behind what is indented deeper.
func (e *editor) after(n *node) int {
	end := n.lastLine() // 1-based: the index of the line behind it
	for end < len(e.lines) && strings.TrimSpace(e.lines[end]) != "" && indentOf(e.lines[end]) >= n.col-1 && !strings.HasPrefix(strings.TrimSpace(e.lines[end]), "#") {
		end++
	}
	return end
}

func (n *node) lastLine() int {
	last := n.line
	for _, k := range n.keys {
		last = max(last, k.line, k.value.lastLine())
	}
	for _, i := range n.items {
		last = max(last, i.lastLine())
	}
	return last
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// listIndent is where the dashes of a list stand, four columns in if there are none.
func (e *editor) listIndent(l *node) string {
	if l == nil || len(l.items) == 0 {
		return "    "
	}
	return strings.Repeat(" ", indentOf(e.lines[l.items[0].line-1]))
}

// add appends lines of entries to a list of the section ai, making the list if need be.
func (e *editor) add(key string, entries []string) {
	ai := e.root.get("ai")
	k := e.key(ai, key)
	if k == nil {
		at := e.key(ai, "tools")
		line := e.after(ai)
		if at != nil {
			line = max(at.line, e.after(at.value))
			if len(at.value.items) == 0 {
				line = at.line
			}
		}
		head := strings.Repeat(" ", ai.keys[0].col-1) + key + ":"
		e.lines = slices.Insert(e.lines, line, append([]string{head}, entries...)...)
		return
	}
	if len(k.value.items) == 0 {
		e.lines[k.line-1] = strings.TrimRight(setValue(e.lines[k.line-1], key, ""), " ")
		e.lines = slices.Insert(e.lines, k.line, entries...)
		return
	}
	e.lines = slices.Insert(e.lines, e.after(k.value.items[len(k.value.items)-1]), entries...)
}
