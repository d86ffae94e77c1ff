package schema_test

import (
	"encoding"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"custody/internal/control"
	"custody/internal/git"
)

// filled is a value of the contract's type in which nothing is empty.
func filled(t *testing.T, c contract) reflect.Value {
	t.Helper()
	v := reflect.New(c.typ).Elem()
	filler{t: t, source: sources{}}.fill(v, "")
	return v
}

// texts are values for fields and types that do not take any text.
var texts = map[string]string{
	"review.Inputs.Day":     "2026-11-23",
	"review.Verdict.ID":     "8c5a3f10-1b1e-5c0d-9a57-0123456789ab",
	"review.Digest":         "sha256:" + strings.Repeat("0a", 32),
	"attestation.Strength":  "A",
	"config.Account":        "github.com:1042",
	"config.Email":          "ann@example.org",
	"config.Label":          "risky",
	"config.OwnerName":      "@acme/payments",
	"config.Pattern":        "[A-Z]+-[0-9]+",
	"config.TeamName":       "acme/security",
	"config.Day":            "2026-12-31",
	"config.Glob":           "src/**",
	"config.ID":             "SEC-001",
	"config.ControlID":      "CHG-3",
	"config.EvidenceType":   "record",
	"config.Relation":       "direct",
	"config.Matrix.Version": "1",
	"config.RepoPath":       "policy/requirements.yaml",
	"control.Language":      "python",
	"control.formatVersion": "2.0",
	"config.Policy.Version": "1",
	"example.File.Version":  "1",
}

type filler struct {
	t      *testing.T
	source sources
	nested bool // in a check that holds checks
}

// fill sets v, which stands in the field of that name, and everything in it.
func (f filler) fill(v reflect.Value, field string) {
	t := f.t
	t.Helper()
	if v.Type() == reflect.TypeFor[git.OID]() {
		id, err := git.ParseOID(strings.Repeat("0123abcd", 5))
		if err != nil {
			t.Fatal(err)
		}
		v.Set(reflect.ValueOf(id))
		return
	}
	if _, ok := v.Interface().(control.Values); ok {
		v.Set(reflect.ValueOf(control.Values{{Name: "days", Value: "90"}}))
		return
	}
	if within := v.Kind() == reflect.Slice && (field == "control.Check.All" || field == "control.Check.Any"); within && f.nested {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0)) // a check may hold checks
		return
	} else if within {
		f.nested = true
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text(v.Type(), field))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
		if text := texts[field]; text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			v.SetInt(int64(n))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), field)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0), field)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key, field)
		f.fill(value, field)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			sf := v.Type().Field(i)
			if !sf.IsExported() {
				continue
			}
			f.fill(v.Field(i), defName(v.Type())+"."+sf.Name)
			if id := idOf(v.Type()); id != "" && sf.Name == "Schema" {
				v.Field(i).SetString(id)
			}
		}
	default:
		t.Fatalf("no sample for %s", v.Type())
	}
}

// text is something that the field takes.
func (f filler) text(typ reflect.Type, field string) string {
	f.t.Helper()
	if text := texts[field]; text != "" {
		return text
	}
	if typ.PkgPath() == "" {
		return "text"
	}
	if text := texts[defName(typ)]; text != "" {
		return text
	}
	if known := scalars[defName(typ)].Enum; len(known) > 0 {
		return known[0]
	}
	doc, err := f.source.of(typ)
	if err != nil || len(doc.values) == 0 {
		f.t.Fatalf("no text for a %s: %v", typ, err)
	}
	return doc.values[0]
}

// plain is v as the maps, lists, texts and numbers that its YAML file would hold.
func (c contract) plain(v reflect.Value) any {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok && v.Kind() != reflect.Pointer {
		return m
	}
	if values, ok := v.Interface().(control.Values); ok {
		object := map[string]any{}
		for _, p := range values {
			object[p.Name] = p.Value
		}
		return object
	}
	switch v.Kind() {
	case reflect.Pointer:
		return c.plain(v.Elem())
	case reflect.Slice:
		items := []any{}
		for i := range v.Len() {
			items = append(items, c.plain(v.Index(i)))
		}
		return items
	case reflect.Struct:
		object := map[string]any{}
		for i := range v.NumField() {
			if key := c.key(v.Type().Field(i)); key != "" {
				object[key] = c.plain(v.Field(i))
			}
		}
		return object
	}
	return v.Interface()
}

// A place is one value of a document.
type place struct {
	at       string
	typ      reflect.Type // no pointer
	nullable bool
	value    any
	set      func(any) // puts another value there
}

// places lists every value below doc, and doc itself, which can not be set.
func (c contract) places(typ reflect.Type, doc any) []place {
	var found []place
	var add func(place)
	add = func(p place) {
		if p.typ.Kind() == reflect.Pointer {
			p.typ = p.typ.Elem()
		}
		found = append(found, p)
		if p.typ == reflect.TypeFor[control.Values]() {
			return
		}
		switch v := p.value.(type) {
		case map[string]any:
			for key := range v {
				var inner reflect.Type
				nullable := false
				if p.typ.Kind() == reflect.Map {
					inner = p.typ.Elem()
				} else {
					inner = c.field(p.typ, key).Type
					nullable = inner.Kind() == reflect.Pointer && c.keys(p.typ)[key] && !c.yaml
				}
				add(place{p.at + "." + key, inner, nullable, v[key], func(changed any) { v[key] = changed }})
			}
		case []any:
			for i := range v {
				add(place{p.at + "[]", p.typ.Elem(), false, v[i], func(changed any) { v[i] = changed }})
			}
		}
	}
	add(place{at: "$", typ: typ, value: doc})
	return found
}

// wrong are values of every JSON type but the place's own.
func (p place) wrong() []any {
	values := []any{json.Number("0.5"), "nonsense", map[string]any{"a": true}, []any{map[string]any{}}, true}
	values = slices.DeleteFunc(values, func(v any) bool { return reflect.TypeOf(v) == reflect.TypeOf(p.value) && v != json.Number("0.5") })
	if !p.nullable {
		values = append(values, nil)
	}
	if _, isText := p.value.(string); isText && narrow(p.typ) {
		values = append(values, "nonsense")
	}
	return values
}

// narrow says whether a type takes only some texts, and "nonsense" is none of them.
func narrow(t reflect.Type) bool {
	pattern := scalars[defName(t)].Pattern
	return t.PkgPath() != "" && (pattern == "" || !regexp.MustCompile(pattern).MatchString("nonsense"))
}

func (c contract) field(typ reflect.Type, key string) reflect.StructField {
	for i := range typ.NumField() {
		if c.key(typ.Field(i)) == key {
			return typ.Field(i)
		}
	}
	panic("no field for " + key + " in " + typ.String())
}

// key is what the field is called in the document; empty when it is not in it.
func (c contract) key(f reflect.StructField) string {
	if name, _ := c.tag(f); name != "-" {
		return name
	}
	return ""
}

// keys are those of an object of this type, each with whether it must be there.
func (c contract) keys(typ reflect.Type) map[string]bool {
	keys := map[string]bool{}
	for i := range typ.NumField() {
		if key := c.key(typ.Field(i)); key != "" {
			keys[key] = c.must(typ.Field(i))
		}
	}
	return keys
}
