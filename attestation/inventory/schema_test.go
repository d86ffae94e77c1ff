package inventory

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const published = "../../docs/schema/ai-inventory-file.schema.json"

// The published schema has the keys that the program knows, and both take the same
// files for well formed.
func TestPublishedSchema(t *testing.T) {
	text, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs struct {
			System struct {
				Properties map[string]struct {
					Ref string `json:"$ref"`
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys {
		ref := "#/$defs/fact"
		if k.scalar {
			ref = "#/$defs/value"
		}
		if p, ok := doc.Defs.System.Properties[k.Name]; !ok || p.Ref != ref {
			t.Errorf("the schema has %q for %s, want %s", p.Ref, k.Name, ref)
		}
	}
	if n := len(doc.Defs.System.Properties); n != len(Keys) {
		t.Errorf("the schema has %d keys, the program %d", n, len(Keys))
	}
	s, err := jsonschema.NewCompiler().Compile(published)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{good, true}, {string(full(t)), true}, {string(Draft("x", on, []Agent{claude("a", "b")})), true},
		{"systems:\n", true}, {"systems: []\n", true}, {"version: 1.0\nsystems:\n  - {}\n", true}, {"systems:\n  - owner: 1\n    models: [a]\n    drift_monitoring: true\n", true},
		{"version: 1\n", false}, {"systems: 1\n", false}, {"systems: {a: b}\n", false}, {"systems: [x]\n", false}, {"systems:\n  - owner: [a]\n", false},
		{"systems:\n  - name: {a: b}\n", false}, {"- a\n", false}, {"systems:\n  -\n", false},
	} {
		asJSON, err := yaml.YAMLToJSON([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Validate(v) == nil; got != c.ok {
			t.Errorf("schema: %v for\n%s", got, c.text)
		}
		if _, err := Parse([]byte(c.text)); (err == nil) != c.ok {
			t.Errorf("program: %v for\n%s", err, c.text)
		}
	}
	if !slices.ContainsFunc(Keys, func(k Key) bool { return k.Must }) {
		t.Error("no key is of the form that teams write")
	}
}
