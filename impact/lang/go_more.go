package lang

import (
	"bytes"
	"strings"
)

// GoTakesMore says whether a function or method takes nothing but more than it did, behind
// three dots: whoever calls it needs not change. was and is are the source from its first
// line on. When in doubt, it says no.
func GoTakesMore(was, is []byte) bool {
	params, results, ok := goHead(was)
	more, same, also := goHead(is)
	if !ok || !also || results != same || strings.Contains(params, "...") {
		return false
	}
	rest, ok := strings.CutPrefix(more, params)
	if params != "" && ok {
		rest, ok = strings.CutPrefix(rest, ",")
	}
	name, kind, dots := strings.Cut(rest, "...")
	return ok && dots && kind != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ") == "" && !hasOpenComma(kind)
}

// goHead reads "func (r R) name(params) results {": both without needless white space.
func goHead(src []byte) (params, results string, ok bool) {
	src = bytes.TrimLeft(src, " \t")
	if !bytes.HasPrefix(src, []byte("func")) {
		return "", "", false
	}
	lists := 1
	if bytes.HasPrefix(bytes.TrimLeft(src[len("func"):], " \t"), []byte("(")) {
		lists = 2 // the first is the receiver's
	}
	depth, start := 0, -1
	for i, c := range src {
		switch c {
		case '(', '[', '{':
			if c == '{' && depth == 0 {
				return params, squeeze(src[start:i]), lists == 0
			}
			if depth++; depth == 1 && c == '(' && lists > 0 {
				if lists--; lists == 0 {
					start = i + 1
				}
			}
		case ')', ']', '}':
			if depth--; depth == 0 && lists == 0 && params == "" && start >= 0 && c == ')' && !ok {
				params, start, ok = strings.TrimSuffix(squeeze(src[start:i]), ","), i+1, true
			}
		case '\n':
			if depth == 0 {
				return params, squeeze(src[max(start, 0):i]), lists == 0 && ok
			}
		case '/', '"', '`':
			return "", "", false // a comment, or a tag
		}
	}
	return "", "", false
}

// squeeze writes white space as one blank, and none beside punctuation.
func squeeze(src []byte) string {
	var out []byte
	for _, word := range bytes.Fields(src) {
		if n := len(out); n > 0 && isIdent(out[n-1]) && (isIdent(word[0]) || word[0] == '.' || word[0] == '*' || word[0] == '[') {
			out = append(out, ' ')
		}
		out = append(out, word...)
	}
	return string(out)
}

func hasOpenComma(s string) bool {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				return true
			}
		}
	}
	return false
}
