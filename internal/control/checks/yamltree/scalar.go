package yamltree

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// value reads a scalar, an alias or a flow collection from column col of the line that
// is read; lines that go on with it are indented by more than parent.
func (p *parser) value(col, parent, depth int) (*Node, error) {
	col, some, err := p.properties(col)
	if err != nil {
		return nil, err
	}
	text := p.lines[p.at].text
	if col >= len(text) || text[col] == '#' {
		if !some {
			return nil, p.fail("a value is expected")
		}
		p.at++
		return p.block(parent, depth+1)
	}
	switch text[col] {
	case '|', '>':
		return p.blockScalar(col, parent)
	case '[', '{':
		n, next, err := p.flow(col, depth)
		if err != nil {
			return nil, err
		}
		return n, p.endOfLine(next)
	case '"', '\'':
		n, next, err := p.quoted(col)
		if err != nil {
			return nil, err
		}
		return n, p.endOfLine(next)
	case '*':
		word := text[col+1:]
		if i := strings.IndexAny(word, " \t"); i >= 0 {
			word = word[:i]
		}
		n, err := p.alias(word)
		if err != nil {
			return nil, err
		}
		return n, p.endOfLine(col + 1 + len(word))
	case '%', '@', '`':
		return nil, p.fail("a value can not begin with %q", text[col])
	}
	return p.plain(col, parent)
}

func (p *parser) alias(name string) (*Node, error) {
	n, err := p.node(Alias)
	if err != nil {
		return nil, err
	}
	n.Target = p.anchors[name]
	return n, nil
}

// endOfLine wants nothing but a comment behind column next, and goes to the next line.
func (p *parser) endOfLine(next int) error {
	rest := strings.TrimLeft(p.lines[p.at].text[next:], " \t")
	if rest != "" && rest[0] != '#' {
		return p.fail("more behind the end of a value")
	}
	p.at++
	return nil
}

// plain reads a scalar without quotes, and the lines that go on with it.
func (p *parser) plain(col, parent int) (*Node, error) {
	n, err := p.node(Scalar)
	if err != nil {
		return nil, err
	}
	n.SourceLine = p.at + 1
	var b strings.Builder
	blank := 0
	for first := true; p.at < len(p.lines); first = false {
		l := p.lines[p.at]
		from := col
		if !first {
			if l.indent < 0 {
				blank++
				n.Source = append(n.Source, "")
				p.at++
				continue
			}
			if l.indent <= parent || marker(l.text) {
				break
			}
			from = len(l.text) - len(strings.TrimLeft(l.text, " \t"))
			if l.text[from] == '#' {
				break
			}
		}
		if p.isKey(from) || first && isEntry(l.text[from:]) {
			return nil, p.fail("a key or a list inside of a value")
		}
		part, comment := cutComment(l.text[from:])
		if !first {
			if blank > 0 {
				b.WriteString(strings.Repeat("\n", blank))
			} else {
				b.WriteByte(' ')
			}
		}
		blank = 0
		b.WriteString(part)
		n.Source = append(n.Source, part)
		n.EndLine = p.at + 1
		p.at++
		if comment {
			break
		}
	}
	n.Source = n.Source[:n.EndLine-n.SourceLine+1]
	n.Text = b.String()
	if n.Text == "~" || n.Text == "null" {
		n.Kind = Null
	}
	return n, nil
}

func (p *parser) isKey(col int) bool {
	_, _, ok := p.key(col)
	return ok
}

// cutComment takes a comment and spaces off the end of a line of a plain scalar.
func cutComment(s string) (string, bool) {
	for i := 1; i < len(s); i++ {
		if s[i] == '#' && (s[i-1] == ' ' || s[i-1] == '\t') {
			return strings.TrimRight(s[:i], " \t"), true
		}
	}
	return strings.TrimRight(s, " \t"), false
}

// blockScalar reads a literal (|) or folded (>) scalar.
func (p *parser) blockScalar(col, parent int) (*Node, error) {
	n, err := p.node(Scalar)
	if err != nil {
		return nil, err
	}
	head, _ := cutComment(p.lines[p.at].text[col:])
	n.Style = Literal
	if head[0] == '>' {
		n.Style = Folded
	}
	chomp, indent := byte(0), 0
	for _, c := range []byte(head[1:]) {
		switch {
		case c == '-' || c == '+':
			chomp = c
		case c >= '1' && c <= '9':
			indent = max(parent, 0) + int(c-'0')
		default:
			return nil, p.fail("a block scalar begins with %q", head)
		}
	}
	p.at++
	n.SourceLine = p.at + 1
	for ; p.at < len(p.lines); p.at++ {
		l := p.lines[p.at]
		if l.indent < 0 {
			if indent > 0 && len(l.text) > indent {
				n.Source = append(n.Source, l.text[indent:])
			} else {
				n.Source = append(n.Source, "")
			}
			continue
		}
		if indent == 0 && l.indent > parent {
			indent = l.indent
		}
		if l.indent < indent || indent == 0 && l.indent <= parent || parent < 0 && indent == 0 && marker(l.text) || l.indent == 0 && marker(l.text) {
			break
		}
		n.Source = append(n.Source, l.text[indent:])
		n.EndLine = p.at + 1
	}
	full := n.Source
	n.Source = full[:max(0, min(n.EndLine-n.SourceLine+1, len(full)))]
	body := strings.Join(n.Source, "\n")
	if n.Style == Folded {
		body = fold(n.Source)
	}
	switch {
	case body == "" && len(n.Source) == 0:
	case chomp == '-':
	case chomp == '+':
		body += strings.Repeat("\n", 1+len(full)-len(n.Source))
	default:
		body += "\n"
	}
	n.Text = body
	return n, nil
}

// fold joins lines as a folded scalar does: one newline becomes a space, unless a line
// next to it is indented further.
func fold(lines []string) string {
	var b strings.Builder
	deep := func(s string) bool { return s != "" && (s[0] == ' ' || s[0] == '\t') }
	blank, last := 0, ""
	started := false
	for _, l := range lines {
		if l == "" {
			blank++
			continue
		}
		switch {
		case !started:
			b.WriteString(strings.Repeat("\n", blank))
		case deep(l) || deep(last):
			b.WriteString(strings.Repeat("\n", blank+1))
		case blank > 0:
			b.WriteString(strings.Repeat("\n", blank))
		default:
			b.WriteByte(' ')
		}
		b.WriteString(l)
		last, blank, started = l, 0, true
	}
	return b.String()
}

// quotedOnLine reads a quoted text that ends on its line.
func quotedOnLine(text string, col int) (value string, next int, closed bool) {
	quote := text[col]
	for i := col + 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case text[i] == quote:
			return unquote(text[col+1:i], quote), i + 1, true
		}
	}
	return "", 0, false
}

// quoted reads a quoted scalar, which may go over several lines, and leaves p.at on the
// line that it ends on.
func (p *parser) quoted(col int) (*Node, int, error) {
	n, err := p.node(Scalar)
	if err != nil {
		return nil, 0, err
	}
	n.Style, n.SourceLine = Quoted, p.at+1
	quote := p.lines[p.at].text[col]
	var b strings.Builder
	blank := 0
	from := col + 1
	for first := true; p.at < len(p.lines); first = false {
		text := p.lines[p.at].text
		if !first {
			from = len(text) - len(strings.TrimLeft(text, " \t"))
			if from == len(text) {
				blank++
				n.Source = append(n.Source, "")
				p.at++
				continue
			}
			if marker(text) {
				break
			}
		}
		end, closed := len(text), false
	scan:
		for i := from; i < len(text); i++ {
			switch {
			case quote == '"' && text[i] == '\\':
				i++
			case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == '\'':
				i++
			case text[i] == quote:
				end, closed = i, true
				break scan
			}
		}
		part := text[from:end]
		joined := quote == '"' && !closed && strings.HasSuffix(part, `\`) && !strings.HasSuffix(part, `\\`)
		if !closed {
			part = strings.TrimRight(part, " \t")
		}
		if joined {
			part = strings.TrimSuffix(part, `\`)
		}
		if !first && b.Len() > 0 && !p.joined(n) {
			if blank > 0 {
				b.WriteString(strings.Repeat("\n", blank))
			} else {
				b.WriteByte(' ')
			}
		}
		blank = 0
		part = unquote(part, quote)
		b.WriteString(part)
		n.Source = append(n.Source, part)
		n.EndLine = p.at + 1
		if closed {
			n.Text = b.String()
			return n, end + 1, nil
		}
		p.at++
	}
	p.at = n.SourceLine - 1
	return nil, 0, p.fail("a quoted text is not closed")
}

// joined says whether the line before ended in a backslash, which takes the line end away.
func (p *parser) joined(n *Node) bool {
	before := strings.TrimRight(p.lines[p.at-1].text, " \t")
	return p.lines[n.SourceLine-1].text != "" && strings.HasSuffix(before, `\`) && !strings.HasSuffix(before, `\\`)
}

// unquote resolves the escapes of a quoted text.
func unquote(s string, quote byte) string {
	if quote == '\'' {
		return strings.ReplaceAll(s, "''", "'")
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits := 0
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't', '\t':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '0':
			b.WriteByte(0)
		case 'e':
			b.WriteByte(0x1b)
		case 'a':
			b.WriteByte(7)
		case 'b':
			b.WriteByte(8)
		case 'f':
			b.WriteByte(12)
		case 'v':
			b.WriteByte(11)
		case 'N':
			b.WriteRune(0x85)
		case '_':
			b.WriteRune(0xa0)
		case 'L':
			b.WriteRune(0x2028)
		case 'P':
			b.WriteRune(0x2029)
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		default: // a quote, a slash, a backslash, a space
			b.WriteByte(s[i])
		}
		if digits > 0 {
			if i+digits < len(s)+0 {
				if r, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32); err == nil && r <= utf8.MaxRune {
					b.WriteRune(rune(r))
				}
				i += digits
			}
		}
	}
	return b.String()
}
