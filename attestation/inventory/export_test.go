package inventory

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var maker = Maker{"custody", "1.2.3"}

func full(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// cdxSchema is the official one, as the Go module brings it.
func cdxSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "schema")
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for id, name := range map[string]string{
		"http://cyclonedx.org/schema/bom-1.6.schema.json":  "bom-1.6.schema.json",
		"http://cyclonedx.org/schema/spdx.schema.json":     "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json", // its name there
	} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func spdxSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/spdx-3.0.1.schema.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(z)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(lookahead)
	if err := c.AddResource("spdx.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("spdx.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lookahead reads the one pattern of SPDX's schema that Go's expressions can not say:
// that an IRI is no blank node.
func lookahead(pattern string) (jsonschema.Regexp, error) {
	rest, not := strings.CutPrefix(pattern, "^(?!_:)")
	if not {
		pattern = "^" + rest
	}
	re, err := regexp.Compile(pattern)
	return iri{re, not}, err
}

type iri struct {
	*regexp.Regexp
	not bool
}

func (r iri) MatchString(s string) bool {
	return !(r.not && strings.HasPrefix(s, "_:")) && r.Regexp.MatchString(s)
}

func valid(t *testing.T, s *jsonschema.Schema, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// wrote lists the fields of a file, each with the entry that it is in: 0 is the root.
func wrote(t testing.TB, text []byte) map[string]string {
	t.Helper()
	inv, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range inv.Fields {
		all["0 "+f.Key] = f.Text
	}
	for i, s := range inv.Systems {
		for _, f := range s.Fields {
			all[fmt.Sprint(i+1, " ", f.Key)] = f.Text
		}
	}
	return all
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if w, ok := got[k]; !ok || w != v {
			t.Errorf("%s: %q came back as %q", k, v, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d fields came back of %d", len(got), len(want))
	}
}

// fromCycloneDX reads an export with a library that is not ours.
func fromCycloneDX(t testing.TB, text []byte) map[string]string {
	t.Helper()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	take := func(i int, ps *[]cdx.Property) {
		if ps == nil {
			return
		}
		for _, p := range *ps {
			if key, ok := strings.CutPrefix(p.Name, prefix); ok {
				all[fmt.Sprint(i, " ", key)] = p.Value
			}
		}
	}
	take(0, bom.Metadata.Properties)
	for i, c := range *bom.Components {
		take(i+1, c.Properties)
	}
	return all
}

func fromSPDX(t testing.TB, text []byte) map[string]string {
	t.Helper()
	var doc struct {
		Graph []struct{ Type, Subject, Statement, SpdxID string } `json:"@graph"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, n := range doc.Graph {
		if n.Type != "Annotation" {
			continue
		}
		at := "0"
		if _, of, ok := strings.Cut(n.Subject, "#system-"); ok {
			at = of
		}
		var fields map[string]string
		if err := json.Unmarshal([]byte(n.Statement), &fields); err != nil {
			t.Fatal(err)
		}
		for k, v := range fields {
			all[at+" "+strings.TrimPrefix(k, prefix)] = v
		}
	}
	return all
}

func TestExports(t *testing.T) {
	cdxs, spdxs := cdxSchema(t), spdxSchema(t)
	for name, text := range map[string][]byte{
		"full":  full(t),
		"draft": Draft("shop", "2026-11-25", []Agent{newAgent("claude-code"), newAgent("unlisted")}),
		"empty": []byte("systems:\n"),
		"odd":   []byte("systems:\n  - {}\n  - name: \"\"\n    last_bias_test: [a, b]\n" + "    \"a.b\": 1\n    a:\n      b: 2\n    \"a\\\\\": 3\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "odd" {
				text = bytes.Replace(text, []byte("[a, b]"), []byte("x"), 1)
			}
			bom, err := CycloneDX(text, maker)
			if err != nil {
				t.Fatal(err)
			}
			valid(t, cdxs, bom)
			same(t, fromCycloneDX(t, bom), wrote(t, text))
			sp, err := SPDX(text, maker, "2026-11-25")
			if err != nil {
				t.Fatal(err)
			}
			valid(t, spdxs, sp)
			same(t, fromSPDX(t, sp), wrote(t, text))
			if again, _ := SPDX(text, maker, "2026-11-25"); !bytes.Equal(again, sp) {
				t.Error("another SPDX document the second time")
			}
			if again, _ := CycloneDX(text, maker); !bytes.Equal(again, bom) {
				t.Error("another BOM the second time")
			}
			elements(t, sp)
		})
	}
	// A check that can't fail is none.
	doc, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"model","name":"x"}]}`))
	if cdxs.Validate(doc) == nil {
		t.Error("the schema of CycloneDX accepts anything")
	}
	doc, _ = jsonschema.UnmarshalJSON(strings.NewReader(`{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"ai_AIPackage","spdxId":"urn:a:b","creationInfo":"_:c","ai_safetyRiskAssessment":"limited"}]}`))
	if spdxs.Validate(doc) == nil {
		t.Error("the schema of SPDX accepts anything")
	}
}

// elements: every id that an SPDX document refers to is that of one of its nodes, and
// the document lists them all.
func elements(t *testing.T, text []byte) {
	t.Helper()
	var doc struct {
		Graph []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, n := range doc.Graph {
		if id, ok := n["spdxId"].(string); ok {
			if ids[id] {
				t.Errorf("%s is there twice", id)
			}
			ids[id] = true
		}
	}
	refer := func(n map[string]any, key string) {
		var list []any
		switch v := n[key].(type) {
		case string:
			list = []any{v}
		case []any:
			list = v
		}
		for _, v := range list {
			if !ids[v.(string)] {
				t.Errorf("%s refers to %s, which is not there", key, v)
			}
		}
		if key == "element" && n["type"] == "SpdxDocument" && len(list) != len(ids)-1 {
			t.Errorf("the document lists %d of %d elements", len(list), len(ids)-1)
		}
	}
	for _, n := range doc.Graph {
		for _, key := range []string{"createdBy", "suppliedBy", "rootElement", "element", "from", "to", "subject"} {
			refer(n, key)
		}
	}
}

// What the formats have a place for stands in that place.
func TestExportPlaces(t *testing.T) {
	bom, err := CycloneDX(full(t), maker)
	if err != nil {
		t.Fatal(err)
	}
	var b cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(bom), cdx.BOMFileFormatJSON).Decode(&b); err != nil {
		t.Fatal(err)
	}
	c := (*b.Components)[0]
	card := c.ModelCard
	for what, ok := range map[string]bool{
		"type":     c.Type == cdx.ComponentTypeMachineLearningModel,
		"name":     c.Name == "Claude Code" && c.Version == "2.1",
		"owner":    c.Supplier.Name == "Platform team <platform@example.com>",
		"model":    card.ModelParameters.ModelArchitecture == "claude-opus-4.7",
		"dataset":  (*card.ModelParameters.Datasets)[0].ComponentData.Contents.URL == "https://example.com/claude/training",
		"metrics":  len(*card.QuantitativeAnalysis.PerformanceMetrics) == 2,
		"risk":     (*card.Considerations.EthicalConsiderations)[0].Name == "risk classification: limited",
		"bias":     strings.Contains((*card.Considerations.FairnessAssessments)[0].MitigationStrategy, "2026-09-15"),
		"incident": (*card.Considerations.EthicalConsiderations)[0].MitigationStrategy == "https://example.com/runbooks/wrong-answer",
		"time":     b.Metadata.Timestamp == "2026-11-01T00:00:00Z",
		"serial":   strings.HasPrefix(b.SerialNumber, "urn:uuid:") && b.SerialNumber[23] == '5',
	} {
		if !ok {
			t.Errorf("CycloneDX: %s is not where it belongs\n%s", what, bom)
		}
	}
	sp, err := SPDX(full(t), maker, "2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"ai_safetyRiskAssessment": "medium"`, `"ai_safetyRiskAssessment": "high"`, `"releaseTime": "2026-02-01T00:00:00Z"`, `"software_packageVersion": "2.1"`,
		`"relationshipType": "trainedOn"`, `"software_downloadLocation": "https://example.com/labels"`, `"key": "SWE-bench Verified"`, `"key": "max\\.tokens"`,
		`"created": "2026-11-01T00:00:00Z"`, `"ai_informationAboutApplication": "https://example.com/runbooks/wrong-answer"`,
	} {
		if !bytes.Contains(sp, []byte(want)) {
			t.Errorf("SPDX lacks %s", want)
		}
	}
	if n := bytes.Count(sp, []byte(`"type": "Agent"`)); n != 2 {
		t.Errorf("%d owners, want 2", n)
	}
}
