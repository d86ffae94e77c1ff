package impact

import (
	"bytes"
	"strings"

	"custody/impact/lang"
)

// prose reads documents (Markdown, reStructuredText, AsciiDoc) like a language, so that
// what they mention is kept like any other fact: as imports whose Spec is what they
// mention, and whose Kind says how.
var prose = &lang.Language{Name: "prose", Version: 1, Extract: extractProse}

// How a document mentions something.
const (
	proseLink = lang.Static  // the target of a link or an include
	proseCode = lang.Dynamic // a code span, or a word in a block of code
	proseWord = lang.Embed   // a word with a slash anywhere else, front matter included
)

// Limits of one document.
const (
	maxMentions   = 5000
	maxMention    = 300 // bytes
	maxProseBytes = 1 << 20
)

// extractProse takes what could name a file or a definition: link targets, code spans, and
// words that look like a path. It renders nothing, follows nothing and is linear in the
// text.
func extractProse(src []byte) lang.Facts {
	p := proseReader{seen: map[string]bool{}}
	inCode := ""
	n := 0
	for line := range bytes.Lines(src) {
		n++
		text := strings.TrimRight(string(line), "\r\n")
		trimmed := strings.TrimSpace(text)
		if fence := fenceOf(trimmed); fence != "" && (inCode == "" || inCode == fence) {
			if inCode == "" {
				inCode = fence
			} else {
				inCode = ""
			}
			continue
		}
		if inCode != "" {
			p.words(text, n, proseCode)
			continue
		}
		p.line(text, n)
	}
	p.facts.Damaged = p.full
	return p.facts
}

// fenceOf is what begins and ends a block of code.
func fenceOf(line string) string {
	for _, fence := range []string{"```", "~~~", "----"} {
		if strings.HasPrefix(line, fence) && (fence != "----" || strings.Trim(line, "-") == "" && len(line) == 4) {
			return fence
		}
	}
	return ""
}

type proseReader struct {
	facts lang.Facts
	seen  map[string]bool
	full  bool
}

func (p *proseReader) add(spec string, line int, kind lang.ImportKind) {
	spec = strings.TrimSpace(spec)
	if spec == "" || len(spec) > maxMention || p.seen[spec] {
		return
	}
	if len(p.facts.Imports) == maxMentions {
		p.full = true
		return
	}
	p.seen[spec] = true
	p.facts.Imports = append(p.facts.Imports, lang.Import{Spec: spec, Line: line, Kind: kind})
}

// line takes one line of running text: links first, since what they name is surest.
func (p *proseReader) line(text string, n int) {
	for _, mark := range []struct{ begin, ends string }{
		{"](", ") \t"}, // [text](target "title")
		{"]: ", " \t"}, // [name]: target
		{"<", ">"},     // <target>, and `text <target>`_
		{"link:", "[ \t"},
		{"xref:", "[ \t"},
		{"include::", "[ \t"}, // AsciiDoc's, and reStructuredText's with a blank
		{"literalinclude:: ", " \t"},
		{"include:: ", " \t"},
		{"image::", "[ \t"},
		{":doc:`", "`<"},
		{":download:`", "`<"},
		{"href=\"", "\""},
		{"src=\"", "\""},
	} {
		rest := text
		for {
			i := strings.Index(rest, mark.begin)
			if i < 0 {
				break
			}
			rest = rest[i+len(mark.begin):]
			target := strings.TrimLeft(rest, "<")
			if end := strings.IndexAny(target, mark.ends); end >= 0 {
				target = target[:end]
			} else if mark.begin == "<" || mark.begin == "](" {
				continue // it does not end here
			}
			if !strings.ContainsAny(target, "<>") {
				p.add(strings.TrimSuffix(target, ">"), n, proseLink)
			}
		}
	}
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			p.add(part, n, proseCode)
			p.words(part, n, proseCode)
		}
	}
	p.words(text, n, proseWord)
}

// words takes the words that look like a path, a file, a dotted name or a call.
func (p *proseReader) words(text string, n int, kind lang.ImportKind) {
	for i := 0; i < len(text); {
		if !isPathByte(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && isPathByte(text[i]) {
			i++
		}
		word := strings.Trim(text[start:i], ".-:/")
		if kind == proseCode && len(word) >= 3 || strings.ContainsAny(word, "/.") {
			p.add(word, n, kind)
		}
	}
}

func isPathByte(c byte) bool {
	return isWord(c) || c == '/' || c == '.' || c == '-' || c == '@' || c == '+'
}
