package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/report"
)

// OSCALVersion is the edition of the form: the one that tools accept.
const OSCALVersion = "1.1.2"

// The parts of OSCAL's assessment results that a pack fills.
type (
	oscalDocument struct {
		Results oscalRoot `json:"assessment-results"`
	}
	oscalRoot struct {
		UUID       string          `json:"uuid"`
		Metadata   oscalMetadata   `json:"metadata"`
		ImportAP   oscalLink       `json:"import-ap"`
		Results    []oscalResult   `json:"results"`
		BackMatter oscalBackMatter `json:"back-matter"`
	}
	oscalMetadata struct {
		Title        string      `json:"title"`
		LastModified string      `json:"last-modified"`
		Version      string      `json:"version"`
		OSCALVersion string      `json:"oscal-version"`
		Props        []oscalProp `json:"props"`
		Remarks      string      `json:"remarks"`
	}
	oscalProp struct {
		Name    string `json:"name"`
		NS      string `json:"ns"`
		Value   string `json:"value"`
		Class   string `json:"class,omitempty"`
		Remarks string `json:"remarks,omitempty"`
	}
	oscalLink struct {
		Href string `json:"href"`
	}
	oscalResult struct {
		UUID         string             `json:"uuid"`
		Title        string             `json:"title"`
		Description  string             `json:"description"`
		Start        string             `json:"start"`
		End          string             `json:"end"`
		Props        []oscalProp        `json:"props"`
		Reviewed     oscalReviewed      `json:"reviewed-controls"`
		Observations []oscalObservation `json:"observations,omitempty"`
		Findings     []oscalFinding     `json:"findings,omitempty"`
		Remarks      string             `json:"remarks,omitempty"`
	}
	oscalReviewed struct {
		Selections []oscalSelection `json:"control-selections"`
	}
	oscalSelection struct {
		Description string         `json:"description"`
		All         *struct{}      `json:"include-all,omitempty"`
		Controls    []oscalControl `json:"include-controls,omitempty"`
	}
	oscalControl struct {
		ID string `json:"control-id"`
	}
	oscalObservation struct {
		UUID        string          `json:"uuid"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Props       []oscalProp     `json:"props,omitempty"`
		Methods     []string        `json:"methods"`
		Evidence    []oscalEvidence `json:"relevant-evidence"`
		Collected   string          `json:"collected"`
		Remarks     string          `json:"remarks,omitempty"`
	}
	oscalEvidence struct {
		Href        string `json:"href"`
		Description string `json:"description"`
	}
	oscalFinding struct {
		UUID        string         `json:"uuid"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Props       []oscalProp    `json:"props,omitempty"`
		Target      oscalTarget    `json:"target"`
		Related     []oscalRelated `json:"related-observations"`
	}
	oscalTarget struct {
		Type   string      `json:"type"`
		ID     string      `json:"target-id"`
		Title  string      `json:"title"`
		Status oscalStatus `json:"status"`
	}
	oscalStatus struct {
		State   string `json:"state"`
		Reason  string `json:"reason"`
		Remarks string `json:"remarks,omitempty"`
	}
	oscalRelated struct {
		UUID string `json:"observation-uuid"`
	}
	oscalBackMatter struct {
		Resources []oscalResource `json:"resources"`
	}
	oscalResource struct {
		UUID        string       `json:"uuid"`
		Title       string       `json:"title"`
		Description string       `json:"description"`
		Links       []oscalRLink `json:"rlinks,omitempty"`
	}
	oscalRLink struct {
		Href   string      `json:"href"`
		Hashes []oscalHash `json:"hashes"`
	}
	oscalHash struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"value"`
	}
)

// oscalNS is the namespace of our own names in OSCAL.
const oscalNS = "urn:custody:oscal"

// maxPlaces is how many findings the text of an observation names; the pack has all.
const maxPlaces = 20

// NewOSCAL writes the pack as OSCAL assessment results, with one finding for each rule and
// requirement that was met, excepted or not met. OSCAL knows two states and no third: what
// was not assessed has an observation that says so and no finding, and so has no state.
// Ids follow from what was judged, so an import of the same pack changes nothing.
func NewOSCAL(p *report.VerifiedPack) any {
	d := p.Says
	id := func(parts ...string) string { return newID(append([]string{p.VerdictDigest}, parts...)...) }
	plan, source := id("plan"), id("pack")
	r := oscalResult{
		UUID:        id("result"),
		Title:       oscalLine(fmt.Sprintf("Change %s..%s at stage %s: %s", d.Inputs.Base.Short(), d.Inputs.Head.Short(), d.Stage, d.Decision)),
		Description: "What a review of this one change found. It is evidence about the change, not an assessment of the system that it is part of.",
		Start:       instant(p), End: instant(p),
		Props: []oscalProp{
			oscalValue("decision", d.Decision), oscalValue("stage", d.Stage),
			oscalValue("base", d.Inputs.Base.String()), oscalValue("head", d.Inputs.Head.String()),
		},
		Reviewed: oscalReviewed{[]oscalSelection{reviewed(d)}},
	}
	origin := origins(d.Checks)
	for i, c := range d.Checks {
		if c.Outcome == finding.NotApplicable {
			continue
		}
		o := observe(p, c, id(append([]string{"observation", c.Kind, c.ID}, origin[i]...)...), source, origin[i])
		r.Observations = append(r.Observations, o)
		if c.Outcome == finding.NotAssessed || c.Kind == finding.Notice {
			continue
		}
		r.Findings = append(r.Findings, oscalFinding{
			UUID: id(append([]string{"finding", c.Kind, c.ID}, origin[i]...)...), Title: oscalLine(c.Name), Description: o.Description, Props: controlsOf(c, d),
			Target:  oscalTarget{Type: "objective-id", ID: oscalToken(strings.Join(append([]string{c.Kind + "-" + c.ID}, origin[i]...), " ")), Title: oscalLine(c.Name), Status: statusOf(c, d.Inputs.Waivers)},
			Related: []oscalRelated{{o.UUID}},
		})
	}
	if lacks := lacking(d); lacks != "" {
		r.Remarks = lacks
	}
	return oscalDocument{oscalRoot{
		UUID: id("document"),
		Metadata: oscalMetadata{
			Title: "Review of one change", LastModified: instant(p), Version: oscalLine(d.ID), OSCALVersion: OSCALVersion,
			Props:   []oscalProp{oscalValue("pack", p.Digest), oscalValue("verdict", p.VerdictDigest), oscalValue("signer", p.Signer)},
			Remarks: "Times are the day of the review: a pack knows no hour.",
		},
		ImportAP: oscalLink{"#" + plan},
		Results:  []oscalResult{r},
		BackMatter: oscalBackMatter{[]oscalResource{
			{UUID: plan, Title: "Assessment plan", Description: "The policy and requirements at the base of the change, by digest: " + digests(d) + "."},
			{UUID: source, Title: "Audit pack", Description: "The signed pack that this document was written from: custody verify checks it.",
				Links: []oscalRLink{{Href: packURI(p), Hashes: []oscalHash{{"SHA-256", sha256Of(p.Digest)}}}}},
		}},
	}}
}

// origins are the files of the checks that have their id in common with others: the floor's
// requirements and the repository's may have one. For all else it is the id that tells.
func origins(checks []finding.Check) [][]string {
	count := map[[2]string]int{}
	for _, c := range checks {
		count[[2]string{c.Kind, c.ID}]++
	}
	all := make([][]string, len(checks))
	for i, c := range checks {
		if count[[2]string{c.Kind, c.ID}] > 1 {
			all[i] = []string{c.Origin}
		}
	}
	return all
}

// observe says how a check came out, and names the first of its findings.
func observe(p *report.VerifiedPack, c finding.Check, id, source string, origin []string) oscalObservation {
	o := oscalObservation{
		UUID: id, Title: oscalLine(c.Name), Methods: []string{"TEST"}, Collected: instant(p),
		Evidence: []oscalEvidence{{"#" + source, oscalLine("pack.json, check " + strings.Join(append([]string{c.ID}, origin...), " of "))}},
		Props:    []oscalProp{oscalValue("check", c.ID), oscalValue("outcome", c.Outcome.String()), oscalValue("level", c.Level.String())},
	}
	var text []string
	for _, reason := range c.Reasons[:min(len(c.Reasons), maxPlaces)] {
		text = append(text, strings.TrimSpace(reason.Path+" "+reason.Detail))
	}
	for _, f := range c.Found[:min(len(c.Found), maxPlaces)] {
		line := f.Message
		if at := f.Place.String(); at != "" {
			line = at + ": " + line
		}
		if f.WaivedBy != "" {
			line += " (" + f.ExceptedBy(p.Says.Inputs.Waivers...) + ")"
		}
		text = append(text, line)
	}
	if n := len(c.Found) - maxPlaces; n > 0 {
		text = append(text, fmt.Sprintf("And %d more in the pack.", n))
	}
	if len(text) == 0 {
		text = []string{"The check came out as " + c.Outcome.String() + "."}
	}
	for i := range text {
		text[i] = oscalText(text[i])
	}
	o.Description = strings.Join(text, "\n")
	return o
}

func statusOf(c finding.Check, waivers []string) oscalStatus {
	switch c.Outcome {
	case finding.Satisfied:
		return oscalStatus{State: "satisfied", Reason: "pass"}
	case finding.Excepted:
		return oscalStatus{State: "not-satisfied", Reason: "other", Remarks: exceptedBy(c.Exceptions(waivers...))}
	}
	return oscalStatus{State: "not-satisfied", Reason: "fail"}
}

// exceptedBy says why a check that is not met does not stand in the way.
func exceptedBy(all []finding.Exception) string {
	if slices.Equal(all, []finding.Exception{finding.Emergency}) {
		return "An emergency puts it off: it is still due."
	}
	return "All of it is covered by " + finding.AnyOf(all) + "."
}

// controlsOf names the controls that a check maps to. A check that is met is evidence
// for them, which is less than a control that is met; and a part of it, where the pack
// lacks the rest of what the control asks for.
func controlsOf(c finding.Check, d *report.Document) []oscalProp {
	var props []oscalProp
	for _, m := range c.Maps {
		p := oscalValue("control", m.Framework+" "+m.ID)
		switch shown := slices.ContainsFunc(d.Controls, func(s control.Shown) bool {
			return s.Framework == m.Framework && s.ID == m.ID && s.Status == control.EvidenceShown
		}); {
		case c.Outcome != finding.Satisfied:
			p.Class = "none"
			p.Remarks = "It is evidence for no control, since it is not met."
		case !shown:
			p.Class = "part"
			p.Remarks = "It is a part of what is evidence for the control: the pack does not show all of it."
		case m.Relation != "":
			p.Class = oscalToken(m.Relation)
		}
		props = append(props, p)
	}
	return props
}

// reviewed selects the controls for which the review looked for evidence.
func reviewed(d *report.Document) oscalSelection {
	s := oscalSelection{Description: "Controls for which the review looked for evidence, of the frameworks in scope."}
	for _, c := range d.Controls {
		if c.Status == "evidence" || c.Status == "no-evidence" {
			s.Controls = append(s.Controls, oscalControl{oscalToken(c.Framework + "." + c.ID)})
		}
	}
	slices.SortFunc(s.Controls, func(a, b oscalControl) int { return strings.Compare(a.ID, b.ID) })
	s.Controls = slices.Compact(s.Controls)
	if len(s.Controls) == 0 {
		s.Description, s.All = "No control of a framework asked for evidence: the review was held against the policy's own rules, all of them.", &struct{}{}
		if _, ok := d.Inputs.Files["policy"]; !ok && !slices.ContainsFunc(d.Checks, func(c finding.Check) bool { return c.Kind == finding.Rule }) {
			s.Description = "No policy stood at the base of the change: no rule was asked, and nothing was held against any."
		}
	}
	return s
}

// lacking names the checks without an answer.
func lacking(d *report.Document) string {
	var ids []string
	total := 0
	for _, c := range d.Checks {
		if c.Outcome != finding.NotAssessed {
			continue
		}
		if total++; total <= maxPlaces {
			ids = append(ids, oscalText(c.ID))
		}
	}
	switch {
	case total == 0:
		return ""
	case total > maxPlaces:
		ids = append(ids, fmt.Sprintf("and %d more", total-maxPlaces))
	}
	return "Not assessed, so without a finding: " + strings.Join(ids, ", ") + "."
}

func digests(d *report.Document) string {
	var all []string
	for _, name := range []string{"floor", "policy", "requirements", "control_matrix"} {
		if digest, ok := d.Inputs.Files[name]; ok {
			all = append(all, name+" "+string(digest))
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func oscalValue(name, value string) oscalProp {
	return oscalProp{Name: name, NS: oscalNS, Value: oscalLine(value)}
}

// oscalLine is text for a place that takes one line and may not be empty.
func oscalLine(s string) string {
	s = strings.Join(strings.Fields(oscalText(s)), " ")
	if s == "" {
		return "none"
	}
	return s
}

// oscalText is text of a change as it may stand in OSCAL's Markdown: every character can
// be seen, and none begins a link, an image, code or a tag.
func oscalText(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar || !unicode.IsPrint(r), i == 0 && strings.HasPrefix(s, "    "): // which begins code
			fmt.Fprintf(&b, "(U+%04X)", r)
		case strings.ContainsRune("\\[]<>`*~", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// oscalToken is an XML name without colon, which is what ids are in OSCAL. Different ids
// stay different: an underscore is doubled, and what may not stand in a token is an
// underscore and six hex digits.
func oscalToken(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z', i > 0 && ('0' <= r && r <= '9' || r == '-' || r == '.'):
			b.WriteRune(r)
		case r == '_':
			b.WriteString("__")
		default:
			fmt.Fprintf(&b, "_%06x", r)
		}
	}
	return b.String()
}
