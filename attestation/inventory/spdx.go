package inventory

import (
	"encoding/json"
	"fmt"
)

// spdxContext is what makes the keys of an SPDX 3.0.1 document mean what they mean.
const spdxContext = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"

// spdxRisks give the classes of the EU AI Act their neighbours in SPDX's
// SafetyRiskAssessmentType; the words of the file stay in the annotation.
var spdxRisks = map[string]string{
	"minimal": "low", "low": "low", "limited": "medium", "medium": "medium", "high": "high", "serious": "serious", "unacceptable": "serious",
}

// SPDX is the inventory as an SPDX 3.0.1 document in JSON-LD: an AIPackage for every
// system, datasets that it was trained on, the owner as its supplier. Every field of the
// file, whatever its key, stands in an annotation, so that none is lost. on is the day of
// creation where the file names none.
//
// The document does not claim the AI profile: that asks for licences and download
// locations, of which an inventory knows nothing.
func SPDX(text []byte, by Maker, on string) ([]byte, error) {
	inv, err := Parse(text)
	if err != nil {
		return nil, err
	}
	g := &spdxGraph{base: "urn:custody:inventory:" + id5(text) + "#"}
	created := instantOf(inv.Text("date"))
	if created == "" {
		created = instantOf(on)
	}
	if created == "" {
		return nil, fmt.Errorf("exporting %s: %q is no day: write it as 2026-01-31", Path, on)
	}
	maker := g.base + "custody"
	g.nodes = append(g.nodes, map[string]any{
		"type": "CreationInfo", "@id": creation, "specVersion": "3.0.1", "created": created, "createdBy": []string{maker},
	})
	g.element("SoftwareAgent", "custody", map[string]any{"name": by.Name + " " + by.Version})
	var roots []string
	for i := range inv.Systems {
		roots = append(roots, g.system(&inv.Systems[i], i+1))
	}
	document := map[string]any{"name": Path, "profileConformance": []string{"core"}}
	if len(roots) > 0 {
		document["rootElement"] = roots
	}
	self := g.base + "document"
	g.annotate("document-fields", self, inv.Fields)
	document["element"] = append([]string{}, g.ids...)
	g.element("SpdxDocument", "document", document)
	return write(map[string]any{"@context": spdxContext, "@graph": g.nodes})
}

// creation is the one creation of all elements.
const creation = "_:creation"

type spdxGraph struct {
	base   string
	nodes  []map[string]any
	ids    []string
	owners map[string]string // name -> id
}

func (g *spdxGraph) element(kind, name string, fields map[string]any) string {
	id := g.base + name
	fields["type"], fields["spdxId"], fields["creationInfo"] = kind, id, creation
	g.nodes, g.ids = append(g.nodes, fields), append(g.ids, id)
	return id
}

func (g *spdxGraph) system(s *System, n int) string {
	own := fmt.Sprintf("system-%d", n)
	p := map[string]any{"name": s.Name(), "software_primaryPurpose": "model"}
	put := func(key, value string) {
		if value != "" {
			p[key] = value
		}
	}
	put("software_packageVersion", s.Text("version"))
	put("releaseTime", instantOf(s.Text("deployment_date")))
	put("ai_informationAboutTraining", s.Text("training_data_source"))
	put("ai_informationAboutApplication", s.Text("incident_plan"))
	put("ai_safetyRiskAssessment", spdxRisks[RiskOf(s.Text("risk_classification"))])
	if model := s.Text("model"); model != "" {
		p["ai_typeOfModel"] = []string{model}
	}
	for key, name := range map[string]string{"evaluation_metrics": "ai_metric", "hyperparameters": "ai_hyperparameter"} {
		var entries []map[string]string
		for _, pair := range s.pairs(key) {
			entries = append(entries, map[string]string{"type": "DictionaryEntry", "key": pair[0], "value": pair[1]})
		}
		if entries != nil {
			p[name] = entries
		}
	}
	if owner := s.Text("owner"); !blank(owner) {
		p["suppliedBy"] = g.owner(owner)
	}
	id := g.element("ai_AIPackage", own, p)
	for i, from := range s.list("training_data_source") {
		name := fmt.Sprintf("%s-dataset-%d", own, i+1)
		d := map[string]any{"name": from, "software_primaryPurpose": "data", "dataset_datasetType": []string{"noAssertion"}}
		if isLink(from) {
			d["software_downloadLocation"] = from
		}
		if v := s.Text("training_data_version"); v != "" {
			d["software_packageVersion"] = v
		}
		data := g.element("dataset_DatasetPackage", name, d)
		g.element("Relationship", fmt.Sprintf("%s-trained-%d", own, i+1), map[string]any{
			"relationshipType": "trainedOn", "from": id, "to": []string{data},
		})
	}
	g.annotate(own+"-fields", id, s.Fields)
	return id
}

// owner is one element for everything that it owns.
func (g *spdxGraph) owner(name string) string {
	if g.owners == nil {
		g.owners = map[string]string{}
	}
	if g.owners[name] == "" {
		g.owners[name] = g.element("Agent", fmt.Sprintf("owner-%d", len(g.owners)+1), map[string]any{"name": name})
	}
	return g.owners[name]
}

// annotate keeps the fields as they stand in the file.
func (g *spdxGraph) annotate(name, subject string, fields []Field) {
	all := map[string]string{}
	for _, f := range fields {
		all[prefix+f.Key] = f.Text
	}
	statement, _ := json.Marshal(all) // of strings: can not fail
	g.element("Annotation", name, map[string]any{
		"annotationType": "other", "subject": subject, "contentType": "application/json", "statement": string(statement),
	})
}
