package lang

import (
	"bytes"
	"slices"
	"strings"
)

func extractVue(src []byte) Facts { return extractMarkup(src, true) }

func extractSvelte(src []byte) Facts { return extractMarkup(src, false) }

// extractMarkup reads the script blocks of a single-file component. What the markup
// itself names (the src of an image, an expression) is not seen, but Vue's blocks may
// stand in other files: <template src="./x.html">, <style src="./x.css">.
func extractMarkup(src []byte, vue bool) Facts {
	all := newScriptScanner(src, false)
	all.tok.free()
	all.facts.Damaged = isBinary(src)
	markup := markupReader{src: src}
	from := 0 // of the markup that is still to be read for names
	for i := 0; i < len(src); {
		n := bytes.IndexByte(src[i:], '<')
		if n < 0 {
			break
		}
		i += n
		if hasPrefixAt(src, i, "<!--") {
			n := bytes.Index(src[i:], []byte("-->"))
			if n < 0 {
				break
			}
			all.facts.Generated = all.facts.Generated || saysGenerated(src, []Span{{i, i + n}}, len(src)) && from == 0
			i += n
			continue
		}
		end := identEnd(src, i+1)
		name := lowerASCII(string(src[i+1 : min(end, i+12)]))
		if name != "script" && name != "style" && name != "template" {
			i++
			continue
		}
		body := tagEnd(src, end)
		if body < 0 {
			all.facts.Damaged = true
			break
		}
		tag := string(src[end:body])
		if name == "script" || vue {
			all.addImport(i, attribute(tag, "src"), Static)
			if name == "script" && attribute(tag, "src") != "" { // the component is what that file says
				markup.seen.add(uint32(Everything))
			}
		}
		i = body
		if name == "template" || strings.HasSuffix(tag, "/>") {
			continue
		}
		markup.names(from, body)
		end = closingTag(src, body, name)
		if end < 0 {
			all.facts.Damaged = true
			end = len(src)
		}
		if name == "script" {
			lang := attribute(tag, "lang")
			block := newScriptScanner(src[:end], lang == "tsx" || lang == "jsx")
			block.i, block.markup = body, true
			block.run()
			all.facts.Generated = all.facts.Generated || saysGenerated(src, block.comments, block.tok.code(src))
			block.outline(len(all.facts.Imports))
			markup.script(all, block)
			all.facts.Imports = append(all.facts.Imports, block.facts.Imports...)
			all.facts.Damaged = all.facts.Damaged || block.facts.Damaged
		}
		if i, from = end, end; name == "style" {
			from = body // v-bind(name)
		}
	}
	markup.names(from, len(src))
	markup.finish(&all.facts)
	return all.finish()
}

// markupReader collects what a component says outside of its definitions: the names in
// its markup, where any word may be one, and the tokens of it.
type markupReader struct {
	src      []byte
	seen     nameSet
	tokens   TokenHash
	defaults bool                    // a script defines what the file exports
	bound    map[NameHash][]NameHash // by local name, what imports of scripts bind
}

// script takes in what a script block defines.
func (m *markupReader) script(all, block *scriptScanner) {
	for _, d := range block.facts.Definitions {
		m.defaults = m.defaults || d.Name == "default"
	}
	all.facts.Definitions = append(all.facts.Definitions, block.facts.Definitions...)
	all.facts.Exports = append(all.facts.Exports, block.facts.Exports...)
	all.facts.Bound = append(all.facts.Bound, block.facts.Bound...)
	for _, name := range block.facts.Mentions {
		m.seen.add(uint32(name))
	}
	m.tokens.Add(block.facts.Rest[:])
	if m.bound == nil {
		m.bound = map[NameHash][]NameHash{}
	}
	for local, others := range block.bound {
		m.bound[local] = append(m.bound[local], others...)
	}
}

// names reads a piece of markup: <my-part> may stand for MyPart.
func (m *markupReader) names(from, to int) {
	for i := from; i < to; {
		c := m.src[i]
		if c == '<' && hasPrefixAt(m.src, i, "<!--") {
			n := bytes.Index(m.src[i:to], []byte("-->"))
			if n < 0 {
				return
			}
			i += n + len("-->")
			continue
		}
		if !isIdentStart(c) && c != '$' {
			if i++; !isSpace(c) && c != '\n' {
				m.tokens.Add(m.src[i-1 : i])
			}
			continue
		}
		at := i
		end, name := scriptWordHash(m.src, i)
		end = min(end, to)
		scriptAny(NameHash(name), m.seen.add)
		if c == '$' { // Svelte: what the store of that name holds
			scriptAny(HashName(m.src[at+1:end]), m.seen.add)
		}
		if i = max(end, i+1); i < to && m.src[i] == '-' && end > at {
			for i < to && (isIdent(m.src[i]) || m.src[i] == '-') {
				i++
			}
			if i-at <= maxNameText {
				camel, pascal := unhyphen(m.src[at:i])
				scriptAny(camel, m.seen.add)
				scriptAny(pascal, m.seen.add)
			}
		}
		m.tokens.Add(m.src[at:i])
	}
}

// unhyphen hashes myPart and MyPart for my-part.
func unhyphen(name []byte) (camel, pascal NameHash) {
	word := make([]byte, 0, len(name))
	up := false
	for _, c := range name {
		if c == '-' {
			up = true
			continue
		}
		if up && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		up = false
		word = append(word, c)
	}
	camel = HashName(word)
	if len(word) > 0 && 'a' <= word[0] && word[0] <= 'z' {
		word[0] -= 'a' - 'A'
	}
	return camel, HashName(word)
}

// finish defines the component, unless a script does.
func (m *markupReader) finish(facts *Facts) {
	names := SortNames(m.seen.names)
	said := len(names)
	for local, others := range m.bound {
		if Mentions(names[:said], local) {
			for _, other := range others {
				scriptAny(other, func(name uint32) { names = append(names, NameHash(name)) })
			}
		}
	}
	names = SortNames(names)
	body := m.tokens.Sum()
	facts.Rest, facts.Mentions = body, slices.Clone(names)
	if m.defaults {
		return
	}
	facts.Rest = Digest{}
	all := Definition{
		Name: "default", Kind: Class, Exported: true, Runs: true,
		Start: 1, End: bytes.Count(m.src, []byte{'\n'}) + 1, Body: body, Mentions: facts.Mentions,
	}
	facts.Definitions = append([]Definition{all}, facts.Definitions...)
}

// tagEnd is the offset behind the ">" that ends a tag, attribute values skipped.
func tagEnd(src []byte, i int) int {
	for i < len(src) {
		switch c := src[i]; c {
		case '>':
			return i + 1
		case '"', '\'':
			n := bytes.IndexByte(src[i+1:], c)
			if n < 0 {
				return -1
			}
			i += n + 2
		default:
			i++
		}
	}
	return -1
}

// closingTag is the offset of "</name", -1 if there is none.
func closingTag(src []byte, i int, name string) int {
	for i < len(src) {
		n := bytes.Index(src[i:], []byte("</"))
		if n < 0 {
			return -1
		}
		i += n
		if end := i + 2 + len(name); end <= len(src) && strings.EqualFold(string(src[i+2:end]), name) {
			return i
		}
		i += 2
	}
	return -1
}
