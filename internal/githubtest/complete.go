package githubtest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape gives v the form that GitHub's description has for it. What the description
// does not have is left out; what it requires and v lacks is there with the emptiest
// value that it allows, so that a client finds nothing where the test said nothing,
// and never something that happens to suit it.
func shape(s *openapi3.Schema, v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, err
	}
	return fit(s, plain), nil
}

func fit(s *openapi3.Schema, v any) any {
	if alternatives := slices.Concat(s.OneOf, s.AnyOf); len(alternatives) > 0 && len(s.Properties) == 0 {
		// The one that has all that v says, before one that would leave a part of it out.
		slices.SortStableFunc(alternatives, func(a, b *openapi3.SchemaRef) int { return len(unknown(a.Value, v, "")) - len(unknown(b.Value, v, "")) })
		for _, a := range alternatives {
			if !chosen(s, a, v) {
				continue
			}
			if fitted := fit(a.Value, v); a.Value.VisitJSON(fitted) == nil {
				return fitted
			}
		}
		return v // the validation says what is wrong with it
	}
	switch v := v.(type) {
	case []any:
		if s.Items == nil || s.Items.Value == nil {
			return v
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = fit(s.Items.Value, e)
		}
		return out
	case map[string]any:
		known, required := members(s)
		if len(known) == 0 {
			return v
		}
		open := s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has
		out := map[string]any{}
		for k, e := range v {
			switch p := known[k]; {
			case p != nil:
				out[k] = fit(p, e)
			case open:
				out[k] = e
			}
		}
		for _, k := range required {
			if _, ok := out[k]; !ok && known[k] != nil {
				out[k] = emptiest(known[k], 0)
			}
		}
		return out
	}
	return v
}

// chosen says whether v is of the alternative a, as far as it says itself.
func chosen(s *openapi3.Schema, a *openapi3.SchemaRef, v any) bool {
	o, isObject := v.(map[string]any)
	if s.Discriminator == nil || !isObject {
		return true
	}
	name, _ := o[s.Discriminator.PropertyName].(string)
	ref, mapped := s.Discriminator.Mapping[name]
	return !mapped || ref.Ref == a.Ref
}

// members are the properties of an object and the names of those that must be there.
func members(s *openapi3.Schema) (map[string]*openapi3.Schema, []string) {
	known := map[string]*openapi3.Schema{}
	for name, p := range s.Properties {
		known[name] = p.Value
	}
	required := slices.Clone(s.Required)
	for _, part := range s.AllOf {
		k, r := members(part.Value)
		for name, p := range k {
			known[name] = p
		}
		required = append(required, r...)
	}
	return known, required
}

// emptiest is the value that says the least.
func emptiest(s *openapi3.Schema, depth int) any {
	if depth > 20 {
		panic(fmt.Sprintf("githubtest: %v requires itself", s.Type))
	}
	switch alternatives := slices.Concat(s.OneOf, s.AnyOf); {
	case s.Nullable:
		return nil
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(alternatives) > 0 && len(s.Properties) == 0:
		return emptiest(alternatives[0].Value, depth+1)
	}
	switch {
	case s.Type.Is("string"):
		switch s.Format {
		case "date-time":
			return "1970-01-01T00:00:00Z"
		case "uri", "url":
			return "https://github.invalid/"
		}
		return ""
	case s.Type.Is("integer"), s.Type.Is("number"):
		if s.Min != nil {
			return *s.Min
		}
		return 0.0
	case s.Type.Is("boolean"):
		return false
	case s.Type.Is("array"):
		return []any{}
	}
	known, required := members(s)
	out := map[string]any{}
	for _, k := range required {
		if known[k] != nil {
			out[k] = emptiest(known[k], depth+1)
		}
	}
	return out
}

// unknown lists the fields of a document that a schema does not have, as paths.
// GitHub would ignore them: whoever sends one believes that it does something.
func unknown(s *openapi3.Schema, v any, at string) []string {
	var found []string
	switch v := v.(type) {
	case []any:
		if s.Items != nil {
			for i, e := range v {
				found = append(found, unknown(s.Items.Value, e, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case map[string]any:
		known := every(s)
		if len(known) == 0 || s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Has != nil && *s.AdditionalProperties.Has && len(s.OneOf)+len(s.AnyOf) == 0 {
			return nil // free form
		}
		for k, e := range v {
			if known[k] == nil {
				found = append(found, at+"."+k)
				continue
			}
			var least []string
			for i, p := range known[k] { // the alternative that knows the most
				if u := unknown(p, e, at+"."+k); i == 0 || len(u) < len(least) {
					least = u
				}
			}
			found = append(found, least...)
		}
	}
	slices.Sort(found)
	return found
}

// every is each property that any alternative has, with its schemas.
func every(s *openapi3.Schema) map[string][]*openapi3.Schema {
	known := map[string][]*openapi3.Schema{}
	for name, p := range s.Properties {
		known[name] = append(known[name], p.Value)
	}
	for _, part := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		for name, p := range every(part.Value) {
			known[name] = append(known[name], p...)
		}
	}
	return known
}
