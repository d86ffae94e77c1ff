// Package inventory reads, checks, drafts and exports ai_inventory.yaml, the file in
// which a team lists the AI systems in use: which model, whose risk, who answers for it.
//
// The file is a claim of people about things that git does not know. What can be held
// against it is what agents left in the commits: every one of them must be listed, with
// an owner and a risk class. The shape is the one that teams write already; keys that
// are not known here are kept, and no export loses one.
package inventory

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/config/yaml"
)

// Path is where the file is: at the root of the repository.
const Path = "ai_inventory.yaml"

// An Inventory is the file.
type Inventory struct {
	Fields  []Field // of the root, without systems
	Systems []System
}

// A System is one entry of "systems".
type System struct {
	Line   int
	Fields []Field
}

// A Field is one value of the file. What stands in a list or a mapping has a key of
// several parts: "hyperparameters.temperature", "models.0".
type Field struct {
	Key  string
	Text string // as written, without quotes; empty for null
	Line int
}

// MaxSystems bounds the entries of one file.
const MaxSystems = 2000

// Parse reads a file. The error says where it can not be read, or is of another shape.
func Parse(text []byte) (*Inventory, error) {
	doc, err := yaml.Parse(Path, text)
	if err != nil {
		return nil, err
	}
	in := &Inventory{}
	var systems *yaml.Node
	for _, f := range doc.Root.Fields {
		if f.Key.Text == "systems" {
			systems = f.Value
			continue
		}
		in.Fields = leaves(in.Fields, escapeKey(f.Key.Text), f.Value)
	}
	switch {
	case systems == nil:
		return nil, doc.Errorf(doc.Root, `the key "systems" is missing`)
	case systems.Kind == yaml.Null:
		return in, nil
	case systems.Kind != yaml.List:
		return nil, doc.Errorf(systems, `"systems" must be a list, not %s`, systems.Kind)
	case len(systems.Items) > MaxSystems:
		return nil, doc.Errorf(systems, "there are %d systems, more than the %d that are read", len(systems.Items), MaxSystems)
	}
	for _, n := range systems.Items {
		if n.Kind != yaml.Map {
			return nil, doc.Errorf(n, "a system must be a mapping of keys to values, not %s", n.Kind)
		}
		s := System{Line: n.Line}
		for _, f := range n.Fields {
			if k := keyOf(f.Key.Text); k != nil && k.scalar && f.Value.Kind != yaml.Scalar && f.Value.Kind != yaml.Null {
				return nil, doc.Errorf(f.Value, "%q must be one value, not %s", f.Key.Text, f.Value.Kind)
			}
			s.Fields = leaves(s.Fields, escapeKey(f.Key.Text), f.Value)
		}
		in.Systems = append(in.Systems, s)
	}
	return in, nil
}

// leaves flattens a value. An empty list or mapping is a value, too.
func leaves(to []Field, key string, n *yaml.Node) []Field {
	switch {
	case n.Kind == yaml.List && len(n.Items) > 0:
		for i, item := range n.Items {
			to = leaves(to, fmt.Sprintf("%s.%d", key, i), item)
		}
		return to
	case n.Kind == yaml.Map && len(n.Fields) > 0:
		for _, f := range n.Fields {
			to = leaves(to, key+"."+escapeKey(f.Key.Text), f.Value)
		}
		return to
	}
	return append(to, Field{key, n.Text, n.Line})
}

// escapeKey keeps the parts of a key apart.
func escapeKey(k string) string {
	return strings.NewReplacer(`\`, `\\`, ".", `\.`).Replace(k)
}

// Text is the value of a key, the parts of a list or mapping joined; empty without one.
func (s *System) Text(key string) string { return strings.Join(s.list(key), "; ") }

// list is the values of a key: one, those of a list, or "name: value" of a mapping.
func (s *System) list(key string) []string {
	var out []string
	for _, f := range s.Fields {
		if f.Key == key && f.Text != "" {
			out = append(out, f.Text)
		} else if rest, ok := strings.CutPrefix(f.Key, key+"."); ok && f.Text != "" {
			if strings.Trim(rest, "0123456789") == "" {
				out = append(out, f.Text)
			} else {
				out = append(out, rest+": "+f.Text)
			}
		}
	}
	return out
}

// has says whether a key stands there, whatever its value.
func (s *System) has(key string) bool {
	return slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Key == key || strings.HasPrefix(f.Key, key+".") })
}

// line is where a key stands, or the system if it has none.
func (s *System) line(key string) int {
	for _, f := range s.Fields {
		if f.Key == key || strings.HasPrefix(f.Key, key+".") {
			return f.Line
		}
	}
	return s.Line
}

// Name is how the system is called in findings.
func (s *System) Name() string {
	if name := s.Text("name"); name != "" {
		return oneLine(name)
	}
	return fmt.Sprintf("the system of line %d", s.Line)
}

// Text is the value of a key of the root.
func (in *Inventory) Text(key string) string {
	s := System{Fields: in.Fields}
	return s.Text(key)
}

// oneLine makes what a stranger wrote fit for a message.
func oneLine(s string) string {
	s = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s), "?")
	if r := []rune(s); len(r) > 80 {
		s = string(r[:79]) + "…"
	}
	return s
}
