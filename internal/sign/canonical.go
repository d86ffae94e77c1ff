// Package sign turns documents into canonical bytes and signatures over them: JSON
// after RFC 8785, Ed25519 and P-256 keys, DSSE envelopes and Sigstore bundles.
//
// It promises that a document has exactly one encoding, that nothing is signed or
// accepted that would have to be repaired first, and that a signature is verified
// before it is used. It reads no file, no clock and no environment and runs nothing:
// keys come in as bytes, randomness as a reader, an operator's signer as an interface.
package sign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxDepth is how deep a document may nest.
	MaxDepth = 64
	// maxInteger is the largest integer that every JSON reader keeps exactly (RFC 7493,
	// section 2.2).
	maxInteger = 1<<53 - 1
)

// Canonical encodes v as encoding/json would, in the canonical form of RFC 8785:
// members sorted by UTF-16 code units, no space, no escape that is not needed. Every
// number must be an integer of at most 53 bits and every string UTF-8; anything else
// is an error, never a replacement.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	// encoding/json writes the escape \ufffd for a byte that is not UTF-8 and for
	// nothing else: a true U+FFFD stands as itself.
	return canonicalize(b.Bytes(), true)
}

// Canonicalize brings a JSON document into canonical form, under the same rules as
// Canonical. It refuses duplicate members and anything after the document.
func Canonicalize(doc []byte) ([]byte, error) { return canonicalize(doc, false) }

// IsCanonical returns nil if doc is a JSON document and equal to its canonical form.
func IsCanonical(doc []byte) error {
	c, err := canonicalize(doc, false)
	if err != nil {
		return err
	}
	if bytes.Equal(c, doc) {
		return nil
	}
	at := 0
	for at < len(c) && at < len(doc) && c[at] == doc[at] {
		at++
	}
	return fmt.Errorf("not canonical JSON (RFC 8785): differs at byte %d", at)
}

func canonicalize(doc []byte, refuseReplaced bool) ([]byte, error) {
	s := scanner{in: doc, out: make([]byte, 0, len(doc)), refuseReplaced: refuseReplaced}
	s.space()
	if err := s.value(0); err != nil {
		return nil, err
	}
	s.space()
	if s.at != len(doc) {
		return nil, s.errorf("something follows the document")
	}
	return s.out, nil
}

// A scanner reads one JSON document and writes its canonical form in the same pass.
type scanner struct {
	in             []byte
	at             int
	out            []byte
	refuseReplaced bool // the escape \ufffd stands for a byte that was not UTF-8

	members []member          // of the objects that are being read, the innermost last
	names   map[string]string // of members: a document has few, and each of them often
	moved   []byte            // what is being sorted
}

func (s *scanner) errorf(format string, a ...any) error {
	return fmt.Errorf("JSON at byte %d: %s", s.at, fmt.Sprintf(format, a...))
}

func (s *scanner) peek() byte {
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0 // a NUL is never valid where peek is used
}

func (s *scanner) space() {
	for s.at < len(s.in) && strings.IndexByte(" \t\r\n", s.in[s.at]) >= 0 {
		s.at++
	}
}

func (s *scanner) value(depth int) error {
	if depth > MaxDepth {
		return s.errorf("nested deeper than %d", MaxDepth)
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		if done, err := s.plain(); done {
			return err
		}
		text, err := s.text()
		if err != nil {
			return err
		}
		s.out = appendText(s.out, text)
		return nil
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.in[s.at:], []byte(word)) {
			s.at += len(word)
			s.out = append(s.out, word...)
			return nil
		}
	}
	if s.at >= len(s.in) {
		return s.errorf("the document ends early")
	}
	return s.errorf("%q begins no value", s.in[s.at])
}

func (s *scanner) array(depth int) error {
	s.at++
	s.out = append(s.out, '[')
	s.space()
	for n := 0; s.peek() != ']'; n++ {
		if n > 0 {
			if s.peek() != ',' {
				return s.errorf("want , or ] in an array")
			}
			s.at++
			s.space()
			s.out = append(s.out, ',')
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.space()
	}
	s.at++
	s.out = append(s.out, ']')
	return nil
}

// A member is where the canonical text of "name":value stands in out.
type member struct {
	name       string
	start, end int
}

func (s *scanner) object(depth int) error {
	s.at++
	s.out = append(s.out, '{')
	start, base := len(s.out), len(s.members)
	s.space()
	for n := 0; s.peek() != '}'; n++ {
		if n > 0 {
			if s.peek() != ',' {
				return s.errorf("want , or } in an object")
			}
			s.at++
			s.space()
			s.out = append(s.out, ',')
		}
		m, err := s.member(depth)
		if err != nil {
			return err
		}
		s.members = append(s.members, m)
	}
	s.at++
	if err := s.sort(start, s.members[base:]); err != nil {
		return err
	}
	s.members = s.members[:base]
	s.out = append(s.out, '}')
	return nil
}

func (s *scanner) member(depth int) (member, error) {
	m := member{start: len(s.out)}
	if s.peek() != '"' {
		return m, s.errorf("want a member's name in quotes")
	}
	var err error
	if m.name, err = s.name(); err != nil {
		return m, err
	}
	s.out = append(s.out, ':')
	s.space()
	if s.peek() != ':' {
		return m, s.errorf("want : after the name of a member")
	}
	s.at++
	s.space()
	if err := s.value(depth + 1); err != nil {
		return m, err
	}
	s.space()
	m.end = len(s.out)
	return m, nil
}

// sort brings the members that stand in out from start on into canonical order.
func (s *scanner) sort(start int, members []member) error {
	byName := func(a, b member) int { return compareUTF16(a.name, b.name) }
	sorted := slices.IsSortedFunc(members, byName)
	if !sorted {
		slices.SortFunc(members, byName)
	}
	for i := 1; i < len(members); i++ {
		if members[i].name == members[i-1].name {
			return s.errorf("the member %q appears twice", members[i].name)
		}
	}
	if sorted {
		return nil
	}
	s.moved = append(s.moved[:0], s.out[start:]...)
	was := s.moved
	s.out = s.out[:start]
	for i, m := range members {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.out = append(s.out, was[m.start-start:m.end-start]...)
	}
	return nil
}

func (s *scanner) number() error {
	start := s.at
	for s.at < len(s.in) && strings.IndexByte("+-.0123456789eE", s.in[s.at]) >= 0 {
		s.at++
	}
	n := string(s.in[start:s.at])
	digits := strings.TrimPrefix(n, "-")
	switch {
	case strings.ContainsAny(digits, ".eE"):
		s.at = start
		return s.errorf("the number %.40s is not an integer: Custody's documents hold integers only", n)
	case digits == "" || strings.ContainsAny(digits, "+-") || len(digits) > 1 && digits[0] == '0' || n == "-0":
		s.at = start
		return s.errorf("%.40q is not a number", n)
	}
	if v, err := strconv.ParseInt(digits, 10, 64); err != nil || v > maxInteger {
		s.at = start
		return s.errorf("the number %.40s is beyond 2^53-1: readers would round it, write it as a string", n)
	}
	s.out = append(s.out, n...)
	return nil
}

// plain copies a string that has no escape, and so is canonical as it stands. It is done
// unless there is more to it, an error perhaps.
func (s *scanner) plain() (done bool, err error) {
	end := s.at + 1
	for end < len(s.in) && s.in[end] != '"' && s.in[end] != '\\' && s.in[end] >= ' ' {
		end++
	}
	if end == len(s.in) || s.in[end] != '"' {
		return false, nil
	}
	text := s.in[s.at : end+1]
	s.at = end + 1
	if !utf8.Valid(text) {
		return true, s.errorf("a string is not UTF-8")
	}
	s.out = append(s.out, text...)
	return true, nil
}

// name copies the name of a member and returns it.
func (s *scanner) name() (string, error) {
	start := len(s.out)
	done, err := s.plain()
	if err != nil {
		return "", err
	}
	if !done {
		name, err := s.text()
		s.out = appendText(s.out, name)
		return name, err
	}
	text := s.out[start+1 : len(s.out)-1]
	name, known := s.names[string(text)]
	if !known {
		name = string(text)
		if s.names == nil {
			s.names = map[string]string{}
		}
		if len(s.names) < 1000 {
			s.names[name] = name
		}
	}
	return name, nil
}

// text reads a string in quotes and returns what it says.
func (s *scanner) text() (string, error) {
	s.at++
	var b []byte
	for {
		switch c := s.peek(); {
		case s.at >= len(s.in):
			return "", s.errorf("a string does not end")
		case c < ' ':
			return "", s.errorf("a control character stands bare in a string")
		case c == '"':
			s.at++
			return s.checked(b)
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, c)
			s.at++
		}
	}
}

func (s *scanner) checked(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", s.errorf("a string is not UTF-8")
	}
	return string(b), nil
}

func (s *scanner) escape() (rune, error) {
	s.at++
	c := s.peek()
	s.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, s.errorf("unknown escape in a string")
	}
	r, err := s.hex4()
	if err != nil {
		return 0, err
	}
	if r == utf8.RuneError && s.refuseReplaced {
		return 0, errors.New("a string is not UTF-8: escape such bytes before they enter a document")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if bytes.HasPrefix(s.in[s.at:], []byte(`\u`)) {
		s.at += 2
		low, err := s.hex4()
		if err != nil {
			return 0, err
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, s.errorf("a lone surrogate is no character")
}

func (s *scanner) hex4() (rune, error) {
	if s.at+4 > len(s.in) {
		return 0, s.errorf("a \\u escape ends early")
	}
	n := rune(0)
	for _, c := range s.in[s.at : s.at+4] {
		d, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			return 0, s.errorf("a \\u escape needs four hex digits")
		}
		n = n<<4 | rune(d)
	}
	s.at += 4
	return n, nil
}

// appendText writes a string as RFC 8785, section 3.2.2.2, has it.
func appendText(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= ' ':
			out = append(out, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			out = append(out, '\\', "btn?fr"[c-'\b'])
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(out, '"')
}

// compareUTF16 orders names by their UTF-16 code units. That differs from the order
// of bytes only where a character beyond the basic plane, written with surrogates
// (D800 to DFFF), meets one from E000 to FFFF.
func compareUTF16(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	// Both are UTF-8, so only a lead byte tells planes apart: 0xF0 and above lies
	// beyond the basic plane, 0xEE and 0xEF begin E000 to FFFF. The bytes differ, so
	// if both are lead bytes the larger character has the larger one.
	switch {
	case a[i] >= 0xF0 && (b[i] == 0xEE || b[i] == 0xEF):
		return -1
	case b[i] >= 0xF0 && (a[i] == 0xEE || a[i] == 0xEF):
		return 1
	}
	return int(a[i]) - int(b[i])
}
