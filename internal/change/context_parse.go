package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// MaxContext bounds a context document, in bytes.
const MaxContext = 32 << 20

// ParseContext reads a custody/context/v1 document. Fields that it does not know are
// left to newer readers; a document of another kind, with a value of a wrong type, or
// with a field that differs from a known one only by upper and lower case, is an error.
func ParseContext(doc []byte) (*Context, error) {
	if len(doc) > MaxContext {
		return nil, fmt.Errorf("it has %d bytes, over the limit of %d", len(doc), MaxContext)
	}
	var c Context
	if err := json.Unmarshal(doc, &c); err != nil {
		return nil, err
	}
	if c.Schema != ContextSchema {
		return nil, fmt.Errorf("its schema is %q instead of %q", c.Schema, ContextSchema)
	}
	var plain any
	if err := json.Unmarshal(doc, &plain); err != nil {
		return nil, err
	}
	if err := exactNames(plain, reflect.TypeFor[Context]()); err != nil {
		return nil, err
	}
	return &c, nil
}

// exactNames refuses what encoding/json lets through: "Reviews" for "reviews". Every
// other reader of the document would take that for a field it does not know, and see
// other facts than those that were judged.
func exactNames(v any, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for _, item := range v {
			if err := exactNames(item, t.Elem()); err != nil {
				return err
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil
		}
		fields := make(map[string]reflect.Type, t.NumField())
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			fields[name] = t.Field(i).Type
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if field, ok := fields[key]; ok {
				if err := exactNames(v[key], field); err != nil {
					return err
				}
				continue
			}
			for name := range fields {
				if strings.EqualFold(name, key) {
					return fmt.Errorf("the field %q is written %q", key, name)
				}
			}
		}
	}
	return nil
}
