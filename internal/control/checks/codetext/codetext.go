// Package codetext tells code from what is only text in it: names, strings and
// characters, without comments, of the languages of which that is worth knowing.
//
// It is no parser. It takes time and memory proportional to the text.
package codetext

import "strings"

// A Language is how much of one must be known to tell its calls from its strings and
// comments.
type Language uint8

const (
	Python Language = iota
	Ruby
	Script // JavaScript, TypeScript, and what has their comments and strings: Go, Java, C
	PHP
)

// Kind says what a Token is.
type Kind uint8

const (
	Name  Kind = iota // also with dots: op.drop_table
	Text              // a string
	Other             // one character
)

// A Token is one word, string or character of code.
type Token struct {
	Kind      Kind
	Text      string
	Line, End int
	First     bool // on its line
	Indent    int  // of its line
	Unsure    bool // a string of which a part is put in when it runs
	Symbol    bool // Ruby's :name
}

// maxTokens bounds one file; behind it nothing is known.
const maxTokens = 60_000

// Tokens splits code. Cut says that there is more than is read, or that a string never
// ends.
func Tokens(src string, lang Language) (out []Token, cut bool) { return Into(nil, src, lang) }

// Into is Tokens with the memory of a slice that nobody needs any more.
func Into(old []Token, src string, lang Language) (_ []Token, cut bool) {
	l := &lexer{src: src, lang: lang, line: 1, out: old[:0]}
	for l.at < len(src) {
		if len(l.out) >= maxTokens || !l.next() {
			return l.out, true
		}
	}
	return l.out, false
}

type lexer struct {
	src    string
	lang   Language
	at     int
	line   int
	indent int
	seen   bool // a token of this line
	out    []Token
	docs   []string // Ruby's here-documents that begin on the next line
}

func (l *lexer) add(t Token, size int) {
	t.Line, t.First, t.Indent = l.line, !l.seen, l.indent
	l.seen = true
	if t.Kind == Text {
		l.step(size)
	} else {
		l.at += size // no line ends in it
	}
	t.End = l.line
	l.out = append(l.out, t)
}

// step goes over bytes and counts lines.
func (l *lexer) step(n int) {
	if lines := strings.Count(l.src[l.at:l.at+n], "\n"); lines > 0 {
		l.line += lines
		l.seen, l.indent = false, 0
	}
	l.at += n
}

func isName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func (l *lexer) next() bool {
	rest := l.src[l.at:]
	c := rest[0]
	switch {
	case c == '\n':
		l.step(1)
		return l.documents()
	case c == ' ' || c == '\t' || c == '\r':
		if !l.seen {
			l.indent++
		}
		l.at++
	case c == '#' && l.lang != Script, strings.HasPrefix(rest, "//") && (l.lang == Script || l.lang == PHP):
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			l.step(i)
		} else {
			l.step(len(rest))
		}
	case strings.HasPrefix(rest, "/*") && (l.lang == Script || l.lang == PHP):
		i := strings.Index(rest[2:], "*/")
		if i < 0 {
			return false
		}
		l.step(i + 4)
	case l.lang == Ruby && !l.seen && l.indent == 0 && strings.HasPrefix(rest, "=begin"):
		i := strings.Index(rest, "\n=end")
		if i < 0 {
			return false
		}
		l.step(i + 5)
	case c == '"' || c == '\'' || c == '`' && l.lang == Script:
		return l.quoted("")
	case l.lang == Ruby && c == ':' && len(rest) > 1 && (isName(rest[1]) || rest[1] == '"') && !strings.HasPrefix(rest, "::"):
		if rest[1] == '"' {
			l.step(1)
			return l.quoted("")
		}
		n := 1
		for n < len(rest) && isName(rest[n]) {
			n++
		}
		l.add(Token{Kind: Text, Text: rest[1:n], Symbol: true}, n)
	case l.lang == Ruby && strings.HasPrefix(rest, "<<"):
		return l.document()
	case isName(c):
		n := 1
		for n < len(rest) && (isName(rest[n]) || rest[n] == '.' && n+1 < len(rest) && isName(rest[n+1]) && rest[n+1] > '9') {
			n++
		}
		word := rest[:n]
		if l.lang == Python && n < len(rest) && (rest[n] == '"' || rest[n] == '\'') && len(word) <= 2 && strings.Trim(strings.ToLower(word), "rbfu") == "" {
			l.step(n)
			return l.quoted(strings.ToLower(word))
		}
		if l.lang == Ruby && n < len(rest) && (rest[n] == '?' || rest[n] == '!') {
			n++
		}
		l.add(Token{Kind: Name, Text: word}, n)
	default:
		l.add(Token{Kind: Other, Text: rest[:1]}, 1)
	}
	return true
}

// quoted reads a string; prefix is Python's.
func (l *lexer) quoted(prefix string) bool {
	rest := l.src[l.at:]
	quote := rest[:1]
	if l.lang == Python && (strings.HasPrefix(rest, `"""`) || strings.HasPrefix(rest, "'''")) {
		quote = rest[:3]
	}
	unsure := strings.Contains(prefix, "f")
	i := len(quote)
	for i < len(rest) {
		switch {
		case rest[i] == '\\' && !strings.Contains(prefix, "r"):
			i++
		case strings.HasPrefix(rest[i:], quote):
			body := rest[len(quote):i]
			switch {
			case l.lang == Ruby && quote == `"`:
				unsure = strings.Contains(body, "#{")
			case quote == "`":
				unsure = strings.Contains(body, "${")
			case l.lang == PHP && quote == `"`:
				unsure = strings.Contains(body, "$")
			case unsure:
				unsure = strings.Contains(body, "{")
			}
			l.add(Token{Kind: Text, Text: body, Unsure: unsure}, i+len(quote))
			return true
		case rest[i] == '\n' && len(quote) == 1 && (l.lang == Python || l.lang == Script && quote != "`"):
			l.add(Token{Kind: Other, Text: quote}, 1) // not closed on its line: no string
			return true
		}
		i++
	}
	return false
}

// document notices <<~SQL, whose text begins on the next line.
func (l *lexer) document() bool {
	rest := l.src[l.at:]
	n := 2
	if n < len(rest) && (rest[n] == '~' || rest[n] == '-') {
		n++
	}
	quote := byte(0)
	if n < len(rest) && (rest[n] == '\'' || rest[n] == '"') {
		quote = rest[n]
		n++
	}
	from := n
	for n < len(rest) && isName(rest[n]) {
		n++
	}
	word := rest[from:n]
	if word == "" || word[0] < 'A' || word[0] > 'Z' {
		l.add(Token{Kind: Other, Text: "<"}, 1)
		return true
	}
	if quote != 0 && n < len(rest) && rest[n] == quote {
		n++
	}
	l.docs = append(l.docs, word)
	// The text is filled in when it has been read.
	l.add(Token{Kind: Text, Text: "\x00" + word, Unsure: quote == '\''}, n)
	return true
}

// documents reads the here-documents that begin on this line, into their tokens.
func (l *lexer) documents() bool {
	for _, word := range l.docs {
		start, line := l.at, l.line
		found := false
		for l.at < len(l.src) {
			rest := l.src[l.at:]
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			if strings.TrimSpace(rest[:n]) == word {
				body := l.src[start:l.at]
				for i := len(l.out) - 1; i >= 0; i-- {
					if t := &l.out[i]; t.Text == "\x00"+word && t.Kind == Text {
						// Its lines are those of the text, not of where it is used.
						raw := t.Unsure
						t.Text, t.Unsure, t.Line, t.End = body, !raw && strings.Contains(body, "#{"), line, l.line
						break
					}
				}
				l.step(n)
				found = true
				break
			}
			l.step(min(n+1, len(rest)))
		}
		if !found {
			return false
		}
	}
	l.docs = nil
	return true
}
