package lang

import (
	"bytes"
	"strconv"
)

// A Span is a part of a file, in byte offsets.
type Span struct{ Start, End int }

// Comments lists the comments of a source file of the language, in order. False when
// they can not be told apart from code: the language has no reader of them here (vue,
// svelte), or the file was not understood to its end.
func (l *Language) Comments(src []byte) ([]Span, bool) {
	if l.comments == nil || isBinary(src) {
		return nil, false
	}
	return l.comments(src)
}

// Blank returns the source with every comment replaced by spaces; lines stay where they
// are. False as in Comments.
func (l *Language) Blank(src []byte) ([]byte, bool) {
	spans, ok := l.Comments(src)
	if !ok {
		return nil, false
	}
	out := bytes.Clone(src)
	for _, s := range spans {
		for i := s.Start; i < s.End; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	return out, true
}

func goComments(src []byte) (all []Span, ok bool) {
	for i := 0; i < len(src); {
		start := i
		switch c := src[i]; {
		case c == '"', c == '`', c == '\'':
			if i = goStringEnd(src, i); i < 0 {
				return nil, false
			}
			continue
		case c == '/' && hasPrefixAt(src, i, "//"):
			i = lineEnd(src, i)
		case c == '/' && hasPrefixAt(src, i, "/*"):
			n := bytes.Index(src[i+2:], []byte("*/"))
			if n < 0 {
				return nil, false
			}
			i += n + 4
		default:
			i++
			continue
		}
		all = append(all, Span{start, i})
	}
	return all, true
}

func pythonComments(src []byte) ([]Span, bool) {
	if !pyEncoding(src) {
		return nil, false
	}
	p := newPyScanner(src)
	defer p.tok.free()
	p.run()
	return p.comments, !p.facts.Damaged && len(p.open) == 0
}

func javaComments(src []byte) ([]Span, bool) {
	if !javaEscapesHarmless(src) {
		return nil, false
	}
	s := newJavaScanner(src)
	defer s.tok.free()
	s.run()
	return s.comments, !s.facts.Damaged && s.nested == 0
}

// javaEscapesHarmless: no \uXXXX of the file stands for a character that begins or ends a
// string, a line or a comment. Java reads these before all else (JLS 3.3).
func javaEscapesHarmless(src []byte) bool {
	for {
		i := bytes.Index(src, []byte(`\u`))
		if i < 0 {
			return true
		}
		src = bytes.TrimLeft(src[i+1:], "u")
		if len(src) < 4 {
			return false
		}
		n, err := strconv.ParseUint(string(src[:4]), 16, 16)
		if err != nil || n < 0x80 && bytes.IndexByte([]byte("\"'*/\\\n\r"), byte(n)) >= 0 {
			return false
		}
	}
}

func typeScriptComments(src []byte) ([]Span, bool) { return scriptComments(src, false) }
func jsxComments(src []byte) ([]Span, bool)        { return scriptComments(src, true) }

func scriptComments(src []byte, jsx bool) ([]Span, bool) {
	s := newScriptScanner(src, jsx)
	s.i = skipBOM(src)
	if hasPrefixAt(src, s.i, "#!") {
		s.i = scriptLineEnd(src, s.i)
		s.comments = append(s.comments, Span{0, s.i})
	}
	s.run()
	comments := s.comments
	s.tok.free()
	return comments, !s.finish().Damaged
}
