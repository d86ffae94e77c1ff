package control

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/control/cel"
)

// Values are prescribed values by name, in the order of the file.
type Values []Prescribed

// A Prescribed value.
type Prescribed struct {
	Name  string
	Value cel.Value // bool, int64, string or a list of one kind of them
}

type constants = Values

// maxPrescribed bounds the values of one list: each requirement knows those of the file.
const maxPrescribed = 200

// UnmarshalNode reads a mapping of names to values.
func (v *Values) UnmarshalNode(d *yaml.Document, n *yaml.Node) error {
	if n.Kind != yaml.Map {
		return d.Errorf(n, "\"values\" is %s where names with values are expected", n.Kind)
	}
	if len(n.Fields) > maxPrescribed {
		return d.Errorf(n, "%d values are prescribed, over the limit of %d", len(n.Fields), maxPrescribed)
	}
	for _, f := range n.Fields {
		var id config.ID
		if err := id.UnmarshalText([]byte(f.Key.Text)); err != nil || strings.ContainsAny(f.Key.Text, ".-") || f.Key.Text[0] >= '0' && f.Key.Text[0] <= '9' {
			return d.Errorf(f.Key, "%q is no name of a value", clip(f.Key.Text)).WithHint("use letters, digits and underscores, and no digit first")
		}
		value, err := prescribed(d, f.Value)
		if err != nil {
			return err
		}
		*v = append(*v, Prescribed{f.Key.Text, value})
	}
	return nil
}

func prescribed(d *yaml.Document, n *yaml.Node) (cel.Value, error) {
	if n.Kind == yaml.List {
		list := []cel.Value{}
		for _, item := range n.Items {
			v, err := prescribed(d, item)
			if err != nil {
				return nil, err
			}
			if _, nested := v.([]cel.Value); nested || len(list) > 0 && fmt.Sprintf("%T", v) != fmt.Sprintf("%T", list[0]) {
				return nil, d.Errorf(item, "a list of values holds texts, whole numbers or booleans, of one kind")
			}
			list = append(list, v)
		}
		if len(list) == 0 {
			return nil, d.Errorf(n, "an empty list prescribes nothing")
		}
		return list, nil
	}
	if n.Kind != yaml.Scalar {
		return nil, d.Errorf(n, "a value is %s where a text, a whole number, true or false is expected", n.Kind)
	}
	switch i, err := strconv.ParseInt(n.Text, 10, 64); {
	case n.IsText:
		return n.Text, nil
	case n.Text == "true", n.Text == "false":
		return n.Text == "true", nil
	case err == nil && strconv.FormatInt(i, 10) == n.Text:
		return i, nil
	}
	return nil, d.Errorf(n, "%q is no text, whole number, true or false", n.Text).WithHint("put a text into quotes: %q", n.Text)
}

// both names a value that stands in two lists.
func (v Values) both(w Values) string {
	for _, p := range v {
		if slices.ContainsFunc(w, func(q Prescribed) bool { return q.Name == p.Name }) {
			return p.Name
		}
	}
	return ""
}

// used are the requirement's own values and those of the file that its check names.
func (r *Requirement) used() (used Values) {
	named := map[string]bool{}
	if r.Check != nil {
		r.Check.names(named)
	}
	for _, v := range r.values {
		if _, own := r.Values.get(v.Name); own || named[v.Name] {
			used = append(used, v)
		}
	}
	return used
}

// inCondition finds the names of values in a condition.
var inCondition = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bvalues\.(\w+)`) })

// names collects the values that a check uses.
func (c *Check) names(into map[string]bool) {
	in := func(condition string) {
		for _, m := range inCondition().FindAllStringSubmatch(condition, -1) {
			into[m[1]] = true
		}
	}
	switch {
	case c.Text != nil:
		into[string(c.Text.Value)] = true
	case c.Data != nil:
		in(c.Data.CEL)
		in(c.Data.When)
	case c.Diff != nil:
		in(c.Diff.CEL)
	}
	for i := range c.All {
		c.All[i].names(into)
	}
	for i := range c.Any {
		c.Any[i].names(into)
	}
}

// get finds a value by its name.
func (v Values) get(name string) (cel.Value, bool) {
	i := slices.IndexFunc(v, func(p Prescribed) bool { return p.Name == name })
	if i < 0 {
		return nil, false
	}
	return v[i].Value, true
}

// record is the values as conditions see them, with their types.
func (v Values) record() *cel.Record {
	t := &cel.Type{Kind: cel.Object, Name: "values"}
	r := &cel.Record{Type: t, Known: map[string]cel.Value{}}
	for _, p := range v {
		t.Fields = append(t.Fields, cel.Field{Name: p.Name, Type: valueType(p.Value)})
		r.Known[p.Name] = p.Value
	}
	return r
}

func valueType(v cel.Value) *cel.Type {
	switch v := v.(type) {
	case bool:
		return cel.BoolType
	case int64:
		return cel.IntType
	case []cel.Value:
		return cel.ListOf(valueType(v[0]))
	}
	return cel.StringType
}

// shown is a value as people read it.
func shown(v cel.Value) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(clip(v))
	case []cel.Value:
		var parts []string
		for _, item := range v {
			parts = append(parts, shown(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}
