package yamltree

import "strings"

// flow reads [a, b] or {a: b} from column col, over as many lines as it takes, and
// leaves p.at on the line that it ends on.
func (p *parser) flow(col, depth int) (*Node, int, error) {
	if depth > MaxDepth {
		return nil, 0, p.fail("nested more than %d deep", MaxDepth)
	}
	open := p.lines[p.at].text[col]
	kind, closing := List, byte(']')
	if open == '{' {
		kind, closing = Map, '}'
	}
	n, err := p.node(kind)
	if err != nil {
		return nil, 0, err
	}
	at := col + 1
	comma := true
	for {
		if at, err = p.flowSpace(at); err != nil {
			return nil, 0, err
		}
		switch text := p.lines[p.at].text; {
		case text[at] == closing:
			n.EndLine = p.at + 1
			return n, at + 1, nil
		case text[at] == ',':
			at++
			comma = true
			continue
		}
		var key *Node
		if key, at, err = p.flowValue(at, depth); err != nil {
			return nil, 0, err
		}
		if !comma {
			// Without a comma only a plain value goes on, on the next line.
			last := n.last()
			if last == nil || last.Kind != Scalar || key.Kind != Scalar || last.Style != Plain || key.Style != Plain || last.EndLine == key.Line {
				return nil, 0, p.fail("a comma is expected")
			}
			last.Text += " " + key.Text
			last.Source, last.EndLine = append(last.Source, key.Text), key.EndLine
			continue
		}
		comma = false
		line := p.at
		next, err := p.flowSpace(at)
		if err != nil {
			return nil, 0, err
		}
		if p.lines[p.at].text[next] != ':' || kind == List && p.at != line {
			if kind == List {
				n.Items = append(n.Items, key)
			} else {
				null, err := p.node(Null)
				if err != nil {
					return nil, 0, err
				}
				n.Fields = append(n.Fields, Field{key, null})
			}
			at = next
			continue
		}
		var value *Node
		if value, at, err = p.flowPair(next+1, closing, depth); err != nil {
			return nil, 0, err
		}
		if kind == Map {
			n.Fields = append(n.Fields, Field{key, value})
			continue
		}
		pair, err := p.node(Map)
		if err != nil {
			return nil, 0, err
		}
		pair.Fields = []Field{{key, value}}
		n.Items = append(n.Items, pair)
	}
}

// flowPair reads the value behind a colon; there may be none.
func (p *parser) flowPair(at int, closing byte, depth int) (*Node, int, error) {
	at, err := p.flowSpace(at)
	if err != nil {
		return nil, 0, err
	}
	if c := p.lines[p.at].text[at]; c == ',' || c == closing {
		n, err := p.node(Null)
		return n, at, err
	}
	return p.flowValue(at, depth)
}

// flowSpace goes to the next character that is no space, line end or comment.
func (p *parser) flowSpace(at int) (int, error) {
	for {
		text := p.lines[p.at].text
		for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
			at++
		}
		if at < len(text) && (text[at] != '#' || at > 0 && text[at-1] != ' ' && text[at-1] != '\t') {
			return at, nil
		}
		if p.at+1 >= len(p.lines) {
			return 0, p.fail("a list or mapping in brackets is not closed")
		}
		p.at++
		at = 0
	}
}

func (p *parser) flowValue(at, depth int) (*Node, int, error) {
	next, _, err := p.properties(at)
	if err != nil {
		return nil, 0, err
	}
	text := p.lines[p.at].text
	if next >= len(text) {
		n, err := p.node(Null)
		return n, len(text), err
	}
	at = next
	switch text[at] {
	case '[', '{':
		return p.flow(at, depth+1)
	case '"', '\'':
		return p.quoted(at)
	case '*':
		end := at + 1
		for end < len(text) && !strings.ContainsRune(" \t,]}", rune(text[end])) {
			end++
		}
		n, err := p.alias(text[at+1 : end])
		return n, end, err
	case ',', ']', '}':
		n, err := p.node(Null)
		return n, at, err
	}
	n, err := p.node(Scalar)
	if err != nil {
		return nil, 0, err
	}
	n.SourceLine = p.at + 1
	end := at
	for ; end < len(text); end++ {
		c := text[end]
		if c == ',' || c == '[' || c == ']' || c == '{' || c == '}' {
			break
		}
		if c == ':' && (end+1 == len(text) || strings.IndexByte(" \t,[]{}", text[end+1]) >= 0) {
			break
		}
		if c == '#' && end > at && (text[end-1] == ' ' || text[end-1] == '\t') {
			break
		}
	}
	if end == at {
		return nil, 0, p.fail("%q is not expected here", text[at])
	}
	n.Text = strings.TrimRight(text[at:end], " \t")
	n.Source = []string{n.Text}
	if n.Text == "~" || n.Text == "null" {
		n.Kind = Null
	}
	return n, end, nil
}

// last is the value that was read last.
func (n *Node) last() *Node {
	switch {
	case len(n.Items) > 0:
		return n.Items[len(n.Items)-1]
	case len(n.Fields) > 0:
		return n.Fields[len(n.Fields)-1].Value
	}
	return nil
}
