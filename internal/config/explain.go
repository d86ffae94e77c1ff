package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"custody/internal/config/yaml"
)

// A Setting is one key of the effective policy, its value and where it was said.
type Setting struct {
	Key     string `json:"key"` // "rules.two-humans.approvals.humans"
	Value   string `json:"value"`
	Origin  string `json:"origin"`            // FloorOrigin, a path at base
	Default bool   `json:"default,omitempty"` // nobody wrote it
	Line    int    `json:"line,omitempty"`    // where it stands, when it was written
}

// Explain lists every key in effect, the floor's first, in the order of the reference.
// Both layers' values of `authorship.unknown` are in effect together.
func (e *Effective) Explain() []Setting {
	if e == nil {
		return nil
	}
	return e.settings
}

// settings flattens one layer.
func (p *Policy) settings() []Setting {
	var root *yaml.Node
	if p.doc != nil {
		root = p.doc.Root
	}
	return flatten(nil, reflect.ValueOf(*p), root, "", p.origin)
}

// flatten walks a struct by its tags, beside the node that it was read from.
func flatten(out []Setting, v reflect.Value, n *yaml.Node, prefix, origin string) []Setting {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return out
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(v.Type()) {
			tag, ok := f.Tag.Lookup("yaml")
			if !ok {
				continue
			}
			key, _, _ := strings.Cut(tag, ",")
			out = flatten(out, v.FieldByIndex(f.Index), n.Get(key), join(prefix, key), origin)
		}
		return out
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct {
		for i := range v.Len() {
			item := v.Index(i)
			name := fmt.Sprint(i)
			if id := item.FieldByName("ID"); id.IsValid() && id.Type() == reflect.TypeFor[ID]() {
				name = id.String()
			}
			out = flatten(out, item, n.Item(i), join(prefix, name), origin)
		}
		return out
	}
	if n == nil && (v.IsZero() && v.Kind() != reflect.Bool || v.Kind() == reflect.Slice && v.Len() == 0) {
		if v.Kind() != reflect.Uint8 { // a zero level is a value: error
			return out
		}
	}
	s := Setting{Key: prefix, Value: shown(v), Origin: origin, Default: n == nil}
	if n != nil {
		s.Line = n.Line
	}
	return append(out, s)
}

func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

func shown(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = shown(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if b, err := m.MarshalText(); err == nil {
			return string(b)
		}
	}
	return strings.TrimSpace(strings.ReplaceAll(fmt.Sprint(v.Interface()), "\n", " ")) // an armored key is lines
}
