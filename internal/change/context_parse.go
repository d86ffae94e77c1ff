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
// left to newer readers; a document of another kind, with a value of a wrong type, with
// a person whose id is no number, or with a field that differs from a known one only by
// upper and lower case, is an error.
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
	if err := ExactNames(doc, reflect.TypeFor[Context]()); err != nil {
		return nil, err
	}
	for _, p := range c.People() {
		if !IsAccountID(p.ID) {
			return nil, fmt.Errorf("reading the context: %.40q, the id of %.40q, is not the forge's number of the account: write its digits, or leave it out", p.ID, p.Login)
		}
	}
	return &c, nil
}

// People are everybody whom the context names.
func (c *Context) People() []*Person {
	var all []*Person
	add := func(people ...*Person) {
		for _, p := range people {
			if p != nil {
				all = append(all, p)
			}
		}
	}
	if c.Change != nil {
		add(c.Change.Author)
		if u := c.Change.Emergency; u != nil {
			add(u.By)
		}
		for _, p := range c.Change.Pushers {
			person := p.Person()
			add(&person)
		}
	}
	for i := range c.Commits {
		add(c.Commits[i].Author, c.Commits[i].Committer)
	}
	for i := range c.Reviews {
		add(&c.Reviews[i].Reviewer)
	}
	if c.Merge != nil {
		add(c.Merge.By)
	}
	for i := range c.Deployments {
		add(c.Deployments[i].By)
	}
	return all
}

// IsAccountID accepts a number in its one spelling, and nothing at all: ids tell people
// apart, so that "7", "07" and "7 " would be three.
func IsAccountID(id string) bool {
	return id == "" || strings.Trim(id, "0123456789") == "" && id[0] != '0'
}

// ExactNames refuses a document that encoding/json would read otherwise than as it is written.
func ExactNames(doc []byte, t reflect.Type) error {
	var plain any
	if err := json.Unmarshal(doc, &plain); err != nil {
		return err
	}
	return exactNames(plain, t)
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
		if t.Kind() == reflect.Map {
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if err := exactNames(v[key], t.Elem()); err != nil {
					return err
				}
			}
		}
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
