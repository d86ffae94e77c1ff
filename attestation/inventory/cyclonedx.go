package inventory

import "fmt"

// CycloneDX is the inventory as a CycloneDX 1.6 ML-BOM: a machine-learning-model for
// every system, with a model card. What the format has a place for stands there; and
// every field of the file, whatever its key, is a property, so that none is lost.
func CycloneDX(text []byte, by Maker) ([]byte, error) {
	inv, err := Parse(text)
	if err != nil {
		return nil, err
	}
	doc := cdxDocument{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6",
		Serial: "urn:uuid:" + id5(text), Version: 1,
		Metadata: cdxMetadata{
			Timestamp:  instantOf(inv.Text("date")),
			Tools:      cdxTools{[]cdxComponent{{Type: "application", Name: by.Name, Version: by.Version}}},
			Properties: cdxProperties(inv.Fields),
		},
		Components: []cdxComponent{},
	}
	for i := range inv.Systems {
		doc.Components = append(doc.Components, inv.Systems[i].cycloneDX(i))
	}
	return write(doc)
}

func (s *System) cycloneDX(i int) cdxComponent {
	c := cdxComponent{
		Type: "machine-learning-model", Ref: fmt.Sprintf("system-%d", i+1), Name: s.Name(), Version: s.Text("version"),
		Properties: cdxProperties(s.Fields),
	}
	if owner := s.Text("owner"); !blank(owner) {
		c.Supplier = &cdxEntity{owner}
	}
	card := &cdxModelCard{}
	if model := s.Text("model"); model != "" {
		card.parameters().Architecture = model
	}
	for _, from := range s.list("training_data_source") {
		d := cdxData{Type: "dataset", Name: from}
		if isLink(from) {
			d.Contents = &cdxContents{from}
		}
		card.parameters().Datasets = append(card.parameters().Datasets, d)
	}
	for _, p := range s.pairs("evaluation_metrics") {
		if card.Analysis == nil {
			card.Analysis = &cdxAnalysis{}
		}
		card.Analysis.Metrics = append(card.Analysis.Metrics, cdxMetric{p[0], p[1]})
	}
	if risk := s.Text("risk_classification"); risk != "" {
		card.considerations().Ethical = append(card.considerations().Ethical, cdxRisk{"risk classification: " + risk, s.Text("incident_plan")})
	}
	if how := s.Text("prompt_personal_data"); how != "" {
		card.considerations().Ethical = append(card.considerations().Ethical, cdxRisk{"personal data in prompts", how})
	}
	if day := s.Text("last_bias_test"); day != "" {
		card.considerations().Fairness = []cdxFairness{{"last bias test: " + day}}
	}
	c.Card = card
	// The rest are properties alone: 1.6 has no field for a deployment, for drift, or
	// for what proves a hosted model's identity.
	for _, key := range []string{"evaluation_metrics", "hyperparameters", "training_data_source", "incident_plan", "integrity_evidence", "prompt_personal_data", "drift_monitoring"} {
		for _, text := range s.list(key) {
			if isLink(text) {
				c.References = append(c.References, cdxReference{cdxReferenceTypes[key], text, key})
			}
		}
	}
	return c
}

// cdxReferenceTypes are types of external references that say what a link is.
var cdxReferenceTypes = map[string]string{
	"evaluation_metrics": "quality-metrics", "hyperparameters": "configuration", "training_data_source": "documentation",
	"incident_plan": "documentation", "integrity_evidence": "attestation", "prompt_personal_data": "documentation", "drift_monitoring": "documentation",
}

func cdxProperties(fields []Field) []cdxProperty {
	var out []cdxProperty
	for _, f := range fields {
		out = append(out, cdxProperty{prefix + f.Key, f.Text})
	}
	return out
}

// What of CycloneDX 1.6 is written, in the order of its schema.
type (
	cdxDocument struct {
		Schema     string         `json:"$schema"`
		Format     string         `json:"bomFormat"`
		Spec       string         `json:"specVersion"`
		Serial     string         `json:"serialNumber"`
		Version    int            `json:"version"`
		Metadata   cdxMetadata    `json:"metadata"`
		Components []cdxComponent `json:"components"`
	}
	cdxMetadata struct {
		Timestamp  string        `json:"timestamp,omitempty"`
		Tools      cdxTools      `json:"tools"`
		Properties []cdxProperty `json:"properties,omitempty"`
	}
	cdxTools struct {
		Components []cdxComponent `json:"components"`
	}
	cdxComponent struct {
		Type       string         `json:"type"`
		Ref        string         `json:"bom-ref,omitempty"`
		Supplier   *cdxEntity     `json:"supplier,omitempty"`
		Name       string         `json:"name"`
		Version    string         `json:"version,omitempty"`
		References []cdxReference `json:"externalReferences,omitempty"`
		Card       *cdxModelCard  `json:"modelCard,omitempty"`
		Properties []cdxProperty  `json:"properties,omitempty"`
	}
	cdxEntity struct {
		Name string `json:"name"`
	}
	cdxReference struct {
		Type    string `json:"type"`
		URL     string `json:"url"`
		Comment string `json:"comment"`
	}
	cdxModelCard struct {
		Parameters     *cdxParameters     `json:"modelParameters,omitempty"`
		Analysis       *cdxAnalysis       `json:"quantitativeAnalysis,omitempty"`
		Considerations *cdxConsiderations `json:"considerations,omitempty"`
	}
	cdxParameters struct {
		Architecture string    `json:"modelArchitecture,omitempty"`
		Datasets     []cdxData `json:"datasets,omitempty"`
	}
	cdxData struct {
		Type     string       `json:"type"`
		Name     string       `json:"name"`
		Contents *cdxContents `json:"contents,omitempty"`
	}
	cdxContents struct {
		URL string `json:"url"`
	}
	cdxAnalysis struct {
		Metrics []cdxMetric `json:"performanceMetrics"`
	}
	cdxMetric struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	cdxConsiderations struct {
		Ethical  []cdxRisk     `json:"ethicalConsiderations,omitempty"`
		Fairness []cdxFairness `json:"fairnessAssessments,omitempty"`
	}
	cdxRisk struct {
		Name     string `json:"name"`
		Strategy string `json:"mitigationStrategy,omitempty"`
	}
	cdxFairness struct {
		Strategy string `json:"mitigationStrategy"`
	}
	cdxProperty struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

func (c *cdxModelCard) parameters() *cdxParameters {
	if c.Parameters == nil {
		c.Parameters = &cdxParameters{}
	}
	return c.Parameters
}

func (c *cdxModelCard) considerations() *cdxConsiderations {
	if c.Considerations == nil {
		c.Considerations = &cdxConsiderations{}
	}
	return c.Considerations
}
