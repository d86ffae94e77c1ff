package yaml

import (
	"encoding"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Decode fills the struct that dst points to from the document.
//
// A field takes the key of its `yaml:"key"` tag; `yaml:"key,required"` must stand in
// the file and not be empty; a field without a tag is not touched. Known are structs,
// slices, strings, booleans (true and false only), integers, pointers to these and
// what reads itself from text. Every error is an *Error.
func (d *Document) Decode(dst any) error {
	return d.decode(d.Root, reflect.ValueOf(dst).Elem(), "the file")
}

var (
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	nodeType = reflect.TypeFor[NodeUnmarshaler]()
)

// A NodeUnmarshaler reads itself from a node of any kind. Its error is an *Error.
type NodeUnmarshaler interface {
	UnmarshalNode(d *Document, n *Node) error
}

// decode fills v from n; what names the value in messages.
func (d *Document) decode(n *Node, v reflect.Value, what string) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return d.decode(n, v.Elem(), what)
	}
	if n.Kind == Null {
		return d.Errorf(n, "%s has no value", what).WithHint("give it a value or take the key out")
	}
	if v.Addr().Type().Implements(nodeType) {
		return v.Addr().Interface().(NodeUnmarshaler).UnmarshalNode(d, n)
	}
	if v.Addr().Type().Implements(textType) {
		if n.Kind != Scalar {
			return d.Errorf(n, "%s is %s where one value is expected", what, n.Kind)
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Text)); err != nil {
			return d.explain(n, what, err)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.decodeStruct(n, v, what)
	case reflect.Slice:
		if n.Kind != List {
			return d.Errorf(n, "%s is %s where a list is expected", what, n.Kind).WithHint("write [a, b], or one \"- item\" a line")
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items)))
		for i, item := range n.Items {
			if err := d.decode(item, v.Index(i), "an item of "+what); err != nil {
				return err
			}
		}
		return nil
	}
	if n.Kind != Scalar {
		return d.Errorf(n, "%s is %s where one value is expected", what, n.Kind)
	}
	switch v.Kind() {
	case reflect.String:
		if !n.IsText {
			return d.Errorf(n, "%s must be text, and YAML reads %s as something else", what, n.Text).WithHint("put it into quotes: %q", n.Text)
		}
		v.SetString(n.Text)
	case reflect.Bool:
		if n.IsText || n.Text != "true" && n.Text != "false" {
			return d.Errorf(n, "%s must be true or false, not %q", what, n.Text)
		}
		v.SetBool(n.Text == "true")
	case reflect.Int, reflect.Int64:
		bits := 32
		if v.Kind() == reflect.Int64 {
			bits = 64
		}
		i, err := strconv.ParseInt(n.Text, 10, bits)
		if n.IsText || err != nil || strconv.FormatInt(i, 10) != n.Text {
			return d.Errorf(n, "%s must be a whole number, not %q", what, n.Text)
		}
		v.SetInt(i)
	default:
		return d.Errorf(n, "%s can not be read into a %s", what, v.Type())
	}
	return nil
}

// explain puts a place to an error of a text value.
func (d *Document) explain(n *Node, what string, err error) *Error {
	e := d.Errorf(n, "%s: %s", what, err.Error())
	var hinted *ValueError
	if errors.As(err, &hinted) {
		e.Hint = hinted.Hint
	}
	return e
}

// A ValueError is what UnmarshalText may return to say what would be right.
type ValueError struct{ Message, Hint string }

func (e *ValueError) Error() string { return e.Message }

func (d *Document) decodeStruct(n *Node, v reflect.Value, what string) error {
	if n.Kind != Map {
		return d.Errorf(n, "%s is %s where keys with values are expected", what, n.Kind)
	}
	fields, keys := taggedFields(v.Type())
	for _, f := range n.Fields {
		field, ok := fields[f.Key.Text]
		if !ok {
			e := d.Errorf(f.Key, "unknown key %q in %s", f.Key.Text, what)
			if near := nearest(f.Key.Text, keys); near != "" {
				return e.WithHint("did you mean %q?", near)
			}
			return e.WithHint("known keys: %s", strings.Join(keys, ", "))
		}
		if err := d.decode(f.Value, v.FieldByIndex(field.index), strconv.Quote(f.Key.Text)); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if field := fields[key]; field.required && empty(n.Get(key)) {
			return d.Errorf(n, "%s lacks %q", what, key)
		}
	}
	return nil
}

func empty(n *Node) bool {
	return n == nil || n.Kind == Scalar && strings.TrimSpace(n.Text) == "" || n.Kind == List && len(n.Items) == 0
}

type taggedField struct {
	index    []int
	required bool
}

// taggedFields lists the keys of a struct in the order of its fields.
func taggedFields(t reflect.Type) (map[string]taggedField, []string) {
	fields, keys := map[string]taggedField{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("yaml")
		if !ok {
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		fields[key] = taggedField{f.Index, options == "required"}
		keys = append(keys, key)
	}
	return fields, keys
}

// nearest is the key that a misspelt one most likely stands for, or "".
func nearest(word string, keys []string) string {
	if len(word) > 64 {
		return ""
	}
	best, at := "", 3
	for _, k := range keys {
		if n := distance(strings.ToLower(word), k); n < at && n < len(k) {
			best, at = k, n
		}
	}
	return best
}

// distance counts the edits between two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
