package sign

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// An Object is a canonical JSON object, cut into its members without reading what is
// inside them, so that a large document can be digested in part.
type Object []Member

// A Member of an object. Text is the member as it stands, `"name":value`.
type Member struct {
	Name  string
	Text  []byte
	Value []byte
}

var errObject = errors.New("not a canonical JSON object")

// ParseObject cuts a canonical object. It does not check that doc is canonical:
// IsCanonical does.
func ParseObject(doc []byte) (Object, error) {
	if len(doc) < 2 || doc[0] != '{' || doc[len(doc)-1] != '}' {
		return nil, errObject
	}
	o := Object{}
	for rest := doc[1 : len(doc)-1]; len(rest) > 0; {
		colon := skip(rest, ':')
		if colon == len(rest) {
			return nil, errObject
		}
		var m Member
		if err := json.Unmarshal(rest[:colon], &m.Name); err != nil {
			return nil, errObject
		}
		end := colon + 1 + skip(rest[colon+1:], ',')
		m.Text, m.Value = rest[:end], rest[colon+1:end]
		o = append(o, m)
		if end == len(rest) {
			break
		}
		rest = rest[end+1:]
	}
	return o, nil
}

// skip finds the first stop that stands in no string, array or object; else it is the
// length.
func skip(b []byte, stop byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			i = endOfString(b, i)
		case c == stop && depth == 0:
			return i
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	return len(b)
}

// endOfString is where the string that begins at a quote has its other one, or the length.
// Strings are most of a document.
func endOfString(b []byte, start int) int {
	for at := start + 1; at < len(b); {
		quote := bytes.IndexByte(b[at:], '"')
		if quote < 0 {
			break
		}
		escape := bytes.IndexByte(b[at:at+quote], '\\')
		if escape < 0 {
			return at + quote
		}
		at += escape + 2
	}
	return len(b)
}

// Get is the value of a member, nil if there is none of that name.
func (o Object) Get(name string) []byte {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Without leaves out members.
func (o Object) Without(names ...string) Object {
	return slices.DeleteFunc(slices.Clone(o), func(m Member) bool { return slices.Contains(names, m.Name) })
}

// Set gives a member that the object has another value, which must be canonical.
func (o Object) Set(name string, value []byte) Object {
	o = slices.Clone(o)
	for i, m := range o {
		if m.Name == name {
			key := m.Text[:len(m.Text)-len(m.Value)]
			text := slices.Concat(key, value)
			o[i] = Member{Name: name, Text: text, Value: text[len(key):]}
		}
	}
	return o
}

// Write writes the object as a document.
func (o Object) Write(w io.Writer) error {
	text := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			text = []byte{','}
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		text = nil
		if _, err := w.Write(m.Text); err != nil {
			return err
		}
	}
	_, err := w.Write(append(text, '}'))
	return err
}
