package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/goccy/go-yaml"

	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/example"
)

// TestPeoplesFiles holds the schemas of the files that people write against what reads
// them: both take the example, and neither takes it without a key that must be there,
// or with one that nobody knows.
func TestPeoplesFiles(t *testing.T) {
	read := map[string]func([]byte) error{
		"custody/policy/v1":          func(text []byte) error { _, err := config.ParsePolicy("p.yaml", text); return err },
		"custody/control-matrix/v1":  func(text []byte) error { _, err := config.ParseMatrix("m.yaml", text); return err },
		"custody/policy-examples/v1": func(text []byte) error { _, err := example.Parse("e.yaml", text); return err },
		"custody/requirements/v2": func(text []byte) error {
			_, err := control.ParseRequirements("r.yaml", text)
			return err
		},
	}
	examples := map[string]string{"custody/policy/v1": "policy.yaml", "custody/control-matrix/v1": "control-matrix.yaml", "custody/requirements/v2": "requirements.yaml", "custody/policy-examples/v1": "policy-examples.yaml"}
	for _, c := range contracts {
		if !c.yaml {
			continue
		}
		t.Run(c.id, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", examples[c.id]))
			if err != nil {
				t.Fatal(err)
			}
			if err := read[c.id](text); err != nil {
				t.Errorf("the program refuses the example: %v", err)
			}
			asJSON, err := yaml.YAMLToJSON(text)
			if err != nil {
				t.Fatal(err)
			}
			var doc any
			if err := json.Unmarshal(asJSON, &doc); err != nil {
				t.Fatal(err)
			}
			s := compile(t, c.file())
			if err := s.Validate(doc); err != nil {
				t.Errorf("the schema refuses the example: %v", err)
			}
			refuse := func(at, how string) {
				t.Helper()
				text, err := json.Marshal(doc) // which is YAML
				if err != nil {
					t.Fatal(err)
				}
				if s.Validate(doc) == nil {
					t.Errorf("%s: %s: the schema accepts it", at, how)
				}
				if read[c.id](text) == nil {
					t.Errorf("%s: %s: the program accepts it", at, how)
				}
			}
			for _, p := range c.places(c.typ, doc) {
				object, ok := p.value.(map[string]any)
				if !ok || p.typ.Kind() != reflect.Struct {
					continue
				}
				object["a_key_of_tomorrow"] = true
				refuse(p.at, "with an unknown key")
				delete(object, "a_key_of_tomorrow")
				for key, must := range c.keys(p.typ) {
					if kept, ok := object[key]; ok && must {
						delete(object, key)
						refuse(p.at, "without "+key)
						object[key] = kept
					}
				}
			}
		})
	}
}
