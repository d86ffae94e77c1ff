package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"custody/internal/control/cel"
)

func readJSON(src []byte) ([]cel.Value, error) {
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	if !utf8.Valid(src) {
		return nil, fmt.Errorf("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	v, err := (&jsonReader{dec: d}).value(0)
	if err == nil {
		if _, after := d.Token(); after != io.EOF {
			err = fmt.Errorf("something follows the value")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("it is not JSON that can be read: %w", err)
	}
	return []cel.Value{v}, nil
}

type jsonReader struct {
	dec *json.Decoder
	budget
}

func (r *jsonReader) value(depth int) (cel.Value, error) {
	if err := r.take(1, depth); err != nil {
		return nil, err
	}
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		return number(string(t))
	case json.Delim:
		if t == '[' {
			return r.list(depth)
		}
		return r.object(depth)
	}
	return t, nil // nil, bool, string
}

func (r *jsonReader) list(depth int) (cel.Value, error) {
	list := []cel.Value{}
	for r.dec.More() {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.dec.Token()
	return list, err
}

func (r *jsonReader) object(depth int) (cel.Value, error) {
	var m mapping
	for r.dec.More() {
		k, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		m.add(k, v)
	}
	if _, err := r.dec.Token(); err != nil {
		return nil, err
	}
	return m.value()
}

// number is an int where it is written as one and fits, a uint where only that fits, else
// a double. One that is none of them is refused.
func number(s string) (cel.Value, error) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, nil
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("the number %.30s is out of range", s)
	}
	return f, nil
}
