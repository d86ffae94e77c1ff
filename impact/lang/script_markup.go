package lang

import (
	"bytes"
	"strings"
)

func extractVue(src []byte) Facts { return extractMarkup(src, true) }

func extractSvelte(src []byte) Facts { return extractMarkup(src, false) }

// extractMarkup reads the script blocks of a single-file component. What the markup
// itself names (the src of an image, an expression) is not seen, but Vue's blocks may
// stand in other files: <template src="./x.html">, <style src="./x.css">.
func extractMarkup(src []byte, vue bool) Facts {
	all := newScriptScanner(src, false)
	all.facts.Damaged = isBinary(src)
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
			all.add(i, attribute(tag, "src"), Static)
		}
		i = body
		if name == "template" || strings.HasSuffix(tag, "/>") {
			continue
		}
		end = closingTag(src, body, name)
		if end < 0 {
			all.facts.Damaged = true
			end = len(src)
		}
		if name == "script" {
			lang := attribute(tag, "lang")
			block := newScriptScanner(src[:end], lang == "tsx" || lang == "jsx")
			block.i = body
			block.run()
			all.facts.Imports = append(all.facts.Imports, block.facts.Imports...)
			all.facts.Damaged = all.facts.Damaged || block.facts.Damaged
		}
		i = end
	}
	return all.finish()
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
